"""A large TIFF some of its strips, or a line of its tiles, at a time: Pillow, which holds every pixel in 4 bytes, would need 207 MB
for the largest.

Strips and tiles are compressed each by itself. So some of them become a small TIFF of their own, and Pillow decodes that.
"""
from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.imaging.headers.tiff import (
    HEIGHT,
    INTEGERS,
    KIND_BYTES,
    STRIP_BYTES,
    STRIP_LINES,
    STRIP_OFFSETS,
    TILE_BYTES,
    TILE_OFFSETS,
    WIDTH,
    parts_of,
)

if TYPE_CHECKING:
    from PIL import Image

_LONG = 4


@dataclass(frozen=True, slots=True)
class _Value:
    """Of an entry of the directory: its kind, its number of values, and their bytes."""

    kind: int
    count: int
    stored: bytes


class _File:
    """A file as `read_tiff` makes it anew: one directory, at its end, of those entries that decoding needs."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.order = "<" if content[:2] == b"II" else ">"
        (start,) = struct.unpack_from(f"{self.order}I", content, 4)
        (number,) = struct.unpack_from(f"{self.order}H", content, start)
        self.values = dict(map(self._entry_at, range(start + 2, start + 2 + 12 * number, 12)))
        tiled = TILE_OFFSETS in self.values
        self.offsets_tag, self.sizes_tag = (TILE_OFFSETS, TILE_BYTES) if tiled else (STRIP_OFFSETS, STRIP_BYTES)
        self.width_px, self.height_px = self.one(WIDTH), self.one(HEIGHT)
        self.parts = parts_of(self.one, tiled, self.width_px, self.height_px)
        self.offsets, self.sizes = self.integers(self.offsets_tag), self.integers(self.sizes_tag)

    def integers(self, tag: int) -> tuple[int, ...]:
        value = self.values.get(tag)
        return struct.unpack_from(f"{self.order}{value.count}{INTEGERS[value.kind]}", value.stored) if value else ()

    def one(self, tag: int, default: int = 0) -> int:
        return next(iter(self.integers(tag)), default)

    def _entry_at(self, place: int) -> tuple[int, _Value]:
        tag, kind, count = struct.unpack_from(f"{self.order}HHI", self.content, place)
        size = KIND_BYTES[kind] * count
        where = place + 8 if size <= 4 else struct.unpack_from(f"{self.order}I", self.content, place + 8)[0]
        return tag, _Value(kind, count, self.content[where:where + size])


def strips_of(content: bytes, rows: int) -> Iterator[Image.Image]:
    """Yield images of `rows` lines at the most (an even number), all but the last of an even number, of a file whose header `is_in_parts`.

    Raises what Pillow raises.
    """
    from PIL import Image

    file = _File(content)
    parts = max(1, rows // file.parts.lines)
    parts += parts * file.parts.lines % 2
    for first in range(0, file.parts.down, parts):
        lines = min(parts * file.parts.lines, file.height_px - first * file.parts.lines)
        with Image.open(io.BytesIO(_of_lines(file, first, parts, lines)), formats=["TIFF"]) as image:
            image.load()
            for top in range(0, lines, rows):
                yield image.crop((0, top, file.width_px, min(top + rows, lines)))
        del image  # before there is another one


def _of_lines(file: _File, first: int, parts: int, lines: int) -> bytes:
    """A file of the strips or lines of tiles from `first` on, `parts` of them or what there is, with so many lines of pixels."""
    in_plane = file.parts.across * file.parts.down
    numbers = [plane * in_plane + number for plane in range(file.parts.planes)
               for number in range(first * file.parts.across, min((first + parts) * file.parts.across, in_plane))]
    pixels = [file.content[file.offsets[number]:file.offsets[number] + file.sizes[number]] for number in numbers]
    body = bytearray(8)
    offsets = []
    for part in pixels:
        offsets.append(len(body))
        body += part
    values = file.values | {HEIGHT: _Value(_LONG, 1, struct.pack(f"{file.order}I", lines)),
                            file.offsets_tag: _longs(file.order, offsets),
                            file.sizes_tag: _longs(file.order, list(map(len, pixels)))}
    if STRIP_LINES in values:
        values[STRIP_LINES] = _Value(_LONG, 1, struct.pack(f"{file.order}I", file.parts.lines))
    entries = b""
    for tag, value in sorted(values.items()):
        where = value.stored.ljust(4, b"\0")
        if len(where) > 4:
            body += bytes(len(body) & 1)
            where = struct.pack(f"{file.order}I", len(body))
            body += value.stored
        entries += struct.pack(f"{file.order}HHI", tag, value.kind, value.count) + where
    body += bytes(len(body) & 1)
    body[:8] = file.content[:4] + struct.pack(f"{file.order}I", len(body))
    return bytes(body + struct.pack(f"{file.order}H", len(values)) + entries + bytes(4))


def _longs(order: str, numbers: Sequence[int]) -> _Value:
    return _Value(_LONG, len(numbers), struct.pack(f"{order}{len(numbers)}I", *numbers))
