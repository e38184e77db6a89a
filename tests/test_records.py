"""Records: the newest snapshot, amendments between snapshots, vendors that a person merged, observations from cases."""

import pandas as pd
import pytest

from rdclib import saved, schemas
from rdclib.engagement import Engagement, Facts
from rdclib.errors import DataFileError, ReportError
from rdclib.periods import parse
from rdclib.records import derived_amendments, latest, load_merges, load_records, reread, roll_up, without_left
from rdclib.records.currencies import in_one_currency
from tests import build

REGISTER = """Contract No,Vendor,Contract Amt,Start Dt,End Dt,As Of Date
C1,Acme,{c1},2023-07-13,{end},{day}
C2,Beta,50.00,2023-08-13,2024-12-31,{day}
"""


@pytest.fixture
def engagement(tmp_path):
    def make(files, period="FY2024", as_of=None, **tables):
        (tmp_path / "raw").mkdir(exist_ok=True)
        for name, text in files.items():
            (tmp_path / "raw" / name).write_text(text, encoding="utf-8")
        facts = Facts.model_validate({"city": "Springfield", "fiscal_year_start": "07-01", "files": tables})
        chosen = parse(period, "07-01")
        return Engagement("springfield", tmp_path, facts, chosen, pd.Timestamp(as_of or chosen.end).date())

    return make


def two_quarters(engagement, **more):
    files = {
        "a.csv": REGISTER.format(c1="100.00", end="2024-06-30", day="2023-09-30"),
        "b.csv": REGISTER.format(c1="130.00", end="2024-09-30", day="2023-12-31"),
    }
    return engagement(files, contracts={"paths": ["raw/a.csv", "raw/b.csv"]}, **more)


def test_the_newest_snapshot_up_to_the_day_counts(engagement):
    records = load_records(two_quarters(engagement))

    assert records.contracts.set_index("contract_id")["current_amount"].to_dict() == {"C1": 130, "C2": 50}
    assert len(records.snapshots) == 4
    before = load_records(two_quarters(engagement, as_of="2023-12-30"))
    assert before.contracts.set_index("contract_id")["current_amount"].to_dict() == {"C1": 100, "C2": 50}


def test_records_are_read_again_only_when_a_file_changed(engagement):
    city = two_quarters(engagement)
    records = load_records(city)
    assert reread(records, city) is records

    reading = {"contract_id": "C1", "coder": "Ana", "is_key": "yes"}
    saved.append_rows(city.folder / "contract_coding.csv", [reading], author="Ana")
    coded = reread(records, city)
    assert (len(records.coding), list(coded.coding["contract_id"])) == (0, ["C1"])
    assert reread(coded, city) is coded

    (city.folder / "raw" / "b.csv").write_text(REGISTER.format(c1="7.00", end="2024-09-30", day="2023-12-31"))
    assert reread(coded, city).contracts["current_amount"].tolist() == [7, 50]


def test_changes_between_snapshots_are_amendments(engagement):
    [change] = load_records(two_quarters(engagement)).amendments.to_dict("records")

    assert (change["contract_id"], change["amendment_kind"], change["amount_change"]) == ("C1", "amount", 30)
    assert str(change["amendment_date"])[:10] == "2023-12-31"
    assert str(change["new_end_date"])[:10] == "2024-09-30"


@pytest.mark.parametrize(("step", "changes"), [(0.009, 0), (0.01, 1), (-0.02, 1)])
def test_a_cent_is_a_change_and_less_is_none(step, changes):
    rows = [
        build.contract("C1", snapshot_date=day, current_amount=amount)
        for day, amount in (("2024-01-01", 100.0), ("2024-02-01", 100.0 + step))
    ]

    assert len(derived_amendments(build.records(*rows).contracts)) == changes


def test_every_table_has_every_column_when_the_city_has_none(engagement):
    records = load_records(two_quarters(engagement))

    for name in (*schemas.TABLES, *schemas.WORKBOOK_TABLES):
        assert list(getattr(records, name).columns) == list(schemas.columns(name))
    assert records.vendors["vendor_name"].tolist() == ["Acme", "Beta"]
    assert records.contract_vendors["contract_id"].tolist() == ["C1", "C2"]


