"""One table of one file: its columns as text, and every line that is no data or cannot be used, with the reason."""

import csv
import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rdclib import parsing
from rdclib.intake import headings, layout
from rdclib.intake.grids import regular_columns

NOT_DATA = ("title", "heading", "repeated heading", "group", "total", "note", "blank", "example", "another table")
EXAMPLE = "example"  # first cell of the template's example row
NOTE_CELLS = 2  # a row of a note or a left-over sum has at most so many
TAIL = 15  # last rows in which notes and sums stand
LONGEST_SUM = 40  # bytes of a row that holds a sum alone, besides its delimiters
MOST = 1e13  # amounts above are no money


@dataclass
class Block:
    """One table of one file.

    Attributes
    ----------
    file : str
        Name of the file, with the sheet for workbooks.
    headings, own : list of str
    columns : list of pyarrow arrays
    lines : numpy array of int
    not_data : list of (line, kind, text)
    aside : list of (line, text, reason, fix)
        Lines whose cells cannot be told apart.
    lines_read : int
        All lines, data or not.
    """

    file: str
    headings: list
    own: list
    columns: list
    lines: np.ndarray
    not_data: list = field(default_factory=list)
    aside: list = field(default_factory=list)
    lines_read: int = 0
    about: dict = field(default_factory=dict)
    reread: object = None
    regular: bool = False
    made_headings: bool = False
    fingerprint: str = ""
    contents: list = field(default_factory=list)
    starts: object = None  # of a big text: where each record begins, and its line
    record_lines: object = None

    @property
    def n(self):
        """Rows of data."""
        return len(self.lines)

    def look(self):
        """What stands in each column, looked at once."""
        if not self.contents:
            self.contents = [headings.content(column) for column in self.columns]
        return self.contents


def blocks_of(grid, known, fingerprint=""):
    """Tables of a grid as blocks; lines before, between and behind them belong to the nearest."""
    if grid.lines[:1] == [0]:  # headings that we made for objects
        tables = [layout.of_objects(grid.rows)]
    else:
        tables = layout.find_tables(grid.rows, known, merged=grid.merged, more_below=grid.rest is not None)
    name = f"{grid.name} [{grid.sheet}]" if grid.sheet else grid.name
    blocks = []
    done = 0
    for k, found in enumerate(tables):
        stop = found.last if grid.rest is None else None
        block = _regular_block(grid, found, name) if grid.rest is not None else _row_block(grid, found, name)
        if block is None:
            return None
        used = set(found.header_rows)
        start = min([found.first, *found.header_rows])
        for i in range(done, start):
            if i not in used:
                block.not_data.append((grid.lines[i], _above_kind(grid.rows[i]), _join(grid.rows[i])))
        for i in found.header_rows:
            if grid.lines[i]:  # line 0 is no line of the file
                block.not_data.append((grid.lines[i], "heading", _join(grid.rows[i])))
        if stop is not None:
            done = max([found.last, *(h + 1 for h in found.header_rows)])
            if k == len(tables) - 1:
                for i in range(done, len(grid.rows)):
                    block.not_data.append((grid.lines[i], _above_kind(grid.rows[i]), _join(grid.rows[i])))
        block.lines_read = block.n + len(block.not_data) + len(block.aside)
        block.about, block.reread, block.fingerprint = dict(grid.about), grid.reread, fingerprint
        block.made_headings = found.made
        block.about["quoted_breaks"] = grid.rest is not None and grid.rest.quoted_breaks
        blocks.append(block)
    return blocks


def _above_kind(row):
    return "title" if any(cell.strip() for cell in row) else "blank"


def _join(row):
    return " | ".join(" ".join(cell.split()) for cell in row if cell.strip())[:300]


