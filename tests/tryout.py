"""What the checks of one exercise say to its known answers: ``python -m tests.tryout 02 to_nchw``.

The lesson's text is read as it stands: nothing has to be built before. Each answer is executed with
a few seeds, and a line says which checks it passes, what it scores and which cause it is told.
``--more FILE`` adds answers from another file of the same form, ``--seeds N`` takes N seeds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.course import established
from autograder.course.answers import Answer, load
from autograder.course.attempt import answer_attempt
from autograder.course.lesson import read
from autograder.course.make_references import make_references
from autograder.course.proofread import split, statements
from autograder.grading.executed import collect_evidence
from autograder.grading.rebuild import Rebuilt
from autograder.grading.scoring import Record, score
from autograder.sandbox import shutdown
from tests.course.conftest import COURSE, run


def main() -> None:
    """Print a line for each answer; a line more for each check that it fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chapter", help="01, or the whole name")
    parser.add_argument("exercise", nargs="*", help="all of them, where none is named")
    parser.add_argument("--more", type=Path, help="a file with further answers")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="only what is not as it should be")
    said = parser.parse_args()
    (name,) = [n for n in COURSE.lessons if n.startswith(said.chapter)]
    lesson = read(COURSE.lesson(name))
    known = load(COURSE.lesson(name).with_name(f"{name}.answers.py"))
    more = load(said.more) if said.more else []
    chosen = [a for a in (*known, *more) if a.exercise in (said.exercise or lesson.exercises)]
    mistakes = [a for a in known if a.exercise in (said.exercise or lesson.exercises)]
    assignment = lesson.assignment.only(said.exercise or list(lesson.exercises))
    exercises = {e: lesson.exercises[e] for e in assignment.exercises}
    for seed in range(1, said.seeds + 1):
        truth = make_references(assignment, seed, run, mistakes, exercises)
        if seed == 1:
            cells = split(COURSE.lesson(name).read_text())
            texts = {e: t for e, (_, t) in statements(cells, COURSE.about.heading).items()}
            for exercise, sentence in established.remarks(truth, texts):
                print(f"{exercise}: {sentence}  <-- THE BUILD WILL REFUSE")
        attempts = [answer_attempt(assignment, seed, {a.exercise: a.source}) for a in chosen]
        logs = run([attempt.job() for attempt in attempts])
        for answer, attempt, log in zip(chosen, attempts, logs, strict=True):
            rebuilt = Rebuilt(attempt, (), (), tuple(range(len(attempt.cells))))
            executed = collect_evidence("student", "run", truth, rebuilt, log)
            record = score(executed, truth, assignment.points, assignment.imports)
            report(answer, record, seed, said.quiet)
    shutdown()


def report(answer: Answer, record: Record, seed: int, quiet: bool) -> None:
    """Say how one answer fared."""
    mine = [v for v in record.verdicts if v.exercise == answer.exercise]
    failed = [v for v in mine if not v.passed]
    others = sorted(set(record.missed) - {answer.exercise})
    causes = {v.misconception for v in failed}
    right = bool(failed) != answer.right and not others
    named = answer.right or causes == {answer.name}
    if quiet and right and named:
        return
    kept = [e for e in record.requirements if e.exercise == answer.exercise]
    broken = ", ".join(f"{e.name} {e.earned:g}/{e.points:g}" for e in kept if not e.passed)
    total = f"{sum(e.earned for e in kept):g} of {sum(e.points for e in kept):g} points"
    kind = "right" if answer.right else "wrong"
    sign = "" if right else "  <-- NOT AS IT SHOULD BE"
    count = f"{len(mine) - len(failed)} of {len(mine)} checks"
    beyond = f"; others missed: {others}" if others else ""
    print(f"[{seed}] {answer.exercise} {kind}: {answer.name}: {count}, {total}{sign}{beyond}")
    if broken:
        print(f"      broken: {broken}")
    for verdict in failed:
        print(f"      {verdict.check}: [{verdict.misconception}] {(verdict.reason or '')[:300]}")


if __name__ == "__main__":
    main()
