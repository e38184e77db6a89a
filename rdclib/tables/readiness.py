"""What came in, what was found in it, and what can be computed, as tables."""

from rdclib import schemas
from rdclib.readiness import called
from rdclib.tables.table import Column, Table, Value

_SEVERITY = {"error": "to mend", "warning": "to look at", "note": "good to know"}


def _title(table):
    return schemas.TABLES[table].title if table in schemas.TABLES else table


def files_read(readiness):
    """Every line of every file: used, set aside, or no data.

    Parameters
    ----------
    readiness : rdclib.readiness.Readiness
    """
    columns = (
        Column("file", "text", "File"),
        Column("table", "text", "Table"),
        Column("read", "integer", "Lines read"),
        Column("accepted", "integer", "Used"),
        Column("set_aside", "integer", "Set aside"),
        Column("not_data", "integer", "No data"),
        Column("share", "share", "Used, of the lines of data"),
    )
    return Table.from_frame(
        readiness.files.assign(table=readiness.files["table"].map(_title)),
        columns,
        caption="What became of every line",
        notes=(
            "Lines read = used + set aside + no data. No data: titles, headings, totals, notes and blank lines.",
            "A sound source has at least 99% of its lines of data used.",
        ),
        id="files-read",
    )


def amounts_read(readiness):
    """Every amount of every money column: used or set aside, beside a second reading of the raw text."""
    columns = (
        Column("table", "text", "Table"),
        Column("column", "text", "Column"),
        Column("currency", "text", "Currency"),
        Column("read", "number", "In the files"),
        Column("accepted", "number", "Used"),
        Column("set_aside", "number", "Set aside"),
        Column("unread", "integer", "Cells that are no amount"),
        Column("agrees", "yes_no", "Adds up"),
    )
    frame = readiness.amounts
    names = [
        schemas.TABLES[table].columns[column].title
        for table, column in zip(frame["table"], frame["column"], strict=True)
    ]
    return Table.from_frame(
        frame.assign(table=frame["table"].map(_title), column=names),
        columns,
        caption="What became of every amount",
        notes=(
            "“In the files” is added up by a second, separate reading of the raw text; it adds up when it is the same "
            "as used and set aside together.",
        ),
        id="amounts-read",
        row_header=1,
    )


def data_findings(readiness):
    """Remarks on the data, the gravest first, each with what was done."""
    columns = (
        Column("what", "text", "What was found"),
        Column("severity", "text", "Weight"),
        Column("where", "text", "Where"),
        Column("count", "integer", "Cells or lines"),
        Column("value", "text", "For example"),
        Column("done", "text", "What was done, and what would mend it"),
    )
    rows = [
        (f.what, _SEVERITY[f.severity], _where(f), f.count or None, f.value or None, f.done) for f in readiness.findings
    ]
    return Table("Remarks on the data", columns, rows, id="data-findings")


def _where(finding):
    schema = schemas.TABLES.get(finding.table)
    column = schema.columns[finding.column].title if schema and finding.column in schema.columns else finding.column
    line = f"{finding.file}, line {finding.row}" if finding.file and finding.row else finding.file
    return "; ".join(part for part in (_title(finding.table), column, line) if part)


def rows_set_aside(readiness):
    """Lines of data that could not be used, one row a file and reason; None when all were used."""
    columns = (
        Column("file", "text", "File"),
        Column("count", "integer", "Lines"),
        Column("reason", "text", "Why they were set aside"),
        Column("example", "text", "The first of them"),
        Column("fix", "text", "What would mend it"),
    )
    rows = [
        (row.file, row.lines, row.reason, _example(row), row.fix) for row in readiness.set_aside.itertuples(index=False)
    ]
    if not rows:
        return None
    note = "Line by line they are in rejects.xlsx, which  rdc check  writes, to correct and send again."
    return Table("Lines that were set aside", columns, rows, notes=(note,), id="rows-set-aside")


def _example(row):
    where = f"line {row.row:.0f}"
    value = row.value if isinstance(row.value, str) else ""
    return f"{where}: {row.column} {value}".rstrip() if isinstance(row.column, str) and row.column else where