def _row_block(grid, found, name):
    rows = grid.rows[found.first : found.last]
    lines = grid.lines[found.first : found.last]
    width = len(found.headings)
    kept, kept_lines, not_data, aside = [], [], [], []
    usual = _usual(rows[:500])
    head = [parsing.fold(h) for h in found.own]
    last = max((i for i, row in enumerate(rows) if any(c.strip() for c in row)), default=-1)
    tail = _tail(rows, last, usual, width)
    for i, (row, line) in enumerate(zip(rows, lines, strict=True)):
        kind = row_kind(row, head, usual, width, at_end=i >= tail)
        if kind:
            not_data.append((line, kind, _join(row)))
            continue
        if len(row) > width:
            if any(cell.strip() for cell in row[width:]):
                aside.append(
                    (line, _join(row), "more cells than headings", "put quotes around cells that hold the delimiter")
                )
                continue
            row = row[:width]
        elif len(row) < width:
            row = [*row, *[""] * (width - len(row))]
        kept.append(row)
        kept_lines.append(line)
    columns = [pa.array(column, pa.string()) for column in zip(*kept, strict=True)] if kept else None
    columns = columns or [pa.array([], pa.string())] * width
    block = Block(name, found.headings, found.own, columns, np.array(kept_lines, dtype=np.int64), not_data, aside)
    _drop(block, _sums(columns, np.arange(len(kept)), usual))
    _drop(block, _labeled_sums(block.columns))
    return block


def _drop(block, sums):
    """Take sums out of a block's data."""
    if not sums:
        return
    block.not_data += [(int(block.lines[i]), "total", _join([c[i].as_py() or "" for c in block.columns])) for i in sums]
    keep = np.ones(block.n, dtype=bool)
    keep[sums] = False
    block.columns = [_only(c, keep) for c in block.columns]
    block.lines = block.lines[keep]


def _only(column, keep):
    """A column's texts of some rows; a dictionary keeps no text that no row has."""
    left = column.filter(pa.array(keep))
    return left.dictionary_decode().dictionary_encode() if isinstance(left, pa.DictionaryArray) else left


def _with(column, more):
    """A column and more texts behind it."""
    texts = parsing.as_text(column)
    joined = pa.concat_arrays([texts, more.cast(texts.type)])
    return joined.dictionary_encode() if isinstance(column, pa.DictionaryArray) else joined


def _rows_where(column, test):
    """Rows whose text passes a test; a text that repeats itself is tried once."""
    repeats = isinstance(column, pa.DictionaryArray)
    passed = np.flatnonzero(test(column.dictionary if repeats else column))
    return np.flatnonzero(np.isin(column.indices, passed)) if repeats and len(passed) else passed


def _sums(columns, rows, usual):
    """Rows that hold nothing but the sum of a run of rows right above: counted as data, money would count twice.

    Parameters
    ----------
    columns : list of pyarrow arrays of text
    rows : numpy array of int
        Rows to be looked at.
    usual : int
        Cells that a row of data fills.

    Returns
    -------
    list of int
    """
    if not len(rows) or len(columns) < layout.SHORT or usual <= NOTE_CELLS:
        return []
    filled = np.zeros((len(columns), len(rows)), dtype=bool)
    for j, column in enumerate(columns):
        text = pc.utf8_trim_whitespace(parsing.as_text(column.take(pa.array(rows))))
        filled[j] = pc.fill_null(pc.not_equal(text, ""), False).to_numpy(zero_copy_only=False)
    count = filled.sum(axis=0)
    few = (count > 0) & (count <= NOTE_CELLS)
    proved = few.copy()
    for j in np.flatnonzero(filled[:, few].any(axis=1)).tolist():
        here = few & filled[j]
        proved[here] &= _adds_up(columns[j], rows[few], rows[here])
    return rows[proved].tolist()


# "Parks Total", "Subtotal", "Total Parks", "Gesamt", "Sous-total": a label of a sum, or the name of a vendor.
_LABEL = (
    r"(?i)^\s*(?:grand[ -]?|sub[ -]?|sous[ -]?)?totals?\b|\b(?:sub[ -]?|sous[ -]?)?totals?\s*:?\s*$"
    r"|\b(?:suma|soma|summe)\b|gesamt|zwischensumme"
)
_LABELED = 6  # columns in which a label is looked for


def _labeled_sums(columns):
    """Rows with the label of a sum whose amount is the sum of the rows above or below: the sum proves the label.

    Other cells may be filled, as where a program fills blank cells down.

    Parameters
    ----------
    columns : list of pyarrow arrays of text

    Returns
    -------
    list of int
    """
    labeled = set()
    for column in columns[:_LABELED]:
        labeled |= set(_rows_where(column, lambda texts: pc.match_substring_regex(texts, _LABEL)).tolist())
    if not labeled:
        return []
    rows = np.array(sorted(labeled))
    proved = np.zeros(len(rows), dtype=bool)
    for column in columns:
        own = parsing.money(parsing.missing(parsing.as_text(column.take(pa.array(rows))))).values
        asked = np.isfinite(own) & (own != 0)
        if asked.any():
            last = len(column) - 1
            backward = column.take(pa.array(np.arange(last, -1, -1)))
            proved[asked] |= _adds_up(column, rows, rows[asked])
            proved[asked] |= _adds_up(backward, last - rows, last - rows[asked])
    # Where most labels add up they are lines of sums; one that does by accident is a metric or a vendor called Total.
    return rows[proved].tolist() if proved.sum() > 0.5 * len(rows) else []


