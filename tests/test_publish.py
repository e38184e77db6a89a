"""Executed notebooks as pages."""

import base64
import datetime
import hashlib
import re
from types import SimpleNamespace

import nbformat.v4 as v4
import pytest
from lxml import html

from rdclib import periods, publish
from rdclib.errors import ReportError
from rdclib.figures import Picture, picture
from rdclib.narrative import Prose
from rdclib.tables import Column, Table

HOSTILE = '<script>alert(1)</script> [x](http://e) ![i](http://e/i.png) "q" & $a$'


def engagement(city="Riverbend"):
    facts = SimpleNamespace(city=city, language="en", smallest_group=11)
    period = periods.parse("FY2024", "07-01")
    return SimpleNamespace(name="riverbend", facts=facts, period=period, as_of=datetime.date(2024, 6, 30))


def code(*outputs, tags=(), run=1):
    return v4.new_code_cell("show()", execution_count=run, outputs=list(outputs), metadata={"tags": list(tags)})


def shown(thing, **cell):
    bundle = thing._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    return code(v4.new_output("execute_result", data=data, metadata=metadata, execution_count=1), **cell)


def table(name="Fire", caption="Contracts", **words):
    columns = (Column("d", "text", "Department"), Column("n", "integer", "Contracts"))
    return Table(caption, columns, ((name, 12),), **words)


def drawing(words="Fire has 12 contracts.", columns=1):
    figure, axes = picture.canvas(2, columns=columns)
    picture.bars(axes if columns == 1 else axes[0], ["Fire"], [12], ["12"])
    return Picture(figure, words, f"Caption. {words}", "contracts")


def notebook(*cells):
    return v4.new_notebook(cells=[v4.new_markdown_cell("# Procurement assessment\n\nWhere the city stands."), *cells])


def made(*cells, city="Riverbend", **words):
    return publish.page(notebook(*cells), engagement(city), **{"fingerprint": "ab" * 32, "version": "1.2.3"} | words)


def read(*cells, **words):
    return html.fromstring(made(*cells, **words))


def said(element):
    return " ".join(element.text_content().split())


def section(name="Portfolio"):
    return v4.new_markdown_cell(f"## {name}")


def test_the_top_says_what_whose_and_when():
    page = read(section(), shown(table()))

    assert page.xpath("//h1/text()") == ["Procurement assessment"]
    assert said(page.xpath("//header")[0]) == (
        "RiverbendProcurement assessmentPeriodFY2024, July 1, 2023 to June 30, 2024As ofJune 30, 2024"
    )
    assert page.xpath("//title/text()") == ["Procurement assessment – Riverbend – FY2024"]
    assert page.get("lang") == "en"


def test_the_page_can_be_traced_to_library_and_data():
    page = read(section(), shown(table()), stamp="Made on a Tuesday")
    metas = {m.get("name"): m.get("content") for m in page.xpath("//meta[@name]")}

    assert metas["rdclib:engagement"] == "riverbend"
    assert metas["rdclib:period"] == "FY2024"
    assert metas["rdclib:as-of"] == "2024-06-30"
    assert metas["rdclib:fingerprint"] == "ab" * 32
    assert [said(p) for p in page.xpath("//footer/p[@class='stamp']")] == [
        "rdclib 1.2.3 · engagement riverbend · data abababababababab",
        "Made on a Tuesday",
    ]
    assert "Groups of fewer than 11 people are suppressed to protect privacy." in said(page.xpath("//footer")[0])


def test_sections_tables_figures_and_prose_follow_the_notebook():
    page = read(section(), shown(Prose("**One** in four.")), shown(drawing()), section("Time"), shown(table()))

    assert page.xpath("//main/section/h2/text()") == ["Portfolio", "Time"]
    assert page.xpath("//nav//a/@href") == ["#portfolio", "#time"]
    assert page.xpath("//section[1]//strong/text()") == ["One"]
    assert page.xpath("//section[1]//figure/img/@alt") == ["Fire has 12 contracts."]
    assert page.xpath("//section[1]//figure/figcaption/text()") == ["Caption. Fire has 12 contracts."]
    assert said(page.xpath("//section[2]//caption")[0]) == "Contracts"
    assert page.xpath("//section[2]//tbody//th[@scope='row']/text()") == ["Fire"]


