"""A class as it is: what programs leave of notebooks, in what platforms give out, graded whole.

Every submission here answers all exercises; whatever its file went through, it has all points.
"""

import copy
import json

import pytest

from .conftest import CHAPTER, blank, command, exported, graded, right_answers, solved

NAMES = (
    "ada bob chen dina eve finn gita hana ivan june kofi lena mio nora omar pia quin rosa sven "
    "tara uma vera wim xena yuri zoe abel bina cleo dora emil faye gus hope ines jack kira luis"
).split()


def cells_of(notebook):
    return notebook["cells"]


def edited(change):
    """A right submission after ``change`` has been at it, as bytes."""
    notebook = json.loads(solved())
    changed = change(notebook)
    notebook = notebook if changed is None else changed
    return notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()


def each(edit, only=None):
    def apply(notebook):
        for i, cell in enumerate(cells_of(notebook)):
            if only is None or cell["cell_type"] == only:
                edit(i, cell)

    return apply


def colab(notebook):
    notebook["metadata"] = {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"}
    notebook["nbformat_minor"] = 0
    for i, cell in enumerate(cells_of(notebook)):
        cell["metadata"]["id"] = cell.pop("id", f"c{i}")
        cell["source"] = cell["source"].splitlines(keepends=True)


def vs_code(notebook):
    notebook["metadata"]["vscode"] = {"interpreter": {"hash": "0" * 64}}
    for i, cell in enumerate(cells_of(notebook)):
        cell["id"] = f"{i:08x}"


def pycharm(notebook):
    for cell in cells_of(notebook):
        cell["metadata"]["ExecuteTime"] = {"end_time": "2024-01-31T12:00:00.0Z"}
        cell["metadata"].setdefault("collapsed", False)
        cell.pop("id", None)


def kaggle(notebook):
    notebook["metadata"]["kaggle"] = {
        "accelerator": "none",
        "dataSources": [],
        "language": "python",
    }
    for cell in cells_of(notebook):
        cell["metadata"] |= {"_uuid": "8f2839f25d086af736a60e9eeb907d3b93b6e0e5", "trusted": True}
        cell["source"] = cell["source"].replace("\n", "\r\n")


def databricks(notebook):
    for cell in cells_of(notebook):
        cell["metadata"]["application/vnd.databricks.v1+cell"] = {"title": "", "showTitle": False}


def magics(notebook):
    """Cells of the student's own, with IPython's magics, above and below."""
    own = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells_of(notebook).insert(0, own | {"source": "%matplotlib inline\n%load_ext autoreload"})
    cells_of(notebook).append(own | {"source": "!pip install torch\n%timeit 1 + 1\n!ls"})


def install(notebook):
    own = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    drive = "from google.colab import drive\ndrive.mount('/content/drive')"
    cells_of(notebook).insert(0, own | {"source": drive})


def widgets(notebook):
    notebook["metadata"]["widgets"] = {
        "application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2}
    }


def outputs(notebook):
    picture = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/png": "A" * 8 * 10**5},
    }
    for cell in cells_of(notebook):
        if cell["cell_type"] == "code":
            cell["outputs"] = [picture, {"output_type": "stream", "name": "stdout", "text": "x"}]


def helpers_in_front(notebook):
    """An answer that calls a function from a cell above it."""
    own = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    at = next(i for i, c in enumerate(cells_of(notebook)) if c.get("id") == "to_nchw")
    helper = right_answers()["to_nchw"].replace("to_nchw", "helper")
    cells_of(notebook).insert(at, own | {"source": helper})
    cells_of(notebook)[at + 1]["source"] = "to_nchw = helper"


def solution_by(name, edit):
    def change(notebook):
        for cell in cells_of(notebook):
            if cell.get("id") == name:
                edit(cell)

    return change


def checks_deleted(notebook):
    return notebook | {
        "cells": [c for c in cells_of(notebook) if not str(c.get("id", "")).endswith("-visible")]
    }


def checks_edited(notebook):
    for cell in cells_of(notebook):
        if str(cell.get("id", "")).endswith("-visible"):
            cell["source"] = "print('it works')"


def prints_everywhere(notebook):
    for cell in cells_of(notebook):
        if cell.get("id") in right_answers():
            cell["source"] += "\n\nprint('done', flush=True)\nprint(__name__)"


def split_answer(notebook):
    """Imports of an answer in a cell of their own below it, its text as a list of lines."""
    for cell in cells_of(notebook):
        cell["source"] = cell["source"].splitlines(keepends=True)


