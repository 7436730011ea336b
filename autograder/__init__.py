"""What a notebook imports: ``check``, ``hint``, ``progress``."""

from autograder.checks.check import check, install
from autograder.live.hint import hint
from autograder.live.progress import progress

__all__ = ["check", "hint", "progress"]

install()
