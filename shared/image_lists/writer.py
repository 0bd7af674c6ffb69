"""Images enter a list, one or a thousand of them: first the index, then their rows, of which each picture can have one.

An entry of the index without a row matches nothing. So where a worker dies between the two nothing is there that was not
acknowledged; and where one picture is added twice at the same time, the row decides who came first.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.errors import NotFound
from shared.image_lists.image_hashes import ImageHashes, addition
from shared.image_lists.models import ImageList, ListImage, NewImage
from shared.image_lists.repository import ImageListRepository, row_id_of
from shared.indexing.kept_indexes import KeptIndexes, busy
from shared.indexing.list_numbers import ListNumbers
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.turns import tries

if TYPE_CHECKING:
    from shared.image_lists.image_index import ImageIndex

DELETE_LIST_IMAGES = "delete-list-images"
DELETION_DELAY_SECONDS = 300
_ROWS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Added:
    """By the places of the images that were given: content ids of those that are new, and what became of the others."""

    content_ids: dict[int, int]
    already_there: list[int]
    no_room: list[int]


class ImageWriter:
    def __init__(self, lists: ImageListRepository, indexes: KeptIndexes[ImageList, ImageIndex], content_numbers: ListNumbers,
                 jobs: JobQueue, image_limit: int) -> None:
        self._lists = lists
        self._indexes = indexes
        self._content_numbers = content_numbers
        self._jobs = jobs
        self._image_limit = image_limit

    def add(self, account: AccountStore, number: int, images: Sequence[NewImage]) -> Added:
        """Add images, as far as there is room; of equal ones the first. Raises NotFound where the list is gone."""
        for _ in tries():
            current = self._lists.get(account, str(number))
            row_ids = [row_id_of(current.image_key, image) for image in images]
            first_places = {row_id: place for place, row_id in reversed(list(enumerate(row_ids)))}
            there = self._there(account, current, list(first_places))
            new = sorted(place for row_id, place in first_places.items() if row_id not in there)
            room = self._room(account, current, len(new))
            try:
                taken = self._write(account, current, {place: (row_ids[place], images[place]) for place in new[:room]})
            except NotFound:  # all images of the list were deleted meanwhile, or the list
                continue
            if taken is not None:
                left_out = {row_ids[place] for place in new[room:]}
                no_room = [place for place, row_id in enumerate(row_ids) if row_id in left_out]
                return Added(taken, sorted({*range(len(images))} - {*taken, *no_room}), no_room)
        raise busy()

    def end(self, account: AccountStore, generation: str, delay_seconds: int = 0) -> None:
        """Queue the deletion of what lies under a generation, which does nothing while there is a list of it."""
        self._jobs.send(DELETE_LIST_IMAGES, account.account_id, generation, delay_seconds)

    def _write(self, account: AccountStore, current: ImageList, new: dict[int, tuple[bytes, NewImage]]) -> dict[int, int] | None:
        """The content ids of those that were first, by place; None where all images of the list were deleted meanwhile."""
        if not new:
            return {}
        numbers = self._content_numbers.reserve(account, len(new))
        image_of = {place: ListImage(content_id, row_id, image)
                    for content_id, (place, (row_id, image)) in zip(numbers, new.items(), strict=True)}
        images = list(image_of.values())
        written = self._indexes.append(account, current, [addition(image) for image in images])
        generation = written.index.generation
        late = self._insert(account, generation, images)
        if late:
            self._there(account, written, [image.row_id for image in late])
            written = self._indexes.append(account, written, [ImageHashes().removal(image.entry_id) for image in late])
        late_ids = {image.content_id for image in late}
        kept = {place: image.content_id for place, image in image_of.items() if image.content_id not in late_ids}
        if self._indexes.settle(account, written, [image.entry_id for image in images if image.content_id not in late_ids]):
            return kept
        self.end(account, generation)  # the rows, which lie where nobody looks any longer
        return None

    def _insert(self, account: AccountStore, generation: str, images: Sequence[ListImage]) -> list[ListImage]:
        """Write the rows; return the images whose pictures have a row already."""
        return [late for first in range(0, len(images), _ROWS_AT_ONCE)
                for late in self._lists.insert_images(account, generation, images[first:first + _ROWS_AT_ONCE])]

    def _there(self, account: AccountStore, current: ImageList, row_ids: Sequence[bytes]) -> dict[bytes, ListImage]:
        """Those of these images that the list has already; of many only those are read that the index has."""
        if len(row_ids) > 1:
            row_ids = self._indexes.newest(account, current.key).rows_known(row_ids)
        there = self._lists.find_images(account, current.index.generation, row_ids)
        self._enter_again(account, current, list(there.values()))
        return there

    def _enter_again(self, account: AccountStore, current: ImageList, there: Sequence[ListImage]) -> None:
        """See that the index has images whose rows are there: it was made anew from the rows before these were written."""
        known = self._indexes.known(account, current.key, [image.entry_id for image in there])
        lacking = [image for image in there if image.entry_id not in known]
        if lacking:
            written = self._indexes.append(account, current, [addition(image) for image in lacking])
            # Or another request removed them since their rows were read: then they have to leave the index again.
            ids = [image.entry_id for image in lacking]
            self._indexes.agree(account, written, added=ids, removed=ids)

    def _room(self, account: AccountStore, current: ImageList, new: int) -> int:
        """For how many of so many new images there is room. Removals are counted only where it matters."""
        room = self._image_limit - current.index.entry_bound(ImageHashes().change_bytes)
        if new > room:
            room = self._image_limit - len(self._indexes.newest(account, current.key))
        return max(0, room)
