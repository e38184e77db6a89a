"""Results as sentences: one file a stage; functions are named after the result they show."""

from rdclib.narrative.assessment import (
    overview,
    pipeline,
    practice,
    priorities,
)
from rdclib.narrative.prose import Prose

__all__ = [
    "Prose",
    "overview",
    "pipeline",
    "practice",
    "priorities",
]
