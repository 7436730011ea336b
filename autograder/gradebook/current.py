"""The gradebook's penalties and the records of the last grading, brought up to date.

Between two gradings a person changes scores in formgrader, and dates and the rule for late
submissions move. Whoever tells scores (the feedback pages, the report, the export) asks for this
first, so that all say what the gradebook says, and the next grading does not change it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.course.folder import CourseFolder
from autograder.course.lock import course_lock
from autograder.gradebook.database import Layout, exists
from autograder.gradebook.late import penalties_are_old, write_penalties
from autograder.gradebook.writer import GradebookWriter
from autograder.grading.store import Store


def bring_up_to_date(
    course: CourseFolder, name: str, say: Callable[[str], None] = lambda line: None
) -> int:
    """Put the gradebook's scores into the stored records of an assignment.

    Nothing is judged or executed; of the gradebook only penalties change, where a score, a date or
    the rule is another. ``say`` is told when another command is waited for.

    Returns:
        how many records changed.

    Raises:
        AutograderError: the gradebook cannot be read, or another command holds the course.
    """
    store = Store(course.evidence(name))
    if not store.records() or not exists(course.directory.db_url):
        return 0
    directory = course.directory
    with GradebookWriter(directory.db_url, directory.course_id, directory.config) as gradebook:
        with gradebook.transaction() as connection:
            if Layout.read(connection, name) is None:
                return 0
            is_old = penalties_are_old(connection, gradebook.late_plugin)
        if not is_old and not _changed(store, gradebook, name):
            return 0
        with course_lock(course, f"autograder report {name}", say=say):
            with gradebook.transaction() as connection:
                write_penalties(connection, gradebook.late_plugin)
            changed = _changed(store, gradebook, name)
            store.save_lines(changed)
            return len(changed)


def _changed(store: Store, gradebook: GradebookWriter, name: str) -> dict[str, dict[str, Any]]:
    lines = store.records()
    changed = {}
    for student, standing in gradebook.standings(name, list(lines)).items():
        line = lines[student]
        says = {"score": standing.score, "manual": standing.manual, "late": standing.late}
        if any(line.get(key) != value for key, value in says.items()):
            changed[student] = line | says
    return changed