def test_contents_list_sections_and_their_parts():
    part = v4.new_markdown_cell("### Time & cost\n\nText.\n\n#### Deeper\n\nText.")
    page = read(section(), part, section("Next"), shown(table()))

    assert page.xpath("//nav/ol/li/a/text()") == ["Portfolio", "Next"]
    assert page.xpath("//nav/ol/li/ol/li/a/text()") == ["Time & cost"]
    assert page.xpath("//nav/ol/li/ol/li/a/@href") == ["#time-cost"]


def test_code_parameters_and_what_only_the_advisor_sees_are_left_out():
    page = made(
        v4.new_code_cell("secret = 'x-code-x'", execution_count=1, metadata={"tags": ["parameters"]}),
        section("Weights"),
        v4.new_markdown_cell("x-advice-x", metadata={"tags": ["advisor"]}),
        shown(table("x-form-x"), tags=("advisor",)),
        section("Portfolio"),
        shown(table()),
        code(v4.new_output("stream", name="stdout", text="x-print-x")),
    )

    assert [word for word in ("x-code-x", "x-advice-x", "x-form-x", "x-print-x", "period =") if word in page] == []
    assert "show()" not in page


def test_a_heading_with_nothing_below_it_is_left_out():
    page = read(
        section("Weights"),
        shown(table(), tags=("advisor",)),
        section("A"),
        v4.new_markdown_cell("### B"),
        shown(table()),
    )

    assert page.xpath("//h2/text() | //h3/text()") == ["Contents", "A", "B", "About this report"]


def test_no_heading_level_is_skipped_and_there_is_one_h1():
    page = read(v4.new_markdown_cell("# Second\n\nText.\n\n##### Deep\n\nText.\n\n## Back\n\nText."))

    levels = [int(h.tag[1]) for h in page.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5]")]
    assert levels == [2, 3, 2]
    assert len(page.xpath("//h1")) == 1


def test_ids_are_unique_and_every_reference_finds_its_element():
    page = read(
        section("Contracts"), shown(table()), shown(table()), shown(drawing()), section("Contracts"), shown(table())
    )
    ids = page.xpath("//@id")

    assert len(ids) == len(set(ids))
    for reference in (*page.xpath("//@aria-labelledby"), *(link[1:] for link in page.xpath("//a/@href"))):
        assert reference in ids


def test_a_citys_words_are_shown_as_they_are_wherever_they_stand():
    page = read(
        section(),
        shown(table(HOSTILE, caption=HOSTILE, notes=(HOSTILE,), id=HOSTILE)),
        shown(drawing(HOSTILE)),
        city=HOSTILE,
        title=HOSTILE,
        stamp=HOSTILE,
        version=HOSTILE,
    )

    assert not page.xpath("//script | //main//a | //footer//a | //img[not(starts-with(@src, 'data:image/'))]")
    for place in ("//h1", "//header/p", "//title", "//caption", "//tbody//th", "//div[@class='notes']", "//footer"):
        assert HOSTILE in said(page.xpath(place)[0])
    assert page.xpath("//img/@alt") == [HOSTILE]


def test_html_in_an_explanation_is_inert():
    page = read(v4.new_markdown_cell("## A\n\n<script>x</script> <img src=x onerror=y>"))

    assert not page.xpath("//script | //main//img")


