"""Forms for the advisor: one file a stage. Save writes the engagement's files; the next cell reads them back."""

from rdclib.widgets.assessment import (
    confirm_key_contracts,
    contract_coding,
    improvement_plan,
    practice_answers,
    priority_ratings,
    priority_weights,
)
from rdclib.widgets.readiness import (
    column_map,
    notations,
    payment_links,
    vendor_merges,
)
from rdclib.widgets.review import (
    action_entry,
    contract_change,
    meeting_notes,
    new_limits,
    past_performance_weights,
    review_focus,
    vendor_rating,
)
from rdclib.widgets.selection import (
    contract_type_inputs,
    metric_priorities,
    metric_ratings,
    metric_set,
    metric_terms,
    payment_design,
    problem_and_goals,
    selection_documents,
)

__all__ = [
    "action_entry",
    "column_map",
    "confirm_key_contracts",
    "contract_change",
    "contract_coding",
    "contract_type_inputs",
    "improvement_plan",
    "meeting_notes",
    "metric_priorities",
    "metric_ratings",
    "metric_set",
    "metric_terms",
    "new_limits",
    "notations",
    "past_performance_weights",
    "payment_design",
    "payment_links",
    "practice_answers",
    "priority_ratings",
    "priority_weights",
    "problem_and_goals",
    "review_focus",
    "selection_documents",
    "vendor_merges",
    "vendor_rating",
]
