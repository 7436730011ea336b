"""Executing a paper: untrusted cells in, outputs and evidence out.

The one function that the rest of the package knows is :func:`execute`.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from autograder.grading.attempt import Paper


Ended = Literal[
    "finished",
    "timeout",
    "memory",
    "processes",
    "output",
    "disk",
    "killed",
    "crashed",
    "refused",
]
Sandbox = Literal["full", "available", "none"]
CellStatus = Literal["ok", "error", "interrupted", "not_run"]


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one submission may use. Times in seconds of wall clock, sizes in bytes."""

    cell_seconds: float = 30.0
    submission_seconds: float = 120.0
    memory_bytes: int = 4 * 2**30
    processes: int = 64
    disk_bytes: int = 256 * 2**20
    output_bytes: int = 10 * 10**6


@dataclasses.dataclass
class CellRun:
    """What one cell of a paper did. ``outputs`` are nbformat 4 outputs, as plain dicts.

    ``reason`` says in a sentence which limit the cell hit, or how it ended the whole run.
    """

    status: CellStatus = "not_run"
    outputs: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    reason: str | None = None


@dataclasses.dataclass
class Execution:
    """What became of a paper.

    ``cells`` has one entry for each cell of the paper. ``evidence`` holds the untrusted bytes that
    arrived, with the index of the cell that was running (as the trusted side knows it). ``ended``
    says how the run ended and ``reason`` says it in a sentence that names the cell and the limit.
    ``cpu_seconds`` is the processor time of the child, fork and end included.
    """

    cells: list[CellRun]
    evidence: list[tuple[int, bytes]] = dataclasses.field(default_factory=list)
    ended: Ended = "finished"
    reason: str | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0


def execute(
    paper: Paper,
    limits: Limits | None = None,
    *,
    progress: Callable[[int, CellRun], None] | None = None,
    sandbox: Sandbox | None = None,
) -> Execution:
    """Run a paper in a process of its own and return what came out of it.

    Several threads may call this at once; they share one warm process. ``progress`` is called in
    the same thread with the index of each cell that has ended. ``sandbox`` accepts the risk
    of running with the layers that this machine has (``"available"``) or without protection
    (``"none"``); None takes what ``AUTOGRADER_SANDBOX`` says, else ``"full"``.

    Never raises for anything that the paper does; raises
    :class:`autograder.errors.SandboxUnavailable` where the sandbox cannot be had.
    """
    from autograder.sandbox import supervise

    return supervise.run(paper, limits or Limits(), _mode(sandbox), progress)


def warm_up(sandbox: Sandbox | None = None) -> None:
    """Start the warm process in the background, so that the first paper need not wait for it."""
    from autograder.sandbox import launch

    launch.warm(_mode(sandbox))


def shutdown() -> None:
    """End the warm process with all that runs in it. A later paper starts a new one."""
    from autograder.sandbox import launch

    launch.stop()


def _mode(sandbox: Sandbox | None) -> Sandbox:
    chosen = sandbox or os.environ.get("AUTOGRADER_SANDBOX")
    return "none" if chosen == "none" else "available" if chosen == "available" else "full"
