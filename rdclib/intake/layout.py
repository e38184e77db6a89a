"""Where a sheet's tables are: titles above, headings in one row or three, notes and totals below, several tables."""

import re
from dataclasses import dataclass, field

from rdclib import parsing
from rdclib.intake.reading import WITHHELD

# Words that head a line of sums, folded.
TOTAL = re.compile(
    r"^(?:grand |sub ?|report |overall |column )?totals?(?: general| geral| amount| cost)?$"
    r"|^(?:grand |sub ?)totals?\b.*|^totals? (?:for|of|de|do|da|by)\b.*|^(?:suma|soma|subtotal)$|^suma total$"
)
SHORT = 4  # a table this wide or wider has notes in rows of one or two cells


@dataclass
class Layout:
    """One table of a grid.

    Attributes
    ----------
    headings : list of str
        One a column; made (``column 3``) when the file has none.
    own : list of str
        The lowest row of the headings alone, where they have several rows.
    header_rows : list of int
        Positions of the heading rows in the grid.
    first, last : int
        Positions of the first row and behind the last row of data.
    above : list of int
        Positions of title rows above the headings.
    """

    headings: list
    own: list
    header_rows: list
    first: int
    last: int
    above: list = field(default_factory=list)
    made: bool = False


def _filled(row):
    return [i for i, cell in enumerate(row) if cell.strip()]


def _is_figure(cell):
    """Numbers, dates and amounts: what stands below headings and not in them."""
    cell = cell.strip()
    if re.match(WITHHELD, cell):
        return True
    return not _names_a_period(cell) and parsing.is_figure(cell)


def _names_a_period(cell):
    """``Jan 2020`` and ``2020`` head columns too."""
    cell = cell.strip()
    return bool(parsing.month(cell) or re.fullmatch(r"(?:FY)?(?:19|20)\d{2}", cell))


class _Sheet:
    """What we ask about a row while looking for headings, worked out once a row."""

    def __init__(self, rows, known):
        self.rows = rows
        self.known = known
        self._cache = {}

    def row(self, i):
        if i not in self._cache:
            row = self.rows[i]
            at = _filled(row)
            figures = {j for j in at if len(row[j]) < 60 and _is_figure(row[j])}
            named = [j for j in at if j not in figures and len(row[j]) < 30 and _names_a_period(row[j])]
            # A month in a heading stands beside others and over figures: 1960.12 alone is an amount, and days that
            # stand under days are data, though they be the first of a month.
            figures.update(j for j in named if (len(named) == 1 and figures) or self._among_periods(i, j))
            words = sum(1 for j in at if j not in figures and len(row[j]) < 120 and self.known(row[j]))
            self._cache[i] = (at, figures, words)
        return self._cache[i]

    def _among_periods(self, i, j):
        """Whether the next filled cell of a column (or the one above it, at the end) names a period too."""
        for k in (*range(i + 1, min(i + 4, len(self.rows))), i - 1):
            cell = self.rows[k][j] if 0 <= k < len(self.rows) and j < len(self.rows[k]) else ""
            if cell.strip():
                return _names_a_period(cell) or parsing.date_evidence([cell.strip()])["clear"] > 0
        return False


def of_objects(rows):
    """The table of rows that were objects: their keys stand in the first row, whatever is below.

    Parameters
    ----------
    rows : list of list of str
    """
    return Layout(list(rows[0]), list(rows[0]), [0], 1, len(rows))


def find_tables(rows, known, *, merged=(), more_below=False):
    """Tables of a grid.

    Parameters
    ----------
    rows : list of list of str
    known : callable
        Whether a text is a heading of the catalogue (or of the city's map).
    merged : sequence of ((row, column), (row, column))
    more_below : bool
        ``rows`` are only the first ones of a big text, which holds one table.

    Returns
    -------
    list of Layout
    """
    sheet = _Sheet(rows, known)
    blocks = [(0, len(rows))] if more_below else _blocks(sheet)
    found = [_table(sheet, first, last, merged, more_below) for first, last in blocks]
    return [table for table in found if table is not None]


TITLES = 3  # lines of one cell that may stand between a blank row and the headings of the next table


