"""The records and pictures of images.

Kind CV_IMAGE: one record per image, parent = the project's generation, id = image id; all but the image's own generation is
encrypted. Kind CV_PICTURE: `<image generation>/original`, `resized` (where the original is larger), `thumbnail`.
"""
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from shared.classifiers.claims import Claims
from shared.classifiers.models import Box, Image, Project, Region
from shared.classifiers.rosters import RosterRepository
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CV_IMAGE, CV_PICTURE

ORIGINAL, RESIZED, THUMBNAIL = "original", "resized", "thumbnail"
_RECORD_LIMIT_BYTES = 64_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class ImageRepository:
    def __init__(self, rosters: RosterRepository) -> None:
        self._rosters = rosters

    def find(self, account: AccountStore, project: Project, image_id: str) -> Image | None:
        record = account.records.find(CV_IMAGE, image_id, project.generation)
        return None if record is None else _image(record)

    def find_all(self, account: AccountStore, project: Project, image_ids: Sequence[str]) -> dict[str, Image]:
        """Those of these images that there are, by id: in the workspace, or kept by an iteration."""
        records = account.records.find_all(CV_IMAGE, list(dict.fromkeys(image_ids)), project.generation)
        return {image_id: _image(record) for image_id, record in records.items()}

    def find_between(self, account: AccountStore, project: Project, first: str, last: str) -> list[Image]:
        """The images with ids from `first` to `last`: for stretches that hold few."""
        return [_image(record) for record in account.records.page(CV_IMAGE, project.generation, first=first, last=last).records]

    def roster(self, account: AccountStore, project: Project) -> dict[str, frozenset[str]]:
        """Every image of the workspace with its tags, in no order: some hundred images a row, no record read."""
        roster = self._rosters.all(account, project.generation)
        images = dict(roster.images)
        if roster.pending:
            marked = self.find_all(account, project, list(roster.pending))
            for image_id in roster.pending.keys() & images.keys():
                if image_id in marked:
                    images[image_id] = frozenset(marked[image_id].tag_ids)
        return images

    def all(self, account: AccountStore, project: Project) -> Iterator[Image]:
        """Every image of the workspace, the oldest first."""
        listed = self.roster(account, project).keys()
        return (image for image in self.stored(account, project) if image.id in listed)

    def stored(self, account: AccountStore, project: Project) -> Iterator[Image]:
        """Every record of an image, whether the workspace has it or not: what an iteration keeps, and what no list shows."""
        after = None
        while True:
            page = account.records.page(CV_IMAGE, project.generation, after=after)
            yield from map(_image, page.records)
            after = page.next_after
            if after is None:
                return

    def insert_all(self, account: AccountStore, project: Project, images: Sequence[Image]) -> None:
        """Write new images, whose ids nobody else has."""
        account.records.upsert_all(CV_IMAGE, [_record(image) for image in images], project.generation)

    def replace(self, account: AccountStore, project: Project, image: Image) -> None:
        """Raises Conflict if the image changed since it was read, NotFound if it is gone."""
        account.records.replace(CV_IMAGE, _record(image), project.generation)

    def delete(self, account: AccountStore, project: Project, image: Image) -> None:
        """The record alone: what lies under the image's key goes before."""
        account.records.delete(CV_IMAGE, image.id, project.generation)

    def write_pictures(self, account: AccountStore, image: Image, pictures: Mapping[str, bytes]) -> None:
        for name, content in pictures.items():
            account.blobs.write(CV_PICTURE, picture_id(image, name), [content])

    def picture(self, account: AccountStore, image: Image, name: str) -> bytes:
        """Raises NotFound."""
        return b"".join(account.blobs.read(CV_PICTURE, picture_id(image, name)))

    def content(self, account: AccountStore, image: Image) -> bytes:
        """The image as it was uploaded. Raises NotFound."""
        return self.picture(account, image, ORIGINAL)

    def contents_claimed(self, account: AccountStore, project: Project) -> Claims:
        """Which image has which content, by its hash."""
        return Claims(account, project.generation, lambda content_hash, owner: (
            (image := self.find(account, project, owner)) is not None and image.in_workspace and image.content_hash == content_hash))


def picture_id(image: Image, name: str) -> str:
    """The id of a picture's blob; an image that is not large has one for both `original` and `resized`."""
    return f"{image.key}/{ORIGINAL if name == RESIZED and not image.is_resized else name}"


def fits_a_record(image: Image) -> bool:
    """Tags, regions and metadata of an image have 64 kB together; each of them alone always fits in ASCII."""
    return len(json.dumps(_record(image).content, ensure_ascii=False, separators=(",", ":")).encode()) <= _RECORD_LIMIT_BYTES


def _image(record: Record) -> Image:
    content = record.content
    return Image(
        id=record.id, created_at=datetime.fromisoformat(content["createdAt"]), width=content["width"], height=content["height"],
        content_hash=content["contentHash"], key=record.plain["generation"], is_resized=content["isResized"],
        tagged_at={tag_id: _time(made) for tag_id, made in content["tags"].items()},
        regions=tuple(Region(region_id, tag_id, Box(*box), _time(made)) for region_id, tag_id, *box, made in content["regions"]),
        metadata=content["metadata"], in_workspace=content["inWorkspace"], etag=record.etag)


def _record(image: Image) -> Record:
    return Record(image.id, {
        "createdAt": image.created_at.isoformat(), "width": image.width, "height": image.height, "contentHash": image.content_hash,
        "isResized": image.is_resized, "tags": {tag_id: _milliseconds(made) for tag_id, made in image.tagged_at.items()},
        "regions": [[region.id, region.tag_id, region.box.left, region.box.top, region.box.width, region.box.height,
                     _milliseconds(region.created_at)] for region in image.regions],
        "metadata": dict(image.metadata), "inWorkspace": image.in_workspace}, {"generation": image.key}, image.etag)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _time(milliseconds: int) -> datetime:
    return _EPOCH + milliseconds * _MILLISECOND
