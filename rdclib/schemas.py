"""The tables we work with: one declared schema each, from which checks, data dictionary and templates follow.

Local names stay close to the field's; the Open Contracting Data Standard's paths are in ``ocds`` of a column's metadata
where the standard has one. Parsing comes first and coerces nothing here: a frame that reaches a schema has a
``RangeIndex`` and typed columns.
"""

from functools import cache

import pandas as pd
import pandera.pandas as pa

from rdclib import vocabulary

# How each kind of column is held in memory.
DTYPES = {
    "text": pd.StringDtype(na_value=float("nan")),
    "code": pd.StringDtype(na_value=float("nan")),  # an identifier: never a number, `06037` keeps its zero
    "choice": pd.StringDtype(na_value=float("nan")),
    "date": "datetime64[us]",
    "money": "float64",
    "number": "float64",
    "integer": "float64",  # whole numbers with missing values; a check holds them whole
    "share": "float64",
    "days": "float64",
    "yes_no": "boolean",
}


def _column(kind, title, description, *, choices=None, at_least=None, at_most=None, key=False, ocds=""):
    checks = []
    if at_least is not None:
        checks.append(pa.Check.ge(at_least))
    if at_most is not None:
        checks.append(pa.Check.le(at_most))
    if kind == "integer":
        checks.append(pa.Check(lambda s: s == s.round(), name="whole number", error="whole number"))
    if choices is not None:
        checks.append(pa.Check.isin(choices))
    return pa.Column(
        DTYPES[kind],
        checks,
        nullable=not key,
        title=title,
        description=description,
        metadata={"kind": kind, "choices": tuple(choices or ()), "key": key, "ocds": ocds},
    )


def text(title, description, **more):
    return _column("text", title, description, **more)


def code(title, description, **more):
    return _column("code", title, description, **more)


def date(title, description, **more):
    return _column("date", title, description, **more)


def money(title, description, **more):
    return _column("money", title, description, **more)


def number(title, description, **more):
    return _column("number", title, description, **more)


def integer(title, description, **more):
    return _column("integer", title, description, at_least=0, **more)


def days(title, description, **more):
    return _column("days", title, description, **more)


def yes_no(title, description, **more):
    return _column("yes_no", title, description, **more)


def choice(title, description, choices, **more):
    return _column("choice", title, description, choices=choices, **more)


# Where the standard keeps payments.
_PAID = "contracts/implementation/transactions"

LINEAGE = {
    "source_file": text("Source file", "The file that the row came from."),
    "source_row": integer("Source line", "The line of that file (sheet rows and text lines count from 1)."),
}


def _table(title, description, columns, key):
    return pa.DataFrameSchema(
        columns | LINEAGE, title=title, description=description, metadata={"key": tuple(key)}, strict=False
    )


_WHO = {
    "department": text("Department", "The unit of the city that needs the good or service.", ocds="buyer/name"),
    "category": text("Category", "What is bought, in the city's own groups.", ocds="items/classification"),
}
_VENDOR = {
    "vendor_id": code("Vendor id", "The city's number for the vendor; made from the name when the city has none."),
    "vendor_name": text("Vendor", "The vendor's name as the city writes it.", ocds="awards/suppliers/name"),
}
_METHOD = {
    "procurement_method": choice(
        "Procurement method",
        "How the vendor was found: open (anyone may bid), selective (a short list), limited (a few asked), direct.",
        vocabulary.PROCUREMENT_METHODS,
        ocds="tender/procurementMethod",
    ),
    "method_detail": text(
        "Method in local words", "The city's own name for the method.", ocds="procurementMethodDetails"
    ),
    "award_criteria": choice("Award criteria", "What decides the award.", vocabulary.AWARD_CRITERIA),
    "number_of_bids": integer(
        "Number of bids", "Bids received; missing when unknown.", ocds="tender/numberOfTenderers"
    ),
}

