"""Deletes what has outlived its time: each record whose kind names a property that says until when, and what it owns.

A timer calls `run` again and again. It goes round the accounts by a cursor in the directory, so that none starves, and does
no more with one account, and in all, than a run may.
"""
from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from shared.accounts.models import Account, AccountState
from shared.accounts.repository import AccountRepository
from shared.accounts.service import AccountService
from shared.crypto.envelope import DecryptionFailed
from shared.crypto.key_encryption import UnwrapFailed
from shared.errors import Conflict, ServiceError
from shared.lifecycle.ownership import delete_under, key_of
from shared.storage.account_store import AccountStore, PlacedRecord
from shared.storage.holdings import Holding, owned_by

Step = Callable[[AccountStore], None]
"""What else a room does with an account now and then: bounded work, which may be repeated."""
_CURSOR = "expire_holdings"
_ACCOUNTS_AT_ONCE = 100
_RECORDS_AT_ONCE = 200
_log = logging.getLogger(__name__)


class RetentionService:
    def __init__(self, accounts: AccountService, directory: AccountRepository, holdings: Sequence[Holding], steps: Sequence[Step],
                 now: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic, seconds_per_run: float = 240,
                 accounts_per_run: int = 5_000, records_per_account: int = 2_000) -> None:
        self._accounts = accounts
        self._directory = directory
        self._holdings = holdings
        self._steps = steps
        self._now = now
        self._monotonic = monotonic
        self._seconds_per_run = seconds_per_run
        self._accounts_per_run = accounts_per_run
        self._records_per_account = records_per_account

    def run(self) -> None:
        """One bounded run: at most once round all accounts, from where the last one ended."""
        ends_at, left = self._monotonic() + self._seconds_per_run, self._accounts_per_run
        after, is_second_part = self._directory.cursor(_CURSOR), False
        began_after = after
        while left > 0 and self._monotonic() < ends_at:
            accounts, next_after = self._directory.page(after, min(left, _ACCOUNTS_AT_ONCE))
            for account in accounts:
                if is_second_part and began_after is not None and account.id > began_after:
                    return
                # Moved before: a run that dies of one account must not die of it again and again.
                self._directory.move_cursor(_CURSOR, account.id)
                self.visit(account)
                left -= 1
                if self._monotonic() >= ends_at:
                    return
            after = next_after
            if after is None:
                self._directory.move_cursor(_CURSOR, None)
                if is_second_part or began_after is None:
                    return
                is_second_part = True

    def visit(self, account: Account) -> None:
        """What a run does with one account. Of one that is deleted the operator may still think better: time goes on there too, but no
        work is begun.
        """
        if account.state not in (AccountState.ACTIVE, AccountState.DELETED):
            return
        try:
            store = self._accounts.open(account)
            left = self._records_per_account
            for holding in self._holdings:
                if holding.expires is not None and left > 0:
                    left -= self._expire(store, holding, left)
            if account.state is AccountState.ACTIVE:
                for step in self._steps:
                    step(store)
        except ServiceError as error:
            _log.warning("the retention of account %s goes on in a later run: %s", account.id, error.message)
        except (DecryptionFailed, UnwrapFailed) as error:
            _log.error("the retention of account %s cannot go on: %s", account.id, error)

    def _expire(self, store: AccountStore, holding: Holding, limit: int) -> int:
        """Delete up to `limit` records whose time is over, and return how many there were."""
        count = 0
        while count < limit:
            expired = store.records.expired(holding, self._now(), min(limit - count, _RECORDS_AT_ONCE))
            for placed in expired:
                self._delete(store, holding, placed)
            count += len(expired)
            if not expired:
                break
        return count

    def _delete(self, store: AccountStore, holding: Holding, placed: PlacedRecord) -> None:
        """The record last, so that a run that dies is followed by one that finds it; then once more what was written meanwhile."""
        owned = owned_by(holding, self._holdings)
        for each in owned:
            delete_under(store, each, key_of(placed.record, each), self._holdings)
        try:
            store.records.delete(holding, placed.record.id, placed.parent_key, placed.record.etag)
        except Conflict:
            return  # it was changed: the next run looks whether its time is over still
        for each in owned:
            delete_under(store, each, key_of(placed.record, each), self._holdings)
