"""Settings of the documentation. `make docs` builds it without a network."""

import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

project = "rdclib"
author = "The rdclib maintainers"
release = metadata.version("rdclib")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "signature"
html_theme = "pydata_sphinx_theme"
html_title = "rdclib"
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "navigation_with_keys": False,
}


def setup(app):
    """Write the reference pages that come from the catalogue and the code before anything is read."""
    import generate

    app.connect("builder-inited", lambda app: generate.write(Path(app.srcdir) / "reference" / "generated"))
