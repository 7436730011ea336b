"""The repository can be checked out on every system, and gives the same bytes there."""

import re
import subprocess
from collections import Counter
from pathlib import PurePosixPath

from autograder.handin import DEVICES


def tracked(course):
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, cwd=course, capture_output=True, check=True)
    return done.stdout.decode().rstrip("\0").split("\0")


def test_no_file_has_a_name_that_a_system_forbids(course):
    for name in tracked(course):
        for part in PurePosixPath(name).parts:
            assert not re.search(r'[<>:"\\|?*\x00-\x1f]|[ .]$', part), name
            assert part.split(".")[0].lower() not in DEVICES, name
        assert len(name) < 180, name


def test_no_two_names_differ_in_capitals_only(course):
    counts = Counter(name.lower() for name in tracked(course))
    assert [name for name, count in counts.items() if count > 1] == []


def test_lines_end_alike_everywhere(course):
    attributes = (course / ".gitattributes").read_text(encoding="utf-8")
    assert "* text=auto eol=lf" in attributes.splitlines()
    listed = ["git", "ls-files", "--eol"]
    done = subprocess.run(listed, cwd=course, capture_output=True, text=True, check=True)
    crlf = [line for line in done.stdout.splitlines() if line.startswith(("i/crlf", "i/mixed"))]
    assert crlf == []
