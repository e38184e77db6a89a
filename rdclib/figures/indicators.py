"""The portfolio, competition, cycle times and changes of contracts, as figures."""

import numpy as np

from rdclib import formats, style
from rdclib.figures.picture import Picture, axis_as, bars, canvas, grid, label_margin, text_width, wrap

SHOWN = 8  # labels of a panel; the rest is one bar
_ROW = 0.3  # inches for a bar
_FEW = 1_500  # dots that are still told apart


def portfolio(overview):
    """Value and number of contracts in force, by department, vendor, type and year of start.

    Parameters
    ----------
    overview : rdclib.indicators.portfolio.Overview

    Returns
    -------
    Picture or None
        None where no contract was in force in the period.
    """
    if not overview.n:
        return None
    panels = [
        ("By department", _largest(overview.by_department, "other departments")),
        ("By vendor", _largest(overview.by_vendor, "other vendors")),
        ("By contract type", _largest(overview.by_type, "other types")),
        ("By year of start", _latest(overview.by_year)),
    ]
    labels = [wrap(label, 26, 1) for _, rows in panels for label, _, _ in rows]
    heights = [max(len(rows), 1) for _, rows in panels]
    figure, axes = canvas(
        sum(heights) * _ROW + 4 * 0.42 + 0.1,
        rows=4,
        left=label_margin(labels),
        right=0.1,
        top=0.35,
        bottom=0.05,
        gap=0.42,
        height_ratios=heights,
    )
    for panel, (title, rows) in zip(axes, panels, strict=True):
        words = [f"{formats.short_money(value, overview.currency)} · {formats.integer(n)}" for _, value, n in rows]
        bars(panel, [wrap(label, 26, 1) for label, _, _ in rows], [value for _, value, _ in rows], words)
        panel.set_title(title, fontsize=10.5, loc="left", x=0)
    firsts = "; ".join(
        f"{title.lower()}, most is {formats.line(rows[0][0])} ({formats.money(rows[0][1], overview.currency)})"
        for title, rows in panels[:3]
    )
    whole = f"{formats.plural(overview.n, 'contract')} worth {formats.money(overview.value, overview.currency)}"
    alt = f"{whole}: {firsts}."
    caption = (
        f"Contracts in force in {overview.period}: value and number of contracts. {whole}, "
        f"{formats.plural(overview.vendors, 'vendor')}."
    )
    return Picture(figure, alt, caption, "portfolio")


def _largest(table, rest):
    rows = list(table.itertuples(index=False, name=None))
    if len(rows) <= SHOWN + 1:
        return rows
    others = rows[SHOWN:]
    name = f"{formats.integer(len(others))} {rest}"
    return [*rows[:SHOWN], (name, sum(row[1] for row in others), sum(row[2] for row in others))]


def _latest(table):
    rows = list(table.itertuples(index=False, name=None))
    if len(rows) <= SHOWN + 1:
        return rows
    earlier = rows[:-SHOWN]
    return [("earlier years", sum(row[1] for row in earlier), sum(row[2] for row in earlier)), *rows[-SHOWN:]]


def competition(results):
    """How contracts were awarded, and the single-bid rate by department with its interval.

    Parameters
    ----------
    results : dict of str to rdclib.indicators.IndicatorResult

    Returns
    -------
    Picture or None
        None where neither can be computed.
    """
    methods, single = results["CP01"], results["CP02"]
    panels = []
    if methods.computed:
        panels.append(("Method, share of contracts awarded", methods.by_part, "part", methods, ()))
    if single.computed:
        panels.append(("Single-bid rate", single.by_department, "department", single, (0.1, 0.2)))
    alt = "; ".join(_said(result) for result in (methods, single) if result.computed)
    caption = (
        f"Competition in {single.period}. Dots are the values, bars their 95% intervals, the number of records is "
        "beside each label. Dashed lines: up to 10% is good and above 20% is poor in the EU's scheme of 2015."
    )
    return _intervals(panels, alt + ".", caption, "competition")


def contract_changes(results):
    """Contracts amended and cost growth by department, with their intervals.

    Parameters
    ----------
    results : dict of str to rdclib.indicators.IndicatorResult

    Returns
    -------
    Picture or None
        None where neither can be computed.
    """
    amended, growth = results["AM01"], results["AM04"]
    panels = []
    if amended.computed:
        panels.append(("Contracts amended", amended.by_department, "department", amended, ()))
    if growth.computed:
        panels.append(("Cost growth, weighted by value", growth.by_department, "department", growth, (0.1, 0.25)))
    alt = "; ".join(_said(result) for result in (amended, growth) if result.computed)
    caption = (
        f"Changes of contracts in force in {growth.period}. Dots are the values, bars their 95% intervals, the number "
        "of contracts is beside each label. Dashed lines: 10% is looked at, 25% is decided at a higher level."
    )
    return _intervals(panels, alt + ".", caption, "contract-changes")


def _said(result):
    value = formats.value(result.value, result.kind, result.currency)
    interval = formats.interval(result.low, result.high, result.kind, result.currency)
    ends = "" if interval == formats.MISSING else f" ({interval})"
    return f"{result.indicator.name} {value}{ends} of {formats.plural(result.n, 'record')}"


