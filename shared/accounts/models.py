"""An account: the customer's resource, owner of keys, region, data keys and all data."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.crypto.key_encryption import WrappedKey
from shared.errors import Conflict


class AccountState(StrEnum):
    """`deleted` can be restored until its purge begins; of a `purged` one nothing but its row in the directory is left."""

    CREATING = "creating"
    ACTIVE = "active"
    DELETED = "deleted"
    PURGING = "purging"
    PURGED = "purged"


class AccountNotActive(Conflict):
    """The account was deleted; the message names the state it is in."""

    def __init__(self, state: AccountState) -> None:
        super().__init__(f"The account is {state.value}.")


class KeyName(StrEnum):
    KEY1 = "key1"
    KEY2 = "key2"


@dataclass(frozen=True, slots=True)
class WrappedDataKeys:
    """An account's data keys as they are stored. The highest version is the one that writes use.

    `fingerprints` has one for each version; where the keys were destroyed, nothing else is left.
    """

    versions: Mapping[int, WrappedKey]
    hash_key: WrappedKey | None
    fingerprints: Mapping[int, str] = field(default_factory=dict)

    @property
    def current_version(self) -> int:
        return max(self.versions)

    @property
    def are_destroyed(self) -> bool:
        return self.hash_key is None


@dataclass(frozen=True, slots=True)
class KeyRewrite:
    """How far the rewriting of what older data keys encrypted has come. `after` is where the walk goes on."""

    rotated_at: datetime
    pass_started_at: datetime
    stage: str = "records"
    after: tuple[str, ...] | None = None
    stale_count: int = 0


@dataclass(frozen=True, slots=True)
class Deletion:
    """How an account ends. `updated_at` is when its work last moved, `steps` are those of the purge that are done.

    `inventory` is what was found in the account's stores before they went, or how far the counting has come.
    """

    deleted_at: datetime
    purge_after: datetime
    receipt_id: str
    requested_by: str
    updated_at: datetime
    steps: Mapping[str, datetime] = field(default_factory=dict)
    inventory: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    display_name: str
    region: str
    state: AccountState
    created_at: datetime
    key_hashes: Mapping[KeyName, str]
    data_keys: WrappedDataKeys
    rewrite: KeyRewrite | None = None
    deletion: Deletion | None = None
    etag: str | None = None


def require_active(account: Account) -> Account:
    """The account itself. Raises AccountNotActive if it was deleted."""
    if account.state is not AccountState.ACTIVE:
        raise AccountNotActive(account.state)
    return account


@dataclass(frozen=True, slots=True)
class Grant:
    """A Microsoft Entra ID identity (object id) that may use an account's data plane."""

    object_id: str
    account_id: str
    created_at: datetime
