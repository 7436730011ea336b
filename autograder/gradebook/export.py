"""``nbgrader export`` with every field quoted where it needs to be.

nbgrader's own plug-in joins fields with commas: a name such as "King, Jr." shifts its line by one
column. This one writes the same columns; set ``c.ExportApp.plugin_class`` to it.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins.export import ExportPlugin

from autograder.files import write_whole

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


class CsvExporter(ExportPlugin):
    """CSV exporter plugin: nbgrader's columns, quoted."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the grades to ``--to``, or to ``grades.csv``."""
        target = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", target)
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for assignment in gradebook.assignments:
            if self.assignment and assignment.name not in map(str, self.assignment):
                continue
            for student in gradebook.students:
                if self.student and student.id not in map(str, self.student):
                    continue
                writer.writerow(_line(gradebook, assignment, student))
        write_whole(target, text.getvalue().encode())


def _line(gradebook: Gradebook, assignment: Any, student: Any) -> dict[str, Any]:
    line: dict[str, Any] = {
        "assignment": assignment.name,
        "duedate": assignment.duedate,
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "max_score": assignment.max_score,
    }
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:  # not handed in
        return line | {"raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0}
    penalty = submission.late_submission_penalty
    return line | {
        "timestamp": submission.timestamp,
        "raw_score": submission.score,
        "late_submission_penalty": penalty,
        "score": max(0.0, submission.score - penalty),
    }
