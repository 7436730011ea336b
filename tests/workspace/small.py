"""A small course for tests of what students have: chapters in ``release/``, as text."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHAPTER = "02_small"
COMMAND = [sys.executable, "-c", "from autograder.cli import main; main()"]


def autograder(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command ``autograder``."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def nbgrader(grade_id: str, *, solution: bool) -> dict[str, Any]:
    about = {"grade_id": grade_id, "solution": solution, "grade": not solution, "locked": False}
    return {"nbgrader": {**about, "schema_version": 3, "task": False}}


def notebook(
    statement: str = "Double a number.", answer: str = "raise NotImplementedError()"
) -> dict[str, Any]:
    """A chapter with one exercise, as a student gets it."""
    heading = "### Exercise 2.1 · `double` · ★☆☆ · 5 minutes"
    check = nbgrader("double-visible", solution=False)
    texts = [
        ("markdown", "intro", "# Small\n\nWelcome.", {}),
        ("markdown", "statement", f"{heading}\n\n{statement}", {}),
        ("code", "double", f"def double(x):\n    {answer}", nbgrader("double", solution=True)),
        ("code", "double-visible", 'check("double/two", double, 2)', check),
        ("markdown", "end", "## Recap\n\nThat was it.", {}),
    ]
    cells = []
    for kind, name, text, metadata in texts:
        cell = {"cell_type": kind, "id": name, "metadata": metadata, "source": text}
        cells.append(cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}))
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


def data(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1).encode()


def write_chapter(
    course: Path, name: str = CHAPTER, statement: str = "Double a number.", references: str = "1"
) -> Path:
    """Put a chapter into ``release/``, replacing what is there; its folder."""
    folder = course / "release" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ipynb").write_bytes(data(notebook(statement)))
    (folder / f"{name}.references").write_text(f"references {references}")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


def edit(path: Path, **changes: Any) -> bytes:
    """Work of a student: set keys of the solution cell; the notebook's new bytes."""
    content = json.loads(path.read_bytes())
    next(cell for cell in content["cells"] if cell["id"] == "double").update(changes)
    path.write_bytes(data(content))
    return path.read_bytes()
