"""A performance review in sentences."""

import math

from rdclib import formats, funnel, spc
from rdclib.narrative.prose import Prose, bullets, late_entries
from rdclib.review.across import FIRST_CHECKS
from rdclib.review.change import MONTHS
from rdclib.review.ratings import CLUSTERED
from rdclib.tables.words import SIGNAL

_MOST_LINES = 8  # of one list; the tables have all
_FEW_COSTS = 3  # vendors whose cost of an outcome is said one by one
METHODS = (
    "Limits of individuals charts lie 3 sigma from the mean, sigma being the mean moving range / 1.128 (Montgomery); "
    "the rounded 2.66 of NHS Making Data Count gives limits 0.02% wider.",
    "Signals: a point outside; a trend of seven points; two of three points beyond two thirds of the way to a limit, "
    "all three on one side (a point outside counts for the side, not for the two); seven points on one side (NHS "
    "Making Data Count). Run charts: longest run and crossings (Anhøj and Olesen 2014), without a trend rule.",
    "Fewer than 6 values, and values that lie very unevenly, get a run chart; 6 to 11 get trial limits.",
    "Screening of moving ranges is off unless chosen; NHSRplotthedots has it on.",
    "A missing period breaks runs and trends; the published tools join over it.",
    f"Charts of counts and shares have exact limits below {spc.EXACT_COUNT:g} expected events a period: quantiles of "
    "the Poisson or binomial distribution, with no more outside than 3 sigma leaves of a normal one, and shifts about "
    f"its median. Where fewer than {spc.RARE_COUNT:g} events are expected, a period counts as a significant change "
    "when it has too many at once, or by the time (or cases) between events, as on a t chart.",
    "t charts are individuals charts of time^(1/3.6) (Nelson 1994). g charts are drawn about the mean (Kaminsky et al. "
    "1992; Provost and Murray draw the theoretical median), have exact geometric limits and do not use the "
    "two-of-three rule. p′ and u′ are Laney's (2002), used where periods differ by more than 1.3 times counting "
    "chance.",
    "The expected number of false alarms is simulated for each kind of chart, expected count and length.",
    "Funnels: arcsine limits for proportions; for ratios and rates the Poisson limits by χ² that FunnelPlotR draws "
    "(Spiegelhalter 2005 interpolates the exact distribution). Small units would pass them too often, one without any "
    "event always, so a flag is withheld where chance alone would give it more than four times as often as its limit "
    "says. Over-dispersion from z winsorised at 10%, added to the limits whenever it is above zero.",
    f"With fewer than {funnel.FEW_UNITS} units an outlier would widen its own limits. Each unit is then compared with "
    "the others (without the one farthest from the rest, where there are four or more), with the others' own "
    "variation in the limits.",
    "Case mix: indirect standardisation; the limits about what is expected have the spread of Σ n p (1 - p) where "
    "people are counted, which is narrower than the Poisson limits of the NHS mortality indicator.",
    "Small counts are hidden in groups of people, places, kinds of case and steps of the path. A vendor's own totals "
    "are contract data and stay, since payment has to be worked out from them.",
    "Between groups: ratio and gap with intervals from the two groups' own (Newcombe 1998; Donner and Zou 2012), so "
    "that they keep a width where everybody or nobody succeeded.",
    "Before and after: segmented regression whose clock is 0 at the first point after the change; Lopez Bernal et al. "
    "(2017) let it be 1 there. Over-dispersion never narrows an interval. Each period may resemble the one before: "
    "the fit is averaged over autocorrelations from 0 to 0.95, weighed by their restricted likelihood (Harville 1977), "
    "because the usual intervals are too narrow (Turner et al. 2021). Each change is judged at one vendor; against "
    "comparison vendors the effect is the difference of two regressions with their errors put together, not one model "
    "of all vendors.",
    "Verdicts take evidence of equal strictness, a 95% interval each. Lasting improvement, or worse: an effect after "
    "12 months that the last six periods still show. Early but fading: an effect after 3 months, and its decline. No "
    "effect: an effect after 12 months that is within the usual difference from period to period. Everything else is "
    "not clear yet.",
)


