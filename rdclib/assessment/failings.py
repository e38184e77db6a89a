"""What people say beside what the records show, and the seven failings of procurement."""

import math
import operator
import re
from dataclasses import dataclass

from rdclib import indicators, questionnaire
from rdclib.catalogue import Question, load_table

_COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Evidence:
    """One thing that speaks for or against a failing."""

    id: str  # question or indicator
    words: str
    value: float
    unit: str  # kind of `formats`; "level" for a score from 0 to 4
    n: int


@dataclass(frozen=True)
class Failing:
    """One of the seven failings that the field's founders name, in this city."""

    id: str
    name: str
    verdict: str  # found, mixed, in part, not found, cannot be told
    evidence_for: tuple
    evidence_against: tuple
    between: tuple
    why_not: str  # filled when it cannot be told


@dataclass(frozen=True)
class Beside:
    """What a city says of itself, beside what its records say."""

    question: Question
    score: float
    result: indicators.IndicatorResult
    agree: str  # "data say otherwise", "data look better", or empty


def beside(practice, results):
    """Put what a city says of itself beside the indicators that should agree."""
    pairs = []
    for item in practice.items:
        for indicator_id in item.question.indicators:
            result = results[indicator_id]
            if math.isnan(item.score) or not result.computed:
                continue
            agree = ""
            if item.score >= questionnaire.STANDARD and result.verdict == "poor":
                agree = "data say otherwise"
            elif item.score <= 1 and result.verdict == "good":
                agree = "data look better"
            pairs.append(Beside(item.question, item.score, result, agree))
    return tuple(sorted(pairs, key=lambda pair: pair.agree == ""))


def failings(practice, results, spots=()):
    """Weigh the evidence for and against each of the seven failings.

    A question at level 1 or below speaks for the failing, at level 3 or above (with a document) against it; an
    indicator speaks by the cut-offs of data/catalogue/failings.csv, for the city as a whole and for departments that
    stand out.
    """
    return tuple(_failing(row, practice, results, spots) for row in load_table("failings"))


def _failing(row, practice, results, spots):
    sides = {"for": [], "against": [], "between": []}
    unanswered, unknown = [], []
    for question_id in row["questions"].split(";"):
        item = practice.item(question_id)
        if math.isnan(item.evidenced):
            unanswered.append(item.question.title)
            continue
        side = "for" if item.evidenced <= 1 else "against" if item.evidenced >= questionnaire.STANDARD else "between"
        sides[side].append(Evidence(question_id, item.question.title, item.evidenced, "level", item.n))
    rules = {side: [rule(text) for text in row[f"{side}_if"].split(";") if text] for side in ("for", "against")}
    for indicator_id in dict.fromkeys(name for side in rules.values() for name, _, _ in side):
        result = results[indicator_id]
        if not result.computed or result.tentative:
            unknown.append(result.indicator.name)
            continue
        side = "between"
        for candidate, listed in rules.items():
            if any(name == indicator_id and holds(result.value, limit) for name, holds, limit in listed):
                side = candidate
        sides[side].append(Evidence(indicator_id, result.indicator.name, result.value, result.kind, result.n))
    for spot in spots:
        indicator = spot.result.indicator
        if any(name == indicator.id and holds(spot.value, limit) for name, holds, limit in rules["for"]):
            words = f"{indicator.name} in {spot.department}"
            sides["for"].append(Evidence(indicator.id, words, spot.value, spot.result.kind, spot.n))
    spoken = {side: bool(listed) for side, listed in sides.items()}
    verdict = "cannot be told"
    if spoken["for"] or spoken["against"]:
        verdict = {(True, True): "mixed", (True, False): "found", (False, True): "not found"}[
            spoken["for"], spoken["against"]
        ]
    elif spoken["between"]:
        verdict = "in part"
    why_not = ""
    if not any(spoken.values()):
        why_not = f"nobody answered on {_lowered(unanswered)}, and the city’s records do not allow {_lowered(unknown)}"
    return Failing(
        row["id"], row["name"], verdict, tuple(sides["for"]), tuple(sides["against"]), tuple(sides["between"]), why_not
    )


def rule(text):
    """Read a cut-off of failings.csv, such as ``CP01<=0.4``: the indicator, how it is compared, and the limit."""
    name, sign, limit = re.fullmatch(r"([A-Z]+\d+)(<=|>=|<|>)(-?[\d.]+)", text.strip()).groups()
    return name, _COMPARE[sign], float(limit)


def _lowered(names):
    """Names within a sentence: ``fresh data and joint reviews``."""
    lowered = [name[:1].lower() + name[1:] for name in names]
    return f"{', '.join(lowered[:-1])} and {lowered[-1]}" if len(lowered) > 1 else lowered[0]
