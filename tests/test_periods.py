"""Fiscal years and quarters without a clock."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdclib import periods
from rdclib.errors import EngagementError

STARTS = st.sampled_from(["01-01", "04-06", "07-01", "10-01"])


@pytest.mark.parametrize(
    ("label", "start", "first", "last"),
    [
        ("FY2024", "07-01", date(2023, 7, 1), date(2024, 6, 30)),
        ("FY2024", "01-01", date(2024, 1, 1), date(2024, 12, 31)),
        ("FY2024-Q3", "07-01", date(2024, 1, 1), date(2024, 3, 31)),
        ("FY2024-Q3", "10-01", date(2024, 4, 1), date(2024, 6, 30)),
        ("fy2024-q4", "04-06", date(2024, 1, 6), date(2024, 4, 5)),
    ],
)
def test_a_fiscal_year_carries_the_year_in_which_it_ends(label, start, first, last):
    period = periods.parse(label, start)

    assert (period.start, period.end) == (first, last)


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), STARTS)
def test_every_day_lies_in_the_quarter_that_is_named_for_it(day, start):
    quarter = periods.parse(periods.containing(day, periods.month_and_day(start), quarter=True).label, start)
    year = periods.containing(day, periods.month_and_day(start))

    assert day in quarter
    assert day in year
    assert quarter in year.quarters()


@given(st.integers(1950, 2100), STARTS)
def test_quarters_fill_the_year_without_gap_or_overlap(year, start):
    whole = periods.parse(f"FY{year}", start)
    quarters = whole.quarters()

    assert quarters[0].start == whole.start
    assert quarters[-1].end == whole.end
    assert all(b.start == a.end + timedelta(days=1) for a, b in pairwise(quarters))
    assert all(quarter.previous().end == quarter.start - timedelta(days=1) for quarter in quarters)
    assert whole.previous().label == f"FY{year - 1}"


@pytest.mark.parametrize("label", ["2024", "FY24", "FY2024-Q5", "", "FY1800", "FY2024Q1"])
def test_a_wrong_label_says_how_to_write_one(label):
    with pytest.raises(EngagementError) as caught:
        periods.parse(label)

    assert str(caught.value) == (
        f"'{label}' is not a period.\nGive a fiscal year such as FY2024 or a quarter such as FY2024-Q3."
    )


def test_a_wrong_day_says_how_to_write_one():
    with pytest.raises(EngagementError) as caught:
        periods.parse_day("30/06/2024")

    assert str(caught.value) == ("'30/06/2024' is not a day.\nWrite days as year-month-day, for example 2024-06-30.")
