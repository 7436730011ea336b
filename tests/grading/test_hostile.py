"""A hostile class: each submission attacks something, gains nothing and leaves no trace.

Every attack is a cell of code in front of an otherwise blank notebook, or a change of the notebook
itself. A blank submission scores nothing, so must they.
"""

import copy
import json
import os
import socket
import threading

import nbformat
import pytest

from autograder.judge.references import SUFFIX, load
from tests.sandbox.jobs import PATIENCE

from .conftest import CHAPTER, REPOSITORY, blank, exported, graded, solved, submit

ALL = "autograder.checks.check"
EAR = f"autograder-hostile-{os.getpid()}"  # such names are shared by the whole machine

VERDICT = {
    "allclose-always-true": "import torch\ntorch.allclose = torch.equal = lambda *a, **k: True",
    "check-replaced": "import autograder\nautograder.check = check = lambda *a, **k: None",
    "check-module-replaced": f"import sys\nsys.modules['{ALL}'].observe = lambda *a, **k: None",
    "judge-patched": (
        "import autograder.judge.verdicts as j\nj.compare = lambda *a, **k: None\n"
        "j.judge = j.judge_exercise = lambda *a, **k: []"
    ),
    "asserts-stripped": (
        "import ast\nclass Strip(ast.NodeTransformer):\n"
        "    def visit_Expr(self, node): return None\n"
        "get_ipython().ast_transformers.append(Strip())"
    ),
    "equality-everywhere": (
        "class Yes:\n    def __eq__(self, other): return True\n    def __bool__(self): return True\n"
        "    def __call__(self, *a, **k): return self\n    def __getattr__(self, name): return self\n"
        "to_nchw = conv_out_size = conv2d_manual = conv2d_multi = sobel_x = safe_conv = Yes()"
    ),
    "exceptions-swallowed": "import sys\nsys.excepthook = lambda *a: None\nget_ipython().showtraceback = print",
    "nan-as-result": "float('nan')",
    "score-as-result": "100",
    "negative-result": "-1",
    "false-as-result": "False",
    "tensor-as-result": "import torch\ntorch.tensor(1.0)",
    "points-printed": 'print(\'{"score": 30, "max_score": 30}\')',
    "exit-zero": "import sys\nsys.exit(0)",
    "os-exit": "import os\nos._exit(0)",
    "keyboard-interrupt": "raise KeyboardInterrupt",
    "tracebacks-broken": (
        "class Bad(Exception):\n    def __str__(self): raise RuntimeError\n"
        "    __repr__ = __str__\nraise Bad"
    ),
}

FORGE = """
import sys, torch
from autograder import evidence
checks = {checks!r}
module = sys.modules['autograder.checks.check']
def forged(name):
    outcome, tensors = evidence.reduce({value})
    return evidence.Evidence(name, outcome, (), tensors, rtol=1e9, atol=1e9).to_bytes()
real = module._record
def flood(_=None):
    for name in checks:
        real(forged(name))
module._record = flood
flood()
"""

FORGERIES = {
    "zeros": "torch.zeros(1, 1, 3, 3)",
    "ones": "torch.ones(1, 1, 5, 5)",
    "true": "True",
    "random": "torch.randn(4, 4)",
    "huge-list": "[list(range(100))] * 100",
    "none": "None",
}

CHANNEL = {
    "garbage-to-every-descriptor": (
        "import os\nfor n in range(3, 64):\n    try: os.write(n, b'\\x00' * 4096)\n"
        "    except OSError: pass"
    ),
    "every-descriptor-closed": "import os\nos.closerange(0, 256)",
    "huge-frame": (
        "import os\nfor n in range(3, 64):\n    try: os.write(n, b'\\xff\\xff\\xff\\xff' + b'E' * 100)\n"
        "    except OSError: pass"
    ),
    "pickle-through-evidence": (
        "import os, pickle, sys\nclass P:\n    def __reduce__(self): return os.system, ('touch /tmp/owned',)\n"
        "sys.modules['autograder.checks.check']._record(pickle.dumps(P()))"
    ),
    "deep-json": (
        "import struct, sys\nhead = b'{\"outcome\":' + b'[' * 200000\n"
        "sys.modules['autograder.checks.check']._record(b'TNNB' + struct.pack('<I', len(head)) + head)"
    ),
}

