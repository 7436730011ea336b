"""Fixtures that every part of the suite shares."""

import os
import re
import sys
from pathlib import Path
from typing import Any

# One thread wherever torch runs, and nbgrader finds alembic on PATH.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

import pytest
import torch
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

torch.set_num_threads(1)

# How long an example takes says how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


#: files and chapters whose tests take a minute and more together
LONG = (
    "tests/course::",
    "tests/grading/test_pipeline.py",
    "tests/grading/test_one_submission.py",
    "tests/grading/test_hostile.py",
    "tests/deploy/test_jupyterhub.py",
    "tests/lab/",
    "tests/workspace/test_bundle.py",
    "tests/sandbox/test_cluster.py",
    "tests/grading/test_cluster.py",
    "tests/course/test_rounding.py",
    "notebooks/",
)


class TogetherScheduling(LoadScopeScheduling):
    """Which tests stay together when two workers share them.

    A notebook's cells run in one kernel, one after another; a chapter's answers share the warm
    process and the references of a worker, whichever file asks for them; anything else stays with
    its file. (``xdist_group`` would say the same, but pytest-xdist 3.8 writes it where pytest 9.2
    does not read it.)
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        chapter = re.search(r"\[(?:.*-)?(0\d_[a-z_]+)", test)
        if chapter and file.startswith("tests/course/"):
            file = "tests/course"
        return f"{file}::{chapter[1]}" if chapter else file

    def _assign_work_unit(self, node: Any) -> None:
        """Long ones first: at the end both workers have something to do."""
        for scope in reversed([s for s in self.workqueue if s.startswith(LONG)]):
            self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TogetherScheduling:
    """Share tests by file and by chapter."""
    return TogetherScheduling(config, log)


COURSE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def course() -> Path:
    """The repository, which is the course."""
    return COURSE


@pytest.fixture(scope="session")
def playwright():
    """What drives browsers; there can be one in a process."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with sync_api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium_program(playwright) -> str:
    """The path of a Chromium; tests are skipped where none can be had."""
    from tests.lab import browser  # it imports Playwright

    path = browser.chromium()
    if path is None:
        pytest.skip("no Chromium: install Debian's `chromium`, or name one in AUTOGRADER_CHROMIUM")
    return path


@pytest.fixture(scope="session")
def chromium(playwright, chromium_program):
    """A browser for all tests."""
    from tests.lab import browser

    opened = playwright.chromium.launch(executable_path=chromium_program, timeout=browser.PATIENCE)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def pictures(request, tmp_path_factory) -> Path:
    """Where a module's screenshots go: below AUTOGRADER_SCREENSHOTS, if that is set."""
    name = request.module.__name__.rsplit(".", 1)[-1]
    kept = os.environ.get("AUTOGRADER_SCREENSHOTS")
    folder = Path(kept, name) if kept else tmp_path_factory.mktemp(re.sub(r"\W", "_", name))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
