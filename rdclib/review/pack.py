"""The pack of a meeting: what changed, what needs a decision, which actions are due, and sixty minutes for it."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from rdclib import vocabulary
from rdclib.review.series import target_of

# Sixty minutes: actions due, headline metrics, the roadmap topic, decisions, recap.
AGENDA = (
    (5, "Actions due", "Done, late, or dropped, one line each"),
    (10, "Headline metrics", "One page; only significant changes and missed targets"),
    (30, "Roadmap topic", "One page of charts, sent two days ahead"),
    (10, "Decisions", "Who does what by when"),
    (5, "Recap", "Read the decisions aloud; date of the next meeting"),
)
MOST_HEADLINES = 5
CADENCE_DAYS = 92  # at least quarterly (WWC criterion RDC5)
ACTION_COLUMNS = vocabulary.ENTRY_FILES["actions.csv"].columns
CLOSED = ("done", "dropped")
# A target missed in more than half of at least six periods needs another process, not another reminder.
MOSTLY, FEWEST_PERIODS = 0.5, 6


@dataclass(frozen=True)
class Headline:
    """One line of the first page.

    Parameters
    ----------
    measure : rdclib.review.measure.Measure
    label : str
        Vendor and site.
    latest : float
    target, target_high : float
        What holds for the last period; two different numbers are the ends of a band; nan without a target.
    start, end : datetime.date
        The period of the latest value.
    variation, assurance : str
        As in `rdclib.spc.Chart`.
    met, counted : int
        Of the last twelve periods with a result and a target: how many met it, and how many there are.
    step : str
        Length of a period.
    before : str
        The variation at the time of the last meeting (or a period ago); empty when there was no series.
    changed : bool
        The variation differs from then.
    among : str
        ``below`` or ``above`` where the period's result lies outside the 99.8% limits of the vendors' funnel on the
        bad side, and case mix does not explain it; else empty.
    late : int
        Periods that are over and have no value yet.
    finding : str
        What the meeting made of it, as written down.
    """

    measure: object
    label: str
    latest: float
    target: float
    target_high: float
    start: date
    end: date
    variation: str
    assurance: str
    met: int
    counted: int
    step: str
    before: str
    changed: bool
    among: str
    late: int
    finding: str

    @property
    def decide(self):
        """It needs a decision, or its data have to be asked for."""
        return self.needs or self.late > 0

    @property
    def needs(self):
        """It needs a decision: worsening, a target missed as a rule, or a result far from the other vendors'."""
        return self.variation == "concern" or self.misses or bool(self.among)

    @property
    def misses(self):
        """Whether the process will not meet its target, or missed it in most of the last periods.

        A process that improves has begun to change.
        """
        mostly = self.counted >= FEWEST_PERIODS and self.met < MOSTLY * self.counted
        return self.variation != "improvement" and (self.assurance == "consistently fails" or mostly)


@dataclass(frozen=True, eq=False)
class Pack:
    """Everything for one meeting.

    Parameters
    ----------
    headlines : tuple of Headline
        The chosen metrics (five at most), one for each vendor, those that need a decision first.
    summary : DataFrame
        One row a headline metric: ``metric_id``, ``name``, ``kind``, ``vendors``, ``median``, ``lowest``, ``highest``
        (of the latest values), ``target``, ``target_high``, ``improving``, ``worsening``, ``will_miss``, ``late``
        (vendors each), ``met`` and ``counted`` (vendors and periods together), ``finding``.
    topic : str
        The roadmap topic: chosen, or drafted from what is worst.
    topic_metric : str
        Id of the metric behind the topic; empty when it has none.
    actions_due : DataFrame
        Open actions that are due on or before the day of the review: `ACTION_COLUMNS` and ``days_late``.
    actions_open : DataFrame
        Open actions that are due later, or have no date.
    actions_closed : int
    agenda : tuple of (int, str, str)
    last_meeting : datetime.date or None
    days_since_meeting : float
    cadence : str
        ``at least quarterly``, ``overdue`` or ``no meeting on record``.
    """

    headlines: tuple
    summary: pd.DataFrame
    topic: str
    topic_metric: str
    actions_due: pd.DataFrame
    actions_open: pd.DataFrame
    actions_closed: int
    agenda: tuple
    last_meeting: date | None
    days_since_meeting: float
    cadence: str

    @property
    def decisions(self):
        """Headlines that need a decision."""
        return tuple(h for h in self.headlines if h.decide)

    @property
    def changed(self):
        """Headlines that differ from the last meeting."""
        return tuple(h for h in self.headlines if h.changed)


