"""Results over time, across vendors and groups, before and after a change, and the meeting's pages, as tables."""

import math
from dataclasses import replace

from rdclib import formats, payment
from rdclib.tables.table import Column, Interval, Table, Value
from rdclib.tables.words import SIGNAL, TARGET_STATUS

_MOST_SERIES = 300
_MOST_UNITS = 30  # of one metric in the table: beyond, only those that stand out
_AFTER = (3, 6, 12)


def headline_summary(review):
    """First page of the pack: one line for each headline metric; None when there are none."""
    found = (review.pack.summary["finding"] != "").any() if len(review.pack.summary) else False
    rows = [
        (
            row.name,
            row.vendors,
            Value(row.median, row.kind),
            None if row.vendors < 2 else Interval(row.lowest, row.highest, row.kind),
            _target(row.target, row.target_high, row.kind),
            row.improving,
            row.worsening,
            f"{row.met} of {row.counted}" if row.counted else None,
            row.will_miss,
            row.late,
            *((row.finding,) if found else ()),
        )
        for row in review.pack.summary.itertuples(index=False)
    ]
    return _unless_empty(
        "Headline metrics",
        (
            Column("metric", "text", "Metric"),
            Column("vendors", "integer", "Vendors"),
            Column("median", "number", "Latest (median)"),
            Column("range", "text", "Lowest to highest"),
            Column("target", "number", "Target"),
            Column("improving", "integer", "Improving"),
            Column("worsening", "integer", "Worsening"),
            Column("met", "text", "Target met"),
            Column("will_miss", "integer", "Will not meet target"),
            Column("late", "integer", "Data late"),
            *((Column("finding", "text", "Finding"),) if found else ()),
        ),
        tuple(rows),
        notes=(
            "Improving and worsening: vendors whose latest result is a significant change (beyond normal variation).",
            "Target met: of the last 12 periods of each vendor. Will not meet target: vendors whose process will miss "
            "it if nothing changes.",
        ),
        id="headline-summary",
        currency=review.currency,
    )


def headlines(review):
    """Headline lines that need a decision or have changed since the last meeting; None when there are none.

    Lines of which only data are late are in the sentence that asks for the data.
    """
    shown = [h for h in review.pack.headlines if h.changed or h.needs]
    others = len(review.pack.headlines) - len(shown)
    return _unless_empty(
        "What needs a decision or has changed",
        (
            Column("metric", "text", "Metric"),
            Column("vendor", "text", "Vendor"),
            Column("latest", "number", "Latest"),
            Column("end", "date", "Up to"),
            Column("target", "number", "Target"),
            Column("variation", "text", "Signal"),
            Column("met", "text", "Target met"),
            Column("assurance", "text", "If nothing changes"),
            Column("before", "text", "Last meeting"),
            Column("among", "text", "Among vendors"),
        ),
        tuple(
            (
                h.measure.title,
                h.label,
                Value(h.latest, h.measure.kind),
                h.end,
                _target(h.target, h.target_high, h.measure.kind),
                SIGNAL[h.variation],
                _met(h.met, h.counted, h.step),
                TARGET_STATUS[h.assurance],
                SIGNAL[h.before],
                f"far {h.among}" if h.among else "",
            )
            for h in shown
        ),
        notes=(
            "Far below or above: outside the 99.8% limits of the funnel." if any(h.among for h in shown) else "",
            f"{formats.plural(others, 'other line')} unchanged, with nothing to decide." if others else "",
        ),
        id="headlines",
        currency=review.currency,
    )


