"""What an indicator gives: a value with its uncertainty, its base, its gaps, and the rows behind it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from rdclib.catalogue import Indicator
from rdclib.indicators import breakdowns, measures
from rdclib.indicators.frames import frames_of
from rdclib.periods import Period

# A field filled in for less than this is warned of wherever it is used.
COMPLETE = 0.8
# The records whose answer is known must be at least this share of those asked about, or they say nothing of the rest.
MAJORITY = 0.5

# Unit of the catalogue to the kind in which people read it.
KINDS = {
    "share": "share",
    "days": "days",
    "money": "money",
    "count": "integer",
    "points": "integer",
    "ratio": "ratio",
    "number": "number",
    "years": "number",
    "score": "number",
}

# One sentence that goes with every interval when the records are all there are.
WHAT_INTERVALS_MEAN = (
    "Where every contract was counted, the value itself is exact; the interval then says how far it could have moved "
    "by chance in a period like this one, so two values whose intervals overlap widely are no evidence of a difference."
)


class Coverage(NamedTuple):
    """How complete a column is that an indicator needs."""

    field: str  # table and column; columns that can stand for each other are divided by |
    share: float  # of the rows that have a value; nan without rows
    rows: int


@dataclass(frozen=True, eq=False)
class IndicatorResult:
    """One indicator for one city and period.

    Its breakdowns are made from its rows when they are first asked for.

    Attributes
    ----------
    value : float
        In the indicator's unit; nan when it could not be computed, and `note` says why.
    low, high : float
        95% interval of the kind that the indicator's summary names; nan where none has a meaning.
    n : int
        Records (vendors, for measures of concentration) counted.
    left_out : Series of int
        Number of records by reason.
    coverage : tuple of Coverage
    verdict : str
        ``"good"``, ``"between"``, ``"poor"`` by the threshold, empty without one.
    verdict_sure : bool
        Whether the whole interval lies on that side.
    tentative : bool
        The value is held against no threshold and speaks for or against nothing: it rests on an assumption or on few
        known answers for most of its records, or on so few records that chance alone could give it.
    warnings : tuple of str
        Columns filled in for too few rows.
    minimum_n : int
        Fewest records that give a value, and the fewest of a department or quarter where values have no interval.
    until : Timestamp
        Last day that counts.
    rows : DataFrame
        The rows of the period, as `rows.rows` gives them; `sources` adds where they came from.
    counts : ndarray of bool
        Which of them count.
    """

    indicator: Indicator
    period: Period
    value: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    n: int = 0
    left_out: pd.Series = field(default_factory=lambda: pd.Series(dtype="int64"))
    coverage: tuple = ()
    verdict: str = ""
    verdict_sure: bool = False
    tentative: bool = False
    warnings: tuple = ()
    note: str = ""
    currency: str = ""
    minimum_n: int = 1
    until: pd.Timestamp = None
    rows: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool), repr=False)

    @property
    def caveat(self):
        """What a reader must bear in mind, in plain words."""
        return self.indicator.caveat

    @property
    def kind(self):
        """Kind of the value for whoever prints it."""
        return KINDS[self.indicator.unit]

    @property
    def hits(self):
        """Records behind the upper part of a proportion, or that raised a question; None for other summaries."""
        if not self.computed or self.indicator.summary not in ("proportion", "flag") or self.indicator.measure:
            return None
        return round(self.value * self.n) if self.indicator.summary == "proportion" else int(self.value)

    @property
    def computed(self):
        """Whether there is a value."""
        return self.value == self.value

    @cached_property
    def by_department(self):
        """DataFrame with ``department``, ``value``, ``low``, ``high``, ``n``."""
        return self._by_label("department", measures.of(self.indicator), self._small)

    @cached_property
    def by_part(self):
        """DataFrame with ``part``, ``value``, ``low``, ``high``, ``n``; of a mix, the shares of the whole."""
        measure = measures.of(self.indicator)
        return self._by_label("part", measures.PARTS.get(measure, measure), 1)

    @cached_property
    def by_quarter(self):
        """DataFrame with ``quarter``, ``value``, ``low``, ``high``, ``n``; the quarters are those of the period."""
        if not self.computed:
            return breakdowns.empty("quarter")
        measure = measures.of(self.indicator)
        return breakdowns.by_quarter(self.rows, self.counts, self.period, self.until, measure, self._small)

    @cached_property
    def flags(self):
        """DataFrame with ``code``, ``question``, ``fired``, ``n``: how often a question was raised among how many."""
        names = [name for name in self.rows if name.startswith("flag ")] if self.computed else []
        codes, worded = [name.removeprefix("flag ") for name in names], questions(self.indicator)
        fired = [int(self.rows[name].to_numpy()[self.counts].sum()) for name in names]
        n = [int(self.counts.sum())] * len(names)
        return pd.DataFrame({"code": codes, "question": [worded[code] for code in codes], "fired": fired, "n": n})

    def _by_label(self, column, measure, small):
        if not self.computed or column not in self.rows:
            return breakdowns.empty(column)
        return breakdowns.by_label(self.rows, self.counts, column, measure, small)

    @property
    def _small(self):
        """Fewest records of a group that give a value: without an interval, as many as of the whole."""
        return self.minimum_n if self.low != self.low and self.high != self.high else 1

    def flagged(self, code):
        """Rows that raise a question, by its code."""
        return self.rows[self.rows[f"flag {code}"]]

    def sources(self, rows, records):
        """Rows with the file and line that they came from, where a row is a record of the indicator's table.

        Parameters
        ----------
        rows : DataFrame
            Some of the result's rows.
        records : rdclib.records.Records
            The records that the result was computed from.
        """
        if not self.indicator.table or self.indicator.table == "actions":
            return rows
        frame = getattr(frames_of(records), self.indicator.table)
        return rows.join(frame[["source_file", "source_row"]])


def questions(indicator):
    """Questions that an indicator's rows raise: code to wording."""
    parts = (part.partition(":") for part in indicator.question.split(" | ") if part.strip())
    return {code.strip(): wording.strip() for code, _, wording in parts}
