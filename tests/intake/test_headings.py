"""Headings that nobody has seen: known by their words, in any order and language, and asked where in doubt."""

import pytest

from rdclib.intake import headings, read_table


def best(heading, table):
    """The likeliest column for a heading alone, and whether it is sure."""
    found = headings.by_heading(heading, heading, table)
    if not found:
        return "", False
    column = max(found, key=found.get)
    return column, found[column] >= headings.SURE


@pytest.mark.parametrize(
    ("heading", "table", "column"),
    [
        ("Prime Contract Start Date", "contracts", "start_date"),  # words of the table and filling words around it
        ("CONTRACTSTARTDATE", "contracts", "start_date"),  # run together
        ("AwardDate", "contracts", "award_date"),
        ("Date of Award", "contracts", "award_date"),  # another order
        ("Term_Begin_Dt", "contracts", "start_date"),  # shortened, and another word for start
        ("Contract Not-to-Exceed Amount", "contracts", "ceiling_amount"),
        ("Supplier #", "contracts", "vendor_id"),
        ("Fecha de inicio del contrato", "contracts", "start_date"),
        ("fecha_fin_contrato", "contracts", "end_date"),
        ("Importe de adjudicación", "contracts", "award_amount"),
        ("Data Início Vigência", "contracts", "start_date"),
        ("dataCelebracaoContrato", "contracts", "signed_date"),
        ("Vertragsbeginn", "contracts", "start_date"),
        ("Auftragswert (netto)", "contracts", "award_amount"),
        ("Straßenreinigungsamt", "contracts", ""),  # a word that we do not know is none of ours
        ("Zahlungsempfänger", "payments", "vendor_name"),
        ("Invoice Amount Excl VAT", "payments", "payment_amount"),
        ("Vertragswert in Euro", "contracts", "current_amount"),
        ("Amount NZD", "payments", "payment_amount"),
        ("PO Description", "contracts", "title"),
        ("Betrag in EUR", "payments", "payment_amount"),
        ("Date de début", "contracts", "start_date"),
        ("Titulaire", "contracts", "vendor_name"),
        ("Kennzahl", "observations", "metric_id"),
        ("Fallnummer", "cases", "case_id"),
        ("Angebotssumme", "bids", "bid_amount"),
    ],
)
def test_a_heading_is_known_by_its_words(heading, table, column):
    assert best(heading, table) == (column, bool(column))


@pytest.mark.parametrize(
    ("heading", "table"),
    [
        ("Buyer Name", "contracts"),  # a department here, the purchasing agent there
        ("Vendor Contract Number", "vendors"),  # an identifier is known by all its words
        ("Contract Rate", "contracts"),  # one letter from contract date, and another word
    ],
)
def test_a_heading_that_may_be_something_else_is_never_sure(heading, table):
    assert not best(heading, table)[1]


@pytest.mark.parametrize("heading", ["Contact Name", "Supplier Address", "Zip Code", "Remaining Amount"])
def test_headings_of_no_use_are_not_even_asked(heading):
    assert headings.by_heading(heading, heading, "contracts") == {}


def table_of(tmp_path, heading, rows, table, **how):
    path = tmp_path / "register.csv"
    path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return read_table(path, table, currency="USD", **how)


def used(intake):
    return {column: seen["heading"] for column, seen in intake.columns.items()}


def test_a_lesser_heading_counts_only_where_no_better_one_stands(tmp_path):
    rows = [f"C{i},Paving of road {i},Public works {i}" for i in range(3)]

    both = table_of(tmp_path, "Contract Number,Description,Title", rows, "contracts")
    alone = table_of(tmp_path, "Contract Number,Description,Other words", rows, "contracts")

    assert used(both)["title"] == "Title"
    assert used(alone)["title"] == "Description"


def test_of_two_equal_headings_the_one_that_names_the_table_is_taken(tmp_path):
    rows = [f"C{i},2024-01-0{i + 1},2024-02-0{i + 1}" for i in range(3)]

    intake = table_of(tmp_path, "Contract Number,Start Date,Contract Start Date", rows, "contracts")

    assert used(intake)["start_date"] == "Contract Start Date"
    assert intake.asked == ()


def test_of_two_headings_that_are_the_same_none_is_taken(tmp_path):
    rows = [f"C{i},{i}.50,{i}.75" for i in range(1, 4)]

    intake = table_of(tmp_path, "Contract Number,Contract Amount,Contract Amount", rows, "contracts")

    assert "current_amount" not in used(intake)
    assert [heading for heading, _ in intake.asked] == ["Contract Amount", "Contract Amount (2)"]


def test_numbers_under_the_heading_of_a_name_are_its_code(tmp_path):
    rows = [f"C{i},100{i},Acme {i} Inc." for i in range(3)]

    intake = table_of(tmp_path, "Contract Number,Vendor,Vendor Name", rows, "contracts")

    assert (used(intake)["vendor_id"], used(intake)["vendor_name"]) == ("Vendor", "Vendor Name")


def test_the_city_s_map_means_the_very_heading_before_one_like_it(tmp_path):
    rows = [f"C{i},{i}.50,{i}.75" for i in range(1, 4)]

    intake = table_of(
        tmp_path, "Contract Number,Amount ($),AMOUNT", rows, "contracts", columns={"AMOUNT": "current_amount"}
    )

    assert intake.frame["current_amount"].tolist() == [1.75, 2.75, 3.75]


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("AWARD_VALUE_EURO", "EUR"),
        ("Price_USD", "USD"),
        ("Amount NZD", "NZD"),
        ("Preço Base (€)", "EUR"),
        ("Amount", ""),
        ("Eurostar", ""),
    ],
)
def test_the_currency_that_a_heading_names(heading, code):
    assert headings.currency_of(heading) == code


@pytest.mark.parametrize(
    ("heading", "scale"),
    [
        ("Contract value (£000)", 1_000),
        ("Amount ($000s)", 1_000),
        ("Spend in thousands", 1_000),
        ("Monto (miles de pesos)", 1_000),
        ("Value £m", 1_000_000),
        ("Auftragswert in Mio. €", 1_000_000),
        ("Value", 1),
        ("Invoices over £1000", 1),
        ("Payments over $25,000", 1),
    ],
)
def test_the_unit_that_a_heading_names(heading, scale):
    assert headings.scale_of(heading) == scale


def test_amounts_in_thousands_become_amounts_and_the_account_agrees(tmp_path):
    intake = table_of(tmp_path, "Contract Number,Contract value (£000)", ["C1,12.5", "C2,3"], "contracts")

    assert intake.frame["current_amount"].tolist() == [12_500, 3_000]
    assert intake.amounts["current_amount"]["GBP"].read == 15_500
    [said] = [f for f in intake.findings if "units" in f.what]
    assert (said.what, said.done) == ("amounts in units of 1,000, as the heading says", "multiplied by 1,000")
