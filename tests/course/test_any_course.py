"""A course that has nothing of this one: made, written, built, graded and opened, without torch."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.course.demo import demo_class, fill
from autograder.course.folder import CourseFolder

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from autograder.cli import main; main()"]
CHAPTER = "01_averages"
NO_TORCH = """
import sys

assert not [name for name in sys.modules if name.split(".")[0] == "torch"]
"""

#: what the author writes in the places that `new exercise` marks: old, =>, new
STATEMENT = """
FILL IN: what the function `spread` is for, in a sentence. What is listed is checked below.
=>
Write `spread(x)`: how far the numbers of an array reach, without `ptp`.
--
FILL IN: what it may be.
=>
an array of numbers.
--
FILL IN: what comes out, and for which inputs.
=>
the largest number minus the smallest.
--
spread(np.array([1.0, 2.0]))  # FILL IN: an example
# # FILL IN: its result
=>
spread(np.array([1.0, 2.0]))
# # 1.0
--
1. FILL IN: where to begin.
# 2. FILL IN: the idea.
# 3. FILL IN: nearly all of it.
=>
1. An array has the methods `max` and `min`.
--
FILL IN: what it returns, in a sentence.
=>
The largest minus the smallest number.
--
return 2 * x  # FILL IN: the solution
=>
return x.max() - x.min()
--
np.array([1.0, 2.0]))  # FILL IN: the example's input
=>
np.array([1.0, 2.0]), forbid=("ptp",))
--
fresh.integers(-64, 65, 7) / 8)  # FILL IN: inputs
=>
fresh.integers(-64, 65, 7) / 8)
check("spread/whole numbers", spread, fresh.integers(-64, 65, 5))
"""
ANSWERS = """
FILL IN: another way to do it
=>
Python's own numbers
--
return x + x  # FILL IN
=>
return max(x.tolist()) - min(x.tolist())
--
FILL IN: a third way
=>
sorted first
--
return x * 2  # FILL IN
=>
ordered = np.sort(x)
    return ordered[-1] - ordered[0]
--
FILL IN: what is wrong with it
# message: FILL IN: what somebody who answers like this should read.
=>
the sign
# message: You take the largest from the smallest.
--
return x  # FILL IN
=>
return x.min() - x.max()
--
FILL IN: a second mistake
# message: FILL IN: what somebody who answers like this should read.
=>
the largest
# message: That is the largest number; the smallest is forgotten.
--
return x**2  # FILL IN
=>
return x.max()
--
FILL IN: a third mistake
# message: FILL IN: what somebody who answers like this should read.
=>
the deviation
# message: The standard deviation is another measure.
--
return x + 2  # FILL IN
=>
return x.std()
--
FILL IN: right, but something is not as it was
# message: FILL IN: what somebody who answers like this should read.
=>
the array is changed
# message: Your number is right, but the array of whoever called you is another one now.
--
x *= 2  # FILL IN
    return x
=>
reach = x.max() - x.min()
    x[:] = 0
    return reach
"""

STUDENT = """
import json, sys
from pathlib import Path
import nbformat
from tests.shell import at_a_notebook

release, answers = Path(sys.argv[1]), json.loads(sys.argv[2])
said = {}
with at_a_notebook(release.parent, setup="") as student:
    for cell in nbformat.read(release, as_version=4).cells:
        if cell.cell_type == "code":
            name = cell.metadata.get("nbgrader", {}).get("grade_id") or cell.id
            ran = student.run(answers.get(name, cell.source))
            said[name] = ran.printed + ran.text + ran.error
    said["hint"] = student.run('hint("spread")').text
    said["hints"] = student.run('hint("spread")').text
