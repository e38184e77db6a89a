"""From the goal to the metric schedule and its payment, as figures."""

import math
import textwrap

import numpy as np

from rdclib import formats, style
from rdclib.figures.picture import InSight, Picture, axis_as, bars, canvas, end_labels, grid, label_margin, wrap

SHOWN = 12
_QUESTIONS = {
    "input": "what goes in",
    "activity": "what is done",
    "output": "what is delivered",
    "outcome": "what residents gain",
    "impact": "net of other causes",
}


def logic_model(selection):
    """Chain from input to impact with the metrics that measure each layer; empty layers stay visible.

    Parameters
    ----------
    selection : rdclib.selection.Selection

    Returns
    -------
    Picture
    """
    blocks = [_lines(layer) for layer in selection.logic_model]
    step, gap = 0.2, 0.28
    heights = [max(len(lines), 2) * step + 0.16 for lines in blocks]
    total = sum(heights) + gap * (len(blocks) - 1)
    figure, axes = canvas(total + 0.2, left=0.1, right=0.1, top=0.1, bottom=0.1)
    width = style.WIDTH - 0.2
    axes.set_xlim(0, width)
    axes.set_ylim(total, 0)
    axes.axis("off")
    top = 0.0
    for layer, lines, height in zip(selection.logic_model, blocks, heights, strict=True):
        empty = layer.empty
        axes.add_patch(
            _box(0, top, width, height, facecolor=style.PAPER if empty else style.PANEL, edgecolor=style.MUTED,
                 linestyle="--" if empty else "-")
        )  # fmt: skip
        middle = top + height / 2
        axes.text(0.12, middle - 0.09, layer.name.capitalize(), weight="bold", va="center")
        axes.text(0.12, middle + 0.11, _QUESTIONS[layer.name], va="center", color=style.MUTED, fontsize=8.5)
        for k, (text, measured) in enumerate(lines):
            y = middle + (k - (len(lines) - 1) / 2) * step
            axes.text(1.95, y, text, va="center", color=style.DATA if measured else style.INK, fontsize=9.5)
        if not lines:
            axes.text(1.95, middle, "nothing entered, nothing measured", va="center", color=style.MUTED, fontsize=9.5)
        top += height
        if layer is not selection.logic_model[-1]:
            axes.annotate(
                "", xy=(0.6, top + gap), xytext=(0.6, top), arrowprops={"arrowstyle": "->", "color": style.MUTED}
            )
        top += gap
    says = "; ".join(
        f"{layer.name}: {', '.join([*layer.entered, *(m.name for m in layer.metrics)]) or 'empty'}"
        for layer in selection.logic_model
    )
    caption = (
        "Logic model of the contract. Metrics of the schedule are marked ■; a dashed layer has neither text nor metric."
    )
    return Picture(figure, f"Logic model. {says}.", caption, "logic-model")


def _lines(layer):
    """What a layer shows: (text, whether it is a metric)."""
    found = [(textwrap.shorten(formats.line(text), 56, placeholder="…"), False) for text in layer.entered]
    return found + [(f"■ {m.id} {textwrap.shorten(m.name, 46, placeholder='…')}", True) for m in layer.metrics]


def _box(x, y, width, height, **look):
    from matplotlib.patches import FancyBboxPatch

    pad = 0.04
    return FancyBboxPatch((x + pad, y + pad), width - 2 * pad, height - 2 * pad, boxstyle="round,pad=0.03", **look)


def candidates(selection):
    """How surely each candidate is among the first five, over all weights and raters."""
    places = selection.ranking.places[:SHOWN]
    chosen = {m.metric.id for m in selection.members}
    marks = ["● " if p.metric.id in chosen else "" for p in places]
    labels = [wrap(f"{mark}{p.metric.id} {p.metric.name}", 30) for mark, p in zip(marks, places, strict=True)]
    figure, axes = canvas(0.42 * max(len(places), 1) + 0.3, left=label_margin(labels), top=0.1, bottom=0.15)
    words = [formats.share(p.top_share) + (" no pay" if p.failed_gates else "") for p in places]
    colors = [style.DATA if p.metric.id in chosen else style.SECOND for p in places]
    hatches = ["////" if p.failed_gates else "" for p in places]
    bars(axes, labels, [p.top_share for p in places], words, colors=colors, hatches=hatches)
    left = len(selection.ranking.places) - len(places)
    alt = "Chance of being among the first five: " + "; ".join(
        f"{p.metric.name} {formats.share(p.top_share)}" for p in places
    )
    caption = (
        "How often a candidate is among the first five when weights and raters are drawn at random "
        f"{formats.integer(selection.ranking.draws)} times; in the order of their mean score. ● in the set; hatched: "
        "fails a gate, so no payment may rest on it."
        + (f" {formats.plural(left, 'candidate')} further down not shown." if left > 0 else "")
    )
    return Picture(figure, f"{alt}.", caption, "candidates-order")


