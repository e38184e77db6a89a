"""Control charts and run charts: is a series of numbers moving by more than chance?

References
----------
Montgomery, Introduction to Statistical Quality Control (individuals, p, u, c charts).
NHS England, Making Data Count, and its R package NHSRplotthedots (the four signals, assurance).
Laney, Improved control charts for attributes, Quality Engineering 14 (2002) (p′ and u′).
Kaminsky et al., Statistical control charts based on a geometric distribution, J. Quality Technology 24 (1992) (g).
Nelson, A control chart for parts-per-million nonconforming items, J. Quality Technology 26 (1994) (t).
Anhøj and Olesen, Run charts revisited, PLoS ONE 9 (2014) (longest run and crossings).
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from math import comb, isfinite, log2
from typing import NamedTuple

import numpy as np
import pandas as pd

RULES = ("outside", "trend", "two_of_three", "shift")
_RULES = pd.Index(RULES)  # made once: every chart has a table with these columns

# The mean moving range of two normal values is 1.128 sigma; limits lie 3 sigma from the centre. The often printed
# 2.66 is this number rounded: on the same data its limits are 0.02% wider.
RANGE_TO_SIGMA = 1.128
XMR_LIMIT = 3 / RANGE_TO_SIGMA
# A moving range above this multiple of their mean is itself a signal (D4 of ranges of two); screening drops it.
SCREEN_LIMIT = 3.267
# Seven points on one side of the centre; a trend of seven points is six rises, or six falls, in a row.
SHIFT_POINTS = 7
TREND_POINTS = 7
# Limits from fewer points than this still move a good deal with every new one.
TRIAL_POINTS = 12
# A root of an exponential time close to symmetric (Nelson 1994).
T_POWER = 1 / 3.6
# Below so many events a period (of the rarer outcome) most periods have none: the exposure between events is judged.
# At more, events of one period would have to be spread over it by a guess, which makes signals of its own.
RARE_COUNT = 0.5
# Below so many, limits are exact quantiles of the Poisson or binomial distribution; from here on 3 sigma gives no more
# false alarms than an individuals chart does.
EXACT_COUNT = 20.0
# Chance of a normal value beyond 3 and beyond 2 sigma on one side: exact limits leave as little outside.
TAIL_LIMIT, TAIL_NEAR = 0.0013499, 0.0227501
# Expected counts for which false alarms are simulated; others take the nearest.
SIMULATED_COUNTS = (0.2, 0.35, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8, 10, 14, 20, 30, 60)
# How rare the events of a simulated g chart are: one in so many cases; it hardly matters.
RARE = 1 / 20
# Two numbers nearer than this share of the largest are the same number, written with rounding errors.
SAME = 1e-12


@dataclass(frozen=True, eq=False)
class Chart:
    """One series with its centre, limits and signals.

    Parameters
    ----------
    kind : str
        ``XmR``, ``run``, ``p``, ``p′``, ``u``, ``u′``, ``c``, ``g`` or ``t``.
    values, center, lower, upper : ndarray
        One number a point; nan where the value is missing, or the limits mean nothing.
    signals : DataFrame
        One yes/no column a rule: ``outside``, ``trend``, ``two_of_three``, ``shift``. Every point that belongs to a
        run or trend is marked, not only the one that completes it.
    points : ndarray of str
        ``improvement``, ``concern``, ``neutral``, ``common cause`` or ``missing``, one a point.
    segment : ndarray of int
        0 before the first rebase, 1 after it, and so on.
    n : int
        Points that have a value.
    longest_run, longest_run_max, crossings, crossings_min : int
        Runs about the centre line of the last segment, and what chance allows (Anhøj and Olesen); points on the line
        and missing points are skipped.
    variation : str
        What the latest point says: ``improvement``, ``concern``, ``neutral`` (a signal that is neither good nor bad)
        or ``common cause``; empty where limits mean nothing.
    assurance : str
        ``consistently passes``, ``consistently fails``, ``hit and miss``; empty without a target.
    direction : str
        ``higher``, ``lower``, ``neutral``, ``band`` or ``closer``.
    target : float, ndarray or None
        As given: one number, one a point, the two ends of a band, or the two ends a point (two rows).
    note : str
        What a reader has to know of these limits.
    expected : float
        Events (of the rarer outcome) expected in a typical period; nan where nothing is counted.
    """

    kind: str
    values: np.ndarray
    center: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    signals: pd.DataFrame
    points: np.ndarray
    segment: np.ndarray
    n: int
    longest_run: int
    longest_run_max: int
    crossings: int
    crossings_min: int
    variation: str
    assurance: str
    direction: str
    target: object = None
    note: str = ""
    expected: float = np.nan

    @property
    def wanted(self):
        """Lower and upper end of what is wanted at each point, the same where it is one number; None without."""
        return _ends(self.direction, self.target, len(self.values))

    @property
    def met(self):
        """Whether each point met its target: 1.0 or 0.0, nan without a value, a target or a good direction."""
        wanted = self.wanted
        if wanted is None or self.direction not in ("higher", "lower", "band"):
            return np.full(len(self.values), np.nan)
        low, high = wanted
        slack = SAME * np.maximum(np.abs(low), np.abs(high))
        above, below = self.values >= low - slack, self.values <= high + slack
        met = {"higher": above, "lower": below, "band": above & below}[self.direction]
        return np.where(np.isfinite(self.values) & np.isfinite(low), met, np.nan)


class FalseAlarms(NamedTuple):
    """Chance that a stable process shows a signal all the same.

    Parameters
    ----------
    chart : float
        On at least one point of the whole chart.
    latest : float
        On the latest point.
    """

    chart: float
    latest: float


class _Lines(NamedTuple):
    """Center and lines of a segment, one number a point; ``signs`` where points alone do not decide them."""

    center: np.ndarray
    middle: np.ndarray  # the line that shifts refer to
    near_low: np.ndarray
    near_high: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    meaningful: bool
    signs: dict | None = None


@dataclass(frozen=True, eq=False)
class Charts:
    """XmR charts of many series at once: one row a series."""

    values: np.ndarray  # series x points
    center: np.ndarray  # one number a series
    lower: np.ndarray
    upper: np.ndarray
    signals: dict  # rule -> yes/no array of series x points


def xmr(values, *, baseline=None, rebase=(), direction="higher", target=None, screen=False):
    """Individuals chart: mean, and limits 3 sigma away, sigma being the mean moving range / 1.128.

    Parameters
    ----------
    values : sequence of float
        In order of time, evenly spaced; nan is a missing point. Nothing is joined over it: it gives no moving range,
        and it ends a run and a trend.
    baseline : int, optional
        Freeze the limits on the first so many points (of each segment); all points without it.
    rebase : sequence of int
        Positions (from 0) at which a new segment with limits of its own starts. No range, run or trend crosses it.
    direction : str
        What is good: ``higher``, ``lower``, ``neutral``, ``target band`` or ``closer to X``.
    target : float, array or pair, optional
        One target, or one a point; for a target band its two ends, each one number or one a point.
    screen : bool
        Leave moving ranges above 3.267 times their mean out of the limits. NHSRplotthedots does so by default; the
        NHS spreadsheet and most textbooks do not.

    Returns
    -------
    Chart
        Limits are nan, and no signal is given, for a segment with fewer than two moving ranges above zero.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    values = _series(values)

    def limits(part, base):
        center, sigma, meaningful = _individuals(part, base, screen)
        return _sigma_lines(_level(part, center), sigma, bool(meaningful))

    return _chart("XmR", values, limits, baseline, rebase, direction, target)


