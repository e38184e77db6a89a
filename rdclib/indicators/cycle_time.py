"""CT: how long the steps take, and whether the city keeps its own promises."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rdclib import stats
from rdclib.indicators.frames import frames_of
from rdclib.indicators.rows import rows

# The steps of a procurement: name, first day, last day.
STAGES = (
    ("Planning", "requisition_date", "posted_date"),
    ("Open for bids", "posted_date", "bid_deadline"),
    ("Decision", "bid_deadline", "award_date"),
    ("Contracting", "award_date", "signed_date"),
    ("All steps", "requisition_date", "signed_date"),
)


def _step(frame, first, last, **more):
    """Whole days from one day to another, decided by the later one."""
    days = (frame[last].dt.normalize() - frame[first].dt.normalize()).dt.days.astype(float)
    leave_out = more.pop("leave_out", {})
    return rows(
        frame,
        date=frame[last],
        value=days,
        only=frame[last].notna(),
        leave_out=leave_out | {f"no {_plain(first)}": frame[first].isna(), "ends before it begins": days < 0},
        **more,
    )


def _plain(column):
    return column.removesuffix("_date").replace("_", " ") + (" date" if column.endswith("_date") else "")


def end_to_end(records):
    """CT01: days from requisition to signature.

    Returns
    -------
    DataFrame
        One row per solicitation signed: ``date`` (signature), ``value`` (days), ``part`` (procurement method).
    """
    s = records.solicitations
    return _with_p90(_step(s, "requisition_date", "signed_date", part=s["procurement_method"]), records)


def planning(records):
    """CT02: days from requisition to posting; one row per solicitation posted."""
    return _with_p90(_step(records.solicitations, "requisition_date", "posted_date"), records)


def decision(records):
    """CT03: days from bid deadline to award; flags on or beyond the fences (R061 short, R062 long)."""
    return _with_fences(_step(records.solicitations, "bid_deadline", "award_date"), records, low="R061", high="R062")


def posting_to_award(records):
    """CT04: days from posting to award; one row per solicitation awarded."""
    return _with_p90(_step(records.solicitations, "posted_date", "award_date"), records)


def award_to_signature(records):
    """CT05: days from award to signature; one row per contract signed, flagged at or above the upper fence (R060)."""
    c = records.contracts
    made = _step(c, "award_date", "signed_date", leave_out={"cancelled": c["cancelled"]})
    return _with_fences(made, records, high="R060")


def _days_of_period(made, records):
    """Days of the rows that count; the last day of the period counts to its end."""
    return made.loc[made["left_out"].isna() & records.inside(made["date"]), "value"]


def _with_p90(made, records):
    """Say within how many days nine of ten were done."""
    days = _days_of_period(made, records)
    if len(days):
        long = np.quantile(days, 0.9, method="median_unbiased")
        made.attrs["note"] = f"Nine of ten took at most {long:,.0f} days."
    return made


def _with_fences(made, records, *, low="", high=""):
    counted = made["left_out"].isna()
    fences = stats.tukey_fences(_days_of_period(made, records))
    made = _with_p90(made, records)
    kept = made.attrs
    if low:
        made[f"flag {low}"] = (made["value"] <= fences.low) & counted
    if high:
        made[f"flag {high}"] = (made["value"] >= fences.high) & counted
    made.attrs = kept
    return made


def retroactive(records):
    """CT06: contracts signed after their first day.

    Returns
    -------
    DataFrame
        One row per contract: ``date`` (start), ``value`` (bool).
    """
    c = records.contracts
    late = (c["signed_date"].dt.normalize() - c["start_date"].dt.normalize()).dt.days
    made = rows(
        c,
        date=c["start_date"],
        value=late > 0,
        only=c["start_date"].notna(),
        leave_out={"cancelled": c["cancelled"], "no signature date": c["signed_date"].isna()},
    )
    counted = made["left_out"].isna() & made["value"].astype(bool) & records.inside(made["date"])
    days = late[made.index][counted]
    if len(days):
        made.attrs["note"] = f"The late ones were signed a median of {days.median():,.0f} days after their start."
    return made


def payment_time(records):
    """CT07: days from receipt of the invoice to payment.

    Returns
    -------
    DataFrame
        One row per payment: ``date``, ``value`` (days).
    """
    p = records.payments
    days = (p["payment_date"].dt.normalize() - p["invoice_date"].dt.normalize()).dt.days.astype(float)
    made = rows(
        p,
        date=p["payment_date"],
        value=days,
        leave_out={
            "not addressable": p["not_addressable"],
            "no invoice date": p["invoice_date"].isna(),
            "paid before the invoice came": days < 0,
        },
    )
    inside = made["left_out"].isna() & records.inside(made["date"]) & p["invoice_terms_days"].notna()
    if inside.any():
        kept = (days <= p["invoice_terms_days"])[inside]
        made.attrs["note"] = f"Paid within the terms: {kept.sum():,} of {len(kept):,} payments whose terms are known."
    return made


def on_plan(records):
    """CT08: planned solicitations that were posted by the planned day.

    Returns
    -------
    DataFrame
        One row per solicitation planned for a day up to today: ``date`` (planned day), ``value`` (bool).
    """
    s = records.solicitations
    return rows(
        s,
        date=s["planned_post_date"],
        value=s["posted_date"].dt.normalize() <= s["planned_post_date"].dt.normalize(),
        only=s["planned_post_date"].notna(),
        leave_out={
            "withdrawn before it was posted": (s["solicitation_status"] == "withdrawn") & s["posted_date"].isna()
        },
    )


@dataclass(frozen=True, eq=False)
class CycleTimes:
    """How long each step took, for what was finished in the period.

    Attributes
    ----------
    stages : DataFrame
        One row a step: ``stage``, ``n``, ``first`` (quartile), ``median``, ``third``, ``low``, ``high`` (95% interval
        of the median), ``p90``, in calendar days, and ``business_median`` (nan without holidays).
    days : dict of str to ndarray
        Calendar days of every solicitation, by step.
    business : bool
        Whether the city gave its holidays.
    """

    period: object
    stages: pd.DataFrame
    days: dict
    business: bool


def stages(records):
    """Days that each step of a procurement took, for steps that ended in the period.

    Parameters
    ----------
    records : rdclib.records.Records

    Returns
    -------
    CycleTimes
    """
    frames = frames_of(records)
    s, holidays = frames.solicitations, np.array(frames.facts.holidays, dtype="datetime64[D]")
    found, days = [], {}
    for name, first, last in STAGES:
        made = _step(s, first, last)
        made = made[made["left_out"].isna() & frames.inside(made["date"])]
        values = made["value"].to_numpy()
        days[name] = np.sort(values)
        low, high = stats.quantile_interval(values)
        quarter, middle, third = stats.quartiles(values)
        business = np.nan
        if len(holidays) and len(values):
            from_, to = (s.loc[made.index, column].to_numpy().astype("datetime64[D]") for column in (first, last))
            business = float(np.median(np.busday_count(from_, to, holidays=holidays)))
        p90 = float(np.quantile(values, 0.9, method="median_unbiased")) if len(values) else np.nan
        found.append((name, len(values), quarter, middle, third, low, high, p90, business))
    columns = ["stage", "n", "first", "median", "third", "low", "high", "p90", "business_median"]
    return CycleTimes(frames.period, pd.DataFrame(found, columns=columns), days, bool(len(holidays)))
