import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib import questionnaire, vocabulary
from rdclib.catalogue import load_indicators, load_questions
from rdclib.questionnaire import score

FIRST, SECOND = load_questions()[:2]


def answer(question, role, level, *, who="", round="1", evidence="", comment=""):
    return {
        "round": round,
        "respondent": who or f"one of {role}",
        "role": role,
        "question": question,
        "answer": str(level),
        "evidence": evidence,
        "comment": comment,
    }


def answers(question, role, levels, **more):
    return [answer(question, role, level, who=f"{role} {k}", **more) for k, level in enumerate(levels)]


def test_a_question_is_the_mean_of_the_medians_of_its_roles():
    # Procurement 1, 2, 4: median 2. Finance 1, 2: median 1.5.
    practice = score([*answers("Q01", "procurement", [1, 2, 4]), *answers("Q01", "finance", [1, 2])])

    item = practice.item("Q01")
    assert {r.role: r.score for r in item.roles} == {"procurement": 2, "finance": 1.5}
    assert (item.score, item.n) == (1.75, 5)


def test_not_known_is_no_zero_and_not_applicable_drops_out():
    practice = score(answers("Q01", "finance", [3, "not known", "not applicable"], evidence="list"))

    item = practice.item("Q01")
    assert (item.score, item.n, item.not_known, item.not_applicable) == (3, 1, 1, 1)
    assert practice.activities[0].not_known == 0.5


def test_a_question_that_nobody_can_answer_has_no_score():
    item = score(answers("Q01", "finance", ["not known", "not known"])).item("Q01")

    assert math.isnan(item.score)
    assert math.isnan(item.evidenced)
    assert item.not_known == 2
    assert not item.disagreement


@pytest.mark.parametrize(("other", "disagree"), [(1, True), (2, True), (3, False), (4, False)])
def test_roles_two_levels_apart_disagree(other, disagree):
    practice = score([answer("Q01", "procurement", 4), answer("Q01", "finance", other)])

    assert practice.item("Q01").disagreement == disagree
    assert practice.activities[0].disagreements == (("Q01",) if disagree else ())
    assert [r.disagreements for r in practice.activities[0].roles] == [int(disagree)] * 2


def test_roles_one_and_a_half_levels_apart_do_not_disagree():
    practice = score([answer("Q01", "procurement", 4), *answers("Q01", "finance", [2, 3])])
    assert practice.disagreements == ()


@pytest.mark.parametrize(("level", "evidenced"), [(2, 2), (3, 2), (4, 2)])
def test_a_standard_practice_without_evidence_counts_as_two(level, evidenced):
    item = score([answer("Q01", "finance", level)]).item("Q01")
    assert (item.score, item.evidenced) == (level, evidenced)


def test_one_document_is_evidence_for_the_question():
    practice = score([answer("Q01", "finance", 4), answer("Q01", "procurement", 3, evidence="register, May 2024")])

    assert practice.item("Q01").evidenced == 3.5
    assert practice.item("Q01").evidence == ("register, May 2024",)
    assert practice.unproven == ()


def test_a_mean_below_three_is_not_capped():
    practice = score([answer("Q01", "finance", 3), answer("Q01", "procurement", 2)])

    assert practice.item("Q01").evidenced == 2.5
    assert [i.question.id for i in score([answer("Q01", "finance", 3)]).unproven] == ["Q01"]


@pytest.mark.parametrize(("vendors", "shown"), [(2, False), (3, True), (4, True)])
def test_vendors_are_shown_from_three_up(vendors, shown):
    rows = [answer("Q10", "procurement", 4, evidence="survey"), *answers("Q10", "vendor", [0] * vendors, comment="hm")]

    item = score(rows).item("Q10")

    assert item.withheld != shown
    assert [r.role for r in item.roles] == ["procurement", "vendor"][: 2 if shown else 1]
    assert item.score == (2 if shown else 4)
    assert (item.comments != ()) == shown
    assert score(rows).agreement == pytest.approx(pairs_that_agree(1, vendors)) if shown else True


def pairs_that_agree(*groups):
    n = sum(groups)
    return sum(g * (g - 1) for g in groups) / (n * (n - 1))