def signals(review):
    """What the charts say together, and how much of it chance would say too."""
    if review.note:
        return Prose(review.note)
    changed = review.improving + review.worsening + review.moved
    sides = [(review.improving, "better"), (review.worsening, "worse"), (review.moved, "without a good direction")]
    sides = [f"{formats.integer(n)} {side}" for n, side in sides if n]
    expected = round(review.expected_latest)
    usual = f"about **{formats.integer(expected)}**" if expected else "fewer than one"
    text = (
        f"Latest results: **{formats.integer(changed)} of {formats.plural(review.charts, 'chart')}** "
        f"{'is a significant change' if changed == 1 else 'are significant changes'}"
        f"{f' ({formats.listing(sides)})' if sides else ''}. Normal variation alone would flag {usual}."
    )
    if not review.charts:
        text = "No chart has limits yet: each series is shown about its median."
    late = [s for s in review.series if s.late]
    if late:
        text += f" Data is late from {_few(sorted({s.label for s in late}))}."
    odd = [(s, day) for s in review.series for day, _ in s.odd]
    if odd:
        words = "; ".join(f"{formats.text(s.label)}, {formats.text(s.measure.name)}, {day:%B %Y}" for s, day in odd[:5])
        text += f" Values that look as if they came in another unit are left out until confirmed: {words}."
    return Prose(text)


def headlines(review):
    """What changed since last time, and what needs a decision."""
    pack = review.pack
    if review.note and not pack.headlines:
        return Prose(
            f"**Nothing can be reviewed yet.** {review.note} One row for each metric, vendor and month, with numerator "
            "and denominator, is enough to begin; the workbook of  `rdc template`  has a sheet for it."
        )
    since = f"the meeting of {formats.date(pack.last_meeting)}" if pack.last_meeting else "a period ago"
    lines = [
        f"Changed since {since}: "
        + (
            _lines(pack.changed, lambda h: f"{_who(h)} (was {SIGNAL[h.before]}, now {SIGNAL[h.variation]})")
            or "no headline metric."
        ),
        f"Needs a decision: {'. '.join(_decisions(pack.headlines)) or 'no headline metric'}.",
    ]
    late = {}
    for h in pack.headlines:
        if h.late:
            late[h.label] = max(h.late, late.get(h.label, 0))
    if late:
        names = [f"{label} ({formats.plural(n, 'period')})" for label, n in sorted(late.items())]
        lines.append(f"Data to ask for: {_few(names)}.")
    if also := _also(review):
        lines.append(f"Also to talk about: {'; '.join(also)}.")
    if pack.topic:
        lines.append(f"Roadmap topic: {formats.text(pack.topic)}.")
    return bullets(lines)


def _also(review, most=2):
    """What the later sections found: cases past their target, people lost on the path, groups with other results."""
    path = review.pathway.apart[:most] if review.pathway else ()
    found = []
    if review.on_time and review.on_time.open_late:
        found.append(
            f"{formats.share(review.on_time.share)} of the cases due in {review.period.label} done by their target "
            f"date, {formats.integer(review.on_time.open_late)} still open past it"
        )
    found += [
        f"{formats.text(vendor)} keeps {formats.share(kept)} from {before} to {after} (all vendors "
        f"{formats.share(every)})"
        for vendor, before, after, kept, every in path
    ]
    for one in review.groups:
        if len(one.behind):
            kind, currency = one.measure.kind, one.measure.currency
            behind = [
                f"{formats.text(row.group)} {formats.value(row.value, kind, currency)}"
                for row in one.behind[:most].itertuples()
            ]
            found.append(
                f"{formats.text(one.measure.name)}: {', '.join(behind)}, {formats.text(one.reference)} "
                f"{formats.value(one.reference_value, kind, currency)}"
            )
    return found


def _few(names, most=5):
    """The first of many names, and how many more there are."""
    words = [formats.text(name) for name in names[:most]]
    more = len(names) - len(words)
    return formats.listing([*words, f"{formats.integer(more)} more"] if more else words)


def meeting_cadence(review):
    """Whether vendor and city meet at least quarterly."""
    pack = review.pack
    due = formats.plural(len(pack.actions_due), "action")
    actions = f"{due} due, {len(pack.actions_open)} open for later, {pack.actions_closed} closed."
    if not (len(pack.actions_due) or len(pack.actions_open) or pack.actions_closed):
        actions = "No action is on record."
    if pack.last_meeting is None:
        return Prose(f"No meeting about the data is on record; hold one at least every quarter. {actions}")
    when = f"Last meeting: {formats.date(pack.last_meeting)}, {formats.days(pack.days_since_meeting)} ago"
    judged = "within the quarter" if pack.cadence == "at least quarterly" else "**more than a quarter ago**"
    return Prose(f"{when}, {judged}. {actions}")


