import datetime
import math
import types
from functools import cache

import numpy as np
import pandas as pd
import pytest

from rdclib import assessment as stage
from rdclib import engagement as engagements
from rdclib import models, questionnaire, saved, vocabulary
from rdclib.assessment.failings import rule
from rdclib.assessment.ranking import drawn_weights
from rdclib.catalogue import load_table
from rdclib.choices import Assessment, Choices
from rdclib.indicators import compute_all
from rdclib.indicators.frames import Frames
from rdclib.records import load_records, reread
from tests import build

TODAY = datetime.date(2024, 6, 30)


def choices(**section):
    return models.read(Choices, {"assessment": section}, "choices.yaml").assessment


def answered(**levels):
    """Practice in which finance gives each question a level, with a document."""
    rows = [
        {"round": "1", "respondent": "F", "role": "finance", "question": q, "answer": str(a), "evidence": "memo"}
        for q, a in levels.items()
    ]
    return questionnaire.score(rows)


# --- the pipeline ---


def pipeline(*rows, **facts):
    return stage.pipeline(Frames(build.records(*rows, **facts)))


def test_pipeline_holds_what_ends_within_24_months():
    found = pipeline(
        build.contract("today", end_date="2024-06-30"),
        build.contract("last-day", end_date="2026-06-30"),
        build.contract("a-day-later", end_date="2026-07-01"),
        build.contract("ended", end_date="2024-06-29"),
        build.contract("cancelled", end_date="2025-01-01", status="cancelled"),
        build.contract("not-begun", start_date="2024-07-01", end_date="2025-06-30"),
        build.contract("no-end", end_date=None),
        build.contract("open-ended", end_date="2025-01-01", end_date_open=True),
    )

    assert found.rows["contract_id"].tolist() == ["today", "last-day"]
    assert (found.in_force, found.without_end) == (5, 2)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        # 180 + 90 + 60 days after 30 June 2024 is 26 May 2025, the last day to compete in time; 90 more is 24 August.
        ("2025-05-25", "too late to compete"),
        ("2025-05-26", "start now"),
        ("2025-08-24", "start now"),
        ("2025-08-25", "plan"),
    ],
)
def test_state_of_a_contract_by_its_slack(end, state):
    assert pipeline(build.contract("c", end_date=end)).rows["state"].tolist() == [state]


def test_orders_under_a_master_agreement_in_the_register_are_not_counted_twice():
    found = pipeline(
        build.contract("master", end_date="2025-01-01", agreement_kind="master"),
        build.contract("order", end_date="2025-01-01", agreement_kind="order", parent_contract_id="master"),
        build.contract("order-alone", end_date="2025-01-01", agreement_kind="order", parent_contract_id="elsewhere"),
    )
    assert sorted(found.rows["contract_id"]) == ["master", "order-alone"]


def test_pipeline_counts_only_amounts_of_the_citys_currency():
    found = pipeline(
        build.contract("home", end_date="2025-01-01", current_amount=50_000),
        build.contract("foreign", end_date="2025-01-01", current_amount=70_000, currency="EUR"),
    )
    assert found.amount == 50_000
    assert math.isnan(found.rows.set_index("contract_id").loc["foreign", "amount"])


def test_an_empty_pipeline_says_why():
    assert pipeline().note == "The city sent no contracts, so nothing is known of what ends when."
    assert pipeline(build.contract("c", end_date=None)).note == (
        "The register has no end dates, so nothing can be said of what ends when; a column with them would do."
    )
    assert pipeline(build.contract("c", end_date="2024-06-29")).note == (
        "By the register's dates and status every contract has ended or has yet to begin."
    )
    assert pipeline(build.contract("c", end_date="2030-01-01")).note == (
        "None of the contracts in force has an end in the next 24 months."
    )


