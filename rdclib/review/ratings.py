"""Ratings of vendors on five levels, and what a vendor's record says for the next award."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from rdclib import periods, vocabulary
from rdclib.records import Late

COLUMNS = vocabulary.ENTRY_FILES["vendor_ratings.csv"].columns
# Exceptional is 4, unsatisfactory 0.
POINTS = {level: 4 - i for i, level in enumerate(vocabulary.RATING_LEVELS)}
LEVEL_WORDS = {
    "exceptional": "Exceeds many requirements to the city's benefit; no significant weakness.",
    "very good": "Exceeds some requirements; problems were small and fixed effectively.",
    "satisfactory": "Meets requirements; problems were small and fixed.",
    "marginal": "Misses some requirements; a serious problem with a weak fix or none.",
    "unsatisfactory": "Misses most requirements; recovery is not likely.",
}
# More than this share of one rater's ratings on the middle level says little about anybody.
CLUSTERED = 0.6
CLUSTER_LEAST = 10
# Federal practice keeps ratings in use for about three years (FAR 42.1503).
COMMENT_DAYS = 14


@dataclass(frozen=True, eq=False)
class Ratings:
    """The ratings that count: of each contract, period, dimension and rater the newest.

    Parameters
    ----------
    table : DataFrame
        `COLUMNS`, ``points`` (0 to 4) and ``start`` (first day of the period; missing when it is no period).
    without_evidence : int
        Ratings that name no evidence.
    waiting_for_comment : int
        Ratings without a word of the vendor's.
    raters : DataFrame
        One row a rater: ``rater``, ``n``, one share a level, ``clustered`` (most of them in the middle).
    late : rdclib.records.Late
        Ratings that were saved after the day of the report.
    """

    table: pd.DataFrame
    without_evidence: int
    waiting_for_comment: int
    raters: pd.DataFrame
    late: Late


@dataclass(frozen=True, eq=False)
class PastPerformance:
    """A vendor's record across contracts, weighted by recency and relevance.

    Parameters
    ----------
    vendor_id, vendor_name : str
    score : float
        0 to 4, the weighted mean; for a newcomer the mean of all vendors with a record (neutral).
    n : int
        Ratings that count.
    weight : float
        Their sum of weights.
    newcomer : bool
        No rating counts: the vendor neither gains nor loses.
    lines : DataFrame
        What the score is made of: ``contract_id``, ``period``, ``dimension``, ``level``, ``points``, ``recency``,
        ``relevance``, ``weight``.
    """

    vendor_id: str
    vendor_name: str
    score: float
    n: int
    weight: float
    newcomer: bool
    lines: pd.DataFrame


def ratings(records):
    """The ratings that count.

    Parameters
    ----------
    records : rdclib.records.Records
        Loaded, they hold what was known on the day of the report; see `rdclib.records.known_entries`.

    Returns
    -------
    Ratings
    """
    rows = records.vendor_ratings
    table = (rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))).reindex(columns=[*COLUMNS, "time"])
    table = table.astype("str").where(table.notna(), "")
    table = table[table["level"].isin(POINTS)]
    key = ["contract_id", "vendor_id", "vendor_name", "period", "dimension", "rater"]
    # Rows are added at the end: the last one of a key is the newest.
    table = table.drop_duplicates(key, keep="last").drop(columns="time").reset_index(drop=True)
    table["points"] = table["level"].map(POINTS).astype(float)
    table["start"] = pd.Series([_start(label, records) for label in table["period"]], dtype="datetime64[us]")
    # A period that has not begun on the day of the review is not rated yet.
    table = table[~(table["start"] > pd.Timestamp(records.as_of))].reset_index(drop=True)
    shares = (
        pd.crosstab(table["rater"], table["level"], normalize="index")
        if len(table)
        else pd.DataFrame(index=pd.Index([], name="rater"))
    ).reindex(columns=list(vocabulary.RATING_LEVELS), fill_value=0.0)
    raters = shares.reset_index()
    raters.insert(1, "n", raters["rater"].map(table["rater"].value_counts()).astype(float))
    raters["clustered"] = (raters["satisfactory"] > CLUSTERED) & (raters["n"] >= CLUSTER_LEAST)
    return Ratings(
        table,
        int((table["evidence"].str.strip() == "").sum()),
        int((table["vendor_comment"].str.strip() == "").sum()),
        raters,
        records.late.get("vendor_ratings", Late()),
    )


def past_performance(records, rated, choices, *, contract_id=""):
    """Every vendor's record, for an award like one contract.

    Parameters
    ----------
    records : rdclib.records.Records
    rated : Ratings
    choices : rdclib.choices.Review
        ``recency`` (weights by age in years) and ``other_service`` (weight of other services).
    contract_id : str
        The contract whose successor is to be awarded; without it every service weighs the same.

    Returns
    -------
    tuple of PastPerformance
        In the order of names. Vendors of contracts without a rating that counts are newcomers.
    """
    services = _services(records.contracts)
    wanted = services.get(contract_id, "")
    lines = rated.table.copy()
    lines["recency"] = [_recency(p, records, choices.recency) for p in lines["period"]]
    lines["relevance"] = [
        1.0 if not wanted or services.get(c, "") == wanted else choices.other_service for c in lines["contract_id"]
    ]
    lines["weight"] = lines["recency"] * lines["relevance"]
    lines = lines[lines["weight"] > 0]
    names = _vendors(records.contracts)
    for row in lines.itertuples():
        names.setdefault(row.vendor_id or row.vendor_name, row.vendor_name)
    columns = ["contract_id", "period", "dimension", "level", "points", "recency", "relevance", "weight"]
    scores = {}
    key = lines["vendor_id"].where(lines["vendor_id"] != "", lines["vendor_name"])
    for vendor, own in lines.groupby(key):
        # A rounding error must not lift a score over a line that it lies on.
        score = round(float(np.average(own["points"], weights=own["weight"])), 9)
        scores[vendor] = (score, own[columns].reset_index(drop=True))
    neutral = float(np.mean([score for score, _ in scores.values()])) if scores else float(POINTS["satisfactory"])
    nothing = (neutral, lines.iloc[:0][columns].reset_index(drop=True))
    found = []
    for vendor, name in sorted(names.items(), key=lambda item: (str(item[1]).casefold(), item[0])):
        score, own = scores.get(vendor, nothing)
        found.append(
            PastPerformance(
                vendor,
                name,
                score,
                len(own),
                float(own["weight"].sum()),
                vendor not in scores,
                own,
            )
        )
    return tuple(found)


def _start(label, records):
    """First day of the period that a rating is about."""
    try:
        return pd.Timestamp(periods.parse(label, records.facts.fiscal_year_start).start)
    except periods.WrongUse:
        return pd.NaT


def _recency(label, records, weights):
    """Weight of a rating by the age of its period in fiscal years."""
    start = records.facts.fiscal_year_start
    try:
        end = periods.parse(label, start).end
    except periods.WrongUse:
        return 0.0
    today = periods.containing(_day(records.as_of), periods.month_and_day(start))
    then = periods.containing(end, periods.month_and_day(start))
    age = int(today.label[2:6]) - int(then.label[2:6])
    return float(weights[age]) if 0 <= age < len(weights) else 0.0


def _services(contracts):
    """What each contract is for: its service group, else its category."""
    service = contracts["service_group"].fillna(contracts["category"]).fillna("")
    return dict(zip(contracts["contract_id"], service, strict=True))


def _vendors(contracts):
    names = contracts["vendor_name"].fillna("").astype("str")
    keys = contracts["vendor_id"].fillna(contracts["vendor_name"]).fillna("").astype("str")
    return {key: name or key for key, name in zip(keys, names, strict=True) if key}


def _day(day):
    return day if type(day) is date else pd.Timestamp(day).date()
