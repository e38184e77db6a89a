"""Workbooks that travel between a city and us: an empty template, and the rows that were set aside."""

from rdclib import schemas
from rdclib.documents.excel import Workbook
from rdclib.formats import plural
from rdclib.tables import Column, Table

# The tables that a city fills in; the others follow from them or come from other systems.
TEMPLATE_TABLES = (
    "contracts",
    "solicitations",
    "bids",
    "amendments",
    "milestones",
    "payments",
    "vendors",
    "observations",
    "cases",
)
EXAMPLE = "example"
_EXAMPLES = {
    "date": "2024-07-01",
    "money": 125000.0,
    "number": 12.5,
    "integer": 3,
    "share": 0.25,
    "days": 30,
    "yes_no": "yes",
}
_WORDS = {
    "contract_id": "C-0001",
    "parent_contract_id": "M-0001",
    "solicitation_id": "S-0001",
    "vendor_id": "V-0001",
    "vendor_name": "Example Paving, Inc.",
    "bidder_id": "V-0001",
    "bidder_name": "Example Paving, Inc.",
    "department": "Public Works",
    "category": "Street maintenance",
    "title": "Resurfacing of main streets",
    "currency": "USD",
    "metric_id": "calls answered in 15 seconds",
    "case_id": "P00001",
}


def template(city, as_of):
    """An empty workbook for a city without exports: a sheet a table, drop-downs, notes, an example row.

    Parameters
    ----------
    city : str
    as_of : datetime.date
        The day that the file's properties carry.

    Returns
    -------
    bytes
        An .xlsx file; `rdc intake` reads it back, and leaves the example rows out.
    """
    book = Workbook(f"Contract data of {city}", as_of)
    book.words(
        "Read me",
        (
            f"Contract data of {city}",
            "One sheet a table; fill in what you have and leave the rest empty. Every column says what belongs in it.",
            "The first row below the headings is an example. Leave it or delete it: rows that begin with the word "
            f"'{EXAMPLE}' are never read.",
            "Dates as year-month-day. Amounts as plain numbers. Identifiers as text, so that 06037 keeps its zero.",
            "Never enter a person's name in the sheet Cases: a pseudonym is enough.",
        ),
    )
    for table in TEMPLATE_TABLES:
        schema = schemas.TABLES[table]
        names = [name for name in schema.columns if name not in schemas.LINEAGE]
        columns = [Column("row", "text", "Row")]
        columns += [Column(name, _kind(schema.columns[name]), schema.columns[name].title) for name in names]
        meta = {name: schema.columns[name].metadata for name in names}
        choices = {name: m["choices"] for name, m in meta.items() if m["choices"]}
        notes = {name: schema.columns[name].description for name in names}
        notes["row"] = "Leave this empty in your own rows."
        example = [EXAMPLE, *(_example(name, meta[name]) for name in names)]
        book.form(schema.title, columns, [example], choices=choices, help=notes)
    return book.bytes()


def _kind(column):
    kind = column.metadata["kind"]
    return "text" if kind in ("code", "choice") else kind


def _example(name, meta):
    if meta["choices"]:
        return meta["choices"][0]
    if meta["kind"] in ("text", "code"):
        return _WORDS.get(name, "")
    return _EXAMPLES[meta["kind"]]


def rejects(intakes, city, as_of):
    """The rows that were set aside, each with what would mend it, so that the city can correct and resend them.

    Parameters
    ----------
    intakes : dict of str to rdclib.intake.Intake
    city : str
    as_of : datetime.date

    Returns
    -------
    bytes
        An .xlsx file with a sheet a table that has such rows.
    """
    book = Workbook(f"Rows set aside, {city}", as_of)
    book.words(
        "Read me",
        (
            f"Rows set aside, {city}",
            "These lines of your files were not used. Each says why, and what would mend it.",
            "Correct them in your own system or file, and send that file again; the others need not be sent.",
        ),
    )
    columns = (
        Column("source_file", "text", "File"),
        Column("source_row", "integer", "Line"),
        Column("column", "text", "Column"),
        Column("value", "text", "Value"),
        Column("reason", "text", "Why it was set aside"),
        Column("fix", "text", "What would mend it"),
        Column("text", "text", "The whole line"),
    )
    for table, intake in intakes.items():
        if not len(intake.set_aside):
            continue
        rows = tuple(tuple(row) for row in intake.set_aside[[c.name for c in columns]].itertuples(index=False))
        title = schemas.TABLES[table].title
        book.table(title, Table(f"{title}: {plural(len(rows), 'row')} set aside", columns, rows, id=f"rejects-{table}"))
    return book.bytes()
