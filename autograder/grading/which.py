"""Which of the notebooks in a student's folder is graded.

A browser that downloads ``X.ipynb`` a second time, a copy that was made before trying something:
beside an untouched notebook lies the one with the answers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from autograder.course.assignment import Assignment
from autograder.errors import UnreadableSubmission
from autograder.grading.packages import is_installed
from autograder.grading.placement import answers
from autograder.intake.submission import (
    Found,
    Submission,
    modules_beside,
    notebooks_in,
    parse,
    read_bytes,
)

MOST = 6  #: notebooks of one folder that are looked at


def read(assignment: Assignment, found: Found) -> Submission:
    """The submission that counts, with notes on how it was chosen.

    Raises :class:`UnreadableSubmission`: it cannot be read, or several notebooks hold answers that
    differ.
    """
    usual = f"{assignment.name}.ipynb"
    folder = found.folder
    there = notebooks_in(folder) if folder is not None else []
    notebooks = sorted(there, key=lambda path: path != found.path)[:MOST]
    if folder is None or len(notebooks) < 2 or (folder / usual).is_symlink():
        if found.path is None:
            raise UnreadableSubmission(found.problem or "There is no notebook.")
        return _with_modules(found, parse(read_bytes(found.path)), [found.note])
    read: dict[Path, Submission] = {}
    given: dict[Path, Mapping[str, str]] = {}
    for path in notebooks:
        try:
            submission = parse(read_bytes(path))
            given[path] = answers(assignment, submission)
            read[path] = submission
        except UnreadableSubmission:
            continue
    answered = {path: texts for path, texts in given.items() if texts}
    best = max(answered, key=lambda path: len(answered[path]), default=None)
    if best is None:
        if found.path is None:
            raise UnreadableSubmission(found.problem or "There is no notebook.")
        return _with_modules(found, parse(read_bytes(found.path)), [found.note])
    others = [path for path in answered if path != best]
    if any(texts.items() - answered[best].items() for texts in answered.values()):
        names = " and ".join(repr(path.name[:80]) for path in answered)
        raise UnreadableSubmission(
            f"There are answers in {names}, and they differ: a person decides which one counts."
        )
    notes: list[str | None] = []
    if best.name != usual or others:
        alike = (
            f"; {', '.join(repr(path.name[:80]) for path in others)} has nothing that is not in it"
            if others
            else "; it is the only one with answers"
        )
        notes.append(f"Of {len(notebooks)} notebooks {best.name[:80]!r} was graded{alike}.")
    return _with_modules(found, read[best], notes)


def _with_modules(found: Found, submission: Submission, notes: list[str | None]) -> Submission:
    """The submission with the student's own modules; none takes the name of another package."""
    said = [note for note in notes if note]
    modules: dict[str, str] = {}
    if found.folder is not None:
        present, refused = modules_beside(found.folder)
        said += refused
        for file, text in present.items():
            if is_installed(file.removesuffix(".py")):
                said.append(f"{file} has the name of an installed package and was left out.")
            else:
                modules[file] = text
    return dataclasses.replace(submission, notes=(*said, *submission.notes), modules=modules)
