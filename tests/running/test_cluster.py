"""Several machines that share a folder: a dask scheduler and two workers, here on one machine."""

import json
import os
import subprocess
import sys

import psutil
import pytest

from tests.running.homes import linux, wait_for
from tests.running.test_stopped import WAITS, go, runs_of

pytest.importorskip("distributed")
pytestmark = [linux, pytest.mark.long]


@pytest.fixture
def cluster(home):
    """Address of a scheduler with two workers."""
    file = home.folder / "scheduler.json"
    started = []

    def start(room, *arguments):
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.dask_{room}",
            "--scheduler-file",
            str(file),
            "--no-dashboard",
        ]
        environment = os.environ | home.environment
        output = subprocess.DEVNULL
        started.append(subprocess.Popen([*command, *arguments], env=environment, stdout=output, stderr=output))
        return started[-1]

    worker = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--local-directory", str(home.folder))
    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        home.workers = [start("worker", *worker) for _ in range(2)]
        # The file is there before the address is in it.
        wait_for(lambda: file.exists() and file.read_text().rstrip().endswith("}"), 60)
        yield json.loads(file.read_text())["address"]
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_reports_are_made_by_the_workers_of_a_scheduler(home, cluster):
    for name in ("one", "two", "three"):
        home.city(name)
    home.city("fails", "1 / 0")
    home.city("killed", "import os; os.kill(os.getpid(), 9)")

    ran = home.rdc("run", "one", "two", "three", "fails", "killed", "--jobs", "2", "--scheduler", cluster)

    assert ran.returncode == 1
    assert {name: row["state"] for (name, _), row in home.status().items()} == {
        "one": "done", "two": "done", "three": "done", "fails": "failed", "killed": "killed",
    }  # fmt: skip
    assert all(worker.poll() is None for worker in home.workers)


def test_a_worker_that_is_lost_costs_no_report(home, cluster):
    for name in ("one", "two"):
        home.city(name, WAITS)
    process = home.start("run", "one", "two", "--jobs", "2", "--scheduler", cluster)
    wait_for(lambda: runs_of(home, "one") and runs_of(home, "two"), 120)

    home.workers[0].kill()
    home.workers[0].wait()
    go(home)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    assert out.splitlines()[-3] == "2 reports: 2 done."
    assert sorted(row["attempts"] for row in home.status().values()) == [1, 2]
    assert psutil.pid_exists(home.workers[1].pid)


def test_a_scheduler_that_does_not_answer_is_told(home):
    home.city("springfield")

    ran = home.rdc("run", "springfield", "--scheduler", "tcp//nowhere")

    assert ran.returncode == 1
    assert ran.err.splitlines()[-1] == (
        "Start one with dask scheduler and give the address that it prints, for example tcp://10.0.0.5:8786."
    )
