"""Results as figures: one file a stage; functions are named after the result they show."""

from rdclib.figures.assessment import (
    pipeline,
    practice,
    priorities,
)
from rdclib.figures.indicators import (
    competition,
    contract_changes,
    cycle_time,
    portfolio,
)
from rdclib.figures.picture import Picture
from rdclib.figures.selection import (
    baselines,
    candidates,
    logic_model,
    payment_trial,
)

__all__ = [
    "Picture",
    "baselines",
    "candidates",
    "competition",
    "contract_changes",
    "cycle_time",
    "logic_model",
    "payment_trial",
    "pipeline",
    "portfolio",
    "practice",
    "priorities",
]
