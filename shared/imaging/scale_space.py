"""Places of a picture that are found again after it was cut, resized, turned or pasted into another one: blobs in scale space.

Source: D. Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 60 (2004), sections 3 to 5: extrema of the
difference of Gaussians, refined by a parabola, edges left out, turned by the gradient that prevails around them.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_FIRST_SIGMA = 1.6
_SIGMA_OF_CAMERA = 0.5
_INTERVALS = 3
_LEAST_SIDE = 16
_LEAST_CONTRAST = 1.0
"""Of the difference of Gaussians, in grey levels of 256."""
_MOST_EDGE = 10.0
_BORDER = 4
_ORIENTATION_BINS = 36
_ORIENTATION_GRID = 12
_ORIENTATION_REACH = 4.0
"""In sigmas: half the side of the square whose gradients decide the orientation."""


@dataclass(frozen=True, slots=True)
class Level:
    """One blurred copy of the picture: its gradients, float32 [h, w]; its pixels are `step` pixels of the picture apart."""

    across: np.ndarray
    down: np.ndarray
    step: float

    def gradients_at(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of places in pixels of the level, any shape."""
        shape = x.shape
        x, y = (np.ascontiguousarray(each, np.float32).reshape(len(x), -1) for each in (x, y))
        return tuple(cv2.remap(each, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(shape)
                     for each in (self.across, self.down))


@dataclass(frozen=True, slots=True)
class Blobs:
    """Arrays [n]: `level` (index into the levels); `x`, `y`, `sigma` in pixels of that level; `strength`; `angle` in radians."""

    level: np.ndarray
    x: np.ndarray
    y: np.ndarray
    sigma: np.ndarray
    strength: np.ndarray
    angle: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def take(self, places: np.ndarray) -> Blobs:
        return Blobs(*(getattr(self, name)[places] for name in self.__slots__))


def blobs_of(grey: np.ndarray) -> tuple[list[Level], Blobs]:
    """`grey`: uint8 [height, width]. The blobs have no orientation yet; see `oriented`."""
    levels, found = [], []
    image = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), float(np.sqrt(_FIRST_SIGMA**2 - _SIGMA_OF_CAMERA**2)))
    step = 1.0
    while min(image.shape) >= _LEAST_SIDE:
        gaussians = [image]
        for number in range(1, _INTERVALS + 3):
            before, after = (_FIRST_SIGMA * 2 ** (index / _INTERVALS) for index in (number - 1, number))
            gaussians.append(cv2.GaussianBlur(gaussians[-1], (0, 0), float(np.sqrt(after**2 - before**2))))
        for number, extrema in enumerate(_extrema(np.stack(gaussians)), 1):
            found.append((np.full(len(extrema[0]), len(levels)), *extrema))
            levels.append(Level(*_gradients(gaussians[number]), step))
        image = np.ascontiguousarray(gaussians[_INTERVALS][::2, ::2])
        step *= 2
    if not found:
        return levels, Blobs(np.empty(0, np.int64), *(np.empty(0, np.float32) for _ in range(5)))
    level, x, y, sigma, strength = (np.concatenate(each) for each in zip(*found, strict=True))
    return levels, Blobs(level, x, y, sigma, strength, np.zeros(len(x), np.float32))


def oriented(levels: list[Level], blobs: Blobs, second_peak: float) -> Blobs:
    """With angles; a blob whose second direction is at least `second_peak` as strong as the first comes twice."""
    if not len(blobs):
        return blobs
    histograms = np.zeros((len(blobs), _ORIENTATION_BINS))
    along = (np.arange(_ORIENTATION_GRID) + 0.5) / _ORIENTATION_GRID * 2 - 1
    u, v = (each.reshape(-1) * _ORIENTATION_REACH for each in np.meshgrid(along, along))
    window = np.exp(-(u * u + v * v) / (2 * (_ORIENTATION_REACH / 2) ** 2))
    for number in np.unique(blobs.level):
        here = np.flatnonzero(blobs.level == number)
        x, y, sigma = (each[here][:, None] for each in (blobs.x, blobs.y, blobs.sigma))
        across, down = levels[number].gradients_at(x + u * sigma, y + v * sigma)
        weight = np.hypot(across, down) * window
        place = np.arctan2(down, across) % (2 * np.pi) * (_ORIENTATION_BINS / (2 * np.pi))
        low = np.floor(place)
        for bins, share in ((low, 1 - (place - low)), (low + 1, place - low)):
            flat = np.arange(len(here))[:, None] * _ORIENTATION_BINS + bins.astype(np.int64) % _ORIENTATION_BINS
            histograms[here] += np.bincount(flat.reshape(-1), (weight * share).reshape(-1),
                                            len(here) * _ORIENTATION_BINS).reshape(len(here), -1)
    for _ in range(2):
        histograms = (np.roll(histograms, 1, 1) + 2 * histograms + np.roll(histograms, -1, 1)) / 4
    before, after = np.roll(histograms, 1, 1), np.roll(histograms, -1, 1)
    peaks = np.where((histograms > before) & (histograms >= after), histograms, 0)
    order = np.argsort(-peaks, axis=1, kind="stable")[:, :2]
    heights = np.take_along_axis(peaks, order, 1)
    chosen = np.stack([np.ones(len(blobs), bool), (heights[:, 1] >= second_peak * heights[:, 0]) & (heights[:, 1] > 0)], axis=1)
    blob, rank = np.nonzero(chosen)
    top = order[blob, rank]
    left, middle, right = before[blob, top], histograms[blob, top], after[blob, top]
    curve = left - 2 * middle + right
    shift = np.where(curve < 0, (left - right) / (2 * np.where(curve < 0, curve, 1)), 0)
    angle = ((top + shift) * (2 * np.pi / _ORIENTATION_BINS)).astype(np.float32)
    again = blobs.take(blob)
    return Blobs(again.level, again.x, again.y, again.sigma, again.strength, angle)


