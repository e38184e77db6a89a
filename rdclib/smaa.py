"""Ranking when weights, measurements or both are uncertain: stochastic multicriteria acceptability analysis.

References
----------
Lahdelma and Salminen (2001), SMAA-2, Operations Research 49, 444-454.
Leskinen, Viitanen, Kangas and Kangas (2006), Alternatives to incorporate uncertainty and risk attitude in
multicriteria evaluation of forest plans, Forest Science 52, 304-312 (pairwise winning index).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# Weighted sums closer than this, relative to the largest, are a tie: they differ by rounding only.
TIE = 1e-12


@dataclass(frozen=True)
class Smaa:
    """What can be said about each alternative over all draws.

    Attributes
    ----------
    rank_acceptability : ndarray, alternatives x ranks
        Share of draws in which the alternative has the rank; column 0 is rank 1, the highest weighted sum. Rows and
        columns add up to 1.
    central_weights : ndarray, alternatives x criteria
        Mean of the weights that put the alternative first; nan for one that is never first.
    confidence_factor : ndarray, alternatives
        Probability of being first under its central weights; nan for one that is never first.
    pairwise_win : ndarray, alternatives x alternatives
        Share of draws in which the alternative of the row beats that of the column. With its transpose it adds up to
        1, so the diagonal is 0.5.
    """

    rank_acceptability: np.ndarray
    central_weights: np.ndarray
    confidence_factor: np.ndarray
    pairwise_win: np.ndarray

    def top(self, k):
        """Probability of being among the first ``k``, for each alternative."""
        return self.rank_acceptability[:, :k].sum(axis=1)


def analyse(measurements, weights):
    """Find which alternatives come first, and under which weights.

    Parameters
    ----------
    measurements : array-like, draws x alternatives x criteria
        More is better on every criterion. Without the first dimension (or with one draw) they are certain.
    weights : array-like, draws x criteria
        Not below zero. Without the first dimension (or with one draw) they are certain.

    Returns
    -------
    Smaa

    Raises
    ------
    ValueError
        If the shapes do not fit, or a number is missing, infinite, or (a weight) below zero.

    Notes
    -----
    Alternatives with equal sums share the ranks they take: two that tie for the first place have half of rank 1 and
    half of rank 2 each, as if the tie were broken by lot. So the probabilities of being among the first five add up to
    five, however many alternatives are alike.
    """
    values = np.asarray(measurements, dtype=float)
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    if values.ndim == 2:
        values = values[np.newaxis]
    if values.ndim != 3 or weights.ndim != 2 or values.shape[2] != weights.shape[1] or 0 in values.shape:
        raise ValueError("measurements must be draws x alternatives x criteria, and weights draws x criteria")
    if len(values) != len(weights) and 1 not in (len(values), len(weights)):
        raise ValueError(f"{len(values)} draws of measurements do not go with {len(weights)} draws of weights")
    if not (np.isfinite(values).all() and np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("measurements and weights must be finite numbers, and weights not below zero")

    sums = _sums(values, weights)
    draws = len(sums)
    first = _first(sums)
    every_weight = np.broadcast_to(weights, (draws, weights.shape[1]))
    times_first = first.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        central = (first.T @ every_weight) / times_first[:, np.newaxis]
    central[times_first == 0] = np.nan
    confidence = np.full(values.shape[1], np.nan)
    for alternative in np.flatnonzero(times_first):
        confidence[alternative] = _first(_sums(values, central[alternative : alternative + 1]))[:, alternative].mean()
    return Smaa(_ranks(sums) / draws, central, confidence, _wins(sums) / draws)


def _sums(values, weights):
    """Return the weighted sums, draws x alternatives."""
    if len(values) == 1:
        return weights @ values[0].T
    if len(weights) == 1:
        return (values.reshape(-1, values.shape[2]) @ weights[0]).reshape(values.shape[:2])
    return np.einsum("dac,dc->da", values, weights)


def _tolerance(sums):
    return TIE * np.abs(sums).max(axis=1, keepdims=True)


def _first(sums):
    """Return each alternative's part of the first place in each draw: 1, or 1/k in a tie of k."""
    top = sums >= sums.max(axis=1, keepdims=True) - _tolerance(sums)
    return top / top.sum(axis=1, keepdims=True)


def _ranks(sums):
    """Return how often each alternative has each rank (alternatives x ranks)."""
    alternatives = sums.shape[1]
    order = np.argsort(-sums, axis=1, kind="stable")
    ordered = np.take_along_axis(sums, order, axis=1)
    place = np.arange(alternatives)
    gap = ordered[:, :-1] - ordered[:, 1:] > _tolerance(sums)
    # The first and the last place of the tie that each place belongs to; without ties, the place itself.
    first = np.maximum.accumulate(np.where(np.insert(gap, 0, True, axis=1), place, 0), axis=1)
    last = np.where(np.append(gap, np.ones((len(gap), 1), dtype=bool), axis=1), place, alternatives)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    part = (1 / (last - first + 1)).ravel()
    # A part is added from the first place of the tie on and taken away after the last.
    width = alternatives + 1
    steps = np.bincount((order * width + first).ravel(), part, alternatives * width)
    steps -= np.bincount((order * width + last + 1).ravel(), part, alternatives * width)
    counts = np.cumsum(steps.reshape(alternatives, width), axis=1)[:, :-1]
    return np.where(counts > 1e-9, counts, 0.0)


