"""Downloads of every platform as they are: each student has their own latest work afterwards."""

import datetime
import json
import os
from pathlib import Path

import pytest

from autograder.intake import collect as collecting
from autograder.intake.collect import Collected
from autograder.intake.platforms import read_mark
from autograder.intake.returns import PREFIXES, Returns
from autograder.intake.timestamps import read_timestamp
from tests.intake.downloads import (
    KNOWN,
    LAYERS,
    NOON,
    OURS,
    PLATFORMS,
    STUB,
    chapters,
    content,
    work,
)
from tests.intake.test_archive import zipped
from tests.workspace.small import CHAPTER

NOW = NOON + datetime.timedelta(days=7)


def put(folder: Path, name: str, data: bytes, when: datetime.datetime = NOON) -> Path:
    path = folder.joinpath(*name.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (when.timestamp(), when.timestamp()))
    return path


def collect(sent: Path, submitted: Path, **options: object) -> list[Collected]:
    options = {"chapters": chapters(), "now": NOW} | options
    return collecting.collect(sent, submitted, KNOWN, **options)  # type: ignore[arg-type]


def there(submitted: Path) -> dict[tuple[str, str], str]:
    """Whose answer to which chapter will be graded."""
    found = {}
    for path in submitted.glob("[!.]*/*/*.ipynb"):
        cells = json.loads(path.read_bytes())["cells"]
        found[path.parts[-3], path.parts[-2]] = cells[2]["source"].split("\n")[1].strip()
    return found


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platforms_download_gives_each_student_their_own_latest_work(
    tmp_path: Path, platform: str
) -> None:
    files, expected = PLATFORMS[platform]
    for name, kind in files.items():
        put(tmp_path / "sent", name, content(kind))
    submitted = tmp_path / "submitted"
    lines = collect(tmp_path / "sent", submitted)
    assert [str(line) for line in lines if line.status == "refused"] == []
    assert there(submitted) == expected
    assert len(lines) == len(files)
    # again, and nothing changes; what was earlier is kept once
    before = sorted(submitted.rglob("*"))
    assert {line.status for line in collect(tmp_path / "sent", submitted)} <= {
        *("unchanged", "superseded", "passed over")
    }
    assert there(submitted) == expected and sorted(submitted.rglob("*")) == before
    earlier = sum(line.status == "superseded" for line in lines)
    assert len(list(submitted.glob(".earlier/*/*"))) == earlier


@pytest.mark.parametrize(
    ("file", "student", "platform", "prefix"),
    [
        (
            f"Mary Moe_1234_assignsubmission_file_/{CHAPTER}.ipynb",
            *("Mary Moe", "moodle", "Mary Moe_1234_assignsubmission_file_/"),
        ),
        (
            f"Participant_1401_assignsubmission_file_{CHAPTER}.ipynb",
            *("Participant_1401", "moodle", "Participant_1401_assignsubmission_file_/"),
        ),
        (f"doejane_LATE_1234_5678_{CHAPTER}-1.ipynb", "doejane", "canvas", "doejane_1234_5678_"),
        (f"anon_x7KqP_5686_{CHAPTER}.ipynb", "anon_x7KqP", "canvas", "anon_x7KqP_5686_"),
        (f"jane/{CHAPTER}.ipynb", "jane", "moodle", None),
    ],
)
def test_what_the_platform_called_a_hand_in_is_kept_for_the_way_back(
    tmp_path: Path, file: str, student: str, platform: str, prefix: str | None
) -> None:
    put(tmp_path / "sent", file, work("return 1"))
    submitted = tmp_path / "submitted"
    collect(tmp_path / "sent", submitted)
    assert Returns(submitted).find(student, CHAPTER, platform) == prefix
    # a class that was collected before this was kept: collecting it again is enough
    (submitted / PREFIXES).unlink(missing_ok=True)
    (line,) = collect(tmp_path / "sent", submitted)
    assert line.status == "unchanged"
    assert Returns(submitted).find(student, CHAPTER, platform) == prefix


@pytest.mark.parametrize("text", ["[]", "{", '{"jane": 3}', '{"jane": {"x": {"moodle": 1}}}', "1"])
def test_a_broken_list_of_the_platforms_names_is_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "jane").mkdir()
    (tmp_path / PREFIXES).write_text(text)
    assert Returns(tmp_path).find("jane", "x", "moodle") is None


