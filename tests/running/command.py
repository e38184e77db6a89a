"""The command `rdc`, with the notebooks of a test, and as if nobody worked on the library meanwhile.

Its fork server imports what these notebooks need instead of everything, which takes seconds each time;
tests/running/test_runs.py looks at a whole one.
"""

import os
import sys
from pathlib import Path

from rdclib.running import client, keys, stages

SERVER = """
import rdclib.narrative, rdclib.notebook, rdclib.tables
from rdclib.running import server
server.preload = server.warm_up = lambda: None
server.main()
"""
_command = client._command


def of_folder(folder):
    """The notebooks of a folder as stages."""
    paths = sorted(Path(folder).glob("*.ipynb"))
    return tuple(stages.Stage(path.stem, path.stem.replace("_", " ").capitalize(), path) for path in paths)


def common(hashes):
    """In place of `rdclib.running.keys.common`."""
    return {"library": "as it was", "catalogue": {"metrics.csv": "as it was"}, "versions": keys.versions()}


def light(room, *arguments):
    """In place of `rdclib.running.client._command`."""
    return [sys.executable, "-P", "-c", SERVER, *arguments] if room == "server" else _command(room, *arguments)


if __name__ == "__main__":
    from rdclib.__main__ import main

    client._command = light
    keys.common = common
    stages.STAGES = of_folder(os.environ["TEST_NOTEBOOKS"])
    main()
