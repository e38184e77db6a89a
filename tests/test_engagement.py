"""An engagement is a folder; what is wrong in it is said in two lines."""

from datetime import date

import pytest

from rdclib import engagement, places
from rdclib.errors import EngagementError


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(tmp_path))
    return tmp_path


def make(home, text, name="springfield"):
    folder = home / "data" / "engagements" / name
    folder.mkdir(parents=True)
    (folder / "engagement.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_new_engagement_can_be_read_at_once(home):
    folder = engagement.create("springfield")

    facts = engagement.load_facts("springfield")
    assert (facts.city, facts.currency, facts.fiscal_year_start) == ("Springfield", "USD", "07-01")
    assert (folder / "raw").is_dir()


def test_period_and_day_come_from_the_call_before_the_file(home):
    make(home, "city: S\nfiscal_year_start: 07-01\nperiod: FY2023\n")

    assert engagement.load_engagement("springfield").as_of == date(2023, 6, 30)
    assert engagement.load_engagement("springfield", period="FY2024-Q1").as_of == date(2023, 9, 30)
    assert engagement.load_engagement("springfield", as_of="2023-05-01").as_of == date(2023, 5, 1)


def test_identifiers_stay_text(home):
    make(home, "city: 06037\nfiles:\n  contracts:\n    paths: [raw/1E5.csv]\n    columns: {00123: contract_id}\n")

    facts = engagement.load_facts("springfield")
    assert facts.city == "06037"
    assert facts.files["contracts"].paths == ("raw/1E5.csv",)
    assert facts.files["contracts"].columns == {"00123": "contract_id"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "city: S\ncurrancy: USD\n",
            "engagement.yaml has an unknown key: currancy.\nDid you mean 'currency'? Known keys: ",
        ),
        (
            "city: S\nfiles:\n  contracts:\n    pahts: [a]\n    paths: [a]\n",
            "engagement.yaml has an unknown key: files > contracts > pahts.\nDid you mean 'paths'? Known keys: ",
        ),
        ("currency: USD\n", "engagement.yaml lacks a value: city.\nAdd the line city: ..."),
        (
            "city: S\nsmallest_group: eleven\n",
            "engagement.yaml: smallest_group is 'eleven'.\nWrite a whole number, for example 12.",
        ),
        (
            "city: S\nfiscal_year_start: 13-01\n",
            "engagement.yaml: fiscal_year_start is '13-01'.\n"
            "In engagement.yaml, write it like fiscal_year_start: 07-01 for a year that begins on 1 July.",
        ),
        ("city: S\ncurrency: dollars\n", "engagement.yaml: currency is 'dollars'.\nGive the currency's three letters"),
    ],
)
def test_wrong_facts_are_told_with_the_way_out(home, text, message):
    make(home, text)

    with pytest.raises(EngagementError) as caught:
        engagement.load_engagement("springfield")

    assert str(caught.value).startswith(message)
    assert str(caught.value).count("\n") == 1


@pytest.mark.parametrize("name", ["../../x", "a/b", "", ".", "A", "con", "x" * 61, "a b", "é", "a\n"])
def test_a_name_cannot_leave_its_folder(home, name):
    with pytest.raises(EngagementError, match="cannot be the name of an engagement"):
        engagement.create(name)
    assert not (home / "data").exists()


def test_an_unknown_engagement_is_told_with_the_known_ones(home):
    make(home, "city: S\n")

    with pytest.raises(EngagementError) as caught:
        engagement.load_engagement("sprngfield")

    first, second = str(caught.value).split("\n")
    assert first == "The engagement 'sprngfield' does not exist."
    assert "springfield" in second


