"""A student's evening, on any system: a copy, a wrong answer, a hint, a right one, handing in.

    python -m tests.project.student_half [--as-on-windows]

Run in the repository, by the tests here and by CI on the systems that students have. Ends with an
exception where anything is amiss.
"""

import contextlib
import datetime
import importlib
import io
import pkgutil
import sys
import tempfile
import zipfile
from pathlib import Path

ROOMS = ("checks", "evidence", "judge", "live", "torch_nn", "workspace")  # what a notebook needs
INSTRUCTORS = "autograder.workspace.bundle"  # needs what students need not install
CHAPTER = "01_module"
EXERCISE = "AddN"


def main() -> None:
    if "--as-on-windows" in sys.argv:
        from tests.project.windows import take_away

        take_away()
    import_everything()
    with tempfile.TemporaryDirectory() as folder:
        answer_a_small_chapter(Path(folder).resolve())
    with tempfile.TemporaryDirectory() as folder:
        hand_in_a_real_one(Path(folder).resolve() / "Mein Kurs")  # people have spaces in paths
    print("everything a student does works here")


def import_everything() -> None:
    for room in ROOMS:
        package = importlib.import_module(f"autograder.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name != INSTRUCTORS:
                importlib.import_module(module.name)


def answer_a_small_chapter(folder: Path) -> None:
    from tests import chapter
    from tests.shell import at_a_notebook

    chapter.write(folder)
    with at_a_notebook(folder) as student:
        ask = 'check("conv/stride 2", conv, IMAGE, KERNEL, stride=2)'
        student.run("from tests.chapter import conv, no_stride")
        wrong = student.run(ask.replace(", conv,", ", no_stride,"))
        assert "is `stride` passed on?" in wrong.text, wrong
        assert wrong.error, "a cell with a failing check ends in an error"
        right = student.run(ask)
        assert not right.error and "✓ conv" in right.printed, right
        assert "Two loops." in student.run('hint("conv")').text
        assert not student.run("progress()").error
    assert (folder / ".autograder" / f"{chapter.NAME}.json").is_file()


def hand_in_a_real_one(folder: Path) -> None:
    import nbformat

    from autograder.workspace import own_copy

    release = Path.cwd() / "release"
    assert "Usage" in command("--help")
    own_copy.OwnCopy(folder).update(release, datetime.date.today())
    path = folder / CHAPTER / f"{CHAPTER}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == EXERCISE
    )
    cell.source = ADD_N
    nbformat.write(notebook, path)
    said = command("submit", CHAPTER, "--student", "jane", "--folder", str(folder))
    (made,) = (folder / "handed_in").glob("*.zip")
    assert made.name in said, said
    with zipfile.ZipFile(made) as archive:
        assert sorted(archive.namelist()) == [f"{CHAPTER}.ipynb", "timestamp.txt"]
        assert b"self.n = n" in archive.read(f"{CHAPTER}.ipynb")


ADD_N = """\
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x + self.n
"""


def command(*arguments: str) -> str:
    """The command ``autograder`` in this process; what it printed."""
    from autograder import cli
    from autograder.commands import terminal

    printed = io.StringIO()
    old, sys.argv = sys.argv, ["autograder", *arguments]
    terminal.console.file = printed
    try:
        with contextlib.redirect_stdout(printed):
            cli.main()
    except SystemExit as ended:
        assert not ended.code, printed.getvalue()
    finally:
        sys.argv = old
    return printed.getvalue().replace("\n", "")


if __name__ == "__main__":
    main()
