"""Every number that the report shows of a real register or OCDS file, beside code that shares nothing with ours.

Each file comes in as a user's would; `raw` reads the same file by itself, and `plain` works the indicators out from
their definitions. A number without a second opinion fails the test, so that none can slip into a report unchecked.
"""

import math
from functools import partial

import pytest

from rdclib import engagement, places, saved
from rdclib.assessment import assess
from rdclib.intake import desk
from rdclib.records import load_records
from tests.indicators import plain, raw

PROFESSIONAL = "contracts/philadelphia_professional_services"
# Table and files, currency, first day of the fiscal year, period, and the second reading.
REGISTERS = {
    "philadelphia": ((("contracts", [f"{PROFESSIONAL}/FY-2020-Q4.csv"]),), "USD", "07-01", "FY2020", raw.philadelphia),
    "panel": (
        (("contracts", [f"{PROFESSIONAL}/FY-{quarter}.csv" for quarter in raw.PANEL]),),
        "USD",
        "07-01",
        "FY2020",
        raw.philadelphia_panel,
    ),
    "commodities": (
        (("contracts", "contracts/philadelphia_commodities/*.csv"),),
        "USD",
        "07-01",
        "FY2015",
        raw.commodities,
    ),
    "portugal": (
        (("contracts", ["contracts/portugal_public_works_2015_2022.xlsx"]),),
        "EUR",
        "01-01",
        "FY2021",
        raw.portugal,
    ),
    "mexico": ((("contracts", "contracts/mexico_compranet/*.csv"),), "MXN", "01-01", "FY2014", raw.mexico),
    "world bank": (
        (("contracts", ["bids/worldbank_contracts.csv"]), ("bids", ["bids/worldbank_bids.csv"])),
        "USD",
        "01-01",
        "FY2015",
        raw.world_bank,
    ),
    "scottsdale": (
        (("payments", ["spend/scottsdale_vendor_payments.csv.gz"]),),
        "USD",
        "07-01",
        "FY2018",
        raw.scottsdale,
    ),
    "fire": ((("payments", "ugly/lancashire_fire_spend_*.xlsx"),), "GBP", "04-01", "FY2025", raw.fire),
    "gateshead": ((("payments", "gateshead"),), "GBP", "04-01", "FY2022", raw.gateshead),
}

# OCDS files hold their tables themselves.
STANDARD = {
    "paraguay": ("paraguay_dncp.zip", 2016, "PYG"),
    "airport": ("mexico_gacm_airport.zip", 2016, "MXN"),
    "moldova": ("moldova.zip", 2017, "MDL"),
    "uk": ("uk_contracts_finder.zip", 2015, "GBP"),
    "portland": ("portland_first_record.json", 2015, "USD"),
    "fictional": ("fictional_example/ocds-213czf-000-00001-06-implementation.json", 2010, "GBP"),
}
for _name, (_file, _year, _currency) in STANDARD.items():
    REGISTERS[_name] = (
        (("", [f"ocds/{_file}"]),),
        _currency,
        "01-01",
        f"FY{_year}",
        partial(
            lambda shared, file, year, currency: raw.ocds(shared / "data/ocds" / file, year, currency),
            file=_file,
            year=_year,
            currency=_currency,
        ),
    )


@pytest.fixture(scope="module", params=REGISTERS)
def both(request, shared, tmp_path_factory):
    """An assessment of a city's files, and the second reading of them."""
    tables, currency, year, period, reading = REGISTERS[request.param]
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RDC_HOME", str(home))
        engagement.create("city")
        folder = places.folder("city")
        for key, value in (("currency", currency), ("fiscal_year_start", year), ("period", period)):
            saved.update_yaml(folder / "engagement.yaml", (key,), value, author="test")
        source = shared
        for table, files in tables:
            if files == "gateshead":
                paths = source = raw.unpack_gateshead(shared, home)
            elif isinstance(files, str):
                paths = sorted((shared / "data").glob(files))
            else:
                paths = [shared / "data" / name for name in files]
            desk.take_in(folder, paths, table=table, author="test", facts=engagement.load_facts("city"))
        city = engagement.load_engagement("city")
        records = load_records(city)
        return assess(records, city), records, reading(source)


@pytest.fixture(scope="module")
def minimums(root):
    return plain.minimums(root / "data" / "catalogue" / "indicators.csv")


def same(ours, theirs):
    return ours == theirs or (math.isnan(ours) and math.isnan(theirs)) or ours == pytest.approx(theirs, rel=1e-9)


def differences(ours, theirs):
    """What differs between an indicator's result and the second opinion."""
    for name in ("value", "low", "high", "n"):
        if not same(getattr(ours, name), getattr(theirs, name)):
            yield f"{name} {getattr(ours, name)!r}, not {getattr(theirs, name)!r}"
    left_out = {reason: int(n) for reason, n in ours.left_out.items()}
    if left_out != theirs.left_out:
        yield f"left out {left_out}, not {theirs.left_out}"
    fired = {row.code: row.fired for row in ours.flags.itertuples() if row.fired}
    if fired != theirs.flags:
        yield f"flags {fired}, not {theirs.flags}"
    for name in ("department", "quarter", "part"):
        frame, expected = getattr(ours, f"by_{name}"), getattr(theirs, f"by_{name}")
        shown = {
            row[0]: row[1:5] for row in frame[[name, "value", "low", "high", "n"]].itertuples(index=False, name=None)
        }
        if name == "quarter":
            shown = {int(label[-1]): numbers for label, numbers in shown.items()}
        if set(shown) != set(expected):
            yield f"by {name}: {sorted(map(str, set(shown) ^ set(expected)))[:5]} in one only"
            continue
        for label, numbers in shown.items():
            if not all(map(same, numbers, expected[label])):
                yield f"by {name}, {label}: {numbers}, not {expected[label]}"
                break


def test_every_number_of_every_indicator(both, minimums):
    assessment, _, city = both
    wrong = []
    for id, ours in assessment.indicators.items():
        if not ours.computed:
            assert ours.note, id
            continue
        if id not in plain.INDICATORS:
            wrong.append(f"{id}: no second opinion")
            continue
        wrong += [f"{id}: {what}" for what in differences(ours, plain.told(city, id, minimums[id]))]

    assert not wrong, "\n".join(wrong)