def data_dictionary(readiness):
    """Which heading of the city's became which column, how full it is, and from where to where it runs."""
    columns = (
        Column("title", "text", "Column"),
        Column("table", "text", "Table"),
        Column("heading", "text", "The city's heading"),
        Column("filled", "share", "Filled in"),
        Column("low", "text", "Lowest"),
        Column("high", "text", "Highest"),
    )
    rows = [
        (row.title, _title(row.table), row.heading, row.filled, _end(row.low), _end(row.high))
        for row in readiness.coverage.itertuples()
    ]
    return Table(
        "Columns as they were read",
        columns,
        rows,
        notes=("“Made by us” stands where the files have no such column and it follows from others.",),
        id="data-dictionary",
    )


def _end(x):
    """Where a column begins or ends: days are written out already, numbers are not."""
    return Value(x, "number") if isinstance(x, float) else x


def columns_asked(readiness):
    """Headings that may be one of our columns, not used until the city says so; None when there are none."""
    columns = (
        Column("heading", "text", "The city's heading"),
        Column("table", "text", "Table"),
        Column("column", "text", "May be"),
        Column("confidence", "share", "How sure"),
    )
    rows = [
        (heading, _title(table), schemas.TABLES[table].columns[column].title, confidence)
        for table, intake in readiness.intakes.items()
        for heading, candidates in intake.asked
        for column, confidence in candidates.items()
    ]
    if not rows:
        return None
    return Table(
        "Columns that we ask about",
        columns,
        rows,
        notes=("None of these is used until somebody who knows the file decides.",),
        id="columns-asked",
    )


def not_ready(readiness):
    """Indicators that cannot be computed, and what would make them possible."""
    columns = (Column("id", "text", "Indicator"), Column("name", "text", "Name"), Column("why", "text", "Why not"))
    rows = [(key, readiness.names[key], reason) for key, reason in readiness.not_computable.items()]
    return Table("What cannot be computed yet", columns, rows, id="not-ready")


def wanted_columns(readiness):
    """Columns that the city could still send, those that make most indicators possible first."""
    columns = (
        Column("column", "text", "Column"),
        Column("count", "integer", "Indicators that wait for it"),
        Column("ids", "text", "Which"),
    )
    rows = [(column, len(ids), ", ".join(ids)) for column, ids in readiness.wanted]
    return Table("What to ask the city for next", columns, rows, id="wanted-columns")


def payment_links(links, *, currency):
    """Vendors whose payments name no contract and who have exactly one; None when there are none.

    Parameters
    ----------
    links : DataFrame
        As `rdclib.readiness.payment_links` gives it.
    currency : str
    """
    if not len(links):
        return None
    columns = (
        Column("vendor", "text", "Vendor"),
        Column("contract_id", "text", "Its only contract"),
        Column("title", "text", "Title"),
        Column("payments", "integer", "Payments without a number"),
        Column("amount", "money", "Amount"),
    )
    return Table.from_frame(
        links,
        columns,
        caption="Payments that may belong to a contract",
        notes=("They are linked when somebody confirms it in the form; that can be taken back.",),
        id="payment-links",
        currency=currency,
    )


def duplicate_vendors(pairs):
    """Vendors that are probably one, likeliest first.

    Parameters
    ----------
    pairs : DataFrame
        As `rdclib.readiness.duplicate_vendors` gives it.
    """
    columns = (
        Column("name", "text", "Vendor"),
        Column("other", "text", "Probably the same"),
        Column("why", "text", "Why"),
        Column("likeness", "share", "Likeness of the names"),
        Column("rows", "integer", "Lines"),
        Column("other_rows", "integer", "Lines of the other"),
    )
    return Table.from_frame(
        pairs.assign(
            likeness=pairs["score"] / 100,
            name=[called(*vendor) for vendor in zip(pairs["name"], pairs["name_id"], strict=True)],
            other=[called(*vendor) for vendor in zip(pairs["other"], pairs["other_id"], strict=True)],
        ),
        columns,
        caption="Vendors that may be one",
        notes=("They count as two until somebody confirms in the form that they are one; that can be taken back.",),
        id="duplicate-vendors",
    )
