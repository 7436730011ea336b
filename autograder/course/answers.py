"""Right and wrong answers, one file a chapter, read as text and run as submissions.

A file is a sequence of percent cells, each the whole content of a solution cell::

    # %% to_nchw right: indexing with None
    def to_nchw(a): ...

    # %% to_nchw wrong: hard-coded size
    # message: You reshape to (1, 1, 5, 5) whatever comes in. ...
    def to_nchw(a): ...

An exercise's domain, what its arguments may be, stands there too: a function ``domain(answer,
draw)`` that draws arguments (:class:`autograder.checks.corners.Draw`) and calls the answer::

    # %% to_nchw domain
    def domain(answer, draw): ...
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from autograder.course.remarks import Remark, name_of, refuse

_DOMAIN = re.compile(r"^# %% (?P<exercise>\w+) domain[ \t]*$", re.MULTILINE)
_CELL = re.compile(r"^# %% ", re.MULTILINE)
_HEADER = re.compile(r"^# %% (?P<exercise>\w+) (?P<kind>right|wrong): (?P<name>.+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Answer:
    """One known answer. ``message`` is what the author of a wrong one should read."""

    exercise: str
    right: bool
    name: str
    message: str
    source: str
    line: int = dataclasses.field(default=0, compare=False)  #: of its header


def load(path: Path) -> list[Answer]:
    """The known answers in a file ``NN_name.answers.py``, in order; none when there is no file.

    Raises :class:`BuildError` for a wrong answer without a message or a name given twice.
    """
    if not path.is_file():
        return []
    refuse(remarks(path))
    return _parse(path.read_text(encoding="utf-8"))


def remarks(path: Path, exercises: Collection[str] | None = None) -> Iterator[Remark]:
    """What is wrong with a file of answers; ``exercises`` are those of its chapter, if known."""
    if not path.is_file():
        return
    text = path.read_text(encoding="utf-8")
    file = name_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"#\s*%%", line) and not (_HEADER.match(line) or _DOMAIN.match(line)):
            yield Remark(
                file,
                number,
                "this is no answer's header; it is `# %% exercise right: name`, "
                "`# %% exercise wrong: name` or `# %% exercise domain`.",
            )
    first: dict[tuple[str, str], int] = {}
    for answer in _parse(text):
        if not answer.right and not answer.message:
            yield Remark(
                file,
                answer.line,
                f"the wrong answer {answer.name!r} of {answer.exercise} has no message; add a "
                f"line `# message: …` below its header.",
            )
        if exercises is not None and answer.exercise not in exercises:
            yield Remark(
                file,
                answer.line,
                f"there is no exercise {answer.exercise!r}; the chapter has: "
                f"{', '.join(exercises) or 'none'}.",
            )
        before = first.setdefault((answer.exercise, answer.name), answer.line)
        if before != answer.line:
            yield Remark(
                file,
                answer.line,
                f"{answer.exercise} has an answer {answer.name!r} already, in line {before}.",
            )


def _parse(text: str) -> list[Answer]:
    headers = list(_HEADER.finditer(text))
    answers = []
    for header in headers:
        body = _body(text, header)
        right = header["kind"] == "right"
        message = ""
        if not right:
            message, body = _split_message(body)
        line = text.count("\n", 0, header.start()) + 1
        name = header["name"].strip()
        answers.append(Answer(header["exercise"], right, name, message, body.strip() + "\n", line))
    return answers


def domains(path: Path) -> dict[str, str]:
    """The domains in a file of answers, by exercise."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return {match["exercise"]: _body(text, match) for match in _DOMAIN.finditer(text)}


def _body(text: str, header: re.Match[str]) -> str:
    following = _CELL.search(text, header.end())
    return text[header.end() : following.start() if following else len(text)].strip("\n")


def _split_message(body: str) -> tuple[str, str]:
    lines = body.splitlines()
    if not lines or not lines[0].startswith("# message:"):
        return "", body
    words = [lines[0].removeprefix("# message:").strip()]
    rest = 1
    while rest < len(lines) and re.match(r"#\s{2,}\S", lines[rest]):
        words.append(lines[rest].lstrip("#").strip())
        rest += 1
    return " ".join(words).strip(), "\n".join(lines[rest:])


def layers(answers: Iterable[Answer]) -> list[list[Answer]]:
    """Wrong answers dealt so that each group has at most one an exercise.

    A group runs as one submission with several wrong cells, since exercises do not depend on each
    other: as many runs as the exercise with most wrong answers has, not as many as there are.
    """
    groups: list[list[Answer]] = []
    for answer in answers:
        if answer.right:
            continue
        for group in groups:
            if all(other.exercise != answer.exercise for other in group):
                group.append(answer)
                break
        else:
            groups.append([answer])
    return groups
