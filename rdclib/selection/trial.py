"""Payment designs for a metric, tried on its own history."""

import numpy as np

from rdclib import payment
from rdclib.selection.series import CADENCE_DAYS
from rdclib.selection.targets import better

RECENT = 12  # periods of history that a trial rests on, and periods that it looks ahead
# When nothing should be at risk, a small stake is still tried, to show why.
SHOWN_SHARE = 0.05
# Terms in the metric's unit; the rest is money or shares.
_RESULTS = ("floor", "target", "baseline", "thresholds", "knots")


def scenarios(history, metric, target, *, cost=float("nan")):
    """Results to expect of each vendor over the next twelve periods.

    Parameters
    ----------
    history : Series
    metric : Metric
    target : float
        In the metric's unit; nan leaves the second scenario out.
    cost : float
        Expected cost a vendor and period, for designs that pay by cost.

    Returns
    -------
    tuple of rdclib.payment.Scenario
        *As in history* and *at target*; empty when the metric is no proportion or rate with counts.
    """
    if metric.measure_type not in ("proportion", "rate") or not history.counted or not np.isfinite(history.scale):
        return ()
    starts = history.table["period_start"].dropna().tail(RECENT)
    rows = history.rows[history.rows["period_start"].isin(starts)].dropna(subset=["numerator", "denominator"])
    names, volumes, rates = [], [], []
    for name, part in rows.groupby(rows["vendor_name"].fillna(rows["vendor_id"]).fillna("the vendor")):
        volume = part.groupby("period_start")["denominator"].sum().reindex(starts)
        if not volume.sum() > 0:
            continue
        volume = volume.fillna(volume.mean()).to_numpy(dtype=float)
        # Missing periods and a short history are filled with the usual volume.
        volume = np.concatenate([np.full(RECENT - len(volume), volume.mean()), volume])
        names.append(str(name))
        volumes.append(np.round(volume) if metric.measure_type == "proportion" else volume)
        rates.append(part["numerator"].sum() / part["denominator"].sum())
    if not names:
        return ()
    volume = np.array(volumes)
    measure = "proportion" if metric.measure_type == "proportion" else "count"
    shape = np.ones(volume.shape)
    levels = [("as in history", np.clip(np.array(rates), 0, 1 if measure == "proportion" else None)[:, None] * shape)]
    if np.isfinite(target):
        levels.append(("at target", target / history.scale * shape))
    return tuple(payment.Scenario(label, tuple(names), volume, rate, measure, cost) for label, rate in levels)


def design(choice, metric, history):
    """Turn a chosen design into one that can be tried: results as shares of counts, money as it is."""
    scale = history.scale if np.isfinite(history.scale) else 1.0
    terms = dict(choice.terms)
    for name in _RESULTS:
        if name in terms and not (name == "floor" and choice.kind == "unit rate"):
            value = terms[name]
            terms[name] = tuple(v / scale for v in value) if isinstance(value, tuple) else value / scale
    lower = metric.direction == "lower"
    if choice.kind == "tiers":
        terms["lower_is_better"] = lower
    ceiling = float("inf") if choice.ceiling is None else choice.ceiling
    return payment.Design(choice.name, choice.kind, terms, lower, ceiling)


def usual_designs(recommendation, metric, history, start, target, annual_amount):
    """Designs that fit a recommendation, with one pool for all, so that they can be compared.

    Parameters
    ----------
    recommendation : rdclib.contract_types.Recommendation
    metric : Metric
    history : Series
    start : Baseline
    target : float
        In the metric's unit; without one, a tenth better than today.
    annual_amount : float
        Of the contract; the pool is the recommended share of it.

    Returns
    -------
    tuple of rdclib.payment.Design
        A ramp, tiers, a holdback and a price for each success; empty for metrics without a good direction.
    """
    if not annual_amount > 0 or not np.isfinite(history.scale) or not start.value > 0:
        return ()
    if not np.isfinite(target):
        target = start.value * (0.9 if metric.direction == "lower" else 1.1)
    # The floor lies as far below today's level as the target lies above it: today earns half.
    floor = 2 * start.value - target
    if not better(metric, target, floor):
        return ()
    per_year = round(366 / CADENCE_DAYS[history.cadence])
    stake = at_risk(recommendation) or SHOWN_SHARE
    pool = annual_amount * stake / per_year
    scale = history.scale
    floor, middle, target = floor / scale, start.value / scale, target / scale
    lower = metric.direction == "lower"
    steps = {"pool": pool, "thresholds": (middle, target), "shares": (0.5, 1.0), "lower_is_better": lower}
    ends = {"floor": floor, "target": target}
    found = [
        payment.Design("Ramp", "ramp", {"pool": pool} | ends, lower),
        payment.Design("Two tiers", "tiers", steps, lower),
        payment.Design("Holdback that rolls over", "holdback",
                       {"invoice": annual_amount / per_year, "share": stake, "unearned": "rolls over"} | ends, lower),
    ]  # fmt: skip
    volume = history.table["denominator"].tail(RECENT).mean()
    if not lower and volume > 0:
        rate = pool / (volume * target)
        found.append(payment.Design("Price for each success", "unit rate", {"rate": rate, "cap": pool}, lower))
    return tuple(found)


def at_risk(recommendation):
    """The middle of the share that the fired payment rule puts at risk; 0 when it puts nothing at risk."""
    row = recommendation.payment.rule.row
    known = [float(row[name]) for name in ("at_risk_low", "at_risk_high") if row[name]]
    return sum(known) / len(known) if known else 0.0