def test_a_register_without_starts_has_a_pipeline_by_its_ends():
    days = {"start_date": None, "award_date": None, "signed_date": None}
    found = pipeline(
        build.contract("c", end_date="2025-01-01", **days), build.contract("over", **days, end_date="2024-01-01")
    )

    assert found.rows["contract_id"].tolist() == ["c"]
    assert (found.in_force, found.without_start) == (1, 1)


# --- where to start ---


def ranking(*rows, decided=None):
    frames = Frames(build.records(*rows))
    return stage.rank_contracts(frames, stage.pipeline(frames), decided or choices())


def rated(contract, level):
    return {contract: dict.fromkeys(vocabulary.PRIORITY_CRITERIA, str(level))}


def test_a_contract_that_is_best_on_everything_is_first_whatever_the_weights():
    rows = [build.contract(f"c{k}", end_date="2025-06-30") for k in range(7)]
    given = {k: v for n in range(7) for k, v in rated(f"c{n}", 4 if n == 3 else n / 2).items()}

    found = ranking(*rows, decided=choices(ratings=given, weights_known="not settled"))

    best = found.rows.iloc[0]
    assert (best["contract_id"], best["top"], best["first"], best["robust"]) == ("c3", 1, 1, "yes")
    # c0 has 0 and c1 has 0.5 on everything: the other five are always before them.
    assert found.rows.tail(2)["top"].tolist() == [0, 0]
    assert found.rows.tail(2)["robust"].tolist() == ["no", "no"]
    assert found.unrated == 0


def test_probabilities_of_the_first_five_add_up_to_five():
    found = ranking(*(build.contract(f"c{k}", end_date="2025-06-30") for k in range(9)))

    assert found.rows["top"].sum() == pytest.approx(5)
    # Nothing tells these nine apart but chance.
    assert found.rows["top"].to_numpy() == pytest.approx(np.full(9, 5 / 9), abs=0.05)
    assert set(found.rows["robust"]) == {"open"}


def test_unknown_ratings_are_drawn_from_the_whole_scale():
    # One criterion counts. A known 3 beats one even draw from 0 to 4 three times in four.
    given = {"known": {"feasibility": "3"}, "unknown": {"value": "1"}}
    rows = [build.contract("known", end_date="2025-06-30"), build.contract("unknown", end_date="2025-06-30")]

    found = ranking(*rows, decided=choices(ratings=given, weights={"feasibility": "10"}))

    assert found.rows.set_index("contract_id").loc["known", "first"] == pytest.approx(0.75, abs=0.02)


def test_ratings_from_the_records():
    frames = [
        build.contract("small", end_date="2025-08-31", current_amount=10_000),
        build.contract("large", end_date="2025-08-31", current_amount=90_000),
        build.contract("long", start_date="2014-09-01", end_date="2024-08-31", current_amount=95_000),
        build.coding("large", goal_link=3),
        build.rating("small", level="exceptional", period="FY2023"),
        build.rating("small", level="marginal", period="FY2024", dimension="quality"),
        build.rating("small", level="unsatisfactory", period="FY2024", dimension="schedule"),
        build.rating("large", level="very good", period="FY2023"),
        build.rating("large", level="unsatisfactory", period="FY2026"),
    ]
    rows = ranking(*frames).rows.set_index("contract_id")

    # A year: 5,000, 45,000 and 9,500. Midpoints of three places on a scale to 4: 2/3, 2, 10/3.
    assert rows.loc[["small", "long", "large"], "value"].tolist() == pytest.approx([4 * 0.5 / 3, 2, 4 * 2.5 / 3])
    assert rows.loc["large", "strategic goal"] == 3
    assert math.isnan(rows.loc["small", "strategic goal"])
    assert rows.loc["small", "performance concern"] == 3.5  # the latest period: marginal 3, unsatisfactory 4
    assert rows.loc["large", "performance concern"] == 1  # the rating of the future is not known yet
    assert rows.loc["long", "urgency"] == 4
    # 427 days left, 330 needed: 97 of 365 days of slack.
    assert rows.loc["small", "urgency"] == pytest.approx(4 * (1 - 97 / 365))
    assert rows["resident impact"].isna().all()


