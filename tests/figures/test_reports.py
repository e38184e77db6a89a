"""Every figure of every report of an example city: all words can be read, and each says what it shows."""

import ast
import json

import pytest

from figures import legible
from rdclib import places
from rdclib.figures import Picture

pytestmark = pytest.mark.long


def pictures(path, engagement, kinds=Picture):
    """Run a notebook's cells as an unattended run does, and give the pictures (or other views) that they show."""
    names, shown = {}, []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)
        if "parameters" in cell["metadata"].get("tags", ()):
            names |= {"engagement_name": engagement, "period": "", "interactive": False}
        value = eval(compile(last, path.name, "eval"), names) if last else None
        if isinstance(value, kinds):
            shown.append(value)
    return shown


@pytest.mark.parametrize("path", sorted(places.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_figure_of_a_report_can_be_read(path):
    shown = pictures(path, "riverbend")

    assert shown
    assert {picture.id: faults for picture in shown if (faults := legible.faults(picture))} == {}
    for picture in shown:
        assert any(sign.isdigit() for sign in picture.alt), f"{picture.id}: the alternative text tells no number"
        assert picture.caption
        assert not picture.alt.startswith(("Figure", "Chart", "Picture", "Image"))
