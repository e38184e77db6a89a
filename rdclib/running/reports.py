"""The folder of reports: published whole or not at all, with what each was made from beside it."""

import hashlib
import html
import json
import os
import re
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rdclib import formats, publish, saved
from rdclib.errors import ReportError
from rdclib.running import keys
from rdclib.running.diff import NUMBERS
from rdclib.running.task import NUMBERS as STAGED_NUMBERS
from rdclib.running.task import PAGE

RECORD = "run.json"
INDEX = "index.html"
_LOCKS = ".locks"
_STAGING = ".staging"
_INDEX_WAIT_SECONDS = 30
_META = re.compile(r'<meta name="rdclib:(\w[\w-]*)" content="([^"]*)">')
_MAIN = '<main id="main">'
_NOTE = re.compile(r'\n<p class="state" role="note">[^<]*</p>')


def _lock(path, seconds=0):
    # Colleagues share the folder, so that each of them must be able to lock.
    return FileLock(path, timeout=seconds, mode=0o666)


def lock(reports, name):
    """A lock on one engagement's reports, for one coordinator; the system lets go of it when that one ends."""
    folder = Path(reports) / _LOCKS
    folder.mkdir(parents=True, exist_ok=True)
    return _lock(folder / f"{name}.lock")


@contextmanager
def staging(reports):
    """A folder of this coordinator's for pages that are not published yet, on the same disk as the reports.

    What coordinators left there that were killed is cleared away.
    """
    import shutil

    top = Path(reports) / _STAGING
    top.mkdir(parents=True, exist_ok=True)
    for old in top.glob("*.lock"):
        held = _lock(old)
        try:
            with held:
                shutil.rmtree(old.with_suffix(""), ignore_errors=True)
                old.unlink(missing_ok=True)
        except Timeout:
            continue  # its coordinator lives
    own = top / f"{os.getpid()}-{os.urandom(4).hex()}"
    with _lock(own.with_suffix(".lock")):
        own.mkdir()
        try:
            yield own
        finally:
            shutil.rmtree(own, ignore_errors=True)
    own.with_suffix(".lock").unlink(missing_ok=True)


def record(reports, engagement, period):
    """What is known of the published reports of a period: run.json, or an empty one."""
    try:
        found = json.loads((Path(reports) / engagement / period / RECORD).read_text(encoding="utf-8"))
        return found if isinstance(found.get("reports"), dict) else {"reports": {}}
    except (OSError, ValueError, AttributeError):
        return {"reports": {}}


def whole(reports, engagement, period, notebook):
    """Whether the page of a report lies there just as it was published."""
    known = record(reports, engagement, period)["reports"].get(notebook, {})
    page = Path(reports) / engagement / period / f"{notebook}.html"
    return page.is_file() and hashlib.sha256(page.read_bytes()).hexdigest() == known.get("page_sha256")


def put(reports, engagement, notebook, title, staged, inputs, made, **measured):
    """Publish a staged page: numbers first, then the page, then the record that names it.

    Parameters
    ----------
    reports : Path
    engagement : rdclib.engagement.Engagement
    notebook, title : str
    staged : Path
        Folder that `rdclib.running.task.make_report` wrote.
    inputs : dict
        What the run was asked to be made from; see `rdclib.running.keys.inputs`.
    made : str
        Day and time.
    **measured
        Kept in the record.

    Raises
    ------
    ReportError
        When the page is not about this engagement, period and data, or the disk is full; nothing is published then.
    """
    name, period = engagement.name, engagement.period.label
    folder = Path(reports) / name / period
    page = (Path(staged) / PAGE).read_text(encoding="utf-8")
    wanted = {"engagement": name, "period": period, "fingerprint": keys.short(inputs["data"])}
    carried = {key: html.unescape(value) for key, value in _META.findall(page)}
    if wrong := [key for key, value in wanted.items() if carried.get(key) != value]:
        raise ReportError(
            f"The page made for {name} {period} {notebook} carries another {wrong[0]}; it was not published.",
            fix="Run the same command again; the city's files may have changed while the report was made.",
        )
    known = record(reports, name, period)
    try:
        numbers = json.loads((folder / NUMBERS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        numbers = {}
    numbers[notebook] = json.loads((Path(staged) / STAGED_NUMBERS).read_text(encoding="utf-8"))
    saved.write_text(folder / NUMBERS, keys.as_json(dict(sorted(numbers.items()))))
    (folder / f"{notebook}.html").parent.mkdir(parents=True, exist_ok=True)
    os.replace(Path(staged) / PAGE, folder / f"{notebook}.html")
    _sync(folder)
    known["reports"][notebook] = {
        "title": title,
        "state": "done",
        "made": made,
        "as_of": engagement.as_of.isoformat(),
        "page_sha256": hashlib.sha256(page.encode()).hexdigest(),
        "key": keys.key(inputs),
        "inputs": inputs,
        **measured,
    }
    _write_record(folder, known, engagement)


def keep(reports, engagement, notebook, title, state):
    """After a failed run, mark the last good report with its date, or put a plain page where there is none."""
    name, period = engagement.name, engagement.period.label
    folder = Path(reports) / name / period
    path = folder / f"{notebook}.html"
    known = record(reports, name, period)
    last = known["reports"].get(notebook, {})
    if last.get("made") and path.is_file():
        text = f"This report was made on {_day(last['made'])}. A newer one could not be made."
        page = _NOTE.sub("", path.read_text(encoding="utf-8"), count=1)
        saved.write_text(path, page.replace(_MAIN, f'{_MAIN}\n<p class="state" role="note">{text}</p>', 1))
        known["reports"][notebook] = last | {"state": state}
    else:
        version = keys.versions()["rdclib"]
        saved.write_text(
            path, publish.unavailable(title=title, city=engagement.facts.city, period=period, version=version)
        )
        known["reports"][notebook] = {"title": title, "state": state, "made": ""}
    _write_record(folder, known, engagement)


def _write_record(folder, known, engagement):
    whole = {
        "engagement": engagement.name,
        "city": engagement.facts.city,
        "period": engagement.period.label,
        "library": keys.versions()["rdclib"],
        "reports": dict(sorted(known["reports"].items())),
    }
    saved.write_text(folder / RECORD, keys.as_json(whole))


def write_index(reports):
    """Write the page that lists all reports, from the records beside them."""
    reports = Path(reports)
    (reports / _LOCKS).mkdir(parents=True, exist_ok=True)
    with _lock(reports / _LOCKS / "index", _INDEX_WAIT_SECONDS):
        # Read while locked: whoever writes last has seen everything that was published before.
        rows = [row for path in sorted(reports.glob(f"*/*/{RECORD}")) for row in _index_rows(path)]
        saved.write_text(reports / INDEX, publish.index(rows, version=keys.versions()["rdclib"]))


def _index_rows(path):
    known = record(path.parents[2], path.parents[1].name, path.parent.name)
    for notebook, report in known["reports"].items():
        yield {
            "engagement": known["engagement"],
            "city": known["city"],
            "period": known["period"],
            "title": report["title"],
            "state": report["state"],
            "good": report["state"] == "done",
            "href": f"{path.parents[1].name}/{path.parent.name}/{notebook}.html" if report["made"] else "",
            "made": _day(report["made"]) if report["made"] else "",
        }


def _day(made):
    from datetime import date

    return formats.date(date.fromisoformat(made[:10]))


def _sync(folder):
    """Make a renaming last."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
