"""A column's texts mean the same however they come: as texts, or as a list of distinct texts and a number a row."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib import parsing, schemas
from rdclib.intake import read_table, reading

COLUMNS = {
    "current_amount": ("$1,234.50", "(7.00)", "1.234,50", "€ 9", "-99999", "0", "see note", "1.00214595E7", "", "N/A"),
    "award_date": ("03/04/2021", "13/04/2021", "2021-04-03", "44000", "99/99/2021", "n/a", " 03/04/2021 ", ""),
    "contract_id": ("007", "12.0", "13.0", "1.23E+11", "A-1", "", "none"),
    "title": ("Roads &amp; bridges", "Roads & bridges", " padded ", "", "TBD"),
    "procurement_method": ("Open", "RFP", "Sole source", "by the moon", "", "unknown"),
    "number_of_bids": ("3", "2.5", "-1", "four", "1,000", ""),
    "end_date_open": ("yes", "N", "1", "perhaps", ""),
}


@pytest.mark.parametrize("column", COLUMNS)
@settings(max_examples=30)
@given(data=st.data())
def test_repeated_texts_are_read_as_texts_are(column, data):
    texts = pa.array(data.draw(st.lists(st.sampled_from(COLUMNS[column]), min_size=1, max_size=12)), pa.string())
    kind = schemas.columns("contracts")[column]

    plain = reading.read(texts, "contracts", column, kind, order="day-first")
    repeated = reading.read(texts.dictionary_encode(), "contracts", column, kind, order="day-first")

    pd.testing.assert_series_equal(repeated.values, plain.values)
    assert repeated.refused.tolist() == plain.refused.tolist()
    assert {k: m.tolist() for k, m in repeated.kept.items()} == {k: m.tolist() for k, m in plain.kept.items()}
    assert [(*r[:3], r[3].tolist()) for r in repeated.remarks] == [(*r[:3], r[3].tolist()) for r in plain.remarks]
    assert repeated.texts.to_pylist() == plain.texts.to_pylist()
    assert (repeated.currency is None) == (plain.currency is None)
    if plain.currency is not None:
        assert repeated.currency.to_pylist() == plain.currency.to_pylist()


@pytest.mark.parametrize("evidence", [parsing.decimal_evidence, parsing.date_evidence])
@given(st.lists(st.sampled_from(["1.234", "1.50", "1,50", "0.500", "03/04/2021", "13/04/2021", "04/13/2021", ""])))
def test_evidence_counts_repeated_texts_as_often_as_they_stand(evidence, cells):
    texts = pa.array(cells, pa.string())

    assert evidence(*parsing.tally(texts.dictionary_encode())) == evidence(parsing.missing(texts))


def test_0_500_proves_a_decimal_point_and_4_500_does_not():
    assert parsing.decimal_evidence(["0.500"]) == {"point": 1, "comma": 0, "open": 0}
    assert parsing.decimal_evidence(["4.500"]) == {"point": 0, "comma": 0, "open": 1}


@pytest.mark.parametrize("kind", schemas.DTYPES)
def test_a_column_of_nothing_is_missing_in_every_row(kind):
    column = reading.absent(kind, 3)

    assert column.dtype == schemas.DTYPES[kind]
    assert column.isna().tolist() == [True, True, True]
    assert column.take([2, 0]).isna().all()


def test_a_column_of_nothing_takes_no_room():
    assert reading.absent("money", 1_000_000).to_numpy().strides == (0,)


def test_far_ends_by_year_and_by_length():
    ends = pd.to_datetime(["2049-12-31", "2050-01-01", "2050-01-01", "2099-01-01", None])
    starts = pd.to_datetime(["2000-01-01", "2010-01-01", "2025-01-01", "2090-01-01", "2020-01-01"])
    frame = pd.DataFrame({"end_date": ends, "start_date": starts})

    # Before 2050 never; from 2050 when longer than thirty years; from 2099 always.
    assert reading.far_ends(frame).tolist() == [False, True, False, True, False]
    assert isinstance(reading.far_ends(frame), np.ndarray)


def register(folder, *states):
    lines = [f"K{i},Firm {i},{i + 1}00.00,2024-01-0{i % 9 + 1},{state}" for i, state in enumerate(states)]
    path = folder / "register.csv"
    path.write_text("\n".join(["Contract No,Vendor,Contract Amount,Start Date,Status", *lines]) + "\n")
    return path


@pytest.mark.parametrize(
    "states",
    [
        ("awarded", "closed", "awarded", "closed"),
        ("Open", "Awarded", "No bids"),
        ("Publicada", "adjudicada", "cerrado"),
    ],
)
def test_states_of_notices_are_asked_and_make_no_contract_active_or_ended(tmp_path, states):
    path = register(tmp_path, *states)
    found = read_table(path, "contracts")

    assert found.frame["status"].isna().all()
    assert [heading for heading, candidates in found.asked if "status" in candidates] == ["Status"]
    assert [f.count for f in found.findings if f.what == "states of notices, not of contracts"] == [len(set(states))]
    said = read_table(path, "contracts", columns={"Status": "status"})
    assert said.frame["status"].notna().any()
    assert said.asked == ()


@pytest.mark.parametrize("states", [("closed", "open", "closed"), ("active", "expired", "awarded")])
def test_states_of_contracts_are_read_as_before(tmp_path, states):
    found = read_table(register(tmp_path, *states), "contracts")

    known = {"closed": "terminated", "open": "active", "active": "active", "expired": "terminated"}
    assert found.frame["status"].dropna().tolist() == [known[s] for s in states if s in known]
    assert found.asked == ()


def test_closed_notices_are_no_terminated_contracts(tmp_path):
    notices = [
        {"id": f"n{i}", "title": f"T{i}", "organisation": "City", "status": "closed" if i % 2 else "awarded",
         "published_date": f"2024-01-0{i + 1}", "awarded_supplier": "" if i % 2 else f"F{i}",
         "awarded_value": 0 if i % 2 else 1000 + i}
        for i in range(8)
    ]  # fmt: skip
    path = tmp_path / "notices.json"
    path.write_text(json.dumps(notices))

    found = read_table(path, "contracts")

    assert found.frame["status"].isna().all()
    assert [heading for heading, candidates in found.asked if "status" in candidates] == ["status"]
    assert found.amounts["award_amount"]["XXX"].accepted == 1000 + 1002 + 1004 + 1006