def test_a_citys_rating_replaces_that_of_the_records():
    rows = [build.contract("c", end_date="2025-06-30"), build.coding("c", goal_link=0)]
    found = ranking(*rows, decided=choices(ratings={"c": {"strategic goal": "4"}}))
    assert found.rows.loc[0, "strategic goal"] == 4


def test_candidates_end_soon_or_are_named():
    found = ranking(
        build.contract("soon", end_date="2025-06-30"),
        build.contract("far", end_date="2030-06-30"),
        build.contract("far-but-coded", end_date="2030-06-30"),
        build.contract("far-but-rated", end_date="2030-06-30"),
        build.contract("far-coded-not-key", end_date="2030-06-30"),
        build.contract("ended-but-confirmed", end_date="2024-01-01"),
        build.contract("ended", end_date="2024-01-01"),
        build.coding("far-but-coded"),
        build.coding("far-coded-not-key", is_key=False),
        decided=choices(ratings={"far-but-rated": {"value": "2"}}, key_contracts=["ended-but-confirmed"]),
    )
    assert set(found.rows["contract_id"]) == {"soon", "far-but-coded", "far-but-rated", "ended-but-confirmed"}


def test_the_shortlist_is_the_named_and_then_the_most_promising():
    rows = [build.contract(f"c{k:02d}", end_date="2025-06-30", current_amount=1000 * (k + 1)) for k in range(25)]
    found = ranking(*rows, decided=choices(ratings={"c00": {"feasibility": "0"}}))

    assert (len(found.rows), found.considered) == (20, 25)
    assert set(found.rows["contract_id"]) == {"c00", *(f"c{k:02d}" for k in range(6, 25))}


@pytest.mark.parametrize("known", vocabulary.WEIGHTS_KNOWN)
def test_weights_keep_to_what_is_known_of_them(known):
    points = {"value": 0.4, "resident impact": 0.2, "strategic goal": 0.2, "performance concern": 0.1}
    points |= {"urgency": 0.1, "feasibility": 0.0}

    weights = pd.DataFrame(drawn_weights(points, known, np.random.default_rng(1)), columns=list(points))

    assert weights.sum(axis=1).to_numpy() == pytest.approx(np.ones(len(weights)))
    if known == "about right":
        assert weights["value"].between(0.2, 0.6).all()
        assert (weights["feasibility"] == 0).all()
    if known == "order only":
        assert (weights["value"] >= weights["resident impact"]).all()
        assert (weights["strategic goal"] >= weights["urgency"]).all()
        assert (weights["urgency"] >= weights["feasibility"]).all()
        # Equal points are in no order.
        assert (weights["resident impact"] > weights["strategic goal"]).mean() == pytest.approx(0.5, abs=0.03)
    if known == "not settled":
        assert weights.mean().to_numpy() == pytest.approx(np.full(6, 1 / 6), abs=0.01)


def test_equal_weights_unless_the_city_gives_points():
    assert set(ranking(build.contract("c", end_date="2025-01-01")).weights.values()) == {1 / 6}


def test_nothing_to_rank_says_so():
    found = ranking(build.contract("far", end_date="2030-01-01"))

    assert (
        found.note
        == "No contract in force ends within 24 months or was named by the city, so there is nothing to rank."
    )
    assert len(found.rows) == 0
    assert found.first_five.empty


# --- departments that stand out ---


def spots(*rows):
    frames = Frames(build.records(*rows))
    return [(s.department, s.result.indicator.id) for s in stage.hot_spots(frames, compute_all(frames))]


def bids(department, number, bids_each):
    return [
        build.solicitation(f"{department}-{k}-of-{bids_each}", department=department, number_of_bids=bids_each)
        for k in range(number)
    ]


