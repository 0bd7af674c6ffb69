"""Erasing all that an account keeps of some kinds: asked for at once, done by a job that can die anywhere, with a receipt."""
from __future__ import annotations

import dataclasses
import logging
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from shared.accounts.models import AccountNotActive
from shared.accounts.repository import AccountRepository
from shared.accounts.service import AccountService
from shared.crypto.envelope import DecryptionFailed
from shared.crypto.key_encryption import UnwrapFailed
from shared.errors import Conflict, NotFound, ServiceError, Unavailable
from shared.lifecycle.erasure_repository import Erasure, ErasureRepository, ErasureState
from shared.lifecycle.erasure_run import OutOfTime, Overtaken, Run
from shared.lifecycle.erasure_work import KindsWork, RecordWork
from shared.lifecycle.export_service import ExportService
from shared.lifecycle.inventory import is_taken
from shared.lifecycle.ownership import all_owned
from shared.lifecycle.purge import SECONDS_PER_RUN
from shared.lifecycle.receipts import ReceiptService, clocks, time_text
from shared.lifecycle.record_deletion import RECORD_DELETED, RecordDeletion
from shared.storage.account_store import AccountStore
from shared.storage.holdings import ERASURE, Holding, Portability, owned_by
from shared.storage.queues import JobQueue

ERASE_KIND = "erase-kind"
SCOPE_KIND = "kind"
ERASURES_AT_ONCE = 50
Eraser = Callable[[AccountStore], object]
"""Empties a kind of one account; it may be called again and again."""
_EXPORTED = (Portability.CONTENT, Portability.HISTORY)
_ARCHIVES_DELETED = "archivesDeleted"
_STUCK = timedelta(minutes=15)
_FORGOTTEN = timedelta(hours=1)
_log = logging.getLogger(__name__)


