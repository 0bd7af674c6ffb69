"""Azure Tables: plain rows of one table, with keys escaped, errors translated and batches cut to the service's limits."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from azure.core import MatchConditions
from azure.data.tables import TableClient, TableServiceClient, UpdateMode

from shared.errors import Conflict, NotFound
from shared.storage.failures import translated

BATCH_ROWS = 100
_BATCH_BYTES = 3_500_000
_PAGE_ROWS = 999  # and one more to know whether there are more: 1,000 are the most that one request brings
_LEGAL = " -_.~:,@=+()&;$*'\""
_NEEDS_NO_ESCAPE = re.compile(rf"[A-Za-z0-9{re.escape(_LEGAL)}]*", re.ASCII)
_ROW_OVERHEAD_BYTES = 600


def escape_key(part: str) -> str:
    """One part of a table key in legal characters: `/ \\ # ?`, `%`, `!`, controls and non-ASCII become `!XX` (UTF-8)."""
    if _NEEDS_NO_ESCAPE.fullmatch(part):  # nearly all: a bulk import has a million
        return part
    return quote(part, safe=_LEGAL).replace("%", "!")


def unescape_key(part: str) -> str:
    return unquote(part.replace("!", "%"))


@dataclass(frozen=True, slots=True)
class Row:
    """One entity. `values` excludes the keys. Keys are given and returned as they are stored (escaped parts).

    `written_at` is the service's own time, where all properties were asked for.
    """

    partition: str
    key: str
    values: Mapping[str, Any]
    etag: str | None = field(default=None, compare=False)
    written_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows and, where there are more, the key of the last one: the place to go on after."""

    rows: Sequence[Row]
    next_after: str | None


