"""What `rdc status` shows: the last run of each report, and whether its inputs changed since. Light to import."""

from rdclib import places
from rdclib.errors import RDCError
from rdclib.running import keys, ledger, stages


def status(name="", *, reports=None):
    """The state of each report, from the ledger.

    Parameters
    ----------
    name : str
        An engagement; empty means all.
    reports : Path, optional
        Another folder than the usual one.

    Returns
    -------
    list of dict
        ``engagement``, ``period``, ``notebook``, ``state``, ``cell``, ``heading``, ``message``, ``traceback``,
        ``seconds``, ``peak_mb``, ``why``, ``report``, ``key``, ``data`` and times, by engagement, period and notebook.

    Raises
    ------
    WrongUse
        When there is neither a run of the engagement nor the engagement itself.
    ReportError
        When the ledger cannot be read.
    """
    rows, known = ledger.latest(reports, name)
    if name and not rows:
        places.folder(name)
    hashes = keys.Hashes(known)
    shared = keys.common(hashes) if rows else {}
    notebooks = {stage.name: stage.path for stage in stages.STAGES}
    return [_seen(row, notebooks, hashes, shared) for row in rows]


def _seen(row, notebooks, hashes, shared):
    was, lost = row.pop("inputs"), row.pop("abandoned")
    for internal in ("id", "batch"):
        row.pop(internal)
    row["data"] = was.get("data", {})
    if lost:
        return row | {"state": ledger.KILLED, "message": ledger.INTERRUPTED}
    if row["state"] not in (ledger.DONE, ledger.SKIPPED) or not was:
        return row
    if not (reason := _changed(row, was, notebooks, hashes, shared)):
        return row
    again = f"Make it again with  rdc run {row['engagement']} --period {row['period']}."
    return row | {"state": ledger.STALE, "message": f"Out of date: {reason}.\n{again}"}


def _changed(row, was, notebooks, hashes, shared):
    """What changed since the report was made; empty when it is current."""
    if row["report"] and not (places.home() / row["report"]).is_file():
        return "the report's file is gone"
    if row["notebook"] not in notebooks:
        return ""
    try:
        folder = places.folder(row["engagement"])
        now = keys.inputs(notebooks[row["notebook"]], folder, was["parameters"], hashes, shared)
    except (RDCError, OSError) as error:
        return getattr(error, "what", str(error)).rstrip(".")
    return "; ".join(keys.changes(was, now))


def as_text(rows, name=""):
    """The state of each report on a line, and under it what went wrong."""
    if not rows:
        return f"No reports were asked for yet.\nMake them with  rdc run {name or '--all'}."
    lines = []
    for row in rows:
        lines.append(f"{row['engagement']:<20} {row['period']:<10} {row['notebook']:<28} {_measured(row)}".rstrip())
        where = f"cell {row['cell']} under '{row['heading']}': " if row["cell"] and row["heading"] else ""
        if row["state"] != ledger.DONE and row["message"]:
            lines += [f"    {line}" for line in f"{where}{row['message']}".splitlines()]
    return "\n".join(lines)


def _measured(row):
    parts = [f"{row['state']:<10}"]
    parts += [f"{row['seconds']:.1f} s"] if row["seconds"] else []
    parts += [f"{row['peak_mb']:.0f} MB"] if row["peak_mb"] else []
    parts += [row["why"]] if row["state"] == ledger.SKIPPED and not row["message"] else []
    return "  ".join(parts)
