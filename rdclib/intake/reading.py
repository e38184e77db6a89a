"""From a column's texts to its values, and what was known for what it is on the way."""

import html
import re
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rdclib import parsing, schemas
from rdclib.catalogue import load_table
from rdclib.checks import EXAMPLES

# Moments matter here, not only days: a bid one minute late is late.
WITH_CLOCK = {
    ("contracts", "bid_deadline"),
    ("solicitations", "bid_deadline"),
    ("bids", "bid_received_date"),
    ("contracts", "posted_date"),
    ("solicitations", "posted_date"),
    *(("cases", name) for name, kind in schemas.columns("cases").items() if kind == "date"),
}
# A city's word of so many letters is known by the beginning of a text, too: "Lowest price: the bid that ...".
LONG_WORD = 12
# "none" is an answer in these columns.
NONE_IS_AN_ANSWER = ("vendor_certification", "bidder_certification")
SENTINELS = np.array(
    [s * float("9" * n) for n in range(4, 13) for s in (-1, 1)]
    + [-1e9 + 0.01, 999999.99, 9999999.99, 99999999.99]
    + [999999999.99]
)
# A positive run of nines can be a real amount up to here.
LEAST_NINES = 99_999_999
# Amounts of a contract that cannot be nothing: a zero says that nobody filled it in.
ZERO_IS_UNKNOWN = {
    "contracts": ("budget", "award_amount", "original_amount", "current_amount", "ceiling_amount", "final_amount"),
    "solicitations": ("budget", "award_amount"),
    "bids": ("bid_amount", "evaluated_amount"),
}
FAR_YEAR, NEVER_YEAR, LONGEST_YEARS = 2050, 2099, 30
REDACTED = r"(?i)\bredact(?:ed|ion)\b|withheld|personal data|private individual|^confidential$|^individual$|sole trader"
# What stands in place of a figure that few people are behind.
WITHHELD = (
    r"(?i)^(?:[<≤]\s?\d+|\*{1,3}|†|‡|\(?[sdcx]\)?|dsu?|\[[cx]\]|suppressed|withheld|masked|fewer than \d+|1-\d{1,2})$"
)
ENTITY = r"&(?:[A-Za-z]{2,8}|#\d{2,5}|#x[0-9A-Fa-f]{2,4});"


@dataclass
class Column:
    """One column of one file, read.

    Attributes
    ----------
    values : pandas.Series
        In the type of its kind.
    refused : numpy array of bool
        A text that could not be read.
    kept : dict of str to numpy array of bool
        Cells whose text is kept because reading changed its meaning or refused it, by the reason.
    remarks : list of (severity, what, done, mask)
    texts : pyarrow array
        The cells without padding, null where they are missing.
    """

    values: pd.Series
    refused: np.ndarray
    texts: object
    kept: dict = field(default_factory=dict)
    remarks: list = field(default_factory=list)
    currency: object = None
    amounts: object = None  # every figure that was read, also those left empty for what they are
    scale: int = 1  # what one unit of the column is
    withheld: object = None  # in observations: a sign that stands for a figure too small to be shown

    def at(self, where):
        """The column whose cells are those of this one at ``where``, a numpy array of positions."""
        places = pa.array(where)
        return Column(
            values=pd.Series(self.values.array.take(where), copy=False),
            refused=self.refused[where],
            texts=pa.DictionaryArray.from_arrays(places, self.texts),
            kept={why: mask[where] for why, mask in self.kept.items()},
            remarks=[(severity, what, done, mask[where]) for severity, what, done, mask in self.remarks],
            currency=None if self.currency is None else self.currency.take(places),
            amounts=None if self.amounts is None else self.amounts[where],
            withheld=None if self.withheld is None else self.withheld[where],
        )


def _matches(texts, pattern):
    return pc.fill_null(pc.match_substring_regex(texts, pattern), False).to_numpy(zero_copy_only=False)


def words_of(column):
    """Folded city words of a choice column, to our word."""
    found = {parsing.fold(row["city_word"]): row["word"] for row in load_table("words") if row["column"] == column}
    return found


def choices_of(table, column):
    """The words that a choice column allows."""
    return schemas.TABLES[table].columns[column].metadata["choices"]


def series(values, kind):
    """Values as the column type of a kind."""
    if kind in ("text", "code", "choice"):
        texts = pc.cast(parsing.as_text(values), pa.large_string())
        return pd.Series(pd.array(texts, dtype=schemas.DTYPES[kind]), copy=False)
    if kind == "yes_no":
        return pd.Series(pd.array(values.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get), dtype="boolean"))
    return pd.Series(np.asarray(values, dtype="datetime64[us]" if kind == "date" else float), copy=False)


@lru_cache(maxsize=4)
def _no_texts(n):
    """One array of nothing for all columns: texts in Arrow never change."""
    return pd.array(pa.nulls(n, pa.large_string()), dtype=schemas.DTYPES["text"])