assert not [name for name in sys.modules if name.split(".")[0] == "torch"]
print(json.dumps(said))
"""


def fill_in(path: Path, texts: str) -> None:
    text = path.read_text()
    for pair in texts.strip().split("\n--\n"):
        old, new = pair.split("\n=>\n")
        assert old in text, old
        text = text.replace(old, new)
    assert "FILL IN" not in text
    path.write_text(text)


class Author:
    """The real command in a course's folder, where importing torch fails and is remembered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.course = CourseFolder(folder / "averages")
        stub = folder / "stub"
        stub.mkdir()
        self.imported = stub / "imported"
        (stub / "torch.py").write_text(
            f"open({str(self.imported)!r}, 'w').close()\nraise ImportError('no torch here')\n"
        )
        self.environment = os.environ | {"PYTHONPATH": f"{stub}{os.pathsep}{ROOT}"}

    def python(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd or self.course.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def run(self, *arguments: str, cwd: Path | None = None) -> str:
        done = self.python(*COMMAND[1:], *arguments, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def grade(self, *arguments: str) -> dict[str, dict]:
        self.run(*arguments, "--jsonl", "records.jsonl")
        lines = (self.course.root / "records.jsonl").read_text().splitlines()
        return {record["student"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="module")
def author(tmp_path_factory):
    return Author(tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="module")
def written(author):
    """A course of two exercises, the second filled in by its author."""
    author.run("new", "course", "averages", cwd=author.folder)
    author.run(
        "new", "exercise", CHAPTER, "spread", "--title", "How far apart", "--points", "5",
        "--minutes", "7",
    )  # fmt: skip
    refused = author.python(*COMMAND[1:], "build")
    assert refused.returncode == 2 and "FILL IN: where to begin" in refused.stderr
    lesson = author.course.lesson(CHAPTER)
    fill_in(lesson, STATEMENT)
    fill_in(author.course.known_answers(CHAPTER), ANSWERS)
    text = lesson.read_text()
    for end in ("import numpy as np\n", "fresh.integers(-64, 65, 5))\n"):
        assert end in text
        text = text.replace(end, end + NO_TORCH)  # in the notebook and in the grader's sandbox
    lesson.write_text(text)
    return author


@pytest.fixture(scope="module")
def built(written):
    written.run("build")
    written.run("build", "--check")
    return written


@pytest.fixture(scope="module")
def graded(built):
    """The demo class, and two students of whom one breaks a rule; their records."""
    built.run("demo", "--known-answers")
    course = built.course
    blank = nbformat.read(course.release(CHAPTER), as_version=4)
    bodies = {"ada": "max(x) - min(x)", "eve": "float(max(x) - min(x))", "bob": "np.ptp(x)"}
    for student, body in bodies.items():
        answer = f"def spread(x):\n    return {body}"
        path = course.submitted / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(fill(blank, {"spread": answer}), path)
    return built.grade("grade", CHAPTER)


def test_what_new_makes_is_a_chapter_of_two_exercises(built):
    exercises = built.course.assignment(CHAPTER).exercises
    assert [(e.name, e.title, e.minutes, e.points) for e in exercises.values()] == [
        ("centre", "1.1", 5, (1.0, 3.0)),
        ("spread", "1.2", 7, (1.0, 4.0)),
    ]
    assert built.course.directory.course_id == "averages"


def test_the_demo_class_is_judged_as_it_is_known(built, graded):
    for submission in demo_class(built.course, CHAPTER):
        record, expected = graded[submission.student], submission.expected
        if expected.missed is None:
            assert record["status"] == "needs_review"
            continue
        missed = {check["exercise"] for check in record["checks"] if not check["passed"]}
        assert missed == expected.missed, submission.student
        named = {c["exercise"]: c["misconception"] for c in record["checks"] if not c["passed"]}
        assert expected.misconceptions.items() <= named.items(), submission.student


def test_a_students_own_answer_is_judged(graded):
    assert (graded["ada"]["score"], graded["ada"]["max_score"]) == (5.0, 9.0)
    assert graded["eve"]["score"] == 4.125  # a float where the numbers are whole: half of these
    (whole,) = [c["reason"] for c in graded["eve"]["checks"] if c["name"] == "spread/whole numbers"]
    assert "a float" in whole and "an int is expected" in whole
    (reason,) = {c["reason"] for c in graded["bob"]["checks"] if c["exercise"] == "spread"}
    assert reason == "`np.ptp` is not allowed in this exercise."


def test_judging_again_gives_the_same_and_the_class_is_reported(built, graded):
    assert built.grade("rejudge", CHAPTER) == graded
    said = built.run("report", CHAPTER)
    page = Path("".join(said.partition("The whole report:")[2].split()))
    assert "the sign" in page.read_text()


def test_its_bundle_bears_its_own_name(built):
    said = built.run("bundle")
    (made,) = (built.course.root / "dist").glob("averages-*.zip")
    assert made.name in said
    with zipfile.ZipFile(made) as archive:
        names = archive.namelist()
        page = archive.read(next(n for n in names if n.endswith("README.txt"))).decode()
    assert any(name.endswith(f"release/{CHAPTER}/{CHAPTER}.ipynb") for name in names)
    assert not any("answers" in name for name in names)
    assert "averages" in page.lower() and "torch.nn" not in page


def test_a_student_who_opens_the_release_is_answered_at_once(built):
    answers = {"centre": "def centre(x):\n    return x - x.mean()"}
    answers["spread"] = "def spread(x):\n    return max(x) - min(x)"
    done = built.python(
        "-c", STUDENT, str(built.course.release(CHAPTER)), json.dumps(answers), cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert "the average of the whole table" in said["centre-visible"]
    assert said["spread-visible"] == "✓ spread/the example\n"
    assert "Hint 1 of 1" in said["hint"] and "There is no other hint." in said["hint"]
    assert "You have seen the only hint" in said["hints"]


def test_nothing_of_it_imported_torch(built, graded):
    assert not built.imported.exists()
