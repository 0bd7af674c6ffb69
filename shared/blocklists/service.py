"""Blocklists and their items: what may be kept, and changes that no writer loses and every worker sees at once.

Order of the writes, so that a crash between two of them loses nothing that was acknowledged: an added text item enters
the index before its row is written (an index entry without a row matches nothing); a removed one leaves the index before
its row is deleted. Regular expressions are read from their rows whenever the list's `patterns_version` has moved.
"""
from __future__ import annotations

import dataclasses
import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from shared.blocklists.models import Blocklist, BlocklistItem, NewItem
from shared.blocklists.repository import BlocklistRepository, is_pattern_id, item_id_of
from shared.errors import Conflict, InvalidRequest, NotFound, Unavailable
from shared.indexing.list_index import COMPACTION_SEGMENTS, ListIndexes, ManifestOutdated
from shared.indexing.models import Change, Manifest
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue

if TYPE_CHECKING:
    from shared.matching.term_index import TermIndex

COMPACT_BLOCKLIST = "compact-blocklist"
DELETE_BLOCKLIST = "delete-blocklist"
PATTERN_LIMIT = 1000
"""Regular expressions in one list: each is run over every text, so that their number is what an analysis costs."""
_WRITE_TRIES = 30
_LONGEST_PAUSE_SECONDS = 0.25
_DELETION_DELAY_SECONDS = 1
_DELETION_ROWS = 1000


