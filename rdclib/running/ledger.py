"""The ledger: the only truth about the state of runs, in SQLite on this machine, written by the coordinator alone."""

import hashlib
import json
import os
import socket
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rdclib import places
from rdclib.errors import ReportError

QUEUED, RUNNING, DONE, SKIPPED, STALE = "queued", "running", "done", "skipped", "stale"
FAILED, HUNG, KILLED, TIMED_OUT = "failed", "hung", "killed", "timed out"
OPEN = (QUEUED, RUNNING)
BAD = (FAILED, HUNG, KILLED, TIMED_OUT, STALE)
INTERRUPTED = "The runner was stopped before this report was finished.\nRun the same command again to go on."

_BOOT = Path("/proc/sys/kernel/random/boot_id")  # another after each start of a Linux machine
_WAIT_SECONDS = 20  # for another coordinator that writes; each writes for milliseconds
_COLUMNS = (
    "batch", "engagement", "period", "notebook", "state", "why", "cell", "heading", "message", "traceback", "seconds",
    "peak_mb", "key", "inputs", "report", "attempts", "queued_at", "started_at", "ended_at",
)  # fmt: skip
_SCHEMA = f"""
create table if not exists batches
    (id integer primary key, host text, process integer, started text, began text, ended text);
create table if not exists runs (id integer primary key, {", ".join(_COLUMNS)});
create index if not exists runs_of_a_report on runs (engagement, period, notebook);
create table if not exists hashes (path text primary key, signature text, hash text);
"""


def now():
    """The time, to the second, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def path_of(reports):
    """The place of a reports folder's ledger: on this machine's own disk, because the folder may be a shared one."""
    reports = Path(reports).resolve()
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return state / "rdclib" / hashlib.sha256(os.fsencode(reports)).hexdigest()[:16] / "ledger.sqlite"


def process_started(process):
    """When a process began, which differs from that of a later one with the same number; None when there is none."""
    if _BOOT.exists():
        try:
            # Counted from the start of the machine: the time of day may be set while a runner works.
            ticks = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
            return f"{_BOOT.read_text().strip()} {ticks}"
        except OSError:
            return None
    import psutil

    try:
        return str(psutil.Process(process).create_time())
    except psutil.Error:
        return None


class Ledger:
    """The ledger of one coordinator.

    Parameters
    ----------
    reports : Path
        The folder of the reports.

    Raises
    ------
    ReportError
        When the file cannot be made or written.
    """

    def __init__(self, reports=None):
        self.path = path_of(reports or places.reports())
        with _told(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            # A journal of its own file: status reads while we write, and a kill loses no written line.
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.executescript(_SCHEMA)
        self.batch = None

    def begin(self):
        """Begin a batch of this process, and close what a coordinator left open that was killed."""
        with _told(self.path):
            for row in self._db.execute("select id from runs where state in ('queued', 'running')").fetchall():
                self._close_if_abandoned(row["id"])
            self.batch = self._db.execute(
                "insert into batches (host, process, started, began) values (?, ?, ?, ?)",
                (socket.gethostname(), os.getpid(), process_started(os.getpid()), now()),
            ).lastrowid

    def _close_if_abandoned(self, run):
        row = self._db.execute(
            "select runs.*, host, process, started from runs join batches on runs.batch = batches.id where runs.id = ?",
            (run,),
        ).fetchone()
        if row is not None and abandoned(row):
            self.update(run, state=KILLED, message=INTERRUPTED, ended_at=now())

    def end(self):
        """End the batch."""
        with _told(self.path):
            self._db.execute("update batches set ended = ? where id = ?", (now(), self.batch))

    def add(self, rows):
        """Write the runs that were asked for, as queued; returns their numbers."""
        with _told(self.path):
            self._db.execute("begin immediate")
            ids = [
                self._db.execute(
                    "insert into runs (batch, engagement, period, notebook, state, attempts, queued_at)"
                    " values (?, ?, ?, ?, 'queued', 0, ?)",
                    (self.batch, row["engagement"], row["period"], row["notebook"], now()),
                ).lastrowid
                for row in rows
            ]
            self._db.execute("commit")
        return ids

    def update(self, run, **values):
        """Write some columns of a run."""
        names = ", ".join(f"{name} = ?" for name in values)
        plain = [json.dumps(value) if isinstance(value, dict) else value for value in values.values()]
        with _told(self.path):
            self._db.execute(f"update runs set {names} where id = ?", (*plain, run))

    def rows(self):
        """The runs of this batch, in the order in which they were asked for."""
        with _told(self.path):
            found = self._db.execute("select * from runs where batch = ? order by id", (self.batch,)).fetchall()
        return [_plain(row) for row in found]

    def last_state(self, engagement, period, notebook):
        """State of the last run of a report that came to an end before this batch; empty when there was none."""
        with _told(self.path):
            row = self._db.execute(
                "select state from runs where engagement = ? and period = ? and notebook = ? and batch <> ?"
                " and state not in ('queued', 'running') order by id desc limit 1",
                (engagement, period, notebook, self.batch),
            ).fetchone()
        return row["state"] if row else ""

    def last_period(self, engagement):
        """Period of the last reports of an engagement; empty when there were none."""
        with _told(self.path):
            row = self._db.execute(
                "select period from runs where engagement = ? and period <> '' order by id desc limit 1", (engagement,)
            ).fetchone()
        return row["period"] if row else ""

    def hashes(self):
        """Hashes of files that are known already."""
        with _told(self.path):
            return {row[0]: (row[1], row[2]) for row in self._db.execute("select path, signature, hash from hashes")}

    def keep_hashes(self, new):
        """Remember hashes of files."""
        with _told(self.path):
            self._db.execute("begin immediate")
            rows = [(os.fsencode(path).decode(errors="replace"), *found) for path, found in new.items()]
            self._db.executemany("insert or replace into hashes values (?, ?, ?)", rows)
            self._db.execute("commit")

    def close(self):
        """Close the file."""
        self._db.close()


def abandoned(row):
    """Whether a run is open in the ledger while the coordinator that wrote it has ended."""
    if row["state"] not in OPEN or row["host"] != socket.gethostname():
        return False
    return process_started(row["process"]) != row["started"]


@contextmanager
def _told(path):
    """Report in two lines that the ledger cannot be used, and what to do."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise ReportError(f"The ledger of the runs cannot be used ({error}).", fix=_fix(error, path)) from None


