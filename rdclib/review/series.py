"""One metric of one vendor over time: a regular row of periods, the chart that suits it, and what is missing."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from rdclib import its, spc
from rdclib.observations import ADDITIVE, received_last, summable
from rdclib.review.measure import Measure, measure_of, scaled
from rdclib.review.rows import TARGETS, cut, known_rows, units

# Name, most days between the starts of two periods, and length in days or months.
STEPS = (
    ("day", 2, 1, "D"),
    ("week", 10, 7, "D"),
    ("two-week period", 20, 14, "D"),
    ("month", 45, 1, "M"),
    ("two-month period", 75, 2, "M"),
    ("quarter", 105, 3, "M"),
    ("four-month period", 150, 4, "M"),
    ("half-year", 270, 6, "M"),
    ("year", 500, 12, "M"),
)
FOUR_WEEKS = ("four-week period", 28, 28, "D")
IRREGULAR = "period"  # of a series whose periods have no common length
# A start may lie this share of a step away from where it is expected, such as the first working day of a month.
OFF = 0.3
SEASON = {"month": 12, "quarter": 4, "week": 52}
# Spread between periods beyond this multiple of what binomial or Poisson chance gives calls for Laney's limits,
# or, for plain counts, for an individuals chart.
MORE_THAN_CHANCE = 1.3
# Below so many values no limits can be told: a run chart about the median.
SHORT = 6
_NEVER_NEGATIVE = ("proportion", "rate", "count", "events", "days_between")
# Bowley's skewness above which mean and symmetric limits mislead; (Q3 + Q1 - 2 median) / (Q3 - Q1).
SKEWED = 0.6
# A value off by one of these factors from all others was probably reported in another unit.
UNIT_SLIPS = (100.0, 1000.0, 60.0, 24.0)
SEASON_P = 0.01
LATELY = 12  # periods that the history of a target looks back on
_NUMBERS = ["value", "numerator", "denominator", *TARGETS, "low", "high"]


@dataclass(frozen=True, eq=False)
class Series:
    """One metric of one vendor (or site) over time.

    Parameters
    ----------
    measure : Measure
    vendor_id, vendor_name, site : str
    contract_ids : tuple of str
    step : str
        One of the names of `STEPS`, or `IRREGULAR`.
    table : DataFrame
        One row a period, none left out: ``start``, ``end``, ``value``, ``numerator``, ``denominator``, ``target``,
        ``target_low``, ``target_high`` (the ends of a band), ``low``, ``high`` (as published), ``gap`` (empty, or why
        there is no value: ``missing``, ``late``, ``suppressed``, ``unit``).
    chart : rdclib.spc.Chart
    rebases : tuple of (date, str)
        Day and reason of every new set of limits.
    odd : tuple of (date, float)
        Values that look as if they came in another unit; they are left out.
    autocorrelation : float
        Lag 1, where it is larger than chance allows; nan else.
    seasonal : bool
    adjusted : bool
        The values were adjusted by a model before they came to us.
    delay_days : float
        Median days from the end of a period to the arrival of its value; nan where arrivals are not recorded.
    frozen : int or None
        Periods that give the limits, where they are frozen.
    screen : bool
    notes : tuple of str
    """

    measure: Measure
    vendor_id: str
    vendor_name: str
    site: str
    contract_ids: tuple
    step: str
    table: pd.DataFrame
    chart: spc.Chart
    rebases: tuple
    odd: tuple
    autocorrelation: float
    seasonal: bool
    adjusted: bool
    delay_days: float
    frozen: int | None
    screen: bool
    notes: tuple

    @property
    def label(self):
        """Vendor and site, or the city as a whole."""
        return " · ".join(part for part in (self.vendor_name or self.vendor_id, self.site) if part) or "All"

    @cached_property
    def latest(self):
        """The last row with a value, or None."""
        known = np.flatnonzero(self.table["value"].notna().to_numpy())
        return self.table.iloc[known[-1]] if len(known) else None

    @cached_property
    def target_history(self):
        """Of the last twelve periods with a result and a target: how many met it, and how many there are."""
        met = self.chart.met[np.isfinite(self.chart.met)][-LATELY:]
        return int(met.sum()), len(met)

    def said_on(self, day):
        """What the chart said of its latest point on an earlier day, with what was known then; empty without one."""
        then = self.table[(self.table["end"] <= pd.Timestamp(day)) & self.table["value"].notna()]
        if then.empty:
            return ""
        count = int(then.index[-1]) + 1
        segment = self.chart.segment[:count]
        rebase = (np.flatnonzero(np.diff(segment)) + 1).tolist()
        chart, _ = draw(self.measure, self.table.iloc[:count], baseline=self.frozen, rebase=rebase, screen=self.screen)
        return chart.variation

    @cached_property
    def missing(self):
        """Periods without a value between the first and the last, for whatever reason."""
        return int((self.table["gap"].isin(["missing", "suppressed", "unit"])).sum())

    @cached_property
    def late(self):
        """Periods at the end that were over on the day of the review and had no value yet."""
        return int((self.table["gap"] == "late").sum())


@dataclass(frozen=True)
class ScheduledTarget:
    """What the metric schedule wants of one metric, and of whom.

    Parameters
    ----------
    ends : (float, float, float)
        One number, or the two ends of a band; the rest nan.
    contract_ids : tuple of str
        The contracts that the target belongs to; no other contract is held against it.
    """

    ends: tuple
    contract_ids: tuple


def all_series(records, choices, targets=None):
    """Every metric of every vendor as a `Series`.

    Parameters
    ----------
    records : rdclib.records.Records
    choices : rdclib.choices.Review
    targets : dict of str to ScheduledTarget, optional
        Targets of the metric schedule by metric id, for observations that carry none.

    Returns
    -------
    tuple of Series
        In the order of metric ids and vendors' names; without observations an empty tuple.
    """
    ends = _contract_ends(records)
    vendors = _sole_contracts(records)
    series = []
    for metric_id, rows in cut(known_rows(records), "metric_id"):
        measure = measure_of(metric_id, records.facts)
        additive = measure.measure_type in ADDITIVE
        if additive:
            rows = summable(rows)
        for site, unit in units(rows, additive):
            if metric_id in (targets or {}) and np.isnan(unit[TARGETS].to_numpy()).all():
                unit = _with_target(unit, targets[metric_id], vendors)
            series.append(_series(measure, site, unit, records, choices, ends))
    return tuple(sorted(series, key=lambda s: (s.measure.id, s.label.casefold())))


def measured(records):
    """What there is to choose from: metrics and vendors with results.

    Parameters
    ----------
    records : rdclib.records.Records

    Returns
    -------
    (tuple of Measure, tuple of str)
        Metrics in the order of their ids, vendors by name.
    """
    rows = known_rows(records)
    names = rows["vendor_name"].fillna(rows["vendor_id"]).dropna()
    measures = tuple(measure_of(metric_id, records.facts) for metric_id in sorted(rows["metric_id"].unique()))
    return measures, tuple(sorted(names.unique()))


def target_of(chart):
    """The target that holds for the last period: its two ends, equal unless it is a band; nan without a target."""
    if chart.target is None:
        return np.nan, np.nan
    low, high = chart.wanted[:, -1]
    return float(low), float(high)


def is_vendor(named, vendor_id, vendor_name):
    """Whether a vendor named in a decision (by id or name; empty means every one) is this one."""
    return not named or named.casefold() in (vendor_id.casefold(), vendor_name.casefold())


def _series(measure, site, rows, records, choices, ends):
    notes = []
    starts = rows["period_start"].to_numpy()
    if rows["again"].any() or (starts[1:] == starts[:-1]).any():
        notes.append("Some values were reported more than once for a period: the one received last counts.")
    if not (starts[1:] > starts[:-1]).all():
        rows = received_last(rows, ["period_start"]).sort_values("period_start")
    measure = scaled(measure, rows)
    vendor_id, vendor_name = (_text(rows[name].iat[-1]) for name in ("vendor_id", "vendor_name"))
    contracts = tuple(dict.fromkeys(_known(rows["contract_id"])))
    step, columns = _grid(rows, _until(records, contracts, ends))
    table, odd, unlike = _values(measure, columns)
    if unlike:
        notes.append("Some reported values differ from numerator / denominator, which are used.")
    if odd:
        notes.append("Values that look as if they were in another unit are left out until confirmed.")

    def named(decision):
        return is_vendor(decision.vendor, vendor_id, vendor_name)

    rebases = sorted((r.date, r.reason) for r in choices.rebases if r.metric_id == measure.id and named(r))
    places = [int(np.searchsorted(table["start"].to_numpy(), np.datetime64(day))) for day, _ in rebases]
    inside = [0 < place < len(table) for place in places]
    rebases = tuple(rebase for rebase, ok in zip(rebases, inside, strict=True) if ok)
    places = [place for place, ok in zip(places, inside, strict=True) if ok]
    freeze = [f.periods for f in choices.freezes if f.metric_id == measure.id and named(f)]
    frozen = freeze[-1] if freeze else None
    chart, said = draw(measure, table, baseline=frozen, rebase=places, screen=choices.screen)
    notes += said
    if step == IRREGULAR:
        notes.append("The periods have no common length: the series is irregular, and missing periods are not known.")
    notes += [f"New limits from {day:%B} {day.day}, {day.year}: {reason}" for day, reason in rebases]
    if frozen:
        notes.append(f"The limits are those of the first {frozen} periods (of each part, where there are new limits).")
    newest = table["value"].to_numpy()[chart.segment == chart.segment.max(initial=0)]
    r, allowed = spc.autocorrelation(newest)
    autocorrelation = r if np.isfinite(r) and r > allowed else np.nan
    season = SEASON.get(step)
    p = its.seasonality(table["value"], season) if season else np.nan
    if np.isfinite(autocorrelation):
        notes.append(
            "Each period resembles the one before (autocorrelation), so signals come too often: look at the size first."
        )
    if p < SEASON_P:
        notes.append("The series has a season: compare with the same time of last year.")
    published = (~np.isnan(rows["low"].to_numpy()) & ~np.isnan(rows["high"].to_numpy())).any()
    delays = _days(rows["received_date"].to_numpy() - rows["period_end"].to_numpy())
    return Series(
        measure,
        vendor_id,
        vendor_name,
        site,
        contracts,
        step,
        table,
        chart,
        rebases,
        odd,
        autocorrelation,
        bool(p < SEASON_P),
        bool(published or rows["adjusted"].any()),
        float(np.median(delays)) if len(delays := delays[~np.isnan(delays)]) else np.nan,
        frozen,
        choices.screen,
        tuple(notes),
    )


def draw(measure, table, *, baseline=None, rebase=(), screen=False):
    """The chart that suits a metric, and remarks on the choice.

    Parameters
    ----------
    measure : Measure
    table : DataFrame
        As in `Series`.
    baseline, rebase, screen
        As for `rdclib.spc.xmr`.

    Returns
    -------
    (rdclib.spc.Chart, list of str)
    """
    values, count, size = (table[name].to_numpy(float) for name in ("value", "numerator", "denominator"))
    target, direction, notes = _target(measure, table)
    options = {"baseline": baseline, "rebase": rebase, "direction": direction, "target": target}
    kind = measure.measure_type
    below_zero = bool((values < 0).any())
    if below_zero and kind in _NEVER_NEGATIVE:
        notes.append("Some values are below zero, which nothing of this kind can be: check them.")
    parts = ~np.isnan(count) & (size > 0)
    whole = parts.any() and (parts | np.isnan(values)).all() and not (count < 0).any()
    count, size = (np.where(np.isfinite(values), part, np.nan) for part in (count, size))
    if 0 < np.isfinite(values).sum() < SHORT:
        chart = wide = spc.run_chart(values, direction=direction, target=target)
    elif kind == "proportion" and whole and not (count > size).any():
        chart = spc.p_chart(count, size, exact=True, **options)
        wide = spc.p_chart(count, size, prime=True, **options)
    elif kind == "rate" and whole:
        chart = spc.u_chart(count, size / measure.scale, exact=True, **options)
        wide = spc.u_chart(count, size / measure.scale, prime=True, **options)
    elif kind == "count" and _whole_numbers(values):
        chart = spc.c_chart(values, exact=True, **options)
        wide = spc.xmr(values, screen=screen, **options)
    elif kind == "events" and not below_zero:
        chart = wide = spc.g_chart(values, exact=_whole_numbers(values), **options)
    elif kind == "days_between" and not below_zero:
        chart = wide = spc.t_chart(values, **options)
    elif _skewed(values):
        chart = wide = spc.run_chart(values, direction=direction, target=target)
        notes.append("The values are very uneven: a run chart about the median, without limits.")
    else:
        chart = wide = spc.xmr(values, screen=screen, **options)
    if chart.kind == "t" and kind in ("proportion", "rate", "count"):
        between = "cases" if kind == "proportion" else "time"
        notes.append(
            f"Rare events (fewer than {spc.RARE_COUNT:g} expected in a typical period): a period counts as a "
            f"significant change when it has too many at once, or by the {between} between events."
        )
    elif wide is not chart and _width(wide) > MORE_THAN_CHANCE * _width(chart):
        notes.append(f"Periods differ by more than counting chance: {wide.kind} limits in place of {chart.kind}.")
        chart = wide
    if chart.n and not np.isfinite(chart.upper).any() and chart.kind != "run":
        notes.append(f"{chart.note} Run chart about the median instead.")
        chart = spc.run_chart(values, direction=direction, target=target)
    return chart, notes


def _grid(rows, until):
    """Columns with a place for every period from the first to the last that was over on the day of the review."""
    begun, over = rows["period_start"].to_numpy(), rows["period_end"].to_numpy()
    starts = begun.astype("datetime64[D]")
    gaps = _days(np.diff(starts))
    own = _days(over - begun) + 1
    # Where months are missing the starts lie apart; where periods run from the year's start they overlap.
    typical = min((np.median(part) for part in (gaps[gaps > 0], own[~np.isnan(own)]) if len(part)), default=30)
    step, _, size, unit = next((s for s in STEPS if typical <= s[1]), STEPS[-1])
    if typical == 28 and step == "month" and len({day.day for day in starts.tolist()}) > 3:
        step, _, size, unit = FOUR_WEEKS
    place = (starts.astype(f"datetime64[{unit}]") - starts[0].astype(f"datetime64[{unit}]")).astype(int) // size
    count = int(place[-1]) + 1
    # Periods that were over by the day of the review, up to a year of them, are late.
    begins = _begins(starts[0], unit, size, count + 13)
    ends = begins[1:] - np.timedelta64(1, "D")
    late = int((ends[count:] <= until.to_datetime64()).sum())
    if _irregular(starts, begins[place], place, gaps, size if unit == "D" else size * 30):
        step, place, count, late = IRREGULAR, np.arange(len(starts)), len(starts), 0
        begins = starts
        # Without a last day of its own a period lasts until the next one begins.
        following = np.append(starts[1:], starts[-1] + np.timedelta64(int(typical), "D")) - np.timedelta64(1, "D")
        ends = np.where(np.isnat(over), following, over.astype("datetime64[D]"))
    columns = {"start": begins[: count + late].astype("datetime64[us]")}
    columns["end"] = ends[: count + late].astype("datetime64[us]")
    for name in _NUMBERS:
        columns[name] = np.full(count + late, np.nan)
        columns[name][place] = rows[name].to_numpy(float)  # of two rows in one period the later one stays
    suppressed = np.zeros(count + late, bool)
    suppressed[place] = rows["suppressed"].to_numpy(bool, na_value=False)
    for name in ("value", "numerator", "denominator"):
        columns[name][suppressed] = np.nan
    gap = np.full(count + late, "", object)
    gap[count:] = "late"
    gap[suppressed] = "suppressed"
    return step, columns | {"gap": gap}


def _irregular(starts, expected, place, gaps, length):
    """Whether periods follow no common length: two in one place, or many far from where they should begin.

    Starts that lie within a place, as of vendors that report on different days, are of one step all the same.
    """
    if len(starts) < 3 or not (gaps > 0).all():
        return False
    crowded = (np.diff(place) == 0).any()
    away = np.abs(_days(starts - expected)) > max(OFF * length, 3)
    return bool(crowded or away.mean() > 0.2)


def _days(spans):
    """Whole days of spans of time; nan where one is missing."""
    return np.floor(spans / np.timedelta64(1, "D"))


def _begins(first, unit, size, count):
    """First days of consecutive periods; a month too short for the day begins with its last one."""
    places = np.arange(count) * size
    if unit == "D":
        return first + places
    months = first.astype("datetime64[M]") + places
    day_of_month = first - first.astype("datetime64[M]").astype("datetime64[D]")
    last = (months + 1).astype("datetime64[D]") - 1
    return np.minimum(months.astype("datetime64[D]") + day_of_month, last)


def _values(measure, columns):
    """Values from numerators and denominators where they are there; shares between 0 and 1; odd units left out.

    Returns
    -------
    (DataFrame, tuple of (date, float), int)
        A series' table, values that look as if in another unit, and how many contradict their counts.
    """
    columns, gap, reported = columns.copy(), columns["gap"].copy(), columns["value"]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(columns["denominator"] > 0, columns["denominator"], np.nan)
        computed = columns["numerator"] / size * measure.scale
    share = measure.kind == "share"
    per_line = measure.measure_type in ("proportion", "rate", "ratio") or share
    known = np.isfinite(reported)
    if share:
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = 100.0 if _in_percent(reported[known], (reported / computed)[known]) else 1.0
        reported = reported / factor
        columns["low"], columns["high"] = columns["low"] / factor, columns["high"] / factor
    elif measure.measure_type in ADDITIVE and not np.isfinite(size).any():
        reported = np.where(known, reported, columns["numerator"])
    first, second = (computed, reported) if per_line else (reported, computed)
    values = np.where(np.isfinite(first), first, second)
    allowed = np.maximum(0.01 * np.maximum(np.abs(computed), 0.01 * measure.scale), _rounding(reported))
    unlike = np.abs(computed - reported) > allowed
    if share:
        for name in TARGETS:
            columns[name] = _as_share(columns[name], values, percent=factor > 1 or not known.any())
    odd = _odd_units(values)
    found = tuple((columns["start"][i].item().date(), float(values[i])) for i in odd)
    columns |= {"value": values, "gap": gap}
    for name in ("value", "numerator", "denominator"):
        columns[name][odd] = np.nan
    gap[odd] = "unit"
    gap[~np.isfinite(values) & (gap == "")] = "missing"
    return pd.DataFrame(columns), found, int(unlike.sum()) if per_line else 0


def _rounding(values):
    """Half of the last decimal that reported values have, and a little for how numbers are held."""
    known = values[np.isfinite(values)]
    for decimals in range(6):
        if np.allclose(known, np.round(known, decimals), rtol=0, atol=1e-9):
            return 0.51 * 10.0**-decimals
    return 0.0


def _in_percent(values, to_counts):
    """Whether shares arrived as 82 and not as 0.82: as their counts tell, or else as most of them must be meant."""
    to_counts = to_counts[np.isfinite(to_counts)]
    if len(to_counts):
        return float(np.median(to_counts)) > 10
    size = np.abs(values)
    return len(size) > 0 and bool(np.median(size) > 1.5 or (np.median(size) > 1 and size.max() > 1.5))


def _as_share(targets, values, *, percent):
    """Targets of a share, where they are above 1.5 or (among percentages) nearer to the values so, divided by 100."""
    large = np.abs(targets) > 1.5
    if (percent or large.any()) and np.isfinite(values).any():
        middle = np.nanmedian(values)
        with np.errstate(divide="ignore", invalid="ignore"):
            large |= np.abs(np.log(targets / 100 / middle)) < np.abs(np.log(targets / middle))
    return np.where(large, targets / 100, targets)


def _odd_units(values):
    """Positions of values that are a unit's factor away from all others, and by nothing else outside their range."""
    positive = np.flatnonzero(np.isfinite(values) & (values > 0))
    if not len(positive) or values[positive].max() <= 5 * values[positive].min():
        return []  # as most series are: none can be outside a fifth to five times of the others
    odd = []
    for place in positive:
        others = np.delete(values, place)
        others = others[np.isfinite(others) & (others > 0)]
        if len(others) < 6:
            continue
        low, high = np.quantile(others, [0.1, 0.9])
        v = values[place]
        if low / 5 <= v <= high * 5:
            continue
        if any(low / 1.25 <= w <= high * 1.25 for f in UNIT_SLIPS for w in (v * f, v / f)):
            odd.append(int(place))
    return odd


