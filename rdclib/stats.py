"""Arithmetic that is true of any numbers: shares, intervals, quantiles, agreement.

A question that the numbers cannot answer gives nan, never 0, and says why: single numbers are `Noted`, pairs are
`Interval`, and both carry a `note`.
"""

import math
from dataclasses import dataclass, field

import numpy as np

# Two-sided 95%, the level of every interval in a report.
CONFIDENCE = 0.95

# Mean absolute deviation of first digits, below which amounts conform closely, acceptably, or marginally.
# Nigrini, Benford's Law (2012), table 7.1.
BENFORD_BANDS = ((0.006, "close"), (0.012, "acceptable"), (0.015, "marginal"))
# Below this number of amounts the deviation is mostly chance: of 300 that follow the law a third lie above 0.015, of
# 1,000 one in fifty above 0.012.
BENFORD_MINIMUM = 1000


class Noted(float):
    """A number which says why it is missing or how far to trust it.

    Attributes
    ----------
    note : str
        Empty when there is nothing to say.
    """

    def __new__(cls, value=math.nan, note=""):
        number = super().__new__(cls, value)
        number.note = note
        return number

    def __reduce__(self):
        return Noted, (float(self), self.note)


class Interval(tuple):
    """A pair ``(low, high)``, of numbers or of arrays; nan where there is no interval, and `note` says why."""

    def __new__(cls, low=math.nan, high=math.nan, note=""):
        pair = super().__new__(cls, (low, high))
        pair.note = note
        return pair

    def __getnewargs__(self):
        return (*self, self.note)

    @property
    def low(self):
        """The lower end."""
        return self[0]

    @property
    def high(self):
        """The upper end."""
        return self[1]


def _present(values):
    """Return the values that are there, as a flat array of floats."""
    numbers = np.asarray(values, dtype=float).ravel()
    return numbers[~np.isnan(numbers)]


def _shares(values):
    """Return each positive value's share of the sum, and a note when there is none."""
    numbers = _present(values)
    if (numbers < 0).any():
        return None, "shares are not defined: some values are below zero"
    total = numbers.sum()
    if not np.isfinite(total) or total <= 0:
        return None, "shares are not defined: no value is above zero"
    return numbers[numbers > 0] / total, ""


def hhi(values):
    """Herfindahl-Hirschman index of concentration, on the scale from 0 to 1.

    Parameters
    ----------
    values : array-like
        One amount for each vendor. Missing values do not count.

    Returns
    -------
    Noted
        The sum of squared shares: 1 when one vendor has it all, 1/N when N vendors share evenly. Reports multiply it
        by 10,000. nan when nothing is above zero, or something is below.
    """
    shares, note = _shares(values)
    if shares is None:
        return Noted(note=note)
    return Noted(np.square(shares).sum())


def effective_number(values):
    """Number of equal shares that would be as concentrated: 1 / `hhi`."""
    index = hhi(values)
    return Noted(1 / index, index.note)


def normalised_hhi(values):
    """`hhi` freed of the number of vendors: 0 when they share evenly, 1 when one has nearly all.

    Notes
    -----
    (H - 1/N) / (1 - 1/N), where N counts the values above zero. With one vendor there is nothing to share: nan.
    """
    shares, note = _shares(values)
    if shares is None:
        return Noted(note=note)
    n = len(shares)
    if n == 1:
        return Noted(note="not defined for a single value above zero")
    return Noted(max(0.0, (np.square(shares).sum() - 1 / n) / (1 - 1 / n)))


def _z(confidence):
    from scipy.special import ndtri

    return ndtri((1 + confidence) / 2)


def proportion_interval(count, n, method="wilson", *, confidence=CONFIDENCE):
    """Confidence interval of a proportion.

    Parameters
    ----------
    count, n : number or array-like
        Successes and trials; arrays are taken element by element.
    method : str
        ``"wilson"`` (the score interval), or another method of ``statsmodels``' ``proportion_confint``, such as
        ``"beta"`` for Clopper-Pearson.
    confidence : float
        Coverage aimed at, between 0 and 1.

    Returns
    -------
    Interval
        ``(low, high)``; nan where ``n`` is 0 or something is missing.

    Raises
    ------
    ValueError
        If a count is below zero or above its ``n``.

    References
    ----------
    Wilson (1927), JASA 22, 209-212; Newcombe (1998), Statistics in Medicine 17, 857-872, method 3.
    """
    count, n = np.broadcast_arrays(np.asarray(count, dtype=float), np.asarray(n, dtype=float))
    if (count < 0).any() or (count > n).any():
        raise ValueError("a proportion needs 0 <= count <= n")
    known = (n > 0) & ~np.isnan(count)
    trials = np.where(known, n, 1.0)
    successes = np.where(known, count, 0.0)
    if method == "wilson":
        z = _z(confidence)
        p = successes / trials
        shrink = 1 + z**2 / trials
        centre = (p + z**2 / (2 * trials)) / shrink
        half = z * np.sqrt(p * (1 - p) / trials + z**2 / (4 * trials**2)) / shrink
        # The ends are exact at none and at all; rounding would leave them 1e-17 away.
        low = np.where(successes == 0, 0.0, centre - half)
        high = np.where(successes == trials, 1.0, centre + half)
    else:
        from statsmodels.stats.proportion import proportion_confint

        low, high = proportion_confint(successes, trials, alpha=1 - confidence, method=method)
    low, high = np.where(known, low, np.nan), np.where(known, high, np.nan)
    note = "" if known.all() else "no interval where nothing was counted"
    if low.ndim == 0:
        return Interval(float(low), float(high), note)
    return Interval(low, high, note)


