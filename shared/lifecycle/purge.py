"""The purge of a deleted account: its data key first, then everything that is left of it, and a receipt at the end.

Each step can be done twice, by two workers at once too, and what is done is noted in the account's row of the directory, so
that a purge that was killed anywhere goes on from there. The receipt is written once; a second one is refused by its name.
"""
from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from shared.accounts.deletion import PURGE_ACCOUNT, TAKE_INVENTORY
from shared.accounts.models import Account, AccountState, Deletion, WrappedDataKeys
from shared.accounts.repository import AccountRepository
from shared.accounts.service import AccountService
from shared.errors import NotFound
from shared.lifecycle.inventory import Inventory, is_taken
from shared.lifecycle.leftovers import Leftovers
from shared.lifecycle.receipts import ReceiptService, clocks, time_text
from shared.storage.queues import JobQueue

SECONDS_PER_RUN = 240
"""A run that counts a large account ends after so long and queues the next; a function may run for ten minutes."""
_NOTED_EVERY_SECONDS = 20
_KEY_DESTROYED, _WAYS_IN_DELETED, _STORES_DELETED = "dataKeyDestroyed", "keysAndGrantsDeleted", "storesDeleted"


class _Superseded(Exception):
    """The account was restored, or purged to the end by another run."""


class PurgeService:
    def __init__(self, accounts: AccountService, directory: AccountRepository, leftovers: Leftovers, receipts: ReceiptService,
                 jobs: JobQueue, cache_seconds: int, now: Callable[[], datetime],
                 monotonic: Callable[[], float] = time.monotonic, seconds_per_run: float = SECONDS_PER_RUN) -> None:
        self._accounts = accounts
        self._directory = directory
        self._leftovers = leftovers
        self._receipts = receipts
        self._jobs = jobs
        self._cache_seconds = cache_seconds
        self._now = now
        self._monotonic = monotonic
        self._seconds_per_run = seconds_per_run

    def take_inventory(self, account_id: str, receipt_id: str) -> None:
        """Job: count what a deleted account has while its grace lasts, so that the purge need not."""
        try:
            if not self._count(account_id, receipt_id):
                self._jobs.send(TAKE_INVENTORY, account_id, receipt_id)
        except _Superseded:
            return

    def run(self, account_id: str, receipt_id: str) -> None:
        """Job: purge the account, unless its grace goes on or it was restored. Raises LeftoversRemain, Unavailable."""
        try:
            deletion = self._deletion(self._account(account_id, receipt_id))
            if deletion.purge_after > self._now() and _KEY_DESTROYED not in deletion.steps:
                return
            self._step(account_id, receipt_id, _KEY_DESTROYED, lambda: None)
            self._accounts.forget(account_id)
            if not self._count(account_id, receipt_id):
                self._jobs.send(PURGE_ACCOUNT, account_id, receipt_id)
                return
            self._step(account_id, receipt_id, _WAYS_IN_DELETED, lambda: self._directory.delete_ways_in(account_id))
            self._step(account_id, receipt_id, _STORES_DELETED, lambda: self._leftovers.destroy_stores(account_id))
            scan = {**self._leftovers.clear(account_id), "at": time_text(self._now())}
            account = self._account(account_id, receipt_id)
            self._receipts.write(receipt_id, self._receipt(account, scan))
            self._directory.delete_receipts(account_id)
            self._change(account_id, receipt_id, _tombstone)
        except _Superseded:
            return

    def _step(self, account_id: str, receipt_id: str, step: str, act: Callable[[], object]) -> None:
        """Do a step unless it is done, and note when it was."""
        if step in self._deletion(self._account(account_id, receipt_id)).steps:
            return
        act()

        def noted(account: Account) -> Account:
            deletion, now = self._deletion(account), self._now()
            if step in deletion.steps:
                return account
            if step == _KEY_DESTROYED:
                account = dataclasses.replace(
                    account, state=AccountState.PURGING, rewrite=None,
                    data_keys=WrappedDataKeys({}, None, account.data_keys.fingerprints))
            return dataclasses.replace(account, deletion=dataclasses.replace(
                deletion, steps={**deletion.steps, step: now}, updated_at=now))
        self._change(account_id, receipt_id, noted)

    def _count(self, account_id: str, receipt_id: str) -> bool:
        """Whether the inventory is taken by the end of this run."""
        progress = self._deletion(self._account(account_id, receipt_id)).inventory
        if is_taken(progress):
            return True
        begun_at = noted_at = self._monotonic()
        for counted in Inventory(*self._accounts.stores(account_id), self._now).take(progress):
            progress, at = counted, self._monotonic()
            ends = at - begun_at >= self._seconds_per_run
            if is_taken(progress) or ends or at - noted_at >= _NOTED_EVERY_SECONDS:
                self._note_inventory(account_id, receipt_id, progress)
                noted_at = at
            if ends:
                break
        return is_taken(progress)

    def _note_inventory(self, account_id: str, receipt_id: str, progress: Mapping[str, Any]) -> None:
        def noted(account: Account) -> Account:
            deletion = self._deletion(account)
            if is_taken(deletion.inventory):
                return account  # another run was first, and may have deleted what this one looks for
            return dataclasses.replace(account, deletion=dataclasses.replace(
                deletion, inventory=progress, updated_at=self._now()))
        self._change(account_id, receipt_id, noted)

    def _account(self, account_id: str, receipt_id: str) -> Account:
        try:
            account = self._accounts.get_in_any_state(account_id)
        except NotFound:
            raise _Superseded from None
        if account.state not in (AccountState.DELETED, AccountState.PURGING) or self._deletion(account).receipt_id != receipt_id:
            raise _Superseded
        return account

    def _change(self, account_id: str, receipt_id: str, change: Callable[[Account], Account]) -> None:
        def changed(account: Account) -> Account:
            if account.deletion is None or account.deletion.receipt_id != receipt_id or account.state is AccountState.PURGED:
                raise _Superseded
            return change(account)
        self._accounts.update_in_any_state(account_id, changed)

    def _receipt(self, account: Account, scan: Mapping[str, Any]) -> Mapping[str, Any]:
        deletion = self._deletion(account)
        assert deletion.inventory is not None
        inventory = dict(deletion.inventory)
        last_export = inventory.pop("lastExport", None)
        return {
            "scope": {"type": "account"}, "accountId": account.id,
            "requestedAt": time_text(deletion.deleted_at), "requestedBy": deletion.requested_by,
            "keysRefusedAt": time_text(deletion.deleted_at),
            "dataKeyDestroyedAt": time_text(deletion.steps[_KEY_DESTROYED]), "completedAt": time_text(self._now()),
            "dataKeys": [{"version": version, "fingerprint": fingerprint}
                         for version, fingerprint in sorted(account.data_keys.fingerprints.items())],
            "inventory": inventory, **({} if last_export is None else {"lastExport": last_export}),
            "steps": [{"step": step, "at": time_text(at)} for step, at in sorted(deletion.steps.items(), key=lambda each: each[1])],
            "scan": scan, "stillRunning": clocks(self._cache_seconds)}

    @staticmethod
    def _deletion(account: Account) -> Deletion:
        if account.deletion is None:
            raise _Superseded
        return account.deletion


def _tombstone(account: Account) -> Account:
    """What stays: that there was an account of this id, when it ended, and where the receipt is."""
    assert account.deletion is not None
    return dataclasses.replace(account, state=AccountState.PURGED, display_name="", key_hashes={},
                               deletion=dataclasses.replace(account.deletion, inventory=None))
