"""Published files as lists of plain dictionaries, read by csv, json and openpyxl alone; see `plain.City`."""

import csv
import gzip
import html
import json
import re
import tarfile
import zipfile
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise

import openpyxl

from tests.indicators.plain import City


def rows_of(path):
    text = path.read_bytes()
    try:
        words = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = text.decode("cp1252")
    return list(csv.DictReader(words.splitlines()))


def text(word):
    """A cell without blanks around and inside doubled; None when nothing is in it."""
    word = " ".join(str(word).split()) if word is not None else ""
    return word or None


def missing(word):
    """A word, unless it is one for nothing."""
    word = text(word)
    return (
        None
        if word is None or word.lower() in ("n/a", "na", "none", "unknown", "no aplica") or not word.strip("-")
        else word
    )


def number(word):
    word = re.sub(r"[$,\s]", "", str(word)) if word is not None else ""
    return float(word) if word else None


def above_zero(word):
    """An amount; a zero was nobody's amount, and is not known."""
    return number(word) or None


def day(word, form="%m/%d/%Y"):
    word = str(word).strip() if word is not None else ""
    return datetime.strptime(word, form).date() if word else None


def real_end(end):
    """An end so far away that it means none is none."""
    return None if end is not None and end.year >= 2050 else end


def cells_of(records, columns):
    """How many values of each column are there, by department."""
    found = []
    for column, there in columns.items():
        if any(there(r) for r in records):
            by = defaultdict(lambda: [0, 0])
            for r in records:
                by[r.get("department")][0] += bool(there(r))
                by[r.get("department")][1] += 1
            found += [(column, department, there_, n) for department, (there_, n) in by.items()]
    return found


def has(name):
    return lambda record: record.get(name) is not None


# --- registers ---------------------------------------------------------------------------------------------------


def philadelphia(shared):
    return _philadelphia([shared / "data/contracts/philadelphia_professional_services/FY-2020-Q4.csv"])


def philadelphia_panel(shared):
    folder = shared / "data/contracts/philadelphia_professional_services"
    return _philadelphia([folder / f"FY-{quarter}.csv" for quarter in PANEL])


PANEL = ("2019-Q4", "2020-Q1", "2020-Q2", "2020-Q3", "2020-Q4")


def _philadelphia(paths):
    lines = []
    for path in paths:
        year, quarter = re.search(r"FY-(\d{4})-Q(\d)", path.name).groups()
        for row in rows_of(path):
            row = {key.strip().replace(" ", "_"): value for key, value in row.items()}
            if not text(row["current_item_id"]):
                continue
            method = text(row["adv_or_exempt"])
            lines.append(
                {
                    "id": text(row["current_item_id"]),
                    "snapshot": quarter_end(int(year), int(quarter), 7),
                    "department": text(row["department_name"]),
                    "vendor": text(row["vendor"]),
                    "method": {"ADVERTISED": "open", "EXEMPT": "direct"}.get(method),
                    "start": american(row["start_dt"]),
                    "end": real_end(american(row["end_dt"])),
                    "current": above_zero(row.get("amt") or row.get("contract_amount")),
                    "paid": number(row["tot_payments"]),
                    "parent": text(row["original_contract_id"]),
                    "title": text(row["short_desc"]),
                    "class": missing(row["profit_status"]),
                    "detail": text(row["exempt_status"]),
                }
            )
    city = panel(City(date(2019, 7, 1), date(2020, 6, 30), "USD", _newest(lines)), lines)
    fields = {"contract_id": "id", "parent_contract_id": "parent", "current_amount": "current"}
    fields |= {"department": "department", "vendor_name": "vendor", "procurement_method": "method", "title": "title"}
    fields |= {"start_date": "start", "end_date": "end", "paid_to_date": "paid", "vendor_class": "class"}
    fields |= {"method_detail": "detail"}
    city.cells = cells_of(city.contracts, {f"contracts.{ours}": has(own) for ours, own in fields.items()})
    return city


def american(word):
    word = (word or "").strip()
    for form in ("%m/%d/%Y", "%Y-%m-%d", "%m/%d/%y", "%Y%m%d"):
        try:
            return datetime.strptime(word.split(" ")[0], form).date()
        except ValueError:
            continue
    return None


