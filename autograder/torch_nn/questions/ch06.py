"""Chapter 6, optimizers: questions on it, asked in later chapters."""

from __future__ import annotations

import random

from autograder.live.review import Ask, Question


def one_step(draw: random.Random) -> Question:
    """Where plain gradient descent goes."""
    start, slope, rate = draw.randint(2, 9), draw.choice((-4, -2, 2, 3, 5)), draw.choice((0.1, 0.5))
    return Question(
        f"`p` is {start}, `p.grad` is {slope}. Where is `p` after one step of "
        f"`torch.optim.SGD([p], lr={rate})`?",
        round(start - rate * slope, 4),
        f"The step goes against the gradient: {start} − {rate} · {slope}.",
    )


def forgotten_zero_grad(draw: random.Random) -> Question:
    """``backward`` adds to ``.grad``."""
    slope, rounds = draw.randint(2, 5), draw.randint(3, 6)
    return Question(
        f"The gradient of a batch is {slope}. `backward()` is called for that batch {rounds} times "
        "and nobody clears. What is in `.grad`?",
        slope * rounds,
        f"`backward()` adds to `.grad`, so it holds {rounds} times {slope}.",
    )


def velocity(draw: random.Random) -> Question:
    """The second velocity of SGD with momentum."""
    momentum, first, second = draw.choice((0.5, 0.9)), draw.randint(1, 4) * 2, draw.randint(-3, 3)
    return Question(
        f"SGD with `momentum={momentum}` sees the gradients {first} and then {second}. What is the "
        "velocity in its second step?",
        round(momentum * first + second, 4),
        "The first velocity is the first gradient itself; the second is momentum · velocity + "
        f"gradient, {momentum} · {first} + {second}.",
    )


def adams_first_step(draw: random.Random) -> Question:
    """Adam's first step does not depend on the gradient's size."""
    rate, slope = draw.choice((0.1, 0.01, 0.003)), draw.choice((-500, -0.2, 0.03, 40, 7000))
    return Question(
        f"`p` is 0 and its gradient is {slope}. Where is `p` after the first step of "
        f"`torch.optim.Adam([p], lr={rate})`?",
        -rate if slope > 0 else rate,
        "With bias correction the first mean is the gradient itself and the first typical size is "
        "its absolute value; their quotient is 1 or −1, whatever the size.",
    )


def epoch_loss(draw: random.Random) -> Question:
    """A mean over samples, not over batches."""
    size, rest, high, low = draw.choice((4, 8)), draw.choice((1, 2)), draw.randint(3, 6), 1
    return Question(
        f"An epoch has a batch of {size} samples with the mean loss {low}, and a last one of "
        f"{rest} with the mean loss {high}. What is the mean loss per sample?",
        round((size * low + rest * high) / (size + rest), 4),
        f"Each sample counts once: ({size} · {low} + {rest} · {high}) / {size + rest}.",
    )


def steps_of_a_training(draw: random.Random) -> Question:
    """How often an optimizer steps."""
    samples, size, epochs = draw.choice((100, 1040, 90)), draw.choice((16, 32)), draw.randint(2, 5)
    batches = -(-samples // size)
    return Question(
        f"{samples} samples, batches of {size}, the short last one is not dropped, {epochs} "
        "epochs. How many steps does the optimizer make?",
        batches * epochs,
        f"{batches} batches an epoch, and a step for each: {batches} · {epochs}.",
    )


QUESTIONS: list[Ask] = [
    one_step,
    forgotten_zero_grad,
    velocity,
    adams_first_step,
    epoch_loss,
    steps_of_a_training,
]
