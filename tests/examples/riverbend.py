"""Riverbend, an invented city that sends crisis teams instead of police to some emergency calls.

Its files are US exports: `$1,234.50`, `(1,234.50)`, 03/31/2024, a title line above the header, payments whose headings
drift from year to year, and a register sent quarter by quarter.
"""

import datetime as dt

import numpy as np
from exports import Notation, headings, write_csv
from people import agreed, questionnaire, rated
from world import DAY, Department, Place, by_group, last_quarters, months, observation, proportion

D = dt.date
AS_OF = D(2024, 6, 30)
LATE, LASTING, BACK_TO_MEAN, DROP_OUT = "RB-2020-9001", "RB-2020-9002", "RB-2020-9004", "RB-2020-9005"

DEPARTMENTS = [
    Department("Public Works", 48, ("Street maintenance", "Construction"), single=0.6, favourite=True),
    Department("Parks and Recreation", 48, ("Grounds maintenance", "Construction"), single=0.05, below=12, above=11),
    Department("Information Technology", 52, ("Software", "Professional services"), below=26, above=4),
    Department("Human Services", 42, ("Social services", "Professional services"), retroactive=0.7, pay_days=(48, 80)),
    Department("Fleet", 32, ("Vehicles and parts",), start_after=(0, 0), retroactive=0),
    Department("Water Utility", 36, ("Utility works", "Construction"), terms=60, pay_days=(38, 55)),
    Department("Library", 24, ("Facilities", "Software"), bids=(2, 2), single=0.05),
    Department("Community Safety", 24, ("Professional services", "Facilities")),
    Department("Finance", 26, ("Professional services", "Software")),
]
TRADES = {
    "Street maintenance": (
        240_000,
        ("Paving, Inc.", "Asphalt LLC", "Roads Co", "Paving Group", "Street Works", "Sealing"),
    ),
    "Construction": (
        420_000,
        ("Builders", "Construction Inc.", "Contracting LLC", "Build Partners", "Structures", "Works"),
    ),
    "Grounds maintenance": (110_000, ("Grounds", "Gardens LLC", "Mowing Co", "Turf Care", "Green Services", "Arbor")),
    "Software": (
        120_000,
        ("Software Inc.", "Systems", "Data LLC", "Digital", "Networks", "Computing Co", "Cloud Ltd."),
    ),
    "Professional services": (
        130_000,
        ("Advisors LLP", "Consulting", "Partners", "Research", "Associates", "Analytics", "Law Group PC", "Audit LLP"),
    ),
    "Social services": (
        260_000,
        ("Family Center", "Community House", "Youth Works", "Care Network", "Shelter", "Alliance"),
    ),
    "Vehicles and parts": (150_000, ("Motors", "Fleet Parts", "Trucks Inc.", "Tire Co", "Auto Supply", "Equipment")),
    "Utility works": (
        300_000,
        ("Pipe Co", "Water Works LLC", "Pumps Inc.", "Meter Services", "Drainage", "Hydraulics"),
    ),
    "Facilities": (
        90_000,
        ("Cleaning", "HVAC LLC", "=Ambergard Elevator Service", "=Ambergard Electric", "Security", "Roofing Co"),
    ),
}
METHODS = {
    "open": ("Request for Proposals", "Invitation to Bid"),
    "selective": ("RFP, pre-qualified list",),
    "limited": ("Three written quotes",),
    "direct": ("Sole source", "Emergency purchase"),
}
TEAMS = (
    # vendor, calls a month, eligible calls reached, minutes, resolved, connected to care
    ("Lowland Crisis Response", 300, 0.62, 14.4, 0.70, 0.60),
    ("Thistledown Mobile Care", 260, 0.54, 15.6, 0.69, 0.58),
    ("Grayfield Street Medics", 220, 0.61, 14.9, 0.71, 0.59),
    ("Saltway Outreach", 240, 0.60, 15.2, 0.70, 0.60),
    ("Ninebark Community Health", 200, 0.63, 15.0, 0.70, 0.57),
    ("Fallow Lane Peer Support", 90, 0.60, 16.1, 0.68, 0.59),
)
LANGUAGES = (("English", 1.0, 0.0), ("Spanish", 0.45, -0.16), ("Vietnamese", 0.12, 0.0), ("Tongan", 0.0, 0.0))

USUAL = Notation(negative="({})".format)


