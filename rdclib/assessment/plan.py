"""The improvement plan: what was agreed, in order of when it is due."""

from dataclasses import dataclass

from rdclib.catalogue import Question, load_questions
from rdclib.choices import Step


@dataclass(frozen=True)
class PlanStep:
    """A step of the improvement plan, as of today."""

    step: Step
    question: Question | None
    overdue: bool


def plan(steps, as_of):
    """The improvement plan as of a day: open steps first, the earliest due date first.

    Parameters
    ----------
    steps : sequence of rdclib.choices.Step
    as_of : date

    Returns
    -------
    tuple of PlanStep
    """
    by_id = {question.id: question for question in load_questions()}
    return tuple(
        PlanStep(step, by_id.get(step.question), step.status == "open" and step.due < as_of)
        for step in sorted(steps, key=lambda s: (s.status != "open", s.due, s.step))
    )
