"""From the goal to the metric schedule and its payment, as tables."""

import math

from rdclib import formats
from rdclib.tables.table import Column, Interval, Table

SHOWN_CANDIDATES = 20
_REMARKS = {
    "no problem": (
        "Problem",
        "No problem statement yet.",
        "Say what residents meet today, how many of them, and where.",
    ),
    "solution": (
        "Problem",
        "“{}” names a solution.",
        "Ask what would be different for residents, and write that. A solution invites only vendors who sell it.",
    ),
    "no population": ("Population", "Nobody is named who is to be better off.", "Name the people and the place."),
    "few goals": (
        "Goals",
        "Only {} of at least three goals.",
        "Add goals until the group agrees that none is missing.",
    ),
    "goal without residents": (
        "Goals",
        "“{}” does not say what residents would notice.",
        "Finish the sentence: a resident would see that ...",
    ),
    "goal is a solution": ("Goals", "“{}” names something to buy.", "Write what it is for."),
}
_CONCERNS = {
    "no baseline": (
        "{n} points of history; six are needed.",
        "Collect six periods first, or name an outside standard. Until then there is no target.",
    ),
    "outside natural limits": (
        "A target of {value} lies beyond what the process reaches today.",
        "More effort will not do it: redesign the service, or choose a target within the limits.",
    ),
    "already reached": (
        "A target of {value} is reached in nearly every period today.",
        "Ask for more, or choose another.",
    ),
    "no guardrail": (
        "It rewards volume or speed, and nothing guards quality.",
        "Add a metric that would show the harm, such as complaints, returns or incidents.",
    ),
    "same": ("It moves as {other} does.", "Keep the one that is defined better and drop the other."),
    "vague": ("Its definition does not let a stranger compute it.", "Write numerator, denominator and clock."),
    "fails a gate": ("The raters give it 0 on “{other}”.", "It may be watched; it must not be paid."),
    "undefined": (
        "Data come for it, and nobody has defined it.",
        "Define it in engagement.yaml under metrics, or give the data the id of a metric of the catalogue.",
    ),
    "history moved": (
        "Its history shows a change that is more than chance.",
        "Ask what happened, and take the baseline from the time since then.",
    ),
}


def problem_remarks(selection):
    """Remarks on the problem statement and the goals.

    Parameters
    ----------
    selection : rdclib.selection.Selection
    """
    rows = []
    for remark in selection.remarks:
        part, what, fix = _REMARKS[remark.kind]
        rows.append((part, what.format(remark.words), fix))
    columns = (Column("part", "text", "About"), Column("what", "text", "Remark"), Column("fix", "text", "What to do"))
    return Table("What to mend in problem and goals", columns, rows, id="problem-remarks")


def goals(selection):
    """Goals, each with what residents would notice."""
    columns = (Column("goal", "text", "Goal"), Column("residents", "text", "What residents would notice"))
    return Table("Goals of the contract", columns, [(g.goal, g.residents) for g in selection.goals], id="goals")


