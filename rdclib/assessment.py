"""Where a city stands: its practice, what its records say, the pipeline of contracts, and where to start."""

import hashlib
import math
import operator
import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from rdclib import indicators, periods, questionnaire, smaa, stats, vocabulary
from rdclib.catalogue import Question, load_questions, load_table
from rdclib.choices import Step
from rdclib.engagement import load_choices, remembered
from rdclib.indicators.breakdowns import NOT_GIVEN
from rdclib.indicators.compute import verdict
from rdclib.indicators.frames import frames_of
from rdclib.indicators.lead_times import ASSUMED, lead_times, slack
from rdclib.indicators.pipeline import HIGHEST, record_ratings
from rdclib.indicators.result import MAJORITY
from rdclib.indicators.rows import unknown
from rdclib.records import Late

PIPELINE_MONTHS = 24
# Days of slack within which planning must begin at once.
START_NOW_DAYS = 90
TOO_LATE, START_NOW, PLAN = "too late to compete", "start now", "plan"

# Contracts ranked, unless the city named more; it must be able to rate each of them.
SHORTLIST = 20
TOP = 5
# A contract this often among the first five stays there whatever the exact weights.
ROBUST, OPEN = 0.8, 0.2
DRAWS = 5_000
# "About right" means each weight may be half or one and a half of what the city said.
WEIGHT_SPREAD = 0.5

# Few competitive procedures and many direct ones are one finding.
MIRRORED = {"CP01": "CP06"}
# Flags that an exact test decides, department by department.
TESTED = ("IN01",)
# How complete the files are says little of how a department works.
ABOUT_FILES = ("PF05",)
# With fewer records a department's value is a handful of cases, however far it lies from the others.
FEWEST_RECORDS = 10
# Share of invoices paid within their terms from which on long terms, not slow hands, explain the days.
PUNCTUAL = 0.9

# Part of the contracts that a second person reads as well.
SECOND_CODER_SHARE = 0.1
# What two coders of a contract should agree on: does the contract have it or not.
CODED = {
    "is_key": "Key contract",
    "goal_text": "Outcome goal written down",
    "metrics": "Outcome metric with baseline and target",
    "last_data_date": "Performance data arrived",
    "incentive_flag": "Incentive for results",
    "meeting_date": "Data reviewed with the vendor",
    "review_doc": "Past performance reviewed in writing",
}

_COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Pipeline:
    """Contracts that end in the 24 months after today, and when to start on their successors.

    Attributes
    ----------
    as_of : date
    rows : DataFrame
        One contract a row, the earliest start-by date first: ``contract_id``, ``title``, ``department``,
        ``vendor_name``, ``method``, ``amount``, ``end_date``, ``lead_days``, ``basis``, ``start_by``, ``slack_days``,
        ``state`` (too late to compete, start now, plan).
    lead_times : DataFrame
        Of `rdclib.indicators.lead_times.lead_times`.
    in_force : int
        Contracts in force today.
    without_start, without_end : int
        Of these, contracts whose start or whose end the register does not tell; an end to come says that one runs.
    amount : float
        Sum of the amounts that are known; nan without any.
    planning_days, transition_days : int
    note : str
        Why there is nothing to show.
    """

    as_of: date
    rows: pd.DataFrame
    lead_times: pd.DataFrame
    in_force: int
    without_start: int
    without_end: int
    amount: float
    planning_days: int
    transition_days: int
    note: str = ""

    @property
    def assumed(self):
        """Number of contracts whose lead time is assumed."""
        return int((self.rows["basis"] == ASSUMED).sum())

    def count(self, state):
        """Number of contracts in a state."""
        return int((self.rows["state"] == state).sum())

    def largest(self, n):
        """The rows of the ``n`` largest amounts, the earliest start-by date first."""
        return self.rows.sort_values("amount", ascending=False, kind="stable").head(n).sort_index()


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


@dataclass(frozen=True)
class Evidence:
    """One thing that speaks for or against a failing."""

    id: str  # question or indicator
    words: str
    value: float
    unit: str  # kind of `formats`; "level" for a score from 0 to 4
    n: int


