"""Which images of an account's lists a picture looks like, by what the lists hold at this moment."""
from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from shared.caching import CACHE_SECONDS, BoundedCache
from shared.errors import NotFound
from shared.image_lists.models import ImageList, ImageListState, ImageMatch, ListImage, entry_id
from shared.image_lists.repository import ImageListRepository, no_such_list
from shared.imaging.models import Picture
from shared.indexing.kept_indexes import KeptIndexes
from shared.storage.account_store import AccountStore

if TYPE_CHECKING:
    from shared.image_lists.image_index import ImageIndex, ImageQuery

MATCH_LIMIT = 50
"""Matches that one call reports, the nearest ones: each may be a read of the storage."""
_REMEMBERED_LISTS = 10_000
_LISTS_AT_ONCE = 8

Nearest = tuple[int, float, ImageListState, bytes]
"""Distance, score, list, and the index's id of the image."""


class ImageMatcher:
    def __init__(self, lists: ImageListRepository, indexes: KeptIndexes[ImageList, ImageIndex],
                 cache_seconds: float = CACHE_SECONDS) -> None:
        self._lists = lists
        self._indexes = indexes
        self._distances: BoundedCache[tuple[str, str, int], int] = BoundedCache(_REMEMBERED_LISTS, idle_seconds=cache_seconds)

    def forget(self, account_id: str) -> None:
        """Forget what is remembered of an account that is gone."""
        self._distances.forget_where(lambda key: key[0] == account_id)

    def match(self, account: AccountStore, picture: Picture, number: int | None) -> list[ImageMatch]:
        """The images of this list, or of all lists where none is named, nearest first; up to MATCH_LIMIT.

        Raises NotFound where there is no such list, Unavailable.
        """
        states = self._states(account, number)
        if not states:
            return []
        from shared.image_lists.image_index import ImageQuery

        query = ImageQuery(picture)

        def nearest_of(state: ImageListState) -> list[Nearest]:
            try:
                return self._nearest(account, state, query)
            except NotFound:  # deleted meanwhile
                if number is not None:
                    raise
                return []
        if len(states) == 1:
            nearest = nearest_of(states[0])
        else:
            with ThreadPoolExecutor(min(_LISTS_AT_ONCE, len(states))) as pool:
                nearest = [hit for hits in pool.map(nearest_of, states) for hit in hits]
        nearest.sort(key=lambda hit: (hit[0], hit[2].number, hit[3]))
        return self._matches(account, nearest[:MATCH_LIMIT])

    def _states(self, account: AccountStore, number: int | None) -> list[ImageListState]:
        if number is None:
            return self._lists.states(account)
        state = self._lists.state(account, number)
        if state is None:
            raise no_such_list()
        return [state]

    def _nearest(self, account: AccountStore, state: ImageListState, query: ImageQuery) -> list[Nearest]:
        distance_limit = self._distance_limit(account, state)
        index = self._indexes.at(account, str(state.number), state.generation, state.version)
        hits = index.match(query, distance_limit)[:MATCH_LIMIT]
        rows = {hit.content_id: index.row_of(hit.content_id) for hit in hits}
        return [(hit.distance, hit.score, state, entry_id(hit.content_id, row_id))
                for hit in hits if (row_id := rows[hit.content_id]) is not None]

    def _distance_limit(self, account: AccountStore, state: ImageListState) -> int:
        key = account.account_id, state.generation, state.version
        limit = self._distances.find(key)
        if limit is None:
            limit = self._lists.get(account, str(state.number)).match_distance
            self._distances.put(key, limit)
        return limit

    def _matches(self, account: AccountStore, nearest: Sequence[Nearest]) -> list[ImageMatch]:
        """An entry of the index without a row, which another request is adding or has removed, matches nothing.

        Rows are read each time, so that all workers agree where one of them died between row and index.
        """
        images: dict[bytes, ListImage] = {}
        for state in {hit[2] for hit in nearest}:
            images |= self._lists.rows(account, state.generation, [entry for _, _, of, entry in nearest if of == state])
        return [ImageMatch(state.number, image.content_id, score, distance, image.image.tags, image.image.label)
                for distance, score, state, entry in nearest if (image := images.get(entry)) is not None]
