"""A table as data: rows of raw values with headers and a caption, so that screen, page, Word and Excel agree."""

import datetime
import html
import math
import re
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from rdclib import formats, style
from rdclib.templating import Markup, render

MIMETYPE = "application/vnd.rdclib.table+json"
LONGEST_CODE = 20  # characters; a longer word may be broken
_LONGER = re.compile(rf"[^\s&;]{{{LONGEST_CODE + 1},}}")
SENTENCE = 30  # characters; a column with more is one to be read
# Rows; a longer table is scrolled under its header on a screen, and may be cut between two rows on paper.
LONG = 25
_MOST_SHARED = 12  # rows below each other whose first cell is written once


@dataclass(frozen=True)
class Column:
    """A column: its name in data, the kind of its values (one of `formats.KINDS`), and the header that people read."""

    name: str
    kind: str
    header: str


@dataclass(frozen=True)
class Value:
    """A cell whose kind differs from its column's, as in a list of indicators with different units."""

    value: object
    kind: str


@dataclass(frozen=True)
class Interval:
    """A cell that holds the two ends of an interval."""

    low: float
    high: float
    kind: str


class _Cell(NamedTuple):
    """A cell as the template writes it."""

    tag: str
    look: str
    span: int
    text: Markup


@dataclass(frozen=True)
class Table:
    """A table that shows itself.

    Parameters
    ----------
    caption : str
        What the table shows.
    columns : tuple of Column
    rows : tuple of tuples
        Raw values, `Value` or `Interval`; missing ones as None or nan. City text as it is: each target escapes it.
    notes : tuple of str
        Sentences under the table: base, gaps, caveats.
    id : str
        A name, unique in a report, of lower case letters, digits and hyphens; made from the caption unless given.
    row_header : int
        Index of the column whose cells head their rows.
    currency : str
        ISO 4217 code of the amounts of money; a table that shows any cannot do without.
    """

    caption: str
    columns: tuple
    rows: tuple
    notes: tuple = ()
    id: str = ""
    row_header: int = 0
    currency: str = ""

    def __post_init__(self):
        freeze = object.__setattr__
        freeze(self, "columns", tuple(self.columns))
        freeze(self, "rows", tuple(tuple(_plain(cell) for cell in row) for row in self.rows))
        freeze(self, "notes", tuple(note for note in self.notes if note))
        # It stands in attributes and in style sheets, where a name may not begin with a digit.
        name = formats.slug(self.id or self.caption)[:60].strip("-")
        freeze(self, "id", f"t-{name}" if name[0].isdigit() else name)
        for column in self.columns:
            if column.kind not in formats.KINDS:
                raise ValueError(f"column {column.name!r} has the unknown kind {column.kind!r}")
        kinds = {column.kind for column in self.columns}
        kinds |= {cell.kind for row in self.rows for cell in row if isinstance(cell, Value | Interval)}
        if "money" in kinds and not self.currency:
            raise ValueError(f"the table {self.caption!r} shows money and names no currency")
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row has {len(row)} cells for {len(self.columns)} columns: {row!r}")

    @classmethod
    def from_frame(cls, frame, columns, **words):
        """Make a table from the named columns of a data frame; `words` are the other fields."""
        rows = zip(*(frame[column.name].tolist() for column in columns), strict=True)
        return cls(columns=tuple(columns), rows=tuple(rows), **words)

    def texts(self):
        """Give the rows as people read them: formatted, not yet escaped for any target."""
        return tuple(
            tuple(self._text(cell, column) for cell, column in zip(row, self.columns, strict=True)) for row in self.rows
        )

    def data(self):
        """Give the table as plain data for JSON, with raw values; `Table.from_data` reads it back."""
        return {
            "id": self.id,
            "caption": self.caption,
            "columns": [{"name": c.name, "kind": c.kind, "header": c.header} for c in self.columns],
            "rows": [[_to_json(cell) for cell in row] for row in self.rows],
            "notes": list(self.notes),
            "row_header": self.row_header,
            "currency": self.currency,
        }

    @classmethod
    def from_data(cls, data):
        """Read a table back from `data`."""
        columns = tuple(Column(**column) for column in data["columns"])
        rows = tuple(
            tuple(_from_json(cell, column) for cell, column in zip(row, columns, strict=True)) for row in data["rows"]
        )
        return cls(**data | {"columns": columns, "rows": rows, "notes": tuple(data["notes"])})

    def html(self):
        """Give the table as semantic HTML, for the screen, a page or Word: a caption, headers with scope."""
        texts = self.texts()
        looks = self._looks(texts)
        return render(
            "table.html",
            id=self.id,
            caption=self.caption,
            notes=self.notes,
            long=len(self.rows) > LONG,
            heads=[(look, column.header) for look, column in zip(looks, self.columns, strict=True)],
            rows=[self._cells(looks, row, span) for row, span in zip(texts, self._spans(texts), strict=True)],
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        plain = "\n".join("  ".join(row) for row in (tuple(c.header for c in self.columns), *self.texts()))
        bundle = {MIMETYPE: self.data(), "text/plain": f"{self.caption}\n{plain}"}
        if "text/html" in (exclude or ()):  # a report needs the data alone
            return bundle
        # JupyterLab would read "$1.2 million to $1.5 million" as a formula.
        look = render("screen.css.html", style=style) if self.rows else ""
        return {"text/html": f'<div class="rdc-table mathjax_ignore">{look}{self.html()}</div>'} | bundle

    def _text(self, cell, column):
        if isinstance(cell, Value):
            return formats.value(cell.value, cell.kind, self.currency)
        if isinstance(cell, Interval):
            return formats.interval(cell.low, cell.high, cell.kind, self.currency)
        return formats.value(cell, column.kind, self.currency)

    def _cells(self, looks, row, span):
        """Cells of a row; the first one is left out where the cell above covers this row too."""
        cells = [
            _Cell("th" if i == self.row_header else "td", look, span if i == 0 else 1, _breakable(text))
            for i, (look, text) in enumerate(zip(looks, row, strict=True))
        ]
        return cells if span else cells[1:]

    def _spans(self, texts):
        """How many rows each first cell stands for: 0 where the cell above does, since it says the same."""
        spans = []
        for first, run in groupby(row[0] for row in texts):
            n = len(list(run))
            merged = self.columns[0].kind == "text" and first != formats.MISSING
            # A printer moves rows that share a cell to the next page together.
            parts = [min(_MOST_SHARED, n - k) for k in range(0, n, _MOST_SHARED)] if merged else [1] * n
            for part in parts:
                spans += [part, *[0] * (part - 1)]
        return spans

    def _looks(self, texts):
        """Name each column's look.

        Numbers stand right; dates, and codes such as RB-2020-9001, are not broken; sentences get room.
        """
        looks = []
        for i, column in enumerate(self.columns):
            cells = [row[i] for row in texts]
            if column.kind in formats.NUMERIC:
                looks.append("number")
            elif column.kind == "date" or all(map(_is_code, cells)):
                looks.append("whole")
            else:
                looks.append("words" if any(len(cell) > SENTENCE for cell in cells) else "")
        return looks


def _is_code(text):
    return " " not in text and len(text) <= LONGEST_CODE


def _plain(cell):
    """Turn numpy's and pandas' scalars into Python's, and every missing value into None."""
    if isinstance(cell, (Value, Interval)):
        parts = {name: _plain(part) for name, part in vars(cell).items()}
        return type(cell)(**parts)
    if hasattr(cell, "item"):
        cell = cell.item()
    if formats.missing(cell):
        return None
    if isinstance(cell, datetime.datetime):
        return cell.date()
    return cell


def _to_json(cell):
    if isinstance(cell, Value):
        return {"value": _to_json(cell.value), "kind": cell.kind}
    if isinstance(cell, Interval):
        return {"low": _to_json(cell.low), "high": _to_json(cell.high), "kind": cell.kind}
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if isinstance(cell, float) and math.isinf(cell):
        return "Infinity" if cell > 0 else "-Infinity"
    return cell


def _from_json(cell, column):
    if isinstance(cell, dict):
        kind = Column("", cell["kind"], "")
        parts = {name: part if name == "kind" else _from_json(part, kind) for name, part in cell.items()}
        return (Value if "value" in cell else Interval)(**parts)
    if isinstance(cell, str) and column.kind == "date":
        return datetime.date.fromisoformat(cell)
    if cell in ("Infinity", "-Infinity") and column.kind in formats.NUMERIC:
        return float(cell)
    return cell


def _breakable(text):
    """The text as HTML in which long names, such as a file's, may continue on the next line."""
    escaped = html.escape(formats.line(text))
    return Markup(_LONGER.sub(lambda found: re.sub(r"([_.-]+|/(?!/))", r"\1<wbr>", found[0]), escaped))