def quarter_end(year, quarter, first_month):
    month = first_month + 3 * quarter
    year = year - 1 + (month - 1) // 12
    return date(year, (month - 1) % 12 + 1, 1) - timedelta(days=1)


def _newest(lines):
    """Each contract as its newest snapshot shows it; lines that differ in nothing but the vendor are one."""
    newest = {}
    for x in lines:
        newest[x["id"]] = max(newest.get(x["id"], x["snapshot"]), x["snapshot"])
    days = sorted({x["snapshot"] for x in lines})
    if len(days) > 1:
        before, last = ({x["id"] for x in lines if x["snapshot"] == day} for day in days[-2:])
        repeats = len(before & last) >= len(before) / 2
    found, order = {}, {id: place for place, id in enumerate(newest)}
    for x in sorted(lines, key=lambda x: order[x["id"]]) if len(days) > 1 else lines:
        if x["snapshot"] == newest[x["id"]]:
            left = len(days) > 1 and repeats and x["snapshot"] < days[-1]
            left = left and not (x["end"] and x["end"] < days[-1])
            same = tuple((key, value) for key, value in x.items() if key != "vendor")
            found[same] = x | {"status": "terminated" if left else None}
    return list(found.values())


def panel(city, lines):
    """What snapshots show beside the newest: several vendors of a contract, and its changes."""
    vendors = defaultdict(dict)
    for x in lines:
        vendors[x["id"], x["snapshot"]][x["vendor"]] = None
    city.lines = []
    for c in city.contracts:
        mine = list(vendors[c["id"], c["snapshot"]])
        city.lines += [(c, vendor, 1 / len(mine)) for vendor in mine]
    if len({x["snapshot"] for x in lines}) > 1:
        history = defaultdict(dict)
        for x in lines:
            history[x["id"]][x["snapshot"]] = x
        changes = {}
        for id, by_day in history.items():
            steps = [by_day[day] for day in sorted(by_day)]
            changes[id] = [change for a, b in pairwise(steps) if (change := changed(a, b))]
        for c in city.contracts:
            c["amendments"] = changes[c["id"]]
    city.names = [(vendor, vendor) for _, vendor, _ in city.lines if vendor]
    return city


def changed(a, b):
    if a["current"] and b["current"] and abs(b["current"] - a["current"]) >= 0.01:
        return "amount"
    return "time" if a["end"] and b["end"] and a["end"] != b["end"] else None


def commodities(shared):
    lines = []
    for path in sorted((shared / "data/contracts/philadelphia_commodities").glob("*.csv")):
        year, quarter = re.search(r"FY(\d{4})Q(\d)", path.name).groups()
        snapshot = quarter_end(int(year), int(quarter), 7)
        for row in rows_of(path):
            lines.append(
                {
                    "id": text(row["Contract_Number"]),
                    "snapshot": snapshot,
                    "tender": text(row["Bid_Number"]),
                    "department": text(row["Department_Name"]),
                    "vendor": text(row["Vendor_Name"]),
                    "start": american(row["Start_Date"]),
                    "end": real_end(american(row["End_Date"])),
                    "current": above_zero(row["Contract_Amount"]),
                    "paid": number(row["Total_Transactions"]),
                    "title": text(row["Contract_Description"]),
                }
            )
    last = date(2015, 6, 30)
    lines = [x for x in lines if x["snapshot"] <= last]
    city = panel(City(date(2014, 7, 1), last, "USD", _newest(lines)), lines)
    fields = {"contract_id": "id", "solicitation_id": "tender", "title": "title", "department": "department"}
    fields |= {"vendor_name": "vendor", "start_date": "start", "end_date": "end", "current_amount": "current"}
    fields |= {"paid_to_date": "paid"}
    city.cells = cells_of(city.contracts, {f"contracts.{ours}": has(own) for ours, own in fields.items()})
    return city


