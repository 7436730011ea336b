"""A job in, a run log out: untrusted cells are executed, and nothing of them reaches anything else.

The sandbox knows no notebooks and no courses. What runs inside it is :mod:`autograder.kernel`,
which it names and never imports.
"""

from __future__ import annotations

from collections.abc import Callable

from autograder.sandbox.job import Job, JobCell, Layers, Limits, SandboxOptions, Scope
from autograder.sandbox.run_log import CellLog, CellStatus, Ended, RunLog

__all__ = [
    "CellLog",
    "CellStatus",
    "Ended",
    "Job",
    "JobCell",
    "Layers",
    "Limits",
    "RunLog",
    "SandboxOptions",
    "Scope",
    "execute",
    "shutdown",
    "warm_up",
]


def execute(
    job: Job,
    limits: Limits | None = None,
    *,
    options: SandboxOptions | None = None,
    progress: Callable[[int, CellLog], None] | None = None,
) -> RunLog:
    """Run a job in a process of its own and return what came out of it.

    Several threads may call this at once; they share one warm process. ``progress`` is called in
    the same thread with the index of each cell that has ended. Without ``options`` the sandbox is
    what ``AUTOGRADER_SANDBOX`` says, else ``"full"``.

    Never raises for anything that the job does; raises
    :class:`autograder.errors.SandboxUnavailable` where the sandbox cannot be had.
    """
    from autograder.sandbox import supervise

    return supervise.run(job, limits or Limits(), options or SandboxOptions.chosen(), progress)


def warm_up(options: SandboxOptions | None = None) -> None:
    """Start the warm process in the background, so that the first job need not wait for it."""
    from autograder.sandbox import launch

    launch.warm(options or SandboxOptions.chosen())


def shutdown() -> None:
    """End the warm process with all that runs in it. A later job starts a new one."""
    from autograder.sandbox import launch

    launch.stop()
