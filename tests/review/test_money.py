"""Cost per outcome, and payment by results line by line."""

import numpy as np
import pytest

from rdclib.choices import Change, Choices, PaymentDesign, Review, Selection
from rdclib.review import review_records
from tests import build
from tests.review.made import SCORE, SHARE, months


def paid_monthly(amount, n=24, first="2022-07", **more):
    import pandas as pd

    return [
        build.payment(
            amount, payment_date=str(p.start_time.date()), **({"vendor_id": "V1", "contract_id": "C1"} | more)
        )
        for p in pd.period_range(first, periods=n, freq="M")
    ]


def reviewed(*rows, review=None, selection=None, metrics=(SHARE,), **facts):
    choices = Choices(review=review or Review(), selection=selection or Selection())
    return review_records(build.records(*rows, metrics=list(metrics), **facts), choices)


def test_cost_per_outcome_by_fiscal_year():
    rows = [*months([50] * 24, counted=100, contract_id="C1", first="2022-07"), *paid_monthly(1000.0)]
    (one,) = reviewed(*rows).costs

    assert one.table["label"].tolist() == ["FY2023", "FY2024"]
    assert one.table[["paid", "outcomes", "cost"]].iloc[0].tolist() == [12_000, 600, 20]
    assert np.isnan(one.table["cost_constant"]).all()
    assert one.note == "Nominal prices: engagement.yaml gives no price_index."


def test_the_last_whole_year_of_each_vendor_is_summed_up():
    rows = []
    for vendor, counts in (("V1", [50] * 24), ("V2", [40] * 24), ("V3", [20] * 20)):
        first = "2022-07" if vendor != "V3" else "2022-11"
        rows += months(counts, counted=100, vendor=vendor, contract_id=f"C{vendor}", first=first)
        rows += paid_monthly(1000.0, len(counts), first, vendor_id=vendor, contract_id=f"C{vendor}")
    (one,) = reviewed(*rows).cost_summaries

    assert [(line.vendor, line.label, line.each) for line in one.lines] == [
        ("V1", "FY2024", 20), ("V2", "FY2024", 25), ("V3", "FY2024", 50)
    ]  # fmt: skip
    assert (one.low, one.middle, one.high) == (20, 25, 50)
    assert one.lines[0].base_year == ""


def test_constant_prices_follow_the_fiscal_years_index():
    rows = [*months([50] * 24, counted=100, contract_id="C1", first="2022-07"), *paid_monthly(1000.0)]
    (one,) = reviewed(*rows, price_index={"2023": 100, "2024": 125}).costs

    assert one.base_year == "2024"
    assert one.table["cost_constant"].tolist() == pytest.approx([25, 20])
    ((line,),) = [s.lines for s in reviewed(*rows, price_index={"2023": 100, "2024": 125}).cost_summaries]
    assert (line.label, line.each, line.base_year) == ("FY2024", 20, "2024")
    assert one.note == "Constant prices of 2024."


def test_years_outside_the_index_stay_nominal_and_it_is_said():
    rows = [*months([50] * 24, counted=100, contract_id="C1", first="2022-07"), *paid_monthly(1000.0)]
    (one,) = reviewed(*rows, price_index={"2024": 125}).costs

    assert np.isnan(one.table["cost_constant"].iloc[0])
    assert one.note == "Constant prices of 2024. Years outside the price index are nominal only."


def test_a_year_that_is_not_whole_is_left_out():
    rows = [*months([50] * 20, counted=100, contract_id="C1", first="2022-11"), *paid_monthly(1000.0, 20, "2022-11")]
    (one,) = reviewed(*rows).costs
    assert one.table["label"].tolist() == ["FY2024"]


@pytest.mark.parametrize("gap", [None, "hidden"])
def test_a_year_with_a_month_without_a_result_has_no_cost_of_an_outcome(gap):
    rows = months([50] * 12 + [50, 50, None, *[50] * 9], counted=100, contract_id="C1", first="2022-07")
    if gap:
        rows += months([50], counted=100, contract_id="C1", first="2023-09", suppressed=True)
    (one,) = reviewed(*rows, *paid_monthly(1000.0)).costs

    assert one.table[["label", "cost"]].to_numpy().tolist() == [["FY2023", 20]]
    assert one.note == (
        "Nominal prices: engagement.yaml gives no price_index. Left out, since a period without a result lies in it: "
        "FY2024."
    )


@pytest.mark.parametrize(("gap", "sides"), [(8, []), (15, []), (23, ["before", "after"])])
def test_before_and_after_a_change_have_a_result_for_every_month(gap, sides):
    values = [50] * 12 + [75] * 12
    values[gap] = None
    rows = [*months(values, counted=100, contract_id="C1", first="2022-07"), *paid_monthly(1500.0)]
    change = Change(metric_id="m", vendor="V1", date="2023-07-01", what="x")
    (one,) = reviewed(*rows, review=Review(changes=(change,))).costs
    found = one.table[one.table["label"].isin(["before", "after"])]

    assert found["label"].tolist() == sides
    assert found["cost"].tolist() == [30, 20][: len(sides)]


def test_before_and_after_a_change_are_equally_long():
    rows = [*months([50] * 12 + [75] * 12, counted=100, contract_id="C1", first="2022-07"), *paid_monthly(1500.0)]
    change = Change(metric_id="m", vendor="V1", date="2023-07-01", what="x", trigger_periods=2)
    (one,) = reviewed(*rows, review=Review(changes=(change,))).costs
    sides = one.table.set_index("label").loc[["before", "after"]]

    assert sides["outcomes"].tolist() == [500, 750]
    assert sides["paid"].tolist() == [15_000, 15_000]
    assert sides["cost"].tolist() == [30, 20]


