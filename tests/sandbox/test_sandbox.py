"""Hostile cells at the walls of the sandbox. Each prints ESCAPED when it got what it wanted."""

import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import autograder
from autograder.sandbox import Limits
from tests.sandbox.jobs import ESCAPED, PATIENCE, everything, execute, job, text

COURSE = Path(__file__).resolve().parents[2]
PACKAGE = Path(autograder.__file__).parent

_CALL = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    ctypes.set_errno(0)
    result = libc.syscall(number, *args)
    code = ctypes.get_errno()
    print("ESCAPED" if result >= 0 else errno.errorcode[code], result)
"""


def attack(source: str) -> str:
    """Run a hostile cell; it must leave the next cell working, and must not have escaped."""
    run = execute(job(source, "print('next cell')"), Limits(cell_seconds=PATIENCE))
    assert ESCAPED not in everything(run)
    assert text(run.cells[1]) == "next cell\n"
    return text(run.cells[0])


# ------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    "path",
    [
        str(COURSE / "pyproject.toml"),
        str(COURSE / "notebooks"),
        str(COURSE / "source"),
        str(COURSE / "release"),
        str(COURSE / "tests"),
        str(COURSE / "gradebook.db"),
        str(COURSE / "submitted"),
        str(COURSE / "evidence"),
        str(PACKAGE / "answers" / "__init__.py"),
        str(PACKAGE / "author" / "build.py"),
        str(PACKAGE / "grade" / "job.py"),
        str(COURSE),
        str(COURSE.parent),
        str(Path.home()),
        str(Path.home() / ".bashrc"),
        "/boot",
        "/home",
        "/",
        "/etc/shadow",
        "/etc/hostname",
        "/etc/resolv.conf",
        "/proc/self/environ",
        "/proc/self/mem",
        "/proc/1/cmdline",
        "/proc/sys/kernel/hostname",
        "/proc",
        "/sys",
        "/dev",
        "/dev/tty",
        "/dev/vda",
        "/dev/kmsg",
        "/var",
        "/run",
        "/scratch/../home",
    ],
)
def test_a_child_cannot_read(path):
    attack(
        f"import os\npath = {path!r}\n"
        "try:\n    print('ESCAPED', os.listdir(path))\nexcept OSError as error:\n    print(error)\n"
        "try:\n    print('ESCAPED', open(path, 'rb').read(10))\nexcept OSError: pass"
    )


def test_a_child_cannot_read_a_file_of_the_host(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("another student's grade")
    attack(
        f"path = {str(secret)!r}\n"
        "try:\n    print('ESCAPED', open(path).read())\nexcept OSError: pass\n"
        "import os\nos.symlink(path, 'link'); os.system('cat link && echo ESCA''PED')\n"
        "try:\n    os.link(path, 'hard'); print('ESCAPED')\nexcept OSError: pass"
    )


def test_answers_cannot_be_imported():
    attack(
        "import importlib, pkgutil, autograder\n"
        "for name in ('answers', 'answers.02_functional_conv', 'author.build'):\n"
        "    try:\n"
        "        module = importlib.import_module(f'autograder.{name}')\n"
        "        if getattr(module, '__file__', None): print('ESCAPED', module)\n"
        "    except ImportError: pass\n"
        "try:\n    found = list(pkgutil.iter_modules(autograder.course.answers.__path__))\n"
        "    if found: print('ESCAPED', found)\n"
        "except AttributeError: pass"
    )


@pytest.mark.parametrize(
    "path",
    [
        str(
            Path(sys.prefix)
            / "lib"
            / f"python3.{sys.version_info[1]}"
            / "site-packages"
            / "evil.py"
        ),
        str(Path(sys.base_prefix) / "lib" / f"python3.{sys.version_info[1]}" / "evil.py"),
        str(PACKAGE / "check.py"),
        str(PACKAGE / "evil.py"),
        str(PACKAGE / "answers" / "evil.py"),
        str(COURSE / "evil.py"),
        "/usr/lib/evil.py",
        "/etc/evil",
        "/etc/passwd",
        "/dev/evil",
        "/evil",
        "/var/tmp/evil",
    ],
)
def test_a_child_cannot_write(path):
    before = Path(path).stat() if os.path.exists(path) else None
    attack(
        f"import os\npath = {path!r}\n"
        "for way in ('w', 'a', 'r+'):\n"
        "    try:\n        open(path, way); print('ESCAPED', way)\n    except OSError: pass\n"
        "for change in (os.unlink, os.mkdir, lambda p: os.chmod(p, 0o777), os.mkfifo,\n"
        "               lambda p: os.utime(p), lambda p: os.rename('/scratch/.tmp', p),\n"
        "               lambda p: os.truncate(p, 0), lambda p: os.symlink('/', p)):\n"
        "    try:\n        change(path); print('ESCAPED', change)\n    except OSError: pass"
    )
    after = Path(path).stat() if os.path.exists(path) else None
    assert before == after


def test_scratch_temporary_and_shared_memory_folders_work():
    run = execute(
        job(
            "import os, pathlib, tempfile, multiprocessing.shared_memory as shared, torch\n"
            "pathlib.Path('a.txt').write_text('x')\n"
            "tempfile.NamedTemporaryFile().write(b'x')\n"
            "if os.path.islink('/tmp'): open('/tmp/direct', 'w').close()\n"
            "memory = shared.SharedMemory(create=True, size=10); memory.close(); memory.unlink()\n"
            "torch.save(torch.ones(2), 'weights.pt')\n"
            "print(torch.load('weights.pt', weights_only=True).sum().item())\n"
            "print(os.getcwd(), os.path.expanduser('~'), tempfile.gettempdir())"
        )
    )
    assert text(run) == "2.0\n/scratch /scratch /scratch/.tmp\n"


def test_programs_cannot_be_brought_along():
    attack(
        "import os, shutil, subprocess\nshutil.copy('/usr/bin/id', 'id'); os.chmod('id', 0o755)\n"
        "try:\n    subprocess.run(['./id']); print('ESCAPED')\nexcept PermissionError: pass"
    )


def test_the_environment_tells_nothing(monkeypatch):
    monkeypatch.setenv("AUTOGRADER_TEST_SECRET", "token")
    printed = attack(
        "import os\nprint(sorted(os.environ))\nprint('AUTOGRADER_TEST_SECRET' in os.environ)"
    )
    assert printed.endswith("False\n")
    assert "AUTOGRADER" not in printed


# ----------------------------------------------------------------------------------- network


@pytest.mark.parametrize(
    "source",
    [
        "import socket\nsocket.socket().bind(('127.0.0.1', 0)); print('ESCAPED')",
        "import socket\nsocket.create_connection(('127.0.0.1', PORT), 1); print('ESCAPED')",
        "import socket\nsocket.socket(socket.AF_INET6).bind(('::1', 0)); print('ESCAPED')",
        "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.sendto(b'x', ('127.0.0.1', PORT)); print('ESCAPED')",
        "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW); print('ESCAPED')",
        "import socket\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW); print('ESCAPED')",
        "import socket\nsocket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET); print('ESCAPED')",
        "import socket\nsocket.socket(40, socket.SOCK_STREAM); print('ESCAPED')  # vsock",
        "import socket\nsocket.getaddrinfo('example.org', 80); print('ESCAPED')",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:PORT', timeout=1)\n"
        "print('ESCAPED')",
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0NAME')\nprint('ESCAPED')",
    ],
)
def test_a_child_reaches_no_network(source):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        name = f"autograder-test-{os.getpid()}"  # shared by the whole machine
        unix.bind(f"\0{name}")
        unix.listen()
        port = server.getsockname()[1]
        run = execute(job(source.replace("PORT", str(port)).replace("NAME", name), "1"))
        assert run.cells[0].status == "error"
        assert ESCAPED not in text(run)
        assert run.ended == "finished"
        for listening in (server, unix):
            listening.setblocking(False)
            with pytest.raises(BlockingIOError):
                listening.accept()


# --------------------------------------------------------------------------------- processes


def test_a_child_sees_and_signals_nobody():
    mark = subprocess.Popen([sys.executable, "-Ic", "input()"], stdin=subprocess.PIPE)
    try:
        printed = attack(
            "import os, signal\nprint(os.getpid(), os.getppid())\n"
            f"for pid in [{mark.pid}, {os.getpid()}, {os.getppid()}, *range(2, 400)]:\n"
            "    try:\n"
            "        os.kill(pid, 0); print('ESCAPED', pid)\n"
            "    except ProcessLookupError: pass\n"
            "try:\n    os.kill(-1, signal.SIGKILL)\nexcept ProcessLookupError: print('alone')\n"
            "print(os.getpgid(0), os.getsid(0))\n"
            "os.kill(0, signal.SIGKILL); os.killpg(0, signal.SIGKILL)\n"
        )
        assert printed == "1 0\nalone\n1 1\n"
        assert mark.poll() is None
    finally:
        mark.kill()
        mark.wait()
        mark.stdin.close()


def test_stopping_itself_does_nothing():
    attack(
        "import os, signal as s\nfor s in (s.SIGSTOP, s.SIGKILL, s.SIGTERM, s.SIGTSTP):\n"
        "    os.kill(os.getpid(), s)\nprint('on')\nimport faulthandler; faulthandler._sigsegv()"
    )


NUMBERS = {"x86_64": 0, "aarch64": 1}
machine = pytest.mark.skipif(platform.machine() not in NUMBERS, reason="unknown system calls")


@machine
@pytest.mark.parametrize(
    ("name", "numbers", "arguments"),
    [
        ("ptrace", (101, 117), "16, 1, 0, 0"),
        ("process_vm_readv", (310, 270), "1, 0, 0, 0, 0, 0"),
        ("process_vm_writev", (311, 271), "1, 0, 0, 0, 0, 0"),
        ("setsid", (112, 157), ""),
        ("unshare user", (272, 97), "0x10000000"),
        ("unshare mount", (272, 97), "0x00020000"),
        ("clone user", (56, 220), "0x10000011, 0, 0, 0, 0"),
        ("clone3", (435, 435), "ctypes.create_string_buffer(88), 88"),
        ("setns", (308, 268), "0, 0"),
        ("mount", (165, 40), "b'none', b'/scratch', b'tmpfs', 0, 0"),
        ("umount", (166, 39), "b'/scratch', 2"),
        ("umount answers", (166, 39), f"{str(PACKAGE / 'answers').encode()!r}, 2"),
        ("pivot_root", (155, 41), "b'/scratch', b'/scratch'"),
        ("chroot", (161, 51), "b'/scratch'"),
        ("open_tree", (428, 428), "-100, b'/', 1"),
        ("fsopen", (430, 430), "b'proc', 0"),
        ("keyctl", (250, 219), "0, -3, 1"),
        ("add_key", (248, 217), "b'user', b'a', b'b', 1, -3"),
        ("bpf", (321, 280), "0, 0, 0"),
        ("perf_event_open", (298, 241), "0, 0, -1, -1, 0"),
        ("userfaultfd", (323, 282), "1"),
        ("io_uring_setup", (425, 425), "8, ctypes.create_string_buffer(120)"),
        ("memfd_create", (319, 279), "b'x', 0"),
        ("memfd_secret", (447, 447), "0"),
        ("shmget", (29, 194), "0, 4096, 0o1600"),
        ("msgget", (68, 186), "0, 0o1600"),
        ("mq_open", (240, 180), "b'x', 0o102, 0o600, 0"),
        ("name_to_handle_at", (303, 264), "-100, b'/', 0, 0, 0"),
        ("open_by_handle_at", (304, 265), "3, 0, 0"),
        ("pidfd_getfd", (438, 438), "0, 0, 0"),
        ("kexec_load", (246, 104), "0, 0, 0, 0"),
        ("init_module", (175, 105), "0, 0, b''"),
        ("reboot", (169, 142), "0xfee1dead, 672274793, 0x89abcdef"),
        ("swapon", (167, 224), "b'x', 0"),
        ("sethostname", (170, 161), "b'x', 1"),
        ("settimeofday", (164, 170), "0, 0"),
        ("inotify_init1", (294, 26), "0"),
        ("a call of the future", (600, 600), ""),
    ],
)
def test_the_kernel_refuses(name, numbers, arguments):
    number = numbers[NUMBERS[platform.machine()]]
    assert attack(f"{_CALL}call({number}, {arguments})").split()[0] in ("EPERM", "ENOSYS")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="another way in of x86_64 only")
def test_calls_of_the_x32_kind_kill():
    run = execute(job(f"{_CALL}call(0x40000000 | 39)", "1"))
    assert run.ended == "crashed"
    assert "SIGSYS" in (run.reason or "")
    assert ESCAPED not in text(run)


def test_no_privilege_is_left_and_none_can_be_gained():
    printed = attack(
        f"{_CALL}"
        "print(os.getuid(), os.getgid(), libc.prctl(39, 0, 0, 0, 0), libc.prctl(27))\n"
        "for change in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0])):\n"
        "    try:\n        change(); print('ESCAPED')\n    except OSError: pass\n"
        "header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()\n"
        "libc.capget(header, data); print('caps', list(data))\n"
        "data[0] = data[1] = 0xffffffff\n"
        "print('ESCAPED' if libc.capset(header, data) == 0 else 'none gained')"
    )
    assert printed == "65534 65534 1 239\ncaps [0, 0, 0, 0, 0, 0]\nnone gained\n"


def test_a_terminal_cannot_be_typed_into():
    attack(
        "import fcntl, os\nfor d in range(3):\n"
        "    try:\n        fcntl.ioctl(d, 0x5412, b'x'); print('ESCAPED')\n    except OSError: pass"
    )


def test_walking_out_of_the_folder_leads_nowhere():
    attack(
        "import os\nfolder = os.open('/scratch', os.O_RDONLY)\nos.chdir('/')\n"
        "for path in ('..', '../..', '../../home', 'job/../..'):\n"
        "    try:\n        inner = os.open(path, os.O_RDONLY, dir_fd=folder)\n"
        "        print('ESCAPED', os.listdir(inner))\n"
        "    except OSError: pass\n"
        "try:\n    os.chroot('/scratch'); print('ESCAPED')\nexcept OSError: pass"
    )


def test_the_warm_process_leaves_its_children_no_descriptor():
    printed = attack(
        "import os, stat\nfound = []\nfor d in range(512):\n"
        "    try:\n        found.append((d, stat.filemode(os.fstat(d).st_mode)[0]))\n"
        "    except OSError: pass\nprint(found)"
    )
    kinds = [kind for _, kind in eval(printed)]
    assert kinds == ["c", "p", "p", "s"]  # null, two pipes, and the channel


def test_nothing_that_others_wrote_is_in_memory():
    marker = "a secret of another student 4711"
    execute(job(f"secret = {marker!r}\nopen('f', 'w').write(secret)\nprint(secret)"))
    attack(
        "import gc, os, sys\n"
        "backwards = '1174 tneduts rehtona fo'\n"
        "frames = [f.f_locals for f in sys._current_frames().values()]\n"
        "for thing in gc.get_objects() + frames:\n"
        "    try:\n"
        "        if type(thing) in (str, bytes, dict, list, tuple):\n"
        "            if backwards in str(thing)[::-1]:\n"
        "                print('ESCAPED')\n"
        "    except Exception: pass\n"
        "if os.path.exists('f'): print('ESCAPED')"
    )


def test_a_cell_cannot_read_the_cells_that_come_after_it():
    run = execute(
        job(
            "import gc, sys\nframe, found = sys._getframe(), []\n"
            "while frame:\n    found.append(str(frame.f_locals)); frame = frame.f_back\n"
            "needle = 'hidden' + '_check_4711'\n"
            "objects = [o for o in gc.get_objects() if type(o) in (list, dict, tuple)]\n"
            "print('ESCAPED' if any(needle in t for t in found) else 'nothing')",
            "'hidden_check_4711'",
        )
    )
    assert text(run.cells[0]) == "nothing\n"


def test_two_jobs_at_once_share_nothing():
    ready, attacked = threading.Event(), threading.Event()
    holder = job(
        "import os, socket\nopen('mine', 'w').write('x')\n"
        "try: open('/tmp/mine', 'w').write('x')\n"
        "except OSError: pass  # where what may be read lies below /tmp, nothing else is there\n"
        "open('/dev/shm/mine', 'w').write('x')\n"
        "s = socket.socket(socket.AF_UNIX); s.bind('\\0mine'); s.listen()\n"
        "p = socket.socket(socket.AF_UNIX); p.bind('/scratch/socket'); p.listen()\n"
        "child = os.fork() or __import__('signal').pause()",
        "print(os.waitpid(child, os.WNOHANG), open('mine').read())\n"
        "for socket in (s, p):\n    socket.setblocking(False)\n"
        "    try:\n        socket.accept(); print('visited')\n    except BlockingIOError: pass",
    )
    runs = []

    def wait_for_the_attack(index: int, _: object) -> None:
        if index == 0:
            ready.set()
            attacked.wait()

    def hold() -> None:
        limits = Limits(submission_seconds=1000)
        runs.append(execute(holder, limits, progress=wait_for_the_attack))

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        attack(
            "import os, socket\n"
            "for path in ('mine', '/tmp/mine', '/dev/shm/mine', '/scratch/socket',\n"
            "             '/scratch/mine'):\n"
            "    if os.path.exists(path): print('ESCAPED', path)\n"
            "for address in ('\\0mine', '/scratch/socket'):\n"
            "    try:\n        socket.socket(socket.AF_UNIX).connect(address); print('ESCAPED')\n"
            "    except OSError: pass\n"
            "for pid in range(2, 500):\n"
            "    try:\n        os.kill(pid, 9); print('ESCAPED', pid)\n    except OSError: pass"
        )
    finally:
        attacked.set()
        thread.join()
    assert [cell.status for cell in runs[0].cells] == ["ok", "ok"]
    assert text(runs[0]) == "(0, 0) x\n"  # its own process, file and sockets are as they were


# ------------------------------------------------------------------- what must go on working


@pytest.mark.parametrize(
    "source",
    [
        "import sqlite3, xml.dom.minidom, decimal, curses, torch.distributions, torch.fx",
        "import torchvision.models as m\nm.resnet18()",
        "import torch\nw = torch.ones(3, requires_grad=True)\n(w * w).sum().backward()\nw.grad",
        "from torch.utils.tensorboard import SummaryWriter\nw = SummaryWriter('runs')\n"
        "w.add_scalar('a', 1, 1); w.close()\nimport os; os.listdir('runs')[0]",
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "d = TensorDataset(torch.arange(8.0))\nprint(len(list(DataLoader(d, 2, num_workers=2))))",
        "from concurrent.futures import ThreadPoolExecutor as T\nlist(T(4).map(abs, [-1, -2]))",
        "import multiprocessing as m\nwith m.get_context('fork').Pool(2) as p:\n"
        "    print(p.map(abs, [-1, -2]))",
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'import numpy; print(numpy.ones(2))'], check=True)",
        "import asyncio\nasync def go(): return 1\nawait asyncio.gather(go(), go())",
        "import torch\nmodel = torch.nn.Conv2d(3, 4, 3)\n"
        "torch.optim.Adam(model.parameters()).step()\nmodel(torch.ones(1, 3, 5, 5)).shape",
        "import getpass, platform, socket\n"
        "getpass.getuser(), platform.node(), socket.gethostname()",
        "import time, datetime\ntime.localtime(), datetime.datetime.now().astimezone()",
    ],
)
def test_honest_code_goes_on_working(source):
    run = execute(job(source))
    assert run.cells[0].status == "ok", everything(run)
    assert run.ended == "finished"
