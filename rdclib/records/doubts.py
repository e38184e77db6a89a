"""What is odd in tables that could be read: other currencies, repeated numbers, slips of units, an empty period."""

import pandas as pd

from rdclib import periods
from rdclib.checks import EXAMPLES, Finding
from rdclib.errors import ReportError

# The day by which a row of a table belongs to a period; the first that a row has.
DAYS = {
    "contracts": ("award_date", "signed_date", "start_date", "snapshot_date"),
    "solicitations": ("bid_deadline", "posted_date", "award_date", "requisition_date"),
    "bids": ("bid_received_date",),
    "amendments": ("amendment_date",),
    "milestones": ("due_date", "date_met"),
    "payments": ("payment_date", "invoice_date"),
    "observations": ("period_start", "period_end"),
    "cases": ("referred_date", "enrolled_date", "served_date", "closed_date"),
}
# A value this many times the median of its metric and vendor (or this part of it) was sent in another unit: minutes for
# hours, percent for a share, while all others stay within three times of it.
UNIT_SLIP = 10.0
TAME = 3.0
FEWEST_PERIODS = 6  # before a median says what is usual


def foreign(intakes, facts):
    """A finding for each table whose amounts are mostly in another currency than the city's.

    Parameters
    ----------
    intakes : dict of str to Intake
    facts : rdclib.engagement.Facts

    Returns
    -------
    list of Finding
        With the other currency as its value.
    """
    found = []
    for table, intake in intakes.items():
        entry = facts.files.get(table)
        if "currency" not in intake.frame or (entry and entry.currency):
            continue  # no amounts, or the city said in which currency these are
        rows = intake.frame["currency"].value_counts()
        if not len(rows) or (main := rows.index[0]) == facts.currency:
            continue
        first = intake.frame[intake.frame["currency"] == main].iloc[0]
        what = f"most amounts are in {main}, and the city's currency is {facts.currency}"
        done = f"left out of sums in {facts.currency}; if the city counts in {main}, write it in engagement.yaml"
        where = (first["source_file"], int(first["source_row"]), "currency", main, int(rows.iloc[0]))
        found.append(Finding("error", table, *where, what, done))
    return found


def several_lines(contracts):
    """Contract numbers that one snapshot has on several lines with different amounts, dates or words."""
    again = contracts.duplicated("contract_id", keep=False)
    if not again.any():
        return []
    lines = contracts[again]
    return [
        Finding(
            "warning",
            "contracts",
            str(lines["source_file"].iloc[0]),
            int(lines["source_row"].iloc[0]),
            "contract_id",
            " | ".join(lines["contract_id"].astype(str).unique()[:EXAMPLES]),
            len(lines),
            "lines of a contract number that stands on several lines with different amounts, dates or words",
            "each line counts as a contract; if one replaces the other, ask for a register without the old ones",
        )
    ]


def unit_slips(observations):
    """Values so far from all others of their metric and vendor that they were sent in another unit."""
    o = observations[observations["stratum"].isna() & (observations["value"] > 0)]
    who = [o["metric_id"], o["vendor_id"].fillna(o["vendor_name"]).fillna(""), o["site"].fillna("")]
    usual = o["value"].groupby(who).transform("median")
    times = o["value"] / usual
    off = (times >= UNIT_SLIP) | (times <= 1 / UNIT_SLIP)
    # Only beside values that keep together: a series that often jumps has no unit to slip from.
    tame = (off | times.between(1 / TAME, TAME)).groupby(who).transform("all")
    off &= tame & (o["value"].groupby(who).transform("count") >= FEWEST_PERIODS)
    return [
        Finding(
            "warning",
            "observations",
            str(row.source_file),
            int(row.source_row),
            "value",
            f"{row.value:g}",
            1,
            f"{row.metric_id}{f' of {row.vendor_name}' if isinstance(row.vendor_name, str) else ''} is "
            f"{times[row.Index]:.3g} times its usual {usual[row.Index]:g}",
            "kept, and questioned in the review: was it sent in another unit? If so, ask for the period again",
        )
        for row in o[off].itertuples()
    ]


def check_period(engagement, frames):
    """Stop when no record of any table touches the period.

    Parameters
    ----------
    engagement : rdclib.engagement.Engagement
    frames : dict of str to DataFrame
        By table.

    Raises
    ------
    ReportError
        With the periods that have records. Tables without any day stop nothing.
    """
    first, last = pd.Timestamp(engagement.period.start), pd.Timestamp(engagement.period.end)
    fiscal = set()
    for table, columns in DAYS.items():
        frame = frames[table]
        if not len(frame):
            continue
        for column in columns:
            days = frame[column].dropna()
            if not len(days):
                continue
            if ((days >= first) & (days < last + pd.Timedelta(days=1))).any():
                return
            fiscal |= set(days.dt.to_period("M").unique())
        if table == "contracts":
            running = (frame["start_date"] <= last) & ~(frame["end_date"] < first)
            if running.any():
                return
    if not fiscal:
        return
    start = engagement.period.fiscal_year_start
    labels = sorted({periods.containing(m.to_timestamp().date().replace(day=28), start).label for m in fiscal})
    shown = ", ".join(labels if len(labels) <= 8 else [*labels[-8:]])
    p = engagement.period
    raise ReportError(
        f"No record of {engagement.facts.city} lies in {p.label} ({p.start} to {p.end}).",
        fix=f"Choose a period that has data: {shown}.",
    )
