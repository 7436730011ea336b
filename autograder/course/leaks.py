"""Whether anything that students must not have is in ``release/``."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

from autograder.course.assignment import HIDDEN, SOLUTION, grade_id, role
from autograder.course.folder import CourseFolder
from autograder.judge.references import SUFFIX, References, plain_bytes

SHORT = 12  #: a line of fewer characters says nothing (``return x``, ``out = []``)
_BARE = re.compile(r"[\w.\"'/ -]+,?")  #: a name or a string by itself says nothing either


def leaks(course: CourseFolder, name: str) -> list[str]:
    """One sentence for each leak into ``release/<name>/``; none when it is clean."""
    assignment = course.assignment(name)
    folder = course.release(name).parent
    files = {path: _content(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    found = []
    allowed = {f"{name}.ipynb", f"{name}{SUFFIX}"}
    for path in files:
        relative = path.relative_to(folder).as_posix()
        if relative not in allowed and path.suffix not in (".png", ".csv"):
            found.append(f"{relative} has no business in the release.")
    release = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    given = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    shown = [c.source for c in assignment.notebook.cells if role(c) in ("text", "demo", "setup")]
    shown += [HIDDEN.sub("", c.source) for c in assignment.notebook.cells if role(c) == "check"]
    lesson_text = _lines("\n".join(shown))
    everything = "\n".join(cell.source for cell in release.cells)
    for cell in assignment.notebook.cells:
        secret = "\n".join([*SOLUTION.findall(cell.source), *HIDDEN.findall(cell.source)])
        if not secret:
            continue
        own = _lines(given[grade_id(cell)].source) if grade_id(cell) in given else set()
        public = lesson_text | _lines(SOLUTION.sub("", HIDDEN.sub("", cell.source)))
        for line in sorted(_lines(secret)):
            if line in own and line not in _lines(SOLUTION.sub("", HIDDEN.sub("", cell.source))):
                found.append(f"A line of the solution is in the cell {grade_id(cell)}: {line}")
            elif line not in public and line in _lines(everything):
                found.append(f"A line of the solution of {grade_id(cell)} is shown: {line}")
    for cell in release.cells:
        if cell.get("outputs"):
            found.append(f"The cell {cell.id} has outputs.")
        if "hints" in cell.metadata.get("tags", []):
            found.append(f"The cell {cell.id} shows hints.")
    found += _reference_leaks(course, name, files)
    for answer in course.answers(name):
        if answer.right and answer.source.strip() in everything:  # a bug hunt begins wrong
            found.append(f"The answer {answer.name!r} of {answer.exercise} is shown.")
    return found


def _reference_leaks(course: CourseFolder, name: str, files: dict[Path, bytes]) -> list[str]:
    private = References.from_bytes(course.references(name).read_bytes())
    hidden = {check for e in private.exercises.values() for check in e.hidden}
    visible = {check for e in private.exercises.values() for check in e.visible}
    shown = {
        array.tobytes()
        for check, evidence in private.checks.items()
        if check not in hidden
        for array in evidence.tensors.values()
    }
    found = []
    for path, data in files.items():
        for check in sorted(hidden):
            rest = data
            for name in visible:
                rest = rest.replace(name.encode(), b"") if check in name else rest
            if check.encode() in rest:
                found.append(f"{path.name} names the hidden check {check}.")
            for array in private.checks[check].tensors.values():
                secret = array.tobytes()
                is_secret = len(secret) >= 32 and secret not in shown and any(secret)
                if is_secret and secret in data:
                    found.append(f"{path.name} holds a private reference of {check}.")
    return found


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    return plain_bytes(data) if path.suffix == SUFFIX else data


def _lines(text: str) -> set[str]:
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.splitlines())
    telling = (line for line in lines if len(line) >= SHORT and not _BARE.fullmatch(line))
    return {line for line in telling if not line.startswith("### ")}
