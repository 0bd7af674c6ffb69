"""Where the terms of a list stand in a text, by what the list holds at this moment."""
from __future__ import annotations

from typing import TYPE_CHECKING

from shared.caching import CACHE_SECONDS, BoundedCache
from shared.errors import NotFound
from shared.indexing.candidates import Candidates
from shared.indexing.kept_indexes import KeptIndexes
from shared.indexing.term_hashes import term_hash_key
from shared.storage.account_store import AccountStore
from shared.term_lists.models import LanguageState, TermHit, TermLanguage
from shared.term_lists.repository import TermLanguageRepository, TermListRepository, no_such_list

if TYPE_CHECKING:
    from shared.matching.prepared_text import PreparedText
    from shared.matching.term_index import TermIndex

MATCH_LIMIT = 1000
"""Terms that one call looks up in each language, and places that it reports: a term may be a read of the storage."""
_REMEMBERED_LISTS = 10_000


class TermMatcher:
    def __init__(self, lists: TermListRepository, languages: TermLanguageRepository, indexes: KeptIndexes[TermLanguage, TermIndex],
                 cache_seconds: float = CACHE_SECONDS) -> None:
        self._lists = lists
        self._languages = languages
        self._candidates = Candidates(languages, indexes, cache_seconds)
        self._generations: BoundedCache[tuple[str, int], str] = BoundedCache(_REMEMBERED_LISTS, idle_seconds=cache_seconds)

    def forget(self, account_id: str) -> None:
        """Forget what is remembered of an account that is gone."""
        self._candidates.forget(account_id)
        self._generations.forget_where(lambda key: key[0] == account_id)

    def match(self, account: AccountStore, list_id: int, text: str | PreparedText, language: str | None) -> list[TermHit]:
        """Every place of a term of the list, in the order of the text, the shorter term first; up to MATCH_LIMIT.

        A language of None means the terms of all languages; a term of several counts once. A prepared text must have been
        prepared with the account's `term_hash_key`. Raises NotFound where there is no such list.
        """
        from shared.matching.prepared_text import occurrences, prepare

        states = self._states(account, list_id, language)
        if not states:
            return []
        prepared = prepare(text, term_hash_key(account)) if isinstance(text, str) else text
        places: set[tuple[int, int, str]] = set()
        for state in states:
            try:
                candidates = self._candidates.find(account, state.key, state.generation, state.version, prepared, MATCH_LIMIT)
            except NotFound:  # all terms of the language were deleted meanwhile
                continue
            places |= {(start, end, term) for _, term in candidates for start, end in occurrences(prepared, term)}
        return [TermHit(list_id, term, start, end) for start, end, term in sorted(places)[:MATCH_LIMIT]]

    def _states(self, account: AccountStore, list_id: int, language: str | None) -> list[LanguageState]:
        """What there is to match. Raises NotFound.

        One read where the list's generation is known from before: a list that is deleted takes the records of its languages
        along before the deletion is answered, and a generation is never used again.
        """
        key = account.account_id, list_id
        remembered = self._generations.find(key)
        if remembered is not None and (states := self._languages.states(account, list_id, remembered, language)):
            return states
        generation = self._lists.generation(account, list_id)
        if generation is None:
            raise no_such_list()
        self._generations.put(key, generation)
        return self._languages.states(account, list_id, generation, language)