def candidates(selection):
    """Candidates in the order that follows from tests and data, uncertain priorities included."""
    rows = []
    for place in selection.ranking.places[:SHOWN_CANDIDATES]:
        metric, support = place.metric, selection.support[place.metric.id]
        flags = [f"raters differ on {', '.join(place.disagreements)}"] if place.disagreements else []
        flags += [f"fails “{'”, “'.join(place.failed_gates)}”: not to be paid"] if place.failed_gates else []
        rows.append(
            (
                f"{metric.id} {metric.name}",
                metric.layer,
                metric.timing,
                place.score,
                place.top_share,
                place.raters,
                support.points,
                "; ".join(flags),
            )
        )
    columns = (
        Column("metric", "text", "Metric"),
        Column("layer", "text", "Layer"),
        Column("timing", "text", "Timing"),
        Column("score", "share", "Mean score"),
        Column("top", "share", "Chance of being among the first five"),
        Column("raters", "integer", "Raters"),
        Column("points", "integer", "Periods with data"),
        Column("flags", "text", "Remarks"),
    )
    ranking, left = selection.ranking, len(selection.ranking.places) - len(rows)
    notes = [
        "Score: share of the best possible, mean over all weights that keep to the agreed order of tests and over all "
        "raters. What nobody rated takes what the catalogue says of it, or anything from 0 to 2.",
        f"{formats.plural(left, 'candidate')} further down not shown." if left > 0 else "",
    ]
    if not math.isnan(ranking.agreement):
        beyond = "" if math.isnan(ranking.kappa) else f" ({formats.kappa(ranking.kappa)})"
        notes.append(f"Pairs of raters agree in {formats.share(ranking.agreement)} of their scores{beyond}.")
    if selection.ratings_set_aside:
        notes.append(f"Set aside: {formats.plural(selection.ratings_set_aside, 'row')} that are no rating.")
    return Table("Candidates, best first", columns, rows, notes=tuple(notes), id="candidates")


def data_support(selection):
    """What the data that exist can support: how many periods, how fresh, how complete."""
    words = {0: "nothing yet", 1: "not enough for a target", 2: "enough for a target"}
    rows = [
        (f"{m.id} {m.name}", found.points, found.age_days, found.complete_share, found.delay_days, words[found.score])
        for m in selection.candidates
        if (found := selection.support[m.id]).points
    ]
    columns = (
        Column("metric", "text", "Metric"),
        Column("points", "integer", "Periods with data"),
        Column("age", "days", "Since the last period"),
        Column("complete", "share", "Complete since the first"),
        Column("delay", "days", "Usual delay of a report"),
        Column("support", "text", "That is"),
    )
    without = len(selection.candidates) - len(rows)
    notes = [f"{formats.plural(without, 'candidate')} without any data." if without else ""]
    notes.append(
        "Enough: six periods or more, the newest not older than two reporting intervals, 80% of periods there."
    )
    return Table("What the data can support", columns, rows, notes=tuple(notes), id="data-support")


def metric_concerns(selection):
    """What is wrong with metrics of the city's own, observed or chosen."""
    names = {m.id: m.name for m in (*selection.candidates, *(line.metric for line in selection.lines))}
    chosen = {line.metric.id for line in selection.lines}
    rows = []
    for concern in selection.concerns:
        what, fix = _CONCERNS[concern.kind]
        words = {"n": formats.integer(concern.value), "value": formats.number(concern.value), "other": concern.other}
        if not math.isnan(concern.high):
            words["value"] = formats.interval(concern.value, concern.high)
        if concern.kind == "same":
            words["other"] = f"{concern.other} {names.get(concern.other, '')}".strip()
        name = f"{concern.metric_id} {names.get(concern.metric_id, '')}".strip()
        rows.append((name, concern.metric_id in chosen, what.format(**words), fix))
    columns = (
        Column("metric", "text", "Metric"),
        Column("chosen", "yes_no", "In the set"),
        Column("what", "text", "Remark"),
        Column("fix", "text", "What to do"),
    )
    rows.sort(key=lambda row: not row[1])
    return Table("What to mend in the metrics", columns, rows, id="metric-concerns")


def metric_set(selection):
    """The set of metrics: chosen, or proposed when nobody has chosen."""
    rows = [
        (
            f"{m.metric.id} {m.metric.name}",
            m.metric.layer,
            m.metric.timing,
            m.metric.duty,
            m.segments,
            m.paid,
        )
        for m in selection.members
    ]
    columns = (
        Column("metric", "text", "Metric"),
        Column("layer", "text", "Layer"),
        Column("timing", "text", "Timing"),
        Column("duty", "text", "Whose duty"),
        Column("segments", "text", "Also shown by"),
        Column("paid", "yes_no", "Paid"),
    )
    title = "The chosen metrics" if selection.decided else "A set that is proposed; nobody has chosen yet"
    return Table(title, columns, rows, id="metric-set")


