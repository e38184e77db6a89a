"""How the assessment came to its numbers: only the methods that this report used."""

import math

from rdclib import formats, stats
from rdclib.assessment import (
    DRAWS,
    FEWEST_RECORDS,
    OPEN,
    PIPELINE_MONTHS,
    ROBUST,
    SECOND_CODER_SHARE,
    SHORTLIST,
    START_NOW_DAYS,
    TOP,
    WEIGHT_SPREAD,
)
from rdclib.indicators.lead_times import ASSUMED, ASSUMED_DAYS, AT_LEAST, ENOUGH_FINISHED, SHARE_SIGNED
from rdclib.indicators.measures import TOP as LARGEST
from rdclib.indicators.result import COMPLETE, MAJORITY
from rdclib.narrative.prose import Prose, bullets
from rdclib.questionnaire import CAP, DISAGREEMENT, STANDARD, VENDORS_SHOWN_FROM

# How an interval is made, by the summary and the measure that the catalogue gives an indicator.
_INTERVALS = {
    ("proportion", ""): "Shares of records have Wilson’s score interval (Wilson 1927; Newcombe 1998).",
    ("quantile", ""): "Medians have the two order statistics between which they lie whatever the distribution "
    "(Conover 1999, section 3.2).",
    ("value_share", ""): "Shares of money have the linearised interval of a ratio, with all records of a vendor taken "
    "together, since they do not vary on their own (Cochran 1977, section 6.3; Wolter 2007).",
}
# Measures whose interval is the one of their summary.
_AS_USUAL = {"method_share": "", "top_share": "", "growth": ""}
# Measures whose interval draws vendors.
_DRAWN = ("gap", "ratio")
_WEIGHTS_KNOWN = {
    "about right": f"each weight between {formats.number(1 - WEIGHT_SPREAD)} and {formats.number(1 + WEIGHT_SPREAD)} "
    "times what the city gave",
    "order only": "any weights in the order that the city gave",
    "not settled": "any weights at all",
}
_MAKER = "Open Contracting Partnership"


def assessment_methods(assessment):
    """Methods of this assessment, with their sources.

    Parameters
    ----------
    assessment : rdclib.assessment.Assessment

    Returns
    -------
    Prose
    """
    computed = assessment.computed
    used = [
        *_values(computed),
        *_thresholds(computed, assessment.hot_spots),
        *_flags(computed),
        *_pipeline(assessment.pipeline),
        *_ranking(assessment.ranking),
        *_practice(assessment.practice),
        *_failings(assessment),
        *_coding(assessment.coding),
    ]
    return bullets(used) if used else Prose("Nothing could be computed, so no method was used.")


def _values(computed):
    """Intervals, fewest records and complete columns."""
    if not computed:
        return []
    used = {(r.indicator.summary, _AS_USUAL.get(r.indicator.measure, r.indicator.measure)) for r in computed}
    how = [words for kind, words in _INTERVALS.items() if kind in used]
    if any(r.indicator.measure == "top_share" for r in computed):
        how.append(f"The share of the {LARGEST} largest vendors has the same, with vendors as the records.")
    if any(r.indicator.measure in _DRAWN and r.low == r.low for r in computed):
        how.append(
            "Differences and ratios of shares of money have the middle "
            f"{formats.share(stats.CONFIDENCE)} of their values when vendors are drawn at random with replacement, "
            "each with all its payments and awards (Efron and Tibshirani 1993)."
        )
    how.append("Sums, means and indices of concentration have none.")
    fewest = max(int(r.indicator.minimum_n) for r in computed)
    asked = f" (up to {formats.integer(fewest)})" if fewest > 1 else ""
    return [
        f"**Intervals** cover {formats.share(stats.CONFIDENCE)}. {' '.join(how)}",
        f"**Enough records.** With fewer than an indicator asks for{asked} no value is given. A column filled in for "
        f"under {formats.share(COMPLETE)} of rows is named beside every value that rests on it. Where the answer is "
        f"known for under {formats.share(MAJORITY)} of the records asked about, or mostly assumed, the value is shown "
        "and held against no threshold.",
    ]


def _thresholds(computed, spots):
    """Where the thresholds come from that values were held against."""
    by_source = {}
    for r in computed:
        if r.verdict:
            by_source.setdefault(r.indicator.threshold_source, []).append(r.indicator.name)
    lines = []
    if by_source:
        listed = [f"{formats.text(source)}: {formats.text(', '.join(names))}." for source, names in by_source.items()]
        lines.append(
            "**Thresholds.** The value decides on which side it lies; where its interval reaches over, that is said. "
            "Their sources:\n" + "\n".join(f"  - {line}" for line in listed)
        )
    if spots:
        lines.append(
            f"**Departments.** One with {FEWEST_RECORDS} records or more stands out when its whole interval is on the "
            "poor side of a threshold on which the city as a whole is not, or apart from the city’s whole interval for "
            "the worse."
        )
    return lines


