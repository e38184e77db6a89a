"""Which numbers differ between two periods, and by how much."""

import json

import pytest

from rdclib.errors import ReportError, WrongUse
from rdclib.running import changes_as_text, diff
from rdclib.tables import Column, Interval, Table, Value
from tests.running.homes import linux


def table(*rows):
    columns = (
        Column("name", "text", "Indicator"),
        Column("value", "share", "Value"),
        Column("n", "integer", "Records"),
    )
    return Table("Overview", columns, rows, currency="USD").data()


@pytest.fixture
def compare(tmp_path):
    def compared(before, after):
        for period, tables in (("FY2023", before), ("FY2024", after)):
            folder = tmp_path / "springfield" / period
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "numbers.json").write_text(json.dumps({"01_procurement_assessment": tables}))
        return diff("springfield", "FY2023", "FY2024", reports=tmp_path)

    return compared


def change(row, column, before, after, by):
    return {
        "notebook": "01_procurement_assessment", "table": "Overview", "row": row, "column": column,
        "before": before, "after": after, "change": by,
    }  # fmt: skip


def test_only_what_differs_is_listed_with_its_change(compare):
    before = [table(("Single bids", 0.25, 100), ("Renewals", 0.5, 40))]
    after = [table(("Single bids", 0.75, 100), ("Renewals", 0.5, 44))]

    assert compare(before, after) == [
        change("Single bids", "Value", 0.25, 0.75, 0.5),
        change("Renewals", "Records", 40, 44, 4),
    ]


def test_rows_that_come_go_or_move(compare):
    before = [table(("Old", 0.5, 1), ("Same", 0.5, 2))]
    after = [table(("Same", 0.5, 2), ("New", None, 3))]

    assert compare(before, after) == [
        change("Old", "Value", 0.5, None, None),
        change("Old", "Records", 1, None, None),
        change("New", "Records", None, 3, None),
    ]


def test_values_with_a_kind_of_their_own_and_intervals(compare):
    before = [table(("Cost", Value(1000.0, "money"), Interval(1.0, 2.0, "days")))]
    after = [table(("Cost", Value(1500.0, "money"), Interval(1.0, 4.0, "days")))]

    assert compare(before, after) == [
        change("Cost", "Value", 1000.0, 1500.0, 500.0),
        change("Cost", "Records, high", 2.0, 4.0, 2.0),
    ]


def test_rows_with_the_same_heading_are_told_apart(compare):
    rows = (("Parks", 0.1, 1), ("Parks", 0.2, 1))

    assert compare([table(*rows)], [table(rows[0], ("Parks", 0.4, 1))]) == [
        change("Parks (2)", "Value", 0.2, 0.4, 0.2),
    ]


def test_nothing_differs(compare):
    rows = compare([table(("Parks", 0.1, 1))], [table(("Parks", 0.1, 1))])

    assert rows == []
    assert changes_as_text(rows, "FY2023", "FY2024") == "No number differs between FY2023 and FY2024."


def test_as_text(compare):
    rows = compare([table(("Parks", 0.25, 1), ("Fire", 0.1, 2))], [table(("Parks", 0.5, 1))])

    assert changes_as_text(rows, "FY2023", "FY2024") == (
        "01_procurement_assessment: Overview\n"
        "    Parks, Value: 0.25 → 0.5  (+0.25)\n"
        "    Fire, Value: 0.1 → –\n"
        "    Fire, Records: 2 → –"
    )


def test_a_period_without_reports_is_told(tmp_path):
    with pytest.raises(WrongUse) as error:
        diff("springfield", "FY2023", "FY2024", reports=tmp_path)

    assert str(error.value) == (
        "'springfield' has no reports for FY2023.\nMake them with rdc run springfield --period FY2023."
    )


@pytest.mark.parametrize("stored", ["x", "[]", '{"00_words": [{"caption": 3}]}'])
def test_numbers_that_were_damaged_are_told(tmp_path, compare, stored):
    compare([], [])
    path = tmp_path / "springfield" / "FY2023" / "numbers.json"
    path.write_text(stored)

    with pytest.raises(ReportError) as error:
        diff("springfield", "FY2023", "FY2024", reports=tmp_path)

    assert str(error.value) == (
        f"The file {path} was damaged.\nMake it again with rdc run springfield --period FY2023."
    )


def test_a_period_is_no_path(tmp_path):
    with pytest.raises(WrongUse) as error:
        diff("springfield", "../FY2023", "FY2024", reports=tmp_path)

    assert str(error.value).startswith("'../FY2023' is not a period.\n")


@linux
def test_the_numbers_of_the_pages_are_kept_for_it(here, make):
    city = here.city("springfield")
    make("springfield", period="FY2023")
    (city / "raw" / "words.txt").write_text("alphabet beta")
    make("springfield", period="FY2024")

    assert diff("springfield", "FY2023", "FY2024") == [
        {"notebook": "00_words", "table": "Words of Springfield", "row": "alpha", "column": "Letters",
         "before": 5, "after": None, "change": None},
        {"notebook": "00_words", "table": "Words of Springfield", "row": "alphabet", "column": "Letters",
         "before": None, "after": 8, "change": None},
    ]  # fmt: skip
