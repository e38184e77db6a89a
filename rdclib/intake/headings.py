"""Which of our columns a city's column is: by its heading, and by what stands below it. Doubt is asked, not guessed."""

import difflib
import re
from dataclasses import dataclass
from functools import cache, lru_cache

import pyarrow as pa
from rapidfuzz import fuzz, process

from rdclib import parsing, schemas
from rdclib.catalogue import load_table
from rdclib.errors import DataFileError

SURE = 0.8  # a match below this is asked
CLOSE = 0.6  # a match below this is not even asked
SOME = 40  # of a column's cells, looked up in the list of words
SAMPLE = 1000  # cells looked at, spread over the column

# Columns that we read only to make others of them: a year and a month beside each other are a period.
HELPERS = {"observations": ("year", "month"), "payments": ("year", "month")}
# A year, a quarter, or a fiscal one.
PERIOD = re.compile(r"(?i)(?:FY[\s-]?)?(?:19|20)\d{2}(?:\s*-?\s*Q[1-4])?|Q[1-4]\s*-?\s*(?:19|20)\d{2}")
WORDS = ("word", "city_word")
# What the city calls it, when another column already says it in our words.
DETAIL = {"procurement_method": "method_detail", "contract_type": "type_detail"}
# Ids whose column, when it holds names, is the name's.
NAMED_BY = {"vendor_id": "vendor_name", "bidder_id": "bidder_name"}
KINDS_OF_FIGURES = ("money", "number", "integer", "days", "share")


@dataclass(frozen=True)
class Match:
    """One of our columns and the city's heading for it."""

    column: str
    heading: str
    confidence: float
    by: str = "heading"  # heading, content or map


# What headings are shortened to; a city's "Award Dt" is the catalogue's "award date".
SHORT = {
    "dt": "date", "amt": "amount", "nbr": "number", "num": "number", "no": "number", "desc": "description",
    "dept": "department", "recd": "received", "pmt": "payment", "inv": "invoice", "vend": "vendor", "qty": "quantity",
}  # fmt: skip


def key(text):
    """A heading to compare by: folded, with shortened words written out."""
    words = parsing.fold(text).replace("rec d", "recd").split()
    return " ".join(SHORT.get(word, word) for word in words)


@cache
def synonyms(table):
    """Folded headings of a table: heading -> our columns, the catalogue's earlier rows first."""
    columns = schemas.columns(table)
    own = {name for name in columns if name not in schemas.LINEAGE} | set(HELPERS.get(table, ()))
    found = {}
    for row in load_table("headings"):
        tables = [t for t in row["tables"].split(";") if t]
        if row["column"] in own and (not tables or table in tables):
            found.setdefault(key(row["heading"]), []).append(row["column"])
    for name in columns:
        if name in schemas.LINEAGE:
            continue
        title = schemas.TABLES[table].columns[name].title
        # The template's own headings and our own names always win over a synonym.
        for heading in (name, title):
            word = key(heading.replace("_", " "))
            found[word] = [name] if heading == name else [*dict.fromkeys([*found.get(word, []), name])]
    return {word: tuple(dict.fromkeys(value)) for word, value in found.items() if word}


@cache
def all_known():
    """Every folded heading of every table."""
    return frozenset(word for table in schemas.TABLES for word in synonyms(table))


@lru_cache(maxsize=20_000)
def bare(heading):
    """A heading without brackets, units and numbering: ``Supplier ID(T)`` and ``supplier_id`` are the same."""
    text = re.sub(r"\([^)]{0,25}\)|\[[^\]]{0,25}\]", " ", heading)
    return key(text) or key(heading)


def is_known(text):
    """Whether a text is a heading that some table has."""
    return bare(text) in all_known() or key(text) in all_known()


def currency_of(heading):
    """The currency that a heading names: ``Preço Base (€)``, ``Amount USD``."""
    for sign, code in parsing.CURRENCY_SIGNS.items():
        if sign in heading:
            return code
    match = re.search(r"\b(USD|EUR|GBP|MXN|BRL|COP|CLP|PEN|ARS|CAD|UYU|PYG|CRC)\b", heading)
    return match[1] if match else ""


def _path(heading):
    return re.sub(r"/\d+(?=/|$)", "", heading.strip())


@cache
def by_path(table):
    """Paths of the Open Contracting Data Standard, as flattened workbooks head their columns, to our columns."""
    return {
        path: name
        for name, column in schemas.TABLES[table].columns.items()
        for path in column.metadata["ocds"].split(";")
        if path.count("/")
    }


