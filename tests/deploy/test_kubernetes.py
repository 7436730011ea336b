"""deploy/kubernetes, checked as far as it can be without a cluster, and without its charts."""

import copy
import importlib.metadata
import json
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.conftest import COURSE

HERE = COURSE / "deploy" / "kubernetes"
SCHEMAS = Path(__file__).parent / "schemas"
CHARTS = ("jupyterhub", "ngshare", "dask-gateway")
MANIFESTS = (
    "network-policies.yaml",
    "grading.yaml",
    "postgresql.yaml",
    "dask-gateway-policies.yaml",
)
EXECUTES = "dask-worker"  # the pods in which graded code runs
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UniqueKeys(LOADER):
    """A loader that refuses a key that is there twice: the first would be lost in silence."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"{node.start_mark}: a key is there twice"
        return super().construct_mapping(node, deep)


@cache
def documents(name):
    return list(yaml.load_all((HERE / name).read_text(encoding="utf-8"), UniqueKeys))


@cache
def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def merged(defaults, values):
    """The chart's values with ours over them, as Helm merges them before it validates."""
    if not (isinstance(defaults, dict) and isinstance(values, dict)):
        return values
    return {
        **defaults,
        **{key: merged(defaults.get(key), value) for key, value in values.items()},
    }


def values(chart):
    defaults = json.loads((SCHEMAS / f"{chart}.values.json").read_text(encoding="utf-8"))
    (ours,) = documents(f"{chart}.yaml")
    return merged(defaults, copy.deepcopy(ours))


@cache
def validator(name):
    kind = jsonschema.validators.validator_for(schema(name))
    kind.check_schema(schema(name))
    return kind(schema(name))


def wrong(name, value):
    return [error.message for error in validator(name).iter_errors(value)]


def objects(kind):
    return {
        found["metadata"]["name"]: found
        for name in MANIFESTS
        for found in documents(name)
        if found["kind"] == kind
    }


def workloads():
    return {**objects("Deployment"), **objects("StatefulSet")}


def pod(name):
    return workloads()[name]["spec"]["template"]["spec"]


def policy(name):
    return objects("NetworkPolicy")[name]["spec"]


def peers(rules, key):
    """What a policy's rules let through: (who, port), an empty ``who`` for everybody."""
    return {
        (json.dumps(peer, sort_keys=True), port["port"])
        for rule in rules
        for peer in rule[key]
        for port in rule["ports"]
    }


def app(name, port):
    return (json.dumps({"podSelector": {"matchLabels": {"app": name}}}), port)


# ------------------------------------------------------------------------------ values of charts


@pytest.mark.parametrize("chart", CHARTS)
def test_values_are_what_the_chart_takes(chart):
    assert wrong(chart, values(chart)) == []


