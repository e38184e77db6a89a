"""How rows become a number: one function for each measure, for all groups of a breakdown at once.

A measure takes rows and the group of each (0 to k - 1; -1 is in none and does not count) and gives, for each group, the
value, the ends of its interval (nan where an interval has no meaning) and the number of records behind it.
"""

import numpy as np
import pandas as pd

from rdclib import stats

# Share of the money that "the vendors that matter" hold between them.
PARETO = 0.8
TOP = 10


def of(indicator):
    """The measure of an indicator: the one that the catalogue names, or the one that goes with its summary."""
    return globals()[indicator.measure or _USUAL[indicator.summary]]


_USUAL = {
    "proportion": "proportion",
    "value_share": "value_share",
    "quantile": "quantile",
    "total": "total",
    "flag": "flagged",
}


def proportion(rows, group, k):
    """Share of rows for which the value is true; Wilson's interval. A weight counts as that many rows."""
    value, weight = _floats(rows["value"]), _floats(rows["weight"]) if "weight" in rows else np.ones(len(rows))
    hits = _sum(group, k, value)
    n = _sum(group, k, weight)
    low, high = stats.proportion_interval(hits, n)
    return _ratio(hits, n), low, high, n.astype(int)


def value_share(rows, group, k):
    """Share of the weights that the values are, where these are parts of them; interval as of `growth`.

    Credits, or parts entered as larger than their whole, may leave no share from 0 to 1: then there is none.
    """
    share, low, high, n = growth(rows, group, k)
    share = _within(share)
    none = np.isnan(share)
    return share, np.where(none, np.nan, np.maximum(low, 0.0)), np.where(none, np.nan, np.minimum(high, 1.0)), n


def growth(rows, group, k):
    """Sum of values over sum of weights; linearised interval, clustered by vendor."""
    value, weight = _floats(rows["value"]), _floats(rows["weight"])
    cluster = _own_codes(rows["cluster"]) if "cluster" in rows else np.arange(len(rows))
    low, high = np.full(k, np.nan), np.full(k, np.nan)
    for i, members in _members(group, k):
        low[i], high[i] = stats.ratio_interval(value[members], weight[members], cluster[members])
    return _ratio(_sum(group, k, value), _sum(group, k, weight)), low, high, _count(group, k)


def quantile(rows, group, k):
    """Median; interval by order statistics."""
    value = _floats(rows["value"])
    middle, low, high = np.full(k, np.nan), np.full(k, np.nan), np.full(k, np.nan)
    for i, members in _members(group, k):
        middle[i] = np.median(value[members])
        low[i], high[i] = stats.quantile_interval(value[members])
    return middle, low, high, _count(group, k)


def total(rows, group, k):
    """Sum of values."""
    return _plain(_sum(group, k, _floats(rows["value"])), group, k)


def mean(rows, group, k):
    """Mean of values."""
    n = _count(group, k)
    return _ratio(_sum(group, k, _floats(rows["value"])), n), *_none(k), n


def median(rows, group, k):
    """Median of values, without an interval."""
    middle, *_, n = quantile(rows, group, k)
    return middle, *_none(k), n


def ratio(rows, group, k):
    """Sum of values over sum of weights; infinite where some stand above and none below.

    The interval draws vendors; where rows belong to no vendor there is none.
    """
    value, weight = _floats(rows["value"]), _floats(rows["weight"])
    above, below = _sum(group, k, value), _sum(group, k, weight)
    boundless = (above > 0) & (_sum(group, k, np.abs(weight)) == 0)
    ratios, low, high, n = _plain(np.where(boundless, np.inf, _ratio(above, below)), group, k)
    if "cluster" in rows:
        low, high = _drawn(rows, group, k, [value, weight], lambda sums: _ratio(sums[:, 0], sums[:, 1]))
    return ratios, low, high, n


def flagged(rows, group, k):
    """Number of rows that raise at least one question."""
    columns = [name for name in rows if name.startswith("flag ")]
    any_flag = np.logical_or.reduce([rows[name].to_numpy(bool) for name in columns]) if columns else np.zeros(len(rows))
    return _plain(_sum(group, k, any_flag.astype(float)), group, k)


def hhi(rows, group, k):
    """Herfindahl-Hirschman index of vendors, 0 to 10,000; n counts vendors."""
    squares, n = _squared_shares(rows, group, k)
    return 10_000 * squares, *_none(k), n


def normalised_hhi(rows, group, k):
    """Index freed of the number of vendors, 0 to 1; n counts vendors."""
    squares, n = _squared_shares(rows, group, k)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(n > 1, (squares - 1 / n) / (1 - 1 / n), np.nan)
    return np.maximum(value, 0.0), *_none(k), n


def effective_number(rows, group, k):
    """Number of equal vendors that would be as concentrated; n counts vendors."""
    squares, n = _squared_shares(rows, group, k)
    return _ratio(np.ones(k), squares), *_none(k), n


def pareto_share(rows, group, k):
    """Smallest share of vendors that hold 80% of the money; n counts vendors."""
    value = np.full(k, np.nan)
    n = np.zeros(k, int)
    for i, sums in _vendor_sums(rows, group, k):
        held = np.cumsum(np.sort(sums)[::-1])
        # A rounding error must not cost one vendor more.
        value[i] = (np.searchsorted(held, PARETO * held[-1] * (1 - 1e-12)) + 1) / len(sums)
        n[i] = len(sums)
    return value, *_none(k), n


