"""Every line and every amount of a file accounted for, against a second pass over its raw text."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rdclib import parsing, schemas
from rdclib.intake import audit, wide
from rdclib.intake import headings as heads
from rdclib.intake.outcome import MAIN_MONEY, Amounts
from rdclib.intake.twins import text_of

NO_CURRENCY = "XXX"  # ISO 4217: no currency is named
CENT = 0.005
_TEXT = schemas.DTYPES["text"]


def second_pass(state, block):
    """The second pass over a big text: every money column in one go, beside the first pass."""
    data, delimiter = block.reread
    wanted = {c: [at] for c, (at, _) in state.sure[id(block)].items() if state.kinds.get(c) == "money"}
    marks = {c: state.notation.mark_of(block, c)[0] or "." for c in wanted}
    skip = {line for line, _, _ in block.not_data} | {line for line, _, _, _ in block.aside}
    return audit.from_bytes(data, delimiter, wanted, marks, skip)


def settle(state, account, block, frame, read, lines, rows, kept, stacked, sure):
    """Account for a file's rows and amounts, and give each row of ``frame`` its currency."""
    if rows is None:
        account.rows_accepted = int(kept.sum())
        account.rows_set_aside += int((~kept).sum())
    else:  # a wide row came in when one of its values did, and blank ones hold no data
        came = np.zeros(block.n, dtype=bool)
        came[rows[kept]] = True
        lost = np.zeros(block.n, dtype=bool)
        lost[rows[~kept]] = True
        account.rows_accepted = int(came.sum())
        account.rows_set_aside += int((lost & ~came).sum())
        none = np.flatnonzero(~came & ~lost)
        account.rows_not_data += len(none)
        state.not_data += [(block.file, int(block.lines[i]), "blank", text_of(block, int(i))) for i in none.tolist()]
    given = pa.array(frame["currency"]) if "currency" in frame else None
    skip = {line for line, _, _ in block.not_data} | {line for line, _, _, _ in block.aside}
    for column, result in read.items():
        if state.kinds[column] != "money":
            continue
        places = wide.places(sure, stacked, column)
        _money(state, account, block, column, result, given, kept, places, sure, skip)
    if "currency" in state.kinds:
        base = _default_currency(state, block, sure)
        main = next((column for column in MAIN_MONEY.get(state.table, ()) if column in read), "")
        own = f"{main.removesuffix('_amount')}_currency"
        if "currency" not in frame and own in frame:  # a file that names a currency for its main amount alone
            frame["currency"] = frame[own]
        if "currency" in frame:
            codes = frame["currency"].str.upper()
            codes = codes.replace(parsing.CURRENCY_SIGNS).where(lambda c: c.str.fullmatch("[A-Z]{3}"))
            odd = frame["currency"].notna() & codes.isna()
            if odd.any():
                value = " | ".join(frame.loc[odd, "currency"].unique()[:3])
                what, done = "words that are no currency", "read as the city's own currency"
                state.find(
                    "warning", block.file, lines[np.flatnonzero(odd)[0]], "currency", value, odd.sum(), what, done
                )
            frame["currency"] = codes.fillna(base if base != NO_CURRENCY else np.nan)
        elif base != NO_CURRENCY:
            frame["currency"] = pd.array(pa.repeat(pa.scalar(base, pa.large_string()), len(frame)), dtype=_TEXT)
        for column in MAIN_MONEY.get(state.table, ()):
            if column in read and read[column].currency is not None:
                own = pd.Series(pd.array(pc.cast(read[column].currency, pa.large_string()), dtype=_TEXT))
                frame["currency"] = own.fillna(frame["currency"]) if "currency" in frame else own
                break


def _default_currency(state, block, sure):
    for column in MAIN_MONEY.get(state.table, ()):
        if column in sure and (found := heads.currency_of(block.headings[sure[column][0]])):
            return found
    return state.currency