def results(review):
    """Every metric of every vendor: latest value, signals, gaps; None when there are none."""
    series, notes = review.series, []
    if len(series) > _MOST_SERIES:
        series = [s for s in series if s.chart.variation in ("concern", "improvement") or s.late][:_MOST_SERIES]
        notes.append(f"{len(review.series) - len(series)} of {len(review.series)} are not listed.")
    rows = [
        (
            s.measure.title,
            s.label,
            Value(None if s.latest is None else s.latest["value"], s.measure.kind),
            None if s.latest is None else s.latest["end"],
            SIGNAL[s.chart.variation],
            _met(*s.target_history, s.step),
            TARGET_STATUS[s.chart.assurance],
            f"{s.chart.kind}, {formats.plural(s.chart.n, s.step)}",
            ", ".join(f"{n} {what}" for n, what in ((s.missing, "missing"), (s.late, "late")) if n),
        )
        for s in series
    ]
    return _unless_empty(
        "Results by metric and vendor",
        (
            Column("metric", "text", "Metric"),
            Column("vendor", "text", "Vendor"),
            Column("latest", "number", "Latest"),
            Column("end", "date", "Up to"),
            Column("variation", "text", "Signal"),
            Column("met", "text", "Target met"),
            Column("assurance", "text", "If nothing changes"),
            Column("chart", "text", "Chart"),
            Column("gaps", "text", "Periods without data"),
        ),
        tuple(rows),
        notes=tuple(notes),
        id="results",
        currency=review.currency,
    )


def remarks(review):
    """What a reader has to know of single charts; None when there is nothing."""
    found, charts = {}, {}
    for s in review.series:
        charts[s.measure.name] = charts.get(s.measure.name, 0) + 1
        for note in dict.fromkeys((*s.notes, s.chart.note)):
            if note and not any(note != other and note in other for other in s.notes):
                found.setdefault(note, {}).setdefault(s.measure.name, []).append(s.label)
    rows = tuple(
        (note, sum(map(len, where.values())), "; ".join(_where(m, who, charts[m]) for m, who in where.items()))
        for note, where in found.items()
    )
    columns = (
        Column("note", "text", "Remark"),
        Column("n", "integer", "Charts"),
        Column("where", "text", "Where"),
    )
    return _unless_empty("Remarks on single charts", columns, rows, id="remarks")


def _where(metric, who, charts):
    """Charts of one metric: all of them, or the first by name."""
    if len(who) == charts > 1:
        return f"{metric} (all {charts})"
    more = f" and {len(who) - 3} more" if len(who) > 4 else ""
    return f"{metric} ({', '.join(who[:3] if more else who)}{more})"


def vendor_comparison(review):
    """Vendors (or sites) on every metric in the period, by name and not by rank; None when there are none."""
    rows, notes = [], []
    for one in review.vendors:
        table, kind = one.table, one.measure.kind
        if len(table) > _MOST_UNITS:
            far = table[table["flag"].str.contains("above|below")]
            table = (far if len(far) else table).head(_MOST_UNITS)
            notes.append(f"{one.measure.name}: {len(one.table) - len(table)} of {len(one.table)} are not listed.")
        for row in table.itertuples():
            interval, flag = _interval(row.low, row.high, kind), row.flag or "no funnel"
            value = Value(row.value, kind)
            rows.append((one.measure.name, row.name, row.numerator, row.denominator, value, interval, flag))
    notes += _by_note((one.measure.name, one.note) for one in review.vendors)
    spread = [f"{c.measure.name} (φ = {formats.ratio(c.funnel.phi)})" for c in review.vendors if _spread(c)]
    if spread:
        notes.append(f"Limits that allow for more than counting chance among all vendors: {', '.join(spread)}.")
    return _unless_empty(
        f"Vendors side by side, {review.period.label}",
        (
            Column("metric", "text", "Metric"),
            Column("name", "text", "Vendor or site"),
            Column("numerator", "number", "Numerator"),
            Column("denominator", "number", "Denominator"),
            Column("value", "number", "Result"),
            Column("interval", "text", "95% interval"),
            Column("flag", "text", "Against the funnel"),
        ),
        tuple(rows),
        notes=tuple(notes),
        id="vendors",
        row_header=1,
        currency=review.currency,
    )


def _spread(comparison):
    """Whether the limits of a funnel allow for more than counting chance."""
    return comparison.funnel is not None and comparison.funnel.tau2 > 0


