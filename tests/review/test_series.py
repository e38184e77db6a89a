"""From observations to charts."""

import dataclasses
import datetime

import numpy as np
import pandas as pd
import pytest

from rdclib import choices, spc
from rdclib.review import review_records
from rdclib.review.measure import measure_of
from rdclib.review.series import ScheduledTarget, all_series
from tests import build
from tests.review.made import COUNT, DAYS, SCORE, SHARE, months

NAN = float("nan")
BAND = SCORE | {"direction": "band"}
REVIEW = choices.Review()
WAVE = [5, 7, 6, 8, 5, 6, 7, 5, 8, 6, 7, 6] * 3


def only(records, decided=REVIEW, **more):
    (series,) = all_series(records, decided, **more)
    return series


def test_a_share_with_counts_gets_a_p_chart_from_its_counts():
    count = [50 + 3 * (-1) ** i for i in range(36)]
    series = only(build.records(*months(count, counted=100), metrics=[SHARE]))

    assert series.chart.kind == "p"
    assert series.chart.center[0] == 0.5
    assert series.chart.upper[0] == pytest.approx(0.65)
    assert series.measure.kind == "share"


def test_more_spread_than_chance_gets_laneys_limits():
    count = [50 + 25 * (-1) ** i for i in range(36)]
    series = only(build.records(*months(count, counted=100), metrics=[SHARE]))

    assert series.chart.kind == "p′"
    assert "Periods differ by more than counting chance: p′ limits in place of p." in series.notes


def test_counts_get_a_c_chart_or_limits_from_their_own_spread():
    assert only(build.records(*months(WAVE), metrics=[COUNT])).chart.kind == "c"
    wild = [v * 100 for v in WAVE]
    assert only(build.records(*months(wild), metrics=[COUNT])).chart.kind == "XmR"


@pytest.mark.parametrize(
    ("measure_type", "kind"),
    [("duration", "XmR"), ("score", "XmR"), ("amount", "XmR"), ("events", "g"), ("days_between", "t")],
)
def test_chart_follows_the_type_of_measure(measure_type, kind):
    series = only(build.records(*months(WAVE), metrics=[SCORE | {"measure_type": measure_type}]))
    assert series.chart.kind == kind


def test_rates_follow_their_exposure():
    rate = SCORE | {"measure_type": "rate", "unit": "per 1,000 nights", "direction": "lower"}
    series = only(build.records(*months(WAVE, counted=2000), metrics=[rate]))

    assert series.chart.kind == "u"
    assert series.chart.center[0] == pytest.approx(1000 * np.mean(WAVE) / 2000)


def test_exposure_that_is_already_in_thousands_is_not_multiplied_again():
    rate = SCORE | {"measure_type": "rate", "unit": "per 1,000 nights", "direction": "lower"}
    rows = months(WAVE, counted=2)
    rows = [(table, row | {"value": row["numerator"] / row["denominator"]}) for table, row in rows]
    assert only(build.records(*rows, metrics=[rate])).chart.center[0] == pytest.approx(np.mean(WAVE) / 2)


def test_very_uneven_values_get_a_run_chart():
    values = [1, 1, 1, 2, 1, 1, 1, 2, 9, 1, 30, 45] * 2
    series = only(build.records(*months(values, first="2022-07"), metrics=[DAYS]))

    assert series.chart.kind == "run"
    assert series.notes[0] == "The values are very uneven: a run chart about the median, without limits."


def test_limits_that_mean_nothing_give_way_to_a_run_chart():
    series = only(build.records(*months([4] * 10 + [9] * 10, first="2022-11"), metrics=[SCORE]))

    assert series.chart.kind == "run"
    assert series.notes[0].startswith("No limits, because the values hardly ever change")
    assert series.chart.signals["shift"].all()


def test_percent_and_share_are_the_same():
    percent = only(build.records(*months([v * 10 for v in WAVE], target=65), metrics=[SHARE]))
    share = only(build.records(*months([v / 10 for v in WAVE], target=0.65), metrics=[SHARE]))

    assert percent.chart.values == pytest.approx(share.chart.values)
    assert (percent.chart.target, share.chart.target) == (0.65, 0.65)


