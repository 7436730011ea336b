"""What an author is told: every mistake with its file and line, all of them at once."""

import sys
from pathlib import Path

import pytest

from autograder.course import build, lesson
from autograder.course.folder import CourseFolder
from autograder.course.make_references import make_references
from autograder.course.proofread import proofread, split
from autograder.errors import BuildError
from autograder.sandbox.pool import run_jobs

from .conftest import COURSE, LIMITS

META = (
    '{"grade": %s, "grade_id": "%s", "locked": %s, %s"schema_version": 3, "solution": %s, '
    '"task": false}'
)


def solution_cell(name: str) -> str:
    return "# %% nbgrader=" + META % ("false", name, "false", "", "true")


def check_cell(name: str, points: str = '"points": 1, ') -> str:
    return "# %% nbgrader=" + META % ("true", name, "true", points, "false")


TEXT = f"""\
# %% [markdown]
# # 1 · A small chapter

# %%
import torch
from autograder import check

# %% [markdown]
# ### Exercise 1.1 · `double` · ★☆☆ · 5 minutes
#
# Twice a tensor.

# %% [markdown] tags=["hints"] exercise="double"
# 1. What is twice?
# 2. A sum.
# 3. `x + x`.

{solution_cell("double")}
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

{check_cell("double-visible")}
check("double/ones", double, torch.ones(3))
check("double/twos", double, 2 * torch.ones(3))

{check_cell("double-hidden")}
### BEGIN HIDDEN TESTS
from autograder.checks import probes
g = probes.generator("double")
check("double/fresh", double, probes.normal(2, 3, generator=g))
### END HIDDEN TESTS
"""

ANSWERS = """\
# Known answers.

# %% double right: a sum
def double(x):
    return x + x

# %% double wrong: a square
# message: You multiply it with itself.
def double(x):
    return x * x
"""


def line(text: str, start: str) -> int:
    """The number of the one line of a text that begins so."""
    (number,) = [i for i, each in enumerate(text.splitlines(), 1) if each.startswith(start)]
    return number


class Chapter:
    """A small chapter on disk, in which one thing after another is put wrong."""

    def __init__(self, root: Path) -> None:
        self.path = root / "notebooks" / "01_small.py"
        self.answers_path = root / "notebooks" / "01_small.answers.py"
        self.path.parent.mkdir()
        (root / "nbgrader_config.py").write_text("c = get_config()\n")
        self.text, self.answers = TEXT, ANSWERS
        self.write()

    def write(self) -> None:
        self.path.write_text(self.text)
        self.answers_path.write_text(self.answers)

    def change(self, old: str, new: str) -> None:
        assert self.text.count(old) == 1
        self.text = self.text.replace(old, new)
        self.write()

    @property
    def said(self) -> list[str]:
        """What proofreading says, without the folder's name."""
        return [str(remark).removeprefix("notebooks/") for remark in proofread(self.path)]

    @property
    def course(self) -> CourseFolder:
        return CourseFolder(self.path.parents[1])


@pytest.fixture
def small(tmp_path):
    return Chapter(tmp_path)


def test_a_chapter_without_mistakes_is_left_in_peace(small):
    assert small.said == []


def test_so_are_the_chapters_of_the_course(chapter):
    assert proofread(COURSE.lesson(chapter)) == []


def test_proofreading_sees_the_cells_that_the_notebook_has(chapter):
    """The lines come from a reader of our own, so it must not read otherwise than jupytext."""
    ours = [cell for cell in split(COURSE.lesson(chapter).read_text()) if "hints" not in cell.tags]
    built = lesson.read(COURSE.lesson(chapter)).assignment.notebook.cells
    built = [cell for cell in built if cell.source]
    assert [cell.name for cell in ours] == [
        cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in built
    ]
    assert [cell.body.strip() for cell in ours if cell.kind == "code"] == [
        cell.source.strip() for cell in built if cell.cell_type == "code"
    ]


