"""Image lists put together."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.image_lists.image_hashes import ImageHashes
from shared.image_lists.matcher import ImageMatcher
from shared.image_lists.models import ImageList
from shared.image_lists.repository import ImageListRepository
from shared.image_lists.service import COMPACT_IMAGE_LIST, ImageListService
from shared.indexing.kept_indexes import KeptIndexes
from shared.indexing.list_index import ListIndexes
from shared.indexing.list_numbers import ListNumbers
from shared.settings import Settings
from shared.storage.holdings import IMAGE_LIST, IMAGE_LIST_INDEX, LIST_IMAGE
from shared.storage.queues import JobQueue
from shared.telemetry.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.image_lists.image_index import ImageIndex


@dataclass(frozen=True, slots=True)
class ImageLists:
    """`forget` are to be called when an account is gone."""

    service: ImageListService
    indexes: KeptIndexes[ImageList, ImageIndex]
    forget: tuple[Callable[[str], None], ...]


def image_lists_of(settings: Settings, jobs: JobQueue, telemetry: Telemetry) -> ImageLists:
    lists = ImageListRepository()
    compiled = ListIndexes(IMAGE_LIST_INDEX, ImageHashes(), settings.list_cache_megabytes * 1_000_000, settings.account_cache_seconds,
                           telemetry)
    indexes = KeptIndexes(lists, compiled, jobs, COMPACT_IMAGE_LIST)
    matcher = ImageMatcher(lists, indexes, settings.account_cache_seconds)
    service = ImageListService(lists, indexes, matcher, ListNumbers(IMAGE_LIST), ListNumbers(LIST_IMAGE), jobs,
                               settings.image_list_limit, settings.image_limit)
    return ImageLists(service, indexes, (compiled.forget, matcher.forget))
