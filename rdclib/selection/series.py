"""A metric's own history: one value a period, what stands behind it, and whether it can be relied on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rdclib.observations import ADDITIVE, per, received_last, summable, totals

CADENCE_DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "half-yearly": 183, "annual": 366}
_MONTHS = {"monthly": 1, "quarterly": 3, "half-yearly": 6, "annual": 12}
# Fewest points for a baseline.
FEWEST_POINTS = 6
# A number older than this many reporting intervals is history, and a series with less than this share of its periods
# is too patchy to chart.
FRESH_INTERVALS = 2
COMPLETE_SHARE = 0.8
_SENDER = ["contract_id", "vendor_id", "vendor_name", "site"]
# Rows that are the same in these are one result, reported again.
RESULT = [*_SENDER, "stratum_kind", "stratum", "period_start"]
# One target, or the two ends of a band.
TARGETS = ["target", "target_low", "target_high"]


@dataclass(frozen=True, eq=False)
class Series:
    """A metric over time, all vendors of the contract together.

    ``table`` has one row a period, also for those without a value: ``period_start``, ``period_end``, ``value`` (in
    the metric's unit), ``numerator``, ``denominator``, ``target``, ``target_low``, ``target_high``. ``rows`` are the
    observations behind it.
    """

    metric_id: str
    table: pd.DataFrame
    rows: pd.DataFrame
    scale: float  # value = scale * numerator / denominator
    cadence: str

    @property
    def values(self):
        """Values in order of time; nan where a period has none."""
        return self.table["value"].to_numpy(dtype=float)

    @property
    def n(self):
        """Periods that have a value."""
        return int(np.isfinite(self.values).sum())

    @property
    def counted(self):
        """True when every value comes from counts: numerator and denominator."""
        known = self.table.dropna(subset=["value"])
        return bool(len(known)) and bool(((known["numerator"] >= 0) & (known["denominator"] > 0)).all())


@dataclass(frozen=True)
class Support:
    """How well the data that exist support a metric."""

    score: int  # 0 nothing yet, 1 something, 2 enough for a baseline, fresh and complete
    points: int
    age_days: float  # from the end of the last period with a value to today
    complete_share: float  # periods with a value, of those from the first to the last one due
    delay_days: float  # median from the end of a period to receipt


def series(observations, metric, *, contract_id="", as_of=None):
    """Put a metric's observations in order of time.

    Parameters
    ----------
    observations : DataFrame
        The table ``observations``.
    metric : Metric
    contract_id : str
        Only this contract, when it has observations of the metric; otherwise all.
    as_of : datetime.date, optional
        Periods that end later do not count.

    Returns
    -------
    Series
    """
    rows = observations[observations["metric_id"] == metric.id]
    if as_of is not None:
        rows = rows[rows["period_end"].isna() | (rows["period_end"] <= pd.Timestamp(as_of))]
    if contract_id and (rows["contract_id"] == contract_id).any():
        rows = rows[rows["contract_id"] == contract_id]
    rows = rows[rows["period_start"].notna()]
    rows = received_last(rows, RESULT)
    scale = _scale(rows, metric)
    if rows["stratum"].notna().any():
        rows = _whole(rows, metric.measure_type in ADDITIVE)
    table = _totals(rows, scale, metric)
    cadence = _cadence(table, metric)
    return Series(metric.id, _with_gaps(table, cadence), rows, scale, cadence)


def _whole(rows, additive):
    """What each sender's groups come to, where it sent no whole."""
    if additive:
        rows = summable(rows)
    senders = rows.groupby(_SENDER, dropna=False, sort=False)
    rows = pd.concat([totals(part, additive) for _, part in senders])
    sums = rows["numerator"].where(rows["denominator"].isna())
    return rows.assign(value=rows["value"].fillna(sums)) if additive else rows


def _scale(rows, metric):
    """How a value follows from its counts: 100 for percent, 1,000 for a rate per 1,000, as the data themselves show."""
    known = rows.dropna(subset=["value", "numerator", "denominator"])
    known = known[(known["numerator"] != 0) & (known["denominator"] != 0)]
    if len(known):
        factor = float((known["value"] * known["denominator"] / known["numerator"]).median())
        if factor > 0:
            power = 10.0 ** round(np.log10(factor))
            # Anything else, such as a median with its number of cases, does not follow from the counts.
            return power if abs(factor / power - 1) < 0.05 else np.nan
    if metric.measure_type not in ("proportion", "rate", "ratio"):
        return np.nan
    # Counts alone: as the metric's unit says.
    if (size := per(metric.unit)) is not None:
        return size
    if metric.unit == "%":
        return 100.0
    return 1.0 if metric.measure_type == "proportion" or metric.unit == "ratio" else np.nan


def _totals(rows, scale, metric):
    """One row a period, all vendors: counts add up, shares and rates follow from counts, the rest is averaged."""
    value, numerator, denominator = (rows[c].to_numpy(dtype=float) for c in ("value", "numerator", "denominator"))
    weighed = np.isfinite(value) & (denominator > 0)
    parts = pd.DataFrame(
        {
            "period_start": rows["period_start"],
            "period_end": rows["period_end"],
            "numerator": numerator,
            "denominator": denominator,
            **{name: rows[name] for name in TARGETS},
            "value": value,
            "whole": np.isfinite(numerator) & (denominator > 0),
            "weight": np.where(weighed, denominator, 0.0),
            "weighed": np.where(weighed, value * denominator, 0.0),
        }
    )
    by = parts.groupby("period_start", sort=True)
    table = by[["numerator", "denominator"]].sum(min_count=1)
    table["period_end"] = by["period_end"].max()
    table[TARGETS] = by[TARGETS].mean()
    whole, weight = by["whole"].all().to_numpy(), by["weight"].sum().to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        table["value"] = np.select(
            [
                whole & np.isfinite(scale),
                np.full(len(table), metric.measure_type == "count"),
                (by.size() > 1).to_numpy() & (weight > 0),
            ],
            [
                scale * table["numerator"] / table["denominator"],
                by["value"].sum(min_count=1),
                by["weighed"].sum() / weight,
            ],
            default=by["value"].mean(),
        )
    return table.reset_index()[["period_start", "period_end", "value", "numerator", "denominator", *TARGETS]]


def _cadence(table, metric):
    """How often the metric comes: by the length of its periods, or the time between them, or as it was planned."""
    lengths = (table["period_end"] - table["period_start"]).dt.days + 1
    days = lengths.median() if lengths.notna().any() else table["period_start"].diff().dt.days.median()
    if not days > 0:
        return metric.cadence if metric.cadence in CADENCE_DAYS else "monthly"
    return min(CADENCE_DAYS, key=lambda name: abs(np.log(CADENCE_DAYS[name] / days)))


def _with_gaps(table, cadence):
    """Put a row without a value where a period is missing: nothing may be joined over it."""
    if len(table) < 2:
        return table
    start = table["period_start"]
    if cadence in _MONTHS:
        place = (start.dt.year * 12 + start.dt.month - 1) // _MONTHS[cadence]
    else:
        place = ((start - start.iloc[0]).dt.days / CADENCE_DAYS[cadence]).round().astype(int)
    if place.duplicated().any():
        return table
    whole = range(int(place.iloc[0]), int(place.iloc[-1]) + 1)
    return table.set_index(place.to_numpy()).reindex(whole).reset_index(drop=True)


def support(history, as_of):
    """Say how well the data that exist support a metric.

    Parameters
    ----------
    history : Series
    as_of : datetime.date

    Returns
    -------
    Support
    """
    known = history.table.dropna(subset=["value"])
    if known.empty:
        return Support(0, 0, float("nan"), 0.0, float("nan"))
    interval = CADENCE_DAYS[history.cadence]
    age = float((pd.Timestamp(as_of) - known["period_end"].fillna(known["period_start"]).max()).days)
    first = known["period_start"].min()
    due = max((pd.Timestamp(as_of) - first).days // interval, len(history.table), 1)
    complete = min(len(known) / due, 1.0)
    delay = (history.rows["received_date"] - history.rows["period_end"]).dt.days.median()
    good = len(known) >= FEWEST_POINTS and age <= FRESH_INTERVALS * interval + max(np.nan_to_num(delay), 0)
    return Support(2 if good and complete >= COMPLETE_SHARE else 1, len(known), age, complete, float(delay))
