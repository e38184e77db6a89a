"""How a city works, when its contracts end, and where to start, in sentences."""

import math

from rdclib import formats
from rdclib.assessment import PLAN, START_NOW, TOO_LATE, TOP
from rdclib.indicators.lead_times import ASSUMED_DAYS
from rdclib.narrative.prose import Prose, bullets, late_entries
from rdclib.questionnaire import DISAGREEMENT, VENDORS_SHOWN_FROM

_SPEAKERS = {
    "procurement": "procurement staff",
    "department": "departments",
    "finance": "finance staff",
    "legal": "lawyers",
    "leadership": "leaders",
    "vendor": "vendors",
}
# What fits on one page.
CONCERNS = 5
MOVED = 0.5  # levels; less than that may be one person's answer
KAPPA_MISLEADS = "Kappa is low wherever nearly everybody gives the same answer, so read the two together."


def overview(assessment):
    """The summary page: how we work, what our data say, which contracts first, and the next steps.

    Parameters
    ----------
    assessment : rdclib.assessment.Assessment

    Returns
    -------
    Prose
    """
    return (
        Prose(f"**How we work today.** {_practice_in_short(assessment.practice)}")
        + Prose(f"**What our own data say.** {_data_in_short(assessment)}")
        + bullets(_result(r, assessment.currency) for r in assessment.concerns[:CONCERNS])
        + Prose(_spots_in_short(assessment))
        + bullets(_spots(assessment))
        + Prose(f"**Which contracts first.** {_priorities_in_short(assessment)}")
        + bullets(_contract(row, assessment.currency, few=_few(assessment)) for row in _first_five(assessment))
        + Prose(f"**Next steps.** {_plan_in_short(assessment)}")
    )


def _practice_in_short(result):
    if result.note:
        return f"{result.note} The workbook of  `rdc template --questionnaire`  asks for it, role by role."
    people = formats.plural(sum(result.respondents.values()), "person", "people")
    scored = sorted((a for a in result.activities if not math.isnan(a.score)), key=lambda a: a.evidenced)
    words = [
        f"{people} in {formats.plural(len(result.respondents), 'role')} put the city at "
        f"**{formats.level(result.overall)}** on a scale from 0 (absent) to 4 (routine); documents show "
        f"**{formats.level(result.evidenced)}**. Strongest: {scored[-1].title} "
        f"({formats.level(scored[-1].evidenced)}). Weakest: {scored[0].title} "
        f"({formats.level(scored[0].evidenced)})."
    ]
    moved = [c for c in result.changes if abs(c.change) >= MOVED]
    if moved:
        parts = [f"{c.activity.split(maxsplit=1)[1]} {_signed(c.change)}" for c in moved]
        words.append(f"Since round {formats.text(result.earlier_round)}: {formats.listing(parts)}.")
    elif result.changes:
        words.append(f"No activity moved by half a level or more since round {formats.text(result.earlier_round)}.")
    words += [f"Roles see different cities: {_apart(item)}." for item in result.disagreements[:1]]
    return " ".join(words)


def _apart(item):
    """Say who gives the highest and who the lowest level."""
    given = [role for role in item.roles if role.n]
    top, low = max(given, key=lambda r: r.score), min(given, key=lambda r: r.score)
    return (
        f"on {item.question.title.lower()}, {_SPEAKERS[top.role]} say {formats.level(top.score)} and "
        f"{_SPEAKERS[low.role]} {formats.level(low.score)}"
    )


def _data_in_short(assessment):
    total, computed, poor = len(assessment.indicators), len(assessment.computed), len(assessment.concerns)
    words = [f"The records allow {computed} of {total} indicators."]
    odd = [pair for pair in assessment.beside if pair.agree == "data say otherwise"]
    if odd:
        parts = [f"{p.question.title.lower()} ({formats.level(p.score)} of 4)" for p in odd[:CONCERNS]]
        words.append(f"The city rates itself higher than its records do on {formats.listing(parts)}.")
    if poor:
        words.append(f"For the city as a whole {formats.plural(poor, 'value calls', 'values call')} for a closer look:")
    elif computed:
        words.append("For the city as a whole no value lies beyond a threshold.")
    return " ".join(words)


