"""What is watched while an author works, and which chapters a change asks to be built again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import watchfiles

import autograder
from autograder.course import unchanged
from autograder.course.folder import CONFIGURATION, CourseFolder
from autograder.course.proofread import proofread
from autograder.course.remarks import refuse
from autograder.errors import BuildError
from autograder.judge.references import SUFFIX

PACKAGE = Path(autograder.__file__).resolve().parent

#: what a build writes beside the texts
_BUILT = (".ipynb", SUFFIX)


def rounds(course: CourseFolder) -> Iterator[set[Path]]:
    """The files that changed: none at first, then each time that some did, until it is closed."""
    root = course.root.resolve()
    folders = [root / "notebooks", *(PACKAGE / room for room in unchanged.ROOMS)]

    def decides(change: watchfiles.Change, path: str) -> bool:
        if not watchfiles.DefaultFilter()(change, path):
            return False
        return Path(path).suffix not in _BUILT or PACKAGE in Path(path).parents

    yield set()
    paths = [*(folder for folder in folders if folder.is_dir()), root / CONFIGURATION]
    for changed in watchfiles.watch(*paths, watch_filter=decides, raise_interrupt=True):
        yield {Path(path) for _, path in changed}


def is_code(paths: Iterable[Path]) -> bool:
    """Whether a module of the package is among them, which a process that runs has imported."""
    return any(path.suffix == ".py" and PACKAGE in path.parents for path in paths)


def is_data(paths: Iterable[Path]) -> bool:
    """Whether another file of the package is among them."""
    return any(path.suffix != ".py" and PACKAGE in path.parents for path in paths)


def mistakes(
    course: CourseFolder, names: Iterable[str], changed: Iterable[Path]
) -> dict[str, BuildError]:
    """What proofreading refuses in the chapters whose text or answers changed, by their names."""
    files = {path.name for path in changed}
    found = {}
    for name in names:
        if files & {course.lesson(name).name, course.known_answers(name).name}:
            try:
                refuse(proofread(course.lesson(name), course.about.heading))
            except BuildError as error:
                found[name] = error
    return found


class Due:
    """Remembers from what each chapter was tried last, so that a mistake is said once."""

    def __init__(self) -> None:
        self._tried: dict[str, str] = {}

    def among(self, course: CourseFolder, names: Iterable[str]) -> Iterator[str]:
        """The chapters that are not as their text builds them and were not tried like this."""
        for name in names:
            state = unchanged.inputs(course, name)
            if self._tried.get(name) != state and not unchanged.is_unchanged(course, name):
                self._tried[name] = state
                yield name
