"""Funnel plots: which of many units differ by more than chance, given how much each of them did?

References
----------
Spiegelhalter, Funnel plots for comparing institutional performance, Statistics in Medicine 24 (2005).
Spiegelhalter, Handling over-dispersion of performance indicators, Quality and Safety in Health Care 14 (2005).
NHS Digital, Summary Hospital-level Mortality Indicator (over-dispersed limits on the log scale).
"""

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import pandas as pd

KINDS = ("proportion", "ratio", "rate")
LEVELS = (0.95, 0.998)
# z values beyond the 10th and 90th percentile are pulled in to them, so that real outliers do not widen the funnel
# that is meant to show them.
WINSORISE = 0.10
# With fewer units than this a real outlier widens its own limits: each unit is compared with the others instead.
FEW_UNITS = 10
# A limit that chance passes more than so many times as often as it says gives no flag.
TOO_OFTEN = 4


@dataclass(frozen=True, eq=False)
class Funnel:
    """Units against limits that follow their size.

    Parameters
    ----------
    table : DataFrame
        One row a unit, in the order given: ``name``, ``numerator``, ``denominator``, ``value``, ``z`` (from the
        target, or from the others below `FEW_UNITS`); the limits in
        use ``lower_95, upper_95, lower_998, upper_998``; those without over-dispersion ``exact_lower_95`` and so on;
        ``flag`` (``above 99.8%``, ``above 95%``, ``inside``, ``below 95%``, ``below 99.8%``, ``no denominator``):
        beyond the limits in use, and by exact chance nearly as rare as they say.
    target : float
        The centre of the funnel; below `FEW_UNITS` the rate of the units within 99.8%.
    kind : str
    phi : float
        Over-dispersion: mean square of the winsorised z; about 0.8 to 1 where chance is all there is.
    tau2 : float
        Variance between units beyond chance, on the scale of the limits; 0 where none is added to all of them.
    n : int
        Units that count.
    curve : DataFrame
        Limits along sizes (below `FEW_UNITS` of the units within 99.8%, and their variation): ``n``, ``lower_95``,
        ``upper_95``, ``lower_998``, ``upper_998``.
    note : str
    """

    table: pd.DataFrame
    target: float
    kind: str
    phi: float
    tau2: float
    n: int
    curve: pd.DataFrame
    note: str = ""


@dataclass(frozen=True, eq=False)
class Standardised:
    """Observed against expected, after every unit has been given the same rates in each stratum.

    Parameters
    ----------
    units : DataFrame
        Indexed by unit: ``observed``, ``n``, ``expected``, ``variance`` (of the observed, by chance alone), ``ratio``
        (observed / expected), ``crude`` and ``adjusted`` (ratio times the overall rate).
    strata : DataFrame
        One row a unit and stratum: ``unit``, ``stratum``, ``numerator``, ``denominator``, ``rate`` (the unit's own),
        ``overall_rate`` (of all units in that stratum).
    rate : float
        Overall rate.
    """

    units: pd.DataFrame
    strata: pd.DataFrame
    rate: float


def limits(target, n, kind, level):
    """Control limits around a target for units of size n.

    Parameters
    ----------
    target : float
        Proportion (0 to 1), ratio of observed to expected, or rate per unit of n.
    n : float or array
        Denominators: cases, expected events, or exposure.
    kind : str
        ``proportion``, ``ratio`` or ``rate``.
    level : float
        0.95 or 0.998, say: the share of units that stay inside when there is nothing but chance.

    Returns
    -------
    tuple of ndarray
        Lower and upper limits; nan where n is not above zero.

    Notes
    -----
    Proportions: sin²(asin√target ± z / (2√n)), held within 0 and 1. Ratios and rates: exact Poisson limits by the
    chi-square distribution, χ²(α/2; 2m)/2 and χ²(1-α/2; 2m+2)/2 with m = target · n events, over n.
    """
    _check(kind)
    if not 0 < level < 1:
        raise ValueError("level: between 0 and 1")
    target = float(target)
    if not target >= 0 or (kind == "proportion" and target > 1):
        raise ValueError("target: outside what a " + kind + " can be")
    n = np.asarray(n, float)
    n = np.where(n > 0, n, np.nan)
    if kind == "proportion":
        return _arcsine(target, _z(level) / (2 * np.sqrt(n)))
    from scipy.special import chdtri

    events, tail = target * n, (1 - level) / 2
    # chdtri is the inverse of the upper tail.
    lower = np.where(events > 0, chdtri(np.maximum(2 * events, 1e-300), 1 - tail) / 2, 0.0)
    upper = chdtri(2 * events + 2, tail) / 2
    return np.where(np.isnan(n), np.nan, lower / n)[()], upper / n


