"""The job that writes an export's archive into the account's own container.

It may run twice, side by side too. Whoever began last has the claim (its attempt's id stands in the record); an earlier run
notices with its next sign of life, stops, and takes away what it wrote. Each run writes a blob of its own.
"""
from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from shared.accounts.models import Account
from shared.accounts.service import AccountService
from shared.errors import Conflict, NotFound, ServiceError, Unavailable
from shared.lifecycle.export_about import about_account
from shared.lifecycle.export_models import UNFINISHED, Export, ExportState, Progress
from shared.lifecycle.export_repository import ExportRepository, blob_id_of_attempt
from shared.storage.account_store import AccountStore
from shared.storage.holdings import EXPORT_ARCHIVE, Holding
from shared.version import VERSION

EXPORT_ACCOUNT = "export-account"
ATTEMPTS = 5
_CHANGE_TRIES = 10
_SIGN_OF_LIFE = timedelta(seconds=2)
_GAVE_UP = f"The export did not finish in {ATTEMPTS} attempts."
_OUR_FAULT = "An internal error occurred."


class Superseded(Exception):
    """Another run has the export, or nobody wants it any more."""


class ExportJob:
    def __init__(self, accounts: AccountService, exports: ExportRepository, holdings: Sequence[Holding], retention: timedelta,
                 now: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._exports = exports
        self._holdings = holdings
        self._retention = retention
        self._now = now

    def run(self, account_id: str, export_id: str) -> None:
        """Write the archive. Nothing happens where the export has ended or is gone. What goes wrong rises, to be tried again."""
        try:
            store = self._opened(account_id)
            claim = self._claimed(account_id, export_id, store)
        except Superseded:
            return
        try:
            self._write(account_id, claim)
        except Superseded:
            self._discard(store, claim.blob_id)
        except Exception as error:
            self._discard(store, claim.blob_id)
            try:
                claim.fail(error)
            except Superseded:
                return
            raise

    def give_up(self, store: AccountStore, export: Export) -> None:
        """Mark one as failed that no run has finished. Raises Conflict if it moved meanwhile."""
        self._exports.replace(store, dataclasses.replace(
            export, state=ExportState.FAILED, updated_at=self._now(), finished_at=self._now(), error=export.error or _GAVE_UP))

    def _claimed(self, account_id: str, export_id: str, store: AccountStore) -> Claim:
        attempt, earlier = uuid.uuid4().hex, ""
        for _ in range(_CHANGE_TRIES):
            export = self._exports.find(store, export_id)
            if export is None or export.state not in UNFINISHED or export.expires_at <= self._now():
                raise Superseded
            if export.attempt != attempt:  # otherwise it was stored by this very call, whose answer was lost
                earlier = export.attempt
                try:
                    export = self._begun(store, export, attempt)
                except (Conflict, NotFound):
                    continue
            if earlier:
                self._discard(store, f"{export_id}/{earlier}")
            return Claim(self._exports, lambda: self._opened(account_id), export, self._now)
        raise Unavailable("The export is being changed by many requests; try again.")

    def _begun(self, store: AccountStore, export: Export, attempt: str) -> Export:
        if export.attempts >= ATTEMPTS:
            self.give_up(store, export)
            raise Superseded
        begun = dataclasses.replace(export, state=ExportState.RUNNING, attempt=attempt, attempts=export.attempts + 1,
                                    updated_at=self._now(), progress=Progress())
        return dataclasses.replace(begun, etag=self._exports.replace(store, begun))

    def _write(self, account_id: str, claim: Claim) -> None:
        from shared.lifecycle.export_writer import About, write_archive

        about = About(about_account(self._account(account_id), self._accounts.grants(account_id)), claim.export.created_at, VERSION)

        def on_progress(progress: Progress) -> None:
            if self._now() - claim.export.updated_at >= _SIGN_OF_LIFE:
                with suppress(Unavailable):  # a later sign of life may get through
                    claim.change(progress=progress)
        store = self._opened(account_id)
        archive = write_archive(store, self._holdings, about, on_progress, lambda: self._opened(account_id))
        store.blobs.write(EXPORT_ARCHIVE, claim.blob_id, archive)
        assert archive.summary is not None
        self._keep_readable(account_id, claim.blob_id, store.keys.current_version)
        finished_at = self._now()
        claim.change(state=ExportState.SUCCEEDED, archive=archive.summary, progress=archive.progress, error="",
                     finished_at=finished_at, expires_at=finished_at + self._retention)

    def _keep_readable(self, account_id: str, blob_id: str, version: int) -> None:
        """Encrypt the archive again where the data key was rotated while it was written.

        The rotation cannot see a blob before it is whole, and may drop the key that this one was begun with.
        """
        for _ in range(_CHANGE_TRIES):
            store = self._opened(account_id)
            if store.keys.current_version == version:
                return
            store.blobs.write(EXPORT_ARCHIVE, blob_id, store.blobs.read(EXPORT_ARCHIVE, blob_id))
            version = store.keys.current_version
        raise Unavailable("The data key is rotated again and again; try again.")

    def _account(self, account_id: str) -> Account:
        """Raises Superseded if it was deleted, and its work with it."""
        try:
            return self._accounts.get(account_id)
        except (NotFound, Conflict):
            raise Superseded from None

    def _opened(self, account_id: str) -> AccountStore:
        """The account's storage with its newest data keys. Raises Superseded."""
        return self._accounts.open(self._account(account_id))

    def _discard(self, store: AccountStore, blob_id: str) -> None:
        with suppress(NotFound, Unavailable):  # the account is gone, or a later sweep finds it
            self._exports.delete_archive(store, blob_id)


class Claim:
    """One run's hold on an export. Every change raises Superseded once it is lost."""

    def __init__(self, exports: ExportRepository, opened: Callable[[], AccountStore], export: Export,
                 now: Callable[[], datetime]) -> None:
        """`opened` opens the account, with the newest of its data keys."""
        self.export = export
        self._exports = exports
        self._opened = opened
        self._now = now

    @property
    def blob_id(self) -> str:
        return blob_id_of_attempt(self.export)

    def change(self, **changes: object) -> None:
        for _ in range(_CHANGE_TRIES):
            changed = dataclasses.replace(self.export, updated_at=self._now(), **changes)  # type: ignore[arg-type]
            store = self._opened()
            try:
                self.export = dataclasses.replace(changed, etag=self._exports.replace(store, changed))
                return
            except NotFound:
                raise Superseded from None
            except Conflict:
                current = self._exports.find(store, self.export.id)
            if current == changed:  # stored by this very call, whose answer was lost
                self.export = current
                return
            if current is None or current.attempt != self.export.attempt or current.state is not ExportState.RUNNING:
                raise Superseded
            self.export = current
        raise Unavailable("The export is being changed by many requests; try again.")

    def fail(self, error: Exception) -> None:
        """Leave it to the next delivery, or to its owner's eyes after the last attempt."""
        reason = error.message if isinstance(error, ServiceError) else _OUR_FAULT
        if self.export.attempts < ATTEMPTS:
            self.change(state=ExportState.QUEUED, error=reason)
        else:
            self.change(state=ExportState.FAILED, error=reason, finished_at=self._now())