def _wins(sums):
    """Return how often the alternative of the row beats that of the column, a tie counting half."""
    alternatives = sums.shape[1]
    wins = np.zeros((alternatives, alternatives))
    slack = _tolerance(sums)
    for a in range(alternatives):
        lead = sums[:, a : a + 1] - sums[:, a:]
        # Sure wins and half of the ties at once: half of those not behind plus half of those ahead.
        wins[a, a:] = 0.5 * ((lead > slack).sum(axis=0) + (lead >= -slack).sum(axis=0))
        wins[a:, a] = len(sums) - wins[a, a:]
    return wins


def sample_weights(n_criteria, n_draws, *, bounds=None, order=None, rng=0):
    """Draw weights evenly from all that add up to 1 and keep to what is known about them.

    Parameters
    ----------
    n_criteria, n_draws : int
        At least 1 criterion.
    bounds : sequence of (low, high), optional
        For each criterion the least and the greatest weight.
    order : sequence of int, optional
        Criteria from the most to the least important, counted from 0; those not named may lie anywhere.
    rng : numpy.random.Generator or int
        Source of chance, or its seed.

    Returns
    -------
    ndarray, draws x criteria

    Raises
    ------
    ValueError
        If no weights fit the bounds and the order.

    Notes
    -----
    Exact, without a chain that must first settle. Without bounds, Dirichlet(1, ..., 1), and for an order its draws
    sorted: on the simplex every permutation of the criteria is equally likely. With bounds, the uniform distribution is
    that of independent exponential variables, cut off at the bounds, given that they add up to 1, whatever their
    common rate; the rate is set so that they do so on average, all but one are drawn, the last one is what is left,
    and the draw is kept with a probability in proportion to the last one's density. With both, draws of the
    bounds are kept when they are in order; where that is rare, the polytope is cut into simplices, one of which is
    chosen by volume.
    """
    rng = np.random.default_rng(rng)
    if n_criteria < 1 or n_draws < 0:
        raise ValueError("weights need at least one criterion and no negative number of draws")
    order = _checked_order(n_criteria, order)
    if bounds is None:
        return _sorted(rng.dirichlet(np.ones(n_criteria), n_draws), order)
    low, high = _tightened(n_criteria, bounds, order)
    if (low[order] == low[order[:1]]).all() and (high[order] == high[order[:1]]).all():
        # The same bounds for all that are in order: sorting keeps the distribution even, as on the whole simplex.
        return _sorted(_within(low, high, n_draws, rng), order)
    return _within_and_ordered(low, high, order, n_draws, rng)


def _checked_order(n_criteria, order):
    order = np.asarray([] if order is None else order, dtype=int)
    if len(set(order.tolist())) < len(order) or not all(0 <= i < n_criteria for i in order):
        raise ValueError(f"order must name criteria from 0 to {n_criteria - 1}, each at most once")
    return order


def _sorted(weights, order):
    """Return weights in which the criteria in order have their own weights, largest first."""
    result = weights.copy()
    result[:, order] = -np.sort(-weights[:, order], axis=1)
    return result


def _tightened(n_criteria, bounds, order):
    """Return the lowest and highest weight that each criterion can really have."""
    bounds = np.asarray(bounds, dtype=float)
    if bounds.shape != (n_criteria, 2) or np.isnan(bounds).any():
        raise ValueError(f"bounds must be {n_criteria} pairs of numbers (low, high)")
    low, high = np.maximum(bounds[:, 0], 0.0), np.minimum(bounds[:, 1], 1.0)
    low[order] = np.maximum.accumulate(low[order][::-1])[::-1]
    high[order] = np.minimum.accumulate(high[order])
    if (low > high).any() or low.sum() > 1 + 1e-12 or high.sum() < 1 - 1e-12:
        raise ValueError("no weights add up to 1 within these bounds and in this order")
    return low, high


def _within(low, high, n_draws, rng):
    """Draw evenly from the weights within bounds that add up to 1."""
    room = high - low
    left = 1.0 - low.sum()
    weights = np.tile(low, (n_draws, 1))
    free = np.flatnonzero(room > 0)
    if not len(free) or left <= 0:
        return weights
    if room.sum() - left <= 1e-15:
        return np.tile(high, (n_draws, 1))
    if (room[free] >= left).all():
        weights[:, free] += left * rng.dirichlet(np.ones(len(free)), n_draws)
        return weights
    # In units of what is left to share out; the widest one comes last, as it is the most likely to fit.
    free = free[np.argsort(room[free], kind="stable")]
    width = np.minimum(room[free] / left, 1.0)
    rate = _rate(width)
    kept = [np.empty((0, len(free)))]
    missing = n_draws
    while missing > 0:
        shares = np.empty((2 * missing + 64, len(free)))
        shares[:, :-1] = _cut_exponential(rng.random((len(shares), len(free) - 1)), rate, width[:-1])
        last = shares[:, -1] = 1.0 - shares[:, :-1].sum(axis=1)
        fits = (last >= 0) & (last <= width[-1])
        best = 0.0 if rate >= 0 else width[-1]
        fits[fits] = rng.random(fits.sum()) < np.exp(-rate * (last[fits] - best))
        kept.append(shares[fits][:missing])
        missing -= len(kept[-1])
    weights[:, free] += left * np.concatenate(kept)
    return weights


