"""A column a period, a measure, or both: turned long, with totals and targets told apart from results."""

from datetime import date

import pytest

from rdclib.intake import read_table
from rdclib.intake.wide import period_of

START = "07-01"


@pytest.mark.parametrize(
    ("heading", "first", "last", "beside"),
    [
        ("Jan-23", date(2023, 1, 1), date(2023, 1, 31), ""),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), ""),
        ("January 2023 Actual", date(2023, 1, 1), date(2023, 1, 31), "actual"),
        ("FY23 Jul", date(2022, 7, 1), date(2022, 7, 31), ""),
        ("FY23 Jun", date(2023, 6, 1), date(2023, 6, 30), ""),
        ("Jul-Sep 2023", date(2023, 7, 1), date(2023, 9, 30), ""),
        ("FY24 Oct to Mar Actual", date(2023, 10, 1), date(2024, 3, 31), "actual"),
        ("2023 (p)", date(2023, 1, 1), date(2023, 12, 31), ""),
        ("Q1 FY23", date(2022, 7, 1), date(2022, 9, 30), ""),
        ("FY23 Q4", date(2023, 4, 1), date(2023, 6, 30), ""),
        ("2022 Q1", date(2022, 1, 1), date(2022, 3, 31), ""),
        ("3rd Quarter 2022", date(2022, 7, 1), date(2022, 9, 30), ""),
        ("FY2019", date(2018, 7, 1), date(2019, 6, 30), ""),
        ("FY2018-19 Target", date(2018, 7, 1), date(2019, 6, 30), "target"),
        ("2021 Rate", date(2021, 1, 1), date(2021, 12, 31), "rate"),
    ],
)
def test_the_period_that_a_heading_names(heading, first, last, beside):
    assert period_of(heading, START) == (first, last, beside)


@pytest.mark.parametrize(
    "heading", ["May", "YTD", "Total", "Oct-Mar 2023", "2018-19", "Beds 1.5 in 2020", "Ward 2021b", "3"]
)
def test_headings_that_name_no_period(heading):
    assert period_of(heading, START) is None


def read(tmp_path, lines, table="observations", **how):
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_table(path, table, fiscal_year_start=START, **how)


def test_results_targets_and_the_year_to_date_of_one_sheet(tmp_path):
    lines = ["Measure,Jul-23,Aug-23,YTD,FY2024 Target", "Calls,10,20,30,100", "Visits,3,,3,50"]

    frame = read(tmp_path, lines).frame

    rows = list(zip(frame["metric_id"], frame["period_start"].dt.strftime("%Y-%m"), frame["value"], strict=True))
    assert rows == [("Calls", "2023-07", 10), ("Visits", "2023-07", 3), ("Calls", "2023-08", 20)]


def test_a_target_of_a_period_stands_beside_its_result(tmp_path):
    frame = read(tmp_path, ["Measure,FY22 Actual,FY22 Target,FY23 Actual", "Calls,10,12,11", "Visits,3,4,5"]).frame

    first = frame[frame["period_start"] == "2021-07-01"]
    assert (first["value"].tolist(), first["target"].tolist()) == ([10, 3], [12, 4])
    assert frame[frame["period_start"] == "2022-07-01"]["target"].isna().all()


def test_two_measures_in_two_years_have_their_own_names(tmp_path):
    frame = read(tmp_path, ["County,2021 Number,2021 Rate,2022 Number,2022 Rate", "A,50,0.5,60,0.7"]).frame

    assert frame[["metric_id", "value"]].values.tolist() == [
        ["number", 50], ["rate", 0.5], ["number", 60], ["rate", 0.7],
    ]  # fmt: skip
    assert frame["period_end"].dt.year.tolist() == [2021, 2021, 2022, 2022]


def test_months_beside_a_year_in_each_row(tmp_path):
    frame = read(tmp_path, ["Measure,Year,Jan,Feb", "Calls,2022,1,2", "Calls,2023,3,4"]).frame

    found = sorted(zip(frame["period_start"].dt.strftime("%Y-%m"), frame["value"], strict=True))
    assert found == [("2022-01", 1), ("2022-02", 2), ("2023-01", 3), ("2023-02", 4)]


def test_payments_a_column_a_year_are_counted_once_though_a_total_stands_beside_them(tmp_path):
    lines = ["Vendor Name,FY2022,FY2023,Total", *(f"Firm {i},${i}.50,$2.25,${i + 2}.75" for i in range(1, 5))]

    intake = read(tmp_path, lines, "payments", currency="USD")

    assert intake.amounts["payment_amount"]["USD"].accepted == 12 + 9
    assert sorted(set(intake.frame["payment_date"].dt.strftime("%Y-%m-%d"))) == ["2022-06-30", "2023-06-30"]


def test_a_column_that_is_no_sum_of_the_others_is_not_stacked(tmp_path):
    lines = ["Vendor Name,FY2022,FY2023,Total", *(f"Firm {i},{i},{i},{i * 7}" for i in range(1, 5))]

    intake = read(tmp_path, lines, "payments", currency="USD")

    assert intake.amounts["payment_amount"]["USD"].accepted == 70


def test_a_sheet_without_a_column_of_values_says_so(tmp_path):
    intake = read(tmp_path, ["Measure,Month", "Calls,2023-01", "Calls,2023-02"])

    [found] = [f for f in intake.findings if f.severity == "error"]
    assert found.what == "no column that we take for the value"
    assert found.done == "name it in engagement.yaml under files > observations > columns, such as  Total paid: value"


def test_numbers_under_no_heading_are_no_measures(tmp_path):
    intake = read(tmp_path, [f"A{i},2023-0{i}-13,{i}.5,{i * 7}" for i in range(1, 9)])

    assert intake.frame["value"].isna().all()
    assert [f.what for f in intake.findings if f.severity == "error"] == ["no column that we take for the value"]
