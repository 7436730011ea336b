"""What a notebook imports: ``check``, ``hint``, ``progress``."""

from autograder.check import check, install

__all__ = ["check"]

install()
