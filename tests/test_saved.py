"""Files of an engagement are written whole, with author and time, and keep what people wrote."""

import csv
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdclib import saved, schemas, vocabulary
from rdclib.errors import EngagementError, WrongUse

FACTS = """\
# Facts of the city
city: Riverbend  # as on the letterhead
code: 06037
price: 1E5
holidays: [2024-01-01]
answer: No
"""


@pytest.fixture
def facts(tmp_path):
    path = tmp_path / "engagement.yaml"
    path.write_text(FACTS, encoding="utf-8")
    return path


def test_every_plain_value_is_read_as_text(facts):
    data = saved.read_yaml(facts)

    assert (data["code"], data["price"], data["answer"]) == ("06037", "1E5", "No")
    assert list(data["holidays"]) == ["2024-01-01"]


def test_what_a_reader_changes_reaches_no_other_reader(facts):
    saved.read_yaml(facts)["holidays"].append("2024-12-25")

    assert saved.read_yaml(facts)["holidays"] == ["2024-01-01"]


def test_writing_what_was_read_changes_no_byte(facts):
    saved.write_yaml(facts, saved.read_yaml(facts))

    assert facts.read_text(encoding="utf-8") == FACTS


def test_update_keeps_comments_and_the_file_as_it_was(facts):
    saved.update_yaml(facts, ("files", "contracts", "paths"), ["raw/a.csv"], author="Ana")

    text = facts.read_text(encoding="utf-8")
    assert "# Facts of the city" in text
    assert "# as on the letterhead" in text
    assert saved.read_yaml(facts)["files"]["contracts"]["paths"] == ["raw/a.csv"]
    kept = list((facts.parent / saved.HISTORY).glob("engagement-*.yaml"))
    assert [copy.read_text(encoding="utf-8") for copy in kept] == [FACTS]


def test_decisions_carry_author_and_time(tmp_path, monkeypatch):
    monkeypatch.setattr(saved, "now", lambda: "2026-01-31T09:00:00Z")

    saved.update_yaml(tmp_path / "choices.yaml", ("assessment", "key_contracts"), ["06037"], author="Ana Ruiz")

    section = saved.read_yaml(tmp_path / "choices.yaml")["assessment"]
    assert section == {"key_contracts": ["06037"], "saved_by": "Ana Ruiz", "saved_at": "2026-01-31T09:00:00Z"}


@pytest.mark.parametrize("value", ["00123", "No", "1.10", "2024-01-01", "a: b", "# x", "é\nü", "'quoted'", "~", "<b>"])
def test_text_comes_back_as_it_was_also_for_other_readers(tmp_path, value):
    from ruamel.yaml import YAML

    path = tmp_path / "choices.yaml"
    saved.update_yaml(path, ("assessment", "note"), value, author="A")

    assert saved.read_yaml(path)["assessment"]["note"] == value
    assert YAML(typ="safe").load(path)["assessment"]["note"] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: !!python/object:os.system x\n",
            "facts.yaml holds the tag tag:yaml.org,2002:python/object:os.system, which we do not follow.\n"
            "Remove the word that begins with ! and write the value alone.",
        ),
        ("- a\n", "facts.yaml is not a list of keys with values.\nWrite lines such as city: Riverbend."),
        (
            "a: b: c\n",
            "facts.yaml is not valid yaml in line 1: mapping values are not allowed here.\n"
            "Mend that line: two spaces for each level, a space after each colon, quotes around text with : or #.",
        ),
    ],
)
def test_unusable_yaml_says_what_and_what_to_do(tmp_path, text, message):
    path = tmp_path / "facts.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(EngagementError) as caught:
        saved.read_yaml(path)

    assert str(caught.value) == message


def test_a_failed_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "choices.yaml"
    saved.write_text(path, "old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saved.os, "fsync", full)
    with pytest.raises(EngagementError, match="No space left on device"):
        saved.write_text(path, "new")

    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["choices.yaml"]


def test_many_writers_lose_no_row(tmp_path):
    path = tmp_path / "actions.csv"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: saved.append_rows(path, [{"action_id": n}], author="A"), range(40)))

    assert sorted(int(row["action_id"]) for row in saved.read_rows(path)) == list(range(40))


