"""The second pass: amounts added up by bytes agree with amounts added up by cells, wherever the text is cut."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib.intake import audit


@pytest.mark.parametrize(
    ("text", "decimal", "amount"),
    [
        ("1,234.50", ".", "1234.50"),
        ("1.234,50", ".", "1234.50"),
        ("1,234", ".", "1234"),
        ("1,234", ",", "1.234"),
        ("1.234", ".", "1.234"),
        ("1.234", ",", "1234"),
        ("(5.00)", ".", "-5.00"),
        ("USD 653,690.00", ".", "653690.00"),
        ("2.5E7", ".", "25000000"),
    ],
)
def test_a_cell_is_added_as_it_says(text, decimal, amount):
    assert audit.amount(text, decimal) == float(amount)


@pytest.mark.parametrize(
    "text", ["", "abc", "1900-04-03", "0.00548726.77", "5 items at 3", "12:30", "45%", "see page 4"]
)
def test_what_holds_no_amount_adds_nothing(text):
    assert audit.amount(text, ".") is None


CELLS = st.sampled_from(
    [
        "1234.5",
        "1,234.50",
        "(5.00)",
        "$7",
        "-3.25",
        "0.05",
        "7-",
        "",
        "N/A",
        "€9",
        "1,234,567.89",
        "12 each",
        "1900-04-03",
        "a\nb",
        "1.234,567",
        "1.234,50",
        "1,23,456",
        "1,23",
        "1.234",
        "+2.75",
        "9" * 18,
        "1" * 19,
        " " * 39 + "8",
        " " * 40 + "8",
        " " * 41 + "n/a",
    ]
)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=30), st.integers(1, 200), st.sampled_from(".,"))
@settings(max_examples=150, deadline=None)
def test_bytes_and_cells_agree_wherever_the_text_is_cut(rows, chunk, decimal):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([("Name", "One", "Two"), *(("x", *row) for row in rows)])
    data = stream.getvalue().encode()
    expected = [
        sum((value for row in rows if (value := audit.amount(row[at], decimal)) is not None), 0.0) for at in (0, 1)
    ]

    sums, records = audit.from_bytes(
        data, ",", {"one": [1], "two": [2]}, dict.fromkeys(("one", "two"), decimal), {1}, chunk=chunk
    )

    assert records == len(rows)
    assert sums["one"][0] == pytest.approx(float(expected[0]), rel=1e-12, abs=1e-6)
    assert sums["two"][0] == pytest.approx(float(expected[1]), rel=1e-12, abs=1e-6)
