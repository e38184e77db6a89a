"""Files of every awkward shape, written here line by line: what comes in, what is set aside, what is no data."""

import dataclasses
import datetime
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest

from rdclib import schemas
from rdclib.errors import DataFileError
from rdclib.intake import audit, read_table

HEAD = "Contract Number,Vendor Name,Contract Amount,Start Date,End Date"
ROWS = ['06037,Acme Inc.,"$1,234.50",07/13/2023,06/30/2024', "06038,Béta LLC,(500.00),07/14/2023,06/29/2025"]
TOTAL = 1234.50 - 500


def write(tmp_path, lines, name="contracts.csv", encoding="utf-8", end="\n"):
    path = tmp_path / name
    path.write_bytes(end.join([*lines, ""]).encode(encoding))
    return path


def sheet(tmp_path, rows, name="contracts.xlsx", merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    path = tmp_path / name
    book.save(path)
    return path


def assert_the_two_contracts(intake):
    assert intake.frame["contract_id"].tolist() == ["06037", "06038"]
    assert intake.frame["vendor_name"].tolist() == ["Acme Inc.", "Béta LLC"]
    assert intake.frame["current_amount"].tolist() == [1234.5, -500]
    assert intake.frame["start_date"].tolist() == [datetime.datetime(2023, 7, 13), datetime.datetime(2023, 7, 14)]
    assert intake.amounts["current_amount"]["USD"].read == pytest.approx(TOTAL)
    assert intake.amounts["current_amount"]["USD"].accepted == pytest.approx(TOTAL)
    assert intake.rows_read == intake.rows_accepted + intake.rows_set_aside + intake.rows_not_data
    assert not [f for f in intake.findings if f.severity == "error"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1", "mac_roman"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end(tmp_path, encoding, end):
    path = write(tmp_path, [HEAD, *ROWS], encoding=encoding, end=end)

    assert_the_two_contracts(read_table(path, "contracts", currency="USD"))


def test_the_pound_sign_of_the_old_code_page(tmp_path):
    path = write(tmp_path, ["Supplier,Date,Amount", "Café,2023-07-13,£5.00", "Bar,2023-07-14,£7.00"], encoding="cp437")

    intake = read_table(path, "payments")

    assert intake.amounts["payment_amount"]["GBP"].accepted == 12
    assert intake.frame["vendor_name"].tolist() == ["Café", "Bar"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_every_delimiter_whatever_the_files_name_says(tmp_path, delimiter):
    lines = [HEAD.replace(",", delimiter)]
    lines += [f'06037{delimiter}Acme Inc.{delimiter}"$1,234.50"{delimiter}07/13/2023{delimiter}06/30/2024']
    lines += [f"06038{delimiter}Béta LLC{delimiter}(500.00){delimiter}07/14/2023{delimiter}06/29/2025"]

    assert_the_two_contracts(read_table(write(tmp_path, lines), "contracts", currency="USD"))


def packed(tmp_path, kind):
    data = "\n".join([HEAD, *ROWS, ""]).encode()
    path = tmp_path / f"contracts.csv.{kind}"
    if kind == "gz":
        path.write_bytes(gzip.compress(data))
    elif kind == "xz":
        path.write_bytes(lzma.compress(data))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("folder/contracts.csv", data)
    else:
        with tarfile.open(path, f"w:{kind.removeprefix('tar.')}") as archive:
            entry = tarfile.TarInfo("contracts.csv")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


@pytest.mark.parametrize("kind", ["gz", "xz", "zip", "tar.gz", "tar.xz", "tar.bz2"])
def test_every_compression(tmp_path, kind):
    assert_the_two_contracts(read_table(packed(tmp_path, kind), "contracts", currency="USD"))


def test_json_objects_of_an_open_data_portal(tmp_path):
    rows = [
        {
            "contract_number": "06037",
            "vendor": {"name": "Acme Inc."},
            "contract_amount": "1234.50",
            "start_date": "2023-07-13T00:00:00",
        },
        {
            "contract_number": "06038",
            "vendor": {"name": "Béta LLC"},
            "contract_amount": "-500",
            "start_date": "2023-07-14T00:00:00",
        },
    ]
    for number, text in enumerate((json.dumps(rows), json.dumps({"results": rows}), "\n".join(map(json.dumps, rows)))):
        path = tmp_path / f"{number}.json"
        path.write_text(text, encoding="utf-8")

        assert_the_two_contracts(read_table(path, "contracts", currency="USD"))


def test_a_title_above_a_blank_line_totals_and_notes_below(tmp_path):
    lines = [
        "City of Springfield",
        "Extract of 1 July",
        "",
        HEAD,
        *ROWS,
        "",
        "Grand Total,,734.50,,",
        "Source: finance system",
    ]
    intake = read_table(write(tmp_path, lines), "contracts", currency="USD")

    assert_the_two_contracts(intake)
    kinds = intake.not_data["kind"].value_counts().to_dict()
    assert kinds == {"title": 2, "blank": 2, "heading": 1, "total": 1, "note": 1}


def test_a_vendor_called_total_is_a_vendor(tmp_path):
    lines = [HEAD, *ROWS, "06039,Total Plumbing,10.00,07/15/2023,06/30/2024"]

    assert len(read_table(write(tmp_path, lines), "contracts", currency="USD").frame) == 3


@pytest.mark.parametrize("rows", [60, 9_000], ids=["row by row", "in columns"])
@pytest.mark.parametrize(
    ("alone", "is_sum"),
    [
        ("0.30", False),  # what one row above holds is no sum
        ("0.50", True),  # 0.20 and 0.30
        ("0.51", False),  # a cent more than that, a cent less than three rows
        ("0.60", True),  # 0.10, 0.20 and 0.30
        ('"$60.60"', True),  # all rows above
        ("0.00", False),
    ],
)
def test_a_row_that_holds_a_sum_of_rows_right_above_and_nothing_else_is_no_payment(tmp_path, rows, alone, is_sum):
    above = [f"{i},Béta LLC,2023-07-14,Parks and recreation,{amount}" for i, amount in enumerate(["60.00", *"1" * 57])]
    above = [line[:-1] + "0" if i else line for i, line in enumerate(above)]  # no amounts between
    above += [f"{i},Acme Inc.,2023-07-13,Parks,{amount}" for i, amount in enumerate(("0.10", "0.20", "0.30"), start=90)]
    below = [f"{i},Acme Inc.,2023-07-15,Public works and streets,7.00" for i in range(100, rows)]
    below += [f"{i},Acme Inc.,2023-07-15,Public works,7.00" for i in range(10_000, 10_020)]
    path = write(tmp_path, ["Check Number,Payee,Check Date,Department,Amount", *above, f",,,,{alone}", *below])

    intake = read_table(path, "payments", currency="USD")

    totals = intake.not_data[intake.not_data["kind"] == "total"]
    assert totals["source_row"].tolist() == ([len(above) + 2] if is_sum else [])
    value = float(alone.strip('"$'))
    expected = 60.60 + 7 * len(below) + (0 if is_sum else value)
    amounts = intake.amounts["payment_amount"]["USD"]
    assert (amounts.accepted, amounts.read) == (pytest.approx(expected), pytest.approx(expected))


def test_a_heading_repeated_on_every_page(tmp_path):
    lines = [HEAD, ROWS[0], HEAD, ROWS[1]]

    assert_the_two_contracts(read_table(write(tmp_path, lines), "contracts", currency="USD"))


def test_a_heading_in_the_last_row(tmp_path):
    assert_the_two_contracts(read_table(write(tmp_path, [*ROWS, HEAD]), "contracts", currency="USD"))


def test_no_heading_needs_a_map_by_column_number(tmp_path):
    mapped = {
        "column 1": "contract_id",
        "column 2": "vendor_name",
        "column 3": "current_amount",
        "column 4": "start_date",
    }

    intake = read_table(write(tmp_path, ROWS), "contracts", columns=mapped, currency="USD")

    assert_the_two_contracts(intake)
    assert intake.rows_not_data == 0


def test_headings_in_two_rows_with_merged_cells(tmp_path):
    rows = [
        ["Contract", None, "Award", None],
        ["Number", "Vendor", "Date", "Amount"],
        ["06037", "Acme Inc.", "2023-07-13", 1234.5],
        ["06038", "Béta LLC", "2023-07-14", 500],
    ]
    intake = read_table(sheet(tmp_path, rows, merged=["A1:B1", "C1:D1"]), "contracts", currency="USD")

    assert intake.frame["contract_id"].tolist() == ["06037", "06038"]
    assert intake.frame["award_amount"].tolist() == [1234.5, 500]
    assert intake.frame["award_date"].notna().all()
    assert intake.columns["award_amount"]["heading"] == "Award Amount"


def test_two_tables_on_one_sheet(tmp_path):
    lines = [
        HEAD,
        *ROWS,
        "",
        "Check Number,Payee,Check Amount,Check Date",
        "9001,Acme Inc.,100.00,07/20/2023",
        "9002,Acme Inc.,200.00,07/21/2023",
    ]
    path = write(tmp_path, lines)

    contracts, payments = (read_table(path, table, currency="USD") for table in ("contracts", "payments"))

    assert_the_two_contracts(contracts)
    assert payments.frame["payment_amount"].tolist() == [100, 200]
    assert payments.rows_read == payments.rows_accepted + payments.rows_set_aside + payments.rows_not_data


def test_any_sheet_of_a_workbook_and_hidden_ones_only_by_name(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Read me"])
    page = book.create_sheet("Data")
    page.append(HEAD.split(","))
    page.append(["06037", "Acme Inc.", 1234.5, datetime.date(2023, 7, 13), datetime.date(2024, 6, 30)])
    page.append(["06038", "Béta LLC", -500, datetime.date(2023, 7, 14), datetime.date(2025, 6, 29)])
    hidden = book.create_sheet("Old")
    hidden.append(HEAD.split(","))
    hidden.append(["1", "Gone Inc.", 1, datetime.date(2020, 7, 13), datetime.date(2021, 6, 30)])
    hidden.sheet_state = "hidden"
    path = tmp_path / "book.xlsx"
    book.save(path)

    intake = read_table(path, "contracts", currency="USD")

    assert_the_two_contracts(intake)
    assert [f.value for f in intake.findings if f.what == "hidden sheets"] == ["Old"]
    assert read_table(path, "contracts", sheet="Old").frame["contract_id"].tolist() == ["1"]
    with pytest.raises(DataFileError) as caught:
        read_table(path, "contracts", sheet="Older")
    assert str(caught.value) == (
        "book.xlsx has no sheet 'Older'.\nIn engagement.yaml, give one of its sheets under sheet: Sheet, Data, Old."
    )


def test_headings_drift_from_file_to_file(tmp_path):
    first = write(tmp_path, [HEAD, ROWS[0]], "a.csv")
    second = write(tmp_path, ["Contract No.,Vendor,Contract Amt,Start Dt,End Dt", ROWS[1]], "b.csv")

    intake = read_table([first, second], "contracts", currency="USD")

    assert_the_two_contracts(intake)
    assert intake.frame["source_file"].tolist() == ["a.csv", "b.csv"]
    assert intake.frame["source_row"].tolist() == [2, 2]


def test_the_line_is_that_of_the_file_when_cells_hold_line_ends(tmp_path):
    lines = [HEAD, '06037,"Acme', 'Inc.",1,07/13/2023,06/30/2024', "06038,B,2,07/14/2023,06/30/2024"]

    assert read_table(write(tmp_path, lines), "contracts").frame["source_row"].tolist() == [2, 4]


def test_a_column_a_month_becomes_a_row_a_month(tmp_path):
    lines = ["Site,Measure,Jan 2023,Feb 2023,2023-03", "North,Visits,10,20,", "South,Visits,1,N/A,3"]

    intake = read_table(write(tmp_path, lines), "observations")

    rows = set(
        intake.frame[["site", "period_start", "value"]].astype(str).fillna("none").itertuples(index=False, name=None)
    )
    assert rows == {
        ("North", "2023-01-01", "10.0"),
        ("North", "2023-02-01", "20.0"),
        ("South", "2023-01-01", "1.0"),
        ("South", "2023-02-01", "none"),
        ("South", "2023-03-01", "3.0"),
    }
    assert intake.rows_accepted == 2


def test_a_column_a_measure_becomes_a_row_a_measure(tmp_path):
    lines = ["Provider,Month,Referrals,Placements", "A,2023-01,40,10", "B,2023-01,50,20"]

    frame = read_table(write(tmp_path, lines), "observations").frame

    assert frame.groupby("metric_id")["value"].sum().to_dict() == {"referrals": 90, "placements": 30}


def test_payments_a_column_a_month_keep_every_dollar(tmp_path):
    lines = ["Vendor,Jan 2023,Feb 2023", 'Acme,"1,000.00",2000.00', "Beta,,-50.00"]

    intake = read_table(write(tmp_path, lines), "payments", currency="USD")

    assert intake.amounts["payment_amount"]["USD"].read == 2950
    assert intake.amounts["payment_amount"]["USD"].accepted == 2950
    assert intake.frame["payment_date"].dt.month.tolist() == [1, 2, 2]


# --- accounting --------------------------------------------------------------------------------------------------


def test_rows_that_cannot_be_used_are_set_aside_with_what_would_mend_them(tmp_path):
    lines = [
        HEAD,
        *ROWS,
        ",No Number,10.00,07/15/2023,",
        "06040,Prose Inc.,see contract,07/15/2023,",
        "06041,Too,1,2,3,4",
    ]

    intake = read_table(write(tmp_path, lines), "contracts", currency="USD")

    assert len(intake.frame) == 2
    aside = intake.set_aside[["source_row", "column", "value", "reason", "fix"]].sort_values("source_row")
    assert [tuple(row) for row in aside.itertuples(index=False)] == [
        (4, "contract_id", "", "no contract_id", "Fill in the column 'Contract Number' and send the row again."),
        (
            5,
            "current_amount",
            "see contract",
            "words where an amount should be",
            "Write a plain amount in the column 'Contract Amount' and send the row again.",
        ),
        (6, "", "", "more cells than headings", "put quotes around cells that hold the delimiter"),
    ]
    money = intake.amounts["current_amount"]["USD"]
    assert (money.read, money.accepted, money.set_aside) == (TOTAL + 10, TOTAL, 10)
    assert money.cells_unread == 2
    assert (intake.rows_read, intake.rows_accepted, intake.rows_set_aside, intake.rows_not_data) == (6, 2, 3, 1)


def test_a_file_sent_twice_under_another_name_is_set_aside_until_it_is_confirmed(tmp_path):
    first, second = write(tmp_path, [HEAD, *ROWS], "a.csv"), write(tmp_path, [HEAD, *ROWS], "copy.csv", end="\r\n")

    intake = read_table([first, second], "contracts", currency="USD")

    assert_the_two_contracts_once(intake)
    assert intake.amounts["current_amount"]["USD"].set_aside == pytest.approx(TOTAL)
    [finding] = [f for f in intake.findings if f.severity == "error"]
    assert finding.what == "a file sent twice (the same content as a.csv)"
    assert finding.done == (
        "set aside; if both are right, write  confirmed: [copy.csv]  in engagement.yaml under files > contracts; "
        "else take it out of the paths there."
    )
    both = read_table([first, second], "contracts", currency="USD", confirmed=["copy.csv"])
    assert len(both.frame) == 4


def assert_the_two_contracts_once(intake):
    assert intake.frame["source_file"].tolist() == ["a.csv", "a.csv"]
    assert intake.rows_set_aside == 2


def test_lines_that_are_the_same_are_reported_and_kept(tmp_path):
    lines = ["Payee,Check Date,Amount", "Acme,2023-07-13,10.00", "Acme,2023-07-13,10.00", "Acme,2023-07-14,10.00"]

    intake = read_table(write(tmp_path, lines), "payments", currency="USD")

    assert len(intake.frame) == 3
    [finding] = [f for f in intake.findings if f.what == "lines that are the same in every cell"]
    assert (finding.count, finding.row) == (1, 2)


def test_the_second_pass_counts_what_the_first_one_lost(tmp_path, monkeypatch):
    from rdclib import parsing

    monkeypatch.setitem(parsing.CURRENCY_SIGNS, "€", "EUR")
    honest = parsing.money

    def forgetful(texts, decimal="."):
        reading = honest(texts, decimal)
        return dataclasses.replace(reading, values=reading.values * 0)

    monkeypatch.setattr(parsing, "money", forgetful)
    monkeypatch.setattr(audit, "parsing", SimpleNamespace(money=honest))
    intake = read_table(
        write(tmp_path, ["Payee,Check Date,Amount", "Acme,2023-07-13,10.00"]), "payments", currency="USD"
    )

    [finding] = [f for f in intake.findings if f.severity == "error"]
    assert finding.what == "amounts do not add up: the second pass over the raw text gives another sum"
    assert finding.done == "read 10.00, accounted 0.00 USD; do not use this column"


# --- known for what they are -------------------------------------------------------------------------------------


def findings(intake, column):
    return {f.what: f for f in intake.findings if f.column == column}


def test_dates_that_nobody_can_order_stay_empty_and_say_so(tmp_path):
    lines = ["Payee,Check Date,Amount", "A,03/04/2021,1", "B,05/06/2021,2", "C,2021-07-08,3"]

    intake = read_table(write(tmp_path, lines), "payments")

    assert intake.frame["payment_date"].notna().tolist() == [False, False, True]
    what = "dates in which day and month cannot be told apart (2 cells read either way)"
    assert findings(intake, "payment_date")[what].value == "03/04/2021 | 05/06/2021"
    assert intake.kept["text"].tolist() == ["03/04/2021", "05/06/2021"]
    told = read_table(tmp_path / "contracts.csv", "payments", date_order="day-first")
    assert told.frame["payment_date"].dt.month.tolist() == [4, 6, 7]


def test_one_date_decides_for_its_whole_file_and_then_for_its_family(tmp_path):
    first = write(tmp_path, ["Payee,Check Date,Amount", "A,03/04/2021,1", "B,31/12/2021,2"], "a.csv")
    second = write(tmp_path, ["Payee,Check Date,Amount", "A,05/06/2021,1"], "b.csv")

    frame = read_table([first, second], "payments").frame

    assert frame["payment_date"].dt.month.tolist() == [4, 12, 6]


def test_the_two_ends_of_a_target_band_are_found_and_turned_ends_are_said(tmp_path):
    lines = [
        "Metric,Vendor,Period Start,Result,Target Min,Target Max",
        "ES-01,A,2024-01-01,90,85,95",
        "ES-01,A,2024-02-01,90,95,85",
        "ES-01,A,2024-03-01,90,85,85",
        "ES-01,A,2024-04-01,90,85,",
    ]
    intake = read_table(write(tmp_path, lines), "observations")

    assert intake.frame["target_low"].tolist() == [85, 95, 85, 85]
    assert intake.frame["target_high"].tolist()[:3] == [95, 85, 85]
    assert intake.frame["target"].isna().all()
    (found,) = [f for f in intake.findings if f.column == "target_low"]
    assert (found.severity, found.row, found.value, found.count) == ("warning", 3, "95", 1)
    assert (found.what, found.done) == ("above target_high", "taken as the upper end; check both")


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("Beds filled - Target Min", "Beds filled - Target Max"),
        ("Lower Target: Beds filled", "Upper Target: Beds filled"),
    ],
)
def test_a_wide_sheet_may_have_the_ends_of_a_band_beside_a_measure(tmp_path, low, high):
    lines = [f"Vendor,Month,Beds filled,{low},{high}", "A,2024-01-01,90,85,95", "A,2024-02-01,91,85,95"]
    frame = read_table(write(tmp_path, lines), "observations").frame
    assert frame[["value", "target_low", "target_high"]].to_numpy().tolist() == [[90, 85, 95], [91, 85, 95]]


def test_amounts_that_nobody_can_read_stay_empty_and_say_so(tmp_path):
    path = write(tmp_path, ["Payee;Check Date;Amount", "A;2021-04-03;1.234", "B;2021-04-04;500"])

    intake = read_table(path, "payments")

    assert intake.frame["payment_amount"].isna().tolist() == [True, False]
    what = "amounts such as 1.234 that may be thousands or a decimal (1 cells read either way)"
    assert findings(intake, "payment_amount")[what].value == "1.234"
    assert read_table(path, "payments", decimal=",").frame["payment_amount"].tolist() == [1234, 500]


def test_what_means_unknown_is_known_for_it(tmp_path):
    lines = [
        "Contract Number,Vendor,Contract Amount,Paid to Date,Number of Bids,Start Date,End Date",
        "1,A,0.00,0.00,0,2023-07-13,2099-12-31",
        "2,B,-99999,10.00,3,2023-07-13,2024-06-30",
        "3,C,500.00,10.00,1,2023-07-13,2049-06-30",
    ]
    intake = read_table(write(tmp_path, lines), "contracts", currency="USD")
    frame = intake.frame

    assert frame["current_amount"].isna().tolist() == [True, True, False]
    assert frame["paid_to_date"].tolist() == [0, 10, 10]
    assert frame["number_of_bids"].isna().tolist() == [True, False, False]
    assert frame["end_date_open"].tolist() == [True, False, False]
    assert frame["end_date"].isna().tolist() == [True, False, False]
    money = intake.amounts["current_amount"]["USD"]
    assert (money.read, money.accepted, money.set_aside) == (-99999 + 500, 500, -99999)
    assert set(intake.kept["text"]) == {"0.00", "-99999", "2099-12-31"}


def test_currencies_are_kept_apart(tmp_path):
    lines = ["Bidder,Solicitation Number,Bid Amount,Currency", "A,S1,10.00,usd", "B,S1,20.00,EUR", "C,S1,€30.00,"]

    intake = read_table(write(tmp_path, lines), "bids", currency="USD")

    assert {code: a.accepted for code, a in intake.amounts["bid_amount"].items()} == {"EUR": 50, "USD": 10}
    assert intake.frame["currency"].tolist() == ["USD", "EUR", "EUR"]
    assert findings(intake, "currency")["amounts in 2 currencies"].value == "EUR: 2 | USD: 1"


@pytest.mark.parametrize(("rows", "said"), [(19, False), (20, True)])
def test_one_value_that_is_most_of_the_total(tmp_path, rows, said):
    lines = ["Payee,Check Date,Amount", "Big,2023-07-01,1000.00"] + [f"V{i},2023-07-02,1.00" for i in range(rows - 1)]

    intake = read_table(write(tmp_path, lines), "payments", currency="USD")

    assert any(what.startswith("one value is") for what in findings(intake, "payment_amount")) == said


def test_signs_of_a_web_page_and_withheld_names(tmp_path):
    lines = [
        "Payee,Check Date,Amount",
        "Smith &amp; Sons,2023-07-01,1",
        "REDACTED - personal,2023-07-02,2",
        "Redactive Ltd,2023-07-02,2",
    ]

    intake = read_table(write(tmp_path, lines), "payments")

    assert intake.frame["vendor_name"].tolist() == ["Smith & Sons", "REDACTED - personal", "Redactive Ltd"]
    assert findings(intake, "vendor_name")["names that were withheld"].count == 1


# --- columns -----------------------------------------------------------------------------------------------------


def test_a_column_that_fits_two_of_ours_is_asked_and_not_used(tmp_path):
    lines = ["Payee,Vendor,Check Date,Amount", "A,B,2023-07-01,1"]

    intake = read_table(write(tmp_path, lines), "payments")

    assert "vendor_name" not in intake.columns
    assert {heading for heading, _ in intake.asked} == {"Payee", "Vendor"}
    mapped = read_table(tmp_path / "contracts.csv", "payments", columns={"Payee": "vendor_name"})
    assert mapped.frame["vendor_name"].tolist() == ["A"]
    assert mapped.columns["vendor_name"]["confidence"] == 1.0


def test_a_slip_of_the_pen_in_a_heading_is_forgiven_and_costs_confidence(tmp_path):
    intake = read_table(write(tmp_path, ["Suplier Name,Check Date,Amount", "A,2023-07-01,1"]), "payments")

    assert intake.columns["vendor_name"]["heading"] == "Suplier Name"
    assert 0.8 <= intake.columns["vendor_name"]["confidence"] < 1


def test_a_heading_that_its_content_contradicts_is_not_used(tmp_path):
    intake = read_table(write(tmp_path, ["Payee,Check Date,Amount", "A,north,1", "B,south,2"]), "payments")

    assert "payment_date" not in intake.columns


def test_the_map_may_name_only_what_is_there(tmp_path):
    path = write(tmp_path, [HEAD, *ROWS])

    with pytest.raises(DataFileError) as caught:
        read_table(path, "contracts", columns={"Vendor": "vendor_name"})
    assert str(caught.value).startswith("No file of the table contracts has a column 'Vendor'.\n")
    with pytest.raises(DataFileError) as caught:
        read_table(path, "contracts", columns={"Vendor Name": "vendor_nam"})
    assert str(caught.value) == (
        "There is no column 'vendor_nam' in the table contracts.\n"
        "In engagement.yaml, under files > contracts > columns, write 'vendor_name' instead."
    )


def test_every_table_has_every_column_in_its_type(tmp_path):
    intake = read_table(write(tmp_path, [HEAD, *ROWS]), "contracts", currency="USD")

    schemas.TABLES["contracts"].validate(intake.frame, lazy=True)
    assert list(intake.frame.columns) == list(schemas.columns("contracts"))


def test_what_a_register_calls_its_method_is_kept(tmp_path):
    lines = ["Contract Number,Vendor,Contract Amount,Procurement Method", "1,A,5.00,Sole Source", "2,B,6.00,By lot"]

    frame = read_table(write(tmp_path, lines), "contracts").frame

    assert frame["procurement_method"].tolist()[0] == "direct"
    assert frame["procurement_method"].isna().tolist() == [False, True]
    assert frame["method_detail"].tolist() == ["Sole Source", "By lot"]


def test_a_big_file_is_read_like_a_small_one(tmp_path):
    body = [f'{i:06d},"Vendor, {i % 70}","$1,000.{i % 100:02d}",07/13/2023,06/30/2024' for i in range(12_000)]
    lines = [
        "Springfield",
        HEAD,
        *body[:6000],
        "",
        HEAD,
        *body[6000:],
        "short,row,5.00",
        "a,b,c,d,e,f",
        "Total,,99.00,,",
    ]
    path = write(tmp_path, lines)

    intake = read_table(path, "contracts", currency="USD")

    assert path.stat().st_size > 400_000
    assert intake.rows_accepted == 12_001
    assert intake.rows_set_aside == 1
    assert intake.not_data["kind"].value_counts().to_dict() == {
        "title": 1,
        "heading": 1,
        "blank": 1,
        "repeated heading": 1,
        "total": 1,
    }
    cents = sum(100_000 + i % 100 for i in range(12_000))
    assert intake.amounts["current_amount"]["USD"].read == pytest.approx(cents / 100 + 5)
    assert intake.amounts["current_amount"]["USD"].accepted == pytest.approx(cents / 100 + 5)
    assert intake.frame["source_row"].iloc[0] == 3
    assert intake.frame["source_row"].iloc[6000] == 6005
    assert not [f for f in intake.findings if f.severity == "error"]


# --- what cannot be used -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "odd.csv is empty."),
        (b" \n\n", "odd.csv is empty."),
        (b"<html><body>Sign in</body></html>", "odd.csv is a web page or XML, whatever its name says."),
        (b"%PDF-1.7", "odd.csv is neither text nor a workbook that we can open."),
        (b"\x1f\x8bnot really", "odd.csv is damaged: it cannot be unpacked to its end."),
        (b"PK\x03\x04broken", "odd.csv is damaged: it cannot be unpacked to its end."),
        (b'{"a": ', "odd.csv begins like JSON and is not: line 1 cannot be read."),
    ],
)
def test_a_file_that_cannot_be_used_says_so_in_two_lines(tmp_path, data, what):
    path = tmp_path / "odd.csv"
    path.write_bytes(data)

    with pytest.raises(DataFileError) as caught:
        read_table(path, "contracts")

    assert str(caught.value).splitlines()[0] == what
    assert len(str(caught.value).splitlines()) == 2
    assert path.read_bytes() == data


