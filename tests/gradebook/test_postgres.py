"""The gradebook in PostgreSQL: a real server of an ordinary user, on loopback."""

import threading

import pytest
import sqlalchemy
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.gradebook import database
from autograder.gradebook.moving import move_gradebook
from autograder.gradebook.writer import GradebookWriter, open_gradebook
from autograder.grading.pipeline import Pipeline, grade
from autograder.grading.rejudge import rejudge
from tests import postgres
from tests.grading.course import (
    ASSIGNMENT,
    POINTS,
    full_marks,
    make_course,
    nbgrader,
    source_notebook,
    submit,
)
from tests.workspace.small import autograder

pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def server():
    if postgres.programs() is None:
        pytest.skip("no PostgreSQL: install Debian's `postgresql`")
    with postgres.server() as running:
        yield running


@pytest.fixture
def url(server):
    return server.database()


@pytest.fixture
def root(tmp_path, url):
    return make_course(tmp_path / "course", f"c.CourseDirectory.db_url = {url!r}\n")


def answered(factor):
    notebook = source_notebook()
    for cell in notebook.cells:
        if cell.id in ("double", "triple"):
            cell.source = f"def {cell.id}(x):\n    return {factor} * x"
    return notebook


def scores(url):
    with Gradebook(url, "torch_nn") as gradebook:
        return {s.student_id: s.score for s in gradebook.assignment_submissions(ASSIGNMENT)}


def grade_all(root, only=None):
    course = CourseFolder(root)
    with open_gradebook(course, ASSIGNMENT) as gradebook:
        done = grade(Pipeline(course, ASSIGNMENT), gradebook, workers=2, only=only)
    return {record.student: record.score for record in done}


def rows(url):
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted(
                (tuple(row) for row in connection.execute(sqlalchemy.select(table))), key=repr
            )
            for table in database.Base.metadata.sorted_tables
        }
    engine.dispose()
    return found


def layout(url):
    """Tables, columns and keys, as the server describes them."""
    engine = sqlalchemy.create_engine(url)
    look = sqlalchemy.inspect(engine)
    found = {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(name)],
            look.get_pk_constraint(name)["constrained_columns"],
            sorted(str(key["constrained_columns"]) for key in look.get_foreign_keys(name)),
        )
        for name in look.get_table_names()
    }
    engine.dispose()
    return found


def test_a_new_gradebook_is_as_nbgrader_makes_it(server):
    ours, theirs = server.database(), server.database()
    GradebookWriter(ours).close()
    Gradebook(theirs).close()
    assert layout(ours) == layout(theirs)
    assert "grade" in layout(ours)


def test_a_class_is_graded_judged_again_and_what_people_entered_stays(root, url):
    submit(root, "ada", answered(2))
    submit(root, "bob", answered(3))
    assert grade_all(root) == scores(url) == {"ada": 4.0, "bob": 6.0}
    with Gradebook(url, "torch_nn") as gradebook:
        found = gradebook.find_grade("triple-hidden", ASSIGNMENT, ASSIGNMENT, "ada")
        found.manual_score = 1.5
        gradebook.db.commit()
    course = CourseFolder(root)
    with open_gradebook(course, ASSIGNMENT) as gradebook:
        again = rejudge(Pipeline(course, ASSIGNMENT), gradebook)
    assert {record.student: record.score for record in again} == {"ada": 5.5, "bob": 6.0}
    assert scores(url) == {"ada": 5.5, "bob": 6.0}


