"""Image lists: what may be kept, and changes that no writer loses and every worker sees at once.

An image enters the index before its row is written, and loses its row before it leaves the index: an entry of the index
without a row matches nothing. A list ends with its record, and all its images with its generation, in one write; a job
deletes what lay under it.
"""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.image_lists.bulk import ImageBulk
from shared.image_lists.image_hashes import ImageHashes
from shared.image_lists.intake import new_image
from shared.image_lists.matcher import ImageMatcher
from shared.image_lists.models import ImageList, ImageMatch, ImageReport, ListImage, NewImage, RefusedEntry, entry_id
from shared.image_lists.repository import ImageListRepository
from shared.image_lists.writer import DELETION_DELAY_SECONDS, ImageWriter
from shared.imaging.models import Picture
from shared.indexing.kept_indexes import KeptIndexes, busy
from shared.indexing.list_numbers import ListNumbers
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.turns import tries

if TYPE_CHECKING:
    from shared.image_lists.image_index import ImageIndex

COMPACT_IMAGE_LIST = "compact-image-list"


class ImageAlreadyThere(Conflict):
    """The list has the same picture already: one whose upright pixels are the same."""


class ImageListService:
    def __init__(self, lists: ImageListRepository, indexes: KeptIndexes[ImageList, ImageIndex], matcher: ImageMatcher,
                 numbers: ListNumbers, content_numbers: ListNumbers, jobs: JobQueue, list_limit: int, image_limit: int) -> None:
        self._lists = lists
        self._indexes = indexes
        self._matcher = matcher
        self._numbers = numbers
        self._content_numbers = content_numbers
        self._list_limit = list_limit
        self._image_limit = image_limit
        self._writer = ImageWriter(lists, indexes, content_numbers, jobs, image_limit)

    def create(self, account: AccountStore, name: str, description: str, metadata: Mapping[str, str]) -> ImageList:
        """Raises InvalidRequest where the account has as many lists as it may have."""
        if len(self._lists.states(account)) >= self._list_limit:
            raise InvalidRequest(f"The account has {self._list_limit} image lists, and may not have more.")
        for _ in tries():
            created = ImageList(self._numbers.next(account), name, description, metadata, self._indexes.new_manifest(),
                                secrets.token_hex(32))
            try:
                self._lists.insert(account, created)
            except Conflict:  # a list that was imported has this number
                self._numbers.skip_to(account, max((state.number for state in self._lists.states(account)), default=0))
                continue
            return created
        raise busy()

    def get(self, account: AccountStore, number: int) -> ImageList:
        """Raises NotFound."""
        return self._lists.get(account, str(number))

    def all(self, account: AccountStore) -> list[ImageList]:
        """The lists of the account in the order of their numbers."""
        return self._lists.all(account)

    def update(self, account: AccountStore, number: int, name: str | None, description: str | None,
               metadata: Mapping[str, str] | None) -> ImageList:
        """Change what is given; None leaves the old one. Raises NotFound."""
        given = {"name": name, "description": description, "metadata": metadata}

        def changed(current: ImageList) -> ImageList:
            # The version too: what workers know of the list is outdated.
            index = dataclasses.replace(current.index, version=current.index.version + 1)
            return dataclasses.replace(current, index=index, **{field: value for field, value in given.items() if value is not None})
        for _ in tries():
            current = self.get(account, number)
            try:
                return self._indexes.change(account, current, changed)
            except NotFound:  # all its images were deleted meanwhile, or the list
                continue
        raise busy()

    def delete(self, account: AccountStore, number: int) -> None:
        """Delete the list; it is gone at once, and a job deletes its images. Raises NotFound."""
        for _ in tries():
            current = self.get(account, number)
            # Queued before the list is deleted, so that nothing is left behind if this process ends between the two;
            # a job does nothing while the list is there, hence the delay, and the second job for promptness.
            self._writer.end(account, current.index.generation, DELETION_DELAY_SECONDS)
            try:
                self._lists.delete(account, current)
            except Conflict:
                continue
            self._writer.end(account, current.index.generation)
            return
        raise busy()

    def add(self, account: AccountStore, number: int, picture: Picture, tags: tuple[int, ...], label: str) -> int:
        """Add what stands for a picture, and return its content id.

        Raises NotFound, ImageAlreadyThere, InvalidRequest where the list is full.
        """
        self.get(account, number)
        added = self._writer.add(account, number, [new_image(picture, tags, label)])
        if added.no_room:
            raise InvalidRequest(f"The image list would have more than {self._image_limit} images.")
        if added.already_there:
            raise ImageAlreadyThere("The image list has this image already.")
        return added.content_ids[0]

    def import_images(self, account: AccountStore, number: int, entries: Iterable[tuple[int, NewImage] | RefusedEntry],
                      at_once: int) -> Iterator[ImageReport]:
        """Add images by the numbers of their entries, so many at a time; what was taken stays where a later one fails.

        Doing it again is safe. Raises NotFound.
        """
        self.get(account, number)
        return ImageBulk(self._writer, account, number, self._image_limit).rounds(entries, at_once)

    def page(self, account: AccountStore, number: int, after: bytes | None, size: int) -> tuple[list[ListImage], bytes | None]:
        """Up to `size` images of a list in the order of their row ids, after this one; and the row id to go on after.

        Raises NotFound.
        """
        return self._lists.image_page(account, self.get(account, number).index.generation, after, size)

    def content_ids(self, account: AccountStore, number: int) -> list[int]:
        """The ids of all images of a list, ascending. Raises NotFound.

        By the index: where a worker died while it added an image there may be an id of none.
        """
        return self._indexes.newest(account, str(number)).ids.tolist()

    def remove(self, account: AccountStore, number: int, content_id: int) -> None:
        """Raises NotFound for the list and for the image."""
        for _ in tries():
            current = self.get(account, number)
            try:
                row_id = self._indexes.newest(account, current.key).row_of(content_id)
                if row_id is None:
                    raise NoSuchImage("The image does not exist in the image list.", target="ImageId")
                self._lists.delete_image(account, current.index.generation, content_id, row_id)
                self._indexes.append(account, current, [ImageHashes().removal(entry_id(content_id, row_id))])
            except NoSuchImage:
                raise
            except (Conflict, NotFound):
                continue
            return
        raise busy()

    def remove_all(self, account: AccountStore, number: int) -> None:
        """Remove all images of a list; they are gone at once, and a job deletes their rows. Raises NotFound."""
        for _ in tries():
            current = self.get(account, number)
            generation = current.index.generation
            self._writer.end(account, generation, DELETION_DELAY_SECONDS)  # before, as when a list is deleted
            try:
                self._lists.replace(account, dataclasses.replace(current, index=self._indexes.new_manifest()))
            except (Conflict, NotFound):
                continue
            self._writer.end(account, generation)
            return
        raise busy()

    def match(self, account: AccountStore, picture: Picture, list_number: int | None) -> list[ImageMatch]:
        """The images of this list, or of all lists, that the picture looks like, nearest first. Raises NotFound."""
        return self._matcher.match(account, picture, list_number)

    def follow_import(self, account: AccountStore, record_id: str) -> None:
        """After a list came with an archive: build its index, and never give its numbers to others."""
        self._numbers.skip_to(account, int(record_id))
        ids = self._indexes.newest(account, record_id).ids
        if len(ids):
            self._content_numbers.skip_to(account, int(ids[-1]))

    def purge(self, account: AccountStore, generation: str) -> None:
        """Job: delete what deleted images left behind. Nothing happens while there is a list of this generation."""
        if self._lists.find_of_generation(account, generation) is None:
            self._lists.delete_rows(account, generation)
            self._indexes.delete(account, generation)


class NoSuchImage(NotFound):
    """The list is there, and has no such image."""
