"""A fingerprint index as bytes: a header of 48, then the arrays as they are in memory (little-endian).

    magic             8 bytes   "IMGINDEX"
    format version    uint16
    reserved          uint16    zero
    fingerprints      uint32    FINGERPRINT_VERSION
    pictures          uint64    n
    hashes            uint64    h
    regions           uint64    r
    reserved          uint32    zero
    checksum          uint32    CRC-32 of all other bytes
    the arrays of FingerprintTable, one after the other
"""
from __future__ import annotations

import math
import struct
import zlib

import numpy as np

from shared.imaging.fingerprint_table import FingerprintTable
from shared.imaging.fingerprints import FINGERPRINT_VERSION

_MAGIC = b"IMGINDEX"
_FORMAT_VERSION = 1
_HEADER = struct.Struct("<8sHHIQQQI")
_CHECKSUM = struct.Struct("<I")
_BODY_OFFSET = _HEADER.size + _CHECKSUM.size


class StaleFingerprintIndex(ValueError):
    """Another version of the format or of the fingerprints wrote it; build it anew from the fingerprints."""


class DamagedFingerprintIndex(ValueError):
    """It is not a fingerprint index, or it was cut or altered."""


def write_table(table: FingerprintTable) -> bytes:
    header = _HEADER.pack(_MAGIC, _FORMAT_VERSION, 0, FINGERPRINT_VERSION, len(table), len(table.hashes),
                          len(table.regions.words), 0)
    arrays = [memoryview(np.ascontiguousarray(array)).cast("B") if array.size else b"" for array in table.arrays()]
    checksum = zlib.crc32(header)
    for array in arrays:
        checksum = zlib.crc32(array, checksum)
    return b"".join((header, _CHECKSUM.pack(checksum), *arrays))


def read_table(buffer: bytes | memoryview) -> FingerprintTable:
    """Return the table whose arrays lie in `buffer`.

    Raises StaleFingerprintIndex and DamagedFingerprintIndex.
    """
    view = memoryview(buffer).cast("B")
    if len(view) < _BODY_OFFSET:
        raise DamagedFingerprintIndex("shorter than its header")
    header, body = view[: _HEADER.size], view[_BODY_OFFSET:]
    magic, format_version, _, fingerprint_version, pictures, hashes, regions, _ = _HEADER.unpack(header)
    if magic != _MAGIC:
        raise DamagedFingerprintIndex("does not begin as a fingerprint index does")
    if (format_version, fingerprint_version) != (_FORMAT_VERSION, FINGERPRINT_VERSION):
        raise StaleFingerprintIndex(f"written by format {format_version} and fingerprints {fingerprint_version}")
    layout = FingerprintTable.layout(pictures, hashes, regions)
    if len(body) != sum(dtype.itemsize * math.prod(shape) for dtype, shape in layout):
        raise DamagedFingerprintIndex("its length does not fit its numbers of pictures, hashes and regions")
    if _CHECKSUM.unpack_from(view, _HEADER.size) != (zlib.crc32(body, zlib.crc32(header)),):
        raise DamagedFingerprintIndex("its checksum does not fit")
    arrays, offset = [], 0
    for dtype, shape in layout:
        array = np.frombuffer(body, dtype, math.prod(shape), offset).reshape(shape)
        arrays.append(array)
        offset += array.nbytes
    return FingerprintTable.of_arrays(*arrays)