def test_vendors_who_do_not_know_do_not_make_three():
    item = score(answers("Q10", "vendor", [2, 2, "not known"])).item("Q10")

    assert item.withheld
    assert (item.n, item.not_known) == (0, 0)


def test_two_answers_of_one_firm_are_one_vendor():
    rows = [*answers("Q10", "vendor", [1, 2]), answer("Q10", "vendor", 3, who="vendor 1")]
    assert score(rows).item("Q10").withheld


def test_the_newest_answer_of_a_respondent_counts():
    rows = [answer("Q01", "finance", 1), answer("Q01", "finance", 3, evidence="list")]
    assert score(rows).item("Q01").score == 3


def test_activities_weigh_their_questions_and_the_overall_is_their_mean():
    # Q01 weighs 1, Q02 weighs 1.5; activity 3 has one question.
    assert (FIRST.weight, SECOND.weight) == (1, 1.5)
    practice = score([answer("Q01", "finance", 2), answer("Q02", "leadership", 1), answer("Q09", "procurement", 0)])

    by_number = {a.number: a for a in practice.activities}
    assert by_number["1"].score == pytest.approx((1 * 2 + 1.5 * 1) / 2.5)
    assert (by_number["1"].scored, by_number["1"].questions) == (2, 4)
    assert by_number["3"].score == 0
    assert math.isnan(by_number["5"].score)
    assert practice.overall == pytest.approx((1.4 + 0) / 2)


def test_gaps_come_by_importance_times_distance():
    # Gaps: Q01 1 x 2 = 2; Q02 1.5 x 3 = 4.5; Q03 1.5 x 0.
    rows = [
        answer("Q01", "finance", 2),
        answer("Q02", "leadership", 1),
        answer("Q03", "procurement", 4, evidence="calendar"),
    ]
    practice = score(rows)

    assert [i.question.id for i in practice.gaps] == ["Q02", "Q01"]
    assert practice.gaps[0].gap == 4.5
    assert practice.gaps[0].goal == SECOND.level3
    assert practice.item("Q03").goal == ""
    assert [i.question.id for i in practice.quick_wins] == ["Q02"]


@pytest.mark.parametrize(("level", "goal"), [(0, "level3"), (2, "level3"), (3, "level4")])
def test_the_goal_is_the_standard_and_then_the_top(level, goal):
    item = score([answer("Q01", "finance", level, evidence="list")]).item("Q01")
    assert item.goal == getattr(FIRST, goal)


def test_agreement_counts_pairs_on_the_same_question():
    # Q01: three pairs, one agrees. Q02: one pair, agrees. Q03 has one rater.
    rows = [
        *answers("Q01", "finance", [1, 1, 2]),
        *answers("Q02", "leadership", [0, 0]),
        answer("Q03", "procurement", 3),
    ]
    practice = score(rows)

    assert practice.agreement == pytest.approx((1 / 3 + 1) / 2)
    # Shares of levels 0, 1 and 2: 2/5, 2/5, 1/5; chance 9/25.
    assert practice.kappa == pytest.approx((2 / 3 - 9 / 25) / (16 / 25))


def test_rounds_are_compared_on_questions_and_roles_that_both_have():
    rows = [
        answer("Q01", "finance", 1),
        answer("Q02", "leadership", 0),
        answer("Q01", "finance", 3, round="2", evidence="list"),
        answer("Q01", "procurement", 0, round="2"),
        answer("Q03", "procurement", 4, round="2"),
    ]
    practice = score(rows)

    change = practice.changes[0]
    assert (practice.round, practice.earlier_round) == ("2", "1")
    assert (change.earlier, change.later, change.change, change.questions) == (1, 3, 2, 1)
    assert math.isnan(practice.changes[1].change)
    assert score(rows, round="1").changes == ()


def test_round_ten_comes_after_round_nine():
    rows = [answer("Q01", "finance", 1, round="10"), answer("Q01", "finance", 2, round="9")]
    assert score(rows).round == "10"


