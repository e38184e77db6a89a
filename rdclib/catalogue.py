"""The words that experts edit: indicators, metrics and questions in data/catalogue."""

import csv
from dataclasses import dataclass, fields
from functools import cache

from rdclib import places
from rdclib.errors import CatalogueError


@dataclass(frozen=True)
class Indicator:
    """One row of indicators.csv: how procurement works, computed from records."""

    id: str
    group: str
    name: str
    level: str
    unit: str
    summary: str  # proportion, value_share, quantile, total or flag: decides the interval
    measure: str  # function of rdclib/indicators/measures.py where the summary alone does not decide it
    function: str  # function of rdclib/indicators that gives the rows, for example competition.single_bid_rate
    table: str  # table whose records are the rows; empty where a row is a vendor, a pair or a solicitation's bids
    formula: str
    required_fields: tuple[str, ...]  # table.column; alternatives are divided by |
    settings: tuple[str, ...]  # facts of engagement.yaml
    period_by: str  # what decides which records belong to the period
    ocds_fields: tuple[str, ...]
    ocp_codes: tuple[str, ...]
    direction: str
    minimum_n: str
    threshold: str
    good_if: str  # a comparison and a number, for example <=0.10
    poor_if: str
    threshold_basis: str
    threshold_source: str
    question: str  # what a flag asks, by code: "R024: ... | R058: ..."
    caveat: str
    source: str


@dataclass(frozen=True)
class Metric:
    """One row of metrics.csv: a result that a city may track on a contract."""

    id: str
    domain: str
    name: str
    definition: str
    numerator: str
    denominator: str
    unit: str
    layer: str
    topic: str
    measure_type: str
    duty: str
    timing: str
    direction: str
    cadence: str
    data_source: str
    gaming_risk: str
    guardrail_ids: tuple[str, ...]
    guardrail_note: str
    segment_by: str
    benchmark_value: str
    benchmark_note: str
    source: str
    provenance: str


@dataclass(frozen=True)
class Question:
    """One row of questionnaire.csv, with its five anchors."""

    id: str
    activity: str
    title: str  # a few words for tables and summaries
    wwc_criterion: str
    continuum_stage: str
    question: str
    respondent_role: str
    secondary_role: str
    evidence_to_show: str
    level0: str
    level1: str
    level2: str
    level3: str
    level4: str
    weight: float
    indicators: tuple[str, ...]  # ids of the indicators that should agree with the answer
    effort: str  # of moving up a level: small (within a quarter, no new money or rule), medium or large
    source: str

    @property
    def levels(self):
        """The five anchors, from absent (0) to routine (4)."""
        return (self.level0, self.level1, self.level2, self.level3, self.level4)


@cache
def load_table(name):
    """Rows of a file in data/catalogue.

    Parameters
    ----------
    name : str
        The file's name without ``.csv``.

    Returns
    -------
    tuple of dict of str to str

    Raises
    ------
    CatalogueError
        When the file is missing, is not UTF-8 text, or a line has more or fewer values than the header.
    """
    path = places.CATALOGUE / f"{name}.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream, restkey="_more"))
    except (OSError, UnicodeDecodeError):
        raise CatalogueError(
            f"data/catalogue/{name}.csv cannot be read.", fix="Bring the file back, saved as CSV in UTF-8."
        ) from None
    for line, row in enumerate(rows, start=2):
        if "_more" in row or None in row.values():
            raise CatalogueError(
                f"data/catalogue/{name}.csv has more or fewer values than its header in row {line}.",
                fix="Put quotes around values that hold a comma, and give every column a value or leave it empty.",
            )
    return tuple(rows)


def _load(kind, name):
    wanted = {field.name: field.type for field in fields(kind)}
    items = []
    for line, row in enumerate(load_table(name), start=2):
        if set(row) != set(wanted):
            odd = sorted(set(row) ^ set(wanted))
            raise CatalogueError(
                f"data/catalogue/{name}.csv has other columns than we read: {', '.join(odd)}.",
                fix=f"Its columns are: {', '.join(wanted)}.",
            )
        try:
            items.append(kind(**{key: _value(row[key], kind_of) for key, kind_of in wanted.items()}))
        except ValueError:
            raise CatalogueError(
                f"data/catalogue/{name}.csv has a number that is not one in row {line}.", fix="Write it like 1.5."
            ) from None
    ids = [item.id for item in items]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise CatalogueError(f"data/catalogue/{name}.csv has the id {twice[0]} twice.", fix="Give each row its own id.")
    return tuple(items)


def _value(text, kind):
    if kind is float:
        return float(text)
    if kind == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(";") if part.strip())
    return text.strip()


@cache
def load_indicators():
    """All rows of indicators.csv as `Indicator`, in the file's order."""
    return _load(Indicator, "indicators")


@cache
def load_metrics():
    """All rows of metrics.csv as `Metric`, in the file's order."""
    return _load(Metric, "metrics")


@cache
def load_questions():
    """All rows of questionnaire.csv as `Question`, in the file's order."""
    return _load(Question, "questionnaire")
