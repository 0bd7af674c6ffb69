"""The compiled index of lists: kept as a base and changes after it in blobs, cached in the process, valid at once.

This is a log-structured merge tree under one manifest: a change is appended to the manifest's tail; a full tail becomes
a segment; many segments are compacted by a queue job, into a new base unless that is much larger than all of them, and
into one segment then. Blobs are written once and named by the manifest alone, so that a reader with any manifest finds a
state of the list that once was whole.
"""
from __future__ import annotations

import dataclasses
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from shared.caching import CACHE_SECONDS, BoundedCache
from shared.errors import NotFound
from shared.indexing.index_kind import AnyChange, IndexKind, RulesChanged, X
from shared.indexing.models import Manifest, Segment
from shared.storage.account_store import AccountStore
from shared.storage.holdings import Holding
from shared.telemetry.metrics import LIST_INDEX_AGE, LIST_INDEX_BYTES, LIST_INDEX_KEPT, LIST_INDEX_LOAD_SECONDS, LIST_INDEX_LOADS
from shared.telemetry.telemetry import NO_TELEMETRY, Telemetry

_LOAD_LOCKS = 64
_OVERHEAD_BYTES = 4_000  # of an index that holds next to nothing
COMPACTION_SEGMENTS = 16
"""So many segments make a compaction worth its while."""
MOST_SEGMENTS = 8 * COMPACTION_SEGMENTS
"""With so many a writer compacts by itself: the job is late, and the names of segments must fit the list's record."""
_FOLDED_AT_LEAST = COMPACTION_SEGMENTS // 2
_MUCH_LARGER = 4


class ManifestReplaced(Exception):
    """A blob that the manifest names is gone: a compaction replaced it. Read the list again."""


@dataclass(frozen=True, slots=True)
class _Loaded(Generic[X]):
    version: int
    base: Segment | None
    segments: tuple[Segment, ...]
    index: X
    loaded_at: float


