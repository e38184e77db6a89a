"""Rows that are sums of other rows, though no word says so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib.intake import read_table

WHAT = "rows whose figures are sums of other rows"
ROWS = {f"County {i}": (10 + 3 * i, 7 + i * i, 100 - 5 * i) for i in range(9)}


def sums(tmp_path, rows):
    path = tmp_path / "counts.csv"
    lines = ["County,Beds,Clients,Exits", *(",".join(map(str, (name, *figures))) for name, figures in rows)]
    path.write_text("\n".join(lines) + "\n")
    return [(f.row, f.count) for f in read_table(path, "observations").findings if f.what == WHAT]


def added(names):
    return tuple(sum(ROWS[name][j] for name in names) for j in range(3))


def test_a_sum_right_below_its_rows(tmp_path):
    part, rest = list(ROWS.items())[:4], list(ROWS.items())[4:]

    assert sums(tmp_path, [*part, ("North", added([name for name, _ in part])), *rest]) == [(6, 1)]


def test_a_sum_of_all_rows_below_it_and_one_of_all_but_two(tmp_path):
    all_but_two = ("Balance", added(list(ROWS)[2:]))

    assert sums(tmp_path, [("State", added(ROWS)), all_but_two, *ROWS.items()]) == [(2, 2)]


def test_one_off_in_one_column_is_no_sum(tmp_path):
    wrong = tuple(v + (j == 1) for j, v in enumerate(added(ROWS)))

    assert sums(tmp_path, [*ROWS.items(), ("State", wrong)]) == []


def test_counts_without_sums_have_none(tmp_path):
    assert sums(tmp_path, ROWS.items()) == []


@given(rows=st.lists(st.tuples(*[st.integers(1, 10**6)] * 3), min_size=3, max_size=12))
@settings(max_examples=25, deadline=None)
def test_whatever_is_added_up_is_found(tmp_path_factory, rows):
    total = tuple(map(sum, zip(*rows, strict=True)))
    named = [(f"County {i}", row) for i, row in enumerate(rows)]

    [(first, count)] = sums(tmp_path_factory.mktemp("sums"), [*named, ("Everywhere", total)])

    assert first + count <= len(rows) + 3
    assert count >= 1


@pytest.mark.parametrize("word", ["Total", "Grand total"])
def test_a_sum_with_its_word_is_no_data_and_no_finding(tmp_path, word):
    assert sums(tmp_path, [*ROWS.items(), (word, ("", "", added(ROWS)[2]))]) == []
