"""PDQ, the perceptual hash in which organisations exchange lists of pictures: 256 bits and a quality of 0 to 100.

Source: "PDQ & TMK+PDQF", Facebook, 2019, and the algorithm's reference in C++: brightness, two passes of a box filter along
rows and columns (a tent), 64 x 64 points of it, frequencies 1 to 16 of their cosine transform, one bit for each above the
median. Sums are made in another order than there, so that now and then a bit differs from the reference.
"""
from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from shared.imaging.models import Picture

_SIDE = 64
_FREQUENCIES = 16
_PASSES = 2
_LINES_AT_ONCE = 512
_QUALITY_DIVISOR = 90
CUSTOMARY_DISTANCE = 31
"""Of 256 bits: within it two hashes are taken for the same picture, by the published advice."""
CUSTOMARY_QUALITY = 50
"""Below it a hash says too little to be exchanged, by the published advice."""


@dataclass(frozen=True, slots=True)
class Pdq:
    """`hex`: 64 lower-case digits, as lists have it; `quality` in [0, 100]."""

    hex: str
    quality: int

    @property
    def words(self) -> np.ndarray:
        """uint64 [4], for counting differing bits."""
        return words_of(self.hex)


def pdq_of(picture: Picture) -> Pdq:
    points = _points(picture.pixels)
    frequencies = _cosines() @ points @ _cosines().T
    # Of an even number of values the reference takes the lower one in the middle.
    median = np.partition(frequencies, frequencies.size // 2 - 1, axis=None)[frequencies.size // 2 - 1]
    bits = (frequencies > median).reshape(-1)[::-1]  # the last frequency is the first bit of the text
    return Pdq(np.packbits(bits).tobytes().hex(), _quality(points))


def words_of(hex_digits: str) -> np.ndarray:
    """uint64 [4] of a hash in hexadecimal. Raises ValueError when it is none."""
    if len(hex_digits) != 64:
        raise ValueError("a PDQ hash has 64 hexadecimal digits")
    return np.frombuffer(bytes.fromhex(hex_digits), "<u8")


def _points(pixels: np.ndarray) -> np.ndarray:
    """float64 [64, 64]: the filtered brightness at the middle of each of 64 x 64 fields.

    Both passes of the filter and the choice of the middles are linear along each axis, so they are one matrix for it; so is
    brightness of colours, which is taken of the few values that the first matrix leaves.
    """
    height, width, channels = pixels.shape
    lines, down = pixels.reshape(height, width * channels), _filter(height)
    rows = np.zeros((_SIDE, width * channels), np.float32)
    for start in range(0, height, _LINES_AT_ONCE):  # the largest picture as float32 takes 600 MB
        some = lines[start:start + _LINES_AT_ONCE]
        rows += down[:, start:start + len(some)] @ some.astype(np.float32)
    brightness = rows.reshape(_SIDE, width, channels) @ np.array([0.299, 0.587, 0.114], np.float32)
    return (brightness @ _filter(width).T).astype(np.float64)


@functools.lru_cache(maxsize=32)
def _filter(length: int) -> np.ndarray:
    """float32 [64, length]: what each value along an axis counts at each of the 64 middles."""
    window = (length + 2 * _SIDE - 1) // (2 * _SIDE)
    ahead = (window + 2) // 2  # of an even window, one more behind it than ahead
    places = np.arange(length)
    # At the ends the mean is that of what the window has there.
    first, end = np.maximum(places - (window - ahead), 0), np.minimum(places + ahead, length)
    middles = ((np.arange(_SIDE) + 0.5) * length / _SIDE).astype(int)
    weights = np.zeros((length, _SIDE))
    weights[middles, np.arange(_SIDE)] = 1
    for _ in range(_PASSES):
        shares = weights / (end - first)[:, None]
        steps = np.zeros((length + 1, _SIDE))
        np.add.at(steps, first, shares)
        np.subtract.at(steps, end, shares)
        weights = np.cumsum(steps, axis=0)[:length]
    return np.ascontiguousarray(weights.T, np.float32)


def _quality(points: np.ndarray) -> int:
    steps = sum(int(np.abs(np.trunc(np.diff(points, axis=axis) * 100 / 255)).sum()) for axis in (0, 1))
    return min(100, steps // _QUALITY_DIVISOR)


@functools.cache
def _cosines() -> np.ndarray:
    """float64 [16, 64]: rows 1 to 16 of the orthonormal DCT-II."""
    frequency, place = np.arange(1, _FREQUENCIES + 1)[:, None], np.arange(_SIDE)[None, :]
    return np.sqrt(2 / _SIDE) * np.cos(np.pi / 2 / _SIDE * frequency * (2 * place + 1))
