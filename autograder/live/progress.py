"""``progress()``: how far the chapter and the course are, as far as the visible checks can tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from autograder.evidence import EvidenceError
from autograder.judge.exercise import Exercise
from autograder.judge.references import References
from autograder.live import memory
from autograder.live.blocks import Bar, Cell, Heading, Sentence, Table, message
from autograder.live.memory import Chapter, Memory
from autograder.live.style import Message, Tone, clean, show


@dataclasses.dataclass(frozen=True)
class Standing:
    """How one exercise stands, by the last run of each of its visible checks."""

    exercise: Exercise
    passed: int
    failed: int
    hints: int
    remembered: float | None = None  #: visible points, where they were counted by requirement
    broken: str = ""  #: requirements that do not hold

    @property
    def done(self) -> bool:
        """Whether every visible check passed when it last ran."""
        return bool(self.exercise.visible) and self.passed == len(self.exercise.visible)

    @property
    def points(self) -> float:
        """Visible points, as the grader counts them."""
        if self.remembered is not None:
            return min(self.remembered, self.exercise.points[0])
        checks = len(self.exercise.visible)
        return self.exercise.points[0] * self.passed / checks if checks else 0.0

    @property
    def state(self) -> tuple[str, Tone, str]:
        """A sign, its tone, and the state in words."""
        if self.done:
            return "✓", "right", "passes"
        if self.passed or self.failed:
            said = f"{self.passed} of {len(self.exercise.visible)} checks pass"
            return "✗", "wrong", f"{said}; open: {self.broken}" if self.broken else said
        return "○", "open", "open"


def progress() -> None:
    """Show the chapter's exercises: what passes, what is open, points so far, minutes left.

    Below it, where the course's chapters lie side by side, a line for each of them.

    Points are those that the visible checks have established; what the hidden ones give is decided
    when the chapter is graded.
    """
    from autograder.checks.check import is_grading
    from autograder.live import respond

    if is_grading():
        return
    respond.show_all()  # what ran before in this cell counts
    try:
        chapters = list(memory.chapters())
        chapters = [c for c in chapters if _touched(c)] or chapters
    except EvidenceError as error:
        show(_note(f"{error}. Take the file from the folder that you got the chapter in."))
        return
    if not chapters:
        show(
            _note(
                "There is nothing to show: no *.references file lies beside this notebook. "
                "Is the notebook in the folder that it came in?"
            )
        )
    for chapter in chapters:
        show(draw(chapter[1], standings(chapter)))
    course = list(memory.course())
    if len(course) > 1:
        show(draw_course([(chapter[1], standings(chapter)) for chapter in course]))


def _touched(chapter: Chapter) -> bool:
    """Whether anything is remembered of a chapter; tells several in one folder apart."""
    return any(
        standing.passed or standing.failed or standing.hints for standing in standings(chapter)
    )


def standings(chapter: Chapter) -> list[Standing]:
    """How each exercise of a chapter stands."""
    found, remembered = [], Memory(chapter)
    for exercise in chapter[1].exercises.values():
        statuses = [remembered.status(check) for check in exercise.visible]
        hints = min(remembered.hints(exercise.name), len(exercise.hints))
        failed = statuses.count("failed") + statuses.count("interrupted")
        points, broken = remembered.points(exercise.name), remembered.broken(exercise.name)
        passed = statuses.count("passed")
        found.append(Standing(exercise, passed, failed, hints, points, clean(broken, 120)))
    return found


def draw(chapter: References, found: list[Standing]) -> Message:
    """The table and the two sentences below it."""
    done = sum(standing.done for standing in found)
    summary, note = _sentences(found)
    title = f"{chapter.assignment}: {done} of {len(found)} exercises pass their visible checks"
    return message(
        "right" if done == len(found) else "note",
        title,
        [
            Heading(title, title),
            Bar(round(100 * done / len(found)) if found else 0),
            Table(_HEAD, [_row(standing) for standing in found], numbers=frozenset((2, 3, 4))),
            Sentence(summary, is_paragraph=False, is_indented=False),
            Sentence(note, "quiet", is_paragraph=False, is_indented=False),
        ],
    )


def draw_course(chapters: Sequence[tuple[References, list[Standing]]]) -> Message:
    """A row for each chapter, and their sum."""
    rows, sums = [], [0, 0, 0]
    for chapter, found in chapters:
        done, left = [s for s in found if s.done], [s for s in found if not s.done]
        core = sum(s.exercise.minutes for s in left if not s.exercise.further)
        further = sum(s.exercise.minutes for s in left if s.exercise.further)
        sign: tuple[str, Tone] = ("○", "open") if not done else ("✗", "note")
        rows.append(
            [
                Cell(Path(chapter.assignment).name),
                Cell(f"{len(done)} of {len(found)} pass", *(("✓", "right") if not left else sign)),
                Cell(f"{sum(s.points for s in found):.3g} of {_visible(found):g}"),
                Cell(str(core)),
                Cell(str(further)),
            ]
        )
        sums = [sums[0] + len(done), sums[1] + len(found), sums[2] + core]
    title = f"The course: {sums[0]} of {sums[1]} exercises pass their visible checks"
    said = f"About {sums[2]} minutes of core exercises are left by the estimates."
    return message(
        "right" if sums[0] == sums[1] else "note",
        title,
        [
            Heading(title, title),
            Table(_COURSE_HEAD, rows, numbers=frozenset((2, 3, 4))),
            Sentence(said if sums[2] else "", "quiet", is_paragraph=False, is_indented=False),
        ],
    )


_COURSE_HEAD = ("chapter", "", "visible points", "minutes left, core", "further")
_HEAD = ("exercise", "", "minutes", "hints", "visible points")


def _row(standing: Standing) -> list[Cell]:
    exercise = standing.exercise
    sign, tone, words = standing.state
    return [
        Cell(_name(exercise)),
        Cell(words, sign, tone),
        Cell(str(exercise.minutes or "")),
        Cell(f"{standing.hints} of {len(exercise.hints)}"),
        Cell(f"{standing.points:.3g} of {exercise.points[0]:g}"),
    ]


def _name(exercise: Exercise) -> str:
    stars = "★" * exercise.difficulty + "☆" * (3 - exercise.difficulty)
    number = exercise.title if exercise.title != exercise.name else ""
    further = "· further" if exercise.further else ""
    parts = (number, exercise.name, stars if exercise.difficulty else "", further)
    return " ".join(filter(None, parts))


def _sentences(found: list[Standing]) -> tuple[str, str]:
    points = sum(standing.points for standing in found)
    visible = _visible(found)
    hidden = sum(standing.exercise.points[1] for standing in found)
    open_ = [standing.exercise for standing in found if not standing.done]
    minutes = sum(exercise.minutes for exercise in open_)
    further = sum(exercise.minutes for exercise in open_ if exercise.further)
    left = f"about {minutes} minutes left by the estimates" if minutes else "nothing is open here"
    left += f", {further} of them further" if further else ""
    if not minutes and not all(standing.done for standing in found):
        count = sum(not standing.done for standing in found)
        left = f"{count} exercise{'' if count == 1 else 's'} left"  # nobody has estimated them
    return (
        f"{points:.3g} of {visible:g} visible points so far; {hidden:g} more are decided when "
        f"graded; {left}.",
        "As of the last run of each check: run a check again after you changed an answer.",
    )


def _visible(found: list[Standing]) -> float:
    return sum(standing.exercise.points[0] for standing in found)


def _note(sentence: str) -> Message:
    return message("note", "progress", [Sentence(sentence, is_paragraph=False, is_indented=False)])
