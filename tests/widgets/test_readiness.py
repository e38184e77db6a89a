"""Forms of data readiness: what a person decides is in the engagement's files afterwards, and can be taken back."""

import pytest

from rdclib import engagement as engagements
from rdclib import saved, tables, widgets
from rdclib.engagement import load_choices
from rdclib.readiness import duplicate_vendors, left_open, payment_links, readiness
from rdclib.records import linked, load_records
from rdclib.widgets import base
from tests import build

OPEN_DAYS = [f"Firm {i},0{i}/0{i + 1}/2023,{i}.50" for i in range(1, 8)]


@pytest.fixture(autouse=True)
def _nobody_typed_yet(monkeypatch):
    monkeypatch.setattr(base, "_last_author", "")


@pytest.fixture
def city(tmp_path, monkeypatch):
    """A city whose days can be read in two ways, and that sent one file twice."""
    monkeypatch.setenv("RDC_HOME", str(tmp_path))
    folder = engagements.create("testville")
    text = "\n".join(["Payee,Check Date,Amount", *OPEN_DAYS]) + "\n"
    for name in ("a.csv", "b.csv"):
        (folder / "raw" / name).write_text(text)
    saved.update_yaml(
        folder / "engagement.yaml", ("files", "payments", "paths"), ["raw/a.csv", "raw/b.csv"], author="test"
    )
    return engagements.load_engagement("testville", period="FY2023")


def fill(form, **values):
    form.author.value = "Ana"
    for name, value in values.items():
        form.fields[name].value = value
    form.save()
    return form.status.value


def settled():
    return engagements.load_facts("testville").files["payments"]


def test_what_files_leave_open_is_known_by_its_key(city):
    found = left_open(readiness(load_records(city)))

    assert [(table, key) for table, key, _ in found] == [("payments", "confirmed"), ("payments", "date_order")]


def test_the_order_of_days_and_a_file_that_came_twice_are_settled_in_the_form(city):
    form = widgets.notations(city, readiness(load_records(city)), interactive=True)
    form.fields["payments", "date_order"].value = "day-first"
    form.fields["payments", "confirmed"].value = ("b.csv",)
    form.author.value = "Ana"
    form.save()

    assert (settled().date_order, settled().confirmed) == ("day-first", ("b.csv",))
    again = load_records(engagements.load_engagement("testville", period="FY2023"))
    assert again.payments["payment_date"].dt.strftime("%m-%d").tolist()[:2] == ["02-01", "03-02"]
    assert len(again.payments) == 14
    assert left_open(readiness(again)) == ()
    assert widgets.notations(city, readiness(again), interactive=True) is None


def test_an_answer_that_nobody_has_changes_nothing(city):
    said = fill(widgets.notations(city, readiness(load_records(city)), interactive=True))

    assert (
        "Nothing was saved. No answer is chosen.<br>Choose where somebody is sure; what stays open is not used." in said
    )
    assert (settled().date_order, settled().confirmed) == ("", ())


@pytest.fixture
def headings(city):
    """Contracts under headings of which only the city knows what they are."""
    lines = [f"K{i},V{i},2023-0{i}-01,2025-0{i}-01,roads,2023-0{i}-05" for i in range(1, 9)]
    (city.folder / "raw" / "c.csv").write_text("\n".join(["Contract No,Vendor,Start,End,Type,Date", *lines]))
    saved.update_yaml(city.folder / "engagement.yaml", ("files", "contracts", "paths"), ["raw/c.csv"], author="test")
    return engagements.load_engagement("testville", period="FY2023")


def contract_columns():
    return engagements.load_facts("testville").files["contracts"].columns


def test_a_heading_is_given_its_column_and_is_not_asked_again(headings):
    form = widgets.column_map(headings, readiness(load_records(headings)), interactive=True)
    assert list(form.fields) == [("contracts", "Type"), ("contracts", "Date")]

    form.fields["contracts", "Type"].value = "category"
    fill(form)

    assert contract_columns() == {"Type": "category"}
    again = load_records(engagements.load_engagement("testville", period="FY2023"))
    assert set(again.contracts["category"]) == {"roads"}
    assert list(widgets.column_map(headings, readiness(again), interactive=True).fields) == [("contracts", "Date")]


def test_a_heading_that_is_none_of_ours_changes_nothing_and_the_form_says_so(headings):
    said = fill(widgets.column_map(headings, readiness(load_records(headings)), interactive=True))

    assert (
        "Nothing was saved. No heading is given a column.<br>"
        "What is none of ours is not used; the form may stay as it is." in said
    )
    assert contract_columns() == {}


