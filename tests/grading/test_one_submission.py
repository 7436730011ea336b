"""Whatever one submission is, it ends as one record, and the class goes on."""

import json
import os

import pytest

from autograder.course.folder import CourseFolder
from autograder.gradebook.writer import open_gradebook
from autograder.grading import pipeline, stations
from autograder.sandbox import CellLog, RunLog

from .conftest import CHAPTER, command, exported, graded, right_answers, solved, submit

#: answers whose results are of kinds that a comparison seldom meets
ODD_RESULTS = {
    "complex": "return a.to(torch.complex64)",
    "complex-double": "return torch.complex(a.double(), a.double()).squeeze()",
    "quantised": "return torch.quantize_per_tensor(a.float(), 0.1, 0, torch.quint8)",
    "sparse": "return a.to_sparse()",
    "sparse-csr": "return a.to_sparse_csr()",
    "nested": "return torch.nested.nested_tensor([a.float(), a.float()])",
    "meta": "return a.to('meta')",
    "expanded": "return a.expand(10, 10, *a.shape)",
    "huge": "return torch.zeros(1, 1).expand(10**5, 10**5)",
    "negative-view": "return torch.complex(a.float(), a.float()).conj().imag",
    "float8": "return a.to(torch.float8_e4m3fn)",
    "no-numbers": "return torch.empty(0)",
    "nan": "return a * float('nan')",
    "separator": "raise ValueError('one\\u2028two\\u2029three\\x85four\\nfive')",
    "surrogate": "raise ValueError('\\ud800 alone')",
    "nul": "raise ValueError('a\\0b')",
    "long-message": "raise ValueError('x' * 10**6)",
    "recursive": "x = []; x.append(x); return x",
    "deep": "x = []\n    for _ in range(100): x = [x]\n    return x",
    "huge-int": "return 10 ** 5000",
    "odd-keys": "return {float('nan'): 1, (1, 2): 2, '\\u2028': 3, 1: 4, '1': 5}",
    "generator": "return (i for i in range(3))",
    "type": "return int",
    "lying": "return type('T', (torch.Tensor,), {'shape': property(lambda s: 1/0)})()",
}

NAMES = {
    "line\nbreak": False,
    "separator\u2028here": False,
    "tab\there": False,
    "José Ångström": True,
    "李明": True,
    "<b>bold": False,
    "semi;colon": True,
    "x" * 250: None,
}


def odd(body: str) -> bytes:
    return solved(to_nchw=f"import torch\ndef to_nchw(a):\n    {body}\n")


def test_results_of_every_kind_are_judged(small_course):
    for name, body in ODD_RESULTS.items():
        submit(small_course, name, odd(body))
    submit(small_course, "right", solved())
    records = graded(small_course)
    assert set(records) == {*ODD_RESULTS, "right"}
    full = records["right"]["max_score"]
    assert records["right"]["score"] == full
    for name in ODD_RESULTS:
        record = records[name]
        assert record["status"] == "graded", (name, record["reason"])
        own = [r for r in record["requirements"] if r["exercise"] == "to_nchw"]
        lost = sum(r["points"] - r["earned"] for r in own)
        assert lost > 0, name
        assert record["score"] == pytest.approx(full - lost), name
        for check in record["checks"]:
            assert check["passed"] or check["reason"], (name, check)
    lines = (small_course / "out.jsonl").read_bytes()
    assert lines.decode("ascii").count("\n") == len(records)
    assert command(small_course, "report", CHAPTER).returncode == 0
    again = graded(small_course)  # what was kept is read, and no student is dropped
    assert {n: r["score"] for n, r in again.items()} == {n: r["score"] for n, r in records.items()}


def test_folders_with_any_name_are_one_record_each_and_pages_are_made_of_the_others(small_course):
    for name in NAMES:
        submit(small_course, name, solved())
    raw = os.fsencode(small_course / "submitted") + b"/\xff\xfe-latin"
    os.makedirs(raw + b"/" + CHAPTER.encode())
    with open(raw + b"/" + f"{CHAPTER}/{CHAPTER}.ipynb".encode(), "wb") as file:
        file.write(solved())
    submit(small_course, "ada", solved())
    done = command(small_course, "grade", CHAPTER, "--jsonl", "out.jsonl", "--feedback")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in (small_course / "out.jsonl").open()]
    assert len(records) == len(NAMES) + 2
    by_name = {record["student"]: record for record in records}
    for name, is_student in NAMES.items():
        if is_student is not None:
            assert (by_name[name]["status"] == "graded") == is_student, name
    assert (small_course / "feedback" / "ada" / CHAPTER / f"{CHAPTER}.html").is_file()
    assert (small_course / "feedback" / "李明" / CHAPTER / f"{CHAPTER}.html").is_file()
    assert set(exported(small_course)) >= {"ada", "李明", "José Ångström"}


