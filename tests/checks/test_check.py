"""A check in a student's notebook: one quiet line, a card, or a word that helps; one error."""

import json
import os
import subprocess
import sys
import types
from unittest import mock

import pytest

from autograder import check
from autograder.errors import CheckFailed
from autograder.live import framing as cells
from tests import chapter
from tests.shell import at_a_notebook

CHECKS = """
check("conv/stride 1", conv, IMAGE, KERNEL)
check("conv/stride 2", conv, IMAGE, KERNEL, stride=2)
"""
RIGHT = """
def conv(x, k, stride=1):
    x, k = x.float()[None, None], k.float()[None, None]
    return F.conv2d(x, k, stride=stride)[0, 0]
"""
NO_STRIDE = RIGHT.replace(", stride=stride)", ")")
FLIPPED = RIGHT.replace("k.float()", "k.flip(0, 1).float()")
UNANSWERED = "def conv(x, k, stride=1):\n    raise NotImplementedError()"


@pytest.fixture
def student(tmp_path):
    chapter.write(tmp_path)
    with at_a_notebook(tmp_path) as student:
        yield student


def remembered(tmp_path):
    return json.loads((tmp_path / ".autograder" / f"{chapter.NAME}.json").read_text())["checks"]


def test_a_passing_check_is_one_quiet_line(student):
    student.run(RIGHT)
    ran = student.run(CHECKS)
    assert ran.printed == "✓ conv/stride 1\n✓ conv/stride 2\n"
    assert not ran.shown and not ran.error and ran.raised is None


def test_every_check_of_a_cell_runs_and_the_cell_fails_once(student, tmp_path):
    student.run(NO_STRIDE)
    first, second = CHECKS.strip().splitlines()
    ran = student.run(f"{second}\n{first}")
    assert ran.printed == "✓ conv/stride 1\n" and len(ran.shown) == 1
    assert ran.error.count("\n") == 0
    assert "conv" in ran.error and "stride 2" in ran.error
    assert remembered(tmp_path) == {"conv/stride 1": "passed", "conv/stride 2": "failed"}


def test_a_known_mistake_is_told_before_anything_else(student):
    student.run(NO_STRIDE)
    lines = student.run(CHECKS).text.splitlines()
    message = next(i for i, text in enumerate(lines) if "is `stride` passed on?" in text)
    shape = next(i for i, text in enumerate(lines) if "shape" in text)
    assert message < shape


def test_a_mistake_made_twice_is_explained_once(student):
    student.run(FLIPPED)
    ran = student.run(CHECKS)
    assert len(ran.shown) == 1
    assert "You turned the kernel" in ran.text
    assert ran.printed == "✗ conv/stride 2: the same mistake as above\n"


def test_an_error_met_twice_is_shown_once(student):
    student.run("def conv(x, k, stride=1):\n    return x[None][9]")
    ran = student.run(CHECKS)
    assert ran.text.count("IndexError") == 1
    assert ran.printed == "✗ conv/stride 2: the same error as above\n"


def test_a_hint_is_offered_once_a_cell(student):
    ran = student.run('check("out_size/small", 4)\ncheck("out_size/small", 5)')
    assert len(ran.shown) == 2
    assert ran.text.count('hint("out_size")') == 1


def test_in_a_students_copy_the_next_cells_still_run(student):
    student.run(UNANSWERED)
    ran = student.run(CHECKS)
    assert ran.raised is None  # the kernel goes on to the cells that are queued
    assert ran.printed == "○ conv: not answered yet\n" and not ran.error


def test_validate_is_told_of_an_unanswered_exercise(student, monkeypatch):
    monkeypatch.setenv("NBGRADER_VALIDATING", "1")
    student.run(UNANSWERED)
    assert student.run(CHECKS).error == "conv: not answered yet"


def test_beside_private_references_the_error_is_raised(tmp_path):
    (tmp_path / f"{chapter.NAME}.references").write_bytes(chapter.make().to_bytes())
    with at_a_notebook(tmp_path) as author:
        author.run(FLIPPED)
        ran = author.run(CHECKS)
    assert isinstance(ran.raised, CheckFailed)
    assert ran.error.count("\n") == 0
    assert not (tmp_path / ".autograder").exists()


