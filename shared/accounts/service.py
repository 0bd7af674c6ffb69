"""Accounts: creating them, their keys and grants, and opening an account's own storage to a request."""
from __future__ import annotations

import dataclasses
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime

from shared.accounts.models import (
    Account,
    AccountNotActive,
    AccountState,
    Grant,
    KeyName,
    WrappedDataKeys,
    require_active,
)
from shared.accounts.repository import AccountRepository
from shared.caching import CACHE_SECONDS, BoundedCache
from shared.crypto.envelope import KEY_BYTES, DataKeys, fingerprint_of
from shared.crypto.key_encryption import KeyEncryptionKey, WrappedKey
from shared.errors import Conflict, InvalidRequest, NotFound, Unauthenticated, Unavailable
from shared.storage.account_blobs import AccountBlobs
from shared.storage.account_store import AccountRecords, AccountStore
from shared.storage.blobs import BlobStore, Container
from shared.storage.tables import Table, TableStore

_ACCOUNT_KEY_BYTES = 32
_ACCOUNT_ID = re.compile("[0-9a-f]{32}")
_UPDATE_TRIES = 10
_REMEMBERED_KEYS = 10_000
_OPEN_STORES = 1_000


class AccountService:
    def __init__(self, accounts: AccountRepository, tables: TableStore, blobs: BlobStore,
                 key_encryption_key: KeyEncryptionKey, region: str, now: Callable[[], datetime],
                 cache_seconds: float = CACHE_SECONDS) -> None:
        """`cache_seconds`: what the process remembers of an account is forgotten when it was not used for so long."""
        self._accounts = accounts
        self._tables = tables
        self._blobs = blobs
        self._key_encryption_key = key_encryption_key
        self._region = region
        self._now = now
        self._account_ids_by_key_hash: BoundedCache[str, str] = BoundedCache(_REMEMBERED_KEYS, idle_seconds=cache_seconds)
        self._stores: BoundedCache[str, tuple[WrappedDataKeys, AccountStore]] = BoundedCache(
            _OPEN_STORES, idle_seconds=cache_seconds)
        self._forgetters: list[Callable[[str], None]] = []

    def when_gone(self, forget: Callable[[str], None]) -> None:
        """Let `forget(account id)` be called when this process sees that an account is active no longer."""
        self._forgetters.append(forget)

    def create(self, display_name: str,
               record: Callable[[Account], None] = lambda account: None) -> tuple[Account, dict[KeyName, str]]:
        """Return the account and its two keys, which can be read this once only.

        `record` is called before anybody can use the account, which stays half-made if it raises.
        """
        keys = {name: _new_account_key() for name in KeyName}
        data_key = secrets.token_bytes(KEY_BYTES)
        account = Account(
            id=uuid.uuid4().hex, display_name=display_name, region=self._region, state=AccountState.CREATING,
            created_at=self._now(), key_hashes={name: hash_of_key(key) for name, key in keys.items()},
            data_keys=WrappedDataKeys({1: self._wrap(data_key)}, self._wrap(secrets.token_bytes(KEY_BYTES)),
                                      {1: fingerprint_of(data_key)}))
        # The directory names the account before anything else of it exists: what a crash leaves behind has a row.
        self._accounts.create_table()
        account = dataclasses.replace(account, etag=self._accounts.insert(account))
        table, container = self.stores(account.id)
        table.create()
        container.create()
        for key_hash in account.key_hashes.values():
            self._accounts.insert_key(key_hash, account.id)
        record(account)
        active = dataclasses.replace(account, state=AccountState.ACTIVE)
        try:
            return dataclasses.replace(active, etag=self._accounts.replace(active)), keys
        except Conflict:
            return self.get(account.id), keys  # stored by this very call, whose answer was lost

    def get(self, account_id: str) -> Account:
        """Raises NotFound if there is no account of this id, AccountNotActive if it was deleted."""
        return require_active(self.get_in_any_state(account_id))

    def get_in_any_state(self, account_id: str) -> Account:
        """Also one that was deleted or purged. Raises NotFound."""
        account = self._accounts.find(account_id)
        if account is None or account.state is AccountState.CREATING:
            raise NotFound("There is no such account.")
        if account.state is not AccountState.ACTIVE:
            self.forget(account.id)
        return account

    def page(self, after: str | None, size: int) -> tuple[list[Account], str | None]:
        """A page of the accounts in id order, and the id to go on after; without half-made and purged ones."""
        accounts, next_after = self._accounts.page(after, size)
        hidden = (AccountState.CREATING, AccountState.PURGED)
        return [account for account in accounts if account.state not in hidden], next_after

    def rename(self, account_id: str, display_name: str) -> Account:
        return self.update(account_id, lambda account: dataclasses.replace(account, display_name=display_name))

    def regenerate_key(self, account_id: str, name: KeyName) -> str:
        """Return the new key. The old one is refused from now on; the other key goes on working."""
        key = _new_account_key()
        new_hash, old_hashes = hash_of_key(key), set()
        self._accounts.insert_key(new_hash, self.get(account_id).id)

        def with_new_key(account: Account) -> Account:
            old_hashes.add(account.key_hashes[name])
            return dataclasses.replace(account, key_hashes={**account.key_hashes, name: new_hash})
        try:
            self.update(account_id, with_new_key)
        except (NotFound, AccountNotActive):
            self._accounts.delete_key(new_hash)
            raise
        for old_hash in old_hashes - {new_hash}:
            self._accounts.delete_key(old_hash)
        return key

    def update(self, account_id: str, change: Callable[[Account], Account]) -> Account:
        """Apply `change` to the newest state of an active account, again if another writer got there first."""
        return self.update_in_any_state(account_id, lambda account: change(require_active(account)))

    def update_in_any_state(self, account_id: str, change: Callable[[Account], Account]) -> Account:
        """As `update`; what is not changed is not written."""
        for _ in range(_UPDATE_TRIES):
            account = self.get_in_any_state(account_id)
            changed = change(account)
            if changed is account:
                return account
            try:
                return dataclasses.replace(changed, etag=self._accounts.replace(changed))
            except Conflict:
                continue
        raise Unavailable("The account is being changed by many requests; try again.")

    def authenticate_key(self, key: str) -> tuple[Account, KeyName]:
        """The account that this key opens. Raises Unauthenticated, the same for every reason."""
        key_hash = hash_of_key(key)
        account_id = self._account_id_of(key_hash)
        account = None if account_id is None else self._accounts.find(account_id)
        if account is not None and account.state is AccountState.ACTIVE:
            for name, stored_hash in account.key_hashes.items():
                if hmac.compare_digest(stored_hash, key_hash):
                    return account, name
        elif account_id is not None:
            self._account_ids_by_key_hash.forget(key_hash)
            self.forget(account_id)
        raise Unauthenticated("The key is not valid.")

    def account_of_identity(self, object_id: str, wanted_account_id: str | None) -> Account:
        """The account that an Entra identity was granted; where it was granted several, the wanted one.

        Raises Unauthenticated if there is none, InvalidRequest if there are several and none is named.
        """
        if wanted_account_id is None:
            grants = self._accounts.grants_of_identity(object_id, 2)
        else:
            # Not everything that a header holds can be part of a key in the storage.
            is_id = _ACCOUNT_ID.fullmatch(wanted_account_id) is not None
            grant = self._accounts.find_grant(object_id, wanted_account_id) if is_id else None
            grants = [grant] if grant else []
        if len(grants) > 1:
            raise InvalidRequest("This identity is granted on several accounts; name one in the header x-account-id.")
        account = self._accounts.find(grants[0].account_id) if grants else None
        if account is None or account.state is not AccountState.ACTIVE:
            if account is not None:
                self.forget(account.id)
            raise Unauthenticated("The identity has not been granted on an account.")
        return account

    def grant(self, account_id: str, object_id: str) -> tuple[Grant, bool]:
        """Return the grant and whether it is new."""
        grant = Grant(object_id, self.get(account_id).id, self._now())
        is_new = self._accounts.insert_grant(grant)
        try:
            self.get(account_id)
        except (NotFound, AccountNotActive):  # deleted meanwhile: a purge may have looked for grants already
            self._accounts.delete_grant(object_id, account_id)
            raise
        return grant, is_new

    def revoke(self, account_id: str, object_id: str) -> None:
        self._accounts.delete_grant(object_id, self.get(account_id).id)

    def grants(self, account_id: str) -> list[Grant]:
        return self._accounts.grants_of_account(self.get(account_id).id)

    def open(self, account: Account) -> AccountStore:
        """The account's own table and container, bound to its data keys.

        Raises Unavailable without Key Vault, AccountNotActive where the keys were destroyed.
        """
        remembered = self._stores.find(account.id)
        if remembered is not None and remembered[0] == account.data_keys:
            return remembered[1]
        store = self._unlocked(account)
        self._stores.put(account.id, (account.data_keys, store))
        return store

    def stores(self, account_id: str) -> tuple[Table, Container]:
        """The account's own table and container as they lie, without its keys: for what is made and destroyed whole."""
        name = _store_name(account_id)
        return self._tables.table(name), self._blobs.container(name)

    def forget(self, account_id: str) -> None:
        """Forget what this process remembers of an account."""
        if self._stores.forget(account_id):
            for forget in self._forgetters:
                forget(account_id)

    def _unlocked(self, account: Account) -> AccountStore:
        if account.data_keys.hash_key is None:
            raise AccountNotActive(account.state)
        unwrap = self._key_encryption_key.unwrap
        keys = DataKeys({version: unwrap(wrapped) for version, wrapped in account.data_keys.versions.items()},
                        unwrap(account.data_keys.hash_key))
        table, container = self.stores(account.id)
        return AccountStore(
            account.id, AccountRecords(account.id, table, keys), AccountBlobs(account.id, container, keys), keys)

    def _account_id_of(self, key_hash: str) -> str | None:
        # Which account a key was made for never changes; whether it still opens it is read with every request.
        account_id = self._account_ids_by_key_hash.find(key_hash)
        if account_id is None:
            account_id = self._accounts.find_account_id(key_hash)
            if account_id is not None:
                self._account_ids_by_key_hash.put(key_hash, account_id)
        return account_id

    def _wrap(self, key: bytes) -> WrappedKey:
        return self._key_encryption_key.wrap(key)


def hash_of_key(key: str) -> str:
    """SHA-256 in hex. A key has 256 random bits, so that a salt or a slow hash would add nothing."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _new_account_key() -> str:
    return secrets.token_hex(_ACCOUNT_KEY_BYTES)


def _store_name(account_id: str) -> str:
    return f"a{account_id}"
