"""What goes into the sandbox: a job, what it may use, and how strictly it is shut in."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from typing import Literal

Layers = Literal["full", "available", "none"]


PATIENCE_ENDS = 2  #: parts of a notebook that may run out of time before the others get less

#: which names a cell sees and binds: those of all cells (``shared``), or its own and what others
#: export to it (``own``); a ``kept`` cell runs as an ``own`` one and binds for all
Scope = Literal["shared", "own", "kept"]


Enough = Callable[[str, bytes], bool]


@dataclasses.dataclass(frozen=True)
class JobCell:
    """One cell: the name that limits and errors are told by, its source text, and its scope.

    ``usual_seconds`` is what such a cell takes as a rule, if that is known; ``part`` is the part of
    the notebook that it belongs to, the cell itself where it is empty. It is left out once there is
    enough evidence of its part, where that ``can_be_left_out``.
    """

    name: str
    source: str
    scope: Scope = "shared"
    usual_seconds: float | None = None
    part: str = ""
    can_be_left_out: bool = False


@dataclasses.dataclass(frozen=True)
class Job:
    """Cells to execute one after another in one process, and the seed of their random numbers.

    ``exports`` are the shared names that cells of the scope ``own`` see, each with the group of
    checks that it belongs to. Evidence is made of the groups in ``wanted``, of all where it is
    None; with ``enough`` only until what it makes says so, given a part and the evidence that its
    cell made. It is made anew whenever the job is started, on whatever machine.
    """

    cells: tuple[JobCell, ...]
    seed: int = 0
    exports: Mapping[str, str] = dataclasses.field(default_factory=dict)
    wanted: tuple[str, ...] | None = None
    enough: Callable[[], Enough] | None = dataclasses.field(default=None, compare=False)

    @property
    def ahead(self) -> tuple[str, ...]:
        """The texts of the course's own cells, which may be compiled before the job starts."""
        return tuple(sorted({cell.source for cell in self.cells if cell.scope == "own"}))


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one job may use. Times in seconds of wall clock, sizes in bytes.

    A cell may run for ``cell_seconds``. Where it is known what it takes as a rule, it may run for
    ``cell_seconds_factor`` times that, between ``cell_seconds_least`` and ``cell_seconds``.
    """

    cell_seconds: float = 30.0
    cell_seconds_factor: float = 20.0
    cell_seconds_least: float = 3.0
    submission_seconds: float = 120.0
    memory_bytes: int = 4 * 2**30
    processes: int = 64
    disk_bytes: int = 256 * 2**20
    output_bytes: int = 10 * 10**6

    def time_of(self, cell: JobCell, ran_out: int) -> tuple[float, str]:
        """How long a cell may run, and which limit that is, in words.

        ``ran_out`` parts of the notebook had no time left before; after :data:`PATIENCE_ENDS` of
        them a cell gets the least, or a tenth of the factor where it takes longer as a rule.
        """
        if ran_out >= PATIENCE_ENDS:
            factor, usual = self.cell_seconds_factor / 10, cell.usual_seconds or 0.0
            because = f"; {ran_out} parts of the notebook had run out of time before"
        elif cell.usual_seconds is None:
            return self.cell_seconds, "limit cell_seconds"
        else:
            factor, usual, because = self.cell_seconds_factor, cell.usual_seconds, ""
        seconds = max(self.cell_seconds_least, factor * usual)
        if seconds >= self.cell_seconds:
            return self.cell_seconds, "limit cell_seconds"
        if seconds > self.cell_seconds_least:
            told = f"limit cell_seconds_factor: {factor:g} times what the solution takes"
        else:
            told = "limit cell_seconds_least"
        return seconds, told + because


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
