"""Whatever numbers a city sends, there is a review of them, and it can be shown."""

import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from rdclib import figures, narrative, tables
from rdclib.choices import Change, Choices, Freeze, Rebase, Review
from rdclib.review import review_records
from tests import build
from tests.sent import sent

FIGURES = ("metric_over_time", "vendor_funnel", "group_gaps", "change_effect")
TABLES = ("headline_summary", "headlines", "results", "vendor_comparison", "group_gaps", "change_effects", "remarks")
PROSE = ("signals", "headlines", "vendor_comparison", "group_gaps", "change_effects", "review_methods")
DECIDED = Choices(
    review=Review(
        rebases=(Rebase(metric_id="m0", vendor="V0", date=date(2022, 9, 1), reason="A new definition"),),
        freezes=(Freeze(metric_id="m1", periods=6),),
        changes=(Change(metric_id="m0", date=date(2023, 1, 1), what="A new protocol"),),
    )
)


def check(metrics, rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        result = review_records(build.records(*rows, metrics=metrics), DECIDED)
        pictures = [getattr(figures, name)(result, place) for name in FIGURES for place in (1, 2)]
        drawn = [picture.svg for picture in pictures if picture]
        listed = [getattr(tables, name)(result) for name in TABLES]
        told = [getattr(narrative, name)(result) for name in PROSE]
    assert all(drawn)
    assert [one._repr_mimebundle_() for one in (*listed, *told) if one]
    for one in result.series:
        values, chart = one.table["value"].to_numpy(), one.chart
        assert chart.n == np.isfinite(values).sum()
        assert ((one.table["gap"] == "") == np.isfinite(values)).all()
        assert (one.table["start"].diff().dropna() > pd.Timedelta(0)).all()
        with np.errstate(invalid="ignore"):
            assert not (chart.lower > chart.upper).any()
        if chart.kind in ("p", "p′"):
            assert np.nanmin(chart.lower, initial=0) >= 0
            assert np.nanmax(chart.upper, initial=1) <= 1


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@given(sent())
@settings(max_examples=10, suppress_health_check=SLOW)
def test_any_numbers_give_a_review_that_can_be_shown(one):
    check(*one)


@pytest.mark.long
@given(sent())
@settings(max_examples=80, suppress_health_check=SLOW)
def test_many_more_numbers_give_a_review_that_can_be_shown(one):
    check(*one)


@pytest.mark.parametrize("kind", ["events", "days_between", "count"])
def test_counts_below_zero_are_questioned_and_get_no_chart_of_counts(kind):
    metric = {"id": "m0", "name": "m", "unit": "count", "measure_type": kind, "direction": "higher", "layer": "output"}
    rows = [
        build.observation("m0", vendor_id="V", period_start=f"2023-{month:02d}-01", value=value)
        for month, value in enumerate([5, 7, 6, -8, 5, 6, 7, 5, 8, 6, 7, 6], 1)
    ]
    (series,) = review_records(build.records(*rows, metrics=[metric]), Choices()).series
    assert series.chart.kind == "XmR"
    assert series.notes[0] == "Some values are below zero, which nothing of this kind can be: check them."
