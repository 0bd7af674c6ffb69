"""TIFF: the first page, and how many there are. BigTIFF is not read. Source: TIFF 6.0."""
from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from shared.imaging.headers.exif import orientation_of
from shared.imaging.headers.header import Header, Malformed

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES = 256, 257, 258, 259, 262, 277
STRIP_OFFSETS, STRIP_LINES, STRIP_BYTES = 273, 278, 279
PLANES, SEPARATE = 284, 2
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES = 322, 323, 324, 325
# What decoding needs: the tags of the above, photometric interpretation, order of bits, lines in a strip, planes, options of
# CCITT, predictor, palette, extra samples, format of samples, tables of JPEG, YCbCr. Not the orientation, which is applied later.
_KEPT = frozenset((WIDTH, HEIGHT, BITS, COMPRESSION, STRIP_OFFSETS, SAMPLES, STRIP_BYTES, TILE_WIDTH, TILE_HEIGHT,
                   TILE_OFFSETS, TILE_BYTES, STRIP_LINES, PHOTOMETRIC, 266, PLANES, 292, 293, 317, 320, 338, 339, 347, 529, 530, 531, 532))
_UNCOMPRESSED, JPEG = 1, 7
YCBCR = 6
# Those of CCITT, LZW, JPEG, Deflate in both numbers, PackBits.
_COMPRESSIONS = frozenset((_UNCOMPRESSED, 2, 3, 4, 5, JPEG, 8, 32946, 32773))
KIND_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
INTEGERS = {1: "B", 3: "H", 4: "I"}
_MOST_ENTRIES = 512
_MOST_BYTES = 210_000_000
"""Of all pixels as they are stored."""
_MOST_PART_BYTES = 52_000_000
"""Of a strip, a tile or a line of tiles: libtiff takes memory for a whole one at once, and Pillow for its pixels."""


@dataclass(frozen=True, slots=True)
class _Page:
    """`entries` are those that are kept, as they stand in the file."""

    values: dict[int, tuple[int, ...]]
    entries: dict[int, bytes]
    next_page: int

    def one(self, tag: int, default: int = 0) -> int:
        return next(iter(self.values.get(tag, ())), default)


@dataclass(frozen=True, slots=True)
class Parts:
    """Strips or tiles: how many lines of pixels one has at the most, and how many stand across and down in each of the planes."""

    lines: int
    across: int
    down: int
    planes: int


def read_tiff(data: bytes, most_frames: int) -> Header:
    """Pages are counted until there are more than `most_frames`. Raises Malformed, struct.error."""
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    page = _page_at(data, order, start)
    width_px, height_px = page.one(WIDTH), page.one(HEIGHT)
    _check(page, width_px, height_px, len(data))
    pages = _pages(data, order, start, page.next_page, most_frames)
    parts = parts_of(page.one, TILE_OFFSETS in page.values, width_px, height_px)
    is_in_parts = _is_in_parts(page, parts)
    lines_at_once = parts.lines if is_in_parts else height_px
    return Header(width_px, height_px, pages, _first_page(data, order, page), orientation_of(data),
                  _most_pixels(page, width_px * lines_at_once), is_in_parts)


def _first_page(data: bytes, order: str, page: _Page) -> bytes:
    """The file with a directory of its own at the end: values stay where they are, further pages and directories are not named."""
    entries = [page.entries[tag] for tag in sorted(page.entries)]
    directory = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + bytes(4)
    padding = bytes(len(data) & 1)
    return data[:4] + struct.pack(f"{order}I", len(data) + len(padding)) + data[8:] + padding + directory


def _pages(data: bytes, order: str, start: int, next_page: int, most_frames: int) -> int:
    """A chain of pages that leads back into itself ends there."""
    seen = {start}
    while next_page and next_page not in seen and len(seen) <= most_frames and next_page + 2 <= len(data):
        seen.add(next_page)
        (number,) = struct.unpack_from(f"{order}H", data, next_page)
        place = next_page + 2 + 12 * number
        next_page = struct.unpack_from(f"{order}I", data, place)[0] if place + 4 <= len(data) else 0
    return len(seen)


