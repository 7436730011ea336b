"""From records and evidence to what a class's report says: everybody once, under the right word."""

import dataclasses
import json
from pathlib import Path

import pytest

from autograder.checks.check import observe
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.evidence import ATOL, RTOL
from autograder.grading.class_report import Reports
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.figures import discriminations, far_from_others
from autograder.grading.pipeline import Pipeline
from autograder.grading.scoring import set_aside
from autograder.grading.store import Run
from autograder.grading.typical import typical
from autograder.judge.exercise import Exercise
from autograder.judge.references import collect
from autograder.judge.verdicts import Misconception
from autograder.pages.class_summary import ClassReport, Mistake

from .course import ASSIGNMENT, POINTS, make_course

ANSWERS = """# %% double wrong: one added
# message: You add *one*; `2 * x` is asked for.
def double(x):
    return x + 1
"""
CODE = "def {}(x):\n    return {}  # Ada Lovelace"
INPUTS = {"double-visible": 2.5, "double-hidden": 5.5, "triple-visible": 2.5, "triple-hidden": 5.5}
EXERCISES = {
    name: Exercise(
        name,
        f"1.{i}",
        minutes=10 * i,
        visible=(f"{name}/visible",),
        hidden=(f"{name}/hidden",),
        points=(POINTS[f"{name}-visible"], POINTS[f"{name}-hidden"]),
    )
    for i, name in enumerate(("double", "triple"), 1)
}


def record(check, answer):
    cell = check.replace("/", "-")
    return observe(check, answer, (INPUTS[cell],), {}, rtol=RTOL, atol=ATOL, forbid=())[0]


def recorded(**answers):
    """Evidence of every check of the exercises answered."""
    checks = [f"{name}/{kind}" for name in answers for kind in ("visible", "hidden")]
    return {check: record(check, answers[check.split("/")[0]]) for check in checks}


RIGHT = {"double": lambda x: 2 * x, "triple": lambda x: 3 * x}


def untouched(x):
    raise NotImplementedError


def executed(student, changes=None, **about) -> ExecutedAttempt:
    """What a student's run left behind: right answers, some replaced, None for no evidence."""
    answers = {k: v for k, v in (RIGHT | (changes or {})).items() if v is not None}
    values = {
        "student": student,
        "run": "run",
        "version": "v1",
        "digest": student,
        "seconds": 2.0,
        "ended": "finished",
        "reason": None,
        "notes": (),
        "missing": (),
        "statuses": {},
        "errors": {},
        "reasons": {},
        "sources": {name: CODE.format(name, f"{i} * x") for i, name in enumerate(RIGHT, 2)},
        "evidence": recorded(**answers),
        "rejected": {},
    }
    return ExecutedAttempt(**values | about)


SYNTAX = {"triple": "SyntaxError: '(' was never closed"}
HOSTILE = "\udcff<script>alert(1)</script>\u2028"  # a folder's name that is no text
CLASS = [
    *(executed(f"right-{i}") for i in range(4)),
    *(executed(f"one-{i}", {"double": lambda x: x + 1}) for i in range(2)),
    *(executed(f"same-{i}", {"triple": lambda x: x * x * 7.7}) for i in range(3)),
    executed("own", {"triple": lambda x: x**3 + 0.123}),
    executed("syntax", {"triple": None}, errors=SYNTAX, statuses={"triple": "error"}),
    executed(
        "endless",
        {"triple": None},
        ended="timeout",
        reasons={"triple": "The cell `triple` ran longer than 2 s."},
        statuses={"triple": "interrupted"},
    ),
    executed("stops", {"triple": None}, errors={"triple": "NameError: y"}),
    executed("open", {"triple": untouched}),
    executed("slow", {"triple": None}, statuses={"triple": "not_run"}),
    executed("flag", notes=("flagged: `double` has `getattr`.", "A cell was moved.")),
]


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> CourseFolder:
    """A course with a class that was graded, but for the execution."""
    root = make_course(tmp_path_factory.mktemp("report") / "course")
    (root / "notebooks").mkdir()
    (root / "notebooks" / f"{ASSIGNMENT}.answers.py").write_text(ANSWERS)
    known = Misconception("double", "one added", "", recorded(double=lambda x: x + 1))
    right = recorded(**RIGHT)
    cells = {cell: [right[cell.replace("-", "/")]] for cell in POINTS}
    references = collect(ASSIGNMENT, 0, "v1", EXERCISES, cells, (known,))
    folder = CourseFolder(root)
    pipeline = Pipeline(folder, ASSIGNMENT)
    run = Run("run", references)
    (pipeline.store.runs.folder).mkdir(parents=True)
    (pipeline.store.runs.folder / "run.references").write_bytes(run.references.to_bytes())
    (root / "notebooks" / f"{ASSIGNMENT}.references").write_bytes(references.to_bytes())
    for attempt in CLASS:
        pipeline.store.keep(attempt)
    records = [pipeline.judge(attempt) for attempt in CLASS]
    records.append(set_aside("aside", ASSIGNMENT, "The notebook is an empty file.", 10.0))
    records.append(set_aside(HOSTILE, ASSIGNMENT, f"It is {HOSTILE}.", 10.0))
    pipeline.store.save_records(records)
    write_submission(root, "own")
    return folder


