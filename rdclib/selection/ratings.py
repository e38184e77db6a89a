"""Metrics tested by several people, and the order that follows when priorities are uncertain."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from rdclib import saved, smaa, stats
from rdclib.catalogue import load_table

LOWEST, HIGHEST = 0, 2
# Computed from the data and added to the tests that people rate.
DATA_SUPPORT = "data support"
FILE = "metric_ratings.csv"
DRAWS = 10_000
TOP = 5


@dataclass(frozen=True, eq=False)
class Ratings:
    """Scores by metric, test and rater; the newest row of each counts."""

    scores: pd.DataFrame  # metric_id, rater, test, score
    set_aside: int  # rows with an unknown test or a score that is none

    @cached_property
    def _by_test(self):
        ordered = self.scores.sort_values("rater")
        found = {}
        for metric_id, test, score in zip(ordered["metric_id"], ordered["test"], ordered["score"], strict=True):
            found.setdefault((metric_id, test), []).append(score)
        return found

    @property
    def raters(self):
        """Names of those who rated."""
        return tuple(sorted(self.scores["rater"].unique()))

    def of(self, metric_id, test):
        """Scores that the raters gave, in order of their names."""
        return tuple(self._by_test.get((metric_id, test), ()))


@dataclass(frozen=True)
class Place:
    """One candidate in the order."""

    metric: object
    score: float  # mean of all weights and ratings, as a share of the best possible
    top_share: float  # share of draws in which it is among the first five
    first_share: float
    rank: int
    ratings: dict  # test to the mean score, nan where nobody rated
    raters: int
    disagreements: tuple  # tests on which raters are two points apart
    failed_gates: tuple  # tests whose median is 0 and that bar it from payment


@dataclass(frozen=True, eq=False)
class Ranking:
    """Candidates in order, best first."""

    places: tuple
    agreement: float  # share of pairs of raters who agree, nan with one rater
    kappa: float  # the same beyond chance
    draws: int


def tests():
    """Tests of a metric, as rows of data/catalogue/metric_tests.csv."""
    return load_table("metric_tests")


def read_ratings(engagement, contract_id=""):
    """Read metric_ratings.csv of an engagement.

    Parameters
    ----------
    engagement : Engagement
    contract_id : str
        Ratings for another contract do not count; rows without one do.

    Returns
    -------
    Ratings
    """
    known = {row["id"] for row in tests()}
    rows = saved.newest(saved.read_rows(engagement.folder / FILE), ("contract_id", "metric_id", "rater", "test"))
    kept = []
    for row in rows:
        if contract_id and row.get("contract_id") not in ("", None, contract_id):
            continue
        score = row.get("score", "").strip()
        if row.get("test") in known and score in ("0", "1", "2"):
            kept.append((row["metric_id"], row.get("rater") or row.get("author", ""), row["test"], int(score)))
        elif score:
            kept.append(None)
    good = [row for row in kept if row]
    return Ratings(pd.DataFrame(good, columns=["metric_id", "rater", "test", "score"]), len(kept) - len(good))


def unrated(metric, test):
    """Scores that a test may have while nobody has rated the metric, from what the catalogue says of it.

    Returns
    -------
    tuple of int
        Equally likely; all three where the catalogue is silent.
    """
    if test == "relevant":
        # Checks on data serve other metrics; they are seldom what a contract is for.
        if metric.domain == "any_service":
            return (0,)
        return {"outcome": (2,), "impact": (2,), "output": (1,)}.get(metric.layer, (0, 1))
    if test == "attributable":
        return {"impact": (0,), "outcome": (1,)}.get(metric.layer, (1, 2))
    if test == "timely":
        return {"annual": (0,), "quarterly": (1,)}.get(metric.cadence, (2,))
    if test == "well defined":
        return (1, 2) if metric.definition and metric.numerator else (0,)
    if test == "comparable":
        return (1, 2) if metric.benchmark_value else (0, 1)
    return tuple(range(LOWEST, HIGHEST + 1))


def rank(metrics, ratings, support, *, order=(), draws=DRAWS, seed=20160):
    """Order candidates when neither weights nor scores are sure.

    Parameters
    ----------
    metrics : sequence of Metric
    ratings : Ratings
    support : mapping of str to int
        Data support (0 to 2) by metric id.
    order : sequence of str
        Tests from the most to the least important, as far as agreed; the rest may weigh anything.
    draws, seed : int

    Returns
    -------
    Ranking

    Notes
    -----
    In each draw every test of a metric takes the score of one of its raters, or one that `unrated` allows; weights
    are drawn evenly from all that keep to the order. One stroke of luck a test serves all metrics, so that metrics
    with the same ratings come out equal.
    """
    names = [row["id"] for row in tests()]
    criteria = [*names, DATA_SUPPORT]
    if not metrics:
        return Ranking((), float("nan"), float("nan"), draws)
    # By id, so that the order of rows changes nothing.
    listed = sorted(metrics, key=lambda m: m.id)
    luck = np.random.default_rng(seed)
    measured = np.empty((draws, len(listed), len(criteria)))
    strokes = luck.random((draws, len(names)))
    for i, metric in enumerate(listed):
        for j, test in enumerate(names):
            given = np.sort(ratings.of(metric.id, test) or unrated(metric, test)).astype(float)
            measured[:, i, j] = given[(strokes[:, j] * len(given)).astype(int)]
        measured[:, i, -1] = support.get(metric.id, 0)
    known = [criteria.index(test) for test in order if test in criteria]
    weights = smaa.sample_weights(len(criteria), draws, order=known or None, rng=luck)
    found = smaa.analyse(measured, weights)
    sums = np.einsum("dac,dc->a", measured, weights) / draws / HIGHEST
    gates = {row["id"] for row in tests() if row["gate"] == "yes"}
    top = found.top(min(TOP, len(listed)))
    best_first = sorted(range(len(listed)), key=lambda i: (-sums[i], listed[i].id))
    places = []
    for position, i in enumerate(best_first, start=1):
        metric = listed[i]
        given = {test: ratings.of(metric.id, test) for test in names}
        places.append(
            Place(
                metric=metric,
                score=float(sums[i]),
                top_share=float(top[i]),
                first_share=float(found.rank_acceptability[i, 0]),
                rank=position,
                ratings={t: float(np.mean(s)) if s else float("nan") for t, s in given.items()}
                | {DATA_SUPPORT: float(support.get(metric.id, 0))},
                raters=max((len(s) for s in given.values()), default=0),
                disagreements=tuple(t for t, s in given.items() if s and max(s) - min(s) == HIGHEST - LOWEST),
                failed_gates=tuple(t for t in names if t in gates and given[t] and np.median(given[t]) == LOWEST),
            )
        )
    return Ranking(tuple(places), *_agreement(ratings.scores), draws)


def _agreement(scores):
    if scores.empty:
        return float("nan"), float("nan")
    counts = scores.groupby(["metric_id", "test"])["score"].value_counts().unstack(fill_value=0)
    counts = counts.reindex(columns=range(LOWEST, HIGHEST + 1), fill_value=0)
    return float(stats.plain_agreement(counts)), float(stats.fleiss_kappa(counts))
