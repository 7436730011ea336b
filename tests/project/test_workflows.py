"""The workflows, checked as far as they can be where they do not run."""

import importlib.util
import json
import re
import shlex
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests.conftest import COURSE
from tests.project.names import commands, project, targets

FILES = sorted((COURSE / ".github" / "workflows").glob("*.yml"))
SCHEMA = json.loads(Path(__file__).with_name("workflow.schema.json").read_text())
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


def workflow(path):
    """A workflow with every scalar as it is written: YAML 1.1 takes ``on`` for a truth value."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


JOBS = [
    pytest.param(path, job, id=f"{path.stem}-{name}")
    for path in FILES
    for name, job in workflow(path)["jobs"].items()
]


def scripts(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_there_are_two_one_for_everything_and_one_for_the_students_half():
    assert [path.name for path in FILES] == ["student.yml", "test.yml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_workflow_has_the_agreed_form(path):
    jsonschema.validate(workflow(path), SCHEMA)


@pytest.mark.parametrize(("path", "job"), JOBS)
def test_what_a_job_takes_from_its_matrix_is_there(path, job):
    matrix = job.get("strategy", {}).get("matrix", {})
    used = {text.strip() for text in EXPRESSION.findall(json.dumps(job))}
    assert used == {f"matrix.{name}" for name in matrix}


@pytest.mark.parametrize(("path", "job"), JOBS)
def test_versions_of_python_are_text_and_allowed(path, job):
    read = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    written = job.get("strategy", {}).get("matrix", {}).get("python")
    for other in read.values():
        for step in other["steps"]:
            given = step.get("with", {}).get("python-version")
            assert given is None or isinstance(given, str), "3.10 without quotes is 3.1"
        assert all(
            isinstance(v, str)
            for v in other.get("strategy", {}).get("matrix", {}).get("python", [])
        )
    fixed = [step.get("with", {}).get("python-version", "") for step in job["steps"]]
    allowed = SpecifierSet(project()["requires-python"])
    for version in written or [v for v in fixed if v]:
        assert allowed.contains(f"{version}.0"), version


def test_the_students_half_runs_on_three_systems_from_the_oldest_python_on():
    (job,) = workflow(COURSE / ".github/workflows/student.yml")["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    oldest = re.search(r">=\s*([\d.]+)", project()["requires-python"])[1]
    assert matrix["python"][0] == oldest
    assert job["strategy"]["fail-fast"] == "false"
    pinned = re.search(r"- python=([\d.]+)", (COURSE / "environment.yml").read_text())[1]
    assert pinned in matrix["python"]


def test_the_other_runs_what_any_ci_runs():
    (job,) = workflow(COURSE / ".github/workflows/test.yml")["jobs"].values()
    assert scripts(job)[-1] == "bash .ci/run"
    assert (COURSE / ".ci/run").is_file()
    run = (COURSE / ".ci/run").read_text()
    assert set(re.findall(r"^make ([\w-]+)", run, re.MULTILINE)) <= targets()


@pytest.mark.parametrize(("path", "job"), JOBS)
def test_every_command_of_a_job_exists(path, job):
    for script in scripts(job):
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        words = script.split()
        if words[0] == "autograder":
            assert words[1] in {"--help", *commands()}
        elif words[0] == "make":
            assert words[1] in targets()
        elif words[:2] == ["python", "-m"]:
            assert importlib.util.find_spec(words[2]) is not None
        elif words[:3] == ["python", "-P", "-c"]:
            compile(shlex.split(script)[3], "script", "exec")
        elif words[0] == "bash":
            assert (COURSE / words[1]).is_file()
        else:
            assert words[0] == "sudo", script


def test_pre_commit_runs_the_versions_that_the_tests_run():
    hooks = yaml.safe_load((COURSE / ".pre-commit-config.yaml").read_text())
    (ruff,) = (repo for repo in hooks["repos"] if repo["repo"].endswith("/ruff-pre-commit"))
    assert f"ruff=={ruff['rev'].removeprefix('v')}" in project()["optional-dependencies"]["test"]
    assert [hook["id"] for hook in ruff["hooks"]] == ["ruff-check", "ruff-format"]


def test_pre_commit_checks_the_chapters_whose_text_or_answers_changed(tmp_path):
    hooks = yaml.safe_load((COURSE / ".pre-commit-config.yaml").read_text())
    (hook,) = (h for repo in hooks["repos"] if repo["repo"] == "local" for h in repo["hooks"])
    matches = re.compile(hook["files"]).search
    assert matches("notebooks/01_module.py") and matches("notebooks/01_module.answers.py")
    assert not matches("notebooks/01_module.ipynb") and not matches("autograder/cli.py")
    (tmp_path / "autograder").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "autograder").chmod(0o755)
    changed = "notebooks/02_b.answers.py notebooks/01_a.py notebooks/02_b.py"
    done = subprocess.run(
        ["sh", "-c", f"PATH={tmp_path}:$PATH; {hook['entry']} {changed}"],
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["build", "--check", "01_a", "02_b"], done.stderr
