"""Jobs made of a few lines of code, and what became of them, for the tests of the executor."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder import sandbox
from autograder.sandbox import (
    CellLog,
    Job,
    JobCell,
    Layers,
    Limits,
    RunLog,
    SandboxOptions,
    launch,
    supervise,
    wire,
)
from autograder.sandbox.run_log import RunLogBuilder
from autograder.sandbox.watch import descendants

#: what a course of this kind has imported before its jobs start
PRELOAD = ("torch", "torchvision", "matplotlib.pyplot", "autograder.checks.probes")

ESCAPED = "ESCAPED"  #: what a hostile cell prints when it got what it wanted
PATIENCE = 120.0  #: seconds for what always comes, however busy the machine is
_HERE = wire.pack(("stream", "stdout", "here\n"))


class Patient(supervise._RunningJob):
    """A job whose clocks start when a cell prints ``here``, not when the machine gets to it.

    Then ``cell_seconds`` begin, and with the first cell that says it ``submission_seconds``. Any
    other cell, and whatever comes before the word, has all the time it may need.
    """

    def __init__(self, job: Job, limits: Limits, run_log: RunLogBuilder, warm: launch.Warm) -> None:
        super().__init__(job, limits, run_log, warm)
        self._has_heard = False
        add = run_log.add_output

        def hear(payload: bytes) -> None:
            add(payload)
            if payload == _HERE:
                self._start_clocks()

        run_log.add_output = hear  # type: ignore[method-assign]

    def _next_cell(self) -> None:
        if not self._has_heard:
            self._deadline = time.monotonic() + PATIENCE
        super()._next_cell()

    def _start_cell_clock(self) -> None:
        self._cell_deadline = time.monotonic() + PATIENCE

    def _start_clocks(self) -> None:
        now = time.monotonic()
        self._cell_deadline = now + self._cell_seconds
        if not self._has_heard:
            self._deadline = now + self._limits.submission_seconds
        self._has_heard = True


def execute(
    given: Job,
    limits: Limits | None = None,
    *,
    layers: Layers | None = None,
    progress: Callable[[int, CellLog], None] | None = None,
) -> RunLog:
    """Execute a job in the warm process that all these tests share."""
    options = SandboxOptions.chosen(layers, PRELOAD)
    return sandbox.execute(given, limits, options=options, progress=progress)


def job(*sources: str, seed: int = 0) -> Job:
    """A job whose cells are called ``first``, ``second``, ``third``, and so on."""
    names = "first second third fourth fifth sixth seventh eighth".split()
    names += [f"cell{i}" for i in range(len(names), len(sources))]
    cells = (JobCell(name, source) for name, source in zip(names, sources, strict=False))
    return Job(tuple(cells), seed)


def text(run: CellLog | RunLog, name: str | None = None) -> str:
    """Everything that was printed, of one stream or of both."""
    cells = run.cells if isinstance(run, RunLog) else [run]
    outputs = [output for cell in cells for output in cell.outputs]
    streams = [o for o in outputs if o["output_type"] == "stream"]
    return "".join(o["text"] for o in streams if name in (None, o["name"]))


def everything(run: RunLog) -> str:
    """All that a reader of the outputs could see, as one string."""
    return repr([cell.outputs for cell in run.cells])


def error(cell: CellLog) -> dict[str, Any]:
    """The error output of a cell."""
    (found,) = [o for o in cell.outputs if o["output_type"] == "error"]
    return found


def warm_pid() -> int:
    """The process number of the warm process: the child of bubblewrap's first process."""
    assert launch._current is not None
    assert launch._current._process is not None
    return list(descendants(launch._current._process.pid))[1]


def processes_of_warm() -> list[str]:
    """The names of everything that runs below the grader's bubblewrap."""
    assert launch._current is not None
    assert launch._current._process is not None
    found = []
    for pid in descendants(launch._current._process.pid):
        try:
            found.append(Path(f"/proc/{pid}/comm").read_text().strip())
        except OSError:
            continue
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process is about to do."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def open_descriptors() -> int:
    """How many files this process has open."""
    return len(os.listdir("/proc/self/fd"))
