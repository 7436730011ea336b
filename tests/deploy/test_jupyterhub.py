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

import nbformat
import pytest
import requests

from autograder.course.demo import fill, released
from autograder.course.folder import CourseFolder
from tests import machine as machines
from tests.conftest import COURSE
from tests.deploy.class_on_hub import (
    CHAPTER,
    FILES,
    HUB,
    PATIENCE,
    Person,
    ann,
    assignment,
    by_api,
    formgrader,
    instructor,
    student,
    wait_until,
)

EXERCISE = "to_nchw"
STUDENTS = ("ann", "ben", "cleo")
INBOUND = "/srv/class/exchange/torch_nn/inbound"
PAGE = (COURSE / "deploy" / "jupyterhub" / "README.md").read_text(encoding="utf-8")


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
        finally:  # it ends with its machine
            running.kill()
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


def test_the_instructor_releases_and_students_fetch(machine, noether, ben, page):
    formgrader(noether, "release")
    (there,) = ann(page, "GET", "assignments?course_id=torch_nn")["value"]
    assert (there["assignment_id"], there["status"]) == (CHAPTER, "released")
    assignment(page, "fetch")
    by_api(ben, "fetch")
    student(machine, "cleo", "nbgrader", "fetch_assignment", CHAPTER)
    for name in STUDENTS:
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


def test_students_hand_in(machine, ben, page, notebook):
    assignment(page, "submit")
    write_answers(machine, "ben")
    by_api(ben, "submit")
    there = (machine.root / INBOUND[1:]).iterdir()
    assert sorted(path.name.split("+")[0] for path in there) == ["ann", "ben"]


# ------------------------------------------------------------------------------- and the way back


def forge(machine):
    """Cleo hands in as Ann, later than Ann did; and as herself the course's own solution."""
    later = "2099-01-01 00:00:00.000000 UTC"
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    forged, linked = f"ann+{CHAPTER}+{later}+forged", f"cleo+{CHAPTER}+{now}+linked"
    line = f"""
        cp -r {CHAPTER} '{INBOUND}/{forged}'; mkdir '{INBOUND}/{linked}'
        ln -s {FILES}/source/{CHAPTER}/{CHAPTER}.ipynb '{INBOUND}/{linked}/{CHAPTER}.ipynb'
        echo '{now}' > '{INBOUND}/{linked}/timestamp.txt'
        mkdir '{INBOUND}/x+{CHAPTER}+no time+x'; chmod -R go+rwX '{INBOUND}'/cleo* || true
        chmod -R a+rX '{INBOUND}/{forged}' '{INBOUND}/{linked}'
        sleep 1.1  # what is changing still is not collected
    """
    student(machine, "cleo", "bash", "-c", line)


def test_the_instructor_collects_what_is_no_forgery_grades_and_gives_back(machine, noether):
    forge(machine)
    formgrader(noether, "collect")
    submitted = machine.root / FILES[1:] / "submitted"
    assert {path.name for path in submitted.glob(f"*/{CHAPTER}")} == {CHAPTER}
    assert not list((submitted / "cleo").rglob("*.ipynb"))
    instructor(machine, "autograder", "grade", CHAPTER, "--feedback")
    most = record(machine, "ben")["max_score"]
    assert record(machine, "ben")["score"] == most
    assert 0 < record(machine, "ann")["score"] < most
    assert record(machine, "cleo")["status"] == "needs_review"
    formgrader(noether, "release_feedback")


def test_students_fetch_their_own_feedback(machine, ben, page):
    assignment(page, "fetch_feedback")
    by_api(ben, "fetch_feedback")
    pages = {}
    for name in ("ann", "ben"):
        (path,) = (machine.root / "home" / name / CHAPTER / "feedback").rglob("*.html")
        pages[name] = path.read_text(encoding="utf-8")
        score, most = record(machine, name)["score"], record(machine, name)["max_score"]
        assert re.search(rf"\b{score:g}\b.{{0,40}}\b{most:g}\b", pages[name], re.DOTALL)
    assert pages["ann"] != pages["ben"]


def test_a_second_attempt_and_a_late_one_are_graded_as_they_come(machine, noether, page):
    first = record(machine, "ann")["score"]
    now = datetime.datetime.now(datetime.UTC).isoformat("T", "seconds").removesuffix("+00:00")
    due = {"duedate_notimezone": now, "duedate_timezone": "+0000"}
    assert noether.server("PUT", f"formgrader/api/assignment/{CHAPTER}", json=due).ok
    line = "echo \"c.Watch.feedback = 'graded'\" >> nbgrader_config.py"
    instructor(machine, "bash", "-c", line)
    write_answers(machine, "ann")
    write_answers(machine, "cleo", EXERCISE)
    assignment(page, "submit")
    student(machine, "cleo", "nbgrader", "submit", CHAPTER)
    said = instructor(machine, "autograder", "watch", CHAPTER, "--exchange", "--once")
    assert {name for name in STUDENTS if f" {name} " in said} == {"ann", "cleo"}, said
    assert record(machine, "ann")["score"] > first
    assert record(machine, "cleo")["status"] == "graded"
    late = {name: record(machine, name)["late"] for name in STUDENTS}
    assert late["cleo"]["seconds"] > 0 and not (late["ben"] or {}).get("seconds")
    assignment(page, "fetch_feedback")
    assert len(list((machine.root / "home/ann" / CHAPTER / "feedback").rglob("*.html"))) == 2