TABLES = {
    "contracts": _table(
        "Contracts",
        "One row a contract in one snapshot of the register.",
        {
            "contract_id": code("Contract id", "The city's number for the contract.", key=True, ocds="contracts/id"),
            "parent_contract_id": code("Master agreement", "The agreement that this is an order or renewal under."),
            "snapshot_date": date("Snapshot date", "The day the register showed this; missing means the whole period."),
            "solicitation_id": code("Solicitation id", "The solicitation that led to it.", ocds="tender/id"),
            "title": text("Title", "What the contract is for, in a line.", ocds="contracts/title"),
            **_WHO,
            **_VENDOR,
            "vendor_class": text("Vendor class", "Size, profit status or kind of vendor, in the city's words."),
            **_METHOD,
            "contract_type": choice("Contract type", "How price and risk are shared.", vocabulary.CONTRACT_TYPES),
            "type_detail": text("Type in local words", "The city's own name for the type."),
            "item_codes": text(
                "Item codes",
                "Codes of what is bought (UNSPSC, CPV, NIGP), separated by ;",
                ocds="items/classification/id",
            ),
            "payment_basis": choice("Payment basis", "What is paid for.", vocabulary.PAYMENT_BASES),
            "agreement_kind": choice(
                "Kind of agreement",
                "A single contract, a master agreement, or an order under one.",
                ("single", "master", "order"),
            ),
            "funding_source": text("Funding source", "Where the money comes from."),
            "cooperative_purchase": yes_no("Cooperative purchase", "Bought through another body's contract."),
            "requisition_date": date("Requisition date", "The day the department asked for it."),
            "posted_date": date("Posted", "The day bids were first asked for.", ocds="tender/tenderPeriod/startDate"),
            "bid_deadline": date("Bid deadline", "The last moment for a bid.", ocds="tender/tenderPeriod/endDate"),
            "award_date": date("Award date", "The day the award was decided.", ocds="awards/date"),
            "signed_date": date("Signed", "The day it was signed or registered.", ocds="contracts/dateSigned"),
            "start_date": date("Start", "The first day of the term.", ocds="contracts/period/startDate"),
            "base_end_date": date("End of base term", "Last day before any option or extension."),
            "original_end_date": date("Original end", "The last day as first agreed."),
            "end_date": date("Current end", "The last day as it stands now.", ocds="contracts/period/endDate"),
            "end_date_open": yes_no(
                "Open-ended", "The register names no real end, or one so far away that it means none."
            ),
            "closed_date": date("Closed", "The day it was closed out."),
            "option_end_date": date("End with all options", "The last day if every option is used."),
            "option_notice_date": date("Option notice due", "The last day to tell the vendor that an option is used."),
            "last_competition_date": date("Last competed", "The last day this service was opened to competition."),
            "budget": money("Budget", "What the city expected to pay, before bids.", ocds="planning/budget/amount"),
            "budget_currency": code("Currency of budget", "Three letters, where it differs from the row's."),
            "award_amount": money("Award amount", "The amount awarded.", ocds="awards/value/amount"),
            "award_currency": code("Currency of award", "Three letters, where it differs from the row's."),
            "original_amount": money("Original amount", "The contract amount as first signed."),
            "current_amount": money(
                "Current amount", "The contract amount with amendments.", ocds="contracts/value/amount"
            ),
            "options_amount": money(
                "Exercised options", "Part of the current amount that comes from options priced at award."
            ),
            "ceiling_amount": money("Ceiling", "The most that may be paid."),
            "final_amount": money("Final amount", "What was paid in the end.", ocds="implementation/finalValue"),
            "final_currency": code("Currency of final amount", "Three letters, where it differs from the row's."),
            "paid_to_date": money("Paid to date", "Payments up to the snapshot."),
            "at_risk_amount": money("Amount at risk", "The part of the amount that depends on results.", at_least=0),
            "currency": code("Currency", "Three letters, for example USD.", ocds="value/currency"),
            "status": choice(
                "Status", "Where the contract stands.", vocabulary.CONTRACT_STATUSES, ocds="contracts/status"
            ),
            "service_group": text("Service group", "Contracts for the same service share a word here."),
            "place": text("Place", "District or site."),
            "change_reason": text("Reason for change", "Why term or amount changed.", ocds="amendments/rationale"),
            "url": text("Link", "Where the contract can be read."),
        },
        ("contract_id", "snapshot_date"),
    ),
    "contract_vendors": _table(
        "Vendors of contracts",
        "One row a vendor of a contract, for contracts with several vendors.",
        {
            "contract_id": code("Contract id", "The contract.", key=True),
            **_VENDOR,
            "vendor_share": _column(
                "share", "Share", "The vendor's part of the amount, 0 to 1.", at_least=0, at_most=1
            ),
            "role": choice("Role", "Prime or subcontractor.", ("prime", "sub")),
        },
        ("contract_id", "vendor_id"),
    ),
    "solicitations": _table(
        "Solicitations",
        "One row a call for bids or proposals.",
        {
            "solicitation_id": code("Solicitation id", "The city's number for it.", key=True, ocds="tender/id"),
            "title": text("Title", "What was asked for.", ocds="tender/title"),
            **_WHO,
            **_METHOD,
            "requisition_date": date("Requisition date", "The day the department asked for it."),
            "planned_post_date": date("Planned posting", "The day it was planned to be posted."),
            "posted_date": date("Posted", "The day it was posted.", ocds="tender/tenderPeriod/startDate"),
            "bid_deadline": date("Bid deadline", "The last moment for a bid.", ocds="tender/tenderPeriod/endDate"),
            "award_date": date("Award date", "The day the award was decided.", ocds="awards/date"),
            "signed_date": date("Signed", "The day the contract was signed."),
            "solicitation_status": choice(
                "Status", "Where it stands.", vocabulary.SOLICITATION_STATUSES, ocds="tender/status"
            ),
            "budget": money("Budget", "What the city expected to pay.", ocds="tender/value/amount"),
            "award_amount": money("Award amount", "The amount awarded.", ocds="awards/value/amount"),
            "award_currency": code("Currency of award", "Three letters, where it differs from the row's."),
            "currency": code("Currency", "Three letters."),
        },
        ("solicitation_id",),
    ),
    "bids": _table(
        "Bids",
        "One row a bidder in a solicitation (or lot).",
        {
            "solicitation_id": code("Solicitation id", "The solicitation.", key=True),
            "bid_id": code(
                "Bid id", "The city's number for the bid; made from solicitation, bidder and lot when there is none."
            ),
            "lot": code("Lot", "The lot, when there are several."),
            "bidder_id": code("Bidder id", "The vendor's number.", ocds="bids/details/tenderers/id"),
            "bidder_name": text("Bidder", "The vendor's name.", ocds="bids/details/tenderers/name"),
            "bidder_certification": text(
                "Certification", "Minority-, women-owned or other certification; 'none' when checked."
            ),
            "bid_amount": money("Bid amount", "The price offered.", ocds="bids/details/value/amount"),
            "evaluated_amount": money("Evaluated amount", "The price after evaluation."),
            "evaluated_currency": code("Currency of evaluation", "Three letters, where it differs from the bid's."),
            "currency": code("Currency", "Three letters."),
            "bid_received_date": date("Received", "When the bid arrived.", ocds="bids/details/date"),
            "bid_status": choice("Status", "What became of it.", vocabulary.BID_STATUSES, ocds="bids/details/status"),
            "won": yes_no("Won", "This bid received the award."),
        },
        ("solicitation_id", "bidder_id", "lot"),
    ),
    "amendments": _table(
        "Amendments",
        "One row a change to a contract after signature.",
        {
            "contract_id": code("Contract id", "The contract.", key=True),
            "amendment_id": code("Amendment id", "The city's number for the change."),
            "amendment_date": date("Date", "The day it was agreed.", ocds="amendments/date"),
            "amendment_kind": choice("Kind", "What it changed.", vocabulary.AMENDMENT_KINDS),
            "amount_change": money("Change of amount", "Added (or taken off) by this amendment."),
            "new_end_date": date("New end", "The current end after it."),
            "change_reason": text("Reason", "Why.", ocds="amendments/rationale"),
        },
        ("contract_id", "amendment_id"),
    ),
    "milestones": _table(
        "Milestones",
        "One row a milestone of a contract.",
        {
            "contract_id": code("Contract id", "The contract.", key=True),
            "milestone_id": code("Milestone id", "Number or name.", ocds="milestones/id"),
            "title": text("Title", "What is to be reached."),
            "due_date": date("Due", "The day it was first due.", ocds="milestones/dueDate"),
            "date_met": date("Met", "The day it was accepted.", ocds="milestones/dateMet"),
            "amount": money("Amount", "Paid on acceptance."),
        },
        ("contract_id", "milestone_id"),
    ),
    "payments": _table(
        "Payments",
        "One row a line paid.",
        {
            "payment_id": code("Payment id", "Voucher, cheque or invoice number.", ocds=f"{_PAID}/id"),
            "payment_date": date("Payment date", "The day it was paid.", ocds=f"{_PAID}/date"),
            "payment_amount": money(
                "Amount", "Paid; credits are negative.", ocds=f"{_PAID}/value/amount;{_PAID}/amount/amount"
            ),
            "currency": code("Currency", "Three letters.", ocds=f"{_PAID}/value/currency;{_PAID}/amount/currency"),
            "contract_id": code(
                "Contract id",
                "The contract it was paid under; missing when the file carries none.",
                ocds="contracts/id",
            ),
            **_VENDOR,
            **_WHO,
            "description": text("Description", "What it was for."),
            "fund": text("Fund", "Fund, in the city's words."),
            "account": text("Account", "Account or object code."),
            "invoice_date": date("Invoice received", "The day the invoice arrived."),
            "invoice_terms_days": days("Terms", "Days allowed for payment.", at_least=0),
            "subpayment_amount": money("Paid to subcontractors", "Verified payments to subcontractors from this line."),
            "exclusion_flag": yes_no("Not addressable", "Payroll, debt service, taxes, transfers: no procurement."),
        },
        ("source_file", "source_row"),
    ),
    "vendors": _table(
        "Vendors",
        "One row a vendor.",
        {
            "vendor_id": code("Vendor id", "The city's number for the vendor.", key=True),
            "vendor_name": text("Vendor", "Name."),
            "vendor_address": text("Address", "Headquarters or remittance address, one kind for all."),
            "vendor_place": text("City", "City of that address."),
            "vendor_certification": text(
                "Certification", "Minority-, women-owned or other certification; 'none' when checked."
            ),
            "tax_id": code("Tax id", "Tax number."),
            "phone": code("Phone", "Phone number."),
        },
        ("vendor_id",),
    ),
    "observations": _table(
        "Observations",
        "One row a metric's value for a vendor (or site, or group) and a period.",
        {
            "metric_id": code("Metric id", "The metric: an id of the catalogue or of the city's own list.", key=True),
            "contract_id": code("Contract id", "The contract."),
            **_VENDOR,
            "site": text("Site", "Place of service."),
            "stratum": text("Stratum", "Group of people or kind of case within the metric."),
            "stratum_kind": text("Kind of stratum", "What the groups are: age, district, call type."),
            "period_start": date("From", "First day of the period."),
            "period_end": date("To", "Last day of the period."),
            "value": number("Value", "The result, in the metric's unit."),
            "numerator": number("Numerator", "Events, or the sum above the line."),
            "denominator": number("Denominator", "Cases, or the sum below the line."),
            "low": number("Published low", "Lower end of an interval that came with the value."),
            "high": number("Published high", "Upper end of an interval that came with the value."),
            "adjusted": yes_no("Adjusted", "The value was already adjusted by a model before it came to us."),
            "target": number("Target", "Target for that period, in the metric's unit."),
            "target_low": number(
                "Target band from", "Lower end of a target band, where both too little and too much miss it."
            ),
            "target_high": number("Target band to", "Upper end of a target band."),
            "suppressed": yes_no("Suppressed", "The value was withheld because too few people are behind it."),
            "received_date": date("Received", "The day the value reached the city."),
        },
        ("metric_id", "contract_id", "vendor_id", "site", "stratum", "period_start"),
    ),
    "cases": _table(
        "Cases",
        "One row a case (a pseudonym, never a name) and its path through the service.",
        {
            "case_id": code("Case", "A pseudonym.", key=True),
            "contract_id": code("Contract id", "The contract."),
            **_VENDOR,
            "case_kind": text("Kind of case", "Type of request or client."),
            "referred_date": date("Referred", "The day of referral or request."),
            "enrolled_date": date("Enrolled", "The day it was taken on."),
            "served_date": date("Served", "The day service was first given."),
            "outcome_date": date("Outcome", "The day the outcome was reached."),
            "target_date": date("Target date", "The day by which it was to be done."),
            "closed_date": date("Closed", "The day the case was closed, with or without an outcome."),
            "on_time": yes_no("On time", "The publisher's own flag."),
            "group": text("Group", "Group of people, where lawfully held."),
            "place": text("Place", "District or neighborhood."),
        },
        ("case_id",),
    ),
}