def portugal(shared):
    book = openpyxl.load_workbook(shared / "data/contracts/portugal_public_works_2015_2022.xlsx", read_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    head = next(rows)
    contracts = []
    for row in rows:
        cell = dict(zip(head, row, strict=True))
        told = str(cell["Critério de adjudicação"] or "").lower()
        ratio = told.startswith("melhor relação qualidade-preço")
        by_price = told.startswith(("mais baixo preço", "preço")) or (ratio and "preço: não" in told)
        budget = cell["Preço Base (€)"]
        contracts.append(
            {
                "id": text(cell["ID"]),
                "title": text(cell["Descrição Breve"]),
                "category": text(cell["Designação Cpvs"]),
                "criteria": "price only" if by_price else "price and quality" if ratio else None,
                "number": cell["Número de concorrentes"] or None,
                "signed": day(cell["Data de celebração"], "%d-%m-%Y"),
                "closed": day(cell["Data de fecho"], "%d-%m-%Y"),
                "budget": budget if isinstance(budget, int | float) and budget > 0 else None,
                "original": cell["Preço Inicial (€)"] or None,
                "final": cell["Preço Efetivo (€)"] or None,
                "place": missing(cell["Município"]),
            }
        )
    city = City(date(2021, 1, 1), date(2021, 12, 31), "EUR", contracts)
    fields = {"contract_id": "id", "title": "title", "category": "category", "award_criteria": "criteria"}
    fields |= {"number_of_bids": "number", "signed_date": "signed", "closed_date": "closed", "budget": "budget"}
    fields |= {"original_amount": "original", "final_amount": "final", "place": "place"}
    city.cells = cells_of(city.contracts, {f"contracts.{ours}": has(own) for ours, own in fields.items()})
    return city


def open_for(posted, deadline):
    """Whole days from one moment to another; a deadline at midnight is a day, and days are then counted."""
    if not (posted.strip() and deadline.strip()):
        return None
    opens, closes = (datetime.fromisoformat(word.strip()) for word in (posted, deadline))
    if not (closes.hour or closes.minute or closes.second):
        opens = opens.replace(hour=0, minute=0, second=0)
    return (closes - opens) // timedelta(days=1)


MEXICAN = {"Licitación Pública": "open", "Invitación a Cuando Menos 3 Personas": "limited"}


def mexico(shared):
    contracts, names = [], []
    seen = set()
    for path in sorted((shared / "data/contracts/mexico_compranet").glob("*.csv")):
        for row in rows_of(path):
            method = text(row["TIPO_PROCEDIMIENTO"]) or ""
            currency = text(row["MONEDA"])
            vendor = missing(row["PROVEEDOR_CONTRATISTA"])
            names += [(vendor, vendor)] if vendor else []
            c = {
                "id": text(row["CODIGO_CONTRATO"]),
                "tender": text(row["NUMERO_PROCEDIMIENTO"]),
                "parent": text(row["NUMERO_EXPEDIENTE"]),
                "title": text(row["TITULO_CONTRATO"]),
                "department": text(row["DEPENDENCIA"]),
                "category": text(row["TIPO_CONTRATACION"]),
                "vendor": vendor,
                "class": missing(row["ESTRATIFICACION_MPC"]),
                "method": "direct" if method.startswith("Adjudicación Directa") else MEXICAN.get(method),
                "detail": text(row["PLANTILLA_EXPEDIENTE"]),
                "joint": missing(row["COMPRA_CONSOLIDADA"]),
                "posted": day(row["PROC_F_PUBLICACION"][:10], "%Y-%m-%d"),
                "deadline": day(row["FECHA_APERTURA_PROPOSICIONES"][:10], "%Y-%m-%d"),
                "window": open_for(row["PROC_F_PUBLICACION"], row["FECHA_APERTURA_PROPOSICIONES"]),
                "awarded": day(row["EXP_F_FALLO"][:10], "%Y-%m-%d"),
                "signed": day(row["FECHA_CELEBRACION"][:10], "%Y-%m-%d"),
                "start": day(row["FECHA_INICIO"][:10], "%Y-%m-%d"),
                "end": real_end(day(row["FECHA_FIN"][:10], "%Y-%m-%d")),
                "current": above_zero(row["IMPORTE_CONTRATO"]),
                "currency": currency,
                "status": {"Activo": "active", "Terminado": "terminated", "Expirado": "terminated"}[
                    text(row["ESTATUS_CONTRATO"])
                ],
                "url": text(row["ANUNCIO"]),
            }
            # Lines of a contract that differ in nothing are one.
            key = tuple(c.items())
            if key not in seen:
                contracts.append(c)
            seen.add(key)
    city = City(date(2014, 1, 1), date(2014, 12, 31), "MXN", contracts, names=names)
    fields = {"contract_id": "id", "parent_contract_id": "parent", "solicitation_id": "tender", "title": "title"}
    fields |= {"department": "department", "category": "category", "vendor_name": "vendor", "vendor_class": "class"}
    fields |= {"procurement_method": "method", "method_detail": "detail", "cooperative_purchase": "joint"}
    fields |= {"posted_date": "posted", "bid_deadline": "deadline", "award_date": "awarded", "signed_date": "signed"}
    fields |= {"start_date": "start", "end_date": "end", "current_amount": "current", "currency": "currency"}
    fields |= {"status": "status", "url": "url"}
    city.cells = cells_of(city.contracts, {f"contracts.{ours}": has(own) for ours, own in fields.items()})
    return city


def world_bank(shared):
    contracts, bids, seen = [], [], set()
    for row in rows_of(shared / "data/bids/worldbank_contracts.csv"):
        c = {
            "id": text(row["contract"]),
            "tender": text(row["contract"]),
            "method": next((ours for begin, ours in BANK.items() if row["method.procurement"].startswith(begin)), None),
            "detail": text(row["method.selection"]),
            "number": int(row["n.bids"]) or None,
            "award": above_zero(row["price.amount"]),
            "currency": text(row["price.currency"]) or "USD",
            "place": text(row["contract.country"]),
        }
        if c["id"] not in seen:
            contracts.append(c)
        seen.add(c["id"])
    for row in rows_of(shared / "data/bids/worldbank_bids.csv"):
        bids.append(
            {
                "tender": text(row["contract"]),
                "bidder": text(row["bidder.name"]),
                "status": {"Rejected": "disqualified"}.get(text(row["status"]), "valid"),
                "won": text(row["status"]) == "Awarded",
                "amount": above_zero(row["opening.price.amount"]),
                # Without a currency an amount is in the engagement's.
                "currency": text(row["opening.price.currency"]) or "USD",
                "evaluated": above_zero(row["evaluated.price.amount"]),
                "evaluated currency": text(row["evaluated.price.currency"]),
            }
        )
    names = [(b["bidder"], b["bidder"]) for b in bids if b["bidder"]]
    city = City(date(2015, 1, 1), date(2015, 12, 31), "USD", contracts, bids=bids, names=names)
    fields = {"contract_id": "id", "procurement_method": "method", "method_detail": "detail", "place": "place"}
    fields |= {"number_of_bids": "number", "award_amount": "award", "currency": "currency"}
    city.cells = cells_of(contracts, {f"contracts.{ours}": has(own) for ours, own in fields.items()})
    fields = {"solicitation_id": "tender", "bidder_name": "bidder", "bid_amount": "amount", "currency": "currency"}
    fields |= {"evaluated_amount": "evaluated", "evaluated_currency": "evaluated currency", "bid_status": "status"}
    city.cells += cells_of(bids, {f"bids.{ours}": has(own) for ours, own in fields.items()})
    return city


BANK = {"DIR": "direct", "SSS": "direct", "International Competitive Bidding": "open"}


# --- payments ----------------------------------------------------------------------------------------------------


def of_payments(first, last, currency, payments, fields):
    names = [(p["name"], p["name"]) for p in payments if p["name"]]
    city = City(first, last, currency, payments=payments, names=names)
    city.cells = cells_of(payments, {f"payments.{ours}": has(own) for ours, own in fields.items()})
    return city


PAID = {"payment_date": "day", "payment_amount": "amount", "vendor_name": "name"}


def scottsdale(shared):
    with gzip.open(
        shared / "data/spend/scottsdale_vendor_payments.csv.gz", "rt", encoding="latin-1", newline=""
    ) as file:
        payments = [
            {
                "day": american(row["PaymentDate"]),
                "name": text(row["VendorName"]),
                "vendor": text(row["VendorName"]),
                "amount": number(row["PaymentAmount"]),
                "department": row["CenterName"].strip(),
                "fund": text(row["FundDescription"]),
                "account": text(row["AccountName"]),
            }
            for row in csv.DictReader(file)
        ]
    fields = PAID | {"department": "department", "fund": "fund", "account": "account"}
    return of_payments(date(2017, 7, 1), date(2018, 6, 30), "USD", payments, fields)


def fire(shared):
    payments = []
    for path in sorted((shared / "data/ugly").glob("lancashire_fire_spend_*.xlsx")):
        rows = openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)
        head = next(rows)
        for row in rows:
            cell = dict(zip(head, row, strict=True))
            if cell["Date"] is None:
                continue
            name = text(cell["Supplier Name"])
            payments.append(
                {
                    "id": text(cell["Transaction Number"]),
                    "day": cell["Date"].date() if isinstance(cell["Date"], datetime) else american(cell["Date"]),
                    "name": name,
                    "vendor": name,
                    "amount": number(cell["Amount"]),
                    "category": text(cell["Expenditure Category"]),
                }
            )
    fields = PAID | {"payment_id": "id", "category": "category"}
    return of_payments(date(2024, 4, 1), date(2025, 3, 31), "GBP", payments, fields)


