"""A deployment of a test's own: an empty directory, a key file and a clock that the test moves."""
from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from dev.azurite import Azurite
from shared.accounts.repository import DIRECTORY_TABLE, AccountRepository
from shared.bootstrap import services_of
from shared.jobs.declaration import JobMessage
from shared.jobs.work import QUEUE_JOBS
from shared.services import Services
from shared.settings import Secret, Settings
from shared.storage.queues import JOB_QUEUE
from shared.storage.tables import TableStore
from tests.integration.storage.wire import Wire


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Deployment:
    def __init__(self, azurite: Azurite, key_file: Path) -> None:
        self.clock = Clock()
        self.key_file = key_file
        self.settings = Settings(
            region="testregion", storage_connection_string=Secret(azurite.connection_string), storage_is_emulator=True,
            key_encryption_key_file=str(key_file), receipt_signing_key_file=str(key_file.with_name("receipt-signing-key")),
            operator_key=Secret("x" * 32), data_key_settle_seconds=600)
        self.raw_tables = TableServiceClient.from_connection_string(azurite.connection_string)
        self.raw_blobs = BlobServiceClient.from_connection_string(azurite.connection_string)
        self.raw_queues = QueueServiceClient.from_connection_string(azurite.connection_string)
        self.directory = AccountRepository(TableStore(self.raw_tables).table(DIRECTORY_TABLE))

    def worker(self, wire: Wire | None = None, **changes) -> Services:
        """Another process of this deployment, with nothing in its caches."""
        options = {} if wire is None else wire.options
        return services_of(dataclasses.replace(self.settings, **changes), now=self.clock, **options)

    def messages(self, queue: str = JOB_QUEUE) -> list[dict[str, str]]:
        """Take what waits in a queue and is to be seen by now."""
        client, taken = self.raw_queues.get_queue_client(queue), []
        with suppress(ResourceNotFoundError):
            for message in client.receive_messages(messages_per_page=32):
                client.delete_message(message)
                taken.append(json.loads(base64.b64decode(message.content)))
        return taken

    def work_off(self, services: Services) -> list[str]:
        """Do the jobs that wait, and those that they queue; return their kinds."""
        jobs, done = {job.kind: job for job in QUEUE_JOBS}, []
        while messages := self.messages():
            for message in map(JobMessage.model_validate, messages):
                jobs[message.kind].run(services, message)
                done.append(message.kind)
        return done

    def poison(self, account_id: str) -> None:
        """Put a message of this account where the host puts what workers gave up on."""
        client = self.raw_queues.get_queue_client(f"{JOB_QUEUE}-poison")
        with suppress(ResourceExistsError):
            client.create_queue()
        message = json.dumps({"kind": "compact-blocklist", "accountId": account_id, "id": "0" * 32})
        client.send_message(base64.b64encode(message.encode()).decode())

    def prepend_key(self, byte: int) -> None:
        """Make a new line of the key file the current one."""
        line = base64.b64encode(bytes([byte]) * 32)
        self.key_file.write_bytes(line + b"\n" + self.key_file.read_bytes())


@pytest.fixture(scope="session")
def own_azurite() -> Iterator[Azurite]:
    """The directory is one for the storage account, so tests that walk it have one of their own."""
    with Azurite.in_memory() as running:
        yield running


@pytest.fixture
def deployment(own_azurite, tmp_path) -> Deployment:
    deployment = Deployment(own_azurite, tmp_path / "key-encryption-key")
    for table in deployment.raw_tables.list_tables():
        with suppress(ResourceNotFoundError):
            deployment.raw_tables.delete_table(table.name)
    for container in deployment.raw_blobs.list_containers():
        deployment.raw_blobs.delete_container(container.name)
    for queue in deployment.raw_queues.list_queues():
        deployment.raw_queues.delete_queue(queue.name)
    deployment.directory.create_table()
    return deployment
