"""How fast reports are made: five ways, the same notebooks and cities, each way ending in HTML.

    python tests/benchmarks/runner.py --cities 50 --few 2

a  the `papermill` command and `jupyter nbconvert` for each report, as one would do without us
b  `papermill.execute_notebook` in a loop, and our page
c  `ploomber-engine` in one process, without isolation, and our page
d  `rdc run` with one worker
e  `rdc run` with two workers

Ways a to c make the reports of a few cities, d and e those of all. Wall time is what a person waits on an idle machine;
processor time is steadier on a busy one. The floor is the notebooks' own computing and drawing, from the beginning of
each cell to its end; an account of the milliseconds above it comes first.
"""

import argparse
import importlib
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import Executor, Future
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from unittest import mock

from rdclib import places
from rdclib.running.stages import STAGES

LOOP = """
import sys, time
from pathlib import Path
from importlib.metadata import version
from rdclib import publish
from rdclib.engagement import load_engagement
way, notebooks, names, out = sys.argv[1], sys.argv[2].split(","), sys.argv[3].split(","), Path(sys.argv[4])
if way == "b":
    import papermill
    def execute(path, given):
        return papermill.execute_notebook(path, None, parameters=given, progress_bar=False)
else:
    import nbformat
    from ploomber_engine import execute_notebook
    def execute(path, given):
        return execute_notebook(path, None, parameters=given, progress_bar=False, verbose=False)
for name in names:
    engagement = load_engagement(name)
    given = {"engagement_name": name, "period": engagement.period.label, "as_of": "", "interactive": False}
    for path in notebooks:
        html = publish.page(execute(path, given), engagement, fingerprint="x", version=version("rdclib"))
        (out / f"{name}-{Path(path).stem}.html").write_text(html)
"""

# The command, with some of its notebooks.
OURS = """
import sys
from rdclib.__main__ import main
from rdclib.running import stages
names = sys.argv.pop(1).split(",")
stages.STAGES = tuple(stage for stage in stages.STAGES if stage.name in names)
sys.argv.insert(1, "run")
main()
"""


def measured(call):
    """Wall and processor seconds of a call, with all the processes that it started."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    call()
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def commands(notebooks, names, out):
    """Way a."""
    bin_folder = Path(sys.executable).parent
    for name in names:
        for path in notebooks:
            done = out / f"{name}-{path.stem}.ipynb"
            given = ["-r", "engagement_name", name, "-p", "interactive", "False", "-r", "period", ""]
            subprocess.run([bin_folder / "papermill", "--no-progress-bar", path, done, *given], check=True, **QUIET)
            subprocess.run(
                [bin_folder / "jupyter", "nbconvert", "--to", "html", "--no-input", done], check=True, **QUIET
            )


def loop(way, notebooks, names, out):
    """Ways b and c."""
    paths = ",".join(str(path) for path in notebooks)
    subprocess.run([sys.executable, "-c", LOOP, way, paths, ",".join(names), out], check=True, **QUIET)


def ours(notebooks, names, jobs):
    """Ways d and e."""
    stems = ",".join(path.stem for path in notebooks)
    command = [sys.executable, "-c", OURS, stems, *names, "--force", "--jobs", str(jobs)]
    subprocess.run(command, check=True, **QUIET)


# The parts of a report's way, in its order: what is called, where it is looked up, and what to call its time.
PARTS = (
    ("rdclib.running.keys", "inputs", "deciding: hashes of notebook, library, data"),
    ("rdclib.running.task", "_execute", "papermill, fork, sending of outputs"),
    ("rdclib.publish", "page", "page: tables, figures and prose as one HTML"),
    ("rdclib.running.secrets", "found", "looking for secrets"),
    ("rdclib.running.task", "_write", "writing page and numbers, with sync"),
    ("rdclib.running.reports", "put", "publishing: rename, sync, record"),
)
CELLS = "the notebook's cells"


class Here(Executor):
    """Runs a task where it was submitted, so that its parts can be timed."""

    def submit(self, call, /, *args, **given):
        """The finished task."""
        future = Future()
        future.set_result(call(*args, **given))
        return future


class Account:
    """Seconds of each part of a report's way, without those of the parts inside it."""

    def __init__(self):
        self.spent, self._open = defaultdict(float), []

    def begin(self, _=None):
        """A part begins."""
        self._open.append([time.perf_counter(), 0.0])

    def end(self, name):
        """The part that began last ends."""
        began, inside = self._open.pop()
        taken = time.perf_counter() - began
        self.spent[name] += taken - inside
        if self._open:
            self._open[-1][1] += taken

    def of(self, name, call):
        """The same callable, whose time is counted."""

        def counted(*args, **given):
            self.begin()
            try:
                return call(*args, **given)
            finally:
                self.end(name)

        return counted

    def cells(self, watch):
        """The same stream of messages, in which a cell counts from its beginning to its end."""

        def counted(*args, **given):
            for message in watch(*args, **given):
                if "begin" in message:
                    self.begin()
                elif "done" in message:
                    self.end(CELLS)
                yield message

        return counted