def baselines(selection):
    """History, natural limits and target of each metric of the set that has data."""
    lines = [line for line in selection.lines if line.metric.id in selection.histories]
    if not lines:
        figure, axes = canvas(0.9, left=0.1, bottom=0.1, top=0.1)
        axes.axis("off")
        axes.text(0.5, 0.5, "No metric of the set has history yet.", ha="center", va="center", transform=axes.transAxes)
        return Picture(
            figure, "No metric of the set has history yet.", "History of the metrics: none yet.", "baselines"
        )
    height = 1.35
    figure, panels = canvas(
        len(lines) * (height + 0.55) + 0.25, rows=len(lines), left=0.75, right=0.95, top=0.4, bottom=0.4, gap=0.55
    )
    for axes, line in zip(np.atleast_1d(panels), lines, strict=True):
        _history(axes, line, selection.histories[line.metric.id])
    alt = " ".join(_told(line) for line in lines)
    caption = (
        "History of each metric in its unit, with its mean (solid), natural limits (shaded; from six points on) and "
        "target (dashed). A gap is a period without data."
    )
    return Picture(figure, alt, caption, "baselines")


def _history(axes, line, history):
    start, target, labels = line.baseline, line.target, []
    axes.tick_params(labelsize=8.5)  # before there are ticks: one is quicker changed than all
    table = history.table
    at = np.arange(len(table))
    values = table["value"].to_numpy(dtype=float)
    shown = slice(max(len(table) - 36, 0), None)
    at, values = at[shown], values[shown]
    if start.kind == "natural limits":
        axes.axhspan(start.low, start.high, color=style.INTERVAL, alpha=0.45, linewidth=0)
        axes.axhline(start.value, color=style.MUTED, linewidth=1.2)
        labels.append((start.value, formats.number(start.value), style.MUTED))
    axes.plot(at, values, color=style.DATA, marker="o", markersize=3.5, linewidth=1.3)
    refused = " refused" if math.isnan(target.value) else ""
    for wanted in (x for x in (target.asked, target.high) if not math.isnan(x)):
        axes.axhline(wanted, color=style.TARGET, linestyle="--", linewidth=1.5)
        labels.append((wanted, f"{formats.number(wanted)}{refused or ' target'}", style.TARGET))
    ends = [
        v
        for v in (start.low, start.high, target.asked, target.high, np.nanmin(values), np.nanmax(values))
        if math.isfinite(v)
    ]
    room = (max(ends) - min(ends)) * 0.1 or 1.0
    axes.set_ylim(min(ends) - room, max(ends) + room)
    end_labels(axes, labels)
    axes.set_xlim(at[0] - 0.5, at[-1] + 0.5)
    unit = f" ({line.metric.unit})" if line.metric.unit else ""
    axes.set_title(textwrap.shorten(f"{line.metric.id} {line.metric.name}", 52, placeholder="…") + unit, fontsize=9.5)
    starts = table["period_start"]
    ticks = [k for k in (at[0], at[len(at) // 2], at[-1]) if starts.iloc[k] == starts.iloc[k]]
    axes.set_xticks(ticks, [f"{formats.MONTHS[starts.iloc[k].month - 1][:3]} {starts.iloc[k].year}" for k in ticks])
    axes.yaxis.set_major_locator(InSight(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    grid(axes, along="y")


def _told(line):
    start = line.baseline
    if not start.usable:
        return f"{line.metric.name}: {formats.plural(start.n, 'point')}, no baseline."
    limits = formats.interval(start.low, start.high)
    wanted, high = line.target.value, line.target.high
    words = formats.number(wanted) if math.isnan(high) else formats.interval(wanted, high)
    target = "" if math.isnan(wanted) else f", target {words}"
    return f"{line.metric.name}: mean {formats.number(start.value)}, natural limits {limits}{target}."


def payment_trial(selection):
    """What each design would pay by luck alone, against the most that the city can owe."""
    tried = selection.simulations
    if not tried:
        figure, axes = canvas(0.9, left=0.1, bottom=0.1, top=0.1)
        axes.axis("off")
        axes.text(0.5, 0.5, "No payment could be tried yet.", ha="center", va="center", transform=axes.transAxes)
        return Picture(figure, selection.trial_note or "No payment could be tried.", "Payment designs: none tried.",
                       "payment-trial-figure")  # fmt: skip
    labels = [wrap(f"{s.design.name}, {s.scenario}", 30) for s in tried]
    figure, axes = canvas(0.46 * len(tried) + 0.75, left=label_margin(labels), top=0.1, bottom=0.65, right=0.3)
    for k, one in enumerate(tried):
        color = style.DATA if one.scenario == "as in history" else style.TARGET
        axes.plot([one.city.low, one.city.high], [k, k], color=color, linewidth=5, alpha=0.45, solid_capstyle="butt")
        axes.plot([one.city.expected], [k], color=color, marker="o" if one.scenario == "as in history" else "D")
        if math.isfinite(one.worst_case):
            axes.plot([one.worst_case], [k], color=style.CONCERN, marker="|", markersize=14, markeredgewidth=2)
    axes.set_yticks(range(len(tried)), labels)
    axes.set_ylim(len(tried) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.locator_params(axis="x", nbins=5)
    axis_as(axes.xaxis, "money", selection.currency)
    axes.set_xlabel("Paid in a year")
    grid(axes)
    says = "; ".join(
        f"{s.design.name}, {s.scenario}: {formats.money(s.city.expected, selection.currency)} "
        f"({formats.interval(s.city.low, s.city.high, 'money', selection.currency)})"
        for s in tried
    )
    caption = (
        "Payment over twelve periods: mean (mark) and the range of nine draws in ten (bar). The upright stroke is the "
        "most that the city can owe. True results are fixed in each scenario, so bars show luck alone."
    )
    return Picture(figure, f"Payment by design. {says}.", caption, "payment-trial-figure")
