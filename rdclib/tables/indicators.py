"""Indicators, their coverage and their questions, as tables."""

import math

from rdclib import formats
from rdclib.indicators import WHAT_INTERVALS_MEAN, field_title
from rdclib.tables.table import Column, Interval, Table, Value

READING = {"good": "good", "between": "in between", "poor": "poor", "": ""}
_NAMES = {
    "portfolio": "Portfolio",
    "concentration": "Concentration",
    "competition": "Competition",
    "cycle time": "Cycle time",
    "contract type": "Contract type",
    "change": "Changes of contracts",
    "pipeline": "Pipeline",
    "RDC practice": "Results-driven practice",
    "integrity": "Patterns that deserve a question",
    "vendor diversity": "Vendor diversity",
}

# A column with fewer gaps than this needs no reader's attention.
NEARLY_COMPLETE = 0.95


def indicators(results, group=""):
    """Value, interval, base, gaps, threshold and caveat of each indicator that could be computed.

    Parameters
    ----------
    results : dict of str to rdclib.indicators.IndicatorResult
    group : str
        One group of the catalogue, for example ``competition``; empty means all.

    Returns
    -------
    Table
    """
    shown = [r for r in results.values() if r.computed and group in ("", r.indicator.group)]
    columns = (
        Column("indicator", "text", "Indicator"),
        Column("value", "number", "Value"),
        Column("interval", "number", "95% interval"),
        Column("n", "integer", "Records"),
        Column("left_out", "text", "Left out"),
        Column("reading", "text", "Reading"),
        Column("threshold", "text", "Threshold and its source"),
        Column("caveat", "text", "Bear in mind"),
    )
    rows = [
        (
            f"{r.indicator.id} {r.indicator.name}",
            Value(r.value, r.kind),
            Interval(r.low, r.high, r.kind),
            r.n,
            left_out(r),
            reading(r),
            _threshold(r),
            r.caveat,
        )
        for r in shown
    ]
    notes = [f"{r.indicator.id}: {r.note}" for r in shown if r.note]
    notes += [f"{r.indicator.id}: {warning}" for r in shown for warning in r.warnings]
    if any(r.low == r.low for r in shown):
        notes.append(WHAT_INTERVALS_MEAN)
    missing = sum(not r.computed and group in ("", r.indicator.group) for r in results.values())
    if missing:
        notes.append(
            f"{formats.plural(missing, 'indicator')} of this group cannot be computed; the list below says why."
        )
    caption = _NAMES.get(group, "All indicators")
    currency = shown[0].currency if shown else "USD"
    return Table(caption, columns, rows, notes, id=f"indicators-{formats.slug(group or 'all')}", currency=currency)


def left_out(result):
    """Records left out, with the reason: ``19 cancelled, 12 no bid count``."""
    return ", ".join(f"{formats.integer(n)} {reason}" for reason, n in result.left_out.items())


def reading(result):
    """Where a value lies by its threshold, and whether its interval does too."""
    word = READING[result.verdict]
    if word and result.low == result.low and not result.verdict_sure:
        return f"{word}, not certain"
    return word


def _threshold(result):
    item = result.indicator
    if item.threshold in ("", "none"):
        return ""
    return f"{item.threshold} ({item.threshold_source})" if item.threshold_source else item.threshold


def breakdown(result, by="department"):
    """One indicator by department, by fiscal quarter or by part.

    Parameters
    ----------
    result : rdclib.indicators.IndicatorResult
    by : str
        ``department``, ``quarter`` or ``part``.
    """
    frame = {"department": result.by_department, "quarter": result.by_quarter, "part": result.by_part}[by]
    columns = (
        Column(by, "text", by.capitalize()),
        Column("value", result.kind, result.indicator.name),
        Column("interval", result.kind, "95% interval"),
        Column("n", "integer", "Records"),
    )
    rows = [
        (row[0], row[1], Interval(row[2], row[3], result.kind), row[4])
        for row in frame[[by, "value", "low", "high", "n"]].itertuples(index=False, name=None)
    ]
    caption = f"{result.indicator.name} by {by}, {result.period}"
    return Table(
        caption, columns, rows, (result.note,), id=f"{result.indicator.id.lower()}-by-{by}", currency=result.currency
    )


