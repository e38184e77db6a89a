"""Decisions of an engagement: one section a stage, written by forms, read by the cells after them.

Every field has a default, so that an engagement without decisions still gives its reports.
"""

from datetime import date

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


class Rebase(Strict):
    """New limits for a metric from a day on; only with a reason."""

    metric_id: str
    vendor: str = ""  # vendor id or name; empty means every vendor
    date: date
    reason: str


class Freeze(Strict):
    """Limits that stay as the first so many periods (after each rebase) gave them."""

    metric_id: str
    vendor: str = ""
    periods: int


class Change(Strict):
    """A change to a contract of which the review asks whether it lasted."""

    metric_id: str
    vendor: str = ""
    date: date
    what: str
    trigger_periods: int = 0  # periods just before it that gave rise to it; they do not count as "before"
    comparison: tuple[str, ...] = ()  # vendors (id or name) without the change; empty means all other vendors
    same_time: str = ""  # what else changed at that time, a definition for example


class Review(Section):
    """Decisions of 03_performance_review."""

    headlines: tuple[str, ...] = ()  # up to five metric ids for the first page of the pack, in order
    screen: bool = False  # leave very large moving ranges out of the limits
    rebases: tuple[Rebase, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    changes: tuple[Change, ...] = ()
    topic: str = ""  # the roadmap topic of the next meeting
    meetings: tuple[date, ...] = ()  # days on which vendor and city went through the data together
    findings: dict[str, str] = {}  # metric id: what the meeting made of it
    recency: tuple[float, ...] = (1.0, 0.7, 0.4)  # weight of a rating of this year, last year, the year before
    other_service: float = 0.5  # weight of a rating on a contract for another service


class Choices(Strict):
    """All decisions of an engagement."""

    readiness: Readiness = Readiness()
    assessment: Assessment = Assessment()
    selection: Selection = Selection()
    review: Review = Review()
