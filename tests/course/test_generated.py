"""What is committed is what the text builds, and nothing of it tells students too much."""

import re

import nbformat
import pytest

from autograder.course import build, leaks, lesson
from autograder.course.attempt import solution_attempt
from autograder.course.folder import CourseFolder
from autograder.course.make_references import recorded_by
from autograder.judge.references import SUFFIX, load

from .conftest import CHAPTERS, COURSE, assignment, built, run


@pytest.mark.executes
def test_nothing_has_drifted_from_the_text(chapter):
    assert build.drift(COURSE, lesson.read(COURSE.lesson(chapter)), built(chapter)) == []


def test_building_twice_gives_the_same_bytes(chapter):
    text = lesson.read(COURSE.root / "notebooks" / f"{chapter}.py")
    again = lesson.read(COURSE.root / "notebooks" / f"{chapter}.py")
    first = lesson.notebook_bytes(text.assignment.notebook)
    assert first == lesson.notebook_bytes(again.assignment.notebook)
    ids = [cell.id for cell in text.assignment.notebook.cells]
    assert len(set(ids)) == len(ids)


def test_the_release_holds_no_solution_hidden_test_reference_or_answer(chapter):
    assert leaks.leaks(COURSE, chapter) == []


def test_the_leak_check_finds_a_leak(chapter, tmp_path):
    for folder in ("source", "release"):
        (tmp_path / folder / chapter).mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    for path in (f"source/{chapter}/{chapter}.ipynb", f"notebooks/{chapter}{SUFFIX}"):
        (tmp_path / path).write_bytes((COURSE.root / path).read_bytes())
    released = tmp_path / "release" / chapter / f"{chapter}.ipynb"
    released.write_bytes((COURSE.root / "source" / chapter / f"{chapter}.ipynb").read_bytes())
    private = (COURSE.root / "notebooks" / f"{chapter}{SUFFIX}").read_bytes()
    (tmp_path / "release" / chapter / f"{chapter}{SUFFIX}").write_bytes(private)
    found = "\n".join(leaks.leaks(CourseFolder(tmp_path), chapter))
    assert "A line of the solution" in found
    assert "names the hidden check" in found


@pytest.mark.executes
def test_demonstrations_do_not_change_the_references(chapter):
    plain, whole = (
        solution_attempt(assignment(chapter), 3, demos=demos) for demos in (False, True)
    )
    assert len(plain.cells) < len(whole.cells)
    evidence = [recorded_by(attempt, *run([attempt.job()])) for attempt in (plain, whole)]
    plain_bytes, whole_bytes = (
        [item.to_bytes() for items in recorded.values() for item in items] for recorded in evidence
    )
    assert plain_bytes == whole_bytes


def test_the_executed_notebook_has_outputs_and_no_error(chapter):
    notebook = nbformat.read(COURSE.root / "notebooks" / f"{chapter}.ipynb", as_version=4)
    errors = [
        cell.id
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])
    ]
    assert errors == []
    pictures = sum(
        "image/png" in o.get("data", {}) for c in notebook.cells for o in c.get("outputs", [])
    )
    assert pictures >= 2


def test_every_message_of_a_known_mistake_reaches_students(chapter):
    public = load(COURSE.root / "release" / chapter / f"{chapter}{SUFFIX}")
    assert public.misconceptions
    assert all(
        exercise.hints and len(exercise.hints) == 3 for exercise in public.exercises.values()
    )
    assert not any(exercise.hidden for exercise in public.exercises.values())


def rows_of_the_course() -> dict[str, set[str]]:
    """The ids of the course's table and errata, by chapter; kept beside this test."""
    rows: dict[str, set[str]] = {}
    for line in (COURSE.root / "tests" / "course" / "seed_rows.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            chapter, ids = line.split(":")
            rows[chapter.strip()] = set(ids.split())
    return rows


@pytest.mark.parametrize("name", sorted(rows_of_the_course()))
def test_no_row_of_the_seed_documents_is_missing(name):
    if name not in CHAPTERS:
        pytest.fail(f"the chapter {name} does not exist")
    text = lesson.read(COURSE.root / "notebooks" / f"{name}.py")
    assert missing_rows(rows_of_the_course()[name], text) == []


def missing_rows(wanted: set[str], text: lesson.Lesson) -> list[str]:
    """The rows that no cell of a lesson names in its ``seed=[…]``."""
    covered = {row for said in text.authoring.values() for row in said.get("seed", [])}
    return sorted(wanted - covered)


def test_a_row_that_no_cell_names_is_missed(tmp_path):
    name = "06_optimizers"
    path = COURSE.root / "notebooks" / f"{name}.py"
    shortened = tmp_path / f"{name}.py"
    shortened.write_text(path.read_text().replace('"E27"', '"E999"').replace('"A6.1"', '"x"'))
    assert missing_rows(rows_of_the_course()[name], lesson.read(path)) == []
    assert missing_rows(rows_of_the_course()[name], lesson.read(shortened)) == ["A6.1", "E27"]
    assert missing_rows({"E1"}, lesson.read(path)) == ["E1"]


def test_every_chapter_has_rows():
    assert sorted(rows_of_the_course()) == CHAPTERS


def test_what_is_for_authors_only_is_in_no_notebook(chapter):
    text = lesson.read(COURSE.root / "notebooks" / f"{chapter}.py")
    cells = text.assignment.notebook.cells
    assert text.authoring.keys() <= {cell.id for cell in cells}
    assert not [cell.id for cell in cells if lesson.AUTHORING[0] in cell.metadata]


@pytest.mark.parametrize(
    "path",
    [*COURSE.root.glob("notebooks/*.py")],
    ids=lambda path: path.name,
)
def test_the_lessons_speak_of_their_subject_only(path):
    assert off_subject(path.read_text()) == []


def off_subject(text: str) -> list[str]:
    """What the seed documents said that no lesson should: a ticker, a call that is deprecated."""
    return re.findall(r"\bZBX\b|\bpretrained=True\)", text)


def test_what_is_off_the_subject_is_found():
    assert off_subject('seed=["A1"]\nZBX = models.vgg16(pretrained=True)') == [
        "ZBX",
        "pretrained=True)",
    ]
