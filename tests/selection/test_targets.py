"""Baselines, targets and the time until a change is seen."""

import numpy as np
import pytest

from rdclib.catalogue import load_metrics
from rdclib.selection import targets
from tests import build
from tests.selection.test_series import history, monthly

METRICS = {m.id: m for m in load_metrics()}
UP, DOWN = METRICS["HS-01"], METRICS["HS-04"]
# Moving ranges 2, 4, 2, 4, 2, 4, 2 of mean 20/7; mean 41; limits 41 -+ 3 * (20/7) / 1.128.
SERIES = [40, 42, 38, 40, 44, 42, 38, 40]
HALF_WIDTH = 3 * (2 + 4 + 2 + 4 + 2 + 4 + 2) / 7 / 1.128


def start(values=SERIES, metric=UP):
    return targets.baseline(history(*monthly(metric.id, values), metric=metric.id), metric)


def test_baseline_has_the_natural_limits_of_an_xmr_chart():
    found = start()
    assert found.value == pytest.approx(40.5)
    assert (found.low, found.high) == pytest.approx((40.5 - HALF_WIDTH, 40.5 + HALF_WIDTH))
    assert (found.n, found.kind, found.usable) == (8, "natural limits", True)


def test_limits_of_a_share_stay_within_nothing_and_everything():
    found = start([2, 8, 1, 9, 2, 8, 1])
    assert found.low == 0
    assert start([98, 92, 99, 91, 98, 92, 99]).high == 100


def test_below_six_points_there_is_an_interval_and_no_baseline():
    found = start([40, 40, 40, 40, 40])
    assert (found.usable, found.kind) == (False, "interval")
    # Wilson, 200 of 500, worked out by the formula: (p + z2/2n -+ z sqrt(p q / n + z2/4n2)) / (1 + z2/n).
    z2 = 1.959964**2
    centre, half = 0.4 + z2 / 1000, np.sqrt(z2) * np.sqrt(0.24 / 500 + z2 / 4 / 500**2)
    ends = [100 * (centre + sign * half) / (1 + z2 / 500) for sign in (-1, 1)]
    assert (found.low, found.high) == pytest.approx(ends)


@pytest.mark.parametrize("points", [5, 8])
def test_a_numerator_without_its_denominator_is_no_part_of_a_baseline(points):
    half = monthly("HS-01", [60], start=points + 1)[0]
    half[1].update(value=None, denominator=None)
    found = history(*monthly("HS-01", SERIES[:points]), half)
    with_it, without = targets.baseline(found, UP), start(SERIES[:points])
    assert (with_it.value, with_it.n) == (pytest.approx(np.mean(SERIES[:points])), points)
    assert (with_it.low, with_it.high) == (without.low, without.high)


def test_a_history_that_moved_says_so():
    assert start([30] * 8 + [30.5, 30, 29.5] + [50] * 8).moved
    assert not start().moved


@pytest.mark.parametrize(
    ("metric", "asked", "problem"),
    [
        (UP, 40.5 + HALF_WIDTH - 0.01, ""),
        (UP, 40.5 + HALF_WIDTH + 0.01, "outside natural limits"),
        (UP, 40.5 - HALF_WIDTH + 0.01, ""),
        (UP, 40.5 - HALF_WIDTH - 0.01, "already reached"),
        (DOWN, 40.5 - HALF_WIDTH - 0.01, "outside natural limits"),
        (DOWN, 40.5 + HALF_WIDTH + 0.01, "already reached"),
        (METRICS["ES-01"], 40.5 - HALF_WIDTH - 0.01, "outside natural limits"),
    ],
)
def test_a_target_is_held_against_the_natural_limits(metric, asked, problem):
    assert targets.judge(metric, start(), asked).problem == problem


LOW, HIGH = 40.5 - HALF_WIDTH, 40.5 + HALF_WIDTH


