"""What a notebook imports: ``check``, ``hint``, ``progress``."""

from autograder.check import check, install
from autograder.hint import hint
from autograder.progress import progress

__all__ = ["check", "hint", "progress"]

install()
