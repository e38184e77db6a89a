"""The pages of a contract that say what is measured and paid: schedule, RFP section, and the vendors' data sheet."""

import dataclasses
import datetime
import html

from rdclib import figures, formats, schemas, tables
from rdclib.documents.excel import Workbook
from rdclib.documents.word import word
from rdclib.selection.series import FEWEST_POINTS
from rdclib.tables import Column

# Days from the end of a period to the vendor's report, unless the contract says otherwise.
REPORT_DAYS = 20
_UNKNOWN = "[to be filled in]"
_REPORTED = (
    "metric_id", "contract_id", "vendor_name", "site", "stratum_kind", "stratum", "period_start", "period_end",
    "numerator", "denominator", "value", "suppressed",
)  # fmt: skip
_HELP = {
    "metric_id": "Choose a metric of the schedule. Its definition is on the sheet Definitions.",
    "stratum_kind": "What the groups are, for example age or district. Leave empty for the total.",
    "stratum": "The group, for a row about one group. Leave empty for the total.",
    "numerator": "What is counted, for this period only.",
    "denominator": "Over what it is counted, for this period only. Nobody is dropped from it afterwards.",
    "value": "Only for metrics without numerator and denominator, such as a median number of days.",
    "suppressed": "yes, when the number is held back because too few people are behind it.",
}


def metric_schedule(selection):
    """The metric schedule as an exhibit of the contract.

    Parameters
    ----------
    selection : rdclib.selection.Selection

    Returns
    -------
    bytes
        An editable .docx file.
    """
    body = [
        _p(f"Contract: {_contract(selection)}"),
        _p(
            f"Prepared from data up to {formats.date(selection.as_of)}. "
            + ("" if selection.decided else "The metrics are proposed; nobody has decided on them yet. ")
            + "Have counsel read this exhibit before it becomes part of a contract."
        ),
        *_to_mend(selection, "Before anybody signs"),
        "<h2>Purpose</h2>",
        *_purpose(selection),
        "<h2>Metrics</h2>",
        tables.metric_schedule(selection).html(),
        tables.definitions(selection).html(),
        "<h2>Baselines and targets</h2>",
        tables.baselines(selection).html(),
        *_to_collect(selection),
        "<h2>What the city owes</h2>",
        *_duties(selection),
        "<h2>Data</h2>",
        *_data(selection),
        "<h2>Review</h2>",
        *_review(selection),
        "<h2>Payment for results</h2>",
        *_payment(selection),
        "<h2>Changes</h2>",
        _p(
            "A definition, target or weight changes only in writing, signed by both sides, with the day from which it "
            "holds. A new definition starts a new baseline. A target is not raised within the term because it was "
            "reached."
        ),
        "<h2>Signatures</h2>",
        _signatures(),
    ]
    return word("\n".join(body), title=f"Metric schedule: {_title(selection)}", as_of=selection.as_of, landscape=True)


def rfp_section(selection):
    """The section of a request for proposals on performance and payment.

    Parameters
    ----------
    selection : rdclib.selection.Selection

    Returns
    -------
    bytes
        An editable .docx file.
    """
    body = []
    if selection.recommendation.is_advice:
        body.append(_p(f"Not ready to be issued: {selection.recommendation.contract_type.rule.row['advice']}"))
    body += [
        *_to_mend(selection, "Before this is issued"),
        "<h2>Why the city is buying this</h2>",
        *_purpose(selection),
        figures.logic_model(selection).html("png"),
        "<h2>Results that the city and the vendor will watch</h2>",
        _p(
            "These few results are reviewed together. Other reports are not asked for unless law or a funder requires "
            "them."
        ),
        _without(tables.metric_schedule(selection), ("segments", "paid")).html(),
        tables.definitions(selection).html(),
        *_to_collect(selection),
        "<h2>What the city will do</h2>",
        *_duties(selection),
        "<h2>How we will work together</h2>",
        *_review(selection),
        *_data(selection),
        "<h2>Contract type and payment</h2>",
        *_contract_type(selection),
        *_payment(selection),
        "<h2>What proposers are asked</h2>",
        _list(
            [
                "Which result can you reach for these people, by when, and what does your own record show?",
                "Which of these metrics would you define otherwise, and why?",
                "Where are the data kept that each metric needs, and how soon after a month ends are they complete?",
                "Whom is it hardest to serve well, and how will you make sure that they are not left out?",
                "What do you need from the city, and by when, to reach these results?",
                "How would the payment proposed here change what you do? What would you propose instead?",
            ]
        ),
    ]
    return word("\n".join(body), title=f"Performance and payment: {_title(selection)}", as_of=selection.as_of)


