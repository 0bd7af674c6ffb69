"""A worker is killed (SIGKILL) before the writes of an export, an import, a purge and the erasure of a kind.

Each victim works on an account of its own; what they left is finished by a worker that lives, and must then be as if
nothing had happened.
"""
from __future__ import annotations

import base64
import hashlib
import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from dev.archive_check import check_archive
from dev.azurite import Azurite
from dev.host.process import HostProcess
from dev.verify_receipt import main as verify_receipt
from tests.e2e.conftest import Served, ServedAccount
from tests.worker_environment import worker_environment

MOST_WRITES = 60  # of one job on the small accounts here; it takes fewer, and the test counts them
ITEMS = ["leek", "turnip", "kohl rabi"]
PATTERN = "s[o0]+up"


@dataclass
class Deployment:
    """A storage, and a worker on it that takes no jobs: whatever is queued waits for the victims."""

    environment: dict[str, str]
    azurite: Azurite
    served: Served
    folder: Path

    def account(self) -> ServedAccount:
        account = self.served.account()
        account.create_list("words", "vegetables")
        account.add("words", *ITEMS, {"text": PATTERN, "isRegex": True})
        return account

    def waiting(self) -> list[str]:
        """Take all messages off the queue and return their contents: as if every lease had run out."""
        queue = self._queue()
        contents = [message.content for message in queue.receive_messages(messages_per_page=32)]
        queue.clear_messages()
        return contents

    def is_idle(self) -> bool:
        """Whether all messages were worked off: a job that looks done may have been killed while it cleaned up."""
        return self._queue().get_queue_properties().approximate_message_count == 0

    def send(self, contents: list[str]) -> None:
        for content in contents:
            self._queue().send_message(content)

    def die_before_write(self, number: int, is_done: Callable[[], bool]) -> bool:
        """Run a worker that dies so; whether it died before the job was done."""
        log_path = self.folder / f"victim-{number}"
        victim = HostProcess({**self.environment, "DIE_BEFORE_WRITE": str(number)}, module="tests.e2e.dying_host",
                             options=("--message-lease", "120"), log_path=log_path).start()
        try:
            deadline = time.monotonic() + 60
            while (code := victim.wait_for_end(0.05)) is None:
                assert time.monotonic() < deadline, "it neither dies nor gets done"
                if is_done():
                    return False
            assert code == -signal.SIGKILL
            return True
        finally:
            victim.kill()

    def _queue(self):
        return QueueServiceClient.from_connection_string(self.azurite.connection_string).get_queue_client("jobs")


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, key_file: Path, operator_key: str) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("killed")
    with Azurite.in_memory() as azurite:
        QueueServiceClient.from_connection_string(azurite.connection_string).create_queue("jobs")
        environment = worker_environment(azurite.connection_string, key_file, operator_key)
        with HostProcess(environment, options=("--no-background",), log_path=folder / "log") as host:
            yield Deployment(environment, azurite, Served(host.endpoint, operator_key, folder / "log"), folder)


def after_kills(deployment: Deployment, start: Callable[[], Any], is_done: Callable[[Any], bool], step: int = 1) -> list[Any]:
    """What `start` returned for each victim, all of them finished by a worker that lives in the end.

    A victim dies before each `step`th write: more than 1 where tests without processes of their own die before every one.
    """
    subjects, left = [], []
    for number in range(1, MOST_WRITES, step):
        deployment.waiting()
        subject = start()
        message = deployment.waiting()
        deployment.send(message)
        subjects.append(subject)
        if not deployment.die_before_write(number, lambda subject=subject: is_done(subject)):
            break
        left += message
    assert 3 < number < MOST_WRITES - step, "a job of how many writes is this?"
    deployment.waiting()
    deployment.send(left)
    with HostProcess(deployment.environment, log_path=deployment.folder / "survivor"):
        deadline = time.monotonic() + 120
        while not (all(map(is_done, subjects)) and deployment.is_idle()):
            assert time.monotonic() < deadline, "the survivor does not finish"
            time.sleep(0.2)
    return subjects


