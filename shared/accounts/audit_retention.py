"""The end of an audit trail's oldest events: by age, or all up to the request of an owner who says so, whose event stays.

The head is moved first and says what was trimmed, so that what is left is a whole trail at any time; rows that a crash
leaves behind the head go with the next run.
"""
from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import takewhile

from shared.accounts.audit import busy
from shared.accounts.audit_repository import AuditRepository
from shared.accounts.audit_trail import ERASING, Head, Link, first_break, id_of
from shared.errors import Conflict
from shared.storage.account_store import AccountStore
from shared.storage.holdings import AUDIT_EVENT
from shared.storage.turns import tries

_EVENTS_AT_ONCE = 999
_log = logging.getLogger(__name__)


class AuditRetention:
    def __init__(self, events: AuditRepository, days: int, now: Callable[[], datetime]) -> None:
        self._events = events
        self._kept = timedelta(days=days)
        self._now = now

    def trim(self, account: AccountStore) -> int:
        """Delete events past their retention, 999 of them at the most, and return how many rows that were.

        A trail that is broken is left as it is from the break on, until somebody has looked at it.
        """
        return self._trim(account, lambda head: self._last_old(account, head))

    def erase(self, account: AccountStore) -> int:
        """Delete the events before the newest request to do so, and return how many rows that were; where nobody asked, all.

        That event stays, so that nobody who has a key wipes a trail without a trace.
        """
        count = deleted = self._trim(account, lambda head: self._before_request(account, head))
        while deleted:
            deleted = self._trim(account, lambda head: head.trimmed)
            count += deleted
        return count

    def _before_request(self, account: AccountStore, head: Head) -> Link:
        last = head.end.sequence
        while last > head.trimmed.sequence:
            first = max(head.trimmed.sequence + 1, last - _EVENTS_AT_ONCE + 1)
            for stored in reversed(self._events.between(account, first, last)):
                event = stored.event
                if event is not None and stored.id == id_of(event.sequence) and event.deed.operation == ERASING \
                        and event.deed.targets.get("kind") == AUDIT_EVENT.kind:
                    return Link(event.sequence - 1, event.previous)
            last = first - 1
        return head.end

    def _last_old(self, account: AccountStore, head: Head) -> Link:
        """The last event of those that are past their retention, from the trail's beginning on."""
        through = min(head.trimmed.sequence + _EVENTS_AT_ONCE, head.end.sequence)
        found = self._events.between(account, head.trimmed.sequence + 1, through)
        broken_at = first_break(head.trimmed, found, through)
        if broken_at is not None:
            _log.error("the audit trail of account %s is broken at event %d", account.account_id, broken_at)
        whole = [stored.event for stored in found if stored.event is not None]
        cutoff = self._now() - self._kept
        old = list(takewhile(
            lambda event: event.time < cutoff and (broken_at is None or event.sequence < broken_at), whole))
        return Link(old[-1].sequence, old[-1].hash) if old else head.trimmed

    def _trim(self, account: AccountStore, new_end: Callable[[Head], Link]) -> int:
        for _ in tries():
            head = self._events.find_head(account)
            if head is None:
                return 0
            trimmed = new_end(head)
            try:
                if trimmed != head.trimmed:
                    self._events.replace_head(account, Head(head.end, trimmed, head.etag))
                return self._events.delete_through(account, trimmed.sequence)
            except Conflict:
                continue
        raise busy()