def write_submission(root: Path, student: str) -> None:
    for folder, suffix in (("submitted", "ipynb"), ("feedback", "html")):
        path = root / folder / student / ASSIGNMENT / f"{ASSIGNMENT}.{suffix}"
        path.parent.mkdir(parents=True)
        path.write_text("{}")


@pytest.fixture(scope="module")
def report(course) -> ClassReport:
    return Reports(course, {"own": "Ada Lovelace"}).write(ASSIGNMENT)[0]


def why(report: ClassReport, student: str) -> list[tuple[str, str]]:
    (person,) = [p for p in report.people if p.id == student]
    return [(reason.kind, reason.sentence) for reason in person.reasons]


def test_each_student_is_counted_once_under_what_became_of_the_exercise(report) -> None:
    double, triple = report.exercises
    assert {end: len(who) for end, who in double.outcomes.items()} == {"solved": 14, "mistake": 2}
    assert {end: who for end, who in triple.outcomes.items() if end != "solved"} == {
        "unknown": ("own", "same-0", "same-1", "same-2"),
        "syntax": ("syntax",),
        "limit": ("endless",),
        "error": ("stops",),
        "open": ("open",),
        "unreached": ("slow",),
    }
    assert (double.title, double.minutes, double.points) == ("1.1", 10, 4.0)
    assert report.graded == 16 and len(report.people) == 18


def test_who_needs_a_look_and_why(report) -> None:
    assert [person.id for person in report.look] == [
        "aside",
        HOSTILE,
        "flag",
        "endless",
        "syntax",
        "own",
    ]
    assert why(report, "aside") == [("aside", "The notebook is an empty file.")]
    assert why(report, "flag") == [("flag", "`double` has `getattr`.")]
    assert why(report, "endless") == [("limit", "The cell `triple` ran longer than 2 s.")]
    assert why(report, "syntax") == [("syntax", "`triple`: SyntaxError: '(' was never closed")]
    ((kind, sentence),) = why(report, "own")
    assert kind == "unexplained" and sentence.startswith("`triple`: ") and "7.5" in sentence


def test_what_is_open_to_read_is_linked_from_where_the_page_lies(course, report) -> None:
    links = {p.id: p.links for p in report.people if p.links}
    assert list(links) == ["own"]
    for _, address in links["own"]:
        assert (course.evidence(ASSIGNMENT) / address).is_file()


