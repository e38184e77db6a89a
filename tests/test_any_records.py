"""Whatever records a city sends, 00 and 01 say something of them that can be shown and that adds up."""

import ast
import copy
import json
import math
import random
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from rdclib import places, schemas
from rdclib.assessment import pipeline
from rdclib.catalogue import load_indicators
from rdclib.engagement import load_engagement
from rdclib.errors import DataFileError, ReportError
from rdclib.indicators import compute, cycle_times, portfolio_overview
from rdclib.indicators.frames import Frames
from rdclib.records import load_records
from tests import registers

# An example is told in few words: making them fewer would take minutes.
QUICKLY = {"suppress_health_check": list(HealthCheck), "phases": [Phase.explicit, Phase.reuse, Phase.generate]}
BREAKDOWNS = ("by_department", "by_part", "by_quarter")
# Shares that are no part of a whole: growth may be below zero and beyond all, a gap lies between two shares.
NO_PART = ("AM03", "AM04", "AM07", "CP10", "VD04")
# They look beyond the period by their nature: at all records there are, at who won before, at how long buying takes.
BEYOND_THE_PERIOD = ("PF05", "IN06", "CN06", "CN07", "EX02", "EX06")


def cells(name):
    """The code of a notebook, cell by cell, as it runs unattended."""
    notebook = json.loads((places.NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [ast.parse("".join(c["source"])) for c in code if "parameters" not in c["metadata"].get("tags", [])]


CELLS = {name: cells(name) for name in ("00_data_readiness", "01_procurement_assessment")}


def run(notebook, engagement):
    """What the cells of a notebook show, and the names they leave behind."""
    left, shown = {"engagement_name": engagement, "period": "", "as_of": "", "interactive": False}, []
    for tree in CELLS[notebook]:
        *before, last = tree.body
        if not isinstance(last, ast.Expr):
            before, last = tree.body, None
        exec(compile(ast.Module(before, []), notebook, "exec"), left)
        if last:
            shown.append(eval(compile(ast.Expression(last.value), notebook, "eval"), left))
    return shown, left


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder for the engagements of this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RDC_HOME", str(tmp_path_factory.mktemp("home")))
        yield places.engagements()


def city(home, one):
    """Write what a city sent; the name of its engagement."""
    name = f"city{len(list(home.glob('*'))) if home.exists() else 0}"
    registers.write(home / name, *one)
    return name


# --- what is shown, and what adds up ---


def check(home, sent):
    one = sent.written()
    name = city(home, one)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            shown, left = run("00_data_readiness", name)
        except (DataFileError, ReportError):  # two lines say what to do
            return
        account(left["records"], left["result"], one[1])
        more, left = run("01_procurement_assessment", name)
        shown = [one for one in (*shown, *more) if one is not None]
        assert all(one.svg for one in shown if hasattr(one, "svg"))
        assert all(one._repr_mimebundle_() for one in shown)
        for result in left["assessment"].indicators.values():
            adds_up(result)
        frames = Frames(left["records"])
        for indicator in load_indicators():
            adds_up(compute(indicator.id, frames, minimum_n=1))
    together(left["records"], left["assessment"])


def account(records, readiness, sent):
    """Every line and every amount is used or set aside."""
    for table, intake in records.intakes.items():
        assert intake.rows_accepted + intake.rows_set_aside == len(sent[table][1])
        assert len(intake.frame) == intake.rows_accepted
        assert intake.rows_read == intake.rows_accepted + intake.rows_set_aside + intake.rows_not_data
    assert readiness.amounts["agrees"].all()


def adds_up(result):
    id, n = result.indicator.id, result.n
    if not result.computed:
        assert result.note, id
        assert np.isnan([result.low, result.high]).all(), id
        return
    # A ratio with nothing on its other side is without bounds; no other number is.
    assert math.isfinite(result.value) or (id == "IN01" and result.value > 0)
    part = result.indicator.unit == "share" and id not in NO_PART
    in_bounds(pd.DataFrame({"value": [result.value], "low": [result.low], "high": [result.high]}), part, id)
    if id != "PF05":  # its rows are columns, and it counts their cells
        assert 0 < n <= len(result.rows), id
    if result.indicator.table:
        assert n + result.left_out.sum() == len(result.rows), id
        assert all(frame["n"].sum() in (0, n) for frame in (result.by_department, result.by_part)), id
    for name in BREAKDOWNS:
        in_bounds(getattr(result, name), part, (id, name))
    assert (result.flags["fired"] <= result.flags["n"]).all(), id
    assert result.hits is None or 0 <= result.hits <= n, id


def in_bounds(frame, part, what):
    """An interval holds its value, and a part lies within the whole."""
    slack = 1e-9 * (1 + frame["value"].abs())
    assert not (frame["low"] > frame["value"] + slack).any(), what
    assert not (frame["high"] < frame["value"] - slack).any(), what
    known = frame[["value", "low", "high"]].to_numpy(dtype=float)
    known = known[~np.isnan(known)]
    assert np.isfinite(known).all() or "IN01" in what, what
    assert not part or ((known >= 0) & (known <= 1)).all(), what


def together(records, assessment):
    """What several rooms say of the same contracts agrees."""
    overview = portfolio_overview(records)
    for name in ("by_department", "by_vendor", "by_type", "by_year"):
        listed = getattr(overview, name)
        assert not len(listed) or listed["value"].sum() == pytest.approx(overview.value, rel=1e-9, abs=0.01), name
        assert name == "by_vendor" or listed["n"].sum() == overview.n, name
    coming, ranking = assessment.pipeline, assessment.ranking
    assert len(coming.rows) <= coming.in_force <= len(records.contracts)
    assert ranking.rows["top"].between(0, 1).all()
    assert ranking.acceptability.sum(axis=1) == pytest.approx(1)
    assert all(spot.n <= len(spot.result.rows) for spot in assessment.hot_spots)


@given(registers.sent())
@settings(max_examples=2, **QUICKLY)
def test_any_records_give_an_assessment_that_can_be_shown(home, one):
    check(home, one)


@pytest.mark.long
@given(registers.sent())
@settings(max_examples=6, **QUICKLY)
def test_many_more_records_give_an_assessment_that_can_be_shown(home, one):
    check(home, one)


# --- what must not matter ---


def numbers(home, one):
    """Every number of the assessment's indicators, pipeline, overview and steps."""
    records = load_records(load_engagement(city(home, one)))
    frames, found = Frames(records, concern=pd.Series(dtype=float)), {}
    for indicator in load_indicators():
        result = compute(indicator.id, frames, minimum_n=1)
        found[indicator.id] = {
            "value": [result.value, result.low, result.high, result.n, result.verdict, result.tentative],
            "left_out": result.left_out.sort_index().to_dict(),
            "note": result.note,
            "flags": result.flags.to_dict("list"),
            "completeness": [list(column) for column in result.coverage],
        } | {name: getattr(result, name).to_dict("list") for name in BREAKDOWNS}
    coming, overview = pipeline(frames), portfolio_overview(frames)
    found["pipeline"] = coming.rows.to_dict("list") | {"in_force": coming.in_force, "amount": coming.amount}
    found["overview"] = {
        name: getattr(overview, name).to_dict("list") for name in ("by_department", "by_vendor", "by_type", "by_year")
    } | {"left_out": overview.left_out.sort_index().to_dict(), "n": [overview.n, overview.value, overview.vendors]}
    found["steps"] = cycle_times(frames).stages.to_dict("list")
    return found


def differences(first, second, path=()):
    """Where two answers of `numbers` differ, with both values; rounding errors are none."""
    if isinstance(first, dict) and set(first) == set(second):
        return [found for key in first for found in differences(first[key], second[key], (*path, key))]
    if isinstance(first, list) and len(first) == len(second):
        pairs = zip(first, second, strict=True)
        return [found for one, other in pairs for found in differences(one, other, path)]
    if isinstance(first, dict | list) or isinstance(second, dict | list):
        return [(*path, first, second)]
    if isinstance(first, float | int) and isinstance(second, float | int):
        same = math.isclose(first, second, rel_tol=1e-7, abs_tol=1e-9) or (first != first and second != second)
    else:
        same = first is second or bool(first == second) or (pd.isna(first) and pd.isna(second))
    return [] if same else [(*path, first, second)]


def in_another_order(one, rng):
    facts, tables, forms = one
    return facts, {table: (columns, rng.sample(rows, len(rows))) for table, (columns, rows) in tables.items()}, forms


def seen_twice(one):
    """The register as a snapshot of March, and the same with the snapshot of February before it."""
    facts, tables, forms = one
    columns, rows = tables.get("contracts", ([], []))
    columns = [*(name for name in columns if name != "snapshot_date"), "snapshot_date"]
    february, march = ([row | {"snapshot_date": f"2024-{m}-28"} for row in rows] for m in ("02", "03"))
    if not rows:
        return one, one
    return tuple((facts, tables | {"contracts": (columns, seen)}, forms) for seen in (march, [*february, *march]))


def times_a_thousand(one):
    facts, tables, forms = copy.deepcopy(one)
    for table, (columns, rows) in tables.items():
        for row in rows:
            for name in columns:
                if schemas.columns(table)[name] == "money" and row[name]:
                    row[name] = f"{float(row[name]) * 1000:.2f}"
    for law in facts["thresholds"]:
        law["amount"] *= 1000
    for reading in forms.get("contract_coding", ()):
        reading["at_risk_amount"] = reading["at_risk_amount"] and str(int(reading["at_risk_amount"]) * 1000)
    return facts, tables, forms


def with_other_vendor_ids(one):
    facts, tables, forms = copy.deepcopy(one)
    for _, rows in tables.values():
        for row in rows:
            for name in {"vendor_id", "bidder_id"} & set(row):
                row[name] = f"{(int(row[name][1:]) * 7919 + 13) % 100_003:06d}"
    return facts, tables, forms


def with_a_year_long_past(one):
    """The same once more fifteen years earlier, under other numbers; rows that have no day belong to no year."""
    facts, tables, forms = copy.deepcopy(one)
    for table, (columns, rows) in tables.items():
        days = [name for name in columns if schemas.columns(table)[name] == "date" and name != "snapshot_date"]
        ids = [name for name in ("contract_id", "solicitation_id", "parent_contract_id") if name in columns]
        for row in rows[:]:
            past = row | {name: f"old{row[name]}" for name in ids if row[name]}
            past |= {name: f"{int(row[name][:4]) - 15}{row[name][4:]}".replace("02-29", "02-28") for name in days}
            past |= {name: "2012-03-04" for name in ("end_date",) if name in columns}
            rows.append(past | ({"end_date_open": ""} if "end_date_open" in columns else {}))
    return facts, tables, forms


def without_gaps_in_time(one):
    """Only rows with every day, and bids of solicitations in the city's own list."""
    facts, tables, forms = copy.deepcopy(one)
    for table, (columns, rows) in tables.items():
        days = [name for name in columns if schemas.columns(table)[name] == "date" and name != "snapshot_date"]
        rows[:] = [row for row in rows if days and all(row[name] for name in days)]
    for table in ("contracts", "bids"):
        known = {row["solicitation_id"] for row in tables.get("solicitations", ([], []))[1]}
        for row in tables.get(table, ([], []))[1]:
            row["solicitation_id"] = row.get("solicitation_id", "") if row.get("solicitation_id") in known else ""
    return facts, tables, forms


def same_whatever_the_file(home, one, seed):
    try:
        first = numbers(home, one)
    except (DataFileError, ReportError):
        reject()  # nothing to compare: another example
    assert differences(first, numbers(home, in_another_order(one, random.Random(seed)))) == []
    once, twice = seen_twice(one)
    assert differences(numbers(home, once), numbers(home, twice)) == []


def same_in_other_words(home, one):
    try:
        first = numbers(home, one)
    except (DataFileError, ReportError):
        reject()  # nothing to compare: another example
    assert differences(first, numbers(home, with_other_vendor_ids(one))) == []
    money = {indicator.id for indicator in load_indicators() if indicator.unit == "money"}
    for *path, before, after in differences(first, numbers(home, times_a_thousand(one))):
        assert path[0] in {*money, "pipeline", "overview"}, (path, before, after)
        assert after == pytest.approx(1000 * before, rel=1e-6), (path, before, after)


def same_beside_another_year(home, one):
    one = without_gaps_in_time(one)
    try:
        first = numbers(home, one)
    except (DataFileError, ReportError):
        reject()  # nothing to compare: another example
    for *path, before, after in differences(first, numbers(home, with_a_year_long_past(one))):
        # How long buying takes is known from all there is; how complete a linked table is, is told of all of it.
        beyond = path[0] in (*BEYOND_THE_PERIOD, "pipeline") or path[1] == "completeness"
        assert beyond, (path, before, after)


SEEDS = st.integers(0, 100)


@given(registers.sent(), SEEDS)
@settings(max_examples=2, **QUICKLY)
def test_order_and_repeated_snapshots_change_no_number(home, one, seed):
    same_whatever_the_file(home, one.written(), seed)


@given(registers.sent(nasty=False))
@settings(max_examples=1, **QUICKLY)
def test_other_ids_change_no_number_and_another_unit_only_money(home, one):
    same_in_other_words(home, one.written())


@given(registers.sent(nasty=False))
@settings(max_examples=1, **QUICKLY)
def test_a_year_long_past_changes_no_number_of_this_one(home, one):
    same_beside_another_year(home, one.written())


@pytest.mark.long
@given(registers.sent(), registers.sent(nasty=False), SEEDS)
@settings(max_examples=2, **QUICKLY)
def test_nothing_that_must_not_matter_changes_a_number(home, strange, plain, seed):
    same_whatever_the_file(home, strange.written(), seed)
    same_in_other_words(home, plain.written())
    same_beside_another_year(home, plain.written())
