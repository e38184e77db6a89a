"""One metric of one vendor over time: a regular row of periods, the chart that suits it, and what is missing."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rdclib import its, spc
from rdclib.catalogue import load_metrics

# Name, most days between the starts of two periods, and length (in days for day and week, else in months).
STEPS = (
    ("day", 2, 1),
    ("week", 10, 7),
    ("month", 45, 1),
    ("quarter", 135, 3),
    ("half-year", 270, 6),
    ("year", 500, 12),
)
SEASON = {"month": 12, "quarter": 4, "week": 52}
# Spread between periods beyond this multiple of what binomial or Poisson chance gives calls for Laney's limits,
# or, for plain counts, for an individuals chart.
MORE_THAN_CHANCE = 1.3
# Below so many values no limits can be told: a run chart about the median.
SHORT = 6
# Bowley's skewness above which mean and symmetric limits mislead; (Q3 + Q1 - 2 median) / (Q3 - Q1).
SKEWED = 0.6
# A value off by one of these factors from all others was probably reported in another unit.
UNIT_SLIPS = (100.0, 1000.0, 60.0, 24.0)
SEASON_P = 0.01
# Measures that may be added up over sites and groups as they are.
ADDITIVE = ("count", "amount")
# What of the observations results are made of.
_TEXT = (
    "metric_id",
    "vendor_key",
    "vendor_id",
    "vendor_name",
    "contract_id",
    "site",
    "stratum",
    "stratum_kind",
)
_USED = [
    *_TEXT,
    *("period_start", "period_end", "received_date", "value", "numerator", "denominator", "low", "high"),
    *("target", "target_low", "target_high", "adjusted", "suppressed"),
]
_TARGETS = ["target", "target_low", "target_high"]
_NUMBERS = ["value", "numerator", "denominator", *_TARGETS, "low", "high"]


@dataclass(frozen=True)
class Measure:
    """What is measured: a metric of the city's own list or of the catalogue."""

    id: str
    name: str
    unit: str = ""
    measure_type: str = ""
    direction: str = "context"
    layer: str = ""
    timing: str = ""
    duty: str = ""
    definition: str = ""
    kind: str = "number"  # how its values are printed: share, days, money, ratio or number
    scale: float = 1.0  # numerator / denominator times this is the value
    expected: bool = False  # the denominator is how many events were expected, as in observed / expected


@dataclass(frozen=True, eq=False)
class Series:
    """One metric of one vendor (or site) over time.

    Parameters
    ----------
    measure : Measure
    vendor_id, vendor_name, site : str
    contract_ids : tuple of str
    step : str
        ``day``, ``week``, ``month``, ``quarter``, ``half-year`` or ``year``.
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

    @property
    def latest(self):
        """The last row with a value, or None."""
        known = self.table[self.table["value"].notna()]
        return known.iloc[-1] if len(known) else None

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

    @property
    def missing(self):
        """Periods without a value between the first and the last, for whatever reason."""
        return int((self.table["gap"].isin(["missing", "suppressed", "unit"])).sum())

    @property
    def late(self):
        """Periods at the end that were over on the day of the review and had no value yet."""
        return int((self.table["gap"] == "late").sum())


def measure_of(metric_id, facts):
    """The metric behind an id: the city's own first, then the catalogue, else the bare id."""
    for metric in (*facts.metrics, *load_metrics()):
        if metric.id == metric_id:
            kind, scale = _unit(metric.unit, metric.measure_type)
            return Measure(
                metric.id,
                metric.name,
                metric.unit,
                metric.measure_type,
                _direction(metric.direction),
                metric.layer,
                metric.timing,
                metric.duty,
                metric.definition,
                kind,
                scale,
                "expected" in metric.denominator.lower(),
            )
    return Measure(str(metric_id), str(metric_id))


def all_series(records, choices, targets=None):
    """Every metric of every vendor as a `Series`.

    Parameters
    ----------
    records : rdclib.records.Records
    choices : rdclib.choices.Review
    targets : dict of str to (float, float, float), optional
        Targets of the metric schedule (one number, or the two ends of a band; the rest nan), for observations that
        carry none.

    Returns
    -------
    tuple of Series
        In the order of metric ids and vendors' names; without observations an empty tuple.
    """
    seen = known_rows(records)
    if not len(seen):
        return ()
    ends = _contract_ends(records)
    series = []
    for metric_id, rows in seen.groupby("metric_id", sort=True):
        measure = measure_of(metric_id, records.facts)
        additive = measure.measure_type in ADDITIVE
        if additive:
            rows = rows.assign(numerator=rows["numerator"].fillna(rows["value"]))
        for (_, site), unit in _units(rows, additive):
            if metric_id in (targets or {}) and unit[_TARGETS].isna().all(axis=None):
                unit = unit.assign(**dict(zip(_TARGETS, targets[metric_id], strict=True)))
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