def _blocks(sheet):
    """Split where, behind a blank row and its title, a row of new headings begins another table."""
    rows = sheet.rows
    cuts = [0]
    heading = None
    for i in range(1, len(rows)):
        start = _start_of_table(rows, i)
        if start is None or start <= cuts[-1]:
            continue
        at, figures, words = sheet.row(i)
        if len(at) < 3 or figures or words < max(2, len(at) / 2):
            continue
        folded = [parsing.fold(rows[i][j]) for j in at]
        if heading is None:
            heading = _first_heading(sheet, start)
        if folded != heading and _has_figures_below(sheet, i) and _filled_above(sheet, cuts[-1], start):
            cuts.append(start)
            heading = folded
    return list(zip(cuts, [*cuts[1:], len(rows)], strict=True))


def _start_of_table(rows, i):
    """Where a table whose headings stand in row ``i`` begins: behind a blank row, with its title lines; else None."""
    if len(_filled(rows[i])) < 2:
        return None
    start = i
    while start > 0 and i - start < TITLES and len(_filled(rows[start - 1])) == 1:
        start -= 1
    return start if start > 0 and not _filled(rows[start - 1]) else None


def _filled_above(sheet, start, i):
    return any(sheet.row(k)[1] for k in range(start, i))


def _first_heading(sheet, stop):
    for i in range(stop):
        at, figures, words = sheet.row(i)
        if len(at) >= 2 and not figures and words:
            return [parsing.fold(sheet.rows[i][j]) for j in at]
    return []


def _has_figures_below(sheet, i):
    return any(sheet.row(k)[1] for k in range(i + 1, min(i + 6, len(sheet.rows))))


def _typical(sheet, first, last):
    """Columns that mostly hold figures, and the usual number of filled cells."""
    sample = [i for i in range(first, min(last, first + 80)) if sheet.row(i)[0]]
    counts, widths = {}, []
    for i in sample:
        at, figures, _ = sheet.row(i)
        widths.append(len(at))
        for j in at:
            counts.setdefault(j, [0, 0])
            counts[j][0] += 1
            counts[j][1] += j in figures
    usual = max(set(widths), key=lambda w: (widths.count(w), w)) if widths else 0
    most = sorted(widths)[int(len(widths) * 0.9)] if widths else 0
    return {j for j, (n, f) in counts.items() if n >= 2 and f >= 0.6 * n}, max(usual, min(most, usual * 2))


def _table(sheet, first, last, merged, more_below):
    rows = sheet.rows
    while first < last and not _filled(rows[first]):
        first += 1
    if first >= last:
        return None
    typed, wide = _typical(sheet, first, last)
    best, most = None, 0.0
    for i in range(first, min(last, first + 40)):
        at, figures, words = sheet.row(i)
        if not at or len(at) < max(1, 0.5 * wide) or (wide >= 3 and len(at) < 2):
            continue
        over = sum(1 for j in at if j in typed and j not in figures)
        score = (
            3 * words / len(at)
            + (1 - len(figures) / len(at))
            + 2 * (over / len(typed) if typed else 0)
            + min(len(at) / max(wide, 1), 1)
            - 0.02 * (i - first)
        )
        if figures and len(figures) > len(at) / 2:
            continue
        if score > most + 1e-9:
            best, most = i, score
    if best is not None:
        at, figures, words = sheet.row(best)
        over = [j for j in at if j in typed and j not in figures]
        above = any(sheet.row(k)[1] & typed for k in range(first, best))
        if not words and typed and (not over or above):
            best = None  # as much data as the rows around it
        elif not words and not typed and len(rows) > 1 and _alike(sheet, best, last):
            best = None
    end = None if more_below else _heading_at_end(sheet, first, last)
    if end is not None and (best is None or best == end or not sheet.row(best)[2]):
        return _with(rows, [end], merged, _width(rows, first, last), first, end, [])
    if best is None:
        width = _width(rows, first, last)
        headings = [f"column {j + 1}" for j in range(width)]
        return Layout(headings, list(headings), [], first, last, [], made=True)
    typed = _typical(sheet, best + 1, last)[0] or typed  # of the rows below alone
    header = [best]
    while header[0] - 1 >= first and _groups(sheet, header[0] - 1, typed, merged):
        header.insert(0, header[0] - 1)
    while header[-1] + 1 < last and len(header) < 4 and _continues(sheet, header[-1] + 1, typed, wide):
        header.append(header[-1] + 1)
    width = max(_width(rows, best, last), *(max(_filled(rows[i]), default=-1) + 1 for i in header))
    above = list(range(first, header[0]))
    return _with(rows, header, merged, width, header[-1] + 1, last, above)


