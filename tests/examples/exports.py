"""How the systems of the invented cities print their tables: notations, delimited files, sheets."""

import csv
import datetime as dt
import io
from dataclasses import dataclass


def headings(columns, last=False):
    """The city's heading of each column; of two, the first or the last."""
    chosen = {}
    for heading, column in columns.items():
        if last or column not in chosen:
            chosen[column] = heading
    return chosen


@dataclass
class Notation:
    """How one city's system prints."""

    date: str = "%m/%d/%Y"
    money: object = "${:,.2f}".format
    negative: object = None  # how a negative amount is printed, from its positive text
    decimal: str = "."
    yes_no: tuple = ("Yes", "No")

    def text(self, column, value, kind):
        if value is None:
            return ""
        if isinstance(value, bool):
            return self.yes_no[0] if value else self.yes_no[1]
        if isinstance(value, dt.date):
            return value.strftime(self.date)
        if kind == "money":
            text = self.money(abs(value))
            return self.negative(text) if value < 0 else text
        if isinstance(value, float):
            return f"{value:.10g}".replace(".", self.decimal)
        return str(value).title() if kind == "choice" else str(value)


def lines(rows, headings, notation, kinds):
    """Header and rows as text, in the city's headings."""
    yield list(headings.values())
    for row in rows:
        yield [notation.text(column, row.get(column), kinds.get(column)) for column in headings]


def write_csv(
    path, rows, headings, notation, kinds, *, title=(), total=None, delimiter=",", encoding="utf-8", end="\n"
):
    """A delimited file with optional title lines above and a totals row below (of the named money columns)."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    for line in title:
        writer.writerow([line] if line else [])
    writer.writerows(lines(rows, headings, notation, kinds))
    if total:
        writer.writerow(total_row(rows, headings, notation, total))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue().encode(encoding))


def total_row(rows, headings, notation, total):
    cells = ["" for _ in headings]
    cells[0] = "Total"
    for position, column in enumerate(headings):
        if column in total:
            cells[position] = notation.text(column, round(sum(row.get(column) or 0 for row in rows), 2), "money")
    return cells


def write_sheet(book, name, rows, headings, kinds, formats, *, title=(), total=None, note=None):
    """A sheet of real numbers and dates, with a title above, a totals row and a footnote below."""
    sheet = book.add_worksheet(name)
    for k, line in enumerate(title):
        sheet.merge_range(k, 0, k, 5, line, formats["title"])
    top = len(title)
    for k, heading in enumerate(headings.values()):
        sheet.write_string(top, k, heading, formats["head"])
    for line, row in enumerate(rows, start=top + 1):
        for k, column in enumerate(headings):
            value = row.get(column)
            if isinstance(value, dt.date):
                sheet.write_datetime(line, k, dt.datetime(value.year, value.month, value.day), formats["date"])
            elif isinstance(value, bool):
                sheet.write_string(line, k, "Y" if value else "N")
            elif isinstance(value, int | float):
                sheet.write_number(line, k, value, formats["money"] if kinds.get(column) == "money" else None)
            elif value is not None:
                sheet.write_string(line, k, value.title() if kinds.get(column) == "choice" else value)
    below = top + len(rows) + 1
    if total:
        sheet.write_string(below, 0, "Grand total")
        for k, column in enumerate(headings):
            if column in total:
                sheet.write_number(below, k, round(sum(row.get(column) or 0 for row in rows), 2), formats["money"])
    if note:
        sheet.write_string(below + 2, 0, note)


def iso(rows):
    """Dates as the workbook writes them."""
    return [{k: v.isoformat() if isinstance(v, dt.date) else v for k, v in row.items()} for row in rows]


def write_rows(path, rows):
    """One of the CSVs that the workbook itself keeps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(iso(rows))
