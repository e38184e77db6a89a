"""Did a change to a contract last? A regression before and after, checked against comparison vendors."""

from dataclasses import dataclass

import numpy as np

from rdclib import its, spc
from rdclib.review.series import Series, is_vendor

MONTHS = (3, 6, 12)
COUNTED = ("u", "u′", "c", "t")  # charts of whole counts: rates are compared as ratios
# An autocorrelation from which on the reader learns of it.
RESEMBLES = 0.3
PERSIST = 6  # the last so many points must still show the signal
STEPS_A_YEAR = {"day": 365, "week": 52, "two-week period": 26, "four-week period": 13, "month": 12}
STEPS_A_YEAR |= {"two-month period": 6, "quarter": 4, "four-month period": 3, "half-year": 2, "year": 1}
NOT_CLEAR = "not clear yet"
VERDICTS = ("lasting improvement", "early but fading", NOT_CLEAR, "no effect", "worse")
QUESTIONS = (
    "What else changed at that time?",
    "Did a definition or a way of counting change?",
    "Did comparable vendors move too?",
    "Was the vendor chosen because its results were bad? Bad luck passes by itself (regression to the mean).",
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
        After 3, 6 and 12 months, with intervals that allow for autocorrelation; against the comparison vendors where
        there are some. Ratios for counts.
    comparison : tuple of str
        Vendors it was compared with.
    comparison_effects : tuple of rdclib.its.Effect
        The same regression on the comparison vendors.
    decline : rdclib.its.Effect
        The effect after 12 months less that after 3, in the same way.
    last_six : str
        What the last six points all show against limits from before the change: ``improvement``, ``concern`` or
        another of the chart's words; empty when they do not agree.
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
    decline: its.Effect
    last_six: str
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
            change.what, change.date, None, None, (), (), (), its.Effect(np.nan, np.nan, np.nan, np.nan), "",
            change.trigger_periods, NOT_CLEAR, why, tuple(questions), "", np.array([]), np.array([]),
            np.array([], bool),
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
    year = STEPS_A_YEAR.get(target.step) or _periods_a_year(target)
    horizons = [months * year / 12 for months in MONTHS]
    good, direction_note = _good(target.chart, values, start)
    fit = _regression(target, values, start, year)
    effects = tuple(fit.effect_at(h) for h in horizons)
    decline = fit.change_of_effect(horizons[0], horizons[-1])
    shared, comparison = _comparison(target, others, before, start, year)
    comparison_effects = ()
    if comparison is not None:
        comparison_effects = tuple(comparison.effect_at(h) for h in horizons)
        effects = tuple(_less(a, b) for a, b in zip(effects, comparison_effects, strict=True))
        decline = _less(decline, comparison.change_of_effect(horizons[0], horizons[-1]))
    last_six = _last_six(values, start, target.chart.direction, target.chart.target)
    verdict, why = _verdict(fit, effects, decline, good, last_six)
    notes = [fit.note]
    if fit.autocorrelation >= RESEMBLES:
        notes.append(
            f"Each period resembles the one before (autocorrelation about {fit.autocorrelation:.1f}): "
            "the intervals are wider for it."
        )
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
        change.what, change.date, target, fit, effects, names, comparison_effects, decline, last_six,
        change.trigger_periods,
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


def _periods_a_year(series):
    """Of a series without a common step: how many of its periods a year has on average."""
    starts = series.table["start"]
    years = (starts.iloc[-1] - starts.iloc[0]).days / 365.25
    return max((len(starts) - 1) / years, 1) if years > 0 else 1


def _regression(series, values, start, year):
    """The regression on the series, of counts where it is a chart of counts."""
    table = series.table
    counted = _counted(series)
    options = _options(year)
    if counted:
        numerator = table["numerator"] if table["numerator"].notna().any() else table["value"]
        y = np.where(np.isfinite(values), numerator.to_numpy(float), np.nan)
        size = table["denominator"].to_numpy(float) / series.measure.scale
        options |= {"family": "poisson", "exposure": size if np.isfinite(size).any() else None}
    else:
        y = values
    return its.segmented(y, start, **options)


def _counted(series):
    return series.measure.measure_type in ("rate", "count") and series.chart.kind in COUNTED


def _options(year):
    """Each period may resemble the one before, and months and quarters may have a season."""
    return {"season": year if year in (4, 12) else None, "autoregressive": True}


def _curves(fit, series):
    """The fitted series and the one without the change, as rates where events were fitted."""
    if fit.family == "gaussian":
        return fit.fitted, fit.counterfactual
    size = series.table["denominator"].to_numpy(float) / series.measure.scale
    size = size if np.isfinite(size).any() else np.ones(len(size))
    return fit.fitted / size, fit.counterfactual / size


def _comparison(target, others, before, start, year):
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
        return (), None
    stack = np.array([column for _, column in frames])
    known = np.isfinite(stack)
    # Against each vendor's own level before: one that stops reporting does not move the mean of the others.
    usual = np.where(known, np.nanmean(stack[:, :before], axis=1)[:, None], 0.0)
    values = np.where(known, stack, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        if _counted(target):
            # On the log scale, as the effect that it is taken from.
            mean = values.sum(axis=0) / usual.sum(axis=0)
            mean = np.log(np.where(mean > 0, mean, np.nan))
        else:
            mean = (values - usual).sum(axis=0) / known.sum(axis=0)
    mean[before:start] = np.nan
    return tuple(other for other, _ in frames), its.segmented(mean, start, **_options(year))


def _less(effect, comparison):
    """The effect less what the comparison vendors show, with the two errors put together."""
    if not np.isfinite(comparison.value) or not np.isfinite(effect.value):
        return effect
    value = effect.value - comparison.value
    low = value - np.hypot(effect.value - effect.low, comparison.high - comparison.value)
    high = value + np.hypot(effect.high - effect.value, comparison.value - comparison.low)
    ratios = np.exp([value, low, high]) if np.isfinite(effect.ratio) else [np.nan] * 3
    return its.Effect(effect.h, *(float(x) for x in (value, low, high, *ratios)))


def _last_six(values, start, direction, target):
    """What the last six points all show against limits from before the change; empty when they do not agree."""
    if start < 2 or len(values) - start < PERSIST:
        return ""
    chart = spc.xmr(values, baseline=start, direction=direction, target=target)
    last = [point for point in chart.points[start:] if point != "missing"][-PERSIST:]
    return last[0] if len(last) == PERSIST and len(set(last)) == 1 else ""


def _verdict(fit, effects, change, good, last_six):
    """The words of the verdict, and the reason for them.

    Every verdict takes a 95% interval that holds nothing else: an effect after 12 months that is better (or worse)
    and still shows; an early effect and its decline; an effect after 12 months that is within the usual deviation of
    one period.
    """
    if np.isnan(fit.level):
        return NOT_CLEAR, fit.note
    known = [e for e in effects if np.isfinite(e.value)]
    if not known:
        return NOT_CLEAR, "too few periods since the change"
    three, _, twelve = (_side(e) * (good or 1) for e in effects)
    latest = _side(known[-1]) * (good or 1)
    moved = f"after {_months(known[-1], effects)} months it is significantly {'better' if latest > 0 else 'worse'}"
    if np.isnan(effects[-1].value):
        return NOT_CLEAR, f"{moved}, but 12 months have not passed" if latest and good else "12 months have not passed"
    if min(fit.n_before, fit.n_after) < its.FIRM_POINTS:
        return NOT_CLEAR, fit.note or "too few periods"
    if twelve and not good:
        return NOT_CLEAR, "it changed significantly, and neither way is the better one"
    if twelve:
        shown = "improvement" if twelve > 0 else "concern"
        if last_six != shown:
            return NOT_CLEAR, f"{moved}, but the last six periods do not show it"
        return "lasting improvement" if twelve > 0 else "worse", f"{moved}, and the last six periods still show it"
    if good and three == 1 and _side(change) * good == -1:
        return "early but fading", "after 3 months it was significantly better, and it has declined significantly since"
    if max(abs(effects[-1].low), abs(effects[-1].high)) < fit.spread:
        return "no effect", "the effect after 12 months is smaller than the usual difference from period to period"
    return NOT_CLEAR, "the interval after 12 months holds no effect as well as a considerable one"


def _months(effect, effects):
    return MONTHS[effects.index(effect)]


def _side(effect):
    """+1 when the interval lies above zero, -1 below it, 0 when it holds zero or is not there."""
    return 1 if effect.low > 0 else -1 if effect.high < 0 else 0
