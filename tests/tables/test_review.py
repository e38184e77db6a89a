"""Tables of a review: raw values as data, city text as it is, nothing where there is nothing."""

import re
from dataclasses import replace

import pytest

from rdclib import tables
from tests.review.shown import EVIL, nothing, shown

ALWAYS = ("actions_due", "actions_open", "meeting_agenda")
SOMETIMES = (
    "headline_summary", "headlines",
    "results", "vendor_comparison", "case_mix", "group_gaps", "change_effects", "outcome_costs", "payments_due",
    "vendor_ratings", "past_performance", "contract_memos", "pathway", "pathway_by_month", "remarks",
)  # fmt: skip


@pytest.mark.parametrize("name", SOMETIMES)
def test_a_table_without_rows_is_not_shown(name):
    assert getattr(tables, name)(nothing()) is None


@pytest.mark.parametrize("name", [n for n in (*ALWAYS, *SOMETIMES) if n not in ("case_mix", "actions_open_none")])
def test_every_table_has_a_caption_and_an_id_of_its_own(name):
    table = getattr(tables, name)(shown())
    assert table.caption
    assert table.id


def test_ids_are_unique_in_the_report():
    made = [getattr(tables, name)(shown()) for name in (*ALWAYS, *SOMETIMES)]
    ids = [table.id for table in made if table is not None]
    assert len(ids) == len(set(ids))


def column(table, name):
    place = [c.name for c in table.columns].index(name)
    return [row[place] for row in table.rows]


def test_vendors_are_listed_by_name_with_numbers_as_data():
    table = tables.vendor_comparison(shown())

    assert column(table, "name")[:6] == [EVIL, "V0", "V2", "V3", "V4", "V5"]
    assert column(table, "flag")[0] == "below 99.8%"
    assert table.texts()[0][4:6] == ("36%", "33–38%")


def test_hidden_groups_keep_their_row_and_lose_their_numbers():
    table = tables.group_gaps(shown())
    rows = {row[1]: row for row in table.texts()}

    assert rows["Language: Tongan"][2:] == ("hidden",) + ("–",) * 7
    assert rows["Language: English"][2] == "reference"
    assert rows["Language: Spanish"][2] == "–"
    assert rows["Language: Spanish"][9] == "−30 to −9 points"
    assert rows["Language: Spanish"][6] == "0.67"
    assert rows["Language: Spanish"][8] == "−20 points"


def test_a_remark_is_made_once_with_the_charts_it_is_about():
    rows = tables.remarks(shown()).texts()
    assert rows == (
        ("New limits from January 1, 2023: Second team", "1", "Done well (V0)"),
        (
            "Run chart of 0 useful points: below 10 the rules find next to nothing.",
            "2",
            "Cases done by their target date (all 2)",
        ),
    )


@pytest.mark.parametrize(
    ("baseline", "rule"),
    [
        (0.6, "the larger of (result − 50%) / (70% − 50%), between 0 and 1, and (result − 60%) / (70% − 60%), "
              "between 0 and 1."),
        (0.7, "(result − 50%) / (70% − 50%), between 0 and 1; no credit for improvement, since the baseline lies at "
              "the target or beyond."),
        (0.8, "(result − 50%) / (70% − 50%), between 0 and 1; no credit for improvement, since the baseline lies at "
              "the target or beyond."),
    ],
)  # fmt: skip
def test_an_improvement_credit_is_written_so_that_it_can_be_done_by_hand(baseline, rule):
    (one,) = shown().payments
    credit = replace(one, design=one.design.model_copy(update={"kind": "improvement credit", "baseline": baseline}))
    (note,) = tables.payments_due(replace(shown(), payments=(credit,))).notes
    assert note.startswith(f"Bonus: $1,000 × {rule}")


def test_a_ceiling_is_part_of_what_can_be_done_by_hand():
    (one,) = shown().payments
    capped = replace(one, design=one.design.model_copy(update={"ceiling": 5000.0}))
    (note,) = tables.payments_due(replace(shown(), payments=(capped,))).notes
    assert (
        "between 0 and 1. At most $5,000 to one vendor over the term, of which earlier periods are not in these lines."
        in note
    )


def test_costs_have_days_only_beside_a_change_and_constant_prices_only_with_an_index():
    table = tables.outcome_costs(shown())
    assert table.caption == "Cost per outcome: Done well"
    assert [c.name for c in table.columns] == ["vendor", "label", "start", "end", "paid", "outcomes", "cost"]
    costs = tuple(replace(c, table=c.table[c.table["label"].str.startswith("FY")]) for c in shown().costs)
    table = tables.outcome_costs(replace(shown(), costs=costs))
    assert [c.name for c in table.columns] == ["vendor", "label", "paid", "outcomes", "cost"]
    table = tables.outcome_costs(replace(shown(), costs=tuple(replace(c, base_year="2024") for c in costs)))
    assert table.columns[-1].name == "cost_constant"


def test_a_vendor_far_from_the_others_is_marked_and_a_target_band_has_two_ends():
    review = shown()
    row = next(row for row in tables.headlines(review).texts() if row[1] == EVIL)
    assert (row[4], row[-1]) == ("70%", "far below")
    banded = tuple(replace(h, target=0.6, target_high=0.8) for h in review.pack.headlines)
    rows = tables.headlines(replace(review, pack=replace(review.pack, headlines=banded))).texts()
    assert {row[4] for row in rows} == {"60–80%"}


def test_payments_can_be_done_by_hand():
    table = tables.payments_due(shown())
    names = [c.name for c in table.columns]
    row = next(dict(zip(names, row, strict=True)) for row in table.texts() if row[0] == "V0")

    assert (row["result"], row["paid"]) == ("80%", "$1,000")
    assert table.notes[0].startswith("Bonus: $1,000 × (result − 50%) / (70% − 50%), between 0 and 1. Total $")
    # 57% a month pays 1,000 × (0.57 − 0.50) / 0.20
    paid = {r.value: p for r, p in zip(column(table, "result"), column(table, "paid"), strict=True) if r.value}
    assert paid[0.57] == pytest.approx(350)


def test_effects_carry_their_intervals():
    (row,) = tables.change_effects(shown()).texts()
    assert row[0] == "A second team"
    assert row[2] == "lasting improvement"
    assert re.fullmatch(r"\d+ \(\d+–\d+ points\)", row[5])


def test_a_reviewer_has_a_column_once_there_is_one():
    assert tables.vendor_ratings(shown()).columns[-1].name == "rater"
    rated = shown().ratings
    named = replace(rated, table=rated.table.assign(reviewer="Ben"))
    assert column(tables.vendor_ratings(replace(shown(), ratings=named)), "reviewer")[0] == "Ben"


def test_actions_due_say_how_late_they_are():
    table = tables.actions_due(shown())
    assert column(table, "action") == ["Call <i>them</i>"]
    assert table.texts()[0][-1] == "29 days"
    assert column(tables.actions_open(shown()), "action") == ["Later"]


def test_the_agenda_adds_up():
    assert [row[0] for row in tables.meeting_agenda(shown()).rows] == ["0–5", "5–15", "15–45", "45–55", "55–60"]


def test_newcomers_are_said_to_be_neutral():
    table = tables.past_performance(shown())
    assert column(table, "vendor") == ["V0"]
    assert "5 vendors without a rating that counts: neutral, 2" in table.notes[1]