def _alike(sheet, best, last):
    """No column tells headings from data: then the first row is a heading unless its words come again below."""
    words = {sheet.rows[best][j] for j in sheet.row(best)[0]}
    below = {cell for i in range(best + 1, min(last, best + 200)) for cell in sheet.rows[i]}
    return bool(words) and len(words & below) > len(words) / 2


def _heading_at_end(sheet, first, last):
    """The last filled row, when it holds the headings of the data above it."""
    end = last - 1
    while end > first and not _filled(sheet.rows[end]):
        end -= 1
    at, figures, words = sheet.row(end)
    typed, wide = _typical(sheet, first, end)
    over = [j for j in at if j in typed and j not in figures]
    if len(at) >= max(2, wide - 1) and not figures and words >= 2 and len(over) == len(typed & set(at)) and over:
        return end
    return None


def _groups(sheet, i, typed, merged):
    """A row of group headings over the heading row: no figures, at least two cells or a merged one beside others."""
    at, figures, _ = sheet.row(i)
    if figures or len(at) < 2:
        return False
    long = sum(1 for j in at if len(sheet.rows[i][j]) > 60)
    return not long and (not typed or bool(set(at) & typed) or any(a[0] == i for a, _ in merged))


def _continues(sheet, i, typed, wide):
    """A second heading row: words over columns of figures, in most of the columns that hold figures."""
    at, figures, words = sheet.row(i)
    over = [j for j in at if j in typed and j not in figures]
    if figures or len(at) < 2 or not typed:
        return False
    blank = {j for j in at if parsing.missing([sheet.rows[i][j]]).null_count}
    return len(over) > len(typed) / 2 and not blank & set(over) and (words > 0 or len(over) == len(typed))


def _width(rows, first, last):
    """Columns of a table whose headings begin at ``first``: as far as they reach, or as a fifth of the rows do."""
    reach = [max(_filled(row), default=-1) + 1 for row in rows[first : min(last, first + 200)]]
    reach = [r for r in reach if r] or [0]
    return max(reach[0], sorted(reach)[int(len(reach) * 0.8)])


def _spread(row, i, width, merged):
    """A group heading holds for the columns it is merged over, or, without that, up to the next one."""
    row = [*row, *[""] * (width - len(row))][:width]
    ranges = [(a, b) for a, b in merged if a[0] <= i <= b[0]]
    if ranges:
        for (_, left), (_, right) in ranges:
            if left < width:
                for j in range(left, min(right + 1, width)):
                    row[j] = row[left]
        return row
    held = ""
    for j, cell in enumerate(row):
        held = cell if cell.strip() else held
        row[j] = held
    return row


def _with(rows, header, merged, width, first, last, above):
    texts = []
    for k, i in enumerate(header):
        row = [*rows[i], *[""] * (width - len(rows[i]))][:width]
        texts.append(row if k == len(header) - 1 else _spread(row, i, width, merged))
    own, headings, seen = [], [], {}
    for j in range(width):
        parts = []
        for row in texts:
            part = " ".join(row[j].split())
            if part and part not in parts:
                parts.append(part)
        lowest = " ".join(texts[-1][j].split()) or (parts[-1] if parts else "")
        heading = " ".join(parts)[:300] or f"column {j + 1}"
        seen[heading] = seen.get(heading, 0) + 1
        headings.append(heading if seen[heading] == 1 else f"{heading} ({seen[heading]})")
        own.append(lowest[:300] or headings[-1])
    return Layout(headings, own, header, first, last, above)
