"""The published simulation tables agree with what the methods do today."""

import numpy as np
import pytest

from rdclib import tables
from rdclib.catalogue import load_table
from tests.simulations import simulate

OTHER_SEED = 7


def published(name, **keys):
    (row,) = (row for row in load_table(name) if all(row[k] == str(v) for k, v in keys.items()))
    return row


def agree(ours, row, names, runs, published_runs, width=1.0):
    """Whether shares agree within four Monte Carlo errors of both; `width` is the error of one run at most."""
    for name in names:
        p = float(row[name])
        # A share of none still may be a share of few.
        spread = np.sqrt(max(p * (1 - p), 0.01)) * width
        assert ours[name] == pytest.approx(p, abs=4 * spread * np.sqrt(1 / runs + 1 / published_runs)), (name, row)


@pytest.mark.parametrize("expected", [0.35, 1.0, 8.0])
def test_charts(expected):
    row = published("simulated_charts", expected=f"{expected:.4g}", months=42)
    ours = simulate.chart_alarms(expected, 42, series=150, seed=OTHER_SEED)
    agree(ours, row, ("textbook", "chart", "latest"), 150, int(row["charts"]))


def test_charts_of_rare_events_alarm_far_less_than_textbook_limits():
    rows = {float(r["expected"]): r for r in load_table("simulated_charts") if r["expected"] and r["months"] == "42"}
    for mean, textbook in ((0.35, 0.81), (1.0, 0.69)):
        assert float(rows[mean]["textbook"]) == pytest.approx(textbook, abs=0.06)
    assert all(float(row["chart"]) < 0.36 for row in rows.values())
    assert all(float(row["latest"]) < 0.04 for row in rows.values())


@pytest.mark.parametrize(("units", "spread"), [(3, 0), (6, 0), (6, 3), (15, 3)])
def test_funnels(units, spread):
    row = published("simulated_funnels", units=units, spread=spread)
    ours = simulate.funnel_alarms(units, spread, funnels=60, seed=OTHER_SEED)
    agree(ours, row, ("false_95", "false_998", "found", "others"), 60, int(row["funnels"]))


def test_funnels_of_few_units_find_an_outlier():
    rows = [r for r in load_table("simulated_funnels") if r["spread"] == "0"]
    units = [int(r["units"]) for r in rows]
    assert (min(units), max(units)) == (3, 40)
    assert all(float(r["false_998"]) < 0.01 and float(r["false_95"]) < 0.08 for r in rows)
    # An outlier of 8 points was found 17 times in 100.
    assert all(float(r["found"]) > 0.45 for r in rows if int(r["units"]) >= 5)


@pytest.mark.parametrize(
    ("effect", "autocorrelation", "months"), [("none", 0.6, 24), ("better by 3", 0.0, 24), ("worse by 3", 0.8, 36)]
)
def test_verdicts(effect, autocorrelation, months):
    row = published("simulated_verdicts", effect=effect, autocorrelation=f"{autocorrelation:.4g}", months=months)
    ours = simulate.verdicts(effect, autocorrelation, months, reviews=60, seed=OTHER_SEED)
    agree(ours, row, simulate.VERDICTS, 60, int(row["reviews"]))


def test_false_verdicts_are_seldom():
    for row in load_table("simulated_verdicts"):
        wrong = {
            "none": ("lasting improvement", "early but fading", "worse"),
            "better by 1.5": ("early but fading", "no effect", "worse"),
            "better by 3": ("early but fading", "no effect", "worse"),
            "worse by 1.5": ("lasting improvement", "early but fading", "no effect"),
            "worse by 3": ("lasting improvement", "early but fading", "no effect"),
        }.get(row["effect"])
        if wrong:
            # 5% at most, up to what 400 reviews can tell; somewhat more where months resemble each other most.
            most = 0.07 if row["autocorrelation"] == "0.8" else 0.05
            error = 2 * np.sqrt(most * (1 - most) / int(row["reviews"]))
            assert sum(float(row[verdict]) for verdict in wrong) <= most + error, row


def test_tables_show_what_was_simulated():
    for table in (tables.simulated_charts(), tables.simulated_funnels(), tables.simulated_verdicts()):
        assert len(table.rows) == len(load_table(table.id.replace("-", "_")))
        assert "simulated" in table.notes[0]
    assert tables.simulated_verdicts().columns[-1].header == "Worse"