def build(folder, kinds, questions, columns):
    """Write the city's files; ``columns`` has the headings of each table, as engagement.yaml maps them."""
    place = Place(
        912,
        D(2019, 7, 1),
        AS_OF,
        "RB",
        "Riverbend",
        DEPARTMENTS,
        TRADES,
        quotes=50_000,
        small=10_000,
        methods=METHODS,
        payments_from=D(2021, 7, 1),
    )
    rng = place.rng
    teams = [place.vendor(name) for name, *_ in TEAMS]
    tables = place.register()
    _crisis_contracts(place, tables, teams)
    _planted_contracts(place, tables)
    tables = place.settle(tables)
    _spellings(place, tables)
    _other_payments(place, tables)

    raw = folder / "raw"
    quarter_ends = [
        D(2022, 9, 30),
        D(2022, 12, 31),
        D(2023, 3, 31),
        D(2023, 6, 30),
        D(2023, 9, 30),
        D(2023, 12, 31),
        D(2024, 3, 31),
        AS_OF,
    ]
    for day in quarter_ends:
        # A contract stays in the register for four years after it ends.
        rows = [place.at(c, day) for c in tables["contracts"] if c["signed_date"] <= day <= c["end_date"] + 1500 * DAY]
        write_csv(
            raw / f"contract_register_{day}.csv",
            rows,
            headings(columns["contracts"]),
            USUAL,
            kinds["contracts"],
            title=(f"City of Riverbend - contract register as of {day:%m/%d/%Y} (invented data)",),
            total=("award_amount", "original_amount", "current_amount", "paid_to_date"),
        )
    for table in ("solicitations", "bids", "amendments", "milestones"):
        write_csv(raw / f"{table}.csv", tables[table], headings(columns[table]), USUAL, kinds[table])
    write_csv(raw / "vendors.csv", place.vendors, headings(columns["vendors"]), USUAL, kinds["vendors"])
    for year in (2022, 2023, 2024):
        rows = [row for row in tables["payments"] if D(year - 1, 7, 1) <= row["payment_date"] <= D(year, 6, 30)]
        # The finance system was replaced in the summer of 2023; so were its headings.
        names = headings(columns["payments"], last=year == 2024)
        write_csv(raw / f"payments_FY{year}.csv", rows, names, USUAL, kinds["payments"], total=("payment_amount",))
    (raw / "payments FY2023 (copy).csv").write_bytes((raw / "payments_FY2023.csv").read_bytes())

    vendors = [t | {"contract_id": f"RB-2020-900{k + 1}"} for k, t in enumerate(teams)]
    write_csv(
        raw / "crisis_team_results.csv",
        _observations(rng, vendors),
        headings(columns["observations"]),
        USUAL,
        kinds["observations"],
    )
    write_csv(raw / "crisis_team_cases.csv", _cases(rng, vendors), headings(columns["cases"]), USUAL, kinds["cases"])
    _people(folder, rng, questions)


def _crisis_contracts(place, tables, teams):
    department = Department("Community Safety", 0, ("Crisis response",), pay_days=(10, 26))
    place.by_category["Crisis response"] = teams
    ends = (D(2024, 11, 30), D(2026, 3, 31), D(2025, 12, 31), D(2025, 12, 31), D(2026, 6, 30), D(2025, 12, 31))
    for k, team in enumerate(teams):
        amount = round(TEAMS[k][1] * 12 * 4 * 210.0, -3)
        contract = place.contract(
            tables,
            department,
            "Crisis response",
            amount,
            "open",
            D(2020, 7, 6),
            4,
            winner=team,
            contract_id=f"RB-2020-900{k + 1}",
            title=f"Crisis response team, district {k + 1}",
            award_date=D(2020, 10, 12),
            signed_date=D(2020, 11, 20),
            start_date=D(2021, 1, 1),
            base_end_date=D(2023, 12, 31),
            original_end_date=D(2023, 12, 31),
            end_date=D(2023, 12, 31),
            option_end_date=ends[k],
            option_notice_date=D(2023, 9, 30),
            contract_type="unit price",
            payment_basis="output",
            service_group="Crisis response",
        )
        tables["solicitations"][-1] |= {"award_date": D(2020, 10, 12), "signed_date": D(2020, 11, 20)}
        if team is teams[1]:
            place.change(
                tables,
                contract,
                D(2022, 9, 12),
                "scope",
                None,
                "From 1 October 2022: new dispatch protocol, and a bonus for eligible calls reached",
            )
        if team is teams[3]:
            place.change(
                tables,
                contract,
                D(2022, 12, 19),
                "scope",
                None,
                "From 1 January 2023: weekly reporting after four poor months",
            )
        place.change(
            tables, contract, D(2023, 9, 18), "option exercised", round(amount / 3, 2), "Option year as priced", ends[k]
        )
        place.pay(tables, contract, department)
        place.pay_monthly(tables, contract, department)


