"""Three people with the same forms open at once: whatever each adds, changes or takes away is saved, of all three."""

import datetime
import multiprocessing
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdclib import engagement as engagements
from rdclib import questionnaire, saved, widgets
from rdclib.engagement import load_choices
from rdclib.intake import desk
from rdclib.readiness import duplicate_vendors, payment_links, readiness
from rdclib.records import load_records
from rdclib.selection import select
from rdclib.widgets import base
from tests import build
from tests.review.made import SCORE, months
from tests.review.shown import shown
from tests.selection.test_select import SHARES, SHELTER
from tests.selection.test_select import city as selected_city
from tests.selection.test_series import monthly
from tests.tables.test_assessment import whole
from tests.widgets.test_assessment import ranking

PEOPLE = range(3)
DAY = datetime.date(2024, 5, 1)


@pytest.fixture(autouse=True)
def _nobody_typed_yet(monkeypatch):
    monkeypatch.setattr(base, "_last_author", "")


@pytest.fixture
def city(tmp_path, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(tmp_path))
    engagements.create("testville")
    return engagements.load_engagement("testville", period="FY2024")


@pytest.fixture
def walk(tmp_path):
    """An engagement and the selection of a shelter contract with history."""
    rows = [*monthly("HS-01", SHARES, n=60, start=7), *monthly("HS-10", [60 + s / 4 for s in SHARES], start=7)]
    records, engagement = selected_city(tmp_path, SHELTER, *rows)
    return engagement, select(records, engagement)


@pytest.fixture
def reviewed():
    metrics = [SCORE | {"id": f"m{i}", "name": f"Metric {i}"} for i in range(6)]
    rows = [row for i in range(6) for row in months([5, 6, 7], metric=f"m{i}", vendor="V1", first="2024-04")]
    old = build.action("A1", action="Old", owner="Old", action_due="2024-06-01", status="open")
    contract = build.contract("C1", vendor_id="V1", vendor_name="Acme")
    return build.records(*rows, contract, old, metrics=metrics)


def _work(form, person, saves, start, refused):
    form.author.value = f"Person {person}"
    start.wait()
    for values in saves:
        for name, value in values.items():
            form.fields[name].value = value
        form.save()
        if "Saved by" not in form.status.value:
            refused.put(form.status.value)


def together(make, saves):
    """Open a form three times, then have three processes save in it at the same time.

    Parameters
    ----------
    make : callable
        Gives the form.
    saves : callable
        Takes the person's number; gives what is filled in before each press of Save.
    """
    if sys.platform == "win32":
        pytest.skip("open forms cannot be passed to other processes where a system cannot fork")
    fork = multiprocessing.get_context("fork")
    start, refused = fork.Barrier(len(PEOPLE)), fork.SimpleQueue()
    forms = [make() for _ in PEOPLE]  # all three show the same, before anybody saves
    workers = [fork.Process(target=_work, args=(forms[k], k, list(saves(k)), start, refused)) for k in PEOPLE]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    said = [refused.get() for _ in PEOPLE if not refused.empty()]
    assert said == []


def test_payment_designs(walk):
    engagement, selection = walk

    def saves(k):
        return [{"name": f"design {k} {i}", "kind": "unit rate", "terms": f"rate: {i}"} for i in range(6)]

    together(lambda: widgets.payment_design(engagement, selection, interactive=True), saves)

    designs = {d.name: d.rate for d in load_choices(engagement).selection.payment_designs}
    assert designs == {f"design {k} {i}": i for k in PEOPLE for i in range(6)}


def test_steps_of_the_plan_and_fields_of_one_step(city):
    step = {"step": "shared", "owner": "Old", "due": "2024-01-01", "status": "open"}
    engagements.save_choice(city, "assessment", "plan", [step], author="Ben")
    changed = ({"owner": "New"}, {"status": "done"}, {"due": DAY})

    def saves(k):
        yield {"which": "shared", **changed[k]}
        for i in range(4):
            yield {"which": "", "step": f"step {k} {i}", "owner": "Ana", "due": DAY}

    together(lambda: widgets.improvement_plan(city, questionnaire.score([]), interactive=True), saves)

    plan = {s.step: s for s in load_choices(city).assessment.plan}
    assert set(plan) == {"shared", *(f"step {k} {i}" for k in PEOPLE for i in range(4))}
    assert (plan["shared"].owner, plan["shared"].status, plan["shared"].due) == ("New", "done", DAY)


