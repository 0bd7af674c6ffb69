"""An account: the customer's resource, owner of keys, region, data keys and all data."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.crypto.key_encryption import WrappedKey


class AccountState(StrEnum):
    CREATING = "creating"
    ACTIVE = "active"


class KeyName(StrEnum):
    KEY1 = "key1"
    KEY2 = "key2"


@dataclass(frozen=True, slots=True)
class WrappedDataKeys:
    """An account's data keys as they are stored. The highest version is the one that writes use."""

    versions: Mapping[int, WrappedKey]
    hash_key: WrappedKey

    @property
    def current_version(self) -> int:
        return max(self.versions)


@dataclass(frozen=True, slots=True)
class KeyRewrite:
    """How far the rewriting of what older data keys encrypted has come. `after` is where the walk goes on."""

    rotated_at: datetime
    pass_started_at: datetime
    stage: str = "records"
    after: tuple[str, ...] | None = None
    stale_count: int = 0


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
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A Microsoft Entra ID identity (object id) that may use an account's data plane."""

    object_id: str
    account_id: str
    created_at: datetime
