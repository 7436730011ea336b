"""What cells print, show and raise becomes nbformat outputs, as if a kernel had run."""

import base64

import nbformat
import pytest

from autograder.pages.sanitize import sanitize_outputs
from autograder.sandbox import CellLog
from autograder.sandbox.wire import MIME_TYPES
from tests.sandbox.jobs import error, everything, execute, job, text


def run_one(source: str) -> CellLog:
    return execute(job(source)).cells[0]


def test_a_cell_that_prints_and_ends_in_a_value_has_a_stream_and_a_result():
    cell = run_one("print('hello')\n40 + 2")
    assert cell.status == "ok"
    assert cell.outputs == [
        {"output_type": "stream", "name": "stdout", "text": "hello\n"},
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "data": {"text/plain": "42"},
            "metadata": {},
        },
    ]


def test_outputs_are_valid_nbformat():
    sources = (
        "print('x')\nimport sys\nprint('y', file=sys.stderr)",
        "1 / 0",
        "from IPython.display import display, HTML, Markdown\n"
        "display(HTML('<b>b</b>'), Markdown('*'))",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n'end'",
    )
    run = execute(job(*sources))
    cells = [
        nbformat.v4.new_code_cell(
            source, outputs=[nbformat.from_dict(o) for o in cell.outputs], execution_count=1
        )
        for source, cell in zip(sources, run.cells, strict=True)
    ]
    nbformat.validate(nbformat.v4.new_notebook(cells=cells))
    assert [cell.status for cell in run.cells] == ["ok", "error", "ok", "ok"]


def test_cells_share_their_names_and_an_error_does_not_stop_the_later_ones():
    run = execute(job("x = 1", "y = undefined", "x + 1"))
    assert [cell.status for cell in run.cells] == ["ok", "error", "ok"]
    assert run.cells[2].outputs[0]["data"] == {"text/plain": "2"}
    assert run.cells[2].outputs[0]["execution_count"] == 3
    assert run.ended == "finished"
    assert run.reason is None


def test_an_error_names_the_cell_and_the_line_and_shows_the_source():
    source = "def halve(x):\n    return x / 0\n\nhalve(3)"
    found = error(execute(job("pass", source)).cells[1])
    assert found["ename"] == "ZeroDivisionError"
    assert found["evalue"] == "division by zero"
    plain = _without_colors("\n".join(found["traceback"]))
    assert "Cell In[2], line 4" in plain
    assert "return x / 0" in plain
    assert "----> 4 halve(3)" in plain


def test_a_syntax_error_is_an_error_of_its_cell():
    cell = run_one("for")
    assert cell.status == "error"
    assert error(cell)["ename"] == "SyntaxError"


def test_errors_in_libraries_show_the_students_line():
    cell = run_one("import torch\ntorch.ones(2) @ torch.ones(3)")
    assert "torch.ones(2) @ torch.ones(3)" in _without_colors("\n".join(error(cell)["traceback"]))


def test_a_figure_is_a_picture_with_its_text():
    cell = run_one("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    (output,) = cell.outputs
    assert output["output_type"] == "display_data"
    assert base64.b64decode(output["data"]["image/png"]).startswith(b"\x89PNG")
    assert output["data"]["text/plain"] == "<Figure size 640x480 with 1 Axes>"


def test_a_figure_is_shown_at_the_end_of_its_cell_without_show():
    run = execute(job("import matplotlib.pyplot as plt\nplt.plot([1, 2]);", "'nothing'"))
    assert [list(o["data"]) for o in run.cells[0].outputs] == [["text/plain", "image/png"]]
    assert [list(o["data"]) for o in run.cells[1].outputs] == [["text/plain"]]


def test_magic_for_inline_figures_is_harmless():
    run = execute(
        job("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()")
    )
    assert "image/png" in run.cells[0].outputs[-1]["data"]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("%%capture said\nprint(1)", ""),
        ("!echo hello", "hello\n"),
        ("  print(2)", "2\n"),
        ("\n\nprint(2)", "2\n"),
        (">>> print(2)", "2\n"),
        ("In [3]: print(2)", "2\n"),
        ("print('''\n>>> 1''')", "\n1\n"),  # even there IPython takes a prompt off
        ("print(1)\r\nprint(2)\r\n", "1\n2\n"),
        ("import asyncio\nprint([await asyncio.sleep(0, i) for i in (1, 2)])", "[1, 2]\n"),
    ],
)
def test_what_only_ipython_understands_is_understood(source: str, shown: str):
    cell = run_one(source)
    assert (cell.status, text(cell)) == ("ok", shown)


