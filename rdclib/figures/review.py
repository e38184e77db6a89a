"""Results over time, across vendors and groups, along the path, and before and after a change, as figures."""

import math

import matplotlib.dates as mdates
import numpy as np
from matplotlib.markers import MarkerStyle

from rdclib import formats, style
from rdclib.figures.picture import ON_LINES, Picture, axis_as, canvas, grid, label_margin, text_width, wrap
from rdclib.tables.words import SIGNAL

# Where a point's name may stand, the best place first: inches to the side and up, and the side that is fixed.
_BESIDE_A_POINT = (
    *((0.08, 0, "left"), (-0.08, 0, "right"), (0, 0.16, "center"), (0, -0.16, "center")),
    *((0.06, 0.14, "left"), (0.06, -0.14, "left"), (-0.06, 0.14, "right"), (-0.06, -0.14, "right")),
    # Further away a line leads to it.
    *((0.1, 0.3, "left"), (0.1, -0.3, "left"), (-0.1, 0.3, "right"), (-0.1, -0.3, "right")),
    *((0.1, 0.46, "left"), (0.1, -0.46, "left"), (-0.1, 0.46, "right"), (-0.1, -0.46, "right")),
    *((0.1, 0.62, "left"), (0.1, -0.62, "left"), (-0.1, 0.62, "right"), (-0.1, -0.62, "right")),
)
_LED = 0.2  # inches up or down; from here on
_OTHERS = 0.24  # inches; a name that is so near another point would be read as that one's
MOST_PANELS = 12  # vendors in one figure; the tables list all
FEW_PANELS = 6  # of a metric that is not the topic of the meeting
_FLATTENS = 2  # a panel that reaches over more than this many times the usual span gets a scale of its own
# Color, mark and its area in square points.
_LOOK = {
    "improvement": (style.IMPROVEMENT, "^", 42),
    "concern": (style.CONCERN, "v", 42),
    "neutral": (style.INK, "D", 30),
    "common cause": (style.MUTED, "o", 11),
}
_TOLD = 8  # units outside a funnel that its alternative text names


def metric_over_time(review, place):
    """Control charts of one headline metric, one panel a vendor.

    Parameters
    ----------
    review : rdclib.review.Review
    place : int
        1 for the first headline metric, 2 for the second...

    Returns
    -------
    Picture or None
        None where there are fewer headline metrics.
    """
    # Cases and their target dates have a figure of their own.
    own = {s.measure.id for s in review.on_time.series} if review.on_time else set()
    ids = [i for i in dict.fromkeys(h.measure.id for h in review.pack.headlines) if i not in own]
    if not 1 <= place <= len(ids):
        return None
    metric = ids[place - 1]
    most = MOST_PANELS if metric == review.pack.topic_metric else FEW_PANELS
    first = {h.label for h in review.pack.headlines if h.measure.id == metric and h.needs}
    return _charts([s for s in review.series if s.measure.id == metric], f"over-time-{place}", most, first)


def cases_on_time(review):
    """Share of cases done by their target date, one panel a vendor; None without target dates."""
    if not review.on_time or not review.on_time.series:
        return None
    return _charts(list(review.on_time.series), "cases-on-time", FEW_PANELS)


def vendor_funnel(review, place):
    """Funnel plot of one metric; None where there are fewer funnels.

    Parameters
    ----------
    review : rdclib.review.Review
    place : int
        1 for the first funnel, headline metrics first.

    Returns
    -------
    Picture or None
    """
    order = [h.measure.id for h in review.pack.headlines]
    funnels = [c for c in review.vendors if c.funnel is not None]
    funnels.sort(key=lambda c: order.index(c.measure.id) if c.measure.id in order else len(order))
    if not 1 <= place <= len(funnels):
        return None
    return _funnel(funnels[place - 1], f"funnel-{place}")


