"""One account's own table and container, bound to its data keys: everything that passes through is encrypted.

A room is handed an AccountStore and can name no other account's data. The associated data of a ciphertext is where it
lies (account, table or container, keys), so that one moved elsewhere does not decrypt.
"""
from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from shared.crypto.envelope import DataKeys, NewerDataKey, version_of
from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.blobs import Container
from shared.storage.holdings import Holding, Shape
from shared.storage.tables import Row, Table, escape_key, unescape_key

_PAYLOAD = "payload"
_PARALLEL_READS = 16
T = TypeVar("T")
PAYLOAD_LIMIT_BYTES = 65_000
"""A binary property of Azure Tables holds 64 KiB; a larger value belongs into a blob."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: `content` was encrypted, `plain` was not."""

    id: str
    content: Mapping[str, Any]
    plain: Mapping[str, Any] = field(default_factory=dict)
    etag: str | None = field(default=None, compare=False)


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
        plaintext = json.dumps(record.content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        payload = self._keys.encrypt(plaintext, self._place(partition, key))
        if len(payload) > PAYLOAD_LIMIT_BYTES:
            raise ValueError(f"kind {holding.kind}: {len(payload)} bytes do not fit a record; keep them in a blob")
        return Row(partition, key, {_PAYLOAD: payload, **record.plain}, record.etag)

    def _record(self, row: Row) -> Record:
        with _rotation_noticed():
            plaintext = self._keys.decrypt(row.values[_PAYLOAD], self._place(row.partition, row.key))
        plain = {name: value for name, value in row.values.items() if name != _PAYLOAD}
        return Record(unescape_key(row.key), json.loads(plaintext.decode("utf-8", "surrogatepass")), plain, row.etag)

    def _place(self, partition: str, key: str) -> bytes:
        return _place(self._account_id, "table", self._table.name, partition, key)


class AccountBlobs:
    """The blobs of one account."""

    def __init__(self, account_id: str, container: Container, keys: DataKeys) -> None:
        self._account_id = account_id
        self._container = container
        self._keys = keys

    def write(self, holding: Holding, blob_id: str, chunks: Iterable[bytes]) -> None:
        """Write a blob whole, replacing what was there; encrypted before it leaves the process."""
        name = _blob_name(holding, blob_id)
        self._container.write(name, self._keys.encrypt_stream(chunks, self._place(name)))

    def read(self, holding: Holding, blob_id: str) -> Iterator[bytes]:
        """The plaintext, piece by piece. Raises NotFound."""
        name = _blob_name(holding, blob_id)
        with _rotation_noticed():
            yield from self._keys.decrypt_stream(self._container.read(name), self._place(name))

    def delete(self, holding: Holding, blob_id: str) -> None:
        """Delete; nothing happens if it is gone."""
        self._container.delete(_blob_name(holding, blob_id))

    def ids(self, holding: Holding, prefix: str = "") -> list[str]:
        """The ids that begin so, in order."""
        start = _blob_name(holding, prefix)
        return [name.partition("/")[2] for name, _ in self._container.names(start)]

    def rewrite_under_current_key(self, after: str | None, size: int) -> tuple[int, str | None]:
        """Encrypt a stretch of blobs again where an older data key was used; as the records' method of this name."""
        seen = list(islice(self._container.names(after=after), size))
        stale = 0
        for name, etag in seen:
            try:
                if version_of(self._container.read_first(name, 16)) == self._keys.current_version:
                    continue
                stale += 1
                plaintext = self._keys.decrypt_stream(self._container.read(name), self._place(name))
                self._container.replace(name, self._keys.encrypt_stream(plaintext, self._place(name)), etag)
            except (Conflict, NotFound):
                continue
        return stale, seen[-1][0] if len(seen) == size else None

    def _place(self, name: str) -> bytes:
        return _place(self._account_id, "container", self._container.name, name)


@dataclass(frozen=True, slots=True)
class AccountStore:
    """All that a room is given of an account."""

    account_id: str
    records: AccountRecords
    blobs: AccountBlobs
    keys: DataKeys


@contextmanager
def _rotation_noticed() -> Iterator[None]:
    """Raises Unavailable where another request rotated the data key after this one had opened the account."""
    try:
        yield
    except NewerDataKey:
        raise Unavailable("The data key was rotated while this request ran; try again.") from None


def _side_by_side(read: Callable[[str], T], keys: Sequence[str]) -> list[T]:
    """In slices, so that one request with many reads lets those of others in between."""
    if len(keys) < 2:
        return [read(key) for key in keys]
    return [value for start in range(0, len(keys), _PARALLEL_READS)
            for value in _readers().map(read, keys[start:start + _PARALLEL_READS])]


@cache
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_PARALLEL_READS, thread_name_prefix="reads")


def _partition(holding: Holding, parent: str | None) -> str:
    return holding.kind if parent is None else f"{holding.kind}|{escape_key(parent)}"


def _blob_name(holding: Holding, blob_id: str) -> str:
    if holding.shape is not Shape.BLOB:
        raise ValueError(f"kind {holding.kind} is not declared as a blob")
    return f"{holding.kind}/{blob_id}"


def _place(*parts: str) -> bytes:
    return "\x00".join(parts).encode()


def _escaped(key: str | None) -> str | None:
    return None if key is None else escape_key(key)


def _unescaped(key: str | None) -> str | None:
    return None if key is None else unescape_key(key)
