"""The meeting pack, ratings, past performance, concern and memos."""

import datetime
from dataclasses import replace

import numpy as np
import pytest

from rdclib import vocabulary
from rdclib.choices import Choices, ChosenMetric, Rebase, Review, Selection
from rdclib.review import performance_concern, review_records
from rdclib.review.pack import AGENDA, action_log
from rdclib.review.ratings import POINTS, past_performance, ratings
from tests import build
from tests.review.made import SCORE, SHARE, months

STEADY = [5, 7, 6, 8, 5, 6, 7, 5, 8, 6, 7, 6] * 3
FALLING = [*STEADY[:29], 2, 1, 2, 1, 2, 1, 2]
RISING = [*STEADY[:29], 12, 13, 12, 13, 12, 13, 12]


def pack_of(*rows, decided=None, metrics=(SCORE,), **more):
    return review_records(build.records(*rows, metrics=list(metrics), **more), Choices(review=decided or Review())).pack


def test_headlines_say_what_moved_since_the_last_meeting():
    decided = Review(meetings=("2023-11-30",))
    pack = pack_of(*months(FALLING, vendor="A"), *months(STEADY, vendor="B"), decided=decided)
    by_vendor = {h.label: h for h in pack.headlines}

    assert (by_vendor["A"].variation, by_vendor["A"].before, by_vendor["A"].changed) == (
        "concern",
        "common cause",
        True,
    )
    assert (by_vendor["B"].changed, by_vendor["B"].decide) == (False, False)
    assert [h.label for h in pack.decisions] == ["A"]
    assert [h.label for h in pack.changed] == ["A"]
    assert pack.topic == "Score: A"


def test_a_target_that_cannot_be_met_needs_a_decision():
    (line,) = pack_of(*months(STEADY, target=50)).headlines
    assert (line.assurance, line.decide, line.target) == ("consistently fails", True, 50)


def shares(*counts, direction="higher", **more):
    rows = [
        row
        for i, count in enumerate(counts)
        for row in months([count] * 12, counted=100, vendor=f"V{i}", first="2023-07", **more)
    ]
    return pack_of(*rows, metrics=[SHARE | {"direction": direction}])


@pytest.mark.parametrize(
    ("direction", "last", "among"),
    [("higher", 30, "below"), ("higher", 70, ""), ("lower", 70, "above"), ("lower", 30, ""), ("higher", 49, "")],
)
def test_a_vendor_far_from_the_others_on_the_bad_side_needs_a_decision(direction, last, among):
    lines = {h.label: h for h in shares(50, 51, 49, 50, 51, 49, last, direction=direction).headlines}
    assert (lines["V6"].among, lines["V6"].needs) == (among, bool(among))
    assert not any(lines[f"V{i}"].among for i in range(6))