def set_rules(selection):
    """Rules that the set breaks, and what would keep them."""
    rows = [(v.rule["name"], v.rule["rule"], ", ".join(v.metrics), v.rule["why"]) for v in selection.violations]
    columns = (
        Column("name", "text", "Rule"),
        Column("rule", "text", "It asks for"),
        Column("metrics", "text", "Metrics"),
        Column("why", "text", "Why"),
    )
    notes = ["The set keeps every rule."] if not rows and selection.members else []
    proposed = ", ".join(m.metric.id for m in selection.proposal.members)
    if rows and proposed:
        lacking = ", ".join(rule["name"].lower() for rule in selection.proposal.lacking)
        notes.append(
            f"Best set of these candidates: {proposed}."
            + (f" No set of them can keep: {lacking}." if lacking else " It keeps every rule.")
        )
    return Table("Rules that the set breaks", columns, rows, notes=tuple(notes), id="set-rules")


def baselines(selection):
    """Baseline, natural limits and target of each metric, in the metric's unit, and how long until it would be seen."""
    rows = []
    for line in selection.lines:
        start, target, seen = line.baseline, line.target, line.detectability
        limits = Interval(start.low, start.high, "number") if not math.isnan(start.low) else None
        options = "; ".join(
            f"{o.basis} {formats.number(o.value)}" for o in selection.target_options.get(line.metric.id, ())
        )
        rows.append(
            (
                f"{line.metric.id} {line.metric.name}{f' ({line.metric.unit})' if line.metric.unit else ''}",
                start.value,
                limits,
                start.n,
                _target_value(target),
                _target_words(target),
                options,
                wait(seen),
            )
        )
    columns = (
        Column("metric", "text", "Metric (unit)"),
        Column("baseline", "number", "Baseline"),
        Column("limits", "text", "Natural limits"),
        Column("n", "integer", "Points"),
        Column("target", "number", "Target"),
        Column("basis", "text", "Where it comes from"),
        Column("options", "text", "What data suggest"),
        Column("seen", "text", "Seen after"),
    )
    notes = (
        "Baseline and limits from at most the last 24 periods; the natural limits are how far a single period moves by "
        "chance alone (XmR chart). With fewer than six points they are a 95% interval of what was counted so far, and "
        "no target rests on them.",
        "Seen after: how long until a move from baseline to target is told from chance, with a chance of 80% (80% "
        "power, two-sided 5%).",
    )
    return Table("Baselines and targets", columns, rows, notes=notes, id="baselines")


def _target_value(target):
    """One number, or the two ends of a band."""
    return Interval(target.value, target.high, "number") if target.is_band else target.value


def _target_words(target):
    if target.problem == "no baseline":
        if math.isnan(target.asked):
            return "none yet: no baseline"
        asked = formats.interval(target.asked, target.high) if target.is_band else formats.number(target.asked)
        return f"refused ({asked}): no baseline and no named standard"
    if target.problem == "none":
        return "none chosen"
    basis = target.standard or target.basis or "not said"
    return f"{basis}; {target.problem}" if target.problem else basis


def wait(seen):
    """Say how long until a change is seen: a word for the table and the sentence.

    Parameters
    ----------
    seen : rdclib.selection.targets.Detectability
    """
    unit = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter"}
    unit |= {"half-yearly": "half-year", "annual": "year"}
    if math.isnan(seen.periods):
        return ""
    if math.isinf(seen.periods):
        return "not within reach"
    return formats.plural(seen.periods, unit[seen.cadence])


def contract_inputs(selection):
    """What the recommendation rests on."""
    recommendation = selection.recommendation
    rows = []
    for i in recommendation.inputs:
        source = "answered" if i.answered else "nobody answered: cautious value"
        if i.id in selection.from_data:
            source = "worked out from the data"
        rows.append((i.label, answer(i.kind, i.value), source))
    columns = (
        Column("label", "text", "Question"),
        Column("value", "text", "Value used"),
        Column("source", "text", "Where it comes from"),
    )
    return Table("What the recommendation rests on", columns, rows, id="contract-inputs")


