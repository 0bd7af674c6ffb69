"""The records of the audit trail, kind AUDIT_EVENT: RowKey = sequence number in 20 digits; `head` is the end of the trail.

All lie in one partition, so that events and head are written in one transaction.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import takewhile

from shared.accounts.audit_trail import (
    HEAD_ID,
    AuditEvent,
    Head,
    Stored,
    head_of,
    head_values,
    id_of,
    stored_of,
)
from shared.crypto.envelope import DecryptionFailed
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import AUDIT_EVENT

_DELETED_AT_ONCE = 1000


class AuditRepository:
    def find_head(self, account: AccountStore) -> Head | None:
        """Raises DecryptionFailed where what is there was written past this service."""
        record = account.records.find(AUDIT_EVENT, HEAD_ID)
        return None if record is None else head_of(record.content["event"], record.content["hash"], record.etag)

    def append(self, account: AccountStore, events: Sequence[AuditEvent], head: Head) -> Head:
        """Write up to 99 events and the head after them, all or nothing; return the head as it is stored.

        Raises Conflict where another writer was first, NotFound where the head that was there is gone.
        """
        etag = account.records.append(AUDIT_EVENT, [_record(event) for event in events], _head_record(head))
        return dataclasses.replace(head, etag=etag)

    def delete_head(self, account: AccountStore) -> None:
        account.records.delete(AUDIT_EVENT, HEAD_ID)

    def replace_head(self, account: AccountStore, head: Head) -> Head:
        """Raises Conflict where it changed since it was read, NotFound where it is gone."""
        return dataclasses.replace(head, etag=account.records.replace(AUDIT_EVENT, _head_record(head)))

    def find(self, account: AccountStore, sequence: int) -> Stored | None:
        return next((stored for stored in self.between(account, sequence, sequence) if stored.id == id_of(sequence)), None)

    def between(self, account: AccountStore, first: int, last: int) -> list[Stored]:
        """What lies after the place before `first` and up to `last`, at most 999 rows, in order.

        What cannot be read has no event; what was slipped in between two events is among it.
        """
        if first > last:
            return []
        after, through = id_of(first - 1), id_of(last)
        try:
            page = account.records.page(AUDIT_EVENT, after=after, last=through)
        except DecryptionFailed:  # somebody wrote to the table past this service: each by itself, to see which
            return [self._stored(account, record_id) for record_id in self._ids(account) if after < record_id <= through]
        return [stored_of(record.id, record.content) for record in page.records]

    def last_sequence(self, account: AccountStore) -> int:
        """Of the events there are, whatever the head says; a walk over all of them. 0 where there is none."""
        return max((int(record_id) for record_id in self._ids(account) if record_id.isdigit()), default=0)

    def delete_through(self, account: AccountStore, sequence: int) -> int:
        """Delete the events up to this one, a thousand of them at the most, and return how many there were."""
        ids, _ = account.records.ids(AUDIT_EVENT, size=_DELETED_AT_ONCE)
        doomed = list(takewhile(lambda record_id: record_id <= id_of(sequence), ids))
        account.records.delete_all(AUDIT_EVENT, doomed)
        return len(doomed)

    def _ids(self, account: AccountStore) -> Iterator[str]:
        after: str | None = None
        while True:
            ids, after = account.records.ids(AUDIT_EVENT, after=after)
            yield from ids
            if after is None:
                return

    def _stored(self, account: AccountStore, record_id: str) -> Stored:
        try:
            record = account.records.find(AUDIT_EVENT, record_id)
        except DecryptionFailed:
            record = None
        return Stored(record_id, None, "") if record is None else stored_of(record_id, record.content)


def _record(event: AuditEvent) -> Record:
    return Record(id_of(event.sequence), {"event": event.as_json(), "hash": event.hash})


def _head_record(head: Head) -> Record:
    return Record(HEAD_ID, head_values(head), etag=head.etag)
