"""Where a sheet's tables are: days and amounts that look like months, lines that head a group, withheld figures."""

import json

import openpyxl
import pytest

from rdclib.intake import read_table


def write(tmp_path, lines):
    path = tmp_path / "register.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_days_that_are_the_first_of_a_month_are_data(tmp_path):
    lines = ["Contract Number,Start Date,End Date", "A,2024-01-01,2024-02-01", "B,2024-03-01,2024-04-01"]

    assert read_table(write(tmp_path, lines), "contracts").frame["contract_id"].tolist() == ["A", "B"]


def test_an_amount_such_as_1960_5_heads_nothing(tmp_path):
    rows = [f"C{i:02d},Firm {i},0{i % 9 + 1}/13/2023,{1960.5 if i == 20 else 100 + i}" for i in range(30)]

    intake = read_table(write(tmp_path, rows), "contracts")

    assert (intake.rows_accepted, intake.rows_not_data) == (30, 0)


def test_lines_that_head_a_group_are_no_data_and_are_said(tmp_path):
    rows = ["Contract #,Vendor,Expires,Amount,Balance"]
    for name in ("Department: Parks", "Department: Library"):
        rows += [f"{name},,,,", *(f"4{i},Acme,2024-05-1{i},{10 * i}.00,0" for i in range(1, 6)), ",,Subtotal:,150.00,"]

    intake = read_table(write(tmp_path, rows), "contracts", currency="USD")

    assert (intake.rows_accepted, intake.amounts["current_amount"]["USD"].accepted) == (10, 300)
    assert intake.not_data["kind"].value_counts().to_dict() == {"group": 2, "total": 2, "heading": 1}
    [said] = [f for f in intake.findings if "one cell" in f.what]
    assert (said.row, said.count, said.value) == (2, 2, "Department: Parks | Department: Library")
    assert said.done == "read as headings of groups, not carried to the rows below"


def test_a_code_that_stands_alone_is_a_row(tmp_path):
    rows = [
        "Contract #,Vendor,Expires,Amount",
        *(f"4{i},Acme,2024-05-1{i},10.00" for i in range(9)),
        "400,,,",
        "410,B,,1",
    ]

    assert read_table(write(tmp_path, rows), "contracts").rows_accepted == 11


@pytest.mark.parametrize("mark", ["<11", "*", "**", "†", "s", "DS", "[c]", "suppressed", "Fewer than 5", "≤4"])
def test_withheld_figures_are_marked_and_no_heading(tmp_path, mark):
    rows = ["County,Year,Measure,Count", f"A,2020,Deaths,{mark}", "B,2020,Deaths,12", f"C,2020,Deaths,{mark}"]

    intake = read_table(write(tmp_path, rows), "observations")

    frame = intake.frame
    assert frame["value"].isna().tolist() == [True, False, True]
    assert frame["suppressed"].fillna(False).tolist() == [True, False, True]
    assert [f.count for f in intake.findings if "withheld because few" in f.what] == [2]


@pytest.mark.parametrize("mark", ["*", " (1)", " r", "†", "¹", " [2]", "%*", "r"])
def test_marks_of_footnotes_are_taken_off_and_said(tmp_path, mark):
    rows = ["Metric,Month,Result", *(f"On time,2023-0{i},8{i}.5{mark}" for i in range(1, 5))]

    intake = read_table(write(tmp_path, rows), "observations")

    assert intake.frame["value"].tolist() == [81.5, 82.5, 83.5, 84.5]
    assert [(f.count, f.done) for f in intake.findings if "footnote" in f.what] == [
        (4, "read without the mark; the text is kept")
    ]


@pytest.mark.parametrize("text", ["12k", "3 h", "(5)", "5 m", "1 2"])
def test_units_are_no_footnotes(tmp_path, text):
    rows = ["Metric,Month,Result", *(f"On time,2023-0{i},8{i}.5" for i in range(1, 5)), f"On time,2023-05,{text}"]

    found = read_table(write(tmp_path, rows), "observations").frame["value"].iloc[-1]

    assert found != found or found == -5


def test_words_merged_over_several_rows_hold_for_each_of_them_and_an_amount_once(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    for row in (
        ["Department", "Contract #", "Vendor", "Contract Amount"],
        ["Parks", "C1", "A", 10.5],
        [None, "C2", "B", None],
        ["Fire", "C3", "C", 3.25],
    ):
        page.append(row)
    page.merge_cells("A2:A3")
    page.merge_cells("D2:D3")
    book.save(tmp_path / "merged.xlsx")

    intake = read_table(tmp_path / "merged.xlsx", "contracts", currency="USD")

    assert intake.frame["department"].tolist() == ["Parks", "Parks", "Fire"]
    assert intake.amounts["current_amount"]["USD"].accepted == 13.75


def test_texts_that_a_program_wrote_as_formulas(tmp_path):
    rows = ["Contract Number,Vendor Name,Contract Amount", '"=""00017""",A,"=""12.50"""', '"=""00018""",B,3']

    intake = read_table(write(tmp_path, rows), "contracts", currency="USD")

    assert intake.frame["contract_id"].tolist() == ["00017", "00018"]
    assert intake.amounts["current_amount"]["USD"].accepted == 15.5


def test_the_year_of_a_payment_is_no_day(tmp_path):
    rows = ["Payee,Year,Amount", "A,2022,1.50", "B,2023,2.50"]

    intake = read_table(write(tmp_path, rows), "payments", currency="USD")

    assert intake.frame["payment_date"].isna().all()
    assert "payment_date" not in intake.columns


def test_fiscal_years_in_cells_are_fiscal_years(tmp_path):
    rows = ["Metric,Fiscal Year,Result", "On time,2023,1.5", "On time,2024,2.5"]

    frame = read_table(write(tmp_path, rows), "observations", fiscal_year_start="07-01").frame

    assert frame["period_start"].dt.strftime("%Y-%m-%d").tolist() == ["2022-07-01", "2023-07-01"]


def test_groups_of_a_big_file_are_those_of_a_small_one(tmp_path):
    rows, total = ["Contract #,Vendor,Expires,Amount,Balance"], 0
    for group in range(300):
        rows.append(f"Department: Parks {group},,,,")
        rows += [f"4{group:03d}{i:02d},Acme Paving and Sons Inc,2024-05-1{i % 9},{100 + i}.00,0.00" for i in range(40)]
        total += sum(100 + i for i in range(40))

    intake = read_table(write(tmp_path, rows), "contracts", currency="USD")

    assert (intake.rows_accepted, intake.amounts["current_amount"]["USD"].accepted) == (12_000, total)
    assert intake.not_data["kind"].value_counts().to_dict() == {"group": 300, "heading": 1}


def test_keys_of_objects_are_headings_though_the_values_are_words_too(tmp_path):
    # A word above numbers, as headings are above data.
    path = tmp_path / "few.json"
    path.write_text(json.dumps([{"contract_id": word, "vendor_id": word, "status": "active"} for word in "F1234"]))

    intake = read_table([path], "contracts")

    assert intake.frame["contract_id"].tolist() == list("F1234")
    assert (intake.rows_read, intake.rows_not_data) == (5, 0)
