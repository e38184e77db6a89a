"""The second pass: what a file's money columns hold, added up again from the raw text by code of its own.

It does not use the reader of the first pass: a big text is taken apart by its bytes here, a small one by the csv
module, and plain amounts are added digit by digit. If the two passes differ, it is reported.
"""

import csv
import io
import itertools
import math
import re
import sys

import numpy as np
import pyarrow as pa

from rdclib import parsing

_PLAIN = np.zeros(256, dtype=bool)
_PLAIN[[ord(c) for c in "0123456789.,()+-$' \"\r"]] = True
# The bytes of £, €, no-break and thin blanks in UTF-8.
_PLAIN[[0xC2, 0xA3, 0xA0, 0xE2, 0x82, 0xAC, 0x80, 0x89, 0xAF]] = True
_BLANK, _ZERO, _BRACKET, _HYPHEN, _COMMA, _POINT, _QUOTE, _BREAK = (np.uint8(ord(sign)) for sign in ' 0(-,."\n')
_EIGHTEEN = 18  # digits that fit an integer
_PLACES = 40  # a longer cell is looked at by itself


def amount(text, decimal):
    """One cell's amount, as the first pass reads it; None when it is blank or holds none that can be read.

    Both passes read an amount in one way, so that no cell is left out by one and counted by the other; what the
    second pass checks is which cells there are.

    Parameters
    ----------
    text : str
    decimal : "." or ","
        The mark of a cell that leaves it open; "1,234.50" and "1.234,50" say it themselves.
    """
    if not text.strip():
        return None
    (value,) = parsing.money([text.strip()], decimal).values.tolist()
    return None if math.isnan(value) else value


class Sums:
    """Amounts of one column, by currency."""

    def __init__(self):
        self.parts = {}
        self.unread = 0

    def add(self, currency, value):
        self.parts.setdefault(currency, []).append(float(value))

    def totals(self):
        return {currency: math.fsum(values) for currency, values in self.parts.items()}


def from_rows(rows, positions, decimal, currency_at, default, lookup):
    """Add up rows of texts.

    Parameters
    ----------
    rows : iterable of list of str
        Rows of data only.
    positions : list of int
        Cells whose amounts are added.
    decimal : str
    currency_at : sequence of int
        Cells that name the amount's currency; the first that does counts.
    default : str
        The currency of rows that name none.
    lookup : dict
        A currency's code for a sign: € is EUR.
    """
    cells, codes = [], []
    for row in rows:
        for at in positions:
            cell = row[at].strip() if at < len(row) and row[at] else ""
            if not cell:
                continue
            code = ""
            for named_at in currency_at:
                if not code and named_at < len(row):
                    word = (row[named_at] or "").strip()
                    code = word.upper() if re.fullmatch("[A-Za-z]{3}", word) else lookup.get(word, "")
            cells.append(cell)
            codes.append(code or default)
    read = parsing.money(pa.array(cells, pa.string()), decimal or ".")
    named = read.extra["currency"]
    named = [None] * len(cells) if named is None else named.to_pylist()
    sums = Sums()
    for value, own, code in zip(read.values.tolist(), named, codes, strict=True):
        if math.isnan(value):
            sums.unread += 1
        else:
            sums.add(own or code, value)
    return sums


def reread_rows(data, delimiter, span, skip, open_quotes=()):
    """Rows of a text once more: those that begin on the lines of ``span``, without the lines in ``skip``.

    On the lines in ``open_quotes`` a quote is a sign like any other.
    """
    csv.field_size_limit(sys.maxsize)
    stream = io.StringIO(data.decode("utf-8", errors="replace"), newline="")
    before = 0
    for stop in (*open_quotes, None):
        until = None if stop is None else stop - 1 - before
        for quoting, part in (
            (csv.QUOTE_MINIMAL, itertools.islice(stream, until)),
            (csv.QUOTE_NONE, itertools.islice(stream, 0 if stop is None else 1)),
        ):
            begun = before
            reader = csv.reader(part, delimiter=delimiter, quoting=quoting)
            for row in reader:
                if span[0] <= before + 1 <= span[1] and before + 1 not in skip:
                    yield row
                before = begun + reader.line_num


