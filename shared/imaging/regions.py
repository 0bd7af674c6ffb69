"""The regions of a picture that are kept or looked up: what each looks like in 64 bits, and where it is.

The bits were chosen among the signs of `region_descriptor` on 7,000 pairs of regions of pictures and of changed copies: the first ones
are those that change least and say least of one another, because they are what regions are looked up by.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shared.imaging.region_descriptor import coefficients, mirror_signs
from shared.imaging.scale_space import Blobs, Level, blobs_of, oriented

# (coefficient, the value that divides regions in halves, as a part of the length of all coefficients that have a direction)
_BITS = (
    (19, 0.104), (62, 0), (42, 0), (18, -0.16), (47, -0.013), (78, 0), (28, 0), (50, -0.148), (72, 0), (108, 0.002), (107, 0),
    (77, -0.01), (90, 0.06), (104, 0), (103, -0.007), (36, -0.007), (12, 0), (61, 0), (65, 0), (9, 0), (98, 0), (66, 0), (56, -0.147),
    (80, 0.154), (30, 0), (24, -0.084), (75, 0), (32, 0), (92, 0), (37, -0.016), (15, 0), (87, 0), (68, 0), (102, 0), (55, 0), (93, 0),
    (109, -0.008), (13, 0), (96, 0), (4, 0), (6, 0), (97, 0), (14, 0), (44, 0.012), (57, 0.008), (11, -0.003), (35, 0), (23, 0),
    (48, 0.266), (38, 0.006), (67, 0), (52, 0), (89, 0.011), (74, 0), (20, 0), (71, -0.007), (82, -0.105), (110, 0), (86, 0),
    (111, 0.02), (58, 0.076), (64, 0), (99, 0), (7, 0))
_CHOSEN = np.array([number for number, _ in _BITS])
_CUTS = np.array([cut for _, cut in _BITS], np.float32)
KEY_BITS = 22
"""So many bits of a word are what its region is looked up by."""
_KEY_SPREADS = np.array((
    0.291, 0.09, 0.072, 0.13, 0.05, 0.061, 0.044, 0.116, 0.075, 0.085, 0.052, 0.043, 0.053, 0.071, 0.039, 0.1, 0.033, 0.037, 0.07, 0.03,
    0.064, 0.073), np.float32)
"""Standard deviations of the key's numbers."""
_DIRECTED = 16
"""The first coefficients are of lengths alone, which are never negative."""

KEPT_SIDE = 320
KEPT_REGIONS = 48
_LEAST_KEPT_SIGMA = 2.0
"""Pixels of the picture at KEPT_SIDE. A region reaches six sigmas to each side, so that small letters are none."""
LOOKED_UP_SIDE = 512
LOOKED_UP_REGIONS = 400
_SECOND_PEAK = 0.8

_POSITIONS = 256
_SIZE_STEPS = 16
"""For each doubling."""
_LEAST_SIZE = -12


@dataclass(frozen=True, slots=True)
class Regions:
    """`words`: uint64 [n], the first bit highest; `margins`: float32 [n, KEY_BITS], how far the number of each bit of the key is
    from its cut, in spreads; `places`: float64 [n, 4]: x, y as parts of the longer side, log2 of the size as a part of it, angle in
    radians."""

    words: np.ndarray
    margins: np.ndarray
    places: np.ndarray

    def __len__(self) -> int:
        return len(self.words)


def kept_regions(grey: np.ndarray) -> Regions:
    """At most KEPT_REGIONS of uint8 [height, width], spread over it."""
    shrunk = _shrunk(grey, KEPT_SIDE)
    levels, blobs = blobs_of(shrunk)
    blobs = blobs.take(np.flatnonzero(blobs.sigma * _steps(levels, blobs) >= _LEAST_KEPT_SIGMA))
    blobs = blobs.take(_spread(levels, blobs, KEPT_REGIONS, max(shrunk.shape)))
    blobs = oriented(levels, blobs, second_peak=2.0)
    return _described(levels, blobs, coefficients(levels, blobs), shrunk.shape, mirrored=False)


