"""From the goal to the metric schedule and its payment, in sentences."""

import math

from rdclib import formats
from rdclib.narrative.prose import Prose, bullets
from rdclib.tables.selection import answer, condition, wait

_CADENCE = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter"}
_CADENCE |= {"half-yearly": "half-year", "annual": "year"}


def selection_summary(selection):
    """The summary: contract, set, what is ready, what to collect first, type and payment.

    Parameters
    ----------
    selection : rdclib.selection.Selection

    Returns
    -------
    Prose
    """
    contract, recommendation = selection.contract, selection.recommendation
    if contract.id:
        title = f"**{formats.text(contract.title or contract.id)}**"
        title += f" ({formats.text(contract.id)})" if contract.title not in ("", contract.id) else ""
        chosen = "" if contract.chosen else " Nobody has chosen a contract yet; this one seems to need metrics first."
        vendor = f", {formats.text(contract.vendor)}" if contract.vendor else ""
        ends = f", until {formats.date(contract.end_date)}" if contract.end_date else ""
        lines = [f"Contract: {title}{vendor}{ends}.{chosen}"]
    else:
        lines = ["No active contract is on record; the schedule is for the next one."]
    ready = sum(line.ready for line in selection.lines)
    kind = "chosen" if selection.decided else "proposed, not chosen yet"
    lines.append(
        f"Schedule: **{formats.plural(len(selection.lines), 'metric')}** ({kind}); {ready} with a baseline, "
        f"{len(selection.first_steps)} to collect first."
    )
    if selection.violations:
        broken = formats.listing(f"“{v.rule['name'].lower()}”" for v in selection.violations)
        lines.append(f"The set breaks {formats.plural(len(selection.violations), 'rule')}: {broken}.")
    else:
        lines.append("The set keeps every rule.")
    lines.append(f"Contract type: **{recommendation.contract_type.rule.name}**.")
    lines.append(f"Payment for results: **{recommendation.payment.rule.name}**.")
    return bullets(lines)


def problem(selection):
    """The problem, the people and the goals as entered."""
    if not selection.problem:
        return Prose(
            "**Problem.** Not written down yet. Until it is, metrics are taken from the contract's service alone."
        )
    who = f" **For whom.** {_sentence(selection.population)}" if selection.population else ""
    return Prose(f"**Problem.** {_sentence(selection.problem)}{who}")


def _sentence(text):
    """City text as a sentence, with one full stop."""
    safe = formats.text(text)
    return safe if safe.endswith((".", "!", "?")) else f"{safe}."


def candidates(selection):
    """Where candidates come from and how sure their order is."""
    places = selection.ranking.places
    if not places:
        return Prose("There are no candidates: choose a domain.")
    named = formats.listing(formats.text(d.replace("_", " ")) for d in selection.domains)
    if not named:
        domains = "the city's duties and checks on data alone, since no service is chosen"
    else:
        domains = f"domains {named} ({'chosen' if selection.domains_chosen else 'guessed from contract and data'})"
    rated = sum(place.raters > 0 for place in places)
    with_data = sum(selection.support[place.metric.id].points > 0 for place in places)
    lines = [f"**{formats.plural(len(places), 'candidate')}** of {domains}; {rated} rated, {with_data} with data."]
    sure = [p for p in places if p.top_share >= 0.9]
    if rated and sure:
        names = formats.listing(p.metric.id for p in sure)
        lines.append(f"Among the first five whatever the weights (in 90% of cases or more): {names}.")
    elif rated:
        lines.append("No candidate is among the first five whatever the weights: agree on what matters first.")
    else:
        lines.append("Nobody has rated them, so their order rests on data alone and means little.")
    differ = sum(bool(p.disagreements) for p in places)
    if differ:
        lines.append(f"Raters are two points apart on a test of {formats.plural(differ, 'metric')}: talk about these.")
    failed = [p.metric.id for p in places if p.failed_gates]
    if failed:
        lines.append(f"Not to be paid, since they fail a gate: {formats.listing(failed)}.")
    return Prose(" ".join(lines))


