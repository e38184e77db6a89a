"""A set of metrics: which rules it breaks, which two of its metrics are one, and the best set that breaks none."""

import re
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from rdclib.catalogue import load_table
from rdclib.selection.series import CADENCE_DAYS

MOST = 5
MOST_PAID = 3
OUTCOMES = ("outcome", "impact")
NEEDS_GUARD = ("volume", "timeliness")
# Two metrics are one when their levels share four fifths of their variation (0.9 squared) and their changes from
# period to period nearly two thirds (0.8 squared): so much remains of one thing counted twice with a few differences.
SAME_LEVEL = 0.9
SAME_STEP = 0.8
FEWEST_PAIRS = 8


@dataclass(frozen=True)
class Member:
    """A metric in a set, and what was decided about it."""

    metric: object
    paid: bool = False
    segments: str = ""
    failed_gates: tuple = ()

    @property
    def equity(self):
        """Shown by group or place, or about fairness itself."""
        return bool(self.segments) or self.metric.topic == "equity"


@dataclass(frozen=True)
class Violation:
    """A rule of data/catalogue/selection_rules.csv that a set breaks."""

    rule: dict
    metrics: tuple  # ids that it is about; empty when something is lacking


@dataclass(frozen=True)
class Pair:
    """Two metrics that measure one thing."""

    one: str
    other: str
    correlation: float  # nan when their words say it, not their numbers
    n: int


@dataclass(frozen=True)
class Proposal:
    """The best set that keeps the rules, as far as there is one."""

    members: tuple  # of Member
    score: float
    lacking: tuple  # rules that no set of these candidates can keep


def rules():
    """Rules of a set, by id, as rows of data/catalogue/selection_rules.csv."""
    return {row["id"]: row for row in load_table("selection_rules")}


def unguarded(metric):
    """Tell whether a volume or speed metric of the vendor names no guardrail at all."""
    return _needs_guard(metric) and not metric.guardrail_ids


def _needs_guard(metric):
    """Volume and speed of the vendor need a guardrail, unless the catalogue explains why not."""
    explained = not metric.guardrail_ids and metric.guardrail_note.startswith("None needed")
    return metric.topic in NEEDS_GUARD and metric.duty != "city" and not explained


def check(members, same=()):
    """Find the rules that a set breaks.

    Parameters
    ----------
    members : sequence of Member
    same : sequence of Pair

    Returns
    -------
    tuple of Violation
        In the order of the rules.
    """
    ids = {m.metric.id for m in members}
    paid = [m for m in members if m.paid]
    guards_missing = tuple(
        m.metric.id for m in members if _needs_guard(m.metric) and not ids & set(m.metric.guardrail_ids)
    )
    doubled = tuple(name for pair in same if {pair.one, pair.other} <= ids for name in (pair.one, pair.other))
    broken = {
        "five": len(members) > MOST and tuple(sorted(ids)),
        "outcome": not any(m.metric.layer in OUTCOMES for m in members) and (),
        "leading": not any(m.metric.timing == "leading" for m in members) and (),
        "guardrail": guards_missing or False,
        "city duty": not any(m.metric.duty == "city" for m in members) and (),
        "equity": not any(m.equity for m in members) and (),
        "paid": len(paid) > MOST_PAID and tuple(m.metric.id for m in paid),
        "gates": tuple(m.metric.id for m in paid if m.failed_gates) or False,
        "same": doubled or False,
    }
    return tuple(Violation(row, broken[name]) for name, row in rules().items() if broken[name] is not False)


