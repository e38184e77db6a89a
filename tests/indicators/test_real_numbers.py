"""Every number that the report shows of a real register or OCDS file, beside code that shares nothing with ours.

Each file comes in as a user's would; `raw` reads the same file by itself, and `plain` works the indicators out from
their definitions. A number without a second opinion fails the test, so that none can slip into a report unchecked.
"""

import csv
import math
import random
import re
from collections import Counter, defaultdict
from functools import partial

import pytest

from rdclib import engagement, narrative, places, saved, vocabulary
from rdclib.assessment import assess
from rdclib.indicators import cycle_times, portfolio_overview
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


# Several of them say again what a smaller one has said.
LARGE = ("panel", "commodities", "gateshead")


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.long if name in LARGE else ()) for name in REGISTERS]
)
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


@pytest.fixture(scope="module")
def words(root):
    return plain.catalogue(root / "data" / "catalogue" / "indicators.csv")


def test_every_number_that_is_said_beside_a_value(both, minimums, words):
    assessment, _, city = both
    wrong = []
    for id, ours in assessment.indicators.items():
        if not ours.computed:
            continue
        theirs = plain.told(city, id, minimums[id])
        found = re.findall(r"\d[\d,]*(?:\.\d+)?", ours.note.replace("engagement.yaml", ""))
        if found != plain.said(city, id, theirs):
            wrong.append(f"{id} says {found}, not {plain.said(city, id, theirs)}: {ours.note}")
        if (ours.verdict, ours.verdict_sure) != plain.read_as(words[id], city, theirs, id):
            wrong.append(f"{id} is read as {ours.verdict} ({ours.verdict_sure})")

    assert not wrong, "\n".join(wrong)


def test_how_complete_each_column_is(both):
    assessment, _, city = both
    filled, rows = {}, {}
    for column, _, there, n in city.cells:
        filled[column] = filled.get(column, 0) + there
        rows[column] = rows.get(column, 0) + n
    checked = 0
    for result in assessment.indicators.values():
        for row in result.coverage:
            # Columns of the whole table; what is filled in from a linked table is held with its indicator.
            if row.field in filled and row.rows == rows[row.field] and not row.field.startswith("solicitations"):
                assert row.share == pytest.approx(filled[row.field] / rows[row.field]), row.field
                checked += 1

    assert checked or not city.contracts


def test_the_portfolio_in_four_ways(both):
    _, records, city = both
    ours = portfolio_overview(records)
    expected = {
        "department": plain.overview(city, lambda c: c.get("department")),
        "year": plain.overview(city, lambda c: plain.fiscal_year(city, c)),
        "type": plain.overview(city, lambda c: None),
    }
    for name, theirs in expected.items():
        found = {row.label: (row.value, row.n) for row in getattr(ours, f"by_{name}").itertuples()}
        assert set(found) == set(theirs)
        assert all(found[label] == pytest.approx(theirs[label]) for label in theirs)
    vendors = sorted(plain.overview(city, "vendor").values())
    found = sorted(ours.by_vendor[["value", "n"]].itertuples(index=False, name=None))
    assert [n for _, n in found] == [n for _, n in vendors]
    assert [value for value, _ in found] == pytest.approx([value for value, _ in vendors])
    whole = [c["latest"] for c in city.contracts if c["live"] and not c["foreign"] and c["latest"]]
    assert ours.n == len(whole)
    assert not whole or ours.value == pytest.approx(sum(whole))


def test_how_long_each_step_took(both):
    _, records, city = both
    times = cycle_times(records)
    steps = {
        "Open for bids": ("posted", "deadline"),
        "Decision": ("deadline", "awarded"),
        "Contracting": ("awarded", "signed"),
    }
    for row in times.stages.itertuples():
        if row.stage not in steps:
            assert row.n == 0  # no file has the day of a requisition
            continue
        first, last = steps[row.stage]
        days = [(t[last] - t[first]).days for t in city.tenders if t.get(first) and city.inside(t.get(last))]
        days = [n for n in days if n >= 0]
        assert row.n == len(days)
        if days:
            ours = (row.first, row.median, row.third, row.p90)
            assert ours == pytest.approx([plain.quartile(days, q) for q in (0.25, 0.5, 0.75, 0.9)])
            assert (row.low, row.high) == pytest.approx(plain.middle([{"v": n} for n in days])[1:3], nan_ok=True)


