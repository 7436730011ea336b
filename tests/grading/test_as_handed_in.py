"""Folders as students hand them in, through the command: modules, copies, packages, sizes."""

import json

from .conftest import CHAPTER, blank, graded, right_answers, solved, submit


def folder_of(course, student):
    return course / "submitted" / student / CHAPTER


def test_whatever_lies_in_a_folder_the_answers_are_graded(small_course):
    answers = right_answers()
    submit(small_course, "module", solved(to_nchw="from helpers import to_nchw"))
    helper = f"import torch\n\n{answers['to_nchw']}"
    (folder_of(small_course, "module") / "helpers.py").write_text(helper)
    # a module that does what is not allowed is looked through like a cell
    rule = "import torch.nn.functional as F\n\n\ndef conv2d_manual(x, k, stride=1, padding=0):\n"
    rule += "    x, k = x[None, None], k[None, None]\n"
    rule += "    return F.conv2d(x, k, stride=stride, padding=padding)[0, 0]\n"
    for student, source in (
        ("rule", "from helpers import conv2d_manual"),
        ("rule-too", "import helpers as h\n\nconv2d_manual = h.conv2d_manual"),
    ):
        submit(small_course, student, solved(conv2d_manual=source))
        (folder_of(small_course, student) / "helpers.py").write_text(rule)
    submit(small_course, "copy", json.dumps(blank()).encode())
    (folder_of(small_course, "copy") / f"{CHAPTER} (1).ipynb").write_bytes(solved())
    submit(small_course, "two", solved())
    other = solved(to_nchw="def to_nchw(a):\n    return a")
    (folder_of(small_course, "two") / f"{CHAPTER}-Copy1.ipynb").write_bytes(other)
    package = f"import no_such_package as nsp\n{answers['to_nchw']}"
    submit(small_course, "package", solved(to_nchw=package))
    undefined = "def to_nchw_(a):\n    return a"
    submit(small_course, "undefined", solved(to_nchw=undefined))
    notebook = json.loads(solved())
    notebook["cells"][0]["source"] = f"![](data:image/png;base64,{'A' * 24_000_000})"
    notebook["cells"].append({"cell_type": "code", "source": None})
    submit(small_course, "large", json.dumps(notebook).encode())
    reset = json.loads(solved())
    first = next(c for c in reset["cells"] if c["cell_type"] == "code")
    at = next(i for i, c in enumerate(reset["cells"]) if c["id"] == "to_nchw")
    again = {"cell_type": "code", "metadata": {}, "source": first["source"]}
    reset["cells"][at:at] = [again | {"source": "%reset -f"}, again]
    submit(small_course, "reset", json.dumps(reset).encode())
    elsewhere = json.loads(json.dumps(blank()))
    text = "\n\n\n".join(answers.values())
    elsewhere["cells"].append({"cell_type": "code", "metadata": {}, "source": text})
    for cell in elsewhere["cells"]:
        cell.pop("id", None)
        cell["metadata"] = {}
    submit(small_course, "lost", json.dumps(elsewhere).encode())

    records = graded(small_course)

    for student in ("module", "copy", "package", "large", "reset", "lost"):
        record = records[student]
        assert (record["status"], record["score"]) == ("graded", record["max_score"]), record
    notes = {student: " ".join(record["notes"]) for student, record in records.items()}
    assert "Own modules handed in: helpers.py." in notes["module"]
    assert f"'{CHAPTER} (1).ipynb' was graded" in notes["copy"]
    assert "`no_such_package` is not installed here" in notes["package"]
    assert "cannot be read" in notes["large"] and "were cut: cell 1" in notes["large"]
    assert "have lost their names" in notes["lost"]
    assert records["two"]["status"] == "needs_review"
    assert f"'{CHAPTER}-Copy1.ipynb'" in records["two"]["reason"]
    for student in ("rule", "rule-too"):
        reasons = {
            check["reason"]
            for check in records[student]["checks"]
            if check["exercise"] == "conv2d_manual"
        }
        assert any("is not allowed in this exercise" in str(reason) for reason in reasons), reasons
    said = {c["reason"] for c in records["undefined"]["checks"] if c["exercise"] == "to_nchw"}
    assert any("does not define it: name 'to_nchw'" in str(reason) for reason in said)
