"""From the command line: an Excel questionnaire goes out and comes back as answers."""

import openpyxl
import pytest
from typer.testing import CliRunner

from rdclib import places, questionnaire
from rdclib.__main__ import app


@pytest.fixture
def city(tmp_path, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["new", "testville"]).exit_code == 0
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, list(words))


def fill(path, who, role, level):
    book = openpyxl.load_workbook(path)
    sheet = book.active
    sheet["C3"], sheet["C4"] = who, role
    first = next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == "Q01")
    sheet.cell(first, 3).value = level
    back = path.with_name(f"{who}.xlsx")
    book.save(back)
    return back


def test_a_questionnaire_goes_out_and_comes_back(city):
    made = run("template", "testville", "--questionnaire")
    path = city / "testville-questionnaire.xlsx"
    assert made.output == f"Made {path}.\nNext:  rdc answers testville FILE...   with what came back\n"

    files = [fill(path, "Ana", "finance", "3"), fill(path, "Ben", "legal", "1")]
    taken = run("answers", "testville", *map(str, files))

    assert taken.exit_code == 0
    assert taken.output == f"{files[0]}: 1 answers.\n{files[1]}: 1 answers.\nNext:  rdc run testville\n"
    rows = questionnaire.load_answers(places.folder("testville"))
    assert [(row["respondent"], row["answer"], row["round"], row["author"]) for row in rows] == [
        ("Ana", "3", "1", "Ana"),
        ("Ben", "1", "1", "Ben"),
    ]


def test_one_unusable_file_takes_in_none(city):
    run("template", "testville", "--questionnaire")
    path = city / "testville-questionnaire.xlsx"

    taken = run("answers", "testville", str(fill(path, "Ana", "finance", "3")), str(path))

    assert taken.exit_code == 1
    assert "testville-questionnaire.xlsx lacks: Who answers, Role." in taken.output
    assert questionnaire.load_answers(places.folder("testville")) == []


def test_the_sheet_carries_the_round_that_is_answered_now(city):
    rows = [dict(zip(questionnaire.COLUMNS, ("3", "Ana", "finance", "Q01", "2", "", ""), strict=True))]
    questionnaire.save_answers(places.folder("testville"), rows, author="Ana")
    run("template", "testville", "--questionnaire")
    assert openpyxl.load_workbook(city / "testville-questionnaire.xlsx").active["C5"].value == "3"


def test_an_unknown_engagement_is_wrong_use(city):
    assert run("template", "nowhere").exit_code == 2
