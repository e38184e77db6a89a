"""Did a change to a contract last? A regression before and after, checked against comparison vendors."""

from dataclasses import dataclass

import numpy as np

from rdclib import its, spc
from rdclib.review.series import Series, is_vendor

MONTHS = (3, 6, 12)
COUNTED = ("u", "u′", "c", "t")  # charts of whole counts: rates are compared as ratios
PERSIST = 6  # the last so many points must still show the signal
STEPS_A_YEAR = {"week": 52, "month": 12, "quarter": 4, "half-year": 2, "year": 1, "day": 365}
NEWEY_WEST_LAG = {"week": 4, "month": 3, "quarter": 1}
VERDICTS = ("lasting improvement", "early but fading", "unclear", "no sign", "worse")
QUESTIONS = (
    "What else changed at that time?",
    "Did a definition or a way of counting change?",
    "Did comparable vendors move too?",
    "Was the vendor chosen because its results were bad? Bad luck mends itself (regression to the mean).",
)


@dataclass(frozen=True, eq=False)
class ChangeReview:
    """One change and what became of it.

    Parameters
    ----------
    what : str
    day : datetime.date
    series : Series or None
        The series it was to improve; None when there is none.
    its : rdclib.its.Its or None
    effects : tuple of rdclib.its.Effect
        After 3, 6 and 12 months, each with the wider of the model's and Newey and West's interval; against the
        comparison vendors where there are some. Ratios for counts.
    comparison : tuple of str
        Vendors it was compared with.
    comparison_effects : tuple of rdclib.its.Effect
        The same regression on the comparison vendors.
    persists : bool
        The last six points still show an improvement against limits from before the change.
    trigger_periods : int
        Periods before the change that were left out because they gave rise to it.
    verdict : str
        One of `VERDICTS`.
    why : str
    questions : tuple of str
        What remains to be asked.
    note : str
    fitted, without : ndarray
        The fitted series, and the old level and slope carried on, in the metric's unit; empty without a series.
    left_out : ndarray of bool
        The periods that gave rise to the change.
    """

    what: str
    day: object
    series: Series | None
    its: its.Its | None
    effects: tuple
    comparison: tuple
    comparison_effects: tuple
    persists: bool
    trigger_periods: int
    verdict: str
    why: str
    questions: tuple
    note: str
    fitted: np.ndarray
    without: np.ndarray
    left_out: np.ndarray


def did_it_last(change, series):
    """Judge one change.

    Parameters
    ----------
    change : rdclib.choices.Change
    series : sequence of Series

    Returns
    -------
    ChangeReview
    """
    own = [s for s in series if s.measure.id == change.metric_id]
    treated = [s for s in own if is_vendor(change.vendor, s.vendor_id, s.vendor_name)]
    questions = list(QUESTIONS)
    if change.same_time:
        questions[0] = f"This also changed at that time: {change.same_time}. Which of the two was it?"
    if not treated or (change.vendor == "" and len(treated) > 1):
        why = "there is no series for it" if not treated else "it does not say which vendor it was made for"
        return ChangeReview(
            change.what, change.date, None, None, (), (), (), False, change.trigger_periods, "unclear", why,
            tuple(questions), "", np.array([]), np.array([]), np.array([], bool),
        )  # fmt: skip
    target = treated[0]
    others = [
        s
        for s in own
        if s is not target
        and s.step == target.step
        and (not change.comparison or any(is_vendor(v, s.vendor_id, s.vendor_name) for v in change.comparison))
    ]
    return judge(change, target, others, tuple(questions))


