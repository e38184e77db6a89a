"""Kills, Ctrl-C and second runners: nothing is lost, nothing is doubled, nobody waits for ever, nothing is left."""

import contextlib
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import psutil
import pytest
from filelock import FileLock
from typer.testing import CliRunner

from rdclib.__main__ import app
from rdclib.running import batch, ledger, status, workers
from tests.running.homes import COMMAND, linux, wait_for

pytestmark = [linux, pytest.mark.long]
# Says that it runs, and goes on when it is allowed to.
WAITS = """
import os, time
from rdclib import places
(places.home() / f"{engagement.name}.{os.getpid()}").write_text("runs")
while not (places.home() / "go").exists():
    time.sleep(0.02)
"""


def runs_of(home, name):
    return list(home.folder.glob(f"{name}.*"))


def go(home):
    (home.folder / "go").write_text("")


@contextlib.contextmanager
def ends_within(process, seconds):
    """End a process that somebody reads from, if it has not ended by then."""
    late = threading.Timer(seconds, os.kill, (process, signal.SIGKILL))
    late.start()
    try:
        yield
    finally:
        late.cancel()


def server_of(process):
    """The fork server that a command started."""
    (found,) = [
        child for child in psutil.Process(process.pid).children() if "server.main()" in " ".join(child.cmdline())
    ]
    return found


def workers_of(process):
    return [child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_row_07_nothing_is_left_when_the_runner_is_killed_and_the_next_call_goes_on(home, number):
    home.city("waits", WAITS + "import subprocess; subprocess.run(['sleep', '1000'])")
    home.city("later")
    process = home.start("run", "waits", "later", "--jobs", "1")
    wait_for(lambda: runs_of(home, "waits"), 60)

    process.send_signal(number)
    process.communicate(timeout=30)

    home.assert_nothing_left(5)
    states = {name: row for (name, _), row in home.status().items()}
    assert states["waits"]["state"] == "killed"
    assert states["waits"]["message"].splitlines()[1] == "Run the same command again to go on."
    assert not home.page("later").exists()
    go(home)
    (home.folder / "data/engagements/waits/raw/act.py").write_text("")
    assert home.rdc("run", "waits", "later").returncode == 0
    assert {row["state"] for row in home.status().values()} == {"done"}
    assert not list((home.reports / ".staging").iterdir())


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(home):
    for name in ("first", "second", "third"):
        home.city(name, "" if name == "first" else WAITS)
    process = home.start("run", "first", "second", "third", "--jobs", "1")
    wait_for(lambda: runs_of(home, "second"), 60)

    # The terminal sends it to the workers as well.
    for one in (process, *workers_of(process)):
        one.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert err == (
        "Stopped. 1 of 3 reports were made and are kept.\n"
        "Run the same command again to go on; it makes only what is missing.\n"
    )
    assert "Traceback" not in out
    home.assert_nothing_left(5)
    assert [row["state"] for row in home.status().values()] == ["done", "killed", "skipped"]
    assert home.page("first").exists()
    assert "first/FY2024/00_words.html" in (home.reports / "index.html").read_text()


def test_ctrl_c_in_a_terminal_while_the_workers_begin_shows_no_traceback(home):
    home.city("springfield", "import time; time.sleep(1000)")
    pid, master = pty.fork()
    if pid == 0:
        # Started in the background, the tests themselves were told to ignore it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.chdir(home.folder)
        os.environ.update(home.environment | {"TERM": "xterm", "COLUMNS": "100"})
        os.execv(sys.executable, [sys.executable, str(COMMAND), "run", "springfield"])
    shown, pressed, last = b"", 0, 0.0
    with ends_within(pid, 120), contextlib.suppress(OSError):
        while data := os.read(master, 4096):
            shown += data
            # The terminal sends it to every process of the command; pressed again, it changes nothing. While a worker
            # is being started it is not heard, and somebody who sees nothing happen presses once more.
            again = pressed < 3 or (time.monotonic() - last > 2 and b"Stopped" not in shown)
            if again and (pressed or workers_of(psutil.Process(pid))):
                os.write(master, b"\x03")
                pressed, last = pressed + 1, time.monotonic()
    _, status = os.waitpid(pid, 0)
    os.close(master)

    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode()).replace("\r", "")
    assert os.waitstatus_to_exitcode(status) == 130
    assert "Traceback" not in text
    assert "KeyboardInterrupt" not in text
    assert text.strip().endswith(
        "Stopped. 0 of 1 reports were made and are kept.\n"
        "Run the same command again to go on; it makes only what is missing."
    )
    home.assert_nothing_left(5)
    assert not list((home.reports / ".staging").iterdir())


def test_ctrl_c_before_the_first_report_is_told_too(home, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(home.folder))
    home.city("springfield")

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "run", stopped)

    result = CliRunner().invoke(app, ["run", "springfield"])

    assert result.exit_code == 130
    assert result.stderr == "Stopped before the first report.\nRun the same command again.\n"


