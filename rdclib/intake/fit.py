"""Which of our tables a block of a city's file is, by its headings and what stands below them."""

import re

from rdclib import schemas
from rdclib.intake import headings as heads
from rdclib.intake import wide

# Without one column of each group a sheet is not this table.
NEEDED = {
    "contracts": (
        {"contract_id", "title", "vendor_name"},
        {
            "original_amount", "current_amount", "award_amount", "ceiling_amount", "final_amount",
            "start_date", "end_date", "number_of_bids",
        },
        {
            "contract_id", "title", "solicitation_id", "award_date", "signed_date", "start_date", "end_date",
            "number_of_bids",
        },
    ),
    "contract_vendors": ({"contract_id"}, {"vendor_name", "vendor_id"}, {"vendor_share", "role"}),
    "solicitations": ({"solicitation_id", "title"}, {"posted_date", "bid_deadline", "solicitation_status", "budget"}),
    "bids": ({"bidder_name", "bidder_id"}, {"bid_amount", "won", "bid_status", "bid_received_date"}),
    "amendments": ({"contract_id"}, {"amendment_id", "amendment_kind"}, {"amount_change", "amendment_date"}),
    "milestones": ({"contract_id"}, {"milestone_id", "title"}, {"due_date", "date_met"}),
    "payments": (
        {"payment_amount"},
        {"payment_date", "payment_id", "invoice_date", "account", "fund"},
        {"vendor_name", "vendor_id", "contract_id"},
    ),
    "vendors": ({"vendor_name"}, {"vendor_address", "vendor_place", "tax_id", "phone", "vendor_certification"}),
    "observations": (
        {"value", "numerator"},
        {"metric_id", "period_start", "site", "vendor_name", "vendor_id", "stratum"},
    ),
    "cases": ({"case_id"}, {"referred_date", "enrolled_date", "served_date", "closed_date"}),
}  # fmt: skip
MOSTLY = 0.8  # share of cells with two decimals from which numbers look like money
LEAST, CLEARLY = 1.0, 1.15  # score that a table needs, and how far it must lie before the next
# Columns of ours that another table has to know more, before a sheet of measures is that one with unknown amounts.
MORE_COLUMNS = 2
OF_MONEY = ("contracts", "solicitations", "bids", "amendments", "payments")


def clearly(scores):
    """The table that fits clearly best, or ""."""
    best = sorted(scores.items(), key=lambda pair: -pair[1])
    if not best or best[0][1] < LEAST or (len(best) > 1 and best[0][1] < CLEARLY * best[1][1]):
        return ""
    return best[0][0]


def scores(block):
    """How well each table fits a block: its columns, each worth more the fewer tables know the heading.

    Parameters
    ----------
    block : rdclib.intake.blocks.Block

    Returns
    -------
    dict of str to float
        Only tables that have the columns without which they are not.
    """
    found, knows = {}, {}
    if not block.n:
        return found
    by_measure = False
    for table in schemas.TABLES:
        sure, asked = heads.recognise(block.headings, block.own, block.look(), table)
        knows[table] = len(sure)
        stacked = wide.plan(block, sure, table)
        # A day that has to be asked for is there all the same.
        kinds = schemas.columns(table)
        open_days = {column for _, candidates in asked for column in candidates if kinds.get(column) == "date"}
        columns = _columns(sure, stacked, table) | open_days
        if any(not group & columns for group in NEEDED[table]):
            continue
        if table == "observations" and stacked:
            by_measure = all(part["period"] is None for part in stacked)
        found[table] = _score(block, table, sure, stacked)
    # Numbers without a name of ours are measures only where no other table knows what stands beside them.
    if by_measure and max(knows[table] for table in OF_MONEY) >= knows["observations"] + MORE_COLUMNS:
        del found["observations"]
    return found


def _columns(sure, stacked, table):
    columns = set(sure)
    if {"year", "month"} <= columns or any(part["period"] for part in stacked):
        columns.add("period_start" if table == "observations" else "payment_date")
    return columns.union(*(part["positions"] for part in stacked))


def _score(block, table, sure, stacked):
    score = 0.0
    for at, match in sure.values():
        knowing = sum(1 for other in schemas.TABLES if _knows(other, block.headings[at], block.own[at]))
        score += match.confidence * (0.25 + 0.75 / max(knowing, 1))
    # A measure is what no other table has a name for; amounts with a sign are money.
    at = [part["positions"].get("value", part["positions"].get("payment_amount")) for part in stacked]
    at = [j for j in at if j is not None]
    score += 0.5 * min(sum(1 for j in at if not heads.is_known(block.own[j])), 6)
    at += [sure["value"][0]] if "value" in sure else []
    if table == "observations" and any(_looks_like_money(block.look()[j].some) for j in at):
        score /= 4
    # A sheet of which a table understands little is likelier another one's.
    filled = sum(1 for seen in block.look() if seen.filled) or 1
    understood = len({at for at, _ in sure.values()} | {p for s in stacked for p in s["positions"].values()})
    return round(score * (0.5 + 0.5 * min(understood / filled, 1)), 3)


# Cents, and an amount of thousands among them.
_CENTS, _BIG = re.compile(r"-?[\d.,' ]*\d[.,]\d\d"), re.compile(r"\d[\d.,' ]*\d{3}[.,]\d\d$")


def _looks_like_money(cells):
    """Whether cells carry a sign of money, or nearly all have two decimals and some are of thousands."""
    if any(set("$€£") & set(cell) for cell in cells):
        return True
    cents = sum(bool(_CENTS.fullmatch(cell)) for cell in cells)
    return cents >= MOSTLY * len(cells) and any(_BIG.search(cell) for cell in cells)


def _knows(table, heading, own):
    """Whether a table is sure to have a heading."""
    return any(score >= heads.SURE for score in heads.by_heading(heading, own, table).values())
