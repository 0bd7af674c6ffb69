"""The app served by the local host, two workers on one storage, and the official clients pointed at it."""
from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.ai.contentsafety import BlocklistClient, ContentSafetyClient
from azure.cognitiveservices.vision.contentmoderator import ContentModeratorClient
from azure.core.credentials import AzureKeyCredential
from msrest.authentication import CognitiveServicesCredentials
from playwright.sync_api import Browser, BrowserContext

from dev.azurite import Azurite
from dev.host.process import HostProcess
from shared.bootstrap import services_of
from shared.services import Services
from shared.settings import Settings
from tests.e2e import browser
from tests.pictures import encoded, pixels
from tests.worker_environment import worker_environment

VERSION = "2024-09-01"
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Served:
    """A running worker, and the file that everything it logs goes to."""

    endpoint: str
    operator_key: str
    log_path: Path

    def account(self) -> ServedAccount:
        created = self.operator("POST", "accounts", {"displayName": "e2e"})
        created.raise_for_status()
        return ServedAccount(self.endpoint, created.json()["id"], created.json()["key1"], created.json()["key2"])

    def operator(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """What the operator gets."""
        return httpx.request(method, f"{self.endpoint}/{path}", json=body, timeout=60,
                             headers={"x-operator-key": self.operator_key})


@dataclass(frozen=True)
class ServedAccount:
    endpoint: str
    id: str
    key1: str
    key2: str

    def at(self, worker: Served) -> ServedAccount:
        """The same account, asked through another worker."""
        return dataclasses.replace(self, endpoint=worker.endpoint)

    def content_safety(self, endpoint: str | None = None, **options) -> ContentSafetyClient:
        return ContentSafetyClient(endpoint or self.endpoint, AzureKeyCredential(self.key1), retry_total=0, **options)

    def blocklists(self, endpoint: str | None = None, **options) -> BlocklistClient:
        return BlocklistClient(endpoint or self.endpoint, AzureKeyCredential(self.key1), retry_total=0, **options)

    def http(self, endpoint: str | None = None) -> httpx.Client:
        """A plain client with the account's key, for what the official one does not send."""
        return httpx.Client(base_url=endpoint or self.endpoint, headers={"Ocp-Apim-Subscription-Key": self.key1},
                            timeout=30)

    def content_moderator(self, endpoint: str | None = None) -> ContentModeratorClient:
        client = ContentModeratorClient(endpoint or self.endpoint, CognitiveServicesCredentials(self.key1))
        client.config.retry_policy.retries = 0
        return client

    def term_list(self, *terms: str, language: str = "eng") -> str:
        """The id of a new term list with these terms."""
        client = self.content_moderator()
        list_id = str(client.list_management_term_lists.create("application/json", {"name": "a list"}).id)
        for term in terms:
            client.list_management_term.add_term(list_id, term, language)
        return list_id

    def image_list(self) -> tuple[str, str]:
        """The id of a new image list with one image, and that one's."""
        client = self.content_moderator()
        list_id = str(client.list_management_image_lists.create("application/json", {"name": "a list"}).id)
        added = client.list_management_image.add_image_file_input(list_id, io.BytesIO(encoded(pixels(1))))
        return list_id, added.content_id

    def create_list(self, name: str, description: str = "") -> None:
        with self.blocklists() as client:
            client.create_or_update_text_blocklist(name, {"description": description})

    def add(self, name: str, *items: str | dict[str, Any]) -> list[dict[str, Any]]:
        """Add texts, or items as they go over the wire, a hundred in a request; the items as they were stored."""
        stored: list[dict[str, Any]] = []
        sent = [{"text": item} if isinstance(item, str) else item for item in items]
        with self.blocklists(api_version=VERSION) as client:
            for start in range(0, len(sent), 100):
                answer = client.add_or_update_blocklist_items(name, {"blocklistItems": sent[start:start + 100]})
                stored += answer.as_dict()["blocklistItems"]
        return stored

    def remove(self, name: str, ids: Sequence[str]) -> None:
        with self.blocklists() as client:
            for start in range(0, len(ids), 100):
                client.remove_blocklist_items(name, {"blocklistItemIds": list(ids[start:start + 100])})

    def items(self, name: str) -> list[dict[str, Any]]:
        with self.blocklists(api_version=VERSION) as client:
            return [item.as_dict() for item in client.list_text_blocklist_items(name, maxpagesize=1000)]

    def hits(self, text: str, *names: str) -> list[str]:
        """The texts of the items of these lists that are found in a text."""
        with self.content_safety() as client:
            answer = client.analyze_text({"text": text, "blocklistNames": list(names), "haltOnBlocklistHit": True})
        return [match.blocklist_item_text for match in answer.blocklists_match or []]


def wait_until(is_true: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether it became true in time; asked again and again."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


@pytest.fixture(scope="session")
def eventually() -> Callable[..., bool]:
    return wait_until


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """One of their own: workers take jobs off the queue, which tests in this process count on to wait."""
    with Azurite.in_memory() as running:
        yield running


@pytest.fixture(scope="session")
def environ(azurite: Azurite, key_file: Path, operator_key: str) -> dict[str, str]:
    return worker_environment(azurite.connection_string, key_file, operator_key)


@pytest.fixture(scope="session")
def services(environ: dict[str, str]) -> Services:
    return services_of(Settings.from_environ(environ))


@pytest.fixture(scope="session")
def start_worker(environ: dict[str, str], operator_key: str,
                 tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """A function that starts a worker: `start_worker(*options of dev.host, **settings) -> Served`."""
    running: list[HostProcess] = []

    def start(*options: str, **settings: str) -> Served:
        log_path = tmp_path_factory.mktemp("worker") / "log"
        process = HostProcess({**environ, **settings}, options=options, log_path=log_path)
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


@pytest.fixture
def elsewhere(served: ServedAccount, second_worker: Served) -> ServedAccount:
    """The same account as `served`, at the second worker."""
    return served.at(second_worker)


# Not for the session: its driver keeps an event loop running in this thread, in which no other test could start one.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as running:
        yield running


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A function that makes contexts of the browser, each with cookies of its own: `new_context(**options of playwright)`."""
    with browser.visits(chromium) as new:
        yield new