def _spots_in_short(assessment):
    spots = assessment.hot_spots
    if not spots:
        return ""
    more = f" (the first {CONCERNS} of {len(spots)})" if len(spots) > CONCERNS else ""
    return f"Single departments stand out{more}:"


def _result(result, currency):
    kind = result.kind
    span = formats.interval(result.low, result.high, kind, currency)
    base = f"{span}; n = {formats.integer(result.n)}" if span != formats.MISSING else f"n = {formats.integer(result.n)}"
    value = _inert(formats.value(result.value, kind, currency))
    return (
        f"{formats.text(result.indicator.name)}: **{value}** ({_inert(base)}). Guide: "
        f"{formats.text(result.indicator.threshold)}."
    )


def _spots(assessment):
    """One line for each indicator: the departments that stand out, and the whole city beside them."""
    together = {}
    for spot in assessment.hot_spots[:CONCERNS]:
        together.setdefault(spot.result.indicator.id, []).append(spot)
    for spots in together.values():
        result = spots[0].result
        kind = result.kind
        city = _inert(formats.value(result.value, kind, assessment.currency))
        departments = "; ".join(_department(spot, kind, assessment.currency) for spot in spots)
        yield f"{formats.text(result.indicator.name)} (whole city {city}): {departments}"


def _department(spot, kind, currency):
    value = _inert(formats.value(spot.value, kind, currency))
    span = formats.interval(spot.low, spot.high, kind, currency)
    base = f"n = {formats.integer(spot.n)}" if span == formats.MISSING else f"{span}; n = {formats.integer(spot.n)}"
    return f"{formats.text(spot.department)} **{value}** ({_inert(base)})"


def _inert(number):
    """A number in Markdown: a dollar sign must not begin a formula."""
    return number.replace("$", "\\$").replace("~", "\\~")


def _first_five(assessment):
    if assessment.key_contracts:
        rows = assessment.ranking.rows.set_index("contract_id", drop=False)
        return [rows.loc[i] for i in assessment.key_contracts if i in rows.index]
    return [row for _, row in assessment.ranking.first_five.iterrows()]


def _priorities_in_short(assessment):
    ranking = assessment.ranking
    if ranking.note:
        return ranking.note
    explained = "The share says how often a contract is among the first five when weights and unknown ratings vary"
    if assessment.key_contracts:
        unknown = [i for i in assessment.key_contracts if i not in set(ranking.rows["contract_id"])]
        words = f"The city confirmed {formats.plural(len(assessment.key_contracts), 'key contract')}."
        others = [
            _short(row) for row in ranking.first_five.itertuples() if row.contract_id not in assessment.key_contracts
        ]
        if others:
            stand = "stands" if len(others) == 1 else "stand"
            words += (
                f" It chose others than the ranking, in which {formats.listing(others)} {stand} among the first five."
            )
        words += f" {explained}:"
        if unknown:
            words = f"Confirmed, but not in the register: {formats.text(', '.join(unknown))}. {words}"
        return words
    ranked = formats.plural(len(ranking.rows), "contract")
    if _few(assessment):
        return f"Only {ranked} to choose from, so nothing has to be ranked; the city has not confirmed where to begin:"
    if not (ranking.rows["robust"] == "yes").any():
        open_ = f"{formats.plural(ranking.unrated, 'rating is', 'ratings are')} unknown" if ranking.unrated else ""
        return (
            f"None of the {ranked} ranked stands out yet: {open_ or 'it depends on the weights'}. These are the "
            f"likeliest so far; the city has not confirmed them. {explained}:"
        )
    return f"Of {ranked} these come first; the city has not confirmed them yet. {explained}:"


