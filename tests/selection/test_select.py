"""The whole walk: from a contract and its history, or from nothing at all, to a schedule."""

import numpy as np
import pytest

from rdclib import engagement as engagements
from rdclib import saved
from rdclib.errors import EngagementError
from rdclib.selection import select
from tests import build
from tests.selection.test_series import monthly

OWN = {
    "id": "TV-01", "name": "Beds filled", "definition": "Beds filled on the last night of the month", "topic": "volume",
    "numerator": "Beds filled", "layer": "output", "measure_type": "count", "direction": "higher", "timing": "leading",
}  # fmt: skip
SHARES = [30, 34, 29, 33, 31, 35, 30, 32, 33, 31, 30, 34]


def city(tmp_path, *rows, choices=None, **facts):
    records = build.records(*rows, **facts)
    if choices:
        saved.write_yaml(tmp_path / "choices.yaml", {"selection": choices})
    return records, engagements.Engagement("testville", tmp_path, records.facts, records.period, records.as_of)


def found(tmp_path, *rows, **more):
    return select(*city(tmp_path, *rows, **more))


SHELTER = build.contract(
    "C1", title="Emergency shelter", vendor_name="Ash", current_amount=1_200_000, start_date="2023-07-01",
    end_date="2026-06-30",
)  # fmt: skip


def kinds(selection):
    return {(c.kind, c.metric_id) for c in selection.concerns}


def test_a_city_with_nothing_still_ends_with_a_schedule_that_says_what_to_collect_first(tmp_path):
    selection = found(tmp_path)

    assert selection.contract.id == ""
    assert 1 <= len(selection.lines) <= 5
    assert not any(line.ready for line in selection.lines)
    assert sum(line.metric.duty == "city" for line in selection.lines) <= 2
    assert selection.first_steps == tuple(sorted(selection.first_steps, key=lambda line: line.metric.duty != "city"))
    assert len(selection.first_steps) == len(selection.lines)
    assert all(line.points_to_collect == 6 and line.metric.definition for line in selection.lines)
    assert selection.recommendation.contract_type.rule.id == "B7"
    assert selection.recommendation.payment.rule.id == "P0"
    assert selection.simulations == ()
    assert selection.trial_note.startswith("No outcome of the schedule has counts")


def test_a_contract_without_data_gets_metrics_of_its_own_service(tmp_path):
    selection = found(tmp_path, SHELTER)

    assert (selection.contract.id, selection.contract.chosen) == ("C1", False)
    assert ("emergency_shelter" in selection.domains, selection.domains_chosen) == (True, False)
    assert selection.proposal.lacking == ()
    assert selection.violations == ()
    # The outcome is the first thing to collect, then what the city owes.
    first, second = selection.first_steps[:2]
    assert first.metric.layer in ("outcome", "impact")
    assert second.metric.duty == "city" or second.metric.layer in ("outcome", "impact")


def test_history_gives_a_baseline_a_target_and_a_payment_that_was_tried(tmp_path):
    rows = monthly("HS-01", SHARES, n=60, start=7)
    chosen = [{"metric_id": "HS-01", "paid": "yes", "target": "36", "target_basis": "own history", "segments": "site"}]
    inputs = {"scope": "3", "volume": "3", "outcome": "3", "attribution": "2", "capacity": "2", "gaming": "2"}
    selection = found(tmp_path, SHELTER, *rows, choices={"chosen": chosen, "contract_inputs": inputs})

    line = selection.lines[0]
    assert (line.baseline.n, line.ready, line.target.value, line.target.problem) == (12, True, 36, "")
    assert line.baseline.value == pytest.approx(np.mean(SHARES))
    assert selection.contract.annual_amount == pytest.approx(400_000, rel=0.001)
    assert selection.from_data == ("baseline", "events")
    # 12 months at about 32% of 60 clients: 19 successes a month.
    assert selection.recommendation.input("events").value == round(np.mean(SHARES) * 60 / 100)
    assert selection.recommendation.payment.rule.id == "P1"
    # 4% of a year's amount, paid by month on four designs in two scenarios.
    assert selection.trial_metric.id == "HS-01"
    assert len(selection.simulations) == 8
    assert {s.scenario for s in selection.simulations} == {"as in history", "at target"}
    assert all(s.worst_case == pytest.approx(0.04 * selection.contract.annual_amount) for s in selection.simulations)