def _flags(computed):
    """What raises a question."""
    asked = [r for r in computed if len(r.flags)]
    if not asked:
        return []
    words = ["**Questions.** A flag is a question and never a verdict."]
    codes = sorted({code for r in asked for code in r.flags["code"] if code in r.indicator.ocp_codes})
    if codes:
        words.append(f"Codes with R are those of the {_MAKER}’s red flags ({', '.join(codes)}).")
    if any("fence" in r.indicator.threshold.lower() for r in asked):
        words.append(
            "Fences lie 1.5 interquartile ranges beyond the quartiles of the city’s own values (Tukey 1977; quartiles "
            "by definition 8 of Hyndman and Fan 1996), so they say what is unusual here, not what is wrong."
        )
    ids = {r.indicator.id: r for r in asked}
    if "IN01" in ids:
        words.append("Amounts just under a threshold are tested with the exact binomial.")
    if "IN03" in ids:
        words.append(f"First digits are read by mean absolute deviation ({ids['IN03'].indicator.threshold_source}).")
    return [" ".join(words)]


def _pipeline(result):
    """How start-by dates are worked out."""
    if result.note:
        return []
    bases = set(result.rows["basis"])
    words = [
        "**Start-by dates.** The last day to start on a successor is the contract’s end, less the days from posting to "
        f"signature, less {result.planning_days} days to plan and {result.transition_days} for the move to a new "
        "vendor (both from engagement.yaml). Shown are contracts that end within "
        f"{PIPELINE_MONTHS} months; up to {START_NOW_DAYS} days of room means: start now."
    ]
    if bases - {ASSUMED}:
        words.append(
            f"The days are those within which {formats.share(SHARE_SIGNED)} of the city’s own solicitations by that "
            "method are signed; open ones count with the time they have waited (Kaplan and Meier 1958)."
        )
    if AT_LEAST in bases:
        words.append("Where too many are open to tell, the longest time seen stands for it.")
    if ASSUMED in bases:
        words.append(f"With fewer than {ENOUGH_FINISHED} finished ones, {ASSUMED_DAYS} days are assumed.")
    return [" ".join(words)]


def _ranking(result):
    """How contracts are ranked."""
    if not len(result.rows):
        return []
    settled = result.weights_known == "about right"
    weights = formats.listing(
        f"{name} {formats.share(weight)}" if settled else name
        for name, weight in sorted(result.weights.items(), key=lambda item: -item[1])
    )
    known = _WEIGHTS_KNOWN[result.weights_known]
    unrated = "; a rating that nobody knows is drawn evenly from 0 to 4" if result.unrated else ""
    more = (
        f" Of {formats.integer(result.considered)} that could be ranked, {len(result.rows)} are: those that were read "
        f"as key, rated or confirmed, then those that promise most, up to {SHORTLIST}."
        if result.considered > len(result.rows)
        else ""
    )
    return [
        f"**Which contracts first.** The weighted sum of six ratings ({weights}) ranks them {formats.integer(DRAWS)} "
        f"times, with {known}{unrated} (SMAA-2, Lahdelma and Salminen 2001). A contract is a sure choice when it is "
        f"among the first {TOP} at least {formats.share(ROBUST)} of the times; above {formats.share(OPEN)} it depends."
        f"{more}",
        "**Ratings** that the records give, until the city gives its own: value by the contract’s place among the "
        "amounts a year; urgency from 4 without room before the start-by date to 0 with a year of it; performance "
        "concern from the performance review; strategic goal from the reading of the contract.",
    ]


def _practice(result):
    """How the questionnaire is scored."""
    if result.note:
        return []
    words = [
        "**Practice.** A role’s score on a question is the median of its answers, the question’s the mean of the "
        "roles, an activity’s the weighted mean of its questions, and the city’s the mean of the activities. Not known "
        f"counts apart and is never a no. Level {STANDARD} or above without a document counts as {CAP} in the "
        f"evidenced score. Roles {DISAGREEMENT} levels or more apart are named."
    ]
    if result.withheld:
        words.append(f"Vendors’ answers count from {VENDORS_SHOWN_FROM} vendors up.")
    if not math.isnan(result.kappa):
        words.append("Agreement: share of pairs of respondents that agree, and Fleiss’ kappa (Fleiss 1971).")
    return [" ".join(words)]


def _failings(assessment):
    """How the seven failings are judged."""
    if not any(f.evidence_for or f.evidence_against or f.between for f in assessment.failings):
        return []
    return [
        f"**The {len(assessment.failings)} failings** are those that Results-Driven Contracting: An Overview (Harvard "
        "Government Performance Lab) names; which questions and indicators speak for or against each, and from where "
        f"on, is our own proposal: an answer of 1 or below speaks for it, of {STANDARD} or above with a document "
        "against it."
    ]


def _coding(result):
    """Who reads contracts."""
    if not result.read:
        return []
    agreement = ""
    if not math.isnan(result.kappa):
        agreement = "; agreement is the share of pairs that agree, and Fleiss’ kappa"
    return [
        f"**Contracts read.** A second person reads {formats.share(SECOND_CODER_SHARE)} of them, at least one, chosen "
        f"by their numbers so that nobody picks them{agreement}. The indicators take the first reader’s newest reading."
    ]