def ratio_interval(numerator, denominator, cluster=None, *, confidence=CONFIDENCE):
    """Confidence interval of a ratio of two sums, such as the share of value that was bid on once.

    Parameters
    ----------
    numerator, denominator : array-like
        The two amounts of each record, in one unit.
    cluster : array-like, optional
        Which records belong together (their vendor), since they do not vary on their own. Without it each record
        stands alone.
    confidence : float
        Coverage aimed at, between 0 and 1.

    Returns
    -------
    Interval
        ``(low, high)``; kept within 0 and 1 when every numerator lies between 0 and its denominator (of a credit both
        are negative). nan with fewer than two clusters, a sum that is not above zero, or residuals that are all zero:
        then the method sees no spread, which is not the same as certainty.

    Notes
    -----
    With R = sum(y) / sum(x), the linearised residuals y - R x are added up in each cluster; the variance of R is
    G / (G - 1) times the sum of their squares over sum(x) squared, for G clusters; the interval is R ± t(G - 1) s.

    References
    ----------
    Cochran, Sampling Techniques (1977), sections 6.3 and 9A; Wolter, Introduction to Variance Estimation (2007), ch. 6.
    """
    y, x = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    known = ~(np.isnan(y) | np.isnan(x))
    codes = np.arange(len(y)) if cluster is None else _codes(cluster)
    y, x, codes = y[known], x[known], codes[known]
    total = x.sum()
    if not total > 0:
        return Interval(note="no interval: the denominators do not add up to more than zero")
    present = np.bincount(codes) > 0
    groups = int(present.sum())
    if groups < 2:
        return Interval(note="no interval: it takes records of two vendors or more")
    ratio = y.sum() / total
    residuals = np.bincount(codes, weights=y - ratio * x)
    spread = np.square(residuals).sum()
    if spread <= (1e-12 * total) ** 2:
        return Interval(note="no interval: the share is the same in every record, so its spread is not known")
    from scipy.special import stdtrit

    half = stdtrit(groups - 1, (1 + confidence) / 2) * math.sqrt(groups / (groups - 1) * spread) / total
    low, high = ratio - half, ratio + half
    # A credit is negative above the line and below it, and still a part of the whole.
    part = (y >= np.minimum(x, 0)) & (y <= np.maximum(x, 0))
    if part.all() and 0 <= ratio <= 1:
        low, high = max(low, 0.0), min(high, 1.0)
    return Interval(float(low), float(high))


