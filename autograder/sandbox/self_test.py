"""Finding out, once, which layers of the sandbox this machine has: by building it around a child.

Runs in the warm process before it has imported anything, so the trial costs milliseconds.
"""

from __future__ import annotations

import json
import os
import signal

from autograder.sandbox import isolate, watch
from autograder.sandbox.isolate import Bounds
from autograder.sandbox.landlock import Ruleset

_BOUNDS = Bounds(memory_bytes=2**30, processes=8, disk_bytes=2**20, cpu_seconds=60)
_MOST_PROCESSES = 400  # where Linux bounds them less exactly, 300 are possible


def missing_layers(
    layers: set[str], ruleset: Ruleset, filter_program: bytes | None
) -> dict[str, str]:
    """The layers of ``layers`` that cannot be had here, each with the reason."""
    missing: dict[str, str] = {}
    if uncounted := watch.uncounted():
        missing["kernel_memory"] = uncounted
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
    try:
        isolate.unshare(isolate.CLONE_NEWPID)
    except OSError as error:
        missing["processes"] = str(error)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            missing |= isolate.isolate(_BOUNDS, ruleset, filter_program, layers)
            if (
                not {"process_limit", "processes"} & set(missing)
                and not _is_process_count_bounded()
            ):
                missing["process_limit"] = "neither pid_max nor RLIMIT_NPROC stops a fork bomb here"
            os.write(writing, json.dumps(missing).encode())
            status = 0
        finally:
            os._exit(status)
    if "processes" not in missing:
        isolate.enter_pid_namespace(own_pids)
    os.close(own_pids)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        answer = file.read()
    os.waitpid(pid, 0)
    try:
        return missing | dict(json.loads(answer))
    except ValueError:
        return {"processes": "the trial child died"}


def _is_process_count_bounded() -> bool:
    """Start processes until the kernel refuses; they end with the trial child."""
    for _ in range(_MOST_PROCESSES):
        try:
            if os.fork() == 0:
                signal.pause()
        except OSError:
            return True
    return False
