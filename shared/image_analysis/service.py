"""Image analysis: severities of the four categories, by what the engine sees and by the text in the picture."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.image_analysis.models import Examined, ImageModel, SexualScores
from shared.image_analysis.text_in_picture import TextInPicture
from shared.text_analysis.models import Category

if TYPE_CHECKING:
    from shared.imaging.models import Picture


@dataclass(frozen=True, slots=True)
class ImageAnalysis:
    """Severities are 0, 2, 4 or 6. `examined` says of each category what was looked at. `text_engine`: who judged text, if any."""

    severities: Mapping[Category, int]
    examined: Mapping[Category, tuple[Examined, ...]]
    engine: str
    model_version: str
    text_engine: str | None = None


@dataclass(frozen=True, slots=True)
class ImageEvaluation:
    scores: SexualScores
    engine: str
    model_version: str


class ImageAnalysisService:
    def __init__(self, load_model: Callable[[], ImageModel], text_in_picture: TextInPicture) -> None:
        """`load_model` is called at first use."""
        self._load_model = load_model
        self._text_in_picture = text_in_picture

    def analyze(self, picture: Picture, categories: Sequence[Category]) -> ImageAnalysis:
        """No categories means all of them. A severity is the greater of what pixels and text have. Raises what the engines raise."""
        model = self._load_model()
        seen = model.judge(picture).severities
        read = None if model.is_complete else self._text_in_picture.judge(picture)
        severities, examined = {}, {}
        for category in (each for each in Category if not categories or each in categories):
            found = {Examined.PIXELS: seen.get(category), Examined.TEXT: read and read.severities[category]}
            examined[category] = tuple(what for what, severity in found.items() if severity is not None)
            severities[category] = max(severity for severity in found.values() if severity is not None)
        return ImageAnalysis(severities, examined, model.engine, model.version, read and read.engine)

    def evaluate(self, picture: Picture) -> ImageEvaluation:
        """How adult and how racy the pixels are; text is not read for it. Raises what the engine raises."""
        model = self._load_model()
        return ImageEvaluation(model.judge(picture).sexual, model.engine, model.version)
