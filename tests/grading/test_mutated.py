"""A thousand mutated notebooks: each is one record, none is an exception."""

import copy
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.course.folder import CourseFolder
from autograder.errors import UnreadableSubmission
from autograder.grading.rebuild import rebuild
from autograder.grading.scoring import Record
from autograder.intake.submission import parse

from .conftest import CHAPTER, REPOSITORY, solved

ASSIGNMENT = CourseFolder(REPOSITORY).assignment(CHAPTER)
NOTEBOOK = json.loads(solved())
CHECKS = [cell.source for cell in ASSIGNMENT.notebook.cells if cell.id in ASSIGNMENT.points]

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["to_nchw", "to_nchw-hidden", "markdown", "code", "raw", "\ud800", "", "\0"]),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)
keys = st.sampled_from(["cell_type", "source", "metadata", "id", "outputs", "execution_count"])
about = st.sampled_from(["grade_id", "grade", "solution", "points", "locked", "schema_version"])


@st.composite
def mutated(draw) -> bytes:
    notebook = copy.deepcopy(NOTEBOOK)
    for _ in range(draw(st.integers(1, 6))):
        cells = notebook["cells"]
        action = draw(st.integers(0, 8))
        i = draw(st.integers(0, max(0, len(cells) - 1)))
        if not isinstance(cells, list) or not cells or not isinstance(cells[i], dict):
            break
        if action == 0:
            del cells[i]
        elif action == 1:
            cells.insert(draw(st.integers(0, len(cells))), copy.deepcopy(cells[i]))
        elif action == 2:
            cells[i][draw(keys)] = draw(odd)
        elif action == 3:
            metadata = cells[i].get("metadata")
            if isinstance(metadata, dict) and isinstance(metadata.get("nbgrader"), dict):
                metadata["nbgrader"][draw(about)] = draw(odd)
        elif action == 4:
            cells[i] = draw(odd)
        elif action == 5:
            notebook[draw(st.sampled_from(["nbformat", "metadata", "nbformat_minor"]))] = draw(odd)
        elif action == 6:
            j = draw(st.integers(0, len(cells) - 1))
            cells[i], cells[j] = cells[j], cells[i]
        elif action == 7:
            cells[i].pop(draw(keys), None)
        else:
            cells[i]["source"] = draw(st.text(max_size=60))
    data = json.dumps(notebook).encode()
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(data) - 1))
        noise = draw(st.binary(max_size=4))
        data = data[:at] + noise + data[at + draw(st.integers(0, 8)) :]
    return data


@given(mutated())
@settings(max_examples=1000, suppress_health_check=list(HealthCheck))
def test_a_mutated_notebook_is_a_paper_with_the_instructors_checks_or_a_reason(data):
    try:
        rebuilt = rebuild(ASSIGNMENT, parse(data), 3)
    except UnreadableSubmission as error:
        assert str(error).endswith((".", "?"))
        return
    cells = rebuilt.attempt.cells
    # They may wait for an answer that was moved.
    assert sorted(cell.source for cell in cells if cell.kind == "check") == sorted(CHECKS)
    assert len(rebuilt.attempt.job().cells) == len(cells)
    assert all(isinstance(note, str) for note in rebuilt.notes)


@given(st.lists(mutated(), min_size=12, max_size=12))
@settings(max_examples=4, suppress_health_check=list(HealthCheck))
def test_mutated_notebooks_end_as_one_record_each_when_executed(tmp_path_factory, notebooks):
    from autograder.gradebook.writer import open_gradebook
    from autograder.grading.pipeline import Pipeline, grade

    from .conftest import submit

    folder = tmp_path_factory.mktemp("mutated")
    for name in ("source", "release", "notebooks", "nbgrader_config.py"):
        (folder / name).symlink_to(REPOSITORY / name)
    for i, data in enumerate(notebooks):
        submit(folder, f"s{i}", data)
    course = CourseFolder(folder)
    with open_gradebook(course, CHAPTER) as gradebook:
        records = grade(Pipeline(course, CHAPTER), gradebook)
    assert [record.student for record in records] == sorted(f"s{i}" for i in range(12))
    assert all(isinstance(record, Record) for record in records)
