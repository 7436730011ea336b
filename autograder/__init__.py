"""What a notebook imports: ``check``, ``hint``, ``progress``."""

from autograder.check import check, install
from autograder.notebook.hint import hint
from autograder.notebook.progress import progress

__all__ = ["check", "hint", "progress"]

install()
