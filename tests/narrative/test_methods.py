"""The annex names the methods that a report used, with their sources, and no other."""

import math
from dataclasses import replace

import pytest

from rdclib import narrative
from rdclib.catalogue import load_indicators
from rdclib.indicators import compute_all
from tests import build
from tests.tables.test_assessment import answer, whole

SOLICITATIONS = [build.solicitation(f"s{k}", number_of_bids=1 + k % 4) for k in range(40)]


def methods(*given, **decided):
    return str(narrative.assessment_methods(whole(*given, **decided)))


def topics(text):
    return [line.split("**")[1].rstrip(".") for line in text.splitlines() if line.startswith("- ")]


def test_a_report_without_numbers_used_no_method():
    assert methods() == "Nothing could be computed, so no method was used."


def test_only_what_was_used_is_named():
    ends = [build.contract(f"c{k}", end_date="2025-01-31") for k in range(3)]

    assert topics(methods(answers=[answer("Q01", "finance", 2)])) == ["Practice"]
    assert topics(methods(ends)) == ["Start-by dates", "Which contracts first", "Ratings"]
    assert topics(methods(SOLICITATIONS))[:3] == ["Intervals", "Enough records", "Thresholds"]
    assert "Contracts read" in topics(methods([*ends, build.coding("c0")]))
    assert "The 7 failings" in topics(methods(answers=[answer("Q02", "finance", 0)]))


def test_intervals_are_those_of_the_indicators_that_have_a_value():
    records = build.records(*SOLICITATIONS)
    results = compute_all(records)
    found = whole(SOLICITATIONS)
    for summary, word in (("proportion", "Wilson"), ("quantile", "Conover")):
        assert any(r.computed and r.indicator.summary == summary for r in results.values())
        assert word in str(narrative.assessment_methods(found))
        without = {k: replace(r, value=math.nan) if r.indicator.summary == summary else r for k, r in results.items()}
        assert word not in str(narrative.assessment_methods(replace(found, indicators=without)))
    assert "Cochran" not in methods(SOLICITATIONS)  # no amounts


def test_thresholds_stand_under_the_source_that_the_catalogue_gives_them():
    text = methods(SOLICITATIONS)
    single = next(i for i in load_indicators() if i.id == "CP02")

    [line] = [line for line in text.splitlines() if single.name in line]
    assert line.startswith(f"  - {single.threshold_source}: ")


def test_start_by_dates_name_what_engagement_yaml_and_the_records_gave():
    ends = [build.contract(f"c{k}", end_date="2025-01-31") for k in range(3)]
    signed = [build.solicitation(f"s{k}", signed_date="2024-03-01") for k in range(10)]

    assumed = methods(ends)
    assert "less 90 days to plan and 60 for the move to a new vendor (both from engagement.yaml)" in assumed
    assert ("180 days are assumed" in assumed, "Kaplan" in assumed) == (True, False)
    measured = methods([*ends, *signed])
    assert ("180 days are assumed" in measured, "Kaplan" in measured) == (False, True)
    assert "within which 75% of the city’s own solicitations" in measured


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ("about right", "(value 60%, urgency 40%, "),
        ("order only", "(value, urgency, "),
        ("not settled", "with any weights at all"),
    ],
)
def test_the_ranking_says_what_was_known_of_the_weights(known, words):
    ends = [build.contract(f"c{k}", end_date="2025-01-31") for k in range(3)]

    text = methods(ends, weights={"value": 60, "urgency": 40}, weights_known=known)

    assert words in text
    assert ("each weight between 0.5 and 1.5 times" in text) == (known == "about right")
    assert "a rating that nobody knows is drawn evenly from 0 to 4" in text


def test_vendors_and_agreement_are_named_where_they_mattered():
    alone = methods(answers=[answer("Q01", "finance", 2)])
    assert ("Vendors’ answers" in alone, "Fleiss" in alone) == (False, False)
    several = methods(
        answers=[
            answer("Q01", "finance", 2), answer("Q01", "legal", 3), answer("Q02", "finance", 1),
            answer("Q02", "legal", 1), answer("Q10", "vendor", 1),
        ]
    )  # fmt: skip
    assert ("Vendors’ answers count from 3 vendors up" in several, "Fleiss" in several) == (True, True)


def test_a_hostile_catalogue_stays_text():
    found = whole(SOLICITATIONS)
    hostile = {
        k: replace(r, indicator=replace(r.indicator, threshold_source="<b>*me*</b>"))
        for k, r in found.indicators.items()
    }

    assert "<b>" not in narrative.assessment_methods(replace(found, indicators=hostile)).html().replace("&lt;b&gt;", "")
