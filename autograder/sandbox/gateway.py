"""A cluster of Dask Gateway: where its scheduler is, and the key that opens it.

Where the gateway is and who asks stands in Dask's own configuration, as for ``Gateway()`` in a
notebook: ``DASK_GATEWAY__ADDRESS`` and ``DASK_GATEWAY__AUTH__TYPE``, or ``~/.config/dask/``.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from autograder.errors import AutograderError

PREFIX = "gateway:"  #: what such a scheduler's name begins with
NEW = "new"  #: the name of a cluster that is started here, and ended with the work
START_SECONDS = 600.0  #: for a cluster and its first worker to start

_CLOSED: list[Any] = []  #: kept to the end: a gateway's destructor complains of one that is closed


@contextlib.contextmanager
def gateway_cluster(name: str, workers: int) -> Iterator[tuple[str, Any]]:
    """The address and the TLS certificate (``Security``) of a cluster's scheduler.

    A cluster that is started here gets so many ``workers``; one that is there keeps its own.

    Raises:
        AutograderError: the gateway cannot be reached, or has no such cluster.
    """
    if not name:
        raise AutograderError(f"Name the cluster: {PREFIX}NAME, or {PREFIX}{NEW} for a new one.")
    try:
        from dask_gateway import Gateway
    except ImportError:
        raise AutograderError(
            "Dask Gateway's client is not installed here: `pip install dask-gateway` adds it."
        ) from None
    with _told():
        gateway = Gateway()
    started = ""
    try:
        with _told():
            if name == NEW:
                name = started = gateway.submit()
            report = _running(gateway, name)
            if started:
                gateway.scale_cluster(started, workers)
        yield report.scheduler_address, report.security
    finally:
        with contextlib.suppress(Exception):
            if started:
                gateway.stop_cluster(started)
        gateway.close()
        _CLOSED.append(gateway)


def _running(gateway: Any, name: str) -> Any:
    """The report of a cluster as soon as its scheduler runs."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        report = gateway.get_cluster(name)
        if report.status.name == "RUNNING":
            return report
        if report.status.name != "PENDING":
            raise AutograderError(
                f"The cluster {name} of {gateway.address} is {report.status.name.lower()}: "
                f"`--scheduler {PREFIX}{NEW}` starts another."
            )
        time.sleep(0.5)
    raise AutograderError(f"The cluster {name} did not start in {START_SECONDS:.0f} s.")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What a gateway refuses, or that it does not answer, in one sentence."""
    try:
        yield
    except AutograderError:
        raise
    except Exception as error:
        said = str(error).splitlines() or [type(error).__name__]
        raise AutograderError(
            f"Dask Gateway gave no cluster: {said[0][:300]}. Where the gateway is and how it "
            "knows you stands in Dask's configuration (DASK_GATEWAY__ADDRESS)."
        ) from None
