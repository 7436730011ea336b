"""A new course of one small chapter, and a new exercise in a chapter: text for an author.

What is made of the templates is text like any other. Places that the author has to write are marked
``FILL IN``; a chapter with such marks is not built (:func:`unfinished`).
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path

import jupytext

from autograder.course.assignment import grade_id, headings, role
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.files import write_whole

TEMPLATES = Path(__file__).with_name("templates")
SUFFIX = ".template"
FILL_IN = "FILL IN"  #: marks what the author has to write
_CELL = re.compile(r"^# %%", re.MULTILINE)
_HEADING = "### Exercise {number} · `{name}` · {stars} · {minutes} minutes"


def new_course(folder: Path) -> list[Path]:
    """Write a course of one chapter into ``folder``, a new or empty one; the files written.

    Raises :class:`AutograderError` when there is something in the folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AutograderError(f"{folder} is there already and is not empty; name a new folder.")
    name = folder.resolve().name
    course_id = re.sub(r"[^\w-]+", "_", name).strip("_") or "course"
    values = {"course_id": course_id, "title": name, "quoted": repr(name)}
    written = []
    for template in sorted((TEMPLATES / "course").rglob(f"*{SUFFIX}")):
        path = folder / template.relative_to(TEMPLATES / "course").with_suffix("")
        path = path.with_name(re.sub("^dot-", ".", path.name))  # a wheel holds no hidden files
        _write(path, _fill(template, values))
        written.append(path)
    return written


def new_exercise(
    course: CourseFolder,
    chapter: str,
    name: str,
    *,
    title: str = "",
    points: float = 4.0,
    minutes: int = 10,
) -> list[tuple[Path, int]]:
    """Add an exercise behind the last one of a chapter, and its known answers to their file.

    A quarter of the points are for what is visible. Returns the files and the line in each at which
    the new text begins. Raises :class:`AutograderError` for a name or a chapter that will not do.
    """
    path = course.lesson(chapter)
    if not path.is_file():
        known = ", ".join(course.lessons) or "none"
        raise AutograderError(f"There is no lesson notebooks/{chapter}.py; known: {known}.")
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        raise AutograderError(f"{name!r} cannot be the name of a function.")
    if not points > 0 or minutes < 1:
        raise AutograderError("An exercise has points and takes at least a minute.")
    text = path.read_text(encoding="utf-8")
    cells = jupytext.reads(text, fmt="py:percent").cells
    there = [str(grade_id(cell)) for cell in cells if role(cell) == "solution"]
    if name in (grade_id(cell) for cell in cells):
        raise AutograderError(f"{chapter} has a cell named {name} already.")
    visible = round(points / 4) if points >= 3 else points / 2
    values = {
        "name": name,
        "heading": _heading(course, text, chapter, name, len(there) + 1, minutes),
        "title": f"# **{title}.**\n#\n" if title else "",
        "visible": f"{visible:g}",
        "hidden": f"{points - visible:g}",
        "most": _points(points - points / 8),
        "rest": _points(points / 8),
        **_inputs(text, name),
    }
    at = _behind_last_exercise(text, there)
    before, after = text[:at].rstrip("\n") + "\n\n", text[at:]
    added = _fill(TEMPLATES / f"exercise.py{SUFFIX}", values)
    known_path = course.known_answers(chapter)
    known = known_path.read_text(encoding="utf-8") if known_path.is_file() else ""
    if re.search(rf"^# %% {name} (right|wrong):", known, re.MULTILINE):
        raise AutograderError(f"{known_path.name} has answers to {name} already.")
    more = _fill(TEMPLATES / f"exercise.answers.py{SUFFIX}", values)
    _write(path, (before + added + after).rstrip("\n") + "\n")
    _write(known_path, (known.rstrip("\n") + "\n" + more).lstrip("\n"))
    return [(path, before.count("\n") + 1), (known_path, known.rstrip("\n").count("\n") + 3)]


def _inputs(text: str, name: str) -> dict[str, str]:
    """An example's input and fresh ones: tensors where the chapter imports torch and no numpy."""
    imported = set(re.findall(r"^import (torch|numpy)\b", text, re.MULTILINE))
    if imported == {"torch"}:
        return {
            "example": "torch.tensor([1.0, 2.0])",
            "draw": f'from autograder.checks import probes\n\nfresh = probes.generator("{name}")',
            "fresh": "probes.normal(7, generator=fresh)",
        }
    return {
        "example": "np.array([1.0, 2.0])",
        "draw": f'from autograder.checks.seeds import rng\n\nfresh = rng("{name}")',
        "fresh": "fresh.integers(-64, 65, 7) / 8",
    }


def unfinished(course: CourseFolder, chapter: str) -> list[str]:
    """The places of a chapter that its author still has to write, ``file:line: the line``."""
    found = []
    for path in (course.lesson(chapter), course.known_answers(chapter)):
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        marked = ((i, line.strip()) for i, line in enumerate(lines, 1) if FILL_IN in line)
        found += [f"{path.name}:{i}: {line}" for i, line in marked]
    return found


def _heading(
    course: CourseFolder, text: str, chapter: str, name: str, count: int, minutes: int
) -> str:
    """A heading as the chapter's last one is written, or another's; as ours where there is none."""
    pattern, others = course.about.heading, map(course.lesson, course.lessons)
    texts = [text, *(path.read_text(encoding="utf-8") for path in others)]
    found = [list(headings([_markdown(t)], pattern).values()) for t in texts]
    digits = re.match(r"\d+", chapter)
    number = f"{int(digits[0]) if digits else 1}.{count}"
    numbered = found[0][-1].groupdict().get("number") if found[0] else None
    if last := re.fullmatch(r"(.*?)(\d+)", numbered or ""):
        number = f"{last[1]}{int(last[2]) + 1}"
    values = {"number": number, "name": name, "minutes": str(minutes), "stars": "★☆☆"}
    model = next((matches[-1] for matches in found if matches), None)
    if model is None:
        line = _HEADING.format(**values)
        return "# " + (line if headings([line], pattern) else f"### `{name}`")
    line = model[0]
    spans = {group: model.span(group) for group in values if group in model.re.groupindex}
    for group, (begin, end) in sorted(spans.items(), key=lambda item: -item[1][0]):
        if begin >= 0:
            value = values[group]
            if group == "stars":
                value = "★".ljust(end - begin, "☆")
            line = line[: begin - model.start()] + value + line[end - model.start() :]
    return f"# {line.strip()}"


def _markdown(text: str) -> str:
    """The lines of a lesson's text as the notebook has them."""
    return re.sub(r"(?m)^# ?", "", text)


def _behind_last_exercise(text: str, there: list[str]) -> int:
    """Where the cell behind the last exercise's hidden tests begins; without one, the end."""
    at = 0
    for name in there:
        at = max(at, text.find(f'"grade_id": "{name}-hidden"'), text.find(f'"{name}-visible"'))
    following = _CELL.search(text, at) if at else None
    return following.start() if following else len(text)


def _fill(template: Path, values: dict[str, str]) -> str:
    text = template.read_text(encoding="utf-8")
    return re.sub(r"\{\{ (\w+) \}\}", lambda match: values[match[1]], text)


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise AutograderError(f"{path} cannot be written: {error.strerror}.") from None


def _points(points: float) -> str:
    """As a requirement writes them: ``1 point``, ``3.5 points``."""
    return f"{points:g} point{'' if points == 1 else 's'}"
