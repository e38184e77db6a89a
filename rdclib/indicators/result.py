"""What an indicator gives: a value with its uncertainty, its base, its gaps, and the rows behind it."""

from dataclasses import dataclass, field

import pandas as pd

from rdclib.catalogue import Indicator
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


@dataclass(frozen=True, eq=False)
class IndicatorResult:
    """One indicator for one city and period.

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
    by_department, by_quarter, by_part : DataFrame
        ``department`` (``quarter``, ``part``), ``value``, ``low``, ``high``, ``n``. Quarters are those of the period.
    flags : DataFrame
        ``code``, ``question``, ``fired``, ``n``: how often each question was raised among how many.
    coverage : DataFrame
        ``field``, ``share``, ``rows``: how complete the columns are that it needs.
    verdict : str
        ``"good"``, ``"between"``, ``"poor"`` by the threshold, empty without one.
    verdict_sure : bool
        Whether the whole interval lies on that side.
    tentative : bool
        The value is held against no threshold and speaks for or against nothing: it rests on an assumption or on few
        known answers for most of its records, or on so few records that chance alone could give it.
    warnings : tuple of str
        Columns filled in for too few rows.
    rows : DataFrame
        The rows of the period, as `rows.rows` gives them; `sources` adds where they came from.
    """

    indicator: Indicator
    period: Period
    value: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    n: int = 0
    left_out: pd.Series = field(default_factory=lambda: pd.Series(dtype="int64"))
    by_department: pd.DataFrame = field(default_factory=lambda: breakdown("department"))
    by_quarter: pd.DataFrame = field(default_factory=lambda: breakdown("quarter"))
    by_part: pd.DataFrame = field(default_factory=lambda: breakdown("part"))
    flags: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["code", "question", "fired", "n"]))
    coverage: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["field", "share", "rows"]))
    verdict: str = ""
    verdict_sure: bool = False
    tentative: bool = False
    warnings: tuple = ()
    note: str = ""
    currency: str = "USD"
    rows: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

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

    def flagged(self, code):
        """Rows that raise a question, by its code."""
        return self.rows[self.rows[f"flag {code}"]]

    def sources(self, records):
        """Rows with the file and line that they came from, where a row is a record of the indicator's table.

        Parameters
        ----------
        records : rdclib.records.Records
            The records that the result was computed from.
        """
        if not self.indicator.table or self.indicator.table == "actions":
            return self.rows
        frame = getattr(frames_of(records), self.indicator.table)
        return self.rows.join(frame[["source_file", "source_row"]])


def breakdown(name, keys=(), value=(), low=(), high=(), n=()):
    """Make a table of a breakdown."""
    return pd.DataFrame({name: keys, "value": value, "low": low, "high": high, "n": n})
