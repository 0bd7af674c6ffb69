"""What is kept of an uploaded picture: itself, a smaller one where it is large, and a thumbnail."""
from __future__ import annotations

import io
from dataclasses import dataclass

from shared.classifiers.images import ORIGINAL, RESIZED, THUMBNAIL
from shared.imaging.models import MOST_PIXELS, ImageFormat, ImageLimits

IMAGE_LIMIT_BYTES = 6 * 1024 * 1024
RESIZED_SIDE_PX = 1024
THUMBNAIL_SIDE_PX = 256
_QUALITY = 88

TRAINING_LIMITS = ImageLimits(
    formats=frozenset({ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.GIF, ImageFormat.BMP}), size_bytes=IMAGE_LIMIT_BYTES,
    min_side_px=1, max_side_px=10_240, max_pixels=MOST_PIXELS, max_aspect_ratio=25)
"""Source: the published limits; a picture with a side below 256 pixels is taken, and enlarged for the model."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """`blobs` by name; there is none for `resized` where the original is no larger."""

    width: int
    height: int
    blobs: dict[str, bytes]


def pictures_of(content: bytes) -> Pictures:
    """Raises a subclass of ImageRefused."""
    from PIL import Image

    from shared.imaging.decoding import decode

    picture = decode(content, TRAINING_LIMITS)
    image = Image.fromarray(picture.pixels)
    blobs = {ORIGINAL: content}
    if max(image.size) > RESIZED_SIDE_PX:
        image = _within(image, RESIZED_SIDE_PX)
        blobs[RESIZED] = _jpeg(image)
    blobs[THUMBNAIL] = _jpeg(_within(image, THUMBNAIL_SIDE_PX))
    return Pictures(picture.width_px, picture.height_px, blobs)


def _within(image, side_px: int):
    from PIL import Image

    smaller = image.copy()
    smaller.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    return smaller


def _jpeg(image) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()