def test_a_missing_file_and_an_unknown_table(tmp_path):
    with pytest.raises(DataFileError, match=r"gone\.csv cannot be read"):
        read_table(tmp_path / "gone.csv", "contracts")
    with pytest.raises(DataFileError, match="There is no table 'contract'"):
        read_table(tmp_path / "gone.csv", "contract")


def test_an_archive_that_unpacks_outside_its_folder_is_refused(tmp_path):
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.csv", "a,b\n1,2\n")

    with pytest.raises(DataFileError) as caught:
        read_table(path, "contracts")

    assert str(caught.value) == (
        "evil.zip holds a file that would unpack outside its folder (../../outside.csv).\n"
        "Do not unpack it. Ask the city to send the files again, without folders."
    )
    assert [p.name for p in tmp_path.iterdir()] == ["evil.zip"]


def test_a_zip_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.csv", b"0" * 80_000_000)

    with pytest.raises(DataFileError) as caught:
        read_table(path, "contracts")

    assert str(caught.value).splitlines()[0] == (
        "bomb.zip unpacks to far more than a register holds; it may be a trap."
    )


def test_an_empty_file_in_a_batch_is_a_finding_and_not_the_end(tmp_path):
    good, empty = write(tmp_path, [HEAD, *ROWS]), tmp_path / "empty.csv"
    empty.write_bytes(b"")

    intake = read_table([good, empty], "contracts", currency="USD")

    assert_the_two_contracts(intake)
    assert [f.what for f in intake.findings if f.file == "empty.csv"] == ["empty.csv is empty."]


