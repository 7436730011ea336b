"""What the scan of an answer finds, what it leaves to a person, and what it leaves alone."""

import inspect

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks import probes
from autograder.grading.forbidden import scan

IMPORTS = {"torch": "torch", "F": "torch.nn.functional", "nn": "torch.nn"}


def found(answer, *own, forbid=probes.CONVOLUTIONS):
    cells = {"conv": answer} | {f"own cell {i}": cell for i, cell in enumerate(own)}
    return scan(cells, "conv", forbid, IMPORTS)


ANSWER = "def conv(x, k):\n    return helper(x, k)"


@pytest.mark.parametrize(
    "helper",
    [
        "def helper(x, k):\n    return F.conv2d(x, k)",
        "from torch.nn.functional import conv2d as helper",
        "import torch.nn.functional as G\ndef helper(x, k):\n    return G.conv2d(x, k)",
        "G = torch.nn.functional\nH = G\nhelper = H.conv2d",
        "from torch.nn.functional import *\nhelper = lambda x, k: conv2d(x, k)",
        "class helper:\n    def __new__(cls, x, k):\n        return inner(x, k)\n\n"
        "def inner(x, k):\n    return nn.Conv2d(1, 1, 3)(x)",
        "def helper(x, k):\n    return torch.nn.grad.conv2d_input(x.shape, k, x)",
        "def helper(x, k):\n    return torch.convolution_backward(x, k)",
        "%time\ndef helper(x, k):\n    return F.conv2d(x, k)",
    ],
)
def test_a_helper_in_a_cell_of_ones_own_is_part_of_the_answer(helper):
    assert found(ANSWER, helper).used


@pytest.mark.parametrize(
    "cell",
    [
        "expected = F.conv2d(x, k)",
        "x = F.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))\nk = x",
        "def other(x):\n    return F.conv2d(x, x)",
        "print(conv(x, k) - F.conv2d(x, k))",
        "# helper = F.conv2d",
    ],
)
def test_trying_out_what_is_forbidden_elsewhere_is_allowed(cell):
    answer = "def conv(x, k):\n    y = x * k\n    return y\n\nprint(conv(x, k), expected)"
    assert found(answer, cell) == found(answer)
    assert found(answer).used == [] and found(answer).flags == []


def test_a_students_own_function_may_have_a_forbidden_name():
    own = "def conv2d(x, k):\n    return x * k\n\ndef conv(x, k):\n    return conv2d(x, k)"
    assert found(own, "from torch.nn.functional import conv2d\nconv2d(x, k)").used == []


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ('getattr(F, "conv2d")(x, k)', "getattr(F, 'conv2d')"),
        ('F.__dict__["conv2d"](x, k)', "F.__dict__['conv2d']"),
        ('vars(torch)["conv2d"](x, k)', "vars(torch)['conv2d']"),
        ('eval("F.conv2d(x, k)")', "F.conv2d"),
        ('exec("y = F.con" + "v2d(x, k)")', "F.conv2d"),
        ("torch.ops.aten.convolution.default(x, k)", "torch.ops.aten.convolution.default"),
        ("torch._C._nn.slow_conv3d(x, k)", "torch._C._nn.slow_conv3d"),
    ],
)
def test_a_name_in_a_string_is_a_mention(code, written):
    said = found(f"def conv(x, k):\n    return {code}" if "exec" not in code else code)
    assert written in said.used
    assert said.flags


@pytest.mark.parametrize(
    "code",
    [
        'getattr(F, "con" + "v2d")(x, k)',
        'getattr(torch, "".join(["conv", "2d"]))(x, k)',
        "getattr(F, name)(x, k)",
        "vars(F)[name](x, k)",
        "__import__(name).conv2d(x, k)",
        "importlib.import_module(name)",
        "eval(code)",
        "torch._C._nn",
        "torch.ops.mine.twice(x)",
        "torch._C.DisableTorchFunctionSubclass()",
        "sys.modules[name]",
        "ctypes.CDLL(name)",
        "threading.Thread(target=f)",
        "torch.compile(f)",
        "torch.jit.script(f)",
        "f.__globals__[name]",
        'table["conv" + "2d"]',
    ],
)
def test_what_builds_names_or_goes_around_them_is_flagged(code):
    imports = "import sys, ctypes, threading, importlib\n"
    said = found(f"{imports}def conv(x, k):\n    return {code}")
    assert said.used == [] and said.flags
    harmless = found("def conv(x, k):\n    return x", f"{imports}y = {code}")
    assert harmless.flags == []


