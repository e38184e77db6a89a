"""From the goal of a key contract to a metric schedule: everything that the second workbook shows."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rdclib import contract_types, payment
from rdclib.catalogue import load_metrics
from rdclib.engagement import load_choices, remembered
from rdclib.errors import EngagementError
from rdclib.selection import problem, ratings, rules, schedule, series, targets, trial

# Domains of metrics that serve any contract.
ANYWHERE = ("any_service", "city_duties")
# Most candidates that are laid before people; all the city's own and all with data come first.
MOST_CANDIDATES = 40
# Duties of the city, from the catalogue and without data, that a proposal may choose from: the contract is about
# residents, and of duties nobody has looked at two are enough to begin with.
MOST_DUTIES = 2


@dataclass(frozen=True)
class Concern:
    """A remark on a metric, before or after it was chosen.

    ``kind`` is *no baseline*, *outside natural limits*, *already reached*, *no guardrail*, *same*, *vague*, *fails a
    gate*, *history moved* or *undefined* (data come for a metric that nobody has defined).
    """

    kind: str
    metric_id: str
    other: str = ""  # the other metric, for *same*
    value: float = float("nan")  # target (of a band the lower end), or points of history
    high: float = float("nan")  # upper end of a target band


@dataclass(frozen=True)
class Contract:
    """The key contract that the metrics are for."""

    id: str  # empty when the city has none on record
    title: str
    vendor: str
    end_date: object
    annual_amount: float  # nan when unknown
    chosen: bool  # False: nobody chose it, it is the one that seems to need metrics first


@dataclass(frozen=True, eq=False)
class Selection:
    """What the second workbook found and what was decided in it."""

    city: str
    period: object
    as_of: object
    currency: str
    smallest_group: int
    contract: Contract
    register: tuple  # ids of all contracts, for the form that asks for one
    problem: str
    population: str
    goals: tuple
    remarks: tuple  # of problem.Remark
    logic_model: tuple  # of problem.Layer
    domains: tuple
    domains_chosen: bool  # False: taken from the contract's words and the data
    candidates: tuple  # of Metric
    histories: dict  # metric id to Series, for candidates with data
    support: dict  # metric id to Support
    ranking: ratings.Ranking
    ratings_set_aside: int
    members: tuple  # of rules.Member: the chosen set, or the proposed one
    decided: bool  # False: nobody chose, the proposal stands in
    violations: tuple  # of rules.Violation, of the members
    proposal: rules.Proposal
    same: tuple  # of rules.Pair
    concerns: tuple  # of Concern
    lines: tuple  # of schedule.Line
    first_steps: tuple  # of schedule.Line
    target_options: dict  # metric id to targets.Option
    recommendation: contract_types.Recommendation
    from_data: tuple  # ids of inputs that were worked out from data because nobody answered
    at_risk: tuple  # least and most a year that the payment rule lets depend on results; nan where it names none
    feasibility: contract_types.Feasibility
    designs: tuple  # of rdclib.choices.PaymentDesign that were chosen
    trial_metric: object  # Metric whose history the designs were tried on, or None
    simulations: tuple  # of payment.Simulation
    investor: object  # payment.InvestorCase, or None
    trial_note: str = ""  # why nothing could be tried


@remembered
def select(records, engagement):
    """Lead from the goal of a key contract to a metric schedule and a payment that has been tried.

    Parameters
    ----------
    records : rdclib.records.Records
    engagement : rdclib.engagement.Engagement

    Returns
    -------
    Selection
        Complete also for a city without any history; what cannot be said carries a note.

    Raises
    ------
    EngagementError
        When choices.yaml names a metric, test or domain that does not exist.
    """
    decided_before = load_choices(engagement)
    chosen = decided_before.selection
    facts = records.facts
    known = _known_metrics(facts)
    _check_names(chosen, known)
    contract = _contract(records, chosen, decided_before.assessment.key_contracts)
    observed = _observed(records, contract)
    domains, picked = _domains(records, contract, chosen, observed, known)
    candidates = _candidates(chosen, facts, observed, domains, known)
    wide = {m.id: m for m in (*candidates, *(known[c.metric_id] for c in chosen.chosen))}
    histories = {
        m.id: found
        for m in wide.values()
        if (found := series.series(records.observations, m, contract_id=contract.id, as_of=records.as_of)).n
    }
    support = {
        m.id: series.support(histories[m.id], records.as_of)
        if m.id in histories
        else series.Support(0, 0, float("nan"), 0.0, float("nan"))
        for m in wide.values()
    }
    given = ratings.read_ratings(engagement, contract.id)
    ranking = ratings.rank(
        wide.values(), given, {name: s.score for name, s in support.items()}, order=chosen.test_order
    )
    gates = {place.metric.id: place.failed_gates for place in ranking.places}
    same = rules.same_pairs(histories, tuple(wide.values()))
    # A proposal shows each metric by the groups that the catalogue names, where it names any.
    passed = [p.metric for p in ranking.places if not p.failed_gates]
    duties = [m.id for m in passed if m.domain == "city_duties" and m.id not in histories][MOST_DUTIES:]
    offered = [rules.Member(m, segments=m.segment_by) for m in passed if m.id not in duties]
    proposal = rules.propose(offered[:MOST_CANDIDATES], {p.metric.id: p.score for p in ranking.places}, same)
    members = tuple(
        rules.Member(known[c.metric_id], c.paid, c.segments, gates.get(c.metric_id, ())) for c in chosen.chosen
    )
    decided = bool(members)
    members = members or proposal.members
    by_choice = {c.metric_id: c for c in chosen.chosen}
    options = {
        m.metric.id: targets.options(
            histories[m.metric.id],
            series.series(records.observations, m.metric, as_of=records.as_of),
            m.metric,
            targets.baseline(histories[m.metric.id], m.metric),
        )
        for m in members
        if m.metric.id in histories
    }
    lines = tuple(
        _line(m, histories.get(m.metric.id), by_choice.get(m.metric.id), support, options, known, records)
        for m in members
    )
    inputs, from_data = _inputs(chosen, lines, histories)
    recommendation = contract_types.recommend(inputs)
    tried = _trial(chosen, lines, histories, recommendation, contract)
    return Selection(
        city=facts.city,
        period=engagement.period,
        as_of=records.as_of,
        currency=facts.currency,
        smallest_group=facts.smallest_group,
        contract=contract,
        register=tuple(records.contracts["contract_id"].dropna().unique()),
        problem=chosen.problem,
        population=chosen.population,
        goals=chosen.goals,
        remarks=problem.remarks(chosen.problem, chosen.population, chosen.goals),
        logic_model=problem.logic_model(chosen.logic_model, tuple(m.metric for m in members)),
        domains=domains,
        domains_chosen=picked,
        candidates=tuple(p.metric for p in ranking.places),
        histories=histories,
        support=support,
        ranking=ranking,
        ratings_set_aside=given.set_aside,
        members=members,
        decided=decided,
        violations=rules.check(members, same),
        proposal=proposal,
        same=same,
        concerns=_concerns(wide.values(), facts, histories, lines, gates, same, observed),
        lines=lines,
        first_steps=schedule.first_steps(lines),
        target_options=options,
        recommendation=recommendation,
        from_data=from_data,
        at_risk=_at_risk(recommendation, contract),
        feasibility=contract_types.feasibility(inputs),
        designs=chosen.payment_designs,
        **tried,
    )


# --- which contract, which metrics ---


def _known_metrics(facts):
    # The catalogue writes "$" for an amount in the city's own currency.
    dollars = facts.currency == "USD"
    listed = (m if dollars or m.unit != "$" else replace(m, unit=facts.currency) for m in load_metrics())
    return {m.id: m for m in (*listed, *facts.metrics)}


def _check_names(chosen, known):
    named = [*chosen.candidates, *(c.metric_id for c in chosen.chosen), *(d.metric_id for d in chosen.payment_designs)]
    if unknown := [name for name in named if name and name not in known]:
        raise EngagementError(
            f"choices.yaml names the metric '{unknown[0]}', which nobody has defined.",
            fix="Use an id of data/catalogue/metrics.csv, or define it in engagement.yaml under  metrics.",
        )
    domains = sorted({m.domain for m in load_metrics()})
    if unknown := [name for name in chosen.domains if name not in domains]:
        raise EngagementError(
            f"choices.yaml names the domain '{unknown[0]}', which the catalogue does not have.",
            fix=f"Domains: {', '.join(domains)}.",
        )
    tests = [row["id"] for row in ratings.tests()] + [ratings.DATA_SUPPORT]
    if unknown := [name for name in chosen.test_order if name not in tests]:
        raise EngagementError(
            f"choices.yaml orders the test '{unknown[0]}', which does not exist.", fix=f"Tests: {', '.join(tests)}."
        )


def _contract(records, chosen, confirmed):
    """The chosen contract; else the first confirmed in the assessment, the key contract ending first, the largest."""
    contracts = records.contracts
    today = pd.Timestamp(records.as_of)
    if chosen.contract_id:
        found = contracts[contracts["contract_id"] == chosen.contract_id]
        if found.empty:
            raise EngagementError(
                f"choices.yaml names the contract '{chosen.contract_id}', which is not in the register.",
                fix="Use an id of the contracts table, or leave contract_id empty.",
            )
        return _told(found.iloc[0], chosen, True)
    active = contracts[~(contracts["end_date"] < today) & ~contracts["status"].isin(["cancelled", "terminated"])]
    if active.empty:
        return Contract("", "", "", None, chosen.annual_amount or float("nan"), False)
    coding = records.coding
    urgent = [name for name in confirmed if (active["contract_id"] == name).any()]
    if urgent:
        return _told(active[active["contract_id"] == urgent[0]].iloc[0], chosen, False)
    key = active[active["contract_id"].isin(coding.loc[coding["is_key"].fillna(False).astype(bool), "contract_id"])]
    if not key.empty:
        first = key.sort_values(["end_date", "contract_id"], na_position="last")
    else:
        first = active.sort_values(["current_amount", "contract_id"], ascending=[False, True], na_position="last")
    return _told(first.iloc[0], chosen, False)


def _told(row, chosen, picked):
    amount = chosen.annual_amount
    if amount is None:
        total = row["current_amount"] if pd.notna(row["current_amount"]) else row["original_amount"]
        years = (row["end_date"] - row["start_date"]).days / 365.25 if pd.notna(row["end_date"]) else np.nan
        amount = float(total / max(years, 1.0)) if pd.notna(years) and pd.notna(total) else float("nan")

    def text(value):
        return "" if pd.isna(value) else str(value)

    end = None if pd.isna(row["end_date"]) else row["end_date"].date()
    return Contract(str(row["contract_id"]), text(row["title"]), text(row["vendor_name"]), end, amount, picked)


def _observed(records, contract):
    """Ids of metrics with observations, those of the contract when it has any."""
    observations = records.observations
    own = observations[observations["contract_id"] == contract.id]
    return tuple(sorted((own if len(own) else observations)["metric_id"].dropna().unique()))


def _domains(records, contract, chosen, observed, known):
    """Chosen domains, or those of the observed metrics, or those whose name the contract's words contain."""
    if chosen.domains:
        return tuple(chosen.domains), True
    seen = {known[name].domain for name in observed if name in known and known[name].domain} - set(ANYWHERE)
    if seen:
        return tuple(sorted(seen)), False
    row = records.contracts[records.contracts["contract_id"] == contract.id]
    # What is bought says more than who buys it.
    for columns in (("title", "category", "service_group"), ("department",)):
        words = " ".join(str(value) for column in columns for value in row[column].dropna())
        if named := _named(f"{words} {chosen.problem}"):
            return named, False
    return (), False


