import datetime
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.errors import AutograderError
from autograder.workspace import own_copy as copying
from autograder.workspace.own_copy import STATE, Change, OwnCopy, locate
from tests.workspace.small import CHAPTER, edit, notebook, write_chapter

DAY = datetime.date(2026, 11, 22)
BESIDE = f"{CHAPTER} (2026-11-22)"
ANSWER = "def double(x):\n    return x + x"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write_chapter(tmp_path / "course")
    return tmp_path / "course" / "release"


@pytest.fixture
def folder(tmp_path: Path, release: Path) -> Path:
    """A copy as it is after the first time."""
    update(tmp_path / "student", release)
    return tmp_path / "student"


def update(folder: Path, release: Path, day: datetime.date = DAY) -> list[Change]:
    return OwnCopy(folder).update(release, day)


def mine(folder: Path, name: str = CHAPTER) -> Path:
    return folder / name / f"{CHAPTER}.ipynb"


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_first_time_every_chapter_is_handed_out_whole(tmp_path: Path, release: Path) -> None:
    (release / CHAPTER / ".ipynb_checkpoints").mkdir()
    (release / CHAPTER / ".ipynb_checkpoints" / "x.ipynb").write_text("{}")
    changes = update(tmp_path / "student", release)
    assert [(change.chapter, change.kind) for change in changes] == [(CHAPTER, "new")]
    handed = files(tmp_path / "student" / CHAPTER)
    assert handed == {n: d for n, d in files(release / CHAPTER).items() if not n.startswith(".")}


