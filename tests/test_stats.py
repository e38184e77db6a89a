import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, quantile_test, t
from statsmodels.regression.linear_model import WLS
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_kappa

from rdclib import stats

# Psychiatric diagnoses of 30 patients by six raters: depression, personality disorder, schizophrenia, neurosis, other.
FLEISS_1971 = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""
# Weeks in remission on 6-mercaptopurine, Freireich et al. (1963); 1 where the remission ended.
REMISSION = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
ENDED = [1] * 9 + [0] * 12


def test_hhi_merger_guidelines_1992_example():
    # Footnote 17: a market of 30, 30, 20 and 20 percent has an index of 2600.
    assert stats.hhi([30, 30, 20, 20]) * 10_000 == pytest.approx(2600)
    assert stats.effective_number([30, 30, 20, 20]) == pytest.approx(1 / 0.26)


def test_hhi_of_two_markets_with_the_same_six_leaders():
    # The usual example: six firms have 90% and ten have 1% each; the six are equal, or one has 80%.
    assert stats.hhi([15] * 6 + [1] * 10) == pytest.approx(0.136)
    assert stats.hhi([80] + [2] * 5 + [1] * 10) == pytest.approx(0.643)


def test_hhi_is_one_for_one_vendor_and_even_shares_for_many():
    assert stats.hhi([7]) == 1
    assert stats.hhi([5] * 8) == pytest.approx(1 / 8)
    assert stats.normalised_hhi([5] * 8) == pytest.approx(0, abs=1e-12)
    assert stats.normalised_hhi([3, 1]) == pytest.approx((10 / 16 - 1 / 2) / (1 / 2))


def test_vendors_without_value_or_with_missing_value_change_no_concentration():
    for measure in (stats.hhi, stats.effective_number, stats.normalised_hhi):
        assert measure([3, 1, 0, np.nan]) == measure([3, 1])


@pytest.mark.parametrize("measure", [stats.hhi, stats.effective_number, stats.normalised_hhi])
@pytest.mark.parametrize("values", [[], [0, 0], [np.nan]])
def test_concentration_of_nothing_is_missing_with_a_note(measure, values):
    result = measure(values)

    assert math.isnan(result)
    assert result.note == "shares are not defined: no value is above zero"


def test_concentration_with_a_negative_value_is_missing_with_a_note():
    assert math.isnan(stats.hhi([5, -1]))
    assert stats.hhi([5, -1]).note == "shares are not defined: some values are below zero"
    assert math.isnan(stats.normalised_hhi([5]))
    assert stats.normalised_hhi([5]).note == "not defined for a single value above zero"


