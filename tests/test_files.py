"""A stranger's file: opened in one way, or refused."""

import os
from pathlib import Path

import pytest

from autograder.files import NotRegular, TooLarge, read_regular, write_whole


def test_a_regular_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"12345")
    assert read_regular(path, 5) == b"12345"
    with pytest.raises(TooLarge) as refused:
        read_regular(path, 4)
    assert refused.value.size == 5


def test_folders_pipes_and_devices_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(NotRegular):
            read_regular(path, 10)


def test_links_are_not_followed_and_what_is_missing_is_an_error(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for name in ("link", "missing"):
        with pytest.raises(OSError, match=name):
            read_regular(tmp_path / name, 10)
