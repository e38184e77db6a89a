import datetime
import math
from functools import cache

from rdclib import assessment as stage
from rdclib import models, questionnaire, tables
from rdclib.choices import Choices
from rdclib.indicators import compute_all
from rdclib.indicators.frames import Frames
from tests import build

HOSTILE = '=HYPERLINK("http://e")<script>'


def answer(question, role, level, round="1", who="", evidence="memo"):
    return {
        "round": round,
        "respondent": who or role,
        "role": role,
        "question": question,
        "answer": str(level),
        "evidence": evidence,
    }


@cache
def nothing_computed():
    return compute_all(build.records())


def whole(rows=(), answers=(), **decided):
    """An assessment as `assess` makes it, from rows instead of files; indicators only of solicitations."""
    records = build.records(*rows)
    frames = Frames(records)
    choices = models.read(Choices, {"assessment": decided}, "choices.yaml").assessment
    results = compute_all(frames) if len(records.solicitations) else nothing_computed()
    return stage.assess_frames(frames, results, questionnaire.score(list(answers)), choices)


def test_levels_are_printed_with_one_decimal_and_kept_whole_as_data():
    rows = [answer("Q01", "finance", 1), answer("Q01", "procurement", 2), answer("Q02", "finance", 2)]
    table = tables.practice(questionnaire.score(rows))

    # (1 x 1.5 + 1.5 x 2) / 2.5
    assert table.rows[0][1] == 1.8
    assert table.texts()[0][:3] == ("Portfolio and pipeline", "1.8", "1.8")
    assert table.texts()[1][1] == "–"
    assert [c.name for c in table.columns] == [
        "activity",
        "score",
        "evidenced",
        "questions",
        "not_known",
        "disagreements",
    ]
    assert "People who answered: procurement 1, finance 1." in table.notes


def test_a_second_round_adds_its_change():
    rows = [answer("Q01", "finance", 1), answer("Q01", "finance", 3, round="2")]
    table = tables.practice(questionnaire.score(rows))

    assert table.columns[3].header == "Change since round 1"
    assert [row[3] for row in table.rows[:2]] == [2.0, None]
    assert "Changes compare the questions and roles that both rounds have." in table.notes


def test_withheld_vendors_are_named_in_a_note():
    table = tables.practice(questionnaire.score([answer("Q10", "vendor", 1), answer("Q10", "finance", 1)]))
    assert "Vendors’ answers to Q10 are neither shown nor counted: fewer than three answered." in table.notes


def test_gaps_say_what_to_aim_for():
    table = tables.practice_gaps(questionnaire.score([answer("Q06", "finance", 1)]))

    assert table.texts() == (
        ("Q06 Outcome goals", "1.0", "About three outcome goals, tied to a priority of the city", "small", "1", "RDC1"),
    )


def test_disagreements_list_roles_from_high_to_low():
    rows = [answer("Q23", "vendor", 1, who=f"v{k}") for k in range(3)] + [answer("Q23", "procurement", 4)]
    table = tables.practice_disagreements(questionnaire.score(rows))
    assert table.texts() == (("Q23 Joint reviews of data", "procurement 4.0 (1); vendor 1.0 (3)"),)


def test_pipeline_lists_a_hundred_and_counts_the_rest():
    rows = [build.contract(f"c{k}", end_date="2025-01-01", title=HOSTILE, current_amount=5e4) for k in range(102)]
    table = tables.pipeline(whole(rows).pipeline, currency="USD")

    assert len(table.rows) == 100
    assert "2 more contracts start later than these." in table.notes
    assert "<script>" not in table.html()
    assert table.rows[0][3:] == (50_000.0, datetime.date(2025, 1, 1), datetime.date(2024, 2, 6), -145.0)


def test_lead_times_name_their_basis():
    table = tables.lead_times(whole().pipeline)
    assert table.texts() == (("any method", "180 days", "0", "0", "assumed"),)


def test_priorities_show_what_nobody_knows_as_missing():
    rows = [build.contract("c", end_date="2025-01-01", title="Shelter", current_amount=5e4)]
    table = tables.priorities(whole(rows, ratings={"c": {"resident impact": "4"}}).ranking)

    assert table.texts() == (("c", "Shelter", "2.0", "4.0", "–", "–", "4.0", "–", "100%"),)
    assert "3 ratings are unknown and count as anything from 0 to 4." in table.notes


def test_failings_give_one_line_each_with_reasons():
    table = tables.failings(whole(answers=[answer("Q14", "finance", 0)]))

    texts = {row[0]: row[1:] for row in table.texts()}
    assert len(texts) == 7
    assert texts["Vendors have no incentive to get results"] == ("found", "For: Pay for results 0.0 of 4 (1).")
    assert texts["Performance is hardly tracked"] == (
        "cannot be told",
        "Nobody answered on short set of metrics and delivery of data, and the city’s records do not allow key value "
        "with outcome metrics (RDC2) and fresh performance data.",
    )


def test_failings_that_nobody_can_tell_are_one_line_where_nobody_has_answered():
    (row,) = tables.failings(whole()).texts()

    assert row[0].startswith("Procurement is run as a back office; The contract type does not fit the goal; ")
    assert row[0].count("; ") == 6
    assert row[1:] == (
        "cannot be told",
        "Nobody has answered the practice questionnaire, and the city’s records do not tell.",
    )


def test_contracts_to_read_are_listed():
    rows = [build.contract("a"), build.contract("b", title="Shelter"), build.coding("a")]
    table = tables.contract_coding(whole(rows, key_contracts=["a", "b"]).coding, currency="USD")
    assert table.texts() == (("b", "Shelter", "Parks", "$100,000"),)


def test_tables_without_rows_show_nothing():
    empty = whole()
    assert tables.contract_coding(empty.coding, currency="USD") is None
    assert tables.practice(empty.practice) is None
    assert tables.practice_gaps(empty.practice) is None
    assert tables.practice_disagreements(empty.practice) is None
    assert tables.practice_beside_data(empty) is None
    assert tables.pipeline(empty.pipeline, currency="USD") is None
    assert tables.priorities(empty.ranking) is None


def test_plan_marks_what_is_overdue():
    steps = [{"step": HOSTILE, "owner": "Ana", "due": "2024-06-29", "question": "Q03"}]
    table = tables.improvement_plan(whole(plan=steps))

    assert table.rows[0][1:] == ("Ana", datetime.date(2024, 6, 29), "overdue", "Q03 Early start")
    assert "<script>" not in table.html()
    assert tables.improvement_plan(whole()).notes[0].startswith("Nothing is planned yet")


def test_beside_prints_each_value_in_its_own_unit():
    rows = [build.solicitation(f"s{k}", number_of_bids=1 + k % 2) for k in range(20)]
    table = tables.practice_beside_data(whole(rows, answers=[answer("Q09", "finance", 3)]))

    texts = {row[2][:4]: row for row in table.texts()}
    assert texts["CP02"][1:] == ("3.0", "CP02 Single-bid rate", "50%", "20", "data say otherwise")
    assert texts["CP04"][3] == "1.5"
    assert not math.isnan(table.rows[0][4])
