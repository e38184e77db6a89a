"""Excel sheets: values stay values, words stay words, and a person can fill in and print them."""

import datetime
import io
import math

import openpyxl
import pytest

from rdclib.documents import Workbook
from rdclib.tables import Column, Interval, Table, Value

DAY = datetime.date(2024, 6, 30)
LIVE = ['=HYPERLINK("http://e","x")', "+1+1", "-1+1", "@SUM(A1)", "\t=1", "http://example.com", "06037", "{=1}"]


def opened(book):
    return openpyxl.load_workbook(io.BytesIO(book.bytes()))


@pytest.mark.parametrize("words", LIVE)
def test_no_words_become_a_formula_a_link_or_a_number(words):
    book = Workbook("T", DAY)
    book.table("Vendors", Table(words, (Column("v", "text", words),), ((words,),), notes=(words,)))
    book.form("Form", (Column("v", "text", words),), ((words,),), choices={"v": [words]}, help={"v": words})
    book.words("Read me", [words])

    for sheet in opened(book).worksheets:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
            assert cell.data_type == "s"
            assert cell.value == words.strip()
            assert cell.hyperlink is None
            # Excel keeps such a cell as text even after somebody edits it.
            assert cell.quotePrefix or not cell.value.startswith(("=", "+", "-", "@"))


def test_a_table_keeps_numbers_and_dates():
    columns = (
        Column("v", "text", "Vendor"),
        Column("a", "money", "Amount"),
        Column("s", "share", "Share"),
        Column("d", "date", "Ends"),
        Column("y", "yes_no", "Open"),
    )
    rows = (
        ("A", 12.5, 0.25, DAY, True),
        ("B", math.inf, Interval(0.1, 0.2, "share"), None, False),
        ("C", Value(3, "integer"), math.nan, DAY, None),
    )
    book = Workbook("T", DAY)
    book.table("Spend", Table("Spend", columns, rows, notes=("Note.",), currency="USD"))

    cells = [[cell.value for cell in row] for row in opened(book)["Spend"].iter_rows()]

    assert cells[0][0] == "Spend"
    assert cells[2] == ["Vendor", "Amount", "Share", "Ends", "Open"]
    assert cells[3] == ["A", 12.5, 0.25, datetime.datetime(2024, 6, 30), "yes"]
    assert cells[4] == ["B", "∞", "10–20%", None, "no"]
    assert cells[5] == ["C", 3, None, datetime.datetime(2024, 6, 30), None]
    assert cells[7][0] == "Note."


def test_a_form_has_its_header_in_row_one_lists_help_and_a_print_set_up():
    book = Workbook("T", DAY)
    columns = (Column("status", "text", "Status"), Column("day", "date", "Day"), Column("n", "integer", "Count"))
    book.form("Observations", columns, choices={"status": ["open", "a long word " * 30]}, help={"n": "Whole number."})

    made = opened(book)
    sheet = made["Observations"]
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}

    assert [cell.value for cell in sheet[1]] == ["Status", "Day", "Count"]
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("B2", "$1:$1")
    # One page wide is what Excel takes for granted; as many pages high as it needs.
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert rules["A2:A201"].formula1 == "Lists!$A$1:$A$2"
    assert (made["Lists"]["A1"].value, made["Lists"].sheet_state) == ("open", "hidden")
    assert rules["B2:B201"].type == "date"
    assert (rules["C2:C201"].promptTitle, rules["C2:C201"].prompt) == ("Count", "Whole number.")


def test_sheet_names_are_made_fit_for_excel():
    book = Workbook("T", DAY)
    table = Table("T", (Column("a", "text", "A"),), ())
    for name in ("a/b:c*?", "A B C", "x" * 40, "x" * 40, "History", "", "'q'"):
        book.table(name, table)

    names = opened(book).sheetnames

    assert names == ["a b c", "A B C 2", "x" * 31, "x" * 27 + " 2", "History 2", "Sheet", "q"]


def test_two_workbooks_are_the_same_bytes():
    def made():
        book = Workbook("T", DAY)
        book.form("F", (Column("a", "yes_no", "A"),))
        return book.bytes()

    assert made() == made()
