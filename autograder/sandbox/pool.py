"""Where jobs are executed: this machine's cores, or a Dask cluster, behind one interface.

Both are a standard :class:`concurrent.futures.Executor` to which :func:`run_job` is submitted. A
worker needs the installed environment only: a job goes out, a run log comes back.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.errors import AutograderError
from autograder.sandbox import Job, Limits, RunLog, SandboxOptions, execute


def run_job(job: Job, limits: Limits, options: SandboxOptions) -> RunLog:
    """Execute a job on this machine; each process keeps one warm process of its own."""
    return execute(job, limits, options=options)


def run_jobs(
    jobs: Sequence[Job],
    limits: Limits,
    options: SandboxOptions,
    pool: concurrent.futures.Executor | None = None,
) -> list[RunLog]:
    """Execute several jobs at once, here when no ``pool`` is given; in the order of jobs."""
    if pool is None:
        with open_pool() as here:
            return run_jobs(jobs, limits, options, here)
    futures = [pool.submit(run_job, job, limits, options) for job in jobs]
    return [future.result() for future in futures]


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def open_pool(
    workers: int | None = None, scheduler: str | None = None
) -> Iterator[concurrent.futures.Executor]:
    """An executor for :func:`run_job`.

    Args:
        workers: jobs executed at once on this machine; all cores when None.
        scheduler: address of a Dask scheduler (``tcp://host:8786``), whose workers are used
            instead.

    Raises:
        AutograderError: Dask is not installed or its scheduler cannot be reached.
    """
    if scheduler is None:
        # Threads are enough: they wait for child processes of one warm process that they share.
        with concurrent.futures.ThreadPoolExecutor(workers or cores(), "attempt") as pool:
            try:
                yield pool
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return
    try:
        from distributed import Client
    except ImportError:
        raise AutograderError(
            "Dask is not installed here: `pip install distributed` adds it."
        ) from None
    try:
        client = Client(scheduler, timeout="10s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise AutograderError(f"No Dask scheduler answers at {scheduler}: {error}") from None
    with client:
        if not client.scheduler_info()["workers"]:
            raise AutograderError(
                f"The scheduler at {scheduler} has no workers: start `dask worker {scheduler}`."
            )
        yield Cluster(client)


class Cluster(concurrent.futures.Executor):
    """The workers of a Dask scheduler."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False, retries=3)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Call ``fn`` on some worker."""
        future: concurrent.futures.Future[Any] = self._executor.submit(fn, *args, **kwargs)
        return future

    def threads(self) -> int:
        """How many calls the workers that there are now take at once."""
        workers = self._client.scheduler_info()["workers"].values()
        return sum(int(worker["nthreads"]) for worker in workers)


def width(pool: concurrent.futures.Executor, workers: int | None) -> int:
    """How many attempts to keep in flight: enough that no worker waits, few enough for memory."""
    if isinstance(pool, Cluster):
        return 4 * max(1, pool.threads())
    return 3 * (workers or cores())