def _named(text):
    """Domains whose name shares a telling word with a text, or else the one with most metrics that do."""
    spoken = _stems(text)
    metrics = [m for m in load_metrics() if m.domain not in ANYWHERE]
    domains = sorted({m.domain for m in metrics})
    vague = _stems("services systems waste development")
    if named := tuple(d for d in domains if (_stems(d) - vague) & spoken):
        return named
    spoken -= vague
    shared = {
        d: sum(bool(_stems(f"{m.name} {m.definition}") & spoken) for m in metrics if m.domain == d) for d in domains
    }
    most = max(shared.values())
    return tuple(d for d in domains if shared[d] == most)[:1] if most else ()


def _stems(text):
    return {_stem(word) for word in re.findall(r"[a-z]{4,}", text.lower())}


def _stem(word):
    return word.removesuffix("s").removesuffix("e")[:7]


def _candidates(chosen, facts, observed, domains, known):
    if chosen.candidates:
        return tuple(known[name] for name in chosen.candidates)
    first = [*facts.metrics, *(known[name] for name in observed if name in known)]
    rest = [m for m in load_metrics() if m.domain in (*domains, *ANYWHERE)]
    return tuple({m.id: m for m in (*first, *rest)}.values())


# --- the set and its schedule ---


def _line(member, history, choice, support, options, known, records):
    metric = member.metric
    if history is None:
        start = targets.Baseline(metric.id, *(float("nan"),) * 3, 0, "")
    else:
        start = targets.baseline(history, metric)
    wanted = _wanted(choice) if choice else None
    basis, standard = (choice.target_basis, choice.standard) if choice else ("", "")
    if choice is None:  # a proposal: what the best quarter of past periods reached
        own = [option.value for option in options.get(metric.id, ()) if option.basis == "own history"]
        wanted, basis = (own[0], "own history") if own else (None, "")
    target = targets.judge(metric, start, wanted, basis=basis, standard=standard)
    nan = float("nan")
    aim = target.aim(start.value)
    seen = (
        targets.detectability(history, metric, start, aim)
        if history is not None
        else targets.Detectability(nan, aim, nan, metric.cadence, nan, "values")
    )
    return schedule.Line(
        metric=metric,
        paid=member.paid,
        segments=member.segments,
        baseline=start,
        target=target,
        detectability=seen,
        mix=None
        if history is None
        else targets.mix_of_clients(records.observations, history, metric, aim, records.facts.smallest_group),
        support=support[metric.id],
        guardrails=tuple(known[g] for g in metric.guardrail_ids if g in known),
        ready=start.usable,
    )


