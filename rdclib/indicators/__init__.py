"""Indicators: how a city's procurement works, computed from its records."""

from rdclib.indicators.compute import compute, compute_all, field_title
from rdclib.indicators.cycle_time import stages as cycle_times
from rdclib.indicators.portfolio import overview as portfolio_overview
from rdclib.indicators.result import WHAT_INTERVALS_MEAN, IndicatorResult, questions

__all__ = [
    "WHAT_INTERVALS_MEAN",
    "IndicatorResult",
    "compute",
    "compute_all",
    "cycle_times",
    "field_title",
    "portfolio_overview",
    "questions",
]
