"""Departments that stand out from the rest of the city by more than chance gives."""

from dataclasses import dataclass

import numpy as np

from rdclib import indicators
from rdclib.indicators.breakdowns import NOT_GIVEN
from rdclib.indicators.compute import verdict
from rdclib.indicators.result import MAJORITY
from rdclib.indicators.rows import unknown

# Few competitive procedures and many direct ones are one finding.
MIRRORED = {"CP01": "CP06"}
# Flags that an exact test decides, department by department.
TESTED = ("IN01",)
# How complete the files are says little of how a department works.
ABOUT_FILES = ("PF05",)
# With fewer records a department's value is a handful of cases, however far it lies from the others.
FEWEST_RECORDS = 10
# Share of invoices paid within their terms from which on long terms, not slow hands, explain the days.
PUNCTUAL = 0.9


@dataclass(frozen=True)
class HotSpot:
    """An indicator's value for a department that stands out for the worse."""

    result: indicators.IndicatorResult
    department: str
    value: float
    low: float
    high: float
    n: int
    beyond_threshold: bool  # else it is worse than the city as a whole, by intervals that do not overlap


def hot_spots(frames, results):
    """Find departments that are clearly poor, or clearly worse than the city as a whole.

    A department with ten records or more stands out when its whole interval lies beyond the threshold (unless that of
    the whole city does too), or beyond the city's whole interval without being good by the threshold. One that pays
    nine invoices in ten within their terms is not slow, whatever the days; one of which most answers are unknown is
    not read.

    Parameters
    ----------
    frames : rdclib.indicators.frames.Frames
    results : dict of str to IndicatorResult

    Returns
    -------
    tuple of HotSpot
    """
    in_terms = _paid_in_terms(frames, results["CT07"])
    spots = []
    for result in results.values():
        if not result.computed or result.tentative or result.indicator.id in ABOUT_FILES:
            continue
        poor_everywhere = result.verdict == "poor" and result.verdict_sure
        bunched = _flagged_departments(result) if result.indicator.id in TESTED else ()
        for department, value, low, high, n in result.by_department.itertuples(index=False, name=None):
            side, sure = verdict(result.indicator, value, low, high)
            clear = (side == "poor" and sure and not poor_everywhere) or department in bunched
            worse = {"lower": low > result.high, "higher": high < result.low}
            stands_out = clear or (side != "good" and worse.get(result.indicator.direction, False))
            punctual = result.indicator.id == "CT07" and in_terms.get(department, 0.0) >= PUNCTUAL
            if not stands_out or punctual or n < FEWEST_RECORDS or department == NOT_GIVEN:
                continue
            if _known_share(result, department) >= MAJORITY:
                spots.append(HotSpot(result, department, value, low, high, n, clear))
    found = {(spot.department, spot.result.indicator.id) for spot in spots}
    spots = [s for s in spots if (s.department, MIRRORED.get(s.result.indicator.id)) not in found]
    return tuple(sorted(spots, key=lambda spot: (not spot.beyond_threshold, -spot.n)))


def _known_share(result, department):
    """A department's records counted, as a share of these and of those left out because the data are silent."""
    mine = result.rows.loc[result.rows["department"] == department, "left_out"].cat
    codes = mine.codes.to_numpy()
    silent = np.flatnonzero(unknown(mine.categories))
    counted = (codes < 0).sum()
    return counted / (counted + np.isin(codes, silent).sum())


def _flagged_departments(result):
    """Return departments whose rows raise the indicator's question, where a test of chance decides that."""
    return set(result.flagged(result.indicator.id)["department"].dropna())


def _paid_in_terms(frames, result):
    """Return each department's share of payments within their terms, where the terms are known."""
    if not result.computed:
        return {}
    counted = result.rows[result.rows["left_out"].isna()]
    terms = frames.payments["invoice_terms_days"].reindex(counted.index)
    kept = (counted["value"] <= terms)[terms.notna()]
    return kept.groupby(counted["department"].astype(object)).mean().to_dict()
