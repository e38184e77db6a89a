"""Damaged files: each ends in a load whose accounts agree, or in a two-line error; the file itself never changes."""

import csv
import gzip
import hashlib
import io
import random
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdclib import schemas
from rdclib.errors import DataFileError
from rdclib.intake import desk, read_table

CONTRACTS = [
    ["Contract Number", "Vendor Name", "Contract Amount", "Start Date", "End Date", "Number of Bids", "Status"]
] + [
    [
        f"{i:05d}",
        f"Vendor {i % 7}, Inc.",
        f"${i * 1234.5:,.2f}",
        f"{i % 12 + 1:02d}/{i % 28 + 1:02d}/2023",
        "06/30/2025",
        str(i % 4),
        "Active",
    ]
    for i in range(40)
]
PAYMENTS = [["Check Number", "Payee", "Check Date", "Amount", "Department"]] + [
    [str(9000 + i), f"Beta {i % 5} GmbH", f"2023-{i % 12 + 1:02d}-15", f"{i * 17.31:.2f}", "Parks"] for i in range(40)
]
SOURCES = {"contracts": CONTRACTS, "payments": PAYMENTS}


def as_csv(rows, delimiter=","):
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def cut_short(data, rng):
    return data[: rng.randrange(len(data))]


def wrong_encoding(data, rng):
    text = data.decode("latin-1").replace("Inc.", "Ínç€")
    return text.encode(rng.choice(["utf-16", "cp1252", "utf-8-sig", "utf-32", "mac_roman", "cp437"]), errors="replace")


def null_bytes(data, rng):
    at = rng.randrange(len(data))
    return data[:at] + b"\0" * rng.randint(1, 50) + data[at:]


def flipped_bytes(data, rng):
    changed = bytearray(data)
    for _ in range(rng.randint(1, 40)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def huge_cell(data, rng):
    at = data.rfind(b",", 0, rng.randrange(1, len(data)))
    return data[: at + 1] + b"x" * 1_000_000 + data[at + 1 :]


def open_quote(data, rng):
    at = rng.randrange(len(data))
    return data[:at] + b'"' + data[at:]


def rows_of(data):
    return list(csv.reader(io.StringIO(data.decode())))


def shuffled_columns(data, rng):
    rows = rows_of(data)
    order = rng.sample(range(len(rows[0])), len(rows[0]))
    return as_csv([[row[i] for i in order] for row in rows])


def doubled_heading(data, rng):
    rows = rows_of(data)
    rows[0][rng.randrange(len(rows[0]))] = rng.choice(rows[0])
    return as_csv(rows)


def three_hundred_columns(data, rng):
    return as_csv([row + [str(rng.random())] * 300 for row in rows_of(data)])


def formulas(data, rng):
    rows = rows_of(data)
    for row in rng.sample(rows, 5):
        row[rng.randrange(len(row))] = rng.choice(
            ['=HYPERLINK("http://x")', "+1+1", "@SUM(A1)", "-2+3", "=cmd|' /C calc'!A0"]
        )
    return as_csv(rows)


def ragged(data, rng):
    rows = rows_of(data)
    for row in rng.sample(rows, 8):
        row[rng.randrange(len(row)) :] = ["y"] * rng.randint(0, 12)
    return as_csv(rows, rng.choice(",;\t|"))


def shuffled_rows(data, rng):
    rows = rows_of(data)
    rng.shuffle(rows)
    return as_csv(rows)


def line_ends(data, rng):
    return data.replace(b"\n", rng.choice([b"\r", b"\r\n", b"\n\n", b"\n\r", b"\x0b", b"\x85"]))


def packed(data, rng):
    if rng.random() < 0.5:
        return cut_short(gzip.compress(data), rng)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.csv", data)
        archive.writestr("empty.csv", b"")
    return flipped_bytes(stream.getvalue(), rng) if rng.random() < 0.5 else stream.getvalue()


def workbook(data, rng):
    book = openpyxl.Workbook()
    for row in rows_of(data):
        book.active.append([f"={cell}" if rng.random() < 0.02 else cell for cell in row])
    book.create_sheet("Empty")
    stream = io.BytesIO()
    book.save(stream)
    return flipped_bytes(stream.getvalue(), rng) if rng.random() < 0.6 else stream.getvalue()


def json_lines(data, rng):
    import json

    head, *rows = rows_of(data)
    text = "\n".join(json.dumps(dict(zip(head, row, strict=True))) for row in rows)
    return cut_short(text.encode(), rng)


def zip_bomb(data, rng):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", data + b"\n" * rng.randint(70, 90) * 1_000_000)
    return stream.getvalue()


def empty_sheet(data, rng):
    book = openpyxl.Workbook()
    for _ in range(rng.randint(0, 3)):
        book.create_sheet().append([None] * rng.randint(1, 5))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


DAMAGES = [
    cut_short, wrong_encoding, null_bytes, flipped_bytes, huge_cell, open_quote, shuffled_columns, doubled_heading,
    three_hundred_columns, formulas, ragged, shuffled_rows, line_ends, packed, workbook, json_lines,
    zip_bomb, empty_sheet,
]  # fmt: skip


def check(folder, table, data):
    """Read a damaged file, and hold the accounts of what came in."""
    path = folder / "damaged.csv"
    path.write_bytes(data)
    before = hashlib.sha256(data).hexdigest()
    try:
        intake = read_table(path, table, currency="USD")
    except DataFileError as error:
        assert len(str(error).splitlines()) == 2  # noqa: PT017
        return
    finally:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert intake.rows_read == intake.rows_accepted + intake.rows_set_aside + intake.rows_not_data
    # A wide line is several rows.
    assert len(intake.frame[["source_file", "source_row"]].drop_duplicates()) == intake.rows_accepted
    schemas.TABLES[table].validate(intake.frame, lazy=True)
    wrong = any("do not add up" in f.what or "counts other rows" in f.what for f in intake.findings)
    for by_currency in intake.amounts.values():
        for a in by_currency.values():
            # A total is right, or it is said to be wrong.
            assert wrong or abs(a.read - a.accepted - a.set_aside) < 0.01


@given(
    table=st.sampled_from(sorted(SOURCES)),
    damages=st.lists(st.sampled_from(DAMAGES), min_size=1, max_size=1),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_a_damaged_file_loads_or_says_why_not(tmp_path, table, damages, seed):
    rng = random.Random(seed)
    data = as_csv(SOURCES[table])
    for damage in damages:
        data = damage(data, rng)

    check(tmp_path, table, data)


# Example cities' files, and files written here: each kind of damage meets each of them.
EXAMPLES = (
    ("contracts", "riverbend/raw/contract_register_2022-09-30.csv"),
    ("bids", "riverbend/raw/bids.csv"),
    ("contracts", "ostermoor/raw/contracts.csv"),
    ("payments", "ostermoor/raw/payments.csv"),
    ("observations", "ostermoor/raw/observations.csv"),
    ("payments", "quillhaven/raw/warrants_2022.csv"),
    ("cases", "quillhaven/raw/pathway_cases.csv"),
)
VARIANTS = 28  # of each kind of damage: with eighteen kinds more than five hundred


def test_there_are_more_than_five_hundred_variants_of_every_kind_of_damage():
    assert VARIANTS * len(DAMAGES) >= 500


def source(root, number):
    """One of the undamaged files: ours, or the first lines of an example city's."""
    ours = [(table, as_csv(rows)) for table, rows in SOURCES.items()]
    if number % (len(ours) + len(EXAMPLES)) < len(ours):
        return ours[number % (len(ours) + len(EXAMPLES))]
    table, name = EXAMPLES[number % (len(ours) + len(EXAMPLES)) - len(ours)]
    text = (root / "data" / "examples" / name).read_bytes().decode("utf-8", errors="replace")
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text[:300] else ","))[:60]
    return table, as_csv([row for row in rows if len(row) == len(rows[-1])])