def propose(candidates, scores, same=(), size=MOST):
    """Find the best set that keeps the rules: an exact search, not one choice after the other.

    Parameters
    ----------
    candidates : sequence of Member
    scores : mapping of str to float
        What each metric is worth; a set is worth their sum, and of equal sums the one whose ids come first wins.
    same : sequence of Pair
    size : int
        Most metrics.

    Returns
    -------
    Proposal
        When no set keeps every rule, the best set among those that break as few of them as possible.

    Notes
    -----
    Candidates are tried from the most valuable down, and a branch is left as soon as the best that could still be
    added to it does not reach the best set found. The rules on money do not matter here: a proposal pays for nothing.
    """
    ordered = sorted(candidates, key=lambda m: (-scores[m.metric.id], m.metric.id))
    values = [scores[m.metric.id] for m in ordered]
    facts = [_facts(member, ordered, same) for member in ordered]
    everything = 0
    for has, _, _, _ in facts:
        everything |= has
    fewest = len(_NEEDED) - everything.bit_count()
    best, worth, broken = (), -1.0, len(rules()) + 1

    def branch(start, chosen, members, value):
        nonlocal best, worth, broken
        if chosen:
            breaks = _count(chosen, members, facts)
            if (breaks, -value) < (broken, -worth - 1e-12):
                best, worth, broken = chosen, value, breaks
        if len(chosen) == size:
            return
        for i in range(start, len(ordered)):
            if broken == fewest and value + sum(values[i : i + size - len(chosen)]) <= worth + 1e-12:
                return
            branch(i + 1, (*chosen, i), members | 1 << i, value + values[i])

    branch(0, (), 0, 0.0)
    members = tuple(ordered[i] for i in best)
    return Proposal(members, max(worth, 0.0), tuple(v.rule for v in check(members, same)))


_NEEDED = ("outcome", "leading", "city duty", "equity")


def _facts(member, ordered, same):
    """What the search needs of a member, as bits: rules it fulfils, guards, doubles; and whether it needs a guard."""
    metric = member.metric
    fulfils = (
        metric.layer in OUTCOMES,
        metric.timing == "leading",
        metric.duty == "city",
        member.equity,
    )
    doubles = {name for pair in same if metric.id in (pair.one, pair.other) for name in (pair.one, pair.other)}
    return (
        sum(1 << k for k, yes in enumerate(fulfils) if yes),
        sum(1 << k for k, other in enumerate(ordered) if other.metric.id in metric.guardrail_ids),
        sum(1 << k for k, other in enumerate(ordered) if other.metric.id in doubles - {metric.id}),
        _needs_guard(metric),
    )


def _count(chosen, members, facts):
    """How many rules a set breaks, from bits; the same as `check` without the rules on money."""
    has = unguarded_ = doubled = 0
    for i in chosen:
        fulfils, guards, doubles, needs = facts[i]
        has |= fulfils
        unguarded_ |= needs and not members & guards
        doubled |= bool(members & doubles)
    return len(_NEEDED) - has.bit_count() + unguarded_ + doubled


def same_pairs(histories, metrics):
    """Find pairs of metrics that are one.

    Parameters
    ----------
    histories : mapping of str to Series
    metrics : sequence of Metric

    Returns
    -------
    tuple of Pair
        Pairs whose words count the same thing over the same thing; and pairs whose values *and* whose changes from
        period to period go together (two metrics that both happen to rise share the first only).
    """
    found = []
    for one, other in combinations(sorted(metrics, key=lambda m: m.id), 2):
        if _words(one) and _words(one) == _words(other):
            found.append(Pair(one.id, other.id, float("nan"), 0))
            continue
        if one.id in histories and other.id in histories:
            r, n = _together(histories[one.id], histories[other.id])
            if r >= SAME_LEVEL:
                found.append(Pair(one.id, other.id, r, n))
    return tuple(found)


def _words(metric):
    parts = tuple(" ".join(re.findall(r"\w+", part.lower())) for part in (metric.numerator, metric.denominator))
    return parts if all(parts) and metric.measure_type != "duration" else ()


def _together(one, other):
    """How closely two series go together, as the size of their correlation; nan-safe, 0 where it cannot be said."""
    if one.cadence != other.cadence or CADENCE_DAYS.get(one.cadence) is None:
        return 0.0, 0
    left, right = (dict(zip(h.table["period_start"].dt.date, h.values, strict=True)) for h in (one, other))
    shared = [day for day in left if day in right and np.isfinite(left[day]) and np.isfinite(right[day])]
    a, b = np.array([left[day] for day in shared]), np.array([right[day] for day in shared])
    if len(a) < FEWEST_PAIRS:
        return 0.0, len(a)
    levels, steps = _correlation(a, b), _correlation(np.diff(a), np.diff(b))
    return (levels if steps >= SAME_STEP else 0.0), len(a)


def _correlation(a, b):
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a**2).sum() * (b**2).sum())
    return float(abs((a * b).sum()) / size) if size > 1e-12 else 0.0
