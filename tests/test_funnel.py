"""Funnel limits, over-dispersion and standardisation against printed numbers and sums by hand."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, poisson
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson

from rdclib import funnel

FLAGGED = ("above 99.8%", "below 99.8%")


def outer(result):
    return result.table.loc[result.table["flag"].isin(FLAGGED), "name"].tolist()


def test_poisson_limits_funnelplotr(shared):
    case = json.loads((shared / "vectors/funnel_funnelplotr/expected.json").read_text())["poisson_exact_limits"]
    for level, low, high in ((0.95, "ll95", "ul95"), (0.998, "ll99_8", "ul99_8")):
        lower, upper = funnel.limits(1, case["number_seq"], "ratio", level)
        assert lower == pytest.approx(case[low], abs=case["tolerance_abs"])
        assert upper == pytest.approx(case[high], abs=case["tolerance_abs"])


def test_poisson_limits_around_ten_events_ulm_1990():
    # Ulm, American Journal of Epidemiology 131 (1990): 4.7954 to 18.3904 around a count of 10.
    lower, upper = funnel.limits(2.0, 5, "rate", 0.95)
    assert (round(float(lower) * 5, 4), round(float(upper) * 5, 4)) == (4.7954, 18.3904)


def test_proportion_limits_by_hand():
    # asin √0.5 = π/4 and sin²(π/4 + x) = 0.5 + sin(2x)/2; x = 1.959964 / 20
    lower, upper = funnel.limits(0.5, 100, "proportion", 0.95)
    assert float(upper) == pytest.approx(0.5 + np.sin(0.1959964) / 2, abs=1e-7)
    assert float(lower) == pytest.approx(0.5 - np.sin(0.1959964) / 2, abs=1e-7)


def test_proportion_limits_stay_in_range():
    lower, upper = funnel.limits(0.02, [5, 10_000], "proportion", 0.998)
    assert lower[0] == 0
    assert lower[1] > 0
    lower, upper = funnel.limits(0.98, [5, 10_000], "proportion", 0.998)
    assert upper[0] == 1
    assert upper[1] < 1


def test_limits_without_size_or_events():
    lower, upper = funnel.limits(1, [0, np.nan, -1], "ratio", 0.95)
    assert np.isnan(lower).all()
    assert np.isnan(upper).all()
    lower, upper = funnel.limits(0, [10], "rate", 0.95)
    assert lower[0] == 0
    assert upper[0] == pytest.approx(-np.log(0.025) / 10)  # χ² with two degrees of freedom is exponential


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: funnel.limits(1, 5, "percent", 0.95), "kind: 'percent' is not one of proportion, ratio, rate"),
        (lambda: funnel.limits(1, 5, "ratio", 95), "level: between 0 and 1"),
        (lambda: funnel.limits(1.5, 5, "proportion", 0.95), "target: outside what a proportion can be"),
        (lambda: funnel.compare([3], [2]), "numerator: above the denominator"),
        (lambda: funnel.compare([-3], [2], "rate"), "numerator and denominator: not below zero"),
        (lambda: funnel.compare([3], [2, 4], "rate"), "numerator and denominator: two series of equal length"),
        (lambda: funnel.compare([3], [2], "rate", "much"), "overdispersion: auto, truncate or none"),
    ],
)
def test_arguments_out_of_range(call, message):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message


@pytest.fixture(scope="module")
def medpar(shared):
    """Observed and expected length of stay by hospital, expected from our own Poisson regression in numpy."""
    folder = shared / "vectors/funnel_funnelplotr"
    data = pd.read_csv(folder / "medpar.csv", dtype={"provnum": str})
    one = np.ones(len(data))
    x = np.column_stack([one, data["hmo"], data["died"], data["age80"], data["type"] == 2, data["type"] == 3])
    x, y = x.astype(float), data["los"].to_numpy(float)
    beta = np.r_[np.log(y.mean()), np.zeros(5)]
    for _ in range(30):
        mu = np.exp(x @ beta)
        beta = beta + np.linalg.solve(x.T @ (x * mu[:, None]), x.T @ (y - mu))
    data["expected"] = np.exp(x @ beta)
    return data.groupby("provnum")[["los", "expected"]].sum(), json.loads((folder / "expected.json").read_text())


def test_outliers_of_medpar_funnelplotr(medpar):
    groups, expected = medpar
    want = expected["medpar"]

    plain = funnel.compare(groups["los"], groups["expected"], "ratio", "none", names=groups.index)
    assert (plain.n, len(outer(plain))) == (want["groups"], want["outliers_unadjusted_99_8"])
    wide = funnel.compare(groups["los"], groups["expected"], "ratio", "truncate", names=groups.index)
    assert wide.phi == pytest.approx(want["recomputed"]["phi_truncated"])
    assert wide.tau2 == pytest.approx(want["recomputed"]["tau2_truncated"])
    assert outer(wide) == want["recomputed"]["outlier_groups_adjusted"]


def test_standardised_ratio_funnelplotr(shared):
    case = json.loads((shared / "vectors/funnel_funnelplotr/expected.json").read_text())["aggregate"]
    groups = pd.DataFrame({name: case[name] for name in ("numerator", "denominator", "group")}).groupby("group").sum()
    # As published: about 1, without allowing for more variation than chance.
    result = funnel.compare(groups["numerator"], groups["denominator"], "ratio", "none", names=groups.index)
    assert result.target == 1
    assert result.table["value"].tolist() == pytest.approx(
        list(case["ratio_by_group"].values()), abs=case["tolerance_abs"]
    )


def test_dispersion_by_hand():
    # Eleven z from -5 to 5: the 10th and 90th percentile are -4 and 4, so both 5s become 4.
    z, s = np.arange(-5.0, 6.0), np.full(11, 0.5)
    phi, tau2 = funnel.dispersion(z, s)
    assert phi == pytest.approx((2 * (16 + 16 + 9 + 4 + 1)) / 11)
    # w = 4: Σw - Σw²/Σw = 44 - 4
    assert tau2 == pytest.approx((11 * phi - 10) / 40)


def test_no_overdispersion_adds_nothing():
    assert funnel.dispersion(np.array([-1.0, -0.5, 0, 0.5, 1]), np.ones(5))[1] == 0
    assert np.isnan(funnel.dispersion(np.array([1.0, 2.0]), np.ones(2))).all()


@pytest.mark.parametrize("kind", funnel.KINDS)
def test_units_that_do_not_differ_stay_inside(kind):
    rng = np.random.default_rng(5)
    flagged, widened = [], []
    for _ in range(120):
        size = rng.integers(60, 600, 40)
        events = (
            rng.binomial(size, 0.3) if kind == "proportion" else rng.poisson(size * (1 if kind == "ratio" else 0.3))
        )
        result = funnel.compare(events, size, kind)
        flagged.append(len(outer(result)) / 40)
        widened.append(result.tau2 > 0)
    assert np.mean(flagged) < 0.004
    assert np.mean(widened) < 0.10


@pytest.mark.parametrize("kind", funnel.KINDS)
def test_shared_variation_widens_the_funnel_and_a_real_outlier_stays_out(kind):
    rng = np.random.default_rng(6)
    size = rng.integers(800, 3000, 40)
    level = np.clip(0.3 * np.exp(rng.normal(0, 0.15, 40)), 0, 0.9)
    level[0] = 0.75
    events = rng.binomial(size, level) if kind == "proportion" else rng.poisson(size * level)
    target = 0.3 if kind == "ratio" else None
    plain = funnel.compare(events, size, kind, "none", target=target)
    wide = funnel.compare(events, size, kind, target=target)

    assert len(outer(plain)) > 8
    assert outer(wide) == ["1"]
    assert wide.phi > 5
    assert wide.note.startswith("The limits allow for how all units vary among themselves")


def test_a_unit_without_cases_is_named_not_dropped():
    result = funnel.compare([5, 0, 6, np.nan], [10, 0, 12, 9], names=["a", "b", "c", "d"])
    assert result.table["flag"].tolist() == ["inside", "no denominator", "inside", "no denominator"]
    assert (result.n, result.target) == (2, 0.5)


def test_nothing_counted_anywhere():
    result = funnel.compare([0] * 6, [100] * 6, "rate")
    assert (result.target, result.tau2) == (0, 0)
    assert set(result.table["flag"]) == {"inside"}
    assert funnel.compare([], [], "rate").n == 0


def test_standardise_by_hand():
    # Hard cases: 16 of 80 and 18 of 90, together 34 of 170. Easy ones: 64 of 80 and 2 of 10, together 66 of 90.
    result = funnel.standardise([16, 18, 64, 2], [80, 90, 80, 10], ["a", "b", "a", "b"], ["h", "h", "e", "e"])
    units = result.units

    assert units.loc["a", "expected"] == pytest.approx(80 * 34 / 170 + 80 * 66 / 90)
    assert units.loc["b", "expected"] == pytest.approx(90 * 34 / 170 + 10 * 66 / 90)
    assert units["expected"].sum() == pytest.approx(units["observed"].sum())
    assert result.rate == pytest.approx(100 / 260)


def test_a_single_case_counts_in_its_stratum():
    # Of the hard cases 1 of 1 and 1 of 3: 2 of 4. Of the easy ones 2 of 4 and 4 of 4: 6 of 8.
    result = funnel.standardise([1, 1, 2, 4], [1, 3, 4, 4], ["a", "b", "a", "b"], ["h", "h", "e", "e"])
    assert result.units["expected"].tolist() == pytest.approx([1 * 0.5 + 4 * 0.75, 3 * 0.5 + 4 * 0.75])
    assert result.units["observed"].tolist() == [3, 5]


def test_no_event_counts_as_half_of_one_on_the_log_scale():
    table = funnel.compare([0, 1, 9], [4, 4, 4], "ratio", "none").table
    # log(0.5 / 4), log(1 / 4) and log(9 / 4), over a standard error of 1 / sqrt 4.
    assert table["z"].tolist() == pytest.approx([2 * np.log(0.125), 2 * np.log(0.25), 2 * np.log(2.25)])


def test_a_single_event_where_hardly_any_is_expected_is_seen():
    # One of 100 where one in a million is usual comes about by chance once in ten thousand.
    table = funnel.compare([1, 0, 0, 0, 0], [100] * 5, target=1e-6, overdispersion="none").table
    assert table["flag"].tolist() == ["above 95%", *["inside"] * 4]


def test_people_vary_less_about_what_is_expected_of_them_than_events_do():
    # Seven in ten succeed everywhere but at V0, of whose 400 cases 310 do, where all vendors together give 282.4: 3.0
    # standard errors of a proportion, 1.6 of a Poisson count. All have the same mix, which therefore explains nothing.
    units = [f"V{i}" for i in range(9) for _ in range(2)]
    succeeded = [155, 155, *[140, 139, 139, 140] * 4]
    standard = {
        people: funnel.standardise(succeeded, [200] * 18, units, ["hard", "easy"] * 9, people=people)
        for people in (True, False)
    }
    flags = {
        people: funnel.compare_standardised(one).table.set_index("name")["flag"] for people, one in standard.items()
    }

    assert standard[False].units["variance"].tolist() == standard[False].units["expected"].tolist()
    expected, rate = standard[True].units["expected"]["V1"], sum(succeeded) / 3600
    assert standard[True].units["variance"]["V1"] == pytest.approx(expected * (1 - rate), rel=1e-3)
    assert flags[True]["V0"] == "above 95%"
    assert (flags[True].drop("V0") == "inside").all()
    assert flags[False]["V0"] == "inside"


def test_standardised_proportions_leave_the_limits_as_often_as_they_say():
    # Hard and easy cases in mixes of their own: the limits hold 95% of units that differ by mix and chance alone.
    rng = np.random.default_rng(17)
    outside = []
    for _ in range(60):
        cases = rng.integers(40, 300, (20, 2))
        good = rng.binomial(cases, [0.2, 0.85])
        names = np.repeat(np.arange(20), 2)
        standard = funnel.standardise(good.ravel(), cases.ravel(), names, ["hard", "easy"] * 20, people=True)
        outside.append((funnel.compare_standardised(standard).table["flag"] != "inside").mean())
    assert np.mean(outside) == pytest.approx(0.05, abs=0.02)


def test_a_difference_of_mix_alone_disappears():
    # Hard cases succeed 20% of the time and easy ones 80%, at both vendors.
    result = funnel.standardise([10, 80, 80, 16], [50, 100, 400, 20], ["a", "a", "b", "b"], ["h", "e", "h", "e"])

    assert result.units["crude"].tolist() == pytest.approx([90 / 150, 96 / 420])
    assert result.units["ratio"].tolist() == pytest.approx([1, 1])


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.001, 0.999),
    st.floats(1, 1e5),
    st.sampled_from(funnel.KINDS),
)
def test_limits_hold_the_target_and_narrow_with_size(target, n, kind):
    lower, upper = funnel.limits(target, [n, 2 * n], kind, 0.95)
    wider_lower, wider_upper = funnel.limits(target, [n, 2 * n], kind, 0.998)

    assert (lower <= target).all()
    assert (target <= upper).all()
    assert (wider_lower <= lower).all()
    assert (upper <= wider_upper).all()
    assert upper[1] <= upper[0] + 1e-12


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 200)), min_size=5, max_size=20), st.randoms())
def test_order_of_units_does_not_matter(cases, random):
    shuffled = cases.copy()
    random.shuffle(shuffled)
    first, second = (funnel.compare(*map(list, zip(*x, strict=True))) for x in (cases, shuffled))

    assert first.phi == pytest.approx(second.phi)
    assert sorted(first.table["flag"]) == sorted(second.table["flag"])


def test_gap_newcombe_1998():
    # Newcombe 1998, table II (method 10): 56/70 and 48/80: 0.0524 to 0.3339; 9/10 and 3/10: 0.1705 to 0.8090.
    assert [round(x, 4) for x in funnel.rate_gap(56, 70, 48, 80)] == [0.2, 0.0524, 0.3339]
    assert [round(x, 4) for x in funnel.rate_gap(9, 10, 3, 10)] == [0.6, 0.1705, 0.8090]
    assert [round(x, 4) for x in funnel.rate_gap(10, 10, 0, 10)] == [1, 0.6075, 1]
    assert [round(x, 4) for x in funnel.rate_gap(6, 7, 2, 7)] == [0.5714, 0.0582, 0.8062]
    assert [round(x, 4) for x in funnel.rate_gap(5, 56, 0, 29)] == [0.0893, -0.0381, 0.1926]
    assert [round(x, 4) for x in funnel.rate_gap(0, 10, 0, 20)] == [0, -0.1611, 0.2775]
    assert [round(x, 4) for x in funnel.rate_gap(0, 10, 0, 10)] == [0, -0.2775, 0.2775]
    assert [round(x, 4) for x in funnel.rate_gap(10, 10, 0, 20)] == [1, 0.6791, 1]


@pytest.mark.parametrize("people", [True, False])
@pytest.mark.parametrize("pair", [(30, 100, 20, 100), (11, 12, 300, 400), (1, 40, 2, 15), (12, 12, 40, 41)])
def test_rate_ratio_ends_where_the_gap_to_that_multiple_of_the_other_begins(pair, people):
    # Donner and Zou: the low end L is where p - L q lies just as far from 0 as the interval of that difference reaches.
    def own(count, n):
        return proportion_confint(count, n, method="wilson") if people else confint_poisson(count, n, "exact-c")

    count, n, other_count, other_n = pair
    ratio, low, high = funnel.rate_ratio(*pair, people=people)
    p, q = count / n, other_count / other_n
    (p_low, p_high), (q_low, q_high) = own(count, n), own(other_count, other_n)

    assert ratio == pytest.approx(p / q)
    assert p - low * q == pytest.approx(np.hypot(p - p_low, low * (q_high - q)))
    assert high * q - p == pytest.approx(np.hypot(p_high - p, high * (q - q_low)))


def test_rate_ratio_at_the_ends():
    # All of ten in both groups: Wilson's lower end is 0.7225, so from 0.7225 to 1 / 0.7225.
    assert [round(x, 4) for x in funnel.rate_ratio(10, 10, 10, 10)] == [1, 0.7225, 1.3841]
    ratio, low, high = funnel.rate_ratio(0, 50, 5, 50)
    assert (ratio, low) == (0, 0)
    assert 0 < high < 1
    assert np.isnan(funnel.rate_ratio(5, 50, 0, 50)).all()
    assert np.isnan(funnel.rate_gap(np.nan, 50, 1, 50)).all()


def test_rate_ratio_physicians_health_study():
    # Heart attacks under placebo and aspirin; Agresti, Categorical Data Analysis, section 2.2: 1.82 (1.43 to 2.30).
    assert [round(x, 2) for x in funnel.rate_ratio(189, 11034, 104, 11037)] == [1.82, 1.43, 2.30]


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(1, 0.0253, 5.5716), (2, 0.2422, 7.2247), (3, 0.6187, 8.7673), (5, 1.6235, 11.6683), (20, 12.2165, 30.8884),
     (50, 37.1110, 65.9188), (100, 81.3640, 121.6268)],
)  # fmt: skip
def test_exact_poisson_interval_garwood_1936(count, low, high):
    # Biometrika 28 (1936), as reprinted in most tables of exact limits for a count.
    ours = [round(float(x), 4) for x in funnel.poisson_interval(count, 1)]
    assert ours == [low, high]
    # The limits of a funnel around so many expected events are the same numbers.
    assert [round(float(x) * count, 4) for x in funnel.limits(1, count, "ratio", 0.95)] == ours


@pytest.mark.parametrize("kind", funnel.KINDS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 10, 40, 400])
@pytest.mark.parametrize("target", [0.02, 0.3, 0.9])
def test_a_unit_of_any_size_is_seldom_flagged_by_chance(kind, size, target):
    # Every count that such a unit can show, each with its exact chance.
    law = binom(size, target) if kind == "proportion" else poisson(size * target)
    counts = np.arange(size + 1) if kind == "proportion" else np.arange(law.isf(1e-12) + 1)
    flags = funnel.compare(counts, [size] * len(counts), kind, "none", target=target).table["flag"].to_numpy()
    chance = law.pmf(counts)

    assert chance[flags != "inside"].sum() <= 0.11
    assert chance[np.isin(flags, FLAGGED)].sum() <= 0.005
    # From the middle outwards flags only grow.
    order = ["below 99.8%", "below 95%", "inside", "above 95%", "above 99.8%"]
    assert [order.index(flag) for flag in flags] == sorted(order.index(flag) for flag in flags)


@pytest.mark.parametrize(
    ("expected", "flag"), [(2.30, "inside"), (2.31, "below 95%"), (5.52, "below 95%"), (5.53, "below 99.8%")]
)
def test_a_unit_without_an_event_is_flagged_once_that_is_rare(expected, flag):
    # Its limits never reach 0. exp(-expected) falls below 4 x 0.025 at 2.303 and below 4 x 0.001 at 5.521.
    assert funnel.compare([0], [expected], "ratio", "none").table["flag"].tolist() == [flag]
    assert funnel.limits(1, expected, "ratio", 0.998)[0] > 0


@pytest.mark.parametrize("expected", [20, 50, 100, 1000])
def test_the_limits_alone_flag_units_that_are_not_small(expected):
    counts = np.arange(3 * expected)
    table = funnel.compare(counts, [expected] * len(counts), "ratio", "none").table

    assert (
        table["flag"].isin(FLAGGED) == ((table["value"] > table["upper_998"]) | (table["value"] < table["lower_998"]))
    ).all()


def test_a_flag_that_is_withheld_is_told():
    result = funnel.compare([0, 12, 0], [1, 10, 9], "ratio", "none")

    assert result.table["flag"].tolist() == ["inside", "inside", "below 99.8%"]
    assert result.note == "Small units beyond a limit, not flagged because chance alone often puts them there: 1."


def test_all_of_forty_cases_is_no_outlier_where_nine_in_ten_succeed():
    # 0.9^40 = 0.0148: seldom by the 95% limit, not by the 99.8% limit, which the arcsine puts at 0.994.
    assert funnel.limits(0.9, 40, "proportion", 0.998)[1] < 1
    assert funnel.compare([40], [40], target=0.9).table["flag"].tolist() == ["above 95%"]


def test_between_units_variance_is_dersimonian_and_lairds():
    # About the weighted mean and without anything to pull in, φ and τ² are DerSimonian and Laird's (1986).
    s = np.array([0.1, 0.1, 0.2, 0.2, 0.15, 0.15, 0.3, 0.3, 0.12, 0.12, 0.25])
    z = np.array([3.0, -3, 3, -3, 1.5, -1.5, 2, -2, 0.5, -0.5, 0])
    meta = combine_effects(z * s, s**2, method_re="dl")

    phi, tau2 = funnel.dispersion(z, s)
    assert meta.mean_effect_fe == pytest.approx(0, abs=1e-12)
    assert phi * 11 == pytest.approx(meta.q)
    assert tau2 == pytest.approx(meta.tau2)


def test_exact_poisson_interval_ulm_1990():
    low, high = funnel.poisson_interval([10, 0, np.nan], [1, 1, 1])
    assert (round(low[0], 4), round(high[0], 4)) == (4.7954, 18.3904)
    assert (low[1], round(high[1], 4)) == (0, 3.6889)
    assert np.isnan([low[2], high[2]]).all()


def test_rates_compare_by_exact_intervals():
    gap, low, high = funnel.rate_gap(10, 1, 10, 1, people=False)
    assert (gap, -low) == (0, pytest.approx(high))
    assert high == pytest.approx(np.hypot(18.3904 - 10, 10 - 4.7954), abs=1e-3)


def test_with_few_units_an_outlier_does_not_widen_its_own_limits():
    # Five vendors at 61% with little variation of their own, and one at 69%.
    cases = np.array([450, 1320, 1940, 1270, 1450, 1850])
    done = np.round(cases * [0.61, 0.62, 0.60, 0.615, 0.605, 0.69])
    result = funnel.compare(done, cases, names=list("ABCDEF"))

    assert result.table["flag"].tolist() == ["inside"] * 5 + ["above 99.8%"]
    # By hand: 1,276 of 1,850 against four of the others, without B, which lies farthest from the five (z = 0.82).
    # They vary by less than chance, so τ² is 0.
    gap = np.arcsin(np.sqrt(1276 / 1850)) - np.arcsin(np.sqrt((274 + 1164 + 781 + 877) / 5110))
    assert done.tolist() == [274, 818, 1164, 781, 877, 1276]
    assert result.table["z"].iloc[5] == pytest.approx(gap / np.sqrt(1 / (4 * 1850) + 1 / (4 * 5110)))
    assert result.note.startswith("Fewer than 10 units: each is compared with the others, so that an outlier")
    # The same with ten units uses the variation of all units, as before.
    ten = funnel.compare(np.r_[done, done[:4]], np.r_[cases, cases[:4]])
    assert "Fewer than" not in ten.note


def test_with_few_units_the_variation_among_the_others_widens_the_limits():
    from statsmodels.stats.meta_analysis import combine_effects

    cases = np.array([1000.0, 1200, 900, 800])
    events = np.array([610.0, 670, 600, 560])
    result = funnel.compare(events, cases)

    scaled, error = np.arcsin(np.sqrt(events / cases)), 1 / (2 * np.sqrt(cases))
    others = [0, 1, 2]
    pooled = np.arcsin(np.sqrt(events[others].sum() / cases[others].sum()))
    squares = ((scaled[others] - pooled) / error[others]) ** 2
    w = 1 / error[others] ** 2
    tau2 = (squares.sum() - 2) / (w.sum() - (w**2).sum() / w.sum())
    # Near DerSimonian and Laird's own, which pools on the arcsine scale.
    assert tau2 == pytest.approx(combine_effects(scaled[others], error[others] ** 2).tau2, rel=0.1)
    reach = np.sqrt(error[3] ** 2 + 1 / (4 * cases[others].sum()) + tau2 * (1 + 1 / 3))
    assert result.table["z"].iloc[3] == pytest.approx((scaled[3] - pooled) / reach)
    assert result.table["upper_95"].iloc[3] == pytest.approx(np.sin(pooled + 1.959964 * reach) ** 2)


def test_few_units_of_rates_without_events_have_limits():
    result = funnel.compare([0, 0, 6], [100, 120, 110], "rate")
    assert result.table["flag"].tolist() == ["inside", "inside", "above 99.8%"]
    assert np.isfinite(result.table[["lower_95", "upper_998"]].to_numpy()).all()


def test_the_vendor_at_69_percent_against_61_of_the_other_five_is_outside():
    # The example city's six crisis teams: cases within 30 minutes.
    done, cases = [527, 1544, 2261, 1483, 1692, 2161], [907, 2548, 3635, 2407, 2848, 3115]
    result = funnel.compare(done, cases)

    assert round(sum(done[:5]) / sum(cases[:5]), 2) == 0.61
    assert result.table["flag"].tolist() == ["inside"] * 5 + ["above 99.8%"]
    # All six together vary so much because of this one.
    assert result.phi > 6
    # The lines are those of the five, so that none of them lies outside what is drawn.
    assert result.target == pytest.approx(sum(done[:5]) / sum(cases[:5]))
    lower = np.interp(cases[:5], result.curve["n"], result.curve["lower_95"])
    assert (np.array(done[:5]) / cases[:5] > lower).all()
