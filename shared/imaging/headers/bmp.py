"""BMP. Source: the headers BITMAPCOREHEADER and BITMAPINFOHEADER of the Windows GDI."""
from __future__ import annotations

import struct

from shared.imaging.headers.header import Header, Malformed

_CORE_HEADER_BYTES = 12
_INFO_HEADER_BYTES = 40
_UNCOMPRESSED, _RLE8, _RLE4, _BIT_FIELDS, _ALPHA_BIT_FIELDS = 0, 1, 2, 3, 6
_MOST_RUN_LENGTH_PIXELS = 4_000_000
"""Pillow decodes run lengths pixel by pixel, in Python."""


def read_bmp(data: bytes) -> Header:
    """Raises Malformed, struct.error."""
    (header_bytes,) = struct.unpack_from("<I", data, 14)
    if header_bytes == _CORE_HEADER_BYTES:
        width_px, height_px = struct.unpack_from("<HH", data, 18)
        return Header(width_px, height_px, 1, data)
    if header_bytes < _INFO_HEADER_BYTES:
        raise Malformed("a header of no known kind")
    width_px, height_px, _, _, compression = struct.unpack_from("<iiHHI", data, 18)
    if width_px <= 0 or height_px == 0 or compression not in (_UNCOMPRESSED, _RLE8, _RLE4, _BIT_FIELDS, _ALPHA_BIT_FIELDS):
        raise Malformed("a size or a compression that is none")
    is_run_length = compression in (_RLE8, _RLE4)
    return Header(width_px, abs(height_px), 1, data, most_pixels=_MOST_RUN_LENGTH_PIXELS if is_run_length else None)
