"""Chapter 6, optimizers: what stands in for its answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import SGD, Optimizer
from torch.utils.data import DataLoader


def fit(
    model: nn.Module, loader: DataLoader[Any], epochs: int, lr: float, momentum: float = 0.0
) -> list[float]:
    """The mean loss of each epoch of training with SGD and cross-entropy."""
    optimizer = SGD(model.parameters(), lr, momentum)
    return [train_one_epoch(model, loader, F.cross_entropy, optimizer) for _ in range(epochs)]


def train_one_epoch(
    model: nn.Module, loader: DataLoader[Any], loss_fn: Callable[..., Any], optimizer: Optimizer
) -> float:
    """One pass over the loader in training mode, a step a batch; the mean loss per sample."""
    model.train()
    sums = []
    for images, labels in loader:

        def closure(images: Any = images, labels: Any = labels) -> Any:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            return loss

        loss: Any = optimizer.step(closure)
        sums.append((loss.item() * len(labels), len(labels)))
    return sum(total for total, _ in sums) / sum(count for _, count in sums)


def accuracy(model: nn.Module, loader: DataLoader[Any]) -> float:
    """The share of images whose largest logit is that of their label; the mode is put back."""
    was_training = model.training
    with torch.inference_mode():
        right = [(model.eval()(x).argmax(1) == y).float() for x, y in loader]
    model.train(was_training)
    return torch.cat(right).mean().item()


STAND_INS: dict[str, Any] = {
    "fit": fit,
    "accuracy": accuracy,
    "train_one_epoch": train_one_epoch,
}