def baselines(selection):
    """Each metric's baseline, target and detectability in a sentence."""
    lines = []
    for line in selection.lines:
        start, metric = line.baseline, line.metric
        name = f"**{formats.text(metric.name)}**"
        if not start.usable:
            lines.append(
                f"{name}: {start.n or 'no'} {'point' if start.n == 1 else 'points'} of history, so no target"
                f"{' without a named standard' if not line.target.standard else ''}. Collect "
                f"{formats.plural(line.points_to_collect, 'more period' if start.n else 'period')} first."
            )
            continue
        span = formats.interval(_scaled(start.low, metric), _scaled(start.high, metric), _kind(metric))
        text = f"{name}: {_value(start.value, metric)} today (natural limits {span}; {start.n} points)."
        target = line.target
        if target.is_band:
            ends = formats.interval(_scaled(target.value, metric), _scaled(target.high, metric), _kind(metric))
            text += f" Target {ends}."
        elif not math.isnan(target.value):
            text += f" Target {_value(target.value, metric)}."
        text += {
            "outside natural limits": " That is beyond what the process reaches today: it needs redesign, not effort.",
            "already reached": " The process reaches that in nearly every period already.",
        }.get(target.problem, "")
        seen = line.detectability
        if math.isinf(seen.periods):
            text += " At this volume the change would not be seen against this baseline."
        elif not math.isnan(seen.periods):
            volume = ""
            if seen.kind in ("cases", "events") and not math.isnan(seen.cases_per_period):
                what = seen.kind
                volume = f"With about {formats.integer(seen.cases_per_period)} {what} a {_CADENCE[seen.cadence]}, "
            text += (
                f" {volume}{'t' if volume else 'T'}he change would be seen after {wait(seen)}, with a chance of 80%."
            )
        if line.mix:
            text += (
                f" With the clients of the last year instead of those of the year before"
                f"{f' (by {formats.text(line.mix.kind)})' if line.mix.kind else ''}, that target corresponds to "
                f"{_value(line.mix.adjusted, metric)}."
            )
        if start.moved:
            text += " Its history has moved by more than chance: ask what happened first."
        lines.append(text)
    return bullets(lines) if lines else Prose("There is no metric yet.")


def _kind(metric):
    return "share" if metric.unit == "%" else "number"


def _scaled(value, metric):
    return value / 100 if metric.unit == "%" else value


def _value(value, metric):
    words = formats.value(_scaled(value, metric), _kind(metric))
    unit = metric.unit.removesuffix("s") if words == "1" else metric.unit
    return words if unit in ("%", "count", "ratio", "") else f"{words} {formats.text(unit)}"


def recommendation(selection):
    """Contract type and payment, with the inputs that decided and what nobody answered."""
    found = selection.recommendation
    inputs = found.inputs
    kind, paid = found.contract_type.rule, found.payment.rule
    if found.is_advice:
        first = f"**{kind.name}.** {kind.row['advice']} {kind.row['why']}"
    else:
        first = (
            f"**{kind.name}** (rule {kind.id}). {kind.row['why']} The city pays {kind.row['city_pays']}; cost risk: "
            f"{kind.row['cost_risk']}. Write in: {kind.row['safeguards']}"
        )
    second = f"**{paid.name}** (rule {paid.id}). {paid.row['then']} {paid.row['why']}"
    if selection.at_risk[1] > 0:
        second += f" That is {formats.interval(*selection.at_risk, 'money', selection.currency)} a year."
    parts = [Prose(first + _because(found.contract_type, inputs)), Prose(second + _because(found.payment, inputs))]
    extra = [f"**{rule.name}.** {rule.row['then']} {rule.row['why']}" for rule, _ in found.add_ons]
    extra += [f"**Warning: {rule.name.lower()}.** {rule.row['then']} {rule.row['why']}" for rule in found.warnings]
    if extra:
        parts.append(bullets(extra))
    # Questions of pay for success matter only to whoever considers it.
    asked = {t.input for d in (found.contract_type, found.payment) for n in d.neighbours for c in n.failed for t in c}
    asked |= {t.input for d in (found.contract_type, found.payment) for t in d.because}
    missing = [i for i in found.unanswered if i.id in asked]
    if missing:
        said = formats.listing(f"{i.label.lower()} ({answer(i.kind, i.value)})" for i in missing)
        parts.append(Prose(f"Nobody answered, so the cautious value was taken: {said}."))
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    return whole


