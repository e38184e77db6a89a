"""Sentences of a review: value, base and gaps; a city's words stay words."""

import re

import pytest

from rdclib import figures, formats, narrative, tables
from rdclib.review import review_records
from tests import build
from tests.review.made import COUNT, months
from tests.review.shown import EVIL, nothing, shown

ALL = (
    "signals", "headlines", "meeting_cadence", "cases_on_time", "vendor_comparison", "group_gaps", "pathway",
    "change_effects", "outcome_costs", "payments_due", "vendor_ratings", "contract_memos", "review_methods",
)  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_every_sentence_is_there_with_and_without_results(name):
    for result in (shown(), nothing()):
        text = str(getattr(narrative, name)(result))
        assert text.strip()
        assert "nan" not in text
        assert "None" not in text
        assert EVIL not in text


def test_a_citys_words_are_shown_as_they_are():
    assert formats.text(EVIL) in str(narrative.vendor_comparison(shown()))
    assert "<b>" not in narrative.vendor_comparison(shown()).html()


def test_signals_are_set_against_what_chance_gives():
    text = str(narrative.signals(shown()))
    assert text.startswith("Latest results: **0 of 6 charts** are significant changes. Normal variation alone would")
    assert "Data is late from V5." in text


def test_without_limits_there_is_no_talk_of_signals():
    review = review_records(build.records(*months([5, 6, 7], first="2024-04"), metrics=[COUNT]))
    assert str(narrative.signals(review)) == "No chart has limits yet: each series is shown about its median."


def test_open_cases_are_said():
    assert str(narrative.cases_on_time(shown())) == (
        "Of the cases with a target date in FY2024, **50%** were done by that date (41–59%; 60 of 120). 0 were done "
        "late or closed without being done, and 60 are still open past their target, which counts as late. On June "
        "30, 2024, 60 cases are open past the target date, whenever it was; the oldest by 150 days."
    )


def test_what_later_sections_found_is_on_the_first_page():
    # Two of three cases were done: 40 of the 60 of group a, and of group b 20, since its last 30 were not.
    line = next(li for li in str(narrative.headlines(shown())).splitlines() if "Also" in li)
    assert line == (
        "- Also to talk about: 50% of the cases due in FY2024 done by their target date, 60 still open past it; "
        "Done well: Spanish 40%, English 60%; Cases done by their target date: b 33%, a 67%."
    )
    assert "Also" not in str(narrative.headlines(nothing()))


def test_a_city_without_results_is_told_what_to_send_and_not_that_all_is_well():
    assert str(narrative.headlines(nothing())) == (
        "**Nothing can be reviewed yet.** There are no observations and no cases with target dates: send results by "
        "metric, vendor and month. One row for each metric, vendor and month, with numerator and denominator, is "
        "enough to begin; the workbook of  `rdc template`  has a sheet for it."
    )


def test_first_reaction_to_an_outlier():
    text = str(narrative.vendor_comparison(shown()))
    assert "36%, below 99.8% limits." in text
    assert "Before anything is said to a vendor, check: data error, then case mix, then process." in text
    # With four vendors at 61% both the one at 36% and the one at 81% lie far from the others.
    assert "81%, above 99.8% limits." in text
    assert text.endswith("then process.")


def test_gaps_carry_interval_and_reference():
    assert (
        "- Done well by Language, compared with the largest (English, 60%): behind are Spanish 40%, **−20 points** "
        "(−30 to −9)" in str(narrative.group_gaps(shown()))
    )


def test_counts_without_a_denominator_are_said_to_give_nothing_to_compare():
    rows = [r for group in "ab" for r in months([5] * 12, first="2023-07", stratum=group, stratum_kind="district")]
    review = review_records(build.records(*rows, metrics=[COUNT]))
    assert str(narrative.group_gaps(review)) == (
        "- Events by district: Without numerators and denominators there are no results to compare."
    )
    assert (figures.group_gaps(review, 1), tables.group_gaps(review)) == (None, None)


def test_a_change_carries_verdict_reason_and_questions():
    text = str(narrative.change_effects(shown()))
    assert text.startswith(
        "- **A second team**, V0, January 1, 2023: **lasting improvement**, because after 12 months it is "
        "significantly better, and the last six periods still show it. After 12 months: **+"
    )
    assert re.search(r"After 12 months: \*\*\+(\d+) points\*\* \((\d+)–(\d+)\)\.", text)
    assert "- Was the vendor chosen because its results were bad?" in text


def test_clustering_in_the_middle_is_shown():
    assert "Ana gave “satisfactory” in 100% of 11 ratings, more than 60%" in str(narrative.vendor_ratings(shown()))


def test_cadence():
    assert str(narrative.meeting_cadence(shown())) == (
        "Last meeting: May 28, 2024, 33 days ago, within the quarter. 1 action due, 1 open for later, 0 closed."
    )
    assert str(narrative.meeting_cadence(nothing())) == (
        "No meeting about the data is on record; hold one at least every quarter. No action is on record."
    )


def test_departures_from_published_methods_are_in_the_annex():
    text = str(narrative.review_methods(shown()))
    for word in ("2.66", "NHSRplotthedots", "Provost", "Laney", "Spiegelhalter", "Lopez Bernal", "Anhøj"):
        assert word in text
