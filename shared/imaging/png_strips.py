"""A large PNG a strip of lines at a time: Pillow, which holds every pixel in 4 bytes, would need 207 MB for the largest.

A line is stored as its difference from the one before. So each strip becomes a small PNG of its own, whose first line is the last one
of the strip before, and Pillow decodes that. Each pass of an interlaced file is such lines again.
"""
from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.imaging.headers.header import Malformed
from shared.imaging.headers.png import SIGNATURE

if TYPE_CHECKING:
    from PIL import Image

_BYTES_OF_COLOUR = {2: 3, 4: 2, 6: 4}
"""Colour type: bytes of a pixel of 8 bits a sample, of those kinds for which Pillow takes 4."""
_READ_BYTES = 65_536
Place = tuple[int, int, int, int]
"""Left, top, and the steps across and down."""
ADAM7: tuple[Place, ...] = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Source: PNG specification, third edition, 8.1."""


_SIXTEEN_BITS = 16


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the header says. `transparency` is the chunk of the transparent colour, if there is one, as it stands in the file."""

    width_px: int
    height_px: int
    depth: int
    colour: int
    transparency: bytes = b""

    @property
    def row_bytes(self) -> int:
        """Of a line of 8 bits a sample."""
        return self.width_px * _BYTES_OF_COLOUR[self.colour]


def is_for_strips(content: bytes) -> bool:
    """Whether the file, as `read_png` makes it anew, is of a kind that `strips_of` or `passes_of` decodes: true colour or alpha."""
    return struct.unpack_from(">B", content, 25)[0] in _BYTES_OF_COLOUR


def is_interlaced(content: bytes) -> bool:
    return content[28] != 0


def strips_of(content: bytes, rows: int) -> Iterator[Image.Image]:
    """Yield images of `rows` lines each, the last one of what is left, of a file that is not interlaced.

    Raises Malformed, zlib.error and what Pillow raises.
    """
    kind, data = _read(content)
    yield from _strips(_Inflated(data), kind, rows)


def passes_of(content: bytes, most_pixels: int) -> Iterator[tuple[Place, Iterator[Image.Image]]]:
    """Yield where the pixels of each of the seven passes of an interlaced file belong, with images of its lines, to be used at once.

    Each image has two lines at the least and `most_pixels` beyond that at the most. Raises as `strips_of`.
    """
    kind, data = _read(content)
    lines = _Inflated(data)
    for left, top, across, down in ADAM7:
        width, height = -(-(kind.width_px - left) // across), -(-(kind.height_px - top) // down)
        if width > 0 and height > 0:
            of_pass = replace(kind, width_px=width, height_px=height)
            yield (left, top, across, down), _strips(lines, of_pass, max(2, most_pixels // width))


def _strips(lines: _Inflated, kind: _Kind, rows: int) -> Iterator[Image.Image]:
    from PIL import Image

    before = b""
    for top in range(0, kind.height_px, rows):
        count = min(rows, kind.height_px - top)
        stored = _stored_lines(lines, kind, count)
        header = struct.pack(">IIBBBBB", kind.width_px, count + bool(before), 8, kind.colour, 0, 0, 0)
        strip = SIGNATURE + b"".join((_chunk(b"IHDR", header), kind.transparency, _chunk(b"IDAT", _uncompressed(before, stored)),
                                      _chunk(b"IEND", b"")))
        with Image.open(io.BytesIO(strip), formats=["PNG"]) as image:
            image.load()
            whole = image.crop((0, 1, kind.width_px, count + 1)) if before else image
            before = b"\0" + whole.crop((0, count - 1, kind.width_px, count)).tobytes()
            yield whole


def _stored_lines(lines: _Inflated, kind: _Kind, count: int) -> bytes | bytearray:
    """Lines as they are stored, of 8 bits a sample.

    Of 16 bits the upper 8 are kept, as Pillow does: filters take every byte of a pixel by itself, so that without the
    lower ones each line is still what its filter made.
    """
    if kind.depth != _SIXTEEN_BITS:
        return lines.read(count * (1 + kind.row_bytes))
    import numpy as np

    stored = np.frombuffer(lines.read(count * (1 + 2 * kind.row_bytes)), np.uint8).reshape(count, -1)
    return np.concatenate((stored[:, :1], stored[:, 1::2]), axis=1).tobytes()


def _read(content: bytes) -> tuple[_Kind, memoryview]:
    """The compressed pixels come with it. Raises Malformed."""
    width, height, depth, colour, compression, filters, interlace = struct.unpack_from(">IIBBBBB", content, 16)
    if depth not in (8, _SIXTEEN_BITS) or compression or filters or interlace > 1:
        raise Malformed("a kind that nobody knows")
    transparency, position = b"", len(SIGNATURE)
    while position < len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        if name == b"tRNS":
            transparency = content[position:position + 12 + length]
        elif name == b"IDAT":
            return (_Kind(width, height, depth, colour, transparency),
                    memoryview(content)[position + 8:position + 8 + length])
        position += 12 + length
    raise Malformed("no pixels")


class _Inflated:
    """What is compressed, as many bytes at a time as are asked for."""

    def __init__(self, compressed: memoryview) -> None:
        self._pieces = (compressed[start:start + _READ_BYTES] for start in range(0, len(compressed), _READ_BYTES))
        self._inflater = zlib.decompressobj()

    def read(self, size: int) -> bytearray:
        """Raises Malformed where there are fewer, zlib.error."""
        found = bytearray()
        rest: bytes | memoryview = self._inflater.unconsumed_tail
        while len(found) < size:
            piece = rest or next(self._pieces, b"")
            more = self._inflater.decompress(piece, size - len(found))
            if not more and not piece:
                raise Malformed("too few pixels")
            found += more
            rest = self._inflater.unconsumed_tail
        return found


def _uncompressed(*parts: bytes | bytearray) -> bytes:
    compressor = zlib.compressobj(0)
    return b"".join((*map(compressor.compress, parts), compressor.flush()))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))
