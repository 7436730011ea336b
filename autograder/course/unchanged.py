"""Whether a chapter need not be built again: the same text, by the same code, is there already.

``.autograder/build.json`` in the course's folder says for each chapter from what it was built and
which files came of it, both as digests. It is a note to oneself: nothing but speed depends on it,
and ``autograder build --check`` never reads it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import autograder
from autograder.course.folder import CONFIGURATION, CourseFolder
from autograder.files import write_whole

FILE = ".autograder/build.json"

#: the rooms of this package that decide what is built
ROOMS = ("checks", "course", "evidence", "judge", "kernel", "live", "sandbox", "torch_nn")

#: the distributions that do
DISTRIBUTIONS = (
    "ipykernel",
    "ipywidgets",
    "jupytext",
    "matplotlib",
    "nbclient",
    "nbconvert",
    "nbformat",
    "nbgrader",
    "numpy",
    "safetensors",
    "tensorboard",
    "torch",
    "torchvision",
)


def inputs(course: CourseFolder, name: str) -> str:
    """A digest of all that decides what is built of a chapter."""
    package = Path(autograder.__file__).parent
    files = [package / "__init__.py"]
    for room in ROOMS:
        found = (package / room).rglob("*")
        files += sorted(p for p in found if p.is_file() and "__pycache__" not in p.parts)
    decisive: dict[str, Any] = {
        "package": {path.relative_to(package).as_posix(): _digest(path) for path in files},
        "course": {
            path.relative_to(course.root).as_posix(): _digest(path)
            for path in (*_own_files(course, name), course.root / CONFIGURATION)
        },
        "versions": {
            "python": platform.python_version(),
            **{name: _version(name) for name in (*DISTRIBUTIONS, *_imported(course, name))},
        },
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def _own_files(course: CourseFolder, name: str) -> list[Path]:
    """The chapter's text, its answers, and what else lies beside them that a cell may read."""
    folder = course.lesson(name).parent
    others = {other for other in course.lessons if other != name}
    made = {course.executed(name).name, course.references(name).name}
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and path.name not in made
        and path.name.split(".")[0] not in others
        and not path.name.startswith(".")
    )


def _imported(course: CourseFolder, name: str) -> list[str]:
    """The distributions of what the chapter imports, besides those that always count."""
    known = _distributions()
    modules = {module.partition(".")[0] for module in course.imports_of(name)}
    return sorted({d for module in modules for d in known.get(module, ())} - set(DISTRIBUTIONS))


@functools.cache
def _distributions() -> Mapping[str, list[str]]:
    """The distributions of each module that can be imported; reading them takes a while."""
    return importlib.metadata.packages_distributions()


def is_unchanged(course: CourseFolder, name: str) -> bool:
    """Whether building a chapter would change nothing."""
    known = _read(course).get(name)
    if not isinstance(known, dict) or not known.get("files"):
        return False
    return known["files"] == _built(course, name) and known.get("inputs") == inputs(course, name)


def remember(course: CourseFolder, name: str, built_from: str) -> None:
    """Note that a chapter has been built from ``built_from``, unless it has changed meanwhile."""
    if built_from == inputs(course, name):
        _note(course, name, {"inputs": built_from, "files": _built(course, name)})


def remember_source(course: CourseFolder, name: str) -> None:
    """Note that the instructor's notebook is as a build wrote it, however that build ends."""
    _note(course, name, {"source": _digest(course.source(name))})


def is_written(course: CourseFolder, name: str) -> bool:
    """Whether the instructor's notebook is known to be as the last build wrote it."""
    known = _read(course).get(name)
    return isinstance(known, dict) and known.get("source") == _digest(course.source(name))


def _note(course: CourseFolder, name: str, more: dict[str, Any]) -> None:
    notes = _read(course)
    known = notes.get(name)
    notes[name] = (known if isinstance(known, dict) else {}) | more
    text = json.dumps(notes, indent=1, sort_keys=True) + "\n"
    with contextlib.suppress(OSError):  # it only costs time
        write_whole(course.root / FILE, text.encode())


def _built(course: CourseFolder, name: str) -> dict[str, str]:
    """The digests of the generated files that are there."""
    paths = [course.references(name), course.executed(name)]
    for folder in (course.source(name).parent, course.release(name).parent):
        paths += [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(course.root).as_posix(): _digest(path) for path in paths}


def _read(course: CourseFolder) -> dict[str, Any]:
    try:
        notes = json.loads((course.root / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "not there"


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not there"
