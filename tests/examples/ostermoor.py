"""Ostermoor, an invented city that resurfaces streets and repairs potholes through six contractors.

Its files are semicolon-separated Windows-1252 exports: 31.12.2023, `1.234,50 €`, 0,5, totals rows below.
"""

import datetime as dt

from exports import Notation, headings, write_csv
from people import agreed, questionnaire, rated
from world import DAY, Department, Place, by_group, last_quarters, months, observation, proportion

D = dt.date
AS_OF = D(2024, 9, 30)
LATE, LASTING, SOON_ENOUGH = "OM-2021-R1", "OM-2021-R2", "OM-2021-R3"
WRONG_UNIT, BACK_TO_MEAN, BACKLOG = "OM-2021-R4", "OM-2021-R5", "OM-2021-R6"

DEPARTMENTS = [
    Department("Roads and Bridges", 50, ("Road works", "Engineering")),
    Department("Public Lighting", 48, ("Electrical works", "Engineering"), single=0.6, favourite=True),
    Department("School Buildings", 46, ("Building works", "Facilities"), retroactive=0.65),
    Department("Waste and Cleaning", 40, ("Vehicles and parts", "Facilities"), amended=0.8, growth=0.01),
    Department("Central Administration", 52, ("Consulting", "Software"), below=26, above=4),
    Department("Digital Office", 34, ("Software",), bids=(2, 2), single=0.05),
    Department("Green Spaces", 44, ("Gardening", "Engineering"), pay_days=(49, 76)),
    Department("Fire and Rescue", 32, ("Vehicles and parts", "Facilities"), terms=60, pay_days=(38, 55)),
    Department(
        "Museums and Theater", 44, ("Facilities", "Consulting"), below=12, above=12, start_after=(0, 0), retroactive=0
    ),
]
TRADES = {
    "Road works": (380_000, ("Straßenbau", "Asphalt", "Tiefbau", "Fräsdienst", "Markierung", "Wegebau")),
    "Electrical works": (190_000, ("Elektro", "Lichttechnik", "Leuchten", "Kabelbau", "Mastbau", "Netztechnik")),
    "Building works": (420_000, ("Hochbau", "Dachbau", "Fensterbau", "Malerbetrieb", "Gerüstbau", "Innenausbau")),
    "Engineering": (140_000, ("Ingenieure", "Vermessung", "Planung", "Gutachten", "Statik", "Geotechnik")),
    "Vehicles and parts": (170_000, ("Nutzfahrzeuge", "Reifen", "Hydraulik", "Werkstatt", "Autoteile", "Aufbauten")),
    "Consulting": (90_000, ("Beratung", "Partner", "Revision", "Akademie", "Agentur", "Institut", "Kanzlei")),
    "Software": (130_000, ("Software", "Systemhaus", "Daten", "Netze", "Digital", "Rechenzentrum")),
    "Gardening": (110_000, ("Gartenbau", "Baumpflege", "Landschaft", "Grünpflege", "Spielplatzbau", "Baumschule")),
    "Facilities": (
        90_000,
        (
            "Reinigung GmbH & Co. KG",
            "Aufzüge",
            "Schutzdienst",
            "=Hollmersund Heizung",
            "=Hollmersund Hausmeister",
            "Küchen",
        ),
    ),
}
METHODS = {
    "open": ("Open procedure", "Public tender"),
    "selective": ("Restricted procedure",),
    "limited": ("Negotiated, three offers",),
    "direct": ("Direct award",),
}
CONTRACTORS = (
    # name, pothole requests a month, share on time, share that recurs
    ("Arendtholm Wegebau", 280, 0.80, 0.16),
    ("Brackwede-Nord Asphalt", 260, 0.79, 0.21),
    ("Cordesfeld Tiefbau", 270, 0.81, 0.16),
    ("Dornkaat Straßendienst", 230, 0.78, 0.17),
    ("Ellerbrook Belag", 220, 0.77, 0.16),
    ("Finkenwarf Bau", 200, 0.80, 0.17),
)
DISTRICTS = (("Altstadt", 0.5, 0.0), ("Hafen", 0.3, -0.15), ("Neuland", 0.18, 0.0), ("Inseln", 0.0, 0.0))

