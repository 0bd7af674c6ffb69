"""What the surroundings of a blob look like, in bits: signs of waves laid over the gradients around it.

In the frame of the blob (its place, its size, its orientation) 16 x 16 gradients are taken. Each has a direction phi and a
length that is made less telling the longer it is. The sums of 1, cos and sin of phi, 2 phi and 3 phi, weighted by that length, by a
bell and by a cosine wave along each side, are numbers whose signs are the bits. The mirror image of a picture changes
the sign of known ones, so that a query is looked up mirrored at no cost.
"""
from __future__ import annotations

import functools

import numpy as np

from shared.imaging.scale_space import Blobs, Level

_GRID = 16
_REACH = 6.0
"""In sigmas: half the side of the square."""
_WAVES = 4
CHANNELS = 7


def coefficients(levels: list[Level], blobs: Blobs) -> np.ndarray:
    """float32 [n, 7 * 16]: by channel (length; cos and sin of one, two and three times the direction), wave down, wave across."""
    numbers = np.zeros((len(blobs), CHANNELS, _WAVES * _WAVES), np.float32)
    u, v, waves = _window()
    for number in np.unique(blobs.level):
        here = np.flatnonzero(blobs.level == number)
        x, y, sigma, angle = (each[here][:, None] for each in (blobs.x, blobs.y, blobs.sigma, blobs.angle))
        cosine, sine = np.cos(angle), np.sin(angle)
        across, down = levels[number].gradients_at(x + (u * cosine - v * sine) * sigma, y + (u * sine + v * cosine) * sigma)
        length = np.hypot(across, down)
        unit = np.where(length > 0, length, 1)
        # The direction as a complex number, seen from the blob's orientation.
        direction = np.empty(length.shape, np.complex64)
        direction.real, direction.imag = (across * cosine + down * sine) / unit, (down * cosine - across * sine) / unit
        weight = length / (length + length.mean(axis=1, keepdims=True) + np.float32(1e-6))
        once = weight * direction
        twice = once * direction
        thrice = twice * direction
        for channel, values in enumerate((weight, once.real, once.imag, twice.real, twice.imag, thrice.real, thrice.imag)):
            numbers[here, channel] = values @ waves
    return numbers.reshape(len(blobs), CHANNELS * _WAVES * _WAVES)


def mirror_signs() -> np.ndarray:
    """float32 [7 * 16]: what each coefficient is multiplied by in a mirror image."""
    waves = np.where(np.arange(_WAVES) % 2, -1.0, 1.0)[:, None] * np.ones(_WAVES)
    channels = np.array([1, 1, -1, 1, -1, 1, -1.0])
    return (channels[:, None] * waves.reshape(1, -1)).reshape(-1).astype(np.float32)


@functools.cache
def _window() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(u [256], v [256] in sigmas, waves float32 [256, 16])."""
    along = (np.arange(_GRID) + 0.5) / _GRID * 2 - 1
    v, u = (each.reshape(-1) for each in np.meshgrid(along, along, indexing="ij"))
    bell = np.exp(-(u * u + v * v) / (2 * 0.5**2))
    cosines = np.cos(np.pi * np.arange(_WAVES)[:, None] * (np.arange(_GRID) + 0.5)[None, :] / _GRID)
    waves = np.einsum("ai,bj->abij", cosines, cosines).reshape(_WAVES * _WAVES, -1)
    return u * _REACH, v * _REACH, (waves * bell).T.astype(np.float32)
