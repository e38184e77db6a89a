"""Where a metric stands today, where it should be, and how long until that would be seen."""

from dataclasses import dataclass

import numpy as np

from rdclib import power, spc, stats
from rdclib.observations import received_last
from rdclib.selection.series import FEWEST_POINTS, RESULT

# A year of months twice: long enough for limits, short enough to speak of today.
BASELINE_POINTS = 24
# Fewest vendors of whom a quartile says anything.
FEWEST_PEERS = 4


@dataclass(frozen=True)
class Baseline:
    """Where a metric stands today.

    ``low`` and ``high`` are the natural limits of an XmR chart from six points on, otherwise a 95% interval of the
    counts so far, or nan.
    """

    metric_id: str
    value: float
    low: float
    high: float
    n: int  # points
    kind: str  # "natural limits", "interval" or ""
    moved: bool = False  # the history shows signals: it is not one stable process
    spread: float = float("nan")  # standard deviation of one point, from the moving ranges

    @property
    def usable(self):
        """Enough points for a target that rests on the metric's own history."""
        return self.n >= FEWEST_POINTS


@dataclass(frozen=True)
class Option:
    """A target that the data suggest."""

    basis: str  # "own history", "trend" or "peers"
    value: float
    n: int  # points or vendors behind it


@dataclass(frozen=True)
class Target:
    """A chosen target and what is to be said of it."""

    value: float  # nan when there is none, or it was refused; of a target band the lower end
    asked: float  # the value that was asked for
    basis: str
    standard: str
    problem: str  # "", "no baseline", "outside natural limits", "already reached" or "none"
    high: float = float("nan")  # upper end of a target band; nan for one number

    @property
    def is_band(self):
        """A band that was asked for: too little and too much both miss it."""
        return not np.isnan(self.high)

    def aim(self, start):
        """Where a process that starts here has to go: the target, or the nearer end of a band; nan from within."""
        if not self.is_band:
            return self.value
        nearest = float(np.clip(start, self.value, self.high))
        return nearest if nearest != start else float("nan")


@dataclass(frozen=True)
class Detectability:
    """How long until a change from baseline to target is seen with 80% power."""

    before: float
    after: float
    periods: float  # inf: never at this volume; nan: nothing can be said
    cadence: str
    cases_per_period: float  # nan where the metric has no counts
    kind: str  # "cases", "events" or "values"


def better(metric, new, old):
    """Tell whether a value is better than another; None for metrics without a good direction."""
    if metric.direction == "higher":
        return new > old
    if metric.direction == "lower":
        return new < old
    return None


def baseline(history, metric):
    """Work out where a metric stands today, from at most its last two years of months.

    Parameters
    ----------
    history : Series
    metric : Metric

    Returns
    -------
    Baseline
    """
    values = history.values[-BASELINE_POINTS:]
    n = int(np.isfinite(values).sum())
    if n == 0:
        return Baseline(metric.id, *(float("nan"),) * 3, 0, "")
    # A month with a numerator and no denominator has no value, and no part in that of the others.
    table = history.table.tail(BASELINE_POINTS).dropna(subset=["value"])
    if history.counted and np.isfinite(history.scale):
        value = history.scale * table["numerator"].sum() / table["denominator"].sum()
    else:
        value = float(np.nanmean(values))
    bottom = 0.0 if np.nanmin(values) >= 0 else -np.inf
    top = history.scale if metric.measure_type == "proportion" and np.isfinite(history.scale) else np.inf
    if n >= FEWEST_POINTS:
        chart = spc.xmr(values)
        low, high = float(chart.lower[-1]), float(chart.upper[-1])
        moved = bool(chart.signals.to_numpy().any())
        spread = (high - low) / 6
        return Baseline(
            metric.id, float(value), max(low, bottom), min(high, top), n, "natural limits", moved, float(spread)
        )
    count, size = table["numerator"].sum(), table["denominator"].sum()
    # More than all is no proportion, whatever the metric is called.
    counted = history.counted and count <= size
    if metric.measure_type == "proportion" and counted and np.isfinite(history.scale):
        ends = stats.proportion_interval(count, size)
        low, high = (float(history.scale * end) for end in ends)
        return Baseline(metric.id, float(value), low, high, n, "interval")
    return Baseline(metric.id, float(value), float("nan"), float("nan"), n, "")