def build(records, series, choices, vendors=()):
    """Draft the pack of the next meeting.

    Parameters
    ----------
    records : rdclib.records.Records
    series : sequence of rdclib.review.series.Series
    choices : rdclib.choices.Review
    vendors : sequence of rdclib.review.across.Comparison

    Returns
    -------
    Pack
    """
    far = _far_from_others(vendors)
    actions = action_log(records)
    last = _last_meeting(records, actions, choices)
    chosen = _headline_metrics(series, choices)
    headlines = [_headline(s, last, choices, far) for s in series if s.measure.id in chosen and s.latest is not None]
    headlines.sort(key=lambda h: (chosen.index(h.measure.id), not h.decide, h.label))
    topic, metric = _topic(choices, headlines)
    status = actions["status"].str.strip().str.lower()
    still = actions[~status.isin(CLOSED)]
    due = pd.to_datetime(still["action_due"], errors="coerce")
    still = still.assign(action_due=due)
    day = pd.Timestamp(records.as_of)
    is_due = due.notna() & (due <= day)
    actions_due = still[is_due].assign(days_late=(day - due[is_due]).dt.days.astype(float))
    since = float((day.date() - last).days) if last else np.nan
    cadence = "no meeting on record" if last is None else "overdue" if since > CADENCE_DAYS else "at least quarterly"
    return Pack(
        tuple(headlines),
        _summary(headlines),
        topic,
        metric,
        actions_due.sort_values("days_late", ascending=False, kind="stable").reset_index(drop=True),
        still[~is_due].reset_index(drop=True),
        int(status.isin(CLOSED).sum()),
        AGENDA,
        last,
        since,
        cadence,
    )


def _summary(headlines):
    """One row a metric over all its vendors."""
    rows = []
    for metric_id in dict.fromkeys(h.measure.id for h in headlines):
        own = [h for h in headlines if h.measure.id == metric_id]
        latest = [h.latest for h in own]
        targets = {(h.target, h.target_high) for h in own if np.isfinite(h.target)}
        # Vendors with targets of their own have no common one.
        target, target_high = targets.pop() if len(targets) == 1 else (np.nan, np.nan)
        rows.append(
            {
                "metric_id": metric_id,
                "name": own[0].measure.title,
                "kind": own[0].measure.kind,
                "vendors": len(own),
                "median": float(np.median(latest)),
                "lowest": min(latest),
                "highest": max(latest),
                "target": target,
                "target_high": target_high,
                "improving": sum(h.variation == "improvement" for h in own),
                "worsening": sum(h.variation == "concern" for h in own),
                "will_miss": sum(h.assurance == "consistently fails" for h in own),
                "met": sum(h.met for h in own),
                "counted": sum(h.counted for h in own),
                "late": sum(h.late > 0 for h in own),
                "finding": own[0].finding,
            }
        )
    return pd.DataFrame(rows)


