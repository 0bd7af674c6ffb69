"""Lists and counts of images: of the workspace, or as an iteration was trained on them."""
from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from shared.classifiers.images import ImageRepository
from shared.classifiers.metadata_filter import Condition
from shared.classifiers.models import Image, Project, Tag, TagType
from shared.classifiers.tags import TagRepository
from shared.storage.account_store import AccountStore


class TaggingStatus(StrEnum):
    ALL = "All"
    TAGGED = "Tagged"
    UNTAGGED = "Untagged"


class OrderBy(StrEnum):
    NEWEST = "Newest"
    OLDEST = "Oldest"


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Which images: of an iteration, or of the workspace where None; that have one of the tags, where any is given."""

    iteration_id: str | None = None
    tag_ids: Sequence[str] = ()
    status: TaggingStatus = TaggingStatus.ALL
    metadata: Condition | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class NamedImages:
    """`names` are those of the tags, as they are or as they were when the iteration was trained."""

    images: Sequence[Image]
    names: Mapping[str, str]


class Iterations(Protocol):
    def tags_and_images(self, account: AccountStore, project: Project,
                        iteration_id: str) -> tuple[Mapping[str, str], Mapping[str, Sequence[str]]]:
        """The names of an iteration's tags by id, and the ids of the tags of each of its images. Raises Missing."""


class ImageQueries:
    def __init__(self, images: ImageRepository, tags: TagRepository, iterations: Iterations) -> None:
        self._images = images
        self._tags = tags
        self._iterations = iterations

    def page(self, account: AccountStore, project: Project, selection: Selection, order: OrderBy, skip: int, take: int) -> NamedImages:
        """Up to `take` images after `skip` ones. Raises Missing for the iteration."""
        names, tags_of = self._links(account, project, selection.iteration_id)
        ids = sorted(self._selected(account, project, selection, tags_of), reverse=order is OrderBy.NEWEST)
        return NamedImages(self._read(account, project, ids[skip:skip + take], selection, tags_of), names)

    def count(self, account: AccountStore, project: Project, selection: Selection) -> int:
        """Raises Missing for the iteration."""
        _, tags_of = self._links(account, project, selection.iteration_id)
        return len(self._selected(account, project, selection, tags_of))

    def by_ids(self, account: AccountStore, project: Project, image_ids: Sequence[str], iteration_id: str | None) -> NamedImages:
        """In the order of the ids; those that there are not are left out. Raises Missing for the iteration."""
        names, tags_of = self._links(account, project, iteration_id)
        ids = [image_id for image_id in dict.fromkeys(image_ids) if image_id in tags_of]
        return NamedImages(self._read(account, project, ids, Selection(iteration_id), tags_of), names)

    def tags_of_iteration(self, account: AccountStore, project: Project, iteration_id: str,
                          tags: Sequence[Tag]) -> tuple[list[Tag], Mapping[str, int]]:
        """Those of an iteration, named as they were then, and how many images had each. Raises Missing."""
        names, tags_of = self._iterations.tags_and_images(account, project, iteration_id)
        known = {tag.id: tag for tag in tags}
        return ([dataclasses.replace(known.get(tag_id, Tag(tag_id, name, None, TagType.REGULAR)), name=name)
                 for tag_id, name in sorted(names.items(), key=lambda each: each[1])],
                Counter(tag_id for tag_ids in tags_of.values() for tag_id in tag_ids))

    def names(self, account: AccountStore, project: Project) -> Mapping[str, str]:
        """The names of the project's tags by id."""
        return {tag.id: tag.name for tag in self._tags.all(account, project)}

    def _links(self, account: AccountStore, project: Project,
               iteration_id: str | None) -> tuple[Mapping[str, str], Mapping[str, Sequence[str]]]:
        if iteration_id is not None:
            return self._iterations.tags_and_images(account, project, iteration_id)
        names = self.names(account, project)
        return names, {image_id: [tag_id for tag_id in tag_ids if tag_id in names]
                       for image_id, tag_ids in self._images.roster(account, project).items()}

    def _read(self, account: AccountStore, project: Project, ids: Sequence[str], selection: Selection,
              tags_of: Mapping[str, Sequence[str]]) -> list[Image]:
        found = self._images.find_all(account, project, ids)
        return [_with_tags(found[image_id], tags_of[image_id], selection.iteration_id is not None) for image_id in ids if image_id in found]

    def _selected(self, account: AccountStore, project: Project, selection: Selection,
                  tags_of: Mapping[str, Sequence[str]]) -> list[str]:
        wanted = set(selection.tag_ids)
        ids = [image_id for image_id, tag_ids in tags_of.items()
               if (not wanted or not wanted.isdisjoint(tag_ids)) and _has_status(tag_ids, selection.status)]
        if selection.metadata is None:
            return ids
        # Metadata is in the images' own records alone: this is the one selection that reads them all.
        known = set(ids)
        return [image.id for image in self._images.stored(account, project)
                if image.id in known and selection.metadata(image.metadata)]


def _has_status(tag_ids: Sequence[str], status: TaggingStatus) -> bool:
    return status is TaggingStatus.ALL or bool(tag_ids) is (status is TaggingStatus.TAGGED)


def _with_tags(image: Image, tag_ids: Sequence[str], is_of_iteration: bool) -> Image:
    """The image with these of its tags alone; of an iteration it may have had some that it has not any more."""
    known = set(tag_ids)
    tagged_at = {tag_id: made for tag_id, made in image.tagged_at.items() if tag_id in known}
    if is_of_iteration:
        tagged_at |= {tag_id: image.created_at for tag_id in tag_ids if tag_id not in tagged_at}
    return dataclasses.replace(image, tagged_at=tagged_at, regions=tuple(each for each in image.regions if each.tag_id in known))