def _by_note(pairs):
    """Each remark once, with what it is about."""
    about = {}
    for name, note in pairs:
        if note:
            about.setdefault(note, []).append(name)
    return [f"{formats.listing(names)}: {note}" for note, names in about.items()]


def case_mix(review):
    """Strata behind the adjusted comparison, own rates beside those of all vendors; None when there are none."""
    rows = [
        (
            one.measure.name,
            row.unit,
            row.stratum,
            row.numerator,
            row.denominator,
            Value(row.rate * one.measure.scale, one.measure.kind),
            Value(row.overall_rate * one.measure.scale, one.measure.kind),
        )
        for one in review.vendors
        if one.adjusted is not None and len(one.outside)
        for row in one.strata.itertuples()
        if row.unit in set(one.outside["name"])
    ]
    return _unless_empty(
        "Case mix of the vendors outside a funnel",
        (
            Column("metric", "text", "Metric"),
            Column("vendor", "text", "Vendor"),
            Column("stratum", "text", "Kind of case"),
            Column("numerator", "number", "Numerator"),
            Column("denominator", "number", "Denominator"),
            Column("rate", "number", "Own rate"),
            Column("overall", "number", "All vendors"),
        ),
        tuple(rows),
        notes=(
            "Indirect standardisation: expected results if every vendor had the rate of all in each kind of case.",
            "A dash is a count that is small, or that would give a small one away."
            if any(math.isnan(row[3]) for row in rows)
            else "",
        ),
        id="case-mix",
        row_header=1,
    )


def group_gaps(review):
    """Groups and places: results, ratios and gaps, small groups hidden; None when there are none."""
    rows, notes = [], []
    for one in review.groups:
        kind = one.measure.kind
        for row in one.table.itertuples() if one.compared else ():
            rows.append(
                (
                    one.measure.name,
                    f"{one.kind[:1].upper()}{one.kind[1:]}: {row.group}",
                    "reference" if row.group == one.reference else "" if row.shown == "shown" else row.shown,
                    row.denominator,
                    Value(row.value, kind),
                    _interval(row.low, row.high, kind),
                    row.ratio,
                    _interval(row.ratio_low, row.ratio_high, "ratio"),
                    Value(row.gap, _apart(kind)),
                    _interval(row.gap_low, row.gap_high, _apart(kind)),
                )
            )
        if one.note:
            notes.append(f"{one.measure.name} by {one.kind}: {one.note}")
    notes.append(
        "Ratio and gap: against the reference, the largest group. 95%: the interval of the number before it. "
        "Hidden is not zero."
    )
    return _unless_empty(
        f"Groups and places, {review.period.label}",
        (
            Column("metric", "text", "Metric"),
            Column("group", "text", "Group"),
            Column("shown", "text", "Note"),
            Column("n", "number", "Cases"),
            Column("value", "number", "Result"),
            Column("interval", "text", "95%"),
            Column("ratio", "ratio", "Ratio"),
            Column("ratio_interval", "text", "95%"),
            Column("gap", "number", "Gap"),
            Column("gap_interval", "text", "95%"),
        ),
        tuple(rows),
        notes=tuple(notes),
        id="groups",
        row_header=1,
    )


def pathway(review):
    """People who entered in the period at each step by vendor, with the share kept from the step before; or None."""
    path = review.pathway
    if path is None:
        return None
    caption = f"Service pathway of people who entered in {review.period.label}, by vendor"
    return _path(path, path.by_vendor, caption, "path-by-vendor")


def pathway_by_month(review):
    """People who entered in the period at each step by month of entry; None without a path."""
    path = review.pathway
    if path is None:
        return None
    caption = f"Service pathway of people who entered in {review.period.label}, by month of entry"
    return _path(path, path.by_month, caption, "path-by-month")