GATESHEAD = ("2022-01", "2022-02", "2022-03")


def unpack_gateshead(shared, folder):
    """The small version of a large archive: one quarter."""
    paths = []
    with tarfile.open(shared / "data/spend/gateshead_monthly_2010_2022.tar.xz") as archive:
        for member in archive:
            if member.name.endswith(tuple(f"{month}.csv" for month in GATESHEAD)):
                path = folder / member.name.rsplit("/", 1)[-1]
                path.write_bytes(archive.extractfile(member).read())
                paths.append(path)
    return sorted(paths)


def gateshead(paths):
    payments = []
    for path in paths:
        for row in rows_of(path):
            name = text(row["Supplier ID(T)"])
            payments.append(
                {
                    "id": text(row["TransNo"]),
                    "day": american(row["Updated"]),
                    "name": name,
                    # A name that was withheld is nobody's.
                    "vendor": None if name and "REDACTED" in name else name,
                    "amount": number(row["Amount"]),
                    "department": text(row["Nstrg(T)"]),
                    "category": text(row["Cipfsubj(T)"]),
                    "account": text(row["Cipfsubs(T)"]),
                }
            )
    fields = PAID | {"payment_id": "id", "department": "department", "category": "category", "account": "account"}
    return of_payments(date(2021, 4, 1), date(2022, 3, 31), "GBP", payments, fields)


