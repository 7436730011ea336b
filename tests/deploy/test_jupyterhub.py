"""deploy/jupyterhub, set up as its page says, and a class of three on it from release to feedback.

One hub for all of it; the tests go on where the last one ended. Ann works in a browser, the others
by the hub's API and by commands. The hub is a real one, on a machine of its own (tests/machine.py).
"""

import datetime
import json
import re
import shutil
import subprocess
import sys
import time

import nbformat
import pytest

from autograder.course.demo import fill, released
from autograder.course.folder import CourseFolder
from tests import machine as machines
from tests.conftest import COURSE

requests = pytest.importorskip("requests")

CHAPTER = "02_functional_conv"
EXERCISE = "to_nchw"
HUB = "http://127.0.0.1:8000"
PATIENCE = 300  #: seconds that a busy machine may take for one step
STUDENTS = ("ann", "ben", "cleo")
FILES = "/srv/class/course"
INBOUND = "/srv/class/exchange/torch_nn/inbound"
PAGE = (COURSE / "deploy" / "jupyterhub" / "README.md").read_text(encoding="utf-8")


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def block(heading):
    """The commands below a heading of the page."""
    found = re.search(rf"^## {heading}\n.*?^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


@pytest.fixture(scope="module")
def machine():
    """A machine on which the page was followed."""
    pytest.importorskip("jupyterhub", reason="the extra `hub` is not installed")
    why = machines.missing()
    if why is None and shutil.which("configurable-http-proxy") is None:
        why = "no proxy: npm install -g configurable-http-proxy"
    if why is not None:
        pytest.skip(why)
    with machines.machine() as machine:
        machine.run(["bash", "-ec", block("The class")], folder=machines.CLONE)
        passwords = "".join(f"{user}:{user}s password\n" for user in ("noether", *STUDENTS))
        subprocess.run(machine.command(["chpasswd"]), input=passwords, text=True, check=True)
        # so that a browser's test can look into JupyterLab
        looked_into = json.dumps({"LabApp": {"expose_app_in_browser": True}})
        config = ".jupyter/jupyter_server_config.json"
        machine.run(["install", "-d", ".jupyter"], "ann", "/home/ann")
        machine.run(["bash", "-c", f"echo '{looked_into}' > {config}"], "ann", "/home/ann")
        yield machine


class Person:
    """Somebody who is logged in, without a browser."""

    def __init__(self, machine, name, password=None):
        self.machine, self.name = machine, name
        self.session = requests.Session()
        self._ask("GET", "/hub/login")
        form = {"username": name, "password": password or f"{name}s password"}
        form["_xsrf"] = self._token("/hub/")
        self.entered = self._ask("POST", "/hub/login", data=form).ok

    def hub(self, method, path, **more):
        """The hub's API."""
        token = {"X-XSRFToken": self._token("/hub/")}
        return self._ask(method, f"/hub/api/{path}", headers=token, **more)

    def start(self):
        assert self.hub("POST", f"users/{self.name}/server").status_code in (201, 202)

    def server(self, method, path, owner=None, **more):
        """A server, this person's own one if nothing else is said; it is waited for."""
        prefix = f"/user/{owner or self.name}/"
        if not self._token(prefix):
            wait_until(lambda: self.hub("GET", f"users/{self.name}").json()["servers"])
            wait_until(lambda: self.hub("GET", f"users/{self.name}").json()["server"])
            self._ask("GET", f"{prefix}lab")
        token = {"X-XSRFToken": self._token(prefix) or ""}
        return self._ask(method, f"{prefix}{path}", headers=token, **more)

    def _token(self, path):
        return self.session.cookies.get("_xsrf", path=path)

    def _ask(self, method, path, **more):
        more.setdefault("timeout", PATIENCE)
        return self.machine.ask(self.session.request, method, f"{HUB}{path}", **more)


@pytest.fixture(scope="module")
def hub(machine, tmp_path_factory):
    """The hub, started as its service does; the log of it."""
    service = (machine.root / "etc/systemd/system/jupyterhub.service").read_text()
    line = re.search(r"^ExecStart=(.*)$", service, re.MULTILINE)[1]
    folder = re.search(r"^WorkingDirectory=(.*)$", service, re.MULTILINE)[1]
    command = line.replace("/opt/class/", f"{sys.prefix}/").split()
    log = tmp_path_factory.mktemp("hub") / "log"
    with log.open("wb") as file:
        running = subprocess.Popen(
            machine.command(command, folder=folder),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
        try:
            wait_until(lambda: answers(machine, running, log))
            yield log
        finally:
            running.terminate()
            running.wait(PATIENCE)


def answers(machine, running, log):
    assert running.poll() is None, log.read_text()
    try:
        return machine.ask(requests.get, f"{HUB}/hub/api/", timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def noether(hub, machine):
    """The instructor."""
    person = Person(machine, "noether")
    person.start()
    return person


@pytest.fixture(scope="module")
def ben(hub, machine):
    person = Person(machine, "ben")
    person.start()
    return person


@pytest.fixture(scope="module")
def page(hub, machine, noether, ben, playwright, chromium_program, tmp_path_factory):
    """Ann's page in a browser, after she has logged in: JupyterLab."""
    from tests.lab import browser

    program = tmp_path_factory.mktemp("browser") / "chromium"
    enter = f"nsenter --target={machine.pid} --net --"
    program.write_text(f'#!/bin/sh\nexec {enter} {chromium_program} "$@"\n')
    program.chmod(0o755)
    opened = playwright.chromium.launch(executable_path=program, timeout=browser.PATIENCE)
    page = opened.new_page(viewport={"width": 1200, "height": 1000})
    page.set_default_timeout(browser.PATIENCE)
    page.goto(HUB)
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill("anns password")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/user/ann/lab**")
    yield page
    opened.close()


def ann(page, method, path, **data):
    """A request of Ann's JupyterLab to her server."""
    done = page.evaluate(
        """async ([method, path, data]) => {
            const xsrf = document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? '';
            const answer = await fetch('/user/ann/' + path, {
                method, headers: {'X-XSRFToken': xsrf},
                body: method === 'POST' ? new URLSearchParams(data) : undefined,
            });
            return [answer.status, await answer.text()];
        }""",
        [method, path, data],
    )
    assert done[0] == 200, done[1]
    return json.loads(done[1])


def assignment(page, action):
    """What the buttons of nbgrader's assignment list ask for."""
    said = ann(page, "POST", f"assignments/{action}", course_id="torch_nn", assignment_id=CHAPTER)
    assert said["success"], said
    return said["value"]


def formgrader(person, path, *ok):
    """What formgrader's buttons ask for."""
    done = person.server("POST", f"formgrader/api/assignment/{CHAPTER}/{path}")
    assert done.ok, done.text
    said = done.json()
    assert said["success"], said
    return said


def student(machine, name, *line):
    return machine.run([*line], name, f"/home/{name}")


def instructor(machine, *line):
    return machine.run([*line], "noether", FILES)


def write_answers(machine, name, *exercises):
    """Put right answers into a student's fetched notebook."""
    course = CourseFolder(COURSE)
    solutions = course.assignment(CHAPTER).solutions
    chosen = {e: solutions[e] for e in exercises or solutions}
    notebook = nbformat.writes(fill(released(course, CHAPTER), chosen))
    path = machine.root / "home" / name / CHAPTER / f"{CHAPTER}.ipynb"
    assert path.is_file()
    path.write_text(notebook, encoding="utf-8")  # it stays the student's file


def record(machine, name):
    path = machine.root / FILES[1:] / "evidence" / CHAPTER / "records.jsonl"
    found = [json.loads(line) for line in path.read_text().split("\n") if line]
    return next(r for r in found if r["student"] == name)


# ------------------------------------------------------------------------------- the way there


def test_only_the_class_is_let_in(hub, machine):
    machine.run(["useradd", "--create-home", "outsider"])
    subprocess.run(machine.command(["chpasswd"]), input="outsider:secret\n", text=True, check=True)
    assert not Person(machine, "outsider", "secret").entered


def test_the_instructor_releases_and_students_fetch(machine, noether, page):
    formgrader(noether, "release")
    (there,) = ann(page, "GET", "assignments?course_id=torch_nn")["value"]
    assert (there["assignment_id"], there["status"]) == (CHAPTER, "released")
    assignment(page, "fetch")
    for name in ("ben", "cleo"):
        student(machine, name, "nbgrader", "fetch_assignment", CHAPTER)
        assert (machine.root / f"home/{name}/{CHAPTER}/{CHAPTER}.ipynb").is_file()


@pytest.fixture(scope="module")
def notebook(page, pictures):
    """The chapter in Ann's JupyterLab, with its set-up run."""
    from tests.lab import browser

    opened = browser.Notebook(page, f"{HUB}/user/ann", f"{CHAPTER}/{CHAPTER}.ipynb", pictures)
    for index in (i for i, cell in list(enumerate(opened.cells()))[:4] if cell["type"] == "code"):
        opened.run(index)
    return opened


def test_ann_solves_an_exercise_and_validates(notebook):
    index = notebook.index(EXERCISE)
    notebook.write(index, CourseFolder(COURSE).assignment(CHAPTER).solutions[EXERCISE])
    notebook.run(index)
    said = notebook.run(notebook.index(f"{EXERCISE}-visible"))
    assert f"✓ {EXERCISE}/the example" in said and "✗" not in said
    notebook.page.get_by_role("button", name="Validate").click()
    dialog = notebook.page.locator(".jp-Dialog")
    dialog.get_by_text("failed", exact=False).first.wait_for()
    assert EXERCISE not in dialog.inner_text()
    dialog.get_by_role("button", name="OK").click()
    notebook.picture("solved")


def test_tensorboard_opens_below_anns_own_prefix(notebook):
    notebook.run(
        notebook.append(
            "from torch.utils.tensorboard import SummaryWriter\n"
            "with SummaryWriter('runs/test') as writer:\n"
            "    writer.add_scalar('loss', 1.0, 0)"
        )
    )
    index = notebook.append("%load_ext tensorboard\n%tensorboard --logdir runs")
    notebook.run(index)
    frame = notebook.cell(index).locator("iframe")
    frame.wait_for()
    frame.content_frame.get_by_text("loss", exact=True).first.wait_for()
    assert f"{HUB}/user/ann/proxy/" in frame.evaluate("frame => frame.src")
    notebook.picture("tensorboard")
    notebook.command("docmanager:save")