def absent(kind, n):
    """A column of nothing: one missing value that stands in every row, so that it takes no room.

    Parameters
    ----------
    kind : str
    n : int
        Rows.

    Returns
    -------
    pandas.Series
        In the type of its kind, on a ``RangeIndex``; its values cannot be written to in place.
    """
    dtype = schemas.DTYPES[kind]
    if dtype == schemas.DTYPES["text"]:
        nothing = _no_texts(n).view()
    elif dtype == "boolean":
        nothing = pd.arrays.BooleanArray(np.broadcast_to(np.False_, n), np.broadcast_to(np.True_, n))
    else:
        nothing = np.broadcast_to(np.array(np.nan if dtype == "float64" else "NaT", dtype=dtype), n)
    return pd.Series(nothing, copy=False)


def read(texts, table, column, kind, *, order="", decimal=".", undecided=""):
    """Read one column of one file.

    Parameters
    ----------
    texts : array of text
    table, column, kind : str
    order : str
        How 3/4/2021 is read.
    decimal : str
        Decimal mark; "" when the column is undecidable, and then cells that are open are refused.
    undecided : str
        Why order or decimal mark could not be decided, for the finding.

    Returns
    -------
    Column
    """
    texts = parsing.in_one(texts)
    if isinstance(texts, pa.DictionaryArray):  # what each text means is found once
        how = {"order": order, "decimal": decimal, "undecided": undecided}
        return read(texts.dictionary, table, column, kind, **how).at(texts.indices.to_numpy())
    texts = parsing.missing(texts, keep_none=column in NONE_IS_AN_ANSWER)
    if kind in ("text", "code", "choice"):
        return _words(texts, table, column, kind)
    if kind == "yes_no":
        reading = parsing.yes_no(texts, words_of(column))
        return _with_refused(reading, texts, table, kind, "not a yes or no")
    if kind == "date":
        reading = parsing.dates(texts, order, clock=(table, column) in WITH_CLOCK)
        result = _with_refused(reading, texts, table, kind, undecided or "not a date", open_too=bool(undecided))
        serials = reading.extra["serials"]
        if serials.any() and serials.sum() < pc.count(texts).as_py():
            result.remarks.append(("note", "days written as spreadsheet serial numbers", "read as days", serials))
        return result
    return _figures(texts, table, column, kind, decimal, undecided)


def _how_to_say(kind, table):
    key, words = ("date_order", ("day-first", "month-first")) if kind == "date" else ("decimal", ('"."', '","'))
    return f"write  {key}: {words[0]}  or  {key}: {words[1]}  in engagement.yaml under files > {table}"


def _with_refused(reading, texts, table, kind, why, open_too=False):
    result = Column(series(reading.values, kind), reading.refused, texts)
    if reading.refused.any():
        result.kept[why] = reading.refused
        severity = "warning"
        done = "left empty; the text is kept" + (
            f": {_how_to_say(kind, table)}" if open_too else "; mend it at the source"
        )
        result.remarks.append((severity, why, done, reading.refused))
    return result


def states_of_notices(texts):
    """Words that state where a notice is, such as posted or awarded, in a column without one of contracts alone.

    Parameters
    ----------
    texts : pyarrow text

    Returns
    -------
    list of str
        In order of their letters; empty where the column may hold the states of contracts.
    """
    words = {parsing.fold(word): word for word in pc.unique(parsing.as_text(texts)).to_pylist() if word}
    notice, contract = set(words_of("solicitation_status")), set(words_of("status"))
    if not words.keys() & (notice - contract) or words.keys() & (contract - notice):
        return []
    return sorted(words.values())


def _words(texts, table, column, kind):
    if kind == "code":
        reading = parsing.code(texts)
        result = Column(series(reading.values, kind), reading.refused, texts)
        if reading.extra["damaged"].any():
            what = "identifiers in scientific notation, whose digits a spreadsheet has lost"
            done = "kept as they are; send the column again, formatted as text"
            result.remarks.append(("warning", what, done, reading.extra["damaged"]))
        return result
    if kind == "choice":
        own = {parsing.fold(word): word for word in choices_of(table, column)}
        reading = parsing.choice(texts, words_of(column) | own, begins=LONG_WORD)
        result = Column(series(reading.values, kind), np.zeros(len(texts), dtype=bool), texts)
        if reading.refused.any():
            what = "words that stand for none of: " + ", ".join(choices_of(table, column))
            done = "left empty; the text is kept; add the words to data/catalogue/words.csv"
            result.kept[what] = reading.refused
            result.remarks.append(("warning", what, done, reading.refused))
        return result
    result = Column(None, np.zeros(len(texts), dtype=bool), texts)
    if pc.any(pc.match_substring(texts, "&")).as_py():
        entities = pc.fill_null(pc.match_substring_regex(texts, ENTITY), False)
        if pc.any(entities).as_py():
            coded = texts.dictionary_encode()
            texts = pa.array([html.unescape(t) for t in coded.dictionary.to_pylist()], texts.type).take(coded.indices)
            mask = entities.to_numpy(zero_copy_only=False)
            what = "signs written for a web page, such as &amp;amp;".replace("amp;amp", "amp")
            result.kept[what] = mask
            result.remarks.append(("note", what, "read as the signs they stand for; the text is kept", mask))
    if column in ("vendor_name", "bidder_name"):
        mask = pc.fill_null(pc.match_substring_regex(texts, REDACTED), False)
        if pc.any(mask).as_py():
            mask = mask.to_numpy(zero_copy_only=False)
            done = "kept; they count as one vendor only if the city says so"
            result.remarks.append(("note", "names that were withheld", done, mask))
    result.values = series(texts, kind)
    return result


