"""From rows to results: periods, gaps, intervals, verdicts, traces."""

import math

import pandas as pd
import pytest

from rdclib import indicators, schemas
from rdclib.catalogue import load_indicators
from rdclib.engagement import Facts
from rdclib.errors import CatalogueError
from rdclib.indicators import compute, compute_all
from rdclib.indicators.compute import _holds, verdict
from rdclib.indicators.frames import frames_of
from tests import build

CATALOGUE = {item.id: item for item in load_indicators()}


def test_every_indicator_is_computed_or_says_why_not():
    results = compute_all(build.records())

    assert list(results) == list(CATALOGUE)
    assert all(math.isnan(result.value) and result.note for result in results.values())


def test_a_single_contract_gives_no_error_and_no_zero_for_what_is_not_known():
    results = compute_all(build.records(build.contract("only")))

    assert all(result.note or result.computed for result in results.values())
    assert math.isnan(results["CT07"].value)


@pytest.mark.parametrize("item", load_indicators(), ids=lambda item: item.id)
def test_catalogue_names_real_columns_settings_and_numbers(item):
    for group in item.required_fields:
        for name in group.split("|"):
            table, column = name.split(".")
            if table == "actions":
                assert column in build.AMENDED_COLUMNS["actions"]
            else:
                declared = schemas.CONTRACT_CODING if table == "coding" else schemas.TABLES[table]
                assert column in declared.columns
    for setting in item.settings:
        name, _, threshold = setting.partition(".")
        assert name in Facts.model_fields
        assert threshold in ("", "small_purchase", "quotes", "formal_bid")
    assert int(item.minimum_n) >= 1
    assert item.caveat
    assert item.period_by
    for rule in filter(None, (item.good_if, item.poor_if)):
        assert _holds(rule, float(rule.lstrip("<>="))) == ("=" in rule)
        assert item.threshold_source


@pytest.mark.parametrize("item", [i for i in load_indicators() if i.question], ids=lambda item: item.id)
def test_every_flag_is_worded_as_a_question(item):
    questions = indicators.questions(item)

    assert questions
    assert all(code and wording.endswith("?") for code, wording in questions.items())


def test_a_count_of_flags_has_questions():
    counted = [item for item in load_indicators() if item.summary == "flag" and not item.measure]

    assert all(item.question for item in counted)


def test_rows_outside_the_period_do_not_count_and_the_last_day_does():
    records = build.records(
        build.solicitation("day-before", bid_deadline="2023-06-30", number_of_bids=1),
        build.solicitation("first-day", bid_deadline="2023-07-01", number_of_bids=1),
        build.solicitation("last-day", bid_deadline="2024-06-30T17:00", number_of_bids=2),
        build.solicitation("day-after", bid_deadline="2024-07-01", number_of_bids=1),
    )

    result = compute("CP02", records, minimum_n=1)

    assert (result.value, result.n) == (0.5, 2)
    assert len(result.left_out) == 0


def test_what_comes_after_today_does_not_count():
    records = build.records(
        build.solicitation("before-today", bid_deadline="2024-03-31", number_of_bids=1),
        build.solicitation("after-today", bid_deadline="2024-04-01", number_of_bids=2),
        as_of="2024-03-31",
    )

    result = compute("CP02", records, minimum_n=1)

    assert (result.value, result.n) == (1.0, 1)
    assert list(result.by_quarter["quarter"]) == ["FY2024-Q1", "FY2024-Q2", "FY2024-Q3"]


def test_a_missing_date_leaves_a_row_out_unless_no_row_has_one():
    undated = {"bid_deadline": None, "posted_date": None}
    some = build.records(
        build.solicitation("dated", number_of_bids=1), build.solicitation("undated", number_of_bids=2, **undated)
    )
    none = build.records(
        build.solicitation("one", number_of_bids=1, **undated), build.solicitation("two", number_of_bids=2, **undated)
    )

    left_out, all_counted = compute("CP02", some, minimum_n=1), compute("CP02", none, minimum_n=1)

    assert (left_out.value, left_out.left_out["no date"]) == (1.0, 1)
    assert (all_counted.value, all_counted.n) == (0.5, 2)
    assert all_counted.note == (
        "The records carry no date for this, so all of them are counted, whatever their period."
    )


