"""The rows behind an indicator: which records belong to it, what each contributes, and why others do not."""

import re

import numpy as np
import pandas as pd

# A reason for leaving a record out begins or ends like this when the data are silent; any other says that the question
# does not arise for the record.
_SILENT = re.compile(r"no .*|.* (not )?(known|coded)")


class CannotTell(Exception):
    """The data do not answer this question; the message says what would make it possible."""


def rows(
    frame,
    *,
    value=None,
    date=None,
    weight=None,
    cluster=None,
    part=None,
    unit=None,
    only=None,
    leave_out=None,
    flags=None,
    note="",
    **more,
):
    """Give the rows of an indicator.

    Parameters
    ----------
    frame : DataFrame
        A table of `Frames`, or one made from it; its index says where a row came from.
    value : Series, optional
        What each row contributes: a truth value for a proportion, an amount for a share of value, a number for a
        quantile or a total.
    date : Series of datetime64, optional
        The day that decides the period. Without it every row counts, as of today.
    weight : Series, optional
        The amount of which ``value`` is a part.
    cluster : Series, optional
        Rows that do not vary on their own, as a rule those of one vendor.
    part : Series, optional
        A group that the result is broken down by, such as the contract type.
    unit : Series, optional
        Name of what the row is about, where that is not a record: a vendor, a pair.
    only : Series of bool, optional
        Rows that the question is about; others are not even left out.
    leave_out : dict of str to Series of bool, optional
        Reasons; a row is counted under the first that holds. One for want of data is worded "no ..." or "... not
        known"; see `unknown`.
    flags : dict of str to Series of bool, optional
        Questions that a row raises, by code.
    note : str
        Something that the reader must know.
    **more : Series
        Further columns that a reader of the rows needs.

    Returns
    -------
    DataFrame
        ``date``, ``department``, ``value``, ``left_out`` (the reason, missing when the row counts) and those of
        ``weight``, ``cluster``, ``part``, ``unit`` that were given; a column ``flag CODE`` for each flag.
    """
    columns = {"department": frame["department"] if "department" in frame else pd.Categorical([None] * len(frame))}
    given = {"value": value, "date": date, "weight": weight, "cluster": cluster, "part": part, "unit": unit}
    columns |= {name: column for name, column in (given | more).items() if column is not None}
    if "value" not in columns:
        columns["value"] = pd.Series(1.0, frame.index)
    codes = np.full(len(frame), -1, dtype=np.int8)
    reasons = pd.Index(list(leave_out or {}), dtype=object)
    for place, holds in enumerate((leave_out or {}).values()):
        holds = _mask(holds)
        codes[holds & (codes < 0)] = place
    columns["left_out"] = pd.Categorical.from_codes(codes, reasons)
    for code, holds in (flags or {}).items():
        columns[f"flag {code}"] = _mask(holds) & (codes < 0)
    made = pd.DataFrame(columns, index=frame.index, copy=False)
    if only is not None:
        made = made[_mask(only)]
    made.attrs = {"note": note}
    return made


def unknown(reasons):
    """Which of the reasons for leaving records out say that the data are silent.

    Parameters
    ----------
    reasons : iterable of str

    Returns
    -------
    list of bool
    """
    return [bool(_SILENT.fullmatch(reason)) for reason in reasons]


def _mask(holds):
    if isinstance(holds, pd.Series):
        holds = holds.fillna(False) if holds.dtype == "boolean" else holds
        holds = holds.to_numpy()
    return np.asarray(holds, dtype=bool)
