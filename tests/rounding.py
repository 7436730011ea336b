"""How much room rounding leaves each check: ``python -m tests.rounding [CHAPTER ...]``.

The same solution computes slightly different floats on another processor. This executes solutions
and known answers under every setting that this machine can take on, and reports for each check the
largest difference to the machine's own setting as a share of the check's tolerance. Above
:data:`MOST` a check has too little room: it is ill-conditioned, or its tolerance is too narrow.

Settings are environment variables that choose instruction sets, a number of threads, and two
stand-ins for machines that are not here: ``last bit`` moves what goes into every function whose
result IEEE 754 leaves open (sums, products of matrices, exponentials) to a neighbouring float, and
``float64`` computes these functions in double precision.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder.course.answers import layers
from autograder.course.attempt import Attempt, AttemptCell, answer_attempt
from autograder.course.make_references import recorded_by
from autograder.evidence import Evidence, Node, number
from autograder.judge.references import References, collect
from autograder.judge.verdicts import Misconception, judge_exercise
from autograder.sandbox import shutdown
from autograder.sandbox.pool import open_pool, run_jobs
from tests.course.conftest import CHAPTERS, COURSE, LIMITS, answers, assignment, rounds

MOST = 0.1  #: of a check's tolerance, for rounding
SEED = 0  #: that of the committed references

OTHER_ROUNDING = Path(__file__).with_name("other_rounding.py")


@dataclasses.dataclass(frozen=True)
class Setting:
    """One kind of machine: variables of the process, or a cell that runs before all others."""

    name: str
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    before: str = ""
    needs: str = ""  #: a flag of the processor
    at_once: int | None = None  #: attempts; None for as many as there are cores

    @property
    def possible(self) -> bool:
        """Whether this machine can take it on."""
        return not self.needs or self.needs in _processor_flags()


def _processor_flags() -> set[str]:
    try:
        return set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return set()


PLAINEST = {
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "MKL_CBWR": "COMPATIBLE",
}
AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "MKL_CBWR": "AVX2",
}
TWO_THREADS = "import torch; torch.set_num_threads(2); torch.set_num_threads = lambda count: None"

OWN = Setting("this machine")
SETTINGS = (
    Setting("plainest", PLAINEST),
    Setting("ATen default", {"ATEN_CPU_CAPABILITY": "default"}),
    Setting("oneDNN SSE4.1", {"ONEDNN_MAX_CPU_ISA": "SSE41"}),
    Setting("MKL compatible", {"MKL_CBWR": "COMPATIBLE", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}),
    Setting("AVX2", AVX2, needs="avx2"),
    Setting(
        "AVX-512",
        {"ATEN_CPU_CAPABILITY": "avx512", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
        needs="avx512f",
    ),
    Setting("two threads", before=TWO_THREADS, at_once=1),
    Setting("last bit", before=f"{OTHER_ROUNDING.read_text()}\nchange_rounding('last bit')\n"),
    Setting("float64", before=f"{OTHER_ROUNDING.read_text()}\nchange_rounding('float64')\n"),
)


@contextlib.contextmanager
def machine(setting: Setting) -> Iterator[None]:
    """While this lasts, attempts run in a warm process with the variables of ``setting``."""
    kept = {name: os.environ.get(name) for name in {*PLAINEST, *setting.variables}}
    if setting.variables:
        shutdown()
        os.environ.update(setting.variables)
    try:
        yield
    finally:
        if setting.variables:
            shutdown()
            for name, value in kept.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


# ---------------------------------------------------------------------------------- what is run


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What the checks of one chapter recorded under one setting, by check."""

    solution: dict[str, Evidence]
    right: list[dict[str, Evidence]]  #: a round of right answers each
    wrong: dict[tuple[str, str], dict[str, Evidence]]  #: by exercise and name of the answer
    references: References


