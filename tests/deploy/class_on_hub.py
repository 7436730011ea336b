"""The people of a class on deploy/jupyterhub, and what they ask of its servers."""

import json
import time

import requests

CHAPTER = "02_functional_conv"
HUB = "http://127.0.0.1:8000"
PATIENCE = 300  #: seconds that a busy machine may take for one step
FILES = "/srv/class/course"


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


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


def by_api(person, action):
    """The same, of somebody without a browser."""
    data = {"course_id": "torch_nn", "assignment_id": CHAPTER}
    done = person.server("POST", f"assignments/{action}", data=data)
    assert done.ok and done.json()["success"], done.text


def formgrader(person, path):
    """What formgrader's buttons ask for."""
    done = person.server("POST", f"formgrader/api/assignment/{CHAPTER}/{path}")
    assert done.ok, done.text
    assert done.json()["success"], done.json()


def student(machine, name, *line):
    return machine.run([*line], name, f"/home/{name}")


def instructor(machine, *line):
    return machine.run([*line], "noether", FILES)