def _extrema(gaussians: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """For each inner level (x, y, sigma, strength) of the differences' extrema over place and scale."""
    differences = gaussians[1:] - gaussians[:-1]
    ring = np.ones((3, 3), np.uint8)
    highest = [cv2.dilate(each, ring) for each in differences]
    lowest = [cv2.erode(each, ring) for each in differences]
    inside = np.zeros(differences.shape[1:], bool)
    inside[_BORDER:-_BORDER, _BORDER:-_BORDER] = True
    found = []
    for number in range(1, _INTERVALS + 1):
        middle, faint = differences[number], _LEAST_CONTRAST / 2
        top = cv2.max(cv2.max(highest[number - 1], highest[number]), highest[number + 1])
        bottom = cv2.min(cv2.min(lowest[number - 1], lowest[number]), lowest[number + 1])
        rows, columns = np.nonzero((((middle >= top) & (middle > faint)) | ((middle <= bottom) & (middle < -faint))) & inside)
        found.append(_refined(differences, number, rows, columns))
    return found


def _refined(differences: np.ndarray, number: int, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, ...]:
    """One Newton step to where the parabola through the neighbours has its top; edges and faint ones are left out."""
    def at(ds: int, dy: int, dx: int) -> np.ndarray:
        return differences[number + ds, y + dy, x + dx].astype(np.float64)

    value = at(0, 0, 0)
    gradient = np.stack([at(0, 0, 1) - at(0, 0, -1), at(0, 1, 0) - at(0, -1, 0), at(1, 0, 0) - at(-1, 0, 0)], axis=1) / 2
    dxx, dyy, dss = at(0, 0, 1) + at(0, 0, -1) - 2 * value, at(0, 1, 0) + at(0, -1, 0) - 2 * value, at(1, 0, 0) + at(-1, 0, 0) - 2 * value
    dxy = (at(0, 1, 1) - at(0, 1, -1) - at(0, -1, 1) + at(0, -1, -1)) / 4
    dxs = (at(1, 0, 1) - at(1, 0, -1) - at(-1, 0, 1) + at(-1, 0, -1)) / 4
    dys = (at(1, 1, 0) - at(1, -1, 0) - at(-1, 1, 0) + at(-1, -1, 0)) / 4
    hessian = np.stack([dxx, dxy, dxs, dxy, dyy, dys, dxs, dys, dss], axis=1).reshape(-1, 3, 3)
    solvable = np.abs(np.linalg.det(hessian)) > 1e-9
    hessian[~solvable] = np.eye(3)
    shift = np.clip(-np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0], -0.6, 0.6)
    strength = np.abs(value + (gradient * shift).sum(axis=1) / 2)
    trace, determinant = dxx + dyy, dxx * dyy - dxy * dxy
    is_blob = solvable & (determinant > 0) & (trace**2 * _MOST_EDGE < (_MOST_EDGE + 1) ** 2 * determinant) & (strength > _LEAST_CONTRAST)
    sigma = _FIRST_SIGMA * 2 ** ((number + shift[:, 2]) / _INTERVALS)
    return tuple(each[is_blob].astype(np.float32) for each in (x + shift[:, 0], y + shift[:, 1], sigma, strength))


def _gradients(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kernel = np.array([[-0.5, 0, 0.5]], np.float32)
    return cv2.filter2D(image, cv2.CV_32F, kernel), cv2.filter2D(image, cv2.CV_32F, kernel.T)
