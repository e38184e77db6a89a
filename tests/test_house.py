"""The house: which room may use which, and through which door each outside library comes in."""

import ast
import subprocess
from pathlib import Path

import pytest

from rdclib import places

# Ground floor first. A room may use the floors below it and the rooms to its left.
FLOORS = (
    ("errors", "vocabulary", "places", "periods", "saved"),
    ("stats", "spc", "funnel", "its", "smaa", "power", "disclosure"),
    ("models", "schemas", "parsing", "catalogue", "choices", "engagement", "ocds", "checks", "intake", "records"),
    (
        "observations",
        "questionnaire",
        "payment",
        "contract_types",
        "selection",
        "review",
        "indicators",
        "assessment",
        "readiness",
    ),
    ("formats", "style", "templating", "tables", "figures", "narrative", "documents"),
    ("publish", "running", "widgets", "notebook", "lab", "__main__"),
)
# Outside libraries that only these rooms may import.
DOORS = {
    "matplotlib": {"figures", "style"},
    "jinja2": {"templating"},
    "pandera": {"schemas"},
    "pydantic": {"models", "choices", "engagement"},
    "ruamel": {"saved"},
    "scipy": set(FLOORS[1]),
    "statsmodels": set(FLOORS[1]),
    "ipywidgets": {"widgets"},
    "papermill": {"running"},
    "xlsxwriter": {"documents"},
    "pypandoc": {"documents"},
    "python_calamine": {"intake"},
    "rapidfuzz": {"intake"},
    "ocdsmerge": {"ocds"},
    "typer": {"__main__"},
}
TOP = {
    ".ci", ".github", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md",
    "LICENSE", "Makefile", "README.md", "SECURITY.md", "data", "docs",
    "environment.yml", "notebooks", "pyproject.toml", "rdclib", "reports", "requirements-dev.lock", "requirements.lock",
    "tests",
}  # fmt: skip
PLACE = {room: (height, side) for height, floor in enumerate(FLOORS) for side, room in enumerate(floor)}
FILES = sorted((places.CHECKOUT / "rdclib").rglob("*.py"))


def room_of(path):
    inside = path.relative_to(places.CHECKOUT / "rdclib")
    return inside.parts[0].removesuffix(".py")


def imports(path):
    """Dotted names that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by dots; write the whole name"
            if node.module == "rdclib":
                yield from (f"rdclib.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(places.CHECKOUT / "rdclib")))
def test_a_room_uses_the_floors_below_and_the_rooms_to_its_left(path):
    room = room_of(path)
    if room == "__init__":
        assert not list(imports(path))
        return
    assert room in PLACE, f"{room} is not drawn in the house: give it a floor here and in the README"
    for name in imports(path):
        top, *rest = name.split(".")
        if top == "rdclib" and rest and rest[0] != room:
            assert PLACE[rest[0]] < PLACE[room], f"{room} may not use {rest[0]}"
        if top in DOORS:
            assert room in DOORS[top], f"{top} comes in through {sorted(DOORS[top])}, not through {room}"


def test_the_readme_draws_the_same_house():
    readme = (places.CHECKOUT / "README.md").read_text(encoding="utf-8")
    drawn = [line for line in readme.splitlines() if " · " in line and line.split()[0] in DRAWN]

    assert [line.split()[0] for line in drawn] == list(DRAWN)
    for line, floor in zip(drawn, reversed(FLOORS), strict=True):
        rooms = line.split(maxsplit=1)[1].split("  ")[0]
        assert [room.strip().rstrip("/") for room in rooms.split("·")] == list(floor)


DRAWN = ("roof", "fourth", "third", "second", "first", "ground")


def test_every_room_exists():
    there = {room_of(path) for path in FILES} - {"__init__", "templates"}

    assert there == set(PLACE)


def test_nothing_else_lies_at_the_top():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=places.CHECKOUT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    if listed == [""]:
        pytest.skip("not a git checkout: which files are ours cannot be told")

    assert {Path(name).parts[0] for name in listed if name} <= TOP


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(places.CHECKOUT / "rdclib")))
def test_every_room_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path.name} has no first line"