def account(stages, names):
    """Make the reports of some cities in this process and add up where the time goes, by notebook and part."""
    from rdclib.running import batch, client

    found = {}
    for stage in stages:
        again = {"force": True, "executor": Here(), "jobs": 1, "stages": (stage,)}
        batch.run(names[:1], **again)  # the server starts, imports are made
        sums = Account()
        with ExitStack() as stack:
            for module, name, words in PARTS:
                room = importlib.import_module(module)
                stack.enter_context(mock.patch.object(room, name, sums.of(words, getattr(room, name))))
            stack.enter_context(mock.patch.object(client, "watch", sums.cells(client.watch)))
            sums.begin()
            batch.run(names, **again)
            sums.end("ledger, locks, list of reports, screen")
        found[stage.name] = {part: seconds / len(names) for part, seconds in sums.spent.items()}
    client.close_own_server()
    return found


QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}


def main():
    """Run the ways that were asked for and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--cities", type=int, default=50, help="small cities for ways d and e")
    arguments.add_argument("--few", type=int, default=1, help="cities for ways a to c")
    arguments.add_argument("--city", default="quillhaven", help="the example that each city is a copy of")
    arguments.add_argument("--ways", default="abcde")
    arguments.add_argument("--notebooks", default="", help="beginnings of their names, such as 00,02; all unless given")
    asked = arguments.parse_args()
    home = Path(tempfile.mkdtemp(prefix="rdc-benchmark-"))
    os.environ |= {"RDC_HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "OPENBLAS_NUM_THREADS": "1"}
    names = [f"city-{number:03}" for number in range(asked.cities)]
    for name in names:
        shutil.copytree(places.EXAMPLES / asked.city, places.engagements() / name)
    notebooks = [stage.path for stage in STAGES if stage.name.startswith(tuple(asked.notebooks.split(",")))]
    out = home / "out"
    out.mkdir()
    few = names[: asked.few]
    ways = {
        "a": (few, lambda: commands(notebooks, few, out)),
        "b": (few, lambda: loop("b", notebooks, few, out)),
        "c": (few, lambda: loop("c", notebooks, few, out)),
        "d": (names, lambda: ours(notebooks, names, 1)),
        "e": (names, lambda: ours(notebooks, names, 2)),
    }
    result = {}
    print(f"{len(notebooks)} notebooks, copies of {asked.city}\n")
    stages = [stage for stage in STAGES if stage.path in notebooks]
    with redirect_stdout(io.StringIO()):
        spent = account(stages, few)
    print("milliseconds a report  " + "".join(f"{stage.name[:2]:>8}" for stage in stages))
    for part in (CELLS, *(words for *_, words in PARTS), "ledger, locks, list of reports, screen"):
        print(f"  {part:<46}" + "".join(f"{spent[stage.name][part] * 1000:8.0f}" for stage in stages))
    above = [1 - parts[CELLS] / sum(parts.values()) for parts in spent.values()]
    print(f"  {'above the floor':<46}" + "".join(f"{share:8.1%}" for share in above))
    per_report = sum(parts[CELLS] for parts in spent.values()) / len(spent)
    print(f"floor: {60 / per_report:.1f} reports a minute on one processor\n")
    print("way  reports    wall s   reports/min   processor s a report")
    for way in asked.ways:
        cities, call = ways[way]
        wall, processor = measured(call)
        number = len(cities) * len(notebooks)
        result[way] = number / wall * 60
        print(f"{way}    {number:7} {wall:9.1f} {result[way]:13.1f} {processor / number:22.2f}", flush=True)
    for first, second in (("d", "a"), ("d", "c"), ("e", "d")):
        if {first, second} <= set(result):
            print(f"{first} / {second} = {result[first] / result[second]:.2f}")
    made = (
        json.loads((home / "reports" / names[0] / "FY2024" / "run.json").read_text())["reports"]
        if "d" in result
        else {}
    )
    for name, report in made.items():
        print(f"{name}: {report['seconds']:.2f} s, peak {report['peak_mb']:.0f} MB")
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