class ListIndexes(Generic[X]):
    """The indexes of one kind of list. `holding` is the kind of its blobs."""

    def __init__(self, holding: Holding, kind: IndexKind[X], cache_bytes: int, cache_seconds: float = CACHE_SECONDS,
                 telemetry: Telemetry = NO_TELEMETRY) -> None:
        self.kind = kind
        self._telemetry = telemetry
        self._holding = holding
        self._loaded: BoundedCache[tuple[str, str], _Loaded[X]] = BoundedCache(
            cache_bytes, cost=lambda loaded: _OVERHEAD_BYTES + loaded.index.size_bytes, idle_seconds=cache_seconds)
        self._load_locks = [threading.Lock() for _ in range(_LOAD_LOCKS)]
        telemetry.observe(LIST_INDEX_KEPT, lambda: len(self._loaded.snapshot()), holding.kind)
        telemetry.observe(LIST_INDEX_BYTES, lambda: sum(cost for _, cost in self._loaded.snapshot()), holding.kind)
        telemetry.observe(LIST_INDEX_AGE, self._age_of_oldest, holding.kind)

    def forget(self, account_id: str) -> None:
        """Forget the indexes of an account that is gone."""
        self._loaded.forget_where(lambda key: key[0] == account_id)

    def cached(self, account: AccountStore, generation: str, version: int) -> X | None:
        """The index in this process, if it is of exactly this version."""
        loaded = self._loaded.find((account.account_id, generation))
        return loaded.index if loaded is not None and loaded.version == version else None

    def load(self, account: AccountStore, manifest: Manifest) -> X:
        """The index that a manifest describes, from the cache as far as it goes. Raises ManifestReplaced, RulesChanged."""
        key = (account.account_id, manifest.generation)
        # One list is loaded once, however many requests wait for it; which others share its lock does not matter.
        with self._load_locks[hash(key) % _LOAD_LOCKS]:
            cached = self.cached(account, manifest.generation, manifest.version)
            if cached is not None:
                return cached
            started = time.perf_counter()
            loaded = self._read(account, manifest, self._loaded.find(key))
            self._loaded.put(key, loaded)
            self._telemetry.record(LIST_INDEX_LOADS, 1, self._holding.kind)
            self._telemetry.record(LIST_INDEX_LOAD_SECONDS, time.perf_counter() - started, self._holding.kind)
            return loaded.index

    def append(self, account: AccountStore, manifest: Manifest, changes: Sequence[AnyChange]) -> Manifest:
        """The manifest with these changes, one version on. A tail that is full is written as a segment first.

        The caller stores the manifest; if it was refused, it calls `discard` with what it was given.
        """
        tail = manifest.tail + self.kind.pack(changes)
        changed = dataclasses.replace(manifest, version=manifest.version + 1, tail=tail)
        if len(tail) < self.kind.tail_bytes:
            return changed
        segment = self._write_segment(account, manifest, tail)
        return dataclasses.replace(changed, segments=(*manifest.segments, segment), tail=b"")

    def discard(self, account: AccountStore, manifest: Manifest, stored: Manifest | None) -> None:
        """Delete the blobs that a manifest names and the list's stored one, None where the list is gone, does not.

        `stored` was read after the manifest had been stored or refused: a refusal alone proves nothing, since an
        answer can get lost and the repeated request be refused for the change that it made itself.
        """
        kept = set() if stored is None else {segment.id for segment in _segments(stored)}
        for segment in _segments(manifest):
            if segment.id not in kept:
                account.blobs.delete(self._holding, self._blob_id(manifest, segment))

    def compacted(self, account: AccountStore, manifest: Manifest) -> Manifest:
        """The manifest with its segments, or the newer ones of them, written as one blob: the new base, or a segment.

        Folding into a base rewrites all of it, so that it waits until the segments have grown to a fair part of it.
        Raises ManifestReplaced, RulesChanged.
        """
        first = _folded_from(manifest)
        if first is None:
            index = self._read(account, dataclasses.replace(manifest, tail=b""), None).index
            return dataclasses.replace(self.with_base(account, manifest, index), segments=())
        packed = b"".join(self._blob(account, manifest, segment) for segment in manifest.segments[first:])
        segment = self._write_segment(account, manifest, self.kind.newest(packed))
        return dataclasses.replace(manifest, segments=(*manifest.segments[:first], segment))

    def with_base(self, account: AccountStore, manifest: Manifest, index: X) -> Manifest:
        """The manifest with this index, newly written, as its base."""
        return dataclasses.replace(manifest, base=self._write_base(account, manifest, index))

    def delete(self, account: AccountStore, generation: str) -> None:
        """Delete all blobs of a list and forget what is cached of it."""
        for blob_id in account.blobs.ids(self._holding, f"{generation}/"):
            account.blobs.delete(self._holding, blob_id)
        self._loaded.forget((account.account_id, generation))

    def _read(self, account: AccountStore, manifest: Manifest, earlier: _Loaded[X] | None) -> _Loaded[X]:
        if manifest.rules != self.kind.rules():
            raise RulesChanged
        fresh_from = 0
        if earlier and earlier.base == manifest.base and _continues(earlier, manifest):
            # Changes that are in the earlier index already are applied again: the newest of an id counts all the same.
            index, fresh_from = earlier.index, _common(earlier.segments, manifest.segments)
        elif manifest.base is not None:
            index = self.kind.opened(self._blob(account, manifest, manifest.base))
        else:
            index = self.kind.empty()
        packed = [self._blob(account, manifest, segment) for segment in manifest.segments[fresh_from:]]
        index = self.kind.applied(index, b"".join([*packed, manifest.tail]))
        return _Loaded(manifest.version, manifest.base, manifest.segments, index, time.monotonic())

    def _age_of_oldest(self) -> float | None:
        return max((time.monotonic() - loaded.loaded_at for loaded, _ in self._loaded.snapshot()), default=None)

    def _write_segment(self, account: AccountStore, manifest: Manifest, packed: bytes) -> Segment:
        segment = Segment(uuid.uuid4().hex, len(packed) // self.kind.change_bytes)
        account.blobs.write(self._holding, self._blob_id(manifest, segment), [packed])
        return segment

    def _write_base(self, account: AccountStore, manifest: Manifest, index: X) -> Segment:
        base = Segment(uuid.uuid4().hex, len(index))
        account.blobs.write(self._holding, self._blob_id(manifest, base), self.kind.written(index))
        return base

    def _blob(self, account: AccountStore, manifest: Manifest, segment: Segment) -> bytearray:
        content = bytearray()  # a base may have hundreds of megabytes, which a list of its pieces would hold twice
        try:
            for piece in account.blobs.read(self._holding, self._blob_id(manifest, segment)):
                content += piece
        except NotFound:
            raise ManifestReplaced from None
        return content

    def _blob_id(self, manifest: Manifest, segment: Segment) -> str:
        return f"{manifest.generation}/{segment.id}"


def _continues(earlier: _Loaded[X], manifest: Manifest) -> bool:
    """Whether all changes after the base that the earlier index has are among the manifest's, folded or not."""
    return earlier.version <= manifest.version or earlier.segments == manifest.segments[:len(earlier.segments)]


def _common(one: Sequence[Segment], other: Sequence[Segment]) -> int:
    """How many segments both begin with."""
    return next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other)))


def _segments(manifest: Manifest) -> list[Segment]:
    return [*([manifest.base] if manifest.base else []), *manifest.segments]


def _folded_from(manifest: Manifest) -> int | None:
    """The place of the oldest segment to fold into one, None where all of them and the base are to become a base.

    From the newest on, until what is older has many times as many changes: so each is written again a few times, and not
    with every compaction.
    """
    total = 0
    for place, segment in reversed(list(enumerate(manifest.segments))):
        if len(manifest.segments) - place > _FOLDED_AT_LEAST and segment.count > _MUCH_LARGER * total:
            return place + 1
        total += segment.count
    return 0 if manifest.base is not None and manifest.base.count > _MUCH_LARGER * total else None
