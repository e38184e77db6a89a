"""The check for readable words finds what it should, and nothing in a well-made figure."""

from figures import legible
from rdclib.figures import Picture, picture


def drawn(*words, left=0.75):
    figure, axes = picture.canvas(2, left=left)
    for x, word in words:
        axes.text(x, 0.5, word)
    return Picture(figure, "alt", "caption", "one")


def test_well_placed_words_are_no_fault():
    assert legible.faults(drawn((0, "one"), (0.5, "two"))) == []


def test_words_cut_off_at_the_edge_are_found():
    assert legible.faults(drawn((0.95, "a word that is too long"))) == ["cut off: 'a word that is too long'"]


def test_words_on_top_of_each_other_are_found():
    assert legible.faults(drawn((0, "one two three"), (0.05, "four five"))) == [
        "on top of each other: 'one two three' and 'four five'"
    ]


def test_axis_labels_without_room_are_found():
    figure, axes = picture.canvas(2, left=0.2)
    axes.set_yticks([0.5], ["a long label"])

    assert legible.faults(Picture(figure, "alt", "caption", "one")) == ["cut off: 'a long label'"]