def test_one_name_for_two_checks(small):
    small.change('check("double/twos"', 'check("double/ones"')
    first = line(TEXT, 'check("double/ones"')
    at = line(TEXT, 'check("double/twos"')
    assert small.said == [
        f"01_small.py:{at}: the check in line {first} is called 'double/ones' too."
    ]


def test_one_name_for_a_visible_and_a_hidden_check(small):
    small.change('check("double/fresh"', 'check("double/twos"')
    (said,) = small.said
    at = line(TEXT, 'check("double/fresh"')
    assert said.startswith(f"01_small.py:{at}: the check in line")


def test_one_name_for_all_rounds_of_a_loop(small):
    small.change('check("double/twos"', 'for _ in range(2):\n    check("double/twos"')
    at = line(TEXT, 'check("double/twos"') + 1
    assert small.said == [
        f"01_small.py:{at}: the check 'double/twos' is in a loop, where each round needs a name "
        f"of its own."
    ]


@pytest.mark.parametrize("name", ['"other/fresh"', 'f"other/{1 + 1}"'])
def test_a_check_under_another_exercise(small, name):
    small.change('"double/fresh"', name)
    (said,) = small.said
    at = line(TEXT, 'check("double/fresh"')
    assert said.startswith(f"01_small.py:{at}: the check 'other/")
    assert said.endswith("is in the cell double-hidden; its name has to begin with double/.")


@pytest.mark.parametrize("name", ["fresh", "/fresh", "double/"])
def test_a_check_without_the_name_of_its_exercise(small, name):
    small.change("double/fresh", name)
    at = line(TEXT, 'check("double/fresh"')
    assert small.said == [f"01_small.py:{at}: a check is named exercise/what; {name!r} is not."]


def test_answers_for_an_exercise_that_does_not_exist(small):
    small.answers = ANSWERS.replace("# %% double wrong", "# %% duble wrong")
    small.write()
    at = line(ANSWERS, "# %% double wrong")
    assert small.said == [
        f"01_small.answers.py:{at}: there is no exercise 'duble'; the chapter has: double."
    ]


def test_a_wrong_answer_without_a_message(small):
    small.answers = ANSWERS.replace("# message: You multiply it with itself.\n", "")
    small.write()
    (said,) = small.said
    at = line(ANSWERS, "# %% double wrong")
    assert said.startswith(
        f"01_small.answers.py:{at}: the wrong answer 'a square' of double has no"
    )
    with pytest.raises(BuildError, match=rf"notebooks/01_small\.answers\.py:{at}: "):
        small.course.answers("01_small")


def test_an_answer_given_twice_and_a_header_of_another_form(small):
    small.answers = ANSWERS + "\n# %% double right: a sum\n\n# %% double write: a product\n"
    small.write()
    end = len(ANSWERS.splitlines())
    assert small.said == [
        f"01_small.answers.py:{end + 2}: double has an answer 'a sum' already, in line "
        f"{line(ANSWERS, '# %% double right')}.",
        f"01_small.answers.py:{end + 4}: this is no answer's header; it is "
        f"`# %% exercise right: name`, `# %% exercise wrong: name` or `# %% exercise domain`.",
    ]


@pytest.mark.parametrize(
    ("result", "what"),
    [
        ("{1, 2}", "a set"),
        ("{n for n in x}", "a set"),
        ("[x, {'a': object()}]", "an object()"),
        ("set(x.tolist())", "a set"),
        ("(n for n in x)", "a generator"),
        ("x if x.sum() else zip(x)", "a zip"),
        ("1j", "a complex number"),
    ],
)
def test_a_result_that_cannot_be_recorded(small, result, what):
    small.change("return 2 * x", f"return {result}")
    (said,) = small.said
    at = line(TEXT, "    return 2 * x")
    assert said.startswith(
        f"01_small.py:{at}: double returns {what}, which check('double/ones') cannot record; it "
        f"can: numbers, "
    )


def test_what_a_helper_returns_or_a_check_rewrites_is_no_mistake(small):
    small.change(
        "    return 2 * x",
        "    def seen():\n        return {1, 2}\n    return 2 * x",
    )
    assert small.said == []
    small.change("return 2 * x", "return {2 * x}")
    for name, argument in (("ones", "torch.ones"), ("twos", "2 *"), ("fresh", "probes.normal")):
        small.change(f'"double/{name}", double, {argument}', f'"double/{name}", list, {argument}')
    assert small.said == []