def judge(change, target, others, questions=QUESTIONS):
    """Judge a change on a series, against others of the same metric that had no change."""
    values = target.table["value"].to_numpy(float)
    start = int(np.searchsorted(target.table["start"].to_numpy(), np.datetime64(change.date)))
    before = max(0, start - change.trigger_periods)
    values = values.copy()
    values[before:start] = np.nan
    left_out = np.zeros(len(values), bool)
    left_out[before:start] = True
    year = STEPS_A_YEAR[target.step]
    horizons = [months * year / 12 for months in MONTHS]
    good, direction_note = _good(target.chart, values, start)
    fit, robust = _both(target, values, start, year)
    effects = tuple(_wider(fit.effect_at(h), robust.effect_at(h)) for h in horizons)
    raw = effects
    shared, comparison_effects = _comparison(target, others, before, start, year, horizons)
    if comparison_effects:
        effects = tuple(_less(a, b) for a, b in zip(effects, comparison_effects, strict=True))
    persists = _persists(values, start, target.chart.direction, target.chart.target)
    verdict, why = _verdict(fit, effects, raw, good, persists)
    notes = [fit.note]
    notes.append(direction_note)
    asked = list(questions)
    if comparison_effects:
        asked = [q for q in asked if not q.startswith("Did comparable")]
    if change.trigger_periods:
        notes.append(
            f"Left out, since they gave rise to the change: the {change.trigger_periods} periods before it."
            if change.trigger_periods > 1
            else "Left out, since it gave rise to the change: the period before it."
        )
    names = tuple(s.label for s in shared)
    return ChangeReview(
        change.what, change.date, target, fit, effects, names, comparison_effects, persists, change.trigger_periods,
        verdict, why, tuple(asked), " ".join(filter(None, notes)), *_curves(fit, target), left_out,
    )  # fmt: skip


def _good(chart, values, start):
    """+1 when higher is better, -1 when lower is, 0 when neither; and what has to be said of it.

    For a target band (or a value to come closer to) it depends on where the series lay before the change.
    """
    if chart.direction in ("higher", "lower"):
        return {"higher": 1, "lower": -1}[chart.direction], ""
    known = values[:start][np.isfinite(values[:start])]
    if chart.wanted is not None and len(known):
        low, high = chart.wanted[:, max(start - 1, 0)]
        what = "its target" if low == high else "its target band"
        if known.mean() < low:
            return 1, f"Before the change it lay below {what}: higher is better."
        if known.mean() > high:
            return -1, f"Before the change it lay above {what}: lower is better."
        return 0, "Before the change it was within its target band: the verdict cannot call a change better."
    return 0, "The metric has no good direction of its own: the verdict cannot call a change better."


def _both(series, values, start, year):
    """The regression with the model's own errors and with Newey and West's."""
    table = series.table
    counted = series.measure.measure_type in ("rate", "count") and series.chart.kind in COUNTED
    options = {"season": year if year in (4, 12) else None}
    if counted:
        numerator = table["numerator"] if table["numerator"].notna().any() else table["value"]
        y = np.where(np.isfinite(values), numerator.to_numpy(float), np.nan)
        size = table["denominator"].to_numpy(float) / series.measure.scale
        options |= {"family": "poisson", "exposure": size if np.isfinite(size).any() else None}
    else:
        y = values
    first = its.segmented(y, start, **options)
    return first, its.segmented(y, start, lag=NEWEY_WEST_LAG.get(series.step, 1), **options)


def _curves(fit, series):
    """The fitted series and the one without the change, as rates where events were fitted."""
    if fit.family == "gaussian":
        return fit.fitted, fit.counterfactual
    size = series.table["denominator"].to_numpy(float) / series.measure.scale
    size = size if np.isfinite(size).any() else np.ones(len(size))
    return fit.fitted / size, fit.counterfactual / size


def _wider(one, other):
    """The estimate with the wider of two intervals."""
    if not np.isfinite(one.value) or not np.isfinite(other.low):
        return one
    return one if one.high - one.low >= other.high - other.low else other


