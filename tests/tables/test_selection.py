"""Tables of a selection: every number from the result, every reason in words."""

import pytest

from rdclib import tables
from rdclib.contract_types import Term
from rdclib.selection.targets import Detectability
from rdclib.tables import selection as view
from tests.selection.views import banded, faulty, nothing

ALL = (
    tables.problem_remarks, tables.goals, tables.candidates, tables.data_support,
    tables.metric_concerns, tables.metric_set, tables.set_rules, tables.baselines,
    tables.contract_inputs, tables.other_rules, tables.what_would_change,
    tables.pay_for_success, tables.payment_trial, tables.metric_schedule, tables.definitions, tables.first_data,
)  # fmt: skip


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
@pytest.mark.parametrize("selection", [faulty, nothing], ids=lambda s: s.__name__)
def test_every_table_shows_itself_also_for_a_city_with_nothing(make, selection):
    table = make(selection())
    assert table.texts() is not None
    assert "<script>" not in table.html()


def test_ids_of_tables_are_unique():
    names = [make(faulty()).id for make in ALL]
    assert len(set(names)) == len(names)


def words(table):
    return [" | ".join(row) for row in table.texts()]


def test_concerns_say_what_is_wrong_and_what_to_do():
    told = words(tables.metric_concerns(faulty()))
    assert (
        "HS-01 Exits to permanent housing (SPM 7b1) | yes | "
        "A target of 75 lies beyond what the process reaches today. | "
        "More effort will not do it: redesign the service, or choose a target within the limits." in told
    )
    assert (
        "HS-10 Housing assessments completed | yes | 4 points of history; six are needed. | "
        "Collect six periods first, or name an outside standard. Until then there is no target." in told
    )


def test_data_support_says_how_many_how_fresh_and_how_complete():
    rows = {row[0].split()[0]: row for row in tables.data_support(faulty()).texts()}
    # Twelve months to June 2024, each ending on the 28th in these records; today is June 30.
    assert rows["HS-01"][1:4] == ("12", "2 days", "100%")
    assert rows["HS-01"][-1] == "enough for a target"
    assert rows["HS-10"][1] == "4"
    assert rows["HS-10"][-1] == "not enough for a target"


def test_rules_that_the_set_breaks_come_with_the_best_set():
    table = tables.set_rules(faulty())
    assert [row[0] for row in table.rows] == ["A guardrail for volume and speed", "One duty of the city"]
    assert table.notes[0].startswith("Best set of these candidates: ")
    assert tables.set_rules(nothing()).notes or tables.set_rules(nothing()).rows


def test_a_refused_target_is_shown_with_its_reason():
    row = next(r for r in tables.baselines(faulty()).texts() if r[0].startswith("HS-10"))
    assert row[4:6] == ("–", "refused (70): no baseline and no named standard")


def test_a_target_band_is_shown_with_both_ends():
    (row,) = tables.baselines(banded()).texts()
    assert row[0].endswith(" (%)")
    assert row[4:6] == ("85–95", "need")
    # From 96 (the mean of twelve months) to 95: the end of the band that is nearer.
    assert banded().lines[0].detectability.after == 95
    (row,) = tables.metric_schedule(banded()).texts()
    assert row[5] == "85–95"


def test_why_not_the_others_names_what_is_lacking():
    told = {row[0]: row[2] for row in tables.other_rules(faulty()).texts()}
    assert told["B5 Fixed price for each module"] == ("Needs scope certainty exactly 2 and work can be divided: yes.")
    assert told["B7 Not yet: scope and market research first"] == "Would fit too; B2 comes first."
    assert told["P0 No money at risk"] == (
        "Needs baseline exists: no; or outcome seen within the term exactly 1; or outcome events in a payment period "
        "below 10; or gaming risk exactly 3; or vendor can bear risk exactly 1."
    )


def test_what_would_change_is_said_with_the_side_of_the_threshold():
    told = words(tables.what_would_change(faulty()))
    assert "Outcome events in a payment period | 19 | fewer than 10 | Payment | P0 No money at risk" in told


def test_inputs_say_where_they_come_from():
    told = {row[0]: row[1:] for row in tables.contract_inputs(faulty()).texts()}
    assert told["Scope certainty"] == ("3 of 3", "answered")
    assert told["Outcome events in a payment period"] == ("19", "worked out from the data")
    assert told["Urgent"] == ("no", "nobody answered: cautious value")
    assert told["Cost of measuring"] == ("100%", "nobody answered: cautious value")


def test_the_trial_shows_cliffs_of_steps_and_none_of_a_ramp():
    rows = {row[0]: row for row in tables.payment_trial(faulty()).texts()}
    assert rows["Steps, as in history"][-1] == "0.3, 0.35"
    assert rows["Ramp, as in history"][-1] == "–"
    assert rows["Steps, as in history"][5] == rows["Ramp, as in history"][5] == "$12,000"


def test_the_schedule_names_what_is_collected_first():
    table = tables.metric_schedule(faulty())
    assert table.notes == ("Baseline and target of HS-10 follow once six periods are collected.",)
    assert [row[0] for row in tables.first_data(faulty()).rows] == ["HS-10 Housing assessments completed"]


@pytest.mark.parametrize(
    ("periods", "cadence", "said"),
    [
        (1.0, "monthly", "1 month"),
        (7.0, "weekly", "7 weeks"),
        (3.0, "quarterly", "3 quarters"),
        (float("inf"), "monthly", "not within reach"),
        (float("nan"), "monthly", ""),
    ],
)
def test_a_wait_in_words(periods, cadence, said):
    assert view.wait(Detectability(1, 2, periods, cadence, 10, "cases")) == said


def test_a_condition_in_words():
    inputs = faulty().recommendation.inputs
    assert view.condition(Term("events", ">=", 30), inputs) == "outcome events in a payment period at least 30"
    assert view.condition(Term("measurement_cost", "<=", 0.05), inputs) == "cost of measuring at most 5%"
    assert view.condition(Term("urgent", "=", 0), inputs) == "urgent: no"