@given(st.lists(st.floats(0.01, 1e9), min_size=2, max_size=30), st.floats(0.001, 1000))
@settings(max_examples=50)
def test_concentration_knows_no_unit_and_lies_between_even_and_one(values, factor):
    index = stats.hhi(values)

    assert 1 / len(values) - 1e-9 <= index <= 1 + 1e-9
    assert stats.hhi([v * factor for v in values]) == pytest.approx(index)
    assert 0 <= stats.normalised_hhi(values) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_newcombe_1998_table_1(count, n, low, high):
    assert stats.proportion_interval(count, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_clopper_pearson_interval_newcombe_1998_table_1(count, n, low, high):
    assert stats.proportion_interval(count, n, method="beta") == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("method", ["wilson", "beta"])
def test_proportion_intervals_are_scipys(method):
    for count, n in ((0, 1), (1, 1), (1, 10), (5, 10), (9, 10), (17, 400), (999_999, 1_000_000)):
        other = binomtest(count, n).proportion_ci(method={"wilson": "wilson", "beta": "exact"}[method])
        assert stats.proportion_interval(count, n, method) == pytest.approx((other.low, other.high), abs=1e-12)


@pytest.mark.parametrize(
    ("count", "n", "low", "high"), [(4, 10, 0.17, 0.69), (8, 20, 0.22, 0.61), (40, 100, 0.31, 0.50)]
)
def test_paying_on_ten_people_pays_for_luck(count, n, low, high):
    assert tuple(round(x, 2) for x in stats.proportion_interval(count, n)) == (low, high)


def test_proportion_interval_takes_arrays_and_is_exact_at_the_ends():
    low, high = stats.proportion_interval([0, 4, 5, 0, np.nan], [20, 10, 5, 0, 5])

    assert low[0] == 0
    assert high[2] == 1
    assert (low[1], high[1]) == pytest.approx(stats.proportion_interval(4, 10))
    assert np.isnan(low[3:]).all()
    assert np.isnan(high[3:]).all()


def test_proportion_of_nothing_has_no_interval_and_says_so():
    for method in ("wilson", "beta"):
        result = stats.proportion_interval(0, 0, method)
        assert np.isnan(result).all()
        assert result.note == "no interval where nothing was counted"
    assert stats.proportion_interval(3, 9).note == ""


@pytest.mark.parametrize(("count", "n"), [(-1, 5), (6, 5), (1, 0)])
def test_proportion_interval_refuses_impossible_counts(count, n):
    with pytest.raises(ValueError, match="0 <= count <= n"):
        stats.proportion_interval(count, n)


@given(st.integers(1, 500), st.data())
@settings(max_examples=50)
def test_wilson_ends_solve_the_score_equation(n, data):
    count = data.draw(st.integers(0, n))
    p = count / n

    for end in stats.proportion_interval(count, n):
        if 0 < end < 1:
            assert abs(p - end) / math.sqrt(end * (1 - end) / n) == pytest.approx(1.959964, rel=1e-5)
    mirrored = stats.proportion_interval(n - count, n)
    assert stats.proportion_interval(count, n) == pytest.approx((1 - mirrored.high, 1 - mirrored.low))


def test_ratio_interval_with_equal_denominators_is_the_t_interval_of_a_mean():
    # Mean 0.3, standard deviation 0.1, n = 4: standard error 0.05, t(3) = 3.182446.
    y = 0.3 + np.array([-1, -1, 1, 1]) * 0.1 * math.sqrt(3 / 4)
    assert stats.ratio_interval(y, np.ones(4)) == pytest.approx((0.3 - 3.182446 * 0.05, 0.3 + 3.182446 * 0.05))


def test_ratio_interval_clustered_by_hand():
    # R = 50 / 100. Residuals y - x / 2: 1, -1, 2 in cluster a, -4, 1 in b, 1 in c; their sums: 2, -3, 1.
    numerator, denominator = [11, 4, 7, 1, 6, 21], [20, 10, 10, 10, 10, 40]
    standard_error = math.sqrt(3 / 2 * (4 + 9 + 1)) / 100

    interval = stats.ratio_interval(numerator, denominator, ["a", "a", "a", "b", "b", "c"])

    assert interval == pytest.approx((0.5 - 4.302653 * standard_error, 0.5 + 4.302653 * standard_error))


def test_ratio_interval_has_the_clustered_error_of_a_weighted_regression():
    # The ratio of sums is the slope through the origin with weights 1 / x, its error statsmodels' clustered one.
    rng = np.random.default_rng(14)
    x = rng.lognormal(3, 1, 60)
    y, vendor = x * rng.random(60), rng.integers(0, 9, 60)
    fit = WLS(y, x, weights=1 / x).fit(cov_type="cluster", cov_kwds={"groups": vendor})

    low, high = stats.ratio_interval(y, x, vendor)
    assert (low + high) / 2 == pytest.approx(fit.params[0])
    assert (high - low) / 2 == pytest.approx(t.ppf(0.975, 8) * fit.bse[0])


def test_ratio_interval_of_a_share_stays_between_zero_and_one():
    low, high = stats.ratio_interval([10, 0, 0, 0], [10, 1, 1, 1])

    assert low >= 0
    assert high == 1


def test_a_credit_takes_no_share_below_zero():
    payments = [100.0, 400, 500, 300, -20]
    certified = [0.0, 0, 0, 300, -20]

    low, high = stats.ratio_interval(certified, payments)

    assert low == 0
    assert 280 / 1280 < high < 1


def test_ratio_interval_of_growth_may_leave_zero_to_one():
    low, high = stats.ratio_interval([-5, 20, 1], [10, 10, 10])

    assert low < 0
    assert high > 1


def test_ratio_interval_is_the_same_for_names_and_numbers_and_lets_missing_vendors_stand_alone():
    y, x = np.array([1.0, 0, 3, 0, 2]), np.array([1.0, 4, 3, 2, 5])
    assert stats.ratio_interval(y, x, [7, 7, 2, 2, 0]) == stats.ratio_interval(y, x, ["v", "v", "w", "w", "u"])
    assert stats.ratio_interval(y, x, ["v", None, None, "v", "w"]) == pytest.approx(
        stats.ratio_interval(y, x, ["v", "1", "2", "v", "w"])
    )
    with_gap = stats.ratio_interval([*y, np.nan], [*x, 9], [7, 7, 2, 2, 0, 5])
    assert with_gap == stats.ratio_interval(y, x, [7, 7, 2, 2, 0])


@pytest.mark.parametrize(
    ("y", "x", "cluster", "note"),
    [
        ([], [], None, "no interval: the denominators do not add up to more than zero"),
        ([0, 0], [0, 0], None, "no interval: the denominators do not add up to more than zero"),
        ([1, 0], [2, 2], ["a", "a"], "no interval: it takes records of two vendors or more"),
        ([2, 3], [2, 3], None, "no interval: the share is the same in every record, so its spread is not known"),
    ],
)
def test_ratio_without_an_interval_says_why(y, x, cluster, note):
    result = stats.ratio_interval(y, x, cluster)

    assert np.isnan(result).all()
    assert result.note == note


@pytest.mark.parametrize(("n", "low", "high"), [(6, 1, 6), (10, 2, 9), (20, 6, 15), (25, 8, 18), (100, 40, 61)])
def test_median_interval_ranks_of_the_sign_test(n, low, high):
    # Ranks printed with the sign test, for example Hollander and Wolfe, table A.2.
    shuffled = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    assert stats.quantile_interval(shuffled) == (low, high)


def test_too_few_values_have_no_median_interval():
    result = stats.quantile_interval([1, 2, 3, 4, 5])

    assert np.isnan(result).all()
    assert result.note == "too few values (5) for both ends of the interval"
    assert stats.quantile_interval([]).note == "no interval: no values"


def test_upper_quantile_may_have_only_a_lower_end():
    # 0.9^20 = 0.12: even the largest of twenty is too often below the ninetieth percentile.
    low, high = stats.quantile_interval(np.arange(20.0), 0.9)

    assert low == 14  # the 15th smallest: P(at most 14 below) = 0.011, P(at most 15 below) = 0.043
    assert math.isnan(high)


@pytest.mark.parametrize("n", [5, 9, 20, 101, 1001])
@pytest.mark.parametrize("q", [0.1, 0.5, 0.75])
def test_quantile_interval_is_scipys(n, q):
    values = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    other = quantile_test(values, p=q).confidence_interval(0.95)
    assert stats.quantile_interval(values, q) == pytest.approx((other.low, other.high), nan_ok=True)


@given(st.integers(6, 60), st.sampled_from([0.25, 0.5, 0.75]))
@settings(max_examples=40)
def test_quantile_interval_covers_at_least_what_it_says(n, q):
    low, high = stats.quantile_interval(np.arange(1.0, n + 1), q)
    below = np.cumsum([math.comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(n + 1)])

    # The r-th smallest lies above the quantile with probability P(fewer than r values below it).
    assert math.isnan(low) or below[int(low) - 1] <= 0.025 < below[int(low)]
    assert math.isnan(high) or below[int(high) - 1] >= 0.975 > below[int(high) - 2]


def test_quartiles_are_median_unbiased():
    # Position (n + 1/3) p + 1/3: for n = 10 these are 2 11/12, 5 1/2 and 8 1/12.
    assert stats.quartiles([*range(1, 11), np.nan]) == pytest.approx([2 + 11 / 12, 5.5, 8 + 1 / 12])
    assert np.isnan(stats.quartiles([])).all()


def test_tukey_fences_by_hand():
    spread = (8 + 1 / 12) - (2 + 11 / 12)
    assert stats.tukey_fences(range(1, 11)) == pytest.approx((2 + 11 / 12 - 1.5 * spread, 8 + 1 / 12 + 1.5 * spread))


def test_fences_do_not_flag_the_rest_when_most_values_are_equal():
    for common in (0.0, 3.0):
        fences = stats.tukey_fences([common] * 9 + [common + 0.5])
        assert np.isnan(fences).all()
        assert fences.note == "no fences: most values are equal"
    assert stats.tukey_fences([]).note == "no fences: no values"


def test_kaplan_meier_remission_freireich_1963():
    # The curve falls to 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448 at weeks 6, 7, 10, 13, 16, 22, 23.
    assert stats.kaplan_meier_quantile(REMISSION, ENDED, 0.5) == 23
    assert stats.kaplan_meier_quantile(REMISSION, ENDED, 0.25) == 13
    never = stats.kaplan_meier_quantile(REMISSION, ENDED, 0.75)
    assert math.isnan(never)
    assert never.note == "no quantile: fewer than 75% had finished by the longest time seen"


@pytest.mark.parametrize(("q", "time"), [(0.12, 0.8), (0.30, 3.1), (0.31, 5.4), (0.48, 9.2), (0.73, 9.2)])
def test_kaplan_meier_own_example_of_1958(q, time):
    # Deaths at 0.8, 3.1, 5.4 and 9.2, losses at 1.0, 2.7, 7.0 and 12.1: 0.875, 0.700, 0.525, 0.2625 survive.
    times, died = [0.8, 3.1, 5.4, 9.2, 1.0, 2.7, 7.0, 12.1], [1] * 4 + [0] * 4
    assert stats.kaplan_meier_quantile(times, died, q) == time


def test_kaplan_meier_without_waiting_is_the_plain_quantile():
    assert stats.kaplan_meier_quantile([40, 10, 30, 20, np.nan], [1, 1, 1, 1, 1], 0.75) == 30
    assert stats.kaplan_meier_quantile([40, 10], [0, 0], 0.75).note == "no quantile: none has finished"
    assert math.isnan(stats.kaplan_meier_quantile([], [], 0.75))


def test_fleiss_1971_psychiatric_diagnoses():
    table = [[int(digit) for digit in row] for row in FLEISS_1971.split()]

    assert len(table) == 30
    assert np.sum(table, axis=0).tolist() == [26, 26, 30, 55, 43]
    assert stats.fleiss_kappa(table) == pytest.approx(0.430, abs=5e-4)
    assert stats.plain_agreement(table) == pytest.approx(0.556, abs=5e-4)


def test_fleiss_kappa_of_fourteen_raters_and_ten_subjects():
    # The worked example of most textbooks' pages on the method: agreement 0.378, by chance 0.213, kappa 0.210.
    table = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert round(stats.fleiss_kappa(table), 3) == 0.210
    assert round(stats.plain_agreement(table), 3) == 0.378
    assert stats.fleiss_kappa(table) == pytest.approx(statsmodels_kappa(table))


def test_kappa_is_low_though_nearly_all_agree():
    # Ten contracts, two coders: nine times yes-yes, once yes-no. Agreement 0.9, chance (19/20)^2 + (1/20)^2 = 0.905.
    table = [[2, 0]] * 9 + [[1, 1]]

    assert stats.plain_agreement(table) == pytest.approx(0.9)
    assert stats.fleiss_kappa(table) == pytest.approx((0.9 - 0.905) / (1 - 0.905))


def test_kappa_takes_subjects_with_different_numbers_of_raters():
    # Agreement (1 + 1/3) / 2; shares 4/5 and 1/5, so chance 17/25. The subject rated once says nothing.
    table = [[2, 0], [2, 1], [0, 1]]
    assert stats.fleiss_kappa(table) == pytest.approx((2 / 3 - 17 / 25) / (8 / 25))


def test_kappa_of_two_raters_is_scotts_pi():
    # The usual example of Scott's pi (1955): 45 documents, agreement 15/45, chance 0.369, pi -0.057 from these.
    pairs = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    table = [
        [(first == k) + (second == k) for k in range(3)]
        for first in range(3)
        for second in range(3)
        for _ in range(pairs[first][second])
    ]

    assert stats.plain_agreement(table) == pytest.approx(15 / 45)
    assert stats.fleiss_kappa(table) == pytest.approx(-0.057, abs=0.001)
    assert stats.fleiss_kappa(table) == pytest.approx((15 / 45 - 83 / 225) / (1 - 83 / 225))


@pytest.mark.parametrize("measure", [stats.plain_agreement, stats.fleiss_kappa])
@pytest.mark.parametrize("table", [[], [[]], [[0, 0], [0, 0]], [[1, 0], [0, 1]]])
def test_agreement_of_nobody_is_missing_with_a_note(measure, table):
    result = measure(table)

    assert math.isnan(result)
    assert result.note == "no subject was rated twice"


def test_kappa_of_one_answer_only_is_missing_with_a_note():
    kappa = stats.fleiss_kappa([[3, 0], [3, 0]])

    assert math.isnan(kappa)
    assert kappa.note == "kappa is not defined: every rating is the same"
    for measure in (stats.fleiss_kappa, stats.plain_agreement):
        assert measure(np.zeros((4, 2))).note == "no subject was rated twice"
        assert math.isnan(measure(np.zeros((0, 2))))


def test_benford_by_hand():
    digits = np.repeat(np.arange(1, 10), [40, 10, 10, 10, 10, 5, 5, 5, 5])
    result = stats.benford(digits * 1000.0)

    expected = [0.301030, 0.176091, 0.124939, 0.096910, 0.079181, 0.066947, 0.057992, 0.051153, 0.045757]
    shares = [0.40, 0.10, 0.10, 0.10, 0.10, 0.05, 0.05, 0.05, 0.05]
    assert result.expected == pytest.approx(expected, abs=5e-7)
    assert result.mad == pytest.approx(sum(abs(a - b) for a, b in zip(shares, expected, strict=True)) / 9, abs=1e-6)
    assert (result.n, result.conformity) == (100, "none")
    assert result.note == "fewer than 1,000 amounts: the deviation is mostly chance"


def test_first_digits_are_not_lost_to_rounding():
    amounts = [0.3, 0.07, 1000, 1e-5, 1_999_999_999.99, 9.99, 0, -25, np.nan, np.inf, 5e22]
    assert stats.benford(amounts).counts.tolist() == [3, 0, 1, 0, 1, 0, 1, 0, 1]


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=40))
@settings(max_examples=50)
def test_first_digits_of_cents_are_those_written(cents):
    written = [int(str(amount)[0]) for amount in cents]
    counts = stats.benford([amount / 100 for amount in cents]).counts
    assert counts.tolist() == [written.count(digit) for digit in range(1, 10)]