def test_a_department_clearly_beyond_a_threshold_stands_out():
    found = spots(*bids("Works", 30, 1), *bids("Library", 100, 4))

    assert ("Works", "CP02") in found
    assert ("Library", "CP02") not in found


def test_few_competitive_and_many_direct_procedures_are_one_finding():
    rows = [build.contract(f"w{k}", department="Works", procurement_method="direct") for k in range(40)]
    rows += [build.contract(f"p{k}", department="Parks", procurement_method="open") for k in range(200)]
    found = [indicator for department, indicator in spots(*rows) if department == "Works"]
    assert "CP06" in found
    assert "CP01" not in found


def test_one_single_bid_in_a_few_is_no_evidence():
    assert ("Works", "CP02") not in spots(*bids("Works", 1, 1), *bids("Works", 11, 3), *bids("Library", 100, 4))


@pytest.mark.parametrize(("number", "stands_out"), [(1, False), (9, False), (10, True), (11, True)])
def test_a_handful_of_records_is_no_pattern(number, stands_out):
    assert (("Works", "CP02") in spots(*bids("Works", number, 1), *bids("Library", 100, 4))) is stands_out


def test_a_flag_is_no_concern():
    rows = [build.contract(f"c{k}", award_amount=46_000 if k < 26 else 52_000) for k in range(30)]
    found = compute_all(build.records(*rows, thresholds=[{"name": "formal_bid", "amount": 50_000}]))
    assert found["IN01"].verdict == "poor"

    concerns = stage.Assessment.concerns.fget(types.SimpleNamespace(computed=tuple(found.values())))

    assert "IN01" not in [result.indicator.id for result in concerns]


def test_what_is_poor_everywhere_is_no_departments_matter():
    found = spots(*bids("Works", 30, 1), *bids("Library", 30, 1))
    assert [department for department, indicator in found if indicator == "CP02"] == []


def awards(department, under, over):
    amounts = [46_000] * under + [52_000] * over
    return [build.contract(f"{department}-{k}", department=department, award_amount=a) for k, a in enumerate(amounts)]


def test_bunching_stands_out_where_chance_would_seldom_do_it():
    # 26 of 30: chance 0.00003. 12 of 23: chance 0.5, and not twice as many. 5 of 7: twice as many, but chance 0.23.
    rows = [*awards("IT", 26, 4), *awards("Parks", 12, 11), *awards("Fleet", 5, 2)]
    frames = Frames(build.records(*rows, thresholds=[{"name": "formal_bid", "amount": 50_000}]))

    found = [s.department for s in stage.hot_spots(frames, compute_all(frames)) if s.result.indicator.id == "IN01"]

    assert found == ["IT"]


def paid(department, number, after, terms):
    received = datetime.date(2024, 1, 10)
    return [
        build.payment(
            100.0,
            department=department,
            invoice_date=str(received),
            payment_date=str(received + datetime.timedelta(after)),
            invoice_terms_days=terms,
            payment_id=f"{department}-{k}",
        )
        for k in range(number)
    ]


@pytest.mark.parametrize(("terms", "slow"), [(30, True), (60, False)])
def test_long_terms_are_not_slow_payment(terms, slow):
    found = spots(*paid("Water", 40, 50, terms), *paid("Parks", 200, 20, 30))
    assert (("Water", "CT07") in found) == slow


# --- failings, and practice beside data ---


def failing(practice, results, name):
    return next(f for f in stage.failings(practice, results) if f.id == name)


def results_of(*rows):
    return compute_all(build.records(*rows)) if rows else nothing_computed()


@cache
def nothing_computed():
    return compute_all(build.records())


def test_a_failing_is_found_not_found_mixed_or_in_part():
    few = results_of(*bids("Works", 20, 1))
    many = results_of(*bids("Works", 20, 4))

    assert failing(answered(Q09=1, Q11=0, Q12=1), few, "F3").verdict == "found"
    assert failing(answered(Q09=3, Q11=3, Q12=4), many, "F3").verdict == "not found"
    assert failing(answered(Q09=4, Q11=2, Q12=2), few, "F3").verdict == "mixed"
    assert failing(answered(Q14=2), results_of(), "F7").verdict == "in part"