# --- Open Contracting Data Standard ------------------------------------------------------------------------------


def documents_of(path):
    """Documents of a file, empty ones left out."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            texts = [archive.read(name) for name in archive.namelist() if not name.endswith("/")]
    elif path.suffix == ".gz":
        texts = gzip.decompress(path.read_bytes()).splitlines()
    else:
        texts = [path.read_bytes()]
    return [json.loads(words) for words in texts if words.strip()]


def releases_in(document):
    if "records" in document:
        return [release for record in document["records"] for release in releases_in(record)]
    if "releases" in document:
        full = [release for release in document["releases"] if {"tender", "awards", "contracts"} & set(release)]
        return full or ([document["compiledRelease"]] if document.get("compiledRelease") else [])
    return [document] if "ocid" in document else []


def lay_over(old, new):
    """What is known after a later word: nothing known is forgotten for a silence, items of a list are told by id."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: merged(key, old.get(key), value) for key, value in new.items()}
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(x, dict) and x.get("id") for x in old + new):
        by_id = {}
        for item in old + new:
            by_id[item["id"]] = lay_over(by_id.get(item["id"]), item)
        return list(by_id.values())
    return new


def ocds(path, year, currency):
    """A city of the releases of a file."""
    by_process = defaultdict(dict)
    for document in documents_of(path):
        for release in releases_in(document):
            by_process[release["ocid"]][json.dumps(release, sort_keys=True)] = release
    found = Processes(currency)
    for ocid, releases in by_process.items():
        known = {}
        for release in sorted(releases.values(), key=lambda release: release.get("date") or ""):
            known = lay_over(known, release)
        found.add(ocid, known)
    return found.city(date(year, 1, 1), date(year, 12, 31))


