import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib.disclosure import suppress


def test_a_small_count_takes_the_next_smallest_with_it():
    result = suppress([50, 3, 20])

    assert result.hidden.tolist() == [False, True, True]
    assert (result.total, result.small, result.others) == (73, 1, 1)


def test_two_small_counts_whose_sum_is_small_take_a_third():
    # 50 + 20 of 77 would tell that 7 people are in the two hidden groups.
    assert suppress([50, 3, 20, 4]).hidden.tolist() == [False, True, True, True]


@pytest.mark.parametrize(("count", "hidden"), [(10, True), (11, False), (12, False), (1, True)])
def test_smallest_group_is_the_smallest_count_shown(count, hidden):
    assert suppress([50, count, 60]).hidden.any() == hidden


def test_hidden_is_not_zero_and_zero_is_shown():
    result = suppress([0, 4, 30, 25])

    assert result.cells[0] == 0
    assert np.isnan(result.cells[1])
    assert np.isnan(result.cells[3])


def test_a_small_total_is_hidden_too():
    result = suppress([[3, 0], [0, 2]])

    assert np.isnan(result.total)
    assert np.isnan(result.row_totals).all()
    assert np.isnan(result.column_totals).all()


def test_one_small_cell_of_a_two_way_table_takes_a_rectangle():
    result = suppress([[50, 3, 20], [30, 40, 12], [100, 15, 18]])

    assert result.hidden.sum() == 4
    assert result.hidden.any(axis=0).sum() == 2
    assert result.hidden.any(axis=1).sum() == 2
    assert result.row_totals.tolist() == [73, 82, 133]
    assert result.column_totals.tolist() == [180, 58, 50]


def test_what_several_lines_together_give_away_is_found():
    # Small counts, two or more in each line. Rows 1 and 2 less columns 1 and 2 leave the 5: 15 + 20 - 14 - 16.
    counts = [[8, 7, 50, 60, 40], [6, 9, 5, 70, 30], [80, 90, 7, 8, 20], [33, 44, 9, 6, 25]]
    result = suppress(counts)

    seen = published(result)
    unknown = np.isnan(seen.ravel())
    system = equations(seen)[:, unknown]
    the_five = np.flatnonzero(unknown) == 1 * seen.shape[1] + 2
    assert np.linalg.matrix_rank(np.vstack([system, the_five])) == np.linalg.matrix_rank(system) + 1
    assert (result.small, result.others > 0) == (9, True)


def test_nothing_small_hides_nothing():
    result = suppress([[11, 0], [40, 20]])

    assert not result.hidden.any()
    assert (result.small, result.others, result.total) == (0, 0, 71)


@pytest.mark.parametrize("counts", [[1, -2], [1.5, 3], [np.nan, 4], np.zeros((2, 2, 2))])
def test_refuses_what_are_not_counts(counts):
    with pytest.raises(ValueError):
        suppress(counts)


def test_empty_table_stays_empty():
    assert suppress([]).cells.tolist() == []
    assert suppress([]).total == 0


def published(result):
    """The table as a reader sees it, with margins."""
    if result.cells.ndim == 1:
        return np.r_[result.cells, result.total][np.newaxis]
    return np.r_[np.c_[result.cells, result.row_totals], np.r_[result.column_totals, result.total][np.newaxis]]


def equations(seen):
    """What every reader knows: rows, and columns of a two-way table, add up to their totals."""
    index = np.arange(seen.size).reshape(seen.shape)
    lines = list(index) + (list(index.T) if len(seen) > 1 else [])
    matrix = np.zeros((len(lines), seen.size))
    for row, line in zip(matrix, lines, strict=True):
        row[line[:-1]], row[line[-1]] = 1, -1
    return matrix


tables = st.integers(1, 4).flatmap(
    lambda columns: st.lists(
        st.lists(st.sampled_from([0, 0, 1, 2, 5, 10, 11, 14, 30, 200]), min_size=columns, max_size=columns),
        min_size=1,
        max_size=4,
    )
)


@given(tables)
@settings(max_examples=60, deadline=None)
def test_no_hidden_cell_can_be_solved_from_what_is_published(table):
    for counts in (table, table[0]):
        result = suppress(counts)
        seen = published(result)
        unknown = np.isnan(seen.ravel())
        system = equations(seen)[:, unknown]
        rank = np.linalg.matrix_rank(system)
        for cell in np.eye(unknown.sum()):
            # A cell is determined exactly when its unit row is a combination of the equations.
            assert np.linalg.matrix_rank(np.vstack([system, cell])) == rank + 1
        shown = seen[~np.isnan(seen)]
        assert ((shown == 0) | (shown >= 11)).all()


@given(
    st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=3), min_size=2, max_size=3).filter(
        lambda rows: len({len(row) for row in rows}) == 1
    )
)
@settings(max_examples=30, deadline=None)
def test_every_hidden_cell_has_two_possible_values(table):
    """Try every small table: counts are whole and not below zero, which a reader knows too."""
    result = suppress(table, smallest_group=3)
    seen = published(result)
    rows, columns = np.array(table).shape
    free = np.argwhere(result.hidden)
    if len(free) > 5:
        return
    possible = {tuple(cell): set() for cell in free}
    for values in itertools.product(range(9), repeat=len(free)):
        cells = result.cells.copy()
        for (row, column), value in zip(free, values, strict=True):
            cells[row, column] = value
        full = np.r_[np.c_[cells, cells.sum(axis=1)], np.r_[cells.sum(axis=0), cells.sum()][np.newaxis]]
        if (np.isnan(seen) | (full == seen)).all():
            for (row, column), value in zip(free, values, strict=True):
                possible[row, column].add(value)
    assert all(len(values) >= 2 for values in possible.values())
    assert rows * columns == result.cells.size