def test_await_works_at_top_level():
    cell = run_one("import asyncio\nawait asyncio.sleep(0, 'slept')")
    assert cell.outputs[0]["data"] == {"text/plain": "'slept'"}


@pytest.mark.parametrize("call", ["input('name?')", "import getpass; getpass.getpass()"])
def test_asking_for_input_raises_at_once(call):
    cell = run_one(call)
    assert error(cell)["ename"] == "StdinNotImplementedError"
    assert "nobody to answer" in error(cell)["evalue"]


def test_a_display_can_be_updated():
    run = execute(
        job(
            "from IPython.display import display\n"
            "handle = display('before', display_id=True)\nprint('between')",
            "handle.update('after')",
        )
    )
    assert run.cells[0].outputs[0]["data"] == {"text/plain": "'after'"}
    assert run.cells[1].outputs == []


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("print('a'); clear_output(); print('b')", "b\n"),
        ("print('a'); clear_output(wait=True)", "a\n"),
        ("print('a'); clear_output(wait=True); print('b')", "b\n"),
    ],
)
def test_outputs_can_be_cleared(source, printed):
    assert text(run_one(f"from IPython.display import clear_output\n{source}")) == printed


def test_streams_keep_their_order_and_displays_stand_between_them():
    cell = run_one(
        "import sys\nfrom IPython.display import display\n"
        "print('one', end='')\nprint('two', file=sys.stderr)\nprint('three', end='')\n"
        "display(4)\nprint('five')"
    )
    kinds = [o.get("text") or o["data"]["text/plain"] for o in cell.outputs]
    assert kinds == ["two\n", "onethree", "4", "five\n"] or kinds == [
        "one",
        "two\n",
        "three",
        "4",
        "five\n",
    ]


def test_what_c_code_and_other_programs_write_is_recorded_too():
    cell = run_one(
        "import os, subprocess, sys\nos.write(1, b'from os\\n')\n"
        "subprocess.run([sys.executable, '-Ic', 'print(\"from a program\")'])\n"
        "os.write(2, b'to stderr\\n')\nNone"
    )
    assert text(cell, "stdout") == "from os\nfrom a program\n"
    assert text(cell, "stderr") == "to stderr\n"


def test_shell_commands_run_inside_the_sandbox():
    cell = run_one("!echo hello && pwd")
    assert text(cell) == "hello\n/scratch\n"


def test_text_that_is_not_text_is_recorded_all_the_same():
    cell = run_one("import sys\nprint('\\ud800')\nsys.stdout.buffer.write(b'\\xff\\n')\nNone")
    assert text(cell) == "?\n�\n"


@pytest.mark.parametrize("call", ["exit()", "quit()", "%exit", "import sys; sys.exit(3)"])
def test_leaving_ends_the_cell_and_not_the_job(call):
    run = execute(job(call, "'still here'"))
    assert run.cells[0].status == "error"
    assert run.cells[1].outputs[0]["data"] == {"text/plain": "'still here'"}
    assert run.ended == "finished"


def test_widgets_leave_their_text():
    cell = run_one("import ipywidgets\nipywidgets.IntSlider(3)")
    assert cell.outputs[0]["data"] == {"text/plain": "IntSlider(value=3)"}