def _rate(width):
    """Return the rate at which exponential variables cut off at `width` add up to 1 on average."""
    from scipy.optimize import brentq

    def excess(rate):
        return _cut_mean(rate, width).sum() - 1.0

    # Far out the mean is 1 / rate from the nearer end, so a bound of n / (distance of the sum from that end) encloses.
    reach = 2.0 * len(width) / min(1.0, width.sum() - 1.0)
    rate = brentq(excess, -reach, reach)
    return rate if abs(rate) > 1e-9 else 0.0


def _cut_mean(rate, width):
    """Mean of an exponential variable of this rate (below zero: rising density) cut off at `width`."""
    t = rate * width
    small = np.abs(t) < 1e-4
    t = np.where(small, 1.0, t)
    return width * np.where(small, 0.5 - rate * width / 12, 1 / t - 1 / np.expm1(np.minimum(t, 700.0)))


def _cut_exponential(u, rate, width):
    """Turn even numbers in [0, 1) into draws from such a variable."""
    if rate == 0:
        return u * width
    if rate < 0:
        return width - _cut_exponential(u, -rate, width)
    return np.minimum(-np.log1p(u * np.expm1(-rate * width)) / rate, width)


def _within_and_ordered(low, high, order, n_draws, rng):
    """Draw evenly from the weights within bounds and in order."""
    kept = [np.empty((0, len(low)))]
    missing, tried = n_draws, 0
    while missing > 0:
        draws = _within(low, high, 2 * missing + 1000, rng)
        draws = draws[(np.diff(draws[:, order], axis=1) <= 0).all(axis=1)]
        kept.append(draws[:missing])
        missing -= len(kept[-1])
        tried += 1
        if missing > 0 and tried >= 20:
            kept.append(_from_simplices(low, high, order, missing, rng))
            missing = 0
    return np.concatenate(kept)


def _from_simplices(low, high, order, n_draws, rng):
    """Draw evenly from the weights within bounds and in order, by cutting their polytope into simplices."""
    from scipy.optimize import linprog
    from scipy.spatial import Delaunay, HalfspaceIntersection

    n = len(low)
    free = np.flatnonzero(high - low > 1e-12)
    rest = 1.0 - low[np.setdiff1d(np.arange(n), free)].sum()
    if len(free) < 2:
        raise ValueError("no weights add up to 1 within these bounds and in this order")
    # The last free weight is what the others leave, so the polytope is solid in the coordinates of the others.
    d = len(free) - 1
    rows = [(-np.eye(n)[i], -low[i]) for i in free] + [(np.eye(n)[i], high[i]) for i in free]
    rows += [(np.eye(n)[b] - np.eye(n)[a], 0.0) for a, b in pairwise(order)]
    fixed = np.where(np.isin(np.arange(n), free), 0.0, low)
    a = np.array([row[free[:-1]] - row[free[-1]] for row, _ in rows])
    b = np.array([limit - row @ fixed - row[free[-1]] * rest for row, limit in rows])
    solid = np.linalg.norm(a, axis=1) > 0
    a, b = a[solid], b[solid]
    # The centre of the largest ball inside.
    ball = linprog(np.r_[np.zeros(d), -1.0], A_ub=np.c_[a, np.linalg.norm(a, axis=1)], b_ub=b, bounds=(None, None))
    if not ball.success or ball.x[-1] <= 1e-12:
        raise ValueError("hardly any weights add up to 1 within these bounds and in this order")
    if d == 1:
        below = (b / a[:, 0])[a[:, 0] > 0].min()
        above = (b / a[:, 0])[a[:, 0] < 0].max()
        corners, simplices = np.array([[above], [below]]), np.array([[0, 1]])
    else:
        corners = HalfspaceIntersection(np.c_[a, -b], ball.x[:-1]).intersections
        corners = corners[np.unique(np.round(corners, 12), axis=0, return_index=True)[1]]
        simplices = Delaunay(corners, qhull_options="QJ Pp").simplices
    edges = corners[simplices][:, 1:] - corners[simplices][:, :1]
    volume = np.abs(np.linalg.det(edges))
    chosen = rng.choice(len(simplices), size=n_draws, p=volume / volume.sum())
    points = np.einsum("dk,dkc->dc", rng.dirichlet(np.ones(d + 1), n_draws), corners[simplices[chosen]])
    weights = np.tile(fixed, (n_draws, 1))
    weights[:, free[:-1]] = points
    weights[:, free[-1]] = rest - points.sum(axis=1)
    return weights
