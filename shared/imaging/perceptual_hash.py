"""The 256-bit perceptual hash of a grey picture, and those of its mirror images and quarter turns from the same numbers.

It is `imagehash.phash(image, hash_size=16)` bit by bit (a test compares them), made by two small matrix products. What
the eight upright, mirrored and turned variants of a picture differ in is known from its cosine transform: a mirror image
changes the sign of the odd columns (or rows), the reflection in the diagonal swaps rows and columns.
"""
from __future__ import annotations

import functools

import numpy as np
from PIL import Image

HASH_BITS = 256
HASH_WORDS = 4
SIDE = 64
_LOW = 16
_ALTERNATING = np.where(np.arange(_LOW) % 2, -1.0, 1.0)


def small(grey: Image.Image, box: tuple[float, float, float, float] | None = None) -> np.ndarray:
    """`grey`, or the part of it within `box` (left, top, right, bottom in pixels), as uint8 [64, 64]."""
    return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box))


def low_frequencies(pixels: np.ndarray) -> np.ndarray:
    """float64 [16, 16]: the lowest frequencies of the cosine transform (DCT-II, unnormalised) of [64, 64] pixels."""
    cosines = _cosines()
    return cosines @ pixels.astype(np.float64) @ cosines.T


def dihedral(frequencies: np.ndarray) -> np.ndarray:
    """float64 [8, 16, 16]: those of the picture as it is, its mirror images and turns; the first is the picture itself."""
    flipped = [frequencies * rows[:, None] * columns[None, :]
               for rows in (np.ones(_LOW), _ALTERNATING) for columns in (np.ones(_LOW), _ALTERNATING)]
    return np.stack([*flipped, *(each.T for each in flipped)])


def bits_of(frequencies: np.ndarray) -> np.ndarray:
    """bool [..., 16, 16]: which are above their median."""
    return frequencies > np.median(frequencies, axis=(-2, -1), keepdims=True)


def packed(bits: np.ndarray) -> np.ndarray:
    """uint64 [..., 4] of bool [..., 16, 16]."""
    flat = bits.reshape(*bits.shape[:-2], HASH_BITS)
    return np.packbits(flat, axis=-1).view("<u8")


def flip_invariant(hashes: np.ndarray) -> np.ndarray:
    """uint64 [...] of hashes uint64 [..., 4]: the 64 bits whose row and column are even, which mirroring leaves as they are."""
    bits = np.unpackbits(np.ascontiguousarray(hashes).view(np.uint8), axis=-1).reshape(*hashes.shape[:-1], _LOW, _LOW)
    even = np.ascontiguousarray(bits[..., ::2, ::2]).reshape(*hashes.shape[:-1], 64)
    return np.packbits(even, axis=-1).view("<u8")[..., 0]


@functools.cache
def _cosines() -> np.ndarray:
    """float64 [16, 64]: the first rows of the matrix of the DCT-II, unnormalised as scipy.fftpack has it."""
    return 2 * np.cos(np.pi * np.arange(_LOW)[:, None] * (2 * np.arange(SIDE)[None, :] + 1) / (2 * SIDE))
