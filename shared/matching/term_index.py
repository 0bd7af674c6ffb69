"""Which terms of a list may stand in a text: an index of up to a million terms that holds none of them readable."""

from __future__ import annotations

import math

import numpy as np

from shared.matching.prepared_text import PreparedText, Runs
from shared.matching.term_index_format import read_table, write_table
from shared.matching.term_table import EMPTY_TABLE, ID_BYTES, TermTable

# Folding costs as much as the base is large, merging as much as the delta is: sixteen times the root keeps both small
# (at a million terms a change of 100 takes a millisecond, and one in 160 of them fifty).
_DELTA_PER_ROOT = 16
_SMALLEST_DELTA = 1024

_MANY_HITS = 64
_NONE_GONE = np.empty(0, np.int64)


class TermIndex:
    """Immutable: a change gives a new index that shares the large arrays with the old one.

    Inside, a large base, a small delta with all that was added since, and a mark on each base entry that was replaced
    or removed since.
    """

    def __init__(self, base: TermTable, delta: TermTable = EMPTY_TABLE, gone: np.ndarray | None = None) -> None:
        self._base = base
        self._delta = delta
        self._gone = gone  # bool [base], None when all of the base still counts
        self._gone_count = 0 if gone is None else int(np.count_nonzero(gone))
        self._lengths = tuple(sorted({*base.lengths, *delta.lengths}))

    @classmethod
    def empty(cls) -> TermIndex:
        return cls(EMPTY_TABLE)

    @classmethod
    def of(cls, hashes: np.ndarray, ids: np.ndarray) -> TermIndex:
        """From `term_hashes` and as many ids, uint8 [n, 16]; of entries with the same id the last counts."""
        return cls(TermTable.of(hashes, _as_strings(ids)))

    @classmethod
    def from_bytes(cls, buffer: bytes | memoryview) -> TermIndex:
        """Open what `to_bytes` wrote, without copying it: the buffer must not change as long as the index is used.

        Raises StaleTermIndex when another version wrote it (build it anew from the terms), DamagedTermIndex when it is
        cut or altered.
        """
        return cls(read_table(buffer))

    def to_bytes(self) -> bytes:
        """The same entries give the same bytes, however they came in."""
        return write_table(self._folded())

    def __len__(self) -> int:
        return len(self._base) - self._gone_count + len(self._delta)

    @property
    def size_bytes(self) -> int:
        return self._base.size_bytes + self._delta.size_bytes + (0 if self._gone is None else self._gone.nbytes)

    def merge(self, added_hashes: np.ndarray, added_ids: np.ndarray, removed_ids: np.ndarray) -> TermIndex:
        """Return the index after a change: removals first, then additions, which replace entries of the same id.

        `added_hashes`: uint64 [n]; `added_ids`: uint8 [n, 16]; `removed_ids`: uint8 [m, 16], unknown ones do nothing.
        """
        added = TermTable.of(added_hashes, _as_strings(added_ids))
        changed = np.concatenate((_as_strings(removed_ids), added.ids))
        gone, gone_ranks = self._gone, self._base.ranks_of(changed)
        if len(gone_ranks):
            gone = np.zeros(len(self._base), bool) if gone is None else gone.copy()
            gone[gone_ranks] = True
        delta = self._delta.without(np.unique(self._delta.ranks_of(changed))).united(added)
        merged = TermIndex(self._base, delta, gone)
        most = max(_SMALLEST_DELTA, _DELTA_PER_ROOT * math.isqrt(len(self._base)))
        return TermIndex(merged._folded()) if len(delta) + merged._gone_count > most else merged

    def known(self, ids: np.ndarray) -> set[bytes]:
        """Return those of `ids`, uint8 [n, 16], that stand for a term here."""
        strings = _as_strings(ids)
        ranks = self._base.ranks_of(strings)
        if self._gone is not None:
            ranks = ranks[~self._gone[ranks]]
        return {*self._base.id_list(ranks), *self._delta.id_list(self._delta.ranks_of(strings))}

    def page(self, offset: int, limit: int) -> list[bytes]:
        """Up to `limit` ids in ascending order, after the first `offset` ones."""
        places = np.arange(offset, max(offset, min(offset + limit, len(self))))
        if not len(self._delta) and self._gone is None:
            return self._base.id_list(places)
        gone = _NONE_GONE if self._gone is None else np.flatnonzero(self._gone)
        # Where each id of the delta stands among all: behind the base's smaller ones that still count, and the delta's own.
        smaller = np.searchsorted(self._base.ids, self._delta.ids)
        delta_places = smaller - np.searchsorted(gone, smaller) + np.arange(len(self._delta))
        in_delta = np.searchsorted(delta_places, places)
        is_delta = np.take(delta_places, in_delta, mode="clip") == places if len(self._delta) else np.zeros(len(places), bool)
        # The n-th that still counts stands behind as many that do not as have fewer than n counting ones before them.
        counting = places[~is_delta] - in_delta[~is_delta]
        base_ranks = counting + np.searchsorted(gone - np.arange(len(gone)), counting, side="right")
        ids = np.empty(len(places), self._base.ids.dtype)
        ids[is_delta] = self._delta.ids[in_delta[is_delta]]
        ids[~is_delta] = self._base.ids[base_ranks]
        return [each.ljust(ID_BYTES, b"\0") for each in ids.tolist()]

    def find(self, prepared: PreparedText) -> list[bytes]:
        """Return the ids of the terms that may stand in the text, each once, by first occurrence.

        Terms that begin at the same token come by length, then by id; those that stand in another reading of the text
        only come last. Confirm each with `contains`.
        """
        hits = [hit for runs in prepared.runs(self._lengths)
                for hit in (*self._hits(self._base, runs, self._gone), *self._hits(self._delta, runs, None))]
        return list(dict.fromkeys(term_id for _, term_id in sorted(hits)))

    @staticmethod
    def _hits(table: TermTable, runs: Runs, gone: np.ndarray | None) -> list[tuple[int, bytes]]:
        """The distinct ids with the first place of each."""
        positions, ranks = table.find(runs)
        if gone is not None and len(ranks):
            counts = ~gone[ranks]
            positions, ranks = positions[counts], ranks[counts]
        if len(ranks) > _MANY_HITS:
            # One word ten thousand times over: positions of an id ascend, so the first is its first place.
            ranks, firsts = np.unique(ranks, return_index=True)
            positions = positions[firsts]
        return list(zip(runs.places(positions), table.id_list(ranks), strict=True)) if len(ranks) else []

    def _folded(self) -> TermTable:
        base = self._base if self._gone is None else self._base.without(np.flatnonzero(self._gone))
        return base.united(self._delta) if len(self._delta) else base


def _as_strings(ids: np.ndarray) -> np.ndarray:
    """uint8 [n, 16] as numpy's 16-byte strings, which sort and compare as bytes do."""
    return np.ascontiguousarray(ids, np.uint8).reshape(-1, ID_BYTES).view(f"S{ID_BYTES}").reshape(-1)
