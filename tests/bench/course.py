"""Temporary courses for measuring: the same submissions for stock nbgrader and for us."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from autograder.course.demo import fill
from autograder.course.folder import CourseFolder

REPOSITORY = Path(__file__).resolve().parents[2]


def honest_submissions(assignment: str, count: int) -> list[bytes]:
    """Notebooks with right answers, and with every third exercise wrong in some known way."""
    path = REPOSITORY / "release" / assignment / f"{assignment}.ipynb"
    blank = nbformat.read(path, as_version=4)
    known = CourseFolder(REPOSITORY).answers(assignment)
    by_exercise: dict[str, list[str]] = {}
    for answer in known:
        by_exercise.setdefault(answer.exercise, []).append(answer.source)
    made = []
    for i in range(count):
        answers = {
            name: sources[(i // 3) % len(sources) if (i + j) % 3 == 0 else 0]
            for j, (name, sources) in enumerate(by_exercise.items())
        }
        notebook = fill(blank, answers)
        notebook.cells.append(nbformat.v4.new_markdown_cell(f"Submission {i}"))
        notebook.cells.append(nbformat.v4.new_code_cell(f"own = {i}"))
        made.append(nbformat.writes(notebook).encode())
    return made


def make_course(folder: Path, assignment: str, stock: bool) -> Path:
    """A course folder; ``stock`` has nbgrader's own configuration and keeps references at hand.

    Stock nbgrader runs the checks inside the student's kernel, so the private references must lie
    where that kernel can read them: one of the reasons why it is not how we grade.
    """
    (folder / "notebooks").mkdir(parents=True)
    source = folder / "source" / assignment
    source.mkdir(parents=True)
    notebook = REPOSITORY / "source" / assignment / f"{assignment}.ipynb"
    shutil.copy(notebook, source)
    references = REPOSITORY / "notebooks" / f"{assignment}.references"
    shutil.copy(references, source if stock else folder / "notebooks")
    if stock:
        (folder / "nbgrader_config.py").write_text(
            "c = get_config()\nc.CourseDirectory.course_id = 'stock'\n"
        )
        run(folder, "nbgrader", "generate_assignment", assignment)
    else:
        shutil.copy(REPOSITORY / "nbgrader_config.py", folder)
    return folder


def submit(course: Path, assignment: str, notebooks: list[bytes], prefix: str = "s") -> None:
    """Write submissions as students ``s0000``, ``s0001``, …"""
    for i, data in enumerate(notebooks):
        folder = course / "submitted" / f"{prefix}{i:04}" / assignment
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{assignment}.ipynb").write_bytes(data)


def run(course: Path, *command: str) -> tuple[float, float, int]:
    """Run a command in a course: wall seconds, CPU seconds of it and all it started, peak bytes.

    The peak is sampled: the sum of the proportional set sizes of the process and its descendants.
    So is the CPU time, since a process that is killed with its parent is in nobody's account.
    """
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    log = course / "run.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=course, env=environment, stdout=output, stderr=output
        )
        peak, cpu = 0, 0.0
        while process.poll() is None:
            memory, used = of_tree(process.pid)
            peak, cpu = max(peak, memory), max(cpu, used)
            time.sleep(0.1)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        raise RuntimeError(f"{command} ended with {process.returncode}:\n{log.read_text()[-3000:]}")
    waited = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, max(cpu, waited), peak


def of_tree(root: int) -> tuple[int, float]:
    """PSS of a process tree in bytes, and its CPU seconds so far, ended children included."""
    children: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
                ticks[int(entry.name)] = sum(map(int, fields[11:15]))
            except (OSError, IndexError):
                continue
    total, used, queue = 0, 0, [root]
    while queue:
        pid = queue.pop()
        queue += children.get(pid, [])
        used += ticks.get(pid, 0)
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(li.split()[1]) for li in text.splitlines() if li.startswith("Pss:"))
        except (OSError, StopIteration, ValueError):
            continue
    return total * 1024, used / os.sysconf("SC_CLK_TCK")


def clear_results(course: Path) -> None:
    """Forget what was graded, so that the next run starts from nothing."""
    for name in ("autograded", "evidence", "feedback", "submitted"):
        shutil.rmtree(course / name, ignore_errors=True)
    for path in itertools.chain(course.glob("gradebook.db*")):
        path.unlink()