LOCAL = Notation(
    date="%d.%m.%Y",
    decimal=",",
    yes_no=("yes", "no"),
    negative="-{}".format,
    money=lambda x: f"{x:,.2f} €".replace(",", "~").replace(".", ",").replace("~", "."),
)


def build(folder, kinds, questions, columns):
    """Write the city's files; ``columns`` has the headings of each table, as engagement.yaml maps them."""
    place = Place(
        4713,
        D(2019, 10, 1),
        AS_OF,
        "OM",
        "Ostermoor",
        DEPARTMENTS,
        TRADES,
        quotes=40_000,
        small=8_000,
        methods=METHODS,
        payments_from=D(2021, 10, 1),
    )
    rng = place.rng
    contractors = [place.vendor(name) for name, *_ in CONTRACTORS]
    tables = place.register()
    _road_contracts(place, tables, contractors)
    _planted_contracts(place, tables)
    tables = place.settle(tables)
    _spellings(place, tables)
    _other_payments(place, tables)

    vendors = [c | {"contract_id": f"OM-2021-R{k + 1}"} for k, c in enumerate(contractors)]
    tables |= {"vendors": place.vendors, "observations": _observations(rng, vendors), "cases": _cases(rng, vendors)}
    totals = {
        "contracts": ("award_amount", "original_amount", "current_amount", "paid_to_date"),
        "payments": ("payment_amount",),
    }
    for table in columns:
        title = ("Stadt Ostermoor (erfunden)", "Auszug vom 30.09.2024", "") if table == "contracts" else ()
        write_csv(
            folder / "raw" / f"{table}.csv",
            tables[table],
            headings(columns[table]),
            LOCAL,
            kinds[table],
            title=title,
            total=totals.get(table),
            delimiter=";",
            encoding="cp1252",
            end="\r\n",
        )
    _people(folder, rng, questions)


def _road_contracts(place, tables, contractors):
    department = Department("Roads and Bridges", 0, ("Resurfacing and potholes",))
    place.by_category["Resurfacing and potholes"] = contractors
    ends = (D(2025, 1, 31), D(2026, 9, 30), D(2026, 6, 30), D(2025, 9, 30), D(2025, 9, 30), D(2026, 6, 30))
    for k, contractor in enumerate(contractors):
        amount = round(CONTRACTORS[k][1] * 36 * 210.0, -3)
        contract = place.contract(
            tables,
            department,
            "Resurfacing and potholes",
            amount,
            "open",
            D(2021, 3, 8),
            3,
            winner=contractor,
            contract_id=f"OM-2021-R{k + 1}",
            title=f"Resurfacing and potholes, lot {k + 1}",
            award_date=D(2021, 6, 14),
            signed_date=D(2021, 8, 23),
            start_date=D(2021, 10, 1),
            base_end_date=D(2024, 9, 30),
            original_end_date=D(2024, 9, 30),
            end_date=D(2024, 9, 30),
            option_end_date=ends[k],
            option_notice_date=D(2024, 6, 30),
            contract_type="unit price",
            payment_basis="output",
            service_group="Resurfacing and potholes",
        )
        tables["solicitations"][-1] |= {"award_date": D(2021, 6, 14), "signed_date": D(2021, 8, 23)}
        if contract["contract_id"] == LASTING:
            place.change(
                tables,
                contract,
                D(2023, 3, 13),
                "scope",
                None,
                "From 1 April 2023: saw-cut repairs, and 3% of the fee held back until no repair recurs",
            )
        if contract["contract_id"] == BACK_TO_MEAN:
            place.change(
                tables, contract, D(2023, 3, 20), "scope", None, "From 1 April 2023: second crew after four poor months"
            )
        place.change(
            tables, contract, D(2024, 6, 17), "option exercised", round(amount / 3, 2), "Option as priced", ends[k]
        )
        place.pay(tables, contract, department)
        place.pay_monthly(tables, contract, department)