def _comparison(target, others, before, start, year, horizons):
    """The same regression on the mean of the comparison vendors, over the same periods."""
    frames = []
    for other in others:
        column = other.table.set_index("start")["value"].reindex(target.table["start"])
        if (
            column.iloc[:before].notna().sum() >= its.LEAST_POINTS
            and column.iloc[start:].notna().sum() >= its.LEAST_POINTS
        ):
            frames.append((other, column.to_numpy(float)))
    if not frames:
        return (), ()
    stack = np.array([column for _, column in frames])
    known = np.isfinite(stack)
    # Against each vendor's own level before: one that stops reporting does not move the mean of the others.
    usual = np.where(known, np.nanmean(stack[:, :before], axis=1)[:, None], 0.0)
    values = np.where(known, stack, 0.0)
    poisson = target.measure.measure_type in ("rate", "count") and target.chart.kind in COUNTED
    with np.errstate(invalid="ignore", divide="ignore"):
        if poisson:
            # On the log scale, as the effect that it is taken from.
            mean = values.sum(axis=0) / usual.sum(axis=0)
            mean = np.log(np.where(mean > 0, mean, np.nan))
        else:
            mean = (values - usual).sum(axis=0) / known.sum(axis=0)
    mean[before:start] = np.nan
    options = {"season": year if year in (4, 12) else None}
    fit = its.segmented(mean, start, **options)
    robust = its.segmented(mean, start, lag=NEWEY_WEST_LAG.get(target.step, 1), **options)
    return tuple(other for other, _ in frames), tuple(_wider(fit.effect_at(h), robust.effect_at(h)) for h in horizons)


def _less(effect, comparison):
    """The effect less what the comparison vendors show, with the two errors put together."""
    if not np.isfinite(comparison.value) or not np.isfinite(effect.value):
        return effect
    value = effect.value - comparison.value
    low = value - np.hypot(effect.value - effect.low, comparison.high - comparison.value)
    high = value + np.hypot(effect.high - effect.value, comparison.value - comparison.low)
    ratios = np.exp([value, low, high]) if np.isfinite(effect.ratio) else [np.nan] * 3
    return its.Effect(effect.h, *(float(x) for x in (value, low, high, *ratios)))


def _persists(values, start, direction, target):
    """Whether the last six points still show an improvement against limits from before the change."""
    if start < 2 or len(values) - start < PERSIST:
        return False
    chart = spc.xmr(values, baseline=start, direction=direction, target=target)
    last = [point for point in chart.points[start:] if point != "missing"][-PERSIST:]
    return len(last) == PERSIST and all(point == "improvement" for point in last)


def _verdict(fit, effects, raw, good, persists):
    """The words of the verdict, and the reason for them."""
    if np.isnan(fit.level):
        return "unclear", fit.note
    told = [e for e in effects if np.isfinite(e.value)]
    side = [_side(e) * (good or 1) for e in told]
    three, six, twelve = (_side(e) * (good or 1) if np.isfinite(e.value) else None for e in effects)
    if not told:
        return "unclear", "too few periods since the change"
    if side[-1] < 0 and good:
        return "worse", f"after {_months(told[-1], effects)} months it is worse by more than chance gives"
    if good and six == 1 and twelve == 1:
        if persists:
            return "lasting improvement", (
                "after 6 and after 12 months it is better by more than chance gives, "
                "and the last six periods still show it"
            )
        return "unclear", (
            "after 6 and after 12 months it is better by more than chance gives, "
            "but the last six periods do not show it"
        )
    if good and three == 1 and (six == 0 or twelve == 0):
        return "early but fading", "after 3 months it is better by more than chance gives, later it is not"
    if good and six == 1 and twelve == 0:
        return "early but fading", "after 6 months it is better by more than chance gives, after 12 months it is not"
    if min(fit.n_before, fit.n_after) < its.FIRM_POINTS:
        return "unclear", fit.note or "too few periods"
    if all(s == 0 for s in side):
        if twelve is None:
            return "unclear", "so far it has not moved by more than chance gives, and 12 months have not passed"
        return "no sign", "it has not moved by more than chance gives"
    if not good:
        return "unclear", "it moved by more than chance gives, and neither way is the better one"
    if twelve is None:
        return "unclear", "12 months have not passed"
    return "unclear", "what is seen after 3, 6 and 12 months does not agree"


def _months(effect, effects):
    return MONTHS[effects.index(effect)]


def _side(effect):
    """+1 when the interval lies above zero, -1 below it, 0 when it holds zero."""
    return 1 if effect.low > 0 else -1 if effect.high < 0 else 0
