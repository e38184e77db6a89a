import datetime

import pytest

from rdclib.indicators.frames import Frames
from rdclib.indicators.lead_times import ANY_METHOD, lead_times, slack
from tests import build

POSTED = datetime.date(2022, 1, 1)


def signed_after(days, number, **values):
    return build.solicitation(
        f"signed-after-{days}-{number}",
        posted_date=str(POSTED),
        signed_date=str(POSTED + datetime.timedelta(days)),
        **values,
    )


def waiting_since(days, number):
    """Still open on 30 June 2024 after so many days."""
    posted = datetime.date(2024, 6, 30) - datetime.timedelta(days)
    return build.solicitation(f"open-{days}-{number}", posted_date=str(posted), solicitation_status="active")


def times(*rows, **facts):
    return lead_times(Frames(build.records(*rows, **facts)))


def test_three_of_four_are_signed_within_the_lead_time():
    found = times(*(signed_after(10 * k, k) for k in range(1, 13))).loc["open"]

    assert (found["days"], found["finished"], found["open"], found["basis"]) == (90, 12, 0, "measured")


@pytest.mark.parametrize(
    ("finished", "basis", "days"), [(9, "assumed", 180), (10, "measured", 50), (11, "measured", 50)]
)
def test_fewer_than_ten_finished_solicitations_are_not_planned_by(finished, basis, days):
    found = times(*(signed_after(50, k) for k in range(finished))).loc["open"]
    assert (found["basis"], found["days"]) == (basis, days)


def test_what_is_signed_on_the_day_it_is_posted_took_no_day():
    found = times(*(signed_after(0, k) for k in range(8)), signed_after(9, 8), signed_after(9, 9)).loc["open"]
    assert (found["basis"], found["days"], found["finished"]) == ("measured", 0, 10)


def test_open_solicitations_count_with_the_time_they_have_waited():
    # Ten signed after 50 days, four open for 200. After day 50, 4 of 14 wait: more than a quarter, so the answer lies
    # beyond the longest time seen.
    found = times(*(signed_after(50, k) for k in range(10)), *(waiting_since(200, k) for k in range(4))).loc["open"]

    assert (found["basis"], found["days"], found["open"]) == ("at least", 200, 4)


def test_open_solicitations_move_the_quantile_as_kaplan_and_meier_say():
    # 10, 20, ..., 120 signed, six open since 55: S(50) = 13/18; from then on 7 are at risk, so S falls by 6/7, 5/6...:
    # 13/18 x 6/7 x 5/6 x 4/5 x 3/4 = 13/18 x 3/7 = 0.31 at 90, 13/18 x 2/7 = 0.206 at 100.
    rows = [*(signed_after(10 * k, k) for k in range(1, 13)), *(waiting_since(55, k) for k in range(6))]
    assert times(*rows).loc["open", "days"] == 100


def test_cancelled_solicitations_and_those_without_a_day_do_not_count():
    rows = [
        *(signed_after(50, k) for k in range(10)),
        *(signed_after(900, k, solicitation_status="cancelled") for k in range(9)),
        build.solicitation("complete-without-signature", posted_date="2022-01-01"),
        build.solicitation("signed-before-posted", posted_date="2022-01-01", signed_date="2021-01-01"),
    ]
    found = times(*rows).loc["open"]
    assert (found["days"], found["finished"], found["open"]) == (50, 10, 0)


def test_what_is_signed_after_today_is_still_open_today():
    rows = [
        *(signed_after(50, k) for k in range(10)),
        build.solicitation("later", posted_date="2024-06-01", signed_date="2024-09-01"),
    ]
    found = times(*rows).loc["open"]
    assert (found["finished"], found["open"]) == (10, 1)


def slack_of(*rows, **facts):
    return slack(Frames(build.records(*rows, **facts))).iloc[0]


def test_slack_takes_lead_time_planning_and_transition_off_the_days_left():
    # From 30 June 2024 to 30 June 2025 are 365 days; 365 - 50 - 90 - 60 = 165.
    rows = [build.contract("ends-in-a-year", end_date="2025-06-30"), *(signed_after(50, k) for k in range(10))]
    found = slack_of(*rows)

    assert found["slack_days"] == 165
    assert found["start_by"].date() == datetime.date(2024, 12, 12)
    assert found["basis"] == "measured"


def test_a_citys_own_allowances_replace_ours():
    rows = [build.contract("c", end_date="2025-06-30"), *(signed_after(50, k) for k in range(10))]
    assert slack_of(*rows, planning_days=30, transition_days=0)["slack_days"] == 285


@pytest.mark.parametrize(("end", "left"), [("2025-05-25", -1), ("2025-05-26", 0), ("2025-05-27", 1)])
def test_slack_is_counted_to_the_day(end, left):
    # 180 + 90 + 60 = 330 days after 30 June 2024 is 26 May 2025.
    found = slack_of(build.contract("assumed", end_date=end))
    assert (found["slack_days"], found["basis"]) == (left, "assumed")


def test_an_unknown_method_takes_the_time_of_all_methods_and_a_rare_one_is_assumed():
    solicited = [signed_after(50, k) for k in range(10)]

    unknown = slack_of(build.contract("unknown", procurement_method=None), *solicited)
    rare = slack_of(build.contract("rare", procurement_method="limited"), *solicited)

    assert (unknown["lead_days"], unknown["basis"]) == (50, "measured")
    assert (rare["lead_days"], rare["basis"]) == (180, "assumed")


def test_contracts_without_a_real_end_have_no_slack():
    found = slack(
        Frames(build.records(build.contract("none", end_date=None), build.contract("2099", end_date_open=True)))
    )
    assert found["slack_days"].isna().all()


def test_a_city_without_solicitations_has_an_assumed_lead_time():
    found = times()
    assert found.loc[ANY_METHOD].tolist() == [180, 0, 0, "assumed"]