@pytest.mark.parametrize("cell", ["$982, 900", "982,900.", "982,900.00 CR", "\uff19\uff18\uff12\uff0c900"])
def test_an_amount_that_can_be_read_is_neither_set_aside_nor_missing_from_the_sum(tmp_path, cell):
    lines = ["Payee,Check Date,Amount", f'Acme,2023-07-13,"{cell}"', "Oak,2023-07-14,10.00"]

    intake = read_table(write(tmp_path, lines), "payments", currency="USD")

    amount = -982_900 if "CR" in cell else 982_900
    assert intake.frame["payment_amount"].tolist() == [amount, 10]
    entry = intake.amounts["payment_amount"]["USD"]
    assert (entry.read, entry.accepted, entry.set_aside) == (amount + 10, amount + 10, 0)
    assert not [f for f in intake.findings if f.severity == "error"]


CASES = Path(__file__).parent / "cases"


def paid_by_department(label, *, filled=False, above=False, column=0):
    """Twelve departments of eight payments each, every department with a line of its sum."""
    lines, rest = ["Department,Vendor,Payment Date,Amount"], [Decimal(0)]
    for d in range(12):
        amounts = [Decimal(100 + 7 * d + i * i) + Decimal("0.25") for i in range(8)]
        rows = [f"Dept {d},Vendor {i},2024-0{i + 1}-03,{a}" for i, a in enumerate(amounts)]
        cells = [f"Dept {d}", "Vendor 7", "2024-08-03"] if filled else ["", "", ""]
        cells[column] = label.format(d)
        total = [",".join([*cells, str(sum(amounts))])]
        lines += [*total, *rows] if above else [*rows, *total]
        rest.append(sum(amounts))
    return lines, float(sum(rest))


