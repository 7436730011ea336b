"""Collecting from an exchange into which everybody can write."""

import datetime
import getpass
import os

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.utils import parse_utc

from autograder.course.folder import CourseFolder
from autograder.grading import arrivals
from tests.grading.course import ASSIGNMENT, make_course

WHEN = "2026-11-01 12:00:00.000000 UTC"


@pytest.fixture
def inbound(tmp_path, monkeypatch):
    monkeypatch.setattr(arrivals, "SETTLED_SECONDS", 0.0)
    folder = tmp_path / "exchange" / "torch_nn" / "inbound"
    folder.mkdir(parents=True)
    (tmp_path / "exchange").chmod(0o777)
    make_course(tmp_path / "course", f"c.Exchange.root = {str(tmp_path / 'exchange')!r}\n")
    return folder


def hand_in(inbound, student, text="{}", when=WHEN):
    folder = inbound / f"{student}+{ASSIGNMENT}+{when}"
    folder.mkdir()
    (folder / f"{ASSIGNMENT}.ipynb").write_text(text)
    (folder / "timestamp.txt").write_text(when)
    return folder


@pytest.fixture
def collected(inbound):
    """Collects; what nbgrader's API says, and what is in ``submitted/`` then."""
    root = inbound.parents[2] / "course"
    directory = CourseFolder(root).directory
    api = NbGraderAPI(directory, config=directory.config)

    def collect():
        said, there = api.collect(ASSIGNMENT), root / "submitted"
        files = [path for path in there.rglob("*") if path.is_file()]
        return said, {path.relative_to(there).as_posix(): path.read_text() for path in files}

    return collect


def test_links_and_pipes_are_not_followed_and_nobody_else_suffers(inbound, collected, tmp_path):
    secret = tmp_path / "course" / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    linked = hand_in(inbound, "amy")
    (linked / f"{ASSIGNMENT}.ipynb").unlink()
    (linked / f"{ASSIGNMENT}.ipynb").symlink_to(secret)
    (linked / "dangling").symlink_to("nowhere")
    (linked / "data").symlink_to(tmp_path / "course", target_is_directory=True)
    os.mkfifo(linked / "pipe")
    (inbound / f"ann+{ASSIGNMENT}+{WHEN}").symlink_to(secret.parent, target_is_directory=True)
    hand_in(inbound, "zoe", "zoe's")
    said, there = collected()
    assert said["success"], said
    assert there == {
        f"amy/{ASSIGNMENT}/timestamp.txt": WHEN,
        f"zoe/{ASSIGNMENT}/timestamp.txt": WHEN,
        f"zoe/{ASSIGNMENT}/{ASSIGNMENT}.ipynb": "zoe's",
    }
    assert "is a link and was left out" in said["log"]


def test_names_of_no_student_and_half_copies_are_left_there(inbound, collected, monkeypatch):
    for name in ("..", ".hidden", "<b>", "a\nb"):
        hand_in(inbound, name)
    hand_in(inbound, "odd", when="yesterday-ish at noon")
    hand_in(inbound, "late", when="9999-12-31 23:59:59.000000 UTC")
    (hand_in(inbound, "half") / "timestamp.txt").unlink()
    hand_in(inbound, "zoe", "zoe's")
    said, there = collected()
    assert said["success"], said
    assert {name.partition("/")[0] for name in there} == {"zoe"}
    (inbound / f"half+{ASSIGNMENT}+{WHEN}" / "timestamp.txt").write_text(WHEN)
    monkeypatch.setattr(arrivals, "SETTLED_SECONDS", 60.0)
    (hand_in(inbound, "eve") / "submission_secret.txt").write_text("secret")
    assert {name.partition("/")[0] for name in collected()[1]} == {"zoe"}
    (inbound / f"eve+{ASSIGNMENT}+{WHEN}").chmod(0o777)  # nbgrader's last step
    assert {name.partition("/")[0] for name in collected()[1]} == {"eve", "zoe"}
    monkeypatch.setattr(arrivals, "SETTLED_SECONDS", 0.0)
    assert {name.partition("/")[0] for name in collected()[1]} == {"eve", "half", "zoe"}


def test_what_cannot_be_collected_is_named_and_the_others_come(inbound, collected):
    hand_in(inbound, "ann")
    big = hand_in(inbound, "ben")
    (big / "big").write_bytes(b"")
    os.truncate(big / "big", 2**30)
    (hand_in(inbound, "cleo") / "timestamp.txt").write_text("no time")
    said, there = collected()
    assert not said["success"] and "ben (it is larger than" in said["error"]
    assert {name.partition("/")[0] for name in there} == {"ann", "cleo"}
    newer = "2026-11-02 12:00:00.000000 UTC"
    hand_in(inbound, "cleo", "newer", newer)
    assert collected()[1][f"cleo/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"] == "newer"


def test_a_second_attempt_that_cannot_be_collected_leaves_the_first(inbound, collected):
    hand_in(inbound, "zoe", "first")
    assert collected()[0]["success"]
    deep = hand_in(inbound, "zoe", "second", "2026-11-02 12:00:00.000000 UTC")
    deep.joinpath(*["deeper"] * 30).mkdir(parents=True)
    said, there = collected()
    assert not said["success"] and "too deep" in said["error"]
    assert there[f"zoe/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"] == "first"


def test_where_students_are_users_forged_names_and_times_count_for_nothing(inbound, request):
    config = inbound.parents[2] / "course" / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.Collect.by_owner = True\n")
    me = getpass.getuser()
    (hand_in(inbound, me, "mine") / "timestamp.txt").write_text("2026-10-01 12:00:00 UTC")
    hand_in(inbound, me, "from the future", when="2099-01-01 12:00:00.000000 UTC")
    hand_in(inbound, "somebody-else")
    said, there = request.getfixturevalue("collected")()
    assert said["success"], said
    assert {name.partition("/")[0] for name in there} == {me}
    claimed, counted = parse_utc(WHEN), parse_utc(there[f"{me}/{ASSIGNMENT}/timestamp.txt"])
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert claimed < now - datetime.timedelta(minutes=5) < counted <= now
