"""What cases tell: done on time or still open past their target, and where people drop out on the way."""

import itertools
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rdclib import disclosure, funnel, spc, stats
from rdclib.review.measure import Measure
from rdclib.review.series import Series, draw

STEPS = (
    ("referred", "referred_date"),
    ("enrolled", "enrolled_date"),
    ("served", "served_date"),
    ("outcome", "outcome_date"),
)
FAR = funnel.LEVELS[1]  # limits beyond which a vendor is said to lose more people than the others
ON_TIME = Measure(
    id="on_time",
    name="Cases done by their target date",
    unit="%",
    measure_type="proportion",
    direction="higher",
    layer="output",
    timing="leading",
    duty="vendor",
    definition="Cases closed by their target date, of all that were due; open past the target counts as late.",
    kind="share",
)


@dataclass(frozen=True, eq=False)
class OnTime:
    """Cases against their target dates.

    Parameters
    ----------
    series : tuple of Series
        Share on time by month of the target date, one a vendor.
    done, late, open_late, not_due : int
        Of the cases with a target date in the period under review: done on time; done late, or closed without being
        done; still open past the target; not due yet (not counted).
    without_target : int
        Cases referred in the period without a target date: they cannot count.
    backlog : int
        Cases open past their target on the day of the review, whenever that target was.
    oldest_open_days : float
        Days that the longest-waiting of them is past its target; nan without one.
    share, low, high : float
        On time of all that count, with its 95% interval; nan where none counts.
    """

    series: tuple
    done: int
    late: int
    open_late: int
    not_due: int
    without_target: int
    backlog: int
    oldest_open_days: float
    share: float
    low: float
    high: float

    @property
    def n(self):
        """Cases that count."""
        return self.done + self.late + self.open_late


@dataclass(frozen=True, eq=False)
class SamePromise:
    """A metric that measures the promise behind the cases' target dates, such as contact within 7 days.

    Parameters
    ----------
    measure : Measure
    days : float
        From referral to target date, of nearly all cases.
    share : float
        What the metric shows for the period, all vendors together.
    n : float
        Its denominator.
    """

    measure: Measure
    days: float
    share: float
    n: float


@dataclass(frozen=True, eq=False)
class Pathway:
    """How many people reach each step.

    Parameters
    ----------
    by_vendor, by_month : DataFrame
        One row a vendor (the last is all of them), or a month of entry: ``name``, one count a step, and for each
        step after the first ``..._share`` of those who entered and ``..._kept`` of those at the step before. Hidden
        counts are nan.
    steps : tuple of str
        The steps that the data has.
    biggest_loss : str
        The step before which most people are lost; empty when it cannot be told.
    kept : float
        Share that gets over that step.
    apart : tuple of (str, str, str, float, float)
        Vendors that keep fewer over a step than chance gives (outside the 99.8% limits around all vendors), the largest
        gap first: vendor, the step before, the step, share kept, share of all vendors. Hidden counts tell nothing.
    hidden : int
        Counts hidden because they are small, or would give a small one away.
    young : tuple of str
        Months of entry so recent that many are still on their way.
    note : str
    """

    by_vendor: pd.DataFrame
    by_month: pd.DataFrame
    steps: tuple
    biggest_loss: str
    kept: float
    apart: tuple
    hidden: int
    young: tuple
    note: str


def on_time(cases, day):
    """Which cases were done by their target date, and which count at all.

    Parameters
    ----------
    cases : DataFrame
    day : Timestamp
        Today; later dates are not known yet.

    Returns
    -------
    (Series of bool, Series of bool)
        A finished case counts at once, by the publisher's own flag where it has one. A case that is not finished
        counts, as late, from the day after its target on, whether it is open or was closed without its outcome.
    """
    finished = _finished(cases).where(lambda d: d <= end_of_day(day))
    target = cases["target_date"]
    # Without a time of day a case finished on its target day is on time.
    last = target.where(target != target.dt.normalize(), target + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1))
    done = finished.notna() & (finished <= last)
    flag = cases["on_time"]
    done = done.where(flag.isna() | finished.isna(), flag.fillna(False).astype(bool))
    counted = target.notna() & (finished.notna() | (last <= end_of_day(day)))
    return done & counted, counted


def opened(cases, day):
    """Which cases were there on a day; those without a day of referral were."""
    return ~(cases["referred_date"] > end_of_day(day))


