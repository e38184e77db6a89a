"""What came twice: a file under another name, a line that is the same in every cell."""

import csv
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from rdclib.intake import reading


def set_twice_aside(state, confirmed):
    """A file whose content came before, under any name, is set aside until the city confirms it."""
    seen = {}
    alike = Counter((tuple(block.headings), block.lines_read) for block in state.blocks)
    confirmed = {Path(name).name for name in confirmed}
    for block in state.blocks:
        sign = (tuple(block.headings), block.lines_read)
        if alike[sign] == 1:
            continue
        first = seen.setdefault((sign, block.fingerprint or _text_fingerprint(block.reread[0])), block)
        name = block.file.split(" [")[0]
        if first is block or first.file == block.file or Path(name).name in confirmed:
            continue
        fix = (
            f"If both are right, write  confirmed: [{name}]  in engagement.yaml under files > {state.table}; "
            "else take it out of the paths there."
        )
        reason = f"the same content as {first.file}"
        block.about["twice"] = (reason, fix)
        done = f"set aside; {fix[0].lower()}{fix[1:]}"
        state.find("error", block.file, 0, "", "", block.n, f"a file sent twice ({reason})", done)


def same_lines(state, block, amounts):
    """Lines that are the same in every cell: reported, never dropped."""
    if block.n < 2:
        return
    rows = _alike(block, amounts) if block.regular else np.arange(block.n)
    keys = _line_texts(block, rows) if block.regular else _row_hashes(block).tolist()
    first, again, extra = {}, block.n, 0
    for row, key in zip(rows.tolist(), keys, strict=True):
        if (before := first.setdefault(key, row)) != row:
            again, extra = min(again, before), extra + 1
    if extra:
        done = "kept: a city may buy the same thing twice; tell us if a row was entered twice"
        if state.table == "contracts" and "contract_id" in state.sure[id(block)]:  # as `records.latest` takes them
            done = "read as one contract, by its number; if they are two, give the second a number of its own"
        what = "lines that are the same in every cell"
        state.find("warning", block.file, block.lines[again], "", text_of(block, again)[:60], extra, what, done)


def fingerprint(rows):
    """SHA-256 of a sheet's cells."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(("\x1f".join(row) + "\n").encode("utf-8", "replace"))
    return digest.hexdigest()


def _text_fingerprint(data):
    digest = hashlib.sha256()
    data = memoryview(data)
    for start in range(0, len(data), 1 << 22):
        digest.update(bytes(data[start : start + (1 << 22)]).replace(b"\r", b""))
    return digest.hexdigest()


def text_of(block, i):
    """A row of a block as one line of text, for a person."""
    if block.regular and any(column is None for column in block.columns):
        return _line_text(*block.reread, block.starts, block.record_lines, int(block.lines[i]))
    return " | ".join(" ".join((c[i].as_py() or "").split()) for c in block.columns)[:2000]


def _line_text(data, delimiter, starts, record_lines, line):
    at = int(np.searchsorted(record_lines, line))
    text = data[starts[at] : starts[at + 1]].decode("utf-8", "replace")
    row = next(csv.reader([text.rstrip()], delimiter=delimiter), [])
    return " | ".join(" ".join(cell.split()) for cell in row)[:2000]


def _alike(block, amounts):
    """Rows of a big text that may be the same as others: their amounts and texts that repeat themselves are."""
    key = np.zeros(block.n, dtype=np.uint64)
    codes = [column.indices.to_numpy() for column in block.columns if isinstance(column, pa.DictionaryArray)]
    for numbers in (*codes, *(each.view(np.uint64) for each in amounts)):
        key *= np.uint64(1_000_003)
        key += numbers.astype(np.uint64)
    ordered = np.sort(key)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.flatnonzero(np.isin(key, again)) if len(again) else again


def _line_texts(block, rows):
    data, _ = block.reread
    for record in np.searchsorted(block.record_lines, block.lines[rows]).tolist():
        yield data[block.starts[record] : block.starts[record + 1]].rstrip(b"\r\n")


def _row_hashes(block):
    total = np.zeros(block.n, dtype=np.uint64)
    for column in block.columns:
        texts = reading.series(column, "text").to_numpy(dtype=object)
        total = total * np.uint64(1_000_003) + pd.util.hash_array(texts, categorize=True)
    return total