def not_computed(results):
    """Indicators that the data cannot answer, and which column would make them possible."""
    columns = (Column("indicator", "text", "Indicator"), Column("why", "text", "What is missing"))
    rows = [(f"{r.indicator.id} {r.indicator.name}", r.note) for r in results.values() if not r.computed]
    return Table("What cannot be told yet", columns, rows, id="not-computed")


def coverage(results):
    """How complete each column is that an indicator needs, the emptiest first.

    Parameters
    ----------
    results : dict of str to rdclib.indicators.IndicatorResult

    Returns
    -------
    Table
    """
    return _coverage(results, "How complete the columns are", math.inf, "coverage")


def incomplete_columns(results):
    """The columns that an indicator needs and that are filled in for under 95% of rows; None without any.

    Parameters
    ----------
    results : dict of str to rdclib.indicators.IndicatorResult

    Returns
    -------
    Table or None
    """
    return _coverage(results, "Columns with gaps", NEARLY_COMPLETE, "columns-with-gaps")


def _coverage(results, caption, most, name):
    found = {}
    for result in results.values():
        for row in result.coverage.itertuples():
            share, rows, ids = found.get(row.field, (1.0, 0, []))
            known = row.share if row.share == row.share else 0.0
            found[row.field] = (min(share, known), max(rows, int(row.rows)), [*ids, result.indicator.id])
    columns = (
        Column("field", "text", "Column"),
        Column("share", "share", "Filled in"),
        Column("rows", "integer", "Rows"),
        Column("needed", "text", "Needed for"),
    )
    rows = [(field_title(field), share, n, ", ".join(ids)) for field, (share, n, ids) in found.items()]
    rows = sorted((row for row in rows if row[1] < most), key=lambda row: row[1])
    if not rows:
        return None
    note = "Where an indicator looks at part of the rows only, the lowest share is shown. Under 80% is warned of."
    return Table(caption, columns, rows, (note,), id=name)


def flags(results):
    """Questions that the records raise, and how often among how many."""
    columns = (
        Column("code", "text", "Code"),
        Column("question", "text", "Question"),
        Column("fired", "integer", "Raised"),
        Column("n", "integer", "Looked at"),
        Column("share", "share", "Share"),
        Column("caveat", "text", "Bear in mind"),
    )
    rows = [
        (row.code, row.question, row.fired, row.n, row.fired / row.n if row.n else None, result.caveat)
        for result in results.values()
        for row in result.flags.itertuples()
    ]
    notes = (
        "A flag is a question, never a verdict. Codes R001 to R073 are those of the Open Contracting Partnership, "
        "which defines them; others are ours.",
    )
    return Table("Questions that the records raise", columns, rows, notes, id="flags")


def flagged(result, code, records, most=20):
    """Records that raise one question, with the file and line that they came from.

    Parameters
    ----------
    result : rdclib.indicators.IndicatorResult
    code : str
    records : rdclib.records.Records
    most : int
        Rows shown.
    """
    rows = result.sources(records)
    rows = rows[rows[f"flag {code}"]]
    columns = [Column("department", "text", "Department")]
    if "unit" in rows:
        columns.insert(0, Column("unit", "text", "What"))
    columns.append(Column("value", "number", "Value"))
    if "source_file" in rows:
        columns += [Column("source_file", "text", "File"), Column("source_row", "integer", "Line")]
    question = dict(zip(result.flags["code"], result.flags["question"], strict=True))[code]
    more = len(rows) - most
    note = f"{formats.plural(more, 'more row')} not shown." if more > 0 else ""
    return Table.from_frame(
        rows.head(most), columns, caption=f"{code}: {question}", notes=(note,), id=f"flagged-{formats.slug(code)}"
    )
