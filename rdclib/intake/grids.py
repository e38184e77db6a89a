"""From text or a workbook to rows of cells, each with its line; a big regular text stays in columns from the start."""

import csv
import datetime
import io
import re
import sys
import zipfile
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from rdclib import parsing
from rdclib.errors import DataFileError
from rdclib.intake.opening import to_utf8
from rdclib.parsing import is_figure

DELIMITERS = ",;\t|"
HEAD_ROWS = 60  # rows in which we look for titles and headings
CHUNK = 1 << 18  # as much as the processor keeps at hand
SAMPLE_BYTES = 1 << 22  # read first, to see which columns repeat themselves
REPEATS = 0.5  # a column with at most this share of distinct texts does
# Under this size rows are taken apart one by one, so that several tables on a sheet can be told apart.
SMALL_BYTES = 400_000
LONGEST_CELL = 40  # lines that a cell may hold


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
    if not data[:CHUNK].strip() and not data.strip():
        raise DataFileError(f"{source.name} is empty.", fix="Ask the city to send it again.")
    if data[:400].lstrip().lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise DataFileError(
            f"{source.name} is a web page or XML, whatever its name says.",
            fix="Open it in a spreadsheet program, save it as an Excel workbook or CSV, and add that file.",
        )
    if _has_lone_returns(data):
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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, lines, before, long = [], [], 0, []
    for row in reader:
        rows.append(row)
        lines.append(before + 1)
        if reader.line_num - before > 1:
            long.append(row)
        before = reader.line_num
    if text.count('"') % 2:  # the last row may hold the rest of its line in one cell
        long.append(rows[-1])
    if long:
        width = _usual_width(rows)
        if any(_swallows(row, width, delimiter) for row in long):
            rows, lines, about["open_quotes"] = _with_open_quotes(text, width, delimiter)
    grid = Grid(name, "", rows, lines, about=about)
    grid.reread = (data, delimiter)
    return grid


def _usual_width(rows):
    widths = [len(row) for row in rows[:HEAD_ROWS]]
    return max(widths, key=lambda width: (widths.count(width), width))


def _swallows(row, width, delimiter):
    """Whether a cell holds what stands behind it, because nobody closed its quote.

    The end of its own row stands in it then, or whole other rows: as many cells as usual, figures among them.
    """
    least = 3 if len(row) == width else 2
    for at, cell in enumerate(row):
        parts = cell.rstrip().split("\n")
        if len(parts) > LONGEST_CELL:
            return True
        if len(parts) == 1 and at < len(row) - 1:
            continue
        for i, part in enumerate(parts):
            cells = next(csv.reader([part], delimiter=delimiter), [])
            if least <= len(cells) == width - (0 if i else at) and any(map(is_figure, cells)):
                return True
    return False


def _with_open_quotes(text, width, delimiter):
    """Rows, the line of each, and the lines whose quote nobody closes: there it is a sign like any other."""
    physical = io.StringIO(text, newline="").readlines()
    rows, lines, signs, at = [], [], [], 0
    while at < len(physical):
        begun = at
        reader = csv.reader(map(physical.__getitem__, range(begun, len(physical))), delimiter=delimiter)
        for row in reader:
            first, at = at, begun + reader.line_num
            lines.append(first + 1)
            odd = at == len(physical) and physical[first].count('"') % 2
            if (odd or at - first > 1) and _swallows(row, width, delimiter):
                rows.append(next(csv.reader([physical[first]], delimiter=delimiter, quoting=csv.QUOTE_NONE)))
                signs.append(first + 1)
                at = first + 1
                break
            rows.append(row)
    return rows, lines, tuple(signs)


def _has_lone_returns(data):
    """Whether a carriage return stands without a line feed behind it, as old Macs ended their lines."""
    view = np.frombuffer(data, dtype=np.uint8)
    for start in range(0, len(view), CHUNK):
        part = view[start : start + CHUNK + 1]
        returns = part == 13
        if returns[:-1].any() and (returns[:-1] & (part[1:] != 10)).any():
            return True
    return data.endswith(b"\r")