class Table:
    """One table. Every call raises Unavailable when the storage does not answer."""

    def __init__(self, client: TableClient) -> None:
        self._client = client
        self.name: str = client.table_name

    def create(self) -> None:
        """Create the table; nothing happens if it exists."""
        try:
            with translated():
                self._client.create_table()
        except Conflict:
            return

    def destroy(self) -> None:
        """Delete the table with all its rows; nothing happens if it is gone."""
        with translated():
            self._client.delete_table()  # answers a table that is gone with success

    def find(self, partition: str, key: str, select: Sequence[str] | None = None) -> Row | None:
        try:
            with translated():
                return _row(self._client.get_entity(partition, key, select=_selected(select)))
        except NotFound:
            return None

    def insert(self, row: Row) -> str:
        """Return the etag. Raises Conflict if the row is there already."""
        with translated():
            return self._client.create_entity(_entity(row))["etag"]

    def upsert(self, row: Row) -> str:
        with translated():
            return self._client.upsert_entity(_entity(row), mode=UpdateMode.REPLACE)["etag"]

    def replace(self, row: Row) -> str:
        """Replace the row whose etag this is. Raises Conflict if it changed since, NotFound if it is gone."""
        with translated():
            return self._client.update_entity(
                _entity(row), mode=UpdateMode.REPLACE,
                etag=row.etag, match_condition=MatchConditions.IfNotModified)["etag"]

    def append(self, rows: Sequence[Row], head: Row) -> str:
        """Insert up to 99 rows and, in the same transaction, replace the head of their partition, or insert it where it has no etag.

        Return the head's etag. Raises Conflict if one of the rows is there already or the head is not as it was, NotFound
        if the head is gone.
        """
        condition = {"mode": UpdateMode.REPLACE, "etag": head.etag, "match_condition": MatchConditions.IfNotModified}
        last = ("create", _entity(head)) if head.etag is None else ("update", _entity(head), condition)
        with translated():
            return self._client.submit_transaction([*(("create", _entity(row)) for row in rows), last])[-1]["etag"]

    def insert_all(self, rows: Sequence[Row]) -> None:
        """Insert up to a hundred rows of one partition, all or none. Raises Conflict if one of them is there already."""
        with translated():
            self._client.submit_transaction([("create", _entity(row)) for row in rows])

    def delete(self, partition: str, key: str, etag: str | None = None) -> None:
        """Delete the row; nothing happens if it is gone. Raises Conflict if `etag` is given and stale."""
        condition = {} if etag is None else {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        with translated():
            self._client.delete_entity(partition, key, **condition)

    def upsert_all(self, rows: Sequence[Row]) -> None:
        """Upsert rows of one partition, atomic for each hundred."""
        for batch in _batches(rows):
            with translated():
                self._client.submit_transaction(
                    [("upsert", _entity(row), {"mode": UpdateMode.REPLACE}) for row in batch])

    def delete_all(self, partition: str, keys: Sequence[str]) -> None:
        """Delete rows of one partition; those that are gone already do not matter."""
        for start in range(0, len(keys), BATCH_ROWS):
            self._delete_batch(partition, keys[start:start + BATCH_ROWS])

    def page(self, partition: str, *, after: str | None = None, size: int = 1000, first: str | None = None,
             last: str | None = None, select: Sequence[str] | None = None) -> Page:
        """Up to `size` rows (at most 999) of a partition in key order, after the key `after`, within the keys `first` to `last`."""
        size = min(size, _PAGE_ROWS)
        conditions, parameters = ["PartitionKey eq @partition"], {"partition": partition}
        for name, operator, bound in (("after", "gt", after), ("first", "ge", first), ("last", "le", last)):
            if bound is not None:
                conditions.append(f"RowKey {operator} @{name}")
                parameters[name] = bound
        with translated():
            rows = self._take(" and ".join(conditions), parameters, size + 1, select)
        return Page(rows[:size], rows[size - 1].key if len(rows) > size else None)

    def walk(self, after: tuple[str, str] | None, size: int, *, below: str | None = None,
             select: Sequence[str] | None = None) -> tuple[list[Row], tuple[str, str] | None]:
        """Up to `size` rows in key order after the keys `after`, and the keys to go on after.

        Of the whole table, or of the partitions that sort before `below`.
        """
        bound, parameters = ("", {}) if below is None else (" and PartitionKey lt @below", {"below": below})
        start, key = after or ("", "")
        with translated():
            # Two ranges: the service scans the whole table for a condition with `or`.
            rows = [] if after is None else self._take(
                "PartitionKey eq @partition and RowKey gt @key", {"partition": start, "key": key}, size + 1, select)
            if len(rows) <= size:
                rows += self._take(f"PartitionKey gt @partition{bound}", {"partition": start, **parameters},
                                   size + 1 - len(rows), select)
        return rows[:size], (rows[size - 1].partition, rows[size - 1].key) if len(rows) > size else None

    def where(self, partition: str, name: str, value: str, select: Sequence[str] | None = None) -> Iterator[Row]:
        """The rows of a partition whose property `name` is `value`: the service reads all of them and sends these alone."""
        with translated():
            for entity in self._client.query_entities(f"PartitionKey eq @partition and {name} eq @value", select=_selected(select),
                                                      parameters={"partition": partition, "value": value}):
                yield _row(entity)

    def before(self, first: str, last: str, name: str, time: datetime, size: int) -> list[Row]:
        """Up to `size` rows of the partitions from `first` to `last` whose property `name` is no later than `time`."""
        with translated():
            return self._take(f"PartitionKey ge @first and PartitionKey le @last and {name} le @time",
                              {"first": first, "last": last, "time": time}, size, None)

    def partition_after(self, partition: str) -> str | None:
        """The first partition that sorts after this name."""
        with translated():
            rows = self._take("PartitionKey gt @partition", {"partition": partition}, 1, ())
        return rows[0].partition if rows else None

    def _take(self, query: str, parameters: dict[str, Any], count: int, select: Sequence[str] | None) -> list[Row]:
        taken: list[Row] = []
        pages = self._client.query_entities(
            query, parameters=parameters, results_per_page=min(count, 1000), select=_selected(select)).by_page()
        for page in pages:
            taken += [_row(entity) for entity in page]
            if len(taken) >= count:
                break
        return taken[:count]

    def _delete_batch(self, partition: str, keys: Sequence[str]) -> None:
        try:
            with translated():
                self._client.submit_transaction(
                    [("delete", {"PartitionKey": partition, "RowKey": key}) for key in keys])
        except NotFound:
            for key in keys:
                self.delete(partition, key)


class TableStore:
    """The tables of the region's storage account."""

    def __init__(self, client: TableServiceClient) -> None:
        self._client = client

    def table(self, name: str) -> Table:
        return Table(self._client.get_table_client(name))

    def has(self, name: str) -> bool:
        """Whether there is a table of this name."""
        with translated():
            return any(True for _ in self._client.query_tables("TableName eq @name", parameters={"name": name}))

    def names(self) -> Iterator[str]:
        """The names of all tables."""
        with translated():
            for table in self._client.list_tables():
                yield table.name


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size_bytes = 0
    for row in rows:
        row_bytes = _ROW_OVERHEAD_BYTES + sum(len(value) * 2 if isinstance(value, (bytes, str)) else 64
                                              for value in row.values.values())
        if batch and (len(batch) == BATCH_ROWS or size_bytes + row_bytes > _BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(row)
        size_bytes += row_bytes
    if batch:
        yield batch


def _entity(row: Row) -> dict[str, Any]:
    return {"PartitionKey": row.partition, "RowKey": row.key, **row.values}


def _selected(properties: Sequence[str] | None) -> list[str] | None:
    """The service returns keys only where they are asked for too."""
    return None if properties is None else ["PartitionKey", "RowKey", *properties]


def _row(entity: Any) -> Row:
    values = {name: value for name, value in entity.items() if name not in ("PartitionKey", "RowKey")}
    return Row(entity["PartitionKey"], entity["RowKey"], values, entity.metadata.get("etag"), entity.metadata.get("timestamp"))
