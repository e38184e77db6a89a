"""CN: how few vendors share the money, and whether new ones get in."""

import numpy as np
import pandas as pd

from rdclib import stats
from rdclib.indicators.frames import distinct
from rdclib.indicators.portfolio import vendor_money
from rdclib.indicators.rows import CannotTell, rows

# A department buys enough of something for a share to say anything. Below it one contract makes a large share.
CELL = 5  # contracts of a department in a category
RECURRING = pd.DateOffset(months=24)
NEW = pd.DateOffset(months=36)
# So many contracts from before the period, and none of them over when it began: that is no chance.
OLDER_CONTRACTS = 20


def vendor_shares(records):
    """CN01-CN04, PF04: see `rdclib.indicators.portfolio.vendor_money`."""
    return vendor_money(records)


def department_vendor_shares(records):
    """CN05: share of one vendor in a department's contracts of a category.

    Returns
    -------
    DataFrame
        One row per department, category and vendor of the period's awards: ``value`` (share of the value), flagged at
        or above the upper fence of all such shares, by number (CN05-count) and by value (CN05-value).
    """
    lines = awards(records)
    lines = lines[lines["left_out"].isna() & lines["department"].notna()]
    inside = records.inside(lines["date"])
    lines = lines[inside] if lines["date"].notna().any() else lines
    keys = ["department", "category", "vendor"]
    pairs = lines.groupby(keys, observed=True, dropna=False)["value"].agg(["size", "sum"]).reset_index()
    cells = pairs.groupby(keys[:2], observed=True, dropna=False)[["size", "sum"]].transform("sum")
    by_count, by_value = pairs["size"] / cells["size"], pairs["sum"] / cells["sum"].where(cells["sum"] > 0)
    few = cells["size"] < CELL
    count_fence = stats.tukey_fences(by_count[~few]).high
    value_fence = stats.tukey_fences(by_value[~few]).high
    return rows(
        pairs,
        value=by_value,
        unit=pairs["department"].astype(str) + " / " + pairs["vendor"].astype(str),
        leave_out={f"fewer than {CELL} contracts of the department in the category": few, "no value": by_value.isna()},
        flags={"CN05-count": by_count >= count_fence, "CN05-value": by_value >= value_fence},
        vendor=pairs["vendor"],
        category=pairs["category"],
        contracts=pairs["size"],
        share_of_contracts=by_count,
    )


def awards(records):
    """Awards, one row a contract and vendor, whatever their day."""
    lines = records.award_lines
    return rows(
        lines,
        date=lines["agreed_date"],
        value=lines["amount"],
        leave_out={
            "cancelled, pending, or an order whose master agreement is counted": lines["cancelled"],
            "other currency": lines["foreign"],
            "no amount": lines["amount"].isna(),
            "no vendor": lines["vendor"].isna(),
        },
        vendor=lines["vendor"],
        category=lines["category"],
    )


def recurring_vendors(records):
    """CN06: value awarded to vendors that had won in the 24 months before.

    Returns
    -------
    DataFrame
        One row per award: ``date``, ``value`` (amount, when the vendor had won before), ``weight`` (amount).
    """
    _history(records, RECURRING, "24 months")
    lines = awards(records)
    before = _earlier_award(lines, lines["date"] >= records.start)
    again = (lines["date"] - before) <= pd.Timedelta(days=730)
    return rows(
        lines,
        date=lines["date"],
        value=lines["value"].where(again, 0.0).where(lines["value"].notna()),
        weight=lines["value"],
        cluster=lines["vendor"],
        leave_out=_reasons(lines),
    )


def new_vendors(records):
    """CN07: vendors that win in the period without an award in the 36 months before.

    Returns
    -------
    DataFrame
        One row per vendor: ``date`` (its first award of the period), ``value`` (bool).
    """
    _history(records, NEW, "36 months")
    lines = awards(records)
    lines = lines[lines["vendor"].notna() & lines["date"].notna() & ~(lines["left_out"] == _cancelled(lines))]
    inside = records.inside(lines["date"])
    before = _earlier_award(lines, inside)
    first = lines[inside].assign(before=before[inside]).sort_values("date", kind="stable")
    first = first[~first["vendor"].duplicated()]
    new = ~((first["date"] - first["before"]) <= pd.Timedelta(days=1095))
    return rows(first, date=first["date"], value=new, unit=first["vendor"])


def _cancelled(lines):
    return lines["left_out"].cat.categories[0]


def _reasons(lines):
    return {reason: lines["left_out"] == reason for reason in lines["left_out"].cat.categories}


def _history(records, offset, words):
    """Refuse when the register begins too late for "before" to mean anything."""
    first = records.contracts["agreed_date"].min()
    if pd.isna(first) or first > records.start - offset + pd.DateOffset(months=3):
        begins = "has no dates" if pd.isna(first) else f"begins on {first:%Y-%m-%d}"
        raise CannotTell(
            f"The register {begins}. It takes the {words} before the period to tell vendors that won before from new "
            "ones; contracts of those years would make it possible."
        )
    # A register of what is in force holds older contracts too, but only those that lasted.
    c = records.contracts
    older = c["agreed_date"] < records.start
    if older.sum() >= OLDER_CONTRACTS and not (c["last_day"] < records.start).any():
        raise CannotTell(
            "No contract in the register ended before the period: it holds only what was still in force, so vendors "
            f"that won before cannot be told from new ones. Contracts of the {words} before the period, also those "
            "that have ended, would make it possible."
        )


def _earlier_award(lines, asked):
    """Day of the vendor's last award on an earlier day, for the lines asked; missing when there is none."""
    vendor = lines["vendor"].cat.codes.to_numpy().astype(np.int64)
    days = lines["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    use = (vendor >= 0) & lines["date"].notna().to_numpy() & ~(lines["left_out"] == _cancelled(lines)).to_numpy()
    key = vendor * 1_000_000 + days
    known, wanted = distinct(key[use]), np.flatnonzero(use & asked.to_numpy())
    place = np.searchsorted(known, key[wanted]) - 1
    before = known[np.maximum(place, 0)] if len(known) else key[wanted]
    same = (place >= 0) & (before // 1_000_000 == vendor[wanted])
    found = np.full(len(lines), np.datetime64("NaT"), dtype="datetime64[us]")
    found[wanted[same]] = (before[same] % 1_000_000).astype("datetime64[D]")
    return pd.Series(found, lines.index, copy=False)
