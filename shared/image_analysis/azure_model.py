"""Forwarding: the operator's own Azure AI Content Safety resource judges the pictures. They leave this deployment for it.

A picture is not sent as it came: it is encoded anew from its pixels, so that nothing of what a file holds besides them
(place, time, device, author, preview, further frames) goes along.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
from azure.ai.contentsafety.models import AnalyzeImageOptions, AnalyzeImageOutputType, ImageData
from azure.core.credentials import TokenCredential

from shared.image_analysis.models import ImageJudgement, SexualScores
from shared.text_analysis.azure_resource import ENGINE, ENGINE_VERSION, AzureResource
from shared.text_analysis.models import Category
from shared.text_analysis.severity import four_level

if TYPE_CHECKING:
    import numpy as np

    from shared.imaging.models import Picture

SHORTEST_SIDE_PX, LONGEST_SIDE_PX, MOST_BYTES = 50, 2048, 4_000_000
"""What the resource takes, by the stricter of the published limits."""
_QUALITIES = (95, 85, 70, 50)
_HIGHEST = 6


class AzureImageModel:
    """Safe on many threads."""

    engine = ENGINE
    version = ENGINE_VERSION
    is_complete = True

    def __init__(self, endpoint: str, credential: str | TokenCredential, **options: Any) -> None:
        """`credential` is a key of the resource, or an identity that may use it; `options` go to the client."""
        self._resource = AzureResource("image engine", endpoint, credential, **options)

    def judge(self, picture: Picture) -> ImageJudgement:
        """Return the severities that the resource gives; the scores are that of Sexual as a part of the highest.

        Raises QuotaExceeded where the resource is asked too often, Unavailable for whatever else goes wrong.
        """
        request = AnalyzeImageOptions(image=ImageData(content=encoded(picture)), categories=list(map(str, Category)),
                                      output_type=AnalyzeImageOutputType.FOUR_SEVERITY_LEVELS)
        answered = self._resource.severities(lambda client: client.analyze_image(request))
        severities = {category: four_level(severity) for category, severity in answered.items()}
        score = severities[Category.SEXUAL] / _HIGHEST
        return ImageJudgement(severities, SexualScores(adult=score, racy=score))

    def check(self) -> None:
        """Raises Unavailable where the resource does not answer or refuses the credential."""
        self._resource.check()


def encoded(picture: Picture) -> bytes:
    """Return the pixels as JPEG of a size that the resource takes; a narrow picture gets white beside it."""
    pixels = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2BGR)
    scale = LONGEST_SIDE_PX / max(picture.height_px, picture.width_px)
    if scale < 1:
        size = (max(1, round(picture.width_px * scale)), max(1, round(picture.height_px * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    height, width = pixels.shape[:2]
    if min(height, width) < SHORTEST_SIDE_PX:
        below, beside = max(0, SHORTEST_SIDE_PX - height), max(0, SHORTEST_SIDE_PX - width)
        pixels = cv2.copyMakeBorder(pixels, 0, below, 0, beside, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    return next(content for quality in _QUALITIES if len(content := _jpeg(pixels, quality)) <= MOST_BYTES or quality == _QUALITIES[-1])


def _jpeg(pixels: np.ndarray, quality: int) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
