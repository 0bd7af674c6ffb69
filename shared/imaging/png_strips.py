"""A large PNG a strip of lines at a time: Pillow, which holds every pixel in 4 bytes, would need 207 MB for the largest.

A line is stored as its difference from the one before. So each strip becomes a small PNG of its own, whose first line is the last one
of the strip before, and Pillow decodes that.
"""
from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.imaging.headers.header import Malformed
from shared.imaging.headers.png import SIGNATURE

if TYPE_CHECKING:
    from PIL import Image

_BYTES_OF_COLOUR = {2: 3, 4: 2, 6: 4}
"""Colour type: bytes of a pixel of 8 bits a sample, of those kinds for which Pillow takes 4."""
_READ_BYTES = 65_536


def is_for_strips(content: bytes) -> bool:
    """Whether the file, as `read_png` makes it anew, is of a kind that `strips_of` decodes: true colour or alpha, not interlaced."""
    depth, colour, _, _, interlace = struct.unpack_from(">5B", content, 24)
    return depth == 8 and colour in _BYTES_OF_COLOUR and not interlace


def strips_of(content: bytes, rows: int) -> Iterator[Image.Image]:
    """Yield images of `rows` lines each, the last one of what is left. Raises Malformed, zlib.error and what Pillow raises."""
    from PIL import Image

    width, height, _, colour = struct.unpack_from(">IIBB", content, 16)
    transparency, data = _chunks_of(content)
    lines = _Inflated(data)
    row_bytes = width * _BYTES_OF_COLOUR[colour]
    before = b""
    for top in range(0, height, rows):
        count = min(rows, height - top)
        stored = lines.read(count * (1 + row_bytes))
        size = struct.pack(">II", width, count + bool(before))
        strip = SIGNATURE + b"".join((_chunk(b"IHDR", size + content[24:29]), transparency, _chunk(b"IDAT", _stored(before, stored)),
                                      _chunk(b"IEND", b"")))
        with Image.open(io.BytesIO(strip), formats=["PNG"]) as image:
            image.load()
            whole = image.crop((0, 1, width, count + 1)) if before else image
            before = b"\0" + whole.crop((0, count - 1, width, count)).tobytes()
            yield whole


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


def _chunks_of(content: bytes) -> tuple[bytes, memoryview]:
    """The chunk of the transparent colour, if there is one, as it stands in the file; the compressed pixels."""
    transparency, position = b"", len(SIGNATURE)
    while position < len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        if kind == b"tRNS":
            transparency = content[position:position + 12 + length]
        elif kind == b"IDAT":
            return transparency, memoryview(content)[position + 8:position + 8 + length]
        position += 12 + length
    raise Malformed("no pixels")


def _stored(*parts: bytes | bytearray) -> bytes:
    compressor = zlib.compressobj(0)
    return b"".join((*map(compressor.compress, parts), compressor.flush()))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))
