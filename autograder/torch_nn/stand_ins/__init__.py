"""What stands in for a student's answer where a lesson puts one to use, by the exercise's name.

A stand-in does what its exercise asks for, made of what torch has ready or of parts that no
exercise asks for; one file a chapter, each with a dict ``STAND_INS``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from autograder.live.yours import Yours

CHAPTERS = range(1, 9)


def stand_ins() -> dict[str, Any]:
    """Every stand-in, by the exercise's name."""
    found: dict[str, Any] = {}
    for number in CHAPTERS:
        found |= import_module(f"{__name__}.ch{number:02}").STAND_INS
    return found


yours = Yours(stand_ins())
