"""The bundle, as a student gets it: unpacked into an empty folder, installed, worked with."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml

from autograder.course.answers import load as load_answers
from autograder.course.assignment import HIDDEN, SOLUTION, grade_id
from autograder.course.demo import fill
from autograder.course.leaks import leaks
from autograder.errors import AutograderError
from autograder.judge.references import SUFFIX, References
from autograder.workspace import bundle as bundling
from tests.workspace.small import autograder, write_chapter

CHAPTER = "02_functional_conv"
RUNNER = Path(__file__).with_name("run_notebook.py")


@pytest.fixture(scope="module")
def project(course: Path) -> dict:
    return tomllib.loads((course / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def archive(course: Path, project: dict, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("dist")
    done = autograder("bundle", "--output", str(output), cwd=course)
    assert done.returncode == 0, done.stderr
    return output / f"torch-nn-course-{project['version']}.zip"


@pytest.fixture(scope="module")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course of a student")  # people have spaces in their paths
    with zipfile.ZipFile(archive) as bundle:
        bundle.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def wheel(unpacked: Path) -> Path:
    (found,) = unpacked.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(unpacked: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with the bundled wheel.

    What the wheel requires is taken from this environment: its folder is on the path, but its
    editable install of the repository is a hook that only its own site runs.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    base = {"base": str(folder), "platbase": str(folder)}
    heavy = Path(sysconfig.get_path("purelib", vars=base)) / "heavy.pth"
    heavy.write_text(sysconfig.get_path("purelib") + "\n")
    python = Path(sysconfig.get_path("scripts", vars=base)) / Path(sys.executable).name
    install = ["install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), *install, _requirement(unpacked)],
        cwd=unpacked,
        check=True,
    )
    return python


def _requirement(unpacked: Path) -> str:
    """The last requirement of environment.yml, as pip reads it in that file's folder."""
    return _pip_section((unpacked / "environment.yml").read_text(encoding="utf-8"))[-1]


