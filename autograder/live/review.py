"""``review()``: three short questions on what a student has been through; no points.

``review(5)`` stands at the top of chapter 5 and asks about chapters 1 to 4; ``review()`` asks about
every chapter that the student has begun. Those come first that were not asked for longest, and
every time with fresh numbers. ``review.answer(6, None, "mean")`` answers them in their order, None
skips one. When each was asked is remembered beside the chapters, in ``.autograder/review.json``.
"""

from __future__ import annotations

import dataclasses
import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.files import write_whole
from autograder.live import memory
from autograder.live.blocks import Block, Heading, Sentence, message
from autograder.live.memory import FOLDER, MAX_MEMORY_FILE_BYTES, Memory
from autograder.live.style import clean, show

HOW_MANY = 3  #: questions at a time
_CLOSE = 0.01  #: a number may be off by this share of it


@dataclasses.dataclass(frozen=True)
class Question:
    """One question: its text, the right answer, and why it is that.

    ``answer`` is a number, a bool, a string or a tuple of them. Numbers that are no integers may be
    off by one per cent; of strings neither case nor spaces count.
    """

    text: str
    answer: Any
    why: str


Ask = Callable[[random.Random], Question]
"""Makes a question with fresh numbers; its ``__name__`` is what is remembered."""

Bank = Mapping[int, Sequence[Ask]]
"""The questions by the number of their chapter, in the order in which it teaches."""


class Review:
    """Asks questions of a bank, takes answers, remembers when each was asked."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._asked: list[Question] = []
        self._unsaved: dict[str, list[int]] = {}

    def __call__(self, before: int | None = None) -> None:
        """Ask three questions.

        Args:
            before: the number of a chapter: ask about those before it, as at its top. Without it:
                about every chapter that was begun.
        """
        from autograder.checks.check import is_grading

        if is_grading():
            return
        chapters = self._begun() if before is None else [n for n in self._bank if n < before]
        history = self._history()
        chosen = self._choose(chapters, history)
        if not chosen:
            show(_note("There is nothing to ask about yet: no chapter has been begun."))
            return
        self._asked = []
        turn = 1 + max((last for _, last in history.values()), default=0)
        for key, ask in chosen:
            times = history.get(key, [0, 0])[0]
            self._asked.append(ask(random.Random(f"{key} {times}")))
            history[key] = [times + 1, turn]
        self._remember(history)
        show(_draw(self._asked, len(chosen)))

    def answer(self, *answers: Any) -> None:
        """Say of each answer whether it is right, and why; None skips a question."""
        from autograder.checks.check import is_grading

        if is_grading():
            return
        if not self._asked:
            show(_note("Nothing was asked yet: run the cell with `review(...)` first."))
            return
        given = [*answers, *[None] * len(self._asked)][: len(self._asked)]
        if all(one is None for one in given):
            show(_note("Skipped; nothing depends on it. `review()` asks others at any time."))
            return
        right = sum(_agree(a, q.answer) for a, q in zip(given, self._asked, strict=True))
        tried = sum(one is not None for one in given)
        blocks: list[Block] = [Heading(f"{right} of {tried} right", f"{right} of {tried} right")]
        for i, (one, question) in enumerate(zip(given, self._asked, strict=True), 1):
            blocks.append(Sentence(_verdict(i, one, question)))
        show(message("right" if right == tried else "note", "Before you start", blocks))

    def _choose(
        self, chapters: Sequence[int], history: Mapping[str, list[int]]
    ) -> list[tuple[str, Ask]]:
        """Those not asked for longest; of those alike, chapters take turns, the last one first."""
        ranked = [
            (history.get(key, [0, 0])[1], place, -number, key, ask)
            for number in chapters
            for place, ask in enumerate(self._bank[number])
            for key in [f"{number}/{getattr(ask, '__name__', place)}"]
        ]
        ranked.sort(key=lambda found: found[:4])
        return [(key, ask) for *_, key, ask in ranked[:HOW_MANY]]

    def _begun(self) -> list[int]:
        """The chapters of which anything is remembered."""
        begun = []
        for chapter in memory.course():
            number = re.match(r"\d+", Path(chapter[1].assignment).name)
            remembered = Memory(chapter)
            checks = [c for e in chapter[1].exercises.values() for c in e.visible]
            if number and any(map(remembered.status, checks)) and int(number[0]) in self._bank:
                begun.append(int(number[0]))
        return begun

    def _history(self) -> dict[str, list[int]]:
        """How often each question was asked, and in which turn last."""
        path = _file()
        if path is None:
            return dict(self._unsaved)
        try:
            with path.open("rb") as file:
                stored = json.loads(file.read(MAX_MEMORY_FILE_BYTES))
        except (OSError, ValueError, RecursionError):
            return dict(self._unsaved)
        entries = stored.items() if isinstance(stored, dict) else ()
        return {
            key: value
            for key, value in entries
            if isinstance(value, list) and len(value) == 2 and all(type(n) is int for n in value)
        }

    def _remember(self, history: dict[str, list[int]]) -> None:
        self._unsaved = history
        path = _file()
        if path is not None:
            try:
                write_whole(path, json.dumps(history, indent=1, sort_keys=True).encode())
            except OSError:
                return  # it is asked anew in the next session, that is all


def _file() -> Path | None:
    """Where it is remembered: beside the chapters; nowhere in an instructor's folder."""
    folder = next((folder for folder, _ in memory.course()), None)
    return folder.parent / FOLDER / "review.json" if folder else None


def _agree(given: Any, right: Any) -> bool:
    """Whether an answer is the right one."""
    if isinstance(right, tuple):
        try:
            parts = tuple(given)
        except TypeError:
            return False
        return len(parts) == len(right) and all(map(_agree, parts, right))
    if isinstance(right, str):
        return isinstance(given, str) and _plain(given) == _plain(right)
    if isinstance(right, bool):
        return given is right
    try:
        number = float(given)
    except (TypeError, ValueError):
        return False
    return bool(abs(number - right) <= (0 if isinstance(right, int) else _CLOSE * abs(right)))


def _plain(text: str) -> str:
    return re.sub(r"[\s`'\".()]", "", text).casefold()


def _verdict(number: int, given: Any, question: Question) -> str:
    if given is None:
        return f"{number}. skipped"
    if _agree(given, question.answer):
        return f"{number}. ✓ {question.why}"
    return f"{number}. ✗ It is `{question.answer}`, not `{clean(repr(given), 60)}`. {question.why}"


def _draw(asked: Sequence[Question], count: int) -> Any:
    places = ", ".join(["None"] * count)
    blocks: list[Block] = [Heading("Before you start", "Before you start")]
    blocks += [Sentence(f"{i}. {q.text}", "main") for i, q in enumerate(asked, 1)]
    said = f"Answer with `review.answer({places})`, your answers for None; None skips one."
    blocks.append(Sentence(said, "quiet"))
    return message("note", "Before you start", blocks)


def _note(sentence: str) -> Any:
    said = Sentence(sentence, is_paragraph=False, is_indented=False)
    return message("note", "Before you start", [said])