def options(history, everyone, metric, start):
    """Suggest targets from the metric's own history and from like vendors.

    Parameters
    ----------
    history : Series
        Of the contract.
    everyone : Series
        Of all vendors, so that there are peers.
    metric : Metric
    start : Baseline

    Returns
    -------
    tuple of Option
        *Own history*: what the best quarter of past periods reached. *Trend*: the last value of a line through the
        history, a year on, where the line rises or falls by more than chance and the right way. *Peers*: what the
        best quarter of at least four vendors reach. Empty where the data cannot say.
    """
    if metric.direction not in ("higher", "lower"):
        return ()
    found = []
    best_quarter = 0.75 if metric.direction == "higher" else 0.25
    values = history.values[-BASELINE_POINTS:]
    known = np.isfinite(values)
    if start.usable:
        found.append(Option("own history", float(np.quantile(values[known], best_quarter)), int(known.sum())))
        at = np.flatnonzero(known)
        slope, middle = np.polyfit(at, values[known], 1)
        rest = values[known] - (middle + slope * at)
        error = np.sqrt((rest**2).sum() / max(len(at) - 2, 1) / ((at - at.mean()) ** 2).sum())
        ahead = middle + slope * (at[-1] + {"weekly": 52, "monthly": 12, "quarterly": 4}.get(history.cadence, 1))
        if abs(slope) > 2 * error and better(metric, slope, 0):
            found.append(Option("trend", float(np.clip(ahead, start.low, start.high)), len(at)))
    peers = _by_vendor(everyone)
    if len(peers) >= FEWEST_PEERS:
        found.append(Option("peers", float(np.quantile(peers, best_quarter)), len(peers)))
    return tuple(found)


def _by_vendor(history):
    """Each vendor's result over the last twelve periods."""
    starts = history.table["period_start"].dropna().tail(12)
    rows = history.rows[history.rows["period_start"].isin(starts)]
    results = []
    for _, part in rows.groupby(rows["vendor_id"].fillna(rows["vendor_name"])):
        if np.isfinite(history.scale) and (part["denominator"] > 0).all() and part["numerator"].notna().all():
            results.append(history.scale * part["numerator"].sum() / part["denominator"].sum())
        elif part["value"].notna().any():
            results.append(part["value"].mean())
    return results


def judge(metric, start, asked, *, basis="", standard=""):
    """Accept or refuse a target, and say what is wrong with it.

    Parameters
    ----------
    metric : Metric
    start : Baseline
    asked : float, pair of float or None
        In the metric's unit; a pair is the two ends of a target band.
    basis : str
    standard : str
        The external standard, named.

    Returns
    -------
    Target
        Without a value when nothing was asked for, or when the history has fewer than six points and no external
        standard is named.
    """
    nan = float("nan")
    if asked is None or np.isnan(asked).any():
        return Target(nan, nan, basis, standard, "none" if start.usable else "no baseline")
    asked, high = (float(asked[0]), float(asked[1])) if np.ndim(asked) else (float(asked), nan)
    if not start.usable:
        return Target(asked if standard else nan, asked, basis, standard, "" if standard else "no baseline", high)
    if not np.isnan(high):
        outside, within = asked > start.high or high < start.low, asked <= start.low and start.high <= high
        problem = "outside natural limits" if outside else "already reached" if within else ""
        return Target(asked, asked, basis, standard, problem, high)
    beyond, below = asked > start.high, asked < start.low
    if metric.direction == "lower":
        beyond, below = below, beyond
    if metric.direction not in ("higher", "lower"):
        beyond, below = beyond or below, False
    problem = "outside natural limits" if beyond else "already reached" if below else ""
    return Target(asked, asked, basis, standard, problem)


