"""A term index as bytes: a header of 32, then the three arrays as they are in memory (little-endian).

    magic             8 bytes   "TERMSIDX"
    format version    uint16
    reserved          uint16    zero
    normalisation     uint32    NORMALISATION_VERSION of the hashes
    terms             uint64    n
    reserved          uint32    zero
    checksum          uint32    CRC-32 of all other bytes
    hashes            uint64 [n], ids 16 bytes [n], ranks uint32 [n]
"""

import struct
import zlib

import numpy as np

from shared.matching.normalisation import NORMALISATION_VERSION
from shared.matching.term_table import ID_BYTES, TermTable

_MAGIC = b"TERMSIDX"
_FORMAT_VERSION = 1
_HEADER = struct.Struct("<8sHHIQI")
_CHECKSUM = struct.Struct("<I")
_BODY_OFFSET = _HEADER.size + _CHECKSUM.size
_BYTES_PER_TERM = 8 + ID_BYTES + 4


class StaleTermIndex(ValueError):
    """Another version of the format, of the normalising rules or of Unicode wrote it; build it anew from the terms."""


class DamagedTermIndex(ValueError):
    """It is not a term index, or it was cut or altered."""


def write_table(table: TermTable) -> bytes:
    body = b"".join(
        array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        for array in (table.hashes, table.ids, table.ranks)
    )
    header = _HEADER.pack(_MAGIC, _FORMAT_VERSION, 0, NORMALISATION_VERSION, len(table), 0)
    return b"".join((header, _CHECKSUM.pack(zlib.crc32(body, zlib.crc32(header))), body))


def read_table(buffer: bytes | memoryview) -> TermTable:
    """Return the table whose arrays lie in `buffer`.

    Raises StaleTermIndex and DamagedTermIndex.
    """
    view = memoryview(buffer).cast("B")
    if len(view) < _BODY_OFFSET:
        raise DamagedTermIndex("shorter than its header")
    header, body = view[: _HEADER.size], view[_BODY_OFFSET:]
    magic, format_version, _, normalisation_version, terms, _ = _HEADER.unpack(header)
    if magic != _MAGIC:
        raise DamagedTermIndex("does not begin as a term index does")
    if (format_version, normalisation_version) != (_FORMAT_VERSION, NORMALISATION_VERSION):
        raise StaleTermIndex(f"written by format {format_version} and normalisation {normalisation_version}")
    if len(body) != terms * _BYTES_PER_TERM:
        raise DamagedTermIndex("its length does not fit its number of terms")
    if _CHECKSUM.unpack_from(view, _HEADER.size) != (zlib.crc32(body, zlib.crc32(header)),):
        raise DamagedTermIndex("its checksum does not fit")
    hashes = np.frombuffer(body, "<u8", terms)
    ids = np.frombuffer(body, f"S{ID_BYTES}", terms, 8 * terms)
    ranks = np.frombuffer(body, "<u4", terms, (8 + ID_BYTES) * terms)
    return TermTable(hashes, ranks, ids)
