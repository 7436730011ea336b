import datetime
import json
import os
import zipfile
from pathlib import Path

import pytest
from nbgrader.utils import parse_utc

from autograder.errors import AutograderError
from autograder.intake.sender import Names
from autograder.workspace import submit as submitting
from autograder.workspace.own_copy import OwnCopy
from autograder.workspace.submit import archive_name, exercise_states, is_plain, submit
from tests.workspace.small import CHAPTER, autograder, edit, notebook, write_chapter

WHEN = datetime.datetime(2026, 11, 22, 15, 4, 5, 678901, datetime.UTC)
PASSED = {"outputs": [], "execution_count": 3}
FAILED = {"outputs": [{"output_type": "error", "evalue": "double: 0 of 1"}], "execution_count": 3}
OPEN = {"outputs": [{"output_type": "error", "ename": "NotAnswered", "evalue": "in any language"}]}


@pytest.fixture
def own(tmp_path: Path) -> OwnCopy:
    write_chapter(tmp_path)
    copy = OwnCopy(tmp_path / "student")
    copy.update(tmp_path / "release", WHEN.date())
    return copy


def mine(own: OwnCopy, folder: str = CHAPTER) -> Path:
    return own.folder / folder / f"{CHAPTER}.ipynb"


def states(answer: str, **check: object) -> dict:
    cells = notebook(answer=answer)["cells"]
    cells[3].update(check)
    return exercise_states(cells)


def test_the_archive_holds_the_notebook_and_nbgraders_timestamp_and_no_more(own: OwnCopy) -> None:
    edit(mine(own), source="def double(x):\n    return 2 * x")
    done = submit(own, CHAPTER, "jane", WHEN)
    assert done.path == own.folder / "handed_in" / f"{CHAPTER}-jane-2026-11-22T15-04-05Z.zip"
    with zipfile.ZipFile(done.path) as archive:
        assert archive.namelist() == [f"{CHAPTER}.ipynb", "timestamp.txt"]
        assert archive.read(f"{CHAPTER}.ipynb") == mine(own).read_bytes()
        stamp = archive.read("timestamp.txt").decode()
    assert parse_utc(stamp) == WHEN.replace(tzinfo=None)


def test_the_archives_name_is_read_back_whatever_the_student_is_called() -> None:
    plain = ("jane", "jane-doe", "a_b.c@d+e", "02_small", "2026-11-22", "a_x00E9_b", "a_xE9")
    for student in (*plain, "José", "O'Brien", "Ann-Marie d’Or", "李小龙", "Ωmega", "Zoë_x"):
        assert is_plain(student)
        assert archive_name(CHAPTER, student, WHEN).isascii()
        assert not set(archive_name(CHAPTER, student, WHEN)) & set("':*?|<>\" %")
        name = Names(["02_small", "02_small_too"]).read(archive_name(CHAPTER, student, WHEN))
        assert (name.student, name.assignment, name.time) == (
            student,
            CHAPTER,
            "2026-11-22T15-04-05Z",
        )


@pytest.mark.parametrize(
    ("answer", "check", "state"),
    [
        ("raise NotImplementedError()", PASSED, "not_answered"),
        ("return 0  # find the bug", OPEN, "not_answered"),
        ("return 2 * x", PASSED, "answered"),
        ("return 2 * x\n    raise NotImplementedError()", PASSED, "left_over"),
        ("x = 2 * x\n    raise NotImplementedError()", {"execution_count": None}, "not_answered"),
        ("return 2 * x", FAILED, "failed"),
        ("return 2 * x", {"execution_count": None}, "not_run"),
        ("return 2 * x", {"outputs": 7, "execution_count": None}, "not_run"),
    ],
)
def test_each_exercise_is_open_or_finished_as_the_saved_notebook_shows(
    answer: str, check: dict, state: str
) -> None:
    assert states(answer, **check) == {"double": state}


def test_it_says_what_it_holds_what_is_open_and_what_to_do(own: OwnCopy) -> None:
    said = str(submit(own, CHAPTER, "jane", WHEN))
    assert f"{CHAPTER}-jane-2026-11-22T15-04-05Z.zip" in said
    assert "0 of 1 exercises look finished" in said
    assert "double: not answered yet" in said
    assert "Send this file" in said


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\x80", b'{"nbformat": 3, "worksheets": []}', b"[" * 100_000],
    ids=["empty", "cut", "list", "binary", "old", "deep"],
)
def test_what_is_no_notebook_is_refused_with_what_to_do(own: OwnCopy, content: bytes) -> None:
    mine(own).write_bytes(content)
    with pytest.raises(AutograderError, match=r"was it saved\? .* save it .* submit again"):
        submit(own, CHAPTER, "jane", WHEN)
    assert not (own.folder / "handed_in").exists()


def test_a_missing_notebook_is_answered_by_the_chapters_that_are_there(own: OwnCopy) -> None:
    with pytest.raises(AutograderError, match=f"There is no notebook .* {CHAPTER}"):
        submit(own, "03_small", "jane", WHEN)
    mine(own).unlink()
    with pytest.raises(AutograderError, match="There is no notebook"):
        submit(own, CHAPTER, "jane", WHEN)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../jane",
        "a/b",
        "a\\b",
        "a:b",
        "a\u202eb",
        ".jane",
        "con",
        "NUL.txt",
        "a" * 65,
        "jane.",
        "a\n",
    ],
)
def test_a_name_that_no_file_can_have_is_refused(own: OwnCopy, name: str) -> None:
    with pytest.raises(AutograderError, match="letters, digits"):
        submit(own, CHAPTER, name, WHEN)