def action_log(records):
    """The action log as text, as it stood on the day of the review: of each action the newest row.

    An action that was agreed after that day is not in it, and one that was closed after it is still open.
    """
    rows = records.actions
    table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    table = table.reindex(columns=ACTION_COLUMNS)
    for column in ACTION_COLUMNS:
        if pd.api.types.is_datetime64_any_dtype(table[column]):
            table[column] = table[column].dt.strftime("%Y-%m-%d")
    table = table.astype("str").where(table.notna(), "")
    # Rows are added at the end: the last one of an action is the newest.
    table = table.drop_duplicates("action_id", keep="last")
    agreed, closed = (pd.to_datetime(table[day], errors="coerce") for day in ("meeting_date", "action_closed"))
    today = pd.Timestamp(records.as_of)
    table.loc[closed > today, ["status", "action_closed", "result"]] = ["open", "", ""]
    return table[~(agreed > today)].reset_index(drop=True)


def _last_meeting(records, actions, choices):
    """The last day, before the day of the review, on which the data was gone through together."""
    days = list(choices.meetings)
    days += pd.to_datetime(actions["meeting_date"], errors="coerce").dropna().dt.date.tolist()
    coded = records.coding
    if coded is not None and len(coded):
        days += coded["meeting_date"].dropna().dt.date.tolist()
    held = [day for day in days if day <= pd.Timestamp(records.as_of).date()]
    return max(held) if held else None


def _headline_metrics(series, choices):
    """Metric ids of the first page: chosen, else outcomes before outputs, those with a target first."""
    there = {s.measure.id: s for s in series}
    if choices.headlines:
        return [i for i in choices.headlines if i in there][:MOST_HEADLINES]
    layers = {"impact": 0, "outcome": 0, "output": 1, "activity": 2, "input": 3}

    def rank(metric_id):
        one = there[metric_id]
        has_target = any(np.isfinite(target_of(s.chart)[0]) for s in series if s.measure.id == metric_id)
        return (one.measure.direction == "neutral", not has_target, layers.get(one.measure.layer, 4), metric_id)

    return sorted(there, key=rank)[:MOST_HEADLINES]


def _far_from_others(vendors):
    """Metric and vendor -> ``below`` or ``above``, for results outside the 99.8% limits on the bad side."""
    bad_side = {"higher": "below", "lower": "above"}
    far = {}
    for one in vendors:
        if one.by != "vendor" or one.funnel is None:
            continue
        table = one.funnel.table if one.adjusted is None else one.adjusted.table
        still = dict(zip(table["name"], table["flag"], strict=True))
        for row in one.outside.itertuples():
            side, flag = bad_side.get(one.measure.direction), still.get(row.name, row.flag)
            if side and row.flag == flag == f"{side} 99.8%":
                far[one.measure.id, row.name] = side
    return far


def _headline(series, last, choices, far):
    latest = series.latest
    chart = series.chart
    before = _before(series, last)
    among = "" if series.site else far.get((series.measure.id, series.vendor_name or series.vendor_id), "")
    target, target_high = target_of(chart)
    met, counted = series.target_history
    return Headline(
        measure=series.measure,
        label=series.label,
        latest=float(latest["value"]),
        target=target,
        target_high=target_high,
        start=latest["start"].date(),
        end=latest["end"].date(),
        variation=chart.variation,
        assurance=chart.assurance,
        met=met,
        counted=counted,
        step=series.step,
        before=before,
        changed=bool(before) and before != chart.variation,
        among=among,
        late=series.late,
        finding=choices.findings.get(series.measure.id, ""),
    )


def _before(series, last):
    """What the chart said at the last meeting, or one period before the latest."""
    return series.said_on(last or series.latest["start"] - pd.Timedelta(days=1))


def _topic(choices, headlines):
    """The roadmap topic that was chosen, or the worst headline."""
    if choices.topic:
        return choices.topic, next((h.measure.id for h in headlines if h.measure.name == choices.topic), "")
    worst = sorted(
        (h for h in headlines if h.decide),
        key=lambda h: (h.variation != "concern", not h.misses, not h.among),
    )
    if not worst:
        return "", ""
    return f"{worst[0].measure.name}: {worst[0].label}", worst[0].measure.id
