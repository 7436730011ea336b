"""What a command reports in one sentence, and what ends a notebook's cell.

Each message says what was wrong, where, and what to do. What one room raises for itself, such as
:class:`autograder.evidence.EvidenceError`, is defined there and never reaches a person as it is.
"""

from __future__ import annotations


class AutograderError(Exception):
    """Anything that a command reports in one sentence, with exit status 2."""


class SandboxUnavailable(AutograderError):
    """A layer of the sandbox that matters is missing on this machine."""


class MachineLost(AutograderError):
    """A job that machines of a cluster were lost over, as often as it was tried."""


class ClusterLost(AutograderError):
    """The scheduler of a cluster, or all its workers, in the middle of the work."""


class BuildError(AutograderError):
    """A lesson that cannot be built: the file, the cell and what to mend."""


class SolutionFailed(AutograderError):
    """A cell of a course's own solution does not run; ``cell`` is its ``grade_id`` or id."""

    def __init__(self, sentence: str, cell: str) -> None:
        super().__init__(sentence)
        self.cell = cell


class UnreadableSubmission(AutograderError):
    """A submission that no attempt can be rebuilt from; a person has to look at it."""


class RefusedArchive(AutograderError):
    """An archive or file that was handed in and is not taken, and why."""


class CheckFailed(AssertionError):
    """A visible check that did not pass; raised at the end of its cell."""


class NotAnswered(CheckFailed):
    """The same where nothing was answered yet: a saved notebook tells them apart by this name."""
