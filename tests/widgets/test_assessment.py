"""Forms of the assessment: what a person enters is in the engagement's files afterwards, and nothing else changes."""

import datetime

import pytest

from rdclib import assessment as stage
from rdclib import engagement as engagements
from rdclib import questionnaire, saved, widgets
from rdclib.choices import Assessment
from rdclib.engagement import load_choices
from rdclib.indicators.frames import Frames
from rdclib.widgets import base
from tests import build
from tests.tables.test_assessment import whole


@pytest.fixture(autouse=True)
def _nobody_typed_yet(monkeypatch):
    monkeypatch.setattr(base, "_last_author", "")


@pytest.fixture
def city(tmp_path, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(tmp_path))
    engagements.create("testville")
    return engagements.load_engagement("testville", period="FY2024")


def ranking(contracts=7):
    rows = [build.contract(f"c{k}", end_date="2025-06-30", title=f"Title <{k}>") for k in range(contracts)]
    frames = Frames(build.records(*rows))
    return stage.rank_contracts(frames, stage.pipeline(frames), Assessment())


def decided(city):
    return load_choices(city).assessment


def test_an_unattended_run_shows_no_form(city):
    found = whole()
    assert widgets.practice_answers(city, interactive=False) is None
    assert widgets.priority_weights(city, interactive=False) is None
    assert widgets.priority_ratings(city, found.ranking, interactive=False) is None
    assert widgets.confirm_key_contracts(city, found.ranking, interactive=False) is None
    assert widgets.improvement_plan(city, found.practice, interactive=False) is None
    assert widgets.contract_coding(city, found, interactive=False) is None


def test_each_answer_is_saved_at_once_and_a_colleague_sees_it(city):
    form = widgets.practice_answers(city, interactive=True)
    form.author.value = "Advisor A"
    form.fields["respondent"].value = "Ana"
    form.fields["role"].value = "finance"

    form.fields["answer"].value = "3"
    form.fields["evidence"].value = "register, May"
    form.fields["question"].value = "Q02"

    assert form.fields["answer"].value == ""
    form.fields["answer"].value = "not known"
    rows = saved.newest(questionnaire.load_answers(city.folder), questionnaire.KEY)
    assert [(r["question"], r["role"], r["answer"], r["evidence"], r["author"]) for r in rows] == [
        ("Q01", "finance", "3", "register, May", "Advisor A"),
        ("Q02", "finance", "not known", "", "Advisor A"),
    ]

    colleague = widgets.practice_answers(city, interactive=True)
    colleague.fields["respondent"].value = "Ana"
    colleague.fields["role"].value = "finance"
    assert (colleague.fields["answer"].value, colleague.fields["evidence"].value) == ("3", "register, May")
    assert "Answered by this person: 2 of 38." in colleague.fields["about"].value


def test_looking_at_questions_saves_nothing(city):
    form = widgets.practice_answers(city, interactive=True)
    form.author.value, form.fields["respondent"].value = "Advisor A", "Ana"
    for question in ("Q07", "Q38", "Q01"):
        form.fields["question"].value = question
    form.fields["role"].value = "legal"
    assert questionnaire.load_answers(city.folder) == []


@pytest.mark.parametrize(
    ("author", "respondent", "says"),
    [("", "Ana", "your name is missing"), ("Advisor A", "", "Who answers, or the round, is missing.")],
)
def test_an_answer_of_nobody_is_not_saved(city, monkeypatch, author, respondent, says):
    form = widgets.practice_answers(city, interactive=True)
    form.author.value, form.fields["respondent"].value = author, respondent
    form.fields["answer"].value = "2"

    assert says in form.status.value
    assert questionnaire.load_answers(city.folder) == []


def test_an_answer_given_before_who_answers_is_kept_once_that_is_filled_in(city):
    form = widgets.practice_answers(city, interactive=True)
    form.author.value = "Advisor A"
    form.fields["evidence"].value = "register, May"
    assert "Not saved yet: it is saved together with an answer." in form.status.value
    form.fields["answer"].value = "3"
    assert "is missing.<br>Fill both in; the answer is saved then." in form.status.value

    form.fields["respondent"].value = "Ana"

    (row,) = questionnaire.load_answers(city.folder)
    assert (row["respondent"], row["answer"], row["evidence"]) == ("Ana", "3", "register, May")


def test_what_is_lost_on_the_way_to_the_next_question_or_person_is_said(city):
    form = widgets.practice_answers(city, interactive=True)
    form.author.value, form.fields["respondent"].value = "Advisor A", "Ana"
    form.fields["comment"].value = "They keep two lists"
    form.fields["question"].value = "Q02"
    assert "not saved.<br>Go back, and give it with an answer." in form.status.value

    form.author.value = ""
    form.fields["answer"].value = "1"
    form.author.value = "Advisor A"
    form.fields["respondent"].value = "Ben"
    assert "not saved.<br>Go back, and give it with an answer." in form.status.value
    assert questionnaire.load_answers(city.folder) == []


