import pytest

from rdclib.indicators import compute
from rdclib.indicators.frames import Frames
from tests import build


def test_competitive_share_by_count_and_by_value():
    records = build.records(
        build.contract("open", procurement_method="open", award_amount=10),
        build.contract("selective", procurement_method="selective", award_amount=20),
        build.contract("limited", procurement_method="limited", award_amount=30),
        build.contract("direct", procurement_method="direct", award_amount=40),
        build.contract("unknown", procurement_method=None, award_amount=900),
        build.contract("cancelled", status="cancelled"),
    )

    result = compute("CP01", records, minimum_n=1)

    assert (result.value, result.n) == (0.5, 4)
    assert result.note == "By value: 30.0%."
    assert result.left_out.to_dict() == {"cancelled": 1, "method not known": 1}
    assert result.by_part.set_index("part")["value"].to_dict() == dict.fromkeys(
        ("open", "selective", "limited", "direct"), 0.25
    )


def test_single_bid_rate_leaves_out_cancelled_solicitations():
    records = build.records(
        build.solicitation("one-bid", number_of_bids=1),
        build.solicitation("three-bids", number_of_bids=3),
        build.solicitation("cancelled", number_of_bids=1, solicitation_status="cancelled"),
        build.solicitation("direct", number_of_bids=1, procurement_method="direct"),
        build.solicitation("no-method", number_of_bids=1, procurement_method=None),
        build.solicitation("no-count"),
        build.solicitation("zero-means-unknown", number_of_bids=0),
    )

    result = compute("CP02", records, minimum_n=1)

    assert (result.value, result.n) == (0.5, 2)
    assert result.left_out.to_dict() == {
        "cancelled": 1, "not competitive": 1, "method not known": 1, "no bid count": 2,
    }  # fmt: skip


def test_bids_are_counted_where_the_list_of_solicitations_has_no_number():
    records = build.records(
        build.solicitation("one-bidder"),
        build.solicitation("two-bidders"),
        build.bid("one-bidder", "A", 1),
        build.bid("one-bidder", "A", 2),
        build.bid("two-bidders", "A", 1),
        build.bid("two-bidders", "B", 1, bid_status="disqualified"),
        build.bid("two-bidders", "C", 1, bid_status="withdrawn"),
    )

    result = compute("CP04", records, minimum_n=1)

    assert (result.value, result.n) == (1.5, 2)
    assert result.note == "Mean: 1.50 bids."


def test_a_register_without_solicitations_tells_of_its_own():
    records = build.records(
        build.contract("lot-1", solicitation_id="S", number_of_bids=1, award_amount=60),
        build.contract("lot-2", solicitation_id="S", number_of_bids=1, award_amount=40),
        build.contract("alone", number_of_bids=2, award_amount=300),
    )

    by_count, by_value = compute("CP02", records, minimum_n=1), compute("CP03", records, minimum_n=1)

    assert (by_count.value, by_count.n) == (0.5, 2)
    assert by_value.value == pytest.approx(100 / 400)


@pytest.mark.parametrize(("valid", "enough"), [(2, 0.0), (3, 1.0), (4, 1.0)])
def test_three_valid_bidders(valid, enough):
    bids = [build.bid("s", f"valid-{i}", 10) for i in range(valid)]
    records = build.records(
        build.solicitation("s"),
        build.solicitation("nobody-bid"),
        *bids,
        build.bid("s", "valid-0", 11),
        build.bid("s", "disqualified", 9, bid_status="disqualified"),
    )

    result = compute("CP05", records, minimum_n=1)

    assert (result.value, result.n) == (enough, 1)


