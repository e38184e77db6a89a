"""Wide sheets made long: a column a month, a column a measure, or a measure with its limits and counts beside it."""

import calendar
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rdclib import parsing, periods
from rdclib.intake.reading import slug

# What a column says about the measure whose name it repeats: "Lower Estimate - Mortality" beside "Mortality".
ROLES = (
    ("target_low", r"\b(?:target|goal) (?:low|lower|from|min|minimum)$|^(?:lower|minimum|min) (?:target|goal)$"),
    ("target_high", r"\b(?:target|goal) (?:high|upper|to|max|maximum)$|^(?:upper|maximum|max) (?:target|goal)$"),
    ("low", r"^lower\b|\blower (?:limit|estimate|ci|confidence)|\blcl$"),
    ("high", r"^upper\b|\bupper (?:limit|estimate|ci|confidence)|\bucl$"),
    (
        "denominator",
        r"^number of (?:patients|cases|clients|people|discharges)|\bdenominator\b|^(?:n|base|sample size)$",
    ),
    ("numerator", r"\bnumerator\b|^(?:events|number of events)$"),
    ("target", r"\btarget\b|\bgoal\b"),
)
ROWS_SUMMED = 200  # rows in which a total is compared with the sum of its row
MOSTLY = 0.9  # share of them in which it must agree
MEASURE_SHARE = 0.6  # a measure's column holds figures in at least this share of its filled cells


def plan(block, sure, table, fiscal_year_start="01-01"):
    """Which columns are stacked, and what each stands for.

    Parameters
    ----------
    block : Block
    sure : dict of str to (position, Match)
        Columns that are recognised.
    table : str
    fiscal_year_start : str
        Month and day, for headings such as FY2023.

    Returns
    -------
    list of dict
        One a stacked column: ``positions`` {our column: position}, ``metric``, ``period`` (first and last day,
        or the number of a month whose year the row says) or None; empty for a long sheet.
    """
    if table not in ("observations", "payments") or not block.n:
        return []
    contents = block.look()
    main = "value" if table == "observations" else "payment_amount"
    used = {at for at, _ in sure.values()}
    free = [j for j in range(len(block.headings)) if j not in used or j == sure.get(main, (None,))[0]]
    if "year" in sure and main not in sure and (parts := _months_of_a_year(block, free, main)):
        return parts
    columns = _by_period(block, free, fiscal_year_start)
    if len(columns) >= 2 and (main not in sure or _is_their_sum(block, sure[main][0], columns)):
        return _period_parts(columns, main, named="metric_id" in sure)
    free = [j for j in free if j not in used]
    if table != "observations" or "metric_id" in sure or block.made_headings:
        return []  # numbers without a heading measure nothing that we could name
    if "value" in sure or "numerator" in sure:
        return []
    roles = _roles(block, free)
    measures = []
    for j in free:
        seen = contents[j]
        heading = block.headings[j]
        if j in roles or not seen.filled or seen.figures < MEASURE_SHARE or _is_label(heading):
            continue
        positions = {"value": j}
        for k, (role, name) in roles.items():
            if name == parsing.fold(heading) and role != "other":
                positions[role] = k
        measures.append({"positions": positions, "metric": slug(heading), "period": None})
    return measures


# --- a column a period -------------------------------------------------------------------------------------------

_QUARTER = re.compile(
    r"(?i)\b(?:Q(?P<q>[1-4])|(?P<nth>[1-4])(?:st|nd|rd|th)\s(?:quarter|qtr)|quarter\s(?P<number>[1-4]))\b"
)
_FISCAL = re.compile(
    r"(?i)\b(?:[FS]?FY|fiscal year)\s?['’]?(?P<year>(?:19|20)?\d{2})(?:\s?[-/–]\s?(?:19|20)?(?P<end>\d{2}))?\b"
)
_CALENDAR = re.compile(r"(?i)\b(?:CY\s?)?(?P<year>(?:19|20)\d{2})\b")
# What stands beside the period in a heading.
_RESULT = frozenset(
    "actual actuals result results value reported amount spend spending expenditure paid payments".split()  # noqa: SIM905
)
# Marks of figures that may still change.
_MARKS = frozenset(["p", "r", "preliminary", "provisional", "revised"])
_AIM = frozenset("target targets goal goals plan planned objective".split())  # noqa: SIM905


