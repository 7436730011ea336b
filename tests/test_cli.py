"""The command's face: help, unusable arguments, the doctor."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from autograder.cli import silence_others

COMMAND = str(Path(sys.executable).with_name("autograder"))


def run(*arguments, cwd=None):
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, cwd=cwd, timeout=600
    )


@pytest.mark.parametrize(
    "name",
    [
        "adopt",
        "build",
        "bundle",
        "collect",
        "demo",
        "doctor",
        "due",
        "feedback",
        "formgrader",
        "grade",
        "lab",
        "misconception",
        "rejudge",
        "report",
        "roster",
        "similar",
        "submit",
        "test",
    ],
)
def test_every_command_explains_itself(name):
    done = run(name, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_an_unknown_command_is_a_usage_error():
    done = run("marvel")
    assert done.returncode == 2
    assert "No such command" in done.stderr


def test_outside_a_course_the_command_says_so(tmp_path):
    done = run("grade", cwd=tmp_path)
    assert done.returncode == 2
    assert "is not in a course" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_the_doctor_lists_the_layers_of_the_sandbox():
    done = run("doctor")
    assert done.returncode == 0, done.stderr
    for layer in ("network", "files", "processes", "seccomp"):
        assert layer in done.stdout


def test_what_is_only_for_graders_says_how_to_get_it(tmp_path, course):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    (tmp_path / "notebooks").mkdir()
    lesson = course / "notebooks" / "02_functional_conv.py"
    (tmp_path / "notebooks" / "01_conv.py").write_text(lesson.read_text())
    program = (
        "import sys; sys.modules['jupytext'] = None; sys.argv = ['autograder', 'build', '--force'];"
        "from autograder.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=120
    )
    assert done.returncode == 2
    assert 'pip install "torch-nn-course[grade]"' in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_students_find_their_commands_together():
    said = run("--help").stdout
    own = said.split("For students")[1]
    assert "lab" in own.split() and "submit" in own.split()
    assert "grade" not in own.split() and "grade" in said.split()


def test_only_the_named_packages_are_silenced():
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        silence_others()
        for module in ("nbformat.validator", "nbgrader", "nbformats", "autograder.course.build"):
            warnings.warn_explicit("odd", UserWarning, f"{module}.py", 1, module=module)
    assert [warning.filename for warning in heard] == ["nbformats.py", "autograder.course.build.py"]