def _planted_contracts(place, tables):
    """Contracts about which one thing is known: see TRUTH."""
    finance = next(d for d in DEPARTMENTS if d.name == "Finance")
    plans = (
        # id, amount, paid share, then what happens to it
        ("RB-2022-9011", 240_000.0, 1.28, None),
        ("RB-2022-9012", 260_000.0, 1.0, None),
        ("RB-2022-9013", 310_000.0, 0.7, ("option exercised", 310_000.0, "Option year as priced")),
        ("RB-2022-9014", 300_000.0, 0.7, ("scope", 186_000.0, "Added work")),
    )
    collection, audit = "Temporary staff for revenue collection", "Audit support"
    place.alike(
        tables,
        finance,
        "Professional services",
        plans,
        posted=D(2021, 11, 8),
        bids=4,
        change_day=D(2023, 8, 14),
        titles=(collection, collection, audit, audit),
        award_date=D(2022, 1, 20),
        signed_date=D(2022, 2, 10),
        start_date=D(2022, 3, 1),
        base_end_date=D(2024, 2, 29),
        option_end_date=D(2025, 2, 28),
        option_notice_date=D(2023, 12, 1),
    )


def _spellings(place, tables):
    """One paving firm was entered twice; its later contracts carry the second spelling."""
    first = place.by_category["Street maintenance"][0]
    name = first["vendor_name"].upper().replace(",", "").replace(".", "") + "ORPORATED"
    carried = ("vendor_address", "vendor_place", "vendor_certification", "phone")
    place.second_spelling(tables, first, name, D(2023, 1, 1), carried)


def _other_payments(place, tables):
    """Lines that belong to no contract: utilities, payroll transfers, refunds; and two rents of one day, both real."""
    payees = (
        ("County Power District", "RBV9001", 60_000, 90_000, False),
        ("Riverbend Payroll Clearing", "RBV9002", 2e6, 2.2e6, True),
        ("Old Mill Storage", "RBV9003", 1_850.0, 1_850.0, False),
        ("Old Mill Storage", "RBV9003", 1_850.0, 1_850.0, False),
    )
    periods = months(D(2021, 8, 1), 35)
    place.monthly(tables, DEPARTMENTS[-1], periods, payees, number="RB7", paid_after=14, words="Monthly")
    place.credits(tables, every=211, share=0.05, after=3, words="Credit")


