"""What the tags, regions and metadata of an image may be.

Source: the published limits. 50 pairs of metadata with keys of 256 and values of 512 characters are those of the published
page on limits; the specification's text on the operation says less.
"""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from shared.classifiers.failures import Code, Refused
from shared.classifiers.models import Box, ClassificationType, Image, Project, Tag, TagType

TAGS_OF_AN_IMAGE = 100
METADATA_PAIRS = 50
KEY_CHARACTERS = 256
VALUE_CHARACTERS = 512
_TOLERANCE = 1e-6
"""Clients compute boxes from pixels in single precision."""
_DIGITS = 8


def box_of(left: float, top: float, width: float, height: float) -> Box:
    """A hundred-millionth of a side is less than what single precision tells apart."""
    return Box(*(round(value, _DIGITS) for value in (left, top, width, height)))


def check_box(box: Box) -> None:
    """Raises Refused."""
    if not (box.left >= 0 and box.top >= 0 and box.width > 0 and box.height > 0
            and box.left + box.width <= 1 + _TOLERANCE and box.top + box.height <= 1 + _TOLERANCE):
        raise Refused(Code.IMAGE_REGIONS, "A region has left, top, width and height as fractions of the image, and lies within it.")


def checked_tags(tags: Iterable[Tag], tag_ids: Collection[str]) -> Mapping[str, Tag]:
    """The tags of the project by id. Raises Refused where one of the ids is none of them."""
    known = {tag.id: tag for tag in tags}
    if not known.keys() >= set(tag_ids):
        raise Refused(Code.IMAGE_TAGS, "The project has no tag with one of the ids.")
    return known


def mixes_negative(tags: Mapping[str, Tag], tag_ids: Sequence[str]) -> bool:
    """Whether one of these tags is negative and stands beside others; unknown ones are deleted ones."""
    types = [tags[tag_id].type for tag_id in tag_ids if tag_id in tags]
    return TagType.NEGATIVE in types and len(types) > 1


def has_room_for_tags(project: Project, image: Image) -> bool:
    """A picture of a multiclass project has one tag."""
    return len(image.tag_ids) <= (1 if project.classification_type is ClassificationType.MULTICLASS else TAGS_OF_AN_IMAGE)


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Raises Refused."""
    if len(metadata) > METADATA_PAIRS or not all(1 <= len(key) <= KEY_CHARACTERS for key in metadata):
        raise Refused(Code.METADATA_KEY, f"Metadata has {METADATA_PAIRS} pairs at the most, with keys of 1 to {KEY_CHARACTERS} characters.")
    if not all(len(value) <= VALUE_CHARACTERS for value in metadata.values()):
        raise Refused(Code.METADATA_VALUE, f"A value of metadata has {VALUE_CHARACTERS} characters at the most.")
