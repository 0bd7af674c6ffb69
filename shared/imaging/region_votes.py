"""Which single regions that look alike lie alike: enough of them make a match.

Each pair of regions, one of the query and one of a list picture, says how the list picture would have to be moved, turned and
resized to lie in the query's. Those of a picture that really is there say the same; those that look alike by chance do not.
"""
from __future__ import annotations

import numpy as np

LEAST_REGIONS = 5
"""So many, each of another look. By chance three agree: corners of squares, wheels, tiles (measured in docs/image-matching.md)."""
LEAST_PAIRS = 5
_SIZE_TOLERANCE = 0.6
"""In doublings."""
_ANGLE_TOLERANCE = np.deg2rad(28)
_CENTRE_TOLERANCE = 0.2
_PLACE_TOLERANCE = 0.05
"""Of the longer side of the list picture."""
_LEAST_EXTENT = 0.15
_SAME_LOOK = 14
"""Of 64 bits."""
_MOST_PAIRS = 200
_LEAST_ZOOM, _MOST_ZOOM = 1 / 16, 16


def agreeing(query: np.ndarray, listed: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """The pairs of regions that lie in the query as they do in the list picture, each region once; none where they are too few.

    `query`, `listed`: float64 [n, 4], places as of `Regions`, pair by pair; `distances` [n]: in how many bits a pair differs.
    """
    nearest = np.argsort(distances, kind="stable")[:_MOST_PAIRS]
    query, listed = query[nearest], listed[nearest]
    zoom, turn = query[:, 2] - listed[:, 2], query[:, 3] - listed[:, 3]
    scale = np.exp2(zoom)
    spin = scale * np.exp(1j * turn)
    at, place = query[:, 0] + 1j * query[:, 1], listed[:, 0] + 1j * listed[:, 1]
    centre = at + spin * (0.5 + 0.4j - place)
    alike = ((np.abs(zoom[:, None] - zoom) < _SIZE_TOLERANCE)
             & (np.abs((turn[:, None] - turn + np.pi) % (2 * np.pi) - np.pi) < _ANGLE_TOLERANCE)
             & (np.abs(centre[:, None] - centre) < _CENTRE_TOLERANCE * scale[:, None]))
    best = np.empty(0, np.int64)
    for leader in np.argsort(-alike.sum(axis=1), kind="stable")[:3]:
        members = alike[leader]
        for _ in range(2):
            if len(_distinct(place, at, np.flatnonzero(members))) < LEAST_PAIRS:
                break
            moved = _fitted(place[members], at[members], place)
            if moved is None:
                break
            predicted, size = moved
            members = (np.abs(predicted - at) < _PLACE_TOLERANCE * size) & (np.abs(zoom - np.log2(size)) < _SIZE_TOLERANCE)
        else:
            pairs = _distinct(place, at, np.flatnonzero(members))
            there = place[pairs]
            if len(pairs) > max(len(best), LEAST_PAIRS - 1) and min(np.ptp(there.real), np.ptp(there.imag)) >= _LEAST_EXTENT:
                best = pairs
    return nearest[best]


def different_looks(words: np.ndarray) -> int:
    """How many of these regions, uint64 [n], look unlike each other: the four corners of a square say no more than one does."""
    looks = 0
    while len(words):
        looks += 1
        words = words[np.bitwise_count(words ^ words[0]) > _SAME_LOOK]
    return looks


def _distinct(place: np.ndarray, at: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Of `pairs`, nearest first, those whose regions no pair before has."""
    pairs = pairs[np.sort(np.unique(place[pairs], return_index=True)[1])]
    return pairs[np.sort(np.unique(np.round(at[pairs], 3), return_index=True)[1])]


def _fitted(place: np.ndarray, at: np.ndarray, all_places: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Least squares: (where `all_places` come to lie, how much larger they become), or None."""
    middle = place - place.mean()
    spread = float((np.abs(middle) ** 2).sum())
    if spread == 0:
        return None
    factor = complex((np.conj(middle) * (at - at.mean())).sum() / spread)
    size = abs(factor)
    if not _LEAST_ZOOM < size < _MOST_ZOOM:
        return None
    return at.mean() + factor * (all_places - place.mean()), size
