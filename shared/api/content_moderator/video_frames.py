"""The frames of a video in the body of a request: a list of addresses, or a form with an archive of pictures and what is said of them."""
from __future__ import annotations

from shared.api.content_moderator.review_bodies import FrameItems
from shared.api.content_moderator.zip_entries import entry_content, opened_archive
from shared.errors import InvalidRequest
from shared.http.bodies import json_as
from shared.http.multipart import named_parts
from shared.reviews.rules import FRAMES_AT_ONCE, PICTURES, ItemRefused, NewFrame

JSON, FORM = "application/json", "multipart/form-data"
ARCHIVE_PART, METADATA_PART = "frameImageZip", "frameMetadata"
UNPACKED_LIMIT_BYTES = 128 * 1024 * 1024
METADATA_LIMIT_BYTES = 8 * 1024 * 1024


def frames_of(content_type: str, body: bytes) -> list[NewFrame]:
    """Raises InvalidRequest (ItemRefused)."""
    if content_type.partition(";")[0].strip().lower() == FORM:
        return _in_form(content_type, body)
    return [item.frame(item.frame_image) for item in json_as(FrameItems, _limited(body)).root]


def _in_form(content_type: str, body: bytes) -> list[NewFrame]:
    parts = dict(named_parts(body, content_type, (ARCHIVE_PART, METADATA_PART), 2))
    if parts.keys() != {ARCHIVE_PART, METADATA_PART}:
        raise InvalidRequest(f"The form has one part {ARCHIVE_PART}, a ZIP archive, and one part {METADATA_PART}, JSON.")
    items = json_as(FrameItems, _limited(parts[METADATA_PART])).root
    archive = opened_archive(parts[ARCHIVE_PART], FRAMES_AT_ONCE)
    left = UNPACKED_LIMIT_BYTES
    frames: list[NewFrame] = []
    for number, item in enumerate(items):
        entry = archive.NameToInfo.get(item.frame_image)
        place = f"[{number}].FrameImage"
        if entry is None:
            raise ItemRefused(place, "the archive has no file of this name.")
        try:
            picture = entry_content(archive, entry, min(PICTURES.size_bytes, left) + 1)
        except InvalidRequest as problem:
            raise ItemRefused(place, f"the file cannot be read: {problem.message}.") from None
        left -= len(picture)
        if left < 0:
            raise InvalidRequest(f"The pictures of the archive may have {UNPACKED_LIMIT_BYTES} bytes together.")
        frames.append(item.frame(picture))
    return frames


def _limited(body: bytes) -> bytes:
    if len(body) > METADATA_LIMIT_BYTES:
        raise InvalidRequest(f"What is said of the frames may have {METADATA_LIMIT_BYTES} bytes at the most.")
    return body