def test_a_formula_does_not_become_live_in_a_spreadsheet(tmp_path):
    path = tmp_path / "vendor_merges.csv"
    name = '=HYPERLINK("http://evil.example","x")'

    saved.append_rows(path, [{"vendor_name": name, "into_id": "-5"}], author="A")

    with path.open(newline="", encoding="utf-8") as stream:
        raw = next(csv.DictReader(stream))
    assert raw["vendor_name"] == f"'{name}"
    assert raw["into_id"] == "-5"
    assert saved.read_rows(path)[0]["vendor_name"] == name


@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=20))
def test_guarding_loses_nothing(text):
    assert saved.unguarded(saved.guarded(text)) == text


ANSWERS = """\
round,respondent,role,question,answer,evidence,comment,author,time
1,Ana,finance,Q01,3,"Policy, page 2","Yes; since 2020",Ana,2026-01-31T09:00:00Z
1,Ben,legal,Q01,1,,,Ben,2026-01-31T09:05:00Z
"""
HEADER, FIRST, SECOND = ANSWERS.splitlines()


def answers_written(folder, delimiter=",", header=HEADER):
    """The two answers as another program writes them."""
    path = folder / "answers.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(csv.reader([header, FIRST, SECOND]))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("header", [HEADER, HEADER.title(), HEADER.upper(), HEADER.replace(",", " , ")])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_a_csv_of_ours_is_read_with_any_delimiter_and_case(tmp_path, delimiter, header, mark):
    path = answers_written(tmp_path, delimiter, header)
    path.write_bytes(mark + path.read_bytes())

    rows = saved.read_rows(path)

    assert [(r["respondent"], r["question"], r["answer"]) for r in rows] == [("Ana", "Q01", "3"), ("Ben", "Q01", "1")]
    assert (rows[0]["evidence"], rows[0]["comment"]) == ("Policy, page 2", "Yes; since 2020")


def test_a_save_over_semicolons_gives_one_file_with_commas_and_every_row(tmp_path):
    path = answers_written(tmp_path, ";", HEADER.title())

    saved.append_rows(path, [{"round": "1", "respondent": "Cy", "role": "legal", "question": "Q01", "answer": "2"}],
                      author="Cy")  # fmt: skip

    lines = path.read_text(encoding="utf-8").splitlines()
    assert list(csv.reader(lines[:3])) == list(csv.reader([HEADER, FIRST, SECOND]))
    assert [row["respondent"] for row in saved.read_rows(path)] == ["Ana", "Ben", "Cy"]


