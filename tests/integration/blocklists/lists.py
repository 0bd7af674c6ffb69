"""What the tests of blocklists share: workers with their own caches, and what a list holds as each of them sees it."""
from __future__ import annotations

import dataclasses
import os
import uuid
from collections.abc import Iterable, Sequence

from shared.accounts.models import Account
from shared.blocklists.matcher import BlocklistMatcher
from shared.blocklists.models import Blocklist, BlocklistItem, NewItem
from shared.blocklists.repository import BlocklistRepository
from shared.blocklists.service import BlocklistService
from shared.bootstrap import services_of
from shared.indexing.kept_indexes import KeptIndexes
from shared.indexing.list_index import ListIndexes
from shared.indexing.term_hashes import Change, TermHashes
from shared.matching.term_index import TermIndex
from shared.settings import Settings
from shared.storage.account_store import AccountStore
from shared.storage.holdings import BLOCKLIST_INDEX
from tests.integration.storage.wire import Wire

SEALING = 512  # changes in a full tail
COMPACTING = 16  # segments that are worth a compaction


class Worker:
    """One process: services with caches of its own, on the line that the test gives it, for one account."""

    def __init__(self, settings: Settings, account: Account, wire: Wire | None = None) -> None:
        services = services_of(settings, **({} if wire is None else wire.options))
        self.store: AccountStore = services.accounts.open(account)
        self.lists: BlocklistService = services.blocklists
        self.indexes: KeptIndexes[Blocklist, TermIndex] = services.blocklist_indexes
        self.repository = BlocklistRepository()
        self.matcher = BlocklistMatcher(self.repository, self.indexes)
        if wire is not None:
            wire.clear()

    def create(self, name: str, *texts: str) -> None:
        self.lists.upsert(self.store, name, None)
        if texts:
            self.add(name, *texts)

    def add(self, name: str, *texts: str, is_regex: bool = False, description: str | None = None) -> list[BlocklistItem]:
        return self.lists.add_items(self.store, name, [NewItem(text, description, is_regex) for text in texts])

    def remove(self, name: str, *texts: str) -> None:
        self.lists.remove_items(self.store, name, [item.id for item in self.items(name) if item.text in texts])

    def items(self, name: str) -> list[BlocklistItem]:
        items, after = [], None
        while True:
            page, after = self.lists.item_page(self.store, name, after, 0, 700)
            items += page
            if after is None:
                return items

    def listed(self, name: str) -> set[str]:
        return {item.text for item in self.items(name)}

    def matched(self, name: str, texts: Iterable[str]) -> set[str]:
        """The texts of the items that one text with all of these in it matches."""
        return {match.item_text for match in self.matcher.match(self.store, [name], " . ".join(sorted(texts)))}

    def append_made_up(self, name: str, count: int) -> None:
        """Removals of items that never were: they fill the index and change nothing."""
        changes = [Change(os.urandom(16), is_added=False) for _ in range(count)]
        self.indexes.append(self.store, self.lists.get(self.store, name), changes)

    def fill(self, name: str, segments: int) -> None:
        """Seal the tail, and name the new segment, of made-up removals, as often as it takes to have so many more."""
        blocklist = self.lists.get(self.store, name)
        changes = [Change(os.urandom(16), is_added=False) for _ in range(SEALING)]
        index = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 1).append(self.store, blocklist.index, changes)
        index = dataclasses.replace(index, segments=(*index.segments, *index.segments[-1:] * (segments - 1)))
        self.repository.replace(self.store, dataclasses.replace(blocklist, index=index))

    def named_blobs(self) -> set[str]:
        """The blobs that the manifests of the account's lists name."""
        lists, after = self.lists.page(self.store, None, 1000)
        assert after is None
        return {f"{each.index.generation}/{segment.id}" for each in lists
                for segment in (*([each.index.base] if each.index.base else []), *each.index.segments)}

    def stored_blobs(self) -> set[str]:
        return set(self.store.blobs.ids(BLOCKLIST_INDEX))


def assert_agree(workers: Sequence[Worker], name: str, vocabulary: Iterable[str], expected: set[str] | None = None) -> set[str]:
    """What is listed, where nothing is cached, is what every worker matches; return it."""
    vocabulary = list(vocabulary)
    seen = [workers[0].listed(name), *(worker.matched(name, vocabulary) for worker in workers)]
    assert all(each == (seen[0] if expected is None else expected) for each in seen), seen
    return seen[0]


def new_name() -> str:
    return f"list-{uuid.uuid4().hex[:12]}"
