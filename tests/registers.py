"""Tables as a city might send them: everyday rows, and now and then what nobody expects in a cell."""

import csv
import random
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

from rdclib import saved, schemas, vocabulary

# Tables, with their number of rows where they are as large as most indicators need.
TABLES = {
    "contracts": 150, "contract_vendors": 30, "solicitations": 120, "bids": 300, "amendments": 60, "milestones": 30,
    "payments": 250, "vendors": 30,
}  # fmt: skip
COLUMNS = tuple(
    (table, column)
    for table in TABLES
    for column, declared in schemas.TABLES[table].columns.items()
    if column not in schemas.LINEAGE and not declared.metadata["key"]
)
# Days after the requisition on which things happen, as a rule.
COURSE = {
    "planned_post_date": 25, "posted_date": 30, "bid_received_date": 58, "bid_deadline": 60, "award_date": 90,
    "signed_date": 105, "start_date": 100, "due_date": 200, "date_met": 205, "amendment_date": 250,
    "payment_date": 330, "invoice_date": 300, "option_notice_date": 700, "base_end_date": 800, "original_end_date": 800,
    "new_end_date": 1000, "end_date": 1000, "option_end_date": 1400, "closed_date": 1100, "last_competition_date": -900,
}  # fmt: skip
NASTY_DAYS = ("1900-01-01", "2099-12-31", "9999-12-31", "0001-01-01", "2024-02-29", "2030-05-05", "soon", "=TODAY()")
NASTY_AMOUNTS = ("0", "-1", "-25000", "0.01", "1e3", "900000000000", "12345678901234567890", "(500.00)", "$1,000.50")
NASTY_NUMBERS = ("0", "-3", "1.5", "1000000", "about 4", "nan", "inf")
NASTY_WORDS = (
    "<script>alert(1)</script>", '=HYPERLINK("http://e")', "$x_1$ and \\frac{", "**Parks** | [a](b)", "W" * 400,
    "🚒 Feuerwehr 消防", "\u202eskraP", "Parks & <b>Rec</b>", "a\nb", "-", "'", "N/A; none", "%s {0}", "REDACTED", "-5",
)  # fmt: skip
PLAIN_WORDS = {
    "department": ("Parks", "Police", "Public Works", "Health"),
    "category": ("Paving", "Software", "Shelter"),
    "vendor_class": ("small", "nonprofit"),
    "method_detail": ("Invitation to bid", "Sole source"),
    "vendor_place": ("Testville", "Elsewhere"),
    "vendor_certification": ("MBE", "none"),
    "bidder_certification": ("WBE", "none"),
    "service_group": ("Roads", "Beds"),
    "change_reason": ("Added work", "Delay"),
}


@dataclass(frozen=True)
class Sent:
    """What a city sent, described in few words: the same description gives the same rows.

    Attributes
    ----------
    seed : int
        Decides the cells.
    rows : dict of str to int
        Tables that it sent, with their number of rows.
    absent, strange : frozenset of (table, column)
        Columns that are not there, and those in which now and then a cell holds what nobody expects.
    again : bool
        Whether some rows came twice.
    vendors, span : int
        Vendors there are, and days over which procurements began.
    forms : bool
        Whether people have filled in the forms of the workbook.
    facts : tuple of (str, object)
        Of engagement.yaml.
    """

    seed: int
    rows: dict
    absent: frozenset
    strange: frozenset
    again: bool
    vendors: int
    span: int
    forms: bool
    facts: tuple

    def written(self):
        """Facts, tables as (columns, rows of text), and forms as rows of text."""
        rng, tables = random.Random(self.seed), {}
        for table, n in self.rows.items():
            declared = schemas.TABLES[table].columns
            keys = [name for name, column in declared.items() if column.metadata["key"]]
            columns = [*keys, *(c for t, c in COLUMNS if t == table and (t, c) not in self.absent)]
            rows = [_row(table, i, columns, self, rng) for i in range(n)]
            tables[table] = (columns, rows + (rng.choices(rows, k=2) if self.again and rows else []))
        return dict(self.facts), tables, _forms(rng) if self.forms else {}


