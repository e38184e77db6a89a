import pytest

from rdclib.indicators import compute
from tests import build

LAW = [{"name": "formal_bid", "amount": 100_000}]


def near(under, over, **values):
    rows = [build.contract(f"u{i}", award_amount=99_000, **values) for i in range(under)]
    return [*rows, *[build.contract(f"o{i}", award_amount=100_000, **values) for i in range(over)]]


def test_bunching_counts_within_ten_percent_of_the_threshold():
    edges = {
        "just-out-below": 89_999.99,
        "just-in-below": 90_000,
        "on": 100_000,
        "in-above": 109_999.99,
        "just-out-above": 110_000,
        "out-above": 110_001,
    }
    rows = [build.contract(name, award_amount=amount) for name, amount in edges.items()]

    result = compute("IN01", build.records(*rows, thresholds=LAW), minimum_n=1)

    assert (result.value, result.n) == (0.5, 3)


@pytest.mark.parametrize(("under", "over", "asked"), [(14, 7, 0), (15, 7, 0), (16, 7, 1)])
def test_bunching_is_asked_about_when_chance_would_seldom_do_it(under, over, asked):
    # 15 or more of 22 come about by chance with probability 0.067, 16 or more of 23 with 0.047 (binomial tables).
    result = compute("IN01", build.records(*near(under, over), thresholds=LAW))

    assert result.value == pytest.approx(under / over)
    assert (result.flags["fired"].item() > 0) == asked


def test_bunching_without_a_single_amount_over_the_threshold_is_the_strongest_of_all():
    result = compute("IN01", build.records(*near(20, 0), thresholds=LAW))

    assert (result.value, result.n, result.verdict) == (float("inf"), 20, "poor")
    assert result.flags["fired"].item() == 20
    assert result.by_department["value"].tolist() == [float("inf")]
    assert result.note.startswith("20 just under and 0 at or just over;")


@pytest.mark.parametrize(
    # 11 of 2¹⁰ throws of a coin give nine heads or more, 1 of 2¹⁰ ten, and 1 of 2¹¹ eleven of eleven.
    ("under", "over", "often"), [(9, 1, "about 11 times"), (10, 0, "about once"), (11, 0, "less than once")]
)  # fmt: skip
def test_how_often_chance_alone_would_bunch_so_is_said_in_plain_numbers(under, over, often):
    note = compute("IN01", build.records(*near(under, over), thresholds=LAW), minimum_n=1).note

    assert note == (
        f"{under} just under and {over} at or just over; were both equally likely, chance would put so many under "
        f"{often} in 1,000."
    )


def test_bunching_uses_the_threshold_in_force_on_the_day():
    law = [
        {"name": "quotes", "amount": 10_000, "valid_to": "2023-12-31"},
        {"name": "quotes", "amount": 20_000, "valid_from": "2024-01-01"},
    ]
    records = build.records(
        build.contract("old-law", award_amount=9_500, award_date="2023-12-31"),
        build.contract("new-law", award_amount=9_500, award_date="2024-01-01"),
        thresholds=law,
    )

    assert compute("IN01", records, minimum_n=1).n == 1


def test_bunching_asks_of_the_contracts_of_the_period_alone():
    # 14 of 21 are not asked about; 16 of 23 would be, but two are of the year before, one is cancelled and one foreign.
    before = [build.contract(f"b{i}", award_amount=99_000, award_date="2023-06-30") for i in range(2)]
    others = [
        build.contract("cancelled", award_amount=99_000, status="cancelled"),
        build.contract("foreign", award_amount=99_000, currency="MXN"),
    ]
    result = compute("IN01", build.records(*near(14, 7), *before, *others, thresholds=LAW))

    assert (result.value, result.n, result.flags["fired"].item()) == (2.0, 21, 0)


def test_without_thresholds_bunching_cannot_be_told():
    result = compute("IN01", build.records(build.contract("c")))

    assert result.note == (
        "Cannot be computed: engagement.yaml gives no threshold small_purchase or quotes or formal_bid in force on the "
        "day of any contract. The amounts of local law with the days they hold for would make it possible."
    )


def purchases(*lines, **values):
    usual = {"procurement_method": "direct", "category": "paper"} | values
    return [
        build.contract(f"p{i}", award_date=day, award_amount=amount, **usual) for i, (day, amount) in enumerate(lines)
    ]