def record(
    chapter: str,
    setting: Setting,
    with_answers: bool = True,
    seed: int = SEED,
    known: References | None = None,
    wrong: bool = True,
) -> Recorded:
    """Execute a chapter's solution, and ``with_answers`` its known answers, the ``wrong`` too.

    Call it within :func:`machine`. What references of this machine hold (``known``) is taken from
    them.
    """
    course = assignment(chapter)
    right = rounds(chapter) if with_answers else []
    if known is not None:
        mistakes = known.misconceptions if with_answers and wrong else ()
        failing = {(m.exercise, m.name): dict(m.evidence) for m in mistakes}
        solution, rights = dict(known.checks), _by_check(_execute(chapter, setting, right, seed))
        return Recorded(solution, rights, failing, known)
    listed = answers(chapter) if with_answers and wrong else []
    groups = layers(listed)
    others = [{a.exercise: a.source for a in group} for group in groups]
    by_cell = _execute(chapter, setting, [{}, *right, *others], seed)
    solution, *rest = _by_check(by_cell)
    failing = {}
    for group, found in zip(groups, rest[len(right) :], strict=True):
        for answer in group:
            own = {n: e for n, e in found.items() if n.split("/")[0] == answer.exercise}
            failing[answer.exercise, answer.name] = own
    told = [a for a in listed if not a.right]
    mistakes = tuple(
        Misconception(a.exercise, a.name, a.message, failing[a.exercise, a.name]) for a in told
    )
    references = collect(chapter, seed, "", course.exercises, by_cell[0], mistakes)
    return Recorded(solution, rest[: len(right)], failing, references)


def _execute(
    chapter: str, setting: Setting, sources: Sequence[Mapping[str, str]], seed: int
) -> list[dict[str, list[Evidence]]]:
    """What each set of answers recorded, by grade cell."""
    attempts = [_on(setting, answer_attempt(assignment(chapter), seed, s)) for s in sources]
    with open_pool(setting.at_once) as pool:
        jobs = [attempt.job() for attempt in attempts]
        executions = run_jobs(jobs, LIMITS, COURSE.sandbox(), pool)
    return [recorded_by(p, e) for p, e in zip(attempts, executions, strict=True)]


def _by_check(by_cell: Sequence[Mapping[str, list[Evidence]]]) -> list[dict[str, Evidence]]:
    return [{e.name: e for items in cells.values() for e in items} for cells in by_cell]


def _on(setting: Setting, attempt: Attempt) -> Attempt:
    if not setting.before:
        return attempt
    first = AttemptCell("setup", "rounding", setting.before)
    return dataclasses.replace(attempt, cells=(first, *attempt.cells))


# ------------------------------------------------------------------------------ what came of it


@dataclasses.dataclass(frozen=True)
class Share:
    """The largest difference of one check, as a share of its tolerance."""

    check: str
    share: float
    where: str
    setting: str
    answer: str = "solution"

    def __str__(self) -> str:
        return (
            f"{self.share:8.3f}  {self.check}{self.where}  under {self.setting!r} ({self.answer})"
        )


def share(one: Evidence, other: Evidence) -> tuple[float, str]:
    """How far two records are apart in units of the tolerance, and where.

    Infinite where they differ in anything but floats.
    """
    worst = (0.0, "")
    for far, where in _apart(one, other):
        worst = max(worst, (far, where))
    return worst


def _apart(one: Evidence, other: Evidence) -> Iterator[tuple[float, str]]:
    if one.changed != other.changed:
        yield math.inf, " (changed arguments)"
    stack: list[tuple[Node, Node, str]] = [(one.outcome, other.outcome, "")]
    while stack:
        a, b, where = stack.pop()
        kind = a["kind"]
        facts = (
            ("type",) if kind == "exception" else ("keys", "dtype", "shape", "type", "parameters")
        )
        if kind != b["kind"] or any(a.get(key) != b.get(key) for key in facts):
            yield math.inf, where
        elif kind in ("list", "tuple", "dict"):
            names = a.get("keys") or range(len(a["items"]))
            if len(a["items"]) != len(b["items"]):
                yield math.inf, where
                continue
            for name, x, y in zip(names, a["items"], b["items"], strict=True):
                stack.append((x, y, f"{where}[{name!r}]"))
        elif kind in ("tensor", "array") and a["data"] is not None:
            yield _far(one.tensors[a["data"]], other.tensors[b["data"]], one), where
        elif kind == "float":
            yield _far(np.asarray(number(a)), np.asarray(number(b)), one), where
        elif kind != "exception" and a != b:
            yield math.inf, where


def _far(one: np.ndarray, other: np.ndarray, tolerances: Evidence) -> float:
    if one.dtype.kind != "f":
        return 0.0 if np.array_equal(one, other) else math.inf
    have, want = (np.atleast_1d(a).astype(np.float64) for a in (other, one))
    with np.errstate(invalid="ignore", divide="ignore"):
        allowed = tolerances.atol + tolerances.rtol * np.abs(want)
        far = np.abs(have - want) / allowed
    far[(have == want) | (np.isnan(have) & np.isnan(want))] = 0.0
    far[np.isnan(far)] = math.inf
    return float(far.max(initial=0.0))


