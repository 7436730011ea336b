"""Files that are replaced whole, and how a file of a stranger's is opened."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

# For ``os.open`` of a stranger's file: its bytes as they are, following no link, waiting for
# nobody. Windows has not all of them.
_READ_ONLY = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
    _READ_ONLY |= getattr(os, _flag, 0)


class NotRegular(OSError):
    """A folder, a pipe or a device where a file should be."""


class TooLarge(OSError):
    """A file of more bytes than are read; ``size`` says how many it has."""

    def __init__(self, size: int) -> None:
        super().__init__(errno.EFBIG, os.strerror(errno.EFBIG))
        self.size = size


def read_regular(path: Path, limit: int, folder: int | None = None) -> bytes:
    """The bytes of a file that somebody sent: a regular one, of at most ``limit`` bytes.

    Links are not followed. With ``folder``, the descriptor of an open folder, ``path`` is looked
    for there. Raises :class:`NotRegular`, :class:`TooLarge` or another OSError.
    """
    descriptor = os.open(path, _READ_ONLY, dir_fd=folder)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotRegular(errno.EINVAL, "it is not a regular file")
        if status.st_size > limit:
            raise TooLarge(status.st_size)
        with os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:  # it has grown since
        raise TooLarge(len(data))
    return data


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file in one step: a reader sees the old bytes or the new ones, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