def known_rows(records, *, undated=False):
    """Observations of periods that were over on the day of the review, with a key for the vendor.

    Parameters
    ----------
    records : rdclib.records.Records
    undated : bool
        Take rows without any date as of the period under review; a series has no place for them.
    """
    rows = records.observations
    start, end = rows["period_start"], rows["period_end"]
    if undated:
        none = start.isna() & end.isna()
        start = start.mask(none, pd.Timestamp(records.period.start))
        end = end.mask(none, pd.Timestamp(records.as_of))
    rows = rows.assign(period_start=start, period_end=end)
    over = end.fillna(start) <= pd.Timestamp(records.as_of)
    rows = rows[over & rows["metric_id"].notna() & start.notna()].copy()
    rows["vendor_key"] = rows["vendor_id"].fillna(rows["vendor_name"]).fillna("")
    # They will be cut apart hundreds of times: only with the columns that are used, and text as plain objects.
    return rows[_USED].astype(dict.fromkeys(_TEXT, object))


def scaled(measure, rows):
    """The measure with the factor between numerator / denominator and value that the data itself shows.

    A city may give 11 per 2.075 thousand contacts or 11 per 2,075 contacts for the same "per 1,000".
    """
    there = rows["value"].notna() & (rows["numerator"] > 0) & (rows["denominator"] > 0)
    if measure.kind == "share" or not there.any():
        return measure
    own = rows[there]
    factor = float((own["value"] / (own["numerator"] / own["denominator"])).median())
    power = 10.0 ** round(np.log10(factor)) if factor > 0 else np.nan
    fits = abs(factor / power - 1) < 0.05 if np.isfinite(power) else False
    return replace(measure, scale=power) if fits else measure


def one_row_a_period(rows, keys):
    """Rows of a period that was reported again are replaced by the one received last."""
    return rows.sort_values("received_date", kind="stable", na_position="first").drop_duplicates(keys, keep="last")


def totals(rows, additive=False):
    """What a vendor's rows come to in each period: the whole, else the sum over its strata.

    Parameters
    ----------
    rows : DataFrame
    additive : bool
        Counts and amounts may be added up without denominators.
    """
    whole = rows[rows["stratum"].isna()]
    parts = rows[rows["stratum"].notna()]
    parts = parts[~parts["period_start"].isin(whole["period_start"])]
    if parts.empty:
        return whole
    # Strata of several kinds (by age, by district) each add up to the whole: one kind is enough.
    kinds = parts["stratum_kind"].fillna("")
    known = parts["numerator"].notna() & (parts["denominator"].notna() | additive)
    parts = parts[(kinds == kinds.mode().iloc[0]) & known]
    return pd.concat([whole, _added(parts)]) if len(parts) else whole


def target_of(chart):
    """The target that holds for the last period: its two ends, equal unless it is a band; nan without a target."""
    if chart.target is None:
        return np.nan, np.nan
    low, high = chart.wanted[:, -1]
    return float(low), float(high)


def match(series_or_row, vendor):
    """Whether a vendor named in a decision (by id or name; empty means every one) is this one."""
    if not vendor:
        return True
    return vendor.casefold() in (str(series_or_row.vendor_id).casefold(), str(series_or_row.vendor_name).casefold())


def _units(rows, additive):
    """Rows by vendor and site; a vendor's sites are added up where they have numerators and denominators."""

    def adds_up(part):
        return part["numerator"].notna().all() and (additive or part["denominator"].notna().all())

    for vendor, own in rows.groupby("vendor_key", sort=True):
        sites = own["site"].fillna("")
        if sites.nunique() > 1 and adds_up(own):
            if (sites == "").any():
                yield (vendor, ""), totals(own[sites == ""], additive)
                continue
            own = one_row_a_period(own, ["site", "stratum_kind", "stratum", "period_start", "contract_id"])
            yield (vendor, ""), _added(pd.concat([totals(part, additive) for _, part in own.groupby(sites)]))
            continue
        for site, part in own.groupby(sites, sort=True):
            part = totals(part, additive)
            contracts = part.groupby("contract_id")["period_start"]
            overlap = part[part["contract_id"].notna()].duplicated("period_start").any() and contracts.ngroups > 1
            if overlap and adds_up(part):
                part = _added(part)
            if len(part):
                yield (vendor, site), part


def _added(rows):
    """One row a period with the sums above and below the line; the value follows from them."""
    grouped = rows.groupby("period_start", sort=True)
    added = grouped.last().reset_index()
    for column in ("numerator", "denominator"):
        added[column] = grouped[column].sum(min_count=1).to_numpy()
    added["value"] = np.nan
    return added.reindex(columns=rows.columns)