def merged(key, old, new):
    # A supplier that another release calls by another id is still there; `Processes` tells them by their names.
    if key == "suppliers" and isinstance(old, list) and isinstance(new, list):
        return old + [party for party in new if party not in old]
    return lay_over(old, new)


def stamp(word):
    return date.fromisoformat(word[:10]) if word else None


def known_word(word):
    return None if word is None or missing(word) is None or word == "null" else html.unescape(str(word))


class Processes:
    def __init__(self, currency):
        self.currency = currency
        self.tenders, self.contracts, self.lines, self.payments, self.bids = [], [], [], [], []
        self.changes, self.milestones, self.parties, self.suppliers = [], [], {}, []

    def who(self, party):
        """Id and name of an organisation."""
        identifier = party.get("identifier") or {}
        key = known_word(party.get("id"))
        number = known_word(identifier.get("id"))
        if not key and number and set(number) - set("0"):
            key = next((own for own, given in self.numbers.items() if given == number), number)
        legal = identifier.get("legalName") or party.get("legalName")
        name = known_word(party.get("name")) or known_word((self.named.get(key) or {}).get("name")) or known_word(legal)
        return key, name.strip() if name else None

    def add(self, ocid, known):
        self.named = {party.get("id"): party for party in known.get("parties") or []}
        self.numbers = {own: (party.get("identifier") or {}).get("id") for own, party in self.named.items()}
        tender, awards, contracts = known.get("tender") or {}, known.get("awards") or [], known.get("contracts") or []
        planned = ((known.get("planning") or {}).get("budget") or {}).get("amount") or {}
        value, period = tender.get("value") or {}, tender.get("tenderPeriod") or {}
        buyers = [self.who(known.get("buyer") or {}), self.who(tender.get("procuringEntity") or {})]
        department = next((name for _, name in buyers if name), None) or next((key for key, _ in buyers if key), None)
        details = (known.get("bids") or {}).get("details") or []
        tenderers = [party for party in tender.get("tenderers") or [] if self.who(party)[1]]
        number = tender.get("numberOfTenderers") or len(details) or len(tenderers) or None
        kinds = [(item.get("classification") or {}).get("description") for item in tender.get("items") or []]
        category = tender.get("mainProcurementCategory") or next((kind for kind in kinds if kind), None)
        method = tender.get("procurementMethod")
        base = {
            "tender": ocid,
            "department": department,
            "category": category,
            "method": method if method in ("open", "selective", "limited", "direct") else None,
            "detail": tender.get("procurementMethodDetails"),
            "criteria": CRITERIA.get(tender.get("awardCriteria")),
            "number": number,
            "posted": stamp(period.get("startDate")),
            "deadline": stamp(period.get("endDate")),
        }
        if tender:
            worth = [(award.get("value") or {}).get("amount") for award in awards]
            first = awards[0] if awards else {}
            told = [value.get("currency"), planned.get("currency"), (first.get("value") or {}).get("currency")]
            coin = next((word for word in told if word), None)
            self.tenders.append(
                base
                | {
                    "id": ocid,
                    "title": tender.get("title"),
                    "awarded": stamp(first.get("date")),
                    "signed": stamp(contracts[0].get("dateSigned")) if contracts else None,
                    "status": STATUS.get(tender.get("status")),
                    "budget": value.get("amount") or planned.get("amount") or None,
                    "value": sum(amount for amount in worth if amount) or None,
                    "currency": coin or self.currency,
                    "foreign": (coin or self.currency).upper() != self.currency,
                }
            )
            if period.get("startDate") and period.get("endDate"):
                self.tenders[-1]["window"] = open_for(period["startDate"][:19], period["endDate"][:19])

        def award_of(contract):
            mine = [award for award in awards if str(award.get("id")) == str(contract.get("awardID"))]
            return mine[0] if mine else awards[0] if len(awards) == 1 else {}

        for contract in contracts:
            award = award_of(contract)
            alone = sum(award_of(other) is award for other in contracts) == 1
            budget = planned.get("amount") or value.get("amount")
            self._contract(ocid, base, contract, award, alone, budget, tender)
        for detail in details:
            for party in detail.get("tenderers") or [{}]:
                key, name = self.who(party)
                worth = detail.get("value") or {}
                self.bids.append(
                    {
                        "tender": ocid,
                        "id": detail.get("id"),
                        "bidder": key or name,
                        "key": key,
                        "name": name,
                        "amount": worth.get("amount") or None,
                        "currency": worth.get("currency") or self.currency,
                        "status": detail.get("status"),
                        "received": stamp(detail.get("date")),
                    }
                )
        winners = [self.who(party) for award in awards for party in award.get("suppliers") or []]
        winners = {key or name for key, name in winners}
        for party in () if details else tenderers:
            key, name = self.who(party)
            bidder = {"tender": ocid, "bidder": key or name, "name": name, "amount": None, "status": None}
            self.bids.append(bidder | {"currency": None, "won": (key or name) in winners})
        for party in self.named.values():
            if {"supplier", "tenderer", "payee"} & set(party.get("roles") or []):
                self.parties[party["id"]] = party

    def _contract(self, ocid, base, contract, award, alone, budget, tender):
        own = contract.get("suppliers")
        suppliers = ([own] if isinstance(own, dict) else own) or award.get("suppliers") or []
        suppliers = [self.who(party) for party in ([suppliers] if isinstance(suppliers, dict) else suppliers)]
        now, told = contract.get("value") or {}, award.get("value") or {}
        span = contract.get("period") or award.get("contractPeriod") or {}
        work = contract.get("implementation") or {}
        items = contract.get("items") or award.get("items") or []
        classes = [item.get("classification") or {} for item in items]
        paid = [
            (line.get("value") or line.get("amount") or {}).get("amount") for line in work.get("transactions") or []
        ]
        key, name = suppliers[0] if suppliers else (None, None)
        changes = contract.get("amendments") or ([contract["amendment"]] if contract.get("amendment") else [])
        made = base | {
            "id": f"{ocid}:{contract.get('id')}",
            "title": contract.get("title") or award.get("title") or tender.get("title") or contract.get("description"),
            "category": base["category"] or next((c["description"] for c in classes if c.get("description")), None),
            "codes": [c["id"] for c in classes if c.get("id")] or None,
            "key": key,
            "name": name,
            "vendor": key or name,
            "awarded": stamp(award.get("date")),
            "signed": stamp(contract.get("dateSigned")),
            "start": stamp(span.get("startDate")),
            "end": real_end(stamp(span.get("endDate"))),
            "option": stamp(span.get("maxExtentDate")),
            "budget": budget or None,
            # A zero was nobody's amount, and is not known.
            "award": (told.get("amount") or None) if alone else None,
            "current": now.get("amount") or None,
            "final": (work.get("finalValue") or {}).get("amount") or None,
            "currency": (now.get("currency") or told.get("currency") or self.currency).upper(),
            "paid": sum(amount for amount in paid if amount is not None) if any(x is not None for x in paid) else None,
            "status": STATUS.get((contract.get("status") or "").lower()),
            "amendments": changes,
        }
        self.contracts.append(made)
        by_name = {}
        for key, name in suppliers:
            by_name.setdefault(name or key, (key, name))
        different = list(by_name.values())
        self.suppliers += different
        self.lines += [(made, k or n, 1 / len(different)) for k, n in different] or [(made, None, 1.0)]
        self.changes += [{"contract": made["id"], **change} for change in changes]
        for milestone in [*(contract.get("milestones") or []), *(work.get("milestones") or [])]:
            self.milestones.append({"contract": made["id"], **milestone})
        for line, amount in zip(work.get("transactions") or [], paid, strict=True):
            payee_key, payee = self.who(line.get("payee") or line.get("receiverOrganization") or {})
            payee_key, payee = payee_key or key, payee or name
            coin = (line.get("value") or line.get("amount") or {}).get("currency")
            self.payments.append(
                {
                    "id": line.get("id"),
                    "contract": made["id"],
                    "day": stamp(line.get("date")),
                    "amount": amount,
                    "key": payee_key,
                    "name": payee,
                    "vendor": payee_key or payee,
                    "currency": coin,
                    "foreign": (coin or self.currency).upper() != self.currency,
                    "department": base["department"],
                }
            )

    def city(self, first, last):
        names = [(c["key"] or c["name"], c["name"]) for c in (*self.contracts, *self.payments) if c["name"]]
        numbers = {name: vendor for vendor, name in reversed(names)}
        listed = [(key, " ".join(party["name"].split())) for key, party in self.parties.items() if party.get("name")]
        # A list of vendors means by a name whom a contract means by it; without a list all suppliers are in it.
        names += [(numbers.get(name, key), name) for key, name in listed or self.suppliers if name]
        city = City(
            first,
            last,
            self.currency,
            self.contracts,
            self.tenders or None,
            self.bids,
            self.payments,
            lines=self.lines or None,
            names=names,
        )
        for table, records in (
            ("contracts", self.contracts),
            ("solicitations", self.tenders),
            ("bids", self.bids),
            ("payments", self.payments),
            ("amendments", self.changes),
            ("milestones", self.milestones),
            ("vendors", [{"key": key, **party} for key, party in self.parties.items()]),
        ):
            city.cells += cells_of(records, {f"{table}.{ours}": there(own) for ours, own in CELLS[table].items()})
        return city


