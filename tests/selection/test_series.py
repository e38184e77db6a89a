"""History of a metric: totals over vendors, gaps, and whether the data support it."""

from datetime import date

import numpy as np
import pytest

from rdclib.catalogue import load_metrics
from rdclib.engagement import Metric
from rdclib.selection.series import series, support
from tests import build

METRICS = {m.id: m for m in load_metrics()}
COUNT = Metric(id="m", name="Calls", unit="count", measure_type="count")


def monthly(metric_id, shares, *, contract_id="C1", vendor="Ash", n=100, start=1, **more):
    rows = []
    for k, share in enumerate(shares):
        if share is None:
            continue
        month = start + k
        day = date(2023 + (month - 1) // 12, (month - 1) % 12 + 1, 1)
        values = {"value": share, "numerator": share * n / 100, "denominator": n}
        rows.append(
            build.observation(
                metric_id,
                contract_id=contract_id,
                vendor_name=vendor,
                vendor_id=vendor,
                period_start=day.isoformat(),
                period_end=day.replace(day=28).isoformat(),
                **(values | more),
            )
        )
    return rows


def history(*rows, metric="HS-01", **more):
    return series(build.records(*rows).observations, METRICS[metric], **more)


def test_vendors_are_pooled_by_their_counts_and_not_by_their_averages():
    # 10 of 100 and 150 of 300: 160 of 400, 40%, while the mean of 10% and 50% would be 30%.
    found = history(*monthly("HS-01", [10]), *monthly("HS-01", [50], vendor="Birch", n=300))
    assert found.values.tolist() == [40.0]
    assert found.scale == 100


def test_the_scale_of_a_rate_follows_from_the_data():
    rows = [
        build.observation(
            "ES-07", period_start=f"2023-0{m}-01", period_end=f"2023-0{m}-28", value=v, numerator=k, denominator=n
        )
        for m, v, k, n in ((1, 2.0, 6, 3000), (2, 1.0, 4, 4000))
    ]
    found = history(*rows, metric="ES-07")
    assert found.scale == 1000
    assert found.values.tolist() == [2.0, 1.0]


def test_a_median_with_its_number_of_cases_is_left_as_it_is():
    rows = [
        build.observation("HS-08", vendor_id=v, period_start="2023-01-01", value=days, denominator=n)
        for v, days, n in (("A", 10.0, 30), ("B", 20.0, 10))
    ]
    assert history(*rows, metric="HS-08").values.tolist() == [12.5]


def test_a_missing_month_leaves_a_gap_that_nothing_is_joined_over():
    found = history(*monthly("HS-01", [40, 41, None, 43]))
    assert np.isnan(found.values[2])
    assert (found.n, len(found.values)) == (3, 4)


def test_groups_of_people_do_not_count_into_the_total():
    rows = [*monthly("HS-01", [40]), *monthly("HS-01", [80], stratum="Youth", stratum_kind="age")]
    assert history(*rows).values.tolist() == [40.0]


def test_later_periods_than_today_do_not_count():
    assert history(*monthly("HS-01", [40, 41, 42]), as_of=date(2023, 2, 28)).n == 2


def test_a_contract_with_data_of_its_own_is_taken_alone():
    rows = [*monthly("HS-01", [40]), *monthly("HS-01", [80], contract_id="C2", vendor="Birch")]
    assert history(*rows, contract_id="C2").values.tolist() == [80.0]
    assert history(*rows, contract_id="C9").values.tolist() == [60.0]


@pytest.mark.parametrize(("points", "score"), [(5, 1), (6, 2), (7, 2)])
def test_six_fresh_points_support_a_baseline(points, score):
    found = history(*monthly("HS-01", [40] * points))
    assert support(found, date(2023, points, 28)).score == score


def test_no_data_old_data_and_patchy_data_support_less():
    empty = support(history(), date(2024, 1, 1))
    assert (empty.score, empty.points) == (0, 0)
    old = history(*monthly("HS-01", [40] * 8))
    assert support(old, date(2023, 9, 30)).score == 2
    assert support(old, date(2024, 6, 30)).score == 1
    patchy = history(*monthly("HS-01", [40, None, 40, None, 40, None, 40, None, 40, None, 40, 40]))
    assert support(patchy, date(2023, 12, 31)).score == 1


def test_delay_is_the_time_from_the_end_of_a_period_to_receipt():
    rows = monthly("HS-01", [40] * 6, received_date="2023-07-10")
    # Ends on the 28th of January to June; the median of the six waits lies between those of March and April.
    assert support(history(*rows), date(2023, 6, 30)).delay_days == pytest.approx((104 + 73) / 2)


def test_sent_twice_counts_once():
    rows = [*monthly("HS-01", [40]), *monthly("HS-01", [50])]
    found = history(*rows)
    assert found.values.tolist() == [50.0]


def test_of_two_values_the_one_received_last_counts_wherever_it_stands():
    rows = [*monthly("HS-01", [50], received_date="2023-03-01"), *monthly("HS-01", [40], received_date="2023-02-01")]
    assert history(*rows).values.tolist() == [50.0]


def test_what_comes_by_group_alone_is_added_up_with_each_group_once():
    young = monthly("HS-01", [20], stratum="young", stratum_kind="age")
    old = monthly("HS-01", [60], stratum="old", stratum_kind="age", n=300)
    again = monthly("HS-01", [40], stratum="young", stratum_kind="age", received_date="2023-03-01")
    # 40 of 100 and 180 of 300.
    assert history(*again, *young, *old).values.tolist() == [55.0]


def test_a_whole_that_was_sent_goes_before_its_groups():
    groups = monthly("HS-01", [20], stratum="young", stratum_kind="age")
    assert history(*groups, *monthly("HS-01", [50])).values.tolist() == [50.0]


def test_a_count_by_group_is_added_up():
    rows = [
        build.observation("m", vendor_id="Ash", period_start="2023-01-01", stratum=group, value=value)
        for group, value in (("north", 3), ("south", 4))
    ]
    found = series(build.records(*rows).observations, COUNT)
    assert found.values.tolist() == [7.0]


@pytest.mark.parametrize(
    ("measure_type", "unit", "value"),
    # 12 of 2,000 in each month, sent as counts alone.
    [
        ("rate", "per 1,000 nights", 6.0),
        ("rate", "per 100,000", 600.0),
        ("rate", "%", 0.6),
        ("ratio", "ratio", 0.006),
        ("proportion", "%", 0.6),
        ("proportion", "share", 0.006),
        ("rate", "TRIR", None),
        ("score", "score", None),
    ],
)
def test_counts_alone_give_a_rate_in_its_unit(measure_type, unit, value):
    counts = {"value": None, "numerator": 12, "denominator": 2000}
    rows = [row for start in range(1, 7) for row in monthly("m", [0], start=start, **counts)]
    metric = Metric(id="m", name="Incidents", unit=unit, measure_type=measure_type)

    found = series(build.records(*rows).observations, metric)

    assert found.n == (0 if value is None else 6)
    assert value is None or found.values.tolist() == pytest.approx([value] * 6)
