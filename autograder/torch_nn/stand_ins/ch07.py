"""Chapter 7, edits of a VGG: what stands in for its answers."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook
from torch.optim import SGD, Optimizer


def replace_head(model: nn.Module, n: int = 10) -> nn.Module:
    """The VGG with a last layer of n outputs, as exercise 7.4 describes it."""
    classifier: Any = model.get_submodule("classifier")
    *_, last = classifier
    classifier.add_module("6", nn.Linear(last.weight.shape[1], n))
    return model


def freeze_features(model: nn.Module) -> list[nn.Parameter]:
    """Freeze the features; what can still be trained."""
    model.get_submodule("features").requires_grad_(False)
    return list(filter(lambda each: each.requires_grad, model.parameters()))


def new_head_optimizer(model: nn.Module, n: int, lr: float) -> tuple[nn.Module, Optimizer]:
    """The VGG with a last layer of n outputs, and an optimizer for that one."""
    head = replace_head(model, n).get_submodule("classifier.6")
    return model, SGD(head.parameters(), lr)


def is_used(model: nn.Module, name: str, x: Tensor) -> bool:
    """Whether a submodule runs when the model is called."""
    called: set[nn.Module] = set()
    was = {each: each.training for each in model.modules()}

    def remember(each: nn.Module, _args: Any, _output: Any) -> None:
        called.add(each)

    watching = register_module_forward_hook(remember)
    try:
        model.eval()(x.detach())
    finally:
        watching.remove()
        for each, mode in was.items():
            each.training = mode
    return model.get_submodule(name) in called


STAND_INS: dict[str, Any] = {
    "replace_head": replace_head,
    "freeze_features": freeze_features,
    "new_head_optimizer": new_head_optimizer,
    "is_used": is_used,
}
