"""New images of a project: from their contents, whatever way these came.

The order of the writes: a content is claimed, then pictures and record are written, then the roster; what a roster has is
what there is. A worker that dies before leaves nothing that a list shows, and the next upload of the content succeeds.
"""
from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.classifiers.failures import Code, Refused
from shared.classifiers.image_changes import REGIONS_OF_AN_IMAGE
from shared.classifiers.image_ids import image_id_of, region_id_of, roster_of
from shared.classifiers.image_rules import check_box, check_metadata, has_room_for_tags, mixes_negative
from shared.classifiers.images import RESIZED, ImageRepository, fits_a_record
from shared.classifiers.models import Box, Image, Project, Region, Tag
from shared.classifiers.parallel import decoding, waiting
from shared.classifiers.pictures import TRAINING_LIMITS, Pictures, pictures_of
from shared.classifiers.rosters import RosterRepository
from shared.classifiers.tags import TagRepository
from shared.imaging.models import ImageAspectRatioRefused, ImageDimensionsRefused, ImageRefused, ImageSizeRefused
from shared.storage.account_store import AccountStore

BATCH_IMAGES = 64
BATCH_TAGS = 20
PATIENCE_SECONDS = 8.0
"""How long a request waits for another one that is writing the same content: longer than writing a batch takes."""
_PAUSE_SECONDS = 0.25


class CreateStatus(StrEnum):
    OK = "OK"
    DUPLICATE = "OKDuplicate"
    SOURCE = "ErrorSource"
    FORMAT = "ErrorImageFormat"
    SIZE = "ErrorImageSize"
    DIMENSIONS = "ErrorImageDimensions"
    LIMIT = "ErrorLimitExceed"
    TAG_LIMIT = "ErrorTagLimitExceed"
    REGION_LIMIT = "ErrorRegionLimitExceed"
    INVALID_TAG = "ErrorInvalidTag"
    NEGATIVE_AND_REGULAR_TAG = "ErrorNegativeAndRegularTagOnSameImage"


@dataclass(frozen=True, slots=True)
class NewImage:
    """`content` is None where none could be had from the source, or where that was larger than an image may be."""

    source: str | None
    content: bytes | None
    tag_ids: tuple[str, ...] = ()
    regions: tuple[tuple[str, Box], ...] = ()
    is_too_large: bool = False


@dataclass(frozen=True, slots=True)
class CreatedImage:
    source: str | None
    status: CreateStatus
    image: Image | None = None


@dataclass(slots=True)
class _Entry:
    """What is found out of a new image, step by step; a status ends it."""

    new: NewImage
    tag_ids: tuple[str, ...]
    content_hash: str = ""
    pictures: Pictures | None = None
    status: CreateStatus | None = None
    image: Image | None = None


class ImageUploads:
    def __init__(self, images: ImageRepository, rosters: RosterRepository, tags: TagRepository, image_limit: int,
                 now: Callable[[], datetime]) -> None:
        self._images = images
        self._rosters = rosters
        self._tags = tags
        self._image_limit = image_limit
        self._now = now

    def create(self, account: AccountStore, project: Project, images: Sequence[NewImage], tag_ids: Sequence[str] = (),
               metadata: Mapping[str, str] | None = None) -> list[CreatedImage]:
        """What became of each; `tag_ids` and `metadata` are those of all. Raises Refused where the batch as such is not taken."""
        check_batch(len(images), tag_ids)
        check_metadata(metadata or {})
        tags = {tag.id: tag for tag in self._tags.all(account, project)}
        entries = [_Entry(new, tuple(dict.fromkeys((*tag_ids, *new.tag_ids, *(tag_id for tag_id, _ in new.regions))))) for new in images]
        for entry in entries:
            entry.status = _refusal(tags, entry)
        decoding(lambda entry: _look_at(project, entry), _open(entries))
        _find_twins(entries)
        if new := _open(entries):
            room = self._image_limit - len(self._rosters.all(account, project.generation).images)
            for entry in new[max(0, room):]:
                entry.status = CreateStatus.LIMIT
        self._write(account, project, entries, metadata or {})
        return [CreatedImage(entry.new.source, entry.status or CreateStatus.OK, entry.image) for entry in entries]

    def _write(self, account: AccountStore, project: Project, entries: Sequence[_Entry], metadata: Mapping[str, str]) -> None:
        patient_until = time.monotonic() + PATIENCE_SECONDS
        while new := _open(entries):
            others = self._write_round(account, project, new, metadata, takes_over=time.monotonic() > patient_until)
            if others:
                time.sleep(_PAUSE_SECONDS)
        by_hash = {entry.content_hash: entry.image for entry in entries if entry.image is not None}
        for entry in entries:
            if entry.status is CreateStatus.DUPLICATE and entry.image is None:
                entry.image = by_hash.get(entry.content_hash)

    def _write_round(self, account: AccountStore, project: Project, new: Sequence[_Entry], metadata: Mapping[str, str],
                     takes_over: bool) -> int:
        """Write the images whose contents nobody else has. Return how many are left, since another request is writing them."""
        number, reservation = self._rosters.reserve(account, project.generation, len(new))
        now = self._now()
        for sequence, entry in enumerate(new):
            entry.image = _image(project, entry, image_id_of(now, number, sequence), now, metadata)
            if not has_room_for_tags(project, entry.image):
                entry.status, entry.image = CreateStatus.TAG_LIMIT, None
            elif not fits_a_record(entry.image):
                entry.status, entry.image = CreateStatus.LIMIT, None
        unclaimed = _open(new)
        claims = waiting(lambda entry: self._claim(account, project, entry, takes_over), unclaimed)
        written = [entry for entry, is_own in zip(unclaimed, claims, strict=True) if is_own]
        waiting(lambda entry: self._images.write_pictures(account, entry.image, entry.pictures.blobs), written)
        self._images.insert_all(account, project, [entry.image for entry in written])
        self._rosters.add(account, project.generation, number, {entry.image.id: entry.image.tag_ids for entry in written}, reservation)
        for entry in written:
            entry.status = CreateStatus.OK
        return len(_open(new))

    def _claim(self, account: AccountStore, project: Project, entry: _Entry, takes_over: bool) -> bool:
        """Whether the content is this entry's to write. Where another image has it, that is the one.

        Its upload may have been cut off before the roster.
        """
        claim = self._images.contents_claimed(account, project).claim(entry.content_hash, entry.image.id, takes_over)
        if claim.owner == entry.image.id:
            return True
        entry.image = None
        if claim.is_there:
            entry.status, entry.image = CreateStatus.DUPLICATE, self._images.find(account, project, claim.owner)
            if entry.image is not None:
                self._rosters.add(account, project.generation, roster_of(claim.owner), {claim.owner: entry.image.tag_ids})
        return False


