"""Files of real publishers: each comes in with no map or a map of three lines, and rows and sums are those of code that
shares nothing with ours (the csv module, openpyxl, Decimal)."""

import csv
import gzip
import io
import json
import re
import tarfile
import zipfile
from decimal import Decimal

import openpyxl
import pytest

from rdclib.errors import DataFileError
from rdclib.intake import read_table
from rdclib.intake.desk import guess

DATA = "data"
YEAR = {"fiscal_year_start": "07-01"}
# Family: table it belongs to, files, map (three lines at most).
FAMILIES = {
    "Philadelphia services": ("contracts", "contracts/philadelphia_professional_services/*.csv", {}),
    "Philadelphia commodities": ("contracts", "contracts/philadelphia_commodities/*.csv", {}),
    "Portugal": ("contracts", "contracts/portugal_public_works_2015_2022.xlsx", {}),
    "Mexico": ("contracts", "contracts/mexico_compranet/*.csv", {}),
    "World Bank contracts": ("contracts", "bids/worldbank_contracts.csv", {}),
    "World Bank bids": ("bids", "bids/worldbank_bids.csv", {}),
    "Scottsdale": ("payments", "spend/scottsdale_vendor_payments.csv.gz", {}),
    "Lancashire": ("payments", "ugly/lancashire_fire_spend_*.xlsx", {}),
    "New York transit": ("observations", "performance/nyc_mta_performance_nyct.csv", {}),
    "English hospitals": ("observations", "performance/nhs_ae_attendances.csv", {"type": "stratum"}),
    "US hospitals": ("observations", "performance/us_hospital_outcome_of_care_measures.csv", {}),
    "Boston": ("cases", "performance/boston_311_street_light_outages_2015.csv.gz", {}),
    "Shelter census": ("observations", "performance/nyc_shelter/dhs_daily_report.csv", {"table": "stratum"}),
    "Shelter individuals": (
        "observations",
        "performance/nyc_shelter/ll37_data_unique_by_agency.csv",
        {"table": "metric_id"},
    ),
    "Shelter, new report": (
        "observations",
        "performance/nyc_shelter/ll79_data_unique_by_agency.csv",
        {"table": "metric_id"},
    ),
    "Shelter exits": ("observations", "performance/nyc_shelter/shelter_exits.csv", {"series": "stratum"}),
    "Kentucky": ("observations", "ugly/kentucky_k_count_2025.xlsx", {}),
}


def files(shared, pattern):
    found = sorted((shared / DATA).glob(pattern))
    assert found, f"no file {pattern}"
    return found


def raw_rows(path):
    """Records of a file by plain means, its header first."""
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
        return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    data = path.read_bytes()
    return text_rows(gzip.decompress(data) if path.suffix == ".gz" else data)


def text_rows(data):
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return list(csv.reader(io.StringIO(text, newline="")))


def plain(text):
    """One amount by plain means, or None."""
    text = text.strip().replace("$", "").replace(",", "")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?(E\d+)?", text) else None


def column_sum(rows, names):
    """Sum of a column by its heading, over rows as wide as the header."""
    header = [cell.strip() for cell in rows[0]]
    while not header[-1]:
        header.pop()
    at = next(i for i, cell in enumerate(header) if cell in names)
    # A row with a cell too many says nothing about its columns.
    found = [plain(row[at]) for row in rows[1:] if len(row) > at and not any(row[len(header) :])]
    return sum(value for value in found if value is not None)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_file_is_taken_for_the_table_that_it_is(shared, family):
    table, pattern, _ = FAMILIES[family]

    found = guess(files(shared, pattern)[0])

    assert (found.table, found.sure) == (table, True)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_line_of_a_family_is_accounted_for_and_nearly_all_come_in(shared, family):
    table, pattern, mapped = FAMILIES[family]
    paths = files(shared, pattern)

    intake = read_table(paths, table, columns=mapped, currency="USD", **YEAR)

    assert len(mapped) <= 3
    assert intake.rows_read == intake.rows_accepted + intake.rows_set_aside + intake.rows_not_data
    if pattern.endswith(".xlsx"):
        lines = sum(openpyxl.load_workbook(p).worksheets[0].max_row for p in paths)
    else:
        lines = sum(len(raw_rows(p)) for p in paths)
    assert intake.rows_read == lines
    assert intake.rows_accepted >= 0.99 * (intake.rows_accepted + intake.rows_set_aside)
    assert not [f for f in intake.findings if f.severity == "error"]
    for by_currency in intake.amounts.values():
        for amounts in by_currency.values():
            assert amounts.read == pytest.approx(amounts.accepted + amounts.set_aside, abs=0.01)


