"""Deleting all that an account has of some kinds, whatever they are, so that a run that dies anywhere can be followed by another.

A record goes before what it owns, so that nobody sees half of it; what it owned is noted before. A record that stays while
all that it owns of some kinds goes gets a new key for it (`Holding.fresh`) by compare-and-swap, and what lies under the
old key is deleted then: writers that still use the old key find their record changed.
"""
from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.errors import Conflict, NotFound, Unavailable
from shared.lifecycle.ownership import all_owned, delete_under, key_of, may_be_written_ahead
from shared.storage.account_store import AccountStore, PlacedRecord, Record
from shared.storage.holdings import Holding, Portability, Shape, owned_by

Pending = Sequence[tuple[str, str]]
"""Kinds and keys that no record has any longer, or will not have in a moment."""
Note = Callable[[Mapping[str, Any], Pending], None]
_STRETCH = 50
_TRIES = 20
_ORPHAN_AGE = timedelta(days=1)


class Emptying:
    """The deletion of `kinds` in one account. `place` and `pending` are what an earlier run noted."""

    def __init__(self, store: AccountStore, holdings: Sequence[Holding], kinds: Sequence[Holding],
                 erasers: Mapping[str, Callable[[AccountStore], object]], now: datetime, note: Note, pause: Callable[[], None]) -> None:
        """`erasers` are for kinds that a room of its own must empty. `note` keeps where to go on; `pause` may raise."""
        self._store = store
        self._holdings = holdings
        self._by_kind = {holding.kind: holding for holding in holdings}
        self._kinds = kinds
        self._erasers = erasers
        self._now = now
        self._note = note
        self._pause = pause

    def run(self, place: Mapping[str, Any], pending: Pending) -> None:
        covered = {each.kind for kind in self._kinds for each in all_owned([kind], self._holdings) if each is not kind}
        order = [holding for holding in self._kinds if holding.kind not in covered]
        number, after = place.get("number", 0), place.get("after")
        for position, holding in enumerate(order[number:], number):
            self._empty(holding, position, after, pending)
            after, pending = None, ()
            self._note({"number": position + 1, "after": None}, ())
        self._delete_orphans()

    def _empty(self, holding: Holding, number: int, after: Any, pending: Pending) -> None:
        if holding.kind in self._erasers:
            self._erasers[holding.kind](self._store)
        elif holding.parent is not None:
            self._empty_owners(holding, holding.parent, number, after, pending)
        elif holding.shape is Shape.BLOB:
            delete_under(self._store, holding, "", self._holdings, self._pause)
        else:
            self._delete_records(holding, number, after, pending)

    def _delete_records(self, holding: Holding, number: int, after: str | None, pending: Pending) -> None:
        owned = owned_by(holding, self._holdings)
        while True:
            page = self._store.records.page(holding, after=after, size=_STRETCH)
            pending = [*pending, *((each.kind, key_of(record, each)) for record in page.records for each in owned)]
            if pending:
                self._note({"number": number, "after": after}, pending)
            self._store.records.delete_all(holding, [record.id for record in page.records])
            self._delete_pending(pending)
            pending, after = (), page.next_after
            if after is None:
                return

    def _empty_owners(self, holding: Holding, owner: Holding, number: int, after: Any, pending: Pending) -> None:
        shared = [each for each in owned_by(owner, self._holdings) if each.parent_key == holding.parent_key]
        going = [each for each in shared if each in self._kinds or each.portability is Portability.DERIVED]
        moves = holding.parent_key is not None and holding.parent_key in owner.derived and len(going) == len(shared)
        while True:
            owners, after_next = self._store.records.walk(owner.kind, after and (after[0], after[1]), _STRETCH)
            if moves:
                pending = [*pending, *((each.kind, key_of(placed.record, each)) for placed in owners for each in going)]
            if pending:
                self._note({"number": number, "after": after}, pending)
            for placed in owners:
                self._empty_owner(owner, placed, going, moves)
            self._delete_pending(pending)
            pending, after = (), after_next and list(after_next)
            if after is None:
                return

    def _empty_owner(self, owner: Holding, placed: PlacedRecord, going: Sequence[Holding], moves: bool) -> None:
        """With a key that stays, because what lies under it stays too in part: its rows go first, and then all derived from them."""
        if not moves:
            for each in going:
                delete_under(self._store, each, key_of(placed.record, each), self._holdings, self._pause)
        if owner.fresh is None:
            return
        for replaced in self._freshened(owner, placed, moves):
            for each in going:
                if moves or each.portability is Portability.DERIVED:
                    delete_under(self._store, each, key_of(replaced, each), self._holdings, self._pause)

    def _freshened(self, owner: Holding, placed: PlacedRecord, moves: bool) -> Iterator[Record]:
        """The record as it was right before its derived properties were made anew; nothing where it is gone."""
        assert owner.fresh is not None
        keys = {each.parent_key for each in owned_by(owner, self._holdings)}
        record: Record | None = placed.record
        for _ in range(_TRIES):
            if record is None:
                return
            fresh = {name: value for name, value in owner.fresh(uuid.uuid4().hex).items() if moves or name not in keys}
            changed = dataclasses.replace(
                record, content={name: fresh.get(name, value) for name, value in record.content.items()},
                plain={name: fresh.get(name, value) for name, value in record.plain.items()})
            try:
                self._store.records.replace(owner, changed, placed.parent_key)
            except Conflict:
                record = self._store.records.find(owner, record.id, placed.parent_key)
                continue
            except NotFound:
                return
            yield record
            return
        raise Unavailable("The records are being changed by many requests; try again.")

    def _delete_pending(self, pending: Pending) -> None:
        for kind, key in dict.fromkeys(pending):
            delete_under(self._store, self._by_kind[kind], key, self._holdings, self._pause)

    def _delete_orphans(self) -> None:
        """What lies under a key that no record has. An import may be writing some of it, which is left for a day."""
        for holding in all_owned(self._kinds, self._holdings):
            if holding.parent is None:
                continue
            store = self._store.records if holding.shape is Shape.RECORD else self._store.blobs
            keys = {key for key, written_at in store.parent_keys(holding.kind)
                    if not may_be_written_ahead(holding) or self._now - written_at >= _ORPHAN_AGE}
            # The owners are read after the keys were: whoever writes under a new key has written its owner before.
            for key in sorted(keys - self._keys_in_use(holding, holding.parent)) if keys else ():
                delete_under(self._store, holding, key, self._holdings, self._pause)

    def _keys_in_use(self, holding: Holding, owner: Holding) -> set[str]:
        keys: set[str] = set()
        after = None
        while True:
            owners, after = self._store.records.walk(owner.kind, after, 999)
            keys |= {key_of(placed.record, holding) for placed in owners}
            if after is None:
                return keys