def _because(decision, inputs):
    if not decision.because:
        return " No earlier rule fits."
    reasons = formats.listing(dict.fromkeys(condition(term, inputs) for term in decision.because))
    return f" It fits because: {reasons}."


def payment_trial(selection):
    """What trying the designs taught."""
    if not selection.simulations:
        return Prose(selection.trial_note)
    history = [s for s in selection.simulations if s.scenario == "as in history"] or list(selection.simulations)
    calm, wild = min(history, key=lambda s: _swing(s)), max(history, key=lambda s: _swing(s))
    money = selection.currency
    lines = []
    if calm is not wild:
        lines.append(
            f"With results as they are, luck alone moves “{formats.text(wild.design.name)}” between "
            f"{formats.money(wild.city.low, money)} and {formats.money(wild.city.high, money)} a year, and "
            f"“{formats.text(calm.design.name)}” between {formats.money(calm.city.low, money)} and "
            f"{formats.money(calm.city.high, money)}."
        )
    stepped = [s for s in history if s.cliffs]
    if stepped:
        names = formats.listing(f"“{formats.text(s.design.name)}”" for s in stepped)
        most = max(stepped, key=lambda s: s.one_client)
        lines.append(
            f"{names} has cliff edges: one client more or less decides over up to "
            f"{formats.money(most.one_client, money)} of a payment, which invites timing."
        )
    gamed = [s for s in history if s.gaming_gain > 0]
    if gamed:
        most = max(gamed, key=lambda s: s.gaming_gain)
        lines.append(
            f"Dropping the hardest tenth of clients would earn up to {formats.money(most.gaming_gain, money)} a year "
            f"(“{formats.text(most.design.name)}”): keep a guardrail on who is served."
        )
    finite = [s.worst_case for s in selection.simulations if not math.isinf(s.worst_case)]
    if finite:
        lines.append(f"Set aside in the budget: {formats.money(max(finite), money)}, the most that the city can owe.")
    if selection.recommendation.payment.rule.id == "P0":
        lines.append("The recommendation is to put no money at risk; this shows what luck would do to a small stake.")
    if selection.investor:
        case = selection.investor
        outlook = "gain" if case.expected_return >= 0 else "lose"
        lines.append(
            f"Investors who put in {formats.money(case.investment, money)} could expect to {outlook} "
            f"{formats.money(abs(case.expected_return), money)}, and would lose money in "
            f"{formats.share(case.chance_of_loss)} of draws."
        )
    return bullets(lines)


def _swing(tried):
    return tried.luck / tried.worst_case if tried.worst_case > 0 else 0.0


def first_data(selection):
    """What to do when there is no history yet."""
    if not selection.first_steps:
        return Prose("Every metric of the schedule has a baseline.")
    first = selection.first_steps[0]
    return Prose(
        f"**Collect first:** {formats.text(first.metric.name)}, every "
        f"{_CADENCE.get(first.metric.cadence, 'month')}, numerator and denominator apart, from the first day of the "
        f"contract. After {formats.plural(first.points_to_collect, 'period')} open this workbook again: it then "
        "proposes a target. Until then the contract pays for reporting, not for results."
    )