def wide_limits(target, n, kind, level, tau2):
    """Control limits with the variation between units added.

    Parameters
    ----------
    target, n, kind, level
        As for `limits`.
    tau2 : float
        Variance between units, as `compare` gives it.

    Returns
    -------
    tuple of ndarray
        Lower and upper limits, on the arcsine scale for proportions and the log scale for ratios and rates.
    """
    _check(kind)
    distance = _z(level) * np.sqrt(_error(target, np.asarray(n, float), kind) ** 2 + tau2)
    if kind == "proportion":
        return _arcsine(target, distance)
    return target * np.exp(-distance), target * np.exp(distance)


def compare(numerator, denominator, kind="proportion", overdispersion="auto", *, names=None, target=None):
    """Compare units by a funnel.

    Parameters
    ----------
    numerator, denominator : sequence of float
        Successes and cases; observed and expected events; or events and exposure.
    kind : str
        ``proportion``, ``ratio`` or ``rate``.
    overdispersion : str
        ``auto``: estimate the variation between units beyond chance (z winsorised at 10%) and add it to the limits
        when there is any. ``truncate``: the same with the outer tenths dropped, as the NHS mortality indicator does.
        ``none``: exact limits.
    names : sequence, optional
    target : float, optional
        Centre of the funnel; the pooled value without it (1 for ratios).

    Returns
    -------
    Funnel

    Notes
    -----
    φ = mean z², τ² = max(0, (kφ - (k-1)) / (Σw - Σw²/Σw)) with w = 1/s². Proportions on the arcsine scale, s = 1/(2√n);
    ratios and rates on the log scale, s = 1/√(expected events), with 0.5 for a count of 0.

    Below `FEW_UNITS` units (and without a given target) an outlier would widen its own limits: each unit is compared
    with the rate of the k others together (of four or more, without the one farthest from the rest, so that two
    outliers do not hide each other). Its limits add its own error, that of the others' rate, and the variation among
    the others, a leave-one-out τ² (DerSimonian and Laird's): s² + s₋² + τ₋² (1 + 1/k).

    The limits of small units are approximate: those of a Poisson count never reach 0, so that every unit without an
    event would lie below them, 37 in 100 where one event is expected. A flag is therefore withheld where exact chance
    shows as much or more ``TOO_OFTEN`` times as often as the limit says; large units are not touched by this.
    """
    _check(kind)
    if overdispersion not in ("auto", "truncate", "none"):
        raise ValueError("overdispersion: auto, truncate or none")
    numerator, denominator = np.asarray(numerator, float), np.asarray(denominator, float)
    if numerator.shape != denominator.shape or numerator.ndim != 1:
        raise ValueError("numerator and denominator: two series of equal length")
    if (numerator < 0).any() or (denominator < 0).any():
        raise ValueError("numerator and denominator: not below zero")
    if kind == "proportion" and (numerator > denominator).any():
        raise ValueError("numerator: above the denominator")
    names = [str(i + 1) for i in range(len(numerator))] if names is None else list(names)
    counted = np.isfinite(numerator) & np.isfinite(denominator) & (denominator > 0)
    size = np.where(counted, denominator, np.nan)
    events = np.where(counted, numerator, np.nan)
    target_given = target
    if target is None:
        target = 1.0 if kind == "ratio" else float(np.nansum(events) / np.nansum(size)) if counted.any() else np.nan
    value = events / size
    z, s = _scores(value, size, events, target, kind)
    k = int(counted.sum())
    phi, tau2 = dispersion(z[counted], s[counted], trim="drop" if overdispersion == "truncate" else "pull in")
    if overdispersion == "none" or not np.isfinite(tau2):
        tau2 = 0.0
    few = 3 <= k < FEW_UNITS and target_given is None and overdispersion == "auto"
    tails, judged = target, value
    if few:
        tau2 = 0.0
        tails, center, distance = _against_others(events, size, kind)
        # The log scale has no place for 0: half an event is taken for none.
        judged = np.where((events == 0) & (kind != "proportion"), 0.5 / size, value)
        z = (_scale(judged, kind) - center) / distance
    columns = {"name": names, "numerator": numerator, "denominator": denominator, "value": value, "z": z}
    exact = {}
    for level, label in zip(LEVELS, ("95", "998"), strict=True):
        low, high = limits(target, size, kind, level) if np.isfinite(target) else (size * np.nan, size * np.nan)
        exact[f"exact_lower_{label}"], exact[f"exact_upper_{label}"] = low, high
        if few:
            low, high = _back(center - _z(level) * distance, kind), _back(center + _z(level) * distance, kind)
        elif tau2 > 0:
            low, high = wide_limits(target, size, kind, level, tau2)
        columns[f"lower_{label}"], columns[f"upper_{label}"] = low, high
    table = pd.DataFrame(columns | exact)
    table["flag"] = _flags(table, judged, counted, *_tails(events, size, tails, kind))
    notes = []
    if few:
        notes.append(
            f"Fewer than {FEW_UNITS} units: each is compared with the others, so that an outlier cannot widen its own "
            "limits. The lines are those of the units that do not lie beyond 99.8%."
        )
    if tau2 > 0:
        notes.append(
            f"The limits allow for how all units vary among themselves beyond counting chance (φ = {phi:.2f})."
        )
    beyond = (judged > table["upper_95"]) | (judged < table["lower_95"])
    withheld = int((beyond & (table["flag"] == "inside")).sum())
    if withheld:
        notes.append(f"Small units beyond a limit, not flagged because chance alone often puts them there: {withheld}.")
    shown = tau2
    if few:
        near = counted & ~table["flag"].str.endswith("99.8%").to_numpy()
        # Without a single event there is no rate to draw the lines around.
        if near.sum() >= 2 and events[near].sum() > 0:
            target, z_near, s_near = _about(events[near], size[near], kind)
            shown = _between(z_near, s_near)
    return Funnel(table, float(target), kind, phi, tau2, k, _curve(float(target), size, kind, shown), " ".join(notes))


