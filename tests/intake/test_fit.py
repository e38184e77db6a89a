"""Which table a file is: never a silent guess, and every table of a sheet that holds several."""

import openpyxl
import pytest

from rdclib.intake import read_table
from rdclib.intake.desk import guess

CONTRACTS = [["Contract No.", "Vendor", "Start", "End", "Amount"]] + [
    [f"C{i:03d}", f"Firm {i}", f"2023-01-{i + 10}", f"2024-01-{i + 10}", 100 + i] for i in range(8)
]
PAYMENTS = [["Check Number", "Payee", "Check Date", "Amount Paid"]] + [
    [f"9{i}", f"Firm {i}", f"2023-05-{i + 10}", 10.5 + i] for i in range(5)
]


def sheet(tmp_path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "both.xlsx")
    return tmp_path / "both.xlsx"


@pytest.fixture
def both(tmp_path):
    return sheet(tmp_path, [["Contracts of X"], *CONTRACTS, [], ["Payments of X"], ["as of June"], *PAYMENTS])


def test_a_sheet_of_two_tables_is_both(both):
    found = guess(both)

    assert (found.table, found.sure, set(found.scores)) == ("several", True, {"contracts", "payments"})


@pytest.mark.parametrize(
    ("table", "rows", "column", "total"),
    [("contracts", 8, "current_amount", 828.0), ("payments", 5, "payment_amount", 62.5)],
)
def test_each_of_two_tables_on_a_sheet_comes_in_alone(both, table, rows, column, total):
    intake = read_table(both, table, currency="USD")

    assert len(intake.frame) == rows
    assert intake.amounts[column]["USD"].accepted == total
    assert intake.rows_read == intake.rows_accepted + intake.rows_set_aside + intake.rows_not_data


def test_contracts_whose_amount_nobody_knows_are_no_sheet_of_measures(tmp_path):
    path = tmp_path / "register.csv"
    lines = [f"C{i},Firm {i},2023-01-01,2024-01-01,Parks,{i * 10},{i * 3}" for i in range(9)]
    path.write_text("\n".join(["Contract Number,Supplier,Start,End,Department,Foo,Bar", *lines]))

    found = guess(path)

    assert found.table == "contracts"
    assert "observations" not in found.scores


@pytest.mark.parametrize(
    ("cell", "offered"), [("{}4.25", False), ("$14", False), ("1{}.5", True), ("{}", True), ("0.{}5", True)]
)
def test_cents_of_thousands_and_signs_of_money_are_no_measures(tmp_path, cell, offered):
    path = tmp_path / "unknown.csv"
    lines = [f"Firm {i},2023-01-{i + 10},{cell.format(1200 + i)},{cell.format(i)}" for i in range(9)]
    path.write_text("\n".join(["Vendor,Date,Foo,Bar", *lines]))

    assert (guess(path).table == "observations" and guess(path).sure) == offered


def test_a_file_whose_day_is_in_doubt_is_payments_all_the_same(tmp_path):
    path = tmp_path / "cards.csv"
    lines = [f"Firm {i},2023-01-{i + 10},2023-01-{i + 11},${i}.50" for i in range(9)]
    path.write_text("\n".join(["Merchant Name,Check Date,Payment Date,Transaction Amount", *lines]))

    assert (guess(path).table, guess(path).sure) == ("payments", True)


def test_vendors_and_amounts_alone_are_no_register_of_contracts(tmp_path):
    path = tmp_path / "spend.csv"
    path.write_text("\n".join(["Supplier,Date,Amount", *(f"Firm {i},2023-01-{i + 10},{i}.5" for i in range(9))]))

    assert guess(path).table == "payments"
