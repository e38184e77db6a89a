"""Real registers: our numbers beside those of code that shares nothing with ours.

Expected values marked "published" are those of the note that comes with the files; the others are computed here from
the raw text by the csv module, numpy and pandas alone.
"""

import csv
import dataclasses
from collections import Counter, defaultdict
from datetime import datetime
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
MEXICO = {
    "CODIGO_CONTRATO": "contract_id",
    "NUMERO_PROCEDIMIENTO": "solicitation_id",
    "DEPENDENCIA": "department",
    "PROVEEDOR_CONTRATISTA": "vendor_name",
    "PROC_F_PUBLICACION": "posted_date",
    "FECHA_APERTURA_PROPOSICIONES": "bid_deadline",
    "EXP_F_FALLO": "award_date",
    "FECHA_CELEBRACION": "signed_date",
    "FECHA_INICIO": "start_date",
    "FECHA_FIN": "end_date",
    "IMPORTE_CONTRATO": "award_amount",
    "MONEDA": "currency",
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


def test_philadelphia_contracts_of_the_fiscal_year(philadelphia):
    records, rows = philadelphia

    def day(text):
        return datetime.strptime(text, "%m/%d/%Y") if text else None

    start, end = datetime(2019, 7, 1), datetime(2020, 6, 30)
    inside, force, over = [], [], 0
    for row in rows:
        first, last = day(row["start_dt"]), day(row["end_dt"])
        last = None if last and last.year >= 2050 else last
        if first <= end and (last is None or last >= start):
            inside.append(row)
            amount = money(row["amt"])
            over += amount > 0 and round(money(row["tot_payments"]), 2) > round(amount, 2)
        # A zero was nobody's amount, and is not known.
        if first <= end and (last is None or last >= end) and money(row["amt"]) > 0:
            force.append(money(row["amt"]))

    active, paid = compute("PF01", records), compute("AM05", records)

    assert active.value == pytest.approx(sum(force))
    assert active.n - active.left_out.get("no amount", 0) <= len(rows)
    assert paid.value == over


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


def test_portugal_above_budget_in_a_year(portugal):
    records, sheet = portugal
    signed = pd.to_datetime(sheet["Data de celebração"], format="%d-%m-%Y")
    mine = sheet[signed.dt.year == 2021]
    budget = pd.to_numeric(mine["Preço Base (€)"], errors="coerce")
    known = mine[budget > 0]

    result = compute("AM08", records)

    assert result.n == len(known)
    assert result.value == pytest.approx((known["Preço Inicial (€)"] > budget[known.index]).mean())
    quarters = signed[known.index].dt.quarter.value_counts().sort_index()
    assert result.by_quarter["n"].tolist() == quarters.tolist()


@pytest.fixture(scope="module")
def mexico(shared):
    paths = sorted((shared / "data/contracts/mexico_compranet").glob("*.csv"))
    frame = read_table(paths, "contracts", columns=MEXICO, currency="MXN").frame
    frame = frame.drop_duplicates("contract_id", ignore_index=True)
    rows = []
    for path in paths:
        text = path.read_bytes()
        try:
            words = text.decode("utf-8-sig")
        except UnicodeDecodeError:
            words = text.decode("cp1252")
        rows += list(csv.DictReader(words.splitlines()))
    return city("FY2014", "01-01", "MXN", contracts=frame), rows


def test_mexico_days_from_posting_to_award(mexico):
    records, rows = mexico
    first = {}
    for row in rows:
        first.setdefault(row["NUMERO_PROCEDIMIENTO"], row)
    days = []
    for row in first.values():
        posted, award = row["PROC_F_PUBLICACION"].strip()[:10], row["EXP_F_FALLO"].strip()[:10]
        if award.startswith("2014") and posted:
            days.append((datetime.fromisoformat(award) - datetime.fromisoformat(posted)).days)

    result = compute("CT04", records, minimum_n=1)

    kept = [n for n in days if n >= 0]
    assert (result.n, result.value) == (len(kept), median(kept))


def test_mexico_retroactive_contracts(mexico):
    records, rows = mexico
    pairs = {}
    for row in rows:
        signed, start = row["FECHA_CELEBRACION"].strip()[:10], row["FECHA_INICIO"].strip()[:10]
        if start.startswith("2014") and signed:
            pairs.setdefault(row["CODIGO_CONTRATO"], signed > start)

    result = compute("CT06", records, minimum_n=1)

    assert result.n == len(pairs)
    assert result.value == pytest.approx(sum(pairs.values()) / len(pairs))


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


@pytest.mark.parametrize("name", ["philadelphia", "portugal", "mexico", "world_bank"])
def test_every_indicator_has_a_value_or_a_reason(name, request):
    records, _ = request.getfixturevalue(name)

    results = compute_all(records)

    assert all(result.computed or result.note for result in results.values())
    assert sum(result.computed for result in results.values()) >= 5


def concentration(sums):
    """Top ten, HHI, and vendors, of amounts by vendor."""
    held = sorted((amount for amount in sums.values() if amount > 0), reverse=True)
    shares = [amount / sum(held) for amount in held]
    return sum(shares[:10]), 10_000 * sum(share**2 for share in shares), len(shares)


def benford(amounts):
    """Mean absolute deviation of first digits from Benford's law."""
    digits = Counter(int(f"{amount:e}"[0]) for amount in amounts)
    return sum(abs(digits[d] / len(amounts) - np.log10(1 + 1 / d)) for d in range(1, 10)) / 9


def test_philadelphia_a_year_and_what_ends(philadelphia):
    records, rows = philadelphia
    begin, today = datetime(2019, 7, 1), datetime(2020, 6, 30)
    yearly, soon, advertised, agreed = [], [], [], []
    for row in rows:
        start, end = (datetime.strptime(row[name], "%m/%d/%Y") for name in ("start_dt", "end_dt"))
        amount = money(row["amt"])
        if begin <= start <= today:
            if row["adv_or_exempt"] in ("ADVERTISED", "EXEMPT"):
                advertised.append(row["adv_or_exempt"] == "ADVERTISED")
            if amount > 0:
                agreed.append(amount)
        if start <= today <= end and end.year < 2050 and amount > 0:
            yearly.append(amount / max(((end - start).days + 1) / 365.25, 1 / 12))
            if end <= datetime(2022, 6, 30):
                soon.append(yearly[-1])

    found = {id: compute(id, records) for id in ("PF02", "EX01", "CP01", "CP06", "IN03")}

    assert (found["PF02"].n, found["PF02"].value) == (len(yearly), pytest.approx(sum(yearly)))
    assert (found["EX01"].n, found["EX01"].value) == (len(soon), pytest.approx(sum(soon)))
    assert (found["CP01"].n, found["CP01"].value) == (len(advertised), pytest.approx(np.mean(advertised)))
    assert (found["CP06"].n, found["CP06"].value) == (len(advertised), pytest.approx(1 - np.mean(advertised)))
    assert (found["IN03"].n, found["IN03"].value) == (len(agreed), pytest.approx(benford(agreed)))


def test_portugal_single_bids_by_value_and_first_digits(portugal):
    records, sheet = portugal
    bids, price = sheet["Número de concorrentes"], sheet["Preço Inicial (€)"]
    signed = pd.to_datetime(sheet["Data de celebração"], format="%d-%m-%Y")
    undated = dataclasses.replace(records, contracts=records.contracts.assign(signed_date=pd.NaT))

    by_value, digits = compute("CP03", undated), compute("IN03", records, minimum_n=300)

    assert by_value.value == pytest.approx(price[bids == 1].sum() / price[bids > 0].sum())
    mine = price[(signed.dt.year == 2021) & (price > 0)].tolist()
    assert (digits.n, digits.value) == (len(mine), pytest.approx(benford(mine)))


def test_mexico_money_days_and_methods(mexico):
    records, rows = mexico

    def day(text):
        return datetime.fromisoformat(text.strip()[:10]) if text.strip() else None

    begin, today = datetime(2014, 1, 1), datetime(2014, 12, 31)
    contracts, tenders = {}, {}
    for row in rows:
        contracts.setdefault(row["CODIGO_CONTRATO"], row)
    for row in contracts.values():
        tenders.setdefault(row["NUMERO_PROCEDIMIENTO"], row)
    force, methods, signing, deciding = [], [], [], []
    for row in contracts.values():
        start, end, signed = (day(row[name]) for name in ("FECHA_INICIO", "FECHA_FIN", "FECHA_CELEBRACION"))
        award = day(row["EXP_F_FALLO"])
        alive = row["ESTATUS_CONTRATO"] == "Activo" and start and start <= today and not (end and end < today)
        if alive and row["MONEDA"] == "MXN" and money(row["IMPORTE_CONTRATO"]) > 0:
            force.append(money(row["IMPORTE_CONTRATO"]))
        agreed = award or signed or start
        if agreed and begin <= agreed <= today and row["TIPO_PROCEDIMIENTO"]:
            methods.append(row["TIPO_PROCEDIMIENTO"])
        if award and signed and begin <= signed <= today:
            signing.append((signed - award).days)
    for row in tenders.values():
        award, due = day(row["EXP_F_FALLO"]), day(row["FECHA_APERTURA_PROPOSICIONES"])
        if award and due and begin <= award <= today:
            deciding.append((award - due).days)

    found = {id: compute(id, records, minimum_n=1) for id in ("PF01", "CP01", "CP06", "CT03", "CT05")}

    assert (found["PF01"].n, found["PF01"].value) == (len(force), pytest.approx(sum(force)))
    called = [method == "Licitación Pública" for method in methods]
    direct = [method.startswith("Adjudicación Directa") for method in methods]
    assert (found["CP01"].n, found["CP01"].value) == (len(called), pytest.approx(np.mean(called)))
    assert (found["CP06"].n, found["CP06"].value) == (len(direct), pytest.approx(np.mean(direct)))
    for id, days in (("CT03", deciding), ("CT05", signing)):
        kept = [n for n in days if n >= 0]
        assert (found[id].n, found[id].value) == (len(kept), median(kept))


def test_mexico_concentration(mexico):
    records, rows = mexico
    begin, today = "2014-01-01", "2014-12-31"
    lines = {row["CODIGO_CONTRATO"]: row for row in reversed(rows)}
    sums = Counter()
    for row in lines.values():
        start, end = row["FECHA_INICIO"].strip()[:10], row["FECHA_FIN"].strip()[:10]
        if (not start or start <= today) and (not end or end >= begin) and row["MONEDA"] == "MXN":
            sums[row["PROVEEDOR_CONTRATISTA"].strip()] += money(row["IMPORTE_CONTRATO"])
    as_published = dataclasses.replace(records, contracts=records.contracts.assign(vendor_id=None))

    ten, points = compute("CN01", as_published), compute("CN02", as_published)

    assert (ten.value, points.value, ten.n) == pytest.approx(concentration(sums))


def test_portugal_price_only_awards(portugal):
    records, sheet = portugal
    undated = dataclasses.replace(records, contracts=records.contracts.assign(signed_date=pd.NaT))
    told = sheet["Critério de adjudicação"].astype(str).str.lower()
    # "Best ratio of quality and price: no", or the lowest price; the rest says that the notice could not be read.
    ratio = told.str.startswith("melhor relação qualidade-preço")
    price = told.str.startswith(("mais baixo preço", "preço")) | (ratio & told.str.contains(r"preço: não", regex=True))

    result = compute("CP15", undated)

    assert (result.n, result.value) == ((price | ratio).sum(), pytest.approx(price.sum() / (price | ratio).sum()))
