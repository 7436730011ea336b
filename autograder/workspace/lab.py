"""JupyterLab on the student's own copy, set up so that nothing has to be set up.

The server runs in this process: one thing to start, one thing to stop, the same on every system.
"""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from autograder.errors import AutograderError
from autograder.workspace.own_copy import OwnCopy

#: JupyterLab's settings here: what it leaves out, and a kernel that starts without remarks
SETTINGS = Path(__file__).parent / "jupyter"


def environment(base_url: str, given: Mapping[str, str]) -> dict[str, str]:
    """What the server and its kernels need in their environment, beyond what is ``given``.

    Args:
        base_url: the path that Jupyter is served under, ``/`` where it has a port of its own.
        given: the environment so far; a number of threads that it sets stays.
    """
    paths = {
        # `%tensorboard` and nbgrader start programs of this installation by their names.
        "PATH": sysconfig.get_path("scripts"),
        "JUPYTER_CONFIG_PATH": str(SETTINGS),
        # First on this path, so that no kernel of another installation wins by its name.
        "JUPYTER_PATH": str(SETTINGS),
    }
    joined = {
        name: os.pathsep.join([first, *filter(None, [given.get(name)])])
        for name, first in paths.items()
    }
    return joined | {
        "OMP_NUM_THREADS": given.get("OMP_NUM_THREADS", "1"),
        "TENSORBOARD_PROXY_URL": tensorboard_url(base_url),
        # The debugger's remark about frozen modules means nothing to a reader of the terminal.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def tensorboard_url(base_url: str) -> str:
    """Where the browser finds TensorBoard: through Jupyter's own port (jupyter-server-proxy).

    TensorBoard uses the value as it is, with its port for ``%PORT%``.
    """
    return f"/{base_url.strip('/')}/proxy/%PORT%/".replace("//", "/")


def arguments(
    folder: Path,
    chapter: Path | None,
    *,
    port: int | None,
    browser: bool,
    base_url: str,
    more: Sequence[str],
) -> list[str]:
    """JupyterLab's command line; ``chapter`` is the notebook to open, a path in ``folder``."""
    line = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.base_url={base_url}",
        # In a container everybody is root; the server listens to this machine only, with a token.
        "--ServerApp.allow_root=True",
        # Students need the address, not the log of the server.
        "--ServerApp.log_level=ERROR",
        "--LabApp.log_level=ERROR",
    ]
    if chapter is not None:
        line.append(f"--LabApp.default_url=/lab/tree/{quote(chapter.as_posix())}")
    if port is not None:
        line.append(f"--ServerApp.port={port}")
    if not browser:
        line.append("--ServerApp.open_browser=False")
    return [*line, *more]


def notebook_of(folder: Path, chapter: str) -> Path:
    """The newest notebook of a chapter in a copy, relative to it. Raises AutograderError."""
    editions = OwnCopy(folder).editions(chapter)
    if not editions:
        there = ", ".join(sorted(path.parent.name for path in folder.glob("*/*.ipynb")))
        raise AutograderError(f"There is no chapter {chapter!r} in {folder}: {there or 'empty'}.")
    return Path(editions[-1].folder, editions[-1].notebook)


def open_lab(
    folder: Path,
    chapter: Path | None = None,
    *,
    port: int | None = None,
    browser: bool = True,
    base_url: str = "/",
    more: Sequence[str] = (),
) -> NoReturn:
    """Run JupyterLab on a copy until it is stopped; ends the process.

    Args:
        folder: the student's copy.
        chapter: the notebook to open, relative to ``folder``; JupyterLab's own choice if None.
        port: the port to listen on; the first free one from 8888 on if None.
        browser: whether to open a browser window.
        base_url: the path to serve under, for a server behind a proxy.
        more: further options of JupyterLab, after ours.

    Raises:
        AutograderError: JupyterLab is not installed.
    """
    folder = folder.resolve()
    os.environ.update(environment(base_url, os.environ))
    try:
        from jupyterlab.labapp import main
    except ImportError as error:
        raise AutograderError(
            f"JupyterLab cannot be started ({error}). Is the course's environment active?"
        ) from None
    # nbgrader reads a configuration from the current folder: never the instructor's.
    os.chdir(folder)
    line = arguments(folder, chapter, port=port, browser=browser, base_url=base_url, more=more)
    main(line)
    raise SystemExit(0)
