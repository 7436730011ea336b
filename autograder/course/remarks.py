"""What is said to an author: the file, the line, and what to mend there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import BuildError


@dataclasses.dataclass(frozen=True, order=True)
class Remark:
    """One mistake in a text, as editors and terminals link it."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


def name_of(path: Path) -> str:
    """What remarks call a file of a course: ``notebooks/03_layers.py``."""
    return f"{path.parent.name}/{path.name}"


def refuse(remarks: Iterable[Remark]) -> None:
    """Raise :class:`BuildError` with all remarks, a line each and in order; nothing for none."""
    lines = [str(remark) for remark in sorted(set(remarks))]
    if lines:
        raise BuildError("\n".join(["this has to be mended first:", *lines]))
