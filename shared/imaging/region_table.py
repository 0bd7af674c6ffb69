"""The regions of many pictures, sorted by what they look like, so that those like a query's are found without a look at the others."""
from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shared.imaging.region_votes import LEAST_PAIRS, agreeing, different_looks
from shared.imaging.regions import KEY_BITS, Regions, unpacked_places

_REST = np.uint64(64 - KEY_BITS)
_UNCERTAIN = 6
"""A region is looked up by its key as it is, and with up to _CHANGED_AT_ONCE of the least certain bits changed."""
_CHANGED_AT_ONCE = 2
_MOST_DIFFERING = 10
"""Of 64 bits."""
_MOST_ALIKE = 512
"""Keys that more regions have say nothing."""
_MOST_CANDIDATES = 1_000_000
_MOST_PICTURES = 64
_MANY_REGIONS = _AT_ONCE = 1 << 18


@dataclass(frozen=True, eq=False)
class RegionTable:
    """`words`: uint64 [r], ascending; `places`: uint8 [r, 4]; `owners`: uint32 [r], whose region it is."""

    words: np.ndarray
    places: np.ndarray
    owners: np.ndarray

    @staticmethod
    def layout(regions: int) -> list[tuple[np.dtype, tuple[int, ...]]]:
        return [(np.dtype("<u8"), (regions,)), (np.dtype("u1"), (regions, 4)), (np.dtype("<u4"), (regions,))]

    @classmethod
    def sorted(cls, words: np.ndarray, places: np.ndarray, owners: np.ndarray) -> RegionTable:
        order = np.lexsort((owners, words))
        return cls(words[order], places[order], owners[order])

    def arrays(self) -> tuple[np.ndarray, ...]:
        return self.words, self.places, self.owners

    def renumbered(self, stays: np.ndarray, numbers: np.ndarray) -> RegionTable:
        """Those of owners that stay, bool [n], under their new numbers, which ascend as the old ones do."""
        here = stays[self.owners]
        return RegionTable(self.words[here], self.places[here], numbers[self.owners[here]])

    def united(self, other: RegionTable) -> RegionTable:
        return RegionTable.sorted(*(np.concatenate(pair) for pair in zip(self.arrays(), other.arrays(), strict=True)))

    def agreeing(self, queries: tuple[Regions, ...], gone: np.ndarray | None, least: int) -> dict[int, int]:
        """Owner: how many of its regions, each of another look, lie in the query as they do in it, where they are `least` or more."""
        found: dict[int, int] = {}
        for query in queries:
            of_query, rows = self.alike(query)
            owners = self.owners[rows]
            if gone is not None:
                counts = ~gone[owners]
                of_query, rows, owners = of_query[counts], rows[counts], owners[counts]
            order = np.argsort(owners, kind="stable")
            of_query, rows, owners = of_query[order], rows[order], owners[order]
            several, starts, sizes = np.unique(owners, return_index=True, return_counts=True)
            chosen = np.flatnonzero(sizes >= LEAST_PAIRS)
            for number in chosen[np.argsort(-sizes[chosen], kind="stable")[:_MOST_PICTURES]]:
                part = slice(starts[number], starts[number] + sizes[number])
                distances = np.bitwise_count(query.words[of_query[part]] ^ self.words[rows[part]])
                pairs = agreeing(query.places[of_query[part]], unpacked_places(self.places[rows[part]]), distances)
                regions = different_looks(self.words[rows[part][pairs]])
                if regions >= least:
                    owner = int(several[number])
                    found[owner] = max(regions, found.get(owner, 0))
        return found

    def alike(self, query: Regions) -> tuple[np.ndarray, np.ndarray]:
        """(numbers of regions of the query, rows), pair by pair."""
        nothing = np.empty(0, np.int64), np.empty(0, np.int64)
        if not len(query) or not len(self.words):
            return nothing
        probes = _probes(query)
        of_query = np.repeat(np.arange(len(query)), probes.shape[1])
        order = np.argsort(probes.reshape(-1), kind="stable")  # neighbours in memory one after the other
        keys, of_query = probes.reshape(-1)[order].astype(np.int64), of_query[order]
        starts, ends = self._starts(keys), self._starts(keys + 1)
        sizes = ends - starts
        some = np.flatnonzero((sizes > 0) & (sizes <= _MOST_ALIKE))
        starts, sizes, of_query = starts[some], sizes[some], of_query[some]
        if sizes.sum() > _MOST_CANDIDATES:
            fewest = np.argsort(sizes, kind="stable")
            fewest = np.sort(fewest[: np.searchsorted(np.cumsum(sizes[fewest]), _MOST_CANDIDATES)])
            starts, sizes, of_query = starts[fewest], sizes[fewest], of_query[fewest]
        if not len(sizes):
            return nothing
        rows = np.repeat(starts - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes) + np.arange(sizes.sum())
        of_query = np.repeat(of_query, sizes)
        near = np.bitwise_count(query.words[of_query] ^ self.words[rows]) <= _MOST_DIFFERING
        return of_query[near], rows[near]

    def _starts(self, keys: np.ndarray) -> np.ndarray:
        """Where the words with each key begin, or would."""
        if len(self.words) < _MANY_REGIONS:
            return np.searchsorted(self.words >> _REST, keys.astype(np.uint64))
        return self._offsets[keys]

    @cached_property
    def _offsets(self) -> np.ndarray:
        """int64 [2 ** KEY_BITS + 1]: made when first asked for; a search in all words takes ten times as long as a look at this."""
        offsets = np.zeros((1 << KEY_BITS) + 1, np.int64)
        for start in range(0, len(self.words), _AT_ONCE):
            keys = (self.words[start:start + _AT_ONCE] >> _REST).astype(np.int64)
            offsets[int(keys[0]) + 1:int(keys[-1]) + 2] += np.bincount(keys - keys[0])
        return np.cumsum(offsets)


def _probes(query: Regions) -> np.ndarray:
    """uint64 [n, p]: the keys under which a region like each of the query's may stand."""
    keys = query.words >> _REST
    uncertain = np.argsort(query.margins, axis=1, kind="stable")[:, :_UNCERTAIN]
    bits = np.uint64(1) << (KEY_BITS - 1 - uncertain).astype(np.uint64)
    changes = [list(chosen) for count in range(_CHANGED_AT_ONCE + 1) for chosen in itertools.combinations(range(_UNCERTAIN), count)]
    masks = np.stack([bits[:, chosen].sum(axis=1, dtype=np.uint64) for chosen in changes], axis=1)
    return keys[:, None] ^ masks
