"""The practice questionnaire as an Excel sheet that prints well and can be read back."""

import datetime
import io
import textwrap

import xlsxwriter

from rdclib import formats, style, vocabulary
from rdclib.catalogue import load_questions
from rdclib.questionnaire import ANSWERS, SHEET_LABELS

_WIDTHS = (6, 70, 15, 30, 30)  # characters: number, question, answer, evidence, comment
_LINE = 14  # points
# The file's properties carry this day, so that two runs give the same bytes.
CREATED = datetime.datetime(2024, 1, 1)
_HEADINGS = ("No.", "Question, and what each level looks like", "Your answer", "Which document shows it?", "Comment")
_ADVICE = (
    "Choose for each question the level that comes closest to what usually happens, or “not known” or “not "
    "applicable”. Leave out what you were not asked. From level 3 on, name a document that shows it; without one the "
    "answer counts as 2. Answers of vendors are shown only when three firms or more have answered."
)


def questionnaire(city, round="1"):
    """Make the Excel questionnaire.

    Parameters
    ----------
    city : str
    round : str
        Written into the sheet; a person can change it.

    Returns
    -------
    bytes
        An .xlsx file: one question a row with its five levels, drop-down answers, the header on every printed page.
        `rdclib.questionnaire.read_workbook` reads it back.
    """
    buffer = io.BytesIO()
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, {"in_memory": True} | safe)
    book.set_properties({"title": f"Practice questionnaire, {formats.line(city)}", "created": CREATED})
    sheet = book.add_worksheet("Questionnaire")
    look = _looks(book)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    first = _head(sheet, look, city, round)
    row = first
    activity = ""
    for question in load_questions():
        if question.activity != activity:
            activity = question.activity
            sheet.merge_range(row, 0, row, len(_WIDTHS) - 1, activity, look["activity"])
            sheet.set_row(row, 20)
            row += 1
        _ask(sheet, row, question, look)
        row += 1
    sheet.data_validation(
        first,
        2,
        row - 1,
        2,
        {
            "validate": "list",
            "source": list(ANSWERS),
            "error_title": "Not in the list",
            "error_message": "Choose a level from 0 to 4, “not known” or “not applicable”.",
        },
    )
    _paper(sheet, first, row)
    book.close()
    return buffer.getvalue()


def _looks(book):
    wrapped = {"text_wrap": True, "valign": "top", "num_format": "@"}
    line = {"bottom": 1, "bottom_color": style.RULE}
    entry = wrapped | {"border": 1, "border_color": style.MUTED, "locked": False}
    return {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "advice": book.add_format(wrapped),
        "label": book.add_format({"bold": True, "align": "right"}),
        "head": book.add_format(wrapped | {"bold": True, "bg_color": style.PANEL, "bottom": 1}),
        "activity": book.add_format({"bold": True, "font_size": 12, "valign": "vcenter", "bg_color": style.PANEL}),
        "cell": book.add_format(wrapped | line),
        "bold": book.add_format({"bold": True}),
        "small": book.add_format({"font_color": style.MUTED, "italic": True}),
        "entry": book.add_format(entry),
        "answer": book.add_format(entry | {"align": "center", "bold": True}),
    }


def _head(sheet, look, city, round):
    """Write title, advice and the fields about the person; return the row below the header."""
    sheet.write_string(0, 0, f"How do we work today? {formats.line(city)}", look["title"])
    sheet.set_row(0, 24)
    sheet.merge_range(1, 0, 1, len(_WIDTHS) - 1, _ADVICE, look["advice"])
    sheet.set_row(1, 3 * _LINE)
    known = {"respondent": "", "role": "", "round": round}
    help_ = {"respondent": "A name or initials; for a vendor, the firm."}
    for row, (key, label) in enumerate(SHEET_LABELS.items(), start=2):
        sheet.set_row(row, 20)
        sheet.write_string(row, 1, label, look["label"])
        sheet.write_string(row, 2, known[key], look["answer"])
        if key in help_:
            sheet.write_string(row, 3, help_[key], look["small"])
    sheet.data_validation(3, 2, 3, 2, {"validate": "list", "source": list(vocabulary.ROLES)})
    header = 3 + len(SHEET_LABELS)
    for column, heading in enumerate(_HEADINGS):
        sheet.write_string(header, column, heading, look["head"])
    return header + 1


def _ask(sheet, row, question, look):
    levels = [f"{k}  {words}" for k, words in enumerate(question.levels)]
    asked = f"Asked of {question.respondent_role}, {question.secondary_role}. To look at: {question.evidence_to_show}."
    sheet.write_string(row, 0, question.id, look["cell"])
    sheet.write_rich_string(
        row, 1, look["bold"], question.question, "\n" + "\n".join(levels) + "\n", look["small"], asked, look["cell"]
    )
    sheet.write_blank(row, 2, None, look["answer"])
    sheet.write_blank(row, 3, None, look["entry"])
    sheet.write_blank(row, 4, None, look["entry"])
    # Spreadsheet programs do not fit the height of rows with mixed type by themselves.
    lines = sum(len(textwrap.wrap(part, _WIDTHS[1] - 2)) for part in (question.question, *levels, asked))
    sheet.set_row(row, _LINE * lines + 6)


def _paper(sheet, first, last):
    sheet.freeze_panes(first, 0)
    sheet.repeat_rows(first - 1)
    sheet.set_landscape()
    sheet.set_paper(1)  # US letter
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.set_footer("&LPractice questionnaire&RPage &P of &N")
    sheet.print_area(0, 0, last, len(_WIDTHS) - 1)
