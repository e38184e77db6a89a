import numpy as np
import pytest

from rdclib.indicators import compute, cycle_time
from tests import build


def steps(name, **values):
    usual = {
        "requisition_date": "2023-11-01",
        "posted_date": "2023-12-01",
        "bid_deadline": "2024-01-10",
        "award_date": "2024-03-10",
        "signed_date": "2024-04-09",
    }
    return build.solicitation(name, **(usual | values))


@pytest.mark.parametrize(("id", "days"), [("CT01", 160), ("CT02", 30), ("CT03", 60), ("CT04", 100)])
def test_steps_in_calendar_days(id, days):
    # November has 30 days, December 31, January 31, February 2024 29, March 31.
    result = compute(id, build.records(steps("s")), minimum_n=1)

    assert (result.value, result.n) == (days, 1)


def test_a_step_belongs_to_the_period_in_which_it_ends():
    records = build.records(
        steps("signed-in-it"),
        steps("signed-after", signed_date="2024-07-01"),
        steps("not-signed", signed_date=None),
    )

    assert compute("CT01", records, minimum_n=1).n == 1
    assert compute("CT03", records, minimum_n=1).n == 3


def test_steps_that_cannot_be_measured_are_left_out():
    records = build.records(
        steps("whole"),
        steps("no-requisition", requisition_date=None),
        steps("backwards", requisition_date="2024-05-01"),
        steps("same-day", requisition_date="2024-04-09"),
    )

    result = compute("CT01", records, minimum_n=1)

    assert (result.value, result.n) == (80, 2)
    assert result.left_out.to_dict() == {"no requisition date": 1, "ends before it begins": 1}


def test_a_decision_far_from_the_others_is_asked_about():
    # 60, 61, 62, 63 days again and again: quartiles 61 and 62 or near, fences about 59 and 64.
    rows = [steps(f"s{i}", award_date=f"2024-03-{10 + i % 4}") for i in range(20)]

    result = compute(
        "CT03", build.records(*rows, steps("quick", award_date="2024-01-12"), steps("slow", award_date="2024-06-28"))
    )

    ids = build.records(*rows, steps("quick"), steps("slow")).solicitations["solicitation_id"]
    assert list(ids[result.flagged("R061").index]) == ["quick"]
    assert list(ids[result.flagged("R062").index]) == ["slow"]


def test_contracts_that_wait_long_for_signature():
    rows = [build.contract(f"c{i}", award_date="2024-01-01", signed_date=f"2024-01-{10 + i % 4}") for i in range(20)]

    result = compute(
        "CT05", build.records(*rows, build.contract("waits", award_date="2024-01-01", signed_date="2024-05-01"))
    )

    assert result.flags["fired"].tolist() == [1]
    assert result.value == 11


@pytest.mark.parametrize(("signed", "late"), [("2023-08-31", 0.0), ("2023-09-01", 0.0), ("2023-09-02", 1.0)])
def test_retroactive_is_signed_after_the_first_day(signed, late):
    result = compute("CT06", build.records(build.contract("c", signed_date=signed)), minimum_n=1)

    assert result.value == late
    assert result.note == ("The late ones were signed a median of 1 days after their start." if late else "")


def test_payment_time_and_terms():
    records = build.records(
        build.payment(1, invoice_date="2024-02-01", payment_date="2024-03-02", invoice_terms_days=30),
        build.payment(1, invoice_date="2024-02-01", payment_date="2024-03-03", invoice_terms_days=30),
        build.payment(1, invoice_date="2024-04-01", payment_date="2024-03-02"),
        build.payment(1),
    )

    result = compute("CT07", records, minimum_n=1)

    assert (result.value, result.n) == (30.5, 2)
    assert result.left_out.to_dict() == {"no invoice date": 1, "paid before the invoice came": 1}
    assert result.note == "Paid within the terms: 1 of 2 payments whose terms are known."


@pytest.mark.parametrize(
    ("posted", "kept"), [("2024-01-31", 1.0), ("2024-02-01T23:00", 1.0), ("2024-02-02", 0.0), (None, 0.0)]
)
def test_posted_by_the_planned_day(posted, kept):
    records = build.records(
        build.solicitation("s", planned_post_date="2024-02-01", posted_date=posted),
        build.solicitation("never-planned"),
        build.solicitation("planned-for-later", planned_post_date="2024-08-01", posted_date=None),
    )

    result = compute("CT08", records, minimum_n=1)

    assert (result.value, result.n) == (kept, 1)


def test_stages_count_business_days_when_the_holidays_are_known():
    # Friday 8 March to Friday 22 March 2024: 14 calendar days, 10 weekdays, 9 without the holiday on the 12th.
    row = steps("s", award_date="2024-03-08", signed_date="2024-03-22")

    plain = cycle_time.stages(build.records(row))
    with_holidays = cycle_time.stages(build.records(row, holidays=["2024-03-12"]))

    last = with_holidays.stages.set_index("stage").loc["Contracting"]
    assert (last["median"], last["business_median"], last["n"]) == (14, 9, 1)
    assert not plain.business
    assert np.isnan(plain.stages["business_median"]).all()
