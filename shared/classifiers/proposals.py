"""Where something stands out of a picture: boxes to begin with when regions are drawn by hand.

Frequency-tuned saliency (Achanta, Hemami, Estrada and Süsstrunk, CVPR 2009) on a small picture: how far each place's
colour is from the mean colour, in CIELAB; boxes around what is twice as far as the average place. It knows no things: it is
a help for the hand, not a detector.
"""
from __future__ import annotations

from dataclasses import dataclass

from shared.classifiers.image_rules import box_of
from shared.classifiers.models import Box
from shared.classifiers.pictures import TRAINING_LIMITS

_SIDE_PX = 96
_TIMES_MEAN = 2.0
_LEAST_DISTANCE = 6.0
"""In CIELAB: below it hardly anybody sees that something is there."""
_LEAST_PART = 0.002
_MOST_PROPOSALS = 20


@dataclass(frozen=True, slots=True)
class RegionProposal:
    """`confidence` from 0 to 1: how far the box stands out, compared with the picture's most outstanding place."""

    confidence: float
    box: Box


def proposals_of(content: bytes) -> list[RegionProposal]:
    """The most outstanding first. Raises a subclass of ImageRefused."""
    import cv2
    import numpy as np

    from shared.imaging.decoding import decode

    pixels = decode(content, TRAINING_LIMITS).pixels
    small = cv2.resize(pixels, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lab = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), (5, 5), 0)
    distance = np.linalg.norm(lab - lab.mean(axis=(0, 1)), axis=2)
    salient = (distance > max(_LEAST_DISTANCE, _TIMES_MEAN * float(distance.mean()))).astype(np.uint8)
    count, _, boxes, _ = cv2.connectedComponentsWithStats(salient)
    found = []
    for left, top, width, height, area in boxes[1:count].tolist():
        if area >= _LEAST_PART * _SIDE_PX ** 2:
            peak = distance[top:top + height, left:left + width].max()
            found.append(RegionProposal(round(float(peak / distance.max()), 4), box_of(
                left / _SIDE_PX, top / _SIDE_PX, width / _SIDE_PX, height / _SIDE_PX)))
    return sorted(found, key=lambda each: -each.confidence)[:_MOST_PROPOSALS]
