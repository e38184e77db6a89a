"""What a text in a city's file means: amounts, dates, yes and no, shares, codes.

Every function takes a pyarrow array of text whose blanks and words for missing are null (`missing`), and gives a
`Reading`: values, and which texts were refused. Nothing is guessed: where a whole column can be read in two ways, the
evidence functions say so, and the caller leaves it as text.
"""

import datetime
import re
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def _listed(text):
    return [word.strip() for word in text.split(";") if word.strip()]


# Words that stand for "we have no value", in English, Spanish and Portuguese.
MISSING_WORDS = _listed(
    "na;n/a;n.a.;n.a;#n/a;none;null;nil;nan;nat;-;--;---;–;—;.;..;...;?;??;tbd;unknown;missing;blank;#null!;#value!;"
    "#ref!;#div/0!;#name?;n.d.;n/d;nd;s/d;s/i;not available;not applicable;not known;not reported;to be determined;"
    "sin dato;sin datos;no disponible;no aplica;desconocido;não disponível;nao disponivel;não aplicável;sem dados;"
    "sem informação;desconhecido"
)
YES_WORDS = frozenset(_listed("yes;y;true;t;1;1.0;si;sí;s;sim;v;verdadero;verdadeiro;x;ontime;on time;ja"))
NO_WORDS = frozenset(_listed("no;n;false;f;0;0.0;não;nao;falso;overdue;late;not on time;nein"))

CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "R$": "BRL", "US$": "USD", "₡": "CRC", "₲": "PYG"}
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january ene enero janeiro",
            "feb february febrero fev fevereiro",
            "mar march marzo março marco",
            "apr april abr abril",
            "may mayo mai maio",
            "jun june junio junho",
            "jul july julio julho",
            "aug august ago agosto",
            "sep sept september septiembre setiembre set setembro",
            "oct october octubre out outubro",
            "nov november noviembre novembro",
            "dec december dic diciembre dez dezembro",
        ),
        start=1,
    )
    for word in words.split()
}


@dataclass(frozen=True)
class Reading:
    """What a column of texts was read as."""

    values: object  # numpy array (money, dates) or pyarrow array (text, yes/no), missing where there is no value
    refused: np.ndarray  # bool: there is a text, and it could not be read
    extra: dict = field(default_factory=dict)


def _variants(words):
    return sorted({v for w in words for v in (w, w.upper(), w.capitalize(), w.title())})


_MISSING = pa.array(["", *_variants(MISSING_WORDS)], pa.string())
_MISSING_BUT_NONE = pa.array(["", *_variants([w for w in MISSING_WORDS if w != "none"])], pa.string())


