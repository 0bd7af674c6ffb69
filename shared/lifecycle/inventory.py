"""What lies in an account's stores: counts and bytes of each kind, and a Merkle root over all of it, without any key.

A leaf is `table\\n<PartitionKey>\\n<RowKey>\\n<SHA-256 of the encrypted payload>` or `container\\n<name>\\n<etag>\\n<size>`: rows
in the order of their keys, then blobs in the order of their names. Counting a large account takes many runs; how far it has
come is a JSON object that anybody goes on from.
"""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from shared.errors import NotFound
from shared.lifecycle.merkle import MerkleTree
from shared.lifecycle.receipts import time_text
from shared.storage.blobs import Container, StoredBlob
from shared.storage.tables import Row, Table, unescape_key

_PAGE = 999
_BLOBS_AT_ONCE = 1000
Progress = Mapping[str, Any]


class Inventory:
    """`kinds` are those that count, all if None; and of them what lies under `keys` of each alone, where these are given."""

    def __init__(self, table: Table, container: Container, now: Callable[[], datetime], kinds: Collection[str] | None = None,
                 keys: Mapping[str, Collection[str]] | None = None) -> None:
        self._table = table
        self._container = container
        self._now = now
        self._keys = keys
        self._ranges: list[tuple[list[str] | None, str | None]] = [(None, None)]
        self._prefixes = [""]
        if kinds is not None:
            # A kind's rows lie in the partition `<kind>` and in those that begin with `<kind>|`, before the next character.
            self._ranges = [each for kind in sorted(kinds) for each in (([kind, ""], kind), ([f"{kind}|", ""], f"{kind}}}"))]
            self._prefixes = [f"{kind}/" for kind in sorted(kinds)]

    def begin_with(self, row: Row) -> Progress:
        """A count that has this row already, of whatever kind it is."""
        count = _new_count(self._now())
        count.add_row(row)
        return count.progress()

    def take(self, progress: Progress | None) -> Iterator[Progress]:
        """Count on from where an earlier count was, stretch by stretch; the last one is `is_taken`."""
        count = _Count(progress) if progress else _new_count(self._now())
        stages = [*(partial(self._take_rows, *each) for each in self._ranges),
                  *(partial(self._take_blobs, prefix) for prefix in self._prefixes)]
        while count.stage < len(stages):
            try:
                yield from stages[count.stage](count)
            except NotFound:  # there is no table or no container: an account that was never whole
                count.after = None
            count.reach(count.stage + 1, None)
        yield count.summary(self._now())

    def _take_rows(self, first: list[str] | None, below: str | None, count: _Count) -> Iterator[Progress]:
        after = count.after or first
        while True:
            rows, last = self._table.walk(after and (after[0], after[1]), _PAGE, below=below)
            for row in rows:
                kind, _, key = row.partition.partition("|")
                if self._counts(kind, unescape_key(key)):
                    count.add_row(row)
            if last is None:
                return
            after = list(last)
            count.reach(count.stage, after)
            yield count.progress()

    def _take_blobs(self, prefix: str, count: _Count) -> Iterator[Progress]:
        for number, blob in enumerate(self._container.list(prefix, after=count.after and count.after[0]), 1):
            kind, _, name = blob.name.partition("/")
            if self._counts(kind, name.partition("/")[0]):
                count.add_blob(blob)
            if number % _BLOBS_AT_ONCE == 0:
                count.reach(count.stage, [blob.name])
                yield count.progress()

    def _counts(self, kind: str, key: str) -> bool:
        return self._keys is None or key in self._keys.get(kind, ())


def is_taken(progress: Progress | None) -> bool:
    return progress is not None and "takenAt" in progress


def _new_count(now: datetime) -> _Count:
    return _Count({"startedAt": time_text(now), "stage": 0, "after": None})


class _Count:
    """The counting up to one place."""

    def __init__(self, progress: Progress) -> None:
        self.stage: int = progress["stage"]
        self.after: list[str] | None = progress["after"]
        self._started_at: str = progress["startedAt"]
        self._kinds = {(store, kind): [records, size] for store, kind, records, size in progress.get("kinds", ())}
        self._tree = MerkleTree([(size, bytes.fromhex(root)) for size, root in progress.get("subtrees", ())])
        self._last_export: Mapping[str, str] | None = progress.get("lastExport")

    def reach(self, stage: int, after: list[str] | None) -> None:
        self.stage, self.after = stage, after

    def add_row(self, row: Row) -> None:
        keys_bytes = len(row.partition.encode()) + len(row.key.encode())
        self._count("table", row.partition.partition("|")[0], keys_bytes + sum(map(_bytes, row.values.values())))
        payload = row.values.get("payload", b"")
        self._tree.add(f"table\n{row.partition}\n{row.key}\n".encode(), hashlib.sha256(payload).digest())
        root, finished_at = row.values.get("merkleRoot"), row.values.get("finishedAt")
        if root and finished_at and (self._last_export is None or finished_at > self._last_export["finishedAt"]):
            # An export says in plain what it holds, so that a receipt can cite it.
            self._last_export = {"id": row.key, "merkleRoot": root, "finishedAt": finished_at}

    def add_blob(self, blob: StoredBlob) -> None:
        self._count("container", blob.name.partition("/")[0], blob.size_bytes)
        self._tree.add(f"container\n{blob.name}\n{blob.etag}\n{blob.size_bytes}".encode())

    def progress(self) -> Progress:
        return {"startedAt": self._started_at, "stage": self.stage, "after": self.after,
                "kinds": [[store, kind, *counted] for (store, kind), counted in self._kinds.items()],
                "subtrees": [[size, root.hex()] for size, root in self._tree.subtrees],
                **({} if self._last_export is None else {"lastExport": self._last_export})}

    def summary(self, now: datetime) -> Progress:
        """What a receipt says; it names no record and no blob."""
        def total(wanted: str) -> dict[str, int]:
            counted = [each for (store, _), each in self._kinds.items() if store == wanted]
            return {"count": sum(count for count, _ in counted), "bytes": sum(size for _, size in counted)}
        return {"startedAt": self._started_at, "takenAt": time_text(now),
                "stores": {store: total(store) for store in ("table", "container")},
                "kinds": [{"store": store, "kind": kind, "count": count, "bytes": size}
                          for (store, kind), (count, size) in sorted(self._kinds.items())],
                "merkleRoot": self._tree.root(),
                **({} if self._last_export is None else {"lastExport": self._last_export})}

    def _count(self, store: str, kind: str, size: int) -> None:
        counted = self._kinds.setdefault((store, kind), [0, 0])
        counted[0] += 1
        counted[1] += size


def _bytes(value: Any) -> int:
    """As the service counts them: text in UTF-16, numbers and times in eight bytes."""
    return len(value) if isinstance(value, bytes) else len(value) * 2 if isinstance(value, str) else 8
