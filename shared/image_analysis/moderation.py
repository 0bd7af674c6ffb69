"""What Content Moderator says of a picture: how sexual it is by two thresholds, its text, its faces. No engine loads before it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.image_analysis.models import SexualScores
from shared.image_analysis.service import ImageEvaluation

if TYPE_CHECKING:
    from shared.image_analysis.faces import Face
    from shared.image_analysis.ocr import ReadText
    from shared.imaging.models import Picture


@dataclass(frozen=True, slots=True)
class ModeratedPicture:
    scores: SexualScores
    is_adult: bool
    is_racy: bool
    engine: str
    model_version: str


class ImageModerationService:
    def __init__(self, evaluate: Callable[[Picture], ImageEvaluation], adult_threshold: float, racy_threshold: float) -> None:
        """From its threshold on, in [0, 1], a score counts."""
        self._evaluate = evaluate
        self._adult_threshold = adult_threshold
        self._racy_threshold = racy_threshold

    def evaluate(self, picture: Picture) -> ModeratedPicture:
        """Raises what the engine raises."""
        found = self._evaluate(picture)
        return ModeratedPicture(
            found.scores, found.scores.adult >= self._adult_threshold, found.scores.racy >= self._racy_threshold,
            found.engine, found.model_version)

    def read_text(self, picture: Picture) -> ReadText:
        from shared.image_analysis import ocr

        return ocr.read(picture)

    def find_faces(self, picture: Picture) -> Sequence[Face]:
        from shared.image_analysis import faces

        return faces.find_faces(picture)