def test_an_update_without_news_writes_nothing(folder: Path, release: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    assert update(folder, release) == []
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before


def test_a_chapter_not_begun_is_replaced_and_its_changed_section_named(
    folder: Path, release: Path
) -> None:
    write_chapter(release.parent, statement="Double a tensor.", references="2")
    (change,) = update(folder, release)
    assert (change.kind, change.folder) == ("updated", CHAPTER)
    assert change.sections == ("Exercise 2.1 · double",)
    assert "Exercise 2.1 · double" in str(change) and "not begun" in str(change)
    assert files(folder / CHAPTER) == files(release / CHAPTER)


def test_opening_and_saving_is_not_beginning(folder: Path, release: Path) -> None:
    content = json.loads(mine(folder).read_bytes())
    content["metadata"] = {"language_info": {"name": "python", "version": "3.11.7"}}
    for cell in content["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    mine(folder).write_text(json.dumps(content))
    write_chapter(release.parent, statement="Double a tensor.")
    assert [change.kind for change in update(folder, release)] == ["updated"]


@pytest.mark.parametrize(
    "work",
    [
        {"source": ANSWER},
        {"outputs": [{"output_type": "stream", "name": "stdout", "text": "4"}]},
        {"attachments": {"drawing.png": {"image/png": "aGk="}}},
    ],
    ids=["an answer", "an output", "an attachment"],
)
def test_whatever_the_student_made_stays_and_the_new_version_comes_beside(
    folder: Path, release: Path, work: dict
) -> None:
    edit(mine(folder), **work)
    before = files(folder / CHAPTER)
    write_chapter(release.parent, statement="Double a tensor.", references="2")
    (change,) = update(folder, release)
    assert (change.kind, change.folder) == ("beside", BESIDE)
    assert BESIDE in str(change) and "Exercise 2.1 · double" in str(change)
    assert files(folder / CHAPTER) == before  # its references too: they fit its checks
    assert files(folder / BESIDE) == files(release / CHAPTER)
    assert update(folder, release) == []


def test_a_new_version_not_begun_is_replaced_by_the_next_one(folder: Path, release: Path) -> None:
    kept = edit(mine(folder), source=ANSWER)
    for statement in ("Double a tensor.", "Double two tensors."):
        write_chapter(release.parent, statement=statement)
        update(folder, release)
    assert files(folder / BESIDE) == files(release / CHAPTER)
    assert mine(folder).read_bytes() == kept
    edit(mine(folder, BESIDE), source=ANSWER)
    write_chapter(release.parent, statement="Double three tensors.")
    (change,) = update(folder, release)
    assert change.folder == f"{CHAPTER} (2026-11-22, 2)"


def test_new_references_of_the_same_notebook_reach_work_that_was_begun(
    folder: Path, release: Path
) -> None:
    kept = edit(mine(folder), source=ANSWER)
    write_chapter(release.parent, references="2")
    assert [change.kind for change in update(folder, release)] == ["checks"]
    assert (folder / CHAPTER / f"{CHAPTER}.references").read_text() == "references 2"
    assert mine(folder).read_bytes() == kept


def test_references_that_a_student_damaged_are_mended(folder: Path, release: Path) -> None:
    (folder / CHAPTER / f"{CHAPTER}.references").write_text("oops")
    assert [change.kind for change in update(folder, release)] == ["checks"]
    assert (folder / CHAPTER / f"{CHAPTER}.references").read_text() == "references 1"


def test_a_data_file_that_the_student_changed_stays(folder: Path, release: Path) -> None:
    (folder / CHAPTER / "picture.png").write_bytes(b"my own")
    (release / CHAPTER / "picture.png").write_bytes(b"\x89PNG new")
    update(folder, release)
    assert (folder / CHAPTER / "picture.png").read_bytes() == b"my own"


def test_a_new_chapter_is_said_to_be_new(folder: Path, release: Path) -> None:
    write_chapter(release.parent, "03_small")
    assert [str(change) for change in update(folder, release)] == ["03_small is new."]


def test_a_renamed_folder_stays_and_the_chapter_comes_anew(folder: Path, release: Path) -> None:
    kept = edit(mine(folder), source=ANSWER)
    (folder / CHAPTER).rename(folder / "first try")
    assert [change.kind for change in update(folder, release)] == ["restored"]
    assert mine(folder, "first try").read_bytes() == kept
    assert files(folder / CHAPTER) == files(release / CHAPTER)


@pytest.mark.parametrize(
    "state",
    [
        None,
        b"",
        b"{",
        b"[" * 100_000,
        b"[]",
        b'{"version": 1}',
        b'{"version": 1, "editions": [{"chapter": 3}]}',
        b'{"version": 1, "editions": [{"chapter": "02_small", "folder": "../../elsewhere",'
        b' "files": {}, "sections": {}}]}',
        b'{"version": 99, "editions": []}',
    ],
)
def test_with_its_memory_lost_or_damaged_nothing_is_overwritten(
    folder: Path, release: Path, state: bytes | None
) -> None:
    kept = edit(mine(folder), source=ANSWER)
    if state is None:
        (folder / STATE).unlink()
    else:
        (folder / STATE).write_bytes(state)
    write_chapter(release.parent, statement="Double a tensor.")
    assert [change.kind for change in update(folder, release)] == ["beside"]
    assert mine(folder).read_bytes() == kept
    assert files(folder / BESIDE) == files(release / CHAPTER)
    assert update(folder, release) == []


def test_an_update_that_breaks_off_anywhere_is_taken_up_again(
    tmp_path: Path, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_chapter(release.parent, "03_small")
    whole = copying.write_whole
    for broken_at in range(12):
        folder = tmp_path / f"student-{broken_at}"
        update(folder, release)
        kept = edit(mine(folder), source=ANSWER)
        for name in (CHAPTER, "03_small"):
            write_chapter(release.parent, name, statement=f"Version {broken_at}.")
        calls = iter(range(100))

        def breaking(path: Path, data: bytes, calls=calls, broken_at=broken_at) -> None:
            if next(calls) == broken_at:
                raise OSError(28, "No space left on device", str(path))
            whole(path, data)

        with monkeypatch.context() as patch:
            patch.setattr(copying, "write_whole", breaking)
            try:
                update(folder, release)
            except AutograderError as error:
                assert "No space left on device" in str(error)
        update(folder, release)
        assert mine(folder).read_bytes() == kept
        assert files(folder / "03_small") == files(release / "03_small")
        newest = OwnCopy(folder).editions(CHAPTER)[-1].folder
        assert files(folder / newest) == files(release / CHAPTER)
        assert not [p for p in folder.iterdir() if p.name.startswith(".new")]


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("course"), st.integers(0, 3)),
            st.tuples(st.just("write"), st.integers(0, 3)),
            st.tuples(st.just("forget"), st.just(0)),
            st.tuples(st.just("damage"), st.just(0)),
        ),
        max_size=10,
    )
)
def test_no_order_of_updates_and_work_loses_what_a_student_wrote(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    root = tmp_path_factory.mktemp("order")
    write_chapter(root)
    folder = root / "student"
    update(folder, root / "release")
    written: dict[Path, str] = {}
    for count, (what, which) in enumerate(steps):
        if what == "course":
            write_chapter(root, statement=f"Version {which}.", references=str(which))
        elif what == "write":
            notebooks = sorted(folder.glob("*/*.ipynb"))
            path = notebooks[which % len(notebooks)]
            written[path] = f"answer {count}"
            edit(path, source=written[path])
        elif what == "forget":
            (folder / STATE).unlink()
        else:
            (folder / STATE).write_text("{")
        update(folder, root / "release")
        for path, text in written.items():
            assert text in path.read_text()
        assert any(
            p.read_bytes() == (root / "release" / CHAPTER / p.name).read_bytes()
            for p in folder.glob("*/*.references")
        )


def test_the_copy_is_found_from_anywhere_in_it_and_in_the_course(
    folder: Path, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / CHAPTER)
    assert locate(None, None) == (folder, None)
    assert locate(None, release.parent) == (folder, release)
    monkeypatch.chdir(release.parent)
    assert locate(None, None) == (release.parent / "student", release)
    assert locate(folder, None) == (folder, release)


def test_the_release_itself_is_nobodys_copy(
    release: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(release.parent)
    for folder in (release, release / CHAPTER):
        with pytest.raises(AutograderError, match="the course's own"):
            locate(folder, None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AutograderError, match="no chapters here"):
        locate(None, None)


def test_a_notebook_that_is_no_json_counts_as_work(folder: Path, release: Path) -> None:
    mine(folder).write_bytes(b"half a note")
    write_chapter(release.parent, statement="Double a tensor.")
    assert [change.kind for change in update(folder, release)] == ["beside"]
    assert mine(folder).read_bytes() == b"half a note"


def test_the_small_chapter_is_a_notebook() -> None:
    import nbformat

    nbformat.validate(nbformat.from_dict(notebook()))