def xmr_many(values, *, baseline=None, screen=False):
    """XmR charts with all four rules for many series of equal length.

    Parameters
    ----------
    values : array of series x points
        nan where missing.
    baseline, screen
        As for `xmr`.

    Returns
    -------
    Charts
        The same numbers as `xmr` gives series by series.
    """
    values = np.asarray(values, float)
    if values.ndim != 2:
        raise ValueError("values: a table of series x points is needed")
    center, sigma, meaningful = _individuals(values, _baseline(baseline, values.shape[1]), screen)
    sigma = np.where(meaningful, sigma, np.nan)
    middle, wide = center[:, None], sigma[:, None]
    signs = _signs(values, middle, middle - 2 * wide, middle + 2 * wide, middle - 3 * wide, middle + 3 * wide)
    keep = meaningful[:, None]
    return Charts(
        values, center, center - 3 * sigma, center + 3 * sigma, {rule: (signs[rule] != 0) & keep for rule in RULES}
    )


def run_chart(values, *, direction="higher", target=None):
    """Run chart: the median, the longest run and the number of crossings (Anhøj and Olesen's rules).

    Parameters
    ----------
    values : sequence of float
        nan is a missing point; missing points and points on the median count in no run.
    direction, target
        As for `xmr`.

    Returns
    -------
    Chart
        Without limits. ``shift`` marks every run that is longer than chance allows; too few crossings is said in
        ``note``. Below 10 useful points hardly anything can be found, and the note says so.
    """
    values = _series(values)
    direction, target = _direction(direction, target, len(values))
    center = np.full(len(values), np.median(values[_known(values)]) if _known(values).any() else np.nan)
    sides = _side(values, center)
    runs = _runs(sides)
    useful = np.flatnonzero(sides)
    shift = np.zeros(len(values), bool)
    if len(useful):
        lengths = _full_run_lengths(sides[useful])
        shift[useful] = lengths > runs[1]
    signs = {rule: np.zeros(len(values), int) for rule in RULES}
    signs["shift"] = np.where(shift, sides, 0)
    notes = []
    if len(useful) < 10:
        notes.append(f"Run chart of {len(useful)} useful points: below 10 the rules find next to nothing.")
    few = runs[2] < runs[3]
    if few:
        notes.append(
            f"The series crosses its median {runs[2]} times, fewer than the {runs[3]} that chance allows: it moved."
        )
    points = _points(signs, values, center, direction, _ends(direction, target, len(values)))
    variation = _latest(points)
    if few and variation == "common cause":
        variation = "neutral"
    nothing = np.full(len(values), np.nan)
    return Chart(
        "run",
        values,
        center,
        nothing,
        nothing.copy(),
        _marked(signs),
        points,
        np.zeros(len(values), int),
        int(_known(values).sum()),
        *runs,
        variation,
        "",
        direction,
        target,
        " ".join(notes),
    )