def shares(base: Recorded, other: Recorded, setting: str) -> list[Share]:
    """Every check's share: the solution's, and that of every right answer to itself."""
    pairs = [("solution", base.solution, other.solution)]
    for i, found in enumerate(zip(base.right, other.right, strict=True), 1):
        pairs.append((f"right answers, round {i}", *found))
    made = []
    for answer, one, two in pairs:
        for name in one:
            if name not in two:
                made.append(Share(name, math.inf, " (nothing recorded)", setting, answer))
            else:
                tolerances = dataclasses.replace(
                    one[name],
                    rtol=base.solution[name].rtol,
                    atol=base.solution[name].atol,
                )
                made.append(Share(name, *share(tolerances, two[name]), setting, answer))
    return made


#: Right or wrong as the machine rounds: what they compare is equal to the last bit on some.
EITHER = {("smoke_test", "bit for bit")}


def other_verdicts(base: Recorded, other: Recorded) -> tuple[list[str], list[str]]:
    """Known answers judged otherwise when they ran under the other setting; causes that are lost.

    A known wrong answer may lose its named cause, never its verdict: what it computes can depend on
    rounding far more than a right answer does (a batch of one, standardised; the largest of nearly
    equal scores), and so does the text of torch's exceptions. No other cause may take the place.
    """
    changed, lost = [], []
    references = base.references

    def verdicts(exercise: str, recorded: Mapping[str, Evidence]) -> list[tuple[Any, ...]]:
        judged = judge_exercise(
            references.of(exercise), recorded, references.known_mistakes(exercise)
        )
        return [(v.check, v.status, v.misconception) for v in judged]

    for (exercise, name), recorded in base.wrong.items():
        if (exercise, name) in EITHER:
            continue
        one, two = (verdicts(exercise, r) for r in (recorded, other.wrong[exercise, name]))
        pairs = [(a, b) for a, b in zip(one, two, strict=True) if a != b]
        amiss = [f"{a[1:]} → {b[1:]} in {a[0]}" for a, b in pairs if a[1] != b[1] or b[2]]
        if amiss:
            changed.append(f"{exercise}, wrong: {name}: {'; '.join(amiss)}")
        elif pairs:
            lost.append(f"{exercise}, wrong: {name}")
    for i, recorded in enumerate(other.right, 1):
        for exercise in references.exercises:
            failed = [v[0] for v in verdicts(exercise, recorded) if v[1] != "passed"]
            if failed:
                changed.append(f"right answers, round {i}: {', '.join(failed)}")
    return changed, lost


def main() -> int:
    """Report; exit status 1 when a check has too little room or a verdict changes."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.rounding")
    parser.add_argument("chapters", nargs="*", default=CHAPTERS, metavar="CHAPTER")
    parser.add_argument("--setting", action="append", help="only this one; may be repeated")
    parser.add_argument("--solutions", action="store_true", help="without the known answers")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--all", action="store_true", help="every check, not only the narrow ones")
    parser.add_argument("--export", metavar="SETTING", help="print its variables for a shell")
    chosen = parser.parse_args()
    if chosen.export:
        setting = next(s for s in SETTINGS if s.name == chosen.export)
        print("\n".join(f"export {name}={value}" for name, value in setting.variables.items()))
        return 0
    settings = [s for s in SETTINGS if not chosen.setting or s.name in chosen.setting]
    bad = 0
    bases = {c: record(c, OWN, not chosen.solutions, chosen.seed) for c in chosen.chapters}
    narrow: list[Share] = []
    for setting in settings:
        if not setting.possible:
            print(f"{setting.name}: not on this processor")
            continue
        with machine(setting):
            for chapter, base in bases.items():
                other = record(chapter, setting, not chosen.solutions, chosen.seed)
                found = shares(base, other, setting.name)
                narrow += found
                worst = max(found, key=lambda s: s.share)
                print(f"{setting.name:16} {chapter:20} {len(found):4} records, largest {worst}")
                changed, lost = other_verdicts(base, other)
                bad += len(changed)
                for sentence in changed:
                    print(f"    judged otherwise: {sentence}", flush=True)
                for sentence in lost:
                    print(f"    without its cause: {sentence}", flush=True)
    by_check: dict[str, Share] = {}
    for item in narrow:
        if item.check not in by_check or item.share > by_check[item.check].share:
            by_check[item.check] = item
    ranked = sorted(by_check.values(), key=lambda s: -s.share)
    shown = ranked if chosen.all else [s for s in ranked if s.share > MOST]
    bad += sum(s.share > MOST for s in ranked)
    print(f"\n{len(shown)} of {len(ranked)} checks" + ("" if chosen.all else f" above {MOST:g}"))
    for item in shown:
        print(item)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