def test_ratings_of_contracts_and_of_one_contract(city):
    found = ranking()
    engagements.save_choice(city, "assessment", "ratings", {"c6": {"value": 1, "feasibility": 4}}, author="Ben")
    one = ({"value": "not known"}, {"urgency": "2"}, {"feasibility": "3"})

    together(
        lambda: widgets.priority_ratings(city, found, interactive=True),
        lambda k: [{"contract": "c6", **one[k]}, {"contract": f"c{k}", "urgency": str(k)}],
    )

    assert load_choices(city).assessment.ratings == {
        "c6": {"urgency": 2, "feasibility": 3}, "c0": {"urgency": 0}, "c1": {"urgency": 1}, "c2": {"urgency": 2},
    }  # fmt: skip


def test_weights_and_key_contracts(city):
    names = ("value", "urgency", "feasibility")
    together(
        lambda: widgets.priority_weights(city, interactive=True),
        lambda k: [{names[k]: str(20 + k)}] + [{"weights_known": "order only"}] * (k == 0),
    )
    found = ranking()
    first = list(found.first_five["contract_id"])
    others = [c for c in found.rows["contract_id"] if c not in first]
    ticks = ([*first[1:]], [*first, others[0]], [*first, others[1]])  # one takes away, two add
    together(
        lambda: widgets.confirm_key_contracts(city, found, interactive=True), lambda k: [{"key_contracts": ticks[k]}]
    )

    kept = load_choices(city).assessment
    assert kept.weights == dict.fromkeys(kept.weights, 10) | {"value": 20, "urgency": 21, "feasibility": 22}
    assert (len(kept.weights), kept.weights_known) == (6, "order only")
    assert set(kept.key_contracts) == {*first[1:], *others[:2]}


def test_the_set_and_its_terms(walk):
    engagement, selection = walk
    have = [{"metric_id": "HS-01"}, {"metric_id": "HS-10"}]
    engagements.save_choice(engagement, "selection", "chosen", have, author="Ben")
    new = [m.id for m in selection.candidates if m.id not in ("HS-01", "HS-10")][:3]
    ticks = (["HS-01", new[0]], ["HS-01", "HS-10", new[1]], ["HS-01", "HS-10", new[2]])
    together(
        lambda: widgets.metric_set(engagement, selection, interactive=True), lambda k: [{"chosen": tuple(ticks[k])}]
    )
    chosen = [c.metric_id for c in load_choices(engagement).selection.chosen]
    assert sorted(chosen) == sorted(["HS-01", *new])

    line = selection.lines[0].metric.id
    engagements.save_choice(engagement, "selection", "chosen", [{"metric_id": m} for m in (line, "X")], author="Ben")
    terms = ({"target": "35.5"}, {"target_basis": "need"}, {"paid": True})
    together(
        lambda: widgets.metric_terms(engagement, selection, interactive=True),
        lambda k: [{"metric_id": line, **terms[k]}, {"metric_id": selection.lines[k + 1].metric.id, "target": str(k)}],
    )
    kept = {c.metric_id: c for c in load_choices(engagement).selection.chosen}
    assert (kept[line].target, kept[line].target_basis, kept[line].paid) == (35.5, "need", True)
    assert [kept[selection.lines[k + 1].metric.id].target for k in PEOPLE] == [0, 1, 2]
    assert "X" in kept


def test_problem_goals_priorities_and_inputs(walk):
    engagement, selection = walk
    goals = [{"goal": "A home"}, {"goal": "A job"}]
    engagements.save_choice(engagement, "selection", "goals", goals, author="Ben")
    fills = (
        {"problem": "70 days", "goal 0": "A home that lasts", "output": "Beds"},
        {"population": "Families", "goal 2": "Health", "output": "Meals"},
        {"goal 1": "", "outcome": "Homes"},
    )
    together(lambda: widgets.problem_and_goals(engagement, selection, interactive=True), lambda k: [fills[k]])
    kept = load_choices(engagement).selection
    assert (kept.problem, kept.population) == ("70 days", "Families")
    assert {g.goal for g in kept.goals} == {"A home that lasts", "Health"}
    assert set(kept.logic_model["output"]) == {"Beds", "Meals"}
    assert kept.logic_model["outcome"] == ("Homes",)

    tests = ("relevant", "timely", "comparable")
    together(lambda: widgets.metric_priorities(engagement, interactive=True), lambda k: [{"0": tests[k]}])
    assert set(load_choices(engagement).selection.test_order) == set(tests)

    form = widgets.contract_type_inputs(engagement, selection, interactive=True)
    radios = [(name, field.options[-1][1]) for name, field in form.fields.items() if hasattr(field, "options")][:3]
    together(
        lambda: widgets.contract_type_inputs(engagement, selection, interactive=True),
        lambda k: [dict([radios[k]])],
    )
    assert load_choices(engagement).selection.contract_inputs == dict(radios)


