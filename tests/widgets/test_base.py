"""Forms save through one function, say who saved when, and show nothing in an unattended run."""

import re

import pytest

from rdclib.errors import EngagementError
from rdclib.widgets import base


@pytest.fixture(autouse=True)
def _nobody_typed_yet(monkeypatch):
    monkeypatch.setattr(base, "_last_author", "")


def ask(save=lambda values, author: None, **words):
    fields = {"weight": base.number("Weight", 1.0, 0, 10), "method": base.choice("Method", ["open", "direct"], "open")}
    return base.form("Weights <b>", fields, save, **{"interactive": True} | words)


def test_an_unattended_run_shows_nothing():
    assert ask(interactive=False) is None


def test_saving_hands_over_values_and_author_and_says_so():
    seen = []
    shown = ask(lambda values, author: seen.append((values, author)))
    shown.author.value = " Ana\nRuiz "
    shown.fields["weight"].value = 2.5

    shown.button.click()

    assert seen == [({"weight": 2.5, "method": "open"}, "Ana Ruiz")]
    assert re.search(r"Saved by Ana Ruiz, \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", shown.status.value)


def test_nothing_is_saved_without_a_name():
    seen = []
    shown = ask(lambda values, author: seen.append(values))

    shown.button.click()

    assert seen == []
    assert (
        ">Nothing was saved: your name is missing.<br>Type your name above, then press Save again.</p>"
        in shown.status.value
    )


def test_what_the_city_must_mend_is_shown_in_two_lines_and_as_text():
    def refuse(values, author):
        raise EngagementError("The weights <b>sum</b> to 0.", fix="Give at least one criterion a weight.")

    shown = ask(refuse)
    shown.author.value = "Ana"

    shown.button.click()

    assert (
        "Nothing was saved. The weights &lt;b&gt;sum&lt;/b&gt; to 0.<br>Give at least one criterion a weight."
        in shown.status.value
    )


def test_our_own_mistakes_stay_errors():
    shown = ask(lambda values, author: 1 / 0)
    shown.author.value = "Ana"

    with pytest.raises(ZeroDivisionError):
        shown.save()


def test_a_change_is_marked_as_unsaved():
    shown = ask(saved_by="Ana", saved_at="2026-01-02T03:04:05Z")
    assert "Last saved by Ana, 2026-01-02 03:04 UTC." in shown.status.value

    shown.fields["method"].value = "direct"

    assert "Changed, not saved yet." in shown.status.value


def test_a_form_can_save_at_every_change():
    seen = []
    shown = ask(lambda values, author: seen.append(values["method"]), at_every_change=True)
    shown.author.value = "Ana"

    shown.fields["method"].value = "direct"

    assert seen == ["direct"]


def test_the_next_form_knows_the_name():
    first = ask()
    first.author.value = "Ana"
    first.button.click()

    assert ask().author.value == "Ana"


def test_tick_boxes_give_the_ticked_values():
    boxes = base.several("Topics", [("Open data", "data"), ("Housing", "housing")], chosen=("housing",))
    assert boxes.value == ("housing",)

    boxes.children[1].value = True

    assert boxes.value == ("data", "housing")


def test_every_field_has_a_label_and_the_form_its_class():
    shown = ask()

    assert "rdc-form" in shown._dom_classes
    assert [field.description for field in (*shown.fields.values(), shown.author)] == ["Weight", "Method", "Your name"]
    assert "Weights &lt;b&gt;" in shown.children[0].value
