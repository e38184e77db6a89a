"""Periods and the day a file stands for: fiscal years, quarters, months, and how long a period is."""

import calendar
import datetime
import re

import numpy as np
import pandas as pd

from rdclib import parsing, periods
from rdclib.errors import RDCError
from rdclib.intake import reading


def snapshot_day(file, fiscal_year_start):
    """The day that a name such as FY-2020-Q4.csv stands for: the last of that quarter."""
    match = re.search(r"FY[-_ ]?((?:19|20)\d{2})[-_ ]?Q([1-4])", file, re.I)
    if match:
        return periods.parse(f"FY{match[1]}-Q{match[2]}", fiscal_year_start).end
    match = re.search(r"(?<!\d)((?:19|20)\d{2})[-_]?(0[1-9]|1[0-2])[-_]?([0-2]\d|3[01])(?!\d)", file)
    if match:
        try:
            return periods.parse_day(f"{match[1]}-{match[2]}-{match[3]}")
        except RDCError:
            return None
    return None


# Lengths in which results are reported: days, and months.
_DAYS = (1, 7, 14, 28)
_MONTHS = (1, 2, 3, 4, 6, 12)
_MONTH = 30.4  # days


def period_ends(starts, metrics=None):
    """Last days of periods whose first days are given: the gap between them says how long they are.

    Parameters
    ----------
    starts : Series of datetime
    metrics : Series of str, optional
        Whose periods they are; each metric may come in periods of its own length.

    Returns
    -------
    Series of datetime
        Missing where a metric has one period only.
    """
    if metrics is not None and metrics.nunique() > 1:
        parts = [period_ends(own) for _, own in starts.groupby(metrics)]
        return pd.concat(parts).reindex(starts.index)
    days = np.sort(starts.dropna().dt.normalize().unique())
    if len(days) < 2:
        return pd.Series(pd.NaT, index=starts.index, dtype="datetime64[us]")
    gap = int(np.diff(days).min() / np.timedelta64(1, "D"))
    # Four weeks are as long as a February, but begin on other days of the month.
    if gap > 28 or (gap == 28 and len({day.day for day in days.astype("datetime64[D]").tolist()}) == 1):
        step = min(_MONTHS, key=lambda months: abs(months * _MONTH - gap))
        ends = starts + pd.DateOffset(months=step) - pd.Timedelta(days=1)
    else:
        ends = starts + pd.Timedelta(days=gap - 1 if gap in _DAYS else 0)
    return ends.astype("datetime64[us]")


def read_periods(texts, column, order, undecided, fiscal_year_start, *, fiscal=False):
    """First (or last) days of periods: days, months, fiscal years and quarters; bare years are ``fiscal`` or not."""
    result = reading.read(texts, "observations", column, "date", order=order, undecided=undecided)
    if not result.refused.any():
        return result
    values = result.values.to_numpy().copy()
    refused = result.refused.copy()
    found = {}
    for i in np.flatnonzero(refused).tolist():
        text = result.texts[i].as_py()
        if text not in found:
            bare = fiscal and re.fullmatch(r"(?:19|20)\d{2}", text)
            found[text] = _period(f"FY{text}" if bare else text, column, fiscal_year_start)
        if found[text] is not None:
            values[i] = np.datetime64(found[text], "us")
            refused[i] = False
    again = reading.Column(pd.Series(values), refused, result.texts)
    if refused.any():
        why = undecided or "not a period"
        again.kept[why] = refused
        again.remarks.append(("warning", why, "left empty; the text is kept", refused))
    return again


def _period(text, column, fiscal_year_start):
    if day := parsing.month(text):
        last = calendar.monthrange(day.year, day.month)[1]
        return day if column == "period_start" else day.replace(day=last)
    if re.fullmatch(r"(?i)FY[\s-]?\d{4}([\s-]?Q[1-4])?", text):
        label = re.sub(
            r"(?i)FY[\s-]?(\d{4})[\s-]?(Q[1-4])?", lambda m: f"FY{m[1]}" + (f"-{m[2]}" if m[2] else ""), text
        )
        found = periods.parse(label, fiscal_year_start)
        return found.start if column == "period_start" else found.end
    if match := re.fullmatch(r"((?:19|20)\d{2})\s*[- ]?\s*Q([1-4])|Q([1-4])\s*[- ]?\s*((?:19|20)\d{2})", text, re.I):
        year, quarter = int(match[1] or match[4]), int(match[2] or match[3])
        found = periods.parse(f"FY{year}-Q{quarter}")
        return found.start if column == "period_start" else found.end
    if re.fullmatch(r"(?:19|20)\d{2}", text):
        return datetime.date(int(text), 1, 1) if column == "period_start" else datetime.date(int(text), 12, 31)
    return None
