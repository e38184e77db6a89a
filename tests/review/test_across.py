"""Vendors, groups and places side by side."""

import numpy as np
import pandas as pd
import pytest

from rdclib.review.across import compare_groups, compare_vendors, group_table
from rdclib.review.measure import Measure
from tests import build
from tests.review.made import COUNT, SCORE, SHARE, months

PROPORTION = Measure("m", "Done well", "%", "proportion", "higher", kind="share")


def vendors(shares, size=100, **more):
    return [
        row
        for i, share in enumerate(shares)
        for row in months([round(share * size)] * 12, counted=size, vendor=f"V{i}", first="2023-07", **more)
    ]


def only(records):
    (comparison,) = compare_vendors(records)
    return comparison


@pytest.mark.parametrize(("n", "how"), [(2, "small multiples"), (4, "small multiples"), (5, "funnel"), (6, "funnel")])
def test_a_funnel_needs_five_units(n, how):
    comparison = only(build.records(*vendors([0.5] * n), metrics=[SHARE]))

    assert comparison.how == how
    assert (comparison.funnel is not None) == (how == "funnel")
    if how != "funnel":
        assert comparison.note == f"{n} units, fewer than 5: each series of its own, no funnel."


def test_the_vendor_that_differs_is_outside_and_nobody_is_ranked():
    comparison = only(build.records(*vendors([0.5, 0.51, 0.2, 0.49, 0.5, 0.5, 0.51, 0.5]), metrics=[SHARE]))

    assert comparison.table["name"].tolist() == sorted(comparison.table["name"])
    assert comparison.outside["name"].tolist() == ["V2"]
    assert comparison.table.loc[2, ["numerator", "denominator", "value"]].tolist() == [240, 1200, 0.2]


def test_a_month_of_which_a_group_is_hidden_has_no_count():
    north = months([5] * 3, vendor="V0", first="2024-01", stratum="north")
    south = months([4] * 3, vendor="V0", first="2024-01", stratum="south")
    for _, row in south[1:]:
        row.update(value=None, suppressed=True)
    comparison = only(build.records(*north, *south, *months([7] * 3, vendor="V1", first="2024-01"), metrics=[COUNT]))

    # Two of the three months of V0 are not known; the median of what is left is the first.
    assert dict(zip(comparison.table["name"], comparison.table["value"], strict=True)) == {"V0": 9, "V1": 7}


def test_only_the_period_under_review_counts():
    rows = vendors([0.5] * 5) + [r for i in range(5) for r in months([99] * 24, counted=100, vendor=f"V{i}")]
    assert set(only(build.records(*rows, metrics=[SHARE])).table["value"]) == {0.5}


def test_values_that_a_model_has_adjusted_keep_their_intervals_and_get_no_funnel():
    rows = [
        build.observation(
            "m", vendor_id=f"H{i}", vendor_name=f"H{i}", period_start="2023-07-01", period_end="2024-06-30",
            value=14 + i, low=10 + i, high=18 + i, denominator=200,
        )
        for i in range(6)
    ]  # fmt: skip
    comparison = only(build.records(*rows, metrics=[SHARE | {"direction": "lower"}]))

    assert comparison.how == "published intervals"
    assert comparison.funnel is None
    assert comparison.note == (
        "The values were already adjusted by a model: they keep their published intervals and get no funnel."
    )
    assert comparison.table[["value", "low", "high"]].iloc[0].tolist() == pytest.approx([0.14, 0.10, 0.18])


def test_without_denominators_there_is_no_funnel():
    rows = [row for i in range(6) for row in months([5, 6, 7] * 4, vendor=f"V{i}", first="2023-07")]
    comparison = only(build.records(*rows, metrics=[SCORE]))

    assert (comparison.how, comparison.table["value"].tolist()) == ("small multiples", [6.0] * 6)


BEDS = {"id": "m", "name": "Beds", "unit": "%", "measure_type": "ratio", "direction": "band", "denominator": "beds"}


