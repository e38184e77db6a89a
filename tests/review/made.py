"""Monthly results for tests."""

import pandas as pd

from tests import build

SHARE = {
    "id": "m",
    "name": "Done well",
    "unit": "%",
    "measure_type": "proportion",
    "direction": "higher",
    "layer": "outcome",
}
DAYS = {"id": "m", "name": "Days", "unit": "days", "measure_type": "duration", "direction": "lower", "layer": "output"}
SCORE = {
    "id": "m",
    "name": "Score",
    "unit": "score",
    "measure_type": "score",
    "direction": "higher",
    "layer": "outcome",
}
COUNT = {"id": "m", "name": "Events", "unit": "count", "measure_type": "count", "direction": "lower", "layer": "output"}


def months(values, *, first="2021-07", vendor="V1", metric="m", counted=None, **more):
    """One observation a month; None leaves the month out; ``counted`` gives numerators over these denominators."""
    rows = []
    for place, (start, value) in enumerate(
        zip(pd.period_range(first, periods=len(values), freq="M"), values, strict=True)
    ):
        if value is None:
            continue
        row = {
            "vendor_id": vendor,
            "vendor_name": vendor,
            "period_start": start.start_time.date().isoformat(),
            "period_end": start.end_time.date().isoformat(),
        }
        if counted is None:
            row["value"] = value
        else:
            size = counted[place] if isinstance(counted, list) else counted
            row |= {"numerator": value, "denominator": size}
        rows.append(build.observation(metric, **(row | more)))
    return rows
