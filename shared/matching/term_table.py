"""Sorted arrays of term hashes and ids: what a term index is made of. Immutable."""

from __future__ import annotations

import functools

import numpy as np

from shared.matching.hashing import lengths_of
from shared.matching.prepared_text import Runs, bitmap_bits

ID_BYTES = 16

# Most runs of a text are in no list. A bitmap of 2 MB answers that for a million terms with one cache miss each, where
# binary search in 8 MB takes twenty; one in sixteen passes by chance.
_BITMAP_BITS_PER_TERM = 16
_SMALLEST_BITMAP_BYTES = 64


class TermTable:
    """Distinct ids with their hashes.

    `ids`: bytes [terms], ascending, so that a change finds its entry; `hashes`: uint64 [terms], ascending, equal ones
    by id; `ranks`: uint32 [terms], where in `ids` the id of the hash at the same place is.
    """

    def __init__(self, hashes: np.ndarray, ranks: np.ndarray, ids: np.ndarray) -> None:
        self.hashes = hashes
        self.ranks = ranks
        self.ids = ids

    @classmethod
    def of(cls, hashes: np.ndarray, ids: np.ndarray) -> TermTable:
        """From entries in any order; the last entry of an id counts."""
        by_id = np.argsort(ids, kind="stable")
        ids = ids[by_id]
        if len(ids) > 1:
            is_last = np.append(ids[1:] != ids[:-1], True)
            by_id, ids = by_id[is_last], ids[is_last]
        hashes = hashes[by_id]
        ranks = np.argsort(hashes, kind="stable").astype(np.uint32)  # stable: equal hashes stay in the order of ids
        return cls(hashes[ranks], ranks, ids)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def size_bytes(self) -> int:
        return sum(array.nbytes for array in (self.hashes, self.ranks, self.ids, self._bitmap))

    @functools.cached_property
    def lengths(self) -> tuple[int, ...]:
        return lengths_of(self.hashes)

    def find(self, runs: Runs) -> tuple[np.ndarray, np.ndarray]:
        """Return the hits as int64 positions in `runs` and uint32 ranks of ids; equal hashes give a hit each."""
        if not len(self):
            return _NOWHERE, _NO_RANKS
        found = self._bitmap.take((runs.hashes >> self._bitmap_shift).view(np.int64))
        found &= runs.bits
        positions = found.astype(bool).nonzero()[0]
        sought = runs.hashes.take(positions)
        lefts = self.hashes.searchsorted(sought)
        is_hit = self.hashes.take(lefts, mode="clip") == sought
        positions, lefts = positions[is_hit], lefts[is_hit]
        if self._has_equal_hashes and len(lefts):
            counts = self.hashes.searchsorted(sought[is_hit], side="right") - lefts
            positions, lefts = np.repeat(positions, counts), _ranges(lefts, counts)
        return positions, self.ranks.take(lefts)

    def id_list(self, ranks: np.ndarray) -> list[bytes]:
        # numpy takes zeros at the end of a fixed-width string for padding.
        return [term_id.ljust(ID_BYTES, b"\0") for term_id in self.ids.take(ranks).tolist()]

    def ranks_of(self, ids: np.ndarray) -> np.ndarray:
        """Return the ranks of those of `ids` that are here."""
        if not len(self):
            return _NOWHERE
        ranks = np.searchsorted(self.ids, ids)
        return ranks[np.take(self.ids, ranks, mode="clip") == ids]

    def without(self, ranks: np.ndarray) -> TermTable:
        """Return the table without the entries at `ranks`."""
        if not len(ranks):
            return self
        kept = np.ones(len(self), bool)
        kept[ranks] = False
        keeps_hash = kept[self.ranks]
        new_ranks = np.cumsum(kept, dtype=np.uint32) - np.uint32(1)
        return TermTable(self.hashes[keeps_hash], new_ranks[self.ranks[keeps_hash]], self.ids[kept])

    def united(self, other: TermTable) -> TermTable:
        """Return both tables' entries, of which no id may be in both; linear where sorting anew would not be."""
        ids, own_places, other_places = _merged(self.ids, other.ids)
        own_ranks = own_places.astype(np.uint32)[self.ranks]
        other_ranks = other_places.astype(np.uint32)[other.ranks]
        hashes, own_places, other_places = _merged(self.hashes, other.hashes)
        ranks = np.empty(len(hashes), np.uint32)
        ranks[own_places], ranks[other_places] = own_ranks, other_ranks
        _sort_ranks_of_equal_hashes(hashes, ranks)
        return TermTable(hashes, ranks, ids)

    @functools.cached_property
    def _has_equal_hashes(self) -> bool:
        return bool((self.hashes[1:] == self.hashes[:-1]).any())

    @functools.cached_property
    def _bitmap_shift(self) -> np.ndarray:
        byte_count = max(_SMALLEST_BITMAP_BYTES, 1 << (len(self) * _BITMAP_BITS_PER_TERM // 8 - 1).bit_length())
        return np.array(64 - (byte_count.bit_length() - 1), np.uint64)

    @functools.cached_property
    def _bitmap(self) -> np.ndarray:
        bitmap = np.zeros(1 << (64 - int(self._bitmap_shift)), np.uint8)
        if len(self):
            places = (self.hashes >> self._bitmap_shift).view(np.int64)
            starts = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))
            bitmap[places[starts]] = np.bitwise_or.reduceat(bitmap_bits(self.hashes), starts)
        return bitmap


def _merged(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge two ascending arrays; return the result and the places of either's entries in it."""
    second_places = np.searchsorted(first, second) + np.arange(len(second))
    is_first = np.ones(len(first) + len(second), bool)
    is_first[second_places] = False
    first_places = np.flatnonzero(is_first)
    merged = np.empty(len(is_first), first.dtype)
    merged[first_places], merged[second_places] = first, second
    return merged, first_places, second_places


def _sort_ranks_of_equal_hashes(hashes: np.ndarray, ranks: np.ndarray) -> None:
    repeats = hashes[1:] == hashes[:-1]
    if repeats.any():
        in_a_run = np.zeros(len(hashes), bool)
        in_a_run[1:] |= repeats
        in_a_run[:-1] |= repeats
        places = np.flatnonzero(in_a_run)
        ranks[places] = ranks[places][np.lexsort((ranks[places], hashes[places]))]


def _ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return starts[0], starts[0] + 1, ... for counts[0] numbers, then the same for the next."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - counts), counts) + np.arange(total)


_NOWHERE = np.empty(0, np.int64)
_NO_RANKS = np.empty(0, np.uint32)
EMPTY_TABLE = TermTable(np.empty(0, np.uint64), _NO_RANKS, np.empty(0, f"S{ID_BYTES}"))
