"""Chapter 5, losses: questions on it, asked in later chapters."""

from __future__ import annotations

import math
from random import Random

from autograder.live.review import Ask, Question


def mean_of_squares(draw: Random) -> Question:
    """Three errors, L1 or MSE."""
    first, last = draw.sample(range(2, 6), 2)
    is_mse = draw.random() < 0.5
    name = "nn.MSELoss()" if is_mse else "nn.L1Loss()"
    costs = [error**2 if is_mse else error for error in (first, 0, last)]
    return Question(
        f"The errors of three predictions are `{first}`, `0` and `-{last}`. What does `{name}` "
        "give?",
        sum(costs) / 3,
        f"`{name}` takes the mean of the {'squares' if is_mse else 'absolute values'}: "
        f"`({costs[0]} + 0 + {costs[2]}) / 3`.",
    )


def column_against_row(draw: Random) -> Question:
    """How many pairs broadcasting makes."""
    n = draw.randint(4, 12)
    return Question(
        f"`pred` has the shape `({n}, 1)` and `target` the shape `({n},)`. Over how many squared "
        "differences does `nn.MSELoss()` take the mean?",
        n * n,
        f"Both are stretched to `({n}, {n})`: every prediction meets every target, with a warning "
        "and no error.",
    )


def cost_of_a_guess(draw: Random) -> Question:
    """ln C."""
    classes = draw.choice((2, 4, 20, 100, 1000))
    return Question(
        f"A fresh network knows nothing about its `{classes}` classes. What will its mean "
        "cross-entropy be, about? (`math.log` may help.)",
        round(math.log(classes), 4),
        f"Each class gets about `1/{classes}`, and `-log(1/{classes})` is `log({classes})`.",
    )


def gradient_of_a_score(draw: Random) -> Question:
    """(softmax − one-hot) / N."""
    tenths = draw.sample(range(1, 5), 2)
    p = [tenths[0], tenths[1], 10 - sum(tenths)]
    right, n = draw.randrange(3), draw.choice((2, 4, 5))
    return Question(
        f"In a batch of `{n}`, one row of scores has the softmax `{[t / 10 for t in p]}`, and its "
        f"right class is `{right}`. What does `backward()` from the mean cross-entropy write for "
        "the score of that class?",
        round((p[right] / 10 - 1) / n, 4),
        f"Softmax minus one-hot, and 1/N for the mean: `({p[right] / 10} - 1) / {n}`.",
    )


def floor_of_two_softmaxes(draw: Random) -> Question:
    """Whether a loss can be reached that a softmax before cross-entropy forbids."""
    classes, wanted = draw.choice((3, 10)), draw.choice((0.2, 0.4, 1.0, 1.2))
    floor = math.log(math.e + classes - 1) - 1
    return Question(
        f"A network for `{classes}` classes ends with `nn.Softmax(dim=1)` and is trained with "
        f"`nn.CrossEntropyLoss()`. Can its loss ever fall below `{wanted}`? (True or False)",
        floor < wanted,
        f"Probabilities are at most 1 and 0 apart; taken as scores they cost at least "
        f"`log(e + {classes - 1}) - 1`, which is `{floor:.2f}`. "
        "Its answers may be right all the same.",
    )


def mean_over_uneven_batches(draw: Random) -> Question:
    """Samples count, not batches."""
    size, last = draw.choice((4, 9)), 1
    low, high = draw.choice((0.5, 1.0)), draw.choice((2.0, 3.0))
    return Question(
        f"A batch of `{size}` has the mean loss `{low}`, and a last batch of `{last}` the loss "
        f"`{high}`. What is the mean loss over all samples?",
        (size * low + last * high) / (size + last),
        f"Each sample counts once: `({size} * {low} + {high}) / {size + last}`.",
    )


QUESTIONS: list[Ask] = [
    mean_of_squares,
    column_against_row,
    cost_of_a_guess,
    gradient_of_a_score,
    floor_of_two_softmaxes,
    mean_over_uneven_batches,
]
