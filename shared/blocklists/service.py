"""Blocklists and their items: what may be kept, and changes that no writer loses and every worker sees at once.

Order of the writes, so that a crash between two of them loses nothing that was acknowledged: an added text item enters
the index before its row is written (an index entry without a row matches nothing); a removed one leaves the index before
its row is deleted. Regular expressions are read from their rows whenever the list's `patterns_version` has moved.
"""
from __future__ import annotations

import dataclasses
import secrets
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.blocklists.models import Blocklist, BlocklistItem, NewItem
from shared.blocklists.repository import BlocklistRepository, is_pattern_id, item_id_of
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.indexing.kept_indexes import KeptIndexes, busy
from shared.indexing.term_hashes import CHANGE_BYTES, Change, term_hash_key
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.turns import tries

if TYPE_CHECKING:
    from shared.matching.term_index import TermIndex

COMPACT_BLOCKLIST = "compact-blocklist"
DELETE_BLOCKLIST = "delete-blocklist"
PATTERN_LIMIT = 1000
"""Regular expressions in one list: each is run over every text, so that their number is what an analysis costs."""
PATTERN_STEPS_LIMIT = 100_000
"""Steps of the compiled regular expressions of one list together. An ordinary one has 10 to 100; time is linear in it."""
_DELETION_DELAY_SECONDS = 300
_DELETION_ROWS = 1000