def by_heading(heading, own, table):
    """Our columns that a heading may mean, each with a confidence from the words alone."""
    known = synonyms(table)
    found = {}
    if "/" in heading and (column := by_path(table).get(_path(heading))):
        return {column: 1.0}
    for text in dict.fromkeys((bare(heading), bare(own), key(heading))):
        if text in known:
            for column in known[text]:
                found[column] = max(found.get(column, 0), 1.0 if text != bare(own) or own == heading else 0.95)
    if found:
        return found
    text = bare(heading)
    if len(text) < 4:
        return {}
    for word, score, _ in process.extract(text, known.keys(), scorer=fuzz.ratio, score_cutoff=86, limit=3):
        for column in known[word]:
            # A slip of the pen: 0.80 for 86 letters of a hundred, up to 0.95.
            found[column] = max(found.get(column, 0), round(0.8 + (score - 86) / 14 * 0.15, 3))
    if found:
        return found
    # All words of a synonym inside a longer heading: worth asking, never sure.
    for word, score, _ in process.extract(text, known.keys(), scorer=fuzz.token_set_ratio, score_cutoff=95, limit=4):
        if len(word) >= 5 and len(word) >= 0.5 * len(text):
            for column in known[word]:
                found[column] = max(found.get(column, 0), 0.62 + 0.1 * min(len(word) / len(text), 1) * score / 100)
    return found


@dataclass(frozen=True)
class Content:
    """What stands in a column, as shares of its filled cells."""

    filled: float
    figures: float
    dates: float
    yes_no: float
    distinct: float
    words: float  # mean number of words in a cell
    letters: float  # share of cells that hold a letter
    some: tuple = ()  # a few of the cells, each once


