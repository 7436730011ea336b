"""What the project's commands and targets are called, read from where they are made."""

import re
import tomllib

from typer.main import get_command

from autograder.cli import app
from tests.conftest import COURSE


def commands() -> set[str]:
    """The commands of ``autograder``."""
    return set(get_command(app).commands)


def targets() -> set[str]:
    """The targets of the Makefile."""
    text = (COURSE / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][\w-]*):", text, re.MULTILINE))


def project() -> dict:
    """The table ``project`` of pyproject.toml."""
    return tomllib.loads((COURSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
