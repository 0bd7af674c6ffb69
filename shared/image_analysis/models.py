"""The words of image analysis: what an engine looked at, and what it made of it. Free of numpy."""
from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.text_analysis.models import Category

if TYPE_CHECKING:
    from shared.imaging.models import Picture


class Examined(enum.StrEnum):
    """What of a picture was looked at for a category."""

    PIXELS = "pixels"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ImageJudgement:
    """What an engine made of a picture: for each category that it looks for a severity, 0, 2, 4 or 6, and what it looked at.

    A category that the engine cannot see is in neither of the two: nothing is known of it.
    """

    severities: Mapping[Category, int]
    examined: Mapping[Category, tuple[Examined, ...]]


@dataclass(frozen=True, slots=True)
class SexualScores:
    """Scores in [0, 1]: `adult` of sexually explicit pictures, `racy` of suggestive ones, which explicit ones are too."""

    adult: float
    racy: float


class ImageModel(Protocol):
    """An engine that judges pictures. The same picture has the same answer.

    `engine` says which one it is (`built-in`, `onnx`, `azure-content-safety`), `version` which weights. `judge` of one
    that is not part of this project may raise Unavailable, and QuotaExceeded where it is another service.
    """

    engine: str
    version: str

    def judge(self, picture: Picture) -> ImageJudgement: ...
