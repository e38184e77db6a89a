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
from rdclib.figures.readiness import (
    columns_filled,
    data_readiness,
)
from rdclib.figures.review import (
    cases_on_time,
    change_effect,
    group_gaps,
    metric_over_time,
    pathway,
    vendor_funnel,
)
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
    "cases_on_time",
    "change_effect",
    "columns_filled",
    "competition",
    "contract_changes",
    "cycle_time",
    "data_readiness",
    "group_gaps",
    "logic_model",
    "metric_over_time",
    "pathway",
    "payment_trial",
    "pipeline",
    "portfolio",
    "practice",
    "priorities",
    "vendor_funnel",
]
