import pytest

from rdclib.indicators import compute, portfolio
from tests import build


def spend(**amounts):
    return build.records(*[build.payment(amount, vendor_id=name) for name, amount in amounts.items()])


def test_hhi_of_shares_50_30_20():
    # 50² + 30² + 20² = 3,800; normalised (0.38 - 1/3) / (2/3) = 0.07; effective number 1 / 0.38.
    records = spend(a=50, b=30, c=20)

    assert compute("CN02", records, minimum_n=1).value == pytest.approx(3_800)
    assert compute("CN03", records, minimum_n=1).value == pytest.approx(0.07)
    assert compute("CN04", records, minimum_n=1).value == pytest.approx(1 / 0.38)


@pytest.mark.parametrize(("vendors", "computed"), [(4, False), (5, True)])
def test_concentration_of_fewer_than_five_vendors_says_nothing(vendors, computed):
    result = compute("CN02", spend(**{f"v{i}": 10 for i in range(vendors)}))

    assert result.computed == computed
    assert result.n == vendors


def test_a_department_with_few_vendors_has_no_index_of_its_own():
    rows = [build.payment(10, vendor_id=f"v{i}") for i in range(5)]

    result = compute("CN02", build.records(*rows, build.payment(10, vendor_id="v0", department="Police")))

    by = result.by_department.set_index("department")
    assert by.loc["Parks", "value"] == pytest.approx(2_000)
    assert by["value"].isna().to_dict() == {"Parks": False, "Police": True}


def test_a_vendor_whose_credits_exceed_its_payments_is_none():
    result = compute("CN02", spend(a=50, b=50, refunded=-10), minimum_n=1)

    assert (result.value, result.n) == (pytest.approx(5_000), 2)


def test_top_ten_of_eleven_vendors():
    result = compute("CN01", spend(**{f"v{i}": 10 for i in range(10)}, small=1), minimum_n=1)

    assert result.value == pytest.approx(100 / 101)


def test_without_payments_the_contracts_in_force_count():
    records = build.records(
        build.contract("a", vendor_id="V1", current_amount=75),
        build.contract("b", vendor_id="V2", current_amount=25),
        build.contract("ended-before", vendor_id="V3", end_date="2023-06-30", start_date="2020-01-01"),
    )

    result = compute("CN02", records, minimum_n=1)

    assert result.value == pytest.approx(75**2 + 25**2)
    assert result.note == (
        "The city sent no payments with vendors, so this is the amount of contracts in force in the period."
    )


def test_a_contract_of_several_vendors_is_divided():
    records = build.records(
        build.contract("joint", current_amount=100),
        build.contract_vendor("joint", "V1", vendor_share=0.9),
        build.contract_vendor("joint", "V2", vendor_share=0.1),
        build.contract("equal", current_amount=100),
        build.contract_vendor("equal", "V1"),
        build.contract_vendor("equal", "V2"),
    )

    result = compute("CN02", records, minimum_n=1)

    assert result.value == pytest.approx(70**2 + 30**2)


def departments(*held):
    """Departments of ten contracts; ``held`` gives the contracts of each of their vendors."""
    rows = []
    for d, counts in enumerate(held):
        names = [f"vendor-{v}" for v, n in enumerate(counts) for _ in range(n)]
        rows += [
            build.contract(f"{d}-{i}", department=f"D{d}", vendor_id=name, category="works")
            for i, name in enumerate(names)
        ]
    return build.records(*rows)


@pytest.mark.parametrize(("largest", "asked"), [((3, 2, 2, 1, 1, 1), False), ((4, 2, 1, 1, 1, 1), True)])
def test_a_share_beyond_the_fence_is_asked_about(largest, asked):
    # Of 30 shares most are 10% or 20%: the quartiles are 0.1 and 0.2, so the fence lies at 0.35.
    result = compute("CN05", departments(*[(3, 2, 2, 1, 1, 1)] * 4, largest))

    assert (result.value, result.n) == (1.0 if asked else 0.0, 30)
    assert list(result.flagged("CN05-count")["unit"]) == (["D4 / vendor-0"] if asked else [])


def test_when_most_shares_are_equal_nobody_is_flagged():
    result = compute("CN05", departments((1,) * 10, (1,) * 10, (2, *(1,) * 8)))

    assert (result.value, result.n) == (0, 29)


def test_cells_of_fewer_than_five_contracts_are_left_out():
    four = [build.contract(f"few-{i}", department="Few", category="works", vendor_id=f"f{i}") for i in range(4)]
    five = [build.contract(f"many-{i}", department="Many", category="works", vendor_id=f"m{i}") for i in range(5)]

    result = compute("CN05", build.records(*four, *five), minimum_n=1)

    assert result.n == 5
    assert result.left_out.to_dict() == {"fewer than 5 contracts of the department in the category": 4}


HISTORY = build.contract("long-ago", vendor_id="old", award_date="2019-01-01")


@pytest.mark.parametrize(("before", "again"), [("2021-08-01", True), ("2021-07-31", False)])
def test_recurring_means_an_award_in_the_24_months_before(before, again):
    records = build.records(
        HISTORY,
        build.contract("before", vendor_id="A", award_date=before),
        build.contract("now", vendor_id="A", award_date="2023-08-01", award_amount=30),
        build.contract("first", vendor_id="B", award_date="2023-08-01", award_amount=70),
    )

    result = compute("CN06", records, minimum_n=1)

    # 2021-08-01 to 2023-08-01 are 730 days.
    assert result.value == pytest.approx(0.3 if again else 0.0)


@pytest.mark.parametrize(("before", "new"), [("2020-08-02", 0.5), ("2020-07-31", 1.0)])
def test_new_means_no_award_in_the_36_months_before(before, new):
    records = build.records(
        HISTORY,
        build.contract("before", vendor_id="A", award_date=before),
        build.contract("again", vendor_id="A", award_date="2023-08-01"),
        build.contract("first", vendor_id="B", award_date="2023-08-01"),
        build.contract("second", vendor_id="B", award_date="2023-09-01"),
    )

    result = compute("CN07", records, minimum_n=1)

    assert (result.value, result.n) == (new, 2)


def test_a_young_register_cannot_tell_new_vendors_from_old():
    records = build.records(build.contract("first", award_date="2022-01-01"), build.contract("now"))

    result = compute("CN07", records, minimum_n=1)

    assert result.note == (
        "The register begins on 2022-01-01. It takes the 36 months before the period to tell vendors that won before "
        "from new ones; contracts of those years would make it possible."
    )


@pytest.mark.parametrize("shares", [(0.5, 0.25), (1.0, 0.5)])
def test_shares_that_do_not_add_up_to_all_divide_the_contract_once(shares):
    rows = [build.contract_vendor("joint", f"V{i}", vendor_share=share) for i, share in enumerate(shares)]
    overview = portfolio.overview(build.records(build.contract("joint", current_amount=90), *rows))

    assert overview.by_vendor[["label", "value"]].to_dict("list") == {"label": ["V0", "V1"], "value": [60, 30]}
    assert overview.value == 90