# Filled in through the workbook, not sent by the city; kept as CSV beside engagement.yaml.
CONTRACT_CODING = _table(
    "Contract coding",
    "One row a contract read by a person (the newest row of a coder counts).",
    {
        "contract_id": code("Contract id", "The contract.", key=True),
        "coder": text("Coder", "Who read it."),
        "is_key": yes_no("Key contract", "The city decided that it deserves attention."),
        "goal_text": text("Outcome goal", "The goal as the contract states it."),
        "metrics": text("Outcome metrics", "Outcome metrics that have definition, baseline and target; separated by ;"),
        "metric_id": text("Metrics", "All metrics in the contract; separated by ;"),
        "last_data_date": date("Last data", "The day performance data last arrived."),
        "incentive_flag": yes_no("Incentive", "Bonus, holdback, outcome fee or renewal trigger."),
        "at_risk_amount": money("Amount at risk", "The part of the amount that depends on results."),
        "meeting_date": date("Last review meeting", "The last documented data review with the vendor."),
        "decision_id": text("Last decision", "Renewal, award or expansion decided in the last year."),
        "review_doc": text("Written review", "The vendor-performance review behind that decision."),
        "service_group": text("Service group", "Contracts for the same service share a word here."),
        "goal_link": integer("Strategic goal", "How closely it serves a goal of the city, 0 to 4.", at_most=4),
    },
    ("contract_id", "coder"),
)

