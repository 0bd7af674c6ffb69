"""WebP. Source: RFC 9649."""
from __future__ import annotations

import struct

from shared.imaging.headers.exif import orientation_of
from shared.imaging.headers.header import Header, Malformed

_MOST_CHUNKS = 20_000
_MOST_EXIF_BYTES = 65_536
_MOST_PIXELS, _MOST_ANIMATED_PIXELS = 20_000_000, 12_000_000
"""libwebp and OpenCV hold two copies of the pixels with four bytes each, three of an animated canvas."""


def read_webp(data: bytes, most_frames: int) -> Header:
    """Frames are counted until there are more than `most_frames`. Raises Malformed, struct.error."""
    size: tuple[int, int] | None = None
    position, frames, orientation, most_pixels = 12, 0, 1, _MOST_PIXELS
    for _ in range(_MOST_CHUNKS):
        if position + 8 > len(data) or frames > most_frames:
            break
        kind, length = struct.unpack_from("<4sI", data, position)
        start = position + 8
        if kind == b"VP8X":
            flags_and_size = int.from_bytes(data[start:start + 10], "little")
            size = (flags_and_size >> 32 & 0xFFFFFF) + 1, (flags_and_size >> 56 & 0xFFFFFF) + 1
        elif kind == b"ANMF":
            frames, most_pixels = frames + 1, _MOST_ANIMATED_PIXELS
        elif kind in (b"VP8 ", b"VP8L"):
            size, frames = size or _size_of(kind, data, start), frames + 1
        elif kind == b"EXIF":
            orientation = orientation_of(data[start:start + min(length, _MOST_EXIF_BYTES)])
        position = start + length + (length & 1)
    else:
        raise Malformed("too many chunks")
    if size is None or not frames:
        raise Malformed("no picture")
    return Header(*size, frames, data, orientation, most_pixels)


def _size_of(kind: bytes, data: bytes, start: int) -> tuple[int, int]:
    if kind == b"VP8L":
        signature, bits = struct.unpack_from("<BI", data, start)
        if signature != 0x2F:
            raise Malformed("no lossless picture")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if data[start + 3:start + 6] != b"\x9d\x01\x2a":
        raise Malformed("no key frame")
    width_px, height_px = struct.unpack_from("<HH", data, start + 6)
    return width_px & 0x3FFF, height_px & 0x3FFF