def test_metadata_that_cannot_be_read(small):
    small.change('"grade_id": "double-visible", ', '"grade_id": "double-visible" ')
    at = line(TEXT, check_cell("double-visible"))
    (said,) = small.said
    assert said.startswith(
        f"01_small.py:{at}: the cell's metadata cannot be read: in nbgrader, expecting ',' "
    )


@pytest.mark.parametrize(
    ("old", "new", "about"),
    [
        ('tags=["hints"] ', 'tags=["hints" ', "in tags, expecting ',' delimiter near "),
        ('tags=["hints"] ', 'tags=["hints"],', "a space is missing after tags, before "),
        ('tags=["hints"] ', 'tags = ["hints"] ', "it is written key=value, without spaces."),
        ('tags=["hints"] ', "tags=['hints'] ", "in tags, expecting value near "),
    ],
)
def test_options_that_cannot_be_read_are_no_lack_of_hints(small, old, new, about):
    small.change(old, new)
    (said,) = small.said
    at = line(TEXT, "# %% [markdown] tags=")
    assert said.startswith(f"01_small.py:{at}: the cell's metadata cannot be read: {about}")


def test_a_grade_id_given_twice(small):
    small.change('"double-hidden"', '"double-visible"')
    assert small.said[-1] == (
        f"01_small.py:{line(TEXT, check_cell('double-hidden'))}: the cell in line "
        f"{line(TEXT, check_cell('double-visible'))} has the grade_id 'double-visible' too."
    )


@pytest.mark.parametrize("points", ["", '"points": 0, ', '"points": true, ', '"points": "1", '])
@pytest.mark.parametrize("which", ["visible", "hidden"])
def test_a_grade_cell_without_points(small, which, points):
    small.change(check_cell(f"double-{which}"), check_cell(f"double-{which}", points))
    assert small.said == [
        f"01_small.py:{line(TEXT, check_cell(f'double-{which}'))}: the cell 'double-{which}' has "
        f"no points."
    ]


def test_code_that_is_no_python(small):
    small.change("return 2 * x", "return 2 * * x")
    assert small.said == [f"01_small.py:{line(TEXT, '    return 2 * x')}: invalid syntax."]


@pytest.mark.parametrize(
    ("old", "new", "at", "sentence"),
    [
        (
            "1.1 · `double`",
            "1.1 · `twice`",
            solution_cell("double"),
            "exercise 'double' has no heading of the ag",
        ),
        (
            "# 1. What is twice?",
            "# What is twice?",
            "# %% [markdown] tags",
            "the hints of 'double' are not a numbered",
        ),
        (
            'exercise="double"',
            'exercise="d"',
            solution_cell("double"),
            "exercise 'double' has no c",
        ),
        (
            "    ### BEGIN SOLUTION\n",
            "",
            solution_cell("double"),
            "the cell 'double' marks no solu",
        ),
        (
            "### BEGIN HIDDEN TESTS\n",
            "",
            check_cell("double-hidden"),
            "not all of the cell double-",
        ),
    ],
)
def test_what_an_exercise_lacks(small, old, new, at, sentence):
    small.change(old, new)
    number = line(small.text, at)
    assert any(said.startswith(f"01_small.py:{number}: {sentence}") for said in small.said)


def test_all_mistakes_are_told_at_once_in_order(small):
    small.change('check("double/twos"', 'check("double/ones"')
    small.change('"double/fresh"', '"fresh"')
    small.change("return 2 * x", "return {2}")
    small.answers = ANSWERS.replace("double wrong", "other wrong")
    small.write()
    with pytest.raises(BuildError) as refused:
        list(build.lessons(small.course))
    lines = str(refused.value).splitlines()[1:]
    assert [said.split(": ")[0] for said in lines] == [
        f"notebooks/01_small.answers.py:{line(ANSWERS, '# %% double wrong')}",
        *(
            f"notebooks/01_small.py:{line(TEXT, start)}"
            for start in ("    return 2", 'check("double/twos"', 'check("double/fresh"')
        ),
    ]


