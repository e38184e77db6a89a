"""Numbers, dates and a city's words as people read them.

Only this room prints percent signs and thousands separators. Rounding is half up on the decimal digits, as readers
do it.
"""

import math
import re
from datetime import date as _date
from decimal import ROUND_HALF_UP, Context, Decimal

MISSING = "–"
SYMBOLS = {"USD": "$", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "EUR": "€", "GBP": "£", "MXN": "MX$"}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
MONTHS += ("November", "December")
KINDS = ("text", "money", "number", "integer", "share", "points", "days", "date", "ratio", "level", "yes_no")
# Kinds that stand right-aligned in a column, so that digits stand under digits.
NUMERIC = frozenset(("money", "number", "integer", "share", "points", "days", "ratio", "level"))

# Wide enough for any float: a typing error in a city's file may hold 300 digits.
_WIDE = Context(prec=400, rounding=ROUND_HALF_UP)
# Each unit begins where rounding already reads one of it: $999,950,000 is $1.0 billion.
_LARGE = ((999_950_000_000, 10**12, "trillion"), (999_950_000, 10**9, "billion"), (999_999.5, 10**6, "million"))
# Characters that XML and Excel forbid, that cannot be seen, or that turn the direction of the text around them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_MARKDOWN = re.compile(r"([\\`*_\[\]{}<>&#|~$@]|:(?=//)|(?i:(?<=www))\.)")
_MARKDOWN_AT_START = re.compile(r"^([-+=]|\d+(?=[.)]))")


def missing(x):
    """Tell whether a value is missing: None, nan, NaT or pandas' NA."""
    if x is None:
        return True
    try:
        return bool(x != x)
    except TypeError:  # pandas' NA has no truth
        return True


def money(x, currency):
    """Format an amount for a sentence: ``$950``, ``$12,400``, ``$1.2 million``."""
    if missing(x):
        return MISSING
    if math.isinf(x):
        return number(x)
    for start, unit, name in _LARGE:
        if abs(x) >= start:
            return f"{_sign(x, 1)}{_symbol(currency)}{_round(_decimal(abs(x)) / unit, 1):,} {name}"
    return amount(x, currency)


def amount(x, currency):
    """Format an amount in full for a table: ``$1,234,568``; cents only below 100."""
    if missing(x):
        return MISSING
    if math.isinf(x):
        return number(x)
    digits = 2 if 0 < abs(x) < 100 and _round(abs(x), 2) != _round(abs(x), 0) else 0
    size = _round(abs(x), digits)
    return _sign(x, size) + _symbol(currency) + f"{size:,}"


def short_money(x, currency):
    """Format an amount for an axis or a bar: ``$950``, ``$12.4K``, ``$1.2M``."""
    if missing(x) or math.isinf(x) or abs(x) < 1000:
        return amount(x, currency)
    for unit, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        # Three figures: 999.6 thousand already reads 1M.
        if abs(x) >= unit * 0.9995 or unit == 10**3:
            return f"{_sign(x, 1)}{_symbol(currency)}{number(abs(x) / unit)}{letter}"


def share(x):
    """Format a share (0 to 1) as percent: ``23%``, ``0.4%``, ``99.6%``, ``less than 0.1%``."""
    if missing(x):
        return MISSING
    if math.isinf(x):
        return number(x)
    percent = abs(_decimal(x)) * 100
    if 0 < percent < Decimal("0.05"):
        return "less than 0.1%" if x > 0 else "about 0%"
    if Decimal("99.95") <= percent < 100:
        return "more than 99.9%" if x > 0 else "about −100%"
    digits = 1 if percent < Decimal("0.95") or 99 < percent < 100 else 0
    size = _round(percent, digits)
    return f"{_sign(x, size)}{size:,}".removesuffix(".0") + "%"


def points(x):
    """Format the difference of two shares in percentage points: ``9 points``, ``−0.4 points``, ``1 point``."""
    words = share(x).replace("%", " points")
    return "1 point" if words == "1 points" else words if missing(x) or "points" in words else f"{words} points"


def number(x):
    """Format a number with about three figures: ``1,234``, ``12.3``, ``0.45``; whole numbers stay whole."""
    if missing(x):
        return MISSING
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    digits = 0 if abs(x) >= 100 else 1 if abs(x) >= 10 else 2
    if 0 < abs(x) < 0.1:
        digits = min(6, 1 - math.floor(math.log10(abs(x))))
    size = _round(abs(x), digits)
    text = f"{size:,}"
    return _sign(x, size) + (text.rstrip("0").rstrip(".") if "." in text else text)


def integer(x):
    """Format a count: ``1,234``."""
    if missing(x):
        return MISSING
    if math.isinf(x):
        return number(x)
    size = _round(abs(x), 0)
    return f"{_sign(x, size)}{size:,}"


def ratio(x):
    """Format a ratio with two decimals: ``1.25``."""
    if missing(x):
        return MISSING
    if math.isinf(x):
        return number(x)
    size = _round(abs(x), 2)
    return f"{_sign(x, size)}{size:,}"


