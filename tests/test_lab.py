"""Forms, figures and notebooks in a real JupyterLab, in a real browser."""

import json
import os
import shutil
import subprocess
import time

import nbformat
import nbformat.v4 as v4
import pytest

from rdclib import lab, places

pytestmark = [pytest.mark.browser, pytest.mark.long]
START_SECONDS, RUN_SECONDS = 60, 400
FORM = """
from rdclib.errors import EngagementError
from rdclib.widgets import base


def save(values, author):
    if values["weight"] > 5:
        raise EngagementError("The weight is over 5.", fix="Give it at most 5.")


fields = {
    "weight": base.number("Weight of value", 1, 0, 10),
    "count": base.integer("Contracts shown", 5, 1, 20),
    "problem": base.text("Problem in one sentence"),
    "why": base.long_text("Why does it matter, in words that a resident would use, for whom and since when?"),
    "due": base.date("Due date"),
    "method": base.choice("Method", ["open", "direct"], "open"),
    "level": base.radio("How are contracts planned?", ["not at all", "from a list"], "not at all"),
    "topics": base.several("Topics", ["housing", "streets"], ("streets",)),
}
base.form("Weights", fields, save, interactive=True, advice="Think of residents.")
"""
SHOW = """
from rdclib.figures import Picture, picture
from rdclib.narrative import Prose
from rdclib.tables import Column, Table
figure, axes = picture.canvas(2)
picture.bars(axes, ["Fire"], [12], ["12"])
"""
RANGE = "$1.2 million to $1.5 million"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the example cities' notebooks as an advisor gets them, and a notebook of forms."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [
        v4.new_markdown_cell("# Forms"),
        v4.new_code_cell(FORM.strip()),
        v4.new_code_cell(SHOW.strip()),
        v4.new_code_cell('Picture(figure, "Fire has 12 contracts.", "Contracts.", "contracts")'),
        v4.new_code_cell(f'Prose("Between {RANGE}.")'),
        v4.new_code_cell(f'Table("{RANGE}", (Column("a", "text", "A"),), (("{RANGE}",),), notes=("{RANGE}",))'),
    ]
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (folder / "notebooks").mkdir()
    nbformat.write(v4.new_notebook(cells=cells, metadata=python), folder / "notebooks" / "forms.ipynb")
    for source in places.NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(source, folder / "notebooks")
    return folder