def test_missing_months_stay_missing_and_late_ones_are_late():
    values = [*WAVE[:10], None, None, *WAVE[12:34]]
    series = only(build.records(*months(values), metrics=[SCORE]))

    assert len(series.table) == 36
    assert (series.missing, series.late) == (2, 2)
    assert series.table["gap"].tolist()[10:12] == ["missing", "missing"]
    assert series.table["gap"].tolist()[34:] == ["late", "late"]
    assert series.latest["start"].date() == datetime.date(2024, 4, 1)


@pytest.mark.parametrize(
    ("as_of", "late"), [("2024-05-30", 0), ("2024-05-31", 1), ("2024-06-29", 1), ("2024-06-30", 2)]
)
def test_a_month_is_late_from_its_last_day_on(as_of, late):
    series = only(build.records(*months(WAVE[:34]), metrics=[SCORE], as_of=as_of))
    assert series.late == late


def test_nothing_is_late_after_the_contract_has_ended():
    records = build.records(
        *months(WAVE[:24], contract_id="C1"), build.contract("C1", end_date="2023-06-30"), metrics=[SCORE]
    )
    assert only(records).late == 0


def test_periods_after_the_day_of_the_review_are_not_known_yet():
    records = build.records(*months(WAVE), metrics=[SCORE], as_of="2024-03-31")
    assert len(only(records).table) == 33


def test_a_suppressed_value_is_missing_and_not_zero():
    rows = months(WAVE)
    rows[5][1].update(value=0, suppressed=True)
    series = only(build.records(*rows, metrics=[SCORE]))

    assert series.table["gap"].tolist()[5] == "suppressed"
    assert np.isnan(series.chart.values[5])


@pytest.mark.parametrize(
    ("factor", "odd"), [(60, True), (100, True), (1000, True), (1 / 60, True), (7, False), (2, False)]
)
def test_a_month_in_another_unit_is_left_out_and_named(factor, odd):
    values = [float(v) for v in WAVE]
    values[20] = 6.5 * factor
    series = only(build.records(*months(values), metrics=[DAYS]))

    assert [day for day, _ in series.odd] == ([datetime.date(2023, 3, 1)] if odd else [])
    assert np.isnan(series.chart.values[20]) == odd


def test_a_reported_value_that_contradicts_its_counts_is_said():
    rows = months([50] * 12 + [55] * 12, first="2022-07", counted=100)
    rows = [(table, row | {"value": 50 if i < 23 else 80}) for i, (table, row) in enumerate(rows)]
    series = only(build.records(*rows, metrics=[SHARE]))

    assert series.notes[0] == "Some reported values differ from numerator / denominator, which are used."
    assert series.chart.values[-1] == 0.55


@pytest.mark.parametrize(("reported", "unlike"), [(3.1, False), (3.2, True), (3.0, True)])
def test_a_value_that_was_only_rounded_does_not_contradict_its_counts(reported, unlike):
    # 31 of 990 are 3.13%; the others are reported with one decimal too.
    rows = [
        (t, r | {"value": reported if i == 3 else round(100 * r["numerator"] / 990, 1)})
        for i, (t, r) in enumerate(months([31, 29, 33] * 8, first="2022-07", counted=990))
    ]
    notes = only(build.records(*rows, metrics=[SHARE])).notes
    assert ("Some reported values differ from numerator / denominator, which are used." in notes) == unlike


def test_the_value_received_last_counts():
    rows = [*months([3.0] * 6 + WAVE[:6], first="2023-07"), *months([9.0], first="2023-07", received_date="2024-01-01")]
    assert only(build.records(*rows, metrics=[SCORE])).chart.values[0] == 9


def test_a_group_reported_again_is_not_added_to_itself():
    young = months([5] * 6, counted=10, stratum="young", first="2024-01", received_date="2024-06-01")
    old = months([5] * 6, counted=10, stratum="old", first="2024-01", received_date="2024-06-01")
    again = months([9], counted=10, stratum="young", first="2024-01", received_date="2024-06-20")
    series = only(build.records(*again, *young, *old, metrics=[SHARE]))

    assert series.table["numerator"].tolist()[:2] == [9 + 5, 5 + 5]
    assert series.table["denominator"].tolist()[:2] == [20, 20]
    assert "Some values were reported more than once for a period: the one received last counts." in series.notes


