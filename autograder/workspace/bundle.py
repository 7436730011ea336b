"""The zip that students get: the chapters, an environment, a page to read, and a wheel.

What the course is called, in the zip's name and on the page, is its own setting (``c.Course`` in
nbgrader_config.py). The wheel is the package's (:mod:`autograder.workspace.wheel`), whatever course
it is for. The same files give the same bytes.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from autograder.course.folder import CourseFolder
from autograder.course.leaks import leaks
from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.live.solution import SUFFIX
from autograder.workspace.handout import chapter_names, read_chapter
from autograder.workspace.wheel import DISTRIBUTION, pack, package_wheel

README = Path(__file__).with_name("README.txt")  #: the page's template
_PIN = re.compile(r"\s*-\s+(?P<name>[\w.-]+)(?:\[[^]]*\])?==\S+.*")
_OWN_FOLDER = re.compile(r"\s*-\s+(-e|--editable)[\s=]+\.[/\\]?(\[[^]]*\])?\s*")


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A bundle that was written: where, its chapters, its size in bytes."""

    path: Path
    chapters: tuple[str, ...]
    size: int


def bundle(course: CourseFolder, output: Path, solutions: bool = False) -> Bundle:
    """Write ``<name>-<version>.zip`` into the folder ``output``.

    With ``solutions`` every chapter comes with the course's own answers, which students see by
    ``solution("name")`` once they have done what they could; the zip's name says so.

    Raises :class:`AutograderError` when there is no chapter, when a file that it is made of is
    missing, or when something of the instructors' is in ``release/``.
    """
    release = course.root / "release"
    names = chapter_names(release)
    if not names:
        raise AutograderError(f"There are no chapters in {release}. Run `autograder build` first.")
    found = [f"{name}: {leak}" for name in names for leak in leaks(course, name)]
    if found:
        raise AutograderError(
            "What students must not have is in release/; nothing was written:\n  "
            + "\n  ".join(found)
        )
    wheel = package_wheel()
    version = course.about.version or wheel.version
    environment = _environment(course, wheel.name, wheel.requirements)
    page = fill(
        README.read_text(encoding="utf-8"),
        heading=f"{course.about.title or course.name}, version {version}",
        environment=_environment_name(environment),
        chapter=names[0],
        wheel=wheel.name,
    )
    files = {
        "README.txt": page.encode(),
        "environment.yml": environment.encode(),
        wheel.name: wheel.data,
    }
    for name in names:
        chapter = read_chapter(release, name)
        files |= {f"release/{name}/{file}": data for file, data in chapter.files.items()}
        if solutions:
            answers = json.dumps(course.assignment(name).solutions, indent=1).encode()
            files[f"release/{name}/{name}{SUFFIX}"] = answers
    marked = "-with-solutions" if solutions else ""
    path = output / f"{course.name}-{version}{marked}.zip"
    data = pack(files)
    try:
        write_whole(path, data)
    except OSError as error:
        raise AutograderError(f"{path} cannot be written: {error.strerror}.") from None
    return Bundle(path, tuple(names), len(data))


def fill(template: str, heading: str, **values: str) -> str:
    """The page for students with this bundle's names in it; its heading is underlined."""
    values |= {"heading": f"{heading}\n{'=' * len(heading)}"}
    return re.sub(r"\{\{ (\w+) \}\}", lambda match: values[match[1]], template)


def _environment(course: CourseFolder, wheel: str, requirements: Sequence[str]) -> str:
    path = course.root / "environment.yml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return own_environment(course.name, wheel, requirements)
    except (OSError, ValueError) as error:
        raise AutograderError(f"{path} cannot be read: {error}.") from None
    return student_environment(text, wheel, requirements)


def _environment_name(text: str) -> str:
    """What ``conda activate`` calls the environment."""
    found = re.search(r"^name:\s*[\"']?([^\s\"'#]+)", text, re.MULTILINE)
    if found is None:
        raise AutograderError("environment.yml has no `name:` for students to activate.")
    return found[1]


def student_environment(text: str, wheel: str, requirements: Sequence[str] = ()) -> str:
    """environment.yml with the bundled wheel as the last requirement of its ``pip:`` section.

    pip runs in the folder of environment.yml, so the wheel's name alone finds it. An editable
    install of the course's own folder gives way to it, and so do pins (with the remark above them)
    of what the wheel requires for one of its extras only.
    """
    default, extra = _required(requirements)
    lines: list[str] = []
    for line in text.rstrip().splitlines():
        pin = _PIN.fullmatch(line)
        name = canonicalize_name(pin["name"]) if pin else None
        if _OWN_FOLDER.fullmatch(line) or (name in extra and name not in default):
            continue
        lines.append(line)
    start = next((i for i, line in enumerate(lines) if re.fullmatch(r"\s*-\s+pip:\s*", line)), None)
    if start is None:
        raise AutograderError("environment.yml has no `pip:` section for the bundled wheel.")
    outer = _indent(lines[start])
    end = start + 1
    while end < len(lines) and _indent(lines[end]) > outer:
        end += 1
    while lines[end - 1].lstrip().startswith("#"):  # what it remarked upon was left out
        del lines[end - 1]
        end -= 1
    inner = " " * (_indent(lines[start + 1]) if end > start + 1 else outer + 4)
    return "\n".join([*lines[:end], f"{inner}- {wheel}", *lines[end:]]) + "\n"


def own_environment(name: str, wheel: str, requirements: Sequence[str]) -> str:
    """The environment of a course that has none: what the package requires, as it is here."""
    default, _ = _required(requirements)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    pins = [f"{name}=={_installed(name)}" for name in default]
    listed = "\n".join(f"      - {line}" for line in [*pins, wheel])
    return (
        "# Python and pip come from conda, everything else from PyPI, as the instructor has it.\n"
        f"name: {name}\n"
        "channels:\n  - conda-forge\n"
        f"dependencies:\n  - python={python}\n  - pip\n  - pip:\n{listed}\n"
    )


def _required(requirements: Sequence[str]) -> tuple[list[str], set[str]]:
    """The names of what a wheel requires by default, in order, and of what its extras add."""
    default: list[str] = []
    extra: set[str] = set()
    for requirement in map(Requirement, requirements):
        name = canonicalize_name(requirement.name)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            default.append(name)
        else:
            extra.add(name)
    return default, extra


def _installed(name: str) -> str:
    """The installed version, as PyPI has it: what follows a ``+`` is of one machine."""
    try:
        return Version(importlib.metadata.version(name)).public
    except importlib.metadata.PackageNotFoundError:
        raise AutograderError(f"{DISTRIBUTION} needs {name}, which is not installed.") from None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
