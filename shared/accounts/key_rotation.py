"""Rotation: a new data key for an account, everything older encrypted again in bounded steps, then the old key dropped;
and re-wrapping of all data keys when the key-encryption key has a new version."""
from __future__ import annotations

import dataclasses
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from shared.accounts.models import Account, AccountState, KeyRewrite
from shared.accounts.repository import AccountRepository
from shared.accounts.service import AccountService
from shared.crypto.envelope import KEY_BYTES, DecryptionFailed, fingerprint_of
from shared.crypto.key_encryption import KeyEncryptionKey, UnwrapFailed, WrappedKey
from shared.errors import Conflict, NotFound
from shared.storage.account_store import AccountStore

_ROWS_PER_STRETCH = 200
_BLOBS_PER_STRETCH = 20
_log = logging.getLogger(__name__)


class KeyRotationService:
    def __init__(self, accounts: AccountService, repository: AccountRepository, key_encryption_key: KeyEncryptionKey,
                 settle_seconds: int, now: Callable[[], datetime], stretches_per_run: int = 200) -> None:
        """`settle_seconds`: longer than any request lasts that may still write with the key it began with."""
        self._accounts = accounts
        self._repository = repository
        self._key_encryption_key = key_encryption_key
        self._settle = timedelta(seconds=settle_seconds)
        self._now = now
        self._stretches_per_run = stretches_per_run

    def rotate(self, account_id: str) -> Account:
        """Add a data key version, which writes use from now on. Raises Conflict while an earlier rotation goes on."""
        data_key = secrets.token_bytes(KEY_BYTES)
        new_key = self._key_encryption_key.wrap(data_key)

        def with_new_version(account: Account) -> Account:
            if new_key in account.data_keys.versions.values():
                return account  # stored by this very call, whose answer was lost
            if account.rewrite is not None:
                raise Conflict("The data key is being rotated already; wait until that is done.")
            version = account.data_keys.current_version + 1
            return dataclasses.replace(
                account, rewrite=KeyRewrite(rotated_at=self._now(), pass_started_at=self._now()),
                data_keys=dataclasses.replace(
                    account.data_keys, versions={**account.data_keys.versions, version: new_key},
                    fingerprints={**account.data_keys.fingerprints, version: fingerprint_of(data_key)}))
        return self._accounts.update(account_id, with_new_version)

    def run(self) -> None:
        """One bounded run over all accounts; the timer calls it again and again. Safe beside other writers."""
        wrapping_id = self._key_encryption_key.current_id()
        stretches_left = self._stretches_per_run
        for account in self._repository.every():
            if account.state not in (AccountState.ACTIVE, AccountState.DELETED):  # a deleted one may be restored
                continue
            try:
                account = self._rewrapped(account, wrapping_id)
                if account.rewrite is not None and stretches_left > 0:
                    stretches_left -= self._rewrite(account, stretches_left)
            except (Conflict, NotFound):
                _log.info("account %s changed meanwhile; its key rewrite goes on in the next run", account.id)
            except (DecryptionFailed, UnwrapFailed) as error:
                _log.error("the key rewrite of account %s cannot go on: %s", account.id, error)

    def _rewrapped(self, account: Account, wrapping_id: str) -> Account:
        wrapped = [*account.data_keys.versions.values(), account.data_keys.hash_key]
        if all(key.key_id == wrapping_id for key in wrapped):
            return account

        def rewrap(key: WrappedKey) -> WrappedKey:
            return self._key_encryption_key.wrap(self._key_encryption_key.unwrap(key))
        return self._replace(dataclasses.replace(account, data_keys=dataclasses.replace(
            account.data_keys, hash_key=rewrap(account.data_keys.hash_key),
            versions={version: rewrap(key) for version, key in account.data_keys.versions.items()})))

    def _rewrite(self, account: Account, stretches: int) -> int:
        """Walk on through the account's table, then its container; return how many stretches it took."""
        used = 0
        names: Iterator[str] | None = None  # of one listing for all stretches: each new one begins with the first blob
        while used < stretches and account.rewrite is not None:
            if account.rewrite.pass_started_at > self._now():
                break
            store, rewrite = self._accounts.open(account), account.rewrite
            if rewrite.stage == "records":
                names = None
                progressed = self._after_rows(account, store, rewrite)
            else:
                if names is None:
                    names = store.blobs.names(rewrite.after and rewrite.after[0])
                progressed = self._after_blobs(account, store, rewrite, list(islice(names, _BLOBS_PER_STRETCH)))
            used += 1
            if progressed.rewrite is None or progressed.rewrite.stage != rewrite.stage or used == stretches:
                progressed = self._replace(progressed)
            account = progressed
        return used

    def _after_rows(self, account: Account, store: AccountStore, rewrite: KeyRewrite) -> Account:
        stale, after = store.records.rewrite_under_current_key(
            None if rewrite.after is None else (rewrite.after[0], rewrite.after[1]), _ROWS_PER_STRETCH)
        stage = "records" if after is not None else "blobs"
        return dataclasses.replace(account, rewrite=dataclasses.replace(
            rewrite, stage=stage, after=after, stale_count=rewrite.stale_count + stale))

    def _after_blobs(self, account: Account, store: AccountStore, rewrite: KeyRewrite, names: Sequence[str]) -> Account:
        rewrite = dataclasses.replace(rewrite, stale_count=rewrite.stale_count + store.blobs.rewrite_under_current_key(names))
        if len(names) == _BLOBS_PER_STRETCH:
            return dataclasses.replace(account, rewrite=dataclasses.replace(rewrite, after=(names[-1],)))
        return self._after_pass(account, rewrite)

    def _after_pass(self, account: Account, rewrite: KeyRewrite) -> Account:
        """A pass that began after the settling time and found nothing old proves that the old keys are unused."""
        settled_at = rewrite.rotated_at + self._settle
        if rewrite.stale_count == 0 and rewrite.pass_started_at >= settled_at:
            current = account.data_keys.current_version
            return dataclasses.replace(account, rewrite=None, data_keys=dataclasses.replace(
                account.data_keys, versions={current: account.data_keys.versions[current]},
                fingerprints={version: each for version, each in account.data_keys.fingerprints.items() if version == current}))
        next_pass_at = self._now() if rewrite.stale_count else max(self._now(), settled_at)
        return dataclasses.replace(account, rewrite=KeyRewrite(rewrite.rotated_at, next_pass_at))

    def _replace(self, account: Account) -> Account:
        return dataclasses.replace(account, etag=self._repository.replace(account))
