"""What the tests of archives share: an archive of an account as it is now, and what is in one."""
from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.lifecycle.export_models import ArchiveSummary, Progress
from shared.lifecycle.export_writer import About, write_archive
from shared.lifecycle.import_models import Import
from shared.services import Services
from shared.storage.account_store import AccountStore
from shared.storage.holdings import Holding
from tests.integration.lifecycle.made_up import MADE_UP

AT = datetime(2026, 3, 1, tzinfo=UTC)


class Archive:
    """The archive of an account, opened."""

    def __init__(self, content: bytes, summary: ArchiveSummary) -> None:
        self.content = content
        self.summary = summary
        self.zip = zipfile.ZipFile(io.BytesIO(content))
        self.manifest: dict[str, Any] = json.loads(self.zip.read("manifest.json"))

    def lines(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.zip.read(path).splitlines()]

    def ids(self, path: str) -> list[str]:
        return [line["id"] for line in self.lines(path)]


def archive_of(store: AccountStore, holdings: Sequence[Holding] = MADE_UP,
               on_progress: Callable[[Progress], None] = lambda progress: None, **options: Any) -> Archive:
    stream = write_archive(store, holdings, About({"id": store.account_id, "region": "r"}, AT), on_progress, **options)
    content = b"".join(stream)
    assert stream.summary is not None
    return Archive(content, stream.summary)


def imported_into(services: Services, store: AccountStore, archive: Archive) -> Import:
    """The import of a whole archive, as it ended."""
    imports = services.imports
    entry = imports.create(store, len(archive.content), hashlib.sha256(archive.content).hexdigest())
    imports.put_part(store, entry.id, 1, archive.content)
    imports.start(store, entry.id)
    imports.run(store.account_id, entry.id)
    return imports.get(store, entry.id)
