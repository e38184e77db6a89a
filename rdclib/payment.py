"""Ways to pay for results: ten designs as arithmetic, and what each would pay when only luck moves the results.

Money conventions: amounts are in the engagement's currency; a result ``x``, its floor and its target share one
unit, and the floor is always the worse end, so that one formula serves metrics where higher is better and where lower
is better. A result that was not reported (nan) earns nothing.
"""

from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

# Of every ten clients, the one least likely to succeed: what a vendor could shed without anybody noticing at once.
DROPPED_SHARE = 0.1
# Draws on which the gain of gaming is worked out when vendors share a pool: every vendor needs a pool of its own.
POOL_DRAWS = 1000
# A payment that moves by more than this part of the most it can pay, within a thousandth of the scale, is a cliff.
CLIFF_SHARE = 0.05


def _earned(z):
    """Clip to 0..1; what was not reported counts as 0."""
    return np.clip(np.nan_to_num(z, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)


def _better(result, threshold, lower_is_better):
    return result <= threshold if lower_is_better else result >= threshold


# --- the ten designs ---


def per_unit(units, rate, *, floor=0.0, cap=np.inf):
    """Design 1: a price for every unit or outcome, between a floor and a cap.

    Parameters
    ----------
    units : array_like
        Units a period; with client groups the groups lie on the last axis.
    rate : float or array_like
        Price a unit; one price a group, higher for harder cases, when ``units`` has groups.
    floor, cap : float
        Least and most paid a period.
    """
    earned = np.nan_to_num(np.asarray(units, dtype=float))
    earned = (earned * rate).sum(axis=-1) if np.ndim(rate) else earned * rate
    return np.clip(earned, floor, cap)


def tiers(result, *, pool, thresholds, shares, lower_is_better=False):
    """Design 2: a step of the pool for each threshold reached. Each step is a cliff; a ramp has none.

    Parameters
    ----------
    result : array_like
    pool : float
        The most that can be paid a period.
    thresholds : sequence of float
        In any order: the hardest one that was reached decides.
    shares : sequence of float
        Part of the pool (0 to 1) paid from each threshold on.
    """
    result = np.asarray(result, dtype=float)
    paid = np.zeros(result.shape)
    steps = sorted(zip(thresholds, shares, strict=True), reverse=lower_is_better)
    for threshold, share in steps:
        paid = np.where(_better(result, threshold, lower_is_better), pool * share, paid)
    return paid


def ramp(result, *, pool, floor, target):
    """Design 3: nothing at the floor, all of the pool at the target, in proportion between them.

    Notes
    -----
    ``pool * clip((x - floor) / (target - floor))``; with the target below the floor the same formula serves a metric
    where lower is better.
    """
    if floor == target:
        raise ValueError("a ramp needs a floor that differs from its target")
    return pool * _earned((np.asarray(result, dtype=float) - floor) / (target - floor))


@dataclass(frozen=True)
class Holdback:
    """What became of retained money; ``withheld.sum() == released.sum() + forfeited.sum() + carried``."""

    withheld: np.ndarray  # by period
    released: np.ndarray  # by period
    forfeited: np.ndarray  # by period: back to the city's budget
    carried: np.ndarray  # balance after the last period, still in the contract


# What happens to money that was retained and not earned.
UNEARNED = ("lapses", "rolls over", "is reinvested")


def holdback(invoices, scores, *, share, weights=None, unearned="lapses"):
    """Design 4: retain a share of each invoice, release it by weighted scores.

    Parameters
    ----------
    invoices : array_like
        Invoiced amounts, periods on the last axis.
    scores : array_like
        0 to 1, of the shape of ``invoices``; with ``weights`` the metrics lie on one more axis at the end.
    share : float
        Part of each invoice that is retained.
    weights : sequence of float, optional
        One weight a metric; they sum to 1.
    unearned : {"lapses", "rolls over", "is reinvested"}
        Unearned money goes back to the budget, can still be earned next period, or stays for the service without
        going to the vendor.

    Returns
    -------
    Holdback
    """
    if unearned not in UNEARNED:
        raise ValueError(f"unearned is one of {', '.join(UNEARNED)}")
    scores = _earned(np.asarray(scores, dtype=float))
    if weights is not None:
        if not np.isclose(np.sum(weights), 1):
            raise ValueError("weights of a holdback sum to 1")
        scores = scores @ np.asarray(weights, dtype=float)
    withheld, scores = np.broadcast_arrays(np.asarray(invoices, dtype=float) * share, scores)
    if unearned != "rolls over":
        released = withheld * scores
        kept = withheld - released
        if unearned == "lapses":
            return Holdback(withheld, released, kept, np.zeros(withheld.shape[:-1]))
        return Holdback(withheld, released, np.zeros(withheld.shape), kept.sum(axis=-1))
    released = np.empty(withheld.shape)
    balance = np.zeros(withheld.shape[:-1])
    for t in range(withheld.shape[-1]):
        balance = balance + withheld[..., t]
        released[..., t] = balance * scores[..., t]
        balance = balance - released[..., t]
    return Holdback(withheld, released, np.zeros(withheld.shape), balance)


def own_start(baseline, *, floor, target):
    """Where a vendor's own improvement begins: its baseline, or the target when it starts there or beyond."""
    return min(baseline, target) if floor < target else max(baseline, target)


def improvement_score(result, score, *, baseline, target):
    """Design 5: the better of a score against the target and the way covered from the vendor's own baseline.

    Parameters
    ----------
    result : array_like
    score : array_like
        The score against the target (0 to 1) that a ramp or tiers give.
    baseline, target : float
        The vendor's own start, and the target; a ``target`` below the ``baseline`` is one where lower is better. A
        vendor that starts at the target has no way to cover: its score alone counts.
    """
    if baseline == target:
        return _earned(np.asarray(score, dtype=float))
    way = _earned((np.asarray(result, dtype=float) - baseline) / (target - baseline))
    return np.maximum(_earned(np.asarray(score, dtype=float)), way)


def milestones(accepted, values):
    """Design 6: a fixed amount for each milestone accepted (milestones on the last axis)."""
    return np.where(np.asarray(accepted, dtype=float) == 1, values, 0.0)


def gain_share(actual_cost, *, budget, share, margin=0.0, cap=np.inf, quality_met=True):
    """Design 7: a share of what was saved beyond a margin, nothing when a quality floor was missed.

    Parameters
    ----------
    actual_cost : array_like
        Audited cost a period.
    budget : float
        Cost expected for the work really done (adjusted for volume).
    share : float
        Vendor's part of the saving.
    margin : float
        Part of the budget that counts as chance and is not shared.
    cap : float
        Most paid a period.
    quality_met : bool or array_like
        Every quality floor was reached.
    """
    actual = np.asarray(actual_cost, dtype=float)
    saved = np.where(np.isnan(actual), 0.0, np.maximum(0.0, budget - actual - margin * budget))
    return np.where(quality_met, np.minimum(share * saved, cap), 0.0)


def incentive_fee(actual_cost, *, target_cost, target_fee, share, minimum=0.0, maximum=np.inf):
    """Design 8: a fee that grows as cost stays below target and shrinks as it runs over.

    Notes
    -----
    ``clip(target_fee + share * (target_cost - actual_cost), minimum, maximum)``; a cost that was not reported earns
    the minimum.

    References
    ----------
    Federal Acquisition Regulation, subpart 16.3 and 16.4 (cost-plus-incentive-fee contracts).
    """
    actual = np.asarray(actual_cost, dtype=float)
    fee = np.clip(target_fee + share * (target_cost - actual), minimum, maximum)
    return np.where(np.isnan(actual), minimum, fee)


def bonus_pool(scores, sizes, *, pool):
    """Design 9: one pool shared among vendors by score times size (vendors on the first axis).

    Zero-sum: one vendor's gain is another's loss, so a vendor's pay can fall while its result improves. Nobody is
    paid when every score is 0.
    """
    weighted = _earned(np.asarray(scores, dtype=float)) * sizes
    total = weighted.sum(axis=0)
    return pool * np.divide(weighted, total, out=np.zeros(weighted.shape), where=total > 0)


def outcome_curve(result, *, knots, payments):
    """Design 10: nothing before the first knot, straight lines between knots, flat after the last.

    Parameters
    ----------
    result : array_like
    knots : sequence of float
        Results from the worst to the best; falling numbers where lower is better.
    payments : sequence of float
        Amount paid at each knot.
    """
    result, knots = np.asarray(result, dtype=float), np.asarray(knots, dtype=float)
    sign = -1.0 if knots[0] > knots[-1] else 1.0
    paid = np.interp(sign * result, sign * knots, payments, left=0.0, right=payments[-1])
    return np.where(np.isnan(result), 0.0, paid)


# --- a design with its terms ---


@dataclass(frozen=True)
class Design:
    """One payment design with its terms, ready to be tried.

    ``kind`` is a key of ``KINDS``; ``terms`` are that function's keyword arguments (with ``floor``, ``target`` and
    ``pool`` where a design pays by a score).
    """

    name: str
    kind: str
    terms: dict = field(default_factory=dict)
    lower_is_better: bool = False
    ceiling: float = np.inf  # most paid to one vendor over the whole term

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no payment design; known are {', '.join(KINDS)}")


def _share(events, volume):
    events, volume = np.broadcast_arrays(np.asarray(events, dtype=float), np.asarray(volume, dtype=float))
    return np.divide(events, volume, out=np.full(events.shape, np.nan), where=volume > 0)


def _pay_unit(terms, events, volume, costs):
    return per_unit(events, terms["rate"], floor=terms.get("floor", 0.0), cap=terms.get("cap", np.inf))


def _pay_tiers(terms, events, volume, costs):
    steps = {k: terms[k] for k in ("pool", "thresholds", "shares")}
    return tiers(_share(events, volume), lower_is_better=terms.get("lower_is_better", False), **steps)


def _pay_ramp(terms, events, volume, costs):
    return ramp(_share(events, volume), **{k: terms[k] for k in ("pool", "floor", "target")})


def _pay_holdback(terms, events, volume, costs):
    score = ramp(_share(events, volume), pool=1.0, floor=terms["floor"], target=terms["target"])
    invoices = np.broadcast_to(terms["invoice"], score.shape)
    kept = holdback(invoices, score, share=terms["share"], unearned=terms.get("unearned", "lapses"))
    return kept.released


def _pay_improvement(terms, events, volume, costs):
    x, floor, target = _share(events, volume), terms["floor"], terms["target"]
    # Who starts beyond the target has no way left to cover; the formula would then pay for every result below it.
    baseline = own_start(terms["baseline"], floor=floor, target=target)
    score = ramp(x, pool=1.0, floor=floor, target=target)
    return terms["pool"] * improvement_score(x, score, baseline=baseline, target=target)


def _pay_milestone(terms, events, volume, costs):
    # A milestone is accepted when everything due in the period was delivered.
    due = np.asarray(volume) > 0
    return milestones((np.asarray(events) >= volume) & due, terms["value"])


def _pay_gain_share(terms, events, volume, costs):
    quality = True
    if "quality_floor" in terms:
        quality = _better(_share(events, volume), terms["quality_floor"], terms.get("lower_is_better", False))
    plain = {k: v for k, v in terms.items() if k in ("budget", "share", "margin", "cap")}
    return gain_share(costs, quality_met=quality, **plain)


def _pay_fee(terms, events, volume, costs):
    known = ("target_cost", "target_fee", "share", "minimum", "maximum")
    return incentive_fee(costs, **{k: v for k, v in terms.items() if k in known})


def _pay_pool(terms, events, volume, costs):
    score = ramp(_share(events, volume), pool=1.0, floor=terms["floor"], target=terms["target"])
    return bonus_pool(score, volume, pool=terms["pool"])


def _pay_curve(terms, events, volume, costs):
    """Paid once, at the end, on the result of the whole term."""
    x = _share(np.sum(events, axis=-1), np.sum(np.broadcast_to(volume, np.shape(events)), axis=-1))
    paid = np.zeros(np.shape(events))
    paid[..., -1] = outcome_curve(x, knots=terms["knots"], payments=terms["payments"])
    return paid


KINDS = {
    "unit rate": _pay_unit,
    "tiers": _pay_tiers,
    "ramp": _pay_ramp,
    "holdback": _pay_holdback,
    "improvement credit": _pay_improvement,
    "milestone": _pay_milestone,
    "gain share": _pay_gain_share,
    "incentive fee": _pay_fee,
    "bonus pool": _pay_pool,
    "outcome curve": _pay_curve,
}
ON_COSTS = ("gain share", "incentive fee")
PAID_ONCE = "outcome curve"
# Designs whose payment for a period rests on that period alone.
BY_PERIOD = ("unit rate", "tiers", "ramp", "improvement credit", "milestone")


def pay(design, events, volume, costs=None):
    """Pay a design for results.

    Parameters
    ----------
    design : Design
    events : array_like
        Outcomes counted, periods on the last axis (vendors on the first for a bonus pool).
    volume : array_like
        Clients, cases or exposure behind them; broadcasts against ``events``.
    costs : array_like, optional
        Audited costs, of the shape of ``events``; for designs in ``ON_COSTS``.

    Returns
    -------
    ndarray
        Amounts by period, never above the ceiling over the term.
    """
    paid = KINDS[design.kind](design.terms, np.asarray(events, dtype=float), volume, costs)
    if np.isinf(design.ceiling):
        return paid
    so_far = np.minimum(np.cumsum(paid, axis=-1), design.ceiling)
    return np.diff(so_far, axis=-1, prepend=0.0)


# --- trying designs ---


@dataclass(frozen=True)
class Scenario:
    """What results are expected of each vendor and period.

    ``measure`` says which kind of luck moves them: a proportion of clients (binomial) or a count of events over an
    exposure (Poisson).
    """

    name: str
    vendors: tuple
    volume: np.ndarray  # vendors x periods: clients, or exposure for a count
    rate: np.ndarray  # vendors x periods: true share, or true events for each unit of exposure
    measure: str = "proportion"
    cost: float = np.nan  # expected cost a vendor and period
    cost_spread: float = 0.1  # standard deviation of cost, as a part of it


@dataclass(frozen=True)
class Draws:
    """Luck drawn once for a scenario, reused for every design."""

    scenario: Scenario
    events: np.ndarray  # vendors x periods x draws
    costs: np.ndarray | None  # same shape, or None where the scenario has no costs


def draw(scenario, *, draws=10_000, seed=20160):
    """Draw what luck makes of a scenario.

    Parameters
    ----------
    scenario : Scenario
    draws : int
    seed : int
        A vendor's draws depend on this and its name alone: not on its row, and not on who else is listed.

    Returns
    -------
    Draws
    """
    if len(set(scenario.vendors)) != len(scenario.vendors):
        raise ValueError("vendors of a scenario have different names")
    periods = np.shape(scenario.volume)[-1]
    size = (periods, draws)
    events = np.empty((len(scenario.vendors), *size), dtype=np.int32)
    costs = None if np.isnan(scenario.cost) else np.empty(events.shape)
    for i, vendor in enumerate(scenario.vendors):
        luck = np.random.default_rng([seed, crc32(str(vendor).encode())])
        for t in range(periods):  # one period at a time: with a single rate NumPy sets its sampler up once
            volume, rate = scenario.volume[i, t], scenario.rate[i, t]
            if scenario.measure == "proportion":
                events[i, t] = luck.binomial(int(volume), rate, draws)
            else:
                events[i, t] = luck.poisson(volume * rate, draws)
        if costs is not None:
            costs[i] = np.maximum(0.0, scenario.cost * (1 + scenario.cost_spread * luck.standard_normal(size)))
    return Draws(scenario, events, costs)


def drop_hardest(events, volume, *, lower_is_better=False, share=DROPPED_SHARE):
    """Results after dropping up to a tenth of the clients, always those who would have failed.

    The most that this kind of gaming can earn: a vendor that guesses who will fail earns less.

    Returns
    -------
    events, volume : ndarray
    """
    events, volume = np.broadcast_arrays(np.asarray(events, dtype=float), np.asarray(volume, dtype=float))
    tenth = np.floor(volume * share + 0.5)
    dropped = np.minimum(tenth, events if lower_is_better else volume - events)
    return (events - dropped if lower_is_better else events), volume - dropped


@dataclass(frozen=True)
class Cliff:
    """A result at which a small change moves a large part of the payment."""

    result: float
    jump: float  # money


def cliffs(design, *, volume, highest=1.0):
    """Cliff edges of a design between 0 and ``highest``, for one vendor and period of the given volume."""
    if design.kind in (*ON_COSTS, "milestone", "bonus pool"):
        return ()
    grid = np.linspace(0.0, highest, 1001)
    paid = pay(design, (grid * volume)[:, None], np.array([float(volume)]))[:, 0]
    most = np.nanmax(np.abs(paid))
    jumps = np.diff(paid)
    edges = np.flatnonzero(np.abs(jumps) > CLIFF_SHARE * most) if most > 0 else ()
    return tuple(Cliff(float(grid[i + 1]), float(jumps[i])) for i in edges)


@dataclass(frozen=True)
class Payout:
    """What one vendor would be paid over the term, or all of them together."""

    vendor: str
    expected: float
    low: float  # 5% of draws pay less
    high: float  # 5% of draws pay more
    chance_of_nothing: float  # over the whole term


@dataclass(frozen=True)
class Simulation:
    """One design tried on one scenario: money that depends on results, over the whole term.

    True results do not move within the scenario, so the whole spread is luck.
    """

    design: Design
    scenario: str
    periods: int
    draws: int
    city: Payout  # all vendors together
    vendors: tuple  # a Payout each
    chance_of_nothing: float  # for one vendor at one payment date, the mean of all
    worst_case: float  # most the city can have to pay at the scenario's volumes; inf when nothing limits it
    limited: bool  # the design itself, and not only the volume, limits it
    one_client: float  # most that one client more or less moves in a period, for the vendor of median volume
    gaming_gain: float  # expected extra pay from dropping the hardest tenth of clients; nan for designs on costs
    cliffs: tuple
    totals: np.ndarray  # the city's total, one a draw

    @property
    def luck(self):
        """Width between the 5% and 95% points: what luck alone moves."""
        return self.city.high - self.city.low


def _payout(vendor, totals):
    low, high = np.quantile(totals, [0.05, 0.95])
    return Payout(vendor, float(totals.mean()), float(low), float(high), float((totals == 0).mean()))


def _paid_by_table(design, events, volume, gamed):
    """Pay one vendor a design that looks at single periods: a table of what each count earns, then look-ups.

    Returns
    -------
    totals : ndarray
        One a draw.
    nothing : float
        Share of payment dates on which nothing is paid.
    gamed : float
        Mean total after dropping the hardest tenth; nan unless asked for.
    """
    periods, draws = events.shape
    totals, nothing, after = np.zeros(draws), 0.0, 0.0
    for t in range(periods):
        counted = np.bincount(events[t])
        possible = np.arange(len(counted), dtype=float)[:, None]
        table = pay(design, possible, volume[t : t + 1])[:, 0]
        totals += table[events[t]]
        nothing += counted[table == 0].sum()
        if gamed:
            fewer, left = drop_hardest(possible, volume[t : t + 1], lower_is_better=design.lower_is_better)
            after += counted @ pay(design, fewer, left)[:, 0]
    return totals, nothing / events.size, after / draws if gamed else np.nan


def _paid_in_sequence(design, events, volume, costs, gamed):
    """Pay one vendor any design; returns as `_paid_by_table`."""
    paid = pay(design, events.T, volume, None if costs is None else costs.T)
    totals = paid.sum(axis=-1)
    after = np.nan
    if gamed:
        fewer, left = drop_hardest(events.T, volume, lower_is_better=design.lower_is_better)
        after = pay(design, fewer, left).sum(axis=-1).mean()
    return totals, ((totals if design.kind == PAID_ONCE else paid) == 0).mean(), after


def _paid_from_pool(design, events, volume, gamed):
    """Pay all vendors of a pool; as `_paid_by_table`, each vendor gaming alone, since all at once would cancel out."""
    events, volume = np.moveaxis(events, 1, 2), volume[:, None, :]
    paid = pay(design, events, np.broadcast_to(volume, events.shape))
    totals, nothing = paid.sum(axis=-1), (paid == 0).mean(axis=(1, 2))
    after = np.full(len(events), np.nan)
    for i in range(len(events) if gamed else 0):
        some = events[:, :POOL_DRAWS].astype(float)
        sizes = np.broadcast_to(volume, some.shape).copy()
        some[i], sizes[i] = drop_hardest(some[i], sizes[i], lower_is_better=design.lower_is_better)
        gain = pay(design, some, sizes)[i].sum(axis=-1).mean() - totals[i, :POOL_DRAWS].mean()
        after[i] = totals[i].mean() + gain
    return totals, nothing, after


def _most(design, volume, scale=1.0):
    """Most that can be paid at these volumes: over every result from none to all, held through the term."""
    volume = volume * scale
    if design.kind in ON_COSTS:
        free = np.zeros(volume.shape)
        return float(max(pay(design, part * volume, volume, free).sum() for part in (0.0, 1.0)))
    if design.kind == "bonus pool":
        return float(design.terms["pool"] * volume.shape[-1])
    parts = np.linspace(0.0, 1.0, 101)[:, None]
    return float(sum(pay(design, np.round(parts * row), row).sum(axis=-1).max() for row in volume))


def simulate(design, drawn):
    """Try a design on drawn luck.

    Parameters
    ----------
    design : Design
    drawn : Draws

    Returns
    -------
    Simulation
    """
    scenario, events = drawn.scenario, drawn.events
    if design.kind in ON_COSTS and drawn.costs is None:
        raise ValueError(f"a design that pays by {design.kind} needs a scenario with costs")
    volume = np.asarray(scenario.volume, dtype=float)
    gamed = design.kind not in ON_COSTS and scenario.measure == "proportion"
    if design.kind == "bonus pool":
        totals, nothing, after = _paid_from_pool(design, events, volume, gamed)
    elif design.kind in BY_PERIOD and np.isinf(design.ceiling):
        parts = [_paid_by_table(design, *one, gamed) for one in zip(events, volume, strict=True)]
        totals, nothing, after = (np.array(part) for part in zip(*parts, strict=True))
    else:
        costs = [None] * len(events) if drawn.costs is None else drawn.costs
        parts = [_paid_in_sequence(design, *one, gamed) for one in zip(events, volume, costs, strict=True)]
        totals, nothing, after = (np.array(part) for part in zip(*parts, strict=True))
    counts = scenario.measure != "proportion"
    highest = 3 * float(np.max(scenario.rate)) if counts else 1.0
    # A count has no natural top: take one so far above what is expected that it acts as none.
    reach = volume * max(1.0, 1000 * highest) if counts else volume
    worst = _most(design, reach)
    limited = bool(np.isclose(worst, _most(design, reach, scale=10.0))) or np.isfinite(design.ceiling)
    typical = float(np.median(volume))
    return Simulation(
        design=design,
        scenario=scenario.name,
        periods=volume.shape[-1],
        draws=events.shape[2],
        city=_payout("all vendors", totals.sum(axis=0)),
        vendors=tuple(_payout(str(v), t) for v, t in zip(scenario.vendors, totals, strict=True)),
        chance_of_nothing=float(np.mean(nothing)),
        worst_case=worst if limited or not counts else float("inf"),
        limited=limited,
        one_client=_one_client(design, typical),
        gaming_gain=float(after.sum() - totals.mean(axis=1).sum()),
        cliffs=cliffs(design, volume=max(typical, 1.0), highest=highest),
        totals=totals.sum(axis=0),
    )


def _one_client(design, volume):
    if design.kind in (*ON_COSTS, "bonus pool"):
        return float("nan")
    counted = np.arange(int(volume) + 1, dtype=float)[:, None]
    paid = pay(design, counted, np.array([volume]))[:, 0]
    return float(np.abs(np.diff(paid)).max(initial=0.0))


@dataclass(frozen=True)
class InvestorCase:
    """Who would gain and lose in a social impact bond, over the draws of one simulation."""

    investment: float
    expected_return: float  # money, may be negative
    chance_of_loss: float
    most_the_city_pays: float


def investor_case(simulation, *, investment):
    """Set the repayments of a simulation against the money that investors put in."""
    return InvestorCase(
        investment=float(investment),
        expected_return=float(simulation.totals.mean() - investment),
        chance_of_loss=float((simulation.totals < investment).mean()),
        most_the_city_pays=simulation.worst_case,
    )
