"""The pictures that Content Moderator takes. Source: ContentModerator.json v1.0; a production client's record of the least side."""
from __future__ import annotations

from shared.http.operation import ImageBody
from shared.imaging.models import ImageFormat, ImageLimits

PICTURES = ImageLimits(
    frozenset({ImageFormat.GIF, ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.BMP, ImageFormat.TIFF}),
    size_bytes=4 * 1024 * 1024, min_side_px=128, max_side_px=30_000)
BODY_LIMIT_BYTES = PICTURES.size_bytes + 1024 * 1024
"""More than a picture may have, so that one that is somewhat too large is told so in the usual words."""


class ModeratedImage(ImageBody):
    """A picture, or where it lies."""
