"""A register of forty contracts gives a useful report that does not over-read."""

import pytest

from rdclib.indicators import compute_all
from tests import build


@pytest.fixture(scope="module")
def results():
    rows = []
    for i in range(40):
        month = 7 + i % 6
        rows.append(
            build.contract(
                f"c{i}",
                department=("Parks", "Police", "Works")[i % 3],
                vendor_id=f"V{i % 12}",
                number_of_bids=1 + i % 4,
                award_date=f"2023-{month:02d}-15",
                signed_date=f"2023-{month:02d}-25",
                start_date=f"2023-{month:02d}-20",
                end_date="2025-12-31",
                original_amount=10_000 + 900 * i,
                current_amount=10_000 + 1_000 * i,
                award_amount=10_000 + 900 * i,
            )
        )
    return compute_all(build.records(*rows))


def test_it_has_what_forty_contracts_can_tell(results):
    for id in ("PF01", "CN02", "CP01", "CP02", "CT05", "CT06", "AM03", "EX02"):
        assert results[id].computed, id


def test_it_refuses_what_forty_contracts_cannot_tell(results):
    for id in ("CN07", "CP16", "IN03", "CP10", "CP13"):
        assert not results[id].computed, id
        assert results[id].note, id


def test_intervals_are_as_wide_as_forty_contracts_make_them(results):
    single = results["CP02"]

    # 10 of 40: Wilson 14.2% to 40.2%.
    assert (single.value, single.n) == (0.25, 40)
    assert (round(single.low, 3), round(single.high, 3)) == (0.142, 0.402)
    assert (single.verdict, single.verdict_sure) == ("poor", False)