def _adds_up(column, few, asked):
    """Whether ``asked`` rows hold the sum of two or more amounts right above; rows in ``few`` are no part of it."""
    texts = parsing.missing(parsing.as_text(column))
    amounts = parsing.money(texts, parsing.decimal_mark(parsing.decimal_evidence(texts)) or ".").values
    cents = np.rint(np.where(np.abs(amounts) < MOST, amounts, 0) * 100).astype(np.int64)
    own = cents[asked]
    cents[few] = 0
    upto = np.concatenate([[0], np.cumsum(cents)])
    parts = np.concatenate([[0], np.cumsum(cents != 0)])
    # Where a sum begins, the amounts before it add up to what is missing; of several places the first is taken.
    places, first = np.unique(upto, return_index=True)
    wanted = upto[asked] - own
    at = np.minimum(np.searchsorted(places, wanted), len(places) - 1)
    begin = first[at]
    return (own != 0) & (places[at] == wanted) & (parts[asked] - parts[np.minimum(begin, asked)] >= 2)


def _usual(rows):
    counts = sorted(sum(1 for c in row if c.strip()) for row in rows if row and row[0].lower() != EXAMPLE)
    counts = [c for c in counts if c]
    return counts[len(counts) // 2] if counts else 0


def _tail(rows, last, usual, width):
    """Position from which only notes, sums and blanks stand."""
    at = last + 1
    for i in range(last, max(last - TAIL, -1), -1):
        filled = sum(1 for c in rows[i] if c.strip())
        if filled <= NOTE_CELLS and usual > NOTE_CELLS:
            at = i
        else:
            break
    return at


_SUM = re.compile(r"total|suma|soma", re.I)
_SUM_LINE = r"(?i)^\s*(?:grand |sub ?|report |overall )?totals?\b|^\s*(?:suma|soma)\b"


# "Department: Parks", "Page 3 of 7", "Fund 100 - General fund": a line of words that stands alone between rows of data.
_GROUP = re.compile(r"[^\W\d_]{2,}.*(?::|\s\S)|.*:\s*", re.S)


def _heads_a_group(text):
    return bool(_GROUP.match(text)) and not parsing.is_figure(text)


def _begins_like(row, head):
    """One of the first three headings stands in its own column: only then are all compared."""
    return any(h and len(cell) < 200 and parsing.fold(cell) == h for cell, h in zip(row[:3], head[:3], strict=False))


def row_kind(row, head, usual, width, *, at_end):
    """Why a row is no data, or "" when it is."""
    filled = [cell.strip() for cell in row if cell.strip()]
    if not filled:
        return "blank"
    if filled[0].lower() == EXAMPLE:
        return "example"
    if len(filled) >= 2 and _begins_like(row, head):
        folded = [parsing.fold(cell) if len(cell) < 200 else "" for cell in row[:width]]
        if sum(1 for a, b in zip(folded, head, strict=False) if a and a == b) >= max(2, 0.8 * len(filled)):
            return "repeated heading"
    for cell in filled[:3]:
        # A vendor called Total has its other cells filled; a line of sums has blanks.
        if (
            len(cell) < 60
            and _SUM.search(cell)
            and layout.TOTAL.match(parsing.fold(cell))
            and len(filled) <= max(2, 0.7 * usual)
        ):
            return "total"
    if at_end and width >= layout.SHORT and len(filled) <= NOTE_CELLS < usual:
        labeled = any(re.search(_LABEL, cell) for cell in filled) and any(map(parsing.is_figure, filled))
        return "total" if labeled or all(map(parsing.is_figure, filled)) else "note"
    if len(filled) == 1 and usual >= layout.SHORT and _heads_a_group(filled[0]):
        return "group"
    return ""


def _regular_block(grid, found, name):
    regular = grid.rest
    width = len(found.headings)
    first = found.first
    if width != int(np.bincount(np.minimum(regular.cells, 100_000)).argmax()):
        width = int(np.bincount(np.minimum(regular.cells, 100_000)).argmax())
        extra = [f"column {j + 1}" for j in range(len(found.headings), width)]
        found.headings = [*found.headings, *extra][:width]
        found.own = [*found.own, *extra][:width]
    taken = regular_columns(regular, first, width)
    if taken is None:
        return None
    columns, lines, odd = taken
    head = [parsing.fold(h) for h in found.own]
    sample = [[c[i].as_py() or "" for c in columns] for i in range(min(200, len(lines)))]
    usual = _usual(sample)
    block = Block(name, found.headings, found.own, columns, np.asarray(lines, dtype=np.int64), regular=True)
    block.starts, block.record_lines = regular.starts, regular.lines
    last_line = int(regular.lines[-1])
    more_rows, more_lines = [], []
    for line, text in odd:
        row = next(csv.reader([text.rstrip("\r\n")], delimiter=regular.delimiter), []) if text.strip() else []
        kind = row_kind(row, head, usual, width, at_end=line > last_line - TAIL)
        if kind:
            block.not_data.append((line, kind, _join(row)))
        elif len(row) > width and any(cell.strip() for cell in row[width:]):
            fix = "put quotes around cells that hold the delimiter"
            block.aside.append((line, _join(row), "more cells than headings", fix))
        else:
            more_rows.append([*row, *[""] * (width - len(row))][:width])
            more_lines.append(line)
    drop = {}
    for i in _suspects(columns, regular, lines, first, width, found):
        row = [c[i].as_py() or "" for c in columns]
        kind = row_kind(row, head, usual, width, at_end=int(lines[i]) > last_line - TAIL)
        if kind:
            drop[i] = kind
            block.not_data.append((int(lines[i]), kind, _join(row)))
    if drop or more_rows:
        keep = np.ones(len(lines), dtype=bool)
        keep[list(drop)] = False
        block.columns = [_only(c, keep) for c in columns]
        block.lines = block.lines[keep]
        if more_rows:
            more = [pa.array(c, pa.string()) for c in zip(*more_rows, strict=True)]
            order = np.argsort(np.concatenate([block.lines, more_lines]), kind="stable")
            joined = [_with(c, m) for c, m in zip(block.columns, more, strict=True)]
            block.columns = [c.take(pa.array(order)) for c in joined]
            block.lines = np.concatenate([block.lines, more_lines])[order].astype(np.int64)
    size = np.diff(regular.starts)[np.searchsorted(regular.lines, block.lines)]
    _drop(block, _sums(block.columns, np.flatnonzero(size <= width + LONGEST_SUM), usual))
    _drop(block, _labeled_sums(block.columns))
    return block


def _first_cell_alone(regular, behind, width):
    """Rows that end with a delimiter for every cell but the first: they may head a group.

    Parameters
    ----------
    regular : rdclib.intake.grids.Regular
    behind : numpy array of int
        The byte behind each row.
    width : int
    """
    view, mark = np.frombuffer(regular.data, dtype=np.uint8), ord(regular.delimiter)
    ends = behind - (view[behind - 1] == 10)
    ends = ends - (view[ends - 1] == 13)
    alone = np.arange(len(ends))
    for place in range(1, width):
        alone = alone[view[ends[alone] - place] == mark]
    return alone


def _suspects(columns, regular, lines, first, width, found):
    """Rows of a big text that may be blank, a repeated heading, an example or a sum: looked at one by one."""
    n = len(lines)
    found_rows = set(range(max(0, n - TAIL), n))
    # Blank: hardly longer than its delimiters.
    good = regular.cells[first:] == width
    size = np.diff(regular.starts[first:])[good]
    found_rows |= set(np.flatnonzero(size <= width + 2).tolist())
    found_rows |= set(_first_cell_alone(regular, regular.starts[first + 1 :][good], width).tolist())
    for column in columns[:3]:
        found_rows |= set(_rows_where(column, lambda texts: pc.match_substring_regex(texts, _SUM_LINE)).tolist())
    own = next((j for j, h in enumerate(found.own) if h), 0)
    if own < width:
        heading = pa.scalar(found.own[own])
        test = lambda texts: pc.equal(pc.utf8_trim_whitespace(texts), heading)  # noqa: E731
        found_rows |= set(_rows_where(columns[own], test).tolist())
    return sorted(found_rows)