@dataclass(frozen=True)
class Failing:
    """One of the seven failings that the field's founders name, in this city."""

    id: str
    name: str
    verdict: str  # found, mixed, in part, not found, cannot be told
    evidence_for: tuple
    evidence_against: tuple
    between: tuple
    why_not: str  # filled when it cannot be told


@dataclass(frozen=True)
class Beside:
    """What a city says of itself, beside what its records say."""

    question: Question
    score: float
    result: indicators.IndicatorResult
    agree: str  # "data say otherwise", "data look better", or empty


@dataclass(frozen=True)
class HotSpot:
    """An indicator's value for a department that stands out for the worse."""

    result: indicators.IndicatorResult
    department: str
    value: float
    low: float
    high: float
    n: int
    beyond_threshold: bool  # else it is worse than the city as a whole, by intervals that do not overlap


@dataclass(frozen=True)
class Coding:
    """Contracts read by a person, and how far two readers agree.

    Attributes
    ----------
    read : int
        Contracts read by at least one coder.
    to_read : DataFrame
        ``contract_id``, ``title``, ``department``, ``amount`` of key contracts not read yet, the largest first.
    second : tuple of str
        Contracts that a second coder should read: one in ten, chosen by their ids so that nobody picks them.
    read_twice : tuple of str
    agreement, kappa : stats.Noted
        Over all contracts read twice and all questions.
    differences : DataFrame
        ``contract_id``, ``field``, ``readings``: where coders differ.
    late : rdclib.records.Late
        Readings that were saved after the day of the report.
    """

    read: int
    to_read: pd.DataFrame
    second: tuple
    read_twice: tuple
    agreement: stats.Noted
    kappa: stats.Noted
    differences: pd.DataFrame
    late: Late


@dataclass(frozen=True)
class PlanStep:
    """A step of the improvement plan, as of today."""

    step: Step
    question: Question | None
    overdue: bool


@dataclass(frozen=True)
class Assessment:
    """Everything that the assessment says about a city.

    Attributes
    ----------
    city, currency : str
    period : periods.Period
    as_of : date
    practice : questionnaire.Practice
    indicators : dict of str to IndicatorResult
    pipeline : Pipeline
    ranking : Ranking
    key_contracts : tuple of str
        As the city confirmed them; empty before.
    hot_spots : tuple of HotSpot
        Those beyond a threshold first.
    failings : tuple of Failing
    beside : tuple of Beside
    coding : Coding
    plan : tuple of PlanStep
    """

    city: str
    currency: str
    period: periods.Period
    as_of: date
    practice: questionnaire.Practice
    indicators: dict
    pipeline: Pipeline
    ranking: Ranking
    key_contracts: tuple
    hot_spots: tuple
    failings: tuple
    beside: tuple
    coding: Coding
    plan: tuple

    @property
    def computed(self):
        """Results that have a value."""
        return tuple(r for r in self.indicators.values() if r.computed)

    @property
    def not_computed(self):
        """Results without one; their notes say why."""
        return tuple(r for r in self.indicators.values() if not r.computed)

    @property
    def concerns(self):
        """Results on the poor side of a threshold, those whose whole interval lies there first.

        A flag is a question and never one of them.
        """
        poor = [r for r in self.computed if r.verdict == "poor" and r.indicator.summary != "flag"]
        return tuple(sorted(poor, key=lambda r: not r.verdict_sure))


@remembered
def assess(records, engagement):
    """Bring practice, records and decisions together.

    Asked again after a form has saved, it knows the indicators of the same records.

    Parameters
    ----------
    records : rdclib.records.Records
    engagement : rdclib.engagement.Engagement

    Returns
    -------
    Assessment

    Raises
    ------
    EngagementError
        When choices.yaml or answers.csv cannot be read.
    """
    practice = questionnaire.score(questionnaire.load_answers(engagement.folder), as_of=engagement.as_of)
    decided = load_choices(engagement).assessment
    return assess_frames(frames_of(records), indicators.compute_all(records), practice, decided)


