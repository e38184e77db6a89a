"""Word lists that several modules share. The meaning of each word is in data/catalogue and README."""

from typing import NamedTuple

# Stages of an engagement, in the order in which a city walks through them.
STAGES = ("readiness", "assessment", "selection", "review")

# Who answers the practice questionnaire.
ROLES = ("procurement", "department", "finance", "legal", "leadership", "vendor")

# Answers that are not a level from 0 to 4.
NOT_KNOWN = "not known"
NOT_APPLICABLE = "not applicable"

# Open Contracting Data Standard, method codelist (Open Contracting Partnership, 2024).
PROCUREMENT_METHODS = ("open", "selective", "limited", "direct")
COMPETITIVE_METHODS = ("open", "selective")

SOLICITATION_STATUSES = ("planned", "active", "complete", "cancelled", "unsuccessful", "withdrawn")
BID_STATUSES = ("invited", "pending", "valid", "disqualified", "withdrawn")
CONTRACT_STATUSES = ("pending", "active", "cancelled", "terminated")

CONTRACT_TYPES = (
    "firm fixed price",
    "unit price",
    "on-call",
    "time and materials",
    "labor hour",
    "cost reimbursement",
    "incentive",
    "performance-based",
    "milestone",
    "outcome",
    "grant",
)
# Types under which the city bears the cost risk (FAR 16.104 ranks types by who does).
CITY_BEARS_COST_RISK = ("cost reimbursement", "time and materials", "labor hour")

PAYMENT_BASES = ("input", "activity", "output", "outcome")
AWARD_CRITERIA = ("price only", "price and quality", "quality only")
AMENDMENT_KINDS = ("scope", "time", "amount", "administrative", "option exercised", "renewal", "termination")

LAYERS = ("input", "activity", "output", "outcome", "impact")
TIMINGS = ("leading", "lagging")
MEASURE_TYPES = ("proportion", "rate", "count", "duration", "amount", "ratio", "score", "events", "days_between")
DUTIES = ("vendor", "city")
DIRECTIONS = ("higher", "lower", "context", "closer to", "band")
CADENCES = ("daily", "weekly", "monthly", "quarterly", "annual")

# Currencies and funds codes in use (ISO 4217).
_CURRENCY_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD
    LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
    TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XDR XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CURRENCY_CODES.split())

# Thresholds of local law that engagement.yaml may give.
THRESHOLDS = ("small_purchase", "quotes", "formal_bid")

# Past-performance levels, best first (FAR 42.1503 names five).
RATING_LEVELS = ("exceptional", "very good", "satisfactory", "marginal", "unsatisfactory")
RATING_DIMENSIONS = ("quality", "schedule", "cost control", "management", "small business and equity")

# What makes a contract deserve attention first; each is rated 0 to 4.
PRIORITY_CRITERIA = ("value", "resident impact", "strategic goal", "performance concern", "urgency", "feasibility")
# How far the weights of these criteria are agreed.
WEIGHTS_KNOWN = ("about right", "order only", "not settled")
STEP_STATUSES = ("open", "done", "dropped")


class EntryFile(NamedTuple):
    """A CSV next to engagement.yaml to which the forms add rows."""

    columns: tuple  # in the order of the file, before author and time
    needed: tuple  # those without which a row has no meaning; the others may be missing in a file made by hand


ENTRY_FILES = {
    "answers.csv": EntryFile(
        ("round", "respondent", "role", "question", "answer", "evidence", "comment"),
        ("round", "respondent", "role", "question", "answer"),
    ),
    "vendor_merges.csv": EntryFile(
        ("vendor_id", "vendor_name", "into_id", "into_name", "decision"),
        ("vendor_id", "into_id", "into_name", "decision"),
    ),
    "contract_coding.csv": EntryFile(
        ("contract_id", "coder", "is_key", "goal_text", "metrics", "metric_id", "last_data_date", "incentive_flag",
         "at_risk_amount", "meeting_date", "decision_id", "review_doc", "service_group", "goal_link"),
        ("contract_id", "coder"),
    ),
    "metric_ratings.csv": EntryFile(
        ("contract_id", "metric_id", "rater", "test", "score", "comment"),
        ("contract_id", "metric_id", "rater", "test", "score"),
    ),
    "actions.csv": EntryFile(
        ("action_id", "contract_id", "meeting_date", "topic", "finding", "action", "owner", "action_due", "status",
         "action_closed", "result"),
        ("action_id", "action", "status"),
    ),
    "vendor_ratings.csv": EntryFile(
        ("contract_id", "vendor_id", "vendor_name", "period", "dimension", "level", "evidence", "vendor_comment",
         "rater", "reviewer"),
        ("contract_id", "period", "dimension", "level", "rater"),
    ),
}  # fmt: skip
