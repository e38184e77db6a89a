"""Time until a change is seen, against printed sample sizes and against plain simulation."""

import numpy as np
import pytest

from rdclib import power


def test_cohen_1988_table_6_4_1_small_difference_of_proportions_needs_392_a_group():
    # h = 0.20, two-sided 5%, power 80%: 392 cases in each group. asin(sqrt(p)) moves by 0.1 from 0.5 to this p:
    after = np.sin(np.arcsin(np.sqrt(0.5)) + 0.1) ** 2
    groups_of_one = {"baseline_n": 392.4, "n_per_period": 392.5}
    assert power.periods_to_detect_proportion(0.5, after, **groups_of_one) == 1
    assert power.periods_to_detect_proportion(0.5, after, baseline_n=385, n_per_period=385) == 2


def test_cohen_1988_table_2_4_1_medium_difference_of_means_needs_64_a_group():
    assert power.periods_to_detect_mean(0, 0.5, spread=1, baseline_n=64) == 64
    assert power.periods_to_detect_mean(0, 0.5, spread=1, baseline_n=63) > 64


@pytest.mark.parametrize(("h", "n"), [(0.5, 63), (0.8, 25)])
def test_cohen_1988_table_6_4_1_larger_differences_of_proportions(h, n):
    after = np.sin(np.pi / 4 + h / 2) ** 2
    needed = [power.periods_to_detect_proportion(0.5, after, baseline_n=k, n_per_period=k) for k in (n, n - 1)]
    assert needed == [1, 2]


def test_cohen_1988_table_2_4_1_large_difference_of_means_needs_26_a_group():
    assert [power.periods_to_detect_mean(0, 0.8, spread=1, baseline_n=k) for k in (26, 25)] == [26, 27]


def test_cohen_1988_example_6_3_unequal_groups_of_proportions():
    # h = 0.30, 80 and 245 cases, one-sided 5% (two-sided 10%): power 0.7533 (R: pwr.2p2n.test).
    case = {"baseline_n": 80, "n_per_period": 245, "alpha": 0.10}
    after = np.sin(np.pi / 4 + 0.15) ** 2
    assert [power.periods_to_detect_proportion(0.5, after, power=p, **case) for p in (0.7532, 0.7534)] == [1, 2]


def test_cohen_1988_unequal_groups_of_means():
    # d = 0.6, 90 and 60 values, one-sided 5%: power 0.9737 (R: pwr.t2n.test).
    case = {"spread": 1, "baseline_n": 90, "alpha": 0.10}
    assert [power.periods_to_detect_mean(0, 0.6, power=p, **case) for p in (0.9737, 0.9738)] == [60, 61]


def test_van_belle_rule_of_thumb_for_counts_of_30_and_36():
    # Statistical Rules of Thumb, section 2.9: 4 / (√30 - √36)² = 14.6, so 15 a group.
    assert [power.periods_to_detect_rate(30, 36, baseline_exposure=k, exposure_per_period=k) for k in (14, 15)] == [
        2,
        1,
    ]


def test_a_rate_is_seen_with_the_promised_power_in_a_plain_simulation():
    # 4 events a month become 6, after two years of history.
    periods = power.periods_to_detect_rate(4, 6, baseline_exposure=24, exposure_per_period=1)
    luck = np.random.default_rng(5)
    old, new = luck.poisson(4 * 24, 20_000), luck.poisson(6 * periods, 20_000)
    # Conditional on the total, the new count is binomial; its normal score decides.
    share = periods / (24 + periods)
    score = (new - (old + new) * share) / np.sqrt((old + new) * share * (1 - share))
    assert (score > 1.96).mean() == pytest.approx(0.8, abs=0.04)


def test_more_clients_mean_a_shorter_wait():
    waits = [
        power.periods_to_detect_proportion(0.4, 0.5, baseline_n=2000, n_per_period=n) for n in (10, 20, 40, 80, 160)
    ]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > waits[-1]


def test_a_short_baseline_may_never_show_it():
    assert power.periods_to_detect_proportion(0.40, 0.42, baseline_n=30, n_per_period=10) == float("inf")


@pytest.mark.parametrize(
    "wait",
    [
        power.periods_to_detect_proportion(0.4, 0.4, baseline_n=100, n_per_period=10),
        power.periods_to_detect_proportion(0.4, 0.5, baseline_n=0, n_per_period=10),
        power.periods_to_detect_proportion(0.4, 0.5, baseline_n=100, n_per_period=0),
        power.periods_to_detect_proportion(0.4, 40, baseline_n=100, n_per_period=10),
        power.periods_to_detect_rate(1, 2, baseline_exposure=0, exposure_per_period=1),
        power.periods_to_detect_rate(1, 2, baseline_exposure=1, exposure_per_period=0),
        power.periods_to_detect_rate(-1, 2, baseline_exposure=1, exposure_per_period=1),
        power.periods_to_detect_mean(1, 2, spread=0, baseline_n=10),
        power.periods_to_detect_mean(1, 2, spread=1, baseline_n=1),
    ],
)
def test_without_a_change_or_cases_nothing_is_said(wait):
    assert np.isnan(wait)


# (1.95996 + 0.84162) squared: two-sided 5% and power 80%, against a baseline that is known for certain.
NEEDED = 7.8489
CERTAIN = 1e12


def test_a_change_to_all_or_to_none_can_be_seen_too():
    # From 90% to all: h = pi - 2 asin(sqrt 0.9) = 0.6435, so 7.8489 / 0.4141 = 18.95 cases.
    assert power.periods_to_detect_proportion(0.9, 1, baseline_n=CERTAIN, n_per_period=1) == 19
    assert power.periods_to_detect_proportion(1, 0.9, baseline_n=CERTAIN, n_per_period=1) == 19
    assert power.periods_to_detect_proportion(0.1, 0, baseline_n=CERTAIN, n_per_period=1) == 19
    assert power.periods_to_detect_proportion(0, 0.1, baseline_n=CERTAIN, n_per_period=1) == 19
    # From 0.09 events to none: 2 sqrt 0.09 = 0.6, so 7.8489 / 0.36 = 21.8.
    assert power.periods_to_detect_rate(0.09, 0, baseline_exposure=CERTAIN, exposure_per_period=1) == 22
    assert power.periods_to_detect_rate(0, 0.09, baseline_exposure=CERTAIN, exposure_per_period=1) == 22


def test_the_unit_of_exposure_changes_nothing():
    waits = [
        power.periods_to_detect_rate(4 / k, 6 / k, baseline_exposure=24 * k, exposure_per_period=k)
        for k in (0.001, 1, 1000)
    ]
    assert waits[0] == waits[1] == waits[2] > 1


@pytest.mark.parametrize(("periods", "wait"), [(239.5, 240), (240.5, float("inf"))])
def test_twenty_years_of_months_is_the_longest_wait(periods, wait):
    # h = 0.2 takes 7.8489 / 0.04 = 196.2 cases.
    after = np.sin(np.pi / 4 + 0.1) ** 2
    n = NEEDED / 0.04 / periods
    assert power.periods_to_detect_proportion(0.5, after, baseline_n=CERTAIN, n_per_period=n) == wait
