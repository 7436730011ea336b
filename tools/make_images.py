"""Draws the images of the data set and stores them: ``python -m tools.make_images``.

Every image has a random stream of its own, seeded by its part and its number, so the same program
draws the same pixels, and a change to one thing leaves the pictures of the others as they are.
With ``--sheet FILE.png`` it also lays the first images of every class side by side, to be looked
at.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from PIL import Image

from autograder.torch_nn.data import store
from autograder.torch_nn.data.store import Part
from tools.rasterize import paint
from tools.things import NEW_THINGS, THINGS, Thing

_SEED = 2016

#: name of the part → (its number in the seeds, what it shows, how many images). Batches of 64
#: leave 16 images at the end of ``train`` and of ``test``, as they do at the end of CIFAR-10's
#: test set.
PARTS: dict[str, tuple[int, Mapping[str, Thing], int]] = {
    "train": (0, THINGS, 1040),
    "test": (1, THINGS, 208),
    "new_train": (2, NEW_THINGS, 200),
    "new_test": (3, NEW_THINGS, 100),
}


def draw(things: Mapping[str, Thing], part: int, count: int, every: int = 1) -> Part:
    """``count`` images (count, 32, 32, 3) of all things in random order, and their labels.

    No class has more than one image more than another. Parts of different numbers have nothing in
    common. With ``every`` only each such image is drawn, the same as among all of them.
    """
    labels = RandomState([_SEED, part]).permutation(np.arange(count) % len(things))
    kinds = list(things.values())
    images = [
        paint(kinds[labels[i]], RandomState([_SEED, part, i])) for i in range(0, count, every)
    ]
    return np.stack(images), labels[::every].astype(np.uint8)


def draw_all() -> dict[str, Part]:
    """All parts of the data set by name; about ten seconds."""
    return {name: draw(things, part, count) for name, (part, things, count) in PARTS.items()}


def sheet(parts: Sequence[Part], columns: int = 16) -> NDArray[np.uint8]:
    """The first ``columns`` images of every class of every part, a row a class."""
    rows = [
        np.concatenate(images[labels == k][:columns], axis=1)
        for images, labels in parts
        for k in range(labels.max() + 1)
    ]
    return np.concatenate(rows)


def main() -> None:
    """Draw and store all parts."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sheet", type=Path, help="write a picture of many images, too")
    chosen = options.parse_args()
    parts = draw_all()
    store.write(store.FILE, parts)
    print(f"{store.FILE.name}: {store.FILE.stat().st_size:,} bytes")
    if chosen.sheet is not None:
        picture = Image.fromarray(sheet([parts["train"], parts["new_train"]]))
        picture.resize((picture.width * 3, picture.height * 3), Image.Resampling.NEAREST).save(
            chosen.sheet
        )


if __name__ == "__main__":
    main()
