"""One night with everything that goes wrong, against the command: the rows of a list of failures that users reported.

Each row is a test; all look at the same two calls of `rdc run`.
"""

import json
import os
import re
from pathlib import Path

import pytest

from tests.running.homes import Home, city_report, linux

TIMEOUT = 6
OWN = [f"own-{number:02}" for number in range(1, 21)]
ACTS = {
    "a-leaks": "import pandas, rdclib; pandas.set_option('display.max_rows', 3); rdclib.leak = 'of another city'",
    "b-clean": "import pandas, rdclib; assert not hasattr(rdclib, 'leak') and pandas.options.display.max_rows > 3",
    "dead": "import os; os._exit(3)",
    "exits": "import sys; sys.exit(0)",
    "fails": "1 / 0",
    "floods": "for number in range(100_000): print('x' * 100)",
    "hangs": "import atexit, time; atexit.register(time.sleep, 1000)",
    "killed": "import os; os.kill(os.getpid(), 9)",
    "leaves": "import subprocess; subprocess.Popen(['sleep', '1000'], start_new_session=True)",
    "memory": "held = bytearray(2_000_000_000)",
    "other": "(engagement.folder.parent / 'own-01' / 'raw' / 'words.txt').read_text()",
    "pretends": "engagement_name = 'own-01'",
    "programs": "import os; os.system('yes | head -c 20000000; echo told by a program >&2')",
    "secret": "display(Prose('The key is AKIA' + 'ABCDEFGHIJKLMNOP.'))",
    "slow": "import time; time.sleep(1000)",
}
FOREIGN = "a-file-named-elsewhere"
GOOD = {FOREIGN, "a-leaks", "b-clean", "floods", "leaves", "programs", *OWN}


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("night"))
    city_report(home.notebooks)
    for name, act in ACTS.items():
        home.city(name, f"from IPython.display import display\n{act}\n")
    for name in OWN:
        home.city(name, words=f"word-of-{name} {name.title()}")
    (home.city("broken") / "engagement.yaml").write_text("city: [\n")
    (home.city("no-period") / "engagement.yaml").write_text("city: Somewhere\n")
    # As a zip from a computer with another encoding leaves it.
    Path(os.fsdecode(os.fsencode(home.city(FOREIGN)) + b"/raw/M\xfcll.csv")).write_text("a,b\n")
    names = [*ACTS, *OWN, "broken", "no-period", FOREIGN]
    home.ran = home.rdc("run", *names, "--jobs", "3", "--timeout", str(TIMEOUT), "--memory", "1000")
    home.names = set(names)
    home.rows = {name: row for (name, _), row in home.status().items()}
    yield home
    home.assert_nothing_left()


