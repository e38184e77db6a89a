"""How a city works, when its contracts end, and where to start, in sentences."""

import math

from rdclib import formats
from rdclib.narrative.prose import Prose, bullets
from rdclib.questionnaire import DISAGREEMENT, VENDORS_SHOWN_FROM, tenth

# What fits on one page.
CONCERNS = 5
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
        + bullets(_spot(spot, assessment.currency) for spot in assessment.hot_spots[:CONCERNS])
        + Prose(f"**Which contracts first.** {_priorities_in_short(assessment)}")
        + bullets(_contract(row, assessment.currency) for row in _first_five(assessment))
        + Prose(f"**Next steps.** {_plan_in_short(assessment)}")
    )


def _practice_in_short(result):
    if result.note:
        return result.note
    people = formats.plural(sum(result.respondents.values()), "respondent")
    scored = sorted((a for a in result.activities if not math.isnan(a.score)), key=lambda a: a.evidenced)
    words = [
        f"Level **{_level(result.overall)}** of 4 by {people} in "
        f"{formats.plural(len(result.respondents), 'role')}, **{_level(result.evidenced)}** by what documents show. "
        f"Strongest: {scored[-1].title} ({_level(scored[-1].evidenced)}); weakest: {scored[0].title} "
        f"({_level(scored[0].evidenced)})."
    ]
    moved = [c for c in result.changes if abs(c.change) >= 0.5]
    if moved:
        parts = [f"{c.activity.split(maxsplit=1)[1]} {_signed(c.change)}" for c in moved]
        words.append(f"Since round {formats.text(result.earlier_round)}: {formats.listing(parts)}.")
    elif result.changes:
        words.append(f"No activity moved by half a level or more since round {formats.text(result.earlier_round)}.")
    if result.disagreements:
        ids = formats.listing(item.question.id for item in result.disagreements)
        words.append(f"Roles are two levels or more apart on {ids}.")
    return " ".join(words)


def _data_in_short(assessment):
    total, computed = len(assessment.indicators), len(assessment.computed)
    words = [f"{computed} of {total} indicators could be computed."]
    sure = [r for r in assessment.concerns if r.verdict_sure]
    if assessment.concerns:
        words.append(
            f"{formats.plural(len(assessment.concerns), 'value lies', 'values lie')} on the poor side of a threshold, "
            f"{len(sure)} with the whole interval:"
        )
    elif computed:
        words.append("No value lies on the poor side of a threshold.")
    odd = [pair for pair in assessment.beside if pair.agree]
    if odd:
        ids = formats.listing(dict.fromkeys(f"{p.question.id} ({p.agree})" for p in odd))
        words.insert(1, f"Practice and data differ on {ids}.")
    return " ".join(words)


def _spots_in_short(assessment):
    spots = assessment.hot_spots
    if not spots:
        return ""
    clear = sum(spot.beyond_threshold for spot in spots)
    return (
        f"Single departments stand out {formats.plural(len(spots), 'time')}: {clear} beyond a threshold, "
        f"{len(spots) - clear} clearly worse than the city as a whole{'; first' if len(spots) > CONCERNS else ''}:"
    )


def _result(result, currency):
    kind = result.indicator.unit if result.indicator.unit in formats.KINDS else "number"
    span = formats.interval(result.low, result.high, kind, currency)
    base = f"{span}; n = {formats.integer(result.n)}" if span != formats.MISSING else f"n = {formats.integer(result.n)}"
    value = _inert(formats.value(result.value, kind, currency))
    return f"{formats.text(result.indicator.name)}: **{value}** ({_inert(base)})"


def _spot(spot, currency):
    result = spot.result
    kind = result.indicator.unit if result.indicator.unit in formats.KINDS else "number"
    value, city = (_inert(formats.value(x, kind, currency)) for x in (spot.value, result.value))
    span = _inert(formats.interval(spot.low, spot.high, kind, currency))
    return (
        f"{formats.text(spot.department)}, {formats.text(result.indicator.name)}: **{value}** ({span}; "
        f"n = {formats.integer(spot.n)}); the whole city {city}"
    )


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
    if assessment.key_contracts:
        unknown = [i for i in assessment.key_contracts if i not in set(ranking.rows["contract_id"])]
        words = f"The city confirmed {formats.plural(len(assessment.key_contracts), 'key contract')}:"
        if unknown:
            words = f"Confirmed, but not in the register: {formats.text(', '.join(unknown))}. {words}"
        return words
    stay = int((ranking.first_five["robust"] == "yes").sum())
    return (
        f"Of {formats.plural(len(ranking.rows), 'contract')} ranked, these five come first; "
        f"{stay or 'none'} of them would be there under nearly all weights and ratings that fit what is known. "
        "The city has not confirmed its choice yet:"
    )