def change_effects(review):
    """Effects of every change after 3, 6 and 12 months, and the verdict; None when there are none."""
    rows = []
    for one in review.changes:
        effects = [_effect(e, one.series.measure) for e in one.effects] or [None] * 3
        before, after = (one.its.n_before, one.its.n_after) if one.its else (None, None)
        vendor = one.series.label if one.series else None
        rows.append((one.what, vendor, one.verdict, *effects, before, after, len(one.comparison)))
    return _unless_empty(
        "Did the change last?",
        (
            Column("what", "text", "Change"),
            Column("vendor", "text", "Vendor"),
            Column("verdict", "text", "Verdict"),
            *(Column(f"effect_{m}", "text", f"After {m} months (95%)") for m in _AFTER),
            Column("before", "integer", "Periods before"),
            Column("after", "integer", "Periods after"),
            Column("comparison", "integer", "Vendors beside it"),
        ),
        tuple(rows),
        notes=(
            "After: the effect then, the difference to the old level and slope carried on, less that of the comparison "
            "vendors; for counts a ratio. Intervals allow for periods that resemble the one before.",
        ),
        id="changes",
    )


def outcome_costs(review):
    """Cost per outcome by fiscal year, and before and after a change; None when there are none."""
    rows = [
        (
            one.measure.name,
            one.vendor,
            row.label,
            row.start,
            row.end,
            row.paid,
            row.outcomes,
            row.cost,
            row.cost_constant,
        )
        for one in review.costs
        for row in one.table.itertuples()
    ]
    names = tuple(dict.fromkeys(one.measure.name for one in review.costs))
    table = _unless_empty(
        f"Cost per outcome: {names[0]}" if len(names) == 1 else "Cost per outcome",
        (
            Column("outcome", "text", "Outcome"),
            Column("vendor", "text", "Vendor"),
            Column("label", "text", "Period"),
            Column("start", "date", "From"),
            Column("end", "date", "To"),
            Column("paid", "money", "Paid"),
            Column("outcomes", "number", "Outcomes"),
            Column("cost", "money", "Cost each, nominal"),
            Column("cost_constant", "money", "Cost each, constant prices"),
        ),
        tuple(rows),
        notes=tuple(dict.fromkeys(one.note for one in review.costs)),
        id="costs",
        row_header=1,
        currency=review.currency,
    )
    # One outcome is in the caption; a fiscal year has its days at the top of the page.
    years = all(row[2] not in ("before", "after") for row in rows)
    indexed = any(one.base_year for one in review.costs)
    spare = {"outcome": len(names) == 1, "start": years, "end": years, "cost_constant": not indexed}
    return table and _without(table, {name for name, unused in spare.items() if unused})


def _without(table, names):
    """Leave out columns that would say the same in every row, or nothing."""
    kept = [k for k, column in enumerate(table.columns) if column.name not in names]
    rows = tuple(tuple(row[k] for k in kept) for row in table.rows)
    head = kept.index(table.row_header)
    return replace(table, columns=tuple(table.columns[k] for k in kept), rows=rows, row_header=head)


def payments_due(review):
    """What the payment designs pay this period, line by line, to be done by hand; None when there are none."""
    rows, notes = [], []
    for one in review.payments:
        kind = one.measure.kind
        for row in one.lines.itertuples():
            rows.append(
                (row.vendor, one.design.name, row.start, row.events, row.volume, Value(row.result, kind), row.paid)
            )
        total = formats.amount(one.total, review.currency)
        ceiling = ""
        if one.design.ceiling:
            ceiling = (
                f" At most {formats.amount(one.design.ceiling, review.currency)} to one vendor over the term, of which "
                "earlier periods are not in these lines."
            )
        notes.append(f"{one.design.name}: {_formula(one, review.currency)}{ceiling} Total {total}. {one.note}".strip())
    return _unless_empty(
        f"Payment by results, {review.period.label}",
        (
            Column("vendor", "text", "Vendor"),
            Column("design", "text", "Design"),
            Column("start", "date", "Period from"),
            Column("events", "number", "Numerator"),
            Column("volume", "number", "Denominator"),
            Column("result", "number", "Result"),
            Column("paid", "money", "Pays"),
        ),
        tuple(rows),
        notes=tuple(notes),
        id="payments-due",
        currency=review.currency,
    )


