"""The compiled index of each list, kept in step with the list's record by compare-and-swap, and with the rows that it is made of."""
from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic

from shared.errors import Conflict, NotFound, Unavailable
from shared.indexing.index_kind import AnyChange, IndexKind, RulesChanged, X
from shared.indexing.indexed import IndexedRepository, L
from shared.indexing.list_index import COMPACTION_SEGMENTS, MOST_SEGMENTS, ListIndexes, ManifestReplaced
from shared.indexing.models import Manifest
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.turns import tries

_LOAD_TRIES = 5


class KeptIndexes(Generic[L, X]):
    """The indexes of one kind of list. An index entry without a row matches nothing; a row without an entry is not found."""

    def __init__(self, lists: IndexedRepository[L], indexes: ListIndexes[X], jobs: JobQueue, compact_job: str) -> None:
        """`compact_job` is the kind of job that compacts the list of a generation."""
        self._lists = lists
        self._indexes = indexes
        self._kind: IndexKind[X] = indexes.kind
        self._jobs = jobs
        self._compact_job = compact_job
        self._rebuilding = threading.Lock()

    def new_manifest(self) -> Manifest:
        """Of a list that is made now."""
        return Manifest(uuid.uuid4().hex, self._kind.rules())

    def at(self, account: AccountStore, key: str, generation: str, version: int) -> X:
        """The index of this version or a newer one. Raises NotFound, Unavailable."""
        index = self._indexes.cached(account, generation, version)
        return index if index is not None else self.newest(account, key)

    def newest(self, account: AccountStore, key: str) -> X:
        """The index by the list's record as it is now. Raises NotFound, Unavailable.

        An index that other rules made is built anew from the rows first.
        """
        outdated = None
        for _ in range(_LOAD_TRIES):
            current = self._lists.get(account, key)
            try:
                return self._indexes.load(account, current.index)
            except ManifestReplaced:
                # A compaction stores the new manifest before it deletes a blob: the same one again names what is lost.
                if current.index == outdated:
                    self._rebuild(account, current)
                outdated = current.index
            except RulesChanged:
                self._rebuild(account, current)
        raise Unavailable("The list is being rebuilt; try again.")

    def known(self, account: AccountStore, key: str, ids: Sequence[bytes]) -> set[bytes]:
        """Those of these ids that the newest index has. Raises NotFound, Unavailable."""
        return self._kind.known(self.newest(account, key), ids) if ids else set()

    def append(self, account: AccountStore, changing: L, changes: Sequence[AnyChange]) -> L:
        """Store changes of the index with the list's record, and return it. Raises as `change`."""
        if changing.index.rules != self._kind.rules():
            self.newest(account, changing.key)
            changing = self._lists.get(account, changing.key)
        if len(changing.index.segments) >= MOST_SEGMENTS:
            self.compact(account, changing.key)
        unstored: Manifest | None = None

        def appended(current: L) -> L:
            nonlocal unstored
            if unstored is not None:
                self._indexes.discard(account, unstored, stored=current.index)
            if current.index.rules != self._kind.rules():
                raise _taken_over()
            unstored = self._indexes.append(account, current.index, changes)
            return dataclasses.replace(current, index=unstored)
        try:
            return self.change(account, changing, appended)
        except NotFound:
            if unstored is not None:
                self._indexes.discard(account, unstored, stored=None)
            raise

    def change(self, account: AccountStore, changing: L, change: Callable[[L], L]) -> L:
        """Compare-and-swap of the list's record until it succeeds.

        Raises NotFound if the list was deleted meanwhile, Unavailable if too many others write, and what `change` raises.
        """
        key, generation = changing.key, changing.index.generation
        for attempt in tries():
            if attempt:
                changing = self._lists.get(account, key)
            if changing.index.generation != generation:
                raise NotFound("The list was deleted meanwhile.")
            changed = change(changing)
            try:
                changed = dataclasses.replace(changed, etag=self._lists.replace(account, changed))
            except (Conflict, NotFound):
                continue
            segments = changed.index.segments
            if len(segments) >= COMPACTION_SEGMENTS and segments != changing.index.segments:
                self._jobs.send(self._compact_job, account.account_id, generation)
            return changed
        raise busy()

    def settle(self, account: AccountStore, written: L, added: Sequence[bytes], removed: Sequence[bytes] = ()) -> bool:
        """Make index and rows of what was added or removed agree where others wrote it too; False if the list was deleted.

        Each writer ends so, once its rows are written.
        """
        current = self._lists.find(account, written.key)
        if current is None or current.index.generation != written.index.generation:
            return False
        return current.index.version == written.index.version or self.agree(account, written, added, removed)

    def agree(self, account: AccountStore, written: L, added: Sequence[bytes], removed: Sequence[bytes] = ()) -> bool:
        """As `settle`, whether or not others wrote.

        An addition is looked up where the index lost it, a removal where the index has it again. What had to be corrected is
        looked up once more, because the rows it went by may have changed before the correction, unnoticed by a writer that had
        already looked.
        """
        corrected: dict[bytes, None] = {}
        for _ in tries():
            current = self._lists.find(account, written.key)
            if current is None or current.index.generation != written.index.generation:
                return False
            try:
                known = self.known(account, current.key, [*added, *removed])
                doubtful = dict.fromkeys([*corrected, *(each for each in added if each not in known),
                                          *(each for each in removed if each in known)])
                corrections = self._disagreements(account, current, list(doubtful), known)
                if not corrections:
                    return True
                self.append(account, current, corrections)
                corrected |= dict.fromkeys(change.item_id for change in corrections)
            except NotFound:
                continue
        raise busy()

    def _disagreements(self, account: AccountStore, current: L, ids: Sequence[bytes], known: set[bytes]) -> list[AnyChange]:
        """What the index, which has the `known` ones of these ids, must change to have those that have a row, and no other."""
        rows = self._lists.rows(account, current.index.generation, ids)
        missing = {each: rows[each] for each in ids if each in rows and each not in known}
        return [*self._kind.additions(account, missing),
                *(self._kind.removal(each) for each in ids if each in known and each not in rows)]

    def compact_generation(self, account: AccountStore, generation: str) -> None:
        """Job: compact the list of this generation, if it is there still. A job names no list: a name is the owner's word."""
        found = self._lists.find_of_generation(account, generation)
        if found is not None:
            self.compact(account, found.key)

    def compact(self, account: AccountStore, key: str) -> None:
        """Fold the segments of a list's index into one base. Doing it twice, or too late, does no harm."""
        found = self._lists.find(account, key)
        if found is None or len(found.index.segments) < COMPACTION_SEGMENTS:
            return
        old = found.index
        try:
            compacted = self._indexes.compacted(account, old)
        except (ManifestReplaced, RulesChanged):
            return

        def with_fewer(current: L) -> L:
            index = current.index
            if index.base != old.base or index.segments[:len(old.segments)] != old.segments:
                raise Conflict("Another compaction came first.")
            return dataclasses.replace(current, index=dataclasses.replace(
                index, base=compacted.base, segments=(*compacted.segments, *index.segments[len(old.segments):])))
        with suppress(Conflict, NotFound):
            self.change(account, found, with_fewer)
        self._discard_unnamed(account, key, old, compacted)

    def delete(self, account: AccountStore, generation: str) -> None:
        """Delete all that is kept of the index of a deleted list."""
        self._indexes.delete(account, generation)

    def _rebuild(self, account: AccountStore, outdated: L) -> None:
        """Build the index from the rows and store it, unless the list changes meanwhile.

        One list at a time in each process: every request that finds the index useless comes here at once.
        """
        if outdated.index.rules > self._kind.rules():
            raise _taken_over()
        with self._rebuilding:
            if self._lists.get(account, outdated.key).index == outdated.index:
                self._rebuild_alone(account, outdated)

    def _rebuild_alone(self, account: AccountStore, outdated: L) -> None:
        index = self._kind.built(account, self._lists.all_rows(account, outdated.index.generation))
        emptied = Manifest(outdated.index.generation, self._kind.rules(), outdated.index.version + 1)
        rebuilt = self._indexes.with_base(account, emptied, index)
        with suppress(Conflict, NotFound):
            self._lists.replace(account, dataclasses.replace(outdated, index=rebuilt))
        self._discard_unnamed(account, outdated.key, outdated.index, rebuilt)

    def _discard_unnamed(self, account: AccountStore, key: str, *manifests: Manifest) -> None:
        """Delete the blobs of these manifests of one list that the list's record, as it is now, does not name."""
        current = self._lists.find(account, key)
        for manifest in manifests:
            is_same_list = current is not None and current.index.generation == manifest.generation
            self._indexes.discard(account, manifest, stored=current.index if is_same_list else None)


def busy() -> Unavailable:
    return Unavailable("The list is being changed by many requests; try again.")


def _taken_over() -> Unavailable:
    return Unavailable("A newer version of the service has taken over this list; try again.")
