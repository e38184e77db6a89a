"""Decisions of an engagement: one section a stage, written by forms, read by the cells after them.

Every field has a default, so that an engagement without decisions still gives its reports.
"""

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rdclib import vocabulary
from rdclib.models import Strict


class Section(Strict):
    """What every stage's section has."""

    saved_by: str = ""  # who decided last
    saved_at: str = ""  # when, UTC


class Readiness(Section):
    """Decisions of 00_data_readiness; how files are read stands in engagement.yaml, with the files."""

    # Vendor id: the contract under which its payments without a contract number are made, as the city confirmed.
    payment_links: dict[str, str] = {}


class Step(Strict):
    """A step of the improvement plan."""

    step: str
    owner: str
    due: date
    question: str = ""  # id of the question whose level it should raise
    status: Literal[vocabulary.STEP_STATUSES] = "open"


class Assessment(Section):
    """Decisions of 01_procurement_assessment."""

    # Points for what makes a contract deserve attention; none given means equal points.
    weights: dict[Literal[vocabulary.PRIORITY_CRITERIA], Annotated[float, Field(ge=0, le=100)]] = {}
    weights_known: Literal[vocabulary.WEIGHTS_KNOWN] = "about right"
    # Contract id: criterion: 0 to 4, where people know better than the data, or the data are silent.
    ratings: dict[str, dict[Literal[vocabulary.PRIORITY_CRITERIA], Annotated[float, Field(ge=0, le=4)]]] = {}
    key_contracts: tuple[str, ...] = ()  # contract ids, most urgent first, as the city confirmed them
    plan: tuple[Step, ...] = ()  # the improvement plan


class Goal(Strict):
    """What the city wants from a contract, and how residents would notice."""

    goal: str
    residents: str = ""


# Where a target can come from.
TARGET_BASES = ("own history", "trend", "peers", "standard", "need", "negotiated")


class ChosenMetric(Strict):
    """A metric of the schedule."""

    metric_id: str
    paid: bool = False  # some payment depends on it
    segments: str = ""  # groups or places by which it is also shown
    target: float | None = None  # in the metric's unit
    target_low: float | None = None  # the two ends of a target band, in place of one target
    target_high: float | None = None
    target_basis: Literal["", *TARGET_BASES] = ""
    standard: str = ""  # the published standard, named, when the target rests on one
    contracts: tuple[str, ...] = ()  # contracts that the target applies to; empty means the schedule's own

    @model_validator(mode="after")
    def _has_one_kind_of_target(self):
        ends = (self.target_low, self.target_high)
        if ends == (None, None):
            return self
        if None in ends or self.target is not None:
            raise ValueError("give one target, or both ends of a target band")
        if self.target_low >= self.target_high:
            raise ValueError("the lower end of a target band lies below the upper one")
        return self


# Payment designs, with the terms that each cannot do without (rdclib.payment says what they mean).
PAYMENT_TERMS = {
    "unit rate": ("rate",),
    "tiers": ("pool", "thresholds", "shares"),
    "ramp": ("pool", "floor", "target"),
    "holdback": ("invoice", "share", "floor", "target"),
    "improvement credit": ("pool", "floor", "target", "baseline"),
    "milestone": ("value",),
    "gain share": ("budget", "share"),
    "incentive fee": ("target_cost", "target_fee", "share"),
    "bonus pool": ("pool", "floor", "target"),
    "outcome curve": ("knots", "payments"),
}


# Terms that are a part of the whole, and terms that are money.
_PARTS = ("share", "shares", "margin")
_AMOUNTS = ("rate", "pool", "invoice", "cap", "payments", "value", "budget", "target_cost", "ceiling")


def _each(term):
    return term if isinstance(term, tuple) else () if term is None else (term,)


class PaymentDesign(Strict):
    """A way to pay for one metric, to be tried; amounts are by period, results in the metric's unit."""

    name: str
    kind: Literal[tuple(PAYMENT_TERMS)]
    metric_id: str = ""
    rate: float | None = None  # for each unit
    pool: float | None = None  # most paid a period
    invoice: float | None = None  # invoiced a period
    share: float | None = None  # 0 to 1: held back, or the vendor's part of a saving
    floor: float | None = None  # result at which payment begins; for a unit rate, the least paid a period
    cap: float | None = None  # most paid a period
    target: float | None = None  # result at which all is paid
    baseline: float | None = None  # the vendor's own start
    thresholds: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    knots: tuple[float, ...] = ()
    payments: tuple[float, ...] = ()
    value: float | None = None  # of a milestone
    budget: float | None = None
    margin: float | None = None  # part of the budget that counts as chance
    target_cost: float | None = None
    target_fee: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    unearned: Literal["", "lapses", "rolls over", "is reinvested"] = ""
    ceiling: float | None = None  # most paid to one vendor over the term

    @model_validator(mode="after")
    def _has_its_terms(self):
        if lacking := [term for term in PAYMENT_TERMS[self.kind] if getattr(self, term) in (None, ())]:
            raise ValueError(f"a design of kind '{self.kind}' also needs: {', '.join(lacking)}")
        for one, other in (("thresholds", "shares"), ("knots", "payments")):
            if len(getattr(self, one)) != len(getattr(self, other)):
                raise ValueError(f"give as many {other} as {one}")
        if self.floor is not None and self.floor == self.target:
            raise ValueError("floor and target must differ")
        given = [(name, value) for name in _PARTS for value in _each(getattr(self, name))]
        if beyond := [name for name, value in given if not 0 <= value <= 1]:
            raise ValueError(f"'{beyond[0]}' is a part of the whole, from 0 to 1: 0.5 for 50%")
        given = [(name, value) for name in _AMOUNTS for value in _each(getattr(self, name))]
        if below := [name for name, value in given if value < 0]:
            raise ValueError(f"'{below[0]}' is an amount of money, 0 or more")
        steps = {(other > one) - (other < one) for one, other in pairwise(self.knots)}
        if len(steps) > 1 or 0 in steps:
            raise ValueError("name knots from the easiest result to the hardest, each once")
        return self

    @property
    def terms(self):
        """The terms that were given, for `rdclib.payment`."""
        left_out = {"name", "kind", "metric_id", "ceiling"}
        return {k: v for k, v in self if k not in left_out and v not in (None, (), "")}


class Selection(Section):
    """Decisions of 02_metric_selection."""

    contract_id: str = ""  # the key contract; empty means the one that needs it first
    domains: tuple[str, ...] = ()  # of data/catalogue/metrics.csv
    problem: str = ""
    population: str = ""  # who is to be better off
    goals: tuple[Goal, ...] = ()
    logic_model: dict[Literal[vocabulary.LAYERS], tuple[str, ...]] = {}
    candidates: tuple[str, ...] = ()  # metric ids; empty means all of the domains and the city's own
    test_order: tuple[str, ...] = ()  # tests from the most to the least important, as far as agreed
    chosen: tuple[ChosenMetric, ...] = ()  # empty means the set that is proposed
    contract_inputs: dict[str, str] = {}  # ids of data/catalogue/contract_inputs.csv: answers
    annual_amount: float | None = None  # of the contract; empty means what the register says
    investment: float | None = None  # investors' money, for a social impact bond
    payment_designs: tuple[PaymentDesign, ...] = ()  # empty means designs that fit the recommendation


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
