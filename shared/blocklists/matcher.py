"""Which items of which blocklists a text contains, by what the lists hold at this moment."""
from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.blocklists.index import BlocklistIndexes, term_hash_key
from shared.blocklists.models import BlocklistMatch, BlocklistState
from shared.blocklists.repository import BlocklistRepository
from shared.caching import CACHE_SECONDS, BoundedCache
from shared.errors import InvalidRequest, NotFound
from shared.storage.account_store import AccountStore

if TYPE_CHECKING:
    from shared.matching.patterns import PatternSet
    from shared.matching.prepared_text import PreparedText

MATCH_LIMIT = 1000
"""Hits that one analysis looks up and reports: each may be a read of the storage."""
PATTERN_STEPS_PER_TEXT = 200_000
"""Steps of the compiled regular expressions of all lists that one analysis names; time is linear in them."""
_REMEMBERED_TEXTS = 50_000
_REMEMBERED_PATTERNS = 5_000  # a compiled one takes some ten to fifty kilobytes once it was run


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The compiled regular expressions of one list as of one `patterns_version`, and their texts by item id."""

    version: int
    compiled: PatternSet
    texts: dict[str, str]


class BlocklistMatcher:
    def __init__(self, blocklists: BlocklistRepository, indexes: BlocklistIndexes, cache_seconds: float = CACHE_SECONDS) -> None:
        self._blocklists = blocklists
        self._indexes = indexes
        self._texts: BoundedCache[tuple[str, str], str] = BoundedCache(_REMEMBERED_TEXTS, idle_seconds=cache_seconds)
        self._patterns: BoundedCache[tuple[str, str], _Patterns] = BoundedCache(
            _REMEMBERED_PATTERNS, cost=lambda patterns: len(patterns.texts), idle_seconds=cache_seconds)

    def forget(self, account_id: str) -> None:
        """Forget what is remembered of an account that is gone."""
        for cache in (self._texts, self._patterns):
            cache.forget_where(lambda key: key[0] == account_id)

    def match(self, account: AccountStore, names: Sequence[str], text: str) -> list[BlocklistMatch]:
        """The items that the text contains: lists in the order given, items in the order of the text, then patterns.

        Up to MATCH_LIMIT. Raises NotFound if one of the lists does not exist, InvalidRequest if their regular expressions
        are too costly together.
        """
        names = list(dict.fromkeys(names))
        if not names:
            return []
        from shared.matching.prepared_text import prepare

        states: dict[str, BlocklistState] = {}
        for name, state in zip(names, self._blocklists.states(account, names), strict=True):
            if state is None:
                raise NotFound("A blocklist named in blocklistNames does not exist.", target="blocklistNames")
            states[name] = state
        patterns = {name: self._patterns_of(account, state) for name, state in states.items() if state.patterns_version}
        if sum(each.compiled.program_size for each in patterns.values()) > PATTERN_STEPS_PER_TEXT:
            raise InvalidRequest("The regular expressions of these blocklists are too costly together: name fewer lists.",
                                 target="blocklistNames")
        prepared = prepare(text, term_hash_key(account))
        matches: list[BlocklistMatch] = []
        for name, state in states.items():
            matches += self._term_matches(account, name, state, prepared, MATCH_LIMIT - len(matches))
            if name in patterns:
                matches += [BlocklistMatch(name, item_id, patterns[name].texts[item_id])
                            for item_id in patterns[name].compiled.find(text)]
            if len(matches) >= MATCH_LIMIT:
                break
        return matches[:MATCH_LIMIT]

    def _term_matches(self, account: AccountStore, name: str, state: BlocklistState, prepared: PreparedText,
                      limit: int) -> list[BlocklistMatch]:
        from shared.matching.prepared_text import contains

        index = self._indexes.at(account, name, state.generation, state.version)
        candidates = [str(uuid.UUID(bytes=item_id)) for item_id in index.find(prepared)[:limit]]
        texts = self._item_texts(account, state.generation, candidates)
        return [BlocklistMatch(name, item_id, texts[item_id]) for item_id in candidates
                if item_id in texts and contains(prepared, texts[item_id])]

    def _item_texts(self, account: AccountStore, generation: str, item_ids: Sequence[str]) -> dict[str, str]:
        """Texts by item id; none for an item without a row, which another request is adding or has removed.

        An id is made from its text, so that what was read once is right for ever.
        """
        found = {item_id: self._texts.find((account.account_id, item_id)) for item_id in item_ids}
        known = {item_id: text for item_id, text in found.items() if text is not None}
        missing = [item_id for item_id in item_ids if item_id not in known]
        for item_id, item in self._blocklists.find_items(account, generation, missing).items():
            self._texts.put((account.account_id, item_id), item.text)
            known[item_id] = item.text
        return known

    def _patterns_of(self, account: AccountStore, state: BlocklistState) -> _Patterns:
        from shared.matching.patterns import PatternSet

        key = (account.account_id, state.generation)
        patterns = self._patterns.find(key)
        if patterns is None or patterns.version != state.patterns_version:
            texts = {item.id: item.text for item in self._blocklists.patterns(account, state.generation)}
            patterns = _Patterns(state.patterns_version, PatternSet(list(texts.items())), texts)
            self._patterns.put(key, patterns)
        return patterns
