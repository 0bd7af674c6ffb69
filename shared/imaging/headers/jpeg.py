"""JPEG. Source: ITU-T T.81, annex B; EXIF 2.32 for the segment APP1."""
from __future__ import annotations

import re
import struct

from shared.imaging.headers.exif import orientation_of
from shared.imaging.headers.header import Header, Malformed

_START, _END, _SCAN, _DEFINE_LINES = 0xD8, 0xD9, 0xDA, 0xDC
_FRAMES = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD8)))
# JFIF and Adobe say what the colours are. The others hold profiles, thumbnails, texts.
_KEPT_APPLICATIONS = frozenset((0xE0, 0xEE))
_COMMENT = 0xFE
_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
_MOST_SEGMENTS = 5_000
_MOST_SCANS = 100
# Where there are several scans the decoder keeps every coefficient, of 2 bytes, until the last one, and goes over all blocks
# with each scan however short it is.
_MOST_COEFFICIENTS = 54_000_000
_MOST_SCANNED_PIXELS = 1_200_000_000


def read_jpeg(data: bytes) -> Header:
    """Raises Malformed, struct.error."""
    kept: list[bytes] = [data[:2]]
    frame: tuple[int, int, float] | None = None
    position, scans, orientation, is_progressive = 2, 0, 0, False
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(data, position)
        if found is None:
            break  # cut; the decoder says whether there is a whole picture
        if scans:
            kept.append(data[position:found.start()])  # the entropy-coded data of the scan before
        marker, position = found[1][0], found.end()
        if marker == _END:
            kept.append(b"\xff\xd9")
            break
        if marker in _WITHOUT_LENGTH:
            kept.append(bytes((0xFF, marker)))
            continue
        if marker == _START:
            raise Malformed("a picture within a picture")
        (length,) = struct.unpack_from(">H", data, position)
        segment = data[position:position + length]
        if length < 2 or len(segment) < length:
            raise Malformed("a segment is cut")
        position += length
        if marker in _FRAMES:
            if frame is not None:
                raise Malformed("more than one frame header")
            frame, is_progressive = _frame_of(segment), marker in _PROGRESSIVE
        elif marker == _SCAN:
            scans += 1
            if frame is None or scans > _MOST_SCANS:
                raise Malformed("too many scans, or one before the frame header")
        elif marker == _DEFINE_LINES:
            raise Malformed("a height that comes after the picture")
        elif marker == 0xE1 and not orientation and segment[2:8] == b"Exif\0\0":
            orientation = orientation_of(segment[2:])
        if not (0xE0 <= marker <= 0xEF or marker == _COMMENT) or marker in _KEPT_APPLICATIONS:
            kept.append(b"\xff" + bytes((marker,)) + segment)
    else:
        raise Malformed("too many segments")
    if frame is None or not scans:
        raise Malformed("no frame or no scan")
    if found is None:
        kept.append(data[position:])
    width_px, height_px, samples = frame
    most_pixels = None
    if is_progressive or scans > 1:
        most_pixels = min(int(_MOST_COEFFICIENTS / samples), _MOST_SCANNED_PIXELS // scans)
    return Header(width_px, height_px, 1, b"".join(kept), orientation or 1, most_pixels)


def _frame_of(segment: bytes) -> tuple[int, int, float]:
    """Width, height, and samples for each pixel: 3 without subsampling, 1.5 where colour has half the lines and columns."""
    _, height_px, width_px, number = struct.unpack_from(">BHHB", segment, 2)
    factors = [(segment[9 + 3 * place] >> 4, segment[9 + 3 * place] & 15) for place in range(number) if 9 + 3 * place < len(segment)]
    if len(factors) != number or not 1 <= number <= 4 or not all(1 <= across <= 4 and 1 <= down <= 4 for across, down in factors):
        raise Malformed("a frame header of other components")
    widest = max(across for across, _ in factors) * max(down for _, down in factors)
    return width_px, height_px, sum(across * down for across, down in factors) / widest