def test_by_department_and_quarter_add_up_to_the_whole():
    records = build.records(
        build.solicitation("parks-one", number_of_bids=1, bid_deadline="2023-08-01"),
        build.solicitation("parks-two", number_of_bids=2, bid_deadline="2023-12-31"),
        build.solicitation("police-one", number_of_bids=1, department="Police", bid_deadline="2024-01-01"),
        build.solicitation("nobody-three", number_of_bids=3, department=None, bid_deadline="2024-06-30"),
    )

    result = compute("CP02", records, minimum_n=1)

    by = result.by_department.set_index("department")
    assert by["value"].to_dict() == {"Parks": 0.5, "Police": 1.0, "not given": 0.0}
    assert by["n"].sum() == result.n == 4
    assert list(result.by_quarter["n"]) == [1, 1, 1, 1]
    assert list(result.by_quarter["value"]) == [1.0, 0.0, 1.0, 0.0]
    # Wilson's interval for 1 of 2, from Newcombe (1998): 0.0945 to 0.9055.
    assert by.loc["Parks", "low"] == pytest.approx(0.0945, abs=1e-4)


@pytest.mark.parametrize(("n", "computed"), [(9, False), (10, True), (11, True)])
def test_below_the_minimum_there_is_no_value(n, computed):
    records = build.records(*[build.solicitation(f"s{i}", number_of_bids=2) for i in range(n)])

    result = compute("CP02", records)

    assert result.computed == computed
    assert result.n == n
    if not computed:
        assert result.note == "Records that count: only 9 of the 10 that it takes, so no value is given."


@pytest.mark.parametrize(
    ("value", "side"), [(0.09, "good"), (0.10, "good"), (0.11, "between"), (0.20, "between"), (0.21, "poor")]
)
def test_verdict_below_on_and_above_the_thresholds(value, side):
    assert verdict(CATALOGUE["CP02"], value, value, value) == (side, True)


def test_a_verdict_is_not_sure_when_the_interval_reaches_over_the_threshold():
    assert verdict(CATALOGUE["CP02"], 0.21, 0.15, 0.28) == ("poor", False)


def test_coverage_under_80_percent_warns_but_does_not_refuse():
    def records(known):
        rows = [build.solicitation(f"known-{i}", number_of_bids=2) for i in range(known)]
        return build.records(*rows, *[build.solicitation(f"unknown-{i}") for i in range(100 - known)])

    on, below = compute("CP02", records(80)), compute("CP02", records(79))

    assert (on.warnings, on.value) == ((), 0.0)
    assert below.value == 0.0
    assert below.warnings == (
        "Number of bids (solicitations.number_of_bids) is filled in for 79 of 100 rows, under 80%.",
    )
    assert below.left_out["no bid count"] == 21


def test_what_cannot_be_computed_names_the_column_that_would_help():
    result = compute("CT07", build.records(build.payment(100)))

    assert math.isnan(result.value)
    assert result.note == (
        "Cannot be computed: the city's files have no value for Invoice received (payments.invoice_date). "
        "That column would make it possible."
    )


def test_what_a_person_has_to_read_names_the_form():
    result = compute("RD03", build.records(build.contract("unread")))

    assert result.note == (
        "Cannot be computed yet: Key contract (coding.is_key); Last data (coding.last_data_date). Filling in the form "
        "for reading contracts would make it possible."
    )


def test_rows_lead_back_to_file_and_line():
    records = build.records(
        build.solicitation("three-bids", number_of_bids=3), build.solicitation("one-bid", number_of_bids=1)
    )

    result = compute("CP02", records, minimum_n=1)
    raised = result.sources(result.flagged("R018"), records)

    line = records.solicitations.set_index("solicitation_id").loc["one-bid", "source_row"]
    assert list(raised["source_file"]) == ["solicitations.csv"]
    assert list(raised["source_row"]) == [line]


def test_computing_leaves_the_records_alone():
    records = build.records(build.contract("a"), build.solicitation("b", number_of_bids=1), build.bid("b", "V1", 5))
    before = {name: getattr(records, name).copy() for name in ("contracts", "solicitations", "bids")}

    compute_all(records)

    for name, frame in before.items():
        pd.testing.assert_frame_equal(getattr(records, name), frame)


def test_the_same_records_are_framed_and_computed_once():
    records, others = build.records(build.contract("a")), build.records(build.contract("b"), build.contract("c"))

    assert frames_of(records) is frames_of(records)
    assert compute_all(records) is compute_all(records)
    assert [len(frames_of(one).contracts) for one in (others, records)] == [2, 1]
    assert [compute_all(one)["PF01"].n for one in (others, records)] == [2, 1]


def test_an_unknown_id_says_what_to_do():
    with pytest.raises(CatalogueError) as error:
        compute("XX99", build.records())

    assert str(error.value) == (
        "There is no indicator 'XX99'.\nTake an id of data/catalogue/indicators.csv, for example CP02."
    )
