"""What grading keeps on disk, below ``evidence/<assignment>/``.

======================  ====================================================================
``runs/*.references``   the references of each grading run, so that grades can be judged again
``runs/*.known``        the same with the known wrong answers that turned out to be needed
``<student>.evidence``  one :class:`~autograder.grading.executed.ExecutedAttempt` a submission
``records.jsonl``       the records of the last grading
``unchanged.jsonl``     on what each record rests (:mod:`.kept`)
======================  ====================================================================
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.evidence import EvidenceError
from autograder.files import write_whole
from autograder.grading.executed import SUFFIX as EVIDENCE
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.scoring import Record
from autograder.judge.references import SUFFIX, References

KNOWN = ".known"


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of one assignment."""

    name: str
    references: References

    @property
    def seed(self) -> int:
        """The seed of its fresh inputs."""
        return self.references.seed


class RunStore:
    """The runs of one assignment on disk: ``evidence/<assignment>/runs/<name>.references``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "runs"
        self._loaded: dict[str, References] = {}

    def new(self, references: References) -> Run:
        """Keep the references of a new run."""
        run = Run(f"{references.version}-{references.seed:016x}", references)
        self.replace(run.name, references)
        return run

    def replace(self, name: str, references: References) -> None:
        """Keep other references of a run: with known wrong answers that were written since."""
        write_whole(self.folder / f"{name}{SUFFIX}", references.to_bytes())
        (self.folder / f"{name}{KNOWN}").unlink(missing_ok=True)
        self._loaded[name] = references

    def learn(self, name: str, references: References) -> None:
        """Keep what known wrong answers of a run recorded; what was judged by it stays judged."""
        write_whole(self.folder / f"{name}{KNOWN}", references.to_bytes())
        self._loaded[name] = references

    def names(self) -> list[str]:
        """The runs that are kept."""
        return sorted(path.name.removesuffix(SUFFIX) for path in self.folder.glob(f"*{SUFFIX}"))

    def get(self, name: str) -> References | None:
        """A run's references, or None when they are gone or cannot be read."""
        if name not in self._loaded:
            try:
                data = (self.folder / f"{name}{SUFFIX}").read_bytes()
                self._loaded[name] = References.from_bytes(data, ours=True)
                with contextlib.suppress(OSError, EvidenceError):
                    known = (self.folder / f"{name}{KNOWN}").read_bytes()
                    self._loaded[name] = References.from_bytes(known, ours=True)
            except (OSError, EvidenceError):
                return None
        return self._loaded[name]

    def unfinished(self, version: str) -> Run | None:
        """The run that was interrupted before its class was done, if it is of this version."""
        marker = self.folder / "unfinished"
        name = marker.read_text(encoding="utf-8").strip() if marker.is_file() else ""
        references = self.get(name) if name else None
        return Run(name, references) if references and references.version == version else None

    def begin(self, run: Run) -> None:
        """Remember that a run has begun; it goes on after an interruption."""
        write_whole(self.folder / "unfinished", run.name.encode())

    def forget_unfinished(self) -> None:
        """Whatever has begun is not gone on with."""
        (self.folder / "unfinished").unlink(missing_ok=True)

    def finish(self, used: set[str]) -> None:
        """The class is done: forget the marker, and the runs that no evidence refers to."""
        self.forget_unfinished()
        for name in self.names():
            if name not in used:
                (self.folder / f"{name}{SUFFIX}").unlink(missing_ok=True)
                (self.folder / f"{name}{KNOWN}").unlink(missing_ok=True)