PAID = {
    "chosen": [{"metric_id": "HS-01", "paid": "yes"}],
    "contract_inputs": {
        "outcome": "3",
        "attribution": "3",
        "capacity": "3",
        "gaming": "1",
        "measurement_cost": "0.05",
    },
}


@pytest.mark.parametrize(
    ("successes", "events", "rule"),
    # A month's mean just below, on and just above the ten and the thirty events of the payment rules.
    [
        ([10] * 11 + [9], 9, "P0"),
        ([10] * 12, 10, "P1"),
        ([30] * 11 + [29], 29, "P1"),
        ([30] * 12, 30, "P2"),
        ([30] * 11 + [31], 30, "P2"),
    ],
)
def test_events_of_a_period_are_counted_down_to_whole_ones(tmp_path, successes, events, rule):
    selection = found(tmp_path, SHELTER, *monthly("HS-01", successes, start=7), choices=PAID)

    assert selection.recommendation.input("events").value == events
    assert selection.recommendation.payment.rule.id == rule


def test_a_year_of_withheld_results_leaves_the_number_of_events_open(tmp_path):
    withheld = {"value": None, "numerator": None, "denominator": None, "suppressed": True}
    rows = [*monthly("HS-01", SHARES, start=1), *monthly("HS-01", [0] * 12, start=13, **withheld)]
    selection = found(tmp_path, SHELTER, *rows, choices=PAID, as_of="2024-12-31", period="FY2025")

    assert selection.from_data == ("baseline",)
    assert not selection.recommendation.input("events").answered


def test_what_is_wrong_with_a_draft_is_found(tmp_path):
    luck = np.random.default_rng(1)
    shares = list(np.round(32 + luck.normal(0, 3, 12)))
    rows = [
        *monthly("HS-01", shares, n=100, start=7),
        *monthly("ES-08", [s + 1 for s in shares], n=100, start=7),
        *monthly("HS-10", [60, 61, 62, 63, 64], start=7),
        *monthly("TV-01", [80] * 12, start=7),
    ]
    chosen = [
        {"metric_id": "HS-01", "target": "75"},
        {"metric_id": "ES-08"},
        {"metric_id": "HS-10", "target": "70"},
        {"metric_id": "TV-01", "paid": "true"},
    ]
    selection = found(tmp_path, SHELTER, *rows, choices={"chosen": chosen}, metrics=[OWN])

    assert kinds(selection) >= {
        ("outside natural limits", "HS-01"),
        ("no baseline", "HS-10"),
        ("no guardrail", "TV-01"),
        ("same", "ES-08"),
    }
    assert ("no guardrail", "HS-01") not in kinds(selection)
    assert ("no baseline", "HS-01") not in kinds(selection)
    assert {v.rule["id"] for v in selection.violations} == {"guardrail", "city duty", "equity", "same"}
    assert selection.decided
    assert selection.proposal.lacking == ()


def test_data_for_a_metric_that_nobody_defined_are_pointed_out(tmp_path):
    selection = found(tmp_path, SHELTER, *monthly("HS-01", SHARES), build.observation("ZZ-9", contract_id="C1"))
    assert ("undefined", "ZZ-9") in kinds(selection)


def test_a_contract_confirmed_in_the_assessment_comes_first(tmp_path):
    rows = [build.contract("first key", end_date="2025-06-30"), build.contract("confirmed"), build.coding("first key")]
    records, engagement = city(tmp_path, *rows)
    saved.write_yaml(tmp_path / "choices.yaml", {"assessment": {"key_contracts": ["gone", "confirmed"]}})
    assert select(records, engagement).contract.id == "confirmed"