DAMAGED = {
    "no header": "\n".join([FIRST, SECOND]),
    "null bytes": "\0" * 400,
    "null bytes at the end": ANSWERS + "\0" * 400,
    "empty": "",
    "unknown column": ANSWERS.replace("question", "item"),
    "another column": ANSWERS.replace("time\n", "time,notes\n"),
    "a needed column is missing": ANSWERS.replace(",answer,", ",comment,"),
    "a column twice": ANSWERS.replace("evidence", "comment"),
    "two formats": ANSWERS.replace(",", ";") + FIRST + "\n",
    "cut off": ANSWERS[: len(HEADER) + 15],
    "cut off inside quotes": ANSWERS[: len(HEADER) + 30],
    "too many values": ANSWERS.replace("Ben,2026", "Ben,x,2026"),
    "another encoding": ANSWERS.replace("Policy", "Pol\xedtica").encode("cp1252"),
    "a page of the web": "<html><body>Sign in</body></html>",
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_csv_that_is_not_understood_is_refused_in_two_lines_and_never_saved_over(tmp_path, damage):
    path = tmp_path / "answers.csv"
    path.write_bytes(damage if isinstance(damage, bytes) else damage.encode("utf-8"))
    before = path.read_bytes()

    with pytest.raises(EngagementError) as read:
        saved.read_rows(path)
    with pytest.raises(EngagementError) as added:
        saved.append_rows(path, [{"round": "1", "question": "Q01"}], author="A")

    assert str(read.value) == str(added.value)
    assert len(str(read.value).splitlines()) == 2
    assert path.read_bytes() == before


def test_lines_that_a_spreadsheet_left_without_values_are_skipped(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text(HEADER + ",,\n" + FIRST + ",,\n,,,,,,,,,,\n\n1,Ben,legal,Q02,1\n", encoding="utf-8")

    assert [(r["question"], r["comment"]) for r in saved.read_rows(path)] == [("Q01", "Yes; since 2020"), ("Q02", "")]


def test_every_file_of_the_forms_has_the_columns_of_its_table():
    tables = {"contract_coding.csv": "coding", "actions.csv": "actions", "vendor_ratings.csv": "vendor_ratings"}
    for file, table in tables.items():
        assert list(vocabulary.ENTRY_FILES[file].columns) == [
            name for name in schemas.columns(table) if name not in schemas.LINEAGE
        ]
    for columns, needed in vocabulary.ENTRY_FILES.values():
        assert set(needed) <= set(columns)


def test_every_earlier_version_of_a_csv_and_a_yaml_is_kept_and_can_be_restored(tmp_path):
    path, facts = tmp_path / "answers.csv", tmp_path / "engagement.yaml"
    texts = []
    for number in range(4):
        saved.append_rows(path, [{"round": "1", "question": f"Q0{number}"}], author="A")
        texts.append(path.read_text(encoding="utf-8"))
    facts.write_text(FACTS, encoding="utf-8")
    saved.update_yaml(facts, ("city",), "Springfield", author="A")

    kept = [v for v in saved.versions(tmp_path) if v.file == "answers.csv"]
    assert [v.path.read_text(encoding="utf-8") for v in kept] == texts[:-1]

    replaced = saved.restore(tmp_path, "answers.csv", kept[1].id)

    assert path.read_text(encoding="utf-8") == texts[1]
    assert {v.id: v.path.read_text(encoding="utf-8") for v in saved.versions(tmp_path)}[replaced] == texts[3]
    [fact] = [v for v in saved.versions(tmp_path) if v.file == "engagement.yaml"]
    saved.restore(tmp_path, "engagement.yaml", fact.id)
    assert facts.read_text(encoding="utf-8") == FACTS


def test_a_version_that_is_not_there_changes_nothing(tmp_path):
    path = tmp_path / "answers.csv"
    saved.append_rows(path, [{"round": "1", "question": "Q01"}], author="A")
    before = path.read_bytes()

    for file, version in (("answers.csv", "2026-01-31T090000Z-000"), ("../answers.csv", "x"), ("none.csv", "x")):
        with pytest.raises(WrongUse):
            saved.restore(tmp_path, file, version)

    assert path.read_bytes() == before
    assert saved.versions(tmp_path) == []


def test_a_disk_that_is_full_while_history_is_kept_leaves_the_old_and_no_half_version(tmp_path, monkeypatch):
    path = tmp_path / "answers.csv"
    saved.append_rows(path, [{"round": "1", "question": "Q01"}], author="A")
    before = path.read_bytes()

    def full(_, to):
        to.write_bytes(b"ro")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saved.shutil, "copyfile", full)
    with pytest.raises(EngagementError, match="No space left on device"):
        saved.append_rows(path, [{"round": "1", "question": "Q02"}], author="A")

    assert path.read_bytes() == before
    assert saved.versions(tmp_path) == []


def test_the_newest_row_of_a_key_counts():
    rows = [{"id": "1", "v": "a"}, {"id": "2", "v": "b"}, {"id": "1", "v": "c"}]

    assert saved.newest(rows, ("id",)) == [{"id": "1", "v": "c"}, {"id": "2", "v": "b"}]


CANNOT_WRITE = (
    "Make room on the disk, close the program that holds the file, or have its folder opened for writing; then save "
    "again. The old is whole."
)


def refuse(*_, **__):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    "part", ["tempfile.mkstemp", "shutil.copyfile", "os.replace", "FileLock.acquire", "Path.mkdir"], ids=str
)
def test_a_folder_that_may_not_be_written_is_told_in_two_lines_and_the_old_is_whole(facts, monkeypatch, part):
    monkeypatch.setattr(f"rdclib.saved.{part}", refuse)

    with pytest.raises(EngagementError) as caught:
        saved.update_yaml(facts, ("city",), "S", author="A")

    assert str(caught.value) == f"engagement.yaml could not be written (Permission denied).\n{CANNOT_WRITE}"
    assert facts.read_text(encoding="utf-8") == FACTS


@pytest.mark.parametrize("read", [saved.read_yaml, saved.read_rows])
def test_a_file_that_another_program_holds_is_told_in_two_lines(facts, monkeypatch, read):
    monkeypatch.setattr("rdclib.saved.Path.open", refuse)
    monkeypatch.setattr("rdclib.saved.Path.read_text", refuse)

    with pytest.raises(EngagementError) as caught:
        read(facts)

    assert str(caught.value) == (
        "engagement.yaml could not be read (Permission denied).\n"
        "Close the program that holds the file, or have it opened for reading; then try again."
    )
