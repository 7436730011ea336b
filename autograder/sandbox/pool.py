"""Where jobs are executed: this machine's cores, or a Dask cluster, behind one interface.

Both are a standard :class:`concurrent.futures.Executor` to which :func:`run_job` is submitted. A
worker needs the installed environment only: a job goes out, a run log comes back.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
from collections.abc import Iterator, Sequence

from autograder.sandbox import Job, Limits, RunLog, SandboxOptions, execute

GATEWAY_WORKERS = 2  #: of a cluster that is started by Dask Gateway, when it is not said how many


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
    workers: int | None = None,
    scheduler: str | None = None,
    options: SandboxOptions = SandboxOptions(),  # noqa: B008 - it is frozen
) -> Iterator[concurrent.futures.Executor]:
    """An executor for :func:`run_job`.

    Args:
        workers: jobs executed at once on this machine; all cores when None.
        scheduler: address of a Dask scheduler (``tcp://host:8786``), whose workers are used
            instead; or ``gateway:NAME``, a cluster of Dask Gateway, and ``gateway:new``, one that
            is started with so many ``workers`` and ended in the end.
        options: how they have to shut jobs in.

    Raises:
        AutograderError: Dask is not installed, its scheduler cannot be reached, or its workers are
            not fit for this course.
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
    from autograder.sandbox import gateway
    from autograder.sandbox.cluster import Cluster

    with contextlib.ExitStack() as stack:
        if scheduler.startswith(gateway.PREFIX):
            name = scheduler.removeprefix(gateway.PREFIX)
            address, security = stack.enter_context(
                gateway.gateway_cluster(name, workers or GATEWAY_WORKERS)
            )
            cluster = Cluster(address, options, security, gateway.START_SECONDS)
        else:
            cluster = Cluster(scheduler, options)
        stack.callback(cluster.shutdown)
        yield cluster


def width(pool: concurrent.futures.Executor, workers: int | None) -> int:
    """How many attempts to keep in flight: enough that no worker waits, few enough for memory."""
    if isinstance(pool, concurrent.futures.ThreadPoolExecutor):
        return 3 * (workers or cores())
    from autograder.sandbox.cluster import Cluster

    return 4 * max(1, pool.threads()) if isinstance(pool, Cluster) else cores()