def _planted_contracts(place, tables):
    office = next(d for d in DEPARTMENTS if d.name == "Digital Office")
    plans = (
        ("OM-2022-D1", 180_000.0, 1.22, None),
        ("OM-2022-D2", 190_000.0, 1.0, None),
        ("OM-2022-D3", 170_000.0, 0.6, ("option exercised", 170_000.0, "Option as priced")),
        ("OM-2022-D4", 200_000.0, 0.6, ("amount", 110_000.0, "Higher quantities")),
    )
    place.alike(
        tables,
        office,
        "Software",
        plans,
        posted=D(2021, 11, 8),
        bids=2,
        change_day=D(2023, 9, 11),
        titles=("Permits portal",) * 4,
        award_date=D(2022, 1, 24),
        signed_date=D(2022, 2, 14),
        start_date=D(2022, 3, 1),
        base_end_date=D(2024, 2, 29),
        option_end_date=D(2025, 2, 28),
        option_notice_date=D(2023, 12, 1),
    )


def _spellings(place, tables):
    first = place.by_category["Facilities"][0]
    name = first["vendor_name"].upper().replace(" GMBH & CO. KG", " GMBH U. CO KG")
    place.second_spelling(tables, first, name, D(2022, 7, 1), ("vendor_address", "phone"))


def _other_payments(place, tables):
    payees = (
        ("Stadtwerke Ostermoor", "OMV9001", 50_000, 80_000, False),
        ("Umlage Landkreis", "OMV9002", 9e5, 1.1e6, True),
        ("Parkhaus am Markt", "OMV9003", 960.0, 960.0, False),
        ("Parkhaus am Markt", "OMV9003", 960.0, 960.0, False),
    )
    periods = months(D(2021, 10, 1), 36)
    place.monthly(tables, DEPARTMENTS[4], periods, payees, number="OM7", paid_after=12, words="Monatlich")
    place.credits(tables, every=190, share=0.04, after=2, words="Gutschrift")


SEASON = (1.1, 1.3, 1.5, 1.3, 1.0, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.9)  # requests, January to December


def _observations(rng, vendors):
    rows = []
    periods = months(D(2021, 10, 1), 36)
    for vendor, (_, requests, on_time, recurs) in zip(vendors, CONTRACTORS, strict=True):
        contract = vendor["contract_id"]
        for period in periods:
            start = period[0]
            if contract == BACKLOG and start >= D(2024, 8, 1):
                continue
            n = int(rng.poisson(requests * SEASON[start.month - 1]))
            share = on_time - 0.13 * (contract == BACK_TO_MEAN and D(2022, 12, 1) <= start <= D(2023, 3, 1))
            again = 0.09 if contract == LASTING and start >= D(2023, 4, 1) else recurs
            pothole = proportion(rng, "ST-03", vendor, period, share, n, target=80.0)
            in_time = pothole["numerator"]
            if contract == WRONG_UNIT and start == D(2023, 6, 1):
                pothole["value"] = round(in_time / n, 3)  # a share among percentages
            shown = in_time - int(rng.integers(0, 2))
            lots, lanes = int(rng.integers(18, 30)), round(float(rng.uniform(4, 7)), 1)
            complaints = int(rng.poisson(2.2 * lanes))
            patched = round(n * 3.1 * float(rng.uniform(0.92, 1.08)))
            if contract == SOON_ENOUGH and start == D(2024, 3, 1):
                patched = round(patched * 2.1)  # a hard winter: a real outlier
            planned = int(rng.integers(16, 22))
            used = planned * (1.08 + rng.normal(0, 0.05))
            rows += [
                pothole,
                observation(
                    "ST-04",
                    vendor,
                    period,
                    value=round(3.4 - 2 * (share - 0.78) + rng.normal(0, 0.25), 2),
                    denominator=n,
                    target=3.0,
                ),
                proportion(rng, "ST-05", vendor, period, again, max(30, round(n * 0.9)), target=15.0),
                proportion(rng, "ST-06", vendor, period, 0.86, lots, target=90.0),
                observation(
                    "ST-07",
                    vendor,
                    period,
                    value=round(used / planned, 3),
                    numerator=round(used, 1),
                    denominator=planned,
                ),
                observation(
                    "ST-09", vendor, period, value=round(complaints / lanes, 2), numerator=complaints, denominator=lanes
                ),
                observation("OM-01", vendor, period, value=patched, numerator=patched),
                observation("OM-02", vendor, period, value=round(100 * shown / n, 1), numerator=shown, denominator=n),
                proportion(rng, "OM-04", vendor, period, 0.84, 40, target=95.0),
            ]
            if start >= D(2024, 5, 1):
                rows.append(proportion(rng, "OM-03", vendor, period, 0.7, n))
        rows += by_group(
            rng,
            "ST-03",
            vendor,
            last_quarters(periods),
            DISTRICTS,
            "District",
            on_time,
            requests * 3,
            (0, 1, 3) if contract in (LATE, LASTING) else (),
        )
        for year in range(3):  # resurfacing is paid and accepted once a season
            lanes = round(float(rng.uniform(38, 46)), 1)
            cost = round(lanes * 92_000 * (1.0, 1.07, 1.12)[year] * float(rng.uniform(0.97, 1.03)), 2)
            period = (periods[12 * year][0], periods[12 * year + 11][1])
            rows.append(
                observation("ST-08", vendor, period, value=round(cost / lanes, 2), numerator=cost, denominator=lanes)
            )
    return rows


