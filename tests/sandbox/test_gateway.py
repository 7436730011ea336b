"""Clusters of Dask Gateway: which is meant, and what becomes of it; with a stand-in for its client.

``python -m tests.gateways`` tries the same with a real gateway.
"""

import sys
import types
from typing import ClassVar

import pytest

from autograder.errors import AutograderError
from autograder.sandbox import pool
from autograder.sandbox.gateway import gateway_cluster


class Gateway:
    """What is used of the real one."""

    address = "http://gateway.example.org"
    clusters: ClassVar[dict[str, str]] = {}  #: status by name
    workers: ClassVar[dict[str, int]] = {}

    def submit(self):
        self.clusters["fresh"] = "PENDING"
        return "fresh"

    def get_cluster(self, name):
        if name not in self.clusters:
            raise ValueError(f"Cluster {name} not found")
        status = self.clusters[name]
        self.clusters[name] = status.replace("PENDING", "RUNNING")
        return types.SimpleNamespace(
            status=types.SimpleNamespace(name=status),
            scheduler_address=f"gateway://gateway.example.org:80/{name}",
            security=f"the key of {name}",
        )

    def scale_cluster(self, name, workers):
        self.workers[name] = workers

    def stop_cluster(self, name):
        self.clusters[name] = "STOPPED"

    def close(self):
        pass


@pytest.fixture(autouse=True)
def client(monkeypatch):
    """The stand-in is what is imported."""
    monkeypatch.setitem(sys.modules, "dask_gateway", types.SimpleNamespace(Gateway=Gateway))
    monkeypatch.setattr(Gateway, "clusters", {"there": "RUNNING", "gone": "FAILED"})
    monkeypatch.setattr(Gateway, "workers", {})


def test_a_new_cluster_gets_its_workers_and_is_stopped_in_the_end():
    with gateway_cluster("new", 8) as (address, key):
        assert (address, key) == ("gateway://gateway.example.org:80/fresh", "the key of fresh")
        assert Gateway.workers == {"fresh": 8}
    assert Gateway.clusters["fresh"] == "STOPPED"


def test_a_cluster_that_is_there_is_left_as_it_is():
    with gateway_cluster("there", 8) as (address, _):
        assert address.endswith("/there")
    assert Gateway.clusters["there"] == "RUNNING"
    assert Gateway.workers == {}


def test_the_pool_hands_the_key_to_the_client(monkeypatch):
    pytest.importorskip("distributed")
    given = []

    def connect(address, security):
        given.append((address, security))
        raise AutograderError("no further")

    monkeypatch.setattr("autograder.sandbox.cluster._connect", connect)
    with pytest.raises(AutograderError, match="no further"), pool.open_pool(2, "gateway:new"):
        pass
    assert given == [("gateway://gateway.example.org:80/fresh", "the key of fresh")]
    assert Gateway.clusters["fresh"] == "STOPPED"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Name the cluster: gateway:NAME"),
        ("gone", "is failed"),
        ("nobody", r"Cluster nobody not found\. Where the gateway .*DASK_GATEWAY__ADDRESS"),
    ],
)
def test_what_is_not_there_is_one_sentence(name, sentence):
    with pytest.raises(AutograderError, match=sentence), gateway_cluster(name, 1):
        pass


def test_a_missing_client_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_gateway", None)
    with pytest.raises(AutograderError, match="pip install dask-gateway"), gateway_cluster("x", 1):
        pass
