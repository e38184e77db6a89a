import pytest

from rdclib.indicators import compute
from tests import build

VENDORS = (
    build.vendor("certified", vendor_certification="MBE", vendor_place="testville "),
    build.vendor("checked", vendor_certification="none", vendor_place="Elsewhere"),
    build.vendor("unknown"),
)


def test_payments_to_certified_firms_as_prime_and_subcontractor():
    records = build.records(
        *VENDORS,
        build.payment(30, vendor_id="certified", subpayment_amount=10),
        build.payment(70, vendor_id="checked", subpayment_amount=20),
        build.payment(900, vendor_id="unknown"),
        build.payment(900, vendor_id="certified", exclusion_flag=True),
    )

    result = compute("VD01", records, minimum_n=1)

    assert (result.value, result.n) == (0.5, 2)
    assert result.left_out.to_dict() == {"certification not known": 1, "not addressable": 1}


@pytest.mark.parametrize(("share", "verdict"), [(0.79, "poor"), (0.80, "good"), (0.81, "good")])
def test_disparity_ratio_against_availability(share, verdict):
    records = build.records(
        *VENDORS,
        build.payment(share * 25, vendor_id="certified"),
        build.payment(100 - share * 25, vendor_id="checked"),
        certified_availability=0.25,
    )

    result = compute("VD02", records, minimum_n=1)

    assert result.value == pytest.approx(share)
    assert result.verdict == verdict


def test_without_availability_there_is_no_disparity_ratio():
    result = compute("VD02", build.records(*VENDORS, build.payment(1, vendor_id="certified")))

    assert result.note == (
        "Cannot be computed: engagement.yaml gives no certified_availability, the share of certified firms among those "
        "able and willing to do the work. A disparity study has it."
    )


def test_local_vendors_by_the_city_of_their_address():
    records = build.records(
        *VENDORS,
        build.payment(25, vendor_id="certified"),
        build.payment(75, vendor_id="checked"),
        build.payment(9, vendor_id="unknown"),
    )

    result = compute("VD03", records, minimum_n=1)

    assert result.value == 0.25
    assert result.left_out.to_dict() == {"no city of the vendor": 1}


def test_gap_between_awarded_and_paid():
    records = build.records(
        *VENDORS,
        build.contract("a", vendor_id="certified", award_amount=40),
        build.contract("b", vendor_id="checked", award_amount=60),
        build.payment(10, vendor_id="certified"),
        build.payment(90, vendor_id="checked"),
    )

    result = compute("VD04", records, minimum_n=1)

    assert result.value == pytest.approx(0.1 - 0.4)
    assert result.verdict == "poor"
    # Of two vendors a draw holds both, or one of them twice: a gap of -30 points half of the time, else of none.
    assert (result.low, result.high) == (pytest.approx(-0.3), 0.0)
    assert not result.verdict_sure


def test_solicitations_with_a_bid_from_a_certified_firm():
    records = build.records(
        *VENDORS,
        build.solicitation("certified-bid"),
        build.bid("certified-bid", "certified", 1),
        build.bid("certified-bid", "checked", 2),
        build.solicitation("withdrawn"),
        build.bid("withdrawn", "certified", 1, bid_status="withdrawn"),
        build.bid("withdrawn", "checked", 2),
        build.solicitation("nobody-known"),
        build.bid("nobody-known", "unknown", 2),
        build.solicitation("own-word"),
        build.bid("own-word", "unknown", 2, bidder_certification="WBE"),
        build.solicitation("nobody-bid"),
    )

    result = compute("VD05", records, minimum_n=1)

    assert (result.value, result.n) == (pytest.approx(2 / 3), 3)
    assert result.left_out.to_dict() == {"certification of no bidder known": 1}


@pytest.mark.parametrize("turned", [False, True])
def test_a_vendor_listed_twice_is_what_one_of_its_lines_says_in_whatever_order_they_stand(turned):
    lines = [
        build.vendor("twice", vendor_certification="MBE", vendor_place="Testville"),
        build.vendor("twice", vendor_certification="none", vendor_place="Elsewhere"),
    ]
    records = build.records(*(lines[::-1] if turned else lines), build.payment(10, vendor_id="twice"))

    assert compute("VD01", records, minimum_n=1).value == 1.0
    assert compute("VD03", records, minimum_n=1).value == 1.0
