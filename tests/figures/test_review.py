"""Figures of a review: what they say to whoever cannot see them, and when there is none."""

import pytest

from rdclib import figures
from tests.review.shown import EVIL, nothing, shown

PLACED = ("metric_over_time", "vendor_funnel", "group_gaps", "change_effect")
ALONE = ("cases_on_time", "pathway")


@pytest.mark.parametrize("name", PLACED)
def test_there_is_no_figure_beyond_what_the_review_holds(name):
    draw = getattr(figures, name)
    assert draw(shown(), 1) is not None
    assert [draw(shown(), place) for place in (0, 99)] == [None, None]
    assert draw(nothing(), 1) is None


@pytest.mark.parametrize("name", ALONE)
def test_without_cases_there_is_no_figure(name):
    assert getattr(figures, name)(shown()) is not None
    assert getattr(figures, name)(nothing()) is None


def test_charts_say_every_vendors_latest_value_and_what_it_means():
    picture = figures.metric_over_time(shown(), 1)

    assert "V2: 63% in June 2024, chance alone, target hit and missed." in picture.alt
    assert "2 months late" in picture.alt
    assert picture.caption.startswith("Done well, by month.")


def test_the_funnel_names_who_is_outside():
    picture = figures.vendor_funnel(shown(), 1)
    assert EVIL in picture.alt
    assert "below 99.8%" in picture.alt


def test_hidden_groups_are_named_in_the_figure():
    picture = figures.group_gaps(shown(), 1)
    assert "Tongan hidden" in picture.alt
    assert "English 60% (compared with)" in picture.alt
    assert "Spanish 40% (−20 points)" in picture.alt


def test_a_change_says_its_verdict_and_effects():
    alt = figures.change_effect(shown(), 1).alt
    assert alt.startswith("A second team, V0: lasting improvement. Effect +")
    assert "points after 12 months" in alt


@pytest.mark.parametrize("name", [*PLACED, *ALONE])
def test_figures_are_the_same_each_time_and_hold_no_live_markup(name):
    places = (1,) if name in PLACED else ()
    first, second = (getattr(figures, name)(shown(), *places) for _ in range(2))

    assert first.svg == second.svg
    assert "<b>Evil" not in first.html()
