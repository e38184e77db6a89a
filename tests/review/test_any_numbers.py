"""Whatever numbers a city sends, there is a review of them, and it can be shown."""

import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdclib import figures, narrative, tables
from rdclib.choices import Change, Choices, Freeze, Rebase, Review
from rdclib.review import review_records
from tests import build

TYPES = ("proportion", "rate", "ratio", "count", "duration", "amount", "score", "events", "days_between", "")
DIRECTIONS = ("higher", "lower", "band", "closer to 1", "context")
UNITS = ("%", "days", "$", "ratio", "per 1,000 nights", "count", "")
FIGURES = ("metric_over_time", "vendor_funnel", "group_gaps", "change_effect")
TABLES = ("headline_summary", "headlines", "results", "vendor_comparison", "group_gaps", "change_effects", "remarks")
PROSE = ("signals", "headlines", "vendor_comparison", "group_gaps", "change_effects", "review_methods")
# Everyday numbers of one size each, and now and then what nobody expects.
SIZES = (st.floats(0, 1), st.floats(0, 100), st.integers(0, 40).map(float), st.floats(0, 1e6), st.just(7.0))
STRANGE = st.sampled_from([None, 0.0, -1.0, -5.5, 1e12, 1e-12])
COUNTS = st.one_of(st.integers(0, 50), st.sampled_from([None, 0, -2, 60, 10**9]))


@st.composite
def sent(draw):
    """Metrics, and rows of results of some vendors: months, weeks, days or years with gaps, parts and repetitions."""
    rows, metrics = [], []
    for place in range(draw(st.integers(1, 2))):
        words = {"measure_type": TYPES, "direction": DIRECTIONS, "unit": UNITS, "layer": ("outcome", "output")}
        metric = {name: draw(st.sampled_from(known)) for name, known in words.items()}
        metrics.append({"id": f"m{place}", "name": f"Metric {place}", **metric})
        usual = draw(st.sampled_from(SIZES))
        numbers = st.one_of(usual, usual, usual, STRANGE)
        step, length = draw(st.sampled_from(["M", "M", "Q", "W", "Y", "D"])), draw(st.integers(1, 14))
        counted, grouped = draw(st.sampled_from(["value", "counts", "both"])), draw(st.booleans())
        more = {"target": draw(st.sampled_from([None, 0.5, 50])), "low": draw(st.sampled_from([None, None, 0.1]))}
        for vendor in range(draw(st.sampled_from([1, 2, 6]))):
            for period in pd.period_range("2022-01", periods=length, freq=step):
                row = more | {"vendor_id": f"V{vendor}", "period_start": period.start_time.date().isoformat()}
                if draw(st.integers(0, 9)):
                    row["period_end"] = period.end_time.date().isoformat()
                if counted != "counts":
                    row["value"] = draw(numbers)
                if counted != "value":
                    row |= {"numerator": draw(COUNTS), "denominator": draw(COUNTS)}
                if grouped:
                    row["stratum"] = draw(st.sampled_from([None, "young", "old"]))
                row["site"] = draw(st.sampled_from([None, None, None, "North"]))
                row["suppressed"] = draw(st.sampled_from([None, None, None, None, True]))
                known = {name: value for name, value in row.items() if value is not None}
                rows.append(build.observation(f"m{place}", **known))
    return metrics, rows


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
