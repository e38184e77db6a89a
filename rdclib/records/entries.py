"""What the forms of the workbook have saved, as it was known on the day of the report."""

from dataclasses import dataclass

from rdclib import periods, saved
from rdclib.records.typed import typed_rows

_FILES = {"coding": "contract_coding", "actions": "actions", "vendor_ratings": "vendor_ratings"}
_KEYS = {
    "coding": ("contract_id", "coder"),
    "actions": ("action_id",),
    "vendor_ratings": ("contract_id", "vendor_id", "period", "dimension", "rater"),
}
# Forms whose entries are judgements on a day; an action carries its own days.
KNOWN_BY_DAY = ("coding", "vendor_ratings")


@dataclass(frozen=True)
class Late:
    """Entries of a form that were saved after the day of the report.

    Attributes
    ----------
    counted : int
        They count all the same, since the report is about a whole period.
    left_out : int
        They do not count.
    """

    counted: int = 0
    left_out: int = 0


def entries(engagement):
    """What the forms have saved, as tables, and how much of it came after the day of the report.

    Parameters
    ----------
    engagement : rdclib.engagement.Engagement

    Returns
    -------
    tuple of dict
        DataFrames by name, the newest row of each key; and of those in `KNOWN_BY_DAY` the `Late`.
    """
    tables, late = {}, {}
    for name, file in _FILES.items():
        rows = saved.read_rows(engagement.folder / f"{file}.csv")
        if name in KNOWN_BY_DAY:
            rows, late[name] = known_entries(rows, name, engagement.period, engagement.as_of)
        tables[name] = typed_rows(saved.newest(rows, _KEYS[name]), name, f"{file}.csv")
    return tables, late


def known_entries(rows, table, period, as_of):
    """Readings of contracts, or ratings of vendors, that a report knows.

    What was saved by the day of the report (``time``, to the day) counts, and so does a row without a time. What was
    saved later does not, with one exception: a report whose day is the last of its period is about the period, and a
    city reads, rates and corrects when that is over. There, what was entered later counts, too; a rating, though, only
    when the period that it judges had ended. A report for any other day knows what was known.

    Parameters
    ----------
    rows : list of dict of str to str
        Oldest first.
    table : str
        "coding" or "vendor_ratings".
    period : rdclib.periods.Period
        What the report is about.
    as_of : datetime.date
        The day of the report.

    Returns
    -------
    tuple
        The rows that count, oldest first, several of a key among them, and the `Late`.
    """
    key = _KEYS[table]
    kept, counted, left_out = [], set(), set()
    for row in rows:
        day = periods.day_of(row.get("time"))
        known = day is None or day <= as_of
        counts = as_of == period.end and _over(row, period, as_of)
        if known or counts:
            kept.append(row)
        if not known:
            (counted if counts else left_out).add(tuple(row.get(name, "") for name in key))
    return kept, Late(len(counted), len(left_out))


def _over(row, period, day):
    """Whether the period that a row judges had ended by a day; a reading judges none."""
    try:
        return periods.parse(row.get("period", ""), "{:02}-{:02}".format(*period.fiscal_year_start)).end <= day
    except periods.WrongUse:
        return True
