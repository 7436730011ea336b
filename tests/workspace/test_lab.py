"""A real JupyterLab on a student's copy, asked through its own interfaces; no browser."""

import functools
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, Any

import pytest
from jupyter_client import BlockingKernelClient

from autograder.workspace.lab import arguments, environment, notebook_of, tensorboard_url
from tests.workspace.small import CHAPTER, COMMAND, autograder, write_chapter

PROBE = """
import json, os, sys
import torch
print(json.dumps({
    "executable": sys.executable,
    "folder": os.getcwd(),
    "threads": torch.get_num_threads(),
    "tensorboard": os.environ["TENSORBOARD_PROXY_URL"],
    "path": os.environ["PATH"],
}))
"""


@dataclass
class Server:
    """A running JupyterLab. ``lines`` is what it and its kernels say on standard error."""

    folder: Path
    url: str
    token: str
    runtime: Path
    lines: list[str]
    said: str

    def ask(self, path: str, body: dict | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request) as answer:
            content = answer.read().decode()
        return content if path.startswith("lab") else json.loads(content)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("my course")
    write_chapter(root)
    home = root / "home"
    given = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "OMP"))}
    given |= {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    options = ["--no-browser", "--base-url", "/mine/", "--ServerApp.port_retries=50"]
    process = subprocess.Popen(
        [*COMMAND, "lab", CHAPTER, *options],
        cwd=root,
        env=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    lines: list[str] = []
    arrived: Queue[str] = Queue()
    reader = Thread(target=_read, args=(process.stderr, lines, arrived), daemon=True)
    reader.start()
    try:
        address = _address(arrived)
        _wait_until_it_answers(address[1], process)
        said = process.stdout.readline()
        yield Server(root / "student", address[1], address[2], home / "runtime", lines, said)
    finally:
        process.terminate()
        process.wait(300)
        reader.join(300)


def _read(stream: IO[str], lines: list[str], arrived: "Queue[str]") -> None:
    for line in stream:
        lines.append(line)
        arrived.put(line)


def _address(arrived: "Queue[str]") -> re.Match[str]:
    """The address that JupyterLab tells the student, once it is there."""
    pattern = re.compile(r"(http://127\.0\.0\.1:\d+/mine/)lab\S*\?token=(\w+)")
    while not (found := pattern.search(arrived.get(timeout=600))):
        pass
    return found


def _wait_until_it_answers(url: str, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}api").close()
            return
        except urllib.error.HTTPError:
            return  # it answers, if only that a token is missing
        except urllib.error.URLError:
            os.sched_yield()


def test_it_opens_on_the_students_own_copy_and_says_where_that_is(server: Server) -> None:
    assert "Your own copy" in server.said and str(server.folder) in server.said
    listed = {item["name"] for item in server.ask("api/contents")["content"]}
    assert listed == {CHAPTER}  # what is remembered stays out of sight
    notebook = server.ask(f"api/contents/{CHAPTER}/{CHAPTER}.ipynb")
    assert notebook["writable"]


def test_the_page_asks_for_no_news_and_shows_no_tools_of_instructors(server: Server) -> None:
    page = server.ask(f"lab/tree/{CHAPTER}/{CHAPTER}.ipynb")
    config = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert config is not None
    disabled = json.loads(config[1])["disabledExtensions"]
    assert "@jupyterlab/apputils-extension:announcements" in disabled
    assert "@jupyter/nbgrader:formgrader" in disabled
    assert "@jupyter/nbgrader:validate-assignment" not in disabled


def test_validate_answers(server: Server) -> None:
    assert server.ask("nbgrader_version?version=0.9.6")["success"]


def test_what_listens_on_this_machine_is_reached_through_jupyters_own_port(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "board").write_text('{"name": "TensorBoard\'s place"}')
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as board:
        Thread(target=board.serve_forever, daemon=True).start()
        path = tensorboard_url("/").replace("%PORT%", str(board.server_port)).lstrip("/")
        assert server.ask(f"{path}board") == {"name": "TensorBoard's place"}
        board.shutdown()


def test_the_kernel_is_this_installations_with_one_thread_and_says_nothing_on_stderr(
    server: Server,
) -> None:
    before = len(server.lines)
    body = {
        "name": CHAPTER,
        "type": "notebook",
        "path": f"{CHAPTER}/{CHAPTER}.ipynb",
        "kernel": {"name": "python3"},
    }
    kernel = server.ask("api/sessions", body)["kernel"]["id"]
    client = BlockingKernelClient(connection_file=str(server.runtime / f"kernel-{kernel}.json"))
    client.load_connection_file()
    client.start_channels(hb=False)  # a busy machine is no dead kernel
    client.wait_for_ready(timeout=600)
    outputs: list[dict] = []
    client.execute_interactive(PROBE, timeout=600, output_hook=outputs.append)
    client.stop_channels()
    streams = [message["content"] for message in outputs if message["msg_type"] == "stream"]
    assert [stream["name"] for stream in streams] == ["stdout"]
    probed = json.loads(streams[0]["text"])
    assert Path(probed["executable"]).samefile(sys.executable)
    assert probed["folder"] == str(server.folder / CHAPTER)
    assert probed["threads"] == 1
    assert probed["tensorboard"] == "/mine/proxy/%PORT%/"
    assert str(Path(sys.executable).parent) in probed["path"].split(os.pathsep)
    assert server.lines[before:] == []


def test_tensorboard_is_reached_under_the_servers_own_path() -> None:
    assert tensorboard_url("/") == "/proxy/%PORT%/"
    assert (
        tensorboard_url("/user/jane/") == tensorboard_url("user/jane") == "/user/jane/proxy/%PORT%/"
    )


def test_a_number_of_threads_that_was_chosen_stays_and_paths_are_added_to() -> None:
    given = {"PATH": "somewhere", "OMP_NUM_THREADS": "4"}
    made = environment("/", given)
    assert made["OMP_NUM_THREADS"] == "4"
    assert made["PATH"].endswith(f"{os.pathsep}somewhere")
    assert environment("/", {})["OMP_NUM_THREADS"] == "1"


def test_a_chapter_with_spaces_in_its_folder_can_be_opened(tmp_path: Path) -> None:
    chapter = Path(f"{CHAPTER} (2026-11-22)", f"{CHAPTER}.ipynb")
    line = arguments(tmp_path, chapter, port=9, browser=False, base_url="/", more=["--x"])
    assert f"--LabApp.default_url=/lab/tree/{CHAPTER}%20%282026-11-22%29/{CHAPTER}.ipynb" in line
    assert "--ServerApp.port=9" in line and line[-1] == "--x"


def test_a_chapter_that_is_not_there_is_answered_by_those_that_are(tmp_path: Path) -> None:
    write_chapter(tmp_path)
    done = autograder("lab", "07_nothing", "--no-browser", cwd=tmp_path)
    assert done.returncode == 2
    assert "no chapter '07_nothing'" in " ".join(done.stderr.split()) and CHAPTER in done.stderr
    assert notebook_of(tmp_path / "student", CHAPTER) == Path(CHAPTER, f"{CHAPTER}.ipynb")
