"""The same command does only what is missing or changed, and says why; a failed city keeps its last good report."""

import json
import os
import re

import pytest

from rdclib import saved
from rdclib.engagement import load_engagement
from rdclib.errors import WrongUse
from rdclib.running import as_text, batch, keys, reports, status
from tests.running.homes import city_report, linux

pytestmark = linux
ONE = ("springfield", "00_words")


def states(rows):
    return {name: row["state"] for (name, _), row in rows.items()}


def reasons(rows):
    return {name: row["why"] for (name, _), row in rows.items()}


def test_row_19_a_second_call_makes_only_what_is_missing_or_changed(here, make):
    for name in ("changed", "gone", "same"):
        here.city(name)
    make("changed", "gone", "same")
    made = here.page("same").stat()
    (here.folder / "data/engagements/changed/raw/words.txt").write_text("gamma")
    here.page("gone").unlink()

    rows = make("changed", "gone", "same", "same")

    assert states(rows) == {"changed": "done", "gone": "done", "same": "skipped"}
    assert reasons(rows) == {
        "changed": "raw/words.txt changed",
        "gone": "the report's file is gone or was changed",
        "same": "no input changed since it was made",
    }
    assert all(batch.fine(row) for row in rows.values())
    assert here.page("same").stat().st_ino == made.st_ino
    assert "gamma" in here.page("changed").read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda home, city: (city / "raw" / "words.txt").write_text("gamma"), "raw/words.txt changed"),
        (lambda home, city: (city / "raw" / "more.csv").write_text("a,b"), "raw/more.csv is new"),
        (lambda home, city: (city / "answers.csv").unlink(), "answers.csv is gone"),
        (lambda home, city: (city / "choices.yaml").write_text("# decided\n"), "choices.yaml changed"),
        (lambda home, city: notebook_changes(home), "the notebook changed"),
        (lambda home, city: (city / "raw" / ".hidden").write_text("x"), ""),
        (lambda home, city: os.utime(city / "raw" / "words.txt"), ""),
    ],
    ids=["data", "a new file", "a file less", "choices", "notebook", "hidden file", "only touched"],
)
def test_row_20_a_report_is_made_again_when_anything_it_rests_on_changed(here, make, change, said):
    city = here.city("springfield")
    (city / "answers.csv").write_text("question,answer\n")
    make("springfield")

    change(here, city)

    assert make("springfield")[ONE]["why"] == (said or "no input changed since it was made")


def notebook_changes(home):
    path = home.notebooks / "00_words.ipynb"
    path.write_text(path.read_text().replace("## Acts", "## Deeds"))


def test_row_19_a_page_or_numbers_that_somebody_changed_are_made_again(here, make):
    here.city("springfield")
    make("springfield")
    page, numbers = here.page("springfield"), here.page("springfield").with_name("numbers.json")
    good = page.read_text(), numbers.read_text()

    for path, text in ((page, good[0] + "<p>mine</p>"), (numbers, good[1].replace("5", "6")), (numbers, "[]")):
        path.write_text(text)
        assert make("springfield")[ONE]["why"] == "the report's file is gone or was changed"
        assert re.sub("Made [-0-9]{10} [:0-9]{5} UTC", "", page.read_text()) == re.sub(
            "Made [-0-9]{10} [:0-9]{5} UTC", "", good[0]
        )
        assert numbers.read_text() == good[1]


@pytest.mark.parametrize("damaged", ["", "[]", '{"reports": {"00_words": 3}}', '{"reports": {"00_words": {}}}'])
def test_row_26_a_damaged_record_of_one_city_stops_nobody(here, make, damaged):
    for name in ("one", "two"):
        here.city(name)
    make("one", "two")
    (here.reports / "one" / "FY2024" / "run.json").write_text(damaged)

    assert states(make("two")) == {"two": "skipped"}
    assert make("one")[("one", "00_words")]["why"] == "the report does not exist yet"
    index = (here.reports / "index.html").read_text()
    assert all(f"{name}/FY2024/00_words.html" in index for name in ("one", "two"))


def test_row_26_a_mistake_of_our_own_costs_one_report_and_its_traceback_is_kept(here, make, monkeypatch):
    for name in ("one", "two"):
        here.city(name)
    put = reports.put

    def mistaken(folder, engagement, *arguments, **more):
        return put(folder, engagement, *arguments, **more) if engagement.name == "two" else {}["missing"]

    monkeypatch.setattr(reports, "put", mistaken)

    assert states(make("one", "two")) == {"one": "failed", "two": "done"}
    row = status("one")[0]
    assert row["message"] == (
        "KeyError: 'missing'\n"
        "This is a mistake of rdclib's own: send the traceback in  rdc status one --json  to its makers."
    )
    assert "in mistaken" in row["traceback"]


