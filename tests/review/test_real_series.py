"""Real series of real publishers, as engagements."""

import shutil

import numpy as np
import pandas as pd
import pytest

from rdclib import figures, narrative, tables
from rdclib.engagement import load_engagement
from rdclib.records import load_records
from rdclib.review import review

FIGURES = ("metric_over_time", "vendor_funnel", "group_gaps", "change_effect")
FIGURES_OF_ALL = ("cases_on_time", "pathway")
TABLES = (
    "headline_summary", "headlines",
    "results", "remarks", "vendor_comparison", "case_mix", "group_gaps", "pathway", "pathway_by_month",
    "change_effects", "outcome_costs", "payments_due", "actions_due", "actions_open", "meeting_agenda",
    "vendor_ratings", "past_performance", "contract_memos",
)  # fmt: skip
SENTENCES = (
    "signals", "headlines", "meeting_cadence", "cases_on_time", "vendor_comparison", "group_gaps", "pathway",
    "change_effects", "outcome_costs", "payments_due", "vendor_ratings", "contract_memos", "review_methods",
)  # fmt: skip


@pytest.fixture
def reviewed(shared, tmp_path, monkeypatch):
    """A review of one file of data/performance, under facts given as yaml."""

    def run(file, facts):
        folder = tmp_path / "data" / "engagements" / "real"
        (folder / "raw").mkdir(parents=True)
        shutil.copy(shared / "data" / "performance" / file, folder / "raw")
        (folder / "engagement.yaml").write_text(facts, encoding="utf-8")
        monkeypatch.setenv("RDC_HOME", str(tmp_path))
        engagement = load_engagement("real")
        result = review(load_records(engagement), engagement)
        everything_shows(result)
        return result

    return run


def everything_shows(result):
    """Every view of a result can be shown, and says something to whoever cannot see it."""
    for name in FIGURES:
        for place in (1, 2, 99):
            picture = getattr(figures, name)(result, place)
            assert picture is None or (picture.alt and picture.caption and picture.svg)
    for name in FIGURES_OF_ALL:
        picture = getattr(figures, name)(result)
        assert picture is None or picture.svg
    for name in TABLES:
        table = getattr(tables, name)(result)
        assert table is None or table.caption
    assert all(str(getattr(narrative, name)(result)).strip() for name in SENTENCES)


def test_boston_street_lights_open_outages_count_against_the_service_level(reviewed):
    result = reviewed(
        "boston_311_street_light_outages_2015.csv.gz",
        """
city: Boston
period: FY2015
files:
  cases:
    paths: [raw/boston_311_street_light_outages_2015.csv.gz]
""",
    )
    # As the file says of itself: 1,609 closed late and 1,079 open past their target, 66.2% of 7,871 on time. On the
    # last day of 2015 some of these were not due, or not late, yet.
    one = result.on_time
    assert one.share == pytest.approx(0.662, abs=0.02)
    assert one.open_late > 900
    # Of the file's 7,956 lines, 337 have a target date in 2016 and 2 have none.
    assert one.n + one.not_due == 7617
    assert one.without_target == 2
    (series,) = one.series
    assert series.chart.kind in ("p", "p′")
    assert series.chart.n == 12
    assert result.expected_false_signals > 0


def test_shelter_exits_by_agency_and_kind_of_household(reviewed, shared):
    result = reviewed(
        "nyc_shelter/shelter_exits.csv",
        """
city: New York
period: FY2023
metrics:
  - {id: exits, name: Exits, unit: count, measure_type: count, direction: higher, layer: output}
files:
  observations:
    paths: [raw/shelter_exits.csv]
    columns: {agency: vendor_name, series: site, facility_or_program_type: stratum, date: period_start, exits: value}
""",
    )
    # Agencies with withheld numbers are not added up over households: a sum without them would be too low.
    assert {s.vendor_name for s in result.series} == {"DHS", "DYCD", "HPD", "HRA"}
    assert all(s.step == "month" for s in result.series)
    raw = pd.read_csv(shared / "data/performance/nyc_shelter/shelter_exits.csv")
    one = next(s for s in result.series if (s.vendor_name, s.site) == ("DHS", "families_with_children"))
    own = raw[(raw["agency"] == "DHS") & (raw["series"] == one.site) & (raw["date"] <= "2023-12-31")]
    assert one.table["value"].tolist() == own.groupby("date")["exits"].sum().tolist()


def test_accident_and_emergency_attendances_by_trust(reviewed, shared):
    result = reviewed(
        "nhs_ae_attendances.csv",
        """
city: England
fiscal_year_start: 04-01
period: FY2019
metrics:
  - id: breaches
    name: Waits above four hours
    unit: "%"
    measure_type: proportion
    direction: lower
files:
  observations:
    paths: [raw/nhs_ae_attendances.csv]
    columns: {org_code: vendor_id, type: site, breaches: numerator, attendances: denominator, period: period_start}
""",
    )
    raw = pd.read_csv(shared / "data/performance/nhs_ae_attendances.csv")
    year = raw[raw["period"] >= "2018-04-01"].groupby("org_code")[["breaches", "attendances"]].sum()
    (comparison,) = result.vendors
    table = comparison.table.set_index("name")

    assert comparison.how == "funnel"
    assert comparison.funnel.phi > 10  # trusts differ by far more than chance
    assert table["numerator"].to_dict() == year["breaches"].to_dict()
    assert table["denominator"].to_dict() == year["attendances"].to_dict()
    exact = comparison.funnel.table
    outside = (exact["value"] > exact["exact_upper_998"]) | (exact["value"] < exact["exact_lower_998"])
    assert comparison.table["flag"].str.endswith("99.8%").sum() < outside.sum() / 3
    # Minor injury units with hardly a breach a month are judged by the cases between two.
    assert {s.chart.kind for s in result.series} == {"p", "p′", "run", "t"}
    assert np.median([s.chart.n for s in result.series]) == 36


def test_hospital_outcomes_are_refused_a_funnel_because_they_are_adjusted(reviewed):
    result = reviewed(
        "us_hospital_outcome_of_care_measures.csv",
        """
city: Hospitals
period: FY2012
files:
  observations:
    paths: [raw/us_hospital_outcome_of_care_measures.csv]
""",
    )
    assert {c.how for c in result.vendors} == {"published intervals"}
    assert len(result.vendors) == 6
    for comparison in result.vendors:
        assert comparison.funnel is None
        assert comparison.note == (
            "The values were already adjusted by a model: they keep their published intervals and get no funnel."
        )
    assert figures.vendor_funnel(result, 1) is None
    assert str(narrative.vendor_comparison(result)) == (
        "No funnel is drawn. The values were already adjusted by a model: they keep their published intervals and get "
        "no funnel."
    )
    assert result.note == "No result has a date: vendors and groups can be compared, but nothing can be seen over time."
