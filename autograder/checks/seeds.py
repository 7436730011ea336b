"""Fresh numbers that depend on the run's seed and a name, and on nothing else."""

from __future__ import annotations

import hashlib
import random
import sys
from typing import Any

import numpy as np

_seed = 0


def set_seed(seed: int) -> None:
    """Choose the run's seed. The executor calls it once before a attempt's first cell."""
    global _seed
    _seed = seed


def seed_of(name: str) -> int:
    """A 63-bit seed that depends on the run's seed and ``name`` only."""
    digest = hashlib.sha256(f"{_seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def rng(name: str) -> np.random.Generator:
    """A new numpy generator for the fresh inputs of one check cell.

    ``name`` is the exercise's name, or anything that tells two uses apart. The stream depends on
    the run's seed and the name only, so neither the order of cells nor a failed one changes it.
    """
    return np.random.default_rng(seed_of(name))


def seed_everything(name: str) -> None:
    """Seed Python's, numpy's and, where it is in use, torch's own random numbers for one check.

    Torch is seeded without the 0.6 ms a call that ``torch.manual_seed`` takes where there is no
    accelerator.
    """
    seed = seed_of(name)
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed_all(seed)
