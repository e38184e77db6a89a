"""Figures of a selection: drawn for every city, with words that stand for them."""

import pytest

from rdclib import figures
from tests.selection.views import banded, faulty, nothing

ALL = (figures.logic_model, figures.candidates, figures.baselines, figures.payment_trial)


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
@pytest.mark.parametrize("selection", [faulty, nothing], ids=lambda s: s.__name__)
def test_every_figure_is_drawn_twice_the_same(make, selection):
    one, again = make(selection()), make(selection())
    assert one.svg == again.svg
    assert one.alt
    assert one.caption


def test_words_carry_the_finding():
    alt = figures.baselines(faulty()).alt
    assert "Housing assessments completed: 4 points, no baseline." in alt
    assert ", target 75." in alt
    assert "input: Two vans" in figures.logic_model(faulty()).alt
    assert "outcome: empty" in figures.logic_model(nothing()).alt
    assert "Steps, as in history: $" in figures.payment_trial(faulty()).alt


def axes_texts(picture):
    return [text.get_text() for axes in picture.figure.axes for text in axes.texts]


def test_an_empty_layer_says_that_it_is_empty():
    assert "nothing entered, nothing measured" in axes_texts(figures.logic_model(faulty()))


def test_a_target_band_is_drawn_with_both_ends():
    picture = figures.baselines(banded())
    words = axes_texts(picture)
    assert any("85 target" in word for word in words)
    assert any("95 target" in word for word in words)
    assert picture.alt.endswith("target 85–95.")


def test_a_refused_target_is_drawn_as_refused():
    assert "70 refused" in axes_texts(figures.baselines(faulty()))
