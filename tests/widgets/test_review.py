"""Forms of the review: what a person enters is in the engagement's files afterwards, and nothing else changes."""

import datetime

import pytest

from rdclib import engagement as engagements
from rdclib import saved, widgets
from rdclib.choices import Change, Freeze, Rebase
from rdclib.engagement import load_choices
from rdclib.review.pack import action_log
from rdclib.widgets import base
from tests import build
from tests.review.made import SCORE, months
from tests.review.shown import shown

FORMS = ("review_focus", "new_limits", "contract_change", "action_entry", "vendor_rating")


@pytest.fixture(autouse=True)
def _nobody_typed_yet(monkeypatch):
    monkeypatch.setattr(base, "_last_author", "")


@pytest.fixture
def city(tmp_path, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(tmp_path))
    engagements.create("testville")
    return engagements.load_engagement("testville", period="FY2024")


@pytest.fixture
def records():
    metrics = [SCORE | {"id": f"m{i}", "name": f"Metric {i}"} for i in range(6)]
    rows = [row for i in range(6) for row in months([5, 6, 7], metric=f"m{i}", vendor="V1", first="2024-04")]
    return build.records(*rows, build.contract("C1", vendor_id="V1", vendor_name="V<1>"), metrics=metrics)


def fill(form, **values):
    form.author.value = "Ana"
    for name, value in values.items():
        form.fields[name].value = value
    form.save()
    return form.status.value


def decided(city):
    return load_choices(city).review


@pytest.mark.parametrize("name", FORMS)
def test_an_unattended_run_shows_no_form(city, records, name):
    assert getattr(widgets, name)(city, records, interactive=False) is None


def test_the_other_forms_are_not_shown_either(city):
    assert widgets.meeting_notes(city, shown(), interactive=False) is None
    assert widgets.past_performance_weights(city, interactive=False) is None


def test_five_headlines_at_most(city, records):
    form = widgets.review_focus(city, records, interactive=True)
    boxes = [box for _, box in form.fields["headlines"]._boxes]
    for box in boxes:
        box.value = True
    assert "6 headline metrics are ticked." in fill(form)
    assert decided(city).headlines == ()
    boxes[0].value = False
    fill(form, screen=True)
    assert decided(city).headlines == ("m1", "m2", "m3", "m4", "m5")
    assert decided(city).screen


def test_a_headline_without_results_this_time_stays_a_headline(city, records):
    engagements.save_choice(city, "review", "headlines", ["m9", "m1"], author="Ben")
    fill(widgets.review_focus(city, records, interactive=True), screen=True)
    assert set(decided(city).headlines) == {"m1", "m9"}


def test_new_limits_need_a_day_and_a_reason_and_are_added(city, records):
    form = widgets.new_limits(city, records, interactive=True)
    assert "Not filled in: day, reason." in fill(form, metric_id="m1")
    fill(form, date=datetime.date(2024, 5, 1), reason="A new definition")
    again = widgets.new_limits(city, records, interactive=True)
    assert "A new definition" in again.fields["known"].value
    fill(again, metric_id="m2", vendor="V1", date=datetime.date(2024, 6, 1), reason="Moved")

    assert decided(city).rebases == (
        Rebase(metric_id="m1", date="2024-05-01", reason="A new definition"),
        Rebase(metric_id="m2", vendor="V1", date="2024-06-01", reason="Moved"),
    )
    assert decided(city).saved_by == "Ana"


def test_what_is_saved_twice_stands_once_and_the_form_names_it(city, records):
    limits = widgets.new_limits(city, records, interactive=True)
    change = widgets.contract_change(city, records, interactive=True)
    for _ in range(2):
        fill(limits, metric_id="m1", date=datetime.date(2024, 5, 1), reason="A new definition", periods=12)
        fill(change, metric_id="m1", date=datetime.date(2024, 5, 1), what="Teams", comparison=("V1",))
    assert (len(decided(city).rebases), len(decided(city).freezes), len(decided(city).changes)) == (1, 1, 1)
    assert limits.fields["known"].value == (
        "<p>New limits so far: m1, 2024-05-01, A new definition.</p><p>Frozen so far: m1, 12 periods.</p>"
    )
    assert change.fields["known"].value == "<p>Changes so far: m1, 2024-05-01, Teams.</p>"


def test_limits_are_frozen_on_twelve_periods_or_more(city, records):
    form = widgets.new_limits(city, records, interactive=True)
    assert "Limits would be frozen on 11 periods." in fill(form, metric_id="m1", periods=11)
    fill(form, periods=12)
    assert decided(city).freezes == (Freeze(metric_id="m1", periods=12),)
    assert decided(city).rebases == ()


def test_a_change_is_kept_with_the_months_that_led_to_it(city, records):
    form = widgets.contract_change(city, records, interactive=True)
    fill(form, metric_id="m1", vendor="V1", date=datetime.date(2024, 5, 1), what="No: 2 teams", trigger_periods=4)
    assert decided(city).changes == (
        Change(metric_id="m1", vendor="V1", date="2024-05-01", what="No: 2 teams", trigger_periods=4),
    )


