"""Vendors that may be one, offered to a person with the reason: nothing is merged without one."""

import pandas as pd
import pytest

from rdclib import engagement, saved, tables, widgets
from rdclib.intake.vendors import likeness
from rdclib.readiness import MOST_OF_A_NUMBER, called, duplicate_vendors
from rdclib.records import load_merges, load_records
from tests import build


def contract(key, name, n=1):
    return [build.contract(f"{key}-{i}", vendor_id=key, vendor_name=name) for i in range(n)]


def pairs(*rows):
    found = duplicate_vendors(build.records(*rows))
    return [(row.name_id, row.other_id, row.why) for row in found.itertuples()]


def vendor(key, name, tax_id=None):
    return "vendors", {"vendor_id": key, "vendor_name": name, "tax_id": tax_id}


def test_one_name_under_two_numbers_is_offered():
    rows = [*contract("V1", "Acme Paving", 2), *contract("V2", "Acme Paving"), *contract("V3", "Beta")]

    [found] = duplicate_vendors(build.records(*rows)).to_dict("records")

    assert found == {
        "name": "Acme Paving", "other": "Acme Paving", "name_id": "V1", "other_id": "V2", "why": "same name",
        "score": 100.0, "rows": 2.0, "other_rows": 1.0,
    }  # fmt: skip


def test_who_is_named_by_a_number_here_and_by_its_name_there_is_offered():
    in_files = [*contract("V1", "Acme Paving"), *contract("Acme Paving", "Acme Paving", 2)]
    assert pairs(*in_files) == [("Acme Paving", "V1", "same name")]

    listed = [*contract("Acme Paving", "Acme Paving"), vendor("V1", "Acme Paving"), vendor("V2", "Beta")]
    assert pairs(*listed) == [("Acme Paving", "V1", "same name")]


def test_who_is_named_by_a_tax_number_alone_is_offered_beside_its_holder():
    rows = [*contract("V1", "Acme Paving"), *contract("T9", "ACME PAVEMENTS SA"), vendor("V1", "Acme Paving", "T9")]

    assert pairs(*rows) == [("V1", "T9", "same tax number")]


def test_two_vendors_of_the_list_with_one_tax_number_are_offered_until_it_is_nobodys():
    def found(n):
        names = [f"Firm {'abcdefgh'[i] * 6}" for i in range(n)]
        listed = [vendor(f"V{i}", name, "0") for i, name in enumerate(names)]
        return pairs(*(row for i, name in enumerate(names) for row in contract(f"V{i}", name)), *listed)

    assert [pair for pair in found(2) if pair[2] == "same tax number"] == [("V0", "V1", "same tax number")]
    assert len([pair for pair in found(MOST_OF_A_NUMBER) if pair[2] == "same tax number"]) == MOST_OF_A_NUMBER - 1
    assert [pair for pair in found(MOST_OF_A_NUMBER + 1) if pair[2] == "same tax number"] == []


def test_the_strongest_reason_comes_first_and_a_pair_once():
    rows = [
        *contract("V5", "Gamma Roads"), *contract("V6", "GAMMA ROADS, INC."),
        *contract("V3", "Beta Works"), *contract("V4", "Beta Works"),
        *contract("V1", "Acme"), *contract("V2", "Acme"),
        vendor("V1", "Acme", "T1"), vendor("V2", "Acme", "T1"),
    ]  # fmt: skip

    assert pairs(*rows) == [
        ("V1", "V2", "same tax number"),
        ("V3", "V4", "same name"),
        ("V5", "V6", "names alike"),
    ]


def test_nothing_gives_no_pairs():
    assert (pairs(), pairs(*contract("V1", "Acme"))) == ([], [])


@pytest.mark.parametrize(
    ("a", "b", "alike"), [("Acme, Inc.", "ACME", 100.0), ("abcd", "abcx", 75.0), ("ab", "yz", 0.0)]
)
def test_likeness_is_the_share_of_letters_that_stay(a, b, alike):
    assert likeness(a, b) == alike


def test_a_number_stands_beside_a_name_unless_it_was_made_of_it():
    assert (called("Acme", "V1"), called("Acme", "Acme")) == ("Acme (V1)", "Acme")


def test_a_confirmed_pair_is_one_vendor_and_not_offered_again(tmp_path, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(tmp_path))
    folder = engagement.create("springfield")
    (folder / "raw" / "c.csv").write_text(
        "Contract No,Vendor Number,Vendor Name,Contract Amt,Start Dt,End Dt\n"
        "C1,V1,Acme Paving,100,2023-07-13,2025-06-30\nC2,V2,Acme Paving,50,2023-08-13,2025-06-30\n",
        encoding="utf-8",
    )
    saved.update_yaml(folder / "engagement.yaml", ("files", "contracts", "paths"), ["raw/c.csv"], author="Ana")
    city = engagement.load_engagement("springfield", period="FY2024")
    found = duplicate_vendors(load_records(city))
    form = widgets.vendor_merges(city, found, interactive=True)

    [box] = form.fields["same"].children[1:]
    assert box.description == "Acme Paving (V1) = Acme Paving (V2) (same name)"
    assert tables.duplicate_vendors(found).rows[0][:4] == ("Acme Paving (V1)", "Acme Paving (V2)", "same name", 1.0)

    box.value = True
    form.author.value = "Ana"
    form.save()
    records = load_records(city)

    assert load_merges(city) == {"V2": ("V1", "Acme Paving")}
    assert records.contracts["vendor_id"].tolist() == ["V1", "V1"]
    assert len(duplicate_vendors(records)) == 0


def test_pairs_of_many_lines_are_found_once_a_vendor():
    frame = build.records(*contract("V1", "Acme"), *contract("V2", "Acme"))
    many = pd.concat([frame.contracts] * 500, ignore_index=True)

    assert len(duplicate_vendors(build.dataclasses.replace(frame, contracts=many))) == 1
