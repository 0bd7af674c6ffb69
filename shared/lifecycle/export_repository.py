"""The records of exports.

Kind EXPORT: one record per export, id = export id. What tells states apart and what a receipt cites is plain, so that it can
be read without the data key. Kind EXPORT_ARCHIVE: one blob per run, `<export id>/<attempt>`; that of the last one counts.
"""
from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from shared.lifecycle.export_models import ArchiveSummary, Export, ExportState, Progress
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import EXPORT, EXPORT_ARCHIVE

_PAGE = 999


class ExportRepository:
    def find(self, account: AccountStore, export_id: str) -> Export | None:
        record = account.records.find(EXPORT, export_id)
        return None if record is None else _export(record)

    def list(self, account: AccountStore) -> list[Export]:
        """All of them, the newest first."""
        records, after = [], None
        while True:
            page = account.records.page(EXPORT, after=after, size=_PAGE)
            records += page.records
            after = page.next_after
            if after is None:
                return sorted(map(_export, records), key=lambda export: (export.created_at, export.id), reverse=True)

    def insert(self, account: AccountStore, export: Export) -> str:
        """Return the etag."""
        return account.records.insert(EXPORT, _record(export))

    def replace(self, account: AccountStore, export: Export) -> str:
        """Return the new etag. Raises Conflict if it changed since it was read, NotFound if it is gone."""
        return account.records.replace(EXPORT, _record(export))

    def delete(self, account: AccountStore, export_id: str) -> None:
        account.records.delete(EXPORT, export_id)

    def delete_archive(self, account: AccountStore, blob_id: str) -> None:
        """Delete what a run wrote, and what it had not yet made a blob of: writing an empty blob drops uncommitted blocks."""
        account.blobs.write(EXPORT_ARCHIVE, blob_id, [])
        account.blobs.delete(EXPORT_ARCHIVE, blob_id)

    def stray_archives(self, account: AccountStore) -> list[str]:
        """The ids of archives that no export has: of a run that was overtaken or ended by force, or of an export that is gone."""
        blob_ids = account.blobs.ids(EXPORT_ARCHIVE)
        # The exports are read after the blobs were: an export says which run it has before that run writes a blob.
        had = {blob_id_of_attempt(export) for export in self.list(account)
               if export.state in (ExportState.RUNNING, ExportState.SUCCEEDED)} if blob_ids else set()
        return [blob_id for blob_id in blob_ids if blob_id not in had]


def blob_id_of_attempt(export: Export) -> str:
    return f"{export.id}/{export.attempt}"


def _record(export: Export) -> Record:
    return Record(
        export.id,
        {"progress": asdict(export.progress), "archive": None if export.archive is None else asdict(export.archive),
         "error": export.error},
        {"state": export.state.value, "attempt": export.attempt, "attempts": export.attempts,
         "createdAt": export.created_at, "updatedAt": export.updated_at, "expiresAt": export.expires_at,
         "finishedAt": "" if export.finished_at is None else export.finished_at.isoformat(),
         "merkleRoot": "" if export.archive is None else export.archive.merkle_root},
        export.etag)


def _export(record: Record) -> Export:
    content, plain = record.content, record.plain
    return Export(
        id=record.id, state=ExportState(plain["state"]), attempt=plain["attempt"], attempts=plain["attempts"],
        created_at=plain["createdAt"], updated_at=plain["updatedAt"], expires_at=plain["expiresAt"],
        finished_at=datetime.fromisoformat(plain["finishedAt"]) if plain["finishedAt"] else None,
        progress=Progress(**content["progress"]),
        archive=None if content["archive"] is None else ArchiveSummary(**content["archive"]),
        error=content["error"], etag=record.etag)
