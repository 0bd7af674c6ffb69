"""Where something stands out of a picture: boxes to begin with when regions are drawn by hand.

Spectral residual saliency (Hou and Zhang, CVPR 2007) on a small grey picture; boxes around what is well above its mean.
It knows no things and finds no borders of them: it is a help for the hand, not a detector.
"""
from __future__ import annotations

from dataclasses import dataclass

from shared.classifiers.image_rules import box_of
from shared.classifiers.models import Box
from shared.classifiers.pictures import TRAINING_LIMITS

_SIDE_PX = 64
_ABOVE_MEAN = 2.5
_LEAST_PART = 0.004
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
    grey = cv2.cvtColor(cv2.resize(pixels, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY).astype(np.float64)
    spectrum = np.fft.fft2(grey)
    amplitude = np.log(np.abs(spectrum) + 1e-9)
    residual = amplitude - cv2.blur(amplitude, (3, 3))
    saliency = cv2.GaussianBlur(np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2, (9, 9), 2.5)
    if not saliency.max() > saliency.mean() * _ABOVE_MEAN:
        return []
    count, _, boxes, _ = cv2.connectedComponentsWithStats((saliency > saliency.mean() * _ABOVE_MEAN).astype(np.uint8))
    found = []
    for left, top, width, height, _ in boxes[1:count]:
        if width * height >= _LEAST_PART * _SIDE_PX ** 2:
            peak = saliency[top:top + height, left:left + width].max()
            found.append(RegionProposal(round(float(peak / saliency.max()), 4), box_of(
                left / _SIDE_PX, top / _SIDE_PX, width / _SIDE_PX, height / _SIDE_PX)))
    return sorted(found, key=lambda each: -each.confidence)[:_MOST_PROPOSALS]
