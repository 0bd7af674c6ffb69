"""One account's own table and container, bound to its data keys: everything that passes through is encrypted.

A room is handed an AccountStore and can name no other account's data. The associated data of a ciphertext is where it
lies (account, table or container, keys), so that one moved elsewhere does not decrypt.
"""
from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from math import isfinite
from typing import Any, TypeVar

from shared.crypto.envelope import PAYLOAD_OVERHEAD_BYTES, DataKeys, version_of
from shared.errors import Conflict, NotFound
from shared.storage.account_blobs import AccountBlobs
from shared.storage.ciphertexts import place_of, rotation_noticed
from shared.storage.holdings import Holding, Shape
from shared.storage.tables import Row, Table, escape_key, unescape_key

_PAYLOAD = "payload"
_PARALLEL_READS = 16
T = TypeVar("T")
PAYLOAD_LIMIT_BYTES = 65_000
"""A binary property of Azure Tables holds 64 KiB; a larger value belongs into a blob."""
_KEY_LIMIT = 512
_TEXT_LIMIT = 32_000
_EARLIEST_TIME = datetime(1601, 1, 1, tzinfo=UTC)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class NotStorable(ValueError):
    """The service's limits do not let a record be kept. Says why, and nothing of what is in it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: `content` was encrypted, `plain` was not."""

    id: str
    content: Mapping[str, Any]
    plain: Mapping[str, Any] = field(default_factory=dict)
    etag: str | None = field(default=None, compare=False)


Place = tuple[str, str]
"""Where a walk goes on: PartitionKey and RowKey as they are stored."""
_AFTER_PARENTS = "}"  # the character after `|`


@dataclass(frozen=True, slots=True)
class PlacedRecord:
    """A record and the key that its parent keeps its own under, None where it has no parent."""

    parent_key: str | None
    record: Record


@dataclass(frozen=True, slots=True)
class RecordPage:
    records: Sequence[Record]
    next_after: str | None


