"""The built-in image model: sexual content in the pixels, by two networks that must agree, calibrated, cut into severities.

What they can and cannot see, and how often they are wrong: docs/image-model.md.
"""
from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.image_analysis.backbone import CLASSES, NARROW, WEIGHTS, WIDE, predictions_of
from shared.image_analysis.models import ImageJudgement, SexualScores
from shared.text_analysis.models import Category

if TYPE_CHECKING:
    import numpy as np

    from shared.imaging.models import Picture

MODEL_NAME = "moderato-image-1.0.0"
EXPLICIT = tuple(map(CLASSES.index, ("Hentai", "Porn")))
SUGGESTIVE = (*EXPLICIT, CLASSES.index("Sexy"))

_LEAST = 0.02
"""So near to 0 and 1 a network may be sure. Where one is as sure as can be of what the other sees nothing of, they come to 0.5."""
_ADULT_OFFSET = -0.485  # 0.6 becomes 0.48, from which on Content Moderator's clients take a picture for adult
_RACY_OFFSET = -0.348  # 0.4 becomes 0.32, the same for racy


@dataclass(frozen=True, slots=True)
class SexualCuts:
    """The scores at which a picture reaches severity 2 (by `racy`), 4 and 6 (by `adult`)."""

    two: float
    four: float
    six: float

    def severity_of(self, scores: SexualScores) -> int:
        """Return 0, 2, 4 or 6."""
        if scores.adult >= self.four:
            return 6 if scores.adult >= self.six else 4
        return 2 if scores.racy >= self.two else 0


class NsfwModel:
    """Unchanging, and safe on many threads."""

    engine = "built-in"
    is_complete = False

    def __init__(self, cuts: SexualCuts) -> None:
        self._cuts = cuts
        recorded = json.loads((WEIGHTS / "checksums.json").read_text("utf-8"))
        weights = "".join(recorded[name]["sha256"] for name in (WIDE, NARROW))
        self.version = f"{MODEL_NAME}+{hashlib.sha256(weights.encode()).hexdigest()[:8]}"

    def judge(self, picture: Picture) -> ImageJudgement:
        """Return the severity of Sexual, which is all that the networks know of. Raises Unavailable where they are not there."""
        found = scores(picture)
        return ImageJudgement({Category.SEXUAL: self._cuts.severity_of(found)}, found)


def scores(picture: Picture) -> SexualScores:
    """Return how sexual the pixels are. Raises Unavailable where the networks are not there."""
    predictions = predictions_of(picture)
    return SexualScores(adult=_agreed(predictions, EXPLICIT, _ADULT_OFFSET), racy=_agreed(predictions, SUGGESTIVE, _RACY_OFFSET))


def _agreed(predictions: np.ndarray, classes: tuple[int, ...], offset: float) -> float:
    """Return the calibrated probability of these classes: the networks' mean in logit space, moved by the offset."""
    bounded = (min(max(float(row[list(classes)].sum()), _LEAST), 1 - _LEAST) for row in predictions)
    logits = [math.log(each / (1 - each)) for each in bounded]
    return 1 / (1 + math.exp(-sum(logits) / len(logits) - offset))
