"""What holds for any records: against slow and plain versions, and under changes that must not matter."""

from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib.indicators import compute
from tests import build

LAW = [{"name": "quotes", "amount": 1_000}]
PURCHASES = st.lists(
    st.tuples(st.integers(0, 200), st.integers(100, 1_100), st.sampled_from("AB"), st.sampled_from("XY")),
    min_size=1,
    max_size=12,
)


@settings(max_examples=15, deadline=None)
@given(PURCHASES)
def test_split_purchases_are_those_that_trying_every_window_finds(purchases):
    rows = [
        build.contract(
            f"c{i}",
            award_date=(date(2023, 7, 1) + timedelta(days=day)).isoformat(),
            award_amount=amount,
            department=department,
            vendor_id=vendor,
            procurement_method="direct",
        )
        for i, (day, amount, department, vendor) in enumerate(purchases)
    ]
    expected = {30: set(), 90: set()}
    for window, found in expected.items():
        for _, _, department, vendor in purchases:
            mine = [p for p in purchases if p[2:] == (department, vendor) and p[1] < 1_000]
            for last, *_ in mine:
                inside = [p for p in mine if last - window < p[0] <= last]
                if len(inside) >= 2 and sum(p[1] for p in inside) >= 1_000:
                    found.add(f"{department} / {vendor}")

    result = compute("IN02", build.records(*rows, thresholds=LAW))

    for window, found in expected.items():
        column = f"flag R055-{window}"
        assert set(result.rows.loc[result.rows[column], "unit"]) == found


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(1, 3)), min_size=2, max_size=15))
def test_identical_prices_are_those_that_comparing_every_pair_finds(bids):
    rows = [build.solicitation("s")]
    rows += [build.bid("s", bidder, amount, bid_id=str(i)) for i, (bidder, amount) in enumerate(bids)]
    expected = any(a != b and x == y for (a, x), (b, y) in combinations(bids, 2))

    result = compute("CP11", build.records(*rows))

    assert result.value == expected


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=20), st.integers(1, 5))
def test_concentration_does_not_change_with_the_unit_of_money_or_with_more_lines(amounts, parts):
    one = build.records(*[build.payment(a, vendor_id=f"v{i}") for i, a in enumerate(amounts)])
    split = build.records(
        *[build.payment(a * 7 / parts, vendor_id=f"v{i}") for i, a in enumerate(amounts) for _ in range(parts)]
    )

    for id in ("CN01", "CN02", "CN04", "PF04"):
        first, second = compute(id, one, minimum_n=1), compute(id, split, minimum_n=1)
        assert first.value == pytest.approx(second.value)
        assert first.n == second.n == len(amounts)
    assert compute("CN02", one, minimum_n=1).value >= 10_000 / len(amounts) - 1e-6


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["Parks", "Police", None])), min_size=1, max_size=20))
def test_left_out_and_counted_add_up_to_all(solicitations):
    rows = [
        build.solicitation(f"s{i}", number_of_bids=bids or None, department=department)
        for i, (bids, department) in enumerate(solicitations)
    ]

    result = compute("CP02", build.records(*rows), minimum_n=1)

    if result.coverage[0].share:
        assert result.n + result.left_out.sum() == len(solicitations)
        # Without any department there is nothing to break down by.
        assert result.by_department["n"].sum() == (result.n if any(d for bids, d in solicitations if bids) else 0)
        assert result.low <= result.value <= result.high