@pytest.mark.parametrize("becomes", ["gone", "damaged", "a folder", "a link"])
def test_a_notebook_that_changes_while_grading_runs_is_one_record(
    small_course, monkeypatch, becomes
):
    needs_more = solved(to_nchw="def to_nchw(a):\n    return shown_as_nchw(a)\n")
    submit(small_course, "ada", needs_more)
    submit(small_course, "bob", solved())
    path = small_course / "submitted" / "ada" / CHAPTER / f"{CHAPTER}.ipynb"
    real = pipeline.Pipeline.execute

    def execute(self, *arguments):
        path.unlink()
        if becomes == "damaged":
            path.write_text("{")
        elif becomes == "a folder":
            path.mkdir()
        elif becomes == "a link":
            path.symlink_to("/etc/passwd")
        yield from real(self, *arguments)

    monkeypatch.setattr(pipeline.Pipeline, "execute", execute)
    monkeypatch.setattr(stations, "missed_names", lambda names, log: frozenset({"shown"}))
    course = CourseFolder(small_course)
    with open_gradebook(course, CHAPTER) as gradebook:
        ada, bob = pipeline.grade(pipeline.Pipeline(course, CHAPTER), gradebook)
    assert (ada.status, bob.status) == ("graded", "graded")
    assert bob.score == bob.max_score


@pytest.mark.parametrize("where", ["show", "enter", "rebuild", "known"])
def test_whatever_raises_ends_one_submission_only(small_course, monkeypatch, where):
    from autograder.gradebook.writer import GradebookWriter

    for student in ("ada", "bob"):
        submit(small_course, student, solved())
    owner = GradebookWriter if where == "enter" else pipeline.Pipeline
    real = getattr(owner, where)
    failed = []

    def fail(self, first, *rest):
        about = [getattr(x, "student", x) for x in (first, *rest)]
        about += [first.record.student] if where == "show" else []
        if "ada" in about and not failed:
            failed.append(1)
            raise RuntimeError("surprise")
        return real(self, first, *rest)

    monkeypatch.setattr(owner, where, fail)
    course = CourseFolder(small_course)
    with open_gradebook(course, CHAPTER) as gradebook:
        ada, bob = pipeline.grade(pipeline.Pipeline(course, CHAPTER), gradebook)
    assert failed
    assert ada.status == "needs_review"
    assert "RuntimeError" in (ada.reason or "")
    assert (bob.status, bob.score) == ("graded", bob.max_score)


def test_a_submission_under_which_the_machine_failed_is_executed_again(small_course, monkeypatch):
    for student in ("ada", "bob"):
        submit(small_course, student, solved())
    course = CourseFolder(small_course)
    real = stations._log

    def lost(future, rebuilt):
        log = real(future, rebuilt)
        cells = [CellLog() for _ in log.cells]
        return RunLog(cells, ended="refused", reason="The machine that executed it was lost.")

    with monkeypatch.context() as patch:
        patch.setattr(stations, "_log", lost)
        with open_gradebook(course, CHAPTER) as gradebook:
            records = pipeline.grade(pipeline.Pipeline(course, CHAPTER), gradebook)
    assert {record.status for record in records} == {"needs_review"}
    with open_gradebook(course, CHAPTER) as gradebook:
        records = pipeline.grade(pipeline.Pipeline(course, CHAPTER), gradebook)
    assert all(record.score == record.max_score for record in records)


def test_what_the_database_cannot_take_is_entered_without_its_words(small_course, monkeypatch):
    from autograder.gradebook import writer

    submit(small_course, "ada", odd("return None"))
    submit(small_course, "bob", odd("return None"))
    monkeypatch.setattr(
        writer, "plain_markdown", lambda text: "\ud800" if not marked.pop(0) else text
    )
    marked = [False] + [True] * 50
    course = CourseFolder(small_course)
    with open_gradebook(course, CHAPTER) as gradebook:
        records = pipeline.grade(pipeline.Pipeline(course, CHAPTER), gradebook)
    assert [record.status for record in records] == ["graded", "graded"]
    assert exported(small_course) == {r.student: pytest.approx(r.score) for r in records}


