"""Metric selection: from the goal of a key contract to a metric schedule and a payment that was tried."""

from rdclib.selection.select import Concern, Selection, select

__all__ = ["Concern", "Selection", "select"]
