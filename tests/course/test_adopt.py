"""What was edited in an instructor's notebook stands in the text afterwards, and nothing else."""

import re
import shutil

import nbformat
import pytest

from autograder.course import adopt as adopting
from autograder.course import build as build_module
from autograder.course import edited as states
from autograder.course import unchanged
from autograder.course.folder import CourseFolder
from autograder.course.lesson import notebook_bytes, read
from autograder.course.percent import content
from autograder.errors import BuildError
from autograder.files import write_whole

from .conftest import COURSE
from .test_author_mistakes import ANSWERS, TEXT

NAME = "01_small"


@pytest.fixture
def small(tmp_path):
    """A small chapter, as a build leaves it."""
    write_whole(tmp_path / "nbgrader_config.py", b"c = get_config()\n")
    write_whole(tmp_path / "notebooks" / f"{NAME}.py", TEXT.encode())
    write_whole(tmp_path / "notebooks" / f"{NAME}.answers.py", ANSWERS.encode())
    course = CourseFolder(tmp_path)
    build(course)
    return course


def build(course, name=NAME):
    """Write what matters here of a build."""
    data = notebook_bytes(read(course.lesson(name)).assignment.notebook)
    write_whole(course.source(name), data)
    write_whole(course.executed(name), data)
    unchanged.remember_source(course, name)


def edit(course, change, name=NAME):
    """Change the instructor's notebook as JupyterLab would save it."""
    notebook = nbformat.read(course.source(name), as_version=4)
    change(notebook.cells)
    write_whole(course.source(name), notebook_bytes(notebook))


def adopt(course, name=NAME):
    adopted = adopting.adopt(course, name)
    adopted.write()
    return adopted


def rebuilt(course, name=NAME):
    return [content(cell) for cell in read(course.lesson(name)).assignment.notebook.cells]


def in_source(course, name=NAME):
    return [cell for _, cell in states.contents(course.source(name))]


def cell_with(cells, words):
    (found,) = [cell for cell in cells if words in cell.source]
    return found


def new_code(source, **metadata):
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def changes(adopted):
    """The lines that go and those that come."""
    return [line for line in adopted.diff.splitlines()[2:] if line[:1] in "+-" and line[1:].strip()]


def copy(chapter, root):
    course = CourseFolder(root)
    shutil.copy(COURSE.root / "nbgrader_config.py", root)
    for path in (
        COURSE.lesson(chapter),
        COURSE.known_answers(chapter),
        COURSE.executed(chapter),
        COURSE.source(chapter),
    ):
        to = root / path.relative_to(COURSE.root)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)
    return course


def test_every_byte_stays_but_for_what_was_edited_in_a_chapter(chapter, tmp_path):
    course = copy(chapter, tmp_path)
    assert adopt(course, chapter).after == COURSE.lesson(chapter).read_text()

    def change(cells):
        text = next(c for c in cells if c.cell_type == "markdown" and "\n\n" in c.source)
        text.source = text.source.replace("\n\n", "\nA sentence *more*.\n\n", 1)
        solution = next(c for c in cells if c.metadata.get("nbgrader", {}).get("solution"))
        mark = r"(\n *)### END"
        solution.source = re.sub(mark, r"\1# a remark\1### END", solution.source, count=1)
        at = cells.index(solution)
        cells.insert(at + 1, new_code("%matplotlib inline\nprint('between')", tags=["demo"]))

    edit(course, change, chapter)
    assert states.is_edited(course, chapter)
    assert [
        re.sub(r" +# a remark", "# a remark", line) for line in changes(adopt(course, chapter))
    ] == [
        "+# A sentence *more*.",
        "+# a remark",
        '+# %% tags=["demo"]',
        "+# %matplotlib inline",
        "+print('between')",
    ]


def test_a_second_time_it_is_there_already(small):
    def change(cells):
        cells[0].source = "# 1 · Another title"
        cells.insert(2, new_code("print('between')"))

    edit(small, change)
    adopt(small)
    assert rebuilt(small) == in_source(small)
    assert adopt(small).diff == ""


