"""The practice questionnaire: how a city works today, by its own answers, role by role and round by round.

Scoring follows one rule set: a role's score on a question is the median of its answers, the question's score is the
mean of the roles, an activity's is the weighted mean of its questions, and the overall score the mean of the
activities. Not known is counted apart and is never a no; not applicable drops out.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from rdclib import saved, stats, vocabulary
from rdclib.catalogue import Question, load_questions
from rdclib.checks import Finding
from rdclib.errors import DataFileError
from rdclib.intake.grids import workbook_grids
from rdclib.intake.opening import open_sources

FILE = "answers.csv"
COLUMNS = vocabulary.ENTRY_FILES[FILE].columns
KEY = ("round", "respondent", "role", "question")
LEVELS = ("0", "1", "2", "3", "4")
ANSWERS = (*LEVELS, vocabulary.NOT_KNOWN, vocabulary.NOT_APPLICABLE)
# Labels at the top of the Excel questionnaire, beside which a person writes.
SHEET_LABELS = {"respondent": "Who answers", "role": "Role", "round": "Round"}
# Fewer vendors than this could be told apart by their answers.
VENDORS_SHOWN_FROM = 3
# Roles this many levels apart see different cities: shown, never averaged away.
DISAGREEMENT = 2
# From this level on a practice counts as standard, and a document should show it.
STANDARD = 3
# What a standard or better practice counts as while nobody has listed a document.
CAP = 2
SMALL_EFFORT = "small"


@dataclass(frozen=True)
class RoleScore:
    """One role's answers to one question, or over an activity's questions."""

    role: str
    score: float  # 0 to 4; nan when the role gave no level
    n: int  # levels given
    not_known: int
    disagreements: int = 0  # questions on which another role is two levels or more away


@dataclass(frozen=True)
class Item:
    """One question as the city answered it.

    Attributes
    ----------
    question : Question
    roles : tuple of RoleScore
        Roles whose answers may be shown.
    score, evidenced : float
        0 to 4, before and after the evidence cap; nan when nobody gave a level.
    n, not_known, not_applicable : int
        Answers shown, by kind.
    evidence : tuple of str
        Documents listed, without repeats.
    comments : tuple of str
        What respondents added.
    disagreement : bool
        Two roles are two levels or more apart.
    withheld : bool
        Fewer than three vendors answered, so what they said is neither shown nor counted.
    """

    question: Question
    roles: tuple
    score: float
    evidenced: float
    n: int
    not_known: int
    not_applicable: int
    evidence: tuple
    comments: tuple
    disagreement: bool
    withheld: bool

    @property
    def gap(self):
        """Importance times distance: the weight times what is missing to level 4; nan without a score."""
        return self.question.weight * (4 - self.evidenced)

    @property
    def goal(self):
        """What to aim for: the standard, or level 4 once that is shown; empty at the top or without a score."""
        if math.isnan(self.evidenced) or self.evidenced >= 4:
            return ""
        return self.question.levels[STANDARD if self.evidenced < STANDARD else 4]


@dataclass(frozen=True)
class Activity:
    """One of the nine activities."""

    name: str  # with its number, as in the catalogue
    score: float
    evidenced: float
    questions: int
    scored: int  # questions with a score
    not_known: float  # share of answers that are "not known"; nan without answers
    roles: tuple  # RoleScore over the activity
    disagreements: tuple  # ids of questions with a disagreement

    @property
    def number(self):
        """The activity's number, as text."""
        return self.name.split()[0]

    @property
    def title(self):
        """The activity's name without its number."""
        return self.name.split(maxsplit=1)[1]


@dataclass(frozen=True)
class Change:
    """An activity in two rounds, compared on the questions and roles that both have."""

    activity: str
    earlier: float
    later: float
    questions: int

    @property
    def change(self):
        """Levels gained (or lost); nan when the rounds share no question."""
        return self.later - self.earlier


