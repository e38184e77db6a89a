import pytest

from rdclib.indicators import compute, portfolio
from rdclib.indicators.frames import Frames
from tests import build


def test_active_contracts_are_those_in_force_today():
    records = build.records(
        build.contract("ends-today", end_date="2024-06-30", current_amount=10),
        build.contract("ended-yesterday", end_date="2024-06-29", current_amount=100),
        build.contract("starts-today", start_date="2024-06-30", current_amount=20),
        build.contract("starts-tomorrow", start_date="2024-07-01", current_amount=200),
        build.contract("open-ended", end_date="2099-12-31", end_date_open=True, current_amount=40),
        build.contract("terminated", status="terminated", current_amount=400),
        build.contract("other-currency", currency="EUR", current_amount=800),
    )

    result = compute("PF01", records)

    assert (result.value, result.n) == (70, 3)
    assert result.left_out.to_dict() == {"other currency": 1}


def test_an_order_under_a_counted_master_agreement_does_not_count_twice():
    records = build.records(
        build.contract("master", agreement_kind="master", current_amount=100),
        build.contract("order", agreement_kind="order", parent_contract_id="master", current_amount=30),
        build.contract("order-elsewhere", agreement_kind="order", parent_contract_id="state", current_amount=5),
    )

    result = compute("PF01", records)

    assert (result.value, result.n) == (105, 2)
    assert result.left_out["order under a master agreement that is counted"] == 1


def test_annualised_value_is_per_year_and_short_terms_count_as_a_month():
    records = build.records(
        # 1,461 days are four years.
        build.contract("four-years", start_date="2023-01-01", end_date="2026-12-31", current_amount=400),
        build.contract("a-week", start_date="2024-06-28", end_date="2024-07-04", current_amount=1),
        build.contract("open-ended", end_date=None, current_amount=7),
    )

    result = compute("PF02", records)

    assert result.value == pytest.approx(100 + 12)
    assert result.left_out["no real end date"] == 1


def test_spend_under_contract_counts_addressable_money_only():
    records = build.records(
        build.payment(60, contract_id="C1"),
        build.payment(40),
        build.payment(-20, contract_id="C1"),
        build.payment(1_000, exclusion_flag=True),
        build.payment(500, currency="EUR"),
    )

    result = compute("PF03", records, minimum_n=1)

    assert result.value == pytest.approx(40 / 80)
    assert result.left_out.to_dict() == {"not addressable": 1, "other currency": 1}


@pytest.mark.parametrize(("largest", "share"), [(80, 1 / 3), (79, 2 / 3)])
def test_pareto_point_is_where_80_percent_is_reached(largest, share):
    records = build.records(
        build.payment(largest, vendor_id="largest"),
        build.payment(15, vendor_id="second"),
        build.payment(85 - largest, vendor_id="third"),
    )

    assert compute("PF04", records, minimum_n=1).value == pytest.approx(share)


def test_field_completeness_counts_cells_of_columns_that_the_city_keeps():
    records = build.records(
        build.vendor("full", vendor_place="Testville"),
        build.vendor("no-place"),
    )

    result = compute("PF05", build.records(build.contract("c", vendor_name="A")), minimum_n=1)
    rows = portfolio.field_completeness(Frames(records))

    assert result.value == 1.0
    found = rows.set_index("part")[["value", "weight"]].T.to_dict("list")
    assert found == {"vendors.vendor_id": [2, 2], "vendors.vendor_name": [2, 2], "vendors.vendor_place": [1, 2]}


def test_overview_adds_up_the_same_contracts_four_ways():
    records = build.records(
        build.contract("a", current_amount=100, contract_type="grant", start_date="2023-06-30"),
        build.contract("b", current_amount=50, department=None, vendor_id="V2", start_date="2023-07-01"),
        build.contract("cancelled", current_amount=900, status="cancelled"),
    )

    overview = portfolio.overview(records)

    assert (overview.value, overview.n, overview.vendors) == (150, 2, 2)
    for table in (overview.by_department, overview.by_vendor, overview.by_type, overview.by_year):
        assert (table["value"].sum(), table["n"].sum()) == (150, 2)
    assert list(overview.by_year["label"]) == ["FY2023", "FY2024"]
    assert list(overview.by_department["label"]) == ["Parks", "not given"]
    assert overview.left_out.to_dict() == {"cancelled": 1}


@pytest.mark.parametrize(("credit", "share"), [(0, 1.0), (-0.01, None), (-60, None)])
def test_where_credits_outweigh_there_is_no_share_of_money(credit, share):
    # 100 under contract of 100 in all is the whole; of 40 it would be 250%.
    records = build.records(build.payment(100, contract_id="c"), build.payment(credit))

    result = compute("PF03", records, minimum_n=1)

    assert (result.value if result.computed else None) == share
    assert result.n == 2
    if share is None:
        assert result.note == (
            "The amounts that count, with their credits, give no share between 0% and 100%, so no value is given."
        )


def test_a_department_whose_credits_outweigh_has_no_share_and_the_city_has_one():
    records = build.records(
        build.payment(100, contract_id="c", department="Parks"),
        build.payment(-60, department="Parks"),
        build.payment(160, department="Police"),
    )

    result = compute("PF03", records, minimum_n=1)

    assert result.value == 0.5
    assert result.by_department.set_index("department")["value"].isna().to_dict() == {"Parks": True, "Police": False}


def test_contracts_of_another_year_are_not_even_left_out():
    past = {"award_date": "2010-01-01", "signed_date": "2010-01-01", "start_date": "2010-01-01"}
    records = build.records(
        build.contract("now", current_amount=100),
        build.contract("cancelled-now", status="cancelled"),
        build.contract("cancelled-then", status="cancelled", end_date="2011-01-01", **past),
        build.contract("pending-then", status="pending", end_date="2011-01-01", **past),
    )

    assert portfolio.overview(records).left_out.to_dict() == {"cancelled": 1}
    assert compute("CN02", records, minimum_n=1).left_out.to_dict() == {
        "cancelled, pending, or an order whose master agreement is counted": 1
    }
