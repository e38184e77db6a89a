import pytest

from rdclib.indicators import compute
from tests import build


def city(*rows):
    return build.records(
        build.contract("large", current_amount=300, vendor_id="V1"),
        build.contract("small", current_amount=100, vendor_id="V2"),
        *rows,
    )


@pytest.mark.parametrize(("id", "column"), [("RD01", "goal_text"), ("RD02", "metrics")])
def test_value_of_key_contracts_that_have_it(id, column):
    records = city(
        build.coding("large", **{column: "more families housed"}),
        build.coding("small", **{column: "  "}),
        build.coding("not-in-the-register", **{column: "x"}),
    )

    result = compute(id, records, minimum_n=1)

    assert result.value == pytest.approx(0.75)
    assert result.left_out.to_dict() == {"no amount in the register": 1}


def test_contracts_that_are_not_key_do_not_count():
    records = city(build.coding("large", goal_text="x", is_key=False), build.coding("small", goal_text="x"))

    assert compute("RD01", records, minimum_n=1).n == 1


def test_the_newest_reading_of_the_first_coder_counts():
    records = city(
        build.coding("small", goal_text=None),
        build.coding("small", goal_text="second coder", coder="Ben"),
        build.coding("small", goal_text="mended"),
    )

    result = compute("RD01", records, minimum_n=1)

    assert (result.value, result.n) == (1.0, 1)


@pytest.mark.parametrize(("day", "fresh"), [("2024-04-01", 1.0), ("2024-03-31", 0.0), (None, 0.0)])
def test_fresh_data_is_of_the_last_90_days(day, fresh):
    other = build.coding("large", last_data_date="2024-06-30")

    result = compute("RD03", city(other, build.coding("small", last_data_date=day)), minimum_n=1)

    assert result.value == (1 + fresh) / 2


@pytest.mark.parametrize(("id", "column"), [("RD03", "last_data_date"), ("RD06", "meeting_date")])
def test_a_later_day_hides_what_was_before_it(id, column):
    records = city(build.coding("large", **{column: "2024-06-30"}), build.coding("small", **{column: "2024-07-01"}))

    result = compute(id, records, minimum_n=1)

    assert (result.value, result.n) == (1.0, 1)
    assert result.left_out.to_dict() == {"dated after the day of the report": 1}


def test_a_meeting_of_the_log_counts_beside_a_later_one():
    records = city(
        build.coding("small", meeting_date="2024-07-01"),
        build.action("a", contract_id="small", meeting_date="2024-06-01"),
    )

    assert (compute("RD06", records, minimum_n=1).value, compute("RD06", records, minimum_n=1).n) == (1.0, 1)


def test_incentives_by_value():
    records = city(build.coding("large", incentive_flag=False), build.coding("small", incentive_flag=True))

    assert compute("RD04", records, minimum_n=1).value == pytest.approx(0.25)


def test_money_at_risk():
    records = city(build.coding("large", at_risk_amount=30), build.coding("small"))

    result = compute("RD05", records, minimum_n=1)

    assert (result.value, result.n) == (pytest.approx(0.1), 1)


@pytest.mark.parametrize(("at_risk", "counts"), [(-0.01, 0), (0, 1), (100, 1), (100.01, 0)])
def test_an_amount_at_risk_beyond_the_contract_s_own_is_not_counted(at_risk, counts):
    result = compute("RD05", city(build.coding("small", at_risk_amount=at_risk)), minimum_n=1)

    assert result.n == counts
    reason = "no amount at risk between zero and the contract's amount"
    assert result.left_out.to_dict() == ({} if counts else {reason: 1})


@pytest.mark.parametrize(("day", "met"), [("2024-03-31", 1.0), ("2024-03-30", 0.0)])
def test_a_review_meeting_in_the_last_quarter(day, met):
    # From 31 March to 30 June are 91 days.
    assert compute("RD06", city(build.coding("small", meeting_date=day)), minimum_n=1).value == met


def test_a_meeting_in_the_action_log_counts_too():
    records = city(
        build.coding("small", meeting_date="2023-01-01"),
        build.action("a", contract_id="small", meeting_date="2024-06-01"),
    )

    assert compute("RD06", records, minimum_n=1).value == 1.0


def test_decisions_with_a_written_review():
    records = city(
        build.coding("large", decision_id="renewal", review_doc="memo.pdf"),
        build.coding("small", decision_id="award"),
        build.coding("third"),
    )

    result = compute("RD07", records, minimum_n=1)

    assert (result.value, result.n) == (0.5, 2)


def test_vendors_compare_when_they_share_a_metric():
    records = build.records(
        *[build.contract(name, vendor_id=name) for name in ("a", "b", "c", "alone")],
        build.contract("a2", vendor_id="a"),
        build.coding("a", service_group="shelter", metric_id="HS01; HS02"),
        build.coding("b", service_group="shelter", metric_id="HS02"),
        build.coding("c", service_group="shelter", metric_id="HS09"),
        build.coding("alone", service_group="mowing", metric_id="HS02"),
        build.coding("a2", service_group="food", metric_id="HS02"),
    )

    result = compute("RD08", records, minimum_n=1)

    assert (result.value, result.n) == (pytest.approx(2 / 3), 3)


@pytest.mark.parametrize(("n", "asked"), [(6, 0), (7, 0), (8, 1)])
def test_more_than_seven_metrics_are_a_question(n, asked):
    result = compute("RD09", city(build.coding("small", metric_id=";".join(f"M{i}" for i in range(n)))))

    assert (result.value, result.flags["fired"].tolist()) == (n, [asked])


@pytest.mark.parametrize(("closed", "kept"), [("2024-03-01", 1.0), ("2024-03-02", 0.0), (None, 0.0)])
def test_actions_closed_by_their_day(closed, kept):
    records = build.records(
        build.action("due", action_due="2024-03-01", action_closed=closed, status="open"),
        build.action("dropped", action_due="2024-03-01", status="dropped"),
        build.action("due-later", action_due="2024-07-01"),
    )

    result = compute("RD10", records, minimum_n=1)

    assert (result.value, result.n) == (kept, 1)
    assert result.left_out.to_dict() == {"dropped": 1}
