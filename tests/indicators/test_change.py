import pytest

from rdclib.indicators import compute
from tests import build


def test_amendments_up_to_today_of_contracts_in_force():
    records = build.records(
        build.contract("twice"),
        build.contract("never"),
        build.contract("later"),
        build.contract("ended-before", start_date="2020-01-01", end_date="2023-06-30"),
        build.amendment("twice"),
        build.amendment("twice", amendment_kind="time"),
        build.amendment("later", amendment_date="2024-07-01"),
        build.amendment("ended-before"),
        build.amendment("not-in-the-register"),
    )

    rate, mean = compute("AM01", records, minimum_n=1), compute("AM02", records, minimum_n=1)

    assert (rate.value, rate.n) == (pytest.approx(1 / 3), 3)
    assert mean.value == pytest.approx(2 / 3)
    # Of those contracts alone, as the rate is.
    assert rate.note == "Amendments by kind: scope 1; time 1."


def grown(name, original, current, **values):
    return build.contract(name, original_amount=original, current_amount=current, **values)


@pytest.mark.parametrize(
    ("current", "review", "escalate"),
    [(109.9, 0, 0), (110, 0, 0), (110.1, 1, 0), (125, 1, 0), (125.1, 0, 1)],
)
def test_cost_growth_on_and_beyond_the_limits(current, review, escalate):
    result = compute("AM03", build.records(grown("c", 100, current)))

    assert result.flags["fired"].tolist() == [review, escalate]
    assert result.value == pytest.approx(current / 100 - 1)


def test_options_priced_at_award_are_no_growth_and_the_final_amount_wins():
    records = build.records(
        grown("option", 100, 150, options_amount=50),
        grown("final", 100, 100, final_amount=120),
        grown("zero", 0, 10),
        grown("unknown", None, 10),
    )

    result = compute("AM03", records)

    assert (result.value, result.n) == (pytest.approx(0.1), 2)
    assert result.left_out.to_dict() == {"no original amount": 2}


def test_portfolio_growth_is_weighted_by_value():
    result = compute("AM04", build.records(grown("large", 900, 900), grown("small", 100, 200)), minimum_n=1)

    assert result.value == pytest.approx(0.1)
    assert result.note == "Median growth of a contract: 50.0%."


@pytest.mark.parametrize(("paid", "asked"), [(99.99, 0), (100, 0), (100.01, 1)])
def test_paid_above_value_in_cents(paid, asked):
    records = build.records(
        build.contract("c", current_amount=100),
        build.payment(paid - 50, contract_id="c"),
        build.payment(50, contract_id="c"),
        build.payment(500, contract_id="c", payment_date="2024-07-01"),
    )

    result = compute("AM05", records)

    assert (result.value, result.n) == (asked, 1)


def test_paid_to_date_of_the_register_counts_where_there_are_no_payments():
    records = build.records(
        build.contract("over", current_amount=100, paid_to_date=101),
        build.contract("zero-amount", current_amount=0, paid_to_date=5),
    )

    result = compute("AM05", records)

    assert result.value == 1
    assert result.left_out.to_dict() == {"no amount above zero": 1}


LAW = [{"name": "formal_bid", "amount": 50_000, "valid_from": "2020-01-01"}]


@pytest.mark.parametrize(
    ("original", "current", "asked"),
    [(49_999, 49_999, 0), (49_999, 50_000, 1), (50_000, 60_000, 0), (40_000, 60_000, 1)],
)
def test_direct_award_grown_past_the_threshold(original, current, asked):
    records = build.records(
        grown("direct", original, current, procurement_method="direct"),
        grown("stays-small", 10, 20, procurement_method="direct"),
        grown("open", 40_000, 60_000),
        thresholds=LAW,
    )

    result = compute("AM06", records)

    assert result.value == asked
    assert result.n == (1 if original >= 50_000 else 2)


def test_without_local_law_grown_awards_cannot_be_told():
    result = compute("AM06", build.records(grown("direct", 40_000, 60_000, procurement_method="direct")))

    assert result.note == (
        "Cannot be computed: engagement.yaml gives no threshold formal_bid in force on the day of any contract. The "
        "amount of local law with the days it holds for would make it possible."
    )


def test_time_growth_of_the_term():
    records = build.records(
        build.contract("longer", start_date="2023-01-01", original_end_date="2023-04-11", end_date="2023-05-01"),
        build.contract("longer-now", start_date="2024-01-01", original_end_date="2024-04-10", end_date="2024-04-30"),
        build.contract("open-ended", original_end_date="2024-01-01", end_date=None),
        build.contract("zero-term", original_end_date="2023-09-01"),
    )

    result = compute("AM07", records)

    # 100 days, and 20 more; the first ended before the period.
    assert (result.value, result.n) == (pytest.approx(0.2), 1)
    assert result.left_out.to_dict() == {"original end not after the start": 1, "no real end date": 1}


@pytest.mark.parametrize(("amount", "above"), [(99, 0.0), (100, 0.0), (101, 1.0)])
def test_above_budget(amount, above):
    records = build.records(build.contract("c", award_amount=amount, budget=100), build.contract("none", budget=0))

    result = compute("AM08", records, minimum_n=1)

    assert (result.value, result.n) == (above, 1)
    assert result.note == ("Those above it exceed it by 1.0% on average." if above else "")


def test_milestones_that_are_not_met_are_late():
    records = build.records(
        build.contract("c", department="Works"),
        build.milestone("c", date_met="2024-02-29"),
        build.milestone("c", date_met="2024-03-01T18:00"),
        build.milestone("c", date_met="2024-03-02"),
        build.milestone("c"),
        build.milestone("c", due_date="2024-07-01"),
    )

    result = compute("AM09", records, minimum_n=1)

    assert (result.value, result.n) == (0.5, 4)
    assert result.by_department["department"].tolist() == ["Works"]


def test_a_milestone_without_a_due_date_is_a_gap_of_the_year_in_which_it_was_met():
    records = build.records(
        build.contract("c"),
        build.milestone("c", date_met="2024-03-01"),
        build.milestone("c", due_date=None, date_met="2024-03-01"),
        build.milestone("c", due_date=None, date_met="2010-03-01"),
    )

    result = compute("AM09", records, minimum_n=1)

    assert (result.value, result.n, result.left_out.to_dict()) == (1.0, 1, {"no due date": 1})
