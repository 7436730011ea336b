"""Grading on a real Dask Gateway with its local backend: ``python -m tests.gateways``.

It needs ``pip install dask-gateway dask-gateway-server``, and root: its schedulers listen on every
address, so that all of it runs in a network namespace of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.grading.conftest import CHAPTER, COMMAND, course_of_one_chapter, solved, submit

STUDENTS = 8
SERVER = "127.0.0.1:8000"
CONFIGURATION = f"""
c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
c.DaskGateway.address = "127.0.0.1:8001"
c.Proxy.address = "{SERVER}"
c.UnsafeLocalBackend.clusters_directory = "clusters"
c.UnsafeLocalBackend.inherited_environment = ["PATH", "PYTHONPATH", "OMP_NUM_THREADS"]
c.ClusterConfig.scheduler_cmd = ["dask", "scheduler"]
c.ClusterConfig.worker_cmd = ["dask", "worker"]
"""


def grade(course: Path, *arguments: str) -> str:
    """Grade the class anew; what is amiss, or nothing."""
    done = subprocess.run(
        [COMMAND, "grade", CHAPTER, "--force", "--jsonl", "r.jsonl", *arguments],
        cwd=course,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return done.stderr
    records = [json.loads(line) for line in (course / "r.jsonl").read_text().splitlines()]
    right = [record for record in records if record["score"] == record["max_score"]]
    return "" if len(right) == STUDENTS else f"{len(right)} of {STUDENTS} are right"


def trial(folder: Path) -> bool:
    """With a gateway that runs: a new cluster, one by its name, and one that is no longer there."""
    from dask_gateway import Gateway

    course = course_of_one_chapter(folder / "course")
    for i in range(STUDENTS):
        submit(course, f"s{i}", solved())
    amiss = {"a new cluster": grade(course, "--scheduler", "gateway:new", "--workers", "2")}
    gateway = Gateway()
    left = gateway.list_clusters()
    amiss["a new cluster ends with the grading"] = f"{left} are left" if left else ""
    name = gateway.submit()
    gateway.scale_cluster(name, 1)
    amiss["a cluster by its name"] = grade(course, "--scheduler", f"gateway:{name}")
    still = [report.name for report in gateway.list_clusters()]
    amiss["it is left running"] = "" if still == [name] else f"{still} run"
    gateway.stop_cluster(name)
    said = grade(course, "--scheduler", f"gateway:{name}")
    told = f"cluster {name}" in said and "Traceback" not in said
    amiss["one that was stopped is one sentence"] = "" if told else said or "it was graded"
    for what, wrong in amiss.items():
        print(f"{what}: {wrong or 'well'}")
    return not any(amiss.values())


def main() -> int:
    """Start the gateway, try it, and end it."""
    if len(sys.argv) == 1:
        again = f"ip link set lo up; exec {sys.executable} -m tests.gateways inside"
        return subprocess.run(["unshare", "--net", "sh", "-c", again], check=False).returncode
    os.environ["DASK_GATEWAY__ADDRESS"] = f"http://{SERVER}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "dask_gateway_config.py").write_text(CONFIGURATION)
        command = [sys.executable, "-m", "dask_gateway_server", "-f", "dask_gateway_config.py"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            for _ in range(60):
                try:
                    urllib.request.urlopen(f"http://{SERVER}/api/version")
                    break
                except OSError:
                    time.sleep(1)
            return 0 if trial(folder) else 1
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