@pytest.mark.parametrize(
    ("family", "column", "names"),
    [
        ("Philadelphia services", "current_amount", {"amt", "contract_amount"}),
        ("Philadelphia services", "paid_to_date", {"tot_payments"}),
        ("Philadelphia commodities", "current_amount", {"Contract_Amount"}),
        ("Philadelphia commodities", "paid_to_date", {"Total_Transactions"}),
        ("Portugal", "original_amount", {"Preço Inicial (€)"}),
        ("Portugal", "final_amount", {"Preço Efetivo (€)"}),
        ("Mexico", "current_amount", {"IMPORTE_CONTRATO"}),
        ("World Bank contracts", "award_amount", {"price.amount"}),
        ("World Bank bids", "bid_amount", {"opening.price.amount"}),
        ("World Bank bids", "evaluated_amount", {"evaluated.price.amount"}),
        ("Scottsdale", "payment_amount", {"PaymentAmount"}),
        ("Lancashire", "payment_amount", {"Amount"}),
    ],
)
def test_amounts_are_those_of_an_independent_sum(shared, family, column, names):
    table, pattern, mapped = FAMILIES[family]
    paths = files(shared, pattern)
    expected = sum(column_sum(raw_rows(path), names) for path in paths)

    intake = read_table(paths, table, columns=mapped, currency="USD", **YEAR)

    read = sum(a.read for a in intake.amounts[column].values())
    assert read == pytest.approx(float(expected), rel=1e-12, abs=0.01)


def test_philadelphia_in_one_quarter_is_as_the_survey_of_the_files_says(shared):
    path = shared / DATA / "contracts/philadelphia_professional_services/FY-2020-Q4.csv"

    intake = read_table(path, "contracts", currency="USD", **YEAR)
    frame = intake.frame

    assert intake.rows_accepted == 1975
    assert intake.amounts["current_amount"]["USD"].accepted == pytest.approx(3_494_127_380.44, abs=0.005)
    assert intake.amounts["paid_to_date"]["USD"].accepted == pytest.approx(1_239_746_485.70, abs=0.005)
    assert frame["vendor_name"].nunique() == 1121
    assert (frame["procurement_method"] == "direct").mean() == pytest.approx(0.499, abs=0.0005)
    direct = frame.loc[frame["procurement_method"] == "direct", "current_amount"].sum()
    assert direct / frame["current_amount"].sum() == pytest.approx(0.756, abs=0.0005)
    assert ((frame["paid_to_date"] > frame["current_amount"]) & (frame["current_amount"] > 0)).sum() == 25
    by_vendor = frame.groupby("vendor_name")["current_amount"].sum().sort_values(ascending=False)
    shares = by_vendor / by_vendor.sum()
    assert shares.head(10).sum() == pytest.approx(0.646, abs=0.0005)
    assert ((100 * shares) ** 2).sum() == pytest.approx(1510, abs=0.5)
    # The quarter that ends the fiscal year 2020, from the file's name.
    assert set(frame["snapshot_date"].astype(str)) == {"2020-06-30"}


def test_philadelphia_commodities_are_as_the_survey_of_the_files_says(shared):
    intake = read_table(files(shared, FAMILIES["Philadelphia commodities"][1]), "contracts", currency="USD", **YEAR)

    assert intake.rows_accepted == 7768
    assert intake.frame["contract_id"].nunique() == 1759
    assert intake.frame["end_date"].isna().sum() == 1403


def test_portugal_is_as_the_survey_of_the_files_says(shared):
    path = shared / DATA / "contracts/portugal_public_works_2015_2022.xlsx"

    frame = read_table(path, "contracts").frame

    assert len(frame) == 5214
    assert frame["number_of_bids"].notna().sum() == 3683  # a zero means unknown
    assert (frame["number_of_bids"] == 1).sum() == 131
    # The survey counts a change of more than a ten-thousandth.
    change = frame["final_amount"] / frame["original_amount"] - 1
    assert (change > 1e-4).sum() == 1592
    assert (change < -1e-4).sum() == 1891
    growth = frame["final_amount"].sum() / frame["original_amount"].sum() - 1
    assert growth == pytest.approx(0.0054, abs=0.00005)
    assert set(frame["currency"]) == {"EUR"}  # from the headings


def test_world_bank_is_as_the_survey_of_the_files_says(shared):
    frame = read_table(shared / DATA / "bids/worldbank_contracts.csv", "contracts").frame

    one = frame.drop_duplicates("contract_id")
    assert len(one) == 7899
    assert one["number_of_bids"].notna().sum() == 3390
    assert (one["number_of_bids"] == 1).sum() == 978
    assert one["number_of_bids"].median() == 3


