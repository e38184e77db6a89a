"""The methods that are called by name: their arguments, what they return, and what they take as numbers."""

import inspect
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from rdclib import funnel, its, smaa, spc, stats

nan = float("nan")

SIGNATURES = {
    stats.hhi: "(values)",
    stats.effective_number: "(values)",
    stats.fleiss_kappa: "(table)",
    stats.benford: "(values)",
    stats.proportion_interval: "(count, n, method='wilson'",
    smaa.analyse: "(measurements, weights)",
    smaa.sample_weights: "(n_criteria, n_draws, *, bounds=None, order=None, rng=",
    spc.xmr: "(values, *, baseline=None, rebase=(), direction='higher', target=None, screen=False)",
    spc.run_chart: "(values",
    spc.p_chart: "(count, n, *",
    spc.u_chart: "(count, exposure, *",
    spc.c_chart: "(count, *",
    spc.g_chart: "(count, *",
    spc.t_chart: "(days, *",
    funnel.limits: "(target, n, kind, level)",
    funnel.compare: "(numerator, denominator, kind='proportion', overdispersion='auto'",
    its.segmented: "(values, start, *, exposure=None, family='gaussian', season=None, lag=None",
}


@pytest.mark.parametrize("method", SIGNATURES, ids=lambda method: f"{method.__module__}.{method.__name__}")
def test_a_named_method_keeps_its_arguments(method):
    assert str(inspect.signature(method)).startswith(SIGNATURES[method])


COUNTS = [4, 9, 5, 7, 12, 6, 8, 5, 11, 7, 9, 6]
CHARTS = {
    "XmR": spc.xmr,
    "run": spc.run_chart,
    "p": lambda x: spc.p_chart(x, [40, 50] * 6),
    "p′": lambda x: spc.p_chart(x, [40, 50] * 6, prime=True),
    "u": lambda x: spc.u_chart(x, [4.0, 5.0] * 6),
    "u′": lambda x: spc.u_chart(x, [4.0, 5.0] * 6, prime=True),
    "c": spc.c_chart,
    "g": spc.g_chart,
    "t": spc.t_chart,
}


@pytest.mark.parametrize("kind", CHARTS)
def test_every_chart_has_the_same_results_one_a_point(kind):
    chart = CHARTS[kind](COUNTS)

    assert chart.kind == kind
    for line in (chart.center, chart.lower, chart.upper):
        assert isinstance(line, np.ndarray)
        assert line.shape == (12,)
    assert list(chart.signals.columns) == ["outside", "trend", "two_of_three", "shift"]
    assert {str(dtype) for dtype in chart.signals.dtypes} == {"bool"}
    assert len(chart.signals) == 12
    assert (chart.variation, chart.assurance, chart.note) == ("common cause", "", "")


@pytest.mark.parametrize("kind", CHARTS)
def test_runs_and_crossings_are_those_about_the_charts_own_centre_line(kind):
    chart = CHARTS[kind](COUNTS)

    above = "".join("+" if x > c else "-" for x, c in zip(chart.values, chart.center, strict=True) if x != c)
    runs = above.replace("+-", "+ -").replace("-+", "- +").split()
    assert (chart.longest_run, chart.crossings) == (max(map(len, runs)), len(runs) - 1)
    assert (chart.longest_run_max, chart.crossings_min) == spc.anhoej(len(above))


WRITTEN = {
    "tuple": tuple(COUNTS),
    "array": np.array(COUNTS),
    "small integers": np.array(COUNTS, dtype=np.int8),
    "series with repeated index": pd.Series(COUNTS, index=[7] * 12),
    "series backwards in its index": pd.Series(COUNTS, index=pd.period_range("2024-01", periods=12, freq="M")[::-1]),
    "nullable integers": pd.Series(COUNTS, dtype="Int64", index=list("lkjihgfedcba")),
    "objects": pd.Series(COUNTS, dtype=object),
    "decimals": [Decimal(x) for x in COUNTS],
}


@pytest.mark.parametrize("values", WRITTEN.values(), ids=WRITTEN)
def test_the_way_numbers_are_written_changes_nothing(values):
    for chart in CHARTS.values():
        assert chart(values).upper.tolist() == pytest.approx(chart(COUNTS).upper.tolist(), nan_ok=True)
    size = [20] * 12
    assert funnel.compare(values, size).phi == funnel.compare(COUNTS, size).phi
    assert its.segmented(values, 6).level == its.segmented(COUNTS, 6).level
    assert its.segmented(values, 6, family="poisson", exposure=pd.Series(size, index=[1] * 12)).level == pytest.approx(
        its.segmented(COUNTS, 6, family="poisson").level
    )
    assert stats.hhi(values) == stats.hhi(COUNTS)
    assert stats.benford(values).counts.tolist() == stats.benford(COUNTS).counts.tolist()
    assert stats.proportion_interval(values, size)[1].tolist() == stats.proportion_interval(COUNTS, size)[1].tolist()


@pytest.mark.parametrize("values", [[], [3], [nan], [nan] * 9, [5] * 9, [0] * 9], ids=repr)
def test_next_to_nothing_gives_no_limits_and_a_reason(values):
    for kind in ("XmR", "t"):
        chart = CHARTS[kind](values)
        assert np.isnan(chart.upper).all()
        assert chart.note.startswith("No limits, because ")
    assert its.segmented(values, 0).note
    assert np.isnan(its.segmented(values, 0).effect_at(0).value)
    assert funnel.compare(values, [9] * len(values)).n == np.isfinite(values).sum()


def test_a_single_size_gives_a_single_limit():
    for kind in funnel.KINDS:
        for limit in funnel.limits(0.5, 20, kind, 0.95):
            assert f"{limit:.3f}" == f"{float(limit):.3f}"