def answer(kind, value):
    """Say an answer about the contract type: a rating, a number, a share, yes or no."""
    if kind == "flag":
        return formats.yes_no(bool(value))
    if kind == "share":
        return formats.share(value)
    return f"{formats.integer(value)} of 3" if kind == "rating" else formats.number(value)


def condition(term, inputs):
    """Say a term of a rule as words, with the value that it met.

    Parameters
    ----------
    term : rdclib.contract_types.Term
    inputs : sequence of rdclib.contract_types.Input
    """
    one = next(i for i in inputs if i.id == term.input)
    if one.kind == "flag":
        return f"{one.label.lower()}: {answer('flag', term.wanted)}"
    words = {"=": "exactly", "<=": "at most", ">=": "at least", "<": "below", ">": "above"}[term.compare]
    value = formats.share(term.wanted) if one.kind == "share" else formats.number(term.wanted)
    return f"{one.label.lower()} {words} {value}"


def other_rules(selection):
    """Why not the other contract types and payments."""
    inputs = selection.recommendation.inputs
    rows = []
    decisions = (
        ("Contract type", selection.recommendation.contract_type),
        ("Payment", selection.recommendation.payment),
    )
    for part, decision in decisions:
        for neighbour in decision.neighbours:
            if neighbour.failed:
                needs = (" and ".join(condition(term, inputs) for term in clause) for clause in neighbour.failed)
                why = f"Needs {'; or '.join(needs)}."
            else:
                why = f"Would fit too; {decision.rule.id} comes first."
            rows.append((f"{neighbour.rule.id} {neighbour.rule.name}", part, why))
    columns = (
        Column("rule", "text", "Not chosen"),
        Column("part", "text", "For"),
        Column("why", "text", "Why not"),
    )
    return Table("Why not the others", columns, rows, id="other-rules")


def what_would_change(selection):
    """Single answers that would lead to another recommendation."""
    rows = []
    decisions = (
        ("Contract type", selection.recommendation.contract_type),
        ("Payment", selection.recommendation.payment),
    )
    for part, decision in decisions:
        for change in decision.changes:
            one = change.input
            other = f"{change.side} {answer(one.kind, change.value)}".strip()
            rows.append((one.label, answer(one.kind, one.value), other, part, f"{change.rule.id} {change.rule.name}"))
    columns = (
        Column("label", "text", "If this answer"),
        Column("now", "text", "were not"),
        Column("other", "text", "but"),
        Column("part", "text", "then"),
        Column("rule", "text", "would be"),
    )
    return Table("What would change the recommendation", columns, rows, id="what-would-change")


def pay_for_success(selection):
    """What pay for success, and a social impact bond, would need."""
    check = selection.feasibility
    rows = [
        (r.rule.name, part, "yes" if r.met else "no" if r.answered else "not answered", r.rule.row["why"])
        for part, requirements in (
            ("Pay for success", check.requirements),
            ("Social impact bond", check.bond_requirements),
        )
        for r in requirements
    ]
    columns = (
        Column("name", "text", "Requirement"),
        Column("part", "text", "Needed for"),
        Column("met", "text", "Met"),
        Column("why", "text", "Why"),
    )
    notes = (f"Pay for success: {check.verdict}. Social impact bond: {check.bond_verdict}.",)
    return Table("Pay for success: is it feasible?", columns, rows, notes=notes, id="pay-for-success")