def test_the_page_allows_no_script_and_fetches_nothing():
    text = made(section(), shown(drawing()))
    page = html.fromstring(text)
    look = page.xpath("//style/text()")[0]
    digest = base64.b64encode(hashlib.sha256(look.encode()).digest()).decode()

    assert page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == [
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
    assert not page.xpath("//link | //iframe | //object | //*[@style] | //@*[starts-with(name(), 'on')]")
    assert not re.search(r"url\(|@import|http://|https://", look)


def test_two_pages_of_the_same_run_are_the_same_bytes():
    cells = (section(), shown(drawing()), shown(table()))

    assert made(*cells) == made(*cells)


def test_a_failed_cell_is_never_published():
    failed = code(
        v4.new_output("error", ename="DataFileError", evalue="contracts.csv is empty.\nSend it again.", traceback=[])
    )

    with pytest.raises(ReportError) as error:
        made(section(), failed)

    assert str(error.value) == (
        "Cell 3 under 'Portfolio' stopped with DataFileError: contracts.csv is empty. Send it again.\n"
        "Open the notebook with rdc lab and run it; then fix the problem shown under that cell."
    )


def test_a_failed_cell_of_the_advisors_is_not_published_either():
    failed = v4.new_output("error", ename="ValueError", evalue="x", traceback=[])

    with pytest.raises(ReportError, match="Cell 2 stopped with ValueError: x"):
        made(code(failed, tags=("advisor",)))


def test_a_cell_that_was_not_run_is_never_published():
    with pytest.raises(ReportError) as error:
        made(section("A & B"), shown(table()), code(run=None))

    assert str(error.value) == ("Cell 4 under 'A & B' was not run.\nRun the whole notebook, then publish it again.")


def test_a_picture_without_alternative_text_is_refused():
    bare = v4.new_output("display_data", data={"image/png": "iVBORw0KGgo="})

    with pytest.raises(ReportError) as error:
        made(code(bare))

    assert str(error.value) == (
        "Cell 2 shows a picture without alternative text.\n"
        "Show it as a rdclib.figures.Picture with the finding in its alternative text."
    )


def test_html_of_unknown_origin_is_refused():
    frame = v4.new_output("execute_result", data={"text/html": "<table>", "text/plain": "df"}, execution_count=1)

    with pytest.raises(ReportError) as error:
        made(code(frame))

    assert str(error.value) == (
        "Cell 2 shows HTML that is not a table, picture or prose of rdclib.\n"
        "Show it through rdclib.tables, rdclib.figures or rdclib.narrative, or tag the cell 'advisor'."
    )


def row(**words):
    usual = {"engagement": "riverbend", "city": "Riverbend", "period": "FY2024", "title": "Data readiness"}
    return usual | {"state": "finished", "good": True, "href": "riverbend/FY2024/00.html", "made": "2024-07-01"} | words


def test_the_index_lists_cities_by_name_and_the_latest_period_first():
    rows = [row(), row(period="FY2025"), row(city="Oakton", engagement="oakton"), row(title="Performance review")]

    page = html.fromstring(publish.index(rows, version="1"))

    assert [said(th) for th in page.xpath("//thead//th")] == ["City", "Period", "Data readiness", "Performance review"]
    assert [[said(cell) for cell in line.xpath("*")] for line in page.xpath("//tbody/tr")] == [
        ["Oaktonoakton", "FY2024", "Open2024-07-01", "–"],
        ["Riverbendriverbend", "FY2025", "Open2024-07-01", "–"],
        ["Riverbendriverbend", "FY2024", "Open2024-07-01", "Open2024-07-01"],
    ]
    assert page.xpath("//tbody//a/@aria-label")[0] == "Open: Data readiness, Oakton, FY2024"


def test_the_index_marks_what_failed_and_links_the_last_good_report():
    rows = [row(state="failed", good=False), row(title="Review", state="hung", good=False, href="", made="")]

    page = html.fromstring(publish.index(rows, version="1"))

    assert [said(cell) for cell in page.xpath("//tbody//td")] == ["FY2024", "failedLast good: Open2024-07-01", "hung"]
    assert page.xpath("//tbody//a/@href") == ["riverbend/FY2024/00.html"]


def test_an_index_of_nothing_says_how_to_begin():
    page = html.fromstring(publish.index([], version="1"))

    assert said(page.xpath("//main")[0]) == "There are no reports yet. Make them with rdc run --all."


def test_hostile_names_in_the_index_stay_names():
    page = html.fromstring(publish.index([row(city=HOSTILE, state=HOSTILE, good=False, made=HOSTILE)], version="1"))

    assert not page.xpath("//script | //img")
    assert HOSTILE in said(page.xpath("//tbody")[0])


def test_where_no_report_could_be_made_a_plain_page_says_so():
    page = html.fromstring(publish.unavailable(title="Review", city=HOSTILE, period="FY2024", version="1"))

    assert said(page.xpath("//main")[0]) == (
        "This report could not be made, and there is no earlier one. Ask the advisor who sent you here. "
        "The command rdc status shows what to fix."
    )
    assert HOSTILE in said(page.xpath("//header")[0])
