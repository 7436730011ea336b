"""The system calls that a job is refused, as a seccomp filter written by hand.

What is denied fails with EPERM and the program goes on; what the list does not know yet fails with
ENOSYS, on which the C library falls back to older calls. The rest of the sandbox stands without
this filter; it takes away the parts of the kernel that a notebook has no business with.

File locks are the one thing that is *answered* instead of denied: a job is told that it has the
lock, and nothing is locked. A lock on a file of the Python installation would be seen by other
jobs, and the filter cannot tell files apart; sqlite3 and whatever else locks its own files in the
scratch folder goes on working.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Sequence

#: (x86_64, aarch64) numbers of what is denied outright; None where the machine has no such call
_DENIED: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "setsid": (112, 157),  # the scheduler is fair to each, however many processes it has
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # memory and messages that no limit counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "vmsplice": (278, 75),
    "landlock_create_ruleset": (444, 444),  # 4 MB of rules behind one descriptor
    "landlock_add_rule": (445, 445),
    # asynchronous input and output, of which the whole machine has a fixed number
    "io_setup": (206, 0),
    "io_destroy": (207, 1),
    "io_getevents": (208, 4),
    "io_pgetevents": (333, 292),
    "io_submit": (209, 2),
    "io_cancel": (210, 3),
    # the kernel itself
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "create_module": (174, None),
    "syslog": (103, 116),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "nfsservctl": (180, 42),
    "lookup_dcookie": (212, 18),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "personality": (135, 92),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "ustat": (136, None),
    "sysfs": (139, None),
    "_sysctl": (156, None),
}
_SOCKET, _CLONE, _IOCTL = (41, 198), (56, 220), (16, 29)
_FCNTL, _FLOCK, _MMAP, _SETSOCKOPT = (72, 25), (73, 32), (9, 222), (54, 208)
_CLONE3 = 435
_NEWEST = 462  #: mseal of Linux 6.10; later calls do not exist for a job

_ARCH = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32 = 0x40000000
_CLONE_NAMESPACES = 0x7E020000  # CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NET
_AF_UNIX = 1
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_MAP_HUGETLB = 0x40000  # pages of a pool of the whole machine, which no limit of a job counts
_SOL_SOCKET = 1
#: larger buffers, and programs within a socket: SO_SNDBUF, SO_RCVBUF, SO_ATTACH_FILTER, the two
#: FORCEs, SO_ATTACH_BPF, and the two of SO_ATTACH_REUSEPORT
_SOCKET_OPTIONS = (7, 8, 26, 32, 33, 50, 51, 52)
#: what fcntl may do: duplicate, flags (F_DUPFD … F_SETFL), ask for locks, owner, a pipe's size and
#: seals. The rest reaches beyond the job (leases, F_NOTIFY, hints that stay with a file) or makes
#: pipes larger.
_FCNTL_HARMLESS = (0, 1, 2, 3, 4, 5, 9, 36, 1027, 1030, 1032, 1034)
_FCNTL_LOCKS = (6, 7, 37, 38)  # F_SETLK, F_SETLKW and those of open file descriptions

# struct seccomp_data: int nr, u32 arch, u64 instruction_pointer, u64 args[6]
_NR, _ARCHITECTURE, _ARG0, _ARG1, _ARG2, _ARG3 = 0, 4, 16, 24, 32, 40
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _ALWAYS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x05, 0x06


def _answer(value: int) -> bytes:
    return struct.pack("<HBBI", _RETURN, 0, 0, value)


_ALLOW = _answer(0x7FFF0000)
_KILL = _answer(0x80000000)
_DENY = _answer(0x00050000 | errno.EPERM)
_ABSENT = _answer(0x00050000 | errno.ENOSYS)
_PRETEND = _answer(0x00050000)  # success, and nothing is done

PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2


def _op(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("<HBBI", code, then, otherwise, value)


def _among(values: Sequence[int], found: bytes, otherwise: list[bytes]) -> list[bytes]:
    """Answer ``found`` where what was loaded is one of ``values``, else go on."""
    tests = [_op(_EQUAL, value, len(values) - i) for i, value in enumerate(values)]
    return [*tests, _op(_ALWAYS, 1), found, *otherwise]


def program(machine: str | None = None) -> bytes | None:
    """The filter as BPF instructions, or None for a machine whose numbers are not known here."""
    known = _ARCH.get(machine or platform.machine())
    if known is None:
        return None
    which, architecture = known
    actions = {numbers[which]: [_DENY] for numbers in _DENIED.values()}
    actions |= {
        _CLONE3: [_ABSENT],
        # of sockets the kind that never leaves the machine, within a network of its own
        _SOCKET[which]: [_op(_LOAD, _ARG0), _op(_EQUAL, _AF_UNIX, 0, 1), _ALLOW, _DENY],
        # processes and threads, but no new namespaces
        _CLONE[which]: [_op(_LOAD, _ARG0), _op(_ANY_BIT, _CLONE_NAMESPACES, 0, 1), _DENY, _ALLOW],
        # anything but typing into a terminal
        _IOCTL[which]: [
            _op(_LOAD, _ARG1),
            _op(_EQUAL, _TERMINAL_INPUT[0], 1, 0),
            _op(_EQUAL, _TERMINAL_INPUT[1], 0, 1),
            _DENY,
            _ALLOW,
        ],
        _FLOCK[which]: [_PRETEND],
        _FCNTL[which]: [
            _op(_LOAD, _ARG1),
            *_among(_FCNTL_HARMLESS, _ALLOW, _among(_FCNTL_LOCKS, _PRETEND, [_DENY])),
        ],
        _MMAP[which]: [_op(_LOAD, _ARG3), _op(_ANY_BIT, _MAP_HUGETLB, 0, 1), _DENY, _ALLOW],
        _SETSOCKOPT[which]: [
            _op(_LOAD, _ARG1),
            _op(_EQUAL, _SOL_SOCKET, 1, 0),
            _ALLOW,
            _op(_LOAD, _ARG2),
            *_among(_SOCKET_OPTIONS, _DENY, [_ALLOW]),
        ],
        _NEWEST + 1: [_ABSENT],
    }
    ranges = [(0, [_ALLOW])]  # from which number on which action holds
    for number, action in sorted((n, a) for n, a in actions.items() if n is not None):
        if ranges[-1][0] == number:
            ranges.pop()
        ranges += [(number, action)]
        if number <= _NEWEST:
            ranges += [(number + 1, [_ALLOW])]
    start = [_op(_LOAD, _ARCHITECTURE), _op(_EQUAL, architecture, 1, 0), _KILL, _op(_LOAD, _NR)]
    if which == 0:
        start += [_op(_AT_LEAST, _X32, 0, 1), _KILL]
    return b"".join(start + _tree(ranges))


def _tree(ranges: list[tuple[int, list[bytes]]]) -> list[bytes]:
    """Find a number's range by halving: the kernel tries every number once at installation."""
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    lower, upper = _tree(ranges[:middle]), _tree(ranges[middle:])
    if len(lower) < 256:
        return [_op(_AT_LEAST, ranges[middle][0], len(lower), 0), *lower, *upper]
    farther = [_op(_AT_LEAST, ranges[middle][0], 0, 1), _op(_ALWAYS, len(lower))]
    return [*farther, *lower, *upper]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def install(instructions: bytes) -> None:
    """Apply a filter to this process for good. ``no_new_privs`` must be set. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    prog = _Program(len(instructions) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(prog), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp filter refused")
