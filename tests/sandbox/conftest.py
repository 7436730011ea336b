"""One warm process for all tests of the executor, and a look around after each."""

import os
from collections.abc import Iterator

import pytest

from autograder.sandbox import launch, shutdown, supervise
from tests.sandbox.jobs import (
    PATIENCE,
    Patient,
    execute,
    job,
    open_descriptors,
    processes_of_warm,
    wait_until,
)


@pytest.fixture(scope="session", autouse=True)
def warm_process() -> Iterator[None]:
    """Start the warm process once; the variable that accepts the risk must not leak in."""
    os.environ.pop("AUTOGRADER_SANDBOX", None)
    execute(job("pass"))
    yield
    shutdown()


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """After a test nothing but the idle warm process runs, and no descriptor is left open."""
    before = open_descriptors() if launch._current is not None else 0
    pid = launch._current._process.pid if launch._current and launch._current._process else None
    yield
    current = launch._current
    if current is None or current._process is None or current._process.pid != pid:
        return  # the test ended or replaced the warm process itself
    # bubblewrap's first process and the warm one
    wait_until(lambda: len(processes_of_warm()) == 2)
    wait_until(lambda: open_descriptors() <= before)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of time count from the moment at which a cell prints ``here``.

    A cell that is interrupted may take its time to listen.
    """
    monkeypatch.setattr(supervise, "_RunningJob", Patient)
    monkeypatch.setattr(supervise, "GRACE_SECONDS", PATIENCE)


@pytest.fixture
def deaf(clock: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock, for cells that do not listen to an interrupt: they are killed soon after it."""
    monkeypatch.setattr(supervise, "GRACE_SECONDS", 0.2)
