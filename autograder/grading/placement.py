"""Which cells of a submission are whose, and the order in which all of them stand.

Identity decides: a cell that carries a lesson cell's ``grade_id``, or else its id, is that cell;
the first of several, for solutions the first in which something was written. Where the lesson's
cell is not there by name, one of the same text is taken for it. Every other cell is the student's
own and stays where it stands.

The order is the student's, as *Run All* has it. The lesson's cells that kept their order among
each other (the longest such row) are the frame; what the student left out of it or moved is put
back at its place. Only check cells wait: for the cell that holds the answer that they ask for.
"""

from __future__ import annotations

import bisect
import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Literal

from autograder.checks.namespace import bound_names, normal_text
from autograder.course.assignment import Assignment, Role, exercise_of_cell, grade_id, role
from autograder.course.definitions import Code, read, words
from autograder.errors import UnreadableSubmission
from autograder.intake.submission import Submission, SubmittedCell

#: a lesson's cell as it is, one with the student's text, or a cell of the student's own
Place = Literal["lesson", "answer", "own"]


@dataclasses.dataclass(frozen=True)
class Placed:
    """One cell of the attempt, in its order.

    ``index`` is the position of the lesson's cell, or of the one that stands before; ``runs`` says
    whether it is to be executed (demonstrations apart, which the attempt decides on).
    """

    place: Place
    index: int
    cell_type: str
    source: str
    runs: bool


@dataclasses.dataclass(frozen=True)
class Placement:
    """All cells in order, and what is to be said about them.

    ``answers`` tells for each exercise which of ``cells`` holds its answer, as its check cells see
    it; ``missing`` are exercises that nothing in the notebook answers.
    """

    cells: tuple[Placed, ...]
    answers: dict[str, int]
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def place(assignment: Assignment, submission: Submission) -> Placement:
    """Sort a submission's cells. Raises :class:`UnreadableSubmission` where none is this lesson's.

    That is, where neither a solution cell is found nor a cell that defines what one of them asks
    for.
    """
    return _Sorting(assignment, submission).placement()


def answers(assignment: Assignment, submission: Submission) -> dict[str, str]:
    """What a submission answers: the code of each answer, alike for answers that do the same."""
    sorting = _Sorting(assignment, submission)
    found: dict[str, str] = {}
    for name, cells in sorting.find_holders().items():
        texts = [
            code.shape if (code := sorting.code(s)) else sorting.cells[s].source for s in cells
        ]
        if texts:
            found[name] = "\n".join(texts)
    return found


_FENCED = re.compile(r"\s*(?P<fence>```+|~~~+)[^\n`]*\n(?P<code>.*?)\n?(?P=fence)\s*", re.DOTALL)


