"""Where to start: contracts ranked by six criteria whose weights nobody knows exactly."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rdclib import smaa, vocabulary
from rdclib.indicators.pipeline import HIGHEST, record_ratings

# Contracts ranked, unless the city named more; it must be able to rate each of them.
SHORTLIST = 20
TOP = 5
# A contract this often among the first five stays there whatever the exact weights.
ROBUST, OPEN = 0.8, 0.2
DRAWS = 5_000
# "About right" means each weight may be half or one and a half of what the city said.
WEIGHT_SPREAD = 0.5


@dataclass(frozen=True)
class Ranking:
    """Which contracts deserve a results-driven approach first, under weights that are not certain.

    Attributes
    ----------
    rows : DataFrame
        One contract a row, the likeliest first: ``contract_id``, ``title``, ``department``, ``vendor_name``,
        ``amount``, ``end_date``; a column for each of `vocabulary.PRIORITY_CRITERIA` with its rating from 0 to 4, nan
        where nobody knows; ``top`` (probability of being among the first five), ``first``, ``rank`` (its mean),
        ``robust`` (yes, no or open).
    acceptability : ndarray, contracts x ranks
    weights : dict of str to float
        Adding up to 1, as the city gave them or equal.
    weights_known : str
    unrated : int
        Ratings that neither people nor data give; they count as anything from 0 to 4.
    considered : int
        Contracts that could have been ranked.
    note : str
    """

    rows: pd.DataFrame
    acceptability: np.ndarray
    weights: dict
    weights_known: str
    unrated: int
    considered: int
    note: str = ""

    @property
    def first_five(self):
        """The rows of the five likeliest."""
        return self.rows.head(TOP)


def rank_contracts(frames, coming, choices):
    """Rank contracts by six ratings under uncertain weights.

    Parameters
    ----------
    frames : rdclib.indicators.frames.Frames
    coming : Pipeline
    choices : rdclib.choices.Assessment

    Returns
    -------
    Ranking

    Notes
    -----
    Ranked are the contracts that a person has read as key, or that the city rated or confirmed, filled up to 20 by
    those in force that end within 24 months and promise most (an unknown rating counting as 2).

    What records can tell is rated by `rdclib.indicators.pipeline.record_ratings`; a rating of the city's own replaces
    it. One that nobody knows is drawn evenly from 0 to 4 each time.
    """
    ratings = _ratings(frames, choices)
    c = frames.contracts
    coded = frames.coding
    named = {
        *choices.ratings,
        *choices.key_contracts,
        *coded.loc[coded["is_key"].fillna(False).astype(bool), "contract_id"],
    }
    candidate = c["in_force"] & (c["contract_id"].isin(coming.rows["contract_id"]) | c["contract_id"].isin(named))
    candidate |= c["contract_id"].isin(choices.key_contracts)
    candidate &= c["contract_id"].notna() & ~c["contract_id"].duplicated() & ~c["counted_in_master"]
    weights = {name: choices.weights.get(name, 0.0) for name in vocabulary.PRIORITY_CRITERIA}
    if not sum(weights.values()):
        weights = dict.fromkeys(weights, 1.0)
    weights = {name: points / sum(weights.values()) for name, points in weights.items()}
    considered = int(candidate.sum())
    promise = ratings.fillna(HIGHEST / 2) @ np.array(list(weights.values()))
    table = pd.DataFrame(
        {
            "contract_id": c["contract_id"],
            "title": c["title"],
            "department": c["department"].astype(object),
            "vendor_name": c["vendor_name"],
            "amount": c["latest_amount"].where(~c["foreign"]),
            "end_date": c["last_day"],
            "named": c["contract_id"].isin(named),
            "promise": promise,
        }
    ).join(ratings)[candidate]
    table = table.sort_values(["named", "promise", "contract_id"], ascending=[False, False, True])
    table = table.head(max(SHORTLIST, int(table["named"].sum()))).drop(columns=["named", "promise"])
    if not len(table):
        table = table.assign(top=[], first=[], rank=[], robust=[])
        note = "No contract in force ends within 24 months or was named by the city, so there is nothing to rank."
        return Ranking(table, np.zeros((0, 0)), weights, choices.weights_known, 0, 0, note)

    known = table[list(weights)].to_numpy(float)
    unrated = np.isnan(known)
    rng = np.random.default_rng(0)
    measurements = np.broadcast_to(known, (DRAWS, *known.shape)).copy()
    measurements[:, unrated] = rng.uniform(0, HIGHEST, (DRAWS, int(unrated.sum())))
    result = smaa.analyse(measurements, drawn_weights(weights, choices.weights_known, rng))
    top = result.top(TOP)
    table = table.assign(
        top=top,
        first=result.rank_acceptability[:, 0],
        rank=result.rank_acceptability @ np.arange(1, len(table) + 1),
        robust=np.select([top >= ROBUST, top <= OPEN], ["yes", "no"], "open"),
    )
    order = np.lexsort((table["contract_id"], table["rank"], -table["top"]))
    return Ranking(
        rows=table.iloc[order].reset_index(drop=True),
        acceptability=result.rank_acceptability[order],
        weights=weights,
        weights_known=choices.weights_known,
        unrated=int(unrated.sum()),
        considered=considered,
    )


def drawn_weights(weights, known, rng):
    """Draw weights that fit what the city knows of them.

    Parameters
    ----------
    weights : dict of str to float
        By criterion, adding up to 1.
    known : str
        "about right", "order only" or "not settled".
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, draws x criteria
    """
    points = np.array(list(weights.values()))
    if known == "not settled":
        return smaa.sample_weights(len(points), DRAWS, rng=rng)
    if known == "about right":
        bounds = [((1 - WEIGHT_SPREAD) * p, min(1.0, (1 + WEIGHT_SPREAD) * p)) for p in points]
        return smaa.sample_weights(len(points), DRAWS, bounds=bounds, rng=rng)
    order = np.argsort(-points, kind="stable")
    draws = smaa.sample_weights(len(points), DRAWS, order=order, rng=rng)
    for level in np.unique(points):
        # Criteria with equal points are in no order among themselves.
        equal = np.flatnonzero(points == level)
        draws[:, equal] = rng.permuted(draws[:, equal], axis=1)
    return draws


def _ratings(frames, choices):
    """Return the six ratings of every contract, from 0 to 4, nan where nobody knows."""
    c = frames.contracts
    ratings = record_ratings(frames).reindex(columns=list(vocabulary.PRIORITY_CRITERIA)).astype(float)
    for contract, given in choices.ratings.items():
        for criterion, rating in given.items():
            ratings.loc[c["contract_id"] == contract, criterion] = rating
    return ratings
