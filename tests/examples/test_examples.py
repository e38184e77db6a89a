"""The example cities are what the generator makes, and as large and rich as an engagement should be."""

import subprocess
import sys
import zipfile

import pandas as pd
import pytest

from rdclib import saved
from rdclib.engagement import load_choices, load_engagement

CITIES = ("riverbend", "quillhaven", "ostermoor")


def content(path):
    """Bytes of a file; of a workbook its parts, since how they are packed depends on the machine's zlib."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist()}


@pytest.fixture(scope="session")
def made(tmp_path_factory, root):
    folder = tmp_path_factory.mktemp("cities")
    subprocess.run([sys.executable, root / "tests" / "examples" / "make.py", folder], check=True, cwd=root)
    return folder


@pytest.mark.parametrize("city", CITIES)
def test_the_generator_makes_the_committed_files_byte_for_byte(city, made, root):
    committed = root / "data" / "examples" / city
    names = sorted(path.relative_to(made / city) for path in (made / city).rglob("*") if path.is_file())

    assert names
    assert [name for name in names if content(made / city / name) != content(committed / name)] == []
    assert sorted(path.name for path in (committed / "raw").iterdir()) == sorted(
        name.name for name in names if name.parent.name == "raw"
    )


@pytest.mark.parametrize("city", CITIES)
def test_facts_and_choices_of_an_example_can_be_read(city):
    engagement = load_engagement(city)
    choices = load_choices(engagement)

    assert engagement.period.label == "FY2024"
    assert len(engagement.facts.metrics) >= 4
    assert len(choices.assessment.key_contracts) == 5
    assert choices.selection.contract_id == choices.assessment.key_contracts[0]
    assert {change.metric_id for change in choices.review.changes}


@pytest.mark.parametrize("city", CITIES)
def test_every_stage_has_planted_facts_and_decoys(city, root):
    truth = saved.read_yaml(root / "data" / "examples" / city / "truth.yaml")

    stages = {"readiness", "assessment", "selection", "review"}
    assert len(truth["facts"]) >= 8
    assert len(truth["decoys"]) >= 8
    assert {fact["stage"] for fact in truth["facts"]} == stages
    assert {decoy["stage"] for decoy in truth["decoys"]} == stages


@pytest.mark.parametrize("city", CITIES)
def test_answers_come_from_twelve_respondents_in_four_roles(city, root):
    answers = pd.read_csv(root / "data" / "examples" / city / "answers.csv", dtype=str, keep_default_na=False)

    latest = answers[answers["round"] == answers["round"].max()]
    assert latest["respondent"].nunique() >= 12
    assert latest["role"].nunique() >= 4
    assert {"not known", "not applicable"} <= set(latest["answer"])
    assert latest["question"].nunique() == 38
