"""Indicators as sentences: value, base and gaps."""

from rdclib import formats
from rdclib.indicators import WHAT_INTERVALS_MEAN
from rdclib.narrative.prose import Prose, bullets

_READING = {
    "good": "on the good side of the threshold",
    "between": "between the thresholds",
    "poor": "on the poor side of the threshold",
}


def indicator(result):
    """One indicator in a sentence, for example: Single-bid rate: **23%** (17–30%; 41 of 178).

    Parameters
    ----------
    result : rdclib.indicators.IndicatorResult

    Returns
    -------
    Prose
    """
    name = result.indicator.name
    if not result.computed:
        return Prose(f"{name}: {formats.text(result.note)}")
    value = formats.money(result.value, result.currency) if result.kind == "money" else formats.value(
        result.value, result.kind, result.currency
    )  # fmt: skip
    interval = formats.interval(result.low, result.high, result.kind, result.currency)
    base = (
        formats.integer(result.n)
        if result.hits is None
        else f"{formats.integer(result.hits)} of {formats.integer(result.n)}"
    )
    inside = base if interval == formats.MISSING else f"{interval}; {base}"
    said = f"{name}: **{formats.text(value)}** ({formats.text(inside)})"
    if result.verdict:
        sure = "" if result.verdict_sure or result.low != result.low else ", though the interval reaches over it"
        said += f", {_READING[result.verdict]}{sure}"
    gaps = formats.listing(f"{formats.integer(n)} {reason}" for reason, n in result.left_out.items())
    said += f". Left out: {gaps}." if gaps else "."
    return Prose(f"{said} {formats.text(result.note)}".strip())


def indicators(results, group=""):
    """The indicators of a group, one sentence each; those that cannot be computed are counted.

    Parameters
    ----------
    results : dict of str to rdclib.indicators.IndicatorResult
    group : str
        One group of the catalogue; empty means all.
    """
    chosen = [r for r in results.values() if group in ("", r.indicator.group)]
    return bullets([indicator(r).text for r in chosen if r.computed] or ["None of these can be computed yet."])


def coverage(results):
    """How many of the indicators the data support, and what an interval means."""
    computed = [r for r in results.values() if r.computed]
    warned = [r for r in computed if r.warnings]
    said = f"The city's data support **{len(computed)} of {len(results)}** indicators"
    said += (
        f"; {formats.plural(len(warned), 'of them rests', 'of them rest')} on a column under 80% complete."
        if warned
        else "."
    )
    raised = sum(int(r.flags["fired"].sum()) for r in computed)
    asked = f" The records raise {formats.plural(raised, 'question')}; none of them is a verdict." if raised else ""
    return Prose(f"{said}{asked}\n\n{WHAT_INTERVALS_MEAN}")