def test_a_class_of_all_platforms_together_is_as_right(tmp_path: Path) -> None:
    expected: dict[tuple[str, str], str] = {}
    for place, (files, wanted) in enumerate(PLATFORMS.values()):
        expected |= wanted
        for name, kind in files.items():
            put(tmp_path / "sent" / f"week {place}", name, content(kind))
    assert len(expected) >= 60
    lines = collect(tmp_path / "sent", tmp_path / "submitted")
    assert [str(line) for line in lines if line.status == "refused"] == []
    assert there(tmp_path / "submitted") == expected


@pytest.mark.parametrize(
    ("file", "student", "time"),
    [
        (f"HW_x_attempt_2024-01-31-10-20-30_{CHAPTER}.ipynb", "x", "2024-01-31 10:20:30"),
        (f"1-2 - Jo Do - Jan 31, 2024 1020 PM/{CHAPTER}.ipynb", "Jo Do", "2024-01-31 22:20:00"),
        (f"1-2 - Jo Do - Jan 31, 2024 1201 AM/{CHAPTER}.ipynb", "Jo Do", "2024-01-31 00:01:00"),
        (f"1-2 - Jo Do - 31 January 2024 2220 - {CHAPTER}.ipynb", "Jo Do", "2024-01-31 22:20:00"),
        (f"Do, Jo(jd)/Submission attachment(s)/{CHAPTER}.ipynb", "jd", "2024-01-31 10:20:30"),
    ],
)
def test_the_platforms_own_time_is_the_time(
    tmp_path: Path, file: str, student: str, time: str
) -> None:
    put(tmp_path / "sent", file, work("return 1"))
    if "(jd)" in file:
        put(tmp_path / "sent", "Do, Jo(jd)/timestamp.txt", b"20240131102030123")
    collect(tmp_path / "sent", tmp_path / "submitted")
    said = datetime.datetime.fromisoformat(time)
    if "(jd)" not in file:  # a time without a zone is this machine's
        said = said.astimezone(datetime.UTC).replace(tzinfo=None)
    assert read_timestamp(tmp_path / "submitted" / student / CHAPTER) == said


def test_a_students_own_claim_does_not_go_before_the_platforms_time(tmp_path: Path) -> None:
    late = f"HW_x_attempt_2024-01-31-23-00-00_{CHAPTER}-x-2024-01-01T00-00-00Z.zip"
    put(tmp_path / "sent", late, content(f"zip:a@{CHAPTER}", NOON))
    put(tmp_path / "sent", f"HW_x_attempt_2024-01-30-10-00-00_{CHAPTER}.ipynb", work("b"))
    collect(tmp_path / "sent", tmp_path / "submitted")
    assert there(tmp_path / "submitted") == {("x", CHAPTER): "a"}


# -------------------------------------------------------------------- who is nobody, who are two


@pytest.mark.parametrize(
    "file",
    [
        f"Copy of {CHAPTER}.ipynb",
        f"Copy of Copy of {CHAPTER} (3).ipynb",
        f"{CHAPTER} (1).ipynb",
        f"{CHAPTER}-Copy1.ipynb",
        f"{CHAPTER}-Copy12 (2).ipynb",
        f"{CHAPTER}_final.ipynb",
        f"{CHAPTER}_FINAL_v2.ipynb",
        f"my {CHAPTER}.ipynb",
        f"my_{CHAPTER}_solution.ipynb",
        f"Kopie von {CHAPTER}.ipynb",
        f"Copie de {CHAPTER}.ipynb",
        f"Copia de {CHAPTER}.ipynb",
        f"Cópia de {CHAPTER}.ipynb",
        f"Kopia {CHAPTER}.ipynb",
        f"Копия {CHAPTER}.ipynb",
        f"“{CHAPTER}”的副本.ipynb",
        f"{CHAPTER} のコピー.ipynb",
        f"{CHAPTER} - Copy.ipynb",
        f"{CHAPTER} - Copy (2).ipynb",
        f"{CHAPTER} – Kopie.ipynb",
        f"{CHAPTER} copy 2.ipynb",
        f"{CHAPTER}.ipynb",
        f"{CHAPTER}.ipynb.txt",
        f"{CHAPTER}-1.ipynb",
        "2-Small.ipynb",
        "02 Small v3.ipynb",
        "Untitled1.ipynb",
        "homework 2.ipynb",
        f"submissions/{CHAPTER}.ipynb",
        f"week 3/Copy of {CHAPTER}.ipynb",
        f"{CHAPTER}/{CHAPTER}.ipynb",
        "02 small/answers.ipynb",
        "submissions.ipynb",
        "all chapters.ipynb",
        "course work.ipynb",
    ],
)
def test_marks_of_copies_and_chapters_names_are_never_students(tmp_path: Path, file: str) -> None:
    put(tmp_path / "sent", file, work("return 1"))
    (line,) = collect(tmp_path / "sent", tmp_path / "submitted")
    assert (line.status, line.student) == ("refused", "")
    assert "does not say whose it is" in line.note


