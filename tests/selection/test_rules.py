"""Sets of metrics: rules, pairs that are one, and the best set found by trying all of them."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib.selection import rules
from rdclib.selection.rules import Member, check, propose
from tests.selection.test_series import METRICS, history, monthly


def metric(name, **more):
    usual = {
        "layer": "output", "timing": "lagging", "topic": "quality", "duty": "vendor", "guardrail_ids": (),
        "guardrail_note": "", "numerator": "", "denominator": "", "measure_type": "proportion",
    }  # fmt: skip
    return SimpleNamespace(id=name, **(usual | more))


OUTCOME = Member(metric("outcome", layer="outcome"))
LEADING = Member(metric("leading", timing="leading"))
DUTY = Member(metric("duty", duty="city"))
EQUITY = Member(metric("equity"), segments="district")
GOOD = (OUTCOME, LEADING, DUTY, EQUITY)


def broken(*members, same=()):
    return [violation.rule["id"] for violation in check(members, same)]


def test_a_set_that_keeps_every_rule():
    assert broken(*GOOD) == []


@pytest.mark.parametrize(
    ("left_out", "rule"), [(OUTCOME, "outcome"), (LEADING, "leading"), (DUTY, "city duty"), (EQUITY, "equity")]
)
def test_what_a_set_lacks_is_said(left_out, rule):
    assert broken(*(m for m in GOOD if m is not left_out)) == [rule]


@pytest.mark.parametrize(("extra", "rule"), [(0, []), (1, []), (2, ["five"])])
def test_at_most_five(extra, rule):
    assert broken(*GOOD, *(Member(metric(f"extra {k}")) for k in range(extra))) == rule


@pytest.mark.parametrize(("paid", "rule"), [(2, []), (3, []), (4, ["paid"])])
def test_at_most_three_paid(paid, rule):
    members = [Member(m.metric, k < paid, m.segments) for k, m in enumerate(GOOD)]
    assert broken(*members) == rule


@pytest.mark.parametrize("topic", ["volume", "timeliness"])
def test_volume_and_speed_come_with_a_guardrail(topic):
    fast = Member(metric("fast", topic=topic, guardrail_ids=("outcome",)))
    alone = Member(metric("alone", topic=topic))
    explained = Member(metric("explained", topic=topic, guardrail_note="None needed: counted by the city."))
    others = tuple(m for m in GOOD if m is not OUTCOME)
    assert broken(*GOOD, fast) == []
    assert broken(*others, fast, Member(metric("other", layer="outcome"))) == ["guardrail"]
    assert broken(*GOOD, alone) == ["guardrail"]
    assert broken(*GOOD, explained) == []
    # What the city owes is not gamed by the vendor.
    assert broken(*GOOD, Member(metric("city speed", topic=topic, duty="city"))) == []
    assert (rules.unguarded(alone.metric), rules.unguarded(fast.metric)) == (True, False)


def test_a_metric_that_fails_a_gate_is_not_paid():
    failing = Member(metric("failing"), failed_gates=("relevant",))
    assert broken(*GOOD, failing) == []
    assert broken(*GOOD, Member(failing.metric, True, failed_gates=("relevant",))) == ["gates"]


def test_two_that_are_one_do_not_stand_together():
    pair = rules.Pair("outcome", "leading", 0.99, 12)
    assert broken(*GOOD, same=(pair,)) == ["same"]
    assert broken(*(m for m in GOOD if m is not LEADING), same=(pair,)) == ["leading"]


def brute_force(candidates, scores, same):
    """Every set of one to five, the slow way."""
    sets = [s for k in range(1, 6) for s in combinations(candidates, k)]
    return max((-len(check(s, same)), round(sum(scores[m.metric.id] for m in s), 9)) for s in sets)


@st.composite
def candidate_sets(draw):
    n = draw(st.integers(1, 9))
    names = [f"m{k}" for k in range(n)]
    members = [
        Member(
            metric(
                name,
                layer=draw(st.sampled_from(["output", "outcome"])),
                timing=draw(st.sampled_from(["leading", "lagging"])),
                topic=draw(st.sampled_from(["quality", "volume", "timeliness", "equity"])),
                duty=draw(st.sampled_from(["vendor", "vendor", "city"])),
                guardrail_ids=tuple(draw(st.lists(st.sampled_from(names), max_size=2))),
            ),
            segments=draw(st.sampled_from(["", "", "district"])),
        )
        for name in names
    ]
    scores = {name: draw(st.integers(0, 20)) / 20 for name in names}
    same = tuple(
        rules.Pair(a, b, 0.99, 10)
        for a, b in combinations(names, 2)
        if draw(st.integers(0, 9)) == 0
    )  # fmt: skip
    return members, scores, same


@settings(max_examples=60, deadline=None)
@given(candidate_sets())
def test_the_proposal_is_the_best_set_that_a_full_search_finds(drawn):
    members, scores, same = drawn
    found = propose(members, scores, same)
    assert (-len(check(found.members, same)), round(found.score, 9)) == brute_force(members, scores, same)
    assert [rule["id"] for rule in found.lacking] == [v.rule["id"] for v in check(found.members, same)]


@settings(max_examples=30, deadline=None)
@given(candidate_sets(), st.randoms())
def test_the_proposal_does_not_depend_on_the_order_of_candidates(drawn, random):
    members, scores, same = drawn
    shuffled = members.copy()
    random.shuffle(shuffled)
    assert propose(members, scores, same).members == propose(shuffled, scores, same).members


def test_nothing_to_choose_from_proposes_nothing():
    assert propose((), {}).members == ()


def test_metrics_that_count_the_same_over_the_same_are_one():
    one = metric("one", numerator="Contacts kept", denominator="Contacts made")
    other = metric("other", numerator="contacts kept!", denominator="CONTACTS made")
    third = metric("third", numerator="Contacts kept", denominator="People")
    assert [(p.one, p.other) for p in rules.same_pairs({}, (one, other, third))] == [("one", "other")]


def pairs(first, second):
    histories = {
        "HS-01": history(*monthly("HS-01", first)),
        "HS-10": history(*monthly("HS-10", second), metric="HS-10"),
    }
    return rules.same_pairs(histories, (METRICS["HS-01"], METRICS["HS-10"]))


def test_series_that_move_as_one_are_one():
    luck = np.random.default_rng(3)
    first = 40 + luck.normal(0, 3, 24)
    found = pairs(first, first + luck.normal(0, 0.3, 24))
    assert [(p.one, p.other, p.n) for p in found] == [("HS-01", "HS-10", 24)]
    assert found[0].correlation > 0.95


def test_the_mirror_image_is_the_same_metric_too():
    first = 40 + np.random.default_rng(3).normal(0, 3, 24)
    assert len(pairs(first, 100 - first)) == 1


def test_two_series_that_only_both_rise_are_two():
    luck = np.random.default_rng(4)
    rise = np.arange(24.0)
    assert pairs(30 + rise + luck.normal(0, 0.8, 24), 40 + rise + luck.normal(0, 0.8, 24)) == ()


@pytest.mark.parametrize(("shared", "n"), [(7, 0), (8, 1)])
def test_seven_shared_periods_say_nothing(shared, n):
    values = [40, 45, 41, 47, 39, 44, 46, 41][:shared]
    assert len(pairs(values, values)) == n


@pytest.mark.parametrize(("noise", "one"), [(1.0, True), (1.45, True), (1.8, False)])
def test_levels_and_steps_are_correlated_as_numpy_says(noise, one):
    luck = np.random.default_rng(8)
    first = 50 + luck.normal(0, 4, 30)
    second = 20 + first / 2 + luck.normal(0, noise, 30) / 2
    levels = np.corrcoef(first, second)[0, 1]
    steps = np.corrcoef(np.diff(first), np.diff(second))[0, 1]
    assert (levels >= 0.9 and steps >= 0.8) == one

    found = pairs(first, second)

    assert len(found) == one
    if one:
        assert found[0].correlation == pytest.approx(levels)
