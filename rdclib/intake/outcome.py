"""A table as it came in, and the account of what became of every line and amount."""

from dataclasses import dataclass, field

import pandas as pd

from rdclib import schemas
from rdclib.intake import reading

# The money column by which a table is summed up: the first of these that the city has.
MAIN_MONEY = {
    "contracts": ("current_amount", "original_amount", "award_amount", "ceiling_amount", "budget", "final_amount"),
    "solicitations": ("award_amount", "budget"),
    "bids": ("bid_amount", "evaluated_amount"),
    "amendments": ("amount_change",),
    "milestones": ("amount",),
    "payments": ("payment_amount",),
}


def main_money(table, columns):
    """The first of the columns given by which a table is summed up; None when there is none."""
    return next((column for column in MAIN_MONEY.get(table, ()) if column in columns), None)


@dataclass
class Amounts:
    """One money column in one currency."""

    read: float = 0.0
    accepted: float = 0.0
    set_aside: float = 0.0
    cells_unread: int = 0


@dataclass
class Account:
    """What became of one file's lines and amounts."""

    file: str
    rows_read: int = 0
    rows_accepted: int = 0
    rows_set_aside: int = 0
    rows_not_data: int = 0
    amounts: dict = field(default_factory=dict)  # column -> currency -> Amounts
    about: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Intake:
    """One table as it came in.

    Attributes
    ----------
    table : str
    frame : DataFrame
        Every column of the table in its type, on a ``RangeIndex``; rows in the order of files and lines.
    set_aside : DataFrame
        One row a line that cannot be used: file, line, column, value, reason, what would mend it, and its text.
    not_data : DataFrame
        One row a line that is no data: title, heading, total, note, blank.
    columns : dict of str to dict
        ``heading``, ``confidence``, ``missing`` (share), ``min`` and ``max`` of every column that was found.
    findings : tuple of rdclib.checks.Finding
    accounts : tuple of Account
        One a file (or sheet).
    amounts : dict
        Column -> currency -> `Amounts`, over all files.
    kept : DataFrame
        Texts of cells whose meaning reading changed or refused: file, line, column, text, reason.
    asked : tuple of (heading, {column: confidence})
        Columns that may be ours; not used until the city says so.
    unused : tuple of str
        Headings that are none of our columns.
    """

    table: str
    frame: pd.DataFrame
    set_aside: pd.DataFrame
    not_data: pd.DataFrame
    columns: dict
    findings: tuple
    accounts: tuple
    amounts: dict
    kept: pd.DataFrame
    asked: tuple = ()
    unused: tuple = ()

    @property
    def rows_read(self):
        """All lines of all files."""
        return sum(a.rows_read for a in self.accounts)

    @property
    def rows_accepted(self):
        """Lines of data that came in."""
        return sum(a.rows_accepted for a in self.accounts)

    @property
    def rows_set_aside(self):
        """Lines of data that could not be used."""
        return sum(a.rows_set_aside for a in self.accounts)

    @property
    def rows_not_data(self):
        """Titles, headings, totals, notes and blank lines."""
        return sum(a.rows_not_data for a in self.accounts)

    @property
    def main_money(self):
        """The money column by which the table is summed up, or ""."""
        return main_money(self.table, self.amounts) or ""


def join_frames(frames, table):
    """Frames of all files as one, with every column of the table."""
    kinds = schemas.columns(table)
    if not frames:
        return schemas.empty(table)
    n = sum(len(f) for f in frames)
    joined = {}
    for name, kind in kinds.items():
        if not any(name in f for f in frames):
            joined[name] = reading.absent(kind, n)
            continue
        dtype = schemas.DTYPES[kind]
        parts = [f[name].astype(dtype) if name in f else reading.absent(kind, len(f)).set_axis(f.index) for f in frames]
        joined[name] = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)
    return pd.DataFrame(joined, copy=False)


def described(values, kind, match):
    """A column's heading, confidence, gaps and range, as `Intake.columns` has them."""
    known = values.dropna()
    low = high = None
    if len(known) and kind not in ("text", "code", "choice", "yes_no"):
        low, high = known.min(), known.max()
        if kind == "date":
            low, high = low.strftime("%Y-%m-%d"), high.strftime("%Y-%m-%d")
        else:
            low, high = float(low), float(high)
    return {
        "heading": match.heading,
        "confidence": round(float(match.confidence), 2),
        "missing": round(float(values.isna().mean()), 4) if len(values) else 0.0,
        "min": low,
        "max": high,
    }


def summed(accounts):
    """Amounts of all files: column -> currency -> `Amounts`."""
    total = {}
    for account in accounts:
        for column, by_currency in account.amounts.items():
            for code, amounts in by_currency.items():
                entry = total.setdefault(column, {}).setdefault(code, Amounts())
                entry.read += amounts.read
                entry.accepted += amounts.accepted
                entry.set_aside += amounts.set_aside
                entry.cells_unread += amounts.cells_unread
    return total


# --- json --------------------------------------------------------------------------------------------------------
