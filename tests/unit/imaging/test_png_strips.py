"""A PNG that is decoded in strips has the pixels that Pillow finds in the whole."""
from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from shared.imaging.colours import upright_halves_of_passes, upright_rgb, upright_rgb_of_strips
from shared.imaging.headers.header import Malformed
from shared.imaging.headers.png import read_png
from shared.imaging.png_strips import ADAM7, is_for_strips, is_interlaced, passes_of, strips_of
from tests.unit.imaging.hostile import chunk, encoded, photograph, png


def _with_every_filter(colour: int, depth: int = 8, interlace: int = 0, width: int = 31, height: int = 43) -> bytes:
    """Noise, with lines of each of the five filters in turn."""
    pixel_bytes = {2: 3, 4: 2, 6: 4}[colour] * depth // 8
    noise = np.random.default_rng(colour)
    sizes = [(-(-(width - left) // across), -(-(height - top) // down))
             for left, top, across, down in (ADAM7 if interlace else [(0, 0, 1, 1)])]
    rows = [across * pixel_bytes for across, down in sizes if across > 0 for _ in range(down)]
    lines = b"".join(bytes([number % 5]) + noise.bytes(row_bytes) for number, row_bytes in enumerate(rows))
    return png(width, height, *([chunk(b"tRNS", bytes(6))] if colour == 2 else []), depth=depth, colour=colour, interlace=interlace,
               pixels=zlib.compress(lines))


PICTURES = {
    "true colour": encoded(photograph(57, 45), "PNG"), "alpha": encoded(photograph(57, 45, "RGBA"), "PNG"),
    "grey and alpha": encoded(photograph(57, 45, "LA"), "PNG"),
    "transparent colour": encoded(photograph(57, 45), "PNG", transparency=(90, 90, 90)),
    **{f"every filter, colour type {colour}, {depth} bits": _with_every_filter(colour, depth) for colour in (2, 4, 6) for depth in (8, 16)}}


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


@pytest.mark.parametrize(("width", "height"), [(31, 43), (40, 40), (9, 5), (2, 3), (64, 9), (3, 2)])
@pytest.mark.parametrize("colour", [2, 4, 6])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("orientation", [1, 6])
def test_passes_have_the_pixels_of_the_whole(width: int, height: int, colour: int, depth: int, orientation: int):
    content = read_png(_with_every_filter(colour, depth, 1, width, height)).content
    with Image.open(io.BytesIO(content)) as whole:
        whole.load()
        expected = upright_rgb(whole, orientation, halves=True)

    assert is_for_strips(content) and is_interlaced(content)
    halves = upright_halves_of_passes(passes_of(content, 60), (width, height), orientation)
    assert halves.shape == expected.shape
    assert np.abs(halves.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("content", [
    encoded(photograph(mode="L"), "PNG"), encoded(photograph(mode="P"), "PNG"), encoded(photograph(mode="L").convert("I;16"), "PNG")],
    ids=["grey", "palette", "grey of 16 bits"])
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