def _intervals(panels, alt, caption, id):
    """Draw dots with intervals, one panel under the other."""
    if not panels:
        return None
    shown = [table.sort_values("n", ascending=False, kind="stable").head(12) for _, table, _, _, _ in panels]
    labels = [
        [f"{wrap(name, 24, 1)} ({formats.integer(n)})" for name, n in zip(table[key], table["n"], strict=True)]
        for table, (_, _, key, _, _) in zip(shown, panels, strict=True)
    ]
    # The whole stands on top, where there is more than one part.
    heights = [len(names) + 1 for names in labels]
    figure, axes = canvas(
        sum(heights) * _ROW + len(panels) * 0.85,
        rows=len(panels),
        left=label_margin([name for names in labels for name in names]),
        right=0.25,
        top=0.4,
        bottom=0.45,
        gap=0.85,
        height_ratios=heights,
    )
    for axis, table, names, (title, _, key, result, limits) in zip(
        np.atleast_1d(axes), shown, labels, panels, strict=True
    ):
        _dots(axis, table, names, result, whole=key == "department", reach=limits[:1])
        for limit in limits:
            axis.axvline(limit, color=style.TARGET, linestyle="--", linewidth=1.1)
        axis.set_title(title, fontsize=10.5, loc="left", x=0)
        axis_as(axis.xaxis, result.kind, result.currency)
        grid(axis, "x")
    return Picture(figure, alt, caption, id)


def _dots(axis, table, names, result, *, whole, reach):
    places = list(range(len(table)))
    values, lows, highs = (table[name].tolist() for name in ("value", "low", "high"))
    if whole:
        names, places = [*names, f"All ({formats.integer(result.n)})"], [*places, len(table) + 0.2]
        values, lows, highs = [*values, result.value], [*lows, result.low], [*highs, result.high]
    axis.hlines(places, lows, highs, color=style.INTERVAL, linewidth=6, zorder=1)
    parts = len(table)
    axis.plot(values[:parts], places[:parts], "o", color=style.DATA, zorder=2)
    axis.plot(values[parts:], places[parts:], "D", color=style.INK, zorder=2)
    axis.set_yticks(places, names)
    axis.set_ylim(places[-1] + 0.6 if places else 0.5, -0.6)
    if result.kind == "share":
        # The nearest threshold is always in sight.
        ends = [0.0, 0.05, *reach, *(x for x in (*values, *lows, *highs) if x == x)]
        room = (max(ends) - min(ends)) * 0.04
        axis.set_xlim(min(ends) - room / 2, max(ends) + room)


def cycle_time(times):
    """Days of each step: box of the middle half, line at the median, a dot for each procurement.

    Parameters
    ----------
    times : rdclib.indicators.cycle_time.CycleTimes

    Returns
    -------
    Picture or None
        None where no step can be measured.
    """
    steps = times.stages[times.stages["n"] > 0]
    if not len(steps):
        return None
    labels = [f"{row.stage}\n({formats.integer(row.n)})" for row in steps.itertuples()]
    words = [
        f"{formats.days(row.median)}" + (f"\n{formats.integer(row.business_median)} business" if times.business else "")
        for row in steps.itertuples()
    ]
    room = max(text_width(word) for word in words) + 0.2
    figure, axis = canvas(len(steps) * 0.62 + 0.75, left=label_margin(labels), right=room, top=0.3, bottom=0.45)
    longest = max(row.p90 for row in steps.itertuples()) * 1.25
    # Dots are spread by a fixed pattern, so that the figure is the same each time it is drawn.
    for place, row in enumerate(steps.itertuples()):
        days = times.days[row.stage]
        drawn = days if len(days) <= _FEW else days[np.linspace(0, len(days) - 1, _FEW).astype(int)]
        spread = (np.arange(len(drawn)) * 0.618034 % 1 - 0.5) * 0.5
        dots = axis.plot(drawn, place + spread, ".", color=style.SECOND, markersize=3.5, zorder=1)
        dots[0].set_rasterized(len(drawn) > 300)
        axis.barh(
            place, row.third - row.first, left=row.first, height=0.5, facecolor="none", edgecolor=style.DATA,
            linewidth=1.6, zorder=2,
        )  # fmt: skip
        axis.plot([row.median, row.median], [place - 0.25, place + 0.25], color=style.INK, linewidth=2.4, zorder=3)
        axis.text(1.02, place, words[place], transform=axis.get_yaxis_transform(), va="center", fontsize=10)
    axis.set_yticks(range(len(steps)), labels)
    axis.set_ylim(len(steps) - 0.5, -0.5)
    axis.set_xlim(0, longest or 1)
    axis_as(axis.xaxis, "integer")
    axis.set_xlabel("calendar days")
    axis.text(1.02, -0.62, "Median", transform=axis.get_yaxis_transform(), fontsize=10, fontweight="bold", va="center")
    grid(axis, "x")
    said = "; ".join(
        f"{row.stage.lower()} {formats.days(row.median)} ({formats.integer(row.n)} measured, nine of ten within "
        f"{formats.days(row.p90)})"
        for row in steps.itertuples()
    )
    beyond = sum(int((times.days[row.stage] > longest).sum()) for row in steps.itertuples())
    off = f" {formats.plural(beyond, 'dot')} further right not shown." if beyond else ""
    caption = (
        f"Days of each step that ended in {times.period}: a dot for each procurement, a box around the middle half, a "
        f"line at the median.{off}"
    )
    return Picture(figure, f"Median of each step: {said}.", caption, "cycle-time")
