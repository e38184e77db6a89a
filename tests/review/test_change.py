"""Did a change last?"""

import datetime

import numpy as np
import pytest

from rdclib.choices import Change, Review
from rdclib.review.change import QUESTIONS, did_it_last, judge
from rdclib.review.series import all_series
from tests import build
from tests.review.made import SCORE, SHARE, months

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
    assert result.why == (
        "after 6 and after 12 months it is better by more than chance gives, and the last six periods still show it"
    )
    assert result.persists
    assert [round(e.h) for e in result.effects] == [3, 6, 12]
    assert result.effects[1].low < 10 < result.effects[1].high


def test_an_improvement_that_fades():
    assert judged(
        50 + NOISE[0] + np.where(np.arange(48) >= 24, np.clip(14 - 1.4 * (np.arange(48) - 24), 0, 14), 0)
    ).verdict == ("early but fading")


def test_a_change_for_the_worse():
    assert judged(stepped(-10)).verdict == "worse"


def test_no_change_no_sign():
    result = judged(stepped(0))
    assert (result.verdict, result.why) == ("no sign", "it has not moved by more than chance gives")


def test_lower_is_better_turns_the_verdict():
    (one,) = series(stepped(-10), metric=SCORE | {"direction": "lower"})
    assert judge(change(), one, []).verdict == "lasting improvement"
    (one,) = series(stepped(10), metric=SCORE | {"direction": "lower"})
    assert judge(change(), one, []).verdict == "worse"


@pytest.mark.parametrize(("after", "verdict"), [(2, "unclear"), (11, "unclear"), (12, "lasting improvement")])
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
    assert without.verdict == "no sign"
    assert without.left_out.tolist() == [False] * 20 + [True] * 4 + [False] * 24
    assert "Left out, since they gave rise to the change: the 4 periods before it." in without.note


def test_what_all_vendors_share_is_not_the_changes_doing():
    shared = np.where(np.arange(48) >= 24, 10, 0)
    everyone = series(*(50 + NOISE[i] + shared for i in range(6)))

    alone = judge(change(), everyone[0], [])
    compared = did_it_last(change(), everyone)
    assert alone.verdict == "lasting improvement"
    assert compared.verdict == "no sign"
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


def test_a_change_without_a_series_is_unclear():
    result = did_it_last(change(metric_id="another"), series(stepped(0)))
    assert (result.verdict, result.why, result.series) == ("unclear", "there is no series for it", None)
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
        "unclear",
        "it moved by more than chance gives, and neither way is the better one",
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
            "unclear",
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
