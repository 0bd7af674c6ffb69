"""What a decoder gives becomes RGB, upright, on white: strip by strip, so that no second copy of a large picture is needed."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:  # exported models take this file with them alone
    from shared.imaging.png_strips import Place

STRIP_PIXELS = 250_000
"""With 4 bytes each they stay below what `memory` has the C library take from the system and give back each time."""
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")
# Samples of 32 bits, whole or floating, have no range that a picture would be known by.
UNKNOWN_RANGE = ("I", "F")


def upright_rgb(image: Image.Image, orientation: int, halves: bool = False) -> Any:
    """uint8 [height, width, 3] of a loaded picture, turned by its EXIF orientation, what is transparent on white.

    `halves`: four pixels become one, their mean; an odd last line or column is left out.
    """
    rows = strip_rows(image.width)
    strips = (image.crop((0, top, image.width, min(top + rows, image.height))) for top in range(0, image.height, rows))
    return upright_rgb_of_strips(strips, image.size, orientation, halves)


def strip_rows(width: int) -> int:
    """Of a picture so wide, so many lines are converted at a time; an even number."""
    return max(2, STRIP_PIXELS // width // 2 * 2)


def upright_rgb_of_strips(strips: Iterable[Image.Image], size: tuple[int, int], orientation: int, halves: bool) -> Any:
    """As `upright_rgb`, of a picture of (width, height) that comes in strips; all but the last have an even number of lines."""
    step = 2 if halves else 1
    width, height = size[0] // step, size[1] // step
    pixels = np.empty((width, height, 3) if orientation >= 5 else (height, width, 3), np.uint8)
    stored = _as_stored(pixels, orientation)
    top = 0
    for image in strips:
        bottom = top + image.height // step
        kept = step * width, step * (bottom - top)
        strip = _rgb(image if image.size == kept else image.crop((0, 0, *kept)))
        stored[top:bottom] = _halved(strip) if halves else strip
        top = bottom
    return pixels


def upright_halves_of_passes(passes: Iterable[tuple[Place, Iterator[Image.Image]]], size: tuple[int, int], orientation: int) -> Any:
    """As `upright_rgb` with `halves`, of an interlaced picture of (width, height); up to 1 of 255 beside the mean.

    Of four pixels that become one, the first comes in one of the passes 1 to 5, the one to its right in 6, the two below in 7.
    """
    width, height = size[0] // 2, size[1] // 2
    pixels = np.zeros((width, height, 3) if orientation >= 5 else (height, width, 3), np.uint8)
    stored = _as_stored(pixels, orientation)
    for (left, top, across, down), strips in passes:
        row = 0
        for image in strips:
            part = _rgb(image).astype(np.uint16)
            place = stored[top // 2 + row * max(1, down // 2)::max(1, down // 2), left // 2::max(1, across // 2)][:len(part)]
            row += len(part)
            part = part[:len(place)]
            if across == 1:
                fours = 2 * place.astype(np.uint16) + part[:, 0:2 * width:2] + part[:, 1:2 * width:2]
                place[:] = (fours + 2) // 4
            elif left == 1:
                place[:] = (place + part[:, :width] + 1) // 2
            else:
                place[:] = part[:, :place.shape[1]]
    return pixels


def _halved(strip: Any) -> Any:
    fours = strip.reshape(strip.shape[0] // 2, 2, strip.shape[1] // 2, 2, 3)
    return ((fours.sum(axis=(1, 3), dtype=np.uint16) + 2) // 4).astype(np.uint8)


def _as_stored(upright: Any, orientation: int) -> Any:
    """The upright array seen in the order of the stored lines, so that writing to the one fills the other. Source: EXIF 2.32, 4.6.5."""
    seen = upright.swapaxes(0, 1) if orientation >= 5 else upright
    lines = -1 if orientation in (3, 4, 6, 7) else 1
    columns = -1 if orientation in (2, 3, 7, 8) else 1
    return seen[::lines, ::columns]


def _rgb(strip: Image.Image) -> Any:
    if strip.mode in _SIXTEEN_BITS:
        return _rgb_of_sixteen_bits(strip)
    if not strip.has_transparency_data:
        return np.asarray(strip.convert("RGB"))
    layers = np.asarray(strip.convert("RGBA"))
    alpha = layers[..., 3:].astype(np.uint16)
    return (layers[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255


def _rgb_of_sixteen_bits(strip: Image.Image) -> Any:
    values = np.asarray(strip).astype(np.uint32)
    grey = ((values * 255 + 32767) // 65535).astype(np.uint8)
    see_through = strip.info.get("transparency")
    if isinstance(see_through, int):
        grey[values == see_through] = 255
    return np.repeat(grey[..., None], 3, axis=2)