@pytest.mark.parametrize(
    ("label", "more"),
    [
        ("Dept {} Total", {}),
        ("Total Dept {}", {}),
        ("Subtotal", {"column": 1}),
        ("Total: ", {"column": 1}),
        ("Dept {} Total", {"filled": True}),
        ("Dept {} Total", {"above": True}),
        ("Summe Dept {}", {}),
        ("Sous-total", {"column": 1, "filled": True}),
    ],
)
def test_lines_of_sums_are_no_payments_whatever_their_label_and_place(tmp_path, label, more):
    lines, paid = paid_by_department(label, **more)

    intake = read_table(write(tmp_path, lines), "payments", currency="USD")

    assert len(intake.frame) == 96
    assert intake.frame["payment_amount"].sum() == pytest.approx(paid)
    assert (intake.not_data["kind"] == "total").sum() == 12


def test_a_vendor_called_total_keeps_its_payments(tmp_path):
    """Its name looks like a label, and its amounts are no sums of what is above or below."""
    lines = ["Department,Vendor,Payment Date,Amount"]
    lines += [
        f"Fleet,{'Total Energies' if i % 3 else 'Fuel Total'},2024-01-{i + 1:02d},{100 + i * i}" for i in range(20)
    ]

    intake = read_table(write(tmp_path, lines), "payments", currency="USD")

    assert len(intake.frame) == 20
    assert intake.frame["payment_amount"].sum() == sum(100 + i * i for i in range(20))


