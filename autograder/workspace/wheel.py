"""The package as students install it: one ordinary wheel, the same bytes from the same files.

Where the package runs from its source tree (a clone, an editable install), the tree's own backend
builds the wheel, called by ``python -m build``. Where it was installed from a wheel, the files that
were installed are packed again; a course needs no source tree of the package.

Nothing in the package is secret: solutions, known answers and hidden references lie in the course's
``notebooks/`` and ``source/``.
"""

from __future__ import annotations

import base64
import csv
import dataclasses
import email.parser
import hashlib
import importlib.metadata
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import autograder
from autograder.errors import AutograderError

DISTRIBUTION = "torch-nn-course"  #: what pip calls the package
PACKAGE = Path(autograder.__file__).parent

_EPOCH = (1980, 1, 1, 0, 0, 0)  #: the date of every file in a zip, its earliest one
_EPOCH_SECONDS = "315532800"
#: what an installer writes about one installation
_OF_THE_INSTALLATION = frozenset(["INSTALLER", "REQUESTED", "RECORD", "direct_url.json"])


@dataclasses.dataclass(frozen=True)
class Wheel:
    """A wheel: its file name and its bytes."""

    name: str
    data: bytes

    @property
    def version(self) -> str:
        """The version of the package in it."""
        return self.name.split("-")[1]

    @property
    def requirements(self) -> list[str]:
        """What it requires, as its metadata say it, extras included."""
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
            text = archive.read(name).decode("utf-8")
        return email.parser.Parser().parsestr(text, headersonly=True).get_all("Requires-Dist", [])


def package_wheel() -> Wheel:
    """The wheel of the package that is running. Raises :class:`AutograderError`."""
    tree = PACKAGE.parent
    if _is_source_tree(tree):
        return built(tree)
    try:
        distribution = importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        raise AutograderError(
            f"There is nothing to make the wheel of: {PACKAGE} is neither in a source tree with "
            f"pyproject.toml nor installed as {DISTRIBUTION}."
        ) from None
    return packed_again(distribution)


def _is_source_tree(folder: Path) -> bool:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        return bool(project["project"]["name"] == DISTRIBUTION)
    except (OSError, ValueError, KeyError):
        return False


def built(tree: Path) -> Wheel:
    """The wheel that the source tree's backend builds.

    It is built from a copy, so that the tree stays as it is and nothing of an earlier build gets
    in. The backend is installed for it, from the network, only where it is not there.
    """
    with tempfile.TemporaryDirectory(prefix="wheel-") as scratch:
        copy, output = Path(scratch, "tree"), Path(scratch, "dist")
        _copy(tree, copy)
        line = [sys.executable, "-m", "build", "--wheel", "--outdir", str(output), str(copy)]
        if not _unmet(copy):
            line.insert(-1, "--no-isolation")
        done = subprocess.run(
            line,
            cwd=scratch,
            env=os.environ | {"SOURCE_DATE_EPOCH": _EPOCH_SECONDS, "PYTHONHASHSEED": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode != 0:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
            raise AutograderError(f"The wheel cannot be built from {tree}:\n{said}")
        (wheel,) = output.glob("*.whl")
        return Wheel(wheel.name, wheel.read_bytes())


def _copy(tree: Path, copy: Path) -> None:
    """What a wheel is made of, and no more, with the same permissions everywhere."""
    copy.mkdir()
    project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {"pyproject.toml", project.get("readme")}
    names |= {path.name for path in tree.glob("LICEN[CS]E*")}
    for name in filter(None, names):
        shutil.copyfile(tree / name, copy / name)
    shutil.copytree(
        tree / PACKAGE.name,
        copy / PACKAGE.name,
        ignore=shutil.ignore_patterns("__pycache__", ".*"),
        copy_function=shutil.copyfile,
    )
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _unmet(tree: Path) -> list[str]:
    """What the backend needs and this environment does not have."""
    from build import ProjectBuilder, check_dependency

    needed = sorted(ProjectBuilder(tree).build_system_requires)
    return [requirement for requirement in needed if any(check_dependency(requirement))]


def packed_again(distribution: importlib.metadata.Distribution) -> Wheel:
    """The wheel that a distribution was installed from, but for what installing adds."""
    contents: dict[str, bytes] = {}
    for path in distribution.files or []:
        of_the_installation = ".dist-info" in path.parts[0] and path.name in _OF_THE_INSTALLATION
        # Scripts lie outside (``../../bin``) and are made from entry_points.txt.
        if path.parts[0] != ".." and path.suffix != ".pyc" and not of_the_installation:
            contents[path.as_posix()] = path.read_binary()
    try:
        (about,) = {name.split("/")[0] for name in contents if name.endswith(".dist-info/WHEEL")}
    except ValueError:
        raise AutograderError(f"{DISTRIBUTION} was not installed from a wheel.") from None
    tag = re.search(rb"^Tag: (\S+)", contents[f"{about}/WHEEL"], re.MULTILINE)
    assert tag is not None, "every wheel says what it is for"
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    for name, content in sorted(contents.items()):
        rows.writerow([name, f"sha256={_hash(content)}", len(content)])
    rows.writerow([f"{about}/RECORD", "", ""])
    contents[f"{about}/RECORD"] = record.getvalue().encode()
    return Wheel(f"{about.removesuffix('.dist-info')}-{tag[1].decode()}.whl", pack(contents))


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip of ``files``, by name; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # A wheel's own metadata comes last, as the format recommends.
        for name in sorted(files, key=lambda name: (".dist-info/" in name, name)):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same bytes wherever it is made
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()
