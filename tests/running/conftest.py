"""Homes, one fork server and one executor for the tests of the runner."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rdclib.running import batch, client
from tests.running.command import common, of_folder
from tests.running.homes import Home, city_report


@pytest.fixture
def home(tmp_path):
    """An empty home for the command, with the notebook of most tests; afterwards none of its processes may be left."""
    made = Home(tmp_path)
    city_report(made.notebooks)
    yield made
    made.assert_nothing_left()


@pytest.fixture(scope="session")
def server():
    """One fork server for all tests that ask it for runs themselves."""
    if not client.FORKS:
        pytest.skip("forks are Linux's")
    made = client.Server()
    yield made
    made.close()
    assert not Path(made.address).parent.exists()


@pytest.fixture(scope="session")
def executor():
    """Supervisors in this process, which share one fork server: what is tested is what the coordinator decides."""
    with ThreadPoolExecutor(2) as made:
        yield made
    client.close_own_server()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A home for runs in the test's own process."""
    made = Home(tmp_path)
    city_report(made.notebooks)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("rdclib.running.keys.common", common)
    monkeypatch.setattr("rdclib.running.stages.STAGES", of_folder(made.notebooks))
    return made


@pytest.fixture
def make(here, executor):
    """Make reports in this process; gives the rows by engagement and notebook."""

    def made(*names, **options):
        rows = batch.run(names, **{"executor": executor, "jobs": 2, "stages": of_folder(here.notebooks)} | options)
        return {(row["engagement"], row["notebook"]): row for row in rows}

    return made
