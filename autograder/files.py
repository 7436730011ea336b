"""Files that are replaced whole, and how a file of a stranger's is opened."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

#: for ``os.open`` of a stranger's file: its bytes as they are, following no link, waiting for nobody
READ_ONLY = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
    READ_ONLY |= getattr(os, _flag, 0)


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
