"""From a picture of any size to what the networks read. Exported models take this file with them: it uses numpy and OpenCV alone."""
from __future__ import annotations

import cv2
import numpy as np

SIDE = 224


def scaled(pixels: np.ndarray) -> np.ndarray:
    """uint8 RGB [height, width, 3] becomes float32 [224, 224, 3] from 0 to 1. The sides are not kept in proportion."""
    # Averaging where it shrinks: sampling single pixels, as the published models are used, makes the answer depend on noise.
    shrinks = min(pixels.shape[:2]) > SIDE
    small = cv2.resize(_halved(pixels), (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return small.astype(np.float32) / 255


def _halved(pixels: np.ndarray) -> np.ndarray:
    """Return large pixels averaged by whole numbers, to no less than twice the size that is needed: much faster than by fractions.

    What is left over at the right and lower edge, less than a 448th of the side, is left out.
    """
    height, width = pixels.shape[:2]
    down, across = max(1, height // (2 * SIDE)), max(1, width // (2 * SIDE))
    if down == across == 1:
        return pixels
    whole = pixels[: height - height % down, : width - width % across]
    return cv2.resize(whole, (width // across, height // down), interpolation=cv2.INTER_AREA)