def dispersion(z, s, *, trim="pull in"):
    """Over-dispersion of standardised differences.

    Parameters
    ----------
    z, s : array
        Standardised differences from the target, and the standard errors they were divided by.
    trim : str
        ``pull in``: winsorise at the 10th and 90th percentile. ``drop``: leave out the lowest and highest tenth by
        rank.

    Returns
    -------
    tuple of float
        φ and τ²; nan, nan below 3 units.
    """
    z, s = np.asarray(z, float), np.asarray(s, float)
    usable = np.isfinite(z) & np.isfinite(s)
    z, s = z[usable], s[usable]
    if trim == "drop":
        tenth = np.floor(_ranks(z) * 10 / (len(z) + 1))
        keep = (tenth > 0) & (tenth < 9)
        z, s = z[keep], s[keep]
    if len(z) < 3:
        return np.nan, np.nan
    if trim == "pull in":
        z = np.clip(z, *np.quantile(z, [WINSORISE, 1 - WINSORISE]))
    w, k = 1 / s**2, len(z)
    phi = float(np.mean(z**2))
    spread = w.sum() - (w**2).sum() / w.sum()
    return phi, float(max(0.0, (k * phi - (k - 1)) / spread))


def standardise(numerator, denominator, unit, stratum, *, people=False):
    """Indirect standardisation: what each unit would show if each of its strata had the rate of all units together.

    Parameters
    ----------
    numerator, denominator, unit, stratum : sequence
        One entry a unit and stratum, or a case; entries of a pair are added up.
    people : bool
        Proportions of people, who count once at most; False for events.

    Returns
    -------
    Standardised
        For `compare_standardised`.
    """
    cells = (
        pd.DataFrame({"unit": unit, "stratum": stratum, "numerator": numerator, "denominator": denominator})
        .dropna()
        .groupby(["unit", "stratum"], as_index=False)[["numerator", "denominator"]]
        .sum()
    )
    cells = cells[cells["denominator"] > 0].reset_index(drop=True)
    overall = cells.groupby("stratum")[["numerator", "denominator"]].sum()
    cells["rate"] = cells["numerator"] / cells["denominator"]
    cells["overall_rate"] = cells["stratum"].map(overall["numerator"] / overall["denominator"])
    cells_expected = cells["denominator"] * cells["overall_rate"]
    spread = cells_expected * (1 - cells["overall_rate"] if people else 1)
    units = cells.groupby("unit")[["numerator", "denominator"]].sum()
    units.columns = ["observed", "n"]
    units["expected"] = cells_expected.groupby(cells["unit"]).sum()
    units["variance"] = spread.groupby(cells["unit"]).sum()
    units["ratio"] = units["observed"] / units["expected"].where(units["expected"] > 0)
    units["crude"] = units["observed"] / units["n"]
    total = cells["denominator"].sum()
    rate = float(cells["numerator"].sum() / total) if total else float("nan")
    units["adjusted"] = units["ratio"] * rate
    return Standardised(units, cells, rate)


