"""How answers show images."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field, RootModel

from shared.api.custom_vision.files import picture_addresses
from shared.api.custom_vision.wire import Moment, Wire, omitted_when_absent
from shared.classifiers.image_queries import NamedImages
from shared.classifiers.models import Image
from shared.http.operation import Call
from shared.storage.account_store import AccountStore


class ImageTagBody(Wire):
    tag_id: str
    tag_name: str
    created: Moment


class ImageRegionBody(Wire):
    region_id: str
    tag_name: str
    created: Moment
    tag_id: str
    left: float
    top: float
    width: float
    height: float


class ImageShown(Wire):
    """Tags, regions and metadata are left out where there are none."""

    id: str
    created: Moment
    width: int
    height: int
    resized_image_uri: str
    thumbnail_uri: str
    original_image_uri: str
    tags: list[ImageTagBody] = Field([], exclude_if=omitted_when_absent)
    regions: list[ImageRegionBody] = Field([], exclude_if=omitted_when_absent)
    metadata: dict[str, str] = Field({}, exclude_if=omitted_when_absent)

    @classmethod
    def of(cls, call: Call, account: AccountStore, image: Image, names: Mapping[str, str]) -> ImageShown:
        """`names` are those of the tags by id; a tag without one was deleted."""
        return cls(
            id=image.id, created=image.created_at, width=image.width, height=image.height, **picture_addresses(call, account, image),
            tags=tags_shown(image, names), regions=regions_shown(image, names), metadata=dict(image.metadata))


class ImagesShown(RootModel[list[ImageShown]]):
    @classmethod
    def of(cls, call: Call, account: AccountStore, found: NamedImages) -> ImagesShown:
        return cls([ImageShown.of(call, account, image, found.names) for image in found.images])


def tags_shown(image: Image, names: Mapping[str, str]) -> list[ImageTagBody]:
    return [ImageTagBody(tag_id=tag_id, tag_name=names[tag_id], created=tagged_at)
            for tag_id, tagged_at in image.tagged_at.items() if tag_id in names]


def regions_shown(image: Image, names: Mapping[str, str]) -> list[ImageRegionBody]:
    return [ImageRegionBody(
        region_id=region.id, tag_id=region.tag_id, tag_name=names[region.tag_id], created=region.created_at, left=region.box.left,
        top=region.box.top, width=region.box.width, height=region.box.height) for region in image.regions if region.tag_id in names]


class CreateResult(Wire):
    source_url: str | None
    status: str
    image: ImageShown | None


class CreateSummary(Wire):
    is_batch_successful: bool
    images: Sequence[CreateResult]
