"""Which pictures of a list a picture looks like: an index of up to a million fingerprints."""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from shared.imaging.fingerprint_index_format import read_table, write_table
from shared.imaging.fingerprint_table import EMPTY_TABLE, FingerprintTable
from shared.imaging.fingerprints import Query
from shared.imaging.perceptual_hash import HASH_BITS
from shared.imaging.region_votes import LEAST_REGIONS

MOST_DISTANCE = 60
"""The hashes of a picture and of what re-posting makes of it are hardly ever further apart."""
MOST_UNSUPPORTED_DISTANCE = 31
"""Beyond it hashes of unrelated pictures meet (things on white, say), so that regions must agree too."""
SUPPORTING_REGIONS = 3
LEAST_REGION_DISTANCE = 24
"""However many regions agree: a part of a picture is not the picture."""

# Folding costs as much as the base is large, a match as much as the delta is.
_DELTA_PER_ROOT = 16
_SMALLEST_DELTA = 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """`distance`: of 256 bits; `score`: 1 - distance / 128, so 1 for the same picture and 0 for an unrelated one.

    `regions`: how many, each of another look, lie in the picture that was asked about as in the list's. Where the hashes are
    further apart than these are worth (`region_distance`), that is the distance.
    """

    content_id: int
    distance: int
    score: float
    regions: int = 0


def region_distance(regions: int) -> int:
    """What that many agreeing regions count as: MOST_DISTANCE for the fewest that make a match, 3 less for each further one."""
    if regions < LEAST_REGIONS:
        return HASH_BITS
    return max(LEAST_REGION_DISTANCE, MOST_DISTANCE - 3 * (regions - LEAST_REGIONS))


class FingerprintIndex:
    """Immutable: a change gives a new index that shares the large arrays with the old one.

    Inside, a large base, a small delta with all that was added since, and a mark on each picture of the base that was
    replaced or removed since.
    """

    def __init__(self, base: FingerprintTable, delta: FingerprintTable = EMPTY_TABLE, gone: np.ndarray | None = None) -> None:
        self._base = base
        self._delta = delta
        self._gone = gone  # bool [base], None when all of the base still counts
        self._gone_count = 0 if gone is None else int(np.count_nonzero(gone))

    @classmethod
    def empty(cls) -> FingerprintIndex:
        return cls(EMPTY_TABLE)

    @classmethod
    def from_bytes(cls, buffer: bytes | memoryview) -> FingerprintIndex:
        """Open what `to_bytes` wrote, without copying it: the buffer must not change as long as the index is used.

        Raises StaleFingerprintIndex when another version wrote it (build it anew from the fingerprints),
        DamagedFingerprintIndex when it is cut or altered.
        """
        return cls(read_table(buffer))

    def to_bytes(self) -> bytes:
        """The same pictures give the same bytes, however they came in."""
        return write_table(self._folded())

    def __len__(self) -> int:
        return len(self._base) - self._gone_count + len(self._delta)

    @property
    def size_bytes(self) -> int:
        return self._base.size_bytes + self._delta.size_bytes + (0 if self._gone is None else self._gone.nbytes)

    def merge(self, added_ids: np.ndarray, added: np.ndarray, removed_ids: np.ndarray) -> FingerprintIndex:
        """Return the index after a change: removals first, then additions, which replace pictures of the same id.

        `added_ids`: uint32 [n]; `added`: uint8 [n, FINGERPRINT_BYTES]; `removed_ids`: uint32 [m], unknown ones do nothing.
        Raises ValueError when a fingerprint is of another version.
        """
        addition = FingerprintTable.of(added_ids, added)
        changed = np.concatenate((np.asarray(removed_ids, np.uint32), addition.ids))
        gone, gone_rows = self._gone, self._base.rows_of(changed)
        if len(gone_rows):
            gone = np.zeros(len(self._base), bool) if gone is None else gone.copy()
            gone[gone_rows] = True
        delta = self._delta.without(self._delta.rows_of(changed)).united(addition)
        merged = FingerprintIndex(self._base, delta, gone)
        most = max(_SMALLEST_DELTA, _DELTA_PER_ROOT * math.isqrt(len(self._base)))
        return FingerprintIndex(merged._folded()) if len(delta) + merged._gone_count > most else merged

    def known(self, ids: np.ndarray) -> set[int]:
        """Return those of `ids`, uint32 [n], that are here."""
        ids = np.asarray(ids, np.uint32)
        rows = self._base.rows_of(ids)
        if self._gone is not None:
            rows = rows[~self._gone[rows]]
        return {*self._base.ids[rows].tolist(), *self._delta.ids[self._delta.rows_of(ids)].tolist()}

    def page(self, offset: int, limit: int) -> list[int]:
        """Up to `limit` ids in ascending order, after the first `offset` ones."""
        base = self._base.ids if self._gone is None else self._base.ids[~self._gone]
        if not len(self._delta):
            return base[offset:offset + limit].tolist()
        return np.sort(np.concatenate((base, self._delta.ids)))[offset:offset + limit].tolist()

    def same_pixels(self, digest: bytes) -> list[int]:
        """The ids of pictures with the very same pixels, ascending. `digest`: of a Query, or of a fingerprint."""
        return sorted(content_id for table, gone in self._tables() for content_id in self._ids(table, gone, table.same_digest(digest)))

    def match(self, query: Query, distance_limit: int = MOST_DISTANCE) -> list[Hit]:
        """The pictures that the query's may be made from, nearest first, then by id.

        A lower `distance_limit` than 60 asks for more regions as well; below LEAST_REGION_DISTANCE they are not looked at.
        """
        limit = min(distance_limit, MOST_DISTANCE)
        nearest = {content_id: 0 for content_id in self.same_pixels(query.digest)}
        agreeing: dict[int, int] = {}
        for table, gone in self._tables():
            rows, distances = table.near(query.hashes, min(limit, MOST_UNSUPPORTED_DISTANCE))
            if gone is not None and len(rows):
                rows, distances = rows[~gone[rows]], distances[~gone[rows]]
            found = dict.fromkeys(rows.tolist(), HASH_BITS)
            for row, distance in zip(rows.tolist(), distances.tolist(), strict=True):
                found[row] = min(distance, found[row])
            if limit >= LEAST_REGION_DISTANCE:
                for row, regions in table.regions.agreeing(query.regions, gone, SUPPORTING_REGIONS).items():
                    agreeing[int(table.ids[row])] = regions
                    distance = min(table.distance(row, query.hashes), region_distance(regions))
                    if distance <= limit:
                        found[row] = distance
            for row, distance in found.items():
                content_id = int(table.ids[row])
                nearest[content_id] = min(distance, nearest.get(content_id, HASH_BITS))
        return [Hit(content_id, distance, 1 - distance / (HASH_BITS / 2), agreeing.get(content_id, 0))
                for content_id, distance in sorted(nearest.items(), key=lambda hit: (hit[1], hit[0]))]

    def _tables(self) -> list[tuple[FingerprintTable, np.ndarray | None]]:
        return [(self._base, self._gone), (self._delta, None)]

    @staticmethod
    def _ids(table: FingerprintTable, gone: np.ndarray | None, rows: np.ndarray) -> list[int]:
        return table.ids[rows if gone is None else rows[~gone[rows]]].tolist()

    def _folded(self) -> FingerprintTable:
        base = self._base if self._gone is None else self._base.without(np.flatnonzero(self._gone))
        return base.united(self._delta) if len(self._delta) else base