def check_batch(count: int, tag_ids: Sequence[str]) -> None:
    """Raises Refused."""
    if not 1 <= count <= BATCH_IMAGES:
        raise Refused(Code.IMAGE_BATCH if count == 0 else Code.EXCEEDED_BATCH_SIZE, f"A batch has 1 to {BATCH_IMAGES} images.")
    if len(tag_ids) > BATCH_TAGS:
        raise Refused(Code.IMAGE_TAGS, f"A batch has {BATCH_TAGS} tags at the most.")


def _open(entries: Sequence[_Entry]) -> list[_Entry]:
    return [entry for entry in entries if entry.status is None]


def _refusal(tags: Mapping[str, Tag], entry: _Entry) -> CreateStatus | None:
    if entry.new.content is None:
        return CreateStatus.SIZE if entry.new.is_too_large else CreateStatus.SOURCE
    if not tags.keys() >= set(entry.tag_ids):
        return CreateStatus.INVALID_TAG
    if mixes_negative(tags, entry.tag_ids):
        return CreateStatus.NEGATIVE_AND_REGULAR_TAG
    if len(entry.new.regions) > REGIONS_OF_AN_IMAGE:
        return CreateStatus.REGION_LIMIT
    for _, box in entry.new.regions:
        check_box(box)
    return None


def _find_twins(entries: Sequence[_Entry]) -> None:
    """Of equal contents in a batch the first one counts."""
    seen: set[str] = set()
    for entry in _open(entries):
        if entry.content_hash in seen:
            entry.status = CreateStatus.DUPLICATE
        seen.add(entry.content_hash)


def _look_at(project: Project, entry: _Entry) -> None:
    from shared.imaging.decoding import decode

    content = entry.new.content or b""
    entry.content_hash = hmac.new(bytes.fromhex(project.hash_key), content, hashlib.sha256).hexdigest()
    try:
        entry.pictures = pictures_of(content, decode(content, TRAINING_LIMITS))
    except ImageSizeRefused:
        entry.status = CreateStatus.SIZE
    except (ImageDimensionsRefused, ImageAspectRatioRefused):
        entry.status = CreateStatus.DIMENSIONS
    except ImageRefused:
        entry.status = CreateStatus.FORMAT


def _image(project: Project, entry: _Entry, image_id: str, now: datetime, metadata: Mapping[str, str]) -> Image:
    image = Image(
        id=image_id, created_at=now, width=entry.pictures.width, height=entry.pictures.height, content_hash=entry.content_hash,
        key=uuid.uuid4().hex, is_resized=RESIZED in entry.pictures.blobs, tagged_at=dict.fromkeys(entry.tag_ids, now), metadata=metadata)
    return replace(image, regions=tuple(Region(region_id_of(image_id), tag_id, box, now) for tag_id, box in entry.new.regions))
