"""What is kept of an uploaded picture: itself, a smaller one where it is large, and a thumbnail."""
from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.classifiers.images import ORIGINAL, RESIZED, THUMBNAIL
from shared.imaging.models import MOST_PIXELS, ImageFormat, ImageLimits

if TYPE_CHECKING:
    import numpy

    from shared.imaging.models import Picture

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


def is_resized(width: int, height: int) -> bool:
    """Whether a smaller one is kept beside a picture of this size."""
    return max(width, height) > RESIZED_SIDE_PX


def pictures_of(content: bytes, picture: Picture) -> Pictures:
    """What is kept of `content`, which `picture` was decoded from."""
    width, height, pixels = picture.width_px, picture.height_px, picture.pixels
    blobs = {ORIGINAL: content}
    if is_resized(width, height):
        pixels = _within(pixels, RESIZED_SIDE_PX)
        blobs[RESIZED] = _jpeg(pixels)
    blobs[THUMBNAIL] = _jpeg(_within(pixels, THUMBNAIL_SIDE_PX))
    return Pictures(width, height, blobs)


def _within(pixels: numpy.ndarray, side_px: int) -> numpy.ndarray:
    """Not by Pillow, which would hold a large picture a second time, four bytes for each pixel."""
    import cv2

    height, width = pixels.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return pixels
    return cv2.resize(pixels, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)


def _jpeg(pixels: numpy.ndarray) -> bytes:
    from PIL import Image

    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()
