"""Every notebook has the same shape: load, compute, show, say; and runs on an example city."""

import ast
import json
from itertools import pairwise

import pytest

from rdclib import places

NOTEBOOKS = sorted(places.NOTEBOOKS.glob("*.ipynb"))
NAMES = ("00_data_readiness", "01_procurement_assessment", "02_metric_selection", "03_performance_review")
PARAMETERS = {"engagement_name": "str", "period": "str", "as_of": "str", "interactive": "bool"}
# What belongs into a room of the house and not into a cell.
NOT_IN_A_CELL = (ast.For, ast.While, ast.If, ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.Try, ast.ListComp, ast.With)
LONGEST_CELL = 8  # lines


def cells(path, kind):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def code_of(cell):
    return "".join(cell["source"])


def tags_of(cell):
    return cell["metadata"].get("tags", [])


def test_the_four_notebooks_are_there():
    assert tuple(path.stem for path in NOTEBOOKS) == NAMES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestShape:
    def test_committed_without_outputs(self, path):
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells(path, "code"))

    def test_ids_are_stable_and_unique(self, path):
        ids = [cell["id"] for kind in ("code", "markdown") for cell in cells(path, kind)]
        assert len(ids) == len(set(ids))

    def test_parameters_are_plain_values_with_a_comment_each(self, path):
        (cell,) = [cell for cell in cells(path, "code") if "parameters" in tags_of(cell)]
        lines = code_of(cell).splitlines()
        assert all("  # " in line for line in lines)
        body = ast.parse(code_of(cell)).body
        assert {node.target.id: node.annotation.id for node in body} == PARAMETERS
        # Without a period of its own a copy opens whatever the city has chosen in engagement.yaml.
        assert [node.value.value for node in body] == ["riverbend", "", "", True]

    def test_a_cell_is_short_and_holds_no_logic(self, path):
        for cell in cells(path, "code"):
            if "parameters" in tags_of(cell):
                continue
            code = code_of(cell)
            assert len([line for line in code.splitlines() if line.strip()]) <= LONGEST_CELL, code
            assert not [node for node in ast.walk(ast.parse(code)) if isinstance(node, NOT_IN_A_CELL)], code

    def test_only_our_library_is_imported(self, path):
        for cell in cells(path, "code"):
            for node in ast.walk(ast.parse(code_of(cell))):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    assert (getattr(node, "module", "") or "").split(".")[0] == "rdclib", code_of(cell)

    def test_forms_are_for_the_advisor_only(self, path):
        for cell in cells(path, "code"):
            if "widgets." in code_of(cell):
                assert "advisor" in tags_of(cell), code_of(cell)
                assert "interactive=interactive" in code_of(cell), code_of(cell)

    def test_it_begins_with_a_title_and_headings_skip_no_level(self, path):
        levels = [
            len(line) - len(line.lstrip("#"))
            for cell in cells(path, "markdown")
            for line in code_of(cell).splitlines()
            if line.startswith("#")
        ]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
