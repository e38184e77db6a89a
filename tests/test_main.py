"""The command line: light to start, two lines when something is wrong, a status that a program can trust."""

import errno
import json
import os
import subprocess
import sys

import openpyxl
import pytest
from typer.testing import CliRunner

from rdclib import places, saved, vocabulary
from rdclib.__main__ import FINE, MEND, WRONG_USE, app

REGISTER = """\
Contract No.,Vendor,Dept,Amount,Start Dt,End Dt
06037,Ash Paving,Roads,"$1,200.50",07/15/2023,06/30/2024
06038,Elm Roads,Roads,"$2,000.00",08/01/2023,not yet known
Total,,,"$3,200.50",,
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(places, "EXAMPLES", tmp_path / "examples")
    return tmp_path


def rdc(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def city(home):
    (home / "register.csv").write_text(REGISTER, encoding="utf-8")
    assert rdc("new", "springfield").exit_code == FINE
    assert rdc("intake", "springfield", home / "register.csv").exit_code == FINE
    return places.engagements() / "springfield"


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["check", "--help"], ["status"]])
def test_help_and_status_load_no_heavy_library(words, tmp_path):
    heavy = "{'pandas', 'numpy', 'scipy', 'nbformat', 'papermill', 'matplotlib', 'pyarrow', 'ipywidgets'}"
    code = (
        f"import sys; sys.argv = ['rdc', *{words!r}]\n"
        "from rdclib.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('HEAVY', sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "RDC_HOME": str(tmp_path)},
    )

    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_a_citys_file_comes_in_and_is_checked(city):
    done = rdc("check", "springfield", "--json")

    told = json.loads(done.stdout)
    contracts = told["tables"]["contracts"]
    assert contracts["files"] == ["register.csv"]
    assert (contracts["rows_read"], contracts["rows_accepted"], contracts["rows_not_data"]) == (4, 2, 2)
    assert (contracts["amount_read"], contracts["amount_accepted"]) == (3200.5, 3200.5)
    assert contracts["columns"]["start_date"]["heading"] == "Start Dt"
    assert told["indicators"]["not_computable"]["CP02"].startswith("no ")
    assert done.exit_code == (MEND if any(f["severity"] == "error" for f in told["findings"]) else FINE)


def test_a_person_reads_what_was_found_with_an_example_and_nothing_of_sheets_without_data(city):
    book = openpyxl.Workbook()
    book.active.append(["Payments of springfield"])
    page = book.create_sheet("Paid")
    for row in (["Payee", "Check Date", "Amount"], ["A", "2023-10-01", 5], ["B", "2023-10-02", "see note"]):
        page.append(row)
    book.create_sheet("Notes").sheet_state = "hidden"
    book.save(city / "paid.xlsx")
    rdc("intake", "springfield", str(city / "paid.xlsx"))

    lines = rdc("check", "springfield").stdout.splitlines()

    assert [line for line in lines if line.endswith("used as payments")] == [
        "paid.xlsx [Paid]: 1 of 2 rows used as payments"
    ]
    words = "warning: words where an amount should be (payments, payment_amount, paid.xlsx [Paid]; 1): see note"
    assert words in lines
    assert "note: hidden sheets (payments, paid.xlsx; 1): Notes" in lines


def test_the_raw_file_is_kept_byte_for_byte_and_the_period_is_noted(city):
    assert (city / "raw" / "register.csv").read_text(encoding="utf-8") == REGISTER
    assert "period: FY2024" in (city / "engagement.yaml").read_text(encoding="utf-8")
    assert "# Facts about springfield." in (city / "engagement.yaml").read_text(encoding="utf-8")


PESOS = """\
Contract No.,Vendor,Dept,Amount,Currency,Start Dt,End Dt
1,Ash Paving,Roads,1200.50,MXN,07/15/2023,06/30/2024
2,Elm Roads,Roads,2000.00,MXN,08/01/2023,06/30/2024
3,Oak Roads,Roads,70.00,USD,08/01/2023,06/30/2024
"""


def test_a_first_file_says_in_which_currency_a_city_counts(home):
    (home / "pesos.csv").write_text(PESOS, encoding="utf-8")
    rdc("new", "monterrey")

    done = rdc("intake", "monterrey", home / "pesos.csv")

    assert "The amounts in the files are in MXN; it is noted in engagement.yaml as the currency." in done.stdout
    assert rdc("check", "monterrey").exit_code == FINE


def test_a_currency_that_somebody_wrote_is_kept_and_files_in_another_are_an_error(home):
    (home / "pesos.csv").write_text(PESOS, encoding="utf-8")
    rdc("new", "monterrey")
    facts = places.engagements() / "monterrey" / "engagement.yaml"
    facts.write_text(facts.read_text(encoding="utf-8").replace("currency: USD", "currency: EUR"), encoding="utf-8")

    done = rdc("intake", "monterrey", home / "pesos.csv")

    assert "currency" not in done.stdout
    told = json.loads((checked := rdc("check", "monterrey", "--json")).stdout)
    assert checked.exit_code == MEND
    (error,) = [finding for finding in told["findings"] if finding["severity"] == "error"]
    assert (error["what"], error["count"]) == ("most amounts are in MXN, and the city's currency is EUR", 2)
    assert error["done"] == "left out of sums in EUR; if the city counts in MXN, write it in engagement.yaml"


def test_rows_set_aside_go_to_a_workbook_and_leave_it_when_they_are_mended(city, home):
    (home / "bad.csv").write_text(REGISTER.replace("06038", ""), encoding="utf-8")
    rdc("intake", "springfield", home / "bad.csv", "--table", "contracts")
    told = json.loads(rdc("check", "springfield", "--json").stdout)
    aside = told["tables"]["contracts"]["rows_set_aside"]

    assert (city / "rejects.xlsx").exists() == (aside > 0)


@pytest.mark.parametrize(
    ("words", "status", "lines"),
    [
        (
            ["check", "nowhere"],
            WRONG_USE,
            [
                "The engagement 'nowhere' does not exist.",
                "Make it with rdc new nowhere or use one of these: springfield.",
            ],
        ),
        (
            ["intake", "springfield", "missing.csv"],
            WRONG_USE,
            ["There is no file 'missing.csv'.", "Check the path, or drag the file into the terminal."],
        ),
        (
            ["check", "springfield", "--period", "2024"],
            WRONG_USE,
            ["'2024' is not a period.", "Give a fiscal year such as FY2024 or a quarter such as FY2024-Q3."],
        ),
        (
            ["check", "springfield", "--period", "FY1999"],
            MEND,
            [
                "No record of Springfield lies in FY1999 (1998-07-01 to 1999-06-30).",
                "Choose a period that has data: FY2024.",
            ],
        ),
        (
            ["new", "../../x"],
            WRONG_USE,
            [
                "'../../x' cannot be the name of an engagement.",
                "Use small letters, digits, - and _ only, for example springfield-2026.",
            ],
        ),
        (
            ["new", "springfield"],
            WRONG_USE,
            ["There is an engagement 'springfield' already.", "Choose another name, or go on with that one."],
        ),
        (
            ["run"],
            WRONG_USE,
            ["Which engagements?", "Give names, for example rdc run riverbend, or rdc run --all."],
        ),
    ],
)
def test_what_is_wrong_is_told_in_two_lines(city, words, status, lines):
    done = rdc(*words)

    assert done.stderr.splitlines() == lines
    assert done.exit_code == status


def test_an_empty_file_is_told_in_two_lines_and_nothing_is_kept(city, home):
    (home / "empty.csv").write_bytes(b"")
    before = sorted(p.name for p in (city / "raw").iterdir())
    done = rdc("intake", "springfield", home / "empty.csv")

    assert done.stderr.splitlines() == ["empty.csv is empty.", "Ask the city to send it again."]
    assert done.exit_code == MEND
    assert sorted(p.name for p in (city / "raw").iterdir()) == before


def test_a_wrong_key_in_the_facts_is_told_in_two_lines(city):
    path = city / "engagement.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("currency:", "currancy:"), encoding="utf-8")
    done = rdc("check", "springfield")

    first, second = done.stderr.splitlines()
    assert first == "engagement.yaml has an unknown key: currancy."
    assert second.startswith("Did you mean 'currency'? Known keys: city, ")
    assert done.exit_code == MEND


def test_a_file_that_is_gone_is_told_in_two_lines(city):
    (city / "raw" / "register.csv").unlink()
    done = rdc("check", "springfield")

    assert len(done.stderr.splitlines()) == 2
    assert "register.csv" in done.stderr
    assert done.exit_code == MEND


@pytest.mark.parametrize("words", [["check"], ["fly"], ["check", "a", "--colour"]])
def test_what_is_typed_wrongly_ends_with_status_2(words):
    assert rdc(*words).exit_code == WRONG_USE


def test_making_reports_ends_with_where_they_are_and_what_to_type_next(city, monkeypatch):
    from rdclib.running import batch

    done = {"engagement": "springfield", "notebook": "00_data_readiness", "period": "FY2024", "state": "done"}
    for rows, status, following in (
        ([done], FINE, "Next:  rdc lab springfield   to work with the city"),
        ([done, done | {"state": "failed"}], MEND, "Next:  rdc status"),
    ):
        monkeypatch.setattr(batch, "run", lambda *_, rows=rows, **__: rows)
        told = rdc("run", "springfield")

        assert told.stdout.splitlines()[-2:] == [f"Open:  {places.reports() / 'index.html'}", following]
        assert told.exit_code == status


def test_a_city_without_files_is_told_to_take_some_in(home):
    rdc("new", "springfield")

    done = rdc("check", "springfield")

    assert done.stdout.splitlines()[-1] == "Next:  rdc intake springfield FILE...   with the files that the city sent"
    assert done.exit_code == FINE


def test_the_run_that_a_check_recommends_has_a_period(home, city):
    """The noted one, the one that was asked for, or, where no file has a day, one to be chosen."""
    assert rdc("check", "springfield").stdout.splitlines()[-1] == "Next:  rdc run springfield"
    asked = rdc("check", "springfield", "--period", "FY2024-Q1").stdout.splitlines()[-1]
    assert asked == "Next:  rdc run springfield --period FY2024-Q1"

    (home / "undated.csv").write_text(
        "Contract No.,Vendor,Title,Amount\n" + "\n".join(f"{i},Ash Paving,Work {i},{i}.50" for i in range(1, 9))
    )
    rdc("new", "shelbyville")
    rdc("intake", "shelbyville", home / "undated.csv")

    done = rdc("check", "shelbyville").stdout.splitlines()[-1]
    assert done == "Next:  rdc run shelbyville --period FY2024   with the fiscal year that the files are about"


def test_a_folder_is_no_file(city):
    done = rdc("intake", "springfield", city)

    assert done.exit_code == WRONG_USE
    assert done.stderr == f"'{city}' is a folder.\nName the files in it, for example {city / '*.xlsx'}\n"


def test_a_home_that_cannot_be_written_to_is_told_in_two_lines(home, monkeypatch):
    (home / "occupied").write_text("a file where a folder is wanted")
    monkeypatch.setenv("RDC_HOME", str(home / "occupied"))

    done = rdc("new", "shelbyville")

    assert done.exit_code == MEND
    where = home / "occupied" / "data" / "engagements" / "shelbyville" / "raw"
    assert done.stderr == (
        f"{where} cannot be used: Not a directory.\n"
        f"Check that the disk has room and that you may write to {home / 'occupied'} (RDC_HOME names another folder).\n"
    )


def test_a_disk_without_room_is_told_in_two_lines(city, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(saved, "write_bytes", full)
    (city.parent / "more.csv").write_text(REGISTER.replace("0603", "0703"), encoding="utf-8")

    done = rdc("intake", "springfield", city.parent / "more.csv")

    assert (done.exit_code, done.stderr.splitlines()[0]) == (MEND, "The disk cannot be used: No space left on device.")
    assert len(done.stderr.splitlines()) == 2


def test_our_own_mistakes_stay_errors_of_python(city, monkeypatch):
    def broken(*_):
        raise OSError("made by us")

    monkeypatch.setattr(saved, "write_bytes", broken)
    (city.parent / "more.csv").write_text(REGISTER.replace("0603", "0703"), encoding="utf-8")

    assert isinstance(rdc("intake", "springfield", city.parent / "more.csv").exception, OSError)


ANSWER = "1,Ana,finance,Q01,3,,,Ana,2026-01-31T09:00:00Z\n"
ANSWERS = "round,respondent,role,question,answer,evidence,comment,author,time\n" + ANSWER


@pytest.mark.parametrize("text", [ANSWERS, ANSWERS.replace(",", ";"), ANSWERS.replace("question", "Question")])
def test_check_takes_our_own_files_as_a_spreadsheet_writes_them(city, text):
    (city / "answers.csv").write_text(text, encoding="utf-8")

    assert rdc("check", "springfield", "--period", "FY2024").exit_code == FINE


@pytest.mark.parametrize("file", vocabulary.ENTRY_FILES)
@pytest.mark.parametrize("text", [ANSWER, "\0" * 300, "what,who\n1,Ana\n"], ids=["no header", "null bytes", "unknown"])
def test_check_ends_with_two_lines_when_a_file_of_our_own_is_not_understood(city, file, text):
    (city / file).write_text(text, encoding="utf-8")

    checked = rdc("check", "springfield", "--period", "FY2024")

    assert checked.exit_code == MEND
    assert len(checked.stderr.splitlines()) == 2
    assert checked.stderr.startswith(file) or f" {file} " in checked.stderr
    assert (city / file).read_text(encoding="utf-8") == text


def test_history_lists_versions_and_restores_one(city):
    assert "engagement.yaml: " in rdc("history", "springfield").stdout  # intake changed it
    path = city / "answers.csv"
    for question in ("Q01", "Q02", "Q03"):
        saved.append_rows(path, [{"round": "1", "question": question}], author="Ana")
    present = path.read_text(encoding="utf-8")

    assert "answers.csv: 2 earlier versions, newest 20" in rdc("history", "springfield").stdout
    *listed, after = rdc("history", "springfield", "answers.csv").stdout.splitlines()
    assert [line.split()[1:3] for line in listed] == [["2", "lines"], ["3", "lines"]]
    first = listed[0].split()[0]
    assert after.startswith("Next:  rdc history springfield answers.csv --restore ")

    assert rdc("history", "springfield", "answers.csv", "--restore", first).exit_code == FINE

    assert [row["question"] for row in saved.read_rows(path)] == ["Q01"]
    assert saved.versions(city)[2].path.read_text(encoding="utf-8") == present
    wrong = rdc("history", "springfield", "answers.csv", "--restore", "2020-01-01T000000Z-000")
    assert wrong.exit_code == WRONG_USE
    assert rdc("history", "springfield", "--restore", first).exit_code == WRONG_USE
    assert rdc("history", "springfield", "none.csv").exit_code == WRONG_USE


def test_checking_an_example_city_writes_nothing_into_the_suite(tmp_path, monkeypatch):
    """Everything that is written goes to the user's own folder, also the lines that were set aside."""
    home, suite = tmp_path / "home", tmp_path / "suite"
    city = suite / "oakton"
    (city / "raw").mkdir(parents=True)
    (city / "raw/payments.csv").write_text("Payee,Check Date,Amount\nAcme,2023-07-13,10.00\nElm,2023-07-14,many\n")
    (city / "engagement.yaml").write_text(
        "city: Oakton\nperiod: FY2024\nfiscal_year_start: 07-01\nfiles:\n  payments:\n    paths: [raw/payments.csv]\n"
    )
    monkeypatch.setattr(places, "EXAMPLES", suite)
    monkeypatch.setenv("RDC_HOME", str(home))
    before = sorted(path for path in suite.rglob("*"))

    result = CliRunner().invoke(app, ["check", "oakton"])

    assert "1 of 2 rows used as payments" in result.output, result.output
    assert sorted(path for path in suite.rglob("*")) == before
    (aside,) = home.rglob("rejects.xlsx")
    assert str(aside) in result.output