def operation_of(account: ServedAccount, path: str) -> dict[str, Any]:
    with account.http() as http:
        return http.get(f"/accounts/me/{path}").json()


def downloaded(account: ServedAccount, export_id: str) -> bytes:
    with account.http() as http:
        return httpx.get(http.get(f"/accounts/me/exports/{export_id}/archive").headers["Location"]).content


def has_ended(subject: tuple[ServedAccount, str]) -> bool:
    return operation_of(*subject)["state"] in ("succeeded", "failed")


def blobs_of(deployment: Deployment, account_id: str) -> list[str]:
    container = BlobServiceClient.from_connection_string(deployment.azurite.connection_string).get_container_client(f"a{account_id}")
    return [blob.name for blob in container.list_blobs(include=["uncommittedblobs"])]


def start_export(account: ServedAccount) -> tuple[ServedAccount, str]:
    with account.http() as http:
        return account, f"exports/{http.post('/accounts/me/exports').raise_for_status().json()['id']}"


def start_import(account: ServedAccount, archive: bytes) -> tuple[ServedAccount, str]:
    with account.http() as http:
        made = http.post("/accounts/me/imports", json={"sizeBytes": len(archive), "sha256": hashlib.sha256(archive).hexdigest()})
        address = f"/accounts/me/imports/{made.raise_for_status().json()['id']}"
        http.put(f"{address}/parts/1", content=archive, headers={"Content-Type": "application/octet-stream"}).raise_for_status()
        http.post(f"{address}/start").raise_for_status()
    return account, address.removeprefix("/accounts/me/")


def test_an_export_is_whole_wherever_its_worker_was_killed(deployment, tmp_path):
    subjects = after_kills(deployment, lambda: start_export(deployment.account()), has_ended)
    for account, path in subjects:
        status = operation_of(account, path)
        assert status["state"] == "succeeded", status
        (tmp_path / "archive.zip").write_bytes(downloaded(account, status["id"]))
        checked = check_archive(tmp_path / "archive.zip")
        assert (checked.merkle_root, checked.account_id) == (status["archive"]["merkleRoot"], account.id)
        assert (checked.counts["blocklist"], checked.counts["blocklist-item"]) == (1, 4)
        assert len([name for name in blobs_of(deployment, account.id) if name.startswith("export-archive/")]) == 1


def test_an_import_is_whole_wherever_its_worker_was_killed(deployment):
    source = deployment.account()
    items = sorted(source.items("words"), key=lambda item: item["blocklistItemId"])
    (made,) = after_one(deployment, start_export(source))
    archive = downloaded(source, made["id"])

    subjects = after_kills(deployment, lambda: start_import(deployment.served.account(), archive), has_ended, step=2)
    for account, path in subjects:
        status = operation_of(account, path)
        assert status["state"] == "succeeded", status
        assert {kind: count for kind, count in status["result"]["taken"].items() if count} == {"blocklist": 1, "blocklist-item": 4}
        assert sorted(account.items("words"), key=lambda item: item["blocklistItemId"]) == items
        assert account.hits("turnip soup, but no leeks", "words") == ["turnip", PATTERN]
        assert [name for name in blobs_of(deployment, account.id) if not name.startswith("blocklist-index/")] == []


def after_one(deployment: Deployment, *subjects: tuple[ServedAccount, str]) -> list[dict[str, Any]]:
    with HostProcess(deployment.environment, log_path=deployment.folder / "worker"):
        while not all(map(has_ended, subjects)):
            time.sleep(0.1)
    return [operation_of(*subject) for subject in subjects]


def receipt_of(deployment: Deployment, receipt_id: str) -> httpx.Response:
    return httpx.get(f"{deployment.served.endpoint}/receipts/{receipt_id}")


def assert_valid(deployment: Deployment, receipt: httpx.Response, folder: Path) -> None:
    (folder / "receipt.json").write_text(receipt.text)
    (folder / "keys.json").write_text(httpx.get(f"{deployment.served.endpoint}/receipts/keys").text)
    assert verify_receipt([str(folder / "receipt.json"), "--keys", str(folder / "keys.json")]) == 0