def assess_frames(frames, results, practice, choices):
    """Bring indicators, practice and decisions together; see `assess`.

    Parameters
    ----------
    frames : rdclib.indicators.frames.Frames
    results : dict of str to IndicatorResult
    practice : questionnaire.Practice
    choices : rdclib.choices.Assessment
    """
    coming = pipeline(frames)
    spots = hot_spots(frames, results)
    return Assessment(
        city=frames.facts.city,
        currency=frames.facts.currency,
        period=frames.period,
        as_of=frames.as_of,
        practice=practice,
        indicators=results,
        pipeline=coming,
        ranking=rank_contracts(frames, coming, choices),
        key_contracts=choices.key_contracts,
        hot_spots=spots,
        failings=failings(practice, results, spots),
        beside=beside(practice, results),
        coding=coding(frames, choices.key_contracts),
        plan=plan(choices.plan, frames.as_of),
    )


# --- the pipeline ---


def pipeline(frames):
    """Find the contracts that end within 24 months, and the day on which their successors must be started.

    Parameters
    ----------
    frames : rdclib.indicators.frames.Frames

    Returns
    -------
    Pipeline
    """
    c = frames.contracts
    last = frames.today + pd.DateOffset(months=PIPELINE_MONTHS)
    # An order ends with its master agreement's work; the agreement itself is what is bid again.
    in_force = c["in_force"] & ~c["counted_in_master"]
    ends = in_force & (c["last_day"] >= frames.today) & (c["last_day"] <= last)
    rows = pd.DataFrame(
        {
            "contract_id": c["contract_id"],
            "title": c["title"],
            "department": c["department"].astype(object),
            "vendor_name": c["vendor_name"],
            "method": c["procurement_method"].astype(object),
            "amount": c["latest_amount"].where(~c["foreign"]),
            "end_date": c["last_day"],
        }
    ).join(slack(frames))[ends]
    rows["state"] = np.select(
        [rows["slack_days"] < 0, rows["slack_days"] <= START_NOW_DAYS], [TOO_LATE, START_NOW], PLAN
    )
    rows = rows.sort_values(["start_by", "amount", "contract_id"], ascending=[True, False, True], ignore_index=True)
    return Pipeline(
        as_of=frames.as_of,
        rows=rows,
        lead_times=lead_times(frames),
        in_force=int(in_force.sum()),
        without_start=int((in_force & c["start_date"].isna()).sum()),
        without_end=int((in_force & c["last_day"].isna()).sum()),
        amount=float(rows["amount"].sum(min_count=1)),
        planning_days=frames.facts.planning_days,
        transition_days=frames.facts.transition_days,
        note="" if len(rows) else _why_nothing_ends(c, in_force),
    )


def _why_nothing_ends(c, in_force):
    """Why the pipeline is empty: what the city did not send, or what its dates say."""
    if not len(c):
        return "The city sent no contracts, so nothing is known of what ends when."
    if c["end_date"].isna().all():
        return "The register has no end dates, so nothing can be said of what ends when; a column with them would do."
    if not in_force.any():
        return "By the register's dates and status every contract has ended or has yet to begin."
    return f"None of the contracts in force has an end in the next {PIPELINE_MONTHS} months."


# --- where to start ---


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
    result = smaa.analyse(measurements, _weights(weights, choices.weights_known, rng))
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


def _weights(weights, known, rng):
    """Draw weights that fit what the city knows of them."""
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


# --- departments that stand out ---


def hot_spots(frames, results):
    """Find departments that are clearly poor, or clearly worse than the city as a whole.

    A department with ten records or more stands out when its whole interval lies beyond the threshold (unless that of
    the whole city does too), or beyond the city's whole interval without being good by the threshold. One that pays
    nine invoices in ten within their terms is not slow, whatever the days; one of which most answers are unknown is
    not read.

    Parameters
    ----------
    frames : rdclib.indicators.frames.Frames
    results : dict of str to IndicatorResult

    Returns
    -------
    tuple of HotSpot
    """
    in_terms = _paid_in_terms(frames, results["CT07"])
    spots = []
    for result in results.values():
        if not result.computed or result.tentative or result.indicator.id in ABOUT_FILES:
            continue
        poor_everywhere = result.verdict == "poor" and result.verdict_sure
        bunched = _flagged_departments(result) if result.indicator.id in TESTED else ()
        for department, value, low, high, n in result.by_department.itertuples(index=False, name=None):
            side, sure = verdict(result.indicator, value, low, high)
            clear = (side == "poor" and sure and not poor_everywhere) or department in bunched
            worse = {"lower": low > result.high, "higher": high < result.low}
            stands_out = clear or (side != "good" and worse.get(result.indicator.direction, False))
            punctual = result.indicator.id == "CT07" and in_terms.get(department, 0.0) >= PUNCTUAL
            if not stands_out or punctual or n < FEWEST_RECORDS or department == NOT_GIVEN:
                continue
            if _known_share(result, department) >= MAJORITY:
                spots.append(HotSpot(result, department, value, low, high, n, clear))
    found = {(spot.department, spot.result.indicator.id) for spot in spots}
    spots = [s for s in spots if (s.department, MIRRORED.get(s.result.indicator.id)) not in found]
    return tuple(sorted(spots, key=lambda spot: (not spot.beyond_threshold, -spot.n)))


