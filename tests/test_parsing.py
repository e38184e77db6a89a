"""Texts of city files: what they mean, and what is refused."""

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdclib import parsing


def money(text, decimal="."):
    reading = parsing.money(parsing.missing([text]), decimal)
    return None if reading.refused[0] or np.isnan(reading.values[0]) else float(reading.values[0])


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,234.50", 1234.5),
        ("(1,234)", -1234),
        ("1234-", -1234),
        ("-5", -5),
        ("$ (5.00)", -5),
        ("USD 653,690.00", 653690),
        ("AMD267,254,619.60", 267254619.6),
        ("1.234,50 €", 1234.5),
        ("R$ 1.234,50", 1234.5),
        ("1 234.50", 1234.5),
        ("1\u00a0234,50", 1234.5),
        ("1'234.50", 1234.5),
        ("12,34,567.00", 1234567),
        ("\u22125.25", -5.25),
        ("1.00214595E7", 10021459.5),
        ("0", 0),
        (".5", 0.5),
    ],
)
def test_amounts_are_read_in_every_notation_we_met(text, amount):
    assert money(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "inf",
        "1e5",
        "1E+07",
        "12-34",
        "1900-04-03",
        "0.00548726.77",
        "1,234,",
        "12 each",
        "see contract",
        "1,2,3",
    ],
)
def test_what_is_no_amount_is_refused(text):
    reading = parsing.money(parsing.missing([text]))

    assert reading.refused.tolist() == [True]
    assert np.isnan(reading.values).all()


@pytest.mark.parametrize(
    "text", ["", "  ", "N/A", "n/a", "None", "-", "Not Available", "Unknown", "nan", "S/D", "#N/A"]
)
def test_words_for_missing_are_missing_and_not_refused(text):
    assert parsing.missing([text]).to_pylist() == [None]


def test_none_is_an_answer_where_it_is_asked_for():
    assert parsing.missing(["none", "n/a"], keep_none=True).to_pylist() == ["none", None]


def test_currencies_are_named_by_sign_or_letters():
    texts = parsing.missing(["€5", "USD 5", "5", "$5", "abc"])

    assert parsing.money(texts).extra["currency"].to_pylist() == ["EUR", "USD", None, None, None]


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1,234.50", "7"], "."),
        (["1.234,50", "7"], ","),
        (["1,234", "500"], "."),  # money has two decimals, so a comma before three digits groups them
        (["1.234", "500"], ""),  # a point may group them or be a long decimal
        (["1.234", "0.5"], "."),
        (["1.234", "0,5"], ","),
        (["12", "500"], "."),
    ],
)
def test_the_decimal_mark_is_decided_by_proof_or_not_at_all(cells, mark):
    assert parsing.decimal_mark(parsing.decimal_evidence(parsing.missing(cells))) == mark


@pytest.mark.parametrize(("contrary", "mark"), [(1, "."), (2, "")])
def test_one_slip_in_twenty_does_not_change_the_decimal_mark(contrary, mark):
    evidence = {"point": 19 * 1, "comma": contrary, "open": 1}

    assert parsing.decimal_mark(evidence) == mark


def date(text, order="", clock=False):
    reading = parsing.dates(parsing.missing([text]), order, clock=clock)
    return None if reading.refused[0] else reading.values[0].astype("datetime64[s]").item()


@pytest.mark.parametrize(
    "text",
    [
        "2019-07-01",
        "2019-07-01T00:00:00Z",
        "2019-07-01 00:00:00 GMT",
        "20190701",
        "2019/7/1",
        "1-Jul-2019",
        "July 1, 2019",
        "1 de julio de 2019",
        "1 de julho de 2019",
        "43647",  # the spreadsheet's day 43647
        "01JUL2019",
    ],
)
def test_days_are_read_in_every_notation_we_met(text):
    assert date(text) == datetime.datetime(2019, 7, 1)


def test_a_day_that_allows_one_reading_only_is_read_that_way_under_either_order():
    for order in ("", "day-first", "month-first"):
        assert date("31/12/2019", order) == date("12/31/2019", order) == datetime.datetime(2019, 12, 31)


def test_a_day_with_two_readings_needs_an_order():
    assert date("03/04/2021") is None
    assert date("03/04/2021", "day-first") == datetime.datetime(2021, 4, 3)
    assert date("03/04/2021", "month-first") == datetime.datetime(2021, 3, 4)
    assert date("04/04/2021") == datetime.datetime(2021, 4, 4)


@pytest.mark.parametrize("text", ["2020-13-01", "31/02/2020", "garbage", "20201301", "12", "99999", "2020"])
def test_what_is_no_day_is_refused(text):
    assert date(text, "day-first") is None


def test_the_time_of_day_is_kept_where_it_matters():
    assert date("01/01/2015 12:25:23 AM", "month-first", clock=True) == datetime.datetime(2015, 1, 1, 0, 25, 23)
    assert date("01/01/2015 12:25:23 PM", "month-first") == datetime.datetime(2015, 1, 1)


@pytest.mark.parametrize(
    ("counts", "order"),
    [
        ({"day-first": 1, "month-first": 0}, "day-first"),
        ({"day-first": 0, "month-first": 1}, "month-first"),
        ({"day-first": 0, "month-first": 0}, ""),
        ({"day-first": 19, "month-first": 1}, "day-first"),
        ({"day-first": 18, "month-first": 1}, ""),
    ],
)
def test_the_order_of_day_and_month_is_decided_by_the_whole_column(counts, order):
    assert parsing.date_order({"open": 5, "clear": 0} | counts) == order


