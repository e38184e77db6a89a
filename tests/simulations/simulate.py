"""Simulate how often the methods of the review are right, and write the tables of the methods annex.

Run ``python -m tests.simulations.simulate`` after a change to control charts, funnels or before/after verdicts. It
takes a few minutes and writes ``simulated_*.csv`` to the catalogue. The seeds are fixed, so that it writes the same
again.
"""

import csv
import dataclasses
import datetime
from functools import cache

import numpy as np

from rdclib import funnel, places, spc
from rdclib.choices import Change, Review
from rdclib.review.change import VERDICTS, judge
from rdclib.review.series import all_series, draw
from tests import build
from tests.review.made import SCORE, months

SEED = 20240630

# Events expected a month, and months, of the charts of counts.
EXPECTED = (0.2, 0.35, 0.5, 0.7, 1.0, 2.0, 4.0, 8.0, 14.0, 20.0, 30.0, 60.0)
CHART_MONTHS = (24, 42)
CHARTS = 1000

UNITS = (3, 4, 5, 6, 8, 9, 10, 15, 20, 40)
# Standard deviation of the units' true rates, in points.
SPREADS = (0, 3)
FUNNELS = 500
RATE, OUTLIER = 0.61, 0.69
CASES = (150, 1000)

# True effects, in standard deviations of one month: at once, and after each further month.
EFFECTS = {
    "none": (0.0, 0.0),
    "better by 1.5": (1.5, 0.0),
    "better by 3": (3.0, 0.0),
    "worse by 1.5": (-1.5, 0.0),
    "worse by 3": (-3.0, 0.0),
    "better by 3, gone after 12 months": (3.0, -0.25),
}
AUTOCORRELATIONS = (0.0, 0.3, 0.6, 0.8)
LENGTHS = (18, 24, 36, 60)  # months before, and as many after
REVIEWS = 400


def chart_alarms(expected, months_, series=CHARTS, seed=SEED):
    """False alarms of c charts of stable counts: the textbook's 3 sigma on any point, and ours on any and the latest.

    Returns
    -------
    dict of str to float
        Shares of so many charts.
    """
    rng = np.random.default_rng([seed, round(100 * expected), months_])
    textbook = chart = latest = 0
    for counts in rng.poisson(expected, size=(series, months_)):
        textbook += spc.c_chart(counts).signals.any(axis=None)
        marks = spc.c_chart(counts, exact=True).signals.any(axis=1)
        chart, latest = chart + marks.any(), latest + marks.iloc[-1]
    return {"textbook": textbook / series, "chart": chart / series, "latest": latest / series}


def individuals_alarms(months_, series=CHARTS, seed=SEED):
    """The same of individuals charts, where the textbook's limits are ours."""
    rng = np.random.default_rng([seed, months_])
    marks = [spc.xmr(values).signals.any(axis=1) for values in rng.normal(size=(series, months_))]
    chart = float(np.mean([m.any() for m in marks]))
    return {"textbook": chart, "chart": chart, "latest": float(np.mean([m.iloc[-1] for m in marks]))}


def funnel_alarms(units, spread, funnels=FUNNELS, seed=SEED):
    """Funnels of proportions of units that are alike but for chance and a spread, without and with one outlier.

    Returns
    -------
    dict of str to float
        ``false_95``, ``false_998``: share of units flagged where there is no outlier; ``found``: share of funnels that
        flag one at 69% against 61% beyond 99.8%; ``others``: share of the other units flagged beside it.
    """
    rng = np.random.default_rng([seed, units, spread])
    false_95, false_998, found, others = [], [], [], []
    for _ in range(funnels):
        cases = rng.integers(*CASES, units)
        rates = np.clip(RATE + spread / 100 * rng.normal(size=units), 0, 1)
        flags = funnel.compare(rng.binomial(cases, rates), cases).table["flag"]
        false_95.append((flags != "inside").mean())
        false_998.append(flags.str.endswith("99.8%").mean())
        rates[0] = OUTLIER
        far = funnel.compare(rng.binomial(cases, rates), cases).table["flag"].str.endswith("99.8%")
        found.append(far[0])
        others.append(far[1:].mean())
    names = ("false_95", "false_998", "found", "others")
    return {name: float(np.mean(x)) for name, x in zip(names, (false_95, false_998, found, others), strict=True)}


def verdicts(effect, autocorrelation, length, reviews=REVIEWS, seed=SEED):
    """Verdicts of reviews of a change of known effect on a monthly score.

    Returns
    -------
    dict of str to float
        Share of each verdict.
    """
    rng = np.random.default_rng([seed, list(EFFECTS).index(effect), round(10 * autocorrelation), length])
    jump, slope = EFFECTS[effect]
    since = np.arange(2 * length) - length
    size = np.where(since >= 0, jump + slope * np.clip(since, 0, 12), 0.0)
    change = Change(metric_id="m", vendor="V0", date=datetime.date(2021, 1, 1), what="A change")
    counts = dict.fromkeys(VERDICTS, 0)
    for _ in range(reviews):
        one = _series(length, 50 + 4 * (_noise(rng, 2 * length, autocorrelation) + size))
        counts[judge(change, one, []).verdict] += 1
    return {verdict: count / reviews for verdict, count in counts.items()}


def _noise(rng, n, autocorrelation):
    """A stationary first-order autoregression of variance 1."""
    noise = rng.normal(size=n)
    noise[1:] *= np.sqrt(1 - autocorrelation**2)
    for t in range(1, n):
        noise[t] += autocorrelation * noise[t - 1]
    return noise


@cache
def _template(length):
    """A series of a score over so many months before January 2021 and after."""
    first = np.datetime64("2021-01") - length
    rows = months([50.0 + i % 7 for i in range(2 * length)], vendor="V0", first=str(first))
    until = str((np.datetime64("2021-01") + length).astype("datetime64[D]") - 1)
    (one,) = all_series(build.records(*rows, metrics=[SCORE], as_of=until), Review())
    return one


def _series(length, values):
    template = _template(length)
    table = template.table.assign(value=values)
    return dataclasses.replace(template, table=table, chart=draw(template.measure, table)[0])


def _write(name, rows):
    with (places.CATALOGUE / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)


def main():
    """Write the three tables."""
    charts = [
        {"kind": "individuals", "expected": "", "months": n, "charts": CHARTS} | individuals_alarms(n)
        for n in CHART_MONTHS
    ]
    charts += [
        {"kind": "counts", "expected": mean, "months": n, "charts": CHARTS} | chart_alarms(mean, n)
        for mean in EXPECTED
        for n in CHART_MONTHS
    ]
    _write("simulated_charts", charts)
    _write(
        "simulated_funnels",
        [
            {"units": units, "spread": spread, "funnels": FUNNELS} | funnel_alarms(units, spread)
            for spread in SPREADS
            for units in UNITS
        ],
    )
    _write(
        "simulated_verdicts",
        [
            {"effect": effect, "autocorrelation": rho, "months": n, "reviews": REVIEWS} | verdicts(effect, rho, n)
            for effect in EFFECTS
            for rho in AUTOCORRELATIONS
            for n in LENGTHS
        ],
    )


if __name__ == "__main__":
    main()