def test_no_call_rate_leaves_out_lawful_small_purchases():
    quotes = [
        {"name": "quotes", "amount": 5_000, "valid_to": "2023-12-31"},
        {"name": "quotes", "amount": 10_000, "valid_from": "2024-01-01"},
    ]
    rows = [
        build.contract("open"),
        build.contract("below", procurement_method="direct", award_amount=4_999),
        build.contract("on", procurement_method="direct", award_amount=5_000),
        build.contract("below-the-new", procurement_method="direct", award_amount=9_999, award_date="2024-01-01"),
        build.contract(
            "the-old-one-s-last-day", procurement_method="direct", award_amount=9_999, award_date="2023-12-31"
        ),
    ]

    with_law = compute("CP06", build.records(*rows, thresholds=quotes), minimum_n=1)
    without = compute("CP06", build.records(*rows), minimum_n=1)

    assert (with_law.value, with_law.n) == (pytest.approx(2 / 3), 3)
    assert with_law.left_out["lawful small purchase"] == 2
    assert without.n == 5
    assert without.note.endswith(
        "Small purchases are included, since engagement.yaml gives no threshold 'quotes' or 'small_purchase'; with one "
        "the rate would leave them out."
    )


def test_a_threshold_holds_only_for_the_methods_that_it_names():
    quotes = [{"name": "quotes", "amount": 5_000, "methods": ["limited"]}]
    records = build.records(
        build.contract("direct", procurement_method="direct", award_amount=10),
        build.contract("limited", procurement_method="limited", award_amount=10),
        thresholds=quotes,
    )

    result = compute("CP06", records, minimum_n=1)

    assert (result.value, result.n) == (1.0, 1)


@pytest.mark.parametrize(
    ("deadline", "asked"),
    [("2024-01-16T09:59", 1), ("2024-01-16T10:00", 0), ("2024-01-16T10:01", 0), ("2024-01-15", 1), ("2024-01-16", 0)],
)
def test_bid_window_of_less_than_fifteen_days(deadline, asked):
    records = build.records(build.solicitation("s", posted_date="2024-01-01T10:00", bid_deadline=deadline))

    result = compute("CP07", records)

    assert list(result.flags["fired"]) == [asked]


def test_bid_window_that_closes_before_it_opens_is_left_out():
    records = build.records(
        build.solicitation("backwards", posted_date="2024-02-01", bid_deadline="2024-01-15"),
        build.solicitation("usual"),
    )

    result = compute("CP07", records)

    assert (result.value, result.n) == (45, 1)
    assert result.left_out.to_dict() == {"closes before it opens": 1}


def test_disqualified_bids_tell_their_share_and_who_stands_out():
    rows = []
    for d, out in enumerate([1, 1, 2, 2, 3, 9]):
        for i in range(2):
            rows.append(build.solicitation(f"{d}-{i}", department=f"D{d}"))
            # Ten bids a department, each by a bidder of its own.
            rows += [
                build.bid(f"{d}-{i}", f"{d}-{i}-{b}", bid_status="disqualified" if i * 5 + b < out else "valid")
                for b in range(5)
            ]

    result = compute("CP08", build.records(*rows))

    # Shares 0.1 0.1 0.2 0.2 0.3 0.9: quartiles 0.1 and 0.35 (median-unbiased), so the fence lies at 0.725.
    assert list(result.flagged("R038")["unit"]) == ["D5"]
    assert result.note == "In all, 30.0% of 60 submitted bids were disqualified."


def test_solicitations_that_ended_without_an_award():
    statuses = ["complete", "complete", "cancelled", "unsuccessful", "withdrawn", "active", "planned", None]
    records = build.records(*[build.solicitation(f"{i}-{s}", solicitation_status=s) for i, s in enumerate(statuses)])

    result = compute("CP09", records, minimum_n=1)

    assert (result.value, result.n) == (0.6, 5)
    assert result.left_out.to_dict() == {"not ended yet": 2, "status not known": 1}


def duel(name, winning, other, **values):
    return [
        build.solicitation(name, **values),
        build.bid(name, f"{name}-winner", winning, won=True),
        build.bid(name, f"{name}-loser", other),
    ]


def test_price_gap_is_between_the_winner_and_the_next():
    rows = [row for i in range(19) for row in duel(f"s{i}", 100, 110 + i % 3)]

    result = compute("CP10", build.records(*rows, *duel("far", 100, 150)))

    assert result.n == 20
    assert result.value == pytest.approx(0.11)
    assert list(result.flagged("R058")["unit"]) == ["far"]
    assert len(result.flagged("R024")) == 0


