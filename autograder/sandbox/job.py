"""What goes into the sandbox: a job, what it may use, and how strictly it is shut in."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Literal

Layers = Literal["full", "available", "none"]


#: which names a cell sees and binds: those of all cells (``shared``), or its own and what others
#: export to it (``own``); a ``kept`` cell runs as an ``own`` one and binds for all
Scope = Literal["shared", "own", "kept"]


@dataclasses.dataclass(frozen=True)
class JobCell:
    """One cell: the name that limits and errors are told by, its source text, and its scope."""

    name: str
    source: str
    scope: Scope = "shared"


@dataclasses.dataclass(frozen=True)
class Job:
    """Cells to execute one after another in one process, and the seed of their random numbers.

    ``exports`` are the shared names that cells of the scope ``own`` see, each with the group of
    checks that it belongs to.
    """

    cells: tuple[JobCell, ...]
    seed: int = 0
    exports: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one job may use. Times in seconds of wall clock, sizes in bytes."""

    cell_seconds: float = 30.0
    submission_seconds: float = 120.0
    memory_bytes: int = 4 * 2**30
    processes: int = 64
    disk_bytes: int = 256 * 2**20
    output_bytes: int = 10 * 10**6


@dataclasses.dataclass(frozen=True)
class SandboxOptions:
    """How a job is shut in, and what is imported before it starts.

    ``layers``: ``"full"`` refuses to run where a layer of the sandbox is missing, ``"available"``
    accepts the risk of doing with those that this machine has, ``"none"`` that of no protection.
    ``preload``: modules that the warm process imports once for all jobs.
    """

    layers: Layers = "full"
    preload: tuple[str, ...] = ()

    @classmethod
    def chosen(cls, layers: Layers | None = None, preload: tuple[str, ...] = ()) -> SandboxOptions:
        """The options with ``layers``, else what the variable ``AUTOGRADER_SANDBOX`` says."""
        said = layers or os.environ.get("AUTOGRADER_SANDBOX")
        return cls(
            "none" if said == "none" else "available" if said == "available" else "full", preload
        )
