"""Any number of images in one go, written some thousand at a time, in bounded memory."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from shared.image_lists.models import ImageReport, NewImage, RefusedEntry, TakenEntry
from shared.image_lists.writer import ImageWriter
from shared.storage.account_store import AccountStore

T = TypeVar("T")


class ImageBulk:
    """Into one list. Its reports are about the entries of one round each."""

    def __init__(self, writer: ImageWriter, account: AccountStore, number: int, image_limit: int) -> None:
        self._writer = writer
        self._account = account
        self._number = number
        self._full = f"the list has its {image_limit} images"

    def rounds(self, entries: Iterable[tuple[int, NewImage] | RefusedEntry], at_once: int) -> Iterator[ImageReport]:
        """Raises NotFound where the list is deleted meanwhile, Unavailable; what was taken before stays."""
        for some in _rounds(entries, at_once):
            refused = [each for each in some if isinstance(each, RefusedEntry)]
            yield self._taken([each for each in some if not isinstance(each, RefusedEntry)], refused)

    def _taken(self, images: Sequence[tuple[int, NewImage]], refused: Sequence[RefusedEntry]) -> ImageReport:
        numbers = [number for number, _ in images]
        added = self._writer.add(self._account, self._number, [image for _, image in images])
        return ImageReport([TakenEntry(numbers[place], content_id) for place, content_id in added.content_ids.items()],
                           [numbers[place] for place in added.already_there],
                           sorted([*refused, *(RefusedEntry(numbers[place], self._full) for place in added.no_room)],
                                  key=lambda entry: entry.number))


def _rounds(entries: Iterable[T], size: int) -> Iterator[list[T]]:
    entries = iter(entries)
    while some := list(islice(entries, size)):
        yield some
