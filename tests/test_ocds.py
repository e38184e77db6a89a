"""Packages of the Open Contracting Data Standard: every form, compiled without a network."""

import pytest

from rdclib import ocds


def release(day, **parts):
    return {"ocid": "ocds-x-1", "id": f"r{day}", "date": f"2024-01-{day:02d}T00:00:00Z", "tag": ["contract"]} | parts


AWARD = {
    "id": "a1",
    "value": {"amount": 90, "currency": "USD"},
    "suppliers": [{"id": "V1", "name": "Acme"}],
    "date": "2024-01-05",
}
CONTRACT = {"id": "c1", "awardID": "a1", "value": {"amount": 100, "currency": "USD"}, "status": "active"}
FORMS = {
    "release package": lambda releases: {"releases": releases, "publishedDate": "2024-02-01"},
    "record package": lambda releases: {"records": [{"ocid": "ocds-x-1", "releases": releases}]},
    "record": lambda releases: {"ocid": "ocds-x-1", "releases": releases},
    "list": lambda releases: releases,
}


@pytest.mark.parametrize("form", FORMS)
def test_the_newest_word_of_each_part_counts_in_every_form(form):
    early = release(
        1, tender={"id": "t", "procurementMethod": "open", "numberOfTenderers": 3}, contracts=[CONTRACT], awards=[AWARD]
    )
    late = release(9, contracts=[CONTRACT | {"value": {"amount": 120, "currency": "USD"}}])
    documents = [FORMS[form]([late, early])]

    assert ocds.is_ocds(documents)
    [contract] = ocds.tables(documents)["contracts"]

    assert (contract["current_amount"], contract["award_amount"], contract["vendor_name"]) == (120, 90, "Acme")
    assert (contract["procurement_method"], contract["number_of_bids"]) == ("open", 3)


def test_an_award_stands_for_a_contract_that_is_not_published():
    [contract] = ocds.tables([release(1, awards=[AWARD])])["contracts"]

    assert contract["contract_id"] == "ocds-x-1:award:a1"
    assert contract.get("current_amount") is None


def test_shapes_that_the_standard_does_not_allow_are_read_all_the_same():
    odd = release(1, tag="contract", awards=AWARD, contracts=[CONTRACT], parties=None, buyer="City", tender=[])
    also = release(2, awards=AWARD)

    [contract] = ocds.tables([odd, also])["contracts"]

    assert contract["vendor_name"] == "Acme"


def test_contracts_of_one_award_have_each_their_own_vendor_and_amount():
    award = {
        "id": "a1",
        "value": {"amount": 100, "currency": "USD"},
        "suppliers": [{"id": "V1", "name": "Acme"}, {"id": "V2", "name": "Beta"}],
    }
    own = {"suppliers": {"identifier": {"id": "V2", "legalName": "Beta"}}, "value": {"amount": 40, "currency": "USD"}}
    plain = {"value": {"amount": 60, "currency": "USD"}, "suppliers": [{"id": "V1", "name": "Acme"}]}
    contracts = [{"id": "c1", "awardID": "a1"} | plain, {"id": "c2", "awardID": "a1"} | own, {"id": "more"}]

    found = ocds.tables([release(1, awards=[award], contracts=contracts)])

    told = [(c["vendor_name"], c["current_amount"], c["award_amount"], c["currency"]) for c in found["contracts"]]
    # An extension without an award of its own has no amount: the award's went to the others.
    assert told == [("Acme", 60, None, "USD"), ("Beta", 40, None, "USD"), ("Acme", None, None, "USD")]
    assert [v["vendor_id"] for v in found["contract_vendors"]] == ["V1", "V2", "V1", "V2"]


def test_a_payee_is_called_by_its_legal_name():
    line = {"id": "x", "value": {"amount": 7}, "receiverOrganization": {"id": "R1", "legalName": "Receiver Ltd"}}
    paid = {"transactions": [line]}

    [payment] = ocds.tables([release(1, awards=[AWARD], contracts=[CONTRACT | {"implementation": paid}])])["payments"]

    assert (payment["vendor_id"], payment["vendor_name"]) == ("R1", "Receiver Ltd")


def test_a_supplier_named_by_its_tax_number_alone_is_the_party_with_that_number():
    supplier = {"identifier": {"id": "T9", "legalName": "ACME SA DE CV"}}
    party = {"id": "V1", "name": "Acme", "identifier": {"id": "T9"}, "roles": ["supplier"]}
    stranger = {"identifier": {"id": "T8", "legalName": "Other SA"}}

    def vendor(who):
        [contract] = ocds.tables([release(1, awards=[AWARD | {"suppliers": [who]}], parties=[party])])["contracts"]
        return contract["vendor_id"], contract["vendor_name"]

    assert vendor(supplier) == ("V1", "Acme")
    assert vendor(stranger) == ("T8", "Other SA")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"id": "T9"}, "V1"),
        ({"id": "T9", "scheme": "TAX"}, "V1"),
        ({"id": "T9", "scheme": "CO"}, "T9"),  # the same digits in another register are another's
        ({"id": "77", "scheme": "CO"}, "V1"),
        ({"id": "77", "scheme": "TAX"}, "77"),
        ({"id": 77}, "V1"),
    ],
)
def test_every_number_of_a_party_names_it_within_its_register(asked, found):
    numbers = {"identifier": {"id": "T9", "scheme": "TAX"}, "additionalIdentifiers": [{"id": "77", "scheme": "CO"}]}
    party = {"id": "V1", "name": "Acme", "roles": ["supplier"]} | numbers

    award = AWARD | {"suppliers": [{"name": "Acme", "identifier": asked}]}
    [contract] = ocds.tables([release(1, awards=[award], parties=[party])])["contracts"]

    assert contract["vendor_id"] == found


@pytest.mark.parametrize("zeros", ["0", "000", "0-0", 0])
def test_a_number_of_zeros_is_nobodys(zeros):
    one, two = ({"name": name, "identifier": {"id": zeros}} for name in ("Acme", "Beta"))
    tender = {"id": "t", "tenderers": [one, two]}

    found = ocds.tables([release(1, tender=tender, awards=[AWARD | {"suppliers": [one]}])])

    assert [(c["vendor_id"], c["vendor_name"]) for c in found["contracts"]] == [(None, "Acme")]
    # Who has no number is known by the name, and so is who won.
    assert [(b["bidder_name"], b["won"]) for b in found["bids"]] == [("Acme", True), ("Beta", False)]


def test_a_placeholder_that_bids_everywhere_is_no_bidder():
    releases = [
        {"ocid": f"p{i}", "id": "r", "date": "2024-01-01", "tender": {"id": "t", "tenderers": [{"id": "0"}]}}
        for i in range(30)
    ]

    found = ocds.tables(releases)

    assert found["bids"] == []
    assert {row["number_of_bids"] for row in found["solicitations"]} == {None}
    # In fewer than thirty processes it may be one busy vendor.
    assert len(ocds.tables(releases[:29])["bids"]) == 29


def test_transactions_become_payments_under_their_contract():
    paid = {"transactions": [{"id": "x", "date": "2024-02-01", "value": {"amount": 7, "currency": "USD"}}]}

    [line] = ocds.tables([release(1, awards=[AWARD], contracts=[CONTRACT | {"implementation": paid}])])["payments"]

    assert (line["payment_amount"], line["contract_id"], line["vendor_name"]) == (7, "ocds-x-1:c1", "Acme")


@pytest.mark.parametrize("document", [{}, [], "text", 5, None, {"a": [1]}, [{"b": 1}]])
def test_what_is_no_package_is_known_for_it(document):
    assert not ocds.is_ocds([document])