class AccountRecords:
    """The records of one account. `parent` is the id of the record that owns these, where a kind has one."""

    def __init__(self, account_id: str, table: Table, keys: DataKeys) -> None:
        self._account_id = account_id
        self._table = table
        self._keys = keys

    def find(self, holding: Holding, record_id: str, parent: str | None = None) -> Record | None:
        row = self._table.find(_partition(holding, parent), escape_key(record_id))
        return None if row is None else self._record(row)

    def find_plain(self, holding: Holding, record_ids: Sequence[str],
                   parent: str | None = None) -> list[Mapping[str, Any] | None]:
        """The plain properties of each record, None where there is none: the cheapest read, side by side."""
        def read(record_id: str) -> Mapping[str, Any] | None:
            row = self._table.find(_partition(holding, parent), escape_key(record_id), select=holding.plain)
            return None if row is None else row.values
        return _side_by_side(read, record_ids)

    def find_all(self, holding: Holding, record_ids: Sequence[str], parent: str | None = None) -> dict[str, Record]:
        """Those of these records that exist, by id, read side by side."""
        found = _side_by_side(lambda record_id: self.find(holding, record_id, parent), record_ids)
        return {record.id: record for record in found if record is not None}

    def insert(self, holding: Holding, record: Record, parent: str | None = None) -> str:
        """Return the etag. Raises Conflict if there is one with this id."""
        return self._table.insert(self._row(holding, record, parent))

    def replace(self, holding: Holding, record: Record, parent: str | None = None) -> str:
        """Replace the record whose etag this is. Raises Conflict if it changed since, NotFound if it is gone."""
        return self._table.replace(self._row(holding, record, parent))

    def append(self, holding: Holding, records: Sequence[Record], head: Record) -> str:
        """Insert up to 99 records and, all or nothing, replace the record `head`, or insert it where it has no etag.

        Return the head's etag. Raises Conflict if one of the ids is taken or the head changed since, NotFound if it is gone.
        """
        return self._table.append([self._row(holding, record, None) for record in records], self._row(holding, head, None))

    def insert_all(self, holding: Holding, records: Sequence[Record], parent: str | None = None) -> None:
        """Insert up to a hundred records of one parent, all or none. Raises Conflict if one of the ids is taken."""
        self._table.insert_all([self._row(holding, record, parent) for record in records])

    def upsert_all(self, holding: Holding, records: Sequence[Record], parent: str | None = None) -> None:
        """Upsert records of one parent, atomic for each hundred. The ids must differ."""
        self._table.upsert_all([self._row(holding, record, parent) for record in records])

    def delete(self, holding: Holding, record_id: str, parent: str | None = None, etag: str | None = None) -> None:
        """Delete; nothing happens if it is gone. Raises Conflict if `etag` is given and stale."""
        self._table.delete(_partition(holding, parent), escape_key(record_id), etag)

    def delete_all(self, holding: Holding, record_ids: Sequence[str], parent: str | None = None) -> None:
        self._table.delete_all(_partition(holding, parent), [escape_key(record_id) for record_id in record_ids])

    def page(self, holding: Holding, parent: str | None = None, *, after: str | None = None, size: int = 1000,
             first: str | None = None, last: str | None = None) -> RecordPage:
        """Up to `size` records in id order, after the id `after`, with ids from `first` to `last`."""
        page = self._table.page(_partition(holding, parent), after=_escaped(after), size=size,
                                first=_escaped(first), last=_escaped(last))
        return RecordPage([self._record(row) for row in page.rows], _unescaped(page.next_after))

    def ids(self, holding: Holding, parent: str | None = None, *, after: str | None = None,
            size: int = 1000) -> tuple[list[str], str | None]:
        """A page of ids, nothing decrypted, and the id to go on after."""
        page = self._table.page(_partition(holding, parent), after=_escaped(after), size=size, select=())
        return [unescape_key(row.key) for row in page.rows], _unescaped(page.next_after)

    def all(self, holding: Holding, parent: str | None = None) -> Iterator[Record]:
        """All records of a parent in id order, read page by page."""
        after: str | None = None
        while True:
            page = self.page(holding, parent, after=after)
            yield from page.records
            after = page.next_after
            if after is None:
                return

    def all_ids(self, holding: Holding, parent: str | None = None) -> Iterator[str]:
        """As `all`, nothing decrypted."""
        after: str | None = None
        while True:
            ids, after = self.ids(holding, parent, after=after)
            yield from ids
            if after is None:
                return

    def plain_of_all(self, holding: Holding, parent: str | None = None) -> dict[str, Mapping[str, Any]]:
        """The plain properties of all records of a parent, by id, nothing decrypted: where there are few."""
        found: dict[str, Mapping[str, Any]] = {}
        after: str | None = None
        while True:
            page = self._table.page(_partition(holding, parent), after=after, select=holding.plain)
            found |= {unescape_key(row.key): row.values for row in page.rows}
            after = page.next_after
            if after is None:
                return found

    def kinds(self) -> list[str]:
        """The kinds that there are records of, declared or not, in the order of their partitions."""
        kinds: dict[str, None] = {}
        partition = self._table.partition_after("")
        while partition is not None:
            kind, _, parent = partition.partition("|")
            kinds[kind] = None
            partition = self._table.partition_after(f"{kind}{_AFTER_PARENTS}" if parent else partition)
        return list(kinds)

    def walk(self, kind: str, after: Place | None, size: int) -> tuple[list[PlacedRecord], Place | None]:
        """A stretch of all records of a kind, declared or not, whatever their parents; and the place to go on after."""
        rows, last = self._walk(kind, after, size, None)
        return [PlacedRecord(_parent_of(row), self._record(row)) for row in rows], last

    def walk_plain(self, holding: Holding, after: Place | None, size: int) -> tuple[list[PlacedRecord], Place | None]:
        """As `walk`, of a kind that is declared: nothing decrypted, their content empty."""
        rows, last = self._walk(holding.kind, after, size, holding.plain)
        return [PlacedRecord(_parent_of(row), Record(unescape_key(row.key), {}, _plain(row), row.etag)) for row in rows], last

    def places(self, kind: str, after: Place | None, size: int) -> tuple[list[tuple[str | None, str]], Place | None]:
        """As `walk`: parent key and id alone, nothing decrypted."""
        rows, last = self._walk(kind, after, size, ())
        return [(_parent_of(row), unescape_key(row.key)) for row in rows], last

    def _walk(self, kind: str, after: Place | None, size: int,
              select: Sequence[str] | None) -> tuple[list[Row], Place | None]:
        # First the records without a parent, then `kind|` and what follows: other kinds may sort between the two.
        if after is None or after[0] == kind:
            page = self._table.page(kind, after=None if after is None else after[1], size=size, select=select)
            if page.rows:
                last = page.rows[-1].key
                return list(page.rows), (kind, last)
            after = (f"{kind}|", "")
        rows, last_place = self._table.walk(after, size, below=f"{kind}{_AFTER_PARENTS}", select=select)
        return rows, last_place

    def parent_keys(self, kind: str) -> Iterator[tuple[str, datetime]]:
        """Each key that records of this kind lie under, and when the first of them was written, by the storage's clock."""
        partition = self._table.partition_after(f"{kind}|")
        while partition is not None and partition.startswith(f"{kind}|"):
            for row in self._table.page(partition, size=1).rows:
                assert row.written_at is not None
                yield unescape_key(partition.partition("|")[2]), row.written_at
            partition = self._table.partition_after(partition)

    def expired(self, holding: Holding, time: datetime, size: int) -> list[PlacedRecord]:
        """As `due`, by the property after which records are deleted."""
        assert holding.expires is not None
        return self.due(holding, holding.expires, time, size)

    def due(self, holding: Holding, name: str, time: datetime, size: int) -> list[PlacedRecord]:
        """Up to `size` records whose plain property `name`, a time, had come by `time`, whatever their parents; nothing decrypted,
        their content empty."""
        first, last = (holding.kind, holding.kind) if holding.parent is None else (f"{holding.kind}|", f"{holding.kind}{_AFTER_PARENTS}")
        rows = self._table.before(first, last, name, time, size)
        return [PlacedRecord(_parent_of(row), Record(unescape_key(row.key), {}, _plain(row), row.etag)) for row in rows]

    def rewrite_under_current_key(self, after: tuple[str, str] | None, size: int) -> tuple[int, tuple[str, str] | None]:
        """Encrypt a stretch of the table's rows again where an older data key was used.

        Return how many had an older one, and the keys to go on after (None at the end). A row that another request
        changes meanwhile is left to the next walk.
        """
        rows, last = self._table.walk(after, size)
        stale = [row for row in rows if version_of(row.values[_PAYLOAD]) != self._keys.current_version]
        for row in stale:
            place = self._place(row.partition, row.key)
            payload = self._keys.encrypt(self._keys.decrypt(row.values[_PAYLOAD], place), place)
            try:
                self._table.replace(Row(row.partition, row.key, {**row.values, _PAYLOAD: payload}, row.etag))
            except (Conflict, NotFound):
                continue
        return len(stale), last

    def _row(self, holding: Holding, record: Record, parent: str | None) -> Row:
        if holding.shape is not Shape.RECORD or set(record.plain) != set(holding.plain):
            raise ValueError(f"kind {holding.kind}: the plain properties differ from its declaration")
        partition, key = _partition(holding, parent), escape_key(record.id)
        plaintext = _plaintext(record)
        payload = self._keys.encrypt(plaintext, self._place(partition, key))
        if len(payload) > PAYLOAD_LIMIT_BYTES:
            raise ValueError(f"kind {holding.kind}: {len(payload)} bytes do not fit a record; keep them in a blob")
        return Row(partition, key, {_PAYLOAD: payload, **record.plain}, record.etag)

    def _record(self, row: Row) -> Record:
        payload = row.values.get(_PAYLOAD, b"")  # a row that others wrote into the table may have none
        with rotation_noticed():
            plaintext = self._keys.decrypt(payload, self._place(row.partition, row.key))
        return Record(unescape_key(row.key), json.loads(plaintext.decode("utf-8", "surrogatepass")), _plain(row), row.etag)

    def _place(self, partition: str, key: str) -> bytes:
        return place_of(self._account_id, "table", self._table.name, partition, key)


