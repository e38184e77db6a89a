"""Files as they come in practice: an open quote, an archive of several tables, formulas without results."""

import csv
import io
import json
import zipfile

import openpyxl
import pytest

from rdclib.errors import DataFileError
from rdclib.intake import desk, read_table
from rdclib.intake.opening import fingerprint, open_sources

HEADINGS = ["Contract Number", "Vendor Name", "Description", "Contract Amount", "Start Date", "Department"]
AMOUNT = HEADINGS.index("Contract Amount")
ROWS = [
    [
        f"C-{i:04d}",
        f"Vendor {i % 7}, Inc.",
        f"Repair of road {i}",
        f"{1000 + i}.50",
        f"2023-{i % 12 + 1:02d}-15",
        "Parks",
    ]
    for i in range(30)
]


def as_text(rows):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([HEADINGS, *rows])
    return stream.getvalue()


def dollars(intake):
    return sum(intake.amounts["current_amount"]["USD"].__dict__[part] for part in ("accepted", "set_aside"))


# --- quotes


@pytest.mark.parametrize("row", [0, 14, 29])
@pytest.mark.parametrize(("column", "comma"), [(0, ""), (2, ""), (3, ""), (4, ""), (2, ","), (3, ","), (4, ",")])
def test_a_quote_that_nobody_closes_takes_no_row_with_it(tmp_path, row, column, comma):
    """Up to the next quote (in the row behind when all names have a comma) or to the end of the file."""
    rows = [[cell.replace(",", comma) for cell in cells] for cells in ROWS]
    lines = as_text(rows).splitlines()
    line = lines[row + 1]
    at = line.index(rows[row][column])
    lines[row + 1] = f'{line[:at]}"{line[at:]}'
    path = tmp_path / "register.csv"
    path.write_text("\n".join(lines) + "\n")

    intake = read_table(path, "contracts", currency="USD")

    (found,) = [finding for finding in intake.findings if finding.what == "a quote that nobody closes"]
    assert (found.severity, found.row, found.count) == ("warning", row + 2, 1)
    others = [f"C-{i:04d}" for i in range(30) if i != row]
    assert [number for number in intake.frame["contract_id"] if number in others] == others
    assert intake.rows_accepted + intake.rows_set_aside == 30


def test_cells_of_several_lines_stay_whole(tmp_path):
    """Words with commas and figures in them, as people write them, are no rows that an open quote took."""
    words = "Repair of road, bridge and verge:\n1, 2 and 3, then\n2023, 5, 7\n"
    path = tmp_path / "register.csv"
    path.write_text(as_text([[*row[:2], words, *row[3:]] for row in ROWS]))

    intake = read_table(path, "contracts", currency="USD")

    assert intake.rows_accepted == 30
    assert dollars(intake) == sum(float(row[AMOUNT]) for row in ROWS)
    assert not [finding for finding in intake.findings if "quote" in finding.what]


def test_a_total_in_quotes_at_the_end_is_no_open_quote(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text(as_text(ROWS).replace("road 3,", 'road 3 (12" pipe),') + 'Total,,,"30,450.00"\n')

    intake = read_table(path, "contracts", currency="USD")

    assert (intake.rows_accepted, dollars(intake)) == (30, 30 * 1000.5 + sum(range(30)))
    assert not [finding for finding in intake.findings if "quote" in finding.what]


# --- archives


PAYMENTS = [["Check Number", "Payee", "Check Date", "Amount"]] + [
    [str(9000 + i), f"Beta {i % 5}", f"2023-{i % 12 + 1:02d}-15", f"{i + 1}.25"] for i in range(20)
]
BIDS = [["Solicitation Number", "Bidder", "Bid Amount", "Awarded"]] + [
    [f"S-{i // 3}", f"Beta {i % 5}", f"{900 + i}.10", ("Yes", "No", "No")[i % 3]] for i in range(30)
]
LETTER = "Dear advisor,\nHere is what you asked for, by table.\nCall me, or write.\nYours, the budget office\n"


def archive(folder):
    """Five files: a register, payments twice, bids and a letter; bids are the fourth by name."""
    path = folder / "all.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a register.csv", as_text(ROWS))
        for name, rows in (
            ("b payments.csv", PAYMENTS),
            ("c payments.csv", PAYMENTS[:1] + PAYMENTS[5:]),
            ("d bids.csv", BIDS),
        ):
            packed.writestr(name, "\n".join(",".join(row) for row in rows))
        packed.writestr("e letter.txt", LETTER)
    return path


