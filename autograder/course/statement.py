"""What the statement of an exercise lists: requirements with their points, and arguments.

A requirement is a bullet ``- **its name** (2 points): what is asked for``, an argument one that
begins with code, ``- `x`: a tensor``. Nothing else is listed: what stands there is checked, or says
what comes in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from autograder.judge.exercise import NO_TRACE, Requirement

_BULLET = re.compile(r"^- (?P<text>.*(?:\n(?!- |\s*$).*)*)", re.MULTILINE)
_REQUIREMENT = re.compile(
    r"\*\*(?P<name>[^*\n]+)\*\* \((?P<points>\d+(?:\.\d+)?) points?\): +(?P<sentence>.+)", re.DOTALL
)
_CODE = re.compile(r"```.*?```", re.DOTALL)

#: by these words a statement says that something is decided by hidden checks only
GRADED_ONLY = re.compile(r"(?i)\bwhen (it is )?graded\b")


def requirements(statement: str) -> list[Requirement]:
    """The requirements that a statement lists, in order."""
    found = (_REQUIREMENT.match(bullet["text"]) for bullet in _bullets(statement))
    return [
        Requirement(
            match["name"].strip(), float(match["points"]), " ".join(match["sentence"].split())
        )
        for match in found
        if match
    ]


def _bullets(statement: str) -> Iterator[re.Match[str]]:
    blank = _CODE.sub(lambda code: "\n" * code[0].count("\n"), statement)
    return _BULLET.finditer(blank)


def remarks(
    statements: Mapping[str, tuple[int, str]], points: Mapping[str, float]
) -> Iterator[tuple[int, str]]:
    """What is wrong with the statements of a lesson, by line.

    ``statements`` are the texts behind the headings with the lines in which they begin, ``points``
    those of each exercise's two grade cells together. A lesson without any requirement is left as
    it is.
    """
    listed = {name: requirements(text) for name, (_, text) in statements.items()}
    if not any(listed.values()):
        return
    for name, (line, text) in statements.items():
        asked = listed[name]
        total = sum(requirement.points for requirement in asked)
        if not asked:
            yield (
                line,
                f"the statement of {name!r} lists no requirement: `- **name** (1 point): …`.",
            )
            continue
        if abs(total - points.get(name, total)) > 1e-9:
            yield (
                line,
                f"the requirements of {name!r} have {total:g} points, its check cells "
                f"{points[name]:g}.",
            )
        names = [requirement.name for requirement in asked]
        for twice in sorted({n for n in names if names.count(n) > 1}):
            yield line, f"{name!r} has the requirement {twice!r} twice."
        if names[-1] != NO_TRACE:
            yield line, f"the last requirement of {name!r} is not **{NO_TRACE}**."
        for bullet in _bullets(text):
            said = bullet["text"]
            if not said.startswith("`") and not _REQUIREMENT.match(said):
                yield (
                    line + text.count("\n", 0, bullet.start()),
                    f"the statement of {name!r} lists what is neither a requirement "
                    f"(**name** (1 point): …) nor an argument (`x`: …): {said.splitlines()[0]!r}.",
                )