def test_what_case_mix_explains_needs_no_decision():
    rows = []
    for i in range(6):
        hard, easy = (80, 20) if i == 0 else (20, 80)
        words = {"vendor": f"V{i}", "stratum_kind": "difficulty", "first": "2023-07"}
        rows += months([hard // 5] * 12, counted=hard, stratum="hard", **words)
        rows += months([easy * 4 // 5] * 12, counted=easy, stratum="easy", **words)
    assert [h.among for h in pack_of(*rows, metrics=[SHARE]).headlines] == [""] * 6


def test_a_result_outside_its_target_band_needs_a_decision_and_one_within_does_not():
    band = [SCORE | {"direction": "band"}]
    for low, high, words, needs in ((20, 30, "consistently fails", True), (1, 20, "consistently passes", False)):
        (line,) = pack_of(*months(STEADY, target_low=low, target_high=high), metrics=band).headlines
        assert (line.assurance, line.needs, line.target, line.target_high) == (words, needs, low, high)


def test_vendors_with_one_band_have_a_common_one_in_the_summary():
    band = [SCORE | {"direction": "band"}]
    rows = [*months(STEADY, vendor="A", target_low=1, target_high=20), *months(STEADY, vendor="B", target=6)]
    (row,) = pack_of(*rows[: len(STEADY)], metrics=band).summary.itertuples()
    assert (row.target, row.target_high) == (1, 20)
    (row,) = pack_of(*rows, metrics=band).summary.itertuples()
    assert np.isnan([row.target, row.target_high]).all()


def test_late_data_needs_a_decision():
    (line,) = pack_of(*months(STEADY[:34])).headlines
    assert (line.late, line.decide) == (2, True)


def test_chosen_headlines_come_in_their_order_and_five_at_most():
    metrics = [SCORE | {"id": f"m{i}", "name": f"M{i}"} for i in range(7)]
    rows = [row for i in range(7) for row in months(STEADY[:12], metric=f"m{i}", first="2023-07")]

    assert [h.measure.id for h in pack_of(*rows, metrics=metrics).headlines] == ["m0", "m1", "m2", "m3", "m4"]
    chosen = Review(headlines=("m6", "gone", "m2"))
    assert [h.measure.id for h in pack_of(*rows, metrics=metrics, decided=chosen).headlines] == ["m6", "m2"]


def test_outcomes_with_a_target_come_first_when_nothing_is_chosen():
    metrics = [SCORE | {"id": "a", "layer": "output"}, SCORE | {"id": "b"}, SCORE | {"id": "c"}]
    rows = [*months(STEADY, metric="a", target=1), *months(STEADY, metric="b"), *months(STEADY, metric="c", target=1)]
    assert [h.measure.id for h in pack_of(*rows, metrics=metrics).headlines] == ["c", "a", "b"]


def test_the_agenda_takes_sixty_minutes():
    assert sum(minutes for minutes, _, _ in AGENDA) == 60


def test_next_months_pack_opens_with_the_actions_due():
    rows = [
        build.action("1", action="late", action_due="2024-06-01", status="open"),
        build.action("2", action="due today", action_due="2024-06-30", status="open"),
        build.action("3", action="due later", action_due="2024-07-01", status="open"),
        build.action("4", action="done", action_due="2024-06-01", status="done"),
        build.action("5", action="no day", status="open"),
        build.action("6", action="dropped", status="Dropped"),
    ]
    pack = pack_of(*rows)

    assert pack.actions_due["action"].tolist() == ["late", "due today"]
    assert pack.actions_due["days_late"].tolist() == [29, 0]
    assert pack.actions_open["action"].tolist() == ["due later", "no day"]
    assert pack.actions_closed == 2


def test_the_action_log_is_as_it_stood_on_the_day_of_the_review():
    rows = [
        build.action("1", action="agreed today", meeting_date="2024-06-30", status="open"),
        build.action("2", action="agreed tomorrow", meeting_date="2024-07-01", status="open"),
        build.action("3", action="closed today", action_closed="2024-06-30", result="it works"),
        build.action("4", action="closed tomorrow", action_closed="2024-07-01", result="it works"),
    ]

    log = action_log(build.records(*rows)).set_index("action")

    assert log["status"].to_dict() == {"agreed today": "open", "closed today": "done", "closed tomorrow": "open"}
    assert log["result"].to_dict() == {"agreed today": "", "closed today": "it works", "closed tomorrow": ""}


@pytest.mark.parametrize(
    ("meeting", "cadence"),
    [("2024-03-30", "at least quarterly"), ("2024-03-29", "overdue"), ("2024-07-01", "no meeting on record")],
)
def test_cadence_is_at_least_quarterly(meeting, cadence):
    assert pack_of(decided=Review(meetings=(meeting,))).cadence == cadence


def test_meetings_are_also_known_from_the_action_log_and_the_coding():
    pack = pack_of(build.action("1", meeting_date="2024-05-01"), build.coding("C1", meeting_date="2024-05-20"))
    assert pack.last_meeting == datetime.date(2024, 5, 20)


def test_five_levels_on_five_dimensions():
    assert POINTS == {"exceptional": 4, "very good": 3, "satisfactory": 2, "marginal": 1, "unsatisfactory": 0}
    assert len(vocabulary.RATING_DIMENSIONS) == 5


def test_of_two_ratings_for_the_same_the_last_counts():
    rated = ratings(
        build.records(
            build.rating("C1", level="marginal", rater="Ana"),
            build.rating("C1", level="very good", rater="Ana", evidence="Q3 report"),
            build.rating("C1", level="satisfactory", rater="Ben"),
            build.rating("C1", level="no such level", rater="Cem"),
        )
    )
    assert rated.table["level"].tolist() == ["very good", "satisfactory"]
    assert (rated.without_evidence, rated.waiting_for_comment) == (1, 2)


@pytest.mark.parametrize(("n", "middle", "clustered"), [(10, 7, True), (10, 6, False), (9, 9, False)])
def test_middle_clustering_is_shown_to_the_rater(n, middle, clustered):
    levels = ["satisfactory"] * middle + ["very good"] * (n - middle)
    rated = ratings(build.records(*[build.rating(f"C{i}", level=level, rater="Ana") for i, level in enumerate(levels)]))
    assert rated.raters["clustered"].tolist() == [clustered]


def record(*rows, decided=None, contract_id=""):
    records = build.records(*rows)
    found = past_performance(records, ratings(records), decided or Review(), contract_id=contract_id)
    return {p.vendor_name or p.vendor_id: p for p in found}


def rating(vendor, level, period, contract="C1", **more):
    return build.rating(contract, vendor_id=vendor, vendor_name=vendor, level=level, period=period, rater="Ana", **more)


def test_older_ratings_weigh_less():
    # 4 x 1 + 0 x 0.7 + 2 x 0.4 over 2.1
    past = record(
        rating("A", "exceptional", "FY2024"),
        rating("A", "unsatisfactory", "FY2023"),
        rating("A", "satisfactory", "FY2022"),
        rating("A", "exceptional", "FY2021"),
    )
    assert past["A"].score == pytest.approx(4.8 / 2.1)
    assert (past["A"].n, past["A"].weight) == (3, pytest.approx(2.1))


def test_other_services_weigh_less():
    rows = [
        build.contract("C1", service_group="shelter", vendor_id="A", vendor_name="A"),
        build.contract("C2", service_group="roads", vendor_id="A", vendor_name="A"),
        build.contract("NEW", service_group="shelter", vendor_id="B", vendor_name="B"),
        rating("A", "exceptional", "FY2024", "C1"),
        rating("A", "unsatisfactory", "FY2024", "C2"),
    ]
    assert record(*rows, contract_id="NEW")["A"].score == pytest.approx(4 / 1.5)
    assert record(*rows)["A"].score == 2


def test_a_newcomer_is_neutral():
    rows = [
        build.contract("C9", vendor_id="N", vendor_name="N"),
        rating("A", "very good", "FY2024"),
        rating("B", "marginal", "FY2024"),
    ]
    past = record(*rows)

    assert (past["N"].newcomer, past["N"].score, past["N"].n) == (True, 2.0, 0)
    assert record(build.contract("C9", vendor_id="N", vendor_name="N"))["N"].score == 2


def concern(*rows):
    return performance_concern(build.records(*rows, metrics=[SCORE]))


def test_performance_concern_from_results():
    c = build.contract("C1")
    assert concern(c, *months(RISING, contract_id="C1", target=1))["C1"] == 0
    assert concern(c, *months(STEADY, contract_id="C1", target=6))["C1"] == 1.5
    assert concern(c, *months(FALLING, contract_id="C1", target=50))["C1"] == 4
    assert np.isnan(concern(c)["C1"])
    assert np.isnan(concern(c, *months(FALLING, contract_id="C2"))["C1"])


def test_the_concern_of_notebook_01_counts_new_limits_and_targets_as_the_review_does():
    """A change at the 25th month: with limits of its own the vendor is steady again, and the schedule has a target."""
    values = [v + 20 for v in STEADY[:24]] + STEADY[:12]
    decided = Choices(
        review=Review(rebases=(Rebase(metric_id="m", date="2023-07-01", reason="New definition"),)),
        selection=Selection(contract_id="C1", chosen=(ChosenMetric(metric_id="m", target=50),)),
    )
    records = build.records(build.contract("C1"), *months(values, contract_id="C1"), metrics=[SCORE])
    assert performance_concern(records)["C1"] == 2.5  # getting worse, without a target
    again = replace(records, choices=decided)
    assert performance_concern(again)["C1"] == review_records(again, decided).concern["C1"] == 2.5
    assert review_records(records, Choices(review=decided.review)).concern["C1"] == 1  # chance alone, no target
    assert performance_concern(replace(records, choices=Choices(review=decided.review)))["C1"] == 1


def test_performance_concern_is_the_worse_of_results_and_ratings():
    c = build.contract("C1")
    good, bad = rating("V1", "exceptional", "FY2024"), rating("V1", "marginal", "FY2024")
    assert concern(c, bad)["C1"] == 3
    assert concern(c, good, *months(STEADY, contract_id="C1", target=6))["C1"] == 1.5
    assert concern(c, rating("V1", "unsatisfactory", "FY2023"), good)["C1"] == 0


def memo(*rows):
    records = build.records(*rows, metrics=[SCORE])
    return review_records(records).memos


def ends(day, **more):
    return build.contract("C1", vendor_name="V1", end_date=day, **more)


def test_good_results_and_an_option_are_a_renewal():
    (one,) = memo(ends("2024-12-31", option_end_date="2025-12-31"), *months(RISING, contract_id="C1", target=1))
    assert (one.advice, one.reasons) == ("renew", ("Results and ratings are good.", "There are options left."))


def test_poor_results_with_time_are_an_exit():
    (one,) = memo(ends("2025-03-31"), *months(FALLING, contract_id="C1", target=50))
    assert one.advice == "exit"
    assert one.results == (("Score", "concern", "consistently fails"),)


@pytest.mark.parametrize(("end", "advice"), [("2024-11-26", "extend for a short time"), ("2024-11-27", "rebid")])
def test_without_time_for_a_solicitation_only_an_extension_is_left(end, advice):
    # 90 days of planning and 60 of transition from June 30 are November 27.
    (one,) = memo(ends(end), *months(STEADY, contract_id="C1", target=6))
    assert (one.advice, one.enough_time) == (advice, advice == "rebid")


def test_memos_are_for_contracts_that_end_within_a_year_and_have_evidence():
    assert memo(ends("2026-12-31"), *months(STEADY, contract_id="C1")) == ()
    assert memo(ends("2024-05-31"), *months(STEADY, contract_id="C1")) == ()
    assert memo(ends("2024-12-31")) == ()


def test_a_memo_weighs_ratings_by_their_relevance_to_its_service():
    rows = [
        ends("2024-12-31", service_group="shelter", vendor_id="A"),
        build.contract("C2", service_group="roads", vendor_id="A", vendor_name="V1", end_date="2028-12-31"),
        build.rating("C1", vendor_id="A", vendor_name="V1", level="exceptional", period="FY2024", rater="Ana"),
        build.rating("C2", vendor_id="A", vendor_name="V1", level="unsatisfactory", period="FY2024", rater="Ana"),
    ]
    (one,) = memo(*rows)
    assert one.score == pytest.approx((4 * 1 + 0 * 0.5) / 1.5)
    assert one.n_ratings == 2


@pytest.mark.parametrize(("oldest", "score", "advice"), [("unsatisfactory", 1.0, "exit"), ("marginal", 1.1, "rebid")])
def test_a_record_that_lies_on_the_line_is_not_lifted_over_it_by_rounding(oldest, score, advice):
    # 2 x 1 + 0 x 0.4 + 0 x 0.4 + 0 (or 1) x 0.2, over 2.
    rows = [
        build.contract("C1", vendor_id="A", vendor_name="V1", service_group="shelter", end_date="2025-03-31"),
        build.contract("C2", vendor_id="A", vendor_name="V1", service_group="roads", end_date="2028-12-31"),
    ]
    for contract, level, period, rater in (
        ("C1", "satisfactory", "FY2024", "Ana"),
        ("C1", "unsatisfactory", "FY2022", "Ana"),
        ("C1", "unsatisfactory", "FY2022", "Ben"),
        ("C2", oldest, "FY2022", "Ana"),
    ):
        rows.append(build.rating(contract, vendor_id="A", vendor_name="V1", level=level, period=period, rater=rater))
    (one,) = memo(*rows)
    assert (one.score, one.concern, one.advice) == (score, 2.0, advice)


LEVELS = {4: "exceptional", 3: "very good", 2: "satisfactory", 1: "marginal", 0: "unsatisfactory"}


@pytest.mark.parametrize(
    ("own", "other", "concern", "score", "advice"),
    [
        # Just below, on and just above what is good: a concern of 1, and a score of 2.5.
        ((3, 3, 3, 2), (), 1.25, 2.75, "rebid"),
        ((3,), (), 1.0, 3.0, "renew"),
        ((3, 3, 3, 4), (), 0.75, 3.25, "renew"),
        ((3,), (2, 2), 1.0, 7 / 3, "rebid"),
        ((3,), (2,), 1.0, 2.5, "renew"),
        ((3,), (2, 3), 1.0, 8 / 3, "renew"),
        # And of what is poor: a concern of 3, and a score of 1.
        ((1, 1, 1, 2), (4, 4), 2.75, 13 / 6, "rebid"),
        ((1,), (4,), 3.0, 2.5, "exit"),
        ((1, 1, 1, 0), (4,), 3.25, 7 / 5, "exit"),
        ((2,), (0, 1), 2.0, 1.0, "exit"),
        ((2,), (1, 1), 2.0, 4 / 3, "rebid"),
        ((2,), (0, 0), 2.0, 2 / 3, "exit"),
    ],
)
def test_the_lines_between_renewal_rebid_and_exit(own, other, concern, score, advice):
    rows = [
        build.contract("C1", vendor_id="A", vendor_name="V1", end_date="2025-03-31", option_end_date="2026-03-31"),
        build.contract("C2", vendor_id="A", vendor_name="V1", end_date="2028-12-31"),
    ]
    for contract, points in (("C1", own), ("C2", other)):
        rows += [
            build.rating(contract, vendor_id="A", vendor_name="V1", level=LEVELS[p], period="FY2024", rater=f"R{k}")
            for k, p in enumerate(points)
        ]
    (one,) = memo(*rows)
    assert (one.concern, one.score) == (pytest.approx(concern), pytest.approx(score))
    assert one.advice == advice


@pytest.mark.parametrize(
    ("option", "reason"), [("2024-12-31", "No option is left."), ("2025-01-01", "There are options left.")]
)
def test_an_option_reaches_beyond_the_end(option, reason):
    (one,) = memo(ends("2024-12-31", option_end_date=option), *months(RISING, contract_id="C1", target=1))
    assert one.reasons[-1] == reason


def headline(values, **more):
    records = build.records(build.contract("C1"), *months(values, contract_id="C1", **more), metrics=[SCORE])
    (one,) = review_records(records).pack.headlines
    return one


@pytest.mark.parametrize(
    ("target", "needs"),
    [(50, False), (None, False), (56, True), (60, True)],
)
def test_a_stable_process_that_keeps_missing_its_target_needs_a_decision(target, needs):
    """Between 52 and 54 around 53: 50 is always met, 56 and 60 never."""
    values = [53 + (i * 7 % 5 - 2) / 2 for i in range(36)]
    one = headline(values, **({"target": target} if target else {}))

    assert one.variation == "common cause"
    assert (one.needs, one.misses) == (needs, needs)
    assert (one.met, one.counted) == ({50: 12, None: 0, 56: 0, 60: 0}[target], 12 if target else 0)


@pytest.mark.parametrize(("met", "misses"), [(5, True), (6, False), (7, False)])
def test_a_target_missed_in_more_than_half_of_the_last_periods_needs_a_decision(met, misses):
    """Limits are wide here, so the process may or may not meet its target: what decides is how often it did."""
    places = [i * 5 % 12 for i in range(met)]
    lately = [60 if i in places else 40 + 10 * (i % 2) for i in range(12)]
    one = headline([*[40, 50, 60] * 8, *lately], target=55)

    assert (one.assurance, one.variation) == ("hit and miss", "common cause")
    assert (one.met, one.misses) == (met, misses)


def test_too_few_periods_make_no_history_of_missed_targets():
    assert headline([40, 60, 40, 41, 43], target=55).misses is False


def test_a_process_that_improves_is_not_said_to_need_a_redesign():
    one = headline(RISING, target=1000)
    assert (one.variation, one.assurance, one.misses) == ("improvement", "consistently fails", False)


def test_only_latest_results_count_as_changed_now():
    """A jump long ago is in the annex; what is reported first is the latest period."""
    then = [10, 11, 10, 12, 11, 10, 30, 11, 10, 12, 11, 10] + [11, 10, 12, 11, 10, 11] * 4
    now = [11, 10, 12, 11, 10, 11] * 5 + [11, 10, 12, 11, 10, 30]
    rows = [*months(then, vendor="V1", contract_id="C1"), *months(now, vendor="V2", contract_id="C2")]
    found = review_records(build.records(*rows, metrics=[SCORE]))

    assert (found.charts, found.with_signals) == (2, 2)
    assert (found.improving, found.worsening, found.moved) == (1, 0, 0)
    assert 0 < found.expected_latest < found.expected_false_signals
