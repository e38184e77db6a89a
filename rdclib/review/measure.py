"""What is measured: a metric's name, kind and direction, and what its counts are multiplied with."""

from dataclasses import dataclass, replace

import numpy as np

from rdclib.catalogue import load_metrics
from rdclib.observations import per

# Units that say no more than the name does.
_NO_UNIT = ("", "count", "number", "ratio")


@dataclass(frozen=True)
class Measure:
    """What is measured: a metric of the city's own list or of the catalogue."""

    id: str
    name: str
    unit: str = ""
    measure_type: str = ""
    direction: str = "context"
    layer: str = ""
    timing: str = ""
    duty: str = ""
    definition: str = ""
    denominator: str = ""  # what a share or rate is counted of, in words
    kind: str = "number"  # how its values are printed: share, days, money, ratio or number
    scale: float = 1.0  # numerator / denominator times this is the value
    currency: str = ""  # of a metric in money
    expected: bool = False  # the denominator is how many events were expected, as in observed / expected

    @property
    def title(self):
        """The name with the unit, where its values are printed bare: ``Response time (median), minutes``."""
        plain = self.kind not in ("number", "ratio") or self.unit.strip().lower() in _NO_UNIT
        return self.name if plain else f"{self.name}, {self.unit.strip()}"


def measure_of(metric_id, facts):
    """The metric behind an id: the city's own first, then the catalogue, else the bare id."""
    for metric in (*facts.metrics, *load_metrics()):
        if metric.id == metric_id:
            kind, scale = _unit(metric.unit, metric.measure_type, facts.currency)
            return Measure(
                id=metric.id,
                name=metric.name,
                unit=metric.unit,
                measure_type=metric.measure_type,
                direction=_direction(metric.direction),
                layer=metric.layer,
                timing=metric.timing,
                duty=metric.duty,
                definition=metric.definition,
                denominator=metric.denominator,
                kind=kind,
                scale=scale,
                currency=facts.currency if kind == "money" else "",
                expected="expected" in metric.denominator.lower(),
            )
    return Measure(str(metric_id), str(metric_id))


def scaled(measure, rows):
    """The measure with the factor between numerator / denominator and value that the data itself shows.

    A city may give 11 per 2.075 thousand contacts or 11 per 2,075 contacts for the same "per 1,000".
    """
    value, numerator, denominator = (rows[name].to_numpy(float) for name in ("value", "numerator", "denominator"))
    there = ~np.isnan(value) & (numerator > 0) & (denominator > 0)
    if measure.kind == "share" or not there.any():
        return measure
    factor = float(np.median(value[there] / (numerator[there] / denominator[there])))
    power = 10.0 ** round(np.log10(factor)) if factor > 0 else np.nan
    fits = abs(factor / power - 1) < 0.05 if np.isfinite(power) else False
    return replace(measure, scale=power) if fits else measure


def _unit(unit, measure_type, currency):
    """How a unit is printed, and what numerator / denominator is multiplied with."""
    text = unit.strip().lower()
    if text in ("%", "share", "percent") or (measure_type == "proportion" and not text):
        return "share", 1.0
    scale = 1.0 if (size := per(text)) is None else size
    if text in ("$", currency.lower()):
        return "money", scale
    if text == "days":
        return "days", scale
    if text == "ratio":
        return "ratio", scale
    return "number", scale


def _direction(words):
    words = words.strip().lower()
    if words == "band" or "band" in words:
        return "band"
    return "neutral" if words in ("context", "") else words
