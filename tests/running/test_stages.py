"""Parameters are checked before anything starts: plain, known, and of the kind that the notebook names."""

import datetime
import json
from decimal import Decimal

import numpy as np
import pytest

from rdclib.errors import ReportError, WrongUse
from rdclib.running import batch
from rdclib.running.stages import STAGES, checked_parameters, declared_parameters
from tests.running.homes import PARAMETERS, linux, notebook

KINDS = 'code: str = ""  # a code\nnumber: int = 3  # how many\nshown: bool = True  # whether'


@pytest.fixture
def path(tmp_path):
    return notebook(tmp_path / "01_kinds.ipynb", "# Kinds", KINDS)


def message(error):
    return str(error.value)


def test_the_kinds_are_read_from_the_notebook(path):
    assert declared_parameters(path) == {"code": "str", "number": "int", "shown": "bool"}


def test_row_12_a_notebook_without_a_parameters_cell_is_refused(tmp_path):
    path = notebook(tmp_path / "bare.ipynb", "# Bare", "code = 1", tags=())

    with pytest.raises(ReportError) as error:
        checked_parameters(path, {"code": "1"})

    assert message(error) == (
        "bare.ipynb has no cell tagged 'parameters'.\n"
        "Tag the one cell that sets engagement_name and period, or every city gets the notebook's defaults."
    )


@linux
def test_row_12_the_command_refuses_it_before_the_start(home):
    home.city("springfield")
    notebook(home.notebooks / "01_bare.ipynb", "# Bare", "1", tags=())

    ran = home.rdc("run", "springfield")

    assert ran.returncode == 1
    assert ran.err.startswith("01_bare.ipynb has no cell tagged 'parameters'.\n")
    assert not home.page("springfield").exists()
    assert home.status() == {}


def test_row_13_a_misspelt_parameter_is_refused_with_the_nearest_name(path):
    with pytest.raises(WrongUse) as error:
        checked_parameters(path, {"nubmer": 3})

    assert message(error) == "01_kinds.ipynb has no parameter 'nubmer'.\nDid you mean 'number'?"
    with pytest.raises(WrongUse) as error:
        checked_parameters(path, {"xyz": 3})
    assert message(error) == "01_kinds.ipynb has no parameter 'xyz'.\nIt takes: code, number, shown."


@linux
def test_row_13_the_command_refuses_it(home):
    home.city("springfield")

    ran = home.rdc("run", "springfield", "-p", "interactiv=true")

    assert (ran.returncode, ran.err) == (
        2,
        "00_words.ipynb has no parameter 'interactiv'.\nDid you mean 'interactive'?\n",
    )


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("shown", np.bool_(False), "np.False_ (bool)"),
        ("shown", 0, "0 (int)"),
        ("shown", "yes", "'yes' (str)"),
        ("number", True, "True (bool)"),
        ("number", np.int64(3), "np.int64(3) (int64)"),
        ("number", 3.0, "3.0 (float)"),
        ("number", "3.0", "'3.0' (str)"),
        ("number", "٣", "'٣' (str)"),
        ("code", 6037, "6037 (int)"),
        ("code", datetime.date(2024, 6, 30), "datetime.date(2024, 6, 30) (date)"),
        ("code", Decimal("1.10"), "Decimal('1.10') (Decimal)"),
        ("code", None, "None (NoneType)"),
    ],
    ids=repr,
)
def test_row_14_only_plain_values_of_the_right_kind(path, name, value, shown):
    with pytest.raises(WrongUse) as error:
        checked_parameters(path, {name: value})

    kind = {"shown": "true or false", "number": "a whole number", "code": "text"}[name]
    assert message(error) == f"The parameter '{name}' is {shown}.\n01_kinds.ipynb takes {kind} here."


@pytest.mark.parametrize("text", ["06037", "1E5", "1_000", "No", "true", "2024-06-30", "", "1.10", "null"])
def test_row_15_text_stays_text(path, text):
    assert checked_parameters(path, {"code": text}) == {"code": text}


