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


# Words that stand for "we have no value", in English, Spanish, Portuguese, German and French.
MISSING_WORDS = _listed(
    "na;n/a;n.a.;n.a;#n/a;none;null;nil;nan;NaN;nat;NaT;-;--;---;–;—;.;..;...;?;??;tbd;unknown;missing;blank;#null!;#value!;"
    "#ref!;#div/0!;#name?;n.d.;n/d;nd;s/d;s/i;not available;not applicable;not known;not reported;to be determined;"
    "$-;$ -;€-;€ -;£-;£ -;-€;- €;-   €;"  # how spreadsheets write nothing in their format for accounts
    "sin dato;sin datos;no disponible;no aplica;desconocido;não disponível;nao disponivel;não aplicável;sem dados;"
    "sem informação;keine angabe;k.a.;k. a.;unbekannt;nicht bekannt;entfällt;non disponible;non renseigné;inconnu"
)
YES_WORDS = frozenset(
    _listed("yes;y;true;t;1;1.0;si;sí;s;sim;v;verdadero;verdadeiro;x;ontime;on time;ja;oui;wahr;vrai")
)
NO_WORDS = frozenset(_listed("no;n;false;f;0;0.0;não;nao;falso;overdue;late;not on time;nein;non;falsch;faux"))

CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "R$": "BRL", "US$": "USD", "₡": "CRC", "₲": "PYG"}
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january ene enero janeiro januar jänner janvier",
            "feb february febrero fev fevereiro februar février fevrier fév",
            "mar march marzo março marco märz maerz mrz mars",
            "apr april abr abril avril avr",
            "may mayo mai maio",
            "jun june junio junho juni juin",
            "jul july julio julho juli juillet juil",
            "aug august ago agosto août aout",
            "sep sept september septiembre setiembre set setembro septembre",
            "oct october octubre out outubro okt oktober octobre",
            "nov november noviembre novembro novembre",
            "dec december dic diciembre dez dezembro dezember décembre decembre déc",
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