def compare_standardised(standardised):
    """Compare units by observed over expected.

    Parameters
    ----------
    standardised : Standardised

    Returns
    -------
    Funnel
        Of ratios; the limits are those of as many expected events as have the relative spread of what was observed. Of
        people, seven in ten of whom succeed, there are 3.3 times the expected: plain Poisson limits would be nearly
        twice too wide, and hide units that no case mix explains.
    """
    units = standardised.units
    scale = (units["expected"] / units["variance"]).where(units["variance"] > 0, 1.0)
    result = compare(units["observed"] * scale, units["expected"] * scale, "ratio", names=units.index)
    as_counted = {"numerator": units["observed"].to_numpy(), "denominator": units["expected"].to_numpy()}
    return replace(result, table=result.table.assign(**as_counted))


def poisson_interval(count, size, *, level=0.95):
    """Exact (Garwood) interval of a rate: events over exposure.

    Parameters
    ----------
    count, size : float or array
    level : float

    Returns
    -------
    tuple of ndarray
        Low and high; nan where the exposure is not above zero, or something is missing.
    """
    from scipy.special import chdtri

    count, size = np.asarray(count, float), np.asarray(size, float)
    size = np.where(size > 0, size, np.nan)
    tail = (1 - level) / 2
    low = np.where(count > 0, chdtri(np.maximum(2 * count, 1e-300), 1 - tail) / 2, np.where(np.isnan(count), np.nan, 0))
    return low / size, chdtri(2 * count + 2, tail) / 2 / size


def rate_ratio(count, size, other_count, other_size, *, people=True):
    """Ratio of two proportions (or rates) with its 95% interval.

    Parameters
    ----------
    count, size : float
        Events and cases (or exposure) of the group.
    other_count, other_size : float
        Of the group it is compared with.
    people : bool
        Proportions of people; False for rates of events.

    Returns
    -------
    tuple of float
        Ratio, low, high: from the two groups' own intervals, as for `rate_gap`, so that it has a width where nobody or
        everybody succeeds too. nan where the other rate is 0 or something is missing.

    References
    ----------
    Donner and Zou, Closed-form confidence intervals for functions of the normal mean and standard deviation,
    Statistical Methods in Medical Research 21 (2012).
    """
    if not (size > 0 and other_size > 0 and other_count > 0 and count >= 0):
        return np.nan, np.nan, np.nan
    first, second = count / size, other_count / other_size
    (low, high), (other_low, other_high) = _own(count, size, people), _own(other_count, other_size, people)
    both = first * second
    bottom, top = low * (2 * first - low), high * (2 * first - high)
    other_bottom, other_top = other_low * (2 * second - other_low), other_high * (2 * second - other_high)
    return (
        first / second,
        float(bottom / (both + np.sqrt(both**2 - bottom * other_top))) if bottom > 0 else 0.0,
        float((both + np.sqrt(both**2 - top * other_bottom)) / other_bottom),
    )


def rate_gap(count, size, other_count, other_size, *, people=True):
    """Difference of two proportions (or rates) with its 95% interval.

    Parameters
    ----------
    count, size, other_count, other_size, people
        As for `rate_ratio`.

    Returns
    -------
    tuple of float
        Difference, low, high: from the two groups' own intervals, which stay in range.

    References
    ----------
    Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17
    (1998), method 10.
    """
    if not (size > 0 and other_size > 0 and count >= 0 and other_count >= 0):
        return np.nan, np.nan, np.nan
    first, second = count / size, other_count / other_size
    (low, high), (other_low, other_high) = _own(count, size, people), _own(other_count, other_size, people)
    gap = first - second
    return (
        gap,
        gap - np.sqrt((first - low) ** 2 + (other_high - second) ** 2),
        gap + np.sqrt((high - first) ** 2 + (second - other_low) ** 2),
    )


def _own(count, size, people):
    """95% interval of one group alone."""
    return _wilson(count, size) if people else tuple(float(x) for x in poisson_interval(count, size))


def _wilson(count, n):
    z = _z(0.95)
    middle, reach = count + z**2 / 2, z * np.sqrt(count * (n - count) / n + z**2 / 4)
    return (middle - reach) / (n + z**2), (middle + reach) / (n + z**2)


def _check(kind):
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r} is not one of {', '.join(KINDS)}")


def _z(level):
    return NormalDist().inv_cdf((1 + level) / 2)


def _arcsine(target, distance):
    """Back from the arcsine scale; beyond its ends the limit is 0 or 1."""
    middle = np.arcsin(np.sqrt(target))
    lower = np.sin(np.maximum(middle - distance, 0)) ** 2
    return lower, np.sin(np.minimum(middle + distance, np.pi / 2)) ** 2