def test_the_example_with_subtotals_has_96_payments():
    """12 departments, 13 lines of sums; 44,669.95 by the file's own last line."""
    intake = read_table([CASES / "subtotals_by_department.csv"], "payments", currency="USD")

    assert len(intake.frame) == 96
    assert intake.frame["payment_amount"].sum() == pytest.approx(44_669.95)
    assert (intake.not_data["kind"] == "total").sum() == 13


@pytest.mark.parametrize(
    ("starts", "end"),
    [
        (("2018-01-01", "2018-07-01"), "2018-06-30"),
        (("2018-01-01", "2018-05-01"), "2018-04-30"),
        (("2018-01-01", "2018-03-01"), "2018-02-28"),
        (("2018-01-01", "2018-04-01"), "2018-03-31"),
        (("2018-01-01", "2018-02-01"), "2018-01-31"),
        (("2018-02-01", "2018-03-01"), "2018-02-28"),
        (("2018-01-01", "2018-01-29"), "2018-01-28"),
        (("2018-01-01", "2018-01-15"), "2018-01-14"),
        (("2018-01-01", "2019-01-01"), "2018-12-31"),
    ],
)
def test_the_gap_between_first_days_says_how_long_periods_are(tmp_path, starts, end):
    lines = ["Metric,Vendor,Start of period,Value", *(f"A9-05,Acme,{day},190" for day in starts)]

    intake = read_table(write(tmp_path, lines), "observations")

    assert intake.frame["period_end"].iloc[0].date().isoformat() == end


def test_metrics_of_different_steps_have_periods_of_their_own(tmp_path):
    lines = ["Metric,Vendor,Start of period,Value", "A,V,2018-01-01,1", "A,V,2018-07-01,1", "B,V,2018-01-01,1"]
    lines += ["B,V,2018-02-01,1"]

    intake = read_table(write(tmp_path, lines), "observations")

    ends = dict(zip(intake.frame["metric_id"], intake.frame["period_end"].dt.strftime("%Y-%m-%d"), strict=True))
    assert ends == {"A": "2018-12-31", "B": "2018-02-28"}