def _money(state, account, block, column, result, given, kept, positions, sure, skip):
    amounts = result.amounts
    base = heads.currency_of(block.headings[positions[0]]) or state.currency
    own_at = sure.get(f"{column.removesuffix('_amount')}_currency")
    named_at = [at[0] for at in (own_at, sure.get("currency")) if at is not None]
    codes = None
    if named_at or result.currency is not None:
        codes = pd.Series([None] * len(amounts), dtype=object)
        # An amount may have a currency of its own beside it; where that is blank, it is in the row's.
        texts = [parsing.as_text(block.columns[own_at[0]])] if own_at is not None else []
        for named in (*texts, given):
            if named is not None and len(named) == len(amounts):
                words = pd.Series(named.to_pylist(), dtype=object).str.strip().str.upper()
                words = words.map(
                    lambda c: c if isinstance(c, str) and len(c) == 3 and c.isalpha() else parsing.CURRENCY_SIGNS.get(c)
                )
                codes = codes.where(codes.notna(), words)
        if result.currency is not None:
            named = pd.Series(result.currency.to_pylist(), dtype=object)
            codes = named.where(named.notna(), codes)
        codes = codes.where(codes.notna(), base).to_numpy()
    use = ~np.isnan(amounts)
    left = use & np.isnan(result.values.to_numpy())  # known for what it is, and left out
    by_currency = account.amounts.setdefault(column, {})
    for code in [base] if codes is None else sorted(set(codes[use].tolist())):
        mine = use if codes is None else use & (codes == code)
        entry = by_currency.setdefault(code, Amounts())
        entry.accepted += float(amounts[mine & kept & ~left].sum())
        entry.set_aside += float(amounts[mine & ~(kept & ~left)].sum())
    entry = by_currency.setdefault(base, Amounts()) if not by_currency else next(iter(by_currency.values()))
    # A line that cannot be taken apart may hold an amount that nobody can read.
    entry.cells_unread += int(result.refused.sum()) + len(block.aside)
    open_marks = any("either way" in why for why in result.kept)
    again = None if open_marks else _again(state, block, column, positions, base, named_at, skip)
    if again is not None:
        again = {code: value * result.scale for code, value in again.items()}
    for code, entry in by_currency.items():
        if again is None:
            entry.read = entry.accepted + entry.set_aside
            continue
        entry.read = again.pop(code, 0.0)
        if abs(entry.read - entry.accepted - entry.set_aside) > max(CENT, 1e-9 * abs(entry.read)):
            what = "amounts do not add up: the second pass over the raw text gives another sum"
            ours = entry.accepted + entry.set_aside
            done = f"read {entry.read:.2f}, accounted {ours:.2f} {code}; do not use this column"
            state.find("error", block.file, 0, column, "", 1, what, done)
    for code, value in (again or {}).items():
        if value:
            by_currency[code] = Amounts(read=value)
            what = "amounts do not add up: the second pass over the raw text gives another sum"
            done = f"read {value:.2f}, accounted 0.00 {code}; do not use this column"
            state.find("error", block.file, 0, column, "", 1, what, done)


def _again(state, block, column, positions, base, named_at, skip):
    """Sums from the second pass, by currency."""
    mark = state.notation.mark_of(block, column)[0]
    if block.reread is None:
        rows = zip(*[c.to_pylist() for c in block.columns], strict=True)
        sums = audit.from_rows(rows, positions, mark, named_at, base, parsing.CURRENCY_SIGNS)
        return sums.totals()
    data, delimiter = block.reread
    if block.regular and not named_at:
        sums, records = state.again.result()
        if records != block.n:
            what = "the second pass over the raw text counts other rows"
            state.find("error", block.file, 0, "", "", abs(records - block.n), what, "ask for the file again")
        return {base: sums[column][0]}
    span = (int(block.lines.min()), int(block.lines.max()))
    rows = audit.reread_rows(data, delimiter, span, skip, block.about.get("open_quotes", ()))
    return audit.from_rows(rows, positions, mark, named_at, base, parsing.CURRENCY_SIGNS).totals()
