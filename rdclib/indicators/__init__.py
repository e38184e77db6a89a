"""Indicators: how a city's procurement works, computed from its records."""

from rdclib.indicators.compute import compute, compute_all, field_title, questions
from rdclib.indicators.result import WHAT_INTERVALS_MEAN, IndicatorResult

__all__ = ["WHAT_INTERVALS_MEAN", "IndicatorResult", "compute", "compute_all", "field_title", "questions"]
