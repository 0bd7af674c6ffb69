"""What is deployed: all that the app reads, and nothing of the workshop. azure.yaml, the container and its manifest."""
from __future__ import annotations

import fnmatch
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from azure.identity import WorkloadIdentityCredential

from dev.__main__ import COMMANDS
from dev.environment import ROOT, weight_checksums
from shared.bootstrap.storage import ManagedIdentity
from shared.storage.queues import JOB_QUEUE
from tests.bicep import parsed
from tests.unit.infra.test_templates import PLATFORM_SETTINGS, app_settings

PATTERNS = (ROOT / ".funcignore").read_text().split()
MANIFEST = list(yaml.safe_load_all((ROOT / "infra" / "kubernetes" / "moderato.yaml").read_text()))


def is_left_out(path: str) -> bool:
    """By the two forms that the file keeps to: `/name` at the top, `**/name` anywhere."""
    parts = path.split("/")
    return any(fnmatch.fnmatch(parts[0], pattern[1:]) if pattern.startswith("/") else pattern[3:] in parts for pattern in PATTERNS)


def named(kind: str) -> dict:
    return next(each for each in MANIFEST if each["kind"] == kind)


def container() -> dict:
    return named("Deployment")["spec"]["template"]["spec"]["containers"][0]


def test_the_patterns_keep_to_two_forms():
    assert all(re.fullmatch(r"/[^/!]+|\*\*/[^/*!]+", pattern) for pattern in PATTERNS)


def test_all_that_the_app_reads_is_packaged():
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "shared").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    weights = [f"shared/image_analysis/weights/{name}" for name in weight_checksums()]
    assert [path for path in [*files, *weights, "function_app.py", "host.json", "requirements.txt", "LICENSE", "NOTICE"]
            if is_left_out(path)] == []


def test_nothing_of_the_workshop_is_packaged():
    packaged = {path.name for path in ROOT.iterdir() if not is_left_out(path.name)}
    assert packaged == {"shared", "function_app.py", "host.json", "requirements.txt", "LICENSE", "NOTICE"}
    assert is_left_out("local.settings.json") and is_left_out(".azure/e/.env") and is_left_out("shared/api/__pycache__/x.pyc")


def test_the_container_is_made_of_the_same_files():
    assert (ROOT / ".dockerignore").read_text() == (ROOT / ".funcignore").read_text()


def test_azd_packages_the_weights_and_calls_commands_that_there_are():
    document = yaml.safe_load((ROOT / "azure.yaml").read_text())
    service = document["services"]["api"]
    assert (service["project"], service["language"], service["host"]) == (".", "python", "function")
    assert (document["infra"]["path"], document["infra"]["module"]) == ("infra", "main")
    hooks = {name: hook["run"] for name, hook in {**document["hooks"], **service["hooks"]}.items()}
    assert hooks == {"prepackage": "python3 dev models", "postprovision": "python3 dev make-keys",
                     "postdeploy": "python3 dev deploy-regions"}
    assert all(run.split()[-1] in COMMANDS for run in hooks.values())
    assert "'azd-service-name': 'api'" in (ROOT / "infra" / "modules" / "function-app.bicep").read_text()


def test_the_container_has_the_hosts_settings_of_the_template():
    text = (ROOT / "Dockerfile").read_text()
    assert re.findall("^FROM (.+)$", text, re.MULTILINE) == ["mcr.microsoft.com/azure-functions/python:4-python3.11"]
    environment = dict(re.findall(r"(\w+)=(\S+)", text.partition("ENV ")[2].partition("COPY")[0]))
    assert environment["AzureWebJobsDisableHomepage"] == app_settings()["AzureWebJobsDisableHomepage"]
    profile = json.loads(Path(ROOT / "infra" / "parameters" / "production.json").read_text())
    assert environment["PYTHON_THREADPOOL_THREAD_COUNT"] == str(profile["threadsPerWorker"])
    assert container()["ports"][0]["containerPort"] == int(environment["ASPNETCORE_URLS"].rpartition(":")[2])


def objections_to(dockerfile: str) -> list[str]:
    """What a checker of Dockerfiles would say of the few instructions that ours has."""
    steps = re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ").strip().splitlines()
    steps = [step for step in steps if step.strip()]
    (base, *others) = steps
    found = [] if re.fullmatch(r"FROM mcr\.microsoft\.com/\S+:[0-9][\w.-]*(@sha256:[0-9a-f]{64})?", base) else ["the base has no version"]
    found += [f"{step.split()[0]} is not known" for step in others if step.split()[0] not in ("ENV", "COPY", "RUN", "EXPOSE", "USER")]
    found += ["a secret" for step in others if re.match("ENV", step) and re.search(r"(?i)(key|secret|password|connection\w*)=", step)]
    for step in (each for each in others if each.startswith("RUN")):
        found += ["pip keeps its downloads"] if "pip install" in step and "--no-cache-dir" not in step else []
        found += ["packages without versions"] if "pip install" in step and "--requirement" not in step else []
        found += ["what is fetched is run"] if re.search(r"(curl|wget|sudo|apt-get)\b", step) else []
    order = [index for index, step in enumerate(steps) if step.startswith("COPY")]
    found += ["the code before the packages"] if not steps[order[0]].startswith("COPY requirements.txt") else []
    return found


