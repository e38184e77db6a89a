"""The metric catalogue: a stranger can compute each number, and each number has something that guards it."""

import re
from collections import Counter

import pytest

from rdclib import vocabulary
from rdclib.catalogue import load_metrics

METRICS = load_metrics()
BY_ID = {m.id: m for m in METRICS}
ONE_EACH = pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.id)

# Words that name a topic and leave the counting open.
VAGUE = {"in season", "access", "response", "completion", "efficiency", "cfsr", "hedis", "usability", "equity", "area"}


def test_ids_and_names_are_unique():
    assert len(BY_ID) == len(METRICS)
    assert [n for n, k in Counter(m.name for m in METRICS).items() if k > 1] == []


def test_the_catalogue_covers_fifteen_services_the_citys_duties_and_checks_on_data():
    domains = Counter(m.domain for m in METRICS)
    assert len(domains) == 17
    assert min(domains.values()) >= 8
    assert {m.domain for m in METRICS if m.duty == "city"} >= {"city_duties"}
    assert all(m.duty == "city" for m in METRICS if m.domain == "city_duties")


@ONE_EACH
def test_words_are_those_of_the_vocabulary(metric):
    assert metric.layer in vocabulary.LAYERS
    assert metric.timing in vocabulary.TIMINGS
    assert metric.measure_type in vocabulary.MEASURE_TYPES
    assert metric.duty in vocabulary.DUTIES
    assert metric.direction in vocabulary.DIRECTIONS
    assert metric.cadence in vocabulary.CADENCES
    assert re.fullmatch(r"[A-Z]{2}-\d\d|A9-\d\d", metric.id)
    assert metric.source
    assert metric.provenance


@ONE_EACH
def test_a_definition_lets_a_stranger_compute_the_number(metric):
    assert metric.definition.lower().rstrip(".") not in VAGUE
    assert len(metric.definition.split()) >= 12
    assert metric.definition.endswith(".")
    if metric.measure_type == "proportion":
        # Says what is counted and out of what.
        assert re.search(r"\bshare\b|\bover\b", metric.definition)
    if metric.measure_type == "rate":
        assert re.search(r"for each|over|times", metric.definition)
    if metric.measure_type == "duration":
        # A clock needs a start and a stop, and a summary.
        assert metric.definition.startswith("Median ")
        assert re.search(r"\bfrom\b.*\b(to|until)\b|had spent", metric.definition)


@ONE_EACH
def test_numerator_and_denominator_are_there_where_the_kind_of_number_needs_them(metric):
    assert metric.numerator
    if metric.measure_type in ("proportion", "rate", "ratio", "duration"):
        assert metric.denominator
    if metric.measure_type == "count":
        assert not metric.denominator
    if metric.measure_type == "proportion":
        assert metric.unit == "%"


@ONE_EACH
def test_a_guardrail_exists_or_its_absence_is_explained(metric):
    for guard in metric.guardrail_ids:
        assert guard in BY_ID
        assert guard != metric.id
    if not metric.guardrail_ids:
        assert re.match(r"None needed: .{20,}\.$", metric.guardrail_note)


@ONE_EACH
def test_volume_and_speed_are_guarded_by_something_else_than_speed(metric):
    if metric.topic in ("volume", "timeliness") and metric.guardrail_ids:
        topics = {BY_ID[guard].topic for guard in metric.guardrail_ids}
        assert topics - {"volume", "timeliness"}, "speed guards speed"


def test_money_and_weight_are_not_charted_as_counts_of_clients():
    # A binomial chart needs countable cases; shares of dollars, tons or lane-miles have none.
    for metric in METRICS:
        if metric.measure_type == "proportion":
            assert not re.search(r"\b(tons|weight|amount|award|lane-miles|minutes up|canopy)\b", metric.denominator)


def test_a_metric_that_nobody_should_pay_on_says_so():
    for name in ("HS-12", "BH-10", "PT-08"):
        assert "nobody is paid" in BY_ID[name].guardrail_note or "no vendor is paid" in BY_ID[name].guardrail_note