@pytest.mark.parametrize(
    "code",
    [
        "getattr(self, name)",
        'getattr(layer, "bias", None)',
        "hasattr(F, 'pad')",
        "F.pad(x, [1] * 4) + F.unfold(x, 3)",
        "torch.einsum('ij,ij->', x, k)",
        "super().__init__()",
        "operator.add(x, k)",
        "re.compile(pattern)",
        '"conv2d"',
        'print("no F.conv2d here")',
        '{"conv2d": x}["conv2d"]',
        "self.conv2d(x)",
        "x.conv2d",
    ],
)
def test_what_every_answer_may_do_is_not_remarked(code):
    imports = "import operator, re\nfrom IPython.display import display\n"
    said = found(f"{imports}def conv(x, k, self=None):\n    return {code}")
    assert said.used == [] and said.flags == []


@pytest.mark.parametrize(
    ("code", "forbid"),
    [
        ("from torch.optim.sgd import sgd\nsgd(p, g)", probes.OPTIMIZERS),
        ("torch.optim.SGD(p, lr)", ("optim", "SGD")),
        ("from torch.optim import SGD\nSGD(p)", ("optim", "SGD")),
        ("torch._fused_sgd_(p, g)", probes.OPTIMIZERS),
        ("torch.DoubleTensor(scores)", probes.TENSORS),
        ("torch.from_numpy(scores)", probes.TENSORS),
        ("torch.nll_loss2d(x, y)", probes.LOSSES),
        ("torch.ops.aten.nll_loss_forward(x, y)", probes.LOSSES),
        ("nn.CrossEntropyLoss()(x, y)", probes.LOSSES),
        ("F.max_pool2d(x, 2)", probes.POOLINGS),
        ("nn.AdaptiveMaxPool2d(1)", probes.POOLINGS),
        ("torch._log_softmax(x, 1, False)", probes.SOFTMAXES),
        ("F.silu(x) / x", probes.SIGMOIDS),
        ("torch.func.jacfwd(f)(x)", probes.DERIVATIVES),
    ],
)
def test_the_lists_hold_what_answers_go_by(code, forbid):
    assert found(code, forbid=forbid).used


def test_the_lists_hold_all_that_this_torch_convolves_and_pools_with():
    names = {n for module in (torch, torch.nn.functional, torch._C._nn) for n in dir(module)}
    left = {n for n in names if "conv" in n.lower() and not n.startswith("_conv")}
    left -= {n for n in left if "convert" in n or "reorder" in n or "quantized" in n}
    spelt = {n: {n, n.lower(), n.strip("_")} for n in left}
    assert not {n for n, spellings in spelt.items() if not spellings & set(probes.CONVOLUTIONS)}
    pools = {n for n in names if "max_pool" in n and not n.startswith("boolean")}
    assert not {n for n in pools if not {n, n.strip("_")} & set(probes.POOLINGS)}


def test_nothing_is_scanned_where_nothing_is_forbidden():
    assert found("F.conv2d(x)\neval(code)", forbid=()) == scan({}, "conv", (), {})


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_can_be_scanned(text):
    found(text, text)


@pytest.mark.parametrize("text", ["(" * 5000, "x = " + "-" * 20_000 + "1", "\x00", "def f(:", "é"])
def test_code_that_nobody_can_read_is_nothing(text):
    assert found(text, text).used == []


def test_this_files_own_helpers_are_what_a_student_could_write():
    assert found(inspect.getsource(probes.normal)).used == []


@pytest.mark.parametrize(
    "text",
    [
        "F" + ".a" * 2500,
        "y = " + "+".join(["'a'"] * 2500),
        "y = getattr(F, " * 80 + "x" + ")" * 80,
        "\n".join(f"def f{i}(): return f{i + 1}()" for i in range(1500)),
    ],
)
def test_code_that_goes_on_and_on_is_read_or_flagged(text):
    assert found("def conv(x): return f0()\n" + text, text).used == []
