"""What a call leaves behind is recorded, and the process is put back."""

import os
import random
import threading
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from autograder.checks import snapshots, traces
from autograder.checks.check import observe
from autograder.judge.left_behind import OF_ARGUMENT, OF_PROCESS


def left(function, *args, exercise="a"):
    """The traces of a watched call inside a check of the exercise ``a``."""
    watched = traces.watched(function, exercise)

    def harness(*given):
        watched(*given)

    return observe("a/b", harness, args, {}, rtol=0, atol=0, forbid=())[0].traces


def sets(code):
    names = {"torch": torch, "np": np, "random": random, "os": os, "warnings": warnings}
    return lambda: exec(code, names)


PROCESS = {
    "torch.set_grad_enabled(False)": "grad mode=off",
    "torch.set_default_dtype(torch.float64)": "default dtype",
    "torch.set_default_device('meta')": "default device",
    "torch.manual_seed(0)": "seed",
    "random.seed(0)": "seed",
    "np.random.seed(0)": "seed",
    "torch.set_num_threads(torch.get_num_threads() + 1)": "threads",
    "warnings.simplefilter('ignore')": "warnings",
    "os.chdir('/')": "folder",
    "os.environ['A_TRACE'] = '1'": "environment",
    "torch.autograd.set_detect_anomaly(True)": "modes of torch",
}


@pytest.mark.parametrize(("code", "trace"), PROCESS.items())
def test_a_trace_in_the_process_is_recorded_and_put_back(code, trace):
    before = (torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads())
    folder, filters, names = os.getcwd(), list(warnings.filters), dict(os.environ)
    assert left(sets(code)) == (trace,)
    assert before == (
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        torch.get_num_threads(),
    )
    assert torch.zeros(1).device.type == "cpu" and not torch.is_anomaly_enabled()
    assert (folder, filters, names) == (os.getcwd(), list(warnings.filters), dict(os.environ))
    assert left(lambda: None) == ()


def test_random_states_that_have_advanced_are_no_trace():
    def draws():
        torch.rand(3)
        nn.Linear(4, 4)
        np.random.rand(10_000)
        random.shuffle(list(range(5_000)))
        with torch.random.fork_rng():
            torch.manual_seed(1)

    assert left(draws) == ()


def test_a_hook_on_all_modules_and_a_thread_are_traces():
    end = threading.Event()
    handles = []

    def hooks():
        handles.append(nn.modules.module.register_module_forward_hook(lambda *_: None))

    assert left(hooks) == ("global hooks",)
    handles[0].remove()
    assert left(lambda: threading.Thread(target=end.wait, daemon=True).start()) == ("threads",)
    end.set()


def model():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Sequential(nn.Linear(3, 1)))


MODULE = {
    "weights": (lambda m: m[0].weight.data.add_(1), "values"),
    "a nested mode": (lambda m: m[2][0].eval(), "modes"),
    "all modes": (lambda m: m.eval(), "modes"),
    "frozen": (lambda m: m[0].requires_grad_(False), "requires_grad"),
    "gradients": (lambda m: m(torch.ones(2, 2)).sum().backward(), "grad"),
    "statistics": (lambda m: m[1].running_mean.add_(1), "buffers"),
    "a hook": (lambda m: m[1].register_forward_hook(lambda *_: None), "hooks"),
    "a hook of a parameter": (lambda m: m[0].weight.register_hook(lambda grad: grad), "hooks"),
    "a part more": (lambda m: m.add_module("more", nn.ReLU()), "structure"),
    "a forward of its own": (lambda m: setattr(m, "forward", len), "structure"),
}


@pytest.mark.parametrize("case", MODULE)
def test_a_trace_in_a_module_is_recorded(case):
    change, kind = MODULE[case]
    assert f"1: {kind}" in left(change, model())


def test_a_module_that_is_put_back_shows_nothing():
    def careful(m):
        modes = [(part, part.training) for part in m.modules()]
        m.eval()
        handle = m[0].register_forward_hook(lambda *_: None)
        with torch.no_grad():
            m(torch.ones(2, 2))
        handle.remove()
        for part, mode in modes:
            part.training = mode

    assert left(careful, model()) == ()


ARGUMENTS = {
    "in place": (lambda x: x.mul_(2), lambda: torch.ones(2), ("1: values",)),
    "requires_grad": (lambda x: x.requires_grad_(), lambda: torch.ones(2), ("1: requires_grad",)),
    "detached": (
        lambda x: x.detach_(),
        lambda: torch.ones(2, requires_grad=True) * 2,
        ("1: requires_grad",),
    ),
    "a gradient": (
        lambda x: x.sum().backward(),
        lambda: torch.ones(2, requires_grad=True),
        ("1: grad",),
    ),
    "an array": (lambda x: x.fill(3), lambda: np.zeros(3), ("1: values",)),
    "a list": (lambda x: x.append(1), lambda: [1, 2], ("1: values",)),
    "a dict": (lambda x: x.pop("a"), lambda: {"a": torch.ones(1)}, ("1: values",)),
    "inside a list": (lambda x: x[0].add_(1), lambda: [torch.ones(1)], ("1: values",)),
    "a loader's data": (
        lambda x: x.dataset.tensors[0].zero_(),
        lambda: DataLoader(TensorDataset(torch.ones(4, 2))),
        ("1: values",),
    ),
    "NaN stays NaN": (lambda x: x * 2, lambda: torch.tensor([float("nan")]), ()),
    "nothing": (lambda x: x + 1, lambda: torch.ones(2), ()),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_a_trace_in_an_argument_is_recorded(case):
    change, make, expected = ARGUMENTS[case]
    assert left(change, make()) == expected


def test_arguments_are_put_back_when_the_result_is_recorded():
    x, rows = torch.ones(2, 2), np.zeros(3)

    def change(x, rows):
        rows += 1
        return x.mul_(2).unsqueeze_(0)

    function = traces.watched(change, "a")
    recorded, _ = observe("a/b", function, (x, rows), {}, rtol=0, atol=0, forbid=())
    assert recorded.outcome["shape"] == [1, 2, 2]
    assert recorded.tensors[recorded.outcome["data"]].max() == 2
    assert torch.equal(x, torch.ones(2, 2)) and not rows.any()
    assert set(recorded.traces) == {"1: values", "2: values"}


def test_a_function_of_another_exercise_leaves_its_own_traces():
    assert left(lambda x: x.mul_(2), torch.ones(2), exercise="another") == ()


def test_modes_that_a_check_has_switched_on_do_not_see_the_watching():
    calls = []

    class Count(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            calls.append(function)
            return function(*args, **(kwargs or {}))

    watched = traces.watched(lambda m: None, "a")

    def harness(m):
        with Count():
            watched(m)

    observe("a/b", harness, (model(),), {}, rtol=0, atol=0, forbid=())
    assert calls == []


def test_the_judge_has_a_sentence_for_every_trace():
    assert set(OF_ARGUMENT) == set(snapshots.OF_ARGUMENTS)
    assert {key.partition("=")[0] for key in OF_PROCESS} == set(traces.OF_PROCESS)


def test_random_states_read_from_memory_are_those_that_the_libraries_tell():
    random.seed(7)
    np.random.seed(7)
    for _ in range(2):
        *words, index = random.getstate()[1]
        assert traces._python_words() == traces._LAYOUT.pack(index, *words)
        state = np.random.get_state(legacy=False)["state"]
        assert traces._numpy_words() == state["key"].tobytes() + np.int32(state["pos"]).tobytes()
        random.random()
        np.random.random()