class ErasureService:
    def __init__(self, accounts: AccountService, erasures: ErasureRepository, directory: AccountRepository, receipts: ReceiptService,
                 exports: ExportService, jobs: JobQueue, holdings: Sequence[Holding], erasers: Mapping[str, Eraser], cache_seconds: int,
                 now: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic,
                 seconds_per_run: float = SECONDS_PER_RUN) -> None:
        """`erasers` empty the kinds that more than deleting belongs to; they may be called again and again."""
        self._accounts = accounts
        self._erasures = erasures
        self._directory = directory
        self._receipts = receipts
        self._exports = exports
        self._jobs = jobs
        self._holdings = holdings
        self._erasers = erasers
        self._cache_seconds = cache_seconds
        self._now = now
        self._monotonic = monotonic
        self._seconds_per_run = seconds_per_run

    def erase_kinds(self, account: AccountStore, kinds: Sequence[str], scope: str, requested_by: str) -> str:
        """Start the job that erases all records and blobs of these kinds, and what they own; return the receipt's id.

        `scope` is what the receipt says was erased: `kind`, or a word of the room that asks. Raises NotFound for a kind that
        is not declared, or that is made from others or for this work alone; Conflict where too many of `kind` wait.
        Where the same caller asked for the same and no run has begun it, that one serves.
        """
        for kind in kinds:
            self._erasable(kind)
        unfinished = list(self._erasures.every(account))
        for each in unfinished:
            if each.state is ErasureState.QUEUED and each.record is None and (
                    each.kinds, each.scope, each.requested_by) == (tuple(kinds), scope, requested_by):
                return each.id
        if scope == SCOPE_KIND and len(unfinished) >= ERASURES_AT_ONCE:
            raise Conflict(f"{ERASURES_AT_ONCE} erasures wait at the most; ask again when one is done.")
        receipt_id, now = uuid.uuid4().hex, self._now()
        self._directory.insert_receipt(receipt_id, account.account_id)
        self._erasures.insert(account, Erasure(receipt_id, tuple(kinds), scope, requested_by, now, now))
        try:
            self._jobs.send(ERASE_KIND, account.account_id, receipt_id)
        except Unavailable:
            _log.warning("the erasure %s could not be queued; the timer does it", receipt_id)
        return receipt_id

    def erase_record(self, account: AccountStore, holding: Holding, record_id: str, parent_key: str | None, requested_by: str,
                     named: Mapping[str, str]) -> str:
        """Delete a record at once, and by a job what it owns; return the receipt's id. Raises NotFound.

        `named`, ids without content, are what the receipt says of it. The receipt of a record that owns nothing is there when
        this returns, unless something fails on the way, which a later run makes good. Requests at the same time get the same one.
        """
        now = self._now()
        deletion = RecordDeletion(self._erasures, account, self._accounts.stores(account.account_id), self._holdings,
                                  lambda receipt_id: self._directory.insert_receipt(receipt_id, account.account_id), self._now)
        receipt_id = deletion.run(Erasure("", (holding.kind,), holding.kind, requested_by, now, now, named=named),
                                  holding, record_id, parent_key)
        if receipt_id is None:
            raise NotFound("There is no such record.")
        try:
            if owned_by(holding, self._holdings):
                self._jobs.send(ERASE_KIND, account.account_id, receipt_id)
            else:
                self.run(account, receipt_id)
        except ServiceError:
            _log.warning("the erasure %s is left to the timer", receipt_id)
        return receipt_id

    def find(self, account: AccountStore, receipt_id: str) -> Erasure | None:
        """An erasure whose receipt is not written yet."""
        return self._erasures.find(account, receipt_id)

    def run(self, account: AccountStore, receipt_id: str) -> None:
        """Job: bring an erasure to its end, or as far as the time of one run goes. Of two runs the later one goes on."""
        erasure = self._erasures.find(account, receipt_id)
        if erasure is None:
            return
        run = Run(self._erasures, account, erasure, self._now, self._monotonic, self._seconds_per_run)
        try:
            run.note(state=ErasureState.RUNNING, tries=erasure.tries, error=erasure.error)
            self._erase(account, run)
        except Overtaken:
            return
        except OutOfTime:
            with suppress(Overtaken):
                run.note()
            self._jobs.send(ERASE_KIND, account.account_id, receipt_id)
        except Exception as error:
            run.note_failure(error.message if isinstance(error, ServiceError) else "An internal error occurred.")
            raise

    def resume(self) -> None:
        """Timer: queue the erasures again that have stopped moving, and drop the notes of those that never began."""
        for receipt_id, account_id, noted_at in self._directory.receipts():
            try:
                self._resume(receipt_id, account_id, noted_at)
            except AccountNotActive:
                continue  # the receipt of an account; or its erasures wait until it is restored
            except ServiceError as error:
                _log.warning("the erasure %s is left to a later run: %s", receipt_id, error.message)
            except (DecryptionFailed, UnwrapFailed) as error:
                _log.error("the erasure %s cannot go on: %s", receipt_id, error)

    def _resume(self, receipt_id: str, account_id: str, noted_at: datetime) -> None:
        try:
            account = self._accounts.open(self._accounts.get(account_id))
        except NotFound:
            self._directory.delete_receipt(receipt_id)
            return
        erasure = self._erasures.find(account, receipt_id)
        if erasure is None:
            if self._now() - noted_at > _FORGOTTEN:
                self._directory.delete_receipt(receipt_id)
        elif not timedelta(0) <= self._now() - erasure.updated_at < _STUCK:
            self._erasures.replace(account, dataclasses.replace(erasure, updated_at=self._now()))
            self._jobs.send(ERASE_KIND, account_id, receipt_id)

    def _erase(self, account: AccountStore, run: Run) -> None:
        kinds = [self._erasable(kind) for kind in run.erasure.kinds]
        exported = {holding.kind for holding in all_owned(kinds, self._holdings) if holding.portability in _EXPORTED}
        work = self._work(account, run.erasure, kinds)
        if isinstance(work, RecordWork) and RECORD_DELETED not in run.erasure.steps:
            if not work.record_is_gone():
                self._end(account, run.erasure)
                return
            run.note_step(RECORD_DELETED)
        if exported and _ARCHIVES_DELETED not in run.erasure.steps:
            self._delete_archives(account, run, exported)
            run.note_step(_ARCHIVES_DELETED)
        if not is_taken(run.erasure.inventory):
            for progress in work.inventory.take(run.erasure.inventory):
                run.note_sometimes(always=is_taken(progress), inventory=progress)
            run.note_step("inventoryTaken")
        if "erased" not in run.erasure.steps:
            work.erase(run)
            if exported:  # once more: an export that began after the first time may have read what was there still
                self._delete_archives(account, run, exported)
            run.note_step("erased")
        left = work.left(run)
        if self._receipts.find(run.erasure.id) is None:  # of requests that delete the same, the first may have come to its end
            self._receipts.note(account.account_id, run.erasure.id, run.erasure.created_at)
            self._receipts.write(run.erasure.id, self._receipt(account, run.erasure, left))
        self._end(account, run.erasure)

    def _end(self, account: AccountStore, erasure: Erasure) -> None:
        self._erasures.delete(account, erasure.id)
        self._directory.delete_receipt(erasure.id)

    def _work(self, account: AccountStore, erasure: Erasure, kinds: Sequence[Holding]) -> KindsWork | RecordWork:
        stores = self._accounts.stores(account.account_id)
        if erasure.record is not None:
            return RecordWork(account, stores, self._holdings, erasure.record, self._now)
        return KindsWork(account, stores, self._holdings, kinds, self._erasers, self._now)

    def _delete_archives(self, account: AccountStore, run: Run, kinds: Collection[str]) -> None:
        """Delete the archives that hold some of these kinds, and end the exports that may be about to make one.

        Which they are is noted before one of them goes, so that a run that takes over counts the same.
        """
        self._exports.stop_all(account)
        run.note(exports=tuple(dict.fromkeys((*run.erasure.exports, *self._exports.holding(account, kinds)))))
        for export_id in run.erasure.exports:
            self._exports.delete(account, export_id)
            run.pause()

    def _receipt(self, account: AccountStore, erasure: Erasure, left: Mapping[str, Any]) -> Mapping[str, Any]:
        assert erasure.inventory is not None
        inventory = {name: value for name, value in erasure.inventory.items() if name != "lastExport"}
        return {
            "scope": {"type": erasure.scope, "kinds": list(erasure.kinds), **erasure.named}, "accountId": account.account_id,
            "requestedAt": time_text(erasure.created_at), "requestedBy": erasure.requested_by,
            "completedAt": time_text(self._now()), "inventory": inventory,
            **({"archivesDeleted": len(erasure.exports)} if _ARCHIVES_DELETED in erasure.steps else {}),
            "steps": [{"step": step, "at": at} for step, at in erasure.steps.items()],
            "scan": {"at": left["takenAt"], "writtenMeanwhile": left["kinds"]},
            "stillRunning": clocks(self._cache_seconds)}

    def _erasable(self, kind: str) -> Holding:
        for holding in self._holdings:
            is_part_of_work = holding.portability is Portability.TRANSIENT and holding.parent is not None
            if holding.kind == kind and holding is not ERASURE and holding.portability is not Portability.DERIVED and not is_part_of_work:
                return holding
        raise NotFound("There is no such kind of data that can be erased.", target="kind")
