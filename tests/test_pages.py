"""Report pages in a real browser, opened by double click with no network."""

import shutil

import pytest
from test_publish import code, drawing, made, row, section, shown, table  # noqa: F401

from rdclib import publish
from rdclib.narrative import Prose
from rdclib.tables import Column, Table

pytestmark = pytest.mark.browser
WIDTHS = (320, 400, 1280)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no chromium on this machine: pages are not tried in a browser")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def wide():
    columns = (
        Column("i", "text", "Indicator"),
        *(Column(f"c{i}", "text", f"A rather long header number {i}") for i in range(8)),
        Column("m", "money", "Value"),
    )
    name = "An_indicator_with_a_name_that_nobody_can_break_" * 2
    return Table(
        "A caption that is longer than a telephone is wide, so that it has to be broken",
        columns,
        ((name, *"abcdefgh", 1e13),),
        currency="USD",
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    report = made(
        section("In brief"),
        shown(Prose("Riverbend spends **$74.6 million**.\n\n- One\n- Two\n\n> A note. `code`\n\n" + "unbroken" * 30)),
        section("Portfolio"),
        shown(drawing()),
        shown(drawing("Two panels.", columns=2)),
        shown(wide()),
        shown(table(caption="Portfolio")),  # as its section: two landmarks of one name would confuse a screen reader
        shown(table()),
        shown(Table("Long", (Column("a", "integer", "Number"),), tuple((i,) for i in range(100)))),
        city="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
    )
    rows = [row(), row(title="Performance review", state="failed", good=False), row(city="Oakton", href="", good=False)]
    texts = {
        "report": report,
        "index": publish.index(rows, version="1"),
        "unavailable": publish.unavailable(title="Review", city="Oakton", period="FY2024", version="1"),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


def opened(browser, pages, name, width):
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
    page = context.new_page()
    troubles = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.goto((pages / f"{name}.html").as_uri())
    return page, troubles


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["report", "index", "unavailable"])
def test_pages_have_no_axe_violations_and_no_trouble(browser, pages, name, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page, troubles = opened(browser, pages, name, width)

    # axe is put into the page from outside, past the page's own ban on scripts.
    results = axe.Axe().run(page)

    assert [violation["id"] for violation in results.response["violations"]] == []
    assert troubles == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["report", "index", "unavailable"])
def test_pages_never_scroll_sideways(browser, pages, name, width):
    page, _ = opened(browser, pages, name, width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.scrollWidth") <= width


def test_a_wide_table_scrolls_inside_its_region_and_by_keyboard(browser, pages):
    page, _ = opened(browser, pages, "report", 320)
    region = page.get_by_role("group", name="A caption that is longer")

    assert region.evaluate("e => e.scrollWidth > e.clientWidth")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("e => e.scrollLeft > 0", arg=region.element_handle())


@pytest.mark.parametrize("width", WIDTHS)
def test_no_number_reaches_into_the_next_column(browser, pages, width):
    page, _ = opened(browser, pages, "report", width)

    wide = "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)"
    assert page.eval_on_selector_all(".number", wide) == []


def test_figures_are_drawn_and_described(browser, pages):
    page, _ = opened(browser, pages, "report", 400)
    image = page.get_by_role("img", name="Fire has 12 contracts.")

    assert image.evaluate("e => e.complete && e.naturalWidth > 0")
    assert image.bounding_box()["width"] <= 360


@pytest.mark.parametrize(("width", "moved"), [(400, True), (1280, False)])
def test_panels_beside_each_other_stay_readable_on_a_telephone(browser, pages, width, moved):
    page, _ = opened(browser, pages, "report", width)
    figure, image = page.locator("figure.wide"), page.get_by_role("img", name="Two panels.")

    # 8.5 points of a drawing 6 inches wide.
    assert image.bounding_box()["width"] / 6 * 8.5 / 72 >= 9
    assert figure.evaluate("e => e.scrollWidth > e.clientWidth") == moved
    if moved:
        figure.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("e => e.scrollLeft > 0", arg=figure.element_handle())
        assert page.get_by_text("Caption. Two panels.").bounding_box()["x"] >= 0


def test_contents_lead_to_their_sections(browser, pages):
    page, _ = opened(browser, pages, "report", 1280)

    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Portfolio").click()

    assert page.url.endswith("#portfolio")
    assert page.get_by_role("region", name="Portfolio").bounding_box()["y"] < 400


def test_on_paper_no_row_figure_or_short_table_is_cut(browser, pages):
    page, _ = opened(browser, pages, "report", 1280)
    page.emulate_media(media="print")

    cut = page.eval_on_selector_all(
        "figure, tr, .table:not(.long) .scroll, .notes p",
        "all => all.filter(e => getComputedStyle(e).breakInside !== 'avoid').length",
    )
    assert cut == 0
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
