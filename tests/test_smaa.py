import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, chisquare, kstest

from rdclib.smaa import analyse, sample_weights

ENOUGH = 20_000  # draws; a share of one half then has a standard error of 0.0035


def test_two_opposite_alternatives_share_the_simplex():
    # The first wins where its weight is above one half; the middle of that half is (3/4, 1/4).
    result = analyse([[1, 0], [0, 1]], sample_weights(2, ENOUGH))

    assert result.rank_acceptability == pytest.approx(np.full((2, 2), 0.5), abs=0.015)
    assert result.central_weights == pytest.approx(np.array([[0.75, 0.25], [0.25, 0.75]]), abs=0.01)
    assert result.confidence_factor.tolist() == [1, 1]


def test_a_compromise_is_first_between_its_two_switching_points():
    # w against 0.6: the first wins above w = 0.6, the second below 0.4, the compromise in between.
    result = analyse([[1, 0], [0, 1], [0.6, 0.6]], sample_weights(2, ENOUGH))

    assert result.rank_acceptability[:, 0] == pytest.approx(np.array([0.4, 0.4, 0.2]), abs=0.015)
    assert result.central_weights[:, 0] == pytest.approx(np.array([0.8, 0.2, 0.5]), abs=0.01)
    # It is beaten by at most one, so it is never last.
    assert result.rank_acceptability[2, 2] == 0
    assert result.pairwise_win[2, :2] == pytest.approx(np.array([0.6, 0.6]), abs=0.015)


def test_three_unit_alternatives_have_the_centroids_of_their_cells():
    # Each wins where its own weight is the largest; the mean largest weight of three is (1 + 1/2 + 1/3) / 3 = 11/18.
    result = analyse(np.eye(3), sample_weights(3, ENOUGH))

    assert np.diag(result.central_weights) == pytest.approx(np.full(3, 11 / 18), abs=0.01)
    assert result.rank_acceptability == pytest.approx(np.full((3, 3), 1 / 3), abs=0.015)


def test_alternative_never_first_has_no_central_weight():
    # 0.4 w + 0.4 (1 - w) stays below the larger of w and 1 - w; it is second or third, never first.
    result = analyse([[1, 0], [0, 1], [0.4, 0.4]], sample_weights(2, 2000))

    assert result.rank_acceptability[2, 0] == 0
    assert np.isnan(result.central_weights[2]).all()
    assert np.isnan(result.confidence_factor[2])
    # It beats the first where w < 0.4, so it is second in all draws but those between 0.4 and 0.6, where it is third.
    assert result.rank_acceptability[2, 1] == pytest.approx(0.8, abs=0.04)


def test_uncertain_measurements_lower_the_confidence_factor():
    # One criterion; the first is 0 or 3 with even chances, the second always 1 (SMAA-2, equation 8).
    measurements = np.array([[[0.0], [1.0]], [[3.0], [1.0]]])

    result = analyse(measurements, [[1.0]])

    assert result.confidence_factor.tolist() == [0.5, 0.5]
    assert result.pairwise_win.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_weights_are_paired_with_measurements_draw_by_draw():
    # The first alternative wins both times although it would lose under the other draw's weights.
    measurements = [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]
    result = analyse(measurements, [[0.9, 0.1], [0.2, 0.8]])

    assert result.rank_acceptability.tolist() == [[1, 0], [0, 1]]
    assert result.central_weights[0] == pytest.approx([0.55, 0.45])
    # Under (0.55, 0.45) it wins the first draw and loses the second.
    assert result.confidence_factor[0] == 0.5


