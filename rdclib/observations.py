"""Observations as what was measured: of each result the newest, and the whole where only groups were sent."""

import re

import numpy as np
import pandas as pd

# Measures that may be added up over sites and groups as they are.
ADDITIVE = ("count", "amount")


def per(unit):
    """How many a rate is counted by: 1,000 for ``complaints per 1,000 trips``; None where the unit does not say."""
    found = re.search(r"per ([\d,]+)", unit)
    return float(found.group(1).replace(",", "")) if found else None


def summable(rows):
    """Rows of counts or amounts with their value as numerator, where they have no denominator.

    A value with a denominator, such as the cost of a lane-mile, is a ratio and adds up over nothing.
    """
    return rows.assign(numerator=rows["numerator"].fillna(rows["value"].where(rows["denominator"].isna())))


def received_last(rows, keys):
    """Of rows that are the same in some columns, the one received last; of several without a day the last one.

    Parameters
    ----------
    rows : DataFrame
        With ``received_date``.
    keys : list of str

    Returns
    -------
    DataFrame
        In the order of receipt, with ``again``: there is an earlier row, which this one replaces.
    """
    rows = rows.assign(again=rows.duplicated(keys, keep=False))
    return rows.sort_values("received_date", kind="stable", na_position="first").drop_duplicates(keys, keep="last")


def totals(rows, additive=False):
    """What a vendor's rows come to in each period: the whole, else the sum over its strata.

    Parameters
    ----------
    rows : DataFrame
        Each result once, as `received_last` gives them.
    additive : bool
        Counts and amounts may be added up without denominators.

    Returns
    -------
    DataFrame
        ``rows`` themselves where there are no strata.
    """
    if rows["stratum"].isna().all():
        return rows
    whole = rows[rows["stratum"].isna()]
    parts = rows[rows["stratum"].notna()]
    parts = parts[~parts["period_start"].isin(whole["period_start"])]
    if parts.empty:
        return whole
    # Strata of several kinds (by age, by district) each add up to the whole: one kind is enough.
    kinds = parts["stratum_kind"].fillna("")
    parts = parts[kinds == kinds.mode().iloc[0]]
    hidden = parts["suppressed"].fillna(False).astype(bool)
    if additive:
        # The share of the groups that are shown comes near to that of all; their count does not. A group without a
        # number is none that was hidden: lists of every group that there could be are mostly empty.
        hidden = parts["period_start"].isin(parts.loc[hidden, "period_start"])
    parts = parts[~hidden & parts["numerator"].notna() & (parts["denominator"].notna() | additive)]
    return pd.concat([whole, added(parts)]) if len(parts) else whole


def added(rows):
    """One row a period with the sums above and below the line; the value follows from them."""
    grouped = rows.groupby("period_start", sort=True)
    added = grouped.last().reset_index()
    for column in ("numerator", "denominator"):
        added[column] = grouped[column].sum(min_count=1).to_numpy()
    added["again"] = grouped["again"].any().to_numpy()
    added["value"] = np.nan
    return added.reindex(columns=rows.columns)
