"""The key that an account's callbacks are signed with: made at its first use, shown to the owner, renewed by the owner."""
from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.callbacks.models import CallbackKey
from shared.callbacks.repository import CallbackKeyRepository
from shared.errors import Conflict, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.turns import busy, tries

PREVIOUS_KEY_LIFETIME = timedelta(hours=24)
"""How long after a renewal callbacks are signed with the old key too, so that receivers can be changed one after another."""
_KEY_BYTES = 32


class CallbackKeys:
    def __init__(self, keys: CallbackKeyRepository, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now

    def get(self, account: AccountStore) -> CallbackKey:
        """The account's key; the first time it is made."""
        for _ in tries():
            key = self._keys.find(account)
            if key is not None:
                return key
            try:
                self._keys.insert(account, CallbackKey(_new_key(), self._now()))
            except Conflict:
                continue
        raise busy("The key of the account's callbacks")

    def renew(self, account: AccountStore) -> CallbackKey:
        """A new key; callbacks are signed with the old one too for `PREVIOUS_KEY_LIFETIME`."""
        for _ in tries():
            old, now = self.get(account), self._now()
            key = CallbackKey(_new_key(), now, old.key, now + PREVIOUS_KEY_LIFETIME, old.etag)
            try:
                self._keys.replace(account, key)
                return key
            except (Conflict, NotFound):
                continue
        raise busy("The key of the account's callbacks")

    def signing(self, account: AccountStore) -> list[str]:
        """The keys that count now, the newest first."""
        key = self.get(account)
        counts_still = key.previous is not None and key.previous_until is not None and key.previous_until > self._now()
        return [key.key, key.previous] if counts_still and key.previous else [key.key]


def _new_key() -> str:
    return secrets.token_hex(_KEY_BYTES)
