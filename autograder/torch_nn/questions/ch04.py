"""Chapter 4, Sequential: questions on it, asked in later chapters."""

from __future__ import annotations

import random

from autograder.live.review import Ask, Question


def features_before_the_flatten(draw: random.Random) -> Question:
    """How wide the first linear layer has to be."""
    channels, size, halvings = (
        draw.choice((16, 32, 64)),
        draw.choice((16, 32, 64)),
        draw.choice((1, 2)),
    )
    left, often = size // 2**halvings, ("once", "twice")[halvings - 1]
    return Question(
        f"Convolutions that keep height and width make {channels} channels of images of "
        f"{size} by {size} pixels, and a `MaxPool2d(2)` halves both {often}. `in_features` of the "
        "linear layer after the flatten?",
        channels * left * left,
        f"`{channels} * {left} * {left}`: {size} halved {often} is {left}.",
    )


def parameters_of_a_linear_layer(draw: random.Random) -> Question:
    """Weights and biases."""
    given, made = draw.choice((10, 20, 50, 100)), draw.randint(2, 9)
    return Question(
        f"How many parameters has `nn.Linear({given}, {made})`?",
        given * made + made,
        f"`{given} * {made}` weights, one for each pair, and {made} biases.",
    )


def length_of_a_slice(draw: random.Random) -> Question:
    """A row of a row."""
    length, start = draw.randint(7, 12), draw.randint(2, 5)
    return Question(
        f"`seq` is an `nn.Sequential` of {length} layers. What is `len(seq[{start}:-1])`?",
        length - 1 - start,
        f"A slice works as a list's does: from place {start} up to the last, which is left out. It "
        "shares its layers with `seq`.",
    )


def two_layers_without_activation(draw: random.Random) -> Question:
    """Two linear layers are one."""
    first, between, last = draw.randint(2, 9), draw.randint(10, 20), draw.randint(2, 9)
    return Question(
        f"One linear layer does the work of `nn.Linear({first}, {between})` and "
        f"`nn.Linear({between}, {last})` with nothing between them. "
        "The shape of its `weight`, as a tuple?",
        (last, first),
        "A weight has the shape (out, in), and what stood between is multiplied out.",
    )


def parameters_of_a_plain_list(draw: random.Random) -> Question:
    """What a module does not see."""
    wide, several = draw.randint(2, 6), draw.randint(2, 4)
    return Question(
        f"A module keeps {several} layers `nn.Linear({wide}, {wide})` in a plain Python list, "
        "`self.layers = [...]`. How many parameters has the module?",
        0,
        "None: a module does not look into lists. `nn.ModuleList` registers the layers.",
    )


def a_test_of_ones(draw: random.Random) -> Question:
    """What a check of the shape does not see."""
    fault, is_found = draw.choice(
        (
            ("mixes the images of a batch up", False),
            ("gives the same for every image", False),
            ("gives 11 logits instead of 10", True),
            ("is cut off from its parameters by `detach`", False),
        )
    )
    return Question(
        f"A network {fault}. Does it show in the shape of `model(torch.ones(64, 3, 32, 32))`? "
        "True or False",
        is_found,
        "Only the shape is looked at, and 64 images that are all the same cannot show more.",
    )


QUESTIONS: list[Ask] = [
    features_before_the_flatten,
    parameters_of_a_linear_layer,
    length_of_a_slice,
    two_layers_without_activation,
    parameters_of_a_plain_list,
    a_test_of_ones,
]
