"""A student at a notebook without the notebook: an IPython shell in the chapter's folder."""

import contextlib
import dataclasses
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from autograder.live.framing import install

SETUP = """
import torch, torch.nn.functional as F
from torch import nn
from autograder import check, hint, progress
from tests.chapter import BIG, IMAGE, KERNEL, blur, both, parameters
"""


@dataclasses.dataclass
class Ran:
    """What one cell did: what it printed, what it displayed, how it ended."""

    printed: str
    shown: list[dict[str, str]]
    error: str  #: the rendered traceback, empty where there is none
    raised: BaseException | None
    value: object

    @property
    def text(self) -> str:
        """The displays as plain text."""
        return "\n".join(data["text/plain"] for data in self.shown)

    @property
    def html(self) -> str:
        return "\n".join(data.get("text/html", "") for data in self.shown)


class Student:
    """Runs cells one after another."""

    def __init__(self, shell: InteractiveShell, setup: str) -> None:
        self.shell = shell
        self.run(setup)

    def run(self, source: str) -> Ran:
        errors: list[str] = []
        self.shell._showtraceback = lambda _type, _value, lines: errors.append("\n".join(lines))
        with capture_output() as captured:
            result = self.shell.run_cell(source, store_history=True)
        raised = result.error_in_exec or result.error_before_exec
        shown = [output.data for output in captured.outputs]
        if result.result is not None:
            shown = shown[:-1] if shown else shown
        return Ran(captured.stdout, shown, "\n".join(errors), raised, result.result)


@contextlib.contextmanager
def at_a_notebook(folder: Path, setup: str = SETUP):
    """A new shell in ``folder``."""
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    try:
        with contextlib.chdir(folder):
            install()
            yield Student(shell, setup)
    finally:
        InteractiveShell.clear_instance()
