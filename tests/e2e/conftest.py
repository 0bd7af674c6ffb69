"""The app served by the local host, two workers on one storage, and the official clients pointed at it."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from azure.ai.contentsafety import BlocklistClient, ContentSafetyClient
from azure.core.credentials import AzureKeyCredential

from dev.host.process import HostProcess


@dataclass(frozen=True)
class Served:
    """A running worker, and the file that everything it logs goes to."""

    endpoint: str
    operator_key: str
    log_path: Path

    def account(self) -> ServedAccount:
        created = httpx.post(f"{self.endpoint}/accounts", json={"displayName": "e2e"},
                             headers={"x-operator-key": self.operator_key})
        created.raise_for_status()
        return ServedAccount(self.endpoint, created.json()["id"], created.json()["key1"], created.json()["key2"])


@dataclass(frozen=True)
class ServedAccount:
    endpoint: str
    id: str
    key1: str
    key2: str

    def content_safety(self, endpoint: str | None = None, **options) -> ContentSafetyClient:
        return ContentSafetyClient(endpoint or self.endpoint, AzureKeyCredential(self.key1), retry_total=0, **options)

    def blocklists(self, endpoint: str | None = None, **options) -> BlocklistClient:
        return BlocklistClient(endpoint or self.endpoint, AzureKeyCredential(self.key1), retry_total=0, **options)

    def http(self, endpoint: str | None = None) -> httpx.Client:
        """A plain client with the account's key, for what the official one does not send."""
        return httpx.Client(base_url=endpoint or self.endpoint, headers={"Ocp-Apim-Subscription-Key": self.key1},
                            timeout=30)


@pytest.fixture(scope="session")
def start_worker(environ: dict[str, str], operator_key: str,
                 tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """A function that starts a worker with settings of its own: `start_worker(**settings) -> Served`."""
    running: list[HostProcess] = []

    def start(**settings: str) -> Served:
        log_path = tmp_path_factory.mktemp("worker") / "log"
        process = HostProcess({**environ, **settings}, log_path=log_path)
        running.append(process)
        process.start()
        return Served(process.endpoint, operator_key, log_path)
    yield start
    for process in running:
        process.stop()


@pytest.fixture(scope="session")
def worker(start_worker: Callable[..., Served]) -> Served:
    return start_worker()


@pytest.fixture(scope="session")
def second_worker(start_worker: Callable[..., Served]) -> Served:
    """Another process on the same storage."""
    return start_worker()


@pytest.fixture
def served(worker: Served) -> ServedAccount:
    return worker.account()