def p_chart(count, n, *, baseline=None, rebase=(), direction="higher", target=None, prime=False, exact=False):
    """Chart of proportions with denominators of their own; ``prime=True`` is Laney's p′ for very large ones.

    Parameters
    ----------
    count, n : sequence of float
        Successes and trials (one number stands for all points); a point without trials is missing.
    baseline, rebase, direction, target
        As for `xmr`.
    prime : bool
        Widen (or narrow) the binomial limits by the variation between points that is really there.
    exact : bool
        Limits that fit small whole counts, in place of the textbook's 3 sigma: exact binomial ones below
        `EXACT_COUNT` expected events (of the rarer outcome) a period; below `RARE_COUNT` a t chart of the cases
        between events, with the exact limit for periods that have many at once.

    Returns
    -------
    Chart
        Limits follow each denominator and stay within 0 and 1. Of kind ``t`` where events are rare.

    Raises
    ------
    ValueError
        If a count is negative or above its denominator.
    """
    count, n = _pair(count, n, "count", "n")
    if (count > n).any():
        raise ValueError("count: above n")
    return _attribute("p", count, n, lambda p: p * (1 - p), 1.0, baseline, rebase, direction, target, prime, exact)


def u_chart(count, exposure, *, baseline=None, rebase=(), direction="higher", target=None, prime=False, exact=False):
    """Chart of rates (events per exposure); ``prime=True`` is Laney's u′.

    Parameters
    ----------
    count, exposure : sequence of float
        Events, and what they are counted over (one number stands for all points); a point without exposure is
        missing.
    baseline, rebase, direction, target, prime, exact
        As for `p_chart`, with the Poisson distribution.

    Returns
    -------
    Chart
        Limits follow each exposure and stay above 0.
    """
    count, exposure = _pair(count, exposure, "count", "exposure")
    return _attribute("u", count, exposure, lambda u: u, np.inf, baseline, rebase, direction, target, prime, exact)


def c_chart(count, *, baseline=None, rebase=(), direction="higher", target=None, exact=False):
    """Chart of counts of events over equal exposures: mean ± 3 times its root, not below 0.

    Parameters
    ----------
    count : sequence of float
    baseline, rebase, direction, target
        As for `xmr`.
    exact : bool
        As for `u_chart`.
    """
    count = _series(count)
    count, exposure = _pair(count, np.ones(len(count)), "count", "exposure")
    return _attribute("c", count, exposure, lambda c: c, np.inf, baseline, rebase, direction, target, False, exact)


def g_chart(count, *, baseline=None, rebase=(), direction="higher", target=None, exact=False):
    """Chart of the number of cases between rare events: mean ± 3 sigma of a geometric distribution.

    Parameters
    ----------
    count : sequence of float
        Cases between two events, 0 where they follow each other; a larger number means rarer events.
    baseline, rebase, direction, target
        As for `xmr`.
    exact : bool
        Limits are quantiles of the geometric distribution that leave as little outside as 3 sigma of a normal one,
        in place of the textbook's: chance passes those on about two of three charts of 42 points.

    Notes
    -----
    Limits are mean ± 3√(mean (mean + 1)) (Kaminsky et al. 1992), so a gap too short for chance cannot fall outside.
    About 63% of such gaps lie below their mean: shifts are therefore counted about the median of that distribution,
    0.693 times the mean (Provost and Murray, The Health Care Data Guide). `longest_run` and `crossings` are about the
    centre, as on every chart; here more of the one and fewer of the other come by chance than their bounds allow. The
    two-of-three rule supposes a symmetric spread and is not used.
    """
    values = _counts(_series(count), "count")

    def limits(part, base):
        mean = _mean(part[:base])
        if exact and mean > 0:
            return _geometric_lines(_level(part, mean))
        lines = _sigma_lines(_level(part, mean), np.sqrt(mean * (mean + 1)), bool(mean > 0), floor=0.0)
        return lines._replace(middle=lines.center * np.log(2))

    return _chart("g", values, limits, baseline, rebase, direction, target, floor=0.0, leave_out=("two_of_three",))


def t_chart(days, *, baseline=None, rebase=(), direction="higher", target=None):
    """Chart of the time between rare events: an XmR chart of time^(1/3.6), printed in days.

    Parameters
    ----------
    days : sequence of float
        Time between two events; a longer time means rarer events.
    baseline, rebase, direction, target
        As for `xmr`.
    """
    days = _counts(_series(days), "days")
    direction, wanted = _direction(direction, target, len(days))
    inner = None if wanted is None else np.clip(np.asarray(wanted, float), 0, None) ** T_POWER
    kind = {"band": "target band", "closer": "closer"}.get(direction, direction)
    chart = xmr(days**T_POWER, baseline=baseline, rebase=rebase, direction=kind, target=inner)

    def back(x):
        return np.clip(x, 0, None) ** (1 / T_POWER)

    changed = {"kind": "t", "values": days, "center": back(chart.center), "lower": back(chart.lower)}
    changed |= {"upper": back(chart.upper), "target": wanted}
    return Chart(**{**{f: getattr(chart, f) for f in chart.__dataclass_fields__}, **changed})