@pytest.mark.parametrize(
    ("lines", "thirty", "ninety"),
    [
        ([("2024-01-01", 60_000), ("2024-01-30", 40_000)], 1, 1),
        ([("2024-01-01", 60_000), ("2024-01-31", 40_000)], 0, 1),
        ([("2024-01-01", 60_000), ("2024-03-30", 40_000)], 0, 1),
        ([("2024-01-01", 60_000), ("2024-03-31", 40_000)], 0, 0),
        ([("2024-01-01", 60_000), ("2024-01-02", 39_999.99)], 0, 0),
        ([("2024-01-01", 100_000), ("2024-01-02", 50_000)], 0, 0),
        ([("2024-01-01", 34_000), ("2024-01-05", 33_000), ("2024-01-09", 33_000)], 1, 1),
    ],
)
def test_split_purchases_within_30_and_90_days(lines, thirty, ninety):
    result = compute("IN02", build.records(*purchases(*lines), thresholds=LAW))

    assert result.flags["fired"].tolist() == [thirty, ninety]
    assert result.n == 1


@pytest.mark.parametrize(
    "values",
    [
        {"procurement_method": "open"},
        {"agreement_kind": "order"},
        {"status": "cancelled"},
        {"currency": "EUR"},
    ],
)
def test_competed_purchases_and_orders_are_not_split(values):
    rows = purchases(("2024-01-01", 60_000), ("2024-01-02", 60_000), **values)

    assert compute("IN02", build.records(*rows, thresholds=LAW)).n == 0


def test_purchases_of_two_departments_are_two_needs():
    one, two = purchases(("2024-01-01", 60_000), ("2024-01-02", 60_000))
    two[1]["department"] = "Police"

    assert compute("IN02", build.records(one, two, thresholds=LAW)).n == 0


def test_benford_of_the_powers_of_two():
    # First digits of 2^0 to 2^999: 301, 176, 125, 97, 79, 69, 56, 52, 45 by counting.
    rows = [build.contract(f"c{i}", award_amount=float(2**i)) for i in range(1000)]
    counts = [0] * 9
    for i in range(1000):
        counts[int(str(2**i)[0]) - 1] += 1
    law = [0.30103, 0.17609, 0.12494, 0.09691, 0.07918, 0.06695, 0.05799, 0.05115, 0.04576]

    result = compute("IN03", build.records(*rows))

    expected = sum(abs(count / 1000 - share) for count, share in zip(counts, law, strict=True)) / 9
    assert result.value == pytest.approx(expected, abs=1e-5)
    assert result.verdict == "good"


@pytest.mark.parametrize(
    ("n", "value", "verdict"), [(299, False, ""), (300, True, ""), (999, True, ""), (1000, True, "good")]
)
def test_benford_takes_300_amounts_for_a_value_and_1000_for_a_reading(n, value, verdict):
    rows = [build.contract(f"c{i}", award_amount=float(2**i)) for i in range(n)]

    result = compute("IN03", build.records(*rows))

    assert (result.computed, result.verdict, result.tentative) == (value, verdict, n < 1000)
    assert ("chance alone often passes the limits" in result.note) == (n < 1000)


def test_benford_needs_amounts_over_two_orders_of_magnitude():
    narrow = [build.contract(f"c{i}", award_amount=1_000.0 + i) for i in range(1000)]

    assert compute("IN03", build.records(*narrow)).note == (
        "The largest amount is less than a hundred times the smallest, so Benford's law does not apply."
    )


@pytest.mark.parametrize(
    ("first", "later", "day", "asked"),
    [
        (4_999, 49_989, "2024-06-01", 0),
        (4_999, 49_990, "2024-06-01", 1),
        (5_000, 90_000, "2024-06-01", None),
        (1_000, 90_000, "2024-06-30", 1),
        (999.83, 9_998.29, "2024-06-01", 0),
        (999.83, 9_998.30, "2024-06-01", 1),
    ],
)
def test_small_first_then_ten_times_as_much(first, later, day, asked):
    law = [{"name": "small_purchase", "amount": 5_000}]
    records = build.records(
        build.contract("first", award_amount=first, award_date="2023-07-01"),
        build.contract("later", award_amount=later, award_date=day),
        thresholds=law,
    )

    result = compute("IN04", records)

    assert result.n == (0 if asked is None else 1)
    assert asked is None or result.value == asked