def fibonacci(n):
    numbers = [1, 1]
    while len(numbers) < n:
        numbers.append(numbers[-1] + numbers[-2])
    return [float(x) for x in numbers]


@pytest.mark.parametrize(
    ("amounts", "counts", "conformity"),
    [
        pytest.param(2.0 ** np.arange(1000), [301, 176, 125, 97, 79, 69, 56, 52, 45], "close", id="powers of two"),
        pytest.param(fibonacci(1000), [301, 177, 125, 96, 80, 67, 56, 53, 45], "close", id="Fibonacci numbers"),
        pytest.param(np.arange(1, 1000), [111] * 9, "none", id="1 to 999 do not conform"),
    ],
)
def test_benford_first_digits_of_known_sequences(amounts, counts, conformity):
    result = stats.benford(amounts)
    assert (result.counts.tolist(), result.conformity) == (counts, conformity)


def test_benford_1938_average_of_twenty_thousand_first_digits_conforms_closely():
    # The last row of his table 1, in tenths of a percent.
    shares = [306, 185, 124, 94, 80, 64, 51, 49, 47]
    result = stats.benford(np.repeat(np.arange(1.0, 10), shares))
    assert (round(result.mad, 4), result.conformity) == (0.0035, "close")


def test_benford_minimum_is_where_chance_seldom_passes_the_limits():
    # Amounts that follow the law: few of 1,000 pass even the limit of acceptable, a third of 300 the last one.
    rng = np.random.default_rng(8)
    law = np.log10(1 + 1 / np.arange(1, 10))

    def passed(n, limit):
        return np.mean(np.abs(rng.multinomial(n, law, 4000) / n - law).mean(axis=1) > limit)

    assert passed(stats.BENFORD_MINIMUM, 0.012) < 0.04
    assert passed(300, 0.015) > 0.25