def test_ratings_of_metrics(walk):
    engagement, selection = walk
    ids = [m.id for m in selection.candidates][:4]
    together(
        lambda: widgets.metric_ratings(engagement, selection, interactive=True),
        lambda k: [{"metric_id": name, "relevant": str(k)} for name in ids],
    )
    rows = saved.read_rows(engagement.folder / "metric_ratings.csv")
    assert {(r["metric_id"], r["rater"], r["score"]) for r in rows} == {
        (name, f"Person {k}", str(k)) for name in ids for k in PEOPLE
    }


def test_headlines_limits_and_changes(city, reviewed):
    engagements.save_choice(city, "review", "headlines", ["m0", "m1"], author="Ben")
    ticks = (("m0", "m1", "m2"), ("m0", "m1", "m3"), ("m1",))
    together(
        lambda: widgets.review_focus(city, reviewed, interactive=True),
        lambda k: [{"headlines": ticks[k]} | ({"screen": True} if k == 1 else {})],
    )
    together(
        lambda: widgets.new_limits(city, reviewed, interactive=True),
        lambda k: [{"metric_id": f"m{i}", "date": DAY, "reason": f"reason {k}", "periods": "12"} for i in range(4)],
    )
    together(
        lambda: widgets.contract_change(city, reviewed, interactive=True),
        lambda k: [{"metric_id": f"m{i}", "date": DAY, "what": f"change {k}"} for i in range(4)],
    )

    kept = load_choices(city).review
    assert (set(kept.headlines), kept.screen) == ({"m1", "m2", "m3"}, True)
    assert {(r.metric_id, r.reason) for r in kept.rebases} == {
        (f"m{i}", f"reason {k}") for i in range(4) for k in PEOPLE
    }
    assert sorted(f.metric_id for f in kept.freezes) == [f"m{i}" for i in range(4)]
    assert {(c.metric_id, c.what) for c in kept.changes} == {(f"m{i}", f"change {k}") for i in range(4) for k in PEOPLE}


def test_actions_have_each_a_number_of_their_own_and_one_is_changed_by_three(city, reviewed):
    changed = ({"status": "done"}, {"owner": "New"}, {"result": "Fixed"})

    def saves(k):
        yield {"action_id": "A1", **changed[k]}
        for i in range(4):
            yield {"action_id": "", "action": f"action {k} {i}", "owner": "Ana", "action_due": DAY}

    together(lambda: widgets.action_entry(city, reviewed, interactive=True), saves)

    rows = saved.newest(saved.read_rows(city.folder / "actions.csv"), ("action_id",))
    actions = {row["action"]: row for row in rows}
    assert set(actions) == {"Old", *(f"action {k} {i}" for k in PEOPLE for i in range(4))}
    old = actions["Old"]
    assert (old["action_id"], old["status"], old["owner"], old["result"]) == ("A1", "done", "New", "Fixed")


def test_ratings_of_vendors(city, reviewed):
    together(
        lambda: widgets.vendor_rating(city, reviewed, interactive=True),
        lambda k: [
            {"contract_id": "C1", "dimension": d, "evidence": "x", "rater": f"R{k}"} for d in ("quality", "schedule")
        ],
    )
    rows = saved.read_rows(city.folder / "vendor_ratings.csv")
    assert sorted((r["rater"], r["dimension"]) for r in rows) == [
        (f"R{k}", d) for k in PEOPLE for d in ("quality", "schedule")
    ]


