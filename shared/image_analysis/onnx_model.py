"""An operator's own image model: an ONNX file and a description, run with onnxruntime on one thread.

What the two files must be: docs/image-engines.md.
"""
from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np
import onnxruntime

from shared.engine_loading import UnusableModel
from shared.errors import Unavailable
from shared.image_analysis.models import ImageJudgement, SexualScores
from shared.text_analysis.models import Category
from shared.text_analysis.operator_onnx import (
    DESCRIPTION_FILE,
    MODEL_FILE,
    categories_of,
    described,
    description_schema,
    digest_of,
    output_of,
    probabilities_of,
    reason,
    session_of,
)
from shared.text_analysis.severity import Cuts, four_level, severity_of

if TYPE_CHECKING:
    from shared.imaging.models import Picture

LONGEST_SIDE = 2048
SCORES_AT_CUTS = (0.32, 0.48, 0.8)
"""Content Moderator's scores at the cuts of Sexual: the thresholds of racy and adult, and well above them."""

_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_SIDE = {"type": "integer", "minimum": 8, "maximum": LONGEST_SIDE}
_COLOURS = {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "number"}}
_SCHEMA = description_schema(
    [Category.SEXUAL], ["input"],
    input={
        "type": "object", "required": ["width", "height", "layout", "colours", "mean", "deviation", "fit"], "additionalProperties": False,
        "properties": {
            "width": _SIDE, "height": _SIDE, "layout": {"enum": ["NCHW", "NHWC"]}, "colours": {"enum": ["RGB", "BGR"]},
            "mean": _COLOURS, "deviation": {**_COLOURS, "items": {"type": "number", "exclusiveMinimum": 0}},
            "fit": {"enum": ["stretch", "crop", "pad"]},
        },
    })
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a picture becomes the model's input. Colours are from 0 to 1 before `mean` is taken off; both in the model's order."""

    width: int
    height: int
    is_channels_first: bool
    is_bgr: bool
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    fit: str

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, 3, self.height, self.width) if self.is_channels_first else (1, self.height, self.width, 3)

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """`pixels` is uint8 [height, width, 3], RGB. Returns float32 of `shape`."""
        fitted = _FITS[self.fit](pixels, self.width, self.height)
        colours = (fitted[..., ::-1] if self.is_bgr else fitted).astype(np.float32) / 255
        values = (colours - np.array(self.mean, np.float32)) / np.array(self.deviation, np.float32)
        return np.ascontiguousarray(values.transpose(2, 0, 1) if self.is_channels_first else values)[np.newaxis]


@dataclass(frozen=True, slots=True)
class Description:
    """What the operator says of the model. `columns` are the places of a category's labels among `labels`."""

    version: str
    labels: tuple[str, ...]
    scores: str
    preparation: Preparation
    output: str | None
    columns: Mapping[Category, tuple[int, ...]]
    cuts: Mapping[Category, Cuts]


class OnnxImageModel:
    """Unchanging once loaded and safe on many threads."""

    engine = "onnx"
    is_complete = False

    def __init__(self, session: onnxruntime.InferenceSession, description: Description, version: str) -> None:
        self._session = session
        self._description = description
        self._input, self._kind = _input_of(session, description.preparation)
        self._output = output_of(session, description.output)
        self.version = version

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model in a folder, tried out once; its version ends in 8 digits of the SHA-256 of all its files.

        Raises UnusableModel for whatever is wrong with it.
        """
        digest = digest_of(folder, (MODEL_FILE, DESCRIPTION_FILE))
        description = read_description((folder / DESCRIPTION_FILE).read_bytes())
        model = cls(session_of(folder), description, f"{description.version}+{digest[:8]}")
        model._try_out()
        return model

    def judge(self, picture: Picture) -> ImageJudgement:
        """Return the severity of each category that the description names: that of its likeliest label.

        Raises Unavailable where the model fails.
        """
        try:
            labels = self._probabilities(picture.pixels)
        except Exception as error:  # onnxruntime's own have no base of their own
            _log.error("the operator's image model failed with %s", type(error).__name__)
            raise Unavailable("The image engine of this deployment cannot judge this picture now.") from None
        found = {category: float(labels[list(columns)].max()) for category, columns in self._description.columns.items()}
        cuts = self._description.cuts
        sexual = cuts[Category.SEXUAL]
        score = float(np.interp(found[Category.SEXUAL], (0, sexual.two, sexual.four, sexual.six, 1), (0, *SCORES_AT_CUTS, 1)))
        return ImageJudgement({category: four_level(severity_of(probability, cuts[category])) for category, probability in found.items()},
                              SexualScores(adult=score, racy=score))

    def _probabilities(self, pixels: np.ndarray) -> np.ndarray:
        """Return the probability of each label: float64 [labels]. Raises ValueError where the model gives something else."""
        description = self._description
        (output,) = self._session.run([self._output], {self._input: description.preparation(pixels).astype(self._kind)})
        return probabilities_of(output, self._output, description.labels, description.scores)

    def _try_out(self) -> None:
        try:
            self._probabilities(np.full((60, 90, 3), 128, np.uint8))
        except Exception as error:  # onnxruntime's own have no base of their own
            raise UnusableModel(f"{MODEL_FILE} fails on a grey picture: {reason(error)}") from error


def read_description(content: bytes) -> Description:
    """Raises UnusableModel where it is not as docs/image-engines.md has it."""
    read = described(content, _SCHEMA)
    given = read["input"]
    preparation = Preparation(given["width"], given["height"], given["layout"] == "NCHW", given["colours"] == "BGR",
                              tuple(given["mean"]), tuple(given["deviation"]), given["fit"])
    columns, cuts = categories_of(read)
    return Description(read["version"], tuple(read["labels"]), read["scores"], preparation, read.get("output"), columns, cuts)


def _input_of(session: onnxruntime.InferenceSession, preparation: Preparation) -> tuple[str, type[np.floating]]:
    """Return name and type of the only input. Raises UnusableModel where it is not what the description says."""
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise UnusableModel(f"{MODEL_FILE} has {len(inputs)} inputs; it must have one, the picture")
    (picture,) = inputs
    if picture.type not in _FLOATS:
        raise UnusableModel(f"{MODEL_FILE}: the input {picture.name} has the type {picture.type}, not float or float16")
    wanted = preparation.shape
    if len(picture.shape) != 4 or any(isinstance(size, int) and size != given for size, given in zip(picture.shape, wanted, strict=True)):
        raise UnusableModel(f"{MODEL_FILE}: the input {picture.name} has the shape {picture.shape}, and {DESCRIPTION_FILE}.input gives "
                            f"{list(wanted)}")
    return picture.name, _FLOATS[picture.type]


def _stretched(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    shrinks = pixels.shape[0] >= height and pixels.shape[1] >= width
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _cropped(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """The middle of the picture, as large as the proportions allow."""
    scale = min(pixels.shape[1] / width, pixels.shape[0] / height)
    across, down = (max(1, round(side * scale)) for side in (width, height))
    left, top = (pixels.shape[1] - across) // 2, (pixels.shape[0] - down) // 2
    return _stretched(pixels[top : top + down, left : left + across], width, height)


def _padded(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """The whole picture, in the middle of grey."""
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    across, down = (max(1, round(side * scale)) for side in pixels.shape[1::-1])
    left, top = (width - across) // 2, (height - down) // 2
    result = np.full((height, width, 3), 128, np.uint8)
    result[top : top + down, left : left + across] = _stretched(pixels, across, down)
    return result


_FITS = {"stretch": _stretched, "crop": _cropped, "pad": _padded}