def _pip_section(text: str) -> list[str]:
    return yaml.safe_load(text)["dependencies"][-1]["pip"]


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the student's environment, which knows nothing of the repository."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JUPYTER"))}
    environment["PATH"] = os.pathsep.join([str(python.parent), environment["PATH"]])
    return subprocess.run(
        [str(python), *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def student(python: Path, *arguments: str, cwd: Path) -> str:
    """The student's command ``autograder``, which must succeed; what it said."""
    command = Path(shutil.which("autograder", path=str(python.parent)) or "")
    script = [] if command.suffix == ".exe" else [str(command)]
    done = run(command if not script else python, *script, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_holds_the_chapters_an_environment_a_page_and_a_wheel_and_no_more(
    course: Path, archive: Path
) -> None:
    with zipfile.ZipFile(archive) as bundle:
        names = bundle.namelist()
        assert bundle.testzip() is None
    released = {p.relative_to(course).as_posix() for p in (course / "release").rglob("*.*")}
    wheels = {name for name in names if name.endswith(".whl")}
    assert len(wheels) == 1
    assert set(names) - wheels == {
        name for name in released if ".ipynb_checkpoints" not in name
    } | {"environment.yml", "README.txt"}


def test_the_same_course_gives_the_same_bytes(course: Path, archive: Path, tmp_path: Path) -> None:
    again = bundling.bundle(course, tmp_path)
    assert hashlib.sha256(again.path.read_bytes()).digest() == (
        hashlib.sha256(archive.read_bytes()).digest()
    )
    assert again.size == archive.stat().st_size


def test_its_environment_is_the_courses_with_the_wheel_last(
    course: Path, unpacked: Path, wheel: Path
) -> None:
    own = _pip_section((course / "environment.yml").read_text(encoding="utf-8"))
    given = _pip_section((unpacked / "environment.yml").read_text(encoding="utf-8"))
    assert given == [line for line in own if "==" in line] + [wheel.name]


def test_an_editable_install_of_the_course_gives_way_to_the_wheel() -> None:
    text = "dependencies:\n  - pip\n  - pip:\n    - torch==2\n    - --editable .\nname: x\n"
    assert bundling.student_environment(text, "a.whl") == (
        "dependencies:\n  - pip\n  - pip:\n    - torch==2\n    - a.whl\nname: x\n"
    )
    with pytest.raises(AutograderError, match="no `pip:` section"):
        bundling.student_environment("dependencies: []\n", "a.whl")


def test_the_page_names_what_is_in_the_bundle_and_fits_on_one(unpacked: Path, wheel: Path) -> None:
    page = (unpacked / "README.txt").read_text(encoding="utf-8")
    assert wheel.name in page and "{{" not in page and page.isascii()
    assert len(page.splitlines()) <= 66 and max(map(len, page.splitlines())) <= 90


def test_every_file_of_the_package_is_in_the_wheel_or_left_out_by_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as package:
        given = {n.removeprefix("autograder/") for n in package.namelist() if "dist-info" not in n}
    for path in bundling.PACKAGE.rglob("*"):
        relative = path.relative_to(bundling.PACKAGE)
        if path.is_dir() or path.suffix == ".pyc" or relative.as_posix() in bundling.LEFT_OUT:
            continue
        if relative.parts[0] not in bundling.LEFT_OUT:
            assert relative.as_posix() in given


def test_the_wheel_requires_what_the_package_does_but_the_graders_sandbox(
    python: Path, unpacked: Path, project: dict
) -> None:
    code = "import importlib.metadata as m; print(*m.requires('autograder'), sep='\\n')"
    required = run(python, "-c", code, cwd=unpacked).stdout.splitlines()
    wanted = [line for line in project["dependencies"] if not line.startswith("bubblewrap")]
    assert required == wanted


def test_every_module_of_the_wheel_imports_without_what_was_left_out(
    python: Path, unpacked: Path
) -> None:
    code = (
        "import pkgutil, importlib, json, autograder\n"
        "names = [m.name for m in pkgutil.walk_packages(autograder.__path__, 'autograder.')]\n"
        "print(json.dumps({n: importlib.import_module(n).__file__ for n in names}))"
    )
    done = run(python, "-c", code, cwd=unpacked)
    assert done.returncode == 0, done.stderr
    modules = json.loads(done.stdout)
    assert {"autograder.cli", "autograder.judge.verdicts", "autograder.workspace.submit"} <= set(
        modules
    )
    prefix = python.parent.parent
    assert all(prefix in Path(file).parents for file in modules.values())
    left_out = {f"autograder.{name}" for name in ("answers", "author", "execute", "grade")}
    assert not left_out & set(modules)


def test_a_student_works_through_a_chapter_and_hands_it_in(
    course: Path, unpacked: Path, python: Path
) -> None:
    # The copy is made when JupyterLab is opened; its version is enough of it here.
    assert "Your own copy" in student(python, "lab", "--version", cwd=unpacked)
    path = unpacked / "student" / CHAPTER / f"{CHAPTER}.ipynb"
    answers = load_answers(CHAPTER)
    right = {answer.exercise: answer.source for answer in answers if answer.right}
    notebook = fill(nbformat.read(path, as_version=4), right)
    # No exercise needs the demonstrations; nbval and the browser run them.
    notebook.cells = [c for c in notebook.cells if "demo" not in c.metadata.get("tags", [])]
    cells = {grade_id(cell): cell for cell in notebook.cells}
    # Before each right answer a wrong one that a visible check can tell, and that check.
    mistakes = {}
    known = References.from_bytes((path.parent / f"{CHAPTER}{SUFFIX}").read_bytes())
    for exercise in right:
        mistake = known.known_mistakes(exercise)[0]
        (wrong,) = (
            answer
            for answer in answers
            if (answer.exercise, answer.name) == (exercise, mistake.name)
        )
        check = nbformat.v4.new_code_cell(cells[f"{exercise}-visible"].source)
        check.id = f"wrong-{exercise}"
        mistakes[check.id] = mistake.message
        place = notebook.cells.index(cells[exercise])
        notebook.cells[place:place] = [nbformat.v4.new_code_cell(wrong.source), check]
    nbformat.write(notebook, path)
    done = run(python, str(RUNNER), str(path), cwd=path.parent)
    assert done.returncode == 0, done.stderr
    ran = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    for exercise in right:
        outputs = ran[f"{exercise}-visible"].outputs
        assert "error" not in [output.output_type for output in outputs], exercise
        assert "✓" in _text(outputs)
    for name, message in mistakes.items():
        outputs = ran[name].outputs
        assert "error" in [output.output_type for output in outputs], name
        assert " ".join(message.split()) in _text(outputs), name
    said = student(python, "submit", CHAPTER, "--student", "jane", cwd=path.parent)
    assert f"All {len(right)} exercises look finished" in said


def _text(outputs: list) -> str:
    shown = [
        output.get("text") or output.get("data", {}).get("text/plain") or "" for output in outputs
    ]
    return " ".join(" ".join(shown).split())


def test_students_have_their_own_commands_only(python: Path, unpacked: Path) -> None:
    said = student(python, "--help", cwd=unpacked)
    assert {"lab", "submit"} <= set(said.split())
    assert not {"grade", "collect", "bundle", "build"} & set(said.split())


def test_no_instructor_material_is_in_it(
    course: Path, unpacked: Path, wheel: Path, tmp_path: Path
) -> None:
    for folder in ("source", "notebooks"):
        shutil.copytree(course / folder, tmp_path / folder)
    shutil.copytree(unpacked / "release", tmp_path / "release")
    chapters = sorted(path.name for path in (tmp_path / "release").iterdir())
    assert chapters and [leak for name in chapters for leak in leaks(tmp_path, name)] == []
    with zipfile.ZipFile(wheel) as package:
        given = {name: package.read(name) for name in package.namelist()}
    for chapter in chapters:
        for secret in _secrets(course, chapter):
            found = [name for name, content in given.items() if secret in content]
            assert found == [], f"{chapter}: {secret[:80]!r}"


def _secrets(course: Path, chapter: str) -> set[bytes]:
    """Solutions, hidden tests, private tensors and known answers of a chapter, as bytes."""
    source = nbformat.read(course / "source" / chapter / f"{chapter}.ipynb", as_version=4)
    texts = [answer.source for answer in load_answers(chapter)]
    for cell in source.cells:
        for region in SOLUTION.findall(cell.source) + HIDDEN.findall(cell.source):
            texts.append("\n".join(region.strip().splitlines()[1:-1]))
    private = References.from_bytes((course / "notebooks" / f"{chapter}{SUFFIX}").read_bytes())
    hidden = [check for exercise in private.exercises.values() for check in exercise.hidden]
    arrays = [a.tobytes() for check in hidden for a in private.checks[check].tensors.values()]
    secrets = {text.strip().encode() for text in texts} | {f'"{name}"'.encode() for name in hidden}
    # A single short line says nothing: pictures and probes call the same functions of torch.
    long = {secret for secret in secrets if b"\n" in secret or len(secret) > 60}
    names = {secret for secret in secrets if secret.startswith(b'"')}
    return long | names | {data for data in arrays if len(data) >= 32 and any(data)}


def test_a_course_without_chapters_makes_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match="autograder build"):
        bundling.bundle(tmp_path, tmp_path / "dist")


def test_nothing_is_bundled_while_a_release_shows_what_it_must_not(
    course: Path, tmp_path: Path
) -> None:
    for folder in ("source", "release"):
        shutil.copytree(course / folder / CHAPTER, tmp_path / folder / CHAPTER)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(course / "notebooks" / f"{CHAPTER}{SUFFIX}", tmp_path / "notebooks")
    shutil.copy(tmp_path / "source" / CHAPTER / f"{CHAPTER}.ipynb", tmp_path / "release" / CHAPTER)
    with pytest.raises(AutograderError, match="nothing was written"):
        bundling.bundle(tmp_path, tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_a_chapter_without_its_source_makes_no_bundle(tmp_path: Path) -> None:
    write_chapter(tmp_path)
    with pytest.raises(AutograderError, match="There is no assignment"):
        bundling.bundle(tmp_path, tmp_path / "dist")
