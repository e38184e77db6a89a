"""Files that a city hands over: copied untouched, their map drafted, the city's remarks kept."""

import datetime

import openpyxl
import pytest

from rdclib import saved, schemas
from rdclib.documents.readiness import TEMPLATE_TABLES, rejects, template
from rdclib.errors import DataFileError
from rdclib.intake import read_table
from rdclib.intake.desk import safe_name, take_in

DAY = datetime.date(2024, 6, 30)
YAML = "# Facts of Springfield.\ncity: Springfield  # a remark\ncurrency: USD\n"


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "springfield"
    (home / "raw").mkdir(parents=True)
    (home / "engagement.yaml").write_text(YAML, encoding="utf-8")
    return home


def file(
    tmp_path, name="register.csv", lines=("Contract No,Vendor,Contract Amt,Award Dt", '1,Acme,"$5.00",2024-01-13')
):
    path = tmp_path / name
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def test_a_file_is_copied_as_it_is_and_its_map_drafted_below_the_citys_remarks(tmp_path, folder):
    path = file(tmp_path)

    [arrival] = take_in(folder, [path], author="Ana")

    assert (arrival.file, arrival.table, arrival.known) == ("raw/register.csv", "contracts", False)
    assert (folder / "raw" / "register.csv").read_bytes() == path.read_bytes()
    assert (folder / "engagement.yaml").read_text(encoding="utf-8") == YAML + (
        "files:\n  contracts:\n    paths:\n      - raw/register.csv\n    columns:\n      Contract No: contract_id\n"
        "      Vendor: vendor_name\n      Award Dt: award_date\n      Contract Amt: current_amount\n"
    )


def test_the_same_bytes_are_not_copied_again_and_other_bytes_get_another_name(tmp_path, folder):
    path = file(tmp_path)
    take_in(folder, [path], author="Ana")

    assert take_in(folder, [path], author="Ana")[0].known
    file(tmp_path, lines=("Contract No,Vendor,Contract Amt,Award Dt", "2,Beta,6.00,2024-02-13"))
    [second] = take_in(folder, [path], author="Ana")

    assert second.file == "raw/register-2.csv"
    assert sorted(p.name for p in (folder / "raw").iterdir() if p.suffix == ".csv") == [
        "register-2.csv",
        "register.csv",
    ]


def test_it_asks_when_it_cannot_know_and_then_writes_nothing(tmp_path, folder):
    path = file(tmp_path, "odd.csv", ("Alpha,Omega", "a,b", "c,d"))

    with pytest.raises(DataFileError) as caught:
        take_in(folder, [path], author="Ana")

    assert str(caught.value).splitlines()[0] == "It is not clear which table odd.csv is."
    assert "--table contracts" in str(caught.value).splitlines()[1]
    assert (folder / "engagement.yaml").read_text(encoding="utf-8") == YAML
    assert list((folder / "raw").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\win.ini", "win.ini"),
        (".hidden.csv", "hidden.csv"),
        ("a\x00b|c.csv", "a_b_c.csv"),
        ("...", "file"),
    ],
)
def test_a_hostile_name_stays_in_the_folder(given, safe):
    assert safe_name(given) == safe


def test_the_template_has_a_sheet_a_table_and_is_read_back(tmp_path, folder):
    path = tmp_path / "template.xlsx"
    path.write_bytes(template("Springfield", DAY))
    book = openpyxl.load_workbook(path)
    assert [s for s in book.sheetnames[1:] if s in {schemas.TABLES[t].title for t in TEMPLATE_TABLES}]
    with pytest.raises(DataFileError) as caught:
        take_in(folder, [path], author="Ana")
    assert str(caught.value) == "template.xlsx has no rows yet.\nFill in at least one sheet, then add it again."

    page = book["Payments"]
    heads = [cell.value for cell in page[1]]
    for heading, value in {"Payment date": DAY, "Amount": 12.5, "Vendor": "=Acme", "Contract id": "00017"}.items():
        page.cell(3, heads.index(heading) + 1, value)
    page.cell(3, heads.index("Vendor") + 1).data_type = "s"
    book.save(path)
    [arrival] = take_in(folder, [path], author="Ana")
    frame = read_table(path, "payments", currency="USD").frame

    assert arrival.table == "payments"
    assert frame[["contract_id", "vendor_name", "payment_amount"]].values.tolist() == [["00017", "=Acme", 12.5]]


@pytest.mark.parametrize("table", TEMPLATE_TABLES)
def test_every_heading_of_the_template_is_recognised(tmp_path, table):
    path = tmp_path / "template.xlsx"
    path.write_bytes(template("Springfield", DAY))
    book = openpyxl.load_workbook(path)
    page = book[schemas.TABLES[table].title]
    example = [cell.value for cell in page[2]]
    for at, value in enumerate(example[1:], start=2):
        page.cell(3, at, value)
    book.save(path)

    intake = read_table(path, table, currency="USD")

    assert intake.asked == ()
    wanted = [n for n in schemas.columns(table) if n not in schemas.LINEAGE]
    filled = [name for name, value in zip(wanted, example[1:], strict=True) if value not in (None, "")]
    assert set(filled) <= set(intake.columns)
    assert len(intake.frame) == 1


def test_rows_set_aside_go_back_to_the_city_and_no_formula_lives(tmp_path):
    lines = ("Payee,Check Date,Amount", "Acme,2024-01-13,5.00", '=HYPERLINK("http://evil"),2024-01-14,see attached')
    intake = read_table(file(tmp_path, lines=lines), "payments", currency="USD")
    path = tmp_path / "rejects.xlsx"

    path.write_bytes(rejects({"payments": intake}, "Springfield", DAY))

    page = openpyxl.load_workbook(path)["Payments"]
    cells = [[cell.value for cell in row] for row in page.iter_rows()]
    assert ["register.csv", 3, "payment_amount", "see attached"] in [row[:4] for row in cells]
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)


def test_what_is_to_be_asked_stands_in_the_draft_and_changes_nothing(tmp_path):
    (tmp_path / "engagement.yaml").write_text("city: Testville  # ours\n", encoding="utf-8")
    lines = ("Contract Number,Vendor,Buyer Name,Contract Amount,Start Date", "C1,A,Jo Doe,5,2024-01-13")

    take_in(tmp_path, [file(tmp_path, lines=lines)], author="test")

    text = (tmp_path / "engagement.yaml").read_text(encoding="utf-8")
    assert "    # To be asked: 'Buyer Name' may be department. If so, add it under columns.\n    paths:" in text
    assert "city: Testville  # ours" in text
    assert "department" not in saved.read_yaml(tmp_path / "engagement.yaml")["files"]["contracts"]["columns"].values()
