"""What `rdc check` says, and that every column an indicator needs is a column of ours."""

import re

import pytest

from rdclib import narrative, saved, schemas, tables
from rdclib.catalogue import load_indicators, load_table
from rdclib.engagement import create, load_engagement
from rdclib.intake.headings import TRUST
from rdclib.readiness import check, period_to_check


def test_every_field_that_an_indicator_needs_is_a_column():
    known = {
        f"{table}.{column}"
        for table in (*schemas.TABLES, *schemas.WORKBOOK_TABLES)
        for column in schemas.columns(table)
    }
    for indicator in load_indicators():
        for field in indicator.required_fields:
            for option in field.split("|"):
                assert option in known or option.split(".")[0] not in (*schemas.TABLES, *schemas.WORKBOOK_TABLES), (
                    f"{indicator.id} needs {option}, which no table has"
                )


def test_every_synonym_is_of_a_column_that_exists_in_its_tables_or_of_none():
    helpers_and_none = {"year", "month", ""}
    for row in load_table("headings"):
        tables = [t for t in row["tables"].split(";") if t] or list(schemas.TABLES)
        assert row["column"] in helpers_and_none or any(row["column"] in schemas.columns(t) for t in tables), row
        assert row["trust"] in TRUST
        assert row["language"] in ("en", "es", "pt", "de", "fr")


def test_every_city_word_stands_for_a_word_of_its_column():
    for row in load_table("words"):
        found = [
            schema.columns[row["column"]].metadata["choices"] or ("yes", "no")
            for schema in schemas.TABLES.values()
            if row["column"] in schema.columns
        ]
        assert found, row
        assert all(row["word"] in choices for choices in found), row


def test_the_answer_has_the_shape_that_programs_rely_on():
    found = check(load_engagement("ostermoor")).as_dict()

    assert set(found) == {"tables", "findings", "indicators"}
    contracts = found["tables"]["contracts"]
    assert list(contracts) == [
        "files", "rows_read", "rows_accepted", "rows_set_aside", "rows_not_data",
        "amount_read", "amount_accepted", "amount_set_aside", "amounts", "columns",
    ]  # fmt: skip
    assert contracts["rows_read"] == sum(contracts[f"rows_{k}"] for k in ("accepted", "set_aside", "not_data"))
    assert set(contracts["columns"]["start_date"]) == {"heading", "confidence", "missing", "min", "max"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", contracts["columns"]["start_date"]["min"])
    for finding in found["findings"]:
        assert list(finding) == ["severity", "table", "file", "row", "column", "value", "count", "what", "done"]
    kinds = [(f["table"], f["column"], f["what"], f["done"], f["severity"]) for f in found["findings"]]
    assert len(kinds) == len(set(kinds))
    known = {indicator.id for indicator in load_indicators()}
    indicators = found["indicators"]
    assert set(indicators["computable"]) | set(indicators["not_computable"]) == known
    assert not set(indicators["computable"]) & set(indicators["not_computable"])


def test_riverbends_double_file_is_seen_with_its_money():
    found = check(load_engagement("riverbend"))

    assert [f.what for f in found.errors] == ["a file sent twice (the same content as payments_FY2023.csv)"]
    assert found.amounts["agrees"].all()
    text = str(narrative.data_readiness(found))
    assert "676 set aside with a reason (more than 1% of the lines of payments FY2023 (copy).csv)." in text
    # A city's words are shown as they are.
    assert (
        "First to mend, in payments FY2023 (copy).csv: a file sent twice (the same content as payments\\_FY2023.csv)."
    ) in text


def test_the_data_dictionary_prints_whole_numbers_whole():
    table = tables.data_dictionary(check(load_engagement("riverbend")))
    rows = {row[0]: row[4:] for row in table.texts() if row[1] == "Contracts"}

    assert rows["Number of bids"] == ("1", "6")
    assert rows["Snapshot date"] == ("2022-09-30", "2024-06-30")


def test_files_without_any_day_are_checked_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(tmp_path))
    folder = create("springfield")
    lines = ["Contract Number,Vendor Name,Contract Amount", *(f"C{i},Firm {i},{i}00" for i in range(1, 5))]
    (folder / "raw" / "register.csv").write_text("\n".join(lines) + "\n")
    saved.update_yaml(folder / "engagement.yaml", ("files", "contracts", "paths"), ["raw/register.csv"], author="test")

    result = check(load_engagement("springfield", period=period_to_check("springfield")))

    [said] = [f for f in result.findings if f.what == "rows without a day"]
    assert (said.severity, said.table, said.count) == ("warning", "contracts", 4)
    assert said.done == (
        "none of its rows can be placed in a period: send one of the columns Award date, Signed, Start, Snapshot date"
    )
    assert result.amounts["accepted"].tolist() == [1000]
    # A column of the coding is named as its sheet in the workbook is, not by its name in our tables.
    assert "RD01" in dict(result.wanted)["Key contract (contract coding)"]


@pytest.mark.parametrize(("written", "expected"), [("period: FY2022\n", "FY2022"), ("", "FY2024")])
def test_a_check_without_a_period_takes_the_engagement_s_or_the_newest_of_the_files(
    tmp_path, monkeypatch, written, expected
):
    monkeypatch.setenv("RDC_HOME", str(tmp_path))
    folder = create("springfield")
    (folder / "raw" / "register.csv").write_text(
        "Contract Number,Vendor Name,Contract Amount,Start Date\nC1,A,5,2023-03-02\nC2,B,6,2024-03-02\n"
    )
    yaml = folder / "engagement.yaml"
    if written:
        saved.update_yaml(yaml, ("period",), "FY2022", author="test")
    saved.update_yaml(yaml, ("files", "contracts", "paths"), ["raw/register.csv"], author="test")

    assert period_to_check("springfield") == expected