def _series(measure, site, rows, records, choices, ends):
    again = int(rows.duplicated("period_start").sum())
    rows = one_row_a_period(rows, ["period_start"]).sort_values("period_start")
    measure = scaled(measure, rows)
    notes = []
    if again:
        notes.append("Some values were reported more than once for a period: the one received last counts.")
    first = rows.iloc[-1]
    vendor_id, vendor_name = _text(first["vendor_id"]), _text(first["vendor_name"])
    contracts = tuple(rows["contract_id"].dropna().unique())
    step, table = _grid(rows, measure, _until(records, contracts, ends))
    table, odd, unlike = _values(measure, table)
    if unlike:
        notes.append("Some reported values differ from numerator / denominator, which are used.")
    if odd:
        notes.append("Values that look as if they were in another unit are left out until confirmed.")
    who = pd.Series({"vendor_id": vendor_id, "vendor_name": vendor_name})
    rebases = sorted((r.date, r.reason) for r in choices.rebases if r.metric_id == measure.id and match(who, r.vendor))
    places = [int(np.searchsorted(table["start"].to_numpy(), np.datetime64(day))) for day, _ in rebases]
    inside = [0 < place < len(table) for place in places]
    rebases = tuple(rebase for rebase, ok in zip(rebases, inside, strict=True) if ok)
    places = [place for place, ok in zip(places, inside, strict=True) if ok]
    freeze = [f.periods for f in choices.freezes if f.metric_id == measure.id and match(who, f.vendor)]
    frozen = freeze[-1] if freeze else None
    chart, said = draw(measure, table, baseline=frozen, rebase=places, screen=choices.screen)
    notes += said
    notes += [f"New limits from {day:%B} {day.day}, {day.year}: {reason}" for day, reason in rebases]
    if frozen:
        notes.append(f"The limits are those of the first {frozen} periods (of each part, where there are new limits).")
    last = table["value"].to_numpy()[chart.segment == chart.segment.max(initial=0)]
    r, allowed = spc.autocorrelation(last)
    autocorrelation = r if np.isfinite(r) and r > allowed else np.nan
    season = SEASON.get(step)
    p = its.seasonality(table["value"], season) if season else np.nan
    if np.isfinite(autocorrelation):
        notes.append(
            "Each period resembles the one before (autocorrelation), so signals come too often: look at the size first."
        )
    if p < SEASON_P:
        notes.append("The series has a season: compare with the same time of last year.")
    adjusted = bool((rows["adjusted"].fillna(False) | (rows["low"].notna() & rows["high"].notna())).any())
    delay = (rows["received_date"] - rows["period_end"]).dt.days.median()
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
        adjusted,
        float(delay),
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
    values = table["value"].to_numpy(float)
    target, direction, notes = _target(measure, table)
    options = {"baseline": baseline, "rebase": rebase, "direction": direction, "target": target}
    kind = measure.measure_type
    parts = table["numerator"].notna() & (table["denominator"] > 0)
    whole = parts.any() and bool((parts | np.isnan(values)).all())
    count, size = (table[c].where(np.isfinite(values)).to_numpy(float) for c in ("numerator", "denominator"))
    if 0 < np.isfinite(values).sum() < SHORT:
        chart = wide = spc.run_chart(values, direction=direction, target=target)
    elif kind == "proportion" and whole and not (count > size).any():
        chart = spc.p_chart(count, size, **options)
        wide = spc.p_chart(count, size, prime=True, **options)
    elif kind == "rate" and whole:
        chart = spc.u_chart(count, size / measure.scale, **options)
        wide = spc.u_chart(count, size / measure.scale, prime=True, **options)
    elif kind == "count" and _whole_numbers(values):
        chart = spc.c_chart(values, **options)
        wide = spc.xmr(values, screen=screen, **options)
    elif kind == "events":
        chart = wide = spc.g_chart(values, **options)
    elif kind == "days_between":
        chart = wide = spc.t_chart(values, **options)
    elif _skewed(values):
        chart = wide = spc.run_chart(values, direction=direction, target=target)
        notes.append("The values are very uneven: a run chart about the median, without limits.")
    else:
        chart = wide = spc.xmr(values, screen=screen, **options)
    if wide is not chart and _width(wide) > MORE_THAN_CHANCE * _width(chart):
        notes.append(f"Periods differ by more than counting chance: {wide.kind} limits in place of {chart.kind}.")
        chart = wide
    if chart.n and not np.isfinite(chart.upper).any() and chart.kind != "run":
        notes.append(f"{chart.note} Run chart about the median instead.")
        chart = spc.run_chart(values, direction=direction, target=target)
    return chart, notes