@dataclass(frozen=True)
class Practice:
    """How a city works today, from one round of answers.

    Attributes
    ----------
    round : str
        Empty when nobody has answered.
    respondents : dict of str to int
        Role to number of people (for vendors, firms), all that answered.
    items : tuple of Item
        One for each question of the catalogue, in its order.
    activities : tuple of Activity
    overall, evidenced : float
        Means of the activities that have a score.
    agreement, kappa : stats.Noted
        Between respondents on the same question: share of pairs who agree, and Fleiss' kappa.
    changes : tuple of Change
        Against the round before; empty with one round.
    earlier_round : str
    later_round : str
        The latest round, where it began after the day of the report and so is not in it; else empty.
    answered_later : bool
        Even this round began after that day.
    findings : tuple of Finding
        Rows of answers.csv that could not be used.
    note : str
        Why there is no score.
    """

    round: str
    respondents: dict
    items: tuple
    activities: tuple
    overall: float
    evidenced: float
    agreement: stats.Noted
    kappa: stats.Noted
    changes: tuple
    earlier_round: str
    findings: tuple
    later_round: str = ""
    answered_later: bool = False
    note: str = ""

    def item(self, question_id):
        """The item of a question."""
        return next(item for item in self.items if item.question.id == question_id)

    @property
    def disagreements(self):
        """Items on which roles differ by two levels or more, widest first."""
        return tuple(sorted((i for i in self.items if i.disagreement), key=lambda i: -_spread(i.roles)))

    @property
    def gaps(self):
        """Items with a score below 4, largest gap first."""
        return tuple(sorted((i for i in self.items if i.gap > 0), key=lambda i: -i.gap))

    @property
    def quick_wins(self):
        """Gaps below the standard that one quarter of work without new money or rules could narrow."""
        return tuple(i for i in self.gaps if i.question.effort == SMALL_EFFORT and i.evidenced < STANDARD)

    @property
    def unproven(self):
        """Items at the standard or better for which nobody has listed a document."""
        return tuple(i for i in self.items if i.score >= STANDARD and i.evidenced < i.score)

    @property
    def withheld(self):
        """Ids of questions on which too few vendors answered to show what they said."""
        return tuple(i.question.id for i in self.items if i.withheld)


def load_answers(folder):
    """Read the answers of an engagement, oldest first.

    Parameters
    ----------
    folder : Path
        The engagement's folder.

    Returns
    -------
    list of dict of str to str
    """
    return saved.read_rows(folder / FILE)


def save_answers(folder, rows, *, author):
    """Add answers to the engagement of a folder; see `COLUMNS`."""
    saved.append_rows(folder / FILE, rows, author=author)


def latest_round(answers):
    """The round that people answer now: the latest that anybody answered, ``"1"`` before."""
    return max((row["round"] for row in answers), key=in_time, default="1")


def read_workbook(path):
    """Read a filled-in questionnaire, as `rdclib.documents.questionnaire` makes it.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of dict of str to str
        Rows for `save_answers`, one for each question that was answered.

    Raises
    ------
    DataFileError
        When the file is no such questionnaire, or its name, role, round or an answer cannot be used; nothing of it is
        taken then.
    """
    name = Path(path).name
    sheets = [grid for source in open_sources(path) if source.kind == "workbook" for grid in workbook_grids(source)]
    rows = [[cell.strip() for cell in row] for sheet in sheets for row in sheet.rows]
    given = {row[1]: row[2] for row in rows if len(row) > 2 and row[1] in SHEET_LABELS.values()}
    who = {key: given.get(label, "") for key, label in SHEET_LABELS.items()}
    if not given:
        raise DataFileError(
            f"{name} is no questionnaire of ours.",
            fix="Make one with  rdc template NAME --questionnaire  and fill it in.",
        )
    if missing := [SHEET_LABELS[key] for key, value in who.items() if not value]:
        raise DataFileError(
            f"{name} lacks: {', '.join(missing)}.", fix="Fill that in at the top of the sheet and save it."
        )
    who["role"] = who["role"].lower()
    if who["role"] not in vocabulary.ROLES:
        raise DataFileError(
            f"{name} names the role '{who['role']}'.", fix=f"Choose one of: {', '.join(vocabulary.ROLES)}."
        )
    known = {question.id for question in load_questions()}
    answers = []
    for row in rows:
        if row and row[0] in known and len(row) > 2 and row[2]:
            answer, *more = (*row[2:5], "", "")[:3]
            if answer.lower() not in ANSWERS:
                raise DataFileError(
                    f"{name} answers {row[0]} with '{answer[:40]}'.", fix=f"Choose one of: {', '.join(ANSWERS)}."
                )
            answers.append(
                {
                    **who,
                    "question": row[0],
                    "answer": answer.lower(),
                    **dict(zip(("evidence", "comment"), more, strict=True)),
                }
            )
    return answers


