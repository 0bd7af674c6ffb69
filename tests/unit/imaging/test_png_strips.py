"""A PNG that is decoded in strips has the pixels that Pillow finds in the whole."""
from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from shared.imaging.colours import upright_rgb, upright_rgb_of_strips
from shared.imaging.headers.header import Malformed
from shared.imaging.headers.png import read_png
from shared.imaging.png_strips import is_for_strips, strips_of
from tests.unit.imaging.hostile import chunk, encoded, photograph, png


def _with_every_filter(colour: int, width: int = 31, height: int = 43) -> bytes:
    """Noise, with lines of each of the five filters in turn."""
    row_bytes = width * {2: 3, 4: 2, 6: 4}[colour]
    noise = np.random.default_rng(colour).integers(0, 256, (height, row_bytes), np.uint8)
    lines = b"".join(bytes([number % 5]) + line.tobytes() for number, line in enumerate(noise))
    return png(width, height, *([chunk(b"tRNS", bytes(6))] if colour == 2 else []), colour=colour, pixels=zlib.compress(lines))


PICTURES = {
    "true colour": encoded(photograph(57, 45), "PNG"), "alpha": encoded(photograph(57, 45, "RGBA"), "PNG"),
    "grey and alpha": encoded(photograph(57, 45, "LA"), "PNG"),
    "transparent colour": encoded(photograph(57, 45), "PNG", transparency=(90, 90, 90)),
    **{f"every filter, colour type {colour}": _with_every_filter(colour) for colour in (2, 4, 6)}}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("rows", [2, 6, 1000])
@pytest.mark.parametrize("orientation", [1, 6])
def test_strips_have_the_pixels_of_the_whole(name: str, rows: int, orientation: int):
    content = read_png(PICTURES[name]).content
    with Image.open(io.BytesIO(content)) as whole:
        whole.load()
        expected, size = upright_rgb(whole, orientation, halves=True), whole.size

    assert is_for_strips(content)
    assert np.array_equal(upright_rgb_of_strips(strips_of(content, rows), size, orientation, halves=True), expected)


@pytest.mark.parametrize("content", [
    encoded(photograph(mode="L"), "PNG"), encoded(photograph(mode="P"), "PNG"), encoded(photograph(mode="L").convert("I;16"), "PNG"),
    png(40, 40, interlace=1), png(40, 40, depth=16)], ids=["grey", "palette", "grey of 16 bits", "interlaced", "16 bits"])
def test_other_kinds_do_not_come_in_strips(content: bytes):
    assert not is_for_strips(read_png(content).content)


@pytest.mark.parametrize("rows_there", [0, 1, 39])
def test_too_few_pixels_are_broken(rows_there: int):
    content = read_png(png(40, 40, pixels=zlib.compress(bytes(121 * rows_there)))).content
    with pytest.raises(Malformed):
        list(strips_of(content, 10))


def test_what_follows_the_pixels_is_not_read():
    content = read_png(png(40, 40, pixels=zlib.compress(bytes(121 * 40) + b"\xff" * 1_000_000))).content
    assert sum(strip.height for strip in strips_of(content, 10)) == 40
