"""`make clean` removes what can be made again, and nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.grading.course import ROOT

GRADES = ("submitted/ada/n.ipynb", "evidence/01/ada.evidence", "gradebook.db", "feedback/p.html")
MADE = (".venv/installed", "dist/a.zip", "build/x", ".mypy_cache/x", "a/__pycache__/b.pyc")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in (*GRADES, *MADE):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *words], cwd=folder, capture_output=True, text=True)


def there(folder: Path, names: tuple[str, ...]) -> set[str]:
    return {name for name in names if (folder / name).exists()}


def test_clean_leaves_hand_ins_and_grades_alone(course: Path) -> None:
    assert make(course, "clean").returncode == 0
    assert there(course, GRADES) == set(GRADES)
    assert not there(course, MADE)


def test_clean_grades_says_what_it_would_remove_and_removes_it_when_told_so(course: Path) -> None:
    asked = make(course, "clean-grades")
    assert asked.returncode != 0
    assert all(name.split("/")[0] in asked.stdout for name in GRADES)
    assert "CONFIRM=yes" in asked.stdout
    assert there(course, GRADES) == set(GRADES)
    assert make(course, "clean-grades", "CONFIRM=yes").returncode == 0
    assert not there(course, GRADES)
    assert there(course, MADE) == set(MADE)
    assert make(course, "clean-grades").returncode == 0