def test_an_archive_of_several_tables_is_all_of_them(tmp_path):
    found = desk.guess(archive(tmp_path))

    assert (found.table, sorted(found.scores)) == ("several", ["bids", "contracts", "payments"])


@pytest.mark.parametrize(("table", "rows"), [("contracts", 30), ("payments", 20 + 16), ("bids", 30)])
def test_a_file_of_an_archive_counts_in_its_own_table_alone(tmp_path, table, rows):
    intake = read_table(archive(tmp_path), table, currency="USD")

    assert (intake.rows_accepted, intake.rows_set_aside) == (rows, 0)
    lines = (1 + 30) + (1 + 20) + (1 + 16) + (1 + 30) + 4
    assert intake.rows_read == lines == rows + intake.rows_not_data


def test_files_of_an_archive_that_are_left_out_are_said(tmp_path):
    intake = read_table(archive(tmp_path), "bids")

    said = {finding.file: (finding.severity, finding.what, finding.done) for finding in intake.findings}
    again = "if it is, unpack the archive and add it by itself"
    assert said["all.zip/a register.csv"] == (
        "note",
        "another table",
        f"not read as bids, for it looks like contracts; {again}",
    )
    assert said["all.zip/e letter.txt"] == (
        "warning",
        "another table",
        f"not read as bids, for no column of that table stands in it; {again}",
    )


def test_a_file_of_an_archive_stays_when_the_city_maps_a_heading_of_it(tmp_path):
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.csv", as_text(ROWS))
        packed.writestr("b.csv", "Aktenzeichen,Wer\n" + "\n".join(f"Z-{i},Beta" for i in range(12)))

    mapped = read_table(path, "contracts", columns={"Aktenzeichen": "contract_id"})

    assert mapped.rows_accepted == 30 + 12
    assert read_table(path, "contracts").rows_accepted == 30


# --- workbooks


def book(path, *, formulas=(), texts=()):
    """A workbook of a program that does not calculate; ``formulas`` and ``texts`` are rows whose amount is one."""
    made = openpyxl.Workbook()
    made.active.append(HEADINGS)
    for i, row in enumerate(ROWS):
        amount = f"=SUM(A{i + 2}:A{i + 2})" if i in formulas else '=IF(1,"","")' if i in texts else float(row[AMOUNT])
        made.active.append([*row[:AMOUNT], amount, *row[AMOUNT + 1 :]])
    made.save(path)
    return path


def test_formulas_without_results_are_said(tmp_path):
    intake = read_table(book(tmp_path / "book.xlsx", formulas=range(3, 9)), "contracts", currency="USD")

    (found,) = [finding for finding in intake.findings if "formulas" in finding.what]
    assert (found.severity, found.file, found.count, found.what, found.done) == (
        "warning",
        "book.xlsx",
        6,
        "formulas that were never calculated",
        "their cells are empty: open the workbook in a spreadsheet program, save it, and add that file",
    )
    assert int(intake.frame["current_amount"].isna().sum()) == 6


def test_a_formula_whose_result_is_an_empty_text_was_calculated(tmp_path):
    path = book(tmp_path / "book.xlsx", texts=[4])
    done = tmp_path / "done.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(done, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert data.count(b'<c r="D6"><f>') == 1
                data = data.replace(b'<c r="D6"><f>', b'<c r="D6" t="str"><f>')
            new.writestr(name, data)

    intake = read_table(done, "contracts", currency="USD")

    assert not [finding for finding in intake.findings if "formulas" in finding.what]


# --- amounts and days


@pytest.mark.parametrize("text", ["$-", " $-   ", "$ -", "€ -", "-   €", "£-", "NaN"])
def test_nothing_in_the_format_for_accounts_is_a_gap_and_no_word(tmp_path, text):
    rows = [[*row[:AMOUNT], text, *row[AMOUNT + 1 :]] if i == 7 else row for i, row in enumerate(ROWS)]
    path = tmp_path / "register.csv"
    path.write_text(as_text(rows), encoding="utf-8")

    intake = read_table(path, "contracts", currency="USD")

    assert (intake.rows_accepted, intake.rows_set_aside) == (30, 0)
    assert list(intake.frame.index[intake.frame["current_amount"].isna()]) == [7]
    assert intake.amounts["current_amount"]["USD"].cells_unread == 0


def test_digits_of_another_script_are_words_in_both_passes(tmp_path):
    rows = [[*row[:AMOUNT], "٣٤", *row[AMOUNT + 1 :]] if i == 7 else row for i, row in enumerate(ROWS)]
    path = tmp_path / "register.csv"
    path.write_text(as_text(rows), encoding="utf-8")

    intake = read_table(path, "contracts", currency="USD")

    assert (intake.rows_accepted, intake.rows_set_aside) == (29, 1)
    assert not [finding for finding in intake.findings if finding.severity == "error"]


