"""The package as it is installed: outside the checkout, in an environment without the tools of developers."""

import ast
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib import metadata

import pytest

from rdclib import places

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform == "win32", reason="the environment is laid out as on Linux and macOS"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder]
    subprocess.run([*command, places.CHECKOUT], check=True)
    return next(folder.glob("rdclib-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A new environment with the wheel; everything that it needs is looked up where this one has it."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    found = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    # Lines of a .pth file inside that folder are not followed, so the checkout itself stays out of sight.
    with open(os.path.join(found, "needs.pth"), "w", encoding="utf-8") as stream:
        stream.write(sysconfig.get_path("purelib") + "\n")
    return place


def rdc(installed, cwd, *words, **more):
    environment = {key: value for key, value in os.environ.items() if key not in ("RDC_HOME", "PYTHONPATH")}
    environment |= {"HOME": str(cwd)}
    return subprocess.run(
        [installed / "bin" / "rdc", *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


def test_the_wheel_carries_notebooks_catalogue_and_example_cities(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    carried = [name.removeprefix("rdclib/suite/") for name in names if name.startswith("rdclib/suite/")]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "notebooks", "data"],
        cwd=places.CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\0")[:-1]
    if not listed:
        pytest.skip("not a git checkout: which files belong to the suite is not known")

    assert set(listed) <= set(carried)
    assert not [name for name in names if name.startswith(("tests/", "reports/")) or "engagements" in name]


def test_an_installed_package_needs_no_checkout(installed, tmp_path):
    made = rdc(installed, tmp_path, "new", "springfield")
    assert made.returncode == 0, made.stderr
    assert str(tmp_path / "rdclib") in made.stderr  # where things are kept is named at first use
    assert (tmp_path / "rdclib/data/engagements/springfield/engagement.yaml").is_file()

    (tmp_path / "contracts.csv").write_text(
        "Contract number,Vendor,Award date,Award amount\n"
        "A-1,Oak Paving,2024-02-01,100.50\nA-2,Elm Roads,2024-03-01,99.50\n"
    )
    took = rdc(installed, tmp_path, "intake", "springfield", "contracts.csv")
    assert took.returncode == 0, took.stderr
    assert made.stderr != took.stderr  # and only once
    checked = rdc(installed, tmp_path, "check", "springfield")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "2 of 2 rows used as contracts" in checked.stdout

    ran = rdc(installed, tmp_path, "run", "riverbend", timeout=400)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    pages = sorted(path.name for path in (tmp_path / "rdclib/reports/riverbend").rglob("*.html"))
    assert pages == sorted(path.with_suffix(".html").name for path in places.NOTEBOOKS.glob("*.ipynb"))

    program = "from rdclib import lab; print(lab.command(lab.copy_notebooks('riverbend')[0]))"
    copied = subprocess.run(
        [installed / "bin/python", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert str(tmp_path / "rdclib/data/engagements/riverbend") in copied
    assert "site-packages/rdclib" in copied  # the settings of JupyterLab come with the package


def test_every_library_that_the_package_imports_is_declared():
    needed, queue = set(), ["rdclib"]
    while queue:
        name = queue.pop()
        for line in metadata.requires(name) or ():
            other = _normal(re.match(r"[\w.-]+", line)[0])
            if "extra ==" not in line and other not in needed:
                needed.add(other)
                queue += [other] if _known(other) else []
    owners = metadata.packages_distributions()
    imported = {
        name.split(".")[0]
        for path in (places.CHECKOUT / "rdclib").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    outside = imported - set(sys.stdlib_module_names) - {"rdclib"}

    assert outside
    for name in outside - {"distributed"}:  # the extra for several machines
        assert {_normal(owner) for owner in owners[name]} & needed, name


def _normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def _known(name):
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
