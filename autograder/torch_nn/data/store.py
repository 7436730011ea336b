"""The file of images: one compressed NumPy archive, read without pickle.

A part (``train``, ``test``, ``new_train``, ``new_test``) is two arrays: its labels (N,), and its
images as differences that compress well. The images of the data set have 32 brightnesses a
channel; stored are the green plane, and red and blue less green, each row less the row above it,
modulo 256, as uint8 (3, N, 32, 32). Half the size of the plain pixels, and exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Part = tuple[NDArray[np.uint8], NDArray[np.uint8]]  #: images (N, 32, 32, 3), labels (N,)

FILE = Path(__file__).with_name("images.npz")
STEPS = 31  #: brightness 1 lies this many steps above 0


def write(file: Path | BinaryIO, parts: Mapping[str, Part]) -> None:
    """Store parts by name. The brightnesses of the images must be those of :func:`brightness`."""
    arrays: dict[str, Any] = {}
    for name, (images, labels) in parts.items():
        arrays[name] = _packed(images)
        arrays[f"{name}_labels"] = labels
    np.savez_compressed(file, **arrays)


@lru_cache(maxsize=4)
def read(name: str) -> Part:
    """A part of the data set: images (N, 32, 32, 3) and labels (N,), both uint8, not writable."""
    with np.load(FILE, allow_pickle=False) as arrays:
        images, labels = _unpacked(arrays[name]), arrays[f"{name}_labels"]
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


def brightness(steps: NDArray) -> NDArray[np.uint8]:
    """The brightness 0 to 255 of 0 to 31 steps."""
    return np.rint(steps * (255 / STEPS)).astype(np.uint8)


def _packed(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    steps = np.rint(images * (STEPS / 255)).astype(np.uint8)
    if not np.array_equal(brightness(steps), images):
        raise ValueError(f"the images have brightnesses other than the {STEPS + 1} that are stored")
    red, green, blue = np.moveaxis(steps, -1, 0)
    planes = np.stack([red - green, green, blue - green])
    return np.diff(planes, axis=2, prepend=np.uint8(0))


def _unpacked(stored: NDArray[np.uint8]) -> NDArray[np.uint8]:
    red, green, blue = np.cumsum(stored, axis=2, dtype=np.uint8)
    table = brightness(np.arange(256) % (STEPS + 1))
    return table[np.stack([red + green, green, blue + green], axis=-1)]