def cases_on_time(review):
    """How many of the cases due in the period were done by their target date, and how many are open past it."""
    one = review.on_time
    if one is None:
        return Prose("No cases with target dates.")
    period = review.period.label
    if not one.n:
        text = f"No case that counts had its target date in {period}."
    else:
        base = f"{formats.integer(one.done)} of {formats.integer(one.n)}"
        text = (
            f"Of the cases with a target date in {period}, **{formats.share(one.share)}** were done by that date "
            f"({formats.interval(one.low, one.high, 'share')}; {base}). "
            f"{formats.integer(one.late)} were done late or closed without being done, and "
            f"{formats.integer(one.open_late)} are still open past their target, which counts as late."
        )
    if one.backlog:
        text += (
            f" On {formats.date(review.as_of)}, {formats.plural(one.backlog, 'case is', 'cases are')} open past the "
            f"target date, whenever it was; the oldest by {formats.days(one.oldest_open_days)}."
        )
    left = [(one.not_due, "not due yet"), (one.without_target, f"referred in {period} without a target date")]
    words = [f"{formats.integer(n)} {what}" for n, what in left if n]
    text += f" Not counted: {formats.listing(words)}." if words else ""
    for other in review.same_promises:
        counted = f" ({formats.text(other.measure.denominator)})" if other.measure.denominator else ""
        text += (
            f"\n\n“{formats.text(other.measure.name)}” covers the same promise of {formats.days(other.days)} and "
            f"shows {formats.share(other.share)} for {period}. The two numbers differ in what they count: the metric "
            f"counts {formats.integer(other.n)}{counted}, as the vendors reported them. This section counts every case "
            "that was due, whether or not anyone was reached."
        )
    return Prose(text)


def vendor_comparison(review):
    """Who differs from the others by more than chance, and what to check first."""
    if not review.vendors:
        return Prose("There are not two vendors or sites with the same metric in this period: nothing to compare.")
    lines = [
        f"{formats.text(row.name)} on {formats.text(one.measure.name)}: "
        f"{formats.value(row.value, one.measure.kind, one.measure.currency)}, {row.flag} limits."
        for one in review.vendors
        for row in one.far.itertuples()
    ]
    if not review.in_funnels:
        reasons = dict.fromkeys(one.note for one in review.vendors if one.note)
        return Prose("No funnel is drawn. " + " ".join(reasons))
    checks = ", then ".join(FIRST_CHECKS)
    after = f"Before anything is said to a vendor, check: {checks}."
    found = bullets(lines) + after if lines else Prose("No vendor lies outside the 99.8% limits of a funnel.")
    if not review.near_limits:
        return found
    chance = round(review.expected_near_limits)
    return found + (
        f"{formats.integer(review.near_limits)} of {formats.plural(review.in_funnels, 'result')} in funnels "
        f"{'lies' if review.near_limits == 1 else 'lie'} between the 95% and the 99.8% limits, where chance alone puts "
        f"{f'about {formats.integer(chance)}' if chance else 'fewer than one'}."
    )


def group_gaps(review):
    """Which groups get other results than the one they are compared with, the widest gap first."""
    if not review.groups:
        return Prose("The data names no groups of people and no places: gaps between them cannot be seen.")
    lines = []
    for one in review.groups:
        what = f"{formats.text(one.measure.name)} by {formats.text(one.kind)}"
        if not one.compared:
            lines.append(f"{what}: {one.note}")
            continue
        parts = []
        for word, rows in (("behind", one.behind), ("ahead", one.ahead)):
            if said := [_gap(row, one.measure) for row in rows.head(_MOST_LINES).itertuples()]:
                more = f" and {len(rows) - len(said)} more" if len(rows) > len(said) else ""
                parts.append(f"{word} are {'; '.join(said)}{more}")
        if parts:
            reference = formats.value(one.reference_value, one.measure.kind, one.measure.currency)
            base = f"{formats.text(one.reference)}, {reference}"
            lines.append(f"{what}, compared with the largest ({base}): {'; '.join(parts)}.")
    if not lines:
        return Prose("No gap between groups is larger than chance gives.")
    return bullets(lines)


