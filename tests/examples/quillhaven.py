"""Quillhaven, an invented city that pays twelve providers to house people and to keep the staff who do it.

Its files are an Excel workbook with titles, totals and footnotes, and CSV exports of a web portal: ISO time stamps,
`USD 653,690.00`, trailing minus signs.
"""

import datetime as dt

import numpy as np
import xlsxwriter
from exports import Notation, headings, write_csv, write_sheet
from people import agreed, questionnaire, rated
from world import DAY, Department, Place, by_group, last_quarters, months, observation, proportion

D = dt.date
AS_OF = D(2024, 12, 31)
LATE, SOON_ENOUGH = "Q-2021-H01", "Q-2021-H02"
ALWAYS_FULL, NEARLY_FULL = "Q-2021-H07", "Q-2021-H08"
LASTING, BACK_TO_MEAN, FADING, DROP_OUT = "Q-2021-H03", "Q-2021-H06", "Q-2021-H09", "Q-2021-H04"

DEPARTMENTS = [
    Department("Housing and Human Services", 48, ("Social services", "Professional services")),
    Department("Facilities Management", 44, ("Facilities", "Construction"), amended=0.95, growth=0.5),
    Department("Transit", 38, ("Vehicles and parts", "Utility works"), amended=0.75, growth=0.01),
    Department("Public Health", 44, ("Health services", "Professional services"), single=0.55),
    Department("Police", 36, ("Vehicles and parts", "Software"), retroactive=0.65),
    Department("Parks", 44, ("Grounds maintenance", "Construction"), below=11, above=12),
    Department("Technology", 50, ("Software", "Professional services"), below=25, above=3),
    Department("City Clerk", 20, ("Professional services", "Software"), bids=(2, 2), single=0.05),
    Department("Environmental Services", 34, ("Utility works", "Facilities"), pay_days=(50, 78)),
    Department(
        "Airport", 30, ("Facilities", "Construction"), terms=60, pay_days=(38, 55), start_after=(0, 0), retroactive=0
    ),
]
TRADES = {
    "Construction": (
        420_000,
        ("Builders", "Construction Inc.", "Contracting LLC", "Build Partners", "Structures", "Works"),
    ),
    "Grounds maintenance": (120_000, ("Grounds", "Gardens LLC", "Mowing Co", "Turf Care", "Green Services", "Arbor")),
    "Software": (
        150_000,
        ("Software Inc.", "Systems", "Data LLC", "Digital", "Networks", "Computing Co", "Cloud Ltd."),
    ),
    "Professional services": (
        150_000,
        ("Advisors LLP", "Consulting", "Partners", "Research", "Associates", "Analytics", "Law Group PC", "Audit LLP"),
    ),
    "Social services": (
        280_000,
        ("Family Center", "Community House", "Youth Works", "Care Network", "Kitchen", "Alliance"),
    ),
    "Health services": (
        260_000,
        ("Clinics", "Laboratories Inc.", "Health Partners", "Dental Care", "Nursing LLC", "Counseling"),
    ),
    "Vehicles and parts": (170_000, ("Motors", "Fleet Parts", "Trucks Inc.", "Tire Co", "Auto Supply", "Equipment")),
    "Utility works": (
        300_000,
        ("Pipe Co", "Water Works LLC", "Pumps Inc.", "Meter Services", "Drainage", "Hydraulics"),
    ),
    "Facilities": (
        140_000,
        ("Catering Co.", "HVAC LLC", "=Palehorn Pest Control", "=Palehorn Property Care", "Security", "Roofing Co"),
    ),
}
METHODS = {
    "open": ("RFP", "IFB"),
    "selective": ("RFQ short list",),
    "limited": ("Informal quotes",),
    "direct": ("Single source", "Emergency"),
}
PROVIDERS = (
    # name, exits a month, clients staying 14 days a month
    ("Alderway House", 95, 150),
    ("Birchfold Shelter", 80, 120),
    ("Copperleaf Housing", 85, 140),
    ("Drover Street Center", 70, 110),
    ("Eastmoor Family Inn", 60, 90),
    ("Fenwalk Commons", 75, 130),
    ("Gatepost Lodging", 65, 100),
    ("Hollin Row", 55, 95),
    ("Ironbell Shelter", 90, 140),
    ("Juniper Steps", 50, 80),
    ("Kettlewood Homes", 50, 105),
    ("Lamplight Respite", 9, 26),
)
GROUPS = (("Adults alone", 0.6, 0.0), ("Families", 0.3, 0.12), ("Veterans", 0.09, 0.0), ("Youth 16-17", 0.0, 0.0))

PORTAL = Notation(
    date="%Y-%m-%dT00:00:00Z", money="USD {:,.2f}".format, negative="{}-".format, yes_no=("true", "false")
)