def test_ties_share_their_ranks():
    result = analyse([[1, 1], [1, 1], [2, 2], [0, 0]], sample_weights(2, 100))

    assert result.rank_acceptability.tolist() == [[0, 0.5, 0.5, 0], [0, 0.5, 0.5, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    assert result.pairwise_win[0].tolist() == [0.5, 0.5, 0, 1]
    assert result.top(2).tolist() == [0.5, 0.5, 1, 0]


def test_ties_by_rounding_are_ties():
    # 0.1 + 0.2 is not 0.3 in binary.
    result = analyse([[0.1, 0.2], [0.3, 0.0]], [[1.0, 1.0]])
    assert result.rank_acceptability.tolist() == [[0.5, 0.5], [0.5, 0.5]]


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 10**6), st.booleans())
@settings(max_examples=40)
def test_agrees_with_counting_one_draw_at_a_time(alternatives, criteria, seed, coarse):
    rng = np.random.default_rng(seed)
    measurements = rng.random((30, alternatives, criteria))
    if coarse:
        measurements = np.round(measurements)
    weights = rng.dirichlet(np.ones(criteria), 30)

    result = analyse(measurements, weights)

    ranks = np.zeros((alternatives, alternatives))
    for values, w in zip(measurements, weights, strict=True):
        sums = [sum(v * x for v, x in zip(row, w, strict=True)) for row in values]
        for i in range(alternatives):
            better = sum(s > sums[i] + 1e-9 for s in sums)
            equal = sum(abs(s - sums[i]) <= 1e-9 for s in sums)
            ranks[i, better : better + equal] += 1 / equal / 30
    assert result.rank_acceptability == pytest.approx(ranks)
    assert result.rank_acceptability.sum(axis=0) == pytest.approx(np.ones(alternatives))
    assert result.rank_acceptability.sum(axis=1) == pytest.approx(np.ones(alternatives))
    assert result.pairwise_win + result.pairwise_win.T == pytest.approx(np.ones((alternatives, alternatives)))
    assert (np.isnan(result.confidence_factor) == (result.rank_acceptability[:, 0] == 0)).all()
    # The mean of all weights is the mean of the central weights, each as often as its alternative is first.
    mean = np.nansum(result.central_weights * result.rank_acceptability[:, :1], axis=0)
    assert mean == pytest.approx(weights.mean(axis=0))


@pytest.mark.parametrize(
    ("measurements", "weights"),
    [
        (np.ones((2, 3)), np.ones((4, 2))),
        (np.ones((5, 2, 3)), np.ones((4, 3))),
        (np.full((2, 3), np.nan), np.ones((1, 3))),
        (np.ones((2, 2)), [[1, -0.1]]),
        (np.ones((0, 2)), [[1, 0]]),
    ],
)
def test_refuses_what_it_cannot_rank(measurements, weights):
    with pytest.raises(ValueError):
        analyse(measurements, weights)


def test_weights_are_even_on_the_simplex():
    weights = sample_weights(4, ENOUGH)

    assert weights.sum(axis=1) == pytest.approx(np.ones(ENOUGH))
    # Each weight is Beta(1, 3): mean 1/4, variance 3/80, P(w > 1/2) = 1/8.
    assert weights.mean(axis=0) == pytest.approx(np.full(4, 0.25), abs=0.006)
    assert weights.var(axis=0) == pytest.approx(np.full(4, 3 / 80), abs=0.002)
    assert (weights > 0.5).mean(axis=0) == pytest.approx(np.full(4, 1 / 8), abs=0.01)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_weights_on_the_simplex_pass_kolmogorov_and_smirnov(n):
    # Alone each weight is Beta(1, n - 1); given the first, the second's part of the rest is Beta(1, n - 2).
    weights = sample_weights(n, ENOUGH, rng=n)
    for column in weights.T:
        assert kstest(column, beta(1, n - 1).cdf).pvalue > 0.001
    if n > 2:
        assert kstest(weights[:, 1] / (1 - weights[:, 0]), beta(1, n - 2).cdf).pvalue > 0.001


def test_bounded_and_ordered_weights_fill_their_polygon_evenly():
    # Three weights with w0 >= w1, w0 <= 0.6 and w2 >= 0.1: squares of one grid inside it are hit equally often.
    weights = sample_weights(3, ENOUGH, bounds=[(0, 0.6), (0, 1), (0.1, 1)], order=[0, 1])
    assert (weights[:, 0] >= weights[:, 1]).all()
    cells = 24
    counts = np.histogram2d(weights[:, 0], weights[:, 1], bins=cells, range=[[0, 0.6], [0, 0.6]])[0]
    edge = np.linspace(0, 0.6, cells + 1)
    inside = (edge[:-1, None] >= edge[None, 1:]) & (edge[1:, None] + edge[None, 1:] <= 0.9 + 1e-12)
    assert inside.sum() > 100
    assert chisquare(counts[inside]).pvalue > 0.001
    # Area of the polygon (0, 0), (0.6, 0), (0.6, 0.3), (0.45, 0.45): 0.1575 by the shoelace.
    assert counts[inside].sum() / ENOUGH == pytest.approx(inside.sum() * (0.6 / cells) ** 2 / 0.1575, abs=0.015)


