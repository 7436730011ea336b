"""A small course in a temporary folder, for tests of everything between verdicts and nbgrader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ASSIGNMENT = "99_small"
POINTS = {"double-visible": 1.0, "double-hidden": 3.0, "triple-visible": 2.0, "triple-hidden": 4.0}
ROOT = Path(__file__).resolve().parents[2]


def metadata(grade_id: str, points: float | None = None, locked: bool = False) -> dict:
    about = {
        "grade_id": grade_id,
        "schema_version": 3,
        "grade": points is not None,
        "solution": points is None and not locked,
        "locked": locked or points is not None,
        "task": False,
    }
    return {"nbgrader": about | ({"points": points} if points is not None else {})}


def source_notebook(names: tuple[str, ...] = ("double", "triple")) -> NotebookNode:
    new = nbformat.v4
    cells = [
        new.new_markdown_cell("# Small\n", id="title"),
        new.new_markdown_cell("Locked text.", id="text", metadata=metadata("text", locked=True)),
        new.new_code_cell("from autograder import check", id="setup"),
    ]
    for factor, name in enumerate(names, 2):
        body = (
            f"def {name}(x):\n    ### BEGIN SOLUTION\n    return {factor} * x\n    ### END SOLUTION"
        )
        cells.append(new.new_code_cell(body, id=name, metadata=metadata(name)))
        visible, hidden = f"{name}-visible", f"{name}-hidden"
        text = f'check("{name}/two", {name}, 2)'
        cells.append(
            new.new_code_cell(text, id=visible, metadata=metadata(visible, POINTS[visible]))
        )
        text = f'### BEGIN HIDDEN TESTS\ncheck("{name}/five", {name}, 5)\n### END HIDDEN TESTS'
        cells.append(new.new_code_cell(text, id=hidden, metadata=metadata(hidden, POINTS[hidden])))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def make_course(root: Path, config: str = "") -> Path:
    """A course folder with the project's nbgrader_config.py and one assignment's source."""
    root.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    (root / "nbgrader_config.py").write_text(text + "\n" + config, encoding="utf-8")
    write_source(root, source_notebook())
    return root


def write_source(root: Path, notebook: NotebookNode) -> Path:
    path = root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def submit(root: Path, student: str, notebook: NotebookNode | bytes, timestamp: str = "") -> Path:
    """Put a notebook into ``submitted/``; returns the folder."""
    folder = root / "submitted" / student / ASSIGNMENT
    folder.mkdir(parents=True, exist_ok=True)
    data = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    (folder / f"{ASSIGNMENT}.ipynb").write_bytes(data)
    if timestamp:
        (folder / "timestamp.txt").write_text(timestamp)
    return folder


def answered(*right: str) -> NotebookNode:
    """A submission in which the named exercises are right and the others untouched."""
    notebook = source_notebook()
    for cell in notebook.cells:
        if cell.id in ("double", "triple") and cell.id not in right:
            cell.source = f"def {cell.id}(x):\n    raise NotImplementedError()"
        cell.source = cell.source.replace("    ### BEGIN SOLUTION\n", "").replace(
            "\n    ### END SOLUTION", ""
        )
        if cell.id.endswith("-hidden"):
            cell.source = ""
    return notebook


def nbgrader(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a real nbgrader command in the course's folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=root,
        env={
            **os.environ,
            "PATH": path,
            "OMP_NUM_THREADS": "1",
            "JUPYTER_CONFIG_DIR": str(root / ".jupyter"),
        },
        capture_output=True,
        text=True,
        timeout=900,
    )


def full_marks(*right: str) -> dict[str, tuple[float, float]]:
    """Scores of the grade cells when the named exercises are right."""
    return {n: (p if n.split("-")[0] in right else 0.0, p) for n, p in POINTS.items()}
