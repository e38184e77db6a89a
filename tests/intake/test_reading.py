"""A column's texts mean the same however they come: as texts, or as a list of distinct texts and a number a row."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib import parsing, schemas
from rdclib.intake import reading

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
