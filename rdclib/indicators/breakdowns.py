"""An indicator's rows by department, by quarter and by part."""

import numpy as np
import pandas as pd

NOT_GIVEN = "not given"


def counting(rows):
    """Which rows count: those not left out, with a value that can be read and, where it has a part in it, a weight.

    Parameters
    ----------
    rows : DataFrame
        As `rdclib.indicators.rows.rows` gives them.

    Returns
    -------
    ndarray of bool
    """
    counts = rows["left_out"].isna().to_numpy() & rows["value"].notna().to_numpy()
    return counts & rows["weight"].notna().to_numpy() if "weight" in rows else counts


def empty(name):
    """The breakdown of nothing."""
    return _frame(name, [], *np.empty((3, 0)), np.empty(0, dtype=np.int64))


def by_label(rows, counts, column, measure, small):
    """A measure for each label of a column; rows without a label come last.

    Parameters
    ----------
    rows : DataFrame
    counts : ndarray of bool
        As `counting` gives it.
    column : str
        ``department`` or ``part``.
    measure : callable
        Of `rdclib.indicators.measures`.
    small : int
        Labels with fewer records have no value.

    Returns
    -------
    DataFrame
        The column, ``value``, ``low``, ``high``, ``n``.
    """
    labels = rows[column].astype("category")
    codes = labels.cat.codes.to_numpy().astype(np.int64)
    names = np.array([*labels.cat.categories, NOT_GIVEN], dtype=object)
    if not (counts & (codes >= 0)).any():
        return empty(column)
    codes = np.where(counts, np.where(codes < 0, len(names) - 1, codes), -1)
    value, low, high, n = _measured(measure, rows, codes, len(names), small)
    there = n > 0
    return _frame(column, names[there], value[there], low[there], high[there], n[there])


def by_quarter(rows, counts, period, until, measure, small):
    """A measure for each quarter of a period that has begun by a day.

    Parameters
    ----------
    rows : DataFrame
    counts : ndarray of bool
    period : rdclib.periods.Period
    until : Timestamp
    measure : callable
    small : int

    Returns
    -------
    DataFrame
        ``quarter``, ``value``, ``low``, ``high``, ``n``; without rows where no day is known.
    """
    if "date" not in rows:
        return empty("quarter")
    dates = rows["date"].to_numpy().astype("datetime64[us]")
    if np.isnat(dates[counts]).all():
        return empty("quarter")
    quarters = [q for q in period.quarters() if pd.Timestamp(q.start) <= until]
    starts = np.array([q.start for q in quarters], dtype="datetime64[us]")
    codes = np.where(counts, np.searchsorted(starts, dates, side="right") - 1, -1)
    return _frame("quarter", [q.label for q in quarters], *_measured(measure, rows, codes, len(quarters), small))


def _measured(measure, rows, codes, k, small):
    *found, n = measure(rows, codes, k)
    return *(np.where(n >= small, values, np.nan) for values in found), n


def _frame(name, labels, value, low, high, n):
    return pd.DataFrame({name: labels, "value": value, "low": low, "high": high, "n": n}, copy=False)
