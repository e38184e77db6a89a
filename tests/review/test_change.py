"""Did a change last?"""

import datetime

import numpy as np
import pytest

from rdclib.choices import Change, Review
from rdclib.its import Effect, segmented
from rdclib.review.change import QUESTIONS, _less, _verdict, did_it_last, judge
from rdclib.review.series import all_series
from tests import build
from tests.review.made import COUNT, SCORE, SHARE, months

DAY = datetime.date(2022, 1, 1)
NOISE = np.random.default_rng(5).normal(0, 2, (12, 48))


def change(**more):
    return Change(**({"metric_id": "m", "vendor": "V0", "date": DAY, "what": "New contract"} | more))


def series(*rows, metric=SCORE, first="2020-01", as_of="2023-12-31"):
    made = [
        row
        for i, values in enumerate(rows)
        for row in months([None if v != v else float(v) for v in values], vendor=f"V{i}", first=first)
    ]
    return all_series(build.records(*made, metrics=[metric], as_of=as_of), Review())


def judged(values, **more):
    (one,) = series(values)
    return judge(change(**more), one, [])


def stepped(size, after=24, before=24, lasts=99):
    effect = np.where(np.arange(before + after) >= before, size, 0.0)
    effect[before + lasts :] = 0
    return 50 + NOISE[0][: before + after] + effect


def test_an_improvement_that_lasts():
    result = judged(stepped(10))

    assert result.verdict == "lasting improvement"
    assert result.why == ("after 12 months it is significantly better, and the last six periods still show it")
    assert result.last_six == "improvement"
    assert [round(e.h) for e in result.effects] == [3, 6, 12]
    assert result.effects[1].low < 10 < result.effects[1].high


def test_an_improvement_that_fades():
    # 16 points better at first, 1.4 fewer every month, and so no better after 12 months.
    result = judged(50 + NOISE[0] + np.where(np.arange(48) >= 24, 16 - 1.4 * (np.arange(48) - 24), 0))
    assert (result.verdict, result.why) == (
        "early but fading", "after 3 months it was significantly better, and it has declined significantly since"
    )  # fmt: skip
    # The effect declines by 1.4 a month: 12.6 from the third month to the twelfth.
    assert result.decline.low < -12.6 < result.decline.high < 0


def test_a_change_for_the_worse():
    assert judged(stepped(-10)).verdict == "worse"


def test_without_an_effect_two_years_are_too_few_to_exclude_one():
    result = judged(stepped(0))
    assert (result.verdict, result.why) == (
        "not clear yet", "the interval after 12 months holds no effect as well as a considerable one"
    )  # fmt: skip
    assert result.effects[2].high - result.effects[2].low > 2 * result.its.spread


def test_no_effect_is_a_verdict_once_the_interval_excludes_a_considerable_one():
    values = 50 + np.random.default_rng(5).normal(0, 2, 240)
    (one,) = series(values, first="2010-01", as_of="2029-12-31")
    result = judge(change(date=datetime.date(2020, 1, 1)), one, [])
    assert (result.verdict, result.why) == (
        "no effect", "the effect after 12 months is smaller than the usual difference from period to period"
    )  # fmt: skip


def test_better_and_worse_take_the_same_evidence():
    # Mirrored series get mirrored verdicts: nothing is called worse that would not be called better upside down.
    rng = np.random.default_rng(8)
    mirrored = {"lasting improvement": "worse", "worse": "lasting improvement", "not clear yet": "not clear yet"}
    (template,) = series(stepped(0))
    for size in (0, 4, 7):
        for _ in range(15):
            values = rng.normal(0, 2, 48) + np.where(np.arange(48) >= 24, size, 0)
            up, down = (judge(change(), remade(template, 50 + sign * values), []).verdict for sign in (1, -1))
            assert up in ("early but fading", "no effect") or down == mirrored[up]


