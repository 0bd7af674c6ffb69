"""Text in pictures, read by the PP-OCRv6 models that rapidocr carries in its wheel; nothing is fetched or written.

rapidocr finds stretches of text and reads each of them. How a page is turned, and in which order its stretches are read,
is decided here: a stretch alone does not tell.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from shared.image_analysis.reading_order import Stretch, rows_in_reading_order
from shared.imaging import memory

if TYPE_CHECKING:
    import numpy as np

    from shared.imaging.models import Picture

OCR_VERSION = "PP-OCRv6-small"
MOST_PIXELS = 6_000_000
"""A larger picture is made smaller before it is read."""
MOST_STRETCHES = 300
"""Of one picture; the first from the top."""
DETECTION_SIDE_PX = 960
MOST_TILES = 12
_LEAST_CONFIDENCE = 0.5
_DOUBTFUL = 0.8
_PROBES = 3

_one_at_a_time = threading.Lock()
"""Memory is bounded for one picture; on one core several at once would be no faster."""


@dataclass(frozen=True, slots=True)
class Line:
    """Edges are pixels of the upright picture, of the line's upright bounding box; `confidence` is in [0, 1]."""

    text: str
    confidence: float
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ReadText:
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Found:
    """A stretch of text: its corners (float [4, 2]), clockwise, from the top left one of its pixels as they lie; its pixels."""

    corners: np.ndarray
    pixels: np.ndarray


def read(picture: Picture) -> ReadText:
    """Return the lines of text in reading order. The same picture has the same answer."""
    with _one_at_a_time:
        memory.give_back()
        pixels, scale = _bounded(picture.pixels)
        scale *= picture.shrunk_by
        found = [one for tile, left, top in _tiles(pixels) for one in _stretches(tile, left, top)][:MOST_STRETCHES]
        upside_down = bool(found) and _is_upside_down(found)
        texts = [_best_text_of(one, upside_down) for one in found]
        memory.give_back()
    if not found:
        return ReadText(())
    read_ones = [(one, *text) for one, text in zip(found, texts, strict=True) if text[0] and text[1] >= _LEAST_CONFIDENCE]
    return ReadText(tuple(_lines(read_ones, upside_down, scale)))


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    models = files("rapidocr") / "models"
    with as_file(models / "PP-OCRv6_det_small.onnx") as detection, as_file(models / "PP-OCRv6_rec_small.onnx") as recognition:
        return RapidOCR(params={
            # A model that is named is neither looked for nor fetched.
            "Det.model_path": str(detection), "Rec.model_path": str(recognition),
            "Global.log_level": "critical", "Global.use_vertical_padding": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1, "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.limit_type": "max", "Det.limit_side_len": DETECTION_SIDE_PX,
            # Stretches that are read together are padded to the longest, and 18,710 probabilities stand for each 8 pixels.
            "Rec.rec_batch_num": 1,
        })


def _bounded(pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """The picture as BGR with `MOST_PIXELS` at the most, and what a length of it must be multiplied with to be one of the picture."""
    import cv2

    height, width = pixels.shape[:2]
    scale = max(1.0, math.sqrt(height * width / MOST_PIXELS))
    if scale > 1:
        size = max(1, round(width / scale)), max(1, round(height / scale))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), scale


def _tiles(pixels: np.ndarray) -> Iterator[tuple[np.ndarray, int, int]]:
    """Yield the parts of a strip or a long page, which as a whole would be too small to read, with their left and top edge."""
    height, width = pixels.shape[:2]
    along = 0 if height >= width else 1
    length, across = (height, width) if along == 0 else (width, height)
    # Between two lines there is nearly always a place to cut, but seldom one between the words of several lines.
    size = max(DETECTION_SIDE_PX, (2 if along == 0 else 6) * across, math.ceil(length / MOST_TILES))
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


def _stretches(tile: np.ndarray, left: int, top: int) -> list[_Found]:
    import numpy as np
    from rapidocr.main import RapidOCRError

    try:
        pixels, detected = _engine().detect_and_crop(tile, {})
    except RapidOCRError:  # what it says where there is no text
        return []
    return [_Found(np.asarray(corners, np.float64) + (left, top), crop)
            for corners, crop in zip(detected.boxes, pixels, strict=True)]


def _is_upside_down(found: Sequence[_Found]) -> bool:
    """Whether the page stands on its head, as its stretches were cut out: the widest are read both ways.

    What is upside down is read with much less confidence (.6 where it is .98 the other way round). rapidocr's classifier of
    directions is wrong about whole pages of curved or handwritten text.
    """
    widest = sorted(found, key=lambda one: -one.pixels.shape[1] / one.pixels.shape[0])[:_PROBES]
    as_cut, turned = (sum(_text_of(one, is_turned)[1] for one in widest) for is_turned in (False, True))
    return turned > as_cut


def _best_text_of(one: _Found, upside_down: bool) -> tuple[str, float]:
    """Read it as the page is turned, and what is doubtful so the other way round too."""
    text, confidence = _text_of(one, upside_down)
    if confidence >= _DOUBTFUL:
        return text, confidence
    other_text, other_confidence = _text_of(one, not upside_down)
    return (other_text, other_confidence) if other_confidence >= _DOUBTFUL else (text, confidence)


def _text_of(one: _Found, upside_down: bool) -> tuple[str, float]:
    pixels = one.pixels[::-1, ::-1].copy() if upside_down else one.pixels
    read_text = _engine().recognize_txt([pixels])
    return " ".join(read_text.txts[0].split()), float(read_text.scores[0])


def _lines(read_ones: Sequence[tuple[_Found, str, float]], upside_down: bool, scale: float) -> Iterator[Line]:
    angle = _reading_angle([one for one, _, _ in read_ones], upside_down)
    stretches = [_upright(number, one.corners, angle) for number, (one, _, _) in enumerate(read_ones)]
    for row in rows_in_reading_order(stretches):
        parts = [read_ones[stretch.number] for stretch in row]
        lengths = [len(text) for _, text, _ in parts]
        corners = [corner for one, _, _ in parts for corner in one.corners]
        left, top = (math.floor(min(corner[axis] for corner in corners) * scale) for axis in (0, 1))
        right, bottom = (math.ceil(max(corner[axis] for corner in corners) * scale) for axis in (0, 1))
        confidence = sum(length * probability for length, (_, _, probability) in zip(lengths, parts, strict=True)) / sum(lengths)
        yield Line(" ".join(text for _, text, _ in parts), confidence, left, top, right - left, bottom - top)


def _reading_angle(found: Sequence[_Found], upside_down: bool) -> float:
    """The direction in which most of the text runs, in radians, clockwise from rightwards."""
    x = y = 0.0
    for one in found:
        along, down = one.corners[1] - one.corners[0], one.corners[3] - one.corners[0]
        # rapidocr turns what is high and narrow a quarter to the left before it reads it: it is read downwards.
        run = down if math.hypot(*down) >= 1.5 * math.hypot(*along) else along
        x, y = x + run[0], y + run[1]
    return math.atan2(-y, -x) if upside_down else math.atan2(y, x)


def _upright(number: int, corners: np.ndarray, angle: float) -> Stretch:
    turned = [(x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)) for x, y in corners]
    return Stretch(number, min(x for x, _ in turned), min(y for _, y in turned), max(x for x, _ in turned), max(y for _, y in turned))