@pytest.mark.long
@pytest.mark.parametrize("damage", DAMAGES)
@given(number=st.integers(0, 100), seed=st.integers(0, 10**6))
@settings(max_examples=VARIANTS, suppress_health_check=list(HealthCheck))
def test_many_damaged_files_of_each_kind_load_or_say_why_not(root, tmp_path, damage, number, seed):
    table, data = source(root, number)

    check(tmp_path, table, damage(data, random.Random(seed)))


REAL = (
    ("contracts", "contracts/philadelphia_commodities/FY2014Q1.csv"),
    ("contracts", "contracts/mexico_compranet/sample_Contratos2015_150514075424.csv"),
    ("bids", "bids/worldbank_bids.csv"),
    ("observations", "ugly/kentucky_k_count_2025.xlsx"),
    ("contracts", "ocds/moldova.zip"),
)


@pytest.mark.long
@given(
    source=st.sampled_from(REAL),
    damage=st.sampled_from([cut_short, flipped_bytes, null_bytes, open_quote]),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
def test_damaged_real_files_load_or_say_why_not(shared, tmp_path, source, damage, seed):
    table, name = source
    data = (shared / "data" / name).read_bytes()
    if not name.endswith((".xlsx", ".zip")):
        data = data[:60_000]

    check(tmp_path, table, damage(data, random.Random(seed)))


@given(seed=st.integers(0, 10**6), damage=st.sampled_from(DAMAGES))
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
def test_guessing_the_table_of_a_damaged_file_ends_in_a_guess_or_two_lines(tmp_path, damage, seed):
    path = tmp_path / "damaged.csv"
    path.write_bytes(damage(as_csv(CONTRACTS), random.Random(seed)))

    try:
        found = desk.guess(path)
    except DataFileError as error:
        assert len(str(error).splitlines()) == 2  # noqa: PT017
    else:
        assert found.table in ("", "template", "ocds", *schemas.TABLES)
