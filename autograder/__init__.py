"""What a notebook imports: ``check``, ``hint``, ``solution``, ``progress``."""

from autograder.checks.check import check, respond_with
from autograder.live import framing, respond
from autograder.live.hint import hint
from autograder.live.progress import progress
from autograder.live.solution import solution

__all__ = ["check", "hint", "progress", "solution"]

respond_with(respond.answer)
framing.install()
