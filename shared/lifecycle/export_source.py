"""What an export reads of an account, in the archive's order, while others go on changing it.

Which records own others is settled first, once: an owner's line is kept from then on, so that no line and no file in the
archive lacks its owner, whatever is deleted meanwhile. Everything that exists throughout is found.
"""
from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypeVar

from shared.errors import Conflict, NotFound, Unavailable
from shared.lifecycle.archive_format import (
    file_path,
    history_file_path,
    json_line,
    line_of,
    owned_file_id,
)
from shared.lifecycle.spool import Spool
from shared.storage.account_blobs import BlobInfo
from shared.storage.account_store import AccountStore, Place, Record
from shared.storage.holdings import Holding, Portability, Shape, owned_by

_PAGE = 999
_READ_TRIES = 3
_WHOLE_BYTES = 8 * 1024 * 1024
"""A file up to this size is read before a byte of it is written, so that reading it can be tried again."""
_ORDERED_AS_STORED = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.~:,@=+()&;$*'")
"""Ids of these characters are in the table in their own order; others are escaped there (`storage/tables.py`)."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A blob and its path in the archive."""

    path: str
    kind: str
    blob_id: str
    size_bytes: int


class ExportSource:
    def __init__(self, store: AccountStore, reopen: Callable[[], AccountStore], holdings: Sequence[Holding]) -> None:
        """`reopen` opens the account anew, and so knows a data key that was rotated meanwhile."""
        self._store = store
        self._reopen = reopen
        self._holdings = holdings
        self._owners: dict[str, Spool] = {}

    def count_records(self, kinds: Sequence[str]) -> Iterator[int]:
        """How many records of these kinds there are, stretch by stretch."""
        for kind in kinds:
            after: Place | None = None
            while True:
                places, after = self._read(lambda store, kind=kind, after=after: store.records.places(kind, after, _PAGE))
                yield len(places)
                if after is None:
                    break

    def undeclared_record_kinds(self) -> list[str]:
        declared = {holding.kind for holding in self._holdings if holding.shape is Shape.RECORD}
        return sorted(set(self._read(lambda store: store.records.kinds())) - declared)

    def lines(self, holding: Holding) -> Iterator[bytes]:
        """The line of each record of a declared kind that has its owner."""
        if owned_by(holding, self._holdings):
            for entry in self._owners_of(holding):
                yield json.loads(entry)["line"].encode() + b"\n"
            return
        for record, owner_id in self._records(holding):
            yield line_of(holding, record, owner_id)

    def undeclared_lines(self, kind: str) -> Iterator[bytes]:
        """The line of each record of a kind that no holding declares, with all that it holds."""
        after: Place | None = None
        while True:
            placed, after = self._read(lambda store, after=after: store.records.walk(kind, after, _PAGE))
            for each in placed:
                parent = {} if each.parent_key is None else {"parent": each.parent_key}
                yield json_line({**each.record.plain, **each.record.content, "id": each.record.id, **parent})
            if after is None:
                return

    def files(self, portability: Portability) -> list[StoredFile]:
        """The blobs that an export has under `files/` (CONTENT) or `history/` (HISTORY, and kinds that no holding
        declares), in the order of their paths."""
        path_of = file_path if portability is Portability.CONTENT else history_file_path
        blobs = {each.kind: each for each in self._holdings if each.shape is Shape.BLOB}
        files = [StoredFile(path_of(holding.kind, file_id), holding.kind, blob.id, blob.size_bytes)
                 for holding in blobs.values() if holding.portability is portability
                 for file_id, blob in self._files_of(holding)]
        if portability is Portability.HISTORY:
            files += [StoredFile(path_of(kind, blob.id), kind, blob.id, blob.size_bytes)
                      for kind in self._read(lambda store: store.blobs.kinds()) if kind not in blobs
                      for blob in self._read(lambda store, kind=kind: list(store.blobs.of_kind(kind)))]
        return sorted(files, key=lambda file: file.path)

    def _files_of(self, holding: Holding) -> Iterator[tuple[str, BlobInfo]]:
        """Each blob that has its owner, and its id in the archive."""
        blobs = self._read(lambda store: list(store.blobs.list(holding)))
        if holding.parent is None:
            yield from ((blob.id, blob) for blob in blobs)
            return
        owner_ids = {owner["keys"][holding.parent_key or ""]: owner["id"]
                     for owner in map(json.loads, self._owners_of(holding.parent))}
        for blob in blobs:
            key, _, rest = blob.id.partition("/")
            if key in owner_ids:
                yield owned_file_id(owner_ids[key], rest), blob

    def chunks(self, file: StoredFile) -> Iterator[bytes] | None:
        """The bytes of a file, None if it is gone. Raises Conflict where a large one is replaced while it is read."""
        try:
            if file.size_bytes <= _WHOLE_BYTES:
                return iter(self._read(lambda store: list(store.blobs.read_of_kind(file.kind, file.blob_id))))
            pieces = self._store.blobs.read_of_kind(file.kind, file.blob_id)
            first = next(pieces)
        except NotFound:
            return None

        def all_pieces() -> Iterator[bytes]:
            yield first
            yield from pieces
        return all_pieces()

    def _owners_of(self, holding: Holding) -> Spool:
        """The records of a kind that own others: id, line, and the keys under which they own, by property."""
        if holding.kind not in self._owners:
            properties = {each.parent_key for each in owned_by(holding, self._holdings)}
            spool = Spool()
            for record, owner_id in self._records(holding):
                keys = {name or "": record.id if name is None else record.plain[name] for name in properties}
                line = line_of(holding, record, owner_id).decode()
                spool.add(json.dumps({"id": record.id, "keys": keys, "line": line.removesuffix("\n")}).encode())
            self._owners[holding.kind] = spool
        return self._owners[holding.kind]

    def _records(self, holding: Holding) -> Iterator[tuple[Record, str | None]]:
        """The records of a kind, each with its owner's id: in their owners' order, then by id."""
        if holding.parent is None:
            for record in self._records_under(holding, None):
                yield record, None
            return
        for owner in map(json.loads, self._owners_of(holding.parent)):
            for record in self._records_under(holding, owner["keys"][holding.parent_key or ""]):
                yield record, owner["id"]

    def _records_under(self, holding: Holding, parent: str | None) -> Iterator[Record]:
        """In the order of the ids; the few whose escaped form lies elsewhere in the table wait for their turn.

        Of those that sort before an id without such characters the table holds the escaped forms before it too: `!` sorts
        before all of them. They wait as ids, and are read again.
        """
        waiting: list[str] = []
        after: str | None = None
        while True:
            page = self._read(lambda store, after=after: store.records.page(holding, parent, after=after, size=_PAGE))
            for record in page.records:
                if not _ORDERED_AS_STORED.issuperset(record.id):
                    heappush(waiting, record.id)
                    continue
                if waiting and waiting[0] < record.id:
                    yield from self._next_waiting(holding, parent, waiting, record.id)
                yield record
            after = page.next_after
            if after is None:
                yield from self._next_waiting(holding, parent, waiting, None)
                return

    def _next_waiting(self, holding: Holding, parent: str | None, waiting: list[str], before: str | None) -> Iterator[Record]:
        while waiting and (before is None or waiting[0] < before):
            ids: list[str] = []
            while waiting and len(ids) < _PAGE and (before is None or waiting[0] < before):
                ids.append(heappop(waiting))
            found = self._read(lambda store, ids=ids: store.records.find_all(holding, ids, parent))
            yield from (found[record_id] for record_id in ids if record_id in found)

    def _read(self, read: Callable[[AccountStore], T]) -> T:
        for tries_left in reversed(range(_READ_TRIES)):
            try:
                return read(self._store)
            except (Conflict, Unavailable):
                if not tries_left:
                    raise
                self._store = self._reopen()
        raise AssertionError("the loop returns or raises")
