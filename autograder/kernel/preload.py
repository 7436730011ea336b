"""What the warm process does once so that no job has to do it again.

Imports, the shell, and one run of everything whose first time is slow: a figure, a traceback, a
display, an ``await``. Nothing here may start a thread, because a thread does not survive a fork.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from autograder.kernel.shell import Shell, make_shell

#: imported whatever the course; what is not installed is left out
_ALWAYS = ("numpy", "safetensors.numpy", "autograder", "autograder.checks.check", "ipywidgets")

#: what is rehearsed, each where the module that it needs has been imported
_REHEARSAL = (
    (
        "matplotlib",
        "import matplotlib.pyplot as plt\n"
        "figure, axes = plt.subplots()\n"
        "axes.plot([0, 1], [1, 0], label='$x^2$'); axes.set_title('a title'); axes.legend()\n"
        "axes.imshow([[0.0, 1.0], [1.0, 0.0]])\n"
        "plt.show()",
    ),
    ("matplotlib", "%matplotlib inline"),
    ("asyncio", "import asyncio\nawait asyncio.sleep(0)"),
    ("IPython", "from IPython.display import display, HTML\ndisplay(HTML('<b>b</b>'))"),
    # half precision asks the system about the processor once, which the sandbox would refuse
    ("torch", "import torch\ntorch.ones(2, 2).half().float()\ntorch.ones(2, 2).bfloat16()"),
    ("torch", "def wrong(x):\n    return torch.nn.functional.conv2d(x, x)\n\nwrong(torch.ones(3))"),
    ("numpy", "import numpy\ndef wrong(x):\n    return x @ x\n\nwrong(numpy.ones((2, 3)))"),
    ("IPython", "for"),
)


def preload(modules: Sequence[str]) -> Shell:
    """Import everything and return a rehearsed shell. Single-threaded afterwards."""
    gc.disable()
    for name in (*_ALWAYS, *modules):
        with contextlib.suppress(Exception):  # a job that needs it will say what is wrong with it
            importlib.import_module(name)
        if name == "torch" and "torch" in sys.modules:
            torch: Any = sys.modules["torch"]
            torch.set_num_threads(1)
            torch.set_num_interop_threads(1)
    if "matplotlib" in sys.modules:
        importlib.import_module("matplotlib_inline.backend_inline")
    _remember_pure_results()
    shell = make_shell()
    for needed, source in _REHEARSAL:
        if needed in sys.modules:
            shell.run_cell(source, store_history=True)
    _forget(shell)
    gc.enable()
    gc.collect()
    gc.freeze()
    return shell


def _remember_pure_results() -> None:
    """Cache two pure functions that pygments computes anew for every traceback (8 ms each)."""
    with contextlib.suppress(ImportError, AttributeError):
        from pygments import lexer
        from pygments.formatters.terminal256 import Terminal256Formatter

        make_pattern = functools.lru_cache(maxsize=256)(lexer.regex_opt)
        closest = Terminal256Formatter._closest_color
        colors: dict[tuple[int, int, int], int] = {}

        def regex_opt(words: Iterable[str], prefix: str = "", suffix: str = "") -> str:
            return str(make_pattern(tuple(words), prefix, suffix))

        def closest_color(self: Any, r: int, g: int, b: int) -> int:
            if (r, g, b) not in colors:
                colors[r, g, b] = closest(self, r, g, b)
            return colors[r, g, b]

        lexer.regex_opt = regex_opt
        Terminal256Formatter._closest_color = closest_color


def _forget(shell: Shell) -> None:
    """Leave no trace of the rehearsal in the state that jobs start from."""
    plt: Any = sys.modules.get("matplotlib.pyplot")
    if plt is not None:
        plt.close("all")
    with contextlib.suppress(ImportError, AttributeError):
        from IPython.core import async_helpers

        # its descriptors would be shared by all jobs
        async_helpers._asyncio_event_loop.close()  # type: ignore[union-attr]
        async_helpers._asyncio_event_loop = None
    exits = {name: shell.user_ns[name] for name in ("exit", "quit")}
    shell.reset(new_session=True, aggressive=False)
    shell.user_ns.update(exits, _="", __="", ___="")
    shell.execution_count = 1
    shell.compile._filename_map.clear()
    for name in ("last_type", "last_value", "last_traceback"):
        if hasattr(sys, name):
            delattr(sys, name)