def test_scottsdale_is_as_the_survey_of_the_files_says(shared):
    intake = read_table(shared / DATA / "spend/scottsdale_vendor_payments.csv.gz", "payments", currency="USD")

    assert intake.rows_accepted == 23_612
    assert intake.amounts["payment_amount"]["USD"].accepted == pytest.approx(290_657_324.27, abs=0.005)
    assert intake.frame["vendor_name"].nunique() == 2428


def test_boston_is_as_the_survey_of_the_files_says(shared):
    path = shared / DATA / "performance/boston_311_street_light_outages_2015.csv.gz"

    frame = read_table(path, "cases").frame

    known = frame["on_time"].notna()
    assert known.sum() == 7871
    assert frame["on_time"].mean() == pytest.approx(0.662, abs=0.0005)
    late = frame["closed_date"] > frame["target_date"]
    assert late.sum() == 1609
    late &= known
    # Flag and moments never disagree, so moments were read to the second.
    assert not (late & frame["on_time"]).any()
    on_time = (frame["closed_date"] <= frame["target_date"]) & known
    assert frame.loc[on_time, "on_time"].all()


def test_transit_targets_of_zero_are_no_targets(shared):
    frame = read_table(shared / DATA / "performance/nyc_mta_performance_nyct.csv", "observations").frame

    assert frame["target"].isna().sum() == 750
    assert frame["period_start"].notna().all()
    assert frame["metric_id"].nunique() == 86


def test_hospital_rates_bring_their_intervals_and_denominators(shared):
    path = shared / DATA / "performance/us_hospital_outcome_of_care_measures.csv"

    frame = read_table(path, "observations").frame

    # The first hospital's first measure, as printed in the file: 13.4 (10.6 to 16.8), 280 patients.
    first = frame[frame["metric_id"].str.contains("mortality-rates-from-heart-attack")].iloc[0]
    assert (first["value"], first["low"], first["high"], first["denominator"]) == (13.4, 10.6, 16.8, 280)
    assert frame["metric_id"].nunique() == 6


def test_english_hospitals_come_as_three_measures(shared):
    path = shared / DATA / "performance/nhs_ae_attendances.csv"

    intake = read_table(path, "observations", columns={"type": "stratum"})

    rows = raw_rows(path)
    sums = intake.frame.groupby("metric_id")["value"].sum()
    for name in ("attendances", "breaches", "admissions"):
        at = rows[0].index(name)
        assert sums[name] == sum(int(row[at]) for row in rows[1:])
    assert len(intake.frame) == 3 * 12_765
    assert intake.rows_accepted == 12_765


def test_kentucky_has_three_heading_rows_and_no_note_among_its_counties(shared):
    intake = read_table(shared / DATA / "ugly/kentucky_k_count_2025.xlsx", "observations")

    total = intake.frame[intake.frame["metric_id"].str.contains("total-homeless")].set_index("site")["value"]
    assert total["Kentucky"] == 5789  # printed in the sheet
    assert total["Adair"] == 5
    assert not intake.frame["site"].str.contains("Source").any()


@pytest.mark.long
def test_gateshead_comes_in_whole_from_141_months(shared):
    path = shared / DATA / "spend/gateshead_monthly_2010_2022.tar.xz"
    lines, total = 0, Decimal(0)
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            rows = text_rows(archive.extractfile(member).read())
            lines += len(rows)
            header = [cell.strip() for cell in rows[0]]
            while not header[-1]:
                header.pop()
            at = header.index("Amount")
            total += sum(
                value
                for row in rows[1:]
                if len(row) > at
                and sum(1 for c in row if c.strip()) >= 4
                and not any(c.strip() for c in row[len(header) :])
                and (value := plain(row[at])) is not None
            )

    intake = read_table(path, "payments", currency="GBP")

    assert len(intake.accounts) == 141
    assert intake.rows_read == lines
    assert intake.rows_accepted >= 0.99 * (intake.rows_accepted + intake.rows_set_aside)
    assert not [f for f in intake.findings if f.severity == "error"]
    amounts = intake.amounts["payment_amount"]["GBP"]
    assert amounts.read == pytest.approx(amounts.accepted + amounts.set_aside, abs=0.01)
    # The plain sum takes rows of four cells or more: sums below the data, and one amid it, stand alone in their rows.
    assert amounts.read == pytest.approx(float(total), abs=0.005)
    assert list(intake.not_data.query("source_file.str.endswith('2019-08.csv') and kind == 'total'")["source_row"]) == [
        3382
    ]


