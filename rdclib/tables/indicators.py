"""Indicators, their coverage and their questions, as tables."""

from rdclib import formats
from rdclib.indicators import field_title
from rdclib.tables.table import Column, Interval, Table, Value

READING = {"good": "good", "between": "in between", "poor": "poor", "": ""}
TENTATIVE = "not read: too little is known"
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


# What the parts of an indicator are.
PARTS = {
    "EX01": "time until the end",
    "CP01": "method",
    "CT01": "method",
    "TY01": "contract type",
    "TY03": "payment basis",
    "IN01": "threshold",
    "CP08": "who",
    "VD01": "certification",
    "VD04": "side",
}
PARTS |= dict.fromkeys(("CN01", "CN02", "CN03", "CN04", "PF04", "CP15", "IN05"), "category")
MOST_PARTS = 12  # of a mix; with more of them, none is named under the table
_NAMED_PARTS = 6


def indicators(results, group=""):
    """Value, interval, base, gaps and reading of each indicator that could be computed.

    Below the table each has a note: its threshold with the source, what to bear in mind, and what its records say of
    themselves.

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
    )
    rows = [
        (
            f"{r.indicator.id} {r.indicator.name}",
            Value(r.value, r.kind),
            Interval(r.low, r.high, r.kind),
            r.n,
            left_out(r),
            reading(r),
        )
        for r in shown
    ]
    alike = {}
    for r in shown:
        for remark in filter(None, (r.note, *r.warnings)):
            alike.setdefault(remark, []).append(r.indicator.id)
    own = {r.indicator.id: [remark for remark, ids in alike.items() if ids == [r.indicator.id]] for r in shown}
    notes = [f"{r.indicator.id}: {' '.join([_guide(r), *own[r.indicator.id]])}" for r in shown]
    # What several say alike is said once.
    notes += [f"{', '.join(ids)}: {remark}" for remark, ids in alike.items() if len(ids) > 1]
    missing = sum(not r.computed and group in ("", r.indicator.group) for r in results.values())
    if missing:
        notes.append(
            f"{formats.plural(missing, 'indicator')} of this group cannot be computed; the list below says why."
        )
    caption = _NAMES.get(group, "All indicators")
    currency = shown[0].currency if shown else ""
    return Table(caption, columns, rows, notes, id=f"indicators-{formats.slug(group or 'all')}", currency=currency)


def _guide(result):
    """Threshold with its source, caveat, and the parts of a mix."""
    parts = [_threshold(result), result.caveat]
    # The parts of completeness are columns, which have a table of their own.
    if 0 < len(result.by_part) <= MOST_PARTS and result.indicator.id != "PF05":
        parts.append(f"By {PARTS.get(result.indicator.id, 'kind')}: {_parts(result)}")
    said = [part[:1].upper() + part[1:].rstrip(".") + "." for part in parts if part]
    return " ".join(said)


def _parts(result):
    """What a mix is made of: ``unit price 42%, on-call 20%``."""
    parts = result.by_part.sort_values("value", ascending=False, kind="stable")
    first = parts.head(_NAMED_PARTS)
    words = [
        f"{part} {formats.value(value, result.kind, result.currency)}"
        for part, value in zip(first["part"], first["value"], strict=True)
    ]
    return ", ".join(words) + (f", and {len(parts) - len(first)} more" if len(parts) > len(first) else "")


def left_out(result):
    """Records left out, by reason: ``cancelled: 19; no bid count: 12``."""
    return "; ".join(f"{reason}: {formats.integer(n)}" for reason, n in result.left_out.items())


def reading(result):
    """Where a value lies by its threshold, and whether its interval does too."""
    if result.computed and result.tentative and (result.indicator.good_if or result.indicator.poor_if):
        return TENTATIVE
    word = READING[result.verdict]
    if word and result.low == result.low and not result.verdict_sure:
        return f"{word}, not certain"
    return word


def _threshold(result):
    item = result.indicator
    said = item.threshold.removeprefix("none").removeprefix("; ")
    return f"{said} ({item.threshold_source})" if said and item.threshold_source else said


def breakdown(result, by="department"):
    """One indicator by department, by fiscal quarter or by part; None when there is nothing to break down.

    Parameters
    ----------
    result : rdclib.indicators.IndicatorResult
    by : str
        ``department``, ``quarter`` or ``part``.
    """
    if not result.computed or not len(getattr(result, f"by_{by}")):
        return None
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
    """Indicators that the data cannot answer, and which column would make them possible; one row a reason."""
    columns = (Column("indicator", "text", "Indicator"), Column("why", "text", "What is missing"))
    waiting = {}
    for r in results.values():
        if not r.computed:
            waiting.setdefault(r.note, []).append(f"{r.indicator.id} {r.indicator.name}")
    rows = [("; ".join(names), why) for why, names in waiting.items()]
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
    return _coverage(results, "How complete the columns are", "coverage", lambda share, rows: True)


def incomplete_columns(results):
    """The columns that an indicator needs and that are filled in for under 95% of rows; None without any.

    Columns without any value, or of tables that the city did not send, are not gaps: `not_computed` names what they
    would make possible.

    Parameters
    ----------
    results : dict of str to rdclib.indicators.IndicatorResult

    Returns
    -------
    Table or None
    """
    return _coverage(
        results, "Columns with gaps", "columns-with-gaps", lambda share, rows: rows and 0 < share < NEARLY_COMPLETE
    )


def _coverage(results, caption, name, wanted):
    found = {}
    for result in results.values():
        for row in result.coverage:
            share, rows, ids = found.get(row.field, (1.0, 0, []))
            known = row.share if row.share == row.share else 0.0
            found[row.field] = (min(share, known), max(rows, row.rows), [*ids, result.indicator.id])
    columns = (
        Column("field", "text", "Column"),
        Column("share", "share", "Filled in"),
        Column("rows", "integer", "Rows"),
        Column("needed", "text", "Needed for"),
    )
    rows = [
        (field_title(field), share, n, ", ".join(ids)) for field, (share, n, ids) in found.items() if wanted(share, n)
    ]
    rows.sort(key=lambda row: row[1])
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
        for row in result.flags.itertuples(index=False)
    ]
    notes = (
        "A flag is a question, never a verdict. Codes R001 to R073 are those of the Open Contracting Partnership, "
        "which defines them; others are ours.",
    )
    return Table("Questions that the records raise", columns, rows, notes, id="flags")


def breakdowns(results, by="department"):
    """Every indicator by department or by fiscal quarter, in one table; None when nothing can be broken down.

    Parameters
    ----------
    results : dict of str to rdclib.indicators.IndicatorResult
    by : str
        ``department`` or ``quarter``.
    """
    columns = (
        Column("indicator", "text", "Indicator"),
        Column(by, "text", by.capitalize()),
        Column("value", "text", "Value"),
        Column("interval", "text", "95% interval"),
        Column("n", "integer", "Records"),
    )
    rows = [
        (f"{r.indicator.id} {r.indicator.name}", part, Value(value, r.kind), Interval(low, high, r.kind), n)
        for r in results.values()
        if r.computed
        for part, value, low, high, n in getattr(r, f"by_{by}")[[by, "value", "low", "high", "n"]].itertuples(
            index=False, name=None
        )
    ]
    if not rows:
        return None
    currency = next(iter(results.values())).currency
    return Table(f"Indicators by {by}", columns, rows, id=f"indicators-by-{by}", currency=currency)


def records_in_question(results, records, most=10):
    """Records that raise a question, code by code, with the file and line that they came from; None without any.

    Parameters
    ----------
    results : dict of str to rdclib.indicators.IndicatorResult
    records : rdclib.records.Records
    most : int
        Records shown of each question.
    """
    columns = (
        Column("code", "text", "Code"),
        Column("unit", "text", "What"),
        Column("department", "text", "Department"),
        Column("value", "number", "Value"),
        Column("source", "text", "File and line"),
    )
    rows, more = [], []
    for result in results.values():
        for code in result.flags.loc[result.flags["fired"] > 0, "code"]:
            raised = result.flagged(code)
            if len(raised) > most:
                more.append(f"{code} {len(raised):,}")
            rows += [
                (code, row.get("unit"), row.get("department"), row.get("value"), _source(row))
                for row in result.sources(raised.head(most), records).to_dict("records")
            ]
    if not rows:
        return None
    note = f"The first {most} of each are shown; in all there are: {', '.join(more)}." if more else ""
    return Table("Records behind the questions", columns, rows, (note,), id="records-in-question")


def _source(row):
    file, line = row.get("source_file"), row.get("source_row")
    if formats.missing(file):
        return None
    return file if formats.missing(line) else f"{file}, line {line:.0f}"
