"""How a city works, when its contracts end, and where to start, as tables."""

from rdclib import formats, vocabulary
from rdclib.tables.table import Column, Table, Value

LISTED = 100  # rows of a long list on the page
GAPS = 10


def practice(result):
    """Scores by activity, what nobody knows, and the change since the round before; None when nobody has answered.

    Parameters
    ----------
    result : rdclib.questionnaire.Practice
    """
    if result.note:
        return None
    changes = {change.activity: change for change in result.changes}
    rows = [
        (
            activity.title,
            activity.score,
            activity.evidenced,
            changes[activity.name].change if activity.name in changes else None,
            f"{activity.scored} of {activity.questions}",
            activity.not_known,
            ", ".join(activity.disagreements),
        )
        for activity in result.activities
    ]
    rows.append(("Overall", result.overall, result.evidenced, None, "", None, ""))
    columns = (
        Column("activity", "text", "Activity"),
        Column("score", "level", "Level (0 to 4)"),
        Column("evidenced", "level", "With evidence"),
        Column("change", "level", f"Change since round {result.earlier_round}"),
        Column("questions", "text", "Questions scored"),
        Column("not_known", "share", "Answers “not known”"),
        Column("disagreements", "text", "Roles at odds on"),
    )
    if not result.changes:
        columns, rows = columns[:3] + columns[4:], [row[:3] + row[4:] for row in rows]
    people = [f"{role} {n}" for role, n in result.respondents.items()]
    notes = [
        f"People who answered: {', '.join(people)}." if people else "",
        "Changes compare the questions and roles that both rounds have." if result.changes else "",
        f"Vendors’ answers to {', '.join(result.withheld)} are neither shown nor counted: fewer than three answered."
        if result.withheld
        else "",
    ]
    return Table("How the city works today, by activity", columns, rows, notes=tuple(notes), id="practice-scores")


def practice_gaps(result):
    """The ten gaps that matter most, with what to aim for; None without any.

    Parameters
    ----------
    result : rdclib.questionnaire.Practice
    """
    columns = (
        Column("question", "text", "Question"),
        Column("level", "level", "Level"),
        Column("goal", "text", "Aim for"),
        Column("effort", "text", "Effort"),
        Column("stage", "text", "Stage of the continuum"),
        Column("relates", "text", "Relates to"),
    )
    if not result.gaps:
        return None
    rows = [
        (
            f"{item.question.id} {item.question.title}",
            item.evidenced,
            item.goal,
            item.question.effort,
            item.question.continuum_stage,
            item.question.wwc_criterion,
        )
        for item in result.gaps[:GAPS]
    ]
    note = (
        "Largest first by importance times distance to level 4. “Aim for” is what cities with a standard practice do; "
        "“relates to” names a What Works Cities criterion."
    )
    return Table("Where the gaps are widest", columns, rows, notes=(note,), id="practice-gaps")


def practice_disagreements(result):
    """Questions on which roles see different cities; None when they agree.

    Parameters
    ----------
    result : rdclib.questionnaire.Practice
    """
    columns = (Column("question", "text", "Question"), Column("roles", "text", "Level by role (people)"))
    rows = [
        (
            f"{item.question.id} {item.question.title}",
            "; ".join(
                f"{role.role} {formats.level(role.score)} ({role.n})"
                for role in sorted(item.roles, key=lambda r: -r.score if r.n else 0)
                if role.n
            ),
        )
        for item in result.disagreements
    ]
    if not rows:
        return None
    return Table("Where roles see different cities", columns, rows, id="practice-disagreements")


def practice_beside_data(assessment):
    """What the city says of itself beside what its records say; None when there is no such pair.

    Parameters
    ----------
    assessment : rdclib.assessment.Assessment
    """
    columns = (
        Column("question", "text", "Question"),
        Column("level", "level", "Level said"),
        Column("indicator", "text", "Indicator"),
        Column("value", "number", "Value"),
        Column("n", "integer", "Records"),
        Column("agree", "text", "Together"),
    )
    rows = [
        (
            f"{pair.question.id} {pair.question.title}",
            pair.score,
            f"{pair.result.indicator.id} {pair.result.indicator.name}",
            Value(pair.result.value, pair.result.kind),
            pair.result.n,
            pair.agree,
        )
        for pair in assessment.beside
    ]
    if not rows:
        return None
    return Table(
        "Practice beside data",
        columns,
        rows,
        notes=("Where the two differ, ask which one is out of date before asking who is wrong.",),
        id="practice-beside-data",
        currency=assessment.currency,
    )


def pipeline(result, *, currency):
    """Contracts that end within 24 months, the earliest start-by date first; None without any.

    Parameters
    ----------
    result : rdclib.assessment.Pipeline
    currency : str
    """
    columns = (
        Column("contract_id", "text", "Contract"),
        Column("title", "text", "Title"),
        Column("department", "text", "Department"),
        Column("amount", "money", "Amount"),
        Column("end_date", "date", "Ends"),
        Column("start_by", "date", "Start by"),
        Column("slack_days", "days", "Slack"),
    )
    if not len(result.rows):
        return None
    more = len(result.rows) - LISTED
    notes = (
        result.note,
        f"{formats.plural(more, 'more contract')} start later than these." if more > 0 else "",
        "Slack: the end, less the time from posting to signature that three of four solicitations of the method keep "
        f"to, less {result.planning_days} days of planning and {result.transition_days} of transition, less today. "
        "Below 0 it is too late to compete in the usual time; up to 90 days, start now.",
    )
    return Table.from_frame(
        result.rows.head(LISTED), columns, caption="Contracts that end soon", notes=notes, id="pipeline-contracts",
        currency=currency,
    )  # fmt: skip


