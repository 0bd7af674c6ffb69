"""The compiled index of an image list: fingerprints, PDQ hashes that came without a picture, and which row each image has.

Immutable, as its parts are. As bytes: a header of 48, PDQ hashes (32 bytes each), row ids (16 bytes), the fingerprints' own
index, content ids (uint32) of all images and of those with a PDQ hash; little-endian.
"""
from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shared.imaging.fingerprint_index import FingerprintIndex, Hit
from shared.imaging.fingerprint_index_format import DamagedFingerprintIndex, StaleFingerprintIndex
from shared.imaging.fingerprints import Query, query_of
from shared.imaging.models import Picture
from shared.imaging.pdq import CUSTOMARY_DISTANCE, CUSTOMARY_QUALITY, pdq_of

INDEX_FORMAT = 1
_MAGIC = b"IMAGELST"
_HEADER = struct.Struct("<8sIIQQQ")  # magic, format, reserved, images, PDQ hashes, bytes of fingerprints
_CHECKSUM = struct.Struct("<Q")  # CRC-32 of all else but the fingerprints, which have their own
_BODY_AT = _HEADER.size + _CHECKSUM.size
_ROW_BYTES = 16
_PDQ_WORDS = 4
_PDQ_BYTES = 8 * _PDQ_WORDS
_BITS = 256


class UnusableImageIndex(ValueError):
    """Another version wrote it, or it was cut or altered; build it anew from the rows."""


class ImageQuery:
    """A picture as it is looked up. What no index asks for is not computed."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    @cached_property
    def fingerprint(self) -> Query:
        return query_of(self._picture)

    @cached_property
    def pdq(self) -> np.ndarray | None:
        """uint64 [4], None where the picture's PDQ hash is too poor to go by."""
        pdq = pdq_of(self._picture)
        return pdq.words if pdq.quality >= CUSTOMARY_QUALITY else None


