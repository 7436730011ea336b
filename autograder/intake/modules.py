"""Own modules beside a notebook: ``helpers.py`` that its cells import. Read as bytes, never run."""

from __future__ import annotations

import re

from autograder.handin import MAX_MODULE_BYTES, MAX_MODULES

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
