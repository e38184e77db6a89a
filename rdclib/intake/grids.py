"""From text or a workbook to rows of cells, each with its line; a big regular text stays in columns from the start."""

import csv
import datetime
import io
import sys
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv

from rdclib.errors import DataFileError
from rdclib.intake.opening import to_utf8

DELIMITERS = ",;\t|"
HEAD_ROWS = 60  # rows in which we look for titles and headings
CHUNK = 1 << 20  # as much as the processor keeps at hand
# Under this size rows are taken apart one by one, so that several tables on a sheet can be told apart.
SMALL_BYTES = 400_000


@dataclass
class Grid:
    """Rows of one text or sheet.

    Attributes
    ----------
    rows : list of list of str
        All rows, or the first ones when ``rest`` holds the file.
    lines : list of int
        Line of each row in the file.
    rest : Regular or None
        A big regular text.
    merged : list of ((row, column), (row, column))
        Merged ranges, positions in ``rows``.
    """

    name: str
    sheet: str
    rows: list
    lines: list
    rest: object = None
    merged: tuple = ()
    about: dict = field(default_factory=dict)
    odd: list = field(default_factory=list)  # (line, text, why) of rows that cannot be taken apart
    reread: object = None  # the text once more, for the second pass: (bytes, delimiter)
    zeros: bool = False  # all formulas are 0: never calculated


# --- text --------------------------------------------------------------------------------------------------------


@dataclass
class Regular:
    """A text whose records all have the same number of cells, apart from a few that are listed."""

    data: object  # bytes or memory map
    delimiter: str
    starts: np.ndarray  # byte at which each record starts; one more for the end
    cells: np.ndarray  # cells of each record
    lines: np.ndarray  # physical line of each record
    quoted_breaks: bool


def delimiter_of(text):
    """The delimiter under which the first lines fall into the most even cells."""
    lines = [line for line in text.splitlines()[:HEAD_ROWS] if line.strip()]
    best, most = ",", 0.0
    for mark in DELIMITERS:
        counts = [len(row) for row in csv.reader(lines, delimiter=mark)] if lines else []
        wide = [c for c in counts if c > 1]
        if not wide:
            continue
        usual = max(set(wide), key=wide.count)
        score = wide.count(usual) / len(counts) * min(usual, 12) ** 0.5
        if score > most:
            best, most = mark, score
    return best


def text_grid(source):
    """Take a text apart.

    Raises
    ------
    DataFileError
        When there is nothing in it, or it is a web page.
    """
    data, encoding = to_utf8(source.data)
    about = {"encoding": encoding}
    if b"\0" in data:
        data = data.replace(b"\0", b"")
        about["null_bytes"] = True
    if not data.strip():
        raise DataFileError(f"{source.name} is empty.", fix="Ask the city to send it again.")
    if data[:400].lstrip().lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise DataFileError(
            f"{source.name} is a web page or XML, whatever its name says.",
            fix="Open it in a spreadsheet program, save it as an Excel workbook or CSV, and add that file.",
        )
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        about["line_end"] = "CR"
    delimiter = delimiter_of(data[:200_000].decode("utf-8", errors="ignore"))
    about["delimiter"] = delimiter
    if len(data) > SMALL_BYTES:
        regular = _regular(data, delimiter)
        if regular is not None:
            count = min(HEAD_ROWS, len(regular.cells))
            head = data[: regular.starts[count]].decode("utf-8", errors="replace")
            rows = list(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter))
            if len(rows) == count:
                grid = Grid(source.name, "", rows, regular.lines[:count].tolist(), regular, about=about)
                grid.reread = (data, delimiter)
                return grid
    return _by_row(source.name, data, delimiter, about)


def row_by_row(grid):
    """The same text taken apart row by row."""
    return _by_row(grid.name, *grid.reread, grid.about)


def _by_row(name, data, delimiter, about):
    text = data.decode("utf-8", errors="replace")
    csv.field_size_limit(sys.maxsize)

    def read(quoting):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
        rows, lines, before = [], [], 0
        for row in reader:
            rows.append(row)
            lines.append(before + 1)
            before = reader.line_num
        return rows, lines

    rows, lines = read(csv.QUOTE_MINIMAL)
    # A quote that nobody closes swallows the lines behind it; then quotes are signs like any other.
    longest = max((cell.count("\n") for row in rows for cell in row if len(cell) > 200), default=0)
    if longest > 40:
        rows, lines = read(csv.QUOTE_NONE)
        about["quotes"] = "open"
    grid = Grid(name, "", rows, lines, about=about)
    grid.reread = (data, delimiter)
    return grid


