"""What changed between two periods of an engagement: which numbers, and by how much."""

import json

from rdclib import periods, places
from rdclib.errors import ReportError, WrongUse
from rdclib.running import stages

NUMBERS = "numbers.json"


def diff(name, before, after, *, reports=None):
    """Compare the tables of an engagement's reports for two periods.

    Parameters
    ----------
    name : str
        The engagement.
    before, after : str
        Periods, such as FY2023 and FY2024.
    reports : Path, optional
        Another folder than the usual one.

    Returns
    -------
    list of dict
        One for each value that differs: ``notebook``, ``table``, ``row``, ``column``, ``before``, ``after`` and,
        between two numbers, ``change``; a value that is not there is None.

    Raises
    ------
    WrongUse
        When one of the periods has no reports, or is not a period.
    ReportError
        When the numbers that were kept for a period were damaged.
    """
    old, new = (_numbers(name, period, reports) for period in (before, after))
    found = []
    for notebook, table, row, column in [*old, *(place for place in new if place not in old)]:
        place = (notebook, table, row, column)
        was, now = old.get(place), new.get(place)
        if was == now:
            continue
        change = now - was if _number(was) and _number(now) else None
        place = {"notebook": notebook, "table": table, "row": row, "column": column}
        found.append(place | {"before": was, "after": now, "change": change})
    order = [stage.name for stage in stages.STAGES]
    # Tables that both periods have are in the order of the reports.
    return sorted(found, key=lambda one: order.index(one["notebook"]) if one["notebook"] in order else len(order))


def _number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(name, period, reports):
    """Values of all tables of a period, by notebook, table, row and column."""
    path = (reports or places.reports()) / places.checked_name(name) / periods.parse(period).label / NUMBERS
    make = f"rdc run {name} --period {period}"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {
            (notebook, table["caption"], *place): value
            for notebook, tables in stored.items()
            for table in tables
            for place, value in _values(table)
        }
    except FileNotFoundError:
        raise WrongUse(f"'{name}' has no reports for {period}.", fix=f"Make them with  {make}.") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise ReportError(f"The file {path} was damaged.", fix=f"Make it again with  {make}.") from None


def _values(table):
    """Each value of a table with its row's heading and its column's header."""
    seen = {}
    for row in table["rows"]:
        heading = _text(row[table["row_header"]])
        # Two rows with the same heading are matched by their order.
        seen[heading] = seen.get(heading, 0) + 1
        label = heading if seen[heading] == 1 else f"{heading} ({seen[heading]})"
        for index, (column, value) in enumerate(zip(table["columns"], row, strict=True)):
            if index == table["row_header"]:
                continue
            if not isinstance(value, dict):
                yield (label, column["header"]), value
            elif "value" in value:
                yield (label, column["header"]), value["value"]
            else:
                for end in ("low", "high"):
                    yield (label, f"{column['header']}, {end}"), value.get(end)


def _text(value):
    return str(value.get("value", value)) if isinstance(value, dict) else str(value)


def changes_as_text(rows, before, after):
    """The changes of `diff` a line each, below the table that they are in."""
    if not rows:
        return f"No number differs between {before} and {after}."
    lines, place = [], None
    for row in rows:
        if place != (place := (row["notebook"], row["table"])):
            lines.append(f"{row['notebook']}: {row['table']}")
        change = f"  ({row['change']:+.6g})" if row["change"] is not None else ""
        lines.append(f"    {row['row']}, {row['column']}: {_shown(row['before'])} → {_shown(row['after'])}{change}")
    return "\n".join(lines)


def _shown(value):
    if value is None:
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
