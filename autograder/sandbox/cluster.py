"""The workers of a Dask scheduler as an executor that outlives what happens to machines.

A worker that is lost loses its jobs to the others; a connection that is lost is made again, and
what was under way is sent again. What comes back twice is taken once. A job that three machines
were lost over is given up by itself; a scheduler that stays away ends all of them in one sentence.

Dask's event loop only moves messages: what came of a call is looked at, and lost connections made
again, in a thread of this module.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import functools
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from autograder.errors import AutograderError, ClusterLost, MachineLost
from autograder.sandbox.job import SandboxOptions
from autograder.sandbox.machine import DIFFERENT, Machine, call, introduce

TRIES = 3  #: machines that one job may be lost with
ANSWER_SECONDS = 15.0  #: for a scheduler to answer at all
RETURN_SECONDS = 120.0  #: for a scheduler, or for workers, to come back
CHECK_SECONDS = 240.0  #: for a worker to say what it is, its first imports included
SILENT_SECONDS = 60.0  #: without an answer, until a connection that stands is given up
LOOK_SECONDS = 2.0  #: between two looks at whether there still are workers

#: Machines are busy, and a busy one answers late: only minutes without a word mean that it is lost.
_PATIENCE = {
    "distributed.comm.timeouts.tcp": "60s",
    "distributed.comm.timeouts.connect": "60s",
    "distributed.comm.retry.count": 3,
}


@dataclasses.dataclass(eq=False)
class _Task:
    """A call under way, and what is to become of it."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    answer: concurrent.futures.Future[Any]
    lost: int = 0  #: machines, or connections, that it was lost with
    sent: concurrent.futures.Future[Any] | None = None  #: what is to come back, the last time


