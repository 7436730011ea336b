"""Temporary courses with one real chapter in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.course.demo import fill
from autograder.course.folder import CourseFolder

CHAPTER = "02_functional_conv"
REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = str(Path(sys.executable).with_name("autograder"))


@pytest.fixture
def small_course(tmp_path: Path) -> Path:
    """A course with chapter 2 only, nothing submitted and nothing graded."""
    return course_of_one_chapter(tmp_path / "course")


def course_of_one_chapter(course: Path) -> Path:
    """The same, in a folder of one's own."""
    for folder in ("source", "release"):
        shutil.copytree(REPOSITORY / folder / CHAPTER, course / folder / CHAPTER)
    (course / "notebooks").mkdir()
    for suffix in ("references", "answers.py"):
        shutil.copy(REPOSITORY / "notebooks" / f"{CHAPTER}.{suffix}", course / "notebooks")
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    return course


def blank() -> nbformat.NotebookNode:
    """The released notebook of chapter 2."""
    path = REPOSITORY / "release" / CHAPTER / f"{CHAPTER}.ipynb"
    return nbformat.read(path, as_version=4)


def right_answers() -> dict[str, str]:
    """One right answer for each exercise of chapter 2."""
    answers: dict[str, str] = {}
    for answer in CourseFolder(REPOSITORY).answers(CHAPTER):
        if answer.right:
            answers.setdefault(answer.exercise, answer.source)
    return answers


def solved(**changes: str) -> bytes:
    """A whole submission with right answers, some of them replaced."""
    return json.dumps(fill(blank(), right_answers() | changes)).encode()


def submit(course: Path, student: str, data: bytes, chapter: str = CHAPTER) -> None:
    """Write a submission of chapter 2."""
    folder = course / "submitted" / student / chapter
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{chapter}.ipynb").write_bytes(data)


def command(course: Path, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """Run ``autograder`` in a course, as a user would."""
    return subprocess.run(
        [COMMAND, *arguments], cwd=course, capture_output=True, text=True, timeout=900, **options
    )


def graded(course: Path, *arguments: str) -> dict[str, dict]:
    """Grade a course; its records by student. The command must end well."""
    done = command(course, "grade", CHAPTER, "--jsonl", "out.jsonl", *arguments)
    assert done.returncode == 0, done.stderr
    lines = (course / "out.jsonl").read_text().splitlines()
    return {record["student"]: record for record in map(json.loads, lines)}


def exported(course: Path) -> dict[str, float]:
    """Scores as ``nbgrader export`` gives them, by student."""
    bin_folder = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [str(bin_folder / "nbgrader"), "export", "--to", "grades.csv"],
        cwd=course,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    header, *rows = (line.split(",") for line in (course / "grades.csv").read_text().splitlines())
    student, score = header.index("student_id"), header.index("score")
    return {row[student]: float(row[score]) for row in rows if row}