def test_outside_a_notebook_a_failed_check_raises_at_once(tmp_path, monkeypatch, capsys):
    chapter.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    check("out_size/small", 3)
    with pytest.raises(CheckFailed, match="out_size"):
        check("out_size/small", 4)
    assert "expected 3" in capsys.readouterr().out


def test_not_attempted_is_not_wrong(student, tmp_path):
    student.run(UNANSWERED)
    ran = student.run(CHECKS)
    assert ran.printed == "○ conv: not answered yet\n"
    assert not ran.shown
    assert set(remembered(tmp_path).values()) == {"not_answered"}


def test_a_solution_cell_that_never_ran_is_named(student):
    ran = student.run(CHECKS)
    assert "`conv` does not exist yet: run the solution cell above first" in ran.text
    assert ran.error == "conv: not answered yet"
    assert "○ conv/stride 2: not answered yet" in ran.printed


def test_a_missing_answer_is_named_inside_a_lambda_too(student):
    ran = student.run('check("out_size/small", lambda: out_size(5, 3))')
    assert "`out_size` does not exist yet: run the solution cell above first" in ran.text


def test_a_solution_cell_with_a_syntax_error_leaves_a_word_at_the_check(student):
    student.run("def conv(x, k\n    return x")
    assert "If that cell shows an error, mend the error first." in student.run(CHECKS).text


def test_another_missing_name_points_to_the_cells_above(student):
    student.run(RIGHT)
    ran = student.run('check("conv/stride 1", conv, picture, KERNEL)')
    assert "`picture` does not exist yet" in ran.text
    assert "Run All Above" in ran.text


def test_an_exception_shows_the_students_line_and_none_of_ours(student):
    student.run("def conv(x, k, stride=1):\n    y = x[None]\n    return F.conv2d(y, k)")
    ran = student.run(CHECKS)
    assert "RuntimeError" in ran.text
    assert "line 3: return F.conv2d(y, k)" in ran.text
    everything = ran.text + ran.html + ran.error + ran.printed
    assert "observe" not in everything and "site-packages" not in everything
    assert "Traceback" not in everything


def test_a_name_error_inside_the_answer_is_the_students_own(student):
    student.run("def conv(x, k, stride=1):\n    return F.conv2d(x, kernel)")
    text = student.run(CHECKS).text
    assert "name 'kernel' is not defined" in text
    assert "line 2: return F.conv2d(x, kernel)" in text


def test_an_exception_on_the_way_to_a_check_counts_as_its_answer(student, tmp_path):
    student.run("class Net(nn.Module):\n    def __init__(self):\n        self.a = nn.Linear(1, 1)")
    ran = student.run(
        'check("Net/parameters", parameters, Net())\n'
        'check("Net/module", Net())\ncheck("Net/raises", 7)'
    )
    assert ran.text.count("line 3: self.a = nn.Linear(1, 1)") == 1
    assert ran.printed == "✗ Net/module: the same error as above\n"
    assert ran.error == "Net: 0 of 3 checks pass; still open: parameters, module, raises"
    assert remembered(tmp_path)["Net/module"] == "failed"


def test_an_unwritten_class_made_before_the_checks_is_not_answered(student):
    student.run(
        "class Net(nn.Module):\n    def __init__(self):\n        raise NotImplementedError()"
    )
    ran = student.run(
        'net = Net()\ncheck("Net/parameters", parameters, net)\ncheck("Net/module", net)'
    )
    assert ran.printed == "○ Net: not answered yet\n" and not ran.error


def test_an_exception_after_the_checks_is_left_alone(student):
    student.run(RIGHT)
    ran = student.run(CHECKS + "\n1 / 0\nx = 1")
    assert isinstance(ran.raised, ZeroDivisionError)
    assert "ZeroDivisionError" in ran.error


def test_a_cell_that_is_stopped_says_where_it_was(student):
    student.run("def conv(x, k, stride=1):\n    raise KeyboardInterrupt")
    ran = student.run(CHECKS)
    assert "You interrupted this check." in ran.text
    assert "line 2: raise KeyboardInterrupt" in ran.text
    assert isinstance(ran.raised, CheckFailed)  # what was queued stops as well