def there(own):
    return own if callable(own) else lambda record: record.get(own) not in (None, "")


CRITERIA = {"priceOnly": "price only", "lowestCost": "price only", "ratedCriteria": "price and quality"}
STATUS = {
    word: word
    for word in ("planned", "active", "cancelled", "unsuccessful", "complete", "withdrawn", "pending", "terminated")
}
_TENDER = {
    "solicitation_id": "tender",
    "title": "title",
    "department": "department",
    "category": "category",
    "procurement_method": "method",
    "method_detail": "detail",
    "award_criteria": "criteria",
    "number_of_bids": "number",
    "posted_date": "posted",
    "bid_deadline": "deadline",
    "award_date": "awarded",
    "signed_date": "signed",
    "budget": "budget",
    "currency": "currency",
}
CELLS = {
    "solicitations": _TENDER | {"solicitation_status": "status", "award_amount": "value"},
    "contracts": _TENDER
    | {
        "contract_id": "id",
        "vendor_id": "vendor",
        "vendor_name": "name",
        "item_codes": "codes",
        "start_date": "start",
        "end_date": "end",
        "option_end_date": "option",
        "award_amount": "award",
        "current_amount": "current",
        "final_amount": "final",
        "paid_to_date": "paid",
        "status": "status",
    },
    "bids": {
        "solicitation_id": "tender",
        "bid_id": "id",
        "bidder_id": "bidder",
        "bidder_name": "name",
        "bid_amount": "amount",
        "currency": "currency",
        "won": "won",
        "bid_received_date": "received",
        "bid_status": "status",
    },
    "payments": {
        "payment_id": "id",
        "payment_date": "day",
        "payment_amount": "amount",
        "currency": "currency",
        "contract_id": "contract",
        "vendor_id": "vendor",
        "vendor_name": "name",
        "department": "department",
    },
    "amendments": {
        "contract_id": "contract",
        # One without an id is told by its number.
        "amendment_id": has("contract"),
        "amendment_date": "date",
        "change_reason": lambda a: a.get("rationale") or a.get("description"),
    },
    "milestones": {
        "contract_id": "contract",
        "milestone_id": "id",
        "title": "title",
        "due_date": "dueDate",
        "date_met": "dateMet",
        "amount": lambda m: (m.get("value") or {}).get("amount"),
    },
    "vendors": {
        "vendor_id": "key",
        "vendor_name": "name",
        "vendor_address": lambda p: (p.get("address") or {}).get("streetAddress"),
        "vendor_place": lambda p: (p.get("address") or {}).get("locality"),
        "tax_id": lambda p: (p.get("identifier") or {}).get("id"),
        "phone": lambda p: (p.get("contactPoint") or {}).get("telephone"),
    },
}