def test_unknown_types_of_output_are_left_behind():
    cell = run_one(
        "from IPython.display import display\n"
        "display({'application/javascript': 'alert(1)', 'application/x-evil': 'x',"
        " 'text/plain': 'plain'}, raw=True)"
    )
    assert cell.outputs == [
        {"output_type": "display_data", "data": {"text/plain": "plain"}, "metadata": {}}
    ]


def test_classes_of_cells_can_be_pickled_and_source_can_be_inspected():
    cell = run_one(
        "import inspect, pickle\nclass Thing:\n    def go(self): return 1\n"
        "pickle.loads(pickle.dumps(Thing())).go(), 'return 1' in inspect.getsource(Thing.go)"
    )
    assert cell.outputs[0]["data"] == {"text/plain": "(1, True)"}


def test_no_trace_of_the_rehearsal_is_left():
    cell = run_one("sorted(n for n in globals() if n in ('plt', 'wrong', 'torch', 'x', 'figure'))")
    assert cell.outputs[0]["data"] == {"text/plain": "[]"}
    assert execute(job("_, __, Out")).cells[0].outputs[0]["data"] == {"text/plain": "('', '', {})"}


def test_a_job_without_cells_is_finished():
    run = execute(job())
    assert run.cells == []
    assert run.ended == "finished"


def test_evidence_arrives_with_the_cell_that_was_running():
    run = execute(
        job(
            "from autograder import check",
            "import torch\ncheck('a/b', torch.ones(3))\ncheck('a/c', 3)",
            "check('b/b', lambda: 2)",
        )
    )
    assert [index for index, _ in run.evidence] == [1, 1, 2]
    assert run.evidence[0][1].startswith(b"TNNB")
    assert everything(run).count("output_type") == 0


def test_fresh_inputs_depend_on_the_seed_of_the_job():
    source = (
        "from autograder.checks import probes\nimport torch\n"
        "torch.rand(3, generator=probes.generator('a'))"
    )
    values = [
        execute(job(source, seed=seed)).cells[0].outputs[0]["data"]["text/plain"]
        for seed in (1, 1, 2)
    ]
    assert values[0] == values[1] != values[2]


def test_the_same_job_draws_the_same_random_numbers():
    source = (
        "import random, numpy, torch\n"
        "random.random(), float(numpy.random.rand()), torch.rand(1).item()"
    )
    first, again, other = (
        execute(job(source, seed=seed)).cells[0].outputs[0]["data"]["text/plain"]
        for seed in (2**62, 2**62, 7)
    )
    assert first == again != other


def test_progress_is_told_of_each_cell_as_it_ends():
    seen = []
    execute(job("1", "1/0", "2"), progress=lambda index, cell: seen.append((index, cell.status)))
    assert seen == [(0, "ok"), (1, "error"), (2, "ok")]


def _without_colors(text: str) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_what_is_never_shown_is_not_taken_and_a_note_stands_in_its_place():
    svg = "<svg xmlns='http://www.w3.org/2000/svg'/>"
    cell = run_one(
        "from IPython.display import HTML, display\n"
        f'display({{"image/svg+xml": "{svg}", "text/html": "<b>x</b>"}}, raw=True)\n'
        "display(HTML('<b>b</b>'))"
    )
    alone, beside_text = cell.outputs
    assert alone["data"] == {}
    assert beside_text["data"].keys() == {"text/plain"}
    shown = [output["data"]["text/plain"] for output in sanitize_outputs(cell.outputs)]
    assert shown == ["(an output of a kind that is not shown)", beside_text["data"]["text/plain"]]


def test_what_is_taken_is_what_the_pages_show():
    picture = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Erk"
        "Jggg=="
    )
    data = {"text/plain": "a", "text/markdown": "b", "text/latex": "c", "image/png": picture}
    assert set(data) | {"image/jpeg"} == set(MIME_TYPES)
    for mime, value in data.items():
        (shown,) = sanitize_outputs(
            [{"output_type": "display_data", "data": {mime: value}, "metadata": {}}]
        )
        assert value in shown["data"].values()
