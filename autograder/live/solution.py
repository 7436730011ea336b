"""``solution("strided_conv")``: the course's own answer, once a student has done what they could.

The answers lie in ``NN_name.solutions`` beside the notebook, where an instructor chose to hand them
out (``autograder bundle --solutions``): a JSON object of texts by the exercise's name. The plain
release has no such file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.evidence import EvidenceError
from autograder.files import read_regular
from autograder.judge.exercise import Exercise
from autograder.live.blocks import Heading, Items, Listing, Sentence, message
from autograder.live.hint import exercise_name, known_exercises, unknown
from autograder.live.memory import Chapter, Memory
from autograder.live.style import Message, show

SUFFIX = ".solutions"
TRIES = 2  #: failed runs of an exercise's checks after which its solution may be seen
_MOST_BYTES = 2**20


def solution(exercise: Any, /) -> None:
    """Show the course's own answer to an exercise.

    It is shown when every visible check of the exercise passes, or when all its hints were asked
    for and two tries have failed.

    Args:
        exercise: the exercise's name, or the function or class that answers it.
    """
    from autograder.checks.check import is_grading
    from autograder.live import respond

    if is_grading():
        return
    respond.show_all()  # what ran before in this cell counts
    try:
        show(_answer(exercise_name(exercise)))
    except EvidenceError as error:
        show(_note(f"{error}. Take the file from the folder that you got the chapter in."))


def _answer(name: str) -> Message:
    known = known_exercises()
    if name not in known:
        return unknown(name, known, "solution")
    chapter = known[name]
    texts = _read(chapter)
    if name not in texts:
        return _note(
            "The course's own answers are not here. Your instructor decides whether they are "
            "handed out, for self-study or after the due date: a bundle made with "
            "`autograder bundle --solutions` has them."
        )
    return _show(Memory(chapter), chapter[1].exercises[name], texts[name])


def _read(chapter: Chapter) -> dict[str, str]:
    path = chapter[0] / f"{Path(chapter[1].assignment).name}{SUFFIX}"
    try:
        stored = json.loads(read_regular(path, _MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    entries = stored.items() if isinstance(stored, dict) else ()
    return {name: text for name, text in entries if isinstance(text, str)}


def _show(remembered: Memory, exercise: Exercise, text: str) -> Message:
    passes = remembered.passes(exercise)
    hints = min(remembered.hints(exercise.name), len(exercise.hints))
    tries = min(remembered.tries(exercise.name), TRIES)
    if not passes and (hints < len(exercise.hints) or tries < TRIES):
        return _note(
            f"Not yet. The solution of `{exercise.name}` is shown when yours passes its visible "
            f"checks, or when you have asked for every hint ({hints} of {len(exercise.hints)} so "
            f"far) and tried {TRIES} times ({tries} so far)."
        )
    title = f"The course's answer to {exercise.name}"
    asked = [f"{r.name}: {r.sentence}" for r in exercise.requirements]
    compare = "Compare it with yours: which lines keep each of these, and by what input could the "
    return message(
        "note",
        title,
        [
            Heading(title, title),
            Listing(text),
            Sentence(f"{compare}two be told apart?", "strong"),
            Items(asked, is_ordered=False),
        ],
    )


def _note(sentence: str) -> Message:
    said = Sentence(sentence, is_paragraph=False, is_indented=False)
    return message("note", "solution", [said])