def test_row_15_text_from_a_command_becomes_a_number_only_where_one_is_wanted(path):
    assert checked_parameters(path, {"number": "-12", "shown": "False"}) == {"number": -12, "shown": False}


@linux
def test_row_15_a_code_with_a_leading_zero_arrives_as_it_was_given(home):
    home.city("06037")
    cells = ("# Codes", f'{PARAMETERS}\ncode: str = "x"  # a code', "## Results")
    show = "from rdclib.narrative import Prose\nfrom rdclib.notebook import start\nengagement = start(engagement_name)"
    notebook(home.notebooks / "00_words.ipynb", *cells, f"{show}\nProse(f'code {{code}} of {{engagement_name}}')")

    ran = home.rdc("run", "06037", "-p", "code=007")

    assert ran.returncode == 0, ran.err
    assert "code 007 of 06037" in home.page("06037").read_text()


def test_what_the_command_has_an_option_for_is_no_parameter(here, make):
    here.city("springfield")

    with pytest.raises(WrongUse) as error:
        make("springfield", parameters={"period": "FY2023"})

    assert message(error) == (
        "'period' is not given as a parameter.\nGive the name itself, --period and --as-of instead."
    )


def test_row_22_a_notebook_in_another_language_is_refused(tmp_path):
    path = notebook(tmp_path / "stats.ipynb", "# R", "x <- 1", language="R")

    with pytest.raises(ReportError) as error:
        declared_parameters(path)

    assert message(error) == "stats.ipynb is written in R.\nReports are made from Python notebooks only."


@pytest.mark.parametrize(
    "source", ["a, b = 1, 2", "code = 1", "code: str", "when: date = x", "import os", "code: str ="]
)
def test_parameters_that_are_no_plain_values_are_refused(tmp_path, source):
    path = notebook(tmp_path / "odd.ipynb", "# Odd", source)
    if source == "code: str":
        assert declared_parameters(path) == {"code": "str"}
        return

    with pytest.raises(ReportError) as error:
        declared_parameters(path)

    assert message(error) == (
        "odd.ipynb: its parameters are not plain values.\n"
        'Write one a line with its kind, for example period: str = "FY2024" (str, int or bool).'
    )


def test_two_cells_of_parameters_are_refused(path):
    content = json.loads(path.read_text())
    content["cells"].append(content["cells"][-1] | {"id": "again"})
    path.write_text(json.dumps(content))

    with pytest.raises(ReportError) as error:
        declared_parameters(path)

    assert message(error).startswith("01_kinds.ipynb has 2 cells tagged 'parameters'.\n")


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    (tmp_path / "bad.ipynb").write_text("{")

    with pytest.raises(ReportError) as error:
        declared_parameters(tmp_path / "bad.ipynb")

    assert message(error) == f"bad.ipynb cannot be read as a notebook.\nBring the file back to {tmp_path.name}/."


@pytest.mark.parametrize("name", ["password", "api_key", "AWS_SECRET", "github_token"])
def test_row_28_a_parameter_that_sounds_like_a_secret_is_refused(path, name):
    with pytest.raises(WrongUse) as error:
        checked_parameters(path, {name: "x"})

    assert message(error) == (
        f"The parameter '{name}' sounds like a secret.\n"
        "Parameters are saved with the report. Put secrets into environment variables, never into parameters."
    )


def test_an_unknown_engagement_is_refused_before_the_start(here, make):
    here.city("springfield")

    with pytest.raises(WrongUse):
        make("springfield", "sprngfield")

    assert not here.page("springfield").exists()


def test_the_stages_are_the_notebooks_that_every_run_can_be_given(root):
    there = [stage for stage in STAGES if stage.path.exists()]

    for stage in there:
        assert declared_parameters(stage.path) == {
            "engagement_name": "str", "period": "str", "as_of": "str", "interactive": "bool",
        }  # fmt: skip
    assert [stage.name[:2] for stage in STAGES] == ["00", "01", "02", "03"]
    assert batch.fine({"state": "done", "why": ""})