def top_share(rows, group, k):
    """Share of the ten largest vendors; linearised interval with the vendors as clusters; n counts vendors."""
    value, low, high = np.full(k, np.nan), np.full(k, np.nan), np.full(k, np.nan)
    n = np.zeros(k, int)
    for i, sums in _vendor_sums(rows, group, k):
        largest = np.zeros(len(sums), bool)
        largest[np.argsort(-sums, kind="stable")[:TOP]] = True
        value[i] = sums[largest].sum() / sums.sum()
        n[i] = len(sums)
        if len(sums) > TOP:
            low[i], high[i] = stats.ratio_interval(np.where(largest, sums, 0.0), sums)
    return value, low, high, n


def benford(rows, group, k):
    """Mean absolute deviation of first digits from Benford's law."""
    amounts = _floats(rows["value"])
    value = np.full(k, np.nan)
    for i, members in _members(group, k):
        value[i] = stats.benford(amounts[members]).mad
    return value, *_none(k), _count(group, k)


def _squared_shares(rows, group, k):
    value, n = np.full(k, np.nan), np.zeros(k, int)
    for i, sums in _vendor_sums(rows, group, k):
        value[i], n[i] = stats.hhi(sums), len(sums)
    return value, n


def _drawn(rows, group, k, columns, statistic):
    """Interval of a number made of the sums of columns, with the rows of a vendor drawn together."""
    low, high = _none(k)
    codes = _own_codes(rows["cluster"])
    for i, members in _members(group, k):
        _, vendor = np.unique(codes[members], return_inverse=True)
        totals = np.column_stack([np.bincount(vendor, column[members]) for column in columns])
        low[i], high[i] = stats.bootstrap_interval(totals, statistic)
    return low, high


def _vendor_sums(rows, group, k):
    """Give for each group the sums above zero of its vendors."""
    vendor = rows["cluster"].cat.codes.to_numpy().astype(np.int64)
    width = len(rows["cluster"].cat.categories) or 1
    use = (group >= 0) & (vendor >= 0)
    key = group[use].astype(np.int64) * width + vendor[use]
    amounts = _floats(rows["value"])[use]
    if k * width <= 4 * len(rows) + 1_000:
        sums = np.bincount(key, amounts, minlength=k * width)
        keys = np.flatnonzero(sums > 0)
        sums = sums[keys]
    else:
        keys, inverse = np.unique(key, return_inverse=True)
        sums = np.bincount(inverse, amounts)
        keys, sums = keys[sums > 0], sums[sums > 0]
    bounds = np.searchsorted(keys, np.arange(k + 1) * width)
    for i in range(k):
        if bounds[i + 1] > bounds[i]:
            yield i, sums[bounds[i] : bounds[i + 1]]


def _members(group, k):
    """Give for each group that has any the places of its rows."""
    if k == 1:
        # The whole needs no sorting.
        members = slice(None) if (group >= 0).all() else np.flatnonzero(group >= 0)
        if len(group) and (group >= 0).any():
            yield 0, members
        return
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(k + 1))
    for i in range(k):
        if bounds[i + 1] > bounds[i]:
            yield i, order[bounds[i] : bounds[i + 1]]


def _own_codes(cluster):
    """Cluster codes; rows without a vendor stand each for themselves."""
    codes = (
        (cluster.cat.codes if isinstance(cluster.dtype, pd.CategoricalDtype) else cluster).to_numpy().astype(np.int64)
    )
    missing = codes < 0
    if missing.any():
        codes = np.where(missing, (codes.max() + 1) + np.arange(len(codes)), codes)
    return codes


def _floats(column):
    return column.to_numpy(dtype=float, na_value=np.nan)


def _sum(group, k, values):
    use = group >= 0
    if use.all():
        return np.bincount(group, values, minlength=k)
    return np.bincount(group[use], values[use], minlength=k)


def _count(group, k):
    return np.bincount(group[group >= 0], minlength=k)


def _ratio(above, below):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _within(share):
    """Shares that lie between 0 and 1, but for a rounding error; nan for others."""
    with np.errstate(invalid="ignore"):
        return np.where((share > -1e-9) & (share < 1 + 1e-9), np.clip(share, 0.0, 1.0), np.nan)


def _plain(value, group, k):
    n = _count(group, k)
    return np.where(n > 0, value, np.nan), *_none(k), n


def _none(k):
    return np.full(k, np.nan), np.full(k, np.nan)


def mix(rows, group, k):
    """Share of the money whose kind is known; its parts are shares of all the money."""
    share, *more = ratio(rows, group, k)
    return _within(share), *more


def method_share(rows, group, k):
    """Like `proportion`; its parts are shares of all rows."""
    return proportion(rows, group, k)


def gap(rows, group, k):
    """Ratio of the rows that count for (sign 1) less the ratio of those that count against (sign -1).

    The interval draws vendors, with all their rows on either side.
    """
    sign = rows["sign"].to_numpy()
    columns = [np.where(sign == side, _floats(rows[name]), 0.0) for side in (1, -1) for name in ("value", "weight")]

    def difference(sums):
        return _within(_ratio(sums[:, 0], sums[:, 1])) - _within(_ratio(sums[:, 2], sums[:, 3]))

    value = difference(np.column_stack([_sum(group, k, column) for column in columns]))
    return value, *_drawn(rows, group, k, columns, difference), _count(group, k)


def _parts_of_money(rows, group, k):
    weight = _floats(rows["weight"])
    return _plain(_within(_ratio(_sum(group, k, weight), np.full(k, weight[group >= 0].sum()))), group, k)


def _parts_of_rows(rows, group, k):
    n = _count(group, k)
    low, high = stats.proportion_interval(n, np.full(k, n.sum()))
    return n / max(n.sum(), 1), low, high, n


# What a breakdown by part shows, where that is not the measure itself within each part.
PARTS = {mix: _parts_of_money, method_share: _parts_of_rows}