def _target(measure, table):
    """Target by period (the last known one goes on), the direction that goes with it, and remarks."""
    direction, notes = measure.direction, []
    target, low, high = (_carried(table[name].to_numpy(float)) for name in TARGETS)
    one, lower, upper = (len(column) > 0 and bool(np.isfinite(column[0])) for column in (target, low, high))
    if direction in ("band", "closer to") and lower and upper:
        return _level(np.sort([low, high], axis=0)), "band", notes
    if direction == "band" and not one and (lower or upper):
        notes.append(f"Of the target band only the {'lower' if lower else 'upper'} end is given: it is the target.")
        return _level(low if lower else high), "higher" if lower else "lower", notes
    if direction == "band" and one:
        notes.append("One target is given for a metric with a target band: nearer to it counts as better.")
    elif lower or upper:
        words = "context" if direction == "neutral" else direction
        notes.append(f"The ends of a target band are not used, since the metric's direction is “{words}”.")
    if not one:
        return None, direction, notes
    return _level(target), "closer" if direction in ("band", "closer to") else direction, notes


def _carried(values):
    """The first known value carried back, every other one on: all of them known, or none."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return values
    newest = np.searchsorted(known, np.arange(len(values)), side="right") - 1
    return values[known[np.maximum(newest, 0)]]


def _level(target):
    """The same target in every period as one number (or two ends)."""
    return target[..., 0] if np.all(target == target[..., :1]) else target


def _until(records, contracts, ends):
    """The last day for which data can be expected: today, or the end of the contract."""
    day = pd.Timestamp(records.as_of)
    known = [ends[c] for c in contracts if c in ends]
    return min(day, max(known)) if known and len(known) == len(contracts) else day


def _with_target(rows, target, vendors):
    """Rows with a target of the schedule where they belong to one of its contracts."""
    theirs = rows["contract_id"].isin(target.contract_ids)
    # Results that name no contract belong to the vendor's only one.
    theirs |= rows["contract_id"].isna() & rows["vendor_key"].map(vendors).isin(target.contract_ids)
    return rows.assign(**{name: np.where(theirs, end, np.nan) for name, end in zip(TARGETS, target.ends, strict=True)})


def _sole_contracts(records):
    """The contract of each vendor, by its id and its name, that has exactly one."""
    contracts = records.contracts
    if contracts is None or not len(contracts):
        return {}
    pairs = pd.concat([contracts.set_index(name)["contract_id"] for name in ("vendor_id", "vendor_name")])
    pairs = pairs[pairs.index.notna()]
    return pairs.groupby(level=0).first()[pairs.groupby(level=0).nunique() == 1].to_dict()


def _contract_ends(records):
    contracts = records.contracts
    if contracts is None or not len(contracts):
        return {}
    return contracts.dropna(subset=["end_date"]).set_index("contract_id")["end_date"].to_dict()


def _skewed(values):
    known = values[np.isfinite(values)]
    if len(known) < 12:
        return False
    q1, middle, q3 = np.quantile(known, [0.25, 0.5, 0.75])
    return q3 > q1 and (q3 + q1 - 2 * middle) / (q3 - q1) > SKEWED


def _whole_numbers(values):
    known = values[np.isfinite(values)]
    return len(known) > 0 and bool(np.all(known >= 0) and np.all(known == np.round(known)))


def _width(chart):
    reach = (chart.upper - chart.center)[np.isfinite(chart.upper)]
    # Limits cut off at 0 or 1 would hide how wide they are: compare the wider side.
    below = (chart.center - chart.lower)[np.isfinite(chart.lower)]
    return float(np.median(np.maximum(reach, below))) if len(reach) else np.nan


def _known(texts):
    """The texts of a column that are there."""
    return texts[texts.notna().to_numpy()].tolist()


def _text(value):
    return "" if pd.isna(value) else str(value)
