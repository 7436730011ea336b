"""Reference files: what two of them must share to say the same."""

import dataclasses

import numpy as np
import pytest

from autograder.course import build
from autograder.evidence import Evidence
from autograder.judge.references import References, agree
from autograder.judge.verdicts import Misconception
from tests import chapter


def moved(evidence: Evidence, by: float) -> Evidence:
    """Every float of a record times ``1 + by``."""
    tensors = {
        key: (array * (1 + by)).astype(array.dtype) if array.dtype.kind == "f" else array
        for key, array in evidence.tensors.items()
    }
    return dataclasses.replace(evidence, tensors=tensors)


def everywhere(references: References, by: float) -> References:
    return dataclasses.replace(
        references,
        checks={name: moved(e, by) for name, e in references.checks.items()},
        misconceptions=tuple(
            dataclasses.replace(m, evidence={n: moved(e, by) for n, e in m.evidence.items()})
            for m in references.misconceptions
        ),
    )


def test_references_that_another_processor_rounds_otherwise_agree():
    references = chapter.make()
    other = everywhere(references, 3 * float(np.finfo(np.float32).eps))
    assert other.to_bytes() != references.to_bytes()
    assert agree(references.to_bytes(), other.to_bytes())
    assert not agree(references.to_bytes(), everywhere(references, 1e-3).to_bytes())


def test_a_mistake_that_only_leaves_a_trace_is_still_one_when_read_again():
    references = chapter.make()
    first, *rest = references.misconceptions
    traces = ("process: a random seed was set",)
    left = {n: dataclasses.replace(references.checks[n], traces=traces) for n in first.evidence}
    known = (dataclasses.replace(first, evidence=left), *rest)
    written = dataclasses.replace(references, misconceptions=known).to_bytes()
    again = References.from_bytes(written).misconceptions[0]
    assert {evidence.traces for evidence in again.evidence.values()} == {traces}
    unmarked = dataclasses.replace(first, evidence={n: references.checks[n] for n in left})
    plain = dataclasses.replace(references, misconceptions=(unmarked, *rest))
    again = References.from_bytes(plain.to_bytes()).misconceptions[0]
    assert {evidence.traces for evidence in again.evidence.values()} == {()}
    assert len(plain.to_bytes()) < len(written)  # what is the solution's is not written twice


def message(references):
    first, *rest = references.misconceptions
    return {"misconceptions": (dataclasses.replace(first, message="Another."), *rest)}


def hint(references):
    conv = dataclasses.replace(references.exercises["conv"], hints=("One.", "Two.", "Three."))
    return {"exercises": {**references.exercises, "conv": conv}}


def tolerance(references):
    name, evidence = next(iter(references.checks.items()))
    return {"checks": {**references.checks, name: dataclasses.replace(evidence, rtol=1e-3)}}


def rule(references):
    name, evidence = next(iter(references.checks.items()))
    return {"checks": {**references.checks, name: dataclasses.replace(evidence, forbid=("relu",))}}


def order(references):
    return {"checks": dict(reversed(references.checks.items()))}


def mistake(references):
    first, *rest = references.misconceptions
    evidence = {name: moved(e, 1e-2) for name, e in first.evidence.items()}
    return {"misconceptions": (dataclasses.replace(first, evidence=evidence), *rest)}


@pytest.mark.parametrize(
    "change",
    [
        message,
        hint,
        tolerance,
        rule,
        order,
        mistake,
        lambda r: {"seed": 1},
        lambda r: {"version": "v2"},
        lambda r: {"misconceptions": r.misconceptions[1:]},
    ],
)
def test_references_that_say_something_else_do_not_agree(change):
    references = chapter.make()
    other = dataclasses.replace(references, **change(references))
    assert not agree(references.to_bytes(), other.to_bytes())
    assert not agree(other.to_bytes(), references.to_bytes())


@pytest.mark.parametrize(("copies", "same"), [(99, True), (9, False)])
def test_rounding_may_decide_what_one_in_fifty_wrong_answers_records(copies, same):
    references = chapter.make()
    first = references.misconceptions[0]
    many = (first,) * copies
    another = {name: moved(e, 0.5) for name, e in first.evidence.items()}
    one = dataclasses.replace(references, misconceptions=(first, *many))
    other = dataclasses.replace(
        references, misconceptions=(dataclasses.replace(first, evidence=another), *many)
    )
    assert agree(one.to_bytes(), other.to_bytes()) is same


def test_a_wrong_answer_that_only_leaves_a_trace_is_kept_as_one():
    references = chapter.make()
    name, right = next(
        (n, e) for n, e in references.checks.items() if n in references.public().checks
    )
    trace = dataclasses.replace(right, traces=("grad mode=off",))
    known = Misconception(name.partition("/")[0], "grad off", "It is left off.", {name: trace})
    told = dataclasses.replace(references, misconceptions=(known,))
    for kept in (told, told.public()):
        (again,) = References.from_bytes(kept.to_bytes()).misconceptions
        assert again.evidence[name].traces == trace.traces
    untold = dataclasses.replace(known, evidence={name: right})
    plain = dataclasses.replace(references, misconceptions=(untold,))
    assert not agree(plain.to_bytes(), told.to_bytes())


def test_what_is_no_reference_file_agrees_with_nothing():
    whole = chapter.make().to_bytes()
    assert agree(whole, whole)
    for broken in (b"", b"text", whole[:-9], whole + b"more"):
        assert not agree(broken, whole)


def test_a_build_leaves_a_reference_file_alone_that_agrees(tmp_path):
    references = chapter.make()
    there = tmp_path / "02_small.references"
    there.write_bytes(everywhere(references, 1e-7).to_bytes())
    assert build.is_built(there, references.to_bytes())
    there.write_bytes(everywhere(references, 1e-2).to_bytes())
    assert not build.is_built(there, references.to_bytes())
    text = tmp_path / "02_small.ipynb"
    text.write_bytes(b"{}")
    assert not build.is_built(text, b"{ }")
