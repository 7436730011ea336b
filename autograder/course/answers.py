"""Right and wrong answers, one file a chapter, read as text and run as submissions.

A file is a sequence of percent cells, each the whole content of a solution cell::

    # %% to_nchw right: indexing with None
    def to_nchw(a): ...

    # %% to_nchw wrong: hard-coded size
    # message: You reshape to (1, 1, 5, 5) whatever comes in. ...
    def to_nchw(a): ...
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import BuildError

_HEADER = re.compile(r"^# %% (?P<exercise>\w+) (?P<kind>right|wrong): (?P<name>.+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Answer:
    """One known answer. ``message`` is what the author of a wrong one should read."""

    exercise: str
    right: bool
    name: str
    message: str
    source: str


def load(path: Path) -> list[Answer]:
    """The known answers in a file ``NN_name.answers.py``, in order; none when there is no file.

    Raises :class:`BuildError` for a wrong answer without a message or a name given twice.
    """
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    headers = list(_HEADER.finditer(text))
    answers = []
    for header, following in zip(headers, [*headers[1:], None], strict=True):
        body = text[header.end() : following.start() if following else len(text)].strip("\n")
        right = header["kind"] == "right"
        message = ""
        if not right:
            message, body = _split_message(body)
            if not message:
                raise BuildError(
                    f"{path.name}: the wrong answer {header['name']!r} of {header['exercise']} "
                    f"has no message; add a line `# message: …` below its header."
                )
        answers.append(
            Answer(header["exercise"], right, header["name"].strip(), message, body.strip() + "\n")
        )
    names = [(a.exercise, a.name) for a in answers]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BuildError(f"{path.name}: answers with the same name: {sorted(twice)}")
    return answers


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
