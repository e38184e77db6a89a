"""A register is what it is: what it cannot tell is not computed, and what is assumed is held against nothing."""

import pytest

from rdclib.indicators import compute, concentration
from tests import build

OLDER = concentration.OLDER_CONTRACTS


def older(n, **values):
    return [
        build.contract(f"old-{k}", vendor_id=f"W{k}", award_date="2019-08-01", signed_date="2019-08-15", **values)
        for k in range(n)
    ]


def test_contracts_alone_tell_nothing_of_calls_that_led_to_none():
    result = compute("CP09", build.records(*(build.contract(f"C{k}") for k in range(12))))

    assert not result.computed
    assert result.note == (
        "The city sent no list of solicitations, and contracts tell nothing of the calls that led to none. A list of "
        "all solicitations with their status would make it possible."
    )


def test_a_list_of_solicitations_tells_them():
    records = build.records(
        *(build.solicitation(f"S{k}") for k in range(9)),
        build.solicitation("withdrawn", solicitation_status="cancelled"),
    )

    result = compute("CP09", records)

    assert (result.value, result.n) == (0.1, 10)


@pytest.mark.parametrize("id", ["CN06", "CN07"])
@pytest.mark.parametrize(
    ("n", "end_date", "computed"),
    [
        (OLDER - 1, "2026-08-31", True),  # too few older contracts to say that none had ended
        (OLDER, "2026-08-31", False),
        (OLDER, "2023-06-30", True),  # the day before the period
    ],
)
def test_a_register_of_survivors_tells_no_new_vendors(id, n, end_date, computed):
    records = build.records(
        *older(n, end_date=end_date), *(build.contract(f"C{k}", vendor_id=f"V{k}") for k in range(30))
    )

    assert compute(id, records).computed is computed


def test_the_start_of_a_renewal_is_no_competition():
    own = {"award_date": None, "signed_date": None, "start_date": "2023-09-01"}
    records = build.records(build.contract("renewed", **own), build.contract("awarded", award_date="2023-08-01"))

    result = compute("EX05", records, minimum_n=1)

    assert result.n == 1
    assert result.left_out["day of last competition not known"] == 1


def test_slack_that_rests_on_an_assumption_has_no_verdict():
    ends = [build.contract(f"C{k}", end_date="2024-12-31") for k in range(12)]

    result = compute("EX02", build.records(*ends, as_of="2024-06-30"))

    assert result.computed
    assert result.assumed
    assert (result.verdict, result.verdict_sure) == ("", False)


def test_a_log_without_meetings_up_to_today_is_no_meeting():
    records = build.records(
        *(build.contract(f"C{k}") for k in range(5)),
        *(build.coding(f"C{k}", meeting_date=None) for k in range(4)),
        build.coding("C4", meeting_date="2024-06-01"),
        build.action("A1", contract_id="C0", meeting_date="2024-07-09"),
        as_of="2024-06-30",
    )

    result = compute("RD06", records)

    assert (result.value, result.n) == (0.2, 5)