def _contract(row, currency):
    ends = f", ends {formats.date(row['end_date'])}" if not formats.missing(row["end_date"]) else ""
    value = "" if formats.missing(row["amount"]) else f", {formats.text(formats.money(row['amount'], currency))}"
    title = row["contract_id"] if formats.missing(row["title"]) else f"{row['title']} ({row['contract_id']})"
    return f"{formats.text(title)}{value}{ends}: among the first five in **{formats.share(row['top'])}** of cases"


def _plan_in_short(assessment):
    open_steps = [p for p in assessment.plan if p.step.status == "open"]
    if not assessment.plan:
        wins = formats.listing(
            f"{item.question.id} ({item.next_level[:1].lower()}{item.next_level[1:]})"
            for item in assessment.practice.quick_wins[:3]
        )
        return "No step is agreed yet." + (f" Quick wins to begin with: {wins}." if wins else "")
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
    if not math.isnan(result.agreement):
        kappa = f", Fleiss’ kappa {formats.ratio(result.kappa)}" if not math.isnan(result.kappa) else ""
        lines.append(
            f"Two respondents give the same level in **{formats.share(result.agreement)}** of pairs{kappa}. "
            f"{KAPPA_MISLEADS}"
        )
    for item in result.disagreements:
        top = max(item.roles, key=lambda r: r.score if r.n else -1)
        low = min(item.roles, key=lambda r: r.score if r.n else 9)
        lines.append(
            f"**{item.question.id}** {item.question.question} {top.role.capitalize()} says {_level(top.score)}, "
            f"{low.role} {_level(low.score)}. It is not averaged away: ask both what they saw last."
        )
    if result.unproven:
        ids = formats.listing(item.question.id for item in result.unproven)
        lines.append(f"Level 3 or above without a document: {ids}. Until one is shown they count as 2.")
    unknown = [i for i in result.items if i.not_known > i.n]
    if unknown:
        lines.append(
            f"Most do not know: {formats.listing(i.question.id for i in unknown)}. Not known is not counted as no."
        )
    if result.withheld:
        lines.append(
            f"Vendors’ answers are shown from {VENDORS_SHOWN_FROM} vendors up, so they are left out of "
            f"{formats.listing(result.withheld)}."
        )
    if not result.disagreements:
        lines.append(f"No two roles are {DISAGREEMENT} levels or more apart on any question.")
    return bullets(lines)


def pipeline(result, practice_result=None, currency="USD"):
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
    words = [
        f"**{formats.plural(total, 'contract')}**{amount} of {formats.integer(result.in_force)} in force "
        f"{'ends' if total == 1 else 'end'} within 24 months: **{result.count('too late to compete')}** too late to "
        f"compete in the usual time, **{result.count('start now')}** to start within 90 days, "
        f"{result.count('plan')} to plan."
    ]
    if result.without_end:
        share = formats.share(result.without_end / result.in_force)
        said = ""
        if practice_result is not None and not math.isnan(practice_result.item("Q03").score):
            said = f"You scored {_level(practice_result.item('Q03').score)} on starting early (Q03), but "
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
        lines.append(f"It depends on weights and unknown ratings: {formats.listing(sides['open'])}.")
    if result.unrated:
        lines.append(
            f"{formats.plural(result.unrated, 'rating is', 'ratings are')} unknown. Each one that the city gives makes "
            "the order clearer."
        )
    return bullets(lines)


def _short(row):
    return formats.text(row.contract_id if formats.missing(row.title) else f"{row.title} ({row.contract_id})")


def _level(score):
    return formats.MISSING if math.isnan(score) else f"{tenth(score):.1f}"


def _signed(change):
    return f"{'+' if change > 0 else '−'}{abs(tenth(abs(change))):.1f}"