def _few(assessment):
    """Whether there is no more to choose from than would be chosen."""
    return not assessment.key_contracts and len(assessment.ranking.rows) <= TOP


def _contract(row, currency, few=False):
    ends = f", ends {formats.date(row['end_date'])}" if not formats.missing(row["end_date"]) else ""
    value = "" if formats.missing(row["amount"]) else f", {_inert(formats.money(row['amount'], currency))}"
    title = row["contract_id"] if formats.missing(row["title"]) else f"{row['title']} ({row['contract_id']})"
    return f"{formats.text(title)}{value}{ends}" + ("" if few else f": **{formats.share(row['top'])}**")


def _plan_in_short(assessment):
    open_steps = [p for p in assessment.plan if p.step.status == "open"]
    if not assessment.plan:
        wins = [f"{item.question.title.lower()}: {item.goal}" for item in assessment.practice.quick_wins[:3]]
        return "No step is agreed yet." + (f" Quick wins to begin with: {'; '.join(wins)}." if wins else "")
    late = sum(p.overdue for p in open_steps)
    words = f"{formats.plural(len(open_steps), 'step is', 'steps are')} open, {late or 'none'} of them overdue."
    if open_steps:
        step = open_steps[0].step
        words += f" Next: {formats.text(step.step)}, by {formats.date(step.due)} ({formats.text(step.owner)})."
    return words


def practice(result):
    """How far respondents agree, what lacks evidence, and what nobody knows.

    Parameters
    ----------
    result : rdclib.questionnaire.Practice
    """
    if result.note:
        return Prose(result.note)
    lines = []
    if result.later_round:
        lines.append(
            f"Round {formats.text(result.later_round)} began after the day of this report, so round "
            f"{formats.text(result.round)} is shown. A later day (as_of) shows it."
        )
    elif result.answered_later:
        lines.append("The questions were answered after the day of this report; there is no earlier round.")
    if not math.isnan(result.agreement):
        lines.append(
            f"Two respondents give the same level in **{formats.share(result.agreement)}** of pairs"
            f"{_kappa(result.kappa)}. {KAPPA_MISLEADS}"
        )
    lines += [
        f"Roles differ: {_apart(item)}. That is not averaged away: ask both what they saw last."
        for item in result.disagreements
    ]
    if result.unproven:
        titles = formats.listing(item.question.title.lower() for item in result.unproven)
        lines.append(f"Level 3 or above, but no document is named: {titles}. Until one is shown they count as 2.")
    unknown = [i for i in result.items if i.not_known > i.n]
    if unknown:
        lines.append(
            f"Most do not know: {formats.listing(i.question.title.lower() for i in unknown)}. Not known is not counted "
            "as no."
        )
    if result.withheld:
        lines.append(
            f"Vendors’ answers are shown from {VENDORS_SHOWN_FROM} vendors up, so they are left out of "
            f"{formats.plural(len(result.withheld), 'question')}."
        )
    if result.quick_wins:
        titles = formats.listing(item.question.title.lower() for item in result.quick_wins[:CONCERNS])
        lines.append(f"Quick wins, below the standard and within a quarter’s work: {titles}.")
    if not result.disagreements:
        lines.append(f"No two roles are {DISAGREEMENT} levels or more apart on any question.")
    return bullets(lines)


