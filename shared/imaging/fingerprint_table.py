"""The arrays of a fingerprint index: pictures by id, their digests, hashes and regions."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.imaging.fingerprints import DIGEST_BYTES, FINGERPRINT_VERSION, LAYOUT
from shared.imaging.perceptual_hash import HASH_BITS, HASH_WORDS, flip_invariant
from shared.imaging.region_table import RegionTable

_BLOCK = 1 << 16
"""Hashes at once: what fits into a core's cache."""
_MIRRORED = 4
_KEY_DISTANCE = 18
"""Of the 64 bits that mirroring leaves: unrelated pictures differ in 32 of them, hashes within 31 of 256 in about 8."""


@dataclass(frozen=True, eq=False)
class FingerprintTable:
    """`ids`: uint32 [n], ascending, each once; `digests`: S16 [n]; `owners`: uint32 [h], which picture a hash is of,
    ascending; `keys`: uint64 [h], the bits of each hash that mirroring leaves; `hashes`: uint64 [h, 4]."""

    ids: np.ndarray
    digests: np.ndarray
    owners: np.ndarray
    keys: np.ndarray
    hashes: np.ndarray
    regions: RegionTable

    @staticmethod
    def layout(pictures: int, hashes: int, regions: int) -> list[tuple[np.dtype, tuple[int, ...]]]:
        return [(np.dtype("<u4"), (pictures,)), (np.dtype(f"S{DIGEST_BYTES}"), (pictures,)), (np.dtype("<u4"), (hashes,)),
                (np.dtype("<u8"), (hashes,)), (np.dtype("<u8"), (hashes, HASH_WORDS)), *RegionTable.layout(regions)]

    @classmethod
    def of_arrays(cls, ids: np.ndarray, digests: np.ndarray, owners: np.ndarray, keys: np.ndarray, hashes: np.ndarray,
                  *regions: np.ndarray) -> FingerprintTable:
        return cls(ids, digests, owners, keys, hashes, RegionTable(*regions))

    @classmethod
    def of(cls, ids: np.ndarray, fingerprints: np.ndarray) -> FingerprintTable:
        """`ids`: uint32 [n]; `fingerprints`: uint8 [n, FINGERPRINT_BYTES]; of entries with the same id the last counts.

        Raises ValueError when a fingerprint is of another version.
        """
        records = np.ascontiguousarray(fingerprints, np.uint8).reshape(-1, LAYOUT.itemsize).view(LAYOUT).reshape(-1)
        if (records["version"] != FINGERPRINT_VERSION).any():
            raise ValueError("a fingerprint of another version")
        ids, last = np.unique(np.asarray(ids, np.uint32)[::-1], return_index=True)
        records = records[len(records) - 1 - last]
        digests = np.ascontiguousarray(records["digest"]).view(f"S{DIGEST_BYTES}").reshape(-1)
        there = np.arange(records["hashes"].shape[1]) < records["hash_count"][:, None]
        owners = np.nonzero(there)[0].astype(np.uint32)
        hashes = np.ascontiguousarray(records["hashes"][there])
        there = np.arange(records["region_words"].shape[1]) < records["region_count"][:, None]
        regions = RegionTable.sorted(records["region_words"][there], records["region_places"][there],
                                     np.nonzero(there)[0].astype(np.uint32))
        return cls(ids, digests, owners, flip_invariant(hashes), hashes, regions)

    def __len__(self) -> int:
        return len(self.ids)

    def arrays(self) -> tuple[np.ndarray, ...]:
        return self.ids, self.digests, self.owners, self.keys, self.hashes, *self.regions.arrays()

    @property
    def size_bytes(self) -> int:
        return sum(array.nbytes for array in self.arrays())

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """int64: the rows of those of `ids` that are here."""
        places = np.searchsorted(self.ids, ids)
        found = np.take(self.ids, places, mode="clip") == ids if len(self.ids) else np.zeros(len(ids), bool)
        return places[found]

    def without(self, rows: np.ndarray) -> FingerprintTable:
        stays = np.ones(len(self), bool)
        stays[rows] = False
        of_hashes = stays[self.owners]
        numbers = (np.cumsum(stays) - 1).astype(np.uint32)
        return FingerprintTable(self.ids[stays], self.digests[stays], numbers[self.owners[of_hashes]], self.keys[of_hashes],
                                self.hashes[of_hashes], self.regions.renumbered(stays, numbers))

    def united(self, other: FingerprintTable) -> FingerprintTable:
        """With the pictures of another table, none of which is here."""
        ids = np.concatenate((self.ids, other.ids))
        order = np.argsort(ids, kind="stable")
        rows = np.empty(len(ids), np.uint32)
        rows[order] = np.arange(len(ids), dtype=np.uint32)
        mine, theirs = rows[: len(self)], rows[len(self):]
        owners = np.concatenate((mine[self.owners], theirs[other.owners]))
        by_owner = np.argsort(owners, kind="stable")
        return FingerprintTable(
            ids[order], np.concatenate((self.digests, other.digests))[order], owners[by_owner],
            np.concatenate((self.keys, other.keys))[by_owner], np.concatenate((self.hashes, other.hashes))[by_owner],
            self.regions.renumbered(np.ones(len(self), bool), mine).united(other.regions.renumbered(np.ones(len(other), bool), theirs)))

    def same_digest(self, digest: bytes) -> np.ndarray:
        """int64: rows."""
        return np.flatnonzero(self.digests == np.bytes_(digest))

    def near(self, hashes: np.ndarray, distance: int) -> tuple[np.ndarray, np.ndarray]:
        """(rows int64, distances int64) of hashes that are within `distance` of one of `hashes`, uint64 [v, 4].

        The variants of a hash come four by four, mirrored one way and the other. Only hashes are looked at whose
        flip-invariant bits are within _KEY_DISTANCE of those of the first of four.
        """
        fours = hashes.reshape(-1, _MIRRORED, HASH_WORDS)
        rows, distances = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for start in range(0, len(self.keys), _BLOCK):
            block = self.keys[start:start + _BLOCK]
            for four, key in zip(fours, flip_invariant(fours[:, 0]), strict=True):
                places = np.flatnonzero(np.bitwise_count(block ^ key) <= _KEY_DISTANCE) + start
                if len(places):
                    least = _least_distance(self.hashes[places], four)
                    near = least <= distance
                    rows.append(self.owners[places[near]].astype(np.int64))
                    distances.append(least[near])
        return np.concatenate(rows), np.concatenate(distances)

    def distance(self, row: int, hashes: np.ndarray) -> int:
        """The least one between the hashes of a picture and `hashes`, uint64 [v, 4]."""
        first, end = np.searchsorted(self.owners, (row, row + 1))
        return int(_least_distance(self.hashes[first:end], hashes).min(initial=HASH_BITS))


def _least_distance(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """int64 [n]: of each of uint64 [n, 4] to the nearest of uint64 [v, 4]."""
    return np.bitwise_count(some[:, None] ^ others[None]).sum(axis=-1, dtype=np.int64).min(axis=1, initial=HASH_BITS)


EMPTY_TABLE = FingerprintTable.of_arrays(*(np.empty(shape, dtype) for dtype, shape in FingerprintTable.layout(0, 0, 0)))