@st.composite
def sent(draw, nasty=True):
    """Which tables and columns there are, how many rows, and which columns hold strange cells."""
    not_sent = draw(st.sets(st.sampled_from(tuple(TABLES)), max_size=6))
    law = tuple(zip(vocabulary.THRESHOLDS, (3_000, 10_000, 50_000), strict=True))
    return Sent(
        seed=draw(st.integers(0, 10_000)),
        rows={t: draw(st.sampled_from((n, n, 12, 3, 1, 0))) for t, n in TABLES.items() if t not in not_sent},
        absent=draw(st.frozensets(st.sampled_from(COLUMNS), max_size=30)),
        strange=draw(st.frozensets(st.sampled_from(COLUMNS), max_size=10)) if nasty else frozenset(),
        again=nasty and draw(st.booleans()),
        vendors=draw(st.sampled_from((25, 4, 1))),
        span=draw(st.sampled_from((700, 2600))),
        forms=draw(st.booleans()),
        facts=(
            ("city", draw(st.sampled_from(("Testville", "<b>Test</b> & $ville$"))) if nasty else "Testville"),
            ("fiscal_year_start", draw(st.sampled_from(("01-01", "07-01")))),
            ("period", draw(st.sampled_from(("FY2024", "FY2024", "FY2024-Q3")))),
            ("thresholds", [{"name": name, "amount": amount} for name, amount in draw(st.sampled_from(((), law)))]),
            ("bid_window_days", draw(st.sampled_from(({}, {"default": 21, "direct": 0})))),
        ),
    )


def _forms(rng):
    """What people entered: readings of contracts, actions, answers, and what they decided."""
    words = (*NASTY_WORDS, "", "to be on time")
    coding = [
        {
            "contract_id": f"C-{rng.randrange(20):03d}", "coder": rng.choice(("Ana", "Ben")),
            "is_key": rng.choice(("yes", "no", "")), "goal_text": rng.choice(words),
            "metrics": rng.choice(("m1;m2", "", ";")), "metric_id": rng.choice(("m1;m2;m3", "m1", "")),
            "last_data_date": rng.choice(("2024-06-01", "2023-11-30", "2031-01-01", "")),
            "incentive_flag": rng.choice(("yes", "no", "")), "goal_link": rng.choice("0249"),
            "at_risk_amount": rng.choice(("500", "0", "1000000000", "-5", "")),
            "meeting_date": rng.choice(("2024-05-20", "")), "decision_id": rng.choice(("d1", "")),
            "review_doc": rng.choice(words), "service_group": rng.choice(("Roads", "")),
        }
        for _ in range(25)
    ]  # fmt: skip
    actions = [
        {
            "action_id": f"A{i}", "contract_id": f"C-{rng.randrange(20):03d}", "action": rng.choice(words),
            "meeting_date": "2024-02-01", "action_due": rng.choice(("2024-03-01", "2023-10-09", "2035-01-01", "")),
            "status": rng.choice(("done", "open", "dropped")), "action_closed": rng.choice(("2024-02-28", "")),
        }
        for i in range(15)
    ]  # fmt: skip
    answers = [
        {
            "round": rng.choice("12"), "respondent": f"P{rng.randrange(9)}", "role": rng.choice(vocabulary.ROLES),
            "question": f"Q{rng.randrange(1, 41):02d}", "answer": rng.choice(("0", "1", "2", "3", "4", "not known")),
            "evidence": rng.choice(words), "comment": rng.choice(words),
        }
        for _ in range(60)
    ]  # fmt: skip
    decided = {
        "weights": {name: rng.choice((0, 1, 50)) for name in vocabulary.PRIORITY_CRITERIA},
        "weights_known": rng.choice(vocabulary.WEIGHTS_KNOWN),
        "ratings": {f"C-{rng.randrange(60):03d}": {"resident impact": 4, "feasibility": 1} for _ in range(4)},
        "key_contracts": [f"C-{place:03d}" for place in rng.sample(range(70), 3)],
        "plan": [{"step": rng.choice(words[:-2]), "owner": "Ana", "due": "2024-05-01", "question": "Q01"}],
    }
    return {"contract_coding": coding, "actions": actions, "answers": answers, "assessment": decided}