class Store:
    """Everything that is kept of one assignment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = RunStore(folder)
        self._lines: tuple[tuple[int, ...], Lines] | None = None

    # --------------------------------------------------------------------- executed attempts

    def path(self, student: str) -> Path:
        """Where a student's evidence is kept; long names are shortened to a hash."""
        if len(student.encode("utf-8", "surrogateescape")) > 200:
            student = hashlib.sha256(student.encode("utf-8", "surrogateescape")).hexdigest()
        return self.folder / f"{student}{EVIDENCE}"

    def keep(self, executed: ExecutedAttempt) -> None:
        """Keep what an execution left behind, in place of an earlier one."""
        write_whole(self.path(executed.student), executed.to_bytes())

    def forget(self, student: str) -> None:
        """What is kept is of another submission than the one that is there now."""
        self.path(student).unlink(missing_ok=True)

    def executed(self, student: str) -> ExecutedAttempt | None:
        """What a student's last execution left behind, or None."""
        return _read(self.path(student))

    def all_executed(self, but: Iterable[str] = ()) -> Iterator[ExecutedAttempt]:
        """All executed attempts in order of their files, without those of the students ``but``."""
        left_out = {self.path(student) for student in but}
        for path in self.files():
            executed = None if path in left_out else self.read(path)
            if executed is not None:
                yield executed

    def files(self) -> list[Path]:
        """The files of all executed attempts, in order."""
        return sorted(self.folder.glob(f"*{EVIDENCE}"))

    def read(self, path: Path) -> ExecutedAttempt | None:
        """An executed attempt, or None for a file that cannot be read."""
        return _read(path)

    def count_executed(self) -> int:
        """How many evidence files there are."""
        return len(self.files())

    # ------------------------------------------------------------------------------- records

    def lines(self) -> Lines:
        """What was said last time, by student; the lines of ``records.jsonl``."""
        path = self.folder / "records.jsonl"
        try:
            status = path.stat()
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            if self._lines is None or self._lines[0] != stamp:
                self._lines = (stamp, Lines(path.read_text("ascii")))
            return self._lines[1]
        except (OSError, ValueError):
            return Lines("")

    def records(self) -> dict[str, dict[str, Any]]:
        """The same, every line read."""
        try:
            return dict(self.lines())
        except (ValueError, KeyError, TypeError):
            return {}

    def save_records(self, records: Iterable[Record]) -> None:
        """Put these records in place of what was said of the same students."""
        self._save({record.student: record.line for record in records})

    def save_lines(self, lines: Mapping[str, dict[str, Any]]) -> None:
        """The same with records as they are read, by student."""
        self._save({student: json.dumps(line) for student, line in lines.items()})

    def _save(self, texts: Mapping[str, str]) -> None:
        before = self.lines().texts
        merged = before | dict(texts)
        if merged != before:
            write_whole(
                self.folder / "records.jsonl",
                "".join(f"{text}\n" for text in merged.values()).encode(),
            )


class Lines(Mapping[str, dict[str, Any]]):
    """Lines of JSON by student, each read when it is asked for; ValueError for other text."""

    def __init__(self, text: str) -> None:
        self.texts = {_student(line): line for line in text.split("\n") if line}
        self._read: dict[str, dict[str, Any]] = {}

    def __getitem__(self, student: str) -> dict[str, Any]:
        if student not in self._read:
            self._read[student] = json.loads(self.texts[student])
        return self._read[student]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def other_than(self, now: Lines) -> dict[str, dict[str, Any]]:
        """The lines that are not the same ``now``."""
        return {s: self[s] for s, text in self.texts.items() if now.texts.get(s) != text}


def _student(line: str) -> str:
    """Whose a line of JSON is, without reading all of it."""
    first = '{"student": '
    if line.startswith(first) and line.endswith("}"):
        return str(_JSON.raw_decode(line, len(first))[0])
    fields = json.loads(line)
    if not isinstance(fields, dict) or "student" not in fields:
        raise ValueError("a line without a student")
    return str(fields["student"])


_JSON = json.JSONDecoder()


def jsonl(records: Iterable[dict[str, Any]]) -> bytes:
    """One JSON object a line. Pure ASCII: no character of it can end a line but the last one."""
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def _read(path: Path) -> ExecutedAttempt | None:
    try:
        return ExecutedAttempt.from_bytes(path.read_bytes())
    except (OSError, EvidenceError):
        return None
