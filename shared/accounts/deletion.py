"""The end of an account up to its purge: deleting, restoring, and the timer that sees to it that nothing waits for ever."""
from __future__ import annotations

import dataclasses
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice

from shared.accounts.models import Account, AccountNotActive, AccountState, Deletion
from shared.accounts.repository import AccountRepository
from shared.accounts.service import AccountService
from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.queues import JobQueue

PURGE_ACCOUNT = "purge-account"
TAKE_INVENTORY = "take-inventory"
_INVENTORY_DELAY_SECONDS = 300  # longer than any request lasts that was let in before
_STUCK = timedelta(minutes=15)
_HALF_MADE = timedelta(hours=1)
_JOBS_PER_RUN = 500
_SWEPT_PER_RUN = 20
_COUNTED = 10_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PurgeBacklog:
    """Accounts whose purge is due and not done, and for how long the first of them has been due."""

    accounts: int
    age: timedelta


class AccountDeletionService:
    def __init__(self, accounts: AccountService, directory: AccountRepository, jobs: JobQueue, grace_hours: int,
                 now: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._directory = directory
        self._jobs = jobs
        self._grace = timedelta(hours=grace_hours)
        self._now = now

    def delete(self, account_id: str, requested_by: str, *, at_once: bool = False) -> Account:
        """Refuse the account's keys from now on and purge it after the grace, or `at_once`. Raises NotFound.

        Of an account that was deleted before nothing changes, but that its grace may end now.
        """
        receipt_id = uuid.uuid4().hex

        def deleted(account: Account) -> Account:
            now = self._now()
            if account.state is AccountState.ACTIVE:
                # Before the account says so: who is told of a receipt must find it from then on.
                self._directory.insert_receipt(receipt_id, account.id)
                purge_after = now if at_once else now + self._grace
                return dataclasses.replace(account, state=AccountState.DELETED, deletion=Deletion(
                    deleted_at=now, purge_after=purge_after, receipt_id=receipt_id, requested_by=requested_by, updated_at=now))
            if account.state is AccountState.DELETED and at_once and _deletion(account).purge_after > now:
                return dataclasses.replace(account, deletion=dataclasses.replace(_deletion(account), purge_after=now))
            return account
        account = self._accounts.update_in_any_state(account_id, deleted)
        self._accounts.forget(account.id)
        if _deletion(account).receipt_id != receipt_id:
            self._directory.delete_receipt(receipt_id)  # another request was first
        try:
            self._queue(account)
        except Unavailable:
            _log.warning("the work on the deleted account %s could not be queued; the timer does it", account.id)
        return account

    def restore(self, account_id: str) -> Account:
        """Raises NotFound, AccountNotActive once the purge has begun, Conflict if it was not deleted."""
        restored_receipt_ids: set[str] = set()

        def restored(account: Account) -> Account:
            if account.state is AccountState.ACTIVE:
                if restored_receipt_ids:
                    return account  # by this very call, whose answer was lost
                raise Conflict("The account is active; only a deleted one can be restored.")
            if account.state is not AccountState.DELETED:
                raise AccountNotActive(account.state)
            restored_receipt_ids.add(_deletion(account).receipt_id)
            return dataclasses.replace(account, state=AccountState.ACTIVE, deletion=None)
        account = self._accounts.update_in_any_state(account_id, restored)
        for receipt_id in restored_receipt_ids:
            self._directory.delete_receipt(receipt_id)
        return account

    def run(self) -> None:
        """Timer: queue what is due or has stopped moving, and take half-made accounts away. Bounded work each time."""
        queued = 0
        for state in (AccountState.PURGING, AccountState.DELETED):
            for account in self._directory.in_state(state):
                if queued == _JOBS_PER_RUN:
                    return
                if not self._moved_lately(_deletion(account)) and self._queue(account):
                    queued += 1
                    self._note_moving(account)
        self._take_half_made_away()

    def backlog(self) -> PurgeBacklog:
        """Of the first 10,000 accounts that are deleted or being purged."""
        now = self._now()
        waiting = chain.from_iterable(self._directory.in_state(state) for state in (AccountState.PURGING, AccountState.DELETED))
        due = [now - _deletion(account).purge_after for account in islice(waiting, _COUNTED)
               if account.state is AccountState.PURGING or _deletion(account).purge_after <= now]
        return PurgeBacklog(len(due), max(due, default=timedelta(0)))

    def _queue(self, account: Account) -> bool:
        """Send the job that brings a deleted account on, and return whether there is one."""
        deletion = _deletion(account)
        if account.state is AccountState.PURGED:
            return False
        if account.state is AccountState.PURGING or deletion.purge_after <= self._now():
            self._jobs.send(PURGE_ACCOUNT, account.id, deletion.receipt_id)
            return True
        if deletion.inventory is not None and deletion.inventory.get("takenAt"):
            return False
        is_new = timedelta(0) <= self._now() - deletion.deleted_at < timedelta(seconds=_INVENTORY_DELAY_SECONDS)
        self._jobs.send(TAKE_INVENTORY, account.id, deletion.receipt_id, _INVENTORY_DELAY_SECONDS if is_new else 0)
        return True

    def _moved_lately(self, deletion: Deletion) -> bool:
        """A time in the future is one that a clock got wrong."""
        return timedelta(0) <= self._now() - deletion.updated_at < _STUCK

    def _note_moving(self, account: Account) -> None:
        moving = dataclasses.replace(_deletion(account), updated_at=self._now())
        try:
            self._directory.replace(dataclasses.replace(account, deletion=moving))
        except (Conflict, NotFound):
            _log.info("account %s moved meanwhile", account.id)

    def _take_half_made_away(self) -> None:
        swept = 0
        for account in self._directory.in_state(AccountState.CREATING):
            if swept == _SWEPT_PER_RUN:
                return
            if self._now() - account.created_at < _HALF_MADE:
                continue
            swept += 1
            try:
                # A new etag first: if its maker still lives, it fails to make the account active.
                account = dataclasses.replace(account, etag=self._directory.replace(account))
                for store in self._accounts.stores(account.id):
                    store.destroy()
                self._directory.delete_ways_in(account.id)
                self._directory.delete(account)
            except (Conflict, NotFound):
                _log.info("account %s moved meanwhile", account.id)


def _deletion(account: Account) -> Deletion:
    assert account.deletion is not None, "every state but creating and active has one"
    return account.deletion