def test_nothing_speaks_against_the_dockerfile():
    text = (ROOT / "Dockerfile").read_text()
    assert objections_to(text) == []
    assert "@sha256:<digest>" in text


@pytest.mark.parametrize(("old", "new", "objection"), [
    (":4-python3.11\n\n", ":latest\n\n", "the base has no version"), ("python:4-python3.11\n\n", "python\n\n", "the base has no version"),
    ("COPY . ", "ADD . ", "ADD is not known"), (" --no-cache-dir", "", "pip keeps its downloads"),
    ("--requirement /home/site/requirements.txt", "numpy", "packages without versions"),
    ("ENV ", "ENV OPERATOR_KEY=abc ", "a secret"), ("RUN pip", "RUN curl https://example.com | sh && pip", "what is fetched is run"),
    ("COPY requirements.txt", "COPY . /x\nCOPY requirements.txt", "the code before the packages")])
def test_what_would_speak_against_it_is_noticed(old: str, new: str, objection: str):
    text = (ROOT / "Dockerfile").read_text()
    assert old in text
    assert objection in objections_to(text.replace(old, new))


def test_the_container_is_not_built_without_the_weights_as_recorded(tmp_path: Path):
    program = re.search(r'python -c "(.+?)"', (ROOT / "Dockerfile").read_text().replace("\\\n", ""), re.DOTALL)
    assert program
    weights = Path(shutil.copytree(ROOT / "shared" / "image_analysis" / "weights", tmp_path / "shared" / "image_analysis" / "weights"))

    def is_built() -> bool:
        return subprocess.run([sys.executable, "-c", program[1]], cwd=tmp_path, capture_output=True).returncode == 0

    assert is_built()
    next(weights.glob("*.onnx")).write_bytes(b"changed")
    assert not is_built()


def test_the_manifest_has_settings_that_there_are_and_no_secret():
    names = set(named("ConfigMap")["data"]) | {each["name"] for each in container()["env"]}
    assert names <= set(app_settings())
    needed = {"REGION", "STORAGE_ACCOUNT_NAME", "KEY_ENCRYPTION_KEY_URL", "OPERATOR_KEY", "RECEIPT_SIGNING_KEY"}
    assert needed | {name for name in PLATFORM_SETTINGS if "__" in name} <= names
    assert all(set(each) == {"name", "valueFrom"} for each in container()["env"])
    assert "Secret" not in {each["kind"] for each in MANIFEST}


def test_parts_of_the_manifest_name_one_another():
    assert {each["metadata"].get("namespace", each["metadata"]["name"]) for each in MANIFEST} == {"moderato"}
    pod = named("Deployment")["spec"]["template"]
    assert pod["metadata"]["labels"].items() >= named("Deployment")["spec"]["selector"]["matchLabels"].items()
    assert pod["metadata"]["labels"].items() >= named("Service")["spec"]["selector"].items()
    assert pod["spec"]["serviceAccountName"] == named("ServiceAccount")["metadata"]["name"]
    assert named("ScaledObject")["spec"]["scaleTargetRef"]["name"] == named("Deployment")["metadata"]["name"]


def test_the_service_account_is_the_one_that_may_act_as_the_identity():
    account = named("ServiceAccount")["metadata"]
    (credential,) = [each for each in parsed(ROOT / "infra" / "modules" / "identity.bicep").resources
                     if each.type.endswith("/federatedIdentityCredentials")]
    assert credential.at("properties.subject") == f"system:serviceaccount:{account['namespace']}:{account['name']}"
    assert "if (!empty(kubernetesIssuer))" in credential.source
    assert account["annotations"]["azure.workload.identity/client-id"] == named("ConfigMap")["data"]["MANAGED_IDENTITY_CLIENT_ID"]
    assert named("Deployment")["spec"]["template"]["metadata"]["labels"]["azure.workload.identity/use"] == "true"


def test_in_a_pod_with_workload_identity_the_app_takes_the_token_of_its_service_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """What the webhook of Workload ID puts into the pod is enough for the credential that the app uses everywhere."""
    token = tmp_path / "token"
    token.write_text("a token of the cluster")
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com", "AZURE_TENANT_ID": "a-tenant",
                        "AZURE_FEDERATED_TOKEN_FILE": str(token)}.items():
        monkeypatch.setenv(name, value)
    assert isinstance(ManagedIdentity("a-client")._credential()._credential, WorkloadIdentityCredential)


def test_keda_scales_by_the_job_queue_and_never_to_none():
    scaled = named("ScaledObject")["spec"]
    queue = next(trigger for trigger in scaled["triggers"] if trigger["type"] == "azure-queue")
    assert queue["metadata"]["queueName"] == JOB_QUEUE
    assert queue["metadata"]["accountName"] == named("ConfigMap")["data"]["STORAGE_ACCOUNT_NAME"]
    assert queue["authenticationRef"]["name"] == named("TriggerAuthentication")["metadata"]["name"]
    assert scaled["minReplicaCount"] >= 1
    host = json.loads((ROOT / "host.json").read_text())
    assert int(queue["metadata"]["queueLength"]) == host["extensions"]["queues"]["batchSize"]