def _error(target, size, kind):
    """Standard error of a unit of this size, on the scale of the limits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 / (2 * np.sqrt(size)) if kind == "proportion" else 1 / np.sqrt(target * size)


def _scores(value, size, events, target, kind):
    """Standardised differences and their standard errors, on the scale of the limits."""
    s = _error(target, size, kind)
    if kind == "proportion":
        return (np.arcsin(np.sqrt(value)) - np.arcsin(np.sqrt(target))) / s, s
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.where(events == 0, 0.5, events) / (target * size)) / s, s


def _against_others(events, size, kind):
    """Rate of the others for each unit; the center and standard error of a unit like them, on the scale of the limits.

    nan for a unit that does not count.
    """
    rate, center, distance = (np.full(len(size), np.nan) for _ in range(3))
    counted = np.flatnonzero(np.isfinite(size))
    # Were there no difference, all units together would know the rate best: the errors are those about it.
    together = max(events[counted].sum(), 0.5) / size[counted].sum()
    for unit in counted:
        others = counted[counted != unit]
        rate[unit], z, s = _about(events[others], size[others], kind)
        if len(others) >= 4:
            # A second outlier must not hide the first: of the others, the one farthest from them is left out.
            others = np.delete(others, np.argmax(np.abs(z)))
            rate[unit], z, s = _about(events[others], size[others], kind)
        own, theirs = (_error(together, x, kind) for x in (size[unit], size[others].sum()))
        center[unit] = _scale(rate[unit], kind)
        distance[unit] = np.sqrt(own**2 + theirs**2 + _between(z, s) * (1 + 1 / len(others)))
    return rate, center, distance


def _between(z, s):
    """Variance between units beyond chance (DerSimonian and Laird), from differences that nothing pulled in."""
    w, k = 1 / s**2, len(z)
    return max(0.0, (np.sum(z**2) - (k - 1)) / (w.sum() - (w**2).sum() / w.sum()))


def _about(events, size, kind):
    """Rate of some units together, and their standardised differences from it with standard errors."""
    count = events.sum()
    # Half an event where there is none, so that the log scale has a place for it.
    rate = (count if kind == "proportion" else max(count, 0.5)) / size.sum()
    return rate, *_scores(events / size, size, events, rate, kind)


def _scale(value, kind):
    """The scale on which differences are judged: arcsine of the root for proportions, log for ratios and rates."""
    return np.arcsin(np.sqrt(value)) if kind == "proportion" else np.log(value)


def _back(scaled, kind):
    """From the scale of `_scale`; beyond the ends of the arcsine scale it is 0 or 1."""
    return np.sin(np.clip(scaled, 0, np.pi / 2)) ** 2 if kind == "proportion" else np.exp(scaled)


def _curve(target, size, kind, tau2):
    """Limits at 200 sizes, from small units to somewhat above the largest."""
    columns = ["n", "lower_95", "upper_95", "lower_998", "upper_998"]
    known = size[np.isfinite(size)]
    if not len(known) or not np.isfinite(target):
        return pd.DataFrame(columns=columns, dtype=float)
    n = np.linspace(min(known.min(), known.max() / 20), known.max() * 1.08, 200)
    edges = [wide_limits(target, n, kind, x, tau2) if tau2 > 0 else limits(target, n, kind, x) for x in LEVELS]
    return pd.DataFrame(dict(zip(columns, [n, *edges[0], *edges[1]], strict=True)))


def _tails(events, size, target, kind):
    """Exact chance of so few events or fewer, and of so many or more, where units differ by chance alone."""
    from scipy.special import betainc, gammainc, gammaincc

    with np.errstate(invalid="ignore"):
        if kind == "proportion":
            few = np.where(events < size, 1 - betainc(events + 1, np.maximum(size - events, 1e-300), target), 1.0)
            many = np.where(events > 0, betainc(np.maximum(events, 1e-300), size - events + 1, target), 1.0)
        else:
            few = gammaincc(events + 1, target * size)
            many = np.where(events > 0, gammainc(np.maximum(events, 1e-300), target * size), 1.0)
    return few, many


def _flags(table, value, counted, few, many):
    flags = np.full(len(table), "inside", dtype=object)
    for level, label, words in zip(LEVELS, ("95", "998"), ("95%", "99.8%"), strict=True):
        rare = TOO_OFTEN * (1 - level) / 2
        flags[(value > table[f"upper_{label}"]).to_numpy() & (many <= rare)] = f"above {words}"
        flags[(value < table[f"lower_{label}"]).to_numpy() & (few <= rare)] = f"below {words}"
    flags[~counted] = "no denominator"
    return flags


def _ranks(z):
    """Ranks from 1, ties sharing their mean."""
    return pd.Series(z).rank().to_numpy()
