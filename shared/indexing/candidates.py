"""What of a list may stand in a text: the index's candidates with their texts, for the room to confirm."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic

from shared.caching import BoundedCache
from shared.indexing.indexed import IndexedRepository, L
from shared.indexing.kept_indexes import KeptIndexes
from shared.storage.account_store import AccountStore

if TYPE_CHECKING:
    from shared.matching.prepared_text import PreparedText
    from shared.matching.term_index import TermIndex

_REMEMBERED_TEXTS = 50_000


class Candidates(Generic[L]):
    def __init__(self, lists: IndexedRepository[L], indexes: KeptIndexes[L, TermIndex], cache_seconds: float) -> None:
        self._lists = lists
        self._indexes = indexes
        self._texts: BoundedCache[tuple[str, bytes], str] = BoundedCache(_REMEMBERED_TEXTS, idle_seconds=cache_seconds)

    def forget(self, account_id: str) -> None:
        """Forget the texts of an account that is gone."""
        self._texts.forget_where(lambda key: key[0] == account_id)

    def find(self, account: AccountStore, key: str, generation: str, version: int, prepared: PreparedText,
             limit: int) -> list[tuple[bytes, str]]:
        """Id and text of up to `limit` entries of this list that may stand in the text, in the text's order.

        By the index of this version or a newer one. Raises NotFound, Unavailable.
        """
        ids = self._indexes.at(account, key, generation, version).find(prepared)[:limit]
        texts = self._row_texts(account, generation, ids)
        return [(each, texts[each]) for each in ids if each in texts]

    def _row_texts(self, account: AccountStore, generation: str, ids: Sequence[bytes]) -> dict[bytes, str]:
        """Texts by id; none for an entry without a row, which another request is adding or has removed.

        An id is made from its text by a key of its list, so that what was read once is right for ever.
        """
        found = {each: self._texts.find((account.account_id, each)) for each in ids}
        known = {each: text for each, text in found.items() if text is not None}
        for each, text in self._lists.rows(account, generation, [each for each in ids if each not in known]).items():
            self._texts.put((account.account_id, each), text)
            known[each] = text
        return known
