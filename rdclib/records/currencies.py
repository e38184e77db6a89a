"""Rows whose amounts are in more than one currency: no two of them are compared or added."""

import pandas as pd

from rdclib import schemas
from rdclib.checks import Finding


def in_one_currency(frame, table, city):
    """A table in which the amounts of each row are in the one currency that the row names.

    Parameters
    ----------
    frame : DataFrame
        A table of `rdclib.schemas.TABLES`; ``award_currency`` is the currency of ``award_amount`` where that differs
        from the row's, and so on.
    table : str
    city : str
        The city's currency, in which it counts: three letters.

    Returns
    -------
    tuple of (DataFrame, list of Finding)
        Of a row with an amount in the city's currency, the amounts in that one; of any other row, those in the row's
        own, or in the one that its amounts have. The other amounts are empty; the finding says how many there were.
    """
    kinds = schemas.columns(table)
    money = [column for column, kind in kinds.items() if kind == "money"]
    own = {column: name for column in money if (name := f"{column.removesuffix('_amount')}_currency") in kinds}
    if not any(frame[name].notna().any() for name in own.values()):
        return frame, []
    row = frame["currency"].fillna(city).astype(object)
    codes = {column: frame[own[column]].astype(object).fillna(row) if column in own else row for column in money}
    named = pd.concat([codes[column].where(frame[column].notna()) for column in money], axis=1)
    # The city's currency before the row's, and that before the first that an amount of the row has.
    counted = named.bfill(axis=1).iloc[:, 0].fillna(row)
    for wanted in (row, pd.Series(city, row.index)):
        counted = counted.mask(named.eq(wanted, axis=0).any(axis=1), wanted)
    left = {column: (codes[column] != counted) & frame[column].notna() for column in money}
    changed = {column: frame[column].mask(gone) for column, gone in left.items() if gone.any()}
    named = frame["currency"].where(
        frame["currency"].isna() & (counted == city), counted.astype(frame["currency"].dtype)
    )
    whole = frame.assign(
        **changed, currency=named, **{name: frame[name].mask(frame[name].notna()) for name in own.values()}
    )
    number = sum(int(gone.sum()) for gone in left.values())
    if not number:
        return whole, []
    column, gone = next((column, gone) for column, gone in left.items() if gone.any())
    first = frame[gone].iloc[0]
    value = f"{first[column]:.2f} {codes[column][gone].iloc[0]}"
    what = "amounts in another currency than the rest of their row"
    done = "counted in their own currency in the totals of the file, and left out of comparisons and other sums"
    where = (str(first["source_file"]), int(first["source_row"]), column)
    return whole, [Finding("warning", table, *where, value, number, what, done)]