def test_the_last_lines_value_is_displayed_all_the_same(student):
    student.run(RIGHT)
    assert student.run(CHECKS + "\n6 * 7").value == 42


def test_what_the_students_code_prints_is_left_alone(student):
    student.run(RIGHT.replace("    return", "    print('hello', x.shape)\n    return"))
    printed = student.run(CHECKS).printed
    assert printed.startswith("hello torch.Size([1, 1, 5, 5])\n" * 2 + "✓ conv/stride 1")


def test_mistakes_that_look_alike_in_one_check_are_told_apart_by_the_others(student):
    student.run(RIGHT.replace("stride=stride", "stride=1"))
    assert "Your values are those of stride 1" in student.run(CHECKS).text


def test_a_missing_reference_file_is_undecided_and_says_so(tmp_path):
    with at_a_notebook(tmp_path) as student:
        ran = student.run('check("conv/stride 1", 3)')
    assert "nothing to compare" in ran.text
    assert "could not be checked" in ran.error


def test_a_damaged_reference_file_is_undecided_and_says_so(student, tmp_path):
    (tmp_path / f"{chapter.NAME}.references").write_bytes(b"TNNB garbage")
    ran = student.run('check("conv/stride 1", 3)')
    assert f"{chapter.NAME}.references cannot be read" in ran.text
    assert "could not be checked" in ran.error


def test_a_change_of_directory_does_not_lose_the_chapter(student, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("autograder.live.memory._start", tmp_path)
    student.run(RIGHT + "\nimport os\nos.chdir('elsewhere')")
    assert student.run(CHECKS).printed.count("✓") == 2


def test_validate_sees_the_cards_text(student, monkeypatch):
    monkeypatch.setenv("NBGRADER_VALIDATING", "1")
    student.run(NO_STRIDE)
    assert "is `stride` passed on?" in student.run(CHECKS).error


def test_while_grading_cells_stay_as_they_are(student, monkeypatch):
    recorded = []
    monkeypatch.setattr(sys.modules["autograder.checks.check"], "_record", recorded.append)
    student.run(FLIPPED)
    ran = student.run(CHECKS + "\nhint('conv')\nprogress()")
    assert len(recorded) == 2
    assert not ran.printed and not ran.shown and not ran.error


def test_cells_without_a_check_are_untouched(student):
    ran = student.run("1 / 0")
    assert isinstance(ran.raised, ZeroDivisionError)
    assert student.run("checked = 3\nchecked").value == 3


def in_a_new_process(code, **environment):
    """What a Python without a number of threads in its environment prints."""
    kept = {name: v for name, v in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=kept | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout.strip()


def test_importing_us_imports_neither_torch_nor_matplotlib():
    code = "import autograder, sys; print({'torch', 'matplotlib', 'IPython'} & set(sys.modules))"
    assert in_a_new_process(code) == "set()"


@pytest.mark.parametrize("imports", ["import autograder, torch", "import torch, autograder"])
def test_a_notebook_has_one_thread_and_says_nothing_on_stderr(imports):
    shell = (
        "from IPython.core.interactiveshell import InteractiveShell; InteractiveShell.instance()"
    )
    assert in_a_new_process(f"{shell}\n{imports}\nprint(torch.get_num_threads())") == "1"


def test_on_a_hub_tensorboard_goes_through_the_users_own_path(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    monkeypatch.setenv("TENSORBOARD_PROXY_URL", "")
    monkeypatch.delenv("TENSORBOARD_PROXY_URL")
    cells.install_into(types.SimpleNamespace(ast_transformers=[], events=mock.Mock()))
    assert os.environ["TENSORBOARD_PROXY_URL"] == "/user/ada/proxy/%PORT%/"


def test_a_cell_is_framed_once_however_often_we_are_imported():
    shell = types.SimpleNamespace(ast_transformers=[], events=mock.Mock())
    cells.install_into(shell)
    cells.install_into(shell)
    assert len(shell.ast_transformers) == 1
