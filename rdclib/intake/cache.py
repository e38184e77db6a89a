"""What a table's files held when they were last read, kept beside them: four workbooks read a city's files once.

A copy is used only for the same bytes of the same files, the same map and the same code; else it is made anew.
"""

import hashlib
import io
import json
import zipfile
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rdclib import places, saved, schemas
from rdclib.checks import Finding
from rdclib.errors import EngagementError
from rdclib.intake import reading
from rdclib.intake.opening import fingerprint
from rdclib.intake.outcome import Account, Amounts, Intake

FOLDER = ".cache"
_LISTS = ("set_aside", "not_data", "kept")
REPEATS = 0.5  # a text column with at most this share of distinct texts among its first rows repeats itself
# What decides how a file is read, besides the file and its map.
_CODE = ("intake/*.py", "parsing.py", "schemas.py", "ocds.py", "checks.py", "vocabulary.py", "periods.py")
_WORDS = ("headings.csv", "heading_words.csv", "words.csv")


def remembered(folder, table, paths, how, read):
    """The table as it was last read, or as it is read now.

    Parameters
    ----------
    folder : Path
        The engagement's folder; the copy is kept in its ``.cache``, for an example city below the user's own folder.
    table : str
    paths : sequence of Path
        The table's files.
    how : sequence
        Everything else that decides how they are read, as plain values.
    read : callable
        Reads the files and gives an `Intake`.

    Returns
    -------
    Intake
    """
    if not all(path.is_file() for path in paths):
        return read()
    marks = [(path.name, fingerprint(path)) for path in paths]
    key = hashlib.sha256(json.dumps([table, marks, list(how), _code()]).encode()).hexdigest()
    kept = places.writable(folder) / FOLDER / f"{table}.zip"
    intake = _load(kept, key)
    if intake is None:
        intake = read()
        # A folder that may not be written is read each time.
        with suppress(EngagementError, OSError):
            saved.write_bytes(kept, _pack(intake, key))
    return intake


@cache
def _code():
    here = Path(__file__).resolve().parents[1]
    files = [path for pattern in _CODE for path in sorted(here.glob(pattern))]
    files += [places.CATALOGUE / name for name in _WORDS]
    mark = hashlib.sha256(f"{pd.__version__} {pa.__version__}".encode())
    for path in files:
        mark.update(path.read_bytes())
    return mark.hexdigest()


def _pack(intake, key):
    words = {
        "key": key,
        "table": intake.table,
        "columns": intake.columns,
        "findings": [asdict(finding) for finding in intake.findings],
        "accounts": [asdict(account) for account in intake.accounts],
        "amounts": {
            column: {code: asdict(amounts) for code, amounts in by_code.items()}
            for column, by_code in intake.amounts.items()
        },
        "asked": intake.asked,
        "unused": intake.unused,
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as parts:
        parts.writestr("words.json", json.dumps(words))
        for name in _LISTS:
            with parts.open(f"{name}.feather", "w") as part:
                getattr(intake, name).to_feather(part)
        with parts.open("frame.arrow", "w") as part:
            table = _compact(intake.frame)
            with pa.ipc.new_stream(part, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as out:
                out.write_table(table)
    return stream.getbuffer()


def _compact(frame):
    """The columns that hold something; texts that repeat themselves as a list of texts and a number a row."""
    columns = {}
    for name, values in frame.items():
        # Missing figures are kept as they are: nothing is looked for in a million of them.
        column = pa.array(values.to_numpy()) if values.dtype.kind in "fM" else pa.array(values)
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        if pa.types.is_large_string(column.type):
            some = column[:10_000]
            if column.null_count == len(column):
                continue
            if pc.count_distinct(some).as_py() <= REPEATS * len(some):
                column = column.dictionary_encode()
        elif values.isna().all():
            continue
        columns[name] = column
    return pa.table(columns)


def _whole(table, kinds):
    """The frame that `_compact` was given."""
    columns = {
        name: reading.series(table.column(name).combine_chunks(), kind)
        if name in table.column_names
        else reading.absent(kind, len(table))
        for name, kind in kinds.items()
    }
    return pd.DataFrame(columns, copy=False)


def _load(path, key):
    """The kept copy, or None when there is none for this key."""
    try:
        with zipfile.ZipFile(path) as parts:
            words = json.loads(parts.read("words.json"))
            if words["key"] != key:
                return None
            frames = {name: pd.read_feather(io.BytesIO(parts.read(f"{name}.feather"))) for name in _LISTS}
            with parts.open("frame.arrow") as part, pa.ipc.open_stream(part) as stream:
                frames["frame"] = _whole(stream.read_all(), schemas.columns(words["table"]))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return None
    return Intake(
        table=words["table"],
        columns=words["columns"],
        findings=tuple(Finding(**finding) for finding in words["findings"]),
        accounts=tuple(
            Account(**account | {"amounts": {column: _amounts(each) for column, each in account["amounts"].items()}})
            for account in words["accounts"]
        ),
        amounts={column: _amounts(by_code) for column, by_code in words["amounts"].items()},
        asked=tuple((heading, candidates) for heading, candidates in words["asked"]),
        unused=tuple(words["unused"]),
        **frames,
    )


def _amounts(by_code):
    return {code: Amounts(**amounts) for code, amounts in by_code.items()}