def _concerns(metrics, facts, histories, lines, gates, same, observed):
    """What an advisor should know, the city's own and observed metrics first of all."""
    own = {m.id for m in facts.metrics} | set(observed) | {line.metric.id for line in lines}
    by_line = {line.metric.id: line for line in lines}
    found, nan = [], float("nan")
    for metric in sorted((m for m in metrics if m.id in own), key=lambda m: m.id):
        if metric.id in by_line:
            line = by_line[metric.id]
            start = line.baseline
            if line.target.problem not in ("", "none"):
                known = line.target.problem != "no baseline"
                value, high = (line.target.asked, line.target.high) if known else (float(start.n), nan)
                found.append(Concern(line.target.problem, metric.id, value=value, high=high))
        else:
            start = targets.baseline(histories[metric.id], metric) if metric.id in histories else None
            if start is None or not start.usable:
                found.append(Concern("no baseline", metric.id, value=float(start.n if start else 0)))
            elif (agreed := _agreed_target(histories[metric.id])) is not None:
                verdict = targets.judge(metric, start, agreed)
                if verdict.problem:
                    found.append(Concern(verdict.problem, metric.id, value=verdict.asked, high=verdict.high))
        if start is not None and start.moved:
            found.append(Concern("history moved", metric.id, value=float(start.n)))
        if rules.unguarded(metric):
            found.append(Concern("no guardrail", metric.id))
        if not metric.definition or (metric.measure_type in ("proportion", "rate", "ratio") and not metric.denominator):
            found.append(Concern("vague", metric.id))
        if gates.get(metric.id):
            found.append(Concern("fails a gate", metric.id, other=gates[metric.id][0]))
    defined = {m.id for m in (*load_metrics(), *facts.metrics)}
    found += [Concern("undefined", name) for name in observed if name not in defined]
    for pair in same:
        if pair.one in own or pair.other in own:
            found.append(Concern("same", pair.one, pair.other, pair.correlation))
    return tuple(found)