def test_a_failing_names_its_evidence():
    found = failing(answered(Q09=1, Q11=2), results_of(*bids("Works", 20, 4)), "F3")

    assert [e.id for e in found.evidence_for] == ["Q09"]
    assert [e.id for e in found.between] == ["Q11"]
    assert {e.id: e.value for e in found.evidence_against} == {"CP02": 0, "CP04": 4}


def test_a_department_that_stands_out_speaks_for_a_failing():
    frames = Frames(build.records(*bids("Works", 30, 1), *bids("Library", 400, 4)))
    results = compute_all(frames)
    spots = stage.hot_spots(frames, results)

    found = next(f for f in stage.failings(answered(), results, spots) if f.id == "F3")

    assert ("Single-bid rate in Works", 1.0, 30) in [(e.words, e.value, e.n) for e in found.evidence_for]
    assert [e.id for e in found.evidence_against] == ["CP02", "CP04"]
    assert found.verdict == "mixed"


def test_level_three_without_a_document_is_no_evidence_against():
    rows = [{"round": "1", "respondent": "F", "role": "finance", "question": "Q14", "answer": "3", "evidence": ""}]
    assert failing(questionnaire.score(rows), results_of(), "F7").verdict == "in part"


def test_a_failing_that_cannot_be_told_says_why():
    found = failing(answered(), results_of(), "F7")

    assert found.verdict == "cannot be told"
    assert found.why_not == (
        "nobody answered on pay for results, and the city’s records do not allow value with performance-linked pay or "
        "incentive (RDC4)"
    )


def test_the_seven_failings_rest_on_questions_and_indicators_that_exist():
    everything = stage.failings(answered(), results_of())
    assert len(everything) == 7
    for row in load_table("failings"):
        assert all(rule(text) for side in ("for_if", "against_if") for text in row[side].split(";"))


def test_practice_beside_data_tells_where_they_differ():
    practice = answered(Q09=3, Q10=0)
    pairs = stage.beside(practice, results_of(*bids("Works", 30, 1)))

    by_pair = {(p.question.id, p.result.indicator.id): p.agree for p in pairs}
    assert by_pair["Q09", "CP02"] == "data say otherwise"
    assert by_pair["Q10", "CP07"] == "data look better"  # open for 45 days
    assert pairs[-1].agree == ""


def test_practice_and_data_that_agree_are_not_called_different():
    pairs = stage.beside(answered(Q09=1), results_of(*bids("Works", 30, 1)))
    assert {p.agree for p in pairs} == {""}


# --- contracts read by a person ---


def coded(*rows, key=()):
    return stage.coding(Frames(build.records(*rows)), key)


def test_two_readers_are_compared_question_by_question():
    found = coded(
        build.contract("twice"),
        build.contract("once"),
        build.coding("twice", goal_text="More people housed", incentive_flag=True),
        build.coding("twice", coder="Ben", goal_text="Housing", incentive_flag=False),
        build.coding("once"),
    )

    # Seven questions; they differ on the incentive only. The wording of the goal does not matter.
    assert found.agreement == pytest.approx(6 / 7)
    # 14 readings: key 2, goal 2, incentive 1 are yes. Chance (5/14)^2 + (9/14)^2.
    chance = (25 + 81) / 196
    assert found.kappa == pytest.approx((6 / 7 - chance) / (1 - chance))
    assert found.differences.values.tolist() == [["twice", "Incentive for results", "1 of 2 say yes"]]
    assert (found.read, found.read_twice) == (2, ("twice",))


def test_nobody_agrees_with_oneself():
    found = coded(build.contract("c"), build.coding("c"))
    assert math.isnan(found.agreement)
    assert found.agreement.note == "no subject was rated twice"