def cases_on_time(records, choices):
    """Cases against their targets, month by month and vendor by vendor; None without target dates."""
    day = pd.Timestamp(records.as_of)
    cases = records.cases
    cases = cases[opened(cases, day)]
    if not cases["target_date"].notna().any():
        return None
    done, counted = on_time(cases, day)
    target = cases["target_date"]
    here = within(target, records.period)
    finished = _finished(cases).where(lambda d: d <= end_of_day(day)).notna()
    closed = finished | (cases["closed_date"] <= end_of_day(day))
    waiting = counted & ~closed
    days_past = (end_of_day(day) - target[waiting]).dt.days
    k, n = int((done & here).sum()), int((counted & here).sum())
    low, high = stats.proportion_interval(k, n) if n else (np.nan, np.nan)
    vendors = cases["vendor_name"].fillna(cases["vendor_id"]).fillna("")
    series = []
    for vendor in sorted(vendors[counted].unique()):
        own = counted & (vendors == vendor)
        months = cases.loc[own, "target_date"].dt.to_period("M")
        # Not a month whose targets are still ahead: its cases closed early would all look on time.
        months = months[months.dt.end_time <= end_of_day(day)]
        if months.empty:
            continue
        index = pd.period_range(months.min(), months.max(), freq="M")
        table = pd.DataFrame({"start": index.start_time.astype("datetime64[us]"), "end": index.end_time.normalize()})
        table["numerator"] = done[months.index].groupby(months).sum().reindex(index).to_numpy(float)
        table["denominator"] = months.groupby(months).size().reindex(index).to_numpy(float)
        table["value"] = table["numerator"] / table["denominator"]
        table[["target", "target_low", "target_high", "low", "high"]] = np.nan
        table["gap"] = np.where(table["value"].isna(), "missing", "")
        chart, notes = draw(ON_TIME, table, screen=choices.screen)
        r, allowed = spc.autocorrelation(table["value"])
        first = cases.loc[own].iloc[0]
        vendor_id = "" if pd.isna(first["vendor_id"]) else str(first["vendor_id"])
        contracts = tuple(cases.loc[own, "contract_id"].dropna().unique())
        auto = r if np.isfinite(r) and r > allowed else np.nan
        series.append(
            Series(
                ON_TIME,
                vendor_id,
                vendor,
                "",
                contracts,
                "month",
                table,
                chart,
                (),
                (),
                auto,
                False,
                False,
                np.nan,
                None,
                choices.screen,
                tuple(notes),
            )
        )
    return OnTime(
        tuple(series),
        k,
        int((counted & here & closed & ~done).sum()),
        int((waiting & here).sum()),
        int((here & ~counted).sum()),
        int((target.isna() & within(cases["referred_date"], records.period)).sum()),
        int(waiting.sum()),
        float(days_past.max()) if len(days_past) else np.nan,
        k / n if n else np.nan,
        float(low),
        float(high),
    )


def same_promises(records, comparisons):
    """Metrics with the same number of days in their definition as the cases have until their target date.

    Two numbers for one promise confuse a meeting unless the report says how they differ.

    Parameters
    ----------
    records : rdclib.records.Records
    comparisons : sequence of rdclib.review.across.Comparison
        Shares of the period by vendor.

    Returns
    -------
    tuple of SamePromise
    """
    given = (records.cases["target_date"] - records.cases["referred_date"]).dt.total_seconds().dropna() / 86_400
    if given.empty or given.quantile(0.1) != given.quantile(0.9):
        return ()
    days = float(given.median())
    found = []
    for one in comparisons:
        n = one.table["denominator"].sum()
        if one.measure.kind == "share" and n > 0 and days in _days_promised(one.measure):
            found.append(SamePromise(one.measure, days, float(one.table["numerator"].sum() / n), float(n)))
    return tuple(found)


def _days_promised(measure):
    """Days that a metric's name or definition promises: 3 for ``within 72 hours``."""
    words = f"{measure.name} {measure.definition}"
    found = re.findall(r"within (\d+) (hours?|days?)\b", words, re.IGNORECASE)
    return {float(number) / (24 if unit.lower().startswith("hour") else 1) for number, unit in found}


def within(days, period):
    """Which days lie within a period; missing ones do not.

    Parameters
    ----------
    days : Series of datetime
    period : rdclib.periods.Period

    Returns
    -------
    Series of bool
    """
    return (days >= pd.Timestamp(period.start)) & (days <= end_of_day(pd.Timestamp(period.end)))


