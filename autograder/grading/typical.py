"""Which of several answers stands for the others."""

from __future__ import annotations

import collections
from collections.abc import Iterable

from autograder.checks.namespace import normal_text
from autograder.course.definitions import read


def typical(sources: Iterable[str]) -> str:
    """The answer given most often, whatever its author calls things; of equals the shortest."""
    alike: dict[str, list[str]] = collections.defaultdict(list)
    for source in sources:
        if source.strip():
            code = read(source)
            form = code.nameless if code is not None else normal_text(source)
            alike[form].append(source.strip("\n"))
    best = max(alike.values(), key=lambda same: (len(same), -len(min(same, key=len))), default=[""])
    return min(best, key=lambda source: (len(source), source))
