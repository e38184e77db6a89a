"""The Excel questionnaire: it prints, a person can fill it in, and it comes back as answers."""

import io

import openpyxl
import pytest

from rdclib import questionnaire as practice
from rdclib import vocabulary
from rdclib.catalogue import load_questions
from rdclib.documents.questionnaire import questionnaire
from rdclib.errors import DataFileError


@pytest.fixture
def filled(tmp_path):
    """Fill in the questionnaire as a person would; answers by question: (answer, evidence, comment)."""
    blank = questionnaire("Quillhaven")

    def fill(answers, who="Ana", role="finance", round="2", name="filled.xlsx"):
        book = openpyxl.load_workbook(io.BytesIO(blank))
        sheet = book.active
        places = {sheet.cell(row, 1).value: row for row in range(1, sheet.max_row + 1)}
        labels = {sheet.cell(row, 2).value: row for row in range(1, 8)}
        for label, value in (("Who answers", who), ("Role", role), ("Round", round)):
            sheet.cell(labels[label], 3).value = value
        for question, values in answers.items():
            for column, value in enumerate(values, start=3):
                sheet.cell(places[question], column).value = value
        book.save(tmp_path / name)
        return tmp_path / name

    return fill


def test_what_a_person_fills_in_comes_back(filled):
    path = filled({"Q01": (3, "register", "since May"), "Q38": ("Not known", None, None), "Q02": ("0", None, "=1+1")})

    rows = practice.read_workbook(path)

    person = {"respondent": "Ana", "role": "finance", "round": "2"}
    assert rows == [
        person | {"question": "Q01", "answer": "3", "evidence": "register", "comment": "since May"},
        # A formula that no spreadsheet program has calculated reads as empty: it never runs here.
        person | {"question": "Q02", "answer": "0", "evidence": "", "comment": rows[1]["comment"]},
        person | {"question": "Q38", "answer": "not known", "evidence": "", "comment": ""},
    ]
    assert rows[1]["comment"] in ("", "0")
    assert practice.score(rows).item("Q01").score == 3


def test_every_question_is_there_once_with_its_levels_and_a_list_of_answers():
    book = openpyxl.load_workbook(io.BytesIO(questionnaire("Riverbend", round="2")))
    sheet = book.active
    texts = {sheet.cell(row, 1).value: sheet.cell(row, 2).value for row in range(8, sheet.max_row + 1)}

    for question in load_questions():
        for words in (question.question, *question.levels):
            assert words in texts[question.id]
    lists = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert f'"{",".join(practice.ANSWERS)}"' in lists.values()
    assert f'"{",".join(vocabulary.ROLES)}"' in lists.values()
    assert sheet.print_title_rows == "$7:$7"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.fitToHeight == 0
    assert sheet["C5"].value == "2"


def test_no_cell_is_a_formula_and_two_runs_give_the_same_bytes():
    first, second = (questionnaire("=Ostermoor") for _ in range(2))

    assert first == second
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(first)).active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}


def test_an_answer_outside_the_list_is_named(filled):
    with pytest.raises(DataFileError) as error:
        practice.read_workbook(filled({"Q05": ("often", None, None)}))
    assert str(error.value) == (
        "filled.xlsx answers Q05 with 'often'.\nChoose one of: 0, 1, 2, 3, 4, not known, not applicable."
    )


@pytest.mark.parametrize(
    ("who", "role", "message"),
    [
        ("", "finance", "filled.xlsx lacks: Who answers.\nFill that in at the top of the sheet and save it."),
        (
            "Ana",
            "mayor",
            "filled.xlsx names the role 'mayor'.\n"
            "Choose one of: procurement, department, finance, legal, leadership, vendor.",
        ),
    ],
)
def test_a_sheet_without_a_person_is_refused(filled, who, role, message):
    with pytest.raises(DataFileError) as error:
        practice.read_workbook(filled({"Q01": ("3", None, None)}, who=who, role=role))
    assert str(error.value) == message


def test_another_workbook_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "Vendors"
    book.save(tmp_path / "vendors.xlsx")

    with pytest.raises(DataFileError) as error:
        practice.read_workbook(tmp_path / "vendors.xlsx")
    assert str(error.value) == (
        "vendors.xlsx is no questionnaire of ours.\nMake one with rdc template NAME --questionnaire and fill it in."
    )


def test_an_empty_sheet_gives_no_answers(filled):
    assert practice.read_workbook(filled({})) == []