def test_vendors_that_a_person_merged_count_as_one_and_can_be_parted_again(engagement):
    made = two_quarters(engagement)
    row = {"vendor_id": "Beta", "vendor_name": "Beta", "into_id": "Acme", "into_name": "Acme", "decision": "same"}
    saved.append_rows(made.folder / "vendor_merges.csv", [row], author="Ana")

    assert load_records(made).contracts["vendor_name"].tolist() == ["Acme", "Acme"]

    saved.append_rows(made.folder / "vendor_merges.csv", [row | {"decision": "apart"}], author="Ana")
    assert load_records(made).contracts["vendor_name"].tolist() == ["Acme", "Beta"]


def test_merges_follow_each_other_and_a_circle_ends(engagement):
    made = two_quarters(engagement)
    rows = [
        {"vendor_id": a, "vendor_name": a, "into_id": b, "into_name": b, "decision": "same"}
        for a, b in (("A", "B"), ("B", "C"), ("X", "Y"), ("Y", "X"))
    ]
    saved.append_rows(made.folder / "vendor_merges.csv", rows, author="Ana")

    merges = load_merges(made)

    assert merges["A"] == merges["B"] == ("C", "C")
    assert set(merges) <= {"A", "B", "X", "Y"}


def test_a_contract_that_left_the_register_has_ended():
    rows = [
        build.contract(key, snapshot_date=day, status=None)
        for day, keys in (("2024-01-01", ("C1", "C2", "C3")), ("2024-02-01", ("C1", "C2")))
        for key in keys
    ]
    snapshots = build.records(*rows).contracts

    contracts, [finding] = without_left(latest(snapshots), snapshots)

    assert contracts.set_index("contract_id")["status"].fillna("").to_dict() == {"C1": "", "C2": "", "C3": "terminated"}
    assert (finding.count, finding.value) == (1, "C3")


def test_a_register_of_new_contracts_alone_loses_none():
    rows = [
        build.contract(key, snapshot_date=day, status=None) for day, key in (("2024-01-01", "C1"), ("2024-02-01", "C2"))
    ]
    snapshots = build.records(*rows).contracts

    assert without_left(latest(snapshots), snapshots)[1] == []


def test_a_period_without_records_names_those_that_have_some(engagement):
    with pytest.raises(ReportError) as caught:
        load_records(two_quarters(engagement, period="FY1999"))

    assert str(caught.value) == (
        "No record of Springfield lies in FY1999 (1998-07-01 to 1999-06-30).\nChoose a period that has data: FY2024."
    )


def test_files_outside_the_engagement_are_refused(engagement):
    made = engagement({}, contracts={"paths": ["../../secret.csv"]})

    with pytest.raises(DataFileError) as caught:
        load_records(made)

    assert str(caught.value).splitlines()[0] == (
        "engagement.yaml names a file outside the engagement's folder (../../secret.csv)."
    )


def test_payments_without_contract_numbers_say_so(engagement):
    files = {
        "a.csv": REGISTER.format(c1="100.00", end="2024-06-30", day="2023-09-30"),
        "p.csv": "Payee,Check Date,Amount\nAcme,2023-10-13,10.00\n",
    }
    made = engagement(files, contracts={"paths": ["raw/a.csv"]}, payments={"paths": ["raw/p.csv"]})

    assert "no payment names its contract" in {f.what for f in load_records(made).findings}


@pytest.mark.parametrize(
    ("number", "contracts", "done"),
    [
        ("C1", 1, "read as one contract, by its number; if they are two, give the second a number of its own"),
        ("", 2, "kept: a city may buy the same thing twice; tell us if a row was entered twice"),
    ],
)
def test_what_is_said_of_two_lines_that_are_the_same_is_what_is_done(engagement, number, contracts, done):
    heading = "Contract No," * bool(number) + "Title,Vendor,Contract Amt,Start Dt,End Dt\n"
    line = f"{number}," * bool(number) + "Road,Acme,100.00,2023-07-13,2024-06-30\n"
    made = engagement({"a.csv": heading + line * 2}, contracts={"paths": ["raw/a.csv"]})

    records = load_records(made)

    assert len(records.contracts) == contracts
    assert [f.done for f in records.findings if f.what == "lines that are the same in every cell"] == [done]