def test_more_is_always_better_so_a_dominated_alternative_is_never_first_nor_ahead():
    result = analyse([[3, 3, 3], [2, 2, 2], [1, 5, 1]], sample_weights(3, 4000))

    assert result.rank_acceptability[1, 0] == 0
    assert result.pairwise_win[0, 1] == 1
    # The third beats the first where 2 w1 > 2 (w0 + w2), that is where w1 > 1/2: a quarter of the triangle.
    assert result.pairwise_win[2, 0] == pytest.approx(1 / 4, abs=0.03)


@pytest.mark.parametrize(
    ("n", "centroid"),
    [
        (2, [0.75, 0.25]),
        (3, [0.6111, 0.2778, 0.1111]),
        (4, [0.5208, 0.2708, 0.1458, 0.0625]),
        (5, [0.4567, 0.2567, 0.1567, 0.0900, 0.0400]),
    ],
)
def test_ordered_weights_have_the_rank_order_centroid_barron_and_barrett_1996(n, centroid):
    order = list(range(n))[::-1]
    weights = sample_weights(n, ENOUGH, order=order)

    assert (np.diff(weights[:, order], axis=1) <= 0).all()
    assert weights[:, order].mean(axis=0) == pytest.approx(centroid, abs=0.006)


def test_criteria_outside_the_order_lie_anywhere():
    weights = sample_weights(3, ENOUGH, order=[2, 0])

    assert (weights[:, 2] >= weights[:, 0]).all()
    assert weights[:, 1].mean() == pytest.approx(1 / 3, abs=0.01)
    assert weights[:, 2].mean() == pytest.approx(1 / 2, abs=0.01)  # the larger of two that share two thirds: 3 to 1


def test_two_bounded_weights_are_even_between_their_bounds():
    weights = sample_weights(2, ENOUGH, bounds=[(0.2, 0.6), (0, 1)])[:, 0]

    assert 0.2 <= weights.min() < 0.201
    assert 0.599 < weights.max() <= 0.6
    assert np.histogram(weights, bins=4, range=(0.2, 0.6))[0] / ENOUGH == pytest.approx(np.full(4, 0.25), abs=0.015)


BOUNDS = [
    [(0.1, 0.4), (0, 1), (0.2, 0.5), (0, 0.25)],
    [(0, 0.4), (0, 0.4), (0, 0.4), (0, 0.4)],
    [(0.05, 0.9), (0.05, 0.15), (0.0, 0.3), (0.2, 1.0)],
    [(0.2, 0.5), (0.3, 0.5), (0.0, 0.2), (0.0, 0.2)],
]


@pytest.mark.parametrize(
    ("bounds", "order"),
    [*((b, None) for b in BOUNDS), (BOUNDS[0], [2, 0]), (BOUNDS[1], [3, 1, 0, 2]), (BOUNDS[2], [0, 3])],
)
def test_bounded_weights_agree_with_plain_rejection(bounds, order):
    # Independent: throw away what does not fit from even draws on the whole simplex.
    plain = np.random.default_rng(5).dirichlet(np.ones(4), 900_000)
    low, high = np.array(bounds).T
    plain = plain[((plain >= low) & (plain <= high)).all(axis=1)]
    if order is not None:
        plain = plain[(np.diff(plain[:, order], axis=1) <= 0).all(axis=1)]

    weights = sample_weights(4, ENOUGH, bounds=bounds, order=order)

    assert weights.sum(axis=1) == pytest.approx(np.ones(ENOUGH))
    assert ((weights >= low - 1e-12) & (weights <= high + 1e-12)).all()
    spread = plain.std(axis=0)
    assert len(plain) > 2000
    noise = 5 * spread * np.sqrt(1 / len(plain) + 1 / ENOUGH)
    assert (np.abs(weights.mean(axis=0) - plain.mean(axis=0)) <= noise).all()
    for criterion in range(4):
        at = np.quantile(plain[:, criterion], [0.1, 0.5, 0.9])
        below = [(weights[:, criterion] <= value).mean() for value in at]
        assert below == pytest.approx([0.1, 0.5, 0.9], abs=5 * np.sqrt(0.25 * (1 / len(plain) + 1 / ENOUGH)))