def score(answers, questions=None, round="", as_of=None):
    """Score one round of answers.

    Parameters
    ----------
    answers : list of dict of str to str
        Rows with ``round``, ``respondent``, ``role``, ``question`` and ``answer`` (``"0"`` to ``"4"``, ``"not known"``
        or ``"not applicable"``), and maybe ``evidence`` and ``comment``; of equal respondent and question the last
        one counts. A vendor respondent stands for a firm.
    questions : sequence of Question, optional
        The catalogue's unless given.
    round : str
        The latest unless given.
    as_of : date, optional
        The latest round that had begun on this day; the first round where none had, since a city is often asked after
        the period that the report is about.

    Returns
    -------
    Practice
    """
    questions = load_questions() if questions is None else tuple(questions)
    usable, findings = _usable(answers, {q.id for q in questions})
    rounds = sorted({row["round"] for row in usable}, key=in_time)
    begun = [r for r in rounds if as_of is None or _begun(answers, r) <= as_of.isoformat()]
    chosen = round or next(reversed(begun or rounds[:1]), "")
    earlier = [r for r in rounds if in_time(r) < in_time(chosen)]
    now = _items(questions, [row for row in usable if row["round"] == chosen])
    activities = _activities(now)
    changes = ()
    if earlier:
        changes = _changes(_items(questions, [row for row in usable if row["round"] == earlier[-1]]), now)
    table = _agreement_table(usable, chosen, now)
    return Practice(
        round=chosen,
        respondents=_respondents(row for row in usable if row["round"] == chosen),
        items=now,
        activities=activities,
        overall=_mean(a.score for a in activities),
        evidenced=_mean(a.evidenced for a in activities),
        agreement=stats.plain_agreement(table),
        kappa=stats.fleiss_kappa(table),
        changes=changes,
        earlier_round=earlier[-1] if earlier else "",
        later_round=rounds[-1] if rounds and rounds[-1] != chosen and not round else "",
        answered_later=bool(rounds) and not begun,
        findings=findings,
        note="" if any(i.n for i in now) else "Nobody has answered the practice questionnaire yet.",
    )


def _begun(rows, round):
    """The day of a round's first answer; empty, before all days, where an answer has no time."""
    return min(row.get("time", "")[:10] for row in rows if row.get("round") == round)


def in_time(round):
    """Key that sorts rounds: numbers in their order, before words in theirs."""
    return (0, int(round), "") if round.isdecimal() else (1, 0, round)


def _usable(answers, known):
    """Return the rows that can be scored, and a finding for each kind of row that cannot."""
    usable, wrong = [], {}
    lines = {id(row): line for line, row in enumerate(answers, start=2)}
    for row in saved.newest(answers, KEY):
        for column, is_fine, rule in (
            ("question", row.get("question") in known, "no such question in the catalogue"),
            ("role", row.get("role") in vocabulary.ROLES, f"the roles are {', '.join(vocabulary.ROLES)}"),
            ("answer", row.get("answer") in ANSWERS, f"the answers are {', '.join(ANSWERS)}"),
            ("respondent", bool(row.get("respondent")), "an answer needs a respondent"),
            ("round", bool(row.get("round")), "an answer needs a round"),
        ):
            if not is_fine:
                wrong.setdefault((column, row.get(column, ""), rule), []).append(lines[id(row)])
                break
        else:
            usable.append(row)
    findings = tuple(
        Finding(
            severity="error",
            table="answers",
            file=FILE,
            row=rows[0],
            column=column,
            value=value,
            count=len(rows),
            what=f"An answer cannot be used: {rule}.",
            done="Left out of the scores; answer the question again in the form, or mend the row.",
        )
        for (column, value, rule), rows in wrong.items()
    )
    return usable, findings


def _respondents(rows):
    people = {(row["role"], row["respondent"]) for row in rows}
    return {role: n for role in vocabulary.ROLES if (n := sum(r == role for r, _ in people))}


def _items(questions, rows):
    by_question = {}
    for row in rows:
        by_question.setdefault(row["question"], []).append(row)
    return tuple(_item(question, by_question.get(question.id, [])) for question in questions)


