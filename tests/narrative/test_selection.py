"""Sentences of a selection."""

import pytest

from rdclib import narrative
from tests.selection.test_select import SHELTER, found
from tests.selection.test_series import monthly
from tests.selection.views import banded, faulty, nothing

ALL = (
    narrative.selection_summary, narrative.problem, narrative.candidates, narrative.baselines,
    narrative.recommendation, narrative.payment_trial, narrative.first_data,
)  # fmt: skip


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
@pytest.mark.parametrize("selection", [faulty, nothing], ids=lambda s: s.__name__)
def test_every_text_is_there_and_a_citys_words_stay_words(make, selection):
    text = make(selection())
    assert str(text).strip()
    assert "<script>" not in text.html()
    assert "nan" not in str(text).lower().replace("finance", "").replace("tenan", "")


def test_the_summary_of_a_faulty_draft():
    text = str(narrative.selection_summary(faulty()))
    assert "Schedule: **3 metrics** (chosen); 2 with a baseline, 1 to collect first." in text
    assert "The set breaks 2 rules: “a guardrail for volume and speed” and “one duty of the city”." in text
    assert "Contract type: **Firm fixed price**." in text
    assert ", Ash & Sons, until June 30, 2026." in text.replace("\\&", "&")


def test_the_summary_of_a_city_with_nothing():
    text = str(narrative.selection_summary(nothing()))
    assert "No active contract is on record; the schedule is for the next one." in text
    assert "(proposed, not chosen yet); 0 with a baseline" in text
    assert "Contract type: **Not yet: scope and market research first**." in text


def test_a_target_beyond_the_limits_and_a_missing_baseline_are_said():
    text = str(narrative.baselines(faulty()))
    assert "Target 75%. That is beyond what the process reaches today: it needs redesign, not effort." in text
    assert "4 points of history, so no target without a named standard. Collect 2 more periods first." in text


def test_a_target_band_is_said_with_both_ends():
    assert "Target 85–95%." in str(narrative.baselines(banded()))


def test_the_recommendation_says_what_nobody_answered_and_warns():
    text = str(narrative.recommendation(faulty()))
    assert "**Firm fixed price** (rule B2)." in text
    assert "It fits because: scope certainty exactly 3 and volume certainty exactly 3." in text
    # 3 to 5% of 1.2 million over 1,095 days, which is 400,274 a year.
    assert "That is $12,008 to $20,014 a year." in text
    assert "**Warning: cost plus a percentage of cost.** Do not pay a fee that is a percentage of cost." in text
    assert "**Bonus before penalty.**" in text
    assert "Nobody answered, so the cautious value was taken: cost of measuring (100%), urgent (no)" in text


def test_the_trial_names_cliffs_and_gaming():
    text = str(narrative.payment_trial(faulty()))
    # Each step of “Steps” is half of 1,000.
    assert (
        "“Steps” has cliff edges: one client more or less decides over up to $500 of a payment, which invites timing."
        in text
    )
    assert "Dropping the hardest tenth of clients would earn up to $" in text
    assert "Set aside in the budget: $12,000, the most that the city can owe." in text


def test_first_data_says_what_to_do_next():
    text = str(narrative.first_data(nothing()))
    assert text.startswith("**Collect first:** ")
    assert "After 6 periods open this workbook again" in text


def test_investors_are_told_what_to_expect(tmp_path):
    # Everyone succeeds, so the curve pays 100,000 in every draw.
    curve = {
        "name": "Curve", "kind": "outcome curve", "metric_id": "HS-01", "knots": ["20", "40"],
        "payments": ["0", "100000"],
    }  # fmt: skip
    choices = {"chosen": [{"metric_id": "HS-01"}], "payment_designs": [curve]}
    said = {}
    for money in ("60000", "110000"):
        selection = found(tmp_path, SHELTER, *monthly("HS-01", [100] * 12), choices=choices | {"investment": money})
        said[money] = str(narrative.payment_trial(selection))
    assert "put in $60,000 could expect to gain $40,000, and would lose money in 0% of draws." in said["60000"]
    assert "put in $110,000 could expect to lose $10,000, and would lose money in 100% of draws." in said["110000"]
