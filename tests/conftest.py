"""Fixtures that every part of the suite shares."""

import os
import sys
from pathlib import Path

# One thread wherever torch runs, and nbgrader finds alembic on PATH.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

import pytest
import torch

torch.set_num_threads(1)

COURSE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def course() -> Path:
    """The repository, which is the course."""
    return COURSE