def test_the_meeting_and_the_weights_of_the_past(city):
    review = shown()
    ids = list(dict.fromkeys(h.measure.id for h in review.pack.headlines))
    fills = [{"held": DAY + datetime.timedelta(k)} for k in PEOPLE]
    for k, name in enumerate(ids[:2]):
        fills[k][f"finding {name}"] = f"said {k}"
    fills[2]["topic"] = "Night team"
    together(lambda: widgets.meeting_notes(city, review, interactive=True), lambda k: [fills[k]])
    together(lambda: widgets.past_performance_weights(city, interactive=True), lambda k: [{f"age {k}": f"0.{k + 1}"}])

    kept = load_choices(city).review
    assert kept.findings == {name: f"said {k}" for k, name in enumerate(ids[:2])}
    assert kept.meetings == tuple(DAY + datetime.timedelta(k) for k in PEOPLE)
    assert kept.topic == "Night team"
    assert kept.recency == (0.1, 0.2, 0.3)


def test_answers_of_many_people_and_of_one_person_at_three_screens(city):
    questionnaire.save_answers(
        city.folder,
        [{"round": "1", "respondent": "Ana", "role": "legal", "question": "Q01", "answer": "1"}],
        author="B",
    )

    def opened():
        form = widgets.practice_answers(city, interactive=True)
        form.fields["respondent"].value, form.fields["role"].value = "Ana", "legal"
        return form

    fills = ({"answer": "3"}, {"evidence": "register"}, {"comment": "two lists"})
    together(opened, lambda k: [fills[k]])
    [row] = saved.newest(saved.read_rows(city.folder / "answers.csv"), questionnaire.KEY)
    assert (row["answer"], row["evidence"], row["comment"]) == ("3", "register", "two lists")

    together(
        lambda: widgets.practice_answers(city, interactive=True),
        lambda k: ([{"respondent": f"P{k}", "question": q, "answer": "2"} for q in ("Q02", "Q03")]),
    )
    rows = saved.newest(saved.read_rows(city.folder / "answers.csv"), questionnaire.KEY)
    assert {(r["respondent"], r["question"]) for r in rows} == {
        ("Ana", "Q01"), *((f"P{k}", q) for k in PEOPLE for q in ("Q02", "Q03")),
    }  # fmt: skip


def test_readings_of_contracts(city):
    found = whole([build.contract(f"c{i}", end_date="2025-06-30", title="Shelter") for i in range(3)])
    together(
        lambda: widgets.contract_coding(city, found, interactive=True),
        lambda k: [{"contract_id": f"c{i}", "goal_text": f"goal {i}"} for i in range(3)],
    )
    rows = saved.read_rows(city.folder / "contract_coding.csv")
    assert sorted((r["contract_id"], r["coder"], r["goal_text"]) for r in rows) == [
        (f"c{i}", f"Person {k}", f"goal {i}") for i in range(3) for k in PEOPLE
    ]


def test_links_of_payments_and_merges_of_vendors(city):
    contracts = [
        build.contract(f"C{k}", vendor_id=f"V{k}", vendor_name=f"Firm {k}", start_date="2023-01-01") for k in PEOPLE
    ]
    payments = [build.payment(9, vendor_id=f"V{k}", vendor_name=f"Firm {k}", payment_date="2023-10-01") for k in PEOPLE]
    links = payment_links(build.records(*contracts, *payments))
    engagements.save_choice(city, "readiness", "payment_links", {"V8": "C8", "V9": "C9"}, author="Ben")
    together(
        lambda: widgets.payment_links(city, links, interactive=True),
        lambda k: [{"same": (f"V{k}",)} | ({"kept": ("V9",)} if k == 0 else {})],
    )
    assert load_choices(city).readiness.payment_links == {"V9": "C9", "V0": "C0", "V1": "C1", "V2": "C2"}

    names = ("Ash Paving", "Elm Roads", "Oak Bridges")
    alike = [
        build.contract(f"K{k}{i}", vendor_id=f"W{k}{i}", vendor_name=n)
        for k in PEOPLE
        for i, n in enumerate((names[k], f"{names[k]} Inc."))
    ]
    pairs = duplicate_vendors(build.records(*alike))
    assert len(pairs) == 3
    together(lambda: widgets.vendor_merges(city, pairs, interactive=True), lambda k: [{"same": (str(pairs.index[k]),)}])
    assert len({row["vendor_id"] for row in saved.read_rows(city.folder / "vendor_merges.csv")}) == 3


