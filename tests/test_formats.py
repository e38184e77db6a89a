"""Numbers, dates and words as people read them."""

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdclib import formats
from rdclib.narrative.prose import markdown_html


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "$0"),
        (12.5, "$12.50"),
        (99.99, "$99.99"),
        (99.999, "$100"),
        (950, "$950"),
        (12_400.49, "$12,400"),
        (999_999.49, "$999,999"),
        (999_999.5, "$1.0 million"),
        (1_249_999, "$1.2 million"),
        (1_250_000, "$1.3 million"),
        (999_949_999, "$999.9 million"),
        (999_950_000, "$1.0 billion"),
        (999_950_000_000, "$1.0 trillion"),
        (-1_250_000, "−$1.3 million"),
        (-0.004, "$0"),
    ],
)
def test_money_in_a_sentence_changes_its_unit_where_rounding_does(amount, words):
    assert formats.money(amount, "USD") == words


def test_money_in_a_table_is_written_in_full():
    assert formats.amount(1_234_567.8, "USD") == "$1,234,568"


def test_money_on_an_axis_is_short():
    assert [formats.short_money(x, "USD") for x in (950, 12_400, 999_600, 1_200_000, -2.5e9)] == [
        "$950",
        "$12.4K",
        "$1M",
        "$1.2M",
        "−$2.5B",
    ]


def test_a_currency_without_a_sign_of_its_own_is_named():
    assert formats.money(1_500_000, "KES") == "KES 1.5 million"


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0%"),
        (0.0004, "less than 0.1%"),
        (0.0005, "0.1%"),
        (0.0094, "0.9%"),
        (0.0095, "1%"),
        (0.125, "13%"),
        (0.285, "29%"),
        (0.99, "99%"),
        (0.994, "99.4%"),
        (0.9994, "99.9%"),
        (0.9995, "more than 99.9%"),
        (1, "100%"),
        (1.5, "150%"),
        (-0.1, "−10%"),
    ],
)
def test_a_share_near_none_or_all_is_not_rounded_to_it(share, words):
    assert formats.share(share) == words


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (0.001234, "0.0012"),
        (0.05, "0.05"),
        (0.456, "0.46"),
        (3.0, "3"),
        (12.34, "12.3"),
        (99.96, "100"),
        (1234.5, "1,235"),
    ],
)
def test_numbers_keep_about_three_figures(x, words):
    assert formats.number(x) == words


@pytest.mark.parametrize(("x", "words"), [(1, "1 day"), (0.5, "0.5 days"), (9.94, "9.9 days"), (41.5, "42 days")])
def test_days_name_their_unit(x, words):
    assert formats.days(x) == words


def test_dates_are_written_out():
    assert formats.date(datetime.date(2024, 6, 30)) == "June 30, 2024"
    assert formats.date(pd.Timestamp("2024-12-01")) == "December 1, 2024"


def test_dates_in_a_table_are_short():
    assert formats.value(datetime.date(2024, 6, 30), "date") == "Jun 30, 2024"


@pytest.mark.parametrize(
    ("low", "high", "kind", "words"),
    [
        (0.17, 0.3, "share", "17–30%"),
        (0.0001, 0.3, "share", "less than 0.1% to 30%"),
        (10, 14, "days", "10–14 days"),
        (-2, 5, "number", "−2 to 5"),
        (1.2e6, 1.5e6, "money", "$1.2 million to $1.5 million"),
        (math.nan, 5, "number", "at most 5"),
        (3, math.inf, "number", "at least 3"),
        (math.nan, math.nan, "share", "–"),
        (0.07, 0.11, "points", "7–11 points"),
        (-0.3, -0.09, "points", "−30 to −9 points"),
        (-0.004, 0.01, "points", "−0.4 to 1 point"),
    ],
)
def test_intervals_name_their_unit_once(low, high, kind, words):
    assert formats.interval(low, high, kind, "USD" if kind == "money" else "") == words


def test_money_without_its_currency_is_our_mistake():
    for form in (
        lambda: formats.value(5, "money"),
        lambda: formats.interval(1, 2, "money"),
        lambda: formats.money(5, ""),
    ):
        with pytest.raises(ValueError, match="needs its currency"):
            form()


@pytest.mark.parametrize(
    ("x", "words"), [(0.09, "9 points"), (0.01, "1 point"), (-0.004, "−0.4 points"), (0.0001, "less than 0.1 points")]
)
def test_the_difference_of_two_shares_is_in_points(x, words):
    assert formats.points(x) == words


@pytest.mark.parametrize("nothing", [None, math.nan, np.float64("nan"), pd.NaT, pd.NA])
@pytest.mark.parametrize("kind", formats.KINDS)
def test_a_missing_value_is_a_dash_in_every_kind(nothing, kind):
    assert formats.value(nothing, kind) == "–"


@pytest.mark.parametrize("kind", [kind for kind in formats.KINDS if kind in formats.NUMERIC])
def test_an_endless_number_is_said_in_every_kind(kind):
    assert formats.value(math.inf, kind) in ("∞", "∞ days", "∞ points")
    assert formats.value(-math.inf, kind) == "−" + formats.value(math.inf, kind)


@given(st.floats(), st.sampled_from([kind for kind in formats.KINDS if kind in formats.NUMERIC]))
def test_every_number_has_a_form_and_no_minus_zero(x, kind):
    words = formats.value(x, kind, "USD")

    assert words
    assert "-" not in words.replace("e-", "")
    assert words.strip("−0.%$ days") or words[0] != "−"


def test_a_line_has_no_unseen_or_direction_turning_characters():
    assert formats.line("Acme\u202e\x00\r\n  Ltd\u200b.\ud800") == "Acme Ltd."


HOSTILE = [
    "<script>alert(1)</script>",
    "[free money](http://example.com)",
    "![x](http://example.com/x.png)",
    "**bold** _it_ `code` ~~no~~",
    "1. first",
    "- item",
    "# heading",
    "> quote",
    "$x$ and \\(y\\)",
    "&lt;b&gt; AT&T",
    "| a | b |",
    "<http://example.com>",
    "www.example.com a@example.com",
    "\n\n    code block",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_a_citys_words_in_markdown_show_exactly_as_they_are(words):
    page = markdown_html(formats.text(words))

    assert _read(page) == ([], formats.line(words))


@given(st.text())
def test_any_words_in_markdown_are_one_paragraph_of_exactly_these_words(words):
    page = markdown_html("Vendor: " + formats.text(words))

    assert _read(page) == ([], ("Vendor: " + formats.line(words)).strip())


def _read(page):
    """What a browser would see: elements other than the paragraph, and the text."""
    from lxml import html

    root = html.fromstring(f"<div>{page}</div>")
    return [e.tag for e in root.iter() if e.tag not in ("div", "p")], " ".join(root.text_content().split())


def test_a_slug_is_never_empty():
    assert formats.slug("Émile & Söns, Inc.") == "mile-s-ns-inc"
    assert formats.slug("日本") == "x"


def test_words_are_listed_as_in_a_sentence():
    assert [formats.listing(words) for words in ("", "A", "AB", "ABC")] == ["", "A", "A and B", "A, B and C"]


def test_a_count_agrees_with_its_noun():
    assert (formats.plural(1, "contract"), formats.plural(1234, "city", "cities")) == ("1 contract", "1,234 cities")
