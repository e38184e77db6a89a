"""Problem statements, goals and the logic model."""

import pytest

from rdclib import vocabulary
from rdclib.catalogue import load_metrics
from rdclib.choices import Goal
from rdclib.selection import problem


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("There are too few shelter beds downtown.", "too few shelter beds"),
        ("The city needs a mobile app for potholes.", "The city needs"),
        ("Residents suffer from a lack of case managers and staff.", "lack of case managers"),
        ("We will implement a dispatch platform.", "implement"),
        ("More trained police officers would help.", "More trained police officers"),
        ("A new permitting system is overdue.", "A new permitting system"),
    ],
)
def test_a_solution_in_place_of_a_problem_is_noticed(text, phrase):
    assert problem.solution_words(text) == phrase


@pytest.mark.parametrize(
    "text",
    [
        "Families wait 70 days on average before they move from shelter into a home.",
        "People in a mental health crisis who call 911 often get a police car and no care afterwards.",
        "Every winter the same potholes come back, and residents report them again and again.",
        "Half of the people who leave jail are arrested again within a year.",
        "",
    ],
)
def test_a_problem_told_as_residents_meet_it_passes(text):
    assert problem.solution_words(text) == ""


def kinds(*arguments):
    return [(remark.kind, remark.words) for remark in problem.remarks(*arguments)]


def test_nothing_entered_is_remarked_upon():
    assert kinds("", "", ()) == [("no problem", ""), ("no population", ""), ("few goals", "0")]


@pytest.mark.parametrize(("n", "said"), [(2, True), (3, False), (4, False)])
def test_three_goals_are_enough(n, said):
    goals = tuple(Goal(goal=f"People stay housed {i}", residents="A key of their own") for i in range(n))
    assert (("few goals", str(n)) in kinds("People lose their homes.", "Renters", goals)) is said


def test_each_goal_says_what_residents_would_notice_and_names_no_purchase():
    goals = (
        Goal(goal="Fewer evictions", residents="Children stay at their school"),
        Goal(goal="Purchase case software", residents="Faster answers"),
        Goal(goal="Safer streets"),
    )
    assert kinds("People lose their homes.", "Renters", goals) == [
        ("goal is a solution", "Purchase case software"),
        ("goal without residents", "Safer streets"),
    ]


def test_the_logic_model_shows_every_layer_also_the_empty_ones():
    metrics = {m.id: m for m in load_metrics()}
    layers = problem.logic_model({"input": ("Two vans",)}, (metrics["HS-01"], metrics["ES-01"]))
    assert [layer.name for layer in layers] == list(vocabulary.LAYERS)
    by_name = {layer.name: layer for layer in layers}
    assert [m.id for m in by_name["outcome"].metrics] == ["HS-01"]
    assert [m.id for m in by_name["output"].metrics] == ["ES-01"]
    assert by_name["input"].entered == ("Two vans",)
    assert [layer.name for layer in layers if layer.empty] == ["activity", "impact"]