def test_benford_conforms_to_its_own_law_and_is_missing_for_nothing():
    powers = 2.0 ** np.arange(1000)
    result = stats.benford(powers)

    assert (result.n, result.conformity, result.note) == (1000, "close", "")
    assert math.isnan(stats.benford([]).mad)
    assert stats.benford([-3, 0]).note == "no amounts above zero"


@pytest.mark.parametrize(
    ("limit", "below", "above"),
    [(0.006, "close", "acceptable"), (0.012, "acceptable", "marginal"), (0.015, "marginal", "none")],
)
def test_benford_bands_end_at_nigrinis_limits(limit, below, above):
    # Moving a share d from digit 9 to digit 1 gives a mean absolute deviation of 2 d / 9.
    def shifted(mad):
        shares = np.log10(1 + 1 / np.arange(1, 10)) + np.array([1, 0, 0, 0, 0, 0, 0, 0, -1]) * mad * 9 / 2
        if shares[8] < 0:
            shares[7] += shares[8]
            shares[8] = 0
        return stats.benford(np.repeat(np.arange(1.0, 10), np.round(shares * 1_000_000).astype(int)))

    assert shifted(limit - 1e-5).conformity == below
    assert shifted(limit + 1e-5).conformity == above


def test_notes_travel_between_processes():
    for result in (stats.hhi([]), stats.tukey_fences([])):
        assert pickle.loads(pickle.dumps(result)).note == result.note


