"""The one way from the bytes of a picture to its pixels.

Size, format by content, and what the header says are checked before anything is decoded. The checks are our own: those of
Pillow are states of the whole process, which other threads would see.
"""
from __future__ import annotations

import io
import struct
import threading
import zlib
from typing import Any

from shared import memory
from shared.imaging import png_strips, tiff_strips, webp_strips
from shared.imaging.headers.bmp import read_bmp
from shared.imaging.headers.gif import read_gif
from shared.imaging.headers.header import Header, Malformed
from shared.imaging.headers.jpeg import read_jpeg
from shared.imaging.headers.png import SIGNATURE, read_png
from shared.imaging.headers.tiff import read_tiff
from shared.imaging.headers.webp import read_webp
from shared.imaging.models import (
    MOST_PIXELS,
    WHOLE_PIXELS,
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
    (ImageFormat.JPEG, b"\xff\xd8\xff"), (ImageFormat.PNG, SIGNATURE), (ImageFormat.GIF, b"GIF87a"), (ImageFormat.GIF, b"GIF89a"),
    (ImageFormat.BMP, b"BM"), (ImageFormat.TIFF, b"II*\0"), (ImageFormat.TIFF, b"MM\0*"))
# What decoders raise for files that are broken; of ours, Malformed. A codec of Pillow says MemoryError for sizes that make no sense.
_BROKEN = (Malformed, struct.error, zlib.error, OSError, ValueError, SyntaxError, LookupError, TypeError, AttributeError,
           AssertionError, ArithmeticError, EOFError, MemoryError, RuntimeError, Warning)
_LARGE_BYTES = 140 * 1024 * 1024
"""What decoding the worst of the pictures beyond WHOLE_PIXELS takes, and to spare."""
_one_large_at_a_time = threading.Lock()


def decode(data: bytes, limits: ImageLimits) -> Picture:
    """The picture upright, in RGB, on white; of an animation or of several pages the first one.

    Pictures of more than `WHOLE_PIXELS` are decoded one at a time, so that several of them do not add up, and shrunk to half.
    Raises a subclass of ImageRefused.
    """
    if len(data) > limits.size_bytes:
        raise ImageSizeRefused(f"The image may have {limits.size_bytes} bytes at the most; it has {len(data)}.")
    found = _format_of(data)
    if found not in limits.formats:
        raise UnsupportedImageFormat(f"The image format must be one of {', '.join(sorted(limits.formats))}"
                                     f"; this is {found or 'none that is known'}.")
    try:
        header = _header_of(found, data, limits.max_frames)
    except (Malformed, struct.error, LookupError):
        raise _unreadable(found) from None
    _check_header(header, limits)
    if header.width_px * header.height_px <= WHOLE_PIXELS:
        return Picture(_pixels_of(found, header, shrinks=False), found, header.frames)
    with _one_large_at_a_time:
        memory.make_room(_LARGE_BYTES)
        pixels = _pixels_of(found, header, shrinks=True)
    return Picture(pixels, found, header.frames, _upright_size(header))


def _format_of(data: bytes) -> ImageFormat | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ImageFormat.WEBP
    return next((found for found, beginning in _BEGINNINGS if data.startswith(beginning)), None)


def _header_of(found: ImageFormat, data: bytes, most_frames: int) -> Header:
    match found:
        case ImageFormat.JPEG:
            return read_jpeg(data)
        case ImageFormat.PNG:
            return read_png(data)
        case ImageFormat.GIF:
            return read_gif(data, most_frames)
        case ImageFormat.BMP:
            return read_bmp(data)
        case ImageFormat.TIFF:
            return read_tiff(data, most_frames)
        case ImageFormat.WEBP:
            return read_webp(data, most_frames)


def _check_header(header: Header, limits: ImageLimits) -> None:
    """Raises ImageDimensionsRefused, ImageAspectRatioRefused."""
    width_px, height_px = _upright_size(header)
    shorter, longer = sorted((width_px, height_px))
    sent = f"it has {width_px} x {height_px}"
    if shorter < limits.min_side_px or longer > limits.max_side_px:
        raise ImageDimensionsRefused(
            f"Each side of the image must have {limits.min_side_px} to {limits.max_side_px} pixels; {sent}.")
    most_pixels = min(limits.max_pixels, MOST_PIXELS)
    if width_px * height_px > most_pixels:
        raise ImageDimensionsRefused(f"The image may have {most_pixels} pixels at the most; {sent}.")
    if header.most_pixels is not None and width_px * height_px > header.most_pixels:
        raise ImageDimensionsRefused(f"An image that is encoded like this one may have {header.most_pixels} pixels at the most; {sent}.")
    if limits.max_aspect_ratio is not None and longer > limits.max_aspect_ratio * shorter:
        raise ImageAspectRatioRefused(f"The longer side of the image may have {limits.max_aspect_ratio:g} times the pixels of the "
                                      f"shorter one at the most; {sent}.")
    if header.frames > limits.max_frames:
        raise ImageDimensionsRefused(f"The image may have {limits.max_frames} frames or pages at the most; it has more.")


def _upright_size(header: Header) -> tuple[int, int]:
    return (header.height_px, header.width_px) if header.orientation >= 5 else (header.width_px, header.height_px)


def _pixels_of(found: ImageFormat, header: Header, shrinks: bool) -> Any:
    """Raises UnreadableImage."""
    from PIL import Image

    from shared.imaging.colours import STRIP_PIXELS, UNKNOWN_RANGE, strip_rows, upright_halves_of_passes, upright_rgb, upright_rgb_of_strips

    try:
        size, rows = (header.width_px, header.height_px), strip_rows(header.width_px)
        if found is ImageFormat.WEBP:
            return upright_rgb_of_strips(webp_strips.strips_of(header.content, size, rows), size, header.orientation, shrinks)
        if shrinks and found is ImageFormat.PNG and png_strips.is_for_strips(header.content):
            if png_strips.is_interlaced(header.content):
                return upright_halves_of_passes(png_strips.passes_of(header.content, STRIP_PIXELS), size, header.orientation)
            return upright_rgb_of_strips(png_strips.strips_of(header.content, rows), size, header.orientation, shrinks)
        if shrinks and found is ImageFormat.TIFF and header.is_in_parts:
            return upright_rgb_of_strips(tiff_strips.strips_of(header.content, rows), size, header.orientation, shrinks)
        with Image.open(io.BytesIO(header.content), formats=[found]) as image:
            if image.size != size or image.mode in UNKNOWN_RANGE:
                raise _unreadable(found)
            halves = shrinks and image.draft(None, (header.width_px // 2, header.height_px // 2)) is not None  # a JPEG is never whole
            image.load()
            return upright_rgb(image, header.orientation, shrinks and not halves)
    except (*_BROKEN, Image.DecompressionBombError):
        raise _unreadable(found) from None


def _unreadable(found: ImageFormat) -> UnreadableImage:
    return UnreadableImage(f"The image is broken, or is a {found} of a kind that is not decoded.")
