import pytest

from rdclib.assessment import pipeline, rank_contracts
from rdclib.choices import Assessment
from rdclib.indicators import compute
from rdclib.indicators.frames import Frames
from tests import build


def test_expiring_value_by_months_until_the_end():
    def ending(name, end):
        # One year and a day short of nothing: 366 days with the leap day, so the amount a year is 365.25/366 of it.
        return build.contract(name, start_date="2023-07-01", end_date=end, current_amount=100)

    records = build.records(
        ending("today", "2024-06-30"),
        ending("six-months", "2024-12-30"),
        ending("seven-months", "2024-12-31"),
        ending("two-years", "2026-06-30"),
        ending("later", "2026-07-01"),
        ending("ended", "2024-06-29"),
        ending("open-ended", None),
    )

    result = compute("EX01", records)

    assert result.n == 4
    assert result.by_part.set_index("part")["n"].to_dict() == {"1–6 months": 2, "7–12 months": 1, "19–24 months": 1}
    today = 100 * 365.25 / 366
    six_months = 100 * 365.25 / (366 + 183)
    assert result.by_part.loc[0, "value"] == pytest.approx(today + six_months)


@pytest.mark.parametrize(
    ("end", "late", "now"), [("2025-05-25", 1, 0), ("2025-05-26", 0, 1), ("2025-08-24", 0, 1), ("2025-08-25", 0, 0)]
)
def test_slack_with_assumed_days_below_on_and_above(end, late, now):
    # 180 assumed + 90 planning + 60 transition = 330 days after 30 June 2024 is 26 May 2025.
    result = compute("EX02", build.records(build.contract("c", end_date=end)))

    assert result.flags["fired"].tolist() == [late, now]
    assert result.note == (
        "For 1 of 1 contracts the time of a procurement is assumed to be 180 days, for want of ten finished ones of "
        "their method."
    )


def test_slack_knows_how_long_procurements_take_here():
    # Ten finished after 100 days each: three of four take 100, so 100 + 90 + 60 = 250 days after today is 7 March 2025.
    finished = [build.solicitation(f"s{i}", posted_date="2023-01-01", signed_date="2023-04-11") for i in range(10)]
    records = build.records(build.contract("c", end_date="2025-03-07"), *finished)

    result = compute("EX02", records)

    assert (result.value, result.note) == (0, "")


def test_extended_past_the_base_term():
    records = build.records(
        build.contract("extended", base_end_date="2025-01-01", end_date="2025-01-02"),
        build.contract("as-agreed", base_end_date="2025-01-01", end_date="2025-01-01"),
        build.contract("unknown"),
    )

    result = compute("EX03", records, minimum_n=1)

    assert (result.value, result.n) == (0.5, 2)
    assert result.left_out.to_dict() == {"no base or original end": 1}


@pytest.mark.parametrize(("paid", "asked"), [("2024-03-01", 0), ("2024-03-31", 0), ("2024-04-01", 1)])
def test_holdover_allows_sixty_days_for_the_last_invoice(paid, asked):
    # 31 January and 60 days is 31 March in a leap year.
    records = build.records(
        build.contract("ended", start_date="2022-02-01", end_date="2024-01-31"),
        build.payment(10, contract_id="ended", payment_date="2023-09-01"),
        build.payment(10, contract_id="ended", payment_date=paid),
    )

    result = compute("EX04", records)

    assert (result.value, result.n) == (asked, 1)


@pytest.mark.parametrize(
    ("competed", "five", "ten"),
    [("2019-07-01", 0, 0), ("2019-06-29", 1, 0), ("2014-07-01", 1, 0), ("2014-06-29", 0, 1)],
)
def test_years_since_last_competed(competed, five, ten):
    records = build.records(build.contract("c", last_competition_date=competed, procurement_method="direct"))

    result = compute("EX05", records)

    assert result.flags["fired"].tolist() == [five, ten]


def test_the_day_of_competition_comes_from_the_contract_or_its_solicitation():
    records = build.records(
        build.contract("direct", procurement_method="direct"),
        build.contract("open", award_date="2023-08-01"),
    )

    result = compute("EX05", records)

    # 1 August 2023 to 30 June 2024 are 334 days.
    assert result.value == pytest.approx(334 / 365.25)
    assert result.left_out.to_dict() == {"day of last competition not known": 1}


def test_attention_follows_size_goal_concern_and_urgency():
    records = build.records(
        build.contract("all-high", current_amount=200, end_date="2024-07-31"),
        build.contract("all-low", current_amount=100, end_date="2027-06-30"),
        build.coding("all-high", goal_link=4),
        build.coding("all-low", goal_link=0),
        build.rating("all-high", level="unsatisfactory"),
        build.rating("all-low", level="exceptional"),
    )

    result = compute("EX06", records)

    scores = dict(zip(result.rows["contract_id"], result.rows["value"], strict=True))
    # Of two contracts the larger lies at three quarters: 4 x 0.75. What ends in a month is too late by far.
    assert scores["all-high"] == (3 + 4 + 4 + 4) / 4
    assert scores["all-low"] == (1 + 0 + 0 + 0) / 4
    assert result.note == "Resident impact and feasibility are judged in the workshop and not part of it."


def test_attention_and_the_ranking_share_their_ratings():
    records = build.records(
        build.contract("a", current_amount=200, end_date="2024-12-31"),
        build.contract("b", current_amount=100, end_date="2025-12-31"),
        build.rating("a", level="marginal"),
    )

    score = compute("EX06", records).rows.set_index("contract_id")
    ranked = rank_contracts(Frames(records), pipeline(Frames(records)), Assessment()).rows.set_index("contract_id")

    for ours, theirs in (("size", "value"), ("performance concern", "performance concern"), ("urgency", "urgency")):
        assert score[ours].to_dict() == pytest.approx(ranked[theirs].to_dict(), nan_ok=True)


def in_force(**values):
    return compute("EX06", build.records(build.contract("c", **values)), minimum_n=1).rows["contract_id"].tolist() == [
        "c"
    ]


@pytest.mark.parametrize(
    ("values", "runs"),
    [
        # Today is 30 June 2024.
        ({"end_date": "2024-06-29"}, False),
        ({"end_date": "2024-06-30"}, True),
        ({"closed_date": "2024-06-29"}, False),
        ({"closed_date": "2024-06-30"}, True),
        ({"start_date": None}, True),
        ({"start_date": None, "award_date": "2024-06-30"}, True),
        ({"start_date": None, "award_date": "2024-07-01"}, False),
        ({"start_date": None, "award_date": None, "signed_date": None}, True),
        ({"start_date": None, "end_date": None}, False),
    ],
)
def test_a_contract_is_in_force_by_what_is_known_of_its_days(values, runs):
    assert in_force(**values) is runs


def test_options_that_are_not_used_yet_are_counted():
    ends = {"end_date": "2025-01-31"}
    rows = [build.contract(f"c{i}", **ends, option_end_date=day) for i, day in enumerate(
        ("2026-01-31", "2025-02-01", "2025-01-31", None))]  # fmt: skip
    rows.append(build.contract("late", end_date="2027-01-31", option_end_date="2028-01-31"))
    assert compute("EX01", build.records(*rows)).note == (
        "2 of them have an option that is not used yet and could run longer."
    )
