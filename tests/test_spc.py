"""Control charts against printed numbers, slow independent code, and a simulation."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.tsa.stattools import acf

from rdclib import spc

nan = float("nan")

# Montgomery, Introduction to Statistical Quality Control, 6th ed.
LOAN_COSTS = [310, 288, 297, 298, 307, 303, 294, 297, 308, 306, 294, 299, 297, 299, 314, 295, 293, 306, 301, 304]
PAINT = [33.75, 33.05, 34.00, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.20, 33.62, 33.00, 33.54, 33.12, 33.84]
JUICE = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
BOARDS = [21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19, 17, 15]
CLOTH = [14, 12, 20, 11, 7, 10, 21, 16, 19, 23]
CLOTH_UNITS = [10, 8, 13, 10, 9.5, 10, 12, 10.5, 12, 12.5]
# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.3.1.
WAFERS = [16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19, 16, 31, 13]
# Montgomery, tables 6.7 (weeks 21 to 40), 7.4, 7.10 (older editions: example 6-3 of personal computers) and 7.14.
LATER_COSTS = [305, 282, 305, 296, 314, 295, 287, 301, 298, 311, 310, 292, 305, 299, 304, 310, 304, 305, 333, 328]
ORDERS = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
ORDERS_N = [100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120, 120, 110, *[80] * 3, 90, *[100] * 4, 90, 90]
SHIPMENTS = [2, 3, 8, 1, 1, 4, 1, 4, 5, 1, 8, 2, 4, 3, 4, 1, 8, 3, 7, 4]
COMPUTERS = [10, 12, 8, 14, 10, 16, 11, 7, 10, 15, 9, 5, 7, 11, 12, 6, 8, 10, 7, 5]
VALVES = [286, 948, 536, 124, 816, 729, 4, 143, 431, 8, 2837, 596, 81, 227, 603, 492, 1199, 1214, 2831, 96]
# NIST/SEMATECH e-Handbook, 6.3.2.2: flow rate.
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
# Pyzdek and Keller, The Handbook for Quality Management, table 9.6: bruised peaches in one crate of 250 or two.
PEACHES = [47, 42, 55, 51, 46, 61, 39, 44, 41, 51, 88, 101, 101, 40, 48, 47, 50, 48, 57, 45, 43, 105, 98, 100, 96]
PEACHES_N = [*[250] * 10, *[500] * 3, *[250] * 8, *[500] * 4]
# Attendances at emergency departments in England and those seen within four hours: the usual example of p′, with the
# limits that qicharts2 and the PowerBI-SPC visual of Australia's Department of Health give.
SEEN = [
    266501, 264225, 276532, 281461, 269071, 261215, 270409, 279778, 270483, 270320,
    267923, 271478, 255353, 256820, 261835, 259144, 255910, 260863, 264465, 260989,
]  # fmt: skip
ATTENDED = [
    280443, 276823, 291681, 296155, 282343, 275888, 283867, 295251, 284468, 282529,
    279618, 283932, 266629, 268091, 276803, 271578, 266005, 273520, 278574, 273772,
]  # fmt: skip
# Further series of the PowerBI-SPC visual's tests.
FALLS = [17, 12, 27, 20, 20, 18, 22, 19, 19, 24, 17, 16, 24, 19, 19, 22, 25, 19, 17, 6, 25, 17, 11, 14]
FEWER_FALLS = [9, 11, 7, 13, 5, 5, 3, 5, 9, 4, 5, 9]
RARE = [
    23, 39, 15, 34, 1, 49, 98, 29, 27, 13, 45, 7, 10, 27, 24, 14, 20, 38, 44, 11, 10, 3, 113, 183, 3, 47, 18, 18, 33,
    15, 2, 38, 27, 27, 1, 52, 23, 7, 26, 82, 5, 49, 5, 17, 24, 44, 26, 2, 27, 46, 55, 97, 22, 22, 20, 4, 60, 51, 7,
    21, 66, 36, 25, 72, 15, 5, 3,
]  # fmt: skip
SHARES = np.array([5, 7, 5, 7, 7, 5, 4, 9, 8, 13, 8, 7, 8, 7, 12, 11, 8]) / [
    113, 132, 121, 134, 116, 131, 93, 138, 182, 157, 100, 103, 146, 108, 153, 141, 134,
]  # fmt: skip


def marked(chart, rule):
    return np.flatnonzero(chart.signals[rule]).tolist()


def test_xmr_limits_montgomery_loan_processing_costs():
    chart = spc.xmr(LOAN_COSTS)

    assert round(chart.center[0], 1) == 300.5
    assert (round(chart.lower[0], 2), round(chart.upper[0], 2)) == (279.78, 321.22)
    assert not chart.signals.any(axis=None)
    assert chart.variation == "common cause"


def test_xmr_limits_montgomery_aircraft_primer_paint():
    chart = spc.xmr(PAINT)

    # The book rounds the mean range to 0.48 before it multiplies, and prints 34.80 and 32.24.
    assert chart.upper[0] == pytest.approx(34.80, abs=0.01)
    assert chart.lower[0] == pytest.approx(32.24, abs=0.01)


def test_p_chart_montgomery_orange_juice():
    chart = spc.p_chart(JUICE, [50] * 30)

    assert chart.center[0] == pytest.approx(347 / 1500)
    assert (round(chart.lower[0], 4), round(chart.upper[0], 4)) == (0.0524, 0.4102)
    assert marked(chart, "outside") == [14, 22]


def test_c_chart_montgomery_circuit_boards():
    chart = spc.c_chart(BOARDS)

    assert (round(chart.center[0], 2), round(chart.lower[0], 2), round(chart.upper[0], 2)) == (19.85, 6.48, 33.21)
    assert marked(chart, "outside") == [5, 19]


def test_c_chart_nist_wafers_a_point_on_the_limit_is_not_outside():
    chart = spc.c_chart(WAFERS)

    assert (chart.center[0], chart.lower[0], chart.upper[0]) == (16, 4, 28)
    assert WAFERS[2] == 28
    assert marked(chart, "outside") == [23]


def test_u_chart_montgomery_dyed_cloth():
    chart = spc.u_chart(CLOTH, CLOTH_UNITS)

    assert round(chart.center[0], 2) == 1.42
    # The book calculates on from the rounded 1.42.
    assert chart.upper[:3] == pytest.approx([2.55, 2.68, 2.41], abs=0.01)
    assert chart.lower[:3] == pytest.approx([0.29, 0.16, 0.43], abs=0.01)
    assert not chart.signals["outside"].any()


def without(values, *places):
    return [nan if i in places else x for i, x in enumerate(values)]


@pytest.mark.parametrize(
    ("chart", "center", "lower", "upper", "digits"),
    [
        pytest.param(spc.xmr(FLOW), 50.81, 45.8159, 55.8041, 4, id="XmR, NIST flow rate"),
        pytest.param(spc.xmr(SHARES), 0.0593, 0.0229, 0.0957, 4, id="XmR, PowerBI-SPC"),
        pytest.param(spc.p_chart(without(JUICE, 14, 22), 50), 0.2150, 0.0407, 0.3893, 4, id="p, Montgomery, revised"),
        pytest.param(spc.c_chart(without(BOARDS, 5, 19)), 19.67, 6.36, 32.97, 2, id="c, Montgomery, revised"),
        pytest.param(spc.u_chart(SHIPMENTS, 50), 0.0740, 0, 0.1894, 4, id="u, Montgomery shipments"),
        pytest.param(spc.u_chart(COMPUTERS, 5), 1.93, 0.07, 3.79, 2, id="u, Montgomery computers"),
        pytest.param(spc.p_chart(SEEN, ATTENDED, prime=True), 0.952900, 0.940130, 0.965670, 6, id="p′, PowerBI-SPC"),
        pytest.param(spc.u_chart(SEEN, ATTENDED, prime=True), 0.9529, 0.9401, 0.9657, 4, id="u′, PowerBI-SPC"),
        pytest.param(spc.c_chart(FALLS), 18.71, 5.73, 31.68, 2, id="c, PowerBI-SPC"),
        pytest.param(spc.g_chart(RARE), 31.6716, 0, 128.1749, 4, id="g, PowerBI-SPC"),
    ],
)
def test_printed_limits_of_the_first_point(chart, center, lower, upper, digits):
    ours = (chart.center[0], chart.lower[0], chart.upper[0])
    assert tuple(round(float(x), digits) for x in ours) == (center, lower, upper)


@pytest.mark.parametrize(
    ("n", "lower", "upper"), [(100, 0.007, 0.184), (80, 0, 0.194), (110, 0.011, 0.180), (120, 0.015, 0.176)]
)
def test_p_chart_montgomery_purchase_orders_of_varying_size(n, lower, upper):
    chart = spc.p_chart(ORDERS, ORDERS_N)
    at = ORDERS_N.index(n)

    assert (round(chart.lower[at], 3), round(chart.upper[at], 3)) == (lower, upper)
    assert round(chart.center[at], 3) == 0.096
    assert marked(chart, "outside") == [10]


@pytest.mark.parametrize(("n", "lower", "upper"), [(250, 0.118, 0.268), (500, 0.140, 0.246)])
def test_p_chart_pyzdek_peaches_none_is_outside(n, lower, upper):
    chart = spc.p_chart(PEACHES, PEACHES_N)
    at = PEACHES_N.index(n)

    assert (round(chart.lower[at], 3), chart.center[at], round(chart.upper[at], 3)) == (lower, 0.193, upper)
    assert not chart.signals["outside"].any()


def test_later_points_against_frozen_limits_montgomery_loan_processing_costs():
    chart = spc.xmr(LOAN_COSTS + LATER_COSTS, baseline=20)
    assert marked(chart, "outside") == [38, 39]


def test_rebase_splits_a_c_chart_as_powerbi_spc_does():
    chart = spc.c_chart(FALLS + FEWER_FALLS, rebase=[24], direction="lower")

    assert (round(chart.upper[23], 2), round(chart.lower[23], 2)) == (31.68, 5.73)
    assert (round(chart.upper[24], 2), chart.lower[24]) == (15.07, 0)
    # Of the second part alone, about its 7.1: ++ - + ---- + -- +
    assert (chart.longest_run, chart.crossings) == (4, 6)


def test_p_prime_finds_nothing_where_p_calls_nearly_every_point_outside():
    # Mohammed et al., Statistical process control charts for attribute data involving very large sample sizes,
    # BMJ Quality and Safety 22 (2013): what the prime charts are for.
    assert spc.p_chart(SEEN, ATTENDED).signals["outside"].sum() > 10
    assert not spc.p_chart(SEEN, ATTENDED, prime=True).signals["outside"].any()


def test_t_chart_montgomery_valve_failures():
    # The book prints x^0.2777: 4.80986, 6.70903, 5.72650, 3.81367, ...; 1/3.6 is 0.27778.
    assert np.power(VALVES, spc.T_POWER)[:4] == pytest.approx([4.80986, 6.70903, 5.72650, 3.81367], abs=0.004)
    chart = spc.t_chart(VALVES)
    assert chart.center[0] ** 0.2777 == pytest.approx(5.386, abs=0.002)
    assert not chart.signals["outside"].any()
    assert chart.lower[0] == 0


def test_laney_p_prime_by_hand():
    # p = 0.5; sigma of a point = 0.05; z = 1, -1, 1, -1; mean |dz| = 2; sigma z = 2 / 1.128
    chart = spc.p_chart([55, 45, 55, 45], [100] * 4, prime=True)

    assert chart.upper[0] == pytest.approx(0.5 + 3 * 0.05 * 2 / 1.128)
    assert chart.kind == "p′"
    # Equal denominators: Laney's chart is the XmR chart of the proportions.
    assert chart.upper == pytest.approx(spc.xmr([0.55, 0.45, 0.55, 0.45]).upper)


def test_laney_u_prime_equals_xmr_where_exposures_are_equal():
    counts = [4, 9, 5, 7, 12, 6, 8]

    assert spc.u_chart(counts, [10] * 7, prime=True).upper == pytest.approx(spc.xmr(np.array(counts) / 10).upper)


def test_prime_limits_are_the_plain_ones_times_the_spread_of_z():
    count, n = np.array([30, 45, 20, 80, 33]), np.array([100, 130, 90, 200, 120])
    plain, prime = spc.p_chart(count, n), spc.p_chart(count, n, prime=True)
    p = count.sum() / n.sum()
    z = (count / n - p) / np.sqrt(p * (1 - p) / n)

    ratio = (prime.upper - prime.center) / (plain.upper - plain.center)
    assert ratio == pytest.approx(np.abs(np.diff(z)).mean() / 1.128)


def test_attribute_limits_stay_in_range():
    chart = spc.p_chart([1, 0, 2, 1] * 4, [8] * 16)
    assert (chart.lower == 0).all()
    chart = spc.p_chart([7, 8, 6, 7] * 4, [8] * 16)
    assert (chart.upper == 1).all()


def test_g_chart_limits_kaminsky():
    gaps = [10, 3, 22, 7, 8, 10, 12, 4, 30, 5, 6, 3]
    chart = spc.g_chart(gaps)

    assert chart.center[0] == 10
    assert chart.upper[0] == pytest.approx(10 + 3 * np.sqrt(110))
    assert chart.lower[0] == 0


def test_g_chart_counts_runs_about_the_median_of_a_skewed_distribution():
    rng = np.random.default_rng(1)
    shifts = [spc.g_chart(rng.geometric(0.1, 24) - 1).signals["shift"].any() for _ in range(300)]

    # About the mean, where 63% of points lie below, more than half of stable series would show a shift.
    assert np.mean(shifts) < 0.30


def test_t_chart_is_an_xmr_chart_of_the_root_nelson():
    days = [5.0, 40, 12, 3, 25, 60, 8, 17, 33, 21, 9, 14]
    root = np.array(days) ** (1 / 3.6)
    spread = 3 * np.abs(np.diff(root)).mean() / 1.128
    chart = spc.t_chart(days, target=20)

    assert chart.center[0] == pytest.approx(root.mean() ** 3.6)
    assert chart.upper[0] == pytest.approx((root.mean() + spread) ** 3.6)
    assert chart.lower[0] == pytest.approx(max(root.mean() - spread, 0) ** 3.6)
    assert (chart.kind, chart.assurance, chart.target) == ("t", "hit and miss", 20)
    assert spc.t_chart(days, target=2000).assurance == "consistently fails"


@pytest.mark.parametrize(("useful", "longest", "fewest"), [(12, 7, 3), (20, 7, 6), (24, 8, 8)])
def test_anhoej_limits(useful, longest, fewest):
    assert spc.anhoej(useful) == (longest, fewest)


def test_anhoej_limits_agree_with_the_published_table(shared):
    table = pd.read_csv(shared / "vectors/runs_anhoej_critical_values/critical_values.csv")

    assert [spc.anhoej(n) for n in table["n_useful"]] == list(
        zip(table["longest_run_max"], table["crossings_min"], strict=True)
    )


def test_run_chart_skips_points_on_the_median():
    # median 5; useful sides: + + + - - -, the 5s count in no run
    chart = spc.run_chart([6, 5, 7, 8, 5, 2, 3, 4])

    assert (chart.center[0], chart.longest_run, chart.crossings) == (5, 3, 1)
    assert chart.note.startswith("Run chart of 6 useful points")


def test_run_chart_finds_a_long_run_and_too_few_crossings():
    chart = spc.run_chart([1, 2, 1, 2, 1, 2, 1, 2, 9, 8, 9, 8, 9, 8, 9, 8], direction="lower")

    assert (chart.longest_run, chart.longest_run_max, chart.crossings, chart.crossings_min) == (8, 7, 1, 4)
    assert chart.signals["shift"].all()
    assert chart.variation == "concern"
    assert chart.note == "The series crosses its median 1 times, fewer than the 4 that chance allows: it moved."
    assert not chart.signals[["outside", "trend", "two_of_three"]].any(axis=None)


def test_run_of_exactly_the_longest_allowed_is_no_signal():
    high, low = [3, 4] * 4, [1, 2] * 4
    seven = [*high[:7], low[0], high[0], *low[1:]]

    assert spc.run_chart(seven).longest_run == 7
    assert not spc.run_chart(seven).signals["shift"].any()


@pytest.mark.parametrize("n", [10, 11, 16, 23, 24, 100, 1000])
def test_fewest_crossings_are_scipys_binomial_quantile(n):
    assert spc.anhoej(n)[1] == binom.ppf(0.05, n - 1, 0.5)


@pytest.fixture(scope="module")
def published(shared):
    folder = shared / "vectors/xmr_nhsr_plotthedots"
    return folder, json.loads((folder / "expected.json").read_text())


def test_xmr_nhsr_plotthedots(published):
    folder, expected = published
    assert len(expected["cases"]) == 8
    for case in expected["cases"].values():
        y = case.get("y") or pd.read_csv(folder / case["data"])["y"].iloc[slice(*case.get("rows", [None]))]
        chart = spc.xmr(y, screen=case["screen_outliers"])
        if "expected_last_two_point_type" in case:
            assert list(chart.points[-2:]) == ["common cause"] * 2
            continue
        # Published with the rounded 2.66: the distance of its limits, at our 3 / 1.128, is ours.
        mean, ours = case["expected"]["mean"], spc.XMR_LIMIT / 2.66
        assert chart.center[0] == pytest.approx(mean, abs=case["tolerance_abs"])
        for side, name in ((chart.lower, "lpl"), (chart.upper, "upl")):
            assert (side[0] - chart.center[0]) / ours == pytest.approx(
                case["expected"][name] - mean, abs=2 * case["tolerance_abs"]
            )
        if "special_index_0based" in case:
            assert np.flatnonzero(chart.points != "common cause").tolist() == case["special_index_0based"]


def test_a_trend_is_coloured_by_where_it_goes_nhsr_plotthedots_180():
    # Seven falling points that all lie above the mean are a concern where higher is better.
    values = [*[0.0, 4.0] * 8, 3.2, 3.1, 3.0, 2.9, 2.8, 2.7, 2.6]
    for direction, said in (("higher", "concern"), ("lower", "improvement"), ("neutral", "neutral")):
        chart = spc.xmr(values, direction=direction)
        assert (chart.values[16:] > chart.center[16:]).all()
        assert chart.points[16:].tolist() == [said] * 7


@pytest.mark.parametrize(
    ("direction", "last", "variation"),
    [
        ("higher", 60, "improvement"),
        ("higher", -40, "concern"),
        ("lower", 60, "concern"),
        ("lower", -40, "improvement"),
        ("neutral", 60, "neutral"),
        ("higher", 11, "common cause"),
    ],
)
@pytest.mark.parametrize(("target", "higher_is"), [(99, "fails"), (-99, "passes"), (10, None)])
def test_variation_and_assurance_in_every_combination_making_data_count(direction, last, variation, target, higher_is):
    chart = spc.xmr([10, 11, 9] * 5 + [last], baseline=15, direction=direction, target=target)

    other = {"passes": "fails", "fails": "passes"}
    mark = {"higher": higher_is, "lower": other.get(higher_is)}.get(direction)
    words = "" if direction == "neutral" else f"consistently {mark}" if mark else "hit and miss"
    assert (chart.variation, chart.assurance) == (variation, words)


def test_trend_nhsr_plotthedots(published):
    for case in published[1]["rules"]["seven_point_trend"]:
        signs = _rules(case["in"])["trend"]
        ends = [i for i, x in enumerate(case["out"]) if x]
        want = np.zeros(len(case["in"]), int)
        for end in ends:
            want[end - 6 : end + 1] = case["out"][end]
        assert signs.tolist() == want.tolist()


def test_seven_on_one_side_nhsr_plotthedots(published):
    for case in published[1]["rules"]["seven_one_side_of_mean__marks_only_point7plus"]:
        want = np.zeros(len(case["in"]), bool)
        for end in np.flatnonzero(case["out"]):
            want[end - 6 : end + 1] = True
        assert (_rules(case["in"])["shift"] != 0).tolist() == want.tolist()


def test_two_of_three_nhsr_plotthedots(published):
    for case in published[1]["rules"]["two_in_three__close_to_limits_and_side"]:
        close, side = np.array(case["close"], int), np.array(case["side"], int)
        values = np.where(close == 1, 2.5, 0.5) * side
        want = (np.array(case["out"], int) & close).astype(bool)  # only the close points are part of it
        assert (_rules(values)["two_of_three"] != 0).tolist() == want.tolist()


def _rules(values):
    """The four rules about a centre of 0 with limits at 3."""
    values = np.asarray(values, float)
    zero = np.zeros(len(values))
    return spc._signs(values, zero, zero - 2, zero + 2, zero - 3, zero + 3)


@pytest.mark.parametrize(("direction", "key"), [("higher", "increase"), ("lower", "decrease"), ("neutral", "neutral")])
def test_assurance_nhsr_plotthedots(published, direction, key):
    words = {
        "consistent_fail": "consistently fails",
        "consistent_pass": "consistently passes",
        "inconsistent": "hit and miss",
        None: "",
    }
    for facet, want in zip(published[1]["assurance"]["facets"], published[1]["assurance"][key], strict=True):
        half = 1.128 / 3 * (facet["upl"] - facet["lpl"]) / 2  # moving ranges that give about these limits
        values = facet["mean"] + np.array([half, -half] * 8) / 2
        assert spc.xmr(values, direction=direction, target=4).assurance == words[want]


def test_accident_and_emergency_nhsr_plotthedots(published):
    folder, _ = published
    expected = json.loads((folder / "expected_ae.json").read_text())
    for org in ("RQM", "RRK"):
        case = expected[f"{org}_before_2018-04-01"]
        y = pd.read_csv(folder / f"ae_attendances_{org}_type1.csv").query("period < '2018-04-01'")["breaches"]
        chart = spc.xmr(y, direction="lower", target=case.get("target"), screen=True)
        assert chart.n == case["n"]
        assert chart.center[0] == pytest.approx(case["recomputed_2.66_screened"]["mean"])
        if org == "RQM":
            assert (chart.variation, chart.assurance) == ("common cause", "hit and miss")
        else:
            assert chart.signals["shift"].sum() == case["published"]["longest_improvement_run"]
            assert (chart.points == "improvement").sum() >= 8


def test_rebased_attendances_nhsr_plotthedots(published):
    folder, _ = published
    case = json.loads((folder / "expected_ae.json").read_text())["total_attendances_rebase_2017-04-01_2018-04-01"]
    y = pd.read_csv(folder / "ae_attendances_total_by_month.csv")["attendances"]
    chart = spc.xmr(y, rebase=[12, 24], screen=True)

    for number, want in enumerate(case["recomputed_2.66_screened"]):
        first = 12 * number
        assert chart.center[first] == pytest.approx(want["mean"])
        assert (chart.upper[first] - chart.center[first]) * 2.66 / spc.XMR_LIMIT == pytest.approx(
            want["upl"] - want["mean"]
        )
    assert (chart.points == "common cause").all()


def test_rebase_starts_new_limits_and_no_range_or_run_crosses_it():
    low, high = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0], [101.0, 102.0, 101.0, 102.0, 101.0, 102.0]
    chart = spc.xmr(low + high, rebase=[6])

    assert chart.center.tolist() == [1.5] * 6 + [101.5] * 6
    assert chart.upper[0] == pytest.approx(1.5 + 3 / 1.128)
    assert chart.segment.tolist() == [0] * 6 + [1] * 6
    assert not chart.signals.any(axis=None)
    trial = "trial limits, from 6 points (fewer than 12)."
    assert chart.note == f"Segment 1: {trial} Segment 2: {trial}"


def test_baseline_freezes_limits_in_every_segment():
    values = [1, 2, 1, 2, 50, 60, 70, 11, 12, 11, 12, 90]
    chart = spc.xmr(values, baseline=4, rebase=[7])

    assert chart.center[0] == 1.5
    assert chart.center[7] == 11.5
    assert marked(chart, "outside") == [4, 5, 6, 11]


def test_trial_limits_below_twelve_points():
    assert "trial limits" in spc.xmr(LOAN_COSTS[:11]).note.lower()
    assert spc.xmr(LOAN_COSTS[:12]).note == ""


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([5] * 20, "the values hardly ever change (fewer than two moving ranges above zero)"),
        ([0] * 10 + [7] * 10, "the values hardly ever change (fewer than two moving ranges above zero)"),
        ([0.1] * 20, "the values hardly ever change (fewer than two moving ranges above zero)"),
        ([4, 9], "there are only 2 points"),
        ([], "there are only 0 points"),
        ([nan] * 8, "there are only 0 points"),
    ],
)
def test_limits_that_mean_nothing_are_refused(values, reason):
    chart = spc.xmr(values, target=5)

    assert chart.note == f"No limits, because {reason}."
    assert np.isnan(chart.lower).all()
    assert np.isnan(chart.upper).all()
    assert not chart.signals.any(axis=None)
    assert (chart.variation, chart.assurance) == ("", "")


@pytest.mark.parametrize("rare", [[9], [9, 5, 5, 5, 5, 5, 8], [9, 9, 9]])
def test_screening_that_leaves_no_range_leaves_no_limits(rare):
    values = [5] * 20 + rare + [5] * 20
    chart = spc.xmr(values, screen=True)

    assert chart.note == "No limits, because the values hardly ever change (fewer than two moving ranges above zero)."
    assert not chart.signals.any(axis=None)
    assert not spc.xmr_many([values], screen=True).signals["outside"].any()


def test_screening_drops_a_range_of_just_the_limit_as_nhsr_plotthedots_does():
    # Forty ranges: 39 of 1 and one of r with r = 3.267 (39 + r) / 40; NHSRplotthedots keeps what is below.
    r = 3.267 * 39 / (40 - 3.267)
    for size, kept in ((r * 0.999, True), (r * 1.001, False)):
        values = [*[0.0, 1.0] * 20, 1 + size]
        upper = spc.xmr(values, screen=True).upper[0]
        want = ((39 + size) / 40 if kept else 1) * spc.XMR_LIMIT
        assert upper - np.mean(values) == pytest.approx(want)


def test_equal_proportions_of_unequal_counts_have_no_prime_limits():
    # 0.1 x 3 / 0.3 and 0.1 x 7 / 0.7 differ in their last digit only.
    k = np.arange(1, 25)
    for chart in (spc.p_chart(k, 3 * k, prime=True, target=0.2), spc.u_chart(7 * k, 0.3 * k, prime=True, target=20)):
        assert np.isnan(chart.upper).all()
        assert chart.assurance == ""


def test_two_moving_ranges_are_enough():
    assert np.isfinite(spc.xmr([5] * 6 + [9] + [5] * 6).upper).all()


def test_counts_that_sum_to_zero_have_no_limits():
    reason = "No limits, because nothing was counted in any period."
    assert spc.c_chart([0] * 12).note == reason
    assert spc.u_chart([0] * 12, [5] * 12).note == reason
    assert spc.p_chart([0] * 12, [5] * 12).note == reason
    assert spc.g_chart([0] * 12).note == reason
    assert spc.p_chart([5] * 12, [5] * 12).note == "No limits, because every case counted in every period."


def test_a_point_on_the_mean_has_no_side():
    # mean 0: six above, the seventh on the mean
    values = [1, 1, 1, 1, 1, 1, 0, 1, -1, -3, -1, -2]
    assert sum(values) == 0
    assert not spc.xmr(values).signals["shift"].any()
    # 0.1 + 0.2 differs from 0.3 in its last digit only
    chart = spc.xmr([0.1 + 0.2, 0.2, 0.4, 0.3, 0.1, 0.5])
    assert (chart.crossings, chart.longest_run) == (3, 1)


def test_missing_points_are_not_joined_over():
    chart = spc.xmr([1, 2, 3, nan, 4, 5, 6, 7, 6])

    assert not chart.signals["trend"].any()  # seven rising values, but not in seven periods in a row
    assert chart.n == 8
    assert chart.points[3] == "missing"
    # ranges 1 1 (gap) 1 1 1 1
    assert chart.upper[0] == pytest.approx(34 / 8 + 3 * 1 / 1.128)


def test_shift_does_not_run_over_a_missing_point():
    values = [5, 6, 5, 6, 5, 6, 5, 1, 0, 1, 0, 1, 0, 1]
    assert spc.xmr(values).signals["shift"].all()
    values.insert(3, nan)
    assert np.flatnonzero(spc.xmr(values).signals["shift"]).tolist() == list(range(8, 15))


def test_two_of_three_does_not_count_points_already_outside():
    signs = _rules([0.1, 2.5, 3.5, 0.5, -0.1])
    assert not signs["two_of_three"].any()
    assert signs["outside"].tolist() == [0, 0, 1, 0, 0]
    assert _rules([0.1, 2.5, 3.5, 2.5, -0.1])["two_of_three"].tolist() == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(("value", "near"), [(1.99, False), (2.0, False), (2.01, True), (3.0, True), (3.01, False)])
def test_two_of_three_edges(value, near):
    assert _rules([value, 0.1, value])["two_of_three"].any() == near


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (range(6), False),
        (range(7), True),
        (range(0, -7, -1), True),
        # Six in a row: a value that stays is neither a rise nor a fall.
        ((0, 1, 2, 2, 3, 4, 5), False),
        ((5, 4, 3, 2, 2, 1, 0), False),
    ],
)
def test_trend_is_seven_points(values, found):
    assert _rules(list(values))["trend"].any() == found


@pytest.mark.parametrize(
    ("direction", "target", "last", "variation"),
    [
        ("higher", None, 30, "improvement"),
        ("lower", None, 30, "concern"),
        ("context", None, 30, "neutral"),
        ("target band", (25, 35), 30, "improvement"),
        ("target band", (8, 12), 30, "concern"),
        ("closer to 25", None, 30, "improvement"),
        ("closer to 10", None, 30, "concern"),
        ("target band", None, 30, "neutral"),
    ],
)
def test_direction_decides_what_a_signal_means(direction, target, last, variation):
    chart = spc.xmr([10, 11, 9, 10, 11, 9, 10, 11, 9, 10, 11, 9, last], direction=direction, target=target, baseline=12)
    assert chart.variation == variation


@pytest.mark.parametrize(
    ("direction", "target", "assurance"),
    [
        ("higher", 10, "hit and miss"),
        ("higher", 1, "consistently passes"),
        ("higher", 99, "consistently fails"),
        ("lower", 99, "consistently passes"),
        ("lower", 1, "consistently fails"),
        ("target band", (1, 99), "consistently passes"),
        ("target band", (50, 99), "consistently fails"),
        ("target band", (9, 11), "hit and miss"),
        ("closer to 10", None, "hit and miss"),
        ("closer to 99", None, "consistently fails"),
        ("neutral", 99, ""),
        ("higher", None, ""),
        ("higher", [10] * 11 + [99], "consistently fails"),
    ],
)
def test_assurance(direction, target, assurance):
    assert spc.xmr([10, 11, 9] * 4, direction=direction, target=target).assurance == assurance


# Mean 10; moving ranges 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2 with a mean of 15/11; limits 10 -+ 3 * 15/11 / 1.128.
REACH = 45 / 11 / 1.128


@pytest.mark.parametrize(
    ("low", "high", "assurance"),
    [
        (10 - REACH - 0.01, 10 + REACH + 0.01, "consistently passes"),
        (10 - REACH + 0.01, 10 + REACH + 0.01, "hit and miss"),
        (10 - REACH - 0.01, 10 + REACH - 0.01, "hit and miss"),
        (10 + REACH - 0.01, 99, "hit and miss"),
        (10 + REACH + 0.01, 99, "consistently fails"),
        (0, 10 - REACH + 0.01, "hit and miss"),
        (0, 10 - REACH - 0.01, "consistently fails"),
        (9.99, 10.01, "hit and miss"),
    ],
)
def test_a_band_is_always_met_when_the_limits_lie_within_it_and_never_when_they_lie_outside(low, high, assurance):
    assert spc.xmr([10, 11, 9] * 4, direction="target band", target=(low, high)).assurance == assurance


@pytest.mark.parametrize("end", ["lower", "upper"])
def test_a_band_that_ends_on_a_limit_is_hit_and_miss(end):
    limit = getattr(spc.xmr([10, 11, 9] * 4), end)[-1]
    for band in ((0, limit), (limit, 99)):
        assert spc.xmr([10, 11, 9] * 4, direction="band", target=band).assurance == "hit and miss"


def test_an_end_of_a_band_beyond_which_no_share_can_be_is_not_missed():
    # 10 of 100: limits 1% to 19%. Of 4 of 100 the lower limit is cut off at 0.
    def assurance(count, band):
        return spc.p_chart([count, count] * 6, 100, direction="band", target=band).assurance

    assert assurance(10, (0.005, 0.2)) == assurance(10, (0, 0.2)) == assurance(4, (0, 0.2)) == "consistently passes"
    assert assurance(4, (0.001, 0.2)) == "hit and miss"
    assert assurance(96, (0.8, 1)) == "consistently passes"
    assert assurance(96, (0.8, 0.999)) == "hit and miss"


@pytest.mark.parametrize(
    ("band", "says"),
    [
        ((30, 40), "improvement"),
        ((20, 30), "improvement"),
        ((30.01, 40), "improvement"),
        ((15, 25.01), "improvement"),
        ((15, 25), "neutral"),  # as far above the band as the mean lies below it
        ((15, 24.99), "concern"),
        ((10, 20), "concern"),
        ((0, 10), "concern"),
        ((0, 9.99), "concern"),
    ],
)
def test_a_jump_from_10_to_30_is_good_or_bad_by_its_way_to_the_band(band, says):
    chart = spc.xmr([10, 11, 9] * 4 + [30], direction="target band", target=band, baseline=12)
    assert (chart.variation, chart.points[-1]) == (says, says)


def test_the_ends_of_a_band_may_change_from_point_to_point():
    low, high = np.full(13, 5.0), np.full(13, 15.0)
    low[12], high[12] = 25, 35
    chart = spc.xmr([10, 11, 9] * 4 + [30], direction="band", target=(low, high), baseline=12)

    assert chart.variation == "improvement"
    assert chart.assurance == "consistently fails"
    assert (chart.wanted[:, 0].tolist(), chart.wanted[:, 12].tolist()) == ([5, 15], [25, 35])


def test_two_points_with_targets_of_their_own_are_no_band():
    chart = spc.xmr([1, 2], direction="closer to", target=[3, 4])
    assert chart.wanted.tolist() == [[3, 4], [3, 4]]


@given(st.lists(st.floats(0, 100), min_size=13, max_size=30), st.floats(0, 100))
@settings(max_examples=40, deadline=None)
def test_a_band_of_no_width_is_a_value_to_come_closer_to(values, target):
    band = spc.xmr(values, direction="band", target=(target, target), baseline=12)
    closer = spc.xmr(values, direction="closer to", target=target, baseline=12)
    assert (band.points.tolist(), band.assurance) == (closer.points.tolist(), closer.assurance)


@given(st.lists(st.floats(0, 100), min_size=13, max_size=30), st.tuples(st.floats(0, 100), st.floats(0, 100)))
@settings(max_examples=40, deadline=None)
def test_a_band_says_the_same_of_the_mirrored_series(values, ends):
    low, high = sorted(ends)
    one = spc.xmr(values, direction="band", target=(low, high), baseline=12)
    other = spc.xmr([-v for v in values], direction="band", target=(-high, -low), baseline=12)
    assert (one.points.tolist(), one.assurance) == (other.points.tolist(), other.assurance)


def test_assurance_target_on_a_limit_is_hit_and_miss():
    chart = spc.c_chart(WAFERS, direction="lower", target=28)
    assert chart.assurance == "hit and miss"
    assert spc.c_chart(WAFERS, direction="lower", target=28.01).assurance == "consistently passes"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spc.xmr([1, 2, 3], direction="up"), "direction: 'up' is not higher"),
        (lambda: spc.xmr([1, 2, 3], baseline=1), "baseline: a number of points, 2 or more"),
        (lambda: spc.xmr([1, 2, 3], rebase=[3]), "rebase: a position outside the series"),
        (lambda: spc.xmr([1, 2, 3], target=[1, 2]), "target: one number, or one for each point"),
        (lambda: spc.xmr([1, 2, 3], direction="target band", target=(2, 1)), "target: a target band has two ends"),
        (lambda: spc.xmr([1, 2], direction="band", target=([1, 3], [2, 2])), "target: a target band has two ends"),
        (lambda: spc.p_chart([3], [2]), "count: above n"),
        (lambda: spc.p_chart([-1], [2]), "count: below zero"),
        (lambda: spc.u_chart([1, 2], [2]), "count and exposure: of different length"),
        (lambda: spc.t_chart([-1, 2]), "days: below zero"),
        (lambda: spc.xmr_many([1, 2, 3]), "values: a table of series x points is needed"),
    ],
)
def test_arguments_out_of_range(call, message):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value).startswith(message)


def test_a_point_without_denominator_is_missing():
    chart = spc.p_chart([5, 0, 6, 4, nan], [10, 0, 10, 10, 10])

    assert list(chart.points) == ["common cause", "missing", "common cause", "common cause", "missing"]
    assert chart.center[0] == 0.5
    assert (chart.n, np.isnan(chart.upper).tolist()) == (3, [False, True, False, False, True])


def test_one_denominator_stands_for_all_points():
    assert spc.p_chart(JUICE, 50).upper.tolist() == spc.p_chart(JUICE, [50] * 30).upper.tolist()
    assert spc.u_chart(BOARDS, 1).upper == pytest.approx(spc.c_chart(BOARDS).upper)


def test_every_way_of_writing_missing_is_missing():
    values = [1, None, 3, pd.NA, 2, nan, 4]
    assert np.isnan(spc.xmr(values).values).tolist() == [False, True, False, True, False, True, False]
    assert spc.xmr(pd.Series([1, 2, pd.NA, 4], dtype="Int64")).n == 3


def test_arguments_are_left_alone():
    values = np.array([1.0, np.inf, 3.0, 2.0])
    spc.xmr(values)
    assert values.tolist() == [1.0, np.inf, 3.0, 2.0]


def _slow(values, center, sigma):
    """The four rules as a person would apply them, point by point."""
    n = len(values)
    out = {rule: [False] * n for rule in spc.RULES}
    side = [0 if v != v or v == center else (1 if v > center else -1) for v in values]
    outside = [v == v and abs(v - center) > 3 * sigma for v in values]
    close = [v == v and 2 * sigma < abs(v - center) <= 3 * sigma for v in values]
    out["outside"] = outside
    for i in range(n - 6):
        window = values[i : i + 7]
        if all(a < b for a, b in itertools.pairwise(window)) or all(a > b for a, b in itertools.pairwise(window)):
            out["trend"][i : i + 7] = [True] * 7
        if abs(sum(side[i : i + 7])) == 7:
            out["shift"][i : i + 7] = [True] * 7
    for i in range(n - 2):
        if abs(sum(side[i : i + 3])) == 3 and sum(close[i : i + 3]) >= 2:
            for j in range(i, i + 3):
                out["two_of_three"][j] = out["two_of_three"][j] or close[j]
    return out


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.integers(-6, 6), st.just(None)), min_size=0, max_size=40))
def test_rules_agree_with_a_slow_reading(numbers):
    values = [nan if x is None else x / 2 for x in numbers]
    signs = _rules(values)
    slow = _slow(values, 0.0, 1.0)
    for rule in spc.RULES:
        assert (signs[rule] != 0).tolist() == slow[rule]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-1000, 1000), min_size=3, max_size=40),
    st.sampled_from([0.25, 2.0, 1024.0]),
    st.integers(-100, 100),
)
def test_xmr_does_not_depend_on_the_unit(values, factor, offset):
    plain = spc.xmr(values)
    other = spc.xmr([factor * v + offset for v in values])
    mirrored = spc.xmr([-v for v in values], direction="lower")

    assert other.upper == pytest.approx(factor * plain.upper + offset, nan_ok=True, abs=1e-6)
    assert list(mirrored.points) == list(plain.points)
    assert (mirrored.longest_run, mirrored.crossings) == (plain.longest_run, plain.crossings)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.booleans())
def test_many_series_give_what_each_gives_alone(seed, n, screen):
    rng = np.random.default_rng(seed)
    values = np.round(rng.standard_t(2, size=(5, n)), 1)
    values[rng.random(values.shape) < 0.1] = np.nan
    many = spc.xmr_many(values, screen=screen)
    for row, series in enumerate(values):
        one = spc.xmr(series, screen=screen)
        assert many.center[row] == pytest.approx(one.center[0], nan_ok=True)
        assert many.upper[row] == pytest.approx(one.upper[0], nan_ok=True)
        for rule in spc.RULES:
            assert many.signals[rule][row].tolist() == one.signals[rule].tolist()


def _alarms(values):
    """Share of series with any signal, by code that shares nothing with ours."""
    hits = 0
    for series in values.tolist():
        center = sum(series) / len(series)
        ranges = [abs(b - a) for a, b in itertools.pairwise(series)]
        slow = _slow(series, center, sum(ranges) / len(ranges) / 1.128)
        hits += any(any(marks) for marks in slow.values())
    return hits / len(values)


def test_stable_series_raise_as_many_false_alarms_as_an_independent_simulation_says():
    values = np.random.default_rng(11).normal(size=(1500, 24))
    signals = spc.xmr_many(values).signals
    ours = np.any([signals[rule].any(axis=1) for rule in spc.RULES], axis=0).mean()

    assert ours == pytest.approx(_alarms(values), abs=1e-12)
    other = _alarms(np.random.default_rng(12).normal(size=(1500, 24)))
    assert spc.false_alarms(24).chart == pytest.approx(other, abs=0.045)  # 3 standard errors of 1,500 series


def test_g_charts_of_stable_gaps_raise_as_many_false_alarms_as_an_independent_simulation_says():
    textbook = exact = 0
    for gaps in (np.random.default_rng(13).geometric(0.04, size=(1500, 24)) - 1).tolist():
        mean = sum(gaps) / 24
        slow = _slow(gaps, mean, np.sqrt(mean * (mean + 1)))
        shift = _slow(gaps, 0.693147 * mean, 1.0)["shift"]
        textbook += any(slow["outside"]) or any(slow["trend"]) or any(shift)
        law = scipy.stats.geom(1 / (mean + 1), loc=-1)
        low, middle, high = law.ppf(scipy.stats.norm.sf(3)), law.ppf(0.5), law.ppf(scipy.stats.norm.cdf(3))
        outside = any(x < low or x > high for x in gaps)
        exact += outside or any(slow["trend"]) or any(_slow(gaps, middle, 1.0)["shift"])

    assert textbook / 1500 > 2 * spc.false_alarms(24).chart > 2 * spc.false_alarms(24, "g").chart
    assert spc.false_alarms(24, "g").chart == pytest.approx(exact / 1500, abs=0.035)


@pytest.mark.parametrize("mean", [0.7, 2.0, 8.0])
def test_u_charts_of_stable_counts_raise_as_many_false_alarms_as_an_independent_simulation_says(mean):
    hits = latest = 0
    for counts in np.random.default_rng(14).poisson(mean, size=(1000, 42)).tolist():
        law = scipy.stats.poisson(sum(counts) / 42)
        middle, *near, low, high = law.ppf([0.5, *scipy.stats.norm.cdf([-2, 2, -3, 3])])
        marks = [x < low or x > high for x in counts]
        slow = _slow(counts, middle, 1.0)
        sides = [np.sign(x - middle) for x in counts]
        close = [(x < near[0] or x > near[1]) and not out for x, out in zip(counts, marks, strict=True)]
        for i in range(40):
            if sum(close[i : i + 3]) >= 2 and abs(sum(sides[i : i + 3])) == 3:
                marks = [mark or (i <= j < i + 3 and close[j]) for j, mark in enumerate(marks)]
        marks = [any(x) for x in zip(marks, slow["trend"], slow["shift"], strict=True)]
        hits, latest = hits + any(marks), latest + marks[-1]

    found = spc.false_alarms(42, "u", mean)
    assert found.chart == pytest.approx(hits / 1000, abs=0.04)
    assert found.latest == pytest.approx(latest / 1000, abs=0.01)


def _hits(charts):
    return np.mean([chart.signals.any(axis=None) for chart in charts])


@pytest.mark.parametrize(
    ("charts", "textbook"),
    [
        # Mean 0.35 and mean 1 over 42 months; 30 cases of which 2% count, over 42 months.
        (lambda rng, exact: spc.u_chart(rng.poisson(0.35, 42), np.ones(42), exact=exact), 0.81),
        (lambda rng, exact: spc.u_chart(rng.poisson(1.0, 42), np.ones(42), exact=exact), 0.69),
        (lambda rng, exact: spc.p_chart(rng.binomial(30, 0.02, 42), np.full(42, 30), exact=exact), 0.55),
        # As many, but what counts is nearly everything.
        (lambda rng, exact: spc.p_chart(rng.binomial(30, 0.98, 42), np.full(42, 30), exact=exact), 0.55),
    ],
)
def test_rare_events_do_not_alarm_by_themselves(charts, textbook):
    rng = np.random.default_rng(15)
    assert _hits(charts(rng, False) for _ in range(300)) > textbook - 0.15
    exact = [charts(rng, True) for _ in range(300)]
    assert _hits(exact) < 0.18
    assert _hits(exact) == pytest.approx(np.mean([spc.chart_false_alarms(c).chart for c in exact]), abs=0.06)


def test_a_chart_of_rare_events_sees_a_burst_and_a_silence():
    steady = [0, 0, 1, 0] * 10
    burst = spc.u_chart([*steady, 0, 5], 1, exact=True, direction="lower")
    silence = spc.u_chart([*[0, 1, 0, 0, 0, 1, 1, 0, 0, 1] * 4, *[0] * 24], 1, exact=True, direction="lower")

    assert (burst.kind, burst.variation, silence.variation) == ("t", "concern", "improvement")
    assert spc.u_chart([0, 0, 0, 1, 0, 0, 1, 0, 0, 0] * 4, 1, exact=True).variation == "common cause"
    # Of 200 cases a month 1 in 400 fails: 20 failures in the last month are bad where success counts.
    passed = [200, 199] * 20 + [180]
    assert spc.p_chart(passed, 200, exact=True).variation == "concern"


def test_false_alarms_of_segments_add_up():
    one = spc.false_alarms(20).chart
    chart = spc.xmr(np.random.default_rng(1).normal(size=40), rebase=[20])

    assert spc.chart_false_alarms(chart) == (pytest.approx(1 - (1 - one) ** 2), spc.false_alarms(20).latest)


def test_a_planted_shift_is_found():
    values = np.random.default_rng(3).normal(size=(500, 36))
    values[:, 24:] += 2.0
    signals = spc.xmr_many(values, baseline=24).signals
    found = np.any([signals[rule][:, 24:].any(axis=1) for rule in spc.RULES], axis=0).mean()

    assert found > 0.97


def test_false_alarms_grow_with_the_series():
    assert spc.false_alarms(2) == (0, 0)
    chances = [spc.false_alarms(n) for n in (12, 24, 60)]
    assert 0 < chances[0].chart < chances[1].chart < chances[2].chart < 1
    # The latest point alone is one point, however long the series.
    assert all(one.latest < 0.02 for one in chances)


def test_autocorrelation_by_hand():
    values = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    # deviations -4..4: products of neighbours 12 + 6 + 2 + 0 + 0 + 2 + 6 + 12 = 40; squares 60
    assert spc.autocorrelation(values) == pytest.approx((40 / 60, 2 / 3))
    noise = np.random.default_rng(4).normal(size=30)
    assert spc.autocorrelation(noise)[0] == pytest.approx(acf(noise, nlags=1)[1])
    assert np.isnan(spc.autocorrelation([3] * 20)).all()
    assert np.isnan(spc.autocorrelation(values[:8])).all()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([1.0, 2.0], "there are only 2 points"),
        ([1.0, 1.0, 2.0], "the values hardly ever change (fewer than two moving ranges above zero)"),
    ],
)
def test_limits_that_cannot_be_told_say_why(values, why):
    assert spc.xmr(values).note == f"No limits, because {why}."