def test_an_answer_that_was_saved_is_not_taken_back_by_choosing_none(city):
    form = widgets.practice_answers(city, interactive=True)
    form.author.value, form.fields["respondent"].value = "Advisor A", "Ana"
    form.fields["answer"].value = "3"
    form.fields["answer"].value = ""
    assert "The answer saved before stays.<br>Choose “We do not know” when it was a mistake." in form.status.value
    assert [row["answer"] for row in questionnaire.load_answers(city.folder)] == ["3"]


def test_next_and_previous_walk_through_the_questions(city):
    form = widgets.practice_answers(city, interactive=True)
    previous, following = form.children[-2].children[:2]

    following.click()
    assert form.fields["question"].value == "Q02"
    previous.click()
    previous.click()
    assert form.fields["question"].value == "Q38"


def test_weights_are_kept_with_how_far_they_are_agreed(city):
    form = widgets.priority_weights(city, interactive=True)
    form.author.value = "Advisor A"
    form.fields["value"].value = 30
    form.fields["weights_known"].value = "order only"
    form.save()

    assert decided(city).weights["value"] == 30
    assert decided(city).weights["urgency"] == 10
    assert (decided(city).weights_known, decided(city).saved_by) == ("order only", "Advisor A")
    assert widgets.priority_weights(city, interactive=True).values()["value"] == 30


def test_weights_of_zero_are_refused_in_two_lines(city):
    form = widgets.priority_weights(city, interactive=True)
    form.author.value = "Advisor A"
    for name in decided(city).weights or form.fields:
        if name != "weights_known":
            form.fields[name].value = 0
    form.save()

    assert "Nothing was saved. All points are 0.<br>Give points to at least one criterion." in form.status.value
    assert decided(city).weights == {}


def test_ratings_of_one_contract_leave_those_of_others(city):
    form = widgets.priority_ratings(city, ranking(), interactive=True)
    form.author.value = "Advisor A"
    for contract, level in (("c1", "4"), ("c2", "0")):
        form.fields["contract"].value = contract
        form.fields["feasibility"].value = level
        form.save()
    assert decided(city).ratings == {"c1": {"feasibility": 4}, "c2": {"feasibility": 0}}

    form.fields["contract"].value = "c1"
    assert form.fields["feasibility"].value == "4"
    form.fields["feasibility"].value = "not known"
    form.save()
    assert decided(city).ratings == {"c2": {"feasibility": 0}}


def test_no_form_asks_for_key_contracts_where_there_is_no_contract(city):
    assert widgets.confirm_key_contracts(city, whole().ranking, interactive=True) is None


def test_opening_the_ratings_is_no_change(city):
    engagements.save_choice(city, "assessment", "ratings", {"c0": {"value": 3}}, author="Advisor B")
    form = widgets.priority_ratings(city, ranking(), interactive=True)
    form.fields["contract"].value = "c1"
    form.fields["contract"].value = "c0"
    assert form.fields["value"].value == "3"
    assert "not saved yet" not in form.status.value


def test_the_first_five_are_ticked_until_the_city_confirms_others(city):
    found = ranking()
    form = widgets.confirm_key_contracts(city, found, interactive=True)
    assert set(form.fields["key_contracts"].value) == set(found.first_five["contract_id"])

    form.author.value = "Advisor A"
    form.save()
    assert decided(city).key_contracts == form.fields["key_contracts"].value

    engagements.save_choice(city, "assessment", "key_contracts", ["gone"], author="Advisor B")
    again = widgets.confirm_key_contracts(city, found, interactive=True)
    assert again.fields["key_contracts"].value == ("gone",)


def test_steps_are_added_and_changed(city):
    practice = questionnaire.score([])
    form = widgets.improvement_plan(city, practice, interactive=True)
    form.author.value = "Advisor A"
    for step in ("Write down goals", "Meet monthly"):
        form.fields["which"].value = ""
        form.fields["step"].value = step
        form.fields["owner"].value = "Ana"
        form.fields["due"].value = datetime.date(2024, 9, 30)
        form.fields["question"].value = "Q06"
        form.save()

    form.fields["which"].value = "Write down goals"
    assert form.fields["owner"].value == "Ana"
    form.fields["status"].value = "done"
    form.save()

    steps = decided(city).plan
    assert [(s.step, s.owner, s.due.isoformat(), s.question, s.status) for s in steps] == [
        ("Write down goals", "Ana", "2024-09-30", "Q06", "done"),
        ("Meet monthly", "Ana", "2024-09-30", "Q06", "open"),
    ]


