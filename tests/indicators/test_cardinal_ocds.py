"""Cardinal's fixtures again, through our own reader of the Open Contracting Data Standard."""

import dataclasses
import json

import pytest

from rdclib.errors import DataFileError
from rdclib.indicators import competition, compute
from rdclib.indicators.frames import Frames
from rdclib.intake import read_table
from tests import build

CASES = [
    ("R003", "CP07", "R003", {}),
    ("R003-threshold-10", "CP07", "R003", {"bid_window_days": {"default": 10}}),
    ("R018", "CP02", "R018", {}),
    ("R024", "CP10", "R024", {"fixed_price_methods": ["NPC", "EXC"]}),
    ("R028", "CP11", "R028", {"fixed_price_methods": ["NPC", "EXC"]}),
    ("R030", "CP14", "R030", {}),
    ("R035", "CP12", "R035", {}),
    ("R036", "CP12", "R036", {"fixed_price_methods": ["NPC", "EXC"]}),
    ("R058", "CP10", "R058", {"fixed_price_methods": ["NPC", "EXC"]}),
]


def answers(shared, name, code, group):
    path = shared / "data/ocds/cardinal_red_flag_fixtures" / f"{name}.expected"
    return {f"ocds-{key}": values[code] for key, values in json.loads(path.read_text()).get(group, {}).items()}


def read(shared, name, tmp_path, **facts):
    """Records of a fixture; ids get a prefix, for one of them is a word for a missing value."""
    releases = (shared / "data/ocds/cardinal_red_flag_fixtures" / f"{name}.jsonl").read_text().splitlines()
    path = tmp_path / f"{name}.jsonl"
    renamed = [json.loads(line) for line in releases]
    path.write_text("\n".join(json.dumps(line | {"ocid": f"ocds-{line['ocid']}"}) for line in renamed))
    found = {}
    for table in ("contracts", "contract_vendors", "solicitations", "bids"):
        try:
            found[table] = read_table([path], table).frame
        except DataFileError as error:
            assert f"holds no {table}" in str(error)  # noqa: PT017
    records = build.records(period="FY2000", fiscal_year_start="01-01", **facts)
    return dataclasses.replace(records, **found)


@pytest.mark.parametrize(("name", "indicator_id", "code", "facts"), CASES, ids=[case[0] for case in CASES])
def test_flags_of_a_process(shared, tmp_path, name, indicator_id, code, facts):
    records = read(shared, name, tmp_path, **facts)

    result = compute(indicator_id, records, minimum_n=1)

    raised = result.flagged(code)
    ids = raised["unit"] if "unit" in raised else Frames(records).solicitations["solicitation_id"][raised.index]
    assert set(ids) == set(answers(shared, name, code, "OCID"))


def test_bidders_who_seldom_win(shared, tmp_path):
    raised = compute("CP13", read(shared, "R025", tmp_path), minimum_n=1).flagged("R025")

    found = {f"ocds-{unit}": value for unit, value in zip(raised["unit"], raised["value"], strict=True)}
    assert found == answers(shared, "R025", "R025", "Tenderer")


def test_departments_that_disqualify(shared, tmp_path):
    rows = competition.disqualified_bids(Frames(read(shared, "R038", tmp_path)), department_processes=1)

    raised = rows[rows["flag R038"]]
    assert {f"ocds-{unit}" for unit in raised["unit"]} == set(answers(shared, "R038", "R038", "Buyer"))


def test_vendors_of_many_kinds(shared, tmp_path):
    name = "R048-minimum_contracting_processes-1"
    rows = competition.category_spread(Frames(read(shared, name, tmp_path)), awards=1)

    raised = rows[rows["flag R048"]]
    assert {f"ocds-{unit}" for unit in raised["unit"]} == set(answers(shared, name, "R048", "Tenderer"))
