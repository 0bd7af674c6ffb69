"""The audit trail of an account: who did what, when and from where, without content, so that a gap is noticed.

Events are chained (audit_trail.py) and written together with the head of the chain. A process remembers the head, so that
an event costs one transaction; a writer that was overtaken reads the head again. Threads of one process that write to
one trail at the same time share a transaction.
"""
from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.accounts.audit_repository import AuditRepository
from shared.accounts.audit_trail import FIRST_PREVIOUS, Deed, Head, Link, chained
from shared.caching import BoundedCache
from shared.crypto.envelope import DecryptionFailed
from shared.errors import Conflict, NotFound, ServiceError, Unavailable
from shared.storage.account_store import AccountStore
from shared.storage.turns import tries

_EVENTS_AT_ONCE = 99  # and the head: a transaction has a hundred rows
_REMEMBERED_TRAILS = 1_000
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiting:
    deed: Deed
    is_done: bool = False
    failure: ServiceError | None = None


@dataclass(slots=True)
class _Trail:
    """What this process knows of one account's trail. The thread that holds `turn` writes for all that wait."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[_Waiting] = field(default_factory=list)
    head: Head | None = None


class AuditService:
    """Writes events. Reading is in audit_pages.py, retention in audit_retention.py."""

    def __init__(self, events: AuditRepository, now: Callable[[], datetime]) -> None:
        self._events = events
        self._now = now
        self._lock = threading.Lock()
        self._trails: BoundedCache[str, _Trail] = BoundedCache(_REMEMBERED_TRAILS)

    def append(self, account: AccountStore, deed: Deed) -> None:
        """Write an event; it is stored when this returns.

        Raises Unavailable where that is not certain, NotFound where the account has ended.
        """
        trail, mine = self._trail(account.account_id), _Waiting(deed)
        with self._lock:
            trail.waiting.append(mine)
        with trail.turn:
            while not mine.is_done:
                with self._lock:
                    batch = trail.waiting[:_EVENTS_AT_ONCE]
                    del trail.waiting[:_EVENTS_AT_ONCE]
                self._write(account, trail, batch)
        if mine.failure is not None:
            raise mine.failure

    def _write(self, account: AccountStore, trail: _Trail, batch: Sequence[_Waiting]) -> None:
        failure: ServiceError | None = _not_recorded()
        remembered, trail.head = trail.head, None
        try:
            trail.head = self._written(account, remembered, [waiting.deed for waiting in batch])
            failure = None
        except (NotFound, Unavailable) as error:
            failure = error
        finally:
            for waiting in batch:
                waiting.failure = failure
                waiting.is_done = True

    def _written(self, account: AccountStore, remembered: Head | None, deeds: Sequence[Deed]) -> Head:
        for _ in tries():
            events, after = chained(remembered or self._head(account), deeds, self._now())
            try:
                return self._events.append(account, events, after)
            except NotFound:
                if remembered is None:
                    raise  # a head that was not remembered is one just read, or none: it is the table that is gone
            except Conflict:
                first = self._events.find(account, events[0].sequence)
                if first is not None and first.hash == events[0].hash:
                    return self._head(account)  # stored by this very call, whose answer was lost
            remembered = None
        raise busy()

    def _head(self, account: AccountStore) -> Head:
        """Where the trail goes on. One that lost its head goes on after what there is, and shows the break."""
        try:
            head = self._events.find_head(account)
        except DecryptionFailed:
            self._events.delete_head(account)
            head = None
        if head is not None:
            return head
        last = self._events.last_sequence(account)
        if last == 0:
            return Head()
        _log.error("the audit trail of account %s has lost its head", account.account_id)
        return Head(Link(last, FIRST_PREVIOUS))

    def _trail(self, account_id: str) -> _Trail:
        with self._lock:
            trail = self._trails.find(account_id)
            if trail is None:
                trail = _Trail()
                self._trails.put(account_id, trail)
            return trail


def busy() -> Unavailable:
    return Unavailable("The audit trail is being written by many requests; try again.")


def _not_recorded() -> Unavailable:
    return Unavailable("The request could not be recorded in the audit trail, and was not carried out; try again.")
