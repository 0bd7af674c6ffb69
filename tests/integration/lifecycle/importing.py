"""What the tests of imports share: a service for made-up kinds, and all that an account holds as it is stored."""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from shared.accounts.models import Account
from shared.bootstrap import services_of
from shared.lifecycle.import_job import ImportJob
from shared.lifecycle.import_models import Import
from shared.lifecycle.import_repository import ImportRepository
from shared.lifecycle.import_service import ImportService
from shared.lifecycle.import_stages import ImportRules
from shared.settings import Settings
from shared.storage.account_store import AccountStore
from shared.storage.holdings import Holding
from shared.storage.queues import JobQueue
from tests.integration.lifecycle.made_up import ALBUM, ALBUM_PAGE, MADE_UP, NOTE, PHOTO
from tests.integration.storage.wire import Wire

SIZE_LIMIT = 50_000_000
WORKING_KINDS = ("import", "import-upload", "import-state")


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


class Importer:
    """One process that imports made-up kinds into one account. Signs of life follow one another without a pause."""

    def __init__(self, settings: Settings, account: Account, wire: Wire | None = None, clock: Callable[[], datetime] | None = None,
                 holdings: Sequence[Holding] = MADE_UP, checks: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
                 slice_seconds: float = 1000, save_seconds: float = 0, size_limit_bytes: int = SIZE_LIMIT,
                 check_seconds: float = 1000) -> None:
        options = {} if wire is None else wire.options
        now = clock or Clock()
        services = services_of(settings, **options)
        self.store: AccountStore = services.accounts.open(account)
        self.imports = ImportRepository()
        assert settings.storage_connection_string is not None
        jobs = JobQueue(QueueServiceClient.from_connection_string(settings.storage_connection_string.reveal(), **options))
        rules = ImportRules(holdings, size_limit_bytes, 1000, checks or {}, after or {})
        job = ImportJob(services.accounts, self.imports, rules, jobs, timedelta(hours=24), now, save_seconds, slice_seconds,
                        check_seconds)
        self.service = ImportService(self.imports, job, jobs, size_limit_bytes, timedelta(hours=24), now)
        if wire is not None:
            wire.clear()

    def uploaded(self, content: bytes, part_bytes: int = 1 << 25) -> str:
        entry = self.service.create(self.store, len(content), hashlib.sha256(content).hexdigest())
        for number, start in enumerate(range(0, len(content), part_bytes), 1):
            self.service.put_part(self.store, entry.id, number, content[start:start + part_bytes])
        return entry.id

    def started(self, content: bytes, part_bytes: int = 1 << 25) -> str:
        import_id = self.uploaded(content, part_bytes)
        self.service.start(self.store, import_id)
        return import_id

    def run(self, import_id: str) -> None:
        self.service.run(self.store.account_id, import_id)

    def imported(self, content: bytes, part_bytes: int = 1 << 25) -> Import:
        """The import of an archive once it has ended."""
        import_id = self.started(content, part_bytes)
        self.run(import_id)
        return self.service.get(self.store, import_id)


class Raw:
    """What lies in an account's table and container, without our code."""

    def __init__(self, connection_string: str, account_id: str) -> None:
        self._table = TableServiceClient.from_connection_string(connection_string).get_table_client(f"a{account_id}")
        self._container = BlobServiceClient.from_connection_string(connection_string).get_container_client(f"a{account_id}")

    def everything(self) -> tuple[dict[tuple[str, str], Any], dict[str, Any]]:
        """Rows and blobs with what tells whether they changed; those that an import works by left out."""
        rows = {(row["PartitionKey"], row["RowKey"]): row.metadata["etag"] for row in self._table.list_entities()
                if row["PartitionKey"] not in WORKING_KINDS}
        blobs = {blob.name: blob.etag for blob in self._container.list_blobs() if blob.name.partition("/")[0] not in WORKING_KINDS}
        return rows, blobs

    def working_blobs(self) -> set[str]:
        return {blob.name for blob in self._container.list_blobs() if blob.name.partition("/")[0] in WORKING_KINDS}


def orphans(store: AccountStore) -> list[str]:
    """What lies under keys that no record has."""
    shelves, pages = set(), set()
    for each in store.records.walk(ALBUM.kind, None, 5000)[0]:
        shelves.add(each.record.plain["shelf"])
    found = []
    for parent, page_id in store.records.places(ALBUM_PAGE.kind, None, 5000)[0]:
        pages.add(page_id)
        found += [] if parent in shelves else [f"page {page_id}"]
    found += [f"note {note_id}" for parent, note_id in store.records.places(NOTE.kind, None, 5000)[0] if parent not in pages]
    return found + [blob_id for blob_id in store.blobs.ids(PHOTO) if blob_id.partition("/")[0] not in shelves]


def shown(store: AccountStore) -> dict[str, tuple[set[str], set[str], set[str]]]:
    """Each album with its pages, notes and photos."""
    albums = {}
    for each in store.records.walk(ALBUM.kind, None, 5000)[0]:
        shelf = each.record.plain["shelf"]
        pages = {record.id for record in store.records.page(ALBUM_PAGE, shelf).records}
        notes = {record.id for page in pages for record in store.records.page(NOTE, page).records}
        albums[each.record.id] = pages, notes, {blob_id.partition("/")[2] for blob_id in store.blobs.ids(PHOTO, f"{shelf}/")}
    return albums
