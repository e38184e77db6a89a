"""The documentation: it builds without a warning, and every link within it leads somewhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from rdclib import places
from rdclib.catalogue import load_indicators

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages as `make docs` builds them, in a folder of the test's own."""
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    built = subprocess.run(
        [*command, "-d", folder / "doctrees", places.CHECKOUT / "docs", folder / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder / "html"


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.ids = [], set()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids.add(given.get("id"))
        self.links += [given[name] for name in ("href", "src") if given.get(name)]


def read(path):
    page = Links()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def test_every_link_leads_somewhere(site):
    pages = {path.resolve(): read(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlparse(link)
            if parts.scheme or link == "#":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target.is_file() and (
                not parts.fragment or target not in pages or unquote(parts.fragment) in pages[target].ids
            )
            if not there:
                broken.append((str(path.relative_to(site)), link))

    assert len(pages) > len(load_indicators())
    assert broken == []


def test_pages_ask_nothing_of_the_network(site):
    loads = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?:https?:)?//[^\"]+\"")
    found = [(path.name, match) for path in site.rglob("*.html") for match in loads.findall(path.read_text("utf-8"))]

    assert found == []


def test_every_indicator_has_a_page_with_its_method_and_an_example(site):
    for indicator in load_indicators():
        text = (site / "reference/generated/indicators" / f"{indicator.id}.html").read_text(encoding="utf-8")
        assert "Method." in text
        assert "Worked example" in text


def test_the_readme_names_every_document_of_the_project():
    for name in ("CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md"):
        assert (Path(places.CHECKOUT) / name).is_file()
        assert name in (places.CHECKOUT / "README.md").read_text(encoding="utf-8")
