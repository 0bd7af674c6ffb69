"""Text in pictures, read by the PP-OCRv6 models that rapidocr carries in its wheel; nothing is fetched or written.

rapidocr finds stretches of text (`text_detection`) and reads each of them. How a page is turned, and in which order its
stretches are read, is decided here: a stretch alone does not tell.
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

from shared import memory
from shared.image_analysis.reading_order import Stretch, rows_in_reading_order
from shared.image_analysis.text_detection import FoundStretch, stretches_of

if TYPE_CHECKING:
    import numpy as np

    from shared.imaging.models import Picture

OCR_VERSION = "PP-OCRv6-small"
_LEAST_CONFIDENCE = 0.5
_DOUBTFUL = 0.8
_PROBES = 3
_BYTES_NEEDED = 135 * 1024 * 1024
"""Beside the picture, most of it for the network that looks for text (`text_detection.py`)."""

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


def read(picture: Picture) -> ReadText:
    """Return the lines of text in reading order. The same picture has the same answer."""
    with _one_at_a_time:
        memory.make_room(_BYTES_NEEDED)
        found, scale = stretches_of(picture.pixels)
        scale *= picture.shrunk_by
        upside_down = bool(found) and _is_upside_down(found)
        texts = [_best_text_of(one, upside_down) for one in found]
        memory.give_back()
    if not found:
        return ReadText(())
    read_ones = [(one, *text) for one, text in zip(found, texts, strict=True) if text[0] and text[1] >= _LEAST_CONFIDENCE]
    return ReadText(tuple(_lines(read_ones, upside_down, scale)))


@memory.loaded_again
@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    with as_file(files("rapidocr") / "models" / "PP-OCRv6_rec_small.onnx") as recognition:
        return RapidOCR(params={
            # A model that is named is neither looked for nor fetched.
            "Rec.model_path": str(recognition), "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1, "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            # Stretches that are read together are padded to the longest, and 18,710 probabilities stand for each 8 pixels.
            "Rec.rec_batch_num": 1,
        })


def _is_upside_down(found: Sequence[FoundStretch]) -> bool:
    """Whether the page stands on its head, as its stretches were cut out: the widest are read both ways.

    What is upside down is read with much less confidence (.6 where it is .98 the other way round). rapidocr's classifier of
    directions is wrong about whole pages of curved or handwritten text.
    """
    widest = sorted(found, key=lambda one: -one.pixels.shape[1] / one.pixels.shape[0])[:_PROBES]
    as_cut, turned = (sum(_text_of(one, is_turned)[1] for one in widest) for is_turned in (False, True))
    return turned > as_cut


def _best_text_of(one: FoundStretch, upside_down: bool) -> tuple[str, float]:
    """Read it as the page is turned, and what is doubtful so the other way round too."""
    text, confidence = _text_of(one, upside_down)
    if confidence >= _DOUBTFUL:
        return text, confidence
    other_text, other_confidence = _text_of(one, not upside_down)
    return (other_text, other_confidence) if other_confidence >= _DOUBTFUL else (text, confidence)


def _text_of(one: FoundStretch, upside_down: bool) -> tuple[str, float]:
    pixels = one.pixels[::-1, ::-1].copy() if upside_down else one.pixels
    read_text = _engine().recognize_txt([pixels])
    return " ".join(read_text.txts[0].split()), float(read_text.scores[0])


def _lines(read_ones: Sequence[tuple[FoundStretch, str, float]], upside_down: bool, scale: float) -> Iterator[Line]:
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


def _reading_angle(found: Sequence[FoundStretch], upside_down: bool) -> float:
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