FORMS = {
    "as it is": lambda notebook: None,
    "Colab": colab,
    "VS Code": vs_code,
    "PyCharm": pycharm,
    "Kaggle": kaggle,
    "Databricks": databricks,
    "lists of lines": split_answer,
    "indented by four": lambda n: json.dumps(n, indent=4).encode(),
    "no white space": lambda n: json.dumps(n, separators=(",", ":")).encode(),
    "byte order mark": lambda n: b"\xef\xbb\xbf" + json.dumps(n).encode(),
    "UTF-16": lambda n: json.dumps(n).encode("utf-16"),
    "not only ASCII": lambda n: json.dumps(n, ensure_ascii=False).encode(),
    "format 4.2, no ids": lambda n: (
        n | {"nbformat_minor": 2, "cells": [dict(c, id=None) for c in n["cells"]]}
    ),
    "ids twice": each(lambda i, c: c.update(id="same")),
    "no grade_ids": each(lambda i, c: c["metadata"].pop("nbgrader", None)),
    "all metadata of cells lost": each(lambda i, c: c.update(metadata={})),
    "metadata is null": each(lambda i, c: c["metadata"].get("nbgrader") or c.update(metadata=None)),
    "the notebook's metadata lost": lambda n: n | {"metadata": {}},
    "another kernel": lambda n: n | {"metadata": {"kernelspec": {"name": "conda-env-torch-py"}}},
    "magics": magics,
    "installs": install,
    "widgets": widgets,
    "outputs of 20 MB": outputs,
    "helpers in front": helpers_in_front,
    "checks deleted": checks_deleted,
    "checks edited": checks_edited,
    "prints": prints_everywhere,
    "as Markdown": solution_by("to_nchw", lambda c: c.update(cell_type="markdown")),
    "as raw": solution_by("sobel_x", lambda c: c.update(cell_type="raw")),
    "text cells deleted": lambda n: (
        n | {"cells": [c for c in n["cells"] if c["cell_type"] == "code"]}
    ),
    "an answer twice": lambda n: n["cells"].append(copy.deepcopy(cells_of(n)[-3])),
    "a stub below": lambda n: n["cells"].append(
        next(json.loads(json.dumps(c)) for c in blank().cells if c.id == "to_nchw")
    ),
    "tabs": solution_by("to_nchw", lambda c: c.update(source=c["source"].replace("    ", "\t"))),
    "no line at the end": each(lambda i, c: c.update(source=c["source"].rstrip())),
    "blank lines": each(lambda i, c: c.update(source=f"\n\n{c['source']}\n\n\n")),
    "a picture pasted": lambda n: n["cells"].append(
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": "![image.png](attachment:image.png)",
            "attachments": {"image.png": {"image/png": "iVBORw0KGgo" * 100_000}},
        }
    ),
    "an endless loop at the end": lambda n: n["cells"].append(
        {"cell_type": "code", "metadata": {}, "source": "while True:\n    pass"}
    ),
    "an error in front": lambda n: n["cells"].insert(
        0, {"cell_type": "code", "metadata": {}, "source": "1 / 0"}
    ),
    "input()": lambda n: n["cells"].insert(
        0, {"cell_type": "code", "metadata": {}, "source": "name = input('Your name? ')"}
    ),
    "a null cell": lambda n: n["cells"].append(None),
}

#: how a student's file is called in a download; the notebook's chapter is said or not
PLACES = (
    "{s}/{c}.ipynb",
    "{s}/{c} (1).ipynb",
    "{s}/Copy of {c}.ipynb",
    "{s}_1234567_assignsubmission_file_/{c}.ipynb",
    "{s}_LATE_4{n}_9{n}_{c}-1.ipynb",
)


def test_a_class_of_real_files_is_graded_whole(small_course, tmp_path):
    sent = tmp_path / "download"
    turns = [(form, PLACES[i % len(PLACES)]) for i, form in enumerate(FORMS)]
    turns += [("as it is", place) for place in PLACES for _ in range(5)]
    assert len(turns) >= 60
    students = {}
    for n, (form, place) in enumerate(turns):
        student = f"{NAMES[n % len(NAMES)]}{n:02}"
        path = sent / place.format(s=student, c=CHAPTER, n=1000 + n)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(edited(FORMS[form]))
        students[student] = form
    done = command(small_course, "collect", str(sent))
    assert done.returncode == 0, done.stderr
    records = graded(small_course)
    assert set(records) == set(students), done.stdout
    amiss = {
        students[name]: (r["status"], r["score"], r["reason"], r["notes"])
        for name, r in records.items()
        if (r["status"], r["score"]) != ("graded", r["max_score"])
    }
    assert amiss == {}
    assert exported(small_course) == {name: r["score"] for name, r in records.items()}


def test_what_was_noted_is_seen(small_course):
    from .conftest import submit

    submit(small_course, "eve", edited(FORMS["as Markdown"]))
    submit(small_course, "ada", solved())
    done = command(small_course, "grade", CHAPTER, "--jsonl", "out.jsonl", "--feedback")
    assert done.returncode == 0, done.stderr
    records = {r["student"]: r for r in map(json.loads, (small_course / "out.jsonl").open())}
    (note,) = records["eve"]["notes"]
    assert records["ada"]["notes"] == []
    assert "†" in done.stdout
    assert "1 with notes" in done.stdout
    page = (small_course / "feedback" / "eve" / CHAPTER / f"{CHAPTER}.html").read_text()
    words = note.split("`")[0].split(":")[0]
    assert words in page
    assert (
        words not in (small_course / "feedback" / "ada" / CHAPTER / f"{CHAPTER}.html").read_text()
    )
    reported = command(small_course, "report", CHAPTER)
    assert reported.returncode == 0, reported.stderr
    assert words in (small_course / "evidence" / CHAPTER / "report.html").read_text()
    from nbgrader.api import Gradebook

    from autograder.course.folder import CourseFolder

    directory = CourseFolder(small_course).directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        said = [c.comment for c in gradebook.find_submission(CHAPTER, "eve").notebooks[0].comments]
    assert any(words in (text or "") for text in said)


@pytest.fixture(autouse=True)
def _short_loops(small_course):
    config = small_course / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Execution.cell_seconds = 5.0\n")
