"""Deleting one record that an erasure is about: noted before, so that a process may end at any place, and marked when it is gone.

The id of the erasure, which is its receipt's too, is made of what is deleted: of several requests that delete it at the same time
each notes the same, and gets the same receipt.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime

from shared.errors import Conflict, NotFound
from shared.lifecycle.erasure_repository import Erasure, ErasureRepository, RecordErased
from shared.lifecycle.inventory import Inventory
from shared.lifecycle.ownership import keys_of
from shared.lifecycle.receipts import time_text
from shared.storage.account_store import AccountStore, stored_place
from shared.storage.blobs import Container
from shared.storage.holdings import Holding
from shared.storage.tables import Table
from shared.storage.turns import busy, tries

RECORD_DELETED = "recordDeleted"
_ID_PURPOSE = "receipt of a deleted record"


class RecordDeletion:
    def __init__(self, erasures: ErasureRepository, account: AccountStore, stores: tuple[Table, Container], holdings: Sequence[Holding],
                 note_receipt: Callable[[str], None], now: Callable[[], datetime]) -> None:
        """`note_receipt` is told the id before anything is noted under it."""
        self._erasures = erasures
        self._account = account
        self._stores = stores
        self._holdings = holdings
        self._note_receipt = note_receipt
        self._now = now

    def run(self, erasure: Erasure, holding: Holding, record_id: str, parent_key: str | None) -> str | None:
        """Delete the record, and return the id of its erasure; None where there is none. The id of `erasure` does not count.

        A run that finds the record still there, since this process ended in between, deletes it as it was noted. Raises Unavailable.
        """
        noted: Erasure | None = None
        for _ in tries():
            row = self._stores[0].find(*stored_place(holding, record_id, parent_key))
            record = None if row is None else self._account.records.find(holding, record_id, parent_key)
            if row is None or record is None:
                return None if noted is None else noted.id
            if record.etag != row.etag:
                continue
            assert record.etag is not None
            erased = RecordErased(holding.kind, parent_key, record_id, record.etag, keys_of(record, holding, self._holdings))
            receipt_id = self._id_of(erased)
            if noted is not None and noted.id != receipt_id:  # another one since: what was asked for is gone
                return noted.id
            self._note_receipt(receipt_id)
            noted = self._noted(dataclasses.replace(
                erasure, id=receipt_id, record=erased, inventory=Inventory(*self._stores, self._now).begin_with(row)))
            try:
                self._account.records.delete(holding, record_id, parent_key, record.etag)
            except Conflict:
                if not erased.owned:  # it cannot be told from another one since: what was noted of it is noted anew
                    self._erasures.take_back(self._account, noted)
                    noted = None
                continue
            self._mark_deleted(noted)
            return noted.id
        raise busy("The record")

    def _id_of(self, erased: RecordErased) -> str:
        """Of a record that owns others it is the same however it is changed: the keys that they lie under are its own alone."""
        what = [part for pair in erased.owned for part in pair] or [erased.etag]
        return self._account.keys.keyed_hash(_ID_PURPOSE, erased.kind, erased.parent_key or "", erased.id, *what).hex()[:32]

    def _noted(self, erasure: Erasure) -> Erasure:
        """The erasure as it is noted: as another request did it too, or noted the record before it was changed."""
        for _ in tries():
            try:
                return dataclasses.replace(erasure, etag=self._erasures.insert(self._account, erasure))
            except Conflict:
                there = self._erasures.find(self._account, erasure.id)
            if there is None:
                continue
            if there.record == erasure.record or RECORD_DELETED in there.steps:
                return there
            there = dataclasses.replace(there, record=erasure.record, inventory=erasure.inventory)
            try:
                return dataclasses.replace(there, etag=self._erasures.replace(self._account, there))
            except (Conflict, NotFound):
                continue
        raise busy("The record")

    def _mark_deleted(self, noted: Erasure) -> None:
        """From now on a record in its place is another one, and the receipt comes all the same."""
        for _ in tries():
            marked = dataclasses.replace(noted, steps={**noted.steps, RECORD_DELETED: time_text(self._now())})
            try:
                if noted.etag is None:
                    self._erasures.insert(self._account, marked)
                else:
                    self._erasures.replace(self._account, marked)
                return
            except (Conflict, NotFound):  # another request, or a run, was at it
                there = self._erasures.find(self._account, noted.id)
            if there is not None and RECORD_DELETED in there.steps:
                return
            noted = there or dataclasses.replace(noted, etag=None)
        raise busy("The record")