def in_one(texts):
    """One pyarrow array in one piece, whatever came in; texts that repeat themselves may be a dictionary."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
        if isinstance(texts, pa.ChunkedArray):  # more than 2 GB of text: kept in pieces by pyarrow
            texts = pa.concat_arrays([c.cast(pa.large_string()) for c in texts.chunks])
    elif not isinstance(texts, pa.Array):
        texts = pa.array(texts, pa.string())
    return texts


def as_text(texts):
    """One plain pyarrow string array, whatever came in."""
    texts = in_one(texts)
    return texts.dictionary_decode() if isinstance(texts, pa.DictionaryArray) else texts


def tally(texts):
    """Texts to look at, as `missing` gives them, and how often each stands there.

    Returns
    -------
    tuple
        Of a dictionary its distinct texts and their counts (numpy int), of other arrays all texts and None.
    """
    texts = in_one(texts)
    if not isinstance(texts, pa.DictionaryArray):
        return missing(texts), None
    return missing(texts.dictionary), np.bincount(texts.indices.drop_null(), minlength=len(texts.dictionary))


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
    if pc.any(pc.starts_with(trimmed, '="')).as_py():  # ="00123": how some programs keep a spreadsheet from counting
        trimmed = pc.replace_substring_regex(trimmed, '^="([^"]*)"$', r"\1")
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
    return pc.fill_null(pc.match_substring_regex(texts, pattern), False).to_numpy(zero_copy_only=False)


_NINES = bytes.maketrans(b"12345678", b"99999999")


def _shapes(texts):
    """Texts with every digit but 0 written as 9, as a dictionary: a million amounts have a few hundred shapes.

    The patterns of this file tell digits apart no further, so each is tried on a shape instead of on every text.

    Returns
    -------
    tuple of pyarrow.Array and numpy array of int
        The shapes, with null for missing as the last, and the shape of each text.
    """
    valid, offsets, data = texts.buffers()
    if data is not None:
        data = pa.py_buffer(data.to_pybytes().translate(_NINES))
        texts = pa.Array.from_buffers(texts.type, len(texts), [valid, offsets, data], offset=texts.offset)
    coded = texts.dictionary_encode()
    shapes = pa.concat_arrays([coded.dictionary, pa.nulls(1, texts.type)])
    return shapes, pc.fill_null(coded.indices, len(shapes) - 1).to_numpy(zero_copy_only=False)


def _plain_spaces(texts):
    """No-break and thin blanks become plain ones, the minus sign a hyphen."""
    if pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return texts
    for odd, plain in (("\u00a0", " "), ("\u202f", " "), ("\u2009", " "), ("\u2212", "-")):
        if pc.any(pc.match_substring(texts, odd)).as_py():
            texts = pc.replace_substring(texts, odd, plain)
    return texts


def decimal_evidence(texts, counts=None):
    """How often a column proves a decimal point, a decimal comma, or leaves both open.

    Parameters
    ----------
    texts : array of text
    counts : numpy array of int, optional
        How often each text stands there; once unless given.

    Returns
    -------
    dict of str to int
        ``point``, ``comma`` and ``open`` (only one mark, three digits behind it: 1.234).
    """
    shapes, where = _shapes(_plain_spaces(as_text(texts)))
    often = np.bincount(where, counts, len(shapes)).astype(np.int64)
    point = _matches(shapes, _PROVES_POINT)
    comma = _matches(shapes, _PROVES_COMMA) & ~point
    unsure = _matches(shapes, _OPEN_TO_BOTH) & ~point & ~comma
    return {"point": int(often[point].sum()), "comma": int(often[comma].sum()), "open": int(often[unsure].sum())}


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
    shapes, where = _shapes(texts)
    refused = pc.is_valid(shapes).to_numpy(zero_copy_only=False)
    values = np.full(len(texts), np.nan)
    for pattern, mark in ((_POINT, "."), (_COMMA, ",")) if decimal == "." else ((_COMMA, ","), (_POINT, ".")):
        good = refused & _matches(shapes, pattern)
        if good.any():
            values = np.where(good[where], _amounts(texts, shapes, where, good, mark), values)
            refused &= ~good
        if not refused.any():
            break
    # 1.00214595E7 is how some programs write whole amounts: every digit is there. 1.0E+07, which a spreadsheet rounded,
    # is not taken.
    exact = refused & _matches(shapes, r"^-?\d\.\d+E\d{1,2}$")
    if exact.any():
        numbers = pc.cast(_only(texts, exact[where]), pa.float64()).to_numpy(zero_copy_only=False)
        values = np.where(exact[where], numbers, values)
        refused &= ~exact
    named = _currencies(_only(shapes, ~refused))
    currency = None if named is None else named.take(pa.array(where))
    refused = refused[where]
    places = np.flatnonzero(refused)
    fixed = [_without_slips(text) for text in texts.take(pa.array(places)).to_pylist()]
    if slips := [(place, text) for place, text in zip(places.tolist(), fixed, strict=True) if text is not None]:
        again = money(pa.array([text for _, text in slips], texts.type), decimal)
        at = np.array([place for place, _ in slips])
        values[at], refused[at] = again.values, again.refused
        if (codes := again.extra["currency"]) is not None:
            all_codes = np.array([None] * len(texts) if currency is None else currency.to_pylist(), dtype=object)
            all_codes[at] = codes.to_pylist()
            currency = pa.array(all_codes.tolist(), pa.string())
    return Reading(values, refused, {"currency": currency})


# Digits and marks as wide as a letter of East Asian scripts, typed in place of the usual ones.
_WIDE = str.maketrans("０１２３４５６７８９，．－＄（）", "0123456789,.-$()")
_SPACED = re.compile(r"(?<=\d)(?:, +| +,)(?=\d{3}(?!\d))")  # 982, 900
_CREDIT = re.compile(r"^(.*\d\)?)\s*(cr|dr)\.?$", re.IGNORECASE)


def _without_slips(text):
    """An amount without the usual slips of typing; None where there is none to take away.

    ``982, 900`` has a space after the comma, ``1,234.`` a period at the end; ``1,234 CR`` is a credit, ``DR`` a debit.
    """
    fixed = text.translate(_WIDE).strip()
    fixed = _SPACED.sub(",", fixed)
    if match := _CREDIT.match(fixed):
        bare = match[1].strip()
        fixed = f"-{bare}" if match[2].lower() == "cr" and not re.search(r"[-(]", bare) else bare
    if re.search(r"\d\.$", fixed):
        fixed = fixed[:-1]
    return None if fixed == text else fixed


def _only(texts, mask):
    return pc.if_else(pa.array(mask), texts, pa.scalar(None, texts.type))


def _amounts(texts, shapes, where, good, decimal):
    """Values of the texts whose shape is ``good``; nan for others."""
    if not good[where].all():
        texts = _only(texts, good[where])
    around = " $()+-"
    texts = pc.ascii_trim(texts, around)
    signs = set().union(*(shape.strip(around) for shape in shapes.filter(pa.array(good)).to_pylist()))
    signs -= set("09" + decimal)
    if signs <= set(",. $"):
        for sign in signs:
            texts = pc.replace_substring(texts, sign, "")
    else:
        texts = pc.replace_substring_regex(texts, f"[^0-9{decimal}]", "")
    if decimal == ",":
        texts = pc.replace_substring(texts, ",", ".")
    values = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
    negative = pc.fill_null(pc.match_substring_regex(shapes, r"[(-]"), False).to_numpy(zero_copy_only=False)
    return np.where(negative[where], -values, values) if negative.any() else values


def _currencies(texts):
    """Code of the currency that each text names, null where it names none; None when no text does."""
    words = _only(texts, _matches(texts, r"[^0-9.,()+\-\s'’$E]|[A-Z]{3}"))
    if words.null_count == len(words):
        return None
    codes = []
    for word in pc.replace_substring_regex(words, r"[0-9.,()+\-\s'’]", "").to_pylist():
        named = word and re.fullmatch("[A-Za-z]{3}", word)
        codes.append(CURRENCY_SIGNS.get(word) or (word.upper() if named else None))
    return pa.array(codes, pa.string())


# A mark behind a figure that sends to a footnote, or says revised, provisional or estimated.
_FOOTNOTE = r"(?i)(\d\s*%?)\s*(?:[*†‡§¹²³⁴⁵⁶⁷⁸⁹]+|\(\d{1,2}\)|\([a-z]\)|\[\w{1,2}\]|\b[rpe]\b|(?-i:[rpe]))$"


def footnoted(texts):
    """Which texts are a figure with a footnote mark behind it: ``87.5%*``, ``92 (1)``, ``83.1 r``."""
    return _matches(as_text(texts), _FOOTNOTE)


def number(texts, decimal="."):
    """Numbers without a unit; a percent sign behind is taken off (see `share`), and so are footnote marks."""
    texts = as_text(texts)
    marked = footnoted(texts)
    if marked.any():
        texts = pc.if_else(pa.array(marked), pc.replace_substring_regex(texts, _FOOTNOTE, r"\1"), texts)
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

_TIME = (
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|[+\-]\d{2}(?::?\d{2})?)?)?"
)
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
_MILLISECONDS = re.compile(r"\d{12,13}")
_EPOCH, _UNIX_EPOCH = datetime.datetime(1899, 12, 30), datetime.datetime(1970, 1, 1)
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
    if _MILLISECONDS.fullmatch(text):  # since 1970, as map servers give moments: from 1973 to 2286
        moment = _UNIX_EPOCH + datetime.timedelta(milliseconds=int(text))
        return moment.year, moment.month, moment.day, (moment.hour, moment.minute, moment.second), ""
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


def date_evidence(texts, counts=None):
    """How often a column proves an order of day and month, or leaves it open.

    Parameters
    ----------
    texts : array of text
    counts : numpy array of int, optional
        How often each text stands there; once unless given.

    Returns
    -------
    dict of str to int
        Cells that can only be ``day-first``, only ``month-first``, ``open`` (3/4/2021), or ``clear`` (2021-04-03).
    """
    texts = as_text(texts)
    if counts is None:
        coded = texts.dictionary_encode()
        texts, counts = coded.dictionary, np.bincount(coded.indices.drop_null(), minlength=len(coded.dictionary))
    found = {"day-first": 0, "month-first": 0, "open": 0, "clear": 0}
    for text, count in zip(texts.to_pylist(), counts.tolist(), strict=True):
        parts = _date_parts(text) if text is not None else None
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
        ``values`` datetime64[us] with NaT; ``extra["serials"]`` which cells were Excel serials.
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
    return Reading(values, present & np.isnat(values), {"serials": serial[where]})


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
    if parts is not None and parts[4] == "" and parts[2] == 1 and 1 <= parts[1] <= 12:
        return datetime.date(parts[0], parts[1], 1)
    return None


# --- words and codes ---------------------------------------------------------------------------------------------


def _by_word(texts, meaning):
    """Look up every distinct text once."""
    coded = as_text(texts).dictionary_encode()
    values = [meaning(text) for text in coded.dictionary.to_pylist()]
    return values, coded.indices


def yes_no(texts, words=None):
    """Yes and no in English, Spanish, Portuguese, German and French; ``values`` is a pyarrow boolean array.

    Parameters
    ----------
    texts : array of text
    words : dict of str to str, optional
        Further words, folded, that say "yes" or "no" in this column: "awarded" where it tells who won.
    """
    texts, words = as_text(texts), words or {}

    def meaning(text):
        word = text.lower()
        if word in YES_WORDS or word in NO_WORDS:
            return word in YES_WORDS
        said = words.get(fold(text))
        return None if said is None else said == "yes"

    values, where = _by_word(texts, meaning)
    values = pa.array(values, pa.bool_()).take(where)
    refused = pc.and_(pc.is_valid(texts), pc.is_null(values)).to_numpy(zero_copy_only=False)
    return Reading(values, refused)


_CODE_AND_WORDS = re.compile(r"\s*([A-Z]{2,5})\s*[-–]")


def choice(texts, words, *, begins=0):
    """A word of a list, however it is written.

    Parameters
    ----------
    texts : array of text
    words : dict of str to str
        Folded spelling to the list's own word.
    begins : int
        Spellings of at least so many letters are also known by the beginning of a longer text; 0 for none. With it, a
        code is also known before its own words: "DIR - Direct Contracting".
    """
    texts = as_text(texts)
    long = sorted((w for w in words if begins and len(w) >= begins), key=len, reverse=True)

    def meaning(text):
        folded = fold(text)
        if folded in words:
            return words[folded]
        if begins and (code := _CODE_AND_WORDS.match(text)) and fold(code[1]) in words:
            return words[fold(code[1])]
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
        ``extra["damaged"]``: which cells are in scientific notation, whose digits a spreadsheet has already lost.
    """
    texts = as_text(texts)
    shapes, where = _shapes(texts)
    points = _matches(shapes, r"^\d+\.0$")
    # Only when all numbers in the column end so: version 2.0 beside 2.1 is a code of its own.
    if points.any() and not _matches(shapes, r"^\d+\.(?:\d{2,}|[1-9])$").any():
        texts = pc.if_else(pa.array(points[where]), pc.replace_substring_regex(texts, r"\.0$", ""), texts)
    damaged = _matches(shapes, r"^\d(?:\.\d+)?E\+\d+$")
    return Reading(texts, np.zeros(len(texts), dtype=bool), {"damaged": damaged[where]})


_FOLD = str.maketrans("áàâãäåéèêëíìîïóòôõöúùûüñçýÿ", "aaaaaaeeeeiiiiooooouuuuncyy") | str.maketrans(
    {"ß": "ss", "œ": "oe", "æ": "ae"}
)


_RUN_TOGETHER, _NO_WORD = re.compile(r"([a-z0-9])([A-Z])"), re.compile(r"[^0-9a-z%#€$]+")


def fold(text):
    """Lower case without accents, punctuation or double blanks: how two spellings of one word are compared."""
    text = _RUN_TOGETHER.sub(r"\1 \2", str(text)).lower().translate(_FOLD)
    return _NO_WORD.sub(" ", text).strip()