def payment_trial(selection):
    """What each payment design would pay on the contract's own history and at the target."""
    rows = []
    for tried in selection.simulations:
        edges = ", ".join(formats.number(edge.result) for edge in tried.cliffs)
        rows.append(
            (
                f"{tried.design.name}, {tried.scenario}",
                tried.city.expected,
                Interval(tried.city.low, tried.city.high, "money"),
                tried.luck,
                tried.chance_of_nothing,
                tried.worst_case,
                tried.gaming_gain,
                edges,
            )
        )
    columns = (
        Column("design", "text", "Design and scenario"),
        Column("expected", "money", "Expected a year"),
        Column("range", "text", "Between (5% and 95%)"),
        Column("luck", "money", "Swing by luck alone"),
        Column("nothing", "share", "Chance of nothing, a vendor and payment"),
        Column("worst", "money", "Most the city can owe"),
        Column("gaming", "money", "Gain from dropping the hardest tenth"),
        Column("cliffs", "text", "Cliff edges at (share)"),
    )
    notes = [selection.trial_note]
    if selection.simulations:
        first = selection.simulations[0]
        notes.append(
            f"Tried on {selection.trial_metric.id} {selection.trial_metric.name}: "
            f"{formats.plural(len(first.vendors), 'vendor')}, {formats.plural(first.periods, 'period')} ahead, "
            f"{formats.integer(first.draws)} draws. True results stay as they are within a scenario, so the whole "
            "spread is luck. Dropping: the most that a vendor could gain who knew which clients would fail."
        )
        if not all(tried.limited for tried in selection.simulations):
            notes.append("Some designs have no cap of their own: the most then holds only while volume stays as it is.")
    return Table(
        "What each payment design would pay",
        columns,
        rows,
        notes=tuple(notes),
        id="payment-trial",
        currency=selection.currency,
    )


def metric_schedule(selection):
    """The metric schedule: the exhibit of the contract, with definitions in a table of their own."""
    rows = [
        (
            f"{line.metric.id} {line.metric.name}",
            line.metric.unit,
            "the city" if line.metric.duty == "city" else "the vendor",
            line.metric.cadence,
            line.baseline.value if line.ready else None,
            _target_value(line.target),
            line.segments,
            line.paid,
        )
        for line in selection.lines
    ]
    columns = (
        Column("metric", "text", "Metric"),
        Column("unit", "text", "Unit"),
        Column("duty", "text", "Duty of"),
        Column("cadence", "text", "Reported"),
        Column("baseline", "number", "Baseline"),
        Column("target", "number", "Target"),
        Column("segments", "text", "Also shown by"),
        Column("paid", "yes_no", "Paid"),
    )
    notes = []
    if selection.first_steps:
        waiting = ", ".join(line.metric.id for line in selection.first_steps)
        notes.append(f"Baseline and target of {waiting} follow once six periods are collected.")
    return Table("Metric schedule", columns, rows, notes=tuple(notes), id="metric-schedule")


def definitions(selection):
    """Definitions of the schedule's metrics: what is counted over what, and what guards it."""
    rows = [
        (
            f"{line.metric.id} {line.metric.name}",
            line.metric.definition,
            line.metric.numerator,
            line.metric.denominator,
            ", ".join(f"{g.id} {g.name}" for g in line.guardrails) or line.metric.guardrail_note,
        )
        for line in selection.lines
    ]
    columns = (
        Column("metric", "text", "Metric"),
        Column("definition", "text", "Definition"),
        Column("numerator", "text", "Counted"),
        Column("denominator", "text", "Over"),
        Column("guardrails", "text", "Guarded by"),
    )
    return Table("Definitions", columns, rows, id="definitions")


def first_data(selection):
    """What to collect first, so that targets can be set."""
    rows = [
        (
            f"{line.metric.id} {line.metric.name}",
            line.metric.numerator,
            line.metric.denominator,
            line.metric.data_source,
            line.metric.cadence,
            line.points_to_collect,
        )
        for line in selection.first_steps
    ]
    columns = (
        Column("metric", "text", "Metric"),
        Column("numerator", "text", "Count"),
        Column("denominator", "text", "Over"),
        Column("source", "text", "Usually kept in"),
        Column("cadence", "text", "Every"),
        Column("points", "integer", "Periods still to collect"),
    )
    return Table("What to collect first", columns, rows, id="first-data")