def group_gaps(review, place):
    """One metric across groups, with intervals; None where there are fewer such metrics.

    Parameters
    ----------
    review : rdclib.review.Review
    place : int

    Returns
    -------
    Picture or None
    """
    groups = [one for one in review.groups if one.compared]
    if not 1 <= place <= len(groups):
        return None
    one = groups[place - 1]
    table, kind = one.table, one.measure.kind
    names = [
        wrap(f"{row.group} ({formats.integer(row.denominator)})" if row.shown == "shown" else row.group, 22)
        for row in table.itertuples()
    ]
    figure, axes = canvas(0.34 * len(names) + 1.0, left=label_margin(names), right=1.55, top=0.2, bottom=0.6)
    says = []
    for y, row in enumerate(table.itertuples()):
        if row.shown == "shown":
            axes.plot([row.low, row.high], [y, y], color=style.INTERVAL, linewidth=6, solid_capstyle="butt")
            axes.plot(row.value, y, "o", color=style.DATA)
            words = formats.value(row.value, kind, one.measure.currency)
            if row.group == one.reference:
                words += " (compared with)"
            elif not math.isnan(row.gap) and (row.gap_low > 0 or row.gap_high < 0):
                words += f" ({_signed(row.gap, one.measure)})"
            says.append(f"{row.group} {words}")
        else:
            words = row.shown
            says.append(f"{row.group} {words}")
        axes.text(1.02, y, words, transform=axes.get_yaxis_transform(), va="center", fontsize=9.5)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axis_as(axes.xaxis, kind, one.measure.currency)
    grid(axes, "x")
    axes.set_xlabel(one.measure.title if len(one.measure.title) < 60 else one.measure.id)
    alt = f"{one.measure.title} by {one.kind}: {'; '.join(says)}."
    caption = (
        f"{one.measure.title} by {one.kind}, {review.period.label}. Dots are the results, bars their 95% intervals; "
    )
    caption = f"{caption}the number of cases is beside each label. {one.note}".strip()
    return Picture(figure, alt, caption, f"groups-{place}")


def pathway(review):
    """Share of people who reach each step, one panel a vendor; None without a path."""
    path = review.pathway
    if path is None:
        return None
    table = path.by_vendor
    every = table[table["name"] == "All"].iloc[-1]
    rows = table[table["name"] != "All"].head(MOST_PANELS)
    if len(rows) <= 1:
        rows = table.tail(1)
    columns = 2
    lines = math.ceil(len(rows) / columns)
    steps = list(path.steps)
    down = 0.23 * len(steps) + 0.45
    figure, panels = canvas(
        down * lines, rows=lines, columns=columns, panels=len(rows), left=0.8, right=0.6, top=0.35, bottom=0.1,
        gap=(1.4, 0.45),
    )  # fmt: skip
    says = []
    for axes, row in zip(panels, rows.to_dict("records"), strict=True):
        reached = [1.0 if i == 0 else row[f"{step}_share"] for i, step in enumerate(steps)]
        overall = [1.0 if i == 0 else every[f"{step}_share"] for i, step in enumerate(steps)]
        lengths = [0.0 if math.isnan(r) else r for r in reached]
        axes.barh(range(len(steps)), lengths, height=0.66, color=style.DATA)
        axes.plot(overall, range(len(steps)), linestyle="none", marker="|", markersize=11, color=style.INK)
        for y, share in enumerate(reached):
            words = "hidden" if math.isnan(share) else formats.share(share)
            axes.text(1.03, y, words, va="center", fontsize=9, transform=axes.get_yaxis_transform())
        axes.tick_params(axis="y", labelsize=9)
        axes.set_yticks(range(len(steps)), steps)
        axes.set_ylim(len(steps) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        axes.set_title(wrap(row["name"], 30, 1), fontsize=9.5)
        kept = [f"{formats.share(share)} {step}" for step, share in zip(steps[1:], reached[1:], strict=True)]
        says.append(f"{row['name']}: {', '.join(kept)}")
    alt = f"Of those {steps[0]} in {review.period.label}, the share that reached each later step. {'. '.join(says)}."
    caption = (
        f"Of those {steps[0]} in {review.period.label}, the share that reached each step. The upright mark is all "
        f"vendors. {path.note}"
    )
    return Picture(figure, alt, caption.strip(), "pathway")


def change_effect(review, place):
    """A series before and after a change, with what the old level and slope would have led to.

    Parameters
    ----------
    review : rdclib.review.Review
    place : int
        1 for the first change that has a series.

    Returns
    -------
    Picture or None
    """
    changes = [c for c in review.changes if c.its is not None]
    if not 1 <= place <= len(changes):
        return None
    one = changes[place - 1]
    table, kind = one.series.table, one.series.measure.kind
    days = table["start"].to_numpy()
    values = table["value"].to_numpy(float)
    start = int(np.searchsorted(days, np.datetime64(one.day)))
    excluded = one.left_out
    title = wrap(f"{one.series.label}: {one.series.measure.title}", 58)
    figure, axes = canvas(
        3.2 + 0.2 * title.count("\n"), left=0.75, right=0.2, top=0.3 + 0.2 * title.count("\n"), bottom=0.75
    )
    axes.plot(days[~excluded], values[~excluded], "o", color=style.DATA, markersize=4.5, label="result")
    if excluded.any():
        axes.plot(
            days[excluded], values[excluded], "o", markerfacecolor="none", color=style.MUTED, markersize=5,
            label="led to the change, left out",
        )  # fmt: skip
    fitted, without = one.fitted, one.without
    if np.isfinite(fitted).any():
        for part in (slice(0, start), slice(start, None)):
            axes.plot(
                days[part], fitted[part], color=style.INK, linewidth=1.6, label="fitted" if part.start == 0 else None
            )
        axes.plot(days[start:], without[start:], "--", color=style.CONCERN, linewidth=1.6, label="without the change")
    axes.axvline(days[start] if start < len(days) else days[-1], color=style.MUTED, linewidth=1)
    axes.set_title(title)
    _time(axes)
    axis_as(axes.yaxis, kind, review.currency)
    grid(axes, "y")
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=4, fontsize=8.5, handlelength=1.4, columnspacing=1
    )
    effects = [
        f"{_effect_words(e, one.series.measure)} after {months} months"
        for months, e in zip((3, 6, 12), one.effects, strict=True)
        if not math.isnan(e.value)
    ]
    alt = f"{one.what}, {one.series.label}: {one.verdict}. Effect {', '.join(effects) or 'not told'}."
    caption = f"{one.series.measure.title}, {one.series.label}, before and after {formats.date(one.day)} ({one.what})."
    return Picture(figure, alt, caption, f"change-{place}")


