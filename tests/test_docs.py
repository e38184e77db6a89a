"""The README's commands exist, and every command is in the README; one list of dependencies."""

import re
import tomllib

import pytest
from typer.main import get_command

from rdclib import places
from rdclib.__main__ import app

README = (places.CHECKOUT / "README.md").read_text(encoding="utf-8")
COMMANDS = get_command(app).commands


def shell_lines():
    blocks = re.findall(r"```(?:sh|bash|text)?\n(.*?)```", README, re.DOTALL)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_every_command_is_in_the_readme():
    assert [name for name in COMMANDS if f"rdc {name}" not in README] == []


@pytest.mark.parametrize("line", [line for line in shell_lines() if re.match(r"(\S*/|\S*\\)?rdc ", line)])
def test_every_command_of_the_readme_exists_with_its_options(line):
    _, name, *rest = line.split()
    known = {option for parameter in COMMANDS[name].params for option in getattr(parameter, "opts", [])}

    assert [word for word in rest if word.startswith("--") and word.split("=")[0] not in known] == []


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", (places.CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    named = {
        match[1]
        for text in [*re.findall(r"`([^`]+)`", prose), *shell_lines()]
        if (match := re.match(r"make ([a-z]+)$", text))
    }

    assert named
    assert named <= targets


LOCKS = ("requirements.lock", "requirements-dev.lock")


def locked_versions(lock):
    text = (places.CHECKOUT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", text, re.MULTILINE))


def test_the_lock_file_holds_every_dependency_at_an_allowed_version():
    from packaging.requirements import Requirement

    project = tomllib.loads((places.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]

    for lock, needed in zip(LOCKS, (project["dependencies"], project["dependencies"] + extras), strict=True):
        locked = locked_versions(lock)
        for requirement in map(Requirement, needed):
            name = requirement.name.lower().replace("_", "-").replace(".", "-")
            assert name in locked, f"{name}: type  make lock"
            assert locked[name] in requirement.specifier, f"{name}: type  make lock"


def test_people_who_use_the_suite_get_no_tool_for_changing_it_and_the_same_versions():
    users, developers = map(locked_versions, LOCKS)

    assert {"pytest", "playwright", "ploomber-engine", "ploomber-core", "ruff", "hypothesis"}.isdisjoint(users)
    assert users.items() <= developers.items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock):
    text = (places.CHECKOUT / lock).read_text(encoding="utf-8")

    pinned = re.findall(r"^[a-z0-9][^\n]*==", text, re.MULTILINE)
    with_hash = re.findall(r"^[a-z0-9][^\n]*==[^\n]* \\\n    --hash=sha256:", text, re.MULTILINE)
    assert len(pinned) == len(with_hash)
    assert len(pinned) >= len(locked_versions(lock)) > 0


def test_conda_leads_to_the_same_place():
    from rdclib import saved

    environment = saved.read_yaml(places.CHECKOUT / "environment.yml")
    project = tomllib.loads((places.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python, pip, under_pip = environment["dependencies"]

    assert python == f"python{project['requires-python']}"
    assert pip == "pip"
    assert list(under_pip["pip"]) == ["-r requirements.lock"]
    assert "pip install --no-deps ." in (places.CHECKOUT / "environment.yml").read_text()