def test_the_command_ends_with_2_and_has_run_nothing(small, monkeypatch, capsys):
    from autograder import cli

    small.change('"double/fresh"', '"fresh"')
    monkeypatch.setattr(build, "run_jobs", None)
    course = str(small.course.root)
    monkeypatch.setattr(sys, "argv", ["autograder", "build", "--course", course])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    at = line(TEXT, 'check("double/fresh"')
    assert f"notebooks/01_small.py:{at}: a check is named" in capsys.readouterr().err
    assert not (small.course.root / "source").exists()


# ---------------------------------------------------------------------- what an execution shows


@pytest.fixture
def remarks(small):
    """What is said of the small chapter once its solution has run."""

    def examined() -> list[str]:
        with pytest.raises(BuildError) as refused:
            run(small)
        return str(refused.value).splitlines()[1:]

    return examined


def run(small: Chapter):
    text = lesson.read(small.path)
    return make_references(
        text.assignment,
        0,
        lambda jobs: run_jobs(jobs, LIMITS, COURSE.sandbox()),
        small.course.answers("01_small"),
        exercises=text.exercises,
        examine=build.examiner(small.path),
    )


def test_the_small_chapter_can_be_built(small):
    assert list(run(small).checks) == ["double/ones", "double/twos", "double/fresh"]


def test_a_result_whose_type_only_running_shows(small, remarks):
    small.change("return 2 * x", "kind = set\n    return {'seen': [1, kind()]}")
    at = line(small.text, 'check("double/ones"')
    assert remarks()[0].startswith(
        f"notebooks/01_small.py:{at}: the check 'double/ones': the result's part ['seen'][1] is "
        f"of type set and cannot be recorded; a check records numbers, "
    )


def test_a_solution_that_gives_another_result_each_time(small, remarks):
    small.change("return 2 * x", "import os\n    return {'x': x, 'n': os.urandom(8)[0:8].hex()}")
    said = remarks()
    for each, name in zip(said, ("ones", "twos", "fresh"), strict=True):
        at = line(small.text, f'check("double/{name}"')
        assert each.startswith(
            f"notebooks/01_small.py:{at}: not deterministic: in the check 'double/{name}', the "
            f"result's part ['n'] is the string "
        )


def test_a_name_made_while_running_that_is_made_twice_or_for_another(small, remarks):
    small.change(
        'check("double/twos", double, 2 * torch.ones(3))',
        'for n in (2, 2):\n    check(f"double/{n}s", double, n * torch.ones(3))',
    )
    small.change('check("double/fresh", ', 'name = "other/" + "fresh"\ncheck(name, ')
    hidden = line(small.text, check_cell("double-hidden"))
    assert remarks() == [
        f"notebooks/01_small.py:{line(small.text, '    check(f')}: the name 'double/2s' is "
        f"recorded more than once.",
        f"notebooks/01_small.py:{hidden}: the check 'other/fresh' is in the cell double-hidden; "
        f"its name has to begin with double/.",
    ]


def test_a_solution_that_raises_in_a_check(small, remarks):
    small.change("return 2 * x", "return 2 * x[5]")
    at = line(small.text, 'check("double/ones"')
    assert remarks()[0].startswith(
        f"notebooks/01_small.py:{at}: in the check 'double/ones' the solution raises IndexError: "
    )


def test_a_cell_of_the_solution_that_does_not_run(small):
    small.change("g = probes", "g = 1 / 0\ng = probes")
    with pytest.raises(BuildError) as refused:
        build.build_static(small.course, next(build.lessons(small.course)))
    at = line(small.text, check_cell("double-hidden"))
    assert str(refused.value).splitlines()[1:] == [
        f"notebooks/01_small.py:{at}: 01_small: the solution's cell 'double-hidden' ended as "
        f"error. ZeroDivisionError: division by zero"
    ]