def _charts(series, name, most, first=()):
    """Small multiples of control charts of one metric: what needs a decision first, the rest by name."""
    series = sorted(
        series,
        key=lambda s: (
            s.chart.variation != "concern",
            s.label not in first,
            s.late == 0,
            _quiet(s),
            _level(s),
            s.label,
        ),
    )
    shown, rest = sorted(series[:most], key=lambda s: s.label), series[most:]
    measure = shown[0].measure
    columns = 1 if len(shown) == 1 else 2
    lines = math.ceil(len(shown) / columns)
    height = 2.3 if columns == 1 else 1.2  # two figures of six panels fit on a printed page
    figure, panels = canvas(
        height * lines + 0.95, rows=lines, columns=columns, panels=len(shown), left=0.72, right=0.15, top=0.55,
        bottom=0.65, gap=(0.62, 0.42),
    )  # fmt: skip
    figure.text(
        0.02,
        1 - 0.18 / figure.get_figheight(),
        wrap(measure.title, 58, 1),
        fontsize=11.5,
        fontweight="bold",
        va="center",
    )
    scale, apart = _scale(shown)
    ends = mdates.date2num([day for one in shown for day in one.table["start"].iloc[[0, -1]]])
    first, last = ends.min(), ends.max()
    room = max((last - first) * 0.05, 10)
    for place, (axes, one) in enumerate(zip(np.atleast_1d(panels), shown, strict=True)):
        axes.set_xlim(first - room, last + room)
        common = None if one in apart else scale
        # Before there are ticks: one is quicker changed than all.
        axes.tick_params(
            labelsize=8.5, labelbottom=place >= len(shown) - columns, labelleft=not common or place % columns == 0
        )
        _chart(axes, one, small=columns > 1, apart=one in apart, scale=common)
    _key(figure, shown)
    caption = f"{measure.title}, by {shown[0].step}. Line: mean (or median); shaded: what chance alone gives."
    if len(shown) > 1 and not scale:
        caption += " Each panel has a scale of its own."
    if rest:
        why = ", with no signal at the end and no data late," if all(_quiet(s) and not s.late for s in rest) else ""
        caption += f" {len(rest)} more{why} are in the table."
    return Picture(figure, f"{measure.title}. {' '.join(_said(one) for one in shown)}", caption, name)


def _level(one):
    """The same value in every period: there is nothing to see."""
    known = one.chart.values[np.isfinite(one.chart.values)]
    return bool(np.all(known == known[:1]))


def _quiet(one):
    """Nothing is to be said of the latest value."""
    return one.chart.variation not in ("concern", "improvement") and one.chart.assurance != "consistently fails"


