"""A real JupyterLab in a real Chromium: start it, open a notebook, run cells, look at outputs.

Outputs are read from the notebook's model, since cells off the screen may not be in the page.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Locator, Page, Response, expect

TOKEN = "a-token-of-the-tests"
PATIENCE = 300_000  #: milliseconds for what always comes, however busy the machine is
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def chromium() -> str | None:
    """The path of a Chromium, or None where there is none."""
    named = os.environ.get("AUTOGRADER_CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment(home: Path) -> dict[str, str]:
    """An environment in which Jupyter finds nothing of the user's own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "MPLBACKEND"))}
    folders = {
        "HOME": home,
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    return kept | {key: str(value) for key, value in folders.items()}


def server(course: Path, folder: Path, home: Path, log: Path):
    """JupyterLab on a student's own copy in ``folder``, as ``make lab`` opens it; its address."""
    options = [f"--course={course}", f"--folder={folder}"]
    return serving(["lab", *options], home, log, "--expose-app-in-browser")


@contextlib.contextmanager
def serving(command: list[str], home: Path, log: Path, *more: str):
    """A command of ``autograder`` that is a Jupyter server until it is stopped; its address.

    ``log`` gets everything that the server and its kernels write to the terminal; ``more`` are
    options of JupyterLab's.
    """
    port = free_port()
    line = [sys.executable, "-c", "from autograder.cli import main; main()", *command]
    line += ["--no-browser", f"--port={port}", "--", *more]
    line += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    with log.open("wb") as file:
        process = subprocess.Popen(line, env=environment(home), stdout=file, stderr=file)
        address = f"http://127.0.0.1:{port}"
        try:
            _until_it_answers(process, address, log)
            yield address
        finally:
            process.terminate()
            process.wait(300)


def _until_it_answers(process: subprocess.Popen, address: str, log: Path) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        assert process.poll() is None, f"JupyterLab ended:\n{log.read_text()}"
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=60).close()
            return
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab does not answer:\n{log.read_text()}")


READY = """async () => {
    const w = jupyterapp.shell.currentWidget;
    await w.context.ready; await w.sessionContext.ready;
    await w.sessionContext.session?.kernel?.info;
}"""

OUTPUTS = """() => {
    const cells = jupyterapp.shell.currentWidget.content.model.cells;
    return Array.from({length: cells.length}, (_, i) => {
        const cell = cells.get(i);
        return {
            id: cell.id,
            type: cell.type,
            source: cell.sharedModel.source,
            metadata: cell.sharedModel.metadata,
            outputs: cell.type === 'code' ? cell.outputs.toJSON() : [],
            executed: cell.type === 'code' && cell.executionCount !== null,
        };
    });
}"""


class Notebook:
    """One notebook, open in one page."""

    def __init__(self, page: Page, address: str, path: str, pictures: Path) -> None:
        self.page, self.pictures = page, pictures
        self.count = 0
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        self._responses: list[Response] = []
        contents = f"/api/contents/{path}"
        page.on("response", lambda r: self._responses.append(r) if contents in r.url else None)
        page.goto(f"{address}/lab/tree/{path}?reset&token={TOKEN}")
        page.wait_for_function(
            "window.jupyterapp?.shell.currentWidget?.context?.path?.endsWith('.ipynb')"
        )
        page.evaluate(READY)

    @property
    def transferred(self) -> int:
        """Bytes of the notebook that the browser has read so far."""
        return sum(len(r.body()) for r in self._responses if r.request.method == "GET" and r.ok)

    def errors(self) -> set[str]:
        """What the solution and check cells report as errors."""
        return {
            output["evalue"]
            for cell in self.cells()
            for output in cell["outputs"]
            if output["output_type"] == "error" and "nbgrader" in cell["metadata"]
        }

    def unanswered(self) -> set[str]:
        """The exercises of which a quiet line says that they are not answered yet."""
        outputs = [output for cell in self.cells() for output in cell["outputs"]]
        printed = "".join(joined(o["text"]) for o in outputs if o.get("name") == "stdout")
        return set(re.findall(r"^○ (\w+): not answered yet$", printed, re.MULTILINE))

    def stderr(self) -> str:
        """What any cell wrote to stderr."""
        outputs = [output for cell in self.cells() for output in cell["outputs"]]
        return "".join(joined(o["text"]) for o in outputs if o.get("name") == "stderr")

    def picture(self, name: str) -> None:
        """A screenshot among the test's artefacts."""
        self.count += 1
        self.page.screenshot(path=self.pictures / f"{self.count:02}-{name}.png")

    def cells(self) -> list[dict]:
        return self.page.evaluate(OUTPUTS)

    def index(self, grade_id: str) -> int:
        """The position of a cell by nbgrader's name."""
        for i, cell in enumerate(self.cells()):
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
                return i
        raise AssertionError(f"there is no cell {grade_id}")

    def command(self, name: str):
        """Run one of Lab's commands, and what it returns."""
        return self.page.evaluate(f"async () => await jupyterapp.commands.execute({name!r})")

    def theme(self, name: str) -> None:
        self.page.evaluate(
            "async theme => await jupyterapp.commands.execute('apputils:change-theme', {theme})",
            name,
        )
        light = "true" if "Light" in name else "false"
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached")

    def select(self, index: int) -> None:
        """Make a cell the active one and bring it onto the screen."""
        self.page.evaluate(
            """async i => {
                const notebook = jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = i; notebook.deselectAll();
                await notebook.scrollToItem(i, 'start');
            }""",
            index,
        )

    def cell(self, index: int) -> Locator:
        """A cell in the page; it is there once it was selected."""
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{index}"]')

    def write(self, index: int, source: str) -> None:
        """Type a cell's text as a student does: click, select all, insert."""
        self.select(index)
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    def append(self, source: str) -> int:
        """A new code cell at the end; its position."""
        self.page.evaluate(
            """source => {
                const model = jupyterapp.shell.currentWidget.content.model.sharedModel;
                model.insertCell(model.cells.length, {cell_type: 'code', source});
            }""",
            source,
        )
        return len(self.cells()) - 1

    def run(self, index: int) -> str:
        """Run one cell and wait for it; the text of its outputs."""
        self.select(index)
        self.command("notebook:run-cell")
        return text_of(self.cells()[index])

    def restart(self) -> None:
        """A new kernel, and what was in the old one forgotten."""
        self.page.evaluate(
            "async () => jupyterapp.shell.currentWidget.sessionContext.restartKernel()"
        )
        self.page.evaluate(READY)

    def run_all(self) -> None:
        self.command("notebook:run-all-cells")


def text_of(cell: dict) -> str:
    """Everything a cell put out, as plain text."""
    texts = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            texts.append(joined(output["text"]))
        elif output["output_type"] == "error":
            texts.append(f"{output['ename']}: {output['evalue']}")
        else:
            texts.append(joined(output["data"].get("text/plain", "")))
    return "\n".join(texts)


def joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