class Cluster(concurrent.futures.Executor):
    """The workers of the scheduler at ``address``; close it with :meth:`shutdown`.

    ``security`` is what Dask's client is given to get in. Where workers are being started, it may
    take ``first_seconds`` until there is one.

    Raises:
        AutograderError: no scheduler answers, it has no workers, one of them has other versions
            than this machine or lacks a layer of the sandbox.
    """

    def __init__(
        self,
        address: str,
        options: SandboxOptions,
        security: Any = None,
        first_seconds: float = 0.0,
    ) -> None:
        self.address = address
        self._security = security
        self._ended: queue.SimpleQueue[tuple[_Task, concurrent.futures.Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._flying: set[_Task] = set()
        self._lock = threading.Lock()
        self._lost: ClusterLost | None = None
        self._closing = False
        self._alone_since: float | None = None
        self._threads = 0
        self._heard = time.monotonic()  #: when the scheduler last answered
        self._client = _connect(address, security)
        try:
            self._wait_for_one(first_seconds)
            self._examine(options)
        except BaseException:
            self._close_client()
            raise
        self._collector = threading.Thread(target=self._collect, name="cluster", daemon=True)
        self._collector.start()

    def threads(self) -> int:
        """How many calls the workers take at once that there were when they were last counted."""
        return self._threads

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Call ``fn`` on some worker; :class:`MachineLost`, :class:`ClusterLost` are its errors."""
        whole = functools.partial(fn, **kwargs) if kwargs else fn
        task = _Task(whole, args, concurrent.futures.Future())
        task.answer.set_running_or_notify_cancel()
        with self._lock:
            self._flying.add(task)
            self._send(task)
        return task.answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of the scheduler. What is still under way is forgotten there."""
        self._closing = True
        self._ended.put(None)
        self._collector.join(ANSWER_SECONDS if wait else 0)
        self._close_client()

    # ------------------------------------------------------------------------- the first look

    def _wait_for_one(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._workers() and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)

    def _examine(self, options: SandboxOptions) -> None:
        """Ask every worker that there is now what it is."""
        until = time.monotonic() + CHECK_SECONDS
        asked: dict[str, concurrent.futures.Future[Any]] = {}
        fit: set[str] = set()
        while True:
            workers = self._workers()
            if workers is None and self._is_silent():
                asked.clear()  # nothing that was asked comes back
                self._connect_again()
                if self._lost is not None:
                    raise self._lost
            if workers is not None and not workers and not asked and not fit:
                raise AutograderError(
                    f"The scheduler at {self.address} has no workers: "
                    f"start `dask worker {self.address}`."
                )
            if workers is not None:
                for worker in workers.keys() - asked.keys() - fit:
                    asked[worker] = self._bring(introduce, options, workers=[worker])
                asked = {worker: future for worker, future in asked.items() if worker in workers}
                if not asked and fit & workers.keys():
                    return
            if time.monotonic() > until:
                raise AutograderError(
                    f"A worker of the scheduler at {self.address} did not answer in "
                    f"{CHECK_SECONDS:.0f} s: look at its log."
                )
            if not asked:
                time.sleep(LOOK_SECONDS)
                continue
            ended = concurrent.futures.wait(
                asked.values(), LOOK_SECONDS, concurrent.futures.FIRST_COMPLETED
            ).done
            for worker in [worker for worker, future in asked.items() if future in ended]:
                if self._is_fit(worker, asked.pop(worker)):
                    fit.add(worker)

    def _is_fit(self, worker: str, future: concurrent.futures.Future[Any]) -> bool:
        """Raise what is wrong with a worker; false where it was lost before it could answer."""
        error = _error_of(future)
        if isinstance(error, _Gone):
            return False
        if error is not None:  # what a machine without the package says of it
            raise AutograderError(
                f"The machines of the scheduler at {self.address} cannot do this course's work: "
                f"{_in_short(error)}. The scheduler and each worker need the same installation as "
                "this machine."
            )
        said = future.result()
        if isinstance(said, AutograderError):
            raise type(said)(f"The worker {worker}: {said}")
        differs = Machine.this().unlike(said)
        if differs:
            raise AutograderError(DIFFERENT.format(where=worker, what=differs))
        return True

    # ----------------------------------------------------------------------- sending, collecting

    def _bring(
        self, fn: Callable[..., Any], *args: Any, **options: Any
    ) -> concurrent.futures.Future[Any]:
        """Call something on a worker and fetch what it returns; :class:`_Gone` if it is lost."""
        client = self._client
        try:
            future = client.submit(fn, *args, pure=False, **options)
            fetching = _fetch(future)
        except Exception:  # the connection is being made again
            return _gone()
        try:
            return asyncio.run_coroutine_threadsafe(fetching, client.loop.asyncio_loop)
        except Exception:
            fetching.close()
            return _gone()

    def _send(self, task: _Task) -> None:
        if self._lost is not None:
            self._finish(task, error=self._lost)
            return
        task.sent = self._bring(call, Machine.this(), task.fn, task.args, retries=TRIES - 1)
        task.sent.add_done_callback(lambda sent: self._ended.put((task, sent)))

    def _finish(self, task: _Task, result: Any = None, error: BaseException | None = None) -> None:
        self._flying.discard(task)
        task.sent = None
        if isinstance(result, AutograderError):
            error = result
        if error is not None:
            task.answer.set_exception(error)
        else:
            task.answer.set_result(result)

    def _collect(self) -> None:
        look_at = time.monotonic() + LOOK_SECONDS
        while not self._closing:
            if time.monotonic() >= look_at:
                self._look()
                look_at = time.monotonic() + LOOK_SECONDS
            try:
                item = self._ended.get(timeout=max(0.0, look_at - time.monotonic()))
            except queue.Empty:
                continue
            if item is None:
                return
            task, sent = item
            if task.sent is sent and task in self._flying:
                self._take(task, sent)

    def _take(self, task: _Task, sent: concurrent.futures.Future[Any]) -> None:
        """One call has ended in one way or another."""
        from distributed import KilledWorker

        error = _error_of(sent)
        if isinstance(error, _Gone):  # and with it what the scheduler knew of our calls
            if self._client.status != "running":
                self._connect_again()
            else:
                with self._lock:
                    self._send_again(task)
            return
        if isinstance(error, KilledWorker):
            error = MachineLost(
                "The machines that executed it were lost, one after the other; grade it again."
            )
        self._heard = time.monotonic()
        with self._lock:
            self._finish(task, None if error else sent.result(), error)

    def _send_again(self, task: _Task) -> None:
        task.lost += 1
        if task.lost < TRIES:
            self._send(task)
        else:
            self._finish(task, error=MachineLost(_CUT))

    # --------------------------------------------------------------------- what is still there

    def _workers(self) -> dict[str, int] | None:
        """Threads by worker; None where the scheduler does not answer or has forgotten us."""
        if self._client.status != "running":
            return None
        try:
            found = self._client.sync(
                self._client.scheduler.ncores, callback_timeout=ANSWER_SECONDS
            )
        except Exception:
            return None
        self._heard = time.monotonic()
        self._threads = sum(found.values())
        return dict(found)

    def _is_silent(self) -> bool:
        """Whether to give the connection up; one that stands may be that of a busy scheduler."""
        if self._client.status != "running":
            return True
        return time.monotonic() - self._heard > SILENT_SECONDS

    def _look(self) -> None:
        """See to it that there still is somebody to work."""
        if not self._flying:
            return
        workers = self._workers()
        if workers is None:
            if self._is_silent():
                self._connect_again()
        elif workers:
            self._alone_since = None
        else:
            self._alone_since = self._alone_since or time.monotonic()
            if time.monotonic() - self._alone_since > RETURN_SECONDS:
                self._give_up(f"The Dask scheduler at {self.address} has no workers any more.")

    def _connect_again(self) -> None:
        """Wait for the scheduler, and send everything that is under way; give up in the end."""
        until = time.monotonic() + RETURN_SECONDS
        self._close_client()
        while not self._closing and time.monotonic() < until:
            try:
                client = _connect(self.address, self._security)
            except AutograderError:
                time.sleep(1)
                continue
            self._heard = time.monotonic()
            with self._lock:
                self._client = client
                for task in list(self._flying):
                    self._send_again(task)
            return
        self._give_up(f"The Dask scheduler at {self.address} no longer answers.")

    def _give_up(self, why: str) -> None:
        with self._lock:
            self._lost = ClusterLost(
                f"{why} What was graded is kept: give the same command again, and it goes on."
            )
            for task in list(self._flying):
                self._finish(task, error=self._lost)

    def _close_client(self) -> None:
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)


_CUT = "The connection to the machine that executed it was lost three times; grade it again."


class _Gone(Exception):
    """The connection was lost before a call came back, or the scheduler has forgotten it."""


async def _fetch(future: Any) -> Any:
    """On Dask's loop: what came of a call; what it raised is raised, anything else is a loss."""
    try:
        return await future
    except Exception:
        if future.status == "error":
            raise
        raise _Gone from None


def _gone() -> concurrent.futures.Future[Any]:
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    future.set_exception(_Gone())
    return future


def _error_of(ended: concurrent.futures.Future[Any]) -> BaseException | None:
    return _Gone() if ended.cancelled() else ended.exception()


def _connect(address: str, security: Any = None) -> Any:
    """A client of the scheduler. Raises :class:`AutograderError`."""
    try:
        import dask
        from distributed import Client
    except ImportError:
        raise AutograderError(
            "Dask is not installed here: `pip install distributed` adds it."
        ) from None
    dask.config.set(_PATIENCE)
    # what Dask says of a lost connection is said here, in one sentence
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    until = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            return Client(address, timeout=ANSWER_SECONDS, set_as_default=False, security=security)
        except (OSError, ValueError, concurrent.futures.CancelledError) as error:
            if isinstance(error, ValueError) or time.monotonic() > until:
                raise AutograderError(
                    f"No Dask scheduler answers at {address}: {_in_short(error)}"
                ) from None
            time.sleep(0.5)


def _in_short(error: BaseException) -> str:
    cause = error.__cause__ or error
    return f"{type(cause).__name__}: {cause}".splitlines()[0][:300]