def _wanted(choice):
    """The chosen target, as one number or as the two ends of a band."""
    return choice.target if choice.target_low is None else (choice.target_low, choice.target_high)


def _agreed_target(history):
    """The newest target that came with the data."""
    band = history.table[["target_low", "target_high"]].dropna()
    if len(band):
        return tuple(sorted(band.iloc[-1]))
    known = history.table["target"].dropna()
    return float(known.iloc[-1]) if len(known) else None


# --- payment ---


def _inputs(chosen, lines, histories):
    """Answers about the contract type; what the data say fills in for what nobody answered."""
    inputs = dict(chosen.contract_inputs)
    paid = [line for line in lines if line.paid] or [line for line in lines if line.metric.layer in rules.OUTCOMES]
    from_data = []
    if paid and not inputs.get("baseline") and any(line.ready for line in paid):
        inputs["baseline"] = "yes"
        from_data.append("baseline")
    counted = [
        histories[line.metric.id].table["numerator"].tail(trial.RECENT).mean()
        for line in paid
        if line.metric.id in histories and histories[line.metric.id].counted
    ]
    counted = [events for events in counted if np.isfinite(events)]
    if counted and not inputs.get("events"):
        # The metric with the fewest outcomes decides how much luck there is; 9.6 are not yet the ten of a rule.
        inputs["events"] = str(int(min(counted)))
        from_data.append("events")
    return inputs, tuple(from_data)


