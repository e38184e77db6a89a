"""Forms for the advisor: one file a stage. Save writes the engagement's files; the next cell reads them back."""

from rdclib.widgets.assessment import (
    confirm_key_contracts,
    contract_coding,
    improvement_plan,
    practice_answers,
    priority_ratings,
    priority_weights,
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

__all__ = [
    "action_entry",
    "confirm_key_contracts",
    "contract_change",
    "contract_coding",
    "improvement_plan",
    "meeting_notes",
    "new_limits",
    "past_performance_weights",
    "practice_answers",
    "priority_ratings",
    "priority_weights",
    "review_focus",
    "vendor_rating",
]
