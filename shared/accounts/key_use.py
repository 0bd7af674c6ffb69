"""From where an account's keys and identities are used: an event for each range of addresses that is new.

Kind KEY_USE: RowKey = keyed hash of key name and range. A process remembers those hashes, so that a request costs no
storage call once its range was seen.
"""
from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from shared.accounts.audit import AuditService
from shared.accounts.audit_trail import Deed
from shared.caching import BoundedCache
from shared.errors import Conflict
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import KEY_USE

_REMEMBERED_USES = 20_000
_PURPOSE = "key use"


class KeyUses:
    def __init__(self, audit: AuditService, now: Callable[[], datetime]) -> None:
        self._audit = audit
        self._now = now
        self._seen: BoundedCache[tuple[str, str], bool] = BoundedCache(_REMEMBERED_USES)
        self._lock = threading.Lock()
        self._being_noticed: set[tuple[str, str]] = set()

    def notice(self, account: AccountStore, deed: Deed) -> None:
        """Record the deed if this caller never called from this range before: at least once, and hardly ever twice.

        Raises Unavailable or NotFound, and the next request tries again.
        """
        use = account.account_id, account.keys.keyed_hash(_PURPOSE, deed.caller, deed.address_range).hex()
        if self._seen.find(use) or not self._begin(use):
            return
        try:
            if account.records.find(KEY_USE, use[1]) is None:
                self._audit.append(account, deed)
                self._insert(account, use[1], deed)
            self._seen.put(use, True)
        finally:
            with self._lock:
                self._being_noticed.discard(use)

    def _begin(self, use: tuple[str, str]) -> bool:
        """Whether no other request of this process is at it: nobody waits for another's audit."""
        with self._lock:
            is_first = use not in self._being_noticed
            self._being_noticed.add(use)
            return is_first

    def _insert(self, account: AccountStore, use_id: str, deed: Deed) -> None:
        try:
            account.records.insert(KEY_USE, Record(use_id, {
                "caller": deed.caller, "addressRange": deed.address_range,
                "firstUsedAt": self._now().isoformat().replace("+00:00", "Z")}))
        except Conflict:
            return  # another process noticed it too