@pytest.mark.parametrize(
    ("chart", "path"),
    [
        ("jupyterhub", ("singleuser", "networkPolicy", "egressAllowRules", "privateIP")),
        ("jupyterhub", ("singleuser", "memory", "limits")),
        ("jupyterhub", ("cull", "timeOut")),
        ("jupyterhub", ("hub", "network_policy")),
        ("ngshare", ("ngshare", "admin")),
        ("ngshare", ("storage",)),
        ("dask-gateway", ("gateway", "backend", "worker", "extraPodConfigs")),
        ("dask-gateway", ("traefik", "service", "types")),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else value,
)
def test_a_misspelt_key_is_refused(chart, path):
    *way, last = path
    found = changed = values(chart)
    for key in way:
        found = found[key]
    found[last] = True
    (message,) = wrong(chart, changed)
    assert last in message


def test_a_value_of_another_type_is_refused():
    changed = values("jupyterhub")
    changed["singleuser"]["networkPolicy"]["enabled"] = "yes"
    assert wrong("jupyterhub", changed) == ["'yes' is not of type 'boolean'"]


# ---------------------------------------------------------------------------------- manifests


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests_have_the_fields_they_need_and_no_others(name):
    assert [wrong("manifest", document) for document in documents(name)] == [
        [] for _ in documents(name)
    ]


@pytest.mark.parametrize("field", ["automountServiceAccountTokens", "hostUser", "hostNetwork"])
def test_a_pod_with_a_field_that_is_not_known_is_refused(field):
    changed = copy.deepcopy(workloads()[EXECUTES])
    changed["spec"]["template"]["spec"][field] = True
    (message,) = wrong("manifest", changed)
    assert field in message


def test_selectors_choose_the_pods_beside_them():
    labels = {name: w["spec"]["template"]["metadata"]["labels"] for name, w in workloads().items()}
    for name, workload in workloads().items():
        assert workload["spec"]["selector"]["matchLabels"] == labels[name]
    for name, service in objects("Service").items():
        assert service["spec"]["selector"] == labels[name]
        opened = {p["containerPort"] for c in pod(name)["containers"] for p in c["ports"]}
        assert {port["port"] for port in service["spec"]["ports"]} <= opened


def test_every_volume_that_is_mounted_is_there():
    for name, workload in workloads().items():
        there = {volume["name"] for volume in pod(name).get("volumes", ())} | {
            claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", ())
        }
        mounted = {m["name"] for c in pod(name)["containers"] for m in c.get("volumeMounts", ())}
        assert mounted == there


# ------------------------------------------------------------------- where students' code runs


def test_pods_with_students_code_have_no_token_of_a_service_account():
    assert pod(EXECUTES)["automountServiceAccountToken"] is False
    user = values("jupyterhub")["singleuser"]
    assert user["serviceAccountName"] is None
    assert user["extraPodConfig"]["automountServiceAccountToken"] is False


def test_a_worker_holds_nothing_that_is_worth_having():
    worker = pod(EXECUTES)
    assert all("emptyDir" in volume for volume in worker["volumes"])
    assert "volumeClaimTemplates" not in workloads()[EXECUTES]["spec"]
    assert all("env" not in container for container in worker["containers"])


def test_a_worker_has_what_the_sandbox_needs():
    worker = pod(EXECUTES)
    assert worker["hostUsers"] is False, "Kubernetes refuses an unmasked /proc otherwise"
    (container,) = worker["containers"]
    assert container["securityContext"]["procMount"] == "Unmasked"
    assert worker["securityContext"]["appArmorProfile"] == {"type": "Unconfined"}
    where = worker["securityContext"]["seccompProfile"]
    assert where == {"type": "Localhost", "localhostProfile": "profiles/seccomp-grading.json"}


def test_the_workers_profile_allows_what_the_sandbox_calls_and_denies_what_it_denies():
    from autograder.sandbox import seccomp

    profile = json.loads((HERE / "seccomp-grading.json").read_text(encoding="utf-8"))
    assert profile["defaultAction"] == "SCMP_ACT_ALLOW"
    (rule,) = profile["syscalls"]
    denied = set(rule["names"])
    assert rule["names"] == sorted(denied)
    needed = {"unshare", "clone", "clone3", "mount", "umount2", "pivot_root", "seccomp", "prctl"}
    needed |= {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "setns"}
    assert not denied & needed
    assert {"bpf", "ptrace", "keyctl", "userfaultfd"} <= denied & seccomp._DENIED.keys()


def test_a_worker_may_use_more_memory_than_one_job():
    from autograder.sandbox.job import Limits

    (container,) = pod(EXECUTES)["containers"]
    limit = container["resources"]["limits"]["memory"]
    assert int(limit.removesuffix("Gi")) * 2**30 >= Limits().memory_bytes + 2**30


def backend(kind):
    return values("dask-gateway")["gateway"]["backend"][kind]


def test_a_gateways_worker_is_given_what_one_of_ours_is():
    worker, given = pod(EXECUTES), backend("worker")
    expected = {key: value for key, value in worker.items() if key != "containers"}
    expected["enableServiceLinks"] = False  # its scheduler's name comes on the command line
    assert given["extraPodConfig"] == expected
    (container,) = worker["containers"]
    for key in ("securityContext", "volumeMounts"):
        assert given["extraContainerConfig"][key] == container[key]
    assert given["threads"] == given["cores"]["limit"] == 1


def test_a_gateways_scheduler_is_given_what_ours_is():
    scheduler, given = pod("dask-scheduler"), backend("scheduler")
    expected = {key: value for key, value in scheduler.items() if key != "containers"}
    assert given["extraPodConfig"] == expected
    (container,) = scheduler["containers"]
    for key in ("securityContext", "volumeMounts"):
        assert given["extraContainerConfig"][key] == container[key]


def test_a_gateway_starts_the_commands_that_dask_has():
    pytest.importorskip("distributed")
    from distributed.cli.dask_worker import main

    text = values("dask-gateway")["gateway"]["extraConfig"]["commands"]
    there = {entry.name for entry in importlib.metadata.entry_points(group="dask_cli")}
    assert set(re.findall(r'"dask", "([\w-]+)"', text)) == {"scheduler", "worker"} <= there
    known = {option for parameter in main.params for option in parameter.opts}
    assert set(re.findall(r'"(--[\w-]+)"', text)) <= known


# ------------------------------------------------------------------------------------ networks


def gateways(component, port):
    labels = {"app.kubernetes.io/name": "dask-gateway", "app.kubernetes.io/component": component}
    return (json.dumps({"podSelector": {"matchLabels": labels}}, sort_keys=True), port)


def test_a_gateways_worker_reaches_its_scheduler_and_names_alone():
    worker = policy("gateway-worker")
    scheduler, names = worker["egress"]
    assert peers([scheduler], "to") == {gateways("dask-scheduler", 8786)}
    assert {port["port"] for port in names["ports"]} == {53}
    ports = {9000, 9001}
    assert peers(worker["ingress"], "from") == {gateways("dask-scheduler", p) for p in ports}
    text = values("dask-gateway")["gateway"]["extraConfig"]["commands"]
    assert '"--worker-port", "9000", "--nanny-port", "9001"' in text


def test_only_the_grader_reaches_the_gateway():
    assert peers(policy("gateway-proxy")["ingress"], "from") == {app("grader", 8000)}
    assert values("dask-gateway")["traefik"]["service"]["type"] == "ClusterIP"
    assert values("dask-gateway")["gateway"]["auth"]["simple"]["password"] is None


def test_nothing_of_grading_is_reached_or_reaches_unless_a_policy_says_so():
    default = policy("nothing-by-default")
    assert default == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name in workloads():
        assert policy(name)["podSelector"] == {"matchLabels": {"app": name}}
        assert policy(name)["policyTypes"] == ["Ingress", "Egress"]


def test_a_worker_reaches_the_scheduler_alone_and_no_name_server():
    worker = policy("dask-worker")
    assert peers(worker["egress"], "to") == {app("dask-scheduler", 8786)}
    assert peers(worker["ingress"], "from") == {
        app("dask-scheduler", 9000),
        app("dask-scheduler", 9001),
    }
    (container,) = pod(EXECUTES)["containers"]
    assert "$DASK_SCHEDULER_SERVICE_HOST:8786" in container["command"][-1]
    assert pod(EXECUTES)["enableServiceLinks"], "the address is such a variable"


def test_only_grader_and_workers_reach_the_scheduler():
    assert peers(policy("dask-scheduler")["ingress"], "from") == {
        app("dask-worker", 8786),
        app("grader", 8786),
    }


def test_only_the_grader_reaches_the_gradebook_and_nobody_reaches_the_grader():
    assert peers(policy("postgresql")["ingress"], "from") == {app("grader", 5432)}
    assert "egress" not in policy("postgresql")
    assert "ingress" not in policy("grader")


def test_a_students_server_reaches_hub_exchange_and_names_alone():
    network = values("jupyterhub")["singleuser"]["networkPolicy"]
    assert network["enabled"]
    assert network["allowedIngressPorts"] == network["ingress"] == []
    allowed = {name for name, there in network["egressAllowRules"].items() if there}
    assert allowed == {"dnsPortsKubeSystemNamespace"}
    (rule,) = network["egress"]
    assert rule == {
        "to": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "ngshare"}}}],
        "ports": [{"port": values("ngshare")["deployment"]["port"], "protocol": "TCP"}],
    }


