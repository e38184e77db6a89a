"""AM: how contracts change after signature, in money and in time."""

import numpy as np
import pandas as pd

from rdclib.indicators.frames import threshold
from rdclib.indicators.rows import CannotTell, rows

# Growth of a contract from which it is looked at, and from which someone above decides.
REVIEW, ESCALATE = 0.10, 0.25


def _changes(records):
    """Amendments of each contract up to today."""
    a, c = records.amendments, records.contracts
    at = a["at"].to_numpy()
    return pd.Series(np.bincount(at[at >= 0], minlength=len(c)), c.index, dtype=float)


def amendment_rate(records):
    """AM01: contracts amended at least once.

    Returns
    -------
    DataFrame
        One row per contract in force in the period: ``value`` (bool).
    """
    c, a = records.contracts, records.amendments
    at = a["at"].to_numpy()
    counted = (at >= 0) & c["in_period"].to_numpy()[at] if len(c) else at >= 0
    kinds = a["amendment_kind"][counted].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    told = "; ".join(f"{kind} {n:,}" for kind, n in kinds.items() if n)
    return rows(
        c, value=_changes(records) > 0, only=c["in_period"], note=f"Amendments by kind: {told}." if told else ""
    )


def amendments_per_contract(records):
    """AM02: amendments of each contract in force in the period; ``value`` is the number."""
    c = records.contracts
    return rows(c, value=_changes(records), only=c["in_period"])


def _growth(records):
    """Amount added since signature, without options priced at award."""
    c = records.contracts
    now = c["final_amount"].fillna(c["current_amount"])
    return now - c["options_amount"].fillna(0) - c["original_amount"]


def _growth_reasons(c):
    return {
        "other currency": c["foreign"],
        "no original amount": ~(c["original_amount"] > 0),
        "no current amount": c["final_amount"].isna() & c["current_amount"].isna(),
    }


def cost_growth(records):
    """AM03: growth of each contract's amount, without options priced at award.

    Returns
    -------
    DataFrame
        One row per contract in force in the period: ``value`` (share of the original amount); flagged above 10%
        (AM03-review) and above 25% (AM03-escalate).
    """
    c = records.contracts
    growth = _growth(records) / c["original_amount"].where(c["original_amount"] > 0)
    return rows(
        c,
        value=growth,
        only=c["in_period"],
        leave_out=_growth_reasons(c),
        flags={
            # A rounding error must not push a contract that grew by exactly 10% over the line.
            "AM03-review": (growth.round(9) > REVIEW) & ~(growth.round(9) > ESCALATE),
            "AM03-escalate": growth.round(9) > ESCALATE,
        },
    )


def portfolio_growth(records):
    """AM04: growth of all amounts together; ``value`` is the amount added, ``weight`` the original amount."""
    c = records.contracts
    growth = _growth(records)
    reasons = _growth_reasons(c)
    made = rows(
        c, value=growth, weight=c["original_amount"], cluster=c["vendor"], only=c["in_period"], leave_out=reasons
    )
    counted = made["left_out"].isna()
    share = (made["value"] / made["weight"])[counted]
    if len(share):
        made.attrs["note"] = f"Median growth of a contract: {share.median() * 100:.1f}%."
    return made


def paid_above_value(records):
    """AM05: contracts under which more was paid than they are worth.

    Returns
    -------
    DataFrame
        One row per contract with payments: ``value`` (paid over current amount), flagged above 1 (R068).
    """
    c = records.contracts
    paid = records.paid
    worth = c["current_amount"].fillna(c["amount"])
    ratio = paid / worth.where(worth > 0)
    return rows(
        c,
        value=ratio,
        only=paid.notna() & c["in_period"],
        leave_out={"other currency": c["foreign"], "no amount above zero": ~(worth > 0)},
        flags={"R068": (paid.round(2) > worth.round(2)) & (worth > 0)},
    )


def grown_past_threshold(records):
    """AM06: direct awards below the formal-bid threshold that grew to it or beyond (R054).

    Returns
    -------
    DataFrame
        One row per direct award in force in the period: ``value`` (current over threshold).
    """
    c = records.contracts
    limit = threshold(records, "formal_bid", c["agreed_date"], c["procurement_method"])
    if not limit.notna().any():
        raise CannotTell(
            "Cannot be computed: engagement.yaml gives no threshold formal_bid in force on the day of any contract. "
            "The amount of local law with the days it holds for would make it possible."
        )
    original, now = c["original_amount"], c["final_amount"].fillna(c["current_amount"])
    return rows(
        c,
        value=now / limit,
        only=(c["procurement_method"] == "direct") & c["in_period"],
        leave_out={
            "other currency": c["foreign"],
            "no threshold in force on its day": limit.isna(),
            "no original or current amount": original.isna() | now.isna(),
            "at or above the threshold from the start": original >= limit,
        },
        flags={"R054": (original < limit) & (now >= limit)},
    )


def time_growth(records):
    """AM07: growth of each contract's term.

    Returns
    -------
    DataFrame
        One row per contract in force in the period: ``value`` (share of the original term).
    """
    c = records.contracts
    term = (c["original_end_date"] - c["start_date"]).dt.days
    more = (c["last_day"] - c["original_end_date"]).dt.days
    return rows(
        c,
        value=more / term.where(term > 0),
        only=c["in_period"],
        leave_out={
            "no start or original end": term.isna(),
            "original end not after the start": term <= 0,
            "no real end date": c["last_day"].isna(),
        },
    )


def above_budget(records):
    """AM08: contracts awarded above the budget.

    Returns
    -------
    DataFrame
        One row per contract awarded: ``date`` (award), ``value`` (bool).
    """
    c = records.contracts
    over = c["amount"] > c["budget"]
    made = rows(
        c,
        date=c["agreed_date"],
        value=over,
        leave_out={
            "cancelled": c["cancelled"],
            "other currency": c["foreign"],
            "no budget above zero": ~(c["budget"] > 0),
            "no amount": c["amount"].isna(),
        },
    )
    inside = made["left_out"].isna() & over
    if c["agreed_date"].notna().any():
        inside &= records.inside(c["agreed_date"])
    if inside.any():
        overrun = ((c["amount"] - c["budget"]) / c["budget"])[inside].mean()
        made.attrs["note"] = f"Those above it exceed it by {overrun * 100:.1f}% on average."
    return made


def milestones_on_time(records):
    """AM09: milestones met by the day they were first due.

    Returns
    -------
    DataFrame
        One row per milestone due up to today: ``date`` (due), ``value`` (bool; one not met yet is late).
    """
    m, c = records.milestones.reset_index(drop=True), records.contracts
    at = records.contract_places(m["contract_id"])
    if len(c) and len(m):
        found = pd.Series(at >= 0, m.index)
        m = m.assign(department=c["department"].take(np.where(at >= 0, at, 0)).set_axis(m.index).where(found))
    return rows(
        m,
        date=m["due_date"].fillna(m["date_met"]),
        value=m["date_met"].dt.normalize() <= m["due_date"].dt.normalize(),
        leave_out={"no due date": m["due_date"].isna()},
    )
