"""Publishing counts of people without giving away the small ones.

A count from 1 to just below the smallest group is hidden, and so are as many others as it takes that none of the hidden
ones can be worked out from the rest and the totals. Hidden is not zero: hidden cells are nan, zeros stay.
"""

from dataclasses import dataclass

import numpy as np

# One published practice hides 1 to 10: CWIP, University of California at Berkeley.
SMALLEST_GROUP = 11


@dataclass(frozen=True)
class Suppressed:
    """A table of counts that can be published, with its margins.

    Attributes
    ----------
    cells : ndarray
        Counts as given, nan where hidden.
    row_totals, column_totals : ndarray
        Sums over the columns and over the rows, nan where hidden; empty for a table with one way.
    total : float
        Sum of all, nan where hidden.
    small : int
        Cells and margins hidden because they are small.
    others : int
        Cells and margins hidden so that those cannot be worked out.
    """

    cells: np.ndarray
    row_totals: np.ndarray
    column_totals: np.ndarray
    total: float
    small: int
    others: int

    @property
    def hidden(self):
        """Which cells are hidden."""
        return np.isnan(self.cells)


def suppress(counts, smallest_group=SMALLEST_GROUP):
    """Hide small counts, and enough of the others to protect them.

    Parameters
    ----------
    counts : array-like, one or two dimensions
        Counts of people (whole numbers, none missing), without totals.
    smallest_group : int
        The smallest count above zero that may be shown.

    Returns
    -------
    Suppressed

    Raises
    ------
    ValueError
        If counts are missing, negative or not whole, or have more than two dimensions.

    Notes
    -----
    The totals belong to the table: they are hidden when small, and may be hidden to protect a cell. A line is safe when
    its hidden counts do not add up to a small number that the rest of the line gives away; a cell is safe when the
    published numbers leave it at least two possible values, given that no count is below zero. Both are
    required. The next one to hide is the smallest count in an unsafe line, a total only where no cell is left.

    References
    ----------
    Willenborg and de Waal, Elements of Statistical Disclosure Control (2001), chapters 5 and 6.
    """
    given = np.asarray(counts, dtype=float)
    if given.ndim not in (1, 2):
        raise ValueError("suppression needs a table with one or two ways")
    if not (np.isfinite(given).all() and (given >= 0).all() and (given == np.round(given)).all()):
        raise ValueError("suppression needs counts: whole numbers, none missing, none below zero")
    # The last row and the last column are the totals.
    table = np.atleast_2d(given)
    if given.ndim == 2:
        table = np.r_[table, table.sum(axis=0, keepdims=True)]
    table = np.c_[table, table.sum(axis=1)]

    small = (table > 0) & (table < smallest_group)
    hidden = small.copy()
    lines = _lines(table.shape)
    # Hiding more only widens what is possible, so a cell found safe stays safe.
    safe = np.zeros(table.shape, dtype=bool)
    while candidates := _to_hide(table, hidden, safe, lines, smallest_group):
        hidden[min(candidates, key=lambda cell: _cost(table, cell))] = True

    shown = np.where(hidden, np.nan, table)
    one_way = given.ndim == 1
    return Suppressed(
        cells=shown[0, :-1] if one_way else shown[:-1, :-1],
        row_totals=np.empty(0) if one_way else shown[:-1, -1],
        column_totals=np.empty(0) if one_way else shown[-1, :-1],
        total=float(shown[-1, -1]),
        small=int(small.sum()),
        others=int((hidden & ~small).sum()),
    )


def _lines(shape):
    """Return the lines of a table with margins, each a list of cells whose last one is the sum of the others."""
    rows, columns = shape
    lines = [[(row, column) for column in range(columns)] for row in range(rows)]
    if rows > 1:
        lines += [[(row, column) for row in range(rows)] for column in range(columns)]
    return lines


def _cost(table, cell):
    """Order in which to hide further: cells before totals, the grand total last, small counts first, zeros late."""
    row, column = cell
    totals = (column == table.shape[1] - 1) + (row == table.shape[0] - 1 and table.shape[0] > 1)
    return totals, table[cell] == 0, table[cell], cell


def _to_hide(table, hidden, safe, lines, smallest_group):
    """Return the cells of which one must be hidden next; none when all is safe."""
    shown = [[cell for cell in line if not hidden[cell]] for line in lines]
    for line, open_cells in zip(lines, shown, strict=True):
        if 0 < len(open_cells) < len(line):
            *parts, total = line
            # What subtraction within the line gives away: the sum of the hidden parts, if the total is shown.
            rest = sum(table[cell] for cell in parts if hidden[cell])
            if len(open_cells) == len(line) - 1 or (not hidden[total] and rest < smallest_group):
                return open_cells
    known = _known_cell(table, hidden, safe, lines)
    if known is None:
        return []
    through = [cell for line, open_cells in zip(lines, shown, strict=True) if known in line for cell in open_cells]
    return through or [cell for open_cells in shown for cell in open_cells]


def _known_cell(table, hidden, safe, lines):
    """Return a hidden cell for which the published numbers leave one possible value, or None.

    Cells for which they leave two are marked in `safe`.
    """
    from scipy.optimize import linprog

    cells = [(int(row), int(column)) for row, column in np.argwhere(hidden)]
    if not cells:
        return None
    place = {cell: i for i, cell in enumerate(cells)}
    true = np.array([table[cell] for cell in cells])
    equations, sums = [], []
    for line in lines:
        *parts, total = line
        row = np.zeros(len(cells))
        for cell in parts:
            if hidden[cell]:
                row[place[cell]] = 1.0
        if hidden[total]:
            row[place[total]] = -1.0
        if row.any():
            equations.append(row)
            sums.append(row @ true)
    # Nobody believes in counts beyond this, and a bound keeps the search finite where a total is hidden.
    bounds = (0, 2 * table[-1, -1] + 2)
    for cell in cells:
        if safe[cell]:
            continue
        goal = np.zeros(len(cells))
        goal[place[cell]] = 1.0
        for direction in (goal, -goal):
            possible = linprog(direction, A_eq=np.array(equations), b_eq=sums, bounds=bounds).x
            for other, value, truth in zip(cells, possible, true, strict=True):
                safe[other] |= abs(value - truth) > 0.5
            if safe[cell]:
                break
        if not safe[cell]:
            return cell
    return None
