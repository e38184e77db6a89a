"""Whatever numbers a city sends, metrics can be chosen on them, and the choice can be shown."""

import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdclib import figures, narrative, saved, tables
from rdclib.engagement import Engagement
from rdclib.selection import select
from tests import build
from tests.sent import sent

FIGURES = ("logic_model", "candidates", "baselines", "payment_trial")
TABLES = (
    *("goals", "candidates", "data_support", "metric_set", "set_rules", "metric_concerns", "baselines", "first_data"),
    *("contract_inputs", "what_would_change", "pay_for_success", "payment_trial", "metric_schedule", "definitions"),
)
PROSE = ("selection_summary", "candidates", "baselines", "first_data", "recommendation", "payment_trial")


def check(folder, sent, target, paid):
    metrics, rows = sent
    chosen = [{"metric_id": metric["id"], "target": target, "paid": paid} for metric in metrics]
    saved.update_yaml(folder / "choices.yaml", ("selection", "chosen"), chosen, author="Ana")
    records = build.records(*rows, build.contract("C1"), metrics=metrics)
    engagement = Engagement("city", folder, records.facts, records.period, records.as_of)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        selection = select(records, engagement)
        pictures = [getattr(figures, name)(selection) for name in FIGURES]
        drawn = [picture.svg for picture in pictures if picture]
        shown = [getattr(tables, name)(selection) for name in TABLES]
        shown += [getattr(narrative, name)(selection) for name in PROSE]
        shown = [one._repr_mimebundle_() for one in shown if one]
    assert all(drawn)
    assert len(shown) > len(PROSE)
    for line in selection.lines:
        assert not line.baseline.low > line.baseline.high


TARGETS = st.sampled_from([None, 0.3, 50.0])
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@given(sent(), TARGETS, st.booleans())
@settings(max_examples=8, suppress_health_check=SLOW)
def test_any_numbers_give_a_selection_that_can_be_shown(tmp_path_factory, one, target, paid):
    check(tmp_path_factory.mktemp("city"), one, target, paid)


@pytest.mark.long
@given(sent(), TARGETS, st.booleans())
@settings(max_examples=60, suppress_health_check=SLOW)
def test_many_more_numbers_give_a_selection_that_can_be_shown(tmp_path_factory, one, target, paid):
    check(tmp_path_factory.mktemp("city"), one, target, paid)


@pytest.mark.parametrize(("count", "low"), [(9, True), (10, True), (11, False)])
def test_more_than_all_get_no_interval_of_a_proportion(count, low, tmp_path):
    metric = {"id": "m", "name": "Done", "unit": "%", "measure_type": "proportion", "direction": "higher"}
    row = build.observation("m", vendor_id="V", period_start="2024-01-01", numerator=count, denominator=10)
    saved.update_yaml(tmp_path / "choices.yaml", ("selection", "chosen"), [{"metric_id": "m"}], author="Ana")
    records = build.records(row, metrics=[metric])
    (line,) = select(records, Engagement("city", tmp_path, records.facts, records.period, records.as_of)).lines
    assert line.baseline.value == 10 * count
    assert (line.baseline.low <= 10 * count) == low
