"""Our red flags give what Cardinal (Open Contracting Partnership) expects of its own fixtures."""

import json

import pytest

from rdclib.catalogue import load_indicators
from rdclib.indicators import competition, compute
from rdclib.indicators.frames import Frames
from tests import build

FINAL = {"active": "active", "cancelled": "cancelled", "unsuccessful": "cancelled"}


def records_of(path, **facts):
    """Records of compiled releases, read by the standard's words and nothing of ours."""
    rows = []
    for line in path.read_text().splitlines():
        release = json.loads(line)
        ocid, tender = release["ocid"], release.get("tender", {})
        period = tender.get("tenderPeriod", {})
        buyer = release.get("buyer", {}).get("id")
        rows.append(
            build.solicitation(
                ocid,
                department=buyer,
                procurement_method=tender.get("procurementMethod"),
                method_detail=tender.get("procurementMethodDetails"),
                number_of_bids=tender["numberOfTenderers"] if tender.get("numberOfTenderers", -1) >= 0 else None,
                posted_date=day(period.get("startDate")),
                bid_deadline=day(period.get("endDate")),
                solicitation_status=tender.get("status"),
            )
        )
        winners = set()
        for place, award in enumerate(release.get("awards", [])):
            suppliers = [supplier["id"] for supplier in award.get("suppliers", [])]
            # An award with a status that the standard does not know is not final.
            status = FINAL.get(award.get("status"), "pending")
            winners |= set(suppliers) if status == "active" else set()
            codes = [item["classification"]["id"] for item in award.get("items", [])]
            name = f"{ocid}/{place}"
            rows.append(
                build.contract(
                    name,
                    solicitation_id=ocid,
                    department=buyer,
                    vendor_id=suppliers[0] if suppliers else None,
                    item_codes=";".join(codes) or None,
                    status=status,
                    **dict.fromkeys(("award_date", "signed_date", "start_date", "end_date", "procurement_method")),
                )
            )
            rows += [build.contract_vendor(name, supplier) for supplier in suppliers]
        for place, bid in enumerate(release.get("bids", {}).get("details", [])):
            value = bid.get("value", {})
            for tenderer in bid.get("tenderers", [{}]):
                rows.append(
                    build.bid(
                        ocid,
                        tenderer.get("id"),
                        value.get("amount"),
                        bid_id=str(place),
                        currency=value.get("currency"),
                        bid_status=bid["status"],
                        bid_received_date=day(bid.get("date")),
                        won=tenderer.get("id") in winners,
                    )
                )
    return build.records(*rows, period="FY2000", fiscal_year_start="01-01", **facts)


def day(text):
    return text.rstrip("Z") if text and text != "invalid" else None


def flagged(records, indicator_id, code, minimum_n=1):
    """What is flagged, by the id of the solicitation, department or vendor."""
    result = compute(indicator_id, records, minimum_n=minimum_n)
    raised = result.flagged(code)
    if indicator_id in ("CP02", "CP07"):
        ids = records.solicitations["solicitation_id"]
        return dict(zip(ids[raised.index], [1.0] * len(raised), strict=True))
    return dict(zip(raised["unit"], raised["value"], strict=True))


@pytest.fixture
def fixtures(shared):
    return shared / "data" / "ocds" / "cardinal_red_flag_fixtures"


def expected(fixtures, name, code, group="OCID"):
    answers = json.loads((fixtures / f"{name}.expected").read_text()).get(group, {})
    return {key: values[code] for key, values in answers.items()}


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("R003", {}),
        ("R003-threshold-10", {"default": 10}),
        ("R003-procurement_method_details-x-5-y-10", {"x": 5, "y": 10}),
        ("R003-procurement_methods-open+selective", {"default": 0, "open": 15, "selective": 15}),
    ],
)
def test_r003_short_notice(fixtures, name, limits):
    records = records_of(fixtures / f"{name}.jsonl", bid_window_days=limits)

    assert flagged(records, "CP07", "R003") == expected(fixtures, name, "R003")


def test_r018_single_bid(fixtures):
    records = records_of(fixtures / "R018.jsonl")

    assert flagged(records, "CP02", "R018") == expected(fixtures, "R018", "R018")


@pytest.mark.parametrize(("code", "indicator_id"), [("R024", "CP10"), ("R058", "CP10")])
def test_price_gaps(fixtures, code, indicator_id):
    records = records_of(fixtures / f"{code}.jsonl", fixed_price_methods=["NPC", "EXC"])

    assert flagged(records, indicator_id, code) == expected(fixtures, code, code)


@pytest.mark.parametrize(
    ("code", "indicator_id"), [("R028", "CP11"), ("R030", "CP14"), ("R035", "CP12"), ("R036", "CP12")]
)
def test_flags_of_a_process(fixtures, code, indicator_id):
    records = records_of(fixtures / f"{code}.jsonl", fixed_price_methods=["NPC", "EXC"])
    values = expected(fixtures, code, code)

    found = flagged(records, indicator_id, code)

    assert set(found) == set(values)
    if code == "R035":
        assert found == values


def test_r025_unsuccessful_bidders(fixtures):
    records = records_of(fixtures / "R025.jsonl")

    assert flagged(records, "CP13", "R025") == expected(fixtures, "R025", "R025", "Tenderer")


def test_r038_departments(fixtures):
    frames = Frames(records_of(fixtures / "R038.jsonl"))

    rows = competition.disqualified_bids(frames, department_processes=1)

    raised = rows[rows["flag R038"]]
    assert dict(zip(raised["unit"], raised["value"], strict=True)) == expected(fixtures, "R038", "R038", "Buyer")


def test_r038_bidders(fixtures):
    frames = Frames(records_of(fixtures / "R038-tenderer.jsonl"))

    rows = competition.disqualified_bids(frames, bidder_bids=1)

    raised = rows[rows["flag R038"]]
    assert dict(zip(raised["unit"], raised["value"], strict=True)) == expected(
        fixtures, "R038-tenderer", "R038", "Tenderer"
    )


def test_r048_heterogeneous_vendors(fixtures):
    name = "R048-minimum_contracting_processes-1"
    frames = Frames(records_of(fixtures / f"{name}.jsonl"))

    rows = competition.category_spread(frames, awards=1)

    raised = rows[rows["flag R048"]]
    assert dict(zip(raised["unit"], raised["value"], strict=True)) == expected(fixtures, name, "R048", "Tenderer")


def test_all_eleven_flags_of_cardinal_are_asked():
    codes = {code for item in load_indicators() for code in item.ocp_codes}

    assert {"R003", "R018", "R024", "R025", "R028", "R030", "R035", "R036", "R038", "R048", "R058"} <= codes