def actions_due(review):
    """Open actions that are due: the first five minutes of the meeting."""
    return _actions(review.pack.actions_due, "Actions due", "actions-due", late=True)


def actions_open(review):
    """Open actions that are due later."""
    return _actions(review.pack.actions_open, "Actions open, due later", "actions-open", late=False)


def meeting_agenda(review):
    """Sixty minutes, minute by minute."""
    rows, at = [], 0
    for minutes, what, how in review.pack.agenda:
        rows.append(
            (f"{at}–{at + minutes}", what, review.pack.topic if what == "Roadmap topic" and review.pack.topic else how)
        )
        at += minutes
    return Table(
        f"Agenda, {at} minutes",
        (Column("minutes", "text", "Minute"), Column("what", "text", "Item"), Column("how", "text", "For")),
        tuple(rows),
        id="agenda",
    )


def vendor_ratings(review):
    """Ratings that count, with their evidence and the vendor's comment; None when there are none."""
    table = review.ratings.table
    reviewed = (Column("reviewer", "text", "Reviewer"),) if (table["reviewer"] != "").any() else ()
    return _frame_unless_empty(
        table,
        (
            Column("vendor_name", "text", "Vendor"),
            Column("contract_id", "text", "Contract"),
            Column("period", "text", "Period"),
            Column("dimension", "text", "Dimension"),
            Column("level", "text", "Level"),
            Column("evidence", "text", "Evidence"),
            Column("vendor_comment", "text", "Vendor's comment"),
            Column("rater", "text", "Rater"),
            *reviewed,
        ),
        caption="Ratings of vendors",
        id="ratings",
    )


def past_performance(review):
    """Each vendor's record for the next award; newcomers are neutral; None when there are none."""
    rows = [(p.vendor_name, p.score, p.n, p.weight) for p in review.past_performance if not p.newcomer]
    new = sum(p.newcomer for p in review.past_performance)
    notes = ["Score 0 (unsatisfactory) to 4 (exceptional): mean of ratings, weighted by recency and relevance."]
    if new:
        neutral = next(p.score for p in review.past_performance if p.newcomer)
        notes.append(
            f"{formats.plural(new, 'vendor')} without a rating that counts: neutral, {formats.number(neutral)}, so "
            "that newcomers neither gain nor lose."
        )
    return _unless_empty(
        "Past performance for the next award",
        (
            Column("vendor", "text", "Vendor"),
            Column("score", "ratio", "Score"),
            Column("n", "integer", "Ratings"),
            Column("weight", "number", "Sum of weights"),
        ),
        tuple(rows),
        notes=tuple(notes),
        id="past-performance",
    )


def contract_memos(review):
    """Contracts that end within a year: results, record, time, options, advice; None when there are none."""
    rows = [
        (m.contract_id, m.vendor_name, m.advice, m.end_date, m.days_left, m.concern, m.score, m.notice_date, m.title)
        for m in review.memos
    ]
    return _unless_empty(
        "Decisions ahead: renewal, extension, rebid or exit",
        (
            Column("contract_id", "text", "Contract"),
            Column("vendor", "text", "Vendor"),
            Column("advice", "text", "Draft"),
            Column("end", "date", "Ends"),
            Column("days", "days", "Left"),
            Column("concern", "ratio", "Concern (0–4)"),
            Column("score", "ratio", "Record (0–4)"),
            Column("notice", "date", "Option notice"),
            Column("title", "text", "For"),
        ),
        tuple(rows),
        notes=("A draft from results, record, time and options: the decision and its reasons are the city's.",),
        id="memos",
    )


def _path(path, frame, caption, name):
    columns = [Column("name", "text", "Vendor" if "vendor" in caption else "Month of entry")]
    columns += [Column(step, "integer", step.capitalize()) for step in path.steps]
    columns += [Column(f"{step}_kept", "share", f"Kept to {step}") for step in path.steps[1:]]
    notes = [path.note]
    if path.hidden:
        notes.append("A dash is a count that is hidden because it, or one that it would give away, is small.")
    return Table.from_frame(frame, columns, caption=caption, notes=tuple(notes), id=name)