def test_an_action_is_opened_and_closed(city, records):
    form = widgets.action_entry(city, records, interactive=True)
    assert "Not filled in: action, owner, due day." in fill(form)
    fill(form, action="=Call them", owner="Ben", action_due=datetime.date(2024, 7, 31), contract_id="C1")
    (row,) = saved.read_rows(city.folder / "actions.csv")
    assert (row["action_id"], row["action"], row["action_due"], row["status"]) == (
        "A1",
        "=Call them",
        "2024-07-31",
        "open",
    )
    assert row["author"] == "Ana"

    log = build.records(build.action("A1", action="=Call them", owner="Ben", action_due="2024-07-31", status="open"))
    fill(widgets.action_entry(city, log, interactive=True), action_id="A1", status="done", result="Agreed")
    _, row = saved.read_rows(city.folder / "actions.csv")
    assert (row["action"], row["owner"], row["status"], row["result"]) == ("=Call them", "Ben", "done", "Agreed")
    assert row["action_closed"] == "2024-06-30"
    fill(
        widgets.action_entry(city, log, interactive=True),
        action="Another",
        owner="Cem",
        action_due=datetime.date(2024, 8, 1),
    )
    assert saved.read_rows(city.folder / "actions.csv")[-1]["action_id"] == "A2"


def test_a_double_click_opens_one_action_and_the_next_is_another(city, records):
    form = widgets.action_entry(city, records, interactive=True)
    for action in ("Call them", "Write to them"):
        form.fields["action"].value, form.fields["owner"].value = action, "Ben"
        form.fields["action_due"].value = datetime.date(2024, 7, 31)
        form.author.value = "Ana"
        form.button.click()
        form.button.click()
        assert "Saved by Ana" in form.status.value
        assert form.fields["action"].value == ""
    rows = saved.read_rows(city.folder / "actions.csv")
    assert [(row["action_id"], row["action"]) for row in rows] == [("A1", "Call them"), ("A2", "Write to them")]


def test_an_action_is_shown_with_what_is_known_and_takes_no_number_of_the_city_s(city):
    log = build.records(
        build.action("A7", action="Call", owner="Ben", action_due="2024-07-31", contract_id="gone", status="open")
    )
    form = widgets.action_entry(city, log, interactive=True)
    form.fields["action_id"].value = "A7"
    assert (form.fields["action"].value, form.fields["owner"].value, form.fields["action_due"].value) == (
        "Call",
        "Ben",
        datetime.date(2024, 7, 31),
    )
    fill(form, status="done")
    (row,) = saved.read_rows(city.folder / "actions.csv")
    assert (row["action_id"], row["contract_id"], row["status"]) == ("A7", "gone", "done")
    assert [key for _, key in form.fields["action_id"].options] == [""]
    fill(form, action="Write", owner="Ben", action_due=datetime.date(2024, 8, 1))
    assert saved.read_rows(city.folder / "actions.csv")[-1]["action_id"] == "A8"


def test_of_an_action_the_newest_row_counts():
    rows = [build.action("A1", status="open"), build.action("A1", status="done"), build.action("A2", status="open")]
    assert action_log(build.records(*rows))["status"].tolist() == ["done", "open"]


def test_a_rating_needs_evidence_and_carries_the_vendor(city, records):
    form = widgets.vendor_rating(city, records, interactive=True)
    assert "Not filled in: evidence, rater." in fill(form, contract_id="C1")
    fill(form, level="marginal", evidence="Late in 5 of 12 months", rater="Ana", reviewer="Ben")
    (row,) = saved.read_rows(city.folder / "vendor_ratings.csv")
    assert (row["rater"], row["reviewer"]) == ("Ana", "Ben")

    assert (row["vendor_id"], row["vendor_name"], row["period"]) == ("V1", "V<1>", "FY2024")
    assert (row["dimension"], row["level"]) == ("quality", "marginal")


def test_a_rater_sees_how_the_ratings_so_far_are_spread(city, records):
    assert "No ratings so far." in widgets.vendor_rating(city, records, interactive=True).fields["spread"].value
    rows = [
        build.rating("C1", vendor_id="V1", dimension=f"d{i}", level="satisfactory", period="FY2024", rater="A<n>a")
        for i in range(10)
    ]
    rows += [build.rating("C1", vendor_id="V1", dimension="d", level="marginal", period="FY2024", rater="Ben")]
    note = widgets.vendor_rating(city, build.records(*rows), interactive=True).fields["spread"].value
    assert (
        "A&lt;n&gt;a: “satisfactory” in 100% of 10 ratings (does the evidence really not tell vendors apart?)" in note
    )
    assert "Ben: “satisfactory” in 0% of 1 rating." in note


def test_meeting_notes_are_kept(city):
    form = widgets.meeting_notes(city, shown(), interactive=True)
    fill(form, **{"topic": "Nights", "finding m": "Stable", "held": datetime.date(2024, 6, 25)})

    assert (decided(city).topic, decided(city).findings) == ("Nights", {"m": "Stable"})
    assert decided(city).meetings == (datetime.date(2024, 6, 25),)


def test_notes_leave_what_a_colleague_noted_meanwhile(city):
    form = widgets.meeting_notes(city, shown(), interactive=True)
    engagements.save_choice(city, "review", "findings", {"other": "Late"}, author="Ben")
    fill(form, **{"finding m": "Stable"})
    assert decided(city).findings == {"other": "Late", "m": "Stable"}


def test_a_weight_that_is_too_large_is_refused_and_not_made_smaller(city):
    said = fill(widgets.past_performance_weights(city, interactive=True), **{"age 1": "4"})
    assert "4 does not fit: Weight of a rating of last year (0 to 1).<br>Give a number from 0 to 1." in said
    assert decided(city).recency == (1.0, 0.7, 0.4)


def test_weights_of_the_past(city):
    fill(widgets.past_performance_weights(city, interactive=True), **{"age 1": 0.5, "other": 0.25})
    assert (decided(city).recency, decided(city).other_service) == ((1.0, 0.5, 0.4), 0.25)
