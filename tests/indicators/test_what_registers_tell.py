"""A register is what it is: what it cannot tell is not computed, and what is assumed is held against nothing."""

import pytest

from rdclib.assessment import failings, hot_spots
from rdclib.indicators import compute, compute_all, concentration
from rdclib.indicators.frames import Frames
from rdclib.indicators.rows import unknown
from rdclib.questionnaire import score
from rdclib.tables.indicators import reading
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
    assert result.tentative
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


def methods(known, silent):
    return build.records(
        *(build.contract(f"K{k}", procurement_method="direct") for k in range(known)),
        *(build.contract(f"S{k}", procurement_method=None) for k in range(silent)),
    )


@pytest.mark.parametrize(("known", "silent", "read"), [(49, 51, False), (50, 50, True), (51, 49, True)])
def test_what_is_known_of_fewer_than_half_is_shown_but_not_read(known, silent, read):
    result = compute("CP06", methods(known, silent))

    assert (result.value, result.n) == (1.0, known)
    assert (result.verdict, result.verdict_sure) == (("poor", True) if read else ("", False))
    assert result.tentative is not read
    assert (
        "Known for 49% of the records that it asks about, too few to speak for the rest." in result.note
    ) is not read


def test_forty_methods_of_thousands_are_no_finding():
    records = methods(40, 7_859)
    frames = Frames(records)
    results = compute_all(frames)

    assert results["CP06"].note.endswith(
        "Known for under 1% of the records that it asks about, too few to speak for the rest."
    )
    assert reading(results["CP06"]) == "not read: too little is known"
    assert not [spot for spot in hot_spots(frames, results) if spot.result.indicator.id in ("CP01", "CP06")]


def test_records_that_the_question_does_not_concern_are_not_unknown():
    direct = [build.solicitation(f"D{k}", procurement_method="direct") for k in range(90)]
    asked = [build.solicitation(f"O{k}", number_of_bids=3) for k in range(10)]

    result = compute("CP02", build.records(*direct, *asked))

    assert result.left_out.to_dict() == {"not competitive": 90}
    assert (result.tentative, result.verdict) == (False, "good")


@pytest.mark.parametrize(("silent", "stands_out"), [(29, True), (30, True), (31, False)])
def test_a_department_whose_answers_are_mostly_unknown_does_not_stand_out(silent, stands_out):
    rows = [build.solicitation(f"W{k}", department="Works", number_of_bids=1) for k in range(30)]
    rows += [build.solicitation(f"U{k}", department="Works", number_of_bids=None) for k in range(silent)]
    rows += [build.solicitation(f"L{k}", department="Library", number_of_bids=4) for k in range(200)]
    frames = Frames(build.records(*rows))

    found = [(spot.department, spot.result.indicator.id) for spot in hot_spots(frames, compute_all(frames))]

    assert (("Works", "CP02") in found) is stands_out


def test_a_value_known_for_too_few_speaks_for_no_failing():
    rows = [build.solicitation(f"K{k}", number_of_bids=1) for k in range(40)]
    rows += [build.solicitation(f"S{k}", number_of_bids=None) for k in range(50)]

    found = next(f for f in failings(score([]), compute_all(build.records(*rows))) if f.id == "F3")

    assert found.verdict == "cannot be told"
    assert "single-bid rate" in found.why_not


@pytest.mark.parametrize(
    ("reason", "silent"),
    [
        ("no amount", True),
        ("method not known", True),
        ("metrics not coded", True),
        ("certification of no bidder known", True),
        ("cancelled", False),
        ("not competitive", False),
        ("not awarded", False),
        ("a single valid bid", False),
        ("lawful small purchase", False),
        ("fewer than 5 contracts of the department in the category", False),
    ],
)
def test_a_reason_says_whether_the_data_are_silent(reason, silent):
    assert unknown([reason]) == [silent]