def _actions(frame, caption, name, *, late):
    columns = [
        Column("action", "text", "Action"),
        Column("owner", "text", "Owner"),
        Column("action_due", "date", "Due"),
        Column("topic", "text", "Topic"),
        Column("contract_id", "text", "Contract"),
        Column("status", "text", "Status"),
    ]
    if late:
        columns.append(Column("days_late", "days", "Late"))
    return _frame_unless_empty(frame, columns, caption=caption, id=name)


def _unless_empty(caption, columns, rows, **words):
    """A table, or nothing where it would have no rows: the sentences beside it say why."""
    return Table(caption, columns, rows, **words) if rows else None


def _frame_unless_empty(frame, columns, **words):
    return Table.from_frame(frame, columns, **words) if len(frame) else None


def _formula(one, currency):
    """The rule of a design with its numbers, so that a line can be done by hand."""
    d, kind = one.design, one.measure.kind

    def money(x):
        return formats.amount(x, currency)

    def result(x):
        return formats.value(None if x is None else x / one.scale, kind, currency)

    if d.kind == "unit rate":
        floor = f", at least {money(d.floor)}" if d.floor else ""
        cap = f", at most {money(d.cap)}" if d.cap else ""
        return f"numerator × {money(d.rate)}{floor}{cap}."
    if d.kind == "tiers":
        steps = ", ".join(f"{formats.share(s)} from {result(t)}" for t, s in zip(d.thresholds, d.shares, strict=True))
        return f"{money(d.pool)} × {steps}."
    ramp = f"(result − {result(d.floor)}) / ({result(d.target)} − {result(d.floor)}), between 0 and 1"
    if d.kind == "ramp":
        return f"{money(d.pool)} × {ramp}."
    if d.kind == "holdback":
        return f"{money(d.invoice)} × {formats.share(d.share)} held back × {ramp}; unearned {d.unearned or 'lapses'}."
    if d.kind == "improvement credit":
        if payment.own_start(d.baseline, floor=d.floor, target=d.target) == d.target:
            return (
                f"{money(d.pool)} × {ramp}; no credit for improvement, since the baseline lies at the target or beyond."
            )
        way = f"(result − {result(d.baseline)}) / ({result(d.target)} − {result(d.baseline)}), between 0 and 1"
        return f"{money(d.pool)} × the larger of {ramp}, and {way}."
    if d.kind == "milestone":
        return f"{money(d.value)} when everything due was delivered."
    if d.kind == "bonus pool":
        return f"{money(d.pool)} shared by score × denominator; score: {ramp}."
    if d.kind == "outcome curve":
        knots = ", ".join(f"{money(p)} at {result(k)}" for k, p in zip(d.knots, d.payments, strict=True))
        return f"once, at the end, on the result of all periods: {knots}; straight lines between."
    return "by audited costs."


def _effect(effect, measure):
    if math.isnan(effect.value):
        return None
    if not math.isnan(effect.ratio):
        return f"× {formats.ratio(effect.ratio)} ({formats.interval(effect.ratio_low, effect.ratio_high, 'ratio')})"
    kind = _apart(measure.kind)
    value = formats.value(effect.value, kind, measure.currency).removesuffix(" points")
    return f"{value} ({formats.interval(effect.low, effect.high, kind, measure.currency)})"


def _apart(kind):
    """How a difference of two results is printed: that of shares in points."""
    return "points" if kind == "share" else kind


def _interval(low, high, kind):
    return None if math.isnan(low) and math.isnan(high) else Interval(low, high, kind)


def _target(low, high, kind):
    """One target, or the two ends of a band."""
    return Value(low, kind) if low == high or math.isnan(low) else Interval(low, high, kind)


def _met(met, counted, step):
    """How often a target was met lately: ``5 of the last 12 months``."""
    return f"{met} of the last {formats.plural(counted, step)}" if counted else None
