"""Landlock: what a process may open, which no later mistake with mounts can widen.

The mount namespace already shows nothing but the Python installation and the scratch folder;
Landlock says the same again to the kernel in terms of files, TCP ports, abstract sockets and
signals, and cannot be undone by anybody.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_DEVICES = 1 << 6 | 1 << 11  # MAKE_CHAR | MAKE_BLOCK
_TCP = 3  # BIND_TCP | CONNECT_TCP
_SCOPES = 3  # ABSTRACT_UNIX_SOCKET | SIGNAL


def _syscall(number: int, *args: object) -> int:
    result = ctypes.CDLL(None, use_errno=True).syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock refused")
    return int(result)


def abi() -> int:
    """The version of Landlock that the kernel speaks; 0 where it has none."""
    try:
        return _syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    except OSError:
        return 0


def _rights(version: int) -> int:
    every = (1 << 13) - 1
    if version >= 2:
        every |= _REFER
    if version >= 3:
        every |= _TRUNCATE
    if version >= 5:
        every |= _IOCTL_DEV
    return every


class Ruleset:
    """What may be read; opened once in the warm process, applied in each child."""

    def __init__(self, readable: list[str], devices: list[str]) -> None:
        self.version = abi()
        self._paths: list[tuple[int, int]] = []
        if not self.version:
            return
        rights = _rights(self.version)
        device_rights = rights & (_READ_FILE | _WRITE_FILE | _TRUNCATE)
        for paths, allowed in ((readable, _READING), (devices, device_rights)):
            for path in paths:
                if os.path.exists(path):
                    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
                    is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
                    self._paths.append((descriptor, allowed if is_folder else allowed & _FOR_FILES))

    @property
    def descriptors(self) -> list[int]:
        """The open paths, which a child needs until :meth:`apply`."""
        return [descriptor for descriptor, _ in self._paths]

    def apply(self, scratch: str) -> None:
        """Restrict this process to the readable paths and ``scratch``. Raises OSError."""
        if not self.version:
            raise OSError(0, "the kernel has no Landlock")
        rights = _rights(self.version)
        tcp = _TCP if self.version >= 4 else 0
        scopes = _SCOPES if self.version >= 6 else 0
        attributes = struct.pack("<QQQ", rights, tcp, scopes)
        size = 24 if self.version >= 6 else 16 if self.version >= 4 else 8
        ruleset = _syscall(_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
        folder = os.open(scratch, os.O_PATH | os.O_CLOEXEC)
        for descriptor, allowed in [*self._paths, (folder, rights & ~_DEVICES)]:
            rule = struct.pack("<Qi", allowed, descriptor)
            _syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, ctypes.c_uint32(0))
        _syscall(_RESTRICT, ruleset, ctypes.c_uint32(0))
        os.close(ruleset)
        os.close(folder)
