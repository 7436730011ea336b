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

import ast
import dataclasses
import re
import textwrap
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from autograder.course.remarks import Remark, name_of, refuse
from autograder.errors import AutograderError
from autograder.files import write_whole

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
    for number in _strays(text):
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


def _strays(text: str) -> Iterator[int]:
    """Lines that look like a header and are none."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"#\s*%%", line) and not (_HEADER.match(line) or _DOMAIN.match(line)):
            yield number


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
    return _domains(path.read_text(encoding="utf-8") if path.is_file() else "")


def _domains(text: str) -> dict[str, str]:
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


# ------------------------------------------------------------------------------ a new one

_WIDTH = 110  #: characters of a line of a message


def add_wrong(path: Path, exercise: str, name: str, message: str, source: str) -> int:
    """Write a wrong answer into a file of answers, behind the exercise's last; its line there.

    Nothing of it is executed. What would be read back as anything else is refused.

    Raises:
        AutograderError: the name is taken, or something cannot be written as it is.
    """
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    refuse(remarks(path))
    name, message = name.strip(), " ".join(message.split())
    new = Answer(exercise, False, name, message, source.replace("\r\n", "\n").strip() + "\n")
    before = _parse(text)
    for said, what in (("name", name), ("message", message), ("code", new.source)):
        _refuse_unwritable(said, what, f"the wrong answer {name!r} of {exercise}")
    for old in before:
        if (old.exercise, old.name) == (exercise, name):
            raise AutograderError(
                f"{exercise} has an answer {name!r} already, in line {old.line} of {path.name}: "
                f"choose another name."
            )
    after, line = _inserted(text, new)
    first = next((i for i, a in enumerate(before) if a.line >= line), len(before))
    same = _parse(after) == [*before[:first], new, *before[first:]]
    if not same or _domains(after) != _domains(text) or any(_strays(after)):
        raise AutograderError(
            f"The code of {name!r} cannot be written into {path.name} as it is: write it there by "
            f"hand, without lines that begin with `# %%` and without unusual line ends."
        )
    try:
        write_whole(path, after.encode())
    except OSError as error:
        raise AutograderError(f"{path} cannot be written: {error.strerror}.") from None
    return line


def _refuse_unwritable(said: str, text: str, where: str) -> None:
    if not text.strip():
        raise AutograderError(f"The {said} of {where} is empty.")
    allowed = "\n\t" if said == "code" else ""
    odd = next((c for c in text if not (c.isprintable() or c in allowed)), None)
    if odd is not None:
        raise AutograderError(
            f"The {said} of {where} holds the character U+{ord(odd):04X}, which nobody would see "
            f"in the file: leave it out."
        )
    if said == "code":
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise AutograderError(
                f"The code of {where} is not Python that can be read ({type(error).__name__}), so "
                f"it cannot be a known answer."
            ) from None


def _inserted(text: str, new: Answer) -> tuple[str, int]:
    """The file's text with one more answer, and the line in which it begins."""
    header = f"# %% {new.exercise} wrong: {new.name}"
    message = textwrap.fill(
        f"# message: {new.message}",
        _WIDTH,
        subsequent_indent="#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    gap = "\n\n" if re.match(r"#\s{2,}\S", new.source) else "\n"  # no more of the message
    at = len(text)
    for found in _HEADER.finditer(text):
        if found["exercise"] == new.exercise:
            following = _CELL.search(text, found.end())
            at = following.start() if following else len(text)
    start = text[:at].rstrip("\n")
    start += "\n\n" if start else ""
    rest = text[at:].lstrip("\n")
    made = f"{start}{header}\n{message}{gap}{new.source}" + (f"\n{rest}" if rest else "")
    return made, start.count("\n") + 1