def test_copies_of_two_students_never_replace_each_other(tmp_path: Path) -> None:
    for student in ("ann", "bob"):
        for name in (f"Copy of {CHAPTER}", f"{LAYERS} (1)"):
            kind = f"{student}@{CHAPTER if CHAPTER in name else LAYERS}"
            put(tmp_path / "sent", f"{student}/{name}.ipynb", content(kind))
    lines = collect(tmp_path / "sent", tmp_path / "submitted")
    assert {line.status for line in lines} == {"collected"}
    assert there(tmp_path / "submitted") == {
        (student, chapter): student for student in ("ann", "bob") for chapter in KNOWN
    }


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("José", "Jose\u0301"),
        ("Jane", "JANE"),
        ("Doe, Jane", "Doe Jane"),
        ("King Jr.", "King Jr"),
        ("علی\u200cرضا", "علیرضا"),
        ("O'Brien", "O’Brien"),
    ],
)
def test_two_folders_never_become_one_student(tmp_path: Path, one: str, two: str) -> None:
    for name in (one, two):
        put(tmp_path / "sent", f"{name}/{CHAPTER}.ipynb", work(f"return {name!r}"))
    lines = collect(tmp_path / "sent", tmp_path / "submitted")
    assert [line.status for line in lines] == ["refused", "refused"]
    assert there(tmp_path / "submitted") == {}
    for name in (one, two):
        assert any(said in lines[0].note for said in (repr(name), ascii(name))), lines[0].note


def test_a_look_alike_of_an_earlier_download_is_refused_too(tmp_path: Path) -> None:
    put(tmp_path / "one", f"Doe, Jane/{CHAPTER}.ipynb", work("a"))
    put(tmp_path / "two", f"Doe Jane/{CHAPTER}.ipynb", work("b"))
    submitted = tmp_path / "submitted"
    (line,) = collect(tmp_path / "one", submitted)
    assert (line.status, line.student) == ("collected", "Doe Jane")
    assert "'Doe, Jane'" in line.note
    (line,) = collect(tmp_path / "two", submitted)
    assert line.status == "refused" and "'Doe Jane' and 'Doe, Jane'" in line.note
    assert there(submitted) == {("Doe Jane", CHAPTER): "a"}
    assert {line.status for line in collect(tmp_path / "one", submitted)} == {"unchanged"}


def test_two_of_one_name_on_canvas_are_told_apart_by_nobody_but_a_roster(tmp_path: Path) -> None:
    for number in (1234, 1299):
        name = f"doejane_{number}_{number + 5000}_{CHAPTER}.ipynb"
        put(tmp_path / "sent", name, work(f"return {number}"))
    lines = collect(tmp_path / "sent", tmp_path / "submitted")
    assert {line.status for line in lines} == {"refused"}
    assert all("'1234' and '1299'" in line.note for line in lines)


def test_folders_that_hold_students_are_not_students(tmp_path: Path) -> None:
    for name in ("Red/ann", "Red/bob", "Blue/cat"):
        put(tmp_path / "sent", f"{name}/{CHAPTER}.ipynb", work(name[-3:]))
    put(tmp_path / "sent", f"Green/dan/{LAYERS}.ipynb", work("dan", LAYERS))
    put(tmp_path / "sent", f"odd heap/eve_{CHAPTER}.ipynb", work("eve"))
    put(tmp_path / "sent", f"odd heap/fay_{CHAPTER}.ipynb", work("fay"))
    collect(tmp_path / "sent", tmp_path / "submitted")
    assert there(tmp_path / "submitted") == {
        (name, LAYERS if name == "dan" else CHAPTER): name
        for name in ("ann", "bob", "cat", "dan", "eve", "fay")
    }


