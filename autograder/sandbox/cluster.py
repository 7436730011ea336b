"""The workers of a Dask scheduler as an executor that outlives what happens to machines.

A worker that is lost loses its jobs to the others; a connection that is lost is made again, and
what was under way is sent again. What comes back twice is taken once. A job that three machines
were lost over is given up by itself; a scheduler that stays away ends all of them in one sentence.

Dask's event loop only moves messages: results are fetched, and lost connections made again, in a
thread of this module.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import logging
import platform
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError, ClusterLost, MachineLost
from autograder.sandbox.job import SandboxOptions

TRIES = 3  #: machines that one job may be lost with
ANSWER_SECONDS = 15.0  #: for a scheduler to answer at all
RETURN_SECONDS = 120.0  #: for a scheduler, or for workers, to come back
CHECK_SECONDS = 240.0  #: for a worker to say what it is, its first imports included
LOOK_SECONDS = 2.0  #: between two looks at whether there still are workers

#: Machines are busy, and a busy one answers late: only minutes without a word mean that it is lost.
_PATIENCE = {
    "distributed.comm.timeouts.tcp": "120s",
    "distributed.comm.timeouts.connect": "60s",
    "distributed.comm.retry.count": 3,
}


@dataclasses.dataclass(frozen=True)
class Machine:
    """What has to be the same on every machine, by name: what a person sets right by these."""

    versions: Mapping[str, str]

    @classmethod
    @functools.cache
    def this(cls) -> Machine:
        """This one: Python, the packages that compute, and this package by its source text."""
        versions = {"Python": platform.python_version()}
        for package in ("torch", "torchvision", "numpy"):
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                versions[package] = importlib.metadata.version(package)
        digest = hashlib.sha256()
        package_folder = Path(__file__).parents[1]
        for path in sorted(package_folder.rglob("*.py")):
            digest.update(path.relative_to(package_folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
        return cls(versions | {"autograder": digest.hexdigest()[:12]})

    def unlike(self, other: Machine) -> str:
        """Where another one differs: ``torch 2.14.1 here, 2.13.0 there``; empty where nowhere."""
        names = sorted({*self.versions, *other.versions}, key=str.lower)
        return "; ".join(
            f"{name} {self.versions.get(name, 'missing')} here, "
            f"{other.versions.get(name, 'missing')} there"
            for name in names
            if self.versions.get(name) != other.versions.get(name)
        )


# ------------------------------------------------------------------------ what runs on a worker


def _introduce(options: SandboxOptions) -> Machine | AutograderError:
    """On a worker: what it is. Its warm process is started, with the sandbox that is asked for."""
    from autograder.sandbox import launch

    try:
        launch.warm(options).wait_until_ready()
    except AutograderError as error:
        return error
    return Machine.this()


def _call(here: Machine, fn: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """On a worker: call ``fn``, if this machine is as the grader's. What it refuses is a result."""
    differs = here.unlike(Machine.this())
    if differs:
        return AutograderError(_DIFFERENT.format(where=f"on {platform.node()}", what=differs))
    try:
        return fn(*args)
    except AutograderError as error:
        return type(error)(f"On {platform.node()}: {error}")


_CUT = "The connection to the machine that executed it was lost three times; grade it again."
_DIFFERENT = "The worker {where} is not as this machine: {what}. Install the same on both."


# --------------------------------------------------------------------- what runs at the grader's


