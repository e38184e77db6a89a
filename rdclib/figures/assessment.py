"""How a city works, when its contracts end, and where to start, as figures."""

import datetime
import math

import numpy as np
from matplotlib.patches import Patch, Rectangle

from rdclib import formats, style
from rdclib.figures.picture import Picture, axis_as, canvas, grid, label_margin, text_width, wrap

SHOWN = 10  # contracts in one figure; the tables list all
_ROW = 0.58  # inches for a label of three lines
LEAST_DAYS = 8  # width of the shortest bar of the pipeline
_DISAGREE = "≠"


def practice(result):
    """Heat map of activities by role, with disagreement marked.

    Parameters
    ----------
    result : rdclib.questionnaire.Practice

    Returns
    -------
    Picture or None
        None when nobody has answered.
    """
    if result.note:
        return None
    roles = [role for role in result.respondents if any(r.role == role for a in result.activities for r in a.roles)]
    columns = [role.capitalize() for role in roles] + ["All roles", "With evidence"]
    labels = [wrap(f"{a.number} {a.title}", 26) for a in result.activities]
    head = max(text_width(column, 9.5) for column in columns) * math.sin(math.radians(45)) + 0.25
    figure, axes = canvas(
        0.42 * len(labels) + head + 0.35, left=label_margin(labels), top=head, bottom=0.35, right=0.45
    )
    for row, activity in enumerate(result.activities):
        by_role = {r.role: r for r in activity.roles}
        cells = [(by_role[r].score, by_role[r].disagreements) if r in by_role else (math.nan, 0) for r in roles]
        cells += [(activity.score, 0), (activity.evidenced, 0)]
        for column, (score, disagreements) in enumerate(cells):
            _cell(axes, row, column + (0.25 if column >= len(roles) else 0), score, disagreements)
    width = len(columns) + 0.25
    axes.set_xlim(0, width)
    axes.set_ylim(len(labels), 0)
    places = [c + 0.5 + (0.25 if c >= len(roles) else 0) for c in range(len(columns))]
    axes.set_xticks(places, columns, rotation=45, ha="left", rotation_mode="anchor", fontsize=9.5)
    axes.xaxis.tick_top()
    axes.set_yticks([r + 0.5 for r in range(len(labels))], labels)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.text(
        0, len(labels) + 0.12, f"{_DISAGREE} at odds with another role by two levels or more", va="top", fontsize=9.5
    )
    scored = [a for a in result.activities if not math.isnan(a.score)]
    says = "; ".join(f"{a.title} {formats.level(a.score)}" for a in scored)
    odd = [a.title for a in result.activities if a.disagreements]
    alt = f"Levels from 0 to 4 by activity, all roles: {says}."
    if odd:
        alt += f" Roles disagree on {formats.listing(odd)}."
    caption = (
        f"How the city says it works, by activity and role, from 0 (absent) to 4 (routine and improving); round "
        f"{result.round}. Medians of each role's answers; “with evidence” counts a 3 or 4 without a document as 2."
    )
    return Picture(figure, alt, caption, "practice")


def _cell(axes, row, column, score, disagreements):
    fill, ink = (style.PAPER, style.MUTED) if math.isnan(score) else style.shade(score / 4.001)
    axes.add_artist(Rectangle((column + 0.03, row + 0.06), 0.94, 0.88, facecolor=fill, edgecolor=style.RULE))
    words = formats.level(score) + (_DISAGREE if disagreements else "")
    axes.text(column + 0.5, row + 0.5, words, color=ink, ha="center", va="center", fontsize=9.5)


