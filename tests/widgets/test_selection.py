"""Forms of the metric selection: what is saved is what the next cell reads."""

import html

import pytest

from rdclib import widgets
from rdclib.engagement import load_choices, save_choices
from rdclib.selection import ratings, select
from tests.selection.test_select import SHARES, SHELTER, city
from tests.selection.test_series import monthly


@pytest.fixture
def walk(tmp_path):
    """Records, engagement and selection of a shelter contract with history."""
    rows = [*monthly("HS-01", SHARES, n=60, start=7), *monthly("HS-10", [60 + s / 4 for s in SHARES], start=7)]
    records, engagement = city(tmp_path, SHELTER, *rows)
    return records, engagement, select(records, engagement)


def fill(form, **values):
    for name, value in values.items():
        form.fields[name].value = value
    form.author.value = "Ana"
    form.save()


def chosen(engagement):
    return load_choices(engagement).selection


FORMS = (
    widgets.problem_and_goals,
    widgets.metric_ratings,
    widgets.metric_set,
    widgets.metric_terms,
    widgets.contract_type_inputs,
    widgets.payment_design,
    widgets.selection_documents,
)


@pytest.mark.parametrize("make", FORMS, ids=lambda make: make.__name__)
def test_an_unattended_run_shows_no_form_and_an_advisor_sees_one(walk, make):
    _, engagement, selection = walk
    assert make(engagement, selection, interactive=False) is None
    form = make(engagement, selection, interactive=True)
    assert "rdc-form" in form._dom_classes


def test_problem_and_goals_are_kept(walk):
    _, engagement, selection = walk
    form = widgets.problem_and_goals(engagement, selection, interactive=True)
    fill(
        form,
        problem="Families wait <b>70</b> days",
        population="Families in shelter",
        **{"goal 0": "A home", "residents 0": "A key", "output": "Beds\n\nMeals", "impact": ""},
    )
    kept = chosen(engagement)
    assert (kept.problem, kept.population) == ("Families wait <b>70</b> days", "Families in shelter")
    assert [(g.goal, g.residents) for g in kept.goals] == [("A home", "A key")]
    assert kept.logic_model == {"output": ("Beds", "Meals")}
    assert kept.contract_id == "C1"
    assert kept.saved_by == "Ana"


def test_ratings_are_added_under_the_raters_name(walk):
    _, engagement, selection = walk
    form = widgets.metric_ratings(engagement, selection, interactive=True)
    fill(form, metric_id="HS-01", relevant="2", timely="0")
    given = ratings.read_ratings(engagement, "C1")
    assert (given.of("HS-01", "relevant"), given.of("HS-01", "timely"), given.raters) == ((2,), (0,), ("Ana",))


def test_a_form_without_a_rating_saves_nothing(walk):
    _, engagement, selection = walk
    form = widgets.metric_ratings(engagement, selection, interactive=True)
    fill(form)
    assert "No test is rated." in form.status.value
    assert not (engagement.folder / ratings.FILE).exists()


def test_priorities_are_kept_in_order_and_each_once(walk):
    _, engagement, _ = walk
    form = widgets.metric_priorities(engagement, interactive=True)
    fill(form, **{"0": "timely", "1": "relevant"})
    assert chosen(engagement).test_order == ("timely", "relevant")
    fill(form, **{"1": "timely"})
    assert "A test is named twice." in form.status.value
    assert chosen(engagement).test_order == ("timely", "relevant")


def test_the_set_is_checked_while_it_is_ticked_and_then_kept(walk):
    records, engagement, selection = walk
    form = widgets.metric_set(engagement, selection, interactive=True)
    for name, box in form.fields["chosen"]._boxes:
        box.value = name in ("HS-01", "HS-10")
    assert "At least one metric of what the city owes the vendor" in form.fields["broken"].value
    fill(form)
    again = select(records, engagement)
    assert again.decided
    assert {m.metric.id for m in again.members} == {"HS-01", "HS-10"}


