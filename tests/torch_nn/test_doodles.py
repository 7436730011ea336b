"""The embedded images: the interface of CIFAR10, the sizes, and that the script draws them."""

import io
import pickle
import socket
import subprocess
import sys
from collections import Counter
from hashlib import md5
from http.client import IncompleteRead
from urllib.error import URLError

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import CIFAR10
from torchvision.transforms import Compose, ToTensor

from autograder.torch_nn.data import Doodles, cifar10, new_task, store, tensors
from tools.make_images import PARTS, draw
from tools.things import NEW_THINGS, THINGS


@pytest.fixture
def real_cifar10(tmp_path, monkeypatch):
    """A folder that torchvision takes for CIFAR-10: 5 × 4 training images, 3 test images."""
    folder = tmp_path / CIFAR10.base_folder
    folder.mkdir()
    random = np.random.RandomState(0)

    def put(name: str, content: dict) -> list[str]:
        data = pickle.dumps(content)
        (folder / name).write_bytes(data)
        return [name, md5(data, usedforsecurity=False).hexdigest()]

    def batch(count: int) -> dict:
        pixels = random.randint(0, 256, (count, 3072)).astype(np.uint8)
        return {"data": pixels, "labels": random.randint(0, 10, count).tolist()}

    names = [f"class {i}" for i in range(10)]
    meta = put("batches.meta", {"label_names": names})
    parts = [put(name, batch(4)) for name, _ in CIFAR10.train_list]
    monkeypatch.setattr(CIFAR10, "train_list", parts)
    monkeypatch.setattr(CIFAR10, "test_list", [put("test_batch", batch(3))])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": meta[1]})
    return tmp_path


@pytest.mark.parametrize("train", [True, False])
def test_the_images_have_the_attributes_of_cifar10_and_their_types(real_cifar10, train):
    real = CIFAR10(str(real_cifar10), train)
    ours = Doodles(train)
    for name in ("train", "transform", "target_transform", "targets", "classes", "class_to_idx"):
        assert type(getattr(ours, name)) is type(getattr(real, name)), name
    assert type(ours.data) is type(real.data)
    assert ours.data.dtype == real.data.dtype
    assert ours.data.shape[1:] == real.data.shape[1:]
    assert type(ours.targets[0]) is type(real.targets[0])
    assert len(ours.classes) == len(real.classes) == 10
    assert list(ours.class_to_idx.values()) == list(real.class_to_idx.values())
    (image, target), (real_image, real_target) = ours[0], real[0]
    assert (type(image), image.size, image.mode) == (
        type(real_image),
        real_image.size,
        real_image.mode,
    )
    assert type(target) is type(real_target)


def test_the_repr_is_that_of_cifar10_without_its_folder(real_cifar10):
    transforms = {"transform": Compose([ToTensor()]), "target_transform": Compose([float, str])}
    for chosen in ({}, {"transform": ToTensor()}, transforms):
        real = repr(CIFAR10(str(real_cifar10), False, **chosen)).splitlines()
        expected = [line for line in real if not line.startswith("    Root location")]
        ours = repr(Doodles(False, **chosen)).splitlines()
        assert ours[0] == "Dataset Doodles"
        assert ours[1] == "    Number of datapoints: 208"
        assert ours[2:] == expected[2:]


def test_the_transforms_are_applied_to_the_image_and_to_the_target():
    images = Doodles(False, ToTensor(), lambda target: -target)
    image, target = images[7]
    expected = torch.from_numpy(images.data[7]).permute(2, 0, 1) / 255
    assert torch.equal(image, expected)
    assert target == -images.targets[7]
    images.transform = None
    assert np.array_equal(np.asarray(images[7][0]), images.data[7])


def test_all_images_at_once_are_what_to_tensor_makes_of_them_one_by_one():
    x, y = tensors(train=False)
    assert x.dtype == torch.float32
    assert y.dtype == torch.int64
    batches = list(DataLoader(Doodles(False, ToTensor()), batch_size=64))
    assert torch.equal(x, torch.cat([images for images, _ in batches]))
    assert torch.equal(y, torch.cat([targets for _, targets in batches]))
    assert 0 <= x.min() < 0.05
    assert 0.95 < x.max() <= 1


