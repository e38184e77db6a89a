"""From the catalogue's words and the rows of the code to results."""

import importlib
import operator

import numpy as np
import pandas as pd

from rdclib import schemas
from rdclib.catalogue import load_indicators
from rdclib.engagement import remembered
from rdclib.errors import CatalogueError
from rdclib.indicators import measures
from rdclib.indicators.breakdowns import counting
from rdclib.indicators.frames import frames_of
from rdclib.indicators.result import COMPLETE, MAJORITY, Coverage, IndicatorResult
from rdclib.indicators.rows import CannotTell, unknown

_COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}

# Why records that count give no value all the same.
_NO_SHARE = "The amounts that count, with their credits, give no share between 0% and 100%, so no value is given."
_NO_RATIO = "There is nothing to divide by, so no value is given."


def compute(id, records, minimum_n=None):
    """Compute one indicator.

    Parameters
    ----------
    id : str
        An id of data/catalogue/indicators.csv, for example ``CP02``.
    records : rdclib.records.Records
    minimum_n : int, optional
        Fewest records that give a value; the catalogue's unless given.

    Returns
    -------
    IndicatorResult
        With a note instead of a value where the data cannot tell.

    Raises
    ------
    CatalogueError
        When there is no such indicator.
    """
    found = [item for item in load_indicators() if item.id == id]
    if not found:
        raise CatalogueError(
            f"There is no indicator '{id}'.", fix="Take an id of data/catalogue/indicators.csv, for example CP02."
        )
    return _compute(found[0], frames_of(records), minimum_n)


@remembered
def compute_all(records):
    """Compute every indicator of the catalogue.

    Returns
    -------
    dict of str to IndicatorResult
        By id, in the catalogue's order; those that cannot be computed have a note.
    """
    frames = frames_of(records)
    return {item.id: _compute(item, frames, None) for item in load_indicators()}


def _compute(indicator, frames, minimum_n):
    minimum = int(float(indicator.minimum_n)) if minimum_n is None else minimum_n
    coverage = _coverage(indicator, frames)
    if absent := [column.field for column in coverage if not column.share > 0]:
        return _silent(indicator, frames, coverage, _needs(absent))
    module, name = indicator.function.split(".")
    try:
        rows = getattr(importlib.import_module(f"rdclib.indicators.{module}"), name)(frames)
    except CannotTell as why:
        return _silent(indicator, frames, coverage, str(why))
    tentative = bool(rows.attrs.get("tentative"))
    rows, notes = _in_period(rows, frames)
    coverage = _coverage(indicator, frames, rows.index)
    counts = counting(rows)
    left_out = _left_out(rows["left_out"].cat, counts)
    value, low, high, n = (part[0] for part in measures.of(indicator)(rows, np.where(counts, 0, -1), 1))
    silent = int(left_out[unknown(left_out.index)].sum())
    known = counts.sum() / (counts.sum() + silent) if counts.any() else 0.0
    common = {
        "indicator": indicator,
        "period": frames.records.period,
        "until": frames.end,
        "minimum_n": minimum,
        "n": int(n),
        "left_out": left_out,
        "coverage": coverage,
        "warnings": _warnings(coverage),
        "currency": frames.facts.currency,
        "tentative": tentative or known < MAJORITY,
        "rows": rows,
        "counts": counts,
    }
    if n < minimum or not counts.any():
        found = f"only {int(n):,} of the {minimum:,} that it takes" if n else "none"
        notes.append(f"Records that count: {found}, so no value is given.")
        return IndicatorResult(**common, note=" ".join(notes))
    if np.isnan(value):
        notes.append(_NO_SHARE if indicator.unit == "share" else _NO_RATIO)
        return IndicatorResult(**common, note=" ".join(notes))
    if known < MAJORITY:
        notes.append(f"Known for {_small(known)} of the records that it asks about, too few to speak for the rest.")
    side, sure = ("", False) if common["tentative"] else verdict(indicator, value, low, high)
    return IndicatorResult(
        **common,
        value=float(value),
        low=float(low),
        high=float(high),
        verdict=side,
        verdict_sure=sure,
        note=" ".join(notes),
    )


def _left_out(reasons, counts):
    """Number of rows for each reason, most first; a value that nobody can read never counts."""
    codes = reasons.codes.to_numpy()
    found = np.bincount(codes[codes >= 0], minlength=len(reasons.categories))
    order = np.argsort(-found, kind="stable")
    order = order[found[order] > 0]
    left_out = pd.Series(found[order], reasons.categories[order])
    if extra := int((codes < 0).sum() - counts.sum()):
        left_out.loc["no value"] = extra
    return left_out


