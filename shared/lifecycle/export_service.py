"""Exports as their owner sees them: asked for, watched, downloaded by a link of some minutes, deleted."""
from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.accounts.service import AccountService
from shared.errors import Conflict, NotFound, Unavailable
from shared.lifecycle.download_links import DownloadLink, link_of_token, token_of_link
from shared.lifecycle.export_job import ATTEMPTS, EXPORT_ACCOUNT, ExportJob
from shared.lifecycle.export_models import UNFINISHED, ArchiveSummary, Export, ExportState
from shared.lifecycle.export_repository import ExportRepository, blob_id_of_attempt
from shared.storage.account_store import AccountStore
from shared.storage.holdings import EXPORT_ARCHIVE
from shared.storage.queues import JobQueue

EXPORTS_KEPT = 50
LINK_LIFETIME = timedelta(minutes=15)
STALLED_AFTER = timedelta(minutes=15)
_READ_BYTES = 8 * 1024 * 1024
_CHANGE_TRIES = 10
_STOPPED = "Data that it was copying was to be erased meanwhile; ask for another export."


@dataclass(frozen=True, slots=True)
class Download:
    """A finished archive, opened by a link."""

    store: AccountStore
    export: Export
    archive: ArchiveSummary

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end` (exclusive). Raises NotFound."""
        blob_id = blob_id_of_attempt(self.export)
        return b"".join(self.store.blobs.read_range(EXPORT_ARCHIVE, blob_id, position, min(position + _READ_BYTES, end))
                        for position in range(start, end, _READ_BYTES))


class ExportService:
    def __init__(self, accounts: AccountService, exports: ExportRepository, job: ExportJob, jobs: JobQueue, retention: timedelta,
                 now: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._exports = exports
        self._job = job
        self._jobs = jobs
        self._retention = retention
        self._now = now

    def start(self, account: AccountStore) -> Export:
        """Queue an export. Raises Conflict while another one is queued or running, or where too many are kept."""
        self._sweep(account)
        existing = self.list(account)
        self._refuse_beside([export for export in existing if export.state in UNFINISHED])
        if len(existing) >= EXPORTS_KEPT:
            raise Conflict(f"{EXPORTS_KEPT} exports are kept at the most; delete one first.")
        now = self._now()
        export = Export(uuid.uuid4().hex, ExportState.QUEUED, now, now, now + self._retention)
        export = dataclasses.replace(export, etag=self._exports.insert(account, export))
        try:
            # Of two requests at once the earlier one goes on; should clocks disagree, both may, which does no harm.
            self._refuse_beside([each for each in self.list(account) if each.state in UNFINISHED
                                 and (each.created_at, each.id) < (export.created_at, export.id)])
            self._jobs.send(EXPORT_ACCOUNT, account.account_id, export.id)
        except (Conflict, Unavailable):
            self._exports.delete(account, export.id)
            raise
        return export

    def list(self, account: AccountStore) -> list[Export]:
        """Those that have not expired, the newest first."""
        return [export for export in self._exports.list(account) if export.expires_at > self._now()]

    def get(self, account: AccountStore, export_id: str) -> Export:
        """Raises NotFound, also for one that has expired."""
        export = self._exports.find(account, export_id)
        if export is None or export.expires_at <= self._now():
            raise NotFound("There is no such export.")
        return export

    def delete(self, account: AccountStore, export_id: str) -> None:
        """Delete an export and its archive; nothing happens if it is gone. A run that is writing it stops."""
        self._exports.delete(account, export_id)
        account.blobs.delete_all(EXPORT_ARCHIVE, f"{export_id}/")

    def stop_all(self, account: AccountStore) -> None:
        """End each export that is being written as failed, and take away what runs left that did not finish.

        Those that are queued stay: they have read nothing yet. Raises Unavailable.
        """
        for export in self._exports.list(account):
            self._stop(account, export)
        self._sweep(account)
        for export in self._exports.list(account):
            if export.attempt and export.state in (ExportState.QUEUED, ExportState.FAILED):
                self._exports.delete_archive(account, blob_id_of_attempt(export))  # blocks that are no blob yet are in no listing

    def holding(self, account: AccountStore, kinds: Collection[str]) -> list[str]:
        """The ids of the exports whose archives hold records or files of these kinds, expired ones too."""
        return [export.id for export in self._exports.list(account)
                if export.archive is not None and any(export.archive.counts.get(kind) for kind in kinds)]

    def run(self, account_id: str, export_id: str) -> None:
        """The job `export-account`."""
        self._job.run(account_id, export_id)

    def revive(self, account: AccountStore) -> None:
        """Queue again what gave no sign of life for a while, and give up what was tried often enough."""
        self._sweep(account)
        stalled_before = self._now() - STALLED_AFTER
        for export in self.list(account):
            if export.state not in UNFINISHED or export.updated_at > stalled_before:
                continue
            try:
                if export.attempts >= ATTEMPTS:
                    self._job.give_up(account, export)
                    continue
                self._exports.replace(account, dataclasses.replace(export, updated_at=self._now()))
            except (Conflict, NotFound):
                continue  # it moved
            self._jobs.send(EXPORT_ACCOUNT, account.account_id, export.id)

    def link(self, account: AccountStore, export_id: str) -> str:
        """The token of a link to a finished archive. Raises NotFound, Conflict where it is not finished."""
        export = self.get(account, export_id)
        if export.state is not ExportState.SUCCEEDED:
            raise Conflict(f"The export is {export.state.value}; it has no archive.")
        expires_at = min(self._now() + LINK_LIFETIME, export.expires_at)
        return token_of_link(DownloadLink(account.account_id, export.id, export.attempt, int(expires_at.timestamp())), account.keys)

    def open_link(self, token: str) -> Download:
        """The archive that a link leads to. Raises NotFound, the same for every reason."""
        try:
            link = link_of_token(token)
            store = self._accounts.open(self._accounts.get(link.account_id))
            if not link.is_signed_by(store.keys) or link.expires_at <= self._now().timestamp():
                raise NotFound("")
            export = self.get(store, link.export_id)
        except (NotFound, Conflict, ValueError):
            export = None
        if export is None or export.state is not ExportState.SUCCEEDED or export.attempt != link.attempt or export.archive is None:
            raise NotFound("The link is not valid, or not any more.")
        return Download(store, export, export.archive)

    def _refuse_beside(self, others: list[Export]) -> None:
        if others:
            raise Conflict(f"An export is {others[0].state.value} already; wait until it has ended, or delete it.")

    def _sweep(self, account: AccountStore) -> None:
        """Delete what runs left that ended by force after their export was deleted or stopped, or another run had it."""
        for blob_id in self._exports.stray_archives(account):
            account.blobs.delete(EXPORT_ARCHIVE, blob_id)

    def _stop(self, account: AccountStore, export: Export | None) -> None:
        for _ in range(_CHANGE_TRIES):
            if export is None or export.state is not ExportState.RUNNING:
                return
            try:
                self._exports.replace(account, dataclasses.replace(
                    export, state=ExportState.FAILED, updated_at=self._now(), finished_at=self._now(), error=_STOPPED))
                return
            except (Conflict, NotFound):
                export = self._exports.find(account, export.id)
        raise Unavailable("The export is being changed by many requests; try again.")
