"""Decision tables: twenty cases judged by hand, every rule reached, and reasons that hold when they are acted on."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib.catalogue import load_table
from rdclib.contract_types import feasibility, load_rules, parse, read_inputs, recommend
from rdclib.errors import CatalogueError, EngagementError

# A service that is easy to buy and to measure; each case changes what matters.
PLAIN = {
    "scope": 3,
    "volume": 3,
    "outcome": 3,
    "attribution": 3,
    "capacity": 3,
    "gaming": 1,
    "competition": 3,
    "events": 60,
    "measurement_cost": 0.02,
    "baseline": "yes",
}

# Twenty purchases, judged at a table before the program was asked: name, answers, contract type, payment rule, reason.
CASES = [
    (
        "flood clean-up starting tonight",
        {"scope": 1, "volume": 1, "urgent": "yes", "events": 0, "baseline": "no"},
        ("B1", "P0"),
        "Nobody can describe the damage yet and it cannot wait: hours with a ceiling. No baseline, so nothing at risk.",
    ),
    (
        "urgent repair of a known bridge joint",
        {"urgent": "yes"},
        ("B2", "P2"),
        "Urgent, but the scope is a drawing: a fixed price is possible, urgency alone is no reason for hours.",
    ),
    (
        "mowing of 60 parks on a fixed cycle",
        {"competition": 2},
        ("B2", "P2"),
        "Acres and cycles are known; each inspection is an outcome, cheap to see and hard to fake.",
    ),
    (
        "pothole patching by work order",
        {"volume": 2, "repeat_orders": "yes", "gaming": 2},
        ("B3", "P1"),
        "A clear unit, ordered again and again; closing requests early is a known trick, so only little money.",
    ),
    (
        "asphalt for one season",
        {"volume": 2, "attribution": 2},
        ("B4", "P2"),
        "Tons are the unit, the season decides how many. Acceptance tests are frequent, cheap and independent.",
    ),
    (
        "new permitting system",
        {"scope": 2, "volume": 2, "divisible": "yes", "outcome": 2, "gaming": 2, "events": 12},
        ("B5", "P1"),
        "The first module can be described; users' success is partly seen within the term.",
    ),
    (
        "street outreach by a large nonprofit",
        {"scope": 2, "volume": 1, "accounts_adequate": "yes", "outcome": 2, "attribution": 2, "gaming": 2},
        ("B6", "P1"),
        "Cost cannot be known before, books are good. Exits are countable, housing supply is not the vendor's.",
    ),
    (
        "a new program nobody has run before",
        {"scope": 1, "volume": 1, "baseline": "no", "events": 5, "outcome": 2},
        ("B7", "P0"),
        "Neither scope nor books: talk to vendors first. Nothing to compare a result with.",
    ),
    (
        "case management by three small charities",
        {"scope": 2, "accounts_adequate": "yes", "capacity": 1, "attribution": 2},
        ("B6", "P0"),
        "A bad quarter would close them, whatever the numbers say.",
    ),
    (
        "supportive housing for frequent jail users",
        {
            "scope": 2,
            "accounts_adequate": "yes",
            "capacity": 1,
            "gaming": 2,
            "capital_needed": "yes",
            "comparison_group": "yes",
        },
        ("B6", "P4"),
        "As in Denver: outcomes countable and creditable, vendors thin, capital needed, a lottery possible.",
    ),
    (
        "the same housing without a comparison group",
        {"scope": 2, "accounts_adequate": "yes", "capacity": 1, "gaming": 2, "capital_needed": "yes"},
        ("B6", "P0"),
        "Without a comparison the bar on thin vendors stands.",
    ),
    (
        "a pilot with eight graduates a quarter",
        {"events": 8, "scope": 2, "divisible": "yes"},
        ("B5", "P0"),
        "Eight is fewer than ten: luck would decide.",
    ),
    (
        "a program with ten graduates a quarter",
        {"events": 10, "scope": 2, "divisible": "yes"},
        ("B5", "P1"),
        "Ten just clears the bar; thirty would be needed for a price an outcome.",
    ),
    (
        "job training with thirty placements a quarter",
        {"events": 30, "volume": 2},
        ("B4", "P2"),
        "Seats are the unit; thirty placements, verified by wage records, hard to game.",
    ),
    (
        "job training where placement proof costs 6% of the contract",
        {"events": 30, "volume": 2, "measurement_cost": 0.06},
        ("B4", "P1"),
        "Proof is too dear for a price an outcome; a small bonus will do.",
    ),
    (
        "snow clearing where drivers report their own routes",
        {"volume": 1, "repeat_orders": "yes", "gaming": 3},
        ("B3", "P0"),
        "As New York learned in 2010: 'plowed' can be logged while streets stay blocked. Audit first.",
    ),
    (
        "tourism campaign",
        {"outcome": 2, "attribution": 1},
        ("B2", "P3"),
        "Visitors come for many reasons: pay for the campaign's accepted parts, show the visitors.",
    ),
    (
        "early-childhood program judged at third grade",
        {"outcome": 1, "scope": 2, "accounts_adequate": "yes"},
        ("B6", "P0"),
        "Third grade comes after the contract.",
    ),
    (
        "911 call answering by a contractor",
        {"life_safety": "yes", "measured_at_once": "yes", "gaming": 2},
        ("B2", "P1"),
        "Answer times log themselves: service credits beside a small holdback.",
    ),
    (
        "fleet maintenance with audited books",
        {"volume": 2, "cost_auditable": "yes", "vendor_controls_cost": "yes", "competition": 1, "gaming": 2},
        ("B4", "P1"),
        "Vehicles are counted, mileage is not; savings can be shared, and one bidder is better met with a bonus.",
    ),
]


@pytest.mark.parametrize(("name", "answers", "wanted", "reason"), CASES, ids=[case[0] for case in CASES])
def test_cases_judged_by_hand(name, answers, wanted, reason):
    found = recommend(PLAIN | answers)
    assert (found.contract_type.rule.id, found.payment.rule.id) == wanted, reason


def test_there_are_twenty_cases_and_they_reach_every_rule_of_both_tables():
    assert len(CASES) == 20
    reached = {rule for case in CASES for rule in case[2]}
    assert reached == {f"B{i}" for i in range(1, 8)} | {f"P{i}" for i in range(5)}


def test_add_ons_fire_beside_the_payment_rule():
    def ids(name):
        answers = next(case[1] for case in CASES if case[0] == name)
        return [rule.id for rule, _ in recommend(PLAIN | answers).add_ons]

    assert ids("911 call answering by a contractor") == ["P6"]
    assert ids("fleet maintenance with audited books") == ["P5", "P7"]
    assert ids("mowing of 60 parks on a fixed cycle") == ["P7"]
    assert ids("tourism campaign") == []


def by_hand(v):
    """The tables once more, as plain Python."""
    if v["urgent"] and v["scope"] == 1:
        base = "B1"
    elif v["scope"] == 3:
        base = "B2" if v["volume"] == 3 else "B3" if v["repeat_orders"] else "B4"
    elif v["scope"] == 2 and v["divisible"]:
        base = "B5"
    else:
        base = "B6" if v["accounts_adequate"] else "B7"
    exceptional = v["outcome"] == 3 and v["attribution"] == 3 and v["capacity"] == 1 and v["events"] >= 30
    if v["baseline"] and exceptional and v["gaming"] < 3 and v["capital_needed"] and v["comparison_group"]:
        overlay = "P4"
    elif not v["baseline"] or v["outcome"] == 1 or v["events"] < 10 or v["gaming"] == 3 or v["capacity"] == 1:
        overlay = "P0"
    elif v["attribution"] == 1:
        overlay = "P3"
    elif v["outcome"] == 3 and v["gaming"] == 1 and v["events"] >= 30 and v["measurement_cost"] <= 0.05:
        overlay = "P2"
    else:
        overlay = "P1"
    return base, overlay


def answers():
    rating, flag = st.integers(1, 3), st.booleans()
    kinds = {
        "rating": rating,
        "flag": flag,
        "number": st.sampled_from([0, 9, 10, 11, 29, 30, 31, 200]),
        "share": st.sampled_from([0.0, 0.049, 0.05, 0.051, 1.0]),
    }
    return st.fixed_dictionaries({row["id"]: kinds[row["kind"]] for row in load_table("contract_inputs")})


@settings(max_examples=400, deadline=None)
@given(answers())
def test_the_tables_say_what_they_say_for_any_answers(given_answers):
    found = recommend({k: ("yes" if v else "no") if isinstance(v, bool) else v for k, v in given_answers.items()})
    assert (found.contract_type.rule.id, found.payment.rule.id) == by_hand(given_answers)


@settings(max_examples=80, deadline=None)
@given(answers())
def test_what_would_change_it_does_change_it(given_answers):
    said = {k: ("yes" if v else "no") if isinstance(v, bool) else v for k, v in given_answers.items()}
    found = recommend(said)
    for decision, part in ((found.contract_type, "contract_type"), (found.payment, "payment")):
        for change in decision.changes:
            step = {"number": 1, "share": 0.01}.get(change.input.kind, 0)
            value = change.value + {"fewer than": -step, "more than": step}.get(change.side, 0)
            if change.input.kind == "flag":
                value = "yes" if value else "no"
            again = recommend(said | {change.input.id: value})
            assert getattr(again, part).rule.id == change.rule.id


def changes(decision):
    return {(change.input.id, change.side, change.value, change.rule.id) for change in decision.changes}


def test_all_that_would_change_it_is_named():
    found = recommend(PLAIN)

    assert (found.contract_type.rule.id, found.payment.rule.id) == ("B2", "P2")
    # Of two ratings that lead to the same rule the nearer one is named.
    assert changes(found.contract_type) == {("scope", "", 2, "B7"), ("volume", "", 2, "B4")}
    assert changes(found.payment) == {
        ("outcome", "", 2, "P1"),
        ("outcome", "", 1, "P0"),
        ("attribution", "", 1, "P3"),
        ("capacity", "", 1, "P0"),
        ("gaming", "", 2, "P1"),
        ("gaming", "", 3, "P0"),
        ("events", "fewer than", 30, "P1"),
        ("events", "fewer than", 10, "P0"),
        ("measurement_cost", "more than", 0.05, "P1"),
        ("baseline", "", 0, "P0"),
    }


@pytest.mark.parametrize(
    ("events", "cost", "named"),
    [
        (9.5, 0.02, {("events", "at least", 10, "P1"), ("events", "at least", 30, "P2")}),
        (29.5, 0.02, {("events", "at least", 30, "P2"), ("events", "fewer than", 10, "P0")}),
        (30, 0.055, {("events", "fewer than", 10, "P0"), ("measurement_cost", "at most", 0.05, "P2")}),
    ],
)
def test_a_number_just_short_of_a_bar_names_the_bar(events, cost, named):
    found = changes(recommend(PLAIN | {"events": events, "measurement_cost": cost}).payment)
    assert {change for change in found if change[0] in ("events", "measurement_cost")} == named


@settings(max_examples=60, deadline=None)
@given(answers())
def test_reasons_hold_and_neighbours_name_what_fails(given_answers):
    said = {k: ("yes" if v else "no") if isinstance(v, bool) else v for k, v in given_answers.items()}
    found = recommend(said)
    values = {i.id: i.value for i in found.inputs}
    for decision in (found.contract_type, found.payment):
        assert all(term.met(values) for term in decision.because)
        order = int(decision.rule.row["order"])
        for neighbour in decision.neighbours:
            assert not any(term.met(values) for clause in neighbour.failed for term in clause)
            # A rule that is true as well can only stand further down.
            assert neighbour.failed or int(neighbour.rule.row["order"]) > order


@pytest.mark.parametrize("events", [9, 10, 11])
def test_the_bar_of_ten_events(events):
    assert recommend(PLAIN | {"events": events, "gaming": 2}).payment.rule.id == ("P0" if events < 10 else "P1")


@pytest.mark.parametrize(("events", "rule"), [(29, "P1"), (30, "P2"), (31, "P2")])
def test_the_bar_of_thirty_events(events, rule):
    assert recommend(PLAIN | {"events": events}).payment.rule.id == rule


@pytest.mark.parametrize(("cost", "rule"), [(0.049, "P2"), (0.05, "P2"), (0.051, "P1")])
def test_the_bar_of_measurement_cost(cost, rule):
    assert recommend(PLAIN | {"measurement_cost": cost}).payment.rule.id == rule


def test_b7_is_advice_and_no_contract_type():
    waits = recommend({})
    assert waits.contract_type.rule.id == "B7"
    assert waits.is_advice
    assert waits.contract_type.rule.row["advice"].startswith("Do not solicit yet.")
    assert not recommend(PLAIN).is_advice


def test_what_nobody_answered_counts_as_its_cautious_value_and_is_listed():
    found = recommend({"scope": 3, "volume": 3})
    assert found.payment.rule.id == "P0"
    assert "baseline" in [i.id for i in found.unanswered]
    assert (found.input("baseline").value, found.input("baseline").answered) == (0, False)
    assert (found.input("gaming").value, found.input("gaming").answered) == (3, False)
    assert (found.input("scope").value, found.input("scope").answered) == (3, True)
    every_flag_no = {row["id"]: "no" for row in load_table("contract_inputs") if row["kind"] == "flag"}
    assert recommend(PLAIN | {"baseline": ""}).payment.rule.id == recommend(PLAIN | every_flag_no).payment.rule.id


def test_cost_plus_a_percentage_is_warned_against():
    assert [rule.id for rule in recommend(PLAIN | {"cost_plus_percentage": "yes"}).warnings] == ["W1"]
    assert recommend(PLAIN).warnings == ()


FEASIBLE = PLAIN | {
    "comparison_group": "yes",
    "data_agreement": "yes",
    "independent_evaluator": "yes",
    "public_savings": "yes",
    "multi_year_payment": "yes",
}


def test_pay_for_success_is_worth_exploring_only_when_all_is_met():
    found = feasibility(FEASIBLE)
    assert (found.verdict, found.bond_verdict) == ("worth exploring", "not yet")
    bond = {"capital_needed": "yes", "proven_model": "yes", "investor_interest": "yes"}
    assert feasibility(FEASIBLE | bond).bond_verdict == "worth exploring"


def test_an_open_question_means_not_yet_and_a_no_means_no():
    assert feasibility(FEASIBLE | {"data_agreement": ""}).verdict == "not yet"
    assert feasibility(FEASIBLE | {"data_agreement": "no"}).verdict == "not for this service"
    assert feasibility(FEASIBLE | {"capital_needed": "no"}).bond_verdict == "not for this service"
    assert feasibility(FEASIBLE | {"capital_needed": "no"}).verdict == "worth exploring"


def test_an_unknown_question_is_refused():
    with pytest.raises(EngagementError) as refused:
        recommend({"weather": 1})
    assert refused.value.what == "'weather' is no question about the contract type."
    assert refused.value.fix.startswith("Known questions: scope, volume, outcome,")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scope", 4, "The answer to 'Scope certainty' is '4'.\nGive 1, 2 or 3, or leave it empty."),
        ("urgent", "maybe", "The answer to 'Urgent' is 'maybe'.\nGive yes or no, or leave it empty."),
        ("events", -1, None),
        ("events", "nan", None),
        ("measurement_cost", 5, "The answer to 'Cost of measuring' is '5'.\nGive a share, 0 to 1, or leave it empty."),
    ],
)
def test_an_answer_out_of_range_is_refused(name, value, message):
    with pytest.raises(EngagementError) as refused:
        read_inputs({name: value})
    if message:
        assert str(refused.value) == message


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            "scope == 3",
            "rules.csv, B9: 'scope == 3' is no condition.\n"
            "Write it like scope = 3, events >= 30, urgent or not baseline.",
        ),
        (
            "weather = 1",
            "rules.csv, B9: the condition names 'weather', which is not in contract_inputs.csv.\n"
            "Known inputs: events, scope.",
        ),
    ],
)
def test_a_condition_that_cannot_be_read_is_named(condition, message):
    with pytest.raises(CatalogueError) as refused:
        parse(condition, {"scope", "events"}, "rules.csv, B9")
    assert str(refused.value) == message


def test_conditions_are_read_from_the_file_and_nowhere_else(tmp_path, monkeypatch):
    from rdclib import catalogue

    for name in ("contract_types", "payment_rules", "contract_inputs"):
        rows = [dict(row) for row in load_table(name)]
        for row in rows:
            if row["id"] == "B2":
                row["condition"] = "scope >= 2"
        with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    monkeypatch.setattr(catalogue.places, "CATALOGUE", tmp_path)
    catalogue.load_table.cache_clear()
    try:
        assert recommend(PLAIN | {"scope": 2, "volume": 1}).contract_type.rule.id == "B2"
    finally:
        monkeypatch.undo()
        catalogue.load_table.cache_clear()


def test_every_rule_has_its_words_and_ends_with_a_default():
    for name, table in (("contract_types", ""), ("payment_rules", "overlay")):
        rules = load_rules(name, table)
        assert rules[-1].clauses == ()
        assert all(rule.clauses for rule in rules[:-1])
    for row in (*load_table("contract_types"), *load_table("payment_rules")):
        assert row["name"]
        assert row["why"]
        assert row["source"]
    designs = {d.strip() for row in load_table("payment_rules") for d in row["designs"].split(";") if d.strip()}
    from rdclib.payment import KINDS

    assert designs <= set(KINDS)
