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
from rdclib.intake.reading import WITHHELD

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
NAMES = {name: code for code, name in NAMED_BY.items()}
KINDS_OF_FIGURES = ("money", "number", "integer", "days", "share")


@dataclass(frozen=True)
class Match:
    """One of our columns and the city's heading for it."""

    column: str
    heading: str
    confidence: float
    by: str = "heading"  # heading, content or map


# How much a row of the catalogue is worth: a heading that may stand for something else is used when no better one is
# there ("second"), or only when the city says so ("ask").
TRUST = {"": 1.0, "second": 0.9, "ask": 0.75}
# Words that a heading may repeat from its table: the start date of a contract is its start date.
OWN_WORDS = {
    "contracts": frozenset(["contract", "contracting", "contractual", "agreement", "purchase", "order", "po", "term"]),
    "contract_vendors": frozenset(["contract"]),
    "solicitations": frozenset(["solicitation", "bid", "procurement", "tender"]),
    "bids": frozenset(["bid", "bidder"]),
    "amendments": frozenset(["amendment", "contract"]),
    "milestones": frozenset(["milestone"]),
    "payments": frozenset(["payment", "expenditure"]),
    "vendors": frozenset(["vendor"]),
    "observations": frozenset(["indicator", "measure", "metric"]),
    "cases": frozenset(["case", "request"]),
}
LEAST_JOINED = 6  # letters from which words that are run together (AWARDDATE) are told apart


@cache
def _lexicon():
    """What the words of headings mean: ``fecha`` and ``dt`` are dates, ``de`` is nothing."""
    return {row["word"]: row["means"] for row in load_table("heading_words")}


@lru_cache(maxsize=20_000)
def key(text):
    """A heading to compare by: folded, without filling words, the others as the catalogue understands them."""
    words = parsing.fold(re.sub(r"([#%])", r" \1 ", str(text))).replace("rec d", "recd").split()
    found = [_lexicon().get(word, word) for word in words]
    return " ".join(word for word in found if word) or " ".join(words)


@dataclass(frozen=True)
class _Synonyms:
    """Headings of a table, in the forms in which they are compared; each to ``{column: trust}``."""

    whole: dict
    joined: dict  # without blanks
    bags: dict  # words in any order
    bare: dict  # and without the table's own words
    written: dict  # as the city's language has them


@cache
def _rows():
    """The catalogue's headings: key, spelling, column ("" for none of ours), tables and trust."""
    return tuple(
        (key(row["heading"]), parsing.fold(row["heading"]), row["column"], row["tables"], TRUST[row["trust"]])
        for row in load_table("headings")
    )


@cache
def _synonyms(table):
    columns = schemas.columns(table)
    own = {name for name in columns if name not in schemas.LINEAGE} | set(HELPERS.get(table, ()))
    whole, as_written = {}, {}
    for word, spelling, column, tables, trust in _rows():
        if column in own and (not tables or table in tables.split(";")):
            # One heading in two languages is as good as the lesser of the two rows says.
            known = whole.setdefault(word, {})
            known[column] = min(known.get(column, trust), trust)
            as_written.setdefault(word, []).append(spelling)
    ours = [name for name in columns if name not in schemas.LINEAGE]
    for name in ours:
        whole.setdefault(key(schemas.TABLES[table].columns[name].title), {})[name] = 1.0
    for name in ours:
        whole[key(name.replace("_", " "))] = {name: 1.0}  # our own names always win over a synonym
    whole.pop("", None)
    joined, bags, bare_bags = {}, {}, {}
    # Words that are run together are compared as the city's language has them, too: idcontrato.
    for word, known in whole.items():
        words = word.split()
        for where, form in (
            *((joined, form.replace(" ", "")) for form in (word, *as_written.get(word, ()))),
            (bags, frozenset(words)),
            (bare_bags, frozenset(words) - OWN_WORDS[table]),
        ):
            if form:
                held = where.setdefault(form, {})
                for column, trust in known.items():
                    held[column] = max(held.get(column, 0), trust)
    # What is left of "contract date" is any date: such a form counts only where it is a heading by itself.
    alone = {frozenset(word.split()) for word in whole}
    bare_bags = {form: known for form, known in bare_bags.items() if form in alone or len(form) > 1}
    written = {form: whole[word] for word, forms in as_written.items() if word in whole for form in forms}
    return _Synonyms(whole, joined, bags, bare_bags, written)


@cache
def _none_of_ours(table):
    """Headings that many cities have and we have no use for: a contact's name is no contract's name."""
    return frozenset(word for word, _, column, _, _ in _rows() if not column) - set(_synonyms(table).whole)


