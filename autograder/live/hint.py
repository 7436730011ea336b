"""``hint("strided_conv")``: one more hint each time."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from autograder.evidence import EvidenceError
from autograder.judge.exercise import Exercise
from autograder.judge.references import References
from autograder.live import memory
from autograder.live.blocks import Heading, Items, Sentence, message
from autograder.live.memory import Chapter, Memory
from autograder.live.style import Message, clean, show

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def hint(exercise: Any = None, /) -> None:
    """Show one more hint for an exercise; after the last, all of them and what to do next.

    Args:
        exercise: the exercise's name, or the function or class that answers it. Without it the
            exercises are listed with the hints that were asked for.
    """
    from autograder.checks.check import is_grading
    from autograder.live import respond

    if is_grading():
        return
    respond.show_all()  # what ran before in this cell comes first
    try:
        show(_answer(exercise))
    except EvidenceError as error:
        show(_note("hint", f"{error}. Take the file from the folder that you got the chapter in."))


def advice(memory_: Memory, exercise: Exercise) -> str | None:
    """Which hint to ask for next, in a sentence; None where the exercise has none."""
    count, asked = len(exercise.hints), memory_.hints(exercise.name)
    call = f'`hint("{exercise.name}")`'
    if count == 0:
        return None
    if asked >= count:
        again = "it" if count == 1 else "them"
        return f"You have seen {_all_hints(count)}; {call} shows {again} again."
    if count == 1:
        return f"Stuck? {call} gives the hint that there is."
    return f"Stuck? {call} gives the {_ordinal(asked)} of {_number(count)} hints."


def known_exercises() -> dict[str, Chapter]:
    """The exercises of the chapters whose references lie beside the notebook."""
    return {name: found for found in memory.chapters() for name in found[1].exercises}


def exercise_name(exercise: Any) -> str:
    """What a student means: a name, or what answers the exercise."""
    name = exercise if isinstance(exercise, str) else getattr(exercise, "__name__", "")
    return name.split("/")[0].strip() if isinstance(name, str) else ""


def _answer(exercise: Any) -> Message:
    known = known_exercises()
    if not known:
        return _note(
            "hint",
            "There are no hints here: no *.references file lies beside this notebook. "
            "Is the notebook in the folder that it came in?",
        )
    if exercise is None:
        return _list(known)
    name = exercise_name(exercise)
    if name not in known:
        return unknown(name, known, "hint")
    chapter = known[name]
    return _next(Memory(chapter), chapter[1], chapter[1].exercises[name])


def _next(remembered: Memory, chapter: References, exercise: Exercise) -> Message:
    hints, asked = exercise.hints, remembered.hints(exercise.name)
    if not hints:
        return _note(exercise.name, f"`{exercise.name}` has no hints.")
    if asked >= len(hints):
        return _all(remembered, chapter, exercise)
    remembered.remember_hints(exercise.name, asked + 1)
    title = f"Hint {asked + 1} of {len(hints)}"
    left = len(hints) - asked - 1
    rest = f"{_number(left).capitalize()} more to ask for." if left else "That was the last hint."
    if len(hints) == 1:
        rest = "There is no other hint."
    return message(
        "note",
        f"{title} for {exercise.name}",
        [
            Heading(f"{title} · {exercise.name}", title, exercise.name, "?"),
            Sentence(hints[asked], "main"),
            Sentence(rest, "quiet", is_paragraph=False),
        ],
    )


def _all(remembered: Memory, chapter: References, exercise: Exercise) -> Message:
    """After the last hint: all of them again, and what else helps."""
    title = f"You have seen {_all_hints(len(exercise.hints))}"
    steps = [
        "Follow your code by hand on the exercise's example, and print the shape after each line.",
        "Read the failed check's card from the top: type, then shape, then dtype, then values.",
    ]
    other = _next_open(remembered, chapter, exercise.name)
    if other:
        steps.append(f"Leave it for now: `{other}` is open too. Come back with fresh eyes, or ask.")
    else:
        steps.append("Come back with fresh eyes, or ask someone: show them the card.")
    return message(
        "note",
        f"{title} for {exercise.name}",
        [
            Heading(f"{title} · {exercise.name}", title, exercise.name, "?"),
            Items(exercise.hints, is_ordered=True),
            Sentence("What next?", "strong"),
            Items(steps, is_ordered=False),
        ],
    )


def _next_open(remembered: Memory, chapter: References, name: str) -> str | None:
    """The first other exercise whose visible checks do not all pass."""
    for other in chapter.exercises.values():
        if other.name != name and not remembered.passes(other):
            return other.name
    return None


def unknown(name: str, known: Mapping[str, object], asked: str) -> Message:
    """What to say of a name that no exercise has; ``asked`` is the function it was given to."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    close += [other for other in known if name and name in other and other not in close]
    if close:
        ask = " or ".join(f'`{asked}("{other}")`' for other in close)
        sentence = f"There is no exercise `{clean(name, 60)}` here. Did you mean {ask}?"
    else:
        names = ", ".join(f"`{other}`" for other in known)
        sentence = f"There is no such exercise here. The exercises are {names}."
    return _note(asked, sentence)


def _list(known: Mapping[str, Chapter]) -> Message:
    lines = ["Which exercise?"]
    for name, chapter in known.items():
        count, asked = len(chapter[1].exercises[name].hints), Memory(chapter).hints(name)
        lines.append(f'`hint("{name}")`: {asked} of {count} asked for')
    return _note("hint", "\n".join(lines))


def _note(label: str, sentence: str) -> Message:
    said = Sentence(sentence, is_paragraph=False, is_indented=False, bare=True)
    return message("note", label, [said])


def _all_hints(count: int) -> str:
    """What somebody has seen who has seen everything."""
    if count == 1:
        return "the only hint"
    return "both hints" if count == 2 else f"all {_number(count)} hints"


def _ordinal(i: int) -> str:
    return _ORDINALS[i] if i < len(_ORDINALS) else f"{i + 1}th"


def _number(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)