def test_a_ratio_of_what_is_no_count_of_cases_gets_no_funnel():
    rows = vendors([0.9, 0.9, 0.9, 0.9, 0.5], size=1000)
    comparison = only(build.records(*rows, metrics=[BEDS]))

    assert (comparison.how, comparison.funnel) == ("small multiples", None)
    assert comparison.table["value"].tolist() == pytest.approx([0.9, 0.9, 0.9, 0.9, 0.5])
    assert comparison.table[["low", "high"]].isna().all(axis=None)
    assert comparison.note == (
        "Numerator and denominator are no counts of people or events, so chance gives no limits: no funnel."
    )


COST = {"id": "m", "name": "Cost per mile", "unit": "$", "measure_type": "amount", "direction": "lower"}


@pytest.mark.parametrize("reported", [True, False])
def test_an_amount_with_a_denominator_is_compared_as_a_ratio(reported):
    """Arendtholm: 4,615,364.13 for 43.8 lane-miles is 105,373.61 a mile, and no more in a second period."""
    rows = []
    for name, paid, miles in (("A", 4_615_364.13, 43.8), ("B", 2_000_000.0, 20.0)):
        for start in ("2023-07-01", "2024-01-01"):
            value = {"value": paid / miles} if reported else {}
            counts = {"numerator": paid, "denominator": miles}
            rows.append(build.observation("m", vendor_id=name, vendor_name=name, period_start=start, **counts, **value))

    comparison = only(build.records(*rows, metrics=[COST]))

    table = comparison.table.set_index("name")
    assert table["value"].round(2).to_dict() == {"A": 105_373.61, "B": 100_000.0}
    assert comparison.how == "small multiples"
    assert table[["low", "high"]].isna().all(axis=None)


def test_a_cost_of_one_unit_adds_up_over_nothing():
    """Values with denominators and no numerators, such as median earnings: their median, never their sum."""
    rows = [
        build.observation("m", vendor_id=name, vendor_name=name, period_start=start, value=value, denominator=10)
        for name, values in (("A", (100, 120)), ("B", (90, 90)))
        for start, value in zip(("2023-07-01", "2024-01-01"), values, strict=True)
    ]

    comparison = only(build.records(*rows, metrics=[COST]))

    assert comparison.table.set_index("name")["value"].to_dict() == {"A": 110, "B": 90}


def test_observed_over_expected_events_get_a_funnel_of_ratios():
    expected = BEDS | {"unit": "ratio", "direction": "lower", "denominator": "infections expected from the case mix"}
    comparison = only(build.records(*vendors([1, 1, 1.1, 0.9, 3], size=20), metrics=[expected]))

    assert (comparison.how, comparison.funnel.kind) == ("funnel", "ratio")
    # Against 0.97 of the others V2's 264 of 240 expected lies just beyond 95%, and V3's 216 against 1.03 below it.
    assert comparison.far["name"].tolist() == ["V4"]
    assert set(comparison.outside["name"]) == {"V2", "V3", "V4"}
    assert comparison.note.startswith("Fewer than 10 units: each is compared with the others")


def test_groups_of_what_is_no_count_of_cases_get_no_intervals():
    rows = [
        row
        for site, used in (("a", 900), ("b", 700))
        for row in months([used] * 12, counted=1000, first="2023-07", stratum=site, stratum_kind="site")
    ]
    (result,) = compare_groups(build.records(*rows, metrics=[BEDS]))
    row = result.table.set_index("group").loc["b"]
    assert (row["value"], row["ratio"], row["gap"]) == pytest.approx((0.7, 7 / 9, -0.2))
    assert row[["low", "high", "ratio_low", "ratio_high", "gap_low", "gap_high"]].isna().all()


