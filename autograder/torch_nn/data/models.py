"""Tiny VGG: torchvision's own ``VGG`` class, a two-thousandth of the size of VGG16.

It has the parts and the names of VGG16 (``features``, ``avgpool``, ``classifier.0`` to
``classifier.6``) and the same ``forward``, so what a lesson does to it works on VGG16 as it stands.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models import VGG
from torchvision.models.vgg import make_layers

WEIGHTS = Path(__file__).with_name("tiny_vgg.safetensors")
CHANNELS: tuple[int | str, ...] = (8, "M", 16, "M", 16, "M", 16, "M", 16, "M")
POOLED = 16 * 7 * 7  #: numbers that leave ``avgpool`` for one image


def tiny_vgg(
    weights: str | None = None,
    num_classes: int | None = None,
    hidden: int = 32,
    dropout: float = 0.1,
) -> VGG:
    """A narrow VGG for images (N, 3, 32, 32), built in milliseconds.

    Without weights it has 1,000 outputs, like VGG16, 67,528 parameters, and random values from
    torch's global generator: He's start (2015) for the convolutions, zero for all biases, PyTorch's
    own for the rest. VGG's start of ``classifier`` (normal, 0.01) is made for layers a hundred
    times as wide, and this network would not learn from there.

    Args:
        weights: ``"DEFAULT"`` for the network trained on
            :class:`autograder.torch_nn.data.Doodles`: ten outputs, 34,858 parameters.
        num_classes: the number of outputs, ``classifier[6].out_features``.
        hidden: the width of the two hidden layers of ``classifier``.
        dropout: the probability of its two ``Dropout`` layers. VGG16's 0.5 would take away half of
            32 numbers where it takes half of 4,096.

    Raises:
        ValueError: ``weights`` is unknown, or it is given and the trained network has another
            number of outputs or another hidden width.
    """
    if weights not in (None, "DEFAULT"):
        raise ValueError(f'weights must be None or "DEFAULT", not {weights!r}')
    if weights is not None and (num_classes not in (None, 10) or hidden != 32):
        raise ValueError(
            "the trained network has 10 outputs and hidden=32: load it as it is, then replace "
            "its last layer"
        )
    # On the meta device VGG's own classifier, 100 million numbers, costs nothing; both parts are
    # then replaced by small real ones.
    with torch.device("meta"):
        model = VGG(nn.Identity(), init_weights=False)
    outputs = num_classes if num_classes is not None else 10 if weights else 1000
    with torch.device("cpu"):
        model.features = make_layers(list(CHANNELS))
        model.classifier = nn.Sequential(
            nn.Linear(POOLED, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, outputs),
        )
    if weights is None:
        _start(model)
    else:
        model.load_state_dict(load_file(WEIGHTS))
    return model


def _start(model: VGG) -> None:
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
