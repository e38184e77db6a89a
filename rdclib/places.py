"""Where things are: the suite's own files, and the folder that holds engagements and reports."""

import os
import re
from pathlib import Path

from rdclib.errors import WrongUse

CHECKOUT = Path(__file__).resolve().parents[1]
IN_CHECKOUT = (CHECKOUT / "pyproject.toml").is_file() and (CHECKOUT / "notebooks").is_dir()
# Notebooks, catalogue and example cities: at the top of a checkout, inside an installed package.
SUITE = CHECKOUT if IN_CHECKOUT else CHECKOUT / "rdclib" / "suite"
CATALOGUE = SUITE / "data" / "catalogue"
NOTEBOOKS = SUITE / "notebooks"
EXAMPLES = SUITE / "data" / "examples"

# A name becomes a folder, a file and part of a link, so it is plain on every system.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])")


def home():
    """The folder with ``data/engagements`` and ``reports``.

    ``RDC_HOME`` where it is set, else the checkout, else ``rdclib`` in the user's own folder.
    """
    return Path(os.environ.get("RDC_HOME") or (CHECKOUT if IN_CHECKOUT else Path.home() / "rdclib")).resolve()


def engagements():
    """The folder of the cities' own engagements."""
    return home() / "data" / "engagements"


def reports():
    """The folder that reports are written to."""
    return home() / "reports"


def checked_name(name):
    """The name itself when it is safe as a folder's name.

    Raises
    ------
    WrongUse
        When it has other characters than small letters, digits, - and _, or is a word that Windows reserves.
    """
    if not NAME.fullmatch(name) or _RESERVED.fullmatch(name):
        raise WrongUse(
            f"'{name[:80]}' cannot be the name of an engagement.",
            fix="Use small letters, digits, - and _ only, for example  springfield-2026.",
        )
    return name


def folder(name):
    """The folder of an engagement, a city's own before an example of the same name.

    Raises
    ------
    WrongUse
        When the name is not allowed, or the engagement does not exist.
    """
    checked_name(name)
    for place in (engagements(), EXAMPLES):
        if (place / name / "engagement.yaml").is_file():
            return place / name
    known = ", ".join(names()) or "none yet"
    raise WrongUse(
        f"The engagement '{name}' does not exist.",
        fix=f"Make it with  rdc new {name}  or use one of these: {known}.",
    )


def writable(folder):
    """Where what is made from an engagement's files may be written: its folder, but never an example city's own.

    Example cities belong to the suite; what is made from them goes below `home`.
    """
    folder = Path(folder)
    return home() / ".cache" / folder.name if folder.parent.resolve() == EXAMPLES.resolve() else folder


def names():
    """Names of all engagements, the cities' own and the examples, in order."""
    found = {
        file.parent.name
        for place in (engagements(), EXAMPLES)
        for file in place.glob("*/engagement.yaml")
        if NAME.fullmatch(file.parent.name)
    }
    return sorted(found)
