"""Results as sentences: one file a stage; functions are named after the result they show."""

from rdclib.narrative.assessment import (
    contract_coding,
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
from rdclib.narrative.methods import assessment_methods
from rdclib.narrative.prose import Prose
from rdclib.narrative.readiness import (
    columns_asked,
    data_readiness,
)
from rdclib.narrative.review import (
    cases_on_time,
    change_effects,
    contract_memos,
    group_gaps,
    headlines,
    meeting_cadence,
    outcome_costs,
    pathway,
    payments_due,
    review_methods,
    signals,
    vendor_comparison,
    vendor_ratings,
)
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
    "assessment_methods",
    "baselines",
    "candidates",
    "cases_on_time",
    "change_effects",
    "columns_asked",
    "contract_coding",
    "contract_memos",
    "coverage",
    "data_readiness",
    "first_data",
    "group_gaps",
    "headlines",
    "indicator",
    "indicators",
    "meeting_cadence",
    "outcome_costs",
    "overview",
    "pathway",
    "payment_trial",
    "payments_due",
    "pipeline",
    "practice",
    "priorities",
    "problem",
    "recommendation",
    "review_methods",
    "selection_summary",
    "signals",
    "vendor_comparison",
    "vendor_ratings",
]