def _fix(error, path):
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"Another program holds {path}: wait until it has ended, then run the same command again."
    if code == sqlite3.SQLITE_FULL:
        return f"Free some disk space at {path}, then run the same command again."
    if path.is_file() and isinstance(error, sqlite3.DatabaseError) and code != sqlite3.SQLITE_READONLY:
        return f"Delete {path}: a new one is begun, and the reports themselves are whole."
    return f"Make {path.parent} a folder that you may write to, or name another in XDG_STATE_HOME."


def latest(reports=None, name=""):
    """The last run of each report.

    Parameters
    ----------
    reports : Path, optional
    name : str
        An engagement; empty means all.

    Returns
    -------
    list of dict, dict
        Runs, ordered by engagement, period and notebook; and the known hashes of files.
    """
    path = path_of(reports or places.reports())
    if not path.exists():
        return [], {}
    # Not read-only: a reader of a journal that a killed process left behind must be able to take it in.
    with _told(path), closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as db:
        db.row_factory = sqlite3.Row
        # A run without a period, because engagement.yaml could not be read, is past when a later one has a period.
        rows = db.execute(
            "select runs.*, host, process, started from runs join batches on runs.batch = batches.id"
            " where (runs.id in (select max(id) from runs group by engagement, period, notebook) or state = ?)"
            " and not (period = '' and exists (select 1 from runs as later where later.engagement = runs.engagement"
            " and later.notebook = runs.notebook and later.id > runs.id))"
            " and (? = '' or engagement = ?) order by engagement, period, notebook, runs.id",
            (RUNNING, name, name),
        ).fetchall()
        hashes = {row[0]: (row[1], row[2]) for row in db.execute("select path, signature, hash from hashes")}
    found = {}
    for row in (_plain(row) | {"abandoned": abandoned(row)} for row in rows):
        place = row["engagement"], row["period"], row["notebook"]
        before = found.get(place)
        # While one runner makes a report, another has it queued and waits.
        made_now = before and before["state"] == RUNNING and not before["abandoned"]
        if not (made_now and row["state"] == QUEUED):
            found[place] = row
    return list(found.values()), hashes


def _plain(row):
    row = dict(row)
    row["inputs"] = json.loads(row["inputs"]) if row["inputs"] else {}
    for name in ("host", "process", "started"):
        row.pop(name, None)
    return row