def test_the_key_contract_that_ends_first_is_taken_when_nobody_chose(tmp_path):
    rows = [
        build.contract("big", current_amount=9_000_000, end_date="2026-06-30"),
        build.contract("late key", current_amount=10, end_date="2027-06-30"),
        build.contract("first key", current_amount=10, end_date="2025-06-30"),
        build.contract("over", end_date="2024-01-31"),
        build.coding("late key"),
        build.coding("first key"),
        build.coding("over"),
    ]
    assert found(tmp_path, *rows).contract.id == "first key"
    assert found(tmp_path, *rows[:1]).contract.id == "big"


def test_the_order_of_rows_changes_nothing(tmp_path):
    rows = [SHELTER, *monthly("HS-01", SHARES), *monthly("HS-10", [60 + s / 3 for s in SHARES])]
    plain, turned = found(tmp_path, *rows), found(tmp_path, *rows[::-1])
    assert [m.metric.id for m in plain.members] == [m.metric.id for m in turned.members]
    assert [p.score for p in plain.ranking.places] == [p.score for p in turned.ranking.places]
    assert plain.lines[0].baseline == turned.lines[0].baseline
    assert [s.city for s in plain.simulations] == [s.city for s in turned.simulations]


def test_designs_that_were_chosen_are_tried_with_results_in_the_metrics_unit(tmp_path):
    design = {"name": "Ours", "kind": "ramp", "metric_id": "HS-01", "pool": "1000", "floor": "20", "target": "40"}
    choices = {"chosen": [{"metric_id": "HS-01", "target": "35"}], "payment_designs": [design]}
    selection = found(tmp_path, SHELTER, *monthly("HS-01", [30] * 12, n=1000), choices=choices)
    history = next(s for s in selection.simulations if s.scenario == "as in history")
    # 30% lies halfway from 20% to 40%.
    assert history.city.expected == pytest.approx(12 * 500, rel=0.01)


def test_investors_money_is_set_against_what_the_city_would_repay(tmp_path):
    design = {
        "name": "Curve", "kind": "outcome curve", "metric_id": "HS-01",
        "knots": ["20", "40"], "payments": ["0", "100000"],
    }  # fmt: skip
    choices = {"chosen": [{"metric_id": "HS-01"}], "payment_designs": [design], "investment": "40000"}
    selection = found(tmp_path, SHELTER, *monthly("HS-01", [30] * 12, n=1000), choices=choices)
    assert selection.investor.expected_return == pytest.approx(10_000, rel=0.05)
    assert selection.investor.chance_of_loss < 0.01


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (
            {"chosen": [{"metric_id": "HS-99"}]},
            "choices.yaml names the metric 'HS-99', which nobody has defined.\n"
            "Use an id of data/catalogue/metrics.csv, or define it in engagement.yaml under metrics.",
        ),
        (
            {"contract_id": "C7"},
            "choices.yaml names the contract 'C7', which is not in the register.\n"
            "Use an id of the contracts table, or leave contract_id empty.",
        ),
        (
            {"test_order": ["luck"]},
            "choices.yaml orders the test 'luck', which does not exist.\n"
            "Tests: relevant, no perverse incentive, attributable, well defined, timely, reliable, comparable, "
            "verifiable, cost proportionate, fair, data support.",
        ),
    ],
)
def test_names_that_do_not_exist_are_refused(tmp_path, choices, message):
    with pytest.raises(EngagementError) as refused:
        found(tmp_path, SHELTER, choices=choices)
    assert str(refused.value) == message


def test_an_unknown_domain_names_those_there_are(tmp_path):
    with pytest.raises(EngagementError) as refused:
        found(tmp_path, choices={"domains": ["plumbing"]})
    assert refused.value.what == "choices.yaml names the domain 'plumbing', which the catalogue does not have."
    assert "emergency_shelter" in refused.value.fix