def test_without_any_period_the_fix_names_both_ways(home):
    make(home, "city: S\n")

    with pytest.raises(EngagementError) as caught:
        engagement.load_engagement("springfield")

    assert str(caught.value) == (
        "No period is given for 'springfield'.\n"
        "Write period: FY2024 in engagement.yaml, or add --period FY2024 to the command."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "selection:\n  chosen:\n    - metric_id: m\n      target: 1,5\n",
            "choices.yaml: selection > chosen > 1 > target is '1,5'.\n"
            "Write digits, with a point before decimals and no other character: 1500 or 0.5, not 1,500 or 50%.",
        ),
        (
            "selection:\n  chosen:\n    - metric_id: m\n      target: nan\n",
            "choices.yaml: selection > chosen > 1 > target is 'nan'.\n"
            "Write digits, with a point before decimals and no other character: 1500 or 0.5, not 1,500 or 50%.",
        ),
        (
            "selection:\n  chosen:\n    - metric_id: m\n      target_low: 5\n",
            "choices.yaml: selection > chosen > 1 cannot be used.\nGive one target, or both ends of a target band.",
        ),
        (
            "review:\n  rebases: 3\n",
            "choices.yaml: review > rebases is '3'.\n"
            "Write a list below it: one entry a line, each with a hyphen and a space in front.",
        ),
        (
            "selection: hello\n",
            "choices.yaml: selection is 'hello'.\nWrite its keys below it, two spaces further in.",
        ),
        (
            "review:\n  meetings:\n    - 31.12.2023\n",
            "choices.yaml: review > meetings > 1 is '31.12.2023'.\n"
            "Write a day of the calendar as year-month-day, for example 2024-06-30.",
        ),
        ("review:\n  screen: maybe\n", "choices.yaml: review > screen is 'maybe'.\nWrite true or false."),
        (
            "assessment:\n  weights_known: sure\n",
            "choices.yaml: assessment > weights_known is 'sure'.\n"
            "Write one of: 'about right', 'order only' or 'not settled'.",
        ),
        (
            "assessment:\n  weights:\n    value: 101\n",
            "choices.yaml: assessment > weights > value is '101'.\nIt should be less than or equal to 100.",
        ),
    ],
)
def test_wrong_decisions_are_told_in_the_reader_s_words(home, text, message):
    folder = make(home, "city: S\nperiod: FY2024\n")
    (folder / "choices.yaml").write_text(text)

    with pytest.raises(EngagementError) as caught:
        engagement.load_choices(engagement.load_engagement("springfield"))

    assert str(caught.value) == message


@pytest.mark.parametrize("before", ["", "assessment:\n", "assessment:\n  weights:\n", "# a remark\n"])
def test_a_decision_is_saved_where_a_person_left_its_place_blank(home, before):
    folder = make(home, "city: S\nperiod: FY2024\n")
    (folder / "choices.yaml").write_text(before)
    city = engagement.load_engagement("springfield")

    engagement.save_choice(city, "assessment", "key_contracts", ["C1"], author="A")

    assert engagement.load_choices(city).assessment.key_contracts == ("C1",)


def test_of_several_decisions_all_are_written_or_none(home):
    folder = make(home, "city: S\nperiod: FY2024\n")
    city = engagement.load_engagement("springfield")

    with pytest.raises(EngagementError, match="weights_known is 'sure'"):
        engagement.save_choices(city, "assessment", {"weights": {"value": 5}, "weights_known": "sure"}, author="A")
    assert not (folder / "choices.yaml").exists()

    engagement.save_choices(city, "assessment", {"weights": {"value": 5}, "weights_known": "order only"}, author="A")
    assert engagement.load_choices(city).assessment.weights == {"value": 5}
    assert engagement.load_choices(city).assessment.weights_known == "order only"


def test_a_decision_of_the_wrong_kind_is_not_written(home):
    folder = make(home, "city: S\nperiod: FY2024\n")
    city = engagement.load_engagement("springfield")

    with pytest.raises(EngagementError, match="unknown key: assessment > colour"):
        engagement.save_choice(city, "assessment", "colour", "red", author="A")

    assert not (folder / "choices.yaml").exists()


def test_home_is_the_checkout_unless_named(monkeypatch):
    monkeypatch.delenv("RDC_HOME", raising=False)

    assert places.home() == places.CHECKOUT


def test_a_result_is_made_again_only_for_other_records_or_decisions(home):
    class Records:
        pass

    engagement.create("springfield")
    city = engagement.load_engagement("springfield", period="FY2024")
    later = engagement.load_engagement("springfield", period="FY2024", as_of="2024-09-30")
    asked = []

    @engagement.remembered
    def make(records, engagement):
        asked.append((records, engagement))
        return len(asked)

    first, second = Records(), Records()
    assert [make(first, city), make(first, city)] == [1, 1]
    assert [make(second, city), make(second, later)] == [2, 3]
    (city.folder / "answers.csv").write_text("round,question\n1,Q01\n", encoding="utf-8")
    assert [make(second, later), make(second, later)] == [4, 4]
    (city.folder / "answers.csv").write_text("round,question\n1,Q02\n", encoding="utf-8")
    assert make(second, later) == 5


def test_a_result_of_records_alone_waits_for_other_records(home):
    class Records:
        pass

    asked = []
    made = engagement.remembered(lambda records: asked.append(records) or len(asked))

    first, second = Records(), Records()
    assert [made(first), made(first), made(second), made(second), made(first)] == [1, 1, 2, 2, 3]