def _cases(rng, vendors):
    rows = []
    for k in range(1300):
        vendor = vendors[int(rng.integers(6))]
        referred = D(2022, 10, 1) + int(rng.integers(0, 728)) * DAY
        enrolled = referred + int(rng.integers(0, 2)) * DAY
        served = enrolled + int(rng.integers(0, 2)) * DAY
        stuck = 0.40 if vendor["contract_id"] == BACKLOG else 0.11
        draw = rng.random()
        days = int(rng.integers(0, 3)) if rng.random() < 0.82 else int(rng.integers(3, 15))
        outcome = None if draw < stuck else served + days * DAY
        enrolled, served, outcome = (d if d and d <= AS_OF else None for d in (enrolled, served, outcome))
        rows.append(
            {
                "case_id": f"P{k + 1:05d}",
                **{c: vendor[c] for c in ("contract_id", "vendor_id", "vendor_name")},
                "case_kind": ("Pothole", "Pothole, main road")[int(rng.random() < 0.4)],
                "referred_date": referred,
                "enrolled_date": enrolled,
                "served_date": served,
                "outcome_date": outcome,
                "target_date": referred + 3 * DAY,
                "closed_date": outcome,
                "place": DISTRICTS[int(rng.choice(3, p=[0.5, 0.3, 0.2]))][0],
            }
        )
    return sorted(rows, key=lambda row: row["referred_date"])


RESPONDENTS = (
    ("Vergabe 1", "procurement"),
    ("Vergabe 2", "procurement"),
    ("Vergabe 3", "procurement"),
    ("Amt 1", "department"),
    ("Amt 2", "department"),
    ("Amt 3", "department"),
    ("Kasse 1", "finance"),
    ("Kasse 2", "finance"),
    ("Recht", "legal"),
    ("Leitung 1", "leadership"),
    ("Firma 1", "vendor"),
    ("Firma 2", "vendor"),
)


def _people(folder, rng, questions):
    usual = {"1": 2, "2": 1, "3": 1, "4": 1, "5": 2, "6": 1, "7": 0, "8": 2, "9": 1}
    levels = (
        agreed("Q13", 3, department=1)
        | agreed("Q37", 1, legal=3)
        | agreed("Q31", 2, department=1)
        | agreed("Q01", 3)
        | agreed("Q35", 3)
    )
    rounds = (("1", "2024-09-10", RESPONDENTS, usual, levels),)
    questionnaire(folder / "answers.csv", rng, questions, rounds, evidence_gaps=("Q01",))
    metrics = ("ST-03", "ST-04", "ST-05", "ST-06", "ST-09", "OM-01", "OM-02", "OM-03", "OM-04")
    low = {("OM-01", "no perverse incentive"): 0, ("OM-01", "relevant"): 1}
    rated(folder / "metric_ratings.csv", rng, LATE, metrics, low, author="Advisor E", day="2024-09-17")
