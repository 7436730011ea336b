"""The checks of a student's cell: judged together when all have run, shown, remembered.

The verdicts come from the public references beside the notebook, and by the same rules as in
grading: a cause is named when every check bears it out, so nothing is said before the last one has
run. A cell fails once, at its end, with one line; :mod:`autograder.live.framing` sees to that.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from autograder import evidence as ev
from autograder.errors import CheckFailed, NotAnswered
from autograder.evidence import Evidence, EvidenceError
from autograder.judge import references
from autograder.judge.references import References
from autograder.judge.requirements import earned
from autograder.judge.verdicts import (
    NOT_ANSWERED,
    Status,
    Verdict,
    exercise_of,
    judge_exercise,
)
from autograder.live import memory
from autograder.live.hint import advice
from autograder.live.memory import Memory
from autograder.live.student_line import Place, raised_by_asking_cell, student_line
from autograder.live.style import in_ipython, show


@dataclasses.dataclass(frozen=True)
class _Ran:
    """One check that ran or should have: what it recorded, or the verdict where it did not."""

    recorded: Evidence | None = None
    verdict: Verdict | None = None
    error: BaseException | None = None
    place: Place | None = None
    call: str | None = None
    quiet: bool = False

    @property
    def check(self) -> str:
        """Its name."""
        return self.verdict.check if self.verdict else self.recorded.name if self.recorded else ""


@dataclasses.dataclass
class _Cell:
    """What happened in the cell that is running."""

    ran: list[_Ran] = dataclasses.field(default_factory=list)
    verdicts: list[Verdict] = dataclasses.field(default_factory=list)
    said: set[str] = dataclasses.field(default_factory=set)  #: messages need no repetition
    texts: list[str] = dataclasses.field(default_factory=list)  #: what was shown, as plain text
    goes_on: bool = False  #: a student's own copy, in which Run All should reach every exercise


_cell = _Cell()


def begin() -> None:
    """Forget the last cell. Runs before every cell that calls ``check``."""
    global _cell
    _cell = _Cell()


def finish(value: Any = None) -> Any:
    """End the cell with :class:`CheckFailed` when a check did not pass; else return ``value``.

    Runs at the end of every cell that calls ``check``; ``value`` is that of the cell's last line.
    In a student's own copy the error becomes the cell's output without stopping the cells that are
    queued behind it: one open exercise must not keep Run All from the next. Beside private
    references (a build, nbval) it is raised like any other.
    """
    show_all()
    cell = _cell
    begin()
    if all(verdict.passed for verdict in cell.verdicts):
        return value
    failure = _failure(cell)
    if cell.goes_on and isinstance(failure, NotAnswered) and not cell.texts and not _validating():
        return None  # a line has said so, which is enough
    if cell.goes_on:
        sys.modules["IPython"].get_ipython().showtraceback((type(failure), failure, None))
        return None
    raise failure from None


def aside(*names: str) -> bool:
    """Take up an exception that a cell raised on its way to a check, and say what it means.

    ``names`` are those of the checks that the exception may have kept from running. False when it
    kept none, or none of a chapter that is known here: then it should go on.
    """
    error = sys.exc_info()[1]
    unreached = [name for name in names if name not in {ran.check for ran in _cell.ran}]
    if isinstance(error, CheckFailed):
        return False
    try:
        chapter = memory.chapter_of(unreached[0]) if unreached else None
    except EvidenceError:
        chapter = None
    if chapter is None or not isinstance(error, Exception | KeyboardInterrupt):
        show_all()  # the cell ends here, with this exception
        return False
    first, place = unreached[0], student_line(error)
    missing = _missing_name(error)
    if isinstance(error, KeyboardInterrupt):
        interrupted = Verdict(first, "interrupted", "You interrupted this check.")
        _cell.ran.append(_Ran(verdict=interrupted, place=place))
        show_all()
        _cell.goes_on = False
        finish()
    is_untouched = type(error) is NotImplementedError and not str(error)
    if missing:
        absent = Verdict(first, "not_answered", _not_there(missing, chapter[1]))
        _cell.ran.append(_Ran(verdict=absent))
    elif is_untouched:
        _cell.ran.append(_Ran(verdict=Verdict(first, "not_answered", NOT_ANSWERED), quiet=True))
    else:
        _cell.ran.append(_Ran(Evidence(first, ev.exception_node(error)), place=place))
    for name in unreached[1:]:
        same = exercise_of(name) == exercise_of(first) and (missing or is_untouched)
        status: Status = "not_answered" if same else "not_reached"
        _cell.ran.append(_Ran(verdict=Verdict(name, status, "Not reached."), quiet=True))
    return True


def answer(recorded: Evidence, error: BaseException | None, call: str | None) -> None:
    """Take up what one check recorded; it is judged with the others of its cell."""
    _cell.ran.append(_Ran(recorded, error=error, place=student_line(error), call=call))
    if not in_ipython():
        finish()


def show_all() -> None:
    """Judge the checks that ran, say what is to be said of them, remember how they ended."""
    waiting, _cell.ran = _cell.ran, []
    judged: dict[str, list[Verdict]] = {}
    known: dict[str, Verdict] = {}  # by check: an exercise's checks are judged together, once
    recorded = {ran.recorded.name: ran.recorded for ran in waiting if ran.recorded}
    for ran in waiting:
        try:
            chapter = memory.chapter_of(ran.check)
            if ran.verdict is None and ran.check not in known:
                known |= _judge(ran.check, recorded, chapter[1] if chapter else None)
            verdict = ran.verdict or known[ran.check]
        except EvidenceError as unreadable:
            chapter, verdict = None, Verdict(ran.check, "undecided", f"{unreadable}.")
        missing = _missing_name(ran.error)
        if missing and chapter and verdict.status == "failed":
            verdict = Verdict(ran.check, "not_answered", _not_there(missing, chapter[1]))
        place = None if verdict.passed else ran.place
        is_untouched = verdict.status == "not_answered" and ran.recorded and not missing
        quiet = ran.quiet or bool(is_untouched)
        _say(verdict, chapter, ran.recorded, place, ran.call, quiet=quiet)
        judged.setdefault(verdict.exercise, []).append(verdict)
    for exercise, verdicts in judged.items():
        _remember_run(exercise, verdicts)


def _remember_run(name: str, verdicts: Sequence[Verdict]) -> None:
    """Note a try that failed; and what each requirement earns, when every visible check ran."""
    try:
        chapter = memory.chapter_of(name)
    except EvidenceError:
        return
    exercise = chapter[1].exercises[name] if chapter else None
    if chapter is None or exercise is None:
        return
    if any(verdict.status == "failed" for verdict in verdicts):
        Memory(chapter).remember_try(name)
    if not exercise.requirements:
        return
    if not set(exercise.visible) <= {verdict.check for verdict in verdicts}:
        return
    kept = earned(exercise, chapter[1].of(name), verdicts)
    points = round(sum(requirement.in_cells[0] for requirement in kept), 6)
    broken = [requirement.name for requirement in kept if requirement.reason]
    Memory(chapter).remember_requirements(name, points, broken)


def _requirement(verdict: Verdict, known: References | None) -> str | None:
    """What the statement asks for that is broken here, with its name."""
    exercise = known.exercises.get(verdict.exercise) if known else None
    broken = next((part.requirement for part in verdict.parts if not part.holds), None)
    for requirement in exercise.requirements if exercise and verdict.status == "failed" else ():
        if requirement.name == broken:
            return f"{requirement.name}: {requirement.sentence}"
    return None


def _judge(
    check: str, recorded: Mapping[str, Evidence], known: References | None
) -> dict[str, Verdict]:
    """The verdicts on a check and on all that the cell recorded of its exercise."""
    if known is None or check not in known.checks:
        reason = (
            f"There is nothing to compare `{check}` with: no *{references.SUFFIX} file "
            f"beside this notebook knows it. Is the notebook in the folder it came in?"
        )
        return {check: Verdict(check, "undecided", reason)}
    exercise = known.exercises[exercise_of(check)]
    together = [reference for reference in known.of(exercise.name) if reference.name in recorded]
    mistakes = known.known_mistakes(exercise.name)
    verdicts = judge_exercise(together, recorded, mistakes, exercise)
    return {verdict.check: verdict for verdict in verdicts}


def _say(
    verdict: Verdict,
    chapter: memory.Chapter | None,
    recorded: Evidence | None = None,
    place: Place | None = None,
    call: str | None = None,
    quiet: bool = False,
) -> None:
    """Show a verdict: a line where it is ``quiet`` or passed, or a card for what needs one."""
    from autograder.live import card

    _cell.verdicts.append(verdict)
    known = chapter[1] if chapter else None
    next_step = None
    if chapter and known:
        remembered = Memory(chapter)
        _cell.goes_on = remembered.lasting and in_ipython()
        if verdict.check in known.checks:
            remembered.remember_status(verdict.check, verdict.status)
            next_step = advice(remembered, known.exercises[verdict.exercise])
    message = _message(verdict, known)
    if quiet and verdict.status == "not_answered" and _cell.goes_on:
        if verdict.exercise not in _cell.said:
            _cell.said.add(verdict.exercise)
            print(card.line(dataclasses.replace(verdict, check=verdict.exercise)))
        return
    again = "" if verdict.passed or quiet else _again(verdict, message, place)
    if again is not None:
        print(card.line(verdict, again))
        return
    reference = known.checks.get(verdict.check) if known else None
    if verdict.status not in ("failed", "interrupted") or next_step in _cell.said:
        next_step = None
    _cell.said.add(next_step or "")
    said = card.Said(call, message, place, next_step, _requirement(verdict, known))
    drawn = card.draw(verdict, recorded, reference, said)
    _cell.texts.append(drawn.text)
    show(drawn)


def _again(verdict: Verdict, message: str | None, place: Place | None) -> str | None:
    """What to put instead of a card that would only repeat one of this cell; None for a new one."""
    raised = verdict.finding is not None and verdict.finding.kind == "exception"
    if message is None and verdict.status == "failed" and not raised:
        return None  # two answers that are wrong alike are not one mistake
    key = message or f"{verdict.reason} {place}"
    if key not in _cell.said:
        _cell.said.add(key)
        return None
    if message is not None:
        return "the same mistake as above"
    return "the same error as above" if raised else ""


def _message(verdict: Verdict, known: References | None) -> str | None:
    """What the known mistake's author should read."""
    for mistake in known.known_mistakes(verdict.exercise) if known else ():
        if mistake.name == verdict.misconception:
            return mistake.message
    return None