def test_price_gap_says_why_a_solicitation_is_not_compared():
    records = build.records(
        *duel("compared", 100, 110),
        *duel("cancelled", 100, 110, solicitation_status="cancelled"),
        *duel("lowest-lost", 110, 100),
        *duel("city-price", 100, 100, method_detail="Fixed fee"),
        *duel("won-twice", 100, 110),
        build.bid("won-twice", "second-winner", 120, won=True),
        build.solicitation("alone"),
        build.bid("alone", "only", 100, won=True),
        *duel("two-currencies", 100, 110),
        build.bid("two-currencies", "foreign", 90, currency="EUR"),
        fixed_price_methods=["Fixed fee"],
    )

    result = compute("CP10", records, minimum_n=1)

    assert (result.value, result.n) == (pytest.approx(0.1), 1)
    assert result.left_out.to_dict() == {
        "cancelled": 1,
        "price set by the city": 1,
        "bids in several currencies": 1,
        "not exactly one award to one vendor": 1,
        "a single valid bid": 1,
        "not won by the lowest bid": 1,
    }


def test_lots_of_one_solicitation_are_compared_apart():
    records = build.records(
        build.solicitation("s"),
        build.bid("s", "A", 100, lot="1", won=True),
        build.bid("s", "B", 120, lot="1"),
        build.bid("s", "B", 50, lot="2", won=True),
        build.bid("s", "A", 80, lot="2"),
    )

    result = compute("CP10", records, minimum_n=1)

    assert sorted(result.rows["value"].round(9)) == [0.2, 0.6]


def test_identical_prices_of_one_bidder_are_no_question():
    records = build.records(
        *duel("same-price", 100, 100),
        *duel("different", 100, 101),
        build.solicitation("one-bidder-twice"),
        build.bid("one-bidder-twice", "A", 100, bid_id="1"),
        build.bid("one-bidder-twice", "A", 100, bid_id="2"),
    )

    result = compute("CP11", records)

    assert list(result.flagged("R028")["unit"]) == ["same-price"]
    assert (result.value, result.n) == (1, 3)


def test_lowest_bid_disqualified_matters_only_where_price_decides():
    rows = []
    for name, criteria in (("price", "price only"), ("quality", "price and quality"), ("unknown", None)):
        rows += [
            build.solicitation(name, award_criteria=criteria),
            build.bid(name, "low", 90, bid_status="disqualified"),
            build.bid(name, "winner", 100, won=True),
            build.bid(name, "valid-loser", 110),
        ]

    result = compute("CP12", build.records(*rows))

    assert list(result.flagged("R036")["unit"]) == ["price", "unknown"]
    assert len(result.flagged("R035")) == 0


def test_a_bidder_who_bids_often_and_seldom_wins():
    rows = []
    for i in range(20):
        winner = f"w{i}" if i < 19 else "tries"
        rows += [build.solicitation(f"s{i}"), build.bid(f"s{i}", winner, 1, won=True)]
        rows += [build.bid(f"s{i}", "tries", 2)] if i < 19 else []
    # A second bidder wins half of its two, so that the quartiles of the ratios differ.
    rows += [build.solicitation("extra"), build.bid("extra", "w0", 3), build.bid("extra", "x", 2, won=True)]

    result = compute("CP13", build.records(*rows), minimum_n=1)

    # Ratios 0.05, 0.5 and nineteen times 1: with equal quartiles there is no fence.
    assert result.value == 0
    assert result.n == 21


