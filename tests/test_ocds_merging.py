"""Releases are compiled under a schema of ours; what comes out is what the official schema gives."""

import json
import zipfile
from collections import defaultdict
from operator import itemgetter

import ocdsmerge
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib import ocds
from rdclib.intake import read_table

ARCHIVES = ("mexico_gacm_airport.zip", "moldova.zip", "paraguay_dncp.zip", "uk_contracts_finder.zip")


@pytest.fixture(scope="module")
def official(shared):
    text = (shared / "data" / "ocds" / "schema" / "dereferenced-release-schema.json").read_text(encoding="utf-8")
    return ocdsmerge.Merger(json.loads(text))


@pytest.fixture(scope="module")
def ours():
    return ocds.merger()


def test_our_rules_of_merging_are_those_of_the_official_schema(official, ours):
    assert ours.merge_rules == official.merge_rules


def plain(release):
    return json.loads(json.dumps(release))


@pytest.mark.parametrize("archive", ARCHIVES)
def test_processes_of_real_archives_compile_as_under_the_official_schema(shared, official, ours, archive):
    processes = defaultdict(list)
    with zipfile.ZipFile(shared / "data" / "ocds" / archive) as files:
        for name in files.namelist():
            data = files.read(name)
            if data.startswith(b"{"):  # an empty file and a web page lie among them
                for release in ocds.releases_of(json.loads(data)):
                    processes[release.get("ocid")].append({**release, "date": str(release.get("date") or "")})

    assert processes
    for releases in processes.values():
        assert plain(ours.create_compiled_release(releases)) == plain(official.create_compiled_release(releases))


# Invented releases: the same few ids again and again, so that lists meet.
BY_ID = itemgetter("id")
IDS = st.sampled_from(["1", "2", "3"])
MONEY = st.fixed_dictionaries({"amount": st.integers(0, 99), "currency": st.sampled_from(["USD", "EUR"])})
CLASSES = st.lists(
    st.fixed_dictionaries({"id": IDS, "scheme": st.sampled_from(["CPV", "NIGP"])}), max_size=2, unique_by=BY_ID
)
ITEMS = st.lists(
    st.fixed_dictionaries({"id": IDS}, optional={"additionalClassifications": CLASSES}), max_size=2, unique_by=BY_ID
)
ORGANISATIONS = st.lists(
    st.fixed_dictionaries({"id": IDS, "name": st.sampled_from("AB")}, optional={"additionalIdentifiers": CLASSES}),
    max_size=2,
    unique_by=BY_ID,
)
AMENDMENTS = st.lists(
    st.fixed_dictionaries({"id": IDS, "rationale": st.sampled_from("xy")}), max_size=2, unique_by=BY_ID
)
PARTS = {
    "parties": ORGANISATIONS,
    "tender": st.fixed_dictionaries(
        {"id": IDS},
        optional={
            "title": st.sampled_from(["x", None]),
            "items": ITEMS,
            "tenderers": ORGANISATIONS,
            "value": MONEY,
            "submissionMethod": st.lists(st.sampled_from(["electronic", "written"]), max_size=2),
            "amendments": AMENDMENTS,
        },
    ),
    "awards": st.lists(
        st.fixed_dictionaries({"id": IDS}, optional={"value": MONEY, "suppliers": ORGANISATIONS, "items": ITEMS}),
        max_size=2,
        unique_by=BY_ID,
    ),
    "contracts": st.lists(
        st.fixed_dictionaries({"id": IDS}, optional={"value": MONEY, "amendments": AMENDMENTS, "items": ITEMS}),
        max_size=2,
        unique_by=BY_ID,
    ),
    "bids": st.fixed_dictionaries(
        {"details": st.lists(st.fixed_dictionaries({"id": IDS, "value": MONEY}), max_size=2, unique_by=BY_ID)}
    ),
}


@given(parts=st.lists(st.fixed_dictionaries({}, optional=PARTS), min_size=1, max_size=4))
@settings(max_examples=80)
def test_invented_releases_compile_as_under_the_official_schema(official, ours, parts):
    releases = [
        {"ocid": "ocds-x-1", "id": str(i), "date": f"2024-01-0{i + 1}T00:00:00Z", "tag": ["tender"], **part}
        for i, part in enumerate(parts)
    ]

    assert plain(ours.create_compiled_release(releases)) == plain(official.create_compiled_release(releases))