@pytest.mark.parametrize("part", ["library", "catalogue", "versions"])
def test_row_20_a_change_of_library_catalogue_or_version_makes_it_again(here, make, monkeypatch, part):
    here.city("springfield")
    make("springfield")
    before = keys.common
    other = {"library": "another", "catalogue": {"metrics.csv": "another"}, "versions": {"pandas": "0.1"}}
    monkeypatch.setattr(keys, "common", lambda hashes: before(hashes) | {part: other[part]})

    row = make("springfield")[ONE]

    assert row["state"] == "done"
    assert {"library": "the library rdclib changed", "catalogue": "metrics.csv changed", "versions": "pandas: "}[
        part
    ] in (row["why"])


def test_row_20_another_period_or_day_is_another_report(here, make):
    here.city("springfield")
    make("springfield")

    assert make("springfield", period="FY2023")[ONE]["why"] == "the report does not exist yet"
    assert make("springfield", as_of="2024-03-31")[ONE]["why"] == "parameter as_of:  → 2024-03-31"
    assert here.page("springfield", period="FY2023").exists()


def test_a_file_changed_in_place_with_its_old_time_is_noticed(here, make):
    words = here.city("springfield") / "raw" / "words.txt"
    make("springfield")
    before = words.stat()
    words.write_text("alpha zeta")  # as long as before
    os.utime(words, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert make("springfield")[ONE]["why"] == "raw/words.txt changed"


def test_force_makes_all(here, make):
    here.city("springfield")
    make("springfield")

    row = make("springfield", force=True)[ONE]

    assert (row["state"], row["why"]) == ("done", "asked for with --force")


def test_why_explains_each_decision(here, make, capsys):
    here.city("new")
    here.city("old")
    make("old")
    capsys.readouterr()

    make("new", "old", why=True)

    said = capsys.readouterr().out.splitlines()
    assert "new  FY2024  00_words  made: the report does not exist yet" in said
    assert "old  FY2024  00_words  not made: no input changed since it was made" in said


def test_the_same_input_gives_the_same_bytes_but_for_one_stamp(here, make, monkeypatch):
    here.city("springfield")
    pages = []
    for day in ("2026-01-02T03:04:05Z", "2027-02-03T04:05:06Z"):
        monkeypatch.setattr("rdclib.running.ledger.now", lambda day=day: day)
        make("springfield", force=True)
        pages.append(here.page("springfield").read_text())

    assert "Made 2026-01-02 03:04 UTC" in pages[0]
    assert pages[0].replace("Made 2026-01-02 03:04 UTC", "Made 2027-02-03 04:05 UTC") == pages[1]


def test_row_27_a_failed_city_keeps_its_last_good_report_marked_with_its_date(here, make, monkeypatch):
    city = here.city("springfield")
    monkeypatch.setattr("rdclib.running.ledger.now", lambda: "2026-03-04T05:06:07Z")
    make("springfield")
    good = here.page("springfield").read_text()
    note = '\n<p class="state" role="note">This report was made on March 4, 2026. A newer one could not be made.</p>'

    (city / "raw" / "act.py").write_text("1 / 0")
    for _ in range(2):  # marked once, however often it fails
        row = make("springfield")[ONE]
        assert row["state"] == "failed"
        kept = here.page("springfield").read_text()
        assert kept.count(note) == 1
        assert kept.replace(note, "") == good
    index = (here.reports / "index.html").read_text()
    assert re.search(r'failed.*<a href="springfield/FY2024/00_words\.html".*March 4, 2026', index, re.DOTALL)

    (city / "raw" / "act.py").write_text("")
    row = make("springfield")[ONE]

    assert (row["state"], row["why"]) == ("done", "the last run was not finished (failed)")
    assert here.page("springfield").read_text() == good


def test_row_27_a_city_whose_facts_cannot_be_read_keeps_its_last_good_report_marked(here, make):
    city = here.city("springfield")
    make("springfield")
    good = here.page("springfield").read_text()
    facts = (city / "engagement.yaml").read_text()

    (city / "engagement.yaml").write_text("city: [\n")
    row = make("springfield")[ONE]

    assert (row["state"], row["period"]) == ("failed", "FY2024")
    kept = here.page("springfield").read_text()
    assert "A newer one could not be made.</p>" in kept
    assert re.sub(r'\n<p class="state" role="note">.*?</p>', "", kept) == good
    assert "failed" in (here.reports / "index.html").read_text()
    (city / "engagement.yaml").write_text(facts)
    assert make("springfield")[ONE]["state"] == "done"
    assert "could not be made" not in here.page("springfield").read_text()


def test_a_city_that_once_had_no_period_is_not_failed_for_ever(here, make):
    city = here.city("springfield")
    here.city("shelbyville")
    facts = (city / "engagement.yaml").read_text()
    (city / "engagement.yaml").write_text("city: Springfield\n")
    assert states(make("springfield", "shelbyville")) == {"springfield": "failed", "shelbyville": "done"}
    assert [(row["period"], row["state"]) for row in status("springfield")] == [("", "failed")]

    (city / "engagement.yaml").write_text(facts)
    make("springfield")

    assert [(row["period"], row["state"]) for row in status("springfield")] == [("FY2024", "done")]


def test_a_report_whose_files_change_while_it_is_made_is_stale_and_not_published(here, make):
    city = here.city("springfield", act="(engagement.raw / 'words.txt').write_text('changed meanwhile')")

    row = make("springfield")[ONE]

    assert row["state"] == "stale"
    assert row["message"] == (
        "The inputs changed while the report was made: raw/words.txt changed.\nRun the same command again."
    )
    assert "meanwhile" not in here.page("springfield").read_text()
    (city / "raw" / "act.py").write_text("")
    assert make("springfield")[ONE]["state"] == "done"


def test_status_says_stale_when_the_inputs_changed_since(here, make):
    city = here.city("springfield")
    make("springfield")
    (row,) = status()
    assert (row["engagement"], row["notebook"], row["period"], row["state"]) == (*ONE, "FY2024", "done")

    (city / "raw" / "words.txt").write_text("gamma")

    (row,) = status("springfield")
    assert (row["state"], row["message"]) == (
        "stale",
        "Out of date: raw/words.txt changed.\nMake it again with  rdc run springfield --period FY2024.",
    )
    here.city("shelbyville")
    assert as_text(status("shelbyville"), "shelbyville") == (
        "No reports were asked for yet.\nMake them with  rdc run shelbyville."
    )
    with pytest.raises(WrongUse) as error:
        status("sprngfield")
    assert str(error.value) == (
        "The engagement 'sprngfield' does not exist.\nMake it with rdc new sprngfield or use one of these: "
        "ostermoor, quillhaven, riverbend, shelbyville, springfield."
    )


def test_status_tells_why_a_report_was_not_made_again(here, make):
    here.city("springfield")
    make("springfield")
    make("springfield")

    assert as_text(status()).endswith("  skipped     no input changed since it was made")


def test_row_21_a_page_cut_short_never_replaces_a_whole_one(here, make, monkeypatch):
    city = here.city("springfield")
    make("springfield")
    good = here.page("springfield").read_bytes()
    (city / "raw" / "words.txt").write_text("gamma")

    def full(path, text):
        path.with_suffix(".part").write_text(text[: len(text) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saved, "write_text", full)
    row = make("springfield")[ONE]

    assert row["state"] == "failed"
    assert "No space left on device" in row["message"]
    assert here.page("springfield").read_bytes() == good


def test_row_21_a_full_disk_leaves_the_old_report_whole(home):
    # A limit on the size of files stands for the full disk.
    city = home.city("springfield")
    assert home.rdc("run", "springfield").returncode == 0
    good = home.page("springfield").read_bytes()
    (city / "raw" / "act.py").write_text("from IPython.display import display\ndisplay(Prose('long ' * 100_000))")

    ran = home.rdc("run", "springfield", limits=("prlimit", "--fsize=400000"))

    assert ran.returncode == 1
    assert re.search(r"page\.html could not be written \(File too large\)", ran.err)
    kept = home.page("springfield").read_text()
    assert re.sub(r'\n<p class="state" role="note">.*?</p>', "", kept).encode() == good
    assert home.rdc("run", "springfield").returncode == 0
    assert "long long" in home.page("springfield").read_text()


def test_row_10_a_page_with_another_fingerprint_is_not_published(here, make, tmp_path):
    for name in ("one", "two"):
        here.city(name)
    make("one", "two")
    engagement = load_engagement("one")
    staged = tmp_path / "staged"
    staged.mkdir()
    (staged / "page.html").write_text(here.page("two").read_text())
    (staged / "numbers.json").write_text("[]")
    inputs = json.loads((here.reports / "one/FY2024/run.json").read_text())["reports"]["00_words"]["inputs"]
    before = here.page("one").read_text()

    with pytest.raises(reports.ReportError) as error:
        reports.put(here.reports, engagement, "00_words", "Words", staged, inputs, "2026-01-01T00:00:00Z")

    assert str(error.value) == (
        "The page made for one FY2024 00_words carries another engagement; it was not published.\n"
        "Run the same command again; the city's files may have changed while the report was made."
    )
    assert here.page("one").read_text() == before


def test_two_notebooks_of_a_city_are_kept_side_by_side(here, make):
    city_report(here.notebooks, "01_more")
    here.city("springfield")

    rows = make("springfield")

    assert states(rows) == {"springfield": "done"}
    assert {notebook for _, notebook in rows} == {"00_words", "01_more"}
    numbers = json.loads((here.reports / "springfield/FY2024/numbers.json").read_text())
    assert set(numbers) == {"00_words", "01_more"}
