"""Wide sheets made long: a column a month, a column a measure, or a measure with its limits and counts beside it."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rdclib import parsing
from rdclib.intake.reading import slug

# What a column says about the measure whose name it repeats: "Lower Estimate - Mortality" beside "Mortality".
ROLES = (
    ("target_low", r"\b(?:target|goal) (?:low|lower|from|min|minimum)$|^(?:lower|minimum|min) (?:target|goal)$"),
    ("target_high", r"\b(?:target|goal) (?:high|upper|to|max|maximum)$|^(?:upper|maximum|max) (?:target|goal)$"),
    ("low", r"^lower\b|\blower (?:limit|estimate|ci|confidence)|\blcl$"),
    ("high", r"^upper\b|\bupper (?:limit|estimate|ci|confidence)|\bucl$"),
    (
        "denominator",
        r"^number of (?:patients|cases|clients|people|discharges)|\bdenominator\b|^(?:n|base|sample size)$",
    ),
    ("numerator", r"\bnumerator\b|^(?:events|number of events)$"),
    ("target", r"\btarget\b|\bgoal\b"),
)
MEASURE_SHARE = 0.6  # a measure's column holds figures in at least this share of its filled cells


def plan(block, sure, table):
    """Which columns are stacked, and what each stands for.

    Parameters
    ----------
    block : Block
    sure : dict of str to (position, Match)
        Columns that are recognised.
    table : str

    Returns
    -------
    list of dict
        One a stacked column: ``positions`` {our column: position}, ``metric``, ``month``; empty for a long sheet.
    """
    if table not in ("observations", "payments") or not block.n:
        return []
    used = {at for at, _ in sure.values()}
    contents = block.look()
    free = [j for j in range(len(block.headings)) if j not in used]
    months = {j: parsing.month(block.own[j]) or _year_start(block.own[j]) for j in free}
    months = {j: day for j, day in months.items() if day and contents[j].figures >= MEASURE_SHARE}
    main = "value" if table == "observations" else "payment_amount"
    if len(months) >= 2 and main not in sure:
        return [{"positions": {main: j}, "metric": "", "month": day} for j, day in months.items()]
    if table != "observations" or "metric_id" in sure:
        return []
    if "value" in sure or "numerator" in sure:
        return []
    roles = _roles(block, free)
    measures = []
    for j in free:
        seen = contents[j]
        heading = block.headings[j]
        if j in roles or not seen.filled or seen.figures < MEASURE_SHARE or _is_label(heading):
            continue
        positions = {"value": j}
        for k, (role, name) in roles.items():
            if name == parsing.fold(heading) and role != "other":
                positions[role] = k
        measures.append({"positions": positions, "metric": slug(heading), "month": None})
    return measures


def _year_start(text):
    import datetime

    match = re.fullmatch(r"(?:FY|CY)?\s?((?:19|20)\d{2})", text.strip())
    return datetime.date(int(match[1]), 1, 1) if match else None


def _roles(block, free):
    """Columns that say something about another one: position -> (role, folded heading of the measure)."""
    found = {}
    names = {parsing.fold(block.headings[j]) for j in free}
    for j in free:
        for left, right in _halves(block.headings[j]):
            if parsing.fold(right) in names and parsing.fold(right) != parsing.fold(block.headings[j]):
                role = next((name for name, shape in ROLES if re.search(shape, parsing.fold(left))), "other")
                found[j] = (role, parsing.fold(right))
    return found


def _halves(heading):
    for mark in (" - ", " – ", ": ", "_"):
        parts = heading.split(mark)
        for i in range(1, len(parts)):
            left, right = mark.join(parts[:i]), mark.join(parts[i:])
            yield left, right
            yield right, left


def _is_label(heading):
    """Numbers that name something instead of measuring it."""
    words = parsing.fold(heading)
    return bool(
        re.search(r"\b(?:id|number|no|code|zip|phone|latitude|longitude|year|seq|region|ward)\b", words)
    ) and not re.search(r"\bnumber of\b|\btotal number\b", words)


def stack(block, sure, planned):
    """The long table: for each stacked column, all rows once; rows whose cells are all blank are left out.

    Returns
    -------
    tuple
        ``{our column: arrow array}``, positions of the rows (indices into the block's rows), metric ids and months.
    """
    every = sorted({name for part in planned for name in part["positions"]})
    pieces = {name: [] for name in every}
    rows, metrics, months = [], [], []
    for part in planned:
        texts = {name: parsing.as_text(block.columns[at]) for name, at in part["positions"].items()}
        filled = np.zeros(block.n, dtype=bool)
        for text in texts.values():
            blank = pc.equal(pc.utf8_trim_whitespace(text), "")
            filled |= ~np.asarray(pc.fill_null(blank, True).to_numpy(zero_copy_only=False))
        at = np.flatnonzero(filled)
        rows.append(at)
        for name in every:
            none = pa.nulls(len(at), pa.string())
            pieces[name].append(texts[name].take(pa.array(at)) if name in texts else none)
        metrics += [part["metric"]] * len(at)
        months += [part["month"]] * len(at)
    columns = {name: pa.concat_arrays(parts) for name, parts in pieces.items()}
    where = np.concatenate(rows)
    return columns, where, metrics, months