def looked_up_regions(grey: np.ndarray) -> tuple[Regions, Regions]:
    """At most 2 * LOOKED_UP_REGIONS of uint8 [height, width], and as many of its mirror image."""
    shrunk = _shrunk(grey, LOOKED_UP_SIDE)
    levels, blobs = blobs_of(shrunk)
    # Large ones count for more: what is kept of list pictures is large, unless the picture lies in a much larger one.
    order = np.argsort(-blobs.strength * np.sqrt(blobs.sigma * _steps(levels, blobs)), kind="stable")
    blobs = oriented(levels, blobs.take(order[:LOOKED_UP_REGIONS]), _SECOND_PEAK)
    numbers = coefficients(levels, blobs)
    return tuple(_described(levels, blobs, numbers, shrunk.shape, mirrored) for mirrored in (False, True))


def packed_places(places: np.ndarray) -> np.ndarray:
    """uint8 [n, 4] of `Regions.places`: a 256th of the longer side, a 16th of a doubling, a 256th of a turn."""
    x, y, size, angle = places.T
    steps = np.stack([x * _POSITIONS, y * _POSITIONS, (size - _LEAST_SIZE) * _SIZE_STEPS, angle / (2 * np.pi) * 256 % 256], axis=1)
    return np.clip(steps, 0, 255).astype(np.uint8)


def unpacked_places(packed: np.ndarray) -> np.ndarray:
    """float64 [n, 4] of uint8 [n, 4], at the middle of each step."""
    x, y, size, angle = (packed.astype(np.float64) + 0.5).T
    return np.stack([x / _POSITIONS, y / _POSITIONS, size / _SIZE_STEPS + _LEAST_SIZE, angle / 256 * 2 * np.pi], axis=1)


def _described(levels: list[Level], blobs: Blobs, numbers: np.ndarray, shape: tuple[int, int], mirrored: bool) -> Regions:
    steps, side = _steps(levels, blobs), max(shape)
    x, y, angle = blobs.x * steps, blobs.y * steps, blobs.angle.astype(np.float64)
    if mirrored:
        # Turned over at the vertical axis; the frame turns with it, so that what was left of it is right of it.
        numbers, x, angle = numbers * mirror_signs(), shape[1] - x, np.pi - angle
    length = np.sqrt((numbers[:, _DIRECTED:] ** 2).sum(axis=1, keepdims=True)) + 1e-9
    margins = numbers[:, _CHOSEN] / length - _CUTS
    words = np.ascontiguousarray(np.packbits(margins > 0, axis=1)).view(">u8").reshape(-1).astype(np.uint64)
    places = np.stack([x / side, y / side, np.log2(blobs.sigma * steps / side), angle % (2 * np.pi)], axis=1)
    return Regions(words, np.abs(margins[:, :KEY_BITS]) / _KEY_SPREADS, places.astype(np.float64))


def _steps(levels: list[Level], blobs: Blobs) -> np.ndarray:
    return np.array([level.step for level in levels], np.float32)[blobs.level] if len(blobs) else np.empty(0, np.float32)


def _spread(levels: list[Level], blobs: Blobs, most: int, side: int) -> np.ndarray:
    """The places of the strongest blobs of each field of a 4 x 4 grid, field by field in turns."""
    order = np.argsort(-blobs.strength, kind="stable")
    step = _steps(levels, blobs)
    field = ((blobs.y * step / side * 4).astype(int) * 4 + (blobs.x * step / side * 4).astype(int))[order]
    rank = np.zeros(len(order), int)
    for each in np.unique(field):
        here = np.flatnonzero(field == each)
        rank[here] = np.arange(len(here))
    return order[np.lexsort((np.arange(len(order)), rank))[:most]]


def _shrunk(grey: np.ndarray, side: int) -> np.ndarray:
    scale = side / max(grey.shape)
    if scale >= 1:
        return grey
    height, width = (max(1, round(each * scale)) for each in grey.shape)
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