# --------------------------------------------------------------------------- what nobody reaches

#: what a student tries to read, all of it there
READ = (
    f"/home/ann/{CHAPTER}/{CHAPTER}.ipynb",
    f"{FILES}/nbgrader_config.py",
    f"{FILES}/source/{CHAPTER}/{CHAPTER}.ipynb",
    f"{FILES}/source/{CHAPTER}/{CHAPTER}.references",
    f"{FILES}/notebooks/{CHAPTER}.answers.py",
    f"{FILES}/gradebook.db",
    f"{FILES}/submitted/ann/{CHAPTER}/{CHAPTER}.ipynb",
    f"{FILES}/evidence/{CHAPTER}/records.jsonl",
    "/srv/class/hub/jupyterhub_cookie_secret",
    f"{machines.CLONE}/nbgrader_config.py",
)
LIST = ("/home/ann", FILES, INBOUND, "/srv/class/exchange/torch_nn/feedback", "/srv/class/hub")
WRITE = (
    "mv /srv/class/exchange/torch_nn /srv/class/exchange/another",
    "touch /srv/class/exchange/torch_nn/outbound/mine",
    f"touch /srv/class/exchange/torch_nn/outbound/{CHAPTER}/{CHAPTER}.ipynb",
    f"touch {FILES}/gradebook.db",
)


def test_a_student_neither_reads_lists_nor_writes_what_is_not_theirs(machine):
    for path in (*READ, *LIST):
        assert (machine.root / path[1:]).exists(), path
    tried = [f"cat {path}" for path in READ] + [f"ls {path}" for path in LIST] + list(WRITE)
    for line in tried:
        said = machine.run(line.split(), "ben", "/home/ben", ok=False)
        assert re.search(r"Permission denied|Operation not permitted", said), said


def test_a_student_reaches_no_server_but_their_own(machine, ben, page):
    theirs = ben.server("GET", "api/contents/", owner="ann")
    assert theirs.status_code == 403, theirs.url
    assert ben.server("GET", f"api/contents/{CHAPTER}").ok
    assert ben.hub("GET", "users").status_code == 403
    assert ben.hub("GET", "users/ann").status_code in (403, 404)


def test_a_student_reaches_no_port_of_another_and_none_of_the_hubs_machine(machine, page, ben):
    """The ports are those of Ann's server and of her TensorBoard."""
    numbers = {name: machine.run(["id", "-u", name]).strip() for name in ("ann", "ben")}
    listening = machine.run(["ip", "netns", "exec", f"class-{numbers['ann']}", *LISTENING])
    ports = json.loads(listening)
    address = machine.run(["ip", "-netns", f"class-{numbers['ann']}", "-br", "-4", "addr"])
    there = re.search(r"eth0\S*\s+\S+\s+([\d.]+)/", address)[1]
    assert len(ports) >= 2
    tried = [[there, port] for port in ports]
    tried += [["127.0.0.1", port] for port in (*ports, 8000, 8001)]
    line = ["ip", "netns", "exec", f"class-{numbers['ben']}", "runuser", "-u", "ben", "--"]
    said = machine.run([*line, sys.executable, "-c", CONNECT, json.dumps(tried)])
    assert json.loads(said) == []
    hub = [["100.64.0.1", 8081]]
    said = machine.run([*line, sys.executable, "-c", CONNECT, json.dumps(hub)])
    assert json.loads(said) == hub, "the hub itself is reached, so the way is open at all"


#: prints the ports on which somebody listens in the network it runs in
LISTENING = [
    sys.executable,
    "-c",
    "import json\n"
    "lines = [line.split() for line in open('/proc/net/tcp')][1:]\n"
    "print(json.dumps(sorted(int(l[1][-4:], 16) for l in lines if l[3] == '0A')))",
]
#: prints to which of the addresses a connection could be made
CONNECT = """
import json, socket, sys
reached = []
for host, port in json.loads(sys.argv[1]):
    try:
        socket.create_connection((host, port), timeout=1).close()
        reached.append([host, port])
    except OSError:
        pass
print(json.dumps(reached))
"""
