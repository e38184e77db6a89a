"""The folder of reports: published whole or not at all, with a record of what each was made from."""

import hashlib
import html
import json
import os
import re
import tempfile
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
    return _lock(Path(reports) / _LOCKS / f"{name}.lock")


def ready(reports):
    """The folder of reports, made when it is not there.

    Raises
    ------
    ReportError
        When it cannot be made or written to.
    """
    reports = Path(reports)
    try:
        for name in (_LOCKS, _STAGING):
            (reports / name).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=reports):
            pass
    except OSError as error:
        raise ReportError(
            f"The folder {reports} cannot be written to ({error.strerror}).",
            fix="Make it a folder that you may write to, or name another home for reports in RDC_HOME.",
        ) from None
    return reports


@contextmanager
def staging(reports):
    """A folder of this coordinator's for pages that are not published yet, on the same disk as the reports.

    What coordinators left there that were killed is cleared away.
    """
    import shutil

    top = Path(reports) / _STAGING
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
    """What is known of the published reports of a period: run.json, or an empty one where that was damaged."""
    found = _read(Path(reports) / engagement / period / RECORD)
    try:
        for notebook, report in found["reports"].items():
            if not {"title", "state", "made"} <= report.keys() or (report["made"] and "inputs" not in report):
                raise ValueError(notebook)
        return {name: found[name] for name in ("engagement", "city", "period", "reports")}
    except (KeyError, ValueError, AttributeError):
        return {"reports": {}}


def whole(reports, engagement, period, notebook):
    """Whether the page of a report and its numbers are there just as they were published."""
    known = record(reports, engagement, period)["reports"].get(notebook, {})
    page = Path(reports) / engagement / period / f"{notebook}.html"
    if not page.is_file() or hashlib.sha256(page.read_bytes()).hexdigest() != known.get("page_sha256"):
        return False
    return keys.short(_read(page.with_name(NUMBERS)).get(notebook)) == known.get("numbers_sha256")


def _read(path):
    """The content of one of our files; empty when it is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


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
        When the page is not about this engagement, period and data, or the disk is full; the earlier report then stays.
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
    numbers = _read(folder / NUMBERS)
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
        "numbers_sha256": keys.short(numbers[notebook]),
        "key": keys.key(inputs),
        "inputs": inputs,
        **measured,
    }
    _write_record(folder, known, name, period, engagement.facts.city)


def keep(reports, name, period, city, stage, state):
    """After a failed run, mark the last good report with its date, or put a plain page where there is none.

    Parameters
    ----------
    reports : Path
    name, period : str
        Of the engagement; without a period no page can be written.
    city : str
        The city's own name; empty when engagement.yaml cannot be read: then only an earlier report is marked.
    stage : rdclib.running.stages.Stage
    state : str
        How the run ended.
    """
    folder = Path(reports) / name / period
    path = folder / f"{stage.name}.html"
    known = record(reports, name, period)
    city = city or known.get("city", "")
    if not (period and city):
        return
    last = known["reports"].get(stage.name, {})
    if last.get("made") and path.is_file():
        text = f"This report was made on {_day(last['made'])}. A newer one could not be made."
        page = _NOTE.sub("", path.read_text(encoding="utf-8"), count=1)
        saved.write_text(path, page.replace(_MAIN, f'{_MAIN}\n<p class="state" role="note">{text}</p>', 1))
        known["reports"][stage.name] = last | {"state": state}
    else:
        version = keys.versions()["rdclib"]
        saved.write_text(path, publish.unavailable(title=stage.title, city=city, period=period, version=version))
        known["reports"][stage.name] = {"title": stage.title, "state": state, "made": ""}
    _write_record(folder, known, name, period, city)


def _write_record(folder, known, name, period, city):
    whole = {
        "engagement": name,
        "city": city,
        "period": period,
        "library": keys.versions()["rdclib"],
        "reports": dict(sorted(known["reports"].items())),
    }
    saved.write_text(folder / RECORD, keys.as_json(whole))


def write_index(reports):
    """Write the page that lists all reports, from the record of each."""
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