def content(texts):
    """Look at a sample of a column, spread over its length."""
    step = max(1, len(texts) // SAMPLE)
    sample = parsing.missing(parsing.as_text(texts[::step] if isinstance(texts, list) else _every(texts, step)))
    filled = sample.drop_null()
    n = len(filled)
    if not n:
        return Content(0, 0, 0, 0, 0, 0, 0)
    words = filled.to_pylist()
    return Content(
        filled=n / max(len(sample), 1),
        figures=1 - parsing.number(filled).refused.mean(),
        dates=1 - parsing.dates(filled, "day-first").refused.mean(),
        yes_no=1 - parsing.yes_no(filled).refused.mean(),
        distinct=len(set(words)) / n,
        words=sum(len(w.split()) for w in words) / n,
        letters=sum(any(c.isalpha() for c in w) for w in words) / n,
        some=tuple(dict.fromkeys(words))[:SOME],
    )


def _every(texts, step):
    if step == 1:
        return texts
    return texts.take(pa.array(range(0, len(texts), step)))


def fits(kind, seen, column=""):
    """How well a column's content agrees with a kind, 0 to 1; an empty column contradicts nothing."""
    if not seen.filled:
        return 1.0
    if column in ("period_start", "period_end") and seen.some:
        periods = sum(bool(PERIOD.fullmatch(cell) or parsing.month(cell)) for cell in seen.some) / len(seen.some)
        if periods > seen.dates:
            return periods
    if kind == "date":
        return max(seen.dates, 0.9 * (seen.figures if column in ("period_start", "period_end") else 0))
    if kind in KINDS_OF_FIGURES:
        if kind == "money" and seen.dates > 0.9 and seen.figures > 0.9:
            return 0.9  # 20130416 is a number too
        return seen.figures
    if kind == "yes_no":
        return seen.yes_no
    if column in NAMED_BY and seen.words >= 1.7 and seen.letters > 0.8:
        return 0.4  # names, whatever the heading says
    if kind == "code":
        return 1.0 if seen.words < 3.5 else 0.7
    if kind == "text" and seen.letters < 0.3:
        return 0.7  # numbers where words belong: the column beside it may hold the names
    return 1.0


@lru_cache(maxsize=5000)
def known_words(column, cells):
    """Share of cells that are words of a choice column, as the catalogue knows them; 1 when there are none."""
    known = {parsing.fold(row[part]) for row in load_table("words") if row["column"] == column for part in WORDS}
    return sum(parsing.fold(cell) in known for cell in cells) / len(cells) if cells else 1.0


def recognise(headings, own, contents, table, mapped=None):
    """Match a table's columns to ours.

    Parameters
    ----------
    headings, own : list of str
        The city's headings, and the lowest row of them.
    contents : list of Content
    table : str
    mapped : dict of str to str, optional
        The city's own map, heading to column; an empty column leaves the heading out.

    Returns
    -------
    tuple
        ``{column: (position, Match)}`` of what is sure, and a list of ``(heading, {column: confidence})`` to ask.
    """
    kinds = schemas.columns(table)
    sure, ask, used = {}, [], set()
    for wanted, column in (mapped or {}).items():
        for j, heading in enumerate(headings):
            if bare(wanted) in (bare(heading), bare(own[j])) or parsing.fold(wanted) == parsing.fold(heading):
                used.add(j)
                if column and column not in sure:
                    sure[column] = (j, Match(column, heading, 1.0, "map"))
                break
    taken = set((mapped or {}).values())
    wishes = {}
    for j, heading in enumerate(headings):
        if j in used:
            continue
        found = by_heading(heading, own[j], table)
        scored = {}
        for column, confidence in list(found.items()):
            if fits("code", contents[j], column) == 0.4 and NAMED_BY[column] in kinds:
                found.setdefault(NAMED_BY[column], 0.95 * confidence)
        for column, confidence in found.items():
            if column in taken:
                continue
            agreement = fits(kinds.get(column, "number"), contents[j], column)
            if contents[j].filled and agreement < 0.5:
                confidence *= agreement
            if kinds.get(column) == "choice":
                # Of two columns that may be a list of words, the one whose words are known is it.
                confidence -= 0.1 * (1 - known_words(column, contents[j].some))
            scored[column] = round(confidence * (1 if agreement >= 0.8 or not contents[j].filled else 0.85), 3)
        scored = {c: s for c, s in scored.items() if s >= CLOSE}
        if scored:
            wishes[j] = scored
    # Strongest wishes first; a heading's earlier row in the catalogue, then the earlier column, breaks a tie.
    for j, column, score in sorted(
        ((j, c, s) for j, scored in wishes.items() for c, s in scored.items()), key=lambda w: (-w[2], w[0])
    ):
        if j in used or column in sure:
            continue
        rivals = [c for c, s in wishes[j].items() if c != column and c not in sure and s >= score - 0.02]
        same = [k for k, s in wishes.items() if k != j and k not in used and s.get(column, 0) >= score - 0.02]
        same = [k for k in same if contents[k].filled]
        if score >= SURE and not rivals and (not same or not contents[j].filled):
            if not contents[j].filled and same:
                continue
            sure[column] = (j, Match(column, headings[j], score))
            used.add(j)
    for j, scored in wishes.items():
        detail = next((DETAIL[c] for c, s in scored.items() if c in DETAIL and c in sure and s >= SURE), None)
        if j not in used and detail in kinds and detail not in sure:
            sure[detail] = (j, Match(detail, headings[j], SURE))
            used.add(j)
    for j, scored in wishes.items():
        open_to = {c: s for c, s in scored.items() if c not in sure}
        if j not in used and open_to:
            ask.append((headings[j], open_to))
    return sure, ask


def check_map(mapped, table, seen):
    """Stop when the city's map names a column that we do not have, or a heading that no file has.

    Raises
    ------
    DataFileError
    """
    ours = [c for c in schemas.columns(table) if c not in schemas.LINEAGE] + list(HELPERS.get(table, ()))
    folded = {bare(h) for h in seen} | {parsing.fold(h) for h in seen}
    for heading, column in (mapped or {}).items():
        if column and column not in ours:
            near = difflib.get_close_matches(column, ours, n=1)
            raise DataFileError(
                f"There is no column '{column}' in the table {table}.",
                fix=f"In engagement.yaml, under files > {table} > columns, write "
                + (f"'{near[0]}' instead." if near else f"one of: {', '.join(ours)}."),
            )
        if bare(heading) not in folded and parsing.fold(heading) not in folded:
            near = difflib.get_close_matches(heading, sorted(seen), n=1, cutoff=0.5)
            raise DataFileError(
                f"No file of the table {table} has a column '{heading[:80]}'.",
                fix=f"In engagement.yaml, under files > {table} > columns, write a heading as it stands in the file"
                + (f", for example '{near[0]}'." if near else f". Headings found: {', '.join(sorted(seen))[:400]}."),
            )