def from_bytes(data, delimiter, positions, decimals, skip_lines, chunk=1 << 22):
    """Add up columns of a big text whose quotes are proper, by its bytes alone.

    Parameters
    ----------
    data : bytes
        UTF-8, records ended by a line feed.
    delimiter : str
    positions : dict of str to list of int
        Column to the cells whose amounts are added.
    decimals : dict of str to str
        Column to its decimal mark.
    skip_lines : set of int
        Lines that are no data, or set aside.
    chunk : int
        Bytes looked at in one go.

    Returns
    -------
    tuple
        ``{column: (sum, cells that hold something unreadable)}``, and the number of records counted.
    """
    mark, skipped = ord(delimiter), np.array(sorted(skip_lines), dtype=np.int64)
    sums = {column: ([], [0]) for column in positions}
    records, line, start, size = 0, 1, 0, len(data)
    while start < size:
        end = _record_end(data, start, min(start + chunk, size))
        part = np.frombuffer(data, dtype=np.uint8, count=end - start, offset=start)
        # The few bytes that divide: all that follows looks at these alone.
        at = np.flatnonzero((part == mark) | (part == _BREAK) | (part == _QUOTE))
        sign = part[at]
        quote = sign == _QUOTE
        breaks = np.cumsum(sign == _BREAK)
        physical = int(breaks[-1]) if len(at) else 0
        if quote.any():
            outside = ((np.cumsum(quote, dtype=np.uint8) & 1) == 0) & ~quote
            at, sign, breaks = at[outside], sign[outside], breaks[outside]
        last = np.flatnonzero(sign == _BREAK)  # of each record, its place among the dividers
        lines = line + np.concatenate([[0], breaks[last]])
        if end == size and (not len(last) or at[last[-1]] != len(part) - 1):
            at, last = np.append(at, len(part)), np.append(last, len(at))
        lines = lines[: len(last)]
        first = np.concatenate([[0], last[:-1] + 1])
        keep = ~np.isin(lines, skipped) if len(skipped) else np.ones(len(last), dtype=bool)
        records += int(keep.sum())
        for column, cells in positions.items():
            for cell in cells:
                have = first[keep & (last - first >= cell)] + cell
                left = np.where(have > 0, at[have - 1] + 1, 0)
                found, bad = _amounts(part, left, at[have], decimals[column])
                sums[column][0].append(float(found.sum()))
                sums[column][1][0] += bad
        line += physical
        start = end
    return {column: (math.fsum(found), bad[0]) for column, (found, bad) in sums.items()}, records


def _record_end(data, start, guess):
    """Where the last whole record before ``guess`` ends; records may hold line feeds in quotes."""
    if guess >= len(data):
        return len(data)
    at = data.rfind(b"\n", start, guess)
    while at > start:
        if data.count(b'"', start, at) % 2 == 0:
            return at + 1
        at = data.rfind(b"\n", start, at)
    return len(data)


def _amounts(part, left, right, decimal):
    """Values of the cells between ``left`` and ``right``, by their digits: one place of all cells at a time."""
    length = right - left
    filled = length > 0
    left, length = left[filled], length[filled]
    places = np.arange(min(int(length.max(initial=0)), _PLACES))[:, None]
    signs = np.where(places < length, part[np.minimum(places + left, len(part) - 1)], _BLANK)
    values = signs - _ZERO  # wraps round, so that only digits are below ten
    digit, hyphen, comma, point = values < 10, signs == _HYPHEN, signs == _COMMA, signs == _POINT
    # A hyphen between digits is no sign: 1900-04-03 is no amount.
    simple = (length <= _PLACES) & _PLAIN[signs].all(axis=0) & ~(digit[:-2] & hyphen[1:-1] & digit[2:]).any(axis=0)
    digits, marks = digit.sum(axis=0, dtype=np.int8), (point if decimal == "." else comma).sum(axis=0, dtype=np.int8)
    pending, early = np.zeros(len(left), dtype=bool), np.zeros(len(left), dtype=bool)
    mantissa, behind = np.zeros(len(left), dtype=np.int64), np.zeros(len(left), dtype=np.int8)
    for place in range(len(signs)):
        mark = comma[place] | point[place]
        if mark.any():
            if decimal == ".":
                # A comma has three digits behind it; other cells are looked at by themselves, like 1.2.3.
                simple &= ~(mark & pending & (behind != 3)) & ~(comma[place] & early)
                pending, early = np.where(mark, comma[place], pending), early | point[place]
            else:
                simple &= ~point[place]
            behind[mark] = 0
        if digit[place].any():
            mantissa = np.where(digit[place], mantissa * 10 + values[place], mantissa)
            behind += digit[place]
    if decimal == ".":
        simple &= ~(pending & (behind != 3))
    simple &= (marks <= 1) & (digits > 0) & (digits <= _EIGHTEEN)
    values = mantissa / (10.0 ** np.where(marks == 1, behind, 0))
    values[((signs == _BRACKET) | hyphen).any(axis=0)] *= -1
    # A cell without a digit holds no amount; the others that are not simple are looked at one by one.
    blank = (digits == 0) & (length <= _PLACES)
    values, unread = values[simple], int(blank.sum())
    more = []
    for i in np.flatnonzero(~simple & ~blank).tolist():
        text = part[left[i] : left[i] + length[i]].tobytes().decode("utf-8", "replace").strip().strip('"').strip()
        value = amount(text, decimal)
        if value is not None:
            more.append(float(value))
        elif text:
            unread += 1
    return np.concatenate([values, more]) if more else values, unread