def test_a_share_that_is_the_same_but_for_rounding_has_no_interval():
    # Thirds and sevenths of large amounts: the residuals are not zero, but a millionth of a millionth of the total.
    amounts = np.array([1e9 / 7, 2e8 / 3, 4e9 / 11, 1e7 / 13])
    interval = stats.ratio_interval(0.3 * amounts, amounts)

    assert np.isnan(interval.low)
    assert interval.note == "no interval: the share is the same in every record, so its spread is not known"


@pytest.mark.parametrize("agreement", [stats.plain_agreement, stats.fleiss_kappa])
def test_a_number_of_ratings_is_not_below_zero(agreement):
    with pytest.raises(ValueError, match="a number of ratings cannot be below zero"):
        agreement([[3, -1], [2, 1]])


def test_bootstrap_of_a_mean_is_as_wide_as_the_formula():
    # For a mean the percentile bootstrap is normal theory: mean ± 1.96 s / √n, s with the divisor n.
    values = np.random.default_rng(3).normal(10, 2, 400)
    low, high = stats.bootstrap_interval(np.column_stack([values, np.ones(400)]), lambda sums: sums[:, 0] / sums[:, 1])
    half = 1.959964 * values.std() / 20
    assert (low, high) == (pytest.approx(values.mean() - half, abs=0.04), pytest.approx(values.mean() + half, abs=0.04))