def adjust_for_mix(negotiated, *, planned, actual, rates):
    """Adjust a negotiated target for the clients who really came.

    Parameters
    ----------
    negotiated : float
        Target agreed for the planned mix.
    planned, actual : mapping of str to float
        Share of each group of clients; each adds up to 1.
    rates : mapping of str to float
        Result expected of each group, from history.

    Returns
    -------
    float
        ``negotiated + (expected with the actual mix - expected with the planned mix)``.

    References
    ----------
    US Department of Labor, WIOA statistical adjustment model (PY 2024 National Assessment, 2025), in its simplest form.
    """
    for mix in (planned, actual):
        if set(mix) - set(rates) or not np.isclose(sum(mix.values()), 1):
            raise ValueError("each mix names groups that have a rate, and its shares add up to 1")
    expected = [sum(share * rates[group] for group, share in mix.items()) for mix in (planned, actual)]
    return negotiated + expected[1] - expected[0]


@dataclass(frozen=True)
class Mix:
    """What a target becomes with the clients who really came."""

    kind: str  # what the groups are, for example age
    planned: dict  # group to its share a year before
    actual: dict  # group to its share in the last year
    adjusted: float  # the target, adjusted


def mix_of_clients(observations, history, metric, target, smallest_group):
    """Adjust a target for the change of the client mix between the last twelve periods and the twelve before.

    Parameters
    ----------
    observations : DataFrame
        The table ``observations``, with rows by stratum.
    history : Series
        Its rows say which contract and vendors count.
    metric : Metric
    target : float
        In the metric's unit.
    smallest_group : int
        A group with fewer cases in either year is left out with the whole adjustment, since its share would show.

    Returns
    -------
    Mix or None
        None for metrics that are no proportion, without groups in both years, or without a target.
    """
    if metric.measure_type != "proportion" or np.isnan(target) or not np.isfinite(history.scale):
        return None
    rows = observations[(observations["metric_id"] == metric.id) & observations["stratum"].notna()]
    rows = received_last(rows, RESULT)
    rows = rows[rows["contract_id"].isin(history.rows["contract_id"]) & (rows["denominator"] > 0)]
    rows = rows[rows["numerator"].notna()]
    if rows.empty:
        return None
    kind = rows["stratum_kind"].fillna("").mode().iloc[0]
    rows = rows[rows["stratum_kind"].fillna("") == kind]
    starts = history.table["period_start"].dropna()
    now, before = (rows[rows["period_start"].isin(part)] for part in (starts.tail(12), starts.iloc[-24:-12]))
    counts = [part.groupby("stratum")["denominator"].sum() for part in (before, now)]
    if any(c.empty or c.min() < smallest_group for c in counts) or set(counts[0].index) != set(counts[1].index):
        return None
    both = rows[rows["period_start"].isin(starts.tail(24))].groupby("stratum")[["numerator", "denominator"]].sum()
    rates = (history.scale * both["numerator"] / both["denominator"]).to_dict()
    planned, actual = ((c / c.sum()).to_dict() for c in counts)
    adjusted = adjust_for_mix(target, planned=planned, actual=actual, rates=rates)
    return Mix(kind, planned, actual, float(adjusted))


def detectability(history, metric, start, target):
    """Say how long until the way from baseline to target is seen with 80% power.

    Parameters
    ----------
    history : Series
    metric : Metric
    start : Baseline
    target : float
        In the metric's unit.

    Returns
    -------
    Detectability
    """
    nan = float("nan")
    if np.isnan(target) or not start.n:
        return Detectability(start.value, target, nan, history.cadence, nan, "values")
    table = history.table.tail(BASELINE_POINTS).dropna(subset=["value"])
    if history.counted and np.isfinite(history.scale) and metric.measure_type in ("proportion", "rate"):
        cases, typical = float(table["denominator"].sum()), float(table["denominator"].tail(12).median())
        before, after = start.value / history.scale, target / history.scale
        if metric.measure_type == "proportion":
            wait = power.periods_to_detect_proportion(before, after, baseline_n=cases, n_per_period=typical)
            return Detectability(start.value, target, wait, history.cadence, typical, "cases")
        wait = power.periods_to_detect_rate(before, after, baseline_exposure=cases, exposure_per_period=typical)
        events = float(table["numerator"].tail(12).mean())
        return Detectability(start.value, target, wait, history.cadence, events, "events")
    wait = power.periods_to_detect_mean(start.value, target, spread=start.spread, baseline_n=start.n)
    return Detectability(start.value, target, wait, history.cadence, nan, "values")