class _Sorting:
    def __init__(self, assignment: Assignment, submission: Submission) -> None:
        self.assignment = assignment
        self.lesson = assignment.notebook.cells
        self.roles: list[Role] = [role(cell) for cell in self.lesson]
        self.names = [grade_id(cell) or cell.id for cell in self.lesson]
        self.cells = tuple(self._unfenced(cell) for cell in submission.cells)
        self.known = [self._known(cell) for cell in self.cells]
        self.stubs = {
            code.shape
            for i, text in enumerate(assignment.released)
            if self.roles[i] == "solution" and (code := read(text)) is not None
        }
        self.turned: list[str] = []
        self.own: dict[int, int] = {}  # position in the lesson → in the submission
        self.copies: list[str] = []
        self._choose()
        self.of = {s: i for i, s in self.own.items()}

    # -------------------------------------------------------------------------- whose is a cell

    def _known(self, cell: SubmittedCell) -> int | None:
        for name in (cell.grade_id, cell.cell_id):
            if name is not None and name in self.assignment.by_name:
                return self.assignment.by_name[name]
        return None

    def _unfenced(self, cell: SubmittedCell) -> SubmittedCell:
        """A solution cell that became a text cell, without the fence around its code."""
        i = self._known(cell)
        if cell.cell_type == "code" or i is None or self.roles[i] != "solution":
            return cell
        fenced = _FENCED.fullmatch(cell.source)
        return dataclasses.replace(cell, source=fenced["code"]) if fenced else cell

    def _choose(self) -> None:
        claims: dict[int, list[int]] = {}
        for s, i in enumerate(self.known):
            if i is not None:
                claims.setdefault(i, []).append(s)
        for i, found in claims.items():
            self.own[i] = self._first(i, found)
        free: dict[int, list[int]] = {}
        for s, cell in enumerate(self.cells):
            i = self.assignment.by_text.get(normal_text(cell.source))
            if i is not None and i not in claims and self.known[s] is None:
                free.setdefault(i, []).append(s)
        for i, found in free.items():
            self.own[i] = found[0]
        for i, name in self._solutions():
            if i not in self.own:
                self._take_by_definition(i, name)

    def _first(self, i: int, found: list[int]) -> int:
        """Which of the cells that call themselves the lesson's ``i`` is it."""
        if self.roles[i] != "solution":
            return found[0]
        answered = [s for s in found if self._is_answered(s)]
        if len(answered) > 1:
            self.copies.append(self.names[i])
        defining = [s for s in answered if self.defines(s, self.names[i])]
        return (defining or answered or found)[0]

    def _take_by_definition(self, i: int, name: str) -> None:
        """A solution that is nowhere by name: the cell that defines it, and no other exercise."""
        for s in range(len(self.cells)):
            taken = self.known[s] is not None or s in self.own.values()
            if taken or self.cells[s].cell_type != "code" or not self.defines(s, name):
                continue
            if not any(self.defines(s, other) for _, other in self._solutions() if other != name):
                self.own[i] = s
                return

    def _solutions(self) -> Iterator[tuple[int, str]]:
        for i, kind in enumerate(self.roles):
            if kind == "solution":
                yield i, self.names[i]

    # --------------------------------------------------------------------- what is in a cell

    def code(self, s: int) -> Code | None:
        """What a cell defines; None for one that is no code."""
        return read(self.cells[s].source)

    def defines(self, s: int, exercise: str) -> bool:
        """Whether a cell defines all that an exercise asks for."""
        code = self.code(s)
        asked = self.assignment.asked[exercise]
        if code is None or not asked:
            return False
        truth = read(self.assignment.solutions[exercise])
        functions = asked & truth.functions if truth is not None else frozenset()
        return functions <= code.functions and asked <= code.defined

    def _is_answered(self, s: int) -> bool:
        """Whether anything was written into a solution cell."""
        code = self.code(s)
        if code is None:
            return bool(self.cells[s].source.strip())
        return not code.is_empty and code.shape not in self.stubs

    def _is_stub(self, s: int) -> bool:
        code = self.code(s)
        return code is not None and code.shape in self.stubs

    # ------------------------------------------------------------------------------ the order

    def placement(self) -> Placement:
        """The cells in order."""
        self.holders = self.find_holders()
        self.answering = {  # check cells that an answer was written into
            s
            for held in self.holders.values()
            for s in held
            if s in self.of and self.roles[self.of[s]] == "check"
        }
        found = [name for i, name in self._solutions() if i in self.own or self.holders[name]]
        if not found:
            raise UnreadableSubmission(
                f"No solution cell of {self.assignment.name} was found in the notebook, and no "
                f"cell that defines what they ask for: it is another notebook."
            )
        missing = [name for name in self.assignment.exercises if name not in found]
        self.placed: list[Placed] = []
        self.answers: dict[str, int] = {}
        self.latest: dict[str, int] = {}
        self.held: list[int] = []
        self.written: set[int] = set()
        self.next = 0
        frame = self._frame()
        self.framed = {self.of[s] for s in frame}
        self._put_back()
        for s in range(len(self.cells)):
            i = self.of.get(s)
            if s in frame:
                assert i is not None
                self._release()
                while self.next < i:
                    self._lesson(self.next)
                    self.next += 1
                if s in self.answering:
                    self._own(s, i)  # an answer in a check cell
                self._lesson(i, s)
                self.next = i + 1
                self._put_back()
            elif i is not None and self.roles[i] == "solution":
                self._lesson(i, s)
            elif i is None or self.roles[i] in ("setup", "demo") or s in self.answering:
                self._own(s)
        for i in range(self.next, len(self.lesson)):
            self._lesson(i)
        self._release(everything=True)
        return Placement(
            tuple(self.placed), self.answers, tuple(missing), tuple(self._notes(missing))
        )

    def find_holders(self) -> dict[str, list[int]]:
        """The cells that answer each exercise, in order: its own, or else those that define it."""
        held: dict[str, list[int]] = {}
        for i, name in self._solutions():
            own = self.own.get(i)
            elsewhere = [
                s
                for s, cell in enumerate(self.cells)
                if s != own and self._is_executed(s, cell) and self.defines(s, name)
            ]
            code = self.code(own) if own is not None else None
            if own is None or not self._is_answered(own):
                held[name] = elsewhere
            elif code is not None and not self.defines(own, name):
                still_open = code.open & self.assignment.asked[name]
                empty = not code.defined & self.assignment.asked[name]
                held[name] = elsewhere if elsewhere and (still_open or empty) else [own]
            else:
                held[name] = [own]
        return held

    def _is_executed(self, s: int, cell: SubmittedCell) -> bool:
        i = self.of.get(s)
        if i is not None and self.roles[i] == "solution":
            return self._is_answered(s)
        return cell.cell_type == "code" and not self._is_lessons(s) and not self._is_stub(s)

    def _is_lessons(self, s: int) -> bool:
        """Whether a cell is one of the lesson's, unchanged, or a copy of a check cell."""
        text = normal_text(self.cells[s].source)
        i = self.of.get(s)
        if i is not None and self.roles[i] == "check":
            return not any(self.defines(s, name) for _, name in self._solutions())
        if i is not None:
            return text == self.assignment.released[i]
        same = self.assignment.by_text.get(text)
        return same is not None and self.roles[same] in ("check", "text")

    def _frame(self) -> set[int]:
        """The submitted cells that stand in the lesson's order: the longest row of them."""
        ends: list[int] = []
        last: list[int] = []
        before: dict[int, int | None] = {}
        for s in sorted(self.of):
            at = bisect.bisect_left(ends, self.of[s])
            before[s] = last[at - 1] if at else None
            ends[at : at + 1] = [self.of[s]]
            last[at : at + 1] = [s]
        frame = set()
        step = last[-1] if last else None
        while step is not None:
            frame.add(step)
            step = before[step]
        return frame

    def _put_back(self) -> None:
        """Set-up that the student has not kept comes before what the student wrote there."""
        while self.next < len(self.lesson):
            kept = self.next in self.framed or self.roles[self.next] in ("solution", "check")
            if kept and self.next not in self.written:
                return
            self._lesson(self.next)
            self.next += 1

    # ---------------------------------------------------------------------------- single cells

    def _add(self, place: Place, index: int, cell_type: str, source: str, runs: bool) -> int:
        self.placed.append(Placed(place, index, cell_type, source, runs))
        return len(self.placed) - 1

    def _lesson(self, i: int, s: int | None = None) -> None:
        """Put one of the lesson's cells, with the student's text where it is a solution."""
        if i in self.written:
            return
        kind, cell = self.roles[i], self.lesson[i]
        if kind == "solution":
            if s is None and i in self.own:
                return  # it stands elsewhere
            self.written.add(i)
            self._solution(i, s)
            return
        self.written.add(i)
        if kind == "check":
            if self._must_wait(i):
                self.held.append(i)
            else:
                self._check(i)
            return
        self._add("lesson", i, cell.cell_type, cell.source, kind == "setup")
        if s is not None and normal_text(self.cells[s].source) != self.assignment.released[i]:
            self._own(s, i)

    def _solution(self, i: int, s: int | None) -> None:
        name = self.names[i]
        source = self.cells[s].source if s is not None else ""
        runs = s is not None and (self._is_answered(s) or not self.holders[name])
        at = self._add("answer", i, "code", source, runs)
        if s is not None and runs:
            if self.cells[s].cell_type != "code" and self._is_answered(s):
                self.turned.append(name)
            if s in self.holders[name] or not self.holders[name]:
                self.latest[name] = at
            self._note_definitions(s, at)

    def _own(self, s: int, i: int | None = None) -> None:
        """Put a cell of the student's own where it stands."""
        cell = self.cells[s]
        if not cell.source.strip() or (i is None and s not in self.of and self._is_lessons(s)):
            return
        runs = cell.cell_type == "code" and not self._is_stub(s)
        at = self._add("own", self.next - 1 if i is None else i, cell.cell_type, cell.source, runs)
        if runs:
            self._note_definitions(s, at)

    def _note_definitions(self, s: int, at: int) -> None:
        for _, name in self._solutions():
            if self.defines(s, name):
                self.latest[name] = at

    def _must_wait(self, i: int) -> bool:
        """Whether the answer that a check cell asks for is still to come, or a helper of it."""
        exercise = exercise_of_cell(self.names[i])
        if self.holders.get(exercise) and exercise not in self.latest:
            return True
        used = words(self.lesson[i].source)
        return any(used & bound_names(self.lesson[held].source) for held in self.held)

    def _check(self, i: int) -> None:
        exercise = exercise_of_cell(self.names[i])
        if exercise in self.latest:
            self.answers.setdefault(exercise, self.latest[exercise])
        self._add("lesson", i, "code", self.lesson[i].source, True)

    def _release(self, everything: bool = False) -> None:
        waiting, self.held = self.held, []
        for i in waiting:
            if not everything and self._must_wait(i):
                self.held.append(i)
            else:
                self._check(i)

    # ------------------------------------------------------------------------------- the notes

    def _notes(self, missing: Sequence[str]) -> Iterator[str]:
        checks = [i for i, kind in enumerate(self.roles) if kind == "check"]
        lost = all(i is None for i in self.known)
        if lost:
            yield (
                "The cells have lost their names: answers were found by their text and by what "
                "they define."
            )
        if self.copies:
            yield (
                f"Copied cells ({', '.join(self.copies)}): the first that was changed counts, the "
                f"others run as code."
            )
        if self.turned:
            yield f"Answers in text cells were turned back into code: {', '.join(self.turned)}."
        elsewhere = [
            name
            for i, name in self._solutions()
            if self.holders[name] and self.own.get(i) not in self.holders[name]
        ]
        if elsewhere:
            yield f"Answered in another cell than its own: {', '.join(elsewhere)}."
        changed = [
            self.names[i]
            for i in checks
            if i in self.own
            and normal_text(self.cells[self.own[i]].source) != self.assignment.released[i]
        ]
        if changed:
            yield f"Changed test cells were replaced by the original: {', '.join(changed)}."
        gone = [self.names[i] for i in checks if i not in self.own]
        if gone and not lost:
            yield f"Missing test cells were put back: {', '.join(gone)}."
        if missing:
            yield f"Solution cells not found: {', '.join(missing)}."