def lead_times(result):
    """How long a re-procurement takes, by method.

    Parameters
    ----------
    result : rdclib.assessment.Pipeline
    """
    columns = (
        Column("method", "text", "Method"),
        Column("days", "days", "Posting to signature, three of four within"),
        Column("finished", "integer", "Finished"),
        Column("open", "integer", "Still open"),
        Column("basis", "text", "Basis"),
    )
    rows = [(row.Index, row.days, row.finished, row.open, row.basis) for row in result.lead_times.itertuples()]
    note = (
        "Open solicitations count with the time they have waited (Kaplan-Meier). “Assumed” stands where fewer than ten "
        "were finished; “at least” where so many are open that only the longest time seen can be said."
    )
    return Table("How long a procurement takes", columns, rows, notes=(note,), id="lead-times")


def priorities(result):
    """Ratings of the contracts ranked, and how often each is among the first five; None without any.

    Parameters
    ----------
    result : rdclib.assessment.Ranking
    """
    if not len(result.rows):
        return None
    rating = [Column(name, "level", name.capitalize()) for name in vocabulary.PRIORITY_CRITERIA]
    columns = (
        Column("contract_id", "text", "Contract"),
        Column("title", "text", "Title"),
        *rating,
        Column("top", "share", "Among the first five"),
    )
    ratings = result.rows[list(vocabulary.PRIORITY_CRITERIA)].to_numpy(float)
    rows = [
        (row.contract_id, row.title, *levels, row.top)
        for row, levels in zip(result.rows.itertuples(), ratings, strict=True)
    ]
    weights = ", ".join(f"{name} {formats.share(weight)}" for name, weight in result.weights.items())
    notes = (
        result.note,
        f"Ratings from 0 to 4; weights ({result.weights_known}): {weights}." if rows else "",
        f"{formats.plural(result.unrated, 'rating is', 'ratings are')} unknown and count as anything from 0 to 4."
        if result.unrated
        else "",
        f"Ranked are {len(rows)} of {formats.integer(result.considered)} candidates: those the city named, then those "
        "that promise most."
        if result.considered > len(rows)
        else "",
    )
    return Table("Which contracts first", columns, rows, notes=notes, id="priorities-contracts")


def failings(assessment):
    """The seven failings, with the evidence for and against each in this city.

    Parameters
    ----------
    assessment : rdclib.assessment.Assessment
    """
    columns = (
        Column("failing", "text", "Failing"),
        Column("verdict", "text", "Here"),
        Column("why", "text", "Why"),
    )
    # Without any answer they cannot be told for one and the same reason, which is said once.
    unknown = [f for f in assessment.failings if f.why_not] if assessment.practice.note else []
    rows = [(f.name, f.verdict, _why(f, assessment.currency)) for f in assessment.failings if f not in unknown]
    if unknown:
        why = "Nobody has answered the practice questionnaire, and the city’s records do not tell."
        rows.append(("; ".join(f.name for f in unknown), unknown[0].verdict, why))
    note = (
        "Evidence for a failing: a question at level 1 or below, or an indicator beyond its cut-off. Against it: level "
        "3 or above with a document, or an indicator on the other side. In brackets: answers or records. The cut-offs "
        "are proposals, in failings.csv."
    )
    notes = (note,) if len(unknown) < len(assessment.failings) else ()
    return Table("Seven failings, one line each", columns, rows, notes=notes, id="failings")


def _why(failing, currency):
    if failing.why_not:
        return f"{failing.why_not[:1].upper()}{failing.why_not[1:]}."
    sides = {
        "For": failing.evidence_for,
        "Against": failing.evidence_against,
        "In between": failing.between,
    }
    return " ".join(f"{side}: {_evidence(listed, currency)}." for side, listed in sides.items() if listed)


def _evidence(listed, currency):
    """One line of evidence: ``Pay for results 0.9 of 4 (11); Single-bid rate 34% (120)``."""
    return "; ".join(
        f"{e.words} {formats.level(e.value)} of 4 ({e.n})"
        if e.unit == "level"
        else f"{e.words} {formats.value(e.value, e.unit, currency)} ({formats.integer(e.n)})"
        for e in listed
    )


def contract_coding(result, *, currency):
    """Key contracts that a person has still to read; None when all are read.

    Parameters
    ----------
    result : rdclib.assessment.Coding
    currency : str
    """
    columns = (
        Column("contract_id", "text", "Contract"),
        Column("title", "text", "Title"),
        Column("department", "text", "Department"),
        Column("amount", "money", "Amount"),
    )
    if not len(result.to_read):
        return None
    return Table.from_frame(
        result.to_read, columns, caption="Key contracts to read", id="contracts-to-read", currency=currency
    )


def improvement_plan(assessment):
    """The improvement plan: what, who, by when.

    Parameters
    ----------
    assessment : rdclib.assessment.Assessment
    """
    columns = (
        Column("step", "text", "Step"),
        Column("owner", "text", "Owner"),
        Column("due", "date", "By"),
        Column("status", "text", "Status"),
        Column("question", "text", "Should raise"),
    )
    rows = [
        (
            planned.step.step,
            planned.step.owner,
            planned.step.due,
            "overdue" if planned.overdue else planned.step.status,
            f"{planned.question.id} {planned.question.title}" if planned.question else planned.step.question,
        )
        for planned in assessment.plan
    ]
    note = "" if rows else "Nothing is planned yet: agree on steps, each with an owner and a date."
    return Table("Improvement plan", columns, rows, notes=(note,), id="improvement-plan")
