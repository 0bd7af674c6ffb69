"""A decoded picture, what a picture may be, and why one is refused."""
from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.errors import InvalidRequest

MOST_PIXELS = 7200 * 7200
"""Of any picture of any family. The largest picture that Content Safety takes; a decoder needs under 512 MB for it."""

WHOLE_PIXELS = MOST_PIXELS // 4
"""Of a picture with more, half of the width and height is kept: no engine looks at more than 6 million."""

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
    """`pixels` is a numpy array: uint8 [height, width, 3], RGB, upright, on white, of the first frame.

    `shrunk_from` is the (width, height) of a picture of more than `WHOLE_PIXELS`, of which `pixels` is half as wide and high.
    """

    pixels: Any
    format: ImageFormat
    frames: int
    shrunk_from: tuple[int, int] | None = None

    @property
    def width_px(self) -> int:
        return self.shrunk_from[0] if self.shrunk_from else self.pixels.shape[1]

    @property
    def height_px(self) -> int:
        return self.shrunk_from[1] if self.shrunk_from else self.pixels.shape[0]

    @property
    def shrunk_by(self) -> int:
        """What a length in `pixels` must be multiplied with to be one of the picture."""
        return 2 if self.shrunk_from else 1


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