def test_a_count_of_which_a_group_is_hidden_is_not_known_but_the_share_of_the_others_is():
    def groups(metric, **more):
        rows = [
            *months([5] * 6, stratum="north", first="2024-01", **more),
            *months([4] * 6, stratum="south", first="2024-01", **more),
        ]
        rows[7][1].update(numerator=0, value=0, suppressed=True)
        return only(build.records(*rows, metrics=[metric])).table["numerator"].to_numpy()

    assert groups(COUNT) == pytest.approx([9, NAN, 9, 9, 9, 9], nan_ok=True)
    assert groups(SHARE, counted=10).tolist() == [9, 5, 9, 9, 9, 9]


def test_sites_of_a_vendor_are_added_up():
    rows = [
        *months([10] * 12, counted=20, site="North", first="2023-07"),
        *months([2] * 12, counted=10, site="South", first="2023-07"),
    ]
    series = only(build.records(*rows, metrics=[SHARE]))
    assert series.chart.values[0] == 0.4


def test_sites_without_counts_stay_apart():
    rows = [*months(WAVE[:12], site="North", first="2023-07"), *months(WAVE[:12], site="South", first="2023-07")]
    labels = [s.label for s in all_series(build.records(*rows, metrics=[SCORE]), REVIEW)]
    assert labels == ["V1 · North", "V1 · South"]


def test_strata_alone_are_added_up_to_the_whole_once():
    rows = []
    for kind, groups in (("age", ("old", "young")), ("place", ("east", "west"))):
        for group in groups:
            rows += months([10] * 12, counted=20, stratum=group, stratum_kind=kind, first="2023-07")
    series = only(build.records(*rows, metrics=[SHARE]))

    assert series.table["numerator"].tolist() == [20] * 12
    assert series.table["denominator"].tolist() == [40] * 12


def test_strata_beside_the_whole_are_not_added():
    rows = [*months([10] * 12, counted=20, first="2023-07")]
    rows += months([10] * 12, counted=20, stratum="a", stratum_kind="age", first="2023-07")
    assert only(build.records(*rows, metrics=[SHARE])).table["denominator"].tolist() == [20] * 12


def test_rebase_needs_its_vendor_and_metric_and_starts_at_its_day():
    decided = choices.Review(
        rebases=(
            choices.Rebase(metric_id="m", vendor="v1", date="2022-07-01", reason="New contract"),
            choices.Rebase(metric_id="m", vendor="other", date="2023-01-01", reason="Elsewhere"),
            choices.Rebase(metric_id="x", date="2023-01-01", reason="Another metric"),
            choices.Rebase(metric_id="m", date="2030-01-01", reason="Not yet"),
        )
    )
    series = only(build.records(*months([*WAVE[:12], *[v + 50 for v in WAVE[:24]]]), metrics=[SCORE]), decided)

    assert series.rebases == ((datetime.date(2022, 7, 1), "New contract"),)
    assert series.chart.segment.tolist() == [0] * 12 + [1] * 24
    assert not series.chart.signals["outside"].any()


@pytest.mark.parametrize(("n", "kind"), [(1, "run"), (5, "run"), (6, "XmR"), (7, "XmR")])
def test_fewer_than_six_values_get_a_run_chart(n, kind):
    series = only(build.records(*months(WAVE[:n], first="2024-01"), metrics=[SCORE]))
    assert series.chart.kind == kind
    assert np.isfinite(series.chart.upper).any() == (kind == "XmR")


def test_new_limits_are_said_with_their_day_and_reason_and_frozen_ones_with_their_periods():
    decided = choices.Review(
        rebases=(choices.Rebase(metric_id="m", date="2022-07-01", reason="New contract"),),
        freezes=(choices.Freeze(metric_id="m", periods=12),),
    )
    assert only(build.records(*months(WAVE), metrics=[SCORE]), decided).notes == (
        "New limits from July 1, 2022: New contract",
        "The limits are those of the first 12 periods (of each part, where there are new limits).",
    )


def test_freeze_keeps_the_limits_of_the_first_periods():
    decided = choices.Review(freezes=(choices.Freeze(metric_id="m", periods=12),))
    series = only(build.records(*months([*WAVE[:12], *[v + 50 for v in WAVE[:24]]]), metrics=[SCORE]), decided)
    assert series.chart.signals["outside"].tolist() == [False] * 12 + [True] * 24


def scheduled(*ends, contracts=("C1",)):
    return {"m": ScheduledTarget(ends, contracts)}


