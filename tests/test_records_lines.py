"""Lines of a register that share a number, and values that were sent in another unit."""

import pandas as pd
import pytest

from rdclib import records, saved
from rdclib.engagement import create, load_engagement
from rdclib.records import load_records


def snapshot(contract_id, vendor, amount, day="2024-06-30", line=2):
    return {
        "contract_id": contract_id,
        "snapshot_date": pd.Timestamp(day),
        "vendor_name": vendor,
        "current_amount": amount,
        "source_file": "register.csv",
        "source_row": line,
    }


def test_lines_that_differ_in_the_vendor_alone_are_one_contract():
    lines = pd.DataFrame([snapshot("joint", "A", 100.0), snapshot("joint", "B", 100.0, line=3)])

    found = records.latest(lines)

    assert found["contract_id"].tolist() == ["joint"]


def test_lines_with_different_amounts_all_stay():
    lines = pd.DataFrame(
        [snapshot("years", "A", 100.0), snapshot("other", "B", 7.0), snapshot("years", "A", 60.0, line=4)]
    )

    found = records.latest(lines)

    assert found[["contract_id", "current_amount"]].to_numpy().tolist() == [["years", 100], ["years", 60], ["other", 7]]


def test_an_older_snapshot_gives_way_to_a_newer():
    lines = pd.DataFrame(
        [
            snapshot("grown", "A", 100.0, "2024-03-31"),
            snapshot("left", "B", 5.0, "2024-03-31"),
            snapshot("grown", "A", 130.0),
        ]
    )

    found = records.latest(lines)

    assert found[["contract_id", "current_amount"]].to_numpy().tolist() == [["grown", 130], ["left", 5]]


@pytest.fixture
def springfield(tmp_path, monkeypatch):
    """An engagement of one file of monthly values, and one of contracts."""
    monkeypatch.setenv("RDC_HOME", str(tmp_path))

    def made(values, contracts=("C1,Acme,100",)):
        folder = create("springfield")
        rows = [f"WAIT,Acme,2024-{month:02d}-01,{value}" for month, value in enumerate(values, start=1)]
        (folder / "raw" / "results.csv").write_text("Metric,Vendor,Month,Result\n" + "\n".join(rows) + "\n")
        (folder / "raw" / "contracts.csv").write_text("Number,Vendor,Amount\n" + "\n".join(contracts) + "\n")
        saved.write_text(
            folder / "engagement.yaml",
            "city: Springfield\nperiod: FY2024\nfiles:\n"
            "  observations:\n    paths: [raw/results.csv]\n"
            "    columns: {Metric: metric_id, Vendor: vendor_name, Month: period_start, Result: value}\n"
            "  contracts:\n    paths: [raw/contracts.csv]\n"
            "    columns: {Number: contract_id, Vendor: vendor_name, Amount: current_amount}\n",
        )
        return load_records(load_engagement("springfield"))

    return made


def slips(records):
    return [(f.row, f.value) for f in records.findings if f.table == "observations" and f.column == "value"]


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        (99.9, []),
        (100, [(6, "100")]),
        (600, [(6, "600")]),
        (1.0, [(6, "1")]),
        (1.1, []),
    ],
)
def test_a_value_ten_times_the_usual_is_questioned(springfield, odd, expected):
    assert slips(springfield([10, 10, 10, 10, odd, 10, 10])) == expected


def test_five_values_are_too_few_to_say_what_is_usual(springfield):
    assert slips(springfield([10, 10, 10, 10, 600])) == []


def test_a_series_that_jumps_anyway_is_left_alone(springfield):
    assert slips(springfield([10, 35, 10, 10, 600, 10, 2])) == []


def test_a_number_on_lines_with_different_amounts_is_said(springfield):
    found = springfield([10], contracts=("C1,Acme,100", "C2,Bolt,5", "C1,Acme,60"))

    finding = next(f for f in found.findings if f.column == "contract_id")
    assert found.contracts["current_amount"].sum() == 165
    assert (finding.severity, finding.file, finding.row, finding.value, finding.count) == (
        "warning",
        "contracts.csv",
        2,
        "C1",
        2,
    )
    assert finding.what == (
        "lines of a contract number that stands on several lines with different amounts, dates or words"
    )
    assert finding.done == (
        "each line counts as a contract; if one replaces the other, ask for a register without the old ones"
    )
