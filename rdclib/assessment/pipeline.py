"""What ends in the next 24 months, and when to start on its successor."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from rdclib.indicators.lead_times import ASSUMED, lead_times, slack

PIPELINE_MONTHS = 24
# Days of slack within which planning must begin at once.
START_NOW_DAYS = 90
TOO_LATE, START_NOW, PLAN = "too late to compete", "start now", "plan"


@dataclass(frozen=True)
class Pipeline:
    """Contracts that end in the 24 months after today, and when to start on their successors.

    Attributes
    ----------
    as_of : date
    rows : DataFrame
        One contract a row, the earliest start-by date first: ``contract_id``, ``title``, ``department``,
        ``vendor_name``, ``method``, ``amount``, ``end_date``, ``lead_days``, ``basis``, ``start_by``, ``slack_days``,
        ``state`` (too late to compete, start now, plan).
    lead_times : DataFrame
        Of `rdclib.indicators.lead_times.lead_times`.
    in_force : int
        Contracts in force today.
    without_start, without_end : int
        Of these, contracts whose start or whose end the register does not tell; an end to come says that one runs.
    amount : float
        Sum of the amounts that are known; nan without any.
    planning_days, transition_days : int
    note : str
        Why there is nothing to show.
    """

    as_of: date
    rows: pd.DataFrame
    lead_times: pd.DataFrame
    in_force: int
    without_start: int
    without_end: int
    amount: float
    planning_days: int
    transition_days: int
    note: str = ""

    @property
    def assumed(self):
        """Number of contracts whose lead time is assumed."""
        return int((self.rows["basis"] == ASSUMED).sum())

    def count(self, state):
        """Number of contracts in a state."""
        return int((self.rows["state"] == state).sum())

    def largest(self, n):
        """The rows of the ``n`` largest amounts, the earliest start-by date first."""
        return self.rows.sort_values("amount", ascending=False, kind="stable").head(n).sort_index()


def pipeline(frames):
    """Find the contracts that end within 24 months, and the day on which their successors must be started.

    Parameters
    ----------
    frames : rdclib.indicators.frames.Frames

    Returns
    -------
    Pipeline
    """
    c = frames.contracts
    last = frames.today + pd.DateOffset(months=PIPELINE_MONTHS)
    # An order ends with its master agreement's work; the agreement itself is what is bid again.
    in_force = c["in_force"] & ~c["counted_in_master"]
    ends = in_force & (c["last_day"] >= frames.today) & (c["last_day"] <= last)
    rows = pd.DataFrame(
        {
            "contract_id": c["contract_id"],
            "title": c["title"],
            "department": c["department"].astype(object),
            "vendor_name": c["vendor_name"],
            "method": c["procurement_method"].astype(object),
            "amount": c["latest_amount"].where(~c["foreign"]),
            "end_date": c["last_day"],
        }
    ).join(slack(frames))[ends]
    rows["state"] = np.select(
        [rows["slack_days"] < 0, rows["slack_days"] <= START_NOW_DAYS], [TOO_LATE, START_NOW], PLAN
    )
    rows = rows.sort_values(["start_by", "amount", "contract_id"], ascending=[True, False, True], ignore_index=True)
    return Pipeline(
        as_of=frames.as_of,
        rows=rows,
        lead_times=lead_times(frames),
        in_force=int(in_force.sum()),
        without_start=int((in_force & c["start_date"].isna()).sum()),
        without_end=int((in_force & c["last_day"].isna()).sum()),
        amount=float(rows["amount"].sum(min_count=1)),
        planning_days=frames.facts.planning_days,
        transition_days=frames.facts.transition_days,
        note="" if len(rows) else _why_nothing_ends(c, in_force),
    )


def _why_nothing_ends(c, in_force):
    """Why the pipeline is empty: what the city did not send, or what its dates say."""
    if not len(c):
        return "The city sent no contracts, so nothing is known of what ends when."
    if c["end_date"].isna().all():
        return "The register has no end dates, so nothing can be said of what ends when; a column with them would do."
    if not in_force.any():
        return "By the register's dates and status every contract has ended or has yet to begin."
    return f"None of the contracts in force has an end in the next {PIPELINE_MONTHS} months."
