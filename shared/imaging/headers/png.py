"""PNG, and the first picture of an animated one. Source: PNG specification, third edition."""
from __future__ import annotations

import struct
import zlib

from shared.imaging.headers.exif import orientation_of
from shared.imaging.headers.header import Header, Malformed

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"tRNS")
_MOST_CHUNKS = 100_000
_MOST_EXIF_BYTES = 65_536


def read_png(data: bytes) -> Header:
    """Raises Malformed, struct.error. The pixels' data are put together, and their checksums compared, in one go."""
    kept: dict[bytes, bytes] = {}
    pixels: list[bytes] = []
    position, frames, orientation = len(SIGNATURE), 1, 1
    for _ in range(_MOST_CHUNKS):
        if position + 8 > len(data):
            break  # cut; the decoder says whether there is a whole picture
        length, kind = struct.unpack_from(">I4s", data, position)
        content = data[position + 8:position + 8 + length]
        checksum = data[position + 8 + length:position + 12 + length]
        position += 12 + length
        if not kept and kind != b"IHDR":
            raise Malformed("no header")
        if kind == b"IEND":
            break
        if kind in _KEPT or kind == b"IDAT":
            # Pixels that are cut have no checksum, and are not whole either: the decoder's word.
            if len(checksum) == 4 and zlib.crc32(kind + content) != int.from_bytes(checksum, "big"):
                raise Malformed("a checksum is wrong")
            if kind == b"IDAT":
                pixels.append(content)
            else:
                kept.setdefault(kind, content)
        elif kind == b"acTL" and len(content) >= 8:
            frames = max(1, struct.unpack_from(">I", content)[0])
        elif kind == b"eXIf":
            orientation = orientation_of(content[:_MOST_EXIF_BYTES])
        elif kind[:1].isupper():
            raise Malformed("a critical chunk that nobody knows")
    else:
        raise Malformed("too many chunks")
    if len(kept.get(b"IHDR", b"")) != 13 or not pixels:
        raise Malformed("no header or no pixels")
    width_px, height_px = struct.unpack_from(">II", kept[b"IHDR"])
    whole = [*((kind, kept[kind]) for kind in _KEPT if kind in kept), (b"IDAT", b"".join(pixels)), (b"IEND", b"")]
    content = SIGNATURE + b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part)) for kind, part in whole)
    return Header(width_px, height_px, frames, content, orientation)