def test_payments_without_a_contract_count_for_their_vendor():
    rows = [*months([50] * 12, counted=100, contract_id="C1", first="2023-07"), *paid_monthly(600.0, 12, "2023-07")]
    rows += paid_monthly(400.0, 12, "2023-07", contract_id=None)
    rows += paid_monthly(9999.0, 12, "2023-07", contract_id="another")
    (one,) = reviewed(*rows).costs
    assert one.table["paid"].tolist() == [12_000]


def test_only_outcomes_that_are_bought_have_a_cost():
    rows = [*months([50] * 12, counted=100, contract_id="C1", first="2023-07"), *paid_monthly(600.0, 12, "2023-07")]
    assert reviewed(*rows, metrics=[SHARE | {"layer": "output"}]).costs == ()
    assert reviewed(*rows, metrics=[SHARE | {"direction": "lower"}]).costs == ()


def pays(design, counts, counted=100, metric=SHARE, **more):
    rows = [
        row for i, c in enumerate(counts) for row in months(c, counted=counted, vendor=f"V{i}", first="2024-04", **more)
    ]
    (one,) = reviewed(
        *rows, selection=Selection(payment_designs=(PaymentDesign(metric_id="m", **design),)), metrics=[metric]
    ).payments
    return one


def test_a_ramp_pays_in_proportion():
    one = pays({"name": "Bonus", "kind": "ramp", "pool": 1000, "floor": 0.4, "target": 0.8}, [[50, 80, 30]])

    assert one.lines["result"].tolist() == [0.5, 0.8, 0.3]
    assert one.lines["paid"].tolist() == pytest.approx([250, 1000, 0])
    assert one.total == pytest.approx(1250)


def test_floor_and_target_may_be_written_in_percent():
    one = pays({"name": "Bonus", "kind": "ramp", "pool": 1000, "floor": 40, "target": 80}, [[50, 80, 30]])
    assert (one.total, one.scale) == (pytest.approx(1250), 100)


def test_a_unit_rate_pays_by_the_numerator():
    one = pays({"name": "Rate", "kind": "unit rate", "rate": 15.12, "cap": 1000}, [[10, 100]])
    assert one.lines["paid"].tolist() == pytest.approx([151.2, 1000])


def test_a_shared_pool_is_paid_out_once():
    one = pays({"name": "Pool", "kind": "bonus pool", "pool": 900, "floor": 0, "target": 1}, [[50], [100]])
    assert one.lines["paid"].tolist() == pytest.approx([300, 600])


def test_a_period_without_result_earns_nothing_and_it_is_said():
    rows = months([50, None, 80], counted=100, vendor="V0", first="2024-04")
    design = PaymentDesign(metric_id="m", name="Bonus", kind="ramp", pool=1000, floor=0.4, target=0.8)
    (one,) = reviewed(*rows, selection=Selection(payment_designs=(design,))).payments

    assert one.lines["paid"].tolist() == pytest.approx([250, 0, 1000])
    assert one.note == "Periods without a result, which earn nothing until it is reported: 1."


def test_a_floor_is_paid_without_a_result_too_and_it_is_said():
    rows = months([50, None, 80], counted=100, vendor="V0", first="2024-04")
    design = PaymentDesign(metric_id="m", name="Each", kind="unit rate", rate=10, floor=600)
    (one,) = reviewed(*rows, selection=Selection(payment_designs=(design,))).payments

    # 50 and 80 units at 10 each, and never less than 600.
    assert one.lines["paid"].tolist() == [600, 600, 800]
    assert one.note == "Periods without a result, which are paid the floor until it is reported: 1."


def test_a_design_on_a_metric_with_a_target_band_says_that_it_pays_beyond_it():
    design = {"name": "Each", "kind": "unit rate", "rate": 1}
    one = pays(design, [[50, 70, 50]], metric=SHARE | {"direction": "band"}, target_low=0.4, target_high=0.6)
    assert one.total == 170
    assert one.note == (
        "The metric has a target band: this design pays by its own terms, also for results beyond the band."
    )


def test_only_the_period_under_review_is_paid():
    rows = months([80] * 18, counted=100, vendor="V0", first="2023-01")
    design = PaymentDesign(metric_id="m", name="Bonus", kind="ramp", pool=100, floor=0.4, target=0.8)
    (one,) = reviewed(*rows, selection=Selection(payment_designs=(design,))).payments
    assert (len(one.lines), one.total) == (12, pytest.approx(1200))


def test_designs_that_cannot_be_calculated_say_why():
    design = {"name": "Gain", "kind": "gain share", "budget": 100, "share": 0.5}
    assert pays(design, [[50]]).note == (
        "It pays by audited costs, which the observations do not hold: enter them in the contract file."
    )
    design = PaymentDesign(metric_id="none", name="Bonus", kind="ramp", pool=1, floor=0, target=1)
    (one,) = reviewed(
        *months([5], first="2024-04"), selection=Selection(payment_designs=(design,)), metrics=[SCORE]
    ).payments
    assert one.note == "No results for it in this period: nothing can be calculated."


@pytest.mark.parametrize(
    ("counts", "paid", "note"),
    [
        # 165 of 300 are 55%: half of the way from 100 to 200.
        ([50, 55, 60], [0, 0, 150], ""),
        (
            [50, None, 60],
            [0, 0, 0],
            "Periods without a result: 1. Until they are reported that of all is not known: nothing is paid.",
        ),
    ],
)
def test_a_payment_at_the_end_waits_for_the_results_of_all_periods(counts, paid, note):
    one = pays({"name": "Curve", "kind": "outcome curve", "knots": (0.5, 0.6), "payments": (100, 200)}, [counts])
    assert one.lines["paid"].tolist() == pytest.approx(paid)
    assert one.note == note