def _item(question, rows):
    vendors = {row["respondent"] for row in rows if row["role"] == "vendor" and row["answer"] in LEVELS}
    withheld = any(row["role"] == "vendor" for row in rows) and len(vendors) < VENDORS_SHOWN_FROM
    shown = [row for row in rows if not (withheld and row["role"] == "vendor")]
    roles = []
    for role in vocabulary.ROLES:
        given = [row["answer"] for row in shown if row["role"] == role]
        levels = [int(answer) for answer in given if answer in LEVELS]
        if given:
            value = float(median(levels)) if levels else math.nan
            roles.append(RoleScore(role, value, len(levels), given.count(vocabulary.NOT_KNOWN)))
    roles = tuple(_with_disagreements(roles))
    value = _mean(r.score for r in roles)
    evidence = tuple(dict.fromkeys(row["evidence"].strip() for row in shown if row.get("evidence", "").strip()))
    return Item(
        question=question,
        roles=roles,
        score=value,
        evidenced=float(CAP) if value >= STANDARD and not evidence else value,
        n=sum(r.n for r in roles),
        not_known=sum(r.not_known for r in roles),
        not_applicable=sum(row["answer"] == vocabulary.NOT_APPLICABLE for row in shown),
        evidence=evidence,
        comments=tuple(row["comment"].strip() for row in shown if row.get("comment", "").strip()),
        disagreement=_spread(roles) >= DISAGREEMENT,
        withheld=withheld,
    )


def _with_disagreements(roles):
    for role in roles:
        apart = any(abs(role.score - other.score) >= DISAGREEMENT for other in roles)
        yield RoleScore(role.role, role.score, role.n, role.not_known, int(apart))


def _spread(roles):
    scores = [r.score for r in roles if not math.isnan(r.score)]
    return max(scores) - min(scores) if scores else 0.0


def _mean(values, weights=None):
    """Return the (weighted) mean of the values that are there; nan without any."""
    values = list(values)
    weights = [1.0] * len(values) if weights is None else weights
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if not math.isnan(value)]
    return fmean([value for value, _ in pairs], [weight for _, weight in pairs]) if pairs else math.nan


def _activities(items):
    names = dict.fromkeys(item.question.activity for item in items)
    return tuple(_activity(name, [i for i in items if i.question.activity == name]) for name in names)


def _activity(name, items):
    weights = [i.question.weight for i in items]
    roles = []
    for role in vocabulary.ROLES:
        answered = [(i.question.weight, r) for i in items for r in i.roles if r.role == role]
        if answered:
            roles.append(
                RoleScore(
                    role,
                    _mean([r.score for _, r in answered], [w for w, _ in answered]),
                    sum(r.n for _, r in answered),
                    sum(r.not_known for _, r in answered),
                    sum(r.disagreements for _, r in answered),
                )
            )
    answers = sum(i.n + i.not_known for i in items)
    return Activity(
        name=name,
        score=_mean([i.score for i in items], weights),
        evidenced=_mean([i.evidenced for i in items], weights),
        questions=len(items),
        scored=sum(not math.isnan(i.score) for i in items),
        not_known=sum(i.not_known for i in items) / answers if answers else math.nan,
        roles=tuple(roles),
        disagreements=tuple(i.question.id for i in items if i.disagreement),
    )


def _changes(before, after):
    """Compare rounds on equal terms: a role that answered only once would look like a change."""
    names = dict.fromkeys(item.question.activity for item in after)
    pairs = []
    for old, new in zip(before, after, strict=True):
        scores = [{r.role: r.score for r in item.roles if not math.isnan(r.score)} for item in (old, new)]
        both = [role for role in scores[0] if role in scores[1]]
        if both:
            pairs.append((new.question, *(fmean([side[role] for role in both]) for side in scores)))
    changes = []
    for name in names:
        mine = [(q.weight, a, b) for q, a, b in pairs if q.activity == name]
        weights = [w for w, _, _ in mine]
        earlier, later = (_mean([pair[side] for pair in mine], weights) for side in (1, 2))
        changes.append(Change(name, earlier, later, len(mine)))
    return tuple(changes)


def _agreement_table(rows, round, items):
    """Count the levels given to each question, by all whose answers may be shown."""
    withheld = {i.question.id for i in items if i.withheld}
    table = []
    for item in items:
        answers = [
            row["answer"]
            for row in rows
            if row["round"] == round
            and row["question"] == item.question.id
            and not (row["role"] == "vendor" and item.question.id in withheld)
        ]
        table.append([answers.count(level) for level in LEVELS])
    return table
