"""What published OCDS files do not tell: each silent indicator names a column that the JSON lacks, too.

The numbers that they do tell are held in `test_real_numbers`.
"""

import re
import shutil

import pytest

from rdclib.engagement import Engagement, Facts
from rdclib.indicators import compute_all
from rdclib.indicators.frames import Frames
from rdclib.periods import parse
from rdclib.records import load_records
from tests.indicators import raw
from tests.indicators.plain import METHODS

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
            made[name] = compute_all(frames), raw.ocds(shared / "data/ocds" / file, year, currency)
        return made[name]

    return load


# Columns of which these files may have nothing, and what then holds in the JSON.
COLUMNS = {
    "posted_date": lambda t: t["posted"],
    "bid_deadline": lambda t: t["deadline"],
    "award_date": lambda t: t.get("awarded"),
    "signed_date": lambda t: t.get("signed"),
    "start_date": lambda t: t.get("start"),
    "end_date": lambda t: t.get("end"),
    "budget": lambda t: t.get("budget"),
    "number_of_bids": lambda t: t["number"],
    "procurement_method": lambda t: t["method"] in METHODS,
    "amendment_date": lambda t: t.get("amendments"),
}
# What else may stand in the way, with all columns there.
REASONS = (
    "Records that count:",
    "would make it possible",
    "a hundred times the smallest",
    "has two bidders with a name",
)
PAYMENTS = {
    "payment_amount": "amount",
    "payment_date": "day",
    "contract_id": "contract",
    "vendor_id": "vendor",
    "vendor_name": "name",
    "invoice_date": "invoiced",
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_told_names_the_column_that_is_missing(loaded, name):
    results, plain = loaded(name)
    silent = [result for result in results.values() if not result.computed]
    assert silent

    for result in silent:
        if "have no value for" not in result.note:
            assert any(words in result.note for words in REASONS), result.note
            continue
        named_columns = re.findall(r"\((\w+)\.(\w+)\)", result.note)
        assert named_columns
        for table, column in named_columns:
            things = plain.contracts if table in ("contracts", "amendments") else plain.tenders
            if table == "payments":
                assert not [p for p in plain.payments if p.get(PAYMENTS[column])]
                continue
            if column in COLUMNS:
                assert not any(COLUMNS[column](thing) for thing in things), (result.indicator.id, table, column)


def test_a_zip_and_its_lines_tell_the_same(loaded):
    packed, _ = loaded("airport")
    lines, _ = loaded("airport lines")

    assert {id: (r.value, r.n) for id, r in packed.items() if r.computed} == {
        id: (r.value, r.n) for id, r in lines.items() if r.computed
    }