FILES = {
    "gradebook-rewritten": (
        "import glob, sqlite3\nfor p in glob.glob('/**/gradebook.db', recursive=True)[:3] + ['../../../gradebook.db']:\n"
        "    c = sqlite3.connect(p); c.execute('update grade set manual_score = 99'); c.commit()"
    ),
    "answers-read": "import autograder, pathlib\nprint(sorted(pathlib.Path(autograder.__path__[0], 'answers').glob('*'))[0].read_text())",
    "source-read": f"print(open('{REPOSITORY}/source/{CHAPTER}/{CHAPTER}.ipynb').read()[:10])",
    "references-read": f"print(open('{REPOSITORY}/notebooks/{CHAPTER}{SUFFIX}', 'rb').read()[:10])",
    "host-file-written": "open('{mark}/host', 'w').write('owned')",
    "home-written": "import os\nopen(os.path.expanduser('~root/.owned'), 'w').write('x')",
    "package-rewritten": "import autograder.judge.verdicts\nopen(autograder.judge.verdicts.__file__, 'a').write('# owned')",
    "symlink-out": "import os\nos.symlink('{mark}', 'out')\nopen('out/host', 'w').write('owned')",
    "shared-memory": "open('/dev/shm/owned', 'w').write('x')",
    "environment": "import os\nassert 'HOME' in os.environ and not os.path.isdir('{mark}')\nraise SystemExit",
}

NETWORK = {
    "loopback": "import socket\ns = socket.create_connection(('127.0.0.1', {port}), 2)\ns.send(b'hello')",
    "abstract-socket": (
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0{name}')\ns.send(b'hello')"
    ),
    "udp": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
    "pip": "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'http.client'], timeout=5)",
}

PROCESSES = {
    "kill-everybody": "import os\nfor p in range(1, 400):\n    try: os.kill(p, 9)\n    except OSError: pass",
    "kill-parent": "import os, signal\nos.kill(os.getppid() or 1, signal.SIGKILL)",
    "daemon": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        time.sleep(600)\n    os._exit(0)"
    ),
    "stop": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "segfault": "import ctypes\nctypes.string_at(0)",
    "many-threads": "import threading, time\nfor _ in range(500):\n    threading.Thread(target=time.sleep, args=(99,)).start()",
    "fork-bomb": "import os\nwhile True:\n    os.fork()",
    "ptrace": "import ctypes\nassert ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0",
}

RESOURCES = {
    "endless-loop": "while True: pass",
    "stubborn-loop": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "memory": "x = []\nwhile True: x.append(bytearray(2**26))",
    "disk": "with open('big', 'wb') as f:\n    while True: f.write(b'x' * 2**20)",
    "output": "while True: print('x' * 10000)",
    "sleep": "import time\ntime.sleep(10_000)",
}

BROWSER = {
    "script-output": "from IPython.display import HTML\nHTML('<script>alert(1)</script><img src=x onerror=alert(2)>')",
    "javascript-output": "from IPython.display import Javascript\nJavascript('alert(1)')",
    "svg-output": "from IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>')",
    "script-in-error": "raise ValueError('<script>alert(1)</script>')",
    "script-in-stream": "print('<script>alert(1)</script>')",
}

CODE = VERDICT | CHANNEL | FILES | NETWORK | PROCESSES | RESOURCES | BROWSER


def limit(course, grace: float, **limits: float) -> None:
    """Limits for a course; those of time count from the moment at which a cell prints ``here``."""
    config = course / "nbgrader_config.py"
    lines = [
        "import sys",
        f"sys.path.append({str(REPOSITORY)!r})",
        "from autograder.sandbox import supervise",
        "from tests.sandbox.jobs import Patient",
        f"supervise._RunningJob, supervise.GRACE_SECONDS = Patient, {grace}",
        *(f"c.Execution.{name} = {value!r}" for name, value in limits.items()),
    ]
    config.write_text("\n".join([config.read_text(), *lines, ""]))


def notebook_with(code: str) -> bytes:
    notebook = blank()
    notebook.cells.insert(0, nbformat.v4.new_code_cell(f"print('here')\n{code}"))
    return json.dumps(notebook).encode()


