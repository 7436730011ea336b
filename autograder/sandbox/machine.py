"""What a worker of a cluster is asked, and what it has in common with the grader's machine."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError
from autograder.sandbox.job import SandboxOptions

DIFFERENT = "The worker {where} is not as this machine: {what}. Install the same on both."


@dataclasses.dataclass(frozen=True)
class Machine:
    """What has to be the same on every machine, by name: what a person sets right by these."""

    versions: Mapping[str, str]

    @classmethod
    @functools.cache
    def this(cls) -> Machine:
        """This one: Python, the packages that compute, and this package by its source text."""
        versions = {"Python": platform.python_version()}
        for package in ("torch", "torchvision", "numpy"):
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                versions[package] = importlib.metadata.version(package)
        digest = hashlib.sha256()
        package_folder = Path(__file__).parents[1]
        for path in sorted(package_folder.rglob("*.py")):
            digest.update(path.relative_to(package_folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
        return cls(versions | {"autograder": digest.hexdigest()[:12]})

    def unlike(self, other: Machine) -> str:
        """Where another one differs: ``torch 2.14.1 here, 2.13.0 there``; empty where nowhere."""
        names = sorted({*self.versions, *other.versions}, key=str.lower)
        return "; ".join(
            f"{name} {self.versions.get(name, 'missing')} here, "
            f"{other.versions.get(name, 'missing')} there"
            for name in names
            if self.versions.get(name) != other.versions.get(name)
        )


def introduce(options: SandboxOptions) -> Machine | AutograderError:
    """On a worker: what it is. Its warm process is started, with the sandbox that is asked for."""
    from autograder.sandbox import launch

    try:
        launch.warm(options).wait_until_ready()
    except AutograderError as error:
        return error
    return Machine.this()


def call(here: Machine, fn: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """On a worker: call ``fn``, if this machine is as the grader's. What it refuses is a result."""
    differs = here.unlike(Machine.this())
    if differs:
        return AutograderError(DIFFERENT.format(where=f"on {platform.node()}", what=differs))
    try:
        return fn(*args)
    except AutograderError as error:
        return type(error)(f"On {platform.node()}: {error}")
