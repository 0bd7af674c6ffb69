"""Image lists: fingerprints of pictures, never the pictures."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.storage.holdings.holding import Holding, Portability, Shape, generation_of

SHORT_TEXT = r"^[^\u0000-\u0007\u000b\u000e-\u001f\ud800-\udfff]*$"
"""Text without control characters but tab and line breaks: as JSON it has four bytes a character at the most."""

_BASE64 = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"


def _new_image_list(seed: str) -> Mapping[str, Any]:
    return {"generation": generation_of(seed), "version": 1, "index": {"rules": 0, "base": None, "segments": [], "tail": ""}}


IMAGE_LIST = Holding(
    kind="image-list", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A Content Moderator image list, with the manifest of its compiled index and the key that names its images' rows.",
    key="list number", content=("name", "description", "metadata", "imageKey", "index"), plain=("version", "generation"),
    schema={"id": {"type": "string", "pattern": r"^[1-9][0-9]{0,8}$"},
            "name": {"type": "string", "maxLength": 128, "pattern": SHORT_TEXT},
            "description": {"type": "string", "maxLength": 1024, "pattern": SHORT_TEXT},
            "metadata": {"type": "object", "maxProperties": 20,
                         "propertyNames": {"minLength": 1, "maxLength": 64, "pattern": SHORT_TEXT},
                         "additionalProperties": {"type": "string", "maxLength": 256, "pattern": SHORT_TEXT}},
            "imageKey": {"type": "string", "pattern": r"^[0-9a-f]{64}$"}},
    fresh=_new_image_list,
    retention="until the owner deletes it or the account ends")

LIST_IMAGE = Holding(
    kind="list-image", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="What is kept of a picture in an image list: fingerprint, digest of the pixels, PDQ hash, tags and label; no pixel.",
    key="keyed hash of the digest, or of a PDQ hash that came alone, under the list's generation",
    content=("contentId", "fingerprint", "fingerprintVersion", "pixels", "pdq", "pdqQuality", "tags", "label"),
    parent=IMAGE_LIST, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[0-9a-f]{32}$"},
            "contentId": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
            "fingerprint": {"type": "string", "maxLength": 2732, "pattern": _BASE64},
            "fingerprintVersion": {"type": "integer", "minimum": 0, "maximum": 255},
            "pixels": {"type": "string", "pattern": r"^([0-9a-f]{32})?$"},
            "pdq": {"type": "string", "pattern": r"^([0-9a-f]{64})?$"},
            "pdqQuality": {"type": "integer", "minimum": 0, "maximum": 100},
            "tags": {"type": "array", "maxItems": 20, "items": {"type": "integer", "minimum": 0, "maximum": 999_999_999}},
            "label": {"type": "string", "maxLength": 256, "pattern": SHORT_TEXT}},
    retention="until the owner deletes it, all images of its list, the list or the account")

IMAGE_LIST_INDEX = Holding(
    kind="image-list-index", shape=Shape.BLOB, portability=Portability.DERIVED,
    keeps="A segment of an image list's compiled index: fingerprints and the ids of their images.",
    key="list generation and segment id", parent=IMAGE_LIST, parent_key="generation",
    retention="until a compaction replaces it, all images of the list are deleted or the list is")
