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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which tests stay together when two workers share them.

    A notebook's cells run in one kernel, one after another; a chapter's answers share the warm
    process and the references of a worker; anything else stays with its file.
    """
    for item in items:
        chapter = getattr(item, "callspec", None) and item.callspec.params.get("chapter")
        group = f"{item.path.name}-{chapter}" if chapter else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


COURSE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def course() -> Path:
    """The repository, which is the course."""
    return COURSE