OCDS = {
    "paraguay_dncp.zip": "contracts",
    "mexico_gacm_airport.zip": "contracts",
    "mexico_gacm_airport_releases.derived.jsonl.gz": "contracts",
    "moldova.zip": "contracts",
    "uk_contracts_finder.zip": "solicitations",
    "portland_first_record.json": "contracts",
}


def published(path):
    """Every JSON document of a file, by plain means."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            texts = [archive.read(name).decode("utf-8-sig") for name in archive.namelist() if name.endswith(".json")]
        return [json.loads(text) for text in texts if text.strip()]
    if path.suffix == ".gz":
        return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines() if line.strip()]
    return [json.loads(path.read_text(encoding="utf-8-sig"))]


def every(document, name):
    """All values of a key, wherever in a document."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == name:
                yield value
            yield from every(value, name)
    elif isinstance(document, list):
        for item in document:
            yield from every(item, name)


@pytest.mark.parametrize("name", OCDS)
def test_ocds_packages_of_every_form_come_in(shared, name):
    path = shared / DATA / "ocds" / name

    intake = read_table(path, OCDS[name])

    assert guess(path).table == "ocds"
    assert len(intake.frame) == intake.rows_accepted > 0
    ocids = {str(value) for document in published(path) for value in every(document, "ocid")}
    ours = intake.frame["contract_id" if OCDS[name] == "contracts" else "solicitation_id"]
    assert {key.split(":")[0] for key in ours} <= ocids
    for by_currency in intake.amounts.values():
        for amounts in by_currency.values():
            assert amounts.read == pytest.approx(amounts.accepted + amounts.set_aside, abs=0.01)


def test_airport_amounts_are_the_sum_of_the_newest_release_of_each_contract(shared):
    folder = shared / DATA / "ocds"
    newest = {}
    for release in published(folder / "mexico_gacm_airport_releases.derived.jsonl.gz"):
        before = newest.get(release["ocid"])
        if before is None or release["date"] >= before["date"]:
            newest[release["ocid"]] = release

    intake = read_table(folder / "mexico_gacm_airport_releases.derived.jsonl.gz", "contracts")

    assert len(intake.frame) == sum(len(release.get("contracts", [])) for release in newest.values())


def test_the_flattened_workbook_of_the_fictional_example_comes_in(shared):
    path = shared / DATA / "ocds/fictional_example/flattened_ocds-213czf-000-00001-06-implementation.xlsx"

    intake = read_table(path, "payments", sheet="Implementation - Transactions")

    # Two transactions of 50,000 and 10,000 pounds, as in the JSON beside it.
    assert intake.frame["payment_amount"].tolist() == [50_000, 10_000]


def test_every_fixture_of_the_red_flag_library_comes_in(shared):
    paths = files(shared, "ocds/cardinal_red_flag_fixtures/*.jsonl")
    bids = 0
    for path in paths:
        assert guess(path).table == "ocds"
        releases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        # The list of tenderers stands in for bids only where no bids are published.
        given = sum(
            len(release.get("bids", {}).get("details", []) or release.get("tender", {}).get("tenderers", []))
            for release in releases
        )
        tables = ocds_tables(path)
        assert sum(len(frame) for frame in tables.values()) > 0
        # A joint bid has a row for each of its bidders.
        assert (tables["bids"]["bid_id"].nunique() if "bids" in tables else 0) == given
        bids += given
    assert bids > 0


def test_every_stage_of_the_fictional_example_comes_in(shared):
    stages = files(shared, "ocds/fictional_example/**/*.json")
    for path in stages:
        tables = ocds_tables(path)
        assert guess(path).table == "ocds"
        for table, frame in tables.items():
            key = "contract_id" if table == "contracts" else "solicitation_id"
            if key in frame and table in ("contracts", "solicitations"):
                assert frame[key].str.startswith("ocds-213czf-000-00001").all()
        if "implementation" in path.name or path.stem in (
            "ocds-213czf-000-00001",
            "ocds-213czf-000-00001-withversions",
        ):
            assert tables["payments"]["payment_amount"].tolist() == [50_000, 10_000]


def ocds_tables(path):
    """What a package holds for each table; its lines and sums are all accounted for."""
    found = {}
    for table in ("contracts", "solicitations", "bids", "payments"):
        try:
            intake = read_table(path, table)
        except DataFileError as error:
            assert "It holds: " in str(error)  # noqa: PT017
            continue
        assert intake.rows_read == intake.rows_accepted + intake.rows_set_aside + intake.rows_not_data
        assert not [f for f in intake.findings if f.severity == "error"]
        found[table] = intake.frame
    return found