def autocorrelation(values):
    """How much each point resembles the one before it: (lag-1 autocorrelation, what chance allows: 2/√n).

    Parameters
    ----------
    values : sequence of float
        nan is a missing point; pairs with one are left out.

    Returns
    -------
    tuple of float
        nan, nan below 8 pairs or without variation. Signals of a series above the second number come too often.
    """
    values = _series(values)
    known = _known(values)
    pairs = known[1:] & known[:-1]
    centred = values - _mean(values)
    spread = np.sum(centred[known] ** 2)
    if pairs.sum() < 8 or spread <= SAME * np.nanmax(np.abs(values)) ** 2:
        return np.nan, np.nan
    return float(np.sum((centred[1:] * centred[:-1])[pairs]) / spread), float(2 / np.sqrt(known.sum()))


def false_alarms(n, kind="XmR", expected=np.inf):
    """What a stable series of n independent points shows by chance, with limits estimated from itself.

    Parameters
    ----------
    n : int
        Points.
    kind : str
        As in `Chart`. ``g`` supposes gaps of a geometric distribution, ``p``, ``u``, ``c`` and ``t`` counts of a
        Poisson distribution, both with exact limits; ``t`` without ``expected`` exponential times; every other kind
        normal points.
    expected : float
        Events expected a point (as in `Chart`), for counts; the nearest of `SIMULATED_COUNTS` is taken.

    Returns
    -------
    FalseAlarms
        Shares of 4,000 simulated series; the seed is fixed, so the answer is always the same. Their standard error is
        below 0.008.
    """
    if n < 3:
        return FalseAlarms(0.0, 0.0)
    counted = kind in ("p", "u", "c", "t") and isfinite(expected) and expected > 0
    near = min(SIMULATED_COUNTS, key=lambda c: abs(np.log(c / expected))) if counted else np.inf
    return _simulated(int(n), kind if kind in ("g", "run") or (kind == "t" and not counted) else "", near)


def chart_false_alarms(chart):
    """`false_alarms` of a chart as it is: every segment by its own number of points, the latest point by the last one.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    FalseAlarms
        Limits frozen on few points give somewhat more.
    """
    known = chart.segment[_known(chart.values)]
    sizes = np.bincount(known, minlength=int(chart.segment.max(initial=0)) + 1)
    each = [false_alarms(int(size), chart.kind, chart.expected) for size in sizes]
    return FalseAlarms(float(1 - np.prod([1 - one.chart for one in each])), each[-1].latest)


@cache
def _simulated(n, kind, expected, series=4000):
    """Any signal, and one on the latest point, in so many stable series."""
    rng = np.random.default_rng(20240630)
    if isfinite(expected):
        signals = _count_signs(rng.poisson(expected, size=(series, n)).astype(float))
    elif kind == "g":
        gaps = rng.geometric(RARE, size=(series, n)) - 1.0
        lines = _geometric_lines(gaps.mean(axis=1, keepdims=True))
        signals = _signs(gaps, lines.middle, lines.near_low, lines.near_high, lines.lower, lines.upper)
        del signals["two_of_three"]
    elif kind == "t":
        signals = xmr_many(rng.exponential(size=(series, n)) ** T_POWER).signals
    elif kind == "run":
        return _run_alarms(rng.normal(size=(series, n)))
    else:
        signals = xmr_many(rng.normal(size=(series, n))).signals
    hit = np.any([sign != 0 for sign in signals.values()], axis=0)
    return FalseAlarms(float(hit.any(axis=1).mean()), float(hit[:, -1].mean()))


def _count_signs(counts):
    """The rules on many series of counts with equal exposure at once, as `c_chart` applies them one by one."""
    mean = counts.mean(axis=1)
    # Series without a single event have no limits and no signal; the quantiles of each mean are looked up once.
    means, which = np.unique(mean, return_inverse=True)
    size = np.ones_like(means)
    exact, sigma = _exact_lines("c", means, size), _sigma_lines(means, np.sqrt(means), True, floor=0.0)
    names = ("middle", "near_low", "near_high", "lower", "upper")
    use_exact = means < EXACT_COUNT
    lines = [np.where(use_exact, getattr(exact, x), getattr(sigma, x))[which][:, None] for x in names]
    signs = {rule: sign.astype(int) for rule, sign in _signs(counts, *lines).items()}
    rare = mean < RARE_COUNT
    if rare.any():
        between = _between_signs(counts[rare], np.ones_like(counts[rare]), counts.shape[1])
        high = signs["outside"][rare]
        for rule in RULES:
            signs[rule][rare] = -between[rule]
        signs["outside"][rare] = np.where(high != 0, high, -between["outside"])
    return {rule: np.where(mean[:, None] > 0, sign, 0) for rule, sign in signs.items()}


def _run_alarms(values):
    """Share of series with a run too long or too few crossings, and of those whose latest point is so judged."""
    above = values > np.median(values, axis=1, keepdims=True)
    useful = values != np.median(values, axis=1, keepdims=True)
    chart = latest = 0
    for side, keep in zip(above, useful, strict=True):
        part = side[keep]
        lengths = _full_run_lengths(part)
        longest, fewest = anhoej(len(part))
        few = np.sum(part[1:] != part[:-1]) < fewest
        chart += few or lengths.max() > longest
        latest += few or (keep[-1] and lengths[-1] > longest)
    return FalseAlarms(chart / len(values), latest / len(values))


