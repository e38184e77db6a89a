"""How long a re-procurement takes here, and how much room is left before it must start."""

import functools

import numpy as np
import pandas as pd

from rdclib import stats

# Three of four procurements are signed within this share's time; the rest need longer.
SHARE_SIGNED = 0.75
# With fewer finished solicitations a quarter of them is two or three: too few to plan by.
ENOUGH_FINISHED = 10
ASSUMED_DAYS = 180
# Row of `lead_times` for contracts whose method is not known.
ANY_METHOD = "any method"

MEASURED, AT_LEAST, ASSUMED = "measured", "at least", "assumed"


def lead_times(frames):
    """Days from posting to signature within which three of four solicitations are signed, by method; worked out once.

    Solicitations that are still open count with the time they have waited so far (Kaplan-Meier), so that slow ones are
    not forgotten. Cancelled ones, and those that ended without a known day of signature, do not count.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    DataFrame
        Indexed by procurement method and `ANY_METHOD`: ``days``; ``finished`` and ``open`` (solicitations counted);
        ``basis``: ``"measured"``, ``"at least"`` (so many are open that only the longest time seen can be said) or
        ``"assumed"`` (180 days, with fewer than ten finished).
    """
    return _lead_times(frames).copy()


def _once(make):
    """Work a result out once for the same `Frames`, since several indicators ask for it."""

    @functools.wraps(make)
    def made(frames):
        kept, name = vars(frames), f"_{make.__name__}"
        if name not in kept:
            kept[name] = make(frames)
        return kept[name]

    return made


@_once
def _lead_times(frames):
    s = frames.solicitations
    signed = s["signed_date"].where(s["signed_date"] <= frames.today)
    waiting = signed.isna() & s["solicitation_status"].isin(("planned", "active"))
    # A solicitation that was signed after today is still open today.
    waiting |= s["signed_date"] > frames.today
    days = (signed.fillna(frames.today) - s["posted_date"].dt.normalize()).dt.days
    counts = (signed.notna() | waiting) & (days >= 0) & ~s["solicitation_status"].isin(("cancelled", "withdrawn"))
    known = pd.DataFrame({"method": s["procurement_method"].astype(object), "days": days, "finished": signed.notna()})[
        counts
    ]
    groups = [(method, part) for method, part in known.groupby("method", sort=True)]
    rows = {method: _lead_time(part) for method, part in [*groups, (ANY_METHOD, known)]}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["days", "finished", "open", "basis"])


def _lead_time(part):
    finished = int(part["finished"].sum())
    waiting = len(part) - finished
    if finished < ENOUGH_FINISHED:
        return float(ASSUMED_DAYS), finished, waiting, ASSUMED
    days = float(stats.kaplan_meier_quantile(part["days"], part["finished"], SHARE_SIGNED))
    if np.isnan(days):
        return float(part["days"].max()), finished, waiting, AT_LEAST
    return days, finished, waiting, MEASURED


@_once
def slack(frames):
    """Days left, for each contract, before work on its successor must start.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    DataFrame
        On the index of ``frames.contracts``: ``lead_days`` and ``basis`` (of the contract's method), ``start_by``
        (date) and ``slack_days`` (below zero: too late to compete); missing for contracts without an end.

    Notes
    -----
    Slack is the end of the contract, less the lead time, the planning allowance and the transition to a new vendor
    (both from engagement.yaml), less today.
    """
    c = frames.contracts
    times = lead_times(frames)
    # A method without a single solicitation has nothing to go by, as an unknown method has all of them.
    methods = c["procurement_method"].astype("category").cat
    told = times.reindex([*methods.categories, ANY_METHOD]).fillna({"days": ASSUMED_DAYS, "basis": ASSUMED})
    of_method = methods.codes.to_numpy()  # -1 where it is unknown: the last row, of all methods
    days = told["days"].astype(float).take(of_method).set_axis(c.index)
    basis = told["basis"].take(of_method).set_axis(c.index)
    needed = days + frames.facts.planning_days + frames.facts.transition_days
    start_by = c["last_day"] - pd.to_timedelta(np.ceil(needed), unit="D")
    return pd.DataFrame(
        {
            "lead_days": days,
            "basis": basis,
            "start_by": start_by,
            "slack_days": (start_by - frames.today).dt.days.astype(float),
        },
        index=c.index,
    )
