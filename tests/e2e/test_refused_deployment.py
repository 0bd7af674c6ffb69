"""The app set up as in Azure, in its host, in front of a storage account and a vault that break what the templates promise."""
from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient, RetentionPolicy
from azure.storage.queue import QueueServiceClient

from dev.azurite import Azurite
from dev.host.process import HostProcess
from shared.storage.queues import JOB_QUEUE
from tests.e2e.conftest import Served, ServedAccount
from tests.key_vault import Vault
from tests.loopback_azure import TOKEN, LoopbackAzure
from tests.worker_environment import REGION, worker_environment

HELD = "held"
Change = Callable[[LoopbackAzure], None]


@dataclass(frozen=True)
class Region:
    azure: LoopbackAzure
    served: Served
    eventually: Callable[..., bool]

    def ready(self) -> httpx.Response:
        return httpx.get(f"{self.served.endpoint}/ready", timeout=60)

    def is_ready(self) -> bool:
        return self.ready().status_code == 200

    def breaks(self, change: Change, violation: str) -> None:
        change(self.azure)
        assert self.eventually(lambda: self.ready().json()["violations"] == [violation]), self.ready().text

    def mends(self, change: Change) -> None:
        change(self.azure)
        assert self.eventually(self.is_ready), self.ready().text

    def queue(self, name: str):
        return QueueServiceClient.from_connection_string(self.azure.azurite.connection_string).get_queue_client(name)

    def queued(self) -> int:
        return self.queue(JOB_QUEUE).get_queue_properties().approximate_message_count or 0

    def log(self) -> str:
        return self.served.log_path.read_text()


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory, operator_key: str, eventually: Callable[..., bool]) -> Iterator[Region]:
    folder: Path = tmp_path_factory.mktemp("azure")
    vault = Vault(bits=3072)
    vault.attributes = {"recoveryLevel": "Recoverable", "recoverableDays": 90}
    with Azurite.in_memory() as azurite, LoopbackAzure(azurite, folder, vault) as azure:
        environment = {**worker_environment(azurite.connection_string, folder / "none", operator_key), **azure.environment,
                       "RECEIPT_SIGNING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(), "RECEIPT_SIGNING_KEY_FILE": ""}
        QueueServiceClient.from_connection_string(azurite.connection_string).create_queue(HELD)
        with HostProcess(environment, log_path=folder / "log", module="tests.e2e.hasty_host") as host:
            yield Region(azure, Served(host.endpoint, operator_key, folder / "log"), eventually)


@pytest.fixture(scope="module")
def kept(region: Region) -> ServedAccount:
    """An account with a list in it, made before anything is broken."""
    account = region.served.account()
    account.create_list("garden")
    account.add("garden", "leek")
    return account


def soft_delete(is_on: bool) -> Change:
    def change(azure: LoopbackAzure) -> None:
        policy = RetentionPolicy(enabled=is_on, days=7 if is_on else None)
        BlobServiceClient.from_connection_string(azure.azurite.connection_string).set_service_properties(delete_retention_policy=policy)
    return change


def set_to(name: str, value: object) -> Change:
    return lambda azure: setattr(azure, name, value)


def key_is(**attributes: object) -> Change:
    return lambda azure: azure.vault.attributes.update(attributes)


VIOLATIONS: dict[str, tuple[Change, Change, str]] = {
    "replication": (set_to("sku", "Standard_GRS"), set_to("sku", "Standard_LRS"),
                    "the storage account: it replicates to another region (Standard_GRS)"),
    "soft delete": (soft_delete(True), soft_delete(False), "the storage account: soft delete of blobs is on"),
    "versioning": (set_to("is_versioned", True), set_to("is_versioned", False), "the storage account: versioning of blobs is on"),
    "public access": (set_to("is_public", True), set_to("is_public", False),
                      "the storage account: containers can be opened to the public"),
    "purgeable key": (key_is(recoveryLevel="Recoverable+Purgeable"), key_is(recoveryLevel="Recoverable"),
                      "the key-encryption key: its vault has no purge protection (Recoverable+Purgeable)"),
    "exportable key": (key_is(exportable=True), key_is(exportable=False), "the key-encryption key: it can be exported from the vault"),
}


def test_as_the_templates_make_it_it_is_ready_and_knows_storage_and_vault_by_its_identity(region, kept):
    assert region.ready().json() == {"status": "ready", "region": REGION, "missing": [], "violations": []}
    assert kept.hits("leek and potato", "garden") == ["leek"]
    assert region.azure.tokens == {f"Bearer {TOKEN}", ""}  # the second is the stranger that no container may open to
    assert {operation for operation, _ in region.azure.vault.calls} == {"get", "unwrapkey"}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_broken_promise_refuses_all_work_by_its_reason_until_it_is_mended_without_a_restart(region, kept, name):
    broken, mended, violation = VIOLATIONS[name]
    region.breaks(broken, violation)
    try:
        ready = region.ready()
        assert (ready.status_code, ready.json()["status"], ready.json()["missing"]) == (503, "not ready", ["deployment"])
        refusal = f"This deployment is refused: {violation}."
        with kept.http() as http:
            assert refused_with(http.patch("/contentsafety/text/blocklists/new?api-version=2024-09-01", json={}),
                                refusal, "error", "message")
            assert refused_with(http.get("/contentsafety/text/blocklists/garden?api-version=2024-09-01"), refusal, "error", "message")
            assert refused_with(http.post("/contentmoderator/lists/v1.0/termlists", json={"name": "a"}), refusal, "Error", "Message")
            assert refused_with(http.post("/customvision/v3.3/training/projects?name=a"), refusal, "message")
            assert refused_with(http.post("/accounts/me/exports"), refusal, "error", "message")
        assert refused_with(region.served.operator("POST", "accounts", {"displayName": "a"}), refusal, "error", "message")
        assert httpx.get(f"{region.served.endpoint}/health").status_code == 200
    finally:
        region.mends(mended)
    with kept.http() as http:
        lists = http.get("/contentsafety/text/blocklists?api-version=2024-09-01").json()["value"]
        assert [each["blocklistName"] for each in lists] == ["garden"]
        assert http.get("/contentmoderator/lists/v1.0/termlists").json() == []
    assert kept.hits("leek and potato", "garden") == ["leek"]


def refused_with(answer: httpx.Response, message: str, *path: str) -> bool:
    said = answer.json()
    for name in path:
        said = said[name]
    assert (answer.status_code, said) == (503, message)
    return True


def test_a_job_of_a_refused_deployment_waits_in_its_queue_and_is_done_once_it_is_mended(region, kept):
    region.azure.jobs_go_to = HELD  # or it would be done at once
    with kept.http() as http:
        export = f"/accounts/me/exports/{http.post('/accounts/me/exports').json()['id']}"
        region.azure.jobs_go_to = JOB_QUEUE
        broken, mended, violation = VIOLATIONS["versioning"]
        region.breaks(broken, violation)
        try:
            (message,) = region.queue(HELD).receive_messages()
            job = json.loads(base64.b64decode(message.content))
            region.queue(JOB_QUEUE).send_message(message.content)
            waits = f"job {job['kind']} {job['accountId']} {job['id']} waits: This deployment is refused: {violation}."
            # More often than a message has tries, and it is none of the given up ones.
            assert region.eventually(lambda: region.log().count(waits) > 5, 30)
            assert region.eventually(lambda: region.queued() == 1)  # for a moment it is there twice
            assert f"{JOB_QUEUE}-poison" not in {queue.name for queue in QueueServiceClient.from_connection_string(
                region.azure.azurite.connection_string).list_queues()}
            httpx.post(f"{region.served.endpoint}/admin/functions/expire_holdings", json={}).raise_for_status()
            assert region.eventually(lambda: "timer expire_holdings failed: This deployment is refused" in region.log())
        finally:
            region.mends(mended)
        assert region.eventually(lambda: http.get(export).json()["state"] == "succeeded")
    assert region.eventually(lambda: region.queued() == 0)


def test_a_new_version_of_the_key_encryption_key_wraps_all_data_keys_anew_and_the_old_one_may_go(region, kept):
    vault = region.azure.vault
    old = vault.current
    vault.rotate()
    directory = TableServiceClient.from_connection_string(region.azure.azurite.connection_string).get_table_client("directory")

    def versions() -> set[str]:
        row = directory.get_entity("account", kept.id)
        stored = json.loads(str(row["dataKeys"]))
        return {key["keyId"].rpartition("/")[2] for key in [stored["hashKey"], *stored["versions"].values()]}

    def is_wrapped_anew() -> bool:
        httpx.post(f"{region.served.endpoint}/admin/functions/rotate_keys", json={}).raise_for_status()
        return versions() == {vault.current}

    assert versions() == {old}
    assert region.eventually(is_wrapped_anew)
    del vault.keys[old]
    assert kept.hits("leek and potato", "garden") == ["leek"]
    assert region.eventually(region.is_ready)


def test_it_has_asked_nobody_but_storage_vault_and_identity(region, kept):
    """After all of the above: a library that reports home does so some seconds after it was loaded."""
    assert kept.hits("leek and potato", "garden") == ["leek"]
    assert region.azure.elsewhere == set()