def test_terms_of_a_metric_are_kept_beside_those_of_the_others(walk):
    records, engagement, selection = walk
    sets = widgets.metric_set(engagement, selection, interactive=True)
    for name, box in sets.fields["chosen"]._boxes:
        box.value = name in ("HS-01", "HS-10")
    fill(sets)
    selection = select(records, engagement)
    form = widgets.metric_terms(engagement, selection, interactive=True)
    fill(form, metric_id="HS-01", target="35.5", target_basis="need", paid=True)
    fill(form, metric_id="HS-10", target="70")
    kept = {c.metric_id: c for c in chosen(engagement).chosen}
    assert (kept["HS-01"].target, kept["HS-01"].target_basis, kept["HS-01"].paid) == (35.5, "need", True)
    assert (kept["HS-10"].target, kept["HS-10"].paid) == (70, False)


def test_a_target_band_is_kept_and_replaces_one_target(walk):
    records, engagement, selection = walk
    sets = widgets.metric_set(engagement, selection, interactive=True)
    for name, box in sets.fields["chosen"]._boxes:
        box.value = name == "HS-01"
    fill(sets)
    form = widgets.metric_terms(engagement, select(records, engagement), interactive=True)
    fill(form, metric_id="HS-01", target="35")
    fill(form, metric_id="HS-01", target="", target_low="30", target_high="40")
    (kept,) = chosen(engagement).chosen
    assert (kept.target, kept.target_low, kept.target_high) == (None, 30, 40)
    form = widgets.metric_terms(engagement, select(records, engagement), interactive=True)
    assert [form.fields[name].value for name in ("target", "target_low", "target_high")] == ["", "30", "40"]


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"target_low": "30"}, "Give one target, or both ends of a target band."),
        ({"target_high": "30"}, "Give one target, or both ends of a target band."),
        ({"target": "30", "target_low": "20", "target_high": "40"}, "Give one target, or both ends of a target band."),
        ({"target_low": "40", "target_high": "40"}, "The lower end of a target band lies below the upper one."),
        ({"target_low": "41", "target_high": "40"}, "The lower end of a target band lies below the upper one."),
    ],
)
def test_half_a_band_or_one_the_wrong_way_round_is_refused(walk, given, refused):
    _, engagement, selection = walk
    form = widgets.metric_terms(engagement, selection, interactive=True)
    fill(form, **given)
    assert refused in form.status.value
    assert chosen(engagement).chosen == ()


def test_a_target_that_is_no_number_is_refused(walk):
    _, engagement, selection = walk
    form = widgets.metric_terms(engagement, selection, interactive=True)
    fill(form, target="a lot")
    assert "Nothing was saved." in form.status.value
    assert chosen(engagement).chosen == ()


UNREAD = "Write digits, with a point before decimals and no other character: 1500 or 0.5, not 1,500 or 0,5 or 50%."


def told(form):
    return html.unescape(form.status.value.split(">", 1)[1].removesuffix("</p>").replace("<br>", "\n"))


@pytest.mark.parametrize(
    "typed", ["1,5", "50%", "1_000", "nan", "inf", "1e400", "12 days", "=cmd()", "<script>", "9" * 500]
)
def test_a_target_that_could_be_meant_in_two_ways_is_refused_in_plain_words(walk, typed):
    _, engagement, selection = walk
    form = widgets.metric_terms(engagement, selection, interactive=True)
    fill(form, target=typed)
    assert told(form) == (
        f"Nothing was saved. '{typed[:40]}' cannot be read as a number: Target, in the metric's unit (empty: none yet)."
        f"\n{UNREAD}"
    )
    assert chosen(engagement).chosen == ()


def test_terms_show_the_metric_s_unit(walk):
    _, engagement, selection = walk
    form = widgets.metric_terms(engagement, selection, interactive=True)
    assert f"<p>Counted in: {selection.lines[0].metric.unit}. " in form.fields["suggested"].value


