"""What only the whole table shows: a value that is most of the total, mixed currencies, zeros, days out of order."""

import numpy as np
import pandas as pd

from rdclib import parsing, schemas
from rdclib.checks import Finding
from rdclib.intake.twins import text_of

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


def lines_of_groups(state, block):
    """Say how lines of one cell between the rows were read."""
    if groups := [(line, text) for line, kind, text in block.not_data if kind == "group"]:
        what, done = "lines of one cell between the rows", "read as headings of groups, not carried to the rows below"
        value = " | ".join(text[:60] for _, text in groups[:3])
        state.find("note", block.file, groups[0][0], "", value, len(groups), what, done)


def needed_figures(state, block, texts):
    """Say it where the column is missing that a table is about."""
    needed = {"observations": ("value", "numerator"), "payments": ("payment_amount",)}.get(state.table, ())
    if needed and not set(needed) & set(texts):
        done = f"name it in engagement.yaml under files > {state.table} > columns, such as  Total paid: {needed[0]}"
        what = f"no column that we take for the {schemas.TABLES[state.table].columns[needed[0]].title.lower()}"
        state.find("error", block.file, 0, needed[0], "", block.n, what, done)


def sums_of_others(state, block):
    """Say which rows would be counted twice."""
    if sums := sums_by_value(block):
        what = "rows whose figures are sums of other rows"
        done = "kept: take them out of the file if they count the others twice"
        value = text_of(block, sums[0])[:60]
        state.find("warning", block.file, block.lines[sums[0]], "", value, len(sums), what, done)


MOST_ROWS, MOST_COLUMNS = 3000, 80  # of a sheet in which sums are looked for
LEAST_ADDED = 2  # rows that a sum adds up, and columns in which it must
FEWEST_BESIDE = 6  # rows from which on "all but two of them" is no accident


def sums_by_value(block):
    """Rows whose figures are sums of other rows, though no word says so.

    Parameters
    ----------
    block : rdclib.intake.blocks.Block

    Returns
    -------
    list of int
        Positions among the block's rows: sums of the rows right above, of all rows below, or, where such a total
        stands in the sheet, of all its rows but one or two ("Balance of State").
    """
    if not LEAST_ADDED < block.n <= MOST_ROWS:
        return []
    cents = _cents(block)
    if len(cents) < LEAST_ADDED:
        return []
    n = block.n
    upto = np.concatenate([np.zeros((len(cents), 1), dtype=np.int64), np.cumsum(cents, axis=1)], axis=1)
    found, adding = set(), np.zeros(len(cents), dtype=bool)
    for i in range(n):
        own = cents[:, i]
        if np.count_nonzero(own) < LEAST_ADDED:
            continue
        # For every row where the sum may begin: in which columns the rows from there add up to this one.
        above = upto[:, [i]] - upto[:, : max(i - 1, 0)]
        below = upto[:, [n]] - upto[:, i + 1 : n - 1]
        same = (np.concatenate([above, below], axis=1) == own[:, None]) & (own[:, None] != 0)
        agree = same.sum(axis=0)
        if agree.max(initial=0) >= max(LEAST_ADDED, ALWAYS * np.count_nonzero(own)):
            found.add(i)
            adding |= same[:, agree.argmax()]
    return sorted(found | _all_but_two(cents[adding], found))


def _cents(block):
    """Columns of figures, in hundredths; shares of one add up to nothing."""
    found = []
    for j, seen in enumerate(block.look()):
        if seen.figures <= MOST:
            continue
        texts = parsing.missing(block.columns[j])
        values = parsing.number(texts, parsing.decimal_mark(parsing.decimal_evidence(texts)) or ".").values
        if np.nanmax(np.abs(values), initial=0) > 1:
            found.append(np.rint(np.where(np.abs(values) < 1e13, values, 0) * 100).astype(np.int64))
    return np.array(found[:MOST_COLUMNS])


def _all_but_two(cents, sums):
    """Rows that are the sum of all others but one or two, in every column in which the sheet's totals add up."""
    rows = [i for i in range(cents.shape[1]) if i not in sums]
    if len(cents) < LEAST_ADDED or len(rows) < FEWEST_BESIDE:
        return set()
    # One number a row, so that sums of rows are sums of their numbers (modulo 2**64).
    weights = np.random.default_rng(0).integers(1, 2**63, len(cents), dtype=np.uint64) | np.uint64(1)
    one = (cents.astype(np.uint64) * weights[:, None]).sum(axis=0)
    found = set()
    for i in rows:
        if np.count_nonzero(cents[:, i]) >= LEAST_ADDED:
            others = np.array([one[k] for k in rows if k != i])
            left = others.sum() - one[[i]]
            if np.isin(left, others).any() or np.isin(left - others, others).any():
                found.add(i)
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