def test_targets_of_the_schedule_fill_in_for_observations_without_any():
    records = build.records(*months(WAVE, contract_id="C1"), metrics=[SCORE])
    assert only(records, targets=scheduled(9.0, NAN, NAN)).chart.target == 9
    records = build.records(*months(WAVE, contract_id="C1", target=4), metrics=[SCORE])
    assert only(records, targets=scheduled(9.0, NAN, NAN)).chart.target == 4


@pytest.mark.parametrize(
    ("contracts", "targets"),
    [(("C1",), {"V1": 9, "V2": None}), (("C1", "C2"), {"V1": 9, "V2": 9}), ((), {"V1": None, "V2": None})],
)
@pytest.mark.parametrize("named", [True, False])
def test_a_target_applies_to_its_contract_and_to_no_other_vendor(contracts, targets, named):
    """The schedule of one contract says nothing of another vendor's, whether results name contracts or not."""
    rows = [
        *months(WAVE, vendor="V1", contract_id="C1" if named else None),
        *months(WAVE, vendor="V2", contract_id="C2" if named else None),
    ]
    register = [build.contract("C1", vendor_id="V1"), build.contract("C2", vendor_id="V2")]
    records = build.records(*register, *rows, metrics=[SCORE])

    series = all_series(records, choices.Review(), scheduled(9.0, NAN, NAN, contracts=contracts))

    assert {s.vendor_id: s.chart.target for s in series} == targets


def test_results_without_a_contract_of_a_vendor_with_two_contracts_get_no_target():
    register = [build.contract("C1", vendor_id="V1"), build.contract("C2", vendor_id="V1")]
    records = build.records(*register, *months(WAVE, contract_id=None), metrics=[SCORE])

    assert only(records, targets=scheduled(9.0, NAN, NAN)).chart.target is None


def test_the_band_of_the_schedule_fills_in_for_observations_without_any_target():
    targets = scheduled(NAN, 1.0, 20.0)
    chart = only(build.records(*months(WAVE, contract_id="C1"), metrics=[BAND]), targets=targets).chart
    assert (chart.direction, chart.target.tolist(), chart.assurance) == ("band", [1, 20], "consistently passes")
    chart = only(build.records(*months(WAVE, target_low=1, target_high=3), metrics=[BAND]), targets=targets).chart
    assert (chart.target.tolist(), chart.assurance) == ([1, 3], "hit and miss")


def test_a_band_comes_in_with_the_observations_the_ends_in_either_order():
    for ends in ({"target_low": 20, "target_high": 30}, {"target_low": 30, "target_high": 20}):
        chart = only(build.records(*months(WAVE, **ends), metrics=[BAND])).chart
        assert (chart.direction, chart.target.tolist(), chart.assurance) == ("band", [20, 30], "consistently fails")


def test_a_band_may_change_from_period_to_period():
    rows = months(WAVE[:18], target_low=0, target_high=20)
    rows += months(WAVE[18:], first="2023-01", target_low=50, target_high=60)
    chart = only(build.records(*rows, metrics=[BAND])).chart

    assert (chart.target[:, 17].tolist(), chart.target[:, 18].tolist()) == ([0, 20], [50, 60])
    assert chart.assurance == "consistently fails"


def test_a_band_around_a_value_to_come_closer_to_is_a_band():
    rows = months(WAVE, target=1, target_low=0.8, target_high=1.25)
    chart = only(build.records(*rows, metrics=[SCORE | {"direction": "closer to"}])).chart
    assert (chart.direction, chart.target.tolist()) == ("band", [0.8, 1.25])


@pytest.mark.parametrize(
    ("direction", "ends", "read_as", "note"),
    [
        ("band", {"target_low": 4}, "higher", "Of the target band only the lower end is given: it is the target."),
        ("band", {"target_high": 4}, "lower", "Of the target band only the upper end is given: it is the target."),
        (
            "band",
            {"target": 4},
            "closer",
            "One target is given for a metric with a target band: nearer to it counts as better.",
        ),
        (
            "higher",
            {"target": 4, "target_low": 3, "target_high": 9},
            "higher",
            "The ends of a target band are not used, since the metric's direction is “higher”.",
        ),
    ],
)
def test_what_stands_in_for_a_band_is_said(direction, ends, read_as, note):
    series = only(build.records(*months(WAVE, **ends), metrics=[SCORE | {"direction": direction}]))
    assert (series.chart.direction, series.chart.target) == (read_as, 4)
    assert series.notes == (note,)