def test_a_target_saved_after_the_set_was_shown_stays_when_the_set_is_saved_again(walk):
    records, engagement, selection = walk
    sets = widgets.metric_set(engagement, selection, interactive=True)
    for name, box in sets.fields["chosen"]._boxes:
        box.value = name in ("HS-01", "HS-10")
    fill(sets)
    terms = widgets.metric_terms(engagement, select(records, engagement), interactive=True)
    fill(terms, metric_id="HS-01", target="35.5", target_basis="need")
    for name, box in sets.fields["chosen"]._boxes:
        box.value = name == "HS-01"
    fill(sets)
    assert [(c.metric_id, c.target, c.target_basis) for c in chosen(engagement).chosen] == [("HS-01", 35.5, "need")]


def test_a_contract_that_is_not_in_the_register_is_refused_and_nothing_else_is_saved(walk):
    records, engagement, selection = walk
    form = widgets.problem_and_goals(engagement, selection, interactive=True)
    fill(form, contract_id="C-1", problem="Families wait")
    assert told(form) == (
        "Nothing was saved. The register has no contract 'C-1'.\n"
        "Type its number as the register writes it, or leave it empty for the one that is urgent."
    )
    assert chosen(engagement).problem == ""
    fill(form, contract_id=" ")
    assert select(records, engagement).contract.id == "C1"


def test_what_residents_notice_of_no_goal_is_not_dropped_in_silence(walk):
    _, engagement, selection = walk
    form = widgets.problem_and_goals(engagement, selection, interactive=True)
    fill(form, **{"residents 1": "A key"})
    assert told(form) == (
        "Nothing was saved. Goal 2 is empty, and what residents would notice of it is not.\n"
        "Write the goal above it, or empty the line."
    )


def test_goals_and_tests_beyond_the_usual_number_are_kept(walk):
    _, engagement, selection = walk
    goals = [{"goal": f"Goal {k}"} for k in range(7)]
    order = [row["id"] for row in ratings.tests()][:6]
    save_choices(engagement, "selection", {"goals": goals, "test_order": order}, author="Ben")
    fill(widgets.problem_and_goals(engagement, selection, interactive=True), problem="Families wait")
    fill(widgets.metric_priorities(engagement, interactive=True))
    assert [g.goal for g in chosen(engagement).goals] == [f"Goal {k}" for k in range(7)]
    assert chosen(engagement).test_order == tuple(order)


def test_one_save_keeps_one_copy_of_the_file_as_it_was(walk):
    _, engagement, selection = walk
    (engagement.folder / "choices.yaml").write_text("# ours\n")
    fill(widgets.problem_and_goals(engagement, selection, interactive=True), problem="Families wait")
    assert [p.read_text() for p in (engagement.folder / ".history").glob("choices-*.yaml")] == ["# ours\n"]


def test_levels_of_one_metric_are_not_carried_to_the_next_and_come_back_for_their_rater(walk):
    _, engagement, selection = walk
    form = widgets.metric_ratings(engagement, selection, interactive=True)
    fill(form, metric_id="HS-01", relevant="2")
    form.fields["metric_id"].value = "HS-10"
    assert form.fields["relevant"].value == ""
    form.fields["metric_id"].value = "HS-01"
    assert form.fields["relevant"].value == "2"
    form.author.value = "Ben"
    form.fields["metric_id"].value = "HS-10"
    form.fields["metric_id"].value = "HS-01"
    assert form.fields["relevant"].value == ""


def test_answers_on_the_contract_type_are_checked_before_they_are_kept(walk):
    _, engagement, selection = walk
    form = widgets.contract_type_inputs(engagement, selection, interactive=True)
    fill(form, scope="3", urgent="no", events="many")
    assert told(form) == (
        f"Nothing was saved. 'many' cannot be read as a number: Outcome events in a payment period.\n{UNREAD}"
    )
    fill(form, events="", measurement_cost="1.01")
    assert told(form) == "Nothing was saved. 1.01 does not fit: Cost of measuring.\nGive a number from 0 to 1."
    form.fields["measurement_cost"].value = ""
    assert chosen(engagement).contract_inputs == {}
    fill(form, events="40")
    assert chosen(engagement).contract_inputs == {"scope": "3", "urgent": "no", "events": "40"}