def test_of_several_bids_of_a_bidder_the_one_that_won_counts():
    records = build.records(
        build.solicitation("s"),
        build.bid("s", "A", 120),
        build.bid("s", "A", 100, won=True),
        build.bid("s", "B", 110),
    )

    rows = compute("CP13", records, minimum_n=1).rows.set_index("unit")

    assert (rows.loc["A", "wins"], rows.loc["A", "bids"], rows.loc["B", "wins"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("told", "wins"),
    [
        ({}, ["A"]),  # the list says nothing: A has the contract
        ({"B": True}, ["B"]),  # the list comes first
        ({"B": False}, []),  # it says of a bid that it lost, so it says who won
        ({"elsewhere": True}, ["A", "elsewhere"]),  # of another solicitation it does
    ],
)
def test_who_has_the_contract_won_where_the_list_does_not_say(told, wins):
    def offer(solicitation, bidder):
        return build.bid(solicitation, bidder, 1, won=told.get(bidder))

    records = build.records(
        *(build.solicitation(name) for name in ("s", "other")),
        *(offer("s", bidder) for bidder in "ABC"),
        offer("other", "elsewhere"),
        build.contract("c", solicitation_id="s", vendor_id="A"),
        build.contract("gone", solicitation_id="s", vendor_id="C", status="cancelled"),
    )

    frames = Frames(records)

    assert sorted(frames.bids["bidder"][frames.won]) == wins


def test_late_bid_counts_from_the_end_of_a_day_without_a_time():
    def won(name, deadline, received):
        return [
            build.solicitation(name, bid_deadline=deadline),
            build.bid(name, "A", 1, won=True, bid_received_date=received),
        ]

    records = build.records(
        *won("same-day", "2024-01-15", "2024-01-15T16:00"),
        *won("next-day", "2024-01-15", "2024-01-16T09:00"),
        *won("a-minute-early", "2024-01-15T12:00", "2024-01-15T11:59"),
        *won("a-minute-late", "2024-01-15T12:00", "2024-01-15T12:01"),
    )

    result = compute("CP14", records)

    assert list(result.flagged("R030")["unit"]) == ["next-day", "a-minute-late"]
    assert result.n == 4


def test_price_only_share_of_known_criteria():
    records = build.records(
        build.solicitation("price", award_criteria="price only"),
        build.solicitation("both", award_criteria="price and quality"),
        build.solicitation("unknown"),
    )

    result = compute("CP15", records, minimum_n=1)

    assert (result.value, result.n) == (0.5, 2)
    assert result.left_out["criterion not known"] == 1


def test_vendors_with_fewer_than_twenty_awards_are_not_compared():
    def awards(vendor, n, kinds):
        return [build.contract(f"{vendor}-{i}", vendor_id=vendor, category=f"{10 + i % kinds}000000") for i in range(n)]

    usual = [row for i, kinds in enumerate((1, 1, 2, 2, 3)) for row in awards(f"usual-{i}", 20, kinds)]

    result = compute("CP16", build.records(*usual, *awards("wide", 20, 9), *awards("small", 19, 15)))

    # Kinds 1 1 2 2 3 9: quartiles 1 and 3.5 (median-unbiased), so the fence lies at 7.25.
    assert list(result.flagged("R048")["unit"]) == ["wide"]
    assert result.left_out.to_dict() == {"fewer than 20 awards": 1}


def test_a_solicitation_without_a_deadline_is_a_gap_of_the_year_of_its_posting():
    records = build.records(
        build.solicitation("usual"),
        build.solicitation("posted-now", bid_deadline=None),
        build.solicitation("posted-then", bid_deadline=None, posted_date="2010-12-01"),
    )

    result = compute("CP07", records)

    assert (result.value, result.n) == (45, 1)
    assert result.left_out.to_dict() == {"no bid deadline": 1}


@pytest.mark.parametrize("turned", [False, True])
def test_a_solicitation_is_told_by_the_earliest_of_its_contracts_in_whatever_order_they_stand(turned):
    rows = [
        build.contract(name, solicitation_id="s", department=department, award_date=day)
        for name, department, day in (("second", "Police", "2024-02-20"), ("first", "Parks", "2024-02-01"))
    ]
    records = build.records(
        build.solicitation("s", department=None, award_date=None), *(rows[::-1] if turned else rows)
    )

    result = compute("CT03", records, minimum_n=1)

    # From the deadline, 15 January, to the first award.
    assert (result.value, list(result.by_department["department"])) == (17, ["Parks"])


@pytest.mark.parametrize("turned", [False, True])
def test_bids_belong_to_the_earliest_line_of_their_solicitation_in_whatever_order_they_stand(turned):
    lines = [
        build.solicitation("s", posted_date="2023-12-01", department="Parks"),
        build.solicitation("s", posted_date="2023-12-02", department="Police"),
    ]
    bids = [build.bid("s", bidder) for bidder in "ABC"]

    result = compute("CP05", build.records(*(lines[::-1] if turned else lines), *bids), minimum_n=1)

    assert (result.value, list(result.by_department["department"])) == (1.0, ["Parks"])
