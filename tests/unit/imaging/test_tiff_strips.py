"""A TIFF that is decoded some strips at a time has the pixels that Pillow finds in the whole."""
from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from shared.imaging.colours import upright_rgb, upright_rgb_of_strips
from shared.imaging.headers.header import Header
from shared.imaging.headers.tiff import read_tiff
from shared.imaging.tiff_strips import strips_of
from tests.unit.imaging.hostile import encoded, photograph, tiff

_ROWS = 6
_STRIP_OFFSETS, _STRIP_LINES, _STRIP_BYTES = 273, 278, 279


def _in_strips(mode: str, compression: str | None, lines: int) -> bytes:
    image = photograph(57, 45, "L").convert("I;16") if mode == "I;16" else photograph(57, 45).convert(mode)
    return encoded(image, "TIFF", compression=compression, tiffinfo={_STRIP_LINES: lines})


def _parts(order: str, across: int, down: int, planes: int, tile: int | None = None) -> bytes:
    """57 x 45 of true colour in deflated strips of 7 lines, or square tiles; the colours together, or a plane for each."""
    pixels = np.asarray(photograph(57, 45))
    layers = [pixels] if planes == 1 else [pixels[..., number:number + 1] for number in range(3)]
    parts = []
    for layer in layers:
        for top in range(0, 45, down):
            for left in range(0, 57, across):
                part = layer[top:top + down, left:left + across]
                if tile:
                    part = np.pad(part, ((0, tile - part.shape[0]), (0, tile - part.shape[1]), (0, 0)))
                parts.append(zlib.compress(part.tobytes()))
    body, offsets = b"", []
    for part in parts:
        offsets.append(8 + len(body))
        body += part
    tables = b"".join(struct.pack(f"{order}{len(parts)}I", *numbers) for numbers in (offsets, map(len, parts)))
    bits = struct.pack(f"{order}3H", 8, 8, 8)
    bits_at = 8 + len(body)
    offsets_at, sizes_at = bits_at + 6, bits_at + 6 + 4 * len(parts)
    places = ((322, 4, 1, tile), (323, 4, 1, tile), (324, 4, len(parts), offsets_at), (325, 4, len(parts), sizes_at)) if tile else (
        (273, 4, len(parts), offsets_at), (_STRIP_LINES, 4, 1, down), (279, 4, len(parts), sizes_at))
    entries = [(256, 4, 1, 57), (257, 4, 1, 45), (258, 3, 3, struct.pack(f"{order}I", bits_at)), (259, 3, 1, 8), (262, 3, 1, 2),
               (277, 3, 1, 3), (284, 3, 1, 1 if planes == 1 else 2), *places]
    return tiff(sorted(entries), body + bits + tables, order)


PICTURES = {
    **{f"{mode}, {compression}, {lines} lines": _in_strips(mode, compression, lines)
       for mode in ("RGB", "RGBA", "L", "1", "CMYK", "P", "LA", "I;16") for compression, lines in ((None, 7), ("tiff_lzw", 4))},
    **{f"RGB, {compression}, {lines} lines": _in_strips("RGB", compression, lines)
       for compression, lines in (("tiff_adobe_deflate", 1), ("packbits", 3), ("jpeg", 16))},
    **{f"1, {compression}": _in_strips("1", compression, 5) for compression in ("group3", "group4")},
    "YCbCr, jpeg": _in_strips("YCbCr", "jpeg", 16),
    **{f"{'tiles' if tile else 'strips'}, {planes} planes, {order}": _parts(order, tile or 57, tile or 7, planes, tile)
       for order in "<>" for planes in (1, 3) for tile in (None, 16)}}


def _expected(content: bytes, orientation: int = 1) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as whole:
        whole.load()
        return upright_rgb(whole, orientation, halves=True)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("orientation", [1, 6])
def test_strips_have_the_pixels_of_the_whole(name: str, orientation: int):
    header = read_tiff(PICTURES[name], 9)

    assert header.is_in_parts
    strips = list(strips_of(header.content, _ROWS))
    assert max(strip.height for strip in strips) <= _ROWS and not any(strip.height % 2 for strip in strips[:-1])
    assert np.array_equal(upright_rgb_of_strips(strips, (57, 45), orientation, halves=True), _expected(header.content, orientation))


@pytest.mark.parametrize("content", [
    _in_strips("RGB", "tiff_lzw", 45), _in_strips("YCbCr", "tiff_lzw", 4), tiff([(256, 4, 1, 57), (257, 4, 1, 45)], bytes(8)),
    tiff([(256, 4, 1, 57), (257, 4, 1, 45), (322, 4, 1, 0), (323, 4, 1, 0), (324, 4, 1, 8), (325, 4, 1, 8)], bytes(8)),
    tiff([(256, 4, 1, 57), (257, 4, 1, 45), (273, 4, 1, 8), (278, 4, 1, 0), (279, 4, 1, 8)], bytes(8)),
    tiff([(256, 4, 1, 57), (257, 4, 1, 45), (273, 77, 1, 8)], bytes(8))],
    ids=["one strip", "colours of several lines", "no strips", "tiles of nothing", "strips of nothing", "no integers"])
def test_other_files_do_not_come_in_strips(content: bytes):
    assert not read_tiff(content, 9).is_in_parts


@pytest.mark.parametrize("few", [_STRIP_OFFSETS, _STRIP_BYTES], ids=["places", "sizes"])
def test_a_file_that_does_not_name_all_its_strips_may_be_as_large_as_one_of_a_single_strip(few: int):
    """It is decoded as a whole."""
    strips = 7200 // 16

    def header(named: int) -> Header:
        counts = {_STRIP_OFFSETS: strips, _STRIP_BYTES: strips, few: named}
        return read_tiff(tiff([(256, 4, 1, 7200), (257, 4, 1, 7200), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 2), (277, 3, 1, 3),
                               (_STRIP_OFFSETS, 4, counts[_STRIP_OFFSETS], 8), (_STRIP_LINES, 4, 1, 16),
                               (_STRIP_BYTES, 4, counts[_STRIP_BYTES], 8)], bytes(9 * strips)), 9)

    assert header(strips).is_in_parts and header(strips).most_pixels > 7200 * 7200
    assert not header(strips - 1).is_in_parts and header(strips - 1).most_pixels == 52_000_000 // 3


def test_a_strip_that_is_cut_is_broken():
    content = read_tiff(PICTURES["RGB, tiff_adobe_deflate, 1 lines"], 9).content
    place = struct.unpack_from("<I", content, 4)[0]
    with pytest.raises(OSError, match="."):
        list(strips_of(content[:place - 400] + bytes(400) + content[place:], _ROWS))