@pytest.mark.parametrize(("vendors", "of"), [("", ""), (",Vendor", " of Acme")])
def test_a_value_in_another_unit_is_said_with_its_vendor_where_there_is_one(engagement, vendors, of):
    days = [f"2024-0{month}" for month in range(1, 9)]
    values = [0.5 if day == "2024-05" else 50 for day in days]
    rows = [f"beds,{day},{value}{',Acme' * bool(vendors)}" for day, value in zip(days, values, strict=True)]
    files = {"o.csv": f"Metric,Period,Value{vendors}\n" + "\n".join(rows)}
    made = engagement(files, observations={"paths": ["raw/o.csv"]})

    assert [f.what for f in load_records(made).findings if "usual" in f.what] == [
        f"beds{of} is 0.01 times its usual 50"
    ]


def test_observations_are_counted_from_cases():
    days = ("2024-01-03", "2024-01-20", "2024-02-02")
    cases = schemas.empty("cases").reindex(range(3))
    cases["case_id"] = ["1", "2", "3"]
    cases["referred_date"] = pd.to_datetime(days).astype("datetime64[us]")
    cases["served_date"] = pd.to_datetime(["2024-01-05", None, "2024-03-01"]).astype("datetime64[us]")
    cases["target_date"] = pd.to_datetime(["2024-01-06", "2024-01-21", "2024-02-10"]).astype("datetime64[us]")

    found = roll_up(cases, "M1", from_day="referred_date", to_day="served_date")
    in_time = roll_up(cases, "M1", from_day="referred_date", to_day="served_date", within="target_date")

    assert found[["numerator", "denominator", "value"]].values.tolist() == [[1, 2, 50], [1, 1, 100]]
    assert in_time["numerator"].tolist() == [1, 0]
    assert found["period_end"].astype(str).tolist() == ["2024-01-31", "2024-02-29"]


MIXED = pd.DataFrame(
    {
        "solicitation_id": ["S1", "S2", "S3"],
        "budget": [900.0, 20.0, 30.0],
        "award_amount": [50.0, 21.0, 2.0],
        "award_currency": ["USD", None, "EUR"],
        "currency": ["MXN", "USD", "MXN"],
        "source_file": "x.json",
        "source_row": [1, 2, 3],
    }
)


@pytest.mark.parametrize(
    ("city", "budget", "award", "currency"),
    [
        ("USD", [None, 20, 30], [50, 21, None], ["USD", "USD", "MXN"]),
        ("MXN", [900, 20, 30], [None, 21, None], ["MXN", "USD", "MXN"]),
        ("EUR", [900, 20, None], [None, 21, 2], ["MXN", "USD", "EUR"]),
    ],
)
def test_amounts_of_a_row_are_in_one_currency_the_city_s_where_it_has_one(city, budget, award, currency):
    frame = schemas.empty("solicitations").merge(MIXED, how="right").astype(schemas.empty("solicitations").dtypes)

    whole, [finding] = in_one_currency(frame, "solicitations", city)

    told = [[None if pd.isna(v) else v for v in whole[column]] for column in ("budget", "award_amount", "currency")]
    assert told == [budget, award, currency]
    assert whole["award_currency"].isna().all()
    assert (finding.count, finding.table) == (2, "solicitations")


def test_a_table_in_one_currency_stays_as_it_is():
    frame = schemas.empty("contracts")

    assert in_one_currency(frame, "contracts", "USD") == (frame, [])


def test_a_row_with_one_amount_is_in_the_currency_of_that_amount():
    frame = pd.DataFrame({"award_amount": [5.0, 6.0], "award_currency": ["EUR", None], "currency": ["USD", "USD"],
                          "source_file": "x.csv", "source_row": [2, 3]})  # fmt: skip
    frame = schemas.empty("contracts").merge(frame, how="right").astype(schemas.empty("contracts").dtypes)

    whole, findings = in_one_currency(frame, "contracts", "USD")

    assert (whole["award_amount"].tolist(), whole["currency"].tolist(), findings) == ([5, 6], ["EUR", "USD"], [])


def test_a_file_that_names_the_currency_of_its_award_alone_is_in_that_currency(engagement):
    lines = (
        "Contract No,Vendor,Award Amount,Award Currency,Start Date\nC1,A,5.00,EUR,2024-01-01\nC2,B,6.00,,2024-02-01\n"
    )
    made = engagement({"a.csv": lines}, contracts={"paths": ["raw/a.csv"]})

    contracts = load_records(made).contracts

    assert (contracts["award_amount"].tolist(), contracts["currency"].tolist()) == ([5, 6], ["EUR", "USD"])