def period_of(heading, fiscal_year_start="01-01"):
    """The period that a heading names, and the words beside it.

    Parameters
    ----------
    heading : str
        ``Jan-23``, ``Q1 FY23``, ``2022 Q1``, ``FY2019``, ``FY22 Actual``, ``2021 Rate``.
    fiscal_year_start : str
        Month and day.

    Returns
    -------
    tuple
        First and last day, and the words beside them, folded; None when it names none.
    """
    text = " ".join(heading.split())
    if day := parsing.month(text):
        return day, _last_of_month(day), ""
    rest, quarter = text, None
    if match := _QUARTER.search(rest):
        quarter = int(match["q"] or match["nth"] or match["number"])
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    if match := _FISCAL.search(rest):
        year = match["end"] or match["year"]
        year = int(year) if len(year) == 4 else 2000 + int(year)
        label, start = f"FY{year}", fiscal_year_start
    elif match := _CALENDAR.search(rest):
        label, start = f"FY{match['year']}", "01-01"
    else:
        return None
    rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    # A year beside other figures (2022-23, 1.5 in 2020) is not all that the heading says of time.
    if re.search(r"\d", rest):
        return None
    found = periods.parse(label + (f"-Q{quarter}" if quarter else ""), start)
    words = [word for word in parsing.fold(rest).split() if word not in _MARKS]
    months = [word for word in words if word in parsing.MONTHS]
    if months and len(months) <= 2 and not set(words) - {*months, "to", *_RESULT, *_AIM}:
        first, last = (_in_period(found, parsing.MONTHS[month]) for month in (months[0], months[-1]))
        beside = " ".join(word for word in words if word not in (*months, "to"))
        return (first, _last_of_month(last), beside) if first <= last else None
    return found.start, found.end, " ".join(words)


def _in_period(period, month):
    """First day of a month inside a year, calendar or fiscal."""
    day = period.start.replace(month=month, day=1)
    return day if day >= period.start.replace(day=1) else day.replace(year=day.year + 1)


def _last_of_month(day):
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _by_period(block, free, fiscal_year_start):
    """Columns of figures whose headings name a period: position -> (first day, last day, words beside it)."""
    found = {}
    for j in free:
        seen = block.look()[j]
        named = period_of(block.headings[j], fiscal_year_start) or period_of(block.own[j], fiscal_year_start)
        if named and seen.figures >= MEASURE_SHARE:
            found[j] = named
    return found


def _months_of_a_year(block, free, main):
    """Columns headed by months alone, whose year stands in each row: ``period`` is the number of the month."""
    named = {j: parsing.MONTHS.get(parsing.fold(block.own[j])) for j in free}
    named = {j: month for j, month in named.items() if month and block.look()[j].figures >= MEASURE_SHARE}
    if len(named) < 2 or len(set(named.values())) < len(named):
        return []
    return [{"positions": {main: j}, "metric": "", "period": month} for j, month in named.items()]


def _spans(block, sure, part, rows):
    """First and last day of a stacked column's period, for each of its rows."""
    if not isinstance(part["period"], int):
        return [part["period"]] * len(rows)
    years = parsing.as_text(block.columns[sure["year"][0]]).take(pa.array(rows)).to_pylist()
    firsts = [parsing.month(f"{year.strip().removesuffix('.0')}-{part['period']:02d}") for year in years]
    return [(day, _last_of_month(day)) if day else (None, None) for day in firsts]


