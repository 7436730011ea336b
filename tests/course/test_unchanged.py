"""A chapter that is built already is left alone, and for no other reason than that it is."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder import cli
from autograder.course import build, unchanged
from autograder.course.folder import CourseFolder

NAME = "01_small"
GENERATED = (
    f"source/{NAME}/{NAME}.ipynb",
    f"source/{NAME}/{NAME}.references",
    f"release/{NAME}/{NAME}.ipynb",
    f"release/{NAME}/{NAME}.references",
    f"notebooks/{NAME}.references",
    f"notebooks/{NAME}.ipynb",
)


@pytest.fixture
def course(tmp_path):
    """A course whose one chapter has been built."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    for path in (*GENERATED, f"notebooks/{NAME}.py", f"notebooks/{NAME}.answers.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    folder = CourseFolder(tmp_path)
    unchanged.remember(folder, NAME, unchanged.inputs(folder, NAME))
    return folder


def test_what_is_built_is_unchanged(course):
    assert unchanged.is_unchanged(course, NAME)
    assert [*course.root.glob(".autograder/*")] == [course.root / ".autograder" / "build.json"]


@pytest.mark.parametrize(
    "path",
    [*GENERATED, f"notebooks/{NAME}.py", f"notebooks/{NAME}.answers.py", "nbgrader_config.py"],
)
@pytest.mark.parametrize("text", ["another", None])
def test_no_file_may_differ_or_be_gone(course, path, text):
    if text is None:
        (course.root / path).unlink()
    else:
        (course.root / path).write_text(text)
    assert not unchanged.is_unchanged(course, NAME)


def test_nor_may_there_be_one_that_is_not_built(course):
    (course.root / "release" / NAME / "solution.py").write_text("")
    assert not unchanged.is_unchanged(course, NAME)


def test_another_version_of_torch_builds_anew(course, monkeypatch):
    monkeypatch.setattr(
        unchanged, "_version", lambda name: "99" if name == "torch" else "not there"
    )
    other = unchanged.inputs(course, NAME)
    monkeypatch.setattr(unchanged, "_version", lambda name: "not there")
    assert other != unchanged.inputs(course, NAME)
    assert not unchanged.is_unchanged(course, NAME)


@pytest.mark.parametrize("room", [*unchanged.ROOMS, "pages"])
def test_another_source_of_a_room_that_decides_builds_anew(course, room, monkeypatch, tmp_path):
    package = tmp_path / "package"
    for name in (*unchanged.ROOMS, "pages"):
        (package / name / "__pycache__").mkdir(parents=True)
        (package / name / "__init__.py").write_text("")
    monkeypatch.setattr(unchanged.autograder, "__file__", str(package / "__init__.py"))
    before = unchanged.inputs(course, NAME)
    (package / room / "__pycache__" / "new.pyc").write_text("")
    assert unchanged.inputs(course, NAME) == before
    (package / room / "new.py").write_text("")
    assert (unchanged.inputs(course, NAME) == before) == (room == "pages")


def test_a_text_that_is_edited_while_it_is_built_is_built_again(course):
    before = unchanged.inputs(course, NAME)
    course.lesson(NAME).write_text("edited")
    unchanged.remember(course, NAME, before)
    assert not unchanged.is_unchanged(course, NAME)


@pytest.mark.parametrize("notes", ["", "[]", "{", f'{{"{NAME}": 1}}', f'{{"{NAME}": {{}}}}'])
def test_notes_that_cannot_be_read_only_cost_time(course, notes):
    (course.root / unchanged.FILE).write_text(notes)
    assert not unchanged.is_unchanged(course, NAME)
    unchanged.remember(course, NAME, unchanged.inputs(course, NAME))
    assert unchanged.is_unchanged(course, NAME)


def test_chapters_are_noted_beside_each_other(course):
    unchanged.remember(course, "02_other", unchanged.inputs(course, "02_other"))
    assert sorted(json.loads((course.root / unchanged.FILE).read_text())) == [NAME, "02_other"]


def run(monkeypatch, course, *options: str) -> int:
    words = ["autograder", "build", NAME, "--course", str(course.root), *options]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


def test_the_command_touches_nothing(course, monkeypatch, capsys):
    before = {path: path.stat().st_mtime_ns for path in course.root.rglob("*")}
    monkeypatch.setattr(build, "lessons", None)
    assert run(monkeypatch, course) == 0
    assert capsys.readouterr().out == f"{NAME}: unchanged\n"
    assert {path: path.stat().st_mtime_ns for path in course.root.rglob("*")} == before


@pytest.mark.parametrize(("option", "does"), [("--force", "build"), ("--check", "drift")])
def test_with_force_or_check_the_notes_are_not_believed(course, monkeypatch, option, does):
    done = []

    class Text:
        name = NAME

    monkeypatch.setattr(build, "lessons", lambda folder, names: [Text for _ in names])
    monkeypatch.setattr(build, does, lambda *given, **_: done.append(given[1].name) or [])
    assert run(monkeypatch, course, option) == 0
    assert done == [NAME]


def test_building_makes_the_note(course, monkeypatch):
    course.lesson(NAME).write_text("edited")
    executed = nbformat.v4.new_notebook()
    files = dict.fromkeys(GENERATED[:-1], b"built")
    monkeypatch.setattr(build, "build_static", lambda *_: build.Built(NAME, files))
    monkeypatch.setattr(build, "execute_lesson", lambda *_: executed)
    (course.root / GENERATED[-1]).write_bytes(build.notebook_bytes(executed))

    class Text:
        name = NAME

    assert build.build(course, Text) == list(files)
    assert unchanged.is_unchanged(course, NAME)


def test_what_takes_seconds_to_import_is_not_imported(course):
    program = (
        "import sys\n"
        "from autograder import cli\n"
        f"sys.argv = ['autograder', 'build', '--course', {str(course.root)!r}]\n"
        "try:\n    cli.main()\nexcept SystemExit as left:\n    assert not left.code\n"
        "slow = {'torch', 'jupytext', 'nbgrader', 'nbformat', 'sqlalchemy', 'IPython'}\n"
        "print(sorted(slow & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert done.stdout == f"{NAME}: unchanged\n[]\n"