def test_ends_of_a_band_for_a_metric_without_a_good_direction_are_not_used():
    rows = months(WAVE, target_low=3, target_high=9)
    series = only(build.records(*rows, metrics=[SCORE | {"direction": "context"}]))
    assert (series.chart.direction, series.chart.target) == ("neutral", None)
    assert series.notes == ("The ends of a target band are not used, since the metric's direction is “context”.",)


@pytest.mark.parametrize(("low", "high"), [(85, 95), (0.85, 0.95)])
@pytest.mark.parametrize("factor", [1, 100])
def test_the_ends_of_a_band_of_shares_come_as_percent_or_as_share(low, high, factor):
    values = [factor * (0.9 + v / 1000) for v in WAVE]
    rows = months(values, target_low=low, target_high=high)
    chart = only(build.records(*rows, metrics=[SHARE | {"direction": "band"}])).chart
    assert chart.target.tolist() == [0.85, 0.95]


@pytest.mark.parametrize(
    ("values", "ends", "band"),
    [
        ([100 * v / 400 for v in WAVE], {"target_low": 1, "target_high": 5}, [0.01, 0.05]),  # percent
        ([100 * v / 400 for v in WAVE], {"target_low": 0.5, "target_high": 1.5}, [0.005, 0.015]),
        ([v / 400 for v in WAVE], {"target_low": 0.01, "target_high": 1}, [0.01, 1]),  # shares
    ],
)
def test_small_percentages_are_no_shares(values, ends, band):
    series = only(build.records(*months(values, **ends), metrics=[SHARE | {"direction": "band"}]))
    assert series.chart.values == pytest.approx([v / 400 for v in WAVE])
    assert series.chart.target == pytest.approx(band)


def test_a_target_may_change_from_period_to_period():
    rows = [*months(WAVE[:18], target=1), *months(WAVE[18:], first="2023-01", target=99)]
    series = only(build.records(*rows, metrics=[SCORE]))

    assert series.chart.target.tolist() == [1] * 18 + [99] * 18
    assert series.chart.assurance == "consistently fails"


def test_autocorrelation_and_season_are_said():
    slow = [float(10 + 5 * np.sin(i / 6)) for i in range(36)]
    series = only(build.records(*months(slow), metrics=[SCORE]))
    assert series.autocorrelation > 0.33
    assert any(note.startswith("Each period resembles the one before") for note in series.notes)
    season = [float(20 + 5 * np.sin(2 * np.pi * i / 12) + (i * 7 % 3) / 2) for i in range(36)]
    assert only(build.records(*months(season), metrics=[SCORE])).seasonal


@pytest.mark.parametrize(
    ("freq", "step"), [("D", "day"), ("W", "week"), ("M", "month"), ("Q", "quarter"), ("Y", "year")]
)
def test_steps_are_recognised(freq, step):
    import pandas as pd

    periods = pd.period_range(end="2023-12-31", periods=8, freq=freq)
    rows = [
        build.observation(
            "m",
            vendor_id="V1",
            value=float(5 + i % 3),
            period_start=str(p.start_time.date()),
            period_end=str(p.end_time.date()),
        )
        for i, p in enumerate(periods)
        if i != 4
    ]
    series = only(build.records(*rows, metrics=[SCORE], as_of="2023-12-31"))

    assert series.step == step
    assert (len(series.table), series.missing) == (8, 1)


def test_a_metric_of_the_city_goes_before_the_catalogues():
    facts = build.records(metrics=[SHARE | {"id": "HS-01", "name": "Our own"}]).facts
    assert measure_of("HS-01", facts).name == "Our own"
    assert measure_of("HS-02", facts).measure_type
    assert measure_of("unheard of", facts) == dataclasses.replace(
        measure_of("x", facts), id="unheard of", name="unheard of"
    )


def test_no_observations_and_no_cases():
    result = review_records(build.records())

    assert result.series == ()
    assert (
        result.note
        == "There are no observations and no cases with target dates: send results by metric, vendor and month."
    )
    assert (result.pack.headlines, result.pathway, result.on_time, result.vendors, result.groups) == (
        (),
        None,
        None,
        (),
        (),
    )


