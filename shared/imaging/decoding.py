"""The one way from the bytes of a picture to its pixels."""
from __future__ import annotations

import io
import struct

from shared.imaging.models import (
    ImageAspectRatioRefused,
    ImageDimensionsRefused,
    ImageFormat,
    ImageLimits,
    ImageSizeRefused,
    Picture,
    UnreadableImage,
    UnsupportedImageFormat,
)

_BEGINNINGS = (
    (ImageFormat.JPEG, b"\xff\xd8\xff"), (ImageFormat.PNG, b"\x89PNG\r\n\x1a\n"), (ImageFormat.GIF, b"GIF87a"),
    (ImageFormat.GIF, b"GIF89a"), (ImageFormat.BMP, b"BM"), (ImageFormat.TIFF, b"II*\0"), (ImageFormat.TIFF, b"MM\0*"))


def decode(data: bytes, limits: ImageLimits) -> Picture:
    """The picture upright, in RGB, on white; of an animation or of several pages the first one.

    Raises a subclass of ImageRefused.
    """
    if len(data) > limits.size_bytes:
        raise ImageSizeRefused(f"The image may have {limits.size_bytes} bytes at the most; it has {len(data)}.")
    found = _format_of(data)
    if found not in limits.formats:
        raise UnsupportedImageFormat(f"The image format must be one of {', '.join(sorted(limits.formats))}.")
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=[found]) as image:
            check_dimensions(image.width, image.height, limits)
            image.load()
            upright = ImageOps.exif_transpose(image).convert("RGBA")
            pixels = np.asarray(Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB"))
    except (OSError, ValueError, SyntaxError, struct.error, IndexError, KeyError, EOFError, TypeError) as error:
        raise UnreadableImage(f"The image is broken: it is no {found} that can be read.") from error
    return Picture(pixels, found, 1)


def check_dimensions(width_px: int, height_px: int, limits: ImageLimits) -> None:
    """Raises ImageDimensionsRefused, ImageAspectRatioRefused."""
    shorter, longer = sorted((width_px, height_px))
    if shorter < limits.min_side_px or longer > limits.max_side_px:
        raise ImageDimensionsRefused(f"Each side of the image must have {limits.min_side_px} to {limits.max_side_px} pixels; "
                                     f"it has {width_px} x {height_px}.")
    if width_px * height_px > limits.max_pixels:
        raise ImageDimensionsRefused(f"The image may have {limits.max_pixels} pixels at the most; it has {width_px} x {height_px}.")
    if limits.max_aspect_ratio is not None and longer > limits.max_aspect_ratio * shorter:
        raise ImageAspectRatioRefused(f"The longer side of the image may be {limits.max_aspect_ratio:g} times the shorter one at the "
                                      f"most; it has {width_px} x {height_px} pixels.")


def _format_of(data: bytes) -> ImageFormat | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ImageFormat.WEBP
    return next((found for found, beginning in _BEGINNINGS if data.startswith(beginning)), None)
