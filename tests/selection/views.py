"""One selection with a history, a draft that has faults, and hostile words; and one of a city with nothing."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import build
from tests.selection.test_select import OWN, SHARES, SHELTER, found
from tests.selection.test_series import monthly

HOSTILE = '<script>alert("1")</script> =1+1'


@cache
def faulty():
    """A draft with faults: an unreachable target, no guardrail, no city duty, a history too short."""
    contract = build.contract(
        "C1", title=f"Shelter {HOSTILE}", vendor_name="Ash & Sons", current_amount=1_200_000, start_date="2023-07-01",
        end_date="2026-06-30",
    )  # fmt: skip
    rows = [
        *monthly("HS-01", SHARES, n=60, start=7),
        *monthly("HS-10", [60, 62, 61, 63], start=7),
        *monthly("TV-01", [80] * 12, start=7),
    ]
    choices = {
        "problem": f"Families wait {HOSTILE}",
        "goals": [{"goal": "A home"}],
        "logic_model": {"input": ["Two vans"]},
        "chosen": [
            {"metric_id": "HS-01", "target": "75", "paid": "true", "segments": "site"},
            {"metric_id": "HS-10", "target": "70"},
            {"metric_id": "TV-01"},
        ],
        "contract_inputs": {
            "scope": "3", "volume": "3", "outcome": "3", "attribution": "2", "capacity": "2", "gaming": "2",
            "competition": "1", "cost_plus_percentage": "yes",
        },
        "payment_designs": [
            {"name": "Steps", "kind": "tiers", "metric_id": "HS-01", "pool": "1000", "thresholds": ["30", "35"],
             "shares": ["0.5", "1"]},
            {"name": "Ramp", "kind": "ramp", "metric_id": "HS-01", "pool": "1000", "floor": "25", "target": "40"},
        ],
    }  # fmt: skip
    with TemporaryDirectory() as folder:
        return found(Path(folder), contract, *rows, choices=choices, metrics=[OWN])


@cache
def banded():
    """A shelter that is fuller than its target band, in two of three months."""
    rows = monthly("ES-01", [97, 93, 98, 96, 94, 97, 99, 93, 96, 98, 94, 97], n=1000, start=7)
    chosen = [{"metric_id": "ES-01", "target_low": "85", "target_high": "95", "target_basis": "need"}]
    with TemporaryDirectory() as folder:
        return found(Path(folder), SHELTER, *rows, choices={"chosen": chosen})


@cache
def nothing():
    """A city that has nothing at all."""
    with TemporaryDirectory() as folder:
        return found(Path(folder))


@cache
def keeping_every_rule():
    """A shelter contract without data or decisions: the proposal keeps every rule."""
    with TemporaryDirectory() as folder:
        return found(Path(folder), SHELTER)
