"""A table keeps its data, and shows it with a city's words as they are."""

import datetime
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from lxml import html

from rdclib.tables import Column, Interval, Table, Value

HOSTILE = '=HYPERLINK("http://e") <script>alert(1)</script> **b** {{x}} $a$'


def spend(**words):
    columns = (
        Column("department", "text", "Department"),
        Column("value", "money", "Value"),
        Column("share", "share", "Share"),
        Column("ends", "date", "Ends"),
    )
    rows = (
        (HOSTILE, np.float64(1_234_567), 0.23, pd.Timestamp("2024-06-30")),
        ("Fire", math.nan, Interval(0.1, 0.2, "share"), pd.NaT),
        ("Police", Value(3, "days"), None, None),
    )
    return Table(
        **{
            "caption": "Spend by department",
            "columns": columns,
            "rows": rows,
            "notes": ("Left out: 3.",),
            "currency": "USD",
        }
        | words
    )


def test_data_keeps_raw_values_and_is_read_back_the_same():
    table = spend()

    data = json.loads(json.dumps(table.data(), allow_nan=False))

    assert data["rows"][0] == [HOSTILE, 1_234_567.0, 0.23, "2024-06-30"]
    assert data["rows"][1] == ["Fire", None, {"low": 0.1, "high": 0.2, "kind": "share"}, None]
    assert data["rows"][2][1] == {"value": 3, "kind": "days"}
    assert Table.from_data(data) == table


@pytest.mark.parametrize("cell", [5, Value(5, "money"), Interval(1, 2, "money")])
def test_a_table_that_shows_money_names_its_currency(cell):
    columns = (Column("a", "text", "A"), Column("v", "money" if cell == 5 else "number", "V"))
    with pytest.raises(ValueError, match="names no currency"):
        Table("Caption", columns, (("x", cell),))
    assert Table("Caption", columns, (("x", cell),), currency="EUR").texts()[0][1].startswith("€")


def test_endless_values_survive_json():
    table = Table(
        "Limits", (Column("a", "text", "A"), Column("x", "number", "X")), (("Infinity", math.inf), ("b", -math.inf))
    )

    assert Table.from_data(json.loads(json.dumps(table.data(), allow_nan=False))).rows == table.rows


def test_the_page_has_a_caption_and_scoped_headers():
    page = html.fromstring(spend().html())

    assert page.xpath("//caption/span/text()") == ["Spend by department"]
    assert page.xpath("//th[@scope='col']/text()") == ["Department", "Value", "Share", "Ends"]
    assert page.xpath("//th[@scope='row']/text()") == [HOSTILE, "Fire", "Police"]
    assert page.xpath("//tbody/tr[1]/td/text()") == ["$1,234,567", "23%", "Jun 30, 2024"]
    assert page.xpath("//tbody/tr[2]/td/text()") == ["–", "10–20%", "–"]
    assert page.xpath("//tbody/tr[3]/td/text()") == ["3 days", "–", "–"]
    assert page.xpath("//*[@class='notes']/p/text()") == ["Left out: 3."]


def test_dates_and_codes_are_not_broken_and_names_are():
    columns = (Column("id", "text", "Contract"), Column("d", "date", "Ends"), Column("t", "text", "Title"))
    codes = html.fromstring(Table("T", columns, (("RB-2020-9001", None, "A b"), ("x" * 20, None, "B"))).html())
    names = html.fromstring(Table("T", columns, (("RB-2020-9001", None, "A b"), ("x" * 21, None, "B"))).html())

    assert [cell.get("class") for cell in codes.xpath("//tbody/tr[1]/*")] == ["whole", "whole", None]
    assert [cell.get("class") for cell in names.xpath("//tbody/tr[1]/*")] == [None, "whole", None]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a_20-character.name.x", "a_<wbr>20-<wbr>character.<wbr>name.<wbr>x"),
        ("a_20-character.name.", "a_20-character.name."),
        (
            "Ash & Elm <b>_paving_and_roads_2024.csv",
            "Ash &amp; Elm &lt;b&gt;_<wbr>paving_<wbr>and_<wbr>roads_<wbr>2024.<wbr>csv",
        ),
    ],
)
def test_a_long_name_may_go_on_in_the_next_line_and_keeps_its_letters(name, shown):
    table = Table("T", (Column("file", "text", "File"), Column("n", "integer", "N")), ((name, 1), ("two words", 2)))

    assert f">{shown}</th>" in table.html()
    assert name in html.fromstring(table.html()).text_content()