def test_lower_is_better_turns_the_verdict():
    (one,) = series(stepped(-10), metric=SCORE | {"direction": "lower"})
    assert judge(change(), one, []).verdict == "lasting improvement"
    (one,) = series(stepped(10), metric=SCORE | {"direction": "lower"})
    assert judge(change(), one, []).verdict == "worse"


@pytest.mark.parametrize(
    ("after", "verdict"), [(2, "not clear yet"), (11, "not clear yet"), (12, "lasting improvement")]
)
def test_nothing_is_said_of_a_time_that_was_not_observed(after, verdict):
    (one,) = series(
        stepped(12, after=after), as_of="2021-12-31" if not after else str(np.datetime64("2022-01") + after)[:7] + "-01"
    )
    result = judge(change(), one, [])

    assert result.verdict == verdict
    if after == 11:
        assert np.isnan(result.effects[2].value)
        assert result.effects[2].note == "11 periods were observed since the change: nothing can be said about 12."


def test_fewer_than_three_periods_are_refused():
    (one,) = series(stepped(12, after=2), as_of="2022-02-28")
    assert judge(change(), one, []).why == (
        "24 points before the change and 2 after it: fewer than 3 on a side tell nothing."
    )


def test_months_that_gave_rise_to_the_change_do_not_count_as_before():
    values = stepped(0)
    values[20:24] -= 15
    with_them, without = judged(values), judged(values, trigger_periods=4)

    assert without.its.n_before == with_them.its.n_before - 4
    assert without.verdict == "not clear yet"
    assert without.effects[0].low < 0 < without.effects[0].high
    assert without.left_out.tolist() == [False] * 20 + [True] * 4 + [False] * 24
    assert "Left out, since they gave rise to the change: the 4 periods before it." in without.note


def test_what_all_vendors_share_is_not_the_changes_doing():
    shared = np.where(np.arange(48) >= 24, 10, 0)
    everyone = series(*(50 + NOISE[i] + shared for i in range(6)))

    alone = judge(change(), everyone[0], [])
    compared = did_it_last(change(), everyone)
    assert alone.verdict == "lasting improvement"
    assert compared.verdict == "not clear yet"
    assert abs(compared.effects[2].value) < 3
    assert len(compared.comparison) == 5
    assert not any(q.startswith("Did comparable vendors") for q in compared.questions)


def test_only_the_named_vendors_are_compared():
    everyone = series(*(50 + NOISE[i] for i in range(4)))
    assert did_it_last(change(comparison=("V2",)), everyone).comparison == ("V2",)


def test_rates_are_compared_as_ratios():
    rng = np.random.default_rng(2)
    rate = SCORE | {"measure_type": "rate", "direction": "lower", "unit": "per 1,000 nights"}
    count = rng.poisson(1000 * 0.06 * np.where(np.arange(48) >= 24, 0.5, 1.0)).tolist()
    (one,) = all_series(
        build.records(*months(count, counted=1000, vendor="V0", first="2020-01"), metrics=[rate], as_of="2023-12-31"),
        Review(),
    )
    result = judge(change(), one, [])

    assert result.its.family == "poisson"
    assert result.effects[1].ratio_low < 0.5 < result.effects[1].ratio_high
    assert result.verdict == "lasting improvement"
    assert result.fitted[:24].mean() == pytest.approx(60, rel=0.1)
    assert result.without[24:].mean() == pytest.approx(60, rel=0.3)


def test_a_change_without_a_series_is_not_clear():
    result = did_it_last(change(metric_id="another"), series(stepped(0)))
    assert (result.verdict, result.why, result.series) == ("not clear yet", "there is no series for it", None)
    assert result.questions == QUESTIONS


def test_a_change_for_every_vendor_names_none():
    result = did_it_last(change(vendor=""), series(stepped(0), stepped(0)))
    assert result.why == "it does not say which vendor it was made for"


def test_what_changed_at_the_same_time_is_asked_first():
    result = did_it_last(change(same_time="a new definition"), series(stepped(0)))
    assert result.questions[0] == ("This also changed at that time: a new definition. Which of the two was it?")


