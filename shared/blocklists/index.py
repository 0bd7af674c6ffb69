"""The compiled index of each blocklist, kept in step with the list's record by compare-and-swap."""
from __future__ import annotations

import dataclasses
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from shared.blocklists.models import Blocklist, BlocklistItem
from shared.blocklists.repository import BlocklistRepository
from shared.errors import Conflict, NotFound, Unavailable
from shared.indexing.list_index import COMPACTION_SEGMENTS, ListIndexes, ManifestReplaced, RulesChanged
from shared.indexing.models import Change, Manifest
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue

if TYPE_CHECKING:
    import numpy

    from shared.matching.term_index import TermIndex

COMPACT_BLOCKLIST = "compact-blocklist"
_WRITE_TRIES = 30
_LONGEST_PAUSE_SECONDS = 0.25
_LOAD_TRIES = 5
_ROWS_AT_ONCE = 1000


class BlocklistIndexes:
    def __init__(self, blocklists: BlocklistRepository, indexes: ListIndexes, jobs: JobQueue) -> None:
        self._blocklists = blocklists
        self._indexes = indexes
        self._jobs = jobs
        self._rebuilding = threading.Lock()

    def at(self, account: AccountStore, name: str, generation: str, version: int) -> TermIndex:
        """The index of this version or a newer one. Raises NotFound, Unavailable."""
        index = self._indexes.cached(account, generation, version)
        return index if index is not None else self.newest(account, name)

    def newest(self, account: AccountStore, name: str) -> TermIndex:
        """The index by the list's record as it is now. Raises NotFound, Unavailable.

        An index that other normalising rules made is built anew from the items first.
        """
        outdated = None
        for _ in range(_LOAD_TRIES):
            blocklist = self._get(account, name)
            try:
                return self._indexes.load(account, blocklist.index)
            except ManifestReplaced:
                # A compaction stores the new manifest before it deletes a blob: the same one again names what is lost.
                if blocklist.index == outdated:
                    self._rebuild(account, blocklist)
                outdated = blocklist.index
            except RulesChanged:
                self._rebuild(account, blocklist)
        raise Unavailable("The blocklist is being rebuilt; try again.")

    def indexed_ids(self, account: AccountStore, name: str, item_ids: Sequence[str]) -> set[str]:
        """Those of these ids of text items that the newest index has. Raises NotFound, Unavailable."""
        if not item_ids:
            return set()
        import numpy

        packed = b"".join(uuid.UUID(item_id).bytes for item_id in item_ids)
        known = self.newest(account, name).known(numpy.frombuffer(packed, numpy.uint8).reshape(-1, 16))
        return {str(uuid.UUID(bytes=item_id)) for item_id in known}

    def append(self, account: AccountStore, blocklist: Blocklist, changes: Sequence[Change]) -> Blocklist:
        """Store changes of the index with the list's record, and return it. Raises as `change`."""
        if blocklist.index.rules != _rules():
            self.newest(account, blocklist.name)
            blocklist = self._get(account, blocklist.name)
        unstored: Manifest | None = None

        def appended(current: Blocklist) -> Blocklist:
            nonlocal unstored
            if unstored is not None:
                self._indexes.discard(account, unstored, stored=current.index)
            if current.index.rules != _rules():
                raise _taken_over()
            unstored = self._indexes.append(account, current.index, changes)
            return dataclasses.replace(current, index=unstored)
        try:
            return self.change(account, blocklist, appended)
        except NotFound:
            if unstored is not None:
                self._indexes.discard(account, unstored, stored=None)
            raise

    def change(self, account: AccountStore, blocklist: Blocklist,
               change: Callable[[Blocklist], Blocklist]) -> Blocklist:
        """Compare-and-swap of the list's record until it succeeds.

        Raises NotFound if the list was deleted meanwhile, Unavailable if too many others write, and what `change` raises.
        """
        name, generation = blocklist.name, blocklist.index.generation
        for attempt in tries():
            if attempt:
                blocklist = self._get(account, name)
            if blocklist.index.generation != generation:
                raise NotFound("The blocklist does not exist.", target="blocklistName")
            changed = change(blocklist)
            try:
                changed = dataclasses.replace(changed, etag=self._blocklists.replace(account, changed))
            except (Conflict, NotFound):
                continue
            segments = changed.index.segments
            if len(segments) >= COMPACTION_SEGMENTS and segments != blocklist.index.segments:
                self._jobs.send(COMPACT_BLOCKLIST, account.account_id, generation)
            return changed
        raise busy()

    def compact_generation(self, account: AccountStore, generation: str) -> None:
        """Job: compact the list of this generation, if it is there still. A job names no list: a name is the owner's word."""
        blocklist = self._blocklists.find_of_generation(account, generation)
        if blocklist is not None:
            self.compact(account, blocklist.name)

    def compact(self, account: AccountStore, name: str) -> None:
        """Fold the segments of a list's index into one base. Doing it twice, or too late, does no harm."""
        blocklist = self._blocklists.find(account, name)
        if blocklist is None or len(blocklist.index.segments) < COMPACTION_SEGMENTS:
            return
        old = blocklist.index
        try:
            base = self._indexes.compact(account, old)
        except (ManifestReplaced, RulesChanged):
            return
        compacted = dataclasses.replace(old, base=base, segments=())

        def with_base(current: Blocklist) -> Blocklist:
            if current.index.base != old.base or current.index.segments[:len(old.segments)] != old.segments:
                raise Conflict("Another compaction came first.")
            return dataclasses.replace(current, index=dataclasses.replace(
                current.index, base=base, segments=current.index.segments[len(old.segments):]))
        with suppress(Conflict, NotFound):
            self.change(account, blocklist, with_base)
        self._discard_unnamed(account, name, old, compacted)

    def delete(self, account: AccountStore, generation: str) -> None:
        """Delete all that is kept of the index of a deleted list."""
        self._indexes.delete(account, generation)

    def _rebuild(self, account: AccountStore, blocklist: Blocklist) -> None:
        """Build the index from the items' rows and store it, unless the list changes meanwhile.

        One list at a time in each process: every request that finds the index useless comes here at once.
        """
        if blocklist.index.rules > _rules():
            raise _taken_over()
        with self._rebuilding:
            if self._get(account, blocklist.name).index == blocklist.index:
                self._rebuild_alone(account, blocklist)

    def _rebuild_alone(self, account: AccountStore, blocklist: Blocklist) -> None:
        import numpy

        from shared.matching.term_index import TermIndex

        texts = [item for item in self._items(account, blocklist.index.generation) if not item.is_regex]
        items, hashes = _hashed(texts, term_hash_key(account))
        ids = numpy.frombuffer(b"".join(uuid.UUID(item.id).bytes for item in items), numpy.uint8).reshape(-1, 16)
        index = TermIndex.of(hashes, ids)
        emptied = Manifest(blocklist.index.generation, _rules(), blocklist.index.version + 1)
        rebuilt = self._indexes.with_base(account, emptied, index)
        with suppress(Conflict, NotFound):
            self._blocklists.replace(account, dataclasses.replace(blocklist, index=rebuilt))
        self._discard_unnamed(account, blocklist.name, blocklist.index, rebuilt)

    def _discard_unnamed(self, account: AccountStore, name: str, *manifests: Manifest) -> None:
        """Delete the blobs of these manifests of one list that the list's record, as it is now, does not name."""
        current = self._blocklists.find(account, name)
        for manifest in manifests:
            is_same_list = current is not None and current.index.generation == manifest.generation
            self._indexes.discard(account, manifest, stored=current.index if is_same_list else None)

    def _items(self, account: AccountStore, generation: str) -> Iterator[BlocklistItem]:
        after = None
        while True:
            items, after = self._blocklists.item_page(account, generation, after, _ROWS_AT_ONCE)
            yield from items
            if after is None:
                return

    def _get(self, account: AccountStore, name: str) -> Blocklist:
        blocklist = self._blocklists.find(account, name)
        if blocklist is None:
            raise NotFound("The blocklist does not exist.", target="blocklistName")
        return blocklist