def _grid(rows, measure, until):
    """A row for every period from the first to the last that was over on the day of the review."""
    starts = rows["period_start"].dt.normalize()
    gaps = starts.drop_duplicates().diff().dt.days.dropna()
    own = ((rows["period_end"] - rows["period_start"]).dt.days + 1).dropna()
    # Where months are missing the starts lie apart; where periods run from the year's start they overlap.
    typical = min((part.median() for part in (gaps, own) if len(part)), default=30)
    step, _, size = next((s for s in STEPS if typical <= s[1]), STEPS[-1])
    first = starts.iloc[0]
    if step in ("day", "week"):
        index = (starts - first).dt.days // size
    else:
        index = ((starts.dt.year - first.year) * 12 + starts.dt.month - first.month) // size
    count = int(index.iloc[-1]) + 1
    # Periods that were over by the day of the review, up to a year of them, are late.
    begins = _begins(first, step, size, count + 13)
    ends = begins[1:] - np.timedelta64(1, "D")
    late = int((ends[count:] <= until.to_datetime64()).sum())
    place = index.to_numpy()  # rows come in order of time: of two in one period the later one stays
    columns = {"start": begins[: count + late].astype("datetime64[us]")}
    columns["end"] = ends[: count + late].astype("datetime64[us]")
    for name in _NUMBERS:
        columns[name] = np.full(count + late, np.nan)
        columns[name][place] = rows[name].to_numpy(float)
    suppressed = np.zeros(count + late, bool)
    suppressed[place] = rows["suppressed"].fillna(False).to_numpy(bool)
    for name in ("value", "numerator", "denominator"):
        columns[name][suppressed] = np.nan
    columns["gap"] = np.where(suppressed, "suppressed", np.where(np.arange(count + late) >= count, "late", ""))
    return step, pd.DataFrame(columns)


def _begins(first, step, size, count):
    """First days of consecutive periods; a month too short for the day begins with its last one."""
    places = np.arange(count) * size
    if step in ("day", "week"):
        return np.datetime64(first.date(), "D") + places
    months = np.datetime64(first.date(), "M") + places
    next_months = (months + 1).astype("datetime64[D]")
    return np.minimum(months.astype("datetime64[D]") + (first.day - 1), next_months - 1)


def _values(measure, table):
    """Values from numerators and denominators where they are there; shares between 0 and 1; odd units left out."""
    columns = {name: table[name].to_numpy(float).copy() for name in _NUMBERS}
    gap = table["gap"].to_numpy(object).copy()
    reported = columns["value"]
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
        for name in _TARGETS:
            columns[name] = _as_share(columns[name], values, percent=factor > 1 or not known.any())
    odd = _odd_units(values)
    found = tuple((table["start"].iloc[i].date(), float(values[i])) for i in odd)
    columns["value"] = values
    for name in ("value", "numerator", "denominator"):
        columns[name][odd] = np.nan
    gap[odd] = "unit"
    gap[~np.isfinite(values) & (gap == "")] = "missing"
    made = pd.DataFrame({"start": table["start"], "end": table["end"], **columns, "gap": gap})
    return made, found, int(unlike.sum()) if per_line else 0


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
    target, low, high = (table[name].ffill().bfill().to_numpy(float) for name in _TARGETS)
    # The first known value is carried back, the last one on: a column is empty or full.
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


def _level(target):
    """The same target in every period as one number (or two ends)."""
    return target[..., 0] if np.all(target == target[..., :1]) else target


def _until(records, contracts, ends):
    """The last day for which data can be expected: today, or the end of the contract."""
    day = pd.Timestamp(records.as_of)
    known = [ends[c] for c in contracts if c in ends]
    return min(day, max(known)) if known and len(known) == len(contracts) else day


def _contract_ends(records):
    contracts = records.contracts
    if contracts is None or not len(contracts):
        return {}
    return contracts.dropna(subset=["end_date"]).set_index("contract_id")["end_date"].to_dict()


def _unit(unit, measure_type):
    """How a unit is printed, and what numerator / denominator is multiplied with."""
    text = unit.strip().lower()
    if text in ("%", "share", "percent") or (measure_type == "proportion" and not text):
        return "share", 1.0
    per = re.search(r"per ([\d,]+)", text)
    scale = float(per.group(1).replace(",", "")) if per else 1.0
    if text == "$":
        return "money", scale
    if text == "days":
        return "days", scale
    if text == "ratio":
        return "ratio", scale
    return "number", scale


def _direction(words):
    words = words.strip().lower()
    if words == "band" or "band" in words:
        return "band"
    return "neutral" if words in ("context", "") else words


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


def _text(value):
    return "" if pd.isna(value) else str(value)