@linux
class TestNight:
    def test_row_01_a_killed_run_is_seen_at_once_and_the_other_cities_finish(self, night):
        row = night.rows["killed"]

        assert (row["state"], row["cell"], row["heading"]) == ("killed", 6, "Acts")
        assert row["message"] == (
            "The process was killed by SIGKILL. The system does this when memory runs out.\n"
            "When memory ran out, use fewer --jobs; otherwise run the same command again."
        )
        assert row["seconds"] < TIMEOUT
        assert {name for name, row in night.rows.items() if row["state"] == "done"} == GOOD

    def test_row_01_a_process_that_ends_itself_is_no_success(self, night):
        assert night.rows["dead"]["state"] == "killed"
        assert night.rows["dead"]["message"].splitlines()[0] == (
            "The process ended by itself, with status 3, before all cells had run."
        )

    @pytest.mark.parametrize("name", ["killed", "dead", "slow", "hangs"])
    def test_row_02_a_dead_or_timed_out_run_publishes_nothing(self, night, name):
        assert "could not be made" in night.page(name).read_text()
        assert not (night.reports / name / "FY2024" / "numbers.json").exists()
        assert night.rows[name]["report"] is None

    def test_row_03_a_run_that_never_returns_after_its_last_cell_is_hung(self, night):
        row = night.rows["hangs"]

        assert row["state"] == "hung"
        assert re.fullmatch(
            r"All cells had run, but the run did not end in \d+\.\d s; the limit is 6 s\.\n"
            "Take out of the notebook what goes on after its last cell, such as a program that it started.",
            row["message"],
        )

    def test_row_06_the_ledger_has_a_row_for_each_run_that_was_asked_for(self, night):
        assert set(night.rows) == night.names
        assert not {row["state"] for row in night.rows.values()} & {"queued", "running"}

    def test_row_07_what_a_notebook_started_ends_with_it(self, night):
        assert night.rows["leaves"]["state"] == "done"
        night.assert_nothing_left()

    def test_row_09_nothing_leaks_from_one_report_into_the_next(self, night):
        assert night.rows["a-leaks"]["state"] == "done"
        assert night.rows["b-clean"]["state"] == "done"

    @pytest.mark.parametrize("name", OWN)
    def test_row_10_each_of_twenty_reports_holds_only_its_own(self, night, name):
        page = night.page(name).read_text()

        assert set(re.findall(r"own-\d\d", page)) == {name}
        assert set(re.findall(r"Own-\d\d", page)) == {name.title()}
        assert f'<meta name="rdclib:engagement" content="{name}">' in page

    def test_row_10_a_run_that_reads_the_files_of_another_city_is_refused(self, night):
        assert night.rows["other"]["state"] == "failed"
        assert night.rows["other"]["message"] == (
            "The run read a file of another engagement: raw/words.txt.\n"
            "Take it out of the notebook: a report rests on the files of its own city only."
        )

    def test_row_10_a_notebook_that_changes_whom_it_is_about_is_refused(self, night):
        assert night.rows["pretends"]["state"] == "failed"
        assert night.rows["pretends"]["message"] == (
            "The notebook changed its parameter engagement_name to 'own-01'.\n"
            "Take the line that sets it out of the notebook; parameters are set by the runner."
        )

    @pytest.mark.parametrize("name", ["floods", "programs"])
    def test_row_16_a_flood_of_output_is_cut_and_the_run_goes_on(self, night, name):
        assert night.rows[name]["state"] == "done"
        assert night.page(name).stat().st_size < 100_000

    def test_row_17_a_cell_that_was_not_run_is_no_pass(self, night):
        assert night.rows["exits"]["state"] == "failed"
        assert night.rows["exits"]["message"] == (
            "A cell ended the notebook by exit; the cells after it were not run.\nTake the exit out of the notebook."
        )

    def test_row_18_the_limit_is_for_the_whole_run_and_the_message_gives_the_time_spent(self, night):
        row = night.rows["slow"]

        assert (row["state"], row["cell"]) == ("timed out", 6)
        spent = re.fullmatch(
            r"It was stopped after (\d+\.\d) s; the limit is 6 s\.\n"
            "Raise the limit with --timeout, or see with rdc lab slow what takes so long.",
            row["message"],
        )
        assert TIMEOUT <= float(spent[1]) < TIMEOUT + 5
        assert TIMEOUT <= row["seconds"] < TIMEOUT + 5

    def test_a_run_that_asks_for_too_much_memory_is_told_the_limit(self, night):
        assert night.rows["memory"]["state"] == "failed"
        assert night.rows["memory"]["message"] == (
            "The cell needs more memory than the limit of 1,000 MB.\n"
            "Raise the limit with --memory or make the city's files smaller."
        )

    def test_row_25_a_failure_names_city_notebook_cell_heading_and_what_to_do(self, night):
        assert (
            "  fails, 00_words.ipynb, cell 6 under 'Acts':\n"
            "    ZeroDivisionError: division by zero\n"
            "    Open the notebook with rdc lab fails and run it down to that cell.\n"
        ) in night.ran.err

    def test_row_25_every_message_says_what_happened_and_what_to_do(self, night):
        bad = {name: row["message"] for name, row in night.rows.items() if row["state"] != "done"}

        assert set(bad) == night.names - GOOD
        assert {name: text for name, text in bad.items() if len(text.splitlines()) != 2} == {}

    def test_row_26_a_city_without_a_period_stops_nobody(self, night):
        assert night.rows["no-period"]["message"] == (
            "No period is given for 'no-period'.\n"
            "Write period: FY2024 in engagement.yaml, or add --period FY2024 to the command."
        )

    def test_row_26_a_file_named_in_another_encoding_stops_nobody(self, night):
        assert set(night.rows[FOREIGN]["data"]) == {
            "engagement.yaml", "raw/M\\udcfcll.csv", "raw/act.py", "raw/words.txt",
        }  # fmt: skip

    def test_row_26_a_bad_city_stops_nobody_and_the_exit_status_tells(self, night):
        assert night.ran.returncode == 1
        assert night.rows["broken"]["state"] == "failed"
        assert "engagement.yaml is not valid yaml" in night.rows["broken"]["message"]

    def test_row_27_a_city_without_an_earlier_report_gets_a_plain_page(self, night):
        assert "This report could not be made, and there is no earlier one." in night.page("fails").read_text()
        assert not night.page("fails", period="").exists()

    def test_row_28_a_report_with_a_secret_is_not_published(self, night):
        assert night.rows["secret"]["state"] == "failed"
        assert night.rows["secret"]["message"] == (
            "The report would show an access key of Amazon.\n"
            "Take it out of the city's files, and change it: it was seen."
        )
        for path in night.folder.rglob("*"):
            if path.is_file() and path.name != "act.py":
                assert b"AKIAABCDEFGHIJKLMNOP" not in path.read_bytes(), path

    def test_row_30_failures_go_to_standard_error_and_never_into_a_page(self, night):
        assert "ZeroDivisionError" in night.ran.err
        assert "ZeroDivisionError" not in night.ran.out
        pages = [path.read_text() for path in night.reports.rglob("*.html")]
        assert len(pages) == len(night.names) - 1  # two cities have no page, and there is the list
        assert not [page for page in pages if "ZeroDivision" in page or "Traceback" in page or "SIGKILL" in page]

    def test_row_24_without_a_terminal_there_is_one_line_for_each_finished_report(self, night):
        numbered = re.findall(r"^\[(\d+)/38\]", night.ran.out + night.ran.err, re.MULTILINE)

        assert sorted(int(number) for number in numbered) == list(range(1, 39))
        assert night.ran.out.splitlines()[-3].startswith("38 reports: 26 done, ")

    def test_the_list_of_reports_links_the_good_ones_and_names_the_state_of_the_others(self, night):
        index = (night.reports / "index.html").read_text()

        assert all((f'href="{name}/FY2024/00_words.html"' in index) == (name in GOOD) for name in night.names)
        assert index.count("timed out") == 1

    def test_the_ledger_keeps_seconds_memory_and_hashes(self, night):
        row = night.rows["own-01"]

        assert 0 < row["seconds"] < TIMEOUT
        assert 50 < row["peak_mb"] < 1000
        assert set(row["data"]) == {"engagement.yaml", "raw/act.py", "raw/words.txt"}
        beside = json.loads((night.reports / "own-01" / "FY2024" / "run.json").read_text())
        assert beside["reports"]["00_words"]["key"] == row["key"]
        assert beside["library"] == "0.1.0"
        assert beside["reports"]["00_words"]["inputs"]["data"] == row["data"]
        assert beside["reports"]["00_words"]["inputs"]["parameters"] == {
            "engagement_name": "own-01", "period": "FY2024", "as_of": "", "interactive": False,
        }  # fmt: skip