def test_an_unattended_run_shows_no_form(city):
    records = load_records(city)

    assert widgets.notations(city, readiness(records), interactive=False) is None
    assert widgets.payment_links(city, payment_links(records), interactive=False) is None


CONTRACTS = (
    build.contract("C1", vendor_id="V1", vendor_name="Acme", title="Roads", start_date="2023-09-01"),
    build.contract("C2", vendor_id="V2", vendor_name="Beta"),
    build.contract("C3", vendor_id="V2", vendor_name="Beta"),
    build.contract("C4", vendor_id="77", vendor_name="Gamma Inc."),
)
PAYMENTS = (
    build.payment(10, vendor_id="V1", vendor_name="Acme", payment_date="2023-10-01"),
    build.payment(5, vendor_id="V1", vendor_name="Acme", payment_date="2023-08-31"),
    build.payment(7, vendor_id="V1", vendor_name="Acme", contract_id="C9", payment_date="2023-10-01"),
    build.payment(20, vendor_id="V2", vendor_name="Beta", payment_date="2023-10-01"),
    build.payment(40, vendor_id="GAMMA INC.", vendor_name="GAMMA INC.", payment_date="2023-10-01"),
)


def test_a_vendor_with_one_contract_is_offered_and_one_with_two_is_not():
    found = payment_links(build.records(*CONTRACTS, *PAYMENTS))

    assert found[["vendor_id", "contract_id", "payments", "amount"]].values.tolist() == [
        ["GAMMA INC.", "C4", 1, 40],
        ["V1", "C1", 2, 15],
    ]


def test_a_link_that_is_confirmed_holds_from_the_contract_s_start_and_overrides_no_number():
    records = build.records(*CONTRACTS, *PAYMENTS)

    after = linked(records.payments, records.contracts, {"V1": "C1", "V2": "no such contract"})

    assert after["contract_id"].fillna("").tolist() == ["C1", "", "C9", "", ""]
    assert records.payments["contract_id"].fillna("").tolist() == ["", "", "C9", "", ""]


def test_a_link_is_confirmed_in_the_form_and_taken_back(city):
    links = payment_links(build.records(*CONTRACTS, *PAYMENTS))

    fill(widgets.payment_links(city, links, interactive=True), same=("V1",))
    assert load_choices(city).readiness.payment_links == {"V1": "C1"}

    fill(widgets.payment_links(city, links, interactive=True), kept=())
    assert load_choices(city).readiness.payment_links == {}


def test_a_link_is_taken_back_in_the_form_that_made_it_and_a_colleague_s_stays(city):
    form = widgets.payment_links(city, payment_links(build.records(*CONTRACTS, *PAYMENTS)), interactive=True)
    fill(form, same=("V1", "GAMMA INC."))
    engagements.save_choice(
        city,
        "readiness",
        "payment_links",
        dict(load_choices(city).readiness.payment_links) | {"V9": "C9"},
        author="Ben",
    )

    fill(form, same=("V1",))

    assert load_choices(city).readiness.payment_links == {"V1": "C1", "V9": "C9"}


def decisions(city):
    return [(row["vendor_id"], row["decision"]) for row in saved.read_rows(city.folder / "vendor_merges.csv")]


def test_no_form_is_shown_where_no_vendors_are_alike(city):
    pairs = duplicate_vendors(build.records(*CONTRACTS, *PAYMENTS))

    assert widgets.vendor_merges(city, pairs.iloc[:0], interactive=True) is None


def test_a_merge_saved_twice_is_said_once_and_can_be_unticked_and_ticked_again(city):
    pairs = duplicate_vendors(build.records(*CONTRACTS, *PAYMENTS))
    key = str(pairs.index[0])
    form = widgets.vendor_merges(city, pairs, interactive=True)
    fill(form, same=(key,))
    fill(form)
    assert len(decisions(city)) == 1
    vendor = decisions(city)[0][0]

    fill(form, same=())
    fill(form, same=(key,))
    assert decisions(city) == [(vendor, "same"), (vendor, "apart"), (vendor, "same")]

    again = widgets.vendor_merges(city, pairs.iloc[:0], interactive=True)
    fill(again, kept=())
    fill(again, kept=(vendor,))
    assert [decision for _, decision in decisions(city)][3:] == ["apart", "same"]


def test_the_links_offered_are_a_table_and_none_is_no_table():
    records = build.records(*CONTRACTS, *PAYMENTS)

    shown = tables.payment_links(payment_links(records), currency="EUR")

    assert [row[:4] for row in shown.rows] == [("GAMMA INC.", "C4", None, 1), ("Acme", "C1", "Roads", 2)]
    assert [row[-1][0] for row in shown.texts()] == ["€", "€"]
    assert tables.payment_links(payment_links(build.records(*CONTRACTS)), currency="EUR") is None