@pytest.mark.parametrize(
    ("band", "problem"),
    [
        ((LOW - 0.01, HIGH + 0.01), "already reached"),
        ((LOW, HIGH), "already reached"),
        ((LOW + 0.01, HIGH + 0.01), ""),
        ((LOW - 0.01, HIGH - 0.01), ""),
        ((HIGH - 0.01, 99), ""),
        ((HIGH, 99), ""),
        ((HIGH + 0.01, 99), "outside natural limits"),
        ((0, LOW), ""),
        ((0, LOW - 0.01), "outside natural limits"),
        ((40, 41), ""),
    ],
)
def test_a_target_band_is_held_against_the_natural_limits(band, problem):
    at = targets.Baseline("ES-01", 40.5, LOW, HIGH, 8, "natural limits")
    found = targets.judge(METRICS["ES-01"], at, band)
    assert (found.problem, found.value, found.high, found.is_band) == (problem, *band, True)


def test_a_target_band_needs_six_points_too_or_a_named_standard():
    found = targets.judge(METRICS["ES-01"], start(SERIES[:5]), (85, 95))
    assert (found.problem, found.asked, found.high) == ("no baseline", 85, 95)
    assert np.isnan(found.value)
    found = targets.judge(METRICS["ES-01"], start(SERIES[:5]), (85, 95), standard="The funder's")
    assert (found.problem, found.value, found.high) == ("", 85, 95)


@pytest.mark.parametrize(
    ("start_at", "aim"), [(84.9, 85), (85, None), (85.1, None), (94.9, None), (95, None), (95.1, 95)]
)
def test_the_way_to_a_band_ends_at_its_nearer_end_and_within_it_there_is_none(start_at, aim):
    found = targets.Target(85.0, 85.0, "", "", "", 95.0).aim(start_at)
    assert np.isnan(found) if aim is None else found == aim


@pytest.mark.parametrize(("points", "refused"), [(5, True), (6, False), (7, False)])
def test_a_target_needs_six_points_of_history(points, refused):
    found = targets.judge(UP, start(SERIES[:points]), 41)
    assert (found.problem == "no baseline") is refused
    assert np.isnan(found.value) is np.bool_(refused)


def test_a_named_standard_stands_in_for_history():
    found = targets.judge(UP, start(SERIES[:2]), 45, standard="HUD system performance, national median")
    assert (found.value, found.problem) == (45, "")


def test_without_a_target_nothing_is_judged():
    assert targets.judge(UP, start(), None).problem == "none"
    assert targets.judge(UP, start([]), None).problem == "no baseline"


def suggested(rows, metric=UP):
    found = history(*rows, metric=metric.id)
    return {o.basis: o for o in targets.options(found, found, metric, targets.baseline(found, metric))}


def test_own_history_suggests_what_its_best_quarter_reached():
    assert suggested(monthly("HS-01", SERIES))["own history"].value == np.quantile(SERIES, 0.75)
    assert suggested(monthly("HS-04", SERIES), DOWN)["own history"].value == np.quantile(SERIES, 0.25)


def test_a_trend_suggests_a_target_only_when_it_is_more_than_chance():
    # A line of slope 1 with a ripple; a year after the last point it would be at 61, beyond the limits, so these hold.
    rising = [40 + k + (0.3 if k % 2 else -0.3) for k in range(10)]
    found = suggested(monthly("HS-01", rising))
    limits = start(rising)
    assert found["trend"].value == pytest.approx(limits.high)
    assert "trend" not in suggested(monthly("HS-01", SERIES))
    assert "trend" not in suggested(monthly("HS-04", rising), DOWN)


# About a line over eight months: no sum, and none with time. Its slope has a standard error of sqrt(8 / 6 / 42) a unit.
RIPPLE = np.array([1, -1, -1, 1, 1, -1, -1, 1])


@pytest.mark.parametrize("metric", [UP, DOWN])
@pytest.mark.parametrize(("ripple", "there"), [(0.84, True), (0.845, False)])
def test_a_trend_is_a_slope_of_more_than_two_standard_errors_the_right_way(metric, ripple, there):
    slope = 0.3 if metric is UP else -0.3
    values = 40 + slope * np.arange(8) + ripple * RIPPLE
    # 0.3 is twice the standard error at a ripple of 0.842.
    assert (2 * ripple * np.sqrt(8 / 6 / 42) < 0.3) == there

    found = suggested(monthly(metric.id, values), metric)

    assert ("trend" in found) == there
    if there:
        # A year after the last month: 40 + 0.3 x 19 lies beyond the limits, which hold.
        limits = start(values, metric)
        assert found["trend"].value == pytest.approx(limits.high if metric is UP else limits.low)
    assert "trend" not in suggested(monthly(metric.id, values[::-1]), metric)