def test_points_keep_their_place_in_the_metadata(small):
    def change(cells):
        cell_with(cells, "double/ones").metadata.nbgrader.points = 2.5
        cell_with(cells, "BEGIN SOLUTION").metadata.tags = ["slow"]

    edit(small, change)
    adopted = adopt(small)
    assert '"locked": true, "points": 2.5, "schema_version": 3' in adopted.after
    assert '"task": false} tags=["slow"]\n' in adopted.after
    assert len(changes(adopted)) == 4
    assert rebuilt(small) == in_source(small)


def test_what_an_editor_notes_by_itself_changes_nothing(small):
    def change(cells):
        for cell in cells:
            cell.metadata |= {"editable": True, "slideshow": {"slide_type": ""}, "tags": []}
            cell.metadata |= {"scrolled": True, "jupyter": {"source_hidden": True}}
            if cell.cell_type == "code":
                cell.outputs = [nbformat.v4.new_output("stream", text="ran")]
                cell.execution_count = 3

    edit(small, change)
    assert not states.is_edited(small, NAME)
    assert adopt(small).diff == ""


def test_a_deleted_cell_goes_and_hints_stay(small):
    edit(small, lambda cells: cells.remove(cell_with(cells, "A small chapter")))
    adopted = adopt(small)
    assert changes(adopted) == ["-# %% [markdown]", "-# # 1 · A small chapter"]
    assert 'exercise="double"' in adopted.after
    assert rebuilt(small) == in_source(small)


def test_a_moved_exercise_takes_its_hints_along(small):
    def change(cells):
        statement, solution = cell_with(cells, "Exercise 1.1"), cell_with(cells, "BEGIN SOLUTION")
        for cell in (solution, statement):
            cells.remove(cell)
            cells.insert(1, cell)

    edit(small, change)
    after = adopt(small).after
    order = ["A small chapter", "Exercise 1.1", "tags=[", "BEGIN SOLUTION", "import torch", "ones"]
    assert [after.index(words) for words in order] == sorted(after.index(w) for w in order)
    assert rebuilt(small) == in_source(small)


def test_cells_that_lost_their_ids_are_known_all_the_same(small):
    notebook = nbformat.read(small.source(NAME), as_version=4)
    cell_with(notebook.cells, "2 * x").source += "\n# more"
    for i, cell in enumerate(notebook.cells):
        cell.id = f"other-{i}"
    write_whole(small.source(NAME), notebook_bytes(notebook))
    assert changes(adopt(small)) == ["+# more"]


def test_a_text_cell_may_become_code_and_the_last_cell_another(small):
    def change(cells):
        cells[0] = nbformat.v4.new_code_cell("print(1)", id=cells[0].id)
        cells.append(nbformat.v4.new_markdown_cell("The end."))

    edit(small, change)
    after = adopt(small).after
    assert after.startswith("# %%\nprint(1)\n\n# %%\nimport torch\n")
    assert after.endswith("### END HIDDEN TESTS\n\n# %% [markdown]\n# The end.\n")
    assert rebuilt(small) == in_source(small)


def test_what_authors_alone_are_told_stays(small):
    path = small.lesson(NAME)
    path.write_text(TEXT.replace("# %% [markdown]\n# # 1", '# %% [markdown] seed=["A1"]\n# # 1'))
    build(small)

    def change(cells):
        cells[0].source = "# 1 · Another title"
        cells[0].metadata.tags = ["first"]

    edit(small, change)
    assert '# %% [markdown] seed=["A1"] tags=["first"]\n# # 1 · Another' in adopt(small).after


def test_a_build_writes_over_no_edit_and_says_what_to_do(small):
    edit(small, lambda cells: cells.append(nbformat.v4.new_markdown_cell("The end.")))
    before = small.source(NAME).read_bytes()
    assert f"autograder adopt {NAME}" in states.warning(small, NAME)
    with pytest.raises(BuildError, match=f"autograder adopt {NAME}.*--force"):
        build_module.build(small, read(small.lesson(NAME)))
    assert small.source(NAME).read_bytes() == before
    adopt(small)
    assert not states.is_newer(small, NAME)