def anhoej(useful):
    """Longest run and fewest crossings that chance allows among so many useful points.

    Parameters
    ----------
    useful : int
        Points that are neither missing nor on the centre line.

    Returns
    -------
    tuple of int
        ``round(log2 n) + 3``, and the 5% quantile of a binomial distribution of n - 1 and one half.
    """
    if useful < 1:
        return 0, 0
    return round(log2(useful)) + 3, _fewest_crossings(useful)


@cache
def _fewest_crossings(useful):
    """Smallest k with at least 5% of Binomial(useful - 1, 1/2) at or below it, in whole numbers."""
    total = 0
    for k in range(useful):
        total += comb(useful - 1, k)
        if 20 * total >= 2 ** (useful - 1):
            return k
    raise AssertionError("a distribution sums to one")


def _attribute(kind, count, size, variance, ceiling, baseline, rebase, direction, target, prime, exact):
    """Charts of count / size, whose spread follows from the mean and the size.

    The limits are Laney's with ``prime``; else 3 sigma, or what ``exact`` asks for.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(size > 0, count / size, np.nan)
    place = np.arange(len(values))
    whole = _all_whole(count) and (kind != "p" or _all_whole(size))
    expected = _expected(kind, count, size)
    exact = exact and whole and not prime and expected < EXACT_COUNT
    rare = exact and expected < RARE_COUNT

    def limits(part, base):
        here = place[part.start : part.stop]
        first = here[:base]
        known = _known(values[first])
        total, sizes = np.sum(count[first][known]), np.sum(size[first][known])
        level = np.full(len(here), total / sizes if sizes > 0 else np.nan)
        # Nothing ever happened, or everything did: the distribution has no spread and no limits.
        if not total > 0 or (kind == "p" and not total < sizes):
            return _sigma_lines(level, np.nan, False)
        if exact:
            lines = _exact_lines(kind, level, size[here])
            return lines._replace(signs=_rare_signs(kind, count[here], size[here], base, lines)) if rare else lines
        with np.errstate(divide="ignore"):
            sigma = np.sqrt(variance(level[0]) / size[here])
        meaningful = True
        if prime:
            gap = values[here] - level
            # Equal proportions of unequal counts differ in their last digit, which is no variation.
            z = np.where(np.abs(gap) <= SAME * level, 0.0, gap) / sigma
            _, spread, meaningful = _individuals(z, base, False)
            sigma = sigma * spread
        return _sigma_lines(level, sigma, bool(meaningful), 0.0, ceiling)

    chart = _chart(
        "t" if rare else kind + ("′" if prime else ""),
        values,
        limits,
        baseline,
        rebase,
        direction,
        target,
        floor=0.0,
        ceiling=ceiling,
        positions=True,
    )
    return replace(chart, expected=np.nan if prime else expected)


def _expected(kind, count, size):
    """Events of the rarer outcome expected in a typical period."""
    known = _known(count) & _known(size)
    if not known.any():
        return np.nan
    share = count[known].sum() / size[known].sum()
    return float(np.median(size[known]) * (min(share, 1 - share) if kind == "p" else share))


def _exact_lines(kind, level, size):
    """Lines that leave outside as little as 3 sigma (and 2 sigma, and the median) of a normal distribution do.

    Counts are whole, so these lines are attainable values, and less than the normal tail lies beyond them.
    """
    at = [_quantile(kind, q, level, size) / size for q in (TAIL_LIMIT, TAIL_NEAR, 0.5, 1 - TAIL_NEAR, 1 - TAIL_LIMIT)]
    return _Lines(level, at[2], at[1], at[3], at[0], at[4], True)


def _quantile(kind, q, level, size):
    """Smallest count with at least q at or below it; nan where the size is."""
    from scipy.special import bdtr, bdtrik, pdtr, pdtrik

    known = np.isfinite(size)
    sizes = np.where(known, size, 1.0)
    if kind == "p":

        def below(k):
            return np.where(k < 0, 0.0, bdtr(np.clip(k, 0, sizes), sizes.astype(int), level))

        guess = bdtrik(q, sizes, level)
    else:

        def below(k):
            return np.where(k < 0, 0.0, pdtr(np.maximum(k, 0), level * sizes))

        guess = pdtrik(q, level * sizes)
    k = np.ceil(np.nan_to_num(guess))
    # The inverse is continuous and inexact near 0: settle on the whole number by the distribution itself.
    k = np.where(below(k - 1) >= q, k - 1, k)
    return np.where(known, np.where(below(k) < q, k + 1, k), np.nan)


def _geometric_lines(mean):
    """`_exact_lines` of the number of cases before an event."""
    tails = np.array([TAIL_LIMIT, TAIL_NEAR, 0.5, 1 - TAIL_NEAR, 1 - TAIL_LIMIT])
    # P(at most k) = 1 - (mean / (mean + 1)) ** (k + 1).
    at = [np.ceil(np.maximum(np.log1p(-q) / np.log(mean / (mean + 1)) - 1, 0)) for q in tails]
    return _Lines(mean, at[2], at[1], at[3], at[0], at[4], True)


def _rare_signs(kind, count, size, base, lines):
    """Signs of the four rules, one a period, of events that are rare.

    A period with more events than the exact limit is outside. Everything else is judged on the exposure between
    events, as on a t chart: a period is marked when a gap ends in it that belongs to a signal, the last one when no
    event has come for longer than the upper limit. Events of one period are spread over it evenly.
    """
    flip = kind == "p" and lines.center[0] > 0.5
    events = size - count if flip else count
    with np.errstate(invalid="ignore"):
        high = (count / size > lines.upper * (1 + SAME)).astype(int) - (count / size < lines.lower * (1 - SAME))
    signs = _between_signs(events[None], size[None], base)
    signs = {rule: (sign[0] if flip else -sign[0]) for rule, sign in signs.items()}
    signs["outside"] = np.where(high != 0, high, signs["outside"])
    return signs


def _between_signs(events, size, base):
    """Signs of the exposure between events, placed in the periods where they end: +1 for long, -1 for short.

    ``events`` and ``size`` have a row a series and a column a period; nan is a period without data.
    """
    known = np.isfinite(events) & np.isfinite(size)
    events = np.where(known, events, 0).astype(int)
    size = np.where(known, size, 0.0)
    rows, periods = events.shape
    series, period = np.divmod(np.repeat(np.arange(events.size), events.ravel()), periods)
    within = np.arange(len(series)) - np.repeat(np.cumsum(events) - events.ravel(), events.ravel())
    begins = np.cumsum(size, axis=1) - size
    at = begins[series, period] + (within + 0.5) / events[series, period] * size[series, period]
    rank = np.arange(len(series)) - np.searchsorted(series, np.arange(rows))[series]
    gaps = np.full((rows, max(int(events.sum(axis=1).max(initial=0)), 3)), np.nan)
    ends = np.zeros(gaps.shape, int)
    later = np.flatnonzero(rank > 0)
    gaps[series[later], rank[later] - 1] = np.maximum(at[later] - at[later - 1], 0) ** T_POWER
    ends[series[later], rank[later] - 1] = period[later]
    center, sigma, meaningful = _individuals(np.where(ends < base, gaps, np.nan), gaps.shape[1], False)
    sigma = np.where(meaningful, sigma, np.nan)
    middle, wide = center[:, None], sigma[:, None]
    found = _signs(gaps, middle, middle - 2 * wide, middle + 2 * wide, middle - 3 * wide, middle + 3 * wide)
    signs = {rule: np.zeros(events.shape, int) for rule in RULES}
    for rule in RULES:
        if rule != "trend":  # events spread evenly over a period make trends of their own
            series_at, gap_at = np.nonzero(found[rule])
            signs[rule][series_at, ends[series_at, gap_at]] = found[rule][series_at, gap_at]
    newest = np.zeros(rows)
    np.maximum.at(newest, series, at)
    with np.errstate(invalid="ignore"):
        quiet = np.maximum(size.sum(axis=1) - newest, 0) ** T_POWER > center + 3 * sigma
    last = periods - 1 - np.argmax(known[:, ::-1], axis=1)
    signs["outside"][quiet, last[quiet]] = 1
    return signs


def _all_whole(values):
    values = values[_known(values)]
    return bool(np.all(values == np.round(values)))


def _sigma_lines(center, sigma, meaningful, floor=-np.inf, ceiling=np.inf):
    """Lines 2 and 3 sigma from the center, the latter within what values can be."""
    lower, upper = np.maximum(center - 3 * sigma, floor), np.minimum(center + 3 * sigma, ceiling)
    return _Lines(center, center, center - 2 * sigma, center + 2 * sigma, lower, upper, meaningful)


def _chart(
    kind,
    values,
    limits,
    baseline,
    rebase,
    direction,
    target,
    *,
    floor=-np.inf,
    ceiling=np.inf,
    leave_out=(),
    positions=False,
):
    """Put a chart together, segment by segment.

    ``limits(part, base)`` gives the segment's `_Lines`; ``part`` is its values, or its slice where the method needs
    more than the values.
    """
    direction, target = _direction(direction, target, len(values))
    starts = _starts(rebase, len(values))
    segment = np.zeros(len(values), int)
    center, lower, upper = (np.full(len(values), np.nan) for _ in range(3))
    signs = {rule: np.zeros(len(values), int) for rule in RULES}
    notes, meaningful = [], False
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], len(values)], strict=True)):
        where = slice(start, stop)
        segment[where] = number
        base = _baseline(baseline, stop - start)
        lines = limits(where if positions else values[where], base)
        center[where], meaningful = lines.center, lines.meaningful
        label = f"segment {number + 1}: " if len(starts) > 1 else ""
        used = int(_known(values[where][:base]).sum())
        if not meaningful:
            notes.append(f"{label}no limits, because {_why_no_limits(kind, values[where][:base])}.")
            continue
        lower[where], upper[where] = lines.lower, lines.upper
        if used < TRIAL_POINTS:
            count = "1 point" if used == 1 else f"{used} points"
            notes.append(f"{label}trial limits, from {count} (fewer than {TRIAL_POINTS}).")
        found = lines.signs or _signs(
            values[where], lines.middle, lines.near_low, lines.near_high, lines.lower, lines.upper
        )
        for rule in RULES:
            if rule not in leave_out:
                signs[rule][where] = found[rule]
    ends = _ends(direction, target, len(values))
    points = _points(signs, values, center, direction, ends)
    last = slice(starts[-1], len(values))
    return Chart(
        kind,
        values,
        center,
        lower,
        upper,
        _marked(signs),
        points,
        segment,
        int(_known(values).sum()),
        *_runs(_side(values[last], center[last])),
        _latest(points) if meaningful else "",
        _assurance(lower, upper, direction, ends, floor, ceiling) if meaningful else "",
        direction,
        target,
        " ".join(note[0].upper() + note[1:] for note in notes),
    )


def _marked(signs):
    """Which points belong to a signal, one column a rule."""
    return pd.DataFrame(np.column_stack([signs[rule] != 0 for rule in RULES]), columns=_RULES)


def _individuals(values, base, screen):
    """Mean, sigma by moving ranges, and whether there are two ranges above zero; along the last axis."""
    part = values[..., :base]
    ranges = np.abs(np.diff(part, axis=-1))
    average = _mean(ranges)
    scale = SAME * np.max(np.abs(part), axis=-1, initial=0, where=np.isfinite(part))
    if screen:
        with np.errstate(invalid="ignore"):
            ranges = np.where(ranges >= SCREEN_LIMIT * average[..., None], np.nan, ranges)
        average = _mean(ranges)
    meaningful = (ranges > scale[..., None]).sum(axis=-1) >= 2
    return _mean(part), average / RANGE_TO_SIGMA, meaningful


def _signs(values, middle, near_low, near_high, lower, upper):
    """The four rules along the last axis: +1 where a point belongs to a high signal, -1 to a low one, else 0."""
    same = SAME * np.max(np.abs(values), axis=-1, initial=0, where=np.isfinite(values), keepdims=True)
    with np.errstate(invalid="ignore"):
        outside = (values > upper + same).astype(np.int8) - (values < lower - same)
        near = (values > near_high + same).astype(np.int8) - (values < near_low - same)
        side = (values > middle + same).astype(np.int8) - (values < middle - same)
        step = np.diff(values, axis=-1)
        step = (step > same).astype(np.int8) - (step < -same)
    # Two of three beyond two thirds of the way to a limit, all three on that side. A point that is already outside
    # is on the side but does not count among the two.
    close = (near != 0) & (outside == 0)
    two = np.zeros(values.shape, bool)
    if values.shape[-1] >= 3:
        windows = [slice(0, -2), slice(1, -1), slice(2, None)]
        count = sum(close[..., w].astype(np.int8) for w in windows)
        sides = sum(side[..., w] for w in windows)
        hit = (count >= 2) & (np.abs(sides) == 3)
        for window in windows:
            two[..., window] |= hit
    high = _fill_back(_run_lengths(side > 0) >= SHIFT_POINTS, SHIFT_POINTS)
    low = _fill_back(_run_lengths(side < 0) >= SHIFT_POINTS, SHIFT_POINTS)
    rise, fall = np.zeros(values.shape, bool), np.zeros(values.shape, bool)
    rise[..., 1:] = _run_lengths(step > 0) >= TREND_POINTS - 1
    fall[..., 1:] = _run_lengths(step < 0) >= TREND_POINTS - 1
    rise, fall = _fill_back(rise, TREND_POINTS), _fill_back(fall, TREND_POINTS)
    return {
        "outside": outside,
        "trend": np.where(rise, 1, np.where(fall, -1, 0)),
        "two_of_three": np.where(two & close, side, 0),
        "shift": np.where(high, 1, np.where(low, -1, 0)),
    }


def _run_lengths(flag):
    """At each place, how many in a row have been true up to here, along the last axis."""
    place = np.broadcast_to(np.arange(flag.shape[-1], dtype=np.int32), flag.shape)
    return place - np.maximum.accumulate(np.where(flag, np.int32(-1), place), axis=-1)


def _fill_back(hit, width):
    """Mark the whole window that a hit ends."""
    out = hit.copy()
    for back in range(1, width):
        out[..., :-back] |= hit[..., back:]
    return out


def _full_run_lengths(sides):
    """For each point, the length of the whole run it is in."""
    number = np.cumsum(np.r_[True, sides[1:] != sides[:-1]]) - 1
    return np.bincount(number)[number]


def _runs(sides):
    """Longest run, most that chance allows, crossings, fewest that chance allows; points without a side skipped."""
    useful = sides[sides != 0]
    if not len(useful):
        return 0, 0, 0, 0
    longest = int(_full_run_lengths(useful).max())
    allowed, fewest = anhoej(len(useful))
    return longest, allowed, int(np.sum(useful[1:] != useful[:-1])), fewest


def _side(values, middle):
    """+1 above the line, -1 below it, 0 on it or missing."""
    same = SAME * np.max(np.abs(values), initial=0, where=_known(values))
    with np.errstate(invalid="ignore"):
        return (values > middle + same).astype(int) - (values < middle - same)


def _points(signs, values, center, direction, ends):
    """Say of each point whether its first signal (in the order of `RULES`) is good or bad."""
    points = np.full(len(values), "common cause", dtype=object)
    done = np.zeros(len(values), bool)
    for rule in RULES:
        for place in np.flatnonzero((signs[rule] != 0) & ~done):
            sign = int(signs[rule][place])
            if direction == "higher":
                good = sign
            elif direction == "lower":
                good = -sign
            elif direction == "neutral":
                good = 0
            else:
                good = _toward(values[place], center[place], sign if rule == "trend" else 0, ends[:, place])
            points[place] = {1: "improvement", -1: "concern", 0: "neutral"}[good]
            done[place] = True
    points[~_known(values)] = "missing"
    return points


def _toward(value, center, trend, band):
    """+1 when a value lies nearer to the band than the centre (or a trend heads for it), -1 when farther, 0 else."""
    low, high = band

    def gap(x):
        return max(low - x, x - high, 0.0)

    if trend and gap(value) > 0:
        return trend if value < low else -trend
    return int(np.sign(gap(center) - gap(value)))


def _ends(direction, target, n):
    """The two ends of what is wanted at each of n points, as two rows; None without a target."""
    if target is None:
        return None
    target = np.asarray(target, float)
    if direction == "band" and target.ndim == 1:
        target = target[:, None]
    return np.broadcast_to(target, (2, n))


def _latest(points):
    """What the latest point with a value says."""
    known = points[points != "missing"]
    return str(known[-1]) if len(known) else ""


def _assurance(lower, upper, direction, ends, floor, ceiling):
    """Whether the target lies beyond the limits of the last point: NHS Making Data Count's assurance.

    A band is always met when the limits lie within it, and never when they lie outside of it. An end beyond which no
    value can be, such as 0 of a share, cannot be missed.
    """
    if ends is None or direction == "neutral":
        return ""
    low, high = ends[:, -1]
    # The latest point may be one without a denominator: the limits of the last that has them.
    known = np.flatnonzero(np.isfinite(upper) & np.isfinite(lower))
    if not len(known) or not isfinite(low):
        return ""
    lower, upper = lower[known[-1]], upper[known[-1]]
    if direction == "higher":
        passes, fails = low < lower, low > upper
    elif direction == "lower":
        passes, fails = low > upper, low < lower
    else:
        passes = (low < lower or low <= floor) and (upper < high or high >= ceiling)
        fails = high < lower or upper < low
    return "consistently passes" if passes else "consistently fails" if fails else "hit and miss"


def _why_no_limits(kind, values):
    """The reason in words."""
    known = values[_known(values)]
    if len(known) < 3:
        return f"there are only {len(known)} points"
    if kind in ("p", "p′", "u", "u′", "c", "g", "t") and not np.any(known > 0):
        return "nothing was counted in any period"
    if kind in ("p", "p′") and np.all(known >= 1):
        return "every case counted in every period"
    return "the values hardly ever change (fewer than two moving ranges above zero)"


def _direction(direction, target, n):
    """Check direction and target; ``closer to 1`` carries its own target."""
    words = str(direction).strip().lower()
    if words.startswith("closer"):
        number = re.search(r"-?\d+(?:\.\d+)?", words)
        if target is None and number:
            target = float(number.group())
        kind = "closer"
    else:
        kind = {"context": "neutral", "target band": "band", "band": "band"}.get(words, words)
    if kind not in ("higher", "lower", "neutral", "band", "closer"):
        raise ValueError(f"direction: {direction!r} is not higher, lower, neutral, target band or closer to a value")
    if kind in ("band", "closer") and target is None:
        return "neutral", None
    if target is not None:
        shape = np.shape(target)
        if kind == "band" and (shape not in ((2,), (2, n)) or np.any(np.subtract(*np.asarray(target, float)) > 0)):
            raise ValueError("target: a target band has two ends, the lower one first")
        if kind != "band" and shape not in ((), (n,)):
            raise ValueError("target: one number, or one for each point")
        target = float(target) if shape == () else np.asarray(target, float)
    return kind, target


def _starts(rebase, n):
    """Where segments start, 0 first."""
    rebase = sorted({int(place) for place in rebase})
    if rebase and (rebase[0] < 0 or rebase[-1] >= n):
        raise ValueError("rebase: a position outside the series")
    return sorted({0, *rebase})


def _baseline(baseline, n):
    """How many points of a segment give its limits."""
    if baseline is None:
        return n
    if int(baseline) != baseline or baseline < 2:
        raise ValueError("baseline: a number of points, 2 or more")
    return min(int(baseline), n)


def _series(values):
    """One series as floats; infinities are not numbers that a city measured."""
    if not (isinstance(values, np.ndarray) and values.dtype == float):
        values = np.array(pd.to_numeric(pd.Series(list(values), dtype=object), errors="raise"), dtype=float)
    return np.where(np.isfinite(values), values, np.nan)


def _pair(count, size, count_name, size_name):
    """Two series of equal length, none below zero; where either is missing or the size is 0, both are missing."""
    count = _counts(_series(count), count_name)
    size = _counts(_series(np.full(len(count), size) if np.ndim(size) == 0 else size), size_name)
    if len(count) != len(size):
        raise ValueError(f"{count_name} and {size_name}: of different length")
    known = _known(count) & _known(size) & (np.nan_to_num(size) > 0)
    return np.where(known, count, np.nan), np.where(known, size, np.nan)


def _counts(values, name):
    """Refuse negative numbers where they can have no meaning."""
    if (values < 0).any():
        raise ValueError(f"{name}: below zero")
    return values


def _known(values):
    return np.isfinite(values)


def _mean(values):
    """Mean along the last axis over what is there; nan (without a warning) where nothing is."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(axis=-1) / np.where(known.any(axis=-1), known.sum(axis=-1), np.nan)


def _level(part, value):
    return np.full(len(part), float(value))