def test_peers_are_told_by_their_counts_of_the_last_twelve_months():
    # One month of 100 clients and eleven of 300; a thirteenth, before them, is too old to count.
    rows = []
    for v in range(4):
        rows += monthly("HS-01", [90], vendor=f"V{v}", n=9000, start=1)
        rows += monthly("HS-01", [10 + v], vendor=f"V{v}", n=100, start=2)
        rows += monthly("HS-01", [40 + v] * 11, vendor=f"V{v}", n=300, start=3)
    peers = [(100 * (10 + v) + 11 * 300 * (40 + v)) / 3400 for v in range(4)]
    assert suggested(rows)["peers"].value == pytest.approx(np.quantile(peers, 0.75))


@pytest.mark.parametrize(("vendors", "there"), [(3, False), (4, True), (5, True)])
def test_peers_need_four_vendors(vendors, there):
    rows = [row for v in range(vendors) for row in monthly("HS-01", [30 + 5 * v] * 6, vendor=f"V{v}")]
    found = suggested(rows)
    assert ("peers" in found) is there
    if there:
        assert found["peers"].value == np.quantile([30 + 5 * v for v in range(vendors)], 0.75)


def test_a_negotiated_target_follows_the_clients_who_really_came():
    # Half and half was planned at 60% and 20%; three of four were in the harder group: 10 points less.
    adjusted = targets.adjust_for_mix(
        42, planned={"easy": 0.5, "hard": 0.5}, actual={"easy": 0.25, "hard": 0.75}, rates={"easy": 60, "hard": 20}
    )
    assert adjusted == pytest.approx(32)
    with pytest.raises(ValueError, match="its shares add up to 1"):
        targets.adjust_for_mix(42, planned={"easy": 0.5}, actual={"easy": 1}, rates={"easy": 60})


def by_group(easy, hard, *, months=12, start=1):
    """Monthly rows of two groups with the same rates, 60% and 20%, and these numbers of clients."""
    groups = (("Easy", easy, 60), ("Hard", hard, 20))
    return [
        row
        for name, n, share in groups
        for row in monthly("HS-01", [share] * months, n=n, start=start, stratum=name, stratum_kind="need")
    ]


def mix(rows, target=42.0, smallest=11, metric=UP):
    frame = build.records(*rows).observations
    return targets.mix_of_clients(frame, history(*rows, metric=metric.id), metric, target, smallest)


def totals(months=24):
    return monthly("HS-01", [40] * months)


def test_a_target_is_adjusted_for_the_clients_of_the_last_year():
    found = mix([*totals(), *by_group(50, 50), *by_group(25, 75, start=13)])
    assert found.planned == {"Easy": 0.5, "Hard": 0.5}
    assert found.actual == {"Easy": 0.25, "Hard": 0.75}
    assert found.adjusted == pytest.approx(32)


def test_without_groups_in_both_years_or_with_tiny_ones_nothing_is_adjusted():
    assert mix(totals()) is None
    assert mix([*totals(), *by_group(25, 75, start=13)]) is None
    both = [*totals(), *by_group(50, 50), *by_group(50, 50, start=13)]
    assert mix(both, target=float("nan")) is None
    # 12 months of one client are 12 cases: just enough at a smallest group of 12, too few at 13.
    small = [*totals(), *by_group(50, 1), *by_group(50, 1, start=13)]
    assert mix(small, smallest=12) is not None
    assert mix(small, smallest=13) is None


def test_detectability_follows_volume():
    small = history(*monthly("HS-01", SERIES, n=20))
    large = history(*monthly("HS-01", SERIES, n=400))
    waits = [targets.detectability(h, UP, targets.baseline(h, UP), 48.0) for h in (small, large)]
    assert waits[0].periods > waits[1].periods
    assert (waits[0].cases_per_period, waits[0].kind, waits[0].cadence) == (20, "cases", "monthly")
    assert np.isnan(targets.detectability(small, UP, targets.baseline(small, UP), float("nan")).periods)
