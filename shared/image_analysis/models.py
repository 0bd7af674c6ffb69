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
class SexualScores:
    """Scores in [0, 1]: `adult` of sexually explicit pictures, `racy` of suggestive ones, which explicit ones are too."""

    adult: float
    racy: float


@dataclass(frozen=True, slots=True)
class ImageJudgement:
    """What an engine made of a picture: a severity, 0, 2, 4 or 6, of each category that it can see; Sexual is always there.

    Of a category that is not there the engine knows nothing.
    """

    severities: Mapping[Category, int]
    sexual: SexualScores


class ImageModel(Protocol):
    """An engine that judges pictures. The same picture has the same answer.

    `engine` says which one it is (`built-in`, `onnx`, `azure-content-safety`), `version` which weights. `is_complete`: what it
    says is all that is said; to the others is added what text in the picture says. `judge` raises Unavailable, and
    QuotaExceeded where it is another service.
    """

    engine: str
    version: str
    is_complete: bool

    def judge(self, picture: Picture) -> ImageJudgement: ...
