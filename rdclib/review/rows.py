"""Observations as the review reads them: those of periods that are over, cut by metric, vendor and site."""

import itertools

import numpy as np
import pandas as pd

from rdclib.observations import added, received_last, totals

TARGETS = ["target", "target_low", "target_high"]
# What of the observations results are made of.
_TEXT = (
    "metric_id",
    "vendor_key",
    "vendor_id",
    "vendor_name",
    "contract_id",
    "site",
    "stratum",
    "stratum_kind",
)
_USED = [
    *_TEXT,
    *("period_start", "period_end", "received_date", "value", "numerator", "denominator", "low", "high"),
    *(*TARGETS, "adjusted", "suppressed"),
]
_PLACE = ["metric_id", "vendor_key", "site", "period_start"]
# Two rows that are the same in these are one result, reported again.
_RESULT = [*_PLACE, "contract_id", "stratum_kind", "stratum"]


def known_rows(records, *, undated=False):
    """Observations of periods that were over on the day of the review, by metric, vendor, site and time.

    Parameters
    ----------
    records : rdclib.records.Records
    undated : bool
        Take rows without any date as of the period under review; a series has no place for them.

    Returns
    -------
    DataFrame
        With a ``vendor_key`` and a ``site`` that are never missing. Of a result that was reported again there is the
        one received last, marked as ``again``.
    """
    rows = records.observations
    start, end = rows["period_start"], rows["period_end"]
    if undated:
        none = start.isna() & end.isna()
        start = start.mask(none, pd.Timestamp(records.period.start))
        end = end.mask(none, pd.Timestamp(records.as_of))
    rows = rows.assign(
        period_start=start,
        period_end=end,
        vendor_key=rows["vendor_id"].fillna(rows["vendor_name"]).fillna(""),
        site=rows["site"].fillna(""),
    )
    over = end.fillna(start) <= pd.Timestamp(records.as_of)
    # They will be cut apart hundreds of times: only with the columns that are used, and text as plain objects.
    rows = rows.loc[over & rows["metric_id"].notna() & start.notna(), _USED].astype(dict.fromkeys(_TEXT, object))
    rows = received_last(rows, _RESULT)
    return rows.sort_values(_PLACE, kind="stable")


def cut(rows, column):
    """Rows in order of a column, which is never missing, cut where it changes: pairs of value and rows."""
    values = rows[column].to_numpy()
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    for start, stop in itertools.pairwise([0, *changes, len(values)] if len(values) else []):
        yield values[start], rows.iloc[start:stop]


def units(rows, additive):
    """Rows of one metric by vendor and site; a vendor's sites are added up where they have numerators and denominators.

    Parameters
    ----------
    rows : DataFrame
        As `known_rows` gives them.
    additive : bool
        Counts and amounts may be added up without denominators.

    Yields
    ------
    (str, DataFrame)
        Site, empty for all, and one row a period, unless several contracts that do not add up share one.
    """

    def adds_up(part):
        return part["numerator"].notna().all() and (additive or part["denominator"].notna().all())

    for _, own in cut(rows, "vendor_key"):
        sites = dict(cut(own, "site"))
        if len(sites) > 1 and adds_up(own):
            if "" in sites:
                yield "", totals(sites[""], additive)
            else:
                yield "", added(pd.concat([totals(part, additive) for part in sites.values()]))
            continue
        for site, part in sites.items():
            part = totals(part, additive)
            if _shared_by_contracts(part) and adds_up(part):
                part = added(part)
            if len(part):
                yield site, part


def _shared_by_contracts(rows):
    """Whether several contracts have a row for the same period."""
    named = rows["contract_id"].notna().to_numpy()
    contracts = rows["contract_id"].to_numpy()[named]
    if not len(contracts) or (contracts == contracts[0]).all():
        return False
    return bool(rows["period_start"][named].duplicated().any())
