"""Faces in pictures, found by the Haar cascade that opencv carries in its wheel: of people who look at the camera.

It sees no profiles, and few faces that are turned, tilted or covered. Nobody is recognised: there is no model that could.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from shared import memory

if TYPE_CHECKING:
    from shared.imaging.models import Picture

MOST_PIXELS = 1_000_000
"""A larger picture is made smaller before it is searched."""
LEAST_FACE_PX = 24
LEAST_FACE_SHARE = 0.04
"""Of the shorter side: smaller faces are not searched for."""
_SCALE_STEP = 1.1
_MIN_NEIGHBOURS = 5

_one_at_a_time = threading.Lock()
"""A cascade keeps what it works on within itself."""


@dataclass(frozen=True, slots=True)
class Face:
    """Edges in pixels of the upright picture; `right` and `bottom` are the first beyond the face."""

    left: int
    top: int
    right: int
    bottom: int


def find_faces(picture: Picture) -> list[Face]:
    """Return the faces from left to right. The same picture has the same answer."""
    import cv2

    height, width = picture.height_px, picture.width_px
    scale = max(float(picture.shrunk_by), math.sqrt(height * width / MOST_PIXELS))
    gray = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2GRAY)
    if scale > picture.shrunk_by:
        size = max(1, round(width / scale)), max(1, round(height / scale))
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    least = max(LEAST_FACE_PX, round(LEAST_FACE_SHARE * min(gray.shape)))
    with _one_at_a_time:
        boxes = _cascade().detectMultiScale(
            cv2.equalizeHist(gray), scaleFactor=_SCALE_STEP, minNeighbors=_MIN_NEIGHBOURS, minSize=(least, least))
    edges = sorted((round(left * scale), round(top * scale), min(width, round((left + across) * scale)),
                    min(height, round((top + down) * scale))) for left, top, across, down in boxes)
    return [Face(*one) for one in edges]


@memory.loaded_again
@cache
def _cascade() -> Any:
    import cv2

    return cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")
