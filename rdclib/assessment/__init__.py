"""Where a city stands: its practice, what its records say, the pipeline of contracts, and where to start."""

from dataclasses import dataclass
from datetime import date

from rdclib import indicators, periods, questionnaire
from rdclib.assessment.coding import SECOND_CODER_SHARE, Coding, coding, second_readings
from rdclib.assessment.failings import Beside, Evidence, Failing, beside, failings
from rdclib.assessment.hot_spots import FEWEST_RECORDS, HotSpot, hot_spots
from rdclib.assessment.pipeline import PIPELINE_MONTHS, PLAN, START_NOW, START_NOW_DAYS, TOO_LATE, Pipeline, pipeline
from rdclib.assessment.plan import PlanStep, plan
from rdclib.assessment.ranking import DRAWS, OPEN, ROBUST, SHORTLIST, TOP, WEIGHT_SPREAD, Ranking, rank_contracts
from rdclib.engagement import load_choices, remembered
from rdclib.indicators.frames import frames_of

__all__ = [
    "DRAWS",
    "FEWEST_RECORDS",
    "OPEN",
    "PIPELINE_MONTHS",
    "PLAN",
    "ROBUST",
    "SECOND_CODER_SHARE",
    "SHORTLIST",
    "START_NOW",
    "START_NOW_DAYS",
    "TOO_LATE",
    "TOP",
    "WEIGHT_SPREAD",
    "Assessment",
    "Beside",
    "Coding",
    "Evidence",
    "Failing",
    "HotSpot",
    "Pipeline",
    "PlanStep",
    "Ranking",
    "assess",
    "assess_frames",
    "beside",
    "coding",
    "failings",
    "hot_spots",
    "pipeline",
    "plan",
    "rank_contracts",
    "second_readings",
]


@dataclass(frozen=True)
class Assessment:
    """Everything that the assessment says about a city.

    Attributes
    ----------
    city, currency : str
    period : periods.Period
    as_of : date
    practice : questionnaire.Practice
    indicators : dict of str to IndicatorResult
    pipeline : Pipeline
    ranking : Ranking
    key_contracts : tuple of str
        As the city confirmed them; empty before.
    hot_spots : tuple of HotSpot
        Those beyond a threshold first.
    failings : tuple of Failing
    beside : tuple of Beside
    coding : Coding
    plan : tuple of PlanStep
    """

    city: str
    currency: str
    period: periods.Period
    as_of: date
    practice: questionnaire.Practice
    indicators: dict
    pipeline: Pipeline
    ranking: Ranking
    key_contracts: tuple
    hot_spots: tuple
    failings: tuple
    beside: tuple
    coding: Coding
    plan: tuple

    @property
    def computed(self):
        """Results that have a value."""
        return tuple(r for r in self.indicators.values() if r.computed)

    @property
    def not_computed(self):
        """Results without one; their notes say why."""
        return tuple(r for r in self.indicators.values() if not r.computed)

    @property
    def concerns(self):
        """Results on the poor side of a threshold, those whose whole interval lies there first.

        A flag is a question and never one of them.
        """
        poor = [r for r in self.computed if r.verdict == "poor" and r.indicator.summary != "flag"]
        return tuple(sorted(poor, key=lambda r: not r.verdict_sure))


@remembered
def assess(records, engagement):
    """Bring practice, records and decisions together.

    Asked again after a form has saved, it knows the indicators of the same records.

    Parameters
    ----------
    records : rdclib.records.Records
    engagement : rdclib.engagement.Engagement

    Returns
    -------
    Assessment

    Raises
    ------
    EngagementError
        When choices.yaml or answers.csv cannot be read.
    """
    practice = questionnaire.score(questionnaire.load_answers(engagement.folder), as_of=engagement.as_of)
    decided = load_choices(engagement).assessment
    return assess_frames(frames_of(records), indicators.compute_all(records), practice, decided)


def assess_frames(frames, results, practice, choices):
    """Bring indicators, practice and decisions together; see `assess`.

    Parameters
    ----------
    frames : rdclib.indicators.frames.Frames
    results : dict of str to IndicatorResult
    practice : questionnaire.Practice
    choices : rdclib.choices.Assessment
    """
    coming = pipeline(frames)
    spots = hot_spots(frames, results)
    return Assessment(
        city=frames.facts.city,
        currency=frames.facts.currency,
        period=frames.period,
        as_of=frames.as_of,
        practice=practice,
        indicators=results,
        pipeline=coming,
        ranking=rank_contracts(frames, coming, choices),
        key_contracts=choices.key_contracts,
        hot_spots=spots,
        failings=failings(practice, results, spots),
        beside=beside(practice, results),
        coding=coding(frames, choices.key_contracts),
        plan=plan(choices.plan, frames.as_of),
    )