def _scale(shown):
    """One scale for the panels whose values are near each other, and those that would flatten the others on it.

    Returns
    -------
    (pair of float or None, list of Series)
        None where every panel has a scale of its own.
    """
    reach = {}
    for one in shown:
        chart = one.chart
        there = [chart.values, chart.center, chart.lower, chart.upper, *([] if chart.wanted is None else chart.wanted)]
        there = np.concatenate(there)
        if np.isfinite(chart.values).any():
            there = there[np.isfinite(there)]
            reach[one] = (there.min(), there.max())
    middles = [float(np.nanmedian(one.chart.values)) for one in reach]
    if len(reach) < 2 or min(middles) <= 0 or max(middles) / min(middles) >= 4:
        return None, []
    usual = float(np.median([high - low for low, high in reach.values()]))
    apart = [one for one, (low, high) in reach.items() if high - low > _FLATTENS * usual]
    ends = np.array([ends for one, ends in reach.items() if one not in apart])
    low, high = ends[:, 0].min(), ends[:, 1].max()
    pad = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return (low - pad, high + pad), apart


def _chart(axes, one, *, small, apart, scale):
    chart, table = one.chart, one.table
    days = mdates.date2num(table["start"].to_numpy())
    values = chart.values
    if scale:
        axes.set_ylim(scale)
    elif not np.any(values[np.isfinite(values)]):
        axes.set_ylim(-0.05, 1)  # nothing but zeros
    for number in range(chart.segment.max(initial=0) + 1):
        part = np.flatnonzero(chart.segment == number)
        lines = np.array([chart.center[part], chart.lower[part], chart.upper[part]])
        center, lower, upper = lines = _ends_only(lines)
        when = days[part] if lines.shape[1] == len(part) else days[part[[0, -1]]]
        axes.plot(when, center, color=style.MUTED, linewidth=1)
        if np.isfinite(upper).any():
            axes.fill_between(
                when, lower, upper, facecolor=style.PANEL, edgecolor=style.RULE, step="mid", linewidth=0.9, zorder=0
            )
    for day, _ in one.rebases:
        axes.axvline(mdates.date2num(day), color=style.INK, linewidth=0.9, linestyle=":")
    axes.plot(days, values, color=style.SECOND, linewidth=1)  # a missing value leaves a gap
    for what, (color, mark, area) in _LOOK.items():
        here = chart.points == what
        if here.any():
            _marks(axes, days[here], values[here], color, mark, area * 0.6 if small else area)
    for level in () if chart.wanted is None else np.unique(chart.wanted, axis=0):
        (level,) = _ends_only(level[None, :])
        when = days if len(level) == len(days) else days[[0, -1]]
        axes.plot(when, level, color=style.TARGET, linewidth=1.2, linestyle=(0, (4, 2)))
    late = table["gap"].to_numpy() != ""
    if late.any():
        axes.plot(days[late], np.full(late.sum(), 0.03), "x", color=style.CONCERN, markersize=4.5, clip_on=False,
                  transform=axes.get_xaxis_transform())  # fmt: skip
    title = f"{_cut(one.label, 21)} (own scale)" if apart else _cut(one.label, 30 if small else 60)
    axes.set_title(title, fontsize=9.5)
    _time(axes, small)
    axis_as(axes.yaxis, one.measure.kind, one.measure.currency)
    grid(axes, "y")


def _marks(axes, x, y, color, mark, area):
    """Points of one look, above all lines."""
    axes.plot(x, y, linestyle="none", color=color, marker=MarkerStyle(mark, joinstyle="round"),
              markersize=math.sqrt(area), markeredgewidth=0.8, zorder=3)  # fmt: skip


def _cut(label, most):
    """A label of one line, cut where it has no room."""
    label = formats.line(label)
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"


def _ends_only(lines):
    """Lines that are level throughout by their two ends: a tenth of the points, the same picture."""
    level = np.all((lines == lines[:, :1]) | (np.isnan(lines) & np.isnan(lines[:, :1])))
    return lines[:, [0, -1]] if level and lines.shape[1] > 2 else lines


