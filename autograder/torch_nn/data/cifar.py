"""CIFAR-10 where it is at hand, and the embedded images where it is not."""

from __future__ import annotations

import contextlib
import socket
import tarfile
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset

from autograder.torch_nn.data.doodles import Doodles, Transform

_PATIENCE = 10.0  #: seconds that a server may stay silent
_TROUBLE = (OSError, HTTPException, RuntimeError, tarfile.TarError, EOFError, ValueError)


def cifar10(
    train: bool = True,
    transform: Transform | None = None,
    root: str | Path = "dataset",
    download: bool = False,
) -> Dataset[tuple[Any, Any]]:
    """The real CIFAR-10 if it lies in ``root`` or can be downloaded, otherwise :class:`Doodles`.

    Says in one line which it is. Both have ``data``, ``targets``, ``classes``, ``class_to_idx``,
    ``transform``, and ``(image, target)`` as items; only the number of images differs. Whatever
    is wrong with the folder or the network, this does not raise.

    Args:
        train: the part to train with, or the part to test with.
        transform: applied to every PIL image.
        root: the folder that holds ``cifar-10-batches-py``.
        download: fetch CIFAR-10 (170 MB) into ``root`` unless it is there.
    """
    from torchvision.datasets import CIFAR10

    reason = f"CIFAR-10 is not in {root}/"
    new_folder = not Path(root).exists()
    if download or (Path(root) / CIFAR10.base_folder).is_dir():
        try:
            with _impatient():
                found = CIFAR10(str(root), train, transform, download=download)
        except _TROUBLE as error:
            problem = " ".join(str(error).split()).strip("<>") or type(error).__name__
            reason = f"CIFAR-10 could not be {'downloaded' if download else 'read'} ({problem})"
            if new_folder:
                with contextlib.suppress(OSError):
                    Path(root).rmdir()  # torchvision makes it first; it goes if it stayed empty
        else:
            print(f"CIFAR-10 from {root}/: {len(found):,} images")
            return found
    doodles = Doodles(train, transform)
    print(f"{reason}: using the {len(doodles):,} embedded images")
    return doodles


@contextlib.contextmanager
def _impatient() -> Iterator[None]:
    """New connections give up when nothing comes for a while; torchvision sets no limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
