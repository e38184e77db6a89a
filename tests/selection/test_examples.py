"""What was planted in the example cities' metrics is found, and the decoys stay silent."""

from functools import cache

import pytest

from rdclib import saved
from rdclib.catalogue import load_metrics
from rdclib.engagement import load_engagement
from rdclib.places import EXAMPLES
from rdclib.records import load_records
from rdclib.selection import select, targets

CITIES = ("riverbend", "quillhaven", "ostermoor")

pytestmark = pytest.mark.long


@cache
def found(city):
    engagement = load_engagement(city)
    return select(load_records(engagement), engagement)


def planted(key):
    cases = []
    for city in CITIES:
        truth = saved.read_yaml(EXAMPLES / city / "truth.yaml")
        rows = [row for part in truth.values() if isinstance(part, list) for row in part if key in row]
        cases += [
            pytest.param(city, row, id=f"{city}: {row['id']}")
            for row in rows
            if row.get("stage") == "selection" and "warning" in row[key]
        ]
    return cases


def warned(city, case, expected):
    """Tell whether the selection has the warning that a planted fact or decoy is about."""
    selection = found(city)
    assert selection.contract.id == case["where"]["contract"]
    kind, name = expected["warning"], expected["metric"]
    if kind == "outside natural limits":
        # A decoy may name another target than the one that was chosen.
        metric = {m.id: m for m in (*load_metrics(), *load_engagement(city).facts.metrics)}[name]
        start = targets.baseline(selection.histories[name], metric)
        return targets.judge(metric, start, float(expected["target"])).problem == kind
    concerns = {(c.kind, frozenset({c.metric_id, c.other} - {""})) for c in selection.concerns}
    if kind == "same":
        return (kind, frozenset({name, expected["other"]})) in concerns
    return (kind, frozenset({name})) in concerns


@pytest.mark.parametrize(("city", "case"), planted("seen"))
def test_a_planted_problem_is_found(city, case):
    assert warned(city, case, case["seen"])


@pytest.mark.parametrize(("city", "case"), planted("silent"))
def test_a_decoy_stays_silent(city, case):
    assert not warned(city, case, case["silent"])


def test_each_city_has_its_four_planted_problems_and_decoys():
    assert len(planted("seen")) == 12
    assert len(planted("silent")) >= 8


@pytest.mark.parametrize("city", CITIES)
def test_the_draft_of_each_city_can_be_replaced_by_a_set_that_keeps_every_rule(city):
    selection = found(city)
    assert selection.violations
    assert selection.proposal.lacking == ()
    assert selection.simulations