def _page_at(data: bytes, order: str, start: int) -> _Page:
    """Pillow reads every value of a page, those that lie in one another too: all together must be within the size of the file."""
    (number,) = struct.unpack_from(f"{order}H", data, start)
    if number > _MOST_ENTRIES:
        raise Malformed("too many entries")
    values: dict[int, tuple[int, ...]] = {}
    entries: dict[int, bytes] = {}
    total = 0
    for place in range(start + 2, start + 2 + 12 * number, 12):
        tag, kind, count = struct.unpack_from(f"{order}HHI", data, place)
        if tag not in _KEPT or tag in entries or kind not in KIND_BYTES:
            continue
        size = KIND_BYTES[kind] * count
        total += size
        if total > len(data):
            raise Malformed("values larger than the file")
        entries[tag] = data[place:place + 12]
        if kind in INTEGERS:
            where = place + 8 if size <= 4 else struct.unpack_from(f"{order}I", data, place + 8)[0]
            values[tag] = struct.unpack_from(f"{order}{count}{INTEGERS[kind]}", data, where)
    end = start + 2 + 12 * number
    return _Page(values, entries, struct.unpack_from(f"{order}I", data, end)[0] if end + 4 <= len(data) else 0)


def _check(page: _Page, width_px: int, height_px: int, size_bytes: int) -> None:
    if not width_px or not height_px:
        raise Malformed("no size")
    compression = page.one(COMPRESSION, _UNCOMPRESSED)
    if compression not in _COMPRESSIONS:
        raise Malformed("a compression that is not decoded")
    stored = page.values.get(STRIP_BYTES) or page.values.get(TILE_BYTES) or ()
    if compression != _UNCOMPRESSED and not stored or sum(stored) > size_bytes:
        raise Malformed("strips that are not in the file, or lie in one another")
    if page.one(TILE_WIDTH) * page.one(TILE_HEIGHT) * _pixel_bits(page) > 8 * _MOST_PART_BYTES:
        raise Malformed("tiles larger than any picture")


def parts_of(one: Callable[[int, int], int], is_tiled: bool, width_px: int, height_px: int) -> Parts:
    """`one(tag, default)` is the first value of a tag."""
    lines = min(one(TILE_HEIGHT if is_tiled else STRIP_LINES, 0) or height_px, height_px)
    across = -(-width_px // (one(TILE_WIDTH, 0) or width_px)) if is_tiled else 1
    return Parts(lines, across, -(-height_px // lines), one(SAMPLES, 1) if one(PLANES, 1) == SEPARATE else 1)


def _is_in_parts(page: _Page, parts: Parts) -> bool:
    """Whether there are several strips or lines of tiles, of which each can be decoded by itself."""
    if page.one(PHOTOMETRIC) == YCBCR and page.one(COMPRESSION) != JPEG:
        return False  # several lines share one colour
    tags = (TILE_OFFSETS, TILE_BYTES) if TILE_OFFSETS in page.values else (STRIP_OFFSETS, STRIP_BYTES)
    return parts.down > 1 and min(len(page.values.get(tag, ())) for tag in tags) >= parts.across * parts.down * parts.planes


def _most_pixels(page: _Page, pixels_at_once: int) -> int:
    """Where what is decoded at once is too large, only so many as it may have: whoever makes such files can make smaller strips."""
    is_in_large_parts = pixels_at_once * _pixel_bits(page) > 8 * _MOST_PART_BYTES
    return (_MOST_PART_BYTES if is_in_large_parts else _MOST_BYTES) * 8 // _pixel_bits(page)


def _pixel_bits(page: _Page) -> int:
    return max(max(page.values.get(BITS) or (1,)) * max(page.one(SAMPLES, 1), 1), 8)