@pytest.mark.parametrize(("length", "look"), [(30, None), (31, "words")])
def test_a_column_of_sentences_gets_room(length, look):
    columns = (Column("a", "text", "A"), Column("b", "text", "B"))
    page = html.fromstring(
        Table("T", columns, (("a b", "x y" * (length // 3) + "z" * (length % 3)), ("c d", "y"))).html()
    )

    assert [cell.get("class") for cell in page.xpath("//tbody//td")] == [look, look]


def test_a_head_that_several_rows_share_is_said_once():
    columns = (Column("m", "text", "Metric"), Column("v", "text", "Vendor"))
    rows = (("Calls", "A"), ("Calls", "B"), ("Time", "A"), ("Calls", "A"), (None, "A"), (None, "B"))

    page = html.fromstring(Table("T", columns, rows).html())

    assert [(th.text, th.get("rowspan")) for th in page.xpath("//tbody//th")] == [
        ("Calls", "2"),
        ("Time", None),
        ("Calls", None),
        ("–", None),
        ("–", None),
    ]
    assert [td.text for td in page.xpath("//tbody//td")] == ["A", "B", "A", "A", "A", "B"]


@pytest.mark.parametrize(
    ("n", "spans"), [(11, ["11"]), (12, ["12"]), (13, ["12", None]), (25, ["12", "12", None]), (26, ["12", "12", "2"])]
)
def test_a_head_of_many_rows_is_said_again_so_that_they_can_be_parted(n, spans):
    columns = (Column("m", "text", "Metric"), Column("v", "integer", "N"))
    page = html.fromstring(Table("T", columns, tuple(("Calls", i) for i in range(n))).html())
    assert [(th.text, th.get("rowspan")) for th in page.xpath("//tbody//th")] == [("Calls", span) for span in spans]


def test_a_first_cell_that_several_rows_share_is_said_once_also_beside_their_heads():
    columns = (Column("m", "text", "Metric"), Column("v", "text", "Vendor"), Column("n", "integer", "N"))

    page = html.fromstring(Table("T", columns, (("Calls", "A", 1), ("Calls", "B", 1)), row_header=1).html())

    assert [(td.text, td.get("rowspan")) for td in page.xpath("//tbody//td")] == [
        ("Calls", "2"),
        ("1", None),
        ("1", None),
    ]
    assert page.xpath("//tbody//th[@scope='row']/text()") == ["A", "B"]


def test_equal_numbers_below_each_other_are_all_written():
    page = html.fromstring(Table("T", (Column("n", "integer", "N"),), ((1,), (1,))).html())

    assert page.xpath("//tbody//th/text()") == ["1", "1"]


def test_a_wide_table_can_be_scrolled_with_the_keyboard():
    region = html.fromstring(spend().html()).xpath("//*[@role='group']")[0]

    assert region.get("tabindex") == "0"
    assert html.fromstring(spend().html()).xpath(f"//caption[@id='{region.get('aria-labelledby')}']")


@pytest.mark.parametrize(("rows", "name"), [(25, "table"), (26, "table long")])
def test_only_a_long_table_may_be_cut_on_paper(rows, name):
    table = Table("T", (Column("a", "integer", "A"),), tuple((i,) for i in range(rows)))

    page = html.fromstring(table.html())
    assert page.get("class") == name
    assert page.xpath("//caption")[0].text_content() == ("T" if rows == 25 else "T (26 rows)")


@pytest.mark.parametrize(
    ("given", "id"), [("", "spend-by-department"), ('a"b <c>', "a-b-c"), ("2024 spend", "t-2024-spend"), ("日本", "x")]
)
def test_the_id_is_fit_for_attributes_and_style_sheets(given, id):
    assert spend(id=given).id == id


def test_an_empty_table_says_so():
    for empty, said in (
        (spend(rows=(), notes=()), "Spend by department: none."),
        (spend(rows=(), notes=("Nobody paid.", "Ask.")), "Spend by department. Nobody paid. Ask."),
    ):
        for page in (empty.html(), empty._repr_mimebundle_()["text/html"]):
            assert html.fromstring(page).text_content() == said
            assert "<table" not in page


@pytest.mark.parametrize("part", ["caption", "notes", "header", "id"])
def test_a_citys_words_are_shown_as_they_are_wherever_they_stand(part):
    words = {"notes": (HOSTILE,)} if part == "notes" else {part: HOSTILE} if part != "header" else {}
    if part == "header":
        words = {"columns": (Column("a", "text", HOSTILE),), "rows": (("x",),)}
    table = spend(**words)

    for page in (table.html(), table._repr_mimebundle_()["text/html"]):
        root = html.fromstring(page)
        assert not root.xpath("//script")
        if part != "id":
            assert HOSTILE in " ".join(root.text_content().split())


def test_jupyterlab_shows_the_same_words_and_the_same_bytes_twice():
    first, second = spend()._repr_mimebundle_(), spend()._repr_mimebundle_()
    shown = html.fromstring(first["text/html"])

    assert first == second
    cells = [" ".join(cell.text_content().split()) for cell in shown.xpath("//tbody//th | //tbody//td")]
    assert cells == [text for row in spend().texts() for text in row]
    assert first["application/vnd.rdclib.table+json"] == spend().data()


def test_jupyterlab_reads_no_formula_between_dollar_signs():
    shown = spend()._repr_mimebundle_()["text/html"]

    assert re.match(r'<div class="[^"]*\bmathjax_ignore"', shown)


def test_a_table_from_a_frame_takes_the_named_columns_and_leaves_the_frame_alone():
    frame = pd.DataFrame(
        {"a": ["x", None], "n": pd.array([1, pd.NA], dtype="Float64"), "d": pd.to_datetime(["2024-01-02", None])}
    )
    before = frame.copy()

    table = Table.from_frame(
        frame, (Column("d", "date", "Day"), Column("n", "integer", "Count")), caption="Days", row_header=0
    )

    assert table.rows == ((datetime.date(2024, 1, 2), 1.0), (None, None))
    pd.testing.assert_frame_equal(frame, before)


def test_a_row_of_the_wrong_length_is_our_mistake():
    with pytest.raises(ValueError, match="a row has 1 cells for 2 columns"):
        Table("Caption", (Column("a", "text", "A"), Column("b", "text", "B")), (("x",),))
