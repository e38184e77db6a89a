"""Results as a city might send them: everyday numbers, and now and then what nobody expects."""

import pandas as pd
from hypothesis import strategies as st

from tests import build

TYPES = ("proportion", "rate", "ratio", "count", "duration", "amount", "score", "events", "days_between", "")
DIRECTIONS = ("higher", "lower", "band", "closer to 1", "context")
UNITS = ("%", "days", "$", "ratio", "per 1,000 nights", "count", "")
# Everyday numbers of one size each, and now and then what nobody expects.
SIZES = (st.floats(0, 1), st.floats(0, 100), st.integers(0, 40).map(float), st.floats(0, 1e6), st.just(7.0))
STRANGE = st.sampled_from([None, 0.0, -1.0, -5.5, 1e12, 1e-12])
COUNTS = st.one_of(st.integers(0, 50), st.sampled_from([None, 0, -2, 60, 10**9]))


@st.composite
def sent(draw):
    """Metrics, and rows of results of some vendors: months, weeks, days or years with gaps, parts and repetitions."""
    rows, metrics = [], []
    for place in range(draw(st.integers(1, 2))):
        words = {"measure_type": TYPES, "direction": DIRECTIONS, "unit": UNITS, "layer": ("outcome", "output")}
        metric = {name: draw(st.sampled_from(known)) for name, known in words.items()}
        metrics.append({"id": f"m{place}", "name": f"Metric {place}", **metric})
        usual = draw(st.sampled_from(SIZES))
        numbers = st.one_of(usual, usual, usual, STRANGE)
        step, length = draw(st.sampled_from(["M", "M", "Q", "W", "Y", "D"])), draw(st.integers(1, 14))
        counted, grouped = draw(st.sampled_from(["value", "counts", "both"])), draw(st.booleans())
        more = {"target": draw(st.sampled_from([None, 0.5, 50])), "low": draw(st.sampled_from([None, None, 0.1]))}
        for vendor in range(draw(st.sampled_from([1, 2, 6]))):
            for period in pd.period_range("2022-01", periods=length, freq=step):
                row = more | {"vendor_id": f"V{vendor}", "period_start": period.start_time.date().isoformat()}
                if draw(st.integers(0, 9)):
                    row["period_end"] = period.end_time.date().isoformat()
                if counted != "counts":
                    row["value"] = draw(numbers)
                if counted != "value":
                    row |= {"numerator": draw(COUNTS), "denominator": draw(COUNTS)}
                if grouped:
                    row["stratum"] = draw(st.sampled_from([None, "young", "old"]))
                row["site"] = draw(st.sampled_from([None, None, None, "North"]))
                row["suppressed"] = draw(st.sampled_from([None, None, None, None, True]))
                known = {name: value for name, value in row.items() if value is not None}
                rows.append(build.observation(f"m{place}", **known))
    return metrics, rows
