"""Segmented regression against printed numbers, independent code, and planted effects."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS

from rdclib import its

nan = float("nan")


def broken_line(before=20, after=20, jump=5.0, bend=-0.5):
    """A series without noise: 3 + 0.25 t, then a jump and another slope."""
    t = np.arange(before + after)
    return 3 + 0.25 * t + (t >= before) * (jump + bend * (t - before))


def test_level_is_the_jump_at_the_first_point_after_the_change():
    result = its.segmented(broken_line() + 1e-9 * np.sin(np.arange(40) * 7), 20)

    assert result.level == pytest.approx(5)
    assert result.slope == pytest.approx(-0.5)
    assert result.effect_at(0).value == pytest.approx(5)
    assert result.effect_at(12).value == pytest.approx(5 - 0.5 * 12)
    assert result.counterfactual == pytest.approx(3 + 0.25 * np.arange(40))
    assert result.fitted == pytest.approx(broken_line())
    assert result.note == ""


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("model2_quasipoisson_step", {"slope": False}),
        ("model3_quasipoisson_step_harmonic2", {"slope": False, "season": 12}),
        ("model4_quasipoisson_step_slope_harmonic2", {"season": 12}),
    ],
)
def test_sicily_smoking_ban_lopez_bernal_2017(shared, name, options):
    folder = shared / "vectors/its_sicily_bernal2017"
    data = pd.read_csv(folder / "sicily.csv")
    want = json.loads((folder / "expected.json").read_text())["recomputed"][name]
    result = its.segmented(data["aces"], 36, exposure=data["stdpop"], family="poisson", **options)
    ours = {"intercept": "intercept", "time": "time", "(time-36):smokban": "slope"}

    assert result.dispersion == pytest.approx(want["dispersion"], rel=1e-8)
    for term, coef, se in zip(want["terms"], want["coef"], want["se"], strict=True):
        if term == "smokban" and "slope" in result.table.index:
            # Their clock reads 1 at the first month of the ban, ours 0.
            assert result.level - result.slope == pytest.approx(coef, rel=1e-8)
            continue
        row = result.table.loc["level" if term == "smokban" else ours.get(term, term)]
        assert row["estimate"] == pytest.approx(coef, rel=1e-8)
        assert row["se"] == pytest.approx(se, rel=1e-8)


def test_sicily_printed_rate_ratios(shared):
    data = pd.read_csv(shared / "vectors/its_sicily_bernal2017/sicily.csv")
    row = its.segmented(data["aces"], 36, exposure=data["stdpop"], family="poisson", season=12, slope=False).table.loc[
        "level"
    ]

    assert (round(row["ratio"], 3), round(row["ratio_low"], 3), round(row["ratio_high"], 3)) == (0.885, 0.839, 0.933)


def test_california_proposition_99_linden_2015():
    # Linden, Conducting interrupted time-series analysis for single- and multiple-group comparisons, Stata Journal 15
    # (2015): itsa cigsale, single trperiod(1989) lag(1). Packs of cigarettes a head, 1970 to 2000.
    packs = [
        123.0, 121.0, 123.5, 124.4, 126.7, 127.1, 128.0, 126.4, 126.1, 121.9, 120.2, 118.6, 115.4, 110.8, 104.8, 102.8,
        99.7, 97.5, 90.1, 82.4, 77.8, 68.7, 67.5, 63.4, 58.6, 56.4, 54.5, 53.8, 52.3, 47.2, 41.6,
    ]  # fmt: skip
    table = its.segmented(packs, 19, lag=1).table

    printed = {"time": (-1.779474, 0.3834188), "level": (-20.0581, 4.724395), "slope": (-1.494652, 0.4368201)}
    for term, (estimate, se) in printed.items():
        assert table.loc[term, "estimate"] == pytest.approx(estimate, rel=1e-6)
        # Stata multiplies the covariance by n / (n - k); Newey and West do not.
        assert table.loc[term, "se"] * np.sqrt(31 / 27) == pytest.approx(se, rel=1e-6)
    # Stata's clock starts at 0, ours at 1.
    assert table.loc["intercept", "estimate"] + table.loc["time", "estimate"] == pytest.approx(132.2258, abs=1e-4)


@pytest.mark.parametrize(
    ("season", "waves"),
    [
        (2, ["cos1"]),
        (3, ["sin1", "cos1"]),
        (4, ["sin1", "cos1", "cos2"]),
        (5, ["sin1", "cos1", "sin2", "cos2"]),
        (12, ["sin1", "cos1", "sin2", "cos2"]),
    ],
)
def test_a_season_has_no_more_waves_than_its_points_can_tell_apart(season, waves):
    t = np.arange(60)
    pattern = 5 * np.cos(2 * np.pi * (t + 1) / season)
    y = broken_line(30, 30) + pattern + 0.1 * np.cos(t**2)
    result = its.segmented(y, 30, season=season)

    assert list(result.table.index[4:]) == waves
    assert result.table.loc["cos1", "estimate"] == pytest.approx(5, abs=0.1)
    assert result.level == pytest.approx(5, abs=0.3)
    assert its.seasonality(y, season) < 1e-6


def test_seasonality_is_the_f_test_of_statsmodels():
    t = np.arange(40)
    y = np.sin(t / 2) + np.random.default_rng(3).normal(size=40)
    trend = np.column_stack([np.ones(40), t])
    waves = [wave(2 * np.pi * k * (t + 1) / 12) for k in (1, 2) for wave in (np.sin, np.cos)]
    full = OLS(y, np.column_stack([trend, *waves])).fit()

    assert its.seasonality(y) == pytest.approx(full.compare_f_test(OLS(y, trend).fit())[1])


@pytest.mark.parametrize("season", [1, 0, -4, 2.5])
def test_a_season_of_less_than_two_points_is_refused(season):
    for call in (lambda: its.segmented(broken_line(), 20, season=season), lambda: its.seasonality([1, 2, 3], season)):
        with pytest.raises(ValueError, match=r"^season: a number of points, 2 or more$"):
            call()


def test_the_unit_of_exposure_changes_no_effect():
    rng = np.random.default_rng(6)
    size = rng.integers(500, 900, 40)
    y = rng.poisson(size * 0.05)
    one, thousand = (its.segmented(y, 20, exposure=size * k, family="poisson", season=4) for k in (1, 1000))

    assert thousand.effect_at(6).ratio == pytest.approx(one.effect_at(6).ratio)
    assert thousand.table.loc["intercept", "estimate"] == pytest.approx(
        one.table.loc["intercept", "estimate"] - np.log(1000)
    )


def test_intervals_are_somewhat_too_narrow_where_each_period_resembles_the_one_before():
    # Why reports use `autoregressive`: with an autocorrelation of 0.3 about 85 of 100 of these hold the truth, not 95.
    rng = np.random.default_rng(31)
    held = []
    for _ in range(250):
        noise = np.zeros(86)
        for t, shock in enumerate(rng.normal(size=86)):
            noise[t] = 0.3 * noise[t - 1] + shock
        y = broken_line(18, 18) + noise[50:]
        own, robust = (its.segmented(y, 18, lag=lag).effect_at(6) for lag in (None, 3))
        reach = max(own.high - own.low, robust.high - robust.low) / 2
        held.append(abs(own.value - (5 - 0.5 * 6)) < reach)
    assert np.mean(held) == pytest.approx(0.86, abs=0.06)


def test_newey_west_of_counts_by_the_formula():
    rng = np.random.default_rng(2)
    size = rng.integers(500, 900, 40)
    y = rng.poisson(size * 0.05)
    table = its.segmented(y, 20, exposure=size, family="poisson", lag=3).table

    t = np.arange(40)
    post = (t >= 20).astype(float)
    x = np.column_stack([np.ones(40), t + 1, post, (t - 20) * post])
    mu = size * np.exp(x @ table["estimate"].to_numpy())
    u = x * (y - mu)[:, None]
    assert u.sum(axis=0) == pytest.approx(np.zeros(4), abs=1e-6)
    meat = u.T @ u + sum((1 - k / 4) * (u[k:].T @ u[:-k] + u[:-k].T @ u[k:]) for k in (1, 2, 3))
    bread = np.linalg.inv(x.T @ (x * mu[:, None]))
    assert table["se"].to_numpy() == pytest.approx(np.sqrt(np.diag(bread @ meat @ bread)))


def test_newey_west_by_the_formula():
    rng = np.random.default_rng(4)
    y = broken_line(15, 15) + rng.normal(size=30)
    lag = 3
    result = its.segmented(y, 15, lag=lag)

    t = np.arange(30)
    post = (t >= 15).astype(float)
    x = np.column_stack([np.ones(30), t + 1, post, (t - 15) * post])
    beta = np.linalg.solve(x.T @ x, x.T @ y)
    u = x * (y - x @ beta)[:, None]
    meat = u.T @ u
    for k in range(1, lag + 1):
        gamma = u[k:].T @ u[:-k]
        meat += (1 - k / (lag + 1)) * (gamma + gamma.T)
    bread = np.linalg.inv(x.T @ x)
    want = np.sqrt(np.diag(bread @ meat @ bread))
    assert result.table["se"].to_numpy() == pytest.approx(want)
    assert result.table["estimate"].to_numpy() == pytest.approx(beta)


def test_overdispersed_counts_have_wider_intervals():
    rng = np.random.default_rng(8)
    rate = np.exp(3 + 0.01 * np.arange(48))
    plain = its.segmented(rng.poisson(rate), 24, family="poisson")
    wild = its.segmented(rng.poisson(rate * rng.gamma(2, 1 / 2, 48)), 24, family="poisson")

    assert wild.dispersion > 3 > plain.dispersion
    assert wild.table.loc["level", "se"] > 1.5 * plain.table.loc["level", "se"]


def test_under_dispersed_counts_keep_the_poisson_interval():
    y = [20, 20, 20, 21, 20, 20, 20, 20, 20, 20, 20, 21, 20, 20, 20, 20]
    result = its.segmented(y, 8, family="poisson")

    assert result.dispersion < 0.1
    # The jump of two groups of 8 months at 20 a month is known no better than √(2 / 160), slopes or not.
    assert result.table.loc["level", "se"] > np.sqrt(2 / 160)


def test_poisson_effect_is_a_ratio_that_holds_the_truth():
    rng = np.random.default_rng(9)
    exposure = rng.integers(900, 1100, 60)
    held = []
    for _ in range(100):
        y = rng.poisson(exposure * 0.2 * np.where(np.arange(60) >= 30, 0.7, 1.0))
        effect = its.segmented(y, 30, exposure=exposure, family="poisson").effect_at(6)
        assert effect.ratio == pytest.approx(np.exp(effect.value))
        held.append(effect.ratio_low < 0.7 < effect.ratio_high)
    assert np.mean(held) >= 0.88


def test_gaussian_exposure_divides():
    y, exposure = np.array([2.0, 4, 3, 8, 12, 9]), np.array([1.0, 2, 1, 2, 3, 2])
    result = its.segmented(y, 3, exposure=exposure)
    assert result.table["estimate"].tolist() == its.segmented(y / exposure, 3).table["estimate"].tolist()


def test_refusal_beyond_what_was_observed():
    result = its.segmented(broken_line(20, 12) + 0.1 * np.cos(np.arange(32) * 5), 20)

    assert result.horizon == 12
    assert np.isfinite(result.effect_at(12).value)
    beyond = result.effect_at(12.5)
    assert np.isnan([beyond.value, beyond.low, beyond.high]).all()
    assert beyond.note == "12 periods were observed since the change: nothing can be said about 12.5."
    assert np.isnan(result.effect_at(-1).value)


@pytest.mark.parametrize(
    ("before", "after", "fitted", "exploratory"),
    [(2, 9, False, False), (9, 2, False, False), (3, 3, True, True), (7, 8, True, True), (8, 8, True, False)],
)
def test_few_points(before, after, fitted, exploratory):
    y = broken_line(before, after) + np.cos(np.arange(before + after) * 5.0)
    result = its.segmented(y, before)

    assert np.isfinite(result.level) == fitted
    assert ("Exploratory" in result.note) == exploratory
    if not fitted:
        assert result.note == (
            f"{before} points before the change and {after} after it: fewer than 3 on a side tell nothing."
        )
        assert result.effect_at(1).note == result.note


def test_left_out_months_are_no_points_and_the_clock_runs_on():
    y = broken_line() + 1e-9 * np.sin(np.arange(40) * 7)
    y[17:20] = nan
    y[20] = nan
    result = its.segmented(y, 20)

    assert (result.n_before, result.n_after) == (17, 19)
    assert (result.level, result.slope) == (pytest.approx(5), pytest.approx(-0.5))


def test_season_needs_two_seasons():
    y = broken_line(12, 11) + np.cos(np.arange(23) * 5.0)
    result = its.segmented(y, 12, season=12)
    assert "sin1" not in result.table.index
    assert result.note == "No season terms: fewer than 2 seasons of 12 points."
    assert "sin1" in its.segmented(np.r_[y, 4.0], 12, season=12).table.index


def test_a_season_is_not_mistaken_for_an_effect():
    t = np.arange(48)
    y = 50 + 10 * np.sin(2 * np.pi * (t + 1) / 12) + np.random.default_rng(2).normal(0, 1, 48)
    without, with_season = its.segmented(y, 27), its.segmented(y, 27, season=12)

    assert with_season.table.loc["level", "se"] < without.table.loc["level", "se"] / 3
    assert abs(with_season.effect_at(6).value) < 3


def test_terms_that_cannot_be_told_apart():
    y = np.arange(10.0) ** 2
    assert its.segmented(y, 5, season=4).note.startswith("Exploratory")
    y[[0, 2, 3, 6, 8]] = nan
    assert its.segmented(y, 5).note == (
        "2 points before the change and 3 after it: fewer than 3 on a side tell nothing."
    )
    assert its.segmented([0] * 6 + [3, 4, 2, 5], 6, family="poisson").note == (
        "Nothing was counted on one side of the change: a ratio cannot be told."
    )
    assert its.segmented([4] * 12, 6).note == "All values are the same: there is nothing to explain."


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: its.segmented([1, 2, 3], 1, family="binomial"), "family: gaussian or poisson"),
        (lambda: its.segmented([1, 2, 3], 4), "start: a position in the series"),
        (lambda: its.segmented([1, -2, 3], 1, family="poisson"), "values: counts are not below zero"),
        (lambda: its.segmented([1, 2, 3], 1, exposure=[1]), "exposure: of another length than values"),
    ],
)
def test_arguments_out_of_range(call, message):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(21)
    held = []
    for _ in range(300):
        effect = its.segmented(broken_line(18, 18) + rng.normal(0, 2, 36), 18).effect_at(6)
        held.append(effect.low < 5 - 0.5 * 6 < effect.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.04)


def test_seasonality():
    t = np.arange(36)
    noise = np.random.default_rng(7).normal(0, 1, (200, 36))
    assert its.seasonality(20 + 3 * np.sin(2 * np.pi * t / 12) + noise[0]) < 0.001
    assert np.isnan(its.seasonality(t[:23] % 5))
    assert np.isnan(its.seasonality(np.ones(36)))
    # A p value of noise is below 0.05 one time in twenty.
    assert np.mean([its.seasonality(row + 0.1 * t) < 0.05 for row in noise]) == pytest.approx(0.05, abs=0.045)
    assert its.seasonality(np.tile([1.0, 5, 2, 6], 3) + 0.01 * noise[0][:12], season=4) < 0.001


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 4.0]), st.integers(-50, 50))
def test_effect_does_not_depend_on_the_unit(seed, factor, offset):
    y = np.random.default_rng(seed).normal(size=30)
    first, second = its.segmented(y, 15).effect_at(6), its.segmented(factor * y + offset, 15).effect_at(6)

    assert second.value == pytest.approx(factor * first.value, abs=1e-7)
    assert second.high == pytest.approx(factor * first.high, abs=1e-7)


def test_a_change_before_all_points_has_nothing_before_it():
    assert its.segmented(broken_line(0, 12), 0).note == (
        "0 points before the change and 12 after it: fewer than 3 on a side tell nothing."
    )


def test_as_many_terms_as_points_fit_anything():
    # Intercept, time, level, slope, sine and cosine of a season of three, over six points.
    result = its.segmented([1.0, 2.0, 4.0, 3.0, 5.0, 7.5], 3, season=3)
    assert (np.isnan(result.level), result.note) == (True, "6 points are too few for 6 terms.")
    assert np.isfinite(its.segmented([1.0, 2.0, 4.0, 3.0, 3.5, 5.0, 7.5], 4, season=3).level)


def test_an_autoregressive_fit_is_generalised_least_squares(monkeypatch):
    from statsmodels.regression.linear_model import GLS

    rng = np.random.default_rng(12)
    y = broken_line(15, 15) + rng.normal(size=30)
    y[[4, 20, 21]] = nan
    monkeypatch.setattr(its, "AUTOCORRELATIONS", np.array([0.5]))
    result = its.segmented(y, 15, autoregressive=True)

    t = np.arange(30)
    post = (t >= 15).astype(float)
    known = np.isfinite(y)
    x = np.column_stack([np.ones(30), t + 1, post, (t - 15) * post])[known]
    want = GLS(y[known], x, sigma=0.5 ** np.abs(np.subtract.outer(t[known], t[known]))).fit()
    assert result.table["estimate"].to_numpy() == pytest.approx(want.params)
    assert result.table["se"].to_numpy() == pytest.approx(want.bse)
    assert result.table["low"].to_numpy() == pytest.approx(want.conf_int()[:, 0])
    # The change of the effect is the slope times the time between.
    change = result.change_of_effect(3, 12)
    assert (change.value, change.h) == (pytest.approx(9 * want.params[3]), 12)
    assert change.high - change.low == pytest.approx(9 * np.ptp(want.conf_int()[3]))
    assert np.isnan(result.change_of_effect(3, 16).value)


def test_an_autoregressive_fit_of_counts_is_near_the_poisson_one_where_counts_are_independent():
    rng = np.random.default_rng(3)
    size = rng.integers(500, 900, 80)
    y = rng.poisson(size * 0.05)
    plain, allowed = (its.segmented(y, 40, exposure=size, family="poisson", autoregressive=x) for x in (False, True))

    assert allowed.level == pytest.approx(plain.level, abs=0.05)
    assert 1 <= allowed.table.loc["level", "se"] / plain.table.loc["level", "se"] < 1.4
    assert allowed.autocorrelation < 0.3
    assert np.isnan(plain.autocorrelation)
    # A month of 35 cases varies by one sixth.
    assert allowed.spread == pytest.approx(1 / np.sqrt(35), rel=0.25)


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_autoregressive_intervals_hold_the_truth_as_often_as_they_say(rho):
    rng = np.random.default_rng(32)
    held, found = [], []
    for _ in range(200):
        noise = np.zeros(98)
        for t, shock in enumerate(rng.normal(size=98)):
            noise[t] = rho * noise[t - 1] + shock
        result = its.segmented(broken_line(24, 24) + noise[50:], 24, autoregressive=True)
        effect = result.effect_at(6)
        held.append(effect.low < 5 - 0.5 * 6 < effect.high)
        found.append(result.autocorrelation)
    assert 0.92 <= np.mean(held) <= 1
    assert np.mean(found) == pytest.approx(rho, abs=0.25)
