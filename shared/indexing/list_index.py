"""The compiled index of lists: kept as a base and changes after it in blobs, cached in the process, valid at once.

This is a log-structured merge tree of two levels under one manifest: a change is appended to the manifest's tail; a
full tail becomes a segment; many segments are compacted into a new base by a queue job. Blobs are written once and
named by the manifest alone, so that a reader with any manifest finds a state of the list that once was whole.
"""
from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.caching import CACHE_SECONDS, BoundedCache
from shared.errors import NotFound
from shared.indexing.models import CHANGE_BYTES, Change, Manifest, Segment, pack_changes
from shared.storage.account_store import AccountStore
from shared.storage.holdings import Holding

if TYPE_CHECKING:
    import numpy

    from shared.matching.term_index import TermIndex

_TAIL_CHANGES = 512
_LOAD_LOCKS = 64
_OVERHEAD_BYTES = 4_000  # of an index that holds next to nothing
COMPACTION_SEGMENTS = 16
"""So many segments make a compaction worth its while."""


class ManifestReplaced(Exception):
    """A blob that the manifest names is gone: a compaction replaced it. Read the list again."""


class RulesChanged(Exception):
    """Other normalising rules made the hashes of this index, or another version its base: build it anew from the items."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    version: int
    base: Segment | None
    segments: tuple[Segment, ...]
    index: TermIndex


class ListIndexes:
    """The indexes of one kind of list. `holding` is the kind of its blobs."""

    def __init__(self, holding: Holding, cache_bytes: int, cache_seconds: float = CACHE_SECONDS) -> None:
        self._holding = holding
        self._loaded: BoundedCache[tuple[str, str], _Loaded] = BoundedCache(
            cache_bytes, cost=lambda loaded: _OVERHEAD_BYTES + loaded.index.size_bytes, idle_seconds=cache_seconds)
        self._load_locks = [threading.Lock() for _ in range(_LOAD_LOCKS)]

    def forget(self, account_id: str) -> None:
        """Forget the indexes of an account that is gone."""
        self._loaded.forget_where(lambda key: key[0] == account_id)

    def cached(self, account: AccountStore, generation: str, version: int) -> TermIndex | None:
        """The index in this process, if it is of exactly this version."""
        loaded = self._loaded.find((account.account_id, generation))
        return loaded.index if loaded is not None and loaded.version == version else None

    def load(self, account: AccountStore, manifest: Manifest) -> TermIndex:
        """The index that a manifest describes, from the cache as far as it goes. Raises ManifestReplaced, RulesChanged."""
        key = (account.account_id, manifest.generation)
        # One list is loaded once, however many requests wait for it; which others share its lock does not matter.
        with self._load_locks[hash(key) % _LOAD_LOCKS]:
            cached = self.cached(account, manifest.generation, manifest.version)
            if cached is not None:
                return cached
            loaded = self._read(account, manifest, self._loaded.find(key))
            self._loaded.put(key, loaded)
            return loaded.index

    def append(self, account: AccountStore, manifest: Manifest, changes: Sequence[Change]) -> Manifest:
        """The manifest with these changes, one version on. A tail that is full is written as a segment first.

        The caller stores the manifest; if it was refused, it calls `discard` with what it was given.
        """
        tail = manifest.tail + pack_changes(changes)
        count = len(tail) // CHANGE_BYTES
        changed = dataclasses.replace(manifest, version=manifest.version + 1, tail=tail)
        if count < _TAIL_CHANGES:
            return changed
        segment = Segment(uuid.uuid4().hex, count)
        account.blobs.write(self._holding, self._blob_id(manifest, segment), [tail])
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

    def compact(self, account: AccountStore, manifest: Manifest) -> Segment:
        """Write base and segments as one new base and return it; the manifest is the caller's to change.

        Raises ManifestReplaced, RulesChanged.
        """
        index = self._read(account, dataclasses.replace(manifest, tail=b""), None).index
        return self._write_base(account, manifest, index)

    def with_base(self, account: AccountStore, manifest: Manifest, index: TermIndex) -> Manifest:
        """The manifest with this index, newly written, as its base."""
        return dataclasses.replace(manifest, base=self._write_base(account, manifest, index))

    def delete(self, account: AccountStore, generation: str) -> None:
        """Delete all blobs of a list and forget what is cached of it."""
        for blob_id in account.blobs.ids(self._holding, f"{generation}/"):
            account.blobs.delete(self._holding, blob_id)
        self._loaded.forget((account.account_id, generation))

    def _read(self, account: AccountStore, manifest: Manifest, earlier: _Loaded | None) -> _Loaded:
        from shared.matching.normalisation import NORMALISATION_VERSION
        from shared.matching.term_index import TermIndex
        from shared.matching.term_index_format import DamagedTermIndex, StaleTermIndex

        if manifest.rules != NORMALISATION_VERSION:
            raise RulesChanged
        fresh_from = 0
        if earlier and earlier.base == manifest.base and earlier.segments == manifest.segments[:len(earlier.segments)]:
            # Changes that are in the earlier index already are applied again: the newest of an id counts all the same.
            index, fresh_from = earlier.index, len(earlier.segments)
        elif manifest.base is not None:
            try:
                index = TermIndex.from_bytes(self._blob(account, manifest, manifest.base))
            except (StaleTermIndex, DamagedTermIndex):
                raise RulesChanged from None
        else:
            index = TermIndex.empty()
        packed = [self._blob(account, manifest, segment) for segment in manifest.segments[fresh_from:]]
        index = _applied(index, b"".join([*packed, manifest.tail]))
        return _Loaded(manifest.version, manifest.base, manifest.segments, index)

    def _write_base(self, account: AccountStore, manifest: Manifest, index: TermIndex) -> Segment:
        base = Segment(uuid.uuid4().hex, len(index))
        account.blobs.write(self._holding, self._blob_id(manifest, base), [index.to_bytes()])
        return base

    def _blob(self, account: AccountStore, manifest: Manifest, segment: Segment) -> bytes:
        try:
            return b"".join(account.blobs.read(self._holding, self._blob_id(manifest, segment)))
        except NotFound:
            raise ManifestReplaced from None

    def _blob_id(self, manifest: Manifest, segment: Segment) -> str:
        return f"{manifest.generation}/{segment.id}"


def _segments(manifest: Manifest) -> list[Segment]:
    return [*([manifest.base] if manifest.base else []), *manifest.segments]


def _applied(index: TermIndex, packed: bytes) -> TermIndex:
    """The index after these changes, a hundred of them or a million at once; of an id the newest counts."""
    if not packed:
        return index
    import numpy

    changes = numpy.frombuffer(packed, numpy.dtype([("operation", "u1"), ("hash", "<u8"), ("id", "S16")]))[::-1]
    _, newest = numpy.unique(changes["id"], return_index=True)
    changes = changes[newest]
    is_added = changes["operation"] == 1
    added, removed = changes[is_added], changes[~is_added]
    return index.merge(added["hash"].astype(numpy.uint64), _id_rows(added["id"]), _id_rows(removed["id"]))


def _id_rows(ids: numpy.ndarray) -> numpy.ndarray:
    """uint8 [n, 16]"""
    import numpy

    return numpy.ascontiguousarray(ids).view(numpy.uint8).reshape(len(ids), 16)
