"""Opening an engagement in JupyterLab: a copy of the notebooks in the engagement's own folder."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

from rdclib import places, saved
from rdclib.errors import EngagementError

PRACTICE = "riverbend"  # the invented city that opens when no name is given


def own_folder(name):
    """The folder to work in; an example city is copied first, so that its committed files stay as they are.

    Raises
    ------
    EngagementError
        When the engagement does not exist, or the copy cannot be made.
    """
    folder = places.folder(name)
    if folder.parent != places.EXAMPLES:
        return folder
    own = places.engagements() / name
    partial = own.with_name(f".{name}.part")  # a copy that was cut short must not look like an engagement
    try:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(folder, partial)
        partial.rename(own)
    except (OSError, shutil.Error) as error:
        raise EngagementError(
            f"'{name}' could not be copied to {own.parent} ({getattr(error, 'strerror', None) or error}).",
            fix="Free some disk space there, get write permission for the folder, or choose another one with RDC_HOME.",
        ) from error
    return own


def copy_notebooks(name):
    """Put the notebooks into the engagement's folder, set to this engagement.

    A copy that somebody changed stays as it is; an untouched one follows the suite's newest version.

    Returns
    -------
    tuple of (Path, list of str)
        The folder of the copies, and the names of those that were left because somebody changed them.

    Raises
    ------
    EngagementError
        When the engagement does not exist.
    """
    folder = own_folder(name) / "notebooks"
    kept = []
    for source in sorted(places.NOTEBOOKS.glob("*.ipynb")):
        notebook = json.loads(source.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if "parameters" in cell["metadata"].get("tags", []):
                cell["source"] = [_set_name(line, name) for line in "".join(cell["source"]).splitlines(keepends=True)]
        notebook["metadata"]["rdclib"] = {"made_from": _fingerprint(notebook)}
        target = folder / source.name
        if target.exists() and _changed(target):
            kept.append(source.name)
        else:
            saved.write_text(target, json.dumps(notebook, ensure_ascii=False, indent=1) + "\n")
    return folder, kept


def _set_name(line, name):
    variable, sign, rest = line.partition("=")
    if not variable.startswith("engagement_name"):
        return line
    _, hash_sign, comment = rest.partition("  #")
    return f'{variable}{sign} "{name}"{hash_sign}{comment}'


def _fingerprint(notebook):
    """What a person can change in a notebook by typing: kinds and texts of its cells."""
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _changed(path):
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        return _fingerprint(notebook) != notebook["metadata"]["rdclib"]["made_from"]
    except (ValueError, KeyError, TypeError):
        return True


def command(folder):
    """The command and environment that open JupyterLab on the first notebook of a folder.

    No network request is made: news and update checks are off.
    """
    if not (notebooks := sorted(folder.glob("*.ipynb"))):
        raise EngagementError("The folder notebooks/ of the suite is empty.", fix="Restore it or install rdclib again.")
    line = [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={folder.parent}",
        f"--LabApp.default_url=/lab/tree/{folder.name}/{notebooks[0].name}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=",
    ]
    ours = str(places.CHECKOUT / "rdclib" / "templates" / "jupyter")
    paths = os.pathsep.join(filter(None, [ours, os.environ.get("JUPYTER_CONFIG_PATH")]))
    return line, {**os.environ, "JUPYTER_CONFIG_PATH": paths}


def open_lab(name):
    """Open an engagement in JupyterLab and wait until it is closed.

    Returns
    -------
    int
        JupyterLab's exit status.
    """
    folder, kept = copy_notebooks(name)
    print(f"Your copies of the notebooks are in {folder}.")
    if kept:
        print(f"Left as you changed them: {', '.join(kept)}. Delete one to get the suite's own again.")
    line, environment = command(folder)
    try:
        return subprocess.run(line, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0
