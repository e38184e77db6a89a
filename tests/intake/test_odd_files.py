"""Files as they come in practice: an open quote, an archive of several tables, formulas without results."""

import csv
import io

import pytest

from rdclib.intake import read_table

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