@cache
def all_known():
    """Every heading of every table, in the form of `key`."""
    return frozenset(word for word, *_ in _rows()).union(
        word for table in schemas.TABLES for word in _synonyms(table).whole
    )


@cache
def _vocabulary():
    return frozenset(word for _, spelling, *_ in _rows() for word in spelling.split())


_CODES = "USD EUR GBP CAD AUD NZD CHF SEK NOK DKK PLN CZK HUF RON MXN BRL COP CLP PEN ARS UYU PYG CRC DOP GTQ BOB HNL"
_CURRENCIES = frozenset(_CODES.split())
# What an amount is in, and that it is one without tax: the amount is the same column.
_UNITS = re.compile(
    r"\b(?:excl?|excluding|exc|ex|without|sin|sem|ohne|hors) (?:vat|tax|taxes|gst|iva|impuestos|mwst|ust|tva)\b"
    rf"|\b(?:in |en |em )?(?:euros?|us dollars|dollars|pounds|{_CODES.lower().replace(' ', '|')})$|[€$]$"
)


@lru_cache(maxsize=20_000)
def bare(heading):
    """A heading without brackets, units and numbering: ``Supplier ID(T)`` and ``supplier_id`` are the same."""
    text = parsing.fold(re.sub(r"\([^)]{0,25}\)|\[[^\]]{0,25}\]", " ", heading))
    return _UNITS.sub("", text).strip() or text or parsing.fold(heading)


@lru_cache(maxsize=20_000)
def is_known(text):
    """Whether a text is a heading that some table has."""
    for form in (key(bare(text)), key(text)):
        if form in all_known():
            return True
    words = frozenset(key(bare(text)).split())
    return len(words) > 1 and any(
        words in _synonyms(table).bags or words - OWN_WORDS[table] in _synonyms(table).bags for table in schemas.TABLES
    )


_CURRENCY_WORDS = {"EURO": "EUR", "EUROS": "EUR"}


def currency_of(heading):
    """The currency that a heading names: ``Preço Base (€)``, ``Amount USD``, ``AWARD_VALUE_EURO``."""
    for sign, code in parsing.CURRENCY_SIGNS.items():
        if sign in heading:
            return code
    for word in re.split(r"[^A-Za-z]+", heading):
        if word in _CURRENCIES or word.upper() in _CURRENCY_WORDS:
            return _CURRENCY_WORDS.get(word.upper(), word)
    return ""


_SCALES = (
    (
        1_000,
        re.compile(
            r"(?i)[£$€]\s?['’]?000s?\b|\b000s\b|\bthousands?\b|\bmiles de\b|\bmilhares\b|T€|\bTEUR\b|\bTsd\b|[£$€]k\b"
        ),
    ),
    (1_000_000, re.compile(r"(?i)\bmillions?\b|\bmillones\b|\bmilh[oõ]es\b|\bMio\b|[£$€]m\b|\bM€")),
)


def scale_of(heading):
    """What one unit of a column is, as its heading says: 1,000 for ``Contract value (£000)``, else 1."""
    return next((scale for scale, shape in _SCALES if shape.search(heading)), 1)


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


@lru_cache(maxsize=20_000)
def by_heading(heading, own, table):
    """Our columns that a heading may mean, each with a confidence from the words alone.

    Parameters
    ----------
    heading : str
    own : str
        The lowest row of it alone, where it has several.
    table : str

    Returns
    -------
    dict of str to float
    """
    if "/" in heading and (column := by_path(table).get(_path(heading))):
        return {column: 1.0}
    forms = dict.fromkeys((key(bare(heading)), key(heading)))
    lowest = key(bare(own))
    if not _none_of_ours(table).isdisjoint(forms):
        return {}
    for known, share in ((_whole, 1.0), (_reordered, 0.95), (_without_own_words, 0.9)):
        found = {}
        for text in dict.fromkeys((*forms, lowest)):
            for column, trust in known(text, table).items():
                worth = round(trust * share * (1 if text in forms else 0.95), 3)
                found[column] = max(found.get(column, 0), worth)
        if found:
            return found
    return _nearly(bare(heading), table)


def _whole(text, table):
    """The same words, also run together."""
    synonyms, tight = _synonyms(table), text.replace(" ", "")
    if text in synonyms.whole or len(tight) < LEAST_JOINED:
        return synonyms.whole.get(text, {})
    return synonyms.joined.get(tight, {})


def _reordered(text, table):
    return _synonyms(table).bags.get(frozenset(text.split()), {})


def _without_own_words(text, table):
    """The same words but for those of the table; an identifier is known by all its words."""
    words = frozenset(text.split()) - OWN_WORDS[table]
    kinds = schemas.columns(table)
    return {
        column: trust if kinds.get(column) != "code" else min(trust, 0.85)
        for column, trust in _synonyms(table).bare.get(words, {}).items()
    }


