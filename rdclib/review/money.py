"""What an outcome costs, in prices that can be compared, and what the payment design pays this period."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rdclib import payment, periods
from rdclib.choices import PaymentDesign
from rdclib.review.measure import Measure

OUTCOMES = ("outcome", "impact")


@dataclass(frozen=True, eq=False)
class CostPerOutcome:
    """Payments over outcomes, by fiscal year, and before and after a change.

    Parameters
    ----------
    measure : Measure
    vendor : str
    table : DataFrame
        ``label``, ``start``, ``end``, ``paid``, ``outcomes``, ``cost`` (nominal), ``paid_constant`` and
        ``cost_constant`` (prices of ``base_year``; nan without an index). One row a fiscal year that is complete in
        payments and outcomes; rows ``before`` and ``after`` for a change.
    base_year : str
        Empty when the city gave no index.
    note : str
    """

    measure: Measure
    vendor: str
    table: pd.DataFrame
    base_year: str
    note: str


@dataclass(frozen=True)
class YearCost:
    """What one outcome cost at one vendor in its last whole fiscal year.

    Parameters
    ----------
    vendor, label : str
        Vendor, and fiscal year.
    paid, outcomes, each : float
        ``each`` in constant prices where the city gave an index, else nominal.
    base_year : str
        Of the constant prices; empty when nominal.
    """

    vendor: str
    label: str
    paid: float
    outcomes: float
    each: float
    base_year: str


@dataclass(frozen=True)
class CostSummary:
    """What one outcome costs across vendors, each in its last whole fiscal year.

    Parameters
    ----------
    measure : Measure
    lines : tuple of YearCost
    low, middle, high : float
        Lowest, median and highest cost of one outcome.
    """

    measure: Measure
    lines: tuple
    low: float
    middle: float
    high: float


@dataclass(frozen=True, eq=False)
class DesignPay:
    """What one payment design pays in the period under review.

    Parameters
    ----------
    design : rdclib.choices.PaymentDesign
    measure : Measure
    lines : DataFrame
        One row a vendor and reporting period: ``vendor``, ``start``, ``end``, ``events``, ``volume``, ``result``,
        ``paid``.
    total : float
    scale : float
        Results of the design are 1 / scale of those that the city writes (100 where it writes percent).
    note : str
    """

    design: PaymentDesign
    measure: Measure
    lines: pd.DataFrame
    total: float
    scale: float
    note: str


def cost_per_outcome(records, series, changes, metric_ids):
    """Cost per outcome for every vendor with payments and an outcome that is counted and wanted.

    Parameters
    ----------
    records : rdclib.records.Records
    series : sequence of Series
    changes : sequence of ChangeReview
    metric_ids : collection of str
        The metrics to look at.

    Returns
    -------
    tuple of CostPerOutcome
    """
    paid = records.payments
    used = ["contract_id", "vendor_id", "vendor_name", "payment_date", "payment_amount"]
    paid = paid.loc[paid["payment_date"].notna() & (paid["payment_date"] <= pd.Timestamp(records.as_of)), used]
    found = []
    for one in series:
        counts = one.table["numerator"].fillna(one.table["value"] if one.measure.measure_type == "count" else np.nan)
        bought = one.measure.layer in OUTCOMES and one.measure.direction == "higher" and one.measure.id in metric_ids
        if not bought or not counts.notna().any():
            continue
        own = _payments_of(one, paid)
        if own.empty:
            continue
        months = pd.DataFrame({"start": one.table["start"], "end": one.table["end"], "outcomes": counts})
        spans, gaps = _years(months, own, records)
        spans += [
            span for c in changes if c.series is not None and _same(c.series, one) for span in _sides(c, months, own)
        ]
        rows = [_cost(span, own, months, records.facts) for span in spans]
        rows = [row for row in rows if row["outcomes"] > 0 and row["paid"] > 0]
        if rows:
            base, note = _base(records.facts.price_index, rows)
            if gaps:
                note += f" Left out, since a period without a result lies in it: {', '.join(gaps)}."
            table = pd.DataFrame(rows)
            if not base:
                table[["paid_constant", "cost_constant"]] = np.nan
            found.append(CostPerOutcome(one.measure, one.label, table, base, note))
    return tuple(found)


def summarise_costs(costs):
    """The last whole year of every outcome, across vendors.

    Parameters
    ----------
    costs : sequence of CostPerOutcome

    Returns
    -------
    tuple of CostSummary
        In the order of the costs; without a whole year nothing.
    """
    found = []
    for measure in dict.fromkeys(one.measure for one in costs):
        lines = tuple(line for one in costs if one.measure == measure and (line := _last_year(one)))
        if lines:
            each = [line.each for line in lines]
            found.append(CostSummary(measure, lines, min(each), float(np.median(each)), max(each)))
    return tuple(found)


def _last_year(one):
    years = one.table[~one.table["label"].isin(["before", "after"])]
    if years.empty:
        return None
    row = years.iloc[-1]
    constant = bool(np.isfinite(row["cost_constant"]))
    each = float(row["cost_constant"] if constant else row["cost"])
    base_year = one.base_year if constant else ""
    return YearCost(one.vendor, row["label"], float(row["paid"]), float(row["outcomes"]), each, base_year)


def payments_due(designs, series, records):
    """What the payment designs of the schedule pay in the period under review, line by line.

    Parameters
    ----------
    designs : sequence of rdclib.choices.PaymentDesign
    series : sequence of Series
    records : rdclib.records.Records

    Returns
    -------
    tuple of DesignPay
    """
    return tuple(_design_pay(design, series, records) for design in designs)


def _design_pay(design, series, records):
    own = [s for s in series if s.measure.id == design.metric_id]
    measure = own[0].measure if own else Measure(design.metric_id, design.metric_id)
    scale = 100.0 if measure.kind == "share" and _above_one(design) else 1.0
    terms = {key: _scaled(key, value, scale) for key, value in design.terms.items()}
    rows = []
    for one in own:
        table = one.table
        inside = (table["start"] >= pd.Timestamp(records.period.start)) & (
            table["end"] <= pd.Timestamp(records.period.end)
        )
        known = table[inside & (table["gap"] != "late")]
        if measure.measure_type in ("proportion", "rate") or known["denominator"].notna().any():
            events, volume = known["numerator"], known["denominator"] / measure.scale
        else:
            events, volume = known["value"], pd.Series(1.0, index=known.index)
        rows.append(
            pd.DataFrame(
                {"vendor": one.label, "start": known["start"], "end": known["end"], "events": events, "volume": volume}
            )
        )
    lines = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    if lines.empty:
        empty = pd.DataFrame(columns=["vendor", "start", "end", "events", "volume", "result", "paid"])
        note = "No results for it in this period: nothing can be calculated."
        return DesignPay(design, measure, empty, np.nan, scale, note)
    lines["result"] = lines["events"] / lines["volume"].where(lines["volume"] > 0)
    ready = payment.Design(
        design.name, design.kind, terms, own[0].chart.direction == "lower", design.ceiling or float("inf")
    )
    if design.kind in payment.ON_COSTS:
        lines["paid"] = np.nan
        note = "It pays by audited costs, which the observations do not hold: enter them in the contract file."
        return DesignPay(design, measure, lines, np.nan, scale, note)
    if design.kind == "bonus pool":
        wide = lines.pivot_table(
            index="vendor", columns="start", values=["events", "volume"], aggfunc="sum", dropna=False
        )
        paid = pd.DataFrame(
            payment.pay(ready, wide["events"].to_numpy(), np.nan_to_num(wide["volume"].to_numpy())),
            index=wide["events"].index,
            columns=wide["events"].columns,
        )
        lines["paid"] = [paid.loc[vendor, start] for vendor, start in zip(lines["vendor"], lines["start"], strict=True)]
    else:
        lines["paid"] = np.nan
        for _, part in lines.groupby("vendor"):
            volume = part["volume"].fillna(0.0).to_numpy()
            lines.loc[part.index, "paid"] = payment.pay(ready, part["events"].to_numpy(), volume)
    unknown = int(lines["result"].isna().sum())
    # A unit rate may guarantee a vendor the least that a period pays.
    earn = "are paid the floor" if design.kind == "unit rate" and terms.get("floor") else "earn nothing"
    notes = [f"Periods without a result, which {earn} until it is reported: {unknown}."] if unknown else []
    if unknown and design.kind == payment.PAID_ONCE:
        notes = [
            f"Periods without a result: {unknown}. Until they are reported that of all is not known: nothing is paid."
        ]
    if any(one.chart.direction == "band" for one in own):
        notes.append(
            "The metric has a target band: this design pays by its own terms, also for results beyond the band."
        )
    return DesignPay(design, measure, lines, float(lines["paid"].sum()), scale, " ".join(notes))


def _above_one(design):
    """Whether a design for a share is written in percent."""
    values = (
        [getattr(design, key) for key in ("floor", "target", "baseline")] + list(design.thresholds) + list(design.knots)
    )
    return any(v is not None and abs(v) > 1.5 for v in values) and design.kind != "unit rate"


def _scaled(key, value, scale):
    if scale == 1.0 or key not in ("floor", "target", "baseline", "thresholds", "knots", "quality_floor"):
        return value
    return tuple(v / scale for v in value) if isinstance(value, tuple) else value / scale


def _payments_of(one, paid):
    """Payments under the contract, and those to the vendor that name no contract."""
    vendor = paid["vendor_id"] == one.vendor_id if one.vendor_id else paid["vendor_name"] == one.vendor_name
    if not one.contract_ids:
        return paid[vendor]
    return paid[paid["contract_id"].isin(one.contract_ids) | (vendor & paid["contract_id"].isna())]


def _same(a, b):
    return (a.vendor_id, a.vendor_name, a.site) == (b.vendor_id, b.vendor_name, b.site)


def _years(months, own, records):
    """Fiscal years that payments and outcomes cover from beginning to end; and labels of those with a gap between."""
    start = periods.month_and_day(records.facts.fiscal_year_start)
    first = max(months["start"].min(), own["payment_date"].min().to_period("M").start_time)
    last = min(months.loc[months["outcomes"].notna(), "end"].max(), pd.Timestamp(records.as_of))
    spans, gaps, year = [], [], periods.containing(first.date(), start)
    while pd.Timestamp(year.start) <= last:
        span = (year.label, pd.Timestamp(year.start), pd.Timestamp(year.end))
        if span[1] >= first and span[2] <= last:
            if _outcomes(months, span).notna().all():
                spans.append(span)
            else:
                gaps.append(year.label)
        year = periods.containing(year.end + pd.Timedelta(days=1).to_pytimedelta(), start)
    return spans, gaps


def _outcomes(months, span):
    """The outcomes of the periods that lie in a span."""
    _, start, end = span
    return months.loc[(months["start"] >= start) & (months["end"] <= end), "outcomes"]


def _sides(change, months, own):
    """Equal spans of whole months before and after a change, up to a year each; trigger periods left out."""
    day = pd.Timestamp(change.day)
    place = int(np.searchsorted(months["start"].to_numpy(), day.to_datetime64()))
    told = int(months["outcomes"].notna().to_numpy().nonzero()[0][-1]) + 1
    before, after = months.iloc[: max(0, place - change.trigger_periods)], months.iloc[place:told]
    before = before[before["start"] >= own["payment_date"].min().to_period("M").start_time]
    n = min(len(before), len(after), 12)
    if n < 3:
        return []
    before, after = before.iloc[-n:], after.iloc[:n]
    # What was paid in a month without a result bought outcomes that nobody counted.
    if before["outcomes"].isna().any() or after["outcomes"].isna().any():
        return []
    return [
        ("before", before["start"].iloc[0], before["end"].iloc[-1]),
        ("after", after["start"].iloc[0], after["end"].iloc[-1]),
    ]


def _cost(span, own, months, facts):
    label, start, end = span
    index = facts.price_index
    paid = own[(own["payment_date"] >= start) & (own["payment_date"] < end + pd.Timedelta(days=1))]
    outcomes = _outcomes(months, span).sum()
    total = paid["payment_amount"].sum()
    base = max(index) if index else ""
    years = _fiscal_years(paid["payment_date"], periods.month_and_day(facts.fiscal_year_start))
    factor = years.map({y: index[base] / v for y, v in index.items()})
    constant = (paid["payment_amount"] * factor).sum() if index and factor.notna().all() else np.nan
    cost, constant_cost = (x / outcomes if outcomes > 0 else np.nan for x in (total, constant))
    return {
        "label": label,
        "start": start,
        "end": end,
        "paid": total,
        "outcomes": outcomes,
        "cost": cost,
        "paid_constant": constant,
        "cost_constant": constant_cost,
    }


def _fiscal_years(dates, start):
    """The fiscal year of each day, as text."""
    later = (dates.dt.month * 100 + dates.dt.day >= start[0] * 100 + start[1]) & (start != (1, 1))
    return (dates.dt.year + later).astype("str")


def _base(index, rows):
    if not index:
        return "", "Nominal prices: engagement.yaml gives no price_index."
    if all(np.isnan(row["paid_constant"]) for row in rows):
        return "", "Nominal prices: price_index does not cover the years of the payments."
    note = f"Constant prices of {max(index)}."
    if any(np.isnan(row["paid_constant"]) for row in rows):
        note += " Years outside the price index are nominal only."
    return max(index), note