ACTIONS = _table(
    "Actions",
    "One row an action agreed in a review (the newest row of an action counts).",
    {
        "action_id": code("Action", "Number of the action.", key=True),
        "contract_id": code("Contract id", "The contract."),
        "meeting_date": date("Meeting", "The day it was agreed."),
        "topic": text("Topic", "What was talked about."),
        "finding": text("Finding", "What the data showed."),
        "action": text("Action", "What is to be done."),
        "owner": text("Owner", "Who does it."),
        "action_due": date("Due", "The day by which it is to be done."),
        "status": text("Status", "Open or done."),
        "action_closed": date("Closed", "The day it was done."),
        "result": text("Result", "What came of it."),
    },
    ("action_id",),
)
VENDOR_RATINGS = _table(
    "Vendor ratings",
    "One row a rating of a vendor in a period and dimension (the newest row of a rater counts).",
    {
        "contract_id": code("Contract id", "The contract.", key=True),
        **_VENDOR,
        "period": text("Period", "The fiscal year or quarter that is rated."),
        "dimension": text("Dimension", "What is rated."),
        "level": text("Level", "One of the five levels of past performance."),
        "evidence": text("Evidence", "What the rating rests on."),
        "vendor_comment": text("Vendor's comment", "What the vendor says to it."),
        "rater": text("Rater", "Who rated."),
        "reviewer": text("Reviewer", "Who looked at it one level up, above all where the vendor disagrees."),
    },
    ("contract_id", "vendor_id", "period", "dimension", "rater"),
)
# Table -> its schema, for the files that the workbook writes.
WORKBOOK_TABLES = {"coding": CONTRACT_CODING, "actions": ACTIONS, "vendor_ratings": VENDOR_RATINGS}


@cache
def columns(table):
    """Kind of every column of a table.

    Parameters
    ----------
    table : str
        A key of ``TABLES`` or ``WORKBOOK_TABLES``.

    Returns
    -------
    dict of str to str
        Column name to kind (a key of ``DTYPES``), in the declared order.
    """
    schema = (TABLES | WORKBOOK_TABLES)[table]
    return {name: column.metadata["kind"] for name, column in schema.columns.items()}


def empty(table):
    """A frame of no rows with every column of the table in its type."""
    return pd.DataFrame({name: pd.Series(dtype=DTYPES[kind]) for name, kind in columns(table).items()})
