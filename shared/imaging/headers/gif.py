"""GIF: the first frame, and how many there are. Source: GIF89a specification."""
from __future__ import annotations

import struct

from shared.imaging.headers.header import Header, Malformed

_IMAGE, _EXTENSION, _TRAILER, _CONTROL = 0x2C, 0x21, 0x3B, 0xF9


def read_gif(data: bytes, most_frames: int) -> Header:
    """Frames are counted until there are more than `most_frames`. Raises Malformed, struct.error, IndexError."""
    width_px, height_px, flags = struct.unpack_from("<HHB", data, 6)
    position = start = 13 + _table_bytes(flags)
    control = first = b""
    frames = 0
    while frames <= most_frames and position < len(data):
        kind = data[position]
        if kind == _EXTENSION:
            end = _end_of_blocks(data, position + 2)
            if not frames and data[position + 1] == _CONTROL:
                control = data[position:end]
            position = end
        elif kind == _IMAGE:
            left, top, width, height, local = struct.unpack_from("<HHHHB", data, position + 1)
            end = _end_of_blocks(data, position + 11 + _table_bytes(local))
            if not frames:
                # A frame that is larger than its screen makes the screen larger.
                width_px, height_px = max(width_px, left + width), max(height_px, top + height)
                first = data[position:end]
            frames += 1
            position = end
        elif kind == _TRAILER:
            break
        elif frames:
            break  # what follows is no GIF any more; the first frame is there
        else:
            raise Malformed("a block of no known kind")
    if not frames:
        raise Malformed("no frame")
    return Header(width_px, height_px, frames, data[:start] + control + first + b"\x3b")


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _end_of_blocks(data: bytes, position: int) -> int:
    """The place after the empty block that ends a row of blocks, or the end of the data."""
    length = len(data)
    while position < length and data[position]:
        position += 1 + data[position]
    return min(position + 1, length)
