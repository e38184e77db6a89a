"""Results as figures: one file a stage; functions are named after the result they show."""

from rdclib.figures.picture import Picture

__all__ = ["Picture"]
