"""Published OCDS files: our numbers beside those of plain Python that reads the JSON by itself.

Nothing under "theirs" comes from rdclib: releases are laid over one another by their day, and every
number is made from the dictionaries of the file.
"""

import gzip
import json
import math
import re
import shutil
import zipfile
from collections import defaultdict
from datetime import date, datetime
from statistics import median

import pytest

from rdclib.engagement import Engagement, Facts
from rdclib.indicators import compute, compute_all
from rdclib.indicators.frames import Frames
from rdclib.periods import parse
from rdclib.records import load_records

# What each file holds, so that engagement.yaml can name it.
HELD = {
    "paraguay": ("contracts", "contract_vendors", "solicitations", "vendors"),
    "airport": ("contracts", "contract_vendors", "solicitations", "milestones", "payments"),
    "moldova": ("contracts", "contract_vendors", "solicitations", "amendments", "vendors"),
    "uk": ("solicitations",),
    "portland": ("contracts", "contract_vendors", "solicitations", "bids", "milestones", "payments", "vendors"),
    "fictional": ("contracts", "contract_vendors", "payments", "vendors"),
}
HELD["airport lines"] = HELD["airport"]
# File, period and currency of each engagement; today is the last day of the period.
FILES = {
    "paraguay": ("paraguay_dncp.zip", 2016, "PYG"),
    "airport": ("mexico_gacm_airport.zip", 2016, "MXN"),
    "airport lines": ("mexico_gacm_airport_releases.derived.jsonl.gz", 2016, "MXN"),
    "moldova": ("moldova.zip", 2017, "MDL"),
    "uk": ("uk_contracts_finder.zip", 2015, "GBP"),
    "portland": ("portland_first_record.json", 2015, "USD"),
    "fictional": ("fictional_example/ocds-213czf-000-00001-06-implementation.json", 2010, "GBP"),
}


# --- our numbers -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loaded(shared, tmp_path_factory):
    made = {}

    def load(name):
        if name not in made:
            file, year, currency = FILES[name]
            folder = tmp_path_factory.mktemp("engagement")
            (folder / "raw").mkdir()
            path = folder / "raw" / file.rsplit("/", 1)[-1]
            shutil.copy(shared / "data/ocds" / file, path)
            held = {table: {"paths": [f"raw/{path.name}"]} for table in HELD[name]}
            facts = Facts.model_validate(
                {"city": name, "fiscal_year_start": "01-01", "currency": currency, "files": held}
            )
            period = parse(f"FY{year}", "01-01")
            frames = Frames(load_records(Engagement("city", folder, facts, period, period.end)))
            made[name] = frames, compute_all(frames), Plain(read(shared / "data/ocds" / file), year, currency)
        return made[name]

    return load


# --- theirs ------------------------------------------------------------------------------------------------------


