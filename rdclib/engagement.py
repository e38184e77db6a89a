"""An engagement: one city's project, its facts and decisions, and the period under review."""

import functools
import hashlib
import weakref
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import field_validator

from rdclib import models, periods, places, saved, vocabulary
from rdclib.choices import Choices
from rdclib.errors import RDCError, WrongUse


class Threshold(models.Strict):
    """An amount of local law, from a day to a day, for some methods or for all."""

    name: Literal[vocabulary.THRESHOLDS]
    amount: float
    valid_from: date | None = None
    valid_to: date | None = None
    methods: tuple[str, ...] = ()  # procurement methods it holds for; none named means all


class Table(models.Strict):
    """The files of one table and how to read them."""

    paths: tuple[str, ...]  # below the engagement's folder, for example raw/contracts.csv
    columns: dict[str, str] = {}  # the city's heading: our column
    sheet: str = ""  # name of the sheet; empty means that we look for it
    currency: str = ""  # when it differs from the engagement's
    date_order: Literal["", "day-first", "month-first"] = ""  # only where the file leaves it open
    decimal: Literal["", ".", ","] = ""  # only where the file leaves it open
    confirmed: tuple[str, ...] = ()  # files sent twice that the city confirms to be two


class Metric(models.Strict):
    """A metric of the city's own, in the words of data/catalogue/metrics.csv."""

    id: str
    name: str
    domain: str = ""
    definition: str = ""
    numerator: str = ""
    denominator: str = ""
    unit: str = ""
    layer: Literal["", *vocabulary.LAYERS] = ""
    topic: str = ""
    measure_type: Literal["", *vocabulary.MEASURE_TYPES] = ""
    duty: Literal["", *vocabulary.DUTIES] = ""
    timing: Literal["", *vocabulary.TIMINGS] = ""
    direction: str = "context"
    cadence: str = "monthly"
    data_source: str = ""
    gaming_risk: str = ""
    guardrail_ids: tuple[str, ...] = ()
    guardrail_note: str = ""
    segment_by: str = ""
    benchmark_value: str = ""
    benchmark_note: str = ""
    source: str = ""


class Facts(models.Strict):
    """The contents of engagement.yaml: facts about the city, not decisions."""

    city: str
    country: str = ""
    currency: str = "USD"
    language: str = "en"
    fiscal_year_start: str = "01-01"  # month-day
    period: str = ""  # the period under review unless another is asked for
    smallest_group: int = 11  # counts of people below this are not shown
    thresholds: tuple[Threshold, ...] = ()
    holidays: tuple[date, ...] = ()
    price_index: dict[str, float] = {}  # year: index, any base
    planning_days: int = 90  # work before a solicitation is posted
    transition_days: int = 60  # from a new vendor's signature to its start
    bid_window_days: dict[str, float] = {}  # fewest days for bids, by method or local method name, or "default"
    fixed_price_methods: tuple[str, ...] = ()  # local method names under which the city sets the price
    certified_availability: float = 0  # share of certified firms among those available, from a disparity study
    files: dict[str, Table] = {}  # table: its files
    metrics: tuple[Metric, ...] = ()

    @field_validator("currency")
    @classmethod
    def _three_letters(cls, value):
        if not (len(value) == 3 and value.isalpha()):
            raise ValueError("give the currency's three letters, for example USD")
        return value.upper()

    @field_validator("fiscal_year_start")
    @classmethod
    def _month_and_day(cls, value):
        try:
            periods.month_and_day(value)
        except RDCError as error:
            raise ValueError(error.fix) from None
        return value

    @field_validator("period")
    @classmethod
    def _period(cls, value):
        try:
            return periods.parse(value).label if value else ""
        except RDCError as error:
            raise ValueError(error.fix) from None


@dataclass(frozen=True)
class Engagement:
    """One city's project, for one period.

    Attributes
    ----------
    name : str
    folder : Path
    facts : Facts
    period : rdclib.periods.Period
    as_of : datetime.date
        The day that counts as today: active, late and expiring are as of this day.
    """

    name: str
    folder: Path
    facts: Facts
    period: periods.Period
    as_of: date

    @property
    def raw(self):
        """The folder of the city's files, which are never changed."""
        return self.folder / "raw"