def pipeline(result):
    """Calendar of the contracts that end soon: when to start, and when each ends.

    Parameters
    ----------
    result : rdclib.assessment.Pipeline

    Returns
    -------
    Picture or None
        None when no contract ends soon.
    """
    if result.note:
        return None
    rows = result.largest(SHOWN)
    labels = [_label(row) for row in rows.itertuples()]
    figure, axes = canvas(
        _ROW * len(labels) + 0.95, left=max(label_margin(labels), 0.5), bottom=0.75, top=0.2, right=0.45
    )
    today = _number(result.as_of)
    places = np.arange(len(labels))
    start, end = (np.array([_number(day) for day in rows[name]]) for name in ("start_by", "end_date"))
    late = rows["slack_days"].to_numpy() < 0
    # What ends today still has a bar to be seen.
    begin = np.minimum(np.maximum(start, today), end - LEAST_DAYS)
    axes.barh(
        places,
        end - begin,
        left=begin,
        height=0.5,
        color=np.where(late, style.CONCERN, style.SECOND),
        hatch=[style.HATCHES["concern" if one else "neutral"] for one in late],
        edgecolor=style.PAPER,
    )
    axes.plot(start[~late], places[~late], marker=">", color=style.DATA, linestyle="none")
    axes.plot(end, places, marker="|", markersize=11, color=style.INK, linestyle="none")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    first, last = result.as_of, _months_later(result.as_of, 24)
    axes.set_xlim(today - 2 * LEAST_DAYS, _number(last) + 15)
    quarters = [_months_later(first.replace(day=1), k) for k in range(1, 26) if _months_later(first, k).month % 6 == 1]
    axes.set_xticks(
        [_number(day) for day in quarters], [f"{formats.MONTHS[d.month - 1][:3]} {d.year}" for d in quarters]
    )
    grid(axes, "x")
    handles = [
        Patch(facecolor=style.SECOND, label="▸ start by, to ▏end"),
        Patch(
            facecolor=style.CONCERN, hatch=style.HATCHES["concern"], edgecolor=style.PAPER, label="too late to compete"
        ),
    ]
    figure.legend(handles=handles, loc="lower right", ncols=2, borderaxespad=0.3)
    state = result.rows["state"].value_counts()
    words = {"too late to compete": "too late to compete", "start now": "to start now", "plan": "to plan"}
    parts = [f"{formats.integer(state[word])} {said}" for word, said in words.items() if word in state]
    ending = formats.plural(len(result.rows), "contract ends", "contracts end")
    alt = f"{ending} within 24 months: {formats.listing(parts)}."
    soonest = rows.iloc[0]
    alt += f" Of those shown, the first to start is {_name(soonest)}, by {formats.date(soonest['start_by'])}."
    shown = f"the {len(rows)} largest of {formats.integer(len(result.rows))}" if len(result.rows) > len(rows) else "all"
    caption = (
        f"Contracts that end in the 24 months after {formats.date(result.as_of)} ({shown}): each bar runs from the "
        "day on which work on the successor must start to the end of the contract."
    )
    return Picture(figure, alt, caption, "pipeline")


def priorities(result):
    """How often each contract is among the first five, under weights and ratings that are not certain.

    Parameters
    ----------
    result : rdclib.assessment.Ranking

    Returns
    -------
    Picture or None
        None when there is nothing to rank.
    """
    if result.note:
        return None
    rows = result.rows.head(SHOWN)
    labels = [_label(row) for row in rows.itertuples()]
    says = [formats.share(top) for top in rows["top"]]
    room = max((text_width(word) for word in says), default=0.0) + 0.15
    figure, axes = canvas(
        _ROW * len(labels) + 0.95,
        left=max(label_margin(labels), 0.5),
        bottom=0.75,
        top=0.2,
        right=max(room, 0.3),
    )
    first, top = rows["first"].to_numpy(), rows["top"].to_numpy()
    axes.barh(range(len(rows)), first, height=0.6, color=style.DATA, edgecolor=style.PAPER)
    axes.barh(range(len(rows)), top - first, left=first, height=0.6, color=style.SECOND, edgecolor=style.PAPER)
    for place, word in enumerate(says):
        axes.text(top[place] + 0.015, place, word, va="center")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axis_as(axes.xaxis, "share")
    grid(axes, "x")
    handles = [Patch(facecolor=style.DATA, label="first"), Patch(facecolor=style.SECOND, label="second to fifth")]
    figure.legend(handles=handles, loc="lower right", ncols=2, borderaxespad=0.3)
    five = [f"{_name(row)} {formats.share(row.top)}" for row in result.first_five.itertuples()]
    alt = f"Probability of being among the first five: {'; '.join(five)}."
    caption = (
        "How often each contract is among the first five when weights and unknown ratings vary within what the city "
        f"knows ({formats.plural(len(result.rows), 'contract')} ranked)."
    )
    return Picture(figure, alt, caption, "priorities")


def _name(row):
    number = row.contract_id
    return formats.line(number if formats.missing(row.title) else f"{row.title} ({number})")


def _label(row):
    """A contract beside a bar: its title, and below its number, which is never cut off."""
    number = wrap(row.contract_id, 28, lines=9)
    room = max(2 - number.count("\n"), 1)  # a row has three lines
    return number if formats.missing(row.title) else f"{wrap(row.title, 26, room)}\n{number}"


def _number(day):
    return float(day.toordinal()) if isinstance(day, datetime.date) else day


def _months_later(day, months):
    years, month = divmod(day.month - 1 + months, 12)
    return datetime.date(day.year + years, month + 1, 1)
