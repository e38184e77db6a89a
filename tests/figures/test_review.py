"""Figures of a review: what they say to whoever cannot see them, and when there is none."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from matplotlib import dates

from rdclib import figures, style
from rdclib.choices import Change, Choices, Review
from rdclib.figures import review as review_figures
from rdclib.figures.picture import canvas
from rdclib.review import review_records
from tests import build
from tests.figures.legible import faults
from tests.review.made import SCORE, SHARE, months
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

    assert "V2: 63% in June 2024, normal variation, target met in 0 of the last 12 months." in picture.alt
    assert "2 months late" in picture.alt
    assert picture.caption.startswith("Done well, by month.")


def band_of(*vendors):
    """Monthly shares of beds in use with a target band from 85% to 95%, one vendor for each usual share."""
    metric = SHARE | {"name": "Beds in use", "measure_type": "ratio", "direction": "band"}
    rows = []
    for i, (usual, swing) in enumerate(vendors):
        values = [100 * usual + swing * (-1) ** k * (k % 3) for k in range(24)]
        rows += months(values, vendor=f"V{i}", first="2022-07", target_low=85, target_high=95)
    return review_records(build.records(*rows, metrics=[metric]))


def test_a_target_band_is_drawn_with_both_ends_and_named():
    picture = figures.metric_over_time(band_of((0.98, 0.1), (0.9, 0.5)), 1)

    for axes in picture.figure.axes[:2]:
        dashed = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]
        assert sorted(dashed) == [0.85, 0.95]
    assert "target band" in [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert "V0: 98% in June 2024, normal variation, target met in 0 of the last 12 months." in picture.alt
    assert faults(picture) == []


def test_a_panel_that_would_flatten_the_others_has_a_scale_of_its_own():
    review = band_of(*[(0.9, 0.5)] * 3, (0.9, 9))
    *usual, wild = figures.metric_over_time(review, 1).figure.axes[:4]

    assert len({axes.get_ylim() for axes in usual}) == 1
    assert wild.get_ylim() != usual[0].get_ylim()
    assert [axes.get_title(loc="left") for axes in (usual[0], wild)] == ["V0", "V3 (own scale)"]
    assert "scale of its own" not in figures.metric_over_time(review, 1).caption


def test_values_far_apart_have_a_scale_each_and_the_caption_says_so():
    picture = figures.metric_over_time(band_of((0.9, 0.5), (0.1, 0.5)), 1)
    assert picture.caption.endswith("Each panel has a scale of its own.")


def test_six_panels_show_who_needs_a_decision_and_the_caption_counts_the_rest():
    review = band_of(*[(0.9, 0.5)] * 6, (0.98, 0.1))
    picture = figures.metric_over_time(review, 1)
    titles = [axes.get_title(loc="left") for axes in picture.figure.axes if axes.get_visible()]
    # It is the topic of the meeting: everybody is shown.
    assert titles == [f"V{i}" for i in range(7)]
    picture = figures.metric_over_time(replace(review, pack=replace(review.pack, topic_metric="")), 1)
    titles = [axes.get_title(loc="left") for axes in picture.figure.axes if axes.get_visible()]
    assert titles == ["V0", "V1", "V2", "V3", "V4", "V6"]
    assert picture.caption.endswith(" 1 more, with no signal at the end and no data late, are in the table.")


def test_the_funnel_names_who_is_outside():
    picture = figures.vendor_funnel(shown(), 1)
    assert EVIL in picture.alt
    assert "below 99.8%" in picture.alt


def test_outside_on_the_good_side_is_no_concern():
    rows = [
        row
        for i, count in enumerate((50, 51, 49, 50, 51, 49, 30, 75))
        for row in months([count] * 12, counted=100, vendor=f"V{i}", first="2023-07")
    ]
    axes = figures.vendor_funnel(review_records(build.records(*rows, metrics=[SHARE])), 1).figure.axes[0]
    marks = {line.get_color(): line.get_ydata().tolist() for line in axes.lines if line.get_linestyle() == "None"}
    assert (marks[style.IMPROVEMENT], marks[style.CONCERN]) == ([0.75], [0.3])


def test_vendors_of_one_size_and_result_are_all_named_in_the_funnel():
    names = [f"A vendor with a name {i}" for i in range(6)]
    rows = [
        row
        for i, name in enumerate(names)
        for row in months([50] * 12, counted=100 + 6 * i, vendor=name, first="2023-07")
    ]
    picture = figures.vendor_funnel(review_records(build.records(*rows, metrics=[SHARE])), 1)

    written = [text.get_text() for text in picture.figure.axes[0].texts]
    assert sorted(written) == ["95%", "99.8%", *names]
    assert faults(picture) == []


def test_a_unit_that_values_do_not_print_stands_in_the_title():
    rows = months([12, 14, 13] * 8, first="2022-07")
    picture = figures.metric_over_time(review_records(build.records(*rows, metrics=[SCORE | {"unit": "minutes"}])), 1)
    assert picture.caption.startswith(f"{SCORE['name']}, minutes, by month.")
    share = figures.metric_over_time(shown(), 1)
    assert share.caption.startswith("Done well, by month.")


def test_groups_are_drawn_with_how_many_they_are():
    axes = figures.group_gaps(shown(), 1).figure.axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["English (200)", "Other", "Spanish (150)", "Tongan"]  # small ones are hidden with their number


def test_panels_share_their_months_and_name_them_once():
    picture = figures.metric_over_time(shown(), 1)
    panels = [axes for axes in picture.figure.axes if axes.get_visible()]
    assert len({axes.get_xlim() for axes in panels}) == 1
    named = [bool(axes.xaxis.get_tick_params()["labelbottom"]) for axes in panels]
    assert named == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    ("first", "last", "small", "named"),
    [
        ("2024-01-01", "2024-06-01", False, ["Jan 24", "Feb 24", "Mar 24", "Apr 24", "May 24", "Jun 24"]),
        ("2024-01-02", "2024-05-31", False, ["Feb 24", "Mar 24", "Apr 24", "May 24"]),
        ("2023-02-01", "2024-07-01", False, ["Apr 23", "Jul 23", "Oct 23", "Jan 24", "Apr 24", "Jul 24"]),
        ("2023-02-01", "2024-07-01", True, ["Jul 23", "Jan 24", "Jul 24"]),
        ("2021-07-01", "2024-07-01", True, ["2022", "2023", "2024"]),
        ("1999-12-31", "2024-07-01", True, ["2000", "2010", "2020"]),
        ("1967-05-01", "1973-05-01", True, ["1968", "1970", "1972"]),
    ],
)
def test_a_time_axis_names_round_months_and_years(first, last, small, named):
    _figure, axes = canvas()
    axes.set_xlim(dates.date2num(np.datetime64(first)), dates.date2num(np.datetime64(last)))
    review_figures._time(axes, small)

    assert [label.get_text() for label in axes.get_xticklabels()] == named
    days = dates.num2date(axes.get_xticks())
    assert [f"{day:%b %y}" for day in days] == [name if " " in name else f"Jan {name[2:]}" for name in named]
    assert {day.day for day in days} == {1}


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


def test_a_change_after_the_last_result_is_drawn_at_its_end():
    decided = Choices(review=Review(changes=(Change(metric_id="m", date=date(2024, 6, 1), what="A new protocol"),)))
    result = review_records(build.records(*months([5, 6, 7, 5, 6, 8], first="2023-07"), metrics=[SCORE]), decided)
    picture = figures.change_effect(result, 1)
    assert picture.alt == "A new protocol, V1: not clear yet. Effect not told."
    assert faults(picture.figure) == []