def test_the_pipeline_and_what_is_said_of_it(both):
    assessment, _, city = both
    ours = assessment.pipeline
    theirs = plain.slack(city)
    runs = [c for c in city.contracts if c["runs"]]

    assert ours.in_force == len(runs)
    assert ours.without_end == sum(c.get("end") is None for c in runs)
    assert ours.without_start == sum(c.get("start") is None for c in runs)
    found = sorted((row.contract_id, row.end_date.date(), row.slack_days) for row in ours.rows.itertuples())
    assert found == sorted((c["id"], c["end"], left) for c, left, _ in theirs)
    assert {(row.start_by - row.end_date).days for row in ours.rows.itertuples()} == {
        (left - (c["end"] - city.last).days) for c, left, _ in theirs
    }
    worth = [c["latest"] for c, _, _ in theirs if not c["foreign"] and c["latest"]]
    assert same(ours.amount, sum(worth) if worth else math.nan)
    text = narrative.pipeline(ours, currency=assessment.currency).text
    if theirs:
        late = sum(left < 0 for _, left, _ in theirs)
        soon = sum(0 <= left <= 90 for _, left, _ in theirs)
        assert f"**{late:,}** too late to compete in the usual time, **{soon:,}** to start within 90 days" in text
        assert f"{len(theirs) - late - soon:,} to plan." in text
        assumed = sum(guess for _, _, guess in theirs)
        assert (f"For {assumed:,} of them the time from posting to signature is assumed" in text) == bool(assumed)
    else:
        assert text == ours.note != ""


def test_which_contracts_come_first(both):
    assessment, _, city = both
    ranking = assessment.ranking
    ratings = plain.ratings(city)
    of = defaultdict(list)
    for c in city.contracts:
        if id(c) in ratings:
            of[c["id"]].append(ratings[id(c)])
    for row in ranking.rows.itertuples():
        known = [x for x in (row.value, row.urgency) if not math.isnan(x)]
        assert any(known == pytest.approx(theirs) for theirs in of[row.contract_id]), row.contract_id
    if not len(ranking.rows):
        assert ranking.note
        return
    # The probabilities again, by numbers drawn another way: weights between half and one and a half of a sixth each.
    rng = random.Random(5)
    first, draws = Counter(), 3_000
    rows = ranking.rows[list(vocabulary.PRIORITY_CRITERIA)].to_numpy(float)
    for _ in range(draws):
        while True:
            weights = [rng.expovariate(1) for _ in range(6)]
            weights = [w / sum(weights) for w in weights]
            if all(1 / 12 <= w <= 1 / 4 for w in weights):
                break
        sums = [
            sum(w * (rng.uniform(0, 4) if math.isnan(x) else x) for w, x in zip(weights, row, strict=True))
            for row in rows
        ]
        first.update(sorted(range(len(rows)), key=lambda k: -sums[k])[:5])
    assert [first[k] / draws for k in range(len(rows))] == pytest.approx(ranking.rows["top"].tolist(), abs=0.04)


def test_the_headline_and_the_departments_that_stand_out(both, minimums, words):
    assessment, _, city = both
    results = {id: plain.told(city, id, minimums[id]) for id, r in assessment.indicators.items() if r.computed}
    poor = [id for id, found in results.items() if plain.read_as(words[id], city, found, id)[0] == "poor"]
    poor = [id for id in poor if words[id]["summary"] != "flag"]

    assert {result.indicator.id for result in assessment.concerns} == set(poor)
    spots = set()
    for id, found in results.items():
        verdict, sure = plain.read_as(words[id], city, found, id)
        assumed = id == "EX02" and sum(g for *_, g in plain.slack(city)) * 2 > len(plain.slack(city))
        if id in ("PF05", "IN01") or plain.known_share(found) < 0.5 or assumed:
            continue
        for department, (value, low, high, n) in found.by_department.items():
            if n < 10 or department == "not given" or math.isnan(low) or plain.known_in(found, department) < 0.5:
                continue
            side = {plain.place(words[id], x) for x in (value, low, high)}
            clear = side == {"poor"} and not (verdict == "poor" and sure)
            worse = {"lower": low > found.high, "higher": high < found.low}.get(words[id]["direction"], False)
            if clear or (plain.place(words[id], value) != "good" and worse):
                spots.add((department, id))
    spots -= {(department, "CP01") for department, id in spots if id == "CP06"}
    assert {(spot.department, spot.result.indicator.id) for spot in assessment.hot_spots} == spots
    said = narrative.overview(assessment).text
    assert f"The records allow {len(results)} of 75 indicators." in said
    if poor:
        assert f"For the city as a whole {len(poor)} value" in said


def test_the_seven_failings_rest_on_numbers_that_are_held(both, minimums, root):
    assessment, _, city = both
    with (root / "data" / "catalogue" / "failings.csv").open(encoding="utf-8", newline="") as stream:
        rules = {row["id"]: row for row in csv.DictReader(stream)}
    spots = {(spot.result.indicator.id, spot.value) for spot in assessment.hot_spots}
    for failing in assessment.failings:
        for side, listed in (
            ("for", failing.evidence_for),
            ("against", failing.evidence_against),
            ("", failing.between),
        ):
            for evidence in listed:
                if (evidence.id, evidence.value) in spots:
                    continue
                theirs = plain.told(city, evidence.id, minimums[evidence.id])
                assert (evidence.value, evidence.n) == (pytest.approx(theirs.value), theirs.n)
                cut = [
                    part for part in rules[failing.id][f"{side or 'for'}_if"].split(";") if part.startswith(evidence.id)
                ]
                row = {"good_if": cut[0].removeprefix(evidence.id) if cut else "", "poor_if": ""}
                holds = bool(cut) and plain.place(row, theirs.value) == "good"
                assert holds == bool(side)
        assert failing.why_not or failing.evidence_for or failing.evidence_against or failing.between
