"""A home for a test: engagements, reports, ledger, and notebooks that do what the test needs."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from rdclib.running import client

COMMAND = Path(__file__).with_name("command.py")
linux = pytest.mark.skipif(not client.FORKS, reason="forks and /proc are Linux's")

PARAMETERS = """\
engagement_name: str = "nowhere"  # a folder in data/engagements
period: str = "FY1999"  # a fiscal year
as_of: str = ""  # the day that counts as today
interactive: bool = True  # the runner sets this to False"""
START = """\
from rdclib.notebook import start
from rdclib.tables import Column, Table
from rdclib.narrative import Prose
engagement = start(engagement_name, period=period, as_of=as_of)"""
# What a city's notebook does beyond that is in its own files, so that one notebook serves all tests.
ACT = 'exec((engagement.raw / "act.py").read_text())'
SHOW = """\
words = (engagement.raw / "words.txt").read_text().split()
Table(f"Words of {engagement.facts.city}", (Column("word", "text", "Word"), Column("length", "integer", "Letters")),
      tuple((word, len(word)) for word in words))"""
TELL = 'Prose(f"{engagement.facts.city} sent {len(words)} words.")'


def notebook(path, *cells, tags=("parameters",), language="python"):
    """Write a notebook: text that begins with # is Markdown, the first code cell holds the parameters."""
    written, first = [], True
    for number, text in enumerate(cells):
        cell = {"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": text}
        if not text.startswith("#"):
            cell |= {"cell_type": "code", "outputs": [], "execution_count": None}
            cell["metadata"] = {"tags": list(tags)} if first else {}
            first = False
        written.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": language}
    content = {"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def city_report(folder, name="00_words"):
    """The notebook of most tests."""
    cells = ("# Words", PARAMETERS, "## Records", START, "## Acts", ACT, "## Results", SHOW, TELL)
    return notebook(folder / f"{name}.ipynb", *cells)


@dataclass
class Home:
    """A folder with engagements and reports, and the command to run there."""

    folder: Path

    @property
    def notebooks(self):
        return self.folder / "notebooks"

    @property
    def reports(self):
        return self.folder / "reports"

    @property
    def environment(self):
        return {
            "RDC_HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "TEST_NOTEBOOKS": str(self.notebooks),
        }

    def city(self, name, act="", words="alpha beta", **facts):
        """Make an engagement whose notebook runs ``act`` and counts ``words``."""
        raw = self.folder / "data" / "engagements" / name / "raw"
        raw.mkdir(parents=True)
        lines = {"city": name.title(), "period": "FY2024"} | facts
        (raw.parent / "engagement.yaml").write_text("".join(f"{key}: {value}\n" for key, value in lines.items()))
        (raw / "act.py").write_text(act)
        (raw / "words.txt").write_text(words)
        return raw.parent

    def start(self, *arguments, limits=(), **environment):
        """Start the command; returns its process."""
        return subprocess.Popen(
            [*limits, sys.executable, str(COMMAND), *arguments],
            env=os.environ | self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            # Tests that were started in the background would hand down that Ctrl-C is not to be heard.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def rdc(self, *arguments, seconds=120, **more):
        """Run the command to its end; returns its process with ``out`` and ``err``."""
        process = self.start(*arguments, **more)
        process.out, process.err = process.communicate(timeout=seconds)
        return process

    def status(self, name=""):
        """What the ledger says, by engagement and notebook."""
        shown = self.rdc("status", *([name] if name else []), "--json")
        assert shown.returncode == 0, shown.err
        return {(row["engagement"], row["notebook"]): row for row in json.loads(shown.out)["runs"]}

    def page(self, name, stem="00_words", period="FY2024"):
        """The file of a report."""
        return self.reports / name / period / f"{stem}.html"

    def processes(self):
        """Processes that were started in this home and are still there."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("RDC_HOME") == str(self.folder) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def assert_nothing_left(self, seconds=5):
        """No process of this home is there after some seconds."""
        wait_for(lambda: not self.processes(), seconds, lambda: self.processes())


def wait_for(true, seconds=30, what=lambda: "it did not happen"):
    """Wait until something is true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, what()
        time.sleep(0.05)
