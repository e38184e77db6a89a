"""`rdc lab` opens copies, so that nobody saves a city's numbers into the repository."""

import json
import shutil

import pytest

from rdclib import lab, places
from rdclib.errors import EngagementError


def notebook(text="x"):
    cells = [
        {
            "cell_type": "code",
            "metadata": {"tags": ["parameters"]},
            "source": ['engagement_name: str = "riverbend"  # a folder\n', 'period: str = ""  # a year\n'],
            "outputs": [],
            "execution_count": None,
            "id": "a",
        },
        {"cell_type": "markdown", "metadata": {}, "source": [text], "id": "b"},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def suite(tmp_path, monkeypatch):
    monkeypatch.setenv("RDC_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(places, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(places, "EXAMPLES", tmp_path / "examples")
    places.NOTEBOOKS.mkdir()
    (places.NOTEBOOKS / "00_first.ipynb").write_text(notebook())
    for folder in (places.engagements() / "springfield", places.EXAMPLES / "riverbend"):
        folder.mkdir(parents=True)
        (folder / "engagement.yaml").write_text("city: S\n")
    return tmp_path


def parameters(path):
    return "".join(json.loads(path.read_text())["cells"][0]["source"])


def test_the_copy_opens_this_engagement(suite):
    folder, kept = lab.copy_notebooks("springfield")

    assert folder == places.engagements() / "springfield" / "notebooks"
    assert kept == []
    assert parameters(folder / "00_first.ipynb") == (
        'engagement_name: str = "springfield"  # a folder\nperiod: str = ""  # a year\n'
    )


def test_an_untouched_copy_follows_the_suite_and_a_changed_one_stays(suite):
    folder, _ = lab.copy_notebooks("springfield")
    (places.NOTEBOOKS / "00_first.ipynb").write_text(notebook("newer"))

    assert lab.copy_notebooks("springfield")[1] == []
    assert "newer" in (folder / "00_first.ipynb").read_text()

    changed = json.loads((folder / "00_first.ipynb").read_text())
    changed["cells"][1]["source"] = ["my own words"]
    (folder / "00_first.ipynb").write_text(json.dumps(changed))
    assert lab.copy_notebooks("springfield")[1] == ["00_first.ipynb"]
    assert "my own words" in (folder / "00_first.ipynb").read_text()


def test_outputs_alone_are_no_change(suite):
    folder, _ = lab.copy_notebooks("springfield")
    run = json.loads((folder / "00_first.ipynb").read_text())
    run["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    (folder / "00_first.ipynb").write_text(json.dumps(run))

    assert lab.copy_notebooks("springfield")[1] == []


def test_an_example_city_is_copied_before_it_is_worked_on(suite):
    folder, _ = lab.copy_notebooks("riverbend")

    assert folder == places.engagements() / "riverbend" / "notebooks"
    assert not (places.EXAMPLES / "riverbend" / "notebooks").exists()
    assert places.folder("riverbend") == places.engagements() / "riverbend"


def test_a_copy_that_cannot_be_made_is_told_in_two_lines_and_leaves_nothing(suite, monkeypatch):
    def full(source, target):
        shutil.os.makedirs(target)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(lab.shutil, "copytree", full)
        with pytest.raises(EngagementError) as caught:
            lab.copy_notebooks("riverbend")

    assert str(caught.value) == (
        f"'riverbend' could not be copied to {places.engagements()} (No space left on device).\n"
        "Free some disk space there, get write permission for the folder, or choose another one with RDC_HOME."
    )
    assert places.folder("riverbend") == places.EXAMPLES / "riverbend"
    assert lab.copy_notebooks("riverbend")[0] == places.engagements() / "riverbend" / "notebooks"


def test_the_command_looks_at_no_network_and_opens_the_first_notebook(suite):
    folder, _ = lab.copy_notebooks("springfield")
    line, environment = lab.command(folder)

    assert "--LabApp.default_url=/lab/tree/notebooks/00_first.ipynb" in line
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in line
    assert (places.CHECKOUT / "rdclib/templates/jupyter").samefile(environment["JUPYTER_CONFIG_PATH"].split(":")[0])