def as_text(texts):
    """One plain pyarrow string array, whatever came in."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
        if isinstance(texts, pa.ChunkedArray):  # more than 2 GB of text: kept in pieces by pyarrow
            texts = pa.concat_arrays([c.cast(pa.large_string()) for c in texts.chunks])
    elif not isinstance(texts, pa.Array):
        texts = pa.array(texts, pa.string())
    return texts


def missing(texts, *, keep_none=False):
    """Texts without padding, null where they are blank or a word for missing.

    Parameters
    ----------
    texts : array of text
    keep_none : bool
        "none" is an answer in this column (a vendor without certification), not a gap.

    Returns
    -------
    pyarrow.Array of text
    """
    texts = as_text(texts)
    trimmed = pc.utf8_trim_whitespace(texts)
    words = _MISSING_BUT_NONE if keep_none else _MISSING
    gaps = pc.is_in(trimmed, value_set=words.cast(trimmed.type))
    return pc.if_else(gaps, pa.scalar(None, trimmed.type), trimmed)


# --- amounts -----------------------------------------------------------------------------------------------------

_SIGN = r"(?:[A-Z]{1,3}\$|\$|€|£|¥|₹|₡|₲|[A-Za-z]{3})"


def _shape(digits):
    """A whole cell: signs and one currency around the digits."""
    return rf"^[(+\-]*\s*{_SIGN}?\s*[(+\-]*\s*(?:{digits})\s*{_SIGN}?\s*[)\-]?\s*{_SIGN}?$"


# Thousands by comma (also 12,34,567), blank or apostrophe, decimal point; and the same with the marks exchanged.
_POINT = _shape(r"\d+(?:\.\d*)?|\.\d+|\d{1,3}(?:(?:,\d{2,3})*,\d{3}|(?:[ '’]\d{3})+)(?:\.\d*)?")
_COMMA = _shape(r"\d+(?:,\d*)?|,\d+|\d{1,3}(?:(?:\.\d{3})+|(?:[ '’]\d{3})+)(?:,\d*)?")
# A cell proves a decimal point: point and not exactly three digits behind, or both marks in that order, or two commas.
_PROVES_POINT = r"\.(?:\d{1,2}|\d{4,})\D*$|,\d{3}\.|,\d+,|^\D*0\.\d|\d{4,}\.\d|[ '’]\d{3}\."
_PROVES_COMMA = r",(?:\d{1,2}|\d{4,})\D*$|\.\d{3},|\.\d+\.|^\D*0,\d|\d{4,},\d|[ '’]\d{3},"
_OPEN_TO_BOTH = r"\d\.\d{3}\D*$"


def _matches(texts, pattern):
    return pc.fill_null(pc.match_substring_regex(texts, pattern), False)


def _count(mask):
    return pc.sum(mask).as_py() or 0


def _plain_spaces(texts):
    """No-break and thin blanks become plain ones, the minus sign a hyphen."""
    if pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return texts
    for odd, plain in (("\u00a0", " "), ("\u202f", " "), ("\u2009", " "), ("\u2212", "-")):
        if pc.any(pc.match_substring(texts, odd)).as_py():
            texts = pc.replace_substring(texts, odd, plain)
    return texts


def decimal_evidence(texts):
    """How often a column proves a decimal point, a decimal comma, or leaves both open.

    Returns
    -------
    dict of str to int
        ``point``, ``comma`` and ``open`` (only one mark, three digits behind it: 1.234).
    """
    texts = _plain_spaces(as_text(texts))
    point = _matches(texts, _PROVES_POINT)
    # What the first question settles need not be asked the others.
    rest = texts.filter(pc.invert(point))
    comma = _matches(rest, _PROVES_COMMA)
    unsure = _matches(rest.filter(pc.invert(comma)), _OPEN_TO_BOTH)
    return {"point": _count(point), "comma": _count(comma), "open": _count(unsure)}


def decimal_mark(evidence):
    """The decimal mark that a column's evidence allows: ".", "," or "" when 1.234 could be either.

    One mark with three digits behind a comma (1,234) is a thousands comma, because money has two decimals; behind a
    point it may also be a long decimal of a computer, so it needs proof from another cell.
    """
    if evidence["point"] and evidence["point"] >= 19 * evidence["comma"]:
        return "."
    if evidence["comma"] and evidence["comma"] >= 19 * evidence["point"]:
        return ","
    if evidence["open"]:
        return ""
    return "." if evidence["point"] >= evidence["comma"] else ","


@lru_cache(maxsize=50_000)
def is_figure(text):
    """Whether one text is a number, an amount or a day: the same shapes as `money`, `number` and `dates`."""
    text = text.strip()
    if not any(sign.isdigit() for sign in text):
        return False
    bare = text.strip(" %")
    return bool(re.match(_POINT, bare) or re.match(_COMMA, bare)) or _date_parts(text) is not None


def money(texts, decimal="."):
    """Amounts: ``$1,234.50``, ``(1,234)``, ``1.234,50 €``, ``USD 653,690.00``, ``1234-``.

    A cell whose marks leave no doubt is read its own way even when the column's decimal mark is the other one.

    Parameters
    ----------
    texts : array of text
    decimal : "." or ","
        The column's decimal mark.

    Returns
    -------
    Reading
        ``values`` float64 with nan; ``extra["currency"]`` pyarrow text (null where the cell names none), or None when
        no cell does.
    """
    texts = _plain_spaces(as_text(texts))
    styles = (_POINT, ".") if decimal == "." else (_COMMA, ",")
    others = (_COMMA, ",") if decimal == "." else (_POINT, ".")
    good = _matches(texts, styles[0])
    values, worded = _amounts(pc.if_else(good, texts, pa.scalar(None, texts.type)), styles[1])
    present = pc.is_valid(texts)
    refused = pc.and_(present, pc.invert(good))
    if pc.any(refused).as_py():
        rest = pc.if_else(refused, texts, pa.scalar(None, texts.type))
        other = _matches(rest, others[0])
        if pc.any(other).as_py():
            found, more = _amounts(pc.if_else(other, rest, pa.scalar(None, texts.type)), others[1])
            values, worded = np.where(np.isnan(values), found, values), worded or more
            refused = pc.and_(refused, pc.invert(other))
    if pc.any(refused).as_py():
        # 1.00214595E7 is how some programs write whole amounts: every digit is there. 1.0E+07, which a spreadsheet
        # rounded, is not taken.
        exact = pc.and_(refused, _matches(texts, r"^-?\d\.\d+E\d{1,2}$"))
        if pc.any(exact).as_py():
            numbers = pc.cast(pc.if_else(exact, texts, pa.scalar(None, texts.type)), pa.float64())
            values = np.where(exact.to_numpy(zero_copy_only=False), numbers.to_numpy(zero_copy_only=False), values)
            refused = pc.and_(refused, pc.invert(exact))
    named = _currencies(pc.if_else(refused, pa.scalar(None, texts.type), texts)) if worded else None
    return Reading(values, refused.to_numpy(zero_copy_only=False), {"currency": named})


def _amounts(texts, decimal):
    """Values of texts whose shape is known, and whether any holds more than digits and marks: a currency, perhaps."""
    bracket, hyphen = pc.match_substring(texts, "("), pc.match_substring(texts, "-")
    negative, worded = pc.or_(bracket, hyphen), False
    for mark in ("$", "," if decimal == "." else ".", "(", ")", "-", "+", " "):
        found = {"(": bracket, "-": hyphen}.get(mark)
        if pc.any(pc.match_substring(texts, mark) if found is None else found).as_py():
            texts = pc.replace_substring(texts, mark, "")
    if decimal == ",":
        texts = pc.replace_substring(texts, ",", ".")
    try:
        numbers = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        worded = True
        numbers = pc.cast(pc.replace_substring_regex(texts, r"[^0-9.]", ""), pa.float64())
    if pc.any(negative).as_py():
        numbers = pc.if_else(negative, pc.negate(numbers), numbers)
    values = numbers.to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=float), worded


def _currencies(texts):
    words = _matches(texts, r"[^0-9.,()+\-\s'’$E]|[A-Z]{3}")
    if not pc.any(words).as_py():
        return None
    named = pc.replace_substring_regex(pc.if_else(words, texts, pa.scalar(None, texts.type)), r"[0-9.,()+\-\s'’]", "")
    coded = named.dictionary_encode()
    codes = []
    for word in coded.dictionary.to_pylist():
        code = CURRENCY_SIGNS.get(word) or (word.upper() if re.fullmatch("[A-Za-z]{3}", word) else None)
        codes.append(code)
    return pa.array(codes, pa.string()).take(coded.indices)


def number(texts, decimal="."):
    """Numbers without a unit; a percent sign behind is taken off (see `share`)."""
    texts = as_text(texts)
    if pc.any(pc.match_substring(texts, "%")).as_py():
        texts = pc.utf8_trim(texts, " %")
    return money(texts, decimal)


def share(texts, decimal="."):
    """Shares from 0 to 1, from ``45%``, ``0.45`` or a whole column of percentages.

    Returns
    -------
    Reading
        ``extra["scale"]``: "share", "percent", or "" when the column mixes both so that a cell such as 0.5 is open;
        then every value without a percent sign is refused.
    """
    texts = as_text(texts)
    signed = np.asarray(pc.fill_null(pc.match_substring(texts, "%"), False).to_numpy(zero_copy_only=False))
    reading = number(texts, decimal)
    values, bare = reading.values.copy(), ~signed & ~np.isnan(reading.values)
    values[signed] /= 100
    scale, refused = "share", reading.refused
    if bare.any() and np.nanmax(np.abs(values[bare])) > 1:
        if signed.any() and (values[bare] <= 1).any():
            scale, refused = "", refused | bare
            values[bare] = np.nan
        else:
            scale = "percent"
            values[bare] /= 100
    return Reading(values, refused, {"scale": scale})


# --- dates -------------------------------------------------------------------------------------------------------

_TIME = r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|[+\-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME)
_NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})" + _TIME)
_COMPACT = re.compile(r"((?:19|20|21)\d{2})(\d{2})(\d{2})(?:\.0)?")
_DAY_WORD = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|º)?[\s\-./]*(?:de\s+)?([^\W\d_]{3,10})\.?[\s\-./,]*(?:de\s+)?(\d{4}|\d{2})" + _TIME
)
_WORD_DAY = re.compile(r"([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})" + _TIME)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_MONTH_WORD = re.compile(r"([^\W\d_]{3,10})\.?[\s\-/]+(\d{4}|\d{2})")
_MONTH_NUMBERS = re.compile(r"(\d{4})[-/.](\d{1,2})")
_EPOCH = datetime.datetime(1899, 12, 30)
# Excel serials from 1 January 1950 to 31 December 2149: outside, five digits are more likely an amount or a code.
_SERIAL_RANGE = (18264, 91312)


def _clock(groups):
    hour, minute, second, half = groups
    if hour is None:
        return 0, 0, 0
    hour = int(hour)
    if half:
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    return hour, int(minute), int(second or 0)


def _year(text):
    year = int(text)
    # Two digits: contracts run from the last fifty years into the next fifty.
    return year if len(text) == 4 else (2000 + year if year < 70 else 1900 + year)


@lru_cache(maxsize=100_000)
def _date_parts(text):
    """(year, month, day, clock, open): ``open`` is "" or, for 3/4/2021, the marks of a text that has two readings."""
    if match := _YEAR_FIRST.fullmatch(text):
        y, m, d, *clock = match.groups()
        return int(y), int(m), int(d), _clock(clock), ""
    if match := _NUMBERS.fullmatch(text):
        a, _, b, y, *clock = match.groups()
        return _year(y), int(a), int(b), _clock(clock), "open"
    if match := _COMPACT.fullmatch(text):
        y, m, d = match.groups()
        return int(y), int(m), int(d), (0, 0, 0), ""
    if (match := _DAY_WORD.fullmatch(text)) and match[2].lower() in MONTHS:
        d, word, y, *clock = match.groups()
        return _year(y), MONTHS[word.lower()], int(d), _clock(clock), ""
    if (match := _WORD_DAY.fullmatch(text)) and match[1].lower() in MONTHS:
        word, d, y, *clock = match.groups()
        return int(y), MONTHS[word.lower()], int(d), _clock(clock), ""
    if _SERIAL.fullmatch(text) and _SERIAL_RANGE[0] <= float(text) <= _SERIAL_RANGE[1]:
        moment = _EPOCH + datetime.timedelta(seconds=round(float(text) * 86400))
        return moment.year, moment.month, moment.day, (moment.hour, moment.minute, moment.second), "serial"
    return None


def _moment(parts, order):
    y, m, d, clock, kind = parts
    if kind == "open":
        if order == "day-first":
            m, d = d, m
        elif not order and m != d:
            return None
    try:
        return datetime.datetime(y, m, d, *clock)
    except ValueError:
        return None


def date_evidence(texts):
    """How often a column proves an order of day and month, or leaves it open.

    Returns
    -------
    dict of str to int
        Cells that can only be ``day-first``, only ``month-first``, ``open`` (3/4/2021), or ``clear`` (2021-04-03).
    """
    coded = as_text(texts).dictionary_encode()
    counts = np.bincount(coded.indices.drop_null().to_numpy(), minlength=len(coded.dictionary))
    found = {"day-first": 0, "month-first": 0, "open": 0, "clear": 0}
    for text, count in zip(coded.dictionary.to_pylist(), counts.tolist(), strict=True):
        parts = _date_parts(text)
        if parts is None:
            continue
        if parts[4] != "open" or parts[1] == parts[2]:
            found["clear"] += count
        elif parts[1] > 12:
            found["day-first"] += count
        elif parts[2] > 12:
            found["month-first"] += count
        else:
            found["open"] += count
    return found


def date_order(evidence):
    """The order that a whole file proves: "day-first", "month-first", or "" when it proves none or both."""
    day, month = evidence["day-first"], evidence["month-first"]
    if day and day >= 19 * month:
        return "day-first"
    if month and month >= 19 * day:
        return "month-first"
    return ""


def dates(texts, order="", *, clock=False):
    """Days (or moments) from every notation we met, Excel serials among them.

    Parameters
    ----------
    texts : array of text
    order : "day-first", "month-first" or ""
        How 3/4/2021 is read; "" refuses it. A text that allows one reading only is read that way.
    clock : bool
        Keep the time of day.

    Returns
    -------
    Reading
        ``values`` datetime64[us] with NaT; ``extra["serials"]`` how many cells were Excel serials.
    """
    texts = as_text(texts)
    coded = texts.dictionary_encode()
    moments = np.empty(len(coded.dictionary) + 1, dtype="datetime64[us]")
    moments[-1] = np.datetime64("NaT")
    serial = np.zeros(len(moments), dtype=bool)
    for i, text in enumerate(coded.dictionary.to_pylist()):
        parts = _date_parts(text)
        moment = None
        if parts is not None:
            serial[i] = parts[4] == "serial"
            own = order
            if parts[4] == "open" and (parts[1] > 12) != (parts[2] > 12):
                own = "day-first" if parts[1] > 12 else "month-first"
            moment = _moment(parts, own)
            if moment is not None and not clock:
                moment = moment.replace(hour=0, minute=0, second=0)
        moments[i] = np.datetime64(moment, "us") if moment is not None else np.datetime64("NaT")
    where = pc.fill_null(coded.indices, len(moments) - 1).to_numpy(zero_copy_only=False)
    values = moments[where]
    present = pc.is_valid(texts).to_numpy(zero_copy_only=False)
    return Reading(values, present & np.isnat(values), {"serials": int(serial[where].sum())})


def month(text):
    """First day of the month that a heading or cell names (``Jan 2020``, ``2020-01``, ``202001``), or None."""
    text = str(text).strip()
    if (match := _MONTH_WORD.fullmatch(text)) and match[1].lower() in MONTHS:
        return datetime.date(_year(match[2]), MONTHS[match[1].lower()], 1)
    if (match := _MONTH_NUMBERS.fullmatch(text)) and 1 <= int(match[2]) <= 12:
        return datetime.date(int(match[1]), int(match[2]), 1)
    if re.fullmatch(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])", text):
        return datetime.date(int(text[:4]), int(text[4:]), 1)
    parts = _date_parts(text)
    if parts is not None and parts[4] == "" and parts[2] == 1:
        return datetime.date(parts[0], parts[1], 1)
    return None


# --- words and codes ---------------------------------------------------------------------------------------------


def _by_word(texts, meaning):
    """Look up every distinct text once."""
    coded = as_text(texts).dictionary_encode()
    values = [meaning(text) for text in coded.dictionary.to_pylist()]
    return values, coded.indices


def yes_no(texts):
    """Yes and no in English, Spanish, Portuguese and German; ``values`` is a pyarrow boolean array."""
    texts = as_text(texts)

    def meaning(text):
        word = text.lower()
        return True if word in YES_WORDS else False if word in NO_WORDS else None

    values, where = _by_word(texts, meaning)
    values = pa.array(values, pa.bool_()).take(where)
    refused = pc.and_(pc.is_valid(texts), pc.is_null(values)).to_numpy(zero_copy_only=False)
    return Reading(values, refused)


def choice(texts, words, *, begins=0):
    """A word of a list, however it is written.

    Parameters
    ----------
    texts : array of text
    words : dict of str to str
        Folded spelling to the list's own word.
    begins : int
        Spellings of at least so many letters are also known by the beginning of a longer text; 0 for none.
    """
    texts = as_text(texts)
    long = sorted((w for w in words if begins and len(w) >= begins), key=len, reverse=True)

    def meaning(text):
        folded = fold(text)
        if folded in words:
            return words[folded]
        return next((words[w] for w in long if folded.startswith(f"{w} ")), None)

    values, where = _by_word(texts, meaning)
    values = pa.array(values, pa.string()).take(where)
    refused = pc.and_(pc.is_valid(texts), pc.is_null(values)).to_numpy(zero_copy_only=False)
    return Reading(values, refused)


def code(texts):
    """Identifiers as text: leading zeros stay, and a spreadsheet's ``6037.0`` is ``6037`` again.

    Returns
    -------
    Reading
        ``extra["points"]``: cells from which ``.0`` was taken; ``extra["damaged"]``: cells in scientific notation,
        whose digits a spreadsheet has already lost.
    """
    texts = as_text(texts)
    points = _matches(texts, r"^\d+\.0$")
    # Only when all numbers in the column end so: version 2.0 beside 2.1 is a code of its own.
    if pc.any(points).as_py() and not pc.any(_matches(texts, r"^\d+\.(?:\d{2,}|[1-9])$")).as_py():
        texts_out = pc.if_else(points, pc.replace_substring_regex(texts, r"\.0$", ""), texts)
    else:
        points, texts_out = pa.array(np.zeros(len(texts), dtype=bool)), texts
    damaged = _count(_matches(texts, r"^\d(?:\.\d+)?E\+\d+$"))
    return Reading(texts_out, np.zeros(len(texts), dtype=bool), {"points": _count(points), "damaged": damaged})


_FOLD = str.maketrans("áàâãäåéèêëíìîïóòôõöúùûüñçýÿ", "aaaaaaeeeeiiiiooooouuuuncyy")


def fold(text):
    """Lower case without accents, punctuation or double blanks: how two spellings of one word are compared."""
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", str(text)).lower().translate(_FOLD)
    return " ".join(re.sub(r"[^0-9a-z%#€$]+", " ", text).split())