def _known_share(result, department):
    """A department's records counted, as a share of these and of those left out because the data are silent."""
    mine = result.rows.loc[result.rows["department"] == department, "left_out"].cat
    codes = mine.codes.to_numpy()
    silent = np.flatnonzero(unknown(mine.categories))
    counted = (codes < 0).sum()
    return counted / (counted + np.isin(codes, silent).sum())


def _flagged_departments(result):
    """Return departments whose rows raise the indicator's question, where a test of chance decides that."""
    return set(result.flagged(result.indicator.id)["department"].dropna())


def _paid_in_terms(frames, result):
    """Return each department's share of payments within their terms, where the terms are known."""
    if not result.computed:
        return {}
    counted = result.rows[result.rows["left_out"].isna()]
    terms = frames.payments["invoice_terms_days"].reindex(counted.index)
    kept = (counted["value"] <= terms)[terms.notna()]
    return kept.groupby(counted["department"].astype(object)).mean().to_dict()


# --- practice beside data, and the seven failings ---


def beside(practice, results):
    """Put what a city says of itself beside the indicators that should agree."""
    pairs = []
    for item in practice.items:
        for indicator_id in item.question.indicators:
            result = results[indicator_id]
            if math.isnan(item.score) or not result.computed:
                continue
            agree = ""
            if item.score >= questionnaire.STANDARD and result.verdict == "poor":
                agree = "data say otherwise"
            elif item.score <= 1 and result.verdict == "good":
                agree = "data look better"
            pairs.append(Beside(item.question, item.score, result, agree))
    return tuple(sorted(pairs, key=lambda pair: pair.agree == ""))


def failings(practice, results, spots=()):
    """Weigh the evidence for and against each of the seven failings.

    A question at level 1 or below speaks for the failing, at level 3 or above (with a document) against it; an
    indicator speaks by the cut-offs of data/catalogue/failings.csv, for the city as a whole and for departments that
    stand out.
    """
    return tuple(_failing(row, practice, results, spots) for row in load_table("failings"))


def _failing(row, practice, results, spots):
    sides = {"for": [], "against": [], "between": []}
    unanswered, unknown = [], []
    for question_id in row["questions"].split(";"):
        item = practice.item(question_id)
        if math.isnan(item.evidenced):
            unanswered.append(item.question.title)
            continue
        side = "for" if item.evidenced <= 1 else "against" if item.evidenced >= questionnaire.STANDARD else "between"
        sides[side].append(Evidence(question_id, item.question.title, item.evidenced, "level", item.n))
    rules = {side: [_rule(text) for text in row[f"{side}_if"].split(";") if text] for side in ("for", "against")}
    for indicator_id in dict.fromkeys(name for side in rules.values() for name, _, _ in side):
        result = results[indicator_id]
        if not result.computed or result.tentative:
            unknown.append(result.indicator.name)
            continue
        side = "between"
        for candidate, listed in rules.items():
            if any(name == indicator_id and holds(result.value, limit) for name, holds, limit in listed):
                side = candidate
        sides[side].append(Evidence(indicator_id, result.indicator.name, result.value, result.kind, result.n))
    for spot in spots:
        indicator = spot.result.indicator
        if any(name == indicator.id and holds(spot.value, limit) for name, holds, limit in rules["for"]):
            words = f"{indicator.name} in {spot.department}"
            sides["for"].append(Evidence(indicator.id, words, spot.value, spot.result.kind, spot.n))
    spoken = {side: bool(listed) for side, listed in sides.items()}
    verdict = "cannot be told"
    if spoken["for"] or spoken["against"]:
        verdict = {(True, True): "mixed", (True, False): "found", (False, True): "not found"}[
            spoken["for"], spoken["against"]
        ]
    elif spoken["between"]:
        verdict = "in part"
    why_not = ""
    if not any(spoken.values()):
        why_not = f"nobody answered on {_lowered(unanswered)}, and the city’s records do not allow {_lowered(unknown)}"
    return Failing(
        row["id"], row["name"], verdict, tuple(sides["for"]), tuple(sides["against"]), tuple(sides["between"]), why_not
    )