def test_a_students_own_folders_are_not_students(tmp_path: Path) -> None:
    put(tmp_path / "sent", f"ann/odd stuff/{CHAPTER}.ipynb", work("a"))
    put(tmp_path / "sent", f"ann/more stuff/{LAYERS}.ipynb", work("b", LAYERS))
    put(tmp_path / "sent", f"bob/{CHAPTER}.ipynb", work("c"))
    put(tmp_path / "sent", f"cat/{CHAPTER}/{CHAPTER}.ipynb", work("d"))
    put(tmp_path / "sent", f"dan/this/{CHAPTER}.ipynb", work("e"))
    put(tmp_path / "sent", f"dan/that/{CHAPTER}.ipynb", work("e"))
    collect(tmp_path / "sent", tmp_path / "submitted")
    assert there(tmp_path / "submitted") == {
        ("ann", CHAPTER): "a",
        ("ann", LAYERS): "b",
        ("bob", CHAPTER): "c",
        ("cat", CHAPTER): "d",
        ("dan", CHAPTER): "e",
    }


def test_a_name_that_is_not_utf_8_is_read_and_stops_nobody(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "sent") + b"/Jos\xe9"
    os.makedirs(folder)
    with open(folder + b"/" + CHAPTER.encode() + b".ipynb", "wb") as file:
        file.write(work("return 1"))
    with open(os.fsencode(tmp_path / "sent") + b"/\xff\xfe.ipynb", "wb") as file:
        file.write(b"{}")
    put(tmp_path / "sent", f"ann/{CHAPTER}.ipynb", work("return 2"))
    lines = collect(tmp_path / "sent", tmp_path / "submitted")
    assert sorted(line.student for line in lines if line.status == "collected") == ["José", "ann"]
    assert sum(line.status == "refused" for line in lines) == 1
    assert [str(line).encode("utf-8", "replace") for line in lines]


# ------------------------------------------------------------------------- chapters by their cells


def test_a_zip_of_all_chapters_is_one_submission_for_each(tmp_path: Path) -> None:
    whole = zipped(
        ("course/a/Copy of 02 Small.ipynb", work("a")),
        ("course/b/whatever.ipynb", work("b", LAYERS)),
        ("course/notes.txt", b""),
    )
    put(tmp_path / "sent", "ann/all.zip", whole)
    lines = collect(tmp_path / "sent", tmp_path / "submitted")
    assert [(line.status, line.assignment) for line in lines] == [
        ("collected", CHAPTER),
        ("collected", LAYERS),
    ]
    assert there(tmp_path / "submitted") == {("ann", CHAPTER): "a", ("ann", LAYERS): "b"}


def test_where_name_and_cells_say_different_chapters_the_cells_win(tmp_path: Path) -> None:
    put(tmp_path / "sent", f"ann/{CHAPTER}.ipynb", work("return 1", LAYERS))
    put(tmp_path / "sent", f"bob/{CHAPTER}-bob-{OURS}.zip", zipped(("x.ipynb", work("2", LAYERS))))
    lines = collect(tmp_path / "sent", tmp_path / "submitted")
    assert [line.assignment for line in lines] == [LAYERS, LAYERS]
    assert all(f"cells are {LAYERS}'s, which count" in line.note for line in lines)
    (line,) = {line.status for line in collect(tmp_path / "sent", tmp_path / "s", only=CHAPTER)}
    assert line == "refused"


def test_a_notebook_without_metadata_is_known_by_its_cells_own_ids_or_its_name(
    tmp_path: Path,
) -> None:
    bare = json.loads(work("return 1", LAYERS))
    for cell in bare["cells"]:
        cell["metadata"] = {}
    put(tmp_path / "sent", "ann/answers.ipynb", json.dumps(bare).encode())
    for cell in bare["cells"]:
        del cell["id"]
    put(tmp_path / "sent", f"bob/{CHAPTER}.ipynb", json.dumps(bare).encode())
    lines = collect(tmp_path / "sent", tmp_path / "submitted")
    assert [line.assignment for line in lines] == [LAYERS, CHAPTER]


def test_beside_an_untouched_copy_the_answered_one_counts(tmp_path: Path) -> None:
    put(tmp_path / "sent", f"ann/{CHAPTER}.ipynb", work(STUB), NOON + datetime.timedelta(hours=1))
    put(tmp_path / "sent", f"ann/{CHAPTER} (1).ipynb", work("return 1"))
    put(tmp_path / "sent", f"bob/{CHAPTER}.ipynb", work("return 1"))
    put(tmp_path / "sent", f"bob/{CHAPTER} (1).ipynb", work("return 2"))
    two = zipped((f"{CHAPTER}.ipynb", work(STUB)), (f"{CHAPTER} (1).ipynb", work("return 3")))
    put(tmp_path / "sent", "cat.zip", two)
    lines = {line.file: line for line in collect(tmp_path / "sent", tmp_path / "submitted")}
    assert there(tmp_path / "submitted") == {
        ("ann", CHAPTER): "return 1",
        ("cat", CHAPTER): "return 3",
    }
    assert "Nothing is answered in" in lines[f"ann/{CHAPTER} (1).ipynb"].note
    assert "Both are answered" in lines[f"bob/{CHAPTER}.ipynb"].note
    assert "nothing is answered in" in lines["cat.zip"].note