def test_nobody_answered():
    practice = score([])

    assert practice.note == "Nobody has answered the practice questionnaire yet."
    assert math.isnan(practice.overall)
    assert practice.round == ""
    assert len(practice.items) == 38


def test_rows_that_cannot_be_used_become_findings():
    rows = [
        answer("Q01", "finance", 2),
        answer("Q99", "finance", 2),
        answer("Q01", "mayor", 2),
        answer("Q01", "finance", 5, who="f"),
        answer("Q02", "finance", 5, who="f"),
    ]
    practice = score(rows)

    assert practice.item("Q01").n == 1
    assert [(f.column, f.value, f.row, f.count) for f in practice.findings] == [
        ("question", "Q99", 3, 1),
        ("role", "mayor", 4, 1),
        ("answer", "5", 5, 2),
    ]
    assert practice.findings[0].what == "An answer cannot be used: no such question in the catalogue."
    assert practice.findings[2].what == (
        "An answer cannot be used: the answers are 0, 1, 2, 3, 4, not known, not applicable."
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from([q.id for q in load_questions()]),
            st.sampled_from(vocabulary.ROLES),
            st.sampled_from(["0", "1", "2", "3", "4", "not known", "not applicable"]),
            st.integers(0, 4),
            st.sampled_from(["", "memo"]),
        ),
        max_size=60,
    )
)
@settings(max_examples=40, deadline=None)
def test_scores_stay_on_their_scale_and_the_order_of_rows_does_not_matter(drawn):
    rows = [answer(q, r, a, who=f"{r} {k}", evidence=e) for q, r, a, k, e in drawn]
    practice = score(rows)

    for part in (*practice.items, *practice.activities):
        assert math.isnan(part.score) or 0 <= part.evidenced <= part.score <= 4
    assert sum(i.n + i.not_known for i in practice.items) <= len(rows)
    newest = {(r["question"], r["role"], r["respondent"]): r for r in rows}
    again = score(list(newest.values())[::-1])
    assert [i.score for i in again.items] == pytest.approx([i.score for i in practice.items], nan_ok=True)


def test_every_linked_indicator_exists_and_every_effort_is_a_word_we_read():
    known = {i.id for i in load_indicators()}
    for question in load_questions():
        assert set(question.indicators) <= known
        assert question.effort in ("small", "medium", "large")
        assert question.respondent_role in vocabulary.ROLES
        assert question.secondary_role in vocabulary.ROLES
        assert all(question.levels)
        assert len(set(question.levels)) == 5


def test_the_questionnaire_has_nine_activities_and_relates_to_every_criterion():
    questions = load_questions()
    assert len(questions) == 38
    assert [a.number for a in score([]).activities] == list("123456789")
    assert {q.wwc_criterion for q in questions} == {f"RDC{k}" for k in range(1, 9)} | {"LC7"}
    assert {q.continuum_stage for q in questions} - {""} == set("123456")
    assert questionnaire.STANDARD == 3


def of_round(round, level, day):
    return answer("Q01", "finance", level) | {"round": round, "time": f"{day}T09:00:00+00:00"}


@pytest.mark.parametrize(
    ("day", "round", "later", "answered_later"),
    [
        ("2023-05-15", "1", "2", True),  # before anybody was asked
        ("2023-05-16", "1", "2", False),
        ("2024-05-20", "1", "2", False),
        ("2024-05-21", "2", "", False),
        ("2030-01-01", "2", "", False),
    ],
)
def test_the_round_of_a_day_is_the_latest_that_had_begun(day, round, later, answered_later):
    rows = [of_round("1", 1, "2023-05-16"), of_round("2", 4, "2024-05-21"), of_round("2", 4, "2024-07-01")]

    practice = score(rows, as_of=date.fromisoformat(day))

    assert (practice.round, practice.later_round, practice.answered_later) == (round, later, answered_later)
    assert practice.item("Q01").score == {"1": 1, "2": 4}[round]


def test_a_first_round_after_the_period_is_shown():
    practice = score([of_round("1", 3, "2024-11-12")], as_of=date(2024, 6, 30))

    assert (practice.round, practice.later_round, practice.answered_later) == ("1", "", True)
