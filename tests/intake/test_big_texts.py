"""A text too big to be taken apart row by row: the same rows, findings and sums as its small parts give."""

import pytest

from rdclib.intake import grids, read_table

HEAD = "Contract Number,Department,Vendor Name,Award Date,Current Amount\n"


def line(i):
    cells = (
        f"C{i:05d}",
        '"Parks, north"',
        f"Vendor {i % 7} Paving Company of Springfield",
        f"{i % 12 + 1:02d}/28/2023",
    )
    return ",".join((*cells, f'"$1,{i % 1000:03d}.50"\n'))


def read(tmp_path, body, size=grids.SMALL_BYTES + 1):
    text = HEAD + "".join(body)
    assert len(text) >= size
    path = tmp_path / "big.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return read_table(path, "contracts", currency="USD")


@pytest.fixture(scope="module")
def rows():
    return [line(i) for i in range(6000)]


def test_every_row_and_amount_of_a_big_text(tmp_path, rows):
    intake = read(tmp_path, rows)

    assert (intake.rows_read, intake.rows_accepted, intake.rows_not_data) == (6001, 6000, 1)
    assert intake.amounts["current_amount"]["USD"].read == sum(1000.5 + i % 1000 for i in range(6000))
    assert intake.amounts["current_amount"]["USD"].accepted == intake.amounts["current_amount"]["USD"].read
    assert intake.frame["source_row"].tolist() == list(range(2, 6002))
    assert intake.frame["vendor_name"].iloc[8] == "Vendor 1 Paving Company of Springfield"


def test_lines_that_are_no_data_leave_no_finding(tmp_path, rows):
    body = [*rows[:3000], HEAD, ",,,,\n", *rows[3000:], 'Grand total,,,,"$8,997,000.00"\n']
    intake = read(tmp_path, body)

    assert (intake.rows_accepted, intake.rows_not_data) == (6000, 4)
    assert intake.amounts["current_amount"]["USD"].accepted == sum(1000.5 + i % 1000 for i in range(6000))
    assert [f.what for f in intake.findings] == []
    assert intake.frame["source_row"].iloc[[2999, 3000]].tolist() == [3001, 3004]


def test_a_row_with_a_cell_too_many_is_set_aside_with_its_line(tmp_path, rows):
    intake = read(tmp_path, [*rows[:100], "C9,Parks,Acme,01/28/2023,5.00,six\n", *rows[100:]])

    assert (intake.rows_accepted, intake.rows_set_aside) == (6000, 1)
    assert intake.set_aside[["source_row", "reason"]].values.tolist() == [[102, "more cells than headings"]]


def test_the_same_line_twice_is_found_and_kept(tmp_path, rows):
    intake = read(tmp_path, [*rows, rows[41], rows[41], rows[7]])

    found = next(f for f in intake.findings if f.what == "lines that are the same in every cell")
    assert (found.count, found.row, found.value.split(" | ")[0]) == (3, 9, "C00007")
    assert intake.rows_accepted == 6003


def test_lines_that_differ_in_their_number_alone_are_not_the_same(tmp_path, rows):
    intake = read(tmp_path, [*rows, rows[41].replace("C00041", "C90041")])

    assert "lines that are the same in every cell" not in [f.what for f in intake.findings]


def test_the_same_big_text_under_two_names_is_set_aside(tmp_path, rows):
    for name, end in (("a.csv", "\n"), ("b.csv", "\r\n")):
        (tmp_path / name).write_text((HEAD + "".join(rows)).replace("\n", end), encoding="utf-8", newline="")

    intake = read_table([tmp_path / "a.csv", tmp_path / "b.csv"], "contracts", currency="USD")

    assert (intake.rows_accepted, intake.rows_set_aside) == (6000, 6000)


def test_a_column_that_repeats_itself_at_first_and_not_later(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(grids, "SAMPLE_BYTES", 2000)
    body = [row.replace(" of Springfield", f" no. {i}") if i > 3000 else row for i, row in enumerate(rows)]

    intake = read(tmp_path, body)

    assert intake.frame["vendor_name"].iloc[[0, 5999]].tolist() == [
        "Vendor 0 Paving Company of Springfield",
        "Vendor 0 Paving Company no. 5999",
    ]
    assert intake.rows_accepted == 6000
