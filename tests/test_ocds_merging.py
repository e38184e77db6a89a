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
