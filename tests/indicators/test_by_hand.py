"""The values agree with a plain pandas script that shares nothing with the package."""

import numpy as np
import pytest

from rdclib import indicators
from tests.benchmarks.assessment import make, plain


@pytest.fixture(scope="module")
def both():
    records = make(6_000, seed=7)
    return indicators.compute_all(records), plain(records)


def test_every_value_agrees_with_the_script(both):
    results, by_hand = both
    shared = [name for name in by_hand if results[name].computed]

    # These two need more contracts than there are: twenty awards of a vendor, five of a department in a category.
    assert set(by_hand) - set(shared) <= {"CN05", "CP16"}
    found = {name: results[name].value for name in shared}
    assert found == pytest.approx({name: float(by_hand[name]) for name in shared}, rel=1e-9)


def test_intervals_hold_their_values(both):
    results, _ = both

    for result in results.values():
        if result.low == result.low and result.high == result.high:
            assert result.low <= result.value <= result.high, result.indicator.id


def test_breakdowns_count_every_record_once(both):
    results, _ = both

    for result in results.values():
        # Measures of concentration count vendors, who may serve several departments.
        if (
            result.computed
            and len(result.by_department)
            and result.indicator.group not in ("concentration", "portfolio")
        ):
            assert result.by_department["n"].sum() == result.n, result.indicator.id
        if result.computed and len(result.by_quarter):
            assert result.by_quarter["n"].sum() == result.n, result.indicator.id


def test_the_order_of_rows_changes_nothing(both):
    import dataclasses

    results, _ = both
    records = make(6_000, seed=7)
    turned = {
        name: getattr(records, name).iloc[::-1].reset_index(drop=True)
        for name in ("contracts", "solicitations", "bids", "amendments")
    }
    again = indicators.compute_all(dataclasses.replace(records, **turned))

    for name, result in results.items():
        assert again[name].n == result.n, name
        np.testing.assert_allclose(again[name].value, result.value, rtol=1e-9, err_msg=name)
        np.testing.assert_allclose(again[name].low, result.low, rtol=1e-6, err_msg=name)
