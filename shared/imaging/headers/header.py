"""What is known of a picture before it is decoded."""
from __future__ import annotations

from dataclasses import dataclass


class Malformed(Exception):
    """The file breaks the rules of its format, or uses what is not decoded."""


@dataclass(frozen=True, slots=True)
class Header:
    """`width_px` and `height_px` are as stored, before the orientation (1 to 8, as in EXIF) is applied.

    `content` is what the decoder is given. `most_pixels` is what the decoder can take of this kind of file without needing
    too much memory or time, whatever the family allows; None where that is more than any family does. `is_in_parts`: whether a
    TIFF can be decoded some strips or tiles at a time.
    """

    width_px: int
    height_px: int
    frames: int
    content: bytes
    orientation: int = 1
    most_pixels: int | None = None
    is_in_parts: bool = False
