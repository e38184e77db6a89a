"""Decisions of an engagement: one section a stage, written by forms, read by the cells after them.

Every field has a default, so that an engagement without decisions still gives its reports.
"""

from rdclib.models import Strict


class Section(Strict):
    """What every stage's section has."""

    saved_by: str = ""  # who decided last
    saved_at: str = ""  # when, UTC


class Readiness(Section):
    """Decisions of 00_data_readiness."""


class Assessment(Section):
    """Decisions of 01_procurement_assessment."""


class Selection(Section):
    """Decisions of 02_metric_selection."""


class Review(Section):
    """Decisions of 03_performance_review."""


class Choices(Strict):
    """All decisions of an engagement."""

    readiness: Readiness = Readiness()
    assessment: Assessment = Assessment()
    selection: Selection = Selection()
    review: Review = Review()
