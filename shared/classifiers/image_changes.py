"""Tags, regions and metadata of images that the workspace has."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from shared.classifiers.failures import Code, Refused
from shared.classifiers.image_ids import images_of_region, region_id_of
from shared.classifiers.image_rules import (
    METADATA_PAIRS,
    check_box,
    check_metadata,
    checked_tags,
    has_room_for_tags,
    mixes_negative,
)
from shared.classifiers.images import ImageRepository, fits_a_record
from shared.classifiers.models import Box, Image, Project, Region
from shared.classifiers.parallel import waiting
from shared.classifiers.rosters import RosterRepository
from shared.classifiers.tags import TagRepository
from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.account_store import AccountStore
from shared.storage.turns import tries

REGIONS_OF_AN_IMAGE = 300
_IMAGES_AT_ONCE = 64
T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class NewRegion:
    image_id: str
    tag_id: str
    box: Box


@dataclasses.dataclass(slots=True)
class Sorted(Generic[T]):
    """What became of the entries of a batch."""

    created: list[T] = dataclasses.field(default_factory=list)
    duplicated: list[T] = dataclasses.field(default_factory=list)
    exceeded: list[T] = dataclasses.field(default_factory=list)


class ImageChanges:
    def __init__(self, images: ImageRepository, rosters: RosterRepository, tags: TagRepository, now: Callable[[], datetime]) -> None:
        self._images = images
        self._rosters = rosters
        self._tags = tags
        self._now = now

    def tag(self, account: AccountStore, project: Project, pairs: Sequence[tuple[str, str]]) -> Sorted[tuple[str, str]]:
        """Give images tags, as pairs of an image's id and a tag's. Raises Refused where one of them is unknown."""
        tags = checked_tags(self._tags.all(account, project), {tag_id for _, tag_id in pairs})
        wanted: dict[str, list[str]] = {}
        for image_id, tag_id in pairs:
            wanted.setdefault(image_id, []).append(tag_id)
        now = self._now()

        def tagged(image: Image) -> tuple[Image, Sorted[tuple[str, str]]]:
            outcome: Sorted[tuple[str, str]] = Sorted()
            known = {tag_id: made for tag_id, made in image.tagged_at.items() if tag_id in tags}
            for tag_id in wanted[image.id]:
                pair = (image.id, tag_id)
                more = dataclasses.replace(image, tagged_at={**known, tag_id: now})
                if tag_id in known:
                    outcome.duplicated.append(pair)
                elif mixes_negative(tags, more.tag_ids):
                    raise Refused(Code.NEGATIVE_AND_REGULAR_TAG, "An image with a negative tag has no other one.")
                elif has_room_for_tags(project, more) and fits_a_record(more):
                    known[tag_id] = now
                    outcome.created.append(pair)
                else:
                    outcome.exceeded.append(pair)
            return dataclasses.replace(image, tagged_at=known), outcome
        return _together(self._change(account, project, list(wanted), tagged))

    def untag(self, account: AccountStore, project: Project, image_ids: Sequence[str], tag_ids: Sequence[str]) -> None:
        """Take tags from images, with the regions that have them; what is not there does not matter."""
        gone = set(tag_ids)

        def untagged(image: Image) -> tuple[Image, None]:
            return dataclasses.replace(
                image, tagged_at={tag_id: made for tag_id, made in image.tagged_at.items() if tag_id not in gone},
                regions=tuple(region for region in image.regions if region.tag_id not in gone)), None
        known = self._rosters.of_images(account, project.generation, image_ids)
        self._change(account, project, [image_id for image_id in dict.fromkeys(image_ids) if image_id in known], untagged)

    def add_regions(self, account: AccountStore, project: Project,
                    regions: Sequence[NewRegion]) -> tuple[Sorted[NewRegion], list[tuple[str, Region]]]:
        """Give images regions, and so the regions' tags. Return what became of each, and those made with their image's id.

        Raises Refused where an image or a tag is unknown or a box is none.
        """
        for region in regions:
            check_box(region.box)
        tags = checked_tags(self._tags.all(account, project), {region.tag_id for region in regions})
        wanted: dict[str, list[NewRegion]] = {}
        for region in regions:
            wanted.setdefault(region.image_id, []).append(region)
        now = self._now()

        def with_regions(image: Image) -> tuple[Image, tuple[Sorted[NewRegion], list[tuple[str, Region]]]]:
            outcome: Sorted[NewRegion] = Sorted()
            made: list[tuple[str, Region]] = []
            for new in wanted[image.id]:
                if any((region.tag_id, region.box) == (new.tag_id, new.box) for region in image.regions):
                    outcome.duplicated.append(new)
                    continue
                region = Region(region_id_of(image.id), new.tag_id, new.box, now)
                more = dataclasses.replace(image, regions=(*image.regions, region), tagged_at={new.tag_id: now, **image.tagged_at})
                if mixes_negative(tags, more.tag_ids):
                    raise Refused(Code.NEGATIVE_AND_REGULAR_TAG, "An image with a negative tag has no other one.")
                if len(more.regions) > REGIONS_OF_AN_IMAGE or not has_room_for_tags(project, more) or not fits_a_record(more):
                    outcome.exceeded.append(new)
                    continue
                image = more
                outcome.created.append(new)
                made.append((image.id, region))
            return image, (outcome, made)
        results = self._change(account, project, list(wanted), with_regions)
        return _together(outcome for outcome, _ in results), [each for _, made in results for each in made]

    def delete_regions(self, account: AccountStore, project: Project, region_ids: Sequence[str]) -> None:
        """Those that are not there do not matter. In object detection a tag goes with its last region."""
        gone = set(region_ids)
        stretches = {images_of_region(region_id) for region_id in gone}
        found = [image for images in waiting(lambda stretch: self._images.find_between(account, project, *stretch), stretches)
                 for image in images if any(region.id in gone for region in image.regions)]

        def without(image: Image) -> tuple[Image, None]:
            kept = tuple(region for region in image.regions if region.id not in gone)
            tagged_at = image.tagged_at
            if project.classification_type is None:
                bare = {region.tag_id for region in image.regions} - {region.tag_id for region in kept}
                tagged_at = {tag_id: made for tag_id, made in tagged_at.items() if tag_id not in bare}
            return dataclasses.replace(image, regions=kept, tagged_at=tagged_at), None
        known = self._rosters.of_images(account, project.generation, [image.id for image in found])
        self._change(account, project, [image.id for image in found if image.id in known], without)

    def set_metadata(self, account: AccountStore, project: Project, image_ids: Sequence[str],
                     metadata: Mapping[str, str]) -> dict[str, Mapping[str, str] | None]:
        """Set these pairs on each image, and leave its others. Return the image's pairs then, None where there would be too many.

        An image that there is not is left out. Raises Refused where a key or a value is too long.
        """
        check_metadata(metadata)
        known = self._rosters.of_images(account, project.generation, image_ids)
        present = [image_id for image_id in dict.fromkeys(image_ids) if image_id in known]

        def described(image: Image) -> tuple[Image, tuple[str, Mapping[str, str] | None]]:
            more = dataclasses.replace(image, metadata={**image.metadata, **metadata})
            if len(more.metadata) > METADATA_PAIRS or not fits_a_record(more):
                return image, (image.id, None)
            return more, (image.id, more.metadata)
        return dict(self._change(account, project, present, described, marks=False))

    def _change(self, account: AccountStore, project: Project, image_ids: Sequence[str],
                   change: Callable[[Image], tuple[Image, T]], marks: bool = True) -> list[T]:
        """Change images, some at a time, as `rosters` says; `marks` where their tags may change. Raises Refused for unknown ones."""
        known = self._rosters.of_images(account, project.generation, image_ids)
        if len(known) < len(set(image_ids)):
            raise Refused(Code.INVALID_IDS, "The project has no image with one of the ids.")
        results: list[T] = []
        for start in range(0, len(image_ids), _IMAGES_AT_ONCE):
            stretch = image_ids[start:start + _IMAGES_AT_ONCE]
            if not marks:
                results += [result for _, result in waiting(lambda image_id: self._replace(account, project, image_id, change), stretch)]
                continue
            # What a change refuses is refused before anything is written.
            for image in self._images.find_all(account, project, stretch).values():
                change(image)
            mark = self._rosters.mark(account, project.generation, stretch)
            changed = waiting(lambda image_id: self._replace(account, project, image_id, change), stretch)
            self._rosters.settle(account, project.generation, mark, stretch, lambda image_ids: {
                image.id: image.tag_ids for image in self._images.find_all(account, project, list(image_ids)).values()})
            results += [result for _, result in changed]
        return results

    def _replace(self, account: AccountStore, project: Project, image_id: str,
                    change: Callable[[Image], tuple[Image, T]]) -> tuple[Image, T]:
        for _ in tries():
            current = self._images.find(account, project, image_id)
            if current is None or not current.in_workspace:
                raise Refused(Code.INVALID_IDS, "An image was deleted meanwhile.")
            changed, result = change(current)
            if changed == current:
                return current, result
            try:
                self._images.replace(account, project, changed)
            except (Conflict, NotFound):
                continue
            return changed, result
        raise Unavailable("The image is being changed by many requests; try again.")


def _together(outcomes: Iterable[Sorted[T]]) -> Sorted[T]:
    whole: Sorted[T] = Sorted()
    for outcome in outcomes:
        whole.created += outcome.created
        whole.duplicated += outcome.duplicated
        whole.exceeded += outcome.exceeded
    return whole