def test_without_a_good_direction_nothing_is_called_better():
    (one,) = series(stepped(10), metric=SCORE | {"direction": "context"})
    result = judge(change(), one, [])
    assert (result.verdict, result.why) == (
        "not clear yet",
        "it changed significantly, and neither way is the better one",
    )
    assert result.note.endswith("the verdict cannot call a change better.")


@pytest.mark.parametrize(
    ("band", "size", "verdict", "note"),
    [
        ((58, 70), 10, "lasting improvement", "Before the change it lay below its target band: higher is better."),
        ((58, 70), -10, "worse", "Before the change it lay below its target band: higher is better."),
        ((30, 42), -10, "lasting improvement", "Before the change it lay above its target band: lower is better."),
        ((30, 42), 10, "worse", "Before the change it lay above its target band: lower is better."),
        (
            (40, 60),
            10,
            "not clear yet",
            "Before the change it was within its target band: the verdict cannot call a change better.",
        ),
    ],
)
def test_where_a_series_lay_before_says_which_way_to_its_target_band_is_better(band, size, verdict, note):
    values = stepped(size)
    rows = months(list(values), vendor="V0", first="2020-01", target_low=band[0], target_high=band[1])
    records = build.records(*rows, metrics=[SCORE | {"direction": "band"}], as_of="2023-12-31")
    result = judge(change(), *all_series(records, Review()), [])
    assert (result.verdict, result.note) == (verdict, note)


def test_shares_keep_their_own_scale():
    count = (60 + np.round(NOISE[1]) + np.where(np.arange(48) >= 24, 15, 0)).tolist()
    (one,) = all_series(
        build.records(*months(count, counted=100, vendor="V0", first="2020-01"), metrics=[SHARE], as_of="2023-12-31"),
        Review(),
    )
    assert judge(change(), one, []).effects[0].value == pytest.approx(0.15, abs=0.05)


def test_a_vendor_picked_for_being_bad_is_seldom_called_a_lasting_improvement():
    """200 seeds; twenty vendors without any real change, the worst of the last six months gets a new contract."""
    called = []
    (template,) = series(stepped(0))
    for seed in range(200):
        rng = np.random.default_rng(seed)
        luck = 50 + 5 * rng.normal(size=(20, 40))
        worst = luck[np.argmin(luck[:, 18:24].mean(axis=1))]
        one = remade(template, worst)
        # Whoever enters the change may or may not say which months led to it.
        called.append(judge(change(trigger_periods=6 if seed % 2 else 0), one, []).verdict)
    assert called.count("lasting improvement") <= 20


def remade(template, values):
    """The same series with other values."""
    import dataclasses

    from rdclib.review.series import draw

    table = template.table.iloc[: len(values)].assign(value=values, gap="")
    chart, _ = draw(template.measure, table)
    return dataclasses.replace(template, table=table, chart=chart)


def side(h, sign):
    """An effect whose interval lies above zero, below it, or holds it; without a value for a time not yet observed."""
    low, high = {"+": (1, 5), "-": (-5, -1), "0": (-1, 3), " ": (np.nan, np.nan)}[sign]
    return Effect(h, (low + high) / 2, low, high)


NOT_YET = "12 months have not passed"
BOTH = "the interval after 12 months holds no effect as well as a considerable one"
STILL = "after 12 months it is significantly {}, and the last six periods still show it"
GONE = "after 12 months it is significantly {}, but the last six periods do not show it"
FADED = "after 3 months it was significantly better, and it has declined significantly since"