def new_manifest() -> Manifest:
    return Manifest(uuid.uuid4().hex, _rules())


def term_hash_key(account: AccountStore) -> bytes:
    """The key of the hashes that stand for terms in the account's indexes: 32 bytes."""
    return account.keys.derive("term index")


def tries() -> Iterator[int]:
    """Numbers of attempts, with a growing random pause between them: writers of one list take turns."""
    for attempt in range(_WRITE_TRIES):
        if attempt:
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE_SECONDS, 0.005 * 2 ** attempt)))
        yield attempt


def busy() -> Unavailable:
    return Unavailable("The blocklist is being changed by many requests; try again.")


def _hashed(items: Sequence[BlocklistItem], hash_key: bytes) -> tuple[Sequence[BlocklistItem], numpy.ndarray]:
    """The items that these normalising rules leave anything to match of, and their terms' hashes."""
    from shared.matching.terms import NothingToMatch, TermTooLong, term_hash, term_hashes

    try:
        return items, term_hashes([item.text for item in items], hash_key)
    except (NothingToMatch, TermTooLong):
        matchable = []
        for item in items:
            with suppress(NothingToMatch, TermTooLong):
                term_hash(item.text, hash_key)
                matchable.append(item)
        return matchable, term_hashes([item.text for item in matchable], hash_key)


def _taken_over() -> Unavailable:
    return Unavailable("A newer version of the service has taken over this blocklist; try again.")


def _rules() -> int:
    from shared.matching.normalisation import NORMALISATION_VERSION

    return NORMALISATION_VERSION