def test_what_cannot_be_told_says_what_to_write(tmp_path):
    """All days up to the twelfth, and amounts with a single mark before three digits."""
    rows = [[*row[:AMOUNT], f"{i + 1}.234", f"0{i % 9 + 1}/02/2023", row[-1]] for i, row in enumerate(ROWS)]
    path = tmp_path / "register.csv"
    path.write_text(as_text(rows))

    said = {
        finding.column: finding.done
        for finding in read_table(path, "contracts").findings
        if "either way" in finding.what
    }

    assert said == {
        "start_date": "left empty; the text is kept: write  date_order: day-first  or  date_order: month-first"
        "  in engagement.yaml under files > contracts",
        "current_amount": 'left empty; the text is kept: write  decimal: "."  or  decimal: ","  '
        "in engagement.yaml under files > contracts",
    }


# --- what is no table


def test_a_file_of_headings_alone_says_so(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text(as_text([]))

    with pytest.raises(DataFileError) as told:
        desk.take_in(tmp_path, [path])

    assert str(told.value) == "register.csv has headings and no rows.\nAsk the city for the rows, then add it again."


@pytest.mark.parametrize(("share", "text"), [(1, True), (2, True), (3, False)])
def test_bytes_with_many_control_signs_are_no_text(tmp_path, share, text):
    """Up to two in a hundred."""
    path = tmp_path / "payments.csv"
    path.write_bytes((b"\x01" * share + b"a" * (100 - share)) * 8)

    if text:
        assert [source.kind for source in open_sources(path)] == ["text"]
        return
    with pytest.raises(DataFileError) as told:
        open_sources(path)
    assert str(told.value) == (
        "payments.csv is neither text nor a workbook that we can open.\n"
        "Save it as CSV or as an Excel workbook, and add that file."
    )


def test_releases_without_the_number_of_their_process_are_read(tmp_path):
    path = tmp_path / "package.json"
    releases = [
        {
            "id": str(i),
            "tag": ["award"],
            "date": f"2023-01-0{i}T00:00:00Z",
            "awards": [{"id": f"a{i}", "status": "active", "value": {"amount": 100 * i, "currency": "USD"}}],
        }
        for i in (1, 2, 3)
    ]
    path.write_text(json.dumps({"version": "1.1", "releases": releases}))

    assert desk.guess(path).table == "ocds"
    assert read_table(path, "contracts").frame["award_amount"].tolist() == [100.0, 200.0, 300.0]


def test_an_archive_with_a_password_says_so(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.csv", as_text(ROWS))
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag in front of the file, and the one in the list of files at the end
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)

    with pytest.raises(DataFileError) as told:
        open_sources(path)

    assert str(told.value) == ("all.zip is protected by a password.\nUnpack it yourself, and add the files inside.")


@pytest.mark.parametrize(("budget", "asked"), [("", {"current_amount": 0.6}), ("12.50", None)])
def test_a_column_that_is_called_an_amount_and_holds_words_is_asked_where_no_other_holds_amounts(
    tmp_path, budget, asked
):
    rows = [
        [*row[:AMOUNT], ("see order", "per unit", "call off")[i % 3], *row[AMOUNT + 1 :], budget]
        for i, row in enumerate(ROWS)
    ]
    path = tmp_path / "register.csv"
    path.write_text(as_text(rows).replace("Department\n", "Department,Budget\n", 1))

    intake = read_table(path, "contracts", currency="USD")

    assert dict(intake.asked).get("Contract Amount") == asked
    assert ("Contract Amount" in intake.unused) == (asked is None)


def test_a_file_that_changes_while_it_is_read_is_not_taken_in(tmp_path, monkeypatch):
    path = tmp_path / "register.csv"
    path.write_text(as_text(ROWS))
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "engagement.yaml").write_text("city: Springfield\n")

    def and_then_grows(file):
        mark = fingerprint(file)
        with path.open("a") as more:
            more.write("C-0099,Late,Late,1.00,2023-01-01,Parks\n")
        return mark

    monkeypatch.setattr(desk, "fingerprint", and_then_grows)
    with pytest.raises(DataFileError) as told:
        desk.take_in(tmp_path / "city", [path])

    assert str(told.value) == (
        "register.csv changed while it was read.\nClose the program that writes it, then add the file again."
    )
    assert list((tmp_path / "city" / "raw").iterdir()) == []