def test_key_contracts_not_read_yet_come_largest_first():
    found = coded(
        build.contract("small", current_amount=10),
        build.contract("large", current_amount=90),
        build.contract("read", current_amount=50),
        build.contract("not-key", current_amount=70),
        build.coding("read"),
        key=("small", "large", "read"),
    )
    assert found.to_read["contract_id"].tolist() == ["large", "small"]


@pytest.mark.parametrize(("contracts", "second"), [(0, 0), (1, 1), (10, 1), (11, 2), (25, 3)])
def test_one_contract_in_ten_is_read_twice(contracts, second):
    ids = [f"contract {k}" for k in range(contracts)]

    chosen = stage.second_readings(ids)

    assert len(chosen) == second
    assert stage.second_readings(reversed(ids)) == chosen


# --- the improvement plan ---


def test_open_steps_come_first_and_are_overdue_the_day_after():
    steps = choices(
        plan=[
            {"step": "done long ago", "owner": "A", "due": "2024-01-01", "status": "done"},
            {"step": "due today", "owner": "A", "due": "2024-06-30"},
            {"step": "late", "owner": "A", "due": "2024-06-29", "question": "Q03"},
        ]
    ).plan

    found = stage.plan(steps, TODAY)

    assert [(p.step.step, p.overdue) for p in found] == [("late", True), ("due today", False), ("done long ago", False)]
    assert found[0].question.title == "Early start"
    assert found[1].question is None


def test_defaults_of_the_section_need_no_decision():
    assert Assessment().weights_known == "about right"
    assert Assessment().key_contracts == ()


@pytest.fixture
def testville(tmp_path, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(tmp_path))
    engagements.create("testville")
    return engagements.load_engagement("testville", period="FY2024")


def test_asked_again_an_assessment_has_new_decisions_and_the_same_numbers(testville):
    records = build.records(build.contract("c", end_date="2025-06-30"))
    before = stage.assess(records, testville)

    engagements.save_choice(testville, "assessment", "key_contracts", ["c"], author="Ana")
    row = {"round": "1", "respondent": "Ana", "role": "finance", "question": "Q01", "answer": "1"}
    questionnaire.save_answers(testville.folder, [row], author="Ana")
    after = stage.assess(records, testville)

    assert (before.key_contracts, after.key_contracts) == ((), ("c",))
    assert after.practice.item("Q01").score == 1
    assert after.indicators is before.indicators


def test_nothing_saved_since_leaves_the_assessment_as_it_is(testville):
    records = build.records(build.contract("c", end_date="2025-06-30"))
    before = stage.assess(records, testville)

    assert stage.assess(records, testville) is before
    other = build.records(build.contract("d", end_date="2025-06-30", current_amount=7))
    found = stage.assess(other, testville)
    assert list(found.pipeline.rows["contract_id"]) == ["d"]
    assert found.indicators["PF01"].value == 7


def test_a_reading_that_was_saved_counts_in_indicators_and_coding(testville):
    files = {"contracts": {"paths": ["raw/c.csv"], "columns": {"id": "contract_id", "usd": "current_amount"}}}
    saved.write_text(testville.raw / "c.csv", "id,usd\nc,7.50\n")
    saved.update_yaml(testville.folder / "engagement.yaml", ("files",), files, author="Ana")
    city = engagements.load_engagement("testville", period="FY2024")
    records = load_records(city)
    before = stage.assess(records, city)

    reading = {"contract_id": "c", "coder": "Ana", "is_key": "yes", "goal_text": "Fewer falls"}
    saved.append_rows(city.folder / "contract_coding.csv", [reading], author="Ana")
    after = stage.assess(reread(records, city), city)

    assert (before.coding.read, after.coding.read) == (0, 1)
    assert [result.indicators["RD01"].n for result in (before, after)] == [0, 1]