@dataclass(frozen=True, eq=False)
class ImageIndex:
    """`ids`: uint32 [n], ascending, `rows`: uint8 [n, 16]; `pdq_ids`: uint32 [m], ascending, `pdq`: uint64 [m, 4]."""

    ids: np.ndarray
    rows: np.ndarray
    pdq_ids: np.ndarray
    pdq: np.ndarray
    fingerprints: FingerprintIndex

    @classmethod
    def empty(cls) -> ImageIndex:
        return cls(np.empty(0, np.uint32), np.empty((0, _ROW_BYTES), np.uint8), np.empty(0, np.uint32),
                   np.empty((0, _PDQ_WORDS), np.uint64), FingerprintIndex.empty())

    @classmethod
    def from_bytes(cls, data: bytes | bytearray) -> ImageIndex:
        """Open what `to_parts` wrote, without copying it. Raises UnusableImageIndex."""
        if len(data) < _BODY_AT:
            raise UnusableImageIndex("shorter than its header")
        magic, version, _, images, hashes, fingerprint_bytes = _HEADER.unpack_from(data)
        if (magic, version) != (_MAGIC, INDEX_FORMAT):
            raise UnusableImageIndex("another format")
        if len(data) != _BODY_AT + hashes * (_PDQ_BYTES + 4) + images * (_ROW_BYTES + 4) + fingerprint_bytes:
            raise UnusableImageIndex("its length does not fit its numbers")
        rows_at = _BODY_AT + hashes * _PDQ_BYTES
        fingerprints_at = rows_at + images * _ROW_BYTES
        ids_at = fingerprints_at + fingerprint_bytes
        view = memoryview(data)
        if _CHECKSUM.unpack_from(data, _HEADER.size) != (_checksum(view[:_HEADER.size], view[_BODY_AT:fingerprints_at], view[ids_at:]),):
            raise UnusableImageIndex("its checksum does not fit")
        try:
            fingerprints = FingerprintIndex.from_bytes(view[fingerprints_at:ids_at])
        except (StaleFingerprintIndex, DamagedFingerprintIndex) as error:
            raise UnusableImageIndex(str(error)) from None
        return cls(np.frombuffer(data, "<u4", images, ids_at),
                   np.frombuffer(data, np.uint8, images * _ROW_BYTES, rows_at).reshape(-1, _ROW_BYTES),
                   np.frombuffer(data, "<u4", hashes, ids_at + 4 * images),
                   np.frombuffer(data, "<u8", hashes * _PDQ_WORDS, _BODY_AT).reshape(-1, _PDQ_WORDS), fingerprints)

    def to_parts(self) -> tuple[bytes, ...]:
        """Its bytes, in pieces: one behind the other they would be in memory twice."""
        fingerprints = self.fingerprints.to_bytes()
        before = self.pdq.astype("<u8", copy=False).tobytes() + self.rows.tobytes()
        after = self.ids.astype("<u4", copy=False).tobytes() + self.pdq_ids.astype("<u4", copy=False).tobytes()
        header = _HEADER.pack(_MAGIC, INDEX_FORMAT, 0, len(self.ids), len(self.pdq_ids), len(fingerprints))
        return header, _CHECKSUM.pack(_checksum(header, before, after)), before, fingerprints, after

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def size_bytes(self) -> int:
        return self.fingerprints.size_bytes + sum(each.nbytes for each in (self.ids, self.rows, self.pdq_ids, self.pdq))

    def merged(self, changed: np.ndarray, ids: np.ndarray, rows: np.ndarray, fingerprinted: tuple[np.ndarray, np.ndarray],
               pdq: tuple[np.ndarray, np.ndarray]) -> ImageIndex:
        """The index after a change: the `changed` ids leave it, then `ids` with their rows enter.

        `fingerprinted` are ids and fingerprints, `pdq` ids and PDQ hashes: of those of `ids` that have one.
        """
        fingerprints = self.fingerprints.merge(fingerprinted[0], fingerprinted[1], changed)
        return ImageIndex(*_replaced(self.ids, self.rows, changed, ids, rows), *_replaced(self.pdq_ids, self.pdq, changed, *pdq),
                          fingerprints)

    def known(self, ids: np.ndarray) -> set[int]:
        """Those of these ids, uint32 [n], that are here."""
        return set(ids[np.isin(ids, self.ids)].tolist())

    def rows_known(self, row_ids: Sequence[bytes]) -> list[bytes]:
        """Those of these row ids, 16 bytes each, that an image here has."""
        sought = np.frombuffer(b"".join(row_ids), np.uint8).reshape(-1, _ROW_BYTES)
        # By their first half, which all but tells them apart.
        halves, sought_halves = self.rows[:, :8].copy().view("<u8").reshape(-1), np.sort(sought[:, :8].copy().view("<u8").reshape(-1))
        places = np.searchsorted(sought_halves, halves)
        likely = self.rows[np.take(sought_halves, places, mode="clip") == halves] if len(sought) else self.rows[:0]
        found = {row.tobytes() for row in likely}
        return [row_id for row_id in row_ids if row_id in found]

    def row_of(self, content_id: int) -> bytes | None:
        """The row id of an image, None where it is not here."""
        place = int(np.searchsorted(self.ids, content_id))
        return self.rows[place].tobytes() if place < len(self.ids) and self.ids[place] == content_id else None

    def match(self, query: ImageQuery, distance_limit: int) -> list[Hit]:
        """The images that the query's picture may be made from, nearest first, then by id."""
        hits = {hit.content_id: hit for hit in self.fingerprints.match(query.fingerprint, distance_limit)}
        if len(self.pdq) and query.pdq is not None:
            distances = np.bitwise_count(self.pdq ^ query.pdq).sum(axis=1, dtype=np.uint16)
            for place in np.flatnonzero(distances <= min(CUSTOMARY_DISTANCE, distance_limit)).tolist():
                distance, content_id = int(distances[place]), int(self.pdq_ids[place])
                hits[content_id] = Hit(content_id, distance, 1 - distance / (_BITS / 2))
        return sorted(hits.values(), key=lambda hit: (hit.distance, hit.content_id))


def _checksum(*parts: bytes | memoryview) -> int:
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return checksum


def _replaced(ids: np.ndarray, values: np.ndarray, changed: np.ndarray, added_ids: np.ndarray,
              added: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ids, ascending, and their values, without those that changed and with those that were added."""
    stays = ~np.isin(ids, changed)
    if not stays.all():
        ids, values = ids[stays], values[stays]
    if not len(added_ids):
        return ids, values
    ids, values = np.concatenate((ids, added_ids)), np.concatenate((values, added))
    if (ids[1:] > ids[:-1]).all():  # content ids are given in ascending order
        return ids, values
    order = np.argsort(ids, kind="stable")
    return ids[order], values[order]
