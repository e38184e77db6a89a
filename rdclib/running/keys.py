"""What a report was made from: hashes of every input, and sentences for what changed since."""

import hashlib
import json
import platform
import re
from functools import cache
from importlib import metadata
from pathlib import Path

from rdclib import places

_CHUNK = 1 << 20


class Hashes:
    """SHA-256 of files, computed again only when a file's size or times changed.

    Parameters
    ----------
    known : dict, optional
        Path to ``(signature, hash)`` from earlier.
    """

    def __init__(self, known=None):
        self.known = dict(known or {})
        self.new = {}

    def file(self, path):
        """SHA-256 of a file's bytes, as hex."""
        path = Path(path)
        found = path.stat()
        # The time of the last change of anything cannot be set back, as the time of the last writing can.
        signature = f"{found.st_size}.{found.st_mtime_ns}.{found.st_ctime_ns}.{found.st_ino}"
        name = str(path)
        if self.known.get(name, ("", ""))[0] != signature:
            digest = hashlib.sha256()
            with path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
            self.known[name] = self.new[name] = (signature, digest.hexdigest())
        return self.known[name][1]

    def folder(self, folder, leave_out=()):
        """SHA-256 of every regular file below a folder, by its name there; names that begin with a dot are left out."""
        found = {}
        for path in sorted(Path(folder).rglob("*")):
            inside = path.relative_to(folder)
            dotted = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
            left_out = inside.as_posix() in leave_out or inside.parts[0] in leave_out
            if not dotted and not left_out and path.is_file():
                # A name in another encoding than the system's cannot be written as text in our own files.
                found[inside.as_posix().encode("utf-8", "backslashreplace").decode()] = self.file(path)
        return found


def as_json(value):
    """Plain data as text for a file: the same data, the same bytes."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def short(value):
    """One hash of any plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


@cache
def versions():
    """Versions of Python and of the libraries that the reports depend on."""
    names = [re.match(r"[\w.-]+", need)[0] for need in metadata.requires("rdclib") or () if "extra ==" not in need]
    found = {"python": platform.python_version()}
    for name in ("rdclib", *names):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def common(hashes):
    """What all reports of a batch depend on: library, catalogue and versions."""
    return {
        "library": short(hashes.folder(Path(places.__file__).parent)),
        "catalogue": hashes.folder(places.CATALOGUE),
        "versions": versions(),
    }


def inputs(notebook, folder, parameters, hashes, common):
    """Everything that a report depends on.

    Parameters
    ----------
    notebook : Path
    folder : Path
        Of the engagement.
    parameters : dict
    hashes : Hashes
    common : dict
        From `common`.

    Returns
    -------
    dict
        ``notebook``, ``library``, ``catalogue``, ``data``, ``choices``, ``parameters``, ``versions``.
    """
    choices = Path(folder) / "choices.yaml"
    return common | {
        "notebook": {Path(notebook).name: hashes.file(notebook)},
        "data": data(folder, hashes),
        "choices": hashes.file(choices) if choices.is_file() else "",
        "parameters": parameters,
    }


def data(folder, hashes):
    """Hashes of an engagement's files, decisions left out; the same files give the same, in any folder."""
    # truth.yaml lists what was put into an invented city; no report reads it.
    return hashes.folder(folder, leave_out=("choices.yaml", "truth.yaml", "rejects.xlsx", "notebooks"))


def key(inputs):
    """One hash of all inputs: the same key, the same report."""
    return short(inputs)


def changes(before, after):
    """Describe what differs between two sets of inputs.

    Parameters
    ----------
    before, after : dict
        From `inputs`.

    Returns
    -------
    list of str
        Sentences without a capital, most important first; empty when they are equal.
    """
    reasons = []
    for part in ("data", "catalogue"):
        reasons += _files(before.get(part, {}), after[part])
    if before.get("choices") != after["choices"]:
        reasons.append("choices.yaml changed")
    reasons += _values(before.get("parameters", {}), after["parameters"], "parameter ")
    if before.get("notebook") != after["notebook"]:
        reasons.append("the notebook changed")
    if before.get("library") != after["library"]:
        reasons.append("the library rdclib changed")
    reasons += _values(before.get("versions", {}), after["versions"], "")
    return reasons


def _files(before, after):
    for name in sorted({*before, *after}):
        if name not in after:
            yield f"{name} is gone"
        elif name not in before:
            yield f"{name} is new"
        elif before[name] != after[name]:
            yield f"{name} changed"


def _values(before, after, word):
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"{word}{name}: {before.get(name, 'not there')} → {after.get(name, 'not there')}"