def test_headings_and_notations(city):
    lines = [f"K{i},V{i},2023-0{i}-01,2025-0{i}-01,roads,2023-0{i}-05" for i in range(1, 9)]
    (city.folder / "raw" / "c.csv").write_text("\n".join(["Contract No,Vendor,Start,End,Type,Date", *lines]))
    paid = "\n".join(["Payee,Check Date,Amount", *(f"Firm {i},0{i}/0{i + 1}/2023,{i}.50" for i in range(1, 8))])
    for name in ("a.csv", "b.csv", "d.csv"):
        (city.folder / "raw" / name).write_text(paid + "\n")
    files = {"contracts": {"paths": ["raw/c.csv"]}, "payments": {"paths": ["raw/a.csv", "raw/b.csv", "raw/d.csv"]}}
    saved.update_yaml(city.folder / "engagement.yaml", ("files",), files, author="test")
    ready = readiness(load_records(engagements.load_engagement("testville", period="FY2023")))

    asked = widgets.column_map(city, ready, interactive=True).fields
    headings = [(name, field.options[1][1]) for name, field in asked.items()]
    assert [heading for (_, heading), _ in headings] == ["Type", "Date"]
    together(
        lambda: widgets.column_map(city, ready, interactive=True),
        lambda k: [dict([headings[k]])] if k < 2 else [],
    )
    told = [{("payments", "date_order"): "day-first"}]
    told += [{("payments", "confirmed"): (name,)} for name in ("b.csv", "d.csv")]
    together(lambda: widgets.notations(city, ready, interactive=True), lambda k: [told[k]])

    facts = engagements.load_facts("testville").files
    assert facts["contracts"].columns == {heading: column for (_, heading), column in headings}
    assert facts["payments"].date_order == "day-first"
    assert set(facts["payments"].confirmed) == {"b.csv", "d.csv"}


def test_files_that_three_people_take_in_at_once_are_all_kept_and_listed(city, tmp_path):
    if sys.platform == "win32":
        pytest.skip("the test passes a barrier to other processes, which needs a system that can fork")
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(len(PEOPLE))

    def take(k):
        folder = tmp_path / f"from {k}"
        folder.mkdir()
        (folder / "paid.csv").write_text(f"Vendor,Check Date,Amount\nFirm {k},2023-10-1{k},{k + 1}.50\n")
        start.wait()
        desk.take_in(city.folder, [folder / "paid.csv"], table="payments", author=f"Person {k}")

    workers = [fork.Process(target=take, args=(k,)) for k in PEOPLE]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)

    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    paths = engagements.load_facts("testville").files["payments"].paths
    assert sorted(paths) == ["raw/paid-2.csv", "raw/paid-3.csv", "raw/paid.csv"]
    texts = [(city.folder / path).read_text() for path in paths]
    assert sorted(text.splitlines()[1] for text in texts) == [f"Firm {k},2023-10-1{k},{k + 1}.50" for k in PEOPLE]


ENTRIES = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6)


@given(before=ENTRIES, mine=ENTRIES, now=ENTRIES)
def test_merged_lists_hold_what_either_added_and_nothing_that_either_took_away(before, mine, now):
    found = saved.merged(mine, shown=before, before=before, now=now)

    gone = (set(before) - set(mine)) | (set(before) - set(now))
    assert set(found) == (set(mine) | set(now)) - gone
    assert len(found) == len(set(found))


FIELDS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2))


@given(before=FIELDS, mine=FIELDS, now=FIELDS)
def test_merged_fields_are_mine_where_i_changed_them_and_theirs_elsewhere(before, mine, now):
    found = saved.merged(mine, shown=before, before=before, now=now)

    for key in "abcd":
        assert found.get(key) == (now.get(key) if mine.get(key) == before.get(key) else mine.get(key))


@given(proposed=ENTRIES, mine=ENTRIES, now=ENTRIES)
def test_a_proposal_is_saved_by_the_first_and_only_changed_by_the_next(proposed, mine, now):
    assert saved.merged(mine, shown=proposed, before=[], now=[]) == mine
    assert saved.merged(proposed, shown=proposed, before=[], now=now or ["z"]) == (now or ["z"])


def test_an_order_that_one_changed_stays_and_another_s_entry_keeps_its_place():
    assert saved.merged(["b", "a"], shown=["a", "b"], before=["a", "b"], now=["a", "b", "c"]) == ["b", "c", "a"]
    assert saved.merged(["a", "x", "b"], shown=["a", "b"], before=["a", "b"], now=["b", "a"]) == ["b", "a", "x"]
