"""Excel sheets in which a city's words stay words, with drop-down lists and a print set-up."""

import datetime
import io
import re
import textwrap

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from rdclib import formats, style
from rdclib.tables import Interval, Value

_FORMATS = {
    "number": "#,##0.##",
    "integer": "#,##0",
    "share": "0.0%",
    "points": "0.0%",
    "days": "#,##0.#",
    "date": "yyyy-mm-dd",
    "ratio": "0.00",
    "level": "0.0",
    # "@" keeps what a person types as text: 06037 stays 06037.
    "text": "@",
    "yes_no": "@",
}
_WIDTHS = {"text": 28, "money": 16, "date": 13}
# Excel turns what begins like this into a formula as soon as somebody edits the cell.
_LIVE = ("=", "+", "-", "@", "\t", "\r", "\n")
_LONGEST = 32_767  # characters in an Excel cell
_LISTS = "Lists"
_LINE_HEIGHT = 15.5  # points


class Workbook:
    """An Excel workbook.

    Parameters
    ----------
    title : str
    as_of : datetime.date
        The day that the file's properties carry, so that two runs give the same bytes.
    """

    def __init__(self, title, as_of):
        self._buffer = io.BytesIO()
        safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(self._buffer, {"in_memory": True, "nan_inf_to_errors": False} | safe)
        self._book.set_properties(
            {"title": formats.line(title), "created": datetime.datetime.combine(as_of, datetime.time())}
        )
        self._made = {}
        self._names = {_LISTS.lower(), "history"}
        self._lists = None
        self._list_count = 0

    def words(self, name, paragraphs):
        """Add a sheet of paragraphs; the first one is its heading."""
        sheet = self._sheet(name, landscape=False)
        sheet.set_column(0, 0, 90)
        for row, paragraph in enumerate(paragraphs):
            self._text(sheet, row, 0, paragraph, bold=row == 0, wrap=True)
            self._fit(sheet, row, [(paragraph, 90)])

    def table(self, name, table):
        """Add a sheet with a `Table`: its caption, its header, rows and notes; values stay values."""
        sheet = self._sheet(name)
        self._text(sheet, 0, 0, table.caption, bold=True)
        self._head(sheet, 2, table.columns)
        widths = [self._width(column) for column in table.columns]
        for r, (row, texts) in enumerate(zip(table.rows, table.texts(), strict=True), start=3):
            for c, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
                if isinstance(cell, Interval):
                    self._text(sheet, r, c, formats.interval(cell.low, cell.high, cell.kind, table.currency))
                elif isinstance(cell, Value):
                    self._cell(sheet, r, c, cell.value, cell.kind, table.currency)
                else:
                    self._cell(sheet, r, c, cell, column.kind, table.currency)
            self._fit(sheet, r, zip(texts, widths, strict=True))
        for r, note in enumerate(table.notes, start=len(table.rows) + 4):
            self._text(sheet, r, 0, note)
        if table.rows:
            sheet.autofilter(2, 0, len(table.rows) + 2, len(table.columns) - 1)

    def form(self, name, columns, rows=(), *, choices=None, help=None, blank_rows=200, currency="USD"):
        """Add a sheet that a person fills in: the header is row 1, so that `rdc intake` reads it back.

        Parameters
        ----------
        name : str
        columns : sequence of Column
        rows : sequence of sequences
            What is already known.
        choices : mapping of str to sequence of str, optional
            Words that a column allows, by the column's name; they become a drop-down list.
        help : mapping of str to str, optional
            What to enter, by the column's name; shown beside the cell.
        blank_rows : int
            Rows below the known ones that are ready to be filled in.
        """
        sheet, choices, help = self._sheet(name), dict(choices or {}), help or {}
        self._head(sheet, 0, columns)
        last = max(len(rows) + blank_rows, 1)
        for c, column in enumerate(columns):
            sheet.set_column(c, c, self._width(column), self._format(column.kind, currency))
            if column.kind == "yes_no":
                choices.setdefault(column.name, ("yes", "no"))
            rule = self._rule(column, choices.get(column.name), help.get(column.name, ""))
            if rule:
                sheet.data_validation(1, c, last, c, rule)
        for r, row in enumerate(rows, start=1):
            for c, (cell, column) in enumerate(zip(row, columns, strict=True)):
                self._cell(sheet, r, c, cell, column.kind, currency)

    def bytes(self):
        """Close the workbook and give the .xlsx file."""
        self._book.close()
        return self._buffer.getvalue()

    def _sheet(self, name, landscape=True):
        # Excel allows 31 characters, none of these signs, and no name twice.
        base = re.sub(r"[\[\]:*?/\\']", " ", formats.line(name)).strip()[:31] or "Sheet"
        unique, number = base, 2
        while unique.lower() in self._names:
            unique, number = f"{base[:27]} {number}", number + 1
        self._names.add(unique.lower())
        sheet = self._book.add_worksheet(unique)
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(1)  # US letter
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        sheet.set_footer("&L&A&RPage &P of &N")
        return sheet

    def _head(self, sheet, row, columns):
        for c, column in enumerate(columns):
            self._text(sheet, row, c, column.header, bold=True, wrap=True, fill=style.PANEL)
            sheet.set_column(c, c, self._width(column))
        sheet.freeze_panes(row + 1, 1)
        sheet.repeat_rows(row)

    def _cell(self, sheet, row, column, value, kind, currency):
        if formats.missing(value) or value == "":
            sheet.write_blank(row, column, None, self._format(kind, currency))
        elif kind == "yes_no":
            self._text(sheet, row, column, value if isinstance(value, str) else formats.yes_no(value))
        elif kind == "date" and not isinstance(value, str):
            sheet.write_datetime(row, column, value, self._format(kind, currency))
        elif kind in formats.NUMERIC and not isinstance(value, str) and abs(value) != float("inf"):
            sheet.write_number(row, column, value, self._format(kind, currency))
        else:
            text = value if isinstance(value, str) else formats.value(value, kind, currency)
            self._text(sheet, row, column, text, wrap=True)

    def _text(self, sheet, row, column, text, **look):
        words = formats.line(text)[:_LONGEST]
        if words.startswith(_LIVE):
            look["quote_prefix"] = True
        sheet.write_string(
            row, column, words, self._look(num_format="@", valign="top", text_wrap=look.pop("wrap", False), **look)
        )

    def _format(self, kind, currency):
        symbol = formats.SYMBOLS.get(currency, currency).replace('"', "")
        code = f'"{symbol}"#,##0.00' if kind == "money" else _FORMATS[kind]
        return self._look(num_format=code, valign="top", text_wrap=kind == "text")

    def _look(self, fill="", **properties):
        if fill:
            properties |= {"bg_color": fill, "bottom": 1}
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(properties)
        return self._made[key]

    def _fit(self, sheet, row, texts):
        """Make a row as high as its longest text: not every program does so by itself when it opens the file."""
        lines = max((len(textwrap.wrap(formats.line(text), width)) for text, width in texts), default=1)
        if lines > 1:
            sheet.set_row(row, _LINE_HEIGHT * lines)

    def _width(self, column):
        return max(_WIDTHS.get(column.kind, 12), min(len(column.header) + 2, 24))

    def _rule(self, column, choices, help):
        rule = {}
        if choices:
            rule = {"validate": "list", "source": self._list([formats.line(choice) for choice in choices])}
            rule |= {"error_title": "Not in the list", "error_message": "Choose one of the words in the list."}
        elif column.kind == "date":
            rule = {"validate": "date", "criteria": ">=", "value": datetime.date(1990, 1, 1)}
            rule |= {"error_title": "Not a date", "error_message": "Enter a date, for example 2024-06-30."}
        elif column.kind in formats.NUMERIC:
            rule = {"validate": "decimal", "criteria": "between", "minimum": -1e12, "maximum": 1e12}
            rule |= {"error_title": "Not a number", "error_message": "Enter a number without words or units."}
        elif help:
            rule = {"validate": "any"}
        if rule and help:
            rule |= {"input_title": formats.line(column.header)[:32], "input_message": formats.line(help)[:255]}
        return rule

    def _list(self, words):
        """Write a drop-down list to a hidden sheet, since a list in the rule itself may hold 255 characters only."""
        if self._lists is None:
            self._lists = self._book.add_worksheet(_LISTS)
            self._lists.hide()
        for row, word in enumerate(words):
            self._text(self._lists, row, self._list_count, word)
        letter = xl_col_to_name(self._list_count)
        self._list_count += 1
        return f"={_LISTS}!${letter}$1:${letter}${len(words)}"