def _gap(row, measure):
    apart, currency = "points" if measure.kind == "share" else measure.kind, measure.currency
    gap = formats.value(row.gap, apart, currency)
    span = formats.interval(row.gap_low, row.gap_high, apart, currency)
    value = formats.value(row.value, measure.kind, currency)
    return f"{formats.text(row.group)} {value}, **{gap}** ({span.removesuffix(' points')})"


def pathway(review):
    """Where on the path most people are lost."""
    path = review.pathway
    if path is None:
        return Prose(
            f"The service pathway cannot be shown: no one entered in {review.period.label}, or the cases carry fewer "
            "than two of its steps."
        )
    if not path.biggest_loss:
        return Prose("Too few people are lost at any step to name one.")
    step = path.steps[path.steps.index(path.biggest_loss) - 1]
    table = path.by_vendor[path.by_vendor["name"] != "All"]
    column = f"{path.biggest_loss}_kept"
    text = (
        f"Of the people who entered in {review.period.label}, most are lost between {step} and {path.biggest_loss}: "
        f"**{formats.share(path.kept)}** complete this step."
    )
    known = table[table[column].notna()]
    if len(known) > 1:
        low, high = known[column].min(), known[column].max()
        text += f" Vendors lie between {formats.share(low)} and {formats.share(high)}."
    prose = Prose(f"{text} {path.note}".strip())
    lines = [
        f"{formats.text(vendor)} keeps fewer from {before} to {after} than chance gives: **{formats.share(kept)}**, "
        f"all vendors {formats.share(every)}."
        for vendor, before, after, kept, every in path.apart[:_MOST_LINES]
    ]
    return prose + bullets(lines)


def change_effects(review):
    """Verdict on every change, why, and the questions that remain."""
    if not review.changes:
        return Prose("No change is entered. Enter what was changed, from when, and which months gave rise to it.")
    verdicts = []
    for one in review.changes:
        vendor = f", {formats.text(one.series.label)}" if one.series else ""
        text = f"**{formats.text(one.what)}**{vendor}, {formats.date(one.day)}: "
        text += f"**{one.verdict}**, because {one.why.rstrip('.')}.{_effect(one)}"
        if one.comparison:
            text += f" Compared with {formats.plural(len(one.comparison), 'other vendor')}."
        if one.note:
            text += f" {one.note}"
        verdicts.append(text)
    # A question that all changes leave open is asked once.
    everywhere = [q for q in review.changes[0].questions if all(q in one.questions for one in review.changes)]
    asked = [formats.text(q) for q in everywhere]
    for one in review.changes:
        about = formats.text(one.series.label if one.series else one.what)
        asked += [f"{about}: {formats.text(q)}" for q in one.questions if q not in everywhere]
    each = " of each" if len(review.changes) > 1 else ""
    return bullets(verdicts) + f"Still to be asked{each}:" + bullets(dict.fromkeys(asked))


def _effect(change):
    """The latest effect that can be told, with its interval: `` After 12 months: **+21 points** (14–27).``"""
    told = [(months, e) for months, e in zip(MONTHS, change.effects, strict=False) if not math.isnan(e.value)]
    if not told:
        return ""
    months, effect = told[-1]
    kind = "points" if change.series.measure.kind == "share" else change.series.measure.kind
    if math.isnan(effect.ratio):
        currency = change.series.measure.currency
        size = formats.value(effect.value, kind, currency)
        span = formats.interval(effect.low, effect.high, kind, currency)
        size = size if size.startswith("−") else f"+{size}"
    else:
        size, span = (
            f"times {formats.ratio(effect.ratio)}",
            formats.interval(effect.ratio_low, effect.ratio_high, "ratio"),
        )
    return f" After {months} months: **{size}** ({span.removesuffix(' points')})."


def outcome_costs(review):
    """What an outcome cost in the last whole year: of a few vendors each, of many the middle and the range."""
    if not review.costs:
        return Prose("No cost per outcome: it needs payments and counted outcomes of the same vendor for whole years.")
    lines, currency = [], review.currency
    for one in review.cost_summaries:
        name = formats.text(one.measure.name)
        if len(one.lines) <= _FEW_COSTS:
            lines += [
                f"{formats.text(line.vendor)}: {formats.money(line.each, currency)} for each “{name}” in {line.label} "
                f"({_prices(line)}; {formats.money(line.paid, currency)} paid for {formats.integer(line.outcomes)})."
                for line in one.lines
            ]
            continue
        years, prices = sorted({line.label for line in one.lines}), sorted({_prices(line) for line in one.lines})
        span = formats.interval(one.low, one.high, "money", currency)
        lines.append(
            f"“{name}”: **{formats.money(one.middle, currency)}** each at the vendor in the middle of "
            f"{len(one.lines)}, from {span} ({formats.listing(years)}; {formats.listing(prices)})."
        )
    return bullets(lines)


