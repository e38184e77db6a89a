"""Results as sentences: one file a stage; functions are named after the result they show."""

from rdclib.narrative.assessment import (
    overview,
    pipeline,
    practice,
    priorities,
)
from rdclib.narrative.indicators import (
    coverage,
    indicator,
    indicators,
)
from rdclib.narrative.prose import Prose
from rdclib.narrative.selection import (
    baselines,
    candidates,
    first_data,
    payment_trial,
    problem,
    recommendation,
    selection_summary,
)

__all__ = [
    "Prose",
    "baselines",
    "candidates",
    "coverage",
    "first_data",
    "indicator",
    "indicators",
    "overview",
    "payment_trial",
    "pipeline",
    "practice",
    "priorities",
    "problem",
    "recommendation",
    "selection_summary",
]