def _rule(text):
    name, sign, limit = re.fullmatch(r"([A-Z]+\d+)(<=|>=|<|>)(-?[\d.]+)", text.strip()).groups()
    return name, _COMPARE[sign], float(limit)


def _lowered(names):
    """Names within a sentence: ``fresh data and joint reviews``."""
    lowered = [name[:1].lower() + name[1:] for name in names]
    return f"{', '.join(lowered[:-1])} and {lowered[-1]}" if len(lowered) > 1 else lowered[0]


# --- contracts read by a person ---


def coding(frames, key_contracts=()):
    """Say which contracts to read, which a second time, and how far readers agree.

    Parameters
    ----------
    frames : rdclib.indicators.frames.Frames
    key_contracts : sequence of str
        Contracts that the city confirmed as key.

    Returns
    -------
    Coding
    """
    d = frames.records.coding
    d = d[~d.duplicated(["contract_id", "coder"], keep="last")].reset_index(drop=True)
    readings = pd.DataFrame({field: _has(d[field]) for field in CODED}, index=d.index)
    coders = d.groupby("contract_id")["coder"].nunique()
    twice = tuple(coders.index[coders >= 2])
    table, differences = [], []
    for contract in twice:
        mine = readings[d["contract_id"] == contract]
        for field, title in CODED.items():
            yes = int(mine[field].sum())
            table.append([yes, len(mine) - yes])
            if 0 < yes < len(mine):
                differences.append((contract, title, f"{yes} of {len(mine)} say yes"))
    c = frames.contracts
    wanted = (
        c["contract_id"].isin(key_contracts) & ~c["contract_id"].isin(coders.index) & ~c["contract_id"].duplicated()
    )
    to_read = pd.DataFrame(
        {
            "contract_id": c["contract_id"],
            "title": c["title"],
            "department": c["department"].astype(object),
            "amount": c["latest_amount"].where(~c["foreign"]),
        }
    )[wanted].sort_values(["amount", "contract_id"], ascending=[False, True], ignore_index=True)
    return Coding(
        read=len(coders),
        to_read=to_read,
        second=second_readings(coders.index),
        read_twice=twice,
        agreement=stats.plain_agreement(np.reshape(table, (-1, 2))),
        kappa=stats.fleiss_kappa(np.reshape(table, (-1, 2))),
        differences=pd.DataFrame(differences, columns=["contract_id", "field", "readings"]),
        late=frames.late.get("coding", Late()),
    )


def _has(values):
    """Whether the contract has it: a yes, or any text or date."""
    if isinstance(values.dtype, pd.BooleanDtype):
        return values.fillna(False).astype(bool)
    return values.notna()


def second_readings(contract_ids):
    """Choose one contract in ten (at least one) for a second reader, by their ids alone.

    Parameters
    ----------
    contract_ids : iterable of str

    Returns
    -------
    tuple of str
    """
    ids = sorted(set(contract_ids))
    size = math.ceil(SECOND_CODER_SHARE * len(ids))
    return tuple(sorted(ids, key=lambda i: hashlib.sha256(i.encode("utf-8")).hexdigest())[:size])


# --- the improvement plan ---


def plan(steps, as_of):
    """The improvement plan as of a day: open steps first, the earliest due date first.

    Parameters
    ----------
    steps : sequence of rdclib.choices.Step
    as_of : date

    Returns
    -------
    tuple of PlanStep
    """
    by_id = {question.id: question for question in load_questions()}
    return tuple(
        PlanStep(step, by_id.get(step.question), step.status == "open" and step.due < as_of)
        for step in sorted(steps, key=lambda s: (s.status != "open", s.due, s.step))
    )