def _figures(texts, table, column, kind, decimal, undecided):
    if kind == "share":
        reading = parsing.share(texts, decimal or ".")
    else:
        reading = (parsing.money if kind == "money" else parsing.number)(texts, decimal or ".")
    values, refused = reading.values, reading.refused
    withheld = np.zeros(len(values), dtype=bool)
    if table == "observations":
        withheld = refused & _matches(texts, WITHHELD)
        refused = refused & ~withheld
    if not decimal:
        evidence = pc.match_substring_regex(texts, r"\d\.\d{3}\D*$|,")
        unsure = pc.fill_null(evidence, False).to_numpy(zero_copy_only=False)
        values, refused = np.where(unsure, np.nan, values), refused | unsure
    if kind == "integer":
        broken = ~np.isnan(values) & (values != np.round(values))
        values, refused = np.where(broken, np.nan, values), refused | broken
    check = schemas.TABLES[table].columns[column]
    least = next((c.statistics["min_value"] for c in check.checks if "min_value" in c.statistics), None)
    what = undecided or ("not an amount" if kind == "money" else "not a number")
    if kind == "share" and reading.extra["scale"] == "":
        what = "shares and percentages mixed, so that 0.5 could be either"
    result = _with_refused(parsing.Reading(values, refused), texts, table, kind, what, open_too=bool(undecided))
    result.currency = reading.extra.get("currency")
    result.amounts = values
    result.withheld = withheld
    marked = np.zeros(len(values), dtype=bool)
    if kind != "money":
        marked = parsing.footnoted(texts) & ~np.isnan(values)
    for mask, what, done in (
        (withheld, "figures withheld because few people are behind them", "left empty and marked as suppressed"),
        (marked, "figures with the mark of a footnote", "read without the mark; the text is kept"),
    ):
        if mask.any():
            result.kept[what] = mask
            result.remarks.append(("note", what, done, mask))
    values = values.copy()
    sentinel = np.isin(values, SENTINELS) & ((values < 0) | (values >= LEAST_NINES))
    zero = np.zeros(len(values), dtype=bool)
    if column in ZERO_IS_UNKNOWN.get(table, ()):
        zero = values == 0
    low = (values < least) & ~sentinel if least is not None else np.zeros(len(values), dtype=bool)
    for mask, severity, what, done in (
        (sentinel, "warning", "a run of nines that stands for unknown", "left empty and out of sums; the text is kept"),
        (zero, "warning", "zero where nobody filled in the amount", "left empty; the text is kept"),
        (low, "warning", f"below {least:g}" if least is not None else "", "left empty; the text is kept"),
    ):
        if mask.any():
            result.kept[what] = mask
            result.remarks.append((severity, what, done, mask))
            values[mask] = np.nan
    result.values = pd.Series(values, copy=False)
    return result


def examples(texts, mask):
    """Up to three texts of the cells concerned."""
    found = []
    for i in np.flatnonzero(mask)[:50].tolist():
        text = " ".join(str(texts[i].as_py() if hasattr(texts[i], "as_py") else texts[i]).split())[:60]
        if text not in found:
            found.append(text)
        if len(found) == EXAMPLES:
            break
    return " | ".join(found)


def far_ends(frame):
    """End dates so far away that they mean none: a mask over a table of contracts."""
    far = (frame["end_date"] >= pd.Timestamp(FAR_YEAR, 1, 1)).to_numpy(copy=True)
    if far.any():
        end, start = frame["end_date"][far], frame["start_date"][far]
        far[far] = (end.dt.year >= NEVER_YEAR) | ~((end - start).dt.days / 365.25 <= LONGEST_YEARS)
    return far


def slug(text):
    """A short name made of a text: ``Total Homeless`` -> ``total-homeless``."""
    return re.sub(r"[^a-z0-9]+", "-", parsing.fold(text)).strip("-")[:80] or "unnamed"
