"""A decoded picture, what a picture may be, and why one is refused."""
from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.errors import InvalidRequest

MOST_PIXELS = 7200 * 7200
"""Of any picture of any family. The largest picture that Content Safety takes; a decoder needs under 512 MB for it."""

MOST_FRAMES = 1000


class ImageFormat(StrEnum):
    JPEG = "JPEG"
    PNG = "PNG"
    GIF = "GIF"
    BMP = "BMP"
    TIFF = "TIFF"
    WEBP = "WEBP"


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a family takes. `max_aspect_ratio` is that of the longer side to the shorter one."""

    formats: frozenset[ImageFormat]
    size_bytes: int
    min_side_px: int
    max_side_px: int
    max_pixels: int = MOST_PIXELS
    max_frames: int = MOST_FRAMES
    max_aspect_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """`pixels` is a numpy array: uint8 [height, width, 3], RGB, upright, on white, of the first frame."""

    pixels: Any
    format: ImageFormat
    frames: int

    @property
    def width_px(self) -> int:
        return self.pixels.shape[1]

    @property
    def height_px(self) -> int:
        return self.pixels.shape[0]


class ImageRefused(InvalidRequest):
    """A picture that is not taken. The message says what is allowed and what was sent in numbers, and nothing of the picture."""


class UnreadableImage(ImageRefused):
    """It has a format's beginning, and then it is broken or has something that is not decoded."""


class UnsupportedImageFormat(ImageRefused):
    """It is no picture, or none of the formats that the family takes."""


class ImageSizeRefused(ImageRefused):
    """It has too many bytes."""


class ImageDimensionsRefused(ImageRefused):
    """A side is too short or too long, or it has too many pixels or frames."""


class ImageAspectRatioRefused(ImageRefused):
    """It is too narrow."""
