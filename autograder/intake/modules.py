"""Own modules beside a notebook: ``helpers.py`` that its cells import. Read as bytes, never run."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from autograder.files import read_regular
from autograder.handin import MAX_MODULE_BYTES, MAX_MODULES, MAX_MODULES_BYTES, MODULE_NAME

_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,59})(?:[ _-]?\(\d{1,2}\)|-\d{1,2})?\.(?i:py)")
#: Names that Python, pytest or nbgrader run by themselves.
_RUN_BY_ITSELF = frozenset(
    ["conftest", "nbgrader_config", "setup", "sitecustomize", "usercustomize", "__init__"]
)


def module_name(file: str) -> str | None:
    """The name under which cells can import a file; None where they cannot, or must not.

    Marks that browsers and platforms put behind it are taken off: ``helpers (1).py``.
    """
    found = _NAME.fullmatch(file)
    if found is None or found[1].casefold() in _RUN_BY_ITSELF:
        return None
    return f"{found[1]}.py"


def choose(found: dict[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    """What of a notebook's modules is kept, by name, and a sentence for each that is not."""
    kept: dict[str, bytes] = {}
    notes = []
    for name, data in sorted(found.items()):
        if len(data) > MAX_MODULE_BYTES:
            notes.append(f"{name} has more than {MAX_MODULE_BYTES // 1000} kB and was left out.")
        elif len(kept) == MAX_MODULES:
            notes.append(f"More than {MAX_MODULES} modules: {name} was left out.")
        else:
            kept[name] = data
    return kept, notes


def read_modules(
    folder: Path, given: Collection[str] = (), most: int | None = None
) -> tuple[dict[str, bytes], list[str]]:
    """The student's own modules beside a notebook, by file name, and files that are left out.

    Left out is what is too large, too many, oddly named or no regular file.

    Args:
        folder: the notebook's.
        given: files that came with the chapter, and are nobody's own.
        most: how many files are looked at.
    """
    try:
        paths = sorted(folder.glob("*.py"))[:most]
    except OSError:
        paths = []
    modules: dict[str, bytes] = {}
    left_out = []
    left = MAX_MODULES_BYTES
    for path in paths:
        if path.name in given:
            continue
        fits = MODULE_NAME.fullmatch(path.name) is not None and len(modules) < MAX_MODULES
        try:
            data = read_regular(path, min(MAX_MODULE_BYTES, left)) if fits else None
        except OSError:
            data = None
        if data is None:
            left_out.append(path.name)
            continue
        left -= len(data)
        modules[path.name] = data
    return modules, left_out
