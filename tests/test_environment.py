"""One source of versions: environment.yml, which `make` installs and pyproject.toml allows."""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .conftest import COURSE

PROJECT = tomllib.loads((COURSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
#: what importing and asking for help must do without: everything that an extra adds
STUDENTS_HALF = """
import importlib, json, pkgutil, sys
for name in json.loads(sys.argv[1]):
    sys.modules[name] = None
import autograder
import autograder.workspace
skipped = {"autograder.workspace.bundle", "autograder.workspace.wheel"}
for room in ("checks", "evidence", "judge", "live", "workspace"):
    package = importlib.import_module(f"autograder.{room}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name not in skipped:
            importlib.import_module(module.name)
from autograder.cli import main
sys.argv = ["autograder", *sys.argv[2:]]
main()
"""


def pins() -> dict[str, str]:
    text = (COURSE / "environment.yml").read_text(encoding="utf-8")
    found = re.findall(r"^ *- ([A-Za-z0-9_-]+)==(\S+)$", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def ranges(texts: list[str]) -> list[Requirement]:
    return [Requirement(text) for text in texts]


def asked_by_everybody() -> list[Requirement]:
    """What students and graders need on every system."""
    asked = ranges(PROJECT["dependencies"] + EXTRAS["grade"])
    return [requirement for requirement in asked if requirement.marker is None]


def test_every_dependency_is_pinned_within_its_range():
    for requirement in asked_by_everybody():
        name = canonicalize_name(requirement.name)
        assert name in pins(), f"environment.yml does not pin {name}"
        assert requirement.specifier.contains(pins()[name]), requirement


def test_nothing_is_pinned_that_the_project_does_not_ask_for():
    asked = {canonicalize_name(requirement.name) for requirement in asked_by_everybody()}
    assert sorted(set(pins()) - asked) == []


def test_the_pins_are_what_is_installed_and_proved_here():
    installed = {name: importlib.metadata.version(name) for name in pins()}
    assert installed == pins()


def test_the_environment_has_the_names_and_extras_of_the_project():
    text = (COURSE / "environment.yml").read_text(encoding="utf-8")
    assert re.search(rf"^name: {PROJECT['name']}$", text, re.MULTILINE)
    assert re.search(r"^ +- --editable \.\[grade\]$", text, re.MULTILINE)


def test_the_extra_for_tests_is_everything_and_pins_what_environment_yml_does_not():
    every, *own = ranges(EXTRAS["test"])
    assert every.name == PROJECT["name"]
    assert every.extras == set(EXTRAS) - {"test"}
    pinned = {canonicalize_name(r.name) for r in own}
    assert all(str(r.specifier).startswith("==") for r in own)
    assert not pinned & set(pins())
    for requirement in ranges(EXTRAS["cluster"] + EXTRAS["postgres"] + EXTRAS["hub"]):
        (pin,) = [r for r in own if r.name == requirement.name]
        assert requirement.specifier.contains(str(pin.specifier).removeprefix("=="))


def test_no_extra_repeats_what_students_have():
    theirs = {
        canonicalize_name(requirement.name) for requirement in ranges(PROJECT["dependencies"])
    }
    for extra, texts in EXTRAS.items():
        assert not theirs & {canonicalize_name(r.name) for r in ranges(texts)}, extra


def test_building_the_wheel_needs_no_network_where_the_extra_for_grading_is():
    project = tomllib.loads((COURSE / "pyproject.toml").read_text(encoding="utf-8"))
    assert {"build", *project["build-system"]["requires"]} <= {
        str(r) if r.name != "build" else r.name for r in ranges(EXTRAS["grade"])
    }


@pytest.mark.parametrize("command", [("lab", "--help"), ("submit", "--help"), ("--help",)])
def test_the_students_half_needs_nothing_of_an_extra(command):
    names = {r.name for texts in EXTRAS.values() for r in ranges(texts)} - {PROJECT["name"]}
    distributions = {canonicalize_name(name) for name in names}
    blocked = [
        module
        for module, owners in importlib.metadata.packages_distributions().items()
        if distributions & {canonicalize_name(owner) for owner in owners} and module.isidentifier()
    ]
    assert {"jupytext", "nh3", "jinja2", "nbformat", "distributed", "pytest"} <= set(blocked)
    done = subprocess.run(
        [sys.executable, "-c", STUDENTS_HALF, json.dumps(blocked), *command],
        capture_output=True,
        text=True,
        cwd=COURSE,
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_python_and_pip_come_from_conda():
    text = (COURSE / "environment.yml").read_text(encoding="utf-8")
    assert re.search(r"^  - python=3\.\d+$", text, re.MULTILINE)
    assert re.search(r"^  - pip$", text, re.MULTILINE)
