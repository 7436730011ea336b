"""What comes out of the sandbox: outputs, evidence, and which limit was hit where.

Kept on the trusted side and filled with what a hostile child sends, so everything is counted. The
running cell is the one that the parent handed out, never one that the child names.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable
from typing import Any, Literal

from autograder.sandbox import wire
from autograder.sandbox.job import Job, Limits
from autograder.sandbox.outputs import Recording

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
CellStatus = Literal["ok", "error", "interrupted", "not_run"]


@dataclasses.dataclass
class CellLog:
    """What one cell of a job did. ``outputs`` are nbformat 4 outputs, as plain dicts.

    ``reason`` says in a sentence which limit the cell hit, or how it ended the whole run.
    """

    status: CellStatus = "not_run"
    outputs: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    reason: str | None = None


@dataclasses.dataclass
class RunLog:
    """What became of a job.

    ``cells`` has one entry for each cell of the job. ``evidence`` holds the untrusted bytes that
    arrived, with the index of the cell that was running (as the trusted side knows it). ``ended``
    says how the run ended and ``reason`` says it in a sentence that names the cell and the limit.
    ``cpu_seconds`` is the processor time of the child, fork and end included.
    """

    cells: list[CellLog]
    evidence: list[tuple[int, bytes]] = dataclasses.field(default_factory=list)
    ended: Ended = "finished"
    reason: str | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0


Progress = Callable[[int, CellLog], None]

_UNUSUAL = re.compile(r"[^\w.-]")
MAX_JOB_EVIDENCE_BYTES = 192 * 2**20  #: bytes of evidence of one job
MAX_CELL_EVIDENCE_BYTES = 24 * 2**20  #: of one cell: a large answer costs its own exercise only
MAX_PIECES = 10_000  #: pieces of evidence of one job


class RunLogBuilder:
    """The record of one job while it runs. ``ended`` is set once no cell may follow."""

    def __init__(self, job: Job, limits: Limits, progress: Progress | None) -> None:
        self.execution = RunLog([CellLog() for _ in job.cells])
        self.recording = Recording(limits.output_bytes)
        self.ended = False
        self._names = [cell.name for cell in job.cells]
        self._limits = limits
        self._progress = progress
        self._index = -1
        self._evidence_left = MAX_JOB_EVIDENCE_BYTES
        self._cell_left = MAX_CELL_EVIDENCE_BYTES
        self._cell_started = 0.0

    @property
    def cell(self) -> CellLog:
        """The running cell."""
        return self.execution.cells[self._index]

    # ------------------------------------------------------------------------- cells

    def begin_cell(self) -> int | None:
        """Go on to the next cell; its index, or None when there is none or no time for it."""
        if self.ended or self._index + 1 >= len(self.execution.cells):
            self.ended = True
            return None
        self._index += 1
        self._cell_started = time.monotonic()
        self._cell_left = MAX_CELL_EVIDENCE_BYTES
        self.recording.begin(self._index + 1)
        return self._index

    def close_cell(self) -> None:
        """The running cell has ended; its outputs are complete."""
        self.cell.outputs = self.recording.end()
        self.cell.seconds = time.monotonic() - self._cell_started
        if self._progress is not None:
            self._progress(self._index, self.cell)

    # ------------------------------------------------------------------------- frames

    def add_output(self, payload: bytes) -> None:
        """An output frame. Raises :class:`WireError`."""
        self.recording.add(wire.unpack(payload))
        self._note_cut()

    def add_text(self, name: str, data: bytes) -> None:
        """Bytes that came through the pipe of a standard stream."""
        if not self.ended:
            self.recording.add_bytes(name, data)
            self._note_cut()

    def add_evidence(self, payload: bytes) -> None:
        """An evidence frame; it belongs to the running cell, whatever it says."""
        self._cell_left -= len(payload)
        if self._cell_left < 0:
            most = size(MAX_CELL_EVIDENCE_BYTES)
            self.note("output", f"{{Cell}} recorded more than {most} of evidence.")
            return
        self._evidence_left -= len(payload)
        if self._evidence_left < 0 or len(self.execution.evidence) >= MAX_PIECES:
            self.note("output", "With {cell} the notebook recorded more evidence than is kept.")
            return
        self.execution.evidence.append((self._index, payload))

    def finish_cell(self, payload: bytes) -> None:
        """A done frame: index, status, exception, what ran out. Raises :class:`WireError`."""
        fields = wire.unpack(payload)
        if len(fields) != 4 or fields[0] != str(self._index) or fields[1] not in ("ok", "error"):
            raise wire.WireError("the end of a cell is announced that is not running")
        if self.cell.status != "interrupted":
            self.cell.status = "ok" if fields[1] == "ok" else "error"
        limits = self._limits
        if fields[3] == "memory":
            bound = f"(limit memory_bytes, {size(limits.memory_bytes)})"
            self.note("memory", f"{{Cell}} ran out of memory {bound}.")
        elif fields[3] == "disk":
            bound = f"(limit disk_bytes, {size(limits.disk_bytes)})"
            self.note("disk", f"{{Cell}} filled its scratch folder {bound}.")
        elif fields[3] == "processes":
            bound = f"(limit processes, {limits.processes})"
            self.note("processes", f"{{Cell}} started too many processes or threads {bound}.")

    def _note_cut(self) -> None:
        if self.recording.cut:
            bound = f"(limit output_bytes, {size(self._limits.output_bytes)})"
            self.note("output", f"The output of {{cell}} was cut {bound}.")

    # ------------------------------------------------------------------------- limits and ends

    def note(self, ended: Ended, reason: str) -> None:
        """A limit was hit and the job goes on. The first one is what the record says."""
        self.cell.reason = self.cell.reason or self._sentence(reason)
        if self.execution.ended == "finished":
            self.execution.ended = ended
            self.execution.reason = self._sentence(reason)

    def stop(self, reason: str) -> None:
        """Between two cells there is no time left for the next one."""
        self.ended = True
        if self.execution.ended == "finished":
            self.execution.ended, self.execution.reason = "timeout", reason

    def interrupt(self, reason: str) -> None:
        """The running cell has been told to stop, because its time is up."""
        self.cell.status = "interrupted"
        self.note("timeout", reason)

    def end(self, ended: Ended, reason: str) -> None:
        """The running cell was the last one. What it has recorded is kept."""
        if self.ended:
            return
        self.ended = True
        if self._index < 0:  # nothing has run
            self.execution.ended, self.execution.reason = ended, reason.replace("{cell}", "it")
            return
        if self.cell.status == "interrupted":  # it ended because it was told to
            self.close_cell()
            return
        self.cell.status = "error"
        self.cell.reason = self.execution.reason = self._sentence(reason)
        self.execution.ended = ended
        self.close_cell()

    def _sentence(self, reason: str) -> str:
        # the name of an extra cell is the student's
        name = f"cell `{_UNUSUAL.sub('?', self._names[self._index])[:64]}`"
        return reason.replace("{Cell}", f"The {name}").replace("{cell}", f"the {name}")


def size(number: int) -> str:
    """A number of bytes as a person writes a limit."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB")):
        if number >= unit and number % (unit // 4) == 0:
            return f"{number / unit:g} {name}"
    return f"{number / 10**6:g} MB"
