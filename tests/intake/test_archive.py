import io
import random
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.errors import RefusedArchive
from autograder.intake.archive import MAX_MEMBERS, VettedExtractor, vet
from tests.workspace.small import data, notebook

NOTEBOOK = data(notebook())
ZIP_COLLECT = "from nbgrader.apps.zipcollectapp import ZipCollectApp as A; A.launch_instance()"


def zipped(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.filename = name  # ZipInfo mends some names; an attacker does not
            info.compress_type = compression
            archive.writestr(info, content)
    return buffer.getvalue()


def linked(mode: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("02_small.ipynb")
        info.external_attr = mode << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def encrypted() -> bytes:
    whole = bytearray(zipped(("02_small.ipynb", NOTEBOOK)))
    whole[6] |= 1  # the flags of the local header, then of the central directory
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


def renamed(old: bytes, new: bytes) -> bytes:
    """Names that Python's own writer would not write."""
    assert len(old) == len(new)
    return zipped((old.decode(), NOTEBOOK)).replace(old, new)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "not a zip"),
    "no zip": (lambda: b"\x89PNG" * 100, "not a zip"),
    "cut short": (lambda: zipped(("a.ipynb", NOTEBOOK))[:-40], "not a zip"),
    "bomb": (lambda: zipped(("a.ipynb", bytes(50 * 2**20))), "a bomb"),
    "too much": (lambda: zipped(*((f"{i}", bytes(2**20)) for i in range(101))), "would unpack"),
    "too many": (lambda: zipped(*((f"{i}", b"") for i in range(MAX_MEMBERS + 1))), "500"),
    "a million": (lambda: b"PK\x01\x02" * 10**6, "500"),
    "traversal": (lambda: zipped(("../../evil.ipynb", NOTEBOOK)), "leads out"),
    "inner traversal": (lambda: zipped(("a/../../../evil.ipynb", NOTEBOOK)), "leads out"),
    "absolute": (lambda: zipped(("/tmp/evil.ipynb", NOTEBOOK)), "leads out"),
    "drive": (lambda: zipped(("C:/evil.ipynb", NOTEBOOK)), "characters"),
    "backslash": (lambda: zipped(("..\\..\\evil.ipynb", NOTEBOOK)), "characters"),
    "zero byte": (lambda: renamed(b"a_b.ipynb", b"a\x00b.ipynb"), "characters"),
    "escape": (lambda: zipped(("a\x1b[2J.ipynb", NOTEBOOK)), "characters"),
    "newline": (lambda: zipped(("a\nb.ipynb", NOTEBOOK)), "characters"),
    "right to left": (lambda: zipped(("a\u202ebnypi.exe", NOTEBOOK)), "characters"),
    "bad utf-8": (lambda: renamed("ä.ipynb".encode(), b"\xff\xfe.ipynb"), "not a zip|characters"),
    "device": (lambda: zipped(("NUL.ipynb", NOTEBOOK)), "systems"),
    "device folder": (lambda: zipped(("com1/a.ipynb", NOTEBOOK)), "systems"),
    "trailing dot": (lambda: zipped(("a.ipynb.", NOTEBOOK)), "systems"),
    "too deep": (lambda: zipped(("a/" * 40 + "a.ipynb", NOTEBOOK)), "too deep"),
    "too long": (lambda: zipped(("a" * 5000, NOTEBOOK)), "too long"),
    "nameless": (lambda: zipped(("", NOTEBOOK)), "empty"),
    "link": (lambda: linked(stat.S_IFLNK | 0o777), "a link"),
    "pipe": (lambda: linked(stat.S_IFIFO | 0o666), "a link or a device"),
    "device file": (lambda: linked(stat.S_IFBLK | 0o666), "a link or a device"),
    "encrypted": (encrypted, "encrypted"),
    "lzma": (lambda: zipped(("a", NOTEBOOK), compression=zipfile.ZIP_LZMA), "unusual"),
    "twice": (lambda: zipped(("a.ipynb", b"1"), ("a.ipynb", b"2")), "twice"),
    "twice by case": (lambda: zipped(("a.ipynb", b"1"), ("A.IPYNB", b"2")), "twice"),
    "twice by accent": (lambda: zipped(("é", b"1"), ("e\u0301", b"2")), "twice"),
    "file and folder": (lambda: zipped(("a", b"1"), ("A/b", b"2")), "a file and a folder"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_whole_and_says_why(name: str) -> None:
    make, reason = HOSTILE[name]
    with pytest.raises(RefusedArchive, match=reason):
        vet(make())


def test_an_honest_archive_passes_with_folders_spaces_accents_and_what_macs_add() -> None:
    names = ["my work/", "my work/02_small.ipynb", "__MACOSX/._02_small.ipynb", "Übung 1\u202f.png"]
    content = zipped(*((name, b"" if name.endswith("/") else NOTEBOOK) for name in names))
    assert vet(content) == names[1:]


@pytest.mark.parametrize("damage", ["checksum", "stream", "local header", "size"])
def test_damage_inside_is_found_when_unpacking_and_nothing_is_left(
    tmp_path: Path, damage: str
) -> None:
    whole = bytearray(zipped(("first.txt", b"fine"), ("02_small.ipynb", NOTEBOOK)))
    central = whole.index(b"PK\x01\x02", whole.index(b"PK\x01\x02") + 1)
    if damage == "checksum":
        whole[central + 16] ^= 1
    elif damage == "stream":
        place = whole.index(b"02_small.ipynb") + 60
        whole[place : place + 40] = b"\xff" * 40
    elif damage == "local header":
        whole[whole.index(b"02_small")] = ord("9")
    else:  # it claims fewer bytes than are in it
        whole[central + 24 : central + 28] = (10).to_bytes(4, "little")
    path = tmp_path / "sent.zip"
    path.write_bytes(whole)
    with pytest.raises(RefusedArchive, match="damaged"):
        VettedExtractor().extract_one(path, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_archive_inside_is_not_opened(tmp_path: Path) -> None:
    inner = zipped(("../evil.ipynb", NOTEBOOK))
    path = tmp_path / "sent.zip"
    path.write_bytes(zipped(("02_small.ipynb", NOTEBOOK), ("more.zip", inner)))
    VettedExtractor().extract_one(path, tmp_path / "out")
    found = sorted(p.name for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert found == ["02_small.ipynb", "more.zip"]


def test_modes_that_would_lock_us_out_or_be_dangerous_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in (("locked.ipynb", 0o000), ("dangerous.ipynb", 0o4777)):
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(info, NOTEBOOK)
    VettedExtractor().extract_one(path, tmp_path / "out")
    modes = {p.stat().st_mode & 0o7777 for p in (tmp_path / "out" / "sent").iterdir()}
    assert modes == {0o644}


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=20))
def test_whatever_bytes_are_changed_it_is_unpacked_inside_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    whole = bytearray(zipped(("a/02_small.ipynb", b"{}" * 9), ("timestamp.txt", b"now")))
    for place, value in changes:
        whole[place % len(whole)] = value
    root = tmp_path_factory.mktemp("mutated")
    (root / "sent.zip").write_bytes(whole)
    try:
        VettedExtractor().extract_one(root / "sent.zip", root / "out")
    except RefusedArchive:
        assert list((root / "out").iterdir()) == [] if (root / "out").exists() else True
    assert {p.name for p in root.iterdir()} <= {"sent.zip", "out"}
    assert sum(p.stat().st_size for p in root.rglob("*") if p.is_file()) < 10_000


def test_nbgraders_own_zip_collect_is_safe_with_it(tmp_path: Path) -> None:
    archives = tmp_path / "downloaded" / "02_small" / "archive"
    archives.mkdir(parents=True)
    (archives / "good-jane.zip").write_bytes(zipped(("02_small.ipynb", NOTEBOOK)))
    for name in ("traversal", "link", "bomb", "cut short"):
        (archives / f"bad-{name.replace(' ', '')}.zip").write_bytes(HOSTILE[name][0]())
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        "c.ZipCollectApp.extractor_plugin = 'autograder.intake.archive.VettedExtractor'\n"
        r"c.FileNameCollectorPlugin.named_regexp = "
        r"r'.*/\w+-(?P<student_id>\w+)/(?P<file_id>\w+)\.ipynb'"
    )
    done = subprocess.run(
        [sys.executable, "-c", ZIP_COLLECT, "02_small"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is left out") == 4
    submitted = [p.relative_to(tmp_path / "submitted") for p in tmp_path.glob("submitted/*/*/*")]
    assert submitted == [Path("jane", "02_small", "02_small.ipynb")]


@pytest.mark.parametrize("content", [random.Random(0).randbytes(20 * 2**20), b"0 " * 10 * 2**20])
def test_the_limits_let_the_largest_honest_notebook_through(content: bytes) -> None:
    assert vet(zipped(("02_small.ipynb", content))) == ["02_small.ipynb"]
