"""Performance review: is it better, is it enough, who should do what, and did the contract make the difference?"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from rdclib import funnel, spc
from rdclib.choices import Choices
from rdclib.engagement import load_choices, remembered
from rdclib.periods import Period
from rdclib.review.across import Comparison, Groups, compare_groups, compare_vendors
from rdclib.review.cases import OnTime, Pathway, SamePromise, cases_on_time, pathway, same_promises
from rdclib.review.change import ChangeReview, did_it_last
from rdclib.review.measure import Measure
from rdclib.review.memo import Memo, concern_by_contract, memos
from rdclib.review.money import (
    CostPerOutcome,
    CostSummary,
    DesignPay,
    cost_per_outcome,
    payments_due,
    summarise_costs,
)
from rdclib.review.pack import Pack, build
from rdclib.review.ratings import PastPerformance, Ratings, past_performance, ratings
from rdclib.review.series import ScheduledTarget, Series, all_series, measured

__all__ = [
    "ChangeReview",
    "Comparison",
    "CostPerOutcome",
    "CostSummary",
    "DesignPay",
    "Groups",
    "Measure",
    "Memo",
    "OnTime",
    "Pack",
    "PastPerformance",
    "Pathway",
    "Ratings",
    "Review",
    "SamePromise",
    "Series",
    "measured",
    "performance_concern",
    "review",
    "review_records",
]


@dataclass(frozen=True, eq=False)
class Review:
    """All results of a performance review.

    Parameters
    ----------
    period : rdclib.periods.Period
    as_of : datetime.date
    currency : str
    series : tuple of Series
    charts : int
        Charts with limits.
    improving, worsening, moved : int
        Of these, charts whose latest result is a significant change: for the better, for the worse, and of metrics
        without a good direction.
    expected_latest : float
        Latest results that normal variation alone would flag, on average, if no process had changed.
    with_signals : int
        Charts that show a significant change in any period.
    expected_false_signals : float
        As many charts as normal variation alone would flag over all their periods, on average.
    vendors : tuple of Comparison
    in_funnels, near_limits : int
        Results that stand in a funnel, and those of them between its 95% and its 99.8% limits.
    expected_near_limits : float
        How many chance alone would put there.
    groups : tuple of Groups
    on_time : OnTime or None
    same_promises : tuple of SamePromise
        Metrics that measure what the cases' target dates promise.
    pathway : Pathway or None
    changes : tuple of ChangeReview
    costs : tuple of CostPerOutcome
    cost_summaries : tuple of CostSummary
    payments : tuple of DesignPay
    pack : Pack
    ratings : Ratings
    past_performance : tuple of PastPerformance
    concern : pandas.Series
        0 to 4 by contract.
    memos : tuple of Memo
    note : str
        Why there is little or nothing to review; empty else.
    """

    period: Period
    as_of: date
    currency: str
    series: tuple
    charts: int
    improving: int
    worsening: int
    moved: int
    expected_latest: float
    with_signals: int
    expected_false_signals: float
    vendors: tuple
    in_funnels: int
    near_limits: int
    expected_near_limits: float
    groups: tuple
    on_time: OnTime | None
    same_promises: tuple
    pathway: Pathway | None
    changes: tuple
    costs: tuple
    cost_summaries: tuple
    payments: tuple
    pack: Pack
    ratings: Ratings
    past_performance: tuple
    concern: pd.Series
    memos: tuple
    note: str


def review(records, engagement):
    """Review the results of an engagement's contracts.

    Parameters
    ----------
    records : rdclib.records.Records
    engagement : rdclib.engagement.Engagement
        For its decisions: rebases, changes, headline metrics, targets and payment designs.

    Returns
    -------
    Review
        Also without observations or cases; its note then says so.
    """
    return review_records(records, load_choices(engagement))


def review_records(records, choices=None):
    """Review records under decisions that are at hand.

    Parameters
    ----------
    records : rdclib.records.Records
    choices : rdclib.choices.Choices, optional

    Returns
    -------
    Review
    """
    choices = choices or Choices()
    decided = choices.review
    series = all_series(records, decided, _targets(choices.selection))
    waiting = cases_on_time(records, decided)
    shown = (*series, *(waiting.series if waiting else ()))
    limited = [s for s in shown if np.isfinite(s.chart.upper).any()]
    alarms = [spc.chart_false_alarms(s.chart) for s in limited]
    rated = ratings(records)
    changes = tuple(did_it_last(change, shown) for change in decided.changes)
    past = past_performance(records, rated, decided)
    concern = concern_by_contract(shown, rated, records.contracts)
    vendors = compare_vendors(records)
    in_funnels = sum(one.funnel.n for one in vendors if one.funnel is not None)
    pack = build(records, shown, decided, vendors)
    costs = cost_per_outcome(records, shown, changes, {h.measure.id for h in pack.headlines})
    note = ""
    if not shown and records.observations["metric_id"].notna().any():
        note = "No result has a date: vendors and groups can be compared, but nothing can be seen over time."
    elif not shown:
        note = "There are no observations and no cases with target dates: send results by metric, vendor and month."
    return Review(
        period=records.period,
        as_of=records.as_of,
        currency=records.facts.currency,
        series=shown,
        charts=len(limited),
        improving=sum(s.chart.variation == "improvement" for s in limited),
        worsening=sum(s.chart.variation == "concern" for s in limited),
        moved=sum(s.chart.variation == "neutral" for s in limited),
        expected_latest=float(sum(one.latest for one in alarms)),
        with_signals=sum(bool(s.chart.signals.any(axis=None)) for s in limited),
        expected_false_signals=float(sum(one.chart for one in alarms)),
        vendors=vendors,
        in_funnels=in_funnels,
        near_limits=sum(len(one.outside) - len(one.far) for one in vendors),
        expected_near_limits=in_funnels * (funnel.LEVELS[1] - funnel.LEVELS[0]),
        groups=compare_groups(records),
        on_time=waiting,
        same_promises=same_promises(records, vendors) if waiting else (),
        pathway=pathway(records),
        changes=changes,
        costs=costs,
        cost_summaries=summarise_costs(costs),
        payments=payments_due(choices.selection.payment_designs, series, records),
        pack=pack,
        ratings=rated,
        past_performance=past,
        concern=concern,
        memos=memos(records, shown, rated, decided, concern),
        note=note,
    )


def _targets(selection):
    """What the metric schedule wants of each metric, and of which contracts."""
    own = (selection.contract_id,) if selection.contract_id else ()
    return {
        m.metric_id: ScheduledTarget(tuple(np.nan if end is None else end for end in ends), m.contracts or own)
        for m in selection.chosen
        if (ends := (m.target, m.target_low, m.target_high)) != (None, None, None)
    }


@remembered
def performance_concern(records):
    """How much a contract's results and ratings are a reason for concern, for its priority in notebook 01.

    Parameters
    ----------
    records : rdclib.records.Records
        Their decisions on limits and targets count as they do in the review.

    Returns
    -------
    pandas.Series
        0 (none) to 4 by contract id; nan where there are neither results nor ratings.
    """
    if not len(records.contracts):
        return pd.Series(dtype=float, index=pd.Index([], name="contract_id"))
    decided, targets = records.choices.review, _targets(records.choices.selection)
    waiting = cases_on_time(records, decided)
    series = (*all_series(records, decided, targets), *(waiting.series if waiting else ()))
    return concern_by_contract(series, ratings(records), records.contracts)
