"""What a vendor's results say about its contract: a concern from 0 to 4, and a memo for the decision ahead."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from rdclib.review.ratings import past_performance
from rdclib.review.series import Series

ADVICE = ("renew", "extend for a short time", "rebid", "exit")
# Part of the most that a record can score (4): above, a renewal is earned; below, an exit is to be prepared.
GOOD_SCORE, BAD_SCORE = 2.5, 1.0
GOOD_CONCERN, BAD_CONCERN = 1.0, 3.0


@dataclass(frozen=True, eq=False)
class Memo:
    """A draft for the decision about one contract.

    Parameters
    ----------
    contract_id, title, vendor_name : str
    end_date, notice_date : Timestamp
        Missing where the register names none.
    days_left : float
    enough_time : bool
        There is time for a solicitation: planning and transition days of the engagement.
    concern : float
        0 to 4, as in `concern_by_contract`; nan without evidence.
    score : float
        Past performance, 0 to 4; nan for a newcomer.
    n_ratings : int
    advice : str
        One of `ADVICE`; empty when there is no evidence.
    reasons : tuple of str
    results : tuple of (str, str, str)
        Metric, variation and assurance of every series of the contract.
    """

    contract_id: str
    title: str
    vendor_name: str
    end_date: object
    notice_date: object
    days_left: float
    enough_time: bool
    concern: float
    score: float
    n_ratings: int
    advice: str
    reasons: tuple
    results: tuple


def concern_by_contract(series, rated, contracts):
    """How much the results of each contract are a reason for concern.

    Parameters
    ----------
    series : sequence of Series
    rated : rdclib.review.ratings.Ratings
    contracts : DataFrame

    Returns
    -------
    Series of float
        0 (better than its target, or improving) to 4 (failing and getting worse), by contract; nan without results
        or ratings. It is the worse of two: the mean over its metrics (a concern counts 2, a target consistently
        failed 2, one hit and missed 1, both together 4 at most), and 4 less the points of its ratings.
    """
    ids = pd.Index(contracts["contract_id"].dropna().unique(), name="contract_id")
    weights = {}
    for s in series:
        if s.measure.duty != "city" and np.isfinite(weight := _weight(s)):
            for contract_id in set(s.contract_ids):
                weights.setdefault(contract_id, []).append(weight)
    newest = rated.table
    if not weights and not len(newest):
        return pd.Series(np.nan, index=ids, name="performance_concern")
    means = {contract_id: float(np.mean(own)) for contract_id, own in weights.items()}
    from_results = pd.Series(means, dtype=float).reindex(ids)
    if len(newest):
        newest = newest[newest["start"] == newest.groupby("contract_id")["start"].transform("max")]
    points = newest.groupby("contract_id")["points"].mean() if len(newest) else pd.Series(dtype=float)
    from_ratings = (4 - points).reindex(ids)
    return pd.concat([from_results, from_ratings], axis=1).max(axis=1).rename("performance_concern")


def memos(records, series, rated, choices, concern):
    """A memo for every contract that ends within a year and has results or ratings.

    Parameters
    ----------
    records : rdclib.records.Records
    series : sequence of Series
    rated : rdclib.review.ratings.Ratings
    choices : rdclib.choices.Review
        Weights of recency and relevance.
    concern : Series
        As `concern_by_contract` gives it.

    Returns
    -------
    tuple of Memo
        Those that end first come first.
    """
    day = pd.Timestamp(records.as_of)
    contracts = records.contracts
    soon = contracts[(contracts["end_date"] >= day) & (contracts["end_date"] <= day + timedelta(days=366))]
    with_ratings = set(rated.table["contract_id"])
    needed = records.facts.planning_days + records.facts.transition_days
    found = []
    for row in soon.sort_values(["end_date", "contract_id"]).itertuples():
        own = [s for s in series if row.contract_id in s.contract_ids]
        if not own and row.contract_id not in with_ratings:
            continue
        # The vendor's record as it counts for this service.
        past = past_performance(records, rated, choices, contract_id=row.contract_id)
        vendor = next((p for p in past if row.vendor_id == p.vendor_id or row.vendor_name == p.vendor_name), None)
        score = vendor.score if vendor and not vendor.newcomer else np.nan
        days_left = float((row.end_date - day).days)
        level = float(concern.get(row.contract_id, np.nan))
        options = pd.notna(row.option_end_date) and row.option_end_date > row.end_date
        advice, reasons = _advice(level, score, days_left, needed, options)
        results = tuple((s.measure.name, s.chart.variation, s.chart.assurance) for s in own)
        found.append(
            Memo(
                row.contract_id,
                "" if pd.isna(row.title) else row.title,
                "" if pd.isna(row.vendor_name) else row.vendor_name,
                row.end_date,
                row.option_notice_date,
                days_left,
                days_left >= needed,
                level,
                score,
                vendor.n if vendor else 0,
                advice,
                reasons,
                results,
            )
        )
    return tuple(found)


def _advice(concern, score, days_left, needed, options):
    """A draft: results and record first, then what time and options allow."""
    reasons = []
    if np.isnan(concern) and np.isnan(score):
        return "", ("There are neither results nor ratings: gather both before deciding.",)
    bad = concern >= BAD_CONCERN or score <= BAD_SCORE
    good = (np.isnan(concern) or concern <= GOOD_CONCERN) and (np.isnan(score) or score >= GOOD_SCORE)
    reasons.append(
        "Results or ratings are poor." if bad else "Results and ratings are good." if good else "The record is mixed."
    )
    enough = days_left >= needed
    if not enough:
        reasons.append(f"A solicitation takes {needed} days (planning and transition); {days_left:.0f} are left.")
    reasons.append("There are options left." if options else "No option is left.")
    if good and options:
        return "renew", tuple(reasons)
    if bad and enough:
        return "exit", tuple(reasons)
    if not enough:
        return "extend for a short time", tuple(reasons)
    return "rebid", tuple(reasons)


def _weight(series: Series):
    """Concern of one series, 0 to 4; nan where its limits say nothing."""
    chart = series.chart
    if not chart.variation or chart.direction == "neutral":
        return np.nan
    moving = {"concern": 2.0, "common cause": 0.5, "neutral": 0.5, "improvement": 0.0}[chart.variation]
    target = {"consistently fails": 2.0, "hit and miss": 1.0, "consistently passes": 0.0, "": 0.5}[chart.assurance]
    return min(moving + target, 4.0)
