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
from rdclib.indicators.frames import frames_of
from rdclib.indicators.result import COMPLETE, MAJORITY, IndicatorResult, breakdown
from rdclib.indicators.rows import CannotTell, unknown

NOT_GIVEN = "not given"
# The measure that goes with a summary unless the catalogue names another.
_USUAL = {
    "proportion": "proportion",
    "value_share": "value_share",
    "quantile": "quantile",
    "total": "total",
    "flag": "flagged",
}
_COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


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


def questions(indicator):
    """Questions that an indicator's rows raise: code to wording."""
    parts = (part.partition(":") for part in indicator.question.split(" | ") if part.strip())
    return {code.strip(): wording.strip() for code, _, wording in parts}


def _compute(indicator, frames, minimum_n):
    minimum = int(float(indicator.minimum_n)) if minimum_n is None else minimum_n
    coverage = _coverage(indicator, frames)
    absent = coverage.loc[coverage["share"].fillna(0) == 0, "field"]
    if len(absent):
        return _silent(indicator, frames, coverage, _needs(absent))
    module, name = indicator.function.split(".")
    try:
        rows = getattr(importlib.import_module(f"rdclib.indicators.{module}"), name)(frames)
    except CannotTell as why:
        return _silent(indicator, frames, coverage, str(why))
    tentative = bool(rows.attrs.get("tentative"))
    rows, notes = _in_period(rows, frames)
    coverage = _coverage(indicator, frames, rows.index)
    # A value that nobody can read never counts.
    unread = rows["left_out"].isna().to_numpy()
    counts = unread & rows["value"].notna().to_numpy()
    if "weight" in rows:
        counts &= rows["weight"].notna().to_numpy()
    left_out = rows["left_out"].value_counts()
    left_out = left_out[left_out > 0].rename(None)
    left_out.index = left_out.index.astype(object)
    if extra := int(unread.sum() - counts.sum()):
        left_out.loc["no value"] = extra
    counted = rows if counts.all() else rows[counts]
    measure = getattr(measures, indicator.measure or _USUAL[indicator.summary])
    value, low, high, n = (part[0] for part in measure(counted, np.zeros(len(counted), np.int64), 1))
    silent = int(left_out[unknown(left_out.index)].sum())
    known = counts.sum() / (counts.sum() + silent) if counts.any() else 0.0
    common = {
        "indicator": indicator,
        "period": frames.records.period,
        "n": int(n),
        "left_out": left_out,
        "coverage": coverage,
        "warnings": _warnings(coverage),
        "currency": frames.facts.currency,
        "tentative": tentative or known < MAJORITY,
        "rows": rows,
    }
    if n < minimum or not len(counted):
        found = f"only {int(n):,} of the {minimum:,} that it takes" if n else "none"
        notes.append(f"Records that count: {found}, so no value is given.")
        return IndicatorResult(**common, note=" ".join(notes))
    small = minimum if low != low and high != high else 1
    if known < MAJORITY:
        notes.append(f"Known for {_small(known)} of the records that it asks about, too few to speak for the rest.")
    side, sure = ("", False) if common["tentative"] else verdict(indicator, value, low, high)
    return IndicatorResult(
        **common,
        value=float(value),
        low=float(low),
        high=float(high),
        by_department=_by_label(counted, "department", measure, small),
        by_part=_by_label(counted, "part", measures.PARTS.get(measure, measure), 1)
        if "part" in counted
        else breakdown("part"),
        by_quarter=_by_quarter(counted, frames, measure, small),
        flags=_flags(indicator, counted),
        verdict=side,
        verdict_sure=sure,
        note=" ".join(notes),
    )


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
        shares.append(("|".join(options), known / size if size else np.nan, size))
    return pd.DataFrame(shares, columns=["field", "share", "rows"])


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
    low = coverage[coverage["share"] < COMPLETE]
    return tuple(
        f"{field_title(row.field)} is filled in for {row.share * row.rows:,.0f} of {row.rows:,} rows, under "
        f"{COMPLETE * 100:.0f}%."
        for row in low.itertuples()
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


def _by_label(rows, column, measure, small):
    """A measure for each label of a column; rows without a label come last."""
    labels = (
        rows[column].astype("category") if not isinstance(rows[column].dtype, pd.CategoricalDtype) else rows[column]
    )
    names = list(labels.cat.categories)
    codes = labels.cat.codes.to_numpy().astype(np.int64)
    codes = np.where(codes < 0, len(names), codes)
    if not len(names) or (codes == len(names)).all():
        return breakdown(column)
    found = _table(column, [*names, NOT_GIVEN], measure, rows, codes, small)
    return found[found["n"].to_numpy() > 0].reset_index(drop=True)


def _by_quarter(rows, frames, measure, small):
    if "date" not in rows or rows["date"].isna().all():
        return breakdown("quarter")
    quarters = [q for q in frames.records.period.quarters() if pd.Timestamp(q.start) <= frames.end]
    starts = np.array([q.start for q in quarters], dtype="datetime64[us]")
    codes = np.searchsorted(starts, rows["date"].to_numpy().astype("datetime64[us]"), side="right") - 1
    return _table("quarter", [q.label for q in quarters], measure, rows, codes, small)


def _table(name, labels, measure, rows, codes, small):
    value, low, high, n = measure(rows, codes, len(labels))
    enough = n >= small
    return breakdown(
        name, labels, np.where(enough, value, np.nan), np.where(enough, low, np.nan), np.where(enough, high, np.nan), n
    )


def _flags(indicator, rows):
    worded = questions(indicator)
    codes = [name.removeprefix("flag ") for name in rows if name.startswith("flag ")]
    return pd.DataFrame(
        {
            "code": codes,
            "question": [worded[code] for code in codes],
            "fired": [int(rows[f"flag {code}"].sum()) for code in codes],
            "n": [len(rows)] * len(codes),
        }
    )