def test_rarely_ordered_bounds_are_cut_into_simplices():
    # Seven criteria in order, each with an upper bound of its own: about one draw in two thousand would be in order.
    low, high = np.full(7, 0.05), 0.34 - 0.03 * np.arange(7)
    plain = -np.sort(-np.random.default_rng(1).dirichlet(np.ones(7), 400_000), axis=1)
    plain = plain[((plain >= low) & (plain <= high)).all(axis=1)]
    assert len(plain) > 4000

    weights = sample_weights(7, 4000, bounds=np.c_[low, high], order=range(7))

    assert weights.sum(axis=1) == pytest.approx(np.ones(4000))
    assert (np.diff(weights, axis=1) <= 1e-9).all()
    assert ((weights >= low - 1e-9) & (weights <= high + 1e-9)).all()
    noise = np.sqrt(1 / len(plain) + 1 / 4000)
    assert (np.abs(weights.mean(axis=0) - plain.mean(axis=0)) <= 5 * plain.std(axis=0) * noise).all()
    for criterion in range(7):
        at = np.quantile(plain[:, criterion], [0.1, 0.5, 0.9])
        below = [(weights[:, criterion] <= value).mean() for value in at]
        assert below == pytest.approx([0.1, 0.5, 0.9], abs=5 * 0.5 * noise)


def test_two_criteria_in_order_lie_evenly_on_what_is_left():
    # The first is the larger one and at most 0.4501, and a third weighs a tenth: from 0.45 to 0.4501.
    weights = sample_weights(3, 4000, bounds=[(0, 0.4501), (0.2, 1), (0.1, 0.1)], order=[0, 1])

    assert weights.sum(axis=1) == pytest.approx(np.ones(4000))
    assert (weights[:, 2] == 0.1).all()
    assert np.quantile(weights[:, 0], [0, 0.25, 0.5, 0.75, 1]) == pytest.approx(
        [0.45, 0.450025, 0.45005, 0.450075, 0.4501], abs=4e-6
    )


def test_bounds_that_leave_one_choice_give_it():
    assert sample_weights(2, 3, bounds=[(0, 0.5), (0, 0.5)]).tolist() == [[0.5, 0.5]] * 3
    assert sample_weights(3, 2, bounds=[(0.2, 0.2), (0.5, 0.5), (0.3, 0.3)]) == pytest.approx(
        np.array([[0.2, 0.5, 0.3]] * 2)
    )
    assert sample_weights(1, 2).tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize(
    ("bounds", "order"),
    [
        ([(0.6, 1), (0.5, 1)], None),
        ([(0, 0.4), (0, 0.5)], None),
        ([(0.5, 0.4), (0, 1)], None),
        ([(0, 1)], None),
        ([(0, 0.3), (0, 1)], [0, 1]),
        ([(0, 0.2), (0.4, 1)], [0, 1]),
        (None, [0, 0]),
        (None, [2]),
    ],
)
def test_impossible_knowledge_is_refused(bounds, order):
    with pytest.raises(ValueError):
        sample_weights(2, 10, bounds=bounds, order=order)


def test_a_seed_and_its_generator_give_the_same_weights():
    assert (sample_weights(3, 5, rng=7) == sample_weights(3, 5, rng=np.random.default_rng(7))).all()
    assert (sample_weights(3, 5) == sample_weights(3, 5)).all()


@given(st.lists(st.tuples(st.floats(0, 0.3), st.floats(0.2, 1)), min_size=2, max_size=6), st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_bounded_weights_always_fit(pairs, seed):
    bounds = [(min(low, high), high) for low, high in pairs]
    low, high = np.array(bounds).T
    if low.sum() > 0.999 or high.sum() < 1.001:
        return

    weights = sample_weights(len(bounds), 50, bounds=bounds, rng=seed)

    assert weights.sum(axis=1) == pytest.approx(np.ones(50))
    assert ((weights >= low - 1e-9) & (weights <= high + 1e-9)).all()


def test_sums_of_ranks_over_all_pairs_are_consistent():
    # Mean rank is 1 plus the chance to lose to each other one.
    result = analyse(np.random.default_rng(3).random((5, 3)), sample_weights(3, 500))
    mean_rank = result.rank_acceptability @ np.arange(1, 6)
    for i in range(5):
        others = [j for j in range(5) if j != i]
        assert mean_rank[i] == pytest.approx(1 + sum(result.pairwise_win[j, i] for j in others))
    assert len(list(itertools.combinations(range(5), 2))) == pytest.approx(
        np.triu(result.pairwise_win + result.pairwise_win.T, 1).sum()
    )
