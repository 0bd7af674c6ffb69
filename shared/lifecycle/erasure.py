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
from shared.lifecycle.emptying import Emptying
from shared.lifecycle.erasure_repository import Erasure, ErasureRepository, ErasureState
from shared.lifecycle.export_service import ExportService
from shared.lifecycle.inventory import Inventory, is_taken
from shared.lifecycle.ownership import all_owned
from shared.lifecycle.purge import SECONDS_PER_RUN
from shared.lifecycle.receipts import ReceiptService, clocks, time_text
from shared.storage.account_store import AccountStore
from shared.storage.holdings import ERASURE, Holding, Portability
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
_FAILURES = 5
_NOTED_EVERY_SECONDS = 20
_log = logging.getLogger(__name__)


class _Overtaken(Exception):
    """Another run has taken this erasure over, or ended it."""


class _OutOfTime(Exception):
    """This run has lasted long enough; the next goes on."""


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
            if each.state is ErasureState.QUEUED and (each.kinds, each.scope, each.requested_by) == (tuple(kinds), scope, requested_by):
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

    def find(self, account: AccountStore, receipt_id: str) -> Erasure | None:
        """An erasure whose receipt is not written yet."""
        return self._erasures.find(account, receipt_id)

    def run(self, account: AccountStore, receipt_id: str) -> None:
        """Job: bring an erasure to its end, or as far as the time of one run goes. Of two runs the later one goes on."""
        erasure = self._erasures.find(account, receipt_id)
        if erasure is None:
            return
        run = _Run(self._erasures, account, erasure, self._now, self._monotonic, self._seconds_per_run)
        try:
            run.note(state=ErasureState.RUNNING, tries=erasure.tries, error=erasure.error)
            self._erase(account, run)
        except _Overtaken:
            return
        except _OutOfTime:
            with suppress(_Overtaken):
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

    def _erase(self, account: AccountStore, run: _Run) -> None:
        kinds = [self._erasable(kind) for kind in run.erasure.kinds]
        covered = {holding.kind for holding in all_owned(kinds, self._holdings)}
        exported = {holding.kind for holding in all_owned(kinds, self._holdings) if holding.portability in _EXPORTED}
        if exported and _ARCHIVES_DELETED not in run.erasure.steps:
            self._delete_archives(account, run, exported)
            run.note_step(_ARCHIVES_DELETED)
        inventory = Inventory(*self._accounts.stores(account.account_id), self._now, covered)
        if not is_taken(run.erasure.inventory):
            for progress in inventory.take(run.erasure.inventory):
                run.note_sometimes(always=is_taken(progress), inventory=progress)
            run.note_step("inventoryTaken")
        if "erased" not in run.erasure.steps:
            Emptying(account, self._holdings, kinds, self._erasers, self._now(),
                     note=lambda place, pending: run.note(place=place, pending=tuple(pending)), pause=run.pause,
                     ).run(run.erasure.place, run.erasure.pending)
            if exported:  # once more: an export that began after the first time may have read what was there still
                self._delete_archives(account, run, exported)
            run.note_step("erased")
        *_, left = inventory.take(None)
        self._receipts.write(run.erasure.id, self._receipt(account, run.erasure, left))
        self._erasures.delete(account, run.erasure.id)
        self._directory.delete_receipt(run.erasure.id)

    def _delete_archives(self, account: AccountStore, run: _Run, kinds: Collection[str]) -> None:
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
            "scope": {"type": erasure.scope, "kinds": list(erasure.kinds)}, "accountId": account.account_id,
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


class _Run:
    """One run of the job, which has the erasure for itself as long as nobody else notes anything of it."""

    def __init__(self, erasures: ErasureRepository, account: AccountStore, erasure: Erasure, now: Callable[[], datetime],
                 monotonic: Callable[[], float], seconds: float) -> None:
        self.erasure = erasure
        self._erasures = erasures
        self._account = account
        self._now = now
        self._monotonic = monotonic
        self._ends_at = monotonic() + seconds
        self._noted_at = monotonic()

    def note(self, **changes: Any) -> None:
        """Keep how far the work has come. Raises _Overtaken."""
        erasure = dataclasses.replace(self.erasure, updated_at=self._now(), **{"tries": 0, "error": "", **changes})
        try:
            self.erasure = dataclasses.replace(erasure, etag=self._erasures.replace(self._account, erasure))
        except (Conflict, NotFound):
            raise _Overtaken from None
        self._noted_at = self._monotonic()

    def note_step(self, step: str) -> None:
        self.note(steps={**self.erasure.steps, step: time_text(self._now())})

    def note_sometimes(self, always: bool, **changes: Any) -> None:
        if always or self._monotonic() - self._noted_at >= _NOTED_EVERY_SECONDS:
            self.note(**changes)
        else:
            self.erasure = dataclasses.replace(self.erasure, **changes)
        self.pause()

    def note_failure(self, reason: str) -> None:
        tries = self.erasure.tries + 1
        state = ErasureState.FAILED if tries >= _FAILURES else ErasureState.RUNNING
        try:
            self.note(tries=tries, error=reason, state=state)
        except (_Overtaken, ServiceError):
            _log.warning("the failure of erasure %s could not be noted", self.erasure.id)

    def pause(self) -> None:
        """Raises _OutOfTime where the run has lasted long enough."""
        if self._monotonic() > self._ends_at:
            raise _OutOfTime
        if self._monotonic() - self._noted_at >= _NOTED_EVERY_SECONDS:
            self.note()