def _nearly(text, table):
    """A slip of the pen, or a heading that holds a synonym among other words."""
    known = _synonyms(table).written
    found = {}
    if len(text) < 4:
        return found
    for word, score, _ in process.extract(text, known.keys(), scorer=fuzz.ratio, score_cutoff=86, limit=3):
        # A word that other headings have is no slip, nor is a number: a contract's rate is not its date.
        other = set(text.split()) - set(word.split())
        slip = not other & _vocabulary() and not any(sign.isdigit() for part in other for sign in part)
        for column, trust in known[word].items():
            # 0.80 for 86 letters of a hundred, up to 0.95.
            worth = 0.8 + (score - 86) / 14 * 0.15 if slip else 0.7
            found[column] = max(found.get(column, 0), round(trust * worth, 3))
    if found:
        return found
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
    refused = parsing.number(filled).refused
    withheld = sum(bool(re.match(WITHHELD, word)) for word, odd in zip(words, refused, strict=True) if odd)
    # Signs for withheld figures stand in a column of figures, and make none of a column of letters.
    figures = n - refused.sum()
    return Content(
        filled=n / max(len(sample), 1),
        figures=(figures + (withheld if figures else 0)) / n,
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
        return max(seen.yes_no, known_words(column, seen.some))
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
        j = _place(wanted, headings, own)
        if j is not None:
            used.add(j)
            if column and column not in sure:
                sure[column] = (j, Match(column, headings[j], 1.0, "map"))
    taken = set((mapped or {}).values())
    wishes, contradicted = {}, {}
    for j, heading in enumerate(headings):
        if j in used:
            continue
        found = by_heading(heading, own[j], table)
        scored = {}
        for column, confidence in list(found.items()):
            if fits("code", contents[j], column) == 0.4 and NAMED_BY[column] in kinds:
                found.setdefault(NAMED_BY[column], 0.95 * confidence)
            if column in NAMES and NAMES[column] in kinds and contents[j].filled and contents[j].letters < 0.1:
                found = {NAMES[column]: 0.95 * confidence}  # numbers under the heading of a name
        for column, confidence in found.items():
            if column in taken:
                continue
            agreement = fits(kinds.get(column, "number"), contents[j], column)
            if contents[j].filled and agreement < 0.5:
                if confidence >= SURE and kinds.get(column) == "money":
                    contradicted.setdefault(j, {})[column] = CLOSE
                confidence *= agreement
            if kinds.get(column) == "choice":
                # Of two columns that may be a list of words, the one whose words are known is it.
                knowing = known_words(column, contents[j].some)
                confidence = confidence - 0.1 * (1 - knowing) if knowing or confidence >= SURE else 0
            scored[column] = round(confidence * (1 if agreement >= 0.8 or not contents[j].filled else 0.85), 3)
        scored = {c: s for c, s in scored.items() if s >= CLOSE}
        if scored:
            wishes[j] = scored
    _name_the_table(wishes, headings, table)
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
    # Where no column holds amounts, one that is called so and holds words is not passed over in silence.
    open_or_sure = [*((j, c) for c, (j, _) in sure.items()), *((j, c) for j, s in wishes.items() for c in s)]
    if not any(kinds.get(column) == "money" and contents[j].filled for j, column in open_or_sure):
        wishes |= {j: scored for j, scored in contradicted.items() if j not in used and j not in wishes}
    for j, scored in wishes.items():
        open_to = {c: s for c, s in scored.items() if c not in sure}
        if j not in used and open_to:
            ask.append((headings[j], open_to))
    return sure, ask


def _place(wanted, headings, own):
    """Which heading the city's map means: the same text, else one that differs in case, marks, brackets or units."""
    for same in (str.strip, parsing.fold, bare):
        for j, heading in enumerate(headings):
            if same(wanted) in (same(heading), same(own[j])):
                return j
    return None


def _name_the_table(wishes, headings, table):
    """Of headings that are equally good, the one that names the table is it: contract start date beside start date."""
    best = {}
    for scored in wishes.values():
        for column, score in scored.items():
            best[column] = max(best.get(column, 0), score)
    for column, most in best.items():
        equal = [j for j, scored in wishes.items() if scored.get(column, 0) >= most - 0.02]
        naming = [j for j in equal if set(key(headings[j]).split()) & OWN_WORDS[table]]
        if len(equal) > 1 and len(naming) == 1:
            for j in set(equal) - set(naming):
                wishes[j][column] = round(wishes[j][column] - 0.05, 3)


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