def _period_parts(columns, main, *, named):
    """Results of a period with the target for it beside them; a target without a result waits for its period."""
    parts = {}
    for j, (start, end, beside) in columns.items():
        words = set(beside.split())
        role = main if not words - _RESULT else "target" if words & _AIM and main == "value" else ""
        if not role and (named or main != "value"):
            continue  # what it is of, nobody can say
        metric = slug(beside) if not role else ""
        part = parts.setdefault((start, end, metric), {"positions": {}, "metric": metric, "period": (start, end)})
        part["positions"].setdefault(role or main, j)
    return [part for part in parts.values() if main in part["positions"]]


def _is_their_sum(block, at, columns):
    """Whether a column is the sum of those that name a period: a row's total."""
    rows = pa.array(range(0, block.n, max(1, block.n // ROWS_SUMMED)))

    def figures(j):
        texts = parsing.missing(parsing.as_text(block.columns[j]).take(rows))
        return parsing.number(texts, parsing.decimal_mark(parsing.decimal_evidence(texts)) or ".").values

    total = figures(at)
    parts = np.nansum([figures(j) for j in columns if j != at], axis=0)
    known = ~np.isnan(total)
    return bool(known.any()) and np.isclose(total[known], parts[known], atol=0.01).mean() >= MOSTLY


# --- a column a measure ------------------------------------------------------------------------------------------


def _roles(block, free):
    """Columns that say something about another one: position -> (role, folded heading of the measure)."""
    found = {}
    names = {parsing.fold(block.headings[j]) for j in free}
    for j in free:
        for left, right in _halves(block.headings[j]):
            if parsing.fold(right) in names and parsing.fold(right) != parsing.fold(block.headings[j]):
                role = next((name for name, shape in ROLES if re.search(shape, parsing.fold(left))), "other")
                found[j] = (role, parsing.fold(right))
    return found


def _halves(heading):
    for mark in (" - ", " – ", ": ", "_"):
        parts = heading.split(mark)
        for i in range(1, len(parts)):
            left, right = mark.join(parts[:i]), mark.join(parts[i:])
            yield left, right
            yield right, left


def _is_label(heading):
    """Numbers that name something instead of measuring it."""
    words = parsing.fold(heading)
    return words in parsing.MONTHS or (
        bool(re.search(r"\b(?:id|number|no|code|zip|phone|latitude|longitude|year|seq|region|ward)\b", words))
        and not re.search(r"\bnumber of\b|\btotal number\b", words)
    )


def places(sure, planned, column):
    """Where a column stands in the city's sheet: once, or once a period or measure."""
    several = [part["positions"][column] for part in planned if column in part["positions"]]
    return several or [sure[column][0]]


def stack(block, sure, planned):
    """The long table: for each stacked column, all rows once; rows whose cells are all blank are left out.

    Returns
    -------
    tuple
        ``{our column: arrow array}``, positions of the rows (indices into the block's rows), metric ids and periods.
    """
    every = sorted({name for part in planned for name in part["positions"]})
    pieces = {name: [] for name in every}
    rows, metrics, spans = [], [], []
    for part in planned:
        texts = {name: parsing.as_text(block.columns[at]) for name, at in part["positions"].items()}
        filled = np.zeros(block.n, dtype=bool)
        for text in texts.values():
            blank = pc.equal(pc.utf8_trim_whitespace(text), "")
            filled |= ~np.asarray(pc.fill_null(blank, True).to_numpy(zero_copy_only=False))
        at = np.flatnonzero(filled)
        rows.append(at)
        for name in every:
            none = pa.nulls(len(at), pa.string())
            pieces[name].append(texts[name].take(pa.array(at)) if name in texts else none)
        metrics += [part["metric"]] * len(at)
        spans += _spans(block, sure, part, at)
    columns = {name: pa.concat_arrays(parts) for name, parts in pieces.items()}
    where = np.concatenate(rows)
    return columns, where, metrics, spans