def _regular(data, delimiter):
    """Find the records of a big text by its bytes; None when its quotes or widths leave doubt."""
    view = np.frombuffer(data, dtype=np.uint8)
    ends, counts, lines = [], [], []
    carry, carried, line = 0, 0, 1
    mark = ord(delimiter)
    for start in range(0, len(view), CHUNK):
        part = view[start : start + CHUNK]
        # The few bytes that divide: all that follows looks at these alone.
        at = np.flatnonzero((part == mark) | (part == 10) | (part == 34))
        sign = part[at]
        quote, newline = sign == 34, sign == 10
        breaks = np.cumsum(newline)  # line feeds up to here, those in quotes too
        total = int(breaks[-1]) if len(at) else 0
        if quote.any() or carry:
            inside = (np.cumsum(quote, dtype=np.uint8) + np.uint8(carry)) & 1
            if not _proper_quotes(view, at[quote] + start, inside[quote] == 1, mark):
                return None
            outside = (inside == 0) & ~quote
            carry = int(inside[-1]) if len(at) else carry
            at, newline, breaks = at[outside], newline[outside], breaks[outside]
        last = np.flatnonzero(newline)  # of each record, its place among the dividers
        cells = np.diff(last, prepend=-1)
        if len(cells):
            cells[0] += carried
            carried = len(at) - 1 - last[-1]
        else:
            carried += len(at)
        counts.append(cells)
        ends.append(at[last] + start)
        lines.append(breaks[last] + line)
        line += total
    if carry:
        return None
    ends, counts = np.concatenate(ends), np.concatenate(counts)
    lines = np.concatenate([[1], *lines])
    quoted_breaks = line - 1 != len(ends)
    if len(view) and view[-1] != 10:
        ends, counts = np.append(ends, len(view) - 1), np.append(counts, carried + 1)
    starts = np.concatenate([[0], ends + 1])
    usual = np.bincount(np.minimum(counts, 100_000)).argmax()
    if usual < 2 or (counts != usual).sum() > max(30, len(counts) // 50):
        return None
    return Regular(data, delimiter, starts, counts, lines[: len(counts)], quoted_breaks)


def _proper_quotes(view, where, opens, mark):
    """Every quote opens behind a delimiter or closes before one (or is half of a doubled quote)."""
    around = np.zeros(256, dtype=bool)
    around[[10, 13, 34, mark]] = True
    good_open = around[view[np.maximum(where - 1, 0)]] | (where == 0)
    good_close = around[view[np.minimum(where + 1, len(view) - 1)]] | (where == len(view) - 1)
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
    if not len(body):
        return [pa.array([], pa.string())] * width, regular.lines[first:][good], odd
    # The first rows tell which columns repeat themselves; these are read as a list of texts and a number a row.
    ends = np.cumsum((ends - starts)[good])
    some = max(1, int(np.searchsorted(ends, SAMPLE_BYTES, side="right")))
    sample = _read_csv(body[: int(ends[some - 1])], regular, [pa.string()] * width)
    repeats = [pc.count_distinct(column).as_py() <= REPEATS * sample.num_rows for column in sample.columns]
    types = [pa.dictionary(pa.int32(), pa.string()) if again else pa.string() for again in repeats]
    table = _read_csv(body, regular, types)
    if table.num_rows != int(good.sum()):
        return None
    columns = []
    table = table.unify_dictionaries()
    for _ in range(width):
        columns.append(parsing.in_one(table.column(0)))
        table = table.remove_column(0)
    pa.default_memory_pool().release_unused()  # what reading took besides
    return columns, regular.lines[first:][good], odd


def _read_csv(body, regular, types):
    names = [f"c{i}" for i in range(len(types))]
    return pa.csv.read_csv(
        pa.BufferReader(pa.py_buffer(body)),
        read_options=pa.csv.ReadOptions(column_names=names, block_size=1 << 22),
        parse_options=pa.csv.ParseOptions(
            delimiter=regular.delimiter, newlines_in_values=regular.quoted_breaks, ignore_empty_lines=False
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict(zip(names, types, strict=True)), strings_can_be_null=False
        ),
    )


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
        # A stray sign far below makes a million blank rows, which need no looking at.
        rows = [[""] * len(row) if row.count("") == len(row) else [cell_text(cell) for cell in row] for row in cells]
        _fill_down(rows, merged)
        about = {"encoding": "workbook"}
        if not grids:
            about |= {"hidden": hidden, "uncalculated": _uncalculated(source.data)}
        grids.append(Grid(source.name, name, rows, list(range(1, len(rows) + 1)), merged=merged, about=about))
    return grids


# A cell's attributes, its formula and, where the sheet was calculated, the beginning of the result.
_FORMULA = re.compile(rb"<c(\s[^>]*)?>\s*<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(<v(?:\s[^>]*)?>[^<])?")


def _uncalculated(data):
    """Formulas of an Excel workbook that have no result: the program that wrote them does not calculate."""
    if not data.startswith(b"PK"):
        return 0
    count = 0
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for name in book.namelist():
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                continue
            with book.open(name) as stream:
                left = b""
                while block := stream.read(1 << 20):
                    part = left + block
                    cut = part.rfind(b"</c>") + 1 or len(part)
                    left = part[cut:]
                    if b"<f" not in part:
                        continue
                    # A text of no letters is a result, too.
                    count += sum(not (result or b't="str"' in cell) for cell, result in _FORMULA.findall(part[:cut]))
    return count


def _fill_down(rows, merged):
    """Words in a cell that is merged over several rows hold for each of them; an amount is there once."""
    for (first, left), (last, _) in merged:
        if first < len(rows) and left < len(rows[first]) and not is_figure(rows[first][left]):
            for row in rows[first + 1 : last + 1]:
                if left < len(row) and not row[left].strip():
                    row[left] = rows[first][left]


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