def test_of_two_versions_the_one_saved_last_goes_and_the_other_is_mentioned(
    own: OwnCopy, tmp_path: Path
) -> None:
    edit(mine(own), source="old work")
    write_chapter(tmp_path, statement="Double a tensor.")
    own.update(tmp_path / "release", WHEN.date())
    beside = f"{CHAPTER} (2026-11-22)"
    # The new version has not been begun: what was worked on is handed in.
    os.utime(mine(own), (1, 1))
    done = submit(own, CHAPTER, "jane", WHEN)
    assert (done.notebook, done.others) == (mine(own), ())
    edit(mine(own, beside), source="new work")
    done = submit(own, CHAPTER, "jane", WHEN)
    assert (done.notebook, done.others) == (mine(own, beside), (CHAPTER,))
    assert CHAPTER in str(done)


def test_a_notebook_too_large_goes_without_its_outputs(
    own: OwnCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitting, "MAX_NOTEBOOK_BYTES", 20_000)
    edit(mine(own), outputs=[{"output_type": "stream", "name": "stdout", "text": "x" * 30_000}])
    done = submit(own, CHAPTER, "jane", WHEN)
    assert not done.outputs and "left out" in str(done)
    with zipfile.ZipFile(done.path) as archive:
        sent = json.loads(archive.read(f"{CHAPTER}.ipynb"))
    content = json.loads(mine(own).read_bytes())
    assert [cell["source"] for cell in sent["cells"]] == [c["source"] for c in content["cells"]]
    edit(mine(own), source="x" * 30_000)
    with pytest.raises(AutograderError, match="can be graded"):
        submit(own, CHAPTER, "jane", WHEN)


def test_the_command_works_in_the_chapters_own_folder_and_remembers_the_name(own: OwnCopy) -> None:
    def run(*options: str) -> str:
        done = autograder("submit", CHAPTER, *options, cwd=mine(own).parent)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Handed in as jane.doe" in run("--student", "jane.doe")
    assert "Handed in as jane.doe" in run()
    assert "not answered yet" in run()
    handed = list((own.folder / "handed_in").iterdir())
    assert handed and all(path.name.startswith(f"{CHAPTER}-jane.doe-") for path in handed)


def test_a_notebook_or_a_folder_may_be_named_instead_of_the_chapter(own: OwnCopy) -> None:
    for named in (
        f"{CHAPTER}/",
        f"./{CHAPTER}/{CHAPTER}.ipynb",
        f"{CHAPTER}.ipynb",
        f"{CHAPTER}\\",
    ):
        assert submit(own, named, "jane", WHEN).notebook == mine(own)
    copy = mine(own).with_name(f"{CHAPTER} (1).ipynb")
    copy.write_bytes(mine(own).read_bytes())
    done = submit(own, f"{CHAPTER}/{CHAPTER} (1).ipynb", "jane", WHEN)
    assert done.notebook == copy.resolve()
    with zipfile.ZipFile(done.path) as archive:
        assert f"{CHAPTER}.ipynb" in archive.namelist()


def test_it_says_that_another_notebook_has_more_answers(own: OwnCopy) -> None:
    untouched = mine(own).read_bytes()
    assert "more answers" not in str(submit(own, CHAPTER, "jane", WHEN))
    edit(mine(own), source="def double(x):\n    return 2 * x")
    copy = mine(own).with_name(f"{CHAPTER}-Copy1.ipynb")
    copy.write_bytes(mine(own).read_bytes())
    mine(own).write_bytes(untouched)
    done = submit(own, CHAPTER, "jane", WHEN)
    assert done.fuller == (copy.name,)
    assert f"'{copy.name}' beside it has more answers" in str(done)


def test_own_modules_go_along_and_it_says_which_and_which_not(own: OwnCopy) -> None:
    folder = mine(own).parent
    (folder / "helpers.py").write_text("def double(x): return 2 * x")
    (folder / "my helper.py").write_text("")
    (folder / "large.py").write_text("#" * 300_000)
    done = submit(own, CHAPTER, "jane", WHEN)
    said = str(done)
    assert "Your own modules went along: helpers.py." in said
    assert "my helper.py did NOT go along" in said and "large.py did NOT go along" in said
    with zipfile.ZipFile(done.path) as archive:
        assert archive.namelist() == [f"{CHAPTER}.ipynb", "timestamp.txt", "helpers.py"]


def test_it_says_that_cells_have_lost_their_names(own: OwnCopy) -> None:
    edit(mine(own), metadata={})
    done = submit(own, CHAPTER, "jane", WHEN)
    assert done.lost == ("double",)
    assert "have lost their names" in str(done)


def test_it_says_what_is_left_of_the_stub_in_an_answer_that_passes(own: OwnCopy) -> None:
    content = json.loads(mine(own).read_bytes())
    content["cells"][2]["source"] = (
        "def double(x):\n    return 2 * x\n    raise NotImplementedError()"
    )
    content["cells"][3].update(PASSED)
    mine(own).write_text(json.dumps(content))
    assert "a `raise NotImplementedError()` is left" in str(submit(own, CHAPTER, "jane", WHEN))
