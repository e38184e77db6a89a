"""What was read is kept beside the files, and never shows old numbers."""

import pandas as pd
import pytest

from rdclib.intake import cache, read_table

REGISTER = """\
Contract No,Vendor,Amount,Start
C-1,Ash Paving,1000.50,2024-01-31
C-2,Elm Roads,n/a,2024-02-01
Total,,1000.50,
"""
FRAMES = ("frame", "set_aside", "not_data", "kept")
WORDS = ("table", "columns", "findings", "amounts", "asked", "unused", "rows_read", "rows_set_aside", "main_money")


@pytest.fixture
def register(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text(REGISTER, encoding="utf-8")
    return path


def ask(path, how=("USD",), reads=None):
    def read():
        if reads is not None:
            reads.append(path.read_text(encoding="utf-8"))
        return read_table([path], "contracts", currency="USD")

    return cache.remembered(path.parent, "contracts", [path], how, read)


def test_the_second_look_reads_no_file_and_says_the_same(register):
    reads = []
    first, second = ask(register, reads=reads), ask(register, reads=reads)

    assert len(reads) == 1
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
    for name in WORDS:
        assert getattr(first, name) == getattr(second, name), name


def test_another_byte_another_map_or_other_code_reads_again(register, monkeypatch):
    reads = []
    ask(register, reads=reads)
    register.write_text(REGISTER.replace("1000.50", "2000.50"), encoding="utf-8")
    changed = ask(register, reads=reads)
    ask(register, how=("EUR",), reads=reads)
    monkeypatch.setattr(cache, "_code", lambda: "newer")
    ask(register, how=("EUR",), reads=reads)

    assert len(reads) == 4
    assert changed.frame["current_amount"].sum() == 2000.50


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_copy_is_made_anew(register, damage):
    ask(register)
    kept = register.parent / cache.FOLDER / "contracts.zip"
    kept.write_bytes(kept.read_bytes()[:-200] if damage is None else damage)
    reads = []

    assert ask(register, reads=reads).rows_read == 4
    assert len(reads) == 1


def test_a_missing_file_is_told_by_the_reader(register):
    from rdclib.errors import DataFileError

    ask(register)
    register.unlink()
    with pytest.raises(DataFileError):
        ask(register)
