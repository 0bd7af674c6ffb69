"""Content Safety image analysis: the wire."""
from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from shared.api.content_safety.wire import CategoryAnalysis, Wire, api
from shared.api.engine_headers import engine_headers
from shared.api.image_loading import load_image
from shared.errors import InvalidRequest, QuotaExceeded
from shared.http.operation import Auth, Call, ImageBody, Reply
from shared.image_analysis.models import Examined
from shared.image_analysis.service import ImageAnalysis
from shared.imaging.models import ImageFormat, ImageLimits
from shared.text_analysis.models import Category

LIMITS = ImageLimits(formats=frozenset(ImageFormat), size_bytes=4 * 1024 * 1024, min_side_px=50, max_side_px=7200)
LONGEST_URL = 8192
EXAMINED_HEADER = "x-moderato-examined"
TEXT_ENGINE_HEADER = "x-moderato-text-engine"

_BASE64_BYTES = 4 * -(-LIMITS.size_bytes // 3)
# The largest picture in base64, where a client escapes each `+` and `/` of it, and what stands around it.
BODY_LIMIT_BYTES = _BASE64_BYTES + 1024 * 1024


class ImageData(Wire):
    content: str | None = Field(None, description="The picture in base64; either this or `blobUrl`.")
    blob_url: str | None = Field(None, min_length=1, max_length=LONGEST_URL)


class AnalyzeImageOptions(Wire):
    image: ImageData
    categories: list[Category] | None = None
    output_type: Literal["FourSeverityLevels"] | None = None


class AnalyzeImageResult(Wire):
    categories_analysis: list[CategoryAnalysis]


@api.operation("POST", "image:analyze", auth=Auth.ACCOUNT, errors=(QuotaExceeded,), audit=False, body_limit_bytes=BODY_LIMIT_BYTES)
def analyze_image(call: Call, body: AnalyzeImageOptions) -> Reply[AnalyzeImageResult]:
    """Severity of a picture in each category: 0, 2, 4 or 6. Nothing of it is kept.

    JPEG, PNG, GIF, BMP, TIFF or WebP of 4 MB at the most, sides of 50 to 7,200 pixels; of an animation the first frame. The
    header `x-moderato-examined` says for each category what was looked at: docs/image-model.md.

    Source: ImageOperations_AnalyzeImage, 2024-09-01.
    """
    picture = load_image(call.services.outbound, _body_of(body.image), LIMITS).picture
    analysis = call.services.image_analysis.analyze(picture, body.categories or ())
    categories = [CategoryAnalysis(category=category, severity=severity) for category, severity in analysis.severities.items()]
    return Reply(AnalyzeImageResult(categories_analysis=categories), headers=_headers(analysis))


def _body_of(image: ImageData) -> ImageBody:
    """Raises InvalidRequest."""
    if (image.content is None) == (image.blob_url is None):
        raise InvalidRequest("The image must have exactly one of content and blobUrl.", "image")
    if image.content is None:
        return ImageBody(url=image.blob_url)
    try:
        return ImageBody(content=base64.b64decode(image.content, validate=True))
    except (binascii.Error, ValueError):
        # Not the exception's own words: they may count the characters of the picture.
        raise InvalidRequest("The content must be in base64.", "image.content") from None


def _headers(analysis: ImageAnalysis) -> dict[str, str]:
    headers = {**engine_headers(analysis.engine, analysis.model_version), EXAMINED_HEADER: _said(analysis.examined)}
    return headers if analysis.text_engine is None else {**headers, TEXT_ENGINE_HEADER: analysis.text_engine}


def _said(examined: Mapping[Category, tuple[Examined, ...]]) -> str:
    """`Hate=text; SelfHarm=text; Sexual=pixels,text; Violence=text`."""
    return "; ".join(f"{category}={','.join(what)}" for category, what in examined.items())