def test_a_text_that_is_newer_is_said_and_one_that_differs_in_form_is_not(small):
    path = small.lesson(NAME)
    path.write_text(TEXT.replace("import torch\n", "%matplotlib inline\nimport torch\n"))
    assert f"autograder build {NAME}" in states.warning(small, NAME)
    build(small)
    path.write_text(path.read_text().replace("%matplotlib", "# %matplotlib"))  # jupytext's form
    assert states.warning(small, NAME) is None
    path.write_text(path.read_text().replace("### END SOLUTION", "(("))  # it cannot be read
    assert "is newer" in states.warning(small, NAME)
    small.source(NAME).unlink()
    assert states.warning(small, NAME) is None


# --------------------------------------------------------------- both sides have changed since


def test_both_sides_are_kept_where_they_changed_different_cells(small):
    path = small.lesson(NAME)
    path.write_text(TEXT.replace("Twice a tensor.", "Twice a tensor, whatever its shape."))
    edit(
        small,
        lambda cells: cell_with(cells, "2 * x").update(
            source=cell_with(cells, "2 * x").source.replace("2 * x", "x * 2")
        ),
    )
    adopted = adopt(small)
    assert changes(adopted) == ["-    return 2 * x", "+    return x * 2"]
    assert "whatever its shape" in adopted.after


def test_points_of_one_side_and_the_code_of_the_other_are_put_together(small):
    path = small.lesson(NAME)
    path.write_text(TEXT.replace("2 * torch.ones(3)", "3 * torch.ones(3)"))

    def change(cells):
        cell_with(cells, "double/ones").metadata.nbgrader.points = 7

    edit(small, change)
    after = adopt(small).after
    assert "3 * torch.ones(3)" in after and '"points": 7' in after


@pytest.mark.parametrize("old", ["Twice a tensor.", "return 2 * x"])
def test_a_cell_that_both_sides_changed_is_refused(small, old):
    path = small.lesson(NAME)
    path.write_text(TEXT.replace(old, f"{old} # text"))

    def change(cells):
        cell = cell_with(cells, old)
        cell.source = cell.source.replace(old, f"{old} # notebook")

    edit(small, change)
    refused(
        small, rf"{NAME}\.ipynb, cell \d \((### Exercise 1\.1.*|double)\): .* since the last build"
    )


def refused(course, said):
    before = course.lesson(NAME).read_text()
    with pytest.raises(BuildError, match=said):
        adopt(course)
    assert course.lesson(NAME).read_text() == before


# ------------------------------------------------------------------------ what is refused


def test_what_the_build_would_refuse_is_refused_with_the_cell(small):
    def change(cells):
        del cell_with(cells, "double/ones").metadata.nbgrader["points"]

    edit(small, change)
    refused(small, rf"source/{NAME}/{NAME}\.ipynb, cell 5 \(double-visible\): .*has no points")


def test_a_deleted_solution_is_refused(small):
    edit(small, lambda cells: cells.remove(cell_with(cells, "BEGIN SOLUTION")))
    refused(small, "hints for an exercise that does not exist: 'double'")


def test_a_pasted_picture_is_refused(small):
    def change(cells):
        cells[0].attachments = {"a.png": {"image/png": "aGk="}}

    edit(small, change)
    refused(small, r"cell 1 \(# 1 · A small chapter\): a text cannot hold the picture")


def test_code_that_would_begin_another_cell_is_refused(small):
    def change(cells):
        cell_with(cells, "import torch").source += "\n# %% [markdown]\nx = 1"

    edit(small, change)
    refused(small, "as text it would be read as")


def test_nothing_to_adopt_where_nothing_is_built(small):
    small.source(NAME).unlink()
    refused(small, "autograder build")
