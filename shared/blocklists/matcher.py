"""Which items of which blocklists a text contains, by what the lists hold at this moment."""
from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.blocklists.index import BlocklistIndexes, term_hash_key
from shared.blocklists.models import BlocklistMatch, BlocklistState
from shared.blocklists.repository import BlocklistRepository
from shared.blocklists.service import PATTERN_LIMIT
from shared.errors import NotFound
from shared.storage.account_store import AccountStore

if TYPE_CHECKING:
    from shared.matching.patterns import PatternSet
    from shared.matching.prepared_text import PreparedText

_REMEMBERED_TEXTS = 50_000
_REMEMBERED_PATTERN_SETS = 200


class BlocklistMatcher:
    def __init__(self, blocklists: BlocklistRepository, indexes: BlocklistIndexes) -> None:
        self._blocklists = blocklists
        self._indexes = indexes
        self._lock = threading.Lock()
        self._texts: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._patterns: OrderedDict[tuple[str, str], tuple[int, PatternSet, dict[str, str]]] = OrderedDict()

    def match(self, account: AccountStore, names: Sequence[str], text: str) -> list[BlocklistMatch]:
        """The items that the text contains: lists in the order given, items in the order of the text, then patterns.

        Raises NotFound if one of the lists does not exist.
        """
        names = list(dict.fromkeys(names))
        if not names:
            return []
        from shared.matching.prepared_text import prepare

        states = self._blocklists.states(account, names)
        if None in states:
            raise NotFound("A blocklist named in blocklistNames does not exist.", target="blocklistNames")
        prepared = prepare(text, term_hash_key(account))
        return [match for name, state in zip(names, states, strict=True) if state is not None
                for match in [*self._term_matches(account, name, state, prepared),
                              *self._pattern_matches(account, name, state, text)]]

    def _term_matches(self, account: AccountStore, name: str, state: BlocklistState,
                      prepared: PreparedText) -> list[BlocklistMatch]:
        from shared.matching.prepared_text import contains

        index = self._indexes.at(account, name, state.generation, state.version)
        candidates = [str(uuid.UUID(bytes=item_id)) for item_id in index.find(prepared)]
        texts = self._item_texts(account, state.generation, candidates)
        return [BlocklistMatch(name, item_id, texts[item_id]) for item_id in candidates
                if item_id in texts and contains(prepared, texts[item_id])]

    def _pattern_matches(self, account: AccountStore, name: str, state: BlocklistState,
                         text: str) -> list[BlocklistMatch]:
        if state.patterns_version == 0:
            return []
        patterns, texts = self._pattern_set(account, state)
        return [BlocklistMatch(name, item_id, texts[item_id]) for item_id in patterns.find(text)]

    def _item_texts(self, account: AccountStore, generation: str, item_ids: Sequence[str]) -> dict[str, str]:
        """Texts by item id; none for an item without a row, which another request is adding or has removed.

        An id is made from its text, so that what was read once is right for ever.
        """
        known: dict[str, str] = {}
        with self._lock:
            for item_id in item_ids:
                text = self._texts.get((account.account_id, item_id))
                if text is not None:
                    known[item_id] = text
        missing = [item_id for item_id in item_ids if item_id not in known]
        read = {item_id: item.text for item_id, item
                in self._blocklists.find_items(account, generation, missing).items()}
        with self._lock:
            for item_id, text in read.items():
                self._texts[account.account_id, item_id] = text
            while len(self._texts) > _REMEMBERED_TEXTS:
                self._texts.popitem(last=False)
        return known | read

    def _pattern_set(self, account: AccountStore, state: BlocklistState) -> tuple[PatternSet, dict[str, str]]:
        from shared.matching.patterns import PatternSet

        key = (account.account_id, state.generation)
        with self._lock:
            version, patterns, texts = self._patterns.get(key, (None, None, None))
        if patterns is not None and texts is not None and version == state.patterns_version:
            return patterns, texts
        items = self._blocklists.patterns(account, state.generation, PATTERN_LIMIT)
        patterns, texts = PatternSet([(item.id, item.text) for item in items]), {item.id: item.text for item in items}
        with self._lock:
            self._patterns[key] = (state.patterns_version, patterns, texts)
            while len(self._patterns) > _REMEMBERED_PATTERN_SETS:
                self._patterns.popitem(last=False)
        return patterns, texts