def test_formgrader_and_nbgraders_own_commands_work_on_it(root, url):
    submit(root, "ada", answered(2))
    done = nbgrader(root, "autograde", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    assert scores(url) == {"ada": 4.0}
    api = NbGraderAPI(CourseFolder(root).directory)
    (found,) = api.get_submissions(ASSIGNMENT)
    assert (found["student"], found["score"], found["max_score"]) == ("ada", 4.0, 10.0)
    done = nbgrader(root, "export")
    assert done.returncode == 0, done.stderr
    assert "ada" in (root / "grades.csv").read_text()


def test_two_graders_at_once_lose_nothing_and_enter_nobody_twice(root, url):
    """They write the same new students, cell by cell, through connections of their own."""
    source = root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    students = [f"s{i:02}" for i in range(40)]
    failed = []

    def write(marks):
        try:
            with GradebookWriter(url, "torch_nn") as writer:
                writer.ensure_assignment(source)
                for student in students:
                    writer.record(student, ASSIGNMENT, marks)
                    writer.flush()
        except Exception as error:
            failed.append(error)

    threads = [
        threading.Thread(target=write, args=(full_marks(*names),))
        for names in (("double",), ("double", "triple"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert set(scores(url)) == set(students)
    assert set(scores(url).values()) <= {4.0, 10.0}
    found = rows(url)
    assert len(found["student"]) == len(found["submitted_notebook"]) == len(students)
    assert len(found["grade"]) == len(students) * len(POINTS)


def test_who_holds_it_for_long_is_waited_for_and_then_named(url, monkeypatch):
    GradebookWriter(url).close()
    engine = database.open_engine(url)
    monkeypatch.setattr(database, "LOCK_SECONDS", 1)
    with engine.begin(), pytest.raises(AutograderError, match="another program is writing it"):
        database.open_engine(url)
    engine.dispose()


# ------------------------------------------------------------------------------------- moving


def test_a_gradebook_moves_there_and_back_with_every_row(root, url, tmp_path):
    submit(root, "ada", answered(2))
    submit(root, "Žofie 王", answered(3))
    grade_all(root)
    with Gradebook(url, "torch_nn") as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-12-01 18:00:00")
        gradebook.find_comment("double", ASSIGNMENT, ASSIGNMENT, "ada").manual_comment = "Schön."
        gradebook.db.commit()
    before, file = rows(url), f"sqlite:///{tmp_path / 'moved.db'}"
    seen = []
    counts = move_gradebook(url, file, lambda done, total: seen.append((done, total)))
    assert rows(url) == before == rows(file)
    assert sum(counts.values()) == seen[-1][0] == seen[-1][1] == sum(map(len, before.values()))
    assert scores(file) == scores(url)
    with pytest.raises(AutograderError, match="has something in it already"):
        move_gradebook(url, file)
    assert rows(file) == before


def test_it_moves_by_command_into_a_database_that_nbgrader_has_opened(root, server, url):
    submit(root, "ada", answered(2))
    grade_all(root)
    new = server.database()
    Gradebook(new, "torch_nn").close()
    done = autograder("move-gradebook", new, cwd=root)
    assert done.returncode == 0, done.stderr
    assert "1 student" in done.stdout and new in done.stdout
    assert rows(new) == rows(url)
    done = autograder("move-gradebook", url, cwd=root)
    assert done.returncode == 2
    assert "is at postgresql+psycopg://" in " ".join(done.stderr.split())


def test_a_gradebook_that_is_not_there_does_not_move(server, tmp_path):
    with pytest.raises(AutograderError, match="There is no gradebook at"):
        move_gradebook(f"sqlite:///{tmp_path / 'none.db'}", server.database())
    assert not (tmp_path / "none.db").exists()


# ------------------------------------------------------------------------------ what is amiss


def test_what_is_amiss_is_one_sentence(server, monkeypatch):
    good = server.database()
    GradebookWriter(good).close()
    for wrong in (server.url("nowhere"), good.replace(f":{server.port}/", ":9/")):
        with pytest.raises(AutograderError, match="see that its server runs") as told:
            GradebookWriter(wrong.replace("tests@", "tests:secret@"))
        assert "\n" not in str(told.value) and "secret" not in str(told.value)
    engine = sqlalchemy.create_engine(good)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("ALTER TABLE grade DROP COLUMN auto_score"))
    engine.dispose()
    with pytest.raises(AutograderError, match="nbgrader db upgrade"):
        GradebookWriter(good)


@pytest.mark.parametrize("begins", ["postgresql", "postgresql+psycopg", "mysql"])
def test_a_missing_driver_is_one_sentence(monkeypatch, begins):
    for module in ("psycopg", "psycopg2", "MySQLdb"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    says = r"torch-nn-course\[postgres\]" if "postgres" in begins else "pip install MySQLdb"
    with pytest.raises(AutograderError, match=says) as told:
        GradebookWriter(f"{begins}://ada:secret@127.0.0.1/grades")
    assert "\n" not in str(told.value) and "secret" not in str(told.value)
