"""The command's face: help, unusable arguments, the doctor."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).with_name("autograder"))


def run(*arguments, cwd=None):
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, cwd=cwd, timeout=600
    )


@pytest.mark.parametrize(
    "name", ["build", "demo", "grade", "rejudge", "report", "bundle", "doctor", "lab"]
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