@pytest.mark.parametrize(("day", "ratio"), [("2024-06-30", 20), ("2024-07-01", 0)])
def test_twelve_months_later_is_too_late_to_be_its_sequel(day, ratio):
    # The year from 1 July 2023 has 366 days: its last is 365 days after the first.
    records = build.records(
        build.contract("first", award_amount=1_000, award_date="2023-07-01"),
        build.contract("later", award_amount=20_000, award_date=day),
        thresholds=[{"name": "small_purchase", "amount": 5_000}],
        as_of="2024-12-31",
    )
    assert compute("IN04", records).rows["value"].tolist() == [ratio]


@pytest.mark.parametrize(("as_of", "n", "asked"), [("2024-03-01", 1, 1), ("2024-02-29", 0, 0)])
def test_what_is_agreed_after_today_followed_nothing_yet(as_of, n, asked):
    records = build.records(
        build.contract("first", award_amount=1_000, award_date="2023-07-01"),
        build.contract("later", award_amount=90_000, award_date="2024-03-01"),
        thresholds=[{"name": "small_purchase", "amount": 5_000}],
        as_of=as_of,
    )

    result = compute("IN04", records)

    assert (result.n, asked if result.n else 0) == (n, asked)
    assert not result.n or result.value == asked


def meetings(winners, **values):
    rows = []
    for i, winner in enumerate(winners):
        rows.append(build.solicitation(f"s{i}", bid_deadline=f"2024-01-{i + 1:02d}", category="works", **values))
        rows += [build.bid(f"s{i}", name, 1, won=name == winner) for name in ("A", "B", "C" if winner == "C" else "B")]
    return build.records(*rows)


def test_pairs_of_a_list_without_winners_are_told_by_the_contracts():
    rows = []
    for i in range(4):
        rows.append(build.solicitation(f"s{i}", bid_deadline=f"2024-01-{i + 1:02d}", category="works"))
        rows += [build.bid(f"s{i}", name, 1, won=None) for name in "AB"]
        rows.append(build.contract(f"c{i}", solicitation_id=f"s{i}", vendor_id="AB"[i % 2]))

    assert compute("IN05", build.records(*rows)).flags["fired"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("winners", "same", "turns"),
    [("AAAA", 1, 0), ("ABAB", 0, 1), ("AABB", 0, 0), ("ABAC", 0, 0)],
)
def test_pairs_that_meet_four_times(winners, same, turns):
    result = compute("IN05", meetings(winners))

    assert result.flags["fired"].tolist() == [same, turns]
    assert "A / B" in set(result.rows["unit"])


def test_pairs_that_meet_three_times_are_not_looked_at():
    assert compute("IN05", meetings("AAA")).n == 0


def test_names_that_may_be_one_vendor():
    records = build.records(
        build.vendor("1", vendor_name="Ulfley Paving, Inc."),
        build.vendor("2", vendor_name="ULFLEY PAVING INCORPORATED"),
        build.vendor("3", vendor_name="Paving by Ulfley"),
        build.vendor("4", vendor_name="Grün & Söhne GmbH"),
        build.vendor("5", vendor_name="Grun and Sohne"),
        build.vendor("6", vendor_name="Quite Other", tax_id="06"),
        build.vendor("7", vendor_name="Different Name", tax_id="06"),
    )

    result = compute("IN06", records)

    assert set(result.flagged("IN06")["unit"]) == {
        "Ulfley Paving, Inc.", "ULFLEY PAVING INCORPORATED", "Grün & Söhne GmbH", "Grun and Sohne", "Quite Other",
        "Different Name",
    }  # fmt: skip
    assert (result.value, result.n) == (6, 7)


def test_spellings_under_one_id_are_one_vendor_and_raise_no_question():
    records = build.records(
        build.contract("a", vendor_id="T-1", vendor_name="Ismael Herrera Revilla."),
        build.payment(1, contract_id="a", vendor_id="T-1", vendor_name="ISMAEL HERRERA REVILLA"),
        build.contract("b", vendor_id="T-2O", vendor_name="Obras, S.A. de C.V."),
        build.payment(1, contract_id="b", vendor_id="T-20", vendor_name="OBRAS SA DE CV"),
        # A list of payments without ids means the vendor that the register has with one.
        build.contract("c", vendor_id="T-3", vendor_name="Fast Lines Ltd"),
        build.payment(1, contract_id="c", vendor_id=None, vendor_name="Fast Lines Ltd"),
    )

    result = compute("IN06", records)

    assert result.n == 4
    assert result.flagged("IN06")["unit"].tolist() == ["Obras, S.A. de C.V.", "OBRAS SA DE CV"]
