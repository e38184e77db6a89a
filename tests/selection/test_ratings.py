"""Ratings by several people and the order that follows from them."""

import pytest

from rdclib import engagement as engagements
from rdclib.catalogue import load_metrics
from rdclib.selection import ratings

METRICS = {m.id: m for m in load_metrics()}
THREE = (METRICS["HS-01"], METRICS["HS-04"], METRICS["HS-10"])
TESTS = [row["id"] for row in ratings.tests()]


@pytest.fixture
def place(tmp_path):
    """An engagement's folder, as far as ratings need it."""
    return engagements.Engagement("x", tmp_path, engagements.Facts(city="X"), None, None)


def write(place, *rows):
    lines = ["contract_id,metric_id,rater,test,score,comment,author,time"]
    lines += [f"{c},{m},{r},{t},{s},,{r},2024-01-01T00:00:00+00:00" for c, m, r, t, s in rows]
    (place.folder / ratings.FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def everywhere(metric, rater, score):
    return [("C1", metric, rater, test, score) for test in TESTS]


def ranked(place, **more):
    return ratings.rank(THREE, ratings.read_ratings(place, "C1"), {}, draws=2000, **more)


def test_ten_tests_of_which_two_are_gates():
    assert len(TESTS) == 10
    assert [row["id"] for row in ratings.tests() if row["gate"] == "yes"] == ["relevant", "no perverse incentive"]


def test_better_ratings_come_first_and_are_surely_in_the_first_five(place):
    write(place, *everywhere("HS-01", "Ana", 2), *everywhere("HS-04", "Ana", 1), *everywhere("HS-10", "Ana", 0))
    order = ranked(place).places
    assert [p.metric.id for p in order] == ["HS-01", "HS-04", "HS-10"]
    assert [p.first_share for p in order] == [1, 0, 0]
    # All criteria but data support are at their best, half of it, or nothing; data support is 0 for all.
    assert order[0].score > order[1].score > order[2].score == 0
    assert order[1].score == pytest.approx(order[0].score / 2)
    # Even weights give each of the eleven criteria an eleventh on average, and ten of them are at their best.
    assert order[0].score == pytest.approx(10 / 11, abs=0.01)


def test_the_first_five_are_five(place):
    six = tuple(METRICS[name] for name in ("HS-01", "HS-02", "HS-03", "HS-04", "HS-05", "HS-10"))
    # Each is better on one more test than the next and worse on none.
    write(
        place, *[("C1", m.id, "Ana", t, 2 if k < 6 - i else 1) for i, m in enumerate(six) for k, t in enumerate(TESTS)]
    )
    places = ratings.rank(six, ratings.read_ratings(place, "C1"), {}, draws=500).places
    assert [p.metric.id for p in places] == [m.id for m in six]
    assert [p.top_share for p in places] == [1, 1, 1, 1, 1, 0]


def test_agreement_of_two_raters_by_hand(place):
    # They agree on nine tests of ten: 7 twos, 2 ones, and once a one beside a two.
    ana, ben = [2] * 7 + [1, 1, 1], [2] * 7 + [1, 1, 2]
    write(place, *[("C1", "HS-01", who, t, s) for who, scores in (("Ana", ana), ("Ben", ben))
                   for t, s in zip(TESTS, scores, strict=True)])  # fmt: skip
    found = ranked(place)
    # By chance 0.75² + 0.25² = 0.625 would agree: 15 of 20 ratings are twos.
    assert (found.agreement, found.kappa) == (pytest.approx(0.9), pytest.approx((0.9 - 0.625) / 0.375))


def test_what_nobody_rated_takes_what_the_catalogue_says_of_it():
    hs01, canopy = METRICS["HS-01"], METRICS["PT-08"]
    assert (ratings.unrated(hs01, "relevant"), ratings.unrated(METRICS["DQ-01"], "relevant")) == ((2,), (0,))
    assert (ratings.unrated(hs01, "timely"), ratings.unrated(canopy, "timely")) == ((2,), (0,))
    assert (ratings.unrated(hs01, "attributable"), ratings.unrated(canopy, "attributable")) == ((1,), (0,))
    assert (ratings.unrated(hs01, "comparable"), ratings.unrated(canopy, "comparable")) == ((1, 2), (0, 1))
    assert ratings.unrated(hs01, "reliable") == (0, 1, 2)


def test_metrics_that_look_alike_come_out_alike(place):
    write(place)
    alike = (METRICS["HS-01"], METRICS["A9-10"]), (METRICS["HS-01"], METRICS["A9-09"])
    assert METRICS["A9-09"].benchmark_value
    scores = [p.score for p in ratings.rank(alike[1], ratings.read_ratings(place, "C1"), {}, draws=500).places]
    assert scores[0] == scores[1]
    scores = [p.score for p in ratings.rank(alike[0], ratings.read_ratings(place, "C1"), {}, draws=500).places]
    assert scores[0] > scores[1]


def test_the_newest_row_of_a_rater_counts(place):
    write(place, ("C1", "HS-01", "Ana", "relevant", 0), ("C1", "HS-01", "Ana", "relevant", 2))
    assert ratings.read_ratings(place, "C1").of("HS-01", "relevant") == (2,)


def test_ratings_for_another_contract_do_not_count(place):
    write(place, ("C2", "HS-01", "Ana", "relevant", 0), ("", "HS-01", "Ben", "relevant", 1))
    assert ratings.read_ratings(place, "C1").of("HS-01", "relevant") == (1,)


def test_rows_that_are_no_rating_are_counted_and_set_aside(place):
    write(place, ("C1", "HS-01", "Ana", "relevant", 7), ("C1", "HS-01", "Ana", "lucky", 1))
    given = ratings.read_ratings(place, "C1")
    assert (len(given.scores), given.set_aside) == (0, 2)


def test_raters_two_points_apart_are_shown_and_not_averaged_away(place):
    write(place, ("C1", "HS-01", "Ana", "relevant", 0), ("C1", "HS-01", "Ben", "relevant", 2))
    first = {p.metric.id: p for p in ranked(place).places}["HS-01"]
    assert first.disagreements == ("relevant",)
    # The median is 1: no gate is failed.
    assert first.failed_gates == ()


def test_a_gate_is_failed_at_a_median_of_zero_and_only_a_gate(place):
    rows = [("C1", "HS-01", r, "no perverse incentive", s) for r, s in (("Ana", 0), ("Ben", 0), ("Cem", 1))]
    write(place, *rows, ("C1", "HS-01", "Ana", "timely", 0))
    first = {p.metric.id: p for p in ranked(place).places}["HS-01"]
    assert first.failed_gates == ("no perverse incentive",)


def test_the_agreed_order_of_tests_moves_the_ranking(place):
    good_at = {"HS-01": "relevant", "HS-04": "timely"}
    write(place, *[("C1", m, "Ana", t, 2 if good_at.get(m) == t else 1) for m in (*good_at, "HS-10") for t in TESTS])
    relevant_first = ranked(place, order=("relevant", "timely")).places[0].metric.id
    timely_first = ranked(place, order=("timely", "relevant")).places[0].metric.id
    assert (relevant_first, timely_first) == ("HS-01", "HS-04")


def test_the_order_of_metrics_changes_nothing(place):
    write(place, *everywhere("HS-01", "Ana", 2), *everywhere("HS-04", "Ben", 1))
    given = ratings.read_ratings(place, "C1")
    plain = ratings.rank(THREE, given, {"HS-04": 2}, draws=500)
    turned = ratings.rank(THREE[::-1], given, {"HS-04": 2}, draws=500)
    assert [(p.metric.id, p.score, p.top_share) for p in plain.places] == [
        (p.metric.id, p.score, p.top_share) for p in turned.places
    ]


def test_without_metrics_there_is_no_order(place):
    assert ratings.rank((), ratings.read_ratings(place), {}).places == ()
