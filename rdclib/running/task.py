"""One report, made by a worker: supervise the run, check the result, write the page next to its final place."""

import os
import re
import traceback
from pathlib import Path

from rdclib import publish, saved
from rdclib.errors import RDCError
from rdclib.running import client, keys, ledger, secrets

PAGE, NUMBERS = "page.html", "numbers.json"
TABLE = "application/vnd.rdclib.table+json"
_UNUSED = ("text/html", "image/png")  # forms of our figures and tables that pages are not made from
AGAIN = "Run the same command again."
MORE_MEMORY = "Raise the limit with --memory or make the city's files smaller."
_TRACEBACK_END = 4000  # characters; the end shows where it happened
_hashes = keys.Hashes()  # of this worker, for as long as it lives


def make_report(job):
    """Make one report. Never raises: whatever goes wrong is in what it returns.

    Parameters
    ----------
    job : dict
        ``engagement`` (an Engagement), ``notebook`` (path), ``parameters``, ``title``, ``stamp``, ``staging`` (folder
        for the page), ``home``, ``watch``, ``address``, ``fork``, ``timeout``, ``memory``.

    Returns
    -------
    dict
        ``state`` and what the ledger keeps of it; ``lost`` when the fork server ended first.
    """
    account = {}
    try:
        notebook = _execute(job, account)
        _write(job, notebook, account)
        return _measured(account) | {"state": ledger.DONE}
    except client.ServerLost as error:
        outcome = {"state": ledger.KILLED, "message": f"{error}.\n{AGAIN}", "lost": True}
    except client.Stopped as error:
        outcome = {"state": error.state, "message": f"{error}\n{_way_out(error, job)}", **_place(job, account)}
    except _Failed as error:
        outcome = {"state": ledger.FAILED, "message": str(error), **error.place}
    except (KeyboardInterrupt, SystemExit):
        outcome = {"state": ledger.KILLED, "message": f"The worker was stopped.\n{AGAIN}"}
    except Exception as error:  # the border: one bad city never stops the rest
        outcome = failure(error, job["engagement"].name)
    return _measured(account) | outcome


def failure(error, name):
    """What the ledger keeps of an error that ended the report of an engagement.

    Parameters
    ----------
    error : Exception
        While it is handled.
    name : str
        The engagement.
    """
    if isinstance(error, RDCError):
        return {"state": ledger.FAILED, "message": str(error)}
    text = " ".join(f"{type(error).__name__}: {error}".split())
    fix = "Free the file or the disk that it names, then run the same command again."
    if not isinstance(error, OSError):
        fix = f"This is a mistake of rdclib's own: send the traceback in  rdc status {name} --json  to its makers."
    return {
        "state": ledger.FAILED,
        "message": f"{text}\n{fix}",
        "traceback": traceback.format_exc()[-_TRACEBACK_END:],
    }


def _way_out(error, job):
    """What to do about a run that was stopped."""
    if error.state == "timed out":
        return f"Raise the limit with --timeout, or see with rdc lab {job['engagement'].name} what takes so long."
    if error.state == "hung":
        return "Take out of the notebook what goes on after its last cell, such as a program that it started."
    if job["memory"] and "the limit is" in str(error):
        return MORE_MEMORY
    return "When memory ran out, use fewer --jobs; otherwise run the same command again."


def warm_up():
    """Import what a worker needs, while the fork server starts."""
    import papermill  # noqa: F401


class _Failed(Exception):
    def __init__(self, message, **place):
        super().__init__(message)
        self.place = place


def _measured(account):
    return {"seconds": round(account.get("seconds", 0), 2), "peak_mb": account.get("peak_mb")}


