"""A Python that has lost what Windows lacks, as far as a Python on Linux can lose it.

:func:`take_away` is called when the libraries are imported: they have their own branches for
Windows, chosen while importing, and are not what is tested here.
"""

import importlib
import os
import signal
import socket
import sys

LIBRARIES = (
    "IPython.core.interactiveshell",
    "IPython.utils.capture",
    "jinja2",
    "jupyterlab.labapp",
    "matplotlib.pyplot",
    "nbgrader.coursedir",
    "rich.progress",
    "safetensors.numpy",
    "torch",
    "typer",
)
MODULES = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty")
IN_OS = (
    "O_CLOEXEC O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH chown chroot fchmod fchown fork "
    "forkpty getegid geteuid getgid getloadavg getpgid getuid killpg lchown mkfifo mknod nice "
    "pread pwrite register_at_fork sched_getaffinity sched_setaffinity setgid setpgid setsid "
    "setuid statvfs sync sysconf uname unshare wait3 wait4 waitid"
).split()
IN_SIGNAL = (
    "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGUSR1 SIGUSR2 alarm pause "
    "pthread_kill pthread_sigmask setitimer sigwait"
).split()


def take_away() -> None:
    """From now on this process has no such modules, functions and signals."""
    for name in LIBRARIES:
        importlib.import_module(name)
    ours = [name for name in sys.modules if name.split(".")[0] == "autograder"]
    assert not ours, f"imported while it still had everything: {ours}"
    for name in MODULES:
        sys.modules[name] = None  # what imports it gets an ImportError
    for module, names in ((os, IN_OS), (signal, IN_SIGNAL), (socket, ["AF_UNIX", "send_fds"])):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = "win32"