@dataclass(frozen=True, slots=True)
class AccountStore:
    """All that a room is given of an account."""

    account_id: str
    records: AccountRecords
    blobs: AccountBlobs
    keys: DataKeys


def _side_by_side(read: Callable[[str], T], keys: Sequence[str]) -> list[T]:
    """In slices, so that one request with many reads lets those of others in between."""
    if len(keys) < 2:
        return [read(key) for key in keys]
    return [value for start in range(0, len(keys), _PARALLEL_READS)
            for value in _readers().map(read, keys[start:start + _PARALLEL_READS])]


@cache
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_PARALLEL_READS, thread_name_prefix="reads")


def check_storable(holding: Holding, record: Record, parent: str | None) -> None:
    """Raises NotStorable where `insert` could not take the record: keys, plain properties or content beyond the limits.

    Source: Understanding the Table service data model (keys of 1 KiB, strings of 64 KiB in UTF-16, times from 1601 on).
    """
    try:
        keys = _partition(holding, parent), escape_key(record.id)
    except UnicodeEncodeError:
        raise NotStorable("its id or its owner's id is not valid Unicode") from None
    if not record.id or max(map(len, keys)) > _KEY_LIMIT:
        raise NotStorable("its id or its owner's id is empty or too long")
    for name, value in record.plain.items():
        if not _is_storable(value):
            raise NotStorable(f"its property {name} is of a kind or size that cannot be kept")
    if len(_plaintext(record)) + PAYLOAD_OVERHEAD_BYTES > PAYLOAD_LIMIT_BYTES:
        raise NotStorable("it is too large for a record")


def _is_storable(value: object) -> bool:
    if isinstance(value, str):
        return len(value.encode("utf-16-le", "surrogatepass")) <= 2 * _TEXT_LIMIT and not _LONE_SURROGATE.search(value)
    if isinstance(value, datetime):
        return value.tzinfo is not None and value >= _EARLIEST_TIME
    if isinstance(value, int):
        return -1 << 31 <= value < 1 << 31
    return isinstance(value, float) and isfinite(value)


def _plaintext(record: Record) -> bytes:
    return _AS_JSON.encode(record.content).encode("utf-8", "surrogatepass")


def stored_place(holding: Holding, record_id: str, parent: str | None) -> Place:
    return _partition(holding, parent), escape_key(record_id)


def _partition(holding: Holding, parent: str | None) -> str:
    return holding.kind if parent is None else f"{holding.kind}|{escape_key(parent)}"


def _plain(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.values.items() if name != _PAYLOAD}


def _parent_of(row: Row) -> str | None:
    _, _, parent = row.partition.partition("|")
    return unescape_key(parent) if parent else None


def _escaped(key: str | None) -> str | None:
    return None if key is None else escape_key(key)


def _unescaped(key: str | None) -> str | None:
    return None if key is None else unescape_key(key)