@pytest.mark.parametrize("good", [1, -1])
@pytest.mark.parametrize(
    ("signs", "decline", "last_six", "verdict", "why"),
    [
        ("+++", "0", "improvement", "lasting improvement", STILL.format("better")),
        ("00+", "0", "improvement", "lasting improvement", STILL.format("better")),
        ("+++", "0", "", "not clear yet", GONE.format("better")),
        ("---", "0", "concern", "worse", STILL.format("worse")),
        ("00-", "0", "concern", "worse", STILL.format("worse")),
        ("---", "0", "", "not clear yet", GONE.format("worse")),
        ("---", "0", "improvement", "not clear yet", GONE.format("worse")),
        # An interval after 12 months that holds zero is no evidence of a decline; a decline's own interval is.
        ("+00", "0", "", "not clear yet", BOTH),
        ("++0", "-", "", "early but fading", FADED),
        ("000", "-", "", "not clear yet", BOTH),
        ("+00", "+", "", "not clear yet", BOTH),
        ("-00", "+", "", "not clear yet", BOTH),
        ("00 ", "0", "improvement", "not clear yet", NOT_YET),
        ("++ ", "0", "improvement", "not clear yet", f"after 6 months it is significantly better, but {NOT_YET}"),
        ("-  ", "0", "concern", "not clear yet", f"after 3 months it is significantly worse, but {NOT_YET}"),
        ("   ", "0", "improvement", "not clear yet", "too few periods since the change"),
    ],
)
def test_the_words_of_a_verdict(signs, decline, last_six, verdict, why, good):
    fit = segmented(50 + NOISE[0], 24)
    turn = str.maketrans("+-", "-+") if good == -1 else {}
    effects = tuple(side(h, sign) for h, sign in zip((3, 6, 12), signs.translate(turn), strict=True))
    assert fit.spread < 3  # an interval from -1 to 3 holds a considerable effect
    assert _verdict(fit, effects, side(12, decline.translate(turn)), good, last_six) == (verdict, why)


def test_few_points_give_no_verdict():
    fit = segmented(50 + NOISE[0][:31], 7)
    effects = tuple(side(h, "+") for h in (3, 6, 12))
    assert _verdict(fit, effects, side(12, "0"), 1, "improvement") == (
        "not clear yet", "Exploratory: 7 points before and 24 after, fewer than 8 on a side."
    )  # fmt: skip


def test_an_effect_less_that_of_the_comparison_has_both_errors():
    # 10 (8 to 15) less 4 (1 to 9): 6, down by the root of 2² + 5² and up by that of 5² + 3².
    left = _less(Effect(6, 10, 8, 15), Effect(6, 4, 1, 9))
    assert (left.h, left.value, left.low, left.high) == (6, 6, 6 - np.sqrt(29), 6 + np.sqrt(34))
    assert np.isnan(left.ratio)
    ratio = _less(Effect(6, 10, 8, 15, 2.0, 1.0, 3.0), Effect(6, 4, 1, 9))
    assert ratio.ratio_low == pytest.approx(np.exp(6 - np.sqrt(29)))
    assert _less(Effect(6, 10, 8, 15), Effect(6, np.nan, np.nan, np.nan)).value == 10


def test_a_comparison_vendor_that_stops_reporting_does_not_move_the_others():
    # Vendors at 50 and 90; the one at 90 stops half a year after the day, and nothing else happened.
    high = 90 + NOISE[2]
    high[30:] = np.nan
    for metric, scale in ((SCORE, 1), (COUNT, 10)):
        rows = [np.round(scale * one) for one in (50 + NOISE[0], 50 + NOISE[1], high)]
        everyone = series(*rows, metric=metric)
        result = did_it_last(change(), everyone)
        assert len(result.comparison) == 2
        assert all(abs(effect.value) < 5 * (scale if metric is SCORE else 0.02) for effect in result.comparison_effects)
        assert result.verdict in ("not clear yet", "no effect")


@pytest.mark.parametrize("day", ["2019-06-01", "2020-01-01", "2020-02-01"])
def test_a_change_before_the_series_has_no_verdict(day):
    result = judged(stepped(0), date=datetime.date.fromisoformat(day))
    assert result.verdict == "not clear yet"
    assert result.why.endswith("fewer than 3 on a side tell nothing.")