@pytest.mark.parametrize(("train", "count"), [(True, 1040), (False, 208)])
def test_the_last_of_the_batches_of_64_has_16_images(train, count):
    assert len(Doodles(train)) == count
    sizes = [len(x) for x, _ in DataLoader(TensorDataset(*tensors(train)), batch_size=64)]
    assert sizes == [64] * (count // 64) + [16]


def test_a_linear_layer_over_the_folded_batch_dies_on_the_last_images():
    layer = torch.nn.Linear(64 * 3 * 32 * 32, 10)
    *full, (last, _) = DataLoader(Doodles(False, ToTensor()), batch_size=64)
    assert layer(torch.flatten(full[0][0])).shape == (10,)
    with pytest.raises(RuntimeError, match="1x49152 and 196608x10"):
        layer(last.reshape(1, 1, 1, -1))


@pytest.mark.parametrize("images", [Doodles(True), Doodles(False), new_task(True), new_task(False)])
def test_the_classes_are_balanced_and_shuffled(images):
    counts = Counter(images.targets)
    assert set(counts) == set(range(len(images.classes)))
    assert max(counts.values()) - min(counts.values()) <= 1
    assert len(set(images.targets[:20])) >= 4
    assert images.targets != sorted(images.targets)


def test_no_image_occurs_twice_in_any_part():
    every = [Doodles(True), Doodles(False), new_task(True), new_task(False)]
    pixels = [image.tobytes() for images in every for image in images.data]
    assert len(set(pixels)) == len(pixels) == 1040 + 208 + 200 + 100


def test_the_new_task_has_classes_of_its_own():
    assert new_task().classes == ["car", "cat", "cup", "heart", "umbrella"]
    assert not set(new_task().classes) & set(Doodles().classes)


def test_the_names_are_those_of_the_things_that_were_drawn():
    assert Doodles.names == tuple(THINGS)
    assert new_task().names == tuple(NEW_THINGS)


@pytest.mark.parametrize("name", PARTS)
def test_the_script_draws_the_stored_pixels(name):
    part, things, count = PARTS[name]
    stored_images, stored_labels = store.read(name)
    assert stored_images.shape == (count, 32, 32, 3)
    images, labels = draw(things, part, count, every=8)
    assert np.array_equal(images, stored_images[::8])
    assert np.array_equal(labels, stored_labels[::8])


def test_the_file_is_small_needs_no_pickle_and_is_written_the_same_twice():
    assert store.FILE.stat().st_size < 2_000_000
    parts = {name: store.read(name) for name in PARTS}
    written = io.BytesIO()
    store.write(written, parts)
    again = io.BytesIO()
    store.write(again, parts)
    assert written.getvalue() == again.getvalue()
    written.seek(0)
    stored = np.load(store.FILE, allow_pickle=False)
    rewritten = np.load(written, allow_pickle=False)
    assert (
        set(stored.files) == set(rewritten.files) == {n + s for n in PARTS for s in ("", "_labels")}
    )
    for name in stored.files:
        assert np.array_equal(stored[name], rewritten[name])


def test_brightnesses_that_the_file_cannot_hold_are_refused():
    images = np.full((1, 32, 32, 3), 1, np.uint8)
    with pytest.raises(ValueError, match="32"):
        store.write(io.BytesIO(), {"train": (images, np.zeros(1, np.uint8))})


def test_what_a_lesson_writes_into_the_images_stays_there():
    images = Doodles(False)
    before = images.data.copy()
    images.data[:] = 0
    images.targets[0] = 99
    images.classes.clear()
    fresh = Doodles(False)
    assert np.array_equal(fresh.data, before)
    assert fresh.targets[0] != 99
    assert len(fresh.classes) == 10


def test_a_folder_in_the_place_of_train_is_refused():
    with pytest.raises(TypeError, match="need no folder"):
        Doodles("dataset")


def test_the_real_cifar10_is_used_where_it_lies(real_cifar10, capsys):
    for train, count in ((True, 20), (False, 3)):
        found = cifar10(train, transform=ToTensor(), root=real_cifar10)
        assert isinstance(found, CIFAR10)
        assert len(found) == count
        assert found[0][0].shape == (3, 32, 32)
        assert capsys.readouterr().out == f"CIFAR-10 from {real_cifar10}/: {count} images\n"


def test_without_cifar10_the_embedded_images_are_used(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = cifar10(train=False, transform=ToTensor())
    assert isinstance(found, Doodles)
    assert found[0][0].shape == (3, 32, 32)
    expected = "CIFAR-10 is not in dataset/: using the 208 embedded images\n"
    assert capsys.readouterr().out == expected


def test_a_damaged_cifar10_is_not_used(real_cifar10, capsys):
    (real_cifar10 / CIFAR10.base_folder / "data_batch_3").write_bytes(b"half a download")
    assert isinstance(cifar10(root=real_cifar10), Doodles)
    told = capsys.readouterr().out
    assert told.startswith("CIFAR-10 could not be read (Dataset not found or corrupted")
    assert told.endswith("using the 1,040 embedded images\n")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    "error", [URLError("no\nnetwork"), TimeoutError(), IncompleteRead(b""), RuntimeError("hash")]
)
def test_a_download_that_fails_leaves_the_embedded_images_and_no_folder(
    tmp_path, monkeypatch, capsys, error
):
    patience = []

    def fail(*_: object, **__: object) -> None:
        patience.append(socket.getdefaulttimeout())
        (tmp_path / "dataset").mkdir()
        raise error

    monkeypatch.setattr(CIFAR10, "download", fail)
    found = cifar10(False, root=tmp_path / "dataset", download=True)
    assert isinstance(found, Doodles)
    told = capsys.readouterr().out
    assert told.startswith("CIFAR-10 could not be downloaded (")
    assert told.count("\n") == 1
    assert not (tmp_path / "dataset").exists()
    assert patience[0] is not None
    assert socket.getdefaulttimeout() is None


def test_importing_autograder_does_not_import_torch_nor_the_images_torchvision():
    program = (
        "import sys, autograder; assert 'torch' not in sys.modules;"
        "import autograder.torch_nn.data; assert 'torchvision' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