def _prices(line):
    return f"prices of {line.base_year}" if line.base_year else "nominal"


def payments_due(review):
    """What payment by results comes to this period."""
    if not review.payments:
        return Prose("No payment design is chosen for these contracts.")
    lines = []
    for one in review.payments:
        total = formats.money(one.total, review.currency)
        lines.append(f"{formats.text(one.design.name)}: **{total}** in {review.period.label}. {one.note}".strip())
    return bullets(lines)


def vendor_ratings(review):
    """How ratings are spread, and what they lack."""
    rated = review.ratings
    late = late_entries(rated.late, "rating")
    if rated.table.empty:
        return Prose(" ".join(["No ratings count.", *late] if late else ["No ratings are saved."]))
    lines = [f"{formats.plural(len(rated.table), 'rating counts', 'ratings count')}."]
    if rated.without_evidence:
        lines.append(f"{formats.plural(rated.without_evidence, 'rating')} without evidence: add it, or take them back.")
    if rated.waiting_for_comment:
        waits = formats.plural(rated.waiting_for_comment, "rating has", "ratings have")
        lines.append(f"{waits} no comment of the vendor, which has 14 days to give one.")
    for row in rated.raters[rated.raters["clustered"]].itertuples():
        lines.append(
            f"{formats.text(row.rater)} gave “satisfactory” in {formats.share(row.satisfactory)} of {row.n:.0f} "
            f"ratings, more than {formats.share(CLUSTERED)}: does the evidence really not tell vendors apart?"
        )
    return bullets(lines + late)


def contract_memos(review):
    """Draft of the memo for each contract that ends within a year."""
    if not review.memos:
        return Prose("No contract with results or ratings ends within a year.")
    parts = []
    for one in review.memos:
        head = (
            f"**{formats.text(one.contract_id)}, {formats.text(one.vendor_name)}** (ends {formats.date(one.end_date)})"
        )
        draft = f"draft: **{one.advice}**" if one.advice else "no draft"
        moved = [r for r in one.results if r[1] in ("improvement", "concern")]
        results = "; ".join(f"{formats.text(name)}: {says}" for name, says, _ in moved[:4])
        parts.append(
            f"{head}, {draft}. {' '.join(one.reasons)}" + (f" Results that moved: {results}." if results else "")
        )
    return bullets(parts)


def review_methods(review):
    """Methods of this review, and where they depart from what is published."""
    flagged = (
        f"Over all their periods, {formats.integer(review.with_signals)} of {formats.plural(review.charts, 'chart')} "
        "with limits show a significant change at least once; normal variation alone would flag about "
        f"{formats.integer(round(review.expected_false_signals))}."
    )
    return bullets((flagged, *METHODS) if review.charts else METHODS)


def _lines(lines, say, most=6):
    words = [say(h) for h in lines[:most]]
    more = f"; and {len(lines) - most} more" if len(lines) > most else ""
    return "; ".join(words) + more + "." if words else ""


def _who(h):
    return f"{formats.text(h.measure.name)}, {formats.text(h.label)}"


def _decisions(headlines):
    """One line a metric: which vendors worsen, miss the target as a rule, or are far from the others."""
    lines = []
    for metric_id in dict.fromkeys(h.measure.id for h in headlines):
        own = [h for h in headlines if h.measure.id == metric_id]
        parts = []
        if worse := [h.label for h in own if h.variation == "concern"]:
            parts.append(f"worsening beyond normal variation at {_few(worse)}")
        if missing := [h for h in own if h.misses]:
            who = f"{len(missing)} of {formats.plural(len(own), 'vendor')}" if len(own) > 1 else _few([own[0].label])
            lately = formats.plural(missing[0].counted, missing[0].step)
            parts.append(
                f"{who} missed the target in most of the last {lately} or will miss it if nothing changes, so the "
                "process needs a redesign"
            )
        for side in ("below", "above"):
            if far := [h.label for h in own if h.among == side]:
                parts.append(f"{_few(far)} far {side} the other vendors")
        if parts:
            lines.append(f"{formats.text(own[0].measure.name)}: {'; '.join(parts)}")
    return lines
