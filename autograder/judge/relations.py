"""What a wrong answer has to do with the right one, in a sentence that the data bear out.

Where no known wrong answer explains a failed check, the judge says what it sees: an axis of size 1
is missing, the sign is the opposite, the rows stand in another order. Everything said here was
verified on the evidence; what cannot be told apart is not said. Trusted code on hostile data: it
raises nothing, and looks at a limited number of values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from autograder.evidence import Evidence, Node
from autograder.judge.compare import Finding, agrees
from autograder.judge.parts import find
from autograder.judge.relate_parts import Relations, Said
from autograder.judge.words import Place, capital, listed, quoted


def relation(actual: Evidence, reference: Evidence, where: str = "") -> str | None:
    """What the evidence shows, in a sentence or two for the student; None where nothing is seen.

    Args:
        actual: what the student's code recorded.
        reference: what the solution recorded, with the tolerances.
        where: the part that is looked at, as :attr:`autograder.judge.compare.Finding.where` names
            it; the whole outcome where it is empty.
    """
    mine, want = find(actual.outcome, where), find(reference.outcome, where)
    if mine is None or want is None:
        return None
    said = _relation(actual, reference, mine[1], want[0], want[1])
    return str(said) if said else None


def _relation(
    actual: Evidence, reference: Evidence, have: Node, at: Place, want: Node
) -> Said | None:
    try:
        with np.errstate(all="ignore"):
            return Relations(actual, reference).of(have, want, at, 0)
    except Exception:  # a remark that cannot be made must not keep a verdict from anyone
        return None


def explain(actual: Evidence, reference: Evidence, finding: Finding) -> str:
    """All that can be said of a failed check without knowing its cause.

    A relation, where one holds, and the first place that differs; without a relation the finding
    and what to do first.
    """
    said = _relation(actual, reference, actual.outcome, Place(), reference.outcome)
    if said is None:
        sentence = finding.sentence
        if not sentence.endswith((".", "?", "!", "…", ":")):  # an exception's own words
            sentence += "."
        return f"{sentence} {first_step(finding)}".strip()
    if finding.stage == "shape" and finding.actual in said.text:
        return str(said)
    before = f"{capital(said.at.words)}: " if said.at.words else ""
    if before and finding.sentence.startswith(before):  # the same part: named once
        rest = finding.sentence.removeprefix(before).removesuffix(".").replace(". ", "; ")
        return f"{str(said).removesuffix('.')} ({rest})."
    return f"{said} {finding.sentence}"


def first_step(finding: Finding) -> str:
    """What to do first where a cause cannot be known; empty where the finding says it."""
    if finding.kind == "exception":
        return "Call it yourself in a cell of your own: the traceback names your line."
    steps = {
        "type": "Print `type(...)` of what you return.",
        "structure": "Print what you return, and compare its parts with the statement's.",
        "shape": "Print the `.shape` after each of your steps.",
        "dtype": "Print the `.dtype` after each of your steps.",
        "no number": "Take a small input, and print what each line of your code makes of it.",
        "values": "Work out one number by hand for a small input, and print yours beside it.",
    }
    return steps.get(finding.kind) or steps.get(finding.stage, "")


def pattern(pairs: Iterable[tuple[Evidence | None, Evidence]]) -> str | None:
    """For which checks of an exercise an answer is right, and for which it is wrong.

    Args:
        pairs: what each check recorded, None where it recorded nothing, and its reference.
    """
    return pattern_of({ref.name: mine is not None and agrees(mine, ref) for mine, ref in pairs})


def pattern_of(passed: Mapping[str, bool]) -> str | None:
    """The same of verdicts: by a check's name (``exercise/what``) whether it passed."""
    words = {name: quoted(name.partition("/")[2].replace("_", " ") or name) for name in passed}
    right = [words[name] for name, good in passed.items() if good]
    wrong = [words[name] for name, good in passed.items() if not good]
    if not right or not wrong:
        return None
    if len(wrong) <= 3 < len(right):
        return f"Right for {len(right)} of {len(passed)} kinds of input; wrong for {listed(wrong)}."
    if len(right) <= 3 < len(wrong):
        return f"Wrong for {len(wrong)} of {len(passed)} kinds of input; right for {listed(right)}."
    return f"Right for {listed(right)}; wrong for {listed(wrong)}."