def test_a_purge_is_whole_wherever_its_worker_was_killed(deployment, tmp_path):
    def start() -> tuple[ServedAccount, str]:
        account = deployment.account()
        answer = deployment.served.operator("DELETE", f"accounts/{account.id}?purge=true")
        return account, answer.raise_for_status().json()["receiptId"]
    subjects = after_kills(deployment, start, lambda subject: receipt_of(deployment, subject[1]).status_code == 200
                           and state_of(deployment, subject[0]) == "purged")

    storage = deployment.azurite.connection_string
    stores = {*(table.name for table in TableServiceClient.from_connection_string(storage).list_tables()),
              *(container.name for container in BlobServiceClient.from_connection_string(storage).list_containers())}
    for account, receipt_id in subjects:
        assert f"a{account.id}" not in stores
        receipt = receipt_of(deployment, receipt_id)
        assert_valid(deployment, receipt, tmp_path)
        kinds = {counted["kind"]: counted["count"] for counted in receipt.json()["receipt"]["inventory"]["kinds"]}
        assert (kinds["blocklist"], kinds["blocklist-item"]) == (1, 4)
        with account.http() as http:
            assert http.get("/accounts/me").status_code == 401


def state_of(deployment: Deployment, account: ServedAccount) -> str:
    return deployment.served.operator("GET", f"accounts/{account.id}").json()["state"]


def with_archives(deployment: Deployment) -> Iterator[ServedAccount]:
    """Accounts that have an export each, which has succeeded."""
    while True:
        subjects = [start_export(deployment.account()) for _ in range(16)]
        assert {made["state"] for made in after_one(deployment, *subjects)} == {"succeeded"}
        yield from (account for account, _ in subjects)


def test_the_erasure_of_a_kind_is_whole_wherever_its_worker_was_killed(deployment, tmp_path):
    accounts = with_archives(deployment)

    def start() -> tuple[ServedAccount, str]:
        account = next(accounts)
        with account.http() as http:
            answer = http.delete("/accounts/me/data/blocklist").raise_for_status()
        return account, answer.headers["Operation-Location"].rpartition("/")[2]
    subjects = after_kills(deployment, start, lambda subject: receipt_of(deployment, subject[1]).status_code == 200, step=2)

    tables = TableServiceClient.from_connection_string(deployment.azurite.connection_string)
    for account, receipt_id in subjects:
        kinds = {row["PartitionKey"].partition("|")[0] for row in tables.get_table_client(f"a{account.id}").list_entities()}
        assert not kinds & {"blocklist", "blocklist-item"}
        assert blobs_of(deployment, account.id) == []
        receipt = receipt_of(deployment, receipt_id)
        assert_valid(deployment, receipt, tmp_path)
        assert receipt.json()["receipt"]["archivesDeleted"] == 1 and operation_of(account, "exports") == {"value": []}
        account.create_list("words")
        assert account.hits("turnip soup", "words") == []


def test_a_killed_worker_leaves_its_message_to_the_next(deployment):
    """Of the tests above, which put messages back by hand: the lease of a killed worker's message ends by itself."""
    account, path = start_export(deployment.account())
    with_lease = {**deployment.environment, "DIE_BEFORE_WRITE": "2"}
    victim = HostProcess(with_lease, module="tests.e2e.dying_host", options=("--message-lease", "2"),
                         log_path=deployment.folder / "leased").start()
    assert victim.wait_for_end(60) == -signal.SIGKILL
    victim.kill()
    ((status),) = after_one(deployment, (account, path))
    assert status["state"] == "succeeded"


def test_the_queue_holds_ids_alone(deployment):
    deployment.waiting()
    start_export(deployment.account())
    messages = [json.loads(base64.b64decode(content)) for content in deployment.waiting()]
    assert messages and all(message.keys() == {"kind", "accountId", "id"} for message in messages)
