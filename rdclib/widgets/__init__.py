"""Forms for the advisor: one file a stage. Save writes the engagement's files; the next cell reads them back."""

from rdclib.widgets.assessment import (
    confirm_key_contracts,
    contract_coding,
    improvement_plan,
    practice_answers,
    priority_ratings,
    priority_weights,
)

__all__ = [
    "confirm_key_contracts",
    "contract_coding",
    "improvement_plan",
    "practice_answers",
    "priority_ratings",
    "priority_weights",
]