# ------------------------------------------------------------------------------ what agrees


def test_hub_and_exchange_know_each_other():
    hub, exchange = values("jupyterhub")["hub"], values("ngshare")["ngshare"]
    service = hub["services"]["ngshare"]
    assert service["oauth_client_id"] == exchange["oauth_client_id"]
    assert "apiToken" not in service
    assert exchange["hub_api_token"] == ""
    config = (HERE / "nbgrader_config.py").read_text(encoding="utf-8")
    assert f'"{service["url"]}/services/ngshare"' in config


def test_no_secret_is_in_a_file():
    for path in HERE.iterdir():
        written = path.read_text(encoding="utf-8")
        assert not re.search(r"(?i)(password|token|secret):? *[=:] *['\"]?[0-9a-f]{16,}", written)


def test_all_pods_of_the_course_have_one_image():
    image = values("jupyterhub")["singleuser"]["image"]
    name = f"{image['name']}:{image['tag']}"
    used = {c["image"] for w in workloads() for c in pod(w)["containers"]} - {"postgres:17"}
    clusters = backend("image")
    assert used == {name, f"{clusters['name']}:{clusters['tag']}"}
    for page in ("Dockerfile", "README.md"):
        assert name in (HERE / page).read_text(encoding="utf-8")


def test_the_images_versions_are_those_of_the_environment():
    text = (HERE / "Dockerfile").read_text(encoding="utf-8")
    pins = yaml.safe_load((COURSE / "environment.yml").read_text(encoding="utf-8"))
    python, *_, pip = pins["dependencies"]
    assert f"ARG PYTHON=python:{python.removeprefix('python=')}-slim" in text
    expression = re.search(r"sed -nE '(.*?)' /tmp/environment.yml", text).group(1)
    read = subprocess.run(
        ["sed", "-nE", expression, COURSE / "environment.yml"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert read == [pin for pin in pip["pip"] if not pin.startswith("--")]
    extras = tomllib.loads((COURSE / "pyproject.toml").read_text(encoding="utf-8"))
    elsewhere = extras["project"]["optional-dependencies"]["test"]
    for name in ("distributed", "dask-gateway", "psycopg"):
        (pin,) = [pin for pin in elsewhere if pin.startswith(name) and "==" in pin]
        assert pin in text, pin


def test_the_image_copies_neither_lessons_nor_solutions():
    copied = re.findall(
        r"^COPY (?!--from)(.+) \S+$", (HERE / "Dockerfile").read_text(encoding="utf-8"), re.M
    )
    names = {name for line in copied for name in line.split()}
    assert names == {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "autograder",
        "environment.yml",
        "deploy/kubernetes/nbgrader_config.py",
    }
    assert all((COURSE / name).exists() for name in names)


def test_the_page_names_every_file_and_no_other():
    page = (HERE / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w-]+\.(?:yaml|json|py)|Dockerfile)`", page))
    assert named == {path.name for path in HERE.iterdir()} - {"README.md"}
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", page):
        assert (HERE / target).exists(), target
    for used in re.findall(r"deploy/kubernetes/([\w.-]+\w)", page):
        assert (HERE / used).exists(), used


def test_the_page_says_first_what_was_never_tried():
    first = (HERE / "README.md").read_text(encoding="utf-8").split("\n\n")[1]
    assert "never" in first


def test_the_note_names_every_schema():
    note = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w.-]+)`", note, re.M)) == {
        path.name for path in SCHEMAS.glob("*.json")
    }