def _observations(rng, vendors):
    rows = []
    periods = months(D(2021, 1, 1), 42)
    for vendor, (_, calls, reach, minutes, resolved, connected) in zip(vendors, TEAMS, strict=True):
        contract = vendor["contract_id"]
        for period in periods:
            start = period[0]
            if contract == "RB-2020-9006" and start >= D(2024, 5, 1):
                continue  # its last two months have not arrived
            share = reach
            if contract == LASTING and start >= D(2022, 10, 1):
                share = 0.70
            if contract == BACK_TO_MEAN and D(2022, 9, 1) <= start <= D(2022, 12, 31):
                share = 0.47
            n = int(rng.poisson(calls))
            eligible = proportion(rng, "A9-02", vendor, period, share, n, target=66.0, received=18)
            reached = eligible["numerator"]
            target_type = int(n / 0.40 * rng.uniform(0.95, 1.05))
            contacts = int(reached * 0.86)
            outcome = proportion(rng, "A9-09", vendor, period, resolved, contacts, target=72.0)
            shown = outcome["numerator"] - (1 if rng.random() < 0.3 else 0)
            median = minutes + rng.normal(0, 0.8)
            if contract == BACK_TO_MEAN and start == D(2023, 2, 1):
                median = 22.6  # an ice storm: a real outlier, in the right unit
            if contract == "RB-2020-9003" and start == D(2023, 5, 1):
                median = 60 * median  # sent in seconds
            rows += [
                eligible,
                observation(
                    "A9-03", vendor, period, value=round(100 * n / target_type, 1), numerator=n, denominator=target_type
                ),
                observation("A9-05", vendor, period, value=round(median, 1), denominator=reached, target=18.0),
                proportion(rng, "A9-08", vendor, period, 0.14, reached),
                outcome,
                proportion(rng, "A9-10", vendor, period, connected, max(20, contacts // 2), target=60.0),
                observation("RB-01", vendor, period, value=reached, numerator=reached),
                observation(
                    "RB-02",
                    vendor,
                    period,
                    value=round(100 * shown / contacts, 1),
                    numerator=shown,
                    denominator=contacts,
                ),
                proportion(rng, "RB-04", vendor, period, 0.88, n, target=90.0),
            ]
            injuries = int(rng.poisson(4.0 * reached / 1000))
            rows.append(
                observation(
                    "A9-12",
                    vendor,
                    period,
                    value=round(1000 * injuries / reached, 2),
                    numerator=injuries,
                    denominator=reached / 1000,
                )
            )
            if start >= D(2024, 3, 1):
                rows.append(proportion(rng, "RB-03", vendor, period, 0.45, contacts))
        rows += by_group(
            rng,
            "A9-10",
            vendor,
            last_quarters(periods),
            LANGUAGES,
            "Language",
            connected,
            calls * 0.42,
            (0, 2) if calls > 210 else (),
        )
    return rows


def _cases(rng, vendors):
    rows = []
    weights = np.array([max(calls, 200) for _, calls, *_ in TEAMS], float)
    for k in range(1500):
        vendor = vendors[int(rng.choice(6, p=weights / weights.sum()))]
        referred = D(2022, 7, 1) + int(rng.integers(0, 724)) * DAY
        enrolled = referred if rng.random() < 0.78 else None
        arrives = 0.50 if vendor["contract_id"] == DROP_OUT else 0.82
        served = enrolled + int(rng.random() < 0.1) * DAY if enrolled and rng.random() < arrives else None
        outcome = served + int(rng.integers(1, 8)) * DAY if served and rng.random() < 0.58 else None
        outcome = outcome if outcome and outcome <= AS_OF else None
        rows.append(
            {
                "case_id": f"K{k + 1:05d}",
                **{c: vendor[c] for c in ("contract_id", "vendor_id", "vendor_name")},
                "case_kind": ("Welfare check", "Mental health crisis", "Intoxication")[int(rng.integers(3))],
                "referred_date": referred,
                "enrolled_date": enrolled,
                "served_date": served,
                "outcome_date": outcome,
                "target_date": referred + 7 * DAY,
                "closed_date": outcome or (referred + 30 * DAY if referred + 30 * DAY <= AS_OF else None),
                "group": LANGUAGES[int(rng.choice(3, p=[0.62, 0.3, 0.08]))][0],
                "place": f"District {int(vendor['contract_id'][-1])}",
            }
        )
    return sorted(rows, key=lambda row: row["referred_date"])


RESPONDENTS = (
    ("P. One", "procurement"),
    ("P. Two", "procurement"),
    ("P. Three", "procurement"),
    ("D. One", "department"),
    ("D. Two", "department"),
    ("D. Three", "department"),
    ("F. One", "finance"),
    ("F. Two", "finance"),
    ("L. One", "leadership"),
    ("L. Two", "leadership"),
    ("G. One", "legal"),
    ("V. One", "vendor"),
    ("V. Two", "vendor"),
    ("V. Three", "vendor"),
    ("V. Four", "vendor"),
)


def _people(folder, rng, questions):
    usual = {"1": 2, "2": 2, "3": 2, "4": 1, "5": 2, "6": 1, "7": 1, "8": 2, "9": 2}
    later = (
        agreed("Q23", 3, procurement=4, vendor=1)
        | agreed("Q27", 3, vendor=1)
        | agreed("Q24", 3, vendor=2)
        | agreed("Q17", 3, vendor=3)
        | agreed("Q06", 3)
    )
    rounds = (
        ("1", "2023-05-16", RESPONDENTS[:12], usual, {}),
        ("2", "2024-05-21", RESPONDENTS, usual | {"6": 3}, later),
    )
    questionnaire(folder / "answers.csv", rng, questions, rounds, evidence_gaps=("Q17",))
    metrics = ("A9-02", "A9-05", "A9-08", "A9-09", "A9-10", "RB-01", "RB-02", "RB-03", "RB-04")
    low = {("RB-01", "no perverse incentive"): 0, ("RB-01", "relevant"): 1, ("RB-03", "reliable"): 1}
    rated(folder / "metric_ratings.csv", rng, LATE, metrics, low, author="Advisor A", day="2024-06-11")