def kappa(x):
    """Agreement beyond chance, with what its ends mean."""
    return f"kappa {ratio(x)}: 0 is what chance alone would give, 1 is full agreement"


def level(x):
    """Format a level of practice (0 to 4) with one decimal, since answers are no finer: ``1.8``."""
    if missing(x):
        return MISSING
    if math.isinf(x):
        return number(x)
    size = _round(abs(x), 1)
    return f"{_sign(x, size)}{size}"


def days(x):
    """Format a number of days: ``1 day``, ``41 days``; halves are kept below ten days."""
    if missing(x):
        return MISSING
    if math.isinf(x):
        return f"{number(x)} days"
    size = _round(abs(x), 1 if abs(x) < 10 else 0)
    text = f"{size:,}".removesuffix(".0")
    return f"{_sign(x, size)}{text} {'day' if text == '1' else 'days'}"


def date(x):
    """Format a date: ``June 30, 2024``."""
    if missing(x):
        return MISSING
    return f"{MONTHS[x.month - 1]} {x.day}, {x.year}"


def yes_no(x):
    """Format a truth value: ``yes``, ``no``."""
    if missing(x):
        return MISSING
    return "yes" if x else "no"


def interval(low, high, kind="number", currency=""):
    """Format an interval: ``17–30%``, ``$1.2 million to $1.5 million``, ``−2 to 5``, ``at least 3``.

    Money needs a currency, as for `value`.
    """
    if missing(low) and missing(high):
        return MISSING
    if missing(high) or _endless(high):
        return f"at least {value(low, kind, currency)}"
    if missing(low) or _endless(low):
        return f"at most {value(high, kind, currency)}"
    say = money if kind == "money" else value
    first, last = (say(x, currency) if kind == "money" else say(x, kind, currency) for x in (low, high))
    unit = {"share": "%", "points": " points", "days": " days"}.get(kind, "")
    plain = re.compile(r"[\d.,]+" + re.escape(unit))
    if (
        kind in ("share", "points", "days", "number", "integer", "ratio")
        and plain.fullmatch(first)
        and plain.fullmatch(last)
    ):
        return first.removesuffix(unit) + MISSING + last
    return f"{first.removesuffix(unit) if kind in ('points', 'days') else first} to {last}"


def value(x, kind, currency=""):
    """Format any value by its kind (one of ``KINDS``), as a table cell shows it.

    Text comes back as one clean line; it is not yet escaped for any target.

    Raises
    ------
    ValueError
        When an amount of money comes without its currency.
    """
    if kind == "text":
        return MISSING if missing(x) or x == "" else line(x)
    if kind == "money":
        return amount(x, currency)
    if kind == "date" and not missing(x):
        return f"{MONTHS[x.month - 1][:3]} {x.day}, {x.year}"
    return {
        "number": number,
        "integer": integer,
        "share": share,
        "points": points,
        "days": days,
        "date": date,
        "ratio": ratio,
        "level": level,
        "yes_no": yes_no,
    }[kind](x)


def line(x):
    """Give a city's words as one clean line: no line breaks, no unseen or direction-turning characters."""
    return " ".join(_UNSEEN.sub("", str(x)).split())


def text(x):
    """Give a city's words as Markdown that shows exactly these words: no emphasis, link, image, HTML or formula."""
    if missing(x):
        return MISSING
    escaped = _MARKDOWN.sub(r"\\\1", line(x))
    return _MARKDOWN_AT_START.sub(lambda found: _escape_start(found[1]), escaped)


def slug(x):
    """Give a name for ids and files: lower case letters, digits and hyphens, never empty."""
    return re.sub(r"[^a-z0-9]+", "-", line(x).lower()).strip("-") or "x"


def listing(words):
    """Join words as in a sentence: ``A``, ``A and B``, ``A, B and C``."""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def plural(n, one, many=""):
    """Say a count with its noun: ``1 contract``, ``1,234 contracts``."""
    return f"{integer(n)} {one if n == 1 else many or one + 's'}"


def _decimal(x):
    # The digits that the number prints with, so that 0.285 is 28.5% and not 28.499…%.
    return x if isinstance(x, Decimal) else Decimal(repr(float(x)))


def _round(x, digits):
    return _decimal(x).quantize(Decimal(1).scaleb(-digits), context=_WIDE)


def _sign(x, size):
    # A rounded zero has no sign. The true minus is as wide as a plus and never starts an Excel formula.
    return "−" if x < 0 and size else ""


def _symbol(currency):
    if not currency:
        raise ValueError("an amount of money needs its currency")
    return SYMBOLS.get(currency, f"{line(currency)} ")


def _endless(x):
    return not isinstance(x, _date) and math.isinf(x)


def _escape_start(found):
    # "1." would open a numbered list: its point is what Markdown lets us escape, not the digit.
    return f"\\{found}" if not found.isdigit() else found + "\\"
