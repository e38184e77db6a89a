"""Results as figures: one file a stage; functions are named after the result they show."""

from rdclib.figures.assessment import (
    pipeline,
    practice,
    priorities,
)
from rdclib.figures.picture import Picture

__all__ = [
    "Picture",
    "pipeline",
    "practice",
    "priorities",
]
