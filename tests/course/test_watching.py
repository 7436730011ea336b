"""While an author works: what is noticed, what is said at once, what is built again."""

import threading
from pathlib import Path

import pytest

from autograder.commands import building
from autograder.course import unchanged, watching
from autograder.course.folder import CourseFolder

from .test_author_mistakes import ANSWERS, TEXT

NAME = "01_small"


@pytest.fixture
def small(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    (tmp_path / "notebooks").mkdir()
    course = CourseFolder(tmp_path)
    course.lesson(NAME).write_text(TEXT)
    course.known_answers(NAME).write_text(ANSWERS)
    return course


def test_a_saved_text_is_noticed_and_what_a_build_writes_is_not(small):
    ended = threading.Event()

    def write():
        while not ended.wait(0.1):
            small.executed(NAME).write_text("built")
            small.references(NAME).write_text("built")
            small.lesson(NAME).write_text(TEXT + "\n")

    writer = threading.Thread(target=write)
    rounds = watching.rounds(small)
    assert next(rounds) == set()
    writer.start()
    try:
        assert next(rounds) == {small.lesson(NAME).resolve()}
    finally:
        ended.set()
        writer.join()


def test_a_chapter_is_due_once_for_each_change(small, monkeypatch):
    due = watching.Due()
    assert list(due.among(small, [NAME])) == [NAME]
    assert list(due.among(small, [NAME])) == []
    small.known_answers(NAME).write_text(ANSWERS + "\n")
    assert list(due.among(small, [NAME])) == [NAME]
    monkeypatch.setattr(unchanged, "is_unchanged", lambda *_: True)
    assert list(watching.Due().among(small, [NAME])) == []


def test_modules_and_data_of_the_package_are_told_apart():
    module, data = watching.PACKAGE / "torch_nn" / "plots.py", watching.PACKAGE / "a.npz"
    assert watching.is_code({module}) and not watching.is_code({data, Path("/elsewhere/a.py")})
    assert watching.is_data({data}) and not watching.is_data({module})


def test_a_mistake_is_said_and_watching_goes_on_until_it_is_ended(small, monkeypatch, capsys):
    built = []

    def rounds(course):
        yield set()
        course.lesson(NAME).write_text(TEXT.replace("# 1. What", "# What"))
        yield {course.lesson(NAME)}
        yield {course.root / "nbgrader_config.py"}  # the same mistake is not said again
        course.lesson(NAME).write_text(TEXT + "\n")
        yield {course.lesson(NAME)}
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, "rounds", rounds)
    monkeypatch.setattr(building, "_build", lambda folder, lesson: built.append(lesson.name))
    building.build(course=small.root, watch=True)
    said = capsys.readouterr()
    assert built == [NAME, NAME]
    assert said.err.count("notebooks/01_small.py:13: the hints of 'double' are not a") == 1
    assert said.out == "Watching has ended.\n"