@pytest.mark.parametrize("way", ["a pipe that nobody reads", "a full disk", "closed"])
def test_the_run_goes_on_when_nobody_can_read_what_it_says(home, way):
    for name in ("one", "two"):
        home.city(name)
    shell = {
        "a pipe that nobody reads": '"$@" | true; exit ${PIPESTATUS[0]}',
        "a full disk": '"$@" > /dev/full',
        "closed": '"$@" >&-',
    }[way]

    ran = subprocess.run(
        ["bash", "-c", shell, "rdc", sys.executable, str(COMMAND), "run", "one", "two", "--jobs", "1"],
        env=os.environ | home.environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert (ran.returncode, ran.stderr) == (0, "")
    assert {row["state"] for row in home.status().values()} == {"done"}


def test_killing_a_run_the_server_or_a_worker_loses_nothing(home):
    for name in ("one", "two"):
        home.city(name, WAITS)
    process = home.start("run", "one", "two", "--jobs", "2")
    wait_for(lambda: runs_of(home, "one") and runs_of(home, "two"), 60)

    server = server_of(process)
    server.kill()
    wait_for(lambda: len(runs_of(home, "one")) == 2 and len(runs_of(home, "two")) == 2, 60)
    go(home)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 0, err
    assert out.splitlines()[-3] == "2 reports: 2 done."
    assert all(row["attempts"] == 2 for row in home.status().values())
    assert not psutil.pid_exists(server.pid)


def test_killing_a_worker_breaks_the_pool_and_loses_nothing(home):
    for name in ("one", "two", "three"):
        home.city(name, WAITS)
    process = home.start("run", "one", "two", "three", "--jobs", "2")
    wait_for(lambda: runs_of(home, "one") and runs_of(home, "two"), 60)

    workers_of(process)[0].kill()
    go(home)
    out, err = process.communicate(timeout=90)

    assert process.returncode == 0, err
    assert out.splitlines()[-3] == "3 reports: 3 done."


def test_a_run_that_kills_its_server_is_given_up_after_a_second_try(home):
    home.city("murder", "import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
    home.city("peace")

    ran = home.rdc("run", "murder", "peace", "--jobs", "1")

    states = {name: (row["state"], row["attempts"]) for (name, _), row in home.status().items()}
    assert states == {"murder": ("killed", 2), "peace": ("done", 1)}
    assert ran.returncode == 1


def test_two_runners_on_one_folder_share_the_work(home):
    names = [f"city-{number}" for number in range(6)]
    for name in names:
        home.city(name, WAITS)
    first = home.start("run", *names, "--jobs", "2")
    second = home.start("run", *reversed(names), "--jobs", "2")
    wait_for(lambda: sum(len(runs_of(home, name)) for name in names) == 4, 60)
    go(home)
    outs = [process.communicate(timeout=90)[0] for process in (first, second)]

    assert (first.returncode, second.returncode) == (0, 0)
    assert {name: len(runs_of(home, name)) for name in names} == dict.fromkeys(names, 1)
    assert all(home.page(name).exists() for name in names)
    assert sum(int(re.search(r"(\d+) done", out)[1]) for out in outs) == 6
    index = (home.reports / "index.html").read_text()
    assert all(f"{name}/FY2024/00_words.html" in index for name in names)


def test_nobody_waits_for_ever_for_a_runner_that_does_not_let_go(here, make, capsys):
    for name in ("held", "free"):
        here.city(name)
    (here.reports / ".locks").mkdir(parents=True)
    times = iter(range(0, 1_000_000, 50))

    with FileLock(here.reports / ".locks" / "held.lock"):
        rows = make("held", "free", timeout=100, clock=lambda: next(times))

    assert rows[("free", "00_words")]["state"] == "done"
    held = rows[("held", "00_words")]
    assert (held["state"], held["why"]) == ("skipped", "another runner holds it")
    assert held["message"] == (
        "Another runner holds the reports of held and does not let go.\n"
        "See which with rdc status, end it, and run the same command again."
    )
    assert 150 < next(times) < 400


def test_a_run_of_a_dead_coordinator_is_shown_as_killed_whatever_the_clock_says(here, monkeypatch):
    book = ledger.Ledger(here.reports)
    book.begin()
    (number,) = book.add([{"engagement": "springfield", "notebook": "00_words", "period": "FY2024"}])
    assert [row["state"] for row in status()] == ["queued"]
    book.update(number, state="running")
    assert [row["state"] for row in status()] == ["running"]

    # The clock of the machine is set back an hour: it is the same process all the same.
    monkeypatch.setattr(psutil, "boot_time", lambda: 0)
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: 0)
    assert [row["state"] for row in status()] == ["running"]

    # A process with our number that began at another time is not the one that wrote it.
    book._db.execute("update batches set started = replace(started, ' ', ' 1')")

    (row,) = status()
    assert (row["state"], row["message"]) == ("killed", ledger.INTERRUPTED)
    book.close()


def test_status_is_live(home):
    home.city("waits", WAITS)
    process = home.start("run", "waits", "--jobs", "1")
    wait_for(lambda: runs_of(home, "waits"), 60)

    (row,) = home.status().values()
    assert row["state"] == "running"

    go(home)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_row_24_a_terminal_shows_a_bar_that_reaches_the_end(home):
    for name in ("one", "two"):
        home.city(name)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(COMMAND), "run", "one", "two"],
        env=os.environ | home.environment | {"TERM": "xterm", "COLUMNS": "100"},
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown = b""
    with ends_within(process.pid, 120), contextlib.suppress(OSError):
        while data := os.read(master, 4096):
            shown += data
    process.wait(30)
    os.close(master)

    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert "two  00 words" in text.lower()
    assert re.search(r"━+ 2/2", text)
    assert "2 reports: 2 done." in text


