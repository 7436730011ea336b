"""Which of several answers stands for the others."""

from __future__ import annotations

import collections
from collections.abc import Iterable

from autograder.checks.namespace import normal_text
from autograder.course.definitions import read


def form(source: str) -> str:
    """An answer in a form that the names in it do not change; its text, where it is no Python."""
    code = read(source)
    return code.nameless if code is not None else normal_text(source)


def typical(sources: Iterable[str]) -> str:
    """The answer given most often, whatever its author calls things; of equals the shortest."""
    return typical_of((form(source), source) for source in sources if source.strip())[1]


def typical_of(answers: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """The same of answers with their forms: the form given most often, as most wrote it."""
    texts: dict[str, list[str]] = collections.defaultdict(list)
    for known, source in answers:
        texts[known].append(source.strip("\n"))
    if not texts:
        return "", ""
    best = min(texts, key=lambda known: (-len(texts[known]), min(map(len, texts[known])), known))
    count = collections.Counter(texts[best])
    return best, min(count, key=lambda text: (-count[text], len(text), text))