def _row(table, i, columns, city, rng):
    """One row: its cells hang together as those of a real one do."""
    thing = i if table in ("contracts", "solicitations") else rng.randrange(150)
    about = random.Random(thing * 31 + city.span)
    begun = date(2024, 4, 1) - timedelta(days=about.randrange(city.span))
    vendor = rng.randrange(city.vendors)
    size = round(10 ** about.uniform(2.5, 6.5), 2)
    row = {}
    for column in columns:
        kind = schemas.columns(table)[column]
        if (table, column) in city.strange and rng.random() < 0.4:
            row[column] = _nasty(kind, rng)
        elif column == "contract_id" and table == "contracts":
            row[column] = f"C-{i:03d}"
        elif column == "solicitation_id" and table in ("contracts", "solicitations"):
            row[column] = (
                f"S-{i if rng.random() < 0.9 else rng.randrange(150):03d}"  # one may lead to several contracts
            )
        elif column in ("contract_id", "solicitation_id"):
            row[column] = f"{column[0].upper()}-{rng.randrange(150):03d}"
        elif column == "parent_contract_id":
            row[column] = f"C-{rng.randrange(150):03d}" if rng.random() < 0.2 else ""
        elif column in ("vendor_id", "bidder_id"):
            row[column] = f"V{i if table == 'vendors' else vendor:03d}"
        elif column in ("vendor_name", "bidder_name"):
            row[column] = f"Vendor {i if table == 'vendors' else vendor} Ltd"
        elif rng.random() < 0.08:
            row[column] = ""
        else:
            row[column] = _usual(table, column, kind, i, begun, size, rng)
    return row


def _usual(table, column, kind, i, begun, size, rng):
    declared = schemas.TABLES[table].columns[column].metadata["choices"]
    if declared:
        return rng.choice(declared)
    if kind == "date":
        if column == "snapshot_date":
            return ""
        return (begun + timedelta(days=int(COURSE.get(column, 0) * rng.uniform(0.8, 1.2)))).isoformat()
    if kind == "money":
        return f"{size * rng.choice((1, 1, 1, 1.1, 0.9, rng.uniform(0.1, 2))):.2f}"
    if kind == "yes_no":
        return rng.choice(("yes", "no"))
    if column == "currency":
        return "USD"
    if kind == "share":
        return rng.choice(("0.5", "0.25"))
    if kind in ("integer", "number", "days"):
        return str(rng.choice((1, 1, 2, 3, 5, 30)))
    if kind == "code":
        return f"{column[0].upper()}{i}"
    return rng.choice(PLAIN_WORDS.get(column, ("one thing", "another thing")))


def _nasty(kind, rng):
    if kind == "date":
        return rng.choice(NASTY_DAYS)
    if kind == "money":
        return rng.choice(NASTY_AMOUNTS)
    if kind in ("integer", "number", "days", "share"):
        return rng.choice(NASTY_NUMBERS)
    return rng.choice((*NASTY_WORDS, "EUR"))


def write(folder, facts, tables, forms):
    """An engagement's folder with these tables as CSV files."""
    files = {}
    for table, (columns, rows) in tables.items():
        _write_csv(folder / "raw" / f"{table}.csv", columns, rows)
        files[table] = {"paths": [f"raw/{table}.csv"]}
    for name, rows in forms.items():
        if name == "assessment":
            saved.write_yaml(folder / "choices.yaml", {name: rows})
        else:
            _write_csv(folder / f"{name}.csv", list(rows[0]), rows)
    saved.write_yaml(folder / "engagement.yaml", facts | {"files": files})


def _write_csv(path, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
