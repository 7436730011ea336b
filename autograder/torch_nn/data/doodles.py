"""The embedded data set: small coloured drawings behind the interface of torchvision's CIFAR10.

It answers to everything that the lessons ask of CIFAR-10, needs no network, and is read in a
twentieth of a second. torchvision itself is not imported, which saves two seconds of a chapter that
does not otherwise need it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from autograder.torch_nn.data import store

Transform = Callable[[Any], Any]


class Doodles(Dataset[tuple[Any, Any]]):
    """Ten things, drawn on 32 × 32 pixels: 1,040 images to train with and 208 to test with.

    Like :class:`torchvision.datasets.CIFAR10` but for its first argument, ``root``: these images
    come with the package. Batches of 64 leave 16 images at the end of either part.

    Attributes:
        data: the images, a NumPy array of uint8 (N, 32, 32, 3), red, green, blue.
        targets: the number of the class of each image, a list of N ints.
        classes: the names of the classes; ``class_to_idx`` gives a name's number.

    An item is ``(image, target)``: a PIL image, or what ``transform`` makes of it, and an int, or
    what ``target_transform`` makes of it.
    """

    names: ClassVar[tuple[str, ...]] = (
        "boat",
        "butterfly",
        "fish",
        "flower",
        "house",
        "kite",
        "moon",
        "mushroom",
        "star",
        "tree",
    )
    _parts: ClassVar[tuple[str, str]] = ("train", "test")

    def __init__(
        self,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        if not isinstance(train, bool):
            raise TypeError(
                f"train must be True or False, not {train!r}: these images need no folder"
            )
        images, labels = store.read(self._parts[0] if train else self._parts[1])
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        self.data = images.copy()
        self.targets: list[int] = labels.tolist()
        self.classes = list(self.names)
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """The image and the target of one place."""
        image: Any = Image.fromarray(self.data[index])
        target: Any = self.targets[index]
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """The lines that ``repr`` adds for this kind of data set."""
        return f"Split: {'Train' if self.train else 'Test'}"

    def __repr__(self) -> str:
        lines = [f"Dataset {type(self).__name__}", f"    Number of datapoints: {len(self)}"]
        lines += [f"    {line}" for line in self.extra_repr().splitlines()]
        transforms = {"Transform": self.transform, "Target transform": self.target_transform}
        if any(transforms.values()):
            lines.append("    StandardTransform")
        for name, transform in transforms.items():
            if transform is not None:
                first, *rest = repr(transform).splitlines()
                lines += [f"{name}: {first}", *(" " * len(f"{name}: ") + line for line in rest)]
        return "\n".join(lines)

    def tensors(self) -> tuple[Tensor, Tensor]:
        """All images at once, without the transforms.

        Returns:
            images (N, 3, 32, 32), float32 between 0 and 1, the same that ``ToTensor`` makes of
            them one by one; targets (N,), int64.
        """
        images = torch.from_numpy(self.data).permute(0, 3, 1, 2).contiguous().float() / 255
        return images, torch.tensor(self.targets)


class MoreDoodles(Doodles):
    """Five other things, 200 images to train with and 100 to test with: a new task.

    No network of this package has seen any of them. See :class:`Doodles` for the interface.
    """

    names = ("car", "cat", "cup", "heart", "umbrella")
    _parts = ("new_train", "new_test")


def tensors(train: bool = True) -> tuple[Tensor, Tensor]:
    """The images of :class:`Doodles` (N, 3, 32, 32) as float32 in [0, 1], and their targets (N,).

    For a training cell that wants a :class:`torch.utils.data.TensorDataset`, ten times as fast as
    transforming image after image.
    """
    return Doodles(train).tensors()


def new_task(
    train: bool = True,
    transform: Transform | None = None,
    target_transform: Transform | None = None,
) -> MoreDoodles:
    """The task that a network trained on :class:`Doodles` is to learn next."""
    return MoreDoodles(train, transform, target_transform)