def test_an_untouched_notebook_never_replaces_an_answered_one(tmp_path: Path) -> None:
    submitted = tmp_path / "submitted"
    put(tmp_path / "one", f"ann/{CHAPTER}.ipynb", work("return 1"))
    put(tmp_path / "two", f"ann/{CHAPTER}.ipynb", work(STUB), NOON + datetime.timedelta(days=1))
    collect(tmp_path / "one", submitted)
    (line,) = collect(tmp_path / "two", submitted)
    assert line.status == "superseded" and "Nothing is answered" in line.note
    assert there(submitted) == {("ann", CHAPTER): "return 1"}


# ----------------------------------------------------------------------------------- own modules


def test_modules_beside_a_notebook_go_along_under_limits(tmp_path: Path) -> None:
    module, large = b"def f(): ...", b"#" * 200_001
    put(tmp_path / "sent", f"ann/{CHAPTER}.ipynb", work("a"))
    put(tmp_path / "sent", "ann/helpers.py", module)
    put(tmp_path / "sent", "ann/large.py", large)
    put(tmp_path / "sent", "ann/conftest.py", module)
    put(tmp_path / "sent", "bob/helpers.py", b"bob's, without a notebook")
    put(tmp_path / "sent", "helpers.py", b"nobody's")
    put(tmp_path / "sent", f"doejane_1234_5678_{CHAPTER}.ipynb", work("b"))
    put(tmp_path / "sent", "doejane_1234_5679_helpers-1.py", module)
    many = [(f"m{i:02}.py", module) for i in range(25)]
    whole = zipped((f"{CHAPTER}.ipynb", work("c")), ("large.py", large), ("sub/x.py", b""), *many)
    put(tmp_path / "sent", "cat.zip", whole)
    lines = {line.file: line for line in collect(tmp_path / "sent", tmp_path / "submitted")}
    modules = {
        student: sorted(p.name for p in (tmp_path / "submitted" / student / CHAPTER).glob("*.py"))
        for student in ("ann", "doejane", "cat")
    }
    assert modules["ann"] == modules["doejane"] == ["helpers.py"]
    assert modules["cat"] == [f"m{i:02}.py" for i in range(20)]
    assert lines["ann/helpers.py"].status == "module"
    for file in ("ann/large.py", "ann/conftest.py", "bob/helpers.py", "helpers.py"):
        assert lines[file].status == "refused", file
    assert "left out" in lines["cat.zip"].note
    again = collect(tmp_path / "sent", tmp_path / "submitted")
    assert {line.status for line in again} == {"unchanged", "module", "refused"}


# -------------------------------------------------------------------------------- hostile shapes


def test_no_path_however_odd_raises_anything(tmp_path: Path) -> None:
    import random

    pieces = [
        *("_", "-", " ", "(", ")", ".", "\n", "\u200c", "\u202e", "é", "e\u0301", "李", "\0"[:0]),
        *("assignsubmission", "_file_", "attempt_2024-01-31-10-20-30", "LATE", "12345", "0"),
        *("12345-67890 - ", " - Jan 31, 2024 1020 PM", "Submission attachment(s)", "Version 1"),
        *(CHAPTER, "Copy of ", "jane", "Doe, Jane(jdoe)", "/", ".ipynb", ".zip", "A" * 40),
    ]
    chance = random.Random(7)
    names = collecting.Names(KNOWN)
    for _ in range(3000):
        file = "".join(chance.choices(pieces, k=chance.randint(1, 9))).strip("/")
        parts = [part for part in file.split("/") if part]
        if not parts:
            continue
        read_mark(parts, lambda path: None, KNOWN)
        try:
            name = names.read("/".join(parts))
        except collecting.RefusedArchive:
            continue
        assert name.student and "/" not in name.student and not name.student.startswith(".")


def test_long_names_take_no_long_time() -> None:
    names = collecting.Names(KNOWN)
    for text in ("_" * 250, "a_1" * 80, "(" * 250, " - " * 80, "Copy of " * 30, f"{CHAPTER}-" * 25):
        for file in (f"{text}.ipynb", f"{text}/{CHAPTER}.ipynb"):
            try:
                names.read(file)
            except collecting.RefusedArchive:
                continue
