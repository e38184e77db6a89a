"""Payment designs: hand-worked amounts, money that neither appears nor vanishes, and the luck in small numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rdclib import payment
from rdclib.payment import Design, Scenario, draw, simulate

SHARES = st.floats(0, 1)
MONEY = st.floats(0, 1e6)


def results(n=6):
    return st.lists(SHARES, min_size=n, max_size=n).map(np.array)


# --- the ten designs, by hand ---


def test_per_unit_pays_rate_times_units_between_floor_and_cap():
    assert payment.per_unit([0, 3, 10, 40], 100, floor=200, cap=1500).tolist() == [200, 300, 1000, 1500]


def test_per_unit_pays_more_for_harder_clients():
    # 5 easy clients at 100 and 2 hard ones at 300: 500 + 600.
    assert payment.per_unit([[5, 2]], [100, 300]).tolist() == [1100]


@pytest.mark.parametrize(("result", "paid"), [(0.299, 0), (0.30, 400), (0.499, 400), (0.50, 1000), (1, 1000)])
def test_tiers_step_at_their_thresholds(result, paid):
    assert payment.tiers(result, pool=1000, thresholds=(0.3, 0.5), shares=(0.4, 1.0)) == paid


@pytest.mark.parametrize(("days", "paid"), [(21, 0), (20, 500), (10, 1000)])
def test_tiers_for_a_metric_where_lower_is_better(days, paid):
    terms = {"pool": 1000, "thresholds": (20, 10), "shares": (0.5, 1.0), "lower_is_better": True}
    assert payment.tiers(days, **terms) == paid


@pytest.mark.parametrize(("x", "paid"), [(0.2, 0), (0.30, 0), (0.35, 250), (0.4, 500), (0.5, 1000), (0.9, 1000)])
def test_ramp_pays_in_proportion_between_floor_and_target(x, paid):
    assert payment.ramp(x, pool=1000, floor=0.3, target=0.5) == pytest.approx(paid)


@pytest.mark.parametrize(("days", "paid"), [(35, 0), (30, 0), (25, 250), (10, 1000), (2, 1000)])
def test_ramp_runs_downwards_when_the_target_lies_below_the_floor(days, paid):
    assert payment.ramp(days, pool=1000, floor=30, target=10) == pytest.approx(paid)


def test_a_ramp_without_width_is_refused():
    with pytest.raises(ValueError, match="a ramp needs a floor that differs from its target"):
        payment.ramp(0.4, pool=1, floor=0.4, target=0.4)


def test_what_was_not_reported_earns_nothing():
    nan = float("nan")
    assert payment.ramp(nan, pool=10, floor=30, target=10) == 0
    assert payment.tiers(nan, pool=10, thresholds=(30,), shares=(1,), lower_is_better=True) == 0
    assert payment.per_unit([nan, 2], 5).tolist() == [0, 10]
    assert payment.outcome_curve(nan, knots=(0.2, 0.3), payments=(1, 2)) == 0
    assert payment.gain_share(nan, budget=100, share=0.5) == 0
    assert payment.incentive_fee(nan, target_cost=100, target_fee=10, share=0.5, minimum=2) == 2


def test_holdback_weighs_metrics_and_lets_the_rest_lapse():
    # 10% of 10,000 a month; scores 0.5 and 1.0 at weights 0.6 and 0.4 make 0.7, then 0.
    kept = payment.holdback([10_000, 10_000], [[0.5, 1.0], [0, 0]], share=0.1, weights=(0.6, 0.4))
    assert kept.withheld.tolist() == [1000, 1000]
    assert kept.released == pytest.approx([700, 0])
    assert kept.forfeited == pytest.approx([300, 1000])
    assert kept.carried == 0


def test_holdback_that_rolls_over_can_still_be_earned():
    # 1,000 withheld, half released; 500 + 1,000 wait for the next month, of which 80% are released.
    kept = payment.holdback([10_000, 10_000], [0.5, 0.8], share=0.1, unearned="rolls over")
    assert kept.released == pytest.approx([500, 1200])
    assert kept.forfeited.tolist() == [0, 0]
    assert kept.carried == pytest.approx(300)


def test_reinvested_money_stays_in_the_contract_without_being_earned_later():
    kept = payment.holdback([10_000, 10_000], [0.5, 0.8], share=0.1, unearned="is reinvested")
    assert kept.released == pytest.approx([500, 800])
    assert kept.carried == pytest.approx(700)


def test_holdback_weights_sum_to_one():
    with pytest.raises(ValueError, match="weights of a holdback sum to 1"):
        payment.holdback([1.0], [[1, 1]], share=0.1, weights=(0.6, 0.5))


def test_improvement_counts_when_the_target_is_still_far():
    # From 20% towards 60%: 30% has covered a quarter of the way; the score against a floor of 50% is 0.
    score = payment.ramp(0.30, pool=1, floor=0.5, target=0.6)
    assert payment.improvement_score(0.30, score, baseline=0.2, target=0.6) == pytest.approx(0.25)


def test_improvement_never_takes_away_what_the_target_gives():
    assert payment.improvement_score(0.55, 0.8, baseline=0.5, target=0.6) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("events", "credit", "ramp"),
    # Out of 100, floor 40% and target 70%: 55% is half of that way. From 60% on, 65% is half of the way to 70%.
    [(30, 0, 0), (55, 500, 500), (65, 2500 / 3, 2500 / 3), (70, 1000, 1000), (75, 1000, 1000), (90, 1000, 1000)],
)
@pytest.mark.parametrize("baseline", [0.7, 0.8])
def test_who_starts_at_the_target_or_beyond_earns_no_credit_for_falling_behind(events, credit, ramp, baseline):
    terms = {"pool": 1000.0, "floor": 0.4, "target": 0.7}
    paid = [
        payment.pay(Design("d", kind, more), [[float(events)]], [[100.0]])[0, 0]
        for kind, more in (("improvement credit", terms | {"baseline": baseline}), ("ramp", terms))
    ]
    assert paid == pytest.approx([credit, ramp])


@pytest.mark.parametrize(("events", "paid"), [(35, 0), (25, 250), (8, 1000)])
def test_no_credit_for_falling_behind_where_lower_is_better(events, paid):
    # Floor 30%, target 10%, and the vendor starts at 5%: 25% is a quarter of the way from floor to target.
    terms = {"pool": 1000.0, "floor": 0.3, "target": 0.1, "baseline": 0.05}
    design = Design("d", "improvement credit", terms, lower_is_better=True)
    assert payment.pay(design, [[float(events)]], [[100.0]])[0, 0] == pytest.approx(paid)


@pytest.mark.parametrize(
    ("result", "lower", "paid"), [(0.2, False, 0), (0.3, False, 400), (0.6, False, 1000), (0.6, True, 0),
                                  (0.5, True, 1000), (0.4, True, 1000), (0.3, True, 400)]
)  # fmt: skip
def test_the_hardest_tier_that_was_reached_decides_in_whatever_order_they_are_given(result, lower, paid):
    steps = {"pool": 1000, "thresholds": (0.5, 0.3), "shares": (1.0, 0.4), "lower_is_better": lower}
    turned = steps | {"thresholds": (0.3, 0.5), "shares": (0.4, 1.0)}
    assert payment.tiers(result, **steps) == payment.tiers(result, **turned) == paid


@pytest.mark.parametrize(("events", "volume", "paid"), [(19, 20, 0), (20, 20, 500), (21, 20, 500), (0, 0, 0)])
def test_a_milestone_is_accepted_when_everything_due_was_delivered(events, volume, paid):
    design = Design("d", "milestone", {"value": 500.0})
    assert payment.pay(design, [[float(events)]], [[float(volume)]]).tolist() == [[paid]]


def test_milestones_pay_only_what_was_accepted():
    assert payment.milestones([1, 0, 1], [500, 800, 200]).tolist() == [500, 0, 200]


@pytest.mark.parametrize(("cost", "paid"), [(1000, 0), (950, 0), (900, 25), (500, 150)])
def test_gain_share_splits_savings_beyond_the_margin_up_to_the_cap(cost, paid):
    # Half of what is saved beyond 5% of 1,000, at most 150.
    assert payment.gain_share(cost, budget=1000, share=0.5, margin=0.05, cap=150) == pytest.approx(paid)


def test_gain_share_is_zero_when_quality_was_missed():
    assert payment.gain_share([500, 500], budget=1000, share=0.5, quality_met=[True, False]).tolist() == [250, 0]


@pytest.mark.parametrize(("cost", "fee"), [(100, 10), (90, 13), (50, 20), (120, 4), (150, 1)])
def test_incentive_fee_moves_with_cost_between_its_ends(cost, fee):
    terms = {"target_cost": 100, "target_fee": 10, "share": 0.3, "minimum": 1, "maximum": 20}
    assert payment.incentive_fee(cost, **terms) == pytest.approx(fee)


def test_bonus_pool_is_shared_by_score_times_size():
    # Scores 1.0 and 0.5, sizes 100 and 300: 100 to 150, so 40% and 60%.
    assert payment.bonus_pool([1.0, 0.5], [100, 300], pool=1000) == pytest.approx([400, 600])
    assert payment.bonus_pool([0.0, 0.0], [100, 300], pool=1000).tolist() == [0, 0]


@pytest.mark.parametrize(("cost", "fee"), [(900, 120), (1000, 100), (1100, 80)])
def test_cost_plus_incentive_fee_of_the_usual_example(cost, fee):
    # Target cost 1,000, target fee 100, costs shared 80/20 (the worked example of most pages on such contracts).
    assert payment.incentive_fee(cost, target_cost=1000, target_fee=100, share=0.2) == pytest.approx(fee)


@pytest.mark.parametrize(
    ("cost", "fee"),
    [(5_000_000, 350_000), (4_000_000, 500_000), (3_750_000, 537_500), (3_000_000, 537_500), (6_500_000, 162_500)],
)
def test_cost_plus_incentive_fee_of_a_federal_course(cost, fee):
    # Defense acquisition training: target 5,000,000, fee 350,000 (162,500 to 537,500), 85/15.
    terms = {"target_cost": 5_000_000, "target_fee": 350_000, "share": 0.15, "minimum": 162_500, "maximum": 537_500}
    assert payment.incentive_fee(cost, **terms) == pytest.approx(fee)


@pytest.mark.parametrize(
    ("reduction", "paid"),
    [(8.4, 0), (8.5, 4_800_000), (9.99, 4_800_000), (10, 9_600_000), (11, 10_080_000), (12, 10_176_000),
     (13, 10_368_000), (15.9, 10_368_000), (16, 10_944_000), (20, 11_712_000), (35, 11_712_000)],
)  # fmt: skip
def test_new_york_rikers_island_published_tariff(reduction, paid):
    # Days in jail avoided, in percent; New York City's social impact bond of 2012 (Mayor's office, 2 August 2012).
    thresholds = (8.5, 10, 11, 12, 13, 16, 20)
    amounts = np.array([4.8, 9.6, 10.08, 10.176, 10.368, 10.944, 11.712]) * 1e6
    assert payment.tiers(reduction, pool=1, thresholds=thresholds, shares=amounts) == pytest.approx(paid)


DENVER = {"knots": (20, 30, 65), "payments": (3.2e6, 4.8e6, 7.6e6)}


@pytest.mark.parametrize(
    ("reduction", "paid"), [(19.99, 0), (20, 3.2e6), (25, 4.0e6), (30, 4.8e6), (65, 7.6e6), (80, 7.6e6)]
)
def test_denver_jail_tariff_counts_from_zero_once_it_reaches_a_fifth(reduction, paid):
    assert payment.outcome_curve(reduction, **DENVER) == pytest.approx(paid)


def test_denver_supportive_housing_published_totals():
    # Final outcome payments, Denver supportive-housing social impact bond (Urban Institute, 2021).
    housing = payment.per_unit(299_928, 15.12)
    jail = payment.outcome_curve(33.8, **DENVER)
    assert round(float(housing), 2) == round(3_913_932.96 + 620_978.40, 2)
    assert round(float(jail), 2) == 5_104_000.00
    assert round(float(housing + jail), 2) == 9_638_911.36


def test_outcome_curve_with_falling_knots_serves_lower_is_better():
    paid = payment.outcome_curve([50, 40, 30, 20, 10], knots=(40, 20), payments=(100, 300))
    assert paid.tolist() == [0, 100, 200, 300, 300]


# --- money is conserved, improvement never costs, order never matters ---


@settings(max_examples=60, deadline=None)
@given(results(), st.lists(MONEY, min_size=6, max_size=6), SHARES, st.sampled_from(payment.UNEARNED))
def test_withheld_is_released_forfeited_or_carried(scores, invoices, share, unearned):
    kept = payment.holdback(invoices, scores, share=share, unearned=unearned)
    whole = kept.released.sum() + kept.forfeited.sum() + kept.carried
    assert whole == pytest.approx(kept.withheld.sum(), abs=1e-6)
    assert (kept.released >= 0).all()
    assert (kept.forfeited >= 0).all()
    assert kept.carried >= -1e-9


PAY_BY_RESULT = [
    Design("unit", "unit rate", {"rate": 50.0, "floor": 10.0, "cap": 900.0}),
    Design("tiers", "tiers", {"pool": 1000.0, "thresholds": (0.3, 0.5), "shares": (0.4, 1.0)}),
    Design("ramp", "ramp", {"pool": 1000.0, "floor": 0.3, "target": 0.6}),
    Design("lapse", "holdback", {"invoice": 9000.0, "share": 0.1, "floor": 0.3, "target": 0.6}),
    Design(
        "roll", "holdback", {"invoice": 9000.0, "share": 0.1, "floor": 0.3, "target": 0.6, "unearned": "rolls over"}
    ),
    Design("credit", "improvement credit", {"pool": 1000.0, "floor": 0.5, "target": 0.6, "baseline": 0.2}),
    Design("milestone", "milestone", {"value": 700.0}),
    Design("curve", "outcome curve", {"knots": (0.2, 0.3, 0.65), "payments": (100.0, 200.0, 300.0)}),
]
DOWNWARD = [
    Design("tiers", "tiers", {"pool": 9.0, "thresholds": (0.5, 0.3), "shares": (0.4, 1.0), "lower_is_better": True}),
    Design("ramp", "ramp", {"pool": 1000.0, "floor": 0.6, "target": 0.3}),
    Design("curve", "outcome curve", {"knots": (0.65, 0.3), "payments": (100.0, 300.0)}),
]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=8, max_size=8), st.lists(st.integers(0, 5), min_size=8, max_size=8), st.data()
)
@pytest.mark.parametrize("design", PAY_BY_RESULT, ids=lambda d: d.name)
def test_payment_never_falls_as_results_improve(design, events, more, data):
    volume = np.full(8, 35)
    worse, better = np.array(events), np.array(events) + np.array(more)
    assert payment.pay(design, better, volume).sum() >= payment.pay(design, worse, volume).sum() - 1e-6


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=8, max_size=8), st.lists(st.integers(0, 5), min_size=8, max_size=8))
@pytest.mark.parametrize("design", DOWNWARD, ids=lambda d: d.name)
def test_payment_never_falls_as_results_improve_where_lower_is_better(design, events, more):
    volume = np.full(8, 35)
    better, worse = np.array(events), np.array(events) + np.array(more)
    assert payment.pay(design, better, volume).sum() >= payment.pay(design, worse, volume).sum() - 1e-6


def test_a_bonus_pool_can_pay_less_for_a_better_result():
    # It says so: another vendor of size 100 improved more.
    before = payment.bonus_pool([0.5, 0.5], [100, 100], pool=1000)
    after = payment.bonus_pool([0.6, 1.0], [100, 100], pool=1000)
    assert after[0] < before[0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 35), min_size=8, max_size=8), st.floats(0, 3000))
@pytest.mark.parametrize("design", PAY_BY_RESULT, ids=lambda d: d.name)
def test_payment_never_exceeds_the_ceiling(design, events, ceiling):
    capped = Design(design.name, design.kind, design.terms, ceiling=ceiling)
    paid = payment.pay(capped, events, np.full(8, 35))
    assert paid.sum() <= ceiling + 1e-6
    assert (paid >= -1e-9).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(SHARES, min_size=5, max_size=5), st.permutations(range(5)))
def test_a_bonus_pool_does_not_depend_on_the_order_of_vendors(scores, order):
    sizes = np.array([10.0, 20.0, 5.0, 40.0, 15.0])
    plain = payment.bonus_pool(scores, sizes, pool=1000)
    shuffled = payment.bonus_pool(np.array(scores)[list(order)], sizes[list(order)], pool=1000)
    assert shuffled == pytest.approx(plain[list(order)])
    assert plain.sum() == pytest.approx(1000 if sum(scores) else 0)


@pytest.mark.parametrize("kind", ["ramp", "bonus pool"])
def test_a_simulation_does_not_depend_on_the_order_of_vendors(kind):
    volume = np.array([[20, 20, 20], [5, 6, 7], [60, 50, 40]])
    rate = np.array([[0.4] * 3, [0.5] * 3, [0.3] * 3])
    names = ("Ash", "Birch", "Cedar")
    design = Design("d", kind, {"pool": 100.0, "floor": 0.2, "target": 0.6})
    order = [2, 0, 1]
    plain = simulate(design, draw(Scenario("s", names, volume, rate), draws=500))
    turned = simulate(
        design, draw(Scenario("s", tuple(names[i] for i in order), volume[order], rate[order]), draws=500)
    )
    assert turned.city.expected == pytest.approx(plain.city.expected)
    by_name = {p.vendor: p for p in turned.vendors}
    for payout in plain.vendors:
        assert by_name[payout.vendor].expected == pytest.approx(payout.expected)
        assert by_name[payout.vendor].high == pytest.approx(payout.high)


# --- what luck does ---


def one_vendor(volume, rate, periods=12, **more):
    shape = (1, periods)
    return Scenario("s", ("Ash",), np.full(shape, volume), np.full(shape, rate), **more)


def test_simulated_mean_and_chance_of_nothing_agree_with_the_binomial():
    # Ten clients a month at 40%: a tier at 50% pays 100 with probability P(X >= 5), worked out by scipy.
    design = Design("d", "tiers", {"pool": 100.0, "thresholds": (0.5,), "shares": (1.0,)})
    exact = stats.binom.sf(4, 10, 0.4)

    tried = simulate(design, draw(one_vendor(10, 0.4), draws=20_000))

    # Four standard errors of a mean of 20,000 sums of 12.
    assert tried.city.expected == pytest.approx(12 * 100 * exact, abs=4 * 100 * np.sqrt(12 * exact / 20_000))
    assert tried.chance_of_nothing == pytest.approx(1 - exact, abs=0.01)
    assert tried.city.chance_of_nothing == pytest.approx((1 - exact) ** 12, abs=0.002)


def test_the_city_pays_what_its_vendors_are_paid_together():
    # 30 and 60 clients at half, 10 for each success, over two periods: 300 and 600.
    drawn = draw(Scenario("s", ("Ash", "Birch"), np.array([[30, 30], [60, 60]]), np.full((2, 2), 0.5)), draws=4000)
    tried = simulate(Design("d", "unit rate", {"rate": 10.0}), drawn)

    assert [vendor.expected for vendor in tried.vendors] == pytest.approx([300, 600], rel=0.02)
    assert tried.city.expected == pytest.approx(sum(vendor.expected for vendor in tried.vendors))
    assert tried.totals == pytest.approx(10 * drawn.events.sum(axis=(0, 1)))
    # The sum of 60 and 120 coins has a standard deviation of sqrt(45) = 6.7 successes: 90% lie within 1.645 of it.
    assert (tried.city.low, tried.city.high) == pytest.approx((900 - 110, 900 + 110), abs=15)


def test_a_price_a_unit_without_floor_and_cap_has_neither():
    paid = payment.pay(Design("d", "unit rate", {"rate": 50.0}), [[0.0, 3.0, 1e9]], [[1.0, 5.0, 1e9]])
    assert paid.tolist() == [[0, 150, 5e10]]


def test_paying_on_few_clients_pays_more_for_luck():
    design = Design("d", "ramp", {"pool": 1000.0, "floor": 0.2, "target": 0.6})
    few = simulate(design, draw(one_vendor(10, 0.4), draws=4000))
    many = simulate(design, draw(one_vendor(100, 0.4), draws=4000))
    # Both expect the middle of the ramp; a tenfold volume shrinks chance by about the root of ten.
    assert few.city.expected == pytest.approx(6000, rel=0.03)
    assert many.city.expected == pytest.approx(6000, rel=0.01)
    assert 2.5 < few.luck / many.luck < 3.8


def test_worst_case_is_the_whole_pool_and_never_below_any_draw():
    design = Design("d", "ramp", {"pool": 1000.0, "floor": 0.2, "target": 0.6})
    tried = simulate(design, draw(one_vendor(10, 0.4), draws=2000))
    assert tried.worst_case == pytest.approx(12_000)
    assert tried.limited
    assert tried.totals.max() <= tried.worst_case


def test_an_uncapped_unit_rate_is_said_to_have_no_limit_of_its_own():
    free = simulate(Design("d", "unit rate", {"rate": 100.0}), draw(one_vendor(10, 0.4), draws=100))
    capped = simulate(Design("d", "unit rate", {"rate": 100.0, "cap": 500.0}), draw(one_vendor(10, 0.4), draws=100))
    events = simulate(Design("d", "unit rate", {"rate": 100.0}), draw(one_vendor(10, 0.4, measure="count"), draws=100))
    assert (free.limited, free.worst_case) == (False, 12_000)
    assert (capped.limited, capped.worst_case) == (True, 6_000)
    assert (events.limited, events.worst_case) == (False, float("inf"))


def test_dropping_the_hardest_tenth_takes_only_clients_who_would_fail():
    events, volume = payment.drop_hardest([4, 10, 9], [10, 10, 10])
    assert (events.tolist(), volume.tolist()) == ([4, 10, 9], [9, 10, 9])


def test_dropping_bad_events_where_lower_is_better():
    events, volume = payment.drop_hardest([3, 0], [20, 20], lower_is_better=True)
    assert (events.tolist(), volume.tolist()) == ([1, 0], [18, 20])


def test_gaming_earns_under_a_rate_and_nothing_under_a_price_a_success():
    drawn = draw(one_vendor(50, 0.4), draws=2000)
    by_rate = simulate(Design("d", "ramp", {"pool": 1000.0, "floor": 0.2, "target": 0.6}), drawn)
    by_count = simulate(Design("d", "unit rate", {"rate": 50.0}), drawn)
    # 40% become 40/90 of the clients kept: 4.4 points of a ramp 40 points wide, of 1,000 in 12 months.
    assert by_rate.gaming_gain == pytest.approx(12 * 1000 * (0.4 / 0.9 - 0.4) / 0.4, rel=0.03)
    assert by_count.gaming_gain == 0


@pytest.mark.parametrize(
    "design", [d for d in (*PAY_BY_RESULT, *DOWNWARD) if d.kind in payment.BY_PERIOD], ids=lambda d: d.name
)
def test_looking_up_single_periods_pays_what_paying_the_whole_term_pays(design):
    drawn = draw(Scenario("s", ("Ash", "Birch"), np.array([[9, 30, 0], [35, 12, 4]]), np.full((2, 3), 0.4)), draws=400)
    # A ceiling that nobody reaches takes the way that follows the whole term.
    long_way = Design(design.name, design.kind, design.terms, design.lower_is_better, ceiling=1e15)
    one, other = simulate(design, drawn), simulate(long_way, drawn)
    assert one.totals == pytest.approx(other.totals)
    assert one.chance_of_nothing == pytest.approx(other.chance_of_nothing)
    assert one.gaming_gain == pytest.approx(other.gaming_gain, abs=1e-9)


def test_gaming_a_shared_pool_is_measured_one_vendor_at_a_time():
    # Two like vendors share 100; one alone at 0.4 / 0.9 against 0.4 on a ramp from 0 to 1 takes 10/19 instead of half.
    volume = np.full((2, 1), 1000)
    drawn = draw(Scenario("s", ("Ash", "Birch"), volume, np.full((2, 1), 0.4)), draws=1000)
    tried = simulate(Design("d", "bonus pool", {"pool": 100.0, "floor": 0.0, "target": 1.0}), drawn)
    # A tenth of the clients is dropped from the size as well: score 0.444 on 900 against 0.4 on 1,000 is a draw.
    assert tried.gaming_gain == pytest.approx(0, abs=0.2)
    steep = simulate(Design("d", "bonus pool", {"pool": 100.0, "floor": 0.3, "target": 0.5}), drawn)
    # Scores 0.722 on 900 and 0.5 on 1,000: 650 of 1,150, and the same again for the other vendor.
    assert steep.gaming_gain == pytest.approx(2 * (100 * 650 / 1150 - 50), rel=0.05)


def test_cliffs_are_found_where_tiers_step_and_not_on_a_ramp():
    steps = Design("d", "tiers", {"pool": 1000.0, "thresholds": (0.3, 0.5), "shares": (0.4, 1.0)})
    found = payment.cliffs(steps, volume=40)
    assert [(c.result, c.jump) for c in found] == [(0.3, 400), (0.5, 600)]
    assert payment.cliffs(Design("d", "ramp", {"pool": 1000.0, "floor": 0.2, "target": 0.6}), volume=40) == ()
    jump = payment.cliffs(
        Design("d", "outcome curve", {"knots": (0.2, 0.3, 0.65), "payments": (3.2, 4.8, 7.6)}), volume=40
    )
    assert [(c.result, round(c.jump, 6)) for c in jump] == [(0.2, 3.2)]


def test_one_client_more_moves_more_money_when_there_are_few():
    design = Design("d", "ramp", {"pool": 1000.0, "floor": 0.0, "target": 1.0})
    assert simulate(design, draw(one_vendor(10, 0.4), draws=10)).one_client == pytest.approx(100)
    assert simulate(design, draw(one_vendor(40, 0.4), draws=10)).one_client == pytest.approx(25)


def test_designs_on_costs_use_drawn_costs_and_say_when_there_are_none():
    design = Design("d", "incentive fee", {"target_cost": 1000.0, "target_fee": 50.0, "share": 0.3, "maximum": 100.0})
    tried = simulate(design, draw(one_vendor(10, 0.4, cost=1000.0), draws=4000))
    assert tried.worst_case == 1200
    assert np.isnan(tried.gaming_gain)
    # Costs spread evenly around their target, and 0 and 100 lie equally far from the target fee: the mean stays 50.
    assert tried.city.expected == pytest.approx(12 * 50, rel=0.01)
    with pytest.raises(ValueError, match="needs a scenario with costs"):
        simulate(design, draw(one_vendor(10, 0.4), draws=10))


def test_an_investor_loses_when_repayments_stay_below_the_investment():
    design = Design("d", "outcome curve", {"knots": (0.2, 0.3, 0.65), "payments": (3.2e6, 4.8e6, 7.6e6)})
    tried = simulate(design, draw(one_vendor(40, 0.25, periods=10), draws=4000))
    case = payment.investor_case(tried, investment=3.9e6)
    # 400 clients at 25%: repayment reaches 3.9m from 97.5 successes on (3.2m + 1.6m * (x - 0.2) / 0.1).
    assert case.chance_of_loss == pytest.approx(stats.binom.cdf(97, 400, 0.25), abs=0.03)
    assert case.most_the_city_pays == 7.6e6
    won = np.arange(401) / 400
    paid = np.interp(won, (0.2, 0.3, 0.65), (3.2e6, 4.8e6, 7.6e6)) * (won >= 0.2)
    chances = stats.binom.pmf(np.arange(401), 400, 0.25)
    mean, spread = chances @ paid, np.sqrt(chances @ paid**2 - (chances @ paid) ** 2)
    assert case.expected_return == pytest.approx(mean - 3.9e6, abs=4 * spread / np.sqrt(4000))


def test_two_vendors_of_one_name_are_refused():
    with pytest.raises(ValueError, match="vendors of a scenario have different names"):
        draw(Scenario("s", ("Ash", "Ash"), np.ones((2, 1)), np.ones((2, 1))))


def test_an_unknown_design_is_refused():
    with pytest.raises(ValueError, match="'lottery' is no payment design"):
        Design("d", "lottery")


def test_every_design_can_be_chosen_and_brings_its_terms():
    from rdclib.choices import PAYMENT_TERMS, PaymentDesign

    assert set(PAYMENT_TERMS) == set(payment.KINDS)
    chosen = PaymentDesign(name="Ramp", kind="ramp", metric_id="HS-01", pool="1000", floor="0.3", target="0.5")
    assert chosen.terms == {"pool": 1000.0, "floor": 0.3, "target": 0.5}


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"kind": "ramp", "pool": 1}, "a design of kind 'ramp' also needs: floor, target"),
        ({"kind": "ramp", "pool": 1, "floor": 0.4, "target": 0.4}, "floor and target must differ"),
        ({"kind": "tiers", "pool": 1, "thresholds": [0.3], "shares": [0.2, 0.4]}, "give as many shares as thresholds"),
    ],
)
def test_a_design_that_cannot_pay_is_refused_when_it_is_chosen(terms, message):
    from rdclib.choices import PaymentDesign

    with pytest.raises(ValueError, match=message):
        PaymentDesign(name="d", **terms)
