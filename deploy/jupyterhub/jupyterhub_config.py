"""A hub for a class on one machine, run by root: every user is a user of the system.

Who is in the group ``students`` or ``instructors`` may log in. A student's server starts in their
home folder, with a network and a /tmp of its own; an instructor's in the course's folder.
"""

import contextlib
import ctypes
import grp
import ipaddress
import os
import pwd
import subprocess
import sysconfig

from jupyterhub.spawner import LocalProcessSpawner

from autograder.workspace.lab import environment

c = get_config()  # noqa: F821 - JupyterHub provides it

COURSE = "/srv/class/course"
PROGRAMS = sysconfig.get_path("scripts")
# Students' servers and the hub meet here; no other machine sees these addresses.
NETWORK = ipaddress.ip_network("100.64.0.0/10")
HUB, BRIDGE = NETWORK[1], "class"

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS, _CLONE_NEWNET = 0x00020000, 0x40000000
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_PRIVATE = 2, 4, 0x4000, 0x40000


def ip(*words: object) -> None:
    """The system's command ``ip``."""
    subprocess.run(["ip", *map(str, words)], check=True, stderr=subprocess.PIPE)


def is_there(device: object) -> bool:
    """Whether there is a network device of this name."""
    line = ["ip", "link", "show", "dev", str(device)]
    return subprocess.run(line, capture_output=True, check=False).returncode == 0


def call(name: str, *arguments: object) -> None:
    """A function of the C library that reports failure by -1."""
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def make_bridge() -> None:
    """Where students' networks end, at the hub."""
    if not is_there(BRIDGE):
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("address", "add", f"{HUB}/{NETWORK.prefixlen}", "dev", BRIDGE)
    ip("link", "set", BRIDGE, "up")


def own_network(user: str) -> tuple[str, str]:
    """The namespace and the address of a student's network, made where it is not there yet.

    From there nothing can be reached but the hub's machine, under the hub's address: no other
    student, and not what listens on this machine for itself alone.
    """
    number = pwd.getpwnam(user).pw_uid
    name, outer = f"class-{number}", f"c{number}"
    address = str(NETWORK[2 + number % (NETWORK.num_addresses - 3)])
    if not is_there(outer):
        with contextlib.suppress(subprocess.CalledProcessError):  # it has lost its link
            ip("netns", "delete", name)
        ip("netns", "add", name)
        ip("link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("-netns", name, "address", "add", f"{address}/{NETWORK.prefixlen}", "dev", "eth0")
        for device in ("lo", "eth0"):
            ip("-netns", name, "link", "set", device, "up")
        ip("link", "set", outer, "master", BRIDGE)
        subprocess.run(["bridge", "link", "set", "dev", outer, "isolated", "on"], check=True)
        ip("link", "set", outer, "up")
    return f"/run/netns/{name}", address


class ClassSpawner(LocalProcessSpawner):
    """Starts the server of a student or of an instructor."""

    @property
    def teaches(self) -> bool:
        """Whether the user is an instructor."""
        return self.user.name in grp.getgrnam("instructors").gr_mem

    async def start(self):
        """Start it, a student's in a network of its own."""
        if self.teaches:
            self.notebook_dir = COURSE
        else:
            self.namespace, self.ip = own_network(self.user.name)
        return await super().start()

    def make_preexec_fn(self, name):
        """What the new process does before it is a server."""
        become = super().make_preexec_fn(name)

        def at_the_course() -> None:
            become()
            os.chdir(COURSE)  # nbgrader reads the configuration of the current folder

        def shut_in() -> None:
            with open(self.namespace) as file:
                call("setns", file.fileno(), _CLONE_NEWNET)
            call("unshare", _CLONE_NEWNS)
            call("mount", None, b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None)
            flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV)
            call("mount", b"tmp", b"/tmp", b"tmpfs", flags, b"mode=1777,size=1g")
            become()

        return at_the_course if self.teaches else shut_in

    def get_env(self):
        """What `autograder lab` sets; without what hides formgrader for an instructor."""
        given = super().get_env()
        ours = environment(self.server.base_url, given)
        if self.teaches:
            del ours["JUPYTER_CONFIG_PATH"]
        return given | ours


make_bridge()
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.hub_ip = str(HUB)
c.ConfigurableHTTPProxy.command = ["configurable-http-proxy"]

c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"students", "instructors"}
c.PAMAuthenticator.open_sessions = False

c.JupyterHub.spawner_class = ClassSpawner
c.Spawner.cmd = [f"{PROGRAMS}/jupyterhub-singleuser"]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120

# What is of your institution's own: its login, its certificate, its address.
if os.path.exists("/etc/jupyterhub/site.py"):
    load_subconfig("/etc/jupyterhub/site.py")  # noqa: F821 - JupyterHub provides it