def test_a_second_step_typed_into_the_same_form_leaves_the_first(city):
    form = widgets.improvement_plan(city, questionnaire.score([]), interactive=True)
    form.author.value = "Advisor A"
    for step in ("Write down goals ", "Meet monthly"):
        form.fields["step"].value, form.fields["owner"].value = step, "Ana"
        form.fields["due"].value = datetime.date(2024, 9, 30)
        form.button.click()
        form.button.click()
        assert "Saved by Advisor A" in form.status.value
        assert form.fields["step"].value == ""
    assert [s.step for s in decided(city).plan] == ["Write down goals", "Meet monthly"]
    assert [word for word, _ in form.fields["which"].options] == ["a new step", "Write down goals", "Meet monthly"]


def test_a_step_without_owner_or_date_is_refused(city):
    form = widgets.improvement_plan(city, questionnaire.score([]), interactive=True)
    form.author.value, form.fields["step"].value = "Advisor A", "Meet monthly"
    form.save()

    assert "Nothing was saved. A step needs words, an owner and a date.<br>Fill in all three, then save." in (
        form.status.value
    )
    assert decided(city).plan == ()


def test_a_reading_is_kept_under_its_coder(city):
    found = whole([build.contract("c1", end_date="2025-06-30", title="Shelter")])
    form = widgets.contract_coding(city, found, interactive=True)
    form.author.value = "Ben"
    form.fields["goal_text"].value = "=More people housed"
    form.fields["meeting_date"].value = datetime.date(2024, 5, 2)
    form.fields["incentive_flag"].value = "yes"
    form.save()

    (row,) = saved.read_rows(city.folder / "contract_coding.csv")
    assert (row["contract_id"], row["coder"], row["goal_text"]) == ("c1", "Ben", "=More people housed")
    assert (row["meeting_date"], row["last_data_date"], row["incentive_flag"]) == ("2024-05-02", "", "yes")


def test_words_of_one_contract_are_not_saved_for_the_next(city):
    found = whole([build.contract(c, end_date="2025-06-30", title=c) for c in ("c1", "c2")])
    form = widgets.contract_coding(city, found, interactive=True)
    form.author.value = "Ben"
    form.fields["contract_id"].value = "c1"
    form.fields["goal_text"].value = "More people housed"
    form.fields["at_risk_amount"].value = "1500.5"
    form.fields["meeting_date"].value = datetime.date(2024, 5, 2)
    form.save()
    form.fields["contract_id"].value = "c2"
    assert (form.fields["goal_text"].value, form.values()["at_risk_amount"], form.fields["meeting_date"].value) == (
        "",
        0,
        None,
    )

    form.fields["contract_id"].value = "c1"
    assert (form.fields["goal_text"].value, form.values()["at_risk_amount"], form.fields["meeting_date"].value) == (
        "More people housed",
        1500.5,
        datetime.date(2024, 5, 2),
    )
    second = widgets.contract_coding(city, found, interactive=True)
    second.author.value = "Ana"
    second.fields["contract_id"].value = "c2"
    second.fields["contract_id"].value = "c1"
    assert second.fields["goal_text"].value == ""


def test_a_contract_number_typed_last_empties_nothing(city):
    form = widgets.contract_coding(city, whole(), interactive=True)
    form.author.value = "Ben"
    form.fields["goal_text"].value = "More people housed"
    form.fields["contract_id"].value = "c9"
    form.save()
    (row,) = saved.read_rows(city.folder / "contract_coding.csv")
    assert (row["contract_id"], row["goal_text"]) == ("c9", "More people housed")


def test_a_reading_without_a_contract_is_refused(city):
    form = widgets.contract_coding(city, whole(), interactive=True)
    form.author.value = "Ben"
    form.save()
    assert "Nothing was saved. The contract number is missing.<br>Type it as the register writes it." in (
        form.status.value
    )


def test_the_second_reader_is_told_which_contracts(city):
    rows = [build.contract("c1", end_date="2025-06-30"), build.coding("c1")]
    form = widgets.contract_coding(city, whole(rows), interactive=True)
    assert "A second person should read, without looking at the first reading: c1." in form.children[0].value


def test_every_field_has_a_label(city):
    found = whole([build.contract("c1", end_date="2025-06-30")])
    forms = [
        widgets.practice_answers(city, interactive=True),
        widgets.priority_weights(city, interactive=True),
        widgets.priority_ratings(city, found.ranking, interactive=True),
        widgets.improvement_plan(city, found.practice, interactive=True),
        widgets.contract_coding(city, found, interactive=True),
    ]
    for form in forms:
        assert "rdc-form" in form._dom_classes
        for name, field in form.fields.items():
            assert name == "about" or field.description