def _missing_name(error: BaseException | None) -> str | None:
    """The name that the cell of the check itself asked for in vain."""
    if isinstance(error, NameError) and raised_by_asking_cell(error):
        return error.name
    return None


def _not_there(missing: str, known: References) -> str:
    if missing in known.exercises:
        return (
            f"`{missing}` does not exist yet: run the solution cell above first. If that cell "
            f"shows an error, mend the error first."
        )
    return (
        f"`{missing}` does not exist yet. If it is part of an answer, run the solution cell above "
        f"first; else run the cells above (menu Run, Run All Above Selected Cell)."
    )


def _validating() -> bool:
    """Whether nbgrader's Validate runs the notebook: it reports errors, and shows nothing else."""
    return bool(os.environ.get("NBGRADER_VALIDATING"))


def _failure(cell: _Cell) -> CheckFailed:
    """The exception at a cell's end: one sentence, and no traceback of ours."""
    open_ = [verdict for verdict in cell.verdicts if not verdict.passed]
    parts = []
    kinds: set[type[CheckFailed]] = set()
    for exercise in dict.fromkeys(verdict.exercise for verdict in open_):
        mine = [verdict for verdict in open_ if verdict.exercise == exercise]
        total = sum(verdict.exercise == exercise for verdict in cell.verdicts)
        names = ", ".join(dict.fromkeys(v.check.partition("/")[2] or v.check for v in mine))
        untouched = all(verdict.status == "not_answered" for verdict in mine)
        kinds.add(NotAnswered if untouched else CheckFailed)
        if untouched:
            parts.append(f"{exercise}: not answered yet")
        elif all(verdict.status == "undecided" for verdict in mine):
            parts.append(f"{exercise}: could not be checked")
        else:
            parts.append(
                f"{exercise}: {total - len(mine)} of {total} checks pass; still open: {names}"
            )
    failure = (NotAnswered if kinds == {NotAnswered} else CheckFailed)("; ".join(parts))
    lines = [str(failure)]
    if _validating():
        lines += cell.texts  # Validate shows tracebacks only
    # IPython asks an exception for its own traceback; ours would show frames of this package.
    failure._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
    return failure