def _regular(data, delimiter):
    """Find the records of a big text by its bytes; None when its quotes or widths leave doubt."""
    view = np.frombuffer(data, dtype=np.uint8)
    ends, counts = [], []
    carry, carried, quoted_breaks = 0, 0, False
    mark = ord(delimiter)
    for start in range(0, len(view), CHUNK):
        part = view[start : start + CHUNK]
        newline, split = part == 10, part == mark
        quote = part == 34
        if quote.any() or carry:
            inside = (np.cumsum(quote.view(np.uint8), dtype=np.uint8) + np.uint8(carry)) & 1
            if not _proper_quotes(view, start, np.flatnonzero(quote), inside, mark):
                return None
            outside = inside == 0
            every = np.count_nonzero(newline)
            newline &= outside
            split &= outside
            carry = int(inside[-1])
        else:
            every = None
        ended = np.flatnonzero(newline)
        marks = np.flatnonzero(split)
        upto = np.searchsorted(marks, ended)
        counts.append(np.diff(upto, prepend=0) + 1)
        if len(counts[-1]):
            counts[-1][0] += carried
            carried = len(marks) - upto[-1]
        else:
            carried += len(marks)
        if every is not None and every != len(ended):
            quoted_breaks = True
        ends.append(ended + start)
    if carry:
        return None
    ends, counts = np.concatenate(ends), np.concatenate(counts)
    if len(view) and view[-1] != 10:
        ends, counts = np.append(ends, len(view) - 1), np.append(counts, carried + 1)
    starts = np.concatenate([[0], ends + 1])
    usual = np.bincount(np.minimum(counts, 100_000)).argmax()
    if usual < 2 or (counts != usual).sum() > max(30, len(counts) // 50):
        return None
    if quoted_breaks:
        all_breaks = np.flatnonzero(view == 10)
        lines = np.searchsorted(all_breaks, starts[:-1]) + 1
    else:
        lines = np.arange(1, len(counts) + 1)
    return Regular(data, delimiter, starts, counts, lines, quoted_breaks)


def _proper_quotes(view, start, at, inside, mark):
    """Every quote opens behind a delimiter or closes before one (or is half of a doubled quote)."""
    if not len(at):
        return True
    opens = inside[at] == 1
    where = at + start
    before = view[np.maximum(where - 1, 0)]
    after = view[np.minimum(where + 1, len(view) - 1)]
    around = np.array([10, 13, 34, mark], dtype=np.uint8)
    good_open = np.isin(before, around) | (where == 0)
    good_close = np.isin(after, around) | (where == len(view) - 1)
    return bool(np.where(opens, good_open, good_close).all())


def regular_columns(regular, first, width):
    """Columns of a regular text from record ``first`` on.

    Returns
    -------
    tuple
        Arrow arrays of text, lines of the rows, and ``[(line, text, cells)]`` of the records of another width.
    """
    cells = regular.cells[first:]
    good = cells == width
    starts, ends = regular.starts[first:-1], regular.starts[first + 1 :]
    view = memoryview(regular.data)
    odd = []
    if good.all():
        body = view[starts[0] :] if len(starts) else view[:0]
    else:
        for i in np.flatnonzero(~good).tolist():
            odd.append((int(regular.lines[first + i]), bytes(view[starts[i] : ends[i]]).decode("utf-8", "replace")))
        edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
        body = b"".join(view[starts[a] : ends[b - 1]] for a, b in zip(edges[::2], edges[1::2], strict=True))
    names = [f"c{i}" for i in range(width)]
    if not len(body):
        return [pa.array([], pa.string())] * width, regular.lines[first:][good], odd
    table = pa.csv.read_csv(
        pa.BufferReader(pa.py_buffer(body)),
        read_options=pa.csv.ReadOptions(column_names=names, block_size=1 << 23),
        parse_options=pa.csv.ParseOptions(
            delimiter=regular.delimiter, newlines_in_values=regular.quoted_breaks, ignore_empty_lines=False
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    if table.num_rows != int(good.sum()):
        return None
    return [table.column(name) for name in names], regular.lines[first:][good], odd


# --- workbooks ---------------------------------------------------------------------------------------------------


def workbook_grids(source, sheet=""):
    """Sheets of an Excel or OpenDocument workbook as grids; hidden ones only when asked for by name.

    Raises
    ------
    DataFileError
        When the workbook is damaged or protected, or has no such sheet.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(source.data))
        listed = book.sheets_metadata
    except BaseException as error:
        raise _unreadable(source.name, error) from None
    visible = [m.name for m in listed if m.visible == calamine.SheetVisibleEnum.Visible]
    hidden = [m.name for m in listed if m.name not in visible]
    if sheet and sheet not in [m.name for m in listed]:
        raise DataFileError(
            f"{source.name} has no sheet '{sheet}'.",
            fix=f"In engagement.yaml, give one of its sheets under  sheet:  {', '.join(m.name for m in listed)}.",
        )
    grids = []
    for name in [sheet] if sheet else visible:
        try:
            page = book.get_sheet_by_name(name)
            cells = page.to_python(skip_empty_area=False)
            merged = tuple(page.merged_cell_ranges or ())
        except BaseException as error:
            raise _unreadable(source.name, error) from None
        rows = [[cell_text(cell) for cell in row] for row in cells]
        about = {"encoding": "workbook", "hidden": hidden}
        grids.append(Grid(source.name, name, rows, list(range(1, len(rows) + 1)), merged=merged, about=about))
    return grids


def _unreadable(name, error):
    """A damaged workbook may even make the reader panic, which is no Exception; what is not about the file goes on."""
    if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
        raise error
    return DataFileError(
        f"{name} cannot be opened as a workbook: it is damaged, protected, or something else under that name.",
        fix="Open it in a spreadsheet program, save it again without a password, and add that file.",
    )


def cell_text(cell):
    """A cell of a workbook as the text that a person would type: 6037.0 is 6037, days are year-month-day."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else np.format_float_positional(cell, trim="-")
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ") if (cell.hour, cell.minute, cell.second) != (0, 0, 0) else cell.date().isoformat()
    return "" if cell is None else str(cell)