def test_a_large_wrong_answer_costs_its_own_exercise_only(small_course):
    bodies = {
        "tensors": "return torch.zeros(1, 1, 1000, 1500)",
        "numbers": "return [0.1] * 19000",
        "nested": "l = []; l.append(l); l.append(l); return l",
    }
    for name, body in bodies.items():
        submit(small_course, name, odd(body))
    submit(small_course, "right", solved())
    records = graded(small_course)
    full = records["right"]["max_score"]
    for name in bodies:
        own = [r for r in records[name]["requirements"] if r["exercise"] == "to_nchw"]
        lost = sum(r["points"] - r["earned"] for r in own)
        assert records[name]["score"] == pytest.approx(full - lost), records[name]["notes"]


LAZY = """
import torch
class L(torch.Tensor):
    def detach(self):
        x, k, s, p = self.__dict__["todo"]
        f = getattr(torch.nn.functional, "".join(["conv", "2d"]))
        return f(x[None, None], k[None, None], stride=s, padding=p)[0, 0]
def conv2d_manual(x, k, stride=1, padding=0):
    rows = (x.shape[0] + 2 * padding - k.shape[0]) // stride + 1
    columns = (x.shape[1] + 2 * padding - k.shape[1]) // stride + 1
    out = torch.zeros(rows, columns, dtype=x.dtype).as_subclass(L)
    out.todo = (x.clone(), k.clone(), stride, padding)
    return out
"""


def test_what_a_result_computes_while_it_is_read_counts_for_nothing(small_course):
    submit(small_course, "lazy", solved(conv2d_manual=LAZY))
    record = graded(small_course)["lazy"]
    own = [r for r in record["requirements"] if r["exercise"] == "conv2d_manual"]
    assert sum(r["earned"] for r in own) < sum(r["points"] for r in own)


def test_a_line_that_tries_an_answer_out_costs_nothing(small_course):
    right = right_answers()["conv2d_manual"]
    trial = (
        "\n\nimage, kernel = torch.rand(5, 5), torch.rand(3, 3)\n"
        "expected = F.conv2d(image[None, None], kernel[None, None])\n"
        "print(conv2d_manual(image, kernel), expected)\n"
        "assert torch.allclose(conv2d_manual(image, kernel), expected[0, 0], atol=1e-4)\n"
    )
    submit(small_course, "trial", solved(conv2d_manual=right + trial))
    local = "def sobel_x(img):\n    w = F.conv2d\n"
    sobel = right_answers()["sobel_x"]
    submit(small_course, "alias", solved(sobel_x=f"{local}    return img\n\n{sobel}"))
    cheat = "def f():\n    global conv2d_manual\n    conv2d_manual = lambda x, k, stride=1, "
    cheat += "padding=0: F.conv2d(x[None, None], k[None, None], stride=stride, padding=padding)"
    cheat += "[0, 0]\n\n\ndef conv2d_manual(x, k, stride=1, padding=0):\n    pass\n\n\nf()"
    submit(small_course, "cheat", solved(conv2d_manual=cheat))
    submit(small_course, "reaches", odd("return None\n\nimport autograder.checks.check"))
    records = graded(small_course)
    for name in ("trial", "alias"):
        assert records[name]["score"] == records[name]["max_score"], records[name]["requirements"]
    own = [r for r in records["cheat"]["requirements"] if r["exercise"] == "conv2d_manual"]
    assert sum(r["earned"] for r in own) == 0
    assert any("autograder.checks" in note for note in records["reaches"]["notes"])


def test_a_fence_around_an_answer_in_a_text_cell_is_taken_off(small_course):
    notebook = json.loads(solved())
    for cell in notebook["cells"]:
        if cell.get("id") == "sobel_x":
            cell["cell_type"] = "markdown"
            cell["source"] = f"```python\n{cell['source']}\n```"
    submit(small_course, "fenced", json.dumps(notebook).encode())
    record = graded(small_course)["fenced"]
    assert record["score"] == record["max_score"], record["notes"]