def build(folder, kinds, questions, columns):
    """Write the city's files; ``columns`` has the headings of each table, as engagement.yaml maps them."""
    place = Place(
        1702,
        D(2019, 1, 1),
        AS_OF,
        "Q",
        "Quillhaven",
        DEPARTMENTS,
        TRADES,
        quotes=100_000,
        small=15_000,
        methods=METHODS,
        payments_from=D(2022, 1, 1),
        link=0.7,
    )
    rng = place.rng
    providers = [place.vendor(name, vendor_certification="none") for name, *_ in PROVIDERS]
    tables = place.register()
    _provider_contracts(place, tables, providers)
    _planted_contracts(place, tables)
    tables = place.settle(tables)
    _spellings(place, tables)
    _other_payments(place, tables)

    raw = folder / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(raw / "Quillhaven contracts 2024.xlsx") as book:
        book.set_properties({"created": dt.datetime(2025, 1, 6), "title": "Quillhaven contracts (invented)"})
        formats = {
            "title": book.add_format({"bold": True}),
            "head": book.add_format({"bold": True, "bottom": 1}),
            "date": book.add_format({"num_format": "d-mmm-yyyy"}),
            "money": book.add_format({"num_format": "#,##0.00"}),
        }
        write_sheet(
            book,
            "Contracts",
            tables["contracts"],
            headings(columns["contracts"]),
            kinds["contracts"],
            formats,
            title=("City of Quillhaven: contract list", "As of 31 December 2024. This city is invented."),
            total=("award_amount", "original_amount", "current_amount", "paid_to_date"),
            note="* Current value includes amendments and exercised options.",
        )
        for table in ("solicitations", "amendments", "milestones", "vendors"):
            rows = place.vendors if table == "vendors" else tables[table]
            write_sheet(book, table.capitalize(), rows, headings(columns[table]), kinds[table], formats)
    write_csv(raw / "portal_bids.csv", tables["bids"], headings(columns["bids"]), PORTAL, kinds["bids"])
    for year in (2022, 2023, 2024):
        rows = [row for row in tables["payments"] if row["payment_date"].year == year]
        write_csv(raw / f"warrants_{year}.csv", rows, headings(columns["payments"]), PORTAL, kinds["payments"])

    vendors = [p | {"contract_id": f"Q-2021-H{k + 1:02d}"} for k, p in enumerate(providers)]
    rows = _observations(rng, vendors)
    with xlsxwriter.Workbook(raw / "Provider results.xlsx") as book:
        book.set_properties({"created": dt.datetime(2025, 1, 6), "title": "Provider results (invented)"})
        formats = {
            "title": book.add_format({"bold": True}),
            "head": book.add_format({"bold": True}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "money": None,
        }
        write_sheet(
            book,
            "Results",
            rows,
            headings(columns["observations"]),
            kinds["observations"],
            formats,
            title=("Monthly provider results",),
        )
    write_csv(raw / "pathway_cases.csv", _cases(rng, vendors), headings(columns["cases"]), PORTAL, kinds["cases"])
    _people(folder, rng, questions)


def _provider_contracts(place, tables, providers):
    department = Department("Housing and Human Services", 0, ("Homeless response",))
    place.by_category["Homeless response"] = providers
    ends = [D(2025, 6, 30), D(2026, 12, 31)] + [D(2025, 12, 31), D(2026, 6, 30)] * 5
    for k, provider in enumerate(providers):
        amount = round(PROVIDERS[k][2] * 3 * 9_000.0, -3)
        contract = place.contract(
            tables,
            department,
            "Homeless response",
            amount,
            "open",
            D(2021, 1, 11),
            5,
            winner=provider,
            contract_id=f"Q-2021-H{k + 1:02d}",
            title="Shelter, housing plan and staff retention",
            award_date=D(2021, 4, 19),
            signed_date=D(2021, 6, 7),
            start_date=D(2021, 7, 1),
            base_end_date=D(2024, 6, 30),
            original_end_date=D(2024, 6, 30),
            end_date=D(2024, 6, 30),
            option_end_date=ends[k],
            option_notice_date=D(2024, 3, 31),
            contract_type="cost reimbursement",
            payment_basis="input",
            service_group="Homeless response",
        )
        tables["solicitations"][-1] |= {"award_date": D(2021, 4, 19), "signed_date": D(2021, 6, 7)}
        if contract["contract_id"] in (LASTING, FADING):
            place.change(
                tables,
                contract,
                D(2023, 3, 20),
                "scope",
                None,
                "From 1 April 2023: retention pay for case managers, housing plan within 14 days",
            )
        if contract["contract_id"] == BACK_TO_MEAN:
            place.change(
                tables,
                contract,
                D(2023, 3, 27),
                "scope",
                None,
                "From 1 April 2023: improvement plan after four poor months",
            )
        place.change(
            tables, contract, D(2024, 3, 18), "option exercised", round(amount / 3, 2), "Option year as priced", ends[k]
        )
        place.pay(tables, contract, department)
        place.pay_monthly(tables, contract, department)


def _planted_contracts(place, tables):
    clerk = next(d for d in DEPARTMENTS if d.name == "City Clerk")
    plans = (
        ("Q-2022-C01", 350_000.0, 1.19, None),
        ("Q-2022-C02", 300_000.0, 1.0, None),
        ("Q-2022-C03", 280_000.0, 0.6, ("option exercised", 280_000.0, "Option year as priced")),
        ("Q-2022-C04", 320_000.0, 0.6, ("scope", 160_000.0, "Added work")),
    )
    place.alike(
        tables,
        clerk,
        "Professional services",
        plans,
        posted=D(2022, 2, 7),
        bids=4,
        change_day=D(2023, 10, 9),
        titles=("Records digitization",) * 4,
        award_date=D(2022, 4, 20),
        signed_date=D(2022, 5, 16),
        start_date=D(2022, 6, 1),
        base_end_date=D(2024, 5, 31),
        option_end_date=D(2025, 5, 31),
        option_notice_date=D(2024, 3, 1),
    )


def _spellings(place, tables):
    first = place.by_category["Facilities"][0]
    name = first["vendor_name"].upper().replace("CO.", "COMPANY")
    place.second_spelling(tables, first, name, D(2022, 7, 1), ("vendor_address", "tax_id", "phone"))


def _other_payments(place, tables):
    payees = (
        ("Quillhaven Power and Light", "QV9001", 80_000, 120_000, False),
        ("Pension Trust Transfer", "QV9002", 1.2e6, 1.4e6, True),
        ("Dockside Rents", "QV9003", 2_400.0, 2_400.0, False),
        ("Dockside Rents", "QV9003", 2_400.0, 2_400.0, False),
    )
    periods = months(D(2022, 1, 1), 36)
    place.monthly(tables, DEPARTMENTS[0], periods, payees, number="Q7", paid_after=12, words="Monthly")
    place.credits(tables, every=173, share=0.06, after=2, words="Credit")


def _assessed(contract, start):
    """Share of clients assessed within 14 days, as it truly is in that month."""
    since = (start.year - 2023) * 12 + start.month - 4
    if contract == LASTING and since >= 0:
        return 0.80
    if contract == FADING and since >= 0:
        return 0.62 + max(0.0, 0.20 - 0.022 * max(0, since - 2))
    if contract == BACK_TO_MEAN and -4 <= since < 0:
        return 0.50
    return 0.62


def _occupied(chance, contract):
    """Share of the beds that are occupied: at most all of them."""
    usual, spread = {ALWAYS_FULL: (0.985, 0.004), NEARLY_FULL: (0.93, 0.003)}.get(contract, (0.90, 0.012))
    return min(1.0, usual + chance.normal(0, spread))


def _observations(rng, vendors):
    rows = []
    chance = np.random.default_rng(1703)  # of its own: what came before stays as it is
    periods = months(D(2021, 7, 1), 42)
    for vendor, (_, exits, stays) in zip(vendors, PROVIDERS, strict=True):
        contract = vendor["contract_id"]
        staff = max(6, stays // 8)
        for period in periods:
            start = period[0]
            if contract == "Q-2021-H10" and start >= D(2024, 11, 1):
                continue
            share = 0.17 if contract == "Q-2021-H11" else 0.30
            leavers, stayers = max(4, int(rng.poisson(exits))), max(10, int(rng.poisson(stays)))
            days = 11 + rng.normal(0, 0.9)
            if contract == "Q-2021-H05" and start == D(2023, 9, 1):
                days *= 24  # sent in hours
            if contract == "Q-2021-H08" and start == D(2024, 1, 1):
                days = 21.5  # intake closed for a quarantine: a real outlier
            posts = 10 * staff
            vacant = int(posts * min(0.3, max(0.02, 0.14 + rng.normal(0, 0.012))))
            shifts = 90 + 3 * staff
            nights = round(stayers * float(rng.uniform(18, 26)))
            incidents = int(rng.poisson(0.006 * nights))
            rows += [
                proportion(rng, "HS-01", vendor, period, share, leavers, target=32.0, received=25),
                proportion(rng, "HS-10", vendor, period, _assessed(contract, start), stayers, target=70.0),
                observation("HS-09", vendor, period, value=round(days, 1), denominator=stayers, target=12.0),
                observation(
                    "HW-02",
                    vendor,
                    period,
                    value=round(100 * vacant / posts, 1),
                    numerator=vacant / 10,
                    denominator=float(staff),
                    target=12.0,
                ),
                observation("QH-02", vendor, period, value=round(100 * (vacant + int(rng.integers(-1, 2))) / posts, 1)),
                observation(
                    "HW-05",
                    vendor,
                    period,
                    value=round(stayers / (staff * (1 - vacant / posts)), 1),
                    numerator=stayers,
                    denominator=round(staff * (1 - vacant / posts), 1),
                ),
                proportion(rng, "HW-09", vendor, period, 0.06, shifts),
                observation(
                    "ES-07",
                    vendor,
                    period,
                    value=round(1000 * incidents / nights, 2),
                    numerator=incidents,
                    denominator=nights / 1000,
                ),
                observation("QH-01", vendor, period, value=nights, numerator=nights),
                observation(
                    "ES-01",
                    vendor,
                    period,
                    numerator=nights,
                    denominator=round(nights / _occupied(chance, contract)),
                    target_low=85.0,
                    target_high=95.0,
                ),
                proportion(rng, "QH-05", vendor, period, 0.82, stayers // 2, target=90.0),
            ]
            if start >= D(2024, 8, 1):
                rows.append(proportion(rng, "QH-03", vendor, period, 0.4, stayers))
            if start >= D(2023, 10, 1):
                rows.append(proportion(rng, "QH-04", vendor, period, 0.5, stayers))
        rows += by_group(
            rng,
            "HS-01",
            vendor,
            last_quarters(periods),
            GROUPS,
            "Population",
            0.17 if contract == "Q-2021-H11" else 0.30,
            exits * 3,
            (0, 2, 3) if contract in (LATE, SOON_ENOUGH) else (),
        )
    return rows


def _cases(rng, vendors):
    rows = []
    for k in range(1300):
        vendor = vendors[int(rng.integers(11))]
        referred = D(2023, 1, 1) + int(rng.integers(0, 700)) * DAY
        takes = 0.45 if vendor["contract_id"] == DROP_OUT else 0.78
        enrolled = referred + int(rng.integers(4, 18)) * DAY if rng.random() < takes else None
        served = enrolled + int(rng.integers(2, 20)) * DAY if enrolled and rng.random() < 0.8 else None
        outcome = served + int(rng.integers(30, 120)) * DAY if served and rng.random() < 0.42 else None
        enrolled, served, outcome = (d if d and d <= AS_OF else None for d in (enrolled, served, outcome))
        rows.append(
            {
                "case_id": f"H{k + 1:05d}",
                **{c: vendor[c] for c in ("contract_id", "vendor_id", "vendor_name")},
                "case_kind": ("Single", "Family")[int(rng.random() < 0.3)],
                "referred_date": referred,
                "enrolled_date": enrolled,
                "served_date": served,
                "outcome_date": outcome,
                "closed_date": outcome,
                "group": GROUPS[int(rng.choice(3, p=[0.62, 0.3, 0.08]))][0],
                "place": ("North", "South", "Docks")[int(rng.integers(3))],
            }
        )
    return sorted(rows, key=lambda row: row["referred_date"])


RESPONDENTS = (
    ("Buyer 1", "procurement"),
    ("Buyer 2", "procurement"),
    ("Program 1", "department"),
    ("Program 2", "department"),
    ("Program 3", "department"),
    ("Accounts 1", "finance"),
    ("Accounts 2", "finance"),
    ("Counsel", "legal"),
    ("Deputy manager", "leadership"),
    ("Provider 1", "vendor"),
    ("Provider 2", "vendor"),
    ("Provider 3", "vendor"),
    ("Provider 4", "vendor"),
)


def _people(folder, rng, questions):
    usual = {"1": 1, "2": 2, "3": 2, "4": 1, "5": 2, "6": 2, "7": 1, "8": 2, "9": 2}
    levels = (
        agreed("Q16", 3, vendor=1)
        | agreed("Q26", 3, vendor=1)
        | agreed("Q21", 2, vendor=1)
        | agreed("Q03", 3)
        | agreed("Q06", 3)
    )
    rounds = (("1", "2024-11-12", RESPONDENTS, usual, levels),)
    questionnaire(folder / "answers.csv", rng, questions, rounds, evidence_gaps=("Q03",))
    metrics = ("HS-01", "HS-09", "HS-10", "HW-02", "HW-09", "ES-07", "QH-01", "QH-02", "QH-03", "QH-04", "QH-05")
    low = {("QH-01", "no perverse incentive"): 0, ("QH-01", "relevant"): 1}
    rated(folder / "metric_ratings.csv", rng, LATE, metrics, low, author="Advisor C", day="2024-12-05")