def test_counts_are_added_up_over_sites_before_vendors_are_compared():
    rows = [
        row
        for i in range(2)
        for site in ("a", "b")
        for row in months([5, 6, 7] * 4, vendor=f"V{i}", site=site, first="2023-07")
    ]
    assert only(build.records(*rows, metrics=[COUNT])).table["value"].tolist() == [12, 12]


def test_sites_are_compared_where_there_is_one_vendor():
    rows = [row for i in range(5) for row in months([50] * 12, counted=100, site=f"S{i}", first="2023-07")]
    assert only(build.records(*rows, metrics=[SHARE])).by == "site"


def test_one_vendor_and_no_sites_is_nothing_to_compare():
    assert compare_vendors(build.records(*vendors([0.5]), metrics=[SHARE])) == ()


def test_case_mix_explains_an_outlier():
    """Every vendor does 20% of hard cases and 80% of easy ones; V0 has mostly hard ones."""
    rows = []
    for i in range(6):
        hard, easy = (80, 20) if i == 0 else (20, 80)
        kwargs = {"vendor": f"V{i}", "stratum_kind": "difficulty", "first": "2023-07"}
        rows += months([hard // 5] * 12, counted=hard, stratum="hard", **kwargs)
        rows += months([easy * 4 // 5] * 12, counted=easy, stratum="easy", **kwargs)
    comparison = only(build.records(*rows, metrics=[SHARE]))

    assert comparison.outside["name"].tolist() == ["V0"]
    assert not comparison.adjusted.table["flag"].str.startswith(("above", "below")).any()
    assert comparison.note.endswith("Case mix explains 1 of those outside: V0.")
    assert comparison.stratum_kind == "difficulty"
    assert len(comparison.strata) == 12


def test_case_mix_explains_nothing_where_all_have_the_same():
    rows = []
    for i in range(9):
        kwargs = {"vendor": f"V{i}", "stratum_kind": "difficulty", "first": "2023-07"}
        good = [13, 12] * 6 if i == 0 else [12, 11, 12, 11, 12, 12] * 2  # of 16 a month: 150 and 140 of 192
        rows += months(good, counted=16, stratum="hard", **kwargs)
        rows += months(good, counted=16, stratum="easy", **kwargs)
    comparison = only(build.records(*rows, metrics=[SHARE]))

    assert comparison.outside["name"].tolist() == ["V0"]
    assert comparison.adjusted.table["flag"].tolist() == comparison.table["flag"].tolist()
    assert "Case mix" not in comparison.note


@pytest.mark.parametrize(
    ("veterans", "hidden"),
    [
        ((4, 40), ["single", "veteran"]),  # 4 succeeded: with the vendor's total, one more has to go
        ((11, 40), []),
        ((36, 40), ["single", "veteran"]),  # 4 did not
        ((29, 40), []),
    ],
)
def test_small_counts_of_the_case_mix_are_hidden_and_what_would_give_them_away(veterans, hidden):
    rows = []
    for i in range(6):
        words = {"vendor": f"V{i}", "stratum_kind": "population", "first": "2024-06"}
        done, all_ = veterans if i == 0 else (20, 40)
        rows += months([done], counted=all_, stratum="veteran", **words)
        rows += months([20], counted=60, stratum="single", **words)
        rows += months([300], counted=600, stratum="family", **words)
    strata = only(build.records(*rows, metrics=[SHARE])).strata
    own = strata[strata["unit"] == "V0"].set_index("stratum")

    assert sorted(own.index[own["numerator"].isna()]) == hidden
    assert own[["numerator", "denominator", "rate"]].isna().nunique(axis=1).eq(1).all()
    assert strata.loc[strata["unit"] != "V0", "numerator"].notna().all()
    assert own["overall_rate"].notna().all()


def test_a_stratum_that_is_hidden_as_a_whole_is_hidden_at_every_vendor():
    rows = []
    for i in range(6):
        words = {"vendor": f"V{i}", "stratum_kind": "population", "first": "2024-06"}
        rows += months([1 if i == 0 else 0], counted=1 if i == 0 else 0, stratum="youth", **words)
        rows += months([20], counted=60, stratum="single", **words)
        rows += months([300], counted=600, stratum="family", **words)
    comparison = only(build.records(*rows, metrics=[SHARE]))
    (groups,) = compare_groups(build.records(*rows, metrics=[SHARE]))
    hidden = set(groups.table.loc[groups.table["shown"] == "hidden", "group"])

    assert hidden == {"youth", "single"}
    strata = comparison.strata
    assert strata.loc[strata["stratum"].isin(hidden), ["numerator", "rate", "overall_rate"]].isna().all(axis=None)
    assert strata.loc[strata["stratum"] == "family", "numerator"].notna().all()


def frame(**groups):
    return pd.DataFrame(groups, index=["numerator", "denominator"]).T.astype(float)


@pytest.mark.parametrize(("n", "shown"), [(10, "hidden"), (11, "hidden"), (22, "shown")])
def test_small_groups_are_named_and_hidden(n, shown):
    # Of 11, some succeeded and some did not: one of the two counts is below 11.
    result = group_table(PROPORTION, "age", frame(old=(60, 120), young=(n / 2, n), middle=(50, 90), other=(40, 80)), 11)
    table = result.table.set_index("group")

    assert table.loc["young", "shown"] == shown
    assert np.isnan(table.loc["young", "value"]) == (shown == "hidden")


def test_one_hidden_group_takes_another_with_it():
    result = group_table(PROPORTION, "age", frame(old=(60, 120), young=(2, 8), middle=(50, 90)), 11)

    assert result.table.set_index("group")["shown"].to_dict() == {"old": "shown", "young": "hidden", "middle": "hidden"}
    assert result.hidden == 2
    assert result.note == "Groups hidden: 2 (counts below 11, or counts that would give one away)."


def test_an_empty_group_is_named_and_not_dropped():
    sums = frame(old=(60, 120), young=(50, 100), none=(0, 0), unknown=(np.nan, np.nan))
    table = group_table(PROPORTION, "age", sums, 11).table.set_index("group")

    assert table["shown"].to_dict() == {"old": "shown", "young": "shown", "none": "no cases", "unknown": "no data"}
    assert np.isnan(table.loc["none", "value"])


def test_zero_is_shown_as_zero():
    table = group_table(PROPORTION, "age", frame(old=(60, 120), young=(0, 100)), 11).table.set_index("group")
    assert (table.loc["young", "shown"], table.loc["young", "value"]) == ("shown", 0)


def test_ratio_and_gap_against_the_largest_group():
    result = group_table(PROPORTION, "age", frame(a=(80, 100), b=(60, 200)), 11)
    row = result.table.set_index("group").loc["a"]

    assert result.reference == "b"
    assert row["ratio"] == pytest.approx(0.8 / 0.3)
    assert row["gap"] == pytest.approx(0.5)
    assert row["gap_low"] < 0.5 < row["gap_high"]
    assert np.isnan(result.table.set_index("group").loc["b", "ratio"])


@pytest.mark.parametrize(("direction", "behind", "ahead"), [("higher", "cb", "d"), ("lower", "d", "cb")])
def test_groups_beyond_chance_are_behind_or_ahead_by_the_good_direction(direction, behind, ahead):
    groups = frame(a=(500, 1000), b=(150, 400), c=(100, 400), d=(300, 400), e=(195, 400))
    result = group_table(Measure("m", "M", "%", "proportion", direction, kind="share"), "district", groups, 11)
    assert (result.reference, result.reference_value) == ("a", 0.5)
    assert ("".join(result.behind["group"]), "".join(result.ahead["group"])) == (behind, ahead)


def test_no_hidden_number_is_the_total_less_the_others():
    """Whatever is shown, at least two groups or none are hidden, and together they are not small."""
    rng = np.random.default_rng(3)
    for _ in range(40):
        n = rng.integers(0, 60, rng.integers(2, 7))
        k = rng.binomial(n, 0.3)
        sums = pd.DataFrame({"numerator": k, "denominator": n}, index=[f"g{i}" for i in range(len(n))]).astype(float)
        table = group_table(PROPORTION, "group", sums, 11).table
        hidden = (table["shown"] == "hidden").to_numpy()
        if hidden.any() and (table["shown"] == "shown").any():
            assert hidden.sum() >= 2
            assert n[hidden].sum() >= 11
        shown = (table["shown"] == "shown").to_numpy()
        for counts in (n, k, n - k):
            assert not ((counts[shown] > 0) & (counts[shown] < 11)).any()


def test_groups_of_observations_and_of_cases():
    rows = [
        row
        for group, count in (("a", 30), ("b", 20))
        for row in months([count] * 12, counted=50, stratum=group, stratum_kind="Language", first="2023-07")
    ]
    rows += [
        build.case(
            f"c{i}",
            group="a" if i < 60 else "b",
            target_date="2024-01-31",
            closed_date="2024-01-30" if i % 2 else "2024-02-15",
        )
        for i in range(120)
    ]
    observed, cases = compare_groups(build.records(*rows, metrics=[SHARE]))

    assert (observed.kind, observed.reference) == ("Language", "a")
    assert observed.table["value"].tolist() == [0.6, 0.4]
    assert (cases.kind, cases.table["value"].tolist()) == ("group of people", [0.5, 0.5])


def test_cases_that_came_after_the_day_of_the_review_are_in_no_group():
    rows = [
        build.case(
            f"{group}{i}", group=group, referred_date="2023-10-01", outcome_date="2023-12-01" if i < 15 else None
        )
        for group in "AB"
        for i in range(30)
    ]
    # One of A reached the outcome on the afternoon of the last day; 30 of A and a group C came after it.
    rows.append(build.case("last", group="A", referred_date="2024-05-01", outcome_date="2024-06-30 15:00"))
    rows += [build.case(f"late{i}", group="A", referred_date="2024-07-01") for i in range(30)]
    rows += [build.case(f"new{i}", group="C", referred_date="2024-07-01") for i in range(30)]

    (groups,) = compare_groups(build.records(*rows, as_of="2024-06-30"))

    counts = groups.table.set_index("group")[["numerator", "denominator"]]
    assert counts.to_numpy().tolist() == [[16, 31], [15, 30]]
    assert counts.index.tolist() == ["A", "B"]


def half_a_result(**more):
    """A month of which the numerator came, and the denominator did not."""
    days = {"period_start": "2024-02-01", "period_end": "2024-02-29"}
    return build.observation("m", vendor_id="V0", vendor_name="V0", numerator=60, **days, **more)


def test_a_numerator_without_its_denominator_makes_no_vendor_stand_out():
    rows = [row for i in range(6) for row in months([50] * 6, counted=100, vendor=f"V{i}", first="2023-07")]
    (one,) = compare_vendors(build.records(*rows, half_a_result(), metrics=[SHARE]))

    assert one.table["value"].tolist() == [0.5] * 6
    assert one.table["denominator"].tolist() == [600] * 6
    assert set(one.table["flag"]) == {"inside"}


def test_a_numerator_without_its_denominator_is_in_no_group():
    rows = [
        row
        for group in "AB"
        for row in months([50] * 6, counted=100, vendor="V0", stratum=group, stratum_kind="k", first="2023-07")
    ]
    halves = [half_a_result(stratum=group, stratum_kind="k") for group in "AC"]
    (one,) = compare_groups(build.records(*rows, *halves, metrics=[SHARE]))

    assert one.table["group"].tolist() == ["A", "B", "C"]
    assert one.table["value"].iloc[:2].tolist() == [0.5, 0.5]
    assert one.table["shown"].tolist() == ["shown", "shown", "no data"]