def _at_risk(recommendation, contract):
    row = recommendation.payment.rule.row
    shares = (float(row[name] or "nan") for name in ("at_risk_low", "at_risk_high"))
    return tuple(share * contract.annual_amount for share in shares)


def _trial(chosen, lines, histories, recommendation, contract):
    nothing = {"trial_metric": None, "simulations": (), "investor": None}
    wanted = [d.metric_id for d in chosen.payment_designs if d.metric_id]
    order = [
        *(line for line in lines if line.metric.id in wanted),
        *(line for line in lines if line.paid),
        *(line for line in lines if line.metric.layer in rules.OUTCOMES),
    ]
    cost = contract.annual_amount / 12 if contract.annual_amount > 0 else float("nan")
    for line in order:
        history = histories.get(line.metric.id)
        if history is None:
            continue
        aim = line.target.aim(line.baseline.value)
        found = trial.scenarios(history, line.metric, aim, cost=cost)
        mine = [d for d in chosen.payment_designs if d.metric_id in ("", line.metric.id)]
        designs = [trial.design(d, line.metric, history) for d in mine] or trial.usual_designs(
            recommendation, line.metric, history, line.baseline, aim, contract.annual_amount
        )
        usable = [d for d in designs if d.kind not in payment.ON_COSTS or np.isfinite(cost)]
        if found and usable:
            drawn = [payment.draw(scenario) for scenario in found]
            tried = tuple(payment.simulate(d, one) for d in usable for one in drawn)
            investor = None
            if chosen.investment is not None:
                investor = payment.investor_case(tried[0], investment=chosen.investment)
            return {"trial_metric": line.metric, "simulations": tried, "investor": investor}
    note = "No outcome of the schedule has counts of clients or events yet, so no payment can be tried on its history."
    if order and any(line.metric.id in histories for line in order) and not contract.annual_amount > 0:
        note = "The contract's amount a year is not known, so there is no pool to try."
    return nothing | {"trial_note": note}
