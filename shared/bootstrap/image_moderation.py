"""What Content Moderator's image operations use, put together."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.cached_images.repository import CachedImageRepository
from shared.cached_images.service import CachedImageService
from shared.image_analysis.moderation import ImageModerationService
from shared.image_analysis.service import ImageEvaluation
from shared.imaging.models import Picture
from shared.settings import Settings


def image_moderation_of(settings: Settings, evaluate: Callable[[Picture], ImageEvaluation]) -> ImageModerationService:
    return ImageModerationService(evaluate, settings.adult_threshold, settings.racy_threshold)


def cached_images_of(settings: Settings, now: Callable[[], datetime]) -> CachedImageService:
    return CachedImageService(CachedImageRepository(), timedelta(hours=settings.cached_image_hours), settings.cached_image_limit, now)