def structure() -> dict[str, bytes]:
    """Attacks on the notebook itself."""
    made = {}

    def change(name, edit):
        notebook = copy.deepcopy(blank())
        edit(notebook)
        made[name] = json.dumps(notebook).encode()

    def each_check(edit):
        def apply(notebook):
            for cell in notebook.cells:
                if cell.metadata.get("nbgrader", {}).get("grade"):
                    edit(cell)

        return apply

    change("skip-tag", each_check(lambda c: c.metadata.update(tags=["skip-execution"])))
    change("own-points", each_check(lambda c: c.metadata.nbgrader.update(points=1e6)))
    change(
        "as-solution", each_check(lambda c: c.metadata.nbgrader.update(grade=False, solution=True))
    )
    change("as-markdown", each_check(lambda c: c.update(cell_type="markdown")))
    change(
        "outputs-invented",
        each_check(
            lambda c: c.update(
                outputs=[
                    {
                        "output_type": "execute_result",
                        "data": {"text/plain": "30"},
                        "metadata": {},
                        "execution_count": 1,
                    }
                ]
            )
        ),
    )
    change(
        "markdown-script",
        lambda n: n.cells.insert(
            0,
            nbformat.v4.new_markdown_cell(
                "<script>alert(1)</script>[x](javascript:alert(2))<img src=x onerror=alert(3)>"
            ),
        ),
    )
    change(
        "grade-id-traversal",
        each_check(lambda c: c.metadata.nbgrader.update(grade_id="../../gradebook.db")),
    )
    change("same-grade-id", each_check(lambda c: c.metadata.nbgrader.update(grade_id="to_nchw")))
    return made


@pytest.fixture
def ears():
    """Sockets on this machine that nobody may reach, and what they heard."""
    heard = []
    tcp = socket.create_server(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(f"\0{EAR}")
    unix.listen()

    def listen(server):
        try:
            while True:
                server.accept()
                heard.append(server.family)
        except OSError:
            pass

    threads = [threading.Thread(target=listen, args=(s,), daemon=True) for s in (tcp, unix)]
    for thread in threads:
        thread.start()
    yield tcp.getsockname()[1], heard
    for server in (tcp, unix):
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def test_a_hostile_class_gains_nothing_and_leaves_no_trace(small_course, tmp_path, ears):
    port, heard = ears
    mark = tmp_path / "mark"
    mark.mkdir()
    class_ = {
        name: notebook_with(
            code.replace("{mark}", str(mark)).replace("{port}", str(port)).replace("{name}", EAR)
        )
        for name, code in CODE.items()
    }
    public = load(REPOSITORY / "release" / CHAPTER / f"{CHAPTER}{SUFFIX}")
    private = load(REPOSITORY / "notebooks" / f"{CHAPTER}{SUFFIX}")
    every = list(private.checks)
    for name, value in FORGERIES.items():
        class_[f"forged-{name}"] = notebook_with(FORGE.format(checks=every, value=value))
    shown = {name: [e.tensors[k].tolist() for k in e.tensors] for name, e in public.checks.items()}
    value = f"[torch.tensor(v) for v in {next(iter(shown.values()))!r}][0]"
    class_["forged-public-references"] = notebook_with(FORGE.format(checks=every, value=value))
    class_ |= structure()
    assert len(class_) >= 60
    for name, data in class_.items():
        submit(small_course, name, data)
    submit(small_course, "honest", solved())
    limit(
        small_course,
        grace=2.0,
        cell_seconds=4.0,
        memory_bytes=2**30,
        disk_bytes=2**26,
        output_bytes=10**6,
    )
    package = {p: p.stat().st_mtime_ns for p in (REPOSITORY / "autograder").glob("*.py")}
    records = graded(small_course)
    assert set(records) == {*class_, "honest"}
    gained = {name: r["score"] for name, r in records.items() if name != "honest" and r["score"]}
    assert gained == {}
    assert records["honest"]["score"] == records["honest"]["max_score"]
    assert exported(small_course) == {name: record["score"] for name, record in records.items()}
    assert list(mark.iterdir()) == []
    assert heard == []
    assert {p: p.stat().st_mtime_ns for p in package} == package
    for path in ("/tmp/owned", "/dev/shm/owned", os.path.expanduser("~root/.owned")):
        assert not os.path.exists(path)
    for path in small_course.glob("autograded/*/*/*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            for output in cell.get("outputs", []):
                assert not {"text/html", "image/svg+xml", "application/javascript"} & set(
                    output.get("data", {})
                ), path
            if cell["cell_type"] == "markdown":
                source = "".join(cell["source"])
                assert "<script>alert" not in source, path
                assert "onerror=" not in source or "&lt;img" in source, path


def test_the_record_says_which_limit_was_hit_in_which_cell(small_course):
    loop = "print('here')\n    while True: pass"
    submit(small_course, "loop", solved(to_nchw=f"def to_nchw(a):\n    {loop}"))
    limit(small_course, grace=PATIENCE, cell_seconds=3.0)
    record = graded(small_course)["loop"]
    reasons = {check["reason"] for check in record["checks"] if check["exercise"] == "to_nchw"}
    assert all("3 seconds" in reason and "to_nchw" in reason for reason in reasons), reasons
    others = [check for check in record["checks"] if check["exercise"] != "to_nchw"]
    assert all(check["passed"] for check in others)