def _key(figure, shown):
    """A line under the panels that says what the marks mean."""
    from matplotlib.lines import Line2D

    there = {p for one in shown for p in one.chart.points}
    marks = [
        Line2D([], [], linestyle="none", marker=mark, color=color, markersize=6, label=SIGNAL[what])
        for what, (color, mark, _) in _LOOK.items()
        if what in there
    ]
    if any(one.chart.target is not None for one in shown):
        marks.append(
            Line2D([], [], color=style.TARGET, linewidth=1.2, linestyle=(0, (4, 2)), label=_target_words(shown))
        )
    if any(one.late or one.missing for one in shown):
        marks.append(Line2D([], [], linestyle="none", marker="x", color=style.CONCERN, markersize=5, label="no data"))
    if any(one.rebases for one in shown):
        marks.append(Line2D([], [], color=style.INK, linewidth=0.9, linestyle=":", label="new limits"))
    figure.legend(
        handles=marks, loc="lower center", ncols=min(len(marks), 6), fontsize=8.5, handlelength=1.6, columnspacing=1.1
    )


def _target_words(shown):
    bands = [one.chart.direction == "band" for one in shown if one.chart.target is not None]
    return "target band" if all(bands) else "target"


def _said(one):
    chart, latest = one.chart, one.latest
    if latest is None:
        return f"{one.label}: no data."
    value = formats.value(latest["value"], one.measure.kind, one.measure.currency)
    words = f"{one.label}: {value} in {latest['start']:%B %Y}"
    if chart.variation:
        words += f", {SIGNAL[chart.variation]}"
    if chart.assurance:
        met, counted = one.target_history
        words += f", target met in {met} of the last {formats.plural(counted, one.step)}" if counted else ""
    if one.late:
        words += f", {formats.plural(one.late, one.step)} late"
    return words + "."


def _funnel(one, name):
    result, kind, scale = one.funnel, one.measure.kind, one.measure.scale
    table = result.table[result.table["flag"] != "no denominator"]
    size = table["denominator"].to_numpy(float)
    largest = float(size.max())
    curve = result.curve
    figure, axes = canvas(3.6, left=0.75, right=0.25, top=0.35, bottom=0.6)
    for label, look, words in (("95", "--", "95%"), ("998", "-", "99.8%")):
        for edge in (curve[f"lower_{label}"], curve[f"upper_{label}"]):
            axes.plot(curve["n"], edge * scale, look, color=style.NEUTRAL, linewidth=1.1)
        end = (curve["n"].iloc[-1], curve[f"upper_{label}"].iloc[-1] * scale)
        axes.annotate(
            words,
            end,
            xytext=(-2, 3),
            textcoords="offset points",
            ha="right",
            fontsize=8.5,
            color=style.MUTED,
        )
    axes.axhline(result.target * scale, color=style.MUTED, linewidth=1)
    value = table["value"].to_numpy(float) * scale
    outside = table["flag"].str.startswith(("above", "below")).to_numpy()
    _marks(axes, size[~outside], value[~outside], style.DATA, "o", 28)
    above = table["flag"].str.startswith("above").to_numpy()
    for here, what in zip((outside & above, outside & ~above), _sides(one.measure.direction), strict=True):
        color, mark, area = _LOOK[what]
        _marks(axes, size[here], value[here], color, mark, 1.4 * area)
    spread = np.concatenate([value, [result.target * scale]])
    middle = curve[curve["n"] >= np.median(size) / 2].iloc[0]
    bottom, top = min(spread.min(), middle["lower_998"] * scale), max(spread.max(), middle["upper_998"] * scale)
    pad = (top - bottom) * 0.08 or 0.1
    axes.set_ylim(max(bottom - pad, 0 if bottom >= 0 else bottom - pad), top + pad)
    axes.set_xlim(0, largest * 1.1)
    _name_points(axes, table["name"].tolist(), size, value, outside, len(table) <= 8)
    axis_as(axes.yaxis, kind, one.measure.currency)
    axis_as(axes.xaxis, "number")
    axes.set_xlabel(_size_words(result.kind))
    axes.set_title(wrap(one.measure.title, 60, 1))
    grid(axes, "y")
    far = [
        f"{row['name']} ({formats.value(row['value'] * scale, kind, one.measure.currency)}, {row['flag']})"
        for row in table[outside].head(_TOLD).to_dict("records")
    ]
    if (more := int(outside.sum()) - len(far)) > 0:
        far.append(f"{formats.integer(more)} more, all in the table")
    center = formats.value(result.target * scale, kind, one.measure.currency)
    alt = f"Funnel of {formats.plural(result.n, one.by)} around {center}: "
    alt += f"outside are {formats.listing(far)}." if far else "none lies outside."
    caption = (
        f"{one.measure.title}: {one.by}s by size, unranked. Chance puts 95 of 100 between the dashed lines and 998 of "
        "1,000 between the solid ones."
    )
    if result.tau2 > 0:
        caption += f" The lines allow for how far all {one.by}s differ beyond chance (φ = {formats.ratio(result.phi)})."
    return Picture(figure, alt, f"{caption} {one.note}".strip(), name)


