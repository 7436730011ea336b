"""A job of which only some evidence is wanted, and only until there is enough of it."""

from autograder.evidence import Evidence
from autograder.sandbox import Job, JobCell
from tests.sandbox.jobs import execute, text

CHECKS = """
from autograder.checks.check import check
for i in range(4):
    check(f"{part}/{{i}}", lambda i=i: print("called", i))
"""


def cell(name: str, part: str, can_be_left_out: bool = False) -> JobCell:
    return JobCell(name, CHECKS.format(part=part), "own", None, part, can_be_left_out)


def made(**options) -> tuple[list[str], list[str]]:
    """The names of the evidence, and what became of each cell."""
    cells = (cell("a", "a"), cell("b", "b"), cell("a again", "a"), cell("a at last", "a", True))
    run = execute(Job(cells, 1, **options))
    called = [text(log).count("called") for log in run.cells]
    names = [Evidence.from_bytes(data).name for _, data in run.evidence]
    assert sum(called) == len(names)
    return names, [log.status for log in run.cells]


def test_checks_of_other_parts_do_not_call_the_answer():
    names, statuses = made(wanted=("b",))
    assert names == ["b/0", "b/1", "b/2", "b/3"]
    assert statuses == ["ok"] * 4


def test_a_part_ends_when_there_is_enough_of_it():
    def enough(part: str, data: bytes) -> bool:
        return part == "a" and Evidence.from_bytes(data).name == "a/1"

    names, statuses = made(wanted=("a", "b"), enough=lambda: enough)
    assert names == ["a/0", "a/1", "b/0", "b/1", "b/2", "b/3"]
    assert statuses == ["ok", "ok", "ok", "not_run"]
