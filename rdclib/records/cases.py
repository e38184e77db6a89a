"""Cases counted into observations."""

import numpy as np
import pandas as pd

from rdclib.records.typed import as_table


def roll_up(cases, metric_id, *, from_day, to_day=None, within="", by=()):
    """Observations counted from cases: how many went from one day to another, by month of the first.

    Parameters
    ----------
    cases : DataFrame
        The table ``cases``.
    metric_id : str
        The metric that the result is.
    from_day, to_day : str
        Columns with days; the share of cases with a ``to_day`` among those with a ``from_day`` is the value. Without
        ``to_day`` the value is the number of cases.
    within : str
        A column with the day by which ``to_day`` must lie to count.
    by : sequence of str
        "contract_id", "vendor_id", "group" or "place": one observation for each value.

    Returns
    -------
    DataFrame
        The table ``observations``.
    """
    known = cases[cases[from_day].notna()]
    if to_day is None:
        hit = pd.Series(True, index=known.index)
    else:
        hit = known[to_day].notna()
        if within:
            hit &= known[to_day] <= known[within]
    first = known[from_day].dt.to_period("M").dt.start_time.astype("datetime64[us]")
    keys = [first.rename("period_start"), *(known[name] for name in by)]
    counted = hit.groupby(keys, dropna=False).agg(["sum", "size"]).reset_index()
    out = counted.rename(columns={"sum": "numerator", "size": "denominator", "place": "site", "group": "stratum"})
    out["metric_id"] = metric_id
    out["period_end"] = (out["period_start"] + pd.offsets.MonthEnd(0)).astype("datetime64[us]")
    if to_day is None:
        out["value"], out["numerator"], out["denominator"] = out["denominator"], np.nan, np.nan
    else:
        out["value"] = out["numerator"] / out["denominator"] * 100
    if "group" in by:
        out["stratum_kind"] = "group"
    out["source_file"] = "cases"
    return as_table(out, "observations")
