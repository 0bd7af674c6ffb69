"""Which items of which blocklists a text contains, by what the lists hold at this moment."""
from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.blocklists.models import Blocklist, BlocklistMatch, BlocklistState
from shared.blocklists.repository import BlocklistRepository
from shared.caching import CACHE_SECONDS, BoundedCache
from shared.errors import InvalidRequest, NotFound
from shared.indexing.candidates import Candidates
from shared.indexing.kept_indexes import KeptIndexes
from shared.indexing.term_hashes import term_hash_key
from shared.storage.account_store import AccountStore

if TYPE_CHECKING:
    from shared.matching.patterns import PatternSet
    from shared.matching.prepared_text import PreparedText
    from shared.matching.term_index import TermIndex

MATCH_LIMIT = 1000
"""Hits that one analysis looks up and reports: each may be a read of the storage."""
PATTERN_STEPS_PER_TEXT = 200_000
"""Steps of the compiled regular expressions of all lists that one analysis names; time is linear in them."""
_REMEMBERED_PATTERNS = 5_000  # a compiled one takes some ten to fifty kilobytes once it was run


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The compiled regular expressions of one list as of one `patterns_version`, and their texts by item id."""

    version: int
    compiled: PatternSet
    texts: dict[str, str]


class BlocklistMatcher:
    def __init__(self, blocklists: BlocklistRepository, indexes: KeptIndexes[Blocklist, TermIndex],
                 cache_seconds: float = CACHE_SECONDS) -> None:
        self._blocklists = blocklists
        self._candidates = Candidates(blocklists, indexes, cache_seconds)
        self._patterns: BoundedCache[tuple[str, str], _Patterns] = BoundedCache(
            _REMEMBERED_PATTERNS, cost=lambda patterns: len(patterns.texts), idle_seconds=cache_seconds)

    def forget(self, account_id: str) -> None:
        """Forget what is remembered of an account that is gone."""
        self._candidates.forget(account_id)
        self._patterns.forget_where(lambda key: key[0] == account_id)

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

        candidates = self._candidates.find(account, name, state.generation, state.version, prepared, limit)
        return [BlocklistMatch(name, str(uuid.UUID(bytes=item_id)), text) for item_id, text in candidates
                if contains(prepared, text)]

    def _patterns_of(self, account: AccountStore, state: BlocklistState) -> _Patterns:
        from shared.matching.patterns import PatternSet

        key = (account.account_id, state.generation)
        patterns = self._patterns.find(key)
        if patterns is None or patterns.version != state.patterns_version:
            texts = {item.id: item.text for item in self._blocklists.patterns(account, state.generation)}
            patterns = _Patterns(state.patterns_version, PatternSet(list(texts.items())), texts)
            self._patterns.put(key, patterns)
        return patterns
