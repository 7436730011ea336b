"""Chapter 7, edits of a VGG: questions on it, asked in later chapters."""

from __future__ import annotations

import random

from autograder.live.review import Ask, Question

_LARGE = 1000


def width_before_a_new_head(draw: random.Random) -> Question:
    """A replaced layer keeps what comes in."""
    before, old, new = draw.randrange(20, 60), draw.randrange(100, 900, 50), draw.randrange(3, 12)
    return Question(
        f"`classifier[6]` of a network is `nn.Linear({before}, {old})`. Which shape has the weight "
        f"of the layer that has to replace it for {new} classes? (A tuple.)",
        (new, before),
        f"What comes in stays {before} wide, and a weight has the shape (out, in).",
    )


def parameters_of_a_new_head(draw: random.Random) -> Question:
    """Weights and biases of the layer that takes the place of another."""
    before, new = draw.choice([10, 20, 50, 100]), draw.randrange(3, 10)
    return Question(
        f"The last layer, `nn.Linear({before}, {_LARGE})`, is replaced by one of {new} outputs. "
        "How many parameters does the new layer have?",
        new * (before + 1),
        f"For each of the {new} outputs {before} weights and a bias.",
    )


def columns_after_an_added_layer(draw: random.Random) -> Question:
    """A registered module is not a called one."""
    images, new = draw.randrange(2, 9), draw.randrange(3, 12)
    is_inside = draw.random() < 0.5
    where = "model.classifier" if is_inside else "model"
    return Question(
        f"`{where}.add_module('more', nn.Linear({_LARGE}, {new}))`: which shape has the output of "
        f"this VGG, which had {_LARGE} outputs, for {images} images? (A tuple.)",
        (images, new if is_inside else _LARGE),
        "A `Sequential` such as the classifier calls all that it holds."
        if is_inside
        else "`forward` of VGG calls `features`, `avgpool` and `classifier`; what else is "
        "registered never runs.",
    )


def what_keeps_a_layer_as_it_is(draw: random.Random) -> Question:
    """Modes freeze nothing; requires_grad does."""
    call, keeps = draw.choice([("eval()", False), ("requires_grad_(False)", True)])
    return Question(
        f"You call `model.features.{call}` and then train with an optimizer that holds all "
        "parameters, without weight decay. Do the features' parameters stay as they are? "
        "(True or False.)",
        keeps,
        "Without a gradient the optimizer passes over them."
        if keeps
        else "`eval()` is about dropout and batch normalisation; gradients come as before.",
    )


def tensors_that_still_learn(draw: random.Random) -> Question:
    """A layer has a weight and a bias, each a tensor of its own."""
    convolutions, linear = draw.randrange(2, 9), draw.randrange(2, 5)
    return Question(
        f"A network has {convolutions} convolutions in `features` and {linear} linear layers in "
        "`classifier`, all with a bias. The features are frozen. How many tensors in "
        "`model.parameters()` still want a gradient?",
        2 * linear,
        f"A weight and a bias in each of the {linear} linear layers.",
    )


def order_of_optimizer_and_edit(draw: random.Random) -> Question:
    """An optimizer holds tensors, not places."""
    _, learns = draw.sample([False, True], 2)[::-1]
    first, second = (
        ("the new head", "the optimizer") if learns else ("the optimizer", "the new head")
    )
    return Question(
        f"You make first {first}, then {second}; the optimizer is given the parameters that "
        "`classifier[6]` has at that moment. Does the new head learn? (True or False.)",
        learns,
        "It holds the tensors that it was given"
        + (": here the new ones." if learns else ", and those are no longer in the model."),
    )


QUESTIONS: list[Ask] = [
    width_before_a_new_head,
    columns_after_an_added_layer,
    what_keeps_a_layer_as_it_is,
    parameters_of_a_new_head,
    order_of_optimizer_and_edit,
    tensors_that_still_learn,
]
