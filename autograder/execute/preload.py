"""What the warm process does once so that no paper has to do it again.

Imports, the shell, and one run of everything whose first time is slow: a figure, a traceback, a
display, an ``await``. Nothing here may start a thread, because a thread does not survive a fork.
"""

from __future__ import annotations

import gc
import importlib
import sys
from typing import Any

from autograder.execute import compact
from autograder.execute.recorder import Shell, make_shell

#: imported in this order; one that is not installed is left out
MODULES = (
    "numpy",
    "torch",
    "torch.nn.functional",
    "torch.optim",
    "torch.utils.data",
    "torchvision",
    "torchvision.transforms",
    "safetensors.numpy",
    "matplotlib",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "autograder",
    "autograder.check",
    "autograder.probes",
)

_REHEARSAL = (
    "import matplotlib.pyplot as plt\n"
    "figure, axes = plt.subplots()\n"
    "axes.plot([0, 1], [1, 0], label='$x^2$'); axes.set_title('a title'); axes.legend()\n"
    "axes.imshow([[0.0, 1.0], [1.0, 0.0]])\n"
    "plt.show()",
    "%matplotlib inline",
    "import asyncio\nawait asyncio.sleep(0)",
    "import torch\nfrom IPython.display import display, HTML\ndisplay(HTML('<b>b</b>'))\n"
    "torch.ones(2, 2)",
    "def wrong(x):\n    return torch.nn.functional.conv2d(x, x)\n\nwrong(torch.ones(3))",
    "for",
)


def preload() -> Shell:
    """Import everything and return a rehearsed shell. Single-threaded afterwards."""
    gc.disable()
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        if name == "torch":
            module.set_num_threads(1)
            module.set_num_interop_threads(1)
    shell = make_shell()
    for source in _REHEARSAL:
        shell.run_cell(source, store_history=True)
    _forget(shell)
    gc.enable()
    gc.collect()
    gc.freeze()
    compact.gather()
    return shell


def _forget(shell: Shell) -> None:
    """Leave no trace of the rehearsal in the state that papers start from."""
    plt: Any = sys.modules.get("matplotlib.pyplot")
    if plt is not None:
        plt.close("all")
    exits = {name: shell.user_ns[name] for name in ("exit", "quit")}
    shell.reset(new_session=True, aggressive=False)
    shell.user_ns.update(exits)
    shell.execution_count = 1
    shell.compile._filename_map.clear()
    for name in ("last_type", "last_value", "last_traceback"):
        if hasattr(sys, name):
            delattr(sys, name)
