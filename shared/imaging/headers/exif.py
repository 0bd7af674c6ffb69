"""The one thing that is taken from EXIF: which way is up. Whatever is wrong with it, the picture stays as it is stored."""
from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_SHORT = 3
_MOST_ENTRIES = 1000


def orientation_of(block: bytes) -> int:
    """1 to 8, from a block in the form of TIFF, with or without the mark `Exif` before it; 1 where it says none."""
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", block, 4)
        (number,) = struct.unpack_from(f"{order}H", block, start)
        for place in range(min(number, _MOST_ENTRIES)):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", block, start + 2 + 12 * place)
            if tag == _ORIENTATION:
                return value if (kind, count) == (_SHORT, 1) and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
