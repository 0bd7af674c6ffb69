"""Any number of images in one go, written some hundred at a time, in bounded memory."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from shared.image_lists.models import ImageReport, NewImage, RefusedEntry, TakenEntry
from shared.image_lists.writer import ImageWriter
from shared.storage.account_store import AccountStore

_AT_ONCE = 1000
T = TypeVar("T")


class ImageBulk:
    """Into one list."""

    def __init__(self, writer: ImageWriter, account: AccountStore, number: int, image_limit: int) -> None:
        self._writer = writer
        self._account = account
        self._number = number
        self._full = f"the list has its {image_limit} images"
        self._taken: list[TakenEntry] = []
        self._already_there: list[int] = []
        self._refused: list[RefusedEntry] = []

    def run(self, entries: Iterable[tuple[int, NewImage] | RefusedEntry]) -> ImageReport:
        """Raises NotFound where the list is deleted meanwhile, Unavailable; what was taken before stays."""
        for some in _rounds(entries, _AT_ONCE):
            self._take([each for each in some if not isinstance(each, RefusedEntry)])
            self._refused += [each for each in some if isinstance(each, RefusedEntry)]
        return ImageReport(self._taken, self._already_there, sorted(self._refused, key=lambda entry: entry.number))

    def _take(self, images: Sequence[tuple[int, NewImage]]) -> None:
        if not images:
            return
        added = self._writer.add(self._account, self._number, [image for _, image in images])
        numbers = [number for number, _ in images]
        self._taken += [TakenEntry(numbers[place], content_id) for place, content_id in added.content_ids.items()]
        self._already_there += [numbers[place] for place in added.already_there]
        self._refused += [RefusedEntry(numbers[place], self._full) for place in added.no_room]


def _rounds(entries: Iterable[T], size: int) -> Iterator[list[T]]:
    entries = iter(entries)
    while some := list(islice(entries, size)):
        yield some