def test_a_folder_with_any_name_is_shown_and_runs_nothing(course, report) -> None:
    page = (course.evidence(ASSIGNMENT) / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert why(report, HOSTILE)[0][0] == "aside"


def test_mistakes_come_with_their_message_their_cost_and_typical_code(report) -> None:
    code = CODE.format("double", "2 * x")
    said = "You add *one*; `2 * x` is asked for."
    assert report.mistakes == (Mistake("double", "one added", said, ("one-0", "one-1"), 8.0, code),)


def test_unknown_answers_are_in_groups(report) -> None:
    group = report.unknown[0]
    assert group.students == ("same-0", "same-1", "same-2")
    assert (group.exercise, group.points, group.same) == ("triple", 18.0, "evidence")
    assert group.id and group.message


def test_points_and_what_they_were_lost_for(report) -> None:
    double, triple = report.exercises
    assert (double.cost, triple.cost) == (8.0, 54.0)
    assert [(lost.name, lost.points, lost.students) for lost in triple.lost] == [
        ("triple", 54.0, 9)
    ]
    assert double.mean == pytest.approx(4 * 14 / 16)
    assert double.discrimination == pytest.approx(triple.discrimination)


def test_times_are_those_of_the_attempts(report) -> None:
    assert len(report.times.seconds) == 16
    assert (report.times.total, report.times.median) == (32.0, 2.0)
    assert report.times.span


def test_without_names_the_pages_agree_and_name_nobody(course) -> None:
    reports = Reports(course, {"own": "Ada Lovelace"}, nameless=True)
    written = [reports.write(ASSIGNMENT)]
    whole = reports.write_all(written)
    assert whole.name == written[0][1].name == "report-anonymous.html"
    numbers = {person.id for person in written[0][0].people}
    for path in (whole, written[0][1]):
        page = path.read_text(encoding="utf-8")
        assert "Lovelace" not in page and "same-0" not in page and "endless" not in page
        assert all(number in page for number in numbers)


def test_a_persons_score_counts_in_the_exercise_too(course, tmp_path) -> None:
    pipeline = Pipeline(course, ASSIGNMENT)
    before = pipeline.store.records()
    manual = {"scores": {"triple-hidden": 3.5}, "extra_credit": {"double-visible": 0.5}}
    changed = [
        dataclasses.replace(pipeline.judge(attempt), manual=manual, score=8.0)
        for attempt in CLASS
        if attempt.student == "own"
    ]
    pipeline.store.save_records(changed)
    try:
        report = Reports(course, {}).write(ASSIGNMENT)[0]
    finally:
        path = pipeline.store.folder / "records.jsonl"
        path.write_text("".join(f"{json.dumps(record)}\n" for record in before.values()))
    (own,) = [person for person in report.people if person.id == "own"]
    assert own.points == (4.5, 3.5) and own.marks == ("by hand",) and own.score == 8.0


def test_what_was_set_aside_needs_no_look_once_a_person_gave_points(course) -> None:
    store = Pipeline(course, ASSIGNMENT).store
    before = (store.folder / "records.jsonl").read_bytes()
    aside = set_aside("aside", ASSIGNMENT, "The notebook is an empty file.", 10.0)
    try:
        for manual, looks in (
            ({"comments": {"double": "Hm."}}, ["aside", HOSTILE]),
            ({"scores": {"triple-hidden": 3.25}}, [HOSTILE]),
        ):
            store.save_records([dataclasses.replace(aside, manual=manual, score=3.25)])
            reports = Reports(course, {})
            report, path = reports.write(ASSIGNMENT)
            assert [p.id for p in report.look if p.kinds == ["aside"]] == looks
            whole = reports.write_all([(report, path)]).read_text(encoding="utf-8")
            assert (">3.25</a>" in whole) == (len(looks) == 1)
    finally:
        (store.folder / "records.jsonl").write_bytes(before)
    assert report.graded == 16


@pytest.mark.parametrize("lacking", ["late", "status"])
def test_what_was_not_graded_or_long_ago_has_no_report(course, tmp_path, lacking) -> None:
    pipeline = Pipeline(course, ASSIGNMENT)
    old = next(iter(pipeline.store.records().values()))
    pipeline.store = type(pipeline.store)(tmp_path)
    reports = Reports(course, {})
    with pytest.raises(AutograderError, match="has not been graded here"):
        reports.summary(pipeline)
    for about in (old, *old["checks"]):
        about.pop(lacking, None)
    (tmp_path / "records.jsonl").write_text(json.dumps(old))
    with pytest.raises(AutograderError, match="earlier version"):
        reports.summary(pipeline)


# ------------------------------------------------------------------------------------ figures


def test_discrimination_is_the_correlation_with_the_rest() -> None:
    telling = [(float(i), float(i), float(i % 2)) for i in range(12)]
    first, second, third = discriminations(telling)
    assert first == pytest.approx(second) and first > 0.9
    assert -0.2 < third < 0.5
    assert discriminations([(1.0, float(i)) for i in range(12)]) == [None, None]
    assert discriminations(telling[:9]) == [None, None, None]
    assert discriminations([]) == []


def test_a_score_is_far_when_the_other_chapters_suggest_another() -> None:
    students = [f"s{i}" for i in range(20)]
    shares = {name: dict.fromkeys(students, 0.8) for name in ("a", "b", "c")}
    shares["c"] = dict.fromkeys(students, 0.5)  # a hard one: nobody is far for that
    shares["c"]["s3"] = 0.1
    shares["c"]["s4"] = 0.3
    assert far_from_others(shares, "c") == {"s3": (0.1, 0.5)}
    shares["a"]["s3"] = shares["b"]["s3"] = 0.4  # that is how s3 does everywhere
    assert far_from_others(shares, "c") == {}
    del shares["b"]
    assert far_from_others(shares, "c") == {}
    assert far_from_others({}, "c") == {}


def test_the_typical_answer_is_the_most_frequent_whatever_names_it_uses() -> None:
    common = ["def f(x):\n    return x", "def f(image):\n    # mine\n    return image"]
    assert typical(["def f(x):\n    return 1", *common, ""]) == common[0]
    assert typical(["def (", "def  (", "longer = 1"]) == "def ("
    assert typical([]) == ""
