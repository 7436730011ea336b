"""The small VGG: torchvision's class, weights that load, features that transfer."""

import pytest
import torch
from safetensors import safe_open
from torch import nn
from torchvision.models import VGG, vgg16

from autograder.torch_nn.data import new_task, tensors
from autograder.torch_nn.data.models import WEIGHTS, tiny_vgg
from tools.train_tiny_vgg import accuracy, learning_curve, transferred


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_it_is_torchvisions_vgg_with_the_names_of_vgg16():
    model = tiny_vgg()
    assert type(model) is VGG
    with torch.device("meta"):
        large = vgg16(weights=None, init_weights=False)
    assert [name for name, _ in model.named_children()] == [n for n, _ in large.named_children()]
    assert [type(m) for m in model.classifier] == [type(m) for m in large.classifier]
    assert {type(m) for m in model.features} == {type(m) for m in large.features}
    assert type(model.avgpool) is type(large.avgpool)
    assert parameters(model) == 67_528
    assert not any(p.is_meta for p in model.parameters())
    assert model(torch.rand(2, 3, 32, 32)).shape == (2, 1000)


def test_the_hidden_width_and_the_outputs_are_the_callers():
    model = tiny_vgg(num_classes=7, hidden=48, dropout=0.5)
    shapes = [tuple(m.weight.shape) for m in model.classifier if isinstance(m, nn.Linear)]
    assert shapes == [(48, 784), (48, 48), (7, 48)]
    assert [m.p for m in model.classifier if isinstance(m, nn.Dropout)] == [0.5, 0.5]


def test_it_starts_the_same_with_the_same_seed_and_with_biases_of_zero():
    models = []
    for _ in range(2):
        torch.manual_seed(3)
        models.append(tiny_vgg().state_dict())
    for name, value in models[0].items():
        assert torch.equal(value, models[1][name])
        assert bool((value == 0).all()) == name.endswith("bias")


def test_it_is_real_under_the_meta_device_too():
    with torch.device("meta"):
        model = tiny_vgg(weights="DEFAULT")
    assert not any(p.is_meta for p in model.parameters())


def test_the_weights_are_small_and_load_strictly():
    assert WEIGHTS.stat().st_size < 1_000_000
    model = tiny_vgg(num_classes=10)
    with safe_open(WEIGHTS, "pt") as file:
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    model.load_state_dict(stored, strict=True)
    loaded = tiny_vgg(weights="DEFAULT").state_dict()
    assert set(loaded) == set(stored)
    assert all(torch.equal(loaded[name], stored[name]) for name in stored)
    assert parameters(model) == 34_858


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": "IMAGENET1K_V1"}, "must be None or"),
        ({"weights": "DEFAULT", "num_classes": 5}, "replace its last layer"),
        ({"weights": "DEFAULT", "hidden": 48}, "replace its last layer"),
    ],
)
def test_weights_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        tiny_vgg(**arguments)


def test_the_trained_network_knows_the_ten_classes():
    assert accuracy(tiny_vgg(weights="DEFAULT"), tensors(train=False)) > 0.9


def test_the_trained_features_learn_a_new_task_faster_than_a_start_from_scratch():
    train, test = new_task(True).tensors(), new_task(False).tensors()
    torch.manual_seed(0)
    model = transferred(5)
    before = [p.clone() for p in model.features.parameters()]
    frozen = learning_curve(model, train, test, epochs=4)
    torch.manual_seed(0)
    scratch = learning_curve(tiny_vgg(num_classes=5), train, test, epochs=4)
    assert all(torch.equal(a, b) for a, b in zip(before, model.features.parameters(), strict=True))
    assert frozen[-1] > 0.6
    assert frozen[-1] > scratch[-1] + 0.15