def load_facts(name):
    """Read an engagement's facts.

    Raises
    ------
    EngagementError
        When the engagement does not exist, or engagement.yaml cannot be used.
    """
    return models.read(Facts, saved.read_yaml(places.folder(name) / "engagement.yaml"), "engagement.yaml")


def load_engagement(name, period="", as_of=""):
    """Read an engagement for a period.

    Parameters
    ----------
    name : str
        A folder in data/engagements or data/examples.
    period : str
        ``FY2024`` or ``FY2024-Q3``; empty means the one in engagement.yaml.
    as_of : str
        ``2024-06-30``; empty means the last day of the period.

    Raises
    ------
    EngagementError
        When the engagement, the period or the day cannot be used.
    """
    facts = load_facts(name)
    if not (period or facts.period):
        raise WrongUse(
            f"No period is given for '{name}'.",
            fix="Write  period: FY2024  in engagement.yaml, or add  --period FY2024  to the command.",
        )
    chosen = periods.parse(period or facts.period, facts.fiscal_year_start)
    day = periods.parse_day(as_of) if as_of else chosen.end
    return Engagement(name, places.folder(name), facts, chosen, day)


def load_choices(engagement):
    """Read the decisions of an engagement; stages without a decision have their defaults.

    Raises
    ------
    EngagementError
        When choices.yaml cannot be used.
    """
    path = engagement.folder / "choices.yaml"
    return models.read(Choices, saved.read_yaml(path), "choices.yaml") if path.exists() else Choices()


