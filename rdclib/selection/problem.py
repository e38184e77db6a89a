"""What the contract is for: problem, goals and the chain from money to impact."""

import re
from dataclasses import dataclass

from rdclib import vocabulary

FEWEST_GOALS = 3

_THINGS = (
    "apps?|beds?|buses|cameras?|computers?|contractors?|counselors?|databases?|equipment|facilit(?:y|ies)|licenses?|"
    "lights?|managers?|officers?|platforms?|programs?|providers?|services?|shelters?|software|staff|systems?|tools?|trainings?|"
    "trucks?|vans?|vehicles?|vendors?|websites?|workers?"
)
# Phrases that name what to buy. "Too few shelter beds" invites shelters only; "housing instability" invites more.
_SOLUTIONS = (
    re.compile(
        r"\b(?:too few|not enough|lack(?:s|ing)?(?: of)?|shortage of|insufficient|more|additional|a new|new)\s+"
        rf"(?:[\w-]+\s+){{0,2}}(?:{_THINGS})\b",
        re.I,
    ),
    re.compile(
        r"\b(?:we|the city|the department|[a-z]+ department)\s+(?:needs?|wants?|requires?|must have|should have)\b",
        re.I,
    ),
    re.compile(
        r"\b(?:acquire|buy|build|contract for|contract with|deploy|hire|implement|install|issue an? rfp|launch|"
        r"outsource|procure|purchase|replace|renew the|roll out|upgrade)\b",
        re.I,
    ),
)


@dataclass(frozen=True)
class Remark:
    """A remark on the problem statement or the goals."""

    kind: str  # "no problem", "solution", "no population", "few goals", "goal without residents", "goal is a solution"
    words: str = ""  # the phrase or the goal that it is about


@dataclass(frozen=True)
class Layer:
    """One layer of the logic model."""

    name: str
    entered: tuple  # texts
    metrics: tuple  # metrics that measure it

    @property
    def empty(self):
        """Nothing was entered and nothing measures it."""
        return not self.entered and not self.metrics


def solution_words(text):
    """Find the phrase of a text that names a solution instead of a problem.

    Returns
    -------
    str
        The first such phrase, or empty.
    """
    found = [match for pattern in _SOLUTIONS if (match := pattern.search(text))]
    return min(found, key=lambda match: match.start()).group(0) if found else ""


def remarks(problem, population, goals):
    """Look over the problem statement and the goals.

    Parameters
    ----------
    problem, population : str
    goals : sequence of rdclib.choices.Goal

    Returns
    -------
    tuple of Remark
    """
    found = []
    if not problem:
        found.append(Remark("no problem"))
    elif phrase := solution_words(problem):
        found.append(Remark("solution", phrase))
    if not population:
        found.append(Remark("no population"))
    if len(goals) < FEWEST_GOALS:
        found.append(Remark("few goals", str(len(goals))))
    for goal in goals:
        if not goal.residents:
            found.append(Remark("goal without residents", goal.goal))
        if phrase := solution_words(goal.goal):
            found.append(Remark("goal is a solution", goal.goal))
    return tuple(found)


def logic_model(entered, metrics):
    """Hang metrics on the layers from input to impact.

    Parameters
    ----------
    entered : mapping of str to sequence of str
        Layer to the texts entered for it.
    metrics : sequence of Metric

    Returns
    -------
    tuple of Layer
        All five, also the empty ones.
    """
    return tuple(
        Layer(name, tuple(entered.get(name, ())), tuple(m for m in metrics if m.layer == name))
        for name in vocabulary.LAYERS
    )
