"""What is returned without looking at the input earns nothing."""

import pytest

from .conftest import SEEDS, assignment, graded, rounds

GUESSES = ("True", "False", "None", "0", "1", "1.0", "[]", "(1, 1)", "args[0] if args else None")


@pytest.mark.parametrize("guess", GUESSES)
def test_a_guess_earns_nothing(chapter, guess):
    """Whatever is returned without looking; giving an argument back is right in places."""
    functions = [e for e in assignment(chapter).exercises.values() if e.parameters]
    given = {e.name: f"def {e.name}(*args, **kwargs):\n    return {guess}\n" for e in functions}
    record = graded(chapter, rounds(chapter)[0] | given, SEEDS[0])
    earned = {
        f"{e.exercise}: {e.name}": e.earned
        for e in record.requirements
        if e.exercise in given and e.earned
    }
    if guess.startswith("args"):
        allowed = {e.name: sum(e.points) / 3 for e in functions}
        earned = {
            key: points for key, points in earned.items() if points > allowed[key.partition(":")[0]]
        }
    assert earned == {}