def reporting_template(selection):
    """The sheet that vendors fill in, with drop-down lists; `rdc intake` reads it back.

    Parameters
    ----------
    selection : rdclib.selection.Selection

    Returns
    -------
    bytes
        An .xlsx file; the sheet "Observations" comes first.
    """
    book = Workbook(f"Data report: {_title(selection)}", selection.as_of)
    observed = schemas.TABLES["observations"].columns
    kinds = {name: observed[name].metadata["kind"] for name in _REPORTED}
    columns = [
        Column(name, kind if kind in formats.KINDS else "text", observed[name].title) for name, kind in kinds.items()
    ]
    vendor = selection.contract.vendor
    start, end = _next_month(selection.as_of)
    first = [
        [line.metric.id, selection.contract.id, vendor, "", "", "", start, end, None, None, None, ""]
        for line in selection.lines
        if line.metric.duty != "city"
    ]
    choices = {"metric_id": [line.metric.id for line in selection.lines]}
    groups = sorted({part.strip() for line in selection.lines for part in line.segments.split(";") if part.strip()})
    if groups:
        choices["stratum_kind"] = groups
    if vendor:
        choices["vendor_name"] = [vendor]
    book.form("Observations", columns, first, choices=choices, help=_HELP, currency=selection.currency)
    book.words(
        "How to fill it in",
        [
            f"Data report for {_contract(selection)}",
            "One row is one metric in one period: the total first, then one row for each group where the schedule "
            "asks for groups.",
            "Give numerator and denominator as counts. Give a value only for metrics without them.",
            f"Send the sheet within {REPORT_DAYS} days after the period ends. Correct an earlier period by sending "
            "its row again; the newest row counts.",
            f"Where a group has fewer than {selection.smallest_group} people, leave the numbers empty and write yes "
            "under the last heading.",
            "Never write names, birth dates or addresses of people into this workbook.",
        ],
    )
    book.table("Definitions", tables.definitions(selection))
    return book.bytes()


def selection_files(selection):
    """All files of the selection by name.

    Parameters
    ----------
    selection : rdclib.selection.Selection

    Returns
    -------
    dict of str to bytes
    """
    stem = formats.slug(selection.contract.id or selection.city)
    return {
        f"{stem}-metric-schedule.docx": metric_schedule(selection),
        f"{stem}-rfp-performance-and-payment.docx": rfp_section(selection),
        f"{stem}-vendor-data-report.xlsx": reporting_template(selection),
    }


# --- parts that both documents share ---


def _purpose(selection):
    parts = [_p(selection.problem or f"{_UNKNOWN}: the problem as residents meet it, with numbers.")]
    parts.append(_p(f"For whom: {selection.population or _UNKNOWN}."))
    goals = [
        f"{goal.goal}. Residents would notice: {goal.residents or _UNKNOWN}."
        for goal in selection.goals
    ] or [f"{_UNKNOWN}: at least three goals, each with what residents would notice."]  # fmt: skip
    return [*parts, _list(goals)]


def _to_collect(selection):
    if not selection.first_steps:
        return []
    return [
        _p(
            "For the following metrics nobody has a baseline yet. Until "
            f"{formats.plural(FEWEST_POINTS, 'period')} are collected, reporting them in full and on time is the "
            "duty, and no target is set."
        ),
        tables.first_data(selection).html(),
    ]


def _duties(selection):
    named = [f"{line.metric.name}: {line.metric.definition}" for line in selection.lines if line.metric.duty == "city"]
    return [
        _p("The vendor cannot reach these results alone. The city answers for the following, and reports it as well."),
        _list(
            [
                *named,
                "A named contract manager, with a deputy, who answers written questions within five working days.",
                "Payment of proper invoices within the contract's terms.",
                "The data that the vendor needs from the city, on the dates agreed.",
            ]
        ),
    ]


def _data(selection):
    groups = sorted({part.strip() for line in selection.lines for part in line.segments.split(";") if part.strip()})
    shown = f" Results are also reported by {formats.listing(groups)}." if groups else ""
    return [
        _p(
            f"The vendor reports each metric in the city's data sheet within {REPORT_DAYS} days after the period ends, "
            f"numerator and denominator apart.{shown} Groups of fewer than {selection.smallest_group} people are not "
            "published. Names of clients are never part of a report."
        ),
        _p(
            "The city may check reported records against their source documents, at least 20 of them a quarter, drawn "
            "at random. Both sides see the same charts before each review."
        ),
    ]


def _review(selection):
    monthly = any(line.metric.cadence in ("daily", "weekly", "monthly") for line in selection.lines)
    often = "monthly, and weekly during the first two months" if monthly else "quarterly"
    return [
        _p(
            f"City and vendor review the metrics together {often}: actions due, the metrics, one topic in depth, "
            "decisions. Each action has an owner and a date. The vendor's time for these meetings is an allowable "
            "cost. The review serves to solve problems together; a single point that moves is no breach."
        )
    ]


