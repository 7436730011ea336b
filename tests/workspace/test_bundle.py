"""The bundle, as a student gets it: unpacked into an empty folder, installed, worked with."""

import importlib.metadata
import io
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
from packaging.requirements import Requirement

from autograder.course.assignment import HIDDEN, SOLUTION, grade_id
from autograder.course.demo import fill
from autograder.course.folder import CourseFolder
from autograder.course.leaks import leaks
from autograder.errors import AutograderError
from autograder.judge.references import SUFFIX, References
from autograder.workspace import bundle as bundling
from autograder.workspace import wheel as wheels
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
    heavy.write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
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
    again = bundling.bundle(CourseFolder(course), tmp_path)
    assert again.path.name == archive.name
    assert again.path.read_bytes() == archive.read_bytes()
    assert again.size == archive.stat().st_size


def test_the_wheel_is_the_same_whatever_the_tree_has_been_through(
    course: Path, wheel: Path, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    licences = [path.name for path in course.glob("LICENSE*")]
    for name in ("pyproject.toml", "README.md", *licences):
        shutil.copyfile(course / name, tree / name)
    shutil.copytree(course / "autograder", tree / "autograder", copy_function=shutil.copyfile)
    stale = tree / "build" / "lib" / "autograder" / "removed_long_ago.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    for path in tree.rglob("*.py"):
        path.chmod(0o600)
    before = sorted(tree.rglob("*"))
    assert wheels.built(tree) == wheels.Wheel(wheel.name, wheel.read_bytes())
    assert sorted(tree.rglob("*")) == before


def test_its_environment_is_the_courses_with_the_wheel_last(
    course: Path, unpacked: Path, wheel: Path
) -> None:
    own = _pip_section((course / "environment.yml").read_text(encoding="utf-8"))
    given = _pip_section((unpacked / "environment.yml").read_text(encoding="utf-8"))
    grading = {
        Requirement(line).name
        for line in importlib.metadata.requires("torch-nn-course") or []
        if "extra ==" in line
    }
    assert {"jupytext", "build"} <= grading & {line.split("==")[0] for line in own}
    kept = [line for line in own if "==" in line and line.split("==")[0] not in grading]
    assert given == [*kept, wheel.name]


def test_an_editable_install_of_the_course_gives_way_to_the_wheel() -> None:
    text = "dependencies:\n  - pip\n  - pip:\n    - torch==2\n    - --editable .\nname: x\n"
    assert bundling.student_environment(text, "a.whl") == (
        "dependencies:\n  - pip\n  - pip:\n    - torch==2\n    - a.whl\nname: x\n"
    )
    same = text.replace("--editable .", "-e .[grade]")
    assert bundling.student_environment(same, "a.whl") == (
        bundling.student_environment(text, "a.whl")
    )
    with pytest.raises(AutograderError, match="no `pip:` section"):
        bundling.student_environment("dependencies: []\n", "a.whl")


def test_what_only_graders_need_is_left_out_of_the_environment_and_other_pins_stay() -> None:
    text = (
        "dependencies:\n  - pip:\n    - torch==2\n    - scipy==1\n    # for grading\n"
        "    - Jupytext==1\n    - build==1  # wheels\n    - --editable .[grade]\nname: x\n"
    )
    requirements = ["torch>=2", 'jupytext>=1; extra == "grade"', 'build; extra == "grade"']
    assert bundling.student_environment(text, "a.whl", requirements) == (
        "dependencies:\n  - pip:\n    - torch==2\n    - scipy==1\n    - a.whl\nname: x\n"
    )


def test_the_page_names_what_is_in_the_bundle_and_fits_on_one(unpacked: Path, wheel: Path) -> None:
    page = (unpacked / "README.txt").read_text(encoding="utf-8")
    assert wheel.name in page and "{{" not in page and page.isascii()
    assert "torch.nn" in page and "conda activate torch-nn-course" in page
    written = [line for line in page.splitlines() if wheel.name not in line]
    assert len(page.splitlines()) <= 66 and max(map(len, written)) <= 90


@pytest.fixture
def other_course(course: Path, tmp_path: Path) -> CourseFolder:
    """A course of its own: one chapter, a configuration, no pyproject.toml, no environment.yml."""
    root = tmp_path / "A course on knots"
    for folder in ("source", "release"):
        shutil.copytree(course / folder / CHAPTER, root / folder / CHAPTER)
    (root / "notebooks").mkdir()
    shutil.copy(course / "notebooks" / f"{CHAPTER}{SUFFIX}", root / "notebooks")
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    return CourseFolder(root)


@pytest.fixture
def built_already(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = wheels.Wheel(wheel.name, wheel.read_bytes())
    monkeypatch.setattr(bundling, "package_wheel", lambda: made)


@pytest.mark.usefixtures("built_already")
def test_a_course_of_its_own_is_bundled_under_its_own_name(
    other_course: CourseFolder, wheel: Path, project: dict, tmp_path: Path
) -> None:
    with (other_course.root / "nbgrader_config.py").open("a") as config:
        config.write('c.Course.title = "Knots"\nc.Course.name = "knots"\nc.Course.version = "7"\n')
    made = bundling.bundle(other_course, tmp_path / "dist")
    assert made.path.name == "knots-7.zip" and made.chapters == (CHAPTER,)
    with zipfile.ZipFile(made.path) as archive:
        page = archive.read("README.txt").decode()
        environment = yaml.safe_load(archive.read("environment.yml"))
        assert archive.read(wheel.name) == wheel.read_bytes()
    assert page.startswith("Knots, version 7\n================\n\n")
    assert "conda activate knots" in page
    assert "torch" not in page.replace(wheel.name, "").lower()
    assert environment["name"] == "knots"
    *pins, last = environment["dependencies"][-1]["pip"]
    assert last == wheel.name
    assert [pin.split("==")[0] for pin in pins] == [
        Requirement(line).name for line in project["dependencies"]
    ]
    for pin, allowed in zip(pins, map(Requirement, project["dependencies"]), strict=True):
        assert allowed.specifier.contains(pin.split("==")[1])


@pytest.mark.usefixtures("built_already")
def test_a_course_that_says_nothing_is_called_after_its_folder(
    other_course: CourseFolder, project: dict, tmp_path: Path
) -> None:
    made = bundling.bundle(other_course, tmp_path / "dist")
    assert made.path.name == f"A-course-on-knots-{project['version']}.zip"


@pytest.mark.usefixtures("built_already")
def test_an_environment_without_a_name_cannot_be_activated(
    other_course: CourseFolder, tmp_path: Path
) -> None:
    (other_course.root / "environment.yml").write_text("dependencies:\n  - pip:\n    - a==1\n")
    with pytest.raises(AutograderError, match="no `name:`"):
        bundling.bundle(other_course, tmp_path / "dist")


def test_the_wheel_is_the_package_and_no_more(course: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as package:
        given = set(package.namelist())
    about = {name for name in given if name.split("/")[0].endswith(".dist-info")}
    kept = {
        path.relative_to(course).as_posix()
        for path in (course / "autograder").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert given - about == kept
    assert {Path(name).suffix for name in kept} <= {
        *(".py", ".html", ".css", ".js", ".txt", ".json", ".npz", ".safetensors", ".template")
    }
    names = {name.split("/", 1)[1] for name in about if "/licenses/" not in name}
    assert names == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt"}


def test_the_wheel_requires_by_default_what_students_need(wheel: Path, project: dict) -> None:
    required = map(Requirement, wheels.Wheel(wheel.name, wheel.read_bytes()).requirements)
    default = {str(requirement) for requirement in required if requirement.marker is None}
    assert default == {str(Requirement(line)) for line in project["dependencies"]}


def test_a_wheel_is_packed_again_where_the_package_was_installed_from_one(
    python: Path, unpacked: Path, wheel: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from autograder.workspace.wheel import package_wheel; w = package_wheel();"
        "open(sys.argv[1] + '/' + w.name, 'wb').write(w.data)"
    )
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        done = run(python, "-c", code, str(tmp_path / folder), cwd=unpacked)
        assert done.returncode == 0, done.stderr
    again = tmp_path / "one" / wheel.name
    assert again.read_bytes() == (tmp_path / "two" / wheel.name).read_bytes()
    ours, theirs = _contents(again), _contents(wheel)
    records = [
        sorted(contents.pop(next(name for name in contents if name.endswith("/RECORD"))).split())
        for contents in (ours, theirs)
    ]
    assert records[0] == records[1]
    assert ours == theirs
    target = str(tmp_path / "installed")
    install = ["install", "--quiet", "--no-deps", "--no-index", "--target", target, str(again)]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True)
    assert (tmp_path / "installed" / "autograder" / "cli.py").is_file()


def _contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(wheel.read_bytes())) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_every_module_of_the_wheel_imports_where_it_was_installed(
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


def test_a_student_works_through_a_chapter_and_hands_it_in(
    course: Path, unpacked: Path, python: Path
) -> None:
    # The copy is made when JupyterLab is opened; its version is enough of it here.
    assert "Your own copy" in student(python, "lab", "--version", cwd=unpacked)
    path = unpacked / "student" / CHAPTER / f"{CHAPTER}.ipynb"
    answers = CourseFolder(course).answers(CHAPTER)
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


def test_no_instructor_material_is_in_it(
    course: Path, unpacked: Path, wheel: Path, tmp_path: Path
) -> None:
    for folder in ("source", "notebooks"):
        shutil.copytree(course / folder, tmp_path / folder)
    shutil.copytree(unpacked / "release", tmp_path / "release")
    chapters = sorted(path.name for path in (tmp_path / "release").iterdir())
    there = CourseFolder(tmp_path)
    assert chapters and [leak for name in chapters for leak in leaks(there, name)] == []
    given = _contents(wheel)
    assert not [name for name in given if name.endswith((SUFFIX, ".ipynb", ".answers.py"))]
    for chapter in chapters:
        secrets = _secrets(CourseFolder(course), chapter)
        assert len(secrets) > 20
        for secret in secrets:
            found = [name for name, content in given.items() if secret in content]
            assert found == [], f"{chapter}: {secret[:80]!r}"


def test_on_request_it_has_the_courses_answers_and_says_so(
    course: Path, archive: Path, project: dict, tmp_path: Path
) -> None:
    done = autograder("bundle", "--solutions", "--output", str(tmp_path), cwd=course)
    assert done.returncode == 0, done.stderr
    (made,) = tmp_path.iterdir()
    assert made.name == f"torch-nn-course-{project['version']}-with-solutions.zip"
    with zipfile.ZipFile(made) as bundle, zipfile.ZipFile(archive) as plain:
        more = sorted(set(bundle.namelist()) - set(plain.namelist()))
        chapters = {name.split("/")[1] for name in bundle.namelist() if name.startswith("release/")}
        assert more == [f"release/{name}/{name}.solutions" for name in sorted(chapters)]
        answers = json.loads(bundle.read(f"release/{CHAPTER}/{CHAPTER}.solutions"))
    assignment = CourseFolder(course).assignment(CHAPTER)
    assert set(answers) == set(assignment.exercises)
    assert all("NotImplementedError" not in text and "###" not in text for text in answers.values())


def _inside(region: str) -> str:
    """What stands between the markers of a solution or of hidden tests."""
    return "\n".join(region.strip().splitlines()[1:-1])


def _secrets(course: CourseFolder, chapter: str) -> set[bytes]:
    """Solutions, hidden tests, private tensors and known answers of a chapter, as bytes."""
    source = nbformat.read(course.source(chapter), as_version=4)
    solutions, hidden_cells = (
        [_inside(region) for cell in source.cells for region in kind.findall(cell.source)]
        for kind in (SOLUTION, HIDDEN)
    )
    released = nbformat.read(course.release(chapter), as_version=4)
    shown = {line.strip() for cell in released.cells for line in cell.source.splitlines()}
    lines = {line.strip() for text in solutions for line in text.splitlines()} - shown
    lines = {line for line in lines if not line.startswith(("import ", "from "))}
    texts = [*solutions, *hidden_cells, *(answer.source for answer in course.answers(chapter))]
    private = References.from_bytes(course.references(chapter).read_bytes())
    hidden = [check for exercise in private.exercises.values() for check in exercise.hidden]
    arrays = [a.tobytes() for check in hidden for a in private.checks[check].tensors.values()]
    # A single short line says nothing: pictures and probes call the same functions of torch.
    long = {text.strip() for text in texts if "\n" in text.strip()}
    long |= {line for line in lines if len(line) > 30}
    names = {f'"{name}"'.encode() for name in hidden}
    return (
        {text.encode() for text in long}
        | names
        | {data for data in arrays if len(data) >= 32 and any(data)}
    )


def test_a_course_without_chapters_makes_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match="autograder build"):
        bundling.bundle(CourseFolder(tmp_path), tmp_path / "dist")


def test_nothing_is_bundled_while_a_release_shows_what_it_must_not(
    course: Path, tmp_path: Path
) -> None:
    for folder in ("source", "release"):
        shutil.copytree(course / folder / CHAPTER, tmp_path / folder / CHAPTER)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(course / "notebooks" / f"{CHAPTER}{SUFFIX}", tmp_path / "notebooks")
    shutil.copy(tmp_path / "source" / CHAPTER / f"{CHAPTER}.ipynb", tmp_path / "release" / CHAPTER)
    with pytest.raises(AutograderError, match="nothing was written"):
        bundling.bundle(CourseFolder(tmp_path), tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_a_chapter_without_its_source_makes_no_bundle(tmp_path: Path) -> None:
    write_chapter(tmp_path)
    with pytest.raises(AutograderError, match="There is no assignment"):
        bundling.bundle(CourseFolder(tmp_path), tmp_path / "dist")
