"""Collecting from an exchange in which students write what they like."""

import datetime
import getpass
import os

import pytest
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from traitlets.config import Config

from autograder.gradebook.collecting import Collect
from autograder.grading.feedback import SECRET_FILE
from autograder.handin import TIMESTAMP, TIMESTAMP_FILE

ME = getpass.getuser()  # who owns what these tests hand in
NAME = "01_small"
NOTEBOOK = f"{NAME}.ipynb"


def now(**earlier):
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(**earlier)


@pytest.fixture
def inbound(tmp_path):
    folder = tmp_path / "exchange" / "c" / "inbound"
    folder.mkdir(parents=True)
    (tmp_path / "exchange").chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """An empty gradebook; to make one takes seconds."""
    return f"sqlite:///{tmp_path_factory.mktemp('gradebook')}/gradebook.db"


@pytest.fixture
def collect(tmp_path, database):
    """Collect everything; the folder of a student's collected submission."""

    def run(student=ME):
        config = Config()
        config.CourseDirectory.root = str(tmp_path / "course")
        config.CourseDirectory.course_id, config.CourseDirectory.assignment_id = "c", NAME
        config.CourseDirectory.db_url = database
        config.Exchange.root, config.ExchangeCollect.update = str(tmp_path / "exchange"), True
        (tmp_path / "course").mkdir(exist_ok=True)
        collecting = Collect(
            coursedir=CourseDirectory(config=config),
            authenticator=Authenticator(config=config),
            config=config,
        )
        collecting.start()
        return tmp_path / "course" / "submitted" / student / NAME

    return run


def hand_in(inbound, when, student=ME, mark="x", **files):
    folder = inbound / f"{student}+{NAME}+{when.strftime(TIMESTAMP)}+{mark}"
    folder.mkdir()
    for name, text in ({NOTEBOOK: "{}", TIMESTAMP_FILE: "whenever"} | files).items():
        (folder / name).write_text(text)
    return folder


def test_the_files_of_the_latest_submission_are_taken(inbound, collect):
    hand_in(inbound, now(minutes=3), **{NOTEBOOK: "first", "old.py": ""})
    assert (collect() / NOTEBOOK).read_text() == "first"
    sent = now(minutes=1)
    more = {"helpers.py": "x = 1", SECRET_FILE: "secret", ".hidden.txt": "", "data.bin": ""}
    hand_in(inbound, sent, **more, **{NOTEBOOK: "second"})
    folder = collect()
    found = {path.name: path.read_text() for path in folder.iterdir()}
    moment = found.pop(TIMESTAMP_FILE)
    assert parse_utc(moment) == sent.replace(tzinfo=None)
    assert found == {NOTEBOOK: "second", "helpers.py": "x = 1", SECRET_FILE: "secret"}
    assert (folder / NOTEBOOK).stat().st_mtime == pytest.approx(sent.timestamp(), abs=0.01)
    (folder / NOTEBOOK).write_text("as it was collected")
    assert (collect() / NOTEBOOK).read_text() == "as it was collected"


def test_what_is_owned_by_another_than_whose_name_it_bears_is_left(inbound, collect):
    hand_in(inbound, now(minutes=1), student="somebody-else")
    assert not collect("somebody-else").exists()


def test_one_odd_name_stops_nobodys_collecting(inbound, collect):
    hand_in(inbound, now(minutes=1))
    last = "9999-12-31 23:59:59.9 UTC"
    for name in (
        f"{ME}+{NAME}+{last}+x",
        f"..+{NAME}+{last}+x",
        f"{ME}+{NAME}+no time+x",
        f"+{NAME}+",
        f"a+{NAME}+9{'9' * 40}-1-1 1:1:1 UTC+x",
    ):
        (inbound / name).mkdir()
    (inbound / f"{ME}+{NAME}+{now().strftime(TIMESTAMP)}+file").write_text("no folder")
    (inbound / f"{ME}+{NAME}+{now().strftime(TIMESTAMP)}+link").symlink_to("/")
    assert (collect() / NOTEBOOK).read_text() == "{}"


def test_links_pipes_and_folders_are_not_taken(inbound, collect, tmp_path):
    (tmp_path / "solution.ipynb").write_text("the course's own")
    folder = hand_in(inbound, now(minutes=1), **{"own.py": ""})
    (folder / NOTEBOOK).unlink()
    (folder / NOTEBOOK).symlink_to(tmp_path / "solution.ipynb")
    os.mkfifo(folder / "pipe.py")
    (folder / "folder.py").mkdir()
    assert {path.name for path in collect().iterdir()} == {"own.py", TIMESTAMP_FILE}


def test_a_time_before_the_last_change_is_not_believed(inbound, collect):
    hand_in(inbound, now(days=2))
    counted = parse_utc((collect() / TIMESTAMP_FILE).read_text())
    assert now(minutes=5).replace(tzinfo=None) < counted <= now().replace(tzinfo=None)