@dataclasses.dataclass(eq=False)
class _Task:
    """A call under way, and what is to become of it."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    answer: concurrent.futures.Future[Any]
    lost: int = 0  #: machines, or connections, that it was lost with
    sent: Any = None  #: Dask's future, the last one


class Cluster(concurrent.futures.Executor):
    """The workers of the scheduler at ``address``; close it with :meth:`shutdown`.

    Raises:
        AutograderError: no scheduler answers, it has no workers, one of them has other versions
            than this machine or lacks a layer of the sandbox.
    """

    def __init__(self, address: str, options: SandboxOptions) -> None:
        self.address = address
        self._ended: queue.SimpleQueue[tuple[_Task, Any] | None] = queue.SimpleQueue()
        self._flying: set[_Task] = set()
        self._lock = threading.Lock()
        self._lost: ClusterLost | None = None
        self._closing = False
        self._alone_since: float | None = None
        self._client = _connect(address)
        try:
            self._examine(options)
        except BaseException:
            self._close_client()
            raise
        self._collector = threading.Thread(target=self._collect, name="cluster", daemon=True)
        self._collector.start()

    def threads(self) -> int:
        """How many calls the workers that there are now take at once."""
        return sum((self._workers() or {}).values())

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Call ``fn`` on some worker; :class:`MachineLost`, :class:`ClusterLost` are its errors."""
        call = functools.partial(fn, **kwargs) if kwargs else fn
        task = _Task(call, args, concurrent.futures.Future())
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

    def _examine(self, options: SandboxOptions) -> None:
        here = Machine.this()
        workers = list(self._workers() or ())
        if not workers:
            raise AutograderError(
                f"The scheduler at {self.address} has no workers: "
                f"start `dask worker {self.address}`."
            )
        try:
            asked = {
                worker: self._client.submit(_introduce, options, workers=[worker], pure=False)
                for worker in workers
            }
            for worker, future in asked.items():
                said = future.result(timeout=CHECK_SECONDS)
                if isinstance(said, AutograderError):
                    raise type(said)(f"The worker {worker}: {said}")
                differs = here.unlike(said)
                if differs:
                    raise AutograderError(_DIFFERENT.format(where=worker, what=differs))
        except (AutograderError, KeyboardInterrupt):
            raise
        except TimeoutError:
            raise AutograderError(
                f"A worker of the scheduler at {self.address} did not answer in "
                f"{CHECK_SECONDS:.0f} s: look at its log."
            ) from None
        except Exception as error:  # what a machine without the package says of it
            raise AutograderError(
                f"The machines of the scheduler at {self.address} cannot do this course's work: "
                f"{_in_short(error)}. The scheduler and each worker need the same installation as "
                "this machine."
            ) from None

    # ----------------------------------------------------------------------- sending, collecting

    def _send(self, task: _Task) -> None:
        if self._lost is not None:
            self._finish(task, error=self._lost)
            return
        try:
            sent = self._client.submit(
                _call, Machine.this(), task.fn, task.args, pure=False, retries=TRIES - 1
            )
        except Exception:  # the connection is being made again: the collector sends it then
            sent = None
        task.sent = sent
        if sent is None:
            self._ended.put((task, None))
        else:
            sent.add_done_callback(lambda future: self._ended.put((task, future)))

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
        while not self._closing:
            try:
                item = self._ended.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                self._look()
                continue
            if item is None:
                return
            task, future = item
            if future is task.sent and task in self._flying:
                self._take(task, future)

    def _take(self, task: _Task, future: Any) -> None:
        """One call has ended in one way or another."""
        from distributed import KilledWorker

        error: BaseException | None
        try:
            if future is None or future.status in ("cancelled", "lost"):
                raise ConnectionError
            result, error = future.result(timeout=RETURN_SECONDS), None
        except KilledWorker:
            error = MachineLost(
                "The machines that executed it were lost, one after the other; grade it again."
            )
        except concurrent.futures.CancelledError:
            error = ConnectionError()
        except (OSError, TimeoutError) as failed:
            error = ConnectionError(str(failed))
        except Exception as failed:
            error = failed
        if isinstance(error, ConnectionError):
            self._again(task)
            return
        with self._lock:
            self._finish(task, None if error else result, error)

    def _again(self, task: _Task) -> None:
        """The connection is lost, and with it what the scheduler knew of our calls."""
        if self._workers() is None:
            self._connect_again()
        else:
            self._send_again([task])

    def _send_again(self, tasks: Iterable[_Task]) -> None:
        with self._lock:
            for task in tasks:
                task.lost += 1
                if task.lost < TRIES:
                    self._send(task)
                else:
                    self._finish(task, error=MachineLost(_CUT))

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
        return dict(found)

    def _connect_again(self) -> None:
        """Wait for the scheduler, and send everything that is under way; give up in the end."""
        until = time.monotonic() + RETURN_SECONDS
        while not self._closing and time.monotonic() < until:
            try:
                client = _connect(self.address)
            except AutograderError:
                time.sleep(1)
                continue
            self._close_client()
            self._client = client
            self._send_again(list(self._flying))
            return
        self._give_up(f"The Dask scheduler at {self.address} no longer answers.")

    def _look(self) -> None:
        """Nothing has ended for a while: see to it that there still is somebody to work."""
        if not self._flying:
            return
        workers = self._workers()
        if workers is None:
            self._connect_again()
        elif workers:
            self._alone_since = None
        else:
            self._alone_since = self._alone_since or time.monotonic()
            if time.monotonic() - self._alone_since > RETURN_SECONDS:
                self._give_up(f"The Dask scheduler at {self.address} has no workers any more.")

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


def _connect(address: str) -> Any:
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
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        return Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise AutograderError(
            f"No Dask scheduler answers at {address}: {_in_short(error)}"
        ) from None


def _in_short(error: BaseException) -> str:
    cause = error.__cause__ or error
    return f"{type(cause).__name__}: {cause}".splitlines()[0][:300]