def _sides(direction):
    """What it means to lie above and below a funnel."""
    good, bad = "improvement", "concern"
    return {"higher": (good, bad), "lower": (bad, good)}.get(direction, ("neutral", "neutral"))


def _name_points(axes, names, size, value, outside, everyone):
    """Write names beside points: those outside always, all where there are few; none over another."""
    span = axes.get_ylim()[1] - axes.get_ylim()[0]
    height = axes.get_position().height * axes.figure.get_figheight()
    width = axes.get_position().width * axes.figure.get_figwidth()
    reach = axes.get_xlim()[1]
    dots = list(zip(size / reach * width, (value - axes.get_ylim()[0]) / span * height, strict=True))
    points, taken = [(x - 0.05, y - 0.05, x + 0.05, y + 0.05) for x, y in dots], []
    for i in sorted(range(len(names)), key=lambda i: (not outside[i], value[i])):
        if not (outside[i] or everyone):
            continue
        label = wrap(names[i], 24, 1)
        x, y = dots[i]
        wide = text_width(label, 8.5)
        # Better a line that runs behind another name than a point without one.
        for dx, dy, side, behind in [(*place, behind) for behind in (False, True) for place in _BESIDE_A_POINT]:
            left = x + dx if side == "left" else x + dx - wide if side == "right" else x - wide / 2
            box = (left, y + dy - 0.07, left + wide, y + dy + 0.07)
            led = abs(dy) > _LED
            lead = (min(x, x + dx), min(y, y + dy), max(x, x + dx), max(y, y + dy))
            free = not (_meets(box, points + taken) or (led and not behind and _meets(lead, taken)))
            inside = box[0] > 0 and box[1] > 0 and box[2] < width + 0.2 and box[3] < height + 0.2
            near = dy and any(
                box[0] < ox < box[2] and abs(oy - y - dy) < _OTHERS for k, (ox, oy) in enumerate(dots) if k != i
            )
            if free and inside and (led or not near):
                taken.append(box)
                if led:
                    ends = size[i] + dx / width * reach, value[i] + dy / height * span
                    axes.plot([size[i], ends[0]], [value[i], ends[1]], color=style.MUTED, linewidth=0.7, zorder=1)
                axes.annotate(label, (size[i], value[i]), xytext=(dx * 72, dy * 72), textcoords="offset points",
                              ha=side, va="center", fontsize=8.5, bbox=ON_LINES)  # fmt: skip
                break


def _meets(box, others):
    """Whether a box (left, bottom, right, top) lies on one of the others."""
    return not all(box[2] < o[0] or o[2] < box[0] or box[3] < o[1] or o[3] < box[1] for o in others)


def _size_words(kind):
    return {"proportion": "Cases", "ratio": "Expected events", "rate": "Exposure"}[kind]


def _time(axes, small=False):
    """Months or years along the axis, as many as have room."""
    first, last = axes.get_xlim()
    span = max((last - first) / 30.4, 1)
    step = next(s for s in (1, 2, 3, 6, 12, 24, 60, 120) if span / s <= (4 if small else 8) or s == 120)
    # Months are counted from January 1970, so that every step falls on the same months of each year, or on round years.
    month = np.datetime64(int(first), "D").astype("M8[M]").astype(int)
    months = np.arange(-(-month // step) * step, month + span + 2, step).astype("M8[M]")
    places = mdates.date2num(months)
    seen = (first <= places) & (places <= last)
    names = [f"{day:%b %y}" if step < 12 else f"{day:%Y}" for day in months[seen].tolist()]
    axes.set_xticks(places[seen], names)


def _signed(x, measure):
    words = formats.value(x, measure.kind, measure.currency)
    if measure.kind == "share":
        words = formats.share(x).replace("%", " points")
    return words if x < 0 else f"+{words}"


def _effect_words(effect, measure):
    """An effect in words: ``+12 points``, ``−3.1``, or for counts ``times 0.87``."""
    return _signed(effect.value, measure) if math.isnan(effect.ratio) else f"times {formats.ratio(effect.ratio)}"