def _silent(indicator, frames, coverage, note):
    return IndicatorResult(indicator, frames.records.period, coverage=coverage, note=note)


def _in_period(rows, frames):
    """Rows of the period, with notes on those whose day is not known."""
    notes = [rows.attrs["note"]] if rows.attrs["note"] else []
    if "date" not in rows or not len(rows):
        return rows, notes
    dates = rows["date"].to_numpy()
    unknown = np.isnat(dates)
    if unknown.all():
        notes.append("The records carry no date for this, so all of them are counted, whatever their period.")
        return rows, notes
    inside = (dates >= frames.start.to_datetime64()) & (
        dates < (frames.end.normalize() + pd.Timedelta(days=1)).to_datetime64()
    )
    rows = rows[inside | unknown]
    if unknown.any():
        rows["left_out"] = (
            rows["left_out"]
            .cat.add_categories("no date")
            .mask(rows["left_out"].isna() & rows["date"].isna(), "no date")
        )
    rows.attrs = {}
    return rows, notes


def _coverage(indicator, frames, index=None):
    """How complete each needed column is; of alternatives, the first that has anything."""
    shares = []
    for group in indicator.required_fields:
        options = group.split("|")
        tables = {name.split(".")[0] for name in options}
        if len(tables) > 1:
            options = next((o for o in ([o] for o in options) if _present(frames, o, None)[0]), options)
        known, size = _present(frames, options, index if tables == {indicator.table} else None)
        shares.append(Coverage("|".join(options), known / size if size else np.nan, size))
    return tuple(shares)


def _present(frames, options, index):
    """Rows in which one of the columns has a value, and rows in all; of columns of several tables, the first that any
    row has.
    """
    known = np.zeros(0, bool)
    for option in options:
        table, column = option.split(".")
        has = _filled(frames, table, column)
        known = known | has if len(known) == len(has) else known if known.any() else has
    if index is not None and len(known):
        known = known[index]
    return int(known.sum()), len(known)


def _filled(frames, table, column):
    """Which rows of a table have a value, looked up once."""
    cache = frames.__dict__.setdefault("_presence", {})
    if (table, column) not in cache:
        frame = getattr(frames, table)
        cache[table, column] = frame[column].notna().to_numpy() if column in frame else np.zeros(len(frame), bool)
    return cache[table, column]


def _small(share):
    return f"{share * 100:.0f}%" if share >= 0.01 else "under 1%"


def field_title(field):
    """A column's title with its name, for example ``Award date (contracts.award_date)``."""
    titles = []
    for option in field.split("|"):
        table, column = option.split(".")
        declared = schemas.CONTRACT_CODING if table == "coding" else schemas.TABLES.get(table)
        title = declared.columns[column].title if declared is not None and column in declared.columns else column
        titles.append(f"{title} ({option})")
    return " or ".join(titles)


def _needs(absent):
    fields = "; ".join(field_title(field) for field in absent)
    filled_in = {"coding": "the form for reading contracts", "actions": "the action log"}
    forms = sorted({words for table, words in filled_in.items() if any(f.startswith(table + ".") for f in absent)})
    if forms:
        return f"Cannot be computed yet: {fields}. Filling in {' and '.join(forms)} would make it possible."
    columns = "That column" if len(absent) == 1 else "Those columns"
    return f"Cannot be computed: the city's files have no value for {fields}. {columns} would make it possible."


def _warnings(coverage):
    return tuple(
        f"{field_title(column.field)} is filled in for {column.share * column.rows:,.0f} of {column.rows:,} rows, "
        f"under {COMPLETE * 100:.0f}%."
        for column in coverage
        if column.share < COMPLETE
    )


def verdict(indicator, value, low, high):
    """Place of a value against its indicator's threshold, and whether its whole interval lies there.

    Parameters
    ----------
    indicator : rdclib.catalogue.Indicator
    value, low, high : float

    Returns
    -------
    (str, bool)
        ``"good"``, ``"between"``, ``"poor"``, or empty without a threshold.
    """

    def place(x):
        if indicator.good_if and _holds(indicator.good_if, x):
            return "good"
        if indicator.poor_if and _holds(indicator.poor_if, x):
            return "poor"
        if indicator.good_if and indicator.poor_if:
            return "between"
        return "poor" if indicator.good_if else "good" if indicator.poor_if else ""

    side = place(value)
    ends = [x for x in (low, high) if x == x]
    return side, bool(side) and len(ends) == 2 and all(place(x) == side for x in ends)


def _holds(rule, x):
    sign = next(sign for sign in _COMPARE if rule.startswith(sign))
    return _COMPARE[sign](x, float(rule.removeprefix(sign)))