def decisions(engagement):
    """One hash of all that people have decided, answered and entered so far: the files at the top of the engagement.

    Parameters
    ----------
    engagement : Engagement

    Returns
    -------
    str
    """
    found = hashlib.sha256()
    for path in sorted((*engagement.folder.glob("*.yaml"), *engagement.folder.glob("*.csv"))):
        found.update(f"{path.name}:{path.stat().st_size}:".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def remembered(make):
    """Make a result of records and decisions again only when one of them is another; the newest is kept.

    A notebook asks again after each form. Where no form saved a change, as in unattended runs, the result is kept.

    Parameters
    ----------
    make : callable
        Takes records, or records and an engagement whose decisions count.

    Returns
    -------
    callable
        Takes the same.
    """
    kept = []

    @functools.wraps(make)
    def made(records, *engagement):
        asked = [(e.folder, e.period, e.as_of, decisions(e)) for e in engagement]
        for known, answered, result in kept:
            # The very same records: equal ones would have to be compared cell by cell.
            if known() is records and answered == asked:
                return result
        kept.clear()  # two results of a large register need not fit into memory
        result = make(records, *engagement)
        kept.append((weakref.ref(records), asked, result))
        return result

    return made


def save_choice(engagement, stage, key, value, *, author):
    """Write one decision of a stage to choices.yaml; see `save_choices`."""
    save_choices(engagement, stage, {key: value}, author=author)


def save_choices(engagement, stage, decided, *, author):
    """Write decisions of a stage to choices.yaml, checked before anything is written: all of them or none.

    Parameters
    ----------
    engagement : Engagement
    stage : str
        A section: readiness, assessment, selection or review.
    decided : dict of str to text, number, list or dict
        Fields of that section.
    author : str
        Who decided.

    Raises
    ------
    EngagementError
        When the section has no such key, or a value is of the wrong kind; the file then stays unchanged.
    """
    change_choices(engagement, stage, lambda _: decided, author=author)


def change_choices(engagement, stage, change, *, author):
    """Read a stage's section of choices.yaml, and decide from its content, while the file is locked.

    Parameters
    ----------
    engagement : Engagement
    stage : str
        A section: readiness, assessment, selection or review.
    change : callable
        Takes the section as it is saved now (of `rdclib.choices`); returns fields of it, as `save_choices` takes them.
    author : str
        Who decided.

    Raises
    ------
    EngagementError
        As `save_choices`, and when ``change`` raises it; the file then stays unchanged.
    """

    def values(data):
        section = getattr(models.read(Choices, data, "choices.yaml"), stage)
        decided = {key: _as_typed(value) for key, value in change(section).items()}
        # A section whose lines somebody deleted by hand is blank.
        models.read(Choices, {**data, stage: {**(data.get(stage) or {}), **decided}}, "choices.yaml")
        return {(stage, key): value for key, value in decided.items()}

    saved.change_together(engagement.folder / "choices.yaml", values, author=author)


def _as_typed(value):
    """Numbers as people write them: 70, not 70.0."""
    if isinstance(value, dict):
        return {key: _as_typed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_typed(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def entries(section, field):
    """What a field of a section holds, as `save_choices` takes it: text, numbers, lists and dicts, without defaults."""
    given = section.model_dump(mode="json", include={field}, exclude_defaults=True)
    return given.get(field, type(section)().model_dump(mode="json", include={field})[field])


class Draft:
    """What a form shows of a stage's section, and what a person changes in it.

    A form may be open for an hour while colleagues save. It saves its own changes, against what is saved by then.

    Parameters
    ----------
    engagement : Engagement
    stage : str
    shown : dict
        Fields of the section as the form shows them at first, as `save_choices` takes them.
    """

    def __init__(self, engagement, stage, shown):
        self._engagement, self._stage = engagement, stage
        section = getattr(load_choices(engagement), stage)
        self._before = {field: entries(section, field) for field in shown}
        self._shown = self._as_kept(shown)

    def save(self, mine, *, author, settle=lambda decided: decided):
        """Save what the form holds, as far as it was changed there.

        Parameters
        ----------
        mine : dict
            The same fields.
        author : str
        settle : callable, optional
            Takes the fields with what others saved meanwhile, and returns what is written; raises `EngagementError`
            when they do not go together.

        Raises
        ------
        EngagementError
            As `change_choices`.
        """
        mine = self._as_kept(mine)

        def change(section):
            return settle(
                {
                    field: saved.merged(
                        value, shown=self._shown[field], before=self._before[field], now=entries(section, field)
                    )
                    for field, value in mine.items()
                }
            )

        change_choices(self._engagement, self._stage, change, author=author)
        # The form goes on showing what it holds.
        self._shown = self._before = mine

    def _as_kept(self, values):
        section = getattr(models.read(Choices, {self._stage: values}, "choices.yaml"), self._stage)
        return {field: entries(section, field) for field in values}


_NEW = """\
# Facts about {name}. Lines that begin with # are remarks; yours stay when a form saves.
city: {city}
currency: USD
fiscal_year_start: 07-01  # month-day; the fiscal year carries the calendar year in which it ends
period:  # the fiscal year or quarter under review, for example FY2024 or FY2024-Q3
smallest_group: 11  # counts of people below this are not shown

# Amounts of local law; without them some indicators stay empty, with the reason.
# thresholds:
#   - name: formal_bid  # or quotes, or small_purchase
#     amount: 50000
#     valid_from: 2020-07-01
#     methods: [open]

# Files of the city, table by table; `rdc intake {name} FILE...` drafts this part.
# files:
#   contracts:
#     paths: [raw/contracts.csv]
#     columns:
#       Award Dt: award_date
"""


def create(name):
    """Make the folder of a new engagement.

    Parameters
    ----------
    name : str
        Small letters, digits, - and _.

    Returns
    -------
    Path
        The folder, with engagement.yaml and raw/.

    Raises
    ------
    EngagementError
        When the name is not allowed or taken.
    """
    folder = places.engagements() / places.checked_name(name)
    if name in places.names():
        raise WrongUse(f"There is an engagement '{name}' already.", fix="Choose another name, or go on with that one.")
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    saved.write_text(folder / "engagement.yaml", _NEW.format(name=name, city=name.replace("-", " ").title()))
    return folder
