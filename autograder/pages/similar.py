"""Pairs of students whose answers are alike, side by side on one page for a person to read."""

from __future__ import annotations

import dataclasses
import functools

import jinja2

from autograder.pages.templates import environment as templates

_MOST_SHOWN = 10_000  #: characters of one passage


@dataclasses.dataclass(frozen=True)
class Passage:
    """A piece of a text, and whether it is alike in the other one."""

    text: str
    alike: bool


@dataclasses.dataclass(frozen=True)
class Side:
    """One student's answer; ``lines`` have something in them that is alike."""

    passages: tuple[Passage, ...]
    lines: int


@dataclasses.dataclass(frozen=True)
class AlikeExercise:
    """Two answers to one exercise; ``share`` is how much of what is their own is alike."""

    name: str
    title: str
    share: float
    left: Side
    right: Side


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two students by id and name, and the exercises in which they are alike."""

    first: tuple[str, str]
    second: tuple[str, str]
    share: float
    lines: int
    exercises: tuple[AlikeExercise, ...]


@dataclasses.dataclass(frozen=True)
class Page:
    """A class of ``students`` and its most striking pairs, the first the most."""

    assignment: str
    students: int
    pairs: tuple[Pair, ...]


def render(page: Page) -> str:
    """The page as HTML, harmless whatever a student wrote."""
    return _template().render(page=page)


@functools.cache
def _template() -> jinja2.Template:
    environment = templates(_MOST_SHOWN)
    environment.filters["percent"] = lambda share: f"{100 * share:.0f} %"
    return environment.get_template("similar.html")