class BlocklistService:
    def __init__(self, blocklists: BlocklistRepository, indexes: KeptIndexes[Blocklist, TermIndex], jobs: JobQueue,
                 item_limit: int) -> None:
        self._blocklists = blocklists
        self._indexes = indexes
        self._jobs = jobs
        self._item_limit = item_limit

    def upsert(self, account: AccountStore, name: str, description: str | None) -> tuple[Blocklist, bool]:
        """Return the list and whether this call created it; a description of None leaves the old one."""
        for _ in tries():
            current = self._blocklists.find(account, name)
            try:
                if current is None:
                    created = Blocklist(name, description or "", self._indexes.new_manifest(), secrets.token_hex(32))
                    self._blocklists.insert(account, created)
                    return created, True
                if description is None:
                    return current, False
                changed = dataclasses.replace(current, description=description)
                self._blocklists.replace(account, changed)
                return changed, False
            except (Conflict, NotFound):
                continue
        raise busy()

    def get(self, account: AccountStore, name: str) -> Blocklist:
        """Raises NotFound."""
        return self._blocklists.get(account, name)

    def page(self, account: AccountStore, after: str | None, size: int) -> tuple[list[Blocklist], str | None]:
        return self._blocklists.page(account, after, size)

    def delete(self, account: AccountStore, name: str) -> None:
        """Delete the list; it is gone at once, and a job deletes its items. Raises NotFound."""
        for _ in tries():
            blocklist = self.get(account, name)
            generation = blocklist.index.generation
            # Queued before the list is deleted, so that nothing is left behind if this process ends between the two;
            # a job does nothing while the list is there, hence the delay, and the second job for promptness.
            self._jobs.send(DELETE_BLOCKLIST, account.account_id, generation, _DELETION_DELAY_SECONDS)
            try:
                self._blocklists.delete(account, blocklist)
            except Conflict:
                continue
            self._jobs.send(DELETE_BLOCKLIST, account.account_id, generation)
            return
        raise busy()

    def add_items(self, account: AccountStore, name: str, new_items: Sequence[NewItem]) -> list[BlocklistItem]:
        """Store each text once, the last of equal ones counting, and return the items in order.

        Raises NotFound, InvalidRequest (nothing to match, a regular expression that is not supported, a list that
        would be too long); then nothing is stored.
        """
        blocklist = self.get(account, name)
        items, changes = self._checked(account, blocklist, new_items)
        if changes:
            blocklist = self._indexes.append(account, blocklist, changes)
        patterns = [item for item in items if item.is_regex]
        known = self._blocklists.find_items(account, blocklist.index.generation, [item.id for item in patterns])
        self._blocklists.upsert_items(account, blocklist.index.generation, items)
        if patterns:
            self._indexes.change(account, blocklist, _with_other_patterns)
            self._check_again(account, blocklist, [item.id for item in patterns if item.id not in known])
        if not self._indexes.settle(account, blocklist, [_index_id(item.id) for item in items if not item.is_regex]):
            self._blocklists.delete_items(account, blocklist.index.generation, [item.id for item in items])
            raise NotFound("The blocklist does not exist.", target="blocklistName")
        return items

    def remove_items(self, account: AccountStore, name: str, item_ids: Sequence[str]) -> None:
        """Remove these items; those that are gone already do not matter. Raises NotFound for the list."""
        blocklist = self.get(account, name)
        ids = list(dict.fromkeys(item_id for item_id in map(_canonical, item_ids) if item_id is not None))
        changes = [Change(_index_id(item_id), is_added=False) for item_id in ids if not is_pattern_id(item_id)]
        if changes:
            blocklist = self._indexes.append(account, blocklist, changes)
        self._blocklists.delete_items(account, blocklist.index.generation, ids)
        self._indexes.settle(account, blocklist, added=(), removed=[change.item_id for change in changes])
        if len(changes) < len(ids):
            self._indexes.change(account, blocklist, _with_other_patterns)

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

    def purge(self, account: AccountStore, generation: str) -> None:
        """Job: delete what a deleted list left behind. Nothing happens while the list is there."""
        if self._blocklists.find_of_generation(account, generation) is not None:
            return
        while ids := self._blocklists.item_ids(account, generation, None, _DELETION_ROWS)[0]:
            self._blocklists.delete_items(account, generation, ids)
        self._indexes.delete(account, generation)

    def _checked(self, account: AccountStore, blocklist: Blocklist,
                 new_items: Sequence[NewItem]) -> tuple[list[BlocklistItem], list[Change]]:
        from shared.matching.patterns import UnsupportedPattern, compile_pattern
        from shared.matching.terms import NothingToMatch, TermTooLong, term_hash

        hash_key = term_hash_key(account)
        distinct = {(new.is_regex, new.text): new for new in new_items}
        positions = {(new.is_regex, new.text): position for position, new in enumerate(new_items)}
        items: list[BlocklistItem] = []
        changes: list[Change] = []
        for new in distinct.values():
            place = f"blocklistItems[{positions[new.is_regex, new.text]}].text"
            item_id = item_id_of(blocklist.item_key, new.text, new.is_regex)
            items.append(BlocklistItem(item_id, new.text, new.description or "", new.is_regex))
            try:
                if new.is_regex:
                    compile_pattern(new.text)
                else:
                    changes.append(Change(_index_id(item_id), True, term_hash(new.text, hash_key)))
            except UnsupportedPattern as error:
                raise InvalidRequest(f"The regular expression is not supported: {error}", place) from None
            except NothingToMatch:
                raise InvalidRequest("The text has nothing to match: it holds white space or invisible characters only.",
                                     place) from None
            except TermTooLong:
                raise InvalidRequest("The text has more than 128 words and symbols once it is normalised.",
                                     place) from None
        self._check_room(account, blocklist, items)
        return self._with_kept_descriptions(account, blocklist, list(distinct.values()), items), changes

    def _check_room(self, account: AccountStore, blocklist: Blocklist, items: Sequence[BlocklistItem]) -> None:
        most_patterns = PATTERN_LIMIT if blocklist.patterns_version else 0
        if blocklist.index.entry_bound(CHANGE_BYTES) + most_patterns + len(items) > self._item_limit:
            patterns = self._blocklists.patterns(account, blocklist.index.generation)
            known = len(self._indexes.newest(account, blocklist.name)) + len(patterns)
            existing = self._blocklists.find_items(account, blocklist.index.generation, [item.id for item in items])
            if known + len(items) - len(existing) > self._item_limit:
                raise InvalidRequest(f"The blocklist would have more than {self._item_limit} items.", "blocklistItems")
        patterns = [item for item in items if item.is_regex]
        if patterns:
            _check_patterns([*self._blocklists.patterns(account, blocklist.index.generation), *patterns])

    def _check_again(self, account: AccountStore, blocklist: Blocklist, new_pattern_ids: Sequence[str]) -> None:
        """Take new regular expressions back where requests at the same time exceeded a limit together."""
        try:
            _check_patterns(self._blocklists.patterns(account, blocklist.index.generation))
        except InvalidRequest:
            self._blocklists.delete_items(account, blocklist.index.generation, new_pattern_ids)
            self._indexes.change(account, blocklist, _with_other_patterns)
            raise

    def _with_kept_descriptions(self, account: AccountStore, blocklist: Blocklist, new_items: Sequence[NewItem],
                                items: Sequence[BlocklistItem]) -> list[BlocklistItem]:
        """A row is read only where the index knows the item: adding many new ones costs no reads."""
        undescribed = [item for new, item in zip(new_items, items, strict=True) if new.description is None]
        known = self._indexes.known(
            account, blocklist.name, [_index_id(item.id) for item in undescribed if not item.is_regex])
        existing = self._blocklists.find_items(account, blocklist.index.generation, [
            item.id for item in undescribed if item.is_regex or _index_id(item.id) in known])
        return [existing.get(item.id, item) if new.description is None else item
                for new, item in zip(new_items, items, strict=True)]


def _check_patterns(items: Sequence[BlocklistItem]) -> None:
    """Raises InvalidRequest where these regular expressions are too many, or too costly, for one list."""
    from shared.matching.patterns import PatternSet

    patterns = {item.id: item.text for item in items}
    if len(patterns) > PATTERN_LIMIT:
        raise InvalidRequest(
            f"The blocklist would have more than {PATTERN_LIMIT} regular expressions.", "blocklistItems")
    if PatternSet(list(patterns.items())).program_size > PATTERN_STEPS_LIMIT:
        raise InvalidRequest("The regular expressions of the blocklist would be too costly together: use shorter "
                             "ones, and smaller counts and classes in them.", "blocklistItems")


def _with_other_patterns(blocklist: Blocklist) -> Blocklist:
    index = dataclasses.replace(blocklist.index, version=blocklist.index.version + 1)
    return dataclasses.replace(blocklist, index=index, patterns_version=blocklist.patterns_version + 1)


def _canonical(item_id: str) -> str | None:
    try:
        return str(uuid.UUID(item_id))
    except ValueError:
        return None


def _index_id(item_id: str) -> bytes:
    return uuid.UUID(item_id).bytes