@pytest.fixture(scope="module")
def server(home):
    """JupyterLab as `rdc lab` starts it, with settings of its own; gives address and token."""
    own = {name: str(home / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    runtime = home / "runtime"
    line, environment = lab.command(home / "notebooks")
    environment |= own | {"JUPYTER_RUNTIME_DIR": str(runtime), "RDC_HOME": str(home)}
    python_path = [str(places.CHECKOUT), os.environ.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, python_path))
    started = subprocess.Popen(
        [*line, "--no-browser", "--allow-root", "--ServerApp.port=0"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _address(runtime, started)
    finally:
        started.terminate()
        started.wait(30)


def _address(runtime, started):
    for _ in range(START_SECONDS * 5):
        for file in runtime.glob("jpserver-*.json"):
            try:
                info = json.loads(file.read_text())
            except ValueError:  # half written
                continue
            return info["url"], info["token"]
        assert started.poll() is None, "JupyterLab ended while it was starting"
        time.sleep(0.2)
    raise AssertionError("JupyterLab did not start")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no chromium on this machine: notebooks are not tried in JupyterLab")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def run_all(browser, server, file):
    """Open a notebook and run it; give the page and the code cells as they were saved afterwards."""
    url, token = server
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{url}doc/tree/notebooks/{file.name}?token={token}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=START_SECONDS * 1000)
    idle = "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
    # Without the kernel's name "Run All" asks which kernel to take, or does nothing.
    named = "document.querySelector('.jp-KernelName')?.textContent.includes('Python 3')"
    page.wait_for_function(f"{named} && {idle}", timeout=START_SECONDS * 1000)
    page.wait_for_timeout(1000)
    page.locator('.lm-MenuBar-itemLabel:text-is("Run")').click()
    page.locator('.lm-Menu-itemLabel:text-is("Run All Cells")').click()
    page.wait_for_timeout(1000)
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        page.wait_for_function(idle, timeout=RUN_SECONDS * 1000)
        # The saved file knows every cell; the screen holds only those in sight.
        page.locator('.lm-MenuBar-itemLabel:text-is("File")').click()
        page.locator('.lm-Menu-itemLabel:text-is("Save Notebook")').click()
        page.wait_for_timeout(2000)
        try:
            cells = [c for c in nbformat.read(file, as_version=4).cells if c.cell_type == "code"]
        except nbformat.reader.NotJSONError:  # half written
            continue
        if errors_of(cells) or all(cell.execution_count for cell in cells):
            return page, cells
    raise AssertionError(f"{file.name} was still running after {RUN_SECONDS} seconds")


def errors_of(cells):
    outputs = [output for cell in cells for output in cell.outputs]
    return [output.evalue for output in outputs if output.output_type == "error"] + [
        output.text for output in outputs if output.get("name") == "stderr"
    ]


@pytest.fixture(scope="module")
def forms(browser, server, home):
    page, cells = run_all(browser, server, home / "notebooks" / "forms.ipynb")
    assert errors_of(cells) == []
    return page


def test_forms_have_no_axe_violations(forms):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    forms.wait_for_selector(".rdc-form")

    results = axe.Axe().run(forms, context=".rdc-form")

    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in results.response["violations"]] == []


@pytest.mark.parametrize(
    "label",
    [
        *("Weight of value", "Contracts shown", "Problem in one sentence", "Due date", "Method", "Your name"),
        "Why does it matter, in words that a resident would use, for whom and since when?",
        *("not at all", "housing"),
    ],
)
def test_every_field_is_found_by_its_label(forms, label):
    assert forms.locator(".rdc-form").get_by_label(label, exact=True).is_visible()


def test_saving_says_who_saved_and_what_to_mend(forms):
    form, status = forms.locator(".rdc-form"), forms.locator(".rdc-form").get_by_role("status")

    form.get_by_role("button", name="Save").click()
    status.get_by_text("Nothing was saved: your name is missing.").wait_for()
    form.get_by_label("Your name").fill("Ana")
    form.get_by_label("Weight of value").fill("6")
    forms.keyboard.press("Tab")
    form.get_by_role("button", name="Save").click()
    status.get_by_text("Nothing was saved. The weight is over 5.").wait_for()
    assert status.inner_text() == "Nothing was saved. The weight is over 5.\nGive it at most 5."
    form.get_by_label("Weight of value").fill("5")
    forms.keyboard.press("Tab")
    form.get_by_role("button", name="Save").click()
    status.get_by_text("Saved by Ana, ").wait_for()


def test_figures_in_jupyterlab_have_their_alternative_text(forms):
    assert forms.get_by_role("img", name="Fire has 12 contracts.").count() == 1


def test_amounts_between_dollar_signs_are_no_formula(forms):
    forms.wait_for_timeout(500)  # a formula would be set a moment after the output appears

    assert forms.locator("mjx-container, .MathJax").count() == 0
    assert forms.get_by_text(RANGE).count() >= 4


@pytest.mark.parametrize("path", sorted(places.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_each_notebook_runs_in_jupyterlab_without_an_error(browser, server, home, path):
    page, cells = run_all(browser, server, home / "notebooks" / path.name)
    page.close()

    assert errors_of(cells) == []
    # Each notebook shows forms to the advisor, pictures, tables and sentences.
    kinds = {kind for cell in cells for output in cell.outputs for kind in output.get("data", ())}
    assert kinds >= {"image/svg+xml", "application/vnd.rdclib.table+json", "text/markdown"}