@pytest.mark.parametrize("way", ["fork", "kernel"])
def test_row_29_the_runner_works_when_called_from_a_notebook(home, way):
    # A kernel runs its cells inside an event loop.
    home.city("springfield")
    script = f"""
import nbclient, nbformat.v4 as v4
cell = v4.new_code_cell('''
import sys
sys.path.insert(0, {str(COMMAND.parents[2])!r})
from rdclib.running import batch
from tests.running.command import of_folder
rows = batch.run(["springfield"], jobs=1, fork={way == "fork"}, stages=of_folder({str(home.notebooks)!r}))
[row["state"] for row in rows]
''')
book = v4.new_notebook(cells=[cell])
nbclient.NotebookClient(book, kernel_name="python3", timeout=100).execute()
print(cell.outputs[-1].data["text/plain"], "".join(o.get("text", "") for o in cell.outputs))
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | home.environment, capture_output=True, text=True, timeout=120
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("['done'] [1/1] springfield  FY2024  00_words  done")


def test_the_ledger_waits_for_another_writer_and_tells_when_it_cannot_write(here, monkeypatch):
    book = ledger.Ledger(here.reports)
    book.begin()
    began = time.monotonic()
    monkeypatch.setattr(ledger, "_WAIT_SECONDS", 0.2)
    other = ledger.Ledger(here.reports)
    book._db.execute("begin immediate")

    with pytest.raises(ledger.ReportError) as error:
        other.begin()

    assert str(error.value) == (
        "The ledger of the runs cannot be used (database is locked).\n"
        f"Another program holds {book.path}: wait until it has ended, then run the same command again."
    )
    assert time.monotonic() - began < 10
    book.close()
    other.close()
    assert json.dumps(status()) == "[]"


def test_a_report_that_one_runner_makes_is_running_while_another_waits_for_it(here):
    row = {"engagement": "springfield", "notebook": "00_words", "period": "FY2024"}
    first, second = ledger.Ledger(here.reports), ledger.Ledger(here.reports)
    with contextlib.closing(first), contextlib.closing(second):
        first.begin()
        second.begin()
        (made,) = first.add([row])
        first.update(made, state=ledger.RUNNING)
        (waiting,) = second.add([row])
        states = [one["state"] for one in status()]
        first.update(made, state=ledger.DONE)
        states += [one["state"] for one in status()]
        second.update(waiting, state=ledger.SKIPPED)
        states += [one["state"] for one in status()]

    assert states == ["running", "queued", "skipped"]


def damage(path, how):
    path.parent.mkdir(parents=True, exist_ok=True)
    if how == "no database":
        path.write_text("this is no database")
    elif how == "another version":
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.executescript("create table batches (id); create table runs (id); create table hashes (path)")
    elif how == "a folder":
        path.mkdir()


@pytest.mark.parametrize("command", ["run", "status"])
@pytest.mark.parametrize(
    ("how", "what", "fix"),
    [
        ("no database", "file is not a database", "Delete {}: a new one is begun"),
        ("another version", "no such column|no column named|has no column", "Delete {}: a new one"),
        ("a folder", "unable to open database file", "Make {.parent} a folder that you may write to"),
    ],
)  # fmt: skip
def test_a_ledger_that_cannot_be_used_is_told_in_two_lines(here, command, how, what, fix):
    here.city("springfield")
    path = ledger.path_of(here.reports)
    damage(path, how)

    result = CliRunner().invoke(app, [command, "springfield"])

    said = result.stderr.splitlines()
    assert (result.exit_code, len(said)) == (1, 2)
    assert re.search(what, said[0])
    assert said[1].startswith(fix.format(path))


def test_a_ledger_that_was_deleted_is_begun_anew_and_costs_no_report(here, make):
    here.city("springfield")
    make("springfield")
    ledger.path_of(here.reports).unlink()

    assert status() == []
    assert make("springfield")[("springfield", "00_words")]["why"] == batch.UP_TO_DATE


def test_a_folder_of_reports_that_cannot_be_written_is_told(here):
    here.city("springfield")
    here.reports.write_text("no folder")

    result = CliRunner().invoke(app, ["run", "springfield"])

    assert (result.exit_code, result.stderr) == (
        1,
        f"The folder {here.reports} cannot be written to (Not a directory).\n"
        "Make it a folder that you may write to, or name another home for reports in RDC_HOME.\n",
    )


def test_no_more_workers_are_started_than_reports_were_asked_for(here):
    with workers.Workers(99, 2, "", None, True) as own:
        assert own.jobs == 2
    with workers.Workers(None, 1, "", None, True) as own:
        assert own.jobs == 1
