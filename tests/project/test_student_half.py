"""What a student does works without what only Linux and macOS have."""

import re
import subprocess
import sys

import pytest

NAMES_ITS_ENCODINGS = ("-X", "warn_default_encoding")  # on Windows the default is not UTF-8


@pytest.mark.parametrize("system", [[], ["--as-on-windows"]], ids=["here", "as on Windows"])
def test_a_student_copies_checks_asks_and_hands_in(system, course):
    done = subprocess.run(
        [sys.executable, *NAMES_ITS_ENCODINGS, "-m", "tests.project.student_half", *system],
        cwd=course,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not re.search(r"autograder/\S+\.py:\d+: EncodingWarning", done.stderr), done.stderr


def test_no_module_of_the_package_needs_what_windows_lacks_to_be_imported(course):
    code = (
        "import importlib, pkgutil\n"
        "from tests.project.windows import take_away\n"
        "take_away()\n"
        "import autograder\n"
        "for module in pkgutil.walk_packages(autograder.__path__, 'autograder.'):\n"
        "    importlib.import_module(module.name)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=course, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_grader_says_on_windows_that_it_needs_linux(course):
    code = (
        "from tests.project.windows import take_away\n"
        "take_away()\n"
        "from autograder.sandbox.doctor import layers\n"
        "print({layer.remedy for layer in layers() if layer.matters})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=course, capture_output=True, text=True)
    assert done.stdout.strip() == (
        "{'Grade on Linux, or in a Linux container or virtual machine.'}"
    ), done.stderr
