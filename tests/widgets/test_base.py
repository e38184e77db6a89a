"""Forms save through one function, say who saved when, and show nothing in an unattended run."""

import datetime
import html
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


def told(shown):
    return html.unescape(shown.status.value.split(">", 1)[1].removesuffix("</p>").replace("<br>", "\n"))


def test_our_own_mistakes_stay_errors_and_the_form_says_that_nothing_was_saved():
    shown = ask(lambda values, author: 1 / 0)
    shown.author.value = "Ana"

    with pytest.raises(ZeroDivisionError):
        shown.save()

    assert told(shown) == (
        "It could not be saved, by a mistake of ours: ZeroDivisionError: division by zero\n"
        "Tell whoever looks after the suite; what was saved before is whole."
    )


DIGITS = "Write digits, with a point before decimals and no other character: 1500 or 0.5, not 1,500 or 0,5 or 50%."


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1,5", f"'1,5' cannot be read as a number: Weight.\n{DIGITS}"),
        ("1.234,5", f"'1.234,5' cannot be read as a number: Weight.\n{DIGITS}"),
        ("50%", f"'50%' cannot be read as a number: Weight.\n{DIGITS}"),
        ("a lot", f"'a lot' cannot be read as a number: Weight.\n{DIGITS}"),
        ("nan", f"'nan' cannot be read as a number: Weight.\n{DIGITS}"),
        ("٣", f"'٣' cannot be read as a number: Weight.\n{DIGITS}"),
        ("x" * 5000, f"'{'x' * 40}' cannot be read as a number: Weight.\n{DIGITS}"),
        ("", "Empty: Weight.\nGive a number from 0 to 10."),
        ("  ", "Empty: Weight.\nGive a number from 0 to 10."),
        ("-0.1", "-0.1 does not fit: Weight.\nGive a number from 0 to 10."),
        ("10.01", "10.01 does not fit: Weight.\nGive a number from 0 to 10."),
    ],
)
def test_a_number_that_could_be_meant_otherwise_is_refused_and_stays_to_be_mended(typed, says):
    seen = []
    shown = ask(lambda values, author: seen.append(values))
    shown.author.value, shown.fields["weight"].value = "Ana", typed

    shown.button.click()

    assert (seen, told(shown), shown.fields["weight"].value) == ([], f"Nothing was saved. {says}", typed)


@pytest.mark.parametrize(("typed", "value"), [("1.5", 1.5), (" 7 ", 7), ("0", 0), ("10", 10), ("+2", 2)])
def test_a_number_is_read_as_it_is_written(typed, value):
    shown = ask()
    shown.fields["weight"].value = typed

    assert shown.values()["weight"] == value


def test_a_whole_number_has_no_decimals():
    shown = base.form("F", {"n": base.integer("Contracts", 5, 1, 20)}, lambda v, a: None, interactive=True)
    assert shown.values() == {"n": 5}

    shown.author.value, shown.fields["n"].value = "Ana", "5.5"
    shown.button.click()

    assert told(shown) == "Nothing was saved. 5.5 does not fit: Contracts.\nGive a whole number from 1 to 20."


@pytest.mark.parametrize(("year", "kept"), [(24, False), (1949, False), (1950, True), (2100, True), (2101, False)])
def test_a_year_of_two_digits_is_not_the_year_24(year, kept):
    seen = []
    fields = {"due": base.date("Due", datetime.date(year, 5, 1)), "no day": base.date("By")}
    shown = base.form("F", fields, lambda values, author: seen.append(values), interactive=True)
    shown.author.value = "Ana"

    shown.button.click()

    assert seen == ([{"due": datetime.date(year, 5, 1), "no day": None}] if kept else [])
    if not kept:
        assert told(shown) == (
            f"Nothing was saved. The year {year} is out of reach: Due.\n"
            "Write the year with four digits, from 1950 to 2100."
        )


@pytest.fixture
def entries():
    """A form over two entries, which shows what is known of the chosen one."""
    known, saves = {"a": "old", "b": ""}, []

    def save(values, author):
        saves.append((values["which"], values["words"], author))
        known[values["which"]] = values["words"]

    fields = {"which": base.choice("Entry", ["a", "b"], "a"), "words": base.text("Words")}
    form = base.form(
        "F", fields, save, interactive=True, shows=("which", lambda which, author: {"words": known[which]})
    )
    form.author.value = "Ana"
    return form, known, saves


def test_what_is_known_of_an_entry_is_shown_and_looking_at_it_is_no_change(entries):
    form, _, _ = entries
    assert (form.fields["words"].value, told(form)) == ("old", "Save keeps what stands here, under your name.")

    form.fields["which"].value = "b"

    assert (form.fields["words"].value, told(form)) == ("", "Save keeps what stands here, under your name.")


def test_words_typed_for_one_entry_are_never_saved_for_another_and_their_loss_is_said(entries):
    form, known, saves = entries
    form.fields["words"].value = "new"
    form.fields["which"].value = "b"

    assert form.fields["words"].value == ""
    assert told(form) == ("What you had changed before was not saved.\nChoose it again, change it and press Save.")
    assert (known["a"], saves) == ("old", [])


def test_a_double_click_saves_an_entry_once(entries):
    form, _, saves = entries
    form.fields["words"].value = "new"
    form.button.click()
    form.button.click()
    assert saves == [("a", "new", "Ana")]
    assert "Saved by Ana, " in told(form)

    form.fields["words"].value = "newer"
    form.button.click()
    assert saves == [("a", "new", "Ana"), ("a", "newer", "Ana")]


def test_a_file_that_cannot_be_read_while_looking_is_said_in_the_form():
    def known(which, author):
        if which == "b":
            raise EngagementError("choices.yaml is not valid yaml.", fix="Mend it.")
        return {}

    fields = {"which": base.choice("Entry", ["a", "b"], "a")}
    form = base.form("F", fields, lambda values, author: None, interactive=True, shows=("which", known))

    form.fields["which"].value = "b"

    assert told(form) == "choices.yaml is not valid yaml.\nMend it."


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


def test_forms_on_the_screen_take_the_name_too_unless_they_have_one():
    first, without, other = ask(), ask(), ask()
    first.author.value, other.author.value = "Ana", "Ben"

    first.button.click()

    assert (without.author.value, other.author.value) == ("Ana", "Ben")


def test_tick_boxes_give_the_ticked_values():
    boxes = base.several("Topics", [("Open data", "data"), ("Housing", "housing")], chosen=("housing",))
    assert boxes.value == ("housing",)

    boxes.children[1].value = True

    assert boxes.value == ("data", "housing")


def test_tick_boxes_without_a_box_show_no_heading():
    assert base.several("Topics", []).layout.display == "none"
    assert base.several("Topics", ["housing"]).layout.display is None


def test_every_field_has_a_label_and_the_form_its_class():
    shown = ask()

    assert "rdc-form" in shown._dom_classes
    assert [field.description for field in (*shown.fields.values(), shown.author)] == ["Weight", "Method", "Your name"]
    assert "Weights &lt;b&gt;" in shown.children[0].value
