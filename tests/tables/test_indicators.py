import pytest

from rdclib import tables
from rdclib.indicators import compute, compute_all
from tests import build

CITY = build.records(
    build.solicitation("one-bid", number_of_bids=1),
    build.solicitation("three-bids", number_of_bids=3, department="Police"),
    build.solicitation("cancelled", solicitation_status="cancelled"),
    build.solicitation("no-count"),
)


def single_bids():
    return compute("CP02", CITY, minimum_n=1)


def test_indicator_table_has_value_interval_base_gaps_threshold_and_caveat():
    table = tables.indicators({"CP02": single_bids()}, "competition")

    (row,) = table.texts()
    assert row == ("CP02 Single-bid rate", "50%", "9–91%", "2", "cancelled: 1; no bid count: 1", "poor, not certain")
    assert table.notes[0].startswith("CP02: Up to 10% good; above 20% poor (European Commission")
    assert table.notes[0].endswith(
        f"{single_bids().caveat} Number of bids (solicitations.number_of_bids) is filled in for 2 of 4 rows, under 80%."
    )
    assert [note[:5] for note in table.notes] == ["CP02:"]


def test_breakdown_by_department():
    table = tables.breakdown(single_bids())

    assert table.texts() == (("Parks", "100%", "21–100%", "1"), ("Police", "0%", "0–79%", "1"))


def test_what_cannot_be_told_is_listed_with_its_reason():
    results = compute_all(CITY)

    table = tables.not_computed(results)

    reasons = {}
    for id, result in results.items():
        if not result.computed:
            reasons.setdefault(result.note, []).append(f"{id} {result.indicator.name}")
    assert {why: names.split("; ") for names, why in table.rows} == reasons
    assert all(reasons)


def test_remarks_that_several_indicators_share_are_made_once():
    records = build.records(*(build.contract(f"c{k}", vendor_id=f"V{k}") for k in range(12)))
    results = {id: compute(id, records) for id in ("CN01", "CN02", "CN03")}

    notes = tables.indicators(results, "concentration").notes

    assert [note for note in notes if "no payments" in note] == [
        "CN01, CN02, CN03: The city sent no payments with vendors, so this is the amount of contracts in force in the "
        "period."
    ]


def test_nothing_to_break_down_shows_no_table():
    assert tables.breakdown(compute("CT07", CITY)) is None
    assert tables.breakdown(single_bids(), "part") is None


def test_coverage_lists_the_emptiest_column_first():
    table = tables.coverage({"CP02": single_bids()})

    assert table.texts() == (("Number of bids (solicitations.number_of_bids)", "50%", "4", "CP02"),)


@pytest.mark.parametrize(("known", "listed"), [(94, True), (95, False), (100, False)])
def test_columns_with_gaps_are_those_under_95_percent(known, listed):
    rows = [build.solicitation(f"s{k}", number_of_bids=2 if k < known else None) for k in range(100)]
    table = tables.incomplete_columns({"CP02": compute("CP02", build.records(*rows))})
    assert (table is not None) == listed


def test_a_table_that_the_city_did_not_send_is_no_gap_in_its_columns():
    results = {"CP02": compute("CP02", build.records())}

    assert tables.incomplete_columns(results) is None
    assert tables.coverage(results).texts()[0][1:3] == ("0%", "0")


def test_flags_are_questions_with_how_often_they_were_raised():
    table = tables.flags({"CP02": single_bids()})

    (row,) = table.texts()
    assert row[:5] == ("R018", "Why did only one vendor bid, and who else could have?", "1", "2", "50%")


def test_records_in_question_lead_to_file_and_line():
    table = tables.records_in_question({"CP02": single_bids()}, CITY)

    line = int(CITY.solicitations.loc[0, "source_row"])
    ((code, _, department, value, source),) = table.texts()
    assert (code, department, value, source) == ("R018", "Parks", "1", f"solicitations.csv, line {line}")


def test_only_the_first_records_of_a_question_are_listed_and_all_are_counted():
    city = build.records(*(build.solicitation(f"s{k}", number_of_bids=1) for k in range(12)))
    table = tables.records_in_question({"CP02": compute("CP02", city, minimum_n=1)}, city)

    assert len(table.rows) == 10
    assert table.notes == ("The first 10 of each are shown; in all there are: R018 12.",)


def test_nothing_in_question_shows_no_table():
    city = build.records(build.solicitation("three-bids", number_of_bids=3))

    assert tables.records_in_question({"CP02": compute("CP02", city, minimum_n=1)}, city) is None


def test_breakdowns_list_every_indicator_that_has_a_value():
    table = tables.breakdowns({"CP02": single_bids(), "CP05": compute("CP05", CITY)}, "department")

    assert table.texts() == (
        ("CP02 Single-bid rate", "Parks", "100%", "21–100%", "1"),
        ("CP02 Single-bid rate", "Police", "0%", "0–79%", "1"),
    )


def test_what_a_mix_is_made_of_stands_under_the_table():
    city = build.records(
        build.contract("a", contract_type="unit price", award_amount=300.0, award_date="2024-02-01"),
        build.contract("b", contract_type="grant", award_amount=100.0, award_date="2024-02-01"),
    )
    table = tables.indicators({"TY01": compute("TY01", city, minimum_n=1)})

    assert table.notes[0].endswith("By contract type: unit price 75%, grant 25%.")
