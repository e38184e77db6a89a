import pytest

from rdclib.indicators import compute
from tests import build


def test_type_mix_keeps_what_is_not_known_as_a_part_of_its_own():
    records = build.records(
        build.contract("fixed", contract_type="firm fixed price", award_amount=60),
        build.contract("cost", contract_type="cost reimbursement", award_amount=30),
        build.contract("unknown", award_amount=10),
        build.contract("no-amount", contract_type="grant", award_amount=None),
    )

    result = compute("TY01", records, minimum_n=1)

    assert result.value == pytest.approx(0.9)
    assert result.by_part.set_index("part")["value"].to_dict() == pytest.approx(
        {"cost reimbursement": 0.3, "firm fixed price": 0.6, "not given": 0.1}
    )
    assert result.left_out.to_dict() == {"no amount": 1}


@pytest.mark.parametrize(
    ("kind", "share"),
    [("cost reimbursement", 0.25), ("time and materials", 0.25), ("labor hour", 0.25), ("unit price", 0.0)],
)
def test_types_in_which_the_city_bears_the_risk(kind, share):
    records = build.records(
        build.contract("asked", contract_type=kind, award_amount=25),
        build.contract("fixed", contract_type="firm fixed price", award_amount=75),
        build.contract("unknown", award_amount=900),
    )

    result = compute("TY02", records, minimum_n=1)

    assert result.value == share
    assert result.left_out.to_dict() == {"type not known": 1}


def test_payment_basis_mix():
    records = build.records(
        build.contract("input", payment_basis="input", award_amount=80),
        build.contract("outcome", payment_basis="outcome", award_amount=20),
    )

    result = compute("TY03", records, minimum_n=1)

    assert result.by_part.set_index("part")["value"].to_dict() == pytest.approx({"input": 0.8, "outcome": 0.2})


def test_value_share_interval_is_that_of_a_ratio_clustered_by_vendor():
    # Vendors A (10 of 40), B (30 of 60): R = 0.4, residuals -6 and 6, so
    # s = sqrt(2/1 * (36 + 36)) / 100 = 0.12 and t with one degree of freedom is 12.7: cut at 0 and 1.
    # With a third vendor C (20 of 50): R = 0.4, the same residuals and 0:
    # s = sqrt(3/2 * 72) / 150 = 0.069282, t(2) = 4.302653, half width 0.298097.
    def part(vendor, risky, other):
        return [
            build.contract(f"{vendor}-r", vendor_id=vendor, contract_type="cost reimbursement", award_amount=risky),
            build.contract(f"{vendor}-f", vendor_id=vendor, contract_type="firm fixed price", award_amount=other),
        ]

    result = compute("TY02", build.records(*part("A", 10, 30), *part("B", 30, 30), *part("C", 20, 30)), minimum_n=1)

    assert result.value == pytest.approx(0.4)
    assert (result.low, result.high) == (pytest.approx(0.4 - 0.298097, abs=1e-5), pytest.approx(0.698097, abs=1e-5))


def test_a_type_taken_back_more_than_awarded_gives_no_mix():
    records = build.records(
        build.contract("known", contract_type="grant", award_amount=150),
        build.contract("unknown", award_amount=-50),
    )

    result = compute("TY01", records, minimum_n=1)

    assert not result.computed
    assert (
        result.note
        == "The amounts that count, with their credits, give no share between 0% and 100%, so no value is given."
    )
