"""Results as tables: one file a stage; functions are named after the result they show."""

from rdclib.tables.assessment import (
    contract_coding,
    failings,
    improvement_plan,
    lead_times,
    pipeline,
    practice,
    practice_beside_data,
    practice_disagreements,
    practice_gaps,
    priorities,
)
from rdclib.tables.table import Column, Interval, Table, Value

__all__ = [
    "Column",
    "Interval",
    "Table",
    "Value",
    "contract_coding",
    "failings",
    "improvement_plan",
    "lead_times",
    "pipeline",
    "practice",
    "practice_beside_data",
    "practice_disagreements",
    "practice_gaps",
    "priorities",
]