class BlocklistService:
    def __init__(self, blocklists: BlocklistRepository, indexes: ListIndexes, jobs: JobQueue, item_limit: int) -> None:
        self._blocklists = blocklists
        self._indexes = indexes
        self._jobs = jobs
        self._item_limit = item_limit

    def upsert(self, account: AccountStore, name: str, description: str | None) -> tuple[Blocklist, bool]:
        """Return the list and whether this call created it; a description of None leaves the old one."""
        for _ in _tries():
            current = self._blocklists.find(account, name)
            try:
                if current is None:
                    created = Blocklist(name, description or "", Manifest(uuid.uuid4().hex))
                    self._blocklists.insert(account, created)
                    return created, True
                if description is None:
                    return current, False
                changed = dataclasses.replace(current, description=description)
                self._blocklists.replace(account, changed)
                return changed, False
            except (Conflict, NotFound):
                continue
        raise _busy()

    def get(self, account: AccountStore, name: str) -> Blocklist:
        """Raises NotFound."""
        blocklist = self._blocklists.find(account, name)
        if blocklist is None:
            raise NotFound("The blocklist does not exist.", target="blocklistName")
        return blocklist

    def page(self, account: AccountStore, after: str | None, size: int) -> tuple[list[Blocklist], str | None]:
        return self._blocklists.page(account, after, size)

    def delete(self, account: AccountStore, name: str) -> None:
        """Delete the list; it is gone at once, and a job deletes its items. Raises NotFound."""
        for _ in _tries():
            blocklist = self.get(account, name)
            # Queued before the list is deleted: the job does nothing while the list is there, so that nothing is left
            # behind if this process ends between the two.
            self._jobs.send(DELETE_BLOCKLIST, account.account_id, blocklist.index.generation, _DELETION_DELAY_SECONDS)
            try:
                return self._blocklists.delete(account, blocklist)
            except Conflict:
                continue
        raise _busy()

    def add_items(self, account: AccountStore, name: str, new_items: Sequence[NewItem]) -> list[BlocklistItem]:
        """Store each text once, the last of equal ones counting, and return the items in order.

        Raises NotFound, InvalidRequest (nothing to match, a regular expression that is not supported, a list that
        would be too long); then nothing is stored.
        """
        blocklist = self.get(account, name)
        items, changes = self._checked(account, blocklist, new_items)
        if changes:
            blocklist = self._change(account, name, blocklist, lambda current: self._appended(account, current, changes))
        self._blocklists.upsert_items(account, blocklist.index.generation, items)
        if any(item.is_regex for item in items):
            blocklist = self._change(account, name, blocklist, _with_other_patterns)
        self._ensure_indexed(account, blocklist, items, changes)
        return items

    def remove_items(self, account: AccountStore, name: str, item_ids: Sequence[str]) -> None:
        """Remove these items; those that are gone already do not matter. Raises NotFound for the list."""
        blocklist = self.get(account, name)
        ids = list(dict.fromkeys(item_id for item_id in map(_canonical, item_ids) if item_id is not None))
        changes = [Change(uuid.UUID(item_id).bytes, is_added=False) for item_id in ids if not is_pattern_id(item_id)]
        if changes:
            blocklist = self._change(account, name, blocklist, lambda current: self._appended(account, current, changes))
        self._blocklists.delete_items(account, blocklist.index.generation, ids)
        if len(changes) < len(ids):
            self._change(account, name, blocklist, _with_other_patterns)

    def get_item(self, account: AccountStore, name: str, item_id: str) -> BlocklistItem:
        """Raises NotFound, for the list or the item."""
        blocklist = self.get(account, name)
        canonical = _canonical(item_id)
        item = canonical and self._blocklists.find_item(account, blocklist.index.generation, canonical)
        if not item:
            raise NotFound("The blocklist item does not exist.", target="blocklistItemId")
        return item

    def item_page(self, account: AccountStore, name: str, after: str | None, skip: int,
                  size: int) -> tuple[list[BlocklistItem], str | None]:
        """A page of items in id order after the id `after` and `skip` more, and the id to go on after."""
        generation = self.get(account, name).index.generation
        while skip > 0:
            ids, after_ids = self._blocklists.item_ids(account, generation, after, min(skip, 1000))
            if after_ids is None:
                return [], None
            after, skip = after_ids, skip - len(ids)
        return self._blocklists.item_page(account, generation, after, size)

    def compact(self, account: AccountStore, name: str) -> None:
        """Job: fold the segments of a list's index into one base. Doing it twice, or too late, does no harm."""
        blocklist = self._blocklists.find(account, name)
        if blocklist is None or len(blocklist.index.segments) < COMPACTION_SEGMENTS:
            return
        old = blocklist.index
        try:
            base = self._indexes.compact(account, old)
        except ManifestOutdated:
            return
        compacted = dataclasses.replace(old, base=base, segments=())

        def with_base(current: Blocklist) -> Blocklist:
            if current.index.base != old.base or current.index.segments[:len(old.segments)] != old.segments:
                raise Conflict("Another compaction came first.")
            return dataclasses.replace(current, index=dataclasses.replace(
                current.index, base=base, segments=current.index.segments[len(old.segments):]))
        try:
            self._change(account, name, blocklist, with_base)
        except (Conflict, NotFound):
            self._indexes.discard(account, compacted, earlier=old)
            return
        self._indexes.discard(account, old, earlier=compacted)

    def purge(self, account: AccountStore, generation: str) -> None:
        """Job: delete what a deleted list left behind. Nothing happens while the list is there."""
        if self._blocklists.has_generation(account, generation):
            return
        while ids := self._blocklists.item_ids(account, generation, None, _DELETION_ROWS)[0]:
            self._blocklists.delete_items(account, generation, ids)
        self._indexes.delete(account, generation)

    def _checked(self, account: AccountStore, blocklist: Blocklist,
                 new_items: Sequence[NewItem]) -> tuple[list[BlocklistItem], list[Change]]:
        from shared.matching.patterns import UnsupportedPattern, compile_pattern
        from shared.matching.term_index import NothingToMatch, term_hash

        hash_key = account.keys.derive("term index")
        distinct = {(new.is_regex, new.text): new for new in new_items}
        items: list[BlocklistItem] = []
        changes: list[Change] = []
        for position, new in enumerate(distinct.values()):
            item_id = item_id_of(account, blocklist.index.generation, new.text, new.is_regex)
            items.append(BlocklistItem(item_id, new.text, new.description or "", new.is_regex))
            try:
                if new.is_regex:
                    compile_pattern(new.text)
                else:
                    changes.append(Change(uuid.UUID(item_id).bytes, True, term_hash(new.text, hash_key)))
            except UnsupportedPattern as error:
                raise InvalidRequest(f"The regular expression is not supported: {error}",
                                     f"blocklistItems[{position}].text") from None
            except NothingToMatch:
                raise InvalidRequest("The text has nothing to match: it holds white space or invisible characters only.",
                                     f"blocklistItems[{position}].text") from None
        self._check_room(account, blocklist, items)
        return self._with_kept_descriptions(account, blocklist, list(distinct.values()), items), changes

    def _check_room(self, account: AccountStore, blocklist: Blocklist, items: Sequence[BlocklistItem]) -> None:
        if blocklist.index.entry_bound + len(items) > self._item_limit:
            known = len(self._newest_index(account, blocklist.name))
            existing = self._blocklists.find_items(account, blocklist.index.generation, [item.id for item in items])
            if known + len(items) - len(existing) > self._item_limit:
                raise InvalidRequest(f"The blocklist would have more than {self._item_limit} items.", "blocklistItems")
        new_patterns = {item.id for item in items if item.is_regex}
        if new_patterns:
            kept = self._blocklists.patterns(account, blocklist.index.generation, PATTERN_LIMIT)
            if len(new_patterns | {item.id for item in kept}) > PATTERN_LIMIT:
                raise InvalidRequest(
                    f"The blocklist would have more than {PATTERN_LIMIT} regular expressions.", "blocklistItems")

    def _with_kept_descriptions(self, account: AccountStore, blocklist: Blocklist, new_items: Sequence[NewItem],
                                items: Sequence[BlocklistItem]) -> list[BlocklistItem]:
        """A row is read only where the index knows the item: adding many new ones costs no reads."""
        undescribed = [item for new, item in zip(new_items, items, strict=True) if new.description is None]
        existing = self._blocklists.find_items(
            account, blocklist.index.generation,
            [item.id for item in undescribed if item.is_regex]
            + self._indexed(account, blocklist.name, [item for item in undescribed if not item.is_regex]))
        return [existing.get(item.id, item) if new.description is None else item
                for new, item in zip(new_items, items, strict=True)]

    def _appended(self, account: AccountStore, blocklist: Blocklist, changes: Sequence[Change]) -> Blocklist:
        return dataclasses.replace(blocklist, index=self._indexes.append(account, blocklist.index, changes))

    def _change(self, account: AccountStore, name: str, blocklist: Blocklist,
                change: Callable[[Blocklist], Blocklist]) -> Blocklist:
        """Compare-and-swap of the list's record until it succeeds. Raises NotFound if the list was deleted meanwhile."""
        generation = blocklist.index.generation
        for attempt in _tries():
            if attempt:
                blocklist = self.get(account, name)
            if blocklist.index.generation != generation:
                raise NotFound("The blocklist does not exist.", target="blocklistName")
            changed = change(blocklist)
            try:
                changed = dataclasses.replace(changed, etag=self._blocklists.replace(account, changed))
            except (Conflict, NotFound):
                self._indexes.discard(account, changed.index, earlier=blocklist.index)
                continue
            if len(changed.index.segments) >= COMPACTION_SEGMENTS and changed.index.segments != blocklist.index.segments:
                self._jobs.send(COMPACT_BLOCKLIST, account.account_id, name)
            return changed
        raise _busy()

    def _ensure_indexed(self, account: AccountStore, written: Blocklist, items: Sequence[BlocklistItem],
                        changes: Sequence[Change]) -> None:
        """Undo the harm of requests that removed these items, or deleted the list, while their rows were written."""
        name, generation = written.name, written.index.generation
        current = self._blocklists.find(account, name)
        if current is None or current.index.generation != generation:
            self._blocklists.delete_items(account, generation, [item.id for item in items])
            raise NotFound("The blocklist does not exist.", target="blocklistName")
        if changes and current.index.version != written.index.version:
            indexed = set(self._indexed(account, name, [item for item in items if not item.is_regex]))
            missing = [change for change in changes if str(uuid.UUID(bytes=change.item_id)) not in indexed]
            if missing:
                self._change(account, name, current, lambda latest: self._appended(account, latest, missing))

    def _indexed(self, account: AccountStore, name: str, items: Sequence[BlocklistItem]) -> list[str]:
        """The ids of those of these text items that the index has."""
        if not items:
            return []
        from shared.matching.term_index import prepare

        index, hash_key = self._newest_index(account, name), account.keys.derive("term index")
        return [item.id for item in items
                if uuid.UUID(item.id).bytes in index.find(prepare(item.text, hash_key))]

    def _newest_index(self, account: AccountStore, name: str) -> TermIndex:
        return self._indexes.newest(account, lambda: self.get(account, name).index)


def _with_other_patterns(blocklist: Blocklist) -> Blocklist:
    index = dataclasses.replace(blocklist.index, version=blocklist.index.version + 1)
    return dataclasses.replace(blocklist, index=index, patterns_version=blocklist.patterns_version + 1)


def _canonical(item_id: str) -> str | None:
    try:
        return str(uuid.UUID(item_id))
    except ValueError:
        return None


def _tries() -> Iterator[int]:
    """Numbers of attempts, with a growing random pause between them: writers of one list take turns."""
    for attempt in range(_WRITE_TRIES):
        if attempt:
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE_SECONDS, 0.005 * 2 ** attempt)))
        yield attempt


def _busy() -> Unavailable:
    return Unavailable("The blocklist is being changed by many requests; try again.")
