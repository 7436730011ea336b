"""Machines of their own on this one: network namespaces, joined by a router that can fall silent.

Only root can make them. They reach each other and nothing else, and are gone when it ends.
"""

from __future__ import annotations

import os
import subprocess


class Network:
    """Machines by name. Between :meth:`silence` and :meth:`mend` every packet of one is dropped.

    Nobody is told of a dropped packet: no connection is refused or reset, as where a cable is
    pulled out or a firewall forgets a connection.
    """

    def __init__(self, *machines: str) -> None:
        self._prefix = f"n{os.getpid()}"
        self._router = f"{self._prefix}router"
        self.addresses = {name: f"10.213.{i}.2" for i, name in enumerate(machines)}

    def __enter__(self) -> Network:
        _ip("netns", "add", self._router)
        for name, address in self.addresses.items():
            gateway, here = address.removesuffix("2") + "1", self._space(name)
            _ip("netns", "add", here)
            _ip("-n", here, "link", "set", "lo", "up")
            _ip("-n", here, "link", "add", "out", "type", "veth", "peer", name)
            _ip("-n", here, "link", "set", name, "netns", self._router)
            _ip("-n", here, "address", "add", f"{address}/24", "dev", "out")
            _ip("-n", here, "link", "set", "out", "up")
            _ip("-n", here, "route", "add", "default", "via", gateway)
            _ip("-n", self._router, "address", "add", f"{gateway}/24", "dev", name)
            _ip("-n", self._router, "link", "set", name, "up")
        _ip("netns", "exec", self._router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        return self

    def __exit__(self, *error: object) -> None:
        for space in (self._router, *map(self._space, self.addresses)):
            subprocess.run(["ip", "netns", "delete", space], check=False)

    def on(self, name: str) -> list[str]:
        """What a command begins with that runs on a machine."""
        return ["ip", "netns", "exec", self._space(name)]

    def silence(self, name: str) -> None:
        """Drop every packet from a machine and to it."""
        for way in ("from", "to"):
            _ip("-n", self._router, "rule", "add", way, self.addresses[name], "blackhole")

    def mend(self, name: str) -> None:
        """Let its packets through again."""
        for way in ("from", "to"):
            _ip("-n", self._router, "rule", "delete", way, self.addresses[name], "blackhole")

    def _space(self, name: str) -> str:
        return f"{self._prefix}{name}"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