def test_evidence_counts_every_cell_once():
    cells = ["03/04/2021", "13/04/2021", "04/13/2021", "04/13/2021", "2021-04-13", "05/05/2021", "x"]

    assert parsing.date_evidence(parsing.missing(cells)) == {"day-first": 1, "month-first": 2, "open": 1, "clear": 2}


def test_yes_and_no_in_several_languages():
    reading = parsing.yes_no(parsing.missing(["Yes", "N", "sí", "Não", "1", "OVERDUE", "maybe", ""]))

    assert reading.values.to_pylist() == [True, False, True, False, True, False, None, None]
    assert reading.refused.tolist() == [False] * 6 + [True, False]


@pytest.mark.parametrize(
    ("cells", "values", "scale"),
    [
        (["45%", "7.5%"], [0.45, 0.075], "share"),
        (["0.45", "1"], [0.45, 1.0], "share"),
        (["45", "7.5", "0.5"], [0.45, 0.075, 0.005], "percent"),
    ],
)
def test_shares_are_read_by_the_whole_column(cells, values, scale):
    reading = parsing.share(parsing.missing(cells))

    assert reading.values == pytest.approx(values)
    assert reading.extra["scale"] == scale


def test_shares_and_percentages_mixed_stay_open():
    reading = parsing.share(parsing.missing(["45%", "0.5", "30"]))

    assert reading.refused.tolist() == [False, True, True]


def test_codes_keep_their_zeros_and_lose_a_spreadsheets_point():
    assert parsing.code(parsing.missing(["06037", "6037.0"])).values.to_pylist() == ["06037", "6037"]
    assert parsing.code(parsing.missing(["2.0", "2.1"])).values.to_pylist() == ["2.0", "2.1"]
    assert parsing.code(parsing.missing(["1.23E+11"])).extra["damaged"].tolist() == [True]


def test_months_of_headings():
    assert parsing.month("Jan 2020") == parsing.month("2020-01") == parsing.month("202001") == datetime.date(2020, 1, 1)
    assert parsing.month("enero 2020") == parsing.month("janeiro/2020") == datetime.date(2020, 1, 1)
    assert parsing.month("Total") is None


def test_folding_takes_case_accents_and_punctuation_away():
    assert parsing.fold("Código del  Contrato (N.º)") == "codigo del contrato n"
    assert parsing.fold("PaymentDate") == "payment date"


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False, allow_infinity=False))
@settings(max_examples=60, deadline=None)
def test_an_amount_written_in_any_style_is_read_back(amount):
    plain = f"{amount:.2f}"
    grouped = f"{abs(amount):,.2f}"
    european = grouped.translate(str.maketrans(",.", ".,"))
    sign = "-" if amount < 0 else ""

    assert money(plain) == pytest.approx(float(amount))
    assert money(f"{sign}${grouped}") == pytest.approx(float(amount))
    assert money(f"{sign}{european} €", ",") == pytest.approx(float(amount))
    if amount < 0:
        assert money(f"({grouped})") == pytest.approx(float(amount))


@given(st.dates(datetime.date(1970, 1, 1), datetime.date(2069, 12, 31)))
@settings(max_examples=60, deadline=None)
def test_a_day_written_in_any_style_is_read_back(day):
    moment = datetime.datetime(day.year, day.month, day.day)

    assert date(day.isoformat()) == moment
    assert date(f"{day.day}/{day.month}/{day.year}", "day-first") == moment
    assert date(f"{day.month:02d}/{day.day:02d}/{day:%y}", "month-first") == moment
    assert date(f"{day:%d-%b-%Y}") == moment


@given(st.lists(st.text(max_size=20), max_size=20))
@settings(max_examples=80, deadline=None)
def test_no_text_breaks_a_reader_and_every_text_is_read_or_refused(cells):
    texts = parsing.missing(pa.array(cells, pa.string()))

    for read in (parsing.money, parsing.dates, parsing.number, parsing.share):
        reading = read(texts)
        gone = np.isnan(reading.values) if reading.values.dtype == float else np.isnat(reading.values)
        present = np.array([cell is not None for cell in texts.to_pylist()], dtype=bool)
        assert (gone == (reading.refused | ~present)).all()


def test_a_code_is_known_before_its_own_words():
    words = {"dir": "direct", "direct contracting": "direct"}
    texts = ["DIR- Direct  Contracting", "DIR -", "DIRECTLY", "dir - by letter", "CQS- Selection"]

    assert parsing.choice(texts, words, begins=12).values.to_pylist() == ["direct", "direct", None, None, None]
    assert parsing.choice(texts, words).values.to_pylist() == [None, "direct", None, None, None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$982, 900", 982_900),
        ("982 ,900.50", 982_900.5),
        ("1,234.", 1234),
        ("1,234.50-", -1234.5),
        ("1,234.50 CR", -1234.5),
        ("1,234.50cr.", -1234.5),
        ("(1,234.50) CR", -1234.5),
        ("$1,234.50 DR", 1234.5),
        ("(1,234)", -1234),
        ("US$ 1,234", 1234),
        ("1\u00a0234,50", 1234.5),
        ("\uff11\uff0c\uff12\uff13\uff14\uff0e\uff15", 1234.5),
        ("\uff04\uff15\uff10", 50),
    ],
)
def test_slips_of_typing_do_not_cost_an_amount(text, value):
    reading = parsing.money([text, "10.00"])

    assert reading.values.tolist() == [value, 10]
    assert reading.refused.tolist() == [False, False]


@pytest.mark.parametrize("text", ["12, 34", "1, 2345", "CR", "see CR 12 below", "1,234\u00b2", "982, 900, see note"])
def test_what_is_no_slip_is_still_refused(text):
    assert parsing.money([text]).refused.tolist() == [True]
