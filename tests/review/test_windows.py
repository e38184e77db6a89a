"""Every number about cases belongs to the period that its caption names; counted again here from the raw file."""

import csv
import re
from collections import Counter
from datetime import date, datetime
from functools import cache

import pytest

from rdclib import figures, narrative, places, tables
from rdclib.engagement import load_engagement
from rdclib.records import load_records
from rdclib.review import review

PERIODS = {
    "FY2024": (date(2023, 7, 1), date(2024, 6, 30)),
    "FY2024-Q3": (date(2024, 1, 1), date(2024, 3, 31)),
    "FY2023": (date(2022, 7, 1), date(2023, 6, 30)),
}
pytestmark = pytest.mark.long


def day(text):
    return datetime.strptime(text[:10], "%m/%d/%Y").date() if text else None


@cache
def cases():
    with (places.EXAMPLES / "riverbend/raw/crisis_team_cases.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def reviewed(period):
    engagement = load_engagement("riverbend", period=period)
    return review(load_records(engagement), engagement)


def due(period):
    """Cases with a target date in the period that were there on its last day: all of them are done or overdue then."""
    first, last = PERIODS[period]
    return [
        case
        for case in cases()
        if case["Connect By"] and first <= day(case["Connect By"]) <= last and day(case["Call Dt"]) <= last
    ]


def on_time(case, last):
    done = day(case["Connected Dt"])
    return done is not None and done <= last and done <= day(case["Connect By"])


def test_the_whole_year_has_767_cases_that_were_due_and_the_file_1500():
    assert len(cases()) == 1500
    assert len(due("FY2024")) == 767


@pytest.mark.parametrize("period", PERIODS)
def test_cases_on_time_are_those_due_in_the_period(period):
    expected, last = due(period), PERIODS[period][1]
    done = sum(on_time(case, last) for case in expected)
    found = reviewed(period).on_time

    assert (found.n, found.done) == (len(expected), done)
    text = str(narrative.cases_on_time(reviewed(period)))
    assert f"target date in {period}, " in text
    assert f"; {done} of {len(expected)})" in text


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize(("kind", "column"), [("group of people", "Language"), ("place", "District")])
def test_groups_and_places_count_the_cases_due_in_the_period(period, kind, column):
    expected = Counter(case[column] for case in due(period) if case[column])
    (one,) = [g for g in reviewed(period).groups if g.kind == kind and g.measure.id == "on_time"]
    shown = one.table[one.table["shown"] == "shown"].set_index("group")["denominator"]

    assert len(shown)
    assert shown.to_dict() == {name: expected[name] for name in shown.index}
    table = tables.group_gaps(reviewed(period))
    assert period in table.caption
    numbers = {str(cell) for row in table.texts() for cell in row}
    assert {f"{expected[name]:,}" for name in shown.index} <= numbers


@pytest.mark.parametrize("period", PERIODS)
def test_the_service_pathway_counts_people_who_entered_in_the_period(period):
    first, last = PERIODS[period]
    entered = [case for case in cases() if first <= day(case["Call Dt"]) <= last]
    path = reviewed(period).pathway
    every = path.by_vendor.set_index("name").loc["All"]

    assert every[path.steps[0]] == len(entered)
    months = Counter(f"{day(case['Call Dt']):%Y-%m}" for case in entered)
    by_month = path.by_month.set_index("name")[path.steps[0]].dropna()
    assert by_month.to_dict() == {name: months[name] for name in by_month.index}
    assert set(path.by_month["name"]) == set(months)
    for table in (tables.pathway(reviewed(period)), tables.pathway_by_month(reviewed(period))):
        assert period in table.caption
    assert period in figures.pathway(reviewed(period)).caption
    assert period in str(narrative.pathway(reviewed(period)))


def test_district_5_is_within_normal_variation_of_district_1_in_fiscal_year_2024():
    """-9 points, -19 to +2.5 by Newcombe's method; over the whole file it had been -12 points."""
    (one,) = [g for g in reviewed("FY2024").groups if g.kind == "place" and g.measure.id == "on_time"]
    row = one.table.set_index("group").loc["District 5"]

    assert one.reference == "District 1"
    assert round(row["gap"], 2) == -0.09
    assert (round(row["gap_low"], 2), round(row["gap_high"], 3)) == (-0.19, 0.025)
    assert "District 5" not in one.behind["group"].tolist()
    assert not re.search("District 5", str(narrative.headlines(reviewed("FY2024"))))


def test_a_metric_with_the_same_promise_as_the_cases_is_explained_on_the_spot():
    """Riverbend promises contact within 7 days: one metric of the file and the cases both measure it."""
    path = places.EXAMPLES / "riverbend/raw/crisis_team_results.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    (one,) = reviewed("FY2024").same_promises
    assert (one.measure.id, one.days) == ("A9-10", 7)
    first, last = PERIODS["FY2024"]
    own = [
        row
        for row in rows
        if row["Measure"] == "A9-10" and not row["Group"] and row["Numerator"] and first <= day(row["From"]) <= last
    ]
    n = sum(int(row["Denominator"]) for row in own)
    assert one.n == n
    assert one.share == pytest.approx(sum(int(row["Numerator"]) for row in own) / n)
    text = str(narrative.cases_on_time(reviewed("FY2024")))
    assert one.measure.name in text
    assert f"{n:,} (clients consenting to follow-up)" in text