def read(path):
    """Documents of a file, empty ones left out."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            texts = [archive.read(name) for name in archive.namelist() if not name.endswith("/")]
    elif path.suffix == ".gz":
        texts = gzip.decompress(path.read_bytes()).splitlines()
    else:
        texts = [path.read_bytes()]
    return [json.loads(text) for text in texts if text.strip()]


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
        return old | {key: lay_over(old.get(key), value) for key, value in new.items()}
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(x, dict) and x.get("id") for x in old + new):
        by_id = {}
        for item in old + new:
            by_id[item["id"]] = lay_over(by_id.get(item["id"]), item)
        return list(by_id.values())
    return new


def day(text):
    return date.fromisoformat(text[:10]) if text else None


def named(party):
    identifier = party.get("identifier") or {}
    found = party.get("id") or identifier.get("id")
    found = None if found in ("null", "") else found
    return found or party.get("name") or identifier.get("legalName") or party.get("legalName")


class Plain:
    """One list of tenders and one of contracts, from the JSON alone."""

    def __init__(self, documents, year, currency):
        self.first, self.last, self.currency = date(year, 1, 1), date(year, 12, 31), currency
        by_process = defaultdict(dict)
        for document in documents:
            for release in releases_in(document):
                by_process[release["ocid"]][(release.get("id"), release.get("date") or "")] = release
        self.tenders, self.contracts = [], []
        for ocid, releases in by_process.items():
            known = {}
            for release in sorted(releases.values(), key=lambda release: release.get("date") or ""):
                known = lay_over(known, release)
            self._process(ocid, known)

    def _process(self, ocid, known):
        tender, awards, contracts = known.get("tender") or {}, known.get("awards") or [], known.get("contracts") or []
        budgets = [((known.get("planning") or {}).get("budget") or {}).get("amount") or {}, tender.get("value") or {}]
        budget = next((x["amount"] for x in budgets if x.get("amount") is not None), None)
        period = tender.get("tenderPeriod") or {}
        base = {
            "ocid": ocid,
            "posted": period.get("startDate"),
            "deadline": period.get("endDate"),
            "method": tender.get("procurementMethod"),
            "tender status": tender.get("status"),
            "bids": tender.get("numberOfTenderers"),
            "tender awarded": day(awards[0].get("date")) if awards else None,
        }
        if tender:
            self.tenders.append(base)

        def award_of(contract):
            mine = [award for award in awards if str(award.get("id")) == str(contract.get("awardID"))]
            return mine[0] if mine else awards[0] if len(awards) == 1 else {}

        for contract in contracts:
            award = award_of(contract)
            alone = sum(award_of(other) is award for other in contracts) == 1
            own = contract.get("suppliers")
            suppliers = ([own] if isinstance(own, dict) else own) or award.get("suppliers") or []
            now, told = contract.get("value") or {}, award.get("value") or {}
            # A zero was nobody's amount, and is not known.
            amount, awarded = now.get("amount") or None, (told.get("amount") or None) if alone else None
            span = contract.get("period") or award.get("contractPeriod") or {}
            work = contract.get("implementation") or {}
            self.contracts.append(
                base
                | {
                    "vendors": list(dict.fromkeys(named(supplier) for supplier in suppliers)),
                    "awarded": day(award.get("date")),
                    "signed": day(contract.get("dateSigned")),
                    "start": day(span.get("startDate")),
                    "end": day(span.get("endDate")),
                    "award amount": awarded or amount,
                    "latest": amount or awarded,
                    "foreign": (now.get("currency") or told.get("currency") or self.currency).upper() != self.currency,
                    "budget": budget,
                    "status": (contract.get("status") or "").lower(),
                    "amendments": len(contract.get("amendments") or []) + bool(contract.get("amendment")),
                    "payments": [
                        (
                            named(line.get("payee") or line.get("receiverOrganization") or {}),
                            (line.get("value") or line.get("amount") or {}).get("amount"),
                        )
                        for line in work.get("transactions") or []
                    ],
                }
            )

    def inside(self, when):
        return when is not None and self.first <= when <= self.last

    def agreed(self, c):
        return c["awarded"] or c["signed"] or c["start"]

    def in_force(self, c):
        ended = c["status"] in ("terminated", "cancelled")
        return (
            not ended and c["start"] is not None and c["start"] <= self.last and not (c["end"] and c["end"] < self.last)
        )

    def in_period(self, c):
        begun = c["start"] or self.agreed(c)
        return not (begun and begun > self.last) and not (c["end"] and c["end"] < self.first)


def active(plain):
    kept = [c["latest"] for c in plain.contracts if plain.in_force(c) and not c["foreign"] and c["latest"] is not None]
    return sum(kept), len(kept)


def a_year(plain, *, soon=False):
    kept = []
    for c in plain.contracts:
        if not plain.in_force(c) or c["foreign"] or c["latest"] is None or c["end"] is None:
            continue
        if soon and c["end"] > plain.last.replace(year=plain.last.year + 2):
            continue
        if c["end"] >= c["start"]:
            years = ((c["end"] - c["start"]).days + 1) / 365.25
            kept.append(c["latest"] / max(years, 1 / 12))
    return sum(kept), len(kept)


def money_by_vendor(plain):
    sums = defaultdict(float)
    lines = [line for c in plain.contracts for line in c["payments"]]
    if lines:
        for vendor, amount in lines:
            sums[vendor] += amount
    else:
        for c in plain.contracts:
            if plain.in_period(c) and not c["foreign"] and c["latest"] is not None:
                for vendor in c["vendors"]:
                    sums[vendor] += c["latest"] / len(c["vendors"])
    held = sorted((amount for vendor, amount in sums.items() if vendor and amount > 0), reverse=True)
    return [amount / sum(held) for amount in held]


def ten_largest(plain):
    shares = money_by_vendor(plain)
    return sum(shares[:10]), len(shares)


def index(plain):
    shares = money_by_vendor(plain)
    return 10_000 * sum(share**2 for share in shares), len(shares)


def normalised(plain):
    points, n = index(plain)
    return (points / 10_000 - 1 / n) / (1 - 1 / n), n


def effective(plain):
    points, n = index(plain)
    return 10_000 / points, n


def pareto(plain):
    held, count, shares = 0.0, 0, money_by_vendor(plain)
    while held < 0.8:
        held, count = held + shares[count], count + 1
    return count / len(shares), len(shares)


def called(plain):
    kept = [c for c in plain.contracts if plain.inside(plain.agreed(c)) and c["method"] in METHODS]
    return sum(c["method"] in ("open", "selective") for c in kept) / len(kept), len(kept)


METHODS = ("open", "selective", "limited", "direct")


def uncalled(plain):
    kept = [c for c in plain.contracts if plain.inside(plain.agreed(c)) and c["method"] in METHODS]
    return sum(c["method"] == "direct" for c in kept) / len(kept), len(kept)


def middle(days):
    kept = [n for n in days if n >= 0]
    return median(kept), len(kept)


def moment(text):
    return datetime.fromisoformat(text[:19])


def window(plain):
    kept = []
    for t in plain.tenders:
        if t["posted"] and t["deadline"] and plain.inside(day(t["deadline"])):
            # A deadline at midnight is a day, and days are then counted whole.
            closes, opens = moment(t["deadline"]), moment(t["posted"])
            if not (closes.hour or closes.minute or closes.second):
                opens = opens.replace(hour=0, minute=0, second=0)
            kept.append((closes - opens).total_seconds() / 86_400)
    return middle([int(n // 1) if n >= 0 else -1 for n in kept])


def ended_without(plain):
    kept = [t for t in plain.tenders if plain.inside(day(t["posted"] or t["deadline"]))]
    kept = [t for t in kept if t["tender status"] in ("complete", "cancelled", "unsuccessful", "withdrawn")]
    return sum(t["tender status"] != "complete" for t in kept) / len(kept), len(kept)


def steps(first, last, things):
    def days(plain):
        kept = [x for x in getattr(plain, things) if plain.inside(x[last]) and x[first]]
        return middle([(x[last] - (day(x[first]) if isinstance(x[first], str) else x[first])).days for x in kept])

    return days


def retroactive(plain):
    kept = [c for c in plain.contracts if plain.inside(c["start"]) and c["signed"]]
    return sum(c["signed"] > c["start"] for c in kept) / len(kept), len(kept)


def amended(plain):
    kept = [c["amendments"] for c in plain.contracts if plain.in_period(c)]
    return sum(n > 0 for n in kept) / len(kept), len(kept)


def amendments(plain):
    kept = [c["amendments"] for c in plain.contracts if plain.in_period(c)]
    return sum(kept) / len(kept), len(kept)


def paid_above(plain):
    kept = [
        (sum(amount for _, amount in c["payments"]), c["latest"])
        for c in plain.contracts
        if c["payments"] and plain.in_period(c) and c["latest"]
    ]
    return sum(round(paid, 2) > round(worth, 2) for paid, worth in kept), len(kept)


def above_budget(plain):
    kept = [
        c["award amount"] > c["budget"]
        for c in plain.contracts
        if plain.inside(plain.agreed(c)) and not c["foreign"] and c["budget"] and c["award amount"] is not None
    ]
    return sum(kept) / len(kept), len(kept)


def all_under_contract(plain):
    """Transactions of this standard stand under a contract."""
    return 1.0, sum(len(c["payments"]) for c in plain.contracts)


def won_before(plain, vendor, when, days):
    """Whether a vendor had an award on an earlier day, not longer ago."""
    others = (plain.agreed(c) for c in plain.contracts if vendor in c["vendors"])
    return any(other and 0 < (when - other).days <= days for other in others)


def to_recurring(plain):
    again, whole, n = 0.0, 0.0, 0
    for c in plain.contracts:
        if not plain.inside(plain.agreed(c)) or c["foreign"] or not c["award amount"]:
            continue
        for vendor in c["vendors"]:
            part = c["award amount"] / len(c["vendors"])
            whole, n = whole + part, n + 1
            again += part if won_before(plain, vendor, plain.agreed(c), 730) else 0
    return again / whole, n


def new_vendors(plain):
    first = {}
    for c in plain.contracts:
        for vendor in c["vendors"]:
            if vendor and plain.inside(plain.agreed(c)):
                first[vendor] = min(first.get(vendor, plain.agreed(c)), plain.agreed(c))
    return sum(not won_before(plain, vendor, when, 1_095) for vendor, when in first.items()) / len(first), len(first)


def years_since_competed(plain):
    kept = []
    for c in plain.contracts:
        when = day(c["posted"]) or c["awarded"] or c["signed"]
        if plain.in_force(c) and c["method"] in ("open", "selective") and when:
            kept.append((plain.last - when).days / 365.25)
    return median(kept), len(kept)


INDEPENDENT = {
    "PF01": active,
    "PF02": a_year,
    "PF03": all_under_contract,
    "PF04": pareto,
    "CN01": ten_largest,
    "CN02": index,
    "CN03": normalised,
    "CN04": effective,
    "CN06": to_recurring,
    "CN07": new_vendors,
    "CP01": called,
    "CP06": uncalled,
    "CP07": window,
    "CP09": ended_without,
    "CT03": steps("deadline", "tender awarded", "tenders"),
    "CT04": steps("posted", "tender awarded", "tenders"),
    "CT05": steps("awarded", "signed", "contracts"),
    "CT06": retroactive,
    "AM01": amended,
    "AM02": amendments,
    "AM05": paid_above,
    "AM08": above_budget,
    "EX05": years_since_competed,
    "EX01": lambda plain: a_year(plain, soon=True),
}


# Columns of which these files may have nothing, and what then holds in the JSON.
COLUMNS = {
    "posted_date": lambda t: t["posted"],
    "bid_deadline": lambda t: t["deadline"],
    "award_date": lambda t: t.get("awarded") or t["tender awarded"],
    "signed_date": lambda t: t.get("signed"),
    "start_date": lambda t: t.get("start"),
    "end_date": lambda t: t.get("end"),
    "budget": lambda t: t.get("budget"),
    "number_of_bids": lambda t: t["bids"],
    "procurement_method": lambda t: t["method"] in METHODS,
    "amendment_date": lambda t: t.get("amendments"),
    "payment_amount": lambda t: t.get("payments"),
}
# What else may stand in the way, with all columns there.
REASONS = ("Records that count:", "would make it possible", "span less than two orders", "has two bidders with a name")


# --- beside one another ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", INDEPENDENT)
@pytest.mark.parametrize("name", FILES)
def test_numbers_are_those_of_the_json(loaded, name, id):
    frames, results, plain = loaded(name)
    # Few records decide only whether a number is shown, not what it is.
    ours = compute(id, frames, minimum_n=1)
    if not ours.computed:
        assert results[id].note
        return

    value, n = INDEPENDENT[id](plain)

    assert (ours.n, ours.value) == (n, pytest.approx(value))
    assert not results[id].computed or results[id].value == ours.value


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_told_names_the_column_that_is_missing(loaded, name):
    _, results, plain = loaded(name)
    silent = [result for result in results.values() if not result.computed]
    assert silent

    for result in silent:
        if "have no value for" not in result.note:
            assert any(words in result.note for words in REASONS), result.note
            continue
        named_columns = re.findall(r"\((\w+)\.(\w+)\)", result.note)
        assert named_columns
        for table, column in named_columns:
            things = plain.contracts if table in ("contracts", "amendments", "payments") else plain.tenders
            if column in COLUMNS:
                assert not any(COLUMNS[column](thing) for thing in things), (result.indicator.id, table, column)


def test_a_zip_and_its_lines_tell_the_same(loaded):
    _, packed, _ = loaded("airport")
    _, lines, _ = loaded("airport lines")

    assert {id: (r.value, r.n) for id, r in packed.items() if r.computed} == {
        id: (r.value, r.n) for id, r in lines.items() if r.computed
    }


@pytest.mark.parametrize("name", ["paraguay", "moldova"])
def test_days_left_before_a_procurement_must_start(loaded, name):
    _, results, plain = loaded(name)
    soon = plain.last.replace(year=plain.last.year + 2)
    ends = [c["end"] for c in plain.contracts if plain.in_force(c) and c["end"] and c["end"] <= soon]
    # None of these tenders is known to be open, so three of four is a plain quantile; under ten half a year is assumed.
    signed = {c["ocid"]: (c["signed"] - day(c["posted"])).days for c in plain.contracts if c["signed"] and c["posted"]}
    took = sorted(n for n in signed.values() if n >= 0)
    lead = took[math.ceil(0.75 * len(took)) - 1] if len(took) >= 10 else 180

    ours = results["EX02"]

    # 90 days to plan the procurement and 60 for the change of vendor.
    assert (ours.n, ours.value) == (len(ends), median((end - plain.last).days - lead - 150 for end in ends))
