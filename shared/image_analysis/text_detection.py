"""Where text is in a picture: stretches of it, as rapidocr's network finds them, a long page tile by tile.

The network takes the most memory of all that is done to pictures. While it runs there is no other copy of the picture than the one
that was given: it sees all tiles as small as it takes them, and the stretches are cut out afterwards.
"""
from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from shared import memory
from shared.onnx_sessions import session_of

if TYPE_CHECKING:
    import numpy as np
    from onnxruntime import InferenceSession
    from rapidocr.ch_ppocr_det.utils import DBPostProcess, DetPreProcess

MOST_PIXELS = 6_000_000
"""A larger picture is made smaller before it is read."""
MOST_STRETCHES = 300
"""Of one picture; the first from the top."""
SIDE_PX = 960
"""The longer side of what the network sees."""
MOST_TILES = 12


@dataclass(frozen=True, slots=True)
class FoundStretch:
    """A stretch of text: its corners (float [4, 2]), clockwise, from the top left one of its pixels as they lie; its pixels (BGR)."""

    corners: np.ndarray
    pixels: np.ndarray


def stretches_of(pixels: np.ndarray) -> tuple[list[FoundStretch], float]:
    """Return the stretches of a picture (uint8 [height, width, 3], RGB), and what a length of theirs must be multiplied with to be one of
    the picture."""
    import numpy as np
    from rapidocr.utils.process_img import get_rotate_crop_image

    seen = [(_as_seen(tile), tile.shape[:2], left, top) for tile, left, top in _tiles(_bounded(pixels)[0])]
    found = [corners + (left, top) for tile, size, left, top in seen if tile is not None for corners in _corners_in(tile, size)]
    read_from, scale = _bounded(pixels)
    crops = (get_rotate_crop_image(read_from, corners.astype(np.float32)) for corners in found[:MOST_STRETCHES])
    return [FoundStretch(corners.astype(np.float64), np.ascontiguousarray(crop[..., ::-1]))
            for corners, crop in zip(found, crops, strict=False)], scale


def _as_seen(tile: np.ndarray) -> np.ndarray | None:
    """The tile as BGR in a size that the network takes; None where it is too narrow for that."""
    import cv2

    small = _detector().prepare.resize(tile)
    return None if small is None else cv2.cvtColor(small, cv2.COLOR_RGB2BGR)


def _corners_in(tile: np.ndarray, size: tuple[int, int]) -> Any:
    """The corners of stretches, [stretches, 4, 2], in a tile of (height, width) that is given as it is seen; in reading order."""
    import numpy as np
    from rapidocr.ch_ppocr_det import TextDetector

    detector = _detector()
    prepared = np.ascontiguousarray(detector.prepare(tile))  # or the network makes a copy that lies beside it
    answer = detector.session.run(None, {detector.session.get_inputs()[0].name: prepared})[0]
    return TextDetector.sorted_boxes(detector.find(answer, size)[0])


@dataclass(frozen=True, slots=True)
class _Detector:
    """rapidocr's detector in its parts: as a whole it holds the picture while the network runs, and plans memory."""

    session: InferenceSession
    prepare: DetPreProcess
    find: DBPostProcess


@memory.loaded_again
@cache
def _detector() -> _Detector:
    from rapidocr.ch_ppocr_det.utils import DBPostProcess, DetPreProcess

    with as_file(files("rapidocr") / "models" / "PP-OCRv6_det_small.onnx") as model:
        # The parameters are those that rapidocr has for this model.
        return _Detector(session_of(model, plans_memory=False), DetPreProcess(SIDE_PX, "max"),
                         DBPostProcess(thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True))


def _bounded(pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """The picture with `MOST_PIXELS` at the most, and what a length of it must be multiplied with to be one of the picture."""
    import cv2

    height, width = pixels.shape[:2]
    scale = max(1.0, math.sqrt(height * width / MOST_PIXELS))
    if scale > 1:
        size = max(1, round(width / scale)), max(1, round(height / scale))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return pixels, scale


def _tiles(pixels: np.ndarray) -> Iterator[tuple[np.ndarray, int, int]]:
    """Yield the parts of a strip or a long page, which as a whole would be too small to read, with their left and top edge."""
    height, width = pixels.shape[:2]
    along = 0 if height >= width else 1
    length, across = (height, width) if along == 0 else (width, height)
    # Between two lines there is nearly always a place to cut, but seldom one between the words of several lines.
    size = max(SIDE_PX, (2 if along == 0 else 6) * across, math.ceil(length / MOST_TILES))
    edges = [0, *_quiet_places(pixels, along, size), length]
    for start, end in zip(edges, edges[1:], strict=False):
        yield (pixels[start:end], 0, start) if along == 0 else (pixels[:, start:end], start, 0)


def _quiet_places(pixels: np.ndarray, along: int, size: int) -> list[int]:
    """Places to cut at, about `size` apart, where the picture changes the least across the cut: between lines or words."""
    import numpy as np

    length = pixels.shape[along]
    count = math.ceil(length / size)
    places = []
    for number in range(1, count):
        middle, reach = number * length // count, length // count // 5
        part = pixels[middle - reach:middle + reach] if along == 0 else pixels[:, middle - reach:middle + reach].swapaxes(0, 1)
        unrest = np.abs(np.diff(part.astype(np.int16), axis=1)).sum(axis=(1, 2)).astype(np.float64)
        # A gap between two lines, and not the one below the dot of an i; between two words, and not between two letters.
        gap = 5 if along == 0 else max(5, pixels.shape[0] // 12)
        unrest = np.convolve(unrest, np.ones(gap), mode="same")
        places.append(middle - reach + int(np.argmin(unrest)))
    return places
