"""The release is nbgrader's own, made without the gradebook that nobody would read."""

import subprocess

import pytest
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.course.build import release
from autograder.errors import BuildError

from .conftest import COURSE

NAME = "03_layers"


def files(kind: str, name: str = NAME) -> dict[str, bytes]:
    folder = COURSE.root / kind / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.iterdir()}


def test_what_is_committed_is_what_is_made_of_the_source(chapter):
    assert release(chapter, files("source", chapter)) == files("release", chapter)


def test_nbgraders_own_command_makes_the_same(tmp_path):
    source = tmp_path / "source" / NAME
    source.mkdir(parents=True)
    for name, data in files("source").items():
        (source / name).write_bytes(data)
    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    config.CourseDirectory.assignment_id = NAME
    config.CourseDirectory.db_url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
    made = tmp_path / "release" / NAME
    assert {path.name: path.read_bytes() for path in made.iterdir()} == release(
        NAME, files("source")
    )


def test_it_takes_no_process_and_no_database(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr("nbgrader.api.Gradebook.__init__", refuse)
    assert release(NAME, files("source")) == files("release")


def test_what_nbgrader_refuses_is_told_in_its_words():
    broken = files("source")[f"{NAME}.ipynb"].replace(b"### END SOLUTION", b"### AND SOLUTION")
    with pytest.raises(BuildError, match=r"(?s)nbgrader refuses it.*solution"):
        release(NAME, {f"{NAME}.ipynb": broken})
