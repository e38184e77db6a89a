"""What only the whole table shows: a value that is most of the total, mixed currencies, zeros, days out of order."""

import numpy as np
import pandas as pd

from rdclib import schemas
from rdclib.checks import Finding

MOST = 0.5  # a single value above this share of the total
FEWEST = 20  # rows below which a big share is no surprise
ALWAYS = 0.9  # share of rows in which a zero target beside a result says that there is no target
# Pairs of days that come in this order in every procurement.
ORDERS = {
    "contracts": (("posted_date", "bid_deadline"), ("posted_date", "award_date"), ("start_date", "end_date")),
    "solicitations": (("posted_date", "bid_deadline"), ("posted_date", "award_date"), ("bid_deadline", "award_date")),
    "cases": (("referred_date", "closed_date"), ("referred_date", "served_date")),
    "observations": (("period_start", "period_end"),),
    "payments": (("invoice_date", "payment_date"),),
    "milestones": (),
}


def findings(frame, table):
    """Remarks on a whole table; a few cells are emptied in ``frame`` where they are known to mean nothing.

    Parameters
    ----------
    frame : DataFrame
        The table, ours to change.
    table : str

    Returns
    -------
    list of Finding
    """
    found = []
    kinds = schemas.columns(table)

    def find(severity, column, mask, what, done, value=""):
        rows = np.flatnonzero(mask)
        first = frame.iloc[rows[0]] if len(rows) else None
        if not value and len(rows):
            value = " | ".join(dict.fromkeys(_say(v) for v in frame[column].iloc[rows[:3]]))
        file = first["source_file"] if first is not None else ""
        row = int(first["source_row"]) if first is not None else 0
        found.append(Finding(severity, table, file, row, column, value, len(rows), what, done))

    if not len(frame):
        return found
    _unknown_zeros(frame, table, find)
    for column, kind in kinds.items():
        if kind != "money":
            continue
        values = frame[column].abs()
        total = values.sum()
        n = int(values.notna().sum())
        if n >= FEWEST and values.max() > MOST * total:
            what = f"one value is {values.max() / total:.0%} of the total"
            find("warning", column, values == values.max(), what, "kept; check it before you trust a sum")
    if "currency" in kinds:
        codes = frame["currency"].dropna().value_counts()
        if len(codes) > 1:
            value = " | ".join(f"{code}: {count}" for code, count in codes.head(6).items())
            what = f"amounts in {len(codes)} currencies"
            find(
                "warning",
                "currency",
                frame["currency"].ne(codes.index[0]).fillna(False),
                what,
                "kept apart; sums are made within a currency",
                value,
            )
    if table == "observations":
        turned = (frame["target_low"] > frame["target_high"]).to_numpy()
        if turned.any():
            find("warning", "target_low", turned, "above target_high", "taken as the upper end; check both")
    for first, second in ORDERS.get(table, ()):
        wrong = (frame[first] > frame[second]).to_numpy(copy=True)
        if wrong.any():  # a time of day tells nothing beside a day without one
            wrong[wrong] = frame.loc[wrong, first].dt.normalize() > frame.loc[wrong, second].dt.normalize()
        if wrong.any():
            find(
                "warning",
                second,
                wrong,
                f"earlier than '{schemas.TABLES[table].columns[first].title}'",
                "kept; check both days",
            )
    return found


def _unknown_zeros(frame, table, find):
    if table in ("contracts", "solicitations"):
        zero = frame["number_of_bids"] == 0
        if table == "solicitations":
            # Nobody may have bid: that is an answer unless an award followed.
            zero &= (
                frame["award_date"].notna() | frame["award_amount"].gt(0) | frame["solicitation_status"].eq("complete")
            )
        zero = zero.to_numpy(dtype=bool, na_value=False)
        if zero.any():
            what = "zero bids for something that was awarded: not known"
            find("warning", "number_of_bids", zero, what, "left empty")
            frame.loc[zero, "number_of_bids"] = np.nan
    if table == "observations":
        zero = frame["target"].eq(0)
        if zero.any():
            beside = frame["value"].notna() & frame["value"].ne(0)
            of_metric = pd.DataFrame({"metric": frame["metric_id"], "zero": zero, "beside": beside})
            share = of_metric[zero].groupby("metric")["beside"].mean()
            none = zero & frame["metric_id"].map(share).ge(ALWAYS)
            none = none.to_numpy(dtype=bool, na_value=False)
            if none.any():
                what = "zero as a target beside results that are never zero: no target"
                find("warning", "target", none, what, "left empty")
                frame.loc[none, "target"] = np.nan


def _say(value):
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    return f"{value:g}" if isinstance(value, float) else str(value)