def _execute(job, account):
    """Run the notebook; returns it with its outputs."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    account["notebook"] = notebook = papermill.iorw.load_notebook_node(str(job["notebook"]))
    try:
        executed = papermill.execute_notebook(
            notebook,
            None,
            parameters=job["parameters"],
            engine_name="rdc",
            progress_bar=False,
            request_save_on_cell_execute=False,
            private_folder=True,
            environment=job["home"],
            watch=job["watch"],
            report=list(job["parameters"]),
            leave_out=_UNUSED,
            address=job["address"],
            fork=job["fork"],
            execution_timeout=job["timeout"],
            memory=job["memory"],
            account=account,
        )
    except PapermillExecutionError as error:
        account.setdefault("error", {"name": error.ename, "text": error.evalue, "fix": ""})
        account["traceback"] = "\n".join(error.traceback)
        executed = None
    # papermill lets a cell pass that ended the notebook by sys.exit(); the cells after it were never run.
    if "error" in account:
        raise _Failed(
            _what(job, account), traceback=account.get("traceback", "")[-_TRACEBACK_END:], **_place(job, account)
        )
    return executed


def _place(job, account):
    """The cell and the heading above it, as one finds them in the notebook."""
    if "cell" not in account:
        return {}
    cells = account["notebook"].cells
    tagged = [i for i, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", [])]
    # papermill put a cell with the parameters after the tagged one.
    number = account["cell"] - (1 if job["parameters"] and tagged and account["cell"] > tagged[0] else 0)
    headings = [
        line.lstrip("#").strip()
        for cell in cells[: number + 1]
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if re.match(r"#{1,6} ", line)
    ]
    return {"cell": number + 1, "heading": headings[-1] if headings else ""}


def _what(job, account):
    """What happened in the cell, and on a second line what to do."""
    error = account["error"]
    if error["fix"]:
        return error["text"]
    if error["name"] == "MemoryError" and job["memory"]:
        first = f"The cell needs more memory than the limit of {job['memory']:,.0f} MB. {error['text']}".strip()
        return f"{first}\n{MORE_MEMORY}"
    if error["name"] == "SystemExit":
        return "A cell ended the notebook by exit; the cells after it were not run.\nTake the exit out of the notebook."
    text = f"{error['name']}: {' '.join(error['text'].split())}".rstrip(": ")
    return f"{text}\nOpen the notebook with rdc lab {job['engagement'].name} and run it down to that cell."


def _write(job, notebook, account):
    """Check the executed notebook, and write its page and its numbers into the staging folder."""
    engagement = job["engagement"]
    own = str(engagement.folder) + os.sep
    if strange := [path for path in account.get("opened", ()) if not path.startswith(own)]:
        raise _Failed(
            f"The run read a file of another engagement: {Path(strange[0]).parent.name}/{Path(strange[0]).name}.\n"
            "Take it out of the notebook: a report rests on the files of its own city only."
        )
    # What the notebook itself worked with, not what it was asked for.
    reported = account.get("names", {})
    if reported != job["parameters"]:
        differs = next(name for name in job["parameters"] if reported.get(name) != job["parameters"][name])
        raise _Failed(
            f"The notebook changed its parameter {differs} to {reported.get(differs)!r}.\n"
            "Take the line that sets it out of the notebook; parameters are set by the runner."
        )
    html = publish.page(
        notebook,
        engagement,
        fingerprint=keys.short(keys.data(engagement.folder, _hashes)),
        version=keys.versions()["rdclib"],
        stamp=job["stamp"],
        title=job["title"],
    )
    if kinds := secrets.found(html):
        raise _Failed(
            f"The report would show {', '.join(kinds)}.\nTake it out of the city's files, and change it: it was seen."
        )
    staging = Path(job["staging"])
    saved.write_text(staging / PAGE, html)
    saved.write_text(staging / NUMBERS, keys.as_json(_tables(notebook)))


def _tables(notebook):
    """The tables that the page shows, as data."""
    return [
        output.data[TABLE]
        for cell in notebook.cells
        if cell.cell_type == "code" and publish.ADVISOR not in cell.metadata.get("tags", ())
        for output in cell.outputs
        if TABLE in output.get("data", {})
    ]
