import contextlib
import datetime
import os
import zipfile
from pathlib import Path

import pytest

from autograder.errors import AutograderError, RefusedArchive
from autograder.gradebook.writer import read_timestamp
from autograder.intake import collect as collecting
from autograder.intake.collect import Collected
from autograder.intake.sender import Names
from autograder.intake.submission import find_submissions
from autograder.workspace.own_copy import OwnCopy
from autograder.workspace.submit import TIMESTAMP, archive_name, submit
from tests.intake.test_archive import HOSTILE, zipped
from tests.workspace.small import CHAPTER, autograder, data, edit, notebook, write_chapter

KNOWN = [CHAPTER, "03_layers"]
NOON = datetime.datetime(2026, 11, 22, 12, 0, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    folder = tmp_path / "sent"
    folder.mkdir()
    return folder


@pytest.fixture
def submitted(tmp_path: Path) -> Path:
    return tmp_path / "submitted"


def work(answer: str) -> bytes:
    return data(notebook(answer=answer))


def archive(answer: str = "return 2 * x", when: datetime.datetime = NOON, **extra: bytes) -> bytes:
    stamp = when.strftime(TIMESTAMP).encode()
    return zipped((f"{CHAPTER}.ipynb", work(answer)), ("timestamp.txt", stamp), *extra.items())


def put(folder: Path, name: str, content: bytes, when: datetime.datetime = NOON) -> Path:
    path = folder.joinpath(*name.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (when.timestamp(), when.timestamp()))
    return path


def send(
    folder: Path, student: str, answer: str = "return 2 * x", when: datetime.datetime = NOON
) -> Path:
    return put(folder, archive_name(CHAPTER, student, when), archive(answer, when), when)


def collect(sent: Path, submitted: Path, **options: object) -> list[Collected]:
    return collecting.collect(sent, submitted, KNOWN, now=NOON + 5 * HOUR, **options)  # type: ignore[arg-type]


def there(submitted: Path) -> dict[str, bytes]:
    """What grading will see."""
    return {
        p.relative_to(submitted).as_posix(): p.read_bytes()
        for p in submitted.rglob("*")
        if p.is_file() and not p.relative_to(submitted).parts[0].startswith(".")
    }


def statuses(lines: list[Collected]) -> list[str]:
    return [line.status for line in lines]


def test_what_a_student_hands_in_is_what_is_collected_and_found_by_grading(
    tmp_path: Path, submitted: Path
) -> None:
    write_chapter(tmp_path)
    own = OwnCopy(tmp_path / "student")
    own.update(tmp_path / "release", NOON.date())
    written = edit(own.folder / CHAPTER / f"{CHAPTER}.ipynb", source="def double(x): ...")
    done = submit(own, CHAPTER, "jane", NOON)
    (line,) = collect(done.path.parent, submitted)
    assert (line.status, line.student, line.assignment, line.time) == (
        "collected",
        "jane",
        CHAPTER,
        NOON,
    )
    folder = submitted / "jane" / CHAPTER
    assert (folder / f"{CHAPTER}.ipynb").read_bytes() == written
    assert read_timestamp(folder) == NOON.replace(tzinfo=None)
    (found,) = find_submissions(submitted, CHAPTER, set(KNOWN))
    assert (found.student, found.problem) == ("jane", None)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_files_get_a_line_each_and_never_stop_the_honest_ones(
    sent: Path, submitted: Path, tmp_path: Path
) -> None:
    send(sent, "aaa")
    send(sent, "zzz")
    for i, (make, _) in enumerate(HOSTILE.values()):
        put(sent, archive_name(CHAPTER, f"bad{i}", NOON), make())
    put(sent, "notes.txt", b"hello")
    put(sent, f"{CHAPTER}-rar-2026-11-22T12-00-00Z.rar", b"Rar!")
    put(sent, f"{CHAPTER}-blank-2026-11-22T12-00-00Z.zip", zipped(("a.txt", b"")))
    put(sent, f"{CHAPTER}-two-2026-11-22T12-00-00Z.zip", zipped(("a.ipynb", b""), ("b.ipynb", b"")))
    secret = put(tmp_path, "secret.ipynb", b"{}")
    (sent / f"link_{CHAPTER}.ipynb").symlink_to(secret)
    os.mkfifo(sent / f"pipe_{CHAPTER}.ipynb")
    (sent / f"folder-{CHAPTER}.zip").mkdir()
    before = {p for p in tmp_path.rglob("*") if submitted not in p.parents}
    lines = collect(sent, submitted)
    assert len(lines) == len(HOSTILE) + 8
    assert [line.student for line in lines if line.status == "collected"] == ["aaa", "zzz"]
    assert all(line.note for line in lines if line.status == "refused")
    assert {p.name for p in submitted.iterdir()} == {"aaa", "zzz"}
    after = {p for p in tmp_path.rglob("*") if submitted not in p.parents}
    assert after - before == {submitted}


@pytest.mark.parametrize(
    ("file", "student", "assignment", "sender"),
    [
        ("02_small-jane-2026-11-22T12-00-00Z.zip", "jane", CHAPTER, ""),
        ("week 2/02_small-jane-2026-11-22T12-00-00Z (1).zip", "jane", CHAPTER, ""),
        ("doejane_123_4567_02_small-jane-2026-11-22T12-00-00Z-1.zip", "doejane", CHAPTER, "123"),
        ("doejane_LATE_123_4567_02_small.ipynb", "doejane", CHAPTER, "123"),
        ("doejane_123_4567_my answers.zip", "doejane", None, "123"),
        (
            "Jane Doe_42_assignsubmission_file_/02_small-jane-2026-11-22T12-00-00Z.zip",
            "Jane Doe",
            CHAPTER,
            "Jane Doe_42",
        ),
        ("Zoë Ö_42_assignsubmission_file/02_small.ipynb", "Zoë Ö", CHAPTER, "Zoë Ö_42"),
        ("jane/02_small.ipynb", "jane", CHAPTER, ""),
        ("jane/02_small/02_small.ipynb", "jane", CHAPTER, ""),
        ("jane_02_small.ipynb", "jane", CHAPTER, ""),
        ("02_small-jane.zip", "jane", CHAPTER, ""),
        ("03_layers_jane.zip", "jane", "03_layers", ""),
        ("jane.zip", "jane", None, ""),
        ("jane/answers.zip", "jane", None, ""),
    ],
)
def test_names_that_platforms_and_students_give_are_understood(
    file: str, student: str, assignment: str | None, sender: str
) -> None:
    name = Names(KNOWN).read(file)
    assert (name.student, name.assignment, name.sender) == (student, assignment, sender)


@pytest.mark.parametrize(
    "student",
    [*'..|.hidden|-rf|a<b|a&b|a"b|con|NUL|a\x1bb|a\u202eb|02_small'.split("|"), "x" * 201],
)
def test_a_name_that_is_no_students_is_refused(student: str) -> None:
    with pytest.raises(RefusedArchive, match=r"cannot be a student's name|does not say whose"):
        Names(KNOWN).read(f"{student}/{CHAPTER}.ipynb")


def test_a_pattern_of_the_instructors_own_is_nbgraders_named_regexp(
    sent: Path, submitted: Path
) -> None:
    put(sent, "HW2__jane__v1.ipynb", work("return 2 * x"))
    with pytest.raises(AutograderError, match="needs the groups"):
        collect(sent, submitted, pattern=r"(?P<student_id>\w+)")
    with pytest.raises(AutograderError, match="not valid"):
        collect(sent, submitted, pattern="(")
    pattern = r"(?P<file_id>HW\d)__(?P<student_id>[a-z]+)__"
    (line,) = collect(sent, submitted, only=CHAPTER, pattern=pattern)
    assert (line.status, line.student, line.assignment) == ("collected", "jane", CHAPTER)


def test_of_two_submissions_the_later_counts_whatever_their_files_are_called(
    sent: Path, submitted: Path
) -> None:
    send(sent, "jane", "return 1", NOON)
    send(sent, "jane", "return 2", NOON + HOUR)
    first, second = collect(sent, submitted)
    assert (first.status, second.status) == ("superseded", "collected")
    assert second.file in first.note
    assert there(submitted)[f"jane/{CHAPTER}/{CHAPTER}.ipynb"] == work("return 2")


def test_collecting_again_changes_nothing_and_a_later_one_keeps_the_one_before(
    sent: Path, submitted: Path
) -> None:
    send(sent, "jane", "return 1", NOON)
    collect(sent, submitted)
    before = there(submitted)
    assert statuses(collect(sent, submitted)) == ["unchanged"]
    assert there(submitted) == before
    send(sent, "jane", "return 2", NOON + HOUR)
    lines = collect(sent, submitted)
    assert statuses(lines) == ["superseded", "collected"]
    assert f".earlier/jane/{CHAPTER}-1" in lines[1].note
    assert (submitted / ".earlier" / "jane" / f"{CHAPTER}-1" / f"{CHAPTER}.ipynb").read_bytes() == (
        work("return 1")
    )
    (sent / archive_name(CHAPTER, "jane", NOON + HOUR)).unlink()
    (line,) = collect(sent, submitted)
    assert (line.status, "is there" in line.note) == ("superseded", True)
    assert there(submitted)[f"jane/{CHAPTER}/{CHAPTER}.ipynb"] == work("return 2")


def test_nobody_can_hand_in_over_another_where_the_platform_says_who_it_was(
    sent: Path, submitted: Path
) -> None:
    ours = archive_name(CHAPTER, "jane", NOON)
    forged = archive_name(CHAPTER, "jane", NOON + HOUR)
    put(sent, f"Jane Doe_1_assignsubmission_file/{ours}", archive("return 2"))
    put(sent, f"Mallory_2_assignsubmission_file/{forged}", archive("return 0", NOON + HOUR))
    lines = collect(sent, submitted)
    assert [(line.student, line.status) for line in lines] == [
        ("Jane Doe", "collected"),
        ("Mallory", "collected"),
    ]
    assert all("Its own name says 'jane'" in line.note for line in lines)
    assert there(submitted)[f"Jane Doe/{CHAPTER}/{CHAPTER}.ipynb"] == work("return 2")


def test_two_people_of_one_name_are_left_to_a_person(sent: Path, submitted: Path) -> None:
    for number, answer in ((1, "return 2"), (2, "return 0")):
        folder = f"Jane Doe_{number}_assignsubmission_file_"
        put(sent, f"{folder}/{CHAPTER}.ipynb", work(answer))
    lines = collect(sent, submitted)
    assert statuses(lines) == ["refused", "refused"]
    assert all("'Jane Doe_1' and 'Jane Doe_2'" in line.note for line in lines)
    assert there(submitted) == {}


def test_names_that_differ_only_in_capitals_are_left_to_a_person(
    sent: Path, submitted: Path
) -> None:
    (submitted / "Jane").mkdir(parents=True)
    send(sent, "jane")
    send(sent, "BOB")
    send(sent, "bob", when=NOON + HOUR)
    lines = collect(sent, submitted)
    assert statuses(lines) == ["refused"] * 3
    assert all("only in capitals" in line.note for line in lines)


@pytest.mark.parametrize(
    ("claimed", "file", "kept", "note"),
    [
        (NOON, NOON + HOUR, NOON, ""),
        (NOON, NOON - HOUR, NOON, "older than the time"),
        (NOON + 48 * HOUR, NOON + HOUR, NOON + HOUR, "which is not yet"),
        (NOON + 48 * HOUR, NOON + 90 * HOUR, NOON + 5 * HOUR, "which is not yet"),
        (None, NOON - HOUR, NOON - HOUR, "claims no time"),
    ],
)
def test_a_time_is_the_students_word_as_far_as_it_can_be_true(
    sent: Path,
    submitted: Path,
    claimed: datetime.datetime | None,
    file: datetime.datetime,
    kept: datetime.datetime,
    note: str,
) -> None:
    if claimed is None:
        put(sent, f"jane_{CHAPTER}.ipynb", work("return 1"), file)
    else:
        put(sent, archive_name(CHAPTER, "jane", claimed), archive(when=claimed), file)
    (line,) = collect(sent, submitted)
    assert (line.status, line.time) == ("collected", kept)
    assert note in line.note and f"{file:%Y-%m-%d %H:%M}" in line.note
    assert read_timestamp(submitted / "jane" / CHAPTER) == kept.replace(tzinfo=None)


@pytest.mark.parametrize("stamp", [b"", b"soon", b"\xff" * 99, b"9" * 99, b"0001-01-01 00:00 +24"])
def test_a_timestamp_that_is_none_leaves_the_names_time(
    sent: Path, submitted: Path, stamp: bytes
) -> None:
    content = zipped((f"{CHAPTER}.ipynb", work("return 1")), ("timestamp.txt", stamp))
    put(sent, archive_name(CHAPTER, "jane", NOON), content)
    (line,) = collect(sent, submitted)
    assert (line.status, line.time) == ("collected", NOON)


def test_only_one_assignment_is_collected_when_it_is_named(sent: Path, submitted: Path) -> None:
    send(sent, "jane")
    put(sent, "03_layers-jane-2026-11-22T12-00-00Z.zip", zipped(("03_layers.ipynb", b"{}")))
    put(sent, "bob/answers.ipynb", work("return 1"))
    lines = collect(sent, submitted, only=CHAPTER)
    assert [(line.student, line.status) for line in lines] == [
        ("jane", "collected"),
        ("", "refused"),
        ("bob", "collected"),
    ]
    assert "It is for 03_layers" in lines[1].note
    with pytest.raises(AutograderError, match="There is no assignment"):
        collect(sent, submitted, only="04_nothing")


def test_what_else_is_in_an_archive_is_left_out_and_mentioned(sent: Path, submitted: Path) -> None:
    extra = {"nbgrader_config.py": b"evil", "inner.zip": archive(), ".secret": b"x"}
    put(sent, archive_name(CHAPTER, "jane", NOON), archive("return 1", NOON, **extra))
    put(sent, "bob.zip", zipped((f"my work/{CHAPTER}.ipynb", b"no json"), ("x.ipynb", b"")))
    lines = collect(sent, submitted)
    assert [(line.student, line.status) for line in lines] == [
        ("jane", "collected"),
        ("bob", "collected"),
    ]
    assert "2 other files" in lines[0].note and "not opened" in lines[0].note
    assert "set it aside" in lines[1].note
    assert set(there(submitted)) == {
        f"{student}/{CHAPTER}/{name}"
        for student in ("jane", "bob")
        for name in (f"{CHAPTER}.ipynb", "timestamp.txt")
    }


def test_collecting_that_breaks_off_leaves_whole_submissions_only(
    sent: Path, submitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {f"{CHAPTER}.ipynb", "timestamp.txt"}
    for student in ("ann", "bob", "eve"):
        send(sent, student)
    collect(sent, submitted)
    for student in ("ann", "bob", "eve"):
        send(sent, student, "return 9", NOON + HOUR)
    replace = os.replace
    for broken_at in range(12):
        calls = iter(range(1000))

        def breaking(old: str, new: str, calls=calls, broken_at=broken_at) -> None:
            if submitted in Path(new).parents and next(calls) == broken_at:
                raise KeyboardInterrupt
            replace(old, new)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", breaking)
            with contextlib.suppress(KeyboardInterrupt):
                collect(sent, submitted)
        for folder in submitted.glob("[!.]*/*"):
            assert {path.name for path in folder.iterdir()} == whole
    collect(sent, submitted)
    assert set(statuses(collect(sent, submitted))) == {"superseded", "unchanged"}
    assert set(there(submitted).values()) >= {work("return 9")}
    assert not list(submitted.glob(".collect-*"))


def test_a_folder_that_is_none_is_a_sentence(tmp_path: Path, submitted: Path) -> None:
    with pytest.raises(AutograderError, match="Unpack the platform's download first"):
        collect(put(tmp_path, "all.zip", archive()), submitted)


def test_links_in_submitted_are_not_followed(sent: Path, submitted: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / CHAPTER).mkdir(parents=True)
    submitted.mkdir()
    (submitted / "jane").symlink_to(tmp_path / "elsewhere")
    send(sent, "jane")
    (line,) = collect(sent, submitted)
    assert line.status == "refused" and "not followed" in line.note
    assert list((tmp_path / "elsewhere" / CHAPTER).iterdir()) == []


def test_the_command_prints_a_line_for_each_file_and_nothing_of_theirs_acts_on_the_terminal(
    tmp_path: Path, sent: Path
) -> None:
    (tmp_path / "nbgrader_config.py").write_text("")
    source = tmp_path / "source" / CHAPTER / f"{CHAPTER}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_bytes(work("return 2 * x"))
    send(sent, "jane")
    put(sent, "[red]\x1b[2Jevil\x07.exe", b"MZ")
    with zipfile.ZipFile(put(sent, "bob.zip", b""), "w") as empty:
        assert empty.namelist() == []
    done = autograder("collect", str(sent), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 4 and "1 collected, 2 refused" in lines[-1]
    assert "\x1b" not in done.stdout and "\x07" not in done.stdout and "[red]" in done.stdout
    assert (tmp_path / "submitted" / "jane" / CHAPTER / "timestamp.txt").is_file()
    done = autograder("collect", "nowhere", cwd=tmp_path)
    assert done.returncode == 2 and "is not a folder" in done.stderr
