"""The graded notebook of a submission, as formgrader and feedback show it.

It is the instructor's notebook with the student's answers, their own cells where they stood, what
they printed, and below each check cell what the judge said. Everything that came from the student
is sanitised before it is written. Nothing is shown that came while hidden checks ran: a function of
the student's is called there with the hidden inputs, and may print them.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course.assignment import HIDDEN, Assignment, grade_id, role
from autograder.course.lesson import KERNEL
from autograder.files import read_regular, write_whole
from autograder.grading.rebuild import Rebuilt, RebuiltCell
from autograder.handin import MAX_TIMESTAMP_BYTES, TIMESTAMP_FILE
from autograder.intake.timestamps import read_timestamp
from autograder.judge.requirements import Earned
from autograder.judge.verdicts import Status, Verdict
from autograder.pages.formgrader import LOST, Lost, lost_line
from autograder.pages.sanitize import (
    clean_text,
    plain_markdown,
    sanitize_markdown,
    sanitize_outputs,
)
from autograder.sandbox import RunLog

SIGNS: dict[Status, str] = {"passed": "✓", "not_answered": "○", "undecided": "?"}  #: else ✗
ROUNDING = 1e-6  #: of points
REMARKS = "autograder-remarks"  #: id of the cell with what was noted
_cleaned = functools.lru_cache(maxsize=4096)(clean_text)  #: a class is told the same many times
VERDICT = {"autograder": "verdict"}  #: metadata of the output that the judge wrote


def graded_notebook(assignment: Assignment, rebuilt: Rebuilt, log: RunLog) -> NotebookNode:
    """The notebook of an executed attempt, still without verdicts."""
    cells = [_cell(i, cell, log) for i, cell in enumerate(rebuilt.cells)]
    return _new_notebook(cells)


def _cell(number: int, rebuilt: RebuiltCell, log: RunLog) -> NotebookNode:
    source = rebuilt.source
    if rebuilt.cell is None and rebuilt.cell_type != "code":
        source = sanitize_markdown(source)
    hidden = 0
    if rebuilt.cell is not None and role(rebuilt.cell) == "check":
        source, hidden = HIDDEN.subn(
            "# The hidden checks of this exercise; what they found is below.", source
        )
    if rebuilt.cell_type == "code":
        cell = _new_cell("code", source, execution_count=None, outputs=[])
        if rebuilt.position is not None:
            executed = log.cells[rebuilt.position]
            cell.execution_count = rebuilt.position + 1
            if not hidden:
                cell.outputs = [nbformat.from_dict(o) for o in sanitize_outputs(executed.outputs)]
    else:
        cell = _new_cell("markdown", source)
    if rebuilt.cell is not None:
        cell.id = rebuilt.cell.id
        if "nbgrader" in rebuilt.cell.metadata:
            cell.metadata.nbgrader = copy.deepcopy(rebuilt.cell.metadata.nbgrader)
            cell.metadata.nbgrader.cell_type = cell.cell_type
    else:
        cell.id = f"own-{number}"
    return cell


# As ``nbformat.v4`` makes them, without a validation of each part (0.5 ms a cell).


def _new_notebook(cells: list[NotebookNode]) -> NotebookNode:
    metadata = nbformat.from_dict(KERNEL)
    return NotebookNode(cells=cells, metadata=metadata, nbformat=4, nbformat_minor=5)


def _new_cell(cell_type: str, source: str, **more: Any) -> NotebookNode:
    return NotebookNode(cell_type=cell_type, metadata=NotebookNode(), source=source, **more)


def set_aside_notebook(assignment: Assignment, reason: str) -> NotebookNode:
    """The notebook of a submission that could not be read: the reason, and empty grade cells."""
    cells = [_new_cell("markdown", f"**Set aside for a person.** {plain_markdown(reason)}")]
    cells[0].id = "set-aside"
    for known in assignment.notebook.cells:
        if role(known) in ("solution", "check"):
            cell = _new_cell("code", "", execution_count=None, outputs=[])
            cell.id = known.id
            cell.metadata.nbgrader = copy.deepcopy(known.metadata.nbgrader)
            cell.metadata.nbgrader.cell_type = "code"
            cells.append(cell)
    return _new_notebook(cells)


def put_remarks(notebook: NotebookNode, remarks: Sequence[str]) -> None:
    """Say above everything else what was noted about the submission, in place of what was."""
    cells = [cell for cell in notebook.cells if cell.get("id") != REMARKS]
    if remarks:
        lines = [f"- {plain_markdown(remark)}" for remark in remarks]
        cell = _new_cell("markdown", "\n".join(["**Noted when this was graded:**", "", *lines]))
        cell.id = REMARKS
        cells.insert(0, cell)
    notebook.cells = cells


def put_lost(
    notebook: NotebookNode,
    assignment: Assignment,
    scores: Mapping[str, float],
    is_judged: bool = True,
) -> None:
    """Begin with links to where points were lost, in place of what was there.

    ``scores`` are those of the grade cells. What is not judged yet has lost nothing.
    """
    cells = [cell for cell in notebook.cells if cell.get("id") != LOST]
    lost = list(_lost(assignment, scores)) if is_judged else []
    if lost:
        cell = _new_cell("markdown", lost_line(lost))
        cell.id = LOST
        cells.insert(0, cell)
    notebook.cells = cells


def _lost(assignment: Assignment, scores: Mapping[str, float]) -> Iterator[Lost]:
    for name, exercise in assignment.exercises.items():
        cells = [cell for cell in exercise.cells if cell in assignment.points]
        points = sum(assignment.points[cell] for cell in cells)
        earned = sum(scores.get(cell, 0.0) for cell in cells)
        if earned < points - ROUNDING:
            yield Lost(name, earned, points)


def put_verdicts(
    notebook: NotebookNode,
    verdicts: Sequence[Verdict],
    cells: Mapping[str, Sequence[str]],
    requirements: Sequence[Earned] = (),
) -> None:
    """Write what the judge said below each check cell, in place of what was said before.

    ``cells`` names the checks of each grade cell. Below the hidden one stand the ``requirements``.
    """
    by_name = {verdict.check: verdict for verdict in verdicts}
    asked: dict[str, list[Earned]] = {}
    for earned in requirements:
        asked.setdefault(f"{earned.exercise}-hidden", []).append(earned)
    for cell in notebook.cells:
        name = grade_id(cell)
        if name is not None and name in cells:
            kept = [o for o in cell.outputs if o.get("metadata", {}).get("autograder") != "verdict"]
            said = [by_name[check] for check in cells[name] if check in by_name]
            own = asked.get(name, [])
            output = verdict_output(said, own if len(own) > 1 else ())
            cell.outputs = kept + ([nbformat.from_dict(output)] if said else [])


def verdict_output(
    verdicts: Sequence[Verdict], requirements: Sequence[Earned] = ()
) -> dict[str, Any]:
    """Verdicts as one plain-text output: requirements with their points, then a line a check."""
    lines = [earned.line for earned in requirements]
    lines += [""] if lines else []
    for verdict in verdicts:
        mark = SIGNS.get(verdict.status, "✗")
        reason = f": {verdict.reason}" if verdict.reason else ""
        lines.append(f"{mark} {verdict.check}{reason}")
    return {
        "output_type": "display_data",
        "data": {"text/plain": _cleaned("\n".join(lines))},
        "metadata": dict(VERDICT),
    }


def notebook_bytes(notebook: NotebookNode) -> bytes:
    """The notebook as JSON in one line. It was made here, so it is not validated once more."""
    return json.dumps(notebook, ensure_ascii=False).encode("utf-8", "replace")


def read(path: Path) -> NotebookNode | None:
    """The graded notebook that is there, or None."""
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    fields = json.loads(text)
    if text.startswith(_OURS) and all(isinstance(c["source"], str) for c in fields["cells"]):
        return _as_written(fields)
    notebook: NotebookNode = nbformat.reads(text, as_version=4)
    return notebook


_OURS = '{"cells": ['  #: how a notebook of :func:`notebook_bytes` begins, and none of nbformat's


def _as_written(fields: Mapping[str, Any]) -> NotebookNode:
    """A notebook of ours as nodes as far as it is changed here; reading it whole takes 10 ms."""
    cells = []
    for cell in fields["cells"]:
        about = _node(cell["metadata"])
        if "nbgrader" in about:
            dict.update(about, nbgrader=_node(about["nbgrader"]))
        cells.append(_node({**cell, "metadata": about}))
    return _node({**fields, "cells": cells})


def _node(fields: Mapping[str, Any]) -> NotebookNode:
    """A node of which the parts stay what they are."""
    node = NotebookNode()
    dict.update(node, fields)
    return node


def write(path: Path, notebook: NotebookNode, submitted: Path | None = None) -> None:
    """Write a graded notebook, and beside it the time of the submission in ``submitted``.

    nbgrader compares the two times.
    """
    write_whole(path, notebook_bytes(notebook))
    if submitted is not None and read_timestamp(submitted) is not None:
        timestamp = read_regular(submitted / TIMESTAMP_FILE, MAX_TIMESTAMP_BYTES)
        write_whole(path.with_name(TIMESTAMP_FILE), timestamp)
