"""Real registers: our numbers beside those that were published of the files.

Expected values marked "published" are those of the note that comes with the files; the others are computed here from
the raw text by the csv module, numpy and pandas alone. Every other number is held in `test_real_numbers`.
"""

import csv
import dataclasses
from collections import Counter, defaultdict
from statistics import median

import numpy as np
import pandas as pd
import pytest

from rdclib.indicators import compute, compute_all
from rdclib.intake import read_table
from tests import build

PHILADELPHIA = {
    "current_item_id": "contract_id",
    "department_name": "department",
    "vendor": "vendor_name",
    "start_dt": "start_date",
    "end_dt": "end_date",
    "amt": "current_amount",
    "tot_payments": "paid_to_date",
    "adv_or_exempt": "procurement_method",
}
PORTUGAL = {
    "ID": "contract_id",
    "Número de concorrentes": "number_of_bids",
    "Preço Base (€)": "budget",
    "Preço Inicial (€)": "original_amount",
    "Preço Efetivo (€)": "final_amount",
    "Data de celebração": "signed_date",
    "Data de fecho": "closed_date",
}


def city(period, fiscal_year_start, currency, **frames):
    """Records with these tables and nothing else."""
    empty = build.records(period=period, fiscal_year_start=fiscal_year_start, currency=currency)
    return dataclasses.replace(empty, **frames)


def money(text):
    return float(text.replace(",", "")) if text.strip() else float("nan")


@pytest.fixture(scope="module")
def philadelphia(shared):
    path = shared / "data/contracts/philadelphia_professional_services/FY-2020-Q4.csv"
    frame = read_table([path], "contracts", columns=PHILADELPHIA, currency="USD").frame
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return city("FY2020", "07-01", "USD", contracts=frame), list(csv.DictReader(stream))


def test_philadelphia_exempt_contracts(philadelphia):
    records, _ = philadelphia
    # Without days every row counts, as in the published figures: exempt 49.9% by count, 75.6% by value.
    undated = dataclasses.replace(
        records, contracts=records.contracts.assign(start_date=pd.NaT, end_date=pd.NaT, snapshot_date=pd.NaT)
    )

    result = compute("CP06", undated)

    # One row has a remark in place of the method.
    assert result.value == pytest.approx(986 / 1_974)
    assert round(986 / 1_975, 3) == 0.499
    assert result.note.startswith("By value: 75.6%.")


def test_philadelphia_concentration_as_published(philadelphia):
    records, rows = philadelphia
    undated = dataclasses.replace(
        records, contracts=records.contracts.assign(start_date=pd.NaT, end_date=pd.NaT, vendor_id=None)
    )
    sums = Counter()
    for row in rows:
        sums[row["vendor"]] += money(row["amt"])
    shares = np.array(sorted(sums.values(), reverse=True)) / sum(sums.values())

    assert round(compute("CN01", undated).value, 3) == 0.646  # published
    assert round(compute("CN02", undated).value) == 1_510  # published
    assert compute("CN04", undated).value == pytest.approx(1 / (shares**2).sum())
    assert compute("PF04", undated).value == pytest.approx(
        (np.searchsorted(np.cumsum(shares), 0.8) + 1) / (shares > 0).sum()
    )


def test_philadelphia_paid_above_value_as_published(philadelphia):
    records, _ = philadelphia
    undated = dataclasses.replace(records, contracts=records.contracts.assign(start_date=pd.NaT, end_date=pd.NaT))

    assert compute("AM05", undated).value == 25  # published


@pytest.fixture(scope="module")
def portugal(shared):
    path = shared / "data/contracts/portugal_public_works_2015_2022.xlsx"
    frame = read_table([path], "contracts", columns=PORTUGAL, currency="EUR").frame
    sheet = pd.read_excel(path, engine="calamine")
    return city("FY2021", "01-01", "EUR", contracts=frame), sheet


def test_portugal_single_bids_of_those_known(portugal):
    records, sheet = portugal
    undated = dataclasses.replace(records, contracts=records.contracts.assign(signed_date=pd.NaT))

    result = compute("CP02", undated)

    assert (result.n, round(result.value, 3)) == (3_683, 0.036)  # published: 131 of 3,683
    assert result.left_out["no bid count"] == (sheet["Número de concorrentes"] == 0).sum()
    bids = sheet["Número de concorrentes"]
    assert compute("CP04", undated).value == median(bids[bids > 0])


def test_portugal_cost_growth_as_published(portugal):
    records, sheet = portugal
    undated = dataclasses.replace(records, contracts=records.contracts.assign(signed_date=pd.NaT, closed_date=pd.NaT))

    weighted, middle = compute("AM04", undated), compute("AM03", undated)

    assert round(weighted.value, 4) == 0.0054  # published: +0.54%
    assert middle.value == 0  # published
    first, final = sheet["Preço Inicial (€)"], sheet["Preço Efetivo (€)"]
    assert weighted.value == pytest.approx((final - first).sum() / first.sum())
    growth = ((final - first) / first).round(9)
    assert middle.flags["fired"].tolist() == [((growth > 0.1) & (growth <= 0.25)).sum(), (growth > 0.25).sum()]


@pytest.fixture(scope="module")
def world_bank(shared):
    folder = shared / "data/bids"
    contracts = read_table(
        [folder / "worldbank_contracts.csv"],
        "contracts",
        columns={"contract": "contract_id", "n.bids": "number_of_bids", "contract.country": "department"},
    ).frame
    contracts = contracts.drop_duplicates("contract_id", ignore_index=True)
    bids = read_table(
        [folder / "worldbank_bids.csv"],
        "bids",
        columns={
            "contract": "solicitation_id",
            "bidder.name": "bidder_name",
            "opening.price.amount": "bid_amount",
            "opening.price.currency": "currency",
        },
    ).frame
    with (folder / "worldbank_bids.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    # The method is told for one contract in six: as if it were told for none.
    contracts = contracts.assign(solicitation_id=contracts["contract_id"], procurement_method=None)
    return city("FY2015", "01-01", "USD", contracts=contracts, bids=bids), lines


def test_world_bank_single_bids_as_published(world_bank):
    records, _ = world_bank

    result = compute("CP02", records)

    assert (result.n, round(result.value, 3)) == (3_390, 0.288)  # published: 978 of 3,390
    assert compute("CP04", records).value == 3  # published


def test_world_bank_identical_prices(world_bank):
    records, lines = world_bank
    priced = defaultdict(list)
    for line in lines:
        if line["opening.price.amount"]:
            priced[line["contract"]].append(line)
    flagged = set()
    for contract, offers in priced.items():
        if len({offer["opening.price.currency"] for offer in offers}) > 1 or len(offers) < 2:
            continue
        who = defaultdict(set)
        for offer in offers:
            who[float(offer["opening.price.amount"])].add(offer["bidder.name"].strip())
        if any(len(names) > 1 for names in who.values()):
            flagged.add(contract)

    # Under their names as published; spellings that intake takes for one firm are one bidder.
    as_published = dataclasses.replace(records, bids=records.bids.assign(bidder_id=None))

    found = set(compute("CP11", as_published).flagged("R028")["unit"])

    assert found == flagged
    assert set(compute("CP11", records).flagged("R028")["unit"]) <= flagged


@pytest.mark.parametrize("name", ["philadelphia", "portugal", "world_bank"])
def test_every_indicator_has_a_value_or_a_reason(name, request):
    records, _ = request.getfixturevalue(name)

    results = compute_all(records)

    assert all(result.computed or result.note for result in results.values())
    assert sum(result.computed for result in results.values()) >= 5
