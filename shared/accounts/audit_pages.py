"""Reading an audit trail page by page, each held against the chain."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.accounts.audit_repository import AuditRepository
from shared.accounts.audit_trail import AuditEvent, Head, Link, Stored, first_break
from shared.crypto.envelope import DecryptionFailed
from shared.storage.account_store import AccountStore

LARGEST_PAGE = 500
_READ_TRIES = 3


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Events in their order. `broken_at` is the number of the first event that is missing, changed or out of its place.

    A page is held against the event before its first, and the last page against the head of the trail too.
    """

    events: Sequence[AuditEvent]
    next_after: int | None
    broken_at: int | None


class AuditReader:
    def __init__(self, events: AuditRepository) -> None:
        self._events = events

    def page(self, account: AccountStore, after: int, size: int) -> AuditPage:
        """The events with the `size` (at most 500) numbers after this one."""
        head = self._find_head(account)
        for _ in range(_READ_TRIES):
            page = self._page(account, head, after, size)
            if page.broken_at is None:
                return page
            # Retention may have trimmed events between the two reads.
            read, head = head, self._find_head(account)
            if read is None or head is None or read.trimmed == head.trimmed:
                return page
        return page

    def _page(self, account: AccountStore, head: Head | None, after: int, size: int) -> AuditPage:
        if head is None:  # nothing says where a trail ends that has no head; one that never began has not even that
            events = _readable(self._events.between(account, after + 1, after + size))
            return AuditPage(events, after + size if events else None, after + 1)
        start = max(after, head.trimmed.sequence)
        through = min(start + size, head.end.sequence)
        is_last = through == head.end.sequence
        if through < start:
            return AuditPage((), None, None)
        before = head.trimmed if start == head.trimmed.sequence else self._link(account, start)
        found = self._events.between(account, start + 1, through)
        broken_at = start if before is None else first_break(before, found, through, head.end.hash if is_last else None)
        return AuditPage(_readable(found), None if is_last else through, broken_at)

    def _link(self, account: AccountStore, sequence: int) -> Link | None:
        stored = self._events.find(account, sequence)
        if stored is None or stored.event is None or stored.event.hash != stored.hash:
            return None
        return Link(sequence, stored.hash)

    def _find_head(self, account: AccountStore) -> Head | None:
        try:
            return self._events.find_head(account)
        except DecryptionFailed:
            return None


def _readable(found: Sequence[Stored]) -> list[AuditEvent]:
    return [stored.event for stored in found if stored.event is not None]