def test_bootstrap_draws_whole_vendors():
    # Two vendors, one with all of it: a draw holds none, half or all of the money of the first.
    low, high = stats.bootstrap_interval([[10.0, 10.0], [0.0, 10.0]], lambda sums: sums[:, 0] / sums[:, 1])
    assert (low, high) == (0.0, 1.0)
    nothing = stats.bootstrap_interval([[1.0, 1.0]], lambda sums: sums[:, 0])
    assert np.isnan(nothing.low)
    assert nothing.note == "no interval: it takes records of two vendors or more"
    seldom = stats.bootstrap_interval([[0.0], [0.0], [1.0]], lambda sums: np.where(sums[:, 0] > 0, 1.0, np.nan))
    assert np.isnan(seldom.high)  # none in (2/3)³ of the draws


def test_bootstrap_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(200):
        size = rng.gamma(2.0, 1.0, 60)
        part = size * rng.beta(2, 3, 60)
        low, high = stats.bootstrap_interval(np.column_stack([part, size]), lambda s: s[:, 0] / s[:, 1], draws=500)
        held += low < 0.4 < high
    assert held / 200 == pytest.approx(0.94, abs=0.05)


def test_a_bootstrap_interval_does_not_hang_on_the_order_of_vendors():
    rng = np.random.default_rng(1)
    totals = rng.gamma(2.0, size=(40, 2))
    turned = totals[rng.permutation(40)]

    def ratio(sums):
        return sums[:, 0] / sums[:, 1]

    assert stats.bootstrap_interval(totals, ratio)[:2] == stats.bootstrap_interval(turned, ratio)[:2]