def full(i, amount, **more):
    return {
        "ocid": f"ocds-x-{i}", "id": "r", "date": "2024-01-01T00:00:00Z", "tag": ["contract"],
        "awards": [{"id": "1", "status": "active", "suppliers": [{"id": "S", "name": "Acme"}]}],
        "contracts": [{"id": "1", "awardID": "1", "value": {"amount": amount, "currency": "USD"}}],
        **more,
    }  # fmt: skip


def test_two_releases_of_one_id_that_say_different_things_both_count():
    award, contract = full(1, 70), full(1, 70)
    del award["contracts"], contract["awards"]

    [row] = ocds.tables([{"releases": [award, contract]}])["contracts"]

    assert (row["vendor_name"], row["current_amount"]) == ("Acme", 70)


def test_a_release_that_lies_in_two_packages_counts_once():
    assert len(ocds.tables([{"releases": [full(1, 70)]}, {"releases": [full(1, 70)]}])["contracts"]) == 1


@pytest.mark.parametrize(
    "answer",
    [
        lambda releases: {"results": releases, "links": {"next": "http://example.org?page=2"}},
        lambda releases: {"data": [{"publishedDate": "2024-02-01", "releases": releases}]},
        lambda releases: {"response": {"records": [{"ocid": r["ocid"], "compiledRelease": r} for r in releases]}},
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_packages_inside_the_answer_of_an_interface(tmp_path, answer, encoding):
    path = tmp_path / "page.json"
    path.write_bytes(json.dumps(answer([full(1, 70), full(2, 80)])).encode(encoding))

    assert read_table(path, "contracts").amounts["current_amount"]["USD"].accepted == 150


def money(amount, currency):
    return {"amount": amount, "currency": currency}


def bid(key, amount, *names, **more):
    return {"id": key, "tenderers": [{"name": name} for name in names], "value": money(amount, "USD"), **more}


def notice(day, **parts):
    return {"ocid": "ocds-1", "id": f"r{day}", "date": f"2024-01-{day:02d}T00:00:00Z", "tag": ["tender"], **parts}


def bids_of(*releases):
    rows = ocds.tables([{"releases": list(releases)}])["bids"]
    return [(row["bidder_name"], row["bid_amount"]) for row in rows]


def test_objects_without_ids_are_replaced_by_the_later_release():
    details = {"details": [bid("b1", 100, "F1"), bid("b2", 120, "F2")]}

    assert bids_of(notice(1, bids=details), notice(2, bids=details)) == [("F1", 100), ("F2", 120)]


def test_a_bidder_whom_the_later_release_no_longer_names_is_gone():
    first, second = {"details": [bid("b1", 100, "F1", "F2")]}, {"details": [bid("b1", 100, "F2", "F3")]}

    assert bids_of(notice(1, bids=first), notice(2, bids=second)) == [("F2", 100), ("F3", 100)]


def test_bids_without_any_id_are_replaced_and_those_of_another_list_stay():
    nameless = [{"tenderers": [{"name": "F1"}], "value": money(n, "USD")} for n in (100, 120)]
    later = [{"tenderers": [{"name": "F1"}], "value": money(90, "USD")}]

    told = ocds.tables([notice(1, bids={"details": nameless}), notice(2, bids={"details": later}, tender={"id": "T"})])

    assert [row["bid_amount"] for row in told["bids"]] == [90]
    assert bids_of(notice(1, bids={"details": nameless}), notice(2, tender={"id": "T"})) == [("F1", 100), ("F1", 120)]


def test_a_bidder_known_by_an_id_and_then_by_its_name_alone_is_one():
    known = {"details": [bid("b1", 100) | {"tenderers": [{"id": "V1", "name": "F1"}]}]}
    alone = {"details": [bid("b1", 100, "F1")]}

    for releases in ((known, alone), (alone, known), (known, alone, known)):
        told = bids_of(*(notice(day, bids=parts) for day, parts in enumerate(releases, start=1)))
        assert told == [("F1", 100)]


def test_ids_without_a_value_make_no_two_objects_one():
    awards = [{"id": None, "value": money(n, "USD"), "suppliers": [{"name": f"F{n}"}]} for n in (1, 2)]

    told = ocds.tables([notice(1, awards=awards), notice(2, tender={"id": "T", "title": "Road"})])

    assert [(row["vendor_name"], row["award_amount"]) for row in told["contracts"]] == [("F1", 1), ("F2", 2)]


def test_one_award_that_stands_where_a_list_belongs_loses_no_other():
    first = {"id": "1", "value": money(1, "USD"), "suppliers": [{"id": "A", "name": "A"}]}
    second = {"id": "2", "value": money(2, "USD"), "suppliers": [{"id": "B", "name": "B"}]}

    told = ocds.tables([notice(1, awards=[first], tender={"id": "T", "title": "x"}), notice(2, awards=second)])

    assert [(row["vendor_name"], row["award_amount"], row["title"]) for row in told["contracts"]] == [
        ("A", 1, "x"), ("B", 2, "x"),
    ]  # fmt: skip


def test_releases_are_in_order_of_time_whatever_their_time_zones():
    early = notice(1, tender={"id": "T", "title": "early"}) | {
        "date": "2024-01-01T23:30:00-05:00"
    }  # 04:30 UTC next day
    late = notice(2, tender={"id": "T", "title": "late"}) | {"date": "2024-01-02T06:00:00+00:00"}
    between = notice(3, tender={"id": "T", "title": "before"}) | {"date": "2024-01-02T03:00:00Z"}

    for order in ((early, late, between), (late, between, early)):
        [row] = ocds.tables([list(order)])["solicitations"]
        assert row["title"] == "late"
    [row] = ocds.tables([[early, between]])["solicitations"]
    assert row["title"] == "early"


def test_releases_without_any_number_are_processes_of_their_own():
    def release(n):
        return {"tag": ["award"], "awards": [{"id": "1", "value": money(n, "USD"), "suppliers": [{"name": f"F{n}"}]}]}

    told = ocds.tables([{"releases": [release(1), release(2)], "publishedDate": "2024-02-01"}])

    assert [(row["vendor_name"], row["award_amount"]) for row in told["contracts"]] == [("F1", 1), ("F2", 2)]


def test_releases_of_a_record_have_the_number_of_their_record():
    award = {"id": "1", "value": money(5, "USD"), "suppliers": [{"id": "V", "name": "F"}]}
    releases = [{k: v for k, v in notice(day, awards=[award]).items() if k != "ocid"} for day in (1, 2)]

    told = ocds.tables([{"records": [{"ocid": "ocds-9", "releases": releases}]}])

    assert [row["solicitation_id"] for row in told["contracts"]] == ["ocds-9"]


def test_each_amount_keeps_its_own_currency(tmp_path):
    release = notice(
        1,
        tender={"id": "T1", "title": "Road", "value": money(1471566.72, "MXN")},
        awards=[{"id": "1", "value": money(75464.96, "USD"), "suppliers": [{"id": "f1", "name": "F1"}]}],
        contracts=[{"id": "1", "awardID": "1", "value": money(75464.96, "USD")}],
        bids={"details": [bid("b1", 75464.96, "F1")]},
    )
    path = tmp_path / "two.json"
    path.write_text(json.dumps({"releases": [release]}))

    def totals(table, column):
        found = read_table(path, table, currency="USD")
        assert not [finding for finding in found.findings if finding.severity == "error"]
        return {code: (amount.read, amount.accepted) for code, amount in found.amounts[column].items()}

    tender, award = {"MXN": (1471566.72, 1471566.72)}, {"USD": (75464.96, 75464.96)}
    assert (totals("solicitations", "budget"), totals("solicitations", "award_amount")) == (tender, award)
    assert (totals("contracts", "budget"), totals("contracts", "award_amount")) == (tender, award)
    assert (totals("contracts", "current_amount"), totals("bids", "bid_amount")) == (award, award)


def test_awards_in_two_currencies_have_no_sum_and_payments_in_another_are_not_added():
    lines = [{"id": str(n), "value": money(n, code)} for n, code in ((5, "USD"), (7, "EUR"))]
    contract = {"id": "1", "awardID": "1", "value": money(12, "USD"), "implementation": {"transactions": lines}}
    awards = [{"id": str(n), "value": money(n, code)} for n, code in ((1, "USD"), (2, "EUR"))]

    told = ocds.tables([notice(1, tender={"id": "T"}, awards=awards, contracts=[contract])])

    assert told["solicitations"][0]["award_amount"] is None
    assert told["contracts"][0]["paid_to_date"] is None
    assert [(row["payment_amount"], row["currency"]) for row in told["payments"]] == [(5, "USD"), (7, "EUR")]


def test_a_currency_that_no_country_has_is_a_slip_of_the_pen():
    contract = {"id": "1", "awardID": "1", "value": money(9, "MXN")}

    [row] = ocds.tables([notice(1, awards=[{"id": "1", "value": money(9, "MNX")}], contracts=[contract])])["contracts"]

    assert (row["currency"], row["award_currency"]) == ("MXN", None)


def version(*values, days=None):
    days = days or range(1, len(values) + 1)
    return [
        {"releaseID": f"r{day}", "releaseDate": f"2024-01-{day:02d}", "releaseTag": ["tender"], "value": value}
        for day, value in zip(days, values, strict=True)
    ]


VERSIONED = {
    "ocid": "x-1",
    "buyer": {"id": version("B1"), "name": version("Town", "City")},
    "tender": {"id": version("T1"), "title": version("Path", "Road"), "value": {"amount": version(10, 12)}},
    "awards": [{"id": "a", "status": version("pending", "active"), "suppliers": [{"id": "V", "name": version("F1")}]}],
}


@pytest.mark.parametrize(
    "document",
    [
        VERSIONED,
        {"versionedRelease": VERSIONED},
        {"records": [{"ocid": "x-1", "versionedRelease": VERSIONED}]},
        {"records": [{"ocid": "x-1", "releases": [{"url": "http://x.org/1", "date": "2024-01-01"}],
                      "versionedRelease": VERSIONED}]},
    ],
)  # fmt: skip
def test_a_versioned_release_is_compiled_first(document):
    told = ocds.tables([document])

    [tender], [contract] = told["solicitations"], told["contracts"]
    assert (tender["solicitation_id"], tender["title"], tender["department"], tender["budget"]) == (
        "x-1", "Road", "City", 12,
    )  # fmt: skip
    assert (contract["vendor_name"], contract["status"]) == ("F1", "active")


def test_a_versioned_release_as_its_library_writes_it_compiles_to_the_same(ours):
    releases = [
        notice(day, tender={"id": "T", "title": title}, awards=[{"id": "1", "value": money(day, "USD")}])
        for day, title in ((1, "Path"), (2, "Road"))
    ]

    versioned = json.loads(json.dumps(ours.create_versioned_release(releases)))

    assert ocds.tables([versioned]) == ocds.tables([releases])


def test_versions_without_days_are_in_the_order_of_their_list():
    title = [{"releaseID": "1", "value": "Path"}, {"releaseID": "2", "value": "Road"}]

    [row] = ocds.tables([{"ocid": "x-1", "tender": {"id": [{"releaseID": "1", "value": "T"}], "title": title}}])[
        "solicitations"
    ]

    assert row["title"] == "Road"


LETTERS = st.sampled_from("ABC")


@given(
    lists=st.lists(st.lists(LETTERS, max_size=3, unique=True), min_size=1, max_size=4),
    ids=st.booleans(),
)
@settings(max_examples=60)
def test_bidders_of_the_last_list_count_whatever_came_before(lists, ids):
    releases = [
        notice(day, tender={"id": "T", "tenderers": [{"name": name} for name in names]})
        for day, names in enumerate(lists, start=1)
    ]
    last = next((names for names in reversed(lists) if names), [])

    told = ocds.tables([releases if ids else list(reversed(releases))])["bids"]

    assert sorted(row["bidder_name"] for row in told) == sorted(last)