def test_a_payment_design_is_kept_and_replaced_under_its_name(walk):
    _, engagement, selection = walk
    form = widgets.payment_design(engagement, selection, interactive=True)
    fill(form, name="Ours", kind="tiers", metric_id=selection.lines[0].metric.id)
    assert "also needs: pool, thresholds, shares" in form.status.value
    fill(form, terms="pool: 1000\nthresholds: 30, 40\nshares: 0.5, 1")
    fill(form, terms="pool: 1200.5\nthresholds: 30, 40\nshares: 0.5, 1")
    kept = chosen(engagement).payment_designs
    assert [(d.name, d.pool, d.thresholds) for d in kept] == [("Ours", 1200.5, (30.0, 40.0))]
    fill(form, terms="pool 1000")
    assert "pool 1000&#x27; is no term." in form.status.value


@pytest.mark.parametrize(
    ("kind", "terms", "says"),
    [
        ("ramp", "Pool: 4,000", f"'4,000' cannot be read as a number: pool.\n{UNREAD}"),
        ("ramp", "name: x", "'name' is no term.\nTerms: rate, pool, "),
        ("ramp", "pool: -1\nfloor: 1\ntarget: 2", "'pool' is an amount of money, 0 or more."),
        ("ramp", "pool: 9\nfloor: 1\ntarget: 1", "Floor and target must differ."),
        ("holdback", "invoice: 9\nshare: 5\nfloor: 1\ntarget: 2", "'share' is a part of the whole, from 0 to 1"),
        ("tiers", "pool: 9\nthresholds: 30, 40\nshares: 50, 100", "'shares' is a part of the whole, from 0 to 1"),
        ("tiers", "pool: 9\nthresholds: 30, 50, 40\nshares: .1, .5, 1", "'.1' cannot be read as a number: shares."),
        ("outcome curve", "knots: 1, 3, 2\npayments: 1, 2, 3", "Name knots from the easiest"),
        ("outcome curve", "knots: 1, 1\npayments: 1, 2", "Name knots from the easiest"),
    ],
)
def test_a_payment_design_that_would_pay_nonsense_is_refused(walk, kind, terms, says):
    _, engagement, selection = walk
    form = widgets.payment_design(engagement, selection, interactive=True)
    fill(form, name="Ours", kind=kind, terms=terms)
    assert says in told(form)
    assert chosen(engagement).payment_designs == ()


def test_designs_may_run_in_either_direction(walk):
    _, engagement, selection = walk
    form = widgets.payment_design(engagement, selection, interactive=True)
    fill(form, name="Tiers", kind="tiers", terms="pool: 9\nthresholds: 40, 30, 50\nshares: 0.5, 0, 1")
    fill(form, name="Curve", kind="outcome curve", terms="knots: 3, 2, 1\npayments: 0, 5, 9")
    assert [d.name for d in chosen(engagement).payment_designs] == ["Tiers", "Curve"]


def test_documents_are_written_into_the_engagements_folder(walk):
    _, engagement, selection = walk
    form = widgets.selection_documents(engagement, selection, interactive=True)
    fill(form)
    assert sorted(path.name for path in (engagement.folder / "documents").iterdir()) == [
        "c1-metric-schedule.docx",
        "c1-rfp-performance-and-payment.docx",
        "c1-vendor-data-report.xlsx",
    ]


def test_nothing_to_rate_or_choose_shows_no_form(walk):
    _, engagement, _ = walk
    empty = type("Empty", (), {"candidates": (), "lines": ()})
    assert widgets.metric_ratings(engagement, empty, interactive=True) is None
    assert widgets.metric_set(engagement, empty, interactive=True) is None
    assert widgets.metric_terms(engagement, empty, interactive=True) is None