def pathway(records):
    """Referred, enrolled, served, outcome: of those who entered in the period under review, who reached which step.

    Returns
    -------
    Pathway or None
        None when the cases carry fewer than two steps, or nobody entered in the period.
    """
    day = pd.Timestamp(records.as_of)
    cases = records.cases
    reached = pd.DataFrame({name: cases[column] <= end_of_day(day) for name, column in STEPS})
    steps = [name for name, _ in STEPS if reached[name].any()]
    if len(steps) < 2:
        return None
    # Whoever reached a later step has been through the earlier ones, dated or not.
    reached = reached[steps].iloc[:, ::-1].cummax(axis=1).iloc[:, ::-1]
    entry_column = dict(STEPS)[steps[0]]
    entered = reached[steps[0]] & within(cases[entry_column], records.period)
    undated = int((reached[steps[0]] & cases[entry_column].isna()).sum())
    if not entered.any():
        return None
    cases, reached = cases[entered], reached[entered]
    smallest = records.facts.smallest_group
    vendor = cases["vendor_name"].fillna(cases["vendor_id"]).fillna("not named")
    entry = cases[entry_column].dt.to_period("M").astype("str")
    by_vendor, hidden = _steps_table(reached, vendor, steps, smallest, total=True)
    by_month, hidden_months = _steps_table(reached, entry, steps, smallest, total=False)
    counts = reached.sum()
    kept = counts.iloc[1:].to_numpy() / np.maximum(counts.iloc[:-1].to_numpy(), 1)
    lost = counts.iloc[:-1].to_numpy() - counts.iloc[1:].to_numpy()
    place = int(np.argmax(lost))
    # The time that nine of ten took to the last step: whoever entered later than that may still get there.
    took = (cases[dict(STEPS)[steps[-1]]] - cases[entry_column]).dt.days
    took = took[reached[steps[-1]]].dropna()
    usual = float(took.quantile(0.9)) if len(took) else 0.0
    young = sorted({m for m in entry.unique() if (day - pd.Period(m).end_time).days < usual})
    note = ""
    if young:
        first = f"{pd.Period(young[0]):%B %Y}"
        note = f"People who entered from {first} on may still be on their way (nine of ten take {usual:.0f} days)."
    if undated:
        people = "person has" if undated == 1 else "people have"
        note = f"{note} {undated:,} {people} no date of entry and count in no period.".strip()
    small = min(lost[place], counts.iloc[place + 1]) < smallest
    return Pathway(
        by_vendor,
        by_month,
        tuple(steps),
        "" if small else steps[place + 1],
        np.nan if small else float(kept[place]),
        _apart(by_vendor, steps),
        hidden + hidden_months,
        tuple(young),
        note,
    )


def _apart(by_vendor, steps):
    """Vendors that keep fewer people over a step than chance gives."""
    every, vendors = by_vendor[by_vendor["name"] == "All"].iloc[-1], by_vendor.iloc[:-1]
    found = []
    for before, step in itertools.pairwise(steps):
        overall = every[step] / every[before] if every[before] > 0 else np.nan
        known = vendors[vendors[step].notna() & (vendors[before] > 0)]
        if len(known) < 2 or not 0 < overall < 1:
            continue
        lower, _ = funnel.limits(overall, known[before].to_numpy(float), "proportion", FAR)
        shares = (known[step] / known[before]).to_numpy(float)
        found += [
            (known["name"].iloc[i], before, step, float(shares[i]), float(overall))
            for i in np.flatnonzero(shares < lower)
        ]
    return tuple(sorted(found, key=lambda one: one[3] - one[4]))


def _steps_table(reached, key, steps, smallest, *, total):
    """Counts of each step by key, small ones hidden, with as many others as protect them against the sum."""
    counts = reached.groupby(key, sort=True).sum()[list(steps)].astype(float)
    safe = {step: disclosure.suppress(counts[step].to_numpy(), smallest) for step in steps}
    out = pd.DataFrame({step: safe[step].cells for step in steps}, index=counts.index)
    hidden = int(out.isna().sum().sum())
    if total:
        out.loc["All"] = [safe[step].total for step in steps]
    for step, previous in zip(steps[1:], steps[:-1], strict=True):
        out[f"{step}_share"] = out[step] / out[steps[0]].where(out[steps[0]] > 0)
        out[f"{step}_kept"] = out[step] / out[previous].where(out[previous] > 0)
    return out.rename_axis("name").reset_index(), hidden


def _finished(cases):
    """The day a case was done: its outcome reached, or closed where outcomes are not recorded."""
    return cases["outcome_date"] if cases["outcome_date"].notna().any() else cases["closed_date"]


def end_of_day(day):
    """The last moment of a day."""
    return day.normalize() + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
