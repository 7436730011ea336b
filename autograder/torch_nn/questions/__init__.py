"""Questions on what the chapters teach, for ``review()``; one file a chapter.

Each is a function that takes a :class:`random.Random` and returns a :class:`Question` with fresh
numbers; a file lists its own in ``QUESTIONS``.
"""

from __future__ import annotations

from importlib import import_module

from autograder.live.review import Bank, Review

CHAPTERS = range(1, 9)


def bank() -> Bank:
    """The questions by chapter, in the order in which the chapters teach."""
    return {n: import_module(f"{__name__}.ch{n:02}").QUESTIONS for n in CHAPTERS}


review = Review(bank())
