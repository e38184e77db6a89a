"""The notebooks that make an engagement's reports, and the parameters they take."""

import ast
import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from rdclib import places
from rdclib.errors import ReportError, WrongUse

_KINDS = {"str": "text", "int": "a whole number", "bool": "true or false"}
_TYPES = {"str": str, "int": int, "bool": bool}
_SECRET = re.compile(r"pass(word|wd|phrase)|secret|token|credential|api_?key", re.IGNORECASE)


@dataclass(frozen=True)
class Stage:
    """A notebook: its file's stem, the title of its report, and its file."""

    name: str
    title: str
    path: Path


def _stage(name, title):
    return Stage(name, title, places.NOTEBOOKS / f"{name}.ipynb")


# In the order in which an engagement goes through them. Each reads the engagement's files only.
STAGES = (
    _stage("00_data_readiness", "Data readiness"),
    _stage("01_procurement_assessment", "Procurement assessment"),
    _stage("02_metric_selection", "Metric selection"),
    _stage("03_performance_review", "Performance review"),
)


def declared_parameters(path):
    """Read which parameters a notebook takes.

    Parameters
    ----------
    path : Path
        A notebook.

    Returns
    -------
    dict of str to str
        Name of each parameter and its kind: ``str``, ``int`` or ``bool``.

    Raises
    ------
    ReportError
        When the notebook does not exist, is not written in Python, or has no usable cell tagged ``parameters``.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ReportError(
            f"{path.name} cannot be read as a notebook.", fix=f"Bring the file back to {path.parent.name}/."
        ) from None
    metadata = notebook.get("metadata", {})
    language = (
        metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name") or "python"
    )
    if language.lower() != "python":
        raise ReportError(f"{path.name} is written in {language}.", fix="Reports are made from Python notebooks only.")
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise ReportError(
            f"{path.name} has {len(tagged) or 'no'} cell{'s' if tagged else ''} tagged 'parameters'.",
            fix="Tag the one cell that sets engagement_name and period, or every city gets the notebook's defaults.",
        )
    source = tagged[0]["source"]
    try:
        lines = ast.parse(source if isinstance(source, str) else "".join(source)).body
        declared = {line.target.id: line.annotation.id for line in lines}
        if unknown := set(declared.values()) - set(_KINDS):
            raise ValueError(unknown)
    except (SyntaxError, AttributeError, ValueError):
        raise ReportError(
            f"{path.name}: its parameters are not plain values.",
            fix='Write one a line with its kind, for example period: str = "FY2024" (str, int or bool).',
        ) from None
    return declared


def checked_parameters(path, given):
    """Check parameters against a notebook before it starts.

    Parameters
    ----------
    path : Path
        A notebook.
    given : dict
        Plain text, whole numbers, true or false. Where the notebook wants text, text stays text: ``06037`` keeps its
        zero. Where it wants a number or a truth value, text from a command line is read as one.

    Returns
    -------
    dict
        The values in the kinds that the notebook names.

    Raises
    ------
    WrongUse
        When the notebook does not take such a parameter, the value is of another kind, or the name sounds like a
        secret, which a report would carry.
    ReportError
        As `declared_parameters`.
    """
    declared = declared_parameters(path)
    return {name: _checked(path, declared, name, value) for name, value in given.items()}


def _checked(path, declared, name, value):
    if _SECRET.search(name):
        raise WrongUse(
            f"The parameter '{name}' sounds like a secret.",
            fix="Parameters are saved with the report. Put secrets into environment variables, never into parameters.",
        )
    if name not in declared:
        near = difflib.get_close_matches(name, declared, n=1)
        raise WrongUse(
            f"{path.name} has no parameter '{name}'.",
            fix=f"Did you mean '{near[0]}'?" if near else f"It takes: {', '.join(declared)}.",
        )
    kind = declared[name]
    if kind == "int" and type(value) is str and re.fullmatch(r"[+-]?[0-9]{1,18}", value):
        value = int(value)
    if kind == "bool" and type(value) is str and value.lower() in ("true", "false"):
        value = value.lower() == "true"
    # type(), because True is an int, and numpy's truth values and dates would become text on the way.
    if type(value) is not _TYPES[kind]:
        raise WrongUse(
            f"The parameter '{name}' is {value!r} ({type(value).__name__}).",
            fix=f"{path.name} takes {_KINDS[kind]} here.",
        )
    return value