def test_the_page_says_how_many_signals_chance_alone_gives():
    rows = [row for i in range(4) for row in months(WAVE[i:] + WAVE[:i], vendor=f"V{i}")]
    result = review_records(build.records(*rows, metrics=[SCORE]))

    assert result.charts == 4
    assert result.expected_false_signals == pytest.approx(4 * spc.false_alarms(36).chart)


MET = [60, 70, 80, 70, 60, 75, 65, 80, 60, 70, 65, 75, 60, 80]


@pytest.mark.parametrize(
    ("direction", "target", "history"),
    [
        # Of the last twelve: 80 70 60 75 65 80 60 70 65 75 60 80
        ("higher", {"target": 70}, (7, 12)),
        ("lower", {"target": 70}, (7, 12)),
        ("band", {"target_low": 65, "target_high": 75}, (6, 12)),
        ("neutral", {"target": 70}, (0, 0)),
        ("higher", {}, (0, 0)),
    ],
)
def test_how_often_a_target_was_met_is_counted_from_the_last_twelve_results(direction, target, history):
    metric = SCORE | {"direction": direction}
    assert only(build.records(*months(MET, **target), metrics=[metric])).target_history == history


def test_a_period_without_a_result_is_no_period_that_missed_the_target():
    series = only(build.records(*months([70, None, 80, 60, None, 75], target=70), metrics=[SCORE]))
    assert series.target_history == (3, 4)


def test_a_target_that_changed_is_held_against_the_periods_that_it_was_for():
    rows = [*months([70] * 6, target=60), *months([70] * 6, first="2022-01", target=80)]
    assert only(build.records(*rows, metrics=[SCORE])).target_history == (6, 12)


def at(starts, ends=None):
    rows = []
    for i, start in enumerate(starts):
        end = ends[i] if ends else None
        rows.append(build.observation("m", vendor_id="V1", period_start=start, period_end=end, value=50 + i * 7 % 5))
    return only(build.records(*rows, metrics=[SCORE], as_of="2024-06-30"))


@pytest.mark.parametrize(
    ("frequency", "step", "n"),
    [
        ("7D", "week", 20),
        ("14D", "two-week period", 20),
        ("28D", "four-week period", 20),
        ("MS", "month", 20),
        ("2MS", "two-month period", 15),
        ("QS", "quarter", 12),
        ("4MS", "four-month period", 9),
        ("6MS", "half-year", 12),
        ("YS", "year", 8),
    ],
)
@pytest.mark.parametrize("with_ends", [True, False])
def test_every_step_in_which_people_report_is_known_and_nothing_is_missing(frequency, step, n, with_ends):
    last = pd.Timestamp("2024-06-30")
    starts = [day for day in pd.date_range("2015-01-01", last, freq=frequency) if day < last - pd.Timedelta(days=366)][
        -n:
    ]
    following = [*starts[1:], starts[-1] + (starts[-1] - starts[-2])]
    ends = [(day - pd.Timedelta(days=1)).date().isoformat() for day in following]
    series = at([day.date().isoformat() for day in starts], ends if with_ends else None)

    assert series.step == step
    assert series.missing == 0
    assert series.table["value"].notna().sum() == n


def test_results_of_january_and_july_are_half_years_with_none_missing():
    series = at([f"{year}-{month}-01" for year in range(2018, 2024) for month in ("01", "07")])

    assert (series.step, series.missing, series.chart.n) == ("half-year", 0, 12)


def test_school_terms_given_as_dates_are_reported_as_irregular_and_keep_every_result():
    terms = [("09-01", "12-20"), ("01-07", "03-28"), ("04-14", "06-30")]
    starts = [f"{2019 + y + (i > 0)}-{first}" for y in range(4) for i, (first, _) in enumerate(terms)]
    ends = [f"{2019 + y + (i > 0)}-{last}" for y in range(4) for i, (_, last) in enumerate(terms)]
    series = at(starts, ends)

    assert series.step == "period"
    assert series.chart.n == 12
    assert series.table["start"].dt.strftime("%Y-%m-%d").tolist() == starts
    assert series.table["end"].dt.strftime("%Y-%m-%d").tolist() == ends
    assert any("irregular" in note for note in series.notes)


def test_a_month_without_a_result_is_missing_and_no_irregularity():
    starts = [f"2022-{m:02d}-01" for m in range(1, 13) if m != 6] + [f"2023-{m:02d}-01" for m in range(1, 13)]
    series = at(starts)

    assert (series.step, series.missing) == ("month", 1)