def _contract_type(selection):
    row = selection.recommendation.contract_type.rule.row
    if selection.recommendation.is_advice:
        return [_p(f"{row['name']}. {row['why']}")]
    return [
        _p(f"{row['name']}: the city pays {row['city_pays']}. Cost risk lies with {row['cost_risk']}. {row['why']}"),
        _p(f"The contract provides for: {row['safeguards']}"),
    ]


def _payment(selection):
    rule = selection.recommendation.payment.rule
    parts = [_p(f"{rule.name}. {rule.row['then']} {rule.row['why']}")]
    paid = [line for line in selection.lines if line.paid]
    if paid and rule.id != "P0":
        parts.append(_p(f"Metrics with money on them: {formats.listing(line.metric.name for line in paid)}."))
    if selection.at_risk[1] > 0:
        span = formats.interval(*selection.at_risk, "money", selection.currency)
        parts.append(_p(f"Amount that depends on results: {span} a year."))
    if rule.id == "P0" and paid:
        names = formats.listing(line.metric.name for line in paid)
        parts.append(_p(f"Until this changes, no payment depends on {names}, although the draft set marks it as paid."))
    for add_on, _ in selection.recommendation.add_ons:
        parts.append(_p(f"{add_on.name}. {add_on.row['then']}"))
    for warning in selection.recommendation.warnings:
        parts.append(_p(f"Warning: {warning.name.lower()}. {warning.row['then']}"))
    if rule.id != "P0" and selection.designs:
        parts += [_p("Terms, by period of payment; results in the unit of the metric:"), _list(_designs(selection))]
    parts.append(
        _p(
            "Whatever the design: money withheld is released, lapses or rolls over as the contract states; a result "
            "that was not reported earns nothing; and no vendor is paid for dropping people from a count."
        )
    )
    return parts


def _signatures():
    """Lines to sign on; no table of results, so that its cells stay empty."""
    head = "".join(f'<th scope="col">{word}</th>' for word in ("Agreed", "Name and title", "Signature", "Date"))
    rows = "".join(
        f'<tr><th scope="row">{side}</th><td>&nbsp;</td><td>&nbsp;</td><td>&nbsp;</td></tr>'
        for side in ("For the city", "For the vendor")
    )
    return f"<table><caption>Signatures</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _to_mend(selection, heading):
    """What must change first, at the very top."""
    names = {line.metric.id: line.metric.name for line in selection.lines}
    points = [
        f"{violation.rule['rule']}" + (f" ({', '.join(violation.metrics)})" if violation.metrics else "")
        for violation in selection.violations
    ]
    points += [
        f"{concern.metric_id} {names[concern.metric_id]}: {concern.kind}"
        for concern in selection.concerns
        if concern.metric_id in names and concern.kind in ("outside natural limits", "vague")
    ]
    if not points:
        return []
    return [
        f"<h2>{heading}</h2>",
        _p("This draft still breaks the following; the workbook says why."),
        _list(points),
    ]


def _designs(selection):
    """Payment designs that were chosen, term by term."""
    return [
        f"{design.name} ({design.kind}{', on ' + design.metric_id if design.metric_id else ''}): "
        + "; ".join(f"{term.replace('_', ' ')} {_term(value)}" for term, value in design.terms.items())
        for design in selection.designs
    ]


def _term(value):
    if isinstance(value, tuple):
        return ", ".join(formats.number(part) for part in value)
    return value if isinstance(value, str) else formats.number(value)


def _title(selection):
    return selection.contract.title or selection.contract.id or selection.city


def _contract(selection):
    contract = selection.contract
    if not contract.id:
        return f"{selection.city}, {_UNKNOWN}"
    vendor = f", {contract.vendor}" if contract.vendor else ""
    return f"{selection.city}, {contract.title or _UNKNOWN} ({contract.id}){vendor}"


def _next_month(day):
    start = (day.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
    return start, (start + datetime.timedelta(days=32)).replace(day=1) - datetime.timedelta(days=1)


def _without(table, names):
    """Give a table without some columns, for an upright page; the text says what they hold."""
    kept = [k for k, column in enumerate(table.columns) if column.name not in names]
    rows = tuple(tuple(row[k] for k in kept) for row in table.rows)
    return dataclasses.replace(table, columns=tuple(table.columns[k] for k in kept), rows=rows)


def _p(text):
    return f"<p>{html.escape(formats.line(text))}</p>"


def _list(items):
    return f"<ul>{''.join(f'<li>{html.escape(formats.line(item))}</li>' for item in items)}</ul>"
