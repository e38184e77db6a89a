"""Fiscal years and quarters, and the day that counts as today. The clock is never read here."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from rdclib.errors import EngagementError, WrongUse

_LABEL = re.compile(r"FY(\d{4})(?:-Q([1-4]))?")


@dataclass(frozen=True)
class Period:
    """A fiscal year or a quarter of one.

    Attributes
    ----------
    label : str
        ``FY2024`` or ``FY2024-Q3``; a fiscal year carries the calendar year in which it ends.
    start, end : datetime.date
        First and last day, both inside.
    """

    label: str
    start: date
    end: date

    def __contains__(self, day):
        return self.start <= day <= self.end

    def __str__(self):
        return self.label

    @property
    def fiscal_year_start(self):
        """Month and day on which the fiscal year begins, as ``(month, day)``."""
        first = self if "-Q" not in self.label else _quarter_one(self)
        return first.start.month, first.start.day

    def quarters(self):
        """The quarters of a fiscal year, or the quarter itself."""
        if "-Q" in self.label:
            return (self,)
        return tuple(_period(int(self.label[2:6]), number, self.fiscal_year_start) for number in (1, 2, 3, 4))

    def previous(self):
        """The fiscal year or quarter just before."""
        return containing(self.start - timedelta(days=1), self.fiscal_year_start, quarter="-Q" in self.label)


def _quarter_one(quarter):
    back = (int(quarter.label[-1]) - 1) * 3
    return Period(quarter.label, _add_months(quarter.start, -back), quarter.end)


def _add_months(day, months):
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, day.day)


def _start_of(year, start):
    """First day of the fiscal year that ends in calendar year ``year``."""
    month, day = start
    return date(year if (month, day) == (1, 1) else year - 1, month, day)


def _period(year, quarter, start):
    first = _start_of(year, start)
    if not quarter:
        return Period(f"FY{year}", first, _add_months(first, 12) - timedelta(days=1))
    begin = _add_months(first, 3 * (quarter - 1))
    return Period(f"FY{year}-Q{quarter}", begin, _add_months(begin, 3) - timedelta(days=1))


def month_and_day(text):
    """Read ``07-01`` as ``(7, 1)``.

    Raises
    ------
    EngagementError
        When it is not a month and day, or a day after the 28th (not every month has it).
    """
    match = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text.strip())
    if not match or not (1 <= int(match[1]) <= 12 and 1 <= int(match[2]) <= 28):
        raise EngagementError(
            f"fiscal_year_start is '{text}', which is not a month and a day (1 to 28).",
            fix="In engagement.yaml, write it like  fiscal_year_start: 07-01  for a year that begins on 1 July.",
        )
    return int(match[1]), int(match[2])


def parse(label, fiscal_year_start="01-01"):
    """The period that a label names.

    Parameters
    ----------
    label : str
        ``FY2024`` or ``FY2024-Q3``.
    fiscal_year_start : str
        Month and day, ``07-01`` for 1 July.

    Raises
    ------
    WrongUse
        When the label names no fiscal year or quarter.
    """
    match = _LABEL.fullmatch(str(label).strip().upper().replace(" ", ""))
    if not match or not 1900 <= int(match[1]) <= 2200:
        raise WrongUse(
            f"'{label}' is not a period.",
            fix="Give a fiscal year such as  FY2024  or a quarter such as  FY2024-Q3.",
        )
    return _period(int(match[1]), int(match[2] or 0), month_and_day(fiscal_year_start))


def containing(day, start=(1, 1), *, quarter=False):
    """The fiscal year (or quarter) that contains a day.

    Parameters
    ----------
    day : datetime.date
    start : tuple of int
        Month and day on which the fiscal year begins.
    quarter : bool
        The quarter instead of the year.
    """
    year = day.year if tuple(start) == (1, 1) else day.year + ((day.month, day.day) >= tuple(start))
    whole = _period(year, 0, start)
    return next(part for part in whole.quarters() if day in part) if quarter else whole


def parse_day(text):
    """A day written as ``2024-06-30``.

    Raises
    ------
    WrongUse
        When it is not a day of the calendar.
    """
    try:
        return date.fromisoformat(str(text).strip())
    except ValueError:
        raise WrongUse(
            f"'{text}' is not a day.", fix="Write days as year-month-day, for example  2024-06-30."
        ) from None


def day_of(text):
    """The day of a text as our own files keep it, with or without a time; None where it holds none."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