def bootstrap_interval(totals, statistic, *, draws=2000, confidence=CONFIDENCE):
    """Confidence interval of a number made of sums over vendors, by drawing vendors with replacement.

    Parameters
    ----------
    totals : array-like, vendors x sums
        What each vendor adds to each sum, such as its payments and its awards. All records of a vendor are drawn
        together, since they do not vary on their own.
    statistic : callable
        Takes an array of draws x sums and gives one number a draw; nan where it has no value.
    draws : int
        The seed is fixed, so that the same records give the same interval.
    confidence : float
        Coverage aimed at, between 0 and 1.

    Returns
    -------
    Interval
        The percentiles of the statistic; nan with fewer than two vendors, or where it has no value in one draw of ten
        or more.

    References
    ----------
    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13.
    """
    totals = np.asarray(totals, dtype=float)
    vendors = len(totals)
    if vendors < 2:
        return Interval(note="no interval: it takes records of two vendors or more")
    # In an order of their own, so that neither ids nor the order of a file decide which vendor is drawn.
    totals = totals[np.lexsort(totals.T[::-1])]
    rng = np.random.default_rng(20240630)
    step = max(1, 2_000_000 // vendors)
    parts = []
    for start in range(0, draws, step):
        count = min(step, draws - start)
        drawn = rng.integers(vendors, size=(count, vendors)) + vendors * np.arange(count)[:, None]
        times = np.bincount(drawn.ravel(), minlength=count * vendors).reshape(count, vendors)
        parts.append(statistic(times @ totals))
    values = _present(np.concatenate(parts))
    if len(values) <= 0.9 * draws:
        return Interval(note="no interval: too many draws of the vendors give no value")
    tail = (1 - confidence) / 2
    return Interval(*(float(x) for x in np.quantile(values, (tail, 1 - tail))))


def _codes(labels):
    """Return small integers in place of labels; missing labels stand each for itself."""
    labels = np.asarray(labels)
    if labels.dtype.kind in "iu" and labels.size and labels.min() >= 0 and labels.max() <= 4 * labels.size:
        return labels
    import pandas as pd

    codes, names = pd.factorize(labels)
    missing = codes < 0
    codes[missing] = len(names) + np.arange(missing.sum())
    return codes


def quantile_interval(values, q=0.5, *, confidence=CONFIDENCE):
    """Confidence interval of a quantile by order statistics, free of any assumption on the distribution.

    Parameters
    ----------
    values : array-like
        Missing values do not count.
    q : float
        0.5 for the median.
    confidence : float
        Coverage aimed at; the true coverage is at least this.

    Returns
    -------
    Interval
        Two of the values; nan on a side where there are too few values for an end.

    References
    ----------
    Conover, Practical Nonparametric Statistics (1999), section 3.2.
    """
    numbers = _present(values)
    n = len(numbers)
    if n == 0:
        return Interval(note="no interval: no values")
    from scipy.special import bdtr

    # Only counts this near to n q can have a tail of interest, which spares a million terms for a million values.
    spread = 10 * math.sqrt(n * q * (1 - q)) + 10
    counts = np.arange(max(0, math.floor(n * q - spread)), min(n, math.ceil(n * q + spread)))
    below = bdtr(counts, n, q)
    tail = (1 - confidence) / 2
    # The r-th smallest value lies above the quantile with probability P(at most r - 1 values lie below it).
    low_rank = int(counts[below <= tail].max()) + 1 if (below <= tail).any() else 0
    high_rank = int(counts[below >= 1 - tail].min()) + 1 if (below >= 1 - tail).any() else n + 1
    ranks = [rank - 1 for rank in (low_rank, high_rank) if 1 <= rank <= n]
    if ranks:
        numbers = np.partition(numbers, ranks)
    low = float(numbers[low_rank - 1]) if low_rank >= 1 else math.nan
    high = float(numbers[high_rank - 1]) if high_rank <= n else math.nan
    note = "" if len(ranks) == 2 else f"too few values ({n}) for both ends of the interval"
    return Interval(low, high, note)


def quartiles(values):
    """First quartile, median and third quartile, median-unbiased.

    Returns
    -------
    ndarray
        Three numbers; nan without values.

    References
    ----------
    Hyndman and Fan (1996), American Statistician 50, 361-365, definition 8: what OCP's Cardinal computes.
    """
    numbers = _present(values)
    if not len(numbers):
        return np.full(3, np.nan)
    return np.quantile(numbers, (0.25, 0.5, 0.75), method="median_unbiased")


def tukey_fences(values, k=1.5):
    """Fences beyond which a value is far from the rest: Q1 - k IQR and Q3 + k IQR.

    Returns
    -------
    Interval
        ``(low, high)``; a value on a fence counts as beyond it. nan when the quartiles are equal: most values then
        agree, the fences would lie on that value, and everything else (or everything) would be flagged.

    References
    ----------
    Tukey, Exploratory Data Analysis (1977), section 2D.
    """
    first, _, third = quartiles(values)
    if np.isnan(first):
        return Interval(note="no fences: no values")
    if first == third:
        return Interval(note="no fences: most values are equal")
    return Interval(float(first - k * (third - first)), float(third + k * (third - first)))


def kaplan_meier_quantile(durations, finished, q):
    """Quantile of a time until something happens, when for some it has not happened yet.

    Parameters
    ----------
    durations : array-like
        Time until the event, or until now for those still waiting. Missing values do not count.
    finished : array-like of bool
        Whether the event happened.
    q : float
        0.75 for the time by which three of four are done.

    Returns
    -------
    Noted
        The earliest time at which the estimated share still waiting is at most 1 - q; nan when it never falls so far.

    References
    ----------
    Kaplan and Meier (1958), JASA 53, 457-481.
    """
    from scipy.stats import CensoredData, ecdf

    times = np.asarray(durations, dtype=float)
    done = np.asarray(finished, dtype=bool)
    known = ~np.isnan(times)
    times, done = times[known], done[known]
    if not done.any():
        return Noted(note="no quantile: none has finished")
    waiting = ecdf(CensoredData(uncensored=times[done], right=times[~done])).sf
    # A share that is 1 - q by arithmetic may come out a rounding error above it.
    reached = waiting.quantiles[waiting.probabilities <= 1 - q + 1e-12]
    if not len(reached):
        return Noted(note=f"no quantile: fewer than {q:.0%} had finished by the longest time seen")
    return Noted(reached.min())


def _ratings(table):
    """Return the rows (subjects) that two raters or more have rated."""
    counts = np.asarray(table, dtype=float)
    if not counts.size:
        return np.zeros((0, 1))
    if counts.ndim != 2:
        raise ValueError("agreement needs a table of subjects by categories")
    if (counts < 0).any():
        raise ValueError("a number of ratings cannot be below zero")
    return counts[counts.sum(axis=1) >= 2]


def plain_agreement(table):
    """Share of pairs of raters who agree, over subjects.

    Parameters
    ----------
    table : array-like, subjects x categories
        How many raters put the subject into the category. Subjects with fewer than two raters do not count.
    """
    counts = _ratings(table)
    if not len(counts):
        return Noted(note="no subject was rated twice")
    raters = counts.sum(axis=1)
    return Noted(((counts * (counts - 1)).sum(axis=1) / (raters * (raters - 1))).mean())


def fleiss_kappa(table):
    """Agreement between raters beyond what chance alone would give.

    Parameters
    ----------
    table : array-like, subjects x categories
        How many raters put the subject into the category. Subjects may have different numbers of raters; those with
        fewer than two do not count.

    Returns
    -------
    Noted
        1 for full agreement, 0 for what chance gives. nan when every rating is in one category: chance then agrees
        fully too. Show it beside `plain_agreement`: where nearly all ratings are the same, kappa is low although
        raters agree.

    References
    ----------
    Fleiss (1971), Psychological Bulletin 76, 378-382.
    """
    counts = _ratings(table)
    if not len(counts):
        return Noted(note="no subject was rated twice")
    share = counts.sum(axis=0) / counts.sum()
    chance = np.square(share).sum()
    if (share > 0).sum() == 1:
        return Noted(note="kappa is not defined: every rating is the same")
    return Noted((plain_agreement(table) - chance) / (1 - chance))


@dataclass(frozen=True)
class Benford:
    """First digits of amounts beside those that Benford's law expects.

    Attributes
    ----------
    n : int
        Amounts counted: those above zero.
    counts : ndarray of 9 int
        Amounts that begin with 1, ..., 9.
    expected : ndarray of 9 float
        Shares expected.
    mad : float
        Mean absolute deviation of the nine shares; nan without amounts.
    conformity : str
        ``"close"``, ``"acceptable"``, ``"marginal"`` or ``"none"``; empty without amounts.
    """

    n: int
    counts: np.ndarray
    expected: np.ndarray
    mad: float
    conformity: str
    note: str = ""
    observed: np.ndarray = field(init=False)

    def __post_init__(self):
        shares = self.counts / self.n if self.n else np.full(9, np.nan)
        object.__setattr__(self, "observed", shares)


def benford(values):
    """Compare first digits with Benford's law.

    Parameters
    ----------
    values : array-like
        Amounts. Those missing, zero or below zero do not count.

    Returns
    -------
    Benford

    References
    ----------
    Nigrini, Benford's Law: Applications for Forensic Accounting, Auditing, and Fraud Detection (2012).
    """
    numbers = _present(values)
    numbers = numbers[(numbers > 0) & np.isfinite(numbers)]
    leading = numbers / 10.0 ** np.floor(np.log10(numbers))
    # 0.3 / 0.1 is 2.9999999999999996: round beyond the cents of the largest amounts before cutting off.
    leading = np.round(leading, 12)
    digits = np.where(leading >= 10, leading / 10, np.where(leading < 1, leading * 10, leading)).astype(int)
    counts = np.bincount(digits, minlength=10)[1:10]
    expected = np.log10(1 + 1 / np.arange(1, 10))
    n = len(numbers)
    if n == 0:
        return Benford(0, counts, expected, math.nan, "", "no amounts above zero")
    mad = float(np.abs(counts / n - expected).mean())
    conformity = next((name for limit, name in BENFORD_BANDS if mad <= limit), "none")
    note = "" if n >= BENFORD_MINIMUM else f"fewer than {BENFORD_MINIMUM:,} amounts: the deviation is mostly chance"
    return Benford(n, counts, expected, mad, conformity, note)


def chance_of_at_least(count, n, p=0.5):
    """Probability of so many successes or more among independent trials (exact binomial).

    Parameters
    ----------
    count, n : number or array-like
        Successes and trials.
    p : float
        Chance of a success in one trial.
    """
    from scipy.special import bdtrc

    count, n = np.asarray(count, dtype=float), np.asarray(n, dtype=int)
    return np.where(count <= 0, 1.0, bdtrc(np.maximum(count, 1.0) - 1, n, p))