def pipeline(result, practice_result=None, *, currency):
    """How many contracts end soon, and how many are too late to compete.

    Parameters
    ----------
    result : rdclib.assessment.Pipeline
    practice_result : rdclib.questionnaire.Practice, optional
        To say beside it what the city says of its planning (Q03).
    currency : str
    """
    if result.note:
        return Prose(result.note)
    total = len(result.rows)
    amount = f" worth {formats.text(formats.money(result.amount, currency))}" if not math.isnan(result.amount) else ""
    late, soon, later = (formats.integer(result.count(state)) for state in (TOO_LATE, START_NOW, PLAN))
    words = [
        f"**{formats.plural(total, 'contract')}**{amount} of {formats.integer(result.in_force)} in force "
        f"{'ends' if total == 1 else 'end'} within 24 months: **{late}** too late to compete in the usual time, "
        f"**{soon}** to start within 90 days, {later} to plan."
    ]
    if result.assumed:
        words.append(
            f"For {formats.integer(result.assumed)} of them the time from posting to signature is assumed to be "
            f"{ASSUMED_DAYS} days, for want of ten finished solicitations of their method."
        )
    if result.without_start:
        words.append(
            f"{formats.plural(result.without_start, 'contract')} without a start in the register "
            f"{'counts' if result.without_start == 1 else 'count'} as in force until the end."
        )
    if result.without_end:
        share = formats.share(result.without_end / result.in_force)
        said = ""
        if practice_result is not None and not math.isnan(practice_result.item("Q03").score):
            said = f"You scored {formats.level(practice_result.item('Q03').score)} on starting early, but "
        words.append(
            f"{said}{share} of the contracts in force ({formats.integer(result.without_end)}) have no end in the "
            "register, so nobody is warned of them."
        )
    return Prose(" ".join(words))


def priorities(result):
    """Which contracts are robust choices, and which depend on weights and unknown ratings.

    Parameters
    ----------
    result : rdclib.assessment.Ranking
    """
    if result.note:
        return Prose(result.note)
    sides = {word: [_short(row) for row in result.rows.itertuples() if row.robust == word] for word in ("yes", "open")}
    lines = [
        f"Whatever the weights: {formats.listing(sides['yes'])}."
        if sides["yes"]
        else "No contract is among the first five in at least 80% of cases: agree on weights, or rate what is unknown.",
    ]
    if sides["open"]:
        shown = sides["open"][:CONCERNS]
        if len(sides["open"]) > CONCERNS:
            shown.append(formats.plural(len(sides["open"]) - CONCERNS, "other"))
        lines.append(f"It depends on weights and unknown ratings: {formats.listing(shown)}.")
    if result.unrated:
        lines.append(
            f"{formats.plural(result.unrated, 'rating is', 'ratings are')} unknown. Each one that the city gives makes "
            "the order clearer."
        )
    return bullets(lines)


def contract_coding(result):
    """How many contracts people have read, who should read again, and how far readers agree.

    Parameters
    ----------
    result : rdclib.assessment.Coding
    """
    late = late_entries(result.late, "reading")
    if not result.read:
        nobody = "Nobody had read a contract by the day of this report" if late else "Nobody has read a contract yet"
        return Prose(" ".join([f"{nobody}, so the ten indicators that need a reader are missing.", *late]))
    lines = [f"Read so far: {formats.plural(result.read, 'contract')}, {len(result.read_twice)} of them by two people."]
    waiting = [contract for contract in result.second if contract not in result.read_twice]
    if waiting:
        lines.append(f"A second person should read: {formats.text(', '.join(waiting))}.")
    if not math.isnan(result.agreement):
        lines.append(
            f"Readers agree on **{formats.share(result.agreement)}** of what they looked for{_kappa(result.kappa)}."
        )
    if len(result.differences):
        parts = [f"{row.contract_id} ({row.field.lower()})" for row in result.differences.itertuples()]
        lines.append(f"They differ on: {formats.text(', '.join(parts))}. Read these passages together.")
    return bullets(lines + late)


def _kappa(kappa):
    """What the respondents' or readers' kappa says, in brackets; nothing when it is not known."""
    return "" if math.isnan(kappa) else f" (Fleiss’ {formats.kappa(kappa)})"


def _short(row):
    return formats.text(row.contract_id if formats.missing(row.title) else f"{row.title} ({row.contract_id})")


def _signed(change):
    return f"{'+' if change > 0 else ''}{formats.level(change)}"
